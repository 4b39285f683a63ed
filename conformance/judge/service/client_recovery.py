"""What a vendor's client makes of a platform that behaves well, and of one that does not: one judgement for each scene.

A rule of recovery is judged only where the client's paging, or its order of batches, was good with a well-behaved
platform: else that is the cause. A job that outlasts our patience is a doubt, unless the recording shows the fault.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.judge.service.client_calls import Basis, Row, Said
from conformance.messages import Message, message
from conformance.standard.services.model import Interface

#: How a recording can have ended other than by the client itself: our patience, or the bound on requests.
TIME, BOUND = "time", "bound"
#: What the platform did with a request: answered it in full, for the first time or again; stored without a receipt.
GIVEN, AGAIN, STORED, CUT, REPEATED = "given", "again", "stored", "cut", "repeated"
_STORING = (GIVEN, STORED)
#: The style of paging whose position counts pages, not records.
PAGES = "page"
#: A last pause that grew is so much longer than the shortest before it.
_GROWN = 1.2


@dataclass(frozen=True)
class Recording:
    """One job in one scene. ``rows``: what the platform holds (fetch), or what was to be delivered; ``output``: what
    the client wrote, lines that are no records as None. ``exit_code`` None: it was stopped, by what ``stopped`` says.
    ``played``: the platform's misbehaviour took place. ``limits`` are the parameters of the scene.
    """

    scene: str
    job: str
    interface: Interface
    said: tuple[Said, ...]
    rows: tuple[Row, ...] = field(repr=False)
    output: tuple[Row | None, ...] = field(default=(), repr=False)
    exit_code: int | None = None
    stopped: str = ""
    played: bool = True
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ruling:
    """What one scene says of its rule: faults, or a doubt because our patience ended first."""

    faults: tuple[Fault, ...] = ()
    hindered: bool = False


@dataclass(frozen=True)
class Kept:
    """What the client wrote beside what it was given: records missing, records that nobody gave, records twice."""

    missing: int
    strange: int
    twice: int


def kept(recording: Recording) -> Kept:
    """Compare the output with the platform's rows; fields without a value count as left out."""
    given = Counter(_plain(row) for row in recording.rows)
    found = Counter(_plain(row) for row in recording.output if row is not None)
    strange = sum(number for row, number in found.items() if row not in given)
    twice = sum(number - given[row] for row, number in found.items() if row in given and number > given[row])
    missing = sum(number for row, number in given.items() if row not in found)
    return Kept(missing, strange + sum(row is None for row in recording.output), twice)


def _plain(row: Row) -> str:
    return json.dumps({name: value for name, value in sorted(row.items()) if value not in ("", None)})


def judge_recording(rule: str, by: str, recording: Recording, basis: Basis) -> Ruling:
    """What a scene says of its rule; ``by`` names one of :data:`JUDGEMENTS`."""

    def fault(why: Message) -> Fault:
        method = basis.rules.requests[recording.interface.request].method
        return Fault(rule, Location(f"{method} {recording.interface.path}", path=recording.scene), why)

    faults = tuple(fault(why) for why in JUDGEMENTS[by](recording, basis))
    return Ruling(faults, hindered=not faults and recording.stopped == TIME)


# -- a platform that behaves well --------------------------------------------------------------------------------------


def _paging(recording: Recording, basis: Basis) -> Iterator[Message]:
    """Every page once, in any order, up to the total; one call beyond it may be made to see that there is no more."""
    style = basis.rules.paging[recording.interface.paging]
    by_page = recording.interface.paging == PAGES
    total, asked, beyond = len(recording.rows), Counter[int](), 0
    for one in recording.said:
        position, size = one.number(style.position), one.number(style.size)
        if one.request.outcome != GIVEN or position is None or size is None:
            continue
        start = (position - style.first) * (size if by_page else 1)
        asked.update(range(start, min(start + size, total)))
        beyond += start >= total
    if again := sum(number > 1 for number in asked.values()):
        yield message("recovery.pages-again", number=again)
    if beyond > 1:
        yield message("recovery.beyond", number=beyond)
    if recording.stopped == TIME:
        return
    if len(asked) < total:
        yield message("recovery.pages-missing", number=total - len(asked), total=total)
    elif not again and beyond <= 1:
        yield from _good_end(recording)


