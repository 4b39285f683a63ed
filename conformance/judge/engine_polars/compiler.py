"""From the expression tree to Polars expressions. Each node has one translation; none knows what it is used for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from conformance.judge import expression as ex
from conformance.judge.engine_polars.kernels import Validity, check_kernel
from conformance.standard.notation import picture_fields, picture_shape
from conformance.standard.repertoire import Ranges

#: Joins the texts of a pair; a forbidden character, so that no value that passed its chain holds it.
SEPARATOR = "\x1f"


class Compiler:
    """Translates conditions, each once; keeps each table's look-up structures, so that one table is laid out once."""

    def __init__(self) -> None:
        self._keys: dict[str, pl.Series] = {}
        # By identity, with the node held: comparing conditions would compare the tables in them.
        self._made: dict[int, tuple[ex.Condition, pl.Expr]] = {}

    def term(self, term: ex.Term) -> pl.Expr:
        """A text as an expression of type String."""
        if isinstance(term, ex.Col):
            return pl.col(term.name)
        if isinstance(term, ex.Slice):
            return self.term(term.of).str.slice(term.start - 1, term.length)
        if isinstance(term, ex.Joined):
            return pl.lit(term.prefix) + self.term(term.of)
        if isinstance(term, ex.Without):
            return self.term(term.of).str.replace_all(term.character, "", literal=True)
        raise TypeError(f"no translation for {type(term).__name__}")

    def condition(self, node: ex.Condition) -> pl.Expr:
        """A condition as an expression of type Boolean; null only where a column that it reads is null."""
        if id(node) not in self._made:
            translate = TRANSLATIONS.get(type(node))
            if translate is None:
                raise TypeError(f"no translation for {type(node).__name__}")
            self._made[id(node)] = (node, translate(self, node))
        return self._made[id(node)][1]

    def recorded(self, node: ex.Recorded) -> pl.Expr:
        """Membership in a table; with a time, by gathering the text's intervals."""
        text = pl.concat_str([self.term(term) for term in node.terms], separator=SEPARATOR)
        if len(node.terms) == 1:
            text = self.term(node.terms[0])
        if node.at is None:
            return text.is_in(self._known(node.table))
        at = self.at(node.at)
        return self._valid(text, at, at, node.table)

    def not_before(self, node: ex.NotBefore) -> pl.Expr:
        """The text's intervals reach the year in ``since`` and begin by ``until``."""
        since = pl.lit(0) if node.since is None else self.term(node.since).cast(pl.Int64, strict=False)
        return self._valid(self.term(node.of), since.fill_null(0), pl.lit(node.until), node.table)

    def at(self, at: ex.At) -> pl.Expr:
        """The time of each record as a whole number: YYYY or YYYYMMDD."""
        default = int(at.default[:4] if at.unit == "year" else at.default)
        if not at.column:
            return pl.lit(default, pl.Int64)
        column = pl.col(at.column)
        year = column.str.slice(0, 4).cast(pl.Int64, strict=False)
        if at.unit == "year":
            return pl.when(column.str.contains("^[0-9]{4}")).then(year).otherwise(default)
        day = column.str.slice(0, 8).cast(pl.Int64, strict=False)
        return (
            pl.when(column.str.contains("^[0-9]{8}"))
            .then(day)
            .when(column.str.contains("^[0-9]{4}"))
            .then(year * 10000 + 1231)
            .otherwise(default)
        )

    def _known(self, table: ex.Table) -> pl.Series:
        if table.name not in self._keys:
            texts = {SEPARATOR.join(texts) for texts, _, _ in table.rows}
            self._keys[table.name] = pl.Series(sorted(texts), dtype=pl.String).implode()
        return self._keys[table.name]

    def _valid(self, text: pl.Expr, since: pl.Expr, until: pl.Expr, table: ex.Table) -> pl.Expr:
        validity = _validity(table)
        if not len(validity.texts):
            return pl.lit(False)
        unknown = len(validity.texts)
        index = text.replace_strict(validity.texts, validity.places, default=unknown, return_dtype=pl.Int64).fill_null(
            unknown
        )

        def holds(columns: Sequence[pl.Series]) -> pl.Series:
            low, high, where = (series.to_numpy() for series in columns)
            return pl.Series(validity.holds(low, high, where))

        # A literal has length one and would be broadcast too late for a gather: stretch it to the column first.
        low = since.cast(pl.Int64) + index * 0
        high = until.cast(pl.Int64) + index * 0
        return pl.map_batches([low, high, index], holds, return_dtype=pl.Boolean, is_elementwise=True)


@lru_cache(maxsize=128)
def _validity(table: ex.Table) -> Validity:
    """A table laid out once for all the rules and datasets that look into it."""
    return Validity(table, SEPARATOR)


def character_class(ranges: Ranges) -> str:
    """The ranges as a class of the Rust regular expression syntax."""
    return "[" + "".join(rf"\x{{{low:X}}}-\x{{{high:X}}}" for low, high in ranges) + "]"


