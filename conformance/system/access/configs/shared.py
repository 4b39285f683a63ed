"""What VRP and Comware write alike: masks, wildcards, ports, protocols, kinds of secrets.

Each function raises :class:`NotUnderstoodError` for what it does not know: a guess would be a silent misreading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv6Interface,
    ip_address,
    ip_interface,
    ip_network,
    summarize_address_range,
)

from conformance.system.access.configs.table import NotUnderstoodError

_ALL_PORTS = (0, 65535)
_MASKED = re.compile(r"[*#xX]{3,}|<\w[\w -]*>|netconan\w*", re.IGNORECASE)
_PROTOCOLS = {
    "ip": "any",
    "ipv6": "any",
    "any": "any",
    "tcp": "tcp",
    "6": "tcp",
    "udp": "udp",
    "17": "udp",
    "icmp": "icmp",
    "1": "icmp",
    "icmpv6": "icmpv6",
    "icmp6": "icmpv6",
    "58": "icmpv6",
    "igmp": "2",
    "ipinip": "4",
    "gre": "47",
    "esp": "50",
    "ipv6-esp": "50",
    "ah": "51",
    "ah6": "51",
    "ipv6-ah": "51",
    "eigrp": "88",
    "ospf": "89",
    "pim": "103",
    "vrrp": "112",
    "l2tp": "115",
    "sctp": "132",
}
#: Names of ports as these vendors print them; a name means one number for TCP and UDP unless it stands in ``_UDP``.
_PORTS = {
    "ftp-data": 20,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "time": 37,
    "nameserver": 42,
    "tacacs": 49,
    "tacacs-ds": 65,
    "dns": 53,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "gopher": 70,
    "finger": 79,
    "www": 80,
    "http": 80,
    "hostname": 101,
    "pop2": 109,
    "pop3": 110,
    "sunrpc": 111,
    "nntp": 119,
    "ntp": 123,
    "netbios-ns": 137,
    "netbios-dgm": 138,
    "netbios-ssn": 139,
    "snmp": 161,
    "snmptrap": 162,
    "bgp": 179,
    "irc": 194,
    "https": 443,
    "mobilip-ag": 434,
    "mobilip-mn": 435,
    "exec": 512,
    "biff": 512,
    "login": 513,
    "who": 513,
    "cmd": 514,
    "syslog": 514,
    "lpd": 515,
    "talk": 517,
    "rip": 520,
    "uucp": 540,
    "klogin": 543,
    "kshell": 544,
    "daytime": 13,
    "discard": 9,
    "echo": 7,
    "chargen": 19,
    "whois": 43,
    "pim-auto-rp": 496,
    "xdmcp": 177,
}
_SECRETS = {
    "simple": "plain",
    "plain": "plain",
    "cipher": "reversible",
    "reversible-cipher": "reversible",
    "irreversible-cipher": "hash",
    "hash": "hash",
}


def prefix_of(address: str, mask_or_length: str = "") -> str:
    """The prefix in canonical form; host bits are cut off. Without a mask ``address`` carries its own length, or is
    one host.
    """
    return str(_interface(address, mask_or_length).network)


def address_of(address: str, mask_or_length: str = "") -> str:
    """An interface's address with its length (``59.254.1.2/30``)."""
    return str(_interface(address, mask_or_length))


def host_of(address: str) -> str:
    """An address in canonical form, without a length."""
    try:
        return str(ip_address(address))
    except ValueError as error:
        raise NotUnderstoodError(address) from error


def family_of(address: str) -> int:
    """4 or 6, of an address or a prefix."""
    try:
        return ip_interface(address).version
    except ValueError as error:
        raise NotUnderstoodError(address) from error


def wildcard_prefix(address: str, wildcard: str) -> str:
    """The prefix that an address and a wildcard mask mean (``0.0.0.255``, ``0``): only contiguous ones are one."""
    try:
        loose = int(IPv4Address(0 if wildcard == "0" else wildcard))
    except ValueError as error:
        raise NotUnderstoodError(wildcard) from error
    if loose & (loose + 1):
        raise NotUnderstoodError(wildcard)
    return prefix_of(address, str(32 - loose.bit_length()))


