"""What is handed over: one face for the judge over packages, series of packages and exchange tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from conformance.judge.rulebook import Location
from conformance.system.source import ROW


@dataclass(frozen=True)
class HandedFacts:
    """What was handed over: its form (``folder``, ``zip``, ``tar``, ``series``, ``sqlite``), size, content digest."""

    format: str
    bytes: int
    sha256: str


class ExchangeSource(ABC):
    """What is handed over. The first reading of :meth:`batches` to its end tells the faults that only reading finds."""

    #: The dataset's fields that are null in every record because nothing there could hold them: judged elsewhere.
    unread: tuple[str, ...] = ()
    #: The format whose schema will be asked for a second opinion; empty where it is not known, or none will be.
    schema_format: str = ""

    @abstractmethod
    def batches(self) -> Iterator[pl.DataFrame]:
        """``ROW``, numbered over all that is handed over, and the dataset's columns as text, in order."""

    @abstractmethod
    def conclude(self) -> None:
        """Tell the faults that show when everything was read: counts, digests, what does not agree."""

    @abstractmethod
    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        """Where records stand; nothing for rows of which no place is known."""

    @abstractmethod
    def fragments(self, rows: Collection[int]) -> Mapping[int, tuple[str, bytes]]:
        """The format and text of records, for the second opinion."""

    @abstractmethod
    def facts(self) -> HandedFacts:
        """What it was."""

    @abstractmethod
    def close(self) -> None:
        """Remove whatever was unpacked."""

    def spread(self) -> tuple[int, ...]:
        """Row numbers of some records that were read, spread over them all."""
        return ()


def gathered(frames: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same records in batches of at least so many rows, the last one excepted: engines judge these faster."""
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(one.height for one in waiting) >= rows:
            yield pl.concat(waiting, rechunk=True)
            waiting = []
    if waiting:
        yield pl.concat(waiting, rechunk=True)


def ahead(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same batches, the next one made by a thread while whoever asks is busy with the last."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, frames, None)
        while (frame := waiting.result()) is not None:
            waiting = pool.submit(next, frames, None)
            yield frame


#: How many records, spread over all, are remembered for the second opinion.
SPREAD = 20


class Spread:
    """Remembers row numbers at even distances, not knowing how many records there will be."""

    def __init__(self, most: int = SPREAD) -> None:
        self._most, self._step, self._rows = most, 1, list[int]()

    def take(self, frame: pl.DataFrame) -> None:
        """Look at the rows of one batch."""
        found = frame[ROW]
        while len(self._rows) + (near := self._near(found)).len() > self._most:
            self._step *= 2
            self._rows = [row for row in self._rows if (row - 1) % self._step == 0]
        self._rows += near.to_list()

    def _near(self, rows: pl.Series) -> pl.Series:
        return rows.filter((rows - 1) % self._step == 0)

    def rows(self) -> tuple[int, ...]:
        """The rows remembered."""
        return tuple(self._rows)
