"""Steps that a node must refuse, as scripts and the machine both take them: each says under which rule it is judged."""

from __future__ import annotations

from conformance.dialogue.effect import NO_EFFECT
from conformance.dialogue.transfer_bench import ATOMIC, CONFLICT, ORDER, Bench, Changes, Series
from conformance.judge.service.answers import Case
from conformance.judge.service.stored import Key, Record
from conformance.messages import message

_MISFITS = {
    "insert": message("transfer.insert-existing"),
    "update": message("transfer.update-missing"),
    "delete": message("transfer.delete-missing"),
}


def other_content(bench: Bench, series: Series, number: int, record: Record) -> bool:
    """A batch that was acknowledged, with other content; True where it was refused."""
    call = bench.call(series, number, [("insert", record)])
    case = Case(CONFLICT, call, message("transfer.other-content"), ("batch-conflict",))
    return bench.refused(case, [bench.key(record)])


def misfit(bench: Bench, series: Series, operation: str, record: Record) -> bool:
    """An insertion of what exists, an update or a deletion of what does not, alone in its batch; True where refused."""
    call = bench.call(series, series.next, [(operation, record)])
    return bench.refused(Case(CONFLICT, call, _MISFITS[operation], ("record-conflict",)), [bench.key(record)])


def key_twice(bench: Bench, series: Series) -> None:
    """One key twice in a batch, each fit to be taken alone: two updates of a record, or an insertion and an update.

    What stays behind of it is not judged: whole and half cannot be told apart.
    """
    other, new = bench.fresh(2)
    there = list(bench.live.values())
    one = there[0] if there else new
    changes: Changes = [("update" if there else "insert", one), ("update", bench.supply.altered(one, other))]
    call = bench.call(series, series.next, changes)
    bench.refused(Case(CONFLICT, call, message("transfer.key-twice"), ("record-conflict",)), [])
    bench.forget(bench.key(one))


def leave_out(bench: Bench, series: Series, record: Record) -> bool:
    """A batch whose predecessor was never sent; True where it was refused."""
    what = message("transfer.gap" if series.batches else "transfer.gap-first")
    call = bench.call(series, series.next + 1, [("insert", record)])
    return bench.refused(Case(ORDER, call, what, ("batch-order",)), [bench.key(record)])


def mixed(bench: Bench) -> None:
    """Good records with a bad one among them, and with an update of nothing behind them: nothing of it stays."""
    first, bad, last = bench.fresh(3, absent=True)
    spoiled = bench.supply.spoiled(bad)
    among: Changes = [("insert", first), ("insert", spoiled), ("insert", last)]
    keys = [bench.key(one) for one in (first, bad, last)]
    came = _taken(bench, among, keys, len(keys))
    if came == "accepted":
        _alone(bench, among, spoiled, bench.key(bad))
    if came == "refused" and not bench.red(NO_EFFECT):
        misfit_behind(bench, first, last)


def misfit_behind(bench: Bench, first: Record, second: Record) -> None:
    """Good records, not there, and behind them an update of nothing."""
    changes: Changes = [("insert", first), ("insert", second), ("update", bench.fresh(1)[0])]
    _taken(bench, changes, [bench.key(one) for one in (first, second)], len(changes))


def _taken(bench: Bench, changes: Changes, keys: list[Key], whole: int) -> str:
    return bench.taken_in_part(bench.call(bench.series(), bench.talk.rules.batch.first, changes), keys, whole)


def _alone(bench: Bench, among: Changes, spoiled: Record, key: Key) -> None:
    """A batch with a bad record was acknowledged: told only where the bad record is refused when it comes alone."""
    rules = bench.talk.rules
    call = bench.call(bench.series(), rules.batch.first, [("insert", spoiled)])
    if bench.talk.ask(call).status >= min(one.status for one in rules.errors.values()):
        bench.checks.append(ATOMIC)
        bench.fault(ATOMIC, bench.call(bench.series(), rules.batch.first, among), "transfer.part-taken")
    bench.remove([key])
