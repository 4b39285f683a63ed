"""The tags that a canonical record is made of, as tables for whole arrays of tags at once.

A tag is known by the bytes from behind its ``<`` to its ``>``, eight to a word. The words are mixed into one number
whose upper bits find the tag in a table without a collision; then every word is compared, so that nothing else passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Ids = npt.NDArray[np.int64]

#: What a pair of neighbouring tags may be: not allowed, white space between them, a value between them.
NEVER, SPACE, VALUE = 0, 1, 2
#: Ids: no known tag, the tags of a record, then three for each field: begin, end, both in one.
UNKNOWN, RECORD, RECORD_END, FIRST_FIELD = 0, 1, 2, 3
_OPEN, _CLOSE, _BOTH = 0, 1, 2

_BITS = 13
_SHIFT = np.uint64(64 - _BITS)
_STEP = 0x9E3779B97F4A7C15
_FULL = (1 << 64) - 1
_GT = np.uint64(0x3E3E3E3E3E3E3E3E)
_ONES = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_ONE = np.uint64(1)


@dataclass(frozen=True)
class TagTable:
    """Tags by id: ``lengths`` in bytes behind ``<``, ``fields`` the column that a tag brings a value of (or -1),
    ``both`` whether it is begin and end in one; ``pairs[left * size + right]`` what may stand between two tags.
    """

    close: bytes
    size: int
    lengths: Ids
    fields: Ids
    both: npt.NDArray[np.bool_]
    pairs: npt.NDArray[np.uint8]
    words: tuple[Words, ...]
    factors: tuple[np.uint64, ...]
    slots: npt.NDArray[np.uint16]

    def identify(self, view: Words, places: Ids) -> Ids:
        """The id of each tag whose bytes behind ``<`` begin at these places of a view of words at every byte."""
        first, more = _masked(view[places])
        keys = first * self.factors[0]
        rests: list[tuple[Ids, Words]] = []
        subset = np.flatnonzero(more)
        for number, factor in enumerate(self.factors[1:], start=1):
            if not len(subset):
                break
            word, more = _masked(view[places[subset] + 8 * number])
            keys[subset] += word * factor
            rests.append((subset, word))
            subset = subset[more]
        ids: Ids = self.slots[keys >> _SHIFT].astype(np.int64)
        ids[self.words[0][ids] != first] = UNKNOWN
        for number, (indices, word) in enumerate(rests, start=1):
            ids[indices[self.words[number][ids[indices]] != word]] = UNKNOWN
        if len(subset):
            ids[subset] = UNKNOWN
        return ids


def _masked(words: Words) -> tuple[Words, npt.NDArray[np.bool_]]:
    """The words up to their first ``>``, the rest made zero; and which have none."""
    other = words ^ _GT
    found = (other - _ONES) & ~other & _HIGH
    return words & (found ^ (found - _ONE)), found == 0


def tag_table(prefix: str, record: str, fields: Sequence[str]) -> TagTable:
    """The table for records of these fields in this order, whose tags all bear the prefix (``p:``, or nothing)."""
    names = [f"{prefix}{name}".encode() for name in fields]
    record_name = f"{prefix}{record}".encode()
    tags = [b"", record_name + b">", b"/" + record_name + b">"]
    for name in names:
        tags += [name + b">", b"/" + name + b">", name + b"/>"]
    number = -(-max(map(len, tags)) // 8)
    padded = np.frombuffer(b"".join(tag.ljust(8 * number, b"\0") for tag in tags), "<u8").reshape(len(tags), number)
    factors, slots = _slots(padded)
    kinds = np.arange(-FIRST_FIELD, len(tags) - FIRST_FIELD)
    brings = (kinds >= 0) & (kinds % 3 != _CLOSE)
    return TagTable(
        close=b"<" + tags[RECORD_END],
        size=len(tags),
        lengths=np.array([len(tag) for tag in tags], np.int64),
        fields=np.where(brings, kinds // 3, -1).astype(np.int64),
        both=(kinds >= 0) & (kinds % 3 == _BOTH),
        pairs=_pairs(len(names)),
        words=tuple(np.ascontiguousarray(padded[:, column]).astype(np.uint64) for column in range(number)),
        factors=factors,
        slots=slots,
    )


def _slots(padded: npt.NDArray[np.uint64]) -> tuple[tuple[np.uint64, ...], npt.NDArray[np.uint16]]:
    """Factors under which no two tags fall into one slot, and the slots."""
    for factors in _factors(padded.shape[1]):
        keys = (padded * factors).sum(axis=1, dtype=np.uint64) >> _SHIFT
        if len(np.unique(keys[1:])) == len(keys) - 1:
            slots = np.zeros(1 << _BITS, np.uint16)
            slots[keys[1:]] = np.arange(1, len(keys))
            return tuple(factors), slots
    raise ValueError("two tags of a dataset are the same")


def _factors(number: int) -> Iterator[npt.NDArray[np.uint64]]:
    state = 1
    for _ in range(100_000):
        found = []
        for _word in range(number):
            state = state * 6364136223846793005 + _STEP & _FULL
            found.append((state ^ state >> 31) | 1)
        yield np.array(found, np.uint64)


def _pairs(fields: int) -> npt.NDArray[np.uint8]:
    """What may follow what: fields in their order, each at most once."""
    size = FIRST_FIELD + 3 * fields
    pairs = np.zeros((size, size), np.uint8)
    pairs[RECORD_END, RECORD] = pairs[RECORD, RECORD_END] = SPACE
    for field in range(fields):
        begin = FIRST_FIELD + 3 * field
        pairs[begin + _OPEN, begin + _CLOSE] = VALUE
        before = [RECORD, *(FIRST_FIELD + 3 * other + kind for other in range(field) for kind in (_CLOSE, _BOTH))]
        pairs[np.ix_(before, [begin + _OPEN, begin + _BOTH])] = SPACE
        pairs[[begin + _CLOSE, begin + _BOTH], RECORD_END] = SPACE
    return pairs.reshape(-1)
