"""The word for a certificate that verifies, as at an instant: what ``lubiao verify`` would say, by time and status."""

from __future__ import annotations

from datetime import datetime

from conformance.messages import Message, message
from conformance.office.certificate import Certificate
from conformance.office.status import StatusList, reason_words
from conformance.office.verifying import AHEAD
from conformance.register.words import moment

#: The word as a headline.
HEADLINES = {
    "valid": message("register.word.valid"),
    "expired": message("register.word.expired"),
    "suspended": message("register.word.suspended"),
    "revoked": message("register.word.revoked"),
    "superseded": message("register.word.superseded"),
    "tampered": message("register.word.tampered"),
    "wrong-product": message("register.word.wrong-product"),
    "unknown-signer": message("register.word.unknown-signer"),
    "leg-missing": message("register.word.leg-missing"),
    "not-yet-valid": message("register.word.not-yet-valid"),
    "status-unknown": message("register.word.status-unknown"),
    "not-logged": message("register.word.not-logged"),
}
#: Instead of *valid*, under test keys: nothing of a test register may be read as valid.
TEST_HEADLINE = message("register.word.test")
#: Those that a certificate of the register can have.
PUBLISHED = ("valid", "expired", "suspended", "revoked", "superseded", "not-yet-valid")


def standing(certificate: Certificate, status: StatusList, now: datetime) -> str:
    """The word; the list must be one that may be relied on now. Time comes before status."""
    if now < certificate.instant("validFrom") or certificate.instant("timeCreated") - now > AHEAD:
        return "not-yet-valid"
    if now >= certificate.instant("validUntil"):
        return "expired"
    return status.state(certificate.predicate["status"]["index"]) or "valid"


def headline(word: str, *, test: bool) -> Message:
    """The word as a headline."""
    return TEST_HEADLINE if test and word == "valid" else HEADLINES[word]


def detail(certificate: Certificate, word: str, status: StatusList, language: str) -> str:
    """What stands beside the headline: since when, until when, or why; and as of which list."""
    held, issued = certificate.predicate, moment(status.issued)
    reason = status.reason(held["status"]["index"])
    if word == "not-yet-valid":
        said = message("register.detail.begins", begun=moment(held["validFrom"]))
    elif word == "expired":
        said = message("register.detail.ended", ended=moment(held["validUntil"]))
    elif word != "valid":
        why = reason_words(reason).render(language) if reason else "—"
        said = message("register.detail.reason", reason=why, issued=issued)
    elif held["test"]:
        said = message("register.detail.test", issued=issued)
    else:
        said = message("register.detail.valid", issued=issued)
    return said.render(language)
