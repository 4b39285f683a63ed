"""CSV files of a package, read as every CSV source is; what is configuration there is the product's fault here."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import islice

import polars as pl

from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.system.csv_source import CsvSource
from conformance.system.declaration import Place, Source
from conformance.system.problem import ConfigurationError, Problem, shown
from conformance.system.records.json_text import Utf8Stream
from conformance.system.records.model import FileClaim, RecordFile
from conformance.system.source import ROW

ENCODING, WELL_FORMED, STRUCTURE, FORMULA = "encoding", "well-formed", "structure", "formula"
_ENCODING_PROBLEMS = ("source.encoding", "source.utf-16", "source.nul")
_STRUCTURE_PROBLEMS = ("source.duplicate-columns",)
#: A number with its sign is no formula, whatever a spreadsheet makes of it.
_SIGNED_NUMBER = r"^[+-][0-9]+(\.[0-9]+)?$"


class CsvFile(RecordFile):
    """A line of field names in any order, then records; comma and double quotes. There is no header beside it."""

    rules_judged = (ENCODING, WELL_FORMED, STRUCTURE, FORMULA)

    def __init__(self, claim: FileClaim, spec: DatasetSpec, rules: ExchangeRules, faults: FaultCounter) -> None:
        super().__init__(claim, spec, rules, faults)
        self._told = False

    def batches(self) -> Iterator[pl.DataFrame]:
        """As the base class says; a file whose structure is broken gives no records."""
        source = self._opened
        first, self._told = not self._told, True
        if source is None:
            return
        self.records = source.rows
        if first:
            self._tell_columns(source)
            self.faults.checked(FORMULA, source.rows or 0)
        for frame in source.batches():
            if (beyond := self._beyond_limits(frame)) is not None:
                if first:
                    self.faults.add(beyond)
                self.records = None
                return
            if first:
                self._tell_formulas(frame)
            missing = [pl.lit(None, pl.String).alias(name) for name in self.columns if name not in frame.columns]
            yield frame.with_columns(missing).select(ROW, *self.columns)

    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        """The line that a record begins in; CSV has no paths."""
        return {row: Location(self.claim.name, line) for row, line in self._lines(sorted(rows))}

    def fragments(self, rows: Collection[int]) -> Mapping[int, bytes]:
        """Each record as a JSON object of its values."""
        found: dict[int, bytes] = {}
        wanted = sorted(rows)
        for frame in self.batches():
            for record in frame.filter(pl.col(ROW).is_in(wanted)).iter_rows(named=True):
                values = {name: value for name, value in record.items() if name != ROW and value}
                found[record[ROW]] = json.dumps(values, ensure_ascii=False).encode()
            if len(found) == len(wanted):
                break
        return found

    @cached_property
    def _opened(self) -> CsvSource | None:
        """The file as a source, or None: then the fault is told."""
        self.faults.checked(ENCODING)
        codec = self.rules.encodings[self.claim.encoding]
        text, line = Utf8Stream(self.claim.path, self.claim.encoding, codec), 1
        for block in text.blocks(text.begin()):
            line += block.count(b"\n")
        if text.fault is not None:
            self._tell(ENCODING, text.fault.message, line)
            return None
        self.faults.checked(WELL_FORMED)
        try:
            source = self._source(codec, ())
            if not source.columns:
                self._tell(WELL_FORMED, message("records.csv.empty"), 1)
                return None
            return self._source(codec, tuple(name for name in self.columns if name in source.columns))
        except ConfigurationError as error:
            self._tell_problem(error.problems[0])
            return None

    def _source(self, codec: str, wanted: tuple[str, ...]) -> CsvSource:
        source = Source(self.claim.path, Place(0, 0, ""), "csv", codec, ",", '"')
        return CsvSource(source, "csv", wanted, {})

    def _tell_problem(self, problem: Problem) -> None:
        id_ = problem.message.id
        rule = WELL_FORMED
        if id_.startswith(_ENCODING_PROBLEMS):
            rule = ENCODING
        elif id_ in _STRUCTURE_PROBLEMS:
            rule = STRUCTURE
        self._tell(rule, problem.message, int(str(problem.message.params.get("line", 0))))

    def _tell_columns(self, source: CsvSource) -> None:
        """Columns that are no field; missing ones are a matter of each field."""
        self.faults.checked(STRUCTURE, 1 + (source.rows or 0))
        for name in source.columns:
            if name not in self.columns:
                self._tell(STRUCTURE, message("records.csv.unknown", name=shown(name)), 1)

    def _tell_formulas(self, frame: pl.DataFrame) -> None:
        for name in frame.columns[1:]:
            value = pl.col(name)
            begins = value.str.slice(0, 1).is_in(list(self.rules.formula))
            cells = frame.filter(begins & ~value.str.contains(_SIGNED_NUMBER))
            for row in cells[ROW].to_list():
                self.faults.add(Fault(FORMULA, None, message("records.csv.formula", field=name), row))

    def _beyond_limits(self, frame: pl.DataFrame) -> Fault | None:
        limit = self.rules.limits.value_characters
        for name in frame.columns[1:]:
            long = frame.filter(pl.col(name).str.len_chars() > limit)
            if long.height:
                reason = message("records.csv.value", field=name, limit=limit)
                return Fault(WELL_FORMED, None, reason, long[ROW][0])
        return None

    def _tell(self, rule: str, reason: Message, line: int) -> None:
        self.faults.add(Fault(rule, Location(self.claim.name, line), reason))

    def _lines(self, rows: list[int]) -> Iterator[tuple[int, int]]:
        """The lines of records: by counting, unless values hold line ends."""
        source = self._opened
        if source is None or not rows:
            return
        if source.one_line_each:
            yield from ((row, row + source.header_lines) for row in rows)
            return
        wanted = set(rows)
        with source.text_path.open(encoding="utf-8-sig", newline="\n") as file:
            reader = csv.reader(file, delimiter=",", quotechar='"')
            before = 0
            for number, _ in enumerate(islice(reader, rows[-1] + 1)):
                if number in wanted:
                    yield number, before + 1
                before = reader.line_num
