"""Comware: BGP. Inside its view ``ip vpn-instance`` is an address family, no instance is made by it; sessions of an
instance stand there, and below it the families that run over them. No family runs unless it is enabled by name.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.judge.access.config import Announced, Bgp, Read, Redistribution, Session, SessionFamily
from conformance.system.access.configs.comware_words import Words, doubt, keyed, setting
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.shared import as_number, host_of, number, prefix_of, secret
from conformance.system.access.configs.table import Handler, Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.topics("bgp", "bgp")

_BGP = "bgp {asn}"
_VPN = f"{_BGP} / ip vpn-instance {{vpn}}"
_PROCESSES = (_BGP, _VPN)
_FAMILIES = tuple(f"{path} / address-family {{family...}}" for path in _PROCESSES)
for _path in (*_PROCESSES, *_FAMILIES):
    TABLE.view(_path, "bgp")

_NAMES = {
    "ipv4": "ipv4",
    "ipv4 unicast": "ipv4",
    "ipv6": "ipv6",
    "ipv6 unicast": "ipv6",
    "vpnv4": "vpnv4",
    "vpnv6": "vpnv6",
    "ipv4 multicast": "ipv4-multicast",
    "ipv6 multicast": "ipv6-multicast",
    "l2vpn": "l2vpn",
    "l2vpn evpn": "evpn",
}
#: Which filter counts where a family has several: each narrows, so one alone never hides a leak; the exact one first.
_RANKS = {"prefix": 0, "filter": 1, "policy": 2}

# Timers, texts and tie-breaks: which sessions there are, who may speak on them and what passes is told elsewhere.
for _path in _PROCESSES:
    TABLE.ignore(
        _path,
        "router-id {x}",
        "description {x...}",
        "timer {x...}",
        "log-peer-change",
        "log-route-flap {x...}",
        "graceful-restart [{x...}]",
        "non-stop-routing",
        "ebgp-interface-sensitive",
        "undo ebgp-interface-sensitive",
        "peer {peer} (description|connect-interface|source-address|timer|ebgp-max-hop|graceful-restart) {x...}",
        "peer {peer} (ebgp-max-hop|log-change|fake-as|capability-advertise|low-memory-exempt) [{x...}]",
    )
for _path in (*_PROCESSES, *_FAMILIES):
    TABLE.ignore(
        _path,
        "balance {x...}",
        "preference {x...}",
        "bestroute {x...}",
        "compare-different-as-med",
        "dampening [{x...}]",
        "default (local-preference|med) {x}",
        "reflector {x...}",
        "summary automatic",
        "undo summary automatic",
        "undo default ipv4-unicast",
        "pic",
        "fast-reroute {x...}",
        "peer {peer} (next-hop-local|next-hop-invariable|advertise-community|advertise-ext-community|reflect-client)",
        "peer {peer} (keep-all-routes|public-as-only|discard-ext-community) [{x...}]",
        "peer {peer} (preferred-value|allow-as-loop|substitute-as|route-update-interval) [{x...}]",
    )


def _everywhere(paths: tuple[str, ...], *commands: str) -> Callable[[Handler], Handler]:
    def entered(handler: Handler) -> Handler:
        for path in paths:
            for command in commands:
                TABLE.on(path, command, "bgp")(handler)
        return handler

    return entered


@TABLE.on("", _BGP, "bgp")
def _process(draft: Draft, hit: Hit) -> None:
    asn = as_number(hit["asn"])
    if draft.bgp is None:
        draft.bgp = Entry(Bgp, where=hit.where)
        draft.bgp.put("asn", asn, hit.where)
    elif draft.bgp.held("asn").value != asn:
        raise NotUnderstoodError(hit.text)


@TABLE.on(_BGP, "ip vpn-instance {vpn}", "bgp")
def _vpn(draft: Draft, hit: Hit) -> None:
    del draft, hit


@TABLE.on(_BGP, "address-family {family...}", "bgp")
@TABLE.on(_VPN, "address-family {family...}", "bgp")
def _family_view(draft: Draft, hit: Hit) -> None:
    del draft
    _family(hit)


def _family(hit: Hit) -> str:
    try:
        return _NAMES[hit["family"].lower()]
    except KeyError as error:
        raise NotUnderstoodError(hit.text) from error


def _peer(draft: Draft, hit: Hit) -> Entry[Session]:
    """The session with a peer; a group's settings are kept like a session's."""
    try:
        return draft.session(host_of(hit["peer"]), hit["vpn"], hit.where)
    except NotUnderstoodError:
        key = (hit["vpn"], hit["peer"])
        return draft.named("bgp-groups", key, Session, neighbour=hit["peer"], instance=hit["vpn"], where=hit.where)


def _over(draft: Draft, hit: Hit) -> Entry[SessionFamily]:
    """A family over a session (or a group)."""
    family = _family(hit)
    peer = _peer(draft, hit).held("neighbour")
    key = (hit["vpn"], peer, family)
    return draft.named("bgp-families", key, SessionFamily, family=family, active=False, where=hit.where)


@_everywhere(_PROCESSES, "group {peer} [{kind}]")
def _group(draft: Draft, hit: Hit) -> None:
    kind = (hit["kind"] or "internal").lower()
    if kind not in ("internal", "external"):
        raise NotUnderstoodError(hit.text)
    entry = _peer(draft, hit)
    if kind == "internal":
        entry.put("remote_as", as_number(hit["asn"]), hit.where)


@_everywhere((*_PROCESSES, *_FAMILIES), "peer {peer} group {group} [as-number {remote}]")
def _member(draft: Draft, hit: Hit) -> None:
    entry = _peer(draft, hit)
    if hit["remote"]:
        entry.put("remote_as", as_number(hit["remote"]), hit.where)
    draft.scratch.setdefault("bgp-members", {})[hit["vpn"], entry.held("neighbour")] = hit["group"]


@_everywhere(_PROCESSES, "peer {peer} as-number {remote}")
def _remote(draft: Draft, hit: Hit) -> None:
    entry = _peer(draft, hit)
    with setting(entry, "remote_as", hit.where):
        entry.put("remote_as", as_number(hit["remote"]), hit.where)


@_everywhere(_PROCESSES, "peer {peer} password {secret...}")
def _password(draft: Draft, hit: Hit) -> None:
    _peer(draft, hit).put("password", secret(hit["secret"].split()), hit.where)


@_everywhere(_PROCESSES, "peer {peer} ttl-security hops {hops}")
def _ttl(draft: Draft, hit: Hit) -> None:
    number(hit["hops"], 1, 254)
    _peer(draft, hit).put("ttl_security", True, hit.where)


@_everywhere(_PROCESSES, "peer {peer} bfd [(single-hop|multi-hop)]")
def _bfd(draft: Draft, hit: Hit) -> None:
    _peer(draft, hit).put("bfd", True, hit.where)


@_everywhere(_PROCESSES, "peer {peer} ignore", "undo peer {peer} ignore")
def _ignored(draft: Draft, hit: Hit) -> None:
    _peer(draft, hit).put("shutdown", not hit.text.lower().startswith("undo "), hit.where)


@_everywhere(_FAMILIES, "peer {peer} enable", "undo peer {peer} enable")
def _enabled(draft: Draft, hit: Hit) -> None:
    entry = _over(draft, hit)
    entry.fix("active", not hit.text.lower().startswith("undo "))
    entry.fix("where", hit.where)


def _filtered(kind: str) -> Handler:
    def handler(draft: Draft, hit: Hit) -> None:
        entry = _over(draft, hit)
        group = "imports" if hit.text.lower().endswith(" import") else "exports"
        held: Read[str] | None = entry.held(group)
        if held is None or held.value is None or _RANKS[held.value.split(":")[0]] >= _RANKS[kind]:
            entry.put(group, f"{kind}:{hit['name']}", hit.where)

    return handler


for _path in _FAMILIES:
    TABLE.on(_path, "peer {peer} prefix-list {name} (import|export)", "bgp")(_filtered("prefix"))
    TABLE.on(_path, "peer {peer} route-policy {name} (import|export)", "bgp")(_filtered("policy"))
    TABLE.on(_path, "peer {peer} filter-policy [name] {name} (import|export)", "bgp")(_filtered("filter"))


@_everywhere(_FAMILIES, "filter-policy prefix-list {name} (import|export)", "filter-policy {name} (import|export)")
def _of_family(draft: Draft, hit: Hit) -> None:
    kind = "prefix" if "prefix-list" in hit.text.lower().split() else "filter"
    group = "imports" if hit.text.lower().endswith(" import") else "exports"
    filters = draft.scratch.setdefault("bgp-filters", {})
    filters[hit["vpn"], _family(hit), group] = (f"{kind}:{hit['name']}", hit.where)


@_everywhere(_FAMILIES, "peer {peer} route-limit {routes} [{rest...}]")
def _route_limit(draft: Draft, hit: Hit) -> None:
    entry, words = _over(draft, hit), Words(hit["rest"])
    with setting(entry, "limit", hit.where):
        while words:
            if words.take("reconnect"):
                number(words.next())
            elif not words.take("discard"):  # ``alert-only`` limits nothing: not understood
                number(words.next(), 1, 100)
        entry.put("limit", number(hit["routes"], 1), hit.where)


@_everywhere(_FAMILIES, "peer {peer} default-route-advertise [route-policy {policy}]")
def _default_to_peer(draft: Draft, hit: Hit) -> None:
    _over(draft, hit)
    _announced(draft, hit, "::/0" if _family(hit).startswith(("ipv6", "vpnv6")) else "0.0.0.0/0")


@_everywhere(_FAMILIES, "default-route imported")
def _default_imported(draft: Draft, hit: Hit) -> None:
    _announced(draft, hit, "::/0" if _family(hit).startswith(("ipv6", "vpnv6")) else "0.0.0.0/0")


@_everywhere(_FAMILIES, "network {address} {mask} [short-cut] [route-policy {policy}]")
@_everywhere(_FAMILIES, "aggregate {address} {mask} [{rest...}]")
def _network(draft: Draft, hit: Hit) -> None:
    _announced(draft, hit, prefix_of(hit["address"], hit["mask"]))


def _announced(draft: Draft, hit: Hit, prefix: str) -> None:
    if draft.bgp is None:
        raise NotUnderstoodError(hit.text)
    policy = Read("set", f"policy:{hit['policy']}", hit.where) if hit["policy"] else Read[str]()
    draft.bgp.add("announced", Announced(prefix, _family(hit), hit.where, hit["vpn"], policy))


@_everywhere(_FAMILIES, "import-route {protocol} [{rest...}]")
def _redistributed(draft: Draft, hit: Hit) -> None:
    protocol = hit["protocol"].lower()
    words = Words(hit["rest"])
    if protocol not in ("direct", "static", "ospf", "ospfv3", "isis", "isisv6", "rip", "ripng", "unr"):
        raise NotUnderstoodError(hit.text)
    if words.peek().isdecimal() or words.peek() == "all-processes":
        words.next()
    policy: Read[str] = Read()
    while words:
        if words.take("route-policy"):
            policy = Read("set", f"policy:{words.next()}", hit.where)
        elif words.take("med"):
            number(words.next())
        else:
            words.one_of("allow-direct")
    if draft.bgp is not None:
        draft.bgp.add("redistributed", Redistribution(protocol, _family(hit), hit.where, hit["vpn"], policy))


def finish(draft: Draft) -> None:
    """What a group says of its members, then each session's families."""
    members: dict[tuple[str, str], str] = draft.scratch.get("bgp-members", {})
    groups = draft.entries("bgp-groups")
    sessions = draft.entries("sessions")
    for member, group in members.items():
        held = groups.get((member[0], group))
        if held is None:
            doubt(draft, "bgp", sessions[member].held("where"))
            continue
        _inherit(sessions[member], held, ("remote_as", "password", "ttl_security", "bfd", "shutdown"))
        _group_families(draft, member, group)
    for (vpn, peer, _), entry in keyed(draft, "bgp-families").items():
        session = sessions.get((vpn, peer))
        if session is not None:
            _of_families(draft, entry, vpn)
            session.add("families", entry.made())


def _group_families(draft: Draft, member: tuple[str, str], group: str) -> None:
    for (vpn, peer, family), entry in keyed(draft, "bgp-families").items():
        if (vpn, peer) == (member[0], group):
            where = entry.held("where")
            key = (*member, family)
            own = draft.named("bgp-families", key, SessionFamily, family=family, active=False, where=where)
            _inherit(own, entry, ("imports", "exports", "limit"))
            own.fix("active", own.held("active") or entry.held("active"))


def _inherit(entry: Entry[Session] | Entry[SessionFamily], other: Entry[object], names: tuple[str, ...]) -> None:
    for name in names:
        if entry.held(name) is None and other.held(name) is not None:
            entry.fix(name, other.held(name))


def _of_families(draft: Draft, entry: Entry[SessionFamily], vpn: str) -> None:
    for group in ("imports", "exports"):
        found = draft.scratch.get("bgp-filters", {}).get((vpn, entry.held("family"), group))
        if found is not None and entry.held(group) is None:
            entry.put(group, *found)
