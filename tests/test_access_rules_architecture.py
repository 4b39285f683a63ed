"""NA-ARC, NA-SEC-06 to 08, NA-RAS: one thing broken, one rule red; what only looks like a fault stays green."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from access_case import config_of, told, with_config, with_interface, with_probe, with_site, without_configuration
from access_case import without_observation as unobserved
from access_case_config import LAN, LAN_GA, UP1, at, is_set
from access_whole_case import doubtful, ids, judged, reds, whole
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.access import config as c
from conformance.judge.access.case import Case
from conformance.judge.access.observed import BLOCKED, ERROR, UNSUPPORTED


def device(case: Case, **changes: Any) -> Case:
    """The case with the one device declared otherwise, its digest as before."""
    claim = replace(case.devices[0].claim, **changes)
    site = replace(case.site, devices=(claim,))
    return replace(case, site=site, devices=(replace(case.devices[0], claim=claim),))


def security(case: Case, **changes: Any) -> Case:
    return with_site(case, security=replace(case.site.security, **changes))


def remote(case: Case, **changes: Any) -> Case:
    return with_site(case, remote=replace(case.site.remote, **changes))


def added(case: Case, **more: tuple[Any, ...]) -> Case:
    """The case whose configuration holds these beside what it holds."""
    return with_config(case, **{name: (*getattr(config_of(case), name), *found) for name, found in more.items()})


def announcing(case: Case, more: c.Announced) -> Case:
    bgp = config_of(case).bgp
    assert bgp is not None
    return with_config(case, bgp=replace(bgp, announced=(*bgp.announced, more)))


def without(case: Case, kind: str) -> Case:
    return with_site(case, statements=tuple(one for one in case.site.statements if one.kind != kind))


def signed(case: Case, day: str, **changes: Any) -> Case:
    kind = "separate-from-inner-network"
    statements = tuple(
        replace(o, signed=day, **changes) if o.kind == kind else o for o in case.site.statements
    )  # fmt: skip
    return with_site(case, statements=statements)


def interface(name: str, kind: str, *addresses: str, **settings: Any) -> c.Interface:
    quiet: dict[str, Any] = {"redirects": is_set(False), "directed_broadcast": is_set(False)}
    return c.Interface(name, at(600), kind, tuple(c.Address(one, at(601)) for one in addresses), **quiet, **settings)


def test_the_reference_is_green() -> None:
    case = whole()
    assert reds(case) == set()
    assert doubtful(case) == set()
    assert all(sum(said.count.values()) for said in judged(case).values())


SITE_MUTANTS: dict[str, tuple[Any, str]] = {
    "a class with other areas": (lambda x: with_site(x, areas=x.site.areas[:1]), "user-class"),
    "a class that nobody knows": (lambda x: with_site(x, user_class="Z"), "user-class"),
    "a device without serial": (lambda x: device(x, serial=" "), "devices-declared"),
    "a digest that is another": (lambda x: device(x, sha256="f" * 64), "devices-declared"),
    "no digest": (lambda x: device(x, sha256=""), "devices-declared"),
    "a mode that is none": (lambda x: with_site(x, mode="hub"), "access-mode"),
    "no statement of separation": (lambda x: without(x, "separate-from-inner-network"), "inner-network"),
    "an unsigned statement": (lambda x: signed(x, "2026-09-01", signer=""), "inner-network"),
    "a statement without digest": (lambda x: signed(x, "2026-09-01", sha256="5feceb66"), "inner-network"),
    "an old statement": (lambda x: signed(x, "2025-11-20"), "inner-network"),
    "a statement of tomorrow": (lambda x: signed(x, "2026-11-22"), "inner-network"),
    "no statement on terminals": (lambda x: without(x, "terminals-one-network"), "one-machine-two-nets"),
    "an own exit": (lambda x: with_site(x, internet=replace(x.site.internet, exit="own")), "unified-exit"),
    "no admission": (lambda x: security(x, admission="none"), "admission"),
    "signatures 400 days old": (lambda x: security(x, intrusion_signatures="2025-10-17"), "intrusion-protection"),
    "no malware product": (lambda x: security(x, malware=""), "intrusion-protection"),
    "a signature date that is none": (lambda x: security(x, malware_signatures="20261118"), "intrusion-protection"),
    "remote access of its own": (lambda x: remote(x, mode="own"), "remote-access"),
}


@pytest.mark.parametrize("name", SITE_MUTANTS)
def test_what_is_declared_breaks_one_rule(name: str) -> None:
    broken, rule = SITE_MUTANTS[name]
    assert reds(broken(whole())) == {rule}


def test_a_hub_breaks_the_mode_only() -> None:
    hub = replace(
        whole().devices[0].claim,
        id="hub",
        role="hub",
        layer=1,
        version="",
        serial="",
        hostname="",
        file="",
        platform="",
    )
    case = whole()
    case = replace(case, site=replace(case.site, devices=(*case.site.devices, hub)))
    case = replace(case, devices=(*case.devices, replace(case.devices[0], claim=hub, config=None, digest="")))
    assert reds(case) == {"access-mode"}
    assert doubtful(case) == set()


CONFIG_MUTANTS: dict[str, tuple[Any, set[str]]] = {
    "a route to the inner network": (
        lambda x: added(x, routes=(c.Route("172.31.5.0/24", at(303), next_hop="59.240.10.9"),)), {"inner-network"}),
    "an address of the inner network": (
        lambda x: added(x, interfaces=(interface("GigabitEthernet0/0/9", "physical", "172.31.0.9/24"),)),
        {"inner-network"}),
    "a 6to4 tunnel": (
        lambda x: added(x, interfaces=(interface("Tunnel0", "tunnel", tunnel=is_set("6to4")),)),
        {"internet-unreachable-v6"}),
    "an announced default": (
        lambda x: announcing(x, c.Announced("0.0.0.0/0", "ipv4", at(235))), {"no-default-route"}),
    "a PPPoE interface": (
        lambda x: added(x, interfaces=(interface("Dialer1", "dialer", dials=is_set("pppoe")),)),
        {"no-internet-interface"}),
    "a card with a public address, down": (
        lambda x: added(x, interfaces=(
            interface("GigabitEthernet0/0/9", "physical", "203.0.113.2/30", shutdown=is_set(True)),)),
        {"no-internet-interface"}),
    "a card with a private address of no plan": (
        lambda x: added(x, interfaces=(interface("GigabitEthernet0/0/9", "physical", "192.168.1.2/24"),)),
        {"no-internet-interface"}),
    "802.1X off on one port": (lambda x: with_interface(x, LAN, dot1x=is_set(False)), {"admission"}),
    "802.1X not said of one port": (lambda x: with_interface(x, LAN_GA, dot1x=c.Read()), {"admission"}),
    "802.1X off for the device": (lambda x: with_config(x, dot1x=is_set(False)), {"admission"}),
    "source routing": (
        lambda x: with_config(x, hardening=c.Hardening(is_set(True), is_set(False))), {"hardening"}),
    "redirects at one interface": (lambda x: with_interface(x, UP1, redirects=is_set(True)), {"hardening"}),
    "a needless service": (
        lambda x: with_config(x, hardening=c.Hardening(is_set(False), is_set(False), (("finger", at(560)),))),
        {"hardening"}),
    "an L2TP gateway": (lambda x: with_config(x, gateways=(c.RemoteGateway("l2tp", at(700)),)), {"remote-access"}),
    "3DES": (
        lambda x: added(x, proposals=(c.Proposal("ike", "OLD", at(521), ("3des",), ("sha256",), ("19",), "2",
                                                 "certificate"),)), {"ike-proposals"}),
    "a pre-shared key": (
        lambda x: added(x, peers=(c.Peer("HQ", at(531), "59.195.0.82", "psk"),)), {"certificate-authentication"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIG_MUTANTS)
def test_what_is_configured_breaks_one_rule(name: str) -> None:
    broken, rules = CONFIG_MUTANTS[name]
    case = broken(whole())
    assert reds(case) - {"static-aggregates", "in-allocation", "no-secondary"} == rules
    assert rules <= reds(case)


def test_a_default_route_is_red_by_its_own_rule() -> None:
    case = added(whole(), routes=(c.Route("0.0.0.0/0", at(303), next_hop="59.254.1.1"),))
    assert "no-default-route" in reds(case)
    assert reds(case) <= {"no-default-route", "static-aggregates"}


@pytest.mark.parametrize(
    "near",
    [
        lambda x: added(x, routes=(c.Route("0.0.0.0/0", at(303), null=True),)),
        lambda x: added(x, interfaces=(interface("GigabitEthernet0/0/9", "physical", shutdown=is_set(True)),)),
        lambda x: added(x, interfaces=(interface("Cellular0", "cellular", shutdown=is_set(True)),)),
        lambda x: security(x, admission="platform"),
        lambda x: signed(x, "2025-11-21"),
        lambda x: security(x, intrusion_signatures="2026-10-22"),
        lambda x: with_site(x, internet=replace(x.site.internet, exit="none")),
        lambda x: with_probe(x, "path", {"hops": ["59.240.10.1", "59.254.1.1", "", "59.195.0.10"]}),
        lambda x: with_probe(x, "internet-path", {"hops": ["59.240.10.1", "", ""]}),
        lambda x: device(x, sha256=x.devices[0].digest.upper()),
    ],
)
def test_what_only_looks_like_a_fault_is_green(near: Any) -> None:
    case = near(whole())
    assert reds(case) == set()
    assert doubtful(case) == set()


PROBE_MUTANTS: dict[str, tuple[dict[str, Any], str]] = {
    "internet-icmp": ({"answers": ["203.0.113.10"]}, "internet-unreachable"),
    "internet-udp": ({"answers": ["203.0.113.10"]}, "internet-unreachable"),
    "internet-v6": ({"answers": ["2001:db8:bad::10"]}, "internet-unreachable-v6"),
    "internet-path": ({"hops": ["59.240.10.1", "203.0.113.1"]}, "unified-exit"),
    "path": ({"hops": ["59.240.10.1", "59.240.10.9", "59.254.1.1", "59.195.0.10"]}, "devices-declared"),
    "second-network": ({"answers": ["203.0.113.10"]}, "one-machine-two-nets"),
    "proxy": ({"open": [{"address": "59.240.10.30", "port": 3128, "kind": "http"}]}, "one-machine-two-nets"),
    "area-isolation": ({"answers": ["10.88.0.10:443"]}, "area-separation"),
    "vpn-gateway": ({"open": ["59.254.1.2:1701/udp"]}, "remote-access"),
    "ike": ({"accepted": ["aes256-sha256-19", "3des-md5-2"], "refused": ["des-md5-1"]}, "ike-proposals"),
    "tls": ({"versions": {"TLSv1": True, "TLSv1.2": True}}, "tls-version"),
    "split-tunnel": ({"around": ["203.0.113.10"]}, "no-split-tunnel"),
}


@pytest.mark.parametrize("kind", PROBE_MUTANTS)
def test_what_is_observed_breaks_one_rule(kind: str) -> None:
    facts, rule = PROBE_MUTANTS[kind]
    assert reds(with_probe(whole(), kind, facts)) == {rule}


def test_a_default_in_the_routing_table_also_contradicts_the_configuration() -> None:
    case = with_probe(whole(), "rib", {"defaults": ["0.0.0.0/0"]})
    assert reds(case) == {"no-default-route", "sources-agree"}
    assert ids(case, "sources-agree") == {"access.doc.contradiction"}


def test_a_hidden_hop_is_one_too_many_and_a_silent_one_a_doubt() -> None:
    more = with_probe(whole(), "path", {"hops": ["59.240.10.1", "", "59.254.1.1", "59.195.0.10"]})
    assert ids(more, "devices-declared") == {"access.arc.hops-more"}
    silent = with_probe(whole(), "path", {"hops": ["", "59.254.1.1", "59.195.0.10"]})
    assert (reds(silent), doubtful(silent)) == (set(), {"devices-declared"})
    lost = with_probe(whole(), "path", {"hops": ["59.240.10.1", "", "59.195.0.10"]})
    assert (reds(lost), doubtful(lost)) == (set(), {"devices-declared"})


@pytest.mark.parametrize(
    ("ways", "red"),
    [
        ([{"interface": "wlan0", "gateway": "192.168.3.1"}], True),
        ([{"interface": "ppp0", "gateway": ""}], True),
        ([{"interface": "eth0", "gateway": "fe80::1"}], False),
    ],
)
def test_another_default_way_of_the_terminal_is_red(ways: list[dict[str, str]], red: bool) -> None:
    case = with_probe(whole(), "second-network", {"default_routes": ways})
    assert reds(case) == ({"one-machine-two-nets"} if red else set())


def test_vlan_interfaces_have_802_1x_at_their_ports() -> None:
    plain = [one for one in config_of(whole()).interfaces if one.name != LAN]
    old = config_of(whole()).interface(LAN)
    assert old is not None
    vlan = replace(old, kind="vlan", dot1x=c.Read(), vlan=is_set(10))
    port = interface("GigabitEthernet0/0/20", "physical", vlan=is_set(10), dot1x=is_set(True))
    assert reds(with_config(whole(), interfaces=(*plain, vlan, port))) == set()
    bad = replace(port, dot1x=is_set(False))
    assert reds(with_config(whole(), interfaces=(*plain, vlan, bad))) == {"admission"}
    assert "admission" in doubtful(with_config(whole(), interfaces=(*plain, vlan)))


def test_a_switch_speaks_vlan_and_snmp() -> None:
    case = with_site(device(whole(), role="switch"), mode="switch")
    assert "access-mode" not in reds(case)
    assert "access-mode" in reds(with_config(case, snmp=c.Snmp()))


def test_what_nobody_knows_is_a_doubt() -> None:
    unsaid = with_config(whole(), hardening=c.Hardening(), defaults={"source-route": "unknown"})
    assert "hardening" in doubtful(unsaid)
    known = with_config(whole(), hardening=c.Hardening(), defaults={"source-route": "off", "icmp-redirects": "off"})
    assert reds(known) == set()
    assert "hardening" not in doubtful(known)


def test_without_configurations_or_results_nothing_is_green_by_accident() -> None:
    blind = judged(without_configuration(whole()))
    for rule in ("inner-network", "no-internet-interface", "hardening", "remote-access", "sources-agree"):
        assert "configuration" in blind[rule].unruns, rule
    deaf = judged(unobserved(whole()))
    for rule in ("internet-unreachable", "unified-exit", "area-separation", "tls-version", "sources-agree"):
        assert "probe" in deaf[rule].unruns, rule


@pytest.mark.parametrize(
    ("changes", "kept"),
    [({"state": BLOCKED}, "unruns"), ({"state": UNSUPPORTED}, "unruns"), ({"state": ERROR}, "doubts"),
     ({"control": False}, "doubts")],
)  # fmt: skip
def test_a_probe_that_shows_nothing_passes_nothing(changes: dict[str, Any], kept: str) -> None:
    said = judged(with_probe(whole(), "internet-tcp", **changes))["internet-unreachable"]
    assert getattr(said, kept) and not said.faults


def certificate(name: str = "vpn.dsj.sd.cegn.cn", key: Any = None, until: int = 2027, digest: Any = None) -> str:
    """A certificate as a probe brings it."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(7).not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(until, 6, 30, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, digest or hashes.SHA256())
    )  # fmt: skip
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


