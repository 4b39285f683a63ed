"""Huawei VRP: address translation by policy (firewalls, later routers) or at interfaces, and its log."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from conformance.judge.access.config import MappedAddress, SourceNat, Unread
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.limits import without
from conformance.system.access.configs.many import each, unknown
from conformance.system.access.configs.shared import host_of, interface_name, port, prefix_of, protocol
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.vrp_acls import acls, ordered
from conformance.system.access.configs.vrp_interfaces import VIEW as INTERFACE
from conformance.system.access.configs.vrp_security import addresses, interfaces_of, zone_members
from conformance.system.access.configs.vrp_zones import PolicyRule, policy_views, rule_of
from conformance.system.access.configs.words import Words

NAT = Table()
NAT.topics("nat", "nat", "nat-policy", "nat64", "firewall log", "destination-nat", "ip nat")
_GROUP = "nat address-group {group} [{rest...}]"
_POLICY, _RULE = "nat-policy", "rule name {rule...}"
NAT.view(_GROUP, "nat")
NAT.view(_POLICY, "nat")
NAT.view(f"{_POLICY} / {_RULE}", "nat")
_LOGS = (
    "firewall log session nat enable",
    "firewall log session enable",
    "firewall log all enable",
    "nat log session enable",
    "nat log enable",
    "nat session-log enable",
    "firewall-nat session log enable",
)


@dataclass
class _Group:
    """A pool: its ranges, and whether all of it was understood."""

    where: Location
    ranges: list[str] = field(default_factory=list)
    understood: bool = True


def _group(draft: Draft, name: str, where: Location) -> _Group:
    groups: dict[str, _Group] = draft.scratch.setdefault("nat groups", {})
    return groups.setdefault(name, _Group(where))


def _range(first: str, last: str) -> str:
    low, high = host_of(first), host_of(last)
    return f"{low}-{high}" if low != high else prefix_of(low)


@NAT.on("", _GROUP, "nat")
def _address_group(draft: Draft, hit: Hit) -> None:
    group = _group(draft, hit["group"], hit.where)
    group.understood = False
    words = Words(hit["rest"])
    if words and words.peek().isdigit():
        words.take()
    if words:
        group.ranges.append(_range(words.take(), words.take()))
    if words.skip("mask"):
        words.take()
    words.end()
    group.understood = True


@NAT.on(_GROUP, "section {rest...}", "nat")
def _section(draft: Draft, hit: Hit) -> None:
    group = _group(draft, hit["group"], hit.where)
    known, group.understood = group.understood, False
    words = Words(hit["rest"])
    if words.peek().isdigit():
        words.take()
    first = words.take()
    if words.skip("mask"):
        group.ranges.append(prefix_of(first, words.take()))
    else:
        group.ranges.append(_range(first, words.take()) if words else prefix_of(first))
    words.end()
    group.understood = known


# How ports are shared out: the addresses stay the same.
NAT.ignore(_GROUP, "mode {rest...}", "[undo] route enable", "description {text...}", "smart-nopat {rest...}")
NAT.ignore(_GROUP, "status active", "port-range {rest...}", "port-block-size {rest...}")


@NAT.on("", _POLICY, "nat")
def _policy(draft: Draft, hit: Hit) -> None:
    """The view."""


@NAT.on(_POLICY, _RULE, "nat")
def _rule(draft: Draft, hit: Hit) -> None:
    rule_of(draft, "nat rules", hit)


policy_views(f"{_POLICY} / {_RULE}", "nat rules", NAT)


@NAT.on(f"{_POLICY} / {_RULE}", "egress-interface {interface...}", "nat")
def _egress(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("nat egress", {})[hit["rule"]] = interface_name(hit["interface"])


@NAT.on(f"{_POLICY} / {_RULE}", "action {action...}", "nat")
def _action(draft: Draft, hit: Hit) -> None:
    words = Words(hit["action"])
    actions: dict[str, tuple[str, str, Location]] = draft.scratch.setdefault("nat actions", {})
    if words.skip("no-nat"):
        words.end()
        actions[hit["rule"]] = ("none", "", hit.where)
        return
    if not words.any_of("nat", "source-nat"):
        raise NotUnderstoodError(hit.text)
    if words.skip("easy-ip"):
        actions[hit["rule"]] = ("easy", "", hit.where)
    elif words.skip("address-group"):
        actions[hit["rule"]] = ("pool", words.take(), hit.where)
    else:
        raise NotUnderstoodError(hit.text)
    words.any_of("no-pat", "pat")
    words.end()


@NAT.on(f"{_POLICY} / {_RULE}", "{anything...}", "nat")
def _other(draft: Draft, hit: Hit) -> None:
    rule_of(draft, "nat rules", hit).understood = False
    raise NotUnderstoodError(hit.text)


@NAT.on(INTERFACE, "nat outbound {rest...}", "nat")
def _outbound(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    acl = "" if words.peek() in ("address-group", "interface") else words.take()
    kind, name = "easy", ""
    if words.skip("address-group"):
        kind, name = "pool", words.take()
    elif words.skip("interface"):
        interface_name(" ".join(words.until("no-pat", "vrrp")))
    words.skip("no-pat")
    words.end()
    interface = interface_name(hit["interface"].partition(" mode ")[0])
    draft.scratch.setdefault("nat outbound", []).append((hit.where, interface, acl, kind, name))


@each(NAT, ("", INTERFACE), "nat (server|static) {rest...}", "nat")
def _server(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    if words.peek() not in ("protocol", "global"):
        words.take()  # its name, on firewalls followed by a number
        if words.peek().isdigit():
            words.take()
        if words.skip("zone"):
            words.take()
    named = protocol(words.take()) if words.skip("protocol") else "any"
    if not words.skip("global"):
        raise NotUnderstoodError(hit.text)
    outside, outer = _end(draft, words, hit)
    if not words.skip("inside") and not words.skip("host"):
        raise NotUnderstoodError(hit.text)
    inside, inner = host_of(words.take()), _port(words)
    if (outer is None) != (inner is None):
        raise NotUnderstoodError(hit.text)
    _mapping_options(words)
    draft.top.add("mapped", MappedAddress(hit.where, outside, inside, named, outer or 0))


def _end(draft: Draft, words: Words, hit: Hit) -> tuple[str, int | None]:
    """The outside: an address, or that of an interface, with the port where there is one."""
    if words.skip("current-interface"):
        name = interface_name(hit["interface"].partition(" mode ")[0])
    elif words.skip("interface"):
        parts = words.until("inside", "host")
        name, tail = interface_name("".join(parts[:2]) if len(parts) > 1 and parts[0].isalpha() else parts[0]), parts
        ports = tail[2:] if tail[0].isalpha() else tail[1:]
        return _address_of(draft, name), port(ports[0]) if ports else None
    else:
        return host_of(words.take()), _port(words)
    return _address_of(draft, name), _port(words)


def _address_of(draft: Draft, name: str) -> str:
    """The address that an interface has by now: in an export it stands before the mapping."""
    entry = draft.entries("interfaces").get(name)
    held = entry.held("addresses") if entry is not None else None
    if not held:
        raise NotUnderstoodError(name)
    return str(held[0].value).partition("/")[0]


def _port(words: Words) -> int | None:
    if not words or words.peek() in ("inside", "host", *_OPTIONS):
        return None
    return port(words.take())


_OPTIONS = ("no-reverse", "unr-route", "vpn-instance", "description", "netmask", "acl", "tracert", "enable")


def _mapping_options(words: Words) -> None:
    while words:
        if words.any_of("vpn-instance", "acl"):
            words.take()
        elif words.skip("netmask"):
            if words.take() not in ("255.255.255.255", "32"):
                raise NotUnderstoodError("netmask")
        elif words.skip("description"):
            words.rest()
        elif not words.any_of("no-reverse", "unr-route"):
            words.take()
            raise NotUnderstoodError("mapping")


def _log_commands() -> None:
    for command in _LOGS:
        NAT.on("", f"[undo] {command}", "nat")(_log)


def _log(draft: Draft, hit: Hit) -> None:
    draft.top.put("nat_log", not hit.text.lower().startswith("undo"), hit.where)


_log_commands()
# Where the log goes and how it looks; helpers for protocols inside translated packets; time-outs.
NAT.ignore(
    "",
    *(
        "firewall log (host|source|server|binary-log|syslog) {rest...}",
        "log type {rest...}",
        "nat log (host|source) {rest...}",
    ),
    *(
        "[undo] nat alg {rest...}",
        "nat (aging-time|session|mapping-mode|filter-mode|overlap-address|dns-map) {rest...}",
    ),
    *(
        "firewall session {rest...}",
        "firewall-nat session {rest...}",
        "firewall detect {rest...}",
        "nat alg all enable",
    ),
)
unknown(NAT, "", "nat", "nat", "firewall log")
unknown(NAT, INTERFACE, "nat", "nat")


def finish(draft: Draft) -> None:
    """Make translations of rules and of commands at interfaces, with pools and ACLs as defined."""
    members = zone_members(draft)
    actions: dict[str, tuple[str, str, Location]] = draft.scratch.get("nat actions", {})
    egress = draft.scratch.get("nat egress", {})
    spared: list[str] = []
    for name, rule in draft.scratch.get("nat rules", {}).items():
        kind, group, where = actions.get(name, ("", "", rule.where))
        sources, known = addresses(draft, rule.sources, rule.source_sets)
        known = known and rule.understood
        if not rule.enabled:
            continue
        if kind == "none":
            if _narrow(rule) or not known or not sources:
                draft.unread.append(Unread("nat", where))  # spares some packets of later translations: which, is unsaid
            spared += sources
            continue
        go_out = (egress[name],) if name in egress else interfaces_of(rule.to_zones, members)
        kept = without(sources, spared)
        if sources and not kept:
            continue  # all of it is spared
        known = known and not (spared and not sources)  # all but the spared: the model cannot say so
        _translation(draft, kind if known else "", group, SourceNat(where, go_out=go_out, sources=kept))
    for where, interface, acl, kind, group in draft.scratch.get("nat outbound", ()):
        sources, known = _acl_sources(draft, acl)
        _translation(draft, kind if known else "", group, SourceNat(where, go_out=(interface,), sources=sources))


def _narrow(rule: PolicyRule) -> bool:
    return bool(rule.destinations or rule.destination_sets or rule.services or rule.service_sets)


def _translation(draft: Draft, kind: str, group: str, made: SourceNat) -> None:
    """One translation; where its pool or its sources are not known the line counts as not understood."""
    pool: _Group | None = draft.scratch.get("nat groups", {}).get(group)
    ranges = tuple(pool.ranges) if pool is not None else ()
    if not (kind == "easy" or (kind == "pool" and pool is not None and pool.understood and ranges)):
        draft.unread.append(Unread("nat", made.where))
    draft.top.add("source_nat", replace(made, pools=ranges, easy=kind == "easy"))


def _acl_sources(draft: Draft, acl: str) -> tuple[tuple[str, ...], bool]:
    """The sources that an ACL permits: with a refusal among them they are no plain list."""
    if not acl:
        return (), True
    held = acls(draft).get((4, acl))
    if held is None:
        return (), False
    rules = ordered(draft, held)
    clear = [rule for rule in rules if rule.permit or rule.sources or rule.destinations or rule.protocol != "any"]
    known = all(rule.permit and rule.understood for rule in clear) and bool(clear)
    sources = tuple(dict.fromkeys(one for rule in clear for one in rule.sources))
    return ((), known) if any(not rule.sources for rule in clear) else (sources, known)
