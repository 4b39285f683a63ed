"""Is it the configuration? Every source opened and every column found, before anything is judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.judge.faults import FaultCounter
from conformance.judge.model import Dataset
from conformance.standard.standards import Standards
from conformance.system.dataset import open_source
from conformance.system.declaration import ACCESS, Declaration, Target
from conformance.system.exchange_opening import open_exchange
from conformance.system.handed_over import SERIES, TABLE
from conformance.system.problem import ConfigurationError, Place, Problem, failure, listed, nearest, problem
from conformance.system.resolve import columns_read
from conformance.system.text_file import require_file

#: Formats whose column names are just the first record: where none is as declared, it may be a person's data instead.
_HEADED = ("csv", "tsv", "xlsx")


def preflight(declaration: Declaration, datasets: Sequence[Dataset], standards: Standards) -> tuple[Problem, ...]:
    """Every reason why the declared data cannot be judged as declared, in the declaration's order; none is a verdict.

    Structure is checked through the whole file. What only reading every value can show (a byte beyond the first
    megabytes that is no UTF-8, a broken line of JSON) is raised by the reader, before any verdict on that dataset.
    """
    found = {
        one: None
        for target in declaration.targets
        for one in _target_problems(declaration, datasets, target, standards)
    }
    return tuple(sorted(found, key=lambda one: (one.line, one.column, one.path)))


def _target_problems(
    declaration: Declaration, datasets: Sequence[Dataset], target: Target, standards: Standards
) -> Iterator[Problem]:
    try:
        if target.service is not None or target.client is not None or target.kind == ACCESS:
            return
        if target.dataset:
            _require_handed(target, datasets, standards)
            return
        opened = open_source(target.source, ())
        present = opened.columns
        if not present:
            return
        named = tuple(_named(declaration, target))
        if opened.facts.format in _HEADED and all(name not in present for name, _ in named):
            yield problem(
                target.source.place, "source.no-header-line", file=target.source.path.name, number=len(present)
            )
            return
        missing = set()
        for name, place in named:
            if name not in present:
                missing.add(name)
                known = listed(nearest(name, present) or present, limit=12)
                file = target.source.path.name
                yield problem(place, "source.no-column", column=name, known=known, file=file)
        if not missing:
            open_source(target.source, columns_read(declaration, datasets, target.name), target.where)
    except ConfigurationError as error:
        yield from error.problems


def _require_handed(target: Target, datasets: Sequence[Dataset], standards: Standards) -> None:
    """Raise where nothing lies at the path that could be of this kind; what is wrong inside a package is a verdict."""
    source = target.source
    if target.kind == SERIES and source.path.is_file():
        raise failure(source.place, "source.no-folder", file=str(source.path))
    if target.kind == TABLE or not source.path.is_dir():
        require_file(source)
    if target.kind == TABLE:
        dataset = next(one for one in datasets if one.target == target.name)
        open_exchange(dataset, standards, source, FaultCounter(0)).close()


def _named(declaration: Declaration, target: Target) -> Iterator[tuple[str, Place]]:
    """Each column that the declaration names, with where it does."""
    here = ("targets", target.name)
    for claim in target.columns:
        yield claim.name, declaration.place(*here, "columns", claim.name)
        if claim.date:
            yield claim.date, declaration.place(*here, "columns", claim.name, "date")
    if target.table is not None:
        for role, name in target.table.roles.items():
            yield name, declaration.place(*here, "columns", role)
    if target.date:
        yield target.date, declaration.place(*here, "date")
    for index, name in enumerate(target.key):
        yield name, declaration.place(*here, "key", index)
    for name in target.where:
        yield name, declaration.place(*here, "where", name)
    yield from _named_in_references(declaration, target)


def _named_in_references(declaration: Declaration, target: Target) -> Iterator[tuple[str, Place]]:
    for other in declaration.targets:
        for number, relation in enumerate(other.relations):
            path = ("targets", other.name, "relations", number)
            if relation.kind == "reference" and other.name == target.name:
                for index, name in enumerate(relation.roles.values()):
                    yield name, declaration.place(*path, "columns", index)
            if relation.kind == "reference" and relation.to == target.name:
                for index, name in enumerate(relation.to_columns):
                    yield name, declaration.place(*path, "to_columns", index)
