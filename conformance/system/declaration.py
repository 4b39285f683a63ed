"""The declaration ``system.yaml``: what a system claims (ICS) and how to reach its data (IXIT), as frozen values.

``docs/declaration.md`` is the vendor's guide; ``declaration.schema.json`` is the published schema.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.system.problem import ConfigurationError, Place, Problem, failure, problem
from conformance.system.schema_check import declaration_schema, schema_problems
from conformance.system.service_claim import ClientClaim, ServiceClaim, client_claim, service_claim
from conformance.system.yaml_text import MAX_BYTES, Document, place_of, read_document

__all__ = [
    "Build",
    "ColumnClaim",
    "ConfigurationError",
    "Declaration",
    "DivisionClaim",
    "Place",
    "Problem",
    "RelationClaim",
    "Source",
    "TableClaim",
    "Target",
    "Waiver",
    "declaration_schema",
    "read_declaration",
]


#: The kind of a target that says none.
DATASET = "dataset"
#: The kinds that are asked, not read.
SERVICE, CLIENT = "service", "service-client"
#: The kind that is an access point of the extranet: its source is the folder of what is handed in.
ACCESS = "access"


@dataclass(frozen=True)
class Build:
    """Which build was tested: ``kind`` is ``declared``, ``package`` or ``image``."""

    kind: str
    id: str


@dataclass(frozen=True)
class Source:
    """Where a target's data lies. Empty texts and None are what the declaration leaves to detection.

    ``quote`` None: detected; the empty string: the file quotes nothing.
    """

    path: Path
    place: Place
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str | None = None
    sheet: str = ""
    table: str = ""
    query: str = ""


@dataclass(frozen=True)
class DivisionClaim:
    """What a column says of its division codes; empty where it leaves that to the element."""

    system: str = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnClaim:
    """A column, and the data element that it claims to hold (id, identifier or name, as written)."""

    name: str
    element: str
    mandatory: bool = False
    unique: bool = False
    date: str = ""
    also: tuple[str, ...] = ()
    division: DivisionClaim | None = None


@dataclass(frozen=True)
class RelationClaim:
    """A declared relation: column names by role; of a ``reference`` the roles count ``1``, ``2``, ... in order."""

    kind: str
    roles: Mapping[str, str]
    to: str = ""
    to_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableClaim:
    """A vendor's own division table: ``roles`` gives the column of each of code, name, parent, valid_to, successor."""

    system: str
    scope: str
    levels: tuple[str, ...]
    roles: Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """One thing that is judged. ``as_of`` is ``YYYYMMDD`` or empty (the run's day); ``dataset`` the id of the dataset
    that a package, a series of packages or an exchange table holds. Of a ``service`` or a ``client`` the source is the
    folder of registrations.
    """

    name: str
    kind: str
    source: Source
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    as_of: str = ""
    date: str = ""
    key: tuple[str, ...] = ()
    columns: tuple[ColumnClaim, ...] = ()
    relations: tuple[RelationClaim, ...] = ()
    table: TableClaim | None = None
    dataset: str = ""
    service: ServiceClaim | None = None
    client: ClientClaim | None = None


@dataclass(frozen=True)
class Waiver:
    """A failure that ``owner`` answers for until ``expires`` (ISO 8601 with its zone)."""

    requirement: str
    target: str
    owner: str
    reason: str
    digest: str
    expires: str


@dataclass(frozen=True)
class Declaration:
    """A whole declaration. ``standards`` holds the claimed (id, edition) pairs; ``sha256`` is of the file's bytes."""

    path: Path
    sha256: str
    product: str
    vendor: str
    version: str
    build: Build
    standards: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]
    targets: tuple[Target, ...]
    waivers: tuple[Waiver, ...]
    marks: Mapping[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict, repr=False)

    def place(self, *path: str | int) -> Place:
        """Where something stands in the file: ``place("targets", "population.person", "key")``."""
        return place_of(self.marks, path)

    def target(self, name: str) -> Target:
        """The target of that name; raises KeyError."""
        return {target.name: target for target in self.targets}[name]


def read_declaration(path: Path) -> Declaration:
    """The declaration in a file; raises :class:`ConfigurationError` with every problem that reading can find."""
    content = _content(path)
    document = read_document(content)
    problems = [*document.problems, *schema_problems(document)]
    if problems:
        raise ConfigurationError(sorted(problems, key=lambda one: (one.line, one.column, one.path)))
    declaration = _declaration(path, content, document)
    if wrong := list(_impossible(declaration)):
        raise ConfigurationError(wrong)
    return declaration


def _content(path: Path) -> bytes:
    start = Place(1, 1, "")
    try:
        if not path.is_file():
            raise failure(start, "declaration.no-file", file=str(path))
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise failure(start, "declaration.unreadable", file=str(path), why=type(error).__name__) from None


