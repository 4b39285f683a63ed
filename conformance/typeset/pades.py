"""Signatures within a PDF (PAdES B-B), by pyHanko, which is known to this room's three modules about PDFs alone.

A signature is invisible, and certifies: no change after it is allowed, so it comes last. What a page shows of it is the
typesetter's. Signing ends reproducibility: compare unsigned files.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from conformance.messages import message
from conformance.typeset.fonts import TypesetError, needed
from conformance.typeset.reading import read_confined

if TYPE_CHECKING:
    from conformance.signing.signers import Signer

FIELD = "Signature1"
#: What a PDF's signatures are worth; the worst first.
WORDS = ("changed", "untrusted", "intact", "unsigned")
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


class PadesError(TypesetError):
    """A PDF that cannot be signed, or not with that key and certificate."""


@dataclass(frozen=True)
class PdfState:
    """``intact``: every signature holds, to a root that is trusted, and the last one covers the whole file.
    ``untrusted``: they hold, but nobody vouches for the signer. ``changed``: one does not hold, cannot be checked, or
    the file was edited after it. ``unsigned``: there is none. ``signer`` is a name that the signature gives itself.
    """

    word: str
    signer: str = ""


@dataclass(frozen=True)
class PdfSigner:
    """A certificate chain (DER, the signer's own first) and whoever signs bytes with its key: ECDSA P-256 as DER, or
    RSA PKCS#1 v1.5, over SHA-256.
    """

    chain: tuple[bytes, ...]
    sign: Callable[[bytes], bytes] = field(repr=False)

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's own."""
        return x509.load_der_x509_certificate(self.chain[0])


def key_signer(signer: Signer, certificates: bytes) -> PdfSigner:
    """One of the office's own keys (ES256: a file, a device, a command) with its certificates in PEM or DER.

    Raises :class:`PadesError` where the first certificate is not that of the key.
    """
    chain = _chain(certificates)
    if signer.key.algorithm != "ES256" or _spki(x509.load_der_x509_certificate(chain[0])) != signer.key.spki:
        raise PadesError(message("typeset.pades-key"))
    return PdfSigner(chain, signer.sign)


def pkcs12_signer(content: bytes, passphrase: bytes) -> PdfSigner:
    """Key and certificates of a PKCS#12 file; raises :class:`PadesError`."""
    try:
        key, own, others = pkcs12.load_key_and_certificates(content, passphrase)
    except ValueError as error:
        raise PadesError(message("typeset.pades-secret")) from error
    if key is None or own is None:
        raise PadesError(message("typeset.pades-secret"))
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (own, *others))
    return _private_signer(key, _chain(pem))


def pem_signer(key: bytes, passphrase: bytes | None, certificates: bytes) -> PdfSigner:
    """A private key in PEM and its certificates in PEM or DER; raises :class:`PadesError`."""
    try:
        private = serialization.load_pem_private_key(key, passphrase)
    except (TypeError, ValueError) as error:
        raise PadesError(message("typeset.pades-secret")) from error
    return _private_signer(private, _chain(certificates))


def sign_pdf(pdf: bytes, signer: PdfSigner, *, now: datetime) -> bytes:
    """The PDF with one more revision that holds an invisible certifying signature (PAdES B-B, no changes allowed).

    ``now`` (with a time zone) is the signing time. Raises :class:`PadesError` where the certificate is not valid then,
    or the PDF forbids it. Not to be called from within a running event loop.
    """
    own = signer.certificate
    if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        raise PadesError(message("typeset.pades-time"))
    needed("pyhanko")
    from conformance.typeset.hanko import signed  # noqa: PLC0415 - pyHanko is an extra

    return signed(pdf, signer.chain, signer.sign, now, FIELD)


def pdf_state(pdf: bytes, roots: Sequence[bytes], *, now: datetime) -> PdfState:
    """What the signatures of anybody's PDF are worth at an instant, to who trusts ``roots`` (PEM or DER) and no other.

    Without roots no signature is better than ``untrusted``. Revocation is not looked up. Raises
    :class:`conformance.typeset.reading.PdfUnreadableError`.
    """
    question = {
        "ask": "state",
        "roots": [base64.b64encode(one).decode() for one in roots],
        "now": now.isoformat(),
    }
    found = read_confined(question, pdf)
    return PdfState(str(found["word"]), str(found["signer"]))


def _private_signer(key: Any, chain: tuple[bytes, ...]) -> PdfSigner:
    if key.public_key().public_bytes(serialization.Encoding.DER, _SPKI) != _spki(
        x509.load_der_x509_certificate(chain[0])
    ):
        raise PadesError(message("typeset.pades-key"))
    if isinstance(key, rsa.RSAPrivateKey):
        return PdfSigner(chain, lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256()))
    return PdfSigner(chain, lambda data: key.sign(data, ec.ECDSA(hashes.SHA256())))


def _chain(certificates: bytes) -> tuple[bytes, ...]:
    """The certificates as DER; raises :class:`PadesError` for none, or a key that is neither P-256 nor RSA."""
    try:
        if b"-----BEGIN" in certificates:
            found = x509.load_pem_x509_certificates(certificates)
        else:
            found = [x509.load_der_x509_certificate(certificates)]
        key = found[0].public_key()
    except (ValueError, IndexError) as error:
        raise PadesError(message("typeset.pades-certificate")) from error
    if not isinstance(key, rsa.RSAPublicKey) and not (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    ):
        raise PadesError(message("typeset.pades-certificate"))
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in found)


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(serialization.Encoding.DER, _SPKI)
