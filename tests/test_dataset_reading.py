"""Reading sources: the same records from every format, nothing guessed, nothing cut off, nothing silently repaired."""

from __future__ import annotations

import csv
import datetime
import io
import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.system import csv_source, jsonl_source, text_file
from conformance.system.csv_shape import Shape, ShapeCheck, ShapeFault
from conformance.system.dataset import open_source
from conformance.system.declaration import Source
from conformance.system.problem import ConfigurationError, Place
from conformance.system.source import ROW

ROWS = [("01", "张三", ""), ("2", " 李,四 ", "x"), ("3", "王\n五", "NULL")]
NAMES = ("NO", "XM", "BZ")


def source(path: Path, **options: str) -> Source:
    return Source(path=path, place=Place(7, 14, "targets.t.source.path"), **options)


def rows(
    path: Path, names: tuple[str, ...] = NAMES, where: dict[str, tuple[str, ...]] | None = None, **options: str
) -> list[tuple[str, ...]]:
    opened = open_source(source(path, **options), names, where)
    read = [row for batch in opened.batches() for row in batch.select(names).rows()]
    lazy = opened.lazy()
    if lazy is not None:
        with opened.guard():
            assert lazy.collect().rows() == read
    return [tuple(value or "" for value in row) for row in read]


def problem_id(path: Path, names: tuple[str, ...] = ("a",), **options: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        rows(path, names, None, **options)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0].message.id


def problem_line(path: Path, **options: str) -> int:
    with pytest.raises(ConfigurationError) as caught:
        rows(path, ("a",), None, **options)
    line = caught.value.problems[0].message.params["line"]
    assert isinstance(line, int)
    return line


def csv_text(delimiter: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([NAMES, *ROWS])
    return text.getvalue()


def write_sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("create table person (NO, XM, BZ)")
    connection.executemany("insert into person values (?, ?, ?)", ROWS)
    connection.commit()
    connection.close()


def write_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (NAMES, *ROWS):
        book.active.append(row)
    book.save(path)


def test_every_format_gives_the_same_records(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text(), encoding="utf-8", newline="")
    (tmp_path / "bom.csv").write_text(csv_text(end="\r\n"), encoding="utf-8-sig", newline="")
    (tmp_path / "gb.csv").write_bytes(csv_text(";").encode("gb18030"))
    (tmp_path / "a.tsv").write_text(csv_text("\t"), encoding="utf-8", newline="")
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(dict(zip(NAMES, row, strict=True))) for row in ROWS))
    pl.DataFrame(ROWS, schema=list(NAMES), orient="row").write_parquet(tmp_path / "a.parquet")
    write_sqlite(tmp_path / "a.db")
    write_xlsx(tmp_path / "a.xlsx")
    for name in ("a.csv", "bom.csv", "gb.csv", "a.tsv", "a.jsonl", "a.parquet", "a.db", "a.xlsx"):
        assert rows(tmp_path / name) == ROWS, name
        assert rows(tmp_path / name, ("XM",), {"NO": ("01", "3"), "BZ": ("",)}) == [("张三",)], name


def test_what_was_detected_is_told(tmp_path: Path) -> None:
    content = csv_text(";").encode("gb18030")
    (tmp_path / "gb.csv").write_bytes(content)
    facts = open_source(source(tmp_path / "gb.csv"), ()).facts
    assert (facts.format, facts.encoding, facts.delimiter, facts.bytes) == ("csv", "gb18030", ";", len(content))
    (tmp_path / "bom.csv").write_bytes("﻿a\n1\n".encode())
    opened = open_source(source(tmp_path / "bom.csv"), ("a",))
    assert (opened.facts.encoding, opened.columns, opened.rows) == ("utf-8-sig", ("a",), 1)


def test_records_are_numbered_as_they_stand_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n2\n1\n")
    opened = open_source(source(tmp_path / "a.csv"), ("a",), {"a": ("1",)})
    assert [row for batch in opened.batches() for row in batch.get_column(ROW)] == [1, 3]


def test_batches_are_bounded_and_in_file_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_source, "BATCH_ROWS", 1000)
    monkeypatch.setattr(jsonl_source, "BATCH_ROWS", 1000)
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(f"{n},x\n" for n in range(5500)))
    (tmp_path / "a.jsonl").write_text("".join(f'{{"a": {n}}}\n' for n in range(5500)))
    for name in ("a.csv", "a.jsonl"):
        batches = list(open_source(source(tmp_path / name), ("a",)).batches())
        assert max(batch.height for batch in batches) <= 1000
        assert pl.concat(batches)["a"].to_list() == [str(n) for n in range(5500)]


