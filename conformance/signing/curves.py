"""The two curves, and public keys on them: one writing of each key, and no point that is not on its curve."""

from __future__ import annotations

from dataclasses import dataclass

#: Bytes of a coordinate, of r and of s.
WIDTH = 32


@dataclass(frozen=True)
class Curve:
    """``y² = x³ - 3x + b`` over the field of ``p``, of prime order ``n`` (both curves have a = -3 and cofactor 1).

    ``prefix`` is all of a SubjectPublicKeyInfo before the two coordinates of an uncompressed point: since each of its
    lengths is fixed, a key is this prefix and 64 bytes, or it is none of ours.
    """

    p: int
    b: int
    n: int
    prefix: bytes


#: NIST P-256 (FIPS 186), 1.2.840.10045.3.1.7.
P256 = Curve(
    p=0xFFFFFFFF_00000001_00000000_00000000_00000000_FFFFFFFF_FFFFFFFF_FFFFFFFF,
    b=0x5AC635D8_AA3A93E7_B3EBBD55_769886BC_651D06B0_CC53B0F6_3BCE3C3E_27D2604B,
    n=0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551,
    prefix=bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"),
)
#: The curve of GB/T 32918.5, 1.2.156.10197.1.301.
SM2 = Curve(
    p=0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF,
    b=0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93,
    n=0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123,
    prefix=bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"),
)
#: The curve of each algorithm of ``keys.ALGORITHMS``.
CURVES = {"ES256": P256, "SM2": SM2}


def point_of(spki: bytes, curve: Curve) -> bytes:
    """X and Y of a public key, 64 bytes; ValueError where it is not an uncompressed point of the curve."""
    point = spki[len(curve.prefix) :]
    if not spki.startswith(curve.prefix) or len(point) != 2 * WIDTH:
        raise ValueError("not a public key of this curve, uncompressed")
    x, y = (int.from_bytes(half, "big") for half in (point[:WIDTH], point[WIDTH:]))
    if max(x, y) >= curve.p or (y * y - (x * x * x - 3 * x + curve.b)) % curve.p:
        raise ValueError("a point that is not on the curve")
    return point


def spki_of(point: bytes, curve: Curve) -> bytes:
    """The SubjectPublicKeyInfo of a point, given as X and Y, 64 bytes; ValueError where it is none of the curve."""
    spki = curve.prefix + point
    point_of(spki, curve)
    return spki
