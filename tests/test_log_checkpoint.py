"""A checkpoint has one writing, tells the truth only under pinned keys, and reads as the C2SP's texts say it must."""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import replace
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from log_made import NOW, ORIGIN, office, signer
from signing_made import made

from conformance.office.checkpoint import (
    LIMIT,
    WITNESS,
    Checkpoint,
    CheckpointError,
    NoteLine,
    checkpoint_signers,
    cosigned,
    joined,
    key_hash,
    read_checkpoint,
    signed_checkpoint,
)
from conformance.signing.keys import PublicKey
from conformance.signing.merkle import Tree

ROOT = Tree([b"a", b"b", b"c"]).root()


def shown(*uses: str) -> Checkpoint:
    return signed_checkpoint(ORIGIN, 3, ROOT, [signer("log", algorithm) for algorithm in uses or ("ES256",)])


def reads(text: str | bytes) -> bool:
    try:
        read_checkpoint(text)
    except CheckpointError:
        return False
    return True


def test_it_is_what_c2sp_says_read_by_other_means() -> None:
    """Read with nothing of ours: split by hand, verified by the library itself."""
    text = shown().text
    note, _, signatures = text.rpartition("\n\n")
    origin, size, root = note.split("\n")
    assert (origin, size, base64.b64decode(root)) == (ORIGIN, "3", ROOT)
    dash, name, coded = signatures.removesuffix("\n").split(" ")
    assert (dash, name) == ("\u2014", ORIGIN)
    content, spki = base64.b64decode(coded), signer("log").key.spki
    assert content[:4] == hashlib.sha256(spki).digest()[:4]
    public = load_der_public_key(spki)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(content[4:], f"{note}\n".encode(), ec.ECDSA(hashes.SHA256()))


def test_the_line_of_sm2_has_a_type_of_our_own() -> None:
    key = signer("log", "SM2").key
    expected = hashlib.sha256(ORIGIN.encode() + b"\n\xfflubiao-sm2/1" + key.spki).digest()[:4]
    line = shown("ES256", "SM2").lines[1]
    assert (line.name, line.key_hash) == (ORIGIN, expected) == (ORIGIN, key_hash(key, ORIGIN))


def test_both_algorithms_sign_and_hold() -> None:
    held = shown("ES256", "SM2")
    both = (signer("log").key, signer("log", "SM2").key)
    assert checkpoint_signers(held, office(signer("log", "SM2")), NOW) == both
    assert checkpoint_signers(held, office(), NOW) == both[:1]


def test_what_is_written_is_read() -> None:
    one = shown("ES256", "SM2")
    assert read_checkpoint(one.text) == read_checkpoint(one.text.encode()) == one
    assert one.text == f"{one.body}\n{''.join(line.text for line in one.lines)}"


def test_a_line_of_an_unknown_type_is_read_over() -> None:
    """An Ed25519 line of a witness from elsewhere, as the C2SP's own example shows it."""
    foreign = "— witness.example.com/w1 " + base64.b64encode(b"\x8d\x66\xcf\x3f" + bytes(72)).decode() + "\n"
    held = read_checkpoint(shown().text + foreign)
    assert checkpoint_signers(held, office(), NOW) == (signer("log").key,)


