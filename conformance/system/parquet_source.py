"""Parquet: typed columns, read as text through Polars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from conformance.system.declaration import Source
from conformance.system.native import text_of
from conformance.system.problem import failure
from conformance.system.source import BATCH_ROWS, OpenedSource, facts


class ParquetSource(OpenedSource):
    """A Parquet file."""

    def __init__(self, source: Source, wanted: Sequence[str], where: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(source, wanted, where)
        with self.guard():
            schema = pl.read_parquet_schema(source.path)
            self.rows = (
                pl.scan_parquet(source.path, glob=False, hive_partitioning=False).select(pl.len()).collect().item()
            )
        self.columns = tuple(schema)
        self.facts = facts(source.path, "parquet")
        self.require_columns()
        self._texts = {name: text_of(name, schema[name]) for name in self.read}
        for name, text in self._texts.items():
            if text is None:
                raise failure(source.place, "source.nested", column=name, type=str(schema[name]), file=source.path.name)

    def lazy(self) -> pl.LazyFrame | None:
        condition = self.condition()
        scan = self._scan()
        return (scan if condition is None else scan.filter(condition)).select(self.wanted)

    def _scan(self) -> pl.LazyFrame:
        texts = [text.alias(name) for name, text in self._texts.items() if text is not None]
        return pl.scan_parquet(self.source.path, glob=False, hive_partitioning=False).select(texts)

    def _frames(self) -> Iterator[pl.DataFrame]:
        # Slice by slice: a stream of batches would run ahead of a slower judge, and hold what it read in memory.
        for start in range(0, self.rows or 0, BATCH_ROWS):
            yield self._scan().slice(start, BATCH_ROWS).collect()
