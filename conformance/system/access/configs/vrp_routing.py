"""Huawei VRP: VPN instances, static routes, OSPF and IS-IS."""

from __future__ import annotations

from conformance.judge.access.config import Igp, Instance, Route
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.many import each, unknown
from conformance.system.access.configs.shared import (
    family_of,
    host_of,
    interface_name,
    is_interface,
    number,
    prefix_of,
    wildcard_prefix,
)
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.vrp_interfaces import VIEW as INTERFACE
from conformance.system.access.configs.words import Words

ROUTING = Table()
#: ``into`` of a route whose next hop lies in the public instance.
PUBLIC = "public"
_INSTANCE = "ip vpn-instance {instance}"
_FAMILIES = ("ipv4-family", "ipv6-family")
ROUTING.view(_INSTANCE, "vpn")
for _family in _FAMILIES:
    ROUTING.view(f"{_INSTANCE} / {_family}", "vpn")


@ROUTING.on("", _INSTANCE, "vpn")
def _instance(draft: Draft, hit: Hit) -> None:
    draft.instance(hit["instance"], hit.where)


def _held(draft: Draft, hit: Hit) -> Entry[Instance]:
    return draft.instance(hit["instance"], hit.where)


#: VRP 8 says it of a family, VRP 5 of the instance as well.
_INSTANCE_VIEWS = (_INSTANCE, *(f"{_INSTANCE} / {family}" for family in _FAMILIES))


@each(ROUTING, _INSTANCE_VIEWS, "route-distinguisher {rd}", "vpn")
def _distinguisher(draft: Draft, hit: Hit) -> None:
    _pair(hit["rd"])
    entry = _held(draft, hit)
    held = entry.held("rd")
    if held is not None and held.value != hit["rd"]:
        raise NotUnderstoodError(hit.text)  # one for each family: the model holds one
    entry.put("rd", hit["rd"], hit.where)


@each(ROUTING, _INSTANCE_VIEWS, "vpn-target {targets...}", "vpn")
def _targets(draft: Draft, hit: Hit) -> None:
    words = Words(hit["targets"])
    targets = words.until("both", "import-extcommunity", "export-extcommunity")
    way = words.any_of("both", "import-extcommunity", "export-extcommunity") or "both"
    words.end()
    entry = _held(draft, hit)
    for target in targets:
        _pair(target)
    for setting, other in (("imports", "export-extcommunity"), ("exports", "import-extcommunity")):
        known = {target for target, _ in entry.held(setting) or ()}
        for target in dict.fromkeys(targets):
            if way != other and target not in known:  # both families may name it
                entry.add(setting, (target, hit.where))


def _pair(text: str) -> None:
    """An RD or RT: ``64801:188``, ``10.0.0.1:5``, ``1.0:5``."""
    left, colon, right = text.partition(":")
    if not colon or not left.replace(".", "").isdigit():
        raise NotUnderstoodError(text)
    number(right)


# Of labels and tunnels of the backbone, and limits of the instance: no clause asks for them.
for _path in _INSTANCE_VIEWS:
    ROUTING.ignore(
        _path, "description {text...}", "apply-label {rest...}", "tnl-policy {name}", "vpn-id {id}", "vpn frr", "ip frr"
    )
    ROUTING.ignore(_path, "routing-table limit {rest...}", "prefix limit {rest...}", "log {rest...}", "auto-frr")


# Defaults of all static routes: they lead nowhere else by these.
ROUTING.ignore("", "ip route-static default-preference {n}", "ip route-static (bfd|frr|track|selection-rule) {rest...}")


@ROUTING.on("", "(ip|ipv6) route-static {rest...}", "route")
def _static(draft: Draft, hit: Hit) -> None:
    six = hit.text.lower().startswith("ipv6")
    words = Words(hit["rest"])
    instance = words.take() if words.skip("vpn-instance") else ""
    address = words.take()
    prefix = prefix_of(address, "" if "/" in address else words.take())
    if (family_of(prefix) == 6) != six:  # noqa: PLR2004
        raise NotUnderstoodError(hit.text)
    into, interface, hop, null = "", "", "", False
    if words.skip("vpn-instance"):
        into = words.take()
    elif words.peek() in ("null0", "null"):
        null = words.skip("null0") or (words.skip("null") and words.skip("0"))
    else:
        interface = _interface(words)
    if not null and words and (not interface or ":" in words.peek() or "." in words.peek()):
        hop = host_of(words.take())
    if not (null or interface or hop):
        raise NotUnderstoodError(hit.text)
    into = PUBLIC if words.skip("public") and instance else into
    _route_options(words)
    route = Route(prefix, hit.where, hop, interface, instance, into if into != instance else "", bool(null))
    draft.top.add("routes", route)


def _interface(words: Words) -> str:
    if is_interface(f"{words.peek()} {words.peek(1)}") and "." not in words.peek(1) + words.peek():
        return interface_name(f"{words.take()} {words.take()}")
    return interface_name(words.take()) if is_interface(words.peek()) else ""


