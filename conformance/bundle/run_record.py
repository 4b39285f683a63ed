"""The first record of a bundle: all that a report is built from, beside its findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from conformance.evidence.record import message_of, message_value, storable_value
from conformance.messages import Message
from conformance.report.model import InputFacts, RunFacts


@dataclass(frozen=True)
class KeptOmission:
    """A requirement that was judged on no value of a target, and why."""

    requirement: str
    target: str
    reason: Message


@dataclass(frozen=True)
class KeptRun:
    """A run without its findings. ``system`` and ``standards`` as the report holds them; ``claimed`` the classes that
    the declaration claims; ``failed``: the run fails whatever was found (a waiver over nothing); ``now``: the instant
    at which waivers were judged.
    """

    facts: RunFacts
    system: Mapping[str, Any]
    standards: Sequence[Mapping[str, Any]]
    claimed: tuple[str, ...]
    omissions: tuple[KeptOmission, ...]
    failed: bool
    now: datetime


def kept_run_value(run: KeptRun) -> dict[str, Any]:
    """The run as canonical JSON holds it."""
    value = {
        "facts": {**asdict(run.facts), "narrowed": [message_value(one) for one in run.facts.narrowed]},
        "system": run.system,
        "standards": list(run.standards),
        "claimed": list(run.claimed),
        "omissions": [
            {"requirement": one.requirement, "target": one.target, "reason": message_value(one.reason)}
            for one in run.omissions
        ],
        "failed": run.failed,
        "now": run.now.isoformat(),
    }
    kept: dict[str, Any] = storable_value(value)
    return kept


def kept_run_of(value: Mapping[str, Any]) -> KeptRun:
    """The run of such a value; KeyError, TypeError or ValueError for any other."""
    held = value["facts"]
    facts = RunFacts(
        **{
            **held,
            "narrowed": tuple(_told(one) for one in held["narrowed"]),
            "inputs": tuple(InputFacts(**one) for one in held["inputs"]),
            "service": tuple(held["service"]),
            "configurations": tuple(held["configurations"]),
        }
    )
    return KeptRun(
        facts,
        value["system"],
        value["standards"],
        tuple(value["claimed"]),
        tuple(KeptOmission(one["requirement"], one["target"], _told(one["reason"])) for one in value["omissions"]),
        value["failed"],
        datetime.fromisoformat(value["now"]),
    )


def _told(value: Mapping[str, Any]) -> Message:
    told = message_of(value)
    if told is None:
        raise ValueError("a message that is missing")
    return told
