"""A second opinion on single records: ``xmlschema`` and ``jsonschema`` with the checked-in schemas of a dataset.

A run shows it a sample of its records; where it and the judge disagree, the harness is at fault
(``docs/exchange.md``). It is slow and is meant to be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from lxml import etree
from xmlschema import XMLSchema10, XMLSchemaChildrenValidationError, XMLSchemaValidationError
from xmlschema.validators import (
    XsdElement,
    XsdEnumerationFacets,
    XsdMaxLengthFacet,
    XsdMinLengthFacet,
    XsdPatternFacets,
)

from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.standard.schemas.json_schema import LENGTH
from conformance.standard.schemas.xsd import LENGTH_ID

MANDATORY, STRUCTURE = "mandatory", "structure"
#: The facets of a value in the order of the judge's chain: of one field's only the first is told.
CHAIN = (MANDATORY, "length", "format", "domain")
_OF_KEYWORD = {"minLength": "length", "maxLength": "length", "pattern": "format", "enum": "domain"}
_PREFIX = re.compile(rb"\s*<([A-Za-z_][A-Za-z0-9_.-]*):")
#: What a parser or a validator may make of hostile text; deep nesting ends in the second.
_UNREADABLE = (ValueError, RecursionError)


@dataclass(frozen=True, order=True)
class Complaint:
    """What a schema refuses in a record: ``mandatory``, ``length``, ``format``, ``domain`` or ``structure``.

    ``field`` is a field of the dataset, the operation, or empty where the structure's fault is no known field's.
    """

    field: str
    facet: str


_BROKEN = Complaint("", STRUCTURE)


class SecondOpinion:
    """The schemas of one dataset, of the folder that holds ``<dataset>.xsd`` and ``<dataset>.schema.json``."""

    def __init__(self, spec: DatasetSpec, rules: ExchangeRules, schemas: Path) -> None:
        self._rules, self._schemas, self._id = rules, schemas, spec.id
        self._required = [field.name for field in spec.fields if field.mandatory]
        self._namespace = rules.namespace_of(spec.id, spec.edition)

    def prepare(self, format_: str) -> None:
        """Lay out what :meth:`judge` needs for a format, before there is a record to judge."""
        _ = self._names if format_ == "xml" else self._record_of_json

    def judge(self, fragment: bytes, format_: str) -> tuple[Complaint, ...]:
        """What is wrong with one record in UTF-8: an XML element where ``format_`` is ``xml``, else a JSON object.

        A field is told with its first facet only, as the judge's chain does. Of one that comes twice an XML record's
        first value counts, a JSON record's last. Whether the operation is right, EX-OPERATION says. Whatever the
        fragment holds, nothing is raised, fetched or resolved.
        """
        try:
            found = set(self._of_xml(fragment) if format_ == "xml" else self._of_json(fragment))
        except _UNREADABLE:
            return (_BROKEN,)
        operation = self._rules.operation.name
        return tuple(sorted(each for each in _first_causes(found) if (each.field, each.facet) != (operation, "domain")))

    @cached_property
    def _record_of_xsd(self) -> XsdElement:
        names = self._rules.xml
        schema = XMLSchema10(self._schemas / f"{self._id}.xsd", defuse="always", allow="local")
        path = "/".join(f"{{{self._namespace}}}{name}" for name in (names.root, names.body, names.record))
        found = schema.find(path)
        if not isinstance(found, XsdElement):
            raise KeyError(path)
        return found

    @cached_property
    def _record_of_json(self) -> Draft202012Validator:
        whole = json.loads((self._schemas / f"{self._id}.schema.json").read_bytes())
        return Draft202012Validator(whole["$defs"][self._rules.xml.record])

    def _of_xml(self, fragment: bytes) -> Iterator[Complaint]:
        declared, names = self._declared, self._names
        record = self._parsed(fragment)
        if record is None or record.tag != self._record_of_xsd.name:
            yield _BROKEN
            return
        found = [child.tag for child in record]
        places = [names.index(tag) if tag in declared else -1 for tag in found]
        in_order = -1 not in places and places == sorted(set(places))
        for tag in names:
            if tag not in found and declared[tag].min_occurs:
                yield Complaint(_local(tag), MANDATORY)
        for tag, child in {each.tag: each for each in reversed(record)}.items():
            if tag in declared:
                yield from _of_element(declared[tag], child)
        for error in self._record_of_xsd.iter_errors(record):
            inside = error.elem is not None and error.elem is not record
            if not inside and not (in_order and isinstance(error, XMLSchemaChildrenValidationError)):
                yield _BROKEN
        if not in_order:
            yield _BROKEN

    @cached_property
    def _declared(self) -> Mapping[str, XsdElement]:
        content = self._record_of_xsd.type.model_group
        elements = () if content is None else content.iter_elements()
        return {element.name: element for element in elements if isinstance(element, XsdElement)}

    @cached_property
    def _names(self) -> list[str]:
        return list(self._declared)

    def _parsed(self, fragment: bytes) -> Any:
        """The record as the only child of a synthetic document; None where it is no single, well-formed element."""
        namespace = escape(self._namespace).encode()
        prefix = _PREFIX.match(fragment)
        also = b' xmlns:%s="%s"' % (prefix[1], namespace) if prefix else b""
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(b'<d xmlns="%s"%s>%s</d>' % (namespace, also, fragment), parser)
        except etree.XMLSyntaxError:
            return None
        alone = len(root) == 1 and not (root.text or "").strip() and not (root[0].tail or "").strip()
        return root[0] if alone and all(isinstance(each.tag, str) for each in root.iter()) else None

    def _of_json(self, fragment: bytes) -> Iterator[Complaint]:
        twice: list[str] = []
        record = json.loads(fragment.decode(), object_pairs_hook=_members(twice), parse_constant=_no_constant)
        if twice:
            yield _BROKEN
        for error in self._record_of_json.iter_errors(record):
            yield from _of_error(error, self._required)


def _of_element(declared: XsdElement, element: Any) -> Iterator[Complaint]:
    """What the schema says of one field's element; one without text has no value."""
    name = _local(element.tag)
    for error in declared.iter_errors(element):
        facet = _facet_of(error)
        yield Complaint(name, MANDATORY if facet in CHAIN and not element.text else facet)


