"""Linux as it runs: ``ip -j address``, ``tc -j qdisc``, ``sysctl -a``, ``ss -H -lntu``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.judge.access.config import Address, Interface, RemoteGateway
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.linux_part import Part, loaded, number_of, objects, text_of
from conformance.system.access.configs.shared import address_of, number
from conformance.system.access.configs.table import NotUnderstoodError

_TUNNELS = {
    "sit": "ipv6-ipv4", "gre": "gre", "gre6": "gre", "gretap": "gre", "ip6gre": "gre", "ip6gretap": "gre",
    "erspan": "gre", "ipip": "other", "tunnel": "other", "tunnel6": "other", "ip6tnl": "other", "vti": "ipsec",
    "vti6": "ipsec", "xfrm": "ipsec", "tun": "other", "wireguard": "other", "vxlan": "other", "geneve": "other",
    "none": "other",
}  # fmt: skip
#: Devices that the kernel makes by itself with a module; without an address they carry nothing.
_FALLBACKS = frozenset(["sit0", "tunl0", "gre0", "gretap0", "erspan0", "ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0"])
_ISATAP = re.compile(r"is[0-9]+|isatap[0-9]*")
_SIX_TO_FOUR = re.compile(r"tun6to4|6to4.*")
_MBITS = 1_000_000


def addresses(part: Part) -> None:
    """``ip -j address show`` (with ``-d`` the kinds of virtual interfaces as well)."""
    found = objects(loaded(part))
    masters = {text_of(one, "ifname"): text_of(_mapping(one, "linkinfo"), "info_kind") for _, one in found}
    for place, one in found:
        where = part.at(path=f"[{place}]")
        try:
            _interface(part.draft, one, masters, where)
            part.known()
        except NotUnderstoodError:
            part.unread(where)
    part.draft.scratch["interfaces known"] = True


def _mapping(held: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = held.get(name)
    return value if isinstance(value, dict) else {}


def _interface(draft: Draft, one: dict[str, Any], masters: Mapping[str, str], where: Location) -> None:
    name, flags = text_of(one, "ifname"), one.get("flags")
    if not name or not isinstance(flags, list):
        raise NotUnderstoodError("ifname")
    info = _mapping(one, "linkinfo")
    kind, sort = _kind(name, text_of(info, "info_kind"), text_of(one, "link_type"))
    entry = draft.interface(name, where, kind)
    entry.fix("kind", kind)
    entry.put("shutdown", "UP" not in flags, where)
    mtu = number_of(one, "mtu")
    if mtu is not None:
        entry.put("mtu", mtu, where)
    vlan = number_of(_mapping(info, "info_data"), "id") if text_of(info, "info_kind") == "vlan" else None
    tail = name.rpartition(".")[2]
    if vlan is None and kind == "subinterface" and tail.isdigit() and len(tail) <= len("4094"):
        vlan = int(tail)
    if vlan is not None:
        entry.put("vlan", vlan, where)
    _way_out(entry, name, kind, sort, where)
    master = text_of(one, "master")
    if master and (masters.get(master) == "vrf" or text_of(info, "info_slave_kind") == "vrf"):
        entry.put("instance", master, where)
    elif master:
        draft.scratch.setdefault("masters", {})[name] = (master, where)
    _addresses(draft, entry, one, where)
    if name in _FALLBACKS and not entry.held("addresses") and "UP" not in flags:
        entry.forget("tunnel")
        entry.fix("kind", "other")


def _kind(name: str, info: str, link: str) -> tuple[str, str]:
    """The kind of an interface in the model's words, and what sort of tunnel it is."""
    if link == "loopback" or info == "dummy":
        return "loopback", ""
    if info == "vlan" or (not info and "." in name):
        return ("subinterface" if "." in name else "vlan"), ""
    if link == "ppp" or name.startswith("ppp"):
        return "dialer", ""
    if name.startswith("ww") or link == "rawip":
        return "cellular", ""
    sort = info if info in _TUNNELS else link if link in _TUNNELS else ""
    if sort:
        return "tunnel", sort
    return ("other" if info in ("vrf", "ifb", "nlmon") else "physical"), ""


def _way_out(entry: Entry[Interface], name: str, kind: str, sort: str, where: Location) -> None:
    """What makes an interface a tunnel, or one that dials."""
    if kind == "tunnel":
        mode = _TUNNELS[sort]
        if name.startswith("teredo"):
            mode = "teredo"
        elif sort == "sit":
            mode = "isatap" if _ISATAP.fullmatch(name) else "6to4" if _SIX_TO_FOUR.fullmatch(name) else mode
        entry.put("tunnel", mode, where)
    elif kind in ("dialer", "cellular"):
        entry.put("dials", "ppp" if kind == "dialer" else "cellular", where)


