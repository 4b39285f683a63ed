"""Datasets made from one seed: columns of the packs' elements, values right and wrong in every way, links and keys.

Plain Python, for speed: Hypothesis draws only the seed. Nothing here knows what is right; the oracle and the engine do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from differential_values import DATES, DECKS, DIVISIONS, STANDARDS, SYSTEMS, Values

from conformance.judge.model import Column, Dataset, DivisionUse, Link
from conformance.standard.model import CodeList, Element

Row = dict[str, str | None]

LEVELS = ("province", "prefecture", "county", "township", "village")
AS_OF = ("20261121", "20181231", "20140601", "19850101")

#: Schemes that can be made part by part; one that is all text (interface codes) is a pattern, and judged as such.
PARTED = sorted(id_ for id_, one in STANDARDS.schemes.items() if any(part.kind != "text" for part in one.parts))


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
        key = self.rng.choice([key, key, ("k1", "k2")])
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
            also = ("gb-11643-15",) if domain == "gb-11643" else tuple(rng.sample(PARTED, 2))
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
            dates = [c.name for c in self.columns if c.element.format.kind == "picture"]
            likely = dates if kind in ("birth", "order") and dates and self.rng.random() < 0.7 else names
            holders = by_kind.get(domain, likely)
            if holders and self.rng.random() < 0.5:
                self.link(kind, {first: self.rng.choice(holders), second: self.rng.choice(likely)})
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
            row |= {"k1": self.rng.choice(["1", "12", "1:2", "甲", str(self.rng.random()), None, ""])}
            row |= {"k2": self.rng.choice(["21", "1", "1:1", "2:1"])}
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
        column, second = (next(c for c in self.columns if c.name == name) for name in (first, rest[0]))
        answer = self.answer(link.kind, column, value)
        if answer and link.kind in ("birth", "order") and second.element.format.kind == "picture":
            answer = self.values.date(second.element.format.picture, "".join(c for c in answer if c in "0123456789"))
        row[second.name] = answer or row[second.name]

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
            return value
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
