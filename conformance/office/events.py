"""What the office does, as entries of its log: receipts, suspensions, revocations, keys, errata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator

from conformance.signing.canonical import NotCanonicalError, canonical
from conformance.signing.dsse import Envelope

#: The payload type of every event.
EVENT = "application/vnd.lubiao.event+json"
SCHEMA = "lubiao-event/1"
KINDS = ("receipt", "suspend", "revoke", "reinstate", "supersede", "key", "errata")


class EventError(ValueError):
    """An event that is none; ``id`` is that of the message that says why, ``params`` its parameters, without data."""

    def __init__(self, id_: str, **params: str | int) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params


@dataclass(frozen=True)
class Event:
    """``kind``: of :data:`KINDS`; ``time``: RFC 3339 with offset; ``body``: as ``event.schema.json`` says of it."""

    kind: str
    time: str
    body: Mapping[str, Any]

    @property
    def instant(self) -> datetime:
        """The time, to be compared."""
        return datetime.fromisoformat(self.time)


def event_payload(kind: str, time: str, body: Mapping[str, Any]) -> bytes:
    """The canonical bytes of an event; raises :class:`EventError`."""
    value = {"schema": SCHEMA, "kind": kind, "time": time, "body": dict(body)}
    try:
        content = canonical(value)
    except NotCanonicalError as error:
        raise EventError("office.event.canonical") from error
    _require(value)
    return content


def read_event(envelope: Envelope) -> Event:
    """The event of an envelope, whose signatures are not looked at; raises :class:`EventError`."""
    if envelope.payload_type != EVENT:
        raise EventError("office.event.type")
    try:
        value = envelope.value()
    except NotCanonicalError as error:
        raise EventError("office.event.canonical") from error
    _require(value)
    return Event(value["kind"], value["time"], value["body"])


def _require(value: Any) -> None:
    fault = next(iter(_validator().iter_errors(value)), None)
    if fault is not None:
        raise EventError("office.event.form", place="/".join(map(str, fault.absolute_path)) or "/")
    if not _plain(value):
        raise EventError("office.event.form", place="/")
    try:
        datetime.fromisoformat(value["time"])
    except ValueError as error:
        raise EventError("office.event.form", place="time") from error


def _plain(value: Any) -> bool:
    """No text holds a control character: neither a line feed, which patterns let stand at an end, nor a terminal's.

    Nor anything else that is not seen, but the wide space of Chinese texts.
    """
    if isinstance(value, str):
        return value.replace("\u3000", "").isprintable()
    if isinstance(value, Mapping):
        return all(map(_plain, value.values()))
    return not isinstance(value, list) or all(map(_plain, value))


@cache
def _validator() -> Draft202012Validator:
    text = resources.files("conformance.office").joinpath("event.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))
