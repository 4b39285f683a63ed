"""What a node's TLS is like, and what it answers without TLS: facts, no verdicts."""

from __future__ import annotations

import ipaddress
import ssl
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.client import HTTPException

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from conformance.judge.service.model import Call
from conformance.system.service.encoding import request_of
from conformance.system.service.reach import (
    HOST,
    STRENGTH,
    TIME,
    VERSION,
    Address,
    Reach,
    address_of,
    ascii_host,
    require_allowed,
)
from conformance.system.service.wire import Flooded, NotReached, Response, Wire, body_of, opened

VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_VERIFY_NO_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which ssl has no name for
_EVERYTHING = "DEFAULT:@SECLEVEL=0"
_CANNOT_OFFER = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE")
_KEYS: Mapping[type, str] = {
    rsa.RSAPublicKey: "RSA",
    ec.EllipticCurvePublicKey: "EC",
    dsa.DSAPublicKey: "DSA",
    ed25519.Ed25519PublicKey: "Ed25519",
    ed448.Ed448PublicKey: "Ed448",
}
_EDWARDS = {"Ed25519": 256, "Ed448": 456}
_MS = 1000


@dataclass(frozen=True)
class CertificateFacts:
    """The certificate that a node shows. Times are UTC; ``signature_hash`` is empty where the algorithm has none of its
    own; ``problem`` is OpenSSL's word for why the chain does not verify. An unknown kind of key is ``?`` of 0 bits.
    """

    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    key_kind: str
    key_bits: int
    signature_hash: str
    host_matches: bool
    time_ok: bool
    chain_ok: bool
    self_signed: bool
    issuer: str
    problem: str = ""


@dataclass(frozen=True)
class PlainFacts:
    """What a plain ``http://`` request came to: whether somebody listens; ``status`` 0: no HTTP was answered."""

    open: bool
    status: int = 0
    location: str = ""
    body_bytes: int = 0


def context_of(reach: Reach) -> ssl.SSLContext:
    """TLS as calls use it: the chain is always verified; raises OSError where the trust anchor cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if VERSION in reach.forgiven:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    if VERSION in reach.forgiven or STRENGTH in reach.forgiven:
        context.set_ciphers(_EVERYTHING)
    context.check_hostname = HOST not in reach.forgiven
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if TIME in reach.forgiven:
        context.verify_flags |= ssl.VerifyFlags(_VERIFY_NO_TIME)
    if reach.ca is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(reach.ca)
    return context


def _unverified() -> ssl.SSLContext:
    """TLS of any version and strength, with whoever it is: to look at, nothing is sent through it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers(_EVERYTHING)
    return context


def offered_versions(reach: Reach) -> Mapping[str, bool | None]:
    """Whether each version is accepted; None where it cannot be told: our OpenSSL does not offer it, nobody answers."""
    return {version: _offered(reach, version) for version in VERSIONS}


def _offered(reach: Reach, version: str) -> bool | None:
    context = _unverified()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            only = ssl.TLSVersion[version.replace(".", "_")]
            context.minimum_version = context.maximum_version = only
    except (ValueError, KeyError):
        return None
    try:
        _look(reach, context)
    except NotReached as error:
        reason = getattr(error.cause, "reason", "")
        return None if error.kind not in ("tls", "reset") or reason in _CANNOT_OFFER else False
    return True


def shaken(reach: Reach) -> None:
    """Shake hands as calls do; raises :class:`NotReached`, and OSError where the trust anchor cannot be read."""
    _look(reach, context_of(reach))


def shown_issuer(reach: Reach) -> str:
    """Who issued the certificate that is shown to whoever asks for nothing, empty where it cannot be read; raises
    :class:`NotReached`.
    """
    shown = _look(reach, _unverified())
    try:
        return x509.load_der_x509_certificate(shown).issuer.rfc4514_string()
    except ValueError:
        return ""


