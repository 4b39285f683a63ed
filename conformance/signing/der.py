"""Signatures as strict DER, ``SEQUENCE(r, s)``: one writing of each pair, read by us before any library sees it."""

from __future__ import annotations

from conformance.signing.curves import P256, SM2, WIDTH, Curve

_SEQUENCE, _INTEGER = 0x30, 0x02
_NEGATIVE = 0x80
#: A tag, and a length of one byte: none of ours needs more.
_HEAD = 2
#: The longest: two integers of 33 bytes.
LONGEST = 72


class MalformedSignatureError(ValueError):
    """Bytes that are no signature in its only form."""


def read_signature(content: bytes, curve: Curve) -> tuple[int, int]:
    """r and s; raises :class:`MalformedSignatureError` where a byte is too much, a length or a number not minimal or
    negative, r or s outside 1 to n - 1, for SM2 where r + s = n, for P-256 where s is above n / 2.

    The last: with (r, s) also (r, n - s) holds under ECDSA; only the lower is a signature here, so there is one.
    """
    r, s = _pair(content)
    require_range(r, s, curve)
    return r, s


def require_range(r: int, s: int, curve: Curve) -> None:
    """Raises :class:`MalformedSignatureError` for a pair that is no signature under any key."""
    if not (0 < r < curve.n and 0 < s < curve.n):
        raise MalformedSignatureError("r or s out of range")
    if curve is SM2 and r + s == curve.n:
        raise MalformedSignatureError("r + s = n")
    if curve is P256 and s > curve.n // 2:
        raise MalformedSignatureError("s above n / 2")


def write_signature(r: int, s: int) -> bytes:
    """The DER of a pair of numbers from 0 to 2^256 - 1, whatever they are."""
    body = _written(r) + _written(s)
    return bytes([_SEQUENCE, len(body)]) + body


def normal(content: bytes, curve: Curve) -> bytes:
    """A library's signature in the form accepted here: for P-256 the lower s. Raises MalformedSignatureError."""
    if curve is not P256:
        read_signature(content, curve)
        return content
    r, s = _pair(content)
    written = write_signature(r, min(s, curve.n - s)) if 0 < s < curve.n else content
    read_signature(written, curve)
    return written


def _pair(content: bytes) -> tuple[int, int]:
    """The two numbers of a sequence in strict DER, whatever they are."""
    if not _HEAD <= len(content) <= LONGEST or content[0] != _SEQUENCE or content[1] != len(content) - _HEAD:
        raise MalformedSignatureError("not one sequence")
    r, rest = _integer(content[_HEAD:])
    s, rest = _integer(rest)
    if rest:
        raise MalformedSignatureError("bytes after s")
    return r, s


def _integer(content: bytes) -> tuple[int, bytes]:
    """The first integer of some bytes, not negative and written minimally, and what follows it."""
    if len(content) < _HEAD or content[0] != _INTEGER:
        raise MalformedSignatureError("no integer")
    length = content[1]
    body, rest = content[_HEAD : _HEAD + length], content[_HEAD + length :]
    if not 0 < length <= WIDTH + 1 or len(body) != length or body[0] & _NEGATIVE:
        raise MalformedSignatureError("an integer that is cut off, too long or negative")
    if length > 1 and body[0] == 0 and not body[1] & _NEGATIVE:
        raise MalformedSignatureError("an integer that is not minimal")
    return int.from_bytes(body, "big"), rest


def _written(number: int) -> bytes:
    body = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([_INTEGER, len(body)]) + body