def _route_options(words: Words) -> None:
    """What tunes a route; none changes where it leads."""
    while words:
        if words.any_of("preference", "tag", "cost"):
            number(words.take())
        elif words.skip("description"):
            words.rest()
        elif words.skip("track", "nqa"):
            words.take()
            words.take()
        elif words.skip("track", "bfd-session") or words.skip("track", "efm-state"):
            words.take()
        elif not (words.any_of("permanent", "no-advertise", "inherit-cost") or words.skip("bfd", "enable")):
            words.take()
            raise NotUnderstoodError("route option")


_PROCESS = {"ospf": "ospf", "ospfv3": "ospf", "isis": "isis"}


def _process(draft: Draft, hit: Hit) -> Entry[Igp]:
    protocol = hit.text.split()[0].lower()
    return draft.igp(_PROCESS[protocol], f"{protocol} {hit['process'] or '1'}", hit.where)


def _igp_views() -> None:
    for protocol in _PROCESS:
        view = f"{protocol} [{{process}}] [{{rest...}}]"
        ROUTING.view(view, "igp")
        ROUTING.on("", view, "igp")(_began)
        ROUTING.on(view, "silent-interface {interface...}", "igp")(_silent(protocol))
        ROUTING.on(view, "undo silent-interface {interface...}", "igp")(_spoken(protocol))
        # Identifiers, metrics, timers, what the IGP takes in: no clause asks for them.
        ROUTING.ignore(
            view,
            *("description {text...}", "bandwidth-reference {rest...}", "router-id {id}", "is-level {level}"),
            *("bfd {rest...}", "lsa-{rest...}", "maximum load-balancing {n}", "preference {rest...}"),
            *("spf-schedule-interval {rest...}", "cost-style {style}", "network-entity {net}", "is-name {name}"),
            *("timer {rest...}", "log-peer-change [{rest...}]", "opaque-capability enable", "stub-router [{rest...}]"),
            *("graceful-restart [{rest...}]", "import-route {rest...}", "(filter|filter-policy) {rest...}"),
        )


def _began(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    instance = ""
    while words:
        if words.skip("vpn-instance"):
            instance = words.take()
        elif words.skip("router-id"):
            words.take()
        else:
            words.take()
            raise NotUnderstoodError(hit.text)
    if hit["process"]:
        number(hit["process"], 1)
    _process(draft, hit).fix("instance", instance)


def _of(protocol: str, draft: Draft, hit: Hit) -> Entry[Igp]:
    return draft.igp(_PROCESS[protocol], f"{protocol} {hit['process'] or '1'}", hit.where)


def _silent(protocol: str):  # type: ignore[no-untyped-def]
    def read(draft: Draft, hit: Hit) -> None:
        if hit["interface"].lower() == "all":
            _of(protocol, draft, hit).fix("all_silent", True)
        else:
            _of(protocol, draft, hit).add("silent", interface_name(hit["interface"]))

    return read


def _spoken(protocol: str):  # type: ignore[no-untyped-def]
    def read(draft: Draft, hit: Hit) -> None:
        _of(protocol, draft, hit).add("spoken", interface_name(hit["interface"]))

    return read


_igp_views()
_AREA = "ospf [{process}] [{rest...}] / area {area}"
ROUTING.view(_AREA, "igp")
ROUTING.view("ospfv3 [{process}] [{rest...}] / area {area}", "igp")
ROUTING.ignore(_AREA, "authentication-mode {rest...}", "stub [{rest...}]", "nssa [{rest...}]", "description {text...}")


@ROUTING.on(_AREA, "network {address} {wildcard} [description {text...}]", "igp")
def _network(draft: Draft, hit: Hit) -> None:
    _of("ospf", draft, hit).add("networks", (wildcard_prefix(hit["address"], hit["wildcard"]), hit.where))


@ROUTING.on(INTERFACE, "ospf enable [{process}] area {area}", "igp")
@ROUTING.on(INTERFACE, "ospfv3 {process} area {area}", "igp")
@ROUTING.on(INTERFACE, "isis [ipv6] enable [{process}]", "igp")
def _enabled(draft: Draft, hit: Hit) -> None:
    protocol = hit.text.split()[0].lower()
    name = interface_name(hit["interface"].partition(" mode ")[0])
    _of(protocol, draft, hit).add("interfaces", (name, hit.where))


@ROUTING.on(INTERFACE, "isis silent [advertise-zero-cost]", "igp")
def _quiet(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("isis silent", []).append(interface_name(hit["interface"].partition(" mode ")[0]))


def finish(draft: Draft) -> None:
    """Silence that was said at interfaces counts for each IS-IS process."""
    for name in draft.scratch.get("isis silent", ()):
        for key, entry in draft.entries("igps").items():
            if isinstance(key, tuple) and key[0] == "isis":
                entry.add("silent", name)


unknown(ROUTING, INTERFACE, "igp", "ospf", "ospfv3", "isis", "rip", "ripng")
ROUTING.topics("route", "ip route-static", "ipv6 route-static", "policy-based-route", "ip local policy-based-route")
ROUTING.topics("igp", "ospf", "ospfv3", "isis", "rip", "ripng")
ROUTING.topics("vpn", "ip vpn-instance")
