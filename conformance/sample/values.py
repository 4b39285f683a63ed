"""A valid value for any element: from its format, its domain, its bounds and its dialect."""

from __future__ import annotations

import string
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.sample.dates import day_number, render
from conformance.sample.draw import Draw, Ints
from conformance.sample.errors import SampleError
from conformance.sample.making import Making
from conformance.sample.places import pick_by_group
from conformance.standard.model import Code, Element

#: Where a format leaves room without end, samples stay this short.
_LONGEST_DIGITS = 12
_LONGEST_TEXT = 20
_EARLIEST, _LATEST = "19900101", "99991231"
#: A number without bounds of its own stays below this.
_LARGEST = 10_000

_ALPHABETS = {
    "digits": string.digits,
    "letters": string.ascii_uppercase,
    "alphanumeric": string.digits + string.ascii_uppercase,
}


def element_values(making: Making) -> pl.Series:
    """Valid values of the column's element; identifiers and divisions have makers of their own."""
    element = making.element
    if element is None:
        raise SampleError("sample.recipe.element", dataset=making.dataset, column=making.column)
    kind, _, domain = element.domain.partition(":")
    if kind == "code":
        return code_values(making, domain)
    if kind:
        raise SampleError("sample.recipe.domain", dataset=making.dataset, column=making.column, domain=element.domain)
    if element.format.kind == "picture":
        return date_values(making, element)
    if element.format.kind == "number":
        return number_values(making, element)
    if element.format.kind == "boolean":
        return making.draw.one_of(making.world.standards.dialect_of(element).booleans, making.size)
    return text_values(making, element)


def code_values(making: Making, list_id: str) -> pl.Series:
    """Codes of a list, each valid at the date of its record; ``codes`` narrows the list, ``weights`` weighs it."""
    codes = making.world.standards.codes[list_id]
    wanted = [str(code) for code in making.params.get("codes") or ()]
    unknown = sorted(set(wanted) - {code.code for code in codes.codes})
    if unknown:
        raise SampleError("sample.recipe.code", column=making.column, list=list_id, codes=", ".join(unknown))
    members = [code for code in codes.codes if not wanted or code.code in wanted]
    if "weights" in making.params:
        return _weighted_codes(making, members, wanted)
    return _codes_at(making, members)


def _weighted_codes(making: Making, members: list[Code], wanted: list[str]) -> pl.Series:
    weights, dates = making.params["weights"], _dates_of(making)
    days = [str(day) for day in np.unique(dates)[[0, -1]]]
    lasting = all(_valid(code.valid_from, code.valid_to, day) for code in members for day in days)
    if len(weights) != len(wanted) or not lasting:
        raise SampleError("sample.recipe.weights", dataset=making.dataset, column=making.column)
    return pl.Series(wanted, dtype=pl.String).gather(making.draw.weighted(weights, making.size))


def _codes_at(making: Making, members: list[Code]) -> pl.Series:
    bounds = {code.valid_from for code in members} | {_next_day(code.valid_to) for code in members}
    edges = sorted(edge for edge in bounds if edge)
    dates = _dates_of(making)
    group: Ints = np.searchsorted(np.array(edges or ["99999999"]), dates, side="right").astype(np.int64)
    pools = {
        at: [code.code for code in members if _valid(code.valid_from, code.valid_to, ["00000000", *edges][at])]
        for at in np.unique(group).tolist()
    }
    return pick_by_group(making.draw, group, pools, making.column)


def _dates_of(making: Making) -> npt.NDArray[np.str_]:
    column = making.params.get("date")
    if not column:
        return np.full(making.size, making.as_of)
    return making.dates(column).dt.strftime("%Y%m%d").to_numpy().astype(str)


def _valid(start: str, end: str, day: str) -> bool:
    return (not start or start <= day) and (not end or day <= end)


def _next_day(day: str) -> str:
    """A day after ``day`` in the order of texts; the day before it is still valid (no calendar needed)."""
    return f"{day}~" if day else ""


def date_values(making: Making, element: Element) -> pl.Series:
    """Dates in the element's picture between ``from`` and ``to`` and its own bounds.

    ``after`` and ``before`` name earlier columns that bound each row; ``gap`` is the least number of days between,
    ``within`` the greatest after ``after``.
    """
    params, size = making.params, making.size
    gap = int(params.get("gap", 0))
    low = np.full(size, day_number(max(str(params.get("from", _EARLIEST)), _plain(element.minimum))))
    high = np.full(size, day_number(min(str(params.get("to", making.as_of)), _plain(element.maximum) or _LATEST)))
    if "after" in params:
        earlier = making.dates(params["after"]).cast(pl.Int32).cast(pl.Int64).to_numpy() + gap
        low = np.maximum(low, earlier)
        if "within" in params:
            high = np.minimum(high, earlier + int(params["within"]))
    if "before" in params:
        later = making.dates(params["before"]).cast(pl.Int32).cast(pl.Int64).to_numpy() - gap
        high = np.minimum(high, later)
    if (low > high).any():
        raise SampleError("sample.recipe.dates", dataset=making.dataset, column=making.column)
    return render(
        low + making.draw.below(high - low + 1, size), element.format.picture, making.draw_for(f"{making.column} time")
    )


