"""NA-CMP and NA-DOC: one thing broken, one rule red; what only looks like a fault stays green."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from access_case import config_of, with_config, with_interface, with_site, without_configuration
from access_case import without_observation as unobserved
from access_case_config import FILE, LAN, UP1, at, is_set
from access_whole_case import AGREEMENT, doubtful, ids, judged, reds, whole

from conformance.judge.access import config as c
from conformance.judge.access.case import Case, Spoken, Told, Unreadable
from conformance.judge.access.rules.documents import sources_agree
from conformance.judge.rulebook import Location
from conformance.messages import message


def security(case: Case, **changes: Any) -> Case:
    return with_site(case, security=replace(case.site.security, **changes))


def level(case: Case, level: str) -> Case:
    return with_site(case, department=replace(case.site.department, level=level))


def lan(case: Case, prefix: str) -> Case:
    """The case whose first LAN is declared otherwise than configured."""
    return with_site(case, lans=(replace(case.site.lans[0], prefix=prefix), *case.site.lans[1:]))


def hostname(case: Case, name: str) -> Case:
    """The case whose device is declared under another name."""
    claim = replace(case.devices[0].claim, hostname=name)
    site = replace(case.site, devices=(claim,))
    return replace(case, site=site, devices=(replace(case.devices[0], claim=claim),))


SITE_MUTANTS: dict[str, tuple[Any, str]] = {
    "level 2 where 3 is due": (lambda x: security(x, mlps_level=2), "protection-level"),
    "no level": (lambda x: security(x, mlps_level=None), "protection-level"),
    "no filing number": (lambda x: security(x, mlps_filing=" "), "protection-level"),
    "an assessment of last year": (lambda x: security(x, mlps_assessed="2025-11-20"), "protection-level"),
    "an assessment of tomorrow": (lambda x: security(x, mlps_assessed="2026-11-22"), "protection-level"),
    "no assessment of cryptography": (lambda x: security(x, cryptography_assessed=""), "protection-level"),
}


@pytest.mark.parametrize("name", SITE_MUTANTS)
def test_what_is_declared_breaks_one_rule(name: str) -> None:
    broken, rule = SITE_MUTANTS[name]
    assert reds(broken(whole())) == {rule}


CONFIG_MUTANTS: dict[str, tuple[Any, set[str]]] = {
    "another host name": (lambda x: with_config(x, hostname=is_set("Router", 3)), {"naming"}),
    "another region's host name": (lambda x: with_config(x, hostname=is_set("QD-DSJ-CE01", 3)), {"naming"}),
    "no host name": (lambda x: with_config(x, hostname=c.Read()), {"naming"}),
    "an uplink without description": (lambda x: with_interface(x, UP1, description=c.Read()), {"naming"}),
    "a description of another PE": (
        lambda x: with_interface(x, UP1, description=is_set("TO-PE9-R-0101")), {"naming"}),
    "another device's name": (lambda x: with_config(x, hostname=is_set("JN-DSJ-CE02", 3)), {AGREEMENT}),
    "a limit below the declared bandwidth": (lambda x: with_interface(x, UP1, limit=is_set(500)), {AGREEMENT}),
    "an export that is cut short": (
        lambda x: with_config(x, coverage=(c.Coverage(FILE, 200, 20, 0, complete=False),)), {"export-complete"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIG_MUTANTS)
def test_what_is_configured_breaks_one_rule(name: str) -> None:
    broken, rules = CONFIG_MUTANTS[name]
    assert reds(broken(whole())) == rules


@pytest.mark.parametrize(
    "near",
    [
        lambda x: security(x, mlps_assessed="2025-11-21"),
        lambda x: security(x, mlps_level=3, mlps_filing="37010043999-26002"),
        lambda x: with_interface(x, UP1, limit=is_set(2000)),
        lambda x: with_interface(x, UP1, limit=c.Read()),
        lambda x: with_interface(x, LAN, description=is_set("any words at all")),
        lambda x: with_site(x, division="370102"),
    ],
)
def test_what_only_looks_like_a_fault_is_green(near: Any) -> None:
    case = near(whole())
    assert reds(case) == set()
    assert doubtful(case) == set()


def test_a_county_needs_level_two_and_no_cryptography() -> None:
    case = security(level(whole(), "county"), mlps_level=2, mlps_assessed="2025-01-10", cryptography_assessed="")
    assert "protection-level" not in reds(case)
    assert "protection-level" in reds(security(case, mlps_assessed="2024-11-20"))
    assert "protection-level" in reds(security(case, mlps_level=3))


def test_a_declared_name_against_the_pattern_is_told_once() -> None:
    assert ids(hostname(whole(), "router1"), "naming") == {"access.doc.hostname"}
    assert AGREEMENT not in reds(hostname(whole(), "router1"))


def test_a_declared_name_that_is_another_is_a_contradiction() -> None:
    assert ids(hostname(whole(), "JN-DSJ-CE09"), AGREEMENT) == {"access.doc.hostname-differs"}


def test_a_lan_that_is_declared_and_not_configured_is_a_contradiction() -> None:
    assert ids(lan(whole(), "59.240.10.0/25"), AGREEMENT) == {"access.doc.lan"}
    assert not ids(lan(whole(), "59.240.10.5/24"), AGREEMENT)


def test_a_lan_outside_the_allocation_is_told_once() -> None:
    case = lan(whole(), "59.241.10.0/24")
    assert "in-allocation" in reds(case)
    assert "access.doc.lan" not in ids(case, AGREEMENT)


def test_an_uplink_address_that_is_another_is_a_contradiction() -> None:
    old = config_of(whole()).interface(UP1)
    assert old is not None
    case = with_interface(whole(), UP1, addresses=(c.Address("59.254.1.3/30", at(101)), *old.addresses[1:]))
    assert reds(case) == {AGREEMENT}
    assert ids(case, AGREEMENT) == {"access.doc.uplink"}


def test_an_interface_that_the_configuration_lacks_is_told() -> None:
    kept = tuple(one for one in config_of(whole()).interfaces if one.name != LAN)
    assert "access.doc.no-interface" in ids(with_config(whole(), interfaces=kept), AGREEMENT)


def comparison(case: Case, *spoken: Spoken) -> Told:
    told = Told("configuration")
    sources_agree(case, told, spoken)
    return told


def spoken(subject: str, contradicts: str = "") -> Spoken:
    return Spoken("probe", Location("observed/lan.json"), message("access.ras.none"), subject, contradicts)


def test_what_a_clause_told_of_a_subject_is_not_told_again() -> None:
    limited = with_interface(whole(), UP1, limit=is_set(500))
    assert comparison(limited).faults
    assert not comparison(limited, spoken("up1.bandwidth")).faults
    assert not comparison(limited, spoken(f"ce01.{UP1}")).faults
    assert comparison(limited, spoken("up2.bandwidth")).faults


def test_each_contradiction_is_one_fault_of_the_probe() -> None:
    told = comparison(whole(), spoken("x", "configuration"), spoken("x", "configuration"), spoken("y"))
    assert [(one.method, one.reason.id) for one in told.faults] == [("probe", "access.doc.contradiction")] * 2


def unread(case: Case, topic: str, number: int = 1) -> Case:
    return with_config(case, unread=tuple(c.Unread(topic, at(900 + line)) for line in range(number)))


def test_lines_that_were_not_understood_are_doubts_and_bounded() -> None:
    case = unread(whole(), "interface", 1000)
    assert reds(case) == set()
    assert {"export-complete", AGREEMENT} <= doubtful(case)
    assert len(judged(case)["export-complete"].doubts) == 100
    assert AGREEMENT not in doubtful(unread(whole(), "snmp"))


def test_a_configuration_that_says_nothing_is_no_pass() -> None:
    case = with_config(whole(), coverage=(c.Coverage(FILE, 0, 0, 0),))
    assert ids(case, "export-complete") == {"access.doc.nothing-read"}


@pytest.mark.parametrize("ours", [True, False])
def test_an_export_of_another_platform_is_red_and_of_an_unsupported_one_not_run(ours: bool) -> None:
    case = whole()
    reason = message("access.unreadable", device="ce01")
    case = replace(case, devices=(replace(case.devices[0], config=Unreadable(Location(FILE), reason, ours)),))
    said = judged(case)["export-complete"]
    assert bool(said.faults) is not ours
    assert "configuration" in said.unruns
    assert not judged(case)[AGREEMENT].faults


def test_without_a_source_the_comparison_is_not_run() -> None:
    assert "configuration" in judged(without_configuration(whole()))[AGREEMENT].unruns
    assert "probe" in judged(unobserved(whole()))[AGREEMENT].unruns


def test_what_a_setting_says_that_nobody_understood_is_a_doubt() -> None:
    assert {"naming", AGREEMENT} <= doubtful(with_config(whole(), hostname=c.Read(c.UNKNOWN)))
    assert AGREEMENT in doubtful(with_interface(whole(), UP1, limit=c.Read(c.UNKNOWN)))
    assert "naming" in doubtful(with_interface(whole(), UP1, description=c.Read(c.UNKNOWN)))
