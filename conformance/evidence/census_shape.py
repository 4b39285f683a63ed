"""Shapes: what is kept of a value that may not be kept itself.

A shape is a text of representatives that the rules over characters, length, format and picture judge as they judge
the value: each digit becomes ``0``, each Chinese character ``一``. Of free text not even the order is kept. Which
characters are alike is read off the pack's repertoires, so that a shape never decides differently from its value.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from conformance.judge.model import Column
from conformance.judge.oracle_dates import exists, take_apart
from conformance.standard.model import Element
from conformance.standard.notation import Format
from conformance.standard.repertoire import Ranges, Repertoire
from conformance.standard.standards import Standards

#: Lengths beyond are not told apart: no format of any standard reaches so far.
LONGEST = 100_000
#: How much of a value a shape keeps: nothing, its characters' classes in any order, each class in its place.
OPAQUE, GATHERED, PLACED = "opaque", "gathered", "placed"
_HAN = ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))
_FAR_HAN = ((0x20000, 0x3FFFD),)
_KEPT_CONTROLS = "\t\n\r"
_SEPARATOR = "\U0010ffff"
_RUN = re.compile(r"(.)\1{3,}", re.DOTALL)
_CODED = re.compile(r"([^{}])(?:\{([1-9][0-9]{0,5})\})?", re.DOTALL)
_USUAL = {
    "YYYY": "[12][0-9]{3}",
    "MM": "(?:0[1-9]|1[0-2])",
    "DD": "(?:0[1-9]|1[0-9]|2[0-8])",
    "hh": "(?:[01][0-9]|2[0-3])",
    "mm": "[0-5][0-9]",
    "ss": "[0-5][0-9]",
}
_REAL = {"YYYY": "2000", "MM": "01", "DD": "01", "hh": "00", "mm": "00", "ss": "00"}
#: Other members of a class, for a shape that happens to be one of the words of a boolean.
_OTHERS = (("0", "123456789"), ("a", "bcdefghi"), ("A", "BCDEFGHI"))


class Alphabet(dict[int, int]):
    """The representative of each code point, worked out when first asked for; for ``str.translate``.

    ``coarse``: all punctuation is alike, as the order is lost anyway. ``letters`` stand for themselves.
    """

    def __init__(self, repertoire: Repertoire, *, coarse: bool, letters: str = "") -> None:
        super().__init__({ord(letter): ord(letter) for letter in letters})
        self[ord(_SEPARATOR)] = ord(_SEPARATOR)
        self._coarse = coarse
        self._classes = _classes(repertoire)
        bounds = {place for ranges in self._classes for low, high in ranges for place in (low, high + 1)}
        self._bounds = sorted(bounds)

    def __missing__(self, code: int) -> int:
        preferred = ord(_preferred(chr(code), coarse=self._coarse))
        alike = preferred if self._signature(preferred) == self._signature(code) else self._lowest(code)
        self[code] = alike
        return alike

    def _signature(self, code: int) -> tuple[bool, ...]:
        return tuple(any(low <= code <= high for low, high in ranges) for ranges in self._classes)

    def _lowest(self, code: int) -> int:
        """The first code point that the rules treat alike and that canonical JSON can hold; classes begin at bounds."""
        asked = self._signature(code)
        for bound in self._bounds:
            for place in range(bound, min(bound + 16, 0x10FFFF)):
                if self._signature(place) == asked and _storable(place):
                    return place
        return code


def _classes(repertoire: Repertoire) -> tuple[Ranges, ...]:
    named = [repertoire.classes[name] for name in sorted(repertoire.classes)]
    return (repertoire.forbidden, repertoire.multiline, repertoire.blanks, repertoire.fullwidth, *named)


def alphabet_digest(repertoire: Repertoire) -> str:
    """Names the repertoires that shapes were made by: under others they may decide differently."""
    return hashlib.sha256(repr(_classes(repertoire)).encode()).hexdigest()[:16]


def _storable(code: int) -> bool:
    character = chr(code)
    surrogate = unicodedata.category(character) == "Cs"
    return not surrogate and character not in "{}" and unicodedata.is_normalized("NFC", character)


def _preferred(character: str, *, coarse: bool) -> str:
    """The character that stands for it in a shape, where the repertoires agree."""
    if character.isascii():
        return _ascii(character, coarse=coarse)
    kind = unicodedata.category(character)
    if "\uff01" <= character <= "\uff5e":
        folded = _ascii(chr(ord(character) - 0xFEE0), coarse=False)
        return {"0": "０", "a": "ａ", "A": "Ａ"}.get(folded, "！")
    if _within(character, _HAN) or _within(character, _FAR_HAN):
        return "一" if _within(character, _HAN) else "𠀀"
    if kind[0] in "PS":
        return "-" if coarse else "，"
    return {"Co": "\ue000", "Zs": "\u3000"}.get(kind, "Ω")


def _within(character: str, ranges: Ranges) -> bool:
    return any(low <= ord(character) <= high for low, high in ranges)


def _ascii(character: str, *, coarse: bool) -> str:
    if character.isdigit():
        return "0"
    if character.isalpha():
        return "a" if character.islower() else "A"
    if character in _KEPT_CONTROLS or character == " ":
        return character
    if not character.isprintable():
        return "\x01"
    return "-" if coarse else {"{": "|", "}": "|"}.get(character, character)


class Shaper:
    """Makes the shapes of one column. ``form`` and ``made`` say what they can decide."""

    def __init__(self, column: Column, standards: Standards, alphabets: Alphabets) -> None:
        element = column.element
        self.form, self.made = form_of(element, standards), made_for(element, standards)
        self._picture = element.format.picture if element.format.kind == "picture" else ""
        formats = _formats(element)
        self._words: tuple[str, ...] = ()
        if any(one.kind == "boolean" for one in formats):
            self._words = standards.dialect_of(element).booleans
        self._numbers = element.domain.startswith("scheme:")
        letters = "X" if self._numbers else ""
        letters += "T" if any(one.kind == "picture" for one in formats) else ""
        self._alphabet = alphabets.of(coarse=self.form == GATHERED, letters=letters)

    def shapes(self, values: Sequence[str]) -> Counter[str]:
        """How often each shape comes among values, none of which is absent."""
        if self.form == OPAQUE:
            return Counter({"-": len(values)} if values else {})
        if self._picture or self._words:
            return _summed(Counter(values), self._one)
        whole = _SEPARATOR.join(values)
        if whole.count(_SEPARATOR) >= len(values):  # somebody's value holds the separator; or there is none at all
            return _summed(Counter(values), self._one)
        return _summed(Counter(whole.translate(self._alphabet).split(_SEPARATOR)), self._finish)

    def shape(self, value: str) -> str:
        """The shape of one value that is not absent."""
        return "-" if self.form == OPAQUE else self._one(value)

    def _one(self, value: str) -> str:
        if self._picture and is_real(value, self._picture):
            return _written(self._picture)
        text = value[:LONGEST].replace(_SEPARATOR, "\U0010fffe").translate(self._alphabet)
        if self._picture and take_apart(text, self._picture) is not None:
            return _never(text, self._picture)
        if self._words:
            return _worded(text, self._words, member=value in self._words)
        return self._finish(text)

    def _finish(self, text: str) -> str:
        if self.form == GATHERED:
            return gathered(text)
        if self._numbers and "X" in text:
            text = text[:-1].replace("X", "A") + (text[-1] if _ends_in_check(text) else text[-1].replace("X", "A"))
        return text[:LONGEST]


def is_real(value: str, picture: str) -> bool:
    """Has the value the picture, and is there such a day and time?"""
    if _plainly_real(picture).fullmatch(value):
        return True
    fields = take_apart(value, picture)
    return fields is not None and exists(fields)


@cache
def _plainly_real(picture: str) -> re.Pattern[str]:
    """Matches most dates that exist, and none that does not; the calendar is asked for the ends of months."""
    for symbol, pattern in _USUAL.items():
        picture = picture.replace(symbol, pattern)
    return re.compile(picture)


def _ends_in_check(text: str) -> bool:
    """A number of digits, and X at its end."""
    return len(text) > 1 and not text[:-1].strip("0-")


class Alphabets:
    """The alphabets of one repertoire, each made once."""

    def __init__(self, repertoire: Repertoire) -> None:
        self._repertoire = repertoire
        self._held: dict[tuple[bool, str], Alphabet] = {}

    def of(self, *, coarse: bool, letters: str) -> Alphabet:
        """The alphabet in which the order is lost (``coarse``), or these letters stand for themselves."""
        if (coarse, letters) not in self._held:
            self._held[coarse, letters] = Alphabet(self._repertoire, coarse=coarse, letters=letters)
        return self._held[coarse, letters]


def form_of(element: Element, standards: Standards) -> str:
    """How much the shapes of an element's values keep."""
    if element.format.kind == "binary":
        return OPAQUE
    plain = all(one.kind == "text" and not one.picture for one in _formats(element))
    graphic = plain and all(not _ranges(element, one, standards) for one in _formats(element))
    return GATHERED if graphic and not element.domain else PLACED


