"""EX-ARCHIVE: names of entries that stay inside the package, can be read by a person and are there once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from conformance.messages import Message, message
from conformance.standard.exchange import Limits

_DRIVE = re.compile(r"[A-Za-z]:")
#: Controls, invisible format characters, surrogates, private use, unassigned, line and paragraph separators.
_UNREADABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain_name(name: str) -> str:
    """The name without the ``./`` that some archivers put before every entry; of a folder, without its last slash."""
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return "" if name == "." else name.rstrip("/")


def name_fault(name: str, limits: Limits) -> Message | None:
    """What is wrong with an entry's name as it stands in the archive; None where nothing is."""
    if len(name) > limits.name_characters:
        return message("package.archive-name-long", limit=limits.name_characters, found=len(name))
    if any(unicodedata.category(character) in _UNREADABLE for character in name):
        return message("package.archive-name-unreadable")
    rooted = name.startswith("/") or bool(_DRIVE.match(name))
    if rooted or "\\" in name or {"", ".", ".."} & set(plain_name(name).split("/")):
        return message("package.archive-path")
    return None


def told_twice(files: Sequence[str], folders: Sequence[str]) -> frozenset[str]:
    """The names of files that some receiver cannot keep apart: equal but for case or composition, or a folder's."""
    counted = Counter(_folded(name) for name in files)
    parents = {_folded(name) for name in folders}
    for name in files:
        parts = name.split("/")
        parents.update(_folded("/".join(parts[:end])) for end in range(1, len(parts)))
    return frozenset(name for name in files if counted[_folded(name)] > 1 or _folded(name) in parents)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
