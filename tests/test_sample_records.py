"""Records without a recipe: every dataset's are whole, and one broken facet turns red its own requirement only."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest

from conformance.judge.engine_polars import judge
from conformance.judge.engine_polars.counting import ROW
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Judged
from conformance.judge.rules import compile_rules
from conformance.sample.broken import FACETS, Broken, break_facet, breakable, requirement_of
from conformance.sample.errors import SampleError
from conformance.sample.records import records
from conformance.standard.standards import Standards
from conformance.system.declaration import Place, Source, Target
from conformance.system.handed_over import PACKAGE, exchange_dataset

AS_OF = "20261121"
DATASETS = sorted(path.stem for path in (Path(__file__).parents[1] / "standards/exchange/2019/datasets").glob("*.yaml"))
#: Records in which each fault has its place: a window of them is sure to hold a value of every field.
WINDOW = 12

Red = set[tuple[str, str, int]]


@cache
def standards() -> Standards:
    return Standards.load([("exchange", "2019")])


@cache
def dataset(id_: str) -> Dataset:
    source = Source(Path(), Place(1, 1, ""))
    return exchange_dataset(Target(id_, PACKAGE, source, dataset=id_), standards(), AS_OF)


def judged(id_: str, frame: pl.DataFrame) -> Judged:
    batch = frame.with_columns(CZLX=pl.lit("I")).with_row_index(ROW, 1)
    return judge(compile_rules(dataset(id_), standards()), lambda: iter((batch,)), {}, sample_limit=100_000)


def red(result: Judged) -> Red:
    """Everything red or undecided: (requirement, column's label, row); the key has no label."""
    requirements = {one.rule: one.id for one in standards().requirements.values()}
    return {
        (requirements[rule], label, sample.row)
        for (rule, label), tally in result.tallies.items()
        for sample in (*tally.samples, *tally.undecided_samples)
    }


def expected(broken: Broken, id_: str, offset: int = 0) -> Red:
    label = "" if broken.facet == "key" else dataset(id_).column(broken.field).label
    return {(broken.requirement, label, offset + broken.row)}


def test_there_are_datasets() -> None:
    assert set(DATASETS) == set(standards().datasets) != set()


@pytest.mark.parametrize("id_", DATASETS)
def test_records_of_every_dataset_pass_every_rule(id_: str) -> None:
    frame = records(standards().datasets[id_], standards(), 3, 300, AS_OF)
    result = judged(id_, frame)
    assert (result.rows, red(result)) == (300, set())
    assert all(frame[column.name].count() for column in dataset(id_).columns if column.name in frame.columns)


@pytest.mark.parametrize("day", ["20211231", "20261121"])
def test_records_are_whole_on_other_days_and_none_is_later(day: str) -> None:
    for id_ in ("migration-in", "enterprise"):
        spec = standards().datasets[id_]
        frame = records(spec, standards(), 1, 200, day)
        dates = [one.name for one in spec.fields if one.element.format.kind == "picture"]
        assert max(frame.select(pl.max_horizontal(pl.col(dates).max())).row(0)) <= day


def test_the_same_seed_gives_the_same_records_and_another_others() -> None:
    spec = standards().datasets["cremation"]
    first, again, other = (records(spec, standards(), seed, 50, AS_OF) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


@pytest.mark.parametrize("id_", DATASETS)
def test_each_broken_facet_turns_red_its_requirement_and_nothing_else(id_: str) -> None:
    """Every facet of every field that has it, each in a window of records of its own, judged together."""
    spec = standards().datasets[id_]
    cases = [
        (facet, field)
        for facet, fields in breakable(records(spec, standards(), 5, 60, AS_OF), spec, standards()).items()
        if facet not in ("unique", "key")
        for field in fields
    ]
    frame = records(spec, standards(), 5, WINDOW * len(cases), AS_OF)
    windows, red_expected = [], set()
    for number, (facet, field) in enumerate(cases):
        window = frame.slice(number * WINDOW, WINDOW)
        broken = break_facet(window, spec, facet, number, standards(), field=field)
        windows.append(broken.frame)
        red_expected |= expected(broken, id_, number * WINDOW)
    assert len(red_expected) == len(cases) > 50
    assert red(judged(id_, pl.concat(windows))) == red_expected


@pytest.mark.parametrize("id_", DATASETS)
@pytest.mark.parametrize("facet", ["unique", "key"])
def test_a_repeated_value_or_key_is_red_on_both_records(id_: str, facet: str) -> None:
    spec = standards().datasets[id_]
    frame = records(spec, standards(), 2, 40, AS_OF)
    if facet == "unique" and not any(one.unique for one in spec.fields):
        with pytest.raises(SampleError):
            break_facet(frame, spec, facet, 9, standards())
        return
    broken = break_facet(frame, spec, facet, 9, standards())
    found = red(judged(id_, broken.frame))
    assert expected(broken, id_) <= found
    assert {requirement for requirement, _, _ in found} == {requirement_of(facet, standards())}
    assert len(found) == 2


def test_every_facet_can_be_broken_in_some_dataset() -> None:
    found: set[str] = set()
    for spec in standards().datasets.values():
        found |= set(breakable(records(spec, standards(), 1, 60, AS_OF), spec, standards()))
    assert found == set(FACETS)


def test_a_facet_that_no_field_has_is_told() -> None:
    spec = standards().datasets["enterprise"]
    frame = records(spec, standards(), 1, 20, AS_OF)
    for facet in ("range", "colour"):
        with pytest.raises(SampleError, match=facet):
            break_facet(frame, spec, facet, 0, standards())
