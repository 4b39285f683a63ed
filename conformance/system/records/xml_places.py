"""Where records of an XML file stand, found again in the parts of the file that hold them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from conformance.system.records.xml_chunks import Plan
from conformance.system.records.xml_machine import FEED, Found, Position
from conformance.system.records.xml_reading import TAG, Mark, block_at
from conformance.system.records.xml_scan import PAD, scan
from conformance.system.records.xml_tags import TagTable
from conformance.system.records.xml_text import lines_in


@dataclass(frozen=True)
class Place:
    """A record's first byte, the byte behind it, and the line that it begins in."""

    offset: int
    end: int
    line: int


def places(plan: Plan, marks: Sequence[Mark], rows: Collection[int]) -> dict[int, Place]:
    """The places of these records, as far as the marks reach; only the parts of the file that hold them are read."""
    firsts = [mark.at.row + 1 for mark in marks]
    wanted: dict[int, list[int]] = {}
    for row in sorted(set(rows)):
        if row > 0 and (index := bisect_right(firsts, row) - 1) >= 0:
            wanted.setdefault(index, []).append(row)
    found: dict[int, Place] = {}
    for index, several in wanted.items():
        mark = marks[index]
        found.update(_scanned(plan, mark, mark.table, several) if mark.table else _parsed(plan, mark, several))
    return found


def _scanned(plan: Plan, mark: Mark, table: TagTable, rows: Sequence[int]) -> Iterator[tuple[int, Place]]:
    at = mark.at
    data = plan.text.read(at.offset, mark.length)
    if mark.spots is not None:
        yield from _known(mark, data, rows)
        return
    result = scan(data + PAD, len(data), table, (), plan.limits)
    others = set(result.others.tolist())
    line, offset = at.line, 0
    for row in rows:
        number = row - at.row - 1
        if number >= len(result.parts):
            return
        begin, end = int(result.parts[number]), int(result.ends[number])
        line, offset = line + lines_in(data[offset:begin]), begin
        if number in others:
            machine = plan.machine(Position(at.offset + begin, line, row - 1), mark.context)
            machine.feed(data[begin:end])
            place = Place(machine.found[0].offset, at.offset + end, machine.found[0].line)
        else:
            start = int(result.starts[number])
            place = Place(at.offset + start, at.offset + end, line + lines_in(data[begin:start]))
        yield row, place


def _known(mark: Mark, data: bytes, rows: Sequence[int]) -> Iterator[tuple[int, Place]]:
    """The places of records that were kept; only the lines before them are counted."""
    starts, ends = mark.spots or ((), ())
    line, offset = mark.at.line, 0
    for row in rows:
        number = row - mark.at.row - 1
        if number >= len(starts):
            return
        start = int(starts[number])
        line, offset = line + lines_in(data[offset:start]), start
        yield row, Place(mark.at.offset + start, mark.at.offset + int(ends[number]), line)


def _parsed(plan: Plan, mark: Mark, rows: Sequence[int]) -> Iterator[tuple[int, Place]]:
    wanted, last_row = set(rows), rows[-1]
    machine = plan.machine(mark.at, mark.context)
    offset, last = mark.at.offset, False
    while not last and not machine.stopped:
        block = block_at(plan.text, offset)
        machine.feed(block.data)
        offset, last = offset + len(block.data), block.last
        for one in machine.found:
            if one.row in wanted:
                yield one.row, Place(one.offset, _end(plan, one), one.line)
        last = last or any(one.row >= last_row for one in machine.found)
        machine.found.clear()


def _end(plan: Plan, found: Found) -> int:
    """Behind a record: its end tag is still to come unless it is empty."""
    ahead = plan.text.read(found.end, FEED)
    if re.match(rb"</(?:[^<>:]*:)?%s[ \t\r\n>]" % re.escape(plan.shape.record.encode()), ahead):
        tag = TAG.match(ahead)
        return found.end + (tag.end() if tag else 0)
    return found.end
