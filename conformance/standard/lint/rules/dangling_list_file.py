"""``codes/lists.yaml`` and the files beside it name the same lists."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "dangling-list-file", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each list without codes, and for each file of codes without a list."""
    named = {entry.get("id") for entry in pack.lists}
    for entry in pack.lists:
        if not pack.codes.get(entry.get("id")):
            yield LintFinding(RULE, LEVEL, entry.path, 0, entry.get("id"), message("lint.list-without-codes"))
    for id_ in pack.codes:
        if id_ not in named:
            yield LintFinding(RULE, LEVEL, f"codes/{id_}.csv", 0, id_, message("lint.codes-without-list"))
