"""Comware: interfaces, their addresses, links and bandwidth."""

from __future__ import annotations

import re

from conformance.judge.access.config import SET, Address, Interface, Read
from conformance.judge.rulebook import Location
from conformance.system.access.configs.comware_words import Words, interface_kind, interface_name, setting
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.shared import address_of, family_of, number
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

INTERFACE = "interface {interface...}"
TABLE = Table()
TABLE.view(INTERFACE, "interface")
TABLE.topics("interface", "interface")

_KBIT = 1000
_TUNNELS = {
    "ipv6-ipv4": "ipv6-ipv4",
    "ipv6-ipv4 6to4": "6to4",
    "ipv6-ipv4 isatap": "isatap",
    "ipv6-ipv4 auto-tunnel": "ipv6-ipv4",
    "ipv6-ipv4 6rd": "ipv6-ipv4",
    "6to4": "6to4",
    "isatap": "isatap",
    "gre": "gre",
    "gre ip": "gre",
    "gre ipv6": "gre",
    "ipsec": "ipsec",
    "ipsec ipv6": "ipsec",
}
#: What port security asks for where 802.1X decides (with a MAC address that is known before, it does not alone).
_DOT1X_MODES = ("userlogin", "userlogin-secure", "userlogin-secure-ext")

# Layer 2 and the line itself: no clause asks how frames are switched or lights blink.
TABLE.ignore(
    INTERFACE,
    "port link-mode {x}",
    "port link-type {x}",
    "port trunk {x...}",
    "undo port trunk {x...}",
    "port hybrid {x...}",
    "port link-aggregation {x...}",
    "link-aggregation {x...}",
    "combo enable {x}",
    "speed {x...}",
    "duplex {x}",
    "flow-control [{x...}]",
    "flow-interval {x}",
    "link-delay {x...}",
    "jumboframe {x...}",
    "undo jumboframe {x...}",
    "broadcast-suppression {x...}",
    "multicast-suppression {x...}",
    "unicast-suppression {x...}",
    "loopback-detection {x...}",
    "media-type {x}",
    "mdix-mode {x}",
    "clock {x...}",
    "undo eee enable",
)
# Neighbour discovery, spanning tree, monitoring, traps: nothing that a clause asks for.
TABLE.ignore(
    INTERFACE,
    "stp {x...}",
    "undo stp {x...}",
    "lldp {x...}",
    "undo lldp {x...}",
    "sflow {x...}",
    "enable (snmp|log) {x...}",
    "undo enable (snmp|log) {x...}",
    "arp {x...}",
    "tcp mss {x}",
    "ipv6 nd (dad|ns|nud|router-preference|ra interval|ra hop-limit|ra router-lifetime) {x...}",
    "undo ipv6 nd ra halt",
    "ipv6 nd ra halt",
    "ipv6 nd ra prefix {x...}",
    "keepalive [{x...}]",
    "cdp {x...}",
    "poe {x...}",
)
# Queues and trust of marks; the expected bandwidth is for route costs and traps, it limits nothing.
TABLE.ignore(INTERFACE, "bandwidth {x}", "qos (trust|wfq|wrr|sp|bandwidth|priority) {x...}", "qos wfq", "qos sp")
# The ends of a tunnel: its mode is what clauses ask for.
TABLE.ignore(INTERFACE, "source {x...}", "destination {x...}")
# Timers of protocols that are told elsewhere; the interface's own part of DHCP.
TABLE.ignore(
    INTERFACE,
    "ospf (cost|timer|network-type|dr-priority|mtu-enable|bfd|authentication-mode) {x...}",
    "ospf mtu-enable",
    "ospf bfd enable",
    "ospfv3 (cost|timer|network-type|dr-priority|bfd) {x...}",
    "isis (cost|timer|circuit-type|circuit-level|authentication-mode|bfd) {x...}",
    "bfd (min-transmit-interval|min-receive-interval|detect-multiplier|min-echo-receive-interval) {x}",
    "dhcp server apply {x...}",
    "dhcp relay {x...}",
    "ipv6 dhcp server {x...}",
    "ipv6 dhcp relay {x...}",
    "ipv6 dhcp select {x}",
    "ipv6 nd autoconfig (managed-address-flag|other-flag)",
)
# How 802.1X asks, not whether.
TABLE.ignore(
    INTERFACE,
    "dot1x (port-method|max-user|timer|mandatory-domain|eapol|quiet-period|retry) {x...}",
    "dot1x (handshake|re-authenticate|unicast-trigger|multicast-trigger) [{x...}]",
    "undo dot1x (handshake|multicast-trigger|unicast-trigger) [{x...}]",
)


