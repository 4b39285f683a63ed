"""How records follow one another: as elements of an array, or a line each."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Any

from conformance.messages import message
from conformance.standard.exchange import Limits
from conformance.system.records.json_exact import STRUCTURE, WELL_FORMED, BrokenError, ExactDecoder, Note
from conformance.system.records.json_gaps import Grammar, grammar


class State(Enum):
    """How a piece ended: read; the array ended; more text is needed; what comes is no JSON; is no text."""

    READ, CLOSED, MORE, BROKEN, LOST = range(5)


class Ending(Enum):
    """What comes after a piece: more text, the end of the file, bytes that are no text."""

    MORE, FILE, FAULT = range(3)


@dataclass(frozen=True)
class Element:
    """A value that was decoded: where it stands, and what stands there (``value`` of a ``broken`` one is None)."""

    start: int
    end: int
    value: Any
    notes: tuple[Note, ...]
    broken: bool = False


@dataclass(frozen=True)
class Place:
    """What follows an element: another one at ``offset``, unless ``state`` says that none does."""

    offset: int
    state: State | None = None
    note: Note | None = None


class Framing(ABC):
    """What the pieces of one format look like."""

    grammar: Grammar

    @abstractmethod
    def cut(self, window: bytes) -> int:
        """Where a window may be cut so that the rest seems to begin with a record; 0 where nowhere."""

    @abstractmethod
    def walk(self, piece: bytes, ending: Ending) -> Walk:
        """A walk over the elements of a piece, one at a time."""


class Walk(ABC):
    """Exact reading of one piece, forwards only."""

    def __init__(self, piece: bytes, ending: Ending, limits: Limits, outside: int) -> None:
        self.piece, self.ending, self.limits = piece, ending, limits
        self._decoder = ExactDecoder(limits, outside)

    @abstractmethod
    def element(self, start: int, guess: int) -> Element | Place:
        """The element that begins at ``start`` and perhaps ends at ``guess``, or why there is none."""

    @abstractmethod
    def after(self, end: int) -> Place:
        """What follows an element that ends at ``end``."""

    def blank(self, start: int) -> int:
        """Where white space ends that is a fault by itself (blank lines); ``start`` where there is none."""
        return start

    def _unfinished(self, start: int, note: Note) -> Place:
        """An element that the piece does not hold whole."""
        if self.ending is Ending.FILE:
            return Place(start, State.BROKEN, note)
        if len(self.piece) - start > self.limits.record_bytes:
            return Place(start, State.BROKEN, _too_long(self.limits))
        return Place(start, State.MORE if self.ending is Ending.MORE else State.LOST)


def _too_long(limits: Limits) -> Note:
    return Note(WELL_FORMED, message("records.json.record-bytes", limit=limits.record_bytes))


_CUT_OFF = Note(WELL_FORMED, message("records.json.cut-off"))
_SYNTAX = Note(WELL_FORMED, message("records.json.syntax"))


class ArrayFraming(Framing):
    """Elements of an array: a piece begins with an element and ends behind a comma, or holds the array's end."""

    grammar = grammar(rb"[ \t\r\n]*", rb"[ \t\r\n]*,[ \t\r\n]*", rb"")
    _BETWEEN = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")
    #: How many closing braces are looked at, from the end of a window.
    _TRIES = 2000

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def cut(self, window: bytes) -> int:
        at = len(window)
        for _ in range(self._TRIES):
            at = window.rfind(b"}", 0, at)
            if at < 0:
                break
            if match := self._BETWEEN.match(window, at):
                return match.end()
        return 0

    def walk(self, piece: bytes, ending: Ending) -> Walk:
        return _ArrayWalk(piece, ending, self._limits, 2)


