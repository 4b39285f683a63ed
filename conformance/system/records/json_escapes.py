"""Many texts with escapes decoded at once, by Python's own decoder."""

from __future__ import annotations

import json
from collections.abc import Sequence


def unescaped(raws: Sequence[bytes]) -> list[str | None]:
    """What stands between the quotes of JSON texts, decoded; None where an escape is none, or is no character."""
    if not raws:
        return []
    try:
        texts: list[str | None] = json.loads(b'["' + b'","'.join(raws) + b'"]')
        "".join(map(str, texts)).encode("utf-8")
    except ValueError:
        return [_one(raw) for raw in raws]
    return texts


def _one(raw: bytes) -> str | None:
    try:
        text: str = json.loads(b'"' + raw + b'"')
        text.encode("utf-8")
    except ValueError:
        return None
    return text
