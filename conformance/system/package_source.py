"""One exchange package as the judge sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from conformance.judge.exchange.envelope import judge_envelope
from conformance.judge.faults import FaultCounter
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Location
from conformance.standard.standards import Standards
from conformance.system.declaration import Source
from conformance.system.exchange_source import ExchangeSource, HandedFacts, Spread, ahead, gathered
from conformance.system.package.operations import check_operations
from conformance.system.package.reading import PackageSchemas, read_package
from conformance.system.problem import failure

#: Records judged at once: enough for the engine to tell wide columns from narrow ones, few enough for the memory.
BATCH_ROWS = 24_000


class PackageSource(ExchangeSource):
    """A package: read once for its faults, and again as often as its records are asked for."""

    def __init__(self, dataset: Dataset, standards: Standards, source: Source, faults: FaultCounter) -> None:
        assert dataset.exchange is not None  # noqa: S101 - the caller asks for exchange targets only
        self._dataset, self._standards, self._faults = dataset, standards, faults
        self._spec, self._rules = dataset.exchange.spec, standards.exchange
        schemas = PackageSchemas.of(standards.exchange_folder())
        try:
            self._reading = read_package(source.path, self._spec, self._rules, schemas, faults)
        except OSError as error:
            why = type(error).__name__
            raise failure(source.place, "source.damaged", file=source.path.name, why=why) from None
        self._kind = "folder" if source.path.is_dir() else "archive"
        self._spread = Spread()
        self._told = False
        self.schema_format = self._reading.parts[0].listed.format if self._reading.parts else ""
        self._pool = ThreadPoolExecutor(1)
        self._digests = self._pool.submit(self._reading.digest)

    def batches(self) -> Iterator[pl.DataFrame]:
        """The records of all data files; the first time each is looked at for its operation."""
        return ahead(self._batches())

    def _batches(self) -> Iterator[pl.DataFrame]:
        manifest = self._reading.manifest
        for frame in gathered(self._reading.batches(), BATCH_ROWS):
            if not self._told and manifest is not None:
                self._spread.take(frame)
                check_operations(frame, manifest.mode, self._rules, self._faults)
            yield frame
        self._told = True

    def conclude(self) -> None:
        """Judge the envelope by what reading found."""
        self._digests.result()
        code = self._standards.schemes[self._rules.provider]
        judge_envelope(self._reading.facts(), self._spec, self._rules, code, self._dataset.as_of, self._faults)

    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        """Where records stand."""
        return self._reading.locate(rows)

    def fragments(self, rows: Collection[int]) -> Mapping[int, tuple[str, bytes]]:
        """The format and text of records."""
        return self._reading.fragments(rows)

    def facts(self) -> HandedFacts:
        """The content's digest is the same for a folder and an archive of it."""
        self._digests.result()
        files = self._reading.files
        return HandedFacts(self._kind, sum(one.bytes for one in files.entries.values()), files.digest)

    def close(self) -> None:
        """Remove whatever was unpacked."""
        self._pool.shutdown()
        self._reading.close()

    def spread(self) -> tuple[int, ...]:
        """Row numbers of some records, spread over them all."""
        return self._spread.rows()
