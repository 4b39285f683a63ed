"""What a transfer stored, held against what was acknowledged: pure comparison of records by key.

A record that is absent in an optional field holds the empty text there; compared are the fields that both sides have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.judge.faults import Fault
from conformance.judge.service.answers import told
from conformance.judge.service.model import Call
from conformance.standard.services.model import BatchRules

Key = tuple[str, ...]
Record = Mapping[str, str]
#: How what is there may differ from what must be there: not there, there more than once, there with other values, there
#: though it must not be, there as it was before an update.
MISSING, TWICE, VALUES, PRESENT, STALE = "missing", "twice", "values", "present", "stale"
#: The least wrong first: of several interfaces, the one that shows a record best tells what is stored.
_RANK = (VALUES, TWICE, PRESENT, MISSING)
_MOST_FIELDS = 5


@dataclass(frozen=True)
class Difference:
    """One key of which other things are there than must be; ``fields`` are those with other values."""

    key: Key
    kind: str
    fields: tuple[str, ...] = ()


def key_of(record: Mapping[str, Any], names: Sequence[str]) -> Key | None:
    """The key of a record; None where a part of it is absent or no text."""
    parts = tuple(record.get(name) for name in names)
    return tuple(str(part) for part in parts) if all(isinstance(part, str) and part for part in parts) else None


def differences(
    expected: Mapping[Key, Record | None], seen: Mapping[Key, Sequence[Record]], fields: Collection[str]
) -> tuple[Difference, ...]:
    """How what is seen differs from what must be there; a key whose record is None must not be there.

    ``fields`` are those that a transfer hands over; a row is compared in those of them that it names.
    """
    found = []
    for key, record in expected.items():
        rows = seen.get(key, ())
        if record is None:
            kind = PRESENT if rows else ""
        elif len(rows) != 1:
            kind = TWICE if rows else MISSING
        else:
            kind = ""
            if others := other_fields(record, rows[0], fields):
                found.append(Difference(key, VALUES, others))
        if kind:
            found.append(Difference(key, kind))
    return tuple(found)


def least(found: Sequence[Difference | None]) -> Difference | None:
    """What is really wrong with one key, by what each of several interfaces shows of it: nothing where one of them
    shows all as it must be; of values, what all that show the record agree in.
    """
    if not found or None in found:
        return None
    best = min((one for one in found if one), key=lambda one: _RANK.index(one.kind))
    if best.kind != VALUES:
        return best
    fields = [set(one.fields) for one in found if one and one.kind == VALUES]
    common = set.intersection(*fields)
    return Difference(best.key, VALUES, tuple(sorted(common))) if common else None


def other_fields(record: Record, row: Record, fields: Collection[str]) -> tuple[str, ...]:
    """The fields in which a row holds something other than the record."""
    return tuple(name for name in sorted(fields) if name in row and row[name] != record.get(name, ""))


def alike(one: Sequence[Record], other: Sequence[Record]) -> bool:
    """True where the same rows were seen twice, in whatever order."""
    return sorted(sorted(row.items()) for row in one) == sorted(sorted(row.items()) for row in other)


_TOLD = {
    MISSING: "transfer.missing",
    TWICE: "transfer.twice",
    PRESENT: "transfer.still-there",
    STALE: "transfer.not-updated",
}


def stored_faults(
    found: Sequence[Difference], call: Call, *, sequence: int, step: int, kept: Collection[Key] = ()
) -> tuple[Fault, ...]:
    """The faults of an acknowledged batch: what of it is not there once, and what is there with other values.

    A record under one of the keys ``kept`` was there before the batch changed it: where it is gone, it was not kept.
    """
    faults = []
    for kind, id_ in _TOLD.items():
        of_kind = [one for one in found if one.kind == kind]
        gone = [one for one in of_kind if kind == MISSING and one.key in kept]
        if number := len(of_kind) - len(gone):
            faults.append(told("transfer-stored", call, id_, number=number, sequence=sequence, step=step))
        if gone:
            faults.append(told("transfer-kept", call, "transfer.gone", number=len(gone), sequence=sequence, step=step))
    if others := [one for one in found if one.kind == VALUES]:
        number, fields = len(others), named(others)
        faults.append(
            told("transfer-values", call, "transfer.values", number=number, fields=fields, sequence=sequence, step=step)
        )
    return tuple(faults)


def kept_fault(found: Sequence[Difference], call: Call, *, sequence: int, step: int) -> tuple[Fault, ...]:
    """The fault of what was there right after its receipt and is not as it was; none where all is."""
    if not found:
        return ()
    return (told("transfer-kept", call, "transfer.not-kept", number=len(found), sequence=sequence, step=step),)


def named(found: Sequence[Difference]) -> str:
    """The fields that differ, the first few by name: names of the registration, nothing that was sent."""
    names = sorted({name for one in found for name in one.fields})
    return "、".join(names[:_MOST_FIELDS]) + ("…" if len(names) > _MOST_FIELDS else "")


def wrong_receipt(data: object, series: str, number: str, records: int, names: BatchRules) -> str:
    """The member of a receipt that is missing or is not what was sent; empty where it is right."""
    if not isinstance(data, dict):
        return names.receipt
    for name, said in ((names.series, series), (names.number, number)):
        if data.get(name) != said:
            return name
    counted = data.get(names.records)
    if isinstance(counted, bool) or counted != records:
        return names.records
    return "" if isinstance(data.get(names.receipt), str) and data[names.receipt] else names.receipt


def receipt_of(data: object, names: BatchRules) -> str:
    """The receipt; empty where there is none."""
    said = data.get(names.receipt) if isinstance(data, dict) else None
    return said if isinstance(said, str) else ""
