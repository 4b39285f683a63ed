"""NA-QOS: one thing broken, one rule red; what only looks like a fault stays green."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from access_case import config_of, with_bgp, with_config, with_interface, with_probe, with_site, without_configuration
from access_case_config import UP1, UP2, UP3, is_set
from access_whole_case import doubtful, ids, judged, reds, whole
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.access import config as c
from conformance.judge.access.case import Case
from conformance.judge.access.rules.quality import diverse
from conformance.judge.access.site import Uplink


def uplinks(case: Case, **changes: Any) -> Case:
    """The case with all uplinks declared otherwise."""
    return with_site(case, uplinks=tuple(replace(one, **changes) for one in case.site.uplinks))


def level(case: Case, level: str) -> Case:
    return with_site(case, department=replace(case.site.department, level=level))


def without_bfd(case: Case, neighbour: str, bfd: c.Read[bool]) -> Case:
    bgp = config_of(case).bgp
    assert bgp is not None
    sessions = tuple(replace(o, bfd=bfd) if o.neighbour == neighbour else o for o in bgp.sessions)
    return with_bgp(case, sessions=sessions)


SITE_MUTANTS: dict[str, tuple[Any, str]] = {
    "too little bandwidth": (lambda x: uplinks(x, bandwidth=999), "bandwidth"),
    "one route": (lambda x: uplinks(x, route="R-0101"), "two-uplinks"),
    "one PE": (lambda x: uplinks(x, peer="PE1"), "two-uplinks"),
    "one carrier and no routes": (lambda x: uplinks(x, route="", carrier="中国联通"), "two-uplinks"),
    "neither carriers nor routes": (lambda x: uplinks(x, route="", carrier=""), "two-uplinks"),
}


@pytest.mark.parametrize("name", SITE_MUTANTS)
def test_what_is_declared_breaks_one_rule(name: str) -> None:
    broken, rule = SITE_MUTANTS[name]
    # Peers and routes also stand in the configured descriptions, which then name others.
    assert reds(broken(whole())) - {"naming"} == {rule}


CONFIG_MUTANTS: dict[str, tuple[Any, str]] = {
    "the second uplink shut down": (lambda x: with_interface(x, UP2, shutdown=is_set(True)), "two-uplinks"),
    "a session without BFD": (lambda x: without_bfd(x, "59.254.1.5", is_set(False)), "fail-over"),
    "a session that does not say BFD": (lambda x: without_bfd(x, "2001:db8:ff:2::", c.Read()), "fail-over"),
}


@pytest.mark.parametrize("name", CONFIG_MUTANTS)
def test_what_is_configured_breaks_one_rule(name: str) -> None:
    broken, rule = CONFIG_MUTANTS[name]
    assert reds(broken(whole())) == {rule}


PROBE_MUTANTS: list[tuple[str, dict[str, Any], str]] = [
    ("bandwidth", {"up_mbps": 19.2}, "bandwidth"),
    ("bandwidth", {"down_mbps": 899.9}, "bandwidth"),
    ("latency", {"rtt_ms": [40.0] * 100}, "delay"),
    ("latency", {"rtt_ms": [5.0, 25.0] * 50}, "delay"),
    ("loss", {"sent": 2995, "received": 2994}, "loss"),
    ("loss", {"sent": 100, "received": 98}, "loss"),
    ("mtu", {"mtu": 1400}, "path-mtu"),
    ("mtu", {"black_hole": True}, "path-mtu"),
    ("paths", {"carrying": ["up1"]}, "two-uplinks"),
    ("paths", {"carrying": ["up1", "up3"]}, "two-uplinks"),
    ("failover", {"gap_ms": 3001}, "fail-over"),
    ("failover", {"switched": False}, "fail-over"),
]


@pytest.mark.parametrize(("kind", "facts", "rule"), PROBE_MUTANTS)
def test_what_is_observed_breaks_one_rule(kind: str, facts: dict[str, Any], rule: str) -> None:
    assert reds(with_probe(whole(), kind, facts)) == {rule}


@pytest.mark.parametrize(
    "near",
    [
        lambda x: with_probe(x, "bandwidth", {"up_mbps": 900, "down_mbps": 900}),
        lambda x: with_probe(x, "latency", {"rtt_ms": [30.0] * 20}),
        lambda x: with_probe(x, "latency", {"rtt_ms": [1.0] * 99 + [300.0]}),
        lambda x: with_probe(x, "loss", {"sent": 5000, "received": 5000}),
        lambda x: with_probe(x, "mtu", {"mtu": 9000}),
        lambda x: with_probe(x, "failover", {"gap_ms": 3000}),
        lambda x: with_probe(x, "paths", {"carrying": ["up3", "up2", "up1"]}),
        lambda x: without_bfd(x, "59.254.1.9", c.Read()),
        lambda x: uplinks(x, bandwidth=1000, carrier="中国联通"),
    ],
)
def test_what_only_looks_like_a_fault_is_green(near: Any) -> None:
    case = near(whole())
    assert reds(case) == set()
    assert doubtful(case) == set()


DOUBTS: list[tuple[str, dict[str, Any], str]] = [
    ("bandwidth", {"seconds": 1}, "bandwidth"),
    ("latency", {"rtt_ms": [1.0] * 19}, "delay"),
    ("latency", {"rtt_ms": [-1.0] * 100}, "delay"),
    ("latency", {"rtt_ms": [1.0, "2"]}, "delay"),
    ("latency", {"rtt_ms": [float("nan")] * 100}, "delay"),
    ("loss", {"sent": 200, "received": 200}, "loss"),
    ("loss", {"sent": 2995, "received": 2996}, "loss"),
    ("loss", {"sent": True, "received": True}, "loss"),
    ("mtu", {"mtu": "1500"}, "path-mtu"),
    ("failover", {"gap_ms": -1}, "fail-over"),
    ("paths", {"carrying": "up1,up2"}, "two-uplinks"),
]


@pytest.mark.parametrize(("kind", "facts", "rule"), DOUBTS)
def test_too_little_evidence_decides_nothing(kind: str, facts: dict[str, Any], rule: str) -> None:
    case = with_probe(whole(), kind, facts)
    assert reds(case) == set()
    assert doubtful(case) == {rule}


def test_a_level_that_needs_no_second_uplink_is_not_asked_for_one() -> None:
    said = judged(level(uplinks(whole(), peer="PE1"), "county"))["two-uplinks"]
    assert set(said.idles) == {"declaration", "configuration", "probe"}
    assert not said.faults and not said.count


def test_an_uplink_that_the_configuration_lacks_is_told_once() -> None:
    kept = tuple(one for one in config_of(whole()).interfaces if one.name != UP2)
    case = with_config(whole(), interfaces=kept)
    assert ids(case, "two-uplinks") == {"access.qos.uplinks-down"}
    assert "sources-agree" not in reds(case)


def test_without_configuration_the_second_uplink_is_not_seen() -> None:
    said = judged(without_configuration(whole()))["two-uplinks"]
    assert "configuration" in said.unruns and not said.faults


def test_without_bfd_the_gap_may_be_longer() -> None:
    case = with_probe(uplinks(whole(), bfd=False), "failover", {"gap_ms": 60000})
    assert "fail-over" not in reds(case)
    assert "fail-over" in reds(with_probe(case, "failover", {"gap_ms": 60001}))


ENDS = st.sampled_from(["", "a", "b"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(ENDS, ENDS, ENDS, ENDS), max_size=4))
def test_diverse_uplinks_share_neither_pe_nor_route(rows: list[tuple[str, str, str, str]]) -> None:
    base: Uplink = whole().site.uplinks[0]
    many = [replace(base, vpn=vpn, peer=peer, route=route, carrier=carrier) for vpn, peer, route, carrier in rows]

    def apart(one: Uplink, other: Uplink) -> bool:
        same_line = one.route == other.route if one.route and other.route else one.carrier == other.carrier
        known = (one.route and other.route) or (one.carrier and other.carrier)
        return bool(known) and one.vpn == other.vpn and one.peer != other.peer and not same_line

    assert diverse(many) == any(apart(one, other) for one in many for other in many)


def test_the_uplink_of_a_vpn_backs_no_public_one() -> None:
    assert {UP1, UP2, UP3} == {one.interface for one in whole().site.uplinks}
    by = {one.id: one for one in whole().site.uplinks}
    assert diverse((by["up1"], by["up2"]))
    assert not diverse((by["up2"], by["up3"]))