def _look(reach: Reach, context: ssl.SSLContext) -> bytes:
    """Shake hands and go; the certificate that was shown. Somebody who does not listen is tried again."""
    address, seconds = address_of(reach), reach.patience_ms / _MS
    for attempt in range(reach.attempts):
        try:
            with opened(address.host, address.port, context, seconds) as sock:
                assert isinstance(sock, ssl.SSLSocket)  # noqa: S101 - a context was given
                return sock.getpeercert(binary_form=True) or b""
        except NotReached as error:
            if error.kind not in ("refused", "timeout") or attempt + 1 == reach.attempts:
                raise
    raise AssertionError


def certificate_facts(
    reach: Reach, *, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
) -> CertificateFacts:
    """What certificate the node shows, and what holds of it; raises :class:`NotReached` where none is shown."""
    certificate = x509.load_der_x509_certificate(_look(reach, _unverified()))
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    names = _names(certificate)
    problem = _refused(reach, (HOST, TIME, VERSION, STRENGTH))
    in_time = begins <= datetime.fromtimestamp(now_ms() / _MS, UTC) <= ends
    kind, bits = _key(certificate)
    return CertificateFacts(
        names=names,
        not_before=begins,
        not_after=ends,
        key_kind=kind,
        key_bits=bits,
        signature_hash=_hash(certificate),
        host_matches=any(_stands_for(name, address_of(reach).host) for name in names),
        time_ok=in_time and (bool(problem) or not _refused(reach, (HOST, VERSION, STRENGTH))),
        chain_ok=not problem,
        self_signed=certificate.issuer == certificate.subject,
        issuer=certificate.issuer.rfc4514_string(),
        problem=problem,
    )


def _refused(reach: Reach, forgiven: tuple[str, ...]) -> str:
    """Why the certificate is not accepted with so much forgiven; empty where it is."""
    lenient = context_of(replace(reach, forgiven=forgiven))
    try:
        _look(reach, lenient)
    except NotReached as error:
        if isinstance(error.cause, ssl.SSLCertVerificationError):
            return error.cause.verify_message
        raise
    return ""


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The names that the certificate stands for: host names and addresses."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    hosts = names.get_values_for_type(x509.DNSName)
    return (*hosts, *(str(one) for one in names.get_values_for_type(x509.IPAddress)))


def _stands_for(name: str, host: str) -> bool:
    """Whether a name of a certificate is that of the host; a star stands for the whole first label."""
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    except ValueError:
        pass
    pattern, wanted = name.lower(), host.lower()
    return pattern == wanted or (pattern.startswith("*.") and pattern[1:] == wanted[wanted.find(".") :])


def _key(certificate: x509.Certificate) -> tuple[str, int]:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "?", 0
    for kind, name in _KEYS.items():
        if isinstance(key, kind):
            return name, int(getattr(key, "key_size", _EDWARDS.get(name, 0)))
    return "?", 0


def _hash(certificate: x509.Certificate) -> str:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "?"
    return algorithm.name if algorithm else ""


def plain_answer(reach: Reach, host: str, port: int, path: str) -> PlainFacts:
    """What ``GET http://host:port/path`` comes to, without credentials; raises :class:`NotAllowed`."""
    require_allowed(reach, host)
    seconds = reach.patience_ms / _MS
    try:
        wire = Wire(opened(ascii_host(host), port, None, seconds), time.monotonic)
    except NotReached:
        return PlainFacts(False)
    wire.begin(time.monotonic() + seconds, reach.answer_bytes)
    call = Call("", "GET", path, headers=(("Connection", "close"),))
    try:
        wire.send(b"".join(request_of(call, Address(ascii_host(host), port, ""), ())))
        response = Response(wire, call.method)
        response.begin()
        status, location = response.status, response.getheader("Location") or ""
    except (OSError, HTTPException, Flooded):
        wire.close()
        return PlainFacts(True)
    try:
        body = body_of(response, reach.answer_bytes)[0]
    except (OSError, HTTPException):
        body = b""
    finally:
        response.close()
        wire.close()
    return PlainFacts(True, status, location, len(body))
