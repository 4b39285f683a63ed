"""Lubiao 鲁标: conformance to Shandong Province's e-government standards.

``from conformance import check; outcome = check("system.yaml")`` is the whole line in one call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.checking import check

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    """The library's one function, imported when asked for: pytest and Polars take a second to load."""
    if name == "check":
        from conformance.checking import check  # noqa: PLC0415 - on demand

        return check
    raise AttributeError(name)
