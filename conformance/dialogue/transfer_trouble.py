"""Trouble on the way: an upload that breaks off, and several senders at once."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.dialogue.state import understood
from conformance.dialogue.transfer_bench import INTERRUPTED, SENDERS, STORED, Bench, Changes, Series
from conformance.judge.service.model import Call
from conformance.judge.service.stored import MISSING, TWICE, Key, Record
from conformance.standard.services.model import Interface

_TOLD = (MISSING, TWICE)


def places(body: bytes) -> tuple[int, ...]:
    """Where an upload is cut: in its first octets, in the middle, one octet before its end."""
    return tuple(sorted({1, len(body) // 2, len(body) - 1}))


def interrupted(bench: Bench) -> None:
    """Uploads cut off at several places, each of the next batch, which is then sent whole."""
    series = bench.series()
    for place in range(len(places(b"batch"))):
        if not series.broken:
            interrupt(bench, series, place)


def interrupt(bench: Bench, series: Series, place: int) -> None:
    """Cut the upload of the next batch off; nothing of it is stored, and sent whole it is taken as if it were new."""
    bench.step += 1
    (record,) = bench.fresh(1, absent=True)
    changes: Changes = [("insert", record)]
    whole = bench.call(series, series.next, changes)
    cut = bench.call(series, series.next, changes, cut_after=places(whole.body or b"")[place])
    bench.talk.ask(cut)
    key = bench.key(record)
    bench.checks.append(INTERRUPTED)
    if bench.look([key])[key]:
        bench.fault(INTERRUPTED, cut, "transfer.cut-stored", number=1)
        series.broken = True
        bench.remove([key])
        return
    _whole_again(bench, series, whole, changes)


def _whole_again(bench: Bench, series: Series, whole: Call, changes: Changes) -> None:
    bench.step += 1
    answer = bench.talk.ask(whole)
    keys = [bench.key(record) for _, record in changes]
    if not answer.status:
        bench.talk.doubt(bench.interface.id, INTERRUPTED)
        series.broken = True
    elif understood(answer, bench.talk.rules) is None:
        bench.fault(INTERRUPTED, whole, "transfer.cut-refused", status=answer.status)
        series.broken = True
    if series.broken:
        for key in keys:
            bench.forget(key)
        return
    bench.acknowledged(series, whole, answer, changes)
    _there_once(bench, INTERRUPTED, "transfer.cut-lost", whole, [record for _, record in changes])


def together(bench: Bench, second: str) -> None:
    """Batches of several series sent at the same time: two of one sender, and one of another that uses the name of the
    first for its own. Each is acknowledged, and all that was acknowledged is there, once.
    """
    lines = [bench.series(), bench.series()]
    if second:
        lines.append(Series(lines[0].id, second, lines[0].next))
    for _ in range(bench.talk.profile.effort("broken")):
        _round(bench, [series for series in lines if not series.broken])


def _round(bench: Bench, lines: Sequence[Series]) -> None:
    bench.step += 1
    batches: list[Changes] = [[("insert", record)] for record in bench.fresh(len(lines), absent=True)]
    calls = [bench.call(series, series.next, changes) for series, changes in zip(lines, batches, strict=True)]
    answers = bench.talk.ask_together(calls)
    taken: list[Record] = []
    bench.checks.append(SENDERS)
    for series, changes, call, answer in zip(lines, batches, calls, answers, strict=True):
        if understood(answer, bench.talk.rules) is not None:
            bench.acknowledged(series, call, answer, changes)
            taken += [record for _, record in changes]
            continue
        series.broken = True
        bench.forget(bench.key(changes[0][1]))
        if answer.failure == "timeout":
            bench.talk.doubt(bench.interface.id, SENDERS)
        else:
            bench.fault(SENDERS, call, "transfer.senders-refused", status=answer.status)
    if taken:
        _there_once(bench, SENDERS, "transfer.senders-lost", calls[0], taken)


def _there_once(bench: Bench, rule: str, id_: str, call: Call, records: Sequence[Record]) -> None:
    """Take acknowledged records into the model, and tell those that are not there once; their values are not this
    rule's, and nothing is told where records are lost without any trouble already.
    """
    wanted: dict[Key, Record | None] = {bench.key(record): record for record in records}
    found = bench.hold(wanted)
    for record in records:
        bench.live[bench.key(record)] = record
        bench.came[bench.key(record)] = bench.shown(call)
    lost = [one for one in found if one.kind in _TOLD]
    if lost and not bench.red(STORED):
        bench.fault(rule, call, id_, number=len(lost))
    bench.repair(found)


def partner(bench: Bench, interface: Interface) -> str:
    """Another client that may hand over to this interface; empty where there is none."""
    node = bench.talk.node
    first = bench.talk.caller(interface.id)
    return next((role for role in node.clients if role != first and interface.id in node.grants[role]), "")
