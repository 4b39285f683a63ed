"""A server's certificate as a probe brings it: DER in base64, from outside, so it may hold anything."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

#: Longer ones (in base64) are not opened.
_LONGEST = 16384
#: What the library does not know but the clause does: SM2 keys' curve, in DER, and signatures by SM2 with SM3.
_SM2_CURVE = bytes.fromhex("06082a811ccf5501822d")
_SM2_WITH_SM3 = "1.2.156.10197.1.501"
#: What the library raises for bytes that are no certificate, or a broken one.
_BROKEN = (
    ValueError,
    TypeError,
    OverflowError,
    binascii.Error,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)


@dataclass(frozen=True)
class Certificate:
    """``hosts`` in lower case; days as ``YYYY-MM-DD``; ``key`` is ``RSA``, ``EC``, ``SM2``, … or empty, of ``bits``."""

    hosts: tuple[str, ...]
    begins: str
    ends: str
    key: str
    bits: int
    digest: str

    def names(self, host: str) -> bool:
        """Is it for this host? A ``*`` stands for the whole first label only."""
        wanted = host.lower().rstrip(".")
        return any(one in (wanted, f"*.{wanted.partition('.')[2]}") for one in self.hosts)


def opened(text: str) -> Certificate | None:
    """The certificate; None where it is too long or no certificate."""
    if len(text) > _LONGEST:
        return None
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
        begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
        key, bits = _key(found)
        return Certificate(
            _hosts(found), begins.date().isoformat(), ends.date().isoformat(), key, bits, _digest(found)
        )  # fmt: skip
    except _BROKEN:
        return None


def _hosts(found: x509.Certificate) -> tuple[str, ...]:
    """The alternative names; the common name where there is no such extension."""
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return tuple(str(one.value).lower() for one in common)
    hosts = names.get_values_for_type(x509.DNSName)
    return tuple(one.lower() for one in (*hosts, *map(str, names.get_values_for_type(x509.IPAddress))))


def _key(found: x509.Certificate) -> tuple[str, int]:
    try:
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return ("SM2", 256) if _SM2_CURVE in found.tbs_certificate_bytes else ("", 0)
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return "EC", 256 if isinstance(key, ed25519.Ed25519PublicKey) else 448
    return ("DSA", key.key_size) if isinstance(key, dsa.DSAPublicKey) else ("", 0)


def _digest(found: x509.Certificate) -> str:
    """The hash under the signature; of Ed25519 and Ed448 that which they are made with."""
    oid = found.signature_algorithm_oid
    if oid.dotted_string == _SM2_WITH_SM3:
        return "sm3"
    if oid in (x509.SignatureAlgorithmOID.ED25519, x509.SignatureAlgorithmOID.ED448):
        return "sha512"
    try:
        used = found.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return used.name if used else ""
