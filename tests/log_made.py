"""Logs, checkpoints and events for tests: an office with one key of each use, and two witnesses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from signing_made import key_set, made

from conformance.office.events import EVENT, event_payload
from conformance.office.log import Log
from conformance.signing.dsse import Envelope, Signature
from conformance.signing.keys import KeySet
from conformance.signing.signers import Signer, sign_envelope

NOW = datetime.fromisoformat("2026-11-21T10:00:00+08:00")
ORIGIN = "log.example.test/2026"
DIGESTS = {"sha256": "ab" * 32, "sm3": "cd" * 32}


@cache
def signer(use: str, algorithm: str = "ES256", name: str = "a") -> Signer:
    return made(algorithm, name, (use,)).signer()


def office(*more: Signer, required: tuple[str, ...] = ()) -> KeySet:
    """The key set that everybody pins: the office's keys, two witnesses, and others."""
    held = [signer(use).key for use in ("log", "status", "certificate", "receipt")]
    held += [signer("witness", name=name).key for name in ("a", "b")]
    rules = {use: {"2026": required} for use in ("log", "status") if required}
    return replace(key_set(*held, *(one.key for one in more)), required=rules)


def receipt(number: int) -> Envelope:
    """A receipt as the office signs it, another one for each number."""
    body = {"case": f"2026-{number:06}", "bundle": DIGESTS}
    return sign_envelope(EVENT, event_payload("receipt", "2026-11-21T10:00:00+08:00", body), [signer("receipt")])


def unproved(number: int, length: int = 0) -> Envelope:
    """An entry of the right form whose signature is none: where many are needed and nobody verifies them."""
    body = {"case": f"2026-{number:06}" + "x" * length, "bundle": DIGESTS}
    payload = event_payload("receipt", "2026-11-21T10:00:00+08:00", body)
    return Envelope(EVENT, payload, (Signature("0" * 32, bytes(70)),))


def written_log(folder: Path, size: int) -> Log:
    """A published log of so many receipts."""
    log = Log.create(folder, ORIGIN)
    for number in range(size):
        log.append(unproved(number))
    log.publish([signer("log")])
    return log
