"""OpenAPI 3.1 of an interface, generated from its registration and the data elements that it refers to.

What values must be is said as the schemas of the exchange formats say it (``docs/exchange.md``, "Facets"): lengths,
patterns, closed code lists. A field without a value is left out, so no admitted value is empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from conformance.messages import Message, message
from conformance.standard.model import Field, Text
from conformance.standard.pack import load_yaml
from conformance.standard.schemas.facets import described, facets_of
from conformance.standard.schemas.json_schema import closed, field_schema, whole
from conformance.standard.schemas.mapping import SchemaMapping, read_mapping
from conformance.standard.services.model import ErrorCode, Interface, Registration, ServiceRules
from conformance.standard.standards import Standards

Schema = dict[str, Any]
VERSION = "3.1.0"
#: Refusals that only some interfaces give: those with a body, with batches, with pages.
_OF_BODIES = frozenset({"wrong-content-type", "too-large"})
_OF_BATCHES = frozenset({"bad-body", "batch-conflict", "batch-order", "record-conflict"})
_OF_PAGES = frozenset({"bad-paging"})
#: How classes answer that take or give records.
_OF_RECORDS = frozenset({"rows", "file", "receipt"})
_RECORD, _ENVELOPE, _REFUSAL = "Record", "Answer", "Refusal"
#: Milliseconds.
_MINUTE = 60_000
_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}


def openapi_document(
    registration: Registration, interface: Interface, rules: ServiceRules, standards: Standards, *, url: str = ""
) -> dict[str, Any]:
    """The document of one interface; ``url`` is where its node is, left out where it is empty.

    KeyError where the exchange pack is not among the standards.
    """
    mapping = read_mapping(load_yaml(standards.exchange_folder() / "mapping.yaml"))
    return _Document(registration, interface, rules, standards, mapping).document(url)


def write_openapi(document: Mapping[str, Any]) -> str:
    """The document as the text of ``<id>.yaml``."""
    head = f"# {_said(message('openapi.generated'))}\n"
    return head + yaml.dump(dict(document), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)


class _Plain(yaml.SafeDumper):
    """No anchors: what stands twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - yaml's face
        return True


