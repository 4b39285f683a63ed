"""The fonts that documents are set in: pinned by digest, and no other; fonts of the system are never looked at.

Only Regular weights exist in our two faces, so templates emphasise with the heading's face and a thin stroke.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from conformance.messages import Message, message
from conformance.typeset.cmap import Characters, FontFormatError, read_characters, union

PINS = "fonts.yaml"
#: The faces of a document: running text, and headings and tables.
FACES = ("body", "heading")
#: The bound of a font file, and of a file of pins.
_LIMIT, _PINS_LIMIT = 64 << 20, 1 << 16


class TypesetError(Exception):
    """A document that cannot be set; ``message`` says why, in both languages."""

    def __init__(self, said: Message) -> None:
        super().__init__(said.render("en"))
        self.message = said


class TypesetMissingError(TypesetError):
    """The extra ``pdf`` is not installed."""


class FontRefusedError(TypesetError):
    """A font that is missing, or is not the one pinned."""


@dataclass(frozen=True)
class Fonts:
    """Fonts whose digests were checked: files, the families of body and heading, and the characters they hold."""

    files: tuple[Path, ...]
    body: str
    heading: str
    characters: Characters = field(repr=False)


def needed(name: str) -> Any:
    """A module of the extra ``pdf``; raises :class:`TypesetMissingError` where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TypesetMissingError(message("typeset.missing", name=name.partition(".")[0])) from error


def load_fonts(folder: Path | None = None) -> Fonts:
    """The fonts of the extra ``pdf``, or those of a folder that has its own ``fonts.yaml``.

    Raises :class:`TypesetMissingError`, and :class:`FontRefusedError` for a font that is not the one pinned.
    """
    return _bundled() if folder is None else _loaded(folder, _pins(folder / PINS))


@cache
def _bundled() -> Fonts:
    folder = Path(needed("pylopdf_fonts_zh_cn").__file__).parent
    return _loaded(folder, _checked(yaml.safe_load(resources.files(__package__).joinpath(PINS).read_text("utf-8"))))


def _pins(path: Path) -> Mapping[str, Mapping[str, str]]:
    try:
        return _checked(yaml.safe_load(_read(path, _PINS_LIMIT).decode("utf-8")))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise FontRefusedError(message("typeset.font-pins", file=PINS)) from error


def _checked(pins: Any) -> Mapping[str, Mapping[str, str]]:
    """Both faces, each with a family, a plain file name and a digest."""
    names = {"family", "file", "sha256"}
    good = isinstance(pins, dict) and set(pins) == set(FACES)
    if not good or not all(
        isinstance(one, dict)
        and set(one) == names
        and all(isinstance(text, str) and text for text in one.values())
        and Path(one["file"]).name == one["file"]
        for one in pins.values()
    ):
        raise FontRefusedError(message("typeset.font-pins", file=PINS))
    checked: Mapping[str, Mapping[str, str]] = pins
    return checked


def _loaded(folder: Path, pins: Mapping[str, Mapping[str, str]]) -> Fonts:
    held = []
    for face in FACES:
        name = pins[face]["file"]
        content = _read(folder / name, _LIMIT)
        if not hmac.compare_digest(hashlib.sha256(content).hexdigest(), pins[face]["sha256"]):
            raise FontRefusedError(message("typeset.font-digest", file=name))
        try:
            held.append(read_characters(content))
        except FontFormatError as error:
            raise FontRefusedError(message("typeset.font-format", file=name)) from error
    files = tuple(dict.fromkeys(folder / pins[face]["file"] for face in FACES))
    return Fonts(files, pins["body"]["family"], pins["heading"]["family"], union(*held))


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise FontRefusedError(message("typeset.font-unreadable", file=path.name)) from error
    if len(content) > limit:
        raise FontRefusedError(message("typeset.font-format", file=path.name))
    return content
