"""A package in a TAR, plain or gzip: members one after another, none of which is believed to end where it says."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from conformance.messages import Message, message
from conformance.standard.exchange import Limits
from conformance.system.package.container import BLOCK, BoundedReader, Container, Member, RefusedError

_RECORD = 512
_DAMAGE = (tarfile.TarError, ValueError, OSError, EOFError, RecursionError, OverflowError)


class Tar(Container):
    """The members of a TAR, in order, to the end or to where it breaks off."""

    def __init__(self, path: Path, limits: Limits, broken: Message | None = None) -> None:
        self._size = path.stat().st_size
        self._reader = BoundedReader(path.open("rb"), BLOCK)
        self._infos: list[tarfile.TarInfo] = []
        whole = self._scan(limits)
        self.members = tuple(
            Member(info.name + "/" * info.isdir(), number, max(info.size, 0), info.isdir(), self._fault(info))
            for number, info in enumerate(self._infos)
        )
        if broken or not whole:
            self.broken = broken or message("package.archive-broken", read=len(self.members))

    def close(self) -> None:
        """Close the archive."""
        self._reader.close()

    def blocks(self, member: Member) -> Iterator[bytes]:
        """The member's bytes from where they lie."""
        info = self._infos[member.number]
        left, place = member.bytes, info.offset_data
        while left:
            self._reader.seek(place)
            block = self._reader.read(min(BLOCK, left))
            if not block:
                raise RefusedError(message("package.archive-damaged"))
            left, place = left - len(block), place + len(block)
            yield block

    def _scan(self, limits: Limits) -> bool:
        """Read the headers; whether the archive ends as a TAR does (or holds more entries than are looked at)."""
        try:
            with tarfile.open(fileobj=self._reader, mode="r:") as tar:  # type: ignore[call-overload]
                before = -1
                while (info := tar.next()) is not None:
                    if info.offset <= before or info.size < 0:
                        return False
                    before = info.offset
                    self._infos.append(info)
                    if len(self._infos) > limits.entries:
                        return True
                self._reader.seek(tar.offset)
                return self._reader.read(_RECORD) == bytes(_RECORD)
        except _DAMAGE:
            return False

    def _fault(self, info: tarfile.TarInfo) -> Message | None:
        if info.issym() or info.islnk():
            return message("package.archive-link")
        if info.issparse():
            return message("package.archive-compression")
        if not info.isreg() and not info.isdir():
            return message("package.archive-special")
        if not info.isdir() and info.offset_data + info.size > self._size:
            return message("package.archive-damaged")
        return None


def unzip(path: Path, target: Path, limits: Limits) -> Message | None:
    """Unpack a gzip file as far as it goes and may; what stopped it, or None at its end."""
    with path.open("rb") as packed, gzip.GzipFile(fileobj=packed) as file, target.open("xb") as out:
        written = 0
        while True:
            try:
                block = file.read(BLOCK)
            except (OSError, EOFError, zlib.error):
                return message("package.archive-broken-gzip")
            if not block:
                return None
            written += len(block)
            if written > max(limits.expansion_floor, limits.expansion * packed.tell()):
                return message("package.archive-expansion", limit=limits.expansion)
            if written > limits.package_bytes:
                return message("package.archive-size", limit=limits.package_bytes)
            out.write(block)
