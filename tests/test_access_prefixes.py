"""Sets of addresses are sets; prefixes are canonical or not; nothing depends on what software thinks is private."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.access.prefixes import (
    PrefixSet,
    canonical,
    family_of,
    length_of,
    network_of,
    ranged,
    span,
)

SMALL = st.one_of(
    st.builds(lambda last, length: f"10.0.0.{last}/{length}", st.integers(0, 15), st.integers(28, 32)),
    st.builds(lambda a, b: f"10.0.0.{min(a, b)}-10.0.0.{max(a, b)}", st.integers(0, 15), st.integers(0, 15)),
    st.builds(lambda last: f"10.0.0.{last}", st.integers(0, 15)),
    st.builds(lambda last, length: f"2001:db8::{last:x}/{length}", st.integers(0, 15), st.integers(124, 128)),
)
UNIVERSE = [f"10.0.0.{last}" for last in range(16)] + [f"2001:db8::{last:x}" for last in range(16)]


def members(texts: list[str]) -> set[str]:
    """The addresses of the universe that any of the texts names, worked out from the bits."""
    return {one for one in UNIVERSE if any(_names(text, one) for text in texts)}


def _names(text: str, one: str) -> bool:
    address = ip_address(one)
    if "-" in text:
        low, high = (ip_address(part) for part in text.split("-"))
        return low.version == address.version and int(low) <= int(address) <= int(high)
    head, _, length = text.partition("/")
    other = ip_address(head)
    shift = other.max_prefixlen - int(length or other.max_prefixlen)
    return other.version == address.version and int(other) >> shift == int(address) >> shift


@given(st.lists(SMALL, max_size=5), st.lists(SMALL, max_size=5), SMALL)
def test_sets_are_what_their_addresses_are(left: list[str], right: list[str], text: str) -> None:
    one, other = PrefixSet.of(left), PrefixSet.of(right)
    mine, theirs, asked = members(left), members(right), members([text])
    assert {each for each in UNIVERSE if one.holds(each)} == mine
    assert {each for each in UNIVERSE if one.overlap(other).holds(each)} == mine & theirs
    assert {each for each in UNIVERSE if one.difference(other).holds(each)} == mine - theirs
    assert one.within(other) == (mine <= theirs)
    assert one.holds(text) == (asked <= mine) and one.meets(text) == bool(asked & mine)
    assert bool(one) == bool(mine) and PrefixSet.of(one.texts()) == one


@pytest.mark.parametrize("text", ["59.240.10.0/24", "59.254.1.0/31", "0.0.0.0/0", "2001:db8:10::/64", "::/0"])
def test_canonical(text: str) -> None:
    assert canonical(text)


@pytest.mark.parametrize(
    "text",
    [
        *("59.240.10.1/24", "59.240.10.0", "59.240.10.0/255.255.255.0", "59.240.10.0/33", "2001:db8::1/64", "", "/"),
        *("x/24", "59.240.10.0/٢٤", "59.240.010.0/24", "fe80::%eth0/64", "1" * 1000 + "/8"),
    ],
)
def test_not_canonical(text: str) -> None:
    assert not canonical(text)


def test_extranet_addresses_are_global_to_software_and_plain_addresses_here() -> None:
    assert ip_address("59.255.1.1").is_global
    assert PrefixSet.of(["59.192.0.0/10"]).holds("59.255.1.1/32")
    assert not PrefixSet.of(["59.192.0.0/10"]).holds("59.191.255.255")


@pytest.mark.parametrize(
    "text", ["", "x", "10.0.0.9-10.0.0.1", "10.0.0.1-2001:db8::1", "10.0.0.0/33", "-", "9" * 10_000]
)
def test_what_is_no_address_is_in_no_set_and_makes_none(text: str) -> None:
    assert span(text) is None and family_of(text) == 0 and length_of(text) == -1
    assert not PrefixSet.of([text]) and not PrefixSet.of(["0.0.0.0/0"]).holds(text)
    assert not PrefixSet.of(["0.0.0.0/0"]).meets(text)


def test_families_never_meet() -> None:
    assert not PrefixSet.of(["::/0"]).meets("0.0.0.0/0") and not PrefixSet.of(["0.0.0.0/0"]).holds("::1")


def test_texts() -> None:
    assert network_of("59.254.1.2/30") == "59.254.1.0/30" and network_of("nowhere") == "nowhere"
    assert length_of("59.254.1.2/30") == 30 and length_of("::1") == 128 and length_of("10.0.0.0-10.0.0.3") == -1
    low = int(ip_address("59.240.10.0"))
    assert ranged(4, low, low + 255) == "59.240.10.0/24" and ranged(4, low + 1, low + 2) == "59.240.10.1-59.240.10.2"
    assert ranged(6, 0, (1 << 128) - 1) == "::/0"
