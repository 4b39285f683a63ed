"""The makers that a recipe may name: how the values of one column come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from conformance.sample.draw import Draw, spread
from conformance.sample.errors import SampleError
from conformance.sample.legal import credit_codes, organisation_codes, registration_numbers
from conformance.sample.making import Maker, Making
from conformance.sample.people import births, citizen_numbers, names, sexes
from conformance.sample.places import divisions, names_of, townships
from conformance.sample.values import element_values

#: Room for serial numbers that a person will not take for a real telephone number: area 100 is nobody's.
_PHONE_PREFIX = "10000"


def serial(making: Making) -> pl.Series:
    """``prefix`` and the number of the row, with leading zeros to ``width``; never twice in a dataset."""
    rows = pl.Series(range(making.start + 1, making.start + making.size + 1))
    digits = rows.cast(pl.String).str.zfill(int(making.param("width")))
    return _joined([pl.lit(str(making.params.get("prefix", ""))), digits])


def scattered(making: Making) -> pl.Series:
    """Like ``serial``, but neighbouring rows have distant numbers."""
    width = int(making.param("width"))
    numbers = pl.Series(spread(making.start, making.size, 10**width)).cast(pl.String).str.zfill(width)
    return _joined([pl.lit(str(making.params.get("prefix", ""))), numbers])


def pick(making: Making) -> pl.Series:
    """One of ``values`` (``weights`` beside them) or of the pool ``pool``."""
    values = making.world.pools[making.params["pool"]] if "pool" in making.params else making.param("values")
    pool = pl.Series([str(value) for value in values], dtype=pl.String)
    if "weights" in making.params:
        return pool.gather(making.draw.weighted(making.params["weights"], making.size))
    return making.draw.one_of(pool, making.size)


def reference(making: Making) -> pl.Series:
    """The value of ``column`` in a drawn row of the dataset ``to``; one ``group`` always draws the same row."""
    target, column = str(making.param("to")), str(making.param("column"))
    if target not in making.world.tables:
        raise SampleError("sample.recipe.order", dataset=making.dataset, column=making.column, other=target)
    table = making.world.tables[target]
    draw: Draw = making.draw_for(f"reference {making.params.get('group', target)}")
    return table[column].gather(draw.below(table.height, making.size))


def part(making: Making) -> pl.Series:
    """Characters ``start`` (from 1), ``length`` of them, of the column ``of``."""
    return making.other(making.param("of")).str.slice(int(making.param("start")) - 1, int(making.param("length")))


def copied(making: Making) -> pl.Series:
    """The column ``of``; with ``map``, each value replaced by what the map says."""
    source = making.other(making.param("of"))
    mapping: Mapping[object, object] = making.params.get("map") or {}
    if not mapping:
        return source
    keys, values = [str(key) for key in mapping], [str(value) for value in mapping.values()]
    return source.replace_strict(keys, values, return_dtype=pl.String)


def joined(making: Making) -> pl.Series:
    """The parts one after the other: a column's name, ``{pool: name}``, ``{text: …}`` or ``{number: limit}``."""
    pieces: list[pl.Series | pl.Expr] = []
    for position, piece in enumerate(making.param("parts")):
        draw = making.draw_for(f"{making.column} {position}")
        if isinstance(piece, str):
            pieces.append(making.other(piece))
        elif "pool" in piece:
            pieces.append(draw.one_of(making.world.pools[piece["pool"]], making.size))
        elif "number" in piece:
            pieces.append((pl.Series(draw.below(int(piece["number"]), making.size)) + 1).cast(pl.String))
        else:
            pieces.append(pl.lit(str(piece["text"])))
    return _joined(pieces)


def phone(making: Making) -> pl.Series:
    """Eleven digits that no subscriber has."""
    numbers = pl.Series(making.draw.below(1_000_000, making.size)).cast(pl.String).str.zfill(6)
    return _joined([pl.lit(_PHONE_PREFIX), numbers])


def _joined(pieces: Sequence[pl.Series | pl.Expr]) -> pl.Series:
    return pl.select(pl.concat_str(list(pieces))).to_series()


MAKERS: Mapping[str, Maker] = {
    "birth": births,
    "citizen-number": citizen_numbers,
    "copy": copied,
    "credit-code": credit_codes,
    "division": divisions,
    "element": element_values,
    "join": joined,
    "name": names,
    "name-of": names_of,
    "organisation-code": organisation_codes,
    "part": part,
    "phone": phone,
    "pick": pick,
    "reference": reference,
    "registration-number": registration_numbers,
    "scattered": scattered,
    "serial": serial,
    "sex": sexes,
    "township": townships,
}
