"""Huawei VRP: interfaces, their addresses, state and instance, tunnels, what dials, bandwidth limits, source checks."""

from __future__ import annotations

from conformance.judge.access.config import Address, Interface
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.shared import address_of, interface_kind, interface_name, number
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

INTERFACES = Table()
VIEW = "interface {interface...}"
INTERFACES.view(VIEW, "interface")
_DIALS = {"dialer": "ppp", "cellular": "cellular"}
_TUNNELS = {
    "gre": "gre",
    "ipv6-ipv4": "ipv6-ipv4",
    "ipv6-ipv4 6to4": "6to4",
    "ipv6-ipv4 isatap": "isatap",
    "ipv6-ipv4 auto-tunnel": "ipv6-ipv4",
    "ipv6-ipv4 teredo": "teredo",
    "ipsec": "ipsec",
    "gre p2mp": "gre",
    "ipv4-ipv6": "other",
    "ipv6-ipv6": "other",
    "mpls te": "other",
    "svpn": "other",
    "vxlan": "other",
}
_KBITS = 1000


def entry(draft: Draft, hit: Hit) -> Entry[Interface]:
    """The interface of whose view the command is."""
    name = _named(hit["interface"])
    return draft.interface(name, hit.where, interface_kind(name))


def _named(words: str) -> str:
    bare, _, mode = words.partition(" mode ")
    if mode not in ("", "l2", "lacp", "lacp-static"):
        raise NotUnderstoodError(words)
    return interface_name(bare)


@INTERFACES.on("", VIEW, "interface")
def _interface(draft: Draft, hit: Hit) -> None:
    made = entry(draft, hit)
    kind = interface_kind(_named(hit["interface"]))
    if kind in _DIALS:
        made.put("dials", _DIALS[kind], hit.where)


def _switch(command: str, topic: str, setting: str, *, undone: bool = True) -> None:
    """``command`` sets a setting True, its ``undo`` False (or the other way round)."""

    def on(draft: Draft, hit: Hit) -> None:
        entry(draft, hit).put(setting, undone, hit.where)

    def off(draft: Draft, hit: Hit) -> None:
        entry(draft, hit).put(setting, not undone, hit.where)

    INTERFACES.on(VIEW, command, topic)(on)
    INTERFACES.on(VIEW, f"undo {command}", topic)(off)


_switch("shutdown", "interface", "shutdown")
_switch("ipv6 enable", "interface", "ipv6")
_switch("icmp redirect send", "hardening", "redirects")
_switch("ip redirects [enable]", "hardening", "redirects")
_switch("ip redirect send", "hardening", "redirects")
_switch("ip forward-broadcast", "hardening", "directed_broadcast")
_switch("ip directed-broadcast [enable]", "hardening", "directed_broadcast")
_switch("dot1x enable", "admission", "dot1x")


