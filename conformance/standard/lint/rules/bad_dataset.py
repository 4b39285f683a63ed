"""A dataset is well formed: its texts, its fields and how often they occur, its relations' kinds and roles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.messages import Message, message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import Entry, RawPack, contract, mappings

RULE, LEVEL = "bad-dataset", ERROR
#: A name that is an XML tag, a JSON member and a column of every database alike.
_NAME = re.compile(r"[A-Z][A-Z0-9]{0,29}")
#: What YAML would read as a number or a date without quotes.
_TEXTS = ("id", "edition", "clause", "resource")


def check(pack: RawPack, shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each fault; names that lead nowhere are another rule's."""
    for dataset in pack.datasets:
        for what in (_head(dataset), _fields(dataset, shelf), _relations(dataset)):
            for subject, text in what:
                yield LintFinding(RULE, LEVEL, dataset.path, 0, subject, text)
    codes = Counter(dataset.get("resource") for dataset in pack.datasets if dataset.get("resource"))
    for dataset in pack.datasets:
        if codes[dataset.get("resource")] > 1:
            text = message("lint.dataset.resource", resource=dataset.get("resource"))
            yield LintFinding(RULE, LEVEL, dataset.path, 0, dataset.get("id"), text)


def _head(dataset: Entry) -> Iterator[tuple[str, Message]]:
    id_, stem = dataset.get("id"), dataset.path.rpartition("/")[2].removesuffix(".yaml")
    if id_ and id_ != stem:
        yield id_, message("lint.dataset.file-name", id=id_)
    for key in _TEXTS:
        if key in dataset.data and not isinstance(dataset.data[key], str):
            yield id_, message("lint.dataset.text", key=key)
    for name, least in (("fields", 1), ("relations", 0)):
        items = dataset.data.get(name) or []
        whole = isinstance(items, list) and len(mappings(dataset.data, name)) == len(items) >= least
        if name in dataset.data and not whole:
            yield id_, message("lint.dataset.items", name=name)
    names = dataset.data.get("key")
    if "key" in dataset.data and (not isinstance(names, list) or not names):
        yield id_, message("lint.dataset.key")


def _fields(dataset: Entry, shelf: Shelf) -> Iterator[tuple[str, Message]]:
    id_, fields = dataset.get("id"), mappings(dataset.data, "fields")
    for name, count in Counter(str(field.get("name")) for field in fields).items():
        if count > 1:
            yield f"{id_}.{name}", message("lint.dataset.duplicate-field", field=name, count=count)
    for field in fields:
        subject = f"{id_}.{field.get('name')}"
        if "name" in field and not _NAME.fullmatch(str(field["name"])):
            yield subject, message("lint.dataset.field-name", field=str(field["name"]))
        known = contract()["words"]["occurs"]
        if "occurs" in field and field["occurs"] not in known:
            yield subject, message("lint.dataset.occurs", word=str(field["occurs"]), known=", ".join(known))
        row = shelf.elements.get(str(field.get("element")))
        if row is not None and row.get("type") == "二进制":
            yield subject, message("lint.dataset.binary")
        of_divisions = row is not None and row.get("domain").startswith("division:")
        if row is not None and not _divided(field.get("division"), of_divisions=of_divisions):
            yield subject, message("lint.dataset.division")


def _divided(division: Any, *, of_divisions: bool) -> bool:
    """Whether the field names system and levels of its codes where its element is a division, and only there."""
    if not of_divisions:
        return division is None
    words = contract()["words"]
    levels = division.get("levels") if isinstance(division, dict) else None
    return (
        isinstance(levels, list)
        and levels != []
        and all(level in words["division-level"] for level in levels)
        and division.get("system") in words["division"]
    )


def _relations(dataset: Entry) -> Iterator[tuple[str, Message]]:
    roles_of: Mapping[str, Any] = contract()["roles"]
    for number, relation in enumerate(mappings(dataset.data, "relations"), start=1):
        subject, kind, roles = f"{dataset.get('id')}#{number}", str(relation.get("kind")), relation.get("roles")
        if kind not in roles_of:
            yield subject, message("lint.dataset.relation", kind=kind, known=", ".join(roles_of))
        elif not isinstance(roles, dict) or sorted(map(str, roles)) != sorted(roles_of[kind]):
            yield subject, message("lint.dataset.roles", kind=kind, known=", ".join(roles_of[kind]))
