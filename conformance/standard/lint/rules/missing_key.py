"""Each entry of a YAML file has the keys that the loader reads, and each row has an id or a code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import Entry, RawPack, contract, mappings

RULE, LEVEL = "missing-key", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each missing key or empty id."""
    kinds = {"list": pack.lists, "scheme": pack.schemes, "relation": pack.relations, "requirement": pack.requirements}
    kinds["dataset"] = pack.datasets
    yield from _keys("standard", [pack.head])
    for kind, entries in kinds.items():
        yield from _keys(kind, entries)
    for scheme in pack.schemes:
        for part in mappings(scheme.data, "parts"):
            yield from _missing("part", part, scheme.path, f"{scheme.get('id')}.{part.get('name')}")
    for dataset in pack.datasets:
        for field in mappings(dataset.data, "fields"):
            yield from _missing("field", field, dataset.path, f"{dataset.get('id')}.{field.get('name')}")
    identified = [("id", row) for row in pack.elements]
    identified += [("code", row) for rows in pack.codes.values() for row in rows]
    for column, row in identified:
        if not row.get(column):
            text = message("lint.missing-key", key=column)
            yield LintFinding(RULE, LEVEL, row.path, row.line, row.get("name"), text)


def _keys(kind: str, entries: Iterable[Entry]) -> Iterator[LintFinding]:
    for number, entry in enumerate(entries, start=1):
        yield from _missing(kind, entry.data, entry.path, entry.get("id") or f"#{number}")


def _missing(kind: str, data: Mapping[str, Any], path: str, subject: str) -> Iterator[LintFinding]:
    for key in contract()["keys"][kind]:
        if key not in data or (key == "id" and not data[key]):
            yield LintFinding(RULE, LEVEL, path, 0, subject, message("lint.missing-key", key=key))
