"""What the VRP reader makes of Huawei's commands: the reference design whole, and each mutant of the plan."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from access_vrp import LAN, REFERENCE, UP1, UP2, changed, port, rules, session, vrp

from conformance.judge.access.config import ABSENT, SELF, DeviceConfig


def test_the_reference_is_understood_to_the_last_line() -> None:
    config = vrp(REFERENCE)
    assert config.unread == ()
    (coverage,) = config.coverage
    assert coverage.unread == 0
    assert coverage.recognised > 140
    assert config.hostname.value == "JN-DSJ-CE01"
    assert [one.name for one in config.interfaces] == [UP1, UP2, f"{UP1}.100", LAN, "LoopBack0"]
    uplink, sub, lan = port(config, UP1), port(config, f"{UP1}.100"), port(config, LAN)
    assert [one.value for one in uplink.addresses] == ["59.254.1.2/30", "2001:db8:ff:1::1/127"]
    assert (uplink.limit.value, uplink.zone.value, uplink.shutdown.value) == (1000, "untrust", False)
    assert (sub.kind, sub.vlan.value, sub.instance.value) == ("subinterface", 100, "ga")
    assert (lan.urpf.value, lan.dot1x.value, lan.dhcp.value, lan.zone.value) == ("strict", True, "server", "trust")
    assert port(config, UP2).shutdown.value is True
    (instance,) = config.instances
    assert (instance.rd.value, [one for one, _ in instance.exports]) == ("64801:188", ["64801:188", "64801:1880"])
    assert [(one.prefix, one.next_hop, one.null) for one in config.routes] == [
        ("59.195.8.0/24", "59.254.1.1", False),
        ("59.240.11.0/28", "", True),
    ]


def test_routing_of_the_reference() -> None:
    config = vrp(REFERENCE)
    assert config.bgp is not None
    assert config.bgp.asn.value == 65101
    assert [(one.prefix, one.family, one.instance) for one in config.bgp.announced] == [
        ("59.240.10.0/24", "ipv4", ""),
        ("2001:db8:10::/48", "ipv6", ""),
        ("10.88.10.0/24", "ipv4", "ga"),
    ]
    first = session(config, "59.254.1.1")
    assert (first.remote_as.value, first.password.value, first.ttl_security.value) == (64801, "reversible", True)
    (family,) = first.families
    assert (family.family, family.active, family.imports.value) == ("ipv4", True, "prefix:IN4")
    assert (family.exports.value, family.limit.value) == ("policy:OUT4", 1000)
    assert [one.family for one in session(config, "2001:db8:ff:1::").families if one.active] == ["ipv6"]
    inner = session(config, "59.254.1.9")
    assert (inner.instance, [one.family for one in inner.families if one.active]) == ("ga", ["ipv4"])
    lists = {one.name: one for one in config.prefix_lists}
    assert [(one.prefix, one.least, one.most) for one in lists["OUT4"].entries] == [
        ("59.240.10.0/24", 24, 24),
        ("59.240.12.1/32", 32, 32),
    ]
    assert (lists["IN4"].entries[0].least, lists["IN4"].entries[0].most) == (10, 32)
    assert config.policies[0].nodes[0].matches == ("prefix:OUT4",)


def test_boundary_of_the_reference() -> None:
    config = vrp(REFERENCE)
    four, six = config.passages
    assert (four.default, four.explicit, four.default_logged, four.stateful) == ("deny", True, True, True)
    assert six.rules == (rules(config, 6)["manage"],)
    found = rules(config)
    assert found["web"].ports == ((443, 443),)
    assert (found["web"].come_in, found["web"].go_out) == ((LAN,), (UP1,))
    assert (found["web"].sources, found["web"].remark) == (("59.240.10.0/24",), "business")
    assert [one.protocol for one in four.rules if one.id == "dns"] == ["udp", "tcp"]
    assert (found["manage"].go_out, found["manage"].logged) == ((SELF,), True)
    (nat,) = config.source_nat
    assert (nat.pools, nat.go_out, nat.sources) == (("59.240.11.1-59.240.11.9",), (UP1,), ("10.64.20.0/24",))
    (mapped,) = config.mapped
    assert (mapped.outside, mapped.inside, mapped.protocol, mapped.port) == ("59.240.11.10", "10.64.20.20", "tcp", 443)
    assert config.nat_log.value is True


def test_management_of_the_reference() -> None:
    config = vrp(REFERENCE)
    ssh, snmp = config.service("ssh"), config.service("snmp")
    assert ssh is not None
    assert snmp is not None
    assert ssh.sources.value == snmp.sources.value == ("59.195.0.0/28", "59.240.10.240/28")
    assert ssh.algorithms == ("aes256-ctr", "aes128-gcm@openssh.com", "hmac-sha2-256", "diffie-hellman-group16-sha512")
    telnet = config.service("telnet")
    assert telnet is not None
    assert telnet.enabled.value is False
    assert [one.level for one in config.snmp.users] == ["priv"]
    assert [(one.address, one.authenticated) for one in config.ntp] == [("59.195.0.123", True), ("59.195.0.124", True)]
    accounts = config.accounts
    assert (accounts.schemes.value, accounts.tries.value, accounts.locked.value) == (("tacacs", "local"), 5, 600)
    assert [(one.name, one.secret) for one in accounts.users] == [("wangguan01", "hash")]
    assert [(one.name, one.idle.value, one.authentication.value) for one in accounts.lines] == [
        ("con 0", 300, "aaa"),
        ("vty 0 4", 330, "aaa"),
    ]
    assert [one.address for one in config.collectors] == ["59.195.0.51"]
    assert (config.hardening.redirects.value, config.hardening.source_route.value) == (False, False)
    ike, ipsec = config.proposals
    assert (ike.encryption, ike.integrity, ike.group, ike.version) == (("aes256",), ("sha256",), ("19",), "2")
    assert ipsec.encryption == ("aes256",)
    assert config.peers[0].authentication == "certificate"


def on_uplink(line: str) -> tuple[str, str]:
    return " description TO-PE1-R-0101\n", f" description TO-PE1-R-0101\n {line}\n"


def at_end(text: str) -> tuple[str, str]:
    return "#\nreturn", f"#\n{text}\n#\nreturn"


Seen = Callable[[DeviceConfig], bool]
MUTANTS: dict[str, tuple[tuple[str, str], Seen]] = {
    "C01 route to an inner segment": (
        at_end("ip route-static 172.31.0.0 16 59.254.1.1"),
        lambda it: it.routes[-1].prefix == "172.31.0.0/16",
    ),
    "C02 transition tunnel": (
        at_end("interface Tunnel0/0/1\n tunnel-protocol ipv6-ipv4 6to4"),
        lambda it: it.interfaces[-1].tunnel.value == "6to4",
    ),
    "C03 default route": (
        at_end("ip route-static 0.0.0.0 0.0.0.0 59.254.1.1"),
        lambda it: it.routes[-1].prefix == "0.0.0.0/0",
    ),
    "C03 default route originated": (
        ("  peer 59.254.1.1 route-limit", "  peer 59.254.1.1 default-route-advertise\n  peer 59.254.1.1 route-limit"),
        lambda it: it.bgp is not None and any(one.prefix == "0.0.0.0/0" for one in it.bgp.announced),
    ),
    "C04 PPPoE": (on_uplink("pppoe-client dial-bundle-number 1"), lambda it: port(it, UP1).dials.value == "pppoe"),
    "C04 cellular": (at_end("interface Cellular0/0/0"), lambda it: it.interfaces[-1].dials.value == "cellular"),
    "C05 foreign route target": (
        ("vpn-target 64801:188 import", "vpn-target 64801:188 64801:99 import"),
        lambda it: [one for one, _ in it.instances[0].imports] == ["64801:188", "64801:99"],
    ),
    "C06 private LAN announced": (
        ("  network 59.240.10.0 255.255.255.0", "  network 192.168.1.0 255.255.255.0"),
        lambda it: it.bgp is not None and it.bgp.announced[0].prefix == "192.168.1.0/24",
    ),
    "C07 wide link": (
        ("59.254.1.2 255.255.255.252", "59.254.1.2 24"),
        lambda it: port(it, UP1).addresses[0].value == "59.254.1.2/24",
    ),
    "C09 secondary address": (
        on_uplink("ip address 10.1.1.1 24 sub"),
        lambda it: any(one.secondary and one.value == "10.1.1.1/24" for one in port(it, UP1).addresses),
    ),
    "C10 no source check": ((" urpf strict\n", ""), lambda it: port(it, LAN).urpf.state == ABSENT),
    "C11 neighbour": (
        (" peer 59.254.1.1 as-number", " peer 10.9.9.9 as-number 65000\n peer 59.254.1.1 as-number"),
        lambda it: session(it, "10.9.9.9").remote_as.value == 65000,
    ),
    "C12 redistribution": (
        ("  network 59.240.10.0", "  import-route direct\n  network 59.240.10.0"),
        lambda it: it.bgp is not None and [one.policy.state for one in it.bgp.redistributed] == [ABSENT],
    ),
    "C13 no import filter": (
        ("  peer 59.254.1.1 ip-prefix IN4 import\n", ""),
        lambda it: session(it, "59.254.1.1").families[0].imports.state == ABSENT,
    ),
    "C14 no password": (
        (" peer 59.254.1.1 password cipher ******\n", ""),
        lambda it: session(it, "59.254.1.1").password.state == ABSENT,
    ),
    "C14 plain password": (
        ("59.254.1.1 password cipher", "59.254.1.1 password simple"),
        lambda it: session(it, "59.254.1.1").password.value == "plain",
    ),
    "C15 OSPF on the LAN": (
        at_end("ospf 1\n area 0.0.0.0\n  network 59.240.10.0 0.0.0.255"),
        lambda it: [one for one, _ in it.igps[0].networks] == ["59.240.10.0/24"] and not it.igps[0].silent,
    ),
    "C16 IPv4 over the IPv6 session": (
        ("  peer 59.254.1.1 enable", "  peer 2001:DB8:FF:1:: enable\n  peer 59.254.1.1 enable"),
        lambda it: {one.family for one in session(it, "2001:db8:ff:1::").families if one.active} == {"ipv4", "ipv6"},
    ),
    "C17 RD": (
        ("route-distinguisher 64801:188", "route-distinguisher 64801:199"),
        lambda it: it.instances[0].rd.value == "64801:199",
    ),
    "C18 wrong instance": (
        (" ip binding vpn-instance ga\n", " ip binding vpn-instance gb\n"),
        lambda it: port(it, f"{UP1}.100").instance.value == "gb",
    ),
    "C19 pool": (
        ("section 0 59.240.11.1 59.240.11.9", "section 0 203.0.113.1 203.0.113.9"),
        lambda it: it.source_nat[0].pools == ("203.0.113.1-203.0.113.9",),
    ),
    "C20 mapping": (
        at_end("nat server odd 9 protocol tcp global 59.240.11.11 3389 inside 10.64.20.21 3389"),
        lambda it: [one.port for one in it.mapped] == [443, 3389],
    ),
    "C21 NAT log": (("firewall log session nat enable\n", ""), lambda it: it.nat_log.state == ABSENT),
    "C22 default permit": (
        (" default action deny", " default action permit"),
        lambda it: {one.default for one in it.passages} == {"permit"},
    ),
    "C23 wider destination": (
        ("destination-address 59.195.0.0 24", "destination-address 59.194.0.0 23"),
        lambda it: rules(it)["web"].destinations == ("59.194.0.0/23",),
    ),
    "C24 UDP 53 to any": (
        ("  destination-address 59.195.0.53 32\n", ""),
        lambda it: rules(it)["dns"].destinations == (),
    ),
    "C25 without remark": (("  description business\n", ""), lambda it: rules(it)["web"].remark == ""),
    "C26 802.1X off": ((" dot1x enable\n dhcp", " dhcp"), lambda it: port(it, LAN).dot1x.state == ABSENT),
    "C26 port forced open": (
        (" dot1x enable\n dhcp", " dot1x enable\n dot1x port-control authorized-force\n dhcp"),
        lambda it: port(it, LAN).dot1x.value is False,
    ),
    "C27 source routes": (
        ("undo ip source-route", "ip source-route"),
        lambda it: it.hardening.source_route.value is True,
    ),
    "C27 redirects": (
        (" undo icmp redirect send\n#\ninterface", " icmp redirect send\n#\ninterface"),
        lambda it: port(it, UP1).redirects.value is True,
    ),
    "C28 L2TP": (at_end("l2tp enable"), lambda it: [one.kind for one in it.gateways] == ["l2tp"]),
    "C28 SSL VPN": (
        at_end("v-gateway dsj interface GigabitEthernet0/0/1 port 443 private"),
        lambda it: [one.kind for one in it.gateways] == ["sslvpn"],
    ),
    "C29 pre-shared key": (
        ("authentication-method rsa-signature", "authentication-method pre-share"),
        lambda it: it.peers[0].authentication == "psk",
    ),
    "C30 Internet time": (
        ("unicast-server 59.195.0.124", "unicast-server 203.0.113.5"),
        lambda it: it.ntp[1].address == "203.0.113.5",
    ),
    "C31 community": (
        at_end("snmp-agent community read simple public\nsnmp-agent sys-info version v2c"),
        lambda it: len(it.snmp.default_names) == 1 and [one for one, _ in it.snmp.versions] == ["v3", "v2c"],
    ),
    "C32 VTY without ACL": (
        (" acl 2001 inbound\n acl ipv6 2001 inbound\n", ""),
        lambda it: [one.sources.state for one in it.services if one.kind == "ssh"] == [ABSENT],
    ),
    "C33 Telnet": (
        ("undo telnet server enable", "telnet server enable"),
        lambda it: [one.enabled.value for one in it.services if one.kind == "telnet"] == [True],
    ),
    "C34 no collector": (("info-center loghost 59.195.0.51 facility local6\n", ""), lambda it: it.collectors == ()),
    "C34 log off": (("info-center enable", "undo info-center enable"), lambda it: it.collectors == ()),
    "C35 plain secret": (
        ("password irreversible-cipher", "password simple"),
        lambda it: it.accounts.users[0].secret == "plain",  # noqa: S105
    ),
    "C35 no time-out": (("idle-timeout 5 30", "idle-timeout 0 0"), lambda it: it.accounts.lines[1].idle.value == 0),
    "C36 no IPv6": ((" ipv6 enable\n", ""), lambda it: port(it, UP1).ipv6.state == ABSENT),
    "C37 IPv6 rule wide open": (
        (" rule name manage", " rule name six\n  destination-zone trust\n  action permit\n rule name manage"),
        lambda it: rules(it, 6)["six"].sources == (),
    ),
    "C38 name": (("JN-DSJ-CE01", "router"), lambda it: it.hostname.value == "router"),
    "C39 unknown stanza": (
        at_end("bgp 65101\n peer 59.254.1.1 teleport everything"),
        lambda it: [one.topic for one in it.unread] == ["bgp"],
    ),
    "C40 limit": (("cir 1000000", "cir 100000"), lambda it: port(it, UP1).limit.value == 100),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_shows_in_the_model(name: str) -> None:
    edit, seen = MUTANTS[name]
    assert not _holds(seen, vrp(REFERENCE)), "the predicate must tell the mutant from the reference"
    assert seen(changed(*edit))


def _holds(seen: Seen, config: DeviceConfig) -> bool:
    try:
        return seen(config)
    except (IndexError, StopIteration, KeyError):
        return False
