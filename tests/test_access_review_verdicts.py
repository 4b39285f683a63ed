"""False verdicts: what was looked at elsewhere, long ago, or not at all is not green; lawful designs are not red."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from access_case import (
    TODAY,
    case,
    config_of,
    told,
    whole,
    with_bgp,
    with_config,
    with_interface,
    with_probe,
    with_site,
)
from access_case_changes import Change, both, claim, observed_of, part, sessions
from access_case_config import LAN, LAN_GA, LOOPBACK, OFFICE, UP1, UP2, UP3, at, is_set

from conformance.judge.access import config as c
from conformance.judge.access import site as s
from conformance.judge.access.case import Case, Device
from conformance.judge.access.judging import judge_access
from conformance.judge.access.observed import ERROR, Probe
from conformance.judge.settle import settle
from conformance.judge.verdict import Verdict

TRANSIT = "GigabitEthernet1/0/0"


def observed(**changes: Any) -> Change:
    return lambda one: replace(one, observed=replace(observed_of(one), **changes))


def without(keep: Callable[[Probe], bool]) -> Change:
    """The results without those probes of which this is true."""
    return lambda one: observed(probes=tuple(each for each in observed_of(one).probes if not keep(each)))(one)


def unmet(kind: str) -> Change:
    """The far end met nothing of a kind."""

    def change(one: Case) -> Case:
        return observed(responder=tuple(each for each in observed_of(one).responder or () if each.kind != kind))(one)

    return change


def target(kind: str, place: str) -> Change:
    return lambda one: with_probe(one, kind, target=place)


def config(**changes: Any) -> Change:
    return lambda one: with_config(one, **changes)


def second(one: Case) -> Case:
    """Two access routers at the LANs, each with an uplink; the LANs are declared at the first."""
    first, mine = one.site.devices[0], config_of(one)
    other = replace(first, id="ce02", hostname="JN-DSJ-CE02", management="59.240.12.2")
    uplinks = tuple(replace(each, device="ce02") if each.id == "up2" else each for each in one.site.uplinks)
    site = replace(one.site, devices=(first, other), uplinks=uplinks)
    devices = (
        Device(first, _half(mine, "ce01", (UP1, UP3)), one.devices[0].digest),
        Device(other, _half(mine, "ce02", (UP2,)), one.devices[0].digest),
    )
    return replace(one, site=site, devices=devices)


def _half(whole_one: c.DeviceConfig, device: str, uplinks: tuple[str, ...]) -> c.DeviceConfig:
    kept = (LAN, OFFICE, LAN_GA, LOOPBACK, *uplinks)
    assert whole_one.bgp is not None
    ends = {UP1: ("59.254.1.1", "2001:db8:ff:1::"), UP2: ("59.254.1.5", "2001:db8:ff:2::"), UP3: ("59.254.1.9",)}
    near = [address for name in uplinks for address in ends[name]]
    return replace(
        whole_one,
        device=device,
        interfaces=tuple(_own(each, device) for each in whole_one.interfaces if each.name in kept),
        bgp=replace(whole_one.bgp, sessions=tuple(each for each in whole_one.bgp.sessions if each.neighbour in near)),
    )


def _own(interface: c.Interface, device: str) -> c.Interface:
    """The interface with the second router's addresses in the LANs."""
    if device == "ce01" or interface.name in (UP1, UP2, UP3):
        return interface
    held = (replace(one, value=one.value.replace("1/", "2/")) for one in interface.addresses)
    return replace(interface, addresses=tuple(held))


def on_second(**changes: Any) -> Change:
    """Something is otherwise at the second of two access routers."""

    def change(one: Case) -> Case:
        one = second(one)
        last = one.devices[1]
        assert isinstance(last.config, c.DeviceConfig)
        return replace(one, devices=(one.devices[0], replace(last, config=replace(last.config, **changes))))

    return change


def bare_lans(one: Case) -> Case:
    """At the second router no LAN checks its sources, nor does a filter."""
    none: c.Read[str] = c.Read()
    made = tuple(replace(each, urpf=none, urpf6=none) for each in config_of(one).interfaces)
    kept = tuple(each for each in made if each.name in (LAN, OFFICE, UP2))
    return on_second(interfaces=kept, passages=())(one)


