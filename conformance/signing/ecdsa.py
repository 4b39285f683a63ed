"""ES256: ECDSA on P-256 with SHA-256, by the library ``cryptography``; one form of each signature (``der``)."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.signing.curves import P256, point_of
from conformance.signing.der import MalformedSignatureError, normal, read_signature


class KeyRefusedError(ValueError):
    """Bytes that are no private key of the kind wanted, or that the pass phrase does not open."""


def verify(spki: bytes, message: bytes, signature: bytes) -> bool:
    """Is it the signature of the message in its only form? False for malformed keys and signatures too."""
    try:
        point = point_of(spki, P256)
        read_signature(signature, P256)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (MalformedSignatureError, ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


class PrivateKey:
    """A private key of P-256, from DER PKCS#8, encrypted where a pass phrase is given."""

    def __init__(self, der: bytes, passphrase: bytes | None) -> None:
        """Raises :class:`KeyRefusedError`."""
        try:
            held = serialization.load_der_private_key(der, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyRefusedError("not opened") from error
        if not isinstance(held, ec.EllipticCurvePrivateKey) or not isinstance(held.curve, ec.SECP256R1):
            raise KeyRefusedError("not a key of P-256")
        self._held = held

    @property
    def spki(self) -> bytes:
        """The public key."""
        return _spki(self._held)

    def sign(self, message: bytes) -> bytes:
        """A signature in its only form."""
        return normal(self._held.sign(message, ec.ECDSA(hashes.SHA256())), P256)


def make() -> tuple[bytes, bytes]:
    """A new key: its PKCS#8, not encrypted, and its SPKI, both DER."""
    held = ec.generate_private_key(ec.SECP256R1())
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return held.private_bytes(serialization.Encoding.DER, form, plain), _spki(held)


def _spki(held: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return held.public_key().public_bytes(serialization.Encoding.DER, form)
