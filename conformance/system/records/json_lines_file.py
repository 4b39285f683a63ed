"""JSON Lines: an object a line, and no header."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.faults import Fault
from conformance.system.records.json_exact import STRUCTURE
from conformance.system.records.json_framing import Framing, LineFraming, State, blank_line
from conformance.system.records.json_reading import Place, Step
from conformance.system.records.json_records import WELL_FORMED, Findings, JsonRecords


class JsonLinesFile(JsonRecords):
    """A file with a record a line. A line that is no JSON is one fault and no record to judge; the next ones are read.

    Blank lines at the end of the file are nothing, elsewhere a fault of structure (one for lines that follow each
    other).
    """

    body_path = "$"

    def _framed(self) -> Framing:
        return LineFraming(self.rules.limits)

    def _steps(self, place: Place, findings: Findings) -> Iterator[Step]:
        reading = self._reading(place)
        self.records = None
        broken, blank = False, 0
        for step in reading.steps():
            broken |= step.read.broken
            lead = _begins_blank(step)
            if blank and not lead and step.read.blank != 0 and step.read.consumed:
                findings.add(Fault(STRUCTURE, self._location(blank, self.body_path), blank_line().message))
                blank = 0
            if step.read.blank > 0 or (step.read.blank == 0 and not blank):
                lines = step.piece.data.count(b"\n", 0, step.read.blank)
                blank = step.place.line + lines
            yield step
        if reading.state is State.LOST:
            self._lost(findings, reading.place.line)
            return
        findings.checked[WELL_FORMED] = 1
        if reading.state is State.CLOSED:
            findings.checked[STRUCTURE] = reading.place.row
            self.records = None if broken else reading.place.row


def _begins_blank(step: Step) -> bool:
    """True where the piece begins with blank lines, which were a fault by themselves."""
    found = step.read.notes.first.get(STRUCTURE, ())
    return any(one.offset == 0 and one.row < 0 for one in found)
