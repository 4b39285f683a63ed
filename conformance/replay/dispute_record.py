"""What a finding's record says, for people: counts, verdict, and for each sample the input that it rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from conformance.evidence.record import FindingRecord, concluded, record_of, record_value
from conformance.judge.rulebook import Location
from conformance.judge.verdict import Sample
from conformance.messages import Message
from conformance.replay.dispute_opinion import MALFORMED
from conformance.report.harmless import readable, shortened
from conformance.report.model import TEXT_LIMIT
from conformance.standard.model import Requirement, Text

#: Concluding needs a requirement and an instant, and looks at neither where there is no waiver.
_NO_TEXT = Text("", "")
_BARE = Requirement("", _NO_TEXT, _NO_TEXT, _NO_TEXT, "", "", "", "", "", ())
_NEVER = datetime.min


class DisputeError(ValueError):
    """A finding that cannot be packed, or a pack that does not hold; ``id`` is that of the message that says why,
    ``params`` its parameters.
    """

    def __init__(self, id_: str, **params: str | int) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params


def finding_record(body: Any) -> FindingRecord:
    """The record of a finding; raises :class:`DisputeError` for what no run writes."""
    try:
        record = record_of(body)
        tally = record.tally
        counts = (tally.checked, tally.violations, tally.undecided, record.rows)
        same = record_value(record) == body
    except MALFORMED as error:
        raise DisputeError("dispute.malformed") from error
    texts = (record.requirement, record.target, record.rule, record.error)
    whole = all(type(one) is int and one >= 0 for one in counts)
    if not (same and whole and all(isinstance(text, str) for text in texts)):
        raise DisputeError("dispute.malformed")
    return record


def evidence_value(record: FindingRecord) -> dict[str, Any]:
    """What a record says, in words too: counts, what they come to before any waiver, and for each sample the input that
    the verdict rests on. Raises :class:`DisputeError` where the record is not what a run writes.
    """
    tally = record.tally
    try:
        finding = concluded(replace(record, waiver=None), _BARE, _NEVER)[0]
        return {
            "checked": tally.checked,
            "violations": tally.violations,
            "undecided": tally.undecided,
            "rows": record.rows,
            "verdict": finding.verdict.word,
            "attribution": finding.attribution.value if finding.attribution else None,
            "expected": _both(record.expected),
            "reason": _both(finding.reason),
            "inputs": [_input(sample) for sample in record.samples],
        }
    except MALFORMED as error:
        raise DisputeError("dispute.malformed") from error


def _input(sample: Sample) -> dict[str, Any]:
    """The least that shows one violation: masked, with the facts of its reason, and where it stands."""
    return {
        "row": sample.row,
        "key": [list(pair) for pair in sample.key],
        "values": [list(pair) for pair in sample.values],
        "where": "" if sample.where is None else _where(sample.where),
        "reason": sample.reason.id,
        "facts": _facts(sample.reason),
        "words": _both(sample.reason),
        "call": "" if sample.call is None else sample.call.curl,
    }


def _where(where: Location) -> str:
    return _told(":".join(filter(None, (where.file, str(where.line or ""), where.path))))


def _facts(reason: Message) -> dict[str, str | int]:
    """The parameters of a reason: what was known of the value when it was judged."""
    facts: dict[str, str | int] = {}
    for name, value in sorted(reason.params.items()):
        facts[name] = value if isinstance(value, str | int) else _told(f"{value.zh} / {value.en}")
    return facts


def _both(told: Message | None) -> dict[str, str] | None:
    return None if told is None else {language: _told(text) for language, text in told.both().items()}


def _told(text: str) -> str:
    """A text put together of several, as a report holds it."""
    return shortened(readable(text), TEXT_LIMIT)
