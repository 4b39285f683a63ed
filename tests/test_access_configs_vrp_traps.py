"""Where readers of Huawei's exports go wrong: each trap once, and nothing that is not understood is silent."""

from __future__ import annotations

import pytest
from access_vrp import REFERENCE, UP1, rules, session, unread, vrp

from conformance.judge.access.config import UNKNOWN, DeviceConfig


def test_global_commands_with_a_leading_blank_stand_at_the_top() -> None:
    """VRP 5 prints them so: under the stanza before they would be lost (trap 1)."""
    config = vrp(
        "#\nip vpn-instance ga\n route-distinguisher 1:1\n#\n sysname CE\n#\n telnet server enable\n#\nreturn\n"
    )
    assert config.hostname.value == "CE"
    assert config.services[0].enabled.value is True
    assert config.instances[0].rd.value == "1:1"
    assert config.unread == ()


def test_indented_separators_end_families_and_not_the_process() -> None:
    config = vrp(
        "bgp 1\n peer 10.0.0.1 as-number 2\n #\n ipv4-family unicast\n"
        "  network 10.1.0.0 16\n #\n peer 10.0.0.1 ignore\n#\n"
    )
    assert session(config, "10.0.0.1").shutdown.value is True
    assert config.unread == ()


def test_a_stanza_may_stand_twice() -> None:
    config = vrp("interface GE0/0/1\n mtu 1500\n#\ninterface GigabitEthernet 0/0/1\n ip address 10.0.0.1 24\n#\n")
    (only,) = config.interfaces
    assert (only.mtu.value, only.addresses[0].value) == (1500, "10.0.0.1/24")


def test_banners_and_descriptions_say_nothing() -> None:
    config = vrp(
        "header login information @\ntelnet server enable\n@\ninterface GE0/0/1\n description telnet server enable\n#\n"
    )
    assert config.services == ()
    assert config.unread == ()


def test_an_instance_is_made_by_its_own_stanza_only() -> None:
    config = vrp("bgp 1\n ipv4-family vpn-instance ga\n  peer 10.0.0.1 as-number 2\n#\n")
    assert config.instances == ()
    assert session(config, "10.0.0.1").instance == "ga"


def test_instances_of_both_generations_read_alike() -> None:
    tail = "route-distinguisher 1:2\n{0}vpn-target 1:3 both\n{0}vpn-target 1:4 import-extcommunity\n#\n"
    old = vrp("ip vpn-instance ga\n " + tail.format(" ")).instances[0]
    new = vrp("ip vpn-instance ga\n ipv4-family\n  " + tail.format("  ")).instances[0]
    for one in (old, new):
        assert one.rd.value == "1:2"
        assert [target for target, _ in one.imports] == ["1:3", "1:4"]
        assert [target for target, _ in one.exports] == ["1:3"]


FILTERED = "acl number 3000\n{rules}#\ninterface GE0/0/1\n traffic-filter inbound acl 3000\n#\n"


@pytest.mark.parametrize("default", ["permit", "deny", "unknown"])
def test_what_no_rule_matches_depends_on_the_attachment(default: str) -> None:
    text = FILTERED.format(rules=" rule 5 permit tcp source 10.0.0.0 0.0.0.255 destination-port range 80 81\n")
    (passage,) = vrp(text, packet_filter=default).passages
    assert (passage.default, passage.explicit, passage.stateful) == (default, False, False)
    assert (passage.come_in, passage.rules[0].ports) == (("GigabitEthernet0/0/1",), ((80, 81),))
    (policy, _) = vrp("security-policy\n rule name a\n  action permit\n#\n", packet_filter=default).passages
    assert policy.default == "deny"


def test_a_limit_by_acl_keeps_out_what_the_same_acl_lets_pass_at_an_interface() -> None:
    text = (
        "acl 2000\n rule 5 permit source 10.0.0.0 0.0.0.255\n#\n"
        "stelnet server enable\nuser-interface vty 0 4\n acl 2000 inbound\n#\n"
        "interface GE0/0/1\n traffic-filter outbound acl 2000\n#\n"
    )
    config = vrp(text, packet_filter="permit")
    assert config.services[0].sources.value == ("10.0.0.0/24",)
    assert config.passages[0].default == "permit"


def test_an_acl_of_one_family_does_not_limit_the_other() -> None:
    text = (
        "acl 2000\n rule 5 permit source 10.0.0.0 0.0.0.255\n#\n"
        "{0} server enable\nuser-interface vty 0 4\n acl 2000 inbound\n#\n"
        "interface GE0/0/1\n ipv6 address 2001:db8::1 64\n#\n"
    )
    assert vrp(text.format("stelnet")).services[0].sources.value == ("10.0.0.0/24", "::/0")
    assert vrp(text.format("stelnet ipv4")).services[0].sources.value == ("10.0.0.0/24",)


