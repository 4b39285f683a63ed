"""A vendor's own division table: complete, nothing extra, names and parents right, abolished codes closed.

A table holds at most some ten thousand rows, so it is judged row by row, first cause first: a row turns red once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conformance.judge.model import Dataset, TableUse
from conformance.judge.rulebook import Judged, RawSample, Tally
from conformance.standard.divisions import COUNTY_SYSTEM, SYSTEMS, DivisionRegistry, Standing

Row = Mapping[str, str | None]

#: What each rule asks, in the order in which causes are told apart; the first three stand also for closed rows.
RULES = (
    "table-form",
    "table-unique",
    "table-collective",
    "table-disputed",
    "table-zone",
    "table-extra",
    "table-closed",
    "table-successor",
    "table-name",
    "table-parent",
    "table-complete",
)
UNDECIDED = {Standing.COLLECTIVE: "table-collective", Standing.DISPUTED: "table-disputed"}
VIOLATED = {
    Standing.ZONE: "table-zone",
    Standing.UNKNOWN: "table-extra",
    Standing.OTHER_SYSTEM: "table-extra",
    Standing.OTHER_TIME: "table-closed",
}


#: The rules that need a column of their own.
NEEDS = {"table-name": "name", "table-parent": "parent", "table-successor": "successor"}


def rules_of(use: TableUse) -> tuple[str, ...]:
    """The rules that apply to a table: by the columns it has; zones are a matter of GB/T 2260 only."""
    held = (rule for rule in RULES if rule not in NEEDS or NEEDS[rule] in use.roles)
    return tuple(rule for rule in held if rule != "table-zone" or use.system == "gbt-2260")


@dataclass(frozen=True)
class _Entry:
    """One row of the table: its number, its code, whether it claims to be in force."""

    row: int
    code: str
    open: bool
    values: Row


class _Count:
    """What one rule made of the rows."""

    def __init__(self) -> None:
        self.checked = 0
        self.violations: list[RawSample] = []
        self.undecided: list[RawSample] = []

    def tally(self, limit: int) -> Tally:
        """Exact counts, bounded samples."""
        return Tally(
            self.checked,
            len(self.violations),
            len(self.undecided),
            tuple(self.violations[:limit]),
            tuple(self.undecided[:limit]),
        )


def judge_table(
    dataset: Dataset, rows: Iterable[tuple[int, Row]], registry: DivisionRegistry, *, sample_limit: int = 20
) -> Judged:
    """Judge a division table; ``rows`` are (row number from 1, values by column name)."""
    use = dataset.table
    assert use is not None  # noqa: S101 - called for division tables only
    judge = _TableJudge(dataset, use, registry)
    entries = list(judge.entries(rows))
    judge.take(entries)
    judge.complete(entries)
    found = {(rule, ""): count.tally(sample_limit) for rule, count in judge.counts.items()}
    return Judged(len(entries), found)


class _TableJudge:
    def __init__(self, dataset: Dataset, use: TableUse, registry: DivisionRegistry) -> None:
        self.use, self.registry = use, registry
        self.as_of, self.year = dataset.as_of, int(dataset.as_of[:4])
        self.counts = {rule: _Count() for rule in rules_of(use)}

    def entries(self, rows: Iterable[tuple[int, Row]]) -> Iterator[_Entry]:
        """The rows within the scope whose province the tables hold; one without a code has an empty code.

        A row is open without an end, or with one whose digits come after the day of the table.
        """
        unknown = self.registry.provinces(COUNTY_SYSTEM) - self.registry.provinces(self.use.system)
        for number, values in rows:
            code = values.get(self.use.roles["code"]) or ""
            within = code.startswith(self.use.scope) and code[:2] not in unknown
            if within or not code.isascii() or not code.isdigit():
                ended = self._value(values, "valid_to")
                digits = "".join(character for character in ended if character in "0123456789")
                yield _Entry(number, code, not ended or digits > self.as_of, values)

    def _value(self, values: Row, role: str) -> str:
        return values.get(self.use.roles.get(role, "")) or ""

    def take(self, entries: list[_Entry]) -> None:
        """Judge each row."""
        repeated = Counter(entry.code for entry in entries if entry.open)
        for entry in entries:
            if not self._judge("table-form", entry, holds=self._well_formed(entry.code)):
                continue
            if entry.open and not self._judge("table-unique", entry, holds=repeated[entry.code] == 1):
                continue
            self._standing(entry)

    def _well_formed(self, code: str) -> bool:
        return code.isascii() and code.isdigit() and len(code) == SYSTEMS[self.use.system]

    def _standing(self, entry: _Entry) -> None:
        """By what the code is in the official tables; a closed row asks only whether the code ever was one."""
        standing = self.registry.standing(self.use.system, entry.code, self.year)
        if not entry.open and standing is Standing.OTHER_TIME:
            standing = Standing.IN_FORCE
        failed = VIOLATED.get(standing) or UNDECIDED.get(standing)
        for rule in ("table-collective", "table-disputed", "table-zone", "table-extra", "table-closed"):
            if rule not in self.counts or (rule == "table-closed" and not entry.open):
                continue
            if not self._judge(rule, entry, holds=rule != failed, undecided=standing in UNDECIDED):
                return
        if entry.open:
            self._in_force(entry)
        else:
            self._closed(entry)

    def _in_force(self, entry: _Entry) -> None:
        holders = self.registry.valid(self.use.system, entry.code, self.year)
        if "table-name" in self.counts:
            names = {holder.name for holder in holders}
            if not self._judge("table-name", entry, holds=self._value(entry.values, "name") in names):
                return
        if "table-parent" in self.counts:
            parent = self._value(entry.values, "parent")
            under_province = any(holder.level in ("province", "prefecture") for holder in holders)
            holds = parent in {holder.parent for holder in holders} or (not parent and under_province)
            self._judge("table-parent", entry, holds=holds)

    def _closed(self, entry: _Entry) -> None:
        official = self.registry.successors(self.use.system, entry.code, self.year)
        if "table-successor" in self.counts and official:
            given = {code.strip() for code in self._value(entry.values, "successor").split(";")} - {""}
            self._judge("table-successor", entry, holds=given == set(official))

    def complete(self, entries: list[_Entry]) -> None:
        """Each code in force within scope and levels stands open in the table; missing ones are numbered by code.

        Asked for are only codes in force during the whole year: those that began in it may be newer than the table.
        """
        held = {entry.code for entry in entries if entry.open}
        before = {unit.code for unit in self.registry.in_force(self.use.system, self.use.scope, (), self.year - 1)}
        whole_year = (
            unit.code
            for unit in self.registry.in_force(self.use.system, self.use.scope, self.use.levels, self.year)
            if unit.code in before
        )
        official = tuple(dict.fromkeys(whole_year))
        count = self.counts["table-complete"]
        count.checked = len(official)
        code_column = self.use.roles["code"]
        for number, code in enumerate(official, 1):
            if code not in held:
                count.violations.append(RawSample(number, ((code_column, code),)))

    def _judge(self, rule: str, entry: _Entry, *, holds: bool, undecided: bool = False) -> bool:
        count = self.counts[rule]
        count.checked += 1
        if not holds:
            shown = tuple((column, entry.values.get(column)) for column in dict.fromkeys(self.use.roles.values()))
            (count.undecided if undecided else count.violations).append(RawSample(entry.row, shown))
        return holds
