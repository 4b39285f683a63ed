"""A ZIP from a stranger, read: nothing is unpacked to a disc, no size is believed, and one form only is accepted.

That form is what :func:`conformance.bundle.archive.write_archive` makes of the same files: sorted, stored, one after
another without a byte between, before or behind. So the same files have exactly one archive, nothing can be hidden in
one, and no bomb is possible: nothing is ever inflated. All else is refused before it is read, each with its own words.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from conformance.bundle.limits import LIMITS, Limits
from conformance.bundle.model import OPTIONAL, REQUIRED, BundleError

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_MAGIC, _CENTRAL_MAGIC, _END_MAGIC = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_ZIP64_LOCATOR, _LOCATOR_BYTES = b"PK\x06\x07", 20
_MANY, _LARGE = 0xFFFF, 0xFFFFFFFF
#: What the one form says of every entry: version 2.0 made on Unix, 1 January 1980, a plain file.
_MADE, _NEEDED, _DAY, _PLAIN = 3 << 8 | 20, 20, 1 << 5 | 1, 0o100644 << 16
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_DOS_FOLDER = 0x10
#: A name of a file is never longer, nor an entry of the directory with it.
_NAME = 200
_PACKED = (".zip", ".7z", ".gz", ".tgz", ".tar", ".rar", ".bz2", ".xz", ".zst", ".jar")
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
_QUOTABLE = re.compile(r"(?!.*[0-9]{6})[A-Za-z0-9._/-]{1,60}")


class AbsentError(BundleError):
    """There is nothing at the place named, or nothing that may be read."""


@dataclass(frozen=True)
class _Entry:
    """An entry of the directory: ``flags`` to ``attributes`` as they stand there, ``rest``: bytes of extra fields and
    comments, ``raw``: the whole entry.
    """

    number: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    attributes: int
    offset: int
    rest: int
    name: bytes
    raw: bytes

    @property
    def end(self) -> int:
        """Where its bytes end, if its own header is as it must be."""
        return self.offset + _LOCAL.size + len(self.name) + self.packed


def open_archive(
    path: Path, limits: Limits = LIMITS, known: Collection[str] = (*REQUIRED, *OPTIONAL)
) -> dict[str, bytes]:
    """The files of an archive by name, which are among ``known``; raises :class:`BundleError` for any other archive.

    What it returns, ``write_archive`` writes as the very bytes that were read.
    """
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limits.total:
            raise BundleError("bundle.archive-large", limit=limits.total)
        directory, entries = _directory(file, size, limits), list[_Entry]()
        end = 0
        for entry in _entries(directory.content, directory.count):
            _require_entry(entry, known, {one.name for one in entries}, limits)
            _require_place(entry, end, directory.start)
            _require_form(entry, entries)
            entries.append(entry)
            end = entry.end
        if end != directory.start:
            raise BundleError("bundle.archive-around")
        return {entry.name.decode("ascii"): _content(file, entry) for entry in entries}


def opened(path: Path) -> BinaryIO:
    """A regular file, open for reading; a pipe or a device is refused, and not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise AbsentError("bundle.absent") from error
    file = os.fdopen(handle, "rb")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise BundleError("bundle.archive-not-zip")
    return file


@dataclass(frozen=True)
class _Directory:
    """The central directory: its bytes, where they start, and how many entries it says it has."""

    content: bytes
    start: int
    count: int


def _directory(file: BinaryIO, size: int, limits: Limits) -> _Directory:
    """The directory, of which no byte is read before its count and size are within bounds."""
    if size < _END.size:
        raise BundleError("bundle.archive-not-zip")
    magic, disk, first, here, count, length, start, comment = _END.unpack(_at(file, size - _END.size, _END.size))
    if magic != _END_MAGIC or comment:
        tail = _at(file, max(0, size - _END.size - _MANY), min(size, _END.size + _MANY))
        raise BundleError("bundle.archive-around" if _END_MAGIC in tail else "bundle.archive-not-zip")
    place = size - _END.size - _LOCATOR_BYTES
    if _MANY in (here, count) or _LARGE in (length, start):
        raise BundleError("bundle.archive-zip64")
    if place >= 0 and _at(file, place, len(_ZIP64_LOCATOR)) == _ZIP64_LOCATOR:
        raise BundleError("bundle.archive-zip64")
    if max(here, count) > limits.entries:
        raise BundleError("bundle.archive-many", limit=limits.entries)
    if length > limits.entries * (_CENTRAL.size + _NAME):
        raise BundleError("bundle.archive-many", limit=limits.entries)
    if disk or first or here != count or start + length > size - _END.size:
        raise BundleError("bundle.archive-broken")
    if start + length < size - _END.size:
        raise BundleError("bundle.archive-around")
    return _Directory(_at(file, start, length), start, count)


