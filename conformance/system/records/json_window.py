"""What stands around the records of a JSON file, read value by value through a window of bounded size."""

from __future__ import annotations

import re
from typing import Any

from conformance.messages import message
from conformance.standard.exchange import Limits
from conformance.system.records.json_exact import WELL_FORMED, BrokenError, ExactDecoder, Note
from conformance.system.records.json_reading import Place
from conformance.system.records.json_text import Utf8Stream

_NO_SPACE = re.compile(r"[^ \t\r\n]")


class EndOfTextError(Exception):
    """The text ends where more of it was needed."""


class Window:
    """The text from a place on."""

    def __init__(self, stream: Utf8Stream, place: Place, limits: Limits) -> None:
        self._limits, self._decoder = limits, ExactDecoder(limits, 1)
        self._blocks = stream.blocks(place.offset)
        self._base, self._text, self._at = place, "", 0

    @property
    def place(self) -> Place:
        """Where the window stands."""
        passed = self._text[: self._at]
        return Place(
            self._base.offset + len(passed.encode("utf-8")), self._base.line + passed.count("\n"), self._base.row
        )

    def peek(self) -> str:
        """The next character that is no white space; empty at the end of the text."""
        while True:
            if found := _NO_SPACE.search(self._text, self._at):
                self._at = found.start()
                return found[0]
            self._at = len(self._text)
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Go on behind a character that must come next."""
        found = self.peek()
        if not found:
            raise EndOfTextError
        if found != wanted:
            raise BrokenError(Note(WELL_FORMED, message("records.json.syntax")))
        self._at += 1

    def value(self) -> tuple[Any, tuple[Note, ...]]:
        """The value that comes next, and its faults."""
        if not self.peek():
            raise EndOfTextError
        while True:
            room = len(self._text) - self._at <= self._limits.record_bytes
            try:
                value, end, notes = self._decoder.decode(self._text, self._at)
            except BrokenError as error:
                if not error.ran_out:
                    raise
                if not room:
                    limit = self._limits.record_bytes
                    too_long = Note(WELL_FORMED, message("records.json.record-bytes", limit=limit))
                    raise BrokenError(too_long) from None
                if not self._more():
                    raise EndOfTextError from None
                continue
            if end == len(self._text) and room and self._more():
                continue  # a number may go on
            self._at = end
            return value, notes

    def _more(self) -> bool:
        block = next(self._blocks, b"")
        if block:
            self._base = self.place
            self._text, self._at = self._text[self._at :] + block.decode("utf-8"), 0
        return bool(block)
