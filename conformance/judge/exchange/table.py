"""ET-COLUMNS, ET-TYPES, ET-SYSTEM, ET-ORDER, ET-BATCHES: an exchange table and its batch table against the DDL.

First cause first: a column that is missing or has no valid value turns its own rule red, and whatever could only be
told by it is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, repeat

from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location, Rulebook
from conformance.messages import Message, message

#: Characters of a name that somebody else gave that a message repeats.
_SHOWN = 80


@dataclass(frozen=True)
class TableColumn:
    """A column as its database declares it."""

    name: str
    type: str
    not_null: bool


@dataclass(frozen=True)
class ExpectedTable:
    """What the DDL makes: the exchange table's name and columns in order, and those of the batch table."""

    name: str
    columns: tuple[TableColumn, ...]
    batch_name: str
    batch_columns: tuple[TableColumn, ...]


@dataclass(frozen=True)
class BatchRows:
    """What the rows of one batch say: how many there are, the first and last valid time (empty: none is valid)."""

    batch: str
    records: int
    first: str
    last: str


@dataclass(frozen=True)
class BatchEntry:
    """A row of the batch table whose batch is valid; ``records`` is None where it does not state a valid number."""

    row: int
    batch: str
    records: int | None


@dataclass(frozen=True)
class Invalid:
    """Values of one system column that break one thing: exactly how many, and the first rows.

    ``own``: of the exchange table itself, whose rows are records; else of the batch table.
    """

    column: str
    reason: Message
    number: int
    rows: tuple[int, ...]
    own: bool = True


@dataclass(frozen=True)
class TableFacts:
    """An exchange table once it was read. ``batches`` and ``listed`` are sorted by batch; None: that table, or its
    column of batches, is not there.

    ``unbatched`` and ``unlisted`` count rows of the two tables whose batch is not valid; ``values`` how many system
    values were looked at, and ``invalid`` holds those that are not of their form.
    """

    file: str
    name: str
    columns: tuple[TableColumn, ...]
    batch_name: str
    batch_columns: tuple[TableColumn, ...] | None
    batches: tuple[BatchRows, ...] | None = ()
    unbatched: int = 0
    listed: tuple[BatchEntry, ...] | None = None
    unlisted: int = 0
    values: int = 0
    invalid: tuple[Invalid, ...] = ()


def folded(name: str) -> str:
    """A name as SQLite compares names: without regard to the case of ASCII letters."""
    return "".join(character.lower() if character.isascii() else character for character in name)


def judge_exchange_table(facts: TableFacts, expected: ExpectedTable, faults: FaultCounter) -> None:
    """Tell the faults of a table by the rules table-columns, table-types, table-system, table-order, table-batches.

    ``checked``: columns for the first two, system values, batches for the last two.
    """
    pairs = [(facts.name, facts.columns, expected.columns)]
    if facts.batch_columns is None:
        faults.checked("table-columns")
        reason = message("exchange-table.no-batch-table", table=_plain(facts.batch_name))
        faults.add(Fault("table-columns", _at(facts), reason))
    else:
        pairs.append((facts.batch_name, facts.batch_columns, expected.batch_columns))
    for table, found, wanted in pairs:
        faults.extend(_column_faults(facts, table, found, wanted, faults))
        faults.extend(_type_faults(facts, table, found, wanted, faults))
    faults.checked("table-system", facts.values)
    for rows in sorted(facts.invalid, key=lambda one: one.rows[:1]):
        faults.extend(_invalid_faults(facts, rows))
    if facts.batches is not None:
        faults.extend(_gap_faults(facts, facts.batches, faults))
        faults.extend(_time_faults(facts, facts.batches))
        if facts.listed is not None:
            faults.extend(_batch_faults(facts, facts.batches, facts.listed, faults))


def without_columns(book: Rulebook, unread: Iterable[str]) -> Rulebook:
    """The rulebook for a table some of whose columns are not read: what only they could tell is asked of no record.

    Their chains stay, without being mandatory, so that each of their rules still has its (empty) tally.
    """
    gone = set(unread)
    return replace(
        book,
        chains=tuple(replace(one, mandatory=None) if one.column in gone else one for one in book.chains),
        groups=tuple(one for one in book.groups if not gone & set(one.columns)),
    )


def _column_faults(
    facts: TableFacts, table: str, found: Sequence[TableColumn], wanted: Sequence[TableColumn], faults: FaultCounter
) -> Iterator[Fault]:
    there, asked = {folded(one.name) for one in found}, {folded(one.name) for one in wanted}
    faults.checked("table-columns", len(there | asked))
    for one in wanted:
        if folded(one.name) not in there:
            reason = message("exchange-table.column-missing", column=one.name)
            yield Fault("table-columns", _at(facts, table, one.name), reason)
    for one in found:
        if folded(one.name) not in asked:
            reason = message("exchange-table.column-unknown", column=_plain(one.name))
            yield Fault("table-columns", _at(facts, table, one.name), reason)


