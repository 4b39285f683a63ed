"""VPN instances, static routes and interior protocols as IOS and RGOS write them; the static route is FRR's as well."""

from __future__ import annotations

from collections.abc import Callable

from conformance.judge.access.config import Igp, Route
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.ios_words import interface_name, taken_interface
from conformance.system.access.configs.many import each
from conformance.system.access.configs.shared import family_of, host_of, number, prefix_of, wildcard_prefix
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

ROUTES = Table()
#: ``into`` of a route of an instance whose next hop lies in the public one.
PUBLIC = "public"
_VRF = "vrf definition {instance}"
_OLD = "ip vrf {instance}"
_FAMILY = f"{_VRF} / address-family (ipv4|ipv6) [unicast]"
for _view in (_VRF, _OLD, _FAMILY):
    ROUTES.view(_view, "vpn")
ROUTES.topics("vpn", "vrf", "ip vrf", "mpls")
ROUTES.topics("route", "ip route", "ipv6 route", "ip local policy", "ip default-gateway", "ip default-network")
ROUTES.topics("igp", "router", "ipv6 router")
_SIX = 6
_DISCARDS = ("null0", "blackhole", "reject", "discard")


def add_target(draft: Draft, instance: str, way: str, target: str, where: Location) -> None:
    """One more target of an instance (``import``, ``export``, ``both``), once though each family names it."""
    left, colon, right = target.partition(":")
    if not colon or not left.replace(".", "").isdigit():
        raise NotUnderstoodError(target)
    number(right)
    known: set[tuple[str, str, str]] = draft.scratch.setdefault("targets", set())
    for setting, other in (("imports", "export"), ("exports", "import")):
        if way != other and (instance, setting, target) not in known:
            known.add((instance, setting, target))
            draft.instance(instance, where).add(setting, (target, where))


@each(ROUTES, ("",), _VRF, "vpn")
@each(ROUTES, ("",), _OLD, "vpn")
def _instance(draft: Draft, hit: Hit) -> None:
    draft.instance(hit["instance"], hit.where)


@each(ROUTES, (_VRF, _OLD), "rd {rd}", "vpn")
def _distinguisher(draft: Draft, hit: Hit) -> None:
    draft.instance(hit["instance"], hit.where).put("rd", hit["rd"], hit.where)


@each(ROUTES, (_VRF, _OLD, _FAMILY), "route-target (import|export|both) {target} [stitching]", "vpn")
@each(ROUTES, (_VRF, _OLD, _FAMILY), "route-target {target}", "vpn")
def _target(draft: Draft, hit: Hit) -> None:
    way = hit.text.lower().split()[1]
    add_target(draft, hit["instance"], way if way in ("import", "export") else "both", hit["target"], hit.where)


for _path in (_VRF, _OLD, _FAMILY):
    ROUTES.ignore(_path, "description {text...}", "exit-address-family", "exit", "exit-vrf", "maximum routes {rest...}")


@ROUTES.on(_VRF, "address-family (ipv4|ipv6) [unicast]", "vpn")
def _family(_: Draft, __: Hit) -> None:
    """A family of an instance has nothing but targets."""


@ROUTES.on("", "(ip|ipv6) route {rest...}", "route")
def _static(draft: Draft, hit: Hit) -> None:
    six = hit.text.lower().startswith("ipv6")
    words = Words(hit["rest"])
    instance = words.take() if words.skip("vrf") else ""
    draft.top.add("routes", static(words, instance, hit.where, interface_name, six=six))


def static(words: Words, instance: str, where: Location, named: Callable[[str], str], *, six: bool) -> Route:
    """A static route from the words after ``ip route``; ``named`` makes a whole name of an interface's."""
    address = words.take()
    prefix = prefix_of(address, "" if "/" in address else words.take())
    if (family_of(prefix) == _SIX) != six:
        raise NotUnderstoodError(address)
    hop, interface, null = "", "", False
    if words.peek() in _DISCARDS:
        words.take()
        null = True
    elif words.skip("null"):
        null = words.skip("0")
    else:
        hop, interface = _way(words, named)
    instance, into = _options(words, instance)
    if not (hop or interface or null):
        raise NotUnderstoodError(address)
    return Route(prefix, where, hop, interface, instance, into, null)


