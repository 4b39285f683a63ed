"""The set-based engine and the plain oracle say the same of any data: counts, samples, what the gate lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import permutations
from typing import Any

import polars as pl
import pytest
from differential import Case, Maker, Row
from differential_tables import TableMaker
from differential_values import DATES, DECKS, ELEMENTS, STANDARDS
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.evidence.mask import Masker
from conformance.evidence.samples import Sampler
from conformance.judge import oracle
from conformance.judge.engine_polars import gate, judge, key_values
from conformance.judge.engine_polars.counting import ROW, ChainCount, GroupCount, all_present
from conformance.judge.model import Dataset, DivisionUse
from conformance.judge.rulebook import Tally
from conformance.judge.table import judge_table
from conformance.plan import Assignment, make_plan

#: What is said of one requirement on one target: checked, violations, undecided, and the first rows of each.
Said = tuple[int, int, int, tuple[int, ...], tuple[int, ...]]
Pairs = Mapping[tuple[str, str], Said]
SEEDS = st.integers(0, 2**32 - 1)
LIMIT, PARTS = 20, 12
#: One element of each kind that can be judged differently.
DISTINCT = list(
    {
        (str(e.format), e.domain, e.minimum, e.maximum, e.halfwidth, e.conflict, STANDARDS.pack_of(e).dialect): e
        for e in ELEMENTS
    }.values()
)


def frame(rows: list[Row], columns: set[str]) -> pl.DataFrame:
    """The rows as a source gives them: text columns, and the number of each."""
    data: dict[str, Any] = {name: [row.get(name) for row in rows] for name in sorted(columns)}
    schema: dict[str, Any] = {ROW: pl.UInt64, **dict.fromkeys(sorted(columns), pl.String)}
    return pl.DataFrame({ROW: range(1, len(rows) + 1), **data}, schema=schema)


def batches_of(whole: pl.DataFrame, size: int) -> Callable[[], Iterator[pl.DataFrame]]:
    """The batches of so many records (0: all), as often as they are asked for."""
    return lambda: whole.iter_slices(size) if size and whole.height else iter([whole])


def tallies(case: Case, size: int = 0, limit: int = LIMIT) -> list[tuple[Assignment, Tally]]:
    """What the engine counts for each requirement in the plan."""
    plan = make_plan((case.dataset,), STANDARDS)
    if case.dataset.table is not None:
        rows = list(enumerate(case.rows, 1))
        judged = judge_table(case.dataset, rows, STANDARDS.divisions, sample_limit=limit)
    else:
        book, keys = plan.books["t"], {}
        for rule in book.references:
            other = batches_of(frame(case.others[rule.to], set(rule.to_columns)), 3)
            keys[rule.to, rule.to_columns] = key_values(other, rule.to_columns)
        batches = batches_of(frame(case.rows, set(book.columns)), size)
        judged = judge(book, batches, keys, sample_limit=limit)
        assert judged.rows == len(case.rows)
    return [(one, judged.tallies[one.rule, one.label]) for one in plan.assignments]


def engine(case: Case, size: int = 0, limit: int = LIMIT) -> Pairs:
    """What the engine says, reading so many records at a time."""
    return {
        (one.requirement.id, one.target): (
            tally.checked,
            tally.violations,
            tally.undecided,
            tuple(sample.row for sample in tally.samples),
            tuple(sample.row for sample in tally.undecided_samples),
        )
        for one, tally in tallies(case, size, limit)
    }


def second_opinion(case: Case) -> Mapping[tuple[str, str], oracle.OracleResult]:
    """What the oracle says."""
    return oracle.judge(case.dataset, case.rows, STANDARDS, case.others)


def expected(case: Case, limit: int = LIMIT) -> Pairs:
    """What the oracle says, in the engine's words."""
    return {
        pair: (r.checked, len(r.violations), len(r.undecided), r.violations[:limit], r.undecided[:limit])
        for pair, r in second_opinion(case).items()
    }


