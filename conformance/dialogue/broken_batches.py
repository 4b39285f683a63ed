"""Batches that must be refused, each with one thing wrong: in a record, in what is around the records, in the body.

Each is the first batch of a series of its own, and its records are nobody else's, so that nothing else is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.dialogue.breaking import (
    FACETS,
    LEFT_OUT,
    MISSING,
    SURPLUS,
    TOO_MUCH,
    Bench,
    bench_of,
    body_cases,
    method_cases,
    unregistered,
)
from conformance.dialogue.calls import json_body, number_text, operated, transfer_call
from conformance.dialogue.effect import Naming
from conformance.dialogue.talk import Talk
from conformance.judge.service.answers import Case
from conformance.judge.service.model import Call
from conformance.messages import Message, message
from conformance.standard.model import Field
from conformance.standard.services.model import Interface
from conformance.system.problem import shown

Record = Mapping[str, object]
_BAD_BODY = ("bad-body",)
#: Members of a batch that are there but wrong may be taken for values, missing ones for parameters.
_BAD_MEMBER, _NO_MEMBER = ("bad-body", "bad-value"), ("bad-body", "missing-parameter")
#: So many records are there for the cases, beside those of the batch that has too many, if it is to be made at all.
_RECORDS, _MANY = 160, 5_000
#: No name of a series, whatever the form: with blanks, and longer than any.
_NO_SERIES = " L" * 200
#: What changes the digits of a date: not for a date at which other fields are judged.
_MOVE_TIME = ("halfwidth", "format", "range")
#: An encoding that is not the convention's.
_OTHER_CHARSET = "gb18030"


def batch_refusals(talk: Talk, interface: Interface, naming: Naming) -> Iterator[Case]:
    """Every batch that the interface must refuse."""
    most = interface.limits.records
    supply = _RECORDS + (most + 1 if most <= _MANY else 0)
    yield from _Batches(bench_of(talk, interface, supply), naming).cases()


@dataclass(frozen=True)
class _Type:
    """Another JSON type than text: what of the value it makes, and the words for it."""

    make: Callable[[str], object]
    said: Callable[[str], Message]
    expected: tuple[str, ...] = ("bad-value",)


_TYPES = (
    _Type(int, lambda name: message("refuse.type-number", name=name)),
    _Type(lambda _: True, lambda name: message("refuse.type-boolean", name=name)),
    _Type(lambda _: None, lambda name: message("refuse.type-null", name=name), ("bad-value", "missing-parameter")),
    _Type(lambda text: [text], lambda name: message("refuse.type-array", name=name)),
    _Type(lambda text: {"value": text}, lambda name: message("refuse.type-object", name=name)),
)


class _Batches:
    """The cases of an interface that takes batches."""

    def __init__(self, bench: Bench, naming: Naming) -> None:
        self.bench, self.naming = bench, naming
        self.talk, self.interface, self.rules = bench.talk, bench.interface, bench.talk.rules
        self.names = self.rules.batch
        keys, self.times = self.interface.key, times_of(self.interface)
        #: Fields of which anything may be wrong, and the rest of the record means the same.
        self.fields = [one for one in self.interface.parameters if one.name not in (*keys, *self.times)]
        self._supply = iter(bench.rows)

    def cases(self) -> Iterator[Case]:
        yield from self._missing()
        yield from self._surplus()
        yield from self._types()
        yield from self._values()
        yield from self._members()
        yield from self._bodies()
        yield from self._too_many()
        call = self._call([self._record()])
        yield from body_cases(self.bench, self._call([self._record()]), b" ")
        yield from method_cases(self.bench, call, replace(call, body=None, content_type=""))

    def _record(self) -> dict[str, object]:
        """A record to be inserted that no other case has."""
        return operated(self.rules, "insert", next(self._supply))

    def _call(self, records: Sequence[Record]) -> Call:
        first, series = self.names.first, self.naming.series()
        return transfer_call(self.interface, self.rules, series, first, records, client=self.bench.client)

    def _content(self) -> dict[str, Any]:
        """A batch that is right, as its members."""
        first = number_text(self.names, self.names.first)
        return {
            self.names.series: self.naming.series(),
            self.names.number: first,
            self.names.records: [self._record()],
        }

    def _with_body(self, body: bytes) -> Call:
        return replace(self._call(()), body=body)

    def _chosen(self, purpose: str, fields: Sequence[Field]) -> list[Field]:
        """The fields in the order in which they are tried for a purpose."""
        order = list(fields)
        self.talk.chance("refuse", self.interface.id, purpose).shuffle(order)
        return order

    def _missing(self) -> Iterator[Case]:
        mandatory = [one for one in self.fields if one.mandatory]
        for one in self._chosen("missing", mandatory)[: 2 * self.bench.tries]:
            record = {name: value for name, value in self._record().items() if name != one.name}
            yield Case(MISSING, self._call([record]), message("refuse.missing", name=shown(one.name)), LEFT_OUT)
        for one in self._chosen("empty", mandatory)[: self.bench.tries]:
            call = self._call([{**self._record(), one.name: ""}])
            yield Case(MISSING, call, message("refuse.empty", name=shown(one.name)), LEFT_OUT)
        record = {name: value for name, value in self._record().items() if name != self.names.operation}
        expected = ("missing-parameter", "bad-body")
        yield Case(MISSING, self._call([record]), message("refuse.missing", name=self.names.operation), expected)

    def _surplus(self) -> Iterator[Case]:
        name = unregistered(self.interface)
        said = message("refuse.unregistered", name=name)
        yield Case(SURPLUS, self._call([{**self._record(), name: "1"}]), said, TOO_MUCH)

    def _types(self) -> Iterator[Case]:
        for kind in _TYPES:
            record = self._record()
            like = next((one for one in self._chosen("type", self.fields) if _whole(record.get(one.name))), None)
            if like is not None:
                call = self._call([{**record, like.name: kind.make(str(record[like.name]))}])
                yield Case("refuse-type", call, kind.said(shown(like.name)), kind.expected)

    def _values(self) -> Iterator[Case]:
        """Each facet in several fields, one value each, no two in the same record."""
        for facet in FACETS:
            tried = 0
            for field in self._chosen(facet, self.interface.parameters):
                if facet in _MOVE_TIME and field.name in self.times:
                    continue
                for broken in self._broken(field, facet):
                    yield broken
                    tried += 1
                if tried == 2 * self.bench.tries:
                    break

    def _broken(self, field: Field, facet: str) -> Iterator[Case]:
        supply = list(self._supply)
        for broken in replace(self.bench, rows=supply).broken(field, facet, 1):
            supply.remove(broken.row)
            record = operated(self.rules, "insert", {**broken.row, field.name: broken.value})
            yield broken.case(self._call([record]))
        self._supply = iter(supply)

    def _members(self) -> Iterator[Case]:
        names = self.names
        record = {**self._record(), names.operation: "?"}
        expected = ("bad-code", "bad-value", "bad-body")
        yield Case("refuse-domain", self._call([record]), message("refuse.operation", name=names.operation), expected)
        for name in (names.series, names.number, names.records):
            rest = {other: value for other, value in self._content().items() if other != name}
            call = self._with_body(json_body(rest))
            yield Case("refuse-body", call, message("refuse.missing", name=name), _NO_MEMBER)
        name = unregistered(self.interface)
        call = self._with_body(json_body({**self._content(), name: "1"}))
        said = message("refuse.unregistered", name=name)
        yield Case("refuse-body", call, said, ("bad-body", "surplus-parameter"))
        wrong = {names.number: str(names.first), names.series: _NO_SERIES}
        for name, value in wrong.items():
            call = self._with_body(json_body({**self._content(), name: value}))
            yield Case("refuse-body", call, message("refuse.body-member", name=name), _BAD_MEMBER)
        for records in ({"0": self._record()}, ["0"]):
            call = self._with_body(json_body({**self._content(), names.records: records}))
            yield Case("refuse-body", call, message("refuse.body-records", name=names.records), _BAD_BODY)
        yield Case("refuse-body", self._call(()), message("refuse.body-empty"), _NO_MEMBER)

    def _bodies(self) -> Iterator[Case]:
        """The body as a whole; what one makes of it is no batch any more."""
        names = self.names
        operation, insert = f'"{names.operation}":', f'"{names.operations["insert"]}",'
        spoilt: tuple[tuple[Callable[[str], bytes], Message], ...] = (
            (lambda _: b"", message("refuse.body-no-json")),
            (lambda _: names.records.encode(), message("refuse.body-no-json")),
            (lambda text: text[:-1].encode(), message("refuse.body-cut")),
            (lambda text: text.encode(_OTHER_CHARSET), message("refuse.body-charset")),
            (lambda text: f"[{text}]".encode(), message("refuse.body-shape")),
            (
                lambda text: f'{{"{names.number}":"",{text[1:]}'.encode(),
                message("refuse.body-twice", name=names.number),
            ),
            (
                lambda text: text.replace(operation, operation + insert + operation, 1).encode(),
                message("refuse.body-twice", name=names.operation),
            ),
        )
        for spoil, said in spoilt:
            text = json_body(self._content()).decode()
            body = spoil(text)
            if body != text.encode():
                yield Case("refuse-body", self._with_body(body), said, _BAD_BODY)

    def _too_many(self) -> Iterator[Case]:
        most, limits = self.interface.limits.records, self.interface.limits
        left = list(self._supply)
        self._supply = iter(left)
        if not 0 < most < len(left) - _KEPT:
            return
        call = self._call([self._record() for _ in range(most + 1)])
        if not limits.body_bytes or len(call.body or b"") <= limits.body_bytes:
            yield Case("refuse-body", call, message("refuse.body-many", number=most), _BAD_BODY)


#: Records kept back for the cases after the batch that has too many.
_KEPT = 10


def times_of(interface: Interface) -> set[str]:
    """The fields at whose date others are judged."""
    return {interface.date, *(one.date for one in interface.parameters)} - {""}


def _whole(value: object) -> bool:
    """True of the text of a number that JSON writes the same way."""
    return isinstance(value, str) and value.isascii() and value.isdigit() and str(int(value)) == value
