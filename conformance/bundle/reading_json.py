"""Canonical JSON from a stranger: bounded in bytes and in values before it is parsed, then held against its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from conformance.bundle.limits import Limits
from conformance.bundle.model import BundleError
from conformance.report import json_report
from conformance.signing.canonical import NotCanonicalError, parse

#: Words of a schema's own grammar, which say nobody where a fault is.
_GRAMMAR = frozenset({"properties", "items", "$ref", "anyOf", "additionalProperties", "prefixItems", "required"})


@cache
def manifest_schema() -> Mapping[str, Any]:
    """The published JSON Schema of ``manifest.json``."""
    return _packaged("manifest.schema.json")


def report_schema() -> Mapping[str, Any]:
    """The published JSON Schema of ``report.json``."""
    return json_report.schema()


def read_json(name: str, content: bytes, limits: Limits) -> Any:
    """The value of canonical bytes; raises :class:`BundleError` for any other, and for too many values."""
    require_few_values(name, content, limits)
    try:
        return parse(content, limit=limits.of(name))
    except NotCanonicalError as error:
        raise BundleError("bundle.not-canonical", name=name) from error


def require_few_values(name: str, content: bytes, limits: Limits) -> None:
    """Raises where JSON could hold more values than are allowed: told by what stands before each, unparsed."""
    if sum(content.count(sign) for sign in (b",", b"[", b"{")) > limits.values:
        raise BundleError("bundle.values-many", name=name, limit=limits.values)


def require_valid(name: str, value: Any, schema: Mapping[str, Any]) -> None:
    """Raises where a value does not fit its schema; the place is told in words of the schema, none of the value."""
    fault = next(_STRICT(_written_out(schema)).iter_errors(value), None)
    if fault is not None:
        place = "/".join(str(step) for step in fault.absolute_schema_path if step not in _GRAMMAR)
        raise BundleError("bundle.schema", name=name, place=place)


def _unique(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """Texts that differ. The library compares each with each where it cannot sort, as a stranger could wish."""
    if wanted and isinstance(instance, list):
        texts = [item for item in instance if isinstance(item, str)]
        if len(texts) < len(instance) or len(set(texts)) < len(texts):
            yield ValidationError("not texts that differ")


_STRICT: Any = extend(Draft202012Validator, {"uniqueItems": _unique})  # type: ignore[no-untyped-call]


def _written_out(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with what its local references name in their places: half the time of a large report goes into
    looking them up. None of ours names itself.
    """

    def out(part: Any) -> Any:
        if isinstance(part, list):
            return [out(one) for one in part]
        if not isinstance(part, dict):
            return part
        own = {key: out(value) for key, value in part.items() if key not in ("$ref", "$defs")}
        return {**out(_named(schema, part["$ref"])), **own} if "$ref" in part else own

    held: dict[str, Any] = out(schema)
    return held


def _named(schema: Mapping[str, Any], reference: str) -> Any:
    """What a reference ``#/$defs/...`` names."""
    found: Any = schema
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _packaged(name: str) -> Mapping[str, Any]:
    held: dict[str, Any] = json.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
    return held
