"""Huawei VRP: BGP, its neighbours (by address or by group), families and what is announced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from conformance.judge.access.config import (
    SET,
    UNKNOWN,
    Announced,
    Bgp,
    Read,
    Redistribution,
    Session,
    SessionFamily,
)
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.many import each
from conformance.system.access.configs.shared import as_number, family_of, host_of, number, prefix_of, secret
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

BGP = Table()
_VIEW = "bgp {asn} [instance {process}]"
#: Family views: pattern, the model's family, whether it is of an instance.
_VIEWS: Mapping[str, str] = {
    "ipv4-family unicast": "ipv4",
    "ipv6-family unicast": "ipv6",
    "ipv6-family": "ipv6",
    "ipv4-family vpnv4 [unicast]": "vpnv4",
    "ipv6-family vpnv6 [unicast]": "vpnv6",
    "ipv4-family multicast": "ipv4-multicast",
    "ipv4-family labeled-unicast": "ipv4-labeled",
    "l2vpn-family evpn": "evpn",
    "l2vpn-ad-family": "l2vpn",
    "ipv4-family vpn-instance {instance}": "ipv4",
    "ipv6-family vpn-instance {instance}": "ipv6",
}
_FAMILY_OF_PATH = {f"{_VIEW} / {view}": family for view, family in _VIEWS.items()}
BGP.view(_VIEW, "bgp")
for _path in _FAMILY_OF_PATH:
    BGP.view(_path, "bgp")
BGP.topics("bgp", "bgp", "ip as-path-filter", "ip community-filter")
_FOUR = 4


@dataclass
class _Family:
    """What was said of a neighbour or a group in one family."""

    where: Location
    active: bool | None = None
    settings: dict[str, Read[object]] = field(default_factory=dict)


@dataclass
class _Neighbour:
    """A neighbour, or a group that neighbours may be members of, in one instance."""

    where: Location
    group: str = ""
    keychain: tuple[str, Location] | None = None
    settings: dict[str, Read[object]] = field(default_factory=dict)
    families: dict[str, _Family] = field(default_factory=dict)

    def family(self, name: str, where: Location) -> _Family:
        return self.families.setdefault(name, _Family(where))


def _process(draft: Draft, where: Location) -> Entry[Bgp]:
    if draft.bgp is None:
        draft.bgp = Entry(Bgp, where=where)
    return draft.bgp


def _neighbour(draft: Draft, hit: Hit) -> _Neighbour:
    """The neighbour or group that a command names; groups of the public instance and of a VPN are apart."""
    known: dict[tuple[str, str], _Neighbour] = draft.scratch.setdefault("neighbours", {})
    return known.setdefault((hit["instance"], _canonical(hit["peer"])), _Neighbour(hit.where))


def _canonical(peer: str) -> str:
    try:
        return host_of(peer)
    except NotUnderstoodError:
        return peer


def _set(held: dict[str, Read[object]], name: str, value: object, where: Location) -> None:
    held[name] = Read(SET, value, where)


@BGP.on("", _VIEW, "bgp")
def _bgp(draft: Draft, hit: Hit) -> None:
    if hit["process"]:
        raise NotUnderstoodError(hit.text)  # a second process: the model holds one
    _process(draft, hit.where).put("asn", as_number(hit["asn"]), hit.where)


@BGP.on(_VIEW, "[undo] default ipv4-unicast", "bgp")
def _default(draft: Draft, hit: Hit) -> None:
    draft.scratch["ipv4 unicast"] = not hit.text.lower().startswith("undo")


_EVERY = (_VIEW, *_FAMILY_OF_PATH)
FamilyHandler = Callable[[Draft, Hit, str], None]


def _families(command: str) -> Callable[[FamilyHandler], FamilyHandler]:
    """A command of the families' views; the handler is told which family it was. In the BGP view it is IPv4's."""

    def entered(handler: FamilyHandler) -> FamilyHandler:
        for path, family in {_VIEW: "ipv4", **_FAMILY_OF_PATH}.items():
            BGP.on(path, command, "bgp")(partial(_told, handler, family))
        return handler

    return entered


def _told(handler: FamilyHandler, family: str, draft: Draft, hit: Hit) -> None:
    handler(draft, hit, family)


@each(BGP, _EVERY, "peer {peer} as-number {asn}", "bgp")
def _remote(draft: Draft, hit: Hit) -> None:
    _set(_neighbour(draft, hit).settings, "remote_as", as_number(hit["asn"]), hit.where)


@each(BGP, _EVERY, "group {peer} [(external|internal)]", "bgp")
def _group(draft: Draft, hit: Hit) -> None:
    _neighbour(draft, hit)


@each(BGP, _EVERY, "peer {peer} group {group}", "bgp")
def _member(draft: Draft, hit: Hit) -> None:
    neighbour = _neighbour(draft, hit)
    if neighbour.group not in ("", hit["group"]):
        raise NotUnderstoodError(hit.text)
    neighbour.group = hit["group"]


@each(BGP, _EVERY, "peer {peer} password {secret...}", "bgp")
def _password(draft: Draft, hit: Hit) -> None:
    _set(_neighbour(draft, hit).settings, "password", secret(hit["secret"].split()), hit.where)


@each(BGP, _EVERY, "peer {peer} keychain {name}", "bgp")
def _keychain(draft: Draft, hit: Hit) -> None:
    """The keychain's secrets are the session's; which kind they are of is known in the end."""
    _neighbour(draft, hit).keychain = (hit["name"], hit.where)


_CHAIN = "keychain {name} [mode {mode...}]"
BGP.view(_CHAIN, "bgp")
BGP.view(f"{_CHAIN} / key-id {{key}}", "bgp")


@BGP.on("", _CHAIN, "bgp")
def _chain(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("keychains", {}).setdefault(hit["name"], [])


@BGP.on(f"{_CHAIN} / key-id {{key}}", "key-string {secret...}", "bgp")
def _link(draft: Draft, hit: Hit) -> None:
    draft.scratch["keychains"][hit["name"]].append(secret(hit["secret"].split()))


# When and how a key is used.
BGP.ignore(_CHAIN, "receive-tolerance {rest...}", "tcp-kind {n}", "tcp-algorithm-id {rest...}", "description {text...}")
BGP.ignore(
    f"{_CHAIN} / key-id {{key}}", "algorithm {name}", "(send-time|receive-time) {rest...}", "default send-key-id"
)


@each(BGP, _EVERY, "peer {peer} valid-ttl-hops [{hops}]", "bgp")
def _ttl(draft: Draft, hit: Hit) -> None:
    _set(_neighbour(draft, hit).settings, "ttl_security", True, hit.where)


@each(BGP, _EVERY, "[undo] peer {peer} bfd enable", "bgp")
def _bfd(draft: Draft, hit: Hit) -> None:
    _set(_neighbour(draft, hit).settings, "bfd", not hit.text.lower().startswith("undo"), hit.where)


@each(BGP, _EVERY, "peer {peer} bfd block", "bgp")
def _blocked(draft: Draft, hit: Hit) -> None:
    _set(_neighbour(draft, hit).settings, "bfd", False, hit.where)


@each(BGP, _EVERY, "[undo] peer {peer} ignore", "bgp")
def _ignored(draft: Draft, hit: Hit) -> None:
    _set(_neighbour(draft, hit).settings, "shutdown", not hit.text.lower().startswith("undo"), hit.where)


@_families("[undo] peer {peer} enable")
def _enabled(draft: Draft, hit: Hit, family: str) -> None:
    _neighbour(draft, hit).family(family, hit.where).active = not hit.text.lower().startswith("undo")


@_families("peer {peer} (ip-prefix|ipv6-prefix) {list} {way}")
def _prefix_filter(draft: Draft, hit: Hit, family: str) -> None:
    _filtered(draft, hit, family, f"prefix:{hit['list']}")


@_families("peer {peer} route-policy {policy} {way}")
def _policy_filter(draft: Draft, hit: Hit, family: str) -> None:
    _filtered(draft, hit, family, f"policy:{hit['policy']}")


@_families("peer {peer} filter-policy [(acl-name|acl6-name)] {acl} {way}")
def _acl_filter(draft: Draft, hit: Hit, family: str) -> None:
    _filtered(draft, hit, family, f"filter:{hit['acl']}")


def _filtered(draft: Draft, hit: Hit, family: str, name: str) -> None:
    """All filters of one way must let a route through; the model holds one: of two, which counts is unknown."""
    way = {"import": "imports", "export": "exports"}.get(hit["way"].lower())
    if way is None:
        raise NotUnderstoodError(hit.text)
    held = _neighbour(draft, hit).family(family, hit.where).settings
    if way in held and held[way].value != name:
        held[way] = Read(UNKNOWN, None, hit.where)
        raise NotUnderstoodError(hit.text)
    _set(held, way, name, hit.where)


@_families("peer {peer} route-limit {limit} [{rest...}]")
def _limit(draft: Draft, hit: Hit, family: str) -> None:
    words = Words(hit["rest"])
    if words and words.peek().isdigit():
        number(words.take(), 1, 100)
    if words.skip("idle-timeout"):
        number(words.take())
    words.any_of("alert-only", "idle-forever")
    words.end()
    _set(_neighbour(draft, hit).family(family, hit.where).settings, "limit", number(hit["limit"], 1), hit.where)


@_families("peer {peer} default-route-advertise [{rest...}]")
def _default_route(draft: Draft, hit: Hit, family: str) -> None:
    """The default route is announced by name, whatever the export filter says."""
    if family not in ("ipv4", "ipv6"):
        raise NotUnderstoodError(hit.text)
    prefix = "0.0.0.0/0" if family == "ipv4" else "::/0"
    _process(draft, hit.where).add("announced", Announced(prefix, family, hit.where, hit["instance"]))


@_families("network {address} [{rest...}]")
def _network(draft: Draft, hit: Hit, family: str) -> None:
    words = Words(hit["rest"])
    address = hit["address"]
    if "/" not in address and _masked(words.peek()):
        prefix = prefix_of(address, words.take())
    elif "/" in address:
        prefix = prefix_of(address)
    else:
        raise NotUnderstoodError(hit.text)  # the class of old times would tell the length
    _announce(draft, hit, family, prefix, words)


@_families("aggregate {address} {mask} [{rest...}]")
def _aggregate(draft: Draft, hit: Hit, family: str) -> None:
    words = Words(hit["rest"])
    while words.any_of("detail-suppressed", "as-set"):
        pass
    _announce(draft, hit, family, prefix_of(hit["address"], hit["mask"]), words)


def _announce(draft: Draft, hit: Hit, family: str, prefix: str, words: Words) -> None:
    policy: Read[str] = Read()
    if words.skip("route-policy"):
        policy = Read(SET, f"policy:{words.take()}", hit.where)
    words.end()
    if f"ipv{family_of(prefix)}" != family:
        raise NotUnderstoodError(hit.text)
    _process(draft, hit.where).add("announced", Announced(prefix, family, hit.where, hit["instance"], policy))


def _masked(word: str) -> bool:
    return word.isdigit() or "." in word


@_families("import-route {protocol} [{rest...}]")
def _redistributed(draft: Draft, hit: Hit, family: str) -> None:
    words = Words(hit["rest"])
    if words and words.peek().isdigit():
        words.take()
    policy: Read[str] = Read()
    while words:
        if words.skip("route-policy"):
            policy = Read(SET, f"policy:{words.take()}", hit.where)
        elif words.skip("med"):
            number(words.take())
        else:
            words.take()
            raise NotUnderstoodError(hit.text)
    made = Redistribution(hit["protocol"].lower(), family, hit.where, hit["instance"], policy)
    _process(draft, hit.where).add("redistributed", made)


# Timers, attributes and how routes are chosen: none decides what passes.
for _one in _EVERY:
    BGP.ignore(
        _one,
        *(
            "router-id {id}",
            "[undo] synchronization",
            "graceful-restart [{rest...}]",
            "timer {rest...}",
            "log {rest...}",
        ),
        *("maximum load-balancing {rest...}", "preference {rest...}", "bestroute {rest...}", "dampening [{rest...}]"),
        *("[undo] auto-frr", "[undo] check-first-as", "compare-different-as-med", "default (med|local-preference) {n}"),
        *("deterministic-med", "undo summary automatic", "private-4-byte-as enable", "[undo] policy vpn-target"),
        *("[undo] reflect between-clients", "reflector cluster-id {id}", "route-select delay {n}", "auto-policy-check"),
        *(
            "peer {peer} description {text...}",
            "peer {peer} ebgp-max-hop [{n}]",
            "peer {peer} connect-interface {rest...}",
        ),
        *("peer {peer} timer {rest...}", "peer {peer} bfd min-{rest...}", "peer {peer} bfd detect-{rest...}"),
        *("peer {peer} graceful-restart {rest...}", "peer {peer} log-change", "peer {peer} tracking [{rest...}]"),
        *(
            "peer {peer} advertise-(community|ext-community)",
            "peer {peer} next-hop-local",
            "peer {peer} preferred-value {n}",
        ),
        *("peer {peer} public-as-only [{rest...}]", "peer {peer} route-update-interval {n}", "peer {peer} as-loop {n}"),
        *("peer {peer} capability-advertise {rest...}", "peer {peer} keep-all-routes", "peer {peer} tcp-mss {n}"),
        *("peer {peer} path-mtu auto-discovery", "peer {peer} allow-as-loop [{n}]", "peer {peer} substitute-as"),
        *(
            "peer {peer} connect-retry-interval {n}",
            "peer {peer} default-originate-interval {n}",
            "peer {peer} fake-as {n}",
        ),
    )


def finish(draft: Draft) -> None:
    """Make a session of each neighbour that has an address, with what its group says where it says nothing."""
    known: dict[tuple[str, str], _Neighbour] = draft.scratch.get("neighbours", {})
    for (instance, name), neighbour in known.items():
        if not _is_address(name):
            continue
        group = known.get((instance, neighbour.group), _Neighbour(neighbour.where))
        entry = draft.session(name, instance, neighbour.where)
        for setting, read in {**group.settings, **neighbour.settings}.items():
            _take(entry, setting, read)
        keychain = neighbour.keychain or group.keychain
        if keychain:
            _take(entry, "password", _chained(draft, *keychain))
        entry.fix("families", tuple(_made_families(draft, name, instance, neighbour, group)))


def _chained(draft: Draft, name: str, where: Location) -> Read[object]:
    """The weakest kind among a keychain's secrets; without a key nothing is known."""
    kinds = draft.scratch.get("keychains", {}).get(name, [])
    weakest = next((kind for kind in ("plain", "masked", "reversible", "hash") if kind in kinds), "")
    return Read(SET, weakest, where) if weakest else Read(UNKNOWN, None, where)


