"""Synthetic people: birth dates, sexes, names and identity numbers that agree with one another and never repeat.

An identity (``identities`` of the recipe) is a numbering of people: row number -> birth date, division, sequence.
Sequences come from a small fixed pool, names from invented ones, so nobody in particular is meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from conformance.sample.dates import day_number, parse_dates, render
from conformance.sample.draw import Draw, Ints, spread
from conformance.sample.errors import SampleError
from conformance.sample.identifiers import complete
from conformance.sample.making import PLAIN_DATE, Making
from conformance.standard.model import Scheme

_NUMBER = "gb-11643"
_OLD_NUMBER = "gb-11643-15"


@dataclass(frozen=True)
class Identities:
    """Rows of one numbering: days since 1970-01-01, places within a year's list of divisions, sequence numbers."""

    days: Ints
    slots: Ints
    sequences: Ints
    scopes: tuple[str, ...]
    first_year: int


def identities(making: Making) -> Identities:
    """The people of the column's rows, by the identity that ``identity`` names."""
    name = str(making.param("identity"))
    if name not in making.world.identities:
        raise SampleError("sample.recipe.identity", column=making.column, identity=name)
    raw = making.world.identities[name]
    first, last = (day_number(str(bound)) for bound in raw["born"])
    sequences = np.array([int(sequence) for sequence in raw["sequences"]], dtype=np.int64)
    scopes, first_year = tuple(map(str, raw["scopes"])), int(raw["numbered-from"])
    slots = _fewest(making, scopes, str(raw["born"][0]), str(raw["born"][1]), first_year)
    people = (last - first + 1) * slots * len(sequences)
    try:
        numbers = spread(making.start, making.size, people)
    except ValueError as error:
        raise SampleError("sample.recipe.people", identity=name, people=people) from error
    rest = numbers // len(sequences)
    return Identities(first + rest // slots, rest % slots, sequences[numbers % len(sequences)], scopes, first_year)


def births(making: Making) -> pl.Series:
    """The birth dates of an identity, in the element's picture."""
    picture = making.element.format.picture if making.element else PLAIN_DATE
    return render(identities(making).days, picture or PLAIN_DATE, making.draw)


def sexes(making: Making) -> pl.Series:
    """The sexes of an identity: ``codes`` gives the codes of male and female, in this order."""
    male, female = (str(code) for code in making.params.get("codes", ("1", "2")))
    odd = identities(making).sequences % 2
    return pl.Series([female, male], dtype=pl.String).gather(odd)


def citizen_numbers(making: Making) -> pl.Series:
    """GB 11643 numbers of an identity; with ``fifteen: {before, every}`` some born before that day keep 15 digits.

    The address code is one that was in force both at birth and when numbers were first given out.
    """
    who = identities(making)
    scheme = making.world.standards.schemes[_NUMBER]
    born = render(who.days, PLAIN_DATE, making.draw)
    address = _addresses(making, who, born)
    sequence = pl.Series(who.sequences).cast(pl.String).str.zfill(3)
    full = complete(scheme, pl.select(pl.concat_str([address, born, sequence])).to_series())
    old = making.params.get("fifteen")
    if not old:
        return full
    rows = np.arange(making.start, making.start + making.size)
    short = (who.days < day_number(str(old["before"]))) & (rows % int(old["every"]) == 0)
    return pl.select(pl.when(pl.Series(short)).then(_fifteen(making, full)).otherwise(full)).to_series()


def _fifteen(making: Making, numbers: pl.Series) -> pl.Series:
    """The 15-digit form: without the century and without the check character."""
    new: Scheme = making.world.standards.schemes[_NUMBER]
    old: Scheme = making.world.standards.schemes[_OLD_NUMBER]
    date, dropped = new.part("date"), old.part("short-date")
    assert date is not None and dropped is not None  # noqa: S101 - both schemes hold a date
    century = date.length - dropped.length
    head = numbers.str.slice(0, date.start - 1)
    tail = numbers.str.slice(date.start - 1 + century, old.length - date.start + 1)
    return head + tail


def _addresses(making: Making, who: Identities, born: pl.Series) -> pl.Series:
    places = making.world.places
    years = parse_dates(born, PLAIN_DATE).dt.year().cast(pl.Int64).to_numpy()
    pools = {
        year: places.lasting_counties(who.scopes, year, max(year, who.first_year)) for year in np.unique(years).tolist()
    }
    offsets = {}
    codes: list[str] = []
    for year, pool in pools.items():
        offsets[year] = len(codes)
        codes.extend(pool)
    first = np.array([offsets[year] for year in years.tolist()], dtype=np.int64)
    length = np.array([len(pools[year]) for year in years.tolist()], dtype=np.int64)
    turned = (who.slots + who.days) % length
    return pl.Series(codes, dtype=pl.String).gather(first + turned)


def _fewest(making: Making, scopes: tuple[str, ...], first: str, last: str, numbered: int) -> int:
    """The least number of counties that any year of birth has: so many slots make different numbers in each year."""
    places = making.world.places
    years = range(int(first[:4]), int(last[:4]) + 1)
    return min(len(places.lasting_counties(scopes, year, max(year, numbered))) for year in years)


def names(making: Making) -> pl.Series:
    """Invented names, rare characters among them; a share of ``minority`` has a middle dot and may be long."""
    pools, size = making.world.pools, making.size
    draw: Draw = making.draw
    family = draw.one_of(pools["family-names"], size)
    common = family + draw.one_of(pools["given-names"], size)
    minority = draw.one_of(pools["minority-names"], size)
    chosen = pl.Series(draw.shares(size) < float(making.params.get("minority", 0)))
    return pl.select(pl.when(chosen).then(minority).otherwise(common)).to_series()
