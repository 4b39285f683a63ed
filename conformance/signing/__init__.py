"""What digests, trees, envelopes and keys are made of: no clock, no network; knows nothing of reports or offices."""
