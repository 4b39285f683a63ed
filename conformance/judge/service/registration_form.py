"""A registration held against the form of annex A: items missing, unknown, of another type or shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.messages import Message, message
from conformance.standard.model import Text

#: A place in a registration (``provider.code``, ``parameters[2].name``) and what is wrong there.
Misfit = tuple[str, Message]
Item = Mapping[str, Any]
#: Characters of a name that somebody else gave that a path repeats.
_SHOWN = 40
#: Text that neither begins nor ends with white space.
_NO_EDGES = r"\S(?:[\s\S]*\S)?"
_DIVISION = frozenset({"system", "levels"})


def misfits(raw: Mapping[str, Any], form: Mapping[str, Any]) -> Iterator[Misfit]:
    """Everything in a registration that is not as the form says, in the form's order; ``form`` is the pack's."""
    yield from _members(raw, form["items"], "", form)


def join(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else name


def plain(text: str) -> str:
    """What somebody else wrote, fit for a path: one line, no control characters, not long."""
    shown = "".join(character if character.isprintable() else "�" for character in text)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"


def _members(raw: Mapping[str, Any], items: list[Item], path: str, form: Mapping[str, Any]) -> Iterator[Misfit]:
    for item in items:
        value, at = raw.get(item["id"]), join(path, item["id"])
        if value is not None and value != "":
            yield from _CHECKS[item["type"]](value, item, at, form)
        elif item["occurs"] == "1":
            yield at, message("registration.missing", title=_title(item))
    for name in sorted(str(one) for one in raw.keys() - {item["id"] for item in items}):
        yield join(path, plain(name)), message("registration.unknown")


def _text(value: Any, item: Item, path: str, _: Mapping[str, Any]) -> Iterator[Misfit]:
    if not isinstance(value, str):
        yield path, message("registration.text", title=_title(item))
    elif not re.fullmatch(item.get("pattern", _NO_EDGES), value):
        yield path, message("registration.shape", title=_title(item))


def _number(value: Any, item: Item, path: str, _: Mapping[str, Any]) -> Iterator[Misfit]:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        yield path, message("registration.number", title=_title(item))


def _group(value: Any, item: Item, path: str, form: Mapping[str, Any]) -> Iterator[Misfit]:
    if isinstance(value, dict):
        yield from _members(value, item["items"], path, form)
    else:
        yield path, message("registration.group", title=_title(item))


def _fields(value: Any, item: Item, path: str, form: Mapping[str, Any]) -> Iterator[Misfit]:
    if not isinstance(value, list):
        yield path, message("registration.list", title=_title(item))
        return
    for number, one in enumerate(value):
        at = f"{path}[{number}]"
        if isinstance(one, dict):
            yield from _members(one, form["field"], at, form)
        else:
            yield at, message("registration.group", title=_title(item))


def _names(value: Any, item: Item, path: str, _: Mapping[str, Any]) -> Iterator[Misfit]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        yield path, message("registration.list", title=_title(item))


def _division(value: Any, item: Item, path: str, _: Mapping[str, Any]) -> Iterator[Misfit]:
    levels = value.get("levels", []) if isinstance(value, dict) else None
    if (
        not isinstance(levels, list)
        or not all(isinstance(one, str) for one in levels)
        or not isinstance(value.get("system"), str)
        or value.keys() - _DIVISION
    ):
        yield path, message("registration.division", title=_title(item))


_CHECKS: Mapping[str, Callable[[Any, Item, str, Mapping[str, Any]], Iterator[Misfit]]] = {
    "text": _text,
    "number": _number,
    "group": _group,
    "fields": _fields,
    "names": _names,
    "division": _division,
}


def _title(item: Item) -> Text:
    return Text(item["title"]["zh"], item["title"]["en"])
