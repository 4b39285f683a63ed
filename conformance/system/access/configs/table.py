"""A vendor's commands as a table: where a command stands, how it reads, what it means for the model.

A pattern is the command with ``{name}`` for one word, ``{name...}`` for the rest of the line, ``[words]`` for what
may be left out and ``(a|b)`` for a choice. Views are patterns too, joined by `` / ``; the empty text is the top. ::

    VRP = Table()
    VRP.view("interface {interface}", "interface")

    @VRP.on("interface {interface}", "ip address {address} {mask} [sub]", "interface")
    def _address(draft: Draft, hit: Hit) -> None: ...

Every line is recognised, ignored by the table's list, or unread, with the topic of its view or of the word it begins
with: nothing is dropped silently. A handler that does not understand its own command raises
:class:`NotUnderstoodError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.judge.access.config import Coverage, Unread
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.tree import Node, Tree

#: The topic of lines that speak of nothing that any clause asks for, as far as we know: only NA-DOC-02 reads it.
OTHER = "other"
_PART = re.compile(
    r"\{(?P<name>\w+)(?P<rest>\.\.\.)?\}|(?P<open>\[)|(?P<close>\])|(?P<choice>[()|])|(?P<blank> +)|(?P<text>.)"
)

_LEFT_OUT = re.compile(r"\[(?P<word>[\w-]+)\] (?P<rest>.+)")
_CHOSEN = re.compile(r"\((?P<words>[\w.| -]+)\)(?P<rest>.*)")


class NotUnderstoodError(Exception):
    """The command is known, what stands in it is not."""


@dataclass(frozen=True)
class Hit:
    """A command that was met: the words that its pattern and its views caught (absent ones are empty), its place, its
    text, and its own children where the handler wants them.
    """

    words: Mapping[str, str]
    where: Location
    text: str
    node: Node

    def __getitem__(self, name: str) -> str:
        return self.words.get(name) or ""


Handler = Callable[[Draft, Hit], None]


@dataclass(frozen=True)
class _Command:
    pattern: re.Pattern[str]
    topic: str
    handler: Handler | None
    whole: bool = False


@dataclass
class _View:
    """A view: its pattern, topic, commands by first word, and the views inside, also by first word."""

    pattern: re.Pattern[str]
    topic: str
    commands: dict[str, list[_Command]] = field(default_factory=dict)
    views: dict[str, _View] = field(default_factory=dict)
    begun: dict[str, list[_View]] = field(default_factory=dict)


class Table:
    """The commands of one grammar. ``like``: begins as a copy of another's entries, to which its own are prior."""

    def __init__(self, *like: Table) -> None:
        self._top = _View(re.compile(""), OTHER)
        self._topics: dict[str, str] = {}
        self._like = like

    def view(self, path: str, topic: str) -> None:
        """A view whose lines are of a topic; entering it is a recognised line."""
        self._at(path).topic = topic

    def topics(self, topic: str, *beginnings: str) -> None:
        """Top commands that begin with these words are of the topic, where no pattern knows them."""
        self._topics.update(dict.fromkeys(beginnings, topic))

    def on(self, path: str, command: str, topic: str, *, whole: bool = False) -> Callable[[Handler], Handler]:
        """Enter a handler; ``whole``: it reads the command's own view (``hit.node.children``) itself."""

        def entered(handler: Handler) -> Handler:
            self._enter(path, command, topic, handler, whole)
            return handler

        return entered

    def ignore(self, path: str, *commands: str) -> None:
        """Commands that bear on no clause; with all that stands in their views."""
        for command in commands:
            self._enter(path, command, "", None, True)

    def read(self, tree: Tree, file: str, draft: Draft, *, complete: bool = True) -> None:
        """Read a tree into a draft, with its coverage and what was not understood."""
        walk = _Walk(self, file, draft)
        walk.children(tree.nodes, [view for table in self._all() for view in (table._top,)], {})
        draft.coverage.append(Coverage(file, walk.recognised, walk.ignored, walk.unread, complete))

    def _all(self) -> Iterable[Table]:
        yield self
        for table in self._like:
            yield from table._all()

    def topic_of(self, text: str) -> str:
        """The topic of a top command that no pattern knows, by the longest beginning that is listed."""
        words = text.split()
        for table in self._all():
            for count in range(min(len(words), 4), 0, -1):
                found = table._topics.get(" ".join(words[:count]))
                if found:
                    return found
        return OTHER

    def _enter(self, path: str, command: str, topic: str, handler: Handler | None, whole: bool) -> None:
        for begun in _beginnings(command):
            entry = _Command(compiled(begun), topic, handler, whole)
            self._at(path).commands.setdefault(_first(begun), []).append(entry)

    def _at(self, path: str) -> _View:
        view = self._top
        for part in path.split(" / ") if path else ():
            if part not in view.views:
                view.views[part] = _View(compiled(part), view.topic)
                view.begun.setdefault(_first(part), []).append(view.views[part])
            view = view.views[part]
        return view


