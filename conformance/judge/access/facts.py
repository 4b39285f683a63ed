"""The facts of a probe, held to their types: they come from outside, as JSON that may hold anything.

A reader gives the fact, or None where it is absent or of another shape; :func:`fact` tells the doubt in that case, so a
rule which only goes on where it got something can never be green by accident.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.judge.access.observed import Probe
from conformance.messages import message

if TYPE_CHECKING:
    from conformance.judge.access.case import Told

T = TypeVar("T")

#: Longer lists and texts are no facts of ours.
_MOST_ITEMS = 4096
_MOST_CHARACTERS = 65536
_SHOWN = 60


def fact(told: Told, probe: Probe, read: Callable[[Probe, str], T | None], name: str) -> T | None:
    """One fact by its reader; None, and a doubt told, where it has not the shape that its kind gives."""
    value = read(probe, name)
    if value is None:
        told.doubt(probe.where, message("access.probe.broken", kind=probe.kind, reason=f"facts.{name}"))
    return value


def text(probe: Probe, name: str) -> str | None:
    """A text."""
    return _text(probe.facts.get(name))


def texts(probe: Probe, name: str) -> tuple[str, ...] | None:
    """A list of texts; items of another type make all of it None."""
    return _texts(probe.facts.get(name))


def flag(probe: Probe, name: str) -> bool | None:
    """True or false."""
    value = probe.facts.get(name)
    return value if isinstance(value, bool) else None


def number(probe: Probe, name: str) -> float | None:
    """A finite number; true and false are none."""
    return finite(probe.facts.get(name))


def whole(probe: Probe, name: str) -> int | None:
    """A whole number; true and false are none."""
    value = probe.facts.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def numbers(probe: Probe, name: str) -> tuple[float, ...] | None:
    """A list of finite numbers."""
    values = probe.facts.get(name)
    if not isinstance(values, list | tuple) or len(values) > _MOST_ITEMS:
        return None
    found = [finite(value) for value in values]
    return tuple(value for value in found if value is not None) if None not in found else None


def wholes(probe: Probe, name: str) -> tuple[int, ...] | None:
    """A list of whole numbers."""
    values = probe.facts.get(name)
    if not isinstance(values, list | tuple) or len(values) > _MOST_ITEMS:
        return None
    found = tuple(value for value in values if isinstance(value, int) and not isinstance(value, bool))
    return found if len(found) == len(values) else None


def mapping(probe: Probe, name: str) -> Mapping[str, Any] | None:
    """An object; its values are still of any type."""
    return _mapping(probe.facts.get(name))


def tables(probe: Probe, name: str) -> tuple[Mapping[str, Any], ...] | None:
    """A list of objects."""
    values = probe.facts.get(name)
    if not isinstance(values, list | tuple) or len(values) > _MOST_ITEMS:
        return None
    found = [_mapping(value) for value in values]
    return tuple(value for value in found if value is not None) if None not in found else None


def flags(probe: Probe, name: str) -> Mapping[str, bool] | None:
    """An object of true and false."""
    found = mapping(probe, name)
    if found is None or not all(isinstance(value, bool) for value in found.values()):
        return None
    return found


def text_lists(probe: Probe, name: str) -> Mapping[str, tuple[str, ...]] | None:
    """An object of lists of texts."""
    found = mapping(probe, name)
    if found is None:
        return None
    lists = {key: _texts(value) for key, value in found.items()}
    return {key: value for key, value in lists.items() if value is not None} if None not in lists.values() else None


def texts_in(values: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """A list of texts inside an object that a reader gave."""
    return _texts(values.get(name))


def text_in(values: Mapping[str, Any], name: str) -> str | None:
    """A text inside an object that a reader gave."""
    return _text(values.get(name))


@lru_cache(maxsize=1 << 16)
def address(value: str) -> IPv4Address | IPv6Address | None:
    """An address from its text, None where it is none."""
    try:
        return ip_address(value)
    except ValueError:
        return None


def finite(value: object) -> float | None:
    """A value as a finite number; None where it is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return None
    return converted if math.isfinite(converted) else None


def shown(value: str) -> str:
    """A text from outside as a message may show it: without control characters, at most 60 characters."""
    clean = "".join(character for character in value[: 4 * _SHOWN] if character.isprintable())
    return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1] + "…"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= _MOST_CHARACTERS else None


def _texts(values: object) -> tuple[str, ...] | None:
    if not isinstance(values, list | tuple) or len(values) > _MOST_ITEMS:
        return None
    found = tuple(value for value in values if _text(value) is not None)
    return found if len(found) == len(values) else None


def _mapping(value: object) -> Mapping[str, Any] | None:
    if not isinstance(value, Mapping) or len(value) > _MOST_ITEMS or not all(isinstance(key, str) for key in value):
        return None
    return value