def _facet_of(error: XMLSchemaValidationError) -> str:
    validator = error.validator
    if isinstance(validator, XsdMinLengthFacet | XsdMaxLengthFacet):
        return "length"
    if isinstance(validator, XsdEnumerationFacets):
        return "domain"
    if isinstance(validator, XsdPatternFacets):
        return "length" if (validator.elem.get("id") or "").endswith(LENGTH_ID) else "format"
    return STRUCTURE


def _of_error(error: ValidationError, required: Iterable[str]) -> Iterator[Complaint]:
    name = str(error.path[0]) if error.path else ""
    keyword = str(error.validator)
    if keyword == "required":
        instance: Any = error.instance
        yield from (Complaint(field, MANDATORY) for field in required if field not in instance)
    elif error.instance == "" and keyword in _OF_KEYWORD:
        yield Complaint(name, MANDATORY)
    elif isinstance(error.instance, str) and keyword in _OF_KEYWORD:
        schema: Any = error.schema
        yield Complaint(name, LENGTH if schema.get("$comment") == LENGTH else _OF_KEYWORD[keyword])
    else:
        yield Complaint(name, STRUCTURE)
        if error.instance is None and name in required:
            yield Complaint(name, MANDATORY)


def _first_causes(found: set[Complaint]) -> Iterator[Complaint]:
    """Every fault of the structure, and of each field the first facet in the chain's order."""
    for complaint in found:
        earlier = CHAIN[: CHAIN.index(complaint.facet)] if complaint.facet in CHAIN else ()
        if not any(Complaint(complaint.field, facet) in found for facet in earlier):
            yield complaint


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _members(twice: list[str]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Makes an object of its members, the last of each name, and keeps the names that come twice."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in set(names) if names.count(name) > 1)
        return dict(pairs)

    return members


def _no_constant(_: str) -> None:
    raise ValueError("NaN or an infinity")
