"""Faults that are found one at a time, not by set-based rules: in an envelope, in the structure of a file.

Whoever meets a fault says where it is and what is wrong, in words from the catalogue and never in the data's own; the
counter keeps exact numbers and a bounded sample, and gives them as the same tallies that engines give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.judge.rulebook import Location, RawSample, Tally
from conformance.judge.service.model import Call
from conformance.messages import Message


@dataclass(frozen=True)
class Fault:
    """One thing wrong: the rule that it breaks, where, what was expected and found. ``row`` 0: of no record.

    ``where`` None: where the record stands. ``reason`` repeats nothing personal. ``undecided``: it cannot be decided,
    and is no violation. ``call``: the request to a service that shows it.
    """

    rule: str
    where: Location | None
    reason: Message
    row: int = 0
    undecided: bool = False
    call: Call | None = None


@dataclass
class FaultCounter:
    """Counts by rule, with the first ``limit`` faults of each kind in the order in which they were told."""

    limit: int
    _checked: Counter[str] = field(default_factory=Counter)
    _violations: Counter[str] = field(default_factory=Counter)
    _undecided: Counter[str] = field(default_factory=Counter)
    _samples: dict[tuple[str, bool], list[RawSample]] = field(default_factory=dict)

    def checked(self, rule: str, number: int = 1) -> None:
        """Say that a rule was judged on so many more things, faulty ones among them."""
        self._checked[rule] += number

    def count(self, rule: str) -> int:
        """How many violations of a rule were told so far."""
        return self._violations[rule]

    @property
    def wrong(self) -> bool:
        """True where any violation was told."""
        return self._violations.total() > 0

    def add(self, fault: Fault) -> None:
        """Count one fault."""
        (self._undecided if fault.undecided else self._violations)[fault.rule] += 1
        kept = self._samples.setdefault((fault.rule, fault.undecided), [])
        if len(kept) < self.limit:
            kept.append(RawSample(fault.row, (), reason=fault.reason, where=fault.where, call=fault.call))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Count several."""
        for fault in faults:
            self.add(fault)

    def tallies(self, rules: Iterable[str]) -> Mapping[tuple[str, str], Tally]:
        """The tally of each of these rules, whether or not anything was told of it."""
        return {
            (rule, ""): Tally(
                checked=max(self._checked[rule], self._violations[rule] + self._undecided[rule]),
                violations=self._violations[rule],
                undecided=self._undecided[rule],
                samples=tuple(self._samples.get((rule, False), ())),
                undecided_samples=tuple(self._samples.get((rule, True), ())),
            )
            for rule in rules
        }
