"""Every text for people stands in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.messages import LANGUAGES, message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "missing-translation", ERROR
_TEXTS = ("title", "text", "remedy", "note")


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each language that a text lacks; a plain string lacks both."""
    for entry in pack.entries:
        for key, value in _texts(entry.data):
            for language in LANGUAGES:
                if not isinstance(value, dict) or not str(value.get(language) or "").strip():
                    text = message("lint.missing-translation", key=key, language=language)
                    yield LintFinding(RULE, LEVEL, entry.path, 0, entry.get("id"), text)


def _texts(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What must be in both languages; that a text is not there at all is another rule's."""
    for key, value in data.items():
        bilingual = isinstance(value, dict) and any(language in value for language in LANGUAGES)
        if bilingual or (key in _TEXTS and value):
            yield str(key), value
