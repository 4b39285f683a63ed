"""The system's libcrypto, found and bound: every function with the types of its parameters and result.

A missing type would cut pointers to 32 bits, so a function that is not in the table below cannot be called.
No library, or one that lacks a function (OpenSSL before 3), is :class:`NoLibraryError`.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Iterator, Mapping
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_void_p
from typing import Any

#: Names under which OpenSSL 3 and 4 are installed. On macOS none without a version: the system ends a process for it.
NAMES = (
    *("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib", "libcrypto.4.dylib"),
    *("/opt/homebrew/lib/libcrypto.3.dylib", "/usr/local/lib/libcrypto.3.dylib"),
    *("libcrypto-3-x64.dll", "libcrypto-3-arm64.dll", "libcrypto-3.dll", "libcrypto-4-x64.dll"),
)
_PLACE = POINTER(c_void_p)
#: Result and parameters of each function, as OpenSSL 3's headers declare them.
FUNCTIONS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "ERR_clear_error": (None, ()),
    "EVP_sm3": (c_void_p, ()),
    "d2i_PUBKEY": (c_void_p, (_PLACE, _PLACE, c_long)),
    "i2d_PUBKEY": (c_int, (c_void_p, _PLACE)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_new": (c_void_p, (c_void_p, c_void_p)),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_void_p, c_int)),
    "EVP_PKEY_keygen_init": (c_int, (c_void_p,)),
    "EVP_PKEY_generate": (c_int, (c_void_p, _PLACE)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (c_void_p, c_void_p)),
    "EVP_DigestSignInit": (c_int, (c_void_p, _PLACE, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, c_void_p, POINTER(c_size_t), c_void_p, c_size_t)),
    "EVP_DigestVerifyInit": (c_int, (c_void_p, _PLACE, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_void_p, c_size_t, c_void_p, c_size_t)),
    "d2i_PKCS8_PRIV_KEY_INFO": (c_void_p, (_PLACE, _PLACE, c_long)),
    "i2d_PKCS8_PRIV_KEY_INFO": (c_int, (c_void_p, _PLACE)),
    "PKCS8_PRIV_KEY_INFO_free": (None, (c_void_p,)),
    "EVP_PKCS82PKEY": (c_void_p, (c_void_p,)),
    "EVP_PKEY2PKCS8": (c_void_p, (c_void_p,)),
    "d2i_X509_SIG": (c_void_p, (_PLACE, _PLACE, c_long)),
    "X509_SIG_free": (None, (c_void_p,)),
    "PKCS8_decrypt": (c_void_p, (c_void_p, c_char_p, c_int)),
}


class NoLibraryError(Exception):
    """No libcrypto with the functions of OpenSSL 3."""


class Libcrypto:
    """The functions of one library, as attributes of their names."""

    def __init__(self, library: ctypes.CDLL) -> None:
        for name, (result, parameters) in FUNCTIONS.items():
            try:
                function = getattr(library, name)
            except AttributeError as error:
                raise NoLibraryError(name) from error
            function.restype, function.argtypes = result, parameters
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} is not declared")


def find() -> Libcrypto:
    """The first library that has every function; raises :class:`NoLibraryError`."""
    for name in _names():
        try:
            return Libcrypto(ctypes.CDLL(name))
        except (OSError, NoLibraryError):
            continue
    raise NoLibraryError("none")


def _names() -> Iterator[str]:
    if sys.platform != "darwin" and (found := ctypes.util.find_library("crypto")):
        yield found
    yield from NAMES
