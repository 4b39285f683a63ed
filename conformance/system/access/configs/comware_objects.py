"""Comware: what rules refer to by name: groups of addresses and services, and ranges of time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conformance.system.access.configs.comware_words import Words
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import port, ports, prefix_of, protocol, range_prefixes
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.topics("filter", "object-group", "time-range")

Ports = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Service:
    """A protocol with its ports (empty: all). ``exact`` False: it is narrower than that (one type of ICMP)."""

    protocol: str
    source_ports: Ports = ()
    ports: Ports = ()
    exact: bool = True


#: Services that the system knows by name. Only those whose ports are beyond doubt.
_KNOWN = {
    "http": Service("tcp", (), ((80, 80),)),
    "https": Service("tcp", (), ((443, 443),)),
    "ssh": Service("tcp", (), ((22, 22),)),
    "telnet": Service("tcp", (), ((23, 23),)),
    "ftp": Service("tcp", (), ((21, 21),)),
    "smtp": Service("tcp", (), ((25, 25),)),
    "pop3": Service("tcp", (), ((110, 110),)),
    "bgp": Service("tcp", (), ((179, 179),)),
    "dns-tcp": Service("tcp", (), ((53, 53),)),
    "dns-udp": Service("udp", (), ((53, 53),)),
    "ntp": Service("udp", (), ((123, 123),)),
    "tftp": Service("udp", (), ((69, 69),)),
    "syslog": Service("udp", (), ((514, 514),)),
    "snmp-request": Service("udp", (), ((161, 161),)),
    "snmp-trap": Service("udp", (), ((162, 162),)),
    "icmp": Service("icmp"),
    "icmpv6": Service("icmpv6"),
    "ping": Service("icmp", exact=False),
    "pingv6": Service("icmpv6", exact=False),
    "tcp": Service("tcp"),
    "udp": Service("udp"),
}


@dataclass
class _Group:
    """The members of a group: texts are prefixes, services are services; ``inner`` other groups of the same kind."""

    addresses: list[str] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    understood: bool = True


def _groups(draft: Draft) -> dict[tuple[str, str], _Group]:
    groups: dict[tuple[str, str], _Group] = draft.scratch.setdefault("object-groups", {})
    return groups


def _group(draft: Draft, hit: Hit, kind: str) -> _Group:
    return _groups(draft).setdefault((kind, hit["group"].lower()), _Group())


_VIEWS = {
    "ip": "object-group ip address {group}",
    "ipv6": "object-group ipv6 address {group}",
    "service": "object-group service {group}",
}


def _made(kind: str) -> None:
    path = _VIEWS[kind]
    TABLE.view(path, "filter")
    TABLE.ignore(path, "description {x...}", "security-zone {x}")  # a text, and where the web page shows it

    @TABLE.on("", path, "filter")
    def begun(draft: Draft, hit: Hit) -> None:
        _group(draft, hit, kind)

    @TABLE.on(path, "{anything...}", "filter")
    def member(draft: Draft, hit: Hit) -> None:
        group = _group(draft, hit, kind)
        words = Words(hit.text)
        if words.peek().isdecimal():
            words.next()
        try:
            _service_member(group, words) if kind == "service" else _address_member(group, words)
            words.done()
        except (NotUnderstoodError, ValueError):
            group.understood = False
            raise


def _address_member(group: _Group, words: Words) -> None:
    words.one_of("network")
    form = words.one_of("host", "subnet", "range", "group-object")
    if form == "group-object":
        group.inner.append(words.next().lower())
    elif form == "host":
        words.one_of("address")
        group.addresses.append(prefix_of(words.next()))
    elif form == "range":
        group.addresses += range_prefixes(words.next(), words.next())
    else:
        address = words.next()
        group.addresses.append(prefix_of(address) if "/" in address else prefix_of(address, words.next()))


def _service_member(group: _Group, words: Words) -> None:
    words.one_of("service")
    if words.take("group-object"):
        group.inner.append(words.next().lower())
        return
    group.services.append(service_of(words))


for _kind in _VIEWS:
    _made(_kind)


def service_of(words: Words) -> Service:
    """``tcp destination eq 443``, ``udp source gt 1023 destination range 1 2``, ``icmp 8 0``, ``47``."""
    name = protocol(words.next())
    found: dict[str, Ports] = {"source": (), "destination": ()}
    exact = True
    if name in ("tcp", "udp"):
        while words.peek() in found:
            side = words.next().lower()
            form = words.one_of("eq", "lt", "gt", "range")
            count = 2 if form == "range" else 1
            found[side] = ports([form, *(words.next() for _ in range(count))])
    elif name in ("icmp", "icmpv6"):
        while words:
            port(words.next())
            exact = False
    return Service(name, found["source"], found["destination"], exact)


def addresses(draft: Draft, family: int, name: str) -> tuple[str, ...] | None:
    """The prefixes of a group with those of the groups inside it; None: not defined, empty, or not all understood."""
    kind = "ipv6" if family == 6 else "ip"  # noqa: PLR2004
    found = _whole(draft, kind, name)
    prefixes = tuple(dict.fromkeys(one for group in found or () for one in group.addresses))
    return prefixes or None


def services(draft: Draft, name: str) -> tuple[Service, ...] | None:
    """The services of a group, or the one that the system knows by that name; None as in :func:`addresses`."""
    if ("service", name.lower()) not in _groups(draft) and name.lower() in _KNOWN:
        return (_KNOWN[name.lower()],)
    found = _whole(draft, "service", name)
    return tuple(dict.fromkeys(one for group in found or () for one in group.services)) or None


def _whole(draft: Draft, kind: str, name: str) -> list[_Group] | None:
    waiting, met, found = [name.lower()], set[str](), []
    while waiting:
        one = waiting.pop()
        if one in met:
            continue
        met.add(one)
        group = _groups(draft).get((kind, one))
        if group is None or not group.understood:
            return None
        found.append(group)
        waiting += group.inner
    return found


@dataclass
class _Range:
    """``ends`` of its statements (empty: one has none)."""

    ends: list[str] = field(default_factory=list)


_DATE = re.compile(r"(?P<a>[0-9]{1,4})/(?P<b>[0-9]{1,2})/(?P<c>[0-9]{1,4})")
_DAYS = ("daily", "working-day", "off-day", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


@TABLE.on("", "time-range {name} {rest...}", "filter")
def _time_range(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    ranges: dict[str, _Range | None] = draft.scratch.setdefault("time-ranges", {})
    name = hit["name"].lower()
    try:
        end = _end(words)
        words.done()
    except (NotUnderstoodError, ValueError):
        ranges[name] = None
        raise
    held = ranges.setdefault(name, _Range())
    if held is not None:
        held.ends.append(end)


def _end(words: Words) -> str:
    """The last day of a statement; empty where it has none."""
    if ":" in words.peek():
        words.next()
        words.one_of("to")
        words.next()
        while words.peek() in _DAYS or words.peek().isdecimal():
            words.next()
    if words.take("from"):
        words.next()
        _date(words.next())
    if words.take("to"):
        words.next()
        return _date(words.next())
    return ""


def _date(word: str) -> str:
    found = _DATE.fullmatch(word)
    if found is None:
        raise NotUnderstoodError(word)
    first, second, third = (int(found[one]) for one in "abc")
    year, month, day = (first, second, third) if len(found["a"]) == 4 else (third, first, second)  # noqa: PLR2004
    if not (1970 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= 31):  # noqa: PLR2004
        raise NotUnderstoodError(word)
    return f"{year:04}-{month:02}-{day:02}"


def until(draft: Draft, name: str) -> str | None:
    """The last day on which a range of time holds (empty: it has no end); None: not defined or not understood."""
    held: _Range | None = draft.scratch.get("time-ranges", {}).get(name.lower())
    if held is None or not held.ends:
        return None
    return "" if "" in held.ends else max(held.ends)
