"""A device's configuration while it is read: objects by name, filled setting by setting, made whole at the end."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields
from typing import Any, Generic, TypeVar

from conformance.judge.access.config import (
    SET,
    UNKNOWN,
    Accounts,
    Bgp,
    Coverage,
    DeviceConfig,
    Hardening,
    Igp,
    Instance,
    Interface,
    Line,
    Peer,
    Proposal,
    Read,
    Service,
    Session,
    Snmp,
    Unread,
)
from conformance.judge.rulebook import Location

T = TypeVar("T")


class Entry(Generic[T]):
    """An object that is being read: settings are put one at a time, a later one takes the place of an earlier."""

    def __init__(self, cls: type[T], /, **fixed: Any) -> None:
        self._kind = cls
        self._values: dict[str, Any] = dict(fixed)
        self._lists: dict[str, list[Any]] = {}  # what is added: a tuple for each item would take quadratic time
        self._names = {one.name for one in fields(cls)}  # type: ignore[arg-type]

    def put(self, name: str, value: Any, where: Location) -> None:
        """A setting as read."""
        self._know(name)
        self._values[name] = Read(SET, value, where)

    def unknown(self, name: str, where: Location) -> None:
        """A setting of which the file speaks, in words that were not understood."""
        self._know(name)
        self._values[name] = Read(UNKNOWN, None, where)

    def forget(self, name: str) -> None:
        """The setting is as if nothing had been said of it."""
        self._know(name)
        self._values.pop(name, None)
        self._lists.pop(name, None)

    def add(self, name: str, item: Any) -> None:
        """One more of a tuple."""
        self._know(name)
        if name not in self._lists:
            self._lists[name] = list(self._values.pop(name, ()))
        self._lists[name].append(item)

    def fix(self, name: str, value: Any) -> None:
        """A plain value (no :class:`Read`)."""
        self._know(name)
        self._lists.pop(name, None)
        self._values[name] = value

    def held(self, name: str) -> Any:
        """What was put so far: None where nothing was."""
        self._know(name)
        return tuple(self._lists[name]) if name in self._lists else self._values.get(name)

    def made(self) -> T:
        """The object, whole."""
        return self._kind(**self._values, **{name: tuple(items) for name, items in self._lists.items()})

    def _know(self, name: str) -> None:
        if name not in self._names:
            raise KeyError(name)


class Draft:
    """What was read of one device so far. Lists that need no merging are plain lists of whole objects.

    ``scratch`` holds what a reader must keep until the end of the file (ACLs that are applied elsewhere, zones, pools):
    its own affair.
    """

    def __init__(self, device: str, platform: str, defaults: dict[str, str]) -> None:
        self.device, self.platform, self.defaults = device, platform, defaults
        self.top = Entry(DeviceConfig, device=device, platform=platform, hostname=Read(), defaults=defaults)
        self.bgp: Entry[Bgp] | None = None
        self.accounts, self.snmp, self.hardening = Entry(Accounts), Entry(Snmp), Entry(Hardening)
        self.coverage: list[Coverage] = []
        self.unread: list[Unread] = []
        self.scratch: dict[Hashable, Any] = {}
        self._entries: dict[tuple[str, Hashable], Entry[Any]] = {}

    def interface(self, name: str, where: Location, kind: str = "physical") -> Entry[Interface]:
        """The interface of that name; begun here if it is new."""
        return self._of("interfaces", name, Interface, name=name, where=where, kind=kind)

    def instance(self, name: str, where: Location) -> Entry[Instance]:
        """The VPN instance of that name."""
        return self._of("instances", name, Instance, name=name, where=where)

    def session(self, neighbour: str, instance: str, where: Location) -> Entry[Session]:
        """The BGP session with a neighbour in an instance."""
        return self._of("sessions", (instance, neighbour), Session, neighbour=neighbour, instance=instance, where=where)

    def igp(self, protocol: str, process: str, where: Location) -> Entry[Igp]:
        """An OSPF or IS-IS process."""
        return self._of("igps", (protocol, process), Igp, protocol=protocol, where=where)

    def service(self, kind: str, where: Location) -> Entry[Service]:
        """A management service."""
        return self._of("services", kind, Service, kind=kind, where=where)

    def line(self, name: str, where: Location) -> Entry[Line]:
        """A console or VTY."""
        return self._of("lines", name, Line, name=name, where=where)

    def proposal(self, kind: str, name: str, where: Location) -> Entry[Proposal]:
        """An IKE or IPsec proposal."""
        return self._of("proposals", (kind, name), Proposal, kind=kind, name=name, where=where)

    def peer(self, name: str, where: Location) -> Entry[Peer]:
        """An IKE peer."""
        return self._of("peers", name, Peer, name=name, where=where)

    def named(self, group: str, key: Hashable, cls: type[T], /, **fixed: Any) -> Entry[T]:
        """An object of any other group that must be merged by name; its reader adds it to ``top`` in the end."""
        return self._of(group, key, cls, **fixed)

    def all(self, group: str) -> tuple[Any, ...]:
        """Every object of a group, made whole, in order of first mention."""
        return tuple(entry.made() for (held, _), entry in self._entries.items() if held == group)

    def entries(self, group: str) -> dict[Hashable, Entry[Any]]:
        """The entries of a group by name."""
        return {name: entry for (held, name), entry in self._entries.items() if held == group}

    def made(self) -> DeviceConfig:
        """The device's configuration, whole."""
        top = self.top
        for group in ("interfaces", "instances", "igps", "services", "proposals", "peers"):
            top.fix(group, self.all(group))
        for line in self.all("lines"):
            self.accounts.add("lines", line)
        top.fix("accounts", self.accounts.made())
        top.fix("snmp", self.snmp.made())
        top.fix("hardening", self.hardening.made())
        if self.bgp is not None:
            self.bgp.fix("sessions", self.all("sessions"))
            top.fix("bgp", self.bgp.made())
        top.fix("unread", tuple(self.unread))
        top.fix("coverage", tuple(self.coverage))
        return top.made()

    def _of(self, group: str, key: Hashable, cls: type[T], /, **fixed: Any) -> Entry[T]:
        found = self._entries.get((group, key))
        if found is None:
            found = self._entries[group, key] = Entry(cls, **fixed)
        return found
