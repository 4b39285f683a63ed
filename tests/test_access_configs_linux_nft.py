"""nft's expressions as sets: exact where they are known, in doubt where they are not."""

from __future__ import annotations

from typing import Any

import pytest
from access_linux import (
    ACCEPT,
    DROP,
    LOG,
    MISSING,
    bundle,
    filtered,
    forward,
    header,
    match,
    meta,
    prefix,
    read,
    ruleset,
    some,
)
from access_linux_edits import (
    changed,
    more,
    passage,
    rules,
    service,
    without,
)

from conformance.judge.access.config import (
    ABSENT,
    UNKNOWN,
    DeviceConfig,
)


def one_rule(*expressions: dict[str, Any], comment: str = "", policy: str = "drop") -> DeviceConfig:
    made = forward(policy)
    made.rule("inet", "t", "forward", list(expressions), comment)
    return filtered(made)


def test_sets_ranges_and_negations_are_exact() -> None:
    beside = {"set": [22, {"range": [80, 90]}]}
    config = one_rule(header("ip", "daddr", prefix("128.0.0.0/1"), "!="), header("tcp", "dport", beside, "!="), ACCEPT)
    (rule,) = rules(config)
    assert rule.destinations == ("0.0.0.0/1",) and rule.ports == ((0, 21), (23, 79), (91, 65535)) and rule.understood
    assert rules(config, 6) == ()


def test_a_concatenation_is_one_rule_for_each_element() -> None:
    left = {
        "concat": [
            {"payload": {"protocol": "ip", "field": "saddr"}},
            {"payload": {"protocol": "tcp", "field": "dport"}},
        ]
    }
    elements = [{"concat": ["10.0.0.1", 22]}, {"concat": [prefix("10.1.0.0/16"), {"range": [80, 90]}]}]
    found = rules(one_rule(match(left, {"set": elements}), ACCEPT))
    assert [(one.sources, one.ports, one.understood) for one in found] == [
        (("10.0.0.1/32",), ((22, 22),), True), (("10.1.0.0/16",), ((80, 90),), True),
    ]  # fmt: skip


def test_protocols_are_of_their_families() -> None:
    config = one_rule(meta("l4proto", some("tcp", "udp", "icmp", "ipv6-icmp")), ACCEPT)
    assert [one.protocol for one in rules(config)] == ["icmp", "tcp", "udp"]
    assert [one.protocol for one in rules(config, 6)] == ["tcp", "udp", "icmpv6"]
    assert rules(one_rule(meta("nfproto", "ipv6"), ACCEPT)) == ()


def test_jumps_are_cut_to_what_their_callers_let_by() -> None:
    made = forward()
    made.chain("inet", "t", "web")
    made.rule("inet", "t", "forward", [header("ip", "saddr", prefix("10.0.0.0/8")), {"jump": {"target": "web"}}])
    made.rule(
        "inet", "t", "web", [header("ip", "saddr", prefix("10.64.0.0/12")), header("tcp", "dport", 443), ACCEPT], "x"
    )
    made.rule("inet", "t", "web", [header("ip", "saddr", prefix("11.0.0.0/8")), ACCEPT])
    made.rule("inet", "t", "web", [LOG])
    made.rule("inet", "t", "web", [DROP])
    made.rule("inet", "t", "web", [ACCEPT])
    found = rules(filtered(made))
    assert [(one.permit, one.sources, one.remark) for one in found] == [
        (True, ("10.64.0.0/12",), "x"), (False, ("10.0.0.0/8",), ""), (True, ("10.0.0.0/8",), ""),
    ]  # fmt: skip
    assert found[1].logged and not found[0].logged


def test_a_return_without_condition_ends_the_chain_one_with_it_leaves_doubt() -> None:
    made = forward()
    made.chain("inet", "t", "sub")
    made.rule("inet", "t", "forward", [{"jump": {"target": "sub"}}])
    made.rule("inet", "t", "sub", [header("tcp", "dport", 22), {"return": None}])
    made.rule("inet", "t", "sub", [meta("l4proto", "tcp"), ACCEPT])
    made.rule("inet", "t", "sub", [{"return": None}])
    made.rule("inet", "t", "sub", [meta("l4proto", "udp"), ACCEPT])
    made.rule("inet", "t", "forward", [header("tcp", "dport", 80), ACCEPT])
    assert [(one.protocol, one.ports, one.understood) for one in rules(filtered(made))] == [
        ("tcp", (), False), ("tcp", ((80, 80),), True),
    ]  # fmt: skip


