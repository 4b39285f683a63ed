"""Values for the columns of generated datasets: right ones, and wrong ones of every kind. Plain Python, for speed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from conformance.judge.model import Column
from conformance.judge.oracle import divisions_of
from conformance.judge.oracle_schemes import holds, schemes_of
from conformance.standard.model import Element, Scheme, SchemePart
from conformance.standard.notation import Format, parse, picture_fields
from conformance.standard.standards import Standards

CLAIMS = [("db37-4223.1", "2020"), ("db37-4223.2", "2020"), ("gbt-39046", "2020")]
SYSTEMS = ("gbt-2260", "gbt-10114", "stat-9")


def load() -> Standards:
    """The packs, and beside them a list and a scheme such as no pack has yet: incomplete, dated, extended."""
    standards = Standards.load(CLAIMS)
    dated = standards.codes["gbt-2659-alpha3"]
    partial = replace(dated, id="partial", complete=False, extension="Z[A-Z]{2}", codes=dated.codes[::3])
    parts = (SchemePart("code", 1, 3, "code", "partial"), SchemePart("inner", 4, 18, "scheme", "gb-11643"))
    outer = replace(standards.schemes["gb-11643-15"], id="outer", length=21, pattern="[A-Z]{3}[0-9X]{18}", parts=parts)
    standards.codes = {**standards.codes, partial.id: partial}
    standards.schemes = {**standards.schemes, outer.id: outer}
    return standards


STANDARDS = load()
DIVISIONS = divisions_of(STANDARDS)
NUMBER, SEX, BIRTH, SUM, TEXT = (
    STANDARDS.elements[id_]
    for id_ in ("4223.1-05-001", "4223.1-05-006", "4223.1-05-010", "39046-14-05", "4223.1-05-002")
)


def _made(element: Element, format_: str, conflict: str = "", **changes: str | bool) -> Element:
    other = (parse(conflict), "here") if conflict else None
    return replace(element, format=parse(format_), conflict=other, **changes)  # type: ignore[arg-type]


#: What no element of the packs is: signed, bounded, patterned, of two formats of any kinds, of partial lists.
STRANGE = (
    _made(SUM, "n..5,2", minimum="-100.5", maximum="250"),
    _made(SUM, "n..4,1", "n..6,2"),
    _made(SUM, "n..4,0", "an..6", minimum="-3"),
    _made(TEXT, "n..8", "an..5", domain=""),
    _made(TEXT, "an5(aannn)", "n8"),
    _made(TEXT, "a3", "c..6"),
    _made(TEXT, "c5..9", "c2"),
    _made(TEXT, "ul", halfwidth=True),
    _made(TEXT, "n..6", minimum="5", maximum="1000"),
    _made(TEXT, "bl", "n1"),
    _made(BIRTH, "YYYY-MM-DD", "d8"),
    _made(BIRTH, "YYYYMM", "YYYY", minimum="190001"),
    _made(BIRTH, "YYYY"),
    _made(BIRTH, "MMDD", minimum=""),
    _made(BIRTH, "YYYY-MM-DD hh:mm:ss", "n14", maximum="2026-12-31 00:00:00"),
    _made(BIRTH, "hhmmss", minimum=""),
    _made(SEX, "a3", domain="code:partial"),
    _made(SEX, "an..3", "n..2", domain="code:partial"),
    _made(SEX, "c..3", minimum="B", domain="code:gbt-2659-alpha3"),
    _made(NUMBER, "c21", domain="scheme:outer"),
    _made(NUMBER, "an..18", "n15"),
)
ELEMENTS = (*STANDARDS.elements.values(), *STRANGE)
#: What is drawn from: the few elements with divisions, schemes and dated lists as often as the many with texts.
DECKS: tuple[Sequence[Element], ...] = (
    [each for each in ELEMENTS if each.domain.startswith("division:")],
    [each for each in ELEMENTS if each.domain.startswith("scheme:")],
    [each for each in ELEMENTS if each.domain.startswith("code:gbt-2659") or each.domain == "code:gbt-12406"],
    [each for each in ELEMENTS if each.format.kind == "picture" and set("T:- ") & set(each.format.picture)],
    STRANGE,
    ELEMENTS,
    ELEMENTS,
)

#: Texts that are wrong somewhere, and somewhere right.
ODD = [
    *("20230230", "00010101", "00000101", "99991231", "20240229", "19000229", "20000229", "20200101101112"),
    *("2020-01-01", "2020010110:11:12", "20200101T101112", "20200101T250000", "2020", "202013", "0229", "235960"),
    *("0", "00", "1", "2", "9", "-1", "+1", "-0.50", "1e5", "0.05", ".5", "5.", "1.23456", "000250"),
    *("12345678901234567.89", "1" * 60, "a" * 300, "𠮷" * 101, "一" * 40, "𠮷", "é", "a\u0301", "甲 乙", "甲\u3000乙"),
    *("NaN", "null", "On", "true", "是", "不详", "-", "—", ".", "ZZA", "ABW", "ANT", "35", "Ａ", "０", "１９９０", "٣"),
    *("x", " ", "　", "\n", "\r\n", "\x00", "\x1f", "\ue000", "\ufffd", "\u200b", "\u2028", "\U000e0001", "\U0010ffff"),
    *("甲\n乙", "甲\r\n乙\t丙"),
]
DATES = [
    *("20150101", "20161231", "20170101", "2015", "2015-06-01", "20101215", "20101216", "99999999", "00000000"),
    *("19840101", "19911231", "1985123", "2015010", "不详", "１９９０", "20150101T101112", " 2015", "2015年"),
]


def mutated(rng: Random, text: str) -> str:
    """The text with one thing changed."""
    place = rng.randrange(len(text) or 1)
    before, here, after = text[:place], text[place : place + 1], text[place + 1 :]
    wide = chr(ord(here) + 0xFEE0) if here and "!" <= here <= "~" else "Ａ"
    inside = rng.choice(
        ["\n", "\r\n", "\t", "\x00", "\ue000", "\ufffd", "\u200b", " ", "　", "𠮷", "-", ".", "é", "\x1f"]
    )
    edge = rng.choice([" ", "　", "\u00a0", "\n", "\r\n", "\t", "  "])
    return rng.choice(
        [
            text[:-1],
            text[1:],
            text + rng.choice("0X一𠮷"),
            text * 2,
            before + wide + after,
            "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
            before + inside + here + after,
            edge + text,
            text + edge,
            text.lower(),
            text.upper(),
            before + after + here,
            before + rng.choice("0123456789") + after,
            before + rng.choice("ABCXYZabcx") + after,
            text[:-1] + rng.choice("0123456789X"),
            "-" + text,
            text + ".5",
            text.replace("-", ""),
        ]
    )


def strange_divisions(system: str) -> list[str]:
    """Codes that are no plain codes of the system: ended, disputed, heading, zone, another system's, nobody's."""
    units = DIVISIONS.units(system)
    local = [code for code in units if code.startswith("37")]
    return [
        *[code for code in local if not DIVISIONS.in_table(system, code, 2026)][:: 1 if system == "gbt-2260" else 5],
        *("371324", "370102", "371202", "370181", "110100", "500200", "469000", "810000", "830000"),
        *sorted(DIVISIONS.collective)[::9],
        *sorted(DIVISIONS.zones)[::3],
        *sorted(DIVISIONS._disputes)[::7],
        *[code for other in SYSTEMS if other != system for code in [*DIVISIONS.units(other)][::211]],
        *("379999", "370199", "999999", "990101", "110101001", "990101001", "370102999", "110101001001", "000000"),
    ]


POOLS = {system: [*DIVISIONS.units(system)] for system in SYSTEMS}
STRANGE_POOLS = {system: strange_divisions(system) for system in SYSTEMS}


class Values:
    """Draws values for columns."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def good(self, column: Column) -> str:
        """A value that breaks nothing but, now and then, the calendar of codes."""
        kind, _, name = column.element.domain.partition(":")
        if column.division is not None:
            return self.division(column.division.system)
        if kind == "code":
            extension = STANDARDS.codes[name].extension
            if extension and self.rng.random() < 0.2:
                return next(code for code in ("ZZA", "35") if re.fullmatch(extension, code))
            list_ = "gbt-2659-alpha3" if name == "partial" and self.rng.random() < 0.5 else name
            return self.rng.choice(STANDARDS.codes[list_].codes).code
        if kind == "scheme":
            return self.identifier(self.rng.choice(schemes_of(STANDARDS, column)))
        return self.text(column.element.format, column.element)

    def any(self, column: Column, others: Sequence[Column]) -> str | None:
        """A value that may be right, wrong, absent, or another column's."""
        chance = self.rng.random()
        if chance < 0.08:
            return self.rng.choice([None, ""])
        if chance < 0.5:
            return self.good(column)
        if chance < 0.75:
            return mutated(self.rng, self.good(column))
        if chance < 0.85 and column.division is not None:
            return self.rng.choice(STRANGE_POOLS.get(column.division.system) or STRANGE_POOLS["stat-9"])
        if chance < 0.92:
            return self.rng.choice(ODD)
        return self.good(self.rng.choice(others))

    def division(self, system: str) -> str:
        """A code of the system, of Shandong mostly."""
        if system not in POOLS:
            POOLS[system] = [*DIVISIONS.units(system)]
        code = self.rng.choice(POOLS[system])
        while not code.startswith("37") and self.rng.random() < 0.7:
            code = self.rng.choice(POOLS[system])
        return code

    def identifier(self, scheme: Scheme) -> str:
        """An identifier with a right check character; its division may be a strange one."""
        shape = next(each for each in _templates(scheme) if re.fullmatch(scheme.pattern, each) or not _plain(scheme))
        text = "".join(self.rng.choice("0123456789") if c == "0" else c for c in shape)
        for part in scheme.parts:
            if inside := self.part(part):
                text = text[: part.start - 1] + inside + text[part.start - 1 + part.length :]
        if scheme.check:
            rule = scheme.check
            text = next((text[:-1] + c for c in rule.check_values if holds(text[:-1] + c, rule)), text)
        return text

    def part(self, part: SchemePart) -> str:
        """What stands in a part of an identifier; empty where any digits will do."""
        if part.kind == "division":
            pool = STRANGE_POOLS["gbt-2260"] if self.rng.random() < 0.3 else POOLS["gbt-2260"]
            return self.rng.choice(pool)[:6]
        if part.kind in ("date", "short-date"):
            return self.text(parse("d8"), BIRTH)[8 - part.length :]
        if part.kind == "code":
            list_ = "gbt-2659-alpha3" if part.domain == "partial" else part.domain
            return self.rng.choice(STANDARDS.codes[list_].codes).code
        return self.identifier(STANDARDS.schemes[part.domain]) if part.kind == "scheme" else ""

    def text(self, format_: Format, element: Element) -> str:
        """A value of a format."""
        if format_.kind == "picture":
            return self.date(format_.picture)
        if format_.kind == "number":
            whole = str(self.rng.randrange(10 ** self.rng.randint(1, (format_.maximum or 1) - (format_.decimals or 0))))
            fraction = "." + "5" * self.rng.randint(1, format_.decimals) if format_.decimals else ""
            return self.rng.choice(["", "-"] if element.minimum.startswith("-") else [""]) + whole + fraction
        if format_.kind == "boolean":
            return self.rng.choice(STANDARDS.dialect_of(element).booleans)
        if format_.kind == "binary":
            return "AAEC/w=="
        if format_.picture:
            return "".join(self.rng.choice("AZaz" if symbol == "a" else "0159") for symbol in format_.picture)
        longest = format_.maximum or 30
        length = self.rng.choice([format_.minimum, longest, self.rng.randint(format_.minimum, longest)]) or 1
        classes = STANDARDS.dialect_of(element).classes[format_.symbol]
        alphabets = {"digits": "0123456789", "letters": "AZaz", "alphanumeric": "09AZaz", "graphic": "甲乙𠮷aZ0·-(é"}
        alphabet = alphabets[classes["fixed" if format_.fixed else "variable"]]
        return "".join(self.rng.choice(alphabet) for _ in range(length))

    def date(self, picture: str, digits: str = "") -> str:
        """A date that exists, in a picture, often at an edge; or that of the digits, as far as they say one."""
        fields = {"YYYY": self.rng.choice([self.rng.randint(1900, 2026), 2000, 2024, 1, 9999])}
        fields |= {"MM": self.rng.randint(1, 12), "DD": self.rng.randint(1, 28)}
        if self.rng.random() < 0.1:
            fields |= {"YYYY": self.rng.choice([2024, 2000, 1904]), "MM": 2, "DD": 29}
        fields |= {"hh": self.rng.choice([0, 23, 11]), "mm": self.rng.randint(0, 59), "ss": self.rng.choice([0, 59])}
        stated = [digits[:4], *(digits[place : place + 2] for place in range(4, 14, 2))]
        fields |= {name: int(text) for name, text in zip(fields, stated, strict=True) if text}
        for name, start, length in picture_fields(picture):
            picture = picture[: start - 1] + f"{fields[name]:0{length}d}" + picture[start - 1 + length :]
        return picture


def _templates(scheme: Scheme) -> list[str]:
    zeros = "0" * scheme.length
    return [zeros, *(zeros[:place] + "-" + zeros[place + 1 :] for place in range(scheme.length))]


def _plain(scheme: Scheme) -> bool:
    """No part of the scheme says what its first characters are."""
    return not any(part.kind in ("code", "scheme") for part in scheme.parts)
