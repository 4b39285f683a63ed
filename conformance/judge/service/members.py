"""The members of JSON objects, as answers and bodies must have them: for ``object_pairs_hook``."""

from __future__ import annotations

import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of one object; raises ValueError where a name stands twice, or where a name or a text is none that
    UTF-8 can hold: JSON's escapes can write half a surrogate pair.
    """
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name twice")
    for name, value in pairs:
        if not is_text(name) or (isinstance(value, str) and not is_text(value)):
            raise ValueError("half a surrogate pair")
    return dict(pairs)


def is_text(text: str) -> bool:
    """True where UTF-8 can hold the text."""
    return text.isascii() or not _SURROGATE.search(text)