def _plain(bound: str) -> str:
    return "".join(character for character in bound if character.isdigit())[:8]


def number_values(making: Making, element: Element) -> pl.Series:
    """Numbers within the format and the bounds (``min`` and ``max`` may narrow them), with all decimals written."""
    form = element.format
    decimals, digits = form.decimals or 0, form.maximum or _LONGEST_DIGITS
    scale = Decimal(10) ** decimals
    largest = (Decimal(10) ** digits - 1) / scale
    low = _bound(making, "min", element.minimum, Decimal(0))
    high = min(largest, _bound(making, "max", element.maximum, min(largest, Decimal(_LARGEST))))
    first = int((low * scale).to_integral_value(ROUND_CEILING))
    last = int((high * scale).to_integral_value(ROUND_FLOOR))
    if first > last:
        raise SampleError("sample.recipe.bounds", dataset=making.dataset, column=making.column)
    units = pl.Series(first + making.draw.below(last - first + 1, making.size))
    return _decimal_texts(units, decimals)


def _bound(making: Making, name: str, own: str, default: Decimal) -> Decimal:
    given = making.params.get(name)
    return Decimal(str(given)) if given is not None else Decimal(own) if own else default


def _decimal_texts(units: pl.Series, decimals: int) -> pl.Series:
    """Whole numbers of the last decimal place, written out: 1234 with 2 decimals is 12.34."""
    size = 10**decimals
    column = pl.col("units")
    sign = pl.when(column < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole = (column.abs() // size).cast(pl.String)
    rest = (column.abs() % size).cast(pl.String).str.zfill(decimals)
    parts = [sign, whole, pl.lit("."), rest] if decimals else [sign, whole]
    return pl.DataFrame({"units": units}).select(pl.concat_str(parts)).to_series()


def text_values(making: Making, element: Element) -> pl.Series:
    """Text of the element's repertoire and length; digits within its bounds."""
    form, draw, size = element.format, making.draw, making.size
    if form.picture:
        columns = [draw.one_of(_ALPHABETS["letters" if symbol == "a" else "digits"], size) for symbol in form.picture]
        return pl.select(pl.concat_str(columns)).to_series()
    classes = making.world.standards.dialect_of(element).classes.get(form.symbol, {})
    repertoire = classes.get("fixed" if form.fixed else "variable", "graphic")
    bounded = element.minimum or element.maximum or {"min", "max"} & set(making.params)
    if repertoire == "digits" and bounded:
        return _bounded_digits(making, element)
    if repertoire in _ALPHABETS:
        longest = min(form.maximum or _LONGEST_DIGITS, max(_LONGEST_DIGITS, form.minimum))
        return _strings(draw, _ALPHABETS[repertoire], max(1, form.minimum), longest, size)
    return _phrases(making, max(1, form.minimum), form.maximum)


def _strings(draw: Draw, alphabet: str, shortest: int, longest: int, size: int) -> pl.Series:
    columns = [draw.one_of(alphabet, size) for _ in range(longest)]
    lengths = pl.Series(shortest + draw.below(longest - shortest + 1, size))
    return _cut(pl.select(pl.concat_str(columns)).to_series(), lengths)


def _cut(texts: pl.Series, lengths: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"text": texts, "length": lengths})
    return frame.select(pl.col("text").str.slice(0, pl.col("length"))).to_series()


def _bounded_digits(making: Making, element: Element) -> pl.Series:
    form = element.format
    largest = Decimal(10 ** (form.maximum or _LONGEST_DIGITS) - 1)
    low = int(_bound(making, "min", element.minimum, Decimal(0)).to_integral_value(ROUND_CEILING))
    high = int(min(largest, _bound(making, "max", element.maximum, min(largest, Decimal(_LARGEST)))))
    if low > high:
        raise SampleError("sample.recipe.bounds", dataset=making.dataset, column=making.column)
    texts = pl.Series(low + making.draw.below(high - low + 1, making.size)).cast(pl.String)
    return texts.str.zfill(form.minimum)


def _phrases(making: Making, shortest: int, longest: int | None) -> pl.Series:
    pool = making.world.pools["phrases"]
    limit = min(longest or _LONGEST_TEXT, max(_LONGEST_TEXT, shortest))
    pieces = [making.draw.one_of(pool, making.size) for _ in range(max(3, -(-shortest // 2)))]
    return pl.select(pl.concat_str(pieces)).to_series().str.slice(0, limit)