def test_native_values_become_the_text_of_the_standards(tmp_path: Path) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=8))
    frame = pl.DataFrame(
        {
            "integer": [370102199001011234, None],
            "float": [1.0, 1e-7],
            "large": [1e20, -0.0],
            "decimal": [Decimal("1.50"), None],
            "day": [datetime.date(1990, 1, 2), None],
            "instant": [datetime.datetime(2020, 1, 2, 3, 4, 5, 999, tzinfo=zone), None],
            "time": [datetime.time(3, 4, 5), None],
            "flag": [True, False],
        }
    ).with_columns(pl.col("instant").dt.convert_time_zone("Asia/Shanghai"))
    frame.write_parquet(tmp_path / "a.parquet")
    assert rows(tmp_path / "a.parquet", tuple(frame.columns)) == [
        ("370102199001011234", "1", "1" + "0" * 20, "1.50", "19900102", "20200102030405", "030405", "1"),
        ("", "0.0000001", "0", "", "", "", "", "0"),
    ]


def test_excel_cells_become_the_text_of_the_standards(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["号", "日", "时", "数", "真"])
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5)
    book.active.append(["0042", datetime.date(1990, 1, 2), moment, 7, True])
    book.active.append([None, None, None, 1.25, False])
    book.save(tmp_path / "a.xlsx")
    assert rows(tmp_path / "a.xlsx", ("号", "日", "时", "数", "真")) == [
        ("0042", "19900102", "20200102030405", "7", "1"),
        ("", "", "", "1.25", "0"),
    ]


def test_json_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1.50, "b": 12345678901234567890123}\n\n{"b": 1e5, "a": true}\n{"a": null}\n')
    assert rows(path, ("a", "b")) == [("1.50", "12345678901234567890123"), ("1", "1e5"), ("", "")]


