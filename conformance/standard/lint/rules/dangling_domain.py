"""Each value domain that an element or a part of a scheme names exists in the pack or in one that it depends on."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack, contract, mappings

RULE, LEVEL = "dangling-domain", ERROR
_KINDS = {"code": "list", "scheme": "scheme"}


def check(pack: RawPack, shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each domain that leads nowhere; says which pack holds it where another does."""
    for path, line, subject, kind, id_ in _domains(pack):
        if kind == "division":
            known = id_ in contract()["words"]["division"]
        elif kind == "part-division":
            known = id_ in contract()["words"]["part-division"]
        else:
            known = kind in _KINDS and id_ in shelf.within[_KINDS[kind]]
        if not known:
            holder = shelf.others.get(_KINDS.get(kind, ""), {}).get(id_, "")
            text = message("lint.undeclared-domain" if holder else "lint.dangling-domain", domain=id_, pack=holder)
            yield LintFinding(RULE, LEVEL, path, line, subject, text)


def _domains(pack: RawPack) -> Iterator[tuple[str, int, str, str, str]]:
    """Path, line, subject, kind and id of each domain that the pack names."""
    for row in pack.elements:
        if row.get("domain"):
            kind, _, id_ = row.get("domain").partition(":")
            yield row.path, row.line, row.get("id"), kind, id_
    for scheme in pack.schemes:
        for part in mappings(scheme.data, "parts"):
            kind = str(part.get("kind"))
            if kind in ("code", "scheme", "division"):
                domain = str(part.get("domain") or "")
                yield scheme.path, 0, scheme.get("id"), "part-division" if kind == "division" else kind, domain