def _take(entry: Entry[Session], setting: str, read: Read[object]) -> None:
    where = read.where or Location("")
    if read.state == SET:
        entry.put(setting, read.value, where)
    else:
        entry.unknown(setting, where)


def _is_address(name: str) -> bool:
    try:
        return family_of(name) > 0
    except NotUnderstoodError:
        return False


def _made_families(
    draft: Draft, name: str, instance: str, neighbour: _Neighbour, group: _Neighbour
) -> Iterator[SessionFamily]:
    """Each family that was spoken of, and ``ipv4`` where it runs unsaid."""
    implied = _implied(draft, name, instance)
    spoken = [*neighbour.families, *(one for one in group.families if one not in neighbour.families)]
    for family in dict.fromkeys([*spoken, *implied]):
        own = neighbour.families.get(family) or _Family(neighbour.where)
        common = group.families.get(family) or _Family(group.where)
        active = next((one for one in (own.active, common.active) if one is not None), family in implied)
        settings: dict[str, Any] = {**common.settings, **own.settings}
        yield SessionFamily(family, active, own.where, **settings)


def _implied(draft: Draft, name: str, instance: str) -> tuple[str, ...]:
    """The families that run over a session without a word.

    A neighbour inside a VPN instance runs that instance's family. ``default ipv4-unicast`` is for neighbours with an
    IPv4 address; whether it is for others, too, the platform's table says.
    """
    four = family_of(name) == _FOUR
    if instance:
        return ("ipv4",) if four else ("ipv6",)
    if draft.scratch.get("ipv4 unicast") is False:
        return ()
    return ("ipv4",) if four or draft.defaults.get("bgp-ipv4-unicast") == "on" else ()
