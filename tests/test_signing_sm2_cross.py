"""SM2 by every library against every other: over keys and signatures that begin with what libraries stumble over.

libcrypto x gmalg over 200 keys both ways; snowland-smx against both over the awkward keys and some more. Pure Python
does 30 to 170 a second, so each key is crossed once each way and not with every message.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import gmalg
import pysmx.SM2
import pytest

from conformance.signing.curves import SM2, WIDTH, point_of
from conformance.signing.der import read_signature, write_signature
from conformance.signing.keys import DEFAULT_DISTID
from conformance.signing.sm2 import Sm2Provider, provider
from conformance.signing.sm2.pure import PureBackend

KEYS = 200
#: Keys of each awkward beginning, by the hexadecimal digits of X: what ``lstrip("04")`` mutilates, and lost zeros.
AWKWARD = {"00": 4, "04": 4, "4": 16, "0": 16}
SIGNATURES = 2000
ID = DEFAULT_DISTID.encode()


@dataclass(frozen=True)
class Key:
    pkcs8: bytes
    spki: bytes

    @property
    def point(self) -> bytes:
        return point_of(self.spki, SM2)

    @property
    def scalar(self) -> bytes:
        """RFC 5915: version 1, then the number as 32 bytes."""
        return self.pkcs8.partition(bytes.fromhex("0201010420"))[2][:WIDTH]


def made() -> Iterator[Key]:
    keeper = provider().keeper()
    while True:
        pkcs8 = keeper.make()
        yield Key(pkcs8, keeper.public(pkcs8))


@cache
def keys() -> tuple[Key, ...]:
    """The awkward ones first."""
    wanted = dict(AWKWARD)
    found: list[Key] = []
    plain: list[Key] = []
    for key in made():
        begins = next((digits for digits, left in wanted.items() if left and key.point.hex().startswith(digits)), "")
        if begins:
            wanted[begins] -= 1
            found.append(key)
        elif len(plain) < KEYS:
            plain.append(key)
        if not any(wanted.values()) and len(found) + len(plain) >= KEYS:
            break
    return tuple((found + plain)[:KEYS])


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(WIDTH, "big") + s.to_bytes(WIDTH, "big")


def by_gmalg(key: Key, message: bytes) -> bytes:
    r, s = gmalg.SM2(sk=key.scalar, uid=ID, pk=b"\x04" + key.point).sign(message)
    return write_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def by_snowland(key: Key, message: bytes) -> bytes:
    both = None
    while not both:
        number = f"{secrets.randbelow(SM2.n - 1) + 1:064x}"
        both = pysmx.SM2.Sign(message, key.scalar, number, 2 * WIDTH, uid=ID)
    return write_signature(int.from_bytes(both[:WIDTH], "big"), int.from_bytes(both[WIDTH:], "big"))


def held_by_snowland(key: Key, message: bytes, signature: bytes) -> bool:
    return pysmx.SM2.Verify(raw(*read_signature(signature, SM2)), message, key.point, uid=ID) is True


PURE = Sm2Provider(PureBackend())


def test_the_keys_are_as_awkward_as_they_say() -> None:
    begins = [key.point.hex()[:2] for key in keys()]
    assert len(set(keys())) == KEYS
    assert begins.count("00") >= 4
    assert begins.count("04") >= 4
    assert sum(one.startswith("4") for one in begins) >= 16


def test_libcrypto_signs_and_gmalg_verifies_200_keys() -> None:
    for number, key in enumerate(keys()):
        message = b"libcrypto %d" % number
        signature = provider().sign(key.pkcs8, message, DEFAULT_DISTID)
        assert PURE.verify(key.spki, message, signature, DEFAULT_DISTID), key.spki.hex()


def test_gmalg_signs_and_libcrypto_verifies_200_keys() -> None:
    for number, key in enumerate(keys()):
        message = b"gmalg %d" % number
        signature = by_gmalg(key, message)
        assert provider().verify(key.spki, message, signature, DEFAULT_DISTID), key.spki.hex()
        assert not provider().verify(key.spki, message + b".", signature, DEFAULT_DISTID)


@pytest.mark.parametrize("signer", ["snowland", "libcrypto", "gmalg"])
def test_snowland_against_both_over_the_awkward_keys(signer: str) -> None:
    sign = {
        "snowland": by_snowland,
        "libcrypto": lambda key, message: provider().sign(key.pkcs8, message, DEFAULT_DISTID),
        "gmalg": by_gmalg,
    }[signer]
    for number, key in enumerate(keys()[: sum(AWKWARD.values()) // 2]):
        message = b"%s %d" % (signer.encode(), number)
        signature = sign(key, message)
        assert provider().verify(key.spki, message, signature, DEFAULT_DISTID), key.spki.hex()
        assert held_by_snowland(key, message, signature), key.spki.hex()
        if signer == "snowland":
            assert PURE.verify(key.spki, message, signature, DEFAULT_DISTID), key.spki.hex()


def test_numbers_with_leading_zero_bytes_hold_everywhere() -> None:
    """About one signature in 128 has one: the fault that no short test finds."""
    key, short = keys()[0], 0
    for number in range(SIGNATURES):
        message = b"%d" % number
        signature = provider().sign(key.pkcs8, message, DEFAULT_DISTID)
        r, s = read_signature(signature, SM2)
        assert write_signature(r, s) == signature
        if min(r, s) >> 8 * (WIDTH - 1):
            assert number % 100 or provider().verify(key.spki, message, signature, DEFAULT_DISTID)
            continue
        short += 1
        assert provider().verify(key.spki, message, signature, DEFAULT_DISTID)
        assert PURE.verify(key.spki, message, signature, DEFAULT_DISTID)
        assert held_by_snowland(key, message, signature)
    assert short >= 3
