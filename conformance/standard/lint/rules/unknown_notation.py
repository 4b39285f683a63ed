"""Each representation format can be read by the notation's grammar."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack
from conformance.standard.notation import NotationError, parse

RULE, LEVEL = "unknown-notation", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each ``format`` or ``conflict`` that does not parse; a conflict names its place too."""
    for row in pack.elements:
        notation, place = row.get("format"), row.get("conflict").partition("@")
        if not _reads(notation):
            text = message("lint.unknown-notation", notation=notation)
            yield LintFinding(RULE, LEVEL, row.path, row.line, row.get("id"), text)
        if row.get("conflict") and not (_reads(place[0]) and place[2]):
            text = message("lint.unknown-conflict", notation=row.get("conflict"))
            yield LintFinding(RULE, LEVEL, row.path, row.line, row.get("id"), text)


def _reads(notation: str) -> bool:
    try:
        parse(notation)
    except NotationError:
        return False
    return True
