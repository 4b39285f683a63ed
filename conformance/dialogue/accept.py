"""Rules ``accept``, ``results`` and ``criteria``: valid calls are answered, with what was asked for.

A valid call that is refused is made smaller, as long as it is refused, before it is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from conformance.dialogue.calls import first_page, make_call
from conformance.dialogue.downloading import judge_file
from conformance.dialogue.harvest import (
    Given,
    asks,
    known,
    mandatory,
    of_class,
    page_size,
    take_rows,
)
from conformance.dialogue.talk import Row, Talk
from conformance.dialogue.url_encoding import garbles
from conformance.dialogue.valid import examples, valid_values
from conformance.judge.service.answers import Reading, read_accepted, read_file
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.rows import match_of, mismatches, unfound
from conformance.standard.services.model import DOWNLOAD, QUERY, VERIFY, Interface

#: Values of each parameter by which known rows are asked for.
_VALUES = 2


@dataclass(frozen=True)
class _Made:
    """A call that was made, what came back, and what that comes to."""

    call: Call
    answer: Answer
    reading: Reading

    @property
    def refused(self) -> bool:
        """Was the valid call refused?"""
        return any(fault.rule == "accept" for fault in self.reading.faults)


def judge_acceptance(talk: Talk, served: Collection[str]) -> None:
    """Make generated valid calls of each query, verification and download, and ask queries for known rows."""
    for interface in of_class(talk, served, QUERY, VERIFY, DOWNLOAD):
        generated = list(_generated(talk, interface))
        for number, asked in enumerate(generated):
            _judge_call(talk, interface, asked, number, generated)
        if interface.interface_class == QUERY:
            _judge_criteria(talk, interface)


def _generated(talk: Talk, interface: Interface) -> Iterator[Row]:
    """Valid calls; in ASCII only, where the interface reads no other text."""
    seed, number = f"{talk.node.seed}/accept/{interface.id}", talk.profile.effort("examples")
    rows = asks(talk, interface, ascii_only=garbles(talk, interface))[:number]
    granted = talk.node.rows.get(talk.caller(interface.id))
    strategy = valid_values(interface, rows, talk.standards, as_of=talk.node.as_of, allowed=granted)
    for asked in examples(strategy, seed, number):
        said = asked
        if garbles(talk, interface):
            said = {name: text for name, text in asked.items() if text.isascii()}
        if mandatory(interface) <= said.keys():
            yield said


def _judge_call(talk: Talk, interface: Interface, asked: Row, number: int, generated: Sequence[Row]) -> None:
    """Make a valid call and judge what it is answered with."""
    size = talk.chance("accept", interface.id, str(number)).randint(1, page_size(talk, interface))
    made = _make(talk, interface, asked, size)
    if made.refused:
        made = _smallest(talk, interface, asked, size, refused=made, generated=generated)
    reading = talk.settle(made.call, made.answer, made.reading)
    if not reading.good or not made.answer.status:
        return
    if interface.interface_class == DOWNLOAD:
        judge_file(talk, interface, made.call, made.answer, asked)
    elif reading.envelope and interface.interface_class == VERIFY:
        found, _ = match_of(made.call, reading.envelope, talk.rules)
        talk.checked(interface.id, *found.checked)
        talk.tell(interface.id, *found.faults)
    elif reading.envelope:
        given = take_rows(talk, interface, made.call, reading.envelope)
        _judge_given(talk, interface, made.call, asked, given, expected=())


def _make(talk: Talk, interface: Interface, asked: Row, size: int) -> _Made:
    """Make a valid call without counting what it comes to."""
    paging = first_page(interface, talk.rules, size)
    call = make_call(interface, talk.rules, asked, client=talk.caller(interface.id), paging=paging)
    answer = talk.ask(call)
    read = read_file if interface.interface_class == DOWNLOAD else read_accepted
    return _Made(call, answer, read(call, answer, talk.rules))


def _smallest(
    talk: Talk, interface: Interface, asked: Row, size: int, *, refused: _Made, generated: Sequence[Row]
) -> _Made:
    """The smallest call found that is refused as well: without optional parameters, then with the shortest values."""
    said, smallest = dict(asked), refused
    for name in asked:
        if name not in mandatory(interface):
            less = {one: text for one, text in said.items() if one != name}
            trial = _make(talk, interface, less, size)
            if trial.refused:
                said, smallest = less, trial
    for name, text in said.items():
        shortest = min((row[name] for row in generated if name in row), key=lambda one: (len(one), one), default=text)
        if shortest != text:
            trial = _make(talk, interface, {**said, name: shortest}, size)
            if trial.refused:
                said, smallest = {**said, name: shortest}, trial
    return smallest


def _judge_criteria(talk: Talk, interface: Interface) -> None:
    """Ask for known rows by all of their values, and by those of one parameter."""
    rows = known(talk, interface)
    for asked in _criteria(talk, interface):
        made = _make(talk, interface, asked, page_size(talk, interface))
        reading = talk.settle(made.call, made.answer, made.reading)
        if reading.good and reading.envelope is not None:
            given = take_rows(talk, interface, made.call, reading.envelope)
            expected = [row for row in rows if all(row.get(name) == text for name, text in asked.items())]
            _judge_given(talk, interface, made.call, asked, given, expected=expected)


def _criteria(talk: Talk, interface: Interface) -> Iterator[dict[str, str]]:
    must, chance = mandatory(interface), talk.chance("criteria", interface.id)
    texts = asks(talk, interface, ascii_only=garbles(talk, interface))
    yield from chance.sample(texts, min(len(texts), talk.profile.effort("examples")))
    for field in interface.parameters:
        names = must | {field.name}
        asked = {tuple((name, row[name]) for name in row if name in names) for row in texts if names <= row.keys()}
        yield from (dict(one) for one in chance.sample(sorted(asked), min(len(asked), _VALUES)))


def _judge_given(
    talk: Talk, interface: Interface, call: Call, asked: Row, given: Given | None, *, expected: Sequence[Row]
) -> None:
    """``criteria`` of one answer; that rows are missing, where one page holds all that there are."""
    if given is None:
        return
    talk.checked(interface.id, "criteria")
    others = list(mismatches(call, asked, given.rows, interface))
    talk.tell(interface.id, *others)
    if others or given.total != len(given.rows) or len(given.rows) >= page_size(talk, interface):
        return
    held = [row for row in expected if set(interface.key) <= row.keys()] if interface.key else ()
    if fault := unfound(call, held, given.rows, interface):
        talk.tell(interface.id, fault)
