"""Does everything verify that is to be published? Signatures, proofs, the log, the status list, and all together.

The same rules as ``office/verifying.py``, with what many certificates share looked at once: the list, the tree, and
each checkpoint. A certificate of the log that is missing here would be hidden from the public: that is refused too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from conformance.office.certificate import PREDICATE, Certificate
from conformance.office.checkpoint import LOG, WITNESS, CheckpointError, checkpoint_signers, read_checkpoint
from conformance.office.events import EVENT, EventError, read_event
from conformance.office.log import ENTRIES
from conformance.office.status import REVOKED, SUPERSEDED, SUSPENDED
from conformance.office.verifying import AHEAD
from conformance.register.reading import LOG as FOLDER
from conformance.register.reading import STATUS, Held, certificate_file
from conformance.register.refusing import RegisterError
from conformance.register.spreading import spread
from conformance.signing.canonical import NotCanonicalError
from conformance.signing.dsse import read_envelope
from conformance.signing.keys import KeySet, missing_legs
from conformance.signing.merkle import holds_inclusion
from conformance.signing.verifying import signature_state

USE = "certificate"
#: Events about a certificate, and what they make of it; only a suspension can be undone.
_MAKES = {"suspend": "suspended", "reinstate": "", "revoke": "revoked", "supersede": "superseded"}


@dataclass(frozen=True)
class Act:
    """What the log says of a certificate: ``kind`` of the event, or ``issue``; ``by``: the number that replaces it."""

    index: int
    kind: str
    time: str
    reason: str = ""
    by: str = ""


@dataclass(frozen=True)
class Checked:
    """What may be published. ``acts``: by certificate number, in the order of the log."""

    held: Held
    acts: Mapping[str, tuple[Act, ...]]


@dataclass
class _Checkpoints:
    """Checkpoints of certificates, each verified once for the keys that were valid when the certificate was made."""

    held: Held
    known: dict[tuple[object, ...], tuple[int, bytes]] = field(default_factory=dict)

    def size_and_root(self, certificate: Certificate) -> tuple[int, bytes]:
        """Those of a checkpoint that the log signed; raises RegisterError."""
        created, keys = certificate.instant("timeCreated"), self.held.keys
        valid = tuple(key.id for key in keys.keys if key.valid_at(created))
        place = (certificate.checkpoint_text, valid, created.year)
        if place not in self.known:
            self.known[place] = self._verified(certificate, created)
        return self.known[place]

    def _verified(self, certificate: Certificate, created: datetime) -> tuple[int, bytes]:
        keys, file = self.held.keys, certificate_file(certificate.number)
        try:
            shown = read_checkpoint(certificate.checkpoint_text)
        except CheckpointError as error:
            raise RegisterError(file, error.id, **error.params) from error
        signers = checkpoint_signers(shown, keys, created, LOG)
        known = {key.id for key in (*signers, *checkpoint_signers(shown, keys, created, WITNESS))}
        if not signers or missing_legs(keys.required_for(LOG, created), signers) or len(shown.lines) != len(known):
            raise RegisterError(file, "register.refused.checkpoint")
        if shown.size > self.held.checkpoint.size or self.held.log.root(shown.size) != shown.root:
            raise RegisterError(file, "register.refused.other-log")
        return shown.size, shown.root


def check(held: Held, now: datetime) -> Checked:
    """Verify all that an office's folder holds, as at an instant; raises :class:`RegisterError` for the first fault."""
    _require_log(held, now)
    _require_current(held, now)
    spread(partial(_require_part_verified, held), len(held.certificates))
    _require_own_places(held)
    acts = _acts(held)
    _require_agreement(held, acts)
    return Checked(held, acts)


def _require_log(held: Held, now: datetime) -> None:
    signers = checkpoint_signers(held.checkpoint, held.keys, now, LOG)
    if not signers or missing_legs(held.keys.required_for(LOG, now), signers):
        raise RegisterError(f"{FOLDER}/checkpoint", "register.refused.checkpoint")


def _require_current(held: Held, now: datetime) -> None:
    """The list may be relied on now, or every page would say that the status is not known."""
    if now >= datetime.fromisoformat(held.status.valid_until):
        raise RegisterError(STATUS, "register.refused.status-ended", ended=held.status.valid_until)
    if datetime.fromisoformat(held.status.issued) - now > AHEAD:
        raise RegisterError(STATUS, "register.refused.status-future", issued=held.status.issued)


