"""One file of a Linux bundle while it is read: its lines counted, what was not understood kept with its topic."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from conformance.judge.access.config import Coverage, Unread
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.table import NotUnderstoodError

#: Longer lines are no settings of any of these daemons.
_LONGEST = 4000


class Part:
    """A file of a bundle: ``name`` as locations show it."""

    def __init__(self, name: str, text: str, topic: str, draft: Draft) -> None:
        self.name, self.text, self.topic, self.draft = name, text, topic, draft
        self._counts = {"recognised": 0, "ignored": 0, "unread": 0}

    def at(self, line: int = 0, path: str = "") -> Location:
        """A place in the file."""
        return Location(self.name, line, path)

    def known(self, number: int = 1) -> None:
        """So many more lines (or objects) were read."""
        self._counts["recognised"] += number

    def ignored(self, number: int = 1) -> None:
        """So many bear on no clause."""
        self._counts["ignored"] += number

    def unread(self, where: Location, topic: str = "") -> None:
        """A line was not understood."""
        self._counts["unread"] += 1
        self.draft.unread.append(Unread(topic or self.topic, where))

    def closed(self, *, complete: bool = True) -> None:
        """The file was read to its end; ``complete`` False: it is broken, or cut short."""
        self.draft.coverage.append(Coverage(self.name, **self._counts, complete=complete))

    def lines(self, comments: str = "#") -> Iterator[tuple[int, str]]:
        """The number and text of each line that says something."""
        for number, raw in enumerate(self.text.split("\n"), 1):
            said = " ".join(raw[:_LONGEST].split())
            if said and said[0] not in comments:
                yield number, said


#: What a setting means: the words after its name, and its place.
Setting = Callable[[Part, str, Location], None]


def settings(
    part: Part, known: Mapping[str, Setting], ignored: frozenset[str], pairs: Callable[[str], list[str]]
) -> None:
    """Read a file of one setting a line. ``pairs`` cuts a line into the setting's name and its words."""
    for number, line in part.lines():
        setting(part, known, ignored, pairs(line), number)


def setting(part: Part, known: Mapping[str, Setting], ignored: frozenset[str], pair: list[str], number: int) -> None:
    """Read one setting; a name that nobody knows, or words that its reader does not, leave the line unread."""
    name, where = pair[0].lower(), part.at(number)
    if name in ignored:
        part.ignored()
        return
    try:
        if name not in known:
            raise NotUnderstoodError(name)
        known[name](part, pair[1] if len(pair) > 1 else "", where)
    except (NotUnderstoodError, ValueError):
        part.unread(where)
        return
    part.known()


def by_blank(line: str) -> list[str]:
    """``Name words…``."""
    return line.split(maxsplit=1)


def by_sign(line: str) -> list[str]:
    """``name=words`` or ``name = words``."""
    name, _, words = line.partition("=")
    return [name.strip() or "=", words.strip()]


def loaded(part: Part) -> Any:
    """The JSON of a file; raises NotUnderstoodError for what is none, or is nested beyond reason."""
    try:
        return json.loads(part.text)
    except (ValueError, RecursionError) as error:
        raise NotUnderstoodError(part.name) from error


def objects(values: object) -> list[tuple[int, dict[str, Any]]]:
    """The objects of a JSON list, each with its place in it; raises NotUnderstoodError for anything else."""
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise NotUnderstoodError("list")
    return list(enumerate(values))


def text_of(held: Mapping[str, Any], name: str) -> str:
    """A text of an object; empty where there is none."""
    value = held.get(name)
    return value if isinstance(value, str) else ""


def number_of(held: Mapping[str, Any], name: str) -> int | None:
    """A whole number of an object, within what a setting can hold; None where there is none."""
    value = held.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def is_address(word: str) -> bool:
    """Is a word an address?"""
    try:
        ip_address(word)
    except ValueError:
        return False
    return True
