"""An answer, read as the convention says: accepted, refused as it should be, or what is wrong with it.

First cause first: an answer is judged by a rule only where nothing was wrong before it. The order of an accepted call
is ``error-server``, ``claimed``, ``accept``, ``answer-encoding``, ``envelope``; of a call that must be refused its own
rule, ``error-server``, ``answer-encoding``, ``error-envelope``, ``error-status``, ``error-code``, ``error-leak``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.judge.service.members import once
from conformance.judge.service.model import Answer, Call
from conformance.messages import Message, Param, message
from conformance.standard.model import Text
from conformance.standard.services.model import ServiceRules

_OK, _NOT_FOUND, _NOT_ALLOWED, _SERVER, _WRONG = 200, 404, 405, 500, 400
#: Of a refusal so many characters are searched for what it must not tell: a pattern may take long over many.
_SEARCHED = 1 << 14
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]+)\"?", re.IGNORECASE)


@dataclass(frozen=True)
class Envelope:
    """The envelope of an answer."""

    code: str
    request: str
    data: Any


@dataclass(frozen=True)
class Reading:
    """What an answer comes to: its envelope where it has one, the rules that it was judged by, and the faults."""

    envelope: Envelope | None = None
    checked: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def good(self) -> bool:
        """True where nothing is wrong."""
        return not self.faults


@dataclass(frozen=True)
class Case:
    """A call that must be refused under ``rule``, for ``what`` is wrong, with one of these errors of the catalogue."""

    rule: str
    call: Call
    what: Message
    expected: tuple[str, ...]


def at(call: Call, path: str = "") -> Location:
    """The place of something in the answer to a call: ``GET /gateway/api/1/x``, ``$.data.rows[2].XM``."""
    return Location(f"{call.method} {call.path}", path=path)


def told(rule: str, call: Call, id_: str, *, path: str = "", undecided: bool = False, **params: Param) -> Fault:
    """A fault that one call shows."""
    return Fault(rule, at(call, path), message(id_, **params), undecided=undecided, call=call)


def read_accepted(call: Call, answer: Answer, rules: ServiceRules) -> Reading:
    """The answer to a call that must be accepted and answered in the envelope."""
    reading = _served(call, answer, rules)
    if reading.faults:
        return reading
    checked = (*reading.checked, "answer-encoding")
    text, wrong = decoded(call, answer, rules)
    if wrong:
        return Reading(None, checked, (wrong,))
    envelope, why = enveloped(text, answer, rules)
    if envelope is None:
        return Reading(
            None,
            (*checked, "envelope"),
            (Fault("envelope", at(call), why or message("service.no-envelope"), call=call),),
        )
    if envelope.code != rules.success.code:
        fault = told("accept", call, "service.valid-refused", status=answer.status, code=_shown_code(envelope, rules))
        return Reading(envelope, (*checked, "envelope"), (fault,))
    return Reading(envelope, (*checked, "envelope"))


def read_file(call: Call, answer: Answer, rules: ServiceRules) -> Reading:
    """The answer to a download that must be accepted: only that it is served; its content is judged elsewhere."""
    return _served(call, answer, rules)


def _served(call: Call, answer: Answer, rules: ServiceRules) -> Reading:
    """Whether a valid call was served at all."""
    if answer.status >= _SERVER:
        return Reading(None, ("error-server",), (told("error-server", call, "service.crashed", status=answer.status),))
    if answer.status in (_NOT_FOUND, _NOT_ALLOWED):
        fault = told("claimed", call, "service.not-served", status=answer.status)
        return Reading(None, ("error-server", "claimed"), (fault,))
    checked = ("error-server", "claimed", "accept")
    if answer.status != _OK:
        text, wrong = decoded(call, answer, rules)
        envelope = None if wrong else enveloped(text, answer, rules)[0]
        code = _shown_code(envelope, rules) if envelope else "—"
        return Reading(
            envelope, checked, (told("accept", call, "service.valid-refused", status=answer.status, code=code),)
        )
    return Reading(None, checked)


def read_refused(call: Call, answer: Answer, rules: ServiceRules, case: Case) -> Reading:
    """The answer to a call that must be refused under the case's rule, with one of its expected errors."""
    rule = case.rule
    if answer.status >= _SERVER:
        return Reading(
            None, (rule, "error-server"), (told("error-server", call, "service.crashed", status=answer.status),)
        )
    checked: tuple[str, ...] = (rule, "error-server", "answer-encoding")
    text, wrong = decoded(call, answer, rules)
    if wrong:
        return Reading(None, checked, (wrong,))
    envelope, why = enveloped(text, answer, rules)
    if answer.status < _WRONG and (envelope is None or envelope.code == rules.success.code):
        return Reading(envelope, (rule,), (told(rule, call, "service.accepted", what=Text(**case.what.both())),))
    checked = (*checked, "error-envelope")
    if envelope is None:
        fault = Fault("error-envelope", at(call), why or message("service.no-envelope"), call=call)
        return Reading(None, checked, (fault,))
    return Reading(
        envelope,
        (*checked, "error-status", "error-code", "error-leak"),
        tuple(_wrong_refusal(call, answer, envelope, rules, case)),
    )


