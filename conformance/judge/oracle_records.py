"""The oracle's rules over records: what two columns of one record say of the same thing must agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.judge.model import Column, Dataset, Link
from conformance.judge.oracle_chain import OracleResult, Outcome, Record, Tally, good, present
from conformance.judge.oracle_dates import only_digits
from conformance.judge.oracle_divisions import OracleDivisions
from conformance.judge.oracle_places import PlaceRules
from conformance.judge.oracle_schemes import part_of, scheme_of, schemes_of
from conformance.standard.model import Scheme, SchemePart
from conformance.standard.standards import Standards

REQUIREMENTS = {
    "birth": "DR-BIRTH",
    "sex": "DR-SEX",
    "name": "DR-NAME",
    "organisation": "DR-ORGANISATION",
    "authority": "DR-AUTHORITY",
    "order": "DR-ORDER",
    "division-name": "AD-NAME",
    "division-parent": "AD-PARENT",
    "reference": "DS-REF",
}
#: The parts of an identifier that relations speak of.
_PARTS = {
    "birth": ("date", "short-date"),
    "sex": ("sex",),
    "organisation": ("scheme",),
    "authority": ("division",),
}
_SYNONYMS = "synonyms:"
_SEXES = {"1": 1, "2": 0}


@dataclass(frozen=True)
class RecordRules:
    """The record rules of one dataset; ``passed`` holds the rows whose value passed its chain, by column name."""

    standards: Standards
    divisions: Callable[[], OracleDivisions]
    dataset: Dataset
    passed: Mapping[str, set[int]]

    def applies(self, link: Link) -> bool:
        """Can the relation be judged at all? An identifier must have the part, a code its list."""
        if link.kind in _PARTS:
            schemes = schemes_of(self.standards, self._column(link, "number"))
            return any(self._part(link, scheme) for scheme in schemes)
        return link.kind != "name" or self._column(link, "code").element.domain.startswith("code:")

    def judge(self, link: Link, rows: Sequence[Record]) -> OracleResult:
        """Judge one relation on each record that has both values, each accepted by its own chain."""
        rule = getattr(self, "_" + link.kind.replace("-", "_"))
        tally = Tally()
        for row, record in enumerate(rows, start=1):
            values = {role: present(record.get(name)) for role, name in link.roles.items()}
            accepted = all(row in self.passed.get(name, {row}) for name in link.roles.values())
            if accepted and None not in values.values():
                tally.count(row, rule(link, values, record))
        return tally.result()

    def _birth(self, link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        part = self._part_of(link, values)
        if part is None:
            return Outcome.SKIP
        inside = ("19" if part.kind == "short-date" else "") + part_of(values["number"], part)
        is_picture = self._column(link, "birth").element.format.kind == "picture"
        said = only_digits(values["birth"]) if is_picture else values["birth"].replace("-", "")
        width = min(len(said), len("YYYYMMDD")) if is_picture else len("YYYYMMDD")
        return good(inside[:width] == said[:width])

    def _sex(self, link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        part = self._part_of(link, values)
        if part is None or values["sex"] not in _SEXES:
            return Outcome.SKIP
        return good(int(part_of(values["number"], part)) % 2 == _SEXES[values["sex"]])

    def _name(self, link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        list_id = self._column(link, "code").element.domain.partition(":")[2]
        held = [code for code in self.standards.codes[list_id].codes if code.code == values["code"]]
        if not held:
            return Outcome.SKIP
        names = {code.name for code in held}
        for code in held:
            if code.note.startswith(_SYNONYMS):
                names |= {name.strip() for name in code.note.removeprefix(_SYNONYMS).split(";")}
        return good(values["name"] in names)

    def _organisation(self, link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        part = self._part_of(link, values)
        if part is None:
            return Outcome.SKIP
        return good(values["organisation"].replace("-", "") == part_of(values["number"], part))

    def _authority(self, link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        part = self._part_of(link, values)
        return Outcome.SKIP if part is None else good(values["division"] == part_of(values["number"], part))

    def _order(self, link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        """Dates by their digits, as far as both go; what is no date by its characters."""
        if any(self._column(link, role).element.format.kind != "picture" for role in ("first", "second")):
            return good(values["first"] <= values["second"])
        first, second = only_digits(values["first"]), only_digits(values["second"])
        shorter = min(len(first), len(second))
        return good(first[:shorter] <= second[:shorter])

    def _division_name(self, link: Link, values: Mapping[str, str], record: Record) -> Outcome:
        units = self._places(link, "code").good_units(values["code"], record)
        return good(any(unit.name == values["name"] for unit in units))

    def _division_parent(self, link: Link, values: Mapping[str, str], record: Record) -> Outcome:
        units = self._places(link, "child").good_units(values["child"], record)
        return good(any(unit.parent == values["parent"] for unit in units))

    def _places(self, link: Link, role: str) -> PlaceRules:
        return PlaceRules(self.standards, self.divisions(), self.dataset, self._column(link, role))

    def _column(self, link: Link, role: str) -> Column:
        return self.dataset.column(link.roles[role])

    def _part_of(self, link: Link, values: Mapping[str, str]) -> SchemePart | None:
        """The part of the number that the relation speaks of; None where the number's scheme has none."""
        return self._part(link, scheme_of(self.standards, self._column(link, "number"), values["number"]))

    @staticmethod
    def _part(link: Link, scheme: Scheme) -> SchemePart | None:
        return next((part for part in scheme.parts if part.kind in _PARTS[link.kind]), None)


def judge_unique(name: str, rows: Sequence[Record]) -> OracleResult:
    """``DE-UNIQUE``: each member of a repeated group of values counts; absent values are passed over."""
    values = [present(record.get(name)) for record in rows]
    times = Counter(value for value in values if value is not None)
    repeated = tuple(row for row, value in enumerate(values, start=1) if value is not None and times[value] > 1)
    return OracleResult(times.total(), repeated, ())


def judge_key(names: Sequence[str], rows: Sequence[Record]) -> OracleResult:
    """``DS-KEY``: a key is complete, and no other record has it."""
    keys = [tuple(present(record.get(name)) for name in names) for record in rows]
    times = Counter(keys)
    wrong = tuple(row for row, key in enumerate(keys, start=1) if None in key or times[key] > 1)
    return OracleResult(len(keys), wrong, ())


def judge_reference(link: Link, rows: Sequence[Record], other: Sequence[Record]) -> OracleResult:
    """``DS-REF``: each tuple of values that are all present stands in the other dataset."""
    held = {tuple(record.get(name) for name in (link.to or ("", ()))[1]) for record in other}
    tally = Tally()
    for row, record in enumerate(rows, start=1):
        key = tuple(present(record.get(name)) for name in link.roles.values())
        if None not in key:
            tally.count(row, good(key in held))
    return tally.result()
