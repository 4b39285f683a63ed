"""Pieces that several rule builders share: the first links of every chain, tables from code lists, times."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.expression import At, Col, Condition, EdgesNotFrom, NoneFrom, Table
from conformance.judge.model import Column, Dataset
from conformance.judge.rulebook import Step
from conformance.messages import message
from conformance.standard.model import CodeList
from conformance.standard.repertoire import Repertoire, without

#: Bounds of a validity that has no end: whatever eight digits a record's date begins with.
ALWAYS = (0, 99999999)


def time_of(column: Column, dataset: Dataset, unit: str) -> At:
    """When a code in this column is judged: at its date column, else at the dataset's day."""
    return At(column.date, dataset.as_of, unit)


def mandatory_step(column: Column) -> Step | None:
    """The step that asks for a value, where the declaration does."""
    if not column.mandatory:
        return None
    return Step("mandatory", NO_CONDITION, message("expected.mandatory"))


NO_CONDITION: Condition = Condition()


def character_steps(column: Column, repertoire: Repertoire, *, multiline: bool, halfwidth: bool) -> Iterator[Step]:
    """Readable characters only, no blanks at the edges, and half-width where the value is no free text."""
    forbidden = without(repertoire.forbidden, repertoire.multiline) if multiline else repertoire.forbidden
    value = Col(column.name)
    yield Step("charset", NoneFrom(value, forbidden), message("expected.charset"))
    yield Step("blank", EdgesNotFrom(value, repertoire.blanks), message("expected.blank"))
    if halfwidth:
        yield Step("halfwidth", NoneFrom(value, repertoire.fullwidth), message("expected.halfwidth"))


def code_table(codes: CodeList) -> Table:
    """The codes of a list with their validity in days."""
    rows = tuple(
        ((code.code,), int(code.valid_from or ALWAYS[0]), int(code.valid_to or ALWAYS[1])) for code in codes.codes
    )
    return Table(f"code:{codes.id}", rows)


def dated(codes: CodeList) -> bool:
    """True where at least one code has a beginning or an end."""
    return any(code.valid_from or code.valid_to for code in codes.codes)
