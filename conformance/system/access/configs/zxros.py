"""ZTE ZXROS: an export as the vendor-neutral model, in part: what public fragments of such exports tell.

BGP, prefix lists and route maps are written as IOS writes them. Of an access list the action at its end is not known.
Whatever else stands in the export is unread.
"""

from __future__ import annotations

from conformance.judge.access.config import Address, Interface, Listed, Passage, SnmpUser
from conformance.system.access.configs import ios_bgp, ios_policy
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.ios_acl import Acl, lists, read_entry, rules_of
from conformance.system.access.configs.ios_bgp import BGP
from conformance.system.access.configs.ios_policy import POLICY
from conformance.system.access.configs.ios_routes import add_target, static
from conformance.system.access.configs.many import each
from conformance.system.access.configs.shared import address_of, algorithm, host_of, number
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.tree import section_tree
from conformance.system.access.configs.words import Words

_OWN = Table()
_INTERFACE = "interface {interface}"
_VRF = "ip vrf {instance}"
_FAMILY = f"{_VRF} / address-family (ipv4|ipv6)"
_LISTS = {4: "ipv4-access-list {acl}", 6: "ipv6-access-list {acl}"}
for _view, _topic in ((_INTERFACE, "interface"), (_VRF, "vpn"), (_FAMILY, "vpn")):
    _OWN.view(_view, _topic)
for _view in _LISTS.values():
    _OWN.view(_view, "filter")
_OWN.topics("route", "ip route", "ipv6 route")
_OWN.topics("igp", "router")
_OWN.topics("filter", "acl", "ipv4-access-list", "ipv6-access-list", "link-access-list", "security")
_OWN.topics("nat", "nat", "cgn", "nat64")
_OWN.topics("ntp", "ntp")
_OWN.topics("syslog", "syslog", "syslog-server", "logging")
_OWN.topics("snmp", "snmp-server")
_OWN.topics(
    "aaa", "aaa", "aaa-authentication-template", "system-user", "user", "username", "tacacs", "radius", "enable"
)
_OWN.topics("line", "line", "ssh", "telnet", "ftp-server", "netconf", "web")
_OWN.topics("dns", "ip domain", "dns")
_OWN.topics("dhcp", "dhcp", "ip dhcp")
_OWN.topics("ike", "crypto", "isakmp", "ipsec")
_OWN.topics("remote", "vpdn", "l2tp", "sslvpn")
_KINDS = {"loopback": "loopback", "tunnel": "tunnel", "dialer": "dialer", "cellular": "cellular", "vlan": "vlan"}


@_OWN.on("", "hostname {name}", "system")
def _hostname(draft: Draft, hit: Hit) -> None:
    draft.top.put("hostname", hit["name"], hit.where)


def _entry(draft: Draft, hit: Hit) -> Entry[Interface]:
    name = hit["interface"]
    kind = next((one for word, one in _KINDS.items() if name.lower().startswith(word)), "physical")
    return draft.interface(name, hit.where, "subinterface" if kind == "physical" and "." in name else kind)


@_OWN.on("", _INTERFACE, "interface")
def _interface(draft: Draft, hit: Hit) -> None:
    made = _entry(draft, hit)
    if made.held("kind") in ("dialer", "cellular"):
        made.put("dials", "ppp" if made.held("kind") == "dialer" else "cellular", hit.where)


@_OWN.on(_INTERFACE, "description {text...}", "interface")
def _description(draft: Draft, hit: Hit) -> None:
    _entry(draft, hit).put("description", hit["text"], hit.where)


@_OWN.on(_INTERFACE, "[no] shutdown", "interface")
def _shutdown(draft: Draft, hit: Hit) -> None:
    _entry(draft, hit).put("shutdown", not hit.text.lower().startswith("no "), hit.where)


@_OWN.on(_INTERFACE, "ip address {address} {mask} [secondary]", "interface")
def _address(draft: Draft, hit: Hit) -> None:
    secondary = hit.text.lower().endswith(" secondary")
    _entry(draft, hit).add("addresses", Address(address_of(hit["address"], hit["mask"]), hit.where, secondary))


@_OWN.on(_INTERFACE, "ipv6 address {address} [secondary]", "interface")
def _address6(draft: Draft, hit: Hit) -> None:
    if "/" not in hit["address"]:
        raise NotUnderstoodError(hit.text)
    secondary = hit.text.lower().endswith(" secondary")
    _entry(draft, hit).add("addresses", Address(address_of(hit["address"]), hit.where, secondary))


@_OWN.on(_INTERFACE, "[no] ipv6 enable", "interface")
def _six(draft: Draft, hit: Hit) -> None:
    _entry(draft, hit).put("ipv6", not hit.text.lower().startswith("no "), hit.where)


@_OWN.on(_INTERFACE, "ip vrf forwarding {instance}", "vpn")
def _binding(draft: Draft, hit: Hit) -> None:
    _entry(draft, hit).put("instance", hit["instance"], hit.where)


@_OWN.on(_INTERFACE, "mtu {bytes}", "interface")
def _mtu(draft: Draft, hit: Hit) -> None:
    _entry(draft, hit).put("mtu", number(hit["bytes"], 46, 65535), hit.where)