def test_refusals_narrow_whom_an_acl_lets_in() -> None:
    text = (
        "acl 2000\n rule 10 permit source 10.0.0.0 0.0.0.255\n rule 5 deny source 10.0.0.128 0.0.0.127\n#\n"
        "stelnet server enable\nssh server acl 2000\n#\n"
    )
    assert vrp(text).services[0].sources.value == ("10.0.0.0/25",)


def test_rules_are_asked_by_number_and_not_by_line() -> None:
    lines = (
        " rule 20 deny ip\n rule 10 permit tcp source 10.0.0.0 0.0.0.255\n"
        " rule 15 description late\n rule 10 description who\n"
    )
    rules_in_order = vrp(FILTERED.format(rules=lines)).passages[0].rules
    assert [(one.id, one.permit, one.remark) for one in rules_in_order] == [("10", True, "who"), ("20", False, "")]


def test_match_order_auto_asks_the_narrowest_first() -> None:
    text = (
        "acl number 3000 match-order auto\n rule 5 deny ip\n rule 10 permit ip source 10.0.0.0 0.255.255.255\n"
        " rule 15 permit tcp source 10.0.0.0 0.0.0.255\n rule 20 permit tcp source 10.0.0.1 0\n#\n"
        "interface GE0/0/1\n traffic-filter inbound acl 3000\n#\n"
    )
    assert [one.id for one in vrp(text).passages[0].rules] == ["20", "15", "10", "5"]


@pytest.mark.parametrize(
    "lines",
    [
        " rule 5 permit ip source 10.0.0.0 0.0.255.0\n",
        " rule 5 permit tcp destination-port matches 80\n",
        " rule 5 permit ip wormhole\n",
        " rule 5 permit ip time-range never-defined\n",
    ],
    ids=["wildcard with a hole", "operator", "option", "time range"],
)
def test_a_rule_with_an_odd_condition_is_kept_as_not_understood(lines: str) -> None:
    config = vrp(FILTERED.format(rules=lines))
    (rule,) = config.passages[0].rules
    assert not rule.understood
    assert ("filter", 2) in unread(config) or "time-range" in lines


def test_time_ranges_give_the_last_day() -> None:
    text = "time-range y from 00:00 2026/1/1 to 23:59 2026/12/31\ntime-range h 08:00 to 18:00 working-day\n" + FILTERED
    lines = " rule 5 permit ip time-range y\n rule 10 permit ip time-range h\n rule 15 deny ip time-range h\n"
    found = vrp(text.format(rules=lines)).passages[0].rules
    assert [(one.until, one.understood) for one in found] == [("2026-12-31", True), ("", True), ("", False)]


def test_policy_rules_of_unknown_sets_or_services_are_not_understood() -> None:
    text = "security-policy\n rule name a\n  {0}\n  action permit\n#\n"
    for line in (
        "source-address address-set nowhere",
        "service never-heard-of",
        "application app X",
        "source-address geo CN",
    ):
        config = vrp(text.format(line))
        assert not rules(config)["a"].understood, line
        assert "filter" in {topic for topic, _ in unread(config)}, line


def test_sets_are_looked_up_wherever_they_stand() -> None:
    text = (
        "security-policy\n rule name a\n  source-address address-set all\n  service app\n  action permit\n#\n"
        "ip address-set one type object\n address 0 10.0.0.0 mask 24\n#\n"
        "ip address-set all type group\n address 0 address-set one\n address 1 range 10.1.0.0 10.1.0.3\n#\n"
        "ip service-set app type object\n"
        " service 0 protocol tcp source-port 0 to 65535 destination-port 80 8080 to 8081\n#\n"
    )
    config = vrp(text)
    assert rules(config)["a"].sources == ("10.1.0.0/30", "10.0.0.0/24")
    assert (rules(config)["a"].source_ports, rules(config)["a"].ports) == ((), ((80, 80), (8080, 8081)))
    assert rules(config, 6) == {}


def test_a_zone_without_interfaces_is_not_any_zone() -> None:
    found = rules(
        vrp("security-policy\n rule name a\n  source-zone dmz\n  action permit\n rule name b\n  disable\n#\n")
    )
    assert found["a"].come_in == ("zone:dmz",)
    assert "b" not in found


