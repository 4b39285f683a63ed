"""An exchange table in SQLite: how it is declared, its records, and what its system columns say, in one reading."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from conformance.judge.engine_polars.compiler import Compiler
from conformance.judge.exchange.table import (
    BatchEntry,
    BatchRows,
    ExpectedTable,
    Invalid,
    TableColumn,
    TableFacts,
    folded,
    judge_exchange_table,
)
from conformance.judge.faults import FaultCounter
from conformance.judge.model import Column, Dataset
from conformance.judge.rulebook import Chain, Location
from conformance.judge.rules import compile_rules
from conformance.messages import Message, message
from conformance.standard.exchange import ExchangeRules, SystemColumn
from conformance.standard.model import Text
from conformance.standard.standards import Standards
from conformance.system.dataset import open_source
from conformance.system.declaration import Source
from conformance.system.exchange_source import ExchangeSource, HandedFacts
from conformance.system.problem import failure, listed, nearest, shown
from conformance.system.source import ROW
from conformance.system.text_file import magic_of, require_file

_FORMAT = "sqlite"
#: Rows of per-batch counts that are kept before they are added up.
_PARTIAL_ROWS = 1 << 20
#: Bytes at which SQLite may not allocate more for one value of its own catalogue.
_CATALOGUE_VALUE = 1 << 20


class TableSource(ExchangeSource):
    """An exchange table with its batch table beside it. Every value of the table is read once for all rules.

    ``unread`` are the dataset's fields that the table does not have, or declares so that the database rewrites text:
    they are null in every record, for the rules ``table-columns`` and ``table-types`` tell of them
    (:func:`conformance.judge.exchange.table.without_columns`).
    """

    def __init__(self, dataset: Dataset, standards: Standards, source: Source, faults: FaultCounter) -> None:
        assert dataset.exchange is not None  # noqa: S101 - the caller asks for exchange targets only
        self._names = dataset.exchange.spec.names
        self._faults = faults
        rules = standards.exchange
        ddl = standards.exchange_folder() / "schemas" / f"{dataset.exchange.spec.id}.sql"
        self._expected = expected_table(ddl.read_text("utf-8"), rules)
        self._catalogue = read_catalogue(source, self._expected, rules)
        self._own = SystemColumns(rules.system_columns, self._catalogue.columns, dataset, standards, faults.limit)
        self._beside = SystemColumns(
            rules.batch_columns, self._catalogue.batch_columns or (), dataset, standards, faults.limit
        )
        there = _declared(self._catalogue.columns)
        self._fields = {name: there[folded(name)] for name in self._names if folded(name) in there}
        self.unread = tuple(name for name in self._names if name not in self._fields)
        wanted = dict.fromkeys((*self._fields.values(), *self._own.columns.values()))
        self._opened = open_source(_table(source, self._catalogue.name), tuple(wanted))
        self._source = source
        self._told = False

    def batches(self) -> Iterator[pl.DataFrame]:
        """The dataset's fields; the first reading looks at the system columns as well."""
        fields = [pl.col(column).alias(name) for name, column in self._fields.items()]
        null = [pl.lit(None, pl.String).alias(name) for name in self.unread]
        for frame in self._opened.batches():
            if not self._told:
                self._own.take(frame)
            yield frame.select(ROW, *fields, *null).select(ROW, *self._names)
        self._told = True

    def conclude(self) -> None:
        """Read the batch table, and judge both."""
        judge_exchange_table(self.table_facts(), self._expected, self._faults)

    def table_facts(self) -> TableFacts:
        """What is known of both tables once the records were read."""
        found = self._catalogue
        entries: tuple[BatchEntry, ...] | None = None
        if found.batch_columns is not None:
            entries = tuple(self._entries(found.batch_name))
        return replace(
            found,
            batches=self._own.by_batch() if self._own.batch else None,
            unbatched=self._own.unbatched,
            listed=entries if self._beside.batch else None,
            unlisted=self._beside.unbatched,
            values=self._own.values + self._beside.values,
            invalid=(*self._own.invalid(own=True), *self._beside.invalid(own=False)),
        )

    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        """Rows of a table have no line; the path counts them in the order in which the database yields them."""
        file, table = shown(self._source.path.name), shown(self._catalogue.name)
        return {row: Location(file, path=f"{table}[{row}]") for row in rows}

    def fragments(self, _rows: Collection[int]) -> Mapping[int, tuple[str, bytes]]:
        """A table has no text that a schema could be asked about."""
        return {}

    def facts(self) -> HandedFacts:
        """The database file as it lies there."""
        return HandedFacts(_FORMAT, self._opened.facts.bytes, self._opened.facts.sha256)

    def close(self) -> None:
        """Nothing was unpacked."""

    def _entries(self, table: str) -> Iterator[BatchEntry]:
        """The rows of the batch table that state a valid batch, sorted by it; :attr:`_beside` takes them all in."""
        opened = open_source(_table(self._source, table), tuple(self._beside.columns.values()))
        parts = [self._beside.take(frame) for frame in opened.batches()]
        if parts and self._beside.batch:
            rows = pl.concat(parts).filter(pl.col("batch").is_not_null()).sort("batch", ROW)
            for row, batch, records in rows.select(ROW, "batch", "count").iter_rows():
                yield BatchEntry(row, batch, None if records is None else int(records))


