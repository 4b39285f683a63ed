"""Envelopes: the specification's example, the way to bytes and back, and no byte that could be another."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.signing.canonical import NotCanonicalError, canonical
from conformance.signing.dsse import (
    IN_TOTO,
    LIMIT,
    Envelope,
    Signature,
    decoded,
    envelope_of,
    envelope_value,
    pae,
    read_envelope,
    write_envelope,
)

NFC = st.text(st.characters(codec="ascii"), max_size=40) | st.sampled_from(["政务服务", IN_TOTO, ""])
ENVELOPES = st.builds(
    Envelope,
    NFC,
    st.binary(max_size=200),
    st.lists(st.builds(Signature, NFC, st.binary(max_size=80)), max_size=4).map(tuple),
)


def test_the_specifications_example() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("政", b"\x00") == b"DSSEv1 3 \xe6\x94\xbf 1 \x00"
    assert Envelope("a", b"b").signed == b"DSSEv1 1 a 1 b"


@given(NFC, st.binary(max_size=40), NFC, st.binary(max_size=40))
def test_no_two_envelopes_sign_the_same_bytes(kind: str, payload: bytes, other: str, another: bytes) -> None:
    assert (pae(kind, payload) == pae(other, another)) == ((kind, payload) == (other, another))


def test_lengths_keep_type_and_payload_apart() -> None:
    assert pae("a 1 b", b"c") != pae("a", b"b 1 c")
    assert pae("", b" 0 ") != pae(" 0 ", b"")


@given(ENVELOPES)
def test_what_is_written_is_read_back(envelope: Envelope) -> None:
    content = write_envelope(envelope)
    assert read_envelope(content) == envelope
    assert write_envelope(read_envelope(content)) == content
    assert envelope_of(envelope_value(envelope)) == envelope


def test_no_byte_of_a_file_can_change_without_what_is_read_changing() -> None:
    envelope = Envelope(
        IN_TOTO, canonical({"产品": "x", "n": [1, 2]}), (Signature("k" * 32, bytes(70)), Signature("l", b"\xff"))
    )
    content = write_envelope(envelope)
    refused = changed = 0
    for place, byte in enumerate(content):
        for value in {byte ^ 1 << bit for bit in range(8)} | {0x20, 0x00}:
            if value == byte:
                continue
            try:
                assert read_envelope(content[:place] + bytes([value]) + content[place + 1 :]) != envelope
                changed += 1
            except NotCanonicalError:
                refused += 1
        with pytest.raises(NotCanonicalError):
            read_envelope(content[:place])
        for more in (b" ", b"\n", b"=", b"A", b"0"):
            try:
                assert read_envelope(content[:place] + more + content[place:]) != envelope
            except NotCanonicalError:
                refused += 1
    assert refused > 4 * len(content)
    assert changed > 100


@pytest.mark.parametrize(
    "text", ["YQ", "YR==", "YQ=", "YQ== ", " YQ==", "Y Q==", "YQ==\n", "-_8=", "YQ==YQ==", "=", "é", 7, None, ["YQ=="]]
)
def test_base64_has_one_form(text: Any) -> None:
    with pytest.raises(NotCanonicalError):
        decoded(text)


@given(st.binary())
def test_base64_of_any_bytes(content: bytes) -> None:
    assert decoded(base64.b64encode(content).decode()) == content


GOOD = {"payload": "YQ==", "payloadType": "t", "signatures": [{"keyid": "k", "sig": "YQ=="}]}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "x",
        {},
        {**GOOD, "more": 1},
        {name: GOOD[name] for name in ("payload", "signatures")},
        {**GOOD, "payload": 7},
        {**GOOD, "payload": None},
        {**GOOD, "payloadType": ["t"]},
        {**GOOD, "signatures": {}},
        {**GOOD, "signatures": "YQ=="},
        {**GOOD, "signatures": [7]},
        {**GOOD, "signatures": [{"keyid": "k"}]},
        {**GOOD, "signatures": [{"keyid": "k", "sig": "YQ==", "cert": "x"}]},
        {**GOOD, "signatures": [{"keyid": 7, "sig": "YQ=="}]},
        {**GOOD, "signatures": [{"keyid": "k", "sig": "YQ"}]},
    ],
)
def test_other_members_and_shapes_are_refused(value: Any) -> None:
    assert envelope_of(GOOD) == Envelope("t", b"a", (Signature("k", b"a"),))
    with pytest.raises(NotCanonicalError):
        envelope_of(value)
    with pytest.raises(NotCanonicalError):
        read_envelope(canonical(value))


def test_a_payload_is_canonical_or_has_no_value() -> None:
    assert Envelope(IN_TOTO, b'{"a":1}').value() == {"a": 1}
    for payload in (b'{"a": 1}', b"", b"\xff", b'{"a":1,"a":1}', b"1.0"):
        with pytest.raises(NotCanonicalError):
            Envelope(IN_TOTO, payload).value()


def test_an_envelope_beyond_the_limit_is_refused() -> None:
    with pytest.raises(NotCanonicalError):
        read_envelope(write_envelope(Envelope("t", bytes(LIMIT))))
    with pytest.raises(NotCanonicalError):
        read_envelope(b"[" * LIMIT)
