"""Batches that follow one another, as a series of packages or an exchange table: each operation fits the receiver."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from conformance.sample.archives import FOLDER
from conformance.sample.deriving import field_links, field_times
from conformance.sample.draw import Ints, spread
from conformance.sample.packages import PROVIDER, write_package
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.standard.standards import Standards

#: Of all records: the share that the first batch holds, and those that each later batch changes or deletes.
_FIRST, _CHANGED, _DELETED = 0.6, 0.1, 0.05
_WAITING = "0"
_STAMP = "%Y%m%d%H%M%S"


def batches_of(frame: pl.DataFrame, spec: DatasetSpec, standards: Standards, count: int) -> tuple[pl.DataFrame, ...]:
    """The records in ``count`` batches, each with its operations in front: the first inserts, each later one inserts,
    updates and deletes. No batch touches a record twice; an updated record stays one that conforms.
    """
    rules = standards.exchange
    first = frame.height if count == 1 else max(1, round(frame.height * _FIRST))
    turns: Ints = spread(0, first, first)
    bounds = np.linspace(first, frame.height, count).astype(int).tolist() if count > 1 else [frame.height]
    changed, deleted = _share(first, _CHANGED, count), _share(first, _DELETED, count)
    found = [_operated(frame.slice(0, first), "insert", rules)]
    for number in range(count - 1):
        start = number * (changed + deleted)
        updates, deletes = np.split(turns[start : start + changed + deleted], [changed])
        parts = {
            "insert": frame.slice(bounds[number], bounds[number + 1] - bounds[number]),
            "update": _updated(frame[np.sort(updates).tolist()], spec, standards),
            "delete": frame[np.sort(deletes).tolist()],
        }
        found.append(pl.concat(_operated(rows, word, rules) for word, rows in parts.items()))
    return tuple(found)


def write_series(
    out: Path,
    spec: DatasetSpec,
    frame: pl.DataFrame,
    standards: Standards,
    *,
    format: str,  # noqa: A002 - the word of the manifest
    created_at: str,
    provider: str = PROVIDER,
    increments: int = 3,
    encoding: str = "UTF-8",
    digest: str = "SHA-256",
    archive: str = FOLDER,
) -> tuple[Path, ...]:
    """Write a series below ``out``: a full package, then ``increments`` incremental ones, a day apart; their paths."""
    rules, made = standards.exchange, datetime.fromisoformat(created_at)
    paths = []
    for number, batch in enumerate(batches_of(frame, spec, standards, increments + 1)):
        paths.append(
            write_package(
                out,
                spec,
                batch if number else batch.drop(rules.operation.name),
                standards,
                format=format,
                created_at=(made + timedelta(days=number)).isoformat(),
                provider=provider,
                batch=rules.first_batch + number,
                mode=rules.modes["incremental" if number else "full"],
                encoding=encoding,
                digest=digest,
                archive=archive,
            )
        )
    return tuple(paths)


def write_exchange_table(
    path: Path, spec: DatasetSpec, frame: pl.DataFrame, standards: Standards, batches: int, *, created_at: str
) -> str:
    """Write the records into a new SQLite file as an exchange table of ``batches`` batches, a day apart.

    The tables are those of the generated DDL. Returns the name of the exchange table.
    """
    rules, made = standards.exchange, datetime.fromisoformat(created_at)
    ddl = (standards.exchange_folder() / "schemas" / f"{spec.id}.sql").read_text("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    try:
        database.executescript(ddl)
        table, batch_table = _tables(database, rules.batch_suffix)
        number_column, operation, time, status = (column.name for column in rules.system_columns)
        for turn, batch in enumerate(batches_of(frame, spec, standards, batches)):
            number = f"{rules.first_batch + turn:06}"
            stamp = (made + timedelta(days=turn)).strftime(_STAMP)
            said = {number_column: pl.lit(number), time: pl.lit(stamp), status: pl.lit(_WAITING)}
            rows = batch.select(*spec.names, operation, **said)
            _insert(database, table, rows.columns, rows.rows())
            columns = [column.name for column in rules.batch_columns]
            _insert(database, batch_table, columns, [(number, str(batch.height), stamp)])
        database.commit()
    finally:
        database.close()
    return table


def _share(rows: int, share: float, count: int) -> int:
    """How many records each later batch takes: at least one where there are enough for all."""
    return min(max(1, round(rows * share)), rows // (2 * max(1, count - 1)))


def _operated(rows: pl.DataFrame, word: str, rules: ExchangeRules) -> pl.DataFrame:
    return rows.select(pl.lit(rules.operations[word]).alias(rules.operation.name), pl.all())


def _updated(rows: pl.DataFrame, spec: DatasetSpec, standards: Standards) -> pl.DataFrame:
    """The rows, each with the free text of another: keys, relations and codes stay as they are."""
    free = free_fields(spec, standards)
    return rows.with_columns(pl.col(free).reverse()) if free else rows


def free_fields(spec: DatasetSpec, standards: Standards) -> list[str]:
    """Fields that nothing else in a record or a dataset hangs on: text without a domain, in no key or relation."""
    bound = {name for _, roles in field_links(spec, standards) for name in roles.values()}
    bound |= {*spec.key, *field_times(spec, standards).values()}
    return [
        one.name
        for one in spec.fields
        if one.mandatory
        and not one.unique
        and not one.element.domain
        and one.element.format.kind == "text"
        and one.name not in bound
    ]


def _tables(database: sqlite3.Connection, suffix: str) -> tuple[str, str]:
    names: Sequence[str] = [
        row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    ]
    table = next(name for name in names if not name.endswith(suffix))
    return table, f"{table}{suffix}"


def _insert(
    database: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[str | None, ...]]
) -> None:
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
    database.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608 - names of our own DDL
