"""Native values of typed formats as the text that the standards speak of: digits, YYYYMMDD, 1 and 0."""

from __future__ import annotations

from decimal import Decimal

import polars as pl


def text_of(name: str, dtype: pl.DataType) -> pl.Expr | None:
    """The column as text, or None where its type holds no single value.

    Integers as decimal digits, dates as YYYYMMDD, times as hhmmss, datetimes as YYYYMMDDhhmmss in their own zone,
    booleans as 1 and 0, floats as their shortest text without exponent, decimals with the places that they have.
    """
    column = pl.col(name)
    if dtype == pl.String:
        return column
    if dtype.is_integer() or dtype.is_decimal() or dtype in (pl.Categorical, pl.Enum, pl.Null):
        return column.cast(pl.String)
    if dtype.is_float():
        return column.map_batches(_floats, return_dtype=pl.String, is_elementwise=True)
    pictures: tuple[tuple[type[pl.DataType], str], ...] = (
        (pl.Date, "%Y%m%d"),
        (pl.Datetime, "%Y%m%d%H%M%S"),
        (pl.Time, "%H%M%S"),
    )
    for kind, picture in pictures:
        if dtype == kind:
            return column.dt.strftime(picture)
    if dtype == pl.Boolean:
        return column.cast(pl.Int8).cast(pl.String)
    return None


def _floats(series: pl.Series) -> pl.Series:
    text = series.cast(pl.String)
    long = text.str.contains("e", literal=True).fill_null(False)
    if long.any():
        plain = [_plain(value) if exponent else None for value, exponent in zip(text, long, strict=True)]
        text = pl.select(pl.when(long).then(pl.Series(plain, dtype=pl.String)).otherwise(text)).to_series()
    return text.str.strip_suffix(".0").replace("-0", "0")


def float_text(value: float) -> str:
    """The shortest decimal text of a float, without exponent, without a fraction of zero."""
    text = _plain(repr(value)).removesuffix(".0")
    return "0" if text == "-0" else text


def _plain(text: str) -> str:
    return format(Decimal(text), "f")
