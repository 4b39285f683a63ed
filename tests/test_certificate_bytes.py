"""No byte of a certificate can be changed, left out or put in, and it stays valid."""

from __future__ import annotations

import json

from certificate_case import NOW, certificate, good_status, key_set

from conformance.office.certificate import read_certificate
from conformance.office.verifying import verify_certificate

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def word(content: bytes) -> str:
    found = verify_certificate(content, key_set(), now=NOW, status=good_status())
    assert (found.word == "valid") == (found.code == 0)
    return found.word


def test_untouched_it_is_valid() -> None:
    assert word(certificate().content) == "valid"


def test_no_byte_can_be_changed() -> None:
    """To its neighbour, and to another letter of Base64, which is what most of the file is written in."""
    content = certificate().content
    words = set()
    for place, byte in enumerate(content):
        for other in {byte ^ 1, ALPHABET[(byte * 7 + place) % 64]} - {byte}:
            found = word(content[:place] + bytes([other]) + content[place + 1 :])
            assert found != "valid", (place, other)
            words.add(found)
    assert words == {"tampered", "unknown-signer", "not-logged"}


def test_nothing_can_be_cut_off() -> None:
    content = certificate().content
    for end in range(0, len(content), 17):
        assert word(content[:end]) == "tampered"
        assert word(content[end + 1 :]) == "tampered"
    assert word(content[:-1]) == "tampered"


def test_nothing_can_be_put_in() -> None:
    content = certificate().content
    for place in range(0, len(content) + 1, 41):
        for more in (b" ", b"\n", b"0", b"A", b'"', b"\x00", b"\xef\xbb\xbf"):
            assert word(content[:place] + more + content[place:]) != "valid", (place, more)


def test_a_member_twice_is_no_form() -> None:
    """Readers differ in which of two they take."""
    text = certificate().content.decode()
    for name in ('"envelope":', '"proof":', '"schema":', '"payload":', '"sig":', '"index":', '"checkpoint":'):
        start = text.index(name)
        _, end = json.JSONDecoder().raw_decode(text, start + len(name))
        assert word(f"{text[:start]}{text[start:end]},{text[start:]}".encode()) == "tampered", name


def test_other_writings_of_the_same_value_are_refused() -> None:
    value = json.loads(certificate().content)
    assert word(json.dumps(value).encode()) == "tampered"
    assert word(json.dumps(value, separators=(",", ":"), sort_keys=True).encode()) == "tampered"
    assert word(certificate().content.replace("—".encode(), b"\\u2014")) == "tampered"
    assert (
        json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode() == certificate().content
    )
    assert read_certificate(certificate().content).content == certificate().content
