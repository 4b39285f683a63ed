"""JSON files of records: what is read, what is told of it, and where it stands."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from conformance.judge.faults import FaultCounter
from conformance.judge.rulebook import Tally
from conformance.standard.standards import Standards
from conformance.system.records.json_file import JsonFile
from conformance.system.records.json_lines_file import JsonLinesFile
from conformance.system.records.json_records import JsonRecords
from conformance.system.records.model import FileClaim
from conformance.system.source import ROW

STANDARDS = Standards.load([("exchange", "2019")])
SPEC = STANDARDS.datasets["birth-registration"]
assert STANDARDS.exchange is not None
RULES = STANDARDS.exchange
HEADER = {"packageId": "p", "dataset": "birth-registration", "edition": "2020", "records": 2}
PERSON = {"CZLX": "I", "CSYXZMBH": "L370000001", "XM": "张三", "CSRQ": "20200101"}


class Case:
    """A file that was read: ``faults`` are (rule, line, path, message id), in order by rule."""

    def __init__(self, path: Path, content: bytes, kind: str = "json", encoding: str = "UTF-8", fast: bool = True):
        path.write_bytes(content)
        self.counter = FaultCounter(50)
        of_kind: type[JsonRecords] = JsonFile if kind == "json" else JsonLinesFile
        self.file = of_kind(FileClaim(f"data/x.{kind}", path, kind, encoding), SPEC, RULES, self.counter, fast)
        frames = list(self.file.batches())
        self.frame = pl.concat(frames) if frames else pl.DataFrame(schema=[ROW, *self.file.columns])
        self.tallies: Mapping[tuple[str, str], Tally] = self.counter.tallies(self.file.rules_judged)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The records without absent fields, with their numbers under ``row``."""
        return [
            {("row" if name == ROW else name): value for name, value in row.items() if value is not None}
            for row in self.frame.to_dicts()
        ]

    @property
    def faults(self) -> list[tuple[str, int, str, str]]:
        return [
            (rule, sample.where.line, sample.where.path, sample.reason.id)
            for (rule, _), tally in self.tallies.items()
            for sample in tally.samples
            if sample.where and sample.reason
        ]

    def checked(self) -> tuple[int, ...]:
        return tuple(tally.checked for tally in self.tallies.values())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x"


def document(*records: Any, header: Any = HEADER, **layout: Any) -> bytes:
    return json.dumps({"header": header, "body": list(records)}, ensure_ascii=False, **layout).encode()


@pytest.mark.parametrize(
    "layout", [{}, {"separators": (",", ":")}, {"indent": 1}, {"indent": 12}, {"ensure_ascii": True}]
)
def test_records_are_read_however_they_are_laid_out(path: Path, layout: dict[str, Any]) -> None:
    layout = {"ensure_ascii": False, **layout}
    content = json.dumps({"header": HEADER, "body": [PERSON, {"XM": '"\\李\n'}]}, **layout).encode()
    case = Case(path, content)
    assert case.rows == [{"row": 1, **PERSON}, {"row": 2, "XM": '"\\李\n'}]
    assert case.frame.schema == {ROW: pl.UInt32, **dict.fromkeys(case.file.columns, pl.String)}
    assert case.file.records == 2
    assert case.file.header == {**HEADER, "records": "2"}
    assert (case.faults, case.checked()) == ([], (1, 1, 3))


def test_the_body_may_stand_before_the_header(path: Path) -> None:
    case = Case(path, json.dumps({"body": [PERSON], "header": HEADER}).encode())
    assert (case.faults, case.file.records, len(case.rows)) == ([], 1, 1)
    assert case.file.header is not None


def test_no_record_is_no_fault(path: Path) -> None:
    case = Case(path, document())
    assert (case.faults, case.file.records, case.checked()) == ([], 0, (1, 1, 1))


def test_absent_and_empty_are_kept_apart(path: Path) -> None:
    case = Case(path, document({"XM": ""}, {}))
    assert case.rows == [{"row": 1, "XM": ""}, {"row": 2}]
    assert case.faults == []


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [("1.50", "1.50", "number"), ("-0", "-0", "number"), ("1E400", "1E400", "number"), ("true", "true", "boolean"),
     ("null", None, "null"), ('{"a": [1]}', None, "object"), ('["},{"]', None, "array")],
)  # fmt: skip
def test_values_that_are_no_text(path: Path, value: str, text: str | None, kind: str) -> None:
    body = '[{"XM": "a"},\n{"XM": %s, "HH": "1"},\n{"XM": "b"}]' % value  # noqa: UP031
    case = Case(path, b'{"header": %s, "body": %s}' % (json.dumps(HEADER).encode(), body.encode()))
    assert case.faults == [("structure", 2, "$.body[1].XM", f"records.json.{kind}")]
    assert [row.get("XM") for row in case.rows] == ["a", text, "b"]
    assert case.rows[1]["HH"] == "1"


