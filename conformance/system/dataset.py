"""Opening a source: the only way to the data of a system under test. Here, and below here, Polars is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from conformance.system.csv_source import CsvSource
from conformance.system.declaration import Source
from conformance.system.jsonl_source import JsonLinesSource
from conformance.system.parquet_source import ParquetSource
from conformance.system.problem import failure
from conformance.system.source import Facts, OpenedSource
from conformance.system.sqlite_source import SqliteSource
from conformance.system.text_file import magic_of, require_file
from conformance.system.xlsx_source import XlsxSource

__all__ = ["Facts", "OpenedSource", "open_source"]

_Where = Mapping[str, tuple[str, ...]]
_Opener = Callable[[Source, Sequence[str], _Where], OpenedSource]

_OPENERS: Mapping[str, _Opener] = {
    "csv": lambda source, wanted, where: CsvSource(source, "csv", wanted, where),
    "tsv": lambda source, wanted, where: CsvSource(source, "tsv", wanted, where),
    "jsonl": JsonLinesSource,
    "parquet": ParquetSource,
    "xlsx": XlsxSource,
    "sqlite": SqliteSource,
}
_SUFFIXES: Mapping[str, str] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
#: What of a source's description belongs to which formats.
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "encoding": ("csv", "tsv", "jsonl"),
    "delimiter": ("csv", "tsv"),
    "quote": ("csv", "tsv"),
    "sheet": ("xlsx",),
    "table": ("sqlite",),
    "query": ("sqlite",),
}
_BINARY = ("parquet", "xlsx", "sqlite")


def open_source(source: Source, columns: Sequence[str], where: _Where | None = None) -> OpenedSource:
    """Open a source to read ``columns`` of the records that ``where`` lets through.

    Raises :class:`conformance.system.problem.ConfigurationError` where it cannot be read as declared: no such file,
    another format, encoding or delimiter, broken structure, a column that is not there. Values are not judged here.
    """
    require_file(source)
    format_ = _format_of(source)
    for option, formats in _OPTIONS.items():
        if getattr(source, option) and format_ not in formats:
            raise failure(source.place, "source.option", option=option, format=format_)
    return _OPENERS[format_](source, columns, where or {})


def _format_of(source: Source) -> str:
    """The declared format, else the one that the file's first bytes or its name tell; raises where these disagree."""
    looks = magic_of(source.path)
    declared = source.format or _SUFFIXES.get(source.path.suffix.lower(), "")
    name = source.path.name
    if declared:
        if source.path.stat().st_size == 0 and declared in _BINARY:
            raise failure(source.place, "source.empty", file=name)
        if declared in _BINARY and looks != declared:
            raise failure(source.place, "source.format", file=name, declared=declared, found=looks or "text?")
        if declared not in _BINARY and looks:
            raise failure(source.place, "source.format", file=name, declared=declared, found=looks)
        return declared
    if looks in _BINARY:
        return looks
    raise failure(source.place, "source.format-unknown", file=name, known="、".join(_OPENERS))
