"""The text of a configuration as a tree of views and commands.

Three grammars: views that end at ``#`` (Huawei VRP, H3C Comware), views by indentation (Cisco IOS, Ruijie RGOS, FRR),
and sections ``!<name>`` … ``!</name>`` with views that end at ``$`` (ZTE ZXROS).

Why not an indentation parser for all: Comware, and VRP before version 8, print *global* commands with one leading
blank; only ``#`` in the first column ends a view. Dropped as a comment, it hangs ``telnet server enable`` under the
stanza before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

#: Views within views: deeper than any vendor goes; what lies deeper stays where the deepest is.
_DEEPEST = 12
_BANNER = re.compile(
    r"(?P<words>header\s+(?:legal|login|motd|shell|incoming)(?:\s+information)?|banner\s+(?:motd|login|exec|incoming))\s+"
    r"(?P<rest>\S.*)",
    re.IGNORECASE,
)
_CARET = re.compile(r"\^C|\x03")


@dataclass
class Node:
    """One line: its text with blanks folded, its number, and what stands in its view."""

    text: str
    line: int
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Tree:
    """A whole text: top commands in order, the count of effective lines, and the last of them."""

    nodes: tuple[Node, ...]
    effective: int
    last: str


def hash_tree(text: str) -> Tree:
    """The tree of a VRP or Comware export: ``#`` in column 0 ends every view, an indented one those at least as
    deep.
    """
    return _grown(_lines(text, "#"), hashes=True)


def indent_tree(text: str) -> Tree:
    """The tree of an IOS-like export: a line belongs to the last one before it that is indented less."""
    return _grown(_lines(text, "!"), hashes=False)


def section_tree(text: str) -> Tree:
    """The tree of a ZXROS export: ``$`` ends the innermost view, section marks close all."""
    lines = [
        (number, indent, "#" if re.fullmatch(r"!</?[\w-]+>", said) else said)
        for number, indent, said in _lines(text, "", keep="!<")
        if said.startswith("!<") or not said.startswith("!")
    ]
    return _grown(
        (
            (number, indent + 1 if said == "$" else indent, "#" if said == "$" else said)
            for number, indent, said in lines
        ),
        hashes=True,
    )


def _grown(lines: Iterable[tuple[int, int, str]], *, hashes: bool) -> Tree:
    top: list[Node] = []
    stack: list[tuple[int, Node]] = []
    effective, last = 0, ""
    for number, indent, said in lines:
        if hashes and said == "#":
            stack = [held for held in stack if held[0] < indent]
            continue
        while stack and stack[-1][0] >= indent:
            stack.pop()
        node = Node(said, number)
        (stack[-1][1].children if stack else top).append(node)
        if len(stack) < _DEEPEST:
            stack.append((indent, node))
        effective, last = effective + 1, said
    return Tree(tuple(top), effective, last)


def _lines(text: str, comment: str, keep: str = "") -> Iterator[tuple[int, int, str]]:
    """Number, indent and folded text of each line that says something; banners are one line, without their text."""
    waiting = ""
    for number, raw in enumerate(text.splitlines(), 1):
        if waiting:
            waiting = "" if waiting in raw else waiting
            continue
        line = raw.rstrip().expandtabs(1)
        said = " ".join(line.split())
        if not said:
            continue
        indent = len(line) - len(line.lstrip())
        if comment == "#" and said == "#":
            yield number, indent, "#"
            continue
        if comment and said.startswith(comment) and not (keep and said.startswith(keep)):
            continue
        banner = _BANNER.match(said)
        if banner:
            waiting = _unclosed(banner["rest"])
            said = " ".join(banner["words"].split())
        yield number, indent, said


def _unclosed(rest: str) -> str:
    """The delimiter for which the following lines must be searched; empty where the banner ends on its own line."""
    caret = _CARET.match(rest)
    mark = caret.group() if caret else rest[0]
    return "" if mark in rest[len(mark) :] else mark
