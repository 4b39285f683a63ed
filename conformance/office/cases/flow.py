"""From submission to approval: each step looks whether it may be done, does it, and leaves an event.

A step that was interrupted is done again: what the log or a folder already holds is taken up, never doubled.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.bundle.reading import read_bundle
from conformance.office.admission import Refusal
from conformance.office.cases.comparing import Compared, compare
from conformance.office.cases.desk import DRAW, RECEIPT, SUBMISSIONS, Desk
from conformance.office.cases.facts import Facts, FormalTerms, Replay
from conformance.office.cases.failing import CaseError
from conformance.office.cases.model import Case, CaseEvent
from conformance.office.cases.public import read_public
from conformance.office.cases.sampling import Draw, draw, draw_of
from conformance.office.cases.sandbox import ReadApart, read_apart
from conformance.office.challenge import LIMIT as OPENING_LIMIT
from conformance.office.challenge import challenge_envelope, read_commitment, require_opened
from conformance.office.log import Log
from conformance.office.settings import CHINA
from conformance.signing.canonical import canonical, storable
from conformance.signing.dsse import envelope_value, read_envelope, write_envelope
from conformance.signing.reading import content_of

#: The bound of a submission's file.
SUBMITTED = 1 << 30
RECEIPT_SCHEMA = "lubiao-receipt/1"
#: The longest reason that is kept.
REASON = 2000

#: What a re-run may be refused for and still be compared: to find that it does not conform is its purpose.
_TOLERATED = ("not-conforming", "nothing-tested", "challenge-missing", "challenge-wrong")

Reader = Callable[[Path, FormalTerms], ReadApart]


def intake(
    desk: Desk, file: Path, opening: bytes | None = None, read: Reader = read_apart
) -> tuple[Case, tuple[Refusal, ...]]:
    """Take a bundle in and check it formally: the new case, and why it was refused, where it was.

    ``opening``: the vendor's file that opens its commitment, needed where the run was challenged. Raises
    :class:`CaseError` for what is no bundle (nothing is kept of it), and for a bundle that is a case already.
    """
    desk.require_role("intake", "clerk")
    coming = desk.office.folder / SUBMISSIONS / ".coming.zip"
    try:
        _copy(file, coming)
        held = read(coming, desk.formal_terms())
        _require_new(desk, held.facts.digest)
        if held.facts.challenge is not None and not held.refusals:
            _require_opened(held.facts, opening)
        id_ = _next_case(desk)
        folder = desk.submission(id_).parent
        shutil.rmtree(folder, ignore_errors=True)  # of an intake that was interrupted
        folder.mkdir(parents=True)
        coming.replace(desk.submission(id_))
    finally:
        coming.unlink(missing_ok=True)
    return _received(desk, id_, held), held.refusals


def _received(desk: Desk, id_: str, held: ReadApart) -> Case:
    facts, actor = held.facts, desk.actor
    body = {**facts.bound, "product": facts.product, "packs": list(facts.packs), "suite": facts.suite}
    desk.store.add(_event(desk, id_, "intake", {**body, "run": facts.run, "findings": len(facts.findings)}))
    if held.refusals:
        told = [{"word": one.word, **one.message.both()} for one in held.refusals]
        desk.record(id_, "refuse", {"refusals": told})
    else:
        desk.record(id_, "check", {"official": True, "by": actor.person.id})
    return desk.store.case(id_)


def receipt(desk: Desk, id_: str) -> Case:
    """Sign the receipt of a bundle into the log and publish a checkpoint; ``receipt.json`` is for the vendor."""
    desk.require_may(id_, "receipt")
    bound = {name: value for name, value in desk.store.case(id_).fact("intake").items() if name in _BOUND}
    body = {"case": id_, **bound}
    held = read_public(desk.log).receipts.get(id_)
    if held is not None and held[1] != body:
        raise CaseError("case.store.behind", case=id_)
    index = desk.enter("receipt", body, "receipt") if held is None else held[0]
    desk.publish()
    size = next(one for one in desk.log.published() if one > index)
    desk.write(desk.submission(id_, RECEIPT), receipt_file(desk.log, index, size))
    desk.record(id_, "receipt", {"index": index, "checkpoint": size})
    return desk.store.case(id_)


#: What of an intake its receipt names.
_BOUND = ("bundle", "report", "results", "evidence", "challenge")


def receipt_file(log: Log, index: int, size: int) -> bytes:
    """An entry of the log as a file: the envelope, and the proof that it stands in the checkpoint of a size."""
    hashes = [one.hex() for one in log.inclusion(index, size)]
    proof = {"index": index, "checkpoint": log.checkpoint(size).text, "hashes": hashes}
    envelope = envelope_value(read_envelope(log.entry(index)))
    return canonical({"schema": RECEIPT_SCHEMA, "envelope": envelope, "proof": proof})


def routine(desk: Desk) -> int:
    """Publish a checkpoint though nothing happened, so that receipts get a later one: the size.

    What the log gets is that its key was used, minuted as a ceremony.
    """
    desk.require_role("checkpoint", "clerk", "keyholder")
    key = desk.office.signers["log"][0].key
    note = {"zh": "例行检查点：日志密钥可用", "en": "routine checkpoint: the log's key is in use"}
    desk.enter("key", {"keyid": key, "act": "ceremony", "note": note}, "log")
    size = desk.publish().size
    desk.record("", "checkpoint", {"size": size})
    return size


def draw_sample(desk: Desk, id_: str, read: Reader = read_apart) -> Draw:
    """Draw what is run again, by the first checkpoint published after the receipt's; ``draw.json`` holds it."""
    desk.require_may(id_, "draw")
    after = desk.store.case(id_).fact("receipt")["checkpoint"]
    size = next((one for one in desk.log.published() if one > after), None)
    if size is None:
        raise CaseError("case.no-later-checkpoint", size=after)
    facts = submitted(desk, id_, read)
    drawn = draw(facts.digest, size, desk.log.checkpoint(size).root, facts.findings, desk.office.sample)
    desk.write(desk.submission(id_, DRAW), canonical({**drawn.value(), "case": id_, "bundle": facts.bound["bundle"]}))
    desk.record(id_, "draw", drawn.value())
    return drawn


