"""YAML with places: plain values, and the line and column of each; nothing of YAML that a declaration does not need.

Read from nodes (``yaml.compose``), never constructed into objects. Plain scalars follow the YAML 1.2 core schema:
``NO`` and ``0123`` are texts, for column names and codes look like that. Depth is measured on the event stream
first, because composing recurses in C.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from conformance.system.problem import ConfigurationError, Place, Problem, failure, problem

Path = tuple[str | int, ...]

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
MAX_ALIASES = 200
MAX_NODES = 50_000

_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_MAX_INTEGER_DIGITS = 18


@dataclass
class Document:
    """A YAML document as plain values; ``marks`` gives line and column of each path (of its key, where it has one)."""

    value: Any = None
    marks: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """The place of a path, or of the nearest part of the document that holds it."""
        return place_of(self.marks, path)


def place_of(marks: Mapping[Path, tuple[int, int]], path: Path) -> Place:
    """The place that ``marks`` gives for a path, or for the nearest that holds it."""
    for end in range(len(path), -1, -1):
        if path[:end] in marks:
            line, column = marks[path[:end]]
            return Place(line, column, dotted(path))
    return Place(1, 1, dotted(path))


def dotted(path: Path) -> str:
    """A path as messages show it: ``targets.population.person.columns.XM``; list items as ``[0]``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read_document(content: bytes) -> Document:
    """The document in ``content``; raises :class:`ConfigurationError` where it is no YAML within the limits.

    Duplicate keys, foreign tags and the like are collected in ``problems``.
    """
    start = Place(1, 1, "")
    if len(content) > MAX_BYTES:
        raise failure(start, "declaration.too-large", found=len(content), limit=MAX_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise failure(Place(line, 1, ""), "declaration.encoding") from None
    try:
        _measure(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1, "") if mark else start
        raise failure(place, "declaration.syntax", why=error.problem or "") from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        raise failure(Place(text.count("\n", 0, position) + 1, 1, ""), "declaration.character") from None
    if node is None:
        raise failure(start, "declaration.empty")
    document = Document()
    document.value = _Reader(document).value(node, ())
    return document


def _measure(text: str) -> None:
    """Raise where the document is deeper, or repeats itself more often, than any declaration needs to."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > MAX_DEPTH or aliases > MAX_ALIASES:
            mark = event.start_mark
            place = Place(mark.line + 1, mark.column + 1, "") if mark else Place(1, 1, "")
            raise failure(place, "declaration.too-deep", depth=MAX_DEPTH, aliases=MAX_ALIASES)


class _Reader:
    """Turns nodes into plain values, and notes where each stands."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.nodes = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.nodes += 1
        self.document.marks.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if self.nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise ConfigurationError(
                (problem(self.document.place(path), "declaration.too-deep", depth=MAX_DEPTH, aliases=MAX_ALIASES),)
            )
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            self.complain(path, "declaration.tag", tag=node.tag)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has three kinds of nodes
        return self.mapping(node, path)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.document.problems.append(
                    problem(Place(*mark, dotted(path)), "declaration.key", found=key_node.tag.removeprefix(_TAG))
                )
                continue
            key = key_node.value
            if key in result:
                first = self.document.marks[(*path, key)][0]
                place = Place(*mark, dotted((*path, key)))
                self.document.problems.append(problem(place, "declaration.duplicate-key", key=key, first=first))
                continue
            self.document.marks[(*path, key)] = mark
            result[key] = self.value(value_node, (*path, key))
        return result

    def scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        text: str = node.value
        if node.tag not in _SCALAR_TAGS:
            self.complain(path, "declaration.tag", tag=node.tag)
            return text
        if node.style or node.tag == f"{_TAG}str":
            return text
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if _INTEGER.fullmatch(text) and len(text) <= _MAX_INTEGER_DIGITS:
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def complain(self, path: Path, id_: str, **params: str | int) -> None:
        self.document.problems.append(problem(self.document.place(path), id_, **params))
