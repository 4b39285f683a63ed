"""Huawei VRP: passages of the security policy and of the packet filters between zones.

What the security policy does not mention is refused. Its rules are asked in the order in which they stand: they have
names, not numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.judge.access.config import SELF, FilterRule, Passage, Unread
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import family_of
from conformance.system.access.configs.vrp_acls import acls, ordered, timed
from conformance.system.access.configs.vrp_zones import Between, Named, PolicyRule, Service, zones

_LOCAL, _DEEPEST, _FAMILIES = "local", 8, (4, 6)
#: Services that the device knows by name and that mean the same everywhere; any other name is not understood.
_KNOWN: dict[str, Service] = {
    "icmp": Service("icmp"),
    "icmpv6": Service("icmpv6"),
    "ospf": Service("89"),
    **{
        name: Service("tcp", (), ((port, port),))
        for name, port in {
            "ftp": 21,
            "ssh": 22,
            "telnet": 23,
            "smtp": 25,
            "http": 80,
            "pop3": 110,
            "bgp": 179,
            "https": 443,
        }.items()
    },
    **{
        name: Service("udp", (), ((port, port),))
        for name, port in {"tftp": 69, "ntp": 123, "snmp": 161, "snmptrap": 162, "syslog": 514}.items()
    },
}


def finish(draft: Draft) -> None:
    """Make the passages; what a rule names and the file does not define leaves the rule not understood."""
    members = _members(draft)
    where = draft.scratch.get("security policy")
    if where is not None:
        rules = list(draft.scratch.get("security rules", {}).values())
        default, said = draft.scratch.get("default action", ("deny", None))
        for family in _FAMILIES:
            made = Passage(
                "security-policy",
                family,
                said or where,
                tuple(rule for one in rules for rule in _expanded(draft, one, family, members)),
                default,
                explicit=said is not None,
                default_logged=bool(draft.scratch.get("default logged")),
                stateful=True,
            )
            draft.top.add("passages", made)
    for pair, between in draft.scratch.get("interzones", {}).items():
        if between.enabled:
            _between(draft, pair, between, members)


def _members(draft: Draft) -> dict[str, list[str]]:
    """The interfaces of each zone, by whichever side says it."""
    found: dict[str, list[str]] = {zone: [] for zone in zones(draft)}
    for entry in draft.entries("interfaces").items():
        name, interface = entry
        zone = interface.held("zone")
        if zone is not None and zone.value:
            found.setdefault(zone.value.lower(), []).append(str(name))
    return found


def interfaces_of(names: Iterable[str], members: dict[str, list[str]]) -> tuple[str, ...]:
    """The interfaces of zones. A zone without any yields a name that no interface has: nothing comes from there."""
    found: list[str] = []
    for name in names:
        if name == _LOCAL:
            found.append(SELF)
        else:
            found += members.get(name) or [f"zone:{name}"]
    return tuple(dict.fromkeys(found))


def zone_members(draft: Draft) -> dict[str, list[str]]:
    """The interfaces of each zone."""
    return _members(draft)


def _expanded(draft: Draft, one: PolicyRule, family: int, members: dict[str, list[str]]) -> list[FilterRule]:
    """The rule for one family: one for each of its services; none where its addresses are of the other family only."""
    if not one.enabled:
        return []
    sources, sources_known = addresses(draft, one.sources, one.source_sets)
    destinations, destinations_known = addresses(draft, one.destinations, one.destination_sets)
    services, services_known = _services(draft, one, family)
    understood = one.understood and sources_known and destinations_known and services_known and one.permit is not None
    if one.understood and not understood and family == _FAMILIES[0]:
        draft.unread.append(Unread("filter", one.where))
    own, other = of_family(sources, family), of_family(destinations, family)
    if understood and ((sources and not own) or (destinations and not other) or not services):
        return []
    made = [
        FilterRule(
            one.name,
            bool(one.permit),
            one.where,
            service.protocol,
            own,
            other,
            service.source_ports,
            service.ports,
            interfaces_of(one.from_zones, members),
            interfaces_of(one.to_zones, members),
            logged=one.logged,
            remark=one.remark,
            understood=understood,
        )
        for service in services or (Service("any"),)
    ]
    return [timed(draft, rule, one.when) for rule in made]


def of_family(prefixes: Iterable[str], family: int) -> tuple[str, ...]:
    """The prefixes of one family."""
    return tuple(one for one in prefixes if family_of(one) == family)


def addresses(draft: Draft, prefixes: list[str], sets: list[str]) -> tuple[tuple[str, ...], bool]:
    """All prefixes, those of sets among them, and whether every set is known."""
    found, known = list(prefixes), True
    for one in _unfolded(draft, "address", sets):
        known = known and one is not None and one.understood
        found += one.items if one is not None else []
    known = known and (bool(found) or not sets)  # an empty set would read as any address
    return tuple(dict.fromkeys(found)), known


def _services(draft: Draft, rule: PolicyRule, family: int) -> tuple[tuple[Service, ...], bool]:
    """The rule's services that this family has; ``any`` where it names none."""
    if not rule.services and not rule.service_sets:
        return (Service("any"),), True
    found, known = list(rule.services), True
    defined = draft.scratch.get("sets", {})
    own = [name for name in rule.service_sets if ("service", name) in defined or name.lower() not in _KNOWN]
    found += [_KNOWN[name.lower()] for name in rule.service_sets if name not in own]
    for one in _unfolded(draft, "service", own):
        known = known and one is not None and one.understood
        found += one.services if one is not None else []
    foreign = {4: "icmpv6", 6: "icmp"}[family]
    return tuple(one for one in dict.fromkeys(found) if one.protocol != foreign), known and bool(found)


def _unfolded(draft: Draft, kind: str, names: Iterable[str]) -> list[Named | None]:
    """The sets of these names with those inside, each once; None for one that is not defined."""
    defined: dict[tuple[str, str], Named] = draft.scratch.get("sets", {})
    found: list[Named | None] = []
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        one = defined.get((kind, name))
        found.append(one)
        waiting += one.inner if one is not None else []
    return found


def _between(draft: Draft, pair: tuple[str, str], between: Between, members: dict[str, list[str]]) -> None:
    """Inbound is towards the zone of the higher priority."""
    priorities = draft.scratch.get("priorities", {})
    if any(zone not in priorities for zone in pair):
        draft.unread.append(Unread("filter", between.where))
        return
    low, high = sorted(pair, key=lambda zone: priorities[zone])
    for way, origin, target in (("inbound", low, high), ("outbound", high, low)):
        for family in _FAMILIES:
            acl = between.acls.get(f"{way} {family}")
            held = acls(draft).get(acl) if acl else None
            action, said = between.defaults.get(way, (draft.defaults.get(f"interzone-{way}", "unknown"), None))
            made = Passage(
                f"{origin}-{target}",
                family,
                said or between.where,
                ordered(draft, held) if held else (),
                action if held or not acl else "unknown",
                explicit=said is not None,
                stateful=True,
                come_in=interfaces_of([origin], members),
                go_out=interfaces_of([target], members),
            )
            draft.top.add("passages", made)
