"""Smaller calls with the same thing wrong: without what may be left out, and with a shorter value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from conformance.dialogue.breaking import rule_of
from conformance.dialogue.calls import json_body, with_pairs
from conformance.dialogue.effect import Naming
from conformance.dialogue.talk import Talk
from conformance.judge.service.answers import Case
from conformance.judge.service.model import Call
from conformance.standard.services.model import TRANSFER, Interface

#: Of these the length of the body or its octets are what is wrong: nothing is taken out of them.
_AS_THEY_ARE = ("refuse-size", "refuse-body")


def size_of(call: Call) -> int:
    """How much a call says."""
    return sum(len(name) + len(value) for name, value in call.query) + len(call.body or b"")


def simpler(talk: Talk, interface: Interface, case: Case, naming: Naming) -> Iterator[Case]:
    """A few cases that say less than this one, those that say least first; what is wrong stays as it is."""
    if case.rule in _AS_THEY_ARE or (case.call.body is None and not case.call.query):
        return
    focus = str(case.what.params.get("name", ""))
    if interface.interface_class == TRANSFER:
        yield from _batches(talk, interface, case, focus, naming)
        return
    pairs = list(case.call.query) if case.call.body is None else parse_qsl(case.call.body.decode(), True)
    for fewer in _fewer(interface, dict(pairs), focus):
        kept = [(name, value) for name, value in pairs if name in fewer]
        yield replace(case, call=_said(talk, interface, case.call, kept))
    for value in _shorter(talk, interface, case, focus, dict(pairs)):
        changed = [(name, value if name == focus else other) for name, other in pairs]
        yield replace(case, call=_said(talk, interface, case.call, changed))


def _said(talk: Talk, interface: Interface, call: Call, pairs: Sequence[tuple[str, str]]) -> Call:
    if call.body is None:
        return replace(call, query=tuple(pairs))
    return replace(call, body=with_pairs(interface, talk.rules, pairs, client=call.client).body)


def _batches(talk: Talk, interface: Interface, case: Case, focus: str, naming: Naming) -> Iterator[Case]:
    names = talk.rules.batch
    content: dict[str, Any] = json.loads(case.call.body or b"{}")
    records = content.get(names.records)
    if not isinstance(records, list) or len(records) != 1 or not isinstance(records[0], dict):
        return
    record: dict[str, Any] = records[0]
    texts = {name: value for name, value in record.items() if isinstance(value, str)}
    smaller: list[Mapping[str, Any]] = [
        {name: value for name, value in record.items() if name in fewer} for fewer in _fewer(interface, record, focus)
    ]
    smaller += [{**record, focus: value} for value in _shorter(talk, interface, case, focus, texts)]
    for one in smaller:
        body = json_body({**content, names.series: naming.series(), names.records: [one]})
        yield replace(case, call=replace(case.call, body=body))


def _fewer(interface: Interface, said: Mapping[str, Any], focus: str) -> Iterator[set[str]]:
    """The names left where nothing that may be left out is said, or only one half of that."""
    free = [one.name for one in interface.parameters if not one.mandatory and one.name in said and one.name != focus]
    free = [name for name in free if name != interface.date]
    half = len(free) // 2
    for left_out in (free, free[:half], free[half:]) if half else (free,):
        if left_out:
            yield set(said) - set(left_out)


def _shorter(talk: Talk, interface: Interface, case: Case, focus: str, said: Mapping[str, str]) -> Iterator[str]:
    """Shorter values that are broken under the same rule."""
    field = next((one for one in interface.parameters if one.name == focus), None)
    value = said.get(focus, "")
    if field is None or not value:
        return
    for shorter in dict.fromkeys((value[-1:], value[-2:], value[len(value) // 2 :])):
        if len(shorter) < len(value) and rule_of(talk, interface, field, shorter, said) == case.rule:
            yield shorter