def firewall(one: Case, *, nat_on_firewall: bool = False) -> Case:
    """The LANs are at a firewall with the filters, the uplinks at a router before it, which translates."""
    first, mine = one.site.devices[0], config_of(one)
    wall = replace(first, id="fw01", role="firewall", hostname="JN-DSJ-FW01", management="59.240.12.2")
    site = replace(one.site, devices=(first, wall), lans=tuple(replace(each, device="fw01") for each in one.site.lans))
    between = c.Interface(TRANSIT, at(600), "physical", (c.Address("59.240.12.9/30", at(601)),))
    router = replace(
        mine,
        interfaces=(*(each for each in mine.interfaces if each.name in (UP1, UP2, UP3, LOOPBACK)), between),
        passages=(),
    )
    none: c.Read[str] = c.Read()
    lans = tuple(replace(each, urpf=none, urpf6=none) for each in mine.interfaces if each.name in (LAN, OFFICE, LAN_GA))
    inner = replace(mine, device="fw01", interfaces=(*lans, between), bgp=None, source_nat=(), mapped=())
    if nat_on_firewall:
        translated = (replace(mine.source_nat[0], go_out=(TRANSIT,)),)
        router, inner = replace(router, source_nat=()), replace(inner, source_nat=translated)
    return replace(one, site=site, devices=(Device(first, router), Device(wall, inner)))


def widely_translating(one: Case) -> Case:
    """The router before the firewall translates whatever comes by."""
    one = firewall(one)
    router = one.devices[0]
    assert isinstance(router.config, c.DeviceConfig)
    all_of_it = (replace(router.config.source_nat[0], sources=()),)
    return replace(one, devices=(replace(router, config=replace(router.config, source_nat=all_of_it)), one.devices[1]))


def renumbered(one: Case) -> Case:
    """The office is a translated LAN of addresses that anybody may use, behind a switch of layer 3."""
    one = claim("lans", 2, prefix="192.168.1.0/24")(one)
    one = with_interface(one, OFFICE, addresses=(c.Address("10.64.30.1/30", at(141)),))
    one = with_config(one, routes=(*config_of(one).routes, c.Route("192.168.1.0/24", at(305), next_hop="10.64.30.2")))
    (rib,) = observed_of(one).of("rib")
    return with_probe(one, "rib", {"prefixes": [*rib.facts["prefixes"], "192.168.1.0/24"]})


def alone(one: Case) -> Case:
    """A site of class A: one area, no VPN."""
    site = one.site
    lans = tuple(each for each in site.lans if not each.vpn)
    uplinks = tuple(each for each in site.uplinks if not each.vpn)
    one = with_site(one, user_class="A", areas=site.areas[:1], lans=lans, uplinks=uplinks, vpns=())
    return without(lambda each: each.kind == "area-isolation")(one)


def vpn_only(one: Case) -> Case:
    site = one.site
    one = with_site(
        one, lans=tuple(each for each in site.lans if each.vpn), uplinks=tuple(e for e in site.uplinks if e.vpn)
    )
    return without(lambda each: each.kind in ("ipv6", "inbound-v6"))(one)


def link_local(one: Case) -> Case:
    """The first uplink speaks IPv6 by addresses of the link alone."""
    link = s.Link(one.site.at, "fe80::1", "fe80::2", 64)
    one = claim("uplinks", 0, ipv6=link)(one)
    one = with_interface(one, UP1, addresses=(c.Address("59.254.1.2/30", at(101)),))
    return sessions(2, neighbour="fe80::1")(one)


def flow(source: str, destination: str) -> Change:
    def change(one: Case) -> Case:
        wide = replace(one.site.flows[0], id="wide", sources=(source,), destinations=(destination,))
        return with_site(one, flows=(*one.site.flows, wide))

    return change


def lines(one: Case) -> Case:
    """No line says how who logs in is authenticated."""
    accounts = config_of(one).accounts
    return with_config(
        one, accounts=replace(accounts, lines=tuple(replace(e, authentication=c.Read()) for e in accounts.lines))
    )


def snmp_user(one: Case) -> Case:
    return with_config(one, snmp=replace(config_of(one).snmp, users=(c.SnmpUser("nms", at(501), "priv"),)))


def verdict(one: Case, rule: str) -> Verdict:
    judged = judge_access(one, sample_limit=5)
    return settle(judged.tallies[rule, ""], judged.rows)[0]


FAIL, NOT_RUN, UNSURE, NOTHING = Verdict.FAIL, Verdict.NOT_RUN, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE
SEEN = {"lan": "source-seen-lan", "office": "source-seen-office"}

