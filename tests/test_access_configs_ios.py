"""Cisco IOS: the reference design, edits that must be seen, near misses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from access_ios import CISCO, active, announced, held, passage, read, secrets, service

from conformance.judge.access.config import ABSENT, DeviceConfig


def test_the_reference_is_read_whole() -> None:
    config = read(CISCO)
    assert config.unread == () and config.coverage[0].unread == 0 and config.coverage[0].recognised > 100


def test_interfaces_and_routes_of_the_reference() -> None:
    config = read(CISCO)
    up = held(config, "GigabitEthernet0/0/1")
    assert [one.value for one in up.addresses] == ["59.254.1.2/30", "2001:db8:ff:1::1/127"]
    assert (up.limit.value, up.redirects.value, up.ipv6.value, up.description.value) == (
        1000,
        False,
        True,
        "TO-PE1-R-0101",
    )
    sub = held(config, "GigabitEthernet0/0/1.100")
    assert (sub.kind, sub.vlan.value, sub.instance.value) == ("subinterface", 100, "ga")
    lan, office = held(config, "GigabitEthernet0/0/3"), held(config, "GigabitEthernet0/0/4")
    assert (lan.urpf.value, lan.dot1x.value, office.urpf.value, office.dhcp.value) == (
        "strict",
        True,
        "strict",
        "server",
    )
    assert (held(config, "Loopback0").kind, config.dot1x.value) == ("loopback", True)
    assert [(one.prefix, one.next_hop, one.instance, one.null) for one in config.routes] == [
        ("59.195.8.0/24", "59.254.1.1", "", False),
        ("59.240.11.0/28", "", "", True),
        ("10.88.0.0/16", "59.254.1.9", "ga", False),
        ("2001:db8:10::/48", "", "", True),
    ]
    (ga,) = config.instances
    assert (ga.rd.value, [one for one, _ in ga.imports], len(ga.exports)) == ("64801:188", ["64801:188"], 2)


def test_bgp_of_the_reference() -> None:
    config = read(CISCO)
    assert config.bgp is not None
    assert announced(config) == ["59.240.10.0/24", "10.0.0.0/8", "2001:db8:10::/48"]  # one by its class
    first = next(one for one in config.bgp.sessions if one.neighbour == "59.254.1.1")
    assert (first.password.value, first.ttl_security.value, first.bfd.value) == ("reversible", True, True)
    (family,) = [one for one in first.families if one.active]
    assert (family.imports.value, family.exports.value, family.limit.value) == ("prefix:IN4", "policy:OUT4", 1000)
    assert active(config, "2001:db8:ff:1::") == ["ipv6"] and active(config, "59.254.1.9") == ["ipv4"]
    out = next(one for one in config.prefix_lists if one.name == "OUT4")
    assert [one.prefix for one in out.entries] == ["59.240.10.0/24", "59.240.12.1/32"]


def test_filters_and_translations_of_the_reference() -> None:
    config = read(CISCO)
    outside, inside = passage(config, "OUTSIDE"), passage(config, "110")
    assert (outside.come_in, outside.go_out, outside.default, outside.explicit) == (
        ("GigabitEthernet0/0/1",),
        (),
        "deny",
        False,
    )
    assert (outside.stateful, inside.stateful) == (True, False)
    assert [(one.permit, one.remark, one.logged) for one in outside.rules] == [(True, "api", False), (False, "", True)]
    web = inside.rules[0]
    assert (web.protocol, web.sources, web.ports, web.remark) == ("tcp", ("59.240.10.0/24",), ((443, 443),), "business")
    assert [(one.pools, one.sources, one.go_out) for one in config.source_nat] == [
        (("59.240.11.1-59.240.11.9",), ("10.64.20.0/24",), ("GigabitEthernet0/0/1",))
    ]
    assert [(one.outside, one.inside, one.port) for one in config.mapped] == [("59.240.11.10", "10.64.20.20", 443)]
    assert config.nat_log.value is True


def test_management_of_the_reference() -> None:
    config = read(CISCO)
    accounts = config.accounts
    assert (accounts.schemes.value, accounts.tries.value, accounts.locked.value) == (("tacacs", "local"), 5, 600)
    assert [(one.name, one.secret) for one in accounts.users] == [("wangguan01", "hash")]
    assert [(one.name, one.idle.value, one.authentication.value) for one in accounts.lines] == [
        ("con 0", 300, "aaa"),
        ("vty 0 4", 630, "aaa"),
    ]
    ssh = service(config, "ssh")
    assert (ssh.enabled.value, ssh.version.value, ssh.algorithms) == (True, "2", ("aes256-ctr",))
    assert [service(config, one).enabled.value for one in ("telnet", "http", "https")] == [False, False, False]
    assert service(config, "ssh").sources.value == ("59.195.0.0/28", "59.240.10.240/28")
    assert [(one.name, one.level, one.auth, one.priv) for one in config.snmp.users] == [
        ("nms01", "priv", "sha", "aes256")
    ]
    assert [(one.address, one.authenticated) for one in config.ntp] == [("59.195.0.123", True), ("59.195.0.124", False)]
    assert [one.address for one in config.collectors] == ["59.195.0.51"]
    assert [one.address for one in config.offered_resolvers] == ["59.195.0.53"]
    ike, esp = config.proposals
    assert (ike.encryption, ike.integrity, ike.group, ike.version) == (("aes256",), ("sha256",), ("19",), "2")
    assert (esp.encryption, esp.integrity) == (("aes256",), ("sha256",))
    assert [(one.address, one.authentication) for one in config.peers] == [("59.195.0.81", "certificate")]
    assert (config.hardening.source_route.value, config.hardening.unused) == (False, ())


UP = "GigabitEthernet0/0/1"
EDITS: dict[str, tuple[str, str, Callable[[DeviceConfig], object]]] = {
    "6to4 tunnel": (
        "interface Loopback0",
        "interface Tunnel9\n tunnel mode ipv6ip 6to4\ninterface Loopback0",
        lambda c: held(c, "Tunnel9").tunnel.value == "6to4",
    ),
    "isatap tunnel": (
        "interface Loopback0",
        "interface Tunnel 9\n tunnel mode ipv6ip isatap\ninterface Loopback0",
        lambda c: held(c, "Tunnel9").tunnel.value == "isatap",
    ),
    "default route": (
        "ip route 59.195.8.0 255.255.255.0",
        "ip route 0.0.0.0 0.0.0.0",
        lambda c: c.routes[0].prefix == "0.0.0.0/0",
    ),
    "default originated": (
        "  neighbor 59.254.1.1 activate",
        "  neighbor 59.254.1.1 activate\n  neighbor 59.254.1.1 default-originate",
        lambda c: "0.0.0.0/0" in announced(c),
    ),
    "pppoe": (
        " negotiation auto",
        " pppoe-client dial-pool-number 1",
        lambda c: held(c, UP).dials.value == "pppoe",
    ),
    "secondary": (
        " ip address 10.64.20.1 255.255.255.0",
        " ip address 10.64.20.1 255.255.255.0\n ip address 192.168.1.1 255.255.255.0 secondary",
        lambda c: [one.secondary for one in held(c, "GigabitEthernet0/0/4").addresses] == [False, True],
    ),
    "no source check": (
        " ip verify unicast source reachable-via rx\n",
        "",
        lambda c: held(c, "GigabitEthernet0/0/3").urpf.state == ABSENT,
    ),
    "loose check": (
        "reachable-via rx",
        "reachable-via any",
        lambda c: held(c, "GigabitEthernet0/0/3").urpf.value == "loose",
    ),
    "redistribution": (
        "  network 10.0.0.0\n",
        "  redistribute connected\n",
        lambda c: c.bgp is not None and [one.protocol for one in c.bgp.redistributed] == ["direct"],
    ),
    "plain password": (
        "password 7 ******",
        "password geheim",
        lambda c: c.bgp is not None and c.bgp.sessions[0].password.value == "plain",
    ),
    "IPv4 without a word": (
        " no bgp default ipv4-unicast\n",
        "",
        lambda c: active(c, "2001:db8:ff:1::") == ["ipv4", "ipv6"],
    ),
    "IPv4 over the IPv6 session": (
        "  neighbor 59.254.1.1 activate",
        "  neighbor 59.254.1.1 activate\n  neighbor 2001:DB8:FF:1:: activate",
        lambda c: "ipv4" in active(c, "2001:db8:ff:1::"),
    ),
    "OSPF on the LAN": (
        "router bgp 65101",
        "router ospf 1\n network 59.240.10.0 0.0.0.255 area 0\nrouter bgp 65101",
        lambda c: [[prefix for prefix, _ in one.networks] for one in c.igps] == [["59.240.10.0/24"]],
    ),
    "wrong instance": (" vrf forwarding ga\n", "", lambda c: held(c, f"{UP}.100").instance.state == ABSENT),
    "pool": (
        "59.240.11.1 59.240.11.9",
        "198.51.100.1 198.51.100.9",
        lambda c: c.source_nat[0].pools[0].startswith("198.51"),
    ),
    "translated to the interface": (
        "pool POOL overload",
        "interface GigabitEthernet0/0/1 overload",
        lambda c: c.source_nat[0].easy,
    ),
    "log off": ("ip nat log translations syslog\n", "", lambda c: c.nat_log.state == ABSENT),
    "no list at the uplink": (
        " ip access-group OUTSIDE in\n",
        "",
        lambda c: [one.name for one in c.passages] == ["110"],
    ),
    "the list is not there": (
        "access-group OUTSIDE",
        "access-group OUTSIDER",
        lambda c: (passage(c, "OUTSIDER").default, passage(c, "OUTSIDER").rules) == ("permit", ()),
    ),
    "not inspected": (" ip inspect FLOWS out\n", "", lambda c: not passage(c, "OUTSIDE").stateful),
    "wider": (
        "59.195.0.0 0.0.0.255 eq 443",
        "59.194.0.0 0.1.255.255 eq 443",
        lambda c: passage(c, "110").rules[0].destinations == ("59.194.0.0/15",),
    ),
    "any": (
        "access-list 110 deny",
        "access-list 110 permit udp any any eq domain\naccess-list 110 deny",
        lambda c: [(one.ports, one.remark) for one in passage(c, "110").rules if one.permit][1:] == [(((53, 53),), "")],
    ),
    "802.1X forced open": (
        "port-control auto",
        "port-control force-authorized",
        lambda c: held(c, "GigabitEthernet0/0/3").dot1x.value is False,
    ),
    "redirects": (" no ip redirects\n", " ip redirects\n", lambda c: held(c, UP).redirects.value is True),
    "source routes": ("no ip source-route", "ip source-route", lambda c: c.hardening.source_route.value is True),
    "small servers": (
        "no service pad",
        "service tcp-small-servers",
        lambda c: [name for name, _ in c.hardening.unused] == ["tcp-small-servers"],
    ),
    "L2TP": (
        "dot1x system-auth-control",
        "vpdn-group 1\n accept-dialin\n  protocol l2tp",
        lambda c: [one.kind for one in c.gateways] == ["l2tp"],
    ),
    "shared key": (
        "authentication local ecdsa-sig",
        "authentication local pre-share",
        lambda c: c.peers[0].authentication == "psk",
    ),
    "weak proposal": ("encryption aes-cbc-256", "encryption 3des", lambda c: c.proposals[0].encryption == ("3des",)),
    "isakmp policy": (
        "crypto ikev2 proposal P1",
        "crypto isakmp policy 10\n encr 3des\n hash md5\n authentication pre-share\n group 2\ncrypto ikev2 proposal P1",
        lambda c: (
            (c.proposals[0].integrity, c.proposals[0].authentication, c.proposals[0].version) == (("md5",), "psk", "1")
        ),
    ),
    "community": (
        "snmp-server group",
        "snmp-server community public RO\nsnmp-server group",
        lambda c: len(c.snmp.default_names) == 1 and service(c, "snmp").sources.state == ABSENT,
    ),
    "anybody by SSH": (" access-class MGMT in\n", "", lambda c: service(c, "ssh").sources.state == ABSENT),
    "Telnet": (
        "transport input ssh",
        "transport input ssh telnet",
        lambda c: service(c, "telnet").enabled.value is True,
    ),
    "unsaid": (" transport input ssh\n", "", lambda c: service(c, "telnet").enabled.state == ABSENT),
    "HTTP": ("no ip http server", "ip http server", lambda c: service(c, "http").enabled.value is True),
    "never idle": ("exec-timeout 10 30", "exec-timeout 0 0", lambda c: c.accounts.lines[1].idle.value == 0),
    "plain account": ("secret 9 ******", "password 0 admin", lambda c: secrets(c) == ["plain"]),
    "reversible account": (
        "secret 9 ******",
        "password 7 ******",
        lambda c: secrets(c) == ["reversible"],
    ),
    "scheme": ("group CENTRAL local", "local", lambda c: c.accounts.schemes.value == ("local",)),
    "limit": ("police cir 1000000000", "police cir 20000000", lambda c: held(c, UP).limit.value == 20),
    "no collector": ("logging host 59.195.0.51", "no logging on", lambda c: c.collectors == ()),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_edit_is_visible(name: str) -> None:
    old, new, seen = EDITS[name]
    assert old in CISCO and not _seen(seen, CISCO)
    assert seen(read(CISCO.replace(old, new)))


def _seen(seen: Callable[[DeviceConfig], object], text: str) -> bool:
    try:
        return bool(seen(read(text)))
    except StopIteration:
        return False


NEAR = {
    "a comment": ("!\nend", "! ip route 0.0.0.0 0.0.0.0 59.254.1.1\n!\nend"),
    "a stanza twice": ("!\nend", "interface GigabitEthernet0/0/1\n description TO-PE1-R-0101\n!\nend"),
    "an abbreviated name": ("interface GigabitEthernet0/0/3", "interface Gi0/0/3"),
    "a name with a blank": ("interface GigabitEthernet0/0/4", "interface GigabitEthernet 0/0/4"),
    "entries by their number": (
        "ip prefix-list OUT4 seq 10 permit 59.240.12.1/32\nip prefix-list OUT4 seq 5 permit 59.240.10.0/24",
        "ip prefix-list OUT4 seq 5 permit 59.240.10.0/24\nip prefix-list OUT4 seq 10 permit 59.240.12.1/32",
    ),
    "a card that is shut": (
        "interface Loopback0",
        "interface GigabitEthernet0/0/9\n no ip address\n shutdown\ninterface Loopback0",
    ),
}


@pytest.mark.parametrize("name", NEAR)
def test_near_misses_stay_as_the_reference(name: str) -> None:
    old, new = NEAR[name]
    assert old in CISCO
    before, after = read(CISCO), read(CISCO.replace(old, new))
    assert after.unread == () and service(after, "telnet").enabled.value is False
    assert [one.prefix for one in after.routes] == [one.prefix for one in before.routes]
    known = {one.name: (one.addresses and one.addresses[0].value) for one in before.interfaces}
    assert known.items() <= {one.name: (one.addresses and one.addresses[0].value) for one in after.interfaces}.items()
    assert [[each.prefix for each in one.entries] for one in after.prefix_lists] == [
        [each.prefix for each in one.entries] for one in before.prefix_lists
    ]
