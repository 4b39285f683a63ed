"""A private key in a device, by PKCS#11: one session a signature, the raw mechanism over our own digest.

Devices differ in the hashing mechanisms that they have; ``CKM_ECDSA`` over 32 bytes they all do. SM2 has no mechanism
in PKCS#11 that two makers share: a device for it is reached by ``exec:``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from conformance.signing.curves import WIDTH
from conformance.signing.der import write_signature
from conformance.signing.keys import PublicKey
from conformance.signing.signers.refusing import PIN, SignerError
from conformance.signing.signers.uri import read_uri

#: A device logs in and out for the whole process: two sessions at once would end one another.
_one_at_a_time = Lock()


class HardwareHolder:
    """Signs with the key of a token."""

    def __init__(self, uri: str, key: PublicKey, secret: Callable[[str], bytes]) -> None:
        """Looks whether the key is there; raises SignerError where it is not, or the PIN is not right."""
        self._place = read_uri(uri)
        if key.algorithm != "ES256":
            raise SignerError("signing.pkcs11.algorithm", algorithm=key.algorithm)
        self._pkcs11 = _library()
        self._pin = secret(PIN)
        with self._private_key():
            pass

    def sign(self, message: bytes) -> bytes:
        """DER of a message."""
        with self._private_key() as held:
            digest = hashlib.sha256(message).digest()
            raw = bytes(held.sign(digest, mechanism=self._pkcs11.Mechanism.ECDSA))
        if len(raw) != 2 * WIDTH:
            raise SignerError("signing.pkcs11.raw", length=len(raw))
        return write_signature(int.from_bytes(raw[:WIDTH], "big"), int.from_bytes(raw[WIDTH:], "big"))

    @contextmanager
    def _private_key(self) -> Iterator[Any]:
        """The key, in a session of its own that is closed after."""
        p11 = self._pkcs11
        try:
            with _one_at_a_time, self._token().open(user_pin=self._pin.decode()) as session:
                yield _only(list(session.get_objects(self._wanted())), "signing.pkcs11.key")
        except (p11.PinIncorrect, p11.PinLenRange, p11.PinInvalid, UnicodeDecodeError) as error:
            raise SignerError("signing.pkcs11.pin") from error
        except p11.PinLocked as error:
            raise SignerError("signing.pkcs11.locked") from error
        except (p11.PKCS11Error, RuntimeError, OSError) as error:
            raise SignerError("signing.pkcs11.failed", error=type(error).__name__) from error

    def _token(self) -> Any:
        label, serial = self._place.token or None, self._place.serial.encode() or None
        tokens = self._pkcs11.lib(self._place.module).get_tokens(token_label=label, token_serial=serial)
        return _only(list(tokens), "signing.pkcs11.token")

    def _wanted(self) -> dict[Any, Any]:
        p11, place = self._pkcs11, self._place
        wanted = {p11.Attribute.CLASS: p11.ObjectClass.PRIVATE_KEY, p11.Attribute.KEY_TYPE: p11.KeyType.EC}
        wanted |= {p11.Attribute.LABEL: place.label} if place.label else {}
        return wanted | ({p11.Attribute.ID: place.id} if place.id else {})


def _library() -> Any:
    try:
        import pkcs11  # noqa: PLC0415 - of the extra `office`
    except ImportError as error:
        raise SignerError("signing.pkcs11.extra") from error
    return pkcs11


def _only(found: list[Any], id_: str) -> Any:
    """The one thing found; none and several are refused alike."""
    if len(found) != 1:
        raise SignerError(id_, count=len(found))
    return found[0]
