"""Comware's words: names of interfaces, options of a command one after another, and what is only doubted at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

from conformance.judge.access.config import Unread
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.table import NotUnderstoodError

_NAME = re.compile(r"(?P<type>[A-Za-z][A-Za-z-]*?-?) ?(?P<number>[0-9][0-9/.:]*)", re.IGNORECASE)
#: Types of interfaces and what kind each is.
_KINDS = {
    "GigabitEthernet": "physical",
    "Ten-GigabitEthernet": "physical",
    "Twenty-FiveGigE": "physical",
    "FortyGigE": "physical",
    "HundredGigE": "physical",
    "FlexE": "physical",
    "M-GigabitEthernet": "physical",
    "M-Ethernet": "physical",
    "Ethernet": "physical",
    "Serial": "physical",
    "Pos": "physical",
    "Route-Aggregation": "physical",
    "Bridge-Aggregation": "physical",
    "Reth": "physical",
    "Vlan-interface": "vlan",
    "LoopBack": "loopback",
    "InLoopBack": "loopback",
    "Tunnel": "tunnel",
    "Dialer": "dialer",
    "Virtual-PPP": "dialer",
    "Cellular": "cellular",
    "Eth-channel": "cellular",
    "E-Channel": "cellular",
    "Virtual-Template": "other",
    "Virtual-Ethernet": "other",
    "NULL": "other",
    "SSLVPN-AC": "other",
    "VE-L2VPN": "other",
    "VE-L3VPN": "other",
    "Vsi-interface": "other",
    "Register-Tunnel": "other",
}
#: Abbreviations that are no beginning of the name.
_SHORT = {
    "ge": "GigabitEthernet",
    "xge": "Ten-GigabitEthernet",
    "wge": "Twenty-FiveGigE",
    "fge": "FortyGigE",
    "hge": "HundredGigE",
    "mge": "M-GigabitEthernet",
    "ragg": "Route-Aggregation",
    "bagg": "Bridge-Aggregation",
    "vlan-int": "Vlan-interface",
    "vlanif": "Vlan-interface",
    "vt": "Virtual-Template",
    "loop": "LoopBack",
    "tun": "Tunnel",
    "eth": "Ethernet",
}
_TYPES = {one.lower(): one for one in _KINDS}


@lru_cache(maxsize=4096)
def interface_name(text: str) -> str:
    """The whole name, as Comware prints it, of ``GE1/0/1``, ``GigabitEthernet 1/0/1`` or ``Tunnel1 mode gre``."""
    said = text.split(" mode ", 1)[0]
    found = _NAME.fullmatch(said)
    if found is None:
        raise NotUnderstoodError(text)
    kind = found["type"].lower()
    whole = _TYPES.get(kind) or _SHORT.get(kind)
    if whole is None:
        fitting = [_TYPES[one] for one in _TYPES if one.startswith(kind)]
        if len(fitting) > 1:
            raise NotUnderstoodError(text)
        whole = fitting[0] if fitting else found["type"]
    return whole + found["number"]


def interface_kind(name: str) -> str:
    """What kind of interface a whole name means."""
    found = _NAME.fullmatch(name)
    kind = _KINDS.get(found["type"], "other") if found else "other"
    return "subinterface" if kind == "physical" and "." in name else kind


class Words:
    """The words of a command, taken from the left. What is left at the end was not understood: see :meth:`done`."""

    def __init__(self, text: str) -> None:
        self._words = text.split()
        self._next = 0

    def __bool__(self) -> bool:
        return self._next < len(self._words)

    def peek(self) -> str:
        """The next word in lower case; empty at the end."""
        return self._words[self._next].lower() if self else ""

    def next(self) -> str:
        """The next word, taken."""
        if not self:
            raise NotUnderstoodError("more words expected")
        self._next += 1
        return self._words[self._next - 1]

    def take(self, *words: str) -> bool:
        """Take these words where they come next."""
        found = [one.lower() for one in self._words[self._next : self._next + len(words)]]
        if found != list(words):
            return False
        self._next += len(words)
        return True

    def one_of(self, *words: str) -> str:
        """The next word, which must be one of these; in lower case."""
        word = self.next().lower()
        if word not in words:
            raise NotUnderstoodError(word)
        return word

    def rest(self) -> str:
        """All that is left, taken."""
        left = " ".join(self._words[self._next :])
        self._next = len(self._words)
        return left

    def interface(self) -> str:
        """A name of an interface, in one word or two (``GigabitEthernet 1/0/1``)."""
        name = self.next()
        if not name[-1:].isdigit():
            name = f"{name} {self.next()}"
        return interface_name(name)

    def done(self) -> None:
        """Nothing may be left."""
        if self:
            raise NotUnderstoodError(self.peek())


def keyed(draft: Draft, group: str) -> dict[tuple[str, ...], Entry[Any]]:
    """The entries of a group whose names are several words."""
    return cast(dict[tuple[str, ...], Entry[Any]], draft.entries(group))


@contextmanager
def setting(entry: Entry[Any], name: str, where: Location) -> Iterator[None]:
    """While a setting is read: where its words are not understood it is unknown, no longer absent."""
    try:
        yield
    except (NotUnderstoodError, ValueError):
        entry.unknown(name, where)
        raise


def doubt(draft: Draft, topic: str, where: Location) -> None:
    """A line that read well and yet means what we cannot tell: it counts as not understood."""
    doubts: dict[tuple[str, int | None], Unread] = draft.scratch.setdefault("doubts", {})
    doubts.setdefault((where.file, where.line), Unread(topic, where))
