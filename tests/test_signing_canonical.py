"""Canonical JSON: RFC 8785's examples as far as I-JSON of ours holds them, and everything else refused."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.evidence.record import storable_value
from conformance.signing.canonical import DEPTH, LARGEST, NotCanonicalError, canonical, parse, storable

LIMIT = 1 << 20


def test_rfc_8785_strings_and_literals() -> None:
    """Section 3.2.2: the example without its floats."""
    value = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]}
    assert canonical(value) == b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'


def test_rfc_8785_order_of_members() -> None:
    """Section 3.2.3: by UTF-16 code units, so an emoji stands before U+FB01. (Its U+FB33 is not in NFC: refused.)"""
    names = ["\u20ac", "\r", "\ufb01", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb01"]
    written = canonical(dict.fromkeys(names, 0))
    assert list(parse(written, limit=LIMIT)) == order
    assert written.decode().startswith('{"\\r":0,"1":0,"\u0080":0,')
    with pytest.raises(NotCanonicalError):
        canonical({"\ufb33": 0})


def test_the_short_escapes_and_no_others() -> None:
    assert canonical("\b\t\n\f\r\x00\x1f\x7f\u2028/") == b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\xe2\x80\xa8/"'


@pytest.mark.parametrize("number", [LARGEST + 1, -LARGEST - 1, 9007199254740993, 10**400, -(2**64)])
def test_integers_that_others_would_round_are_refused(number: int) -> None:
    for value in (number, [number], {"a": {"b": number}}):
        with pytest.raises(NotCanonicalError):
            canonical(value)
    with pytest.raises(NotCanonicalError):
        parse(b"1" * 5000, limit=LIMIT)


@pytest.mark.parametrize("number", [0, 1, -1, LARGEST, -LARGEST])
def test_integers_that_all_keep(number: int) -> None:
    assert parse(canonical(number), limit=LIMIT) == number


@pytest.mark.parametrize(
    "value", [1.5, 0.0, float("nan"), float("inf"), b"x", {1: 2}, {None: 1}, {1, 2}, object(), "\ud800"]
)
def test_what_i_json_cannot_hold_is_refused(value: Any) -> None:
    for one in (value, [value], {"a": value}):
        with pytest.raises(NotCanonicalError):
            canonical(one)


def test_names_and_texts_that_are_not_in_nfc_are_refused() -> None:
    for text in ("e\u0301", "\u212b", "가\u11a8", "\ud83d"):
        for value in (text, {text: 0}):
            with pytest.raises(NotCanonicalError):
                canonical(value)
    with pytest.raises(NotCanonicalError):
        parse('"e\u0301"'.encode(), limit=LIMIT)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"{}\n",
        b" {}",
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":1}',
        b'"\\u0061"',
        b'"\\/"',
        b'"\\u000A"',
        b'"\\u00e9"',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"\xff",
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"+1",
        b"NaN",
        b"Infinity",
        b"[1,]",
        b"// x\n1",
        b"'a'",
        b"9007199254740993",
        b"null null",
        b'"\n"',
    ],
)
def test_bytes_that_we_would_not_write_are_refused(content: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        parse(content, limit=LIMIT)


@pytest.mark.parametrize("bomb", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_depth_is_no_way_in(bomb: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        parse(bomb, limit=LIMIT)


def test_the_depth_allowed_is_exact() -> None:
    at_most = b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1)
    assert parse(at_most, limit=LIMIT)
    with pytest.raises(NotCanonicalError):
        parse(b"[" + at_most + b"]", limit=LIMIT)
    value: Any = 0
    for _ in range(5000):
        value = [value]
    with pytest.raises(NotCanonicalError):
        canonical(value)


def test_more_than_the_limit_is_not_even_read() -> None:
    assert parse(b'"aa"', limit=4) == "aa"
    with pytest.raises(NotCanonicalError):
        parse(b'"aaa"', limit=4)


TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: unicodedata.normalize("NFC", text))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    content = canonical(value)
    assert parse(content, limit=LIMIT) == value
    assert canonical(parse(content, limit=LIMIT)) == content


@given(VALUES, st.data())
def test_two_contents_never_hold_one_value(value: Any, data: st.DataObject) -> None:
    content = canonical(value)
    place = data.draw(st.integers(0, len(content) - 1))
    changed = content[:place] + data.draw(st.binary(max_size=2)) + content[place + 1 :]
    if changed == content:
        return
    try:
        assert canonical(parse(changed, limit=LIMIT)) == changed
    except NotCanonicalError:
        return


@given(st.text(st.characters()))
def test_any_text_can_be_made_storable(text: str) -> None:
    held = storable(text)
    assert parse(canonical(held), limit=LIMIT) == held
    assert storable(held) == held


def test_what_storable_changes_can_be_seen() -> None:
    assert storable("a\ud800b") == "a〔U+D800〕b"
    assert storable("e\u0301") == "\u00e9"
    assert storable("plain") == "plain"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    ).map(storable_value)
)
def test_the_quick_look_and_the_close_one_agree(value: Any) -> None:
    """What we write is read, and any other writing of the same value is refused, whichever way is taken."""
    content = canonical(value)
    assert parse(content, limit=1 << 20) == value
    for other in (
        json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode(),
        json.dumps(value, ensure_ascii=False, sort_keys=True).encode(),
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(),
        content + b"\n",
    ):
        if other != content:
            with pytest.raises(NotCanonicalError):
                parse(other, limit=1 << 20)


@given(st.text())
def test_any_text_made_storable_is_read_back(text: str) -> None:
    assert parse(canonical(storable(text)), limit=1 << 20) == storable(text)


@pytest.mark.parametrize("depth", range(DEPTH - 2, DEPTH + 3))
@pytest.mark.parametrize("leaf", [b"", b"1", b"[]"])
def test_reading_and_writing_have_the_same_bound_of_depth(depth: int, leaf: bytes) -> None:
    content = b"[" * depth + leaf + b"]" * depth
    try:
        written = canonical(json.loads(content))
    except NotCanonicalError:
        with pytest.raises(NotCanonicalError):
            parse(content, limit=999)
    else:
        assert parse(content, limit=999) is not None
        assert written == content


def test_keys_beyond_the_basic_plane_stand_in_the_order_of_utf_16() -> None:
    content = '{"\U00010000":1,"\ufffd":2}'.encode()
    assert parse(content, limit=99) == {"\U00010000": 1, "\ufffd": 2}
    with pytest.raises(NotCanonicalError):
        parse('{"\ufffd":2,"\U00010000":1}'.encode(), limit=99)
