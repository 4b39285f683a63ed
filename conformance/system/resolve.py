"""From a declaration to datasets: every name in it looked up in the packs, every problem collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.judge.model import Column, Dataset, DivisionUse, TableUse
from conformance.standard.model import Element
from conformance.standard.pack import UnknownEdition, UnknownStandard, pack_folder, standards_root
from conformance.standard.standards import ACCESS, DIVISIONS, EXCHANGE, SERVICES, Shelf, Standards
from conformance.system.declaration import ACCESS as ACCESS_KIND
from conformance.system.declaration import ColumnClaim, Declaration, Target
from conformance.system.handed_over import exchange_dataset
from conformance.system.links import resolve_links
from conformance.system.lookup import Lookup
from conformance.system.problem import ConfigurationError, Problem, listed, nearest, problem
from conformance.system.service_resolving import service_datasets

#: The conformance class whose targets are division codes and division tables.
DIVISION_CLASS = "区划代码"
#: The conformance class whose targets are packages, series and exchange tables.
EXCHANGE_CLASS = "交换格式"
#: The conformance class whose targets are exchange services and clients of the platform.
SERVICE_CLASS = "交换服务"
#: The conformance class whose targets are access points of the extranet.
ACCESS_CLASS = "网络接入"


def load_standards(declaration: Declaration, root: Path | None = None, shelf: Shelf | None = None) -> Standards:
    """The packs that the declaration claims; raises :class:`ConfigurationError` for those that do not exist.

    A pack that exists and is broken stays a ``BrokenPack``: that is our fault, not the declaration's.
    """
    folder = root or standards_root()
    problems = []
    for index, (id_, edition) in enumerate(declaration.standards):
        path = ("claims", "standards", index)
        try:
            pack_folder(folder, id_, edition)
        except UnknownEdition as error:
            known = listed(error.available)
            place = declaration.place(*path, "edition")
            problems.append(problem(place, "resolve.unknown-edition", standard=id_, edition=edition, known=known))
        except UnknownStandard as error:
            known = listed(nearest(id_, error.available) or error.available, limit=20)
            problems.append(
                problem(declaration.place(*path, "id"), "resolve.unknown-standard", standard=id_, known=known)
            )
    if problems:
        raise ConfigurationError(problems)
    return (shelf or Standards).load(declaration.standards, root)


def resolve(declaration: Declaration, standards: Standards, today: str) -> tuple[Dataset, ...]:
    """One dataset for each target, in order (of a service one for the node, and one for each interface); raises
    :class:`ConfigurationError` with every problem.

    ``today`` (YYYYMMDD) is the day that codes are judged at where a target names none.
    """
    resolver = _Resolver(declaration, standards, today)
    datasets = tuple(one for target in declaration.targets for one in resolver.datasets(target))
    problems = list(resolver.problems)
    if not problems:
        problems += _claim_problems(declaration, datasets, standards)
        problems += _waiver_problems(declaration, datasets, standards)
    if problems:
        raise ConfigurationError(sorted(problems, key=lambda one: (one.line, one.column, one.path)))
    return datasets


def columns_read(declaration: Declaration, datasets: Iterable[Dataset], target: str) -> tuple[str, ...]:
    """Every column that judging reads from the source of one target, sorted; those of ``where`` are not among them."""
    names: set[str] = set()
    for dataset in datasets:
        for link in dataset.links:
            if link.to is not None and link.to[0] == target:
                names.update(link.to[1])
        if dataset.target == target:
            names.update(dataset.key)
            names.update(column.name for column in dataset.columns)
            names.update(column.date for column in dataset.columns)
            names.update(name for link in dataset.links for name in link.roles.values())
            names.update(dataset.table.roles.values() if dataset.table else ())
    names.add(declaration.target(target).date)
    return tuple(sorted(names - {""}))


class _Resolver:
    """Looks up one target at a time and collects what it cannot find in ``problems``."""

    def __init__(self, declaration: Declaration, standards: Standards, today: str) -> None:
        self.declaration, self.standards, self.today = declaration, standards, today
        self.lookup = Lookup(standards, declaration.standards)
        self.problems: list[Problem] = []

    def datasets(self, target: Target) -> tuple[Dataset, ...]:
        if target.kind == ACCESS_KIND:
            return (self.access_point(target),)
        if target.service is None and target.client is None:
            return (self.dataset(target),)
        try:
            return service_datasets(target, self.declaration, self.standards, target.as_of or self.today, self.problems)
        except ConfigurationError as error:
            self.problems += error.problems
            return ()

    def dataset(self, target: Target) -> Dataset:
        if target.dataset:
            return self.handed_over(target)
        elements = {claim.name: found for claim in target.columns if (found := self.element(target, claim))}
        times_named = Counter(element.name for element in elements.values())
        columns = tuple(
            self.column(target, claim, elements[claim.name], unique_name=times_named[elements[claim.name].name] == 1)
            for claim in target.columns
            if claim.name in elements
        )
        complete = len(columns) == len(target.columns)
        problems = self.problems if complete else []
        return Dataset(
            target=target.name,
            columns=columns,
            as_of=target.as_of or self.today,
            key=target.key,
            links=resolve_links(self.declaration, target, columns, self.standards, problems),
            table=_table(target),
            personal=any(column.element.personal for column in columns),
        )

    def access_point(self, target: Target) -> Dataset:
        """An access point; what it is judged by stands in a pack that must be claimed."""
        if ACCESS not in self.standards.packs:
            self.problems.append(problem(self.declaration.place("targets", target.name), "resolve.no-access"))
        return Dataset(target.name, (), target.as_of or self.today, access=True)

    def handed_over(self, target: Target) -> Dataset:
        """A package, a series or an exchange table; an empty dataset where its kind of records is not known."""
        as_of = target.as_of or self.today
        held = EXCHANGE in self.standards.packs
        if held and target.dataset in self.standards.datasets:
            return exchange_dataset(target, self.standards, as_of)
        place = self.declaration.place("targets", target.name, "dataset")
        known = listed(nearest(target.dataset, self.standards.datasets) or self.standards.datasets, limit=20)
        id_ = "resolve.unknown-dataset" if held else "resolve.no-exchange"
        self.problems.append(problem(place, id_, dataset=target.dataset, known=known))
        return Dataset(target.name, (), as_of)

    def element(self, target: Target, claim: ColumnClaim) -> Element | None:
        found = self.lookup.find(claim.element)
        if found.element is None:
            id_ = "resolve.ambiguous-element" if found.candidates else "resolve.unknown-element"
            path = ("targets", target.name, "columns", claim.name)
            place = self.declaration.place(*path)
            if (*path, "element") in self.declaration.marks:
                place = self.declaration.place(*path, "element")
            known = [self._candidate(one) for one in found.candidates] or found.near
            self.problems.append(problem(place, id_, element=claim.element, known=listed(known)))
        return found.element

    def _candidate(self, element: Element) -> str:
        return f"{element.id} ({element.name}，{self.standards.pack_of(element).number} {element.clause.number})"

    def column(self, target: Target, claim: ColumnClaim, element: Element, *, unique_name: bool) -> Column:
        kind = element.domain.partition(":")[0]
        self._check_schemes(target, claim, element)
        return Column(
            name=claim.name,
            element=element,
            label=element.name if unique_name else f"{element.name}[{claim.name}]",
            mandatory=claim.mandatory,
            unique=claim.unique,
            date=claim.date or (target.date if kind in ("code", "division") else ""),
            also=claim.also,
            division=self._division(target, claim, element),
        )

    def _check_schemes(self, target: Target, claim: ColumnClaim, element: Element) -> None:
        schemes = self.standards.schemes if element.domain.startswith("scheme:") else {}
        for index, scheme in enumerate(claim.also):
            if scheme not in schemes:
                place = self.declaration.place("targets", target.name, "columns", claim.name, "also", index)
                known = listed(nearest(scheme, schemes) or sorted(schemes))
                wrong = problem(place, "resolve.also", scheme=scheme, element=element.name, known=known)
                self.problems.append(wrong)

    def _division(self, target: Target, claim: ColumnClaim, element: Element) -> DivisionUse | None:
        kind, _, system = element.domain.partition(":")
        if kind == "division":
            asked = claim.division
            return DivisionUse(asked.system or system, asked.levels) if asked else DivisionUse(system)
        if claim.division is not None:
            place = self.declaration.place("targets", target.name, "columns", claim.name, "division")
            self.problems.append(problem(place, "resolve.no-division", element=f"{element.name} ({element.id})"))
        return None


def _table(target: Target) -> TableUse | None:
    if target.table is None:
        return None
    return TableUse(target.table.system, target.table.scope, target.table.levels, target.table.roles)


def _claim_problems(declaration: Declaration, datasets: tuple[Dataset, ...], standards: Standards) -> Iterator[Problem]:
    """Claims that nothing in the declaration could bear out."""
    mapped = {column.element.id for dataset in datasets for column in dataset.columns}
    divisions = _holds_divisions(datasets, standards)
    handed = any(dataset.exchange for dataset in datasets)
    asked = any(dataset.service for dataset in datasets)
    joined = any(dataset.access for dataset in datasets)
    for index, (id_, edition) in enumerate(declaration.standards):
        elements = standards.packs[id_].elements
        used = {DIVISIONS: divisions, EXCHANGE: handed, SERVICES: asked, ACCESS: joined}.get(
            id_, not elements or bool(mapped & elements.keys())
        )
        if not used:
            place = declaration.place("claims", "standards", index)
            number = standards.packs[id_].number
            yield problem(place, "resolve.claim-without-target", standard=id_, edition=edition, number=number)
    classes = {requirement.conformance_class for requirement in standards.requirements.values()}
    borne = {DIVISION_CLASS: divisions, EXCHANGE_CLASS: handed, SERVICE_CLASS: asked, ACCESS_CLASS: joined}
    for index, name in enumerate(declaration.classes):
        place = declaration.place("claims", "classes", index)
        if name not in classes:
            yield problem(place, "resolve.unknown-class", name=name, known=listed(sorted(classes)))
        elif not borne.get(name, bool(mapped)):
            yield problem(place, "resolve.class-without-target", name=name)


def _holds_divisions(datasets: tuple[Dataset, ...], standards: Standards) -> bool:
    """True where a table, a column or a part of an identifier holds division codes."""
    for dataset in datasets:
        if dataset.table is not None or any(column.division for column in dataset.columns):
            return True
        for column in dataset.columns:
            kind, _, name = column.element.domain.partition(":")
            if kind == "scheme" and standards.schemes[name].part("division"):
                return True
    return False


def _waiver_problems(
    declaration: Declaration, datasets: tuple[Dataset, ...], standards: Standards
) -> Iterator[Problem]:
    targets = {dataset.target for dataset in datasets}
    for dataset in datasets:
        labels = [column.label for column in dataset.columns] + [link.label for link in dataset.links]
        targets.update(f"{dataset.target}.{label}" for label in labels)
    for index, waiver in enumerate(declaration.waivers):
        if waiver.requirement not in standards.requirements:
            place = declaration.place("waivers", index, "requirement")
            known = listed(nearest(waiver.requirement, standards.requirements))
            yield problem(place, "resolve.waiver-requirement", requirement=waiver.requirement, known=known)
        if waiver.target not in targets:
            place = declaration.place("waivers", index, "target")
            known = listed(nearest(waiver.target, targets) or sorted(targets))
            yield problem(place, "resolve.waiver-target", target=waiver.target, known=known)
