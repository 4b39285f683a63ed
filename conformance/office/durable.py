"""Files that outlive a crash, and that two processes do not write at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

#: Where a system that locks ranges of bytes locks one: beyond any byte that is read.
_FAR = 1 << 62


@contextmanager
def locked(path: Path, *, exclusive: bool, create: bool = False) -> Iterator[BinaryIO]:
    """The file, open, and locked against other processes until the block ends; waits for whoever holds it.

    To read it needs no right to write. Raises OSError, also where the file is not there and ``create`` is not said.
    """
    if create:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o644))
    with path.open("r+b" if exclusive else "rb") as file:
        _lock(file, exclusive=exclusive)
        try:
            yield file
        finally:
            _unlock(file)


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: after a crash it holds the old bytes or the new ones; raises OSError."""
    passing = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with passing.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)
    settle(path.parent)


def write_at(file: BinaryIO, place: int, content: bytes) -> None:
    """Write at the end of a file, which is ``place``, and wait for the disc; where that fails it ends there again.

    Past the file's own buffer, which would write later what was given up. Raises OSError.
    """
    number, left = file.fileno(), memoryview(content)
    os.lseek(number, place, os.SEEK_SET)
    try:
        while left:
            left = left[os.write(number, left) :]
        os.fsync(number)
    except BaseException:
        os.ftruncate(number, place)
        raise


def settle(folder: Path) -> None:
    """Make the names of a folder outlive a crash, where the system can."""
    if sys.platform != "win32":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO, *, exclusive: bool) -> None:  # noqa: ARG001 - there is but one kind of lock
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        file.seek(0)

    def _unlock(file: BinaryIO) -> None:
        file.flush()
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO, *, exclusive: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)

    def _unlock(file: BinaryIO) -> None:
        file.flush()
        fcntl.flock(file, fcntl.LOCK_UN)
