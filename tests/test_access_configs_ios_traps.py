"""IOS-like exports: what is not understood, Ruijie by the same table, ZTE by fragments, hostile texts."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from access_case_rules import reference_rules
from access_case_site import reference_site
from access_ios import CISCO, active, held, passage, read, read_zte, service

from conformance.judge.access.config import UNKNOWN, DeviceConfig
from conformance.system.access.configs.ios_words import interface_name
from conformance.system.access.configs.reading import read_device

#: Seconds of work that one text of about one megabyte may take.
SECONDS = 4.0


@pytest.mark.parametrize(
    "line, topic",
    [
        ("ip nat outside source static 1.1.1.1 2.2.2.2", "nat"),
        ("zone-pair security A source a destination b", "filter"),
        ("ip local policy route-map X", "route"),
        ("logging 59.195.0.51 audit", "syslog"),
        ("crypto gdoi group G", "ike"),
        ("ip access-list extended OUTSIDE\n permit tcp object-group A any", "filter"),
        ("ip sla responder", ""),
        ("interface GigabitEthernet0/0/1\n ip verify unicast source reachable-via rx 99", "interface"),
        ("interface GigabitEthernet0/0/1\n ipv6 address 2001:db8::/64 eui-64", "interface"),
        ("frobnicate all", "other"),
        ("router bgp 65101\n bgp listen range 10.0.0.0/8 peer-group X", "bgp"),
        ("router bgp 65102", "bgp"),
        ("router eigrp 7\n network 10.0.0.0", "igp"),
        ("snmp-server user x y v3 remote", "snmp"),
        ("ip route 1.1.1.1", "route"),
        ("interface GigabitEthernet0/0/1\n rate-limit output access-group 7 8000 8000 8000", "qos"),
        ("route-map OUT4 permit 20\n match community 7", ""),
        ("aaa group server ldap X", "aaa"),
    ],
)
def test_what_is_not_understood_is_unread_with_its_topic(line: str, topic: str) -> None:
    config = read(CISCO.replace("!\nend", f"!\n{line}\nend"))
    assert {one.topic for one in config.unread} == ({topic} if topic else set())


def test_a_condition_that_is_not_understood_leaves_the_node_in_doubt() -> None:
    config = read(CISCO.replace("!\nend", "!\nroute-map OUT4 permit 20\n match community 7\nend"))
    (policy,) = [one for one in config.policies if one.name == "OUT4"]
    assert [one.understood for one in policy.nodes] == [True, False]


@pytest.mark.parametrize("option", ["dscp ef", "echo", "ack", "fragments", "time-range NIGHT"])
def test_what_narrows_a_rule_leaves_it_in_doubt(option: str) -> None:
    kind = "icmp" if option == "echo" else "tcp"
    made = f"ip access-list extended OUTSIDE\n 5 permit {kind} any any {option}\n"
    config = read(CISCO.replace("!\nend", f"!\n{made}end"))
    assert (passage(config, "OUTSIDE").rules[0].id, passage(config, "OUTSIDE").rules[0].understood) == ("5", False)
    assert config.unread == ()


def test_a_rule_ends_on_the_last_day_of_its_time_range() -> None:
    ranged = "time-range HERE\n absolute end 23:59 31 December 2026\n"
    rule = "ip access-list extended OUTSIDE\n 5 permit tcp any any established time-range HERE\n"
    (first, *_) = passage(read(CISCO.replace("!\nend", f"!\n{ranged}{rule}end")), "OUTSIDE").rules
    assert (first.until, first.understood, first.established) == ("2026-12-31", True, True)


def test_ipv6_lists_and_their_sequence() -> None:
    made = "interface GigabitEthernet0/0/1\n ipv6 traffic-filter SIX in\nipv6 access-list SIX\n"
    rules = " permit tcp 2001:db8:195::/64 host 2001:db8:10::20 eq 443 sequence 20\n sequence 10 permit icmp any any\n"
    config = read(CISCO.replace("!\nend", f"!\n{made}{rules}end"))
    found = passage(config, "SIX")
    assert (found.family, [one.protocol for one in found.rules]) == (6, ["icmpv6", "tcp"])
    assert found.rules[1].destinations == ("2001:db8:10::20/128",)


def test_a_list_of_managers_that_is_not_there_is_unknown() -> None:
    config = read(CISCO.replace("access-class MGMT in", "access-class OTHER in"))
    assert service(config, "ssh").sources.state == UNKNOWN


@pytest.mark.parametrize(
    "short, whole",
    [
        ("Gi0/0/1.100", "GigabitEthernet0/0/1.100"),
        ("te1/1", "TenGigabitEthernet1/1"),
        ("Po10", "Port-channel10"),
        ("GigabitEthernet 0/1", "GigabitEthernet0/1"),
        ("VLAN 10", "Vlan10"),
        ("lo0", "Loopback0"),
        ("Xyz1", "Xyz1"),
    ],
)
def test_names_are_whole(short: str, whole: str) -> None:
    assert interface_name(short) == whole


RUIJIE = """\
version RGOS 10.4(3b19)p3, Release(171654)
hostname JN-DSJ-CE01
!
interface GigabitEthernet 0/1
 ip address 59.254.1.2 255.255.255.252
 ip access-group 100 in
