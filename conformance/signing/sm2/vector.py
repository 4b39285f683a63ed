"""What a library must do before it is trusted: hold the example of GB/T 32918.5-2017, Annex A, refuse what is none."""

from __future__ import annotations

from typing import Protocol

from conformance.signing.curves import SM2, WIDTH

DISTID = b"1234567812345678"
MESSAGE = b"message digest"
PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
POINT = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
R = 0xF5A03B06_48D2C463_0EEAC513_E1BB81A1_5944DA38_27D5B741_43AC7EAC_EEE720B3
S = 0xB1B6AA29_DF212FD8_763182BC_0D421CA1_BB9038FD_1F7F42D4_840B69C4_85BBC1AA
#: The private key as PKCS#8 (RFC 5915 inside, without the public key).
PKCS8 = bytes.fromhex("3041020100301306072a8648ce3d020106082a811ccf5501822d042730250201010420") + PRIVATE


class Backend(Protocol):
    """A library that verifies SM2: the numbers as they are, refusals and failures as False."""

    @property
    def name(self) -> str: ...
    def holds(self, point: bytes, message: bytes, r: int, s: int, distid: bytes) -> bool: ...


def passes(backend: Backend) -> bool:
    """Does it verify the example, and refuse it for another message, identifier or key, and numbers out of range?"""
    if not backend.holds(POINT, MESSAGE, R, S, DISTID):
        return False
    wrong = [
        (POINT, b"message digesu", R, S, DISTID),
        (POINT, MESSAGE, R, S, b"1234567812345679"),
        (POINT, MESSAGE, R, S ^ 1, DISTID),
        (POINT, MESSAGE, 0, S, DISTID),
        (POINT, MESSAGE, R, 0, DISTID),
        (POINT, MESSAGE, R, SM2.n - R, DISTID),
        (POINT, MESSAGE, SM2.n, S, DISTID),
        (POINT, MESSAGE, R, SM2.n, DISTID),
        (POINT[:-WIDTH] + bytes(WIDTH), MESSAGE, R, S, DISTID),
    ]
    return not any(backend.holds(*one) for one in wrong)