def _way(words: Words, named: Callable[[str], str]) -> tuple[str, str]:
    """Next hop and interface, in either order: IOS names the interface first, FRR the address."""
    hop, interface = "", ""
    for _ in range(2):
        word = words.peek()
        if not hop and _is_host(word):
            hop = host_of(words.take())
        elif not interface and word and not word.isdigit() and word not in _OPTIONS:
            interface = taken_interface(words) if named is interface_name else named(words.take())
    return hop, interface


def _is_host(word: str) -> bool:
    try:
        host_of(word)
    except NotUnderstoodError:
        return False
    return True


_OPTIONS = {
    "name": 1, "tag": 1, "track": 1, "label": 1, "color": 1, "weight": 1, "description": 1, "bfd": 0, "permanent": 0,
    "onlink": 0, "unicast": 0, "multicast": 0, "global": 0, "vrf": 1, "nexthop-vrf": 1,
}  # fmt: skip


def _options(words: Words, instance: str) -> tuple[str, str]:
    """The route's instance and that of its next hop, of the words that are left."""
    into = ""
    while words:
        option = words.take().lower()
        if option == "global":
            into = PUBLIC if instance else ""
        elif option == "vrf":
            instance = words.take()
        elif option == "nexthop-vrf":
            found = words.take()
            into = PUBLIC if found == "default" else found
        elif option in _OPTIONS:
            for _ in range(_OPTIONS[option]):
                words.take()
        else:
            number(option, 0, 255)  # the administrative distance
    if instance == "default":
        instance = ""
    return instance, "" if into == (instance or PUBLIC) else into


_OSPF = "router ospf {process} [vrf {vrf}]"
_OSPF3 = "ipv6 router ospf {process}"
_OSPFV3 = "router ospfv3 {process}"
_ISIS = "router isis [{tag}]"
_EIGRP = "router (eigrp|rip) [{process}]"
for _view in (_OSPF, _OSPF3, _OSPFV3, _ISIS, _EIGRP):
    ROUTES.view(_view, "igp")


def _process(draft: Draft, hit: Hit) -> Entry[Igp]:
    """The process of the view: one of IS-IS has a tag or nothing."""
    protocol = "ospf" if hit["process"] else "isis"
    entry = draft.igp(protocol, hit["process"] or hit["tag"], hit.where)
    if hit["vrf"]:
        entry.fix("instance", hit["vrf"])
    return entry


@each(ROUTES, ("",), _OSPF, "igp")
@each(ROUTES, ("",), _OSPF3, "igp")
@each(ROUTES, ("",), _OSPFV3, "igp")
@each(ROUTES, ("",), _ISIS, "igp")
def _begun(draft: Draft, hit: Hit) -> None:
    _process(draft, hit)


@ROUTES.on(_OSPF, "network {address} {wildcard} area {area}", "igp")
def _covered(draft: Draft, hit: Hit) -> None:
    _process(draft, hit).add("networks", (wildcard_prefix(hit["address"], hit["wildcard"]), hit.where))


@each(ROUTES, (_OSPF, _OSPF3, _OSPFV3, _ISIS), "[no] passive-interface {interface...}", "igp")
def _silent(draft: Draft, hit: Hit) -> None:
    entry, speaks = _process(draft, hit), hit.text.lower().startswith("no ")
    if hit["interface"].lower() == "default":
        entry.fix("all_silent", not speaks)
    else:
        entry.add("spoken" if speaks else "silent", interface_name(hit["interface"]))


for _view in (_OSPF, _OSPF3, _OSPFV3, _ISIS):
    ROUTES.ignore(
        _view,
        "router-id {id}",
        "[no] log-adjacency-changes [{rest...}]",
        "[no] (auto-cost|area|maximum-paths|timers|distance|nsf|bfd|max-metric|capability|ispf) [{rest...}]",
        "(net|is-type|metric-style|authentication|domain-password|area-password|lsp-gen-interval|hello) [{rest...}]",
        "redistribute {rest...}",
        "exit",
    )