interface VLAN 10
 ip address 59.240.10.1 255.255.255.0
!
enable service ssh-server
no enable service web-server
router bgp 65101
 neighbor 59.254.1.1 remote-as 64801
 neighbor 2001:db8:ff:1:: remote-as 64801
ip route 59.195.8.0 255.255.255.0 59.254.1.1
end
"""


def test_ruijie_by_the_same_table() -> None:
    config = read(RUIJIE, "ruijie-rgos")
    assert [one.name for one in config.interfaces] == ["GigabitEthernet0/1", "Vlan10"]
    assert (service(config, "ssh").enabled.value, service(config, "http").enabled.value) == (True, False)
    assert passage(config, "100").default == "unknown"  # what a list that is not there does, nobody told us
    assert active(config, "59.254.1.1") == ["ipv4"]


ZTE = """\
!<mim>
!ZXR10 software
!</mim>
!<system-config>
hostname JN-DSJ-CE01
!</system-config>
!<if-intf>
interface gei-0/1/0/1
  description TO-PE1-R-0101
  ip address 59.254.1.2 255.255.255.252
  no shutdown
$
interface gei-0/1/0/1.100
  ip vrf forwarding ga
  ip address 59.254.1.10 255.255.255.252
$
interface loopback1
  ip address 59.240.12.1 255.255.255.255
$
!</if-intf>
!<vrf>
ip vrf ga
  rd 64801:188
  address-family ipv4
    route-target import 64801:188
    route-target export 64801:188
  $
$
!</vrf>
!<acl>
ipv4-access-list OUTSIDE
  rule 20 deny ip any any
  rule 10 permit tcp 59.195.0.0 0.0.0.255 any eq 443
$
interface gei-0/1/0/1
  ipv4-access-group ingress OUTSIDE
$
!</acl>
!<bgp>
router bgp 65101
  neighbor 59.254.1.1 remote-as 64801
  neighbor 59.254.1.1 password cipher ******
  address-family ipv4 vrf ga
    neighbor 59.254.1.9 remote-as 64801
    neighbor 59.254.1.9 activate
  $
