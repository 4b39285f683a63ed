"""CSV files of records: what is read, what is told of it, and where it stands; Python's own reader agrees."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.judge.faults import FaultCounter
from conformance.standard.standards import Standards
from conformance.system.records.model import FileClaim
from conformance.system.records.opening import open_records
from conformance.system.source import ROW

STANDARDS = Standards.load([("exchange", "2019")])
SPEC = STANDARDS.datasets["birth-registration"]
assert STANDARDS.exchange is not None
RULES = STANDARDS.exchange


class Case:
    """A file that was read: ``faults`` are (rule, line, record), in order by rule."""

    def __init__(self, path: Path, content: bytes | str, encoding: str = "UTF-8") -> None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.counter = FaultCounter(50)
        self.file = open_records(FileClaim("data/x.csv", path, "csv", encoding), SPEC, RULES, self.counter)
        frames = list(self.file.batches())
        self.frame = pl.concat(frames) if frames else pl.DataFrame(schema=[ROW, *self.file.columns])
        self.tallies = self.counter.tallies(self.file.rules_judged)
        self.checked = tuple(tally.checked for tally in self.tallies.values())

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The records without absent fields, with their numbers under ``row``."""
        return [
            {("row" if name == ROW else name): value for name, value in row.items() if value}
            for row in self.frame.to_dicts()
        ]

    @property
    def faults(self) -> list[tuple[str, int, int]]:
        found = []
        for (rule, _), tally in self.tallies.items():
            for sample in tally.samples:
                where = sample.where or self.file.locate([sample.row])[sample.row]
                assert sample.reason is not None
                assert "?" not in sample.reason.render("en")
                found.append((rule, where.line, sample.row))
        return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_columns_in_any_order(path: Path, mark: str, end: str) -> None:
    case = Case(path, mark + end.join(["XM,CZLX,HH", "张三,I,", '"李""四,\n",U,"7"', ",,1"]))
    inner = {"row": 2, "CZLX": "U", "XM": '李"四,\n', "HH": "7"}
    assert case.rows == [{"row": 1, "CZLX": "I", "XM": "张三"}, inner, {"row": 3, "HH": "1"}]
    assert case.frame.schema == {ROW: pl.UInt32, **dict.fromkeys(case.file.columns, pl.String)}
    assert (case.faults, case.file.records, case.checked) == ([], 3, (1, 1, 4, 3))
    assert case.file.header is None
    assert {row: where.line for row, where in case.file.locate([1, 2, 3]).items()} == {1: 2, 2: 3, 3: 5}
    assert json.loads(case.file.fragments([2])[2]) == {"CZLX": "U", "XM": '李"四,\n', "HH": "7"}


def test_a_column_that_the_dataset_does_not_have(path: Path) -> None:
    case = Case(path, "XM,Y,HH\na,b,d\n")
    assert case.faults == [("structure", 1, 0)]
    assert case.rows == [{"row": 1, "XM": "a", "HH": "d"}]


def test_a_column_that_stands_twice(path: Path) -> None:
    case = Case(path, "XM,HH,XM\na,b,d\n")
    assert [fault[0] for fault in case.faults] == ["structure"]


def test_names_and_no_record(path: Path) -> None:
    case = Case(path, "XM,HH")
    assert (case.faults, case.file.records, case.rows) == ([], 0, [])


@pytest.mark.parametrize(
    ("content", "line"),
    [("", 1), ("XM,HH\na,1\nb\n", 3), ("XM,HH\na,1\nb,2,3\n", 3), ("XM,HH\na,1\n\nb,2\n", 3),
     ('XM,HH\na,1\n"b,2\nc,3\n', 3),
     ('XM,HH\na,1\nb"c,2\n', 3), ('XM,HH\na,1\n"b"c,2\n', 3)],
    ids=["empty", "narrow", "wide", "blank", "open quote", "stray quote", "quote closed early"],
)  # fmt: skip
def test_what_is_no_csv(path: Path, content: str, line: int) -> None:
    case = Case(path, content)
    assert case.faults == [("well-formed", line, 0)]
    assert (case.file.records, case.checked[:2]) == (None, (1, 1))


