"""The rules of network access, one function for each method of a clause; :func:`load` enters them all."""

from __future__ import annotations

from importlib import import_module

#: The modules that hold rules, in order of the requirements.
MODULES = (
    "architecture",
    "isolation",
    "addresses",
    "routing",
    "advertising",
    "vpn",
    "nat",
    "boundary",
    "security",
    "remote",
    "management",
    "names",
    "quality",
    "ipv6",
    "documents",
)


def load() -> None:
    """Import every module of rules, so that all parts are entered; more than once does nothing more."""
    for name in MODULES:
        import_module(f"{__name__}.{name}")
