"""One dialogue with one node: who calls, what is counted, where faults are told.

The parts of the dialogue (security, acceptance, refusal, transfer, duties, what is observed) get a :class:`Talk` and
know neither HTTP nor verdicts. The ways it may break: the node cannot be reached any more, or a declared bound is
reached (``LineDown``, ``LineSpent``, raised by the line); both end the dialogue, and whatever was not judged by then is
inconclusive.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Judged, Location
from conformance.judge.service.answers import Case, Envelope, Reading, read_accepted, read_file, read_refused
from conformance.judge.service.model import Answer, Call
from conformance.messages import Message, message
from conformance.standard.services.model import DOWNLOAD, Interface, Profile, Registration, ServiceRules
from conformance.standard.standards import Standards

#: Statuses of a node that is there and does not answer, and of one that asks for fewer calls.
_UNAVAILABLE, _TOO_MANY = (502, 503, 504), 429
_THROTTLED = "throttled"
#: So many octets of answers are kept; what was answered beyond them is not looked for in the log.
LOGGED_BYTES = 256 << 20
Row = Mapping[str, str]


class Line(Protocol):
    """What carries calls; :class:`conformance.system.service.client.ServiceClient` is the real one.

    Raises its ``LineDown`` where nobody listens after several attempts, and its ``LineSpent`` where a bound is reached.
    """

    def send(self, call: Call) -> Answer:
        """Make one call and wait for its answer."""

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        """Make several calls at once; answers in the order of the calls."""


@dataclass(frozen=True)
class NodeSpec:
    """A node as declared. Roles (``tester``, ``second``) name clients; ``grants`` are the interface ids each may use,
    ``rows`` the prefixes that fields of its rows must have, ``state`` the interfaces that show what a transfer stored,
    ``examples`` rows known to be there, by interface.
    """

    target: str
    registrations: tuple[Registration, ...]
    interfaces: Mapping[str, Interface]
    datasets: Mapping[str, Dataset]
    clients: tuple[str, ...]
    grants: Mapping[str, tuple[str, ...]]
    profile: Profile
    rows: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    state: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    examples: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    writes: bool = False
    log: Path | None = None
    plain: tuple[str, ...] = ()
    as_of: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Sight:
    """One row that an interface gave: its fields' texts, the call that it answers, and its place in the answer."""

    values: Row
    call: Call
    where: Location


@dataclass(frozen=True)
class Conversation:
    """What a dialogue came to: each target's tallies, and its figures (times, counts) for the report."""

    judged: Mapping[str, Judged]
    figures: Mapping[str, object]


