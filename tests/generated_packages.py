"""Generated packages judged by number: in processes of their own, so this imports nothing of pytest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

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

#: Rules over characters come before the schema's: of a value that breaks them a schema may say anything.
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


def whole_case(number: int) -> str:
    """What is wrong with a package that conforms, as schema, stream and content see it; nothing should be."""
    case = package_case(number, standards())
    with TemporaryDirectory() as folder:
        path = case.write(Path(folder), standards())
        found = judged(case, path)
        wrong = (found.rows - case.frame.height, red(found), list(complaints(case, path)))
    return "" if wrong == (0, {}, []) else f"{number} {case.spec.id} {case.format}: {wrong}"


def broken_case(number: int) -> str:
    """How a package with one broken facet is not refused for that facet's requirement alone, and by its schema."""
    case = broken_package_case(number, standards())
    assert case.broken is not None
    field, facet = case.broken.field, case.broken.facet
    with TemporaryDirectory() as folder:
        path = case.write(Path(folder), standards())
        rules = {rule for rule, _ in red(judged(case, path))}
        told = list(complaints(case, path))
    if facet in SCHEMA_FACETS:
        agreed = told == [(case.broken.row, Complaint(field, facet))]
    else:
        agreed = all(facet in CHARACTERS and one.field == field for _, one in told)
    right = rules == {FACETS[facet]} and agreed
    return "" if right else f"{number} {case.spec.id} {case.format} {field} {facet}: {rules} {told}"
