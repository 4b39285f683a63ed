"""Cisco IOS, Ruijie RGOS: translation to pools and interfaces, static mappings, and whether it is recorded."""

from __future__ import annotations

from conformance.judge.access.config import MappedAddress, SourceNat
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.ios_acl import lists, rules_of
from conformance.system.access.configs.ios_words import taken_interface
from conformance.system.access.configs.shared import host_of, port
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

NAT = Table()
NAT.topics("nat", "ip nat", "ipv6 nat", "nat64", "nat66")
_OPTIONS = ("overload", "extendable", "no-alias", "no-payload", "forced", "reversible")


@NAT.on("", "ip nat pool {pool} {first} {last} [(netmask|prefix-length) {mask}] [type {kind}] [{rest...}]", "nat")
def _pool(draft: Draft, hit: Hit) -> None:
    if hit["rest"] or hit["kind"].lower() not in ("", "rotary", "match-host"):
        raise NotUnderstoodError(hit.text)
    first, last = host_of(hit["first"]), host_of(hit["last"])
    draft.scratch.setdefault("nat pools", {})[hit["pool"]] = first if first == last else f"{first}-{last}"


@NAT.on("", "ip nat inside source list {acl} (pool|interface) {rest...}", "nat")
def _source(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    pooled = hit.text.lower().split()[6] == "pool"
    target = words.take() if pooled else taken_interface(words)
    while words:
        if words.skip("vrf") or words.skip("mapping-id") or words.skip("redundancy"):
            words.take()
        elif not words.any_of(*_OPTIONS):
            raise NotUnderstoodError(hit.text)
    draft.scratch.setdefault("source nat", []).append((hit["acl"], target if pooled else "", hit.where))


@NAT.on("", "ip nat inside source static [(tcp|udp|network)] {rest...}", "nat")
def _static(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    kind = hit.text.lower().split()[5]
    if kind == "network":
        raise NotUnderstoodError(hit.text)
    ported = kind in ("tcp", "udp")
    inside = host_of(words.take())
    if ported:
        port(words.take())
    outside = host_of(words.take())  # the address of an interface (``interface X``) is not known here
    number = port(words.take()) if ported else 0
    while words:
        if words.skip("vrf") or words.skip("route-map") or words.skip("redundancy"):
            words.take()
        elif not words.any_of(*_OPTIONS):
            raise NotUnderstoodError(hit.text)
    draft.top.add("mapped", MappedAddress(hit.where, outside, inside, kind if ported else "any", number))


@NAT.on("", "ip nat log translations syslog [{rest...}]", "nat")
def _logged(draft: Draft, hit: Hit) -> None:
    draft.top.put("nat_log", True, hit.where)


@NAT.on("", "ip nat log translations flow-export {rest...}", "nat")
def _exported(draft: Draft, hit: Hit) -> None:
    draft.top.unknown("nat_log", hit.where)


NAT.ignore("", "ip nat translation {rest...}", "ip nat service {rest...}", "ip nat settings {rest...}")


def finish(draft: Draft) -> None:
    """Each translation with its pool, the sources that its list permits, and the interfaces outside."""
    outside = tuple(draft.scratch.get("nat outside", ()))
    pools = draft.scratch.get("nat pools", {})
    for acl, pool, where in draft.scratch.get("source nat", ()):
        sources, sure = _sources(draft, acl)
        if not sure or (pool and pool not in pools):
            _doubt(draft, where)
        found = (pools[pool],) if pool in pools else ()
        draft.top.add("source_nat", SourceNat(where, found, not pool, outside, sources))


def _sources(draft: Draft, name: str) -> tuple[tuple[str, ...], bool]:
    """What a list permits, and whether that is all that there is to say of it."""
    known: dict[str, tuple[tuple[str, ...], bool]] = draft.scratch.setdefault("nat sources", {})
    if name not in known:
        known[name] = _listed(draft, name)
    return known[name]


def _listed(draft: Draft, name: str) -> tuple[tuple[str, ...], bool]:
    acl = lists(draft).get((4, name))
    if acl is None:
        return (), False
    rules = rules_of(draft, acl)
    permits = [one for one in rules if one.permit]
    sure = all(one.understood for one in rules) and all(one.permit or not one.sources for one in rules)
    if any(not one.sources for one in permits):
        return (), sure
    return tuple(dict.fromkeys(prefix for one in permits for prefix in one.sources)), sure


def _doubt(draft: Draft, where: Location) -> None:
    draft.scratch.setdefault("doubts", {}).setdefault((where.file, where.line), ("nat", where))
