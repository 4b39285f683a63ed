"""Which rules look at what is around the values of an exchange, by the kind of what is handed over."""

from __future__ import annotations

from conformance.judge.model import ExchangeUse

#: Told by opening a package, by reading its files, and by comparing both with its manifest.
PACKAGE_RULES = (
    "archive",
    "package-name",
    "manifest",
    "files",
    "digest",
    "count",
    "edition",
    "identity",
    "provider",
    "resource",
    "created",
    "metadata",
    "encoding",
    "doctype",
    "well-formed",
    "namespace",
    "structure",
    "formula",
    "operation",
)
SERIES_RULES = ("batch", "repeat", "state")
TABLE_RULES = ("table-columns", "table-types", "table-system", "table-order", "table-batches")
_BY_KIND = {
    "package": PACKAGE_RULES,
    "package-series": (*PACKAGE_RULES, *SERIES_RULES),
    "exchange-table": TABLE_RULES,
}


def rules_of(use: ExchangeUse) -> tuple[str, ...]:
    """The rules that apply, first causes first."""
    return _BY_KIND[use.kind]
