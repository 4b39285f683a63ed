"""The duties: how fast a node answers, one call after another and many at once, and whether it is there at all.

Calls that were accepted before are made again: what is slow, refused or otherwise now is the duties' own fault. A
batch handed over again changes nothing; where no test data may be written, transfers are not asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from conformance.dialogue.talk import Talk
from conformance.judge.service.answers import read_accepted, read_file, told
from conformance.judge.service.duties import availability_faults, in_ms, least_calls, nearest_rank, slow_fault, too_slow
from conformance.judge.service.model import STRAIGHT, Answer, Call
from conformance.messages import message
from conformance.standard.services.model import TRANSFER

RULES = ("response-time", "concurrency")
_SHOWN_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class _Timed:
    """One call made several times: the answers that came, what each says, how many nobody waited for."""

    answers: tuple[Answer, ...]
    contents: tuple[object, ...]
    timeouts: int

    @property
    def seconds(self) -> list[float]:
        """How long each good answer took."""
        return [answer.seconds for answer in self.answers]


def judge_duties(talk: Talk, served: Collection[str]) -> None:
    """Judge ``response-time`` and ``concurrency`` of each interface that is served."""
    for id_ in served:
        storing = talk.node.interfaces[id_].interface_class == TRANSFER
        if storing and not talk.node.writes:
            talk.unasked(id_, RULES, message("service.no-writes"))
        elif call := accepted_call(talk, id_):
            _judge_interface(talk, id_, call)
        else:
            talk.unasked(id_, RULES, message("service.nothing-to-time"), follows=True)


def accepted_call(talk: Talk, id_: str) -> Call | None:
    """A call of the interface that was accepted and answered well, of a query rather one that found something; of a
    transfer the last one; of a download the one with the shortest file that was read whole, rather with a record.
    """
    storing = talk.node.interfaces[id_].interface_class == TRANSFER
    found: Call | None = None
    logged = list(reversed(talk.logged)) if storing else talk.logged
    if talk.is_file(id_):
        whole = [one for one in logged if not one[1].truncated]
        logged = sorted(whole, key=lambda one: (not one[1].body, len(one[1].body)))
    for call, answer, _ in logged:
        if call.interface != id_ or call.twist != STRAIGHT or call.cut_after is not None:
            continue
        content = _content(talk, call, answer)
        if content is None:
            continue
        if content != () or storing:
            return call
        found = found or call
    return found


def _content(talk: Talk, call: Call, answer: Answer) -> object:
    """What a good answer says, so that two can be compared, ``()`` where that is no rows; None of one that is not good.

    The order of the records of a file is its sender's.
    """
    if not answer.status:
        return None
    if talk.is_file(call.interface):
        return _digest(sorted(answer.body.splitlines())) if read_file(call, answer, talk.rules).good else None
    reading = read_accepted(call, answer, talk.rules)
    if not reading.good or reading.envelope is None:
        return None
    data = reading.envelope.data
    empty = isinstance(data, dict) and data.get(talk.rules.envelope.rows) == []
    try:
        return () if empty else _digest([json.dumps(data, sort_keys=True).encode()])
    except RecursionError:
        return None


def _digest(lines: Sequence[bytes]) -> str:
    """What tells contents apart, however large they are."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(b"%d %b" % (len(line), line))
    return digest.hexdigest()


def _timed(talk: Talk, call: Call, answers: Sequence[Answer]) -> _Timed | None:
    """The answers with what they say; None where one of them is not good."""
    came = [answer for answer in answers if answer.failure != "timeout"]
    contents = [_content(talk, call, answer) for answer in came]
    if any(content is None for content in contents):
        return None
    return _Timed(tuple(came), tuple(contents), len(answers) - len(came))


