"""The oracle's rules over a vendor's own table of division codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.model import Dataset, TableUse
from conformance.judge.oracle_chain import OracleResult, Outcome, Record, Step, good, present, walk
from conformance.judge.oracle_dates import all_digits, only_digits
from conformance.judge.oracle_divisions import DIGITS, OracleDivisions, Unit


@dataclass(frozen=True)
class TableRules:
    """The rules over one table, in the chain's order. A cell that is absent is judged as an empty text."""

    divisions: OracleDivisions
    dataset: Dataset
    table: TableUse

    def judge(self, rows: Sequence[Record]) -> dict[str, OracleResult]:
        """The result of each rule that applies."""
        everything = [self._cell(record, "code") for record in rows]
        codes = [code if self._concerns(code) else None for code in everything]
        results, _ = walk(list(self._steps(everything, rows)), codes, rows)
        results["AT-COMPLETE"] = self._complete(everything, rows)
        return results

    def _concerns(self, code: str) -> bool:
        """Is it a code of the scope, in a province that the tables hold? What is no number could be meant for one."""
        if not all_digits(code):
            return True
        return code.startswith(self.table.scope) and self.divisions.covers(self.table.system, code)

    def _steps(self, codes: Sequence[str], rows: Sequence[Record]) -> Iterator[Step]:
        system = self.table.system
        times = Counter(code for code, record in zip(codes, rows, strict=True) if self._open(record))
        yield "AT-FORM", lambda code, _record: good(_formed(code, system))
        yield (
            "AT-UNIQUE",
            lambda code, record: good(times[code] == 1) if self._open(record) else Outcome.SKIP,
        )
        yield "AT-COLLECTIVE", self._collective
        yield "AT-DISPUTED", self._disputed
        if system == "gbt-2260":
            yield "AT-ZONE", lambda code, _record: good(code not in self.divisions.zones or bool(self._held(code)))
        yield "AT-EXTRA", lambda code, _record: good(code in self.divisions.units(system))
        yield "AT-CLOSED", lambda code, record: good(bool(self._held(code))) if self._open(record) else Outcome.SKIP
        if "successor" in self.table.roles:
            yield "AT-SUCCESSOR", self._successor
        if "name" in self.table.roles:
            yield "AT-NAME", self._name
        if "parent" in self.table.roles:
            yield "AT-PARENT", self._parent

    @property
    def _year(self) -> int:
        return int(self.dataset.as_of[:4])

    def _cell(self, record: Record, role: str) -> str:
        return record.get(self.table.roles[role]) or "" if role in self.table.roles else ""

    def _open(self, record: Record) -> bool:
        """Does the row claim that its code is in force?"""
        until = present(self._cell(record, "valid_to"))
        return until is None or only_digits(until) > self.dataset.as_of

    def _held(self, code: str) -> list[Unit]:
        """The holders of a code on some day of the table's year."""
        return self.divisions.good(self.table.system, code, self._year)

    def _collective(self, code: str, _record: Record) -> Outcome:
        return Outcome.OPEN if code in self.divisions.collective and not self._held(code) else Outcome.GOOD

    def _disputed(self, code: str, _record: Record) -> Outcome:
        disputed = self.divisions.disputed(code, self._year)
        return Outcome.OPEN if disputed and not self._held(code) else Outcome.GOOD

    def _successor(self, code: str, record: Record) -> Outcome:
        official = self.divisions.successors(self.table.system, code, self._year)
        if self._open(record) or not official:
            return Outcome.SKIP
        said = {part.strip() for part in self._cell(record, "successor").split(";")}
        return good(said - {""} == official)

    def _name(self, code: str, record: Record) -> Outcome:
        if not self._open(record):
            return Outcome.SKIP
        return good(any(unit.name == self._cell(record, "name") for unit in self._held(code)))

    def _parent(self, code: str, record: Record) -> Outcome:
        if not self._open(record):
            return Outcome.SKIP
        parent = self._cell(record, "parent")
        return good(any(unit.parent == parent or _may_omit(unit, parent) for unit in self._held(code)))

    def _complete(self, codes: Sequence[str], rows: Sequence[Record]) -> OracleResult:
        """What is missing, as places in the sorted official codes: a missing code has no row.

        A table of a year need hold only what was in force from the year's beginning to its end.
        """
        listed = {code for code, record in zip(codes, rows, strict=True) if self._open(record)}
        system, levels = self.table.system, self.table.levels
        official = sorted(
            code
            for code in self.divisions.units(system)
            if code.startswith(self.table.scope)
            and self.divisions.in_table(system, code, self._year - 1)
            and any(not levels or unit.level in levels for unit in self.divisions.in_table(system, code, self._year))
        )
        missing = tuple(place for place, code in enumerate(official, start=1) if code not in listed)
        return OracleResult(len(official), missing, ())


def _may_omit(unit: Unit, parent: str) -> bool:
    """The parent of a prefecture is its province, and may be left out; a province has none."""
    return not parent and unit.level in ("province", "prefecture")


def _formed(code: str, system: str) -> bool:
    return all_digits(code) and len(code) == DIGITS[system]