def _good_end(recording: Recording) -> Iterator[Message]:
    """The job ends well, and the output holds every row once."""
    if recording.stopped == BOUND:
        yield message("recovery.bound", number=len(recording.said))
    elif recording.exit_code != 0:
        yield message("recovery.failed", code=str(recording.exit_code))
    elif (found := kept(recording)) != Kept(0, 0, 0):
        yield _written(recording, found)


def _written(recording: Recording, found: Kept) -> Message:
    return message(
        "recovery.output",
        total=len(recording.rows),
        missing=found.missing,
        strange=found.strange,
        twice=found.twice,
    )


def _order(recording: Recording, basis: Basis) -> Iterator[Message]:
    """Batches of a series count from the first without a gap, each after the receipt of the last; nothing is lost."""
    first, digits = basis.rules.batch.first, basis.rules.batch.digits
    last: dict[str, Said] = {}
    seen: dict[str, set[str]] = {}
    good = True
    for one in recording.said:
        if one.batch is None or one.batch.number in seen.setdefault(one.batch.series, set()):
            continue
        series, before = one.batch.series, last.get(one.batch.series)
        expected = str(first + len(seen[series])).zfill(digits)
        if one.batch.number != expected:
            yield message("recovery.batch-gap", batch=one.batch.number, expected=expected)
            return
        if before and not (0 < before.request.answered <= one.request.received):
            yield message("recovery.batch-early", batch=one.batch.number)
            good = False
        seen[series].add(one.batch.number)
        last[series] = one
    if good and recording.stopped != TIME:
        yield from _delivered(recording)


def _delivered(recording: Recording) -> Iterator[Message]:
    if recording.stopped == BOUND:
        yield message("recovery.bound", number=len(recording.said))
    elif recording.exit_code != 0:
        yield message("recovery.failed", code=str(recording.exit_code))
    elif not _complete(recording):
        yield message("recovery.delivered", number=len(_stored(recording)), total=len(recording.rows))


def _stored(recording: Recording) -> Sequence[Row]:
    """The records that the platform took, in order."""
    taken = (one for one in recording.said if one.request.outcome in _STORING and one.batch)
    return [record for one in taken if one.batch for record in one.batch.records]


def _complete(recording: Recording) -> bool:
    """True where each record arrived, once and unchanged; series may be several, so the order is each series' own."""
    if not all(one.clean for one in recording.said):
        return True
    return Counter(map(_plain, _stored(recording))) == Counter(map(_plain, recording.rows))


# -- one that does not ------------------------------------------------------------------------------------------------


def _nothing_asked(recording: Recording, _: Basis) -> Iterator[Message]:
    """Not one request reaches a platform whose certificate is not to be trusted."""
    if recording.said:
        yield message("recovery.trusted", number=len(recording.said))


def _whole_or_failed(recording: Recording, _: Basis) -> Iterator[Message]:
    """The output is complete, or the job says that it failed; a row never stands twice."""
    found = kept(recording)
    if recording.stopped == BOUND:
        yield message("recovery.bound", number=len(recording.said))
    elif found.twice or (recording.exit_code == 0 and found != Kept(0, 0, 0)):
        yield _written(recording, found)


def _not_doubled(recording: Recording, _: Basis) -> Iterator[Message]:
    """No row stands twice in the output."""
    found = kept(recording)
    if recording.stopped == BOUND:
        yield message("recovery.bound", number=len(recording.said))
    elif found.twice:
        yield _written(recording, found)


def _not_less(recording: Recording, _: Basis) -> Iterator[Message]:
    """The output holds every row and no other, or the job says that it failed."""
    found = kept(recording)
    if recording.stopped == BOUND:
        yield message("recovery.bound", number=len(recording.said))
    elif recording.exit_code == 0 and (found.missing or found.strange):
        yield _written(recording, found)


def _recovers(recording: Recording, _: Basis) -> Iterator[Message]:
    """A platform that is back after two errors is asked again, and the job ends complete."""
    found = kept(recording)
    if recording.stopped == TIME:
        return
    if recording.exit_code != 0 or found.missing or found.strange:
        yield message("recovery.not-recovered", calls=len(recording.said))


