"""Rule ``url-encoding``: parameters are UTF-8, percent-encoded with digits of either case, a blank ``%20`` or ``+``.

It is judged before all else that needs such text, so that a node that decodes wrongly is told so once: other parts ask
an interface that :func:`garbles` in ASCII only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from conformance.dialogue.calls import first_page, make_call
from conformance.dialogue.harvest import asks, mandatory, of_class
from conformance.dialogue.talk import Row, Talk
from conformance.dialogue.valid import faults_of
from conformance.judge.service.answers import Envelope, Reading, at, read_accepted, told
from conformance.judge.service.model import Call
from conformance.judge.service.rows import match_of, rows_of
from conformance.messages import Message, message
from conformance.standard.model import Field, Text
from conformance.standard.services.model import QUERY, VERIFY, Interface

#: Known rows that are asked for by each parameter, in each way of writing.
_ROWS = 2
_RULE = "url-encoding"


@dataclass(frozen=True)
class Way:
    """A way of writing parameters that a node must read: hexadecimal digits in lower case, blanks as plus signs; of
    values that hold one of these ``marks``, such as a value with ``inner``.
    """

    name: Message
    lower: bool = False
    plus: bool = False
    marks: str = ""
    inner: str = ""


UPPER, LOWER = Way(message("dialogue.url.upper")), Way(message("dialogue.url.lower"), lower=True)
#: Ways that matter for values with these characters only.
MARKED = (
    # "%FF" stands in the value itself: decoded twice it is no UTF-8.
    Way(message("dialogue.url.reserved"), marks="&=+%#/?;:@", inner="&=+%FF#/?;:@"),
    Way(message("dialogue.url.blank"), marks=" ", inner=" "),
    Way(message("dialogue.url.plus"), plus=True, marks=" ", inner=" "),
)


@dataclass(frozen=True)
class _Trial:
    """One thing to ask: values, how they are written, and whether they are those of a row known to be there."""

    values: Mapping[str, str]
    way: Way
    known: bool


def judge_url_encoding(talk: Talk, served: Collection[str]) -> frozenset[str]:
    """Ask each query and verification for text that is not ASCII; the interfaces that failed."""
    passed: set[str] = set()
    for interface in of_class(talk, served, QUERY):
        trials = tuple(_trials(talk, interface))
        outcomes = [_ask(talk, interface, trial) for trial in trials]
        if trials and not garbles(talk, interface) and None not in outcomes:
            passed.add(interface.request)
    for interface in of_class(talk, served, VERIFY):
        _judge_verification(talk, interface, reads=interface.request in passed)
    return frozenset(one.id for one in of_class(talk, served, QUERY, VERIFY) if garbles(talk, one))


def garbles(talk: Talk, interface: Interface) -> bool:
    """Did the interface fail to read text that is not ASCII?"""
    return talk.counter(interface.id).count(_RULE) > 0


def written(pairs: Collection[tuple[str, str]], way: Way) -> str:
    """Parameters percent-encoded in one of the ways that the convention admits."""
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
    if way.lower:
        text = re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)
    return text.replace("%20", "+") if way.plus else text


def encoded_call(talk: Talk, interface: Interface, values: Mapping[str, str], way: Way) -> Call:
    """The call that says these values in one way of writing."""
    paging = first_page(interface, talk.rules)
    call = make_call(interface, talk.rules, values, client=talk.caller(interface.id), paging=paging)
    text = written([*values.items(), *paging.items()], way)
    if call.body is None:
        return replace(call, query=(), raw_query=text)
    return replace(call, body=text.encode("ascii"))


def _judge_verification(talk: Talk, interface: Interface, *, reads: bool) -> None:
    """``reads``: the node is known to read such text where parameters travel the same way; that no known row is said to
    be the same, however it is written, is then no matter of encoding.
    """
    trials = tuple(_trials(talk, interface))
    outcomes = [_ask(talk, interface, trial, quiet=reads) for trial in trials]
    known_ones = [(trial, outcome) for trial, outcome in zip(trials, outcomes, strict=True) if trial.known]
    if reads and any(outcome for _, outcome in known_ones):
        for trial, outcome in known_ones:
            if outcome is False:
                call = encoded_call(talk, interface, trial.values, trial.way)
                talk.tell(interface.id, told(_RULE, call, "dialogue.url.unfound", what=_what(trial.way)))


def _ask(talk: Talk, interface: Interface, trial: _Trial, *, quiet: bool = False) -> bool | None:
    """Ask, and tell what is wrong: was what is known found? None where nothing can be said. ``quiet``: that it was not
    found is not told.
    """
    call = encoded_call(talk, interface, trial.values, trial.way)
    answer = talk.ask(call)
    reading = read_accepted(call, answer, talk.rules)
    if any(fault.rule == "accept" for fault in reading.faults):
        why = message("dialogue.url.refused", status=answer.status, what=_what(trial.way))
        fault = replace(reading.faults[0], rule=_RULE, where=at(call), reason=why)
        reading = Reading(reading.envelope, (_RULE,), (fault,))
    elif reading.good:
        reading = replace(reading, checked=(*reading.checked, _RULE))
    reading = talk.settle(call, answer, reading)
    if not reading.good or reading.envelope is None:
        return None
    if not trial.known:
        return True
    found = _found(talk, interface, call, reading.envelope)
    if found is False and not quiet:
        talk.tell(interface.id, told(_RULE, call, "dialogue.url.unfound", what=_what(trial.way)))
    return found


def _found(talk: Talk, interface: Interface, call: Call, envelope: Envelope) -> bool | None:
    """Whether anything was found; that it is the right row is a matter of the criteria."""
    if interface.interface_class == VERIFY:
        return match_of(call, envelope, talk.rules)[1]
    _, total, rows = rows_of(call, envelope, interface, talk.rules)
    return None if total is None else bool(rows or total)


def _trials(talk: Talk, interface: Interface) -> Iterator[_Trial]:
    """What is asked; nothing, where valid calls are refused already."""
    if talk.counter(interface.id).count("accept"):
        return
    rows = asks(talk, interface, ascii_only=False)
    for field in interface.parameters:
        held = [row for row in rows if field.name in row]
        texts = [row for row in held if not row[field.name].isascii()]
        for row in texts[:_ROWS]:
            yield _Trial(_said(interface, row, field), UPPER, known=True)
            yield _Trial(_said(interface, row, field), LOWER, known=True)
        if texts:
            for way in MARKED:
                yield from _marked(talk, interface, field, held, way)


def _marked(talk: Talk, interface: Interface, field: Field, rows: Sequence[Row], way: Way) -> Iterator[_Trial]:
    """A known value that holds each of the way's characters, and a value of no row that holds them all."""
    firsts = (next((row for row in rows if mark in row[field.name]), None) for mark in way.marks)
    held = {row[field.name]: row for row in firsts if row}
    for row in held.values():
        yield _Trial(_said(interface, row, field), way, known=True)
    text = rows[0][field.name]
    made = text[:1] + way.inner + text[1:]
    if _valid(talk, field, made):
        yield _Trial({**_said(interface, rows[0], field), field.name: made}, way, known=False)


def _said(interface: Interface, row: Row, field: Field) -> dict[str, str]:
    """What of a row is said to ask by one parameter: it, and what must be."""
    names = mandatory(interface) | {field.name}
    return {name: text for name, text in row.items() if name in names}


def _valid(talk: Talk, field: Field, text: str) -> bool:
    """May this text stand in a field that holds free text?"""
    free = field.element.format.kind == "text" and not field.element.domain
    return free and not faults_of(field, text, {}, talk.standards, as_of=talk.node.as_of)


def _what(way: Way) -> Text:
    return Text(**way.name.both())
