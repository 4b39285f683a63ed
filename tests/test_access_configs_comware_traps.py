"""The Comware reader: where indentation, order, names and defaults mislead (facts 1.3)."""

from __future__ import annotations

import pytest
from comware_reading import FILE, device, unread
from comware_reference import TEXT

from conformance.judge.access.config import ABSENT, SELF, UNKNOWN, DeviceConfig, Passage
from conformance.judge.rulebook import Location

UP1, UP2 = "GigabitEthernet1/0/1", "GigabitEthernet1/0/2"


def passage(config: DeviceConfig, name: str) -> Passage:
    return next(one for one in config.passages if one.name == name)


# Facts 1.3: the traps of the grammar.

INSTANCE = "#\nip vpn-instance internal\n route-distinguisher 1:1\n"


def test_a_global_command_with_a_leading_blank_is_no_part_of_the_stanza_before() -> None:
    config = device(f"{INSTANCE}#\n telnet server enable\n#\nreturn\n")
    telnet = config.service("telnet")
    assert telnet is not None
    assert telnet.enabled.known() is True
    assert telnet.enabled.where == Location(FILE, 5)
    assert not config.unread


def test_an_indented_hash_closes_deeper_views_only() -> None:
    text = (
        "bgp 65101\n peer 1.1.1.1 as-number 1\n #\n address-family ipv4 unicast\n  peer 1.1.1.1 enable\n #\n"
        " address-family ipv6 unicast\n  network 2001:db8:: 32\n #\n peer 1.1.1.2 as-number 2\n#\n sysname X\nreturn\n"
    )
    config = device(text)
    assert config.bgp is not None
    assert [(one.neighbour, one.remote_as.known()) for one in config.bgp.sessions] == [("1.1.1.1", 1), ("1.1.1.2", 2)]
    assert [(one.prefix, one.family) for one in config.bgp.announced] == [("2001:db8::/32", "ipv6")]
    assert config.hostname.known() == "X"
    assert not config.unread


def test_an_instance_inside_bgp_is_an_address_family() -> None:
    text = (
        "bgp 65101\n #\n ip vpn-instance ga\n  peer 1.1.1.1 as-number 1\n  #\n"
        "  address-family ipv4 unicast\n   peer 1.1.1.1 enable\n#\nreturn\n"
    )
    config = device(text)
    assert config.instances == ()
    assert config.bgp is not None
    (session,) = config.bgp.sessions
    assert (session.instance, [one.family for one in session.families]) == ("ga", ["ipv4"])


def test_duplicate_stanzas_are_merged() -> None:
    text = (
        "interface GigabitEthernet1/0/1\n ip address 1.1.1.1 30\n#\ninterface GE1/0/1\n description again\n#\n"
        "local-user a class manage\n password hash $h$6$x$y\n#\nlocal-user a class manage\n service-type ssh\n#\n"
        "ip vpn-instance ga\n vpn-target 1:1\n#\nip vpn-instance ga\n vpn-target 1:1 2:2 import-extcommunity\n#\n"
    )
    config = device(text)
    (interface,) = config.interfaces
    assert (len(interface.addresses), interface.description.known()) == (1, "again")
    (user,) = config.accounts.users
    assert (user.secret, user.services) == ("hash", ("ssh",))
    (instance,) = config.instances
    assert [one for one, _ in instance.imports] == ["1:1", "2:2"]
    assert [one for one, _ in instance.exports] == ["1:1"]


@pytest.mark.parametrize("mark", ["%", "$", "Z"])
def test_a_banner_is_nobodys_command(mark: str) -> None:
    config = device(
        f"#\n header login {mark}\n telnet server enable\n ip route-static 0.0.0.0 0 1.1.1.1\n{mark}\n#\n sysname X\n"
    )
    assert config.service("telnet") is None
    assert (config.routes, config.hostname.known()) == ((), "X")


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        ("rule 10 deny\n rule 5 permit source 1.1.1.0 0.0.0.255", ["5", "10"]),
        ("rule 5 permit source 1.1.1.0 0.0.0.255\n rule 10 deny", ["5", "10"]),
    ],
)
def test_rules_hold_in_order_of_their_numbers(lines: str, ids: list[str]) -> None:
    text = f"acl basic 2000\n {lines}\n#\ninterface GigabitEthernet1/0/1\n packet-filter 2000 inbound\n#\nreturn\n"
    assert [one.id for one in device(text).passages[0].rules] == ids


