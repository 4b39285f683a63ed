"""How states, acts and roles are called in both languages (``words.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import yaml

from conformance.standard.model import Text


@cache
def names() -> Mapping[str, Mapping[str, Text]]:
    """The names of ``states``, ``acts`` and ``roles``, by word."""
    held = yaml.safe_load(resources.files(__package__).joinpath("words.yaml").read_text("utf-8"))
    return {family: {word: Text(**both) for word, both in words.items()} for family, words in held.items()}


def named(family: str, words: Iterable[str]) -> Text:
    """Words with their names: ``approve（评审）, reject（退回）``; a dash where there are none."""
    held = [(word, names()[family][word]) for word in words]
    zh = "、".join(f"{text.zh}（{word}）" for word, text in held) or "—"
    return Text(zh, ", ".join(word for word, _ in held) or "—")