def test_what_a_spreadsheet_would_run(path: Path) -> None:
    bad = ["=1+1", "+a", "-x", "@b", '"\tc"', '"\rd"', "+86-1", "--1", "+"]
    good = ["-1", "+1.50", "1=1", "a@b", "-0"]
    case = Case(path, "XM,HH\n" + "".join(f"{cell},1\n" for cell in [*good, *bad]) + "a,-y\n")
    assert case.faults == [("formula", row + 1, row) for row in range(6, 16)]
    assert case.tallies["formula", ""].checked == 15
    told = [sample.reason.render() for sample in case.tallies["formula", ""].samples if sample.reason]
    assert ["XM" in text for text in told] == [True] * 9 + [False]


@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [("XM\n张\n".encode("gb18030"), "UTF-8", 2), ("XM\n张\n".encode(), "GB18030", 1),
     ("XM\na\n".encode("utf-16"), "UTF-8", 1),
     (b"XM\na\nb\0\n", "UTF-8", 3), ("XM\na\nb\ufeff\n".encode(), "UTF-8", 3), (b"X\xff,\n", "UTF-8", 1)],
    ids=["gb18030", "utf-8", "utf-16", "nul", "bom", "header"],
)  # fmt: skip
def test_bytes_that_the_encoding_does_not_have(path: Path, content: bytes, encoding: str, line: int) -> None:
    case = Case(path, content, encoding)
    assert case.faults == [("encoding", line, 0)]
    assert (case.file.records, case.checked[1:]) == (None, (0, 0, 0))


def test_gb18030_is_read(path: Path) -> None:
    case = Case(path, "XM,HH\n𠮷㐀张,1\n".encode("gb18030"), "GB18030")
    assert (case.rows, case.faults) == ([{"row": 1, "XM": "𠮷㐀张", "HH": "1"}], [])


def test_only_the_first_reading_tells(path: Path) -> None:
    case = Case(path, "XM,X\n=a,1\nb,2\n")
    before = case.tallies
    assert pl.concat(list(case.file.batches())).equals(case.frame)
    assert case.counter.tallies(case.file.rules_judged) == before


LIMITS = RULES.limits


@pytest.mark.parametrize(
    "content",
    [b"XM,HH\n" + b"a" * 20_000_000, b"a" * 20_000_000, b"XM,HH\n" + b"," * 20_000_000,
     b"XM,HH\nb,1\n" + b"a" * (LIMITS.value_characters + 1) + b",1\nc,2\n"],
    ids=["line", "header", "cells", "value"],
)  # fmt: skip
def test_nothing_grows_without_bound(path: Path, content: bytes) -> None:
    case = Case(path, content)
    assert [fault[0] for fault in case.faults] == ["well-formed"]
    assert case.file.records is None


CELLS = st.sampled_from(["", "a", "张三", "𠮷", "1", "-1", "=1", "a,b", 'a"b', '"', "a\nb", "\r\n", " ", "x" * 30])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_python_reads_the_same(tmp_path: Path, records: list[tuple[str, str]], end: str) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([("XM", "HH"), *records])
    case = Case(tmp_path / "x", text.getvalue())
    read = [(row["row"], row.get("XM", ""), row.get("HH", "")) for row in case.rows]
    assert read == [(number, *record) for number, record in enumerate(records, 1)]
    numbers = range(1, len(records) + 1)
    expected = [{name: cell for name, cell in zip(("XM", "HH"), record, strict=True) if cell} for record in records]
    assert [json.loads(case.file.fragments([number])[number]) for number in numbers] == expected
    lines = [1 + text.getvalue().count("\n", 0, place) for place in starts(text.getvalue(), len(records))]
    assert [case.file.locate([number])[number].line for number in numbers] == lines
    cells = [cell for record in records for cell in record]
    assert case.tallies["formula", ""].violations == sum(cell[:1] in ("=", "\r") for cell in cells)


def starts(text: str, records: int) -> list[int]:
    """Where records begin: behind line feeds outside of quotes."""
    feeds = [place + 1 for place, one in enumerate(text) if one == "\n" and text.count('"', 0, place) % 2 == 0]
    return feeds[:records]


@pytest.mark.parametrize("format_", ["xml", "json", "jsonl", "csv"])
def test_a_file_is_opened_by_its_format(path: Path, format_: str) -> None:
    path.write_bytes(b"")
    opened = open_records(FileClaim("data/x", path, format_, "UTF-8"), SPEC, RULES, FaultCounter(5))
    assert type(opened).__name__.lower().startswith(format_.removesuffix("l"))
    assert list(opened.batches()) == []
