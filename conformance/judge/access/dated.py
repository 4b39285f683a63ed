"""How old something dated is, on the day of the case."""

from __future__ import annotations

from datetime import date

_LENGTH = len("2026-11-21")


def age(day: str, today: str) -> int | None:
    """Days from ``day`` to ``today``, negative where it lies in the future; None where it is no ``YYYY-MM-DD``."""
    if len(day) != _LENGTH:
        return None
    try:
        return (date.fromisoformat(today) - date.fromisoformat(day)).days
    except ValueError:
        return None
