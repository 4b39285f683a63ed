"""The successor of a code is a code of the same list."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "dangling-successor", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each successor that the list does not hold; several are separated by ``;``."""
    for rows in pack.codes.values():
        codes = {row.get("code") for row in rows}
        for row in rows:
            for successor in filter(None, row.get("successor").split(";")):
                if successor not in codes:
                    text = message("lint.dangling-successor", successor=successor)
                    yield LintFinding(RULE, LEVEL, row.path, row.line, row.get("code"), text)