class _ArrayWalk(Walk):
    _SPACE = re.compile(rb"[ \t\r\n]+")
    _NEXT = re.compile(rb"[ \t\r\n]*(?:(,)[ \t\r\n]*|(\])|\Z)")

    def __init__(self, piece: bytes, ending: Ending, limits: Limits, outside: int) -> None:
        super().__init__(piece, ending, limits, outside)
        self._text = ""
        self._byte = self._character = -1

    def element(self, start: int, guess: int) -> Element | Place:
        if space := self._SPACE.match(self.piece, start):
            start = space.end()
        if guess < len(self.piece):
            text = self.piece[start:guess].decode("utf-8")
            try:
                value, end, notes = self._decoder.decode(text, 0)
            except BrokenError:
                pass  # it may end later
            else:
                if end == len(text):
                    return self._within_limits(Element(start, guess, value, notes))
        return self._from_text(start)

    def _from_text(self, start: int) -> Element | Place:
        """Decode from the rest of the piece, which is made text only once while one element follows the other."""
        if not 0 <= self._byte <= start:
            self._text, self._character = self.piece[start:].decode("utf-8"), 0
        else:
            self._character += len(self.piece[self._byte : start].decode("utf-8"))
        self._byte = start
        if self._character >= len(self._text):
            return self._unfinished(start, _CUT_OFF)
        try:
            value, end, notes = self._decoder.decode(self._text, self._character)
        except BrokenError as error:
            if not error.ran_out:
                return Place(start, State.BROKEN, error.note)
            return self._unfinished(start, _CUT_OFF)
        length = len(self._text[self._character : end].encode("utf-8"))
        self._byte, self._character = start + length, end
        return self._within_limits(Element(start, start + length, value, notes))

    def _within_limits(self, element: Element) -> Element | Place:
        if element.end - element.start > self.limits.record_bytes:
            return Place(element.start, State.BROKEN, _too_long(self.limits))
        if element.end == len(self.piece) and self.ending is Ending.MORE:
            return Place(element.start, State.MORE)  # a number may go on, and what follows is not to be seen
        return element

    def after(self, end: int) -> Place:
        match = self._NEXT.match(self.piece, end)
        if match is None:
            return Place(end, State.BROKEN, _SYNTAX)
        if match[2]:
            return Place(match.start(2), State.CLOSED)
        if match.end() < len(self.piece):
            return Place(match.end())
        if match[1] and self.ending is Ending.MORE:
            return Place(match.end(), State.READ)
        return self._unfinished(end, _CUT_OFF)


class LineFraming(Framing):
    """A line each: a piece is whole lines, but for the last one of a file."""

    grammar = grammar(rb"[ \t\r]*", rb"[ \t\r]*\n", rb"(?=[ \t\r]*(?:\n|\Z))")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def cut(self, window: bytes) -> int:
        return window.rfind(b"\n") + 1

    def walk(self, piece: bytes, ending: Ending) -> Walk:
        return _LineWalk(piece, ending, self._limits, 0)


class _LineWalk(Walk):
    _LINE_END = re.compile(rb"[ \t\r]*(?:\n|\Z)")
    _BLANK = re.compile(rb"(?:[ \t\r]*\n)+(?:[ \t\r]*\Z)?|[ \t\r]+\Z")

    def element(self, start: int, guess: int) -> Element | Place:  # noqa: ARG002 - a line ends where it ends
        line_end = self.piece.find(b"\n", start)
        if line_end < 0:
            line_end = len(self.piece)
            if self.ending is not Ending.FILE:
                return self._unfinished(start, _CUT_OFF)
        if line_end - start > self.limits.record_bytes:
            return Place(start, State.BROKEN, _too_long(self.limits))
        line = self.piece[start:line_end].strip(b" \t\r")
        text = line.decode("utf-8")
        begin = self.piece.find(line, start)
        line_end = begin + len(line)
        try:
            value, end, notes = self._decoder.decode(text, 0)
        except BrokenError as error:
            return Element(begin, line_end, None, (error.note,), broken=True)
        if end < len(text):
            return Element(begin, line_end, None, (_SYNTAX,), broken=True)
        return Element(begin, line_end, value, notes)

    def blank(self, start: int) -> int:
        match = self._BLANK.match(self.piece, start)
        if match is None or (self.ending is Ending.MORE and b"\n" not in match[0]):
            return start
        return match.end()

    def after(self, end: int) -> Place:
        match = self._LINE_END.match(self.piece, end)
        offset = match.end() if match else end
        if offset < len(self.piece):
            return Place(offset)
        ended = self.ending is Ending.FILE or offset == 0 or self.piece.endswith(b"\n")
        return Place(offset, State.READ if ended else State.MORE)


def blank_line() -> Note:
    """The fault of lines without a record between those with one."""
    return Note(STRUCTURE, message("records.json.blank-line"))
