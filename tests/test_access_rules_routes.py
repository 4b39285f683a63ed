"""Addresses, routing, VPN, translation, the boundary's filter, IPv6: one value is broken, one requirement turns red."""

from __future__ import annotations

from dataclasses import replace

import pytest
from access_case import (
    case,
    reds,
    told,
    with_site,
)
from access_case_changes import (
    RULES,
    Change,
    addresses,
    announced,
    arrived,
    bgp,
    both,
    claim,
    config,
    families_of,
    family,
    given,
    interface,
    more,
    numbers,
    part,
    passages,
    probe,
    rule,
    rule_else,
    rule_of,
    rules_more,
    section,
    seen,
    session_more,
    sessions,
    state_of,
    taken_in,
    unlogged,
)
from access_case_config import LAN, LAN_GA, OFFICE, UP1, UP2, UP3, at, is_set

from conformance.judge.access import config as c
from conformance.judge.access import site as s
from conformance.judge.access.case import parts
from conformance.judge.access.rules import load
from conformance.standard.access.model import Allocation

#: What is broken, and the one rule that turns red.
FAULTS: dict[str, tuple[Change, str]] = {
    "D06 a LAN outside the allocation": (claim("lans", 0, prefix="59.241.10.0/24"), "in-allocation"),
    "C06 a foreign prefix is announced": (announced("192.168.5.0/24"), "in-allocation"),
    "D07 two LANs overlap": (
        lambda one: with_site(
            one, lans=(*one.site.lans, replace(one.site.lans[0], id="lan2", prefix="59.240.10.128/25"))
        ),
        "no-overlap",
    ),
    "another site was given the same": (
        lambda one: replace(
            one,
            rules=replace(
                one.rules,
                addresses=replace(
                    one.rules.addresses,
                    allocations=(*one.rules.addresses.allocations, Allocation("jn-x-01", "59.240.0.0/20", "lan")),
                ),
            ),
        ),
        "no-overlap",
    ),
    "L40 two machines have one address": (
        probe("duplicate", machines=["02:00:00:00:00:01", "02:00:00:00:00:02"]),
        "no-overlap",
    ),
    "D08 bits of the host are set": (claim("lans", 0, prefix="59.240.10.1/24"), "canonical-prefix"),
    "a LAN too small": (claim("lans", 0, prefix="59.240.10.0/30"), "canonical-prefix"),
    "C07 a loopback with /24": (
        addresses("LoopBack0", "59.240.12.1/24", "2001:db8:10:ffff::1/128"),
        "canonical-prefix",
    ),
    "C07 a link with /24": (addresses(UP3, "59.254.1.10/24"), "canonical-prefix"),
    "a flow from local addresses": (
        claim("flows", 3, sources=("59.240.10.0/24", "10.64.20.0/24", "10.65.0.0/24")),
        "national-addresses",
    ),
    "C08 a local prefix is announced": (announced("10.64.20.0/24"), "national-addresses"),
    "C09 a secondary address": (addresses(OFFICE, "10.64.20.1/24", "10.64.21.1/24", secondary=True), "no-secondary"),
    "a second subnet that nothing marks": (addresses(OFFICE, "10.64.20.1/24", "10.64.21.1/24"), "no-secondary"),
    "C10 no uRPF": (interface(LAN, urpf=c.Read()), "source-validation"),
    "C10 uRPF only loose": (interface(LAN, urpf=is_set("loose")), "source-validation"),
    "L08 a forged source arrives": (arrived, "source-validation"),
    "D09 another pair": (section("routing", customer_as=65109), "as-pair"),
    "C AS number of the process": (bgp(asn=is_set(65109)), "as-pair"),
    "C AS number of a session": (sessions(0, remote_as=is_set(64802)), "as-pair"),
    "L17 the provider sees another AS": (numbers(65109), "as-pair"),
    "D10 AS 100": (section("routing", customer_as=100), "as-range"),
    "C11 one session more": (session_more("59.254.9.1"), "sessions"),
    "a session is shut": (sessions(1, shutdown=is_set(True)), "sessions"),
    "a session less": (bgp(sessions=()), "sessions"),
    "L19 a session is down": (state_of("59.254.1.6", "Active"), "sessions"),
    "C12 direct routes without a policy": (taken_in("direct", c.Read()), "advertised"),
    "an aggregate beyond the declared": (both(family(0, exports=c.Read()), announced("59.254.1.0/30")), "advertised"),
    "L18 a link is advertised": (given("advertised", "prefixes", "59.254.1.2", ["59.254.1.0/30"]), "advertised"),
    "C13 no filter for what comes in": (family(0, imports=c.Read()), "inbound-filter"),
    "C13 a filter that is not there": (family(0, imports=is_set("prefix:GONE")), "inbound-filter"),
    "C13 no limit of prefixes": (family(3, limit=c.Read()), "inbound-filter"),
    "C14 no password": (sessions(0, password=c.Read()), "session-authentication"),
    "C14 a password in plain": (sessions(4, password=is_set("plain")), "session-authentication"),
    "L33 no authentication": (given("bgp-md5", "authenticated", "59.254.1.2", False), "session-authentication"),
    "C15 OSPF on a LAN": (config(igps=(c.Igp("ospf", at(240), "", (("59.240.10.0/24", at(241)),)),)), "igp-silent"),
    "C15 IS-IS on a LAN by name": (config(igps=(c.Igp("isis", at(240), interfaces=((LAN, at(241)),)),)), "igp-silent"),
    "a static route that is not declared": (
        more("routes", c.Route("59.195.9.0/24", at(303), next_hop="59.254.1.5")),
        "static-aggregates",
    ),
    "a declared route outside the plan": (
        section(
            "routing",
            static=(
                s.StaticRoute(at(0), "59.195.8.0/24", "59.254.1.1", ""),
                s.StaticRoute(at(0), "60.0.0.0/8", "59.254.1.1", ""),
            ),
        ),
        "static-aggregates",
    ),
    "C16 IPv4 over an IPv6 session": (
        lambda one: sessions(2, families=(*families_of(one, 2), c.SessionFamily("ipv4", True, at(219))))(one),
        "address-families",
    ),
    "L34 so at the provider": (
        given("bgp-families", "families", "2001:db8:ff:1::1", ["ipv6", "ipv4"]),
        "address-families",
    ),
    "D11 an RD twice": (
        lambda one: replace(one, site=replace(one.site, vpns=one.site.vpns * 2)),
        "vpn-registered",
    ),
    "D another instance": (claim("vpns", 0, instance="gaxx"), "vpn-registered"),
    "C17 the RD of another": (part("instances", 0, rd=is_set("64801:189")), "vpn-registered"),
    "an instance that nobody declared": (
        more("instances", c.Instance("hb", at(15), is_set("64801:189"))),
        "vpn-registered",
    ),
    "C05 a foreign target is imported": (
        part("instances", 0, imports=(("64801:188", at(12)), ("64801:189", at(13)))),
        "route-targets",
    ),
    "a target less": (part("instances", 0, exports=(("64801:188", at(12)),)), "route-targets"),
    "C18 an interface in the public instance": (interface(LAN_GA, instance=c.Read()), "interface-instance"),
    "C18 an interface in another instance": (interface(UP3, instance=is_set("hb")), "interface-instance"),
    "a route between instances": (
        more("routes", c.Route("10.89.20.0/24", at(304), next_hop="10.89.0.1", instance="ga", into="hb")),
        "no-leaking",
    ),
    "L06 another VPN answers": (probe("vpn-isolation", answers=["10.88.0.10:80"]), "no-leaking"),
    "D12 no NAT with a pool": (
        both(section("nat", mode="none"), config(source_nat=())),
        "nat-declared",
    ),
    "a LAN is not translated": (config(source_nat=()), "nat-declared"),
    "every LAN is translated": (part("source_nat", 0, sources=()), "nat-declared"),
    "L07 a LAN is seen as another": (seen("lan", "59.254.1.2"), "nat-declared"),
    "a translated LAN is seen as it is": (seen("office", "10.64.20.10"), "nat-declared"),
    "D a pool outside the allocation": (
        section("nat", pools=(s.Prefixed(at(0), "59.240.11.0/28"), s.Prefixed(at(0), "59.240.99.0/28"))),
        "nat-pools",
    ),
    "C19 a pool outside the allocation": (part("source_nat", 0, pools=("59.250.0.0/28",)), "nat-pools"),
    "C19 a pool that is not declared": (part("source_nat", 0, pools=("59.240.10.16-59.240.10.31",)), "nat-pools"),
    "translation to the interface": (part("source_nat", 0, pools=(), easy=True), "nat-pools"),
    "L37 seen from outside the allocation": (seen("office", "59.250.0.1"), "nat-pools"),
    "C20 a mapping more": (
        more("mapped", c.MappedAddress(at(403), "59.240.11.11", "10.64.20.21", "tcp", 22)),
        "nat-mappings",
    ),
    "C20 a mapping of all ports": (part("mapped", 0, port=0, protocol="any"), "nat-mappings"),
    "a mapped address answers more": (probe("inbound", open=["59.240.11.10:443", "59.240.11.10:22"]), "nat-mappings"),
    "C21 translations are not recorded": (config(nat_log=c.Read()), "nat-log"),
    "the collector got nothing": (unlogged, "nat-log"),
    "a way without any filter": (
        passages(lambda one: replace(one, come_in=(LAN, UP1, LAN_GA, UP3, OFFICE)), "4"),
        "boundary-filter",
    ),
    "a filter without state": (passages(lambda one: replace(one, stateful=False)), "boundary-filter"),
    "L22 a port is open": (probe("inbound", open=["59.240.10.20:443", "59.240.10.20:8080"]), "boundary-filter"),
    "C23 a mask one bit shorter": (
        rule_else("dns-udp", destinations=("59.195.0.52/31", "2001:db8:195::53/128")),
        "flow-matrix",
    ),
    "C24 UDP 53 to any": (
        rules_more(rule("C24", protocol="udp", ports=((53, 53),), come_in=(LAN,), go_out=(UP1,))),
        "flow-matrix",
    ),
    "a flow of the other direction": (rule_else("api-in", come_in=(), sources=()), "flow-matrix"),
    "a high-risk port that is declared": (
        both(
            claim("flows", 8, ports=((443, 443), (3389, 3389))),
            rule_else("api-in", ports=((443, 443), (3389, 3389))),
        ),
        "high-risk-ports",
    ),
    "L22 a high-risk port answers": (probe("inbound-high-risk", open=["59.240.10.20:445"]), "high-risk-ports"),
    "C22 the deny is implicit": (passages(lambda one: replace(one, explicit=False)), "explicit-deny"),
    "the deny is not logged": (passages(lambda one: replace(one, default_logged=False)), "explicit-deny"),
    "the last deny is not logged": (rules_more(rule("z", False)), "explicit-deny"),
    "C25 a rule that is shadowed": (
        lambda one: rules_more(replace(rule_of(one, "web"), id="again"))(one),
        "rule-hygiene",
    ),
    "C25 a rule without a remark": (rule_else("log", remark=""), "rule-hygiene"),
    "a rule that ended": (rule_else("log", until="2026-01-31"), "rule-hygiene"),
    "D a flow without an owner": (claim("flows", 0, owner=""), "rule-hygiene"),
    "D a flow that ended": (claim("flows", 0, until="2026-11-20"), "rule-hygiene"),
    "D an uplink without IPv6": (claim("uplinks", 1, ipv6=None), "ipv6"),
    "C36 IPv6 is off on an uplink": (interface(UP2, ipv6=is_set(False)), "ipv6"),
    "C36 the address is gone": (addresses(UP2, "59.254.1.6/30"), "ipv6"),
    "P a service does not answer": (probe("ipv6", failed=["2001:db8:195::53"]), "ipv6"),
    "C37 no filter for IPv6": (passages(lambda _: None, "6"), "ipv6-filter-parity"),
    "C37 IPv6 passes by default": (passages(lambda one: replace(one, default="permit"), "6"), "ipv6-filter-parity"),
    "a rule of IPv6 alone": (
        rules_more(rule("v6", protocol="tcp", go_out=(UP1,)), families=("6",)),
        "ipv6-filter-parity",
    ),
    "L04 a port is open over IPv6": (probe("inbound-v6", open=["[2001:db8:10::20]:22"]), "ipv6-filter-parity"),
}


def test_the_reference_is_green_by_every_method() -> None:
    load()
    one = case()
    for name, method in parts():
        if name in RULES:
            said = told(one, name, method)
            assert not (said.faults or said.doubts or said.unruns), (name, method)
            assert said.count.get(method), (name, method)
    assert reds(one) == set()


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_turns_one_rule_red(name: str) -> None:
    change, expected = FAULTS[name]
    assert reds(change(case())) == {expected}


def test_a_leak_names_the_rule_and_the_exact_packets() -> None:
    one = FAULTS["C23 a mask one bit shorter"][0](case())
    (fault,) = told(one, "flow-matrix").faults
    assert fault.where.line > 0 and fault.reason.params["rule"] == "dns-udp"
    assert fault.reason.params["destination"] == "59.195.0.52/32" and fault.reason.params["service"] == "udp 53"


def test_every_message_renders_in_both_languages() -> None:
    for change, _ in list(FAULTS.values())[::3]:
        one = change(case())
        for name in RULES:
            said = told(one, name)
            for spoken in (*said.faults, *said.doubts):
                assert all(spoken.reason.both().values())