def compare_rerun(desk: Desk, id_: str, rerun: Path, replay: Replay, read: Reader = read_apart) -> Compared:
    """Compare the office's own run of the same build with the vendor's; raises :class:`CaseError` where it is none, or
    where its report does not follow from its evidence (``replay``).
    """
    desk.require_may(id_, "compare")
    drawn = draw_of(desk.store.case(id_).fact("draw"))
    own = read(rerun, desk.formal_terms())
    for one in own.refusals:
        if one.word not in _TOLERATED:
            raise CaseError(one.message.id, **one.message.params)
    if replay(read_bundle(rerun)) is not True:
        raise CaseError("case.compare.not-replayed")
    compared = compare(submitted(desk, id_, read), own.facts, drawn)
    told = {**compared.value(), "bundle": own.facts.bound["bundle"], "run": own.facts.run}
    desk.record(id_, "compare", told)
    return compared


def approve(desk: Desk, id_: str) -> Case:
    """Approve a case whose re-run agrees; one that was only receipted (L1) where the office issues that level."""
    desk.require_may(id_, "approve")
    case = desk.store.case(id_)
    compared = case.fact("compare")
    level = compared.get("level", "L1")
    if compared.get("disagreements"):
        raise CaseError("case.approve.disagrees", number=compared["disagreements"])
    if level not in desk.office.levels:
        raise CaseError("case.approve.level", level=level, levels=", ".join(desk.office.levels))
    desk.record(id_, "approve", {"level": level})
    return desk.store.case(id_)


def reject(desk: Desk, id_: str, reason: str) -> Case:
    """End a case without a certificate; refused where the log holds its certificate already."""
    desk.require_may(id_, "reject")
    if not reason.strip() or len(reason) > REASON:
        raise CaseError("case.reject.reason", limit=REASON)
    if read_public(desk.log).of_bundle(desk.store.case(id_).bundle) is not None:
        raise CaseError("case.reject.logged", case=id_)
    desk.record(id_, "reject", {"reason": storable(reason)})
    return desk.store.case(id_)


def give_challenge(desk: Desk, commitment: bytes, nonce: str) -> bytes:
    """The signed challenge to a vendor's commitment; the same one again, where it was challenged before.

    ``nonce``: 64 random hexadecimal digits, used unless there was one.
    """
    desk.require_role("challenge", "clerk", "tester")
    held = read_commitment(commitment)
    for one in desk.store.office:
        if one.kind == "challenge" and one.body["commitment"] == held.digest:
            return canonical(one.body["envelope"])
    envelope = challenge_envelope(held.digest, nonce, desk.actor.time, desk.signers("receipt"))
    named = {"vendor": held.vendor, "product": held.product, "version": held.version}
    body = {**named, "commitment": held.digest, "nonce": nonce, "envelope": envelope_value(envelope)}
    desk.record("", "challenge", body)
    return write_envelope(envelope)


def submitted(desk: Desk, id_: str, read: Reader = read_apart) -> Facts:
    """The facts of the bundle that a case is about, as it lies there; raises where it is another one by now."""
    facts = read(desk.submission(id_), desk.formal_terms()).facts
    if facts.digest != desk.store.case(id_).bundle:
        raise CaseError("case.submission.changed", case=id_)
    return facts


def read_opening(path: Path) -> bytes:
    """An opening's file, within its bound; raises :class:`CaseError`."""
    try:
        return content_of(path, OPENING_LIMIT)
    except OSError as error:
        raise CaseError("case.unreadable", file=path.name, error=type(error).__name__) from error


def _event(desk: Desk, id_: str, kind: str, body: Mapping[str, Any]) -> CaseEvent:
    actor = desk.actor
    return CaseEvent(id_, actor.time, actor.person.id, actor.login, kind, body)


def _copy(file: Path, to: Path) -> None:
    """Copy a regular file of bounded size; what is read afterwards is the copy."""
    to.parent.mkdir(parents=True, exist_ok=True)
    if not file.is_file():
        raise CaseError("case.intake.no-file", file=file.name)
    try:
        with file.open("rb") as source, to.open("wb") as target:
            left = SUBMITTED
            while block := source.read(min(1 << 20, left + 1)):
                left -= len(block)
                if left < 0:
                    raise CaseError("case.intake.large", limit=SUBMITTED >> 20)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        raise CaseError("case.unreadable", file=file.name, error=type(error).__name__) from error


def _require_new(desk: Desk, digest: str) -> None:
    for case in desk.store.cases.values():
        if case.bundle == digest and case.state != "rejected":
            raise CaseError("case.intake.known", case=case.id)


def _require_opened(facts: Facts, opening: bytes | None) -> None:
    if facts.challenge is None or opening is None:
        raise CaseError("case.intake.no-opening")
    require_opened(opening, facts.challenge["commitment"], facts.declaration, facts.product)


def _next_case(desk: Desk) -> str:
    """The next case's id of the year: beyond those of the store, and of the log, which may know more."""
    year = desk.actor.now.astimezone(CHINA).year
    known = {*desk.store.cases, *read_public(desk.log).receipts}
    numbers = [int(found[1]) for id_ in known if (found := re.fullmatch(rf"C-{year}-([0-9]{{6}})", id_))]
    return f"C-{year}-{max(numbers, default=0) + 1:06}"
