"""The bytes of an XML file as UTF-8, read from any place; what in them is no text of the encoding that was declared."""

from __future__ import annotations

import codecs
import tempfile
from pathlib import Path
from typing import BinaryIO

import nanoarrow as na
import numpy as np
import polars as pl

BOM = codecs.BOM_UTF8
_BLOCK = 1 << 20


class XmlText:
    """A file's text in UTF-8: the file itself, or a temporary copy that grows as far as somebody reads.

    ``start`` is where the text begins, behind a mark; ``broken`` where the copy ends because the bytes that follow are
    no text, None while all that was read is.
    """

    def __init__(self, path: Path, codec: str) -> None:
        self._source = path
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._path = path
        self.broken: int | None = None
        if codec != "utf-8":
            self._folder = tempfile.TemporaryDirectory(prefix="lubiao-")
            self._path = Path(self._folder.name) / "utf8"
            self._path.touch()
            self._decoder = codecs.getincrementaldecoder(codec)()
            self._taken = self._made = 0
            self._done = False
        self.start = len(BOM) if self.read(0, len(BOM)) == BOM else 0

    def read(self, offset: int, size: int) -> bytes:
        """That many bytes from there; fewer only where the text ends."""
        if self._folder is not None:
            self._extend(offset + size)
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def _extend(self, end: int) -> None:
        if self._done or self._made >= end:
            return
        with self._source.open("rb") as file, self._path.open("ab") as copy:
            file.seek(self._taken)
            while not self._done and self._made < end:
                self._append(file, copy)

    def _append(self, file: BinaryIO, copy: BinaryIO) -> None:
        """Add one block; a block with a fault in it only up to there."""
        before = self._decoder.getstate()
        block = file.read(_BLOCK)
        self._done = not block
        marked = self._taken == 0 and block.startswith(BOM)
        self._taken += len(block)
        try:
            text = "" if marked else self._decoder.decode(block, final=not block).encode()
            made = text if isinstance(text, bytes) else b""
        except UnicodeError:
            self._decoder.setstate(before)
            made, marked = self._up_to_the_fault(block), True
        self._made += copy.write(made)
        if marked:
            self.broken, self._done = self._made, True

    def _up_to_the_fault(self, block: bytes) -> bytes:
        """What decodes of a block that does not, character by character behind its last whole half."""
        made = []
        for index in range(len(block)):
            try:
                made.append(self._decoder.decode(block[index : index + 1]).encode())
            except UnicodeError:
                break
        return b"".join(made)


def flaw(data: bytes) -> tuple[int, str] | None:
    """Where bytes first are no text in UTF-8, and why: ``bytes``, ``nul`` or ``bom`` (not at the file's beginning)."""
    found = [(data.find(b"\0"), "nul")]
    if not data.isascii():
        found.append((_mark(data), "bom"))
        if not _decodes(data):
            try:
                data.decode()
            except UnicodeDecodeError as error:
                found.append((error.start, "bytes"))
    return min((one for one in found if one[0] >= 0), default=None)


def _mark(data: bytes) -> int:
    octets = np.frombuffer(data, np.uint8)
    lead = np.flatnonzero(octets[:-2] == BOM[0])
    marks = lead[(octets[lead + 1] == BOM[1]) & (octets[lead + 2] == BOM[2])]
    return int(marks[0]) if len(marks) else -1


def _decodes(data: bytes) -> bool:
    """Whether the bytes are UTF-8: Polars tells several times as fast as Python, and in parallel."""
    offsets = np.array([0, len(data)], np.int64)
    array = na.c_array_from_buffers(na.large_binary(), 1, [None, offsets, data], validation_level="none")
    try:
        return pl.Series(array).cast(pl.String).null_count() == 0
    except pl.exceptions.PolarsError:
        return False


def whole_characters(data: bytes) -> bytes:
    """The bytes without the beginning of a character that they end in."""
    for back in range(1, min(4, len(data)) + 1):
        lead = data[-back]
        if lead < 0x80:  # noqa: PLR2004 - ASCII
            return data
        if lead >= 0xC0:  # noqa: PLR2004 - the first byte of a character
            size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4  # noqa: PLR2004 - as UTF-8 has it
            return data[:-back] if size > back else data
    return data


def lines_in(data: bytes) -> int:
    """How many lines end in the bytes: as XML has it, at LF, CR LF, or CR alone."""
    lines = data.count(b"\n")
    carriages = data.count(b"\r")
    return lines + carriages - data.count(b"\r\n") if carriages else lines
