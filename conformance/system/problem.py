"""What is wrong with a configuration: problems with their place in ``system.yaml``, never verdicts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.messages import Message, Param

#: How many characters of a name, and of a list of names, that somebody else wrote are repeated in a message.
SHOWN = 80
SHOWN_LIST = 600


@dataclass(frozen=True, order=True)
class Place:
    """A place in the declaration: line and column count from 1, ``path`` reads ``targets.population.person.key``.

    ``file`` names another file that was handed in (empty: the declaration ``system.yaml`` itself).
    """

    line: int
    column: int
    path: str
    file: str = ""


@dataclass(frozen=True)
class Problem:
    """One thing to mend in the configuration: where, what is wrong (expected, found), and the mend."""

    line: int
    column: int
    path: str
    message: Message
    mend: Message
    file: str = ""


class ConfigurationError(Exception):
    """The declaration, or a source that it names, cannot be used; ``problems`` holds every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.line}:{p.column} {p.path}: {p.message.id}" for p in self.problems))


def problem(place: Place, id_: str, **params: Param) -> Problem:
    """A problem whose texts are ``id_`` and ``id_.mend``, both with the same parameters."""
    shown_params = {
        name: shown(value, SHOWN_LIST) if isinstance(value, str) else value for name, value in params.items()
    }
    message, mend = Message(id_, shown_params), Message(f"{id_}.mend", shown_params)
    return Problem(place.line, place.column, place.path, message, mend, place.file)


def failure(place: Place, id_: str, **params: Param) -> ConfigurationError:
    """The error that holds one problem."""
    return ConfigurationError((problem(place, id_, **params),))


def shown(text: str, limit: int = SHOWN) -> str:
    """A text fit for a message: one line, no control characters, not longer than a line should be."""
    plain = "".join(character if character.isprintable() else "�" for character in text)
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Names in one text, the first ``limit`` of them; a dash where there is none."""
    all_names = [shown(name) for name in names]
    text = "、".join(all_names[:limit])
    return f"{text}…" if len(all_names) > limit else text or "—"


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that look most like ``name``, best first."""
    candidates = sorted(set(known))
    folded: dict[str, str] = {}
    for candidate in candidates:
        folded.setdefault(candidate.strip().casefold(), candidate)
    same = folded.get(name.strip().casefold())
    close = difflib.get_close_matches(name, candidates, n=5, cutoff=0.5)
    return list(dict.fromkeys([same, *close] if same is not None else close))