def range_prefixes(first: str, last: str) -> tuple[str, ...]:
    """A range of addresses, ends included, as prefixes in order."""
    try:
        return tuple(str(one) for one in summarize_address_range(ip_address(first), ip_address(last)))
    except (TypeError, ValueError) as error:
        raise NotUnderstoodError(first) from error


def number(word: str, least: int = 0, most: int = 2**32 - 1) -> int:
    """A decimal number within bounds."""
    if not re.fullmatch(r"[0-9]{1,10}", word) or not least <= int(word) <= most:
        raise NotUnderstoodError(word)
    return int(word)


def as_number(word: str) -> int:
    """An AS number, plain or ``high.low``."""
    if "." in word:
        high, _, low = word.partition(".")
        return number(high, 0, 65535) * 65536 + number(low, 0, 65535)
    return number(word, 1)


def protocol(word: str) -> str:
    """The protocol in the model's words: ``any``, ``tcp``, ``udp``, ``icmp``, ``icmpv6`` or its number as text."""
    known = _PROTOCOLS.get(word.lower())
    return known if known is not None else str(number(word, 0, 255))


def port(word: str) -> int:
    """A port by number or by the vendors' name."""
    known = _PORTS.get(word.lower())
    return known if known is not None else number(word, *_ALL_PORTS)


