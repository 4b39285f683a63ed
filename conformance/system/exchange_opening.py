"""Opening what is handed over, by its kind; runs without an exchange do not wait for its libraries."""

from __future__ import annotations

from conformance.judge.faults import FaultCounter
from conformance.judge.model import Dataset
from conformance.standard.standards import Standards
from conformance.system.declaration import Source
from conformance.system.exchange_source import ExchangeSource
from conformance.system.handed_over import SERIES, TABLE


def open_exchange(dataset: Dataset, standards: Standards, source: Source, faults: FaultCounter) -> ExchangeSource:
    """Open a target of the exchange pack.

    Raises :class:`conformance.system.problem.ConfigurationError` where what preflight found is no longer there, and for
    an exchange table that is none.
    """
    assert dataset.exchange is not None  # noqa: S101 - the caller asks for exchange targets only
    kind = dataset.exchange.kind
    if kind == TABLE:
        from conformance.system.exchange_table import TableSource  # noqa: PLC0415 - on demand, as above

        return TableSource(dataset, standards, source, faults)
    if kind == SERIES:
        from conformance.system.package.series import SeriesSource  # noqa: PLC0415 - on demand, as above

        return SeriesSource(dataset, standards, source, faults)
    from conformance.system.package_source import PackageSource  # noqa: PLC0415 - on demand, as above

    return PackageSource(dataset, standards, source, faults)
