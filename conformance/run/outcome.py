"""What judging one target came to, as it is kept: nothing in it names a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from conformance.evidence.record import FindingRecord, record_of, record_value
from conformance.report.model import InputFacts


@dataclass(frozen=True)
class TargetOutcome:
    """A target judged: a record for each of its assignments, the inputs read, the census of its columns (as records
    hold it), what was measured of services. ``failure``: what broke in us; such an outcome is not kept.
    """

    target: str
    records: tuple[FindingRecord, ...]
    inputs: tuple[InputFacts, ...] = ()
    census: tuple[Mapping[str, Any], ...] = ()
    figures: tuple[Mapping[str, Any], ...] = ()
    failure: Exception | None = field(default=None, compare=False)

    @cached_property
    def by_id(self) -> Mapping[str, FindingRecord]:
        """Each record by its finding's id."""
        return {record.id: record for record in self.records}


def outcome_value(outcome: TargetOutcome) -> dict[str, Any]:
    """The outcome as canonical JSON holds it."""
    return {
        "target": outcome.target,
        "records": [record_value(record) for record in outcome.records],
        "inputs": [asdict(facts) for facts in outcome.inputs],
        "census": list(outcome.census),
        "figures": [dict(figures) for figures in outcome.figures],
    }


def outcome_of(value: Mapping[str, Any]) -> TargetOutcome:
    """The outcome of such a value; KeyError, TypeError or ValueError for any other."""
    return TargetOutcome(
        value["target"],
        tuple(record_of(one) for one in value["records"]),
        tuple(InputFacts(**one) for one in value["inputs"]),
        tuple(value["census"]),
        tuple(value["figures"]),
    )
