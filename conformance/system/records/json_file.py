"""A JSON document with a header and an array of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.messages import message
from conformance.standard.exchange import ExchangeRules
from conformance.system.problem import shown
from conformance.system.records.json_exact import BrokenError, Members, Note, kind_of, text_of
from conformance.system.records.json_framing import ArrayFraming, Framing, State
from conformance.system.records.json_reading import Place, Reading, Step
from conformance.system.records.json_records import ENCODING, STRUCTURE, WELL_FORMED, Findings, JsonRecords
from conformance.system.records.json_text import Utf8Stream
from conformance.system.records.json_window import EndOfTextError, Window


class JsonFile(JsonRecords):
    """``{"header": {...}, "body": [...]}``, in either order. What is no JSON ends the reading."""

    def _framed(self) -> Framing:
        self.body_path = f"$.{self.rules.xml.body}"
        return ArrayFraming(self.rules.limits)

    def _steps(self, place: Place, findings: Findings) -> Iterator[Step]:
        about = _About(self._stream, self.rules, self.claim.name, self._reading)
        document = _Document(about, place, findings)
        self.header = self.records = None
        yield from document.steps()
        self.header, self.records = document.header, document.records


@dataclass(frozen=True)
class _About:
    """What a document is read from and by: ``reading`` reads its records from a place on."""

    stream: Utf8Stream
    rules: ExchangeRules
    file: str
    reading: Callable[[Place], Reading]


class _Document:
    """One reading of a document; ``header`` and ``records`` are None until they were read, and where they are not good
    to be judged.
    """

    def __init__(self, about: _About, place: Place, findings: Findings) -> None:
        self._about, self._stream, self._findings = about, about.stream, findings
        self._window = Window(about.stream, place, about.rules.limits)
        self._rows = 0
        rules = about.rules
        self._header, self._body = rules.xml.header, rules.xml.body
        self._kinds = {"packageId": "text", "dataset": "text", "edition": "text", rules.xml.records: "number"}
        self.header: dict[str, str] | None = None
        self.records: int | None = None

    def steps(self) -> Iterator[Step]:
        """Everything in order, as far as it is text and JSON; then what was judged is said."""
        found = self._window.peek()
        if found and found in _OTHER_VALUES:
            self._tell([Note(STRUCTURE, message("records.json.top"))], "$")
            return
        judged = {WELL_FORMED: 1}
        try:
            seen: list[str] = []
            yield from self._members(seen)
            self._missing(seen, (self._header, self._body), "$")
            judged[STRUCTURE] = self._rows + 1
            self.records = self._rows if self._body in seen else None
        except BrokenError as error:
            self._tell([error.note], "$")
        except _BrokenInRecordsError:
            pass  # told with the record
        except EndOfTextError:
            if self._stream.fault is None:
                self._tell([Note(WELL_FORMED, message("records.json.cut-off"))], "$")
            else:
                self._tell([Note(ENCODING, self._stream.fault.message)], "")
                judged = {}
        self._findings.checked.update(judged)

    def _members(self, seen: list[str]) -> Iterator[Step]:
        self._window.take("{")
        more = self._window.peek() != "}"
        while more:
            name = self._name(seen)
            if name == self._body and self._window.peek() == "[":
                yield from self._records()
            else:
                self._part(name)
            more = self._window.peek() != "}"
            if more:
                self._window.take(",")
        self._window.take("}")
        if self._window.peek():
            raise BrokenError(Note(WELL_FORMED, message("records.json.after")))
        if self._stream.fault is not None:
            raise EndOfTextError

    def _name(self, seen: list[str]) -> str:
        """The name of the next member, with its colon."""
        if self._window.peek() not in ("", '"'):
            raise BrokenError(Note(WELL_FORMED, message("records.json.syntax")))
        value, notes = self._window.value()
        self._tell(notes, "$")
        name = str(value)
        if name in seen:
            raise BrokenError(Note(WELL_FORMED, message("records.json.twice", name=shown(name))))
        self._window.take(":")
        seen.append(name)
        return name

    def _records(self) -> Iterator[Step]:
        self._window.take("[")
        if self._window.peek() != "]":
            reading = self._about.reading(self._window.place)
            yield from reading.steps()
            self._rows = reading.place.row
            if reading.state is State.BROKEN:
                raise _BrokenInRecordsError
            if reading.state is State.LOST:
                raise EndOfTextError
            self._window = Window(self._stream, reading.place, self._about.rules.limits)
        self._window.take("]")

    def _part(self, name: str) -> None:
        """A member beside the records: the header, or one that should not be."""
        line = self._window.place.line
        value, notes = self._window.value()
        path = f"$.{name}" if name in (self._header, self._body) else "$"
        self._tell(notes, path, line)
        if name == self._header:
            self._read_header(value, path, line)
        elif name == self._body:
            self._tell([Note(STRUCTURE, message("records.json.no-array", name=name))], path, line)
        else:
            self._tell([Note(STRUCTURE, message("records.json.unknown", name=shown(name)))], path, line)

    def _read_header(self, value: Any, path: str, line: int) -> None:
        if not isinstance(value, Members):
            self._tell([Note(STRUCTURE, message("records.json.no-header-object", name=self._header))], path, line)
            return
        self.header = {}
        for name, member in value:
            if name not in self._kinds:
                self._tell([Note(STRUCTURE, message("records.json.unknown", name=shown(name)))], path, line)
                continue
            wanted, text = self._kinds[name], text_of(member)
            if wanted == "text" and kind_of(member) != "text":
                self._tell([Note(STRUCTURE, message("records.json.header-text", name=name))], f"{path}.{name}", line)
            elif wanted == "number" and not (kind_of(member) == "number" and (text or "").isdigit()):
                self._tell([Note(STRUCTURE, message("records.json.header-number", name=name))], f"{path}.{name}", line)
            if text is not None:
                self.header[name] = text
        self._missing([name for name, _ in value], self._kinds, path, line)

    def _missing(self, found: list[str], wanted: Iterable[str], path: str, line: int = 0) -> None:
        for name in wanted:
            if name not in found:
                self._tell([Note(STRUCTURE, message("records.json.missing", name=name))], path, line)

    def _tell(self, notes: Iterable[Note], path: str, line: int = 0) -> None:
        for note in notes:
            where = Location(self._about.file, line or self._window.place.line, path)
            self._findings.add(Fault(note.rule, where, note.message))


#: What values begin with that are no objects.
_OTHER_VALUES = '["-0123456789tfn'


class _BrokenInRecordsError(Exception):
    """A record is no JSON, and has told so."""
