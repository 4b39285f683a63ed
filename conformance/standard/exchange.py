"""The rules of the envelope (``package.yaml`` of the exchange pack), frozen; ``docs/exchange.md`` explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Limits:
    """Bounds beyond which nothing is read: counts, bytes, characters; ``expansion`` is unpacked to packed bytes."""

    entries: int
    package_bytes: int
    expansion: int
    expansion_floor: int
    manifest_bytes: int
    metadata_bytes: int
    depth: int
    record_bytes: int
    columns: int
    value_characters: int
    name_characters: int


@dataclass(frozen=True)
class SystemColumn:
    """A column that an exchange table has beside the dataset's fields: its name and its element's id."""

    name: str
    element: str


@dataclass(frozen=True)
class XmlNames:
    """The names of the elements around the fields."""

    root: str
    header: str
    body: str
    record: str
    records: str


@dataclass(frozen=True)
class ExchangeRules:
    """The envelope. ``names`` holds file names (``manifest``, ``metadata``) and regular expressions for whole names.

    ``provider`` is the scheme of a provider's code; ``metadata`` says where the metadata repeat the manifest's members.
    ``modes``, ``operations``, ``digests`` and ``encodings`` map: what it is to the word used, and for the last two the
    manifest's word to the name in ``hashlib`` and to Python's codec.
    """

    schema: str
    namespace: str
    xml: XmlNames
    names: Mapping[str, str]
    provider: str
    metadata: Mapping[str, tuple[str, ...]]
    resource: str
    resource_number: tuple[str, str]
    modes: Mapping[str, str]
    operations: Mapping[str, str]
    operation: SystemColumn
    first_batch: int
    digests: Mapping[str, str]
    encodings: Mapping[str, str]
    formats: tuple[str, ...]
    formula: str
    system_columns: tuple[SystemColumn, ...]
    batch_suffix: str
    batch_columns: tuple[SystemColumn, ...]
    limits: Limits

    def namespace_of(self, dataset: str, edition: str) -> str:
        """The XML namespace of a dataset's edition."""
        return self.namespace.format(dataset=dataset, edition=edition)


def read_exchange_rules(raw: Mapping[str, Any]) -> ExchangeRules:
    """The rules of a parsed ``package.yaml``; raises KeyError or TypeError where it does not say what it must."""
    first, last = raw["resource_number"]["first"], raw["resource_number"]["last"]
    return ExchangeRules(
        schema=raw["schema"],
        namespace=raw["namespace"],
        xml=XmlNames(**raw["xml"]),
        names=dict(raw["names"]),
        provider=raw["provider"],
        metadata={member: tuple(path) for member, path in raw["metadata"].items()},
        resource=raw["resource"],
        resource_number=(first, last),
        modes=dict(raw["modes"]),
        operations=dict(raw["operations"]),
        operation=SystemColumn(**raw["operation"]),
        first_batch=raw["first_batch"],
        digests=dict(raw["digests"]),
        encodings=dict(raw["encodings"]),
        formats=tuple(raw["formats"]),
        formula=raw["formula"],
        system_columns=tuple(SystemColumn(**item) for item in raw["system_columns"]),
        batch_suffix=raw["batch_table"]["suffix"],
        batch_columns=tuple(SystemColumn(**item) for item in raw["batch_table"]["columns"]),
        limits=Limits(**raw["limits"]),
    )
