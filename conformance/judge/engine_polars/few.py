"""Judging a few records by the rules over single records: what the embedded engine says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from conformance.judge.engine_polars.counting import ROW
from conformance.judge.engine_polars.judging import judge
from conformance.judge.rulebook import Judged, Rulebook


def judge_few(book: Rulebook, records: Mapping[int, Mapping[str, str | None]], columns: Sequence[str]) -> Judged:
    """The tallies of all chains and record rules over these records, by row, with a sample for each violation."""
    single = replace(book, groups=(), references=())
    rows = sorted(records)
    data = {name: [records[row].get(name) for row in rows] for name in columns}
    frame = pl.DataFrame({ROW: rows, **data}, schema={ROW: pl.UInt32, **dict.fromkeys(columns, pl.String)})
    return judge(single, lambda: iter((frame,)), {}, sample_limit=len(rows))