def test_elements_that_are_no_records_keep_their_numbers(path: Path) -> None:
    case = Case(path, document(PERSON, 5, [PERSON, PERSON], "x", PERSON))
    assert [row["row"] for row in case.rows] == [1, 5]
    assert case.file.records == 5
    assert [fault[2:] for fault in case.faults] == [(f"$.body[{n}]", "records.json.no-object") for n in (1, 2, 3)]


def test_names_that_the_dataset_does_not_have(path: Path) -> None:
    header = b'{"packageId": 1, "dataset": "d", "records": "2", "x": ""}'
    content = b'{"header": %s, "more": [{}], "body": [{"Y": "", "XM": "a"}]}' % header
    case = Case(path, content)
    assert {fault[2:] for fault in case.faults} == {
        ("$.header.packageId", "records.json.header-text"), ("$.header.records", "records.json.header-number"),
        ("$.header", "records.json.unknown"), ("$.header", "records.json.missing"),
        ("$", "records.json.unknown"), ("$.body[0]", "records.json.unknown"),
    }  # fmt: skip
    assert case.tallies["structure", ""].violations == len(case.faults) == 6
    assert case.rows == [{"row": 1, "XM": "a"}]


@pytest.mark.parametrize(
    ("content", "id_"),
    [(b'{"header": {}}', "missing"), (b'{"body": []}', "missing"), (b'{"header": 1, "body": []}', "no-header-object"),
     (b'{"header": {}, "body": {}}', "no-array"), (b"[]", "top"), (b"3", "top")],
)  # fmt: skip
def test_an_envelope_of_another_shape(path: Path, content: bytes, id_: str) -> None:
    case = Case(path, content)
    assert f"records.json.{id_}" in {fault[3] for fault in case.faults}
    assert {fault[0] for fault in case.faults} == {"structure"}


def test_faults_that_do_not_hide_where_a_record_ends(path: Path) -> None:
    body = b'[{"XM": "a", "XM": "b"},\n{"XM": NaN},\n{"XM": "\\ud800", "HH": "\\ud83d\\ude00"}]'
    case = Case(path, b'{"header": %s, "body": %s}' % (json.dumps(HEADER).encode(), body))
    assert [fault for fault in case.faults if fault[0] == "well-formed"] == [
        ("well-formed", 1, "$.body[0]", "records.json.twice"),
        ("well-formed", 2, "$.body[1]", "records.json.constant"),
        ("well-formed", 3, "$.body[2]", "records.json.surrogate"),
    ]
    assert case.rows == [{"row": 1, "XM": "b"}, {"row": 2, "XM": "NaN"}, {"row": 3, "HH": "😀"}]
    assert case.file.records == 3


@pytest.mark.parametrize(
    "broken",
    [b'{"XM": "a"', b'{"XM": "a', b"{'XM': 'a'}", b'{"XM": "a",}', b'{"XM": "\\x"}', b'{"XM": "a\tb"}', b'{"XM" "a"}',
     b'{"XM": 01}', b'{"XM": "a"} {"XM": "a"}', b'{"XM": "a"b"}', b", ", b'{"XM": \xc2\xa0"a"}', b'{"XM": tru}'],
)  # fmt: skip
def test_what_is_no_json_ends_the_reading(path: Path, broken: bytes) -> None:
    for tail in (b"", b', {"XM": "z"}]}'):
        case = Case(path, b'{"header": {}, "body": [{"XM": "y"}, ' + broken + tail)
        assert [fault[0] for fault in case.faults if fault[0] != "structure"] == ["well-formed"]
        assert case.rows[0] == {"row": 1, "XM": "y"}
        assert {row.get("XM") for row in case.rows} <= {"y", "a"}
        assert case.file.records is None
        assert case.checked()[:2] == (1, 1)


@pytest.mark.parametrize("tail", [b"x", b"{}", b"]", b"\n\n,"])
def test_nothing_may_follow(path: Path, tail: bytes) -> None:
    case = Case(path, document(PERSON) + tail)
    assert [fault[3] for fault in case.faults] == ["records.json.after"]
    assert case.file.records is None


def test_a_part_that_stands_twice_ends_the_reading(path: Path) -> None:
    case = Case(path, b'{"header": %s, "body": [{"XM": "a"}], "body": [{"XM": "b"}]}' % json.dumps(HEADER).encode())
    assert [fault[3] for fault in case.faults] == ["records.json.twice"]
    assert len(case.rows) == 1


def encoded(codec: str, before: bytes = b"", after: bytes = b"") -> Callable[[str], bytes]:
    return lambda text: before + text.encode(codec) + after


