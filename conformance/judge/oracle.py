"""The second opinion: every rule judged again, one value at a time, in plain Python.

Written from "How a value is judged: first cause first" in ``docs/architecture.md`` and the packs, without the
expression tree and without any engine; property tests hold the engines to it. It is slow and is meant to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from conformance.judge.model import Column, Dataset
from conformance.judge.oracle_chain import OracleResult, Record, Step, Tally, good, present, walk
from conformance.judge.oracle_divisions import OracleDivisions
from conformance.judge.oracle_places import PlaceRules, division_use
from conformance.judge.oracle_records import REQUIREMENTS, RecordRules, judge_key, judge_reference, judge_unique
from conformance.judge.oracle_schemes import schemes_of
from conformance.judge.oracle_tables import TableRules
from conformance.judge.oracle_values import ValueRules
from conformance.standard.standards import DIVISIONS, Standards

__all__ = ["OracleResult", "judge"]

Results = dict[tuple[str, str], OracleResult]


def judge(
    dataset: Dataset,
    rows: Sequence[Record],
    standards: Standards,
    others: Mapping[str, Sequence[Record]] | None = None,
) -> Mapping[tuple[str, str], OracleResult]:
    """What each requirement that applies says of the dataset, by (requirement id, target).

    Targets: ``<dataset>.<column label>``, ``<dataset>.<link label>``, and ``<dataset>`` for the key and for tables.
    ``others`` holds the rows of the datasets that references point to, by target; KeyError where one is missing.
    """
    results: Results = {}
    passed = {column.name: _judge_column(dataset, column, rows, standards, results) for column in dataset.columns}
    records = RecordRules(standards, lambda: divisions_of(standards), dataset, passed)
    for link in dataset.links:
        target = (REQUIREMENTS[link.kind], f"{dataset.target}.{link.label}")
        if link.to is not None:
            results[target] = judge_reference(link, rows, (others or {})[link.to[0]])
        elif records.applies(link):
            results[target] = records.judge(link, rows)
    if dataset.key:
        results["DS-KEY", dataset.target] = judge_key(dataset.key, rows)
    if dataset.table is not None:
        table = TableRules(divisions_of(standards), dataset, dataset.table)
        results |= {(requirement, dataset.target): result for requirement, result in table.judge(rows).items()}
    return results


def divisions_of(standards: Standards) -> OracleDivisions:
    """The oracle's own reading of the division pack among the standards."""
    return _read_divisions(standards.root / DIVISIONS / standards.packs[DIVISIONS].edition / "divisions")


@cache
def _read_divisions(folder: Path) -> OracleDivisions:
    return OracleDivisions(folder)


def _judge_column(
    dataset: Dataset, column: Column, rows: Sequence[Record], standards: Standards, results: Results
) -> set[int]:
    """Judge one column, and return the rows whose value passed the whole chain."""
    target = f"{dataset.target}.{column.label}"
    values = [present(record.get(column.name)) for record in rows]
    if column.mandatory:
        tally = Tally()
        for row, value in enumerate(values, start=1):
            tally.count(row, good(value is not None))
        results["DE-MANDATORY", target] = tally.result()
    chain, passed = walk(list(_steps(dataset, column, standards)), values, rows)
    results |= {(requirement, target): result for requirement, result in chain.items()}
    if column.unique:
        results["DE-UNIQUE", target] = judge_unique(column.name, rows)
    return passed


def _steps(dataset: Dataset, column: Column, standards: Standards) -> Iterator[Step]:
    yield from ValueRules(standards, dataset, column).steps()
    if division_use(column) or schemes_of(standards, column):
        yield from PlaceRules(standards, divisions_of(standards), dataset, column).steps()