NOT_GREEN: dict[str, tuple[Change, str, Verdict]] = {
    "results of another year": (observed(ended="2025-11-21"), "delay", NOT_RUN),
    "results one day too old": (observed(ended="2026-10-21"), "internet-unreachable", NOT_RUN),
    "old results contradict nothing": (observed(ended="2025-11-21"), "sources-agree", NOT_RUN),
    "results of tomorrow": (observed(ended="2026-11-22"), "delay", UNSURE),
    "results of no day": (observed(ended="soon"), "delay", UNSURE),
    "the true source did not arrive": (unmet("spoof"), "source-validation", UNSURE),
    "no record of the far end for translations": (observed(responder=None), "nat-log", UNSURE),
    "one LAN of two was looked at": (without(lambda one: one.id == SEEN["lan"]), "nat-declared", NOT_RUN),
    "nobody probed the second router": (second, "management-protocols", NOT_RUN),
    "nobody probed its gateway ports": (second, "remote-access", NOT_RUN),
    "nobody probed it from outside": (second, "management-sources", NOT_RUN),
    "no event of the second router": (second, "syslog", NOT_RUN),
    "the second router filters nothing": (on_second(passages=()), "boundary-filter", FAIL),
    "the second router checks no source": (bare_lans, "source-validation", FAIL),
    "the second router has no LAN": (
        lambda one: on_second(interfaces=tuple(e for e in config_of(one).interfaces if e.name == UP2))(one),
        "boundary-filter",
        UNSURE,
    ),
    "the second router does not translate": (on_second(source_nat=()), "nat-declared", FAIL),
    "a router translates what a firewall's LAN sends": (widely_translating, "nat-declared", FAIL),
    "a flow from anywhere to national addresses": (flow("0.0.0.0/0", "59.195.0.0/24"), "national-addresses", FAIL),
    "a flow that is wider than the segments": (flow("10.0.0.0/8", "59.0.0.0/8"), "national-addresses", FAIL),
    "lines that say nothing of authentication": (lines, "accounts", UNSURE),
    "an SNMP user of unknown algorithms": (snmp_user, "snmp", UNSURE),
    "IPv6 of a boundary that nobody can judge": (firewall, "ipv6-filter-parity", NOT_RUN),
}

ELSEWHERE = {
    "internet-icmp": ("59.240.10.1", "internet-unreachable"),
    "internet-tcp": ("198.51.100.1", "internet-unreachable"),
    "internet-v6": ("2001:db8:10::1", "internet-unreachable-v6"),
    "internet-path": ("59.195.0.10", "unified-exit"),
    "path": ("59.240.10.1", "devices-declared"),
    "area-isolation": ("59.240.10.20", "area-separation"),
    "vpn-isolation": ("192.0.2.4", "no-leaking"),
    "spoof": ("59.240.10.1", "source-validation"),
    "duplicate": ("192.0.2.4", "no-overlap"),
    "dns-internet": ("192.0.2.4", "no-internet-names"),
    "dns-tunnel": ("192.0.2.4", "no-internet-names"),
    "tls": ("59.240.10.20:443", "tls-version"),
    "certificate": ("59.240.10.20:443", "server-certificate"),
    "ike": ("192.0.2.4", "ike-proposals"),
    "inbound": ("192.0.2.4", "boundary-filter"),
    "inbound-high-risk": ("192.0.2.4", "high-risk-ports"),
    "inbound-v6": ("::1", "ipv6-filter-parity"),
    "vpn-gateway": ("192.0.2.4", "remote-access"),
    "management-outside": ("192.0.2.4", "management-sources"),
    "management-ports": ("", "management-protocols"),
    "snmp": ("192.0.2.4", "snmp"),
    "latency": ("59.240.10.1", "delay"),
    "loss": ("59.240.10.1", "loss"),
    "mtu": ("59.240.10.1", "path-mtu"),
    "bandwidth": ("59.240.10.1", "bandwidth"),
    "failover": ("59.240.10.1", "fail-over"),
}

LAWFUL: dict[str, tuple[Change, str]] = {
    "results of the last day that counts": (observed(ended="2026-10-22"), "internet-unreachable"),
    "results of today": (observed(ended=TODAY), "delay"),
    "a portal without its port in the target": (target("tls", "59.195.0.80"), "tls-version"),
    "a portal that is declared by its name": (
        lambda one: target("tls", "59.195.0.99")(
            with_site(one, remote=replace(one.site.remote, portal="vpn.dsj.sd.cegn.cn:443"))
        ),
        "tls-version",
    ),
    "a gateway that is probed at another of its addresses": (target("snmp", "59.254.1.6"), "snmp"),
    "two routers at one LAN": (second, "boundary-filter"),
    "a VPN's instance at both of two routers": (second, "vpn-registered"),
    "a LAN that is declared at both of two routers": (
        lambda one: with_site(second(one), lans=(*one.site.lans, replace(one.site.lans[0], id="lan-b", device="ce02"))),
        "no-overlap",
    ),
    "a static route to a LAN behind a switch": (renumbered, "no-default-route"),
    "a LAN behind a switch": (renumbered, "sources-agree"),
    "a site with one area": (alone, "area-separation"),
    "IPv6 links by addresses of the link alone": (link_local, "no-internet-interface"),
    "their length": (link_local, "canonical-prefix"),
    "their overlap": (
        both(link_local, claim("uplinks", 1, ipv6=s.Link(at(1), "fe80::1", "fe80::2", 64))),
        "no-overlap",
    ),
    "a switch of layer 2 without configuration beside": (
        lambda one: replace(
            one,
            site=replace(
                one.site, devices=(*one.site.devices, replace(one.site.devices[0], id="sw", role="switch", layer=2))
            ),
            devices=(*one.devices, Device(replace(one.site.devices[0], id="sw", role="switch", layer=2), None)),
        ),
        "boundary-filter",
    ),
    "one LAN of two at an interface was looked at": (
        lambda one: with_site(one, lans=(*one.site.lans, replace(one.site.lans[0], id="b", prefix="59.240.10.128/25"))),
        "nat-declared",
    ),
    "a flow from a translated LAN": (flow("10.64.20.0/24", "59.195.0.0/24"), "national-addresses"),
}


