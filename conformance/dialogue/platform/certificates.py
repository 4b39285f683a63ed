"""The simulated platform's own authority, and the certificates that its scenes show: all made anew, good for a day."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.dialogue.platform.scenes import EXPIRED, OTHER_CA, OTHER_HOST

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

#: Where the platform listens, and what its certificate is good for.
HOST, NAME = "127.0.0.1", "localhost"
_ELSEWHERE = "elsewhere.invalid"
_AUTHORITY = "Lubiao simulated platform (test CA)"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """``ca`` is the file that the client is given; ``contexts`` what the platform shows, by kind of scene
    ("": good).
    """

    ca: Path
    contexts: dict[str, ssl.SSLContext]

    def context(self, kind: str) -> ssl.SSLContext:
        """The context of a scene of that kind."""
        return self.contexts.get(kind, self.contexts[""])


def make_certificates(folder: Path) -> Certificates:
    """Make two authorities of one name and four certificates in ``folder``; the second authority is told to nobody."""
    known, stranger = _authority(), _authority()
    ca = folder / "ca.pem"
    ca.write_bytes(_pem(known[0]))
    return Certificates(
        ca,
        {
            "": _context(folder / "good", known, local=True),
            OTHER_CA: _context(folder / OTHER_CA, stranger, local=True),
            OTHER_HOST: _context(folder / OTHER_HOST, known, local=False),
            EXPIRED: _context(folder / EXPIRED, known, local=True, until=-_DAY),
        },
    )


def _authority() -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    from cryptography import x509  # noqa: PLC0415 - only who plays the platform needs it
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above

    key = ec.generate_private_key(ec.SECP256R1())
    use = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        _builder(_AUTHORITY, _AUTHORITY, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(use, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made, key


def _builder(
    subject: str, issuer: str, key: EllipticCurvePrivateKey, until: timedelta = _DAY
) -> x509.CertificateBuilder:
    from cryptography import x509  # noqa: PLC0415 - as above
    from cryptography.x509.oid import NameOID  # noqa: PLC0415 - as above

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * _DAY)
        .not_valid_after(now + until)
    )


def _context(
    path: Path, authority: tuple[x509.Certificate, EllipticCurvePrivateKey], *, local: bool, until: timedelta = _DAY
) -> ssl.SSLContext:
    from cryptography import x509  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415 - as above

    key = ec.generate_private_key(ec.SECP256R1())
    address = x509.IPAddress(ipaddress.ip_address(HOST))
    names: list[x509.GeneralName] = [x509.DNSName(NAME), address] if local else [x509.DNSName(_ELSEWHERE)]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority[1].public_key())
    certificate = (
        _builder(NAME if local else _ELSEWHERE, _AUTHORITY, key, until)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority[1], hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = path.with_suffix(".pem")
    file.touch(mode=0o600)
    file.write_bytes(secret + _pem(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(file)
    return context


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - as above

    return certificate.public_bytes(Encoding.PEM)
