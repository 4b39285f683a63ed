"""A declaration held against its JSON Schema: every error at once, each with its place and its mend."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator

from conformance.standard.model import Text
from conformance.system.problem import Place, Problem, listed, nearest, problem, shown
from conformance.system.yaml_text import Document, Path, dotted

#: How many characters of a value that has not its shape are repeated.
SHOWN_VALUE = 60

#: JSON's words for types, as messages name them.
_TYPES = {
    "object": Text("映射", "a mapping"),
    "array": Text("列表", "a list"),
    "string": Text("文本", "text"),
    "number": Text("数字", "a number"),
    "integer": Text("整数", "a number"),
    "boolean": Text("true 或 false", "true or false"),
    "null": Text("空值", "nothing"),
}

#: What a text is to be, by the key that it stands under.
_SHAPES = {
    "as_of": "day",
    "digest": "digest",
    "expires": "instant",
    "delimiter": "delimiter",
    "scope": "scope",
    "url": "https",
    "plain": "plain",
}


@cache
def declaration_schema() -> dict[str, Any]:
    """The published schema of ``system.yaml``."""
    text = resources.files("conformance.system").joinpath("declaration.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def schema_problems(
    document: Document,
    schema: Mapping[str, Any] | None = None,
    shapes: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> list[Problem]:
    """Every way in which the document departs from the schema (that of ``system.yaml`` where none is given).

    ``shapes`` gives the message for a text that has not its pattern, by the ``$anchor`` of the schema's part that asks
    for the pattern. ``limit``: no more problems than that are told.
    """
    validator = Draft202012Validator(declaration_schema() if schema is None else schema)
    errors = (
        _Error(e.validator, e.validator_value, e.instance, e.schema, tuple(e.absolute_path), tuple(e.schema_path))
        for e in validator.iter_errors(document.value)
    )
    problems = (one for error in errors for one in _problems(error, document, shapes or {}))
    return list(dict.fromkeys(islice(problems, limit)))


@dataclass(frozen=True)
class _Error:
    """What jsonschema says of one error, with the types that it does not give."""

    validator: Any
    validator_value: Any
    instance: Any
    schema: Any
    path: Path
    schema_path: tuple[str | int, ...]


def _problems(error: _Error, document: Document, shapes: Mapping[str, str]) -> Iterator[Problem]:
    path = error.path
    place = document.place(path)
    if error.validator == "required":
        yield from _missing(error, path, place)
    elif error.validator == "additionalProperties" and isinstance(error.validator_value, bool):
        yield from _unknown(error, path, document)
    elif error.validator in (None, "not", "additionalProperties"):
        yield problem(place, "declaration.not-here", key=_last(path))
    elif error.validator == "type":
        wanted = error.validator_value
        names = [wanted] if isinstance(wanted, str) else wanted
        types = [_TYPES[name] for name in names]
        expected = Text("或".join(one.zh for one in types), " or ".join(one.en for one in types))
        quotable = "string" in names and isinstance(error.instance, bool | int | float)
        id_ = "declaration.type-quote" if quotable else "declaration.type"
        text = shown(_scalar(error.instance))
        yield problem(place, id_, expected=expected, found=_type_of(error.instance), text=text)
    elif error.validator in ("enum", "const"):
        yield _enum(error, place)
    elif error.validator in ("minItems", "minProperties", "minLength"):
        yield problem(place, "declaration.nothing-in-it")
    elif error.validator == "uniqueItems":
        yield problem(place, "declaration.twice-in-list")
    elif error.validator == "anyOf":
        keys = [key for one in error.validator_value for key in one["required"]]
        yield problem(place, "declaration.missing-one-of", keys=listed(keys))
    elif error.validator in ("minimum", "maximum", "maxItems", "maxProperties"):
        yield problem(place, f"declaration.bound.{error.validator}", limit=error.validator_value)
    elif error.validator == "maxLength":
        yield problem(place, "declaration.too-long", limit=error.validator_value)
    elif (anchor := error.schema.get("$anchor")) in shapes:
        yield problem(place, shapes[anchor], found=shown(_scalar(error.instance), SHOWN_VALUE))
    else:
        yield _pattern(error, path, document)


def _missing(error: _Error, path: Path, place: Place) -> Iterator[Problem]:
    for key in error.validator_value:
        if key not in error.instance:
            where = Place(place.line, place.column, dotted((*path, key)))
            yield problem(where, "declaration.missing", key=key)


def _unknown(error: _Error, path: Path, document: Document) -> Iterator[Problem]:
    known = list(error.schema["properties"])
    for key in error.instance:
        if key not in known:
            close = listed(nearest(key, known) or known, limit=12)
            yield problem(document.place((*path, key)), "declaration.unknown-key", key=key, known=close)


def _enum(error: _Error, place: Place) -> Problem:
    values = error.validator_value if error.validator == "enum" else [error.validator_value]
    allowed = listed((str(value) if value != "" else '""' for value in values), limit=12)
    found = _scalar(error.instance) or _type_of(error.instance)
    return problem(place, "declaration.not-allowed", found=found, allowed=allowed)


def _pattern(error: _Error, path: Path, document: Document) -> Problem:
    """The text has not the shape that this place asks for: a day, a digest, an instant, a target's name."""
    if "propertyNames" in error.schema_path and _last(path) == "clients":
        return problem(document.place((*path, error.instance)), "declaration.role-name", found=error.instance)
    if "propertyNames" in error.schema_path:
        return problem(document.place((*path, error.instance)), "declaration.target-name", found=error.instance)
    named = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    id_ = f"declaration.shape.{_SHAPES.get(named, 'words')}"
    return problem(document.place(path), id_, found=_scalar(error.instance))


def _last(path: Path) -> str:
    return str(path[-1]) if path else ""


def _type_of(value: Any) -> Text:
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))
    return next((_TYPES[name] for kind, name in kinds if isinstance(value, kind)), _TYPES["null"])


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""
