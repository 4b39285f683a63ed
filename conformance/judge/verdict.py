"""Verdicts, attribution, findings, and how findings roll up (ISO/IEC 9646, XCCDF)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum

from conformance.judge.rulebook import Location
from conformance.messages import Message
from conformance.standard.model import Clause, Provenance, Requirement


class Verdict(IntEnum):
    """The seven verdicts, worst first: a roll-up is the smallest."""

    ERROR = 1
    FAIL = 2
    INCONCLUSIVE = 3
    NOT_RUN = 4
    WAIVED = 5
    PASS = 6
    NOT_APPLICABLE = 7

    @property
    def word(self) -> str:
        """The word that reports use: ``not-run``."""
        return self.name.lower().replace("_", "-")


class Attribution(Enum):
    """Whose a red is."""

    PRODUCT = "product"
    CONFIGURATION = "configuration"
    HARNESS = "harness"
    STANDARD = "standard"


@dataclass(frozen=True)
class Reproduction:
    """A request to a service that who knows the client's secret can make again: for a POSIX shell with ``curl``, and as
    Python. Neither holds a secret or anything personal.
    """

    curl: str
    python: str


@dataclass(frozen=True)
class Sample:
    """One violating or undecided record. ``row`` counts data rows from 1 (0: what is wrong is no record's). ``key`` and
    ``values`` are (column, value) pairs, masked before they leave the judge's room; ``reason`` says what is wrong with
    this one, ``where`` in which file it stands, of what is handed over in files; ``call`` is the request that shows it,
    of a service.
    """

    row: int
    key: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]
    reason: Message
    where: Location | None = None
    call: Reproduction | None = None


@dataclass(frozen=True)
class Finding:
    """One requirement on one target: verdict, exact counts, a bounded sample.

    ``checked`` is the number of values, records or codes that the requirement was judged on; ``violations`` and
    ``undecided`` are exact; ``samples`` holds at most the run's bound, in row order, violations first.
    ``reason`` tells why a verdict is none of pass and fail; ``evidence`` names the methods by which something was
    judged, of a clause that has several.
    """

    requirement: Requirement
    target: str
    verdict: Verdict
    clause: Clause
    provenance: Provenance
    checked: int = 0
    violations: int = 0
    undecided: int = 0
    attribution: Attribution | None = None
    expected: Message | None = None
    reason: Message | None = None
    samples: tuple[Sample, ...] = ()
    evidence: tuple[str, ...] = ()


def roll_up(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict over several: the worst; ``not-run`` where there is none, for nothing tested is never a pass."""
    return min(verdicts, default=Verdict.NOT_RUN)


def class_verdict(findings: Iterable[Finding]) -> Verdict:
    """The verdict of a conformance class.

    A pass needs at least one mandatory (``shall``) requirement that was executed on at least one value, and each
    other one pass or not-applicable. ``should`` and ``may`` requirements are shown, and never decide.
    """
    mandatory = [finding for finding in findings if finding.requirement.obligation == "shall"]
    worst = roll_up(finding.verdict for finding in mandatory)
    executed = any(finding.verdict is Verdict.PASS and finding.checked > 0 for finding in mandatory)
    if worst is Verdict.PASS and not executed:
        return Verdict.NOT_RUN
    return worst