@pytest.mark.parametrize(
    ("der", "expected"),
    [
        (certificate("*.dsj.sd.cegn.cn"), set()),
        (certificate(key=rsa.generate_private_key(65537, 2048)), set()),
        (certificate("other.sd.cegn.cn"), {"access.ras.certificate-name"}),
        (certificate(until=2026), {"access.ras.certificate-date"}),
        (certificate(key=rsa.generate_private_key(65537, 1024)), {"access.ras.certificate-key"}),  # noqa: S505
        (certificate(key=ec.generate_private_key(ec.SECP192R1())), {"access.ras.certificate-key"}),
    ],
)
def test_certificates(der: str, expected: set[str]) -> None:
    case = with_probe(whole(), "certificate", {"der": der})
    assert ids(case, "server-certificate") == expected
    assert reds(case) == ({"server-certificate"} if expected else set())


GOOD = base64.b64decode(certificate())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_broken_certificate_never_breaks_the_judge(place: int, flip: int) -> None:
    broken = bytearray(GOOD)
    broken[place] ^= flip
    case = with_probe(whole(), "certificate", {"der": base64.b64encode(bytes(broken)).decode()})
    assert told(case, "server-certificate", "probe").spoke("probe")


@pytest.mark.parametrize("der", ["", "AA==", "no base64", base64.b64encode(GOOD[:200]).decode(), "A" * 20000, 7, None])
def test_what_is_no_certificate_is_a_doubt(der: Any) -> None:
    case = with_probe(whole(), "certificate", {"der": der})
    assert reds(case) == set()
    assert doubtful(case) == {"server-certificate"}


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["answers", "hops", "open", "versions", "der", "default_routes", "interfaces", "around",
                         "accepted", "refused", "silent", "defaults", "prefixes"]),
        st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
                     lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=5), one, max_size=3),
                     max_leaves=6),
    )
)  # fmt: skip
def test_hostile_facts_never_break_the_judge(facts: dict[str, Any]) -> None:
    for kind in (*PROBE_MUTANTS, "rib", "certificate"):
        said = told(with_probe(whole(), kind, facts), RULE_OF[kind], "probe")
        assert said.spoke("probe")
        for one in (*said.faults, *said.doubts):
            assert all(len(text) < LONGEST for text in one.reason.both().values())