class Talk:
    """The dialogue. Interface id ``""`` stands for the node as a whole."""

    def __init__(
        self, node: NodeSpec, rules: ServiceRules, standards: Standards, line: Line, *, sample_limit: int = 20
    ) -> None:
        self.node, self.rules, self.standards, self.line = node, rules, standards, line
        self.sights: dict[str, list[Sight]] = {id_: [] for id_ in node.interfaces}
        self.calls: Counter[str] = Counter()
        self.unanswered = self.late = 0
        self.latencies: dict[str, list[float]] = {id_: [] for id_ in node.interfaces}
        self.own_seconds = self.answer_seconds = 0.0
        self.together = 0
        self.began = datetime.now(UTC)
        #: The calls that were answered, with the answers, as far as these have room.
        self.logged: list[tuple[Call, Answer, str]] = []
        self._room = LOGGED_BYTES
        registered = (one.id for one in node.registrations)
        self._counters = {id_: FaultCounter(sample_limit) for id_ in ("", *node.interfaces, *registered)}
        self._impatient: Counter[tuple[str, str]] = Counter()
        self._hindered: dict[tuple[str, str], Message] = {}
        self._unasked: dict[tuple[str, str], tuple[Message, bool]] = {}
        self._held: list[tuple[str, Fault]] | None = None

    @property
    def profile(self) -> Profile:
        """Thresholds and effort."""
        return self.node.profile

    def counter(self, interface: str = "") -> FaultCounter:
        """Where faults of an interface are counted."""
        return self._counters[interface]

    def checked(self, interface: str, *rules: str) -> None:
        """Say that each of these rules was judged on one thing more."""
        for rule in rules:
            self._counters[interface].checked(rule)

    def tell(self, interface: str, *faults: Fault) -> None:
        """Count faults of an interface."""
        if self._held is None:
            self._counters[interface].extend(faults)
        else:
            self._held.extend((interface, fault) for fault in faults)

    @contextmanager
    def holding(self) -> Iterator[list[tuple[str, Fault]]]:
        """Within it faults are held instead of counted; whoever holds them tells them, or smaller ones, afterwards."""
        held: list[tuple[str, Fault]] = []
        self._held = held
        try:
            yield held
        finally:
            self._held = None

    def unasked(self, interface: str, rules: Iterable[str], why: Message, *, follows: bool = False) -> None:
        """Say that rules apply and will not be judged: they are not run.

        ``follows``: where something of the interface is wrong, that is why they cannot be judged, and no second fault.
        """
        for rule in rules:
            self._unasked[interface, rule] = (why, follows)

    def hindrances(self, interface: str) -> Mapping[str, Message]:
        """Why rules of an interface could not be judged to their end."""
        return {
            rule: message("service.patience", number=number)
            for (id_, rule), number in self._impatient.items()
            if id_ == interface
        } | {rule: why for (id_, rule), why in self._hindered.items() if id_ == interface}

    def not_run(self, interface: str) -> Mapping[str, Message]:
        """Why rules of an interface were not judged at all."""
        wrong = self._counters[interface].wrong
        return {
            rule: why
            for (id_, rule), (why, follows) in self._unasked.items()
            if id_ == interface and not (follows and wrong)
        }

    def caller(self, interface: str) -> str:
        """Who may call the interface: the first client that is granted it."""
        return next(role for role in self.node.clients if interface in self.node.grants[role])

    def stranger(self, interface: str) -> str:
        """A client that is not granted the interface; empty where there is none."""
        return next((role for role in self.node.clients if interface not in self.node.grants[role]), "")

    def chance(self, *names: str) -> random.Random:
        """Choices of one purpose: the same for the same seed, whatever else was chosen before."""
        return random.Random(f"{self.node.seed}/{'/'.join(names)}")  # noqa: S311 - test data, no secret

    def ask(self, call: Call) -> Answer:
        """Make one call, whatever comes of it; a node that says it is not available is asked again.

        That it is asked too often is no answer: how often it is asked is up to the tester.
        """
        for _ in range(self.profile.tester("attempts")):
            answer = self.line.send(call)
            self._note(call, answer)
            if answer.status not in _UNAVAILABLE:
                break
        return Answer(0, failure=_THROTTLED) if answer.status == _TOO_MANY else answer

    def ask_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        """Make several calls at once."""
        answers = self.line.send_together(calls)
        for call, answer in zip(calls, answers, strict=True):
            self._note(call, answer)
        return answers

    def accept(self, call: Call) -> Envelope | None:
        """Make a call that must be accepted; None (and a fault told) where it was not answered well."""
        answer = self.ask(call)
        reading = self.settle(call, answer, read_accepted(call, answer, self.rules))
        return reading.envelope if reading.good else None

    def fetch(self, call: Call) -> Answer | None:
        """Make a download that must be served; None (and a fault told) where it was not."""
        answer = self.ask(call)
        reading = self.settle(call, answer, read_file(call, answer, self.rules))
        return answer if answer.status and reading.good else None

    def refuse(self, case: Case) -> Reading:
        """Make a call that must be refused, and tell what is wrong with the answer."""
        answer = self.ask(case.call)
        if not answer.status:
            return self.settle(case.call, answer, Reading(None, (case.rule,)))
        return self.settle(case.call, answer, read_refused(case.call, answer, self.rules, case))

    def settle(self, call: Call, answer: Answer, reading: Reading, *, sent: Call | None = None) -> Reading:
        """Count what an answer came to; one that never came is a doubt about each rule it was to be judged by.

        ``sent`` is the call as it was made, where ``call`` is one fit to be shown.
        """
        if not answer.status:
            rules = reading.checked or ("accept",)
            if answer.failure == _THROTTLED:
                self._hindered |= {(call.interface, rule): message("service.throttled") for rule in rules}
            else:
                self._impatient.update((call.interface, rule) for rule in rules)
            return Reading(None, rules)
        self._room -= len(answer.body)
        if self._room >= 0:
            self.logged.append((sent or call, answer, reading.envelope.request if reading.envelope else ""))
        known = self._counters[call.interface].count("envelope") > 0
        for rule in reading.checked:
            # An envelope that is wrong throughout is one fault, whether a call is accepted or refused.
            if not (known and rule == "error-envelope"):
                self.checked(call.interface, rule)
        self.tell(call.interface, *(one for one in reading.faults if not (known and one.rule == "error-envelope")))
        return reading

    def doubt(self, interface: str, rule: str, number: int = 1) -> None:
        """Say that so many answers that a rule needed did not come in time."""
        self._impatient[interface, rule] += number

    def hinder(self, interface: str, rule: str, why: Message) -> None:
        """Say that a rule could not be judged to its end, for another reason than our patience."""
        self._hindered[interface, rule] = why

    def saw(self, interface: str, sights: Iterable[Sight]) -> None:
        """Keep rows that an interface gave, to be judged as a dataset."""
        self.sights[interface].extend(sights)

    def is_file(self, interface: str) -> bool:
        """True where the interface answers with a file."""
        return self.node.interfaces[interface].interface_class == DOWNLOAD

    def _note(self, call: Call, answer: Answer) -> None:
        self.calls[call.interface] += 1
        self.own_seconds += answer.own_seconds
        self.answer_seconds += answer.seconds
        if call.cut_after is None and (
            answer.status in _UNAVAILABLE or answer.failure in ("closed", "refused", "protocol")
        ):
            self.unanswered += 1
        self.late += answer.failure == "timeout"