def test_packet_filters_between_zones_go_by_priority() -> None:
    text = (
        "firewall zone trust\n priority 85\n#\nfirewall zone untrust\n"
        " priority 5\n#\nacl 3000\n rule 5 permit icmp\n#\n"
        "interface GE0/0/1\n zone trust\n#\ninterface GE0/0/2\n zone untrust\n#\n"
        "firewall interzone trust untrust\n firewall enable\n"
        " packet-filter default deny inbound\n packet-filter 3000 inbound\n#\n"
    )
    inward = next(one for one in vrp(text).passages if one.name == "untrust-trust" and one.family == 4)
    assert (inward.come_in, inward.go_out) == (("GigabitEthernet0/0/2",), ("GigabitEthernet0/0/1",))
    assert (inward.default, inward.explicit, inward.rules[0].protocol) == ("deny", True, "icmp")


def test_traffic_policies_discard_what_they_deny() -> None:
    text = (
        "acl 3000\n rule 5 permit tcp destination-port eq 445\n#\n"
        "traffic classifier c operator or\n if-match acl 3000\n#\n"
        "traffic behavior b\n {0}\n#\ntraffic policy p\n classifier c behavior b precedence 5\n#\n"
        "interface GE0/0/1\n traffic-policy p inbound\n#\n"
    )
    (passage,) = vrp(text.format("deny")).passages
    assert (passage.default, [one.permit for one in passage.rules]) == ("permit", [False])
    assert vrp(text.format("remark dscp af11")).passages == ()
    assert {topic for topic, _ in unread(vrp(text.format("redirect nexthop 10.0.0.1")))} == {"route"}


def test_translation_at_an_interface() -> None:
    text = (
        "acl 2000\n rule 5 permit source 10.64.20.0 0.0.0.255\n#\nnat address-group 1 59.240.11.1 59.240.11.9\n#\n"
        "interface GE0/0/1\n ip address 59.254.1.2 30\n nat outbound 2000 address-group 1\n"
        " nat server protocol tcp global current-interface 8443 inside 10.64.20.20 443\n#\n"
    )
    config = vrp(text)
    assert config.source_nat[0].sources == ("10.64.20.0/24",)
    assert (config.mapped[0].outside, config.mapped[0].port) == ("59.254.1.2", 8443)
    assert config.unread == ()


def test_what_a_policy_spares_from_translation_is_taken_out() -> None:
    text = (
        "nat-policy\n rule name spare\n  source-address 10.0.0.0 25\n  action no-nat\n"
        " rule name rest\n  source-address 10.0.0.0 24\n  action source-nat easy-ip\n#\n"
    )
    (nat,) = vrp(text).source_nat
    assert (nat.easy, nat.sources) == (True, ("10.0.0.128/25",))
    assert ("nat", 6) in unread(vrp(text.replace("  source-address 10.0.0.0 24\n", "")))


def test_groups_of_neighbours_hand_down_what_members_do_not_say() -> None:
    text = (
        "bgp 1\n group pe external\n peer pe as-number 64801\n"
        " peer pe password cipher ******\n peer 10.0.0.1 group pe\n"
        " peer 10.0.0.2 as-number 3\n peer 10.0.0.2 group pe\n #\n"
        " ipv4-family unicast\n  peer pe ip-prefix IN import\n#\n"
    )
    config = vrp(text)
    assert session(config, "10.0.0.1").remote_as.value == 64801
    assert session(config, "10.0.0.2").remote_as.value == 3
    assert session(config, "10.0.0.2").password.value == "reversible"
    assert session(config, "10.0.0.1").families[0].imports.value == "prefix:IN"
    assert config.bgp is not None
    assert len(config.bgp.sessions) == 2


def test_ipv4_runs_unsaid_over_ipv4_sessions_only_where_the_platform_says_so() -> None:
    text = "bgp 1\n{0} peer 10.0.0.1 as-number 2\n peer 2001:db8::1 as-number 2\n#\n"

    def active(config: DeviceConfig) -> list[bool]:
        assert config.bgp is not None
        return [any(family.active for family in one.families) for one in config.bgp.sessions]

    assert active(vrp(text.format(""))) == [True, False]
    assert active(vrp(text.format(""), bgp_ipv4_unicast="on")) == [True, True]
    assert active(vrp(text.format(" undo default ipv4-unicast\n"))) == [False, False]


