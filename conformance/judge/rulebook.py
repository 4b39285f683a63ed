"""What the rules of one dataset look like once compiled: chains, record rules, group rules, references.

A *chain* judges the values of one column, first cause first: a step is judged where each earlier step held. A *record
rule* is judged where each column that it reads is present and passed its own chain.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.judge.expression import Condition
from conformance.judge.model import Dataset
from conformance.judge.service.model import Call
from conformance.messages import Message
from conformance.standard.model import Clause


@dataclass(frozen=True)
class Step:
    """One link of a chain: ``rule`` is the name that requirements refer to, ``holds`` what must hold.

    Where it does not hold the value is a violation, or ``undecided`` for the reason that ``expected`` tells.
    """

    rule: str
    holds: Condition
    expected: Message
    clause: Clause | None = None
    undecided: bool = False
    standard_fault: bool = False


@dataclass(frozen=True)
class Chain:
    """The steps over one column. ``quick`` holds only where every step holds; it may be stricter, and is cheaper."""

    column: str
    label: str
    mandatory: Step | None
    steps: tuple[Step, ...]
    quick: Condition


@dataclass(frozen=True)
class RecordRule:
    """A rule over several columns of one record, judged where all ``columns`` passed their chains and ``when``.

    ``quick``, if there is one, holds only where ``holds`` does; it may be stricter, and is cheaper.
    """

    rule: str
    label: str
    columns: tuple[str, ...]
    holds: Condition
    expected: Message
    clause: Clause | None = None
    when: Condition | None = None
    quick: Condition | None = None


@dataclass(frozen=True)
class GroupRule:
    """No two records hold the same values in ``columns``; ``complete``: absent values are violations too (a key)."""

    rule: str
    label: str
    columns: tuple[str, ...]
    expected: Message
    complete: bool = False
    clause: Clause | None = None


@dataclass(frozen=True)
class ReferenceRule:
    """The values in ``columns``, where all present, stand in ``to_columns`` of the dataset ``to``."""

    rule: str
    label: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    expected: Message
    clause: Clause | None = None


@dataclass(frozen=True)
class Rulebook:
    """All rules of one dataset."""

    dataset: Dataset
    chains: tuple[Chain, ...]
    records: tuple[RecordRule, ...]
    groups: tuple[GroupRule, ...]
    references: tuple[ReferenceRule, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that judging reads, sorted."""
        names = {chain.column for chain in self.chains} | set(self.dataset.key)
        names |= {column.date for column in self.dataset.columns if column.date}
        rules: list[RecordRule | GroupRule | ReferenceRule] = [*self.records, *self.groups, *self.references]
        names |= {name for rule in rules for name in rule.columns}
        return tuple(sorted(names))


@dataclass(frozen=True)
class Location:
    """A place in what was handed over: a file of the package, a line from 1 (0: none), a path inside the file."""

    file: str
    line: int = 0
    path: str = ""


@dataclass(frozen=True)
class RawSample:
    """A violating or undecided record as the engine found it: never leaves the judge unmasked.

    ``reason`` and ``where`` are set by whoever found the fault; where they are not, rule and row tell them. ``call`` is
    the request to a service that shows it, where there is one.
    """

    row: int
    values: tuple[tuple[str, str | None], ...]
    step: int = -1
    reason: Message | None = None
    where: Location | None = None
    call: Call | None = None


@dataclass(frozen=True)
class Tally:
    """Exact counts of one rule on one target, and the first records of each kind, in row order.

    ``ours``: what is undecided is so because two of our own judges disagree, not because a clause is unclear.
    ``hindered``: why the rule could not be judged to its end (the system could not be reached any more, our patience
    ended): it is inconclusive. ``unasked``: why it was not judged at all, though it applies: it is not run.
    ``blind``: why what was handed in could not be understood: inconclusive, and ours. ``idle``: why there is nothing
    here to judge. ``broken``: our own rule broke. ``evidence``: by which methods something was judged, where a clause
    has several.
    """

    checked: int = 0
    violations: int = 0
    undecided: int = 0
    samples: tuple[RawSample, ...] = ()
    undecided_samples: tuple[RawSample, ...] = ()
    ours: bool = False
    hindered: Message | None = None
    unasked: Message | None = None
    blind: Message | None = None
    idle: Message | None = None
    broken: Message | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """What an engine made of one dataset: tallies by (rule, label), and how many records it read; of a service also
    how many calls were made (``asked``).
    """

    rows: int
    tallies: dict[tuple[str, str], Tally]
    asked: int = 0
