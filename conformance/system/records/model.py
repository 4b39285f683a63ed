"""A file of records, whatever its format: batches of text columns, and where each record stands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from conformance.judge.faults import FaultCounter
from conformance.judge.rulebook import Location
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec


@dataclass(frozen=True)
class FileClaim:
    """A data file as its manifest describes it: ``name`` in the package, ``path`` on disc, the manifest's words."""

    name: str
    path: Path
    format: str
    encoding: str


class RecordFile(ABC):
    """One data file of a package.

    The first reading of :meth:`batches` to its end tells every fault of encoding and structure to the counter; later
    readings give the same frames and tell nothing. Nothing here raises for what a file holds: a file that breaks off
    gives the records before the break.
    """

    #: The structure rules (``docs/exchange.md``) that this format is judged by.
    rules_judged: tuple[str, ...]
    #: Records in the file, also broken ones; None until it was read, and where it is not well formed to its end.
    records: int | None = None
    #: What the file's header says, by name; None where the format has none or it could not be read.
    header: Mapping[str, str] | None = None

    def __init__(self, claim: FileClaim, spec: DatasetSpec, rules: ExchangeRules, faults: FaultCounter) -> None:
        self.claim, self.spec, self.rules, self.faults = claim, spec, rules, faults
        self.columns = (rules.operation.name, *spec.names)

    @abstractmethod
    def batches(self) -> Iterator[pl.DataFrame]:
        """``ROW`` (number of the record in the file, from 1) and :attr:`columns` as String, null where absent."""

    @abstractmethod
    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        """Where records stand: file, line of their beginning, path (``/dataset/body/record[17]``, ``$.body[16]``)."""

    @abstractmethod
    def fragments(self, rows: Collection[int]) -> Mapping[int, bytes]:
        """The text of records in UTF-8, as they stand in the file; for the second opinion. CSV: a JSON object."""
