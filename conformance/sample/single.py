"""One package of one dataset, whole or with one fault: what ``lubiao sample --dataset`` gives a vendor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from conformance.sample.broken import Broken, break_facet
from conformance.sample.errors import SampleError
from conformance.sample.packages import write_package
from conformance.sample.records import records
from conformance.standard.pack import editions, standards_root
from conformance.standard.standards import EXCHANGE, Standards

#: The time of the province.
_ZONE = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Single:
    """A package that was written, and the fault in it, if one was asked for."""

    path: Path
    broken: Broken | None


def write_single(
    out: Path,
    dataset: str,
    *,
    format: str,  # noqa: A002 - the word of the manifest
    rows: int,
    seed: int,
    archive: str,
    as_of: str = "",
    broken: str = "",
) -> Single:
    """Write a full package of ``rows`` records below ``out``; ``as_of`` (YYYYMMDD) is today where it is empty.

    ``broken`` names the facet to break in one record (see :data:`conformance.sample.broken.FACETS`).
    """
    standards = Standards.load([(EXCHANGE, _edition())])
    if dataset not in standards.datasets:
        known = ", ".join(standards.datasets)
        raise SampleError("sample.single.dataset", dataset=dataset, known=known)
    if rows < 1:
        raise SampleError("sample.single.rows", rows=rows)
    spec, day = standards.datasets[dataset], _day(as_of)
    frame = records(spec, standards, seed, rows, day)
    fault = break_facet(frame, spec, broken, seed, standards) if broken else None
    created = f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00+08:00"
    path = write_package(
        out, spec, fault.frame if fault else frame, standards, format=format, archive=archive, created_at=created
    )
    return Single(path, fault)


def _edition() -> str:
    """The newest edition of the exchange pack."""
    return max(editions(standards_root())[EXCHANGE])


def _day(as_of: str) -> str:
    if not as_of:
        return datetime.now(_ZONE).strftime("%Y%m%d")
    try:
        return datetime.strptime(as_of, "%Y%m%d").strftime("%Y%m%d")
    except ValueError:
        raise SampleError("sample.single.day", day=as_of) from None
