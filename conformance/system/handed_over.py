"""What a declaration says is handed over (a package, a series, an exchange table), as a dataset to be judged."""

from __future__ import annotations

from collections import Counter

from conformance.judge.model import Column, Dataset, DivisionUse, ExchangeUse
from conformance.standard.model import Field
from conformance.standard.standards import Standards
from conformance.system.declaration import Target
from conformance.system.links import spec_links

PACKAGE, SERIES, TABLE = "package", "package-series", "exchange-table"


def exchange_dataset(target: Target, standards: Standards, as_of: str) -> Dataset:
    """The dataset of a target whose ``dataset`` the packs hold: its fields are the columns.

    Records of packages carry their operation as well. A key may come again only where operations on a record follow one
    another: in a series and in an exchange table, where the receiver's state is judged instead.
    """
    spec = standards.datasets[target.dataset]
    operation = standards.exchange.operation
    fields = spec.fields
    if target.kind != TABLE:
        fields = (Field(operation.name, standards.elements[operation.element]), *fields)
    named = Counter(field.element.name for field in fields)
    once = target.kind == PACKAGE
    columns = tuple(field_column(field, spec.date, once=once, alone=named[field.element.name] == 1) for field in fields)
    return Dataset(
        target=target.name,
        columns=columns,
        as_of=as_of,
        key=spec.key if once else (),
        links=spec_links(spec, columns, standards),
        personal=any(field.element.personal for field in fields),
        exchange=ExchangeUse(target.kind, spec),
    )


def field_column(field: Field, date: str, *, once: bool, alone: bool) -> Column:
    """The column that a field of records is judged as; ``once``: unique values may not come again, ``alone``: no other
    field holds the same element.
    """
    element = field.element
    kind, _, system = element.domain.partition(":")
    return Column(
        name=field.name,
        element=element,
        label=element.name if alone else f"{element.name}[{field.name}]",
        mandatory=field.mandatory,
        unique=field.unique and once,
        date=field.date or (date if kind in ("code", "division") else ""),
        also=field.also,
        division=DivisionUse(field.division_system or system, field.division_levels) if kind == "division" else None,
    )