GOOD = shown().text
EMPTY = f"{ORIGIN}\n0\n{base64.b64encode(Tree().root()).decode()}\n\n{GOOD.splitlines(keepends=True)[-1]}"
LINE = GOOD.splitlines(keepends=True)[-1]
HEAD = GOOD.removesuffix(LINE)
CODED = LINE.split(" ")[2]
DEVIATIONS = {
    "nothing": "",
    "carriage returns": GOOD.replace("\n", "\r\n"),
    "a trailing blank": GOOD.replace("\n3\n", "\n3 \n"),
    "a blank after a line": GOOD.removesuffix("\n") + " \n",
    "a blank line at the end": GOOD + "\n",
    "no line feed at the end": GOOD.removesuffix("\n"),
    "a blank line at the start": "\n" + GOOD,
    "a second blank line": GOOD.replace("\n\n", "\n\n\n"),
    "no blank line": GOOD.replace("\n\n", "\n"),
    "an extension": GOOD.replace("\n\n", "\nextension\n\n"),
    "no signature": HEAD,
    "a line twice": GOOD + LINE,
    "one key twice": GOOD + NoteLine(ORIGIN, base64.b64decode(CODED)[:4], b"other").text,
    "leading zero": GOOD.replace("\n3\n", "\n03\n"),
    "a sign": GOOD.replace("\n3\n", "\n+3\n"),
    "negative": GOOD.replace("\n3\n", "\n-3\n"),
    "other digits": GOOD.replace("\n3\n", "\n３\n"),
    "no size": GOOD.replace("\n3\n", "\n\n"),
    "hexadecimal": GOOD.replace("\n3\n", "\n0x3\n"),
    "huge": GOOD.replace("\n3\n", f"\n{2**53}\n"),
    "very huge": GOOD.replace("\n3\n", "\n" + "9" * 5000 + "\n"),
    "no origin": GOOD.replace(ORIGIN, "", 1),
    "a blank in the origin": GOOD.replace(ORIGIN, "log example", 1),
    "a wide blank in the origin": GOOD.replace(ORIGIN, "log\u3000example", 1),
    "a plus in the origin": GOOD.replace(ORIGIN, "log+example", 1),
    "an origin that is turned round": GOOD.replace(ORIGIN, "log\u202eexample", 1),
    "an origin not in NFC": GOOD.replace(ORIGIN, "e\u0301", 1),
    "a control character": GOOD.replace(ORIGIN, "log\x00", 1),
    "a lone surrogate": GOOD.replace(ORIGIN, "log\ud800", 1),
    "a long origin": GOOD.replace(ORIGIN, "o" * 256, 1),
    "a short root": GOOD.replace(base64.b64encode(ROOT).decode(), base64.b64encode(ROOT[:31]).decode()),
    "a root without padding": GOOD.replace("=\n\n", "\n\n"),
    "a root not canonical": GOOD.replace(base64.b64encode(ROOT).decode()[-2:], "Z=", 1),
    "another dash": GOOD.replace("—", "-"),
    "a name with a plus": HEAD + LINE.replace(ORIGIN, "a+b"),
    "no name": HEAD + LINE.replace(ORIGIN, ""),
    "a third word": HEAD + LINE.replace("\n", " x\n"),
    "four bytes": HEAD + f"— {ORIGIN} AAAAAA==\n",
    "not Base64": HEAD + f"— {ORIGIN} !!!!\n",
    "nothing, with a root": GOOD.replace("\n3\n", "\n0\n"),
    "too many lines": HEAD + "".join(NoteLine(f"w{n}", b"abcd", b"x").text for n in range(65)),
    "too long": HEAD + NoteLine("w", b"abcd", bytes(LIMIT)).text,
}


