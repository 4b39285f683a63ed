"""What a witness does: it holds each checkpoint that it is shown against the last one it saw, and vouches or not.

A witness is a party outside the office. It needs the office's pinned keys, its own file of what it saw last, and the
log or a proof. What it saw first it takes on trust: from then on the office can no longer show it another past.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from conformance.messages import Message, message
from conformance.office.checkpoint import Checkpoint, CheckpointError, checkpoint_signers, read_checkpoint
from conformance.office.log import Log, LogError
from conformance.office.proofs import Consistency
from conformance.signing.canonical import NotCanonicalError, canonical, parse
from conformance.signing.keys import KeySet, missing_legs
from conformance.signing.merkle import holds_consistency
from conformance.standard.model import Text

SCHEMA = "lubiao-witness/1"
#: The bound of the file of what was seen.
LIMIT = 1 << 16
#: What a witness says, and the exit code: those of ``lubiao verify`` lie below 30.
CODES = MappingProxyType(
    {
        "first-seen": 0,
        "unchanged": 0,
        "consistent": 0,
        "malformed": 30,
        "unsigned": 31,
        "smaller": 32,
        "split-view": 33,
        "inconsistent": 34,
        "other-log": 35,
        "unproven": 36,
    }
)
#: Gives the proof that a tree of so many entries is the beginning of a checkpoint's; raises LogError where it cannot.
Prover = Callable[[int, Checkpoint], Sequence[bytes]]


class StateError(ValueError):
    """The witness's own file is not what it wrote."""


@dataclass(frozen=True)
class Observation:
    """``word`` of :data:`CODES`; ``checkpoint`` is there only where the witness may vouch for it, and is then what it
    has seen last.
    """

    word: str
    message: Message
    checkpoint: Checkpoint | None = None

    @property
    def code(self) -> int:
        """The exit code."""
        return CODES[self.word]


def observe(
    content: bytes, keys: KeySet, instant: datetime, seen: Checkpoint | None, prove: Prover | None
) -> Observation:
    """Hold a checkpoint against the one seen last (None: nothing was seen yet); nothing is signed or written.

    ``prove`` is asked only after the signatures hold; it may be None where no proof was given.
    """
    try:
        shown = read_checkpoint(content)
    except CheckpointError as error:
        return Observation("malformed", message(error.id, **error.params))
    if shown.origin != keys.origin or (seen is not None and seen.origin != shown.origin):
        expected = keys.origin if seen is None else seen.origin
        return Observation("other-log", message("office.witness.other-log", origin=shown.origin, expected=expected))
    held = checkpoint_signers(shown, keys, instant)
    if not held:
        return Observation("unsigned", message("office.witness.unsigned"))
    if missing := missing_legs(keys.required_for("log", instant), held):
        return Observation("unsigned", message("office.witness.leg", algorithm=missing[0]))
    return _first(shown, prove) if seen is None else _later(shown, seen, prove)


def _first(shown: Checkpoint, prove: Prover | None) -> Observation:
    try:
        if prove is not None:
            prove(0, shown)
    except LogError as error:
        return _unproven(error)
    return Observation("first-seen", message("office.witness.first-seen", size=shown.size), shown)


def _later(shown: Checkpoint, seen: Checkpoint, prove: Prover | None) -> Observation:
    sizes = {"size": shown.size, "seen": seen.size}
    if shown.size < seen.size:
        return Observation("smaller", message("office.witness.smaller", **sizes))
    if shown.size == seen.size:
        if shown.root != seen.root:
            return Observation("split-view", message("office.witness.split-view", size=shown.size))
        return Observation("unchanged", message("office.witness.unchanged", size=shown.size), shown)
    return _grown(shown, seen, prove)


def _grown(shown: Checkpoint, seen: Checkpoint, prove: Prover | None) -> Observation:
    sizes = {"size": shown.size, "seen": seen.size}
    if prove is None:
        return Observation("unproven", message("office.witness.no-proof", **sizes))
    try:
        proof = prove(seen.size, shown)
    except LogError as error:
        return _unproven(error)
    if not holds_consistency(seen.size, seen.root, shown.size, shown.root, proof):
        return Observation("inconsistent", message("office.witness.inconsistent", **sizes))
    return Observation("consistent", message("office.witness.consistent", **sizes), shown)


def _unproven(error: LogError) -> Observation:
    cause = Text(**message(error.id, **error.params).both())
    return Observation("unproven", message("office.witness.unproven", cause=cause))


def from_log(open_log: Callable[[], Log]) -> Prover:
    """Proofs from a log's entries, which must give the checkpoint's root; the log is opened when it is first asked."""

    def prove(old: int, shown: Checkpoint) -> Sequence[bytes]:
        log = open_log()
        if log.size < shown.size:
            raise LogError("office.log.truncated", size=shown.size)
        if log.root(shown.size) != shown.root:
            raise LogError("office.log.edited", size=shown.size)
        return log.consistency(old, shown.size)

    return prove


def from_proof(proof: Consistency) -> Prover:
    """The proof of a file, which must be about these two sizes of this log."""

    def prove(old: int, shown: Checkpoint) -> Sequence[bytes]:
        if old and (proof.origin, proof.old, proof.size) != (shown.origin, old, shown.size):
            raise LogError("office.log.other-proof", old=old, size=shown.size)
        return proof.hashes

    return prove


def write_seen(checkpoint: Checkpoint) -> bytes:
    """What a witness keeps: the whole checkpoint, for with its signatures it is the proof where another one appears."""
    return canonical({"schema": SCHEMA, "checkpoint": checkpoint.text})


def read_seen(content: bytes) -> Checkpoint:
    """The checkpoint that was seen last; raises :class:`StateError`."""
    try:
        value = parse(content, limit=LIMIT)
        if set(value) != {"schema", "checkpoint"} or value["schema"] != SCHEMA:
            raise StateError
        return read_checkpoint(value["checkpoint"])
    except (NotCanonicalError, CheckpointError, TypeError, AttributeError) as error:
        raise StateError from error
