"""Values and packages drawn from the packs: what is whole passes, what is broken fails for its facet and no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conformance.judge.engine_polars import judge_few
from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.rulebook import Rulebook
from conformance.judge.rules import compile_rules
from conformance.sample.broken import requirement_of
from conformance.sample.cases import AS_OF, PackageCase, package_case
from conformance.sample.errors import SampleError
from conformance.sample.strategies import broken_packages, broken_values, packages, values
from conformance.standard.model import Element
from conformance.standard.standards import Standards

QUIET = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def standards() -> Standards:
    return Standards.load([("exchange", "2019")])


@cache
def elements() -> tuple[Element, ...]:
    """Every element that a dataset exchanges, once."""
    found = {one.element.id: one.element for spec in standards().datasets.values() for one in spec.fields}
    return tuple(found.values())


@cache
def book() -> Rulebook:
    """One dataset with a column for each element: each value is judged by its own chain."""
    columns = tuple(column(element) for element in elements())
    return compile_rules(Dataset("values", columns, AS_OF), standards())


def column(element: Element) -> Column:
    kind, _, system = element.domain.partition(":")
    return Column(element.id, element, element.id, division=DivisionUse(system) if kind == "division" else None)


def red(value_of: Mapping[str, str]) -> set[tuple[str, str]]:
    """What one record of such values turns red or leaves undecided: (requirement, element)."""
    rules = {one.rule: one.id for one in standards().requirements.values()}
    judged = judge_few(book(), {1: value_of}, [element.id for element in elements()])
    return {(rules[rule], label) for (rule, label), one in judged.tallies.items() if one.violations or one.undecided}


@st.composite
def records_of_values(draw: st.DrawFn) -> dict[str, str]:
    return {element.id: draw(values(element, standards())) for element in elements()}


@st.composite
def records_of_broken_values(draw: st.DrawFn) -> dict[str, tuple[str, str]]:
    return {element.id: draw(broken_values(element, standards())) for element in elements()}


@given(records_of_values())
@settings(QUIET, max_examples=3, phases=[Phase.generate])
def test_values_of_every_element_pass_their_chains(record: dict[str, str]) -> None:
    assert red(record) == set()


@given(records_of_broken_values())
@settings(QUIET, max_examples=3, phases=[Phase.generate])
def test_broken_values_fail_their_facet_and_nothing_before_it(record: dict[str, tuple[str, str]]) -> None:
    expected = {(requirement_of(facet, standards()), id_) for id_, (facet, _) in record.items()}
    assert red({id_: value for id_, (_, value) in record.items()}) == expected


@given(packages(standards()))
@QUIET
def test_a_number_always_gives_the_same_package(case: PackageCase) -> None:
    again = package_case(case.number, standards())
    assert again.frame.equals(case.frame)
    assert replace(again, frame=case.frame) == case


@given(broken_packages(standards()))
@QUIET
def test_a_broken_package_differs_from_the_whole_one_in_one_record(case: PackageCase) -> None:
    whole = package_case(case.number, standards())
    pairs = enumerate(zip(whole.frame.rows(), case.frame.rows(), strict=True), 1)
    assert case.broken is not None
    assert [row for row, (before, after) in pairs if before != after] == [case.broken.row]


def test_binary_elements_have_no_text() -> None:
    photograph = standards().elements["4223.1-05-043"]
    with pytest.raises(SampleError, match="binary"):
        values(photograph, standards())