@pytest.mark.parametrize("kind", ["json", "jsonl"])
@pytest.mark.parametrize(
    ("make", "encoding", "id_"),
    [(encoded("utf-8-sig"), "UTF-8", "bom-start"), (encoded("utf-16"), "UTF-8", "utf-16"),
     (encoded("utf-16-le"), "UTF-8", "nul"), (encoded("gb18030"), "UTF-8", "undecodable"),
     (encoded("utf-8"), "GB18030", "other"), (encoded("utf-8", after=b"\0"), "UTF-8", "nul"),
     (encoded("utf-8", after=codecs.BOM_UTF8), "UTF-8", "bom-inside"),
     (encoded("gb18030", "\ufeff".encode("gb18030")), "GB18030", "bom-start"),
     (encoded("gb18030", after="\ufeff".encode("gb18030")), "GB18030", "bom-inside"),
     (encoded("gb18030", after=b"\xff"), "GB18030", "undecodable"),
     (encoded("gb18030", after=b"\x81"), "GB18030", "undecodable"),
     (encoded("utf-8", after=b"\xe5\xbc"), "UTF-8", "undecodable"),
     (encoded("utf-8", after=b"\xed\xa0\x80"), "UTF-8", "undecodable"),
     (encoded("utf-8", after=b"\xc0\x80"), "UTF-8", "undecodable")],
)  # fmt: skip
def test_bytes_that_the_encoding_does_not_have(
    path: Path, kind: str, make: Callable[[str], bytes], encoding: str, id_: str
) -> None:
    text = document(PERSON, PERSON).decode() if kind == "json" else json.dumps(PERSON, ensure_ascii=False) + "\n"
    case = Case(path, make(text), kind, encoding)
    assert [fault[::3] for fault in case.faults] == [("encoding", f"records.text.{id_}")]
    assert (case.file.records is None) == (id_ != "bom-start")
    assert case.checked()[1:] == ((0, 0) if id_ != "bom-start" else (1, 3 if kind == "json" else 1))


def test_gb18030_with_rare_characters_is_read(path: Path) -> None:
    records = [{"XM": "𠮷㐀" + "张" * number, "HH": str(number)} for number in range(200)]
    case = Case(path, document(*records, indent=1).decode().encode("gb18030"), encoding="GB18030")
    assert [row["XM"] for row in case.rows] == [record["XM"] for record in records]
    assert case.faults == []
    assert json.loads(case.file.fragments([150])[150]) == records[149]
    assert case.file.locate([150])[150].path == "$.body[149]"


def test_the_mark_of_a_bom_is_left_out_of_what_is_read(path: Path) -> None:
    case = Case(path, codecs.BOM_UTF8 + document(PERSON))
    assert (len(case.rows), case.file.records, case.checked()) == (1, 1, (1, 1, 2))


def test_lines_of_json(path: Path) -> None:
    lines = [
        json.dumps(PERSON),
        '{"XM": "a"',
        ' {"XM": "b"} ',
        "",
        '{"XM": 1}',
        "[]",
        '{"XM": "c"} x',
        '{"XM": "d"}',
        "",
        " ",
    ]
    case = Case(path, "\n".join(lines).encode(), "jsonl")
    assert case.faults == [
        ("well-formed", 2, "$[1]", "records.json.syntax"),
        ("well-formed", 7, "$[5]", "records.json.syntax"),
        ("structure", 4, "$", "records.json.blank-line"),
        ("structure", 5, "$[3].XM", "records.json.number"),
        ("structure", 6, "$[4]", "records.json.no-object"),
    ]
    assert [row["row"] for row in case.rows] == [1, 3, 4, 7]
    assert (case.file.records, case.file.header) == (None, None)
    assert case.file.locate([7])[7].line == 8


@pytest.mark.parametrize("content", [b"", b"\n", b" \n\n"])
def test_a_file_of_no_lines(path: Path, content: bytes) -> None:
    case = Case(path, content, "jsonl")
    assert (case.faults, case.file.records, case.rows) == ([], 0, [])


def test_a_record_stands_in_one_line(path: Path) -> None:
    case = Case(path, b'{"XM":\n"a"}\n{"XM": "b"}\n', "jsonl")
    assert [fault[:3] for fault in case.faults] == [("well-formed", 1, "$[0]"), ("well-formed", 2, "$[1]")]
    assert [row["XM"] for row in case.rows] == ["b"]


def test_records_are_found_again(path: Path) -> None:
    records = [{"XM": f"名{number}", "HH": "}, {" * (number % 3)} for number in range(1, 400)]
    case = Case(path, document(*records, indent=2))
    text = path.read_text("utf-8").split("\n")
    for row, where in case.file.locate([399, 1, 200, 7, 400]).items():
        assert where.path == f"$.body[{row - 1}]"
        assert text[where.line] == f'      "XM": "名{row}",'
    assert {row: json.loads(part) for row, part in case.file.fragments([200, 3]).items()} == {
        3: records[2], 200: records[199]
    }  # fmt: skip


def test_only_the_first_reading_tells(path: Path) -> None:
    case = Case(path, document(PERSON, {"XM": 1}, 5))
    before = case.tallies
    again = pl.concat(list(case.file.batches()))
    assert again.equals(case.frame)
    assert case.counter.tallies(case.file.rules_judged) == before


def test_faults_are_counted_beyond_the_samples(path: Path) -> None:
    case = Case(path, document(*[{"XM": 1, "U": "u"}] * 300, 7))
    assert case.tallies["structure", ""].violations == 601
    assert len(case.tallies["structure", ""].samples) == 50
