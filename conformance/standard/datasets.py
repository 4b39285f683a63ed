"""Datasets of a pack (``datasets/<id>.yaml``), their fields resolved to the elements of all packs loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.standard.model import Clause, DatasetSpec, Element, Field, FieldRelation, Provenance, Text
from conformance.standard.pack import BrokenPack, load_yaml

#: How often a field may occur in a record; the first of these makes it mandatory.
OCCURS = ("1", "0..1")


def read_datasets(folder: Path, elements: Mapping[str, Element]) -> Mapping[str, DatasetSpec]:
    """The datasets of the pack in ``folder``, by id; raises :class:`BrokenPack` with the file's name."""
    return {spec.id: spec for spec in _datasets(folder, elements)}


def _datasets(folder: Path, elements: Mapping[str, Element]) -> Iterator[DatasetSpec]:
    for path in sorted((folder / "datasets").glob("*.yaml")):
        try:
            spec = _dataset(load_yaml(path), elements)
            if spec.id != path.stem:
                raise ValueError(f"id is {spec.id}")
        except (KeyError, ValueError, TypeError, yaml.YAMLError) as error:
            place = f"{folder.parent.name}/{folder.name}/datasets/{path.name}"
            raise BrokenPack(place, f"{type(error).__name__}: {error}") from error
        yield spec


def _dataset(raw: Mapping[str, Any], elements: Mapping[str, Element]) -> DatasetSpec:
    clause = Clause(raw["standard"], str(raw["clause"]), Provenance[raw["provenance"].upper()])
    fields = tuple(_field(item, elements) for item in raw["fields"])
    spec = DatasetSpec(
        id=raw["id"],
        edition=raw["edition"],
        title=Text(raw["title"]["zh"], raw["title"]["en"]),
        clause=clause,
        resource=raw["resource"],
        key=tuple(raw["key"]),
        date=raw.get("date") or "",
        fields=fields,
        relations=tuple(_relation(item, clause) for item in raw.get("relations") or ()),
    )
    _require_whole(spec)
    return spec


def _field(raw: Mapping[str, Any], elements: Mapping[str, Element]) -> Field:
    division = raw.get("division") or {}
    if raw["occurs"] not in OCCURS:
        raise ValueError(f"occurs: {raw['occurs']}")
    return Field(
        name=raw["name"],
        element=elements[raw["element"]],
        mandatory=raw["occurs"] == OCCURS[0],
        unique=raw.get("unique", False),
        date=raw.get("date") or "",
        also=tuple(raw.get("also") or ()),
        division_system=division.get("system") or "",
        division_levels=tuple(division.get("levels") or ()),
    )


def _relation(raw: Mapping[str, Any], clause: Clause) -> FieldRelation:
    provenance = Provenance[raw["provenance"].upper()] if "provenance" in raw else clause.provenance
    return FieldRelation(raw["kind"], dict(raw["roles"]), Clause(clause.standard, clause.number, provenance))


def _require_whole(spec: DatasetSpec) -> None:
    """Every name that the dataset mentions is one of its fields, and no field stands twice."""
    if len(set(spec.names)) != len(spec.fields):
        raise ValueError("a field stands twice")
    mentioned = {*spec.key, spec.date, *(field.date for field in spec.fields)}
    mentioned |= {name for relation in spec.relations for name in relation.roles.values()}
    if unknown := mentioned - {*spec.names, ""}:
        raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
