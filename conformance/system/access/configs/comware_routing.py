"""Comware: VPN instances, static routes, OSPF, IS-IS, RIP, prefix lists and route policies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conformance.judge.access.config import Igp, PolicyNode, PrefixEntry, PrefixList, Route, RoutePolicy
from conformance.judge.rulebook import Location
from conformance.system.access.configs.comware_interfaces import INTERFACE
from conformance.system.access.configs.comware_words import Words, interface_name, keyed
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.shared import family_of, host_of, number, prefix_of, wildcard_prefix
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

#: ``into`` of a route whose next hop lies in the public instance.
PUBLIC = "public"
TABLE = Table()
TABLE.view(INTERFACE, "interface")
TABLE.topics("vpn", "ip vpn-instance", "ip public-instance", "route-replicate")
TABLE.topics("route", "ip route-static", "ipv6 route-static", "policy-based-route", "ip local", "ip default-gateway")
TABLE.topics("igp", "ospf", "ospfv3", "isis", "rip", "ripng", "eigrp")
TABLE.topics("policy", "ip prefix-list", "ipv6 prefix-list", "ip ip-prefix", "route-policy", "ip as-path")
TABLE.topics("policy", "ip community-list", "ip extcommunity-list")

# VPN instances: name, RD and targets. Comware puts them directly into the instance, targets also into its families.

_VPN = "ip vpn-instance {vpn}"
_VPN_FAMILIES = f"{_VPN} / address-family {{family...}}"
for _path in (_VPN, _VPN_FAMILIES):
    TABLE.view(_path, "vpn")
# Texts, limits and ways of forwarding: who exchanges routes with whom is told by RD and targets.
for _path in (_VPN, _VPN_FAMILIES):
    TABLE.ignore(_path, "description {x...}", "vpn-id {x}", "routing-table limit {x...}", "tnl-policy {x}")


@TABLE.on("", _VPN, "vpn")
def _vpn(draft: Draft, hit: Hit) -> None:
    draft.instance(hit["vpn"], hit.where)


@TABLE.on(_VPN, "address-family {family...}", "vpn")
def _vpn_family(draft: Draft, hit: Hit) -> None:
    del draft
    if hit["family"].lower() not in ("ipv4", "ipv6", "ipv4 unicast", "ipv6 unicast"):
        raise NotUnderstoodError(hit.text)


@TABLE.on(_VPN, "route-distinguisher {rd}", "vpn")
def _rd(draft: Draft, hit: Hit) -> None:
    draft.instance(hit["vpn"], hit.where).put("rd", hit["rd"], hit.where)


@TABLE.on(_VPN, "vpn-target {targets...}", "vpn")
@TABLE.on(_VPN_FAMILIES, "vpn-target {targets...}", "vpn")
def _targets(draft: Draft, hit: Hit) -> None:
    words = hit["targets"].split()
    ways = {"both": ("imports", "exports"), "import-extcommunity": ("imports",), "export-extcommunity": ("exports",)}
    way = ways[words.pop().lower()] if words[-1].lower() in ways else ways["both"]
    if not words or not all(re.fullmatch(r"[0-9.]+:[0-9]+", one) for one in words):
        raise NotUnderstoodError(hit.text)
    entry = draft.instance(hit["vpn"], hit.where)
    for group in way:
        known = {target for target, _ in entry.held(group) or ()}
        for target in dict.fromkeys(words):
            if target not in known:
                entry.add(group, (target, hit.where))


# Static routes.

TABLE.ignore("", "ip route-static default-preference {x}", "ipv6 route-static default-preference {x}")


@TABLE.on("", "ip route-static {rest...}", "route")
@TABLE.on("", "ipv6 route-static {rest...}", "route")
def _static(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    instance = words.next() if words.take("vpn-instance") else ""
    prefix = _destination(words, 6 if hit.text.lower().startswith("ipv6") else 4)
    into = words.next() if words.take("vpn-instance") else ""
    interface = next_hop = ""
    null = words.peek().startswith("null")
    if null:
        words.interface()
    elif words.peek()[:1].isalpha() and ":" not in words.peek():
        interface = words.interface()
    if not null and _is_address(words.peek()):
        next_hop = host_of(words.next())
    if not (next_hop or interface or null) or (into and not next_hop):
        raise NotUnderstoodError(hit.text)
    if words.take("public") and instance:
        into = PUBLIC
    _route_options(words)
    into = "" if into == instance else into
    draft.top.add("routes", Route(prefix, hit.where, next_hop, interface, instance, into, null))


def _destination(words: Words, family: int) -> str:
    """The prefix; host bits are cut off, as the device does."""
    address = words.next()
    prefix = prefix_of(address) if "/" in address else prefix_of(address, words.next())
    if family_of(prefix) != family:
        raise NotUnderstoodError(address)
    return prefix


def _route_options(words: Words) -> None:
    while words:
        if words.take("description"):
            words.rest()
        elif words.take("bfd"):
            words.one_of("control-packet", "echo-packet")
            if words.take("bfd-source"):
                host_of(words.next())
        elif not words.take("permanent"):
            words.one_of("preference", "tag", "track", "weight")
            number(words.next())


def _is_address(word: str) -> bool:
    return bool(re.fullmatch(r"[0-9]+(\.[0-9]+){3}|[0-9a-f:]*:[0-9a-f:.]*", word))


# Interior routing: on which interfaces it speaks.

_OSPF, _ISIS, _RIP = "ospf {spec...}", "isis {spec...}", "rip {spec...}"
_OSPF3 = "ospfv3 {spec...}"
_AREA = f"{_OSPF} / area {{area}}"
for _path in (_OSPF, _OSPF3, _ISIS, _RIP, _AREA, f"{_OSPF3} / area {{area}}"):
    TABLE.view(_path, "igp")
# Costs, timers and redistribution inside the site: clauses ask where the protocol speaks.
for _path in (_OSPF, _OSPF3, _ISIS):
    TABLE.ignore(
        _path,
        "description {x...}",
        "router-id {x}",
        "import-route {x...}",
        "spf-schedule-interval {x...}",
        "bandwidth-reference {x}",
        "preference {x...}",
        "log-peer-change",
        "graceful-restart [{x...}]",
        "non-stop-routing",
        "network-entity {x}",
        "is-level {x}",
        "cost-style {x}",
        "is-name {x}",
        "bfd {x...}",
    )
TABLE.ignore(_AREA, "authentication-mode {x...}", "stub [{x}]", "nssa [{x...}]", "description {x...}")
TABLE.ignore(f"{_OSPF3} / area {{area}}", "stub [{x}]", "nssa [{x...}]")


def _process(draft: Draft, hit: Hit, protocol: str) -> Entry[Igp]:
    words = Words(hit["spec"])
    name = words.next() if words.peek().isdecimal() else "1"
    return draft.igp(protocol, name, hit.where)


def _begun(draft: Draft, hit: Hit, protocol: str) -> None:
    words = Words(hit["spec"])
    entry = _process(draft, hit, protocol)
    if words.peek().isdecimal():
        words.next()
    while words:
        if words.one_of("router-id", "vpn-instance") == "vpn-instance":
            entry.fix("instance", words.next())
        else:
            host_of(words.next())


@TABLE.on("", _OSPF, "igp")
def _ospf(draft: Draft, hit: Hit) -> None:
    _begun(draft, hit, "ospf")


@TABLE.on("", _OSPF3, "igp")
def _ospf3(draft: Draft, hit: Hit) -> None:
    _begun(draft, hit, "ospfv3")


@TABLE.on("", _ISIS, "igp")
def _isis(draft: Draft, hit: Hit) -> None:
    _begun(draft, hit, "isis")


@TABLE.on("", _RIP, "igp")
def _rip(draft: Draft, hit: Hit) -> None:
    _begun(draft, hit, "rip")


@TABLE.on(_OSPF, "area {area}", "igp")
@TABLE.on(_OSPF3, "area {area}", "igp")
def _area(draft: Draft, hit: Hit) -> None:
    del draft, hit


@TABLE.on(_AREA, "network {address} {wildcard}", "igp")
def _ospf_network(draft: Draft, hit: Hit) -> None:
    prefix = wildcard_prefix(hit["address"], hit["wildcard"])
    _process(draft, hit, "ospf").add("networks", (prefix, hit.where))


@TABLE.on(_RIP, "network {address} {wildcard}", "igp")
def _rip_network(draft: Draft, hit: Hit) -> None:
    prefix = wildcard_prefix(hit["address"], hit["wildcard"])
    _process(draft, hit, "rip").add("networks", (prefix, hit.where))


def _silence(draft: Draft, hit: Hit, protocol: str) -> None:
    entry = _process(draft, hit, protocol)
    spoken = hit.text.lower().startswith("undo ")
    if hit["which"].lower() == "all":
        entry.fix("all_silent", not spoken)
    else:
        entry.add("spoken" if spoken else "silent", interface_name(hit["which"]))


def _silences(path: str, protocol: str) -> None:
    for command in ("silent-interface {which...}", "undo silent-interface {which...}"):
        TABLE.on(path, command, "igp")(lambda draft, hit: _silence(draft, hit, protocol))


_silences(_OSPF, "ospf")
_silences(_OSPF3, "ospfv3")
_silences(_RIP, "rip")


@TABLE.on(INTERFACE, "(ospf|ospfv3|isis|isis ipv6|rip) {rest...}", "igp")
def _spoken(draft: Draft, hit: Hit) -> None:
    name = interface_name(hit["interface"])
    words = Words(hit.text)
    protocol = words.next().lower()
    if protocol == "isis":
        if words.take("silent"):
            words.done()
            draft.scratch.setdefault("isis-silent", []).append(name)
            return
        words.take("ipv6")
        words.one_of("enable")
        process = words.next() if words else "1"
    else:
        process = words.next()
        words.one_of("area" if protocol.startswith("ospf") else "enable")
        if protocol.startswith("ospf"):
            words.next()
        if words.take("instance"):
            words.next()
    words.done()
    number(process)
    draft.igp(protocol, process, hit.where).add("interfaces", (name, hit.where))


# Prefix lists and route policies.


@TABLE.on("", "(ip|ipv6) (prefix-list|ip-prefix|ipv6-prefix) {name} {rest...}", "policy")
def _prefix_entry(draft: Draft, hit: Hit) -> None:
    family = 6 if hit.text.lower().startswith("ipv6") else 4
    words = Words(hit["rest"])
    index = number(words.next()) if words.take("index") else 0
    permit = words.one_of("permit", "deny") == "permit"
    prefix = _destination(words, family)
    length = int(prefix.rpartition("/")[2])
    longest = 32 if family == 4 else 128  # noqa: PLR2004
    least = number(words.next(), length, longest) if words.take("greater-equal") else length
    opened = least != length
    most = number(words.next(), least, longest) if words.take("less-equal") else (longest if opened else length)
    words.done()
    entries = draft.scratch.setdefault("prefix-lists", {}).setdefault((family, hit["name"]), {})
    index = index or (max(entries, default=0) + 10)
    entries[index] = PrefixEntry(permit, prefix, least, most, hit.where)


@dataclass
class _Node:
    permit: bool
    where: Location
    matches: list[str] = field(default_factory=list)
    understood: bool = True


_NODE = "route-policy {name} {action} node {node}"
TABLE.view(_NODE, "policy")
# What a policy writes into a route; whether the route passes is told by what it matches.
TABLE.ignore(_NODE, "apply {x...}", "description {x...}")


def _node(draft: Draft, hit: Hit) -> _Node:
    place = number(hit["node"])  # first: a policy without any node is none
    nodes: dict[int, _Node] = draft.scratch.setdefault("policies", {}).setdefault(hit["name"], {})
    return nodes.setdefault(place, _Node(hit["action"].lower() == "permit", hit.where))


@TABLE.on("", _NODE, "policy")
def _policy(draft: Draft, hit: Hit) -> None:
    if hit["action"].lower() not in ("permit", "deny"):
        raise NotUnderstoodError(hit.text)
    _node(draft, hit)


@TABLE.on(_NODE, "if-match (ip|ipv6) address prefix-list {list}", "policy")
def _by_prefix(draft: Draft, hit: Hit) -> None:
    _node(draft, hit).matches.append(f"prefix:{hit['list']}")


@TABLE.on(_NODE, "if-match (ip|ipv6) address acl {list}", "policy")
def _by_acl(draft: Draft, hit: Hit) -> None:
    _node(draft, hit).matches.append(f"filter:{hit['list']}")


@TABLE.on(_NODE, "{anything...}", "policy")
def _not_known(draft: Draft, hit: Hit) -> None:
    _node(draft, hit).understood = False
    raise NotUnderstoodError(hit.text)


def finish(draft: Draft) -> None:
    """Entries and nodes by number, whatever the order of lines."""
    for (family, name), entries in draft.scratch.get("prefix-lists", {}).items():
        held = tuple(entries[index] for index in sorted(entries))
        draft.top.add("prefix_lists", PrefixList(name, family, held, held[0].where))
    for name, nodes in draft.scratch.get("policies", {}).items():
        ordered = [nodes[one] for one in sorted(nodes)]
        made = tuple(PolicyNode(one.permit, tuple(one.matches), one.where, one.understood) for one in ordered)
        draft.top.add("policies", RoutePolicy(name, made, ordered[0].where))
    for (protocol, _), entry in keyed(draft, "igps").items():
        for silent in draft.scratch.get("isis-silent", ()):
            if protocol == "isis":
                entry.add("silent", silent)
