"""The dialogue with a node, from its first call to its last, and what it comes to.

The order is that of ``docs/services.md``. When the node is lost, or a declared bound is reached, the dialogue ends:
what its finished parts concluded stands, and all else is inconclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.dialogue.accept import judge_acceptance
from conformance.dialogue.authorise import judge_authorisation
from conformance.dialogue.downloading import judge_downloads
from conformance.dialogue.duties import figures, judge_availability, judge_duties
from conformance.dialogue.first import first_call
from conformance.dialogue.harvest import harvest
from conformance.dialogue.logs import judge_log
from conformance.dialogue.observed import judge_observed, judge_request_ids
from conformance.dialogue.opening import OpenNode
from conformance.dialogue.paging import judge_paging
from conformance.dialogue.refuse import judge_refusals
from conformance.dialogue.talk import Conversation, Line, Sight, Talk
from conformance.dialogue.transfer import judge_transfers
from conformance.dialogue.transport import gather_transport, judge_transport
from conformance.dialogue.unproven import judge_unproven
from conformance.dialogue.url_encoding import judge_url_encoding
from conformance.dialogue.verifying import judge_verification
from conformance.judge.engine_polars import judge
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Judged, Location, RawSample, Rulebook, Tally
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.registration import read_registration, read_unique
from conformance.judge.service.rules import (
    ASKED_RULES,
    AUTHORISATION_RULES,
    REGISTRATION_RULES,
    TRANSFER_RULES,
    rules_of,
)
from conformance.messages import Message, message
from conformance.standard.services.model import TRANSFER
from conformance.standard.standards import Standards
from conformance.system.service.client import LineDown, LineSpent, ServiceClient
from conformance.system.service.frames import row_batches

#: Where one of these is broken there may be no row to judge, and that is no second fault.
BARRING = ("claimed", "error-server", "accept", "answer-encoding", "envelope", "results")
#: What is undecided here is so because two of our own judges disagree: the dialogue, and the second opinion.
OPINIONS = ("envelope",)
TRANSPORT_RULES = ("tls", "certificate", "plain-http")


def judge_node(
    opened: OpenNode,
    books: Mapping[str, Rulebook],
    standards: Standards,
    *,
    session: str,
    told: bool = True,
    second_opinion: bool = False,
    sample_limit: int = 20,
    progress: Callable[[int], None] = lambda _: None,
) -> Conversation:
    """Talk with a node and judge it, its interfaces and the rows that they give.

    ``session`` tells this run from any other: nonces and names of test series are made of it. ``told``: what is wrong
    with the service itself is claimed and so told; where it is not, rows that it keeps from us are not judged.
    """
    with ServiceClient(opened.reach, standards.services, session=session) as client:
        dialogue = _Dialogue(opened, standards, _Counted(client, progress), sample_limit, told=told)
        dialogue.hold(second_opinion=second_opinion)
    return Conversation(dict(dialogue.judged(books)), figures(dialogue.talk))


class _Counted:
    """A line that says how many calls were made."""

    def __init__(self, line: Line, progress: Callable[[int], None]) -> None:
        self._line, self._progress, self._made = line, progress, 0

    def send(self, call: Call) -> Answer:
        self._made += 1
        self._progress(self._made)
        return self._line.send(call)

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        self._made += len(calls)
        self._progress(self._made)
        return self._line.send_together(calls)


class _Dialogue:
    """One dialogue: its parts in order, what was concluded, and why it ended early, if it did."""

    def __init__(self, opened: OpenNode, standards: Standards, line: Line, sample_limit: int, *, told: bool) -> None:
        self.opened, self.standards, self.told = opened, standards, told
        self.sample_limit = sample_limit
        self.talk = Talk(opened.spec, standards.services, standards, line, sample_limit=sample_limit)
        self.concluded: set[str] = set()
        self.cut: Message | None = None

    def hold(self, *, second_opinion: bool) -> None:
        """Talk until all is said, or nothing more can be."""
        try:
            self._parts(second_opinion=second_opinion)
        except LineDown:
            self.cut = message("service.lost")
        except LineSpent:
            self.cut = message("service.bound")

    def _parts(self, *, second_opinion: bool) -> None:
        talk = self.talk
        self._registrations()
        judge_transport(talk, gather_transport(self.opened.reach, talk.node))
        self.concluded.update(TRANSPORT_RULES)
        served = self._served()
        harvest(talk, served)
        judge_authorisation(talk, served)
        self.concluded.update(AUTHORISATION_RULES)
        judge_url_encoding(talk, served)
        judge_acceptance(talk, served)
        judge_paging(talk, served)
        judge_verification(talk, served)
        judge_downloads(talk, served)
        judge_refusals(talk, served)
        judge_transfers(talk, served)
        self.concluded.update(TRANSFER_RULES)
        judge_duties(talk, served)
        judge_observed(talk, served)
        judge_unproven(talk, served)
        if second_opinion:
            from conformance.dialogue.second_opinion import judge_second_opinion  # noqa: PLC0415 - an extra, on demand

            judge_second_opinion(talk)
        judge_log(talk, {role: one.id for role, one in self.opened.reach.credentials.items()})
        judge_availability(talk)
        judge_request_ids(talk)

    def _registrations(self) -> None:
        """What needs no call."""
        rules, node = self.standards.services, self.talk.node
        for registration in node.registrations:
            reading = read_registration(registration, rules, self.standards)
            self.talk.checked(registration.id, *reading.checked)
            self.talk.tell(registration.id, *reading.faults)
        reading = read_unique(node.registrations, rules)
        self.talk.checked("", *reading.checked)
        self.talk.tell("", *reading.faults)
        self.concluded.update((*REGISTRATION_RULES, "registration-unique"))

    def _served(self) -> Collection[str]:
        """The interfaces that are there, each asked once; what stores data is asked later."""
        served = []
        for id_, interface in self.talk.node.interfaces.items():
            call = first_call(self.talk.node, interface, self.standards, client=self.talk.caller(id_))
            if call is not None:
                self.talk.fetch(call) if self.talk.is_file(id_) else self.talk.accept(call)
            elif interface.interface_class != TRANSFER:
                self.talk.unasked(id_, ASKED_RULES, message("service.no-convention"), follows=True)
                continue
            if not self.talk.counter(id_).count("claimed"):
                served.append(id_)
        return tuple(served)

    def judged(self, books: Mapping[str, Rulebook]) -> Iterator[tuple[str, Judged]]:
        """What each target of the node comes to."""
        node = self.talk.node
        total = sum(self.talk.calls.values())
        yield node.target, Judged(0, self._around("", _rules(books[node.target])), max(total, 1))
        for id_, dataset in node.datasets.items():
            book = books[dataset.target]
            yield dataset.target, self._interface(id_, dataset, book)

    def _interface(self, id_: str, dataset: Dataset, book: Rulebook) -> Judged:
        tallies = self._around(id_, _rules(book))
        asked = max(self.talk.calls[id_], 1)
        sights = self.talk.sights.get(id_, [])
        names = tuple(column.name for column in dataset.columns)
        rows = [sight.values for sight in sights]
        found = judge(book, lambda: row_batches(rows, book.columns or names), {}, sample_limit=self.sample_limit)
        fields = {column.label: column.name for column in dataset.columns}
        for key, tally in found.tallies.items():
            placed = _placed(tally, sights, fields.get(key[1], ""))
            tallies[key] = replace(placed, hindered=self.cut) if self.cut else placed
        barred = self.told and not rows and any(self.talk.counter(id_).count(rule) for rule in BARRING)
        return Judged(asked if barred else found.rows, tallies, asked)

    def _around(self, id_: str, rules: Collection[str]) -> dict[tuple[str, str], Tally]:
        """The tallies of what was told, and of what could not be."""
        hindered, unasked = dict(self.talk.hindrances(id_)), self.talk.not_run(id_)
        if self.cut:
            hindered |= {rule: self.cut for rule in rules if rule not in self.concluded}
        tallies = dict(self.talk.counter(id_).tallies(rules))
        for rule in OPINIONS:
            if (rule, "") in tallies and not tallies[rule, ""].violations:
                tallies[rule, ""] = replace(tallies[rule, ""], ours=True)
        return {
            key: replace(tally, hindered=hindered.get(key[0]), unasked=unasked.get(key[0]))
            for key, tally in tallies.items()
        }


def _rules(book: Rulebook) -> tuple[str, ...]:
    """The rules of the service that apply to a target."""
    use = book.dataset.service
    return rules_of(use) if use else ()


def _placed(tally: Tally, sights: list[Sight], field: str) -> Tally:
    """The tally with each sample's place in the answer, and the call that was answered."""

    def placed(sample: RawSample) -> RawSample:
        if not sample.row:
            return sample
        sight = sights[sample.row - 1]
        path = f"{sight.where.path}.{field}" if field else sight.where.path
        return replace(sample, where=Location(sight.where.file, path=path), call=sight.call)

    return replace(
        tally,
        samples=tuple(placed(one) for one in tally.samples),
        undecided_samples=tuple(placed(one) for one in tally.undecided_samples),
    )