def made_for(element: Element, standards: Standards) -> str:
    """What beside the repertoires the shapes of an element were made to decide: its pictures and words; or nothing."""
    told = [one.picture for one in _formats(element) if one.kind == "picture"]
    if any(one.kind == "boolean" for one in _formats(element)):
        told += standards.dialect_of(element).booleans
    return "|".join(told)


def _formats(element: Element) -> tuple[Format, ...]:
    return (element.format, element.conflict[0]) if element.conflict else (element.format,)


def _ranges(element: Element, format_: Format, standards: Standards) -> Ranges:
    names = standards.dialect_of(element).classes[format_.symbol]
    return standards.repertoire.classes[names["fixed" if format_.fixed else "variable"]]


def gathered(text: str) -> str:
    """A text with the same length, the same edges and the same characters in it, and no more of their order."""
    length = min(len(text), LONGEST)
    if length <= len("ab"):
        return text
    inside = sorted(set(text[1:-1]))
    return text[0] + "".join(inside[:-1]) + inside[-1] * (length - 1 - len(inside)) + text[-1]


@cache
def _written(picture: str) -> str:
    """A day and time that exist, in a picture."""
    for symbol, text in _REAL.items():
        picture = picture.replace(symbol, text)
    return picture


def _never(shape: str, picture: str) -> str:
    """The shape as one that has the picture, and no day or time."""
    return shape.replace("0", "9") if is_real(shape, picture) else shape


def _worded(shape: str, words: Sequence[str], *, member: bool) -> str:
    """A shape that is a word of a boolean just where its value is."""
    alike = [word for word in words if _plain(word) == shape]
    if member:
        return alike[0]
    others = (shape.replace(one, other) for one, several in _OTHERS for other in several)
    return shape if shape not in words else next(other for other in others if other not in words)


def _plain(word: str) -> str:
    return "".join(_ascii(character, coarse=False) for character in word)


def _summed(counts: Counter[str], shape: Callable[[str], str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text, number in counts.items():
        found[shape(text)] += number
    return found


def coded(shape: str) -> str:
    """A shape as it is written: ``一{12}`` for twelve of one character."""
    return _RUN.sub(lambda run: f"{run[1]}{{{len(run[0])}}}", shape)


def decoded(text: str) -> str:
    """The shape of such a text; ValueError for any other, and beyond :data:`LONGEST` characters."""
    runs, place, length = list[str](), 0, 0
    while place < len(text):
        found = _CODED.match(text, place)
        if found is None:
            raise ValueError("no shape")
        number = int(found[2] or 1)
        length += number
        if length > LONGEST:
            raise ValueError("a shape that is too long")
        runs.append(found[1] * number)
        place = found.end()
    return "".join(runs)
