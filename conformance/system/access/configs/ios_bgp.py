"""BGP as IOS, RGOS and FRR write it: neighbours and groups, families, what is announced.

FRR writes a VPN instance as ``router bgp 65101 vrf ga``, IOS as ``address-family ipv4 vrf ga``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.judge.access.config import (
    SET,
    UNKNOWN,
    Announced,
    Bgp,
    Read,
    Redistribution,
    SessionFamily,
)
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.ios_policy import made_policies, narrowed
from conformance.system.access.configs.ios_words import kept, network_of
from conformance.system.access.configs.many import each
from conformance.system.access.configs.shared import as_number, family_of, host_of, number
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

BGP = Table()
ROUTER = "router bgp {asn} [vrf {vrf}]"
FAMILY = f"{ROUTER} / address-family {{family...}}"
BGP.view(ROUTER, "bgp")
BGP.view(FAMILY, "bgp")
BGP.topics("bgp", "router bgp")
_BOTH = (ROUTER, FAMILY)
_SIX = 6
_PROTOCOLS = {"connected": "direct", "static": "static", "kernel": "kernel", "local": "direct"}
_IGPS = ("ospf", "ospf6", "ospfv3", "isis", "rip", "ripng", "eigrp", "babel", "table", "vnc", "sharp", "bgp")


@dataclass
class _Over:
    """What was said of a neighbour or a group in one family; filters by direction and kind."""

    where: Location
    active: bool | None = None
    filters: dict[tuple[str, str], tuple[str, Location]] = field(default_factory=dict)
    limit: Read[int] = field(default_factory=Read)


@dataclass
class _Neighbour:
    """A neighbour, or a group that neighbours may be members of, in one instance."""

    where: Location
    group: str = ""
    settings: dict[str, Read[Any]] = field(default_factory=dict)
    families: dict[str, _Over] = field(default_factory=dict)

    def over(self, family: str, where: Location) -> _Over:
        return self.families.setdefault(family, _Over(where))


def context(hit: Hit) -> tuple[str, str]:
    """The instance and the family of the view; in the router's own view the family is ``ipv4``."""
    words = Words(hit["family"] or "ipv4 unicast")
    base = words.take().lower()
    name = {"vpnv4": "vpnv4", "vpnv6": "vpnv6"}.get(base, base)
    kind = words.take().lower() if words and words.peek() != "vrf" else "unicast"
    if base in ("ipv4", "ipv6") and kind == "vpn":
        name = f"vpnv{base[-1]}"
    elif kind != "unicast":
        name = f"{base}-{kind}"
    instance = words.take() if words.skip("vrf") else ""
    words.end()
    return instance or hit["vrf"], name


def _neighbour(draft: Draft, hit: Hit) -> _Neighbour:
    known: dict[tuple[str, str], _Neighbour] = draft.scratch.setdefault("neighbours", {})
    return known.setdefault((context(hit)[0], _canonical(hit["peer"])), _Neighbour(hit.where))


def _canonical(peer: str) -> str:
    try:
        return host_of(peer)
    except NotUnderstoodError:
        return peer


def _over(draft: Draft, hit: Hit) -> _Over:
    return _neighbour(draft, hit).over(context(hit)[1], hit.where)


@BGP.on("", ROUTER, "bgp")
def _router(draft: Draft, hit: Hit) -> None:
    asn = as_number(hit["asn"])
    if draft.bgp is None:
        draft.bgp = Entry(Bgp, where=hit.where)
    held = draft.bgp.held("asn")
    if held is not None and held.value != asn:
        draft.bgp.unknown("asn", hit.where)  # the model holds one process
        raise NotUnderstoodError(hit.text)
    draft.bgp.put("asn", asn, hit.where)


@BGP.on(ROUTER, "address-family {family...}", "bgp")
def _family(_: Draft, hit: Hit) -> None:
    context(hit)


