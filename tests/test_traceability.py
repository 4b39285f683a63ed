"""Every requirement is traced: clause to test to mutant and back; no id vanishes or changes its meaning unnoticed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.matrix import (
    MUTANTS,
    PAGE,
    REGISTER,
    SUITES,
    Matrix,
    Mutant,
    SuiteTest,
    faults,
    page,
    read_matrix,
    read_mutants,
    register_faults,
    registered_anew,
    suite_tests,
)
from conformance.messages import Message
from conformance.standard.model import Requirement, Text
from conformance.standard.pack import load_yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return read_matrix(ROOT)


def told(messages: Any) -> list[str]:
    return [one.render("en") for one in messages]


def ids(messages: Any) -> set[str]:
    found: list[Message] = list(messages)
    return {one.id.removeprefix("matrix.fault.") for one in found}


def test_every_requirement_is_traced(matrix: Matrix) -> None:
    assert not (found := told(faults(matrix))), "\n".join(found)


def test_no_requirement_id_vanished_or_changed_its_meaning(matrix: Matrix) -> None:
    assert not (found := told(register_faults(matrix, load_yaml(ROOT / REGISTER)))), "\n".join(found)


def test_the_page_is_fresh(matrix: Matrix) -> None:
    assert (ROOT / PAGE).read_text("utf-8") == page(matrix), "stale: run `python -m conformance.matrix`"


def test_the_page_has_a_row_for_each_requirement_in_both_languages(matrix: Matrix) -> None:
    lines = page(matrix).splitlines()
    for id_, requirement in matrix.requirements.items():
        (row,) = [line for line in lines if line.startswith(f"| {id_} |")]
        assert f"| {requirement.title.zh}<br>{requirement.title.en} |" in row
        assert row.count("|") == lines[lines.index(row) - 1].count("|")


# The tests below show that each of these faults is really seen: a matrix without a fault, then with just one.


def requirement(id_: str, **changes: Any) -> Requirement:
    some = next(iter(read_matrix(ROOT).requirements.values()))
    return replace(some, id=id_, **changes)


def traced() -> Matrix:
    """One requirement with its test and its mutant, in a pack that holds nothing else."""
    pack = read_matrix(ROOT).packs[0]
    return Matrix(
        (replace(pack, requirements={"XX-ONE": requirement("XX-ONE")}),),
        (SuiteTest("test_it", "test_one", "XX-ONE"),),
        (Mutant("breaks_one", "XX-ONE", ("XX-ONE",), near_miss=True),),
    )


def test_nothing_is_wrong_with_the_example() -> None:
    assert ids(faults(traced())) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tests": ()}, {"no-test"}),
        ({"mutants": ()}, {"no-mutant", "no-near-miss"}),
        ({"mutants": (Mutant("breaks_one", "XX-ONE", ("XX-ONE",), near_miss=False),)}, {"no-near-miss"}),
        ({"tests": (*traced().tests, SuiteTest("test_it", "test_again", "XX-ONE"))}, {"two-tests"}),
        ({"tests": (*traced().tests, SuiteTest("test_it", "test_nothing", ""))}, {"unmarked"}),
        ({"tests": (*traced().tests, SuiteTest("test_it", "test_other", "XX-TWO"))}, {"no-requirement"}),
        ({"mutants": (*traced().mutants, Mutant("m", "XX-TWO", ("XX-TWO",), near_miss=True))}, {"no-requirement"}),
        ({"mutants": (*traced().mutants, Mutant("m", "XX-ONE", (), near_miss=True))}, {"not-its-own"}),
    ],
)
def test_each_fault_is_seen(changes: dict[str, Any], expected: set[str]) -> None:
    assert ids(faults(replace(traced(), **changes))) == expected


def test_what_no_machine_tests_needs_neither_test_nor_mutant() -> None:
    example = traced()
    attested = {"XX-ONE": requirement("XX-ONE", testability="attested")}
    pack = replace(example.packs[0], requirements=attested)
    assert ids(faults(Matrix((pack,), (), ()))) == set()


def test_the_register_sees_what_is_new_changed_vanished_or_reused() -> None:
    example = traced()
    register = registered_anew(example, {})
    assert ids(register_faults(example, register)) == set()
    assert ids(register_faults(example, {})) == {"new"}

    pack = example.packs[0]
    other = {"XX-ONE": requirement("XX-ONE", text=Text("另一句话。", "Something else."))}
    changed = replace(example, packs=(replace(pack, requirements=other),))
    assert ids(register_faults(changed, register)) == {"changed"}

    emptied = replace(example, packs=(replace(pack, requirements={}),))
    assert ids(register_faults(emptied, register)) == {"vanished"}
    withdrawn = registered_anew(emptied, register)
    assert ids(register_faults(emptied, withdrawn)) == set()
    assert ids(register_faults(example, withdrawn)) == {"reused"}
    assert ids(register_faults(example, registered_anew(example, withdrawn))) == {"reused"}


@pytest.mark.parametrize("fault", ["new", "vanished", "changed"])
def test_a_fault_of_the_register_says_how_to_update_it(fault: str) -> None:
    for text in Message(f"matrix.fault.{fault}", {"pack": "p@1", "id": "XX-ONE"}).both().values():
        assert "python -m conformance.matrix --register" in text


def test_suites_are_read_without_being_imported(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "raise SystemExit\n"
        "@requirement('XX-ONE')\ndef test_one(values): ...\n"
        "@harness.requirement('XX-TWO')\ndef test_two(values): ...\n"
        "@pytest.mark.slow\ndef test_three(values): ...\n"
        "@requirement('XX-FOUR')\ndef four(values): ...\n"
        "def helper(): ...\n",
        "utf-8",
    )
    found = {test.function: test.requirement for test in suite_tests(tmp_path)}
    assert found == {"test_one": "XX-ONE", "test_two": "XX-TWO", "test_three": "", "four": "XX-FOUR"}


def test_mutants_are_read_by_what_they_turn_red(tmp_path: Path) -> None:
    (tmp_path / "breaks.yaml").write_text(
        'requirement: XX-ONE\nred: {"XX-ONE@a.b": fail, "XX-TWO@a.c": fail, "XX-TWO@a.d": inconclusive}\n', "utf-8"
    )
    assert list(read_mutants(tmp_path)) == [Mutant("breaks", "XX-ONE", ("XX-ONE", "XX-TWO"), near_miss=False)]


def test_the_folders_that_are_read_hold_something() -> None:
    assert list((ROOT / SUITES).glob("test_*.py")) and list((ROOT / MUTANTS).glob("*.yaml"))
