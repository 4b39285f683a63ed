"""Is a certificate valid, as far as can be known offline? One word, the first cause first (``docs/certificates.md``).

Form and signatures, the log, the product, the time, the status. Whoever asks brings the keys and the clock; what is
absent, empty or malformed is never *valid*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources

import yaml

from conformance.messages import Message, message
from conformance.office.certificate import PREDICATE, Certificate, assurance_words, read_certificate
from conformance.office.checkpoint import LOG, Checkpoint, CheckpointError, checkpoint_signers, read_checkpoint
from conformance.office.status import StatusError, StatusList, read_status, reason_words
from conformance.signing.canonical import NotCanonicalError, storable
from conformance.signing.dsse import write_envelope
from conformance.signing.keys import KeySet, PublicKey, missing_legs
from conformance.signing.merkle import holds_consistency, holds_inclusion
from conformance.signing.verifying import signature_state
from conformance.standard.model import Text

USE = "certificate"
#: How far a list or a certificate may have been signed in the future of the asker's clock.
AHEAD = timedelta(days=1)

#: What is shown of a certificate: a name, and the text or message beside it.
Fact = tuple[str, Message | str]


@dataclass(frozen=True)
class AskedProduct:
    """The product that the asker has before it; what is empty is not asked. ``build``: its id or its SHA-256."""

    product: str = ""
    vendor: str = ""
    version: str = ""
    build: str = ""


@dataclass(frozen=True)
class Verification:
    """What ``verify`` says: the word of ``outcomes.yaml`` with its exit code, the cause as a message, and the facts for
    display, of a certificate whose signatures hold (there are none of any other: nothing that it says counts). Texts in
    it are the certificate's own, and have to be made harmless by who shows them.
    """

    word: str
    code: int
    message: Message
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """All that a certificate is verified with."""

    keys: KeySet
    now: datetime
    status: StatusList | None
    checkpoint: Checkpoint | None
    consistency: tuple[bytes, ...]
    product: AskedProduct


@dataclass(frozen=True)
class _Cause:
    """Why a certificate is not valid."""

    word: str
    message: Message


@cache
def outcomes() -> Mapping[str, int]:
    """The exit code of each word that ``verify`` says."""
    text = resources.files(__package__).joinpath("outcomes.yaml").read_text("utf-8")
    return {entry["word"]: entry["code"] for entry in yaml.load(text, yaml.CSafeLoader)}


def verify_certificate(
    content: bytes,
    keys: KeySet,
    *,
    now: datetime,
    status: bytes | None = None,
    checkpoint: str | bytes | None = None,
    consistency: tuple[bytes, ...] | None = None,
    asked: AskedProduct | None = None,
) -> Verification:
    """Verify a certificate's file at an instant (with its zone).

    ``status``: the signed status list's file; ``checkpoint``: one of the same log that the asker trusts, newer or
    older, with the ``consistency`` proof between both. Raises :class:`CheckpointError` where the asker's checkpoint
    cannot be read, and ValueError for an instant without a zone.
    """
    if now.tzinfo is None:
        raise ValueError("an instant without a zone")
    seen = read_checkpoint(checkpoint) if checkpoint is not None else None
    try:
        certificate = read_certificate(content)
    except NotCanonicalError:
        return tampered(message("certificate.tampered.form"))
    if forged := next(_signatures(certificate, keys), None):
        return _verification(forged)
    given = _Asked(keys, now, _status(status, keys), seen, consistency or (), asked or AskedProduct())
    cause = next(_causes(certificate, given), None)
    return _verification(cause or _valid(given), _facts(certificate, given))


def tampered(told: Message) -> Verification:
    """What is said of a file around a certificate, such as a PDF, that was changed."""
    return _verification(_Cause("tampered", told))


def _verification(cause: _Cause, facts: tuple[Fact, ...] = ()) -> Verification:
    return Verification(cause.word, outcomes()[cause.word], cause.message, facts)


def _causes(certificate: Certificate, given: _Asked) -> Iterator[_Cause]:
    """Why it is not valid though its signatures hold, the first cause first."""
    yield from _log(certificate, given)
    yield from _product(certificate, given.product)
    yield from _time(certificate, given.now)
    yield from _standing(certificate, given)


def _signatures(certificate: Certificate, keys: KeySet) -> Iterator[_Cause]:
    """Every signature holds, is by a key pinned for certificates, and every algorithm required is among them."""
    created = certificate.instant("timeCreated")
    state = signature_state(certificate.envelope, keys, USE, created)
    if state.bad:
        yield _Cause("tampered", message("certificate.tampered.signature", keys=_ids(state.bad)))
    if state.unknown:
        yield _Cause("unknown-signer", message("certificate.unknown-signer", keys=_ids(state.unknown)))
    if missing := missing_legs(keys.required_for(USE, created), state.held):
        yield _Cause("leg-missing", message("certificate.leg-missing", algorithms=", ".join(missing)))
    if not state.held:
        yield _Cause("leg-missing", message("certificate.unsigned"))
    if certificate.statement["predicateType"] != f"{keys.register}{PREDICATE}":
        yield _Cause("tampered", message("certificate.tampered.register"))
    if certificate.predicate["test"] != (keys.kind == "test"):
        yield _Cause("tampered", message("certificate.tampered.kind"))


def _log(certificate: Certificate, given: _Asked) -> Iterator[_Cause]:
    """The envelope stands in the pinned log, up to a checkpoint that the log signed and nobody else wrote on."""
    try:
        held = read_checkpoint(certificate.checkpoint_text)
    except CheckpointError:
        yield _Cause("tampered", message("certificate.tampered.checkpoint"))
        return
    leaf = write_envelope(certificate.envelope)
    if not holds_inclusion(leaf, certificate.index, held.size, certificate.hashes, held.root):
        yield _Cause("tampered", message("certificate.tampered.proof"))
    created = certificate.instant("timeCreated")
    yield from _published(held, given.keys, created)
    if len(held.lines) != len(checkpoint_signers(held, given.keys, created, LOG)):
        yield _Cause("tampered", message("certificate.tampered.lines"))
    if given.checkpoint is not None:
        yield from _published(given.checkpoint, given.keys, given.now)
        if not _same_log(held, given.checkpoint, given.consistency):
            yield _Cause("not-logged", message("certificate.not-logged.other-log"))


def _published(checkpoint: Checkpoint, keys: KeySet, instant: datetime) -> Iterator[_Cause]:
    """Is it one of the pinned log, signed as its keys require?"""
    if checkpoint.origin != keys.origin:
        yield _Cause("not-logged", message("certificate.not-logged.origin", origin=keys.origin))
    signers: Sequence[PublicKey] = checkpoint_signers(checkpoint, keys, instant, LOG)
    if not signers or missing_legs(keys.required_for(LOG, instant), signers):
        yield _Cause("not-logged", message("certificate.not-logged.unsigned"))


def _same_log(held: Checkpoint, seen: Checkpoint, proof: Sequence[bytes]) -> bool:
    """Is the smaller of both trees the beginning of the other? A tree of nothing shows nothing."""
    old, new = sorted((held, seen), key=lambda one: one.size)
    return old.size > 0 and holds_consistency(old.size, old.root, new.size, new.root, proof)


def _product(certificate: Certificate, asked: AskedProduct) -> Iterator[_Cause]:
    """It is for the product, version and build that were asked for, to the character."""
    product = certificate.predicate["product"]
    pairs = (
        (asked.product, product["product"], message("certificate.wrong-product.product")),
        (asked.vendor, product["vendor"], message("certificate.wrong-product.vendor")),
        (asked.version, product["version"], message("certificate.wrong-product.version")),
    )
    for wanted, found, told in pairs:
        if wanted and storable(wanted) != found:
            yield _Cause("wrong-product", told)
    if asked.build and storable(asked.build) not in _builds(certificate):
        yield _Cause("wrong-product", message("certificate.wrong-product.build"))


def _builds(certificate: Certificate) -> set[str]:
    """All by which the build may be asked for: its id; its digest too, where one identifies it."""
    build = certificate.predicate["product"]["build"]
    if build["kind"] == "declared":
        return {build["id"]}
    digest = certificate.statement["subject"][0]["digest"]["sha256"]
    return {build["id"], digest, f"sha256:{digest}"}


def _time(certificate: Certificate, now: datetime) -> Iterator[_Cause]:
    begun, ended = certificate.predicate["validFrom"], certificate.predicate["validUntil"]
    if now < certificate.instant("validFrom") or certificate.instant("timeCreated") - now > AHEAD:
        yield _Cause("not-yet-valid", message("certificate.not-yet-valid", begun=begun))
    if now >= certificate.instant("validUntil"):
        yield _Cause("expired", message("certificate.expired", ended=ended))


def _standing(certificate: Certificate, given: _Asked) -> Iterator[_Cause]:
    """What the status list says. A revocation holds though the list that tells it is past its end."""
    held, place = given.status, certificate.predicate["status"]
    if held is None:
        yield _Cause("status-unknown", message("certificate.status-unknown.none"))
        return
    if held.id != place["list"]:
        yield _Cause("status-unknown", message("certificate.status-unknown.foreign"))
        return
    word = held.reason(place["index"])
    reason = Text(**reason_words(word).both()) if word else "—"
    told = {
        "revoked": message("certificate.revoked", reason=reason),
        "suspended": message("certificate.suspended", reason=reason),
        "superseded": message("certificate.superseded", reason=reason),
    }
    try:
        state = held.state(place["index"])
    except StatusError:
        yield _Cause("status-unknown", message("certificate.status-unknown.foreign"))
        return
    if state:
        yield _Cause(state, told[state])
    if given.now >= datetime.fromisoformat(held.valid_until):
        yield _Cause("status-unknown", message("certificate.status-unknown.old", ended=held.valid_until))
    if datetime.fromisoformat(held.issued) - given.now > AHEAD:
        yield _Cause("status-unknown", message("certificate.status-unknown.future", issued=held.issued))


def _status(content: bytes | None, keys: KeySet) -> StatusList | None:
    """The list, where it is one that the pinned register signed."""
    if content is None:
        return None
    try:
        return read_status(content, keys)
    except StatusError:
        return None


def _valid(given: _Asked) -> _Cause:
    assert given.status is not None  # noqa: S101 - _standing has a cause otherwise
    if given.keys.kind == "test":
        return _Cause("valid", message("certificate.valid.test", issued=given.status.issued))
    return _Cause("valid", message("certificate.valid", issued=given.status.issued))


def _facts(certificate: Certificate, given: _Asked) -> tuple[Fact, ...]:
    """What a person compares with the product before it."""
    held = certificate.predicate
    product, share, rerun = held["product"], held["share"]["executed"], held["rerun"]
    facts: list[Fact] = [("notice", message("certificate.notice.test"))] if held["test"] else []
    facts += [
        ("number", certificate.number),
        ("product", product["product"]),
        ("vendor", product["vendor"]),
        ("version", product["version"]),
        ("build", product["build"]["id"]),
        ("build-kind", _build_words(certificate)),
    ]
    facts += [
        ("class", message("certificate.class", name=one["class"], n=one["executed"], of=one["requirements"]))
        for one in held["classes"]
    ]
    facts += [("standard", f"{one['number']} ({one['id']}@{one['edition']})") for one in held["standards"]]
    facts.append(("assurance", assurance_words(held["assurance"])))
    if rerun:
        facts.append(("rerun", message("certificate.rerun", n=rerun["n"], of=rerun["of"])))
    official = held["share"]["officialText"]
    facts += [
        ("share", message("certificate.share", n=share["n"], of=share["of"])),
        ("official-text", message("certificate.official-text", n=official["n"], of=official["of"])),
        ("issued", held["timeCreated"]),
        ("validity", message("certificate.validity", begun=held["validFrom"], ended=held["validUntil"])),
    ]
    if given.status is not None and given.status.id == held["status"]["list"]:
        facts.append(("status", message("certificate.status", issued=given.status.issued)))
    facts.append(("disclaimer", message("certificate.disclaimer")))
    return tuple(facts)


def _build_words(certificate: Certificate) -> Message:
    digest = certificate.statement["subject"][0]["digest"]["sha256"]
    if certificate.predicate["product"]["build"]["kind"] == "declared":
        return message("certificate.build-kind.declared", digest=digest)
    return message("certificate.build-kind.digest", digest=digest)


def _ids(held: Sequence[str]) -> str:
    return ", ".join(storable(id_)[:64] for id_ in held[:5])
