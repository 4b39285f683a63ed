"""The representation notation (表示格式) of data elements: a parser, not a translation table.

Grammar (EBNF; white space around the whole is ignored)::

    format    = text | open | number | picture | boolean | binary ;
    text      = symbol , length , [ "(" , pattern , ")" ] ;
    open      = [ ".." ] , "ul" ;                          (* text of undetermined length *)
    number    = "n" , [ ".." ] , digits , "," , digits ;   (* at most p digits, q of them decimals *)
    symbol    = "a" | "n" | "an" | "c" ;
    length    = digits                                     (* fixed *)
              | [ digits ] , ".." , ( digits | "ul" )      (* from minimum to maximum *)
              | "ul" ;
    pattern   = { "a" | "n" } ;                            (* one symbol for each character: an5(aannn) *)
    picture   = ( "YYYY" | "MM" | "DD" | "hh" | "mm" | "ss" | "T" | "-" | ":" | " " ) , { ... }
              | "d8" | "d14" ;                             (* GA/T 542: YYYYMMDD, YYYYMMDDhhmmss *)
    boolean   = "bl" | "布尔型" ;
    binary    = "bn" | "二进制" | "binary" ;

Sources: GB/T 39046—2020 5.3 tables 2 and 3 (text read); GA/T 542 as quoted by GA/T 543.1 (``c18``, ``d8``).
Which characters a symbol admits is a matter of the dialect that a pack names (``notation/*.yaml``): in
GB/T 39046 Chinese text is declared ``a..30``, so ``a`` cannot mean Latin letters only there.
Lengths count characters, never bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LENGTH = re.compile(r"(?P<fixed>\d+)|(?P<min>\d*)\.\.(?P<max>\d+|ul)|(?P<ul>ul)")
_TEXT = re.compile(r"(?P<symbol>an|a|n|c)(?P<length>\d+|\d*\.\.(?:\d+|ul)|ul)(?:\((?P<pattern>[an]+)\))?")
_NUMBER = re.compile(r"n(?:\.\.)?(?P<digits>\d+),(?P<decimals>\d+)")
_PICTURE = re.compile(r"(?:YYYY|MM|DD|hh|mm|ss|[T:\- ])+")
_SHORT_PICTURES = {"d8": "YYYYMMDD", "d14": "YYYYMMDDhhmmss"}
_BOOLEAN = ("bl", "布尔型")
_BINARY = ("bn", "二进制", "binary")

#: Digits in each field of a picture, in the order in which a picture is read.
PICTURE_FIELDS: Mapping[str, int] = {"YYYY": 4, "MM": 2, "DD": 2, "hh": 2, "mm": 2, "ss": 2}


class NotationError(ValueError):
    """The text is no representation format; ``notation`` holds it."""

    def __init__(self, notation: str) -> None:
        super().__init__(f"not a representation format: {notation!r}")
        self.notation = notation


@dataclass(frozen=True)
class Format:
    """A parsed representation format.

    ``kind``: ``text``, ``number``, ``picture``, ``boolean``, ``binary``. ``symbol``: ``a``, ``n``, ``an``,
    ``c`` or empty. ``maximum`` is None when the length is undetermined (``ul``). ``decimals`` is None except
    for numbers. ``picture`` is the date picture, or the symbols of a fixed pattern such as ``aannn``.
    """

    notation: str
    kind: str
    symbol: str = ""
    minimum: int = 0
    maximum: int | None = None
    decimals: int | None = None
    picture: str = ""

    @property
    def fixed(self) -> bool:
        """True when each value has the same number of characters."""
        return self.kind == "picture" or (self.kind == "text" and self.minimum == self.maximum)

    def __str__(self) -> str:
        return self.notation


def parse(notation: str) -> Format:
    """Read one format; raises :class:`NotationError` for anything that the grammar does not hold."""
    text = notation.strip()
    if text in _BOOLEAN:
        return Format(text, "boolean", minimum=1)
    if text in _BINARY:
        return Format(text, "binary")
    if text in ("ul", "..ul"):
        return Format(text, "text", symbol="c")
    picture = _SHORT_PICTURES.get(text, text)
    if _PICTURE.fullmatch(picture):
        return Format(text, "picture", "n", len(picture), len(picture), picture=picture)
    if number := _NUMBER.fullmatch(text):
        return _number(text, int(number["digits"]), int(number["decimals"]))
    if match := _TEXT.fullmatch(text):
        return _text(text, match)
    raise NotationError(notation)


def _number(text: str, digits: int, decimals: int) -> Format:
    if digits == 0 or decimals > digits:
        raise NotationError(text)
    return Format(text, "number", "n", 1, digits, decimals=decimals)


def _text(text: str, match: re.Match[str]) -> Format:
    length = _LENGTH.fullmatch(match["length"])
    assert length is not None  # noqa: S101 - both patterns describe the same lengths
    minimum = int(length["fixed"] or length["min"] or 0)
    maximum = None if length["ul"] or length["max"] == "ul" else int(length["fixed"] or length["max"])
    pattern = match["pattern"] or ""
    impossible = maximum == 0 or (maximum is not None and minimum > maximum)
    misfit = bool(pattern) and not (minimum == maximum == len(pattern))
    if impossible or misfit:
        raise NotationError(text)
    return Format(text, "text", match["symbol"], minimum, maximum, picture=pattern)


def picture_shape(picture: str) -> str:
    """The ASCII pattern of texts that have a picture's shape, digits and separators, whatever they say."""
    shape = picture
    for name, digits in PICTURE_FIELDS.items():
        shape = shape.replace(name, f"[0-9]{{{digits}}}")
    return shape


def picture_fields(picture: str) -> tuple[tuple[str, int, int], ...]:
    """Each field of a picture as (field, start from 1, length), in order of position."""
    found: list[tuple[str, int, int]] = []
    for match in re.finditer("|".join(PICTURE_FIELDS), picture):
        found.append((match[0], match.start() + 1, len(match[0])))
    return tuple(found)
