"""Each role of a relation is an element of the pack or of one that it depends on."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "dangling-relation", ERROR


def check(pack: RawPack, shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each role that names no element, and for each relation without roles."""
    for relation in pack.relations:
        roles = relation.data.get("roles")
        if not isinstance(roles, dict) or not roles:
            text = message("lint.relation-without-roles")
            yield LintFinding(RULE, LEVEL, relation.path, 0, relation.get("id"), text)
            continue
        for role, element in roles.items():
            if str(element) not in shelf.within["element"]:
                text = message("lint.dangling-relation", role=str(role), element=str(element))
                yield LintFinding(RULE, LEVEL, relation.path, 0, relation.get("id"), text)