@dataclass(frozen=True)
class _Judged:
    """A system column: its name in the pack, the expressions that must hold in turn, and what breaking each means."""

    name: str
    broken: pl.Expr
    reasons: tuple[Message, ...]


class SystemColumns:
    """The system columns of one table, judged each by its own element: absent, or broken at the first of its rules.

    Memory: a row for each batch, and the sample.
    """

    def __init__(
        self,
        wanted: Sequence[SystemColumn],
        declared: Sequence[TableColumn],
        dataset: Dataset,
        standards: Standards,
        limit: int,
    ) -> None:
        there = _declared(declared)
        #: The columns' names as the table declares them, by the pack's names.
        self.columns = {one.name: there[folded(one.name)] for one in wanted if folded(one.name) in there}
        found = [one for one in wanted if one.name in self.columns]
        elements = {one.name: standards.elements[one.element] for one in found}
        shared = {one.element for one in standards.exchange.system_columns}
        shared &= {one.element for one in standards.exchange.batch_columns}
        self.batch = next((one.name for one in found if one.element in shared), "")
        self._time = next((name for name, element in elements.items() if element.format.kind == "picture"), "")
        rest = (one for one in found if one.name not in (self.batch, self._time))
        #: Of a batch table: the column that states a number of records.
        self._count = next((one.name for one in rest if one not in standards.exchange.system_columns), "")
        columns = tuple(Column(name, element, name, mandatory=True) for name, element in elements.items())
        chains = compile_rules(Dataset(dataset.target, columns, dataset.as_of), standards).chains
        compiler = Compiler()
        self._judged = [_judged(chain, self.columns[chain.column], compiler) for chain in chains]
        self._limit = limit
        self._numbers: Counter[tuple[str, int]] = Counter()
        self._rows: dict[tuple[str, int], list[int]] = {}
        self._partial: list[pl.DataFrame] = []
        self.values = self.unbatched = 0

    def take(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Look at one batch; gives ROW and, null where not valid: ``batch``, ``time``, ``count``."""
        named = frame.select(ROW, **{name: pl.col(column) for name, column in self.columns.items()})
        broken = named.select(ROW, *(one.broken.alias(one.name) for one in self._judged))
        self.values += frame.height * len(self._judged)
        for one in self._judged:
            self._note(one.name, broken.select(ROW, pl.col(one.name)))
        roles = {"batch": self.batch, "time": self._time, "count": self._count}
        valid = {role: _valid(named, broken, name) for role, name in roles.items()}
        found = named.select(ROW).with_columns(**valid)
        if self.batch:
            self.unbatched += found["batch"].null_count()
            self._partial.append(_per_batch(found.with_columns(number=pl.lit(1, pl.Int64), last=pl.col("time"))))
            if sum(part.height for part in self._partial) > _PARTIAL_ROWS:
                self._partial = [_per_batch(pl.concat(self._partial))]
        return found

    def by_batch(self) -> tuple[BatchRows, ...]:
        """Rows and times of each valid batch, sorted by it."""
        if not self._partial:
            return ()
        found = _per_batch(pl.concat(self._partial)).filter(pl.col("batch").is_not_null()).sort("batch")
        rows = found.select("batch", "number", "time", "last").iter_rows()
        return tuple(BatchRows(batch, number, first or "", last or "") for batch, number, first, last in rows)

    def invalid(self, *, own: bool) -> Iterator[Invalid]:
        """What was broken, by column and reason."""
        for one in self._judged:
            for position, reason in enumerate(one.reasons):
                if number := self._numbers[one.name, position]:
                    yield Invalid(one.name, reason, number, tuple(self._rows[one.name, position]), own)

    def _note(self, name: str, broken: pl.DataFrame) -> None:
        broken = broken.drop_nulls(name)
        for position, number in broken[name].value_counts().iter_rows() if broken.height else ():
            self._numbers[name, position] += number
            kept = self._rows.setdefault((name, position), [])
            rows = broken.filter(pl.col(name) == position)[ROW].head(self._limit - len(kept))
            kept.extend(rows.to_list())


def expected_table(ddl: str, rules: ExchangeRules) -> ExpectedTable:
    """What the generated DDL makes, by making it: the DDL itself is the only truth."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(ddl)
        names = _tables(connection)
        batch = next(name for name in names if name.endswith(rules.batch_suffix))
        own = next(name for name in names if name != batch)
        return ExpectedTable(own, _columns(connection, own), batch, _columns(connection, batch))


def read_catalogue(source: Source, expected: ExpectedTable, rules: ExchangeRules) -> TableFacts:
    """Which table it is and how both are declared.

    Without a declared name it is the one that the DDL names, else the only one that is no batch table. Raises
    :class:`ConfigurationError` where there is no such table, or no database to be read.
    """
    _require_database(source)
    file = source.path.name
    try:
        with closing(_connect(source.path)) as connection:
            names = _tables(connection)
            own = _find(source, names, expected, rules)
            beside = next((name for name in names if folded(name) == folded(f"{own}{rules.batch_suffix}")), "")
            columns = _columns(connection, beside) if beside else None
            return TableFacts(file, own, _columns(connection, own), beside or f"{own}{rules.batch_suffix}", columns)
    except (sqlite3.Error, OSError) as error:
        raise failure(source.place, "source.damaged", file=file, why=type(error).__name__) from None


def _require_database(source: Source) -> None:
    require_file(source)
    file = source.path.name
    for option in ("query", "encoding", "delimiter", "sheet"):
        if getattr(source, option):
            raise failure(source.place, "source.option", option=option, format=_FORMAT)
    if source.path.stat().st_size == 0:
        raise failure(source.place, "source.empty", file=file)
    declared, looks = source.format or _FORMAT, magic_of(source.path)
    if declared != _FORMAT or looks != _FORMAT:
        raise failure(source.place, "source.format", file=file, declared=declared, found=looks or "text?")


def _find(source: Source, names: Sequence[str], expected: ExpectedTable, rules: ExchangeRules) -> str:
    asked, file = source.table, source.path.name
    by_name = {folded(name): name for name in names}
    if found := by_name.get(folded(asked or expected.name)):
        return found
    known = listed((nearest(asked, names) if asked else []) or names)
    if asked:
        raise failure(source.place, "source.no-table", file=file, table=asked, known=known)
    own = [name for name in names if not folded(name).endswith(folded(rules.batch_suffix))]
    if len(own) != 1:
        raise failure(source.place, "source.which-table", file=file, known=known)
    return own[0]


def _table(source: Source, name: str) -> Source:
    return replace(source, table=name, format=_FORMAT)


def _connect(path: Path) -> sqlite3.Connection:
    """Read-only and immutable, so that nothing is written beside it; functions that a schema names are not trusted."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _CATALOGUE_VALUE)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _tables(connection: sqlite3.Connection) -> tuple[str, ...]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
    return tuple(str(name) for (name,) in rows if not str(name).startswith("sqlite_"))


def _columns(connection: sqlite3.Connection, table: str) -> tuple[TableColumn, ...]:
    rows = connection.execute('SELECT name, type, "notnull" FROM pragma_table_info(?) ORDER BY cid', (table,))
    return tuple(TableColumn(str(name), str(type_), bool(required)) for name, type_, required in rows)


def _declared(columns: Sequence[TableColumn]) -> dict[str, str]:
    """The names that a table gives its columns, by how SQL compares them; only columns that keep text as it is."""
    return {folded(one.name): one.name for one in columns if keeps_text(one.type)}


def keeps_text(declared: str) -> bool:
    """Whether SQLite stores text as it was given in a column of this type: 000001 becomes 1 in an INTEGER or DATE.

    https://www.sqlite.org/datatype3.html, 3.1: affinities by parts of the name.
    """
    type_ = declared.upper()
    if "INT" in type_:
        return False
    return not type_ or any(part in type_ for part in ("CHAR", "CLOB", "TEXT", "BLOB"))


def _judged(chain: Chain, column: str, compiler: Compiler) -> _Judged:
    """The column's chain as one expression: null where it holds, 0 where there is no value, else the rule's number."""
    present = (pl.col(chain.column) != "").fill_null(False)
    steps = [step for step in chain.steps if not step.undecided]
    broken = pl.lit(None, pl.Int16)
    for number, step in reversed(list(enumerate(steps, 1))):
        holds = compiler.condition(step.holds).fill_null(False)
        broken = pl.when(holds).then(broken).otherwise(pl.lit(number, pl.Int16))
    broken = pl.when(present).then(broken).otherwise(pl.lit(0, pl.Int16))
    name = shown(column)
    reasons = [message("exchange-table.value-absent", column=name)]
    for step in steps:
        expected = Text(step.expected.render("zh"), step.expected.render("en"))
        reasons.append(message("exchange-table.value", column=name, expected=expected))
    return _Judged(chain.column, broken, tuple(reasons))


def _valid(named: pl.DataFrame, broken: pl.DataFrame, name: str) -> pl.Series:
    """A column's values that are of their form, null for the others; all null where there is no such column."""
    if not name:
        return pl.Series([None] * named.height, dtype=pl.String)
    return named.select(pl.when(broken[name].is_null()).then(pl.col(name))).to_series()


def _per_batch(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("batch").agg(pl.col("number").sum(), pl.col("time").min(), pl.col("last").max())
