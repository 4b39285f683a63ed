"""What a configuration means whatever the vendor: a device's model with everything that is a platform's own taken out.

Interfaces are roles. Places, names of lists and policies, ids of rules, and how a platform states a default are left
out; filters are what they let pass between roles, and how that ends. SILENT lists by vendor what it cannot say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from writing.design import INSIDE, OUTSIDE, Design, Port, network

from conformance.judge.access.blocks import Block, Budget, Ranges, covered, merged, without
from conformance.judge.access.config import SELF, DeviceConfig, Interface, Passage, Read, Session
from conformance.judge.access.filters import Crossing, applied, everything, falls_through, permitted, steps
from conformance.judge.access.prefixes import PrefixSet

#: Kinds of secrets that do not show the secret itself.
_HIDDEN = ("reversible", "hash", "masked")
#: Destinations that stay on their link: what a device answers to, beside its own addresses.
_LINK = ("255.255.255.255/32", "fe80::/10", "ff02::/16")
#: Names of groups of Diffie-Hellman beside their numbers (RFC 5903).
_GROUPS = {"ecp256": "19", "ecp384": "20"}
_BUDGET = 3_000_000
Plain = dict[str, Any]
#: What a vendor's configuration does not say, with the reason.
SILENT: Mapping[str, Mapping[str, str]] = {
    "huawei": {},
    "h3c": {},
    "linux": {},
    "cisco": {"snmp users": "the export of the running configuration leaves users of SNMPv3 out"},
}


def plain(config: DeviceConfig, names: Mapping[str, str], vendor: str) -> Plain:
    """The model in plain values, without filters; what the vendor cannot say left out."""
    roles = {name: role for role, name in names.items()}
    made: Plain = {
        "hostname": config.hostname.value,
        **_interfaces(config, roles),
        "instances": sorted(
            (one.name, one.rd.value, _targets(one.imports), _targets(one.exports)) for one in config.instances
        ),
        "routes": sorted((one.prefix, one.next_hop, one.instance, one.into, one.null) for one in config.routes),
        **_bgp(config),
        "igps": [one.protocol for one in config.igps],
        **_nat(config, roles),
        **_management(config),
        "ntp": sorted((one.address, one.authenticated) for one in config.ntp),
        "collectors": sorted({one.address for one in config.collectors}),
        "resolvers": sorted({one.address for one in config.resolvers}),
        "offered resolvers": sorted({one.address for one in config.offered_resolvers}),
        "proposals": sorted((one.kind, one.encryption, one.integrity, one.version) for one in config.proposals),
        "groups": sorted({_GROUPS.get(group, group) for one in config.proposals for group in one.group}),
        "authenticated by": _ways_in(config),
        "gateways": [one.kind for one in config.gateways],
        "dot1x": config.dot1x.known(False),
        "source route": config.hardening.source_route.value,
        "unused": sorted({name for name, _ in config.hardening.unused}),
        "complete": all(one.complete for one in config.coverage),
    }
    return {key: value for key, value in made.items() if key not in SILENT[vendor]}


def _ways_in(config: DeviceConfig) -> list[str]:
    """How IKE peers are authenticated, whether their proposals or they themselves say so."""
    said = {one.authentication for one in config.proposals} | {one.authentication for one in config.peers}
    return sorted(said - {""})


def _targets(found: Iterable[tuple[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted(target for target, _ in found))


def _interfaces(config: DeviceConfig, roles: Mapping[str, str]) -> Plain:
    found = {roles[one.name]: one for one in config.interfaces if one.name in roles}
    facing = {role: one for role, one in found.items() if one.kind != "loopback"}
    return {
        "roles": sorted(found),
        "kinds": {role: one.kind for role, one in found.items()},
        "addresses": {role: sorted(each.value for each in one.addresses) for role, one in found.items()},
        "descriptions": {role: one.description.value for role, one in found.items()},
        "shutdown": sorted(role for role, one in found.items() if one.shutdown.known(False)),
        "bound": {role: one.instance.known("") for role, one in found.items()},
        "vlans": {role: one.vlan.value for role, one in found.items() if one.vlan.value},
        "mtu": {role: one.mtu.known(1500) for role, one in facing.items()},
        "limits": {role: one.limit.value for role, one in facing.items()},
        "ipv6": sorted(role for role, one in found.items() if one.ipv6.known(_six(one)) and _six(one)),
        "urpf": {role: one.urpf.known("") for role, one in facing.items()},
        "urpf6": {role: one.urpf6.known("") for role, one in facing.items() if _six(one)},
        "admission": sorted(role for role, one in facing.items() if one.dot1x.known(False)),
        "dhcp": {role: one.dhcp.known("") for role, one in facing.items()},
        "redirects": sorted(role for role, one in facing.items() if _on(one.redirects, config.hardening.redirects)),
        "directed broadcast": sorted(role for role, one in facing.items() if _on(one.directed_broadcast)),
    }


def _six(one: Interface) -> bool:
    return any(":" in each.value for each in one.addresses)


def _on(*settings: Read[bool]) -> bool:
    """The first that is said; where nothing is, the texts rely on a default, and none of these may."""
    return next((bool(one.value) for one in settings if one.state == "set"), True)


def _bgp(config: DeviceConfig) -> Plain:
    bgp = config.bgp
    assert bgp is not None
    return {
        "asn": bgp.asn.value,
        "sessions": {(one.instance, one.neighbour): _session(config, one) for one in bgp.sessions},
        "announced": sorted((one.prefix, one.family, one.instance) for one in bgp.announced),
        "redistributed": [one.protocol for one in bgp.redistributed],
    }


def _session(config: DeviceConfig, one: Session) -> tuple[Any, ...]:
    families = tuple(
        (each.family, _routes(config, each.imports), _routes(config, each.exports), each.limit.value)
        for each in one.families
        if each.active
    )
    hidden = one.password.value in _HIDDEN
    return (
        one.remote_as.value,
        hidden,
        one.ttl_security.value,
        one.bfd.known(False),
        one.shutdown.known(False),
        families,
    )


def _routes(config: DeviceConfig, named: Read[str]) -> tuple[Any, ...]:
    """The entries behind a reference: a list, or a policy of one node with one list."""
    kind, _, name = (named.value or "").partition(":")
    if kind == "policy":
        policy = next(one for one in config.policies if one.name == name)
        return tuple(
            (
                node.permit,
                node.understood,
                *(each for match in node.matches for each in _routes(config, Read("set", match))),
            )
            for node in policy.nodes
        )
    found = [one for one in config.prefix_lists if kind == "prefix" and one.name == name]
    return tuple((each.permit, each.prefix, each.least, each.most) for one in found for each in one.entries)


def _nat(config: DeviceConfig, roles: Mapping[str, str]) -> Plain:
    """Translations with the same pool and sources at several interfaces are one."""
    out: dict[tuple[Any, ...], set[str]] = {}
    for one in config.source_nat:
        key = (PrefixSet.of(one.pools).texts(), one.easy, tuple(sorted(one.sources)))
        out.setdefault(key, set()).update(roles[name] for name in one.go_out)
    return {
        "source nat": sorted((*key, sorted(value)) for key, value in out.items()),
        "mapped": sorted({(one.outside, one.inside, one.protocol, one.port) for one in config.mapped}),
        "nat log": config.nat_log.value,
    }


def _management(config: DeviceConfig) -> Plain:
    running = {one.kind: one for one in config.services if one.enabled.known(False)}
    ssh, accounts = running.get("ssh"), config.accounts
    return {
        "services": sorted(running),
        "reached from": {kind: sorted(one.sources.value or ("anywhere",)) for kind, one in running.items()},
        "ssh version": (ssh.version.known(config.defaults.get("ssh-version")) or "")[:1] if ssh else "",
        "ssh algorithms": sorted(ssh.algorithms) if ssh else [],
        "users": sorted((one.name, one.secret) for one in accounts.users),
        "idle": sorted({one.idle.value for one in accounts.lines if one.idle.value is not None}),
        "lines by": sorted({one.authentication.known("aaa") or "" for one in accounts.lines}),
        "schemes": accounts.schemes.value,
        "tries": accounts.tries.value,
        "locked": accounts.locked.value,
        "snmp versions": sorted({version for version, _ in config.snmp.versions}),
        "communities": len(config.snmp.communities),
        "snmp levels": sorted({one.level for one in config.snmp.users}),
        "snmp users": sorted(one.name for one in config.snmp.users),
    }


# --- filters ---


def passing(config: DeviceConfig, names: Mapping[str, str], design: Design) -> dict[str, tuple[Block, ...]]:
    """What is let through on each way between roles, and from each role to the device, by ``from to family``."""
    budget = Budget(_BUDGET)
    made: dict[str, tuple[Block, ...]] = {}
    for name, crossing in _ways(names, design):
        tables = [steps(one, crossing) for one in _inner(config, _met(config, crossing))]
        assert tables, f"nothing filters {name}"
        made[name] = tuple(permitted(tables, crossing, budget))
    return made


def endings(config: DeviceConfig, names: Mapping[str, str], design: Design) -> dict[str, tuple[bool, bool]]:
    """By way: does it meet a stateful passage, and is the rest refused by a word of the file that is recorded?"""
    budget = Budget(_BUDGET)
    made = {}
    for name, crossing in _ways(names, design):
        met = _met(config, crossing)
        made[name] = (any(one.stateful for one in met), all(_refuses(one, crossing, budget) for one in met))
    return made


def _met(config: DeviceConfig, crossing: Crossing) -> tuple[Passage, ...]:
    """The passages on a way. Where some are for what ends in the device alone (Linux), others do not meet that."""
    found = applied(config.passages, crossing)
    own = tuple(one for one in found if crossing.go_out == SELF and one.go_out == (SELF,))
    return own or found


def _refuses(passage: Passage, crossing: Crossing, budget: Budget) -> bool:
    if passage.explicit and passage.default == "deny" and passage.default_logged:
        return True
    *rules, _ = steps(passage, crossing)
    last = rules[-1].rule if rules else None
    return bool(last and not last.permit and last.logged) and not falls_through(rules[-1:], crossing, budget)


def same(one: tuple[Block, ...], other: tuple[Block, ...], budget: Budget) -> bool:
    """Are two sets of packets one?"""
    return all(covered(block, other, budget) for block in one) and all(covered(block, one, budget) for block in other)


def _inner(config: DeviceConfig, found: Iterable[Passage]) -> Iterator[Passage]:
    """The passages as they meet mapped services by their inner address, wherever a vendor filters."""
    inner = {f"{one.outside}/32": f"{one.inside}/32" for one in config.mapped}
    for passage in found:
        rules = tuple(
            replace(one, destinations=tuple(inner.get(each, each) for each in one.destinations))
            for one in passage.rules
        )
        yield replace(passage, rules=rules)


def _ways(names: Mapping[str, str], design: Design) -> Iterator[tuple[str, Crossing]]:
    near, far = design.side(INSIDE), design.side(OUTSIDE)
    for family in (4, 6):
        every = everything(family)
        itself = PrefixSet.of(design.own).ranges(family)
        beside = merged([*itself, *PrefixSet.of(_LINK).ranges(family)])
        lans = PrefixSet.of(network(one) for port in near for one in port.addresses).ranges(family)
        beyond = without(every, merged([*beside, *lans]))
        for inner, outer in product(near, far):
            if inner.instance == outer.instance and inner.of(family) and outer.of(family):
                behind = without(PrefixSet.of(network(one) for one in inner.of(family)).ranges(family), beside)
                yield _way(names, inner, outer, family, beyond)
                yield _way(names, outer, inner, family, behind)
        for port in (*near, *far):
            if port.of(family):
                crossing = Crossing(names[port.role], SELF, "in", family, every, beside)
                yield f"{port.role} device {family}", crossing


def _way(names: Mapping[str, str], come: Port, go: Port, family: int, destinations: Ranges) -> tuple[str, Crossing]:
    direction = "out" if go.side == OUTSIDE else "in"
    crossing = Crossing(names[come.role], names[go.role], direction, family, everything(family), destinations)
    return f"{come.role} {go.role} {family}", crossing
