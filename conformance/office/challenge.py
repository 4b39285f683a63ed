"""Commit and reveal: neither the vendor nor the office alone chooses the seed of the cases that are generated.

The vendor commits to its declaration under a salt; the office answers with a nonce, signed; the seed is of both
(``signing/seed.py``). With the bundle the vendor opens its commitment, and the office sees that the declaration is the
one that was committed to.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance.office.admission import Challenge
from conformance.office.cases.failing import CaseError
from conformance.signing.canonical import NotCanonicalError, canonical, parse, storable
from conformance.signing.dsse import Envelope, read_envelope
from conformance.signing.keys import KeySet, missing_legs
from conformance.signing.seed import seed_of
from conformance.signing.signers import Signer, sign_envelope
from conformance.signing.verifying import signature_state

#: The payload type of a challenge, and the use of the keys that sign it.
CHALLENGE = "application/vnd.lubiao.challenge+json"
USE = "receipt"
COMMITMENT_SCHEMA, OPENING_SCHEMA, CHALLENGE_SCHEMA = "lubiao-commitment/1", "lubiao-opening/1", "lubiao-challenge/1"
#: The bound of each of the files.
LIMIT = 1 << 16
_HEX = frozenset("0123456789abcdef")
_DIGITS = 64


@dataclass(frozen=True)
class Commitment:
    """What a vendor publishes of its commitment: 64 hexadecimal digits, and whose product it is about."""

    digest: str
    vendor: str
    product: str
    version: str


def commitment_digest(declaration: str, product: str, version: str, salt: str) -> str:
    """The digest that commits: over the declaration's SHA-256, product, version and a salt of 64 hexadecimal digits."""
    return hashlib.sha256(
        canonical({"declaration": declaration, "product": product, "version": version, "salt": salt})
    ).hexdigest()


def commit(declaration: str, vendor: str, product: str, version: str, salt: str) -> tuple[bytes, bytes]:
    """The public file of a commitment, and the private one that opens it; ``declaration`` is a SHA-256 in hex."""
    vendor, product, version = storable(vendor), storable(product), storable(version)
    digest = commitment_digest(declaration, product, version, salt)
    named = {"vendor": vendor, "product": product, "version": version, "commitment": digest}
    opening = {**named, "schema": OPENING_SCHEMA, "declaration": declaration, "salt": salt}
    return canonical({**named, "schema": COMMITMENT_SCHEMA}), canonical(opening)


def read_commitment(content: bytes) -> Commitment:
    """The commitment of a public file; raises :class:`CaseError`."""
    names = {"schema", "vendor", "product", "version", "commitment"}
    value = _read(content, COMMITMENT_SCHEMA, names)
    if not _hex(value["commitment"]):
        raise CaseError("case.challenge.commitment")
    return Commitment(value["commitment"], value["vendor"], value["product"], value["version"])


def require_opened(content: bytes, commitment: str, declaration: str, product: Mapping[str, Any]) -> None:
    """Raises :class:`CaseError` where the opening is not the commitment's, or of another declaration or product."""
    names = {"schema", "vendor", "product", "version", "commitment", "declaration", "salt"}
    value = _read(content, OPENING_SCHEMA, names)
    if not _hex(value["salt"]) or not _hex(value["declaration"]):
        raise CaseError("case.challenge.opening")
    computed = commitment_digest(value["declaration"], value["product"], value["version"], value["salt"])
    same = (value["product"], value["version"]) == (product["product"], product["version"])
    if not hmac.compare_digest(computed, commitment) or value["declaration"] != declaration or not same:
        raise CaseError("case.challenge.opened-wrong")


def challenge_envelope(commitment: str, nonce: str, time: str, signers: Sequence[Signer]) -> Envelope:
    """The office's answer to a commitment, signed; ``nonce`` is 64 random hexadecimal digits."""
    value = {"schema": CHALLENGE_SCHEMA, "commitment": commitment, "nonce": nonce, "time": time}
    return sign_envelope(CHALLENGE, canonical(value), signers)


def read_challenge(content: bytes, keys: KeySet) -> Challenge:
    """The challenge of a file that the office of those keys signed; raises :class:`CaseError`."""
    try:
        envelope = read_envelope(content)
        value = envelope.value()
        instant = datetime.fromisoformat(value["time"])
        whole = set(value) == {"schema", "commitment", "nonce", "time"} and instant.tzinfo is not None
        well = whole and envelope.payload_type == CHALLENGE and value["schema"] == CHALLENGE_SCHEMA
    except (NotCanonicalError, KeyError, TypeError, ValueError) as error:
        raise CaseError("case.challenge.unreadable") from error
    if not well or not _hex(value["commitment"]) or not _hex(value["nonce"]):
        raise CaseError("case.challenge.unreadable")
    state = signature_state(envelope, keys, USE, instant)
    if state.bad or state.unknown or not state.held or missing_legs(keys.required_for(USE, instant), state.held):
        raise CaseError("case.challenge.signature")
    return Challenge(value["commitment"], value["nonce"], seed_of(value["commitment"], value["nonce"]))


def _read(content: bytes, schema: str, names: set[str]) -> Mapping[str, str]:
    try:
        value = parse(content, limit=LIMIT)
    except NotCanonicalError as error:
        raise CaseError("case.challenge.file") from error
    texts = isinstance(value, dict) and set(value) == names and all(isinstance(one, str) for one in value.values())
    if not texts or value["schema"] != schema:
        raise CaseError("case.challenge.file")
    held: Mapping[str, str] = value
    return held


def _hex(text: Any) -> bool:
    return isinstance(text, str) and len(text) == _DIGITS and not set(text) - _HEX
