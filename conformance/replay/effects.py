"""What another edition of the packs would make of findings that were made under this one, and on what that rests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.evidence.record import FindingRecord
from conformance.judge.verdict import Finding, Verdict, class_verdict, roll_up
from conformance.replay.change import ADDED, RENUMBERED, Change
from conformance.replay.counting import Counted, recount
from conformance.replay.rebuilding import Evidence, settled
from conformance.replay.touching import Touching
from conformance.standard.standards import Standards

#: What an effect rests on: columns counted anew, the record settled anew, nothing (the system is needed).
JUDGED, SETTLED, UNKNOWN = "census", "record", "not-known"
_RED = (Verdict.FAIL, Verdict.ERROR)

Counts = tuple[int, int, int]


@dataclass(frozen=True)
class Effect:
    """One finding under another edition. ``requirement`` is its id there; verdicts are words, ``after`` empty where it
    is not known or the requirement is gone; ``counts`` are checked, violations, undecided. ``at_least``: of the
    violations there may be more. ``basis`` is ``census``, ``record`` or ``not-known``; ``why``: the changes behind it.
    """

    finding: str
    requirement: str
    before: str
    after: str
    basis: str
    counts_before: Counts | None = None
    counts_after: Counts | None = None
    at_least: bool = False
    removed: bool = False
    why: tuple[Change, ...] = ()

    @property
    def known(self) -> bool:
        """Is it known what becomes of the finding?"""
        return self.basis != UNKNOWN

    @property
    def turns_red(self) -> bool:
        """Would it be red, that was not?"""
        red = {verdict.word for verdict in _RED}
        return self.after in red and self.before not in red

    @property
    def changed(self) -> bool:
        """Would the finding be another one?"""
        return self.known and (self.removed or self.before != self.after or self.counts_before != self.counts_after)


class Judging:
    """Judges the findings of one bundle under other packs. ``before`` is None where the packs that the bundle was made
    under are not at hand: then nothing that the census does not decide is known.
    """

    def __init__(
        self, evidence: Evidence, before: Standards | None, after: Standards, changes: Sequence[Change]
    ) -> None:
        self._evidence, self._after, self._changes = evidence, after, changes
        self._comparable = before is not None
        self._touching = Touching(evidence, filter(None, (before, after)), changes)
        self._renamed = {one.requirement: one.to for one in changes if one.kind == RENUMBERED and one.to}
        self._counted: dict[str, Mapping[str, Counted]] = {}
        self._findings: list[Finding] = []
        self._lapsed = evidence.run.failed

    def effects(self, verdicts: Mapping[str, str]) -> Iterator[Effect]:
        """One effect for each finding of the report (``verdicts`` by id), then one for each requirement that is new."""
        for record in self._evidence.records:
            yield self._effect(record, verdicts.get(record.id, Verdict.NOT_RUN.word))
        claimed = self._evidence.run.claimed
        for change in self._changes:
            if change.kind == ADDED and change.requirement:
                requirement = self._after.requirements[change.requirement]
                asked = not claimed or requirement.conformance_class in claimed
                if requirement.testability == "automated" and asked:
                    yield Effect(requirement.id, requirement.id, "", "", UNKNOWN, why=(change,))

    def _effect(self, record: FindingRecord, before: str) -> Effect:
        id_ = self._renamed.get(record.requirement, record.requirement)
        why = tuple(self._touching.touching(record))
        told = Effect(record.id, id_, before, "", UNKNOWN, _counts(record), why=why)
        requirement = self._after.requirements.get(id_)
        if requirement is None:
            return replace(told, basis=SETTLED, removed=True)
        if requirement.rule != record.rule or (record.element and record.element not in self._after.elements):
            return told
        if not record.reached or record.error:
            return self._concluded(told, record, SETTLED)
        here = self._recounted(record)
        if here is not None and (not here.unknown or here.violations):
            tally = replace(record.tally, checked=here.checked, violations=here.violations, undecided=here.undecided)
            judged = self._concluded(told, replace(record, tally=tally, samples=()), JUDGED)
            return replace(judged, at_least=bool(here.unknown))
        if self._comparable and not any(self._touching.alters(one, record) for one in why):
            return self._concluded(told, record, SETTLED)
        return told

    def _concluded(self, effect: Effect, record: FindingRecord, basis: str) -> Effect:
        finding, lapsed = settled(record, self._evidence, self._after, effect.requirement)
        self._lapsed = self._lapsed or lapsed
        self._findings.append(finding)
        return replace(effect, after=finding.verdict.word, basis=basis, counts_after=_counts(record))

    def _recounted(self, record: FindingRecord) -> Counted | None:
        """What the oracle counts under the other packs; None where it cannot."""
        census = self._evidence.census.get(record.target)
        if census is None or record.column is None or not census.complete:
            return None
        if census.id not in self._counted:
            self._counted[census.id] = recount(census, self._after)
        return self._counted[census.id].get(record.rule)

    def verdict(self, effects: Sequence[Effect]) -> str:
        """The run's verdict under the other packs; empty where what is not known could decide it."""
        names = {one.requirement.conformance_class for one in self._findings} | set(self._evidence.run.claimed)
        classes = [
            class_verdict(one for one in self._findings if one.requirement.conformance_class == name) for name in names
        ]
        worst = roll_up([*classes, *([Verdict.FAIL] if self._lapsed else [])])
        return worst.word if worst in _RED or not any(map(self._may_decide, effects)) else ""

    def _may_decide(self, effect: Effect) -> bool:
        """Could what is not known of a finding turn the run red? Only what must be can."""
        requirement = self._after.requirements.get(effect.requirement)
        return not effect.known and requirement is not None and requirement.obligation == "shall"


def _counts(record: FindingRecord) -> Counts:
    return record.tally.checked, record.tally.violations, record.tally.undecided
