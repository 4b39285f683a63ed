"""A call is signed as the convention says; each twist departs from it in one thing only.

The literal signatures were computed once with ``openssl dgst -sha256 -hmac``, not with what is tested.
"""

from __future__ import annotations

import base64

import pytest

from conformance.judge.service.model import STRAIGHT, Twist
from conformance.standard.services.model import SigningRules
from conformance.system.service.reach import Credentials
from conformance.system.service.signature import signed_headers

RULES = SigningRules(
    {"client": "X-Client-Id", "timestamp": "X-Timestamp", "nonce": "X-Nonce", "signature": "X-Signature"},
    ("client", "timestamp", "nonce"),
    "sha256",
    600_000,
)
WHO = Credentials("client-a", b"synthetic-secret")
NOW, NONCE = 1763716400000, "1000000000001"
RIGHT = "cc3KYBoerz5U/K7RUCB1kdahdMvVKqVBjdKMre2MlPk="


def signed(twist: Twist) -> dict[str, str]:
    return dict(signed_headers(RULES, WHO, twist, now_ms=NOW, nonce=NONCE))


def test_a_call_is_signed_as_openssl_would() -> None:
    assert signed_headers(RULES, WHO, STRAIGHT, now_ms=NOW, nonce=NONCE) == (
        ("X-Client-Id", "client-a"),
        ("X-Timestamp", "1763716400000"),
        ("X-Nonce", "1000000000001"),
        ("X-Signature", RIGHT),
    )


@pytest.mark.parametrize(
    ("way", "signature"),
    [
        ("blank", ""),
        ("other-secret", "va2toa/ENayKNCOURL7Nl5VqQVuljzPxzhLB2yl3hiI="),
        ("truncated", "cc3KYBoerz5U/K7RUCB1"),
        ("hex", "71cdca601a1eaf3e54fcaed150207591d6a174cbd52aa5418dd28caded8c94f9"),
    ],
)
def test_a_wrong_signature_is_wrong_in_its_own_way_and_nothing_else_is(way: str, signature: str) -> None:
    assert signed(Twist(signature=way)) == {**signed(STRAIGHT), "X-Signature": signature}


def test_a_truncated_signature_still_is_base64() -> None:
    assert base64.b64decode(signed(Twist(signature="truncated"))["X-Signature"], validate=True)


def test_a_signature_over_another_time_is_sent_with_the_right_time() -> None:
    wrong = signed(Twist(signature="other-timestamp"))
    assert wrong.pop("X-Signature") != RIGHT
    assert wrong == {name: value for name, value in signed(STRAIGHT).items() if name != "X-Signature"}


@pytest.mark.parametrize("role", ["client", "timestamp", "nonce", "signature"])
def test_an_omitted_header_is_not_sent(role: str) -> None:
    rest = signed(Twist(omit=(role,)))
    assert RULES.headers[role] not in rest
    assert len(rest) == 3


def test_what_is_signed_is_what_is_sent() -> None:
    """A service that takes a missing nonce for an empty one finds the signature right: only the nonce is missing."""
    assert signed(Twist(omit=("nonce",)))["X-Signature"] == "OwXpXkLMBWMWmNPkcNVFKdZ1Ir44HG13BnW36GfrxHw="
    assert signed(Twist(nonce=NONCE))["X-Signature"] == RIGHT
    moved = signed(Twist(clock_ms=-660_000))
    assert moved["X-Timestamp"] == "1763715740000"
    later = dict(signed_headers(RULES, WHO, STRAIGHT, now_ms=NOW - 660_000, nonce=NONCE))
    assert moved["X-Signature"] == later["X-Signature"] != RIGHT


def test_another_client_id_is_signed_with_the_secret_at_hand() -> None:
    stranger = signed(Twist(client_id="nobody"))
    assert stranger["X-Client-Id"] == "nobody"
    assert stranger["X-Signature"] != RIGHT


def test_a_way_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="rot13"):
        signed(Twist(signature="rot13"))


def test_a_secret_is_never_shown() -> None:
    assert "synthetic-secret" not in repr(WHO)
