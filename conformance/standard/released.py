"""Which packs were released, and in which state: an official run judges by those, to the byte, and by no others."""

from __future__ import annotations

from pathlib import Path

from conformance.standard.model import Pack
from conformance.standard.pack import editions, load_yaml, read_pack
from conformance.standard.standards import Standards

#: Beside the packs: ``id@edition: digest``.
FILE = "released.yaml"
_HEAD = """\
# The packs as released: an official run refuses any other state of them. Written by `lubiao standards release`.
# 已发布的标准包及其摘要；正式检测只认这些。由 `lubiao standards release` 写入。
"""


def unreleased(standards: Standards) -> tuple[Pack, ...]:
    """The packs that are not in the state in which they were released, or never were."""
    path = standards.root / FILE
    released = load_yaml(path) if path.is_file() else {}
    return tuple(
        pack for pack in standards.packs.values() if (released or {}).get(f"{pack.id}@{pack.edition}") != pack.digest
    )


def release(root: Path) -> str:
    """The text of the file for all packs as they are now."""
    several = ((id_, edition) for id_, names in sorted(editions(root).items()) for edition in names)
    lines = [f'"{id_}@{edition}": {read_pack(root, id_, edition).digest}\n' for id_, edition in several]
    return _HEAD + "".join(lines)
