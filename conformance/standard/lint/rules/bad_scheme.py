"""A scheme's pattern compiles, its parts lie inside its length, and it has a weight for each character."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.messages import Message, message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack, mappings

RULE, LEVEL = "bad-scheme", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each fault of a scheme, and for each extension of a code list that is no pattern."""
    for scheme in pack.schemes:
        for text in _faults(scheme.data):
            yield LintFinding(RULE, LEVEL, scheme.path, 0, scheme.get("id"), text)
    for entry in pack.lists:
        if not _compiles(entry.get("extension")):
            text = message("lint.bad-pattern", pattern=entry.get("extension"))
            yield LintFinding(RULE, LEVEL, entry.path, 0, entry.get("id"), text)


def _faults(data: Mapping[str, Any]) -> Iterator[Message]:
    length = data.get("length")
    if not isinstance(length, int):
        yield message("lint.bad-length", length=str(length))
        return
    if not _compiles(str(data.get("pattern"))):
        yield message("lint.bad-pattern", pattern=str(data.get("pattern")))
    for part in mappings(data, "parts"):
        start, size = part.get("start"), part.get("length")
        inside = isinstance(start, int) and isinstance(size, int) and start >= 1 and 1 <= size <= length - start + 1
        if not inside and {"start", "length"} <= part.keys():
            yield message("lint.bad-part", part=str(part.get("name")), length=length)
    check_rule = data.get("check")
    if isinstance(check_rule, dict) and check_rule.get("algorithm") == "weighted":
        weights = check_rule.get("weights") or ()
        if len(weights) != length:
            yield message("lint.bad-weights", weights=len(weights), length=length)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
