"""A standard as data: the values that a pack holds, as frozen Python objects.

Nothing here reads a file (see :mod:`conformance.standard.pack`) and nothing judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from conformance.standard.notation import Format


class Provenance(IntEnum):
    """Where a clause comes from, strongest first; a verdict shows the weakest it rests on."""

    TEXT = 1
    EXCERPT = 2
    ADOPTED = 3
    SECONDARY = 4
    RECONSTRUCTED = 5

    @property
    def word(self) -> str:
        """The word that packs and reports use."""
        return self.name.lower()


@dataclass(frozen=True)
class Text:
    """One text in both languages of the house."""

    zh: str
    en: str


@dataclass(frozen=True)
class Clause:
    """A place in a standard: its number (``GB/T 39046—2020``) and the clause (``5.3``)."""

    standard: str
    number: str
    provenance: Provenance


@dataclass(frozen=True)
class Element:
    """A data element (数据元) with the attributes of GB/T 19488.1 and what judging needs.

    ``domain`` is empty or ``code:<list id>``, ``scheme:<scheme id>``, ``division:<system>``.
    ``personal`` is empty or the class of its mask (``id-number``, ``name``, ``phone``, ``address``, ...).
    ``conflict`` is empty or a second format which the same standard gives to the same element, with its
    place: ``an..20@表5 第20项``.
    """

    id: str
    name: str
    pinyin: str
    identifier: str
    object_class: str
    property: str
    representation: str
    type: str
    format: Format
    domain: str
    unit: str
    minimum: str
    maximum: str
    synonyms: tuple[str, ...]
    version: str
    status: str
    element_class: str
    clause: Clause
    personal: str
    halfwidth: bool
    definition: str
    source: str
    conflict: tuple[Format, str] | None


@dataclass(frozen=True)
class Code:
    """One row of a code list; validity dates are ``YYYYMMDD``, inclusive, empty when unbounded."""

    code: str
    name: str
    valid_from: str
    valid_to: str
    successor: str
    note: str


@dataclass(frozen=True)
class CodeList:
    """A value domain (值域代码). ``extension`` is a regular expression of codes that users may add."""

    id: str
    standard: str
    title: Text
    clause: Clause
    complete: bool
    extension: str
    codes: tuple[Code, ...]


@dataclass(frozen=True)
class SchemePart:
    """One part of an identifier: characters ``start`` (from 1) to ``start + length - 1``.

    ``kind`` is one of ``text``, ``division``, ``date``, ``short-date`` (YYMMDD of the 1900s), ``code``,
    ``scheme``, ``check``, ``sex``; ``domain`` is the code list or scheme of a ``code`` or ``scheme`` part,
    or the division level (``county`` or ``any``) of a ``division`` part.
    """

    name: str
    start: int
    length: int
    kind: str
    domain: str


@dataclass(frozen=True)
class CheckRule:
    """How a check character is computed.

    ``weighted``: the sum of value(character i) * weights[i] over all characters, the check character
    included, leaves ``remainder`` modulo ``modulus``. ``iso7064-mod-11-10``: the hybrid system of ISO 7064.
    ``values`` gives each character's value, ``check_values`` those of the check character itself (GB 11714: X is 10).
    """

    algorithm: str
    weights: tuple[int, ...]
    modulus: int
    remainder: int
    values: Mapping[str, int]
    check_values: Mapping[str, int]


@dataclass(frozen=True)
class Scheme:
    """An identifier scheme (GB 11643, GB 32100, GB 11714, GS 15): structure and check character."""

    id: str
    title: Text
    clause: Clause
    length: int
    pattern: str
    parts: tuple[SchemePart, ...]
    check: CheckRule | None

    def part(self, kind: str) -> SchemePart | None:
        """The first part of that kind, or None."""
        return next((part for part in self.parts if part.kind == kind), None)


@dataclass(frozen=True)
class Relation:
    """A relation between elements that a pack states: ``kind`` and element ids by role."""

    id: str
    kind: str
    roles: Mapping[str, str]
    clause: Clause


@dataclass(frozen=True)
class Requirement:
    """One normative clause as a row.

    ``rule`` names how it is judged (a builder in :mod:`conformance.judge.rules`); ``level`` is ``value``,
    ``column``, ``record``, ``dataset``, ``table``, ``package``, ``service`` or ``access``; ``basis`` holds one clause
    for each standard that states the requirement, the requirement's own first. Of level ``access`` only: ``methods``
    (``declaration``, ``configuration``, ``probe``, ``statement``) by which it is judged, and ``severity``
    (``blocker``, ``major``, ``minor``).
    """

    id: str
    title: Text
    text: Text
    remedy: Text
    level: str
    rule: str
    conformance_class: str
    obligation: str
    testability: str
    basis: tuple[Clause, ...]
    note: Text | None = None
    methods: tuple[str, ...] = ()
    severity: str = ""

    @property
    def clause(self) -> Clause:
        """The clause that the requirement is numbered under."""
        return self.basis[0]


@dataclass(frozen=True)
class Field:
    """One field of an exchanged dataset: ``name`` is its tag, member and column name; ``division`` is the system and
    the levels that a division code may have (empty: as the element says, any level).
    """

    name: str
    element: Element
    mandatory: bool = False
    unique: bool = False
    date: str = ""
    also: tuple[str, ...] = ()
    division_system: str = ""
    division_levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldRelation:
    """A relation between fields of one dataset: ``kind`` and field names by role."""

    kind: str
    roles: Mapping[str, str]
    clause: Clause


@dataclass(frozen=True)
class DatasetSpec:
    """A dataset that departments exchange (数据集): its fields in order, its key, and what holds between fields.

    ``resource`` is the resource code under which it is catalogued; ``date`` the field that codes are judged at.
    """

    id: str
    edition: str
    title: Text
    clause: Clause
    resource: str
    key: tuple[str, ...]
    date: str
    fields: tuple[Field, ...]
    relations: tuple[FieldRelation, ...] = ()

    def field(self, name: str) -> Field:
        """The field of that name; raises KeyError."""
        return {field.name: field for field in self.fields}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, in order."""
        return tuple(field.name for field in self.fields)


@dataclass(frozen=True)
class Dialect:
    """How one family of standards writes formats: see ``notation/*.yaml`` in the packs."""

    id: str
    title: Text
    classes: Mapping[str, Mapping[str, str]]
    booleans: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pack:
    """One edition of one standard, whole."""

    id: str
    edition: str
    number: str
    title: Text
    status: str
    dialect: str
    provenance: Provenance
    depends: tuple[tuple[str, str], ...]
    digest: str
    elements: Mapping[str, Element]
    codes: Mapping[str, CodeList]
    schemes: Mapping[str, Scheme]
    relations: tuple[Relation, ...]
    requirements: Mapping[str, Requirement]