def _judge_interface(talk: Talk, id_: str, call: Call) -> None:
    duty = talk.profile.duty
    timed = _timed(talk, call, [talk.ask(call) for _ in range(int(duty("timed_calls")))])
    if timed is None:
        talk.unasked(id_, RULES, message("service.nothing-to-time"), follows=True)
        return
    talk.latencies[id_].extend(timed.seconds)
    registered = talk.node.interfaces[id_].limits.response_ms
    limit = min(registered or int(duty("response_ms")), int(duty("response_ms")))
    talk.checked(id_, "response-time")
    percentile = int(duty("percentile"))
    slow = too_slow(timed.seconds, timed.timeouts, percentile=percentile, limit_ms=limit)
    if slow:
        talk.tell(id_, slow_fault("response-time", call, percentile=percentile, limit_ms=limit))
    elif timed.timeouts:
        talk.doubt(id_, "response-time")
    _judge_together(talk, id_, call, timed, slow=slow or timed.timeouts > 0)


def _judge_together(talk: Talk, id_: str, call: Call, alone: _Timed, *, slow: bool) -> None:
    """Many calls at once are answered as one is; whether in time is judged only where one alone is not ``slow``."""
    duty = talk.profile.duty
    number, percentile, limit = int(duty("concurrency")), int(duty("percentile")), int(duty("response_ms"))
    answers: list[Answer] = []
    before = talk.unanswered, talk.late
    for _ in range(int(duty("concurrent_rounds"))):
        answers.extend(talk.ask_together([call] * number))
    # What is refused under load is this rule's; the node's availability is judged by what it is asked in peace.
    talk.unanswered, talk.late = before
    talk.checked(id_, "concurrency")
    timed = _timed(talk, call, answers)
    if timed is None:
        talk.tell(id_, told("concurrency", call, "service.refused-together", number=number))
    elif any(one != alone.contents[0] for one in timed.contents) and _steady(alone):
        talk.tell(id_, told("concurrency", call, "service.other-together", number=number))
    elif not slow and too_slow(timed.seconds, timed.timeouts, percentile=percentile, limit_ms=limit):
        talk.tell(id_, slow_fault("concurrency", call, percentile=percentile, limit_ms=limit))
    elif timed.timeouts:
        talk.doubt(id_, "concurrency")
    else:
        talk.together = max(talk.together, number)


def _steady(alone: _Timed) -> bool:
    """True where the same call, made alone, was always answered the same."""
    return all(one == alone.contents[0] for one in alone.contents)


def judge_availability(talk: Talk) -> None:
    """Judge ``availability`` of the node, by every call of the dialogue; where these are too few, by more of them."""
    per_mille = int(talk.profile.duty("available_per_mille"))
    least = least_calls(per_mille)
    valid = cycle(list(_harmless(talk)))
    while sum(talk.calls.values()) < least:
        call = next(valid, None)
        if call is None:
            talk.unasked("", ("availability",), message("service.too-few-calls", number=least))
            return
        talk.ask(call)
    calls = sum(talk.calls.values())
    talk.checked("", "availability")
    least_of, most_of = (
        availability_faults(talk.node.target, calls=calls, unanswered=unanswered, per_mille=per_mille)
        for unanswered in (talk.unanswered, talk.unanswered + talk.late)
    )
    talk.tell("", *least_of)
    if most_of and not least_of:
        # Whether these calls would have been answered nobody waited to see.
        talk.doubt("", "availability", talk.late)


def _harmless(talk: Talk) -> Iterator[Call]:
    for id_, interface in talk.node.interfaces.items():
        call = None if interface.interface_class == TRANSFER else accepted_call(talk, id_)
        if call is not None:
            yield call


def figures(talk: Talk) -> Mapping[str, Any]:
    """What was measured, as the report's ``run.service`` holds it: whole numbers, times in milliseconds."""
    everything = talk.answer_seconds + talk.own_seconds
    return {
        "target": talk.node.target,
        "requests": sum(talk.calls.values()),
        "unanswered": talk.unanswered,
        "together": talk.together,
        "ownPerMille": round(1000 * talk.own_seconds / everything) if everything else 0,
        "interfaces": [
            {"interface": id_, "requests": talk.calls[id_], **_percentiles(talk.latencies[id_])}
            for id_ in sorted(talk.node.interfaces)
        ],
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, int | None]:
    return {f"p{one}": in_ms(nearest_rank(seconds, one)) if seconds else None for one in _SHOWN_PERCENTILES}