def add_address(draft: Draft, entry: Entry[Interface], name: str, address: Address) -> None:
    """One more address, once though two files name it; of IPv4 every one after the first stands beside it."""
    held: dict[tuple[str, str], None] = draft.scratch.setdefault("addresses", {})
    if (name, address.value) in held:
        return
    held[name, address.value] = None
    four = ":" not in address.value
    beside = four and (name, "first") in held
    if four:
        held[name, "first"] = None
    entry.add("addresses", replace(address, secondary=address.secondary or beside))


def _addresses(draft: Draft, entry: Entry[Interface], one: dict[str, Any], where: Location) -> None:
    """The addresses of global scope."""
    for place, held in objects(one.get("addr_info", [])):
        at = Location(where.file, where.line, f"{where.path}.addr_info[{place}]")
        family, scope = text_of(held, "family"), text_of(held, "scope")
        if scope == "host" or (family == "inet6" and scope == "link"):
            continue
        length = number_of(held, "prefixlen")
        if family not in ("inet", "inet6") or length is None:
            raise NotUnderstoodError(family)
        value = address_of(text_of(held, "local"), str(length))
        add_address(draft, entry, text_of(one, "ifname"), Address(value, at, held.get("secondary") is True))
        if family == "inet6":
            entry.put("ipv6", True, at)
        if held.get("dynamic") is True and family == "inet":
            entry.put("dhcp", "client", at)


#: Disciplines that only order packets, and where the rate of those stands that limit them.
_ORDERING = frozenset((
    "noqueue", "pfifo", "pfifo_fast", "bfifo", "fq", "fq_codel", "codel", "sfq", "mq", "mqprio", "prio", "sfb", "red",
    "noop",
))  # fmt: skip
_RATES = {"tbf": "rate", "cake": "bandwidth"}


