"""The little of YAML that the office's settings need: mappings, lists and scalars, with the line of each.

No anchors, no tags, no key twice. Texts, whole numbers, ``true`` and ``false`` are the only scalars; whatever else
stands unquoted is a text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

#: Bounds: of the file, and of how deep it is nested.
LIMIT, DEPTH = 1 << 20, 16
_TAG = "tag:yaml.org,2002:"
#: The tags that plain scalars are given; a tag that somebody wrote is none of ours, whatever it is.
_PLAIN = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")}
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile("0|-?[1-9][0-9]{0,14}")

#: The line of each value (from 1) by its path.
Lines = dict[tuple[str | int, ...], int]


class PlainYamlError(ValueError):
    """A text that is not such YAML; ``id`` is that of the message that says why, ``line`` where."""

    def __init__(self, id_: str, line: int, **params: str | int) -> None:
        super().__init__(id_)
        self.id, self.line, self.params = id_, line, params


def read_plain(content: bytes) -> tuple[Any, Lines]:
    """The value of a text, and the line of each part of it; raises :class:`PlainYamlError` at the first fault."""
    if len(content) > LIMIT:
        raise PlainYamlError("settings.large", 1, limit=LIMIT)
    try:
        text = content.decode("utf-8-sig")
        depth = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent)
            depth -= isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEPTH:
                raise PlainYamlError("settings.fancy", _line(event))
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except UnicodeDecodeError as error:
        raise PlainYamlError("settings.encoding", content.count(b"\n", 0, error.start) + 1) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PlainYamlError("settings.syntax", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise PlainYamlError("settings.syntax", 1) from error
    lines: Lines = {}
    return (None if node is None else _value(node, (), lines)), lines


def _value(node: yaml.Node, path: tuple[str | int, ...], lines: Lines) -> Any:
    lines.setdefault(path, _line(node))
    if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
        return [_value(item, (*path, number), lines) for number, item in enumerate(node.value)]
    if not isinstance(node, yaml.ScalarNode) or node.tag not in _PLAIN:
        raise PlainYamlError("settings.fancy", _line(node))
    text: str = node.value
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text


def _mapping(node: yaml.MappingNode, path: tuple[str | int, ...], lines: Lines) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise PlainYamlError("settings.fancy", _line(key))
        if key.value in held:
            raise PlainYamlError("settings.key-twice", _line(key), key=key.value)
        lines[(*path, key.value)] = _line(key)
        held[key.value] = _value(value, (*path, key.value), lines)
    return held


def _line(part: Any) -> int:
    return int(part.start_mark.line) + 1 if part.start_mark else 1
