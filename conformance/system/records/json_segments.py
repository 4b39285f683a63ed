"""Where the records, keys and values of a piece of JSON stand, found by looking at its quotes.

A piece begins with a record. Escaped quotes left out, quotes open and close in turn; all else that JSON is made of
stands in the gaps between strings (:mod:`.json_gaps`). A record whose gaps, keys or strings are not plain is
*irregular*: someone else has to look at that one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from conformance.system.records.json_escapes import unescaped
from conformance.system.records.json_gaps import (
    COLON,
    OTHER,
    PADDING,
    Array,
    Gaps,
    GapTable,
    Grammar,
    Words,
    words_of,
)
from conformance.system.records.json_keys import KeyTable

Flags = npt.NDArray[np.bool_]
_QUOTE, _BACKSLASH, _SPACE = 34, 92, 32


@dataclass(frozen=True)
class Segments:
    """Records of a piece: where they begin and end, and which are regular.

    ``members[field, record]`` numbers the values, -1 for none; values stand from ``value_starts`` to ``value_ends``.
    ``escaped`` has the numbers of those with escapes, ``texts`` what they mean. An irregular record may be several, and
    may not end where it seems to; those behind it are right if one of them begins where it ends.
    """

    starts: Array
    ends: Array
    regular: Flags
    members: npt.NDArray[np.int32]
    value_starts: Array
    value_ends: Array
    escaped: Array
    texts: list[str]


@dataclass(frozen=True)
class _Records:
    """Where records seem to begin and end, which are regular so far, the first string of each, strings with escapes."""

    starts: Array
    ends: Array
    regular: Flags
    first: Array
    escapes: Array


def unknown(length: int, fields: int) -> Segments:
    """A piece of which nothing is known: all of it is one irregular record."""
    none = np.zeros(0, np.int64)
    members = np.full((fields, 1), -1, np.int32)
    return Segments(np.zeros(1, np.int64), np.full(1, length), np.zeros(1, np.bool_), members, none, none, none, [])


class Segmenter:
    """Finds the segments of pieces; threads may share it. Values and records longer than this are irregular."""

    def __init__(self, grammar: Grammar, names: tuple[str, ...], longest_value: int, longest_record: int) -> None:
        self._grammar, self._fields = grammar, len(names)
        self._gaps, self._keys = GapTable(grammar), KeyTable(names)
        self._longest_value, self._longest_record = longest_value, longest_record

    def segments(self, piece: bytes, most: int) -> Segments:
        """The first ``most`` segments of a piece that begins with a record, if it begins with one."""
        octets = np.frombuffer(piece, np.uint8)
        quotes, escapes, controls = _quotes(piece, octets)
        if len(quotes) < 2:  # noqa: PLR2004 - a string has two
            return unknown(len(piece), self._fields)
        opens, closes = quotes[: len(quotes) & ~1 : 2], quotes[1::2]
        words = words_of(piece + b" " * PADDING)
        gaps = self._gaps.classify(piece, words, closes[:-1] + 1, opens[1:])
        tail = self._grammar.tail.match(piece, int(closes[-1]) + 1)
        starts = np.concatenate(([0], gaps.begins))
        ends = np.concatenate((gaps.ends, [tail.end() if tail else len(piece)]))
        first = np.concatenate(([0], gaps.boundaries + 1))
        regular = (ends - starts) <= self._longest_record
        regular[0] &= self._grammar.lead.match(piece) is not None
        regular[-1] &= tail is not None and len(quotes) % 2 == 0
        if len(controls):
            inside = np.minimum(controls, len(opens) - 1)
            regular[np.searchsorted(first, inside, "right") - 1] = False
        sound = len(opens) % 2 == 0 and bool((gaps.kinds[0::2] == COLON).all() and (gaps.kinds[1::2] > COLON).all())
        if not sound:
            regular &= _alternating(gaps, first, len(opens))
        strings = int(first[most]) if most < len(first) else len(opens)
        found = _Records(starts[:most], ends[:most], regular[:most], first[:most], escapes[escapes < strings])
        return self._members(piece, words, (opens[:strings], closes[:strings]), found, sound)

    def _members(
        self, piece: bytes, words: Words, strings: tuple[Array, Array], found: _Records, sound: bool
    ) -> Segments:
        """The members of regular records; ``sound``: in all of them keys and values take turns."""
        opens, closes = strings
        owners = np.zeros(len(opens), np.int32)
        owners[found.first[1:]] = 1
        np.cumsum(owners, out=owners)
        if sound:
            keys: Array | slice = slice(0, len(opens), 2)
            values: Array | slice = slice(1, len(opens), 2)
            owners = owners[keys]
        else:
            in_record = np.arange(len(opens)) - found.first[owners]
            keys = np.flatnonzero((in_record % 2 == 0) & found.regular[owners])
            values, owners = keys + 1, owners[keys]
        key_starts, value_starts, value_ends = opens[keys] + 1, opens[values] + 1, closes[values]
        fields = self._keys.identify(words, key_starts, closes[keys] - key_starts)
        bad = fields < 0
        bad |= (value_ends - value_starts) > self._longest_value
        escaped, texts = np.zeros(0, np.int64), list[str]()
        if len(found.escapes):
            flags = np.zeros(len(opens), np.bool_)
            flags[found.escapes] = True
            bad |= flags[keys]
            escaped = np.flatnonzero(flags[values] & found.regular[owners] & ~bad)
            raws = [piece[start:end] for start, end in zip(value_starts[escaped], value_ends[escaped], strict=True)]
            decoded = unescaped(raws)
            bad[escaped] |= np.array([text is None for text in decoded], np.bool_)
            texts = [text or "" for text in decoded]
        if bad.any():
            found.regular[owners[bad]] = False
        members = self._table(fields, owners, found.regular)
        return Segments(found.starts, found.ends, found.regular, members, value_starts, value_ends, escaped, texts)

    def _table(
        self, fields: npt.NDArray[np.int16], owners: npt.NDArray[np.int32], regular: Flags
    ) -> npt.NDArray[np.int32]:
        """Which member holds which field of which record; a record that names a field twice is not regular."""
        count = len(regular)
        table = np.full(self._fields * count, -1, np.int32)
        cells = fields * np.int64(count) + owners
        numbers = np.arange(len(fields), dtype=np.int32)
        if not regular.all():
            kept = regular[owners]
            cells, numbers, owners = cells[kept], numbers[kept], owners[kept]
        table[cells] = numbers
        twice = table[cells] != numbers
        if twice.any():
            regular[owners[twice]] = False
        return table.reshape(self._fields, count)


def _quotes(piece: bytes, octets: npt.NDArray[np.uint8]) -> tuple[Array, Array, Array]:
    """Where quotes open and close strings; which strings hold an escape, and which a control character."""
    quotes: Array = np.flatnonzero(octets == _QUOTE)
    escaped = controlled = np.zeros(0, np.int64)
    if b"\\" in piece:
        escapes = np.flatnonzero(octets == _BACKSLASH)
        begins = np.diff(escapes, prepend=-2) != 1
        in_run = np.arange(len(escapes)) - np.maximum.accumulate(np.where(begins, np.arange(len(escapes)), 0))
        escaping = escapes[in_run % 2 == 0] + 1
        quotes = quotes[~np.isin(quotes, escaping, assume_unique=True)]
        escaped = np.searchsorted(quotes, escapes) // 2
    if np.count_nonzero(octets < _SPACE):
        controls = np.flatnonzero(octets < _SPACE)
        before = np.searchsorted(quotes, controls)
        controlled = before[before % 2 == 1] // 2
    return quotes, escaped, controlled


def _alternating(gaps: Gaps, first: Array, strings: int) -> Flags:
    """In which records keys and values take turns, parted by colons and commas."""
    owners = np.zeros(strings, np.int64)
    owners[first[1:]] = 1
    np.cumsum(owners, out=owners)
    place = np.arange(strings - 1) - first[owners[:-1]]
    even = place % 2 == 0
    good = np.where(even, gaps.kinds == COLON, gaps.kinds > COLON) & (gaps.kinds != OTHER)
    flags: Flags = np.ones(len(first), np.bool_)
    flags[owners[:-1][~good]] = False
    counts = np.diff(first, append=strings)
    flags &= counts % 2 == 0
    return flags
