"""A signature has one form, a key has one form, and an envelope's signatures are sorted into held, unknown and bad."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from signing_made import NOW, key_set, made

from conformance.signing.curves import P256, SM2, Curve, point_of, spki_of
from conformance.signing.der import MalformedSignatureError, normal, read_signature, write_signature
from conformance.signing.dsse import Envelope, Signature
from conformance.signing.keys import PublicKey
from conformance.signing.signers import sign_envelope
from conformance.signing.verifying import SignatureState, signature_state, verify_signature

ALGORITHMS = ("ES256", "SM2")
CURVES = {"ES256": P256, "SM2": SM2}
MESSAGE = b"DSSEv1 of something"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_holds_for_its_message_and_key_only(algorithm: str) -> None:
    one, other = made(algorithm), made(algorithm, "b")
    signature = one.signer().sign(MESSAGE)
    assert verify_signature(one.key, MESSAGE, signature)
    assert not verify_signature(one.key, MESSAGE + b" ", signature)
    assert not verify_signature(other.key, MESSAGE, signature)
    assert not verify_signature(replace(one.key, algorithm="none"), MESSAGE, signature)
    crossed = next(name for name in ALGORITHMS if name != algorithm)
    assert not verify_signature(replace(one.key, algorithm=crossed, distid="1234567812345678"), MESSAGE, signature)


def test_an_sm2_key_with_another_identifier_or_none_is_another_key() -> None:
    one = made("SM2")
    signature = one.signer().sign(MESSAGE)
    for distid in ("", "1234567812345679"):
        assert not verify_signature(replace(one.key, distid=distid), MESSAGE, signature)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_byte_of_a_signature_can_be_changed(algorithm: str) -> None:
    """Each byte, to each value that differs in one bit, in all, or is next to it."""
    one = made(algorithm)
    signature = one.signer().sign(MESSAGE)
    tried = 0
    for place, byte in enumerate(signature):
        others = {byte ^ 1 << bit for bit in range(8)} | {byte ^ 0xFF, (byte + 1) % 256, (byte - 1) % 256}
        for value in others:
            changed = signature[:place] + bytes([value]) + signature[place + 1 :]
            assert not verify_signature(one.key, MESSAGE, changed), (place, value)
            tried += 1
    assert tried > 8 * len(signature)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_byte_can_be_added_or_taken_away(algorithm: str) -> None:
    one = made(algorithm)
    signature = one.signer().sign(MESSAGE)
    for place in range(len(signature) + 1):
        for byte in (b"\x00", b"\x30", b"\xff"):
            assert not verify_signature(one.key, MESSAGE, signature[:place] + byte + signature[place:])
        assert place == len(signature) or not verify_signature(one.key, MESSAGE, signature[:place])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_pair_written_otherwise_is_refused(algorithm: str) -> None:
    one = made(algorithm)
    curve = CURVES[algorithm]
    signature = one.signer().sign(MESSAGE)
    r, s = read_signature(signature, curve)
    assert write_signature(r, s) == signature
    body = signature[2:]
    for other in (
        b"\x30\x81" + bytes([len(body)]) + body,
        b"\x30\x80" + body + b"\x00\x00",
        b"\x30\x82\x00" + bytes([len(body)]) + body,
        b"\x31" + signature[1:],
        b"\x30" + bytes([len(body) + 1]) + body + b"\x00",
        b"\x30" + bytes([len(body) + 3]) + body + b"\x02\x01\x01",
        r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        signature.hex().encode(),
        b"",
        b"\x30\x00",
        b"\x30\x03\x02\x01\x01",
        b"\x30" * 100_000,
    ):
        assert not verify_signature(one.key, MESSAGE, other)
        with pytest.raises(MalformedSignatureError):
            read_signature(other, curve)


@pytest.mark.parametrize(
    "text",
    [
        *("30060201ff020101", "30060201010201ff", "300602018002017f"),  # negative
        *("300702020001020101", "300702010102020001", "30080202007f0202007f"),  # not minimal
        *("300702010102010100", "3009020101020101020101", "30060201010201", "3006020101020201"),  # too much, cut off
        *("300502010102 00", "30060201010301 01", "3003020101", "30060301010201 01", "300602010102817f"),
        "3045" + "0222" + "01" + "00" * 33 + "020101",  # 34 bytes
    ],
)
def test_each_rule_of_strict_der(text: str) -> None:
    assert read_signature(bytes.fromhex("3006020101020101"), P256) == (1, 1)
    assert read_signature(bytes.fromhex("3008020200800202 00ff"), SM2) == (128, 255)
    for curve in (P256, SM2):
        with pytest.raises(MalformedSignatureError):
            read_signature(bytes.fromhex(text), curve)


@pytest.mark.parametrize("curve", [P256, SM2], ids=["P256", "SM2"])
def test_numbers_that_are_no_signature_are_refused(curve: Curve) -> None:
    n = curve.n
    for r, s in [(0, 1), (1, 0), (n, 1), (1, n), (n + 1, 1), (2**256 - 1, 1), (1, 2**256 - 1)]:
        with pytest.raises(MalformedSignatureError):
            read_signature(write_signature(r, s), curve)
    assert read_signature(write_signature(1, 1), curve) == (1, 1)
    assert read_signature(write_signature(n - 1, n // 2), curve) == (n - 1, n // 2)


def test_each_curve_has_its_own_last_rule() -> None:
    n = SM2.n
    assert read_signature(write_signature(1, n - 2), SM2) == (1, n - 2)
    with pytest.raises(MalformedSignatureError):
        read_signature(write_signature(1, n - 1), SM2)
    with pytest.raises(MalformedSignatureError):
        read_signature(write_signature(1, P256.n // 2 + 1), P256)


def test_the_twin_of_an_ecdsa_signature_is_refused_though_the_library_takes_it() -> None:
    one = made("ES256")
    signature = one.signer().sign(MESSAGE)
    r, s = read_signature(signature, P256)
    twin = write_signature(r, P256.n - s)
    public = serialization.load_der_public_key(one.key.spki)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(twin, MESSAGE, ec.ECDSA(hashes.SHA256()))
    assert not verify_signature(one.key, MESSAGE, twin)
    assert normal(twin, P256) == signature
    assert normal(signature, P256) == signature


@given(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_what_is_read_is_what_was_written(r: int, s: int) -> None:
    for curve in (P256, SM2):
        try:
            assert read_signature(write_signature(r, s), curve) == (r, s)
        except MalformedSignatureError:
            assert not (0 < r < curve.n and 0 < s <= curve.n // 2) or r + s == curve.n


@given(st.binary(max_size=80))
def test_any_bytes_are_a_signature_in_its_form_or_refused(content: bytes) -> None:
    for curve in (P256, SM2):
        try:
            assert write_signature(*read_signature(content, curve)) == content
        except MalformedSignatureError:
            continue


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_public_key_has_one_form(algorithm: str) -> None:
    curve, spki = CURVES[algorithm], made(algorithm).key.spki
    point = point_of(spki, curve)
    assert spki_of(point, curve) == spki
    y = int.from_bytes(point[32:], "big")
    compressed = spki[:-65] + bytes([2 + y % 2]) + point[:32]
    for wrong in (
        spki[:-1],
        spki + b"\x00",
        compressed,
        spki[:-65] + bytes([6 + y % 2]) + point,
        spki[:-32] + b"\x00" + spki[-32:],
        curve.prefix + bytes(64),
        curve.prefix + b"\xff" * 64,
        curve.prefix + point[:32] + ((y + 1) % curve.p).to_bytes(32, "big"),
        curve.prefix + (int.from_bytes(point[:32], "big") ^ 1).to_bytes(32, "big") + point[32:],
        (P256 if curve is SM2 else SM2).prefix + point,
        b"",
    ):
        with pytest.raises(ValueError, match="curve"):
            point_of(wrong, curve)
        assert not verify_signature(
            replace(made(algorithm).key, spki=wrong), MESSAGE, made(algorithm).signer().sign(b"")
        )


def test_coordinates_beyond_the_field_are_refused() -> None:
    """X + p names the same point and would be a second form of the key."""
    for curve in (P256, SM2):
        x = next(x for x in range(1, 200) if _root(x, curve) is not None)
        y = _root(x, curve)
        assert y is not None
        assert spki_of(x.to_bytes(32, "big") + y.to_bytes(32, "big"), curve)
        with pytest.raises(ValueError, match="curve"):
            spki_of((x + curve.p).to_bytes(32, "big") + y.to_bytes(32, "big"), curve)


def _root(x: int, curve: Curve) -> int | None:
    square = (x**3 - 3 * x + curve.b) % curve.p
    root = pow(square, (curve.p + 1) // 4, curve.p)
    return root if root * root % curve.p == square else None


A, B, LOG = made("ES256").key, made("SM2").key, made("ES256", "log", ("log",)).key
KEYS = key_set(A, B, LOG)
BOTH = sign_envelope("text/plain", b"payload", [made("ES256").signer(), made("SM2").signer()])


def state(envelope: Envelope, *keys: PublicKey, instant: datetime = NOW, use: str = "certificate") -> SignatureState:
    return signature_state(envelope, key_set(*keys) if keys else KEYS, use, instant)


def test_both_legs_hold_in_their_order() -> None:
    assert state(BOTH) == SignatureState((A, B), (), ())
    turned = replace(BOTH, signatures=BOTH.signatures[::-1])
    assert state(turned) == SignatureState((B, A), (), ())


def test_an_envelope_without_signatures_holds_nothing() -> None:
    assert state(replace(BOTH, signatures=())) == SignatureState((), (), ())


def test_a_key_that_is_not_pinned_is_unknown_and_hides_no_other() -> None:
    assert state(BOTH, A) == SignatureState((A,), (B.id,), ())
    assert state(BOTH, LOG) == SignatureState((), (A.id, B.id), ())


def test_a_key_of_another_use_is_unknown_even_where_its_signature_holds() -> None:
    envelope = sign_envelope("text/plain", b"payload", [made("ES256", "log", ("log",)).signer()])
    assert state(envelope) == SignatureState((), (LOG.id,), ())
    assert state(envelope, use="log") == SignatureState((LOG,), (), ())


@pytest.mark.parametrize(
    ("begin", "end", "held"),
    [
        ("", "", True),
        ("2026-11-21T10:00:00+08:00", "", True),
        ("2026-11-21T02:00:01+00:00", "", False),
        ("", "2026-11-21T10:00:00+08:00", False),
        ("", "2026-11-21T02:00:01Z", True),
    ],
)
def test_a_key_outside_its_time_is_unknown(begin: str, end: str, held: bool) -> None:
    """From the first instant on, until the last and not with it."""
    key = replace(A, valid_from=begin, valid_to=end)
    assert state(BOTH, key, B) == (SignatureState((key, B), (), ()) if held else SignatureState((B,), (A.id,), ()))


def test_a_signature_over_something_else_is_bad() -> None:
    for other in (replace(BOTH, payload=b"payloae"), replace(BOTH, payload_type="text/html")):
        assert state(other) == SignatureState((), (), (A.id, B.id))
    swapped = (Signature(A.id, BOTH.signatures[1].sig), Signature(B.id, BOTH.signatures[0].sig))
    assert state(replace(BOTH, signatures=swapped)) == SignatureState((), (), (A.id, B.id))


def test_the_same_key_twice_is_bad_and_counts_for_nothing() -> None:
    first, second = BOTH.signatures
    assert state(replace(BOTH, signatures=(first, second, first))) == SignatureState((B,), (), (A.id,))
    fresh = Signature(B.id, made("SM2").signer().sign(BOTH.signed))
    assert state(replace(BOTH, signatures=(first, second, fresh))) == SignatureState((A,), (), (B.id,))


def test_a_flood_of_signatures_costs_no_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def counted(key: PublicKey, message: bytes, signature: bytes) -> bool:
        asked.append(signature)
        return verify_signature(key, message, signature)

    monkeypatch.setattr("conformance.signing.verifying.verify_signature", counted)
    flood = tuple(Signature(A.id, b"%d" % number) for number in range(5000))
    strangers = tuple(Signature(f"{number:032x}", b"x") for number in range(5000))
    told = state(replace(BOTH, signatures=flood + strangers + BOTH.signatures[1:]))
    assert (told.held, told.bad, len(told.unknown)) == ((B,), (A.id,), 5000)
    assert len(asked) == 1
