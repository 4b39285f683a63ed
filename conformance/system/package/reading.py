"""A whole package read: its records one file after another, and the facts that its envelope is judged by."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl

from conformance.judge.exchange.model import ListedFile, Manifest, PackageFacts, PresentFile, ReadFile
from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.system.package.manifest import read_manifest
from conformance.system.package.metadata import read_metadata
from conformance.system.package.opening import CONTENT, PackageFiles, RefusedError, open_package
from conformance.system.records.model import FileClaim, RecordFile
from conformance.system.records.opening import open_records
from conformance.system.source import ROW

__all__ = ["PackageReading", "PackageSchemas", "read_package"]

#: The role of files that hold records.
DATA = "data"


@dataclass(frozen=True)
class PackageSchemas:
    """The generated schemas of the envelope: that of the manifest, and where that of ``metadata.xml`` lies."""

    manifest: Mapping[str, Any]
    metadata: Path

    @classmethod
    def of(cls, folder: Path) -> PackageSchemas:
        """Those of an exchange pack; raises OSError where they are not there."""
        manifest = json.loads((folder / "schemas" / "manifest.schema.json").read_text("utf-8"))
        return cls(manifest, folder / "schemas" / "metadata.xsd")


class PartFaults(FaultCounter):
    """Passes the faults of one data file on to those of its package, whose records are counted over all files."""

    def __init__(self, package: FaultCounter) -> None:
        super().__init__(package.limit)
        self._package = package
        self.before = 0

    def checked(self, rule: str, number: int = 1) -> None:
        """As the package's."""
        self._package.checked(rule, number)

    def add(self, fault: Fault) -> None:
        """As the package's, with the record's number in the package."""
        self._package.add(replace(fault, row=fault.row + self.before) if fault.row else fault)


@dataclass
class _Part:
    """A data file that is read: ``rows`` is the last of its records, known once it was read to its end."""

    listed: ListedFile
    file: RecordFile
    faults: PartFaults
    rows: int | None = None


@dataclass
class PackageReading:
    """An opened package. Its batches may be read again and give the same; faults are told once.

    :meth:`facts`, :meth:`locate` and :meth:`fragments` may be asked once the batches were read to their end.
    """

    files: PackageFiles
    manifest: Manifest | None
    rules: ExchangeRules
    parts: list[_Part] = field(default_factory=list)

    def batches(self) -> Iterator[pl.DataFrame]:
        """``ROW`` (numbers over the package, from 1), the operation and the fields as text, null if absent."""
        before = 0
        for part in self.parts:
            rows, part.faults.before = 0, before
            for frame in part.file.batches():
                if frame.height:
                    rows = int(frame[ROW].max())  # type: ignore[arg-type]
                    yield frame.with_columns(pl.col(ROW) + before)
            part.rows = max(rows, part.file.records or 0)
            before += part.rows

    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        """Where records stand."""
        found: dict[int, Location] = {}
        for part, before, inside in self._by_part(rows):
            found |= {row + before: place for row, place in part.file.locate(inside).items()}
        return found

    def fragments(self, rows: Collection[int]) -> Mapping[int, tuple[str, bytes]]:
        """The format and the text of records in UTF-8, as they stand in their files."""
        found: dict[int, tuple[str, bytes]] = {}
        for part, before, inside in self._by_part(rows):
            form = part.file.claim.format
            found |= {row + before: (form, text) for row, text in part.file.fragments(inside).items()}
        return found

    def digest(self) -> None:
        """Work out the digests of all files, which :meth:`facts` needs; a thread may do so while records are read."""
        _ = self._present, self.files.digest

    def facts(self) -> PackageFacts:
        """What the envelope is judged by."""
        if any(part.rows is None for part in self.parts):
            raise RuntimeError("the batches were not read to their end")
        present = self._present
        read = tuple(ReadFile(part.listed.name, part.file.records, part.file.header) for part in self.parts)
        return PackageFacts(self.files.name, self.manifest, present, read, self.files.digest)

    def close(self) -> None:
        """Remove what was unpacked."""
        self.files.close()

    def __enter__(self) -> PackageReading:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @cached_property
    def _present(self) -> tuple[PresentFile, ...]:
        """Each file of the package but the manifest; those that are not read without digests."""
        listed_files = self.manifest.files if self.manifest else ()
        algorithms: dict[str, set[str]] = {}
        for one in listed_files:
            algorithms.setdefault(one.name, set()).add(one.algorithm)
        found = [
            self._digested(name, algorithms.get(name, set()), entry.bytes)
            for name, entry in self.files.entries.items()
            if name != self.rules.names["manifest"]
        ]
        unread = self.files.refused - {one.name for one in found}
        if self.files.broken:
            unread |= algorithms.keys() - {one.name for one in found}
        return tuple(sorted([*found, *(PresentFile(name, 0, {}) for name in unread)], key=lambda one: one.name))

    def _digested(self, name: str, algorithms: Collection[str], size: int) -> PresentFile:
        words = {word: hashed for word, hashed in self.rules.digests.items() if hashed == CONTENT or word in algorithms}
        try:
            found = self.files.digests(name, words.values())
        except RefusedError:
            return PresentFile(name, 0, {})
        stated = {word: found[hashed] for word, hashed in words.items() if hashed in found}
        return PresentFile(name, size, stated)

    def _by_part(self, rows: Collection[int]) -> Iterator[tuple[_Part, int, list[int]]]:
        """The parts that hold these records: the part, how many records stand before it, the numbers inside it."""
        wanted, before = sorted(rows), 0
        for part in self.parts:
            upto = before + (part.rows or 0)
            inside = wanted[bisect_left(wanted, before + 1) : bisect_left(wanted, upto + 1)]
            if inside:
                yield part, before, [row - before for row in inside]
            before = upto


def read_package(
    path: Path, spec: DatasetSpec, rules: ExchangeRules, schemas: PackageSchemas, faults: FaultCounter
) -> PackageReading:
    """Open a package and what it lists as data; its faults as an archive, of its manifest and metadata are told.

    Without a manifest, or where it is not of this dataset and edition, there are no records. Raises OSError where
    nothing can be read at ``path``; close what it returns.
    """
    files = open_package(path, rules, faults)
    try:
        manifest = read_manifest(files, rules, schemas.manifest, faults)
        read_metadata(files, rules, schemas.metadata, manifest, faults)
        reading = PackageReading(files, manifest, rules)
        if manifest is not None and (manifest.dataset, manifest.edition) == (spec.id, spec.edition):
            reading.parts = list(_parts(files, manifest, spec, rules, faults))
    except BaseException:
        files.close()
        raise
    return reading


def _parts(
    files: PackageFiles, manifest: Manifest, spec: DatasetSpec, rules: ExchangeRules, faults: FaultCounter
) -> Iterator[_Part]:
    opened: set[str] = set()
    for one in manifest.files:
        if one.role != DATA or one.name not in files.entries or one.name in opened:
            continue
        opened.add(one.name)
        try:
            claim = FileClaim(one.name, files.path(one.name), one.format, one.encoding)
        except RefusedError:
            continue
        told = PartFaults(faults)
        yield _Part(one, open_records(claim, spec, rules, told), told)
