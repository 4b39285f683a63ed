"""The oracle's own reading of the division tables: plain CSV, plain dictionaries, nothing shared with the registry.

What is read: ``divisions/*.csv`` and ``divisions/policy.yaml`` of the pack; what it means: the pack's README.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

DIGITS = {"gbt-2260": 6, "gbt-10114": 9, "stat-9": 9, "stat-12": 12}
_OTHER = {"gbt-10114": "stat-9", "stat-9": "gbt-10114"}
_EVER = (-9999, 9999)
_VINTAGES = (2016, 2023)


@dataclass(frozen=True)
class Unit:
    """One holder of a code: it stands in the tables of each year's end from ``first`` up to but not in ``last``."""

    code: str
    name: str
    level: str
    parent: str
    first: int
    last: int
    successors: tuple[str, ...] = ()

    def good(self, year: int) -> bool:
        """In the year of change the old code and the new one are both good."""
        return self.first <= year <= self.last

    def in_table(self, year: int) -> bool:
        """Does the table of that year's end hold it?"""
        return self.first <= year < self.last


class OracleDivisions:
    """The division codes of one pack, by system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._systems: dict[str, dict[str, list[Unit]]] = {}
        self._policy: Any = yaml.safe_load((folder / "policy.yaml").read_text("utf-8"))
        self._first = int(self._policy["first_year"]["gbt-2260"])

    def units(self, system: str) -> dict[str, list[Unit]]:
        """The holders of each code that the system ever assigned, oldest first."""
        if system not in self._systems:
            found: dict[str, list[Unit]] = {}
            for unit in self._read(system):
                found.setdefault(unit.code, []).append(unit)
            self._systems[system] = found
        return self._systems[system]

    def good(self, system: str, code: str, year: int) -> list[Unit]:
        """The holders of a code that are good in that year."""
        return [unit for unit in self.units(system).get(code, []) if unit.good(year)]

    def in_table(self, system: str, code: str, year: int) -> list[Unit]:
        """The holders of a code in the table of that year's end."""
        return [unit for unit in self.units(system).get(code, []) if unit.in_table(year)]

    def other_system(self, system: str, code: str) -> bool:
        """Is it a code of the other nine-digit system, and never was one of this?"""
        return code not in self.units(system) and system in _OTHER and code in self.units(_OTHER[system])

    def covers(self, system: str, code: str) -> bool:
        """Do the system's tables hold the code's province? Six digits cover all; what is no province is not missing."""
        province = code[:2]
        real = any(each[:2] == province for each in self.units("gbt-2260"))
        return not real or any(each[:2] == province for each in self.units(system))

    def disputed(self, code: str, year: int) -> bool:
        """Does some source assert the code in that year?"""
        return any(begin <= year <= end for begin, end in self._disputes.get(code, []))

    def disputed_between(self, code: str, first: int, last: int) -> bool:
        """Does some source assert the code not before the first year and not after the last?"""
        return any(begin <= last and end >= first for begin, end in self._disputes.get(code, []))

    def successors(self, system: str, code: str, year: int) -> set[str]:
        """The codes in that year's table which the area of an ended code came to; empty where none is known."""
        ended = [unit for unit in self.units(system).get(code, []) if unit.last <= year]
        if not ended or self.in_table(system, code, year):
            return set()
        found: set[str] = set()
        waiting = [ended[-1]]
        while waiting:
            unit = waiting.pop()
            for successor in unit.successors:
                for heir in self.in_table(system, successor, unit.last):
                    if heir.in_table(year):
                        found.add(heir.code)
                    else:
                        waiting.append(heir)
        return found

    @cached_property
    def collective(self) -> set[str]:
        """The heading codes."""
        policy = self._policy["collective"]
        found = {row[0] for row in self._other_sources if row[2] in policy["kinds"]} | set(policy["codes"])
        counties = self.units("gbt-2260")
        for code, units in counties.items():
            headings = []
            if units[-1].level == "prefecture":
                headings = [code[:4] + tail for tail in policy["under_prefecture"]]
            if units[-1].level == "county":
                headings = [code[:2] + tail for tail in policy["under_province"] if code[2:4] == tail[:2]]
            found |= {heading for heading in headings if heading not in counties}
        return found

    @cached_property
    def residence_permits(self) -> set[str]:
        """Prefixes of residence permits, which are no county codes."""
        return set(self._policy["residence_permits"])

    @cached_property
    def zones(self) -> set[str]:
        """Six-digit codes of development zones."""
        policy = self._policy["zone"]
        return {row[0] for row in self._other_sources if row[2] in policy["kinds"]} | set(policy["codes"])

    @cached_property
    def _disputes(self) -> dict[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = {}
        for code, _, kind, first, last, _ in self._other_sources:
            if kind in self._policy["disputed"]["kinds"]:
                found.setdefault(code, []).append(self._span(first, last))
        return found

    @cached_property
    def _other_sources(self) -> list[list[str]]:
        return [*self._rows("disputed.csv"), *self._rows("disputed-townships.csv")]

    def _span(self, first: str, last: str) -> tuple[int, int]:
        begin = int(first) if first and int(first) > self._first else _EVER[0]
        return begin, int(last) if last else _EVER[1]

    def _rows(self, name: str) -> Iterator[list[str]]:
        content = (self._folder / name).read_bytes()
        text = gzip.decompress(content) if name.endswith(".gz") else content
        rows = csv.reader(text.decode("utf-8").splitlines())
        next(rows)
        return rows

    def _read(self, system: str) -> Iterator[Unit]:
        if system == "gbt-2260":
            yield from (self._unit(row) for row in self._rows("national-counties.csv") if row[0][:2] != "37")
            yield from (self._unit(row) for row in self._rows("shandong-divisions.csv") if row[2] != "township")
        elif system == "gbt-10114":
            yield from (self._unit(row) for row in self._rows("shandong-divisions.csv") if row[2] == "township")
        elif system == "stat-9":
            rows = self._rows("shandong-nbs-townships.csv")
            yield from (_vintage(row[0], row[1], row[2], row[3], row[4:6]) for row in rows if row[2] == "township")
        elif (self._folder / "shandong-villages.csv.gz").is_file():
            rows = self._rows("shandong-villages.csv.gz")
            yield from (_vintage(row[0], row[1], "village", row[2], row[3:5]) for row in rows)

    def _unit(self, row: Sequence[str]) -> Unit:
        code, name, level, parent, first, last, successors = row[:7]
        begin, end = self._span(first, last)
        return Unit(code, name, level, parent, begin, end, tuple(successors.split(";")) if last else ())


def _vintage(code: str, name: str, level: str, parent: str, vintages: Sequence[str]) -> Unit:
    """What the first and the last vintage show is not known to begin or end with them."""
    first, last = int(vintages[0]), int(vintages[1])
    begin = first if first > _VINTAGES[0] else _EVER[0]
    return Unit(code, name, level, parent, begin, last + 1 if last < _VINTAGES[1] else _EVER[1])
