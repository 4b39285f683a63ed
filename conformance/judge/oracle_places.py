"""The oracle's rules over division codes, alone in a column or inside an identifier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.oracle_chain import Outcome, Record, Step, good
from conformance.judge.oracle_dates import all_digits, year_of
from conformance.judge.oracle_divisions import DIGITS, OracleDivisions, Unit
from conformance.judge.oracle_schemes import birth_of, part_of, scheme_of, schemes_of
from conformance.standard.model import SchemePart
from conformance.standard.standards import Standards


def division_use(column: Column) -> DivisionUse | None:
    """How the column uses division codes: as declared, else as its element's domain says."""
    kind, _, system = column.element.domain.partition(":")
    return column.division or (DivisionUse(system) if kind == "division" else None)


@dataclass(frozen=True)
class PlaceRules:
    """The division rules over one column, in the chain's order."""

    standards: Standards
    divisions: OracleDivisions
    dataset: Dataset
    column: Column

    def steps(self) -> Iterator[Step]:
        """``AD-FORM`` to ``AD-LEVEL`` for a column of codes, ``AD-EMBEDDED`` for one of identifiers that hold one."""
        use = division_use(self.column)
        if use is not None:
            yield from self._column_steps(use)
        elif any(part.kind == "division" for each in schemes_of(self.standards, self.column) for part in each.parts):
            yield "AD-EMBEDDED", self._embedded

    def good_units(self, value: str, record: Record) -> list[Unit]:
        """The holders of the column's code that are good in the year that the record speaks of."""
        use = division_use(self.column)
        return self.divisions.good(use.system, value, self._year(record)) if use else []

    def _year(self, record: Record) -> int:
        return year_of(self.dataset, self.column.date, record)

    def _column_steps(self, use: DivisionUse) -> Iterator[Step]:
        system = use.system
        yield "AD-FORM", lambda value, _record: good(all_digits(value) and len(value) == DIGITS[system])
        yield "AD-COLLECTIVE", self._collective
        yield "AD-DISPUTED", self._disputed
        if system == "gbt-2260":
            yield "AD-ZONE", lambda v, record: good(v not in self.divisions.zones or bool(self.good_units(v, record)))
        if system in ("gbt-10114", "stat-9"):
            yield "AD-SYSTEM", lambda value, _record: good(not self.divisions.other_system(system, value))
        yield "AD-EXISTS", self._exists
        yield "AD-VALID", lambda value, record: good(bool(self.good_units(value, record)))
        if use.levels:
            yield "AD-LEVEL", self._level

    def _exists(self, value: str, _record: Record) -> Outcome:
        use = division_use(self.column)
        system = use.system if use else ""
        if value in self.divisions.units(system):
            return Outcome.GOOD
        return Outcome.BAD if self.divisions.covers(system, value) else Outcome.OPEN

    def _collective(self, value: str, record: Record) -> Outcome:
        heading = value in self.divisions.collective and not self.good_units(value, record)
        return Outcome.OPEN if heading else Outcome.GOOD

    def _disputed(self, value: str, record: Record) -> Outcome:
        year = self._year(record)
        disputed = self.divisions.disputed(value, year) and not self.good_units(value, record)
        return Outcome.OPEN if disputed else Outcome.GOOD

    def _level(self, value: str, record: Record) -> Outcome:
        use = division_use(self.column)
        return good(use is not None and any(unit.level in use.levels for unit in self.good_units(value, record)))

    def _embedded(self, value: str, _record: Record) -> Outcome:
        scheme = scheme_of(self.standards, self.column, value)
        born = birth_of(value, scheme)
        first = int(born[:4]) if born else None
        outcomes = [self._part(part_of(value, part), part, first) for part in scheme.parts if part.kind == "division"]
        return next((worst for worst in (Outcome.BAD, Outcome.OPEN) if worst in outcomes), Outcome.GOOD)

    def _part(self, code: str, part: SchemePart, born: int | None) -> Outcome:
        """A number keeps the code of first registration for ever: any since birth, up to the day judged at.

        Which codes an authority of any level has used, nobody can say for certain.
        """
        last = int(self.dataset.as_of[:4])
        first = born if born is not None else -1
        for unit in self.divisions.units("gbt-2260").get(code, []):
            if unit.first <= last and unit.last >= first and part.domain in ("any", unit.level):
                return Outcome.GOOD
        if part.domain == "any":
            return Outcome.OPEN
        if code in self.divisions.residence_permits:
            return Outcome.GOOD
        doubtful = code in self.divisions.collective or self.divisions.disputed_between(code, first, last)
        return Outcome.OPEN if doubtful else Outcome.BAD
