"""The status list: coded as the W3C says, bounded, signed as required, and silent on what it does not hold."""

from __future__ import annotations

import base64
import gzip
import json
import random
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from log_made import NOW, office, signer
from signing_made import made

from conformance.office.status import (
    BITS,
    LONGEST,
    MOST_BITS,
    STATUS,
    StatusError,
    StatusList,
    decoded_list,
    encoded_list,
    read_status,
    reason_words,
    status_payload,
)
from conformance.signing.canonical import canonical
from conformance.signing.dsse import IN_TOTO, read_envelope, write_envelope
from conformance.signing.signers import Signer, sign_envelope

LIST = StatusList(
    "https://register.example.test/status",
    7,
    "2026-11-21T09:00:00+08:00",
    "2026-11-28T09:00:00+08:00",
    revoked=frozenset({0, 45}),
    suspended=frozenset({8, 45}),
    superseded=frozenset({9, 131_071}),
    reasons={45: "misuse"},
)


def signed(payload: bytes, *signers: Signer, kind: str = STATUS) -> bytes:
    return write_envelope(sign_envelope(kind, payload, signers or (signer("status"),)))


def altered(**changes: Any) -> bytes:
    """The list with some members changed, and signed by the office all the same."""
    return signed(canonical({**json.loads(status_payload(LIST)), **changes}))


def multibase(packed: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4))


def member(content: bytes, wbits: int = 31) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(content) + packer.flush()


def test_what_is_written_is_read() -> None:
    assert read_status(signed(status_payload(LIST)), office()) == LIST


