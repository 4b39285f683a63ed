"""A package in a ZIP: what its directory says is held against what lies there, entry by entry."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from conformance.messages import Message, message
from conformance.standard.exchange import Limits
from conformance.system.package.container import BLOCK, BoundedReader, Container, Member, RefusedError

#: Bytes of the directory for an entry at most, about: what is larger is no package.
_DIRECTORY_BYTES = 512
_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNIX = 16
#: All that reading a damaged or hostile archive raises.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, OSError, EOFError, RuntimeError, OverflowError)


class Zip(Container):
    """The entries of a ZIP in the order of its directory."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._reader = BoundedReader(path.open("rb"), max(limits.entries * _DIRECTORY_BYTES, BLOCK))
        self._zip: zipfile.ZipFile | None = None
        try:
            self._zip = zipfile.ZipFile(self._reader)
            self._infos = self._zip.infolist()[: limits.entries + 1]
            overlapping = self._overlapping()
        except _DAMAGE:
            self._infos = []
            self.broken = message("package.archive-broken", read=0)
            return
        self.members = tuple(
            Member(_name(info), number, info.file_size, info.is_dir(), self._fault(info, number in overlapping))
            for number, info in enumerate(self._infos)
        )

    def close(self) -> None:
        """Close the archive."""
        if self._zip is not None:
            self._zip.close()
        self._reader.close()

    def blocks(self, member: Member) -> Iterator[bytes]:
        """Unpacked piece by piece; the checksum is compared at the end."""
        if self._zip is None:
            raise RefusedError(message("package.archive-damaged"))
        try:
            with self._zip.open(self._infos[member.number]) as file:
                while block := file.read(BLOCK):
                    yield block
        except _DAMAGE as error:
            raise RefusedError(message("package.archive-damaged")) from error

    def _fault(self, info: zipfile.ZipInfo, overlaps: bool) -> Message | None:
        special = _special(stat.S_IFMT(info.external_attr >> _UNIX))
        if special is not None:
            return special
        if info.flag_bits & _ENCRYPTED:
            return message("package.archive-encrypted")
        if info.compress_type not in _METHODS:
            return message("package.archive-compression")
        if overlaps:
            return message("package.archive-overlap")
        limit = max(self._limits.expansion_floor, self._limits.expansion * info.compress_size)
        if info.file_size > limit:
            return message("package.archive-expansion", limit=self._limits.expansion)
        return None

    def _overlapping(self) -> set[int]:
        """The entries that share bytes with another, with the directory, or reach out of the file."""
        ends = sorted((info.header_offset, self._end(info), number) for number, info in enumerate(self._infos))
        directory = self._zip.start_dir if self._zip else 0
        found: set[int] = set()
        furthest, last = 0, -1
        for start, end, number in ends:
            if start < furthest:
                found |= {number, last}
            if start < 0 or end > directory:
                found.add(number)
            if end > furthest:
                furthest, last = end, number
        return found

    def _end(self, info: zipfile.ZipInfo) -> int:
        """Where the entry's packed bytes end, by its own local header; behind everything where it has none."""
        if info.header_offset < 0:
            return info.header_offset
        self._reader.seek(info.header_offset)
        header = self._reader.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MAGIC):
            raise zipfile.BadZipFile("no local header")
        *_, name_bytes, extra_bytes = _LOCAL.unpack(header)
        return int(info.header_offset + _LOCAL.size + name_bytes + extra_bytes + info.compress_size)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it stands there; with a NUL behind it where an extra field, or a NUL in it, would make it another."""
    return info.orig_filename if info.filename == info.orig_filename else f"{info.orig_filename}\0"


def _special(form: int) -> Message | None:
    """What is refused for the kind of file that its creator noted."""
    if form == stat.S_IFLNK:
        return message("package.archive-link")
    return None if form in (0, stat.S_IFREG, stat.S_IFDIR) else message("package.archive-special")
