"""Reading a piece of JSON: regular records by columns, all others one at a time, and both in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import nanoarrow as na
import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.standard.exchange import Limits
from conformance.system.records.json_exact import Note, record_of
from conformance.system.records.json_framing import Element, Ending, Framing, Place, State, Walk, blank_line
from conformance.system.records.json_gaps import Array
from conformance.system.records.json_segments import Segmenter, Segments, unknown
from conformance.system.source import ROW

#: The most records that are made of one piece: a record may take three bytes, and each has every column.
MOST_ROWS = 1 << 16


@dataclass(frozen=True)
class Found:
    """A fault in a piece: where it stands, and the record's number in the piece from 0 (-1: of no record)."""

    offset: int
    row: int
    note: Note


@dataclass
class Notes:
    """Faults by rule: the first ``limit`` of each, and how many more there are."""

    limit: int
    first: dict[str, list[Found]] = field(default_factory=dict)
    more: Counter[str] = field(default_factory=Counter)

    def add(self, offset: int, row: int, note: Note) -> None:
        """Keep a fault, or count it."""
        kept = self.first.setdefault(note.rule, [])
        if len(kept) < max(1, self.limit):
            kept.append(Found(offset, row, note))
        else:
            self.more[note.rule] += 1


@dataclass(frozen=True)
class Piece:
    """Text that begins with a record, from ``offset`` of the file on, and what comes after it."""

    offset: int
    data: bytes
    ending: Ending


@dataclass(frozen=True)
class Read:
    """What a piece held. ``frame`` lacks records that are no objects; ``consumed`` bytes are read for good.

    ``broken``: some record is no JSON. ``blank``: the piece ends with blank lines, from that offset on (else -1).
    """

    rows: int
    frame: pl.DataFrame
    starts: Array
    ends: Array
    notes: Notes
    consumed: int
    state: State
    broken: bool
    blank: int


@dataclass
class _Rows:
    """Records in order: each is a segment by number, or an element that was decoded (segment -1)."""

    segments: list[npt.NDArray[np.int64]] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    count: int = 0

    def take(self, first: int, last: int) -> None:
        """Regular segments from ``first`` to before ``last``."""
        if last > first:
            self.segments.append(np.arange(first, last))
            self.count += last - first

    def add(self, element: Element) -> None:
        """One element."""
        self.segments.append(_ONE_ELEMENT)
        self.elements.append(element)
        self.count += 1


_ONE_ELEMENT = np.full(1, -1)
#: What stands for no segment: the piece is read.
_DONE = -1


class PieceReader:
    """Reads pieces; threads may share it. ``fast=False`` reads every record one at a time: same results, slowly."""

    def __init__(self, framing: Framing, columns: Sequence[str], limits: Limits, kept: int, fast: bool = True) -> None:
        self._framing, self._columns, self._kept, self._fast = framing, tuple(columns), kept, fast
        longest = min(limits.value_characters, limits.record_bytes)
        self._segmenter = Segmenter(framing.grammar, self._columns, longest, limits.record_bytes)

    def read(self, piece: Piece) -> Read:
        """All that a piece holds, up to :data:`MOST_ROWS` records."""
        data = piece.data
        if self._fast and data:
            segments = self._segmenter.segments(data, MOST_ROWS)
        else:
            segments = unknown(len(data), len(self._columns))
        progress = _Progress(self._framing.walk(data, piece.ending), segments)
        progress.run()
        return self._finish(piece, segments, progress)

    def _finish(self, piece: Piece, segments: Segments, progress: _Progress) -> Read:
        rows, told = progress.rows, progress.told
        which = np.concatenate(rows.segments) if rows.segments else np.zeros(0, np.int64)
        exact = np.flatnonzero(which < 0)
        starts, ends = segments.starts[which], segments.ends[which]
        starts[exact] = [element.start for element in rows.elements]
        ends[exact] = [element.end for element in rows.elements]
        records: list[tuple[str | None, ...]] = []
        missing = []
        for row, element in zip(exact.tolist(), rows.elements, strict=True):
            values, found = (None, []) if element.broken else record_of(element.value, self._columns)
            told += [(element.start, row, note) for note in (*element.notes, *found)]
            if values is None:
                missing.append(row)
            else:
                records.append(tuple(values.get(name) for name in self._columns))
        notes = Notes(self._kept)
        for offset, row, note in sorted(told, key=lambda one: one[0]):
            notes.add(offset, row, note)
        frame = self._frame(piece.data, segments, which, missing, records)
        broken = any(element.broken for element in rows.elements)
        state, consumed = progress.state, progress.consumed
        return Read(rows.count, frame, starts, ends, notes, consumed, state, broken, progress.blank)

    def _frame(
        self,
        data: bytes,
        segments: Segments,
        which: Array,
        missing: list[int],
        records: list[tuple[str | None, ...]],
    ) -> pl.DataFrame:
        texts = _values(data, segments)
        absent = len(texts) - 1
        members: Array = segments.members * np.int64(2)
        if segments.texts:
            of_values = np.arange(0, absent + 1, 2)
            of_values[segments.escaped] = len(texts) + np.arange(len(segments.texts))
            members = of_values[segments.members]
            texts = pl.concat([texts, pl.Series(segments.texts, dtype=pl.String)])
        places = np.where(segments.members < 0, absent, members)
        if len(which) != places.shape[1] or records or missing:
            places = places[:, which]
        order = np.arange(len(which))
        if missing or records:
            odd = which < 0
            odd[missing] = False
            places[:, odd] = len(texts) + np.arange(len(records) * len(self._columns)).reshape(-1, len(self._columns)).T
            kept = np.ones(len(which), np.bool_)
            kept[missing] = False
            places, order = places[:, kept], order[kept]
            flat = [value for record in records for value in record]
            texts = pl.concat([texts, pl.Series(flat, dtype=pl.String)])
        texts = texts.rechunk()
        columns = {ROW: pl.Series(order, dtype=pl.UInt32)}
        for name, place in zip(self._columns, places, strict=True):
            columns[name] = texts.gather(pl.Series(place.astype(np.uint32)))
        return pl.DataFrame(columns)


