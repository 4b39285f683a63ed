"""Quicker ways to say that a value is clean: stricter than its chain, never laxer; the gate asks them first.

A value that does not satisfy the quick form is judged by the chain itself, so a wrong guess costs time, not truth.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.expression import (
    AllOf,
    BytesAtMost,
    Col,
    Condition,
    LengthIn,
    NoneFrom,
    OnlyFrom,
    RealDate,
    Shape,
    conjuncts,
)
from conformance.judge.model import Column
from conformance.judge.rulebook import Step
from conformance.standard.notation import PICTURE_FIELDS
from conformance.standard.repertoire import Repertoire

#: The steps over single characters, which a shape of plain ASCII characters makes superfluous.
CHARACTERS = ("charset", "blank", "halfwidth")

DAY = "YYYYMMDD"
#: Days that exist whatever the year, as a shape: all but 29 February, which the chain itself has to look at.
DAYS = (
    "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
    "(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
)

#: Times of day that exist, as shapes.
TIMES = {"hh": "(?:[01][0-9]|2[0-3])", "mm": "[0-5][0-9]", "ss": "[0-5][0-9]"}


def quick_condition(column: Column, steps: tuple[Step, ...], repertoire: Repertoire) -> Condition:
    """A condition that holds only where each step holds."""
    ascii_ = any(_is_ascii(condition) for step in steps for condition in conjuncts(step.holds))
    parts: list[Condition] = []
    for step in steps:
        if step.rule == "format" and column.element.format.kind == "picture":
            continue  # the date step, which each picture has, says more
        if step.rule not in CHARACTERS:
            parts += _lighter(step, column)
        elif not ascii_ and step.rule == "charset":
            parts.append(_plain_text(column, steps, repertoire))
    return AllOf(tuple(parts))


def _is_ascii(condition: Condition) -> bool:
    """The condition holds only for whole values of printable ASCII characters without blanks at the edges."""
    if isinstance(condition, Shape):
        return isinstance(condition.of, Col) and condition.pattern.isascii() and " " not in condition.pattern
    if isinstance(condition, OnlyFrom):
        return all(ord("!") <= low and high <= ord("~") for low, high in condition.ranges)
    return False


def _lighter(step: Step, column: Column) -> Iterator[Condition]:
    """The step itself, or something stricter that costs less."""
    format_, value = column.element.format, Col(column.name)
    if step.rule == "length" and format_.kind == "number" and format_.maximum is not None:
        yield BytesAtMost(value, format_.maximum)
    elif step.rule == "length" and isinstance(step.holds, LengthIn) and not step.holds.minimum and step.holds.maximum:
        yield BytesAtMost(value, step.holds.maximum)
    elif step.rule == "date" and format_.picture.startswith(DAY):
        yield Shape(value, DAYS + _times(format_.picture.removeprefix(DAY)))
    else:
        for condition in conjuncts(step.holds):
            if isinstance(condition, RealDate) and condition.picture == DAY:
                yield Shape(condition.of, DAYS)
            else:
                yield condition


def _times(picture: str) -> str:
    for name in PICTURE_FIELDS:
        picture = picture.replace(name, TIMES.get(name, "[^0-9]"))
    return picture


def _plain_text(column: Column, steps: tuple[Step, ...], repertoire: Repertoire) -> Condition:
    """No character that any of the steps over characters minds, anywhere: one look instead of three."""
    halfwidth = any(step.rule == "halfwidth" for step in steps)
    minded = repertoire.forbidden + repertoire.blanks + (repertoire.fullwidth if halfwidth else ())
    return NoneFrom(Col(column.name), tuple(sorted(set(minded))))
