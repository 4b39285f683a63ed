"""Linux: FRR's ``show running-config``: interfaces, VPN instances and their targets, static routes, OSPF, IS-IS.

BGP's neighbours, prefix lists and route maps are read as IOS's are: FRR writes them alike.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.judge.access.config import Address, Igp, Interface
from conformance.system.access.configs import ios_bgp, ios_policy
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.ios_bgp import BGP, FAMILY, context
from conformance.system.access.configs.ios_policy import POLICY
from conformance.system.access.configs.ios_routes import add_target, static
from conformance.system.access.configs.ios_words import kept
from conformance.system.access.configs.linux_host import add_address
from conformance.system.access.configs.linux_part import Part
from conformance.system.access.configs.many import each
from conformance.system.access.configs.shared import address_of, number, prefix_of
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.tree import indent_tree
from conformance.system.access.configs.words import Words

_OWN = Table()
_INTERFACE = "interface {interface} [vrf {vrf}]"
_VRF = "vrf {instance}"
_OSPF = "router ospf [{process}] [vrf {vrf}]"
_OSPF6 = "router ospf6 [vrf {vrf}]"
_ISIS = "router isis {process} [vrf {vrf}]"
for _view, _topic in ((_INTERFACE, "interface"), (_VRF, "vpn"), (_OSPF, "igp"), (_OSPF6, "igp"), (_ISIS, "igp")):
    _OWN.view(_view, _topic)
_OWN.topics("route", "ip route", "ipv6 route", "pbr-map", "pbr", "ip import-table")
_OWN.topics("igp", "router", "ip ospf")
_OWN.topics("vpn", "vrf")
_OWN.topics("line", "password", "enable", "line")


@_OWN.on("", "hostname {name}", "system")
def _hostname(draft: Draft, hit: Hit) -> None:
    if draft.top.held("hostname").state == "absent":
        draft.top.put("hostname", hit["name"], hit.where)


def _entry(draft: Draft, hit: Hit) -> Entry[Interface]:
    name = hit["interface"]
    kind = "loopback" if name == "lo" else "subinterface" if "." in name else "physical"
    return draft.interface(name, hit.where, kind)


@_OWN.on("", _INTERFACE, "interface")
def _interface(draft: Draft, hit: Hit) -> None:
    made = _entry(draft, hit)
    if hit["vrf"] and hit["vrf"] != "default":
        made.put("instance", hit["vrf"], hit.where)


@_OWN.on(_INTERFACE, "description {text...}", "interface")
def _description(draft: Draft, hit: Hit) -> None:
    _entry(draft, hit).put("description", hit["text"], hit.where)


@_OWN.on(_INTERFACE, "(ip|ipv6) address {address} [label {label}] [secondary]", "interface")
def _address(draft: Draft, hit: Hit) -> None:
    made, value = _entry(draft, hit), address_of(hit["address"])
    add_address(draft, made, hit["interface"], Address(value, hit.where))
    if ":" in value and made.held("ipv6") is None:
        made.put("ipv6", True, hit.where)


@_OWN.on(_INTERFACE, "[no] shutdown", "interface")
def _shutdown(draft: Draft, hit: Hit) -> None:
    _entry(draft, hit).put("shutdown", not hit.text.lower().startswith("no "), hit.where)


def _speaker(protocol: str) -> Callable[[Draft, Hit], None]:
    def handler(draft: Draft, hit: Hit) -> None:
        entry = draft.igp(protocol, hit["process"], hit.where)
        entry.add("interfaces", (hit["interface"], hit.where))

    return handler


_OWN.on(_INTERFACE, "ip ospf [{instance}] area {area} [{address}]", "igp")(_speaker("ospf"))
_OWN.on(_INTERFACE, "ipv6 ospf6 area {area}", "igp")(_speaker("ospf6"))
_OWN.on(_INTERFACE, "(ip|ipv6) router isis {process}", "igp")(_speaker("isis"))


@_OWN.on(_INTERFACE, "ip ospf passive [{address}]", "igp")
@_OWN.on(_INTERFACE, "ipv6 ospf6 passive", "igp")
@_OWN.on(_INTERFACE, "isis passive", "igp")
def _passive(draft: Draft, hit: Hit) -> None:
    """Silent in every process of the protocol."""
    protocol = next(one for one in ("ospf6", "ospf", "isis") if one in hit.text.lower())
    draft.scratch.setdefault("silent", {}).setdefault(protocol, []).append(hit["interface"])


_OWN.ignore(
    _INTERFACE,
    "[no] (ip|ipv6) ospf (cost|network|hello-interval|dead-interval|authentication|authentication-key) [{rest...}]",
    "[no] (ip|ipv6) ospf (message-digest-key|priority|bfd|mtu-ignore|retransmit-interval) [{rest...}]",
    "[no] ipv6 ospf6 (cost|network|hello-interval|dead-interval|priority|bfd|mtu-ignore|instance-id) [{rest...}]",
    "[no] isis (metric|network|circuit-type|hello-interval|hello-multiplier|password|priority|bfd) [{rest...}]",
    "[no] ipv6 nd [{rest...}]",
    "[no] (bandwidth|link-detect|link-params|evpn|mpls|ip igmp|ip pim|multicast) [{rest...}]",
    "exit",
)


@_OWN.on("", _VRF, "vpn")
def _instance(draft: Draft, hit: Hit) -> None:
    if hit["instance"] != "default":
        draft.instance(hit["instance"], hit.where)


_OWN.ignore(_VRF, "exit-vrf", "exit", "vni {rest...}", "netns {rest...}", "ip protocol {rest...}", "ip nht {rest...}")


@each(_OWN, ("", _VRF), "(ip|ipv6) route {rest...}", "route")
def _static(draft: Draft, hit: Hit) -> None:
    words, six = Words(hit["rest"]), hit.text.lower().startswith("ipv6")
    instance = "" if hit["instance"] == "default" else hit["instance"]
    made = static(words, instance, hit.where, str, six=six)
    known = draft.top.held("routes") or ()
    if not any(
        (one.prefix, one.next_hop, one.instance) == (made.prefix, made.next_hop, made.instance) for one in known
    ):
        draft.top.add("routes", made)


def _process(draft: Draft, hit: Hit) -> Entry[Igp]:
    protocol = "isis" if "process" in hit.words and not hit["process"].isdigit() else "ospf"
    entry = draft.igp(protocol, hit["process"] or hit["vrf"], hit.where)
    if hit["vrf"]:
        entry.fix("instance", hit["vrf"])
    return entry


@each(_OWN, ("",), _OSPF, "igp")
@each(_OWN, ("",), _ISIS, "igp")
def _begun(draft: Draft, hit: Hit) -> None:
    _process(draft, hit)


@_OWN.on("", _OSPF6, "igp")
def _begun6(draft: Draft, hit: Hit) -> None:
    draft.igp("ospf6", "", hit.where)


@_OWN.on(_OSPF, "network {prefix} area {area}", "igp")
def _covered(draft: Draft, hit: Hit) -> None:
    _process(draft, hit).add("networks", (prefix_of(hit["prefix"]), hit.where))


@_OWN.on(_OSPF, "[no] passive-interface {interface} [{address}]", "igp")
def _silent(draft: Draft, hit: Hit) -> None:
    entry, speaks = _process(draft, hit), hit.text.lower().startswith("no ")
    if hit["interface"].lower() == "default":
        entry.fix("all_silent", not speaks)
    else:
        entry.add("spoken" if speaks else "silent", hit["interface"])


for _view in (_OSPF, _OSPF6, _ISIS):
    _OWN.ignore(
        _view,
        "[no] (ospf|ospf6|timers|area|auto-cost|maximum-paths|distance|capability|max-metric|log-adjacency-changes) "
        "[{rest...}]",
        "(net|is-type|metric-style|area-password|domain-password|lsp-gen-interval|spf-interval|lsp-mtu) [{rest...}]",
        "redistribute {rest...}",
        "exit",
    )


@_OWN.on(FAMILY, "rd vpn export {rd}", "vpn")
def _distinguisher(draft: Draft, hit: Hit) -> None:
    entry = draft.instance(context(hit)[0], hit.where)
    held = entry.held("rd")
    if held is not None and held.value != hit["rd"]:
        raise NotUnderstoodError(hit.text)  # one for each family: the model holds one
    entry.put("rd", hit["rd"], hit.where)


@_OWN.on(FAMILY, "rt vpn (import|export|both) {targets...}", "vpn")
def _targets(draft: Draft, hit: Hit) -> None:
    for target in hit["targets"].split():
        add_target(draft, context(hit)[0], hit.text.lower().split()[2], target, hit.where)


@_OWN.on(FAMILY, "import vrf {source}", "vpn")
def _imported(draft: Draft, hit: Hit) -> None:
    """What another instance exports, without a word of targets."""
    if hit["source"].lower() == "route-map":
        raise NotUnderstoodError(hit.text)
    draft.scratch.setdefault("imported", []).append((context(hit)[0], hit["source"], hit.where))


_OWN.ignore(
    FAMILY,
    "(import|export) vpn",
    "[no] (label vpn export|nexthop vpn export|route-map vpn export) {rest...}",
)


@_OWN.on("", "(password|enable password) [8] {secret}", "line")
def _console(draft: Draft, hit: Hit) -> None:
    """The routing daemons' own terminals."""
    kept([hit["secret"]])
    draft.line("frr vty", hit.where).put("authentication", "password", hit.where)


