"""Events of the log: each kind's body is checked, whoever writes and whoever reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from log_made import DIGESTS

from conformance.office.events import EVENT, KINDS, Event, EventError, event_payload, read_event
from conformance.signing.canonical import canonical
from conformance.signing.dsse import IN_TOTO, Envelope

TIME = "2026-11-21T10:00:00+08:00"
NOTE = {"zh": "说明", "en": "note"}
STATUS = {"certificateNo": "LB-2026-000045", "index": 45, "reason": "product-changed"}
BODIES: dict[str, Mapping[str, Any]] = {
    "receipt": {
        "case": "2026-0045",
        "bundle": DIGESTS,
        "report": DIGESTS,
        "results": DIGESTS,
        "evidence": {"count": 240, "head": "ab" * 32, "root": DIGESTS},
        "challenge": {"commitment": "01" * 32, "nonce": "02" * 32},
    },
    "suspend": STATUS,
    "revoke": {**STATUS, "note": NOTE},
    "reinstate": STATUS,
    "supersede": {"certificateNo": "LB-2026-000045", "index": 45, "by": "LB-2026-000046"},
    "key": {"keyid": "ab" * 16, "act": "added", "algorithm": "SM2", "uses": ["log"], "from": TIME},
    "errata": {
        "id": "E-2026-1",
        "affected": [3, 5],
        "requirements": ["DE-0012"],
        "packs": [{"id": "db37-t-1", "edition": "2026"}],
        "suite": {"version": "0.1.0"},
        "note": NOTE,
    },
}


def test_there_is_a_body_of_each_kind() -> None:
    assert tuple(BODIES) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_written_and_read(kind: str) -> None:
    held = read_event(Envelope(EVENT, event_payload(kind, TIME, BODIES[kind])))
    assert held == Event(kind, TIME, BODIES[kind])
    assert held.instant.isoformat() == TIME


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_body_of_its_own(kind: str) -> None:
    for other in {"receipt", "revoke", "supersede", "key", "errata"} - {kind}:
        if (kind, other) not in {("suspend", "revoke"), ("reinstate", "revoke")}:
            with pytest.raises(EventError):
                event_payload(kind, TIME, BODIES[other])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_may_be_missing_or_be_added(kind: str) -> None:
    required = {"receipt": "bundle", "key": "keyid", "errata": "affected"}.get(kind, "certificateNo")
    with pytest.raises(EventError):
        event_payload(kind, TIME, {name: value for name, value in BODIES[kind].items() if name != required})
    with pytest.raises(EventError):
        event_payload(kind, TIME, {**BODIES[kind], "product": "x"})
    with pytest.raises(EventError):
        event_payload(kind, TIME, {})


@pytest.mark.parametrize(
    "time",
    [
        "",
        "2026-11-21",
        "2026-11-21T10:00:00",
        "2026-13-21T10:00:00Z",
        "2026-11-21T10:00:00+08:00\n",
        "now",
        "２026-11-21T10:00:00Z",
    ],
)
def test_a_time_has_its_offset(time: str) -> None:
    with pytest.raises(EventError):
        event_payload("key", time, BODIES["key"])


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("revoke", {"index": -1}),
        ("revoke", {"index": True}),
        ("revoke", {"index": "45"}),
        ("revoke", {"certificateNo": "LB-2026-000045\n"}),
        ("revoke", {"certificateNo": "../LB-2026-000045"}),
        ("revoke", {"reason": "Because"}),
        ("revoke", {"note": {"zh": "只有中文"}}),
        ("revoke", {"note": {"zh": "x", "en": "\x1b[31m"}}),
        ("revoke", {"note": {"zh": "x", "en": "\u202e"}}),
        ("receipt", {"bundle": {"sha256": "ab" * 32}}),
        ("receipt", {"bundle": {"sha256": "AB" * 32, "sm3": "cd" * 32}}),
        ("receipt", {"bundle": {"sha256": "ab" * 32 + "\n", "sm3": "cd" * 32}}),
        ("receipt", {"case": ""}),
        ("key", {"act": "stolen"}),
        ("errata", {"affected": [3, 3]}),
    ],
)
def test_a_value_not_of_its_form_is_refused(kind: str, change: Mapping[str, Any]) -> None:
    with pytest.raises(EventError):
        event_payload(kind, TIME, {**BODIES[kind], **change})


def test_a_wide_space_is_text() -> None:
    event_payload("revoke", TIME, {**STATUS, "note": {"zh": "一　二", "en": "x"}})


def test_what_canonical_json_cannot_hold_is_refused() -> None:
    with pytest.raises(EventError, match="canonical"):
        event_payload("errata", TIME, {**BODIES["errata"], "affected": [1.5]})


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope(IN_TOTO, event_payload("key", TIME, BODIES["key"])),
        Envelope(EVENT, b"{}"),
        Envelope(EVENT, b"[]"),
        Envelope(EVENT, b"null"),
        Envelope(EVENT, b""),
        Envelope(EVENT, event_payload("key", TIME, BODIES["key"]) + b"\n"),
        Envelope(EVENT, canonical({"schema": "lubiao-event/2", "kind": "key", "time": TIME, "body": BODIES["key"]})),
        Envelope(EVENT, canonical({"schema": "lubiao-event/1", "kind": "issue", "time": TIME, "body": {}})),
        Envelope(EVENT, canonical({"schema": "lubiao-event/1", "kind": "key", "time": 5, "body": BODIES["key"]})),
        Envelope(EVENT, canonical({"schema": "lubiao-event/1", "kind": "key", "time": TIME, "body": []})),
    ],
)
def test_what_is_no_event_is_refused(envelope: Envelope) -> None:
    with pytest.raises(EventError):
        read_event(envelope)
