"""Exchange tables: each fault turns exactly one rule red, counts are exact, and a file that is no database is none."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.engine_polars import judge
from conformance.judge.exchange.rules import TABLE_RULES
from conformance.judge.exchange.table import (
    BatchEntry,
    BatchRows,
    TableColumn,
    TableFacts,
    judge_exchange_table,
    without_columns,
)
from conformance.judge.faults import FaultCounter
from conformance.judge.model import Column, Dataset, ExchangeUse
from conformance.judge.rulebook import Tally
from conformance.judge.rules import compile_rules
from conformance.messages import LANGUAGES
from conformance.standard.standards import Standards
from conformance.system.declaration import Source
from conformance.system.exchange_table import TableSource, expected_table, keeps_text
from conformance.system.problem import ConfigurationError, Place
from conformance.system.source import ROW

STANDARDS = Standards.load([("exchange", "2019")])
RULES = STANDARDS.exchange
SPEC = STANDARDS.datasets["cremation"]
DDL = (STANDARDS.exchange_folder() / "schemas" / "cremation.sql").read_text("utf-8")
EXPECTED = expected_table(DDL, RULES)
DATASET = Dataset("exchange.cremation", (), "20261121", exchange=ExchangeUse("exchange-table", SPEC))

#: Three batches, of two, one and two records: (PCH, CZLX, CZSJ, CLZT).
ROWS = (
    ("000001", "I", "20261101080000", "1"),
    ("000001", "I", "20261101080001", "1"),
    ("000002", "U", "20261101080001", "2"),
    ("000003", "D", "20261103000000", "0"),
    ("000003", "I", "20261103000500", "0"),
)
BATCHES = (("000001", "2", "20261101090000"), ("000002", "1", "20261102090000"), ("000003", "2", "20261103090000"))


@dataclass(frozen=True)
class Made:
    """A database: statements are run after the rows were put in."""

    ddl: str = DDL
    rows: Sequence[tuple[str | None, ...]] = ROWS
    batches: Sequence[tuple[str | None, ...]] = BATCHES
    then: tuple[str, ...] = ()

    def write(self, path: Path) -> Source:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(self.ddl)
            own = [column.name for column in EXPECTED.columns]
            for number, row in enumerate(self.rows, 1):
                named = dict(zip(("PCH", "CZLX", "CZSJ", "CLZT"), row, strict=True))
                values = [named.get(name, f"{name}{number}") for name in own]
                connection.execute(f'INSERT INTO "CREMATION" VALUES ({", ".join("?" * len(own))})', values)  # noqa: S608
            connection.executemany('INSERT INTO "CREMATION_PC" VALUES (?, ?, ?)', self.batches)
            for statement in self.then:
                connection.execute(statement)
            connection.commit()
        return Source(path, Place(1, 1, "targets.exchange.cremation.source"))


def judged(source: Source, limit: int = 20) -> tuple[dict[str, Tally], TableSource, int]:
    """The tallies by rule, the opened table, and how many records flowed."""
    faults = FaultCounter(limit)
    opened = TableSource(DATASET, STANDARDS, source, faults)
    rows = sum(frame.height for frame in opened.batches())
    opened.conclude()
    return {rule: tally for (rule, _), tally in faults.tallies(TABLE_RULES).items()}, opened, rows


def reds(tallies: dict[str, Tally]) -> dict[str, int]:
    return {rule: tally.violations for rule, tally in tallies.items() if tally.violations}


def without_not_null(column: str) -> str:
    return re.sub(rf'("{column}" VARCHAR\(\d+\)) NOT NULL', r"\1", DDL)


def test_the_table_of_the_ddl_is_clean_and_each_rule_was_judged(tmp_path: Path) -> None:
    tallies, opened, rows = judged(Made().write(tmp_path / "a.db"))
    assert reds(tallies) == {}
    assert rows == len(ROWS)
    assert {rule: tally.checked for rule, tally in tallies.items()} == {
        "table-columns": len(EXPECTED.columns) + 3,
        "table-types": len(EXPECTED.columns) + 3,
        "table-system": 4 * len(ROWS) + 3 * len(BATCHES),
        "table-order": 3,
        "table-batches": 3,
    }
    assert opened.unread == ()
    assert opened.facts().format == "sqlite"


def test_records_flow_as_text_in_the_order_of_the_dataset(tmp_path: Path) -> None:
    _, opened, _ = judged(Made().write(tmp_path / "a.db"))
    frame = next(opened.batches())
    assert tuple(frame.columns) == (ROW, *SPEC.names)
    assert frame[ROW].to_list() == [1, 2, 3, 4, 5]
    assert frame["XM"].to_list() == [f"XM{number}" for number in range(1, 6)]
    assert opened.locate([3])[3].path == "CREMATION[3]"


CASES: dict[str, tuple[Made, dict[str, int]]] = {
    "a field is missing": (Made(then=('ALTER TABLE "CREMATION" DROP COLUMN "XM"',)), {"table-columns": 1}),
    "a column too many": (Made(then=('ALTER TABLE "CREMATION" ADD COLUMN "JDBZ" TEXT',)), {"table-columns": 1}),
    "a column renamed": (Made(then=('ALTER TABLE "CREMATION" RENAME COLUMN "BZ" TO "BEIZHU"',)), {"table-columns": 2}),
    "no status": (Made(then=('ALTER TABLE "CREMATION" DROP COLUMN "CLZT"',)), {"table-columns": 1}),
    "the batch of rows is named otherwise": (
        Made(then=('ALTER TABLE "CREMATION" RENAME COLUMN "PCH" TO "PICI"',)),
        {"table-columns": 2},
    ),
    "the time is named otherwise": (
        Made(then=('ALTER TABLE "CREMATION" RENAME COLUMN "CZSJ" TO "SHIJIAN"',)),
        {"table-columns": 2},
    ),
    "no batch table": (Made(then=('DROP TABLE "CREMATION_PC"',)), {"table-columns": 1}),
    "no number of records": (Made(then=('ALTER TABLE "CREMATION_PC" DROP COLUMN "JLS"',)), {"table-columns": 1}),
    "one character too short": (Made(DDL.replace('"XM" VARCHAR(30)', '"XM" VARCHAR(29)')), {"table-types": 1}),
    "a batch that is a number": (Made(DDL.replace('"PCH" VARCHAR(6)', '"PCH" INTEGER', 1)), {"table-types": 1}),
    "dates as dates": (Made(DDL.replace('"SWRQ" VARCHAR(8)', '"SWRQ" DATE')), {"table-types": 1}),
    "no type at all": (Made(DDL.replace('"BZ" TEXT', '"BZ"')), {"table-types": 1}),
    "may be null": (Made(without_not_null("CLZT")), {"table-types": 1}),
    "may not be null": (Made(DDL.replace('"BZ" TEXT', '"BZ" TEXT NOT NULL')), {"table-types": 1}),
    "no batch": (Made(rows=(*ROWS, ("", "I", "20261103000600", "0"))), {"table-system": 1}),
    "a batch lost its number": (
        Made(rows=(*ROWS[:2], ("2", "U", "20261101080001", "2"), *ROWS[3:])),
        {"table-system": 1},
    ),
    "batch zero": (Made(rows=(*ROWS, ("000000", "I", "20261103000600", "0"))), {"table-system": 1}),
    "an operation of no list": (Made(rows=(("000001", "X", *ROWS[0][2:]), *ROWS[1:])), {"table-system": 1}),
    "30 February": (Made(rows=(("000001", "I", "20260230080000", "1"), *ROWS[1:])), {"table-system": 1}),
    "24 hours": (Made(rows=(("000001", "I", "20261201240000", "1"), *ROWS[1:])), {"table-system": 1}),
    "status 3": (Made(rows=((*ROWS[0][:3], "3"), *ROWS[1:])), {"table-system": 1}),
    "two wrong in one row": (Made(rows=(("000001", "x", ROWS[0][2], "9"), *ROWS[1:])), {"table-system": 2}),
    "a batch of the batch table is none": (
        Made(batches=(("1", "2", BATCHES[0][2]), *BATCHES[1:])),
        {"table-system": 1},
    ),
    "no number stated": (Made(batches=((BATCHES[0][0], "", BATCHES[0][2]), *BATCHES[1:])), {"table-system": 1}),
    "a gap": (Made(rows=(*ROWS[:2], *ROWS[3:]), batches=(BATCHES[0], BATCHES[2])), {"table-order": 1}),
    "a second too early": (
        Made(rows=(*ROWS[:2], ("000002", "U", "20261101080000", "2"), *ROWS[3:])),
        {"table-order": 1},
    ),
    "a batch not in the batch table": (Made(batches=(BATCHES[0], BATCHES[2])), {"table-batches": 1}),
    "the last batch not in the batch table": (Made(batches=BATCHES[:2]), {"table-batches": 1}),
    "one record fewer": (Made(rows=ROWS[:4]), {"table-batches": 1}),
    "one record more": (Made(rows=(*ROWS, ("000003", "I", "20261103000600", "0"))), {"table-batches": 1}),
    "no record of a batch": (Made(rows=ROWS[:3]), {"table-batches": 1}),
    "a batch far ahead": (
        Made(rows=(*ROWS, ("000009", "I", "20261103000600", "0"))),
        {"table-batches": 1},
    ),
}


@pytest.mark.parametrize(("made", "expected"), CASES.values(), ids=CASES)
def test_one_fault_turns_one_rule_red(tmp_path: Path, made: Made, expected: dict[str, int]) -> None:
    tallies, _, _ = judged(made.write(tmp_path / "a.db"))
    assert reds(tallies) == expected
    for tally in tallies.values():
        assert len(tally.samples) == tally.violations
        assert all(
            sample.reason and all(sample.reason.render(language) for language in LANGUAGES) for sample in tally.samples
        )


NEAR: dict[str, Made] = {
    "names in lower case": Made(DDL.replace('"PCH"', '"pch"').replace('"XM"', '"xm"')),
    "types in other letters and blanks": Made(DDL.replace("VARCHAR(30)", "varchar ( 30 )")),
    "columns in another order": Made(
        then=(
            'ALTER TABLE "CREMATION" DROP COLUMN "BZ"',
            'ALTER TABLE "CREMATION" ADD COLUMN "BZ" TEXT',
        )
    ),
    "earlier batches were cleared": Made(rows=ROWS[2:], batches=BATCHES[1:]),
    "a table that is nobody's": Made(then=('CREATE TABLE "OTHER" ("A" INTEGER)',)),
    "a batch without records": Made(batches=(*BATCHES, ("000004", "0", "20261104090000"))),
    "leading zeros of a number": Made(batches=((BATCHES[0][0], "002", BATCHES[0][2]), *BATCHES[1:])),
    "nothing yet": Made(rows=(), batches=()),
}


@pytest.mark.parametrize("made", NEAR.values(), ids=NEAR)
def test_near_misses_stay_clean(tmp_path: Path, made: Made) -> None:
    assert reds(judged(made.write(tmp_path / "a.db"))[0]) == {}


def test_a_batch_twice_in_a_batch_table_without_key(tmp_path: Path) -> None:
    ddl = DDL.rpartition("CREATE TABLE")
    loose = ddl[0] + ddl[1] + re.sub(r',([^,]*)\n\s*PRIMARY KEY \("PCH"\)', r"\1", ddl[2])
    made = Made(loose, batches=(*BATCHES, BATCHES[0]))
    assert reds(judged(made.write(tmp_path / "a.db"))[0]) == {"table-batches": 1}


def test_a_field_that_the_database_rewrites_is_not_judged_by_its_values(tmp_path: Path) -> None:
    """000001 in a column of numbers is 1: that is a fault of the type, and of no value."""
    made = Made(
        DDL.replace('"HJDXZQHDM" VARCHAR(6)', '"HJDXZQHDM" INTEGER'), then=('ALTER TABLE "CREMATION" DROP COLUMN "XM"',)
    )
    _, opened, _ = judged(made.write(tmp_path / "a.db"))
    assert opened.unread == ("XM", "HJDXZQHDM")
    frame = next(opened.batches())
    assert frame["XM"].null_count() == frame.height == len(ROWS)
    columns = [Column(field.name, field.element, field.name, mandatory=True) for field in SPEC.fields]
    book = without_columns(compile_rules(replace(DATASET, columns=tuple(columns)), STANDARDS), opened.unread)
    found = judge(book, opened.batches, {})
    assert {chain.column for chain in book.chains if chain.mandatory is None} == set(opened.unread)
    assert [tally for (_, label), tally in found.tallies.items() if label == "XM" and tally.checked] == []


@pytest.mark.parametrize(
    ("declared", "kept"),
    [("VARCHAR(6)", True), ("text", True), ("", True), ("INTEGER", False), ("DATE", False), ("NUMERIC(6)", False)],
)
def test_sqlite_keeps_text_as_it_is_where_we_say_so(declared: str, kept: bool) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t (a {declared})")
        connection.execute("INSERT INTO t VALUES ('000001')")
        found = connection.execute("SELECT a FROM t").fetchone()[0]
    assert (found == "000001") is keeps_text(declared) is kept


def test_counts_are_exact_and_samples_bounded_in_row_order(tmp_path: Path) -> None:
    rows = tuple(("000001", "I", f"2026110108{number // 60:02d}{number % 60:02d}", "9") for number in range(50))
    made = Made(rows=rows, batches=(("000001", "50", BATCHES[0][2]),))
    tallies, _, _ = judged(made.write(tmp_path / "a.db"), limit=3)
    assert reds(tallies) == {"table-system": 50}
    assert [sample.row for sample in tallies["table-system"].samples] == [1, 2, 3]


def test_reading_again_tells_nothing_again(tmp_path: Path) -> None:
    faults = FaultCounter(20)
    opened = TableSource(
        DATASET, STANDARDS, Made(rows=((*ROWS[0][:3], "3"), *ROWS[1:])).write(tmp_path / "a.db"), faults
    )
    first, second = (tuple(frame.rows() for frame in opened.batches()) for _ in range(2))
    opened.conclude()
    assert first == second
    assert faults.tallies(["table-system"])["table-system", ""].violations == 1


def no_database(path: Path) -> None:
    path.write_text("GMSFHM,XM\n", "utf-8")


def cut_short(path: Path) -> None:
    Made(rows=[("000001", "I", f"202611010{i:05d}", "0") for i in range(2000)]).write(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def overwritten(path: Path) -> None:
    Made().write(path)
    content = bytearray(path.read_bytes())
    content[100:4000] = bytes(3900)
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [no_database, cut_short, overwritten, Path.touch])
def test_a_file_that_cannot_be_read_is_a_matter_of_the_configuration(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.db"
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError):
        judged(Source(path, Place(1, 1, "targets.x.source")))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.db"]


@pytest.mark.parametrize(
    ("changes", "id_"),
    [
        ({"query": "SELECT 1"}, "source.option"),
        ({"format": "csv"}, "source.format"),
        ({"table": "NOWHERE"}, "source.no-table"),
    ],
)
def test_what_the_declaration_says_wrong(tmp_path: Path, changes: dict[str, str], id_: str) -> None:
    source = Made().write(tmp_path / "a.db")
    source = Source(source.path, source.place, **changes)
    with pytest.raises(ConfigurationError) as error:
        judged(source)
    assert error.value.problems[0].message.id == id_


def test_a_table_of_another_name_is_found_if_it_is_the_only_one(tmp_path: Path) -> None:
    renamed = DDL.replace('"CREMATION', '"T_HHXX')
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.executescript(renamed)
    source = Source(tmp_path / "a.db", Place(1, 1, "targets.x.source"))
    tallies, opened, rows = judged(source)
    assert (reds(tallies), rows) == ({}, 0)
    assert opened.locate([1])[1].path == "T_HHXX[1]"


#: A plain model of a table: for each record its batch and minute, for each batch what the batch table states.
RECORDS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 9)), max_size=12)
STATED = st.dictionaries(st.integers(1, 6), st.integers(0, 4), max_size=6)


@settings(max_examples=200, deadline=None)
@given(RECORDS, STATED)
def test_order_and_batches_agree_with_a_plain_count(records: list[tuple[int, int]], stated: dict[int, int]) -> None:
    by_batch = {batch: [minute for one, minute in records if one == batch] for batch, _ in records}
    facts = TableFacts(
        "a.db",
        "T",
        (TableColumn("PCH", "VARCHAR(6)", not_null=True),),
        "T_PC",
        (),
        batches=tuple(
            BatchRows(f"{batch:06d}", len(by_batch[batch]), str(min(by_batch[batch])), str(max(by_batch[batch])))
            for batch in sorted(by_batch)
        ),
        listed=tuple(BatchEntry(row, f"{batch:06d}", stated[batch]) for row, batch in enumerate(sorted(stated), 1)),
    )
    faults = FaultCounter(99)
    judge_exchange_table(facts, EXPECTED, faults)
    tallies = faults.tallies(["table-order", "table-batches"])
    every = sorted(by_batch.keys() | stated.keys())
    gaps = sum(b - a > 1 and (not stated or b in stated) for a, b in pairwise(every))
    timed = sorted(by_batch)
    early = sum(min(by_batch[b]) < max(by_batch[a]) for a, b in pairwise(timed))
    unlisted = len(by_batch.keys() - stated.keys())
    wrong = sum(len(by_batch.get(batch, ())) != number for batch, number in stated.items())
    assert tallies["table-order", ""].violations == gaps + early
    assert tallies["table-batches", ""].violations == unlisted + wrong
    assert tallies["table-batches", ""].checked == max(len(every), unlisted + wrong)
