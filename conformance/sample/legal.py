"""Synthetic legal entities: credit codes, organisation codes and registration numbers with right check characters."""

from __future__ import annotations

import numpy as np
import polars as pl

from conformance.sample.draw import spread
from conformance.sample.identifiers import complete
from conformance.sample.making import Making
from conformance.sample.places import divisions
from conformance.standard.model import Scheme

_CREDIT = "gb-32100"
_REGISTRATION = "gs-15-2006"
#: A subject code is ``000`` and this many characters: no organisation's.
_SUBJECT_HEAD = "000"
_SUBJECT_REST = 5


def credit_codes(making: Making) -> pl.Series:
    """GB 32100 codes: ``classes`` (authority and class), a division in force at ``date``, an organisation code inside.

    ``division`` may name an earlier column whose code is taken instead.
    """
    scheme = making.world.standards.schemes[_CREDIT]
    classes = [str(pair) for pair in making.params.get("classes") or _classes(making, scheme)]
    heads = making.draw_for(f"{making.column} class").one_of(classes, making.size)
    place = making.other(making.params["division"]) if "division" in making.params else divisions(making)
    subject = _subjects(making, scheme)
    return complete(scheme, pl.select(pl.concat_str([heads, place, subject])).to_series())


def organisation_codes(making: Making) -> pl.Series:
    """The organisation codes inside the credit codes of the column ``of``, written as the element's scheme does."""
    credit = making.world.standards.schemes[_CREDIT]
    inside = credit.part("scheme")
    assert inside is not None  # noqa: S101 - GB 32100 holds an organisation code
    codes = making.other(making.param("of")).str.slice(inside.start - 1, inside.length)
    domain = making.element.domain.partition(":")[2] if making.element else inside.domain
    if making.world.standards.schemes[domain or inside.domain].length == inside.length:
        return codes
    return codes.str.slice(0, inside.length - 1) + "-" + codes.str.slice(inside.length - 1)


def registration_numbers(making: Making) -> pl.Series:
    """GS 15-2006 numbers: the authority's division (``division``, or in force at ``date``) and 8 digits."""
    scheme = making.world.standards.schemes[_REGISTRATION]
    place = making.other(making.params["division"]) if "division" in making.params else divisions(making)
    part = next(part for part in scheme.parts if part.kind == "text")
    numbers = spread(making.start, making.size, 4 * 10 ** (part.length - 1))  # 0-3: domestic enterprises
    sequence = pl.Series(numbers).cast(pl.String).str.zfill(part.length)
    return complete(scheme, place + sequence)


def _classes(making: Making, scheme: Scheme) -> list[str]:
    part = scheme.part("code")
    assert part is not None  # noqa: S101 - GB 32100 begins with a class
    return [code.code for code in making.world.standards.codes[part.domain].codes if len(code.code) == part.length]


def _subjects(making: Making, scheme: Scheme) -> pl.Series:
    """Different subject codes for all rows: a head that is nobody's, then characters that both schemes admit."""
    assert scheme.check is not None  # noqa: S101 - GB 32100 has a check character
    alphabet = np.array(list(scheme.check.values), dtype=object)
    base = len(alphabet)
    numbers = spread(making.start, making.size, base**_SUBJECT_REST)
    digits = [alphabet[numbers // base**place % base] for place in reversed(range(_SUBJECT_REST))]
    columns = [pl.Series(digit.tolist(), dtype=pl.String) for digit in digits]
    bodies = pl.select(pl.concat_str([pl.lit(_SUBJECT_HEAD), *columns])).to_series()
    inside = scheme.part("scheme")
    assert inside is not None  # noqa: S101 - GB 32100 holds an organisation code
    return complete(making.world.standards.schemes[inside.domain], bodies)