def _values(data: bytes, segments: Segments) -> pl.Series:
    """Each value, and after it what stands before the next one; the last is null. Nothing is copied."""
    count = len(segments.value_starts)
    offsets = np.empty(2 * count + 2, np.int64)
    offsets[0 : 2 * count : 2] = segments.value_starts
    offsets[1 : 2 * count : 2] = segments.value_ends
    offsets[2 * count :] = segments.value_ends[-1] if count else 0
    length = 2 * count + 1
    valid = np.full((length + 7) // 8, 255, np.uint8)
    valid[(length - 1) // 8] &= 255 ^ (1 << (length - 1) % 8)
    return pl.Series(na.c_array_from_buffers(na.large_string(), length, [valid, offsets, data], null_count=1))


class _Progress:
    """A walk over a piece: regular segments at a stride, the others step by step until a segment begins again."""

    def __init__(self, walk: Walk, segments: Segments) -> None:
        self._walk, self._segments = walk, segments
        self.told: list[tuple[int, int, Note]] = []
        self._length = len(walk.piece)
        self.rows = _Rows()
        self.state, self.consumed, self.blank = State.READ, 0, -1

    def run(self) -> None:
        """Take every record in order."""
        if not self._length:
            self._stop(self._walk.after(0))  # the end of a file; whether that may be here, the walk knows
            return
        starts, segment = self._segments.starts, 0
        for odd in np.flatnonzero(~self._segments.regular).tolist():
            if odd < segment:
                continue  # it was part of an element before it
            self.rows.take(segment, odd)
            segment = self._step_by_step(int(starts[odd]), odd)
            if segment == _DONE:
                return
        self.rows.take(segment, len(starts))
        self._after_last()

    def _after_last(self) -> None:
        """The last segment is regular: what follows it?"""
        last = len(self._segments.starts) - 1
        place = self._walk.after(int(self._segments.ends[last]))
        if place.state is State.MORE:
            self.rows.segments[-1] = self.rows.segments[-1][:-1]
            self.rows.count -= 1
            self._stop(Place(int(self._segments.starts[last]), State.MORE))
        elif place.state is None and self.rows.count < MOST_ROWS:
            self._step_by_step(place.offset, -1)
        else:
            self._stop(place)

    def _step_by_step(self, start: int, segment: int) -> int:
        """Read elements from ``start`` on until a segment begins; its number, or :data:`_DONE`."""
        while True:
            content = self._walk.blank(start)
            if content > start:
                if content == self._length:
                    self.blank = start
                    return self._stop(Place(content, State.READ))
                self.told.append((start, -1, blank_line()))
                start, segment = content, self._segment_at(content)
                if segment >= 0 and self._segments.regular[segment]:
                    return segment
            guess = int(self._segments.ends[segment]) if segment >= 0 else self._length
            element = self._walk.element(start, guess)
            if isinstance(element, Place):
                return self._stop(element, self.rows.count)
            place = self._walk.after(element.end)
            if place.state is State.MORE:
                return self._stop(Place(element.start, State.MORE))
            self.rows.add(element)
            if place.state is not None or self.rows.count >= MOST_ROWS:
                return self._stop(place)
            start, segment = place.offset, self._segment_at(place.offset)
            if segment >= 0:
                return segment

    def _segment_at(self, offset: int) -> int:
        """The segment that begins there, or -1."""
        starts = self._segments.starts
        at = int(np.searchsorted(starts, offset))
        return at if at < len(starts) and starts[at] == offset else -1

    def _stop(self, place: Place, row: int = -1) -> int:
        self.state, self.consumed = place.state or State.READ, place.offset
        if self.state is State.MORE and self._walk.ending is Ending.FAULT:
            self.state = State.LOST
        if place.note is not None:
            self.told.append((place.offset, row, place.note))
        return _DONE
