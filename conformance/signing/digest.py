"""Digests, always as a set (in-toto DigestSet): SHA-256 and SM3 (GB/T 32905) over the same bytes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import BinaryIO, Protocol

#: Both names by which in-toto's DigestSet knows them, in the order of every output.
ALGORITHMS = ("sha256", "sm3")
_BLOCK = 1 << 20


class Hash(Protocol):
    """What hashlib gives."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...
    def hexdigest(self) -> str: ...


def _own_sm3(data: bytes = b"") -> Hash:
    """SM3 where the system's OpenSSL was built without it: slower, equal."""
    from gmalg import SM3  # noqa: PLC0415 - only where it is needed

    class Pure:
        def __init__(self) -> None:
            self._held = SM3()

        def update(self, data: bytes, /) -> None:
            self._held.update(data)

        def digest(self) -> bytes:
            return bytes(self._held.value())

        def hexdigest(self) -> str:
            return self.digest().hex()

    pure = Pure()
    pure.update(data)
    return pure


def _openssl_sm3(data: bytes = b"") -> Hash:
    return hashlib.new("sm3", data)


def hasher(algorithm: str) -> Callable[[bytes], Hash]:
    """A hash function by its name in :data:`ALGORITHMS`; raises ValueError for others."""
    if algorithm == "sha256":
        return hashlib.sha256
    if algorithm != "sm3":
        raise ValueError(f"unknown digest algorithm {algorithm!r}")
    if "sm3" in hashlib.algorithms_available:
        return _openssl_sm3
    return _own_sm3


def digest_set(data: bytes) -> dict[str, str]:
    """``{"sha256": ..., "sm3": ...}`` of some bytes, as lower-case hexadecimal."""
    return {name: hasher(name)(data).hexdigest() for name in ALGORITHMS}


def digest_stream(file: BinaryIO) -> dict[str, str]:
    """The digests of all that is left in a file, read in blocks."""
    held = {name: hasher(name)(b"") for name in ALGORITHMS}
    while block := file.read(_BLOCK):
        for one in held.values():
            one.update(block)
    return {name: one.hexdigest() for name, one in held.items()}


def same_digests(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Both sets hold each algorithm of :data:`ALGORITHMS`, and equal values of each."""
    return all(
        name in one and name in other and hmac.compare_digest(str(one[name]), str(other[name])) for name in ALGORITHMS
    )
