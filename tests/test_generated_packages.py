"""Generated packages: whole ones pass schema, stream and content; a broken facet turns its requirement red, alone.

Two thousand of each, from seeds, over every dataset and format, through the same way that a run takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from conformance.handover import judge_handover
from conformance.judge.faults import FaultCounter
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Judged, Rulebook
from conformance.judge.rules import compile_rules
from conformance.sample.broken import FACETS, SCHEMA_FACETS
from conformance.sample.cases import PackageCase, broken_package_case, package_case
from conformance.standard.standards import Standards
from conformance.system.declaration import Place, Source, Target
from conformance.system.handed_over import PACKAGE, exchange_dataset
from conformance.system.package.reading import PackageSchemas, read_package
from conformance.system.second_opinion import Complaint, SecondOpinion

CASES, SHARDS = 2000, 8
CHARACTERS = ("charset", "blank", "halfwidth")
AS_OF = "20261121"


@cache
def standards() -> Standards:
    return Standards.load([("exchange", "2019")])


@cache
def prepared(dataset: str) -> tuple[Dataset, Rulebook, SecondOpinion]:
    """What all packages of a dataset are judged by."""
    spec = standards().datasets[dataset]
    source = Source(Path(), Place(1, 1, ""))
    target = exchange_dataset(Target("t", PACKAGE, source, dataset=dataset), standards(), AS_OF)
    opinion = SecondOpinion(spec, standards().exchange, standards().exchange_folder() / "schemas")
    return target, compile_rules(target, standards()), opinion


def judged(case: PackageCase, path: Path) -> Judged:
    dataset, book, _ = prepared(case.spec.id)
    return judge_handover(dataset, book, standards(), Source(path, Place(1, 1, ""))).judged


def red(found: Judged) -> Mapping[tuple[str, str], int]:
    """Each rule and label that is not wholly green, with how often."""
    counts = {key: tally.violations + tally.undecided for key, tally in found.tallies.items()}
    return {key: number for key, number in counts.items() if number}


def complaints(case: PackageCase, path: Path) -> Iterator[tuple[int, Complaint]]:
    """What the schema validators say of each record."""
    _, _, opinion = prepared(case.spec.id)
    schemas = PackageSchemas.of(standards().exchange_folder())
    with read_package(path, case.spec, standards().exchange, schemas, FaultCounter(9)) as reading:
        rows = [row for frame in reading.batches() for row in frame["\x00row"].to_list()]
        for row, (form, text) in reading.fragments(rows).items():
            yield from ((row, one) for one in opinion.judge(text, form))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_whole_package_is_accepted_by_schema_stream_and_content(shard: int, tmp_path: Path) -> None:
    for number in range(shard, CASES, SHARDS):
        case = package_case(number, standards())
        path = case.write(tmp_path / f"{number}", standards())
        found = judged(case, path)
        assert found.rows == case.frame.height, case
        assert red(found) == {}, case
        assert list(complaints(case, path)) == [], case


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_broken_facet_turns_its_requirement_red_alone(shard: int, tmp_path: Path) -> None:
    for number in range(shard, CASES, SHARDS):
        case = broken_package_case(number, standards())
        path = case.write(tmp_path / f"{number}", standards())
        assert case.broken is not None
        rules = {rule for rule, _ in red(judged(case, path))}
        assert rules == {FACETS[case.broken.facet]}, case
        field, facet = case.broken.field, case.broken.facet
        told = list(complaints(case, path))
        if facet in SCHEMA_FACETS:
            assert told == [(case.broken.row, Complaint(field, facet))], case
        else:
            # The rules over characters come before the schema's: of a value that breaks them it may say anything.
            assert all(facet in CHARACTERS and one.field == field for _, one in told), case
