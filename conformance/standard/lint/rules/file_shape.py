"""Each file of a pack is readable: UTF-8, LF, the contract's columns, as many cells as columns, YAML that parses."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "file-shape", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each fault of a file."""
    for fault in pack.faults:
        yield LintFinding(RULE, LEVEL, fault.path, fault.line, fault.path, fault.message)
