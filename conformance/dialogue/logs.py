"""The log that a node hands over: read when every call was made, and held against them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from conformance.dialogue.talk import Talk
from conformance.judge.service.answers import decoded, enveloped
from conformance.judge.service.logs import (
    Made,
    Said,
    entry_faults,
    personal_faults,
    read_log,
    worth_looking_for,
)
from conformance.judge.service.model import STRAIGHT, Answer, Call
from conformance.messages import message
from conformance.standard.services.model import Interface

RULES = ("logging", "logging-personal")
#: So much of a log is read, from its end, and no more lines of it.
LOG_BYTES, LOG_LINES = 64 << 20, 1 << 20
#: What a log is waited for, in pauses of the tester, and how long each is.
_PAUSES, _PAUSE_S = 5, 0.05


def judge_log(
    talk: Talk,
    clients: Mapping[str, str] | None = None,
    *,
    wait: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Judge ``logging`` and ``logging-personal`` of the node.

    ``clients`` are the ids by role; without them it is not judged whom an entry names. A node may log a little after it
    answered: the log is awaited until it names the last call, for not longer than the profile's pauses.
    """
    path = talk.node.log
    made = list(_made(talk, clients or {}))
    if path is None:
        talk.unasked("", RULES, message("service.no-log"))
        return
    if not made:
        talk.unasked("", RULES, message("service.nothing-logged"))
        return
    deadline = monotonic() + talk.profile.tester("pause_ms") * _PAUSES / 1000
    try:
        text, whole = _read(path)
        while made[-1].request not in text[: text.rfind("\n") + 1] and monotonic() < deadline:
            wait(_PAUSE_S)
            text, whole = _read(path)
    except OSError:
        talk.unasked("", RULES, message("service.log-unreadable"))
        return
    _judge_text(talk, text, whole, made, now())


def _judge_text(talk: Talk, text: str, whole: bool, made: list[Made], now: datetime) -> None:
    assert talk.node.log is not None  # noqa: S101 - whoever calls has read it
    log, lines = talk.node.log.name, text.split("\n")
    entries, wrong = read_log(lines)
    ours = {one.request for one in made}
    begin = next((entry.line for entry in entries if entry.request in ours), len(lines) + 1)
    if not whole:
        first = next((entry.request for entry in entries if entry.request in ours), "")
        made = made[next((place for place, one in enumerate(made) if one.request == first), 0) :]
    slack = timedelta(milliseconds=talk.profile.tester("clock_ms"))
    talk.checked("", *("logging" for _ in made))
    # The last line is being written yet: a finished one is followed by another, empty one.
    new = [line for line in wrong if line < len(lines) and (line >= begin or begin > len(lines))]
    since, until = talk.began - slack, now + slack
    for fault in entry_faults(made, entries, new, log=log, since=since, until=until):
        talk.tell("", fault)
    said = sorted(set(_said(talk)), key=lambda one: (one.field, one.value))
    if said and begin <= len(lines):
        talk.checked("", *("logging-personal" for _ in said))
        for fault in personal_faults(lines[begin - 1 :], said, log=log, first=begin):
            talk.tell("", fault)


def _read(path: Path) -> tuple[str, bool]:
    """The log's text, or the end of it, from the start of a line; and whether it is whole.

    Raises OSError where it is no file: a pipe would be waited for without end.
    """
    if not path.is_file():
        raise FileNotFoundError(path.name)
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - LOG_BYTES, 0))
        octets = file.read(LOG_BYTES)
    whole = size <= LOG_BYTES
    if not whole:
        octets = octets.partition(b"\n")[2]
    if octets.count(b"\n") > LOG_LINES:
        whole, octets = False, b"\n".join(octets.rsplit(b"\n", LOG_LINES)[1:])
    return octets.decode("utf-8", "replace"), whole


def _made(talk: Talk, clients: Mapping[str, str]) -> Iterator[Made]:
    """The calls that were answered with a request id. Whom a refused call's entry names is not judged: who called may
    not be known, nor which interface.
    """
    for call, answer, request in talk.logged:
        code = _code(talk, call, answer) if request else ""
        if not code:
            continue
        accepted = code == talk.rules.success.code and call.twist == STRAIGHT
        interface = talk.node.interfaces.get(call.interface)
        names = (interface.id, interface.code) if accepted and interface else ()
        yield Made(call, request, code, clients.get(call.client, "") if accepted else "", names)


def _code(talk: Talk, call: Call, answer: Answer) -> str:
    text, wrong = decoded(call, answer, talk.rules)
    envelope = None if wrong else enveloped(text, answer, talk.rules)[0]
    return envelope.code if envelope else ""


def _said(talk: Talk) -> Iterator[Said]:
    """Personal values of the calls that were answered."""
    for call, _, _ in talk.logged:
        interface = talk.node.interfaces.get(call.interface)
        if interface is None:
            continue
        classes = _classes(interface)
        for name, value in _pairs(call):
            if worth_looking_for(value, classes.get(name, "")):
                yield Said(name, value)


def _classes(interface: Interface) -> Mapping[str, str]:
    return {one.name: one.element.personal for one in (*interface.results, *interface.parameters)}


def _pairs(call: Call) -> Iterator[tuple[str, str]]:
    """What a call says under which names: of its URL, of a form, of a JSON body at any depth."""
    yield from call.query
    if call.raw_query:
        yield from parse_qsl(call.raw_query, errors="replace")
    text = (call.body or b"").decode("utf-8", "replace")
    if text[:1] not in ("{", "["):
        yield from parse_qsl(text, errors="replace")
        return
    try:
        yield from _members(json.loads(text))
    except (ValueError, RecursionError):
        return


def _members(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _members(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _members(item, name)
