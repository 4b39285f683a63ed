"""A file of somebody's, read: never waited for, never without end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def content_of(path: Path, limit: int) -> bytes:
    """The bytes of a regular file, at most one more than the limit: whoever parses them refuses so many.

    Raises OSError, also for a pipe or a device, of which nothing is read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "no regular file", os.fspath(path))
        return file.read(limit + 1)