def _wrong_refusal(call: Call, answer: Answer, envelope: Envelope, rules: ServiceRules, case: Case) -> Iterator[Fault]:
    """What is wrong with a refusal: a status of success, the wrong code, the wrong status for the code."""
    known, code = rules.error_of(envelope.code), _shown_code(envelope, rules)
    if answer.status < _WRONG:
        yield told("error-status", call, "service.fault-inside", status=answer.status, code=code)
    elif known is None or known.id not in case.expected:
        wanted = "、".join(rules.errors[id_].code for id_ in case.expected)
        yield told("error-code", call, "service.wrong-code", code=code, expected=wanted)
    elif answer.status != known.status:
        yield told("error-status", call, "service.wrong-status", status=answer.status, expected=known.status)
    text = answer.body.decode(rules.envelope.charset)[:_SEARCHED]
    if any(re.search(pattern, text, re.IGNORECASE | re.DOTALL) for pattern in rules.leaks):
        yield told("error-leak", call, "service.leak")


def decoded(call: Call, answer: Answer, rules: ServiceRules) -> tuple[str, Fault | None]:
    """The answer's text: octets as the content type labels them, and the label is the convention's."""
    label = _CHARSET.search(answer.header("content-type"))
    charset = label[1].lower() if label else rules.envelope.charset
    if charset.replace("_", "-") != rules.envelope.charset:
        return "", told("answer-encoding", call, "service.charset", expected=rules.envelope.charset)
    try:
        text = answer.body.decode(rules.envelope.charset)
    except UnicodeDecodeError as error:
        return "", told("answer-encoding", call, "service.undecodable", offset=error.start)
    if text.startswith("\ufeff"):
        return "", told("answer-encoding", call, "service.bom")
    return text, None


def enveloped(text: str, answer: Answer, rules: ServiceRules) -> tuple[Envelope | None, Message | None]:
    """The envelope, or why there is none: content type, JSON, members, their types."""
    names = rules.envelope
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    if kind != names.content_type:
        return None, message("service.content-type", expected=names.content_type)
    if answer.truncated:
        return None, message("service.endless")
    try:
        value = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None, message("service.no-json")
    if wrong := _misshapen(value, rules):
        return None, wrong
    return Envelope(value[names.code], value[names.request], value.get(names.data)), None


def _misshapen(value: Any, rules: ServiceRules) -> Message | None:
    """What of the envelope's members is not as the convention says."""
    names = rules.envelope
    if not isinstance(value, dict):
        return message("service.no-envelope")
    for name in (names.code, names.message, names.request):
        if not isinstance(value.get(name), str):
            return message("service.no-member", name=name)
    if value[names.code] == rules.success.code and names.data not in value:
        return message("service.no-member", name=names.data)
    extra = value.keys() - {names.code, names.message, names.request, names.data}
    return message("service.extra-member", number=len(extra)) if extra else None


def _shown_code(envelope: Envelope, rules: ServiceRules) -> str:
    """The code, where it is one of the catalogue; what somebody else wrote is not repeated."""
    known = envelope.code == rules.success.code or rules.error_of(envelope.code)
    return envelope.code if known else "?"
