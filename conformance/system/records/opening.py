"""A data file opened by its format."""

from __future__ import annotations

from conformance.judge.faults import FaultCounter
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.system.records.csv_file import CsvFile
from conformance.system.records.json_file import JsonFile
from conformance.system.records.json_lines_file import JsonLinesFile
from conformance.system.records.model import FileClaim, RecordFile
from conformance.system.records.xml_file import XmlFile

_KINDS: dict[str, type[RecordFile]] = {"xml": XmlFile, "json": JsonFile, "jsonl": JsonLinesFile, "csv": CsvFile}


def open_records(claim: FileClaim, spec: DatasetSpec, rules: ExchangeRules, faults: FaultCounter) -> RecordFile:
    """The reader of a data file; ``claim.format`` is one of the formats of ``package.yaml``. Reads nothing yet."""
    return _KINDS[claim.format](claim, spec, rules, faults)