def ports(words: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Ports of an ACL rule: ``eq 443``, ``range 7000 7009``, ``gt 1023``, ``lt 1024``, ``neq 25``."""
    match [one.lower() for one in words]:
        case ["eq", *some] if some:
            return tuple((port(one), port(one)) for one in some)
        case ["range", first, last]:
            return (_bounds(port(first), port(last)),)
        case ["gt", one]:
            return (_bounds(port(one) + 1, 65535),)
        case ["lt", one]:
            return (_bounds(0, port(one) - 1),)
        case ["neq", one]:
            kept = [(0, port(one) - 1), (port(one) + 1, 65535)]
            return tuple((low, high) for low, high in kept if low <= high)
    raise NotUnderstoodError(" ".join(words))


def port_list(words: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Ports of a service: ``80 443 7000 to 7009``; at least one."""
    found: list[tuple[int, int]] = []
    rest = list(words)
    while rest:
        first = port(rest.pop(0))
        if rest[:1] == ["to"]:
            if len(rest) < 2:  # noqa: PLR2004
                raise NotUnderstoodError(" ".join(words))
            found.append(_bounds(first, port(rest[1])))
            rest = rest[2:]
        else:
            found.append((first, first))
    if not found:
        raise NotUnderstoodError(" ".join(words))
    return tuple(found)


def secret(words: Sequence[str]) -> str:
    """The kind of a secret: ``plain``, ``reversible``, ``hash`` or ``masked`` (blanked out, of unknown kind).

    The words after ``password`` or ``key``; the vendor's word for the kind counts also where the text itself was
    blanked. A text without such a word is plain unless it was blanked.
    """
    if not words:
        raise NotUnderstoodError("secret")
    kind = _SECRETS.get(words[0].lower())
    if kind is not None and len(words) > 1:
        return kind
    return "masked" if _MASKED.fullmatch(" ".join(words)) else "plain"


def rule_order(ids: Sequence[str]) -> list[int]:
    """The places of rules in the order in which the device asks them: by number, whatever the order of lines."""
    return sorted(range(len(ids)), key=lambda place: number(ids[place]))


def narrowness(prefixes: Sequence[str]) -> int:
    """How many addresses a rule's prefixes leave open, as a length: longer is asked earlier under ``match-order
    auto``; none: 0.
    """
    return min((ip_network(one).prefixlen for one in prefixes), default=0)


_PLACES = {
    "ethernet": "Ethernet",
    "eth": "Ethernet",
    "gigabitethernet": "GigabitEthernet",
    "ge": "GigabitEthernet",
    "gi": "GigabitEthernet",
    "xgigabitethernet": "XGigabitEthernet",
    "xge": "XGigabitEthernet",
    "ten-gigabitethernet": "Ten-GigabitEthernet",
    "10ge": "10GE",
    "25ge": "25GE",
    "40ge": "40GE",
    "100ge": "100GE",
    "forty-gige": "FortyGigE",
    "fortygige": "FortyGigE",
    "hundredgige": "HundredGigE",
    "eth-trunk": "Eth-Trunk",
    "bridge-aggregation": "Bridge-Aggregation",
    "route-aggregation": "Route-Aggregation",
    "vlanif": "Vlanif",
    "vlan-interface": "Vlan-interface",
    "loopback": "LoopBack",
    "null": "NULL",
    "tunnel": "Tunnel",
    "dialer": "Dialer",
    "cellular": "Cellular",
    "virtual-template": "Virtual-Template",
    "virtual-if": "Virtual-if",
    "virtual-ethernet": "Virtual-Ethernet",
    "ve-group": "VE-Group",
    "meth": "MEth",
    "m-gigabitethernet": "M-GigabitEthernet",
    "m-ethernet": "M-Ethernet",
    "serial": "Serial",
    "pos": "Pos",
    "atm": "Atm",
    "wlan-bss": "Wlan-Bss",
    "wlan-radio": "Wlan-Radio",
    "sslvpn-ac": "SSLVPN-AC",
    "vbdif": "Vbdif",
    "nve": "Nve",
    "global-ve": "Global-VE",
}
_KINDS = {
    "Vlanif": "vlan",
    "Vlan-interface": "vlan",
    "LoopBack": "loopback",
    "Tunnel": "tunnel",
    "Dialer": "dialer",
    "Cellular": "cellular",
    "NULL": "other",
    "Virtual-Template": "other",
    "Virtual-if": "other",
    "Nve": "other",
    "Vbdif": "other",
    "Wlan-Bss": "other",
    "Wlan-Radio": "other",
    "SSLVPN-AC": "other",
}
_INTERFACE = re.compile(r"(?P<place>[0-9]{0,3}[A-Za-z][A-Za-z-]*) ?(?P<number>[0-9][0-9/:]*(?:\.[0-9]+)?)")


def interface_name(words: str) -> str:
    """An interface's whole name: abbreviations spelled out, the blank before its number left out. Of a kind that we do
    not know: as spelled.
    """
    match = _INTERFACE.fullmatch(words)
    if match is None:
        raise NotUnderstoodError(words)
    return _PLACES.get(match["place"].lower(), match["place"]) + match["number"]


def is_interface(words: str) -> bool:
    """Whether the words name an interface of a kind that we know."""
    match = _INTERFACE.fullmatch(words)
    return match is not None and match["place"].lower() in _PLACES


def interface_kind(name: str) -> str:
    """The kind, in the model's words, of an interface by its whole name."""
    place = name.rstrip("0123456789/:.")
    if place.lower() not in _PLACES:
        return "other"
    if "." in name and place not in _KINDS:
        return "subinterface"
    return _KINDS.get(place, "physical")


def algorithm(word: str) -> str:
    """An algorithm's name without separators, lower case: ``aes-256`` and ``aes-cbc-256`` are ``aes256``."""
    plain = re.sub(r"[^a-z0-9]", "", word.lower())
    return plain.replace("cbc", "")


def _bounds(first: int, last: int) -> tuple[int, int]:
    if not 0 <= first <= last <= _ALL_PORTS[1]:
        raise NotUnderstoodError(f"{first} {last}")
    return first, last


def _interface(address: str, mask: str) -> IPv4Interface | IPv6Interface:
    if mask and "/" in address:
        raise NotUnderstoodError(address)
    if "." in mask and not _contiguous(mask):
        raise NotUnderstoodError(mask)
    try:
        return ip_interface(f"{address}/{mask}" if mask else address)
    except ValueError as error:
        raise NotUnderstoodError(address) from error


def _contiguous(mask: str) -> bool:
    """Whether a dotted mask is one from the left: Python would take ``0.0.0.255`` for a wildcard."""
    try:
        loose = int(IPv4Address(mask)) ^ (2**32 - 1)
    except ValueError:
        return False
    return not loose & (loose + 1)
