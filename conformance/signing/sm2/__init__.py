"""SM2 (GB/T 32918) behind one provider: the system's libcrypto, else gmalg, which verifies only.

Which library does it is decided at the first use, by a self-test (``vector.py``) and not by versions: builds of OpenSSL
without SM2 are common. The distinguishing identifier is always given: OpenSSL's default changed between versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from threading import Lock

from conformance.signing.curves import SM2, point_of
from conformance.signing.der import MalformedSignatureError, read_signature
from conformance.signing.failing import SigningError
from conformance.signing.sm2 import vector
from conformance.signing.sm2.libcrypto import NoLibraryError, find
from conformance.signing.sm2.openssl import LibraryRefusedError, OpensslBackend
from conformance.signing.sm2.pure import PureBackend
from conformance.signing.sm2.vector import Backend

#: Bytes of a distinguishing identifier: below what any library takes.
LONGEST_DISTID = 255
_choosing = Lock()


class Sm2UnavailableError(SigningError):
    """No library here can do what is asked; neither a signature's fault nor a pass."""


@dataclass(frozen=True)
class Sm2Provider:
    """SM2 by one library that passed the self-test; ``keys`` where it can sign and make keys."""

    backend: Backend
    keys: OpensslBackend | None = None

    @property
    def name(self) -> str:
        """Which library."""
        return self.backend.name

    @property
    def can_sign(self) -> bool:
        """Can it sign, or only verify?"""
        return self.keys is not None

    def verify(self, spki: bytes, message: bytes, der_signature: bytes, distid: str) -> bool:
        """Is it the signature of the message in strict DER? False for malformed keys, signatures, identifiers too."""
        try:
            point = point_of(spki, SM2)
            r, s = read_signature(der_signature, SM2)
            who = _identifier(distid)
        except (MalformedSignatureError, ValueError):
            return False
        return self.backend.holds(point, message, r, s, who)

    def sign(self, pkcs8_der: bytes, message: bytes, distid: str) -> bytes:
        """A signature in strict DER; raises :class:`Sm2UnavailableError`, or LibraryRefusedError for an unfit key."""
        signature = self.keeper().sign(pkcs8_der, message, _identifier(distid))
        try:
            read_signature(signature, SM2)
        except MalformedSignatureError as error:
            raise LibraryRefusedError("EVP_DigestSign") from error
        return signature

    def keeper(self) -> OpensslBackend:
        """What handles private keys; raises :class:`Sm2UnavailableError` where this provider only verifies."""
        if self.keys is None:
            raise Sm2UnavailableError("signing.sm2.verify-only", name=self.name)
        return self.keys


def provider() -> Sm2Provider:
    """The provider of this process, chosen once; raises :class:`Sm2UnavailableError` where no library passes."""
    with _choosing:
        return _chosen()


@cache
def _chosen() -> Sm2Provider:
    return choose((_openssl, PureBackend))


def choose(makers: Iterable[Callable[[], Backend]]) -> Sm2Provider:
    """The first library that can be had and passes the self-test; raises :class:`Sm2UnavailableError`."""
    for make in makers:
        try:
            backend = make()
            passed = vector.passes(backend)
        except (NoLibraryError, ImportError):
            continue
        if passed:
            return Sm2Provider(backend, _signing(backend))
    raise Sm2UnavailableError("signing.sm2.unavailable")


def _openssl() -> Backend:
    return OpensslBackend(find())


def _signing(backend: Backend) -> OpensslBackend | None:
    """The library, if what it signs with the example's key holds."""
    if not isinstance(backend, OpensslBackend):
        return None
    try:
        signature = backend.sign(vector.PKCS8, vector.MESSAGE, vector.DISTID)
        r, s = read_signature(signature, SM2)
    except (LibraryRefusedError, MalformedSignatureError):
        return None
    return backend if backend.holds(vector.POINT, vector.MESSAGE, r, s, vector.DISTID) else None


def _identifier(distid: str) -> bytes:
    """The bytes of an identifier; ValueError where it is empty or too long."""
    who = distid.encode()
    if not 0 < len(who) <= LONGEST_DISTID:
        raise ValueError("a distinguishing identifier of 1 to 255 bytes")
    return who