@BGP.on(ROUTER, "[no] bgp default ipv4-unicast", "bgp")
def _default_family(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("ipv4 unicast", {})[hit["vrf"]] = not hit.text.lower().startswith("no ")


@BGP.on(ROUTER, "bgp default ipv6-unicast", "bgp")
def _default_six(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("ipv6 unicast", {})[hit["vrf"]] = True


@each(BGP, _BOTH, "neighbor {peer} remote-as {asn}", "bgp")
def _remote(draft: Draft, hit: Hit) -> None:
    found = _neighbour(draft, hit)
    if hit["asn"].lower() in ("external", "internal", "auto"):
        found.settings["remote_as"] = Read(UNKNOWN, None, hit.where)
    else:
        found.settings["remote_as"] = Read(SET, as_number(hit["asn"]), hit.where)
    instance, family = context(hit)
    if instance and hit["family"]:
        found.over(family, hit.where)  # IOS: a neighbour of an instance stands in its family


@each(BGP, _BOTH, "neighbor {peer} interface [v6only] [remote-as {asn}] [peer-group {group}]", "bgp")
def _by_interface(draft: Draft, hit: Hit) -> None:
    _neighbour(draft, hit)
    raise NotUnderstoodError(hit.text)  # with whom, only the line tells


@each(BGP, _BOTH, "neighbor {peer} peer-group [{group}]", "bgp")
def _group(draft: Draft, hit: Hit) -> None:
    if hit["group"]:
        _neighbour(draft, hit).group = hit["group"]
    else:
        _neighbour(draft, hit)
        draft.scratch.setdefault("groups", set()).add((context(hit)[0], hit["peer"]))


@each(BGP, _BOTH, "neighbor {peer} password {secret...}", "bgp")
def _password(draft: Draft, hit: Hit) -> None:
    _neighbour(draft, hit).settings["password"] = Read(SET, kept(hit["secret"].split()), hit.where)


@each(BGP, _BOTH, "neighbor {peer} ttl-security hops {hops}", "bgp")
def _hops(draft: Draft, hit: Hit) -> None:
    number(hit["hops"], 1, 254)
    _neighbour(draft, hit).settings["ttl_security"] = Read(SET, True, hit.where)


@each(BGP, _BOTH, "neighbor {peer} (fall-over bfd|bfd) [{rest...}]", "bgp")
def _bfd(draft: Draft, hit: Hit) -> None:
    _neighbour(draft, hit).settings["bfd"] = Read(SET, True, hit.where)


@each(BGP, _BOTH, "[no] neighbor {peer} shutdown [{rest...}]", "bgp")
def _shutdown(draft: Draft, hit: Hit) -> None:
    on = not hit.text.lower().startswith("no ")
    _neighbour(draft, hit).settings["shutdown"] = Read(SET, on, hit.where)


@each(BGP, _BOTH, "[no] neighbor {peer} activate", "bgp")
def _activate(draft: Draft, hit: Hit) -> None:
    found = _over(draft, hit)
    found.active, found.where = not hit.text.lower().startswith("no "), hit.where


_LISTS = {"prefix-list": "prefix", "route-map": "policy", "distribute-list": "filter"}


@each(BGP, _BOTH, "neighbor {peer} (prefix-list|route-map|distribute-list) {name} (in|out)", "bgp")
def _filtered(draft: Draft, hit: Hit) -> None:
    words = hit.text.lower().split()
    setting = "imports" if words[-1] == "in" else "exports"
    _over(draft, hit).filters[setting, _LISTS[words[2]]] = (hit["name"], hit.where)


@each(BGP, _BOTH, "neighbor {peer} maximum-prefix {routes} [{rest...}]", "bgp")
def _limit(draft: Draft, hit: Hit) -> None:
    found, words = _over(draft, hit), Words(hit["rest"])
    found.limit = Read(UNKNOWN, None, hit.where)
    while words:
        if words.skip("restart"):
            number(words.take())
        elif not words.skip("force"):
            number(words.take(), 1, 100)  # ``warning-only`` limits nothing
    found.limit = Read(SET, number(hit["routes"], 1), hit.where)


@each(BGP, _BOTH, "neighbor {peer} default-originate [route-map {policy}]", "bgp")
def _default_originate(draft: Draft, hit: Hit) -> None:
    _over(draft, hit)
    _announce(draft, hit, "::/0" if "6" in context(hit)[1] else "0.0.0.0/0")


@each(BGP, _BOTH, "default-information originate", "bgp")
def _default_information(draft: Draft, hit: Hit) -> None:
    _announce(draft, hit, "::/0" if "6" in context(hit)[1] else "0.0.0.0/0")


@each(BGP, _BOTH, "network {prefix} [mask {mask}] [route-map {policy}]", "bgp")
def _network(draft: Draft, hit: Hit) -> None:
    _announce(draft, hit, network_of(hit["prefix"], hit["mask"]))


@each(BGP, _BOTH, "aggregate-address {prefix} [{rest...}]", "bgp")
def _aggregate(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    mask = words.take() if "/" not in hit["prefix"] else ""
    _announce(draft, hit, network_of(hit["prefix"], mask))


def _announce(draft: Draft, hit: Hit, prefix: str) -> None:
    instance, family = context(hit)
    if (family_of(prefix) == _SIX) != family.startswith(("ipv6", "vpnv6")) or draft.bgp is None:
        raise NotUnderstoodError(hit.text)
    policy: Read[str] = Read(SET, f"policy:{hit['policy']}", hit.where) if hit["policy"] else Read()
    draft.bgp.add("announced", Announced(prefix, family, hit.where, instance, policy))


@each(BGP, _BOTH, "redistribute {protocol} [{rest...}]", "bgp")
def _redistribute(draft: Draft, hit: Hit) -> None:
    protocol = hit["protocol"].lower()
    if protocol not in _PROTOCOLS and protocol not in _IGPS:
        raise NotUnderstoodError(hit.text)
    words = hit["rest"].split()
    place = next((at for at, word in enumerate(words[:-1]) if word.lower() == "route-map"), None)
    policy: Read[str] = Read(SET, f"policy:{words[place + 1]}", hit.where) if place is not None else Read()
    instance, family = context(hit)
    if draft.bgp is not None:
        made = Redistribution(_PROTOCOLS.get(protocol, protocol), family, hit.where, instance, policy)
        draft.bgp.add("redistributed", made)


# How a session is kept, and what is done to routes that pass: no clause asks for it.
for _path in _BOTH:
    BGP.ignore(
        _path,
        "[no] bgp (router-id|log-neighbor-changes|bestpath|always-compare-med|deterministic-med) [{rest...}]",
        "[no] bgp (graceful-restart|fast-external-failover|ebgp-requires-policy|network|enforce-first-as) [{rest...}]",
        "[no] bgp (dampening|scan-time|suppress-fib-pending|hard-administrative-reset|upgrade-cli|nexthop) [{rest...}]",
        "[no] bgp (update-delay|cluster-id|confederation|maxas-limit|client-to-client) [{rest...}]",
        "[no] bgp default local-preference [{rest...}]",
        "[no] bgp default show-hostname",
        "timers bgp {rest...}",
        "maximum-paths {rest...}",
        "distance {rest...}",
        "[no] (auto-summary|synchronization|exit-address-family|exit)",
        "table-map {rest...}",
        "[no] neighbor {peer} (description|update-source|timers|next-hop-self|weight|version) [{rest...}]",
        "[no] neighbor {peer} (send-community|soft-reconfiguration|ebgp-multihop|advertisement-interval) [{rest...}]",
        "[no] neighbor {peer} (capability|dont-capability-negotiate|disable-connected-check|passive) [{rest...}]",
        "[no] neighbor {peer} (attribute-unchanged|remove-private-AS|as-override|allowas-in|local-as) [{rest...}]",
        "[no] neighbor {peer} (graceful-restart|transport|route-reflector-client|addpath-tx-all-paths) [{rest...}]",
        "[no] neighbor {peer} (sender-as-path-loop-detection|override-capability|strict-capability-match|ha-mode)",
        "[no] neighbor {peer} (enforce-first-as|extended-optional-parameters|additional-paths|slow-peer) [{rest...}]",
    )


def finish(draft: Draft) -> None:
    """What a group says of its members, then each session's families."""
    known: dict[tuple[str, str], _Neighbour] = draft.scratch.get("neighbours", {})
    groups: set[tuple[str, str]] = draft.scratch.get("groups", set())
    for (instance, name), neighbour in known.items():
        if (instance, name) in groups:
            continue
        group = known.get((instance, neighbour.group)) or _Neighbour(neighbour.where)
        entry = draft.session(name, instance, neighbour.where)
        for setting, value in {**group.settings, **neighbour.settings}.items():
            entry.fix(setting, value)
        for family in _made(draft, name, instance, neighbour, group):
            entry.add("families", family)


def _made(draft: Draft, name: str, instance: str, neighbour: _Neighbour, group: _Neighbour) -> Iterator[SessionFamily]:
    """Each family that was spoken of, and those that run unsaid."""
    implied = _implied(draft, name, instance, neighbour)
    for family in dict.fromkeys([*neighbour.families, *group.families, *implied]):
        own = neighbour.families.get(family) or _Over(neighbour.where)
        common = group.families.get(family) or _Over(group.where)
        active = next((one for one in (own.active, common.active) if one is not None), family in implied)
        filters = {**common.filters, **own.filters}
        limit = own.limit if own.limit.state != "absent" else common.limit
        imports, exports = (_filter(draft, filters, setting) for setting in ("imports", "exports"))
        yield SessionFamily(family, active, own.where, imports, exports, limit)


def _filter(draft: Draft, filters: dict[tuple[str, str], tuple[str, Location]], setting: str) -> Read[str]:
    """What filters one direction; of a route map and a prefix list together a policy is made that is both."""
    found = {kind: filters[way, kind] for way, kind in filters if way == setting}
    if not found:
        return Read()
    if "policy" in found and "prefix" in found:
        policy, listed = found["policy"][0], found["prefix"][0]
        if "policies" not in draft.scratch:
            draft.scratch["policies"] = {one.name: one for one in made_policies(draft)}
        both = draft.scratch["policies"].get(policy)
        if both is not None:
            name = f"{policy} + {listed}"
            if name not in draft.scratch.setdefault("both", set()):
                draft.scratch["both"].add(name)
                draft.top.add("policies", narrowed(both, listed, name))
            return Read(SET, f"policy:{name}", found["policy"][1])
    kind = next(one for one in ("prefix", "policy", "filter") if one in found)
    return Read(SET, f"{kind}:{found[kind][0]}", found[kind][1])


def _implied(draft: Draft, name: str, instance: str, neighbour: _Neighbour) -> tuple[str, ...]:
    """The families that run over a session without a word: IPv4 over any, also one between IPv6 addresses, unless
    ``no bgp default ipv4-unicast`` stands there; whether over IPv6 ones, the platform's table says.
    """
    six = ("ipv6",) if draft.scratch.get("ipv6 unicast", {}).get(instance) else ()
    inside = tuple(one for one in neighbour.families if instance and one in ("ipv4", "ipv6"))
    default = draft.scratch.get("ipv4 unicast", {})
    if default.get(instance, True) is False:
        return six
    if inside and instance not in draft.scratch.get("frr instances", ()):
        return inside
    return ("ipv4", *six) if ":" not in name or draft.defaults.get("bgp-ipv4-unicast") == "on" else six
