"""XLSX: one sheet, its first row the header, cells as text. A workbook is read whole: the format has no other way."""

from __future__ import annotations

import datetime
import logging
import zipfile
from collections.abc import Iterator, Mapping, Sequence

import fastexcel
import polars as pl

from conformance.system.declaration import Source
from conformance.system.native import text_of
from conformance.system.problem import failure, listed, nearest
from conformance.system.source import BATCH_ROWS, OpenedSource, facts, require_unique

#: What a workbook may unfold to.
MAX_UNZIPPED = 2 << 30
MIDNIGHT = datetime.time()

# fastexcel warns on standard error of columns without values, which is no news to anyone here.
logging.getLogger("fastexcel").setLevel(logging.ERROR)


class XlsxSource(OpenedSource):
    """One sheet of a workbook: the one declared, else the only one."""

    def __init__(self, source: Source, wanted: Sequence[str], where: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(source, wanted, where)
        _require_bounded(source)
        try:
            book = fastexcel.read_excel(source.path)
            sheet = self._sheet(book.sheet_names)
            head = book.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string").to_polars()
            header = [str(name or "") for name in head.row(0)] if head.height else []
            self._data = self._load(book, sheet, len(header))
        except fastexcel.FastExcelError as error:
            raise self.explain(error) from None
        while header and not header[-1]:
            header.pop()
        if not header:
            raise failure(source.place, "source.empty", file=source.path.name)
        require_unique(header, source)
        self.columns = tuple(header)
        self.facts = facts(source.path, "xlsx")
        self.rows = self._data.height
        self.require_columns()

    def _sheet(self, names: list[str]) -> str:
        asked = self.source.sheet
        if asked in names or (not asked and len(names) == 1):
            return asked or names[0]
        if not asked:
            raise failure(self.source.place, "source.which-sheet", file=self.source.path.name, known=listed(names))
        known = listed(nearest(asked, names) or names)
        raise failure(self.source.place, "source.no-sheet", file=self.source.path.name, sheet=asked, known=known)

    @staticmethod
    def _load(book: fastexcel.ExcelReader, sheet: str, width: int) -> pl.DataFrame:
        """The rows below the header; rows at the end that hold nothing are formatting, not records."""
        data = book.load_sheet(sheet, header_row=0, schema_sample_rows=None).to_polars()
        if not data.height:
            return data
        data = data.rename(dict(zip(data.columns, map(str, range(width)), strict=False)))
        empty = data.select(pl.all_horizontal(pl.all().is_null())).to_series()
        trailing = int(empty.reverse().cum_min().sum() or 0)
        return data.head(data.height - trailing)

    def lazy(self) -> pl.LazyFrame | None:
        condition = self.condition()
        frame = self._text().lazy()
        return (frame if condition is None else frame.filter(condition)).select(self.wanted)

    def _text(self) -> pl.DataFrame:
        positions = {name: str(index) for index, name in enumerate(self.columns)}
        return pl.DataFrame({name: self._column(positions[name]) for name in self.read})

    def _column(self, position: str) -> pl.Series:
        """One column as text. Excel has no type for days: where no time is later than midnight, times are days."""
        series = self._data.get_column(position) if position in self._data.columns else None
        if series is None:
            return pl.Series(position, [None] * self._data.height, dtype=pl.String)
        if series.dtype == pl.Datetime and (series.dt.time() == MIDNIGHT).all():
            series = series.dt.date()
        text = text_of(position, series.dtype)
        if text is None:
            name = self.columns[int(position)]
            raise failure(
                self.source.place, "source.nested", column=name, type=str(series.dtype), file=self.source.path.name
            )
        return series.to_frame().select(text).to_series()

    def _frames(self) -> Iterator[pl.DataFrame]:
        yield from self._text().iter_slices(BATCH_ROWS)


def _require_bounded(source: Source) -> None:
    try:
        with zipfile.ZipFile(source.path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        why = type(error).__name__
        raise failure(source.place, "source.damaged", file=source.path.name, why=why) from None
    if size > MAX_UNZIPPED:
        raise failure(source.place, "source.too-large", file=source.path.name, limit=MAX_UNZIPPED >> 30)
