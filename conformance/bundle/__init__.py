"""The bundle: everything that the verdicts of one run rest on, in one folder and as one ZIP, bound by digests."""