def own(draft: Draft, hit: Hit) -> Entry[Interface]:
    """The interface in whose view a command stands."""
    name = interface_name(hit["interface"])
    return draft.interface(name, hit.where, interface_kind(name))


@TABLE.on("", INTERFACE, "interface")
def _interface(draft: Draft, hit: Hit) -> None:
    entry = own(draft, hit)
    kind = entry.held("kind")
    _, _, mode = hit["interface"].partition(" mode ")
    if kind == "cellular":
        entry.put("dials", "cellular", hit.where)
    elif kind == "dialer":
        entry.put("dials", "ppp", hit.where)
    if mode:
        entry.put("tunnel", _TUNNELS.get(mode.lower(), "other"), hit.where)


@TABLE.on(INTERFACE, "tunnel-protocol {mode...}", "interface")
def _tunnel(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("tunnel", _TUNNELS.get(hit["mode"].lower(), "other"), hit.where)


@TABLE.on(INTERFACE, "description {text...}", "interface")
def _description(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("description", hit["text"], hit.where)


@TABLE.on(INTERFACE, "shutdown", "interface")
@TABLE.on(INTERFACE, "undo shutdown", "interface")
def _shutdown(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("shutdown", _on(hit), hit.where)


@TABLE.on(INTERFACE, "ip address dhcp-alloc [{rest...}]", "interface")
def _dhcp_client(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("dhcp", "client", hit.where)


@TABLE.on(INTERFACE, "ip address ppp-negotiate", "interface")
def _negotiated(draft: Draft, hit: Hit) -> None:
    _dials(own(draft, hit), "ppp", hit.where)


@TABLE.on(INTERFACE, "ip address unnumbered interface {other...}", "interface")
def _unnumbered(draft: Draft, hit: Hit) -> None:
    own(draft, hit)
    interface_name(hit["other"])


@TABLE.on(INTERFACE, "ip address {address} {mask}", "interface")
@TABLE.on(INTERFACE, "ip address {address} {mask} sub", "interface")
def _address(draft: Draft, hit: Hit) -> None:
    value = address_of(hit["address"], hit["mask"])
    if family_of(value) != 4:  # noqa: PLR2004
        raise NotUnderstoodError(hit.text)
    entry = own(draft, hit)
    secondary = hit.text.lower().endswith(" sub")
    entry.add("addresses", Address(value, hit.where, secondary))


@TABLE.on(INTERFACE, "ipv6 address auto [link-local]", "interface")
def _automatic(draft: Draft, hit: Hit) -> None:
    if not hit.text.lower().endswith("link-local"):
        raise NotUnderstoodError(hit.text)  # whatever prefix somebody announces: no address that we could judge
    own(draft, hit).put("ipv6", True, hit.where)


@TABLE.on(INTERFACE, "ipv6 address {address} link-local", "interface")
def _link_local(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("ipv6", True, hit.where)


@TABLE.on(INTERFACE, "ipv6 address {address} [{length}] eui-64", "interface")
def _eui(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("ipv6", True, hit.where)
    raise NotUnderstoodError(hit.text)  # IPv6 is on, the address hangs on the hardware


@TABLE.on(INTERFACE, "ipv6 address {address} [{length}]", "interface")
@TABLE.on(INTERFACE, "ipv6 address {address} [{length}] anycast", "interface")
def _address6(draft: Draft, hit: Hit) -> None:
    value = address_of(hit["address"], hit["length"])
    if family_of(value) != 6 or "/" not in hit["address"] + "/" * bool(hit["length"]):  # noqa: PLR2004
        raise NotUnderstoodError(hit.text)
    entry = own(draft, hit)
    entry.put("ipv6", True, hit.where)
    entry.add("addresses", Address(value, hit.where))


@TABLE.on(INTERFACE, "ip binding vpn-instance {vpn}", "interface")
def _instance(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("instance", hit["vpn"], hit.where)


@TABLE.on(INTERFACE, "vlan-type dot1q vid {vlan}", "interface")
@TABLE.on(INTERFACE, "port access vlan {vlan}", "interface")
def _vlan(draft: Draft, hit: Hit) -> None:
    entry = own(draft, hit)
    with setting(entry, "vlan", hit.where):
        entry.put("vlan", number(hit["vlan"], 1, 4094), hit.where)


@TABLE.on(INTERFACE, "mtu {bytes}", "interface")
@TABLE.on(INTERFACE, "ip mtu {bytes}", "interface")
@TABLE.on(INTERFACE, "ipv6 mtu {bytes}", "interface")
def _mtu(draft: Draft, hit: Hit) -> None:
    entry = own(draft, hit)
    size = number(hit["bytes"], 46, 65535)
    entry.put("mtu", _least(entry.held("mtu"), size), hit.where)


@TABLE.on(INTERFACE, "qos (lr|gts) (inbound|outbound) cir {kbit} [{rest...}]", "qos")
@TABLE.on(INTERFACE, "qos (lr|gts) (inbound|outbound) any cir {kbit} [{rest...}]", "qos")
@TABLE.on(INTERFACE, "qos gts any cir {kbit} [{rest...}]", "qos")
@TABLE.on(INTERFACE, "qos car (inbound|outbound) any cir {kbit} [{rest...}]", "qos")
def _limit(draft: Draft, hit: Hit) -> None:
    entry = own(draft, hit)
    with setting(entry, "limit", hit.where):
        _limits(Words(hit["rest"]))
        entry.put("limit", _least(entry.held("limit"), number(hit["kbit"], 1) // _KBIT), hit.where)


def _limits(words: Words) -> None:
    """What follows the rate; where packets beyond it pass, it limits nothing."""
    while words:
        option = words.one_of("cbs", "ebs", "pir", "queue-length", "green", "yellow", "red")
        word = words.next()
        if option in ("green", "yellow", "red") and word not in (("discard",) if option == "red" else ("pass",)):
            raise NotUnderstoodError(word)


@TABLE.on(INTERFACE, "ip urpf {mode} [{rest...}]", "interface")
@TABLE.on(INTERFACE, "ipv6 urpf {mode} [{rest...}]", "interface")
def _urpf(draft: Draft, hit: Hit) -> None:
    mode = hit["mode"].lower()
    name = "urpf6" if hit.text.lower().startswith("ipv6") else "urpf"
    entry = own(draft, hit)
    with setting(entry, name, hit.where):
        # Loose with the default route lets every source through; an ACL lets through what it permits.
        options = [one for one in hit["rest"].lower().split() if one != "link-check"]
        if mode not in ("strict", "loose") or (options and (mode, options) != ("strict", ["allow-default-route"])):
            raise NotUnderstoodError(hit.text)
        entry.put(name, mode, hit.where)


@TABLE.on(INTERFACE, "dot1x", "admission")
@TABLE.on(INTERFACE, "undo dot1x", "admission")
def _dot1x(draft: Draft, hit: Hit) -> None:
    _admits(draft, hit, _on(hit))


@TABLE.on(INTERFACE, "dot1x port-control {mode}", "admission")
def _control(draft: Draft, hit: Hit) -> None:
    mode = hit["mode"].lower()
    if mode not in ("auto", "authorized-force", "unauthorized-force"):
        raise NotUnderstoodError(hit.text)
    if mode == "authorized-force":  # everybody is let in, whatever else stands here
        _forced(draft).add(interface_name(hit["interface"]))
        _admits(draft, hit, False)


@TABLE.on(INTERFACE, "port-security port-mode {mode}", "admission")
def _port_security(draft: Draft, hit: Hit) -> None:
    if hit["mode"].lower() not in _DOT1X_MODES:
        raise NotUnderstoodError(hit.text)
    _admits(draft, hit, True)


@TABLE.on(INTERFACE, "dhcp select {mode}", "dhcp")
def _dhcp(draft: Draft, hit: Hit) -> None:
    mode = hit["mode"].lower()
    if mode not in ("server", "relay"):
        raise NotUnderstoodError(hit.text)
    own(draft, hit).put("dhcp", mode, hit.where)


@TABLE.on(INTERFACE, "undo dhcp select (server|relay)", "dhcp")
def _no_dhcp(draft: Draft, hit: Hit) -> None:
    own(draft, hit).forget("dhcp")


@TABLE.on(INTERFACE, "ip redirects [enable]", "hardening")
@TABLE.on(INTERFACE, "undo ip redirects [enable]", "hardening")
def _redirects(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("redirects", _on(hit), hit.where)


@TABLE.on(INTERFACE, "ip forward-broadcast [acl {acl}]", "hardening")
@TABLE.on(INTERFACE, "undo ip forward-broadcast", "hardening")
def _broadcast(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("directed_broadcast", _on(hit), hit.where)


@TABLE.on(INTERFACE, "pppoe-client dial-bundle-number {bundle} [{rest...}]", "interface")
def _pppoe(draft: Draft, hit: Hit) -> None:
    own(draft, hit).put("dials", "pppoe", hit.where)


@TABLE.on(INTERFACE, "dialer {rest...}", "interface")
@TABLE.on(INTERFACE, "dialer-group {rest...}", "interface")
@TABLE.on(INTERFACE, "link-protocol ppp", "interface")
@TABLE.on(INTERFACE, "ppp {rest...}", "interface")
def _ppp(draft: Draft, hit: Hit) -> None:
    if hit.text.lower().startswith("dialer"):
        _dials(own(draft, hit), "ppp", hit.where)


def finish(draft: Draft) -> None:
    """Ports that let everybody in; a VLAN interface asks for 802.1X where each of its access ports does."""
    entries = draft.entries("interfaces")
    for name in sorted(_forced(draft)):
        entry = entries[name]
        entry.put("dot1x", False, entry.held("dot1x").where)
    ports: dict[int, list[Entry[Interface]]] = {}
    for entry in entries.values():
        vlan = entry.held("vlan")
        if vlan is not None and vlan.state == SET and entry.held("kind") == "physical":
            ports.setdefault(vlan.value, []).append(entry)
    for own_name, entry in entries.items():
        found = re.fullmatch(r"Vlan-interface([0-9]{1,4})", str(own_name))
        members = ports.get(int(found[1]), []) if found else []
        if members and entry.held("dot1x") is None:
            asked = [one.held("dot1x") for one in members]
            _together(entry, asked)


def _together(entry: Entry[Interface], asked: list[Read[bool] | None]) -> None:
    places = [one.where for one in asked if one is not None and one.where is not None]
    if places:
        entry.put("dot1x", all(one is not None and one.value is True for one in asked), places[0])


def _on(hit: Hit) -> bool:
    return not hit.text.lower().startswith("undo ")


def _least(held: Read[int] | None, value: int) -> int:
    return value if held is None or held.value is None else min(held.value, value)


def _dials(entry: Entry[Interface], how: str, where: Location) -> None:
    if entry.held("dials") is None:
        entry.put("dials", how, where)


def _admits(draft: Draft, hit: Hit, value: bool) -> None:
    own(draft, hit).put("dot1x", value, hit.where)


def _forced(draft: Draft) -> set[str]:
    forced: set[str] = draft.scratch.setdefault("dot1x-forced", set())
    return forced
