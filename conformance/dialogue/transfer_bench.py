"""One sequence of transfers, and the model of what must be there: what each step proves, and what it does not.

First cause first: what a step shows is told under the one rule that it is about, and the model is then made to agree
with what is really there, so that no later step is judged by the same evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.dialogue.calls import number_text, operated, transfer_call
from conformance.dialogue.effect import NO_EFFECT, Naming, remove
from conformance.dialogue.state import seen, understood, views
from conformance.dialogue.talk import Row, Talk
from conformance.dialogue.transfer_supply import Supply
from conformance.judge.faults import Fault
from conformance.judge.service.answers import Case, at, read_accepted, read_refused, told
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.stored import (
    STALE,
    VALUES,
    Difference,
    Key,
    Record,
    alike,
    differences,
    kept_fault,
    key_of,
    least,
    other_fields,
    receipt_of,
    stored_faults,
    wrong_receipt,
)
from conformance.messages import message
from conformance.standard.services.model import Interface

STORED, VALUES_RULE, REPEAT, CONFLICT = "transfer-stored", "transfer-values", "transfer-repeat", "transfer-conflict"
ORDER, ATOMIC, INTERRUPTED = "transfer-order", "transfer-atomic", "transfer-interrupted"
SENDERS, KEPT = "transfer-senders", "transfer-kept"
_REFUSED = 400
#: What is done to records: an operation by name, and the record.
Changes = Sequence[tuple[str, Record]]


@dataclass(frozen=True)
class Batch:
    """A batch that was acknowledged."""

    number: int
    changes: Changes
    call: Call
    receipt: str


@dataclass
class Series:
    """A series of one sender. ``broken``: it is not known any more which batch comes next."""

    id: str
    client: str
    next: int
    batches: list[Batch] = field(default_factory=list)
    broken: bool = False


class Bench:
    """A sequence of transfers to one interface. What it finds is kept until :meth:`tell` hands it on."""

    def __init__(self, talk: Talk, interface: Interface, naming: Naming, supply: Supply, sequence: int = 0) -> None:
        self.talk, self.interface, self.naming, self.supply = talk, interface, naming, supply
        self.sequence, self.step = sequence, 0
        self.checks: list[str] = []
        self.faults: list[Fault] = []
        #: What must be there, and by which call it came; what is known of each key ever sent; what was last seen of it.
        self.live: dict[Key, Record] = {}
        self.came: dict[Key, Call] = {}
        self.sent: dict[Key, Record] = {}
        self._rows: dict[Key, list[Row]] = {}
        self._looked: dict[Key, list[Row]] = {}
        self._calm: set[Key] = set()
        self._forgotten: set[Key] = set()

    # What is handed over

    def series(self, client: str = "") -> Series:
        """A series that nobody began."""
        return Series(self.naming.series(), client or self.talk.caller(self.interface.id), self.talk.rules.batch.first)

    def fresh(self, number: int, *, absent: bool = False) -> list[Record]:
        """Records that were not handed over in this sequence; ``absent``: seen not to be there."""
        records = self.supply.take(number)
        for record in records:
            self.sent[self.key(record)] = record
        if absent:
            there = [key for key, rows in self.look([self.key(one) for one in records]).items() if rows]
            self.remove(there)
        return records

    def key(self, record: Record) -> Key:
        """The key of one of our own records."""
        key = key_of(record, self.interface.key)
        if key is None:
            raise ValueError("a test record without a key")
        return key

    def call(self, series: Series, number: int, changes: Changes, *, cut_after: int | None = None) -> Call:
        """The call that hands these changes over."""
        records = [operated(self.talk.rules, operation, record) for operation, record in changes]
        return transfer_call(
            self.interface,
            self.talk.rules,
            series.id,
            number,
            records,
            client=series.client,
            cut_after=cut_after,
        )

    # What is there

    def look(self, keys: Iterable[Key]) -> dict[Key, list[Row]]:
        """What is there of these keys now, as the handiest interface shows it."""
        rows = seen(self.talk, self.interface, {key: self.sent[key] for key in keys})
        self._looked |= rows
        self._rows |= rows
        self._calm |= rows.keys()
        return rows

    def hold(self, wanted: Mapping[Key, Record | None]) -> tuple[Difference, ...]:
        """How what is there differs from what is wanted, through whichever interface it is looked at."""
        fields = [one.name for one in self.interface.parameters]
        found = differences(wanted, self.look(wanted), fields)
        if not found:
            return ()
        doubted = {one.key: self.sent[one.key] for one in found}
        shown = views(self.talk, self.interface, doubted)
        sure = []
        for key in doubted:
            rows = [view[key] for view in shown if key in view]
            each = [next(iter(differences({key: wanted[key]}, {key: one}, fields)), None) for one in rows]
            worst = least(each)
            best = next(
                (one for one, of in zip(rows, each, strict=True) if of is None or (worst and of.kind == worst.kind)), []
            )
            self._rows[key] = best
            sure += [worst] if worst else []
        return tuple(sure)

    def remove(self, keys: Iterable[Key]) -> None:
        """Delete what is there of these keys, and forget them."""
        gone = {key: self.sent[key] for key in keys}
        if gone:
            remove(self.talk, self.interface, gone, self.naming)
        for key in gone:
            self.forget(key)

    def forget(self, key: Key) -> None:
        """Judge nothing more by this key; whether something is there of it is looked at when all is cleared."""
        self.live.pop(key, None)
        self._calm.discard(key)
        self._forgotten.add(key)

    def repair(self, found: Sequence[Difference]) -> None:
        """Make the model agree with what is there; a key that is there twice is judged no more."""
        for one in found:
            self._calm.discard(one.key)
            rows = self._rows.get(one.key, [])
            if len(rows) == 1 and one.key in self.live:
                self.live[one.key] = self.sent[one.key] = {**self.live[one.key], **rows[0]}
            else:
                self.forget(one.key)

    def settled(self, keys: Iterable[Key]) -> None:
        """Before a step that must change nothing: what is not as it was is told as not kept, and not as this step's."""
        wanted = {key: self.live.get(key) for key in keys if key not in self._calm}
        if not wanted:
            return
        found = self.hold(wanted)
        lost = [one for one in found if one.key in self.live]
        for one in lost:
            self.found(kept_fault([one], self.shown(self.came[one.key]), sequence=self.sequence, step=self.step))
        self.repair(lost)

    # What is told

    def shown(self, call: Call) -> Call:
        """The call as reports show it."""
        return self.naming.shown(call)

    def found(self, faults: Iterable[Fault]) -> None:
        """Keep faults until they are told."""
        self.faults.extend(faults)

    def fault(self, rule: str, call: Call, id_: str, **params: str | int) -> None:
        """Keep a fault of this step."""
        where = {"sequence": self.sequence, "step": self.step}
        self.found([Fault(rule, at(call), message(id_, **params, **where), call=self.shown(call))])

    def red(self, rule: str) -> bool:
        """True where this rule is broken already: what rests on it is not judged."""
        tallies = self.talk.counter(self.interface.id).tallies([rule])
        return any(one.rule == rule for one in self.faults) or any(one.violations for one in tallies.values())

    def tell(self, muted: Collection[str] = ()) -> None:
        """Hand on what was found; nothing new of rules that are muted."""
        self.talk.checked(self.interface.id, *self.checks)
        self.talk.tell(self.interface.id, *(one for one in self.faults if one.rule not in muted))
        self.checks.clear()
        self.faults.clear()

    # Steps

    def hand_over(self, series: Series, changes: Changes) -> bool:
        """Send the next batch; True where it was acknowledged. What of it is not there is told."""
        self.step += 1
        call = self.call(series, series.next, changes)
        answer = self.talk.ask(call)
        if answer.status and understood(answer, self.talk.rules) is None:
            if self._ground_gone(changes):
                return False
            if self._leftovers(changes):
                answer = self.talk.ask(call)
        if not self.acknowledged(series, call, answer, changes):
            return False
        self._judge(self.shown(call), changes)
        return True

    def acknowledged(self, series: Series, call: Call, answer: Answer, changes: Changes) -> bool:
        """Settle the answer to a batch that must be accepted, and judge its receipt; False where there is none."""
        rules, shown = self.talk.rules, self.shown(call)
        self.talk.settle(shown, answer, read_accepted(shown, answer, rules), sent=call)
        data = understood(answer, rules)
        if data is None:
            if not answer.status:
                self.talk.doubt(self.interface.id, STORED)
            series.broken = True
            for _, record in changes:
                self.forget(self.key(record))
            return False
        number = number_text(rules.batch, series.next)
        if wrong := wrong_receipt(data, series.id, number, len(changes), rules.batch):
            self.fault(STORED, call, "transfer.receipt", name=wrong)
        series.batches.append(Batch(series.next, tuple(changes), call, receipt_of(data, rules.batch)))
        series.next += 1
        self._calm.clear()
        return True

    def _ground_gone(self, changes: Changes) -> bool:
        """True where a batch of ours is refused with right: what it changes is not there any more, which is told."""
        touched = {self.key(record) for operation, record in changes if operation != "insert"}
        self.settled(touched)
        return not touched <= self.live.keys()

    def _leftovers(self, changes: Changes) -> bool:
        """True where an earlier run left something behind that stood in the way of a batch; it is cleared away."""
        new = [self.key(record) for operation, record in changes if operation == "insert"]
        left = [key for key, rows in self.look(new).items() if rows]
        self.remove(left)
        return bool(left)

    def _judge(self, call: Call, changes: Changes) -> None:
        """Judge what an acknowledged batch stored, and take it into the model."""
        kept = self.live.keys() & {self.key(record) for _, record in changes}
        wanted: dict[Key, Record | None] = {}
        for operation, record in changes:
            key = self.key(record)
            wanted[key] = None if operation == "delete" else record
            self.sent[key] = record
        found = self.hold(wanted)
        self.checks += [STORED]
        self.checks += [VALUES_RULE] if any(self._rows[key] for key, one in wanted.items() if one) else []
        found = tuple(self._stale(one) for one in found)
        self.found(stored_faults(found, call, sequence=self.sequence, step=self.step, kept=kept))
        for key, wish in wanted.items():
            self.live.pop(key, None)
            if wish is not None:
                self.live[key], self.came[key] = wish, call
        self.repair(found)

    def _stale(self, found: Difference) -> Difference:
        """An update that was not made at all is no matter of values."""
        before, rows = self.live.get(found.key), self._rows[found.key]
        fields = [one.name for one in self.interface.parameters]
        unmade = found.kind == VALUES and before is not None and not other_fields(before, rows[0], fields)
        return Difference(found.key, STALE) if unmade else found

    def send_again(self, batch: Batch) -> None:
        """Send a batch as it was: it must get the same receipt and change nothing."""
        self.step += 1
        keys = [self.key(record) for _, record in batch.changes]
        self.settled(keys)
        before = {key: self._looked[key] for key in keys}
        answer = self.talk.ask(batch.call)
        if not answer.status:
            self.talk.doubt(self.interface.id, REPEAT)
            return
        self.checks.append(REPEAT)
        data = understood(answer, self.talk.rules)
        receipt = receipt_of(data, self.talk.rules.batch)
        if data is None:
            self.fault(REPEAT, batch.call, "transfer.repeat-refused", status=answer.status)
        elif batch.receipt and receipt != batch.receipt:
            self.fault(REPEAT, batch.call, "transfer.repeat-receipt")
        self._unchanged(REPEAT, batch.call, "transfer.repeat-effect", before)

    def _unchanged(self, rule: str, call: Call, id_: str, before: Mapping[Key, Sequence[Row]]) -> None:
        """Tell what is not as it was before a call that had to change nothing."""
        after = self.look(before)
        changed = [key for key, rows in before.items() if not alike(rows, after[key])]
        if changed:
            self.fault(rule, call, id_, number=len(changed))
        for key in changed:
            self.forget(key)

    def refused(self, case: Case, keys: Collection[Key]) -> bool:
        """Make a call that must be refused; True where it was, or where what it builds on turns out to be gone, so that
        there is nothing to refuse. What it left behind all the same is told and removed.
        """
        self.step += 1
        ground = self.live.keys() & set(keys)
        self.settled(keys)
        if not ground <= self.live.keys():
            return True
        before = {key: self._looked[key] for key in keys}
        answer = self.talk.ask(case.call)
        shown = Case(case.rule, self.shown(case.call), case.what, case.expected)
        if not answer.status:
            self.talk.doubt(self.interface.id, case.rule)
            return False
        reading = read_refused(shown.call, answer, self.talk.rules, shown)
        accepted = [one for one in reading.faults if one.rule == case.rule]
        others = tuple(one for one in reading.faults if one.rule != case.rule)
        self.talk.settle(shown.call, answer, replace(reading, faults=others))
        if accepted:
            self.found(accepted)
            self.remove(keys)
            return False
        self.checks.append(NO_EFFECT)
        after = self.look(keys)
        changed = [key for key in keys if not alike(before[key], after[key])]
        if changed:
            self.found([told(NO_EFFECT, shown.call, "transfer.effect")])
            self.remove(changed)
        return True

    def taken_in_part(self, call: Call, keys: Sequence[Key], whole: int) -> str:
        """Send a batch that holds a bad record among good ones, all new: ``accepted``, ``refused`` or ``unanswered``.

        What a refused batch left of its good records is told, unless it left all of ``whole``: then it was stored
        before it was refused, and that is not about batches.
        """
        self.step += 1
        self.settled(keys)
        answer = self.talk.ask(call)
        if not answer.status:
            self.talk.doubt(self.interface.id, ATOMIC)
            return "unanswered"
        left = [key for key, rows in self.look(keys).items() if rows]
        refused = answer.status >= _REFUSED or understood(answer, self.talk.rules) is None
        if refused:
            self.checks.append(ATOMIC)
        if refused and left and not self.red(NO_EFFECT):
            if len(left) == whole:
                self.found([told(NO_EFFECT, self.shown(call), "transfer.effect")])
            else:
                self.fault(ATOMIC, call, "transfer.in-part", number=len(left))
        self.remove(keys if not refused else left)
        return "refused" if refused else "accepted"

    def finish(self) -> None:
        """At the end of a sequence: what was there right after its receipt is there still, once."""
        if self.live:
            self.step += 1
            self.checks.append(KEPT)
            found = self.hold(dict(self.live))
            for key in dict.fromkeys(one.key for one in found):
                of_key = [one for one in found if one.key == key]
                shown = self.shown(self.came[key])
                self.found(kept_fault(of_key, shown, sequence=self.sequence, step=self.step))

    def clear(self) -> None:
        """Remove all that this sequence stored, and give its records back."""
        remove(self.talk, self.interface, self.live, self.naming, there=True)
        remove(self.talk, self.interface, {key: self.sent[key] for key in sorted(self._forgotten)}, self.naming)
        self.supply.give_back(record for key, record in self.sent.items() if key not in self._forgotten)
        self.live.clear()
