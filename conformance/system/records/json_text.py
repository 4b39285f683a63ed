"""The text of a data file as blocks of valid UTF-8, from any place in it; the encoding rules are kept here.

Bytes are not read beyond the first that breaks the encoding declared: NUL, a byte order mark inside, UTF-16, bytes that
are no text.
"""

from __future__ import annotations

import codecs
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nanoarrow as na
import numpy as np
import polars as pl

from conformance.messages import Message, message

#: Bytes that are read at once.
BLOCK = 1 << 20
#: Bytes of a character of UTF-8 and GB 18030 at most; what its bytes begin at, by their number.
_LONGEST, _NOT_ASCII, _FIRST_OF_MANY, _FIRST_OF_3, _FIRST_OF_4 = 4, 0x80, 0xC0, 0xE0, 0xF0
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BOM = codecs.BOM_UTF8
_BOM_GB18030 = "\ufeff".encode("gb18030")


@dataclass(frozen=True)
class TextFault:
    """Where a file stops being text in its encoding: how many bytes of text (in UTF-8) come before, and why."""

    offset: int
    message: Message


class Utf8Stream:
    """A file's text in UTF-8. Offsets count bytes of that text, a byte order mark at the start among them.

    :attr:`fault` is None until reading met the end of what is text. The words of the manifest name encodings.
    """

    def __init__(self, path: Path, declared: str, codec: str) -> None:
        self.path, self._declared, self._codec = path, declared, codec
        self.fault: TextFault | None = None
        self._marks = [(0, 0)]

    def begin(self) -> int:
        """The length of the byte order mark that the text begins with; mostly 0."""
        with self.path.open("rb") as file:
            head = file.read(4)
        mark = _BOM_GB18030 if self._codec == "gb18030" else _BOM
        return len(_BOM) if head.startswith(mark) else 0

    def blocks(self, offset: int = 0) -> Iterator[bytes]:
        """Whole characters from ``offset``, which must be the place of one; ends at the fault, if there is one."""
        self.fault = None
        blocks = self._transcoded(offset) if self._codec == "gb18030" else self._read(offset)
        for block in blocks:
            found = self._unwanted(block, offset)
            if found is not None:
                self.fault = found
                if found.offset > offset:
                    yield block[: found.offset - offset]
                return
            yield block
            offset += len(block)

    def slice(self, offset: int, length: int) -> bytes:
        """That many bytes of text from ``offset``."""
        parts = []
        for block in self.blocks(offset):
            parts.append(block[:length])
            length -= len(parts[-1])
            if length <= 0:
                break
        return b"".join(parts)

    def _read(self, offset: int) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            if offset == 0 and file.read(2) in _UTF16:
                self.fault = TextFault(0, message("records.text.utf-16", declared=self._declared))
                return
            file.seek(offset)
            rest = b""
            while raw := file.read(BLOCK):
                data = rest + raw if rest else raw
                end = whole_characters(data)
                block, rest = data[:end], data[end:]
                if not _is_utf8(block):
                    yield from self._broken(block, offset)
                    return
                yield block
                offset += len(block)
            if rest:
                self.fault = self._not_text(offset)

    def _broken(self, block: bytes, offset: int) -> Iterator[bytes]:
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            self.fault = self._not_text(offset + error.start)
            yield block[: error.start]

    def _transcoded(self, offset: int) -> Iterator[bytes]:
        """GB 18030 made UTF-8; where blocks begin is remembered, so that a place is found again without reading all."""
        place, raw_place = self._marks[bisect_right(self._marks, (offset, 1 << 62)) - 1]
        foreign = place == 0
        with self.path.open("rb") as file:
            file.seek(raw_place)
            pending = b""
            while raw := file.read(BLOCK):
                data = pending + raw
                if foreign and not raw.isascii():
                    foreign = False
                    if _looks_utf8(raw):
                        self.fault = TextFault(place, message("records.text.other", declared=self._declared))
                        return
                text, consumed, broken = _gb18030(data)
                pending = data[consumed:]
                if len(text) > max(0, offset - place):
                    yield text[max(0, offset - place) :]
                place, raw_place = place + len(text), raw_place + consumed
                if broken:
                    self.fault = self._not_text(place)
                    return
                if place > self._marks[-1][0]:
                    self._marks.append((place, raw_place))
            if pending:
                self.fault = self._not_text(place)

    def _not_text(self, offset: int) -> TextFault:
        return TextFault(offset, message("records.text.undecodable", declared=self._declared))

    def _unwanted(self, block: bytes, offset: int) -> TextFault | None:
        """A NUL, or a byte order mark that does not stand at the very start."""
        found = []
        if (nul := block.find(b"\0")) >= 0:
            found.append(TextFault(offset + nul, message("records.text.nul")))
        if (mark := block.find(_BOM, len(_BOM) if offset == 0 and block.startswith(_BOM) else 0)) >= 0:
            found.append(TextFault(offset + mark, message("records.text.bom-inside")))
        return min(found, key=lambda fault: fault.offset, default=None)


def whole_characters(data: bytes) -> int:
    """How many of these bytes are whole characters, if they are UTF-8; one has four bytes at most."""
    for back in range(1, min(_LONGEST, len(data)) + 1):
        octet = data[-back]
        if octet >= _FIRST_OF_MANY:
            return len(data) if back >= 2 + (octet >= _FIRST_OF_3) + (octet >= _FIRST_OF_4) else len(data) - back
        if octet < _NOT_ASCII:
            break
    return len(data)


def _is_utf8(block: bytes) -> bool:
    """By Polars: twenty times as fast as decoding, and other threads go on."""
    if not block:
        return True
    ends = np.array([0, len(block)], np.int64)
    whole = pl.Series(na.c_array_from_buffers(na.large_binary(), 1, [None, ends, block]))
    try:
        whole.cast(pl.String)
    except pl.exceptions.ComputeError:
        return False
    return True


def _gb18030(data: bytes) -> tuple[bytes, int, bool]:
    """The text in UTF-8, how many bytes it took, and whether what follows is broken (not only unfinished)."""
    try:
        return data.decode("gb18030").encode("utf-8"), len(data), False
    except UnicodeDecodeError as error:
        unfinished = error.reason.startswith("incomplete") and len(data) - error.start < _LONGEST
        return data[: error.start].decode("gb18030").encode("utf-8"), error.start, not unfinished
    except UnicodeEncodeError:
        return b"", 0, True


def _looks_utf8(raw: bytes) -> bool:
    """True where the bytes are UTF-8 and hold Chinese: GB 18030 that happens to be UTF-8 reads as Latin or Greek."""
    first = next(index for index, octet in enumerate(raw) if octet >= _NOT_ASCII)
    sample = raw[first : first + (1 << 16)]
    try:
        text = sample[: whole_characters(sample)].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any("\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef" for character in text)
