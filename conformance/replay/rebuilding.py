"""From the evidence of a bundle back to its report: nothing is taken from the report that was stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.bundle.records import CENSUS, FINDING, RUN, Chain
from conformance.bundle.run_record import KeptRun, kept_run_of
from conformance.evidence.census import Census, censuses_of
from conformance.evidence.record import FindingRecord, concluded, record_of
from conformance.judge.verdict import Finding, Verdict
from conformance.messages import Message, message
from conformance.replay.counting import recount
from conformance.report.model import FindingContext, NotTested, build_report, standard_entry
from conformance.standard.standards import Standards

#: The target of what is omitted everywhere.
ALL = "*"
#: What values of an unexpected form raise while they are read or rendered.
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, AssertionError)


class ReplayError(ValueError):
    """Evidence that cannot be judged again; ``id`` is that of the message that says why, ``params`` its parameters."""

    def __init__(self, id_: str, **params: str | int) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params

    @property
    def malformed(self) -> bool:
        """Is it the evidence that is wrong, and not what it is judged by?"""
        return self.id == "replay.malformed"


@dataclass(frozen=True)
class Evidence:
    """What the records of a bundle hold: the run, the findings' records, and the census by target of the column."""

    run: KeptRun
    records: tuple[FindingRecord, ...]
    census: Mapping[str, Census]


def evidence_of(chain: Chain) -> Evidence:
    """The evidence of a chain; raises :class:`ReplayError` where it does not have the form of evidence."""
    try:
        (run,) = map(kept_run_of, chain.of(RUN))
        records = tuple(map(record_of, chain.of(FINDING)))
        census = censuses_of(chain.of(CENSUS))
    except _MALFORMED as error:
        raise ReplayError("replay.malformed") from error
    if any(_negative(record) for record in records):
        raise ReplayError("replay.malformed")
    return Evidence(run, records, census)


def _negative(record: FindingRecord) -> bool:
    tally = record.tally
    return min(tally.checked, tally.violations, tally.undecided, record.rows) < 0


def rebuilt(evidence: Evidence, standards: Standards) -> dict[str, Any]:
    """The report that the evidence comes to under the packs that it was made under; :class:`ReplayError` where none."""
    run = evidence.run
    try:
        concluded_ = [
            (record, *concluded(record, standards.requirements[record.requirement], run.now))
            for record in evidence.records
        ]
        return build_report(
            run.facts,
            run.system,
            [standard_entry(pack) for pack in standards.packs.values()],
            [finding for _, finding, _ in concluded_],
            [_context(record, waiver, standards) for record, _, waiver in concluded_],
            not_tested=[
                NotTested(standards.requirements[one.requirement], one.target, one.reason) for one in run.omissions
            ],
            claimed=run.claimed,
            floor=Verdict.FAIL if run.failed else None,
        )
    except _MALFORMED as error:
        raise ReplayError("replay.malformed") from error


def settled(record: FindingRecord, evidence: Evidence, standards: Standards, id_: str) -> tuple[Finding, bool]:
    """The finding of one record under packs that name its requirement ``id_``; and has its waiver lapsed?"""
    try:
        finding, waiver = concluded(record, standards.requirements[id_], evidence.run.now)
    except _MALFORMED as error:
        raise ReplayError("replay.malformed") from error
    return finding, bool(waiver and waiver["state"] != "active")


def _context(record: FindingRecord, waiver: Mapping[str, str] | None, standards: Standards) -> FindingContext:
    element = standards.elements[record.element] if record.element else None
    return FindingContext(record.dataset, record.column, element, waiver)


def differences(stored: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[Message]:
    """Where a stored report differs from the one that its evidence comes to."""
    theirs = {entry["id"]: entry for entry in stored["findings"]}
    ours = {entry["id"]: entry for entry in report["findings"]}
    for id_ in sorted(theirs.keys() | ours.keys()):
        if id_ not in ours:
            yield message("replay.no-record", finding=id_)
        elif id_ not in theirs:
            yield message("replay.left-out", finding=id_)
        elif (there := theirs[id_])["verdict"] != (here := ours[id_])["verdict"]:
            yield message("replay.verdict", finding=id_, stored=there["verdict"], told=here["verdict"])
        elif told := [name for name in here if here[name] != there.get(name)]:
            yield message("replay.field", finding=id_, names="、".join(sorted(told)))
    for name in sorted(set(stored) | set(report)):
        if name not in ("findings", "resultsDigest") and stored.get(name) != report.get(name):
            yield message("replay.part", name=name)


def contradictions(evidence: Evidence, standards: Standards) -> Iterator[Message]:
    """Where the evidence contradicts itself or the packs that it was made under."""
    rows = {one.target: one.rows for one in evidence.run.facts.inputs if one.rows}
    for record in evidence.records:
        requirement, tally = standards.requirements.get(record.requirement), record.tally
        if requirement is None or record.rule != requirement.rule or record.clause not in requirement.basis:
            yield message("replay.not-of-pack", finding=record.id)
        elif len(record.samples) > tally.violations + tally.undecided:
            yield message("replay.samples", finding=record.id)
        elif record.reached and not record.error and (census := evidence.census.get(record.target)) is not None:
            counted = rows.get(census.target, census.of)
            if not census.of == record.rows == counted:
                yield message("replay.rows", finding=record.id, stored=record.rows, counted=census.of)


def absences(evidence: Evidence, standards: Standards) -> Iterator[Message]:
    """Requirements of which the evidence says nothing about a dataset: a run judges each of its classes, or says why
    not. What a run was narrowed to, it says itself.
    """
    if evidence.run.facts.narrowed:
        return
    told = {(record.dataset, record.requirement) for record in evidence.records}
    told |= {(one.target, one.requirement) for one in evidence.run.omissions if one.target != ALL}
    held = standards.requirements.values()
    classes = {*evidence.run.claimed, *(one.conformance_class for one in held if one.id in {id_ for _, id_ in told})}
    asked = [one.id for one in held if one.conformance_class in classes and one.testability == "automated"]
    for dataset in sorted({one for one, _ in told}):
        for id_ in asked:
            if (dataset, id_) not in told:
                yield message("replay.absent", requirement=id_, dataset=dataset)


def miscounts(evidence: Evidence, standards: Standards) -> Iterator[Message]:
    """Where the oracle counts in the census otherwise than the record says: a fault of ours, or somebody's hand."""
    counted = {id_: recount(census, standards) for id_, census in evidence.census.items()}
    for record in evidence.records:
        here = counted.get(record.target, {}).get(record.rule)
        if here is None or record.error or not record.reached:
            continue
        tally, complete = record.tally, evidence.census[record.target].complete
        told = (tally.checked, tally.violations, tally.undecided)
        found = (here.checked, here.violations, here.undecided)
        most = [one + here.unknown for one in found] if complete else told
        if any(not low <= one <= high for low, one, high in zip(found, told, most, strict=True)):
            yield message("replay.counted", finding=record.id, stored=tally.violations, counted=here.violations)
