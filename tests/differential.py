"""Datasets made from one seed: columns of the packs' elements, values right and wrong in every way, links and keys.

Plain Python, for speed: Hypothesis draws only the seed. Nothing here knows what is right; the oracle and the engine do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from conformance.judge.model import Column, Dataset, DivisionUse, Link
from conformance.judge.oracle import divisions_of
from conformance.judge.oracle_schemes import holds, schemes_of
from conformance.standard.model import CodeList, Element, Scheme, SchemePart
from conformance.standard.notation import Format, parse, picture_fields
from conformance.standard.standards import Standards

Row = dict[str, str | None]

CLAIMS = [("db37-4223.1", "2020"), ("db37-4223.2", "2020"), ("gbt-39046", "2020")]
SYSTEMS = ("gbt-2260", "gbt-10114", "stat-9")
LEVELS = ("province", "prefecture", "county", "township", "village")
AS_OF = ("20261121", "20181231", "20140601", "19850101")


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
    STRANGE,
    ELEMENTS,
    ELEMENTS,
)

#: Texts that are wrong somewhere, and somewhere right.
ODD = [
    *("20230230", "00010101", "00000101", "99991231", "20240229", "19000229", "20200101T101112", "20200101101112"),
    *("2020-01-01", "2020010110:11:12", "20200101T250000", "202001011011", "2020", "202013", "0229", "235960"),
    *(
        "0",
        "00",
        "1",
        "2",
        "9",
        "-1",
        "+1",
        "-0.50",
        "1e5",
        "0.05",
        ".5",
        "5.",
        "1.23456",
        "12345678901234567.89",
        "000250",
    ),
    *("NaN", "null", "On", "true", "是", "不详", "-", "—", ".", "ZZA", "ABW", "ANT", "35", "Ａ", "０", "１９９０", "٣"),
    *("x", " ", "　", "\n", "\r\n", "\x00", "\x1f", "\ue000", "\ufffd", "\u200b", "\u2028", "\U000e0001", "\U0010ffff"),
    *(
        "𠮷",
        "𠮷" * 101,
        "一" * 40,
        "1" * 60,
        "a" * 300,
        "é",
        "a\u0301",
        "甲\n乙",
        "甲\r\n乙\t丙",
        "甲 乙",
        "甲\u3000乙",
    ),
]
DATES = [
    *("20150101", "20161231", "20170101", "2015", "2015-06-01", "20101215", "20101216", "99999999", "00000000"),
    *("19840101", "19911231", "1985123", "不详", "１９９０", "20150101T101112", " 2015", "2015年", "20260101"),
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

    def date(self, picture: str) -> str:
        """A date that exists, in a picture; often at an edge."""
        fields = {"YYYY": self.rng.choice([self.rng.randint(1900, 2026), 2000, 2024, 1, 9999])}
        fields |= {"MM": self.rng.randint(1, 12), "DD": self.rng.randint(1, 28)}
        if self.rng.random() < 0.1:
            fields |= {"YYYY": 2024, "MM": 2, "DD": 29}
        fields |= {"hh": self.rng.choice([0, 23, 11]), "mm": self.rng.randint(0, 59), "ss": self.rng.choice([0, 59])}
        for name, start, length in picture_fields(picture):
            picture = picture[: start - 1] + f"{fields[name]:0{length}d}" + picture[start - 1 + length :]
        return picture


def _templates(scheme: Scheme) -> list[str]:
    zeros = "0" * scheme.length
    return [zeros, *(zeros[:place] + "-" + zeros[place + 1 :] for place in range(scheme.length))]


def _plain(scheme: Scheme) -> bool:
    """No part of the scheme says what its first characters are."""
    return not any(part.kind in ("code", "scheme") for part in scheme.parts)


@dataclass(frozen=True)
class Case:
    """A dataset, its records, and the records of the datasets that it refers to."""

    seed: int
    dataset: Dataset
    rows: list[Row]
    others: Mapping[str, list[Row]] = field(default_factory=dict)


class Maker:
    """Makes one case from one seed."""

    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, Random(seed)  # noqa: S311 - test data
        self.values = Values(self.rng)
        self.columns: list[Column] = []
        self.links: list[Link] = []

    def case(self, rows: int, elements: Sequence[Element] | None = None) -> Case:
        """A dataset over the given elements, or over some that the packs relate and some others."""
        if elements is None:
            for relation in self.rng.sample(STANDARDS.relations, self.rng.randint(0, 2)):
                roles = {role: self.column(STANDARDS.elements[id_]).name for role, id_ in relation.roles.items()}
                self.link(relation.kind, roles)
            elements = [self.rng.choice(self.rng.choice(DECKS)) for _ in range(self.rng.randint(1, 4))]
        for element in elements:
            self.column(element)
        self.odd_links()
        key = tuple(self.rng.sample([*(c.name for c in self.columns), "k1", "k2"], self.rng.choice([0, 1, 2])))
        records = self.records(rows)
        others = self.referred(records)
        dataset = Dataset("t", tuple(self.columns), self.rng.choice(AS_OF), key, tuple(self.links))
        return Case(self.seed, dataset, records, others)

    def column(self, element: Element) -> Column:
        """One more column that holds the element, declared in one of the ways in which it can be."""
        rng, name = self.rng, f"c{len(self.columns)}"
        dates = ["", "d", *(c.name for c in self.columns if c.element.format.kind == "picture")]
        made = Column(name, element, name, rng.random() < 0.3, rng.random() < 0.2)
        kind, _, domain = element.domain.partition(":")
        if kind == "division":
            system = domain if rng.random() < 0.6 and domain in SYSTEMS else rng.choice(SYSTEMS)
            levels = tuple(rng.sample(LEVELS, rng.choice([0, 0, 1, 2])))
            made = replace(made, division=DivisionUse(system, levels), date=rng.choice(dates))
        elif kind == "scheme" and rng.random() < 0.5:
            also = ("gb-11643-15",) if domain == "gb-11643" else tuple(rng.sample(sorted(STANDARDS.schemes), 2))
            made = replace(made, also=also)
        elif kind == "code":
            made = replace(made, date=rng.choice(dates))
        self.columns.append(made)
        return made

    def link(self, kind: str, roles: Mapping[str, str], to: tuple[str, tuple[str, ...]] | None = None) -> None:
        """One more link."""
        self.links.append(Link(kind, roles, f"l{len(self.links)}", None, to))

    def odd_links(self) -> None:
        """Links such as a declaration may state: between any columns whose domains fit."""
        names = [column.name for column in self.columns]
        by_kind = {
            kind: [c.name for c in self.columns if c.element.domain.startswith(f"{kind}:")]
            for kind in ("scheme", "code", "division")
        }
        kinds = [("birth", "number", "birth", "scheme"), ("sex", "number", "sex", "scheme")]
        kinds += [("organisation", "number", "organisation", "scheme"), ("authority", "number", "division", "scheme")]
        kinds += [("name", "code", "name", "code"), ("division-name", "code", "name", "division")]
        kinds += [("division-parent", "child", "parent", "division"), ("order", "first", "second", "")]
        for kind, first, second, domain in self.rng.sample(kinds, 3):
            holders = by_kind.get(domain, names)
            if holders and self.rng.random() < 0.5:
                self.link(kind, {first: self.rng.choice(holders), second: self.rng.choice(names)})
        if self.rng.random() < 0.4:
            width = self.rng.choice([1, 2]) if names[1:] else 1
            chosen = self.rng.sample([*names, "k1"], width)
            self.link("reference", {str(i): name for i, name in enumerate(chosen)}, ("o", ("x", "y")[:width]))

    def records(self, number: int) -> list[Row]:
        """Records: some right throughout, some wrong here and there, some twice."""
        rows: list[Row] = []
        for _ in range(number):
            if rows and self.rng.random() < 0.1:
                rows.append(dict(self.rng.choice(rows)))
                continue
            right = self.rng.random() < 0.4
            row: Row = {
                c.name: self.values.good(c) if right else self.values.any(c, self.columns) for c in self.columns
            }
            row |= {"d": self.rng.choice([*DATES, None, self.values.date("YYYYMMDD")])}
            row |= {"k1": self.rng.choice(["1", "2:1", "1:2", "甲", str(self.rng.random()), None, ""]), "k2": "2"}
            for link in self.links:
                if right or self.rng.random() < 0.5:
                    self.agree(link, row)
            rows.append(row)
        return rows

    def agree(self, link: Link, row: Row) -> None:
        """Make the second column of a link say what the first does."""
        first, *rest = link.roles.values()
        value = row[first]
        if link.kind == "reference" or not value:
            return
        column = next(column for column in self.columns if column.name == first)
        row[rest[0]] = self.answer(link.kind, column, value) or row[rest[0]]

    def answer(self, kind: str, column: Column, value: str) -> str | None:
        """What the second column would have to hold; None where nobody can say."""
        rng = self.rng
        if kind in ("birth", "sex"):
            day = value[6:14] if len(value) > 15 else "19" + value[6:12]
            return day if kind == "birth" else rng.choice("12129")
        if kind in ("organisation", "authority"):
            inside = value[8:17] if kind == "organisation" else value[2:8]
            return rng.choice([inside, inside[:8] + "-" + inside[8:]])
        if kind == "name":
            names = [c for c in _list_of(column).codes if c.code == value]
            return rng.choice([names[0].name, *names[0].note.removeprefix("synonyms:").split(";")]) if names else None
        if kind == "order":
            return rng.choice([value, value[:8]])
        units = DIVISIONS.units(column.division.system if column.division else "gbt-2260").get(value, [])
        return getattr(rng.choice(units), "name" if kind == "division-name" else "parent") if units else None

    def referred(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """The records that references point to: about half of what is asked for."""
        for link in self.links:
            if link.to is not None:
                asked = [[row[name] for name in link.roles.values()] for row in rows if self.rng.random() < 0.5]
                asked += [[self.rng.choice(["1", None, ""]) for _ in link.to[1]] for _ in range(3)]
                return {"o": [dict(zip(link.to[1], each, strict=True)) for each in asked]}
        return {}


def _list_of(column: Column) -> CodeList:
    return STANDARDS.codes[column.element.domain.partition(":")[2]]
