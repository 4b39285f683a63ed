"""What the simulated platform gives and what a client is to deliver: conforming synthetic rows of a registration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property, lru_cache

from conformance.judge.model import Dataset
from conformance.judge.rulebook import Rulebook
from conformance.judge.rules import compile_rules
from conformance.judge.service.client_calls import Row
from conformance.sample.records import records
from conformance.standard.model import Clause, DatasetSpec, Field, Provenance, Text
from conformance.standard.pack import editions
from conformance.standard.services.model import Interface, ServiceRules
from conformance.standard.standards import EXCHANGE, Standards
from conformance.system.handed_over import field_column

#: The classes of personal values that are looked for where they do not belong: those that are no short codes or dates.
_TRACEABLE = ("id-number", "document", "phone", "account", "name", "email", "address")
#: Page size and batch size where a registration bounds neither.
_SIZE = 100
#: Which records of a delivery are updates and deletions: of five, of seven.
_UPDATE, _DELETE = 5, 7


class _Holding(Standards):
    """The standards, and one dataset more: the rows of an interface."""

    def __init__(self, standards: Standards, spec: DatasetSpec) -> None:
        newest = max(editions(standards.root)[EXCHANGE])
        packs = {**Standards.load([(EXCHANGE, newest)], standards.root).packs, **standards.packs}
        super().__init__(packs, standards.root)
        self._spec = spec

    @cached_property
    def datasets(self) -> Mapping[str, DatasetSpec]:
        """The one dataset that is made."""
        return {self._spec.id: self._spec}


def size_of(interface: Interface) -> int:
    """The largest page or batch of an interface."""
    return interface.limits.page_size or interface.limits.records or _SIZE


def fetched(interface: Interface, standards: Standards, seed: int, as_of: str) -> tuple[Row, ...]:
    """Rows behind a query: enough for three pages of the largest size."""
    size = size_of(interface)
    return _made(interface, interface.results, standards, seed, 2 * size + (size + 1) // 2, as_of)


def delivered(
    interface: Interface, rules: ServiceRules, standards: Standards, seed: int, as_of: str
) -> tuple[Row, ...]:
    """Records to deliver, of all three operations: enough for three batches of the largest size; no key comes twice."""
    size = interface.limits.records or _SIZE
    made = _made(interface, interface.parameters, standards, seed + 1, 2 * size + (size + 1) // 2, as_of)
    batch = rules.batch

    def operation(place: int) -> str:
        return "delete" if place % _DELETE == 0 else "update" if place % _UPDATE == 0 else "insert"

    return tuple({batch.operation: batch.operations[operation(place)], **row} for place, row in enumerate(made, 1))


@lru_cache(maxsize=16)
def _made(  # noqa: PLR0917 - named by position, so that the cache knows equal calls
    interface: Interface, fields: tuple[Field, ...], standards: Standards, seed: int, number: int, as_of: str
) -> tuple[Row, ...]:
    title = Text(interface.name, interface.id)
    clause = Clause("", "", Provenance.RECONSTRUCTED)
    spec = DatasetSpec(f"service:{interface.id}", "", title, clause, "", interface.key, interface.date, fields)
    frame = records(spec, _Holding(standards, spec), seed, number, as_of)
    return tuple({name: value for name, value in row.items() if value is not None} for row in frame.to_dicts())


@lru_cache(maxsize=64)
def book_of(interface: Interface, standards: Standards, as_of: str) -> Rulebook:
    """The rules over the values of an interface's parameters."""
    named = Counter(one.element.name for one in interface.parameters)
    date = interface.date if interface.date in {one.name for one in interface.parameters} else ""
    columns = tuple(
        field_column(one, date, once=False, alone=named[one.element.name] == 1) for one in interface.parameters
    )
    return compile_rules(Dataset(interface.id, columns, as_of), standards)


def traceable(interface: Interface, rows: tuple[Row, ...]) -> frozenset[str]:
    """The values of persons in rows of an interface."""
    fields = {one.name: one.element for one in (*interface.parameters, *interface.results)}
    names = [name for name, element in fields.items() if element.personal in _TRACEABLE]
    return frozenset(row[name] for row in rows for name in names if len(row.get(name, "")) > 1)
