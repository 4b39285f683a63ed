"""Text that is safe to show: what cannot be seen is made visible, what is too long is cut and says so."""

from __future__ import annotations

import unicodedata

#: Longer values are cut to so many characters.
LIMIT = 64

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_DELETE = 0x7F
_PICTURES = 0x2400


def visible(text: str) -> str:
    """The text with each control character as its picture (``␊``), each other invisible one as ``⟨U+200B⟩``.

    What it returns always encodes as UTF-8, lone surrogates among the input too.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_show(character) for character in text)


def bounded(text: str, limit: int = LIMIT) -> str:
    """The text, or its first ``limit`` characters and its whole length: ``…⟨200⟩``."""
    return text if len(text) <= limit else f"{text[:limit]}…⟨{len(text)}⟩"


def _show(character: str) -> str:
    point = ord(character)
    if point < ord(" "):
        return chr(_PICTURES + point)
    if point == _DELETE:
        return "␡"
    if unicodedata.category(character) in _INVISIBLE:
        return f"⟨U+{point:04X}⟩"
    return character
