"""What is wrong with a client's requests taken together: nonces that come again, and values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.judge.engine_polars import judge_few
from conformance.judge.faults import Fault
from conformance.judge.rulebook import Rulebook, Tally
from conformance.judge.service.client_calls import Basis, Said, place_of
from conformance.messages import Param, message
from conformance.standard.model import Text
from conformance.standard.services.model import ServiceRules


def repeated_nonces(said: Iterable[Said], rules: ServiceRules) -> Iterator[tuple[Said, Fault | None]]:
    """Each request that bears a nonce, with the fault where an earlier one of any scene bore the same."""
    seen: set[str] = set()
    name = rules.signing.headers["nonce"].lower()
    for one in said:
        values = [value.strip() for key, value in one.request.headers if key.lower() == name]
        if len(values) != 1 or not values[0]:
            continue
        place = place_of(one.request, one.interface)
        yield one, Fault("client-nonce", place, message("calls.nonce")) if values[0] in seen else None
        seen.add(values[0])


def wrong_values(said: Iterable[Said], basis: Basis) -> Iterator[Fault]:
    """The values of parameters and of records in batches that are not as their elements say, mandatory ones missing."""
    by_interface: dict[str, list[tuple[Said, Mapping[str, Any]]]] = {}
    for one in said:
        if one.clean and one.interface is not None:
            by_interface.setdefault(one.interface.id, []).extend((one, values) for values in one.values)
    for id_, rows in by_interface.items():
        book = basis.books[id_]
        columns = [chain.column for chain in book.chains]
        if not columns:
            continue
        judged = judge_few(book, dict(enumerate((values for _, values in rows), 1)), columns)
        for (rule, label), tally in judged.tallies.items():
            yield from _told(book, rule, label, tally, [one for one, _ in rows])


def _told(book: Rulebook, rule: str, label: str, tally: Tally, rows: Sequence[Said]) -> Iterator[Fault]:
    chain = next((one for one in book.chains if one.label == label), None)
    if chain is None:
        return
    steps = (*((chain.mandatory,) if chain.mandatory else ()), *chain.steps)
    expected = next((step.expected for step in steps if step.rule == rule and not step.undecided), None)
    what: Param = Text(**expected.both()) if expected else "—"
    for sample in tally.samples:
        one = rows[sample.row - 1]
        where = place_of(one.request, one.interface)
        yield Fault("client-parameters", where, message("calls.value", name=chain.column, expected=what))
