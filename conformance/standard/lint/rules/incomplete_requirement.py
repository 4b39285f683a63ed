"""A requirement says what it requires, how to mend a breach, and which clause it stands on."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack, mappings

RULE, LEVEL = "incomplete-requirement", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each of text, remedy and basis that a requirement lacks."""
    for entry in pack.requirements:
        lacking = [key for key in ("text", "remedy") if not entry.data.get(key)]
        basis = mappings(entry.data, "basis")
        if not basis or not all(str(each.get("standard") or "") and "clause" in each for each in basis):
            lacking.append("basis")
        for key in lacking:
            text = message("lint.incomplete-requirement", key=key)
            yield LintFinding(RULE, LEVEL, entry.path, 0, entry.get("id"), text)
