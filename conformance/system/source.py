"""An opened source: string columns in file order, in batches of bounded memory, and what the file is."""

from __future__ import annotations

import hashlib
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from conformance.system.declaration import Source
from conformance.system.problem import ConfigurationError, failure, listed, nearest

#: The column that numbers the records of a source; a name that no source can have.
ROW = "\x00row"

#: Rows in a batch, about.
BATCH_ROWS = 200_000


@dataclass(frozen=True)
class Facts:
    """What a source is, as declared or detected. ``encoding`` and ``delimiter`` are empty where a format has none.

    ``bytes`` and ``sha256`` are of the file as it lies there.
    """

    format: str
    encoding: str
    delimiter: str
    bytes: int
    sha256: str


class OpenedSource(ABC):
    """A source whose structure was found sound. ``columns`` are all that it has, in order.

    Every value is text or null; the empty text and null are both absent. Errors that reading meets are
    :class:`ConfigurationError`; whoever collects :meth:`lazy` does so inside :meth:`guard`.
    """

    facts: Facts
    columns: tuple[str, ...]
    #: Records in the file where opening counted them, else None.
    rows: int | None = None

    def __init__(self, source: Source, wanted: Sequence[str], where: Mapping[str, tuple[str, ...]]) -> None:
        self.source = source
        self.wanted = tuple(dict.fromkeys(wanted))
        self.where = where
        self._fingerprint = stamp(source.path)

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that must be read: those wanted, and those that ``where`` asks about."""
        return tuple(dict.fromkeys((*self.wanted, *self.where)))

    @abstractmethod
    def lazy(self) -> pl.LazyFrame | None:
        """The wanted columns as a query that has not run, or None where the format is not read by Polars."""

    @abstractmethod
    def _frames(self) -> Iterator[pl.DataFrame]:
        """The columns of :attr:`read`, as text, in file order."""

    def batches(self) -> Iterator[pl.DataFrame]:
        """The wanted columns and :data:`ROW`, the number of each record in the file, counted from 1.

        In file order, only records that ``where`` lets through; nothing for an empty source.
        """
        rows = 0
        condition = self.condition()
        with self.guard():
            for frame in self._frames():
                numbered = frame.with_row_index(ROW, offset=rows + 1)
                rows += frame.height
                kept = numbered if condition is None else numbered.filter(condition)
                if kept.height:
                    yield kept.select(ROW, *self.wanted)
        if self.rows is not None and rows != self.rows:
            raise RuntimeError(f"reader lost records: {rows} of {self.rows}")

    def condition(self) -> pl.Expr | None:
        """The ``where`` filter as an expression, or None."""
        if not self.where:
            return None
        return pl.all_horizontal(pl.col(name).fill_null("").is_in(list(values)) for name, values in self.where.items())

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turns whatever reading meets into :class:`ConfigurationError`; never repeats what a file holds."""
        try:
            yield
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, sqlite3.Error, OSError) as error:
            raise self.explain(error) from None
        if stamp(self.source.path) != self._fingerprint:
            raise failure(self.source.place, "source.changed", file=self.source.path.name)

    def explain(self, error: BaseException) -> ConfigurationError:
        """What an error of the reader means to a vendor."""
        why = type(error).__name__
        return failure(self.source.place, "source.damaged", file=self.source.path.name, why=why)

    def require_columns(self) -> None:
        """Raise for each column to be read that the source does not have."""
        missing = [name for name in self.read if name not in self.columns]
        if missing:
            known = listed(dict.fromkeys(near for name in missing for near in nearest(name, self.columns)))
            raise failure(
                self.source.place,
                "source.columns-missing",
                columns=listed(missing),
                known=known,
                present=len(self.columns),
            )


def stamp(path: Path) -> tuple[int, int, int, int]:
    """What changes when a file does: device, inode, size, time of modification."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal; computed once for each state of a file."""
    return _digest(path, stamp(path))


@lru_cache(maxsize=64)
def _digest(path: Path, _stamp: tuple[int, int, int, int]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def facts(path: Path, format_: str, encoding: str = "", delimiter: str = "") -> Facts:
    """The facts of a file."""
    return Facts(format_, encoding, delimiter, path.stat().st_size, digest(path))


def require_unique(columns: Iterable[str], source: Source) -> None:
    """Raise where two columns have one name; says which by number, for without a header the names are data."""
    names = list(columns)
    times = Counter(names)
    twice = [str(number) for number, name in enumerate(names, 1) if times[name] > 1]
    if twice:
        raise failure(source.place, "source.duplicate-columns", columns=listed(twice), file=source.path.name)