def test_what_goes_elsewhere_does_not_come_back() -> None:
    made = forward()
    made.chain("inet", "t", "lanchain")
    ways = {"set": [["lan", {"goto": {"target": "lanchain"}}]]}
    made.rule("inet", "t", "forward", [{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": ways}}])
    made.rule("inet", "t", "lanchain", [header("tcp", "dport", 443), ACCEPT])
    made.rule("inet", "t", "forward", [header("tcp", "dport", 80), ACCEPT])
    made.rule("inet", "t", "forward", [meta("nfproto", "ipv4"), {"return": None}])
    made.rule("inet", "t", "forward", [ACCEPT])
    first, second, last = rules(filtered(made))
    assert (first.come_in, first.ports) == (("lan",), ((443, 443),))
    assert second.understood and {"up1", "office"} <= set(second.come_in) and "lan" not in second.come_in
    assert (last.permit, last.ports) == (False, ())  # back from the base chain: its policy
    assert [one.permit for one in rules(filtered(made), 6)] == [True, True, True]


def test_verdict_maps_by_state_by_interface_and_by_name() -> None:
    made = forward()
    made.chain("inet", "t", "lanchain")
    made.named("inet", "t", "ways", [["lan", {"jump": {"target": "lanchain"}}], ["up1", {"drop": None}]], map="verdict")
    states = [["established", ACCEPT], ["related", ACCEPT], ["invalid", DROP]]
    made.rule("inet", "t", "forward", [{"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": states}}}])
    made.rule("inet", "t", "forward", [{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": "@ways"}}])
    made.rule("inet", "t", "lanchain", [header("tcp", "dport", 443), ACCEPT])
    config = filtered(made)
    assert passage(config, "t forward").stateful
    assert [(one.permit, one.come_in, one.ports) for one in rules(config) if not one.established] == [
        (True, ("lan",), ((443, 443),)), (False, ("up1",), ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "condition",
    [
        meta("mark", 1),
        header("tcp", "flags", "syn"),
        header("ether", "saddr", "00:11:22:33:44:55"),
        match({"ct": {"key": "status"}}, "dnat", "in"),
        match({"socket": {"key": "mark"}}, 1),
        {"limit": {"rate": 5}},
        header("icmp", "type", "echo-request"),
        header("ip", "saddr", "@nowhere"),
        header("ip", "saddr", "not an address"),
        header("ip", "saddr", {"prefix": {"addr": "10.0.0.0", "len": 99}}),
        meta("oifname", 7),
        {"match": {}},
        match({"concat": [{"meta": {"key": "mark"}}]}, {"set": [{"concat": [1]}]}),
        header("tcp", "dport", 99999),
    ],
)
def test_a_condition_that_is_not_known_makes_the_rule_doubtful(condition: dict[str, Any]) -> None:
    found = rules(one_rule(condition, ACCEPT))
    assert found and not any(one.understood for one in found)


@pytest.mark.parametrize(
    "statement", [{"xt": {}}, {"queue": {}}, {"notrack": None}, {"tproxy": {"port": 1}}, {"boom": 1}]
)
def test_a_statement_that_is_not_known_is_unread(statement: dict[str, Any]) -> None:
    config = one_rule(statement, ACCEPT)
    assert [one.topic for one in config.unread] == ["filter"] and not rules(config)[0].understood


def test_source_checks_hold_only_where_nothing_was_let_by_before() -> None:
    made = forward()
    made.rule("inet", "t", "forward", [meta("iifname", "lan"), ACCEPT])
    made.rule("inet", "t", "forward", [MISSING, DROP])
    held = {one.name: one.urpf.value for one in filtered(made).interfaces}
    assert (held["lan"], held["office"]) == (None, "strict")


def test_what_is_excluded_before_is_not_translated() -> None:
    made = ruleset()
    made.chain("ip", "nat", "other", type="nat", hook="postrouting", prio=101)
    made.rule("ip", "nat", "other", [header("ip", "saddr", prefix("128.0.0.0/1")), ACCEPT])
    made.rule("ip", "nat", "other", [meta("oifname", "up1"), {"masquerade": None}])
    config = filtered(made)
    assert [(one.easy, one.sources) for one in config.source_nat][1] == (True, ("0.0.0.0/1",))
    assert config.nat_log.value is False


def test_a_translation_by_map_is_unread() -> None:
    made = ruleset()
    by_map = {"dnat": {"addr": {"map": {"key": {"payload": {}}, "data": "@m"}}}}
    made.rule("ip", "nat", "mapped", [header("ip", "daddr", "59.240.11.12"), by_map])
    made.rule("ip", "nat", "mapped", [{"redirect": {"port": 8080}}])
    assert [one.topic for one in filtered(made).unread] == ["nat", "nat"]


def test_connections_that_ulogd_records_are_a_log() -> None:
    texts = bundle()
    without("log", "sources")(texts)
    texts["manifest.yaml"] += ""
    texts["ulogd.conf"] = "[global]\nstack=ct1:NFCT,ip2str1:IP2STR,print1:PRINTFLOW,sys1:SYSLOG\n"
    assert read(texts).nat_log.value is False
    texts["manifest.yaml"] = texts["manifest.yaml"].replace("files:\n", "files:\n  ulogd: ulogd.conf\n")
    assert read(texts).nat_log.value is True


def test_doubt_about_who_reaches_a_service_is_unknown() -> None:
    config = changed(more("self", meta("mark", 7), header("tcp", "dport", 22), ACCEPT))
    ssh = config.service("ssh")
    assert ssh and ssh.sources.state == UNKNOWN


def test_no_rule_set_filters_nothing() -> None:
    texts = bundle()
    texts["manifest.yaml"] = (
        texts["manifest.yaml"].replace("  nftables: nftables.json\n", "").replace("[telnet", "[nftables, telnet")
    )
    del texts["nftables.json"]
    config = read(texts)
    assert config.passages == () and config.unread == () and service(config, "ssh").sources.state == ABSENT
