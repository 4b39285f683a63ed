"""Rows that a service gave, as the engine reads records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from conformance.system.source import ROW

#: Rows of one batch.
BATCH = 50_000


def row_batches(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The rows as batches of text columns, numbered from 1; a field that a row lacks is null."""
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        data = {name: [row.get(name) for row in part] for name in columns}
        numbers = pl.int_range(start + 1, start + len(part) + 1, eager=True)
        yield pl.DataFrame({ROW: numbers, **data}, schema_overrides=dict.fromkeys(columns, pl.String))