def test_two_filters_of_one_way_leave_it_unknown() -> None:
    text = (
        "bgp 1\n peer 10.0.0.1 as-number 2\n ipv4-family unicast\n  peer 10.0.0.1 ip-prefix A import\n"
        "  peer 10.0.0.1 route-policy B import\n#\n"
    )
    config = vrp(text)
    assert session(config, "10.0.0.1").families[0].imports.state == UNKNOWN
    assert unread(config) == {("bgp", 5)}


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("ip route-static vpn-instance ga 10.0.0.0 8 vpn-instance gb 10.9.9.9", ("ga", "gb", "10.9.9.9", "")),
        ("ip route-static vpn-instance ga 10.0.0.0 8 10.9.9.9 public", ("ga", "public", "10.9.9.9", "")),
        ("ip route-static 10.0.0.0 8 GE0/0/1 10.9.9.9 preference 70", ("", "", "10.9.9.9", UP1)),
        ("ip route-static 10.0.0.0 255.0.0.0 GigabitEthernet 0/0/1", ("", "", "", UP1)),
        ("ipv6 route-static 2001:db8:: 32 GE0/0/1 fe80::1 description x y", ("", "", "fe80::1", UP1)),
    ],
)
def test_static_routes_in_all_shapes(line: str, where: tuple[str, str, str, str]) -> None:
    config = vrp(line)
    (route,) = config.routes
    assert (route.instance, route.into, route.next_hop, route.interface) == where
    assert config.unread == ()


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("ip route-static 10.0.0.0 8 10.9.9.9 sideways", "route"),
        ("snmp-agent community both public", "snmp"),
        ("ntp-service unicast-server 10.0.0.1 hourly", "ntp"),
        ("info-center loghost 10.0.0.1 maybe", "syslog"),
        ("nat server odd protocol tcp global 59.0.0.1 80 inside", "nat"),
        ("stelnet server sometimes", "line"),
        ("dns server wrong", "dns"),
        ("interface GE0/0/1\n ip address 10.0.0.1 0.0.0.255", "interface"),
        ("interface GE0/0/1\n ipv6 address 2001:db8::/64 eui-64", "interface"),
        ("interface GE0/0/1\n traffic-filter inbound acl 3000 rule 5", "filter"),
        ("interface GE0/0/1\n qos lr pct 50", "qos"),
        ("interface GE0/0/1\n urpf strict acl 2000", "interface"),
        ("interface GE0/0/1\n service-manage ssh permit", "line"),
        ("interface GE0/0/1\n ospf something", "igp"),
        ("interface GE0/0/1\n never heard of", "interface"),
        ("bgp 1\n filter-policy 2000 export", "bgp"),
        ("rip 1\n network 10.0.0.0", "igp"),
        ("route-policy p permit node 10\n if-match cost 5", "policy"),
        ("aaa\n authentication-scheme s\n  authentication-mode magic", "aaa"),
        ("user-interface vty 0 4\n protocol inbound pigeon", "line"),
        ("ike proposal 1\n authentication-method handshake", "ike"),
        ("quantum entanglement", "other"),
    ],
)
def test_what_is_not_understood_is_never_silent(line: str, topic: str) -> None:
    config = vrp(f"{line}\n#\n")
    assert topic in {one.topic for one in config.unread}
    assert config.coverage[0].unread > 0


def test_an_unclear_setting_is_unknown_and_not_absent() -> None:
    config = vrp("interface GE0/0/1\n qos lr pct 50\n urpf strict acl 2000\n tunnel-protocol warp\n#\n")
    (one,) = config.interfaces
    assert (one.limit.state, one.urpf.state, one.tunnel.state) == (UNKNOWN, UNKNOWN, UNKNOWN)


def test_admission_by_profile() -> None:
    text = (
        "dot1x-access-profile name d\n#\nauthentication-profile name p\n dot1x-access-profile d\n#\n"
        "authentication-profile name m\n mac-access-profile m\n#\n"
        "interface GE0/0/1\n authentication-profile p\n#\ninterface GE0/0/2\n authentication-profile m\n#\n"
    )
    config = vrp(text)
    assert [one.dot1x.value for one in config.interfaces] == [True, False]
    assert config.dot1x.value is True


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("simple x", "plain"),
        ("cipher x", "reversible"),
        ("irreversible-cipher x", "hash"),
        ("******", "masked"),
        ("x", "plain"),
    ],
)
def test_kinds_of_secrets(words: str, kind: str) -> None:
    config = vrp(f"aaa\n local-user zhang password {words}\n#\n")
    assert config.accounts.users[0].secret == kind


def test_secrets_do_not_reach_the_model() -> None:
    text = REFERENCE.replace("******", "Tr0ub4dor&3")
    config = vrp(text.replace("snmp-agent acl 2001", "snmp-agent community read cipher Tr0ub4dor&3"))
    assert "Tr0ub4dor" not in repr(config)