def _entries(directory: bytes, count: int) -> Iterator[_Entry]:
    """The entries of a directory that holds just so many."""
    place = 0
    for number in range(1, count + 1):
        head = directory[place : place + _CENTRAL.size]
        if len(head) < _CENTRAL.size or not head.startswith(_CENTRAL_MAGIC):
            raise BundleError("bundle.archive-broken")
        (_, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, _, _, attributes, offset) = (
            _CENTRAL.unpack(head)
        )
        named = place + _CENTRAL.size
        end = named + name + extra + comment
        yield _Entry(
            number,
            flags,
            method,
            crc,
            packed,
            size,
            attributes,
            offset,
            extra + comment,
            directory[named : named + name],
            directory[place:end],
        )
        place = end
    if place != len(directory):
        raise BundleError("bundle.archive-broken")


def _require_entry(entry: _Entry, known: Collection[str], before: Collection[bytes], limits: Limits) -> None:
    """Raises for an entry that is not one of the files that may be there, as a stored file."""
    if _LARGE in (entry.packed, entry.size, entry.offset):
        raise BundleError("bundle.archive-zip64")
    if entry.name in before:
        raise BundleError("bundle.name-twice", name=_quoted(entry))
    if entry.name.endswith(b"/") or entry.attributes & _DOS_FOLDER:
        raise BundleError("bundle.archive-folder", name=_quoted(entry))
    _require_plain(entry)
    name = _require_name(entry, known)
    if entry.flags & _ENCRYPTED:
        raise BundleError("bundle.archive-encrypted", name=name)
    if entry.method:
        raise BundleError("bundle.archive-compressed", name=name)
    if entry.packed != entry.size:
        raise BundleError("bundle.archive-lies", name=name)
    if entry.size > limits.of(name):
        raise BundleError("bundle.file-large", name=name, limit=limits.of(name))
    if entry.rest:
        raise BundleError("bundle.archive-around")


def _require_plain(entry: _Entry) -> None:
    """Raises for links, devices, pipes and folders, by what their maker noted of them."""
    kind = stat.S_IFMT(entry.attributes >> 16)
    if kind == stat.S_IFDIR:
        raise BundleError("bundle.archive-folder", name=_quoted(entry))
    if kind == stat.S_IFLNK:
        raise BundleError("bundle.archive-link", name=_quoted(entry))
    if kind not in (0, stat.S_IFREG):
        raise BundleError("bundle.archive-special", name=_quoted(entry))


def _require_name(entry: _Entry, known: Collection[str]) -> str:
    try:
        name = entry.name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError("bundle.name-bytes", number=entry.number) from error
    if any(unicodedata.category(character) in _UNSEEN for character in name):
        raise BundleError("bundle.name-unseen", number=entry.number)
    if name.startswith("/") or "\\" in name or ":" in name or {"", ".", ".."} & set(name.split("/")):
        raise BundleError("bundle.name-escapes", number=entry.number)
    if name.lower().endswith(_PACKED):
        raise BundleError("bundle.archive-nested", name=_quoted(entry))
    if name not in known:
        raise BundleError("bundle.file-unknown", name=_quoted(entry))
    return name


def _require_place(entry: _Entry, end: int, directory: int) -> None:
    """Raises where an entry does not begin just where the one before it ended, or reaches into the directory."""
    if entry.offset < end or entry.end > directory:
        raise BundleError("bundle.archive-overlap", name=_quoted(entry))
    if entry.offset > end:
        raise BundleError("bundle.archive-around")


def _require_form(entry: _Entry, before: list[_Entry]) -> None:
    """Raises for an entry that is not written byte for byte as ours are, in our order."""
    head = (_CENTRAL_MAGIC, _MADE, _NEEDED, 0, 0, 0, _DAY, entry.crc, entry.size, entry.size, len(entry.name))
    if entry.raw != _CENTRAL.pack(*head, 0, 0, 0, 0, _PLAIN, entry.offset) + entry.name:
        raise BundleError("bundle.archive-form", name=_quoted(entry))
    if before and before[-1].name >= entry.name:
        raise BundleError("bundle.archive-form", name=_quoted(entry))


def _content(file: BinaryIO, entry: _Entry) -> bytes:
    """The bytes of an entry, whose own header says just what the directory says."""
    head = (_LOCAL_MAGIC, _NEEDED, 0, 0, 0, _DAY, entry.crc, entry.size, entry.size, len(entry.name), 0)
    expected = _LOCAL.pack(*head) + entry.name
    if _at(file, entry.offset, len(expected)) != expected:
        raise BundleError("bundle.archive-differs", name=_quoted(entry))
    content = _at(file, entry.offset + len(expected), entry.size)
    if zlib.crc32(content) != entry.crc:
        raise BundleError("bundle.archive-damaged", name=_quoted(entry))
    return content


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    content = file.read(length)
    if len(content) != length:
        raise BundleError("bundle.archive-broken")
    return content


def _quoted(entry: _Entry) -> str:
    """A name that is short and plain, else the entry's number: a file may be called after a person, or be a trap."""
    return quotable(entry.name.decode("ascii", "replace"), entry.number)


def quotable(name: str, number: int) -> str:
    """The name where it is short, plain and no number of a person, else which one it is: ``#3``."""
    return name if _QUOTABLE.fullmatch(name) else f"#{number}"
