"""One fault in one record: exactly one requirement turns red, for one field, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from conformance.sample.deriving import field_links, field_times
from conformance.sample.errors import SampleError
from conformance.sample.spoiling import SPOILERS, spoil
from conformance.standard.model import DatasetSpec, Field
from conformance.standard.standards import Standards

#: What may be broken, and the rule that then turns red.
FACETS: Mapping[str, str] = {
    "mandatory": "mandatory",
    **{facet: facet for facet in SPOILERS if facet != "division"},
    "division": "division-exists",
    "unique": "unique",
    "key": "key",
}
#: Facets that a generated schema states as well.
SCHEMA_FACETS = ("mandatory", "length", "format", "domain")
#: Facets that change the digits of a date: not for a date at which other fields are judged.
_MOVE_TIME = ("mandatory", "halfwidth", "format", "range")


@dataclass(frozen=True)
class Broken:
    """A frame with one fault: in ``row`` (from 1), in ``field`` (of a key: its first), against ``requirement``."""

    frame: pl.DataFrame
    row: int
    field: str
    facet: str
    requirement: str


def break_facet(
    frame: pl.DataFrame, spec: DatasetSpec, facet: str, seed: int, standards: Standards, *, field: str = ""
) -> Broken:
    """Break one facet of one field of one record of conforming records; ``seed`` chooses which, ``field`` narrows.

    Raises :class:`SampleError` where no field of the dataset can be broken so.
    """
    if facet not in FACETS:
        raise SampleError("sample.broken.facet", facet=facet, known=", ".join(FACETS))
    found = [name for name in _candidates(frame, spec, facet, standards) if field in ("", name)]
    if not found:
        raise SampleError("sample.broken.impossible", dataset=spec.id, facet=facet)
    name = found[seed % len(found)]
    rows = _rows(frame, spec.field(name), facet, standards)
    row = rows[seed // len(found) % len(rows)]
    if facet in ("unique", "key"):
        other = next(one for one in rows if one != row)
        changed = _repeated(frame, spec, name if facet == "unique" else "", (other, row), standards)
    else:
        value = None if facet == "mandatory" else spoil(facet, frame[row, name], spec.field(name), standards)
        changed = _with(frame, row, {name: value})
    return Broken(changed, row + 1, name, facet, requirement_of(facet, standards))


def requirement_of(facet: str, standards: Standards) -> str:
    """The requirement that a broken facet turns red."""
    return next(one.id for one in standards.requirements.values() if one.rule == FACETS[facet])


def breakable(frame: pl.DataFrame, spec: DatasetSpec, standards: Standards) -> Mapping[str, tuple[str, ...]]:
    """The facets that can be broken in these records, each with its fields."""
    found = {facet: tuple(_candidates(frame, spec, facet, standards)) for facet in FACETS}
    return {facet: fields for facet, fields in found.items() if fields}


def _candidates(frame: pl.DataFrame, spec: DatasetSpec, facet: str, standards: Standards) -> Iterator[str]:
    times = set(field_times(spec, standards).values())
    if facet in ("unique", "key"):
        yield from _repeatable(frame, spec, facet, standards)
        return
    for one in spec.fields:
        if one.name in times and facet in _MOVE_TIME:
            continue
        if facet == "mandatory" and (not one.mandatory or one.name in spec.key):
            continue
        if _rows(frame, one, facet, standards):
            yield one.name


def _rows(frame: pl.DataFrame, field: Field, facet: str, standards: Standards) -> list[int]:
    """The records whose value can be broken: any that has one, as far as its own form allows."""
    present = frame[field.name].is_not_null().arg_true()
    if facet in ("mandatory", "unique", "key"):
        return present.to_list()
    texts = frame[field.name].gather(present)
    tried = {text: spoil(facet, text, field, standards) not in (None, text) for text in texts.unique().head(_TRIED)}
    return [row for row, text in zip(present.to_list(), texts.to_list(), strict=True) if tried.get(text)]


#: Values of a column that are tried; there may be millions.
_TRIED = 200


def _repeatable(frame: pl.DataFrame, spec: DatasetSpec, facet: str, standards: Standards) -> Iterator[str]:
    """Fields whose value may come again with nothing else wrong."""
    linked = _linked(spec, standards)
    if frame.height < 2:  # noqa: PLR2004 - a value that repeats needs two records
        return
    unique = [one for one in spec.fields if one.unique]
    if facet == "key":
        stuck = [one for one in unique if one.name not in spec.key and one.name in linked and one.mandatory]
        yield from () if stuck or not spec.key else spec.key[:1]
        return
    for one in unique:
        others = [other.name for other in unique if other is not one]
        kept = {*spec.key, *others}
        if one.name not in spec.key and not kept & linked and frame[one.name].count() > 1:
            yield one.name


def _repeated(
    frame: pl.DataFrame, spec: DatasetSpec, name: str, rows: tuple[int, int], standards: Standards
) -> pl.DataFrame:
    """The second record becomes the first one again, but for what must stay its own: the key, where ``name`` repeats;
    other unique fields, where (``name`` empty) the key does.
    """
    first, second = rows
    linked, key = _linked(spec, standards), set(spec.key)
    unique = {one.name for one in spec.fields if one.unique}
    row, mine = frame.row(first, named=True), frame.row(second, named=True)
    for kept in (unique | key) - {name} if name else unique - key:
        row[kept] = mine[kept] if name or kept not in linked else None
    return _with(frame, second, row)


def _linked(spec: DatasetSpec, standards: Standards) -> set[str]:
    return {name for _, roles in field_links(spec, standards) for name in roles.values()}


def _with(frame: pl.DataFrame, row: int, values: Mapping[str, str | None]) -> pl.DataFrame:
    at = pl.int_range(pl.len()) == row
    return frame.with_columns(
        pl.when(at).then(pl.lit(value, pl.String)).otherwise(pl.col(name)).alias(name) for name, value in values.items()
    )
