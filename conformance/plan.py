"""The plan: requirements x targets that apply, and the reason for each that does not.

Pack and declaration decide it alone; no data is read. The order is the order of the declaration and of the packs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.judge.exchange.rules import rules_of as exchange_rules
from conformance.judge.explain_table import TableExplainer
from conformance.judge.model import Column, Dataset
from conformance.judge.rulebook import GroupRule, RecordRule, ReferenceRule, Rulebook
from conformance.judge.rules import compile_rules
from conformance.judge.service.rules import rules_of as service_rules
from conformance.judge.table import rules_of
from conformance.messages import Message, message
from conformance.standard.model import Clause, Element, Provenance, Requirement
from conformance.standard.standards import Standards

#: Requirements of these levels look at one column; the others at links, keys or tables.
COLUMN_LEVELS = ("value", "column")
#: What is around the values of an exchange: packages, series, exchange tables.
PACKAGE_LEVEL = "package"
#: What a service, or a client of the platform, does.
SERVICE_LEVEL = "service"
#: How an access point of the extranet is built, configured and behaves.
ACCESS_LEVEL = "access"
#: Requirements of these levels are judged though there be no records.
AROUND = (PACKAGE_LEVEL, SERVICE_LEVEL, ACCESS_LEVEL)


@dataclass(frozen=True)
class Assignment:
    """One requirement on one target. ``rule`` and ``label`` are where the engine counts it."""

    requirement: Requirement
    dataset: Dataset
    target: str
    rule: str
    label: str
    expected: Message | None
    clause: Clause
    provenance: Provenance
    column: Column | None = None

    @property
    def id(self) -> str:
        """``DE-FORMAT[population.person.公民身份号码]``: the id of the pytest item and of the finding."""
        return f"{self.requirement.id}[{self.target}]"

    @property
    def element(self) -> Element | None:
        """The data element that is judged, where there is one."""
        return self.column.element if self.column else None


@dataclass(frozen=True)
class Omission:
    """One requirement that is not judged on a target, and why."""

    requirement: Requirement
    target: str
    reason: Message
    narrowed: bool = False


@dataclass(frozen=True)
class Selection:
    """What a self-test narrows its run to; empty collections select everything."""

    classes: Collection[str] = ()
    requirements: Collection[str] = ()
    targets: Collection[str] = ()

    def __bool__(self) -> bool:
        return bool(self.classes or self.requirements or self.targets)

    def admits(self, assignment: Assignment) -> bool:
        """True where no filter speaks against the assignment."""
        chosen = assignment.requirement
        return (
            (not self.classes or chosen.conformance_class in self.classes)
            and (not self.requirements or chosen.id in self.requirements)
            and (not self.targets or any(_within(assignment.target, target) for target in self.targets))
        )


@dataclass(frozen=True)
class Plan:
    """What will be judged, and what will not."""

    assignments: tuple[Assignment, ...]
    omissions: tuple[Omission, ...]
    books: Mapping[str, Rulebook]


def make_plan(
    datasets: Sequence[Dataset], standards: Standards, classes: Collection[str] = (), selection: Selection | None = None
) -> Plan:
    """The plan for the claimed conformance classes (none: all that the packs hold), narrowed by the selection."""
    chosen = selection or Selection()
    books = {dataset.target: compile_rules(dataset, standards) for dataset in datasets if dataset.table is None}
    assignments: list[Assignment] = []
    omissions: list[Omission] = []
    for dataset in datasets:
        for requirement in standards.requirements.values():
            if classes and requirement.conformance_class not in classes:
                continue
            found = list(_assignments(requirement, dataset, books.get(dataset.target), standards))
            assignments += [one for one in found if chosen.admits(one)]
            told = message("na.filtered")
            omissions += [Omission(requirement, one.target, told, True) for one in found if not chosen.admits(one)]
            if not found and requirement.testability == "automated":
                omissions.append(Omission(requirement, dataset.target, _inapplicable(requirement, dataset)))
    omissions += list(_unclaimed(standards, classes))
    return Plan(tuple(assignments), tuple(omissions), books)


def _unclaimed(standards: Standards, classes: Collection[str]) -> Iterator[Omission]:
    for requirement in standards.requirements.values():
        if classes and requirement.conformance_class not in classes:
            told = message("na.unclaimed", name=requirement.conformance_class)
            yield Omission(requirement, "*", told)


def _assignments(
    requirement: Requirement, dataset: Dataset, book: Rulebook | None, standards: Standards
) -> Iterator[Assignment]:
    if book is None:
        yield from _table_assignments(requirement, dataset, standards)
    elif requirement.level in COLUMN_LEVELS:
        yield from _column_assignments(requirement, dataset, book)
    elif requirement.level in ("record", "dataset"):
        yield from _record_assignments(requirement, dataset, book)
    elif requirement.level in AROUND:
        yield from _around_assignments(requirement, dataset)


def _around_assignments(requirement: Requirement, dataset: Dataset) -> Iterator[Assignment]:
    """What is around the values of an exchange; the requirement's own text says what is expected."""
    rules: tuple[str, ...] = ()
    if requirement.level == PACKAGE_LEVEL and dataset.exchange is not None:
        rules = exchange_rules(dataset.exchange)
    elif requirement.level == SERVICE_LEVEL and dataset.service is not None:
        rules = service_rules(dataset.service)
    elif requirement.level == ACCESS_LEVEL and dataset.access:
        rules = (requirement.rule,)
    if requirement.rule in rules:
        clause = requirement.clause
        yield Assignment(requirement, dataset, dataset.target, requirement.rule, "", None, clause, clause.provenance)


