"""The packs that stand beside the one that is linted: what it may refer to, and which ids are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.standard.lint.source import RawPack, Row, read


@dataclass(frozen=True)
class Shelf:
    """``within``: ids by kind in the pack and all that it depends on; ``others``: id to pack, by kind, in packs of
    other standards; ``missing``: dependencies that have no folder; ``elements``: the rows behind the elements within.
    """

    within: Mapping[str, frozenset[str]]
    others: Mapping[str, Mapping[str, str]]
    missing: tuple[str, ...]
    elements: Mapping[str, Row]


def ids(pack: RawPack) -> Mapping[str, tuple[str, ...]]:
    """The ids that a pack defines, by kind, in file order and with repetitions."""
    return {
        "element": tuple(row.get("id") for row in pack.elements if row.get("id")),
        "list": tuple(entry.get("id") for entry in pack.lists if entry.get("id")),
        "scheme": tuple(entry.get("id") for entry in pack.schemes if entry.get("id")),
        "relation": tuple(entry.get("id") for entry in pack.relations if entry.get("id")),
        "dataset": tuple(entry.get("id") for entry in pack.datasets if entry.get("id")),
        "requirement": tuple(entry.get("id") for entry in pack.requirements if entry.get("id")),
    }


def shelf(folder: Path, pack: RawPack) -> Shelf:
    """Read the packs that stand in the same tree of standards (``<root>/<standard>/<edition>/``)."""
    root = folder.parent.parent
    packs = {(pack.head.get("id"), pack.head.get("edition")): pack}
    missing: list[str] = []
    waiting = list(pack.depends)
    while waiting:
        name = waiting.pop()
        if name in packs:
            continue
        if not (root / name[0] / name[1] / "standard.yaml").is_file():
            missing.append("@".join(name))
            continue
        packs[name] = read(root / name[0] / name[1])
        waiting.extend(packs[name].depends)
    within = [ids(each) for each in packs.values()]
    return Shelf(
        within={kind: frozenset(id_ for each in within for id_ in each[kind]) for kind in ids(pack)},
        others=_others(root, folder, tuple(ids(pack))),
        missing=tuple(sorted(missing)),
        elements={row.get("id"): row for each in packs.values() for row in each.elements},
    )


def _others(root: Path, folder: Path, kinds: tuple[str, ...]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    for path in sorted(root.glob("*/*/standard.yaml")):
        if path.parent.parent.name != folder.parent.name:
            other = read(path.parent)
            for kind, each in ids(other).items():
                found[kind].update(dict.fromkeys(each, other.name))
    return found
