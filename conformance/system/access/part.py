"""A mapping of a declaration whose shape is good, read value by value; complaints of what a schema cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import ip_address, ip_interface
from typing import Any

from conformance.judge.access.site import Prefixed
from conformance.judge.rulebook import Location
from conformance.system.problem import Place, Problem, problem
from conformance.system.yaml_text import Document, Path, dotted

#: The highest port.
_PORTS = 65535


@dataclass(frozen=True)
class Part:
    """One mapping of the document (empty where the declaration leaves it out), and where it stands.

    Readers give what is declared, addresses and prefixes in their canonical text (host bits as declared). An address, a
    day, a port that does not exist is added to ``problems`` and given as written.
    """

    document: Document
    file: str
    path: Path = ()
    value: Mapping[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def at(self) -> Location:
        """Where it stands."""
        return self.where()

    def where(self, *keys: str | int) -> Location:
        """Where one of its values stands."""
        path = (*self.path, *keys)
        return Location(self.file, self.document.place(path).line, dotted(path))

    def place(self, *keys: str | int) -> Place:
        """The same for a problem."""
        return self.document.place((*self.path, *keys))

    def part(self, key: str) -> Part:
        """A mapping in this one."""
        return Part(self.document, self.file, (*self.path, key), self.value.get(key) or {}, self.problems)

    def parts(self, key: str) -> tuple[Part, ...]:
        """The mappings of a list."""
        several = enumerate(self.value.get(key) or ())
        return tuple(Part(self.document, self.file, (*self.path, key, n), one, self.problems) for n, one in several)

    def text(self, key: str, default: str = "") -> str:
        """A text; ``default`` where there is none."""
        return self.value.get(key) or default

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a list."""
        return tuple(self.value.get(key) or ())

    def number(self, key: str, default: int) -> int:
        """A whole number; ``default`` where there is none."""
        return int(self.value.get(key, default))

    def maybe_number(self, key: str) -> int | None:
        """A whole number, if there is one."""
        found = self.value.get(key)
        return None if found is None else int(found)

    def flag(self, key: str) -> bool:
        """True where it is said so."""
        return bool(self.value.get(key, False))

    def address(self, key: str, family: int = 0) -> str:
        """An address, of that family (4 or 6; 0: any); empty where there is none."""
        text = self.text(key)
        return self._address(text, self.place(key), family) if text else ""

    def addresses(self, key: str) -> tuple[str, ...]:
        """The addresses of a list."""
        return tuple(self._address(text, self.place(key, n)) for n, text in enumerate(self.texts(key)))

    def prefix(self, key: str) -> str:
        """A prefix."""
        return self._prefix(self.text(key), self.place(key))

    def prefixes(self, key: str) -> tuple[str, ...]:
        """The prefixes of a list."""
        return tuple(one.prefix for one in self.prefixed(key))

    def prefixed(self, key: str) -> tuple[Prefixed, ...]:
        """The prefixes of a list, with their places."""
        texts = enumerate(self.texts(key))
        return tuple(Prefixed(self.where(key, n), self._prefix(text, self.place(key, n))) for n, text in texts)

    def day(self, key: str) -> str:
        """A day ``YYYY-MM-DD``; empty where there is none."""
        text = self.text(key)
        try:
            _ = date.fromisoformat(text) if text else None
        except ValueError:
            self.problems.append(problem(self.place(key), "declaration.no-such-day", found=text))
        return text

    def ports(self, key: str) -> tuple[tuple[int, int], ...]:
        """The ports of a list as pairs of bounds."""
        return tuple(self._ports(key))

    def _ports(self, key: str) -> Iterator[tuple[int, int]]:
        for n, text in enumerate(self.texts(key)):
            first, _, last = text.partition("-")
            bounds = int(first), int(last or first)
            if not bounds[0] <= bounds[1] <= _PORTS:
                self.problems.append(problem(self.place(key, n), "declaration.access.no-ports", found=text))
            yield bounds

    def portal(self, key: str) -> str:
        """A host and a port; empty where there is none."""
        text = self.text(key)
        if text and not 0 < int(text.rpartition(":")[2]) <= _PORTS:
            self.problems.append(problem(self.place(key), "declaration.access.no-ports", found=text))
        return text

    def _address(self, text: str, place: Place, family: int = 0) -> str:
        try:
            found = ip_address(text)
        except ValueError:
            self.problems.append(problem(place, "declaration.access.no-address", found=text))
            return text
        if family and found.version != family:
            self.problems.append(problem(place, "declaration.access.family", found=text, family=family))
        return str(found)

    def _prefix(self, text: str, place: Place) -> str:
        try:
            found = ip_interface(text)
        except ValueError:
            self.problems.append(problem(place, "declaration.access.no-prefix", found=text))
            return text
        return f"{found.ip}/{found.network.prefixlen}"
