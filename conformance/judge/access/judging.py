"""From what the parts of each clause told to counts: exact, method by method, and never green by accident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from conformance.judge.access.case import Case, Part, Spoken, Told, Unreadable, parts
from conformance.judge.access.config import DeviceConfig
from conformance.judge.access.rules import load
from conformance.judge.access.rules.documents import sources_agree
from conformance.judge.rulebook import Judged, Location, RawSample, Tally
from conformance.messages import Message, message

#: The rule that compares what all other clauses' sources say; and the one to which the exports themselves are judged.
AGREEMENT, EXPORT = "sources-agree", "export-complete"


def judge_access(case: Case, *, sample_limit: int) -> Judged:
    """Judge every rule of the pack on one access point.

    ``rows`` is the number of sources handed in (declaration, configurations, results of probes): never 0.
    """
    load()
    told: dict[str, Told] = {}
    tallies: dict[tuple[str, str], Tally] = {}
    for rule in sorted(case.rules.methods, key=lambda one: one == AGREEMENT):
        before = tuple(chain.from_iterable(one.faults for one in told.values()))
        try:
            told[rule] = _agreement(case, before) if rule == AGREEMENT else _told(case, rule)
            tallies[rule, ""] = tally(told[rule], sample_limit)
        except Exception as error:  # noqa: BLE001 - whatever breaks here is ours, and no other rule's
            tallies[rule, ""] = Tally(broken=message("verdict.harness", error=type(error).__name__))
    return Judged(1 + len(case.devices) + len(case.observed.probes if case.observed else ()), tallies)


def _told(case: Case, rule: str) -> Told:
    told = Told()
    for method in case.rules.methods[rule]:
        told.method = method
        part = parts()[rule, method]
        part.judge(case, told)
        if method == "configuration" and rule != EXPORT:
            _blind(case, part, told)
        if not told.spoke(method):
            told.idle(message("access.nothing"))
    return told


def _agreement(case: Case, spoken: tuple[Spoken, ...]) -> Told:
    told = Told("configuration")
    sources_agree(case, told, spoken)
    return told


def _blind(case: Case, part: Part, told: Told) -> None:
    """What of the configurations was not understood, cut short or not judged at all, as far as the part reads it.

    A part that found nothing to judge may have found nothing because it was not understood: gaps count then, too.
    """
    idle = told.method in told.idles and not told.count.get(told.method)
    for device in case.devices:
        if isinstance(device.config, Unreadable):
            if not idle:
                told.unrun(message("access.unreadable", device=device.claim.id))
        elif isinstance(device.config, DeviceConfig):
            for where, reason in _gaps(device.config, part):
                told.doubt(where, reason)


def _gaps(config: DeviceConfig, part: Part) -> Iterator[tuple[Location, Message]]:
    for coverage in config.coverage:
        if not coverage.complete:
            yield Location(coverage.file), message("access.cut-short")
    for line in config.unread:
        if line.topic in part.reads:
            yield line.where, message("access.not-understood")


def tally(told: Told, limit: int) -> Tally:
    """The counts of one rule. A doubt is ours if of a configuration, the set-up's if of a probe, else the clause's."""
    shown = tuple(_sample(one) for one in told.faults[:limit])
    doubts = tuple(_sample(one) for one in told.doubts[:limit])
    methods = {one.method for one in told.doubts}
    number = len(told.doubts)
    checked = sum(told.count.values())
    return Tally(
        checked=max(checked, len(told.faults) + number),
        violations=len(told.faults),
        undecided=number,
        samples=shown,
        undecided_samples=doubts,
        hindered=message("access.doubtful", number=number) if "probe" in methods else None,
        blind=message("access.blind", number=number) if "configuration" in methods else None,
        unasked=next(iter(told.unruns.values()), None) if not number else None,
        idle=next(iter(told.idles.values()), None) if not checked else None,
        evidence=tuple(sorted(method for method, count in told.count.items() if count)),
    )


def _sample(spoken: Spoken) -> RawSample:
    return RawSample(0, (), reason=spoken.reason, where=spoken.where)


def missing_parts(methods: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    """Methods that the pack names and nothing judges, and parts that no requirement names."""
    load()
    named = {(rule, method) for rule, several in methods.items() for method in several if rule != AGREEMENT}
    return tuple(sorted(named ^ set(parts())))
