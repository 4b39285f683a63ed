"""CSV and TSV: the dialect declared or detected, the structure checked, the columns read as text through Polars."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

import polars as pl

from conformance.system.csv_shape import Shape, ShapeCheck, ShapeFault
from conformance.system.declaration import Source
from conformance.system.problem import ConfigurationError, failure
from conformance.system.source import BATCH_ROWS, OpenedSource, facts, require_unique, stamp
from conformance.system.text_file import TextCopy, as_utf8, encoding_of, first_undecodable, line_blocks

_DELIMITERS = (",", "\t", ";", "|")
_NAMES = {"\t": "\\t"}


@dataclass(frozen=True)
class _Header:
    """The first record, the dialect that it was read in, and how many lines it takes."""

    columns: tuple[str, ...]
    delimiter: str
    quote: str
    lines: int


class CsvSource(OpenedSource):
    """A delimited text file with a header."""

    def __init__(
        self, source: Source, format_: str, wanted: Sequence[str], where: Mapping[str, tuple[str, ...]]
    ) -> None:
        super().__init__(source, wanted, where)
        encoding = encoding_of(source)
        self._copy = as_utf8(source, encoding)
        if _holds_nothing(self._copy):
            # Not even a header: nothing is there to be wrong, and nothing will be tested.
            self.columns, self.rows, self.facts = (), 0, facts(source.path, format_, encoding, source.delimiter)
            return
        self._header = _read_header(source, self._copy, "\t" if format_ == "tsv" else "")
        self.columns = self._header.columns
        require_unique(self.columns, source)
        self.rows = _count_records(source, self._copy, self._header, stamp(source.path))
        self.facts = facts(source.path, format_, encoding, self._header.delimiter)
        self.require_columns()

    @property
    def text_path(self) -> Path:
        """The text in UTF-8: the file itself, or a copy that lives as long as this source."""
        return self._copy.path

    @property
    def header_lines(self) -> int:
        """How many lines the line of names takes."""
        return self._header.lines

    @cached_property
    def one_line_each(self) -> bool:
        """Whether each record is one line, so that lines can be counted by records."""
        lines, last = 0, b"\n"
        with self.text_path.open("rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                lines += block.count(b"\n")
                last = block
        return lines + (not last.endswith(b"\n")) == (self.rows or 0) + self.header_lines

    def lazy(self) -> pl.LazyFrame | None:
        if not self.columns:
            return pl.LazyFrame(schema=dict.fromkeys(self.wanted, pl.String))
        condition = self.condition()
        scan = self._scan()
        return (scan if condition is None else scan.filter(condition)).select(self.wanted)

    def _scan(self) -> pl.LazyFrame:
        positions = {name: f"{index}" for index, name in enumerate(self.columns)}
        return pl.scan_csv(
            self._copy.path,
            has_header=False,
            skip_lines=self._header.lines,
            schema=dict.fromkeys(positions.values(), pl.String),
            separator=self._header.delimiter,
            quote_char=self._header.quote or None,
            encoding="utf8",
            glob=False,
        ).select(pl.col(positions[name]).alias(name) for name in self.read)

    def _frames(self) -> Iterator[pl.DataFrame]:
        if self.rows:
            yield from self._scan().collect_batches(chunk_size=BATCH_ROWS, maintain_order=True, engine="streaming")

    def explain(self, error: BaseException) -> ConfigurationError:
        """Bytes that are no UTF-8 are the one fault that is left once the structure was found sound."""
        line = first_undecodable(self._copy.path, self.source)
        if line is None:
            return super().explain(error)
        name = self.source.path.name
        declared = self.source.encoding or "utf-8"
        return failure(self.source.place, "source.encoding-none", file=name, declared=declared, fits="", line=line)


def _holds_nothing(copy: TextCopy) -> bool:
    with copy.path.open("rb") as file:
        head = file.read(1 << 16)
        return len(head) < 1 << 16 and not head.removeprefix(codecs.BOM_UTF8).strip()


def _read_header(source: Source, copy: TextCopy, assumed: str) -> _Header:
    quote = '"' if source.quote is None else source.quote
    delimiter = source.delimiter or assumed
    if delimiter:
        header = _header(source, copy, delimiter, quote)
        if len(header.columns) == 1:
            _require_no_better(source, header)
        return header
    headers = []
    for candidate in _DELIMITERS:
        with suppress(ConfigurationError):
            headers.append(_header(source, copy, candidate, quote))
    if not headers:
        raise _no_header(source, copy)
    return max(headers, key=lambda header: len(header.columns))


def _header(source: Source, copy: TextCopy, delimiter: str, quote: str) -> _Header:
    with copy.path.open(encoding="utf-8-sig", newline="\n") as file:
        reader = csv.reader(
            file,
            delimiter=delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            strict=True,
        )
        try:
            columns = next(reader, [])
        except (csv.Error, UnicodeDecodeError):
            raise _no_header(source, copy) from None
    if not columns or not any(columns):
        raise _no_header(source, copy)
    return _Header(tuple(columns), delimiter, quote, reader.line_num)


def _no_header(source: Source, copy: TextCopy) -> ConfigurationError:
    name = source.path.name
    with copy.path.open("rb") as file:
        head = file.read(1 << 16).removeprefix(codecs.BOM_UTF8)
    if b"\0" in head:
        return failure(source.place, "source.nul", file=name, line=head.count(b"\n", 0, head.index(b"\0")) + 1)
    if b"\r" in head and b"\n" not in head:
        return failure(source.place, "source.line-ends", file=name)
    return failure(source.place, "source.no-header", file=name)


def _require_no_better(source: Source, header: _Header) -> None:
    """A header of one column that another delimiter would split was declared with the wrong delimiter."""
    for candidate in _DELIMITERS:
        if candidate in header.columns[0]:
            split = header.columns[0].count(candidate) + 1
            found, declared = _NAMES.get(candidate, candidate), _NAMES.get(header.delimiter, header.delimiter)
            raise failure(
                source.place, "source.delimiter", file=source.path.name, declared=declared, found=found, columns=split
            )


@lru_cache(maxsize=64)
def _count_records(source: Source, copy: TextCopy, header: _Header, _stamp: tuple[int, int, int, int]) -> int:
    """Records after the header; raises where one is not as wide as the header, or quoting is broken."""
    shape = Shape(header.delimiter.encode(), header.quote.encode(), len(header.columns))
    check = ShapeCheck(shape)
    try:
        with copy.path.open("rb") as file:
            for number, block in enumerate(line_blocks(file, source)):
                check.feed(block.removeprefix(codecs.BOM_UTF8) if number == 0 else block)
        check.finish()
    except ShapeFault as fault:
        line = fault.line or _line_of_record(copy.path, header, fault.record)
        blank = fault.kind == "width" and fault.found == 1 and _is_blank(copy.path, line)
        kind = "blank" if blank else fault.kind
        counts = {"expected": shape.fields, "found": fault.found}
        raise failure(source.place, f"source.{kind}", file=source.path.name, line=line, **counts) from None
    return check.records - 1


def _is_blank(path: Path, line: int) -> bool:
    with path.open("rb") as file:
        return next(islice(file, line - 1, None), b"").strip(b"\r\n") == b""


def _line_of_record(path: Path, header: _Header, record: int) -> int:
    """The line that a record of a file with quoted line ends begins at."""
    with path.open(encoding="utf-8-sig", newline="\n", errors="replace") as file:
        reader = csv.reader(file, delimiter=header.delimiter, quotechar=header.quote)
        for _ in islice(reader, record):
            pass
        return reader.line_num + 1
