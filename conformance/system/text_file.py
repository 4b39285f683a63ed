"""Text files before their format matters: is it a file, which encoding, no endless lines; GB 18030 made UTF-8."""

from __future__ import annotations

import codecs
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from conformance.system.declaration import Source
from conformance.system.problem import ConfigurationError, failure
from conformance.system.source import stamp

#: Bytes in a block: small enough to stay in a processor's cache.
BLOCK = 1 << 18
#: The longest line that a text source may have, in bytes.
MAX_LINE = 16 << 20

#: How files of other kinds begin; (first bytes, what it is called).
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "xlsx"),
    (b"PK\x05\x06", "zip"),
    (b"PAR1", "parquet"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"%PDF", "pdf"),
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def require_file(source: Source) -> None:
    """Raise unless the path leads to a regular file that can be read."""
    name = str(source.path)
    try:
        mode = os.stat(source.path).st_mode  # noqa: PTH116 - Path.stat would do the same; the mode is what counts
        if stat.S_ISREG(mode):
            with source.path.open("rb"):
                return
    except FileNotFoundError:
        raise failure(source.place, "source.no-file", file=name) from None
    except (OSError, ValueError) as error:
        why = errno.errorcode.get(getattr(error, "errno", 0) or 0, type(error).__name__)
        raise failure(source.place, "source.unreadable", file=name, why=why) from None
    kind = "directory" if stat.S_ISDIR(mode) else "special"
    raise failure(source.place, f"source.not-regular-{kind}", file=name)


def magic_of(path: Path) -> str:
    """What kind of binary file this is by its first bytes; empty for text and for all that is not known."""
    with path.open("rb") as file:
        head = file.read(32)
    return next((kind for first, kind in MAGIC if head.startswith(first)), "")


def line_blocks(file: BinaryIO, source: Source) -> Iterator[bytes]:
    """Blocks that end where a line ends (the last one where the file does); raises where a line is endless."""
    rest, start = b"", 0
    while block := file.read(BLOCK):
        cut = block.rfind(b"\n") + 1
        if len(rest) + (block.find(b"\n") if cut else len(block)) > MAX_LINE:
            line = line_at(source.path, start)
            raise failure(source.place, "source.line-too-long", file=source.path.name, line=line, limit=MAX_LINE >> 20)
        if cut == 0:
            rest += block
            continue
        whole = rest + block[:cut] if rest else block[:cut]
        rest = block[cut:]
        start += len(whole)
        yield whole
    if rest:
        yield rest


def line_at(path: Path, offset: int) -> int:
    """The number of the line (from 1) that the byte at ``offset`` stands in."""
    line = 1
    with path.open("rb") as file:
        while offset > 0 and (block := file.read(min(BLOCK, offset))):
            line += block.count(b"\n")
            offset -= len(block)
    return line


def encoding_of(source: Source) -> str:
    """``utf-8``, ``utf-8-sig`` or ``gb18030``: as declared or detected; raises where the text is not in it."""
    with source.path.open("rb") as file:
        head = file.read(4)
    if head.startswith(_UTF16):
        raise failure(source.place, "source.utf-16", file=source.path.name)
    marked = head.startswith(codecs.BOM_UTF8)
    utf8 = "utf-8-sig" if marked else "utf-8"
    line, sample = _first_foreign(source)
    faults = {name: _undecodable(sample, name) for name in ("utf-8", "gb18030")}
    if source.encoding == "gb18030":
        if marked or (faults["utf-8"] is None and _looks_chinese(sample)):
            raise _misfit(source, 1 if marked else line, "utf-8")
        if faults["gb18030"] is not None:
            raise _misfit(source, line + faults["gb18030"], "")
        return "gb18030"
    if faults["utf-8"] is None:
        return utf8
    if not source.encoding and not marked and faults["gb18030"] is None:
        return "gb18030"
    raise _misfit(source, line + faults["utf-8"], "gb18030" if faults["gb18030"] is None and not marked else "")


def _misfit(source: Source, line: int, fits: str) -> ConfigurationError:
    declared = source.encoding or "utf-8 / gb18030"
    id_ = "source.encoding" if fits else "source.encoding-none"
    return failure(source.place, id_, file=source.path.name, declared=declared, fits=fits, line=line)


def _first_foreign(source: Source) -> tuple[int, bytes]:
    """The first block of whole lines that is not pure ASCII, and the number of its first line."""
    offset = 0
    with source.path.open("rb") as file:
        for block in line_blocks(file, source):
            if not block.isascii():
                return line_at(source.path, offset), block
            offset += len(block)
    return 1, b""


def _undecodable(sample: bytes, encoding: str) -> int | None:
    """None where the bytes are text in that encoding; else how many lines come before the first that is not."""
    try:
        sample.decode(encoding)
    except UnicodeDecodeError as error:
        return sample.count(b"\n", 0, error.start)
    return None


def _looks_chinese(sample: bytes) -> bool:
    """True where the bytes as UTF-8 hold Chinese: GB 18030 text that happens to be UTF-8 reads as Latin or Greek."""
    text = sample.decode("utf-8")
    return any("\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef" for character in text)


@dataclass(frozen=True)
class TextCopy:
    """A file with the source's text in UTF-8. A temporary one is deleted when the last holder lets go of ``folder``."""

    path: Path
    folder: tempfile.TemporaryDirectory[str] | None = None


def as_utf8(source: Source, encoding: str) -> TextCopy:
    """The source itself, or a temporary copy of it in UTF-8; raises at the first byte that is not GB 18030."""
    if encoding != "gb18030":
        return TextCopy(source.path)
    return _transcoded(source, stamp(source.path))


@lru_cache(maxsize=16)
def _transcoded(source: Source, _stamp: tuple[int, int, int, int]) -> TextCopy:
    folder = tempfile.TemporaryDirectory(prefix="lubiao-")
    path = Path(folder.name) / "utf8"
    offset = 0
    with source.path.open("rb") as file, path.open("wb") as copy:
        for block in line_blocks(file, source):
            try:
                copy.write(block.decode("gb18030").encode("utf-8"))
            except UnicodeDecodeError as error:
                raise _misfit(source, line_at(source.path, offset + error.start), "") from None
            offset += len(block)
    return TextCopy(path, folder)


def first_undecodable(path: Path, source: Source) -> int | None:
    """The first line of a file that is not UTF-8, or None."""
    offset = 0
    with path.open("rb") as file:
        for block in line_blocks(file, source):
            fault = _undecodable(block, "utf-8")
            if fault is not None:
                return line_at(path, offset) + fault
            offset += len(block)
    return None
