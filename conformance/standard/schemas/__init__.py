"""Schemas and tables generated from the packs: XSD, JSON Schema, SQL for each dataset, and those of the envelope.

``python -m conformance.standard.schemas`` writes them to ``schemas/`` of the exchange pack; with ``--check`` it writes
nothing and fails where a file there is not what would be written.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.standard.pack import load_yaml
from conformance.standard.schemas.ddl import ddl_of
from conformance.standard.schemas.json_schema import json_schema_of
from conformance.standard.schemas.manifest import manifest_schema
from conformance.standard.schemas.mapping import read_mapping
from conformance.standard.schemas.metadata import metadata_xsd
from conformance.standard.schemas.xsd import xsd_of
from conformance.standard.standards import Standards

__all__ = ["generate"]


def generate(standards: Standards) -> Mapping[str, str]:
    """Every generated file by its name; KeyError where the exchange pack is not among the standards."""
    folder = standards.exchange_folder()
    mapping = read_mapping(load_yaml(folder / "mapping.yaml"))
    files = {
        "manifest.schema.json": manifest_schema(load_yaml(folder / "manifest.yaml"), standards.exchange),
        "metadata.xsd": metadata_xsd(load_yaml(folder / "metadata.yaml")),
    }
    for id_, spec in standards.datasets.items():
        files[f"{id_}.xsd"] = xsd_of(spec, standards, mapping)
        files[f"{id_}.schema.json"] = json_schema_of(spec, standards, mapping)
        files[f"{id_}.sql"] = ddl_of(spec, standards, mapping)
    return dict(sorted(files.items()))
