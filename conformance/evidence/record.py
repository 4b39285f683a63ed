"""What of a judgement is kept: enough to settle each finding again without the system, and nothing that names a person.

A finding's record holds the exact counts of its rule, the masked samples with the reason of each as message and
parameters, and where it stands. :func:`concluded` turns it into the finding; a run, a run that resumes and a replay all
go through it, so the same record gives the same finding to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from conformance.judge.rulebook import Location, Tally
from conformance.judge.settle import WaiverTerms, settle, waive
from conformance.judge.verdict import Attribution, Finding, Reproduction, Sample, Verdict
from conformance.messages import Message, Param, message
from conformance.signing.canonical import storable
from conformance.standard.model import Clause, Provenance, Requirement, Text
from conformance.standard.standards import text_digest

#: The messages of a tally that tell why something was not, or not to its end, judged.
_REASONS = ("hindered", "unasked", "blind", "idle", "broken")


@dataclass(frozen=True)
class FindingRecord:
    """One requirement on one target as it was judged.

    ``tally`` holds no samples; ``samples`` are masked. ``rows``: what the rule could look at; ``around``: it looks
    around records, and is judged though there be none. ``waiver``: owner, reason, expires, digest. ``error``: the class
    of what broke in us; ``reached``: False where the run ended before it.
    """

    requirement: str
    target: str
    dataset: str
    column: str | None
    element: str | None
    rule: str
    label: str
    clause: Clause
    provenance: Provenance
    expected: Message | None
    tally: Tally = field(default_factory=Tally)
    rows: int = 0
    around: bool = False
    samples: tuple[Sample, ...] = ()
    waiver: Mapping[str, str] | None = None
    error: str = ""
    reached: bool = True

    @property
    def id(self) -> str:
        """The finding's id: ``DE-FORMAT[population.person.公民身份号码]``."""
        return f"{self.requirement}[{self.target}]"


def concluded(
    record: FindingRecord, requirement: Requirement, now: datetime
) -> tuple[Finding, Mapping[str, str] | None]:
    """The finding that a record comes to under a requirement, and its waiver with its state, as at an instant."""
    finding = _settled(record, requirement)
    if record.waiver is None or not record.reached:
        return finding, None
    held = record.waiver
    terms = WaiverTerms(held["owner"], held["reason"], held["digest"], held["expires"])
    after, state = waive(finding, terms, text_digest(requirement), now)
    return after, {**held, "state": state}


def _settled(record: FindingRecord, requirement: Requirement) -> Finding:
    bare = Finding(
        requirement=requirement,
        target=record.target,
        verdict=Verdict.NOT_RUN,
        clause=record.clause,
        provenance=record.provenance,
        expected=record.expected,
    )
    if not record.reached:
        return replace(bare, reason=message("verdict.not-reached"))
    if record.error:
        told = message("verdict.harness", error=record.error)
        return replace(bare, verdict=Verdict.ERROR, attribution=Attribution.HARNESS, reason=told)
    tally = record.tally
    verdict, attribution, reason = settle(tally, record.rows, around=record.around)
    return replace(
        bare,
        verdict=verdict,
        attribution=attribution,
        reason=reason,
        checked=tally.checked,
        violations=tally.violations,
        undecided=tally.undecided,
        samples=record.samples,
        evidence=tally.evidence,
    )


def record_value(record: FindingRecord) -> dict[str, Any]:
    """The record as canonical JSON holds it."""
    tally = record.tally
    value = {
        "requirement": record.requirement,
        "target": record.target,
        "dataset": record.dataset,
        "column": record.column,
        "element": record.element,
        "rule": record.rule,
        "label": record.label,
        "clause": _clause_value(record.clause),
        "provenance": record.provenance.word,
        "expected": message_value(record.expected),
        "tally": {
            "checked": tally.checked,
            "violations": tally.violations,
            "undecided": tally.undecided,
            "ours": tally.ours,
            "evidence": list(tally.evidence),
            **{name: message_value(getattr(tally, name)) for name in _REASONS},
        },
        "rows": record.rows,
        "around": record.around,
        "samples": [_sample_value(sample) for sample in record.samples],
        "waiver": dict(record.waiver) if record.waiver else None,
        "error": record.error,
        "reached": record.reached,
    }
    kept: dict[str, Any] = storable_value(value)
    return kept


def record_of(value: Mapping[str, Any]) -> FindingRecord:
    """The record of a value that :func:`record_value` made; KeyError, TypeError or ValueError for any other."""
    tally = value["tally"]
    return FindingRecord(
        requirement=value["requirement"],
        target=value["target"],
        dataset=value["dataset"],
        column=value["column"],
        element=value["element"],
        rule=value["rule"],
        label=value["label"],
        clause=_clause_of(value["clause"]),
        provenance=Provenance[value["provenance"].upper()],
        expected=message_of(value["expected"]),
        tally=Tally(
            checked=tally["checked"],
            violations=tally["violations"],
            undecided=tally["undecided"],
            ours=tally["ours"],
            evidence=tuple(tally["evidence"]),
            hindered=message_of(tally["hindered"]),
            unasked=message_of(tally["unasked"]),
            blind=message_of(tally["blind"]),
            idle=message_of(tally["idle"]),
            broken=message_of(tally["broken"]),
        ),
        rows=value["rows"],
        around=value["around"],
        samples=tuple(_sample_of(sample) for sample in value["samples"]),
        waiver=value["waiver"],
        error=value["error"],
        reached=value["reached"],
    )


def _clause_value(clause: Clause) -> dict[str, str]:
    return {"standard": clause.standard, "number": clause.number, "provenance": clause.provenance.word}


def _clause_of(value: Mapping[str, str]) -> Clause:
    return Clause(value["standard"], value["number"], Provenance[value["provenance"].upper()])


def message_value(told: Message | None) -> dict[str, Any] | None:
    """A message as its id and parameters; texts in two languages as both."""
    if told is None:
        return None
    return {"id": told.id, "params": {name: _param(value) for name, value in told.params.items()}}


def message_of(value: Mapping[str, Any] | None) -> Message | None:
    """The message of such a value."""
    if value is None:
        return None
    params = {name: Text(**one) if isinstance(one, Mapping) else one for name, one in value["params"].items()}
    return Message(value["id"], params)


def _param(value: Param) -> Any:
    return value if isinstance(value, str | int) else {"zh": value.zh, "en": value.en}


def _sample_value(sample: Sample) -> dict[str, Any]:
    return {
        "row": sample.row,
        "key": [list(pair) for pair in sample.key],
        "values": [list(pair) for pair in sample.values],
        "reason": message_value(sample.reason),
        "where": asdict(sample.where) if sample.where else None,
        "call": asdict(sample.call) if sample.call else None,
    }


def _sample_of(value: Mapping[str, Any]) -> Sample:
    reason = message_of(value["reason"])
    assert reason is not None  # noqa: S101 - a sample always says what is wrong
    return Sample(
        row=value["row"],
        key=tuple((name, text) for name, text in value["key"]),
        values=tuple((name, text) for name, text in value["values"]),
        reason=reason,
        where=Location(**value["where"]) if value["where"] else None,
        call=Reproduction(**value["call"]) if value["call"] else None,
    )


def storable_value(value: Any) -> Any:
    """The value with each text as canonical JSON can hold it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(key): storable_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_value(item) for item in value]
    return value