def limits(part: Part) -> None:
    """``tc -j qdisc show``: rates are bytes a second."""
    for place, one in objects(loaded(part)):
        where, kind, name = part.at(path=f"[{place}]"), text_of(one, "kind"), text_of(one, "dev")
        if kind in _ORDERING or (kind and one.get("root") is not True):
            part.ignored()
            continue
        entry = part.draft.interface(name, where) if name else None
        rate = number_of(_mapping(one, "options"), _RATES.get(kind, ""))
        if entry is None or rate is None:
            part.unread(where)  # the rates of htb and the like stand in their classes
            if entry is not None:
                entry.unknown("limit", where)
            continue
        entry.put("limit", rate * 8 // _MBITS, where)
        part.known()


_KEY = re.compile(
    r"net\.(?P<family>ipv4|ipv6)\.conf\.(?P<interface>[^ =]{1,40})\.(?P<key>[a-z_0-9]+) ?= ?(?P<value>-?[0-9]{1,10})"
)
_FORWARDING = re.compile(r"net\.ipv4\.ip_forward ?= ?[01]|net\.ipv6\.conf\.all\.forwarding ?= ?[0-9]")
_READ = frozenset((
    "rp_filter", "accept_redirects", "send_redirects", "accept_source_route", "bc_forwarding", "disable_ipv6",
    "forwarding",
))  # fmt: skip


def kernel(part: Part) -> None:
    """``sysctl -a``; what each interface has is put together in :func:`hardened`."""
    held: dict[tuple[str, str, str], tuple[int, Location]] = part.draft.scratch.setdefault("sysctl", {})
    for number_, line in part.lines("#;"):
        found = _KEY.fullmatch(line)
        if found is None:
            (part.known if _FORWARDING.fullmatch(line) else part.ignored)()
            continue
        if found["key"] not in _READ:
            part.ignored()
            continue
        name = found["interface"].replace("/", ".")
        held[found["family"], name, found["key"]] = int(found["value"]), part.at(number_)
        part.known()


def hardened(draft: Draft) -> None:
    """What the kernel's settings mean for each interface: that of ``all`` and its own work together."""
    held: dict[tuple[str, str, str], tuple[int, Location]] = draft.scratch.get("sysctl", {})
    if not held:
        return
    for name, entry in draft.entries("interfaces").items():
        if isinstance(name, str) and name != "lo":
            _checks(entry, name, held)
            _switches(entry, name, held)
    whole = {"source_route": _all(held, "accept_source_route"), "redirects": _redirects(held, "all")}
    for setting, found in whole.items():
        if found is not None:
            draft.hardening.put(setting, bool(found[0]), found[1])


_Held = Mapping[tuple[str, str, str], tuple[int, Location]]


def _own(held: _Held, family: str, name: str, key: str) -> tuple[int, Location] | None:
    """An interface's value; one that is not listed began with the default."""
    return held.get((family, name, key)) or held.get((family, "default", key))


def _all(held: _Held, key: str) -> tuple[int, Location] | None:
    return held.get(("ipv4", "all", key))


def _checks(entry: Entry[Interface], name: str, held: _Held) -> None:
    """``rp_filter``: the larger of ``all`` and the interface's; 1 strict, 2 loose."""
    found = [one for one in (_all(held, "rp_filter"), _own(held, "ipv4", name, "rp_filter")) if one is not None]
    if found:
        value, where = max(found, key=lambda one: one[0])
        if value in (1, 2):
            entry.put("urpf", "strict" if value == 1 else "loose", where)


def _redirects(held: _Held, name: str) -> tuple[int, Location] | None:
    """Redirects are sent where ``all`` or the interface says so; those that arrive are taken where both do."""
    sends = [one for one in (_all(held, "send_redirects"), _own(held, "ipv4", name, "send_redirects")) if one]
    takes = [one for one in (_all(held, "accept_redirects"), _own(held, "ipv4", name, "accept_redirects")) if one]
    on = next((one for one in sends if one[0]), None)
    if on is None and takes and all(one[0] for one in takes):
        on = takes[-1]
    if on is not None:
        return on
    return sends[0] if sends and takes else None


def _switches(entry: Entry[Interface], name: str, held: _Held) -> None:
    redirects = _redirects(held, name)
    if redirects is not None:
        entry.put("redirects", bool(redirects[0]), redirects[1])
    broadcast = [one for one in (_all(held, "bc_forwarding"), _own(held, "ipv4", name, "bc_forwarding")) if one]
    if broadcast:
        entry.put("directed_broadcast", all(one[0] for one in broadcast), broadcast[-1][1])
    whole = held.get(("ipv6", "all", "disable_ipv6"))
    off = held.get(("ipv6", name, "disable_ipv6")) or whole
    if off is not None and off[0]:
        entry.put("ipv6", False, off[1])
    elif off is not None and entry.held("ipv6") is None:
        entry.put("ipv6", True, off[1])


#: Ports of services for managers, and of gateways for people outside.
PORTS = {
    ("tcp", 22): "ssh", ("tcp", 23): "telnet", ("tcp", 80): "http", ("tcp", 443): "https", ("tcp", 21): "ftp",
    ("udp", 69): "tftp", ("udp", 161): "snmp", ("tcp", 830): "netconf",
}  # fmt: skip
GATEWAYS = {("udp", 1701): "l2tp", ("tcp", 1723): "pptp", ("udp", 1194): "sslvpn", ("tcp", 1194): "sslvpn"}
_UNUSED = {
    7: "echo", 9: "discard", 13: "daytime", 19: "chargen", 79: "finger", 113: "identd", 513: "rlogin", 514: "rsh",
}  # fmt: skip
_SOCKET = re.compile(r"(?P<kind>tcp|udp) \S+ \d+ \d+ (?P<address>\S+):(?P<port>\d{1,5}) \S+(?: .*)?")


def listeners(part: Part) -> None:
    """``ss -H -lntu``: what listens beyond the machine itself runs, what does not is off."""
    heard: dict[tuple[str, int], Location] = {}
    for place, line in part.lines():
        found = _SOCKET.fullmatch(line)
        if found is None or not number(found["port"], 0, 65535):
            part.unread(part.at(place), "line")
            continue
        part.known()
        address = found["address"].strip("[]").partition("%")[0].removeprefix("::ffff:")
        if not address.startswith("127.") and address != "::1":
            heard.setdefault((found["kind"], int(found["port"])), part.at(place))
    _run(part, heard)
    for (kind, number_), where in heard.items():
        if kind == "tcp" and number_ in _UNUSED:
            part.draft.hardening.add("unused", (_UNUSED[number_], where))


def _run(part: Part, heard: Mapping[tuple[str, int], Location]) -> None:
    """A service whose own file is in the bundle may listen elsewhere."""
    configured = {"ssh": "sshd", "snmp": "snmpd"}
    for place, kind in PORTS.items():
        if place in heard:
            part.draft.service(kind, heard[place]).put("enabled", True, heard[place])
        elif configured.get(kind) not in part.draft.scratch.get("parts", ()):
            part.draft.service(kind, part.at()).put("enabled", False, part.at())
    for place, kind in GATEWAYS.items():
        if place in heard:
            part.draft.top.add("gateways", RemoteGateway(kind, heard[place]))
