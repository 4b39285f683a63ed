"""The oracle's rules over one value: charset to range, read off "How a value is judged" in ``docs/architecture.md``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from conformance.judge.model import Column, Dataset
from conformance.judge.oracle_chain import Outcome, Record, Step, good
from conformance.judge.oracle_dates import DIGITS, all_digits, day_of, exists, take_apart
from conformance.judge.oracle_schemes import SchemeRules, in_list, schemes_of
from conformance.standard.model import CodeList
from conformance.standard.notation import Format
from conformance.standard.repertoire import Ranges
from conformance.standard.standards import Standards


def within(character: str, ranges: Ranges) -> bool:
    """Does a character lie in one of the ranges?"""
    return any(low <= ord(character) <= high for low, high in ranges)


@dataclass(frozen=True)
class ValueRules:
    """The rules that apply to the values of one column, in the chain's order."""

    standards: Standards
    dataset: Dataset
    column: Column

    def steps(self) -> Iterator[Step]:
        """Steps 2 to 12, but for what only schemes have; divisions stop after step 4, binary has none of them."""
        if self.format.kind == "binary":
            return
        yield "DE-CHARSET", self._charset
        yield "DE-BLANK", self._blank
        if self._halfwidth_applies():
            yield "DE-HALFWIDTH", self._halfwidth
        if self.column.division or self.column.element.domain.startswith("division:"):
            return
        schemes = SchemeRules(self.standards, self.column)
        if schemes.admitted:
            yield "DE-LENGTH", schemes.length
        elif self._length_applies(self.format):
            yield "DE-LENGTH", self._length
        if self._format_applies():
            yield "DE-FORMAT", self._format
        if self.format.kind == "picture":
            yield "DE-DATE", self._date
        yield from self._domain_steps()
        yield from schemes.steps()
        if self.column.element.minimum or self.column.element.maximum:
            yield "DE-RANGE", self._range

    @property
    def format(self) -> Format:
        """The element's format."""
        return self.column.element.format

    @property
    def _unlimited(self) -> bool:
        return self.format.kind == "text" and self.format.maximum is None

    def _charset(self, value: str, _record: Record) -> Outcome:
        repertoire = self.standards.repertoire
        allowed = repertoire.multiline if self._unlimited else ()
        return good(not any(within(c, repertoire.forbidden) and not within(c, allowed) for c in value))

    def _blank(self, value: str, _record: Record) -> Outcome:
        blanks = self.standards.repertoire.blanks
        return good(not within(value[0], blanks) and not within(value[-1], blanks))

    def _halfwidth_applies(self) -> bool:
        element = self.column.element
        free = self.format.kind == "text" and self._ranges(self.format) == ()
        return element.halfwidth or bool(element.domain) or self.column.division is not None or not free

    def _halfwidth(self, value: str, _record: Record) -> Outcome:
        return good(not any(within(character, self.standards.repertoire.fullwidth) for character in value))

    @staticmethod
    def _length_applies(format_: Format) -> bool:
        limited = format_.minimum > 0 or format_.maximum is not None
        return format_.kind == "number" or (format_.kind == "text" and limited)

    def _length(self, value: str, _record: Record) -> Outcome:
        return self._by_row(_fits_length(value, self.format), value)

    def _by_row(self, fits: bool, value: str) -> Outcome:
        """A value that fits only the second format which the same standard gives is neither right nor wrong."""
        element = self.column.element
        if fits or element.conflict is None or element.domain.startswith("scheme:"):
            return good(fits)
        other = element.conflict[0]
        return Outcome.OPEN if _fits_length(value, other) and self._written(value, other) else Outcome.BAD

    def _ranges(self, format_: Format) -> Ranges:
        """The repertoire of a text; empty where it is any graphic character."""
        if format_.picture:
            return self.standards.repertoire.classes["alphanumeric"]
        names = self.standards.dialect_of(self.column.element).classes[format_.symbol]
        return self.standards.repertoire.classes[names["fixed" if format_.fixed else "variable"]]

    def _format_applies(self) -> bool:
        return self.format.kind in ("number", "picture", "boolean") or (
            self.format.kind == "text" and self._ranges(self.format) != ()
        )

    def _format(self, value: str, _record: Record) -> Outcome:
        """The element's format speaks of its own scheme; an identifier of another one is judged by that alone."""
        schemes = schemes_of(self.standards, self.column)
        if schemes[1:] and len(value) != schemes[0].length:
            return Outcome.GOOD
        return self._by_row(self._written(value, self.format), value)

    def _written(self, value: str, format_: Format) -> bool:
        """Is the value written in a format, its length apart?"""
        if format_.kind == "number":
            return _is_number(value, format_.decimals or 0, signed=self.column.element.minimum.startswith("-"))
        if format_.kind == "boolean":
            return value in self.standards.dialect_of(self.column.element).booleans
        if format_.kind == "picture":
            return take_apart(value, format_.picture) is not None
        if format_.kind == "binary":
            return True
        classes = self.standards.repertoire.classes
        if format_.picture:
            symbols = {"a": classes["letters"], "n": classes["digits"]}
            pairs = zip(value, format_.picture, strict=False)
            return all(within(character, symbols[symbol]) for character, symbol in pairs)
        ranges = self._ranges(format_)
        return ranges == () or all(within(character, ranges) for character in value)

    def _date(self, value: str, _record: Record) -> Outcome:
        fields = take_apart(value, self.format.picture)
        return good(fields is not None and exists(fields))

    def _domain_steps(self) -> Iterator[Step]:
        kind, _, id_ = self.column.element.domain.partition(":")
        if kind == "code":
            codes = self.standards.codes[id_]
            yield "DE-DOMAIN", lambda value, _record: in_list(value, codes)
            if any(code.valid_from or code.valid_to for code in codes.codes):
                yield "DE-CODE-DATE", self._code_date(codes)

    def _code_date(self, codes: CodeList) -> Callable[[str, Record], Outcome]:
        def judge(value: str, record: Record) -> Outcome:
            day = day_of(self.dataset, self.column.date, record)
            held = [code for code in codes.codes if code.code == value]
            valid = [c for c in held if (c.valid_from or "0") <= day and (not c.valid_to or day <= c.valid_to)]
            return good(not held or bool(valid))

        return judge

    def _range(self, value: str, _record: Record) -> Outcome:
        low, high = self.column.element.minimum, self.column.element.maximum
        if self.format.kind == "picture" or self.format.symbol != "n":
            return good((not low or low <= value) and (not high or value <= high))
        number = Decimal(value)
        return good((not low or Decimal(low) <= number) and (not high or number <= Decimal(high)))


def _fits_length(value: str, format_: Format) -> bool:
    counted = sum(character in DIGITS for character in value) if format_.kind == "number" else len(value)
    return format_.minimum <= counted and (format_.maximum is None or counted <= format_.maximum)


def _is_number(value: str, decimals: int, *, signed: bool) -> bool:
    whole, point, fraction = (value.removeprefix("-") if signed else value).partition(".")
    return all_digits(whole) and (not point or (all_digits(fraction) and len(fraction) <= decimals))
