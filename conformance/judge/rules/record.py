"""Rules over several columns of one record: number against birth date and sex, code against name, order of dates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from conformance.judge.expression import (
    AllOf,
    AnyOf,
    At,
    Col,
    Condition,
    Joined,
    LengthIn,
    Not,
    NotAfter,
    Recorded,
    Same,
    Shape,
    Slice,
    Table,
    Term,
    Without,
)
from conformance.judge.model import Dataset, Link
from conformance.judge.rulebook import RecordRule, ReferenceRule
from conformance.judge.rules.common import ALWAYS, time_of
from conformance.judge.rules.division import years
from conformance.judge.rules.value import code_list_of, schemes_of
from conformance.messages import message
from conformance.standard.model import Scheme
from conformance.standard.standards import Standards

Builder = Callable[[Link, Dataset, Standards], Iterator[RecordRule]]

#: A list's note may hold further accepted names: ``synonyms:甲;乙``.
SYNONYMS = "synonyms:"


def record_rules(dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    """One rule for each link of the dataset, references apart."""
    for link in dataset.links:
        if link.kind != "reference":
            yield from BUILDERS[link.kind](link, dataset, standards)


def reference_rules(dataset: Dataset) -> Iterator[ReferenceRule]:
    """One rule for each reference to another dataset."""
    for link in dataset.links:
        if link.kind == "reference" and link.to is not None:
            target, columns = link.to
            told = message("expected.reference", to=target, columns="、".join(columns))
            yield ReferenceRule("reference", link.label, tuple(link.roles.values()), target, columns, told, link.clause)


def _birth(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    number, birth = link.roles["number"], link.roles["birth"]
    same = _by_scheme(number, dataset, standards, lambda scheme: _birth_condition(scheme, number, birth))
    yield RecordRule("birth", link.label, (number, birth), same, message("expected.birth"), link.clause)


def _birth_condition(scheme: Scheme, number: str, birth: str) -> Condition:
    day = Slice(Without(Col(birth), "-"), 1, 8)
    part = scheme.part("date")
    if part is not None:
        return Same(Slice(Col(number), part.start, part.length), day)
    short = scheme.part("short-date")
    return Same(Joined("19", Slice(Col(number), short.start, short.length)), day) if short else AllOf(())


def _sex(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    number, sex = link.roles["number"], link.roles["sex"]
    agrees = _by_scheme(number, dataset, standards, lambda scheme: _sex_condition(scheme, number, sex))
    stated = Shape(Col(sex), "[12]")
    yield RecordRule("sex", link.label, (number, sex), agrees, message("expected.sex"), link.clause, when=stated)


def _sex_condition(scheme: Scheme, number: str, sex: str) -> Condition:
    part = scheme.part("sex")
    if part is None:
        return AllOf(())
    digit = Slice(Col(number), part.start, part.length)
    odd = Shape(digit, "[13579]")
    male, female = Shape(Col(sex), "1"), Shape(Col(sex), "2")
    return AnyOf((AllOf((odd, male)), AllOf((Not(odd), female))))


def _by_scheme(
    number: str, dataset: Dataset, standards: Standards, condition: Callable[[Scheme], Condition]
) -> Condition:
    """The condition of whichever scheme the number's length names."""
    schemes = schemes_of(dataset.column(number), standards)
    if len(schemes) == 1:
        return condition(schemes[0])
    value = Col(number)
    return AnyOf(tuple(AllOf((LengthIn(value, s.length, s.length), condition(s))) for s in schemes))


def _name(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    code, name = link.roles["code"], link.roles["name"]
    codes = code_list_of(dataset.column(code).element, standards)
    if codes is None:
        return
    rows: list[tuple[tuple[str, ...], int, int]] = []
    for entry in codes.codes:
        names = [entry.name]
        if entry.note.startswith(SYNONYMS):
            names += entry.note.removeprefix(SYNONYMS).split(";")
        rows += [((entry.code, accepted), *ALWAYS) for accepted in names]
    known: Condition | None = None
    if codes.extension or not codes.complete:
        known = Recorded((Col(code),), Table(f"codes:{codes.id}", tuple(((c.code,), *ALWAYS) for c in codes.codes)))
    agrees = Recorded((Col(code), Col(name)), Table(f"names:{codes.id}", tuple(rows)))
    told = message("expected.name", list=codes.title)
    yield RecordRule("name", link.label, (code, name), agrees, told, link.clause, when=known)


def _organisation(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    number, organisation = link.roles["number"], link.roles["organisation"]
    part = schemes_of(dataset.column(number), standards)[0].part("scheme")
    if part is not None:
        inside = Slice(Col(number), part.start, part.length)
        same = Same(inside, Without(Col(organisation), "-"))
        yield RecordRule(
            "organisation", link.label, (number, organisation), same, message("expected.organisation"), link.clause
        )


def _authority(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    number, division = link.roles["number"], link.roles["division"]
    part = schemes_of(dataset.column(number), standards)[0].part("division")
    if part is not None:
        same = Same(Slice(Col(number), part.start, part.length), Col(division))
        yield RecordRule("authority", link.label, (number, division), same, message("expected.authority"), link.clause)


def _order(link: Link, dataset: Dataset, _standards: Standards) -> Iterator[RecordRule]:
    first, second = link.roles["first"], link.roles["second"]
    width = min(_picture_length(dataset, first), _picture_length(dataset, second))
    left, right = (Slice(Col(name), 1, width) if width else Col(name) for name in (first, second))
    yield RecordRule(
        "order",
        link.label,
        (first, second),
        NotAfter(left, right),
        message("expected.order", first=first, second=second),
        link.clause,
    )


def _picture_length(dataset: Dataset, column: str) -> int:
    return len(dataset.column(column).element.format.picture)


def _division_name(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    yield _division_pair(link, dataset, standards, "division-name", ("code", "name"))


def _division_parent(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    yield _division_pair(link, dataset, standards, "division-parent", ("child", "parent"))


def _division_pair(link: Link, dataset: Dataset, standards: Standards, rule: str, roles: tuple[str, str]) -> RecordRule:
    """The pair stands in the division table at the record's date."""
    code, other = link.roles[roles[0]], link.roles[roles[1]]
    column = dataset.column(code)
    use = column.division
    assert use is not None  # noqa: S101 - the system room builds such links over division columns only
    attribute = "name" if rule == "division-name" else "parent"
    rows = tuple(
        ((assignment.code, getattr(assignment, attribute)), *years(assignment))
        for several in standards.divisions.assignments(use.system).values()
        for assignment in several
    )
    at: At = time_of(column, dataset, "year")
    terms: tuple[Term, ...] = (Col(code), Col(other))
    agrees = Recorded(terms, Table(f"{rule}:{use.system}", rows), at)
    return RecordRule(rule, link.label, (code, other), agrees, message(f"expected.{rule}"), link.clause)


BUILDERS: Mapping[str, Builder] = {
    "birth": _birth,
    "sex": _sex,
    "name": _name,
    "organisation": _organisation,
    "authority": _authority,
    "order": _order,
    "division-name": _division_name,
    "division-parent": _division_parent,
}
