"""What checked: the installed suite, by a digest over each of its files.

Shows accidental change. Who patches the suite on a machine of its own can lie about this too: the office's re-run with
a clean suite is what finds that.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from conformance.signing.digest import digest_set

NAME = "lubiao"
#: Not the suite's own: what Python makes of it, and the packs, which have digests of their own.
_LEFT_OUT = frozenset({"__pycache__", "_standards"})


@cache
def suite_facts() -> dict[str, Any]:
    """``name``, ``version`` and ``digest`` (over path and SHA-256 of each file, sorted) of the suite that runs."""
    return {"name": NAME, "version": version(NAME), "digest": digest_set(_listing(Path(__file__).parents[1]))}


def _listing(folder: Path) -> bytes:
    lines = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not _LEFT_OUT & set(inside.parts):
            lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {inside.as_posix()}\n")
    return "".join(lines).encode()