$
!</bgp>
!<static>
ip route 59.195.8.0 255.255.255.0 59.254.1.1
ip route vrf ga 10.88.0.0 255.255.0.0 59.254.1.9
!</static>
!<ntp>
ntp enable
ntp server 59.195.0.123 priority 1
!</ntp>
!<snmp>
snmp-server community encrypted ****** view AllView ro
!</snmp>
!<telnet>
telnet server enable
!</telnet>
!<nat>
cgn-pool X
!</nat>
"""


def test_zte_as_far_as_fragments_tell() -> None:
    config = read_zte(ZTE)
    assert config.hostname.value == "JN-DSJ-CE01"
    up, sub = held(config, "gei-0/1/0/1"), held(config, "gei-0/1/0/1.100")
    assert (up.addresses[0].value, up.shutdown.value, sub.kind, sub.instance.value) == (
        "59.254.1.2/30",
        False,
        "subinterface",
        "ga",
    )
    assert held(config, "loopback1").kind == "loopback"
    (ga,) = config.instances
    assert (ga.rd.value, len(ga.imports), len(ga.exports)) == ("64801:188", 1, 1)
    outside = passage(config, "OUTSIDE")
    assert (outside.come_in, outside.default, [one.id for one in outside.rules]) == (
        ("gei-0/1/0/1",),
        "unknown",
        ["10", "20"],
    )
    assert config.bgp is not None and [(one.instance, one.neighbour) for one in config.bgp.sessions] == [
        ("", "59.254.1.1"),
        ("ga", "59.254.1.9"),
    ]
    assert config.bgp.sessions[0].password.value == "reversible"
    assert [(one.prefix, one.instance) for one in config.routes] == [("59.195.8.0/24", ""), ("10.88.0.0/16", "ga")]
    assert [one.address for one in config.ntp] == ["59.195.0.123"] and len(config.snmp.communities) == 1
    assert [one.topic for one in config.unread] == ["line", "other"]  # never taken for something else


@pytest.mark.parametrize(
    "platform, text",
    [("cisco-iosxe", CISCO), ("ruijie-rgos", RUIJIE), ("zte-zxros", ZTE)],
    ids=["cisco", "ruijie", "zte"],
)
def test_through_the_door_what_a_platform_is_not_read_for_stays_unread(
    tmp_path: Path, platform: str, text: str
) -> None:
    (tmp_path / "ce.cfg").write_text(text, "utf-8")
    rules = reference_rules()
    claim = replace(reference_site().devices[0], platform=platform, file="ce.cfg")
    config = read_device(claim, tmp_path, rules).config
    assert isinstance(config, DeviceConfig)
    topics = {one.topic for one in config.unread}
    assert topics >= {"nat", "ike", "remote"} - set(rules.platforms[platform].topics)
    assert all(one.complete for one in config.coverage)


HOSTILE = {
    "interfaces": "".join(
        f"interface Gi0/{one}\n ip address 10.0.0.1 255.255.255.0\n ip access-group A in\n" for one in range(12_000)
    ),
    "one list": "ip access-list extended A\n" + " permit tcp any any eq 80\n" * 35_000,
    "prefixes": "ip prefix-list A permit 10.0.0.0/8\n" * 30_000,
    "targets": "ip vrf x\n" + "".join(f" route-target import 1:{one}\n" for one in range(35_000)),
    "neighbours": "router bgp 1\n"
    + "".join(f" neighbor 10.{n >> 16}.{n >> 8 & 255}.{n & 255} remote-as 2\n" for n in range(25_000)),
    "translations": "access-list 1 permit any\n" * 2_000 + "ip nat inside source list 1 pool P\n" * 20_000,
    "views": "".join(" " * depth + "interface x\n" for depth in range(1200)),
    "huge numbers": "ip route 1.1.1.1 255.255.255.255 1.1.1.2 " + "9" * 1900 + "\nmtu 9\n",
    "nothing known": "abc def\n" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_bounded_time(name: str) -> None:
    begun = time.process_time()
    read(HOSTILE[name])
    assert time.process_time() - begun < SECONDS


def test_hostile_texts_of_another_grammar_take_bounded_time() -> None:
    begun = time.process_time()
    for name in ("one list", "views", "huge numbers", "translations"):
        read_zte(HOSTILE[name])
    assert time.process_time() - begun < SECONDS
