"""SM2 by the system's libcrypto: signatures, new keys, private keys read.

Each call makes its own objects and frees them whatever happens, so threads share nothing; libcrypto's error queue,
which Python's own ssl reads too, is left empty. What libcrypto refuses is False or :class:`LibraryRefusedError`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from conformance.signing.curves import SM2, spki_of
from conformance.signing.der import write_signature
from conformance.signing.sm2.libcrypto import Libcrypto

#: What a signature may take.
_ROOM = 256
_OK = 1
#: Takes an object and what frees it; gives the object, or raises where there is none.
_Keep = Callable[[int | None, Callable[[int], None]], int]


class LibraryRefusedError(Exception):
    """Libcrypto did not do what it was asked to; ``str`` names the function, no data."""


class OpensslBackend:
    """SM2 by libcrypto; whether this build of it can do SM2 shows the self-test, not a version."""

    name = "libcrypto"

    def __init__(self, library: Libcrypto) -> None:
        self._c = library

    def holds(self, point: bytes, message: bytes, r: int, s: int, distid: bytes) -> bool:
        """Does the signature hold? The numbers are taken as they are, also those that are no signature."""
        signature = write_signature(r, s)
        try:
            with self._scope() as (kept, c):
                key = self._read(kept, c.d2i_PUBKEY, c.EVP_PKEY_free, spki_of(point, SM2))
                context = self._context(kept, key, distid)
                _done(c.EVP_DigestVerifyInit(context, None, c.EVP_sm3(), None, key), "EVP_DigestVerifyInit")
                return bool(c.EVP_DigestVerify(context, signature, len(signature), message, len(message)) == _OK)
        except (LibraryRefusedError, ValueError):
            return False

    def sign(self, pkcs8: bytes, message: bytes, distid: bytes) -> bytes:
        """DER SEQUENCE(r, s) of a message; raises :class:`LibraryRefusedError`."""
        with self._scope() as (kept, c):
            key = self._private(kept, pkcs8)
            context = self._context(kept, key, distid)
            _done(c.EVP_DigestSignInit(context, None, c.EVP_sm3(), None, key), "EVP_DigestSignInit")
            room, length = ctypes.create_string_buffer(_ROOM), ctypes.c_size_t(_ROOM)
            _done(c.EVP_DigestSign(context, room, ctypes.byref(length), message, len(message)), "EVP_DigestSign")
            return room.raw[: length.value]

    def make(self) -> bytes:
        """A new private key: PKCS#8, DER, not encrypted; raises :class:`LibraryRefusedError`."""
        with self._scope() as (kept, c):
            maker = kept(c.EVP_PKEY_CTX_new_from_name(None, b"SM2", None), c.EVP_PKEY_CTX_free)
            _done(c.EVP_PKEY_keygen_init(maker), "EVP_PKEY_keygen_init")
            made = ctypes.c_void_p()
            _done(c.EVP_PKEY_generate(maker, ctypes.byref(made)), "EVP_PKEY_generate")
            key = kept(made.value, c.EVP_PKEY_free)
            return self._written(c.i2d_PKCS8_PRIV_KEY_INFO, kept(c.EVP_PKEY2PKCS8(key), c.PKCS8_PRIV_KEY_INFO_free))

    def public(self, pkcs8: bytes) -> bytes:
        """The SubjectPublicKeyInfo of a private key; raises :class:`LibraryRefusedError`."""
        with self._scope() as (kept, c):
            return self._written(c.i2d_PUBKEY, self._private(kept, pkcs8))

    def opened(self, encrypted: bytes, passphrase: bytes) -> bytes:
        """The PKCS#8 in an EncryptedPrivateKeyInfo; raises LibraryRefusedError, for a wrong pass phrase too."""
        with self._scope() as (kept, c):
            outer = self._read(kept, c.d2i_X509_SIG, c.X509_SIG_free, encrypted)
            inner = kept(c.PKCS8_decrypt(outer, passphrase, len(passphrase)), c.PKCS8_PRIV_KEY_INFO_free)
            return self._written(c.i2d_PKCS8_PRIV_KEY_INFO, inner)

    @contextmanager
    def _scope(self) -> Iterator[tuple[_Keep, Any]]:
        """A function that keeps an object until the end of the scope, then frees it, and the library."""
        with ExitStack() as stack:
            stack.callback(self._c.ERR_clear_error)

            def kept(made: int | None, free: Callable[[int], None]) -> int:
                if not made:
                    raise LibraryRefusedError(getattr(free, "__name__", "").removesuffix("_free"))
                stack.callback(free, made)
                return made

            yield kept, self._c

    def _context(self, kept: _Keep, key: int, distid: bytes) -> int:
        """A digest context that hashes the distinguishing identifier in."""
        c = self._c
        inner = kept(c.EVP_PKEY_CTX_new(key, None), c.EVP_PKEY_CTX_free)
        context = kept(c.EVP_MD_CTX_new(), c.EVP_MD_CTX_free)
        _done(c.EVP_PKEY_CTX_set1_id(inner, distid, len(distid)), "EVP_PKEY_CTX_set1_id")
        c.EVP_MD_CTX_set_pkey_ctx(context, inner)
        return context

    def _private(self, kept: _Keep, pkcs8: bytes) -> int:
        c = self._c
        info = self._read(kept, c.d2i_PKCS8_PRIV_KEY_INFO, c.PKCS8_PRIV_KEY_INFO_free, pkcs8)
        return kept(c.EVP_PKCS82PKEY(info), c.EVP_PKEY_free)

    @staticmethod
    def _read(kept: _Keep, d2i: Callable[..., int | None], free: Callable[[int], None], content: bytes) -> int:
        """The object in some DER, which it must fill wholly."""
        room = ctypes.create_string_buffer(content, len(content) + 1)
        place = ctypes.c_void_p(ctypes.addressof(room))
        made = kept(d2i(None, ctypes.byref(place), len(content)), free)
        if place.value != ctypes.addressof(room) + len(content):
            raise LibraryRefusedError("d2i")
        return made

    @staticmethod
    def _written(i2d: Callable[..., int], made: int) -> bytes:
        length = i2d(made, None)
        if length <= 0:
            raise LibraryRefusedError("i2d")
        room = (ctypes.c_ubyte * length)()
        place = ctypes.c_void_p(ctypes.addressof(room))
        if i2d(made, ctypes.byref(place)) != length:
            raise LibraryRefusedError("i2d")
        return bytes(room)


def _done(result: int, name: str) -> None:
    if result != _OK:
        raise LibraryRefusedError(name)