@INTERFACES.on(VIEW, "description {text...}", "interface")
def _description(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("description", hit["text"], hit.where)


@INTERFACES.on(VIEW, "ip address (dhcp-alloc|bootp-alloc) [unicast]", "interface")
def _client(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("dhcp", "client", hit.where)


@INTERFACES.on(VIEW, "ip address {address} {mask} [{sub...}]", "interface")
def _address(draft: Draft, hit: Hit) -> None:
    words = Words(f"{hit['address']} {hit['mask']} {hit['sub']}")
    if words.skip("unnumbered", "interface"):
        interface_name(" ".join(words.rest()))
        return
    value = address_of(words.take(), words.take())
    secondary = words.skip("sub")
    words.end()
    entry(draft, hit).add("addresses", Address(value, hit.where, secondary))


@INTERFACES.on(VIEW, "ip address ppp-negotiate", "interface")
def _negotiated(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("dials", "ppp", hit.where)


@INTERFACES.on(VIEW, "ipv6 address {rest...}", "interface")
def _address6(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    if words.skip("auto", "link-local"):
        return words.end()
    value = words.take()
    if words.skip("link-local"):
        return words.end()
    length = "" if "/" in value else words.take()
    made = address_of(value, length)
    secondary = words.skip("secondary")
    words.end()  # eui-64 hides the address: the line stays unread
    return entry(draft, hit).add("addresses", Address(made, hit.where, secondary))


@INTERFACES.on(VIEW, "ip binding vpn-instance {instance}", "vpn")
def _binding(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("instance", hit["instance"], hit.where)


@INTERFACES.on(VIEW, "zone {zone}", "filter")
def _zone(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("zone", hit["zone"], hit.where)


@INTERFACES.on(VIEW, "dot1q termination vid {vlan}", "interface")
@INTERFACES.on(VIEW, "vlan-type dot1q {vlan}", "interface")
@INTERFACES.on(VIEW, "encapsulation dot1q vid {vlan}", "interface")
@INTERFACES.on(VIEW, "port default vlan {vlan}", "interface")
@INTERFACES.on(VIEW, "port trunk pvid vlan {vlan}", "interface")
@INTERFACES.on(VIEW, "port trunk allow-pass vlan {vlan} [{more...}]", "interface")
def _vlan(draft: Draft, hit: Hit) -> None:
    made = entry(draft, hit)
    if "allow-pass" in hit.text.lower() and not hit["vlan"].isdigit():
        return  # all: no VLAN in particular
    vlan = number(hit["vlan"], 1, 4094)
    if made.held("vlan") is None or "allow-pass" not in hit.text.lower():
        made.put("vlan", vlan, hit.where)


@INTERFACES.on(VIEW, "mtu {bytes} [spread]", "interface")
def _mtu(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("mtu", number(hit["bytes"], 46, 65535), hit.where)


@INTERFACES.on(VIEW, "qos (lr|gts) [(inbound|outbound)] {rest...}", "qos")
@INTERFACES.on(VIEW, "qos car (inbound|outbound) {rest...}", "qos")
@INTERFACES.on(VIEW, "qos car {rest...}", "qos")
def _limit(draft: Draft, hit: Hit) -> None:
    """Without a condition, the whole interface: the smaller of two limits counts."""
    words = Words(hit["rest"])
    found = entry(draft, hit)
    if not words.skip("cir"):
        found.unknown("limit", hit.where)
        raise NotUnderstoodError(hit.text)
    limit = number(words.take(), 1) // _KBITS
    if words.skip("mbps"):
        limit *= _KBITS
    while words:
        if words.any_of("cbs", "pir", "pbs"):
            number(words.take())
        elif not words.any_of("inbound", "outbound"):
            found.unknown("limit", hit.where)
            raise NotUnderstoodError(hit.text)
    _lower(found, limit, hit)


@INTERFACES.on(VIEW, "port shaping {limit} [mbps]", "qos")
def _shaping(draft: Draft, hit: Hit) -> None:
    _lower(entry(draft, hit), number(hit["limit"], 1), hit)


def _lower(found: Entry[Interface], limit: int, hit: Hit) -> None:
    held = found.held("limit")
    if held is None or (held.value is not None and limit < held.value):
        found.put("limit", limit, hit.where)


@INTERFACES.on(VIEW, "ipv6 urpf {mode} [{rest...}]", "interface")
@INTERFACES.on(VIEW, "urpf ipv6 {mode} [{rest...}]", "interface")
def _urpf6(draft: Draft, hit: Hit) -> None:
    _checked(draft, hit, "urpf6")


@INTERFACES.on(VIEW, "[ip] urpf {mode} [{rest...}]", "interface")
def _urpf(draft: Draft, hit: Hit) -> None:
    _checked(draft, hit, "urpf")


def _checked(draft: Draft, hit: Hit, setting: str) -> None:
    mode = hit["mode"].lower()
    if mode not in ("strict", "loose") or hit["rest"].lower() not in ("", "allow-default", "allow-default-route"):
        entry(draft, hit).unknown(setting, hit.where)  # with an ACL some sources are not checked
        raise NotUnderstoodError(hit.text)
    entry(draft, hit).put(setting, mode, hit.where)


@INTERFACES.on(VIEW, "undo urpf [{rest...}]", "interface")
@INTERFACES.on(VIEW, "undo ip urpf [{rest...}]", "interface")
def _unchecked(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).forget("urpf")


@INTERFACES.on(VIEW, "dot1x port-control {mode}", "admission")
def _control(draft: Draft, hit: Hit) -> None:
    """Forced open, a port admits everyone however 802.1X is switched."""
    if hit["mode"].lower() not in ("auto", "authorized-force", "unauthorized-force"):
        raise NotUnderstoodError(hit.text)
    if hit["mode"].lower() == "authorized-force":
        draft.scratch.setdefault("forced open", []).append((_named(hit["interface"]), hit.where))


@INTERFACES.on(VIEW, "authentication-profile {name}", "admission")
def _profile(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("profiled", []).append((_named(hit["interface"]), hit["name"], hit.where))


@INTERFACES.on(VIEW, "dhcp select {how...}", "dhcp")
def _dhcp(draft: Draft, hit: Hit) -> None:
    how = {"global": "server", "interface": "server", "relay": "relay", "server": "server"}.get(hit["how"].lower())
    if how is None:
        raise NotUnderstoodError(hit.text)
    entry(draft, hit).put("dhcp", how, hit.where)


@INTERFACES.on(VIEW, "tunnel-protocol {mode...}", "tunnel")
def _tunnel(draft: Draft, hit: Hit) -> None:
    mode = _TUNNELS.get(hit["mode"].lower())
    if mode is None:
        entry(draft, hit).unknown("tunnel", hit.where)
        raise NotUnderstoodError(hit.text)
    entry(draft, hit).put("tunnel", mode, hit.where)


@INTERFACES.on(VIEW, "pppoe-client dial-bundle-number {rest...}", "interface")
def _pppoe(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("dials", "pppoe", hit.where)


# Layer 2, physical properties and timers: no clause asks for them.
INTERFACES.ignore(
    VIEW,
    "[undo] portswitch",
    "undo portswitch batch",
    "port link-type {mode}",
    "port hybrid {rest...}",
    "undo port trunk allow-pass vlan 1",
    "port trunk allow-pass vlan all",
    "[undo] negotiation auto",
    "speed {rest...}",
    "duplex {rest...}",
    "[undo] stp {rest...}",
    "[undo] lldp {rest...}",
    "eth-trunk {id}",
    "mode (lacp|lacp-static|manual) [load-balance]",
    "trunkport {rest...}",
    "load-balance {rest...}",
    "[undo] lacp {rest...}",
    "least active-linknumber {rest...}",
    "max active-linknumber {rest...}",
    "carrier {rest...}",
    "port isolate-mode {rest...}",
    "port-isolate {rest...}",
    "[undo] storm-control {rest...}",
    "(broadcast-suppression|multicast-suppression|unicast-suppression) {rest...}",
    "device transceiver {rest...}",
    "transceiver {rest...}",
    "(jumboframe|jumboframe enable) [{rest...}]",
    "[undo] dcn [{rest...}]",
    "clock {rest...}",
    "combo-port {rest...}",
    "loopback-detect {rest...}",
    "bandwidth {rest...}",
    "set flow-stat interval {rest...}",
    "statistic enable [{rest...}]",
    "trust {rest...}",
    "[undo] alias [{rest...}]",
    "arp broadcast enable",
    "arp broadcast-trap enable",
    "termination-vid batch {rest...}",
    "[undo] enable snmp trap {rest...}",
)
# How a session is kept or a packet cut to size: nothing that a clause asks of an interface.
INTERFACES.ignore(
    VIEW,
    "ipv6 mtu {rest...}",
    "tcp adjust-mss {rest...}",
    "ip tcp adjust-mss {rest...}",
    "arp {rest...}",
    "ipv6 nd (dad|ns|nud|hop-limit|mtu|dns) {rest...}",
    "[undo] ipv6 nd ra halt",
    "[undo] ipv6 nd ra (min-interval|max-interval|router-lifetime|prefix|halt|hop-limit) [{rest...}]",
    "ipv6 nd autoconfig {rest...}",
    "[undo] ipv6 redirects",
    "bfd {rest...}",
    "vrrp {rest...}",
    "vrrp6 {rest...}",
    "ospf (cost|network-type|timer|authentication-mode|bfd|dr-priority|mtu-enable) [{rest...}]",
    "isis (cost|circuit-type|circuit-level|timer|authentication-mode|bfd|dis-priority) [{rest...}]",
    "dhcp relay {rest...}",
    "dhcp server (lease|excluded-ip-address|domain-name|static-bind|gateway-list|mask|import|force|logging) {rest...}",
    "dhcp snooping [{rest...}]",
    "[undo] tunnel (checksum|pathmtu) [{rest...}]",
    "source {rest...}",
    "destination {rest...}",
    "gre key {rest...}",
    "keepalive [{rest...}]",
    "link-protocol {rest...}",
    "ppp {rest...}",
    "dialer {rest...}",
    "dialer-group {rest...}",
    "apn-profile {rest...}",
    "pin {rest...}",
    "mode (wcdma|lte|umts|auto) {rest...}",
    "dot1x (authentication-method|max-user|reauthenticate|timer|retry|quiet-period|handshake|trigger) [{rest...}]",
    "dot1x (port-method|unicast-trigger) [{rest...}]",
    "ip netstream {rest...}",
    "netstream {rest...}",
    "ipv6 netstream {rest...}",
)
