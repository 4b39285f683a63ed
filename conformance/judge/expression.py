"""Rules as data: a small expression tree over the string columns of one dataset, free of any engine.

Texts: :class:`Col`, :class:`Slice`, :class:`Joined`, :class:`Without`. Conditions: everything else. A condition is
true or false where its columns hold a value; an engine never lets NULL through (``engines.md``, trap 1), because a
chain or a record rule asks for conditions only where each column that it reads is present.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.standard.model import CheckRule
from conformance.standard.repertoire import Ranges


class Term:
    """A text: the value of a column, or something cut from it."""


class Condition:
    """Something that holds or does not hold for one record."""


@dataclass(frozen=True)
class Col(Term):
    """The value of a column."""

    name: str


@dataclass(frozen=True)
class Slice(Term):
    """``length`` characters from ``start`` (from 1); shorter where the text ends before."""

    of: Term
    start: int
    length: int


@dataclass(frozen=True)
class Joined(Term):
    """A literal prefix and a text."""

    prefix: str
    of: Term


@dataclass(frozen=True)
class Without(Term):
    """The text with each occurrence of one character left out."""

    of: Term
    character: str


@dataclass(frozen=True)
class Present(Condition):
    """The column holds a value: neither null nor the empty string."""

    column: str


@dataclass(frozen=True)
class OnlyFrom(Condition):
    """Each character lies in the ranges."""

    of: Term
    ranges: Ranges


@dataclass(frozen=True)
class NoneFrom(Condition):
    """No character lies in the ranges."""

    of: Term
    ranges: Ranges


@dataclass(frozen=True)
class EdgesNotFrom(Condition):
    """Neither the first nor the last character lies in the ranges."""

    of: Term
    ranges: Ranges


@dataclass(frozen=True)
class LengthIn(Condition):
    """The number of characters is at least ``minimum`` and at most ``maximum`` (None: unbounded)."""

    of: Term
    minimum: int
    maximum: int | None


@dataclass(frozen=True)
class BytesAtMost(Condition):
    """The text takes at most so many bytes in UTF-8, and so has at most so many characters."""

    of: Term
    maximum: int


@dataclass(frozen=True)
class DigitsIn(Condition):
    """The number of ASCII digits in the text is within the bounds."""

    of: Term
    minimum: int
    maximum: int


@dataclass(frozen=True)
class Shape(Condition):
    """The whole text matches an ASCII pattern of classes, groups, alternatives and counted repeats."""

    of: Term
    pattern: str


@dataclass(frozen=True)
class RealDate(Condition):
    """The text has the shape of the picture, and its date and time exist (years 0001 to 9999)."""

    of: Term
    picture: str


@dataclass(frozen=True)
class NumberIn(Condition):
    """The text, a decimal number, lies within the bounds (decimal texts, empty: unbounded)."""

    of: Term
    minimum: str
    maximum: str


@dataclass(frozen=True)
class TextIn(Condition):
    """The text lies within the bounds by code point order (dates in one picture; empty: unbounded)."""

    of: Term
    minimum: str
    maximum: str


@dataclass(frozen=True)
class CheckHolds(Condition):
    """The check character is right; false for any text that is not of the scheme's length and alphabet."""

    of: Term
    length: int
    rule: CheckRule = field(hash=False)


@dataclass(frozen=True)
class At:
    """The time of a record: the digits that ``column`` begins with, else ``default`` (YYYYMMDD).

    ``unit`` ``year``: four digits. ``day``: eight digits; a text that begins with only four stands for 31 December.
    """

    column: str
    default: str
    unit: str


@dataclass(frozen=True)
class Table:
    """A relation of texts with validity: rows of (texts, first, last), both inclusive in the unit of ``At``.

    ``name`` identifies the table within a run: two tables of one name are the same.
    """

    name: str
    rows: tuple[tuple[tuple[str, ...], int, int], ...] = field(hash=False, repr=False)


@dataclass(frozen=True)
class Recorded(Condition):
    """The table holds a row with these texts, valid at the record's time (at any time where ``at`` is None)."""

    terms: tuple[Term, ...]
    table: Table
    at: At | None = None


@dataclass(frozen=True)
class NotBefore(Condition):
    """A table's row with this code ends not before the year in ``since``, and begins not after ``until``."""

    of: Term
    since: Term | None
    until: int
    table: Table


@dataclass(frozen=True)
class Same(Condition):
    """Both texts are equal."""

    left: Term
    right: Term


@dataclass(frozen=True)
class NotAfter(Condition):
    """The left text is not greater than the right by code point order."""

    left: Term
    right: Term


@dataclass(frozen=True)
class AllOf(Condition):
    """Each holds (true for none)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf(Condition):
    """At least one holds (false for none)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not(Condition):
    """It does not hold."""

    part: Condition


def columns_of(node: Term | Condition | At | None) -> frozenset[str]:
    """The names of all columns that an expression reads."""
    if node is None:
        return frozenset()
    if isinstance(node, Col):
        return frozenset({node.name})
    if isinstance(node, Present | At):
        return frozenset({node.column} - {""})
    names: frozenset[str] = frozenset()
    for value in vars(node).values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Term | Condition | At):
                names |= columns_of(part)
    return names


def conjuncts(condition: Condition) -> list[Condition]:
    """The conditions that together say the same as one."""
    if isinstance(condition, AllOf):
        return [one for part in condition.parts for one in conjuncts(part)]
    if isinstance(condition, AnyOf) and len(condition.parts) == 1:
        return conjuncts(condition.parts[0])
    return [condition]