@dataclass
class _Walk:
    table: Table
    file: str
    draft: Draft
    recognised: int = 0
    ignored: int = 0
    unread: int = 0

    def children(self, nodes: Sequence[Node], views: Sequence[_View], words: Mapping[str, str]) -> None:
        for node in nodes:
            self.line(node, views, words)

    def line(self, node: Node, views: Sequence[_View], words: Mapping[str, str]) -> None:
        inner: list[_View] = []
        caught: dict[str, str] = {}
        first = node.text.split(" ", 1)[0].lower()
        for view in views:
            for one in (*view.begun.get(first, ()), *view.begun.get("", ())):
                if match := one.pattern.fullmatch(node.text):
                    inner.append(one)
                    caught |= {name: value for name, value in match.groupdict().items() if value}
        command, own = self._command(node.text, views)
        if command is None and not inner:
            self._skip(node, views[0].topic)
            return
        if command is not None and not self._said(command, node, {**words, **caught, **own}):
            return
        if command is None or command.handler is not None:
            self.recognised += command is None
            if command is None or not command.whole:
                self.children(node.children, inner or [_nowhere(command)], {**words, **caught})

    def _said(self, command: _Command, node: Node, words: Mapping[str, str]) -> bool:
        """Let the handler speak; False where all is told of this line and its view."""
        size = _size(node) if command.whole else 1
        if command.handler is None:
            self.ignored += size
            return False
        try:
            command.handler(self.draft, Hit(words, Location(self.file, node.line), node.text, node))
        except (NotUnderstoodError, ValueError):
            self._skip(node, command.topic)
            return False
        self.recognised += size
        return True

    def _command(self, text: str, views: Sequence[_View]) -> tuple[_Command | None, dict[str, str]]:
        first = text.split(" ", 1)[0].lower()
        for view in views:
            for key in (first, ""):
                for command in view.commands.get(key, ()):
                    if match := command.pattern.fullmatch(text):
                        return command, {name: value for name, value in match.groupdict().items() if value}
        return None, {}

    def _skip(self, node: Node, topic: str) -> None:
        """A line that nothing understood, with all that stands in its view."""
        told = topic if topic != OTHER else self.table.topic_of(node.text)
        waiting = [node]
        while waiting:
            one = waiting.pop()
            self.unread += 1
            self.draft.unread.append(Unread(told, Location(self.file, one.line)))
            waiting += one.children


def _first(pattern: str) -> str:
    """The word that every line of a pattern begins with, in lower case; empty where there is none."""
    word = pattern.split(maxsplit=1)[0]
    return word.lower() if re.fullmatch(r"[\w.:/-]+", word) else ""


def _beginnings(command: str) -> Iterable[str]:
    """The command for each of its first words: ``[undo] shutdown`` is two, ``(speed|duplex) {rest...}`` too."""
    left_out = _LEFT_OUT.fullmatch(command)
    if left_out:
        return [*_beginnings(left_out["rest"]), *_beginnings(f"{left_out['word']} {left_out['rest']}")]
    chosen = _CHOSEN.fullmatch(command)
    if chosen:
        return [f"{word}{chosen['rest']}" for word in chosen["words"].split("|")]
    return [command]


def _nowhere(command: _Command | None) -> _View:
    return _View(re.compile(""), command.topic if command else OTHER)


def _size(node: Node) -> int:
    return 1 + sum(_size(child) for child in node.children)


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression over a line with blanks folded."""
    made, blank = "", ""
    for part in _PART.finditer(pattern):
        if part["blank"]:
            blank = " "
            continue
        if part["open"]:
            made, blank = f"{made}(?:{blank}", ""
        elif part["close"]:
            made += ")?"
        elif part["choice"]:
            made, blank = f"{made}{blank}{'(?:' if part['choice'] == '(' else part['choice']}", ""
        elif part["name"]:
            made, blank = f"{made}{blank}(?P<{part['name']}>{'.+' if part['rest'] else r'[^ ]+'})", ""
        else:
            made, blank = f"{made}{blank}{re.escape(part['text'])}", ""
    return re.compile(made, re.IGNORECASE)
