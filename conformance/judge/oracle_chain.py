"""How the oracle walks a chain: a value goes on to the next rule only if the earlier ones accepted it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

Record = Mapping[str, str | None]


class Outcome(Enum):
    """What a rule says of one value; ``SKIP``: it is not one that the rule judges, and goes on uncounted."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "undecided"
    SKIP = "not judged"


def good(accepted: bool) -> Outcome:
    """``GOOD`` or ``BAD``."""
    return Outcome.GOOD if accepted else Outcome.BAD


@dataclass(frozen=True)
class OracleResult:
    """One requirement on one target; rows count from 1."""

    checked: int
    violations: tuple[int, ...]
    undecided: tuple[int, ...]


@dataclass
class Tally:
    """Counts what one rule said."""

    checked: int = 0
    violations: list[int] = field(default_factory=list)
    undecided: list[int] = field(default_factory=list)

    def count(self, row: int, outcome: Outcome) -> bool:
        """Count one outcome; True where the value may go on."""
        self.checked += outcome is not Outcome.SKIP
        if outcome is Outcome.BAD:
            self.violations.append(row)
        if outcome is Outcome.OPEN:
            self.undecided.append(row)
        return outcome in (Outcome.GOOD, Outcome.SKIP)

    def result(self) -> OracleResult:
        """The counts, frozen."""
        return OracleResult(self.checked, tuple(self.violations), tuple(self.undecided))


#: A requirement id and its judge of one value in its record.
Step = tuple[str, Callable[[str, Record], Outcome]]


def walk(
    steps: Sequence[Step], values: Sequence[str | None], rows: Sequence[Record]
) -> tuple[dict[str, OracleResult], set[int]]:
    """The result of each step, and the rows whose value passed all of them. Values that are None are passed over."""
    tallies = {requirement: Tally() for requirement, _ in steps}
    passed: set[int] = set()
    for row, value in enumerate(values, start=1):
        if value is not None and all(
            tallies[requirement].count(row, judge(value, rows[row - 1])) for requirement, judge in steps
        ):
            passed.add(row)
    return {requirement: tally.result() for requirement, tally in tallies.items()}, passed


def present(value: str | None) -> str | None:
    """The value, None where it is absent: null or the empty string."""
    return value or None
