"""The seed of generated cases, by commitment and reveal: first the vendor commits, then the office gives its nonce."""

from __future__ import annotations

import hashlib

_DOMAIN = b"lubiao-seed/1\x00"
#: As many bits as every JSON reader keeps of an integer, and no more.
BITS = 52


def seed_of(commitment: str, nonce: str) -> int:
    """The first 52 bits of SHA-256("lubiao-seed/1" ‖ 00 ‖ commitment ‖ nonce), both 32 bytes, given as hexadecimal.

    Raises ValueError where either is not.
    """
    first, second = bytes.fromhex(commitment), bytes.fromhex(nonce)
    if len(first) != hashlib.sha256().digest_size or len(second) != len(first):
        raise ValueError("a commitment and a nonce have 32 bytes")
    whole = hashlib.sha256(_DOMAIN + first + second).digest()
    return int.from_bytes(whole[:8], "big") >> (64 - BITS)
