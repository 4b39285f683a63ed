"""A bundle's evidence judged again: under the packs that it was made under, or under others.

Under the same packs the records must come to the stored report, byte for byte, and the oracle must count in the census
what the records say. Under others each finding is judged anew as far as the evidence goes; what would need the system
is told as not known, never as unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.bundle.model import REPORT, Bundle
from conformance.bundle.suite import suite_facts
from conformance.messages import Message, message
from conformance.replay.change import Change
from conformance.replay.editions import compare
from conformance.replay.effects import Effect, Judging
from conformance.replay.rebuilding import (
    Evidence,
    ReplayError,
    absences,
    contradictions,
    differences,
    evidence_of,
    miscounts,
    rebuilt,
)
from conformance.report.json_report import write_json
from conformance.standard.model import Pack
from conformance.standard.pack import StandardsError, editions, read_pack, standards_root
from conformance.standard.standards import Standards

#: Verdicts of a run that are red.
RED = ("fail", "error")
#: Exit codes of ``replay``: nothing turns red and all is known; something turns red; something is not known; edited.
SAME, TURNS_RED, NOT_KNOWN, EDITED = 0, 1, 3, 14


@dataclass(frozen=True)
class Replayed:
    """What replay found.

    ``report`` and ``content``: what the evidence comes to under the bundle's own packs; empty where these are not at
    hand. ``agrees``: is that the stored report, byte for byte, and does the oracle count as the records say? None where
    it cannot be known (packs not at hand, another suite); ``objections`` say why not. ``same_packs``, ``same_suite``:
    judged again by what judged first? ``standards``: (id, edition before, edition after) of the packs that differ.
    ``effects``: one for each finding where packs or suite differ. ``verdict``: of the run as stored;
    ``verdict_after``: empty where it is not known.
    """

    report: Mapping[str, Any] = field(repr=False)
    content: bytes = field(repr=False)
    agrees: bool | None
    objections: tuple[Message, ...]
    same_packs: bool
    same_suite: bool
    standards: tuple[tuple[str, str, str], ...]
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    verdict: str
    verdict_after: str

    @property
    def exit_code(self) -> int:
        """What a script is told: the worst first."""
        if self.agrees is False:
            return EDITED
        if any(one.turns_red for one in self.effects) or (self.verdict_after in RED and self.verdict not in RED):
            return TURNS_RED
        known = self.agrees is not None or bool(self.effects)
        return SAME if known and all(one.known for one in self.effects) else NOT_KNOWN


def replay(bundle: Bundle, standards_root: Path | None = None, editions: Mapping[str, str] | None = None) -> Replayed:
    """Judge a bundle's evidence again, under the packs of ``standards_root`` (those of this installation where it is
    left out), of which some may be of other ``editions`` (by id).

    Raises :class:`ReplayError` for evidence without the form of evidence and packs that are not at hand.
    """
    evidence = evidence_of(bundle.chain)
    stored = [(str(one["id"]), str(one["edition"]), str(one["digest"])) for one in evidence.run.standards]
    after = _after(stored, standards_root or _installed(), editions or {})
    before = (
        after if _digests(after) == {(id_, digest) for id_, _, digest in stored} else _before(stored, standards_root)
    )
    return _replayed(bundle, evidence, before, after, stored)


def _replayed(
    bundle: Bundle,
    evidence: Evidence,
    before: Standards | None,
    after: Standards,
    stored: Sequence[tuple[str, str, str]],
) -> Replayed:
    same_packs, same_suite = before is after, bundle.manifest.get("suite") == suite_facts()
    report: dict[str, Any] = rebuilt(evidence, before) if before else {}
    content = write_json(report) if before else b""
    objections = tuple(_objections(bundle, evidence, before, report, same_suite)) if before else ()
    changes = compare(before, after) if before and not same_packs else ()
    effects: tuple[Effect, ...] = ()
    verdict = str(bundle.report["summary"]["verdict"])
    verdict_after = verdict
    if not same_packs or not same_suite:
        judging = Judging(evidence, before, after, changes)
        effects = tuple(judging.effects({one["id"]: one["verdict"] for one in bundle.report["findings"]}))
        verdict_after = judging.verdict(effects)
    same = content == bundle.contents[REPORT]
    agrees = False if objections else True if before and same else None
    moved = _moved(stored, after)
    return Replayed(
        report, content, agrees, objections, same_packs, same_suite, moved, changes, effects, verdict, verdict_after
    )


def _objections(
    bundle: Bundle, evidence: Evidence, standards: Standards, report: Mapping[str, Any], same_suite: bool
) -> Iterator[Message]:
    """Why the stored report does not follow from its evidence. Another suite may word and count otherwise: what it
    comes to is an effect; that the evidence contradicts itself is none.
    """
    if same_suite and write_json(report) != bundle.contents[REPORT]:
        told = list(differences(bundle.report, report))
        yield from told or [message("replay.bytes")]
    yield from contradictions(evidence, standards)
    if same_suite:
        yield from absences(evidence, standards)
        yield from miscounts(evidence, standards)


def _digests(standards: Standards) -> set[tuple[str, str]]:
    return {(pack.id, pack.digest) for pack in standards.packs.values()}


def _installed() -> Path:
    return standards_root()


def _after(stored: Sequence[tuple[str, str, str]], root: Path, asked: Mapping[str, str]) -> Standards:
    """The packs to judge under: those of the bundle, of which some are of another edition, and what these depend on."""
    if unknown := sorted(asked.keys() - {id_ for id_, _, _ in stored}):
        raise ReplayError("replay.not-judged-by", standard="、".join(unknown))
    waiting = [(id_, asked.get(id_, edition)) for id_, edition, _ in stored]
    packs: dict[str, Pack] = {}
    while waiting:
        id_, edition = waiting.pop(0)
        if id_ not in packs:
            packs[id_] = _pack(root, id_, edition)
            waiting += [(inner, asked.get(inner, other)) for inner, other in packs[id_].depends]
    try:
        return Standards(dict(sorted(packs.items())), root)
    except StandardsError as error:
        raise ReplayError("replay.packs", error=str(error)) from error


def _pack(root: Path, id_: str, edition: str) -> Pack:
    try:
        return read_pack(root, id_, edition)
    except StandardsError as error:
        raise ReplayError("replay.packs", error=str(error)) from error


def _before(stored: Sequence[tuple[str, str, str]], root: Path | None) -> Standards | None:
    """The packs that the bundle was made under, by digest, wherever they are at hand."""
    for place in dict.fromkeys((_installed(), *([root] if root else ()))):
        known = editions(place)
        if all(edition in known.get(id_, ()) for id_, edition, _ in stored):
            found = _after(stored, place, {})
            if _digests(found) == {(id_, digest) for id_, _, digest in stored}:
                return found
    return None


def _moved(stored: Sequence[tuple[str, str, str]], after: Standards) -> tuple[tuple[str, str, str], ...]:
    held = {id_: (edition, digest) for id_, edition, digest in stored}
    return tuple(
        (pack.id, held.get(pack.id, ("", ""))[0], pack.edition)
        for pack in after.packs.values()
        if held.get(pack.id, ("", ""))[1] != pack.digest
    )
