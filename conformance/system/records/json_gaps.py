"""What stands between the strings of a piece of JSON: a colon, a comma, the end of a record and the next one's start.

Gaps are compared, eight bytes at a time, with gaps that were met before; what is met first is read by regular
expressions. A gap that is none of the three is :data:`OTHER`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Small = npt.NDArray[np.uint8]

OTHER, COLON, COMMA, BOUNDARY = 0, 1, 2, 3
#: Bytes that must follow a piece, so that eight bytes can be taken from wherever something begins in it.
PADDING = 128
#: Gaps longer than this are never compared.
_LONGEST = 96
#: How many different gaps are looked at in a round, how many rounds, and how many gaps are remembered.
_NEW, _ROUNDS, _ALL = 32, 4, 200


@dataclass(frozen=True)
class Grammar:
    """How gaps are written, as regular expressions; ``lead`` opens a piece, ``tail`` follows its last string."""

    colon: re.Pattern[bytes]
    comma: re.Pattern[bytes]
    boundary: re.Pattern[bytes]
    lead: re.Pattern[bytes]
    tail: re.Pattern[bytes]


def grammar(space: bytes, between: bytes, end: bytes) -> Grammar:
    """``space``: what may stand in a record; ``between``: what parts two; ``end``: what must follow the last one."""
    return Grammar(
        colon=re.compile(space + rb":" + space),
        comma=re.compile(space + rb"," + space),
        boundary=re.compile(space + rb"(\})" + between + rb"(\{)" + space),
        lead=re.compile(rb"\{" + space + rb'(?=")'),
        tail=re.compile(space + rb"\}" + end),
    )


def words_of(padded: bytes) -> Words:
    """The eight bytes from each place on, as one number."""
    first = np.frombuffer(padded, "<u8", count=1)
    return np.lib.stride_tricks.as_strided(first, (len(padded) - 8,), (1,), writeable=False)


@dataclass(frozen=True)
class _Gap:
    """A gap that was met, its bytes (and the quote behind) as words; ``close``, ``open``: behind and at the braces."""

    kind: int
    words: tuple[np.uint64, ...]
    masks: tuple[np.uint64, ...]
    close: int
    open: int


@dataclass(frozen=True)
class Gaps:
    """What each gap of a piece is; of boundaries, where the record before ends and the next begins."""

    kinds: Small
    boundaries: Array
    ends: Array
    begins: Array


@dataclass
class GapTable:
    """The gaps met so far; threads may share it, for it only grows and each entry is right by itself."""

    grammar: Grammar
    _known: list[_Gap] = field(default_factory=list)

    def classify(self, piece: bytes, words: Words, starts: Array, stops: Array) -> Gaps:
        """Gaps by their beginnings and ends. Keys and values mostly take turns: each half is looked at by itself."""
        marks = np.zeros(len(starts), np.uint8)
        known = list(self._known)
        heads = words[starts]
        for half in (slice(0, None, 2), slice(1, None, 2)):
            part = _Part(piece, words, starts[half], stops[half], heads[half], marks[half])
            part.compare(known, 0)
            for _ in range(_ROUNDS):
                before = len(known)
                if not part.left or not self._learn(part, known):
                    break
                part.compare(known, before)
        kinds = np.array([OTHER, *(gap.kind for gap in known)], np.uint8)[marks]
        boundaries = np.flatnonzero(kinds == BOUNDARY)
        which, at = marks[boundaries], starts[boundaries]
        ends = np.array([0, *(gap.close for gap in known)], np.int64)[which] + at
        begins = np.array([0, *(gap.open for gap in known)], np.int64)[which] + at
        return Gaps(kinds, boundaries, ends, begins)

    def _learn(self, part: _Part, known: list[_Gap]) -> int:
        """Read some gaps that none of the known ones is; how many new ones were found."""
        places = np.flatnonzero(part.marks == 0)
        _, first = np.unique(part.heads[places], return_index=True)
        texts = {part.text(int(place)) for place in places[first[:: max(1, len(first) // _NEW)]]}
        read = (self._read(text) for text in sorted(texts))
        new = [gap for gap in read if gap is not None and gap not in known][: _ALL - len(known)]
        known += new
        self._known += [gap for gap in new if gap not in self._known][: max(0, _ALL - len(self._known))]
        return len(new)

    def _read(self, text: bytes) -> _Gap | None:
        patterns = ((COLON, self.grammar.colon), (COMMA, self.grammar.comma), (BOUNDARY, self.grammar.boundary))
        for kind, pattern in patterns:
            if len(text) <= _LONGEST and (match := pattern.fullmatch(text)):
                quoted = text + b'"'
                parts = [quoted[at : at + 8] for at in range(0, len(quoted), 8)]
                words = tuple(np.uint64(int.from_bytes(part, "little")) for part in parts)
                masks = tuple(np.uint64((1 << 8 * len(part)) - 1) for part in parts)
                close, open_ = (match.end(1), match.start(2)) if kind == BOUNDARY else (0, 0)
                return _Gap(kind, words, masks, close, open_)
        return None


@dataclass
class _Part:
    """Some gaps of a piece, and which known gap each is (from 1)."""

    piece: bytes
    words: Words
    starts: Array
    stops: Array
    heads: Words
    marks: Small
    left: int = 0

    def __post_init__(self) -> None:
        self.left = len(self.starts)

    def text(self, place: int) -> bytes:
        return self.piece[int(self.starts[place]) : min(int(self.stops[place]), int(self.starts[place]) + _LONGEST + 1)]

    def compare(self, known: list[_Gap], first: int) -> None:
        """Mark those that are one of the known gaps from ``first`` on; a gap holds no quote, so lengths show too."""
        for number, gap in enumerate(known[first:], first + 1):
            if not self.left:
                return
            same = (self.heads & gap.masks[0]) == gap.words[0]
            if len(gap.words) == 1:
                np.copyto(self.marks, np.uint8(number), where=same)
                self.left -= int(np.count_nonzero(same))
                continue
            found = np.flatnonzero(same)
            for at in range(1, len(gap.words)):
                found = found[(self.words[self.starts[found] + 8 * at] & gap.masks[at]) == gap.words[at]]
            self.left -= int(np.count_nonzero(self.marks[found] == 0))
            self.marks[found] = number
