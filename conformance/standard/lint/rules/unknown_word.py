"""Where the contract gives a closed set of words, a pack uses no other."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack, contract, mappings

RULE, LEVEL = "unknown-word", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each word outside its set."""
    for path, line, subject, column, words, word in _stated(pack):
        if word not in contract()["words"][words]:
            known = ", ".join(contract()["words"][words])
            text = message("lint.unknown-word", column=column, word=word, known=known)
            yield LintFinding(RULE, LEVEL, path, line, subject, text)


def _stated(pack: RawPack) -> Iterator[tuple[str, int, str, str, str, str]]:
    """Path, line, subject, column, the name of the set, and the word."""
    for row in pack.elements:
        for column in ("type", "personal", "halfwidth"):
            yield row.path, row.line, row.get("id"), column, column, row.get(column)
    if "status" in pack.head.data:
        yield pack.head.path, 0, pack.head.get("id"), "status", "status", pack.head.get("status")
    for scheme in pack.schemes:
        for part in mappings(scheme.data, "parts"):
            yield scheme.path, 0, scheme.get("id"), "kind", "part", str(part.get("kind"))
        check_rule = scheme.data.get("check")
        if isinstance(check_rule, dict):
            word = str(check_rule.get("algorithm"))
            yield scheme.path, 0, scheme.get("id"), "algorithm", "algorithm", word
    for relation in pack.relations:
        yield relation.path, 0, relation.get("id"), "kind", "relation", relation.get("kind")
    for entry in pack.requirements:
        for column in ("obligation", "testability", "level"):
            yield entry.path, 0, entry.get("id"), column, column, entry.get(column)
