"""Writing a dataset in the format that its declaration names; the same rows give the same bytes.

Reads back what it wrote, for overlays. All values are text; an absent value is null (empty in CSV).
"""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from conformance.sample.errors import SampleError

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".db": "sqlite",
    ".sqlite": "sqlite",
}


@dataclass(frozen=True)
class Output:
    """Where and how a dataset is written: the ``source`` of its target in the declaration."""

    path: str
    format: str
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    table: str = ""


def output_of(target: str, source: Mapping[str, Any]) -> Output:
    """The output that a target's ``source`` describes; the format may come from the file's suffix."""
    path = str(source["path"])
    form = str(source.get("format") or _SUFFIXES.get(Path(path).suffix.lower(), ""))
    if form not in _WRITERS:
        raise SampleError("sample.output.format", target=target, format=form or Path(path).suffix)
    delimiter = str(source.get("delimiter") or ("\t" if form == "tsv" else ","))
    return Output(
        path=path,
        format=form,
        encoding=str(source.get("encoding") or "utf-8"),
        delimiter=delimiter,
        quote=str(source.get("quote") or '"'),
        table=str(source.get("table") or Path(path).stem),
    )


def write(frame: pl.DataFrame, output: Output, folder: Path) -> Path:
    """Write the rows to ``folder / output.path``, replacing what was there; returns the path."""
    path = folder / output.path
    path.parent.mkdir(parents=True, exist_ok=True)
    _WRITERS[output.format](frame, output, path)
    return path


def read(output: Output, folder: Path) -> pl.DataFrame:
    """The rows that :func:`write` left, all columns as text."""
    return _READERS[output.format](output, folder / output.path)


def csv_bytes(frame: pl.DataFrame, output: Output, *, header: bool = True) -> bytes:
    """The rows as CSV (RFC 4180, LF) in the output's encoding."""
    text = frame.write_csv(separator=output.delimiter, quote_char=output.quote, include_header=header)
    return text.encode(output.encoding)


def _write_csv(frame: pl.DataFrame, output: Output, path: Path) -> None:
    path.write_bytes(csv_bytes(frame, output))


def _read_csv(output: Output, path: Path) -> pl.DataFrame:
    text = path.read_bytes().decode(output.encoding)
    return pl.read_csv(
        io.BytesIO(text.encode()),
        separator=output.delimiter,
        quote_char=output.quote,
        infer_schema=False,
    )


def _write_jsonl(frame: pl.DataFrame, output: Output, path: Path) -> None:
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in frame.iter_rows(named=True))
    path.write_bytes("".join(lines).encode(output.encoding))


def _read_jsonl(output: Output, path: Path) -> pl.DataFrame:
    rows = [json.loads(line) for line in path.read_text(output.encoding).split("\n") if line]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in columns}, schema_overrides=_texts(columns))


def _write_parquet(frame: pl.DataFrame, _: Output, path: Path) -> None:
    frame.write_parquet(path, compression="zstd", statistics=False)


def _read_parquet(_: Output, path: Path) -> pl.DataFrame:
    return pl.read_parquet(path)


def _write_sqlite(frame: pl.DataFrame, output: Output, path: Path) -> None:
    path.unlink(missing_ok=True)
    columns = ", ".join(f"{_quoted(name)} TEXT" for name in frame.columns)
    marks = ", ".join("?" for _ in frame.columns)
    database = sqlite3.connect(path)
    try:
        database.execute(f"CREATE TABLE {_quoted(output.table)} ({columns})")
        database.executemany(f"INSERT INTO {_quoted(output.table)} VALUES ({marks})", frame.iter_rows())  # noqa: S608
        database.commit()
    finally:
        database.close()


def _read_sqlite(output: Output, path: Path) -> pl.DataFrame:
    database = sqlite3.connect(path)
    try:
        cursor = database.execute(f"SELECT * FROM {_quoted(output.table)} ORDER BY rowid")  # noqa: S608
        columns = [description[0] for description in cursor.description]
        rows = cursor.fetchall()
    finally:
        database.close()
    return pl.DataFrame(rows, schema=_texts(columns), orient="row")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _texts(columns: list[str]) -> dict[str, type[pl.String]]:
    return dict.fromkeys(columns, pl.String)


_WRITERS = {
    "csv": _write_csv,
    "tsv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
    "sqlite": _write_sqlite,
}
_READERS = {"csv": _read_csv, "tsv": _read_csv, "jsonl": _read_jsonl, "parquet": _read_parquet, "sqlite": _read_sqlite}
