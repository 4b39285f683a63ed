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
from conformance.judge.oracle_schemes import birth_of, part_of, scheme_of
from conformance.standard.model import Scheme
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
_SYNONYMS = "synonyms:"
_SEXES = {"1": 1, "2": 0}


@dataclass(frozen=True)
class RecordRules:
    """The record rules of one dataset; ``passed`` holds the rows whose value passed its chain, by column name."""

    standards: Standards
    divisions: Callable[[], OracleDivisions]
    dataset: Dataset
    passed: Mapping[str, set[int]]

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
        inside = birth_of(values["number"], self._scheme(link, "number", values))
        said = only_digits(values["birth"])[:8]
        return good(inside[: len(said)] == said)

    def _sex(self, link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        if values["sex"] not in _SEXES:
            return Outcome.SKIP
        scheme = self._scheme(link, "number", values)
        digits = [part_of(values["number"], part) for part in scheme.parts if part.kind == "sex"]
        return good(all(int(digit) % 2 == _SEXES[values["sex"]] for digit in digits))

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

    def _organisation(self, _link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        return good(values["organisation"].replace("-", "") == values["number"][8:17])

    def _authority(self, _link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
        return good(values["division"] == values["number"][2:8])

    def _order(self, _link: Link, values: Mapping[str, str], _record: Record) -> Outcome:
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

    def _scheme(self, link: Link, role: str, values: Mapping[str, str]) -> Scheme:
        return scheme_of(self.standards, self._column(link, role), values[role])


def judge_groups(names: Sequence[str], rows: Sequence[Record]) -> OracleResult:
    """``DE-UNIQUE``, ``DS-KEY``: the records whose values are all present, each member of a repeated group counted."""
    keys = [tuple(present(record.get(name)) for name in names) for record in rows]
    times = Counter(key for key in keys if None not in key)
    repeated = tuple(row for row, key in enumerate(keys, start=1) if times[key] > 1)
    return OracleResult(times.total(), repeated, ())


def judge_reference(link: Link, rows: Sequence[Record], other: Sequence[Record]) -> OracleResult:
    """``DS-REF``: each tuple of values that are all present stands in the other dataset."""
    held = {tuple(record.get(name) for name in (link.to or ("", ()))[1]) for record in other}
    tally = Tally()
    for row, record in enumerate(rows, start=1):
        key = tuple(present(record.get(name)) for name in link.roles.values())
        if None not in key:
            tally.count(row, good(key in held))
    return tally.result()
