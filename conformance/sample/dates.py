"""Dates in the pictures of the standards (``YYYYMMDD``, ``YYYYMMDDThhmmss``, ...), a column at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from conformance.sample.draw import Draw, Ints

#: A picture's fields as the engine writes them.
_DIRECTIVES: Mapping[str, str] = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}
_OPENS_AT = 8 * 3600
_OPEN_SECONDS = 10 * 3600
_DAY_SECONDS = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


def day_number(text: str) -> int:
    """Days from 1970-01-01 to the date ``YYYYMMDD``."""
    return date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal() - _EPOCH


def parse_dates(texts: pl.Series, picture: str) -> pl.Series:
    """The dates that texts in ``picture`` name (its time of day is left out)."""
    starts = {name: picture.index(name) for name in ("YYYY", "MM", "DD")}
    digits = [texts.str.slice(start, len(name)) for name, start in starts.items()]
    plain = pl.select(pl.concat_str(*digits)).to_series()
    return plain.str.to_date("%Y%m%d", strict=True)


def day_numbers(dates: pl.Series) -> Ints:
    """Days since 1970-01-01."""
    numbers: Ints = dates.cast(pl.Int32).cast(pl.Int64).to_numpy()
    return numbers


def render(days: Ints, picture: str, draw: Draw) -> pl.Series:
    """Texts in ``picture`` for days since 1970-01-01, at a drawn time of the working day where the picture has one."""
    seconds = days * _DAY_SECONDS
    directive = picture
    for field, code in _DIRECTIVES.items():
        directive = directive.replace(field, code)
    if "%H" in directive:
        seconds = seconds + _OPENS_AT + draw.below(_OPEN_SECONDS, len(days))
    moments = pl.Series(seconds.astype(np.int64) * 1000).cast(pl.Datetime("ms"))
    return moments.dt.strftime(directive)