LONGEST = 400
RULE_OF = {kind: rule for kind, (_, rule) in PROBE_MUTANTS.items()} | {
    "certificate": "server-certificate", "rib": "no-default-route",
}  # fmt: skip


def test_areas_are_apart_but_for_registered_vpns() -> None:
    leak = c.Route("10.88.0.0/16", at(303), next_hop="59.254.1.9", into="ga")
    assert "access.arc.crossing" in ids(added(whole(), routes=(leak,)), "area-separation")
    back = c.Route("59.195.9.0/24", at(303), next_hop="59.254.1.1", instance="ga", into="public")
    assert "access.arc.crossing" in ids(added(whole(), routes=(back,)), "area-separation")
    office = c.Instance("public", at(15), is_set("64801:1"), (("64801:188", at(16)),), ())
    assert "access.arc.import" in ids(added(whole(), instances=(office,)), "area-separation")
    between = c.Route("10.89.0.0/16", at(303), next_hop="59.254.1.9", instance="ga", into="hb")
    assert not ids(added(whole(), routes=(between,)), "area-separation")


def test_an_uplink_outside_the_plan_is_red() -> None:
    case = whole()
    link = case.site.uplinks[0].ipv4
    assert link is not None
    up = replace(case.site.uplinks[0], ipv4=replace(link, provider="203.0.113.1", customer="203.0.113.2"))
    case = with_site(case, uplinks=(up, *case.site.uplinks[1:]))
    assert "access.arc.uplink" in ids(case, "no-internet-interface")


def test_a_private_lan_address_is_left_to_the_address_rules() -> None:
    assert "no-internet-interface" not in reds(
        with_interface(whole(), LAN, addresses=(c.Address("192.168.7.1/24", at(131)),))
    )
