"""A chunk of XML records, all at once: which of them are canonical, and the values of those, by whole arrays.

A record is *canonical* where its tags are those of the dataset's fields, bare and in order, nothing but white space
stands between them, and its values hold no reference and no carriage return: what stands there is the value, and its
structure has no fault. All other records are left to :mod:`conformance.system.records.xml_machine`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import nanoarrow as na
import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.standard.exchange import Limits
from conformance.system.records.xml_tags import RECORD_END, SPACE, VALUE, Ids, TagTable, Words
from conformance.system.records.xml_text import flaw

#: Bytes that a chunk is padded with: words are read beyond its end.
PAD = bytes(64)

_TAB, _LF, _CR, _BLANK, _AMP, _LT, _BRACKET, _LEAD = b"\t\n\r &<]\xef"
#: White space between two tags that is longer than this is left to the parser.
_LONGEST_SPACE = 96
_SPACES = tuple(np.uint64(0x0101010101010101 * octet) for octet in (_BLANK, _LF, _TAB, _CR))
_SEVEN = np.uint64(0x7F7F7F7F7F7F7F7F)


@dataclass(frozen=True)
class Scan:
    """What a chunk holds: for each record where its part of the chunk begins (behind the record before it), where its
    own first tag does (of canonical ones) and where it ends; the numbers of those not canonical; the values by column.

    ``length`` is how far the chunk was looked at: not to its end where bytes there are no text.
    """

    length: int
    parts: Ids
    starts: Ids
    ends: Ids
    others: Ids
    lines: int
    values: Sequence[pl.Series]


def scan(data: bytes, length: int, table: TagTable, columns: Sequence[str], limits: Limits) -> Scan:
    """Look at ``length`` bytes, which end with a record; behind them stands :data:`PAD`. No columns: no values."""
    fault = flaw(data[:length])
    if fault is not None:
        length = data.rfind(table.close, 0, fault[0]) + 1
        length += len(table.close) - 1 if length else 0
    octets = np.frombuffer(data, np.uint8, length)
    places = np.flatnonzero(octets == _LT)
    if not len(places):
        none = np.zeros(0, np.int64)
        return Scan(length, none, none, none, none, 0, [pl.Series(name, [], pl.String) for name in columns])
    tags = _tags(data, places, table)
    bad = _Bad(tags)
    bad.pairs(data)
    bad.octets(data, octets)
    bad.sizes(limits)
    lines = data.count(b"\n", 0, length) + (_lone_returns(octets) if data.find(b"\r", 0, length) >= 0 else 0)
    starts = places[tags.firsts]
    values = _values(data, tags, bad.records, columns) if columns else []
    return Scan(length, tags.parts, starts, tags.ends, np.flatnonzero(bad.records), lines, values)


def _lone_returns(octets: npt.NDArray[np.uint8]) -> int:
    returns = np.flatnonzero(octets == _CR)
    return int(np.count_nonzero(octets[np.minimum(returns + 1, len(octets) - 1)] != _LF)) if len(returns) else 0


@dataclass(frozen=True)
class _Tags:
    """The tags of a chunk: ids, where each begins; ``gaps`` and ``kinds`` are of what stands before each of them."""

    table: TagTable
    places: Ids
    ids: Ids
    behind: Ids
    gaps: Ids
    kinds: npt.NDArray[np.uint8]
    lasts: Ids

    @property
    def firsts(self) -> Ids:
        """The index of each record's first tag."""
        return np.concatenate(([0], self.lasts[:-1] + 1))

    @property
    def ends(self) -> Ids:
        """Where each record ends."""
        return self.behind[self.lasts]

    @property
    def parts(self) -> Ids:
        """Where what belongs to each record begins: behind the one before it."""
        return np.concatenate(([0], self.ends[:-1]))


def _tags(data: bytes, places: Ids, table: TagTable) -> _Tags:
    view: Words = np.ndarray((len(data) - 8,), "<u8", data, 0, (1,))
    ids = table.identify(view, places + 1)
    behind = places + table.lengths[ids]
    behind += 1
    gaps = places.copy()
    gaps[1:] -= behind[:-1]
    pairs = ids.copy()
    pairs[0] += RECORD_END * table.size
    pairs[1:] += ids[:-1] * table.size
    return _Tags(table, places, ids, behind, gaps, table.pairs[pairs], np.flatnonzero(ids == RECORD_END))


