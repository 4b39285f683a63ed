"""A vendor's own division table: the units in force, and the codes that ended, closed with their successor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from conformance.sample.places import Places

_ROLES = ("code", "name", "parent", "valid_to", "successor")


def division_table(
    places: Places, table: Mapping[str, Any], roles: Mapping[str, str], as_of: str, closed_since: int
) -> pl.DataFrame:
    """The rows of a division table as a vendor would hold them at ``as_of``, by code.

    ``table`` gives scope and levels, ``roles`` the column names by role; codes that ended in ``closed_since`` or later
    are there too, with the day of their end and the codes of their heirs (joined by semicolons).
    """
    year = int(as_of[:4])
    rows = []
    for unit, heirs in places.table(str(table["scope"]), table["levels"], year, closed_since or year + 1):
        ended = unit.valid_to is not None and unit.valid_to <= year
        end = places.approved(unit.code, unit.valid_to) if ended and unit.valid_to is not None else None
        rows.append((unit.code, unit.name, unit.parent, end, ";".join(heirs) or None))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(_ROLES, pl.String), orient="row")
    return frame.select(pl.col(role).alias(roles[role]) for role in _ROLES if role in roles)
