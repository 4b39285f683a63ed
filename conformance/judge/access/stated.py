"""Statements: signed documents for what no machine can see."""

from __future__ import annotations

import re

from conformance.judge.access.case import Case, Told
from conformance.judge.access.dated import age
from conformance.judge.access.site import Statement
from conformance.messages import message

_DIGEST = re.compile("(sha256:)?[0-9a-fA-F]{64}")


def stated(case: Case, told: Told, kind: str) -> None:
    """Judge the newest statement of a kind: it is there, whole, signed, and not older than the pack allows."""
    told.checked()
    found = [one for one in case.site.statements if one.kind == kind]
    if not found:
        told.fault(case.site.at, message("access.doc.statement-missing", kind=kind), subject=kind)
        return
    newest = max(found, key=lambda one: one.signed)
    lacks = _lacking(newest)
    if lacks:
        told.fault(newest.at, message("access.doc.statement-lacks", kind=kind, what=", ".join(lacks)), subject=kind)
        return
    days, allowed = age(newest.signed, case.today), case.rules.statements[kind].days
    if days is None or days < 0:
        told.fault(newest.at, message("access.doc.statement-date", kind=kind), subject=kind)
    elif days > allowed:
        told.fault(newest.at, message("access.doc.statement-old", kind=kind, days=days, allowed=allowed), subject=kind)


def _lacking(one: Statement) -> list[str]:
    """The fields that a statement lacks, by their names in the declaration."""
    lacks = [name for name in ("document", "signer", "signed") if not getattr(one, name).strip()]
    return lacks if _DIGEST.fullmatch(one.sha256) else [*lacks, "sha256"]
