"""Text as the fonts can print it: never a blank for a character that they lack.

A certificate with a hole in somebody's name is worse than an ugly one: the character is printed as ``〔U+20000〕``,
and the document's notes list it.
"""

from __future__ import annotations

from conformance.report.harmless import shortened, visible
from conformance.typeset.cmap import Characters

#: Marks of our own that no Chinese face holds, and those that look like them: ⟦⟧ encloses keyed digests, ⟨⟩ types.
ALIKE = {"⟦": "〚", "⟧": "〛", "⟨": "〈", "⟩": "〉"}
#: The bound of a text that nobody bounds otherwise.
LIMIT = 800


class Glyphs:
    """Replaces and remembers what a document's fonts cannot print; one for each document."""

    def __init__(self, held: Characters) -> None:
        self._held = held
        self._shown: dict[str, str] = {}
        self._missing: set[str] = set()

    def shown(self, text: str, limit: int = LIMIT) -> str:
        """One line of at most about ``limit`` characters, each of which the fonts hold and a reader can see."""
        line = visible(shortened(text, limit), line=True)
        return "".join(self._shown.get(letter) or self._look(letter) for letter in line)

    @property
    def missing(self) -> tuple[str, ...]:
        """The code points replaced so far, sorted: ``U+20000``."""
        return tuple(f"U+{ord(letter):04X}" for letter in sorted(self._missing))

    def _look(self, letter: str) -> str:
        shown = ALIKE.get(letter, letter)
        if ord(shown) not in self._held:
            self._missing.add(letter)
            shown = f"〔U+{ord(letter):04X}〕"
        self._shown[letter] = shown
        return shown
