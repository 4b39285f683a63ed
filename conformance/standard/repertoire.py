"""Character repertoires: which characters a format, a code or a text may hold (data: ``notation/repertoire.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Repertoire:
    """Inclusive ranges of code points by purpose; ``classes`` by the repertoire's name (empty: not forbidden)."""

    forbidden: Ranges
    multiline: Ranges
    blanks: Ranges
    fullwidth: Ranges
    classes: Mapping[str, Ranges]


def read_repertoire(raw: Mapping[str, Any]) -> Repertoire:
    """Build a repertoire from the YAML mapping of ``repertoire.yaml``."""
    return Repertoire(
        forbidden=_ranges(raw["forbidden"]),
        multiline=_ranges(raw["multiline"]),
        blanks=_ranges(raw["blanks"]),
        fullwidth=_ranges(raw["fullwidth"]),
        classes={name: _ranges(ranges) for name, ranges in raw["repertoires"].items()},
    )


def without(ranges: Ranges, taken: Ranges) -> Ranges:
    """The ranges with every code point of ``taken`` left out."""
    result = ranges
    for first, last in taken:
        cut: list[tuple[int, int]] = []
        for low, high in result:
            if last < low or first > high:
                cut.append((low, high))
                continue
            if low < first:
                cut.append((low, first - 1))
            if high > last:
                cut.append((last + 1, high))
        result = tuple(cut)
    return result


def _ranges(items: Iterable[str]) -> Ranges:
    return tuple(_range(item) for item in items)


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("..")
    low = int(first.removeprefix("U+"), 16)
    return low, int(last.removeprefix("U+"), 16) if last else low
