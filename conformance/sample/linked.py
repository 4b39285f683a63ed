"""Makers for columns that hang on others in ways that no recipe asks for: the last of several dates, a county that has
townships, a code behind a name, the credit code of an office.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from conformance.sample.legal import credit_codes
from conformance.sample.makers import MAKERS
from conformance.sample.making import Maker, Making
from conformance.sample.places import pick_by_group
from conformance.standard.divisions import COUNTY_SYSTEM

#: Offices that a dataset names, and the row of the numbering of credit codes where theirs begin: no record's own.
_OFFICES = 40
_OFFICES_FROM = 20_000_000


def latest(making: Making) -> pl.Series:
    """The last of the dates in the columns ``of``, as ``YYYYMMDD``."""
    dates = [making.dates(column) for column in making.param("of")]
    return pl.select(pl.max_horizontal(dates)).to_series().dt.strftime("%Y%m%d")


def settled_counties(making: Making) -> pl.Series:
    """Counties in force at the record's ``date`` in which a township is known."""
    places, years = making.world.places, making.years(making.params.get("date"))
    levels = tuple(making.params.get("levels") or ())
    pools = {
        year: tuple(code for code in places.codes(COUNTY_SYSTEM, levels, ("37",), year) if places.inside(code, year))
        for year in np.unique(years).tolist()
    }
    return pick_by_group(making.draw, years, pools, making.column)


def code_named(making: Making) -> pl.Series:
    """The code of the list ``list`` that bears the name in the column ``of``."""
    listed = making.world.standards.codes[str(making.param("list"))].codes
    by_name = {code.name: code.code for code in reversed(listed)}
    return making.other(making.param("of")).replace_strict(
        list(by_name), list(by_name.values()), default=None, return_dtype=pl.String
    )


def office_codes(making: Making) -> pl.Series:
    """Credit codes of a few offices of ``classes``, the same ones in all chunks."""
    places = replace(making, start=_OFFICES_FROM, size=_OFFICES, params={"classes": making.param("classes")})
    return making.draw.one_of(credit_codes(places).unique(maintain_order=True), making.size)


def picked_text(making: Making) -> pl.Series:
    """Like ``pick`` from ``pool``, but only what the element's length admits; else the element's own text."""
    form = making.element.format if making.element else None
    longest = form.maximum if form else None
    pool = [text for text in making.world.pools[making.param("pool")] if longest is None or len(text) <= longest]
    if not pool:
        return MAKERS["element"](making)
    return making.draw.one_of(pool, making.size)


#: All makers that a derived recipe may name.
RECORD_MAKERS: Mapping[str, Maker] = {
    **MAKERS,
    "code-named": code_named,
    "latest": latest,
    "office-code": office_codes,
    "settled-county": settled_counties,
    "pick-text": picked_text,
}
