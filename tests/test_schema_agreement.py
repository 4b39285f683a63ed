"""Schema and content say the same of a value (``docs/exchange.md``, "Facets"): XSD, JSON Schema, oracle and engine.

A value that the content rules pass is valid. One red at DE-MANDATORY, DE-LENGTH, DE-FORMAT or DE-DOMAIN is refused for
that facet. One red, or undecided, at a later rule is valid: a schema error turns nothing else red. Only of values that
the rules over characters stop (they come before the length) a schema may say anything.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from differential_values import ODD, STRANGE, TEXT, Values
from differential_values import STANDARDS as OTHERS
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from conformance.judge import oracle
from conformance.judge.engine_polars import judge_few
from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.plan import make_plan
from conformance.standard.model import DatasetSpec, Field
from conformance.standard.pack import load_yaml
from conformance.standard.schemas.json_schema import json_schema_of
from conformance.standard.schemas.mapping import read_mapping
from conformance.standard.schemas.xsd import xsd_of
from conformance.standard.standards import Standards
from conformance.system.second_opinion import SecondOpinion

FACETS = {
    "DE-MANDATORY": "mandatory",
    "DE-LENGTH": "length",
    "DE-FORMAT": "format",
    "DE-DOMAIN": "domain",
}
BEFORE = ("DE-CHARSET", "DE-BLANK", "DE-HALFWIDTH")
NAME = "F"
XML_CHARACTERS = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
FOLDER = TemporaryDirectory()  # removed when the tests end
SEEDS = st.integers(0, 2**32 - 1)


def load() -> Standards:
    """The exchange pack, and the list and the scheme that the differential tests add to the packs."""
    standards = Standards.load([("exchange", "2019"), ("gbt-39046", "2020")])
    standards.codes = {**OTHERS.codes, **standards.codes}
    standards.schemes = {**OTHERS.schemes, **standards.schemes}
    return standards


STANDARDS = load()
RULES = STANDARDS.exchange
MAPPING = read_mapping(load_yaml(STANDARDS.exchange_folder() / "mapping.yaml"))


@dataclass(frozen=True)
class Subject:
    """One field, judged by everything that judges it."""

    field: Field
    folder: Path

    @cached_property
    def spec(self) -> DatasetSpec:
        """A dataset of that field alone."""
        any_ = next(iter(STANDARDS.datasets.values()))
        return replace(any_, id=self.folder.name, key=(), date="", fields=(self.field,), relations=())

    @cached_property
    def column(self) -> Column:
        """The field as the judge knows it."""
        field = self.field
        division = DivisionUse(field.division_system, field.division_levels) if field.division_system else None
        if field.element.domain.startswith("division:") and division is None:
            division = DivisionUse(field.element.domain.partition(":")[2])
        return Column(NAME, field.element, "f", field.mandatory, also=field.also, division=division)

    @cached_property
    def drawn(self) -> Column:
        """The same for the maker of values, who knows no element of the exchange pack."""
        known = self.field.element.id in OTHERS.elements
        element = self.field.element if known else replace(self.field.element, id=TEXT.id)
        return replace(self.column, element=element)

    @cached_property
    def dataset(self) -> Dataset:
        """The column alone."""
        return Dataset("t", (self.column,), "20261121")

    @cached_property
    def xsd(self) -> etree.XMLSchema:
        """The compiled XSD."""
        return etree.XMLSchema(etree.fromstring(xsd_of(self.spec, STANDARDS, MAPPING).encode()))

    @cached_property
    def opinion(self) -> SecondOpinion:
        """The second opinion on the generated files."""
        (self.folder / f"{self.spec.id}.xsd").write_text(xsd_of(self.spec, STANDARDS, MAPPING), "utf-8")
        (self.folder / f"{self.spec.id}.schema.json").write_text(json_schema_of(self.spec, STANDARDS, MAPPING), "utf-8")
        return SecondOpinion(self.spec, RULES, self.folder)

    def by_oracle(self, values: Sequence[str | None]) -> list[tuple[str, bool]]:
        """For each value the first requirement that does not pass it, and whether that is red; empty: all pass it."""
        said = oracle.judge(self.dataset, [{NAME: value} for value in values], STANDARDS)
        stops = [("", False)] * len(values)
        for (requirement, _), result in said.items():
            for rows, red in ((result.violations, True), (result.undecided, False)):
                for row in rows:
                    stops[row - 1] = (requirement, red)
        return stops

    def by_engine(self, values: Sequence[str | None]) -> list[tuple[str, bool]]:
        """The same of the engine."""
        plan = make_plan((self.dataset,), STANDARDS)
        judged = judge_few(plan.books["t"], {row: {NAME: value} for row, value in enumerate(values)}, [NAME])
        stops = [("", False)] * len(values)
        for one in plan.assignments:
            tally = judged.tallies[one.rule, one.label]
            for samples, red in ((tally.samples, True), (tally.undecided_samples, False)):
                for sample in samples:
                    stops[sample.row] = (one.requirement.id, red)
        return stops

    def by_xsd(self, value: str | None) -> bool:
        """Is a file with that one record valid?"""
        return bool(self.xsd.validate(etree.fromstring(self.xml(value, whole=True))))

    def xml(self, value: str | None, *, whole: bool = False) -> bytes:
        """The record in XML, or the file of it."""
        record = etree.Element("record")
        if value is not None:
            etree.SubElement(record, NAME).text = value
        inside = etree.tostring(record, encoding="unicode").replace("\r", "&#13;")
        namespace = RULES.namespace_of(self.spec.id, self.spec.edition)
        package = f"11370000000000000W_{self.spec.id}_F_000001"
        header = (
            f"<packageId>{package}</packageId><dataset>{self.spec.id}</dataset><edition>{self.spec.edition}</edition>"
        )
        file = (
            f'<dataset xmlns="{namespace}"><header>{header}<records>1</records></header><body>{inside}</body></dataset>'
        )
        return (file if whole else inside).encode()

    def complaints(self, value: str | None, format_: str) -> tuple[str, ...]:
        """The facets that the second opinion names."""
        record = {} if value is None else {NAME: value}
        fragment = self.xml(value) if format_ == "xml" else json.dumps(record).encode()
        return tuple(one.facet for one in self.opinion.judge(fragment, format_))


def fields() -> Iterator[Field]:
    """One field of each kind that can be judged differently: those of all datasets, and such as no pack has yet."""
    seen = set()
    strange = [Field(NAME, element) for element in STRANGE]
    strange += [replace(field, mandatory=True) for field in strange]
    twice = [Field(NAME, STANDARDS.elements["4223.1-05-001"], also=("gb-11643-15",))]
    own = [field for spec in STANDARDS.datasets.values() for field in spec.fields]
    for field in (*own, *strange, *twice):
        e = field.element
        rest = (field.also, field.division_system, field.division_levels, STANDARDS.pack_of(e).dialect)
        kind = (str(e.format), e.domain, e.minimum, e.maximum, e.halfwidth, e.conflict, field.mandatory, *rest)
        if kind not in seen:
            seen.add(kind)
            yield replace(field, name=NAME, date="", unique=False)


@cache
def subjects() -> tuple[Subject, ...]:
    root = Path(FOLDER.name)
    found = []
    for number, field in enumerate(fields()):
        folder = root / f"f{number}"
        folder.mkdir()
        found.append(Subject(field, folder))
    return tuple(found)


def values_of(subject: Subject, rng: Random, count: int) -> list[str | None]:
    """Values right and wrong, the other fields' among them, and such as are at the edge of a length."""
    values = Values(rng)
    others = [rng.choice(subjects()).drawn for _ in range(4)]
    drawn = [values.any(subject.drawn, others) for _ in range(count)]
    longest = subject.field.element.format.maximum or 12
    for size in {subject.field.element.format.minimum - 1, subject.field.element.format.minimum, longest, longest + 1}:
        if size > 0:
            drawn.append("".join(rng.choice(rng.choice(["0123456789", "aZ", "甲𠮷", "."])) for _ in range(size)))
            drawn.append(rng.choice("059") * size)
    return [*drawn, "", None, rng.choice(ODD)]