@dataclass(frozen=True)
class _Document:
    """One interface on its way into a document."""

    registration: Registration
    interface: Interface
    rules: ServiceRules
    standards: Standards
    mapping: SchemaMapping

    @property
    def answer(self) -> str:
        """How the interface's class answers."""
        return self.rules.classes[self.interface.interface_class].answer

    @property
    def content_type(self) -> str:
        """The content type of a body; empty where parameters travel in the URL."""
        return self.rules.requests[self.interface.request].content_type

    @property
    def batches(self) -> bool:
        """True where the body is a batch of records."""
        return self.answer == "receipt"

    def document(self, url: str) -> dict[str, Any]:
        """The document."""
        one, raw = self.interface, self.registration.raw
        title = self.rules.classes[one.interface_class].title
        document: dict[str, Any] = {
            "openapi": VERSION,
            "info": {
                "title": one.name,
                "description": _text(raw, "description"),
                "version": _text(raw, "version") or "—",
                "x-interface-code": one.code,
                "x-interface-class": {"zh": title.zh, "en": title.en},
                "x-limits": {name: value for name, value in vars(one.limits).items() if value},
            },
        }
        if url:
            document["servers"] = [{"url": url}]
        method = self.rules.requests[one.request].method.lower()
        document["paths"] = {one.path: {method: self.operation()}}
        document["components"] = {"schemas": self.schemas(), "parameters": self.headers()}
        return document

    def operation(self) -> Schema:
        """The one operation."""
        operation: Schema = {
            "operationId": self.interface.id,
            "summary": self.interface.name,
            "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in self.headers()],
        }
        if not self.content_type:
            operation["parameters"] += list(self.query_parameters())
        else:
            content = {"schema": self.batch() if self.batches else self.form()}
            operation["requestBody"] = {"required": True, "content": {self.content_type: content}}
        operation["responses"] = {"200": self.success(), **self.refusals()}
        return operation

    def headers(self) -> dict[str, Schema]:
        """The headers that every call has, by name."""
        size = hashlib.new(self.rules.signing.digest).digest_size
        letters, rest = -(-size * 8 // 6), -size % 3
        shapes = {
            "timestamp": {**_TEXT, "pattern": whole("[0-9]{13}")},
            "signature": {**_TEXT, "pattern": whole(f"[A-Za-z0-9+/]{{{letters}}}{'=' * rest}")},
        }
        said = {
            "client": message("openapi.client"),
            "timestamp": message("openapi.timestamp", minutes=self.rules.signing.valid_ms // _MINUTE),
            "nonce": message("openapi.nonce"),
            "signature": message("openapi.signature", base=" + ".join(self.signed()), digest=self.rules.signing.digest),
        }
        return {
            name: {
                "name": name,
                "in": "header",
                "required": True,
                "description": _said(said[role]),
                "schema": shapes.get(role, {**_TEXT, "minLength": 1}),
            }
            for role, name in self.rules.signing.headers.items()
        }

    def signed(self) -> Iterator[str]:
        """The headers that are signed, in order."""
        return (self.rules.signing.headers[role] for role in self.rules.signing.base)

    def query_parameters(self) -> Iterator[Schema]:
        """The parameters of a call that has them in its URL."""
        required = self.required(self.interface.parameters)
        for name, schema in self.form()["properties"].items():
            is_required = name in required or name in self.paging()
            yield {"name": name, "in": "query", "required": is_required, "schema": schema}

    def form(self) -> Schema:
        """The parameters of a call, those of paging last."""
        paging = self.paging()
        properties = self.properties(self.interface.parameters) | paging
        return closed(properties, [*self.required(self.interface.parameters), *paging])

    def paging(self) -> dict[str, Schema]:
        """The parameters of paging, both mandatory; none where the interface has no pages."""
        style = self.rules.paging.get(self.interface.paging)
        if style is None:
            return {}
        most = self.interface.limits.page_size
        position: Schema = {"description": _said(message("openapi.position", first=style.first)), "type": "integer"}
        size: Schema = {"description": _said(message("openapi.size")), "type": "integer", "minimum": 1}
        return {
            style.position: position | {"minimum": style.first},
            style.size: size | ({"maximum": most} if most else {}),
        }

    def batch(self) -> Schema:
        """The body of a transfer."""
        names, most = self.rules.batch, self.interface.limits.records
        records: Schema = {"type": "array", "items": _reference(_RECORD), "minItems": 1}
        return closed(
            {
                names.series: {**_TEXT, "pattern": f"^(?:{names.series_form})$"},
                names.number: self.number(),
                names.records: records | ({"maxItems": most} if most else {}),
            },
            [names.series, names.number, names.records],
        )

    def number(self) -> Schema:
        """The number of a batch."""
        return {**_TEXT, "pattern": whole(f"[0-9]{{{self.rules.batch.digits}}}")}

    def schemas(self) -> dict[str, Schema]:
        """The schemas that others refer to."""
        names = self.rules.envelope
        found: dict[str, Schema] = {}
        if self.answer in _OF_RECORDS:
            found[_RECORD] = self.record()
        if self.answer != "file":
            success = {names.code: {"const": self.rules.success.code}, names.data: self.data()}
            found[_ENVELOPE] = self.envelope(success, names.data)
        return found | {_REFUSAL: self.envelope({names.code: _TEXT, names.data: {}})}

    def record(self) -> Schema:
        """One record: of a transfer with its operation first, else a row."""
        if not self.batches:
            return closed(self.properties(self.interface.results), self.required(self.interface.results))
        batch = self.rules.batch
        operation: Schema = {**_TEXT, "enum": list(batch.operations.values())}
        fields = self.interface.parameters
        return closed(
            {batch.operation: operation, **self.properties(fields)}, [batch.operation, *self.required(fields)]
        )

    def envelope(self, own: Mapping[str, Schema], *required: str) -> Schema:
        """An answer's envelope; ``own`` are its code and its data."""
        names = self.rules.envelope
        members = {names.code: own[names.code], names.message: _TEXT, names.request: {**_TEXT, "minLength": 1}}
        return closed({**members, names.data: own[names.data]}, [*members, *required])

    def data(self) -> Schema:
        """What an answer that is no refusal holds, by the class; nothing is said of other classes."""
        names, batch = self.rules.envelope, self.rules.batch
        if self.answer == "rows":
            rows: Schema = {"type": "array", "items": _reference(_RECORD)}
            if most := self.interface.limits.page_size:
                rows["maxItems"] = most
            return closed({names.total: _WHOLE, names.rows: rows}, [names.total, names.rows])
        if self.answer == "match":
            return closed({names.match: {**_TEXT, "enum": [names.same, names.other]}}, [names.match])
        if self.answer == "receipt":
            members = {
                batch.series: {**_TEXT, "pattern": f"^(?:{batch.series_form})$"},
                batch.number: self.number(),
                batch.records: _WHOLE,
                batch.receipt: {**_TEXT, "minLength": 1},
            }
            return closed(members, list(members))
        return {}

    def success(self) -> Schema:
        """The answer to a call that is accepted."""
        title = {"description": _both(self.rules.success.title)}
        if self.answer != "file":
            return title | {"content": {self.rules.envelope.content_type: {"schema": _reference(_ENVELOPE)}}}
        names, digits = self.rules.file, hashlib.sha256().digest_size * 2
        headers = {names.records: _WHOLE, names.digest: {**_TEXT, "pattern": whole(f"[0-9a-f]{{{digits}}}")}}
        lines = {**_TEXT, "description": _said(message("openapi.lines")), "x-line": _reference(_RECORD)}
        return title | {
            "headers": {name: {"required": True, "schema": schema} for name, schema in headers.items()},
            "content": {names.content_type: {"schema": lines}},
        }

    def refusals(self) -> dict[str, Schema]:
        """The refusals of the catalogue that this interface may give, by status."""
        by_status: dict[int, list[ErrorCode]] = {}
        for error in self.rules.errors.values():
            if error.id not in self.not_given():
                by_status.setdefault(error.status, []).append(error)
        return {str(status): self.refusal(errors) for status, errors in sorted(by_status.items())}

    def refusal(self, errors: Collection[ErrorCode]) -> Schema:
        """The answer with one status."""
        code = {"properties": {self.rules.envelope.code: {"enum": [error.code for error in errors]}}}
        said = "；".join(f"{error.code} {_both(error.title)}" for error in errors)
        schema = {"allOf": [_reference(_REFUSAL), code]}
        return {"description": said, "content": {self.rules.envelope.content_type: {"schema": schema}}}

    def not_given(self) -> frozenset[str]:
        """The refusals for which the interface has no occasion."""
        bodies = frozenset() if self.content_type else _OF_BODIES
        return bodies | (frozenset() if self.batches else _OF_BATCHES) | (frozenset() if self.paging() else _OF_PAGES)

    def properties(self, fields: Collection[Field]) -> dict[str, Schema]:
        """What the values of fields must be, by name."""
        return {field.name: self.value(field) for field in fields}

    def value(self, field: Field) -> Schema:
        """What a value must be; that it is there at all is said by who holds the field."""
        there = replace(field, mandatory=True)
        facets = facets_of(there, self.standards, self.mapping)
        return field_schema(described(there, self.standards, facets), self.mapping.json_type)

    def required(self, fields: Collection[Field]) -> list[str]:
        """The names of the mandatory fields."""
        return [field.name for field in fields if field.mandatory]


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _said(said: Message) -> str:
    return _both(Text(**said.both()))


def _both(text: Text) -> str:
    """A text in both languages, for a format that knows one."""
    return f"{text.zh} · {text.en}"
