"""What conditions of an nftables rule match, as sets: addresses, protocols, ports, interfaces, states.

A box holds ranges (None: all). A condition that is not known leaves the box as it was and makes it doubtful: it may
match any part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

from conformance.judge.access.blocks import Ranges, common, merged, without
from conformance.system.access.configs.shared import port
from conformance.system.access.configs.table import NotUnderstoodError

#: More elements than any set of a department has; beyond, the set is not understood.
_MOST = 20_000
#: And more than all rules together ask of: what comes after is not understood either.
_MOST_ASKED = 500_000
_ALL = {"protocols": ((0, 255),), "source_ports": ((0, 65535),), "ports": ((0, 65535),)}
_BITS = {4: 32, 6: 128}
_FAMILIES = {"ipv4": 4, "ip": 4, "ipv6": 6, "ip6": 6, "2": 4, "10": 6}
_PROTOCOLS = {
    "icmp": 1, "igmp": 2, "ipencap": 4, "tcp": 6, "udp": 17, "dccp": 33, "ipv6": 41, "rsvp": 46, "gre": 47, "esp": 50,
    "ah": 51, "ipv6-icmp": 58, "icmpv6": 58, "eigrp": 88, "ospf": 89, "ospfigp": 89, "pim": 103, "ipcomp": 108,
    "comp": 108, "vrrp": 112, "l2tp": 115, "sctp": 132, "udplite": 136,
}  # fmt: skip
NEW, ESTABLISHED, RELATED = "new", "established", "related"
_STATES = frozenset((NEW, ESTABLISHED, RELATED, "invalid"))


@dataclass(frozen=True)
class Box:
    """The packets that all conditions so far let by. ``fib`` is ``strict`` or ``loose`` where only those are left that
    have no way back; ``limited``: only so many of them; ``doubtful``: of which some condition is not known.
    """

    families: frozenset[int] = frozenset((4, 6))
    sources: Ranges | None = None
    destinations: Ranges | None = None
    protocols: Ranges | None = None
    source_ports: Ranges | None = None
    ports: Ranges | None = None
    come_in: frozenset[str] | None = None
    go_out: frozenset[str] | None = None
    states: frozenset[str] = _STATES
    fib: str = ""
    limited: bool = False
    doubtful: bool = False

    @property
    def empty(self) -> bool:
        """True where nothing is left."""
        held = (self.sources, self.destinations, self.protocols, self.source_ports, self.ports)
        return not (self.families and self.states) or () in held or frozenset() in (self.come_in, self.go_out)

    @property
    def anywhere(self) -> bool:
        """True where addresses, protocols and ports do not matter."""
        return not (self.sources or self.destinations or self.protocols or self.source_ports or self.ports)


@dataclass
class Known:
    """What conditions name: sets and maps of the table, and the interfaces of the device."""

    sets: Mapping[str, list[Any]]
    interfaces: tuple[str, ...]
    asked: int = 0
    _ranges: dict[tuple[str, str, int], Ranges] = field(default_factory=dict)

    def elements(self, value: Any) -> list[Any]:
        """The elements that a right side names: a set by name, a set, a list, one value."""
        if isinstance(value, str) and value.startswith("@"):
            if value[1:] not in self.sets:
                raise NotUnderstoodError(value)
            value = self.sets[value[1:]]
        if isinstance(value, dict) and "set" in value:
            value = value["set"]
        found = value if isinstance(value, list) else [value]
        self.asked += len(found)
        if len(found) > _MOST or self.asked > _MOST_ASKED:
            raise NotUnderstoodError("set")
        return found

    def ranges(self, value: Any, what: str, family: int) -> Ranges:
        """The numbers that a right side names, as addresses of a family, protocols or ports."""
        key = (value, what, family) if isinstance(value, str) and value.startswith("@") else None
        if key is not None and key in self._ranges:
            return self._ranges[key]
        made = merged(_span(one, what, family) for one in self.elements(value))
        if key is not None:
            self._ranges[key] = made
        return made


def _span(value: Any, what: str, family: int) -> tuple[int, int]:
    """The numbers of one element."""
    if isinstance(value, dict):
        if "elem" in value and isinstance(value["elem"], dict):
            return _span(value["elem"].get("val"), what, family)
        if isinstance(value.get("range"), list) and len(value["range"]) == len(("first", "last")):
            (first, _), (_, last) = (_span(one, what, family) for one in value["range"])
            return first, last
        if isinstance(value.get("prefix"), dict) and what == "address":
            held = value["prefix"]
            network = ip_network(f"{held.get('addr')}/{held.get('len')}", strict=False)
            if network.version != family:
                raise NotUnderstoodError("family")
            return int(network.network_address), int(network.broadcast_address)
        raise NotUnderstoodError(what)
    number = _number(value, what, family)
    return number, number


def _number(value: Any, what: str, family: int) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NotUnderstoodError(what)
    if what == "address":
        address = ip_address(value) if isinstance(value, str) else None
        if address is None or address.version != family:
            raise NotUnderstoodError(str(value)[:40])
        return int(address)
    if what == "protocol" and value in _PROTOCOLS:
        return _PROTOCOLS[str(value)]
    number = value if isinstance(value, int) else port(value)
    if not 0 <= number <= (255 if what == "protocol" else 65535):
        raise NotUnderstoodError(what)
    return number


def matched(boxes: list[Box], match: Mapping[str, Any], known: Known) -> list[Box]:
    """What a condition leaves of boxes."""
    found: list[Box] = []
    for box in boxes:
        try:
            made = list(_matched(box, match, known))
        except (NotUnderstoodError, ValueError, TypeError):
            made = [replace(box, doubtful=True)]
        found += [one for one in made if not one.empty]
        if len(found) > _MOST:
            raise NotUnderstoodError("boxes")
    return found


def _matched(box: Box, match: Mapping[str, Any], known: Known) -> Iterator[Box]:
    operator, left, right = match.get("op"), match.get("left"), match.get("right")
    if not isinstance(left, dict) or operator not in ("==", "!=", "in", "<", ">", "<=", ">="):
        raise NotUnderstoodError("match")
    if "concat" in left and operator in ("==", "in"):
        for element in known.elements(right):
            yield from keyed([box], left, element, known)
        return
    yield narrowed(box, left, right, known, operator)


def beside(box: Box, gone: Box, known: Known) -> Box | None:
    """What is left of a box without a part of it; None where that is no box: the part is narrower in two ways, or in
    one that is not known.
    """
    told = [one for one in fields(Box) if getattr(box, one.name) != getattr(gone, one.name)]
    if len(told) != 1 or gone.doubtful or gone.limited or gone.fib:
        return None
    name = told[0].name
    whole, part = getattr(box, name), getattr(gone, name)
    left: Any
    if name in _ALL:
        left = without(whole if whole is not None else _ALL[name], part)
    elif name in ("sources", "destinations"):
        (family,) = box.families if len(box.families) == 1 else (0,)
        if not family:
            return None
        left = without(whole if whole is not None else ((0, 2 ** _BITS[family] - 1),), part)
    elif name in ("come_in", "go_out"):
        if whole is None and not known.interfaces:
            return None
        left = (whole if whole is not None else frozenset(known.interfaces)) - part
    else:
        left = whole - part
    changed: dict[str, Any] = {name: left}
    return replace(box, **changed)


def keyed(boxes: list[Box], key: Any, element: Any, known: Known) -> list[Box]:
    """What the element of a set, or the key of a map, leaves of boxes."""
    if isinstance(element, dict) and isinstance(element.get("elem"), dict):
        element = element["elem"].get("val")
    found = []
    for box in boxes:
        made = box
        try:
            if isinstance(key, dict) and isinstance(key.get("concat"), list):
                values = element.get("concat") if isinstance(element, dict) else None
                if not isinstance(values, list) or len(values) != len(key["concat"]):
                    raise NotUnderstoodError("concat")
                for one, value in zip(key["concat"], values, strict=True):
                    made = narrowed(made, one, value, known, "==")
            else:
                made = narrowed(made, key, element, known, "==")
        except (NotUnderstoodError, ValueError, TypeError):
            made = replace(box, doubtful=True)
        if not made.empty:
            found.append(made)
    return found


#: The transport protocol whose header a field is of; of ``th`` any.
_TRANSPORTS = {"tcp": 6, "udp": 17, "udplite": 136, "sctp": 132, "dccp": 33, "th": 0}
_ICMP = {"icmp": (4, 1), "icmpv6": (6, 58)}


def narrowed(box: Box, left: Any, right: Any, known: Known, operator: str) -> Box:
    """The part of a box in which a field has one of the values."""
    if not isinstance(left, dict):
        raise NotUnderstoodError("field")
    payload, meta, ct, fib = (left.get(name) for name in ("payload", "meta", "ct", "fib"))
    if isinstance(payload, dict):
        return _payload(box, payload, partial(known.ranges, right), operator)
    if isinstance(meta, dict):
        return _meta(box, str(meta.get("key")), right, known, operator)
    if isinstance(ct, dict) and ct.get("key") == "state" and operator in ("==", "!=", "in"):
        return _state(box, right, known, operator)
    if isinstance(fib, dict) and operator == "==":
        return _fib(box, fib, right)
    raise NotUnderstoodError("field")


def _payload(box: Box, payload: Mapping[str, Any], values: Callable[[str, int], Ranges], operator: str) -> Box:
    protocol, name = str(payload.get("protocol")), str(payload.get("field"))
    if protocol in ("ip", "ip6"):
        family = 4 if protocol == "ip" else 6
        box = replace(box, families=box.families & {family})
        if name in ("saddr", "daddr"):
            setting = "sources" if name == "saddr" else "destinations"
            return _cut(box, setting, values("address", family), operator, ((0, 2 ** _BITS[family] - 1),))
        if name in ("protocol", "nexthdr"):
            return _cut(box, "protocols", values("protocol", 0), operator)
    if protocol in _TRANSPORTS:
        box = _of_protocol(box, _TRANSPORTS[protocol])
        if name in ("sport", "dport"):
            setting = "source_ports" if name == "sport" else "ports"
            return _cut(box, setting, values("port", 0), operator)
    if protocol in _ICMP:
        family, number = _ICMP[protocol]
        box = _of_protocol(replace(box, families=box.families & {family}), number)
    return replace(box, doubtful=True)  # a type of ICMP, a flag, a lifetime: a part of what is known


def _of_protocol(box: Box, number: int) -> Box:
    if not number:
        return box
    held = box.protocols if box.protocols is not None else _ALL["protocols"]
    return replace(box, protocols=common(held, ((number, number),)))


def _cut(box: Box, setting: str, ranges: Ranges, operator: str, everything: Ranges | None = None) -> Box:
    """A box with one dimension cut to ranges, or to what lies beside, below or above them."""
    whole = everything or _ALL[setting]
    if operator == "!=":
        ranges = without(whole, ranges)
    elif operator in ("<", ">", "<=", ">="):
        if len(ranges) != 1 or ranges[0][0] != ranges[0][1]:
            raise NotUnderstoodError(operator)
        bound = ranges[0][0]
        ends = {"<": (0, bound - 1), "<=": (0, bound), ">": (bound + 1, whole[-1][1]), ">=": (bound, whole[-1][1])}
        ranges = merged([ends[operator]])
    held = getattr(box, setting)
    changed: dict[str, Any] = {setting: common(held if held is not None else whole, ranges)}
    return replace(box, **changed)


def _meta(box: Box, key: str, right: Any, known: Known, operator: str) -> Box:
    if key in ("iifname", "iif", "oifname", "oif") and operator in ("==", "!=", "in"):
        setting = "come_in" if key.startswith("i") else "go_out"
        names = _interfaces(known, right, operator)
        held = getattr(box, setting)
        changed: dict[str, Any] = {setting: names if held is None else held & names}
        return replace(box, **changed)
    if key == "l4proto":
        return _cut(box, "protocols", known.ranges(right, "protocol", 0), operator)
    if key in ("nfproto", "protocol") and operator in ("==", "!=", "in"):
        named = [_FAMILIES.get(str(one)) for one in known.elements(right)]
        if None in named:
            raise NotUnderstoodError(key)
        found = frozenset(one for one in named if one is not None)
        return replace(box, families=box.families - found if operator == "!=" else box.families & found)
    raise NotUnderstoodError(key)


def _interfaces(known: Known, right: Any, operator: str) -> frozenset[str]:
    """The interfaces that names and patterns (``lan*``) mean; what is beside them only where all are known."""
    found: set[str] = set()
    for one in known.elements(right):
        value = one["elem"].get("val") if isinstance(one, dict) and isinstance(one.get("elem"), dict) else one
        if not isinstance(value, str):
            raise NotUnderstoodError("interface")
        if value.endswith("*"):
            if not known.interfaces:
                raise NotUnderstoodError(value)
            found |= {name for name in known.interfaces if name.startswith(value[:-1])}
        else:
            found.add(value)
    if operator != "!=":
        return frozenset(found)
    if not known.interfaces:
        raise NotUnderstoodError("interface")
    return frozenset(known.interfaces) - found


def _state(box: Box, right: Any, known: Known, operator: str) -> Box:
    """``untracked`` is left out: nothing is unless ``notrack`` stands somewhere, which is not understood."""
    named = frozenset(str(one) for one in known.elements(right))
    if not named <= {*_STATES, "untracked"}:
        raise NotUnderstoodError("state")
    return replace(box, states=box.states - named if operator == "!=" else box.states & named)


def _fib(box: Box, fib: Mapping[str, Any], right: Any) -> Box:
    """``fib saddr . iif oif missing``: there is no way back to the source (by this interface)."""
    flags = fib.get("flags")
    missing = right is False or right in (0, "0")
    if fib.get("result") == "oif" and missing and isinstance(flags, list) and "saddr" in flags:
        if set(flags) == {"saddr", "iif"}:
            return replace(box, fib="strict")
        if set(flags) == {"saddr"}:
            return replace(box, fib="loose")
    raise NotUnderstoodError("fib")
