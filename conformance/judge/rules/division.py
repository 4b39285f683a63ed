"""The chain of a division code: well-formed, settled, assigned, in force at the record's date, of the declared level.

Year-end rule: in the year of change both the old and the new code are good (``standards/divisions/*/README.md``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from conformance.judge.expression import (
    AllOf,
    AnyOf,
    Col,
    Condition,
    Joined,
    LengthIn,
    Not,
    NotBefore,
    Recorded,
    Shape,
    Slice,
    Table,
    Term,
)
from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.rulebook import Chain, Step
from conformance.judge.rules.common import character_steps, mandatory_step, time_of
from conformance.messages import message
from conformance.standard.divisions import COUNTY_SYSTEM, SYSTEMS, Assignment, DivisionRegistry
from conformance.standard.model import Scheme, SchemePart
from conformance.standard.standards import Standards

#: Years that stand for "unbounded".
EVER = (0, 9999)


def division_chain(column: Column, use: DivisionUse, dataset: Dataset, standards: Standards) -> Chain:
    """Every rule over the division codes of one column."""
    registry = standards.divisions
    at = time_of(column, dataset, "year")
    value = Col(column.name)
    in_force = Recorded((value,), assignments(registry, use.system), at)
    steps = [
        *character_steps(column, standards.repertoire, multiline=False, halfwidth=True),
        Step("division-form", _form(value, use.system), message("expected.division-form", digits=SYSTEMS[use.system])),
        *_settled_steps(value, use, in_force, registry),
        *_assigned_steps(value, use, registry),
        Step("division-valid", in_force, message("expected.division-valid")),
    ]
    quick: Condition = in_force
    if use.levels:
        quick = Recorded((value,), assignments(registry, use.system, use.levels), at)
        steps.append(Step("division-level", quick, message("expected.division-level", levels="、".join(use.levels))))
    return Chain(column.name, column.label, mandatory_step(column), tuple(steps), quick)


@lru_cache(maxsize=64)
def assignments(registry: DivisionRegistry, system: str, levels: tuple[str, ...] = ()) -> Table:
    """Who had which code when, as a table of (code) by years; of some levels only where these are given."""
    rows = tuple(
        ((code,), *years(assignment))
        for code, several in registry.assignments(system).items()
        for assignment in several
        if not levels or assignment.level in levels
    )
    return Table(":".join(("division", system, *levels)), rows)


def years(assignment: Assignment) -> tuple[int, int]:
    """The first and last year in which the year-end rule accepts an assignment."""
    first = EVER[0] if assignment.valid_from is None else assignment.valid_from
    last = EVER[1] if assignment.valid_to is None else assignment.valid_to
    return first, last


def _form(value: Term, system: str) -> Condition:
    return Shape(value, f"[0-9]{{{SYSTEMS[system]}}}")


def _settled_steps(value: Term, use: DivisionUse, in_force: Recorded, registry: DivisionRegistry) -> Iterator[Step]:
    """Codes whose standing nobody has settled are neither red nor green."""
    collective = collective_condition(value, registry)
    yield Step(
        "division-collective",
        AnyOf((in_force, Not(collective))),
        message("expected.division-collective"),
        undecided=True,
    )
    disputed = Recorded((value,), disputes(registry), in_force.at)
    yield Step(
        "division-disputed", AnyOf((in_force, Not(disputed))), message("expected.division-disputed"), undecided=True
    )
    if use.system == "gbt-2260":
        zone = _one_of(value, "zones", registry.zones)
        yield Step("division-zone", AnyOf((in_force, Not(zone))), message("expected.division-zone"))


def collective_condition(value: Term, registry: DivisionRegistry) -> Condition:
    """The code is a heading such as 370101 市辖区, which names no unit."""
    return _one_of(value, "collective", registry.collective)


def _one_of(value: Term, name: str, codes: Iterable[str]) -> Condition:
    return Recorded((value,), Table(f"division:{name}", tuple(((code,), *EVER) for code in sorted(codes))))


def disputes(registry: DivisionRegistry) -> Table:
    """The codes that other sources assert, by the years for which they do (no year: for all)."""
    rows = tuple(
        ((code,), dispute.first or EVER[0], dispute.last or EVER[1])
        for code, several in registry.disputes.items()
        for dispute in several
    )
    return Table("division:disputes", rows)


def _assigned_steps(value: Term, use: DivisionUse, registry: DivisionRegistry) -> Iterator[Step]:
    ever = Recorded((value,), assignments(registry, use.system))
    if other := registry.other_system(use.system):
        foreign = AllOf((Not(ever), Recorded((value,), assignments(registry, other))))
        yield Step("division-system", Not(foreign), message("expected.division-system", system=use.system, other=other))
    held = registry.provinces(use.system)
    if missing := registry.provinces(COUNTY_SYSTEM) - held:
        uncovered = _one_of(Slice(value, 1, 2), f"uncovered:{use.system}", missing)
        told = message("expected.division-coverage", prefix="、".join(sorted(held)) or "—")
        yield Step("division-exists", Not(uncovered), told, undecided=True)
    yield Step("division-exists", ever, message("expected.division-exists"))


def embedded_steps(
    column: Column, scheme: Scheme, schemes: tuple[Scheme, ...], dataset: Dataset, standards: Standards
) -> Iterator[Step]:
    """The division code inside an identifier was assigned to a unit of its level by the time it was given.

    A citizen's number keeps the code of first registration for ever, and is first registered at birth or later: so the
    code must not have ended before the year of birth. It is a county's, or a prefix of residence permits; heading codes
    and codes that some source asserts since the year of birth are undecided. Where the authority of any level stands
    inside (credit codes, registration numbers) a code that no table holds is undecided too: nobody says which codes
    authorities have used.
    """
    part = scheme.part("division")
    if part is None:
        return
    registry, value = standards.divisions, Col(column.name)
    code = Slice(value, part.start, part.length)
    levels = () if part.domain == "any" else (part.domain,)
    born, until = _birth_year(value, scheme), int(dataset.as_of[:4])
    given = NotBefore(code, born, until, assignments(registry, COUNTY_SYSTEM, levels))
    good: tuple[Condition, ...] = (*_of_another_scheme(value, scheme, schemes), given)
    told = message("expected.division-embedded-unsettled")
    if part.domain == "any":
        yield Step("division-embedded", AnyOf(good), told, undecided=True)
        return
    good = (*good, _one_of(code, "residence-permits", registry.policy.residence_permits))
    disputed = NotBefore(code, born, until, disputes(registry))
    settled = Not(AnyOf((collective_condition(code, registry), disputed)))
    yield Step("division-embedded", AnyOf((*good, settled)), told, undecided=True)
    yield Step("division-embedded", AnyOf(good), message("expected.division-embedded", level=part.domain))


def _of_another_scheme(value: Col, scheme: Scheme, schemes: tuple[Scheme, ...]) -> tuple[Condition, ...]:
    if len(schemes) == 1:
        return ()
    return (Not(LengthIn(value, scheme.length, scheme.length)),)


def _birth_year(value: Col, scheme: Scheme) -> Term | None:
    full: SchemePart | None = scheme.part("date")
    if full is not None:
        return Slice(value, full.start, 4)
    short = scheme.part("short-date")
    return Joined("19", Slice(value, short.start, 2)) if short is not None else None
