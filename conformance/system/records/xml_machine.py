"""Reads any XML of records, one tag at a time: the values of each record, and every fault by name and place.

It is the measure of :mod:`conformance.system.records.xml_scan`, which is faster and knows fewer kinds of text. It may
be started in the middle, where a body's records begin or one has just ended, and says where everything stands.
Reading ends at a document type, so that nothing is ever expanded or fetched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.parsers import expat

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.exchange import Limits
from conformance.system.problem import shown
from conformance.system.records.xml_malformed import reason_of
from conformance.system.records.xml_names import SEPARATOR, Context, Name, Shape, name_of, path_of
from conformance.system.records.xml_structure import RECORD_PART, At, structure_of
from conformance.system.records.xml_text import lines_in

#: Bytes that are fed at once, at most.
FEED = 1 << 18
_VERSION = re.compile(r"1\.[0-9]+")
_DOCTYPE = "<!DOCTYPE"
#: How many bytes before an error are looked at.
_NEAR = 16
#: What holds whole parts of a file: a fault in one of these parts is told when the part has ended.
_AROUND = (At.OUTSIDE, At.ROOT, At.BODY)


@dataclass(frozen=True)
class Found:
    """A record: where its start tag begins, in which line; where its end tag begins (or an empty one ends); values."""

    row: int
    offset: int
    line: int
    end: int
    values: list[str | None]


@dataclass(frozen=True)
class Position:
    """A place in a file: the bytes before it, its line, the records before it."""

    offset: int
    line: int
    row: int = 0


class _Stop(Exception):  # noqa: N818 - no error, but the end
    """Nothing is read from here on."""


class Machine:
    """A parser of one file that is fed from a position on; inside ``context``, if given.

    ``found`` and ``faults`` grow until somebody clears them. ``stopped``: it broke off, and the fault is told. Where
    ``pause``, it breaks off at the body's start tag, which is at ``body``.
    """

    def __init__(
        self,
        shape: Shape,
        limits: Limits,
        file: str,
        at: Position,
        context: Context | None = None,
        *,
        pause: bool = False,
    ) -> None:
        self.shape, self.limits, self.file, self.context = shape, limits, file, context
        self.found: list[Found] = []
        self.faults: list[Fault] = []
        #: Faults of what is open: they are told when it has ended, for if it never does they may be its echoes.
        self._held: list[Fault] = []
        self.stopped = False
        self.body: Position | None = None
        self._pause = pause
        self._structure = structure_of(shape, self._tell_here, at.row, context)
        self._names: dict[str, Name] = {}
        self._bindings: dict[str | None, str | None] = {}
        self._root: tuple[str, dict[str | None, str | None]] | None = None
        self._begun = (0, 0)
        self._recent = b""
        self._parser = expat.ParserCreate("utf-8", SEPARATOR)
        self._fed = self._opened = self._open()
        self.move(at)

    def _open(self) -> int:
        """Ready the parser; how many bytes it was fed to stand in the context."""
        parser = self._parser
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        if hasattr(parser, "SetReparseDeferralEnabled"):
            parser.SetReparseDeferralEnabled(False)
        opening = b""
        if self.context is None:
            parser.XmlDeclHandler = self._declaration
            parser.DefaultHandler = self._before_root
        else:
            opening = self.context.opening
            parser.Parse(opening, False)
        parser.StartNamespaceDeclHandler = self._bind
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._markup
        parser.ProcessingInstructionHandler = self._instruction
        return len(opening)

    def move(self, at: Position) -> None:
        """Say that what is fed next stands there; a record that was fed has just ended."""
        self._structure.row = at.row
        self._shift = at.offset - self._fed
        #: Where the parser is when the head, or the record that is open, is too long.
        self._bound = self.limits.record_bytes - self._shift
        self._line_shift = at.line - self._line_fed()

    def _line_fed(self) -> int:
        """The parser's number of the line in which the next byte stands."""
        if self._fed == self._opened:
            return 1
        # The last event is the end tag of a record, which may itself hold line feeds; what was fed ends with it.
        tag = (
            self._recent[self._parser.CurrentByteIndex - self._fed :]
            if self._parser.CurrentByteIndex < self._fed
            else b""
        )
        return self._parser.CurrentLineNumber + lines_in(tag)

    @property
    def between(self) -> bool:
        """Whether no record is open, nor anything else in the body."""
        return self._structure.elements[-1].at is At.BODY

    @property
    def header(self) -> dict[str, str] | None:
        """What the header says, once it ended."""
        return self._structure.header

    def break_off(self, fault: Fault) -> None:
        """What follows cannot be read, for this reason."""
        self.faults.append(fault)
        self.stopped = True

    def feed(self, data: bytes) -> None:
        """Read on; raises for nothing that stands there."""
        for start in range(0, len(data), FEED):
            if not self.stopped:
                self._parse(data[start : start + FEED], final=False)

    def close(self) -> None:
        """The file ends here."""
        if not self.stopped:
            self._parse(b"", final=True)

    def _parse(self, data: bytes, *, final: bool) -> None:
        self._recent = self._recent[-_NEAR:] + data
        self._fed += len(data)
        try:
            self._parser.Parse(data, final)
            self._check_progress()
        except _Stop:
            self.stopped = True
        except expat.ExpatError as error:
            self.stopped = True
            self._malformed(error)

    def _malformed(self, error: expat.ExpatError) -> None:
        at = max(self._parser.ErrorByteIndex, self._opened)
        try:
            self._check_sizes(at)
        except _Stop:
            return
        near = at - self._fed + len(self._recent)
        started = len(self._structure.elements) > 1
        rule, reason = reason_of(error.code, self._recent[max(near - 2, 0) : near + 1], started=started)
        line = self._parser.ErrorLineNumber + self._line_shift
        self.faults.append(Fault(rule, Location(self.file, line, self._path), reason))

    # Sizes

    def _check_progress(self) -> None:
        """After a feed: nothing unfinished is longer than it may be."""
        at = max(self._parser.CurrentByteIndex, self._opened)
        before_root = self._root is None and self.context is None
        self._check_sizes(self._fed if before_root else at)
        if self._fed - at > self.limits.record_bytes:
            self._limit("records.xml.limit.markup", self.limits.record_bytes)

    def _check_sizes(self, at: int) -> None:
        """What stands before the records, and the record that is open, do not reach too far."""
        limit = self.limits.record_bytes
        if at <= self._bound:
            return
        if self._structure.in_record and at + self._shift - self._begun[0] > limit:
            self._limit("records.xml.limit.record", limit, self._begun[1])
        if self.context is None and at + self._shift > limit:
            self._limit("records.xml.limit.head", limit, 1)

    def _limit(self, id_: str, limit: int, line: int = 0) -> None:
        location = Location(self.file, line or self._parser.CurrentLineNumber + self._line_shift, self._path)
        self.faults.append(Fault("well-formed", location, message(id_, limit=limit)))
        raise _Stop

    @property
    def _path(self) -> str:
        """The path of what is open, no deeper than a record."""
        elements = self._structure.elements[1 : RECORD_PART + 2]
        parts = [shown(element.part) for element in elements]
        if self._structure.in_record:
            parts[RECORD_PART] += f"[{self._structure.row}]"
        return path_of(parts) if parts else ""

    # What the parser meets

    def _tell_here(self, rule: str, reason: Message, path: str, row: int) -> None:
        line = self._parser.CurrentLineNumber + self._line_shift
        held = rule == "structure"
        (self._held if held else self.faults).append(Fault(rule, Location(self.file, line, path), reason, row))

    def _release(self) -> None:
        self.faults += self._held
        self._held.clear()

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        expected = self.shape.encoding
        if encoding is not None and encoding.casefold() != expected.casefold():
            reason = message("records.xml.encoding.declared", declared=shown(encoding), encoding=shown(expected))
            self._tell_here("encoding", reason, "", 0)
        self._declared = encoding
        if not _VERSION.fullmatch(version):
            self._tell_here("well-formed", message("records.xml.malformed.declaration"), "", 0)
            raise _Stop

    _declared: str | None = None

    def _before_root(self, data: str) -> None:
        if data == _DOCTYPE:
            self._tell_here("doctype", message("records.xml.doctype"), "", 0)
            raise _Stop

    def _bind(self, prefix: str | None, uri: str | None) -> None:
        self._bindings[prefix] = uri

    def _start(self, given: str, attributes: Sequence[str]) -> None:
        name = self._names.get(given) or self._new_name(given)
        structure, at = self._structure, self._parser.CurrentByteIndex
        if at > self._bound:
            self._check_sizes(at)
        if len(structure.elements) > self.limits.depth:
            self._limit("records.xml.limit.depth", self.limits.depth)
        if attributes:
            self._check_attributes(attributes)
        if self._root is None and self.context is None:
            self._begin_root(name)
        element = structure.start(name, attributes)
        if element.at is At.RECORD:
            self._begun = (at + self._shift, self._parser.CurrentLineNumber + self._line_shift)
            self._bound = at + self.limits.record_bytes
        elif element.at is At.BODY:
            self._begin_body(name, at)
        elif self._bindings:
            self._bindings = {}

    def _new_name(self, given: str) -> Name:
        name = name_of(given)
        limit = self.limits.name_characters
        if len(name.spelled) > limit:
            self._limit("records.xml.limit.name", limit)
        if len(self._names) < limit:
            self._names[given] = name
        return name

    def _check_attributes(self, attributes: Sequence[str]) -> None:
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            if len(name_of(name).spelled) > self.limits.name_characters:
                self._limit("records.xml.limit.name", self.limits.name_characters)
            if len(value) > self.limits.value_characters:
                self._limit("records.xml.limit.value", self.limits.value_characters)

    def _begin_root(self, name: Name) -> None:
        """Nothing before the root is looked at any more; text that is not UTF-8 must say what it is."""
        self._parser.DefaultHandler = None
        if self._declared is None and self.shape.encoding.casefold() != "utf-8":
            reason = message("records.xml.encoding.undeclared", encoding=shown(self.shape.encoding))
            self._tell_here("encoding", reason, "", 0)
        self._root = (name.spelled, self._bindings)
        self._bindings = {}

    def _begin_body(self, name: Name, at: int) -> None:
        root, bindings = self._root or ("", {})
        structure = self._structure
        seen = tuple(structure.seen)
        self.context = Context(root, bindings, name.spelled, self._bindings, structure.namespace, name.namespace, seen)
        self._bindings = {}
        self.body = Position(at + self._shift, self._parser.CurrentLineNumber + self._line_shift)
        self._release()
        if self._pause:
            raise _Stop

    def _end(self, _given: str) -> None:
        at = self._parser.CurrentByteIndex
        if at > self._bound:
            self._check_sizes(at)
        element = self._structure.end()
        if element.at is At.RECORD:
            offset, line = self._begun
            structure = self._structure
            self.found.append(Found(structure.row, offset, line, at + self._shift, structure.values))
        if self._held and self._structure.elements[-1].at in _AROUND:
            self._release()

    def _text(self, data: str) -> None:
        if self._parser.CurrentByteIndex > self._bound:
            self._check_sizes(self._parser.CurrentByteIndex)
        self._structure.text(data)
        if self._structure.characters > self.limits.value_characters:
            self._limit("records.xml.limit.value", self.limits.value_characters)

    def _markup(self, data: str) -> None:
        self._check_sizes(self._parser.CurrentByteIndex)
        if len(data.encode()) > self.limits.record_bytes:
            self._limit("records.xml.limit.markup", self.limits.record_bytes)

    def _instruction(self, _target: str, data: str) -> None:
        self._markup(data)
