"""What a schema states of each field, before it is written as XSD or JSON Schema: ``docs/exchange.md``, "Facets".

A value is refused for what DE-MANDATORY, DE-LENGTH, DE-FORMAT or DE-DOMAIN refuse it for, and for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.standard.model import CodeList, DatasetSpec, Element, Field, Scheme
from conformance.standard.notation import Format, picture_shape
from conformance.standard.repertoire import Ranges
from conformance.standard.schemas.mapping import SchemaMapping
from conformance.standard.standards import Standards

#: What may stand in a character class only behind a backslash.
_SPECIAL = frozenset("\\[]^-")


@dataclass(frozen=True)
class Facets:
    """What a value that is not empty must be. ``length`` and ``format``: one of the patterns fits it, if there are any.

    ``minimum`` and ``maximum`` count characters (0 and None: no bound); ``length`` says what they cannot. ``values``
    are the admitted texts; empty: any. Patterns are choices; none has choices of its own, for libxml2 miscounts
    where several counted ones begin alike.
    """

    mandatory: bool
    minimum: int = 0
    maximum: int | None = None
    length: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def admit_empty(self) -> bool:
        """Do bounds and patterns let the empty text through, without a word on it?"""
        return not (self.minimum or self.length or self.format or self.values)


@dataclass(frozen=True)
class SchemaField:
    """A field as schemas name and explain it; ``domain`` is what its values come from, in words."""

    name: str
    title: str
    id: str
    notation: str
    domain: str
    facets: Facets

    @property
    def words(self) -> str:
        """Identifier, format and domain of the element, in one line."""
        return " ".join(filter(None, (self.id, self.notation, self.domain)))


def record_fields(spec: DatasetSpec, standards: Standards, mapping: SchemaMapping) -> tuple[SchemaField, ...]:
    """The fields of a record in order: the operation, which a full package may leave out, then the dataset's own."""
    rules = standards.exchange
    operation = Field(rules.operation.name, standards.elements[rules.operation.element])
    first = described(operation, standards, Facets(False, values=tuple(rules.operations.values())))
    own = (described(field, standards, facets_of(field, standards, mapping)) for field in spec.fields)
    return (first, *own)


def described(field: Field, standards: Standards, facets: Facets) -> SchemaField:
    """A field with its facets, and what its values come from."""
    element = field.element
    kind, _, id_ = element.domain.partition(":")
    domain = field.division_system or id_
    if kind == "code":
        domain = f"{standards.codes[id_].standard} {standards.codes[id_].title.zh}"
    elif kind == "scheme":
        domain = standards.schemes[id_].title.zh
    return SchemaField(field.name, element.name, element.id, element.format.notation, domain, facets)


def facets_of(field: Field, standards: Standards, mapping: SchemaMapping) -> Facets:
    """The facets of one field. Division codes have a form of their own (AD-FORM), which no schema states."""
    element = field.element
    if element.format.kind == "binary" or field.division_system or element.domain.startswith("division:"):
        return Facets(field.mandatory)
    facets = _Facetting(element, schemes_of(field, standards), standards, mapping)
    minimum, maximum = facets.bounds()
    return Facets(field.mandatory, minimum, maximum, facets.length(), facets.format(), facets.values())


def schemes_of(field: Field, standards: Standards) -> tuple[Scheme, ...]:
    """The identifier schemes that a field admits, one for each length, the element's own first."""
    kind, _, name = field.element.domain.partition(":")
    found: dict[int, Scheme] = {}
    for id_ in (name, *field.also) if kind == "scheme" else ():
        found.setdefault(standards.schemes[id_].length, standards.schemes[id_])
    return tuple(found.values())