@_OWN.on("line vty", "exec-timeout {minutes} [{seconds}]", "line")
def _idle(draft: Draft, hit: Hit) -> None:
    seconds = number(hit["minutes"], 0, 35791) * 60 + number(hit["seconds"] or "0", 0, 59)
    draft.scratch["frr idle"] = (seconds, hit.where)


_OWN.view("line vty", "line")
_OWN.ignore("line vty", "exit")
_OWN.ignore(
    "",
    "frr (version|defaults) {rest...}",
    "Building configuration...",
    "Current configuration:",
    "[no] (log|debug|service|agentx|domainname|allow-external-route-update|fpm|zebra|affinity-map) [{rest...}]",
    "[no] (ip|ipv6) (forwarding|nht|protocol|multicast-routing|igmp|router-id) [{rest...}]",
    "bfd",
    "key chain {rest...}",
    "exit",
    "exit-vrf",
    "end",
    "rpki {rest...}",
)


@_OWN.on("", "line vty", "line")
def _vty(_: Draft, __: Hit) -> None:
    """Only where a password is set does anybody log in there."""


FRR = Table(_OWN, BGP, POLICY)


def frr(part: Part) -> None:
    """Read the file; coverage is counted by the table. Without its ``end`` the export is cut short."""
    draft, tree = part.draft, indent_tree(part.text)
    FRR.read(tree, part.name, draft, complete=any(one.text == "end" for one in tree.nodes))
    draft.scratch["frr instances"] = _instances(draft)
    ios_bgp.finish(draft)
    ios_policy.finish(draft)
    silent = draft.scratch.get("silent", {})
    for key, entry in draft.entries("igps").items():
        for interface in silent.get(key[0], ()) if isinstance(key, tuple) else ():
            entry.add("silent", interface)
    if "frr idle" in draft.scratch and ("frr vty" in draft.entries("lines")):
        seconds, where = draft.scratch["frr idle"]
        draft.line("frr vty", where).put("idle", seconds, where)
    _leaks(draft)


def _instances(draft: Draft) -> set[str]:
    """FRR knows no instance inside a family: families of each run as everywhere."""
    return {instance for instance, _ in draft.scratch.get("neighbours", {})}


def _leaks(draft: Draft) -> None:
    """``import vrf`` as targets: those that the other instance exports, or its name where it exports none."""
    for instance, source, where in draft.scratch.get("imported", ()):
        found = draft.entries("instances").get("" if source == "default" else source)
        targets = [target for target, _ in (found.held("exports") or ())] if found else []
        for target in targets or [f"vrf {source}"]:
            draft.instance(instance, where).add("imports", (target, where))
