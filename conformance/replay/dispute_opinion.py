"""A second opinion on one finding, from what its bundle keeps: by the plain oracle, which no engine has a part in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.evidence.census import Census, census_of
from conformance.evidence.census_shape import coded
from conformance.evidence.record import FindingRecord
from conformance.messages import Message, message
from conformance.replay.counting import CHAIN, Counted, recount
from conformance.standard.pack import StandardsError, standards_root
from conformance.standard.standards import Standards

#: What a census of an unexpected form raises.
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, AssertionError)
#: Of forms that a rule does not accept so many are told, among so many that are looked at.
_FORMS, _TRIED = 5, 500


def held_standards(packs: Sequence[Mapping[str, str]], root: Path | None = None) -> Standards | None:
    """The packs that a manifest names, where all of them are held here in just that state; else None."""
    named = {(entry["id"], entry["edition"]): entry["digest"] for entry in packs}
    try:
        standards = Standards.load(sorted(named), root or standards_root())
    except StandardsError:
        return None
    here = {(pack.id, pack.edition): pack.digest for pack in standards.packs.values()}
    return standards if here == named else None


def recountable(record: FindingRecord) -> bool:
    """Can a census say anything of the rule: does it look at the values of one column, each for itself?"""
    return record.column is not None and record.rule in CHAIN and record.reached and not record.error


def opinion(
    record: FindingRecord, level: str, census: Mapping[str, Any] | None, standards: Standards | None
) -> dict[str, Any]:
    """What a second judge says: ``result`` (``agrees``, ``compatible``, ``differs`` or ``none``), its ``counts`` or
    None, some ``forms`` of the census that it does not accept, and the words. ``census``: the body of the column's
    record, None where there is none.
    """
    if not record.reached or record.error:
        return _none(message("dispute.opinion-nothing"))
    if not recountable(record):
        return _none(_of_the_run(level, ours=record.tally.ours))
    if census is None or standards is None:
        return _none(message("dispute.opinion-no-packs" if census else "dispute.opinion-no-census"))
    try:
        held = census_of(census)
        counted = recount(held, standards).get(record.rule)
        if counted is None:
            return _none(message("dispute.opinion-no-census"))
        forms = list(_forms(record.rule, held, standards)) if counted.violations or counted.undecided else []
        return {**_recounted(record, held, counted), "forms": forms}
    except MALFORMED:
        return _none(message("dispute.opinion-malformed"))


def _none(told: Message) -> dict[str, Any]:
    return {"result": "none", "counts": None, "forms": [], "words": told.both()}


def _of_the_run(level: str, *, ours: bool) -> Message:
    """What second judge the run itself had, over such requirements."""
    if ours:
        return message("dispute.opinion-run-differs")
    if level == "package":
        return message("dispute.opinion-package")
    if level == "service":
        return message("dispute.opinion-service")
    if level == "access":
        return message("dispute.opinion-access")
    return message("dispute.opinion-records")


def _recounted(record: FindingRecord, census: Census, counted: Counted) -> dict[str, Any]:
    tally = record.tally
    there = (tally.checked, tally.violations, tally.undecided)
    here = (counted.checked, counted.violations, counted.undecided)
    unknown = counted.unknown + census.of - _counted(census)
    figures = dict(zip(("checked", "violations", "undecided", "unknown"), (*here, unknown), strict=True))
    if not unknown:
        told = message("dispute.opinion-agrees", **figures)
        if there != here:
            told = message("dispute.opinion-differs", **figures)
        return {"result": "agrees" if there == here else "differs", "counts": figures, "words": told.both()}
    possible = all(low <= number <= low + unknown for low, number in zip(here, there, strict=True))
    told = message("dispute.opinion-compatible", **figures)
    if not possible:
        told = message("dispute.opinion-impossible", **figures)
    return {"result": "compatible" if possible else "differs", "counts": figures, "words": told.both()}


def _forms(rule: str, census: Census, standards: Standards) -> Iterator[dict[str, Any]]:
    """The first forms of a census that the rule does not accept: the least that shows what is wrong, and nobody."""
    values = [(text, number, "value", ((text, time, number),), ()) for text, time, number in census.values]
    shapes = [(coded(shape), number, "shape", (), ((shape, number),)) for shape, number in census.shapes]
    found = 0
    for text, number, kept, as_value, as_shape in (*values, *shapes)[:_TRIED]:
        alone = replace(census, rows=number, of=number, absent=0, values=as_value, shapes=as_shape)
        counted = recount(alone, standards).get(rule)
        if counted is not None and (counted.violations or counted.undecided):
            yield {"form": text, "kept": kept, "count": number}
            found += 1
        if found == _FORMS:
            return


def _counted(census: Census) -> int:
    return census.absent + sum(entry[2] for entry in census.values) + sum(entry[1] for entry in census.shapes)