def differences(case: Case, said: Pairs, right: Pairs) -> list[str]:
    """Where the two differ, with what is needed to see why."""
    found = []
    for pair in sorted(said.keys() | right.keys()):
        if said.get(pair) != right.get(pair):
            rows = {row for one in (said.get(pair), right.get(pair)) if one for row in (*one[3], *one[4])}
            shown = [(row, case.rows[row - 1]) for row in sorted(rows)[:6] if row <= len(case.rows)]
            found.append(f"{pair}: engine {said.get(pair)}, oracle {right.get(pair)}\n  {shown}")
    dataset = case.dataset
    shape = [(c.name, c.element.id, str(c.element.format), c.element.domain, c.also, c.date) for c in dataset.columns]
    return [f"seed {case.seed}", *found, f"{dataset.table} {dataset.as_of} {shape} {dataset.links}"] if found else []


def assert_agree(case: Case, size: int = 0, limit: int = LIMIT) -> None:
    """Engine and oracle say the same."""
    found = differences(case, engine(case, size, limit), expected(case, limit))
    assert not found, "\n".join(found)


def of_divisions(seed: int, systems: list[str], rows: int) -> Case:
    """Columns of division codes of these systems, judged at the date beside them."""
    maker = Maker(seed)
    columns = [replace(maker.column(maker.rng.choice(DECKS[0])), division=DivisionUse(s), date="d") for s in systems]
    records: list[Row] = [
        {"d": maker.rng.choice(DATES), **{c.name: maker.values.any(c, columns) for c in columns}} for _ in range(rows)
    ]
    return Case(seed, Dataset("t", tuple(columns), "20261121"), records)


@contextmanager
def gate_of(mode: str) -> Iterator[None]:
    """The gate as for small data, or as for large: texts numbered and answers remembered, with room or without."""
    with pytest.MonkeyPatch.context() as patch:
        if mode != "small":
            patch.setattr(gate, "FEW_ROWS", 1)
            patch.setattr(gate, "WIDTH", 0)
        if mode == "crowded":
            patch.setattr(gate, "MOST_CELLS", 40)
        yield


def suspects(case: Case, size: int = 0) -> set[int]:
    """The rows that the gate does not let through."""
    met: set[int] = set()
    take = ChainCount.take

    def watched(self: ChainCount, records: pl.DataFrame, *, exact: bool) -> Any:
        met.update(records[ROW].to_list())
        return take(self, records, exact=exact)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChainCount, "take", watched)
        engine(case, size)
    return met


def refused(case: Case) -> set[int]:
    """The rows that some rule of single records refuses or leaves undecided; repeats are found without the gate."""
    rows: set[int] = set()
    for (requirement, _), result in second_opinion(case).items():
        if requirement == "DS-KEY":
            rows |= {n for n in result.violations if not all(case.rows[n - 1][name] for name in case.dataset.key)}
        elif requirement != "DE-UNIQUE":
            rows |= {*result.violations, *result.undecided}
    return rows


@pytest.mark.parametrize("mode", ["small", "large", "crowded"])
@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_engine_and_oracle_agree_on_any_dataset(mode: str, seed: int) -> None:
    with gate_of(mode):
        assert_agree(Maker(seed).case(rows=50), size=0 if mode == "small" else 20)


@pytest.mark.parametrize("part", range(PARTS))
def test_engine_and_oracle_agree_on_every_element(part: int) -> None:
    """Each element of the packs that is not judged like another one, and each that no pack has yet."""
    maker = Maker(part)
    assert_agree(maker.case(rows=70, elements=DISTINCT[part::PARTS]))


