"""DSSE envelopes (secure-systems-lab/dsse 1.0): a payload as bytes, and any number of signatures over the same bytes.

What an algorithm is belongs to the key, never to the envelope. Our own files hold the envelope in canonical JSON, and
are read strictly: no byte of one can change without its meaning or its form changing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.signing.canonical import NotCanonicalError, canonical, parse

#: The payload of every statement.
IN_TOTO = "application/vnd.in-toto+json"
#: The bound of an envelope as a file.
LIMIT = 4 << 20


@dataclass(frozen=True)
class Signature:
    """One leg: the key's id, and the signature in the encoding that the key declares."""

    keyid: str
    sig: bytes


@dataclass(frozen=True)
class Envelope:
    """A payload, what kind of payload it is, and who signed it; unsigned where ``signatures`` is empty."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...] = ()

    @property
    def signed(self) -> bytes:
        """The bytes that each signature is over: the pre-authentication encoding."""
        return pae(self.payload_type, self.payload)

    def value(self) -> Any:
        """The payload, which must be canonical JSON; raises :class:`NotCanonicalError`."""
        return parse(self.payload, limit=LIMIT)


def pae(payload_type: str, payload: bytes) -> bytes:
    """``DSSEv1`` and the type and payload, each after its length: no two pairs give the same bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def envelope_value(envelope: Envelope) -> dict[str, Any]:
    """The envelope as JSON holds it."""
    return {
        "payloadType": envelope.payload_type,
        "payload": base64.b64encode(envelope.payload).decode(),
        "signatures": [{"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()} for one in envelope.signatures],
    }


def write_envelope(envelope: Envelope) -> bytes:
    """The canonical bytes of an envelope."""
    return canonical(envelope_value(envelope))


def read_envelope(content: bytes) -> Envelope:
    """An envelope from canonical bytes; raises :class:`NotCanonicalError`."""
    return envelope_of(parse(content, limit=LIMIT))


def envelope_of(value: Any) -> Envelope:
    """An envelope from its JSON value: exactly the members of DSSE; raises :class:`NotCanonicalError`."""
    _require_members(value, {"payloadType", "payload", "signatures"})
    if not isinstance(value["signatures"], list):
        raise NotCanonicalError("signatures that are no list")
    signatures = []
    for one in value["signatures"]:
        _require_members(one, {"keyid", "sig"})
        signatures.append(Signature(_text(one["keyid"]), decoded(one["sig"])))
    return Envelope(_text(value["payloadType"]), decoded(value["payload"]), tuple(signatures))


def decoded(text: Any) -> bytes:
    """The bytes of Base64 in its only canonical writing; raises :class:`NotCanonicalError` for any other."""
    try:
        content = base64.b64decode(_text(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotCanonicalError("not Base64") from error
    if base64.b64encode(content).decode() != text:
        raise NotCanonicalError("Base64 not in canonical form")
    return content


def _require_members(value: Any, names: set[str]) -> None:
    if not isinstance(value, Mapping) or set(value) != names:
        raise NotCanonicalError(f"not exactly the members {', '.join(sorted(names))}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotCanonicalError("a member that is no text")
    return value
