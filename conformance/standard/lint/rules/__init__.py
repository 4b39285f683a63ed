"""One rule a file: ``RULE`` and ``LEVEL`` name it, ``check(pack, shelf)`` yields what it finds."""
