"""The headers that sign a call: as the convention says, or with one thing wrong on purpose."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from conformance.judge.service.model import Twist
from conformance.standard.services.model import SigningRules
from conformance.system.service.reach import Credentials

_CLIENT, _TIMESTAMP, _NONCE, _SIGNATURE = "client", "timestamp", "nonce", "signature"
#: A signature is truncated to so many characters: whole groups, so that it still is Base64.
_KEPT = 20


def signed_headers(
    rules: SigningRules, credentials: Credentials, twist: Twist, *, now_ms: int, nonce: str
) -> tuple[tuple[str, str], ...]:
    """The headers of the convention, in its order, those that the twist omits left out.

    What is signed is what is sent: an omitted role counts as empty, so that a service that does not miss it meets a
    right signature. Raises ValueError for a way of signing wrongly that there is not.
    """
    sent = {
        _CLIENT: twist.client_id or credentials.id,
        _TIMESTAMP: str(now_ms + twist.clock_ms),
        _NONCE: twist.nonce or nonce,
    }
    sent = {role: "" if role in twist.omit else value for role, value in sent.items()}
    signature = _signature(rules, credentials.secret, sent, twist.signature)
    values = {**sent, _SIGNATURE: signature}
    return tuple((name, values[role]) for role, name in rules.headers.items() if role not in twist.omit)


def _signature(rules: SigningRules, secret: bytes, sent: Mapping[str, str], wrongly: str) -> str:
    right = _digest(rules, secret, sent)
    match wrongly:
        case "":
            return _text(right)
        case "blank":
            return ""
        case "other-secret":
            return _text(_digest(rules, b"other-" + secret, sent))
        case "truncated":
            return _text(right)[:_KEPT]
        case "hex":
            return right.hex()
        case "other-timestamp":
            return _text(_digest(rules, secret, {**sent, _TIMESTAMP: f"{sent[_TIMESTAMP]}0"}))
        case _:
            raise ValueError(f"no such way of signing wrongly: {wrongly}")


def _digest(rules: SigningRules, secret: bytes, sent: Mapping[str, str]) -> bytes:
    return hmac.digest(secret, "".join(sent[role] for role in rules.base).encode(), rules.digest)


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
