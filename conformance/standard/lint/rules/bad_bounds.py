"""Bounds are decimal numbers, or dates for an element of dates, and the lower is not above the upper."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack

RULE, LEVEL = "bad-bounds", ERROR


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each element whose bounds say nothing that can be judged."""
    for row in pack.elements:
        low, high = row.get("min"), row.get("max")
        if not _sound(low, high, dates=row.get("type").startswith("日期")):
            text = message("lint.bad-bounds", minimum=low, maximum=high)
            yield LintFinding(RULE, LEVEL, row.path, row.line, row.get("id"), text)


def _sound(low: str, high: str, *, dates: bool) -> bool:
    if dates:
        digits = all(any(character.isdigit() for character in bound) for bound in (low, high) if bound)
        return digits and not (low and high and low > high)
    try:
        numbers = [Decimal(bound) for bound in (low, high) if bound]
    except InvalidOperation:
        return False
    return all(number.is_finite() for number in numbers) and numbers == sorted(numbers)
