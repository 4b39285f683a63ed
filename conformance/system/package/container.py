"""What a package comes in: members as they are described, and their content in blocks, read with suspicion."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from conformance.messages import Message

#: Bytes in a block of content.
BLOCK = 1 << 20


class RefusedError(Exception):
    """An entry, or an archive, that is not read: ``reason`` tells what was expected of it and found."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.id)
        self.reason = reason


@dataclass(frozen=True)
class Member:
    """One entry as its container describes it, which may be a lie.

    ``name`` is as it stands there; ``number`` finds it again; ``bytes`` is its size, ``fault`` what its form is refused
    for.
    """

    name: str
    number: int
    bytes: int
    folder: bool = False
    fault: Message | None = None


class Container(ABC):
    """An opened folder or archive. ``broken`` says why members after those listed could not be seen."""

    members: tuple[Member, ...] = ()
    broken: Message | None = None

    @abstractmethod
    def blocks(self, member: Member) -> Iterator[bytes]:
        """The content; raises :class:`RefusedError` where it is damaged, and never gives more than ``member.bytes``."""

    def close(self) -> None:  # noqa: B027 - a folder holds nothing open
        """Let go of what was opened."""


class BoundedReader:
    """A binary file whose readers cannot be talked into one huge read: sizes in archives are claims."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit = file, limit
        self.name = ""
        self.mode = "rb"

    def read(self, size: int = -1) -> bytes:
        """As of a file, to its end if so asked; raises ValueError where that is more than the limit."""
        if not -1 <= size <= self._limit:
            raise ValueError("a read beyond the limit")
        found = self._file.read(self._limit + 1 if size < 0 else size)
        if len(found) > self._limit:
            raise ValueError("a read beyond the limit")
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file; raises ValueError or OSError before its beginning."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of a file."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Always."""
        return True

    def flush(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        """As of a file."""
        self._file.close()