def expected(stop: tuple[str, bool]) -> tuple[str, ...] | None:
    """The facets that a schema must name; None where it may say anything."""
    requirement, red = stop
    if red and requirement in BEFORE:
        return None
    return (FACETS[requirement],) if red and requirement in FACETS else ()


def assert_same(subject: Subject, value: str | None, stop: tuple[str, bool], said: object, right: object) -> None:
    element = subject.field.element
    shape = (str(element.format), element.domain, element.conflict, subject.field.mandatory, subject.field.also)
    assert said == right, f"{shape} {value!r}: content stops at {stop}, schema says {said}"


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_schemas_and_the_oracle_say_the_same(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - test data
    met: Counter[str] = Counter()
    for subject in subjects():
        values = values_of(subject, rng, 6)
        for value, stop in zip(values, subject.by_oracle(values), strict=True):
            right = expected(stop)
            if right is None:
                continue
            met[right[0] if right else stop[0]] += 1
            assert_same(subject, value, stop, subject.complaints(value, "json"), right)
            if XML_CHARACTERS.fullmatch(value or ""):
                assert_same(subject, value, stop, subject.by_xsd(value), not right)
    assert met.keys() >= {"", "mandatory", "length", "format", "domain", "DE-DATE", "DE-SCHEME"}


@settings(max_examples=3, deadline=None)
@given(SEEDS)
def test_schemas_and_the_engine_say_the_same(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - test data
    for subject in rng.sample(subjects(), 25):
        values = values_of(subject, rng, 10)
        for value, stop in zip(values, subject.by_engine(values), strict=True):
            right = expected(stop)
            if right is not None:
                assert_same(subject, value, stop, subject.complaints(value, "jsonl"), right)
                if XML_CHARACTERS.fullmatch(value or ""):
                    assert_same(subject, value, stop, subject.by_xsd(value), not right)


@settings(max_examples=3, deadline=None)
@given(SEEDS)
def test_xmlschema_and_the_oracle_say_the_same(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - test data
    for subject in rng.sample(subjects(), 9):
        values = [value for value in values_of(subject, rng, 6) if XML_CHARACTERS.fullmatch(value or "")]
        for value, stop in zip(values, subject.by_oracle(values), strict=True):
            right = expected(stop)
            if right is not None:
                assert_same(subject, value, stop, subject.complaints(value, "xml"), right)
