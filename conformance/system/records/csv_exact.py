"""CSV read record by record, also where it is broken: what stands before and behind a broken line is still read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.standard.exchange import Limits
from conformance.system.records.json_text import Utf8Stream


@dataclass(frozen=True)
class CsvRecord:
    """A record: its number (0: the names), the line that it begins in, its cells; None: quotes hide where it ends."""

    number: int
    line: int
    cells: list[str] | None


def csv_records(text: Utf8Stream, limits: Limits) -> Iterator[CsvRecord]:
    """The records of a text up to its end, to a line beyond the limits, or to quotes that do not close properly."""
    reader = csv.reader(_lines(text, limits), delimiter=",", quotechar='"', strict=True)
    line = number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield CsvRecord(number, line + 1, None)
            return
        yield CsvRecord(number, line + 1, cells)
        line, number = reader.line_num, number + 1


def _lines(text: Utf8Stream, limits: Limits) -> Iterator[str]:
    """Lines with their ends, each no longer than a record may be."""
    rest = b""
    for block in text.blocks(text.begin()):
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield line.decode("utf-8") + "\n"
        if len(rest) > limits.record_bytes:
            return
    if rest:
        yield rest.decode("utf-8")