def _declaration(path: Path, content: bytes, document: Document) -> Declaration:
    raw = document.value
    system, claims = raw["system"], raw["claims"]
    return Declaration(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        product=system["product"],
        vendor=system["vendor"],
        version=system["version"],
        build=Build(system["build"]["kind"], system["build"]["id"]),
        standards=tuple((item["id"], item["edition"]) for item in claims["standards"]),
        classes=tuple(claims.get("classes", ())),
        targets=tuple(_target(name, body, path.parent, document) for name, body in raw["targets"].items()),
        waivers=tuple(Waiver(**item) for item in raw.get("waivers", ())),
        marks=document.marks,
    )


def _target(name: str, raw: Mapping[str, Any], folder: Path, document: Document) -> Target:
    kind = raw.get("kind", DATASET)
    if kind in (SERVICE, CLIENT):
        return _asked(name, kind, raw, folder, document)
    is_table = kind == "division-table"
    place = document.place(("targets", name, "source", "path"))
    source = {**raw["source"], "path": folder / raw["source"]["path"]}
    return Target(
        name=name,
        kind=kind,
        source=Source(place=place, **source),
        where={column: _several(value) for column, value in raw.get("where", {}).items()},
        as_of=raw.get("as_of", ""),
        date=raw.get("date", ""),
        key=tuple(raw.get("key", ())),
        columns=() if is_table else tuple(_column(column, body) for column, body in raw.get("columns", {}).items()),
        relations=tuple(_relation(item) for item in raw.get("relations", ())),
        table=_table(raw) if is_table else None,
        dataset=raw.get("dataset", ""),
    )


def _asked(name: str, kind: str, raw: Mapping[str, Any], folder: Path, document: Document) -> Target:
    """A target that is asked over the network, or that asks."""
    key = "service" if kind == SERVICE else "client"
    place = document.place(("targets", name, key, "registrations"))
    return Target(
        name=name,
        kind=kind,
        source=Source(folder / raw[key]["registrations"], place),
        as_of=raw.get("as_of", ""),
        service=service_claim(raw[key], folder) if kind == SERVICE else None,
        client=client_claim(raw[key], folder) if kind == CLIENT else None,
    )


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _column(name: str, raw: str | Mapping[str, Any]) -> ColumnClaim:
    if isinstance(raw, str):
        return ColumnClaim(name, raw)
    division = raw.get("division")
    return ColumnClaim(
        name=name,
        element=raw["element"],
        mandatory=raw.get("mandatory", False),
        unique=raw.get("unique", False),
        date=raw.get("date", ""),
        also=tuple(raw.get("also", ())),
        division=None
        if division is None
        else DivisionClaim(division.get("system", ""), tuple(division.get("levels", ()))),
    )


def _relation(raw: Mapping[str, Any]) -> RelationClaim:
    if raw["kind"] == "reference":
        roles = {str(number): column for number, column in enumerate(raw["columns"], 1)}
        return RelationClaim("reference", roles, raw["to"], tuple(raw["to_columns"]))
    return RelationClaim(raw["kind"], {role: column for role, column in raw.items() if role != "kind"})


def _table(raw: Mapping[str, Any]) -> TableClaim:
    table = raw["table"]
    return TableClaim(table["system"], table["scope"], tuple(table["levels"]), dict(raw["columns"]))


def _impossible(declaration: Declaration) -> Iterator[Problem]:
    """What a schema cannot see: days that do not exist, standards claimed twice, references that do not match."""
    for index, (id_, _) in enumerate(declaration.standards):
        if id_ in [earlier for earlier, _ in declaration.standards[:index]]:
            yield problem(declaration.place("claims", "standards", index), "declaration.claimed-twice", standard=id_)
    for target in declaration.targets:
        here = ("targets", target.name)
        if target.as_of and not _is_time(target.as_of, "%Y%m%d"):
            yield problem(declaration.place(*here, "as_of"), "declaration.no-such-day", found=target.as_of)
        for index, relation in enumerate(target.relations):
            if relation.kind == "reference" and len(relation.roles) != len(relation.to_columns):
                counts = {"columns": len(relation.roles), "to_columns": len(relation.to_columns)}
                place = declaration.place(*here, "relations", index, "to_columns")
                yield problem(place, "declaration.reference-width", **counts)
    for index, waiver in enumerate(declaration.waivers):
        if not _is_time(waiver.expires, None):
            yield problem(
                declaration.place("waivers", index, "expires"), "declaration.no-such-day", found=waiver.expires
            )


def _is_time(text: str, picture: str | None) -> bool:
    try:
        _ = datetime.fromisoformat(text) if picture is None else datetime.strptime(text, picture)
    except ValueError:
        return False
    return True
