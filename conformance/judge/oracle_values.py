"""The oracle's rules over one value: charset to range, read off "How a value is judged" in ``docs/architecture.md``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from conformance.judge.model import Column, Dataset
from conformance.judge.oracle_chain import Outcome, Record, Step, good
from conformance.judge.oracle_dates import DIGITS, all_digits, day_of, exists, take_apart
from conformance.judge.oracle_schemes import SchemeRules, in_list
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
        """Steps 2 to 12, but for what only schemes have; divisions stop after step 4."""
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
        free = self.format.kind == "binary" or (self.format.kind == "text" and self._ranges() == ())
        return element.halfwidth or bool(element.domain) or self.column.division is not None or not free

    def _halfwidth(self, value: str, _record: Record) -> Outcome:
        return good(not any(within(character, self.standards.repertoire.fullwidth) for character in value))

    @staticmethod
    def _length_applies(format_: Format) -> bool:
        limited = format_.minimum > 0 or format_.maximum is not None
        return format_.kind == "number" or (format_.kind == "text" and limited)

    def _length(self, value: str, _record: Record) -> Outcome:
        fits = [_fits_length(value, self.format)]
        if self.column.element.conflict and self._length_applies(self.column.element.conflict[0]):
            fits.append(_fits_length(value, self.column.element.conflict[0]))
        return Outcome.GOOD if all(fits) else Outcome.OPEN if any(fits) else Outcome.BAD

    def _ranges(self) -> Ranges:
        """The repertoire of the element's text; empty where it is any graphic character."""
        if self.format.picture:
            return self.standards.repertoire.classes["alphanumeric"]
        names = self.standards.dialect_of(self.column.element).classes[self.format.symbol]
        return self.standards.repertoire.classes[names["fixed" if self.format.fixed else "variable"]]

    def _format_applies(self) -> bool:
        return self.format.kind in ("number", "picture", "boolean") or (
            self.format.kind == "text" and self._ranges() != ()
        )

    def _format(self, value: str, _record: Record) -> Outcome:
        if self.format.kind == "number":
            return good(_is_number(value, self.format.decimals or 0))
        if self.format.kind == "boolean":
            return good(value in self.standards.dialect_of(self.column.element).booleans)
        if self.format.kind == "picture":
            return self._picture(value)
        classes = self.standards.repertoire.classes
        if self.format.picture:
            symbols = {"a": classes["letters"], "n": classes["digits"]}
            pairs = zip(value, self.format.picture, strict=False)
            return good(all(within(character, symbols[symbol]) for character, symbol in pairs))
        return good(all(within(character, self._ranges()) for character in value))

    def _picture(self, value: str) -> Outcome:
        """A value in the other picture that the same standard gives is neither right nor wrong."""
        if take_apart(value, self.format.picture) is not None:
            return Outcome.GOOD
        conflict = self.column.element.conflict
        other = conflict is not None and conflict[0].kind == "picture" and take_apart(value, conflict[0].picture)
        return Outcome.BAD if other is None or other is False else Outcome.OPEN

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
        if self.format.kind == "picture":
            return good((not low or low <= value) and (not high or value <= high))
        try:
            number = Decimal(value)
        except InvalidOperation:
            return Outcome.SKIP
        return good((not low or Decimal(low) <= number) and (not high or number <= Decimal(high)))


def _fits_length(value: str, format_: Format) -> bool:
    counted = sum(character in DIGITS for character in value) if format_.kind == "number" else len(value)
    return format_.minimum <= counted and (format_.maximum is None or counted <= format_.maximum)


def _is_number(value: str, decimals: int) -> bool:
    whole, point, fraction = value.partition(".")
    return all_digits(whole) and (not point or (all_digits(fraction) and len(fraction) <= decimals))