def _type_faults(
    facts: TableFacts, table: str, found: Sequence[TableColumn], wanted: Sequence[TableColumn], faults: FaultCounter
) -> Iterator[Fault]:
    there = {folded(one.name): one for one in found}
    for one in wanted:
        if (own := there.get(folded(one.name))) is None:
            continue
        faults.checked("table-types")
        at = _at(facts, table, own.name)
        if _same_type(own.type) != _same_type(one.type):
            what = {"column": one.name, "expected": one.type, "found": _plain(own.type) or "—"}
            yield Fault("table-types", at, message("exchange-table.type", **what))
        if own.not_null and not one.not_null:
            yield Fault("table-types", at, message("exchange-table.not-null-added", column=one.name))
        elif one.not_null and not own.not_null:
            yield Fault("table-types", at, message("exchange-table.not-null-missing", column=one.name))


def _same_type(declared: str) -> str:
    """A declared type without what SQL does not tell apart: case, blanks."""
    return re.sub(r" ?([(),]) ?", r"\1", " ".join(declared.split())).casefold()


def _invalid_faults(facts: TableFacts, invalid: Invalid) -> Iterator[Fault]:
    """The faults of one kind: those of records stand where the record stands."""
    for row in invalid.rows:
        place = None if invalid.own else _at(facts, facts.batch_name, row=row)
        yield Fault("table-system", place, invalid.reason, row if invalid.own else 0)
    beyond = Fault("table-system", _at(facts), invalid.reason)
    yield from repeat(beyond, invalid.number - len(invalid.rows))


def _gap_faults(facts: TableFacts, found: Sequence[BatchRows], faults: FaultCounter) -> Iterator[Fault]:
    """Batches that neither table holds, between some that they do; a table may begin anywhere, for rows are cleared.

    Where there is a batch table, a later batch that is not in it is told by ``table-batches``, and shows no gap.
    """
    listed = {entry.batch for entry in facts.listed or ()}
    batches = sorted({one.batch for one in found} | listed, key=int)
    faults.checked("table-order", len(batches))
    gaps = [
        (int(before), int(batch))
        for before, batch in pairwise(batches)
        if int(batch) > int(before) + 1 and (not listed or batch in listed)
    ]
    if sum(batch - before - 1 for before, batch in gaps) > facts.unbatched + facts.unlisted:
        for before, batch in gaps:
            words = {"before": _digits(before), "expected": _digits(before + 1), "found": _digits(batch)}
            reason = message("exchange-table.batch-gap", missing=batch - before - 1, **words)
            yield Fault("table-order", _at(facts, batch=_digits(batch)), reason)


def _time_faults(facts: TableFacts, found: Sequence[BatchRows]) -> Iterator[Fault]:
    """Batches with a time before the last one of their neighbour; only of neighbours, lest one row tell of many."""
    timed = [one for one in found if one.first]
    for earlier, later in pairwise(timed):
        if later.first < earlier.last:
            reason = message("exchange-table.time-order", batch=later.batch, before=earlier.batch)
            yield Fault("table-order", _at(facts, batch=later.batch), reason)


def _batch_faults(
    facts: TableFacts, batches: Sequence[BatchRows], listed: Sequence[BatchEntry], faults: FaultCounter
) -> Iterator[Fault]:
    """Batches that the batch table does not hold, holds twice, or with another number of records.

    What rows without a valid batch may explain is not told again.
    """
    counted = {one.batch: one.records for one in batches}
    known = {entry.batch for entry in listed}
    faults.checked("table-batches", len(counted.keys() | known))
    missing = sorted(counted.keys() - known, key=int)
    if len(missing) > facts.unlisted:
        for batch in missing:
            yield Fault("table-batches", _at(facts, batch=batch), message("exchange-table.batch-unlisted", batch=batch))
    for before, entry in pairwise(listed):
        if before.batch == entry.batch:
            at = _at(facts, facts.batch_name, row=entry.row)
            yield Fault("table-batches", at, message("exchange-table.batch-twice", batch=entry.batch))
    once = {entry.batch: entry for entry in listed if entry.records is not None}
    short = sum(max((entry.records or 0) - counted.get(batch, 0), 0) for batch, entry in once.items())
    for batch, entry in once.items():
        found, stated = counted.get(batch, 0), entry.records or 0
        if found > stated or (found < stated and short > facts.unbatched):
            at = _at(facts, facts.batch_name, row=entry.row)
            yield Fault(
                "table-batches", at, message("exchange-table.batch-count", batch=batch, expected=stated, found=found)
            )


def _at(facts: TableFacts, table: str = "", column: str = "", *, row: int = 0, batch: str = "") -> Location:
    """A place in the database: ``<table>.<column>``, ``<table>[<row>]`` or ``<table>#<batch>``."""
    path = _plain(table or facts.name)
    if column:
        path += f".{_plain(column)}"
    elif row:
        path += f"[{row}]"
    elif batch:
        path += f"#{batch}"
    return Location(_plain(facts.file), path=path)


def _digits(batch: int) -> str:
    return f"{batch:06d}"


def _plain(name: str) -> str:
    """A name that somebody else gave, fit for a line."""
    plain = "".join(character if character.isprintable() else "�" for character in name)
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 1]}…"
