"""One JSON value, strictly: numbers as written, no key twice, no NaN, no lone surrogate, within limits (RFC 8259)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.messages import Message, message
from conformance.standard.exchange import Limits
from conformance.system.problem import shown

STRUCTURE, WELL_FORMED = "structure", "well-formed"


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class Constant(str):
    """``NaN``, ``Infinity`` or ``-Infinity``, which JSON does not have."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """The members of an object, in order."""


@dataclass(frozen=True)
class Note:
    """A fault inside one value: its rule, what is wrong, and the known member that it stands in (or none)."""

    rule: str
    message: Message
    member: str = ""


class BrokenError(Exception):
    """This is no JSON, or beyond a limit: nothing behind it is read. ``ran_out``: it may only be unfinished."""

    def __init__(self, note: Note, ran_out: bool = False) -> None:
        super().__init__(note.message.id)
        self.note, self.ran_out = note, ran_out


_DECODER = json.JSONDecoder(
    object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=Constant, strict=True
)
_LONE = re.compile(r"\\u[dD][89a-fA-F]")
#: How near to the end of the text an error stands that more text might mend: a number, a literal, an escape.
_NEAR = 16


@dataclass
class _Survey:
    """What a walk over a value saw."""

    depth: int = 0
    longest: int = 0
    twice: list[str] = field(default_factory=list)
    constants: int = 0
    lone: bool = False


class ExactDecoder:
    """Decodes values. ``outside``: how many objects and arrays stand around them."""

    def __init__(self, limits: Limits, outside: int) -> None:
        self._limits, self._outside = limits, outside

    def decode(self, text: str, start: int) -> tuple[Any, int, tuple[Note, ...]]:
        """The value that begins at ``start``, where it ends, its faults; raises :class:`BrokenError`."""
        try:
            value, end = _DECODER.raw_decode(text, start)
        except RecursionError:
            raise BrokenError(self._too_deep()) from None
        except json.JSONDecodeError as error:
            ran_out = error.pos >= len(text) - _NEAR or error.msg.startswith("Unterminated string")
            raise BrokenError(Note(WELL_FORMED, message("records.json.syntax")), ran_out) from None
        survey = _survey(value)
        if survey.depth + self._outside > self._limits.depth:
            raise BrokenError(self._too_deep())
        if survey.longest > self._limits.value_characters:
            limit = self._limits.value_characters
            raise BrokenError(Note(WELL_FORMED, message("records.json.value", limit=limit)))
        if _LONE.search(text, start, end):
            survey.lone = any(_is_lone(one) for one in _texts(value))
        return value, end, tuple(_soft(survey))

    def _too_deep(self) -> Note:
        return Note(WELL_FORMED, message("records.json.depth", limit=self._limits.depth))


def _soft(survey: _Survey) -> Iterable[Note]:
    """Faults that do not hide where the value ends."""
    for name in survey.twice:
        yield Note(WELL_FORMED, message("records.json.twice", name=shown(name)))
    if survey.constants:
        yield Note(WELL_FORMED, message("records.json.constant"))
    if survey.lone:
        yield Note(WELL_FORMED, message("records.json.surrogate"))


def _survey(value: Any) -> _Survey:
    found = _Survey()
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, Members):
            names = [name for name, _ in one]
            if len(set(names)) < len(names):
                found.twice += sorted(name for name in set(names) if names.count(name) > 1)
            texts = [member for _, member in one if type(member) is str or type(member) is Number]
            found.longest = max(found.longest, *map(len, names), *map(len, texts), 0)
            if len(texts) < len(one):
                waiting += [(member, depth + 1) for _, member in one]
        elif isinstance(one, list):
            waiting += [(member, depth + 1) for member in one]
        elif isinstance(one, str):
            found.longest = max(found.longest, len(one))
            found.constants += isinstance(one, Constant)
        found.depth = max(found.depth, depth + isinstance(one, list))
    return found


def _texts(value: Any) -> Iterable[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Members):
            waiting += [part for member in one for part in member]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            yield one


def _is_lone(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


_KINDS = {
    "number": "records.json.number",
    "boolean": "records.json.boolean",
    "null": "records.json.null",
    "object": "records.json.object",
    "array": "records.json.array",
}


def kind_of(value: Any) -> str:
    """What JSON calls it: ``text``, ``number``, ``boolean``, ``null``, ``object``, ``array``."""
    if value is None:
        return "null"
    if isinstance(value, Members):
        return "object"
    if isinstance(value, Number | Constant):
        return "number"
    return {bool: "boolean", str: "text"}.get(type(value), "array")


def text_of(value: Any) -> str | None:
    """What of a value can be judged: a text, or a number or boolean as it is written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str) or _is_lone(value):
        return None
    return str(value)


def record_of(value: Any, known: Collection[str]) -> tuple[Mapping[str, str | None] | None, list[Note]]:
    """The known fields of a record and its faults of structure; None where the value is no object."""
    if not isinstance(value, Members):
        return None, [Note(STRUCTURE, message("records.json.no-object"))]
    values: dict[str, str | None] = {}
    notes = []
    for name, member in value:
        if type(member) is str and name in known and member.isascii():
            values[name] = member  # what most are, and quickly said
            continue
        if name not in known:
            notes.append(Note(STRUCTURE, message("records.json.unknown", name=shown(name))))
            continue
        kind = kind_of(member)
        if kind != "text" and not isinstance(member, Constant):
            notes.append(Note(STRUCTURE, message(_KINDS[kind], name=name), name))
        values[name] = text_of(member)
    return values, notes
