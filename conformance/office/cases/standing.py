"""The standing of certificates: suspended, revoked, reinstated, superseded; and the signed list that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from conformance.office.cases.desk import STATUS, Desk
from conformance.office.cases.failing import CaseError
from conformance.office.cases.model import Case, reasons
from conformance.office.cases.naming import named
from conformance.office.cases.public import CHANGES, PublicRecord, read_public
from conformance.office.status import STATUS as STATUS_TYPE
from conformance.office.status import StatusList, status_payload
from conformance.signing.canonical import storable
from conformance.signing.digest import digest_set
from conformance.signing.dsse import write_envelope
from conformance.signing.signers import sign_envelope

#: The word of a certificate that a newer one replaces.
NEWER = "newer-certificate"
#: The longest note.
NOTE = 1000


def change(desk: Desk, case: Case, act: str, reason: str, note: str = "") -> StatusList:
    """Suspend, revoke or reinstate the certificate of a case: an event in the log, a checkpoint, a new status list.

    ``reason`` is a word of ``reasons.yaml`` that may stand for the act; ``note`` is public.
    """
    desk.require_may(case.id, act)
    held = reasons().get(reason)
    if held is None or act not in held.acts:
        known = ", ".join(word for word, one in reasons().items() if act in one.acts)
        raise CaseError("case.reason", reason=reason, known=known)
    if len(note) > NOTE or not note.isprintable():
        raise CaseError("case.note", limit=NOTE)
    text = storable(note.strip())
    body = {"reason": reason, **({"note": {"zh": text, "en": text}} if text else {})}
    log_change(desk, case, act, body)
    desk.publish()
    renewed = renew_status(desk)
    # The store last: until it says so, the same command does what is left.
    desk.record(case.id, act, body)
    return renewed


def log_change(desk: Desk, case: Case, act: str, body: Mapping[str, Any]) -> None:
    """Enter a change of status into the log, unless a command that was interrupted did; the store follows it later."""
    desk.require_may(case.id, act)
    issued = case.fact("issue")
    logged = read_public(desk.log).changes.get(case.number, ())
    kept = [event for event in case.events if event.kind in CHANGES]
    if len(logged) <= len(kept):
        desk.enter(act, {"certificateNo": issued["number"], "index": issued["index"], **body}, "status")
    elif logged[len(kept)].kind != act:
        unfinished = named("acts", [logged[len(kept)].kind])
        raise CaseError("case.change.unfinished", number=case.number, act=unfinished)


def renew_status(desk: Desk, *, only_changed: bool = False) -> StatusList:
    """Sign and write the status list that follows from the log, with the next sequence number.

    ``only_changed``: the list that lies there stays, where it says the same and has not ended.
    """
    office, now = desk.office, desk.actor.now
    before = desk.status()
    said = listed(read_public(desk.log), office.status_list)
    if only_changed and before is not None and before.current(now) and _same(before, said):
        return before
    told = [one.body["sequence"] for one in desk.store.office if one.kind == "status"]
    sequence = max([*told, before.sequence if before else 0]) + 1
    until = now + timedelta(days=office.status_days)
    new = replace(said, sequence=sequence, issued=desk.actor.time, valid_until=until.isoformat())
    content = write_envelope(sign_envelope(STATUS_TYPE, status_payload(new), desk.signers("status")))
    desk.record("", "status", {"sequence": sequence, "digest": digest_set(content)})
    desk.write(office.folder / STATUS, content)
    return new


def listed(public: PublicRecord, id_: str) -> StatusList:
    """What the log's events come to, certificate by certificate; sequence and instants are left open.

    What is revoked stays so. A suspension or a reinstatement ends the one before.
    """
    revoked, suspended, superseded, words = set[int](), set[int](), set[int](), dict[int, str]()
    for events in public.changes.values():
        for event in events:
            index = event.body["index"]
            if event.kind == "revoke":
                revoked.add(index)
            elif event.kind == "supersede":
                superseded.add(index)
            elif event.kind == "suspend":
                suspended.add(index)
            else:
                suspended.discard(index)
            if event.kind == "revoke" or index not in revoked:
                words[index] = event.body.get("reason", NEWER)
            if index not in revoked | suspended | superseded:
                words.pop(index)
    return StatusList(
        id_, 0, "", "", frozenset(revoked), frozenset(suspended), frozenset(superseded), dict(sorted(words.items()))
    )


def _same(one: StatusList, other: StatusList) -> bool:
    return (one.id, one.revoked, one.suspended, one.superseded, dict(one.reasons)) == (
        other.id,
        other.revoked,
        other.suspended,
        other.superseded,
        dict(other.reasons),
    )
