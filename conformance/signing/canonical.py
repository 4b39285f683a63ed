"""The one way to write a value as bytes: JCS (RFC 8785) over the I-JSON subset that every language reads alike.

Integers within 2^53 - 1, no floats, strings in NFC, no lone surrogates, no key twice. Bytes that are signed or
digested are read back strictly: what is not exactly what :func:`canonical` writes is refused.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import rfc8785

#: The largest integer that every JSON reader keeps.
LARGEST = 2**53 - 1
#: How deep a value may be nested.
DEPTH = 32
_DIGITS = len(str(-LARGEST))
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotCanonicalError(ValueError):
    """A value that canonical JSON cannot hold, or bytes that are not canonical JSON. The text quotes no data."""


def canonical(value: Any) -> bytes:
    """The bytes of a value; raises :class:`NotCanonicalError` where I-JSON cannot hold it."""
    _require(value, 0)
    return bytes(rfc8785.dumps(value))


def parse(content: bytes, *, limit: int) -> Any:
    """The value of canonical bytes; raises :class:`NotCanonicalError` for any other bytes, and for more than ``limit``.

    Since only the canonical writing passes, two different files never hold the same value: no byte can be changed
    without changing what is read.
    """
    if len(content) > limit:
        raise NotCanonicalError(f"more than {limit} bytes")
    try:
        text = content.decode("utf-8")
        value = json.loads(text, parse_float=_no_float, parse_constant=_no_float, parse_int=_integer)
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise NotCanonicalError("not I-JSON") from error
    if not _plainly_canonical(text, value) and canonical(value) != content:
        raise NotCanonicalError("not in canonical form")
    return value


def _plainly_canonical(text: str, value: Any) -> bool:
    """Is the text what :func:`canonical` writes? False where that takes a closer look: this is the quick answer.

    Below U+10000 Python's order of keys is that of UTF-16, and its escapes are those of JCS. Quotation marks compose
    with nothing, so a text is in NFC if and only if each string in it is.
    """
    if text.isascii() or (unicodedata.is_normalized("NFC", text) and max(text) < "\U00010000"):
        _require_depth(value, 0)
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == text
    return False


def _require_depth(value: Any, depth: int) -> None:
    """The same bound as :func:`canonical` has, looked for in what holds something only."""
    if depth > DEPTH or (depth == DEPTH and isinstance(value, dict | list) and value):
        raise NotCanonicalError("nested too deeply")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, dict | list):
            _require_depth(item, depth + 1)


def _integer(text: str) -> int:
    if len(text) > _DIGITS or abs(number := int(text)) > LARGEST:
        raise NotCanonicalError("an integer beyond 2^53 - 1")
    return number


def storable(text: str) -> str:
    """The text as canonical JSON can hold it: in NFC, each lone surrogate written as its code point, ``〔U+D800〕``."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _SURROGATE.sub(lambda found: f"〔U+{ord(found[0]):04X}〕", text))


def _no_float(_text: str) -> Any:
    raise NotCanonicalError("a number that is no integer")


def _require(value: Any, depth: int) -> None:
    if depth > DEPTH:
        raise NotCanonicalError("nested too deeply")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise NotCanonicalError("an integer beyond 2^53 - 1")
    elif isinstance(value, str):
        _require_text(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonicalError("a key that is no text")
            _require_text(key)
            _require(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require(item, depth + 1)
    else:
        raise NotCanonicalError(f"a value of type {type(value).__name__}")


def _require_text(text: str) -> None:
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise NotCanonicalError("a text that is not in NFC")
    if _SURROGATE.search(text):
        raise NotCanonicalError("a lone surrogate")
