"""NA-MGT and NA-DNS: one thing broken, one rule red; what only looks like a fault stays green."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from access_case import config_of, with_config, with_probe, with_site, without_configuration
from access_case_config import at, is_set
from access_whole_case import doubtful, ids, judged, reds, whole

from conformance.judge.access import config as c
from conformance.judge.access.case import Case
from conformance.judge.access.observed import TIMEOUT
from conformance.judge.access.site import NamedAddress
from conformance.judge.rulebook import Location


def service(case: Case, kind: str, **changes: Any) -> Case:
    """The case with one service of the device configured otherwise."""
    services = config_of(case).services
    assert any(one.kind == kind for one in services)
    return with_config(case, services=tuple(replace(o, **changes) if o.kind == kind else o for o in services))


def accounts(case: Case, **changes: Any) -> Case:
    return with_config(case, accounts=replace(config_of(case).accounts, **changes))


def snmp(case: Case, **changes: Any) -> Case:
    return with_config(case, snmp=replace(config_of(case).snmp, **changes))


def services(case: Case, **changes: Any) -> Case:
    return with_site(case, services=replace(case.site.services, **changes))


def named(case: Case, name: str, *addresses: str) -> Case:
    return services(case, names=(NamedAddress(Location("access.yaml"), name, addresses),))


def met(case: Case, **facts: Any) -> Case:
    """The case where the collector got the event otherwise."""
    assert case.observed is not None and case.observed.responder is not None
    records = tuple(
        replace(one, facts={**one.facts, **facts}) if one.probe == "syslog" else one for one in case.observed.responder
    )
    return replace(case, observed=replace(case.observed, responder=records))


def unmet(case: Case, records: tuple[Any, ...] | None) -> Case:
    assert case.observed is not None
    return replace(case, observed=replace(case.observed, responder=records))


def user(name: str, secret: str) -> tuple[c.User, ...]:
    return (c.User(name, at(470), secret),)


def lines(*values: tuple[c.Read[int], c.Read[str]]) -> tuple[c.Line, ...]:
    return tuple(c.Line(f"vty {number}", at(480), *both) for number, both in enumerate(values))


CONFIG_MUTANTS: dict[str, tuple[Any, str]] = {
    "one time source": (lambda x: with_config(x, ntp=config_of(x).ntp[:1]), "time"),
    "the same source twice": (lambda x: with_config(x, ntp=config_of(x).ntp[:1] * 2), "time"),
    "a time source on the Internet": (
        lambda x: with_config(x, ntp=(*config_of(x).ntp, c.Listed("203.0.113.123", at(511)))), "time"),
    "SNMP version 2c": (lambda x: snmp(x, versions=(("v2c", at(500)), ("v3", at(500)))), "snmp"),
    "a community": (lambda x: snmp(x, communities=(at(502),)), "snmp"),
    "the default community": (lambda x: snmp(x, communities=(at(502),), default_names=(at(502),)), "snmp"),
    "a user without privacy": (lambda x: snmp(x, users=(c.SnmpUser("nms", at(501), "auth", "sha256"),)), "snmp"),
    "SSH from anywhere": (lambda x: service(x, "ssh", sources=c.Read()), "management-sources"),
    "SNMP from anywhere": (lambda x: service(x, "snmp", sources=c.Read()), "management-sources"),
    "SSH from the whole LAN": (
        lambda x: service(x, "ssh", sources=is_set(("59.240.10.0/24",))), "management-sources"),
    "Telnet": (lambda x: service(x, "telnet", enabled=is_set(True)), "management-protocols"),
    "TFTP": (lambda x: service(x, "tftp", enabled=is_set(True)), "management-protocols"),
    "SSH version 1": (lambda x: service(x, "ssh", version=is_set("1.99")), "management-protocols"),
    "a weak cipher": (lambda x: service(x, "ssh", algorithms=("3des-cbc",)), "management-protocols"),
    "no collector": (lambda x: with_config(x, collectors=()), "syslog"),
    "a collector on the Internet": (
        lambda x: with_config(x, collectors=(*config_of(x).collectors, c.Listed("203.0.113.5", at(515)))), "syslog"),
    "no central authentication": (lambda x: accounts(x, schemes=is_set(("local",))), "accounts"),
    "no local fall-back": (lambda x: accounts(x, schemes=is_set(("tacacs",))), "accounts"),
    "local before central": (lambda x: accounts(x, schemes=is_set(("local", "radius"))), "accounts"),
    "a default account": (lambda x: accounts(x, users=user("Admin", "hash")), "accounts"),
    "a plain secret": (lambda x: accounts(x, users=user("wangguan01", "plain")), "accounts"),
    "a reversible secret": (lambda x: accounts(x, users=user("wangguan01", "reversible")), "accounts"),
    "never idle": (lambda x: accounts(x, lines=lines((is_set(0), is_set("aaa")))), "accounts"),
    "idle for an hour": (lambda x: accounts(x, lines=lines((is_set(3600), is_set("aaa")))), "accounts"),
    "a line by password": (lambda x: accounts(x, lines=lines((is_set(300), is_set("password")))), "accounts"),
    "ten tries": (lambda x: accounts(x, tries=is_set(10)), "accounts"),
    "never locked": (lambda x: accounts(x, tries=is_set(0)), "accounts"),
    "locked for a minute": (lambda x: accounts(x, locked=is_set(60)), "accounts"),
    "an Internet resolver": (
        lambda x: with_config(x, resolvers=(c.Listed("203.0.113.53", at(513)),)), "resolvers"),
    "terminals are told an Internet resolver": (
        lambda x: with_config(x, offered_resolvers=(c.Listed("203.0.113.53", at(514)),)), "resolvers"),
    "terminals are told none": (lambda x: with_config(x, offered_resolvers=()), "resolvers"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIG_MUTANTS)
def test_what_is_configured_breaks_one_rule(name: str) -> None:
    broken, rule = CONFIG_MUTANTS[name]
    assert reds(broken(whole())) == {rule}


SITE_MUTANTS: dict[str, tuple[Any, str]] = {
    "logs for 90 days": (lambda x: services(x, retention_days=90), "log-retention"),
    "logs for nobody knows how long": (lambda x: services(x, retention_days=None), "log-retention"),
    "no statement on logs": (
        lambda x: with_site(x, statements=tuple(o for o in x.site.statements if o.kind != "log-protection")),
        "log-retention"),
    "a name of another zone": (
        lambda x: with_probe(named(x, "api.dsj.example.cn", "59.240.10.20"), "dns",
                             {"answers": {"api.dsj.example.cn": {"A": ["59.240.10.20"], "AAAA": []}}}), "name-plan"),
    "a name against the pattern": (
        lambda x: with_probe(named(x, "api_1.dsj.sd.cegn.cn", "59.240.10.20"), "dns",
                             {"answers": {"api_1.dsj.sd.cegn.cn": {"A": ["59.240.10.20"], "AAAA": []}}}), "name-plan"),
}  # fmt: skip


@pytest.mark.parametrize("name", SITE_MUTANTS)
def test_what_is_declared_breaks_one_rule(name: str) -> None:
    broken, rule = SITE_MUTANTS[name]
    assert reds(broken(whole())) == {rule}


def test_a_name_without_address_and_a_resolver_outside_are_red() -> None:
    assert "access.dns.name-address" in ids(named(whole(), "api.dsj.sd.cegn.cn"), "resolvers")
    assert "access.dns.resolver-outside" in ids(services(whole(), resolvers=("203.0.113.53",)), "resolvers")
    assert "access.dns.no-resolver" in ids(services(whole(), resolvers=()), "resolvers")


API = "api.dsj.sd.cegn.cn"
SSH = {"kex": ["curve25519-sha256"], "ciphers": ["aes256-ctr"], "macs": ["hmac-sha2-256"], "host_keys": ["ssh-ed25519"]}
PROBE_MUTANTS: list[tuple[str, dict[str, Any], str]] = [
    ("ntp", {"offset_ms": 5000.0}, "time"),
    ("ntp", {"offset_ms": -101}, "time"),
    ("ntp", {"stratum": 16}, "time"),
    ("ntp", {"leap": 3}, "time"),
    ("management-outside", {"open": [22]}, "management-sources"),
    ("management-ports", {"ssh": SSH | {"ciphers": ["aes256-ctr", "3des-cbc"]}}, "management-protocols"),
    ("dns", {"answers": {API: {"A": ["59.240.10.99"], "AAAA": ["2001:db8:10::20"]}}}, "resolvers"),
    ("dns", {"answers": {API: {"A": ["59.240.10.20"], "AAAA": []}}}, "resolvers"),
    ("dns", {"resolver": "203.0.113.53"}, "resolvers"),
    ("dns-internet", {"answers": ["www.example.com"]}, "no-internet-names"),
    ("dns-tunnel", {"answers": ["x9x9.t.example.com"]}, "no-internet-names"),
]


@pytest.mark.parametrize(("kind", "facts", "rule"), PROBE_MUTANTS)
def test_what_is_observed_breaks_one_rule(kind: str, facts: dict[str, Any], rule: str) -> None:
    assert reds(with_probe(whole(), kind, facts)) == {rule}


@pytest.mark.parametrize(
    ("kind", "facts", "rule"),
    [("snmp", {"v2c": True}, "snmp"), ("management-ports", {"open": [22, 23, 80]}, "management-protocols")],
)
def test_what_answers_though_it_is_off_contradicts_the_configuration(
    kind: str, facts: dict[str, Any], rule: str
) -> None:
    assert reds(with_probe(whole(), kind, facts)) == {rule, "sources-agree"}


def test_what_answers_and_is_on_contradicts_nothing() -> None:
    case = service(whole(), "telnet", enabled=is_set(True))
    assert reds(with_probe(case, "management-ports", {"open": [22, 23]})) == {"management-protocols"}


@pytest.mark.parametrize(
    "near",
    [
        lambda x: with_config(x, ntp=tuple(reversed(config_of(x).ntp))),
        lambda x: service(x, "ssh", sources=is_set(("59.240.10.248/29", "59.195.0.7/32"))),
        lambda x: service(x, "snmp", sources=is_set(("59.195.0.14",))),
        lambda x: service(x, "ssh", algorithms=()),
        lambda x: service(x, "ssh", enabled=is_set(False), sources=c.Read(), version=is_set("1")),
        lambda x: accounts(x, schemes=is_set(("radius", "tacacs", "local"))),
        lambda x: accounts(x, users=user("administrator2", "hash")),
        lambda x: accounts(x, lines=lines((is_set(600), is_set("aaa")))),
        lambda x: with_config(x, resolvers=()),
        lambda x: services(x, retention_days=180),
        lambda x: with_probe(x, "ntp", {"offset_ms": 100}),
        lambda x: with_probe(x, "snmp", {"v3": False}),
        lambda x: with_probe(
            x, "dns", {"answers": {API.upper() + ".": {"A": ["59.240.10.20"], "AAAA": ["2001:DB8:10:0::20"]}}}),
        lambda x: with_probe(x, "management-ports", {"open": [], "ssh": {}}),
        lambda x: met(x, delay_ms=10000),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_fault_is_green(near: Any) -> None:
    case = near(whole())
    assert reds(case) == set()
    assert doubtful(case) == set()


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (lambda x: met(x, hostname="Router"), "access.mgt.event-name"),
        (lambda x: met(x, delay_ms=10001), "access.mgt.event-late"),
        (lambda x: unmet(x, tuple(o for o in x.observed.responder if o.probe != "syslog")), "access.mgt.event-lost"),
    ],
)
def test_an_event_that_does_not_arrive_as_it_should_is_red(event: Any, expected: str) -> None:
    case = event(whole())
    assert reds(case) == {"syslog"}
    assert ids(case, "syslog") == {expected}


DOUBTS: list[tuple[Any, str]] = [
    (lambda x: unmet(x, None), "syslog"),
    (lambda x: met(x, hostname=7), "syslog"),
    (lambda x: met(x, delay_ms=float("nan")), "syslog"),
    (lambda x: with_probe(x, "ntp", state=TIMEOUT), "time"),
    (lambda x: with_probe(x, "ntp", {"offset_ms": "0"}), "time"),
    (lambda x: with_probe(x, "snmp", {"v1": "no"}), "snmp"),
    (lambda x: with_probe(x, "management-ports", {"ssh": {"kex": "none"}}), "management-protocols"),
    (lambda x: with_probe(x, "dns", {"answers": {}}), "resolvers"),
    (lambda x: with_probe(x, "dns", {"answers": {API: {"A": ["59.240.10.20"]}}}), "resolvers"),
    (lambda x: with_config(service(x, "ssh", version=c.Read()), defaults={}), "management-protocols"),
    (lambda x: service(x, "telnet", enabled=c.Read(c.UNKNOWN)), "management-protocols"),
    (lambda x: service(x, "ssh", sources=c.Read(c.UNKNOWN)), "management-sources"),
    (lambda x: accounts(x, users=user("wangguan01", "masked")), "accounts"),
    (lambda x: accounts(x, tries=c.Read()), "accounts"),
    (lambda x: with_config(accounts(x, lines=()), defaults={}), "accounts"),
    (lambda x: accounts(x, lines=lines((is_set(300), c.Read(c.UNKNOWN)))), "accounts"),
]


@pytest.mark.parametrize(("blurred", "rule"), DOUBTS)
def test_what_cannot_be_known_is_a_doubt_and_no_fault(blurred: Any, rule: str) -> None:
    case = blurred(whole())
    assert reds(case) == set()
    assert rule in doubtful(case)


def test_the_platform_decides_what_the_file_does_not_say() -> None:
    kinds = tuple(one for one in config_of(whole()).services if one.kind not in ("telnet", "http"))
    silent = with_config(whole(), services=kinds, defaults={"telnet-server": "off", "http-server": "off"})
    assert "management-protocols" not in reds(silent) | doubtful(silent)
    on = with_config(whole(), services=kinds, defaults={"telnet-server": "on", "http-server": "off"})
    assert reds(on) == {"management-protocols"}
    unknown = with_config(whole(), services=kinds, defaults={"telnet-server": "unknown", "http-server": "off"})
    assert "management-protocols" in doubtful(unknown)
    default = with_config(whole(), defaults={"netconf-server": "on"})
    assert reds(default) == {"management-sources"}


def test_silence_of_every_version_shows_nothing_without_a_limit() -> None:
    case = without_configuration(with_probe(whole(), "snmp", {"v3": False}))
    assert "access.mgt.snmp-mute" in ids(case, "snmp")


def test_a_declared_time_source_that_nobody_asked_is_a_doubt() -> None:
    case = whole()
    assert case.observed is not None
    kept = tuple(one for one in case.observed.probes if one.id != "ntp-1")
    case = replace(case, observed=replace(case.observed, probes=kept))
    assert ids(case, "time") == {"access.mgt.time-unasked"}


def test_no_registered_name_leaves_nothing_to_judge() -> None:
    said = judged(services(whole(), names=()))
    assert said["name-plan"].idles and not said["name-plan"].count
    assert "probe" in said["resolvers"].idles


def test_no_account_and_no_secret_is_named() -> None:
    case = accounts(whole(), users=user("zhangsan", "plain"), lines=lines((is_set(0), is_set("none"))))
    texts = [text for one in judged(case)["accounts"].faults for text in one.reason.both().values()]
    assert texts and not any("zhangsan" in text for text in texts)


def test_remote_access_of_which_nothing_is_declared_is_not_judged() -> None:
    """Leaving portal and gateway out of the declaration is no way around the clauses; lacking one of them is lawful."""
    remote = whole().site.remote
    nothing = with_site(whole(), remote=replace(remote, portal="", portal_name="", gateway=""))
    assert {"tls-version", "server-certificate", "ike-proposals"} <= doubtful(nothing)
    assert ids(nothing, "tls-version") == {"access.ras.undeclared"}
    only_portal = with_site(whole(), remote=replace(remote, gateway=""))
    assert "ike-proposals" not in doubtful(only_portal) | reds(only_portal)
