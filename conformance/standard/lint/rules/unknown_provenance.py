"""Provenance is one of the words of the house: it decides what a certificate may claim."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack, contract, mappings

RULE, LEVEL = "unknown-provenance", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each word that is none of them, an empty one too."""
    for path, line, subject, word in _stated(pack):
        if word not in contract()["words"]["provenance"]:
            known = ", ".join(contract()["words"]["provenance"])
            text = message("lint.unknown-word", column="provenance", word=word, known=known)
            yield LintFinding(RULE, LEVEL, path, line, subject, text)


def _stated(pack: RawPack) -> Iterator[tuple[str, int, str, str]]:
    for row in pack.elements:
        yield row.path, row.line, row.get("id"), row.get("provenance")
    for entry in (pack.head, *pack.lists, *pack.schemes, *pack.relations, *pack.datasets, *pack.documents):
        if "provenance" in entry.data:
            yield entry.path, 0, entry.get("id"), entry.get("provenance")
    for dataset in pack.datasets:
        for relation in mappings(dataset.data, "relations"):
            if "provenance" in relation:
                yield dataset.path, 0, dataset.get("id"), str(relation["provenance"] or "")
    for entry in pack.requirements:
        for basis in mappings(entry.data, "basis"):
            yield entry.path, 0, entry.get("id"), str(basis.get("provenance") or "")