def test_match_order_auto_asks_the_narrowest_rule_first() -> None:
    text = (
        "acl number 3000 match-order auto\n rule 0 permit ip\n rule 5 deny ip source 1.1.0.0 0.0.255.255\n"
        " rule 10 permit tcp source 1.1.0.0 0.0.255.255\n rule 15 permit ip source 1.1.1.0 0.0.0.255\n#\n"
        "interface GigabitEthernet1/0/1\n packet-filter 3000 inbound\n#\nreturn\n"
    )
    assert [one.id for one in device(text).passages[0].rules] == ["10", "15", "5", "0"]


def test_security_policies_hold_in_order_of_the_file() -> None:
    text = "security-policy ip\n rule 7 name a\n  action pass\n rule 2 name b\n  action drop\n#\nreturn\n"
    assert [(one.id, one.permit) for one in device(text).passages[0].rules] == [("7", True), ("2", False)]


@pytest.mark.parametrize(
    ("line_", "default", "explicit"),
    [("", "permit", False), (" packet-filter default deny\n#\n", "deny", True)],
)
def test_what_no_rule_of_a_packet_filter_matches_passes_unless_the_file_says_no(
    line_: str, default: str, explicit: bool
) -> None:
    text = f"{line_}acl advanced 3000\n rule 0 permit tcp\n#\ninterface GE1/0/1\n packet-filter 3000 inbound\n#\n"
    (held,) = device(text).passages
    assert (held.default, held.explicit, held.come_in, held.stateful) == (default, explicit, (UP1,), False)


def test_aspf_against_the_filter_makes_it_stateful() -> None:
    text = (
        "acl advanced 3000\n rule 0 deny ip\n#\ninterface GigabitEthernet1/0/1\n packet-filter 3000 inbound\n"
        " packet-filter 3000 outbound\n aspf apply policy 1 outbound\n#\n"
    )
    assert [(one.name.split()[2], one.stateful) for one in device(text).passages] == [
        ("inbound", True),
        ("outbound", False),
    ]


PAIRS = (
    "security-zone name A\n import interface GE1/0/1\n#\nsecurity-zone name B\n import interface GE1/0/2\n#\n"
    "interface GigabitEthernet1/0/1\n#\ninterface GigabitEthernet1/0/2\n#\n"
    "object-policy ip P\n rule 0 pass source-ip G service http logging\n rule 5 drop logging\n#\n"
    "object-group ip address G\n 0 network range 1.1.1.4 1.1.1.7\n#\n"
    "zone-pair security source A destination B\n object-policy apply ip P\n#\n"
)


def test_pairs_of_zones_deny_what_no_rule_matches() -> None:
    config = device(PAIRS)
    named = passage(config, "zone-pair a b")
    assert (named.come_in, named.go_out, named.default, named.stateful) == ((UP1,), (UP2,), "deny", True)
    assert [(one.permit, one.sources, one.ports) for one in named.rules] == [
        (True, ("1.1.1.4/30",), ((80, 80),)),
        (False, (), ()),
    ]
    assert passage(config, "zone b").go_out == (UP1, SELF)
    assert not [one for one in config.passages if one.family == 6]
    assert not config.unread


def test_a_zone_without_members_matches_nothing_rather_than_everything() -> None:
    config = device("security-policy ip\n rule 0 name a\n  action pass\n  source-zone Guest\n#\n")
    assert config.passages[0].rules[0].come_in == ("zone:Guest",)


def test_a_security_policy_that_is_switched_off_filters_nothing() -> None:
    assert (
        device(TEXT.replace("security-policy ip\n", " security-policy disable\n#\nsecurity-policy ip\n")).passages == ()
    )


def test_acls_that_do_not_exist_limit_nothing_and_filter_nothing() -> None:
    config = device(" ssh server enable\n ssh server acl 2999\n#\ninterface GE1/0/1\n packet-filter 3999 inbound\n#\n")
    ssh = config.service("ssh")
    assert ssh is not None
    assert ssh.sources.state == ABSENT
    assert config.passages == ()
    assert unread(config) == [("filter", 5)]


def test_an_acl_that_was_not_understood_is_not_taken_for_a_missing_one() -> None:
    config = device(
        " ssh server enable\n ssh server acl 2000\n#\nacl basic 2000\n rule 0 permit source 1.1.1.1 0.255.0.255\n#\n"
    )
    ssh = config.service("ssh")
    assert ssh is not None
    assert ssh.sources.state == UNKNOWN
    assert unread(config) == [("filter", 5), ("line", 2)]