@pytest.mark.parametrize(
    ("line", "id_"),
    [
        (b'{"a": 1', "source.json"),
        (b'{"a": NaN}', "source.json"),
        (b'{"a": "\\ud83d"}', "source.json"),
        (b'{"a": 1} {"a": 2}', "source.json"),
        (b'{"a": 1, "a": 2}', "source.json-twice"),
        (b"[1]", "source.json-object"),
        (b'{"a": [1]}', "source.nested-line"),
        (b'{"a": {"b": 1}}', "source.nested-line"),
        (b'{"b": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "source.json-deep"),
        (b'{"b": "\xff"}', "source.encoding-none"),
    ],
)
def test_a_broken_json_line_is_told_with_its_number(tmp_path: Path, line: bytes, id_: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": "1"}\n{"a": "2"}\n' + line + b"\n")
    assert problem_id(path) == id_
    assert problem_line(path) == 3


@pytest.mark.parametrize(
    ("content", "id_", "line"),
    [
        (b"a,b\n1,2\n3\n", "source.width", 3),
        (b"a,b\n1,2\n\n", "source.blank", 3),
        (b"a,b\n1,2,\n", "source.width", 2),
        (b'a,b\n"1\n2",3\n4\n', "source.width", 4),
        (b'a,b\n1,"2\n3,4\n', "source.open-quote", 2),
        (b'a,b\n1,x"2,3"\n', "source.stray-quote", 2),
        (b'a,b\n1,"2"x\n', "source.stray-quote", 2),
        (b'a,b\n1,"2\n\x00"\n', "source.nul", 3),
        (b"a,b\n1,2\n3,\x00\n", "source.nul", 3),
        (b"a,b\n1,2\n3,\xff\n", "source.encoding-none", 3),
    ],
)
def test_a_broken_csv_line_is_told_with_its_number(tmp_path: Path, content: bytes, id_: str, line: int) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert problem_id(path) == id_
    assert problem_line(path) == line


def test_faults_far_into_a_file_are_found(tmp_path: Path) -> None:
    good = "张三,二\n".encode() * 100_000
    for fault, id_ in (
        (b"1\n", "source.width"),
        (b"\xb9\xab,2\n", "source.encoding-none"),
        (b'"1,2\n', "source.open-quote"),
    ):
        path = tmp_path / "a.csv"
        path.write_bytes(b"a,b\n" + good + fault + good)
        assert problem_id(path) == id_
        assert problem_line(path) == 100_002


def test_the_first_byte_that_is_no_gb18030_is_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n" + "姓名\n".encode("gb18030") * 100_000 + b"\xff\n")
    assert problem_id(path) == "source.encoding-none"
    assert problem_line(path) == 100_002


def test_an_endless_line_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "MAX_LINE", 1 << 20)
    for name in ("a.csv", "a.jsonl"):
        with (tmp_path / name).open("wb") as file:
            file.write(b"a\n1\n")
            file.truncate(1 << 40)
        assert problem_id(tmp_path / name) == "source.line-too-long"
        assert problem_line(tmp_path / name) == 3


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    opened = open_source(source(path), ("a",))
    path.write_text("a\n1\n2\n")
    with pytest.raises(ConfigurationError, match=r"source\.changed"):
        list(opened.batches())


def test_short_gb18030_text_is_not_taken_for_utf_8(tmp_path: Path) -> None:
    """C4 A3 is 模 in GB 18030 and ģ in UTF-8: what was declared holds."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n\xc4\xa3\n")
    assert rows(path, ("a",), encoding="gb18030") == [("模",)]


def test_a_file_without_quoting_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"x,y"\n')
    assert rows(path, ("a", "b"), quote="") == [('"x', 'y"')]


def test_sqlite_is_read_only_and_closed(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "a.db")
    query = "SELECT NO AS a FROM person ORDER BY NO DESC"
    assert rows(tmp_path / "a.db", ("a",), query=query) == [("3",), ("2",), ("01",)]
    for wrong in (
        "DELETE FROM person RETURNING NO AS a",
        "ATTACH 'x.db' AS x",
        "SELECT 1 AS a; SELECT 2",
        "PRAGMA journal_mode",
    ):
        assert problem_id(tmp_path / "a.db", query=wrong) == "source.sqlite-query"
    assert not (tmp_path / "x.db").exists()
    (tmp_path / "a.db-wal").write_bytes(b"x")
    assert problem_id(tmp_path / "a.db", ("NO",)) == "source.sqlite-open"


def test_sqlite_values_become_text_and_blobs_do_not(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("create table t (a, b)")
    connection.execute("insert into t values (1e21, 7), (0.5, x'00')")
    connection.commit()
    connection.close()
    assert rows(tmp_path / "a.db", ("a",)) == [("1" + "0" * 21,), ("0.5",)]
    assert problem_id(tmp_path / "a.db", ("b",)) == "source.nested"


FIELDS = st.text(alphabet='ab,;"\n\r 张', max_size=5)
RECORDS = st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(FIELDS, min_size=n, max_size=n), max_size=6))


@settings(max_examples=100, deadline=None)
@given(
    records=RECORDS, quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), end=st.sampled_from(["\n", "\r\n"])
)
def test_whatever_csv_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, records: list[list[str]], quoting: int, end: str
) -> None:
    width = len(records[0]) if records else 1
    names = tuple(f"c{number}" for number in range(width))
    if any("\r" in field for record in records for field in record):
        quoting = csv.QUOTE_ALL  # Python writes a carriage return at the end of a line without quotes
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=end).writerows([names, *records])  # type: ignore[arg-type]
    path = tmp_path_factory.getbasetemp() / "property.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    assert rows(path, names, delimiter=",", quote='"') == [tuple(record) for record in records]


@settings(max_examples=1000, deadline=None)
@given(text=st.text(alphabet='a,"\n', max_size=30), cut=st.integers(1, 8))
def test_the_shape_check_lets_nothing_through_that_a_strict_reader_would_see_otherwise(text: str, cut: int) -> None:
    """What it accepts, a CSV reader sees as records of just that many fields; blocks may end at any line."""
    check = ShapeCheck(Shape(b",", b'"', 2))
    lines = text.encode().splitlines(keepends=True)
    try:
        for start in range(0, len(lines), cut):
            check.feed(b"".join(lines[start : start + cut]))
        check.finish()
    except ShapeFault:
        return
    seen = list(csv.reader(io.StringIO(text, newline="")))
    assert [len(record) for record in seen] == [2] * check.records
