"""Does a signature hold, and which of an envelope's do? Pure: the keys are those given, the instant is a parameter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from conformance.signing import ecdsa
from conformance.signing.dsse import Envelope
from conformance.signing.keys import KeySet, PublicKey
from conformance.signing.sm2 import provider


@dataclass(frozen=True)
class SignatureState:
    """What an envelope's signatures are worth, in their order: the keys of those that hold, and the ids of the others.

    ``unknown``: of no pinned key, of one not for that use, or of one not in use at that instant. ``bad``: the key is
    pinned, but the signature does not hold, or the envelope names the key twice.
    """

    held: tuple[PublicKey, ...]
    unknown: tuple[str, ...]
    bad: tuple[str, ...]


def verify_signature(key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Is it the signature of the message by that key, in strict DER and its only form?

    False for whatever is malformed. Raises :class:`~conformance.signing.sm2.Sm2UnavailableError` where nothing on this
    machine can tell for SM2: that is no fault of the signature.
    """
    if key.algorithm == "ES256":
        return ecdsa.verify(key.spki, message, signature)
    if key.algorithm == "SM2":
        return provider().verify(key.spki, message, signature, key.distid)
    return False


def signature_state(envelope: Envelope, keys: KeySet, use: str, instant: datetime) -> SignatureState:
    """Each signature of an envelope, under the keys of a set for one use at one instant (with a time zone).

    At most one signature of each pinned key is computed, however many an envelope holds.
    """
    times = Counter(one.keyid for one in envelope.signatures)
    held: list[PublicKey] = []
    unknown: dict[str, None] = {}
    bad: dict[str, None] = {}
    for one in envelope.signatures:
        key = keys.key(one.keyid)
        if key is None or use not in key.uses or not key.valid_at(instant):
            unknown[one.keyid] = None
        elif times[one.keyid] > 1 or not verify_signature(key, envelope.signed, one.sig):
            bad[one.keyid] = None
        else:
            held.append(key)
    return SignatureState(tuple(held), tuple(unknown), tuple(bad))