def test_ipv6_without_an_acl_of_its_own_is_open() -> None:
    config = device(TEXT.replace(" ssh server ipv6 acl ipv6 2001\n", ""))
    ssh = config.service("ssh")
    assert ssh is not None
    assert ssh.sources.known() == ("59.195.0.0/28", "59.240.10.240/28", "::/0")


def test_settings_of_a_group_hold_for_its_members() -> None:
    text = (
        "bgp 65101\n group G external\n peer G as-number 64801\n peer G password cipher x\n peer 1.1.1.1 group G\n"
        " peer 1.1.1.2 group G\n peer 1.1.1.2 password simple y\n #\n address-family ipv4 unicast\n  peer G enable\n"
        "  peer G prefix-list IN import\n  peer 1.1.1.1 group G\n  peer 1.1.1.2 group G\n"
        "  peer 1.1.1.2 prefix-list OWN import\n#\n"
    )
    config = device(text)
    assert config.bgp is not None
    assert not config.unread
    assert [
        (
            one.neighbour,
            one.remote_as.known(),
            one.password.known(),
            one.families[0].active,
            one.families[0].imports.known(),
        )
        for one in config.bgp.sessions
    ] == [("1.1.1.1", 64801, "reversible", True, "prefix:IN"), ("1.1.1.2", 64801, "plain", True, "prefix:OWN")]


def test_a_family_that_is_not_enabled_by_name_does_not_run() -> None:
    config = device(
        "bgp 1\n peer 1.1.1.1 as-number 2\n #\n address-family ipv4 unicast\n  peer 1.1.1.1 prefix-list X export\n#\n"
    )
    assert config.bgp is not None
    assert [one.active for one in config.bgp.sessions[0].families] == [False]


def test_lines_of_a_class_take_what_they_do_not_say_themselves() -> None:
    text = (
        "line class vty\n idle-timeout 3 0\n#\nline vty 0 4\n authentication-mode scheme\n#\n"
        "line vty 5 63\n idle-timeout 0 0\n#\n"
    )
    config = device(text)
    assert [(one.name, one.idle.known()) for one in config.accounts.lines] == [("vty 0 4", 180), ("vty 5 63", 0)]


def test_a_group_of_snmp_without_privacy_weakens_its_users() -> None:
    text = TEXT.replace("group v3 managers privacy", "group v3 managers authentication")
    assert [one.level for one in device(text).snmp.users] == ["auth"]


def test_time_sources_count_only_where_ntp_runs() -> None:
    assert device(TEXT.replace(" ntp-service enable\n", "")).ntp == ()


def test_a_port_that_lets_everybody_in_asks_nobody() -> None:
    config = device("interface GE1/0/3\n dot1x port-control authorized-force\n dot1x\n#\n")
    assert config.interfaces[0].dot1x.known() is False


def test_a_vlan_interface_asks_where_all_its_ports_ask() -> None:
    port = "interface GE1/0/{}\n port access vlan 10\n{}#\n"
    vlan = "interface Vlan-interface10\n ip address 1.1.1.1 24\n#\n"
    asked = device(port.format(1, " dot1x\n") + port.format(2, " dot1x\n") + vlan)
    open_ = device(port.format(1, " dot1x\n") + port.format(2, "") + vlan)
    assert [one.interface("Vlan-interface10").dot1x.known() for one in (asked, open_)] == [True, False]  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["GE1/0/1", "GigabitEthernet 1/0/1", "gigabitethernet1/0/1", "Gi1/0/1"])
def test_names_of_interfaces_are_made_whole(name: str) -> None:
    assert device(f"interface {name}\n description x\n#\n").interfaces[0].name == UP1


def test_a_prompt_after_the_export_is_nothing() -> None:
    config = device(f"{TEXT}<JN-DSJ-CE01>\n")
    assert (config.unread, config.coverage[0].complete) == ((), True)


def test_a_blocked_account_is_none() -> None:
    config = device("local-user old\n password simple x\n state block\n#\nlocal-user new\n password hash y\n#\n")
    assert [one.name for one in config.accounts.users] == ["new"]


def test_a_next_hop_in_the_same_instance_leaks_nothing() -> None:
    text = (
        " ip route-static vpn-instance a 1.1.1.0 24 vpn-instance a 2.2.2.2\n"
        " ip route-static vpn-instance a 1.1.2.0 24 2.2.2.2 public\n"
        " ip route-static 1.1.3.0 24 vpn-instance a 2.2.2.2\n"
    )
    assert [one.into for one in device(text).routes] == ["", "public", "a"]