@pytest.mark.parametrize("mode", ["small", "large"])
@settings(max_examples=6, deadline=None)
@given(seed=SEEDS)
def test_where_a_batch_ends_changes_nothing(mode: str, seed: int) -> None:
    case = Maker(seed).case(rows=12)
    with gate_of(mode):
        whole = engine(case)
        assert engine(case, size=7) == whole
        assert engine(case, size=1) == whole
    assert whole == expected(case)


@pytest.mark.parametrize("mode", ["large", "crowded"])
def test_what_the_gate_remembers_stays_true_when_new_texts_come(mode: str) -> None:
    """Codes are judged by code, by province and by year: each batch brings new ones of each."""
    for seed in range(3):
        with gate_of(mode):
            assert_agree(of_divisions(seed, ["stat-9", "gbt-10114"], rows=120), size=10)


def test_dates_of_any_two_pictures_are_put_in_order() -> None:
    """By their digits, as far as both go: a T between date and time is no greater than a digit."""
    maker = Maker(3)
    dated = [each for each in ELEMENTS if each.format.kind == "picture" and each.format.picture.startswith("YYYY")]
    columns = [maker.column(element) for element in {each.format.picture: each for each in dated}.values()]
    for first, second in permutations(columns, 2):
        maker.link("order", {"first": first.name, "second": second.name})
    instants = ["20200101101112", "20200101101113", "20200102000000"]
    rows: list[Row] = [
        {c.name: maker.values.date(c.element.format.picture, maker.rng.choice(instants)) for c in columns}
        for _ in range(30)
    ]
    assert_agree(Case(3, Dataset("t", tuple(columns), "20261121", links=tuple(maker.links)), rows))


def test_keys_of_one_hash_are_not_yet_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key has one hash here: only those that are equal are repeats."""
    monkeypatch.setattr(
        GroupCount, "hash", lambda self: pl.when(all_present(self.rule.columns)).then(pl.lit(7, pl.UInt64))
    )
    for seed in range(3):
        assert_agree(Maker(seed).case(rows=40), size=9)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, limit=st.integers(0, 5))
def test_samples_are_the_first_rows_however_few(seed: int, limit: int) -> None:
    assert_agree(Maker(seed).case(rows=40), size=9, limit=limit)


@pytest.mark.parametrize("mode", ["small", "large", "crowded"])
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS)
def test_no_row_that_a_rule_refuses_or_leaves_open_passes_the_gate(mode: str, seed: int) -> None:
    case = Maker(seed).case(rows=50)
    with gate_of(mode):
        assert refused(case) <= suspects(case, size=20)


def test_the_gate_lets_through_what_is_clean() -> None:
    """It may be too strict, but one that stops everything is none."""
    clean = stopped = 0
    for seed in range(10):
        case = Maker(seed).case(rows=60)
        right = set(range(1, 61)) - refused(case)
        clean, stopped = clean + len(right), stopped + len(right & suspects(case))
    assert clean > 50
    assert stopped <= clean // 20


def test_a_dataset_without_records_has_no_findings() -> None:
    case = Maker(1).case(rows=0)
    assert {said[:3] for said in engine(case).values()} == {(0, 0, 0)}
    assert engine(case) == expected(case)


def test_codes_of_twelve_digits() -> None:
    """The largest table; read here only."""
    assert_agree(of_divisions(12, ["stat-12"], rows=300))


@settings(max_examples=40, deadline=None)
@example(seed=7854)
@given(seed=SEEDS)
def test_engine_and_oracle_agree_on_any_division_table(seed: int) -> None:
    assert_agree(TableMaker(seed).case(rows=40))


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS)
def test_every_sample_can_be_explained_in_both_languages(seed: int) -> None:
    for case in (Maker(seed).case(rows=40), TableMaker(seed).case(rows=20)):
        for assignment, tally in tallies(case):
            sampler = Sampler(case.dataset, STANDARDS, Masker(b"k" * 32))
            for sample in sampler.samples(assignment.rule, tally, 2 * LIMIT):
                assert sample.reason.render("zh")
                assert sample.reason.render("en")
