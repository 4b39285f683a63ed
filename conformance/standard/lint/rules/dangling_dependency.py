"""Each edition that a pack depends on has a pack."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "dangling-dependency", ERROR


def check(pack: RawPack, shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each missing dependency, indirect ones too."""
    for name in shelf.missing:
        yield LintFinding(RULE, LEVEL, pack.head.path, 0, name, message("lint.dangling-dependency", pack=name))
