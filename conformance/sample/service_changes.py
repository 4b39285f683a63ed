"""Changes of a reference that is asked, not read: switches of its node, and texts of the files that it lies in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.sample.errors import SampleError

#: The kinds of targets that are asked, or that ask, or that are read by other means than records.
ASKED = ("service", "service-client", "access")
#: What is made when a node starts; no part of what is copied.
RUN = "run"


@dataclass(frozen=True)
class NodeEdit:
    """Switches that are thrown when the node starts; ``follows``: it serves what the changed files register."""

    switches: tuple[str, ...]
    follows: bool = False


@dataclass(frozen=True)
class FileEdit:
    """Texts of a file that are replaced by others, each wherever it stands; with ``to`` in a copy of that name."""

    file: str
    replace: tuple[tuple[str, str], ...]
    to: str = ""


def read_service_edit(raw: Mapping[str, Any], place: str) -> NodeEdit | FileEdit:
    """One change of a mutant file: ``node: [switch…]``, or ``file`` with ``replace: {pattern: text}``."""
    allowed = ("node", "follows") if "node" in raw else ("file", "replace", "to")
    if unknown := sorted(set(raw) - set(allowed)):
        raise SampleError("sample.key.unknown", place=place, keys=", ".join(unknown), allowed=", ".join(allowed))
    if "node" in raw:
        return NodeEdit(tuple(raw["node"]), raw.get("follows", False))
    return FileEdit(raw["file"], tuple((raw.get("replace") or {}).items()), raw.get("to", ""))


def apply_to_service(changes: Sequence[FileEdit], reference: Path, out: Path) -> None:
    """Copy the folder of a reference, but for what a node makes when it starts, and make the changes.

    Raises :class:`SampleError` where one changes nothing.
    """
    shutil.copytree(reference, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns(RUN, "__pycache__"))
    for change in changes:
        before = (out / change.file).read_text("utf-8")
        after = before
        for pattern, text in change.replace:
            replaced = re.sub(pattern, text, after, flags=re.MULTILINE)
            if replaced == after:
                raise SampleError("sample.change.nothing", dataset=change.file)
            after = replaced
        (out / (change.to or change.file)).write_text(after, "utf-8")
