"""GB/T 19488.1 as the packs follow it: the identifier is made of the capital initials of the name's pinyin."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import WARNING, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "identifier-initials", WARNING


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each element whose identifier and pinyin disagree."""
    for row in pack.elements:
        initials = "".join(syllable[:1] for syllable in row.get("pinyin").split("-")).upper()
        if row.get("identifier") != initials:
            text = message("lint.identifier-initials", identifier=row.get("identifier"), initials=initials)
            yield LintFinding(RULE, LEVEL, row.path, row.line, row.get("id"), text)
