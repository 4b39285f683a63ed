"""How a document speaks: one language, every text through the fonts' eyes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.messages import Param, catalogue, message
from conformance.typeset.glyphs import LIMIT, Glyphs

#: How many code points that the fonts lack are listed by name.
_LISTED = 40


@dataclass(frozen=True)
class Wording:
    """Texts for one document in one language; what the fonts lack is remembered in ``glyphs``."""

    language: str
    glyphs: Glyphs = field(repr=False)

    def say(self, id_: str, **params: Param) -> str:
        """A sentence of the catalogue."""
        return self.plain(message(id_, **params).render(self.language), 4 * LIMIT)

    def labels(self, ids: tuple[str, ...]) -> dict[str, str]:
        """Sentences without parameters, by their ids."""
        return {id_: self.say(id_) for id_ in ids}

    def word(self, family: str, word: str) -> str:
        """The catalogue's text for a word of the report, or the word itself where the catalogue does not know it."""
        id_ = f"report.{family}.{word}"
        return self.say(id_) if id_ in catalogue() else self.plain(word, 60)

    def named(self, ids: Mapping[str, str], word: str) -> str:
        """The text of the id that stands for a word, or the word itself."""
        return self.say(ids[word]) if word in ids else self.plain(word, 60)

    def both(self, text: Mapping[str, str] | None, limit: int = LIMIT) -> str:
        """The document's language of a text in both."""
        return "" if text is None else self.plain(text[self.language], limit)

    def plain(self, text: object, limit: int = LIMIT) -> str:
        """Any text of the report's, on one line and bounded."""
        return self.glyphs.shown(str(text), limit)

    def notes_on_glyphs(self) -> tuple[str, ...]:
        """What was replaced so far, as a note; nothing where the fonts had all."""
        points = self.glyphs.missing
        if not points:
            return ()
        listed = " ".join(points[:_LISTED])
        if len(points) > _LISTED:
            listed = self.say("typeset.note.missing-more", points=listed, number=len(points))
        return (self.say("typeset.note.missing", points=listed),)


def moment(text: str) -> str:
    """An RFC 3339 time as people read it: ``2026-11-21 09:41:12 +08:00``; anything else as it is."""
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(.*)$", r"\1 \2 \3", text).strip()


def grouped(number: int) -> str:
    """A count with separators: ``1,204``."""
    return f"{number:,}"


def hexadecimal(digest: Any) -> str:
    """The digits of a digest as reports write it, ``sha256:ab…`` or bare."""
    return str(digest).removeprefix("sha256:")
