"""Signers: whoever holds a private key and gives strict DER for bytes: a file, a device, a command of the office's own.

Whatever a signer gives is verified with the public key, in the same way as anybody will, before it leaves this room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from conformance.signing.curves import CURVES, point_of
from conformance.signing.der import MalformedSignatureError, normal
from conformance.signing.dsse import Envelope, Signature, pae
from conformance.signing.keys import PublicKey
from conformance.signing.signers.command import CommandHolder
from conformance.signing.signers.file import FileHolder
from conformance.signing.signers.hardware import HardwareHolder
from conformance.signing.signers.refusing import PASSPHRASE, PIN, SignerError
from conformance.signing.verifying import verify_signature

__all__ = ("PASSPHRASE", "PIN", "TIMEOUT", "Signer", "SignerError", "open_signer", "sign_envelope")

#: Seconds that a command may take for one signature.
TIMEOUT = 60.0


class Signer(Protocol):
    """Signs with the private key of ``key``."""

    @property
    def key(self) -> PublicKey: ...
    def sign(self, message: bytes) -> bytes: ...


class Holder(Protocol):
    """Where a private key is: gives DER for a message, not yet looked at; raises SignerError."""

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True)
class CheckedSigner:
    """A signer that gives nothing out that does not verify."""

    key: PublicKey
    holder: Holder

    def sign(self, message: bytes) -> bytes:
        """The signature in its only form, verified; raises SignerError."""
        try:
            signature = normal(self.holder.sign(message), CURVES[self.key.algorithm])
        except MalformedSignatureError as error:
            raise SignerError("signing.signer.malformed", key=self.key.id) from error
        if not verify_signature(self.key, message, signature):
            raise SignerError("signing.signer.does-not-verify", key=self.key.id)
        return signature


def open_signer(reference: str, key: PublicKey, secret: Callable[[str], bytes], *, timeout: float = TIMEOUT) -> Signer:
    """The signer of a reference: ``file:PATH``, ``pkcs11:...`` (RFC 7512) or ``exec:COMMAND``; raises SignerError.

    ``secret`` is asked for :data:`PASSPHRASE` (of an encrypted file) or :data:`PIN` (of a device), once, when the
    signer is opened; ``timeout`` bounds each signature of a command, in seconds. The private key must be that of
    ``key``.
    """
    try:
        point_of(key.spki, CURVES[key.algorithm])
    except (KeyError, ValueError) as error:
        raise SignerError("signing.signer.public-key", key=key.id) from error
    kind, _, rest = reference.partition(":")
    if kind == "file":
        return CheckedSigner(key, FileHolder(rest, key, secret))
    if kind == "pkcs11":
        return CheckedSigner(key, HardwareHolder(rest, key, secret))
    if kind == "exec":
        return CheckedSigner(key, CommandHolder(rest, timeout))
    raise SignerError("signing.signer.reference")


def sign_envelope(payload_type: str, payload: bytes, signers: Sequence[Signer]) -> Envelope:
    """An envelope signed by each signer, in order; raises SignerError, also for no signer and for a key twice."""
    if not signers:
        raise SignerError("signing.signer.none")
    if len({signer.key.id for signer in signers}) != len(signers):
        raise SignerError("signing.signer.twice")
    message = pae(payload_type, payload)
    return Envelope(payload_type, payload, tuple(Signature(one.key.id, one.sign(message)) for one in signers))