def _inapplicable(requirement: Requirement, dataset: Dataset) -> Message:
    if requirement.level == SERVICE_LEVEL:
        return message("na.other-service" if dataset.service else "na.no-service")
    if requirement.level == ACCESS_LEVEL:
        return message("na.no-access")
    if requirement.level != PACKAGE_LEVEL:
        return message(f"na.{requirement.rule}")
    return message("na.other-exchange" if dataset.exchange else "na.no-exchange")


def _table_assignments(requirement: Requirement, dataset: Dataset, standards: Standards) -> Iterator[Assignment]:
    if requirement.level == "table" and dataset.table is not None and requirement.rule in rules_of(dataset.table):
        expected = TableExplainer(dataset, standards.divisions).expected(requirement.rule)
        clause = requirement.clause
        yield Assignment(
            requirement, dataset, dataset.target, requirement.rule, "", expected, clause, clause.provenance
        )


def _column_assignments(requirement: Requirement, dataset: Dataset, book: Rulebook) -> Iterator[Assignment]:
    unique = {group.columns[0]: group.expected for group in book.groups if group.rule == requirement.rule}
    for chain in book.chains:
        column = dataset.column(chain.column)
        clauses: list[Clause] = []
        if requirement.rule == "mandatory" and chain.mandatory:
            expected = chain.mandatory.expected
        elif column.name in unique:
            expected = unique[column.name]
        else:
            steps = [step for step in chain.steps if step.rule == requirement.rule]
            if not steps:
                continue
            expected = steps[-1].expected
            clauses = [step.clause for step in steps if step.clause]
        clause = _clause(requirement, column.element)
        yield Assignment(
            requirement,
            dataset,
            f"{dataset.target}.{column.label}",
            requirement.rule,
            column.label,
            expected,
            clause,
            max(one.provenance for one in (clause, column.element.clause, *clauses)),
            column,
        )


def _clause(requirement: Requirement, element: Element) -> Clause:
    """The clause that the element's own standard gives the requirement, else the requirement's first."""
    same = (clause for clause in requirement.basis if clause.standard == element.clause.standard)
    return next(same, requirement.clause)


def _record_assignments(requirement: Requirement, dataset: Dataset, book: Rulebook) -> Iterator[Assignment]:
    rules: list[RecordRule | GroupRule | ReferenceRule] = [*book.records, *book.groups, *book.references]
    for rule in rules:
        if rule.rule != requirement.rule:
            continue
        target = f"{dataset.target}.{rule.label}" if rule.label else dataset.target
        clause = requirement.clause
        provenance = max(clause.provenance, rule.clause.provenance) if rule.clause else clause.provenance
        yield Assignment(requirement, dataset, target, rule.rule, rule.label, rule.expected, clause, provenance)


def _within(target: str, asked: str) -> bool:
    return target == asked or target.startswith(f"{asked}.")