@pytest.mark.parametrize("name", NOT_GREEN)
def test_what_was_not_judged_is_not_green(name: str) -> None:
    change, rule, expected = NOT_GREEN[name]
    assert verdict(change(case()), rule) is expected


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_a_probe_of_something_else_decides_nothing(kind: str) -> None:
    place, rule = ELSEWHERE[kind]
    said = told(target(kind, place)(case()), rule, "probe")
    assert "access.probe.target" in {one.reason.id for one in said.doubts}
    assert not said.faults


@pytest.mark.parametrize("name", LAWFUL)
def test_lawful_designs_are_green(name: str) -> None:
    change, rule = LAWFUL[name]
    one = change(case())
    if rule == "sources-agree":
        assert verdict(one, rule) is Verdict.PASS
    else:
        assert whole(one, rule)


@pytest.mark.parametrize("nat_on_firewall", [False, True])
def test_a_firewall_behind_the_router_is_never_red(nat_on_firewall: bool) -> None:
    one = firewall(case(), nat_on_firewall=nat_on_firewall)
    for rule in ("source-validation", "nat-declared", "nat-pools", "boundary-filter", "flow-matrix", "explicit-deny"):
        assert not told(one, rule).faults, rule
    assert verdict(one, "boundary-filter") is UNSURE


def test_a_site_in_vpns_only_needs_no_ipv6() -> None:
    for rule in ("ipv6", "ipv6-filter-parity"):
        said = told(vpn_only(case()), rule, "probe")
        assert "probe" in said.idles
        assert not said.unruns


def test_a_firewall_lan_without_any_filter_is_red() -> None:
    one = firewall(case())
    wall = one.devices[1]
    assert isinstance(wall.config, c.DeviceConfig)
    one = replace(one, devices=(one.devices[0], replace(wall, config=replace(wall.config, passages=()))))
    assert told(one, "source-validation", "configuration").faults


def test_lans_that_overlap_on_two_routers_are_still_told() -> None:
    lan = replace(case().site.lans[0], id="part", device="ce02", prefix="59.240.10.0/25")
    one = second(case())
    assert told(with_site(one, lans=(*one.site.lans, lan)), "no-overlap", "declaration").faults
    twice = replace(case().site.lans[0], id="twice")
    assert told(with_site(case(), lans=(*case().site.lans, twice)), "no-overlap", "declaration").faults


def test_an_address_of_the_link_alone_is_not_taken_for_configured() -> None:
    said = told(link_local(case()), "ipv6", "configuration")
    assert [one.reason.id for one in said.doubts] == ["access.v6.link-local"]


def test_another_networks_route_is_still_red_beside_declared_lans() -> None:
    one = part("routes", 0, prefix="192.168.2.0/24")(renumbered(case()))
    assert told(one, "no-default-route", "configuration").faults


HOSTILE: dict[str, Change] = {
    "a configuration without interfaces": config(interfaces=(), passages=()),
    "round trips beyond all numbers": lambda one: with_probe(one, "latency", {"rtt_ms": [0, 1.7e308] * 20}),
    "a reason of half characters": lambda one: with_probe(one, "dns", state=ERROR, reason="\ud800\x00" + "x" * 900),
    "names of events that are lists": lambda one: observed(
        responder=tuple(replace(e, facts={**e.facts, "hostname": [{}]}) for e in observed_of(one).responder or ())
    )(one),
    "targets of half characters": lambda one: observed(
        probes=tuple(replace(e, target="\ud800" + "x" * 900) for e in observed_of(one).probes)
    )(one),
    "a session with a neighbour that is none": lambda one: with_bgp(
        one, sessions=(c.Session("x" * 900, at(1)),), asn=is_set(1)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_break_no_rule(name: str) -> None:
    for (rule, _), tally in judge_access(HOSTILE[name](case()), sample_limit=50).tallies.items():
        assert tally.broken is None, rule
        reasons = [one.reason for one in (*tally.samples, *tally.undecided_samples)]
        for reason in (*reasons, tally.unasked, tally.idle):
            text = reason.render("en") if reason else ""
            assert len(text.encode()) < 700, rule
