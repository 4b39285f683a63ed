"""Division codes for samples: which codes are good at a date, what they are called, what lies in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from conformance.sample.draw import Draw, Ints
from conformance.sample.errors import SampleError
from conformance.standard.divisions import COUNTY_SYSTEM, Assignment, DivisionRegistry

if TYPE_CHECKING:
    from conformance.sample.making import Making

_TOWNSHIPS = "gbt-10114"
_COUNTY = "county"
#: The province whose townships the civil-affairs table holds, and where samples play unless told otherwise.
_HOME = ("37",)


class Places:
    """Division codes by year, by the year-end rule: in the year of change both the old and the new code are good."""

    def __init__(self, registry: DivisionRegistry) -> None:
        self._registry = registry
        self._codes: dict[tuple[object, ...], tuple[str, ...]] = {}

    def codes(self, system: str, levels: tuple[str, ...], scopes: tuple[str, ...], year: int) -> tuple[str, ...]:
        """The codes of those levels (none: all) and prefixes that are good in that year, sorted."""
        key = (system, levels, scopes, year)
        if key not in self._codes:
            self._codes[key] = tuple(
                code
                for code, rows in sorted(self._registry.assignments(system).items())
                if code.startswith(scopes)
                and any(row.good_in(year) and (not levels or row.level in levels) for row in rows)
            )
        return self._codes[key]

    def lasting_counties(self, scopes: tuple[str, ...], first: int, last: int) -> tuple[str, ...]:
        """The counties of those prefixes that kept one code from the first year to the last, sorted."""
        key = (COUNTY_SYSTEM, "lasting", scopes, first, last)
        if key not in self._codes:
            self._codes[key] = tuple(
                code
                for code, rows in sorted(self._registry.assignments(COUNTY_SYSTEM).items())
                if code.startswith(scopes)
                and any(row.level == _COUNTY and row.good_in(first) and row.good_in(last) for row in rows)
            )
        return self._codes[key]

    def name(self, system: str, code: str, year: int) -> str:
        """What the code's holder is called at the end of that year; empty where nobody holds it."""
        rows = [row for row in self._registry.assignments(system).get(code, ()) if row.good_in(year)]
        return rows[-1].name if rows else ""

    def inside(self, county: str, year: int) -> tuple[str, ...]:
        """The townships (civil-affairs numbering) of a county that are good in that year, sorted."""
        return tuple(row.code for row in self._townships.get(county, ()) if row.good_in(year))

    def table(
        self, scope: str, levels: Sequence[str], year: int, since: int
    ) -> tuple[tuple[Assignment, tuple[str, ...]], ...]:
        """Each unit of that scope in force at the end of the year, and each code that ended since, with its heirs.

        One row a code: a code in force again, or under another name, counts as in force.
        """
        found: dict[str, tuple[Assignment, tuple[str, ...]]] = {}
        for code, rows in sorted(self._registry.assignments(COUNTY_SYSTEM).items()):
            last = rows[-1]
            ended = last.valid_to is not None and since <= last.valid_to <= year
            if code.startswith(scope) and last.level in levels and (last.in_force_at_end_of(year) or ended):
                found[code] = (last, self._registry.successors(COUNTY_SYSTEM, code, year))
        return tuple(found.values())

    def approved(self, code: str, year: int) -> str:
        """The day (``YYYYMMDD``) on which the end of a code was approved, or the last day of the year."""
        change = self._registry.change(code, year)
        day = change.approved_on.replace("-", "") if change and change.year == year else ""
        return day or f"{year}1231"

    @cached_property
    def _townships(self) -> Mapping[str, tuple[Assignment, ...]]:
        found: dict[str, list[Assignment]] = {}
        for rows in self._registry.assignments(_TOWNSHIPS).values():
            for row in rows:
                found.setdefault(row.parent, []).append(row)
        return {county: tuple(sorted(rows, key=lambda row: row.code)) for county, rows in found.items()}


@lru_cache(maxsize=4)
def places_of(registry: DivisionRegistry) -> Places:
    """The places of a registry, worked out once for all samples."""
    return Places(registry)


def pick_by_group(draw: Draw, groups: Ints, pools: Mapping[int, Sequence[str]], column: str) -> pl.Series:
    """For each row a member of the pool of its group; null where that pool is empty. ``pools`` holds each group."""
    offsets, lengths = {}, {}
    members: list[str] = []
    for group, pool in pools.items():
        offsets[group], lengths[group] = len(members), len(pool)
        members.extend(pool)
    if not members:
        raise SampleError("sample.recipe.nothing", column=column)
    keys = np.array(sorted(pools), dtype=np.int64)
    where = np.searchsorted(keys, groups)
    offset = np.array([offsets[key] for key in keys.tolist()], dtype=np.int64)[where]
    length = np.array([lengths[key] for key in keys.tolist()], dtype=np.int64)[where]
    picked = np.minimum(offset + draw.below(length, len(groups)), len(members) - 1)
    values = pl.Series(members, dtype=pl.String).gather(picked)
    if length.all():
        return values
    return pl.select(pl.when(pl.Series(length > 0)).then(values)).to_series()


def divisions(making: Making) -> pl.Series:
    """Codes of ``system``, ``levels`` and ``scopes`` (prefixes), each good at the date of its record (``date``)."""
    params = making.params
    system = str(params.get("system") or _system_of(making))
    levels = tuple(params.get("levels") or ())
    scopes = tuple(map(str, params.get("scopes") or _HOME))
    years = making.years(params.get("date"))
    pools = {year: making.world.places.codes(system, levels, scopes, year) for year in np.unique(years).tolist()}
    return pick_by_group(making.draw, years, pools, making.column)


def _system_of(making: Making) -> str:
    kind, _, system = making.element.domain.partition(":") if making.element else ("", "", "")
    return system if kind == "division" else COUNTY_SYSTEM


def townships(making: Making) -> pl.Series:
    """Townships inside the county of the column ``county`` at the date of the record; null where none is known."""
    counties, years = making.other(making.param("county")), making.years(making.params.get("date"))
    keys = pl.DataFrame({"county": counties, "year": years}).with_columns(
        group=pl.struct("county", "year").rank("dense") - 1
    )
    each = keys.unique("group").sort("group")
    pools = {
        row["group"]: making.world.places.inside(row["county"], row["year"]) if row["county"] else ()
        for row in each.iter_rows(named=True)
    }
    groups: Ints = keys["group"].cast(pl.Int64).to_numpy()
    return pick_by_group(making.draw, groups, pools, making.column)


def names_of(making: Making) -> pl.Series:
    """The name that belongs to the code in the column ``of``: of its list, or of the unit at the record's ``date``."""
    code_column = str(making.param("of"))
    codes = making.other(code_column)
    element = making.elements.get(code_column)
    kind, _, domain = element.domain.partition(":") if element else ("", "", "")
    if kind == "code":
        listed = making.world.standards.codes[domain].codes
        names = {code.code: code.name for code in listed}
        return codes.replace_strict(list(names), list(names.values()), return_dtype=pl.String)
    system = domain or COUNTY_SYSTEM
    keys = pl.DataFrame({"code": codes, "year": making.years(making.params.get("date"))})
    each = keys.unique(maintain_order=True).with_columns(
        name=pl.struct("code", "year").map_elements(
            lambda pair: making.world.places.name(system, pair["code"] or "", pair["year"]) or None,
            return_dtype=pl.String,
        )
    )
    return keys.join(each, on=["code", "year"], how="left", nulls_equal=True, maintain_order="left")["name"]
