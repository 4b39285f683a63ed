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
from conformance.system.records.csv_exact import CsvRecord, csv_records
from conformance.system.records.json_text import Utf8Stream
from conformance.system.records.model import FileClaim, RecordFile
from conformance.system.source import ROW

ENCODING, WELL_FORMED, STRUCTURE, FORMULA = "encoding", "well-formed", "structure", "formula"
_ENCODING_PROBLEMS = ("source.encoding", "source.utf-16", "source.nul")
_STRUCTURE_PROBLEMS = ("source.duplicate-columns", "source.no-header")
#: Problems of one line only: the next one begins where it ends.
_OF_ONE_LINE = ("source.width", "source.blank")
#: Records of a broken file that are held at once.
BATCH_ROWS = 20_000
#: A number with its sign is no formula, whatever a spreadsheet makes of it.
_SIGNED_NUMBER = r"^[+-][0-9]+(\.[0-9]+)?$"


class CsvFile(RecordFile):
    """A line of field names in any order, then records; comma and double quotes. There is no header beside it.

    Where lines are broken the others are read all the same, one by one.
    """

    rules_judged = (ENCODING, WELL_FORMED, STRUCTURE, FORMULA)

    def __init__(self, claim: FileClaim, spec: DatasetSpec, rules: ExchangeRules, faults: FaultCounter) -> None:
        super().__init__(claim, spec, rules, faults)
        self._told = False
        # The line that opening found broken (0: none), and whether lines behind it can be told apart.
        self._broken_line, self._resumes = 0, False

    def batches(self) -> Iterator[pl.DataFrame]:
        """As the base class says."""
        source = self._opened
        first, self._told = not self._told, True
        if source is None:
            yield from self._salvaged(tell=first)
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
            self._broken_line = line
            return None
        self.faults.checked(WELL_FORMED)
        try:
            source = self._source(codec, ())
            if len(source.columns) > (limit := self.rules.limits.columns):
                self._tell(WELL_FORMED, message("records.csv.columns", limit=limit, found=len(source.columns)), 1)
                self._broken_line = 1
                return None
            if not source.columns:
                self._tell(WELL_FORMED, message("records.csv.empty"), 1)
                self._broken_line = 1
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
        params = {**problem.message.params, "file": self.claim.name}
        line = int(str(params.get("line", 1)))
        self._tell(rule, Message(id_, params), line)
        self._broken_line, self._resumes = line, id_ in _OF_ONE_LINE

    def _salvaged(self, *, tell: bool) -> Iterator[pl.DataFrame]:
        """The records of a broken file that are whole; other lines than the one that is told are told here."""
        rows: list[tuple[int | str | None, ...]] = []
        for record, names in self._kept():
            if record.cells is not None and len(record.cells) == len(names):
                cells = dict(zip(names, record.cells, strict=True))
                rows.append((record.number, *(cells.get(name) for name in self.columns)))
            elif tell and record.line != self._broken_line:
                found = len(record.cells or ())
                reason = message("records.csv.width", expected=len(names), found=found)
                self._tell(WELL_FORMED, reason, record.line)
            if len(rows) == BATCH_ROWS:
                yield self._frame(rows)
                rows = []
        if rows:
            yield self._frame(rows)

    def _kept(self) -> Iterator[tuple[CsvRecord, list[str]]]:
        """Each record behind the names, as far as lines can be told apart."""
        text = Utf8Stream(self.claim.path, self.claim.encoding, self.rules.encodings[self.claim.encoding])
        names: list[str] = []
        for record in csv_records(text, self.rules.limits):
            if record.line >= self._broken_line and not self._resumes:
                return
            if record.number:
                yield record, names
            elif not record.cells or len(set(record.cells)) < len(record.cells):
                return
            names = names or record.cells or []

    def _frame(self, rows: list[tuple[int | str | None, ...]]) -> pl.DataFrame:
        schema = {ROW: pl.UInt32, **dict.fromkeys(self.columns, pl.String)}
        return pl.DataFrame(rows, schema=schema, orient="row")

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
        if source is None:
            yield from ((record.number, record.line) for record, _ in self._kept() if record.number in rows)
            return
        if not rows:
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
