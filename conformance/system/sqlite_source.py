"""SQLite: one table, or one SELECT, read-only; values as text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from conformance.system.declaration import Source
from conformance.system.native import float_text
from conformance.system.problem import ConfigurationError, failure, listed, nearest
from conformance.system.source import OpenedSource, facts, require_unique

#: The longest value that SQLite may hand over, in bytes.
MAX_VALUE = 64 << 20

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}

#: Rows of Python values held at once: they take ten times the memory of a frame, and more of them are no faster.
FETCHED_ROWS = 40_000


class SqliteSource(OpenedSource):
    """A table or view of a database, or what one SELECT yields, in the order in which SQLite yields it."""

    def __init__(self, source: Source, wanted: Sequence[str], where: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(source, wanted, where)
        for suffix in ("-wal", "-journal"):
            beside = Path(f"{source.path}{suffix}")
            if beside.is_file() and beside.stat().st_size:
                raise failure(source.place, "source.sqlite-open", file=source.path.name, beside=beside.name)
        with self.guard(), closing(self._connect()) as connection:
            table = "" if source.query else self._table(connection)
            self._select = source.query or f"SELECT * FROM {_quoted(table)}"  # noqa: S608 - the name is quoted
            self.columns = self._columns(connection)
            require_unique(self.columns, source)
            self.facts = facts(source.path, "sqlite")
            self.require_columns()
            if table:
                names = ", ".join(map(_quoted, self.read)) or "NULL"
                self._select = f"SELECT {names} FROM {_quoted(table)}"  # noqa: S608 - the names are quoted

    def lazy(self) -> pl.LazyFrame | None:
        return None

    def explain(self, error: BaseException) -> ConfigurationError:
        """SQLite's own words may repeat data or a query, so only the kind of its error is told."""
        if self.source.query and isinstance(error, sqlite3.Error):
            why = type(error).__name__
            return failure(self.source.place, "source.sqlite-query", file=self.source.path.name, why=why)
        return super().explain(error)

    def _connect(self) -> sqlite3.Connection:
        uri = f"{self.source.path.resolve().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
        return connection

    def _table(self, connection: sqlite3.Connection) -> str:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
        names = [str(name) for (name,) in rows if not str(name).startswith("sqlite_")]
        asked, file = self.source.table, self.source.path.name
        if asked in names or (not asked and len(names) == 1):
            return asked or names[0]
        if not asked:
            raise failure(self.source.place, "source.which-table", file=file, known=listed(names))
        known = listed(nearest(asked, names) or names)
        raise failure(self.source.place, "source.no-table", file=file, table=asked, known=known)

    def _columns(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        connection.set_authorizer(_authorize)
        with closing(connection.execute(self._select)) as cursor:
            return tuple(str(column[0]) for column in cursor.description or ())

    def _frames(self) -> Iterator[pl.DataFrame]:
        with closing(self._connect()) as connection:
            connection.set_authorizer(_authorize)
            cursor = connection.execute(self._select)
            present = [column[0] for column in cursor.description]
            positions = [(name, present.index(name)) for name in self.read]
            while rows := cursor.fetchmany(FETCHED_ROWS):
                columns = {name: [self._text(row[index], name) for row in rows] for name, index in positions}
                yield pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))

    def _text(self, value: Any, name: str) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            return float_text(value)
        raise failure(self.source.place, "source.nested", column=name, type="BLOB", file=self.source.path.name)


def _authorize(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