@pytest.mark.parametrize("text", DEVIATIONS.values(), ids=DEVIATIONS)
def test_any_deviation_is_refused(text: str) -> None:
    assert text != GOOD
    assert not reads(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    assert not reads(GOOD.encode().replace(b"log", b"l\xffg", 1))


def test_a_tree_of_nothing_and_many_lines_are_read() -> None:
    assert read_checkpoint(EMPTY).size == 0
    assert reads(HEAD + "".join(NoteLine(f"w{n}", b"abcd", b"x").text for n in range(64)))


def test_two_thousand_flipped_bytes_never_change_what_is_believed() -> None:
    chance, keys = random.Random(6), office(signer("log", "SM2"))  # noqa: S311 - the same flips in every run
    one = cosigned(shown("ES256", "SM2"), signer("witness"))
    content = one.text.encode()
    accepted = 0
    for _ in range(2000):
        flipped = bytearray(content)
        flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        try:
            held = read_checkpoint(bytes(flipped))
        except CheckpointError:
            continue
        believed = checkpoint_signers(held, keys, NOW) + checkpoint_signers(held, keys, NOW, WITNESS)
        if believed:
            accepted += 1
            assert (held.origin, held.size, held.root) == (one.origin, one.size, one.root)
            # A line that was made unknown is one signer less, never one more.
            assert set(believed) < {signer("log").key, signer("log", "SM2").key, signer("witness").key}
    assert accepted > 0


def test_every_byte_of_what_is_signed_counts() -> None:
    """Without signatures in the way: any other body leaves no signer."""
    one, keys = shown(), office()
    lines = "".join(line.text for line in one.lines)
    for origin, size, root in ((ORIGIN, 4, ROOT), (ORIGIN, 3, Tree([b"x"]).root()), ("other.example", 3, ROOT)):
        body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        assert checkpoint_signers(read_checkpoint(f"{body}\n{lines}"), keys, NOW) == ()


def test_a_checkpoint_of_another_log_has_no_signer_here() -> None:
    foreign = signed_checkpoint("other.example/log", 3, ROOT, [signer("log")])
    assert checkpoint_signers(foreign, office(), NOW) == ()
    assert checkpoint_signers(foreign, replace(office(), origin="other.example/log"), NOW) == (signer("log").key,)


def test_a_pinned_key_whose_line_is_bad_spoils_all() -> None:
    one = shown("ES256", "SM2")
    good, bad = one.lines
    spoiled = read_checkpoint(f"{one.body}\n{good.text}{replace(bad, signature=good.signature).text}")
    assert checkpoint_signers(spoiled, office(), NOW) == (signer("log").key,)
    assert checkpoint_signers(spoiled, office(signer("log", "SM2")), NOW) == ()


def test_a_key_of_another_use_or_time_does_not_count() -> None:
    keys, key = office(), signer("log").key
    ended = replace(key, valid_to="2026-11-01T00:00:00+08:00")
    assert checkpoint_signers(shown(), replace(keys, keys=(ended,)), NOW) == ()
    assert checkpoint_signers(shown(), replace(keys, keys=(ended,)), datetime.fromisoformat("2026-10-01T00:00:00Z"))
    assert checkpoint_signers(shown(), replace(keys, keys=(replace(key, uses=("status",)),)), NOW) == ()
    with pytest.raises(CheckpointError, match="use"):
        signed_checkpoint(ORIGIN, 3, ROOT, [signer("status")])


def test_nothing_is_published_without_a_signature_that_holds() -> None:
    class Broken:
        def __init__(self, key: PublicKey) -> None:
            self.key = key

        def sign(self, message: bytes) -> bytes:
            return signer("log").sign(message + b" ")

    with pytest.raises(CheckpointError, match="signer"):
        signed_checkpoint(ORIGIN, 3, ROOT, [Broken(signer("log").key)])
    with pytest.raises(CheckpointError, match="unsigned"):
        signed_checkpoint(ORIGIN, 3, ROOT, [])


def test_a_witness_adds_its_line_and_stands_for_itself() -> None:
    one = cosigned(cosigned(shown(), signer("witness")), signer("witness", name="b"))
    witnesses = (signer("witness").key, signer("witness", name="b").key)
    assert checkpoint_signers(one, office(), NOW, WITNESS) == witnesses
    assert checkpoint_signers(one, office(), NOW) == (signer("log").key,)
    assert one.body == shown().body
    again = cosigned(one, signer("witness"))
    assert len(again.lines) == 3


def test_the_log_is_no_witness_of_itself() -> None:
    """A key of both uses: its own line, put under a witness's name, holds and must not count."""
    both = made("ES256", "both", ("log", "witness")).signer()
    own = signed_checkpoint(ORIGIN, 3, ROOT, [both])
    line = own.lines[0]
    claimed = read_checkpoint(own.text + replace(line, name=both.key.id).text)
    assert checkpoint_signers(claimed, office(both), NOW) == (both.key,)
    assert checkpoint_signers(claimed, office(both), NOW, WITNESS) == ()
    with pytest.raises(CheckpointError, match="use"):
        cosigned(own, both)


def test_only_lines_of_pinned_witnesses_are_taken_over() -> None:
    stranger = made("ES256", "stranger", ("witness",)).signer()
    shown_ = shown()
    back = cosigned(cosigned(shown_, signer("witness")), stranger)
    held = joined(shown_, back, office(), NOW)
    assert [line.name for line in held.lines] == [ORIGIN, signer("witness").key.id]
    assert joined(held, back, office(), NOW) == held
    with pytest.raises(CheckpointError, match="other"):
        joined(signed_checkpoint(ORIGIN, 4, ROOT, [signer("log")]), back, office(), NOW)
