"""What a signer says when it cannot sign, and what it asks for."""

from __future__ import annotations

from conformance.signing.failing import SigningError

#: What a signer asks its ``secret`` for.
PASSPHRASE, PIN = "passphrase", "pin"


class SignerError(SigningError):
    """A signer that cannot be opened or does not sign; ``id`` is that of the message, ``params`` its parameters."""
