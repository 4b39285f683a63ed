"""Comware: where filters are applied: zones, security policies, pairs of zones, packet filters on interfaces, ASPF.

What no rule matches passes a packet filter on an interface (unless ``packet-filter default deny`` stands in the file),
and does not pass a security policy or a pair of zones. We rest on that only for a family of which the file speaks: a
file without ``security-policy ipv6`` filters no IPv6, as far as it tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from conformance.judge.access.config import SELF, FilterRule, Passage
from conformance.judge.rulebook import Location
from conformance.system.access.configs import comware_acl, comware_rules
from conformance.system.access.configs.comware_interfaces import INTERFACE
from conformance.system.access.configs.comware_words import Words, doubt, interface_name
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.view(INTERFACE, "interface")
TABLE.topics("filter", "security-zone", "zone-pair", "packet-filter", "aspf", "firewall", "session", "attack-defense")
_ZONE = "security-zone name {zone}"
_PAIR = "zone-pair security source {source} destination {destination}"
for _path in (_ZONE, _PAIR):
    TABLE.view(_path, "filter")
_FAMILIES = (4, 6)
_LOCAL, _ANY, _PERMIT, _DENY = "local", "any", "permit", "deny"
#: With more zones than a device has, pairs that no line names are not told one by one.
_MOST_ZONES = 256

# Which protocols ASPF looks into, how long sessions live, what attacks are looked for: that answers pass is told
# where it is applied.
TABLE.ignore("", "aspf policy {x}", "aspf icmp-error reply", "session (statistics|aging-time|synchronization) {x...}")
TABLE.ignore("", "session statistics enable", "attack-defense {x...}", "acl logging interval {x}", "acl copy {x...}")
TABLE.ignore(_ZONE, "attack-defense {x...}", "description {x...}")
TABLE.ignore(INTERFACE, "packet-filter filter (all|route)")


@dataclass
class _Pair:
    """A pair of zones: what is applied to each family, as (``object`` or ``acl``, name, place)."""

    source: str
    destination: str
    where: Location
    applied: dict[int, list[tuple[str, str, Location]]] = field(default_factory=dict)


def _zones(draft: Draft) -> dict[str, list[str]]:
    zones: dict[str, list[str]] = draft.scratch.setdefault("zones", {})
    return zones


@TABLE.on("", _ZONE, "filter")
def _zone(draft: Draft, hit: Hit) -> None:
    _zones(draft).setdefault(hit["zone"].lower(), [])


@TABLE.on(_ZONE, "import interface {member...}", "filter")
def _member(draft: Draft, hit: Hit) -> None:
    words = Words(hit["member"])
    name = words.interface()
    if words.take("vlan"):
        raise NotUnderstoodError(hit.text)  # a part of an interface
    words.done()
    _zones(draft).setdefault(hit["zone"].lower(), []).append(name)
    draft.scratch.setdefault("zone-of", {})[name] = (hit["zone"], hit.where)


@TABLE.on("", "packet-filter default (deny|permit)", "filter")
def _default(draft: Draft, hit: Hit) -> None:
    draft.scratch["packet-filter-default"] = (hit.text.lower().split()[-1], hit.where)


@TABLE.on(INTERFACE, "packet-filter {rest...}", "filter")
def _applied(draft: Draft, hit: Hit) -> None:
    family, name, words = _named(hit["rest"])
    direction = words.one_of("inbound", "outbound")
    while words:
        words.one_of("hardware-count", "extension")
    interface = interface_name(hit["interface"])
    draft.scratch.setdefault("packet-filters", []).append((interface, family, name, direction, hit.where))


def _named(text: str) -> tuple[int, str, Words]:
    words = Words(text)
    family = 6 if words.take("ipv6") else 4
    named = words.take("name")
    name = words.next()
    if not named and not name.isdecimal():
        raise NotUnderstoodError(text)
    return family, name, words


@TABLE.on(INTERFACE, "aspf apply policy {policy} {direction}", "filter")
def _aspf(draft: Draft, hit: Hit) -> None:
    if hit["direction"].lower() not in ("inbound", "outbound"):
        raise NotUnderstoodError(hit.text)
    name = interface_name(hit["interface"])
    draft.scratch.setdefault("aspf", set()).add((name, hit["direction"].lower()))


def _pair(draft: Draft, hit: Hit) -> _Pair:
    pairs: dict[tuple[str, str], _Pair] = draft.scratch.setdefault("zone-pairs", {})
    key = (hit["source"].lower(), hit["destination"].lower())
    if (_ANY in key) and key != (_ANY, _ANY):
        raise NotUnderstoodError(hit.text)
    return pairs.setdefault(key, _Pair(*key, hit.where))


@TABLE.on("", _PAIR, "filter")
def _pair_begun(draft: Draft, hit: Hit) -> None:
    _pair(draft, hit)


@TABLE.on(_PAIR, "object-policy apply {family} {policy}", "filter")
def _object_policy(draft: Draft, hit: Hit) -> None:
    family = {"ip": 4, "ipv6": 6}.get(hit["family"].lower())
    if family is None:
        raise NotUnderstoodError(hit.text)
    _pair(draft, hit).applied.setdefault(family, []).append(("object", hit["policy"].lower(), hit.where))


@TABLE.on(_PAIR, "packet-filter {rest...}", "filter")
def _pair_filter(draft: Draft, hit: Hit) -> None:
    family, name, words = _named(hit["rest"])
    words.done()
    _pair(draft, hit).applied.setdefault(family, []).append(("acl", name, hit.where))


@TABLE.on(_PAIR, "aspf apply policy {policy}", "filter")
def _pair_aspf(draft: Draft, hit: Hit) -> None:
    _pair(draft, hit)


def finish(draft: Draft) -> None:
    """Zones of interfaces, then every filter where it is applied."""
    entries = draft.entries("interfaces")
    for name, (zone, where) in draft.scratch.get("zone-of", {}).items():
        if name in entries:
            entries[name].put("zone", zone, where)
    _packet_filters(draft)
    secured = {family: held for (family, name), held in comware_rules.policies(draft).items() if not name}
    pairs: dict[tuple[str, str], _Pair] = draft.scratch.get("zone-pairs", {})
    if "security-policy-disabled" in draft.scratch:
        secured = {}
    if secured:
        for pair in pairs.values():
            for held in pair.applied.values():
                for _, _, where in held:  # which of the two decides hangs on the software
                    doubt(draft, "filter", where)
        _security_policies(draft, secured)
    else:
        _zone_pairs(draft, pairs)


def _packet_filters(draft: Draft) -> None:
    told = draft.scratch.get("packet-filter-default")
    default = told[0] if told else draft.defaults.get("packet-filter", _PERMIT)
    answers: set[tuple[str, str]] = draft.scratch.get("aspf", set())
    for interface, family, name, direction, where in draft.scratch.get("packet-filters", ()):
        acl = comware_acl.find(draft, family, name)
        if acl is None:
            doubt(draft, "filter", where)
            continue
        entry = draft.entries("interfaces")[interface]
        bound = entry.held("instance")
        rules = comware_acl.rules(draft, acl, (bound.value or "") if bound else "")
        inbound = direction == "inbound"
        passage = Passage(
            name=f"packet-filter {name} {direction} {interface}",
            family=family,
            where=where,
            rules=rules,
            default=default,
            explicit=told is not None,
            stateful=(interface, "outbound" if inbound else "inbound") in answers,
            come_in=(interface,) if inbound else (),
            go_out=() if inbound else (interface,),
        )
        draft.top.add("passages", passage)


def _ends(draft: Draft, zones: list[str], instance: str = "") -> tuple[str, ...]:
    """The interfaces of zones; of them those in an instance. What no interface is in has a name that none has: empty
    would be any.
    """
    found: list[str] = []
    for zone in zones:
        members = [SELF] if zone.lower() == _LOCAL else _zones(draft).get(zone.lower(), [])
        found += members or [f"zone:{zone}"]
    if zones and _ANY in [one.lower() for one in zones]:
        found = []
    if instance:
        inside = [
            str(name)
            for name, entry in draft.entries("interfaces").items()
            if entry.held("instance") is not None and entry.held("instance").value == instance
        ]
        found = [one for one in inside if not found or one in found] or [f"instance:{instance}"]
    return tuple(dict.fromkeys(found))


def _security_policies(draft: Draft, secured: dict[int, comware_rules.Policy]) -> None:
    for family in sorted(secured):
        policy = secured[family]
        name = "security-policy ip" if family == 4 else "security-policy ipv6"  # noqa: PLR2004
        ends = partial(_ends, draft)
        rules = comware_rules.made(draft, family, policy, ends, ends)
        draft.top.add("passages", Passage(name, family, policy.where, rules, _DENY, stateful=True))


def _zone_pairs(draft: Draft, pairs: dict[tuple[str, str], _Pair]) -> None:
    for family in _FAMILIES:
        spoken = {key: pair for key, pair in pairs.items() if family in pair.applied}
        for (source, destination), pair in spoken.items():
            if source != _ANY:
                come_in, go_out = _ends(draft, [source]), _ends(draft, [destination])
                draft.top.add("passages", _pair_passage(draft, family, pair, come_in, go_out))
        if spoken:
            _other_pairs(draft, family, spoken)


def _pair_passage(draft: Draft, family: int, pair: _Pair, come_in: tuple[str, ...], go_out: tuple[str, ...]) -> Passage:
    rules: list[FilterRule] = []
    for form, name, where in pair.applied[family]:
        if form == "object":
            policy = comware_rules.policies(draft).get((family, name))
            if policy is None:
                doubt(draft, "filter", where)
                continue
            ends = partial(_ends, draft)
            rules += comware_rules.made(draft, family, policy, ends, ends)
        else:
            acl = comware_acl.find(draft, family, name)
            if acl is None:
                doubt(draft, "filter", where)
                continue
            rules += comware_acl.rules(draft, acl)
    name = f"zone-pair {pair.source} {pair.destination}"
    return Passage(name, family, pair.where, tuple(rules), _DENY, stateful=True, come_in=come_in, go_out=go_out)


def _other_pairs(draft: Draft, family: int, spoken: dict[tuple[str, str], _Pair]) -> None:
    """From each zone to those towards which no pair of its own stands: what the pair of any with any permits, else
    nothing.
    """
    zones = [*_zones(draft), _LOCAL]
    general = spoken.get((_ANY, _ANY))
    where = next(iter(spoken.values())).where
    if len(zones) > _MOST_ZONES:
        doubt(draft, "filter", where)
        return
    for source in zones:
        others = [one for one in zones if one != source and (source, one) not in spoken]
        if not others or (source != _LOCAL and not _zones(draft)[source]):
            continue
        come_in, go_out = _ends(draft, [source]), _ends(draft, others)
        if general is not None:
            draft.top.add("passages", _pair_passage(draft, family, general, come_in, go_out))
        else:
            name = f"zone {source}"
            passage = Passage(name, family, where, (), _DENY, stateful=True, come_in=come_in, go_out=go_out)
            draft.top.add("passages", passage)
