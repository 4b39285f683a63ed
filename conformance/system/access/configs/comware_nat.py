"""Comware: address translation and its log."""

from __future__ import annotations

from conformance.judge.access.config import MappedAddress, SourceNat
from conformance.judge.rulebook import Location
from conformance.system.access.configs import comware_acl
from conformance.system.access.configs.comware_interfaces import INTERFACE
from conformance.system.access.configs.comware_words import Words, doubt, interface_name
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import host_of, number, port, prefix_of, protocol
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.view(INTERFACE, "interface")
TABLE.topics("nat", "nat", "userlog", "nat66", "nat64")
_GROUP = "nat address-group {group}"
_GROUPS = (_GROUP, f"{_GROUP} name {{name}}")
for _path in _GROUPS:
    TABLE.view(_path, "nat")
#: A mapping of a range of ports is told port by port up to so many.
_MOST_PORTS = 64

# How sessions are kept while translated, and how many ports a host gets.
for _path in _GROUPS:
    TABLE.ignore(_path, "port-range {x...}", "port-block {x...}", "health-check {x...}")
TABLE.ignore("", "nat alg {x...}", "undo nat alg {x...}", "nat mapping-behavior {x...}", "nat session {x...}")
TABLE.ignore("", "nat timestamp {x...}", "nat static-load-balance enable", "session log {x...}", "nat log alarm {x...}")
TABLE.ignore("", "userlog flow export (version|source-ip|timestamp|load-balancing) [{x...}]")
TABLE.ignore(INTERFACE, "nat static enable", "nat hairpin enable", "session log {x...}")


@TABLE.on("", _GROUP, "nat")
@TABLE.on("", f"{_GROUP} name {{name}}", "nat")
def _group(draft: Draft, hit: Hit) -> None:
    _pools(draft).setdefault(hit["group"].lower(), [])
    if hit["name"]:
        draft.scratch.setdefault("nat-names", {})[hit["name"].lower()] = hit["group"].lower()


def _pools(draft: Draft) -> dict[str, list[str]]:
    pools: dict[str, list[str]] = draft.scratch.setdefault("nat-pools", {})
    return pools


def _pool_address(draft: Draft, hit: Hit) -> None:
    first, last = host_of(hit["first"]), host_of(hit["last"])
    _pools(draft).setdefault(hit["group"].lower(), []).append(prefix_of(first) if first == last else f"{first}-{last}")


for _path in _GROUPS:
    TABLE.on(_path, "address {first} {last}", "nat")(_pool_address)


