"""Issuing: admitted, signed, logged, published, written; killed anywhere, it goes on, and never gives two certificates.

The log decides. What it does not hold was not issued, and is prepared anew; what it holds is finished. Numbers are
settled in the store before anything is signed, and none is used twice.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance.bundle.model import Bundle, BundleError
from conformance.bundle.reading import read_bundle
from conformance.messages import message
from conformance.office.admission import AdmissionTerms, Comparison, Refusal, Signing, admit
from conformance.office.cases.desk import Desk
from conformance.office.cases.facts import Replay, classes_of, expected_challenge
from conformance.office.cases.failing import CaseError, RefusedError
from conformance.office.cases.model import CERTIFIED, Case
from conformance.office.cases.public import Logged, PublicRecord, read_public
from conformance.office.cases.standing import log_change, renew_status
from conformance.office.certificate import (
    TEST_NUMBER,
    Issue,
    Rerun,
    certificate_payload,
    read_certificate,
    write_certificate,
)
from conformance.office.log import Log
from conformance.office.settings import CHINA
from conformance.office.verifying import verify_certificate
from conformance.signing.dsse import IN_TOTO
from conformance.signing.failing import SigningError
from conformance.signing.signers import Signer, sign_envelope

#: Outcomes of verification that a certificate may have when it is written: its signatures and its proof hold.
_SOUND = ("valid", "expired", "suspended", "revoked", "superseded")
_NUMBER = re.compile(r"(?:TEST-)?LB-([0-9]{4})-([0-9]{6})")


@dataclass(frozen=True)
class Wish:
    """What the one who issues says: which classes (all, where empty), and which older certificates end by it."""

    classes: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()


def issue(desk: Desk, id_: str, wish: Wish, replay: Replay) -> str:
    """Issue the certificate of an approved case, or finish issuing it; the certificate's number.

    Raises RefusedError with every reason, :class:`CaseError`, LogError and what signing raises.
    """
    case = desk.store.case(id_)
    if case.state in CERTIFIED:
        desk.require_role("issue", "keyholder")
        return _finish(desk, case, _logged(read_public(desk.log), case))
    desk.require_may(id_, "issue")
    public = read_public(desk.log)
    held = public.of_bundle(case.bundle)
    if held is None:
        _enter(desk, case, public, wish, replay)
        public = read_public(desk.log)
        held = _logged(public, case)
    return _finish(desk, case, held)


def _logged(public: PublicRecord, case: Case) -> Logged:
    held = public.of_bundle(case.bundle)
    if held is None:
        raise CaseError("case.issue.not-in-log", case=case.id)
    return held


def _enter(desk: Desk, case: Case, public: PublicRecord, wish: Wish, replay: Replay) -> None:
    """Admit, settle number and terms, sign, and append to the log: from then on the certificate is issued."""
    bundle = _bundle(desk, case)
    classes = wish.classes or classes_of(bundle)
    _require_supersedable(desk, case, wish.supersedes)
    signers = _admitted(desk, case, bundle, classes=classes, public=public, replay=replay)
    issued = _terms(desk, case, public, classes, wish.supersedes)
    payload = certificate_payload(bundle, issued)
    desk.record(
        case.id, "prepare", {"number": issued.number, "index": issued.status_index, "until": issued.valid_until}
    )
    desk.log.append(sign_envelope(IN_TOTO, payload, signers))


def _bundle(desk: Desk, case: Case) -> Bundle:
    try:
        bundle = read_bundle(desk.submission(case.id))
    except BundleError as error:
        raise CaseError(error.id, **error.params) from error
    if bundle.digest["sha256"] != case.bundle:
        raise CaseError("case.submission.changed", case=case.id)
    return bundle


def _admitted(
    desk: Desk, case: Case, bundle: Bundle, *, classes: tuple[str, ...], public: PublicRecord, replay: Replay
) -> tuple[Signer, ...]:
    """The signers of a certificate to which nothing stands in the way; raises RefusedError with all that does."""
    signers, refused = _signers(desk)
    office, compared = desk.office, case.fact("compare")
    receipt = public.receipts.get(case.id)
    terms = AdmissionTerms(
        classes,
        desk.packs,
        office.suites,
        replayed=replay(bundle),
        challenge=expected_challenge(bundle.manifest, desk.formal_terms().challenges),
        receipt=receipt[1] if receipt else None,
        assurance=str(case.fact("approve").get("level", "L2")),
        comparison=Comparison(compared["n"], compared["of"], compared["disagreements"]) if compared else None,
        tester=case.tester,
        approver=case.approver,
        issuer=desk.actor.person.id,
        signing=Signing(office.keys, tuple(one.key for one in signers), desk.actor.now, office.test),
    )
    reasons = (*admit(bundle, terms), *refused)
    if reasons:
        raise RefusedError(tuple(one.message for one in reasons), tuple(one.word for one in reasons))
    return signers


def _signers(desk: Desk) -> tuple[tuple[Signer, ...], tuple[Refusal, ...]]:
    """The signers of certificates, opened; or why a key is refused."""
    try:
        return desk.signers("certificate"), ()
    except SigningError as error:
        return (), (Refusal("key-refused", message("case.issue.key")), Refusal("key-refused", error.message))


def _require_supersedable(desk: Desk, case: Case, numbers: tuple[str, ...]) -> None:
    """Each is a certificate of this office for the same product of the same vendor, and not yet at its end."""
    product = case.fact("intake")["product"]
    for number in numbers:
        old = by_number(desk, number)
        other = old.fact("intake")["product"]
        if any(other[name] != product[name] for name in ("vendor", "product")):
            raise CaseError("case.supersede.product", number=number)
        if old.state not in ("issued", "suspended"):
            raise CaseError("case.supersede.state", number=number)


def by_number(desk: Desk, number: str) -> Case:
    """The case that has a certificate; raises :class:`CaseError`."""
    found = next((one for one in desk.store.cases.values() if one.number == number and number), None)
    if found is None:
        raise CaseError("case.no-certificate", number=number)
    return found


def _terms(
    desk: Desk, case: Case, public: PublicRecord, classes: tuple[str, ...], supersedes: tuple[str, ...]
) -> Issue:
    office, now = desk.office, desk.actor.now
    number, index = _number(desk, case, public)
    return Issue(
        number,
        office.test,
        office.origin,
        office.name,
        office.register,
        classes,
        str(case.fact("approve")["level"]),
        _rerun(case),
        case.fact("receipt")["index"],
        desk.actor.time,
        desk.actor.time,
        after_months(now, office.months).isoformat(),
        office.status_list,
        index,
        tuple(sorted(set(supersedes))),
    )


def _number(desk: Desk, case: Case, public: PublicRecord) -> tuple[str, int]:
    """The number and the place in the status list: those settled before, else the next that nobody ever had."""
    prepared = case.fact("prepare")
    if prepared and prepared["number"] not in public.certificates:
        return prepared["number"], prepared["index"]
    settled = [body for one in desk.store.cases.values() if (body := one.fact("prepare"))]
    numbers = {*public.certificates, *(body["number"] for body in settled)}
    indices = {*(one.status_index for one in public.certificates.values()), *(body["index"] for body in settled)}
    year = desk.actor.now.astimezone(CHINA).year
    found = [_NUMBER.fullmatch(number) for number in numbers]
    last = max((int(one[2]) for one in found if one and int(one[1]) == year), default=0)
    return f"{TEST_NUMBER if desk.office.test else ''}LB-{year}-{last + 1:06}", max(indices, default=-1) + 1


def _rerun(case: Case) -> Rerun | None:
    compared, drawn = case.fact("compare"), case.fact("draw")
    if case.fact("approve")["level"] == "L1":
        return None
    place = drawn["checkpoint"]
    return Rerun(
        compared["n"],
        compared["of"],
        drawn["seed"],
        place["size"],
        place["root"],
        compared["disagreements"],
        compared["results"],
    )


def after_months(instant: datetime, months: int) -> datetime:
    """The same day and time so many months later, or the last day of that month where it has no such day."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def _finish(desk: Desk, case: Case, held: Logged) -> str:
    """All that follows from the log's entry; what was done before a crash is found done."""
    numbered = (by_number(desk, old) for old in held.predicate["supersedes"])
    ended = [old for old in numbered if old.state not in ("superseded", "revoked")]
    for old in ended:
        log_change(desk, old, "supersede", {"by": held.number})
    desk.publish()
    renew_status(desk, only_changed=True)
    _write(desk, held)
    if case.state not in CERTIFIED:
        until = held.predicate["validUntil"]
        body: dict[str, Any] = {"number": held.number, "index": held.status_index, "log": held.index}
        desk.record(case.id, "issue", {**body, "validUntil": until})
    for old in ended:
        desk.record(old.id, "supersede", {"by": held.number})
    return held.number


def _write(desk: Desk, held: Logged) -> None:
    """Write the certificate's file, unless it lies there; not before it verifies as anybody will verify it."""
    path = desk.certificate(held.number)
    if path.is_file() and _is(path.read_bytes(), held):
        return
    content = certificate_file(desk.log, held)
    status = (desk.office.folder / "status.json").read_bytes()
    outcome = verify_certificate(content, desk.office.keys, now=desk.actor.now, status=status)
    if outcome.word not in _SOUND:
        raise CaseError("case.issue.does-not-verify", number=held.number, word=outcome.word)
    desk.write(path, content)


def _is(content: bytes, held: Logged) -> bool:
    try:
        return read_certificate(content).envelope == held.envelope
    except ValueError:
        return False


def certificate_file(log: Log, held: Logged) -> bytes:
    """The bytes of a certificate's file, with a proof to the log's latest checkpoint, witnesses' lines left out."""
    latest = log.latest()
    if latest is None or latest.size <= held.index:
        raise CaseError("case.issue.unpublished")
    own = "".join(line.text for line in latest.lines if line.name == latest.origin)
    text = f"{latest.body}\n{own}"
    return write_certificate(held.envelope, held.index, text, log.inclusion(held.index, latest.size))
