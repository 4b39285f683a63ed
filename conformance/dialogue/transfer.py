"""Transfers, judged: what was acknowledged is there, once, with its values, whatever happens on the way.

Scripts come first, the smallest that show each rule, so that each is judged in every run; then trouble on the way; then
a machine that draws longer sequences. All that was handed over is deleted again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from conformance.dialogue.effect import Naming
from conformance.dialogue.state import Part, Unseen, snapshot, viewers, whole_call
from conformance.dialogue.talk import Talk
from conformance.dialogue.transfer_bench import ATOMIC, CONFLICT, KEPT, ORDER, Bench
from conformance.dialogue.transfer_machine import run_machine
from conformance.dialogue.transfer_steps import key_twice, leave_out, misfit, mixed, other_content
from conformance.dialogue.transfer_supply import Supply
from conformance.dialogue.transfer_trouble import interrupted, partner, together
from conformance.judge.service.answers import told
from conformance.judge.service.rules import TRANSFER_RULES
from conformance.judge.service.stored import Record
from conformance.messages import message
from conformance.standard.services.model import TRANSFER, Interface

#: What is judged here; the shape of bodies is judged with the other refusals.
RULES = tuple(rule for rule in TRANSFER_RULES if rule != "refuse-body")


def judge_transfers(talk: Talk, served: Collection[str]) -> None:
    """Judge each transfer interface that is served, where test records may be written."""
    for id_ in served:
        interface = talk.node.interfaces[id_]
        if interface.interface_class != TRANSFER:
            continue
        if not talk.node.writes:
            talk.unasked(id_, RULES, message("service.no-writes"))
        elif not interface.key or not viewers(talk, interface):
            talk.unasked(id_, RULES, message("transfer.no-state"))
        else:
            _Transfers(talk, interface).judge()


class _Transfers:
    """All that is done with one transfer interface."""

    def __init__(self, talk: Talk, interface: Interface) -> None:
        self._talk, self._interface = talk, interface
        self._naming, self._supply = Naming(), Supply(talk, interface)
        self._sequences = 0

    def judge(self) -> None:
        """Scripts, trouble, the machine; at the end nothing of ours is there."""
        talk, interface = self._talk, self._interface
        areas = self._supply.peek(talk.profile.effort("broken"))
        before = self._snapshot(areas)
        for rule, script in _SCRIPTS:
            self._play(rule, script)
        self._play("transfer-interrupted", interrupted)
        self._play("transfer-senders", lambda bench: together(bench, partner(bench, interface)))
        run_machine(talk, interface, self._bench, self._sequences)
        self._undisturbed(before, areas)
        tallies = talk.counter(interface.id).tallies(RULES)
        hindered = talk.hindrances(interface.id)
        left = [rule for (rule, _), one in tallies.items() if not one.checked and rule not in hindered]
        talk.unasked(interface.id, left, message("transfer.no-ground"), follows=True)

    def _bench(self, sequence: int) -> Bench:
        return Bench(self._talk, self._interface, self._naming, self._supply, sequence)

    def _play(self, rule: str, script: Callable[[Bench], None]) -> None:
        self._sequences += 1
        bench = self._bench(self._sequences)
        try:
            script(bench)
        except Unseen:
            self._talk.hinder(self._interface.id, rule, message("transfer.unseen"))
        bench.tell()
        with suppress(Unseen):
            bench.clear()

    def _snapshot(self, areas: Sequence[Record]) -> dict[Part, str]:
        """What the rows look like, where two looks at them agree."""
        first, again = (self._look(areas) for _ in range(2))
        return {of: digest for of, digest in first.items() if again.get(of) == digest}

    def _look(self, areas: Sequence[Record]) -> dict[Part, str]:
        return snapshot(self._talk, self._interface, areas, rows_only=True, without=self._supply.keys)

    def _undisturbed(self, before: dict[Part, str], areas: Sequence[Record]) -> None:
        """With all test records gone, the rows are those from before; told only where nothing else explains it."""
        talk, id_ = self._talk, self._interface.id
        if any(one.violations for one in talk.counter(id_).tallies(TRANSFER_RULES).values()):
            return
        after = self._look(areas)
        for of, digest in before.items():
            if of in after and after[of] != digest:
                talk.tell(id_, told(KEPT, whole_call(talk, of), "transfer.others-changed"))
                return


def _stored(bench: Bench) -> None:
    """Inserted records are there with their values; updated ones have the new values, deleted ones are gone."""
    series, first = bench.series(), bench.fresh(bench.talk.profile.effort("batch_records"))
    inserted = [bench.supply.filled(first[0]), *first[1:]]
    if not bench.hand_over(series, [("insert", one) for one in inserted]):
        return
    live = [one for one in inserted if bench.key(one) in bench.live]
    other, new = bench.fresh(2)
    changes: list[tuple[str, Record]] = [("insert", new)]
    changes += [("update", bench.supply.altered(live[-1], other))] if live else []
    changes += [("delete", live[0])] if len(live) > 1 else []
    bench.hand_over(series, changes)


def _repeat(bench: Bench) -> None:
    """The last batch once more; then an earlier one, whose record was deleted since."""
    series, (record,) = bench.series(), bench.fresh(1)
    if not bench.hand_over(series, [("insert", record)]):
        return
    bench.send_again(series.batches[0])
    if bench.key(record) in bench.live and bench.hand_over(series, [("delete", record)]):
        bench.send_again(series.batches[0])


def _conflict(bench: Bench) -> None:
    """Other content under the number of an earlier batch; what does not fit the records that are there."""
    series, (record,) = bench.series(), bench.fresh(1)
    if not bench.hand_over(series, [("insert", record)]):
        return
    other, missing = bench.fresh(2, absent=True)
    if not other_content(bench, series, series.batches[0].number, other):
        series = bench.series()
    misfits: list[tuple[str, Record]] = [("update", missing), ("delete", missing)]
    if bench.key(record) in bench.live:
        misfits.insert(0, ("insert", bench.supply.altered(record, other)))
    for operation, one in misfits:
        if not misfit(bench, series, operation, one):
            series = bench.series()
    key_twice(bench, bench.series())


def _order(bench: Bench) -> None:
    """A series that begins with its second batch, and one whose second batch is left out."""
    early, late = bench.fresh(2, absent=True)
    series = bench.series()
    if not leave_out(bench, series, early):
        series = bench.series()
    if bench.hand_over(series, [("insert", one) for one in bench.fresh(1)]):
        leave_out(bench, series, late)


def _kept(bench: Bench) -> None:
    """Several batches, one after the other; at the end all of it is there."""
    series = bench.series()
    for _ in range(bench.talk.profile.effort("batches")):
        if not bench.hand_over(series, [("insert", one) for one in bench.fresh(1)]):
            break
    bench.finish()


_SCRIPTS: tuple[tuple[str, Callable[[Bench], None]], ...] = (
    ("transfer-stored", _stored),
    ("transfer-repeat", _repeat),
    (CONFLICT, _conflict),
    (ORDER, _order),
    (ATOMIC, mixed),
    (KEPT, _kept),
)
