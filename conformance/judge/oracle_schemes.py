"""The oracle's rules over identifiers: structure and check character, worked out digit by digit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.judge.model import Column
from conformance.judge.oracle_chain import Outcome, Record, Step, good
from conformance.judge.oracle_dates import exists, take_apart
from conformance.standard.model import CheckRule, CodeList, Scheme, SchemePart
from conformance.standard.standards import Standards

_START = 10


def schemes_of(standards: Standards, column: Column) -> list[Scheme]:
    """The schemes that a column's values may follow, the element's own first; of one length only the first counts."""
    kind, _, id_ = column.element.domain.partition(":")
    found: list[Scheme] = []
    for each in (id_, *column.also) if kind == "scheme" else ():
        if standards.schemes[each].length not in [scheme.length for scheme in found]:
            found.append(standards.schemes[each])
    return found


def scheme_of(standards: Standards, column: Column, value: str) -> Scheme:
    """The scheme that a value follows: of several, that of its length."""
    schemes = schemes_of(standards, column)
    return next((scheme for scheme in schemes if scheme.length == len(value)), schemes[0])


def part_of(value: str, part: SchemePart) -> str:
    """The characters of one part."""
    return value[part.start - 1 : part.start - 1 + part.length]


def birth_of(value: str, scheme: Scheme) -> str:
    """The date inside a number as YYYYMMDD; empty where the scheme has none."""
    for part in scheme.parts:
        if part.kind == "date":
            return part_of(value, part)
        if part.kind == "short-date":
            return "19" + part_of(value, part)
    return ""


def in_list(value: str, codes: CodeList) -> Outcome:
    """Is the value a code of the list? One that an incomplete list lacks is undecided."""
    if any(code.code == value for code in codes.codes):
        return Outcome.GOOD
    if codes.extension and re.fullmatch(codes.extension, value):
        return Outcome.GOOD
    return Outcome.BAD if codes.complete else Outcome.OPEN


@dataclass(frozen=True)
class SchemeRules:
    """The rules over one column of identifiers."""

    standards: Standards
    column: Column

    @property
    def admitted(self) -> bool:
        """Does the declaration admit further schemes, so that a value's length chooses one?"""
        return len(schemes_of(self.standards, self.column)) > 1

    def length(self, value: str, _record: Record) -> Outcome:
        """Some admitted scheme has the value's length."""
        return good(any(scheme.length == len(value) for scheme in schemes_of(self.standards, self.column)))

    def steps(self) -> Iterator[Step]:
        """Structure, then check character; neither for a column without a scheme."""
        schemes = schemes_of(self.standards, self.column)
        if schemes:
            yield "DE-SCHEME", self._structure
        if any(self._checks(scheme) for scheme in schemes):
            yield "DE-CHECK", self._check

    def _structure(self, value: str, _record: Record) -> Outcome:
        return self._sound(value, scheme_of(self.standards, self.column, value))

    def _sound(self, value: str, scheme: Scheme) -> Outcome:
        if len(value) != scheme.length or not re.fullmatch(scheme.pattern, value):
            return Outcome.BAD
        outcomes = [self._part(part_of(value, part), part) for part in scheme.parts]
        return next((worst for worst in (Outcome.BAD, Outcome.OPEN) if worst in outcomes), Outcome.GOOD)

    def _part(self, text: str, part: SchemePart) -> Outcome:
        if part.kind in ("date", "short-date"):
            fields = take_apart("19" + text if part.kind == "short-date" else text, "YYYYMMDD")
            return good(fields is not None and exists(fields))
        if part.kind == "code":
            return in_list(text, self.standards.codes[part.domain])
        if part.kind == "scheme":
            return self._sound(text, self.standards.schemes[part.domain])
        return Outcome.GOOD

    def _checks(self, scheme: Scheme) -> list[tuple[SchemePart | None, CheckRule]]:
        """The check rule of a scheme, and those of the schemes inside it with their parts."""
        inner = [(part, self.standards.schemes[part.domain]) for part in scheme.parts if part.kind == "scheme"]
        found: list[tuple[SchemePart | None, CheckRule]] = [(None, scheme.check)] if scheme.check else []
        return found + [(part, each.check) for part, each in inner if each.check]

    def _check(self, value: str, _record: Record) -> Outcome:
        """A number whose scheme has no check character has none wrong."""
        checks = self._checks(scheme_of(self.standards, self.column, value))
        return good(all(holds(part_of(value, part) if part else value, rule) for part, rule in checks))


def holds(value: str, rule: CheckRule) -> bool:
    """Is the last character the check character of those before it?"""
    if any(character not in rule.values for character in value[:-1]) or value[-1] not in rule.check_values:
        return False
    numbers = [rule.values[character] for character in value[:-1]] + [rule.check_values[value[-1]]]
    if rule.algorithm == "weighted":
        total = sum(number * weight for number, weight in zip(numbers, rule.weights, strict=True))
        return total % rule.modulus == rule.remainder
    product = _START
    for number in numbers[:-1]:
        product = ((product + number) % _START or _START) * 2 % (_START + 1)
    return (product + numbers[-1]) % rule.modulus == rule.remainder
