"""Reading exchange packages: folders and archives opened safely, the manifest, digests."""
