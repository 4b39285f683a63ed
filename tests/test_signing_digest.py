"""Digests: the standards' own examples, by OpenSSL and by the fall-back; a set is equal only where both are."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysmx.SM3 import hash_msg

from conformance.signing import digest
from conformance.signing.digest import ALGORITHMS, digest_set, digest_stream, hasher, same_digests

#: GB/T 32905-2016, Annex A.
SM3 = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}


@pytest.mark.parametrize("make", [digest._openssl_sm3, digest._own_sm3, hasher("sm3")])
@pytest.mark.parametrize(("data", "expected"), SM3.items())
def test_sm3_of_the_standards_examples(make: digest.Hash, data: bytes, expected: str) -> None:
    assert make(data).hexdigest() == expected  # type: ignore[operator]


def test_without_sm3_in_openssl_the_fall_back_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "algorithms_available", {"sha256"})
    assert hasher("sm3") is digest._own_sm3
    assert {data: digest_set(data)["sm3"] for data in SM3} == SM3


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_the_fall_back_agrees_however_the_data_come(parts: list[bytes]) -> None:
    held = digest._own_sm3()
    for part in parts:
        held.update(part)
    whole = b"".join(parts)
    assert held.digest() == digest._openssl_sm3(whole).digest()
    assert held.hexdigest() == hash_msg(whole)


def test_sha256_of_abc() -> None:
    assert hasher("sha256")(b"abc").hexdigest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("name", ["", "sha1", "md5", "SHA256", "sm2"])
def test_no_other_algorithm(name: str) -> None:
    with pytest.raises(ValueError, match="unknown"):
        hasher(name)


def test_a_stream_is_digested_like_its_bytes_from_where_it_stands() -> None:
    data = bytes(range(256)) * 9000
    file = io.BytesIO(data)
    assert digest_stream(file) == digest_set(data)
    assert digest_stream(file) == digest_set(b"")
    assert set(digest_set(b"")) == set(ALGORITHMS) == {"sha256", "sm3"}


def test_a_set_is_equal_only_where_both_are() -> None:
    one, other = digest_set(b"a"), digest_set(b"b")
    assert same_digests(one, dict(one))
    assert same_digests({**one, "sha512": "x"}, one)
    for wrong in (
        other,
        {**one, "sm3": other["sm3"]},
        {**one, "sha256": other["sha256"]},
        {"sha256": one["sha256"]},
        {"sm3": one["sm3"]},
        {},
        {**one, "sm3": one["sm3"].upper()},
        {**one, "sm3": ""},
    ):
        assert not same_digests(one, wrong)
        assert not same_digests(wrong, one)
        assert same_digests(wrong, wrong) == (set(ALGORITHMS) <= set(wrong))
