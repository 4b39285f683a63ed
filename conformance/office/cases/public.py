"""What the office's log says of its cases and certificates: the truth, wherever the case store was left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.office.events import EVENT, Event, read_event
from conformance.office.log import Log
from conformance.signing.dsse import Envelope, read_envelope

#: Kinds of events by which the status of a certificate changes.
CHANGES = ("suspend", "revoke", "reinstate", "supersede")


@dataclass(frozen=True)
class Logged:
    """A certificate as the log holds it: the index of its entry, the envelope, and the predicate that it states."""

    index: int
    envelope: Envelope = field(repr=False)
    predicate: Mapping[str, Any] = field(repr=False)

    @property
    def number(self) -> str:
        """The certificate's number."""
        return str(self.predicate["certificateNo"])

    @property
    def bundle(self) -> str:
        """The SHA-256 of the manifest of the bundle that it is about."""
        return str(self.predicate["report"]["bundle"]["sha256"])

    @property
    def status_index(self) -> int:
        """Its place in the status list."""
        return int(self.predicate["status"]["index"])


@dataclass(frozen=True)
class PublicRecord:
    """``certificates`` and ``changes`` (of status, in order) by number; ``receipts``: index and body by case."""

    certificates: Mapping[str, Logged]
    receipts: Mapping[str, tuple[int, Mapping[str, Any]]]
    changes: Mapping[str, Sequence[Event]]

    def of_bundle(self, digest: str) -> Logged | None:
        """The certificate of a bundle."""
        return next((one for one in self.certificates.values() if one.bundle == digest), None)


def read_public(log: Log) -> PublicRecord:
    """All that the log's entries say; raises :class:`~conformance.office.log.LogError` and what reading them raises."""
    certificates: dict[str, Logged] = {}
    receipts: dict[str, tuple[int, Mapping[str, Any]]] = {}
    changes: dict[str, list[Event]] = {}
    for index, line in enumerate(log.entries()):
        envelope = read_envelope(line)
        if envelope.payload_type != EVENT:
            held = Logged(index, envelope, envelope.value()["predicate"])
            certificates.setdefault(held.number, held)
            continue
        event = read_event(envelope)
        if event.kind == "receipt":
            receipts.setdefault(event.body["case"], (index, event.body))
        elif event.kind in CHANGES:
            changes.setdefault(event.body["certificateNo"], []).append(event)
    return PublicRecord(certificates, receipts, changes)