def _recovers_delivery(recording: Recording, _: Basis) -> Iterator[Message]:
    """The same of a delivery; a batch that was sent under another number than before is told elsewhere."""
    if recording.stopped == TIME or {"batch-order", "batch-conflict"} & {one.request.outcome for one in recording.said}:
        return
    if recording.exit_code != 0 or not _complete(recording):
        yield message("recovery.not-recovered", calls=len(recording.said))


def _gives_up(recording: Recording, _: Basis) -> Iterator[Message]:
    """A platform that stays away is asked so often at most, with pauses, and the job says that it failed."""
    calls, limits = _same_calls(recording.said), recording.limits
    attempts = max(map(len, calls), default=0)
    if attempts > limits["attempts"]:
        yield message("recovery.attempts", number=attempts, limit=limits["attempts"])
    elif recording.stopped == BOUND:
        yield message("recovery.bound", number=len(recording.said))
    elif recording.exit_code == 0:
        yield message("recovery.silent")
    elif not all(_pauses(one, limits["pause_ms"] / 1000, limits["grown_ms"] / 1000) for one in calls):
        yield message("recovery.no-pause", limit=limits["pause_ms"], grown=limits["grown_ms"])


def _same_calls(said: Iterable[Said]) -> Sequence[Sequence[Said]]:
    """Requests that say the same, headers apart, together: the attempts at one call."""
    calls: dict[tuple[object, ...], list[Said]] = {}
    for one in said:
        batch = one.batch and (one.batch.series, one.batch.number, repr(one.batch.records))
        calls.setdefault((one.request.method, one.request.target, one.pairs, batch), []).append(one)
    return tuple(calls.values())


def _pauses(said: Sequence[Said], least: float, grown: float) -> bool:
    """True where each pause is long enough, or they grow to a length that can be measured.

    Whatever else a machine does makes a pause longer, never shorter: so the last is held to the shortest before it.
    """
    pauses = [later.request.received - one.request.answered for one, later in pairwise(said)]
    if len(pauses) < 2 or all(pause >= least for pause in pauses):  # noqa: PLR2004 - one pause cannot grow
        return True
    return pauses[-1] >= grown and pauses[-1] >= _GROWN * min(pauses[:-1])


def _refused(recording: Recording, _: Basis) -> Iterator[Message]:
    """A refused call is not made again as it was, but so often; the job says that it failed."""
    most, limit = max(map(len, _same_calls(recording.said)), default=0), 1 + recording.limits["again"]
    if most > limit:
        yield message("recovery.refused-again", number=most, limit=limit)
    elif recording.stopped == BOUND:
        yield message("recovery.bound", number=len(recording.said))
    elif recording.exit_code == 0:
        yield message("recovery.silent")


def _resent(recording: Recording, _: Basis) -> Iterator[Message]:
    """A batch that got no receipt is sent again: the same series, the same number, the same content."""
    sent = [one for one in recording.said if one.batch is not None]
    at = next((place for place, one in enumerate(sent) if one.request.outcome == STORED), None)
    if at is None:
        return
    before, later = sent[at].batch, [one.batch for one in sent[at + 1 :]]
    if before is None or recording.stopped == TIME:
        return
    if not later or later[0] is None:
        yield message("recovery.not-resent", batch=before.number)
    elif (later[0].series, later[0].number) != (before.series, before.number):
        yield message("recovery.other-number", batch=before.number)
    elif later[0].records != before.records:
        yield message("recovery.other-content", batch=before.number)


JUDGEMENTS: Mapping[str, Callable[[Recording, Basis], Iterable[Message]]] = {
    "paging": _paging,
    "order": _order,
    "nothing-asked": _nothing_asked,
    "whole-or-failed": _whole_or_failed,
    "not-doubled": _not_doubled,
    "not-less": _not_less,
    "recovers": _recovers,
    "recovers-delivery": _recovers_delivery,
    "gives-up": _gives_up,
    "refused": _refused,
    "resent": _resent,
}
