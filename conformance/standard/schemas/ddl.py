"""The exchange table of a dataset and its batch table, in SQL that any database reads; text stays text."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.standard.exchange import SystemColumn
from conformance.standard.model import DatasetSpec, Field
from conformance.standard.schemas.facets import schemes_of
from conformance.standard.schemas.mapping import SchemaMapping
from conformance.standard.standards import Standards

_HEAD = """\
-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.
"""


@dataclass(frozen=True)
class TableColumn:
    """A column: ``length`` is None for text of undetermined length; ``words`` explain it."""

    name: str
    type: str
    length: int | None
    not_null: bool
    words: str


@dataclass(frozen=True)
class ExchangeTable:
    """A table with its columns in order and its primary key."""

    name: str
    title: str
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]


def tables_of(spec: DatasetSpec, standards: Standards, mapping: SchemaMapping) -> tuple[ExchangeTable, ExchangeTable]:
    """The exchange table and the batch table of a dataset.

    A record comes again in each batch that changes it, so the table's key is that of the dataset with the batch and the
    time of the operation.
    """
    rules = standards.exchange
    name = spec.id.replace("-", "_").upper()
    system = [_system(column, standards, mapping) for column in rules.system_columns]
    own = [_column(field, standards, mapping) for field in spec.fields]
    batch = [_system(column, standards, mapping) for column in rules.batch_columns]
    times = [column.name for column in rules.system_columns if column.element != rules.operation.element][:2]
    key = (*spec.key, *times)
    return (
        ExchangeTable(name, f"{spec.title.zh} {spec.clause.standard}", (*own, *system), key),
        ExchangeTable(f"{name}{rules.batch_suffix}", f"{spec.title.zh} 批次", tuple(batch), (batch[0].name,)),
    )


def ddl_of(spec: DatasetSpec, standards: Standards, mapping: SchemaMapping) -> str:
    """The text of ``<dataset>.sql``."""
    return _HEAD + "".join(_statement(table) for table in tables_of(spec, standards, mapping))


def _system(column: SystemColumn, standards: Standards, mapping: SchemaMapping) -> TableColumn:
    return _column(Field(column.name, standards.elements[column.element], mandatory=True), standards, mapping)


def _column(field: Field, standards: Standards, mapping: SchemaMapping) -> TableColumn:
    length = _length(field, standards)
    type_ = mapping.sql["open"] if length is None else mapping.sql["text"].format(maximum=length)
    words = f"{field.element.name} {field.element.id} {field.element.format.notation}"
    return TableColumn(field.name, type_, length, field.mandatory, words)


def _length(field: Field, standards: Standards) -> int | None:
    """The most characters that a value can have: a number's sign and point count as well."""
    element, lengths = field.element, [scheme.length for scheme in schemes_of(field, standards)]
    other = [element.conflict[0]] if element.conflict else []
    for format_ in (element.format, *other):
        if format_.kind == "boolean":
            lengths += [len(word) for word in standards.dialect_of(element).booleans]
        elif format_.maximum is None:
            return None
        elif format_.kind == "number":
            lengths.append(format_.maximum + bool(format_.decimals) + element.minimum.startswith("-"))
        else:
            lengths.append(format_.maximum)
    return max(lengths)


def _statement(table: ExchangeTable) -> str:
    lines = [f"\n-- {table.title}", f'CREATE TABLE "{table.name}" (']
    for column in table.columns:
        required = " NOT NULL" if column.not_null else ""
        lines.append(f'  "{column.name}" {column.type}{required},  -- {column.words}')
    names = ", ".join(f'"{name}"' for name in table.key)
    return "\n".join([*lines, f"  PRIMARY KEY ({names})", ");", ""])