@dataclass(frozen=True)
class _Facetting:
    """One element's facets; of several schemes the value's length chooses, of two formats either will do."""

    element: Element
    schemes: tuple[Scheme, ...]
    standards: Standards
    mapping: SchemaMapping

    @property
    def _other(self) -> Format | None:
        """The second format that the standard gives; a scheme leaves it no say."""
        conflict = self.element.conflict
        return conflict[0] if conflict and not self.element.domain.startswith("scheme:") else None

    @property
    def _limited(self) -> bool:
        own = self.element.format
        return own.kind == "text" and (own.minimum > 0 or own.maximum is not None)

    def bounds(self) -> tuple[int, int | None]:
        """Least and most characters, where these alone say what the length is."""
        if len(self.schemes) > 1 or self._other or not self._limited:
            return 0, None
        return self.element.format.minimum, self.element.format.maximum

    def length(self) -> tuple[str, ...]:
        """The patterns of the length, where bounds do not say it."""
        own = self.element.format
        if len(self.schemes) > 1:
            return tuple(self._characters(scheme.length, scheme.length) for scheme in self.schemes)
        if own.kind == "number":
            counted = self.mapping.pattern("digits", minimum=own.minimum, maximum=own.maximum or "")
            return (counted, *self._of_other())
        if self._other and self._limited:
            return (self._characters(own.minimum, own.maximum), *self._of_other())
        return ()

    def format(self) -> tuple[str, ...]:
        """The patterns of characters and picture."""
        own = self._written(self.element.format)
        if own and len(self.schemes) > 1:
            return (*own, *(self._characters(scheme.length, scheme.length) for scheme in self.schemes[1:]))
        return (*own, *self._of_other()) if own else ()

    def values(self) -> tuple[str, ...]:
        """The codes of a complete list that nobody may extend."""
        codes = self._codes()
        return tuple(code.code for code in codes.codes) if codes and codes.complete and not codes.extension else ()

    def _codes(self) -> CodeList | None:
        kind, _, id_ = self.element.domain.partition(":")
        return self.standards.codes[id_] if kind == "code" else None

    def _characters(self, minimum: int, maximum: int | None) -> str:
        return self.mapping.pattern("characters", minimum=minimum, maximum="" if maximum is None else maximum)

    def _written(self, format_: Format) -> tuple[str, ...]:
        """The patterns of a format, its length apart; none where any character will do."""
        if format_.kind == "number":
            name = "decimal" if format_.decimals else "whole"
            return (self.mapping.pattern(name, sign=self._sign, decimals=format_.decimals or 0),)
        if format_.kind == "text" and not format_.picture:
            ranges = self._ranges(format_)
            return (f"[{_class(ranges)}]*",) if ranges else ()
        return self._whole(format_)

    def _of_other(self) -> tuple[str, ...]:
        return self._whole(self._other) if self._other else ()

    def _whole(self, format_: Format) -> tuple[str, ...]:
        """The patterns of a format with its length."""
        if format_.kind == "number":
            return tuple(self._sized(format_))
        if format_.kind == "boolean":
            return tuple(re.escape(word) for word in self.standards.dialect_of(self.element).booleans)
        return (picture_shape(format_.picture) if format_.kind == "picture" else self._text(format_),)

    def _text(self, format_: Format) -> str:
        if format_.picture:
            classes = self.standards.repertoire.classes
            symbols = {"a": classes["letters"], "n": classes["digits"]}
            return "".join(f"[{_class(symbols[symbol])}]" for symbol in format_.picture)
        ranges = self._ranges(format_)
        bounded = self._characters(format_.minimum, format_.maximum)
        return f"[{_class(ranges)}]{bounded[bounded.index('{') :]}" if ranges else bounded

    def _sized(self, number: Format) -> Iterator[str]:
        """Whole digits and decimals share the length: one choice for each number of decimals."""
        digits = number.maximum or 0
        for decimals in range(min(number.decimals or 0, digits - 1) + 1):
            name = "sized-decimal" if decimals else "sized"
            yield self.mapping.pattern(name, sign=self._sign, whole=digits - decimals, decimals=decimals)

    @property
    def _sign(self) -> str:
        return self.mapping.patterns["sign"] if self.element.minimum.startswith("-") else ""

    def _ranges(self, format_: Format) -> Ranges:
        names = self.standards.dialect_of(self.element).classes[format_.symbol]
        return self.standards.repertoire.classes[names["fixed" if format_.fixed else "variable"]]


def _class(ranges: Ranges) -> str:
    """The inside of a character class, as XML Schema and ECMA 262 read it alike."""
    return "".join(f"{_character(low)}-{_character(high)}" if high > low else _character(low) for low, high in ranges)


def _character(point: int) -> str:
    return f"\\{chr(point)}" if chr(point) in _SPECIAL else chr(point)
