"""Packages made to break a reader: the small ones lie in ``fixtures/hostile/``, bombs and archives are made here.

Nothing of the program is used: what is wrong with a case is written down in ``fixtures/hostile/expected.yaml`` only. A
new find is a file in ``data/``, ``manifests/`` or ``metadata/`` and a line there.
"""

from __future__ import annotations

from pathlib import Path

import hostile_archives
import hostile_files
from hostile_packages import GENERATED, as_folder, data_package, package

CORPUS = Path(__file__).parents[1] / "fixtures" / "hostile"
#: The modules whose functions are cases.
MADE_BY = (hostile_archives, hostile_files)


def cases() -> list[str]:
    """The names of all cases, sorted."""
    return sorted([*GENERATED, *checked_in()])


def checked_in() -> dict[str, Path]:
    """The cases that are files of the corpus, by name."""
    folders = ("data", "manifests", "metadata")
    return {path.stem: path for folder in folders for path in (CORPUS / folder).iterdir()}


def make(name: str, folder: Path) -> Path:
    """Make one case below a folder that is its own, and say where the package lies."""
    if name in GENERATED:
        return GENERATED[name](folder)
    path = checked_in()[name]
    content = path.read_bytes()
    if path.parent.name == "manifests":
        return as_folder(folder, {**package(), "manifest.json": content})
    if path.parent.name == "metadata":
        return as_folder(folder, package({"metadata.xml": content}))
    return as_folder(folder, data_package(content, path.suffix[1:]))
