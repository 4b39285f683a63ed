"""What Lubiao says: one catalogue, in Chinese and English, with named parameters.

Code never formats prose: it makes a :class:`Message` (an id and its parameters) and somebody who
speaks to a person renders it. The texts stand in the ``*.yaml`` files beside this module, one for each
room of the house, as ``id: {zh: ..., en: ...}`` with ``{name}`` for a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Protocol

import yaml

LANGUAGES = ("zh", "en")


class Bilingual(Protocol):
    """A parameter that is itself a text in both languages, such as the title of a code list."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


Param = str | int | Bilingual


@dataclass(frozen=True)
class Message:
    """A thing to say: the id of a text in the catalogue, and its parameters."""

    id: str
    params: Mapping[str, Param] = field(default_factory=dict, hash=False)

    def render(self, language: str = "zh") -> str:
        """The text in one language; raises KeyError where the id or a parameter is missing."""
        params = {name: _in(language, value) for name, value in self.params.items()}
        return catalogue()[self.id][language].format_map(params)

    def both(self) -> dict[str, str]:
        """The text in each language of the house: ``{"zh": ..., "en": ...}``."""
        return {language: self.render(language) for language in LANGUAGES}


def message(id_: str, **params: Param) -> Message:
    """A shorthand for :class:`Message`."""
    return Message(id_, params)


def _in(language: str, value: Param) -> str | int:
    return value if isinstance(value, str | int) else str(getattr(value, language))


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every text by id; raises ValueError where two files hold the same id."""
    texts: dict[str, Mapping[str, str]] = {}
    for path in sorted(resources.files(__name__).iterdir(), key=lambda item: item.name):
        if path.name.endswith(".yaml"):
            entries: dict[str, Any] = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) or {}
            if twice := texts.keys() & entries.keys():
                raise ValueError(f"{path.name}: message ids defined twice: {sorted(twice)}")
            texts.update(entries)
    return texts