def test_a_bit_is_counted_from_the_left_as_the_w3c_says() -> None:
    """Read with nothing of ours: gzip, and the bits as they lie."""
    for index, byte, value in ((0, 0, 0x80), (7, 0, 0x01), (8, 1, 0x80), (45, 5, 0x04), (BITS - 1, BITS // 8 - 1, 1)):
        content = gzip.decompress(unpacked(encoded_list({index})))
        assert len(content) == BITS // 8 == 16_384
        assert [(place, one) for place, one in enumerate(content) if one] == [(byte, value)]


def test_the_example_of_the_w3c_is_read() -> None:
    """Another writer's GZIP of an empty list, with its own level and system in the header."""
    text = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert decoded_list(text) == (frozenset(), BITS)


@pytest.mark.parametrize("number", [0, 1, 50, 1000, BITS])
def test_lists_of_all_sizes_come_back(number: int) -> None:
    held = frozenset(random.Random(number).sample(range(BITS), number))  # noqa: S311 - the same in every run
    assert decoded_list(encoded_list(held)) == (held, BITS)
    assert encoded_list(held) == encoded_list(sorted(held))


@pytest.mark.parametrize(("number", "most"), [(0, 69), (50, 260), (1000, 2100)])
def test_a_list_is_small(number: int, most: int) -> None:
    """Measured, with the letter of the coding: 69, 241 and 2,036 characters."""
    held = random.Random(1).sample(range(BITS), number)  # noqa: S311 - the same in every run
    assert len(encoded_list(held)) <= most


@pytest.mark.parametrize("index", [-1, BITS])
def test_no_bit_beyond_the_list_is_written(index: int) -> None:
    with pytest.raises(ValueError, match="no bit"):
        encoded_list({index})
    with pytest.raises(StatusError):
        status_payload(replace(LIST, revoked=frozenset({index})))


ZEROS = bytes(BITS // 8)
GOOD = member(ZEROS)
CODINGS: dict[str, str] = {
    "nothing": "",
    "no content": "u",
    "without its letter": multibase(GOOD)[1:],
    "another base": "m" + multibase(GOOD)[1:],
    "padding": multibase(GOOD) + "=" * (-len(multibase(GOOD)[1:]) % 4 or 4),
    "the other alphabet": "u" + base64.b64encode(member(bytes(range(256)) * 64)).decode().rstrip("="),
    "a blank": multibase(GOOD) + " ",
    "a line feed": multibase(GOOD) + "\n",
    "no ASCII": multibase(GOOD) + "é",
    "bits left over": multibase(GOOD + b"x")[:-1] + "B",
    "no GZIP": multibase(ZEROS),
    "zlib": multibase(zlib.compress(ZEROS)),
    "bytes after it": multibase(GOOD + b"\0"),
    "a second member": multibase(GOOD + GOOD),
    "cut off": multibase(GOOD[:-1]),
    "without its end": multibase(GOOD[:-8]),
    "a wrong sum": multibase(GOOD[:-8] + b"\0\0\0\1" + GOOD[-4:]),
    "a wrong length": multibase(GOOD[:-4] + b"\0\0\0\1"),
    "a time": multibase(gzip.compress(ZEROS, mtime=5)),
    "a name": multibase(b"\x1f\x8b\x08\x08" + GOOD[4:10] + b"name\0" + GOOD[10:]),
    "too short": multibase(member(ZEROS[:-1])),
    "empty": multibase(member(b"")),
    "a byte too long": multibase(member(bytes(MOST_BITS // 8 + 1))),
}


@pytest.mark.parametrize("text", CODINGS.values(), ids=CODINGS)
def test_another_coding_is_refused(text: str) -> None:
    with pytest.raises(StatusError):
        decoded_list(text)


def test_the_longest_list_is_read() -> None:
    assert decoded_list(encoded_list({MOST_BITS - 1}, MOST_BITS)) == (frozenset({MOST_BITS - 1}), MOST_BITS)
    bad = multibase(member(random.Random(1).randbytes(MOST_BITS // 8)))  # noqa: S311 - the same in every run
    assert decoded_list(bad)[1] == MOST_BITS


def bomb(size: int) -> bytes:
    """GZIP of so many zeros, made without ever holding them."""
    packer, zeros = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(size >> 20)) + packer.flush()


def test_a_bomb_is_refused_in_little_memory() -> None:
    """64 MB in a text that is short enough for a list, 256 MB that is not, and the beginning of those."""
    small, large = bomb(1 << 26), bomb(1 << 28)
    for packed in (small, large, large[:120_000]):
        text = multibase(packed)
        tracemalloc.start()
        try:
            with pytest.raises(StatusError):
                decoded_list(text)
            assert tracemalloc.get_traced_memory()[1] < 2 << 20
        finally:
            tracemalloc.stop()


def test_nothing_is_unpacked_for_who_did_not_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_text: str) -> None:
        raise AssertionError

    monkeypatch.setattr("conformance.office.status.decoded_list", never)
    with pytest.raises(StatusError, match="signer"):
        read_status(signed(status_payload(LIST), made("ES256", "stranger", ("status",)).signer()), office())


@pytest.mark.parametrize(
    ("index", "state"),
    [(0, "revoked"), (45, "revoked"), (8, "suspended"), (9, "superseded"), (131_071, "superseded"), (1, ""), (44, "")],
)
def test_the_worst_is_said(index: int, state: str) -> None:
    assert LIST.state(index) == state
    assert LIST.reason(index) == ("misuse" if index == 45 else "")


@pytest.mark.parametrize("index", [-1, BITS, 10**12])
def test_of_what_it_does_not_hold_it_says_nothing(index: int) -> None:
    with pytest.raises(StatusError, match="index"):
        LIST.state(index)


def test_a_list_begins_and_ends() -> None:
    issued, ended = map(datetime.fromisoformat, (LIST.issued, LIST.valid_until))
    second = timedelta(seconds=1)
    assert [LIST.current(now) for now in (issued - second, issued, NOW, ended - second, ended)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_the_number_does_not_go_back() -> None:
    content = signed(status_payload(LIST))
    assert read_status(content, office(), last=7).sequence == 7
    with pytest.raises(StatusError, match="backwards"):
        read_status(content, office(), last=8)


def test_every_leg_required_must_hold() -> None:
    keys = office(signer("status", "SM2"), required=("ES256", "SM2"))
    both = signed(status_payload(LIST), signer("status"), signer("status", "SM2"))
    assert read_status(both, keys) == LIST
    for one in ("ES256", "SM2"):
        with pytest.raises(StatusError, match="leg"):
            read_status(signed(status_payload(LIST), signer("status", one)), keys)


def unsigned(content: bytes) -> bytes:
    return write_envelope(replace(read_envelope(content), signatures=()))


def forged(content: bytes) -> bytes:
    held = read_envelope(content)
    return write_envelope(replace(held, payload=held.payload.replace(b'"sequence":7', b'"sequence":8')))


def twice(content: bytes) -> bytes:
    held = read_envelope(content)
    return write_envelope(replace(held, signatures=held.signatures * 2))


@pytest.mark.parametrize(("change", "found"), [(unsigned, "signer"), (forged, "signature"), (twice, "signature")])
def test_a_list_without_its_signature_is_none(change: Callable[[bytes], bytes], found: str) -> None:
    with pytest.raises(StatusError, match=found):
        read_status(change(signed(status_payload(LIST))), office())


def test_a_key_of_another_use_or_time_does_not_count() -> None:
    with pytest.raises(StatusError, match="signer"):
        read_status(signed(status_payload(LIST), signer("log")), office())
    with pytest.raises(StatusError, match="signer"):
        read_status(signed(status_payload(LIST), signer("status"), signer("log")), office())
    ended = replace(signer("status").key, valid_to="2026-11-21T00:00:00+08:00")
    with pytest.raises(StatusError, match="signer"):
        read_status(signed(status_payload(LIST)), replace(office(), keys=(ended,)))


def test_an_old_key_cannot_speak_for_ever() -> None:
    """Dated back to when the key was in use, and valid for ten years: a list has a longest span."""
    longest = datetime.fromisoformat(LIST.issued) + LONGEST
    read_status(altered(validUntil=longest.isoformat()), office())
    for late in (longest + timedelta(seconds=1), longest.replace(year=2036)):
        with pytest.raises(StatusError, match="span"):
            read_status(altered(validUntil=late.isoformat()), office())
    for early in (LIST.issued, "2026-11-20T09:00:00+08:00"):
        with pytest.raises(StatusError, match="span"):
            read_status(altered(validUntil=early), office())


LISTS = json.loads(status_payload(LIST))["lists"]
MALFORMED: dict[str, bytes] = {
    "another schema": altered(schema="lubiao-status/2"),
    "one member more": altered(more=1),
    "a list less": altered(lists={name: one for name, one in LISTS.items() if name != "suspension"}),
    "a list more": altered(lists={**LISTS, "other": LISTS["revocation"]}),
    "lists that are none": altered(lists=[]),
    "a list that is no text": altered(lists={**LISTS, "revocation": 5}),
    "a list that is a bomb": altered(lists={**LISTS, "revocation": multibase(bomb(1 << 26))}),
    "lists of two lengths": altered(lists={**LISTS, "revocation": encoded_list({1}, BITS * 2)}),
    "a number that is none": altered(sequence="7"),
    "a number that is a truth": altered(sequence=True),
    "a negative number": altered(sequence=-1),
    "an id that is none": altered(id=5),
    "an empty id": altered(id=""),
    "no offset": altered(issued="2026-11-21T09:00:00"),
    "no instant": altered(issued="yesterday"),
    "no such day": altered(issued="2026-02-30T09:00:00Z"),
    "an instant that is none": altered(validUntil=5),
    "a reason for nobody": altered(reasons={"44": "misuse"}),
    "a reason of no index": altered(reasons={"x": "misuse"}),
    "a reason written otherwise": altered(reasons={"045": "misuse"}),
    "a reason that is no word": altered(reasons={"45": "\x1b[31m"}),
    "reasons that are none": altered(reasons=[]),
    "another kind of payload": signed(status_payload(LIST), kind=IN_TOTO),
    "a payload that is no map": signed(b"[]"),
    "a payload not canonical": signed(status_payload(LIST) + b" "),
    "an envelope not canonical": signed(status_payload(LIST)) + b"\n",
    "nothing": b"",
    "garbage": b"\xff\xfe",
    "a number as the file": b"5",
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_of_its_form_says_nothing(content: bytes) -> None:
    with pytest.raises(StatusError):
        read_status(content, office())


@pytest.mark.parametrize(
    "list_",
    [
        replace(LIST, reasons={44: "misuse"}),
        replace(LIST, reasons={45: "Not a word"}),
        replace(LIST, bits=BITS // 2),
        replace(LIST, bits=MOST_BITS * 2),
        replace(LIST, bits=BITS + 1),
        replace(LIST, sequence=-1),
        replace(LIST, id=""),
        replace(LIST, issued="2026-11-21"),
        replace(LIST, valid_until=LIST.issued),
    ],
)
def test_what_could_not_be_read_is_not_written(list_: StatusList) -> None:
    with pytest.raises(StatusError):
        status_payload(list_)


def test_a_reason_is_said_in_words() -> None:
    assert reason_words("misuse").both() == {"zh": "证书使用不当", "en": "the certificate was misused"}
    assert "no-such-word" in reason_words("no-such-word").render("zh")
