"""One reading of an XML file from its beginning to its end: frames of records, faults, and where to find records again.

The head is read by the machine up to the body. From there the file is cut into chunks that end with a record; threads
scan them, a few ahead, and the machine reads what is not canonical in them. Where cutting by ``</record>`` does not cut
records (one stands in a comment, or inside another record), and behind the last one, the machine reads on alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.messages import message
from conformance.system.problem import shown
from conformance.system.records.xml_chunks import Plan, chunks, merged, values_of
from conformance.system.records.xml_machine import FEED, Machine, Position
from conformance.system.records.xml_names import Context
from conformance.system.records.xml_scan import Scan
from conformance.system.records.xml_tags import TagTable, tag_table
from conformance.system.records.xml_text import XmlText, flaw, lines_in, whole_characters
from conformance.system.source import ROW

#: Records in a frame that the machine fills.
ROWS = 8192
#: The depth of a field; where less is allowed, nothing is canonical.
_DEPTH = 4
#: A start or end tag, whatever stands in it.
TAG = re.compile(rb"<[^<>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^<>\"']*)*>")
_ENCODING = {
    "bytes": "records.xml.encoding.bytes",
    "nul": "records.xml.encoding.nul",
    "bom": "records.xml.encoding.bom",
}


#: Where records begin and end in their part of the file; for how many records of a file this is kept.
Spots = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]
SPOTS = 2_000_000


@dataclass(frozen=True)
class Mark:
    """Where the records behind ``at.row`` stand: ``length`` bytes from there.

    ``table`` is None where the machine read them; then the end tag of the last is not counted. ``spots``: where each
    record begins and ends behind ``at``, as far as they are kept (eight bytes a record).
    """

    at: Position
    length: int
    context: Context
    table: TagTable | None = None
    spots: Spots | None = None


@dataclass(frozen=True)
class Block:
    """Bytes that are text; ``last``: none follow, for the file ends there or ``fault`` does."""

    data: bytes
    last: bool
    fault: str = ""


def block_at(text: XmlText, offset: int) -> Block:
    """The text from there, whole characters and up to what is no text."""
    data = text.read(offset, FEED)
    last = len(data) < FEED
    if not last:
        data = whole_characters(data)
    found = flaw(data)
    if found is not None:
        return Block(data[: found[0]], True, found[1])
    if last and text.broken is not None:
        return Block(data, True, "bytes")
    return Block(data, last)


@dataclass
class Reading:
    """A reading: what it has found so far. ``ended``: the file is well formed to its end."""

    plan: Plan
    row: int = 0
    header: dict[str, str] | None = None
    faults: list[Fault] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    ended: bool = False

    def frames(self) -> Iterator[pl.DataFrame]:
        """All records in order; ``faults`` grow before the frame that they are found in."""
        start = Position(self.plan.text.start, 1)
        if not self.plan.regular:
            yield from self._by_machine(self.plan.machine(start), start)
            return
        head = self.plan.machine(start, pause=True)
        for _ in self._by_machine(head, start):
            pass
        if head.body is None or head.context is None:
            return
        tag = TAG.match(self.plan.text.read(head.body.offset, 2 * self.plan.limits.record_bytes))
        if tag is None or tag[0].endswith(b"/>"):
            self.faults, self.header = [], None
            yield from self._by_machine(self.plan.machine(start), start)
            return
        yield from self._body(head.context, Position(head.body.offset + tag.end(), head.body.line + lines_in(tag[0])))

    def _body(self, context: Context, at: Position) -> Iterator[pl.DataFrame]:
        """The records, and what follows them."""
        shape, limits = self.plan.shape, self.plan.limits
        longest = len(context.prefix) + max(map(len, (shape.record, *shape.fields)))
        if limits.depth >= _DEPTH and limits.name_characters >= longest:
            table = tag_table(context.prefix, shape.record, shape.fields)
            for chunk in chunks(self.plan, table, at.offset):
                result = merged(self.plan, context, chunk, table.close, at)
                self.faults += result.faults
                if result.frame.height:
                    spots = self._spots(chunk.held)
                    self.marks.append(Mark(at, result.end.offset - at.offset, context, table, spots))
                yield from self._numbered(result.frame)
                at = result.end
                if at.offset < chunk.offset + chunk.length:
                    break
        yield from self._by_machine(self.plan.machine(at, context), at)

    def _spots(self, held: Scan) -> Spots | None:
        """The places of canonical records, unless too many are kept: those can be scanned for again."""
        if len(held.others) or self.row + len(held.starts) > SPOTS:
            return None
        return held.starts.astype(np.int32), held.ends.astype(np.int32)

    def _numbered(self, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        if frame.height:
            numbers = pl.Series(ROW, np.arange(self.row + 1, self.row + frame.height + 1, dtype=np.uint32))
            self.row += frame.height
            yield pl.DataFrame([numbers, *frame.get_columns()])

    def _by_machine(self, machine: Machine, at: Position) -> Iterator[pl.DataFrame]:
        """Feed a machine from there until the file ends, or it stops."""
        last, offset = False, at.offset
        while not (last or machine.stopped):
            block = block_at(self.plan.text, offset)
            machine.feed(block.data)
            offset, last = offset + len(block.data), block.last
            if block.fault and not machine.stopped:
                line = at.line + lines_between(self.plan.text, at.offset, offset)
                reason = message(_ENCODING[block.fault], encoding=shown(self.plan.shape.encoding))
                machine.break_off(Fault("encoding", Location(self.plan.file, line), reason))
            elif last:
                machine.close()
            self.faults += machine.faults
            machine.faults.clear()
            self.header = machine.header or self.header
            if len(machine.found) >= ROWS or last or machine.stopped:
                yield from self._found(machine)
        self.ended = not machine.stopped

    def _found(self, machine: Machine) -> Iterator[pl.DataFrame]:
        found, machine.found = machine.found, []
        if found and machine.context:
            at = Position(found[0].offset, found[0].line, found[0].row - 1)
            self.marks.append(Mark(at, found[-1].end - at.offset, machine.context))
            yield from self._numbered(values_of(found, self.plan.shape.fields))


def lines_between(text: XmlText, start: int, end: int) -> int:
    """How many lines end between two places."""
    lines, before = 0, b""
    while start < end:
        data = text.read(start, min(FEED, end - start))
        lines += lines_in(data) - (before == b"\r" and data.startswith(b"\n"))
        start, before = start + len(data), data[-1:]
    return lines
