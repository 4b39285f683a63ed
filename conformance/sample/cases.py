"""Packages by number: a number chooses dataset, records, format and packing; the same number, the same package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import polars as pl

from conformance.sample.broken import FACETS, Broken, break_facet
from conformance.sample.draw import Draw
from conformance.sample.errors import SampleError
from conformance.sample.packages import write_package
from conformance.sample.records import records
from conformance.standard.model import DatasetSpec
from conformance.standard.standards import Standards

#: The day at which the records of all cases are good, and before which packages are made.
AS_OF = "20261121"
_CREATED = "2026-11-20T09:00:00+08:00"
#: Conforming records of each dataset that cases take theirs from.
_POOL = 3_000
_MOST_ROWS = 20
_ARCHIVES = ("folder", "folder", "zip", "tar", "tar.gz")


@dataclass(frozen=True)
class PackageCase:
    """One package, and the fault in it, if there is one; ``frame`` holds its records, the fault among them."""

    number: int
    spec: DatasetSpec
    frame: pl.DataFrame
    format: str
    encoding: str
    digest: str
    archive: str
    mode: str
    batch: int
    parts: int
    operations: tuple[str, ...] | None
    metadata: bool
    broken: Broken | None = None

    def write(self, out: Path, standards: Standards) -> Path:
        """Write the package below ``out``."""
        return write_package(
            out,
            self.spec,
            self.frame,
            standards,
            format=self.format,
            encoding=self.encoding,
            digest=self.digest,
            archive=self.archive,
            mode=self.mode,
            batch=self.batch,
            parts=self.parts,
            operations=self.operations,
            metadata=self.metadata,
            created_at=_CREATED,
        )


def package_case(number: int, standards: Standards) -> PackageCase:
    """A package that conforms."""
    rules, draw = standards.exchange, Draw("package case", number)

    def one(words: Sequence[str]) -> str:
        return words[int(draw.below(len(words), 1)[0])]

    spec = standards.datasets[one(sorted(standards.datasets))]
    rows = 1 + int(draw.below(_MOST_ROWS, 1)[0])
    start = int(draw.below(_POOL - rows + 1, 1)[0])
    mode = one(sorted(rules.modes.values()))
    letters = sorted(rules.operations.values())
    operations = tuple(one(letters) for _ in range(rows)) if mode == rules.modes["incremental"] else None
    return PackageCase(
        number=number,
        spec=spec,
        frame=_pool(spec.id, standards).slice(start, rows),
        format=one(rules.formats),
        encoding=one(sorted(rules.encodings)),
        digest=one(sorted(rules.digests)),
        archive=one(_ARCHIVES),
        mode=mode,
        batch=rules.first_batch if mode == rules.modes["full"] else rules.first_batch + number % 999,
        parts=1 + int(draw.below(min(rows, 2), 1)[0]),
        operations=operations,
        metadata=one(("", "yes")) != "",
    )


def broken_package_case(number: int, standards: Standards) -> PackageCase:
    """A package with one broken facet of one value; facets take turns, those that the records do not have left out."""
    whole = package_case(number, standards)
    facets = list(FACETS)
    first = number % len(facets)
    for facet in (*facets[first:], *facets[:first]):
        try:
            fault = break_facet(whole.frame, whole.spec, facet, number // len(facets), standards)
        except SampleError:
            continue
        return replace(whole, frame=fault.frame, broken=fault)
    raise SampleError("sample.broken.impossible", dataset=whole.spec.id, facet=facets[first])


@lru_cache(maxsize=64)
def _pool(dataset: str, standards: Standards) -> pl.DataFrame:
    return records(standards.datasets[dataset], standards, 7, _POOL, AS_OF)
