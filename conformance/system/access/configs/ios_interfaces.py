"""Cisco IOS, Ruijie RGOS: interfaces, addresses, state, tunnels, what dials, source checks, 802.1X, limits."""

from __future__ import annotations

from conformance.judge.access.config import Address, Interface
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.ios_words import interface_kind, interface_name
from conformance.system.access.configs.shared import address_of, number
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

INTERFACES = Table()
VIEW = "interface {interface...}"
INTERFACES.view(VIEW, "interface")
_DIALS = {"dialer": "ppp", "cellular": "cellular"}
_TUNNELS = {
    "gre ip": "gre",
    "gre multipoint": "gre",
    "gre ipv6": "gre",
    "ipv6ip": "ipv6-ipv4",
    "ipv6ip 6to4": "6to4",
    "ipv6ip isatap": "isatap",
    "ipv6ip auto-tunnel": "ipv6-ipv4",
    "ipv6ip 6rd": "ipv6-ipv4",
    "ipsec ipv4": "ipsec",
    "ipsec ipv6": "ipsec",
    "sdwan": "other",
    "ipip": "other",
    "ipv6": "other",
    "vxlan ipv4": "other",
    "mpls traffic-eng": "other",
}
_BITS = 1_000_000
_KBITS = 1000


def named(hit: Hit) -> str:
    """The whole name of the interface of whose view the command is."""
    words = hit["interface"]
    for tail in (" point-to-point", " multipoint"):
        words = words.removesuffix(tail)
    return interface_name(words)


def entry(draft: Draft, hit: Hit) -> Entry[Interface]:
    """The interface of whose view the command is."""
    name = named(hit)
    return draft.interface(name, hit.where, interface_kind(name))


@INTERFACES.on("", VIEW, "interface")
def _interface(draft: Draft, hit: Hit) -> None:
    made, kind = entry(draft, hit), interface_kind(named(hit))
    if kind in _DIALS:
        made.put("dials", _DIALS[kind], hit.where)
    if kind == "tunnel" and made.held("tunnel") is None:
        made.put("tunnel", "gre", hit.where)  # without a word of the mode


def _switch(command: str, topic: str, setting: str, *, said: bool = True) -> None:
    """``command`` sets a setting, ``no …`` the other way."""

    def on(draft: Draft, hit: Hit) -> None:
        entry(draft, hit).put(setting, said, hit.where)

    def off(draft: Draft, hit: Hit) -> None:
        entry(draft, hit).put(setting, not said, hit.where)

    INTERFACES.on(VIEW, command, topic)(on)
    INTERFACES.on(VIEW, f"no {command}", topic)(off)


_switch("shutdown", "interface", "shutdown")
_switch("ipv6 enable", "interface", "ipv6")
_switch("ip redirects", "hardening", "redirects")
_switch("ip directed-broadcast", "hardening", "directed_broadcast")


