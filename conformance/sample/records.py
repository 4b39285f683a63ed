"""Conforming records of any dataset that the packs hold, without a recipe: synthetic, seeded, the same every time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import polars as pl

from conformance.sample.deriving import Blueprint, blueprint
from conformance.sample.linked import RECORD_MAKERS
from conformance.sample.making import Making, World
from conformance.standard.model import DatasetSpec
from conformance.standard.standards import Standards

#: The share of records that lack an optional field.
BLANK = 0.15
#: Rows made at once; each chunk has its own streams of choices.
CHUNK = 250_000


def records(spec: DatasetSpec, standards: Standards, seed: int, rows: int, as_of: str) -> pl.DataFrame:
    """``rows`` conforming records: text columns named and ordered as the dataset's fields, null where absent.

    Keys never repeat; nobody in the records exists. ``as_of`` (YYYYMMDD) is the day at which codes are good where no
    date of the record speaks, and no date is later.
    """
    plan = _blueprint(spec.id, standards, as_of)
    world = World(standards, seed, plan.identities)
    parts = [
        _chunk(world, spec.id, plan, as_of=as_of, start=start, size=min(CHUNK, rows - start))
        for start in range(0, rows, CHUNK)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(spec.names, pl.String))


@lru_cache(maxsize=64)
def _blueprint(dataset: str, standards: Standards, as_of: str) -> Blueprint:
    return blueprint(standards.datasets[dataset], standards, as_of)


def _chunk(world: World, dataset: str, plan: Blueprint, *, as_of: str, start: int, size: int) -> pl.DataFrame:
    done: dict[str, pl.Series] = {}

    def making(name: str, params: Mapping[str, Any]) -> Making:
        element = plan.elements.get(name)
        return Making(world, dataset, name, params, element, plan.elements, as_of, start, size, done)

    for name, params in plan.columns.items():
        done[name] = RECORD_MAKERS[params.get("make", "element")](making(name, params)).alias(name)
    for name, anchor in plan.blanks.items():
        kept = pl.Series(making(anchor, {}).draw_for(f"{anchor} blank").shares(size) >= BLANK)
        done[name] = pl.select(pl.when(kept).then(done[name]).alias(name)).to_series()
    return pl.DataFrame([done[name] for name in plan.names])