@_OWN.on(_INTERFACE, "(ipv4-access-group|ipv6-access-group) (ingress|egress) {acl}", "filter")
def _applied(draft: Draft, hit: Hit) -> None:
    words = hit.text.lower().split()
    family, way = (6 if words[0].startswith("ipv6") else 4), ("in" if words[1] == "ingress" else "out")
    draft.scratch.setdefault("applied", []).append((hit["interface"], family, hit["acl"], way, hit.where))


@_OWN.on("", _VRF, "vpn")
def _instance(draft: Draft, hit: Hit) -> None:
    draft.instance(hit["instance"], hit.where)


@_OWN.on(_VRF, "rd {rd}", "vpn")
def _distinguisher(draft: Draft, hit: Hit) -> None:
    draft.instance(hit["instance"], hit.where).put("rd", hit["rd"], hit.where)


@_OWN.on(_VRF, "address-family (ipv4|ipv6)", "vpn")
def _family(_: Draft, __: Hit) -> None:
    """A family of an instance has its targets."""


@each(_OWN, (_VRF, _FAMILY), "route-target (import|export|both) {target}", "vpn")
def _target(draft: Draft, hit: Hit) -> None:
    add_target(draft, hit["instance"], hit.text.lower().split()[1], hit["target"], hit.where)


@_OWN.on("", "(ip|ipv6) route {rest...}", "route")
def _static(draft: Draft, hit: Hit) -> None:
    words, six = Words(hit["rest"]), hit.text.lower().startswith("ipv6")
    instance = words.take() if words.skip("vrf") else ""
    draft.top.add("routes", static(words, instance, hit.where, str, six=six))


for _number, _path in _LISTS.items():

    def _list(draft: Draft, hit: Hit, family: int = _number) -> None:
        lists(draft).setdefault((family, hit["acl"]), Acl(family, False, hit.where))

    def _rule(draft: Draft, hit: Hit, family: int = _number) -> None:
        acl = lists(draft).setdefault((family, hit["acl"]), Acl(family, False, hit.where))
        read_entry(draft, acl, Words(f"{hit['place']} {hit['rest']}"), hit)

    _OWN.on("", _path, "filter")(_list)
    _OWN.on(_path, "rule {place} {rest...}", "filter")(_rule)


@_OWN.on("", "ntp server {address} [{rest...}]", "ntp")
def _time(draft: Draft, hit: Hit) -> None:
    words, keyed = Words(hit["rest"]), False
    while words:
        option = words.any_of("priority", "version", "key", "vrf", "source-interface", "locked")
        if not option:
            raise NotUnderstoodError(hit.text)
        keyed = keyed or option == "key"
        if option != "locked":
            words.take()
    draft.top.add("ntp", Listed(host_of(hit["address"]), hit.where, keyed))


@_OWN.on("", "syslog-server host {address} [{rest...}]", "syslog")
def _collector(draft: Draft, hit: Hit) -> None:
    draft.top.add("collectors", Listed(host_of(hit["address"]), hit.where))


@_OWN.on("", "snmp-server community [encrypted] {name} [{rest...}]", "snmp")
def _community(draft: Draft, hit: Hit) -> None:
    draft.snmp.add("communities", hit.where)
    if hit["name"].lower() in ("public", "private"):
        draft.snmp.add("default_names", hit.where)
    for version in ("v1", "v2c"):
        draft.snmp.add("versions", (version, hit.where))
    draft.service("snmp", hit.where).put("enabled", True, hit.where)


@_OWN.on("", "snmp-server user {name} {group} v3 [{rest...}]", "snmp")
def _user(draft: Draft, hit: Hit) -> None:
    words, held = Words(hit["rest"]), {"auth": "", "priv": ""}
    words.any_of("encrypted")
    while words:
        option = words.any_of("auth", "priv")
        if not option:
            raise NotUnderstoodError(hit.text)
        held[option] = algorithm(words.take())
        words.any_of("encrypted")
        words.take()
    level = "priv" if held["priv"] else "auth" if held["auth"] else "none"
    draft.snmp.add("users", SnmpUser(hit["name"], hit.where, level, held["auth"], held["priv"]))
    draft.snmp.add("versions", ("v3", hit.where))
    draft.service("snmp", hit.where).put("enabled", True, hit.where)


_OWN.ignore("", "ntp (enable|authenticate|poll-interval|trusted-key|authentication-key) [{rest...}]", "banner {kind}")
_OWN.ignore("", "snmp-server (location|contact|view|enable|trap-source|packetsize|engine-id) [{rest...}]")
ZXROS = Table(_OWN, BGP, POLICY)


def read(text: str, file: str, draft: Draft) -> None:
    """Read an export into the draft; raises nothing for what stands in it."""
    ZXROS.read(section_tree(text), file, draft)
    for name, family, acl, way, where in draft.scratch.pop("applied", ()):
        found = lists(draft).get((family, acl))
        rules = rules_of(draft, found) if found else ()
        come, go = ((name,), ()) if way == "in" else ((), (name,))
        draft.top.add("passages", Passage(acl, family, where, rules, "unknown", come_in=come, go_out=go))
    ios_bgp.finish(draft)
    ios_policy.finish(draft)
