"""Reading the division tables of a pack: ``divisions/*.csv`` and ``divisions/policy.yaml``, as frozen values.

The columns are described in the README.md of the pack. Nothing here decides anything about a code.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from conformance.standard.model import Text

#: The first and the last vintage of the statistics tables: what they bound is not known to begin or end there.
FIRST_VINTAGE, LAST_VINTAGE = 2016, 2023

NATIONAL, SHANDONG, SHANDONG_PREFIX = "national-counties.csv", "shandong-divisions.csv", "37"
STATISTICS, VILLAGES = "shandong-nbs-townships.csv", "shandong-villages.csv.gz"
CHANGES, TOWNSHIP_CHANGES = "shandong-changes.csv", "shandong-township-changes.csv"
DISPUTED = ("disputed.csv", "disputed-townships.csv")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One unit that held a code for a span of years, by the year-end rule; None is unbounded or not known.

    The code stands in the table of each 31 December from ``valid_from`` up to but not in ``valid_to``.
    ``successors`` are the codes of its area at its end, the unit of the same name first.
    """

    code: str
    name: str
    level: str
    parent: str
    valid_from: int | None
    valid_to: int | None
    successors: tuple[str, ...]

    def good_in(self, year: int) -> bool:
        """Was the code good on some day of that year? In the year of change the old and the new one both are."""
        return (self.valid_from is None or self.valid_from <= year) and (self.valid_to is None or year <= self.valid_to)

    def in_force_at_end_of(self, year: int) -> bool:
        """Does the table of 31 December of that year hold it?"""
        return (self.valid_from is None or self.valid_from <= year) and (self.valid_to is None or year < self.valid_to)


@dataclass(frozen=True, slots=True)
class Dispute:
    """A code that other sources assert from ``first`` to ``last``, both inclusive; None is unbounded or not said."""

    code: str
    name: str
    kind: str
    first: int | None
    last: int | None
    asserted_by: str

    def asserted_in(self, year: int) -> bool:
        """Does a source assert the code in that year? One that gives no years asserts it in any."""
        return (self.first is None or self.first <= year) and (self.last is None or year <= self.last)


@dataclass(frozen=True, slots=True)
class Change:
    """The approval of a code's beginning, end or change of name; ``approved_on`` is an ISO date, empty if not known."""

    code: str
    year: int
    document: str
    approved_on: str


@dataclass(frozen=True)
class Policy:
    """How codes that are neither plainly right nor plainly wrong are treated (``policy.yaml``)."""

    first_year: Mapping[str, int]
    collective_kinds: frozenset[str]
    collective_codes: frozenset[str]
    under_prefecture: tuple[str, ...]
    under_province: tuple[str, ...]
    residence_permits: frozenset[str]
    zone_kinds: frozenset[str]
    zone_codes: frozenset[str]
    disputed_kinds: Mapping[str, Text]
    reasons: Mapping[str, Text]


def read_policy(path: Path) -> Policy:
    """The policy of one pack; raises KeyError where a part is missing."""
    raw = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    collective, zone, disputed = raw["collective"], raw["zone"], raw["disputed"]
    return Policy(
        first_year=raw["first_year"],
        collective_kinds=frozenset(collective["kinds"]),
        collective_codes=frozenset(collective["codes"]),
        under_prefecture=tuple(collective["under_prefecture"]),
        under_province=tuple(collective["under_province"]),
        residence_permits=frozenset(raw["residence_permits"]),
        zone_kinds=frozenset(zone["kinds"]),
        zone_codes=frozenset(zone["codes"]),
        disputed_kinds={kind: Text(**text) for kind, text in disputed["kinds"].items()},
        reasons={name: Text(**raw[name]["reason"]) for name in ("collective", "zone", "disputed")},
    )


def read_counties(folder: Path, first_year: int) -> tuple[Assignment, ...]:
    """Six digits: all China, Shandong from its own file. What begins in the first table may be older: unbounded."""
    national = (row for row in _rows(folder / NATIONAL) if not row[0].startswith(SHANDONG_PREFIX))
    shandong = (row for row in _rows(folder / SHANDONG) if row[2] != "township")
    return tuple(_assignment(row, first_year) for rows in (national, shandong) for row in rows)


def read_townships(folder: Path) -> tuple[Assignment, ...]:
    """Nine digits, the civil-affairs system (GB/T 10114), Shandong."""
    return tuple(_assignment(row, 0) for row in _rows(folder / SHANDONG) if row[2] == "township")


def read_statistics_townships(folder: Path) -> tuple[Assignment, ...]:
    """Nine digits, the statistics system, Shandong; the file's six-digit zones are left to the policy."""
    return tuple(_vintage(row[:4], row[4], row[5]) for row in _rows(folder / STATISTICS) if row[2] == "township")


def read_villages(folder: Path) -> tuple[Assignment, ...]:
    """Twelve digits, statistics, Shandong; empty where the optional file was left out. Takes part of a second."""
    path = folder / VILLAGES
    if not path.is_file():
        return ()
    return tuple(_vintage((row[0], row[1], "village", row[2]), row[3], row[4]) for row in _rows(path))


def read_disputes(folder: Path, first_year: int) -> tuple[Dispute, ...]:
    """Every code that other sources assert, of whatever kind, in the order of the files."""
    found = []
    for name in DISPUTED:
        for code, title, kind, first, last, asserted_by in _rows(folder / name):
            begin = int(first) if first and int(first) > first_year else None
            found.append(Dispute(code, title, kind, begin, _year(last), asserted_by))
    return tuple(found)


def read_changes(folder: Path) -> Iterator[Change]:
    """Beginnings, ends and changes of name; what only moves territory changes no code and is left out."""
    for year, kind, code, _, _, document, approved_on, _ in _rows(folder / CHANGES):
        if not kind.startswith("territory-"):
            yield Change(code, int(year), document, approved_on)
    for year, _, old, _, new, _, document in _rows(folder / TOWNSHIP_CHANGES):
        for code in filter(None, (old, new)):
            yield Change(code, int(year), document, "")


def _rows(path: Path) -> Iterator[list[str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = csv.reader(text.decode("utf-8").splitlines(), strict=True)
    next(lines)
    return lines


def _assignment(row: list[str], first_year: int) -> Assignment:
    code, name, level, parent, begin, end, successors = row[:7]
    valid_from = int(begin) if begin and int(begin) > first_year else None
    return Assignment(code, name, level, parent, valid_from, _year(end), tuple(successors.split(";")) if end else ())


def _vintage(unit: tuple[str, ...] | list[str], first: str, last: str) -> Assignment:
    code, name, level, parent = unit
    valid_from = None if int(first) <= FIRST_VINTAGE else int(first)
    valid_to = None if int(last) >= LAST_VINTAGE else int(last) + 1
    return Assignment(code, name, level, parent, valid_from, valid_to, ())


def _year(text: str) -> int | None:
    return int(text) if text else None
