"""Strings from the system under test, made harmless and visible before a person or a parser meets them.

A vendor's value may hold control characters, bidi overrides, lone surrogates or a megabyte of text. None of these may
break a format, reorder a line or drive a terminal, and none may vanish: each is shown as its code point,
``〔U+202E〕``.
"""

from __future__ import annotations

import re

from conformance.signing.canonical import storable

# Control characters but tab, line feed and carriage return.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# Soft hyphen, bidi marks, overrides and isolates, zero widths, line and paragraph separators, tags.
_UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
# Surrogates, private use, noncharacters: nothing that a font or an XML parser can be asked to hold.
_UNASSIGNABLE = "\ud800-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff" + "".join(
    f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 15)
)
_UNSAFE = re.compile(f"[{_CONTROL}{_UNSEEN}{_UNASSIGNABLE}]")
_UNSAFE_IN_LINE = re.compile(f"[\t\n\r{_CONTROL}{_UNSEEN}{_UNASSIGNABLE}]")
_MISLEADING = re.compile(f"[\x7f-\x9f{_UNSEEN}]")


def visible(text: str, *, line: bool = False) -> str:
    """The text with each character that cannot be seen or kept written as its code point.

    Tabs and line ends stay, unless ``line`` is set: then the result is one line.
    """
    return (_UNSAFE_IN_LINE if line else _UNSAFE).sub(_code_point, text)


def readable(text: str) -> str:
    """The text as report.json holds it: as canonical JSON can, and nothing in it that reorders or breaks the line of
    whoever reads the file in an editor.
    """
    return text if text.isascii() and text.isprintable() else storable(_MISLEADING.sub(_code_point, text))


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of the text; where it was cut, its length stands at the end: ``…〔1048576〕``."""
    return text if len(text) <= limit else f"{text[:limit]}…〔{len(text)}〕"


def _code_point(match: re.Match[str]) -> str:
    return f"〔U+{ord(match[0]):04X}〕"
