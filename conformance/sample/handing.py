"""What a recipe hands over: packages, series of packages and exchange tables (key ``packages``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from conformance.sample.errors import SampleError
from conformance.sample.packages import PROVIDER, write_package
from conformance.sample.records import records
from conformance.sample.series import write_exchange_table, write_series
from conformance.standard.model import DatasetSpec
from conformance.standard.standards import Standards
from conformance.system.handed_over import PACKAGE, SERIES, TABLE

_COMMON = {"rows", "created-at"}
_FILES = {"format", "provider", "encoding", "digest", "archive"}
_KEYS: Mapping[str, set[str]] = {
    PACKAGE: _COMMON | _FILES | {"batch", "mode", "parts", "metadata", "attachments"},
    SERIES: _COMMON | _FILES | {"increments"},
    TABLE: _COMMON | {"batches"},
}


@dataclass(frozen=True)
class Handover:
    """One target that is handed over: its kind, the dataset that it holds, where it goes and how it is made."""

    target: str
    kind: str
    dataset: str
    rows: int
    path: str
    table: str
    as_of: str
    made: Mapping[str, Any]


def read_handover(target: str, entry: Mapping[str, Any], declared: Mapping[str, Any] | None) -> Handover:
    """One entry of ``packages`` beside its target; raises :class:`SampleError` for what does not fit."""
    if declared is None:
        raise SampleError("sample.recipe.undeclared", target=target)
    kind = str(declared.get("kind"))
    if kind not in _KEYS:
        raise SampleError("sample.recipe.handed", target=target)
    if unknown := sorted(set(entry) - _KEYS[kind]):
        allowed = ", ".join(sorted(_KEYS[kind]))
        raise SampleError("sample.key.unknown", place=target, keys=", ".join(unknown), allowed=allowed)
    source = declared["source"]
    return Handover(
        target=target,
        kind=kind,
        dataset=str(declared["dataset"]),
        rows=int(entry["rows"]),
        path=str(source["path"]),
        table=str(source.get("table", "")),
        as_of=str(declared["as_of"]),
        made={key.replace("-", "_"): value for key, value in entry.items() if key != "rows"},
    )


def write_handover(handover: Handover, out: Path, standards: Standards, *, seed: int, scale: float) -> Path:
    """Write it below ``out``; returns its path. Raises :class:`SampleError` where the declaration names another."""
    spec = standards.datasets[handover.dataset]
    frame = records(spec, standards, seed, max(1, round(handover.rows * scale)), handover.as_of)
    path = out / handover.path
    if handover.kind == TABLE:
        table = write_exchange_table(path, spec, frame, standards, **handover.made)
        _same(handover, handover.table or table, table)
    elif handover.kind == SERIES:
        write_series(path, spec, frame, standards, **handover.made)
    else:
        written = _package(handover, path, spec, frame, standards)
        _same(handover, path.name, written.name)
    return path


def _package(handover: Handover, path: Path, spec: DatasetSpec, frame: pl.DataFrame, standards: Standards) -> Path:
    made = dict(handover.made)
    attachments = tuple((str(name), str(text).encode()) for name, text in made.pop("attachments", {}).items())
    made.setdefault("provider", PROVIDER)
    return write_package(path.parent, spec, frame, standards, attachments=attachments, **made)


def _same(handover: Handover, declared: str, written: str) -> None:
    if declared != written:
        raise SampleError("sample.recipe.named", target=handover.target, declared=declared, written=written)
