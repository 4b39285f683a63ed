"""Dates as the oracle reads them: pictures taken apart character by character, and the calendar asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time

from conformance.judge.model import Dataset
from conformance.judge.oracle_chain import Record, present

DIGITS = "0123456789"
_FIELDS = ("YYYY", "MM", "DD", "hh", "mm", "ss")
#: Fields that a picture leaves out: a leap year, so that 29 February can exist.
_DEFAULTS = {"YYYY": "2000", "MM": "01", "DD": "01", "hh": "00", "mm": "00", "ss": "00"}


def all_digits(text: str) -> bool:
    """One character at least, and each of 0 to 9."""
    return bool(text) and all(character in DIGITS for character in text)


def take_apart(value: str, picture: str) -> Mapping[str, str] | None:
    """The fields of a value by their symbols; None where the value has not the picture's shape."""
    fields: dict[str, str] = {}
    while picture:
        symbol = next((each for each in _FIELDS if picture.startswith(each)), picture[0])
        part, value, picture = value[: len(symbol)], value[len(symbol) :], picture[len(symbol) :]
        if symbol in _FIELDS:
            if len(part) != len(symbol) or not all_digits(part):
                return None
            fields[symbol] = part
        elif part != symbol:
            return None
    return None if value else fields


def exists(fields: Mapping[str, str]) -> bool:
    """Is there such a day and such a time?"""
    full = {symbol: int(fields.get(symbol, default)) for symbol, default in _DEFAULTS.items()}
    try:
        date(full["YYYY"], full["MM"], full["DD"])
        time(full["hh"], full["mm"], full["ss"])
    except ValueError:
        return False
    return True


def day_of(dataset: Dataset, date_column: str, record: Record) -> str:
    """The day (YYYYMMDD) that a record's codes are judged at.

    The eight digits that the date column's text begins with, whether or not they are a date; the year's last day
    where it begins with only four; else the dataset's ``as_of``.
    """
    value = (present(record.get(date_column)) if date_column else None) or ""
    if all_digits(value[:8]) and len(value) >= len("YYYYMMDD"):
        return value[:8]
    return value[:4] + "1231" if all_digits(value[:4]) and len(value) >= len("YYYY") else dataset.as_of


def year_of(dataset: Dataset, date_column: str, record: Record) -> int:
    """The year that a record's division codes are judged at."""
    return int(day_of(dataset, date_column, record)[:4])


def only_digits(value: str) -> str:
    """The digits of a value, in order."""
    return "".join(character for character in value if character in DIGITS)