def _require_part_verified(held: Held, part: slice) -> None:
    checkpoints = _Checkpoints(held)
    for one in held.certificates[part]:
        _require_verified(one, held, checkpoints)


def _require_verified(certificate: Certificate, held: Held, checkpoints: _Checkpoints) -> None:
    file = certificate_file(certificate.number)
    _require_signed(certificate, held.keys, file)
    size, root = checkpoints.size_and_root(certificate)
    leaf = _leaf(certificate, held)
    if leaf is None or not holds_inclusion(leaf, certificate.index, size, certificate.hashes, root):
        raise RegisterError(file, "register.refused.proof")
    if (named := certificate.predicate["status"]["list"]) != held.status.id:
        raise RegisterError(file, "register.refused.list", list=named)


def _leaf(certificate: Certificate, held: Held) -> bytes | None:
    """The line of the log that the file holds as its first member; its bytes are canonical, so they can be compared."""
    line = held.entries[certificate.index] if certificate.index < len(held.entries) else b""
    return line if certificate.content.startswith(b'{"envelope":' + line + b',"proof":') else None


def _require_signed(certificate: Certificate, keys: KeySet, file: str) -> None:
    created = certificate.instant("timeCreated")
    state = signature_state(certificate.envelope, keys, USE, created)
    if state.bad or state.unknown:
        raise RegisterError(file, "register.refused.signature", keys=", ".join((*state.bad, *state.unknown)[:5]))
    missing = missing_legs(keys.required_for(USE, created), state.held)
    if missing or not state.held:
        raise RegisterError(file, "register.refused.leg", algorithms=", ".join(missing) or "—")
    foreign = certificate.statement["predicateType"] != f"{keys.register}{PREDICATE}"
    if foreign or certificate.predicate["test"] != (keys.kind == "test"):
        raise RegisterError(file, "register.refused.register")


def _require_own_places(held: Held) -> None:
    """No two certificates share a bit of the status list."""
    owners: dict[int, str] = {}
    for one in held.certificates:
        index = one.predicate["status"]["index"]
        other = owners.setdefault(index, one.number)
        if other != one.number:
            file = certificate_file(one.number)
            raise RegisterError(file, "register.refused.status-index", number=other, index=index)


def _acts(held: Held) -> dict[str, tuple[Act, ...]]:
    """What the log says of each certificate; every certificate in it must be there to be published."""
    issued = {one.index: one for one in held.certificates}
    acts: dict[str, list[Act]] = {one.number: [] for one in held.certificates}
    for index, line in enumerate(held.entries):
        if index in issued:
            one = issued[index]
            acts[one.number].append(Act(index, "issue", one.predicate["timeCreated"]))
            continue
        number, act = _event(index, line)
        if act is not None:
            acts.setdefault(number, []).append(act)
    return {number: tuple(several) for number, several in acts.items()}


def _event(index: int, line: bytes) -> tuple[str, Act | None]:
    """The event of a line, where it is about a certificate."""
    file = f"{FOLDER}/{ENTRIES}"
    try:
        envelope = read_envelope(line)
        if envelope.payload_type != EVENT:
            raise RegisterError(file, "register.refused.missing", index=index)
        if envelope.value().get("kind") not in _MAKES:
            return "", None
        event = read_event(envelope)
    except (NotCanonicalError, EventError, AttributeError) as error:
        raise RegisterError(file, "office.log.entry", index=index) from error
    body = event.body
    return body["certificateNo"], Act(index, event.kind, event.time, body.get("reason", ""), body.get("by", ""))


def _require_agreement(held: Held, acts: Mapping[str, Iterable[Act]]) -> None:
    """The list says of each certificate what the log says: nothing is undone, or done, silently."""
    for one in held.certificates:
        logged = _state(acts[one.number])
        listed = held.status.state(one.predicate["status"]["index"])
        if logged != listed:
            words = {"number": one.number, "logged": logged or "valid", "listed": listed or "valid"}
            raise RegisterError(STATUS, "register.refused.status-behind", **words)


def _state(acts: Iterable[Act]) -> str:
    """The worst that the log leaves standing, as :meth:`StatusList.state` tells it."""
    made = dict.fromkeys((REVOKED, SUSPENDED, SUPERSEDED), False)
    for act in acts:
        if act.kind in ("suspend", "reinstate"):
            made[SUSPENDED] = act.kind == "suspend"
        elif act.kind in _MAKES:
            made[_MAKES[act.kind]] = True
    return next((word for word, so in made.items() if so), "")