def _check(compiler: Compiler, node: ex.CheckHolds) -> pl.Expr:
    text = compiler.term(node.of)
    fixed = pl.when(text.str.len_bytes() == node.length).then(text)
    block = fixed.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, node.length))
    return block.map_batches(check_kernel(node.rule, node.length), return_dtype=pl.Boolean, is_elementwise=True)


def _real_date(compiler: Compiler, node: ex.RealDate) -> pl.Expr:
    """The shape, then the calendar by arithmetic: library parsers accept 30 February (``engines.md``, trap 2)."""
    text = compiler.term(node.of)
    fields: dict[str, pl.Expr] = {}
    for name, start, length in picture_fields(node.picture):
        fields[name] = text.str.slice(start - 1, length).cast(pl.Int32, strict=False)
    holds = text.str.contains(f"^(?:{picture_shape(node.picture)})$")
    if "YYYY" in fields:
        holds &= fields["YYYY"] >= 1
    if "MM" in fields:
        holds &= fields["MM"].is_between(1, 12)
    if "DD" in fields:
        holds &= fields["DD"].is_between(1, _last_day(fields))
    for name, last in (("hh", 23), ("mm", 59), ("ss", 59)):
        if name in fields:
            holds &= fields[name] <= last
    return holds.fill_null(False)


def _last_day(fields: Mapping[str, pl.Expr]) -> pl.Expr | int:
    if "MM" not in fields:
        return 31
    month = fields["MM"]
    short = month.is_in([4, 6, 9, 11])
    february: pl.Expr | int = 29
    if "YYYY" in fields:
        year = fields["YYYY"]
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        february = pl.when(leap).then(29).otherwise(28)
    february_month = 2
    return pl.when(month == february_month).then(february).when(short).then(30).otherwise(31)


def _number_in(compiler: Compiler, node: ex.NumberIn) -> pl.Expr:
    number = compiler.term(node.of).cast(pl.Decimal(38, 9), strict=False)
    holds = number.is_not_null()
    if node.minimum:
        holds &= number >= pl.lit(node.minimum).cast(pl.Decimal(38, 9))
    if node.maximum:
        holds &= number <= pl.lit(node.maximum).cast(pl.Decimal(38, 9))
    return holds.fill_null(False)


def _text_in(compiler: Compiler, node: ex.TextIn) -> pl.Expr:
    text = compiler.term(node.of)
    holds = pl.lit(True)
    if node.minimum:
        holds &= text >= node.minimum
    if node.maximum:
        holds &= text <= node.maximum
    return holds


def _length_in(compiler: Compiler, node: ex.LengthIn) -> pl.Expr:
    length = compiler.term(node.of).str.len_chars()
    if node.minimum == node.maximum:
        return length == node.minimum
    return length >= node.minimum if node.maximum is None else length.is_between(node.minimum, node.maximum)


def _edges(compiler: Compiler, node: ex.EdgesNotFrom) -> pl.Expr:
    class_ = character_class(node.ranges)
    return ~compiler.term(node.of).str.contains(f"^{class_}|{class_}$")


def _present(_compiler: Compiler, node: ex.Present) -> pl.Expr:
    return (pl.col(node.column) != "").fill_null(False)


TRANSLATIONS: Mapping[type[ex.Condition], Callable[[Compiler, Any], pl.Expr]] = {
    ex.Present: _present,
    ex.OnlyFrom: lambda c, n: c.term(n.of).str.contains(f"^{character_class(n.ranges)}*$"),
    ex.NoneFrom: lambda c, n: ~c.term(n.of).str.contains(character_class(n.ranges)),
    ex.EdgesNotFrom: _edges,
    ex.LengthIn: _length_in,
    ex.BytesAtMost: lambda c, n: c.term(n.of).str.len_bytes() <= n.maximum,
    ex.DigitsIn: lambda c, n: c.term(n.of).str.count_matches("[0-9]").is_between(n.minimum, n.maximum),
    ex.Shape: lambda c, n: c.term(n.of).str.contains(f"^(?:{n.pattern})$"),
    ex.RealDate: _real_date,
    ex.NumberIn: _number_in,
    ex.TextIn: _text_in,
    ex.CheckHolds: _check,
    ex.Recorded: lambda c, n: c.recorded(n),
    ex.NotBefore: lambda c, n: c.not_before(n),
    ex.Same: lambda c, n: c.term(n.left) == c.term(n.right),
    ex.NotAfter: lambda c, n: c.term(n.left) <= c.term(n.right),
    ex.AllOf: lambda c, n: pl.all_horizontal([c.condition(part) for part in n.parts]) if n.parts else pl.lit(True),
    ex.AnyOf: lambda c, n: pl.any_horizontal([c.condition(part) for part in n.parts]) if n.parts else pl.lit(False),
    ex.Not: lambda c, n: ~c.condition(n.part),
}
