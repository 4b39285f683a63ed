"""What the tests of verification share: a certificate, verified with all as it should be but for what is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from certificate_case import (
    ISSUE,
    NOW,
    Logged,
    bundle,
    certificate,
    changed,
    good_status,
    key_set,
    logged,
    signed,
)

from conformance.messages import LANGUAGES
from conformance.office.certificate import certificate_payload
from conformance.office.verifying import Verification, verify_certificate
from conformance.signing.canonical import canonical
from conformance.signing.keys import KeySet

#: The contract's table.
CODES = {
    "valid": 0,
    "expired": 10,
    "suspended": 11,
    "revoked": 12,
    "superseded": 13,
    "tampered": 14,
    "wrong-product": 15,
    "unknown-signer": 16,
    "leg-missing": 17,
    "not-yet-valid": 18,
    "status-unknown": 19,
    "not-logged": 20,
}
PAYLOAD = certificate_payload(bundle(), ISSUE)


def verified(content: bytes | None = None, keys: KeySet | None = None, **given: Any) -> Verification:
    """With everything as it should be, but for what is given."""
    asked = {"now": NOW, "status": good_status(), **given}
    return verify_certificate(certificate().content if content is None else content, keys or key_set(), **asked)


def said(found: Verification) -> tuple[str, str]:
    """The word and the cause; the code must be the contract's."""
    assert found.code == CODES[found.word]
    assert all(found.message.render(language) for language in LANGUAGES)
    return found.word, found.message.id.removeprefix("certificate.")


def issued(**other: Any) -> Logged:
    """A certificate issued with other terms, signed and logged as it should be."""
    return logged(signed(certificate_payload(bundle(), replace(ISSUE, **other))))


def restated(change: Callable[[Any], object]) -> Logged:
    """A certificate whose statement was changed before the office signed and logged it."""
    return logged(signed(canonical(changed(json.loads(PAYLOAD), change))))


def refiled(change: Callable[[Any], object], content: bytes | None = None) -> bytes:
    """The certificate's file, changed, in canonical form again."""
    return canonical(changed(json.loads(content or certificate().content), change))


def pinned(**without: Any) -> KeySet:
    return replace(key_set(), **without)


def drop_leg(number: int) -> Callable[[Any], object]:
    return lambda value: value["envelope"]["signatures"].pop(number)
