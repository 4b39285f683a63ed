"""Refusal: what must be refused is, with the catalogue's error, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from conformance.dialogue.broken import refusals
from conformance.dialogue.effect import NO_EFFECT, Effect, Naming, remove
from conformance.dialogue.shrinking import simpler, size_of
from conformance.dialogue.talk import Talk
from conformance.judge.faults import Fault
from conformance.judge.service.answers import Case, Reading, at, read_refused
from conformance.judge.service.model import Call
from conformance.judge.service.rules import ERROR_RULES, REFUSAL_RULES
from conformance.judge.service.stored import key_of
from conformance.messages import message
from conformance.sample.errors import SampleError
from conformance.standard.services.model import TRANSFER, Interface

_BATCH_RULES = ("refuse-body", NO_EFFECT)


def judge_refusals(talk: Talk, served: Collection[str]) -> None:
    """Ask each interface that is there for what it must refuse; one that stores, only where data may be written."""
    for id_, interface in talk.node.interfaces.items():
        if id_ not in served:
            continue
        transfers = interface.interface_class == TRANSFER
        rules = (*REFUSAL_RULES, *(_BATCH_RULES if transfers else ()))
        if transfers and not talk.node.writes:
            talk.unasked(id_, (*rules, *ERROR_RULES), message("service.no-writes"))
            continue
        naming = Naming()
        try:
            cases = tuple(refusals(talk, interface, naming))
        except SampleError as error:
            talk.unasked(id_, rules, error.message)
            continue
        _judge(_Hearing(talk, interface, naming), cases)


def _judge(hearing: _Hearing, cases: Sequence[Case]) -> None:
    if hearing.interface.interface_class != TRANSFER:
        hearing.hear(cases)
        return
    effect = Effect(hearing.talk, hearing.interface)
    effect.begin()
    hearing.hear(cases)
    effect.end(cases, hearing.accepted)


def hear(talk: Talk, case: Case, naming: Naming) -> Reading:
    """Make a call that must be refused; its faults show the call as reports may, and are not told yet."""
    with talk.holding():
        reading = talk.refuse(case)
    return replace(reading, faults=tuple(showing(fault, case.call, naming) for fault in reading.faults))


def showing(fault: Fault, call: Call, naming: Naming) -> Fault:
    """The fault with the call that shows it, as reports may: what tells this run from others is zeros."""
    nonce = call.twist.nonce
    call = replace(naming.shown(call), twist=replace(call.twist, nonce="0" * len(nonce)))
    path = fault.where.path if fault.where else ""
    return replace(fault, where=at(call, path), call=call)


class _Hearing:
    """The cases of one interface: all are asked, then what failed is made smaller, then told, the smallest first."""

    def __init__(self, talk: Talk, interface: Interface, naming: Naming) -> None:
        self.talk, self.interface, self.naming = talk, interface, naming
        #: The cases that were not refused.
        self.accepted: list[Case] = []
        self._failed: list[tuple[Case, Fault]] = []

    def hear(self, cases: Sequence[Case]) -> None:
        """Ask them all; what was found is told even where the dialogue breaks off."""
        try:
            for case in cases:
                reading = hear(self.talk, case, self.naming)
                self._failed += [(case, fault) for fault in reading.faults]
                self._keep(case, reading)
            self._failed.sort(key=lambda one: size_of(one[0].call))
            self._shrink()
        finally:
            for _, fault in self._failed:
                self.talk.tell(self.interface.id, fault)

    def _keep(self, case: Case, reading: Reading) -> None:
        if any(fault.rule == case.rule for fault in reading.faults):
            self.accepted.append(case)

    def _shrink(self) -> None:
        """Make the smallest call of each rule that failed smaller yet, where it goes on failing."""
        done: set[str] = set()
        for place, (case, fault) in enumerate(self._failed):
            if fault.rule in done:
                continue
            done.add(fault.rule)
            for smaller in simpler(self.talk, self.interface, case, self.naming):
                self._take_back(smaller.call)
                found = self._again(smaller, fault)
                if found is not None:
                    self._failed[place] = (smaller, found)
                    break

    def _take_back(self, call: Call) -> None:
        """Delete what calls like this one may have stored, so that the smaller one meets what the first one met."""
        if self.interface.interface_class != TRANSFER or not self.accepted:
            return
        [record] = json.loads(call.body or b"")[self.talk.rules.batch.records]
        names = [one.name for one in self.interface.parameters]
        texts = {name: record[name] for name in names if isinstance(record.get(name), str)}
        key = key_of(record, self.interface.key)
        if key is not None:
            remove(self.talk, self.interface, {key: texts}, self.naming, there=True)

    def _again(self, case: Case, fault: Fault) -> Fault | None:
        """The same fault as a smaller call shows it; None where that shows another one, or none."""
        answer = self.talk.ask(case.call)
        if not answer.status:
            return None
        reading = read_refused(case.call, answer, self.talk.rules, case)
        self._keep(case, reading)
        found = (one for one in reading.faults if (one.rule, one.reason.both()) == (fault.rule, fault.reason.both()))
        same = next(found, None)
        return showing(same, case.call, self.naming) if same else None