@TABLE.on(INTERFACE, "nat outbound [{rest...}]", "nat")
def _outbound(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    acl = group = ""
    if words.peek().isdecimal() or words.take("name"):
        acl = words.next()
    while words:
        if words.take("address-group"):
            words.take("name")
            group = words.next()
        elif words.take("vpn-instance"):
            words.next()  # the instance of the pool
        elif words.take("rule") or words.take("priority"):
            words.next()
        elif words.take("description"):
            words.rest()
        else:
            words.one_of("no-pat", "port-preserved", "reversible", "counting")
    name = interface_name(hit["interface"])
    draft.scratch.setdefault("nat-outbound", []).append((name, acl, group, hit.where))


@TABLE.on(INTERFACE, "nat server {rest...}", "nat")
def _server(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    name = protocol(words.next()) if words.take("protocol") else "any"
    words.one_of("global")
    if words.take("current-interface"):
        outside = ""
    elif words.take("interface"):
        outside = words.interface()
    else:
        outside = host_of(words.next())
    shown = _port_range(words)
    if words.take("vpn-instance"):
        words.next()
    words.one_of("inside")
    inside = host_of(words.next())
    if "." in words.peek() or ":" in words.peek():
        raise NotUnderstoodError(hit.text)  # a range of inside hosts: which one a port leads to we do not follow
    _port_range(words)
    while words:
        if words.take("disable"):
            return  # it stands there and does nothing
        if words.take("description"):
            words.rest()
        elif words.take("vpn-instance") or words.take("rule"):
            words.next()
        elif words.take("acl"):
            words.next()  # only some may use it: what is shown outside stays the same
        else:
            words.one_of("reversible", "counting")
    own = interface_name(hit["interface"])
    for one in shown:
        draft.scratch.setdefault("nat-mapped", []).append((outside or own, inside, name, one, hit.where))


def _port_range(words: Words) -> tuple[int, ...]:
    """The ports that come next; ``(0,)`` where none do: all."""
    known = ("inside", "vpn-instance", "acl", "reversible", "disable", "description", "rule", "counting", "")
    if words.peek() in known:
        return (0,)
    first = port(words.next())
    last = first if words.peek() in known else port(words.next())
    if not first <= last < first + _MOST_PORTS:
        raise NotUnderstoodError(f"{first} {last}")
    return tuple(range(first, last + 1))


@TABLE.on("", "nat static outbound {rest...}", "nat")
@TABLE.on("", "nat static inbound {rest...}", "nat")
def _static(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    found: list[str] = []
    for _ in range(2):
        found.append(host_of(words.next()))
        if words.take("vpn-instance"):
            words.next()
    while words:
        if words.take("acl"):
            words.take("name")
            words.next()
        elif words.take("description"):
            words.rest()
        elif words.take("rule") or words.take("priority"):
            words.next()
        elif words.take("disable"):
            return
        else:
            words.one_of("reversible", "counting")
    inside, outside = found if "outbound" in hit.text.lower().split()[:3] else reversed(found)
    draft.scratch.setdefault("nat-mapped", []).append((outside, inside, "any", 0, hit.where))


@TABLE.on("", "nat log enable [acl {acl...}]", "nat")
@TABLE.on("", "nat log (flow-begin|flow-end)", "nat")
@TABLE.on("", "nat log flow-active {minutes}", "nat")
@TABLE.on("", "userlog flow syslog", "nat")
@TABLE.on("", "undo nat log enable", "nat")
def _log(draft: Draft, hit: Hit) -> None:
    words = hit.text.lower().split()
    if hit["acl"]:
        draft.scratch.setdefault("nat-log", {})["part"] = hit.where
    key = "off" if words[0] == "undo" else "on" if words[2] == "enable" else "sent" if words[0] == "userlog" else "what"
    draft.scratch.setdefault("nat-log", {})[key] = hit.where


@TABLE.on("", "userlog flow export [vpn-instance {vpn}] host [ipv6] {host} port {port}", "nat")
def _export(draft: Draft, hit: Hit) -> None:
    number(hit["port"], 1, 65535)
    draft.scratch.setdefault("nat-log", {})["sent"] = hit.where


def finish(draft: Draft) -> None:
    """Pools and ACLs by name; the log is one only where it is enabled, records something and goes somewhere."""
    for interface, acl, group, where in draft.scratch.get("nat-outbound", ()):
        _translated(draft, interface, (acl, group), where)
    for outside, inside, name, shown, where in draft.scratch.get("nat-mapped", ()):
        _mapped(draft, outside, MappedAddress(where, outside, inside, name, shown))
    told: dict[str, Location] = draft.scratch.get("nat-log", {})
    if told:
        where = told.get("on") or next(iter(told.values()))
        if "part" in told:  # only what an ACL permits is logged: perhaps all, perhaps nothing
            draft.top.unknown("nat_log", where)
            doubt(draft, "nat", where)
        else:
            draft.top.put("nat_log", {"on", "what", "sent"} <= told.keys() and "off" not in told, where)


def _translated(draft: Draft, interface: str, named: tuple[str, str], where: Location) -> None:
    acl, group = named
    sources: tuple[str, ...] = ()
    if acl:
        found = comware_acl.find(draft, 4, acl)
        try:
            sources = comware_acl.sources(draft, found) if found else ()
        except NotUnderstoodError:
            found = None
        if found is None:
            doubt(draft, "nat", where)
    pools: tuple[str, ...] = ()
    if group:
        number_ = draft.scratch.get("nat-names", {}).get(group.lower(), group.lower())
        pools = tuple(_pools(draft).get(number_, ()))
        if not pools:
            doubt(draft, "nat", where)
    draft.top.add("source_nat", SourceNat(where, pools, not group, (interface,), sources))


def _mapped(draft: Draft, outside: str, mapped: MappedAddress) -> None:
    entry = draft.entries("interfaces").get(outside)
    if entry is None:
        draft.top.add("mapped", mapped)
        return
    held = [one.value.partition("/")[0] for one in entry.held("addresses") or () if ":" not in one.value]
    if not held:
        doubt(draft, "nat", mapped.where)
    for address in held[:1]:
        made = MappedAddress(mapped.where, address, mapped.inside, mapped.protocol, mapped.port)
        draft.top.add("mapped", made)
