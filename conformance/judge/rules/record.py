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
from conformance.judge.rules.lookup import code_list_of, schemes_of
from conformance.messages import message
from conformance.standard.model import SchemePart
from conformance.standard.notation import picture_fields
from conformance.standard.standards import Standards

Builder = Callable[[Link, Dataset, Standards], Iterator[RecordRule]]

#: Digits of a day: YYYYMMDD.
DAY = 8

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
    text, digits = _date(dataset, link.roles["birth"])
    width = min(digits, DAY)

    def agrees(text_inside: Term, part: SchemePart) -> Condition:
        day = text_inside if part.kind == "date" else Joined("19", text_inside)
        return Same(_cut(day, DAY, width), _cut(text, digits, width))

    yield from _inside(link, dataset, standards, ("date", "short-date"), agrees)


def _date(dataset: Dataset, column: str) -> tuple[Term, int]:
    """The digits of a date, and how many its picture has; hyphens are left out where the element has no picture."""
    format_ = dataset.column(column).element.format
    picture = format_.picture if format_.kind == "picture" else "YYYY-MM-DD"
    text: Term = Col(column)
    for separator in sorted(set(picture) - set("YMDhms")):
        text = Without(text, separator)
    return text, sum(length for _, _, length in picture_fields(picture))


def _cut(text: Term, length: int, width: int) -> Term:
    return text if length == width else Slice(text, 1, width)


def _sex(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    sex = Col(link.roles["sex"])

    def agrees(digit: Term, _part: SchemePart) -> Condition:
        odd = Shape(digit, "[13579]")
        return AnyOf((AllOf((odd, Shape(sex, "1"))), AllOf((Not(odd), Shape(sex, "2")))))

    yield from _inside(link, dataset, standards, ("sex",), agrees, stated=Shape(sex, "[12]"))


def _organisation(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    code = Without(Col(link.roles["organisation"]), "-")
    yield from _inside(link, dataset, standards, ("scheme",), lambda text, _: Same(text, code))


def _authority(link: Link, dataset: Dataset, standards: Standards) -> Iterator[RecordRule]:
    division = Col(link.roles["division"])
    yield from _inside(link, dataset, standards, ("division",), lambda text, _: Same(text, division))


def _inside(
    link: Link,
    dataset: Dataset,
    standards: Standards,
    kinds: tuple[str, ...],
    agrees: Callable[[Term, SchemePart], Condition],
    *,
    stated: Condition | None = None,
) -> Iterator[RecordRule]:
    """The rule that a part of the number agrees with the other column; none where no admitted scheme has such a part.

    A number's length names its scheme; one whose scheme lacks the part is not judged.
    """
    number, other = link.roles["number"], next(name for role, name in link.roles.items() if role != "number")
    value, schemes = Col(number), schemes_of(dataset.column(number), standards)
    has, each = [], []
    for scheme in schemes:
        part = next((part for part in scheme.parts if part.kind in kinds), None)
        if part is not None:
            has.append(LengthIn(value, scheme.length, scheme.length))
            each.append(AllOf((has[-1], agrees(Slice(value, part.start, part.length), part))))
    if not each:
        return
    asked = [] if stated is None else [stated]
    if len(has) < len(schemes):
        asked.append(AnyOf(tuple(has)))
    yield RecordRule(
        link.kind,
        link.label,
        (number, other),
        AnyOf(tuple(each)) if each[1:] else each[0],
        message(f"expected.{link.kind}"),
        link.clause,
        when=AllOf(tuple(asked)) if asked else None,
        quick=each[0],
    )


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


def _order(link: Link, dataset: Dataset, _standards: Standards) -> Iterator[RecordRule]:
    """Dates are compared by their digits, as far as the shorter picture goes; other texts by code point order."""
    first, second = link.roles["first"], link.roles["second"]
    left: Term = Col(first)
    right: Term = Col(second)
    if all(dataset.column(name).element.format.kind == "picture" for name in (first, second)):
        (left, here), (right, there) = _date(dataset, first), _date(dataset, second)
        width = min(here, there)
        left, right = _cut(left, here, width), _cut(right, there, width)
    told = message("expected.order", first=first, second=second)
    yield RecordRule("order", link.label, (first, second), NotAfter(left, right), told, link.clause)


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
