"""A log read from end to end by whoever pins the office's keys: every checkpoint kept, every entry, every signature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from conformance.messages import Message, message
from conformance.office.checkpoint import LOG, WITNESS, Checkpoint, checkpoint_signers, lines_of
from conformance.office.events import EVENT, read_event
from conformance.office.log import Log, LogError, require_entry
from conformance.signing.canonical import NotCanonicalError
from conformance.signing.dsse import Envelope, read_envelope
from conformance.signing.keys import KeySet, PublicKey, missing_legs
from conformance.signing.verifying import verify_signature

#: The uses of keys that may sign each kind of entry; statements are certificates.
STATEMENT = "statement"
USES = {
    STATEMENT: ("certificate",),
    "receipt": ("receipt",),
    **dict.fromkeys(("suspend", "revoke", "reinstate", "supersede"), ("status", "certificate")),
    **dict.fromkeys(("key", "errata"), ("status", "certificate", "log")),
}


@dataclass(frozen=True)
class Audit:
    """``problems``: why the log cannot be relied on, none where it can; ``witnesses``: whose lines the latest
    checkpoint has. Counts of entries, of checkpoints kept, of entries after the latest checkpoint (``unpublished``),
    and of those of which no signature is by a pinned key that may sign such an entry (``unknown``).
    """

    problems: tuple[Message, ...]
    entries: int
    checkpoints: int
    unpublished: int
    unknown: int
    witnesses: tuple[PublicKey, ...]


def audit(log: Log, keys: KeySet, instant: datetime) -> Audit:
    """Everything of a log that can be held against pinned keys; ``instant``: when the latest checkpoint is judged.

    Older checkpoints, and entries, are held against the pinned keys whenever those were valid: the tree binds them.
    """
    latest, problems = log.latest(), list[Message]()
    problems += _latest(latest, keys, instant)
    problems += _kept(log, keys)
    unknown, faults = _entries(log, keys)
    witnesses = checkpoint_signers(latest, keys, instant, WITNESS) if latest else ()
    unpublished = log.size - (latest.size if latest else 0)
    return Audit(tuple(problems + faults), log.size, len(log.published()), unpublished, unknown, witnesses)


def _latest(latest: Checkpoint | None, keys: KeySet, instant: datetime) -> Iterator[Message]:
    if latest is None:
        yield message("office.audit.no-checkpoint")
    elif latest.origin != keys.origin:
        yield message("office.witness.other-log", origin=latest.origin, expected=keys.origin)
    else:
        held = checkpoint_signers(latest, keys, instant)
        if not held:
            yield message("office.witness.unsigned")
        elif missing := missing_legs(keys.required_for(LOG, instant), held):
            yield message("office.witness.leg", algorithm=missing[0])


def _kept(log: Log, keys: KeySet) -> Iterator[Message]:
    for size in log.published():
        try:
            if not lines_of(log.checkpoint(size), keys.keys, LOG):
                yield message("office.audit.checkpoint", size=size)
        except LogError as error:
            yield message(error.id, **error.params)


def _entries(log: Log, keys: KeySet) -> tuple[int, list[Message]]:
    unknown, faults = 0, list[Message]()
    for index, line in enumerate(log.entries()):
        try:
            envelope = read_envelope(line)
            require_entry(envelope)
        except (NotCanonicalError, LogError):
            faults.append(message("office.log.entry", index=index))
            continue
        held = _held(envelope, keys)
        if held is None:
            faults.append(message("office.audit.signature", index=index))
        else:
            unknown += not held
    return unknown, faults


def _held(envelope: Envelope, keys: KeySet) -> int | None:
    """How many signatures are by pinned keys that may sign such an entry; None where one of those does not hold."""
    uses, held = USES[_kind(envelope)], 0
    for one in envelope.signatures:
        key = keys.key(one.keyid)
        if key is None or not set(uses) & set(key.uses):
            continue
        if not verify_signature(key, envelope.signed, one.sig):
            return None
        held += 1
    return held


def _kind(envelope: Envelope) -> str:
    return read_event(envelope).kind if envelope.payload_type == EVENT else STATEMENT