@INTERFACES.on(VIEW, "description {text...}", "interface")
def _description(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("description", hit["text"], hit.where)


@INTERFACES.on(VIEW, "ip address {address} {mask} [(secondary|sub)] [vrf {vrf}]", "interface")
def _address(draft: Draft, hit: Hit) -> None:
    secondary = hit.text.lower().split()[4:5] in (["secondary"], ["sub"])
    value = address_of(hit["address"], hit["mask"])
    entry(draft, hit).add("addresses", Address(value, hit.where, secondary))


@INTERFACES.on(VIEW, "ip address {address}", "interface")
@INTERFACES.on(VIEW, "ip address (dhcp|negotiated) [{rest...}]", "interface")
def _given(draft: Draft, hit: Hit) -> None:
    made, way = entry(draft, hit), hit.text.lower().split()[2]
    if way == "dhcp":
        made.put("dhcp", "client", hit.where)
    elif way == "negotiated":
        made.put("dials", "ppp", hit.where)
    elif "/" in way:
        made.add("addresses", Address(address_of(way), hit.where))
    else:
        raise NotUnderstoodError(hit.text)


@INTERFACES.on(VIEW, "ipv6 address {rest...}", "interface")
def _address6(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    if words.peek(1) == "link-local":
        return
    made = entry(draft, hit)
    if words.peek() in ("dhcp", "autoconfig"):
        made.put("dhcp", "client", hit.where)
        return
    value = address_of(words.take())
    words.end()  # eui-64 hides the address: the line stays unread
    made.add("addresses", Address(value, hit.where))
    if made.held("ipv6") is None:
        made.put("ipv6", True, hit.where)


@INTERFACES.on(VIEW, "(vrf forwarding|ip vrf forwarding) {instance}", "vpn")
def _binding(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("instance", hit["instance"], hit.where)


@INTERFACES.on(VIEW, "zone-member security {zone}", "filter")
def _zone(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("zone", hit["zone"], hit.where)


@INTERFACES.on(VIEW, "encapsulation dot1q {vlan} [native]", "interface")
@INTERFACES.on(VIEW, "switchport access vlan {vlan}", "interface")
def _vlan(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("vlan", number(hit["vlan"], 1, 4094), hit.where)


@INTERFACES.on(VIEW, "mtu {bytes}", "interface")
def _mtu(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("mtu", number(hit["bytes"], 46, 65535), hit.where)


@INTERFACES.on(VIEW, "(ip|ipv6) verify unicast source reachable-via (rx|any) [{rest...}]", "interface")
@INTERFACES.on(VIEW, "(ip|ipv6) verify unicast reverse-path [{rest...}]", "interface")
def _verified(draft: Draft, hit: Hit) -> None:
    setting = "urpf6" if hit.text.lower().startswith("ipv6") else "urpf"
    if hit["rest"].lower() not in ("", "allow-default"):
        entry(draft, hit).unknown(setting, hit.where)  # with an ACL some sources are not checked
        raise NotUnderstoodError(hit.text)
    loose = "any" in hit.text.lower().split()
    entry(draft, hit).put(setting, "loose" if loose else "strict", hit.where)


@INTERFACES.on(VIEW, "(ip access-group|ipv6 traffic-filter) {acl} (in|out)", "filter")
def _filtered(draft: Draft, hit: Hit) -> None:
    family = 6 if hit.text.lower().startswith("ipv6") else 4
    way = hit.text.lower().rsplit(maxsplit=1)[1]
    draft.scratch.setdefault("applied", []).append((named(hit), family, hit["acl"], way, hit.where))


@INTERFACES.on(VIEW, "(ip|ipv6) inspect {name} (in|out)", "filter")
def _inspected(draft: Draft, hit: Hit) -> None:
    family = 6 if hit.text.lower().startswith("ipv6") else 4
    way = hit.text.lower().rsplit(maxsplit=1)[1]
    draft.scratch.setdefault("inspected", set()).add((named(hit), family, way, hit["name"]))


@INTERFACES.on(VIEW, "ip nat (inside|outside)", "nat")
def _translated(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault(f"nat {hit.text.lower().split()[2]}", []).append(named(hit))


@INTERFACES.on(VIEW, "ip ospf {process} area {area}", "igp")
@INTERFACES.on(VIEW, "(ospfv3|ipv6 ospf) {process} [(ipv4|ipv6)] area {area}", "igp")
def _spoken(draft: Draft, hit: Hit) -> None:
    draft.igp("ospf", hit["process"], hit.where).add("interfaces", (named(hit), hit.where))


@INTERFACES.on(VIEW, "(ip|ipv6) router isis [{tag}]", "igp")
def _isis(draft: Draft, hit: Hit) -> None:
    draft.igp("isis", hit["tag"], hit.where).add("interfaces", (named(hit), hit.where))


@INTERFACES.on(VIEW, "isis passive", "igp")
def _passive(draft: Draft, hit: Hit) -> None:
    draft.igp("isis", "", hit.where).add("silent", named(hit))


@INTERFACES.on(VIEW, "(authentication|dot1x|access-session) port-control {mode}", "admission")
def _control(draft: Draft, hit: Hit) -> None:
    """Forced, a port admits everyone or no one whatever 802.1X says."""
    mode = hit["mode"].lower()
    if mode not in ("auto", "force-authorized", "force-unauthorized"):
        raise NotUnderstoodError(hit.text)
    entry(draft, hit).put("dot1x", mode == "auto", hit.where)


@INTERFACES.on(VIEW, "tunnel mode {mode...}", "tunnel")
def _tunnel(draft: Draft, hit: Hit) -> None:
    mode = _TUNNELS.get(hit["mode"].lower())
    if mode is None:
        entry(draft, hit).unknown("tunnel", hit.where)
        raise NotUnderstoodError(hit.text)
    entry(draft, hit).put("tunnel", mode, hit.where)


@INTERFACES.on(VIEW, "pppoe-client dial-pool-number {rest...}", "interface")
def _pppoe(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("dials", "pppoe", hit.where)


@INTERFACES.on(VIEW, "(ip helper-address|ipv6 dhcp relay destination) {rest...}", "dhcp")
def _relayed(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("dhcp", "relay", hit.where)


@INTERFACES.on(VIEW, "ipv6 dhcp server {pool} [{rest...}]", "dhcp")
def _serves(draft: Draft, hit: Hit) -> None:
    entry(draft, hit).put("dhcp", "server", hit.where)


@INTERFACES.on(VIEW, "rate-limit (input|output) [bps] {rest...}", "qos")
@INTERFACES.on(VIEW, "traffic-shape rate {rest...}", "qos")
def _limit(draft: Draft, hit: Hit) -> None:
    found, words = entry(draft, hit), Words(hit["rest"])
    if not words.peek().isdigit():
        found.unknown("limit", hit.where)  # of some packets only
        raise NotUnderstoodError(hit.text)
    lower(found, number(words.take(), 1, 10**12) // _BITS, hit)


@INTERFACES.on(VIEW, "service-policy [type qos] (input|output) {policy}", "qos")
def _policed(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("policed", []).append((named(hit), hit["policy"], hit.where))


_CLASS = "policy-map {policy} / class {class}"
INTERFACES.view("policy-map {policy}", "qos")
INTERFACES.view(_CLASS, "qos")
INTERFACES.topics("qos", "policy-map", "class-map", "qos", "mls qos")


@INTERFACES.on("", "policy-map {policy}", "qos")
@INTERFACES.on("policy-map {policy}", "class {class}", "qos")
def _policy(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("limits", {}).setdefault(hit["policy"], None)


@INTERFACES.on(_CLASS, "(police cir|police rate|police|shape average|shape peak) {rest...}", "qos")
def _rate(draft: Draft, hit: Hit) -> None:
    """Of the class of all packets it is the interface's limit; of others it is none."""
    words = Words(hit["rest"])
    rate = number(words.take(), 1, 10**12)
    if words.peek() in ("kbps", "kbit"):
        rate *= _KBITS
    if hit["class"].lower() == "class-default":
        draft.scratch.setdefault("limits", {})[hit["policy"]] = rate // _BITS


INTERFACES.ignore(
    _CLASS, "(conform-action|exceed-action|violate-action|fair-queue|random-detect|priority|bandwidth) [{rest...}]",
    "(set|queue-limit|service-policy) {rest...}",
)  # fmt: skip
INTERFACES.ignore("", "class-map {rest...}")


def lower(found: Entry[Interface], limit: int, hit: Hit) -> None:
    """The smaller of two limits counts."""
    held = found.held("limit")
    if held is None or (held.value is not None and limit < held.value):
        found.put("limit", limit, hit.where)


def finish(draft: Draft) -> None:
    """The limits of the policies that interfaces name."""
    limits = draft.scratch.get("limits", {})
    for name, policy, where in draft.scratch.get("policed", ()):
        found = draft.interface(name, where, interface_kind(name))
        if policy not in limits:
            found.unknown("limit", where)
        elif limits[policy] is not None:
            found.put("limit", limits[policy], where)


INTERFACES.ignore(
    VIEW,
    "no (ip|ipv6) address [{rest...}]",
    "[no] (ip|ipv6) (unreachables|proxy-arp|mtu|flow|route-cache|virtual-reassembly|tcp|mroute-cache) [{rest...}]",
    "[no] ip (mask-reply|split-horizon|local-proxy-arp|unnumbered|cef|load-sharing) [{rest...}]",
    "[no] ipv6 (nd|mfib|redirects|ospf|unnumbered) [{rest...}]",
    "[no] (speed|duplex|negotiation|media-type|keepalive|load-interval|hold-queue|bandwidth|delay|carrier-delay) "
    "[{rest...}]",
    "[no] (cdp|lldp|mop|snmp|logging|arp|spanning-tree|storm-control|channel-group|lacp|port-group|udld) [{rest...}]",
    "[no] switchport",
    "switchport (mode|nonegotiate|voice|port-security|protected|block|trunk) [{rest...}]",
    "[no] (standby|vrrp|bfd|ntp|ppp|dialer|dialer-group|pulse-time|power|fair-queue|tx-ring-limit) [{rest...}]",
    "encapsulation (ppp|hdlc|frame-relay)",
    "(tunnel source|tunnel destination|tunnel key|tunnel path-mtu-discovery|tunnel vrf) [{rest...}]",
    "crypto map {rest...}",
    "tunnel protection {rest...}",
    "ip ospf (cost|network|hello-interval|dead-interval|authentication|message-digest-key|priority|bfd|mtu-ignore) "
    "[{rest...}]",
    "isis (metric|network|circuit-type|authentication|hello-interval|hello-multiplier|priority) [{rest...}]",
    "(authentication|dot1x|mab|access-session) {rest...}",
    "(carrier|medium-type|transceiver|flowcontrol|efm) [{rest...}]",
    "pppoe enable [{rest...}]",
    "exit",
)
