"""Each element that a dataset names exists, and each field that it names is one of its own."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import Entry, RawPack, mappings

RULE, LEVEL = "dangling-field", ERROR


def check(pack: RawPack, shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each element and for each field that is not there."""
    for dataset in pack.datasets:
        fields = mappings(dataset.data, "fields")
        for field in fields:
            element = str(field.get("element"))
            if "element" in field and element not in shelf.within["element"]:
                text = message("lint.dataset.unknown-element", element=element)
                yield LintFinding(RULE, LEVEL, dataset.path, 0, f"{dataset.get('id')}.{field.get('name')}", text)
        known = {str(field.get("name")) for field in fields}
        for place, name in _named(dataset):
            if name not in known:
                text = message("lint.dataset.unknown-field", place=place, field=name)
                yield LintFinding(RULE, LEVEL, dataset.path, 0, dataset.get("id"), text)


def _named(dataset: Entry) -> Iterator[tuple[str, str]]:
    """Where the dataset names a field, and the name."""
    key = dataset.data.get("key")
    yield from (("key", str(name)) for name in (key if isinstance(key, list) else ()))
    dated = [dataset.data, *mappings(dataset.data, "fields")]
    yield from (("date", str(each["date"])) for each in dated if each.get("date"))
    for number, relation in enumerate(mappings(dataset.data, "relations"), start=1):
        roles = relation.get("roles")
        for role, name in (roles if isinstance(roles, dict) else {}).items():
            yield f"relations#{number}.{role}", str(name)