class _Bad:
    """Which records of a chunk are not canonical."""

    def __init__(self, tags: _Tags) -> None:
        self.tags = tags
        self.records = np.zeros(len(tags.lasts), np.bool_)

    def _mark(self, tags: Ids) -> None:
        """The records that these tags, or what stands before them, belong to."""
        self.records[np.searchsorted(self.tags.lasts, tags)] = True

    def _mark_octets(self, places: Ids) -> None:
        self._mark(np.searchsorted(self.tags.places, places, side="right"))

    def pairs(self, data: bytes) -> None:
        """Tags that may not stand side by side, and anything but white space between two."""
        tags = self.tags
        never = np.flatnonzero(tags.kinds == 0)
        if len(never):
            self._mark(never)
        between = np.flatnonzero((tags.kinds == SPACE) & (tags.gaps != 0))
        if len(between):
            self._mark(between[~_blank(data, tags.places[between], tags.gaps[between])])

    def octets(self, data: bytes, octets: npt.NDArray[np.uint8]) -> None:
        """Octets that are no text in XML, or that are not what they stand for.

        Whether there are any is asked of the bytes first, one at a time: ten times as fast as to look for their places.
        """
        length = len(octets)
        layout = sum(data.count(one, 0, length) for one in (b"\n", b"\t", b"\r"))
        if np.count_nonzero(octets < _BLANK) != layout:
            controls = (octets < _BLANK) & (octets != _LF) & (octets != _TAB) & (octets != _CR)
            self._mark_octets(np.flatnonzero(controls))
        if data.find(b"&", 0, length) >= 0:
            self._mark_octets(np.flatnonzero(octets == _AMP))
        if data.find(b"\r", 0, length) >= 0:
            tags = np.searchsorted(self.tags.places, np.flatnonzero(octets == _CR), side="right")
            self._mark(tags[self.tags.kinds[tags] == VALUE])
        self._sequences(data, octets)

    def _sequences(self, data: bytes, octets: npt.NDArray[np.uint8]) -> None:
        """``]]>`` and the noncharacters U+FFFE and U+FFFF."""
        if data.find(b"]", 0, len(octets)) >= 0:
            brackets = np.flatnonzero(octets[:-1] == _BRACKET)
            self._mark_octets(brackets[octets[brackets + 1] == _BRACKET])
        if data.find(b"\xef", 0, len(octets)) >= 0:
            lead = np.flatnonzero(octets[:-2] == _LEAD)
            self._mark_octets(lead[(octets[lead + 1] == 0xBF) & (octets[lead + 2] >= 0xBE)])  # noqa: PLR2004 - UTF-8

    def sizes(self, limits: Limits) -> None:
        """Records and values that may be longer than they may."""
        tags = self.tags
        sizes = tags.places[tags.lasts] - tags.places[tags.firsts]
        self.records |= sizes > limits.record_bytes
        if tags.gaps.max() > limits.value_characters:
            self._mark(np.flatnonzero((tags.gaps > limits.value_characters) & (tags.kinds == VALUE)))


def _blank(data: bytes, ends: Ids, sizes: Ids) -> npt.NDArray[np.bool_]:
    """Which of these parts of a chunk hold white space only."""
    blank: npt.NDArray[np.bool_] = sizes <= _LONGEST_SPACE
    view: Words = np.ndarray((len(data) - 8,), "<u8", data, 0, (1,))
    left = np.where(blank, sizes, 0)
    at = ends - sizes
    while True:
        active = np.flatnonzero(left > 0)
        if not len(active):
            return blank
        rest = left[active]
        unused = np.uint64(8) * (np.uint64(8) - np.minimum(rest, 8).astype(np.uint64))
        # Shifted out at the high end, the octets behind the gap; shifted in at the low end, blanks.
        words = (view[at[active]] << unused) | ~(np.uint64(0xFFFFFFFFFFFFFFFF) << unused) & _SPACES[0]
        blank[active] &= _all_space(words)
        left[active] = rest - 8
        at[active] += 8


def _all_space(words: Words) -> npt.NDArray[np.bool_]:
    """Which words are eight octets of white space: each octet, less one of the four, leaves zero."""
    found = np.zeros(len(words), np.uint64)
    for octet in _SPACES:
        other = words ^ octet
        found |= ~(((other & _SEVEN) + _SEVEN) | other | _SEVEN)
    space: npt.NDArray[np.bool_] = found == ~_SEVEN
    return space


def _values(data: bytes, tags: _Tags, bad: npt.NDArray[np.bool_], columns: Sequence[str]) -> list[pl.Series]:
    """The columns, without copies: one array of all texts and what lies between, and each column a choice of it."""
    fields = tags.table.fields[tags.ids]
    number = len(tags.lasts)
    rows = np.repeat(np.arange(number), np.diff(tags.lasts, prepend=-1))
    brings = fields >= 0
    if bad.any():
        brings &= ~bad[rows]
    chosen = np.flatnonzero(brings)
    count = len(chosen)
    fields, starts = fields[chosen], tags.behind[chosen]
    both = tags.table.both[tags.ids[chosen]]
    offsets = np.empty(2 * count + 2, np.int64)
    offsets[0:-2:2] = starts
    offsets[1:-2:2] = np.where(both, starts, tags.places[np.minimum(chosen + 1, len(tags.places) - 1)])
    offsets[-2:] = offsets[-3] if count else 0
    tokens = np.full((len(columns), number), 2 * count, np.uint32)
    tokens.reshape(-1)[fields * number + rows[chosen]] = np.arange(0, 2 * count, 2, dtype=np.uint32)
    held = np.bincount(fields, minlength=len(columns))
    texts = _texts(data, offsets, nulls=bool((held < number).any()))
    return [
        texts.gather(pl.Series(tokens[column])).alias(name)
        if held[column]
        else pl.Series(name, [None] * number, pl.String)
        for column, name in enumerate(columns)
    ]


def _texts(data: bytes, offsets: Ids, *, nulls: bool) -> pl.Series:
    """The texts between the offsets as they lie there; the last of them is null if ``nulls``."""
    count = len(offsets) - 1
    valid = None
    if nulls:
        bits = np.ones(count, np.uint8)
        bits[-1] = 0
        valid = np.packbits(bits, bitorder="little")
    array = na.c_array_from_buffers(na.large_string(), count, [valid, offsets, data], validation_level="none")
    return pl.Series(array)
