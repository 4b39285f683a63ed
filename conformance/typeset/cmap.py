"""Which characters a font holds: the ``cmap`` table of an OpenType file, read once.

A small reader of our own, for the typesetter names a missing character only by failing, one at a time.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

_SEGMENTED, _GROUPED = 4, 12
#: What ends a segmented table.
_END = 0xFFFF


class FontFormatError(ValueError):
    """A file that is no OpenType font with a Unicode character map."""


@dataclass(frozen=True)
class Characters:
    """The code points of some fonts as ranges: ``first`` sorted, ``last`` beside it, neither overlapping."""

    first: tuple[int, ...]
    last: tuple[int, ...]

    def __contains__(self, point: int) -> bool:
        index = bisect_right(self.first, point) - 1
        return index >= 0 and point <= self.last[index]

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in zip(self.first, self.last, strict=True))


def read_characters(font: bytes) -> Characters:
    """The characters of an OpenType font; raises :class:`FontFormatError`."""
    try:
        return characters(_ranges(_cmap(font)))
    except (struct.error, IndexError) as error:
        raise FontFormatError("truncated") from error


def characters(ranges: list[tuple[int, int]]) -> Characters:
    """The union of inclusive ranges."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return Characters(tuple(first for first, _ in merged), tuple(last for _, last in merged))


def union(*several: Characters) -> Characters:
    """What at least one of them holds."""
    return characters([pair for one in several for pair in zip(one.first, one.last, strict=True)])


def _cmap(font: bytes) -> bytes:
    (tables,) = struct.unpack_from(">H", font, 4)
    for index in range(tables):
        tag, _, offset, length = struct.unpack_from(">4sLLL", font, 12 + 16 * index)
        if tag == b"cmap":
            return font[offset : offset + length]
    raise FontFormatError("no cmap")


def _ranges(cmap: bytes) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">H", cmap, 2)
    by_format: dict[int, bytes] = {}
    for index in range(count):
        platform, _, offset = struct.unpack_from(">HHL", cmap, 4 + 8 * index)
        if platform in (0, 3):
            by_format[struct.unpack_from(">H", cmap, offset)[0]] = cmap[offset:]
    if _GROUPED in by_format:
        return _grouped(by_format[_GROUPED])
    if _SEGMENTED in by_format:
        return _segmented(by_format[_SEGMENTED])
    raise FontFormatError("no Unicode cmap")


def _grouped(table: bytes) -> list[tuple[int, int]]:
    (groups,) = struct.unpack_from(">L", table, 12)
    found = []
    for index in range(groups):
        first, last, glyph = struct.unpack_from(">LLL", table, 16 + 12 * index)
        found.append((first + (glyph == 0), last))
    return [(first, last) for first, last in found if first <= last]


def _segmented(table: bytes) -> list[tuple[int, int]]:
    (twice,) = struct.unpack_from(">H", table, 6)
    ends = struct.unpack_from(f">{twice // 2}H", table, 14)
    starts = struct.unpack_from(f">{twice // 2}H", table, 16 + twice)
    for one, other in pairwise(ends):
        if one > other:
            raise FontFormatError("segments out of order")
    return [(first, last) for first, last in zip(starts, ends, strict=True) if first <= last and first != _END]
