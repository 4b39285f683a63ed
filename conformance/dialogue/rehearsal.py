"""The dialogue rehearsed: every call that would be made of a node, and none of them made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from conformance.dialogue.accept import judge_acceptance
from conformance.dialogue.authorise import judge_authorisation
from conformance.dialogue.downloading import judge_downloads
from conformance.dialogue.first import first_call
from conformance.dialogue.harvest import harvest
from conformance.dialogue.observed import judge_observed
from conformance.dialogue.opening import OpenNode
from conformance.dialogue.paging import judge_paging
from conformance.dialogue.refuse import judge_refusals
from conformance.dialogue.talk import Talk
from conformance.dialogue.transfer import judge_transfers
from conformance.dialogue.url_encoding import judge_url_encoding
from conformance.dialogue.verifying import judge_verification
from conformance.judge.service.answers import Case, Envelope, Reading
from conformance.judge.service.model import Answer, Call
from conformance.messages import message
from conformance.standard.services.model import QUERY, TRANSFER, VERIFY
from conformance.standard.standards import Standards

Part = Callable[[Talk, Collection[str]], object]
PARTS: tuple[Part, ...] = (
    harvest,
    judge_authorisation,
    judge_url_encoding,
    judge_acceptance,
    judge_paging,
    judge_verification,
    judge_downloads,
    judge_refusals,
    judge_transfers,
    judge_observed,
)


def rehearse(opened: OpenNode, standards: Standards) -> Iterator[str]:
    """One line for each call, in order: the interface, who calls, the method and path, what it is about."""
    spec = opened.spec
    talk = Rehearsal(spec, standards.services, standards, Silence())
    served = []
    for id_, interface in spec.interfaces.items():
        call = first_call(spec, interface, standards, client=talk.caller(id_))
        if call is not None:
            talk.accept(call)
        if call is not None or interface.interface_class == TRANSFER:
            served.append(id_)
    for part in PARTS:
        part(talk, tuple(served))
    yield from talk.lines


class Silence:
    """A line that carries nothing."""

    def send(self, call: Call) -> Answer:  # noqa: ARG002 - the line's face
        """Nothing comes back."""
        return Answer(0, failure="timeout")

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        """Nothing comes back."""
        return tuple(self.send(call) for call in calls)


class Rehearsal(Talk):
    """A dialogue with nobody: each call is written down, and the answer imagined is an empty, conforming node's."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lines: list[str] = []

    def ask(self, call: Call) -> Answer:
        self._write(call, "")
        return self.line.send(call)

    def ask_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        return tuple(self.ask(call) for call in calls)

    def accept(self, call: Call) -> Envelope | None:
        self._write(call, message("service.to-accept").render())
        return Envelope(self.rules.success.code, "", self._imagined(call))

    def fetch(self, call: Call) -> Answer | None:
        self._write(call, message("service.to-accept").render())
        return None

    def refuse(self, case: Case) -> Reading:
        self._write(case.call, f"{case.rule}: {case.what.render()}")
        return Reading(None, (case.rule,))

    def _write(self, call: Call, about: str) -> None:
        size = f" ({len(call.body)} B)" if call.body is not None else ""
        self.lines.append(f"{call.interface or '-'} [{call.client}] {call.method} {call.path}{size} {about}".rstrip())

    def _imagined(self, call: Call) -> Any:
        names = self.rules.envelope
        class_ = self.node.interfaces[call.interface].interface_class
        if class_ == QUERY:
            return {names.total: 0, names.rows: []}
        if class_ == VERIFY:
            return {names.match: names.other}
        return {} if class_ == TRANSFER else None
