"""An id names one thing, in this pack and over the packs of all standards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf, ids
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "duplicate-id", ERROR


def check(pack: RawPack, shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each id that is defined twice. Editions of one standard share ids and are not compared."""
    places = {row.get("id"): (row.path, row.line) for row in pack.elements}
    for entry in pack.entries:
        places.setdefault(entry.get("id"), (entry.path, 0))
    for kind, defined in ids(pack).items():
        for id_, count in Counter(defined).items():
            path, line = places[id_]
            if count > 1:
                text = message("lint.duplicate-id", kind=kind, id=id_, count=count)
                yield LintFinding(RULE, LEVEL, path, line, id_, text)
            if id_ in shelf.others[kind]:
                text = message("lint.duplicate-id.elsewhere", kind=kind, id=id_, pack=shelf.others[kind][id_])
                yield LintFinding(RULE, LEVEL, path, line, id_, text)
