"""Addresses, routing, VPN, translation, filters, IPv6: what is no fault stays green, what is not known is neither."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from access_case import (
    case,
    reds,
    told,
    whole,
    with_config,
    with_probe,
    with_site,
    without_configuration,
    without_observation,
)
from access_case_changes import (
    NODE,
    PASS_ALL,
    RULES,
    Change,
    bgp,
    both,
    claim,
    config,
    family,
    interface,
    more,
    observed_of,
    part,
    passages,
    probe,
    rule,
    rule_else,
    rules_more,
    section,
    sessions,
    taken_in,
)
from access_case_config import LAN, UP1, at, is_set

from conformance.judge.access import config as c
from conformance.judge.access import observed as o
from conformance.judge.access import site as s
from conformance.judge.access.case import parts
from conformance.judge.access.rules import load

#: Differences that are none.
NEAR: dict[str, Change] = {
    "the same rules in another order": passages(lambda one: replace(one, rules=tuple(reversed(one.rules)))),
    "a deny more at the end that is logged": rules_more(rule("z", False, logged=True)),
    "a last deny where the default permits": both(
        rules_more(rule("z", False, logged=True), families=("4", "6")),
        passages(lambda one: replace(one, default="permit", explicit=False)),
    ),
    "answers by a rule": rules_more(rule("a", established=True, remark=""), first=True),
    "a rule narrower than its flow": rule_else("web", destinations=("59.195.0.80/32", "2001:db8:195::80/128")),
    "a rule for the mapped address as it is shown": rules_more(
        rule("m", protocol="tcp", sources=("59.195.0.0/24",), destinations=("59.240.11.10/32",), ports=((443, 443),))
    ),
    "two filters, one for sources": more(
        "passages",
        c.Passage(
            "lan",
            4,
            at(399),
            (rule("s", sources=("59.240.10.0/24",)), rule("d", False, logged=True)),
            "deny",
            come_in=(LAN,),
        ),
    ),
    "sources by a filter and not by uRPF": both(
        interface(LAN, urpf=c.Read()),
        more(
            "passages",
            c.Passage(
                "lan",
                4,
                at(399),
                (rule("s", sources=("59.240.10.0/24",)), rule("d", False, logged=True)),
                "deny",
                come_in=(LAN,),
            ),
        ),
    ),
    "an interface that is shut with no address": more(
        "interfaces", c.Interface("GigabitEthernet0/0/9", at(170), "physical", shutdown=is_set(True))
    ),
    "a prefix in a shorter way of writing": claim(
        "uplinks", 0, ipv6=s.Link(at(0), "2001:db8:ff:1:0:0:0:0", "2001:0db8:ff:1::1", 127)
    ),
    "direct routes by a policy and a filter": both(
        taken_in("direct", is_set("policy:ALL")), more("policies", PASS_ALL)
    ),
    "a local route that no filter lets out": taken_in("static", is_set("policy:OUT4")),
    "OSPF that is silent on the LAN": config(
        igps=(c.Igp("ospf", at(240), "", (("59.240.10.0/24", at(241)),), silent=(LAN,)),)
    ),
    "OSPF that speaks elsewhere only": config(
        igps=(c.Igp("ospf", at(240), "", (("59.240.0.0/16", at(241)),), all_silent=True, spoken=(UP1,)),)
    ),
    "a masked password": sessions(0, password=is_set("masked")),
    "a management instance without RD": more("instances", c.Instance("mgmt", at(16))),
}


@pytest.mark.parametrize("name", NEAR)
def test_near_misses_stay_green(name: str) -> None:
    one = NEAR[name](case())
    assert reds(one) == set()
    for each in RULES:
        assert whole(one, each), each


#: What cannot be decided: the rule is not red, and not green either.
DOUBTS: dict[str, tuple[Change, str]] = {
    "an AS number that was not understood": (bgp(asn=c.Read(c.UNKNOWN)), "as-pair"),
    "a password that was not understood": (sessions(0, password=c.Read(c.UNKNOWN)), "session-authentication"),
    "a filter that was not understood": (family(0, imports=c.Read(c.UNKNOWN)), "inbound-filter"),
    "an RD that was not understood": (part("instances", 0, rd=c.Read(c.UNKNOWN)), "vpn-registered"),
    "an instance that was not understood": (interface(LAN, instance=c.Read(c.UNKNOWN)), "interface-instance"),
    "a log that was not understood": (config(nat_log=c.Read(c.UNKNOWN)), "nat-log"),
    "uRPF that was not understood": (interface(LAN, urpf=c.Read(c.UNKNOWN)), "source-validation"),
    "IPv6 that was not understood": (interface(UP1, ipv6=c.Read(c.UNKNOWN)), "ipv6"),
    "a rule that was not understood": (rules_more(rule("u", understood=False), first=True), "flow-matrix"),
    "a default that is not known": (passages(lambda one: replace(one, default="unknown")), "boundary-filter"),
    "an end that is not known": (passages(lambda one: replace(one, default="unknown")), "explicit-deny"),
    "a policy that was not understood": (
        both(
            taken_in("direct", is_set("policy:X")),
            family(0, exports=c.Read()),
            more("policies", c.RoutePolicy("X", (replace(NODE, understood=False),), at(1))),
        ),
        "advertised",
    ),
    "routes of another protocol": (
        both(taken_in("ospf", is_set("policy:ALL")), family(0, exports=c.Read()), more("policies", PASS_ALL)),
        "advertised",
    ),
    "no machine answers": (probe("duplicate", machines=[]), "no-overlap"),
    "no far end for forged sources": (
        lambda one: replace(one, observed=replace(observed_of(one), responder=None)),
        "source-validation",
    ),
    "nothing was forged": (probe("spoof", sent=[{"source": "59.240.10.10", "label": "true"}]), "source-validation"),
    "a neighbour that the provider does not show": (probe("bgp-md5", authenticated={}), "session-authentication"),
    "a LAN that the probe does not name": (
        lambda one: with_probe(one, "source-seen", {"sent": "203.0.113.9"}, id="x"),
        "nat-declared",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTS)
def test_what_is_not_known_is_neither_red_nor_green(name: str) -> None:
    change, rule_name = DOUBTS[name]
    one = change(case())
    said = told(one, rule_name)
    assert said.doubts and not said.faults
    assert rule_name not in reds(one)


def test_without_configuration_or_observation_nothing_is_green() -> None:
    load()
    for name, method in parts():
        if name in RULES and method in ("configuration", "probe"):
            one = without_configuration(case()) if method == "configuration" else without_observation(case())
            said = told(one, name, method)
            assert said.unruns and not said.faults and not said.idles, (name, method)


@pytest.mark.parametrize("state", [o.BLOCKED, o.TIMEOUT, o.ERROR, o.UNSUPPORTED, o.REFUSED])
def test_a_probe_that_did_not_end_makes_nothing_green(state: str) -> None:
    load()
    one = case()
    assert one.observed is not None
    probes = tuple(replace(each, state=state, reason="r") for each in one.observed.probes)
    one = replace(one, observed=replace(one.observed, probes=probes))
    for name, method in parts():
        if name in RULES and method == "probe":
            said = told(one, name, method)
            assert (said.unruns or said.doubts) and not said.faults and not said.count, name


@pytest.mark.parametrize("facts", [{}, {"x": 1}])
def test_facts_of_another_shape_make_nothing_green(facts: dict[str, object]) -> None:
    load()
    one = case()
    assert one.observed is not None
    probes = tuple(replace(each, facts=facts) for each in one.observed.probes)
    one = replace(one, observed=replace(one.observed, probes=probes, responder=None))
    for name, method in parts():
        if name in RULES and method == "probe":
            said = told(one, name, method)
            assert said.doubts and not said.faults, name


def test_what_takes_too_long_ends_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    one = interface(LAN, urpf=c.Read())(case())
    for module in ("boundary", "addresses", "ipv6", "advertising"):
        monkeypatch.setattr(f"conformance.judge.access.rules.{module}.BUDGET", 5)
    for name in (
        "boundary-filter",
        "flow-matrix",
        "high-risk-ports",
        "explicit-deny",
        "rule-hygiene",
        "source-validation",
    ):
        said = told(one, name, "configuration")
        assert said.doubts and not said.faults, name
    said = told(one, "ipv6-filter-parity", "configuration")
    assert said.doubts and not said.faults
    said = told(taken_in("direct", is_set("policy:OUT4"))(one), "advertised", "configuration")
    assert said.doubts and not said.faults


def test_many_interfaces_and_rules_end_in_time() -> None:
    """A thousand LAN interfaces, fifty uplinks, a thousand rules: seconds at most."""
    one = case()
    lan, up = one.site.lans[0], one.site.uplinks[0]
    lans = tuple(
        replace(lan, id=f"l{n}", interface=f"L{n}", prefix=f"59.{n // 200}.{n % 200}.0/24") for n in range(1000)
    )
    ups = tuple(replace(up, id=f"u{n}", interface=f"U{n}") for n in range(50))
    made = [
        c.Interface(f"L{n}", at(n), "vlan", (c.Address(f"59.{n // 200}.{n % 200}.1/24", at(n)),)) for n in range(1000)
    ]
    made += [c.Interface(f"U{n}", at(n), "physical") for n in range(50)]
    many = rules_more(*(rule(f"r{n}", protocol="tcp", destinations=(f"59.195.{n % 250}.0/24",)) for n in range(1000)))
    one = with_config(many(with_site(one, lans=lans, uplinks=ups)), interfaces=tuple(made))
    for name in ("boundary-filter", "flow-matrix", "rule-hygiene", "source-validation", "ipv6-filter-parity"):
        started = time.process_time()
        told(one, name, "configuration")
        assert time.process_time() - started < 6, name


def test_no_device_with_both_sides_is_a_doubt() -> None:
    one = case()
    lans = tuple(replace(each, device="elsewhere") for each in one.site.lans)
    said = told(replace(one, site=replace(one.site, lans=lans)), "boundary-filter", "configuration")
    assert said.doubts and not said.faults
    said = told(replace(one, site=replace(one.site, lans=lans)), "flow-matrix", "configuration")
    assert said.unruns and not said.faults


def test_without_bgp_routing_clauses_are_idle() -> None:
    one = both(section("routing", protocol="static", customer_as=None, provider_as=None), config(bgp=None))(case())
    for name in ("as-pair", "as-range", "inbound-filter", "session-authentication", "address-families", "advertised"):
        said = told(one, name)
        assert said.idles and not (said.faults or said.doubts or said.unruns or said.count), name
    assert not told(one, "sessions").faults
