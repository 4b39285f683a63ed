"""Division codes (行政区划代码) in time: who had which code when, and what became of it.

The year-end rule of the data: a code is good at year ``y`` when ``valid_from <= y <= valid_to`` (empty: unbounded);
in the year of change both the old and the new one are. Tables are held to the stricter ``valid_from <= y < valid_to``.

Systems: ``gbt-2260`` (six digits, GB/T 2260), ``gbt-10114`` (nine, civil affairs), ``stat-9`` and ``stat-12``
(statistics). The two nine-digit systems number townships independently: one code may name two places.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from conformance.standard.division_tables import (
    Assignment,
    Change,
    Dispute,
    Policy,
    read_changes,
    read_counties,
    read_disputes,
    read_policy,
    read_statistics_townships,
    read_townships,
    read_villages,
)

__all__ = [
    "COUNTY_SYSTEM",
    "SYSTEMS",
    "Assignment",
    "Change",
    "Dispute",
    "DivisionRegistry",
    "Policy",
    "Standing",
    "level_by_form",
]

COUNTY_SYSTEM = "gbt-2260"

#: The systems and their number of digits.
SYSTEMS: Mapping[str, int] = {COUNTY_SYSTEM: 6, "gbt-10114": 9, "stat-9": 9, "stat-12": 12}
_OTHER_SYSTEM = {"gbt-10114": "stat-9", "stat-9": "gbt-10114"}


class Standing(Enum):
    """What a code is in a system at a year; the first that holds, in this order."""

    IN_FORCE = "in-force"
    COLLECTIVE = "collective"
    DISPUTED = "disputed"
    ZONE = "zone"
    OTHER_SYSTEM = "other-system"
    OTHER_TIME = "other-time"
    UNKNOWN = "unknown"


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


_Row = TypeVar("_Row", bound=_Coded)


class DivisionRegistry:
    """Every division code of a pack, in time. Tables are read on first use, the twelve-digit one only if asked for."""

    def __init__(self, folder: Path, policy: Policy) -> None:
        self.policy = policy
        self._folder = folder
        self._tables: dict[str, Mapping[str, tuple[Assignment, ...]]] = {}

    @classmethod
    def load(cls, folder: Path) -> DivisionRegistry:
        """The registry of a pack's folder, which holds ``divisions/policy.yaml`` and the tables beside it."""
        tables = folder / "divisions"
        return cls(tables, read_policy(tables / "policy.yaml"))

    def assignments(self, system: str) -> Mapping[str, tuple[Assignment, ...]]:
        """Every code ever assigned in a system, with its holders, oldest first; raises KeyError for no system."""
        if system not in self._tables:
            self._tables[system] = _by_code(self._read(system))
        return self._tables[system]

    def provinces(self, system: str) -> frozenset[str]:
        """The first two digits of the provinces that the system's tables hold."""
        return frozenset(code[:2] for code in self.assignments(system))

    def valid(self, system: str, code: str, year: int) -> tuple[Assignment, ...]:
        """The holders of a code in that year: two where the code passed on in it, none where it was not good."""
        return tuple(row for row in self.assignments(system).get(code, ()) if row.good_in(year))

    def in_force(self, system: str, scope_prefix: str, levels: Collection[str], year: int) -> tuple[Assignment, ...]:
        """What the table of 31 December of that year holds of that prefix and those levels (none: all), by code."""
        return tuple(
            row
            for code, rows in sorted(self.assignments(system).items())
            if code.startswith(scope_prefix)
            for row in rows
            if row.in_force_at_end_of(year) and (not levels or row.level in levels)
        )

    def standing(self, system: str, code: str, year: int) -> Standing:
        """What the code is in that system at that year; see :class:`Standing` for the order."""
        rows = self.assignments(system).get(code, ())
        other = self.other_system(system)
        standing = Standing.UNKNOWN
        if any(row.good_in(year) for row in rows):
            standing = Standing.IN_FORCE
        elif self.is_collective(code):
            standing = Standing.COLLECTIVE
        elif self.is_disputed(code, year):
            standing = Standing.DISPUTED
        elif system == COUNTY_SYSTEM and code in self.zones:
            standing = Standing.ZONE
        elif rows:
            standing = Standing.OTHER_TIME
        elif other and code in self.assignments(other):
            standing = Standing.OTHER_SYSTEM
        return standing

    def successors(self, system: str, code: str, year: int) -> tuple[str, ...]:
        """The codes of that year's end for the area of a code that had ended by then, the same-named unit first.

        Changes are followed through: an area that moved twice gives the last codes only. Empty for a code that is
        still in force, that never was, or that begins later; what only ceded territory counts for nothing.
        """
        rows = self.assignments(system).get(code, ())
        ended = [row for row in rows if row.valid_to is not None and row.valid_to <= year]
        if not ended or any(row.in_force_at_end_of(year) for row in rows):
            return ()
        found: dict[str, None] = {}
        waiting = [ended[-1]]
        while waiting:
            row = waiting.pop(0)
            for heir in self._heirs(system, row):
                if heir.in_force_at_end_of(year):
                    found[heir.code] = None
                else:
                    waiting.append(heir)
        return tuple(found)

    def change(self, code: str, year: int) -> Change | None:
        """The approval of the code's beginning or end nearest to a year; None where its document is not known."""
        changes = self._changes.get(code, ())
        nearest = min(changes, key=lambda change: (abs(change.year - year), not change.document), default=None)
        return nearest if nearest and nearest.document else None

    def is_collective(self, code: str) -> bool:
        """Is it a heading code, such as 370101 市辖区? Heading codes name no unit."""
        return code in self.collective

    def is_disputed(self, code: str, year: int) -> bool:
        """Does some other source assert the code in that year? Heading and zone codes are not disputes."""
        return any(dispute.asserted_in(year) for dispute in self.disputes.get(code, ()))

    def level_of(self, code: str) -> str:
        """The level of a six-digit code's last holder; for others by form, empty where they have none."""
        rows = self.assignments(COUNTY_SYSTEM).get(code)
        return rows[-1].level if rows else level_by_form(code)

    def other_system(self, system: str) -> str | None:
        """The other nine-digit system; None for six and twelve digits."""
        return _OTHER_SYSTEM.get(system)

    @cached_property
    def collective(self) -> frozenset[str]:
        """Heading codes: those that the policy or the sources name, and the general ones that no unit ever held."""
        counties = self.assignments(COUNTY_SYSTEM)
        level = {code: rows[-1].level for code, rows in counties.items()}
        under = {
            code[:4] + tail for code in counties if level[code] == "prefecture" for tail in self.policy.under_prefecture
        }
        under |= {
            code[:2] + tail
            for tail in self.policy.under_province
            for code in counties
            if code[2:4] == tail[:2] and level[code] == "county"
        }
        return self._of_kinds(self.policy.collective_kinds) | self.policy.collective_codes | (under - counties.keys())

    @cached_property
    def zones(self) -> frozenset[str]:
        """Six-digit codes of development zones that no edition of GB/T 2260 assigned."""
        return self._of_kinds(self.policy.zone_kinds) | self.policy.zone_codes

    @cached_property
    def disputes(self) -> Mapping[str, tuple[Dispute, ...]]:
        """What other sources assert, by code, but for heading and zone codes."""
        return _by_code(row for row in self._asserted if row.kind in self.policy.disputed_kinds)

    @cached_property
    def _asserted(self) -> tuple[Dispute, ...]:
        return read_disputes(self._folder, self.policy.first_year[COUNTY_SYSTEM])

    @cached_property
    def _changes(self) -> Mapping[str, tuple[Change, ...]]:
        return _by_code(read_changes(self._folder))

    def _of_kinds(self, kinds: Collection[str]) -> frozenset[str]:
        return frozenset(row.code for row in self._asserted if row.kind in kinds)

    def _heirs(self, system: str, row: Assignment) -> Iterable[Assignment]:
        for code in row.successors:
            for heir in self.assignments(system).get(code, ()):
                if row.valid_to is not None and heir.in_force_at_end_of(row.valid_to):
                    yield heir

    def _read(self, system: str) -> tuple[Assignment, ...]:
        if system == COUNTY_SYSTEM:
            return read_counties(self._folder, self.policy.first_year[COUNTY_SYSTEM])
        return {"gbt-10114": read_townships, "stat-9": read_statistics_townships, "stat-12": read_villages}[system](
            self._folder
        )


def level_by_form(code: str) -> str:
    """The level that a code's digits tell, assigned or not; empty where it is not 6, 9 or 12 digits."""
    if not (code.isascii() and code.isdigit()):
        return ""
    if len(code) == SYSTEMS[COUNTY_SYSTEM]:
        return "province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"
    return {9: "township", 12: "village"}.get(len(code), "")


def _by_code(rows: Iterable[_Row]) -> dict[str, tuple[_Row, ...]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.code, []).append(row)
    return {code: tuple(held) for code, held in found.items()}
