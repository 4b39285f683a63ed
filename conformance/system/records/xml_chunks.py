"""Parts of an XML file that end with a record, scanned by threads a few ahead; their other records merged in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl

from conformance.judge.faults import Fault
from conformance.standard.exchange import Limits
from conformance.system.records.xml_machine import Found, Machine, Position
from conformance.system.records.xml_names import Context, Shape
from conformance.system.records.xml_scan import PAD, Scan, scan
from conformance.system.records.xml_tags import TagTable
from conformance.system.records.xml_text import XmlText, lines_in

#: Bytes in a chunk, and how many chunks are looked at at once, and ahead.
CHUNK = 2 << 20
WORKERS = 2
AHEAD = 1


@dataclass(frozen=True)
class Plan:
    """What a reading needs to know of its file. ``regular``: scan what can be scanned."""

    text: XmlText
    shape: Shape
    limits: Limits
    file: str
    regular: bool = True

    def machine(self, at: Position, context: Context | None = None, *, pause: bool = False) -> Machine:
        """A machine that reads on from there."""
        return Machine(self.shape, self.limits, self.file, at, context, pause=pause)


@dataclass(frozen=True)
class Chunk:
    """``length`` bytes from ``offset`` in the file, with :data:`PAD` behind them, and what they hold."""

    data: bytes
    length: int
    offset: int
    held: Scan


def chunks(plan: Plan, table: TagTable, offset: int) -> Iterator[Chunk]:
    """Chunks one behind the other; they end before bytes in which no record ends."""
    waiting: deque[tuple[bytes, int, int, Future[Scan]]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for data, length, at in _cut(plan, table.close, offset):
                task = pool.submit(scan, data, length, table, plan.shape.fields, plan.limits)
                waiting.append((data, length, at, task))
                if len(waiting) >= WORKERS + AHEAD:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _next(waiting: deque[tuple[bytes, int, int, Future[Scan]]]) -> Chunk:
    data, length, offset, task = waiting.popleft()
    return Chunk(data, length, offset, task.result())


def _cut(plan: Plan, close: bytes, offset: int) -> Iterator[tuple[bytes, int, int]]:
    size = CHUNK
    while True:
        data = plan.text.read(offset, size)
        length = data.rfind(close) + len(close)
        if length >= len(close):
            yield data[:length] + PAD, length, offset
            offset, size = offset + length, CHUNK
        elif len(data) < size or size > CHUNK + 2 * plan.limits.record_bytes:
            return
        else:
            size *= 2


def values_of(found: Iterable[Found], columns: Iterable[str]) -> pl.DataFrame:
    """Records as columns; at least one."""
    values = zip(*(one.values for one in found), strict=True)
    return pl.DataFrame([pl.Series(name, texts, pl.String) for name, texts in zip(columns, values, strict=True)])


@dataclass
class Merged:
    """A chunk's records, up to ``end`` in the file: before the chunk's own end where it could not be cut so."""

    frame: pl.DataFrame
    end: Position
    faults: list[Fault]


def merged(plan: Plan, context: Context, chunk: Chunk, close: bytes, at: Position) -> Merged:
    """The canonical records of a chunk that begins at ``at``, and among them the others, read one by one.

    It ends before the first record that is broken, or that does not end where it seemed to.
    """
    held, frame = chunk.held, pl.DataFrame(list(chunk.held.values))
    whole = Position(at.offset + held.length, at.line + held.lines, at.row + len(held.parts))
    if not len(held.others):
        return Merged(frame, whole, [])
    others = _Others(plan.machine(at, context), chunk, len(close))
    end = others.read(at) or whole
    number = end.row - at.row
    frame = frame.head(number)
    if others.found:
        order = np.arange(number, dtype=np.uint32)
        order[[one.row - at.row - 1 for one in others.found]] = np.arange(number, number + len(others.found))
        frame = pl.concat([frame, values_of(others.found, plan.shape.fields)], rechunk=True)[order]
    return Merged(frame, end, others.faults)


class _Others:
    """The records of a chunk that are not canonical, and their faults."""

    def __init__(self, machine: Machine, chunk: Chunk, closing: int) -> None:
        self._machine, self._chunk, self._closing = machine, chunk, closing
        self.found: list[Found] = []
        self.faults: list[Fault] = []

    def read(self, at: Position) -> Position | None:
        """Read them; where one cannot be read by itself, its position."""
        machine, data, held = self._machine, self._chunk.data, self._chunk.held
        offset, line = 0, at.line
        for number in held.others.tolist():
            begin, end = int(held.parts[number]), int(held.ends[number])
            line, offset = line + lines_in(data[offset:begin]), begin
            start = Position(at.offset + begin, line, at.row + number)
            machine.move(start)
            machine.feed(data[begin:end])
            ends = [one.end for one in machine.found]
            if machine.stopped or not machine.between or ends != [at.offset + end - self._closing]:
                return start
            self.found += machine.found
            self.faults += machine.faults
            machine.found.clear()
            machine.faults.clear()
        return None
