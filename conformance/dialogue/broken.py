"""Calls that must be refused, each with one thing wrong: in parameters, values, pages, the request itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from conformance.dialogue.breaking import (
    FACETS,
    LEFT_OUT,
    MISSING,
    SEVERAL,
    SURPLUS,
    TOO_MUCH,
    Bench,
    Row,
    bench_of,
    body_cases,
    method_cases,
    unregistered,
)
from conformance.dialogue.broken_batches import batch_refusals
from conformance.dialogue.calls import PARAMETERS, first_page, make_call, with_pairs
from conformance.dialogue.effect import Naming
from conformance.dialogue.talk import Talk
from conformance.judge.service.answers import Case
from conformance.judge.service.model import Call
from conformance.messages import message
from conformance.standard.model import Field
from conformance.standard.services.model import TRANSFER, Interface
from conformance.system.problem import shown

_PAGE = 10
_HUGE = "9" * 15


def refusals(talk: Talk, interface: Interface, naming: Naming | None = None) -> Iterator[Case]:
    """Every case that the interface must refuse, the same for the same seed but for the names of series.

    Each has one thing wrong; a batch is the first of a series of its own. Raises
    :class:`conformance.sample.errors.SampleError` for an interface for which no right values can be made.
    """
    if interface.interface_class == TRANSFER:
        yield from batch_refusals(talk, interface, naming or Naming())
    elif interface.request in PARAMETERS:
        yield from _Parameters(bench_of(talk, interface)).cases()


class _Parameters:
    """The cases of an interface that takes parameters."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.interface, self.rules = bench, bench.interface, bench.talk.rules
        self.paging = first_page(self.interface, self.rules, _PAGE)
        self.row = min(bench.rows, key=lambda row: sum(map(len, row.values())))

    def cases(self) -> Iterator[Case]:
        yield from self._missing()
        yield from self._surplus()
        for field in self.interface.parameters:
            yield from self._values(field)
        yield from self._pages()
        call = self._call(self.row)
        yield from body_cases(self.bench, call, b"&")
        pairs = (*((name, self.row[name]) for name in self.row), *self.paging.items())
        yield from method_cases(self.bench, call, replace(call, query=pairs, body=None, content_type=""))

    def _call(self, row: Row) -> Call:
        return make_call(self.interface, self.rules, row, client=self.bench.client, paging=self.paging)

    def _paged(self, paging: Mapping[str, str]) -> Call:
        return make_call(self.interface, self.rules, self.row, client=self.bench.client, paging=paging)

    def _pairs(self, *more: tuple[str, str]) -> Call:
        pairs = [(one.name, self.row[one.name]) for one in self.interface.parameters if one.name in self.row]
        return with_pairs(self.interface, self.rules, [*pairs, *self.paging.items(), *more], client=self.bench.client)

    def _missing(self) -> Iterator[Case]:
        for one in self.interface.parameters:
            if one.mandatory:
                rest = {name: value for name, value in self.row.items() if name != one.name}
                name = shown(one.name)
                yield Case(MISSING, self._call(rest), message("refuse.missing", name=name), LEFT_OUT)
                empty = self._call({**self.row, one.name: ""})
                yield Case(MISSING, empty, message("refuse.empty", name=name), LEFT_OUT)
        for name in self.paging:
            call = self._paged({other: value for other, value in self.paging.items() if other != name})
            yield Case(MISSING, call, message("refuse.missing", name=name), LEFT_OUT)

    def _surplus(self) -> Iterator[Case]:
        name = unregistered(self.interface)
        yield Case(SURPLUS, self._pairs((name, "1")), message("refuse.unregistered", name=name), TOO_MUCH)
        first = next((one.name for one in self.interface.parameters if one.name in self.row), "")
        if first:
            call = self._pairs((first, self.row[first]))
            yield Case(SURPLUS, call, message("refuse.twice", name=shown(first)), TOO_MUCH)
        for name, value in list(self.paging.items())[:1]:
            yield Case(SURPLUS, self._pairs((name, value)), message("refuse.twice", name=name), TOO_MUCH)

    def _values(self, field: Field) -> Iterator[Case]:
        for facet in FACETS:
            number = self.bench.tries if facet in SEVERAL else 1
            for broken in self.bench.broken(field, facet, number):
                yield broken.case(self._call({**self.row, field.name: broken.value}))

    def _pages(self) -> Iterator[Case]:
        style = self.rules.paging.get(self.interface.paging)
        if style is None:
            return
        below = {style.position: style.first - 1, style.size: 0}
        for name, least in below.items():
            for value, said in (
                (str(least), message("refuse.page-below", name=name)),
                ("-1", message("refuse.page-negative", name=name)),
                ("abc", message("refuse.page-text", name=name)),
            ):
                yield Case("refuse-paging", self._paged({**self.paging, name: value}), said, ("bad-paging",))
        for value in (str(self.interface.limits.page_size + 1), _HUGE) if self.interface.limits.page_size else ():
            said = message("refuse.page-over", name=style.size)
            yield Case("refuse-paging", self._paged({**self.paging, style.size: value}), said, ("bad-paging",))
