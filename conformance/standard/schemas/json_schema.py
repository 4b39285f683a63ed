"""JSON Schema 2020-12 of a dataset's files; ``$defs.record`` is the schema of one record, in JSON Lines too."""

from __future__ import annotations

import json
from typing import Any

from conformance.standard.model import DatasetSpec
from conformance.standard.schemas.facets import Facets, SchemaField, record_fields
from conformance.standard.schemas.mapping import HeaderMember, SchemaMapping
from conformance.standard.standards import Standards

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Where a pattern says a length, its subschema says so in ``$comment``.
LENGTH = "length"


def json_schema_of(spec: DatasetSpec, standards: Standards, mapping: SchemaMapping) -> str:
    """The text of ``<dataset>.schema.json``."""
    rules, names = standards.exchange, standards.exchange.xml
    header = {member.name: _member(member, mapping.json_type) for member in mapping.header_of(spec, standards)}
    header[names.records] = {"type": "integer", "minimum": 0}
    fields = record_fields(spec, standards, mapping)
    schema = {
        "$schema": DIALECT,
        "$id": f"{rules.namespace_of(spec.id, spec.edition)}:schema",
        "$comment": "由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.",
        "title": f"{spec.title.zh}（{spec.clause.standard}）",
        "description": spec.title.en,
        **closed(
            {
                names.header: closed(header, list(header)),
                names.body: {"type": "array", "items": {"$ref": f"#/$defs/{names.record}"}},
            },
            [names.header, names.body],
        ),
        "$defs": {
            names.record: closed(
                {field.name: field_schema(field, mapping.json_type) for field in fields},
                [field.name for field in fields if field.facets.mandatory],
            )
        },
    }
    return written(schema)


def written(schema: dict[str, Any]) -> str:
    """A schema as the text that is checked in."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """An object with these members and no other."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def whole(*patterns: str) -> str:
    """The pattern of whole texts that one of these fits, where a search is what JSON Schema does."""
    return f"^(?:{'|'.join(patterns)})$"


def _member(member: HeaderMember, type_: str) -> dict[str, Any]:
    return {"const": member.text} if member.text else {"type": type_, "pattern": whole(member.pattern)}


def field_schema(field: SchemaField, type_: str) -> dict[str, Any]:
    """What a field's text must be; of an optional one this is asked only where it is not empty."""
    facets = field.facets
    own = {"title": field.title, "description": field.words, "type": type_}
    if facets.mandatory:
        return own | _keywords(facets, max(1, facets.minimum))
    if facets.admit_empty:
        return own | _keywords(facets, 0)
    return own | {"if": {"minLength": 1}, "then": _keywords(facets, facets.minimum)}


def _keywords(facets: Facets, minimum: int) -> dict[str, Any]:
    found: dict[str, Any] = {"minLength": minimum} if minimum else {}
    if facets.maximum is not None:
        found["maxLength"] = facets.maximum
    if facets.length:
        found["allOf"] = [{"$comment": LENGTH, "pattern": whole(*facets.length)}]
    if facets.format:
        found["pattern"] = whole(*facets.format)
    if facets.values:
        found["enum"] = list(facets.values)
    return found
