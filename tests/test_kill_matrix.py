"""The machinery of the kill matrix: a mutant that lies about itself is found out.

The matrix itself, every mutant judged, is ``tox -e kill-matrix``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import killmatrix
from conformance.killmatrix import ROOT, Result, Trial, faults, gaps, judge, page, read_mutants, reference_faults, trial
from conformance.sample.errors import SampleError
from conformance.sample.overlay import Mutant, NearMiss, read_changes
from conformance.standard.model import Requirement, Text
from conformance.standard.standards import Standards

NAME = "DE-MANDATORY@population.person.姓名"
ADDRESS = "DE-MANDATORY@population.household.户籍地址"
NUMBER = "DE-CHECK@population.person.公民身份号码"
GREEN = Trial({NAME: "pass", ADDRESS: "pass", NUMBER: "pass"}, 0)
RED = Trial({**GREEN.verdicts, NAME: "fail"}, 1)
#: Packs of the first reference, of that of exchange, and of those of services.
CLAIMS = [
    [("db37-4223.1", "2020"), ("gbt-39046", "2020"), ("divisions", "2026")],
    [("exchange", "2019")],
    [("services", "2020")],
    [("network-access", "draft")],
]


def changes(*raw: dict[str, Any]) -> Any:
    return read_changes(raw, "test")


def mutant(red: dict[str, str]) -> Mutant:
    text = Text("甲", "A")
    return Mutant("m", next(iter(red)).partition("@")[0], text, "reference", (), red, NearMiss(text, ()))


def said(red: dict[str, str], killed: Trial, near_miss: Trial = GREEN) -> set[str]:
    """The faults found, by their last words."""
    found = faults([Result(mutant(red), killed, near_miss)])
    return {told.id.removeprefix("killmatrix.fault.") for told in found}


@pytest.fixture(scope="module")
def requirements() -> tuple[Requirement, ...]:
    found: dict[str, Requirement] = {}
    for claims in CLAIMS:
        found.update(Standards.load(claims).requirements)
    return tuple(found.values())


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return killmatrix.write_reference(tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return killmatrix.write_reference(tmp_path_factory.mktemp("exchange"), "exchange")


@pytest.fixture(scope="module")
def green(reference: Path) -> Trial:
    return trial((), reference)


@pytest.fixture(scope="module")
def killed(reference: Path) -> Trial:
    """A real fault in two columns of two datasets."""
    empty = {"rows": {"last": 1}, "set": ""}
    person = {"dataset": "population.person", "column": "XM", **empty}
    return trial(changes(person, {"dataset": "population.household", "column": "HJDZ", **empty}), reference)


def test_the_reference_is_green_and_judged_throughout(green: Trial) -> None:
    assert list(reference_faults(green)) == []
    assert len(green.verdicts) > 600


def test_the_reference_of_exchange_is_green_and_judged_throughout(exchange: Path) -> None:
    green = trial((), exchange)
    assert list(reference_faults(green, "exchange")) == []
    around = {item.partition("@")[0] for item, verdict in green.verdicts.items() if verdict == "pass"}
    assert {f"EX-{name}" for name in ("ARCHIVE", "METADATA", "DOCTYPE", "FORMULA", "STATE")} <= around
    assert "ET-BATCHES" in around


def test_a_reference_in_which_a_requirement_has_nothing_to_judge_is_reported() -> None:
    formula = "EX-FORMULA@births.xml"
    idle = Trial({NAME: "pass", formula: "not-applicable"}, 0)
    assert [told.params["item"] for told in reference_faults(idle, "exchange")] == [formula]
    elsewhere = Trial({**idle.verdicts, "EX-FORMULA@enterprises.csv": "pass"}, 0)
    assert list(reference_faults(elsewhere, "exchange")) == []
    assert [told.params["item"] for told in reference_faults(elsewhere)] == [formula], "of the first, every one passes"


def test_a_mutant_is_made_of_the_reference_that_it_names(reference: Path, exchange: Path) -> None:
    mutants = read_mutants(ROOT / killmatrix.MUTANTS, ["skips_a_batch", "forgets_the_batch_table"])
    assert {one.of for one in mutants} == {"exchange"}
    results = judge({"reference": reference, "exchange": exchange}, mutants, workers=1)
    assert list(faults(results)) == []
    wrong = judge({"reference": exchange, "exchange": reference}, mutants[:1], workers=1)
    assert {told.id for told in faults(wrong)} == {"killmatrix.fault.broken", "killmatrix.fault.near-broken"}


def test_a_mutant_that_names_what_it_does_is_believed(green: Trial, killed: Trial) -> None:
    assert said({NAME: "fail", ADDRESS: "fail"}, killed, green) == set()
    assert killed.exit_code == 1


def test_a_mutant_that_claims_the_wrong_requirement_is_reported(green: Trial, killed: Trial) -> None:
    assert said({NUMBER: "fail"}, killed, green) == {"missed", "collateral"}


def test_collateral_is_reported_once_for_each(green: Trial, killed: Trial) -> None:
    found = list(faults([Result(mutant({NAME: "fail"}), killed, green)]))
    assert [(told.id, told.params["item"]) for told in found] == [("killmatrix.fault.collateral", ADDRESS)]


def test_a_harmless_mutant_is_reported_as_missed(reference: Path, green: Trial) -> None:
    optional = {"dataset": "population.person", "rows": {"where": {"CYM": None}}, "column": "CYM", "set": ""}
    assert said({NAME: "fail"}, trial(changes(optional), reference), green) == {"missed"}


def test_a_change_that_touches_nothing_is_no_kill(reference: Path) -> None:
    nowhere = {"dataset": "population.person", "rows": {"where": {"XM": "没有这个人"}}, "column": "XM", "set": ""}
    broken = trial(changes(nowhere), reference)
    assert broken.failure
    assert said({NAME: "fail"}, broken) == {"broken"}
    assert said({NAME: "fail"}, RED, broken) == {"near-broken"}


def test_a_declaration_that_cannot_be_used_is_no_kill(reference: Path) -> None:
    unknown = trial(changes({"declaration": {"/targets/population.person/columns/XM": "没有这个数据元"}}), reference)
    assert said({NAME: "fail"}, unknown) == {"broken"}


def test_another_verdict_than_the_named_one_is_reported() -> None:
    assert said({NAME: "inconclusive"}, RED) == {"other", "exit"}
    assert said({NAME: "fail"}, replace(RED, exit_code=3)) == {"exit"}
    undecided = Trial({**GREEN.verdicts, NAME: "inconclusive"}, 3)
    assert said({NAME: "inconclusive"}, undecided) == set()


def test_our_own_error_is_never_a_kill() -> None:
    assert said({NAME: "fail"}, Trial({**GREEN.verdicts, NAME: "error"}, 4)) == {"other", "exit"}


def test_a_red_near_miss_is_reported() -> None:
    assert said({NAME: "fail"}, RED, RED) == {"near"}
    assert said({NAME: "fail"}, RED, replace(GREEN, exit_code=1)) == {"near-exit"}


@pytest.mark.parametrize("near_miss", [{NAME: "not-applicable"}, {}])
def test_a_near_miss_that_leaves_nothing_to_judge_proves_nothing(near_miss: dict[str, str]) -> None:
    assert said({NAME: "fail"}, RED, Trial(near_miss, 0)) == {"near-idle"}


@pytest.mark.parametrize(
    "bad", [RED, Trial({NAME: "not-applicable"}, 0), Trial({NAME: "pass"}, 3), Trial({}, 2, "cannot be read")]
)
def test_a_reference_that_is_not_green_is_reported(bad: Trial) -> None:
    assert list(reference_faults(bad))


def test_a_requirement_that_no_mutant_turns_red_alone_is_a_gap(requirements: tuple[Requirement, ...]) -> None:
    without = {told.params["id"] for told in gaps([mutant({NAME: "fail"})], requirements)}
    assert without == {requirement.id for requirement in requirements} - {"DE-MANDATORY"}
    both = mutant({NAME: "fail", NUMBER: "fail"})
    assert "DE-MANDATORY" in {told.params["id"] for told in gaps([both], requirements)}
    attested = tuple(replace(requirement, testability="attested") for requirement in requirements)
    assert list(gaps([], attested)) == []


def test_every_automated_requirement_has_a_mutant_of_its_own(requirements: tuple[Requirement, ...]) -> None:
    assert list(gaps(read_mutants(ROOT / killmatrix.MUTANTS), requirements)) == []


def test_the_page_is_that_of_the_mutants(requirements: tuple[Requirement, ...]) -> None:
    """Whether the mutants do as it says is for the matrix itself to find out."""
    assert page(read_mutants(ROOT / killmatrix.MUTANTS), requirements) == (ROOT / killmatrix.PAGE).read_text("utf-8")


def test_the_page_tells_lone_kills_from_others(requirements: tuple[Requirement, ...]) -> None:
    both = replace(mutant({NAME: "fail", NUMBER: "fail"}), name="both")
    rows = {
        line.split("<br>")[0].strip("| "): line
        for line in page([mutant({NAME: "fail"}), both], requirements).split("\n")
    }
    alone, others = rows["DE-MANDATORY"].split(" | ")[1:3]
    assert alone.startswith("[m]")
    assert others.startswith("[both]")
    assert rows["DE-CHECK"].split(" | ")[1:] == ["—", others, "0 |"]


def test_a_stale_page_fails_and_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(killmatrix, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    settled = killmatrix.settled_page
    assert [told.id for told in settled("new", write=False)] == ["killmatrix.fault.stale"]
    assert list(settled("new", write=True)) == []
    assert list(settled("new", write=False)) == []
    assert [told.id for told in settled("newer", write=False)] == ["killmatrix.fault.stale"]
    assert (tmp_path / killmatrix.PAGE).read_text("utf-8") == "new"


def test_a_mutant_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SampleError):
        read_mutants(ROOT / killmatrix.MUTANTS, ["no_such_mutant"])
