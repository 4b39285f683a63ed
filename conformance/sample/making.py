"""What a maker of one column is given: its parameters, its element, its own stream of choices and the columns done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any

import polars as pl
import yaml

from conformance.sample.dates import parse_dates
from conformance.sample.draw import Draw, Ints
from conformance.sample.errors import SampleError
from conformance.sample.places import Places, places_of
from conformance.standard.model import Element
from conformance.standard.standards import Standards

PLAIN_DATE = "YYYYMMDD"


@dataclass(frozen=True)
class World:
    """What all datasets of one run share. ``tables`` grows as datasets are finished; references read from it."""

    standards: Standards
    seed: int
    identities: Mapping[str, Mapping[str, Any]]
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    @cached_property
    def places(self) -> Places:
        """Division codes by the date they are valid at."""
        return places_of(self.standards.divisions)

    @cached_property
    def pools(self) -> Mapping[str, tuple[str, ...]]:
        """The invented names, streets and sentences of ``pools.yaml``."""
        return _pools()


@dataclass(frozen=True)
class Making:
    """One column of one chunk of rows (``start`` to ``start + size - 1``, counted from 0)."""

    world: World
    dataset: str
    column: str
    params: Mapping[str, Any]
    element: Element | None
    elements: Mapping[str, Element]
    as_of: str
    start: int
    size: int
    done: Mapping[str, pl.Series]

    @cached_property
    def draw(self) -> Draw:
        """The column's own stream."""
        return self.draw_for(self.column)

    def draw_for(self, purpose: str) -> Draw:
        """A stream for a purpose that several columns share."""
        return Draw(self.world.seed, self.dataset, purpose, self.start)

    def param(self, name: str) -> Any:
        """A parameter that the maker cannot do without."""
        if name not in self.params:
            raise SampleError("sample.recipe.param", dataset=self.dataset, column=self.column, param=name)
        return self.params[name]

    def other(self, column: str) -> pl.Series:
        """A column of the same dataset that stands earlier in the recipe."""
        if column not in self.done:
            raise SampleError("sample.recipe.order", dataset=self.dataset, column=self.column, other=column)
        return self.done[column]

    def dates(self, column: str) -> pl.Series:
        """An earlier column as dates; absent values become the dataset's day."""
        element = self.elements.get(column)
        picture = element.format.picture if element and element.format.kind == "picture" else PLAIN_DATE
        return parse_dates(self.other(column), picture).fill_null(parse_dates(pl.Series([self.as_of]), PLAIN_DATE)[0])

    def years(self, column: str | None) -> Ints:
        """The year of each row's date in ``column``, or of the dataset's day where no column is named."""
        if not column:
            column_dates = parse_dates(pl.Series([self.as_of]), PLAIN_DATE).new_from_index(0, self.size)
        else:
            column_dates = self.dates(column)
        years: Ints = column_dates.dt.year().cast(pl.Int64).to_numpy()
        return years


Maker = Callable[[Making], pl.Series]


@cache
def _pools() -> Mapping[str, tuple[str, ...]]:
    text = resources.files("conformance.sample").joinpath("pools.yaml").read_text("utf-8")
    raw: dict[str, list[str]] = yaml.safe_load(text)
    return {name: tuple(values) for name, values in raw.items()}
