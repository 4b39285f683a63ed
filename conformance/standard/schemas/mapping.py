"""The mapping rules of the exchange pack (``mapping.yaml``), frozen: how formats become schemas and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.standard.model import DatasetSpec
from conformance.standard.standards import Standards

_GROUP_NAME = re.compile(r"\(\?P<[^>]*>")


@dataclass(frozen=True)
class HeaderMember:
    """A member of a file's header: its one admitted text, or the pattern of its texts."""

    name: str
    text: str
    pattern: str


@dataclass(frozen=True)
class SchemaMapping:
    """``patterns`` and ``sql`` hold templates by name; ``header`` the members of a header as the file states them."""

    xsd_type: str
    json_type: str
    patterns: Mapping[str, str]
    sql: Mapping[str, str]
    header: tuple[Mapping[str, str], ...]

    def pattern(self, name: str, **parts: str | int) -> str:
        """One pattern filled in; KeyError where the pack has none of that name."""
        return self.patterns[name].format(**parts)

    def header_of(self, spec: DatasetSpec, standards: Standards) -> tuple[HeaderMember, ...]:
        """The header's members in a dataset's files, but for the number of records."""
        own = {"id": spec.id, "edition": spec.edition}
        names = standards.exchange.names
        return tuple(
            HeaderMember(
                name=item["name"],
                text=own[item["is"]] if "is" in item else "",
                pattern=_GROUP_NAME.sub("(", names[item["like"]]) if "like" in item else "",
            )
            for item in self.header
        )


def read_mapping(raw: Mapping[str, Any]) -> SchemaMapping:
    """The rules of a parsed ``mapping.yaml``; raises KeyError where it does not say what it must."""
    return SchemaMapping(
        xsd_type=raw["types"]["xsd"],
        json_type=raw["types"]["json"],
        patterns=dict(raw["patterns"]),
        sql=dict(raw["sql"]),
        header=tuple(raw["header"]),
    )
