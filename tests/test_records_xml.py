"""XML files of records: values, every fault with its place, records found again, hostile files that end quickly."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from conformance.judge.faults import FaultCounter
from conformance.messages import LANGUAGES
from conformance.standard.exchange import ExchangeRules
from conformance.standard.standards import Standards
from conformance.system.records import xml_chunks, xml_machine, xml_reading
from conformance.system.records.model import FileClaim
from conformance.system.records.xml_file import XmlFile
from conformance.system.source import ROW

DATASET = "birth-registration"
NAMESPACE = "urn:db37:exchange:birth-registration:2020"
HEADER = (
    f"<header><packageId>p</packageId><dataset>{DATASET}</dataset><edition>2020</edition><records>2</records></header>"
)
FIRST, SECOND, THIRD = "CZLX", "CSYXZMBH", "GMSFHM"


@cache
def standards() -> Standards:
    return Standards.load([("exchange", "2019")])


def xml_file(path: Path, rules: ExchangeRules | None = None, encoding: str = "UTF-8") -> XmlFile:
    claim = FileClaim("data/x.xml", path, "xml", encoding)
    return XmlFile(claim, standards().datasets[DATASET], rules or standards().exchange, FaultCounter(1000))


def limited(**limits: int) -> ExchangeRules:
    rules = standards().exchange
    return replace(rules, limits=replace(rules.limits, **limits))


def document(*records: str, header: str = HEADER, root: str = f'dataset xmlns="{NAMESPACE}"') -> str:
    body = "\n".join(records)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{header}<body>\n{body}\n</body></{root.partition(" ")[0]}>\n'
    )


def record(**values: str) -> str:
    return "<record>" + "".join(f"<{name}>{value}</{name}>" for name, value in values.items()) + "</record>"


PLAIN = record(CZLX="I", CSYXZMBH="号1")


def told(file: XmlFile) -> list[tuple[str, str, int, str, int]]:
    """Every fault: rule, kind, line, path, record."""
    found = []
    for (rule, _), tally in file.faults.tallies(file.rules_judged).items():
        assert tally.violations == len(tally.samples)
        for sample in tally.samples:
            assert sample.reason is not None and sample.where is not None
            assert all(sample.reason.render(language) for language in LANGUAGES)
            kind = sample.reason.id.removeprefix("records.xml.")
            found.append((rule, kind, sample.where.line, sample.where.path, sample.row))
    return found


def checked(file: XmlFile) -> dict[str, int]:
    return {rule: tally.checked for (rule, _), tally in file.faults.tallies(file.rules_judged).items()}


def rows(file: XmlFile) -> list[dict[str, Any]]:
    """The values there are, by record."""
    frames = list(file.batches())
    for frame in frames:
        assert frame.columns == [ROW, *file.columns]
        assert set(frame.dtypes[1:]) == {pl.String}
    numbered = [row for frame in frames for row in frame.iter_rows(named=True)]
    assert [row.pop(ROW) for row in numbered] == list(range(1, len(numbered) + 1))
    return [{name: value for name, value in row.items() if value is not None} for row in numbered]


@pytest.fixture(params=[True, False], ids=["regular", "general"])
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Reads text both ways."""

    def reading(text: str | bytes, rules: ExchangeRules | None = None, encoding: str = "UTF-8") -> XmlFile:
        path = tmp_path / "x.xml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        file = xml_file(path, rules, encoding)
        file.regular = request.param
        return file

    yield reading


def test_values_are_read_as_they_stand(read: Any) -> None:
    file = read(
        document(record(CZLX="I", CSYXZMBH="甲 乙\t丙"), "<record><CZLX/><CSYXZMBH>&lt;&#x20000;</CSYXZMBH></record>")
    )
    assert rows(file) == [{FIRST: "I", SECOND: "甲 乙\t丙"}, {FIRST: "", SECOND: "<𠀀"}]
    assert told(file) == []
    assert file.records == 2
    assert file.header == {"packageId": "p", "dataset": DATASET, "edition": "2020", "records": "2"}
    assert checked(file) == {"encoding": 1, "doctype": 1, "well-formed": 1, "namespace": 1, "structure": 3}


def test_another_reading_gives_the_same_and_tells_nothing(read: Any) -> None:
    file = read(document(PLAIN, record(CSYXZMBH="1", CZLX="I"), PLAIN))
    next(iter(file.batches()))
    first = rows(file)
    before = told(file), checked(file)
    assert rows(file) == first
    assert (told(file), checked(file)) == before
    assert len(before[0]) == 1


def test_comments_sections_and_line_ends_are_no_part_of_values(read: Any) -> None:
    text = document(
        "<record><!-- </record> --><CZLX>I<!-- x -->U</CZLX><CSYXZMBH><![CDATA[</record>&]]></CSYXZMBH></record>", PLAIN
    )
    file = read(text.replace("U</CZLX>", "U\r\nV\rW</CZLX>"))
    assert rows(file) == [{FIRST: "IU\nV\nW", SECOND: "</record>&"}, {FIRST: "I", SECOND: "号1"}]
    assert told(file) == []


def test_prefixes_are_as_good_as_none(read: Any) -> None:
    text = (
        document(PLAIN, PLAIN).replace("</", "<///").replace("<", "<p:").replace("<p:///", "</p:").replace("<p:?", "<?")
    )
    file = read(text.replace("xmlns", "xmlns:p"))
    assert len(rows(file)) == 2
    assert told(file) == []


STRUCTURE = {
    "unknown": (record(CZLX="I", NEU="1"), "unknown", "/NEU", 1),
    "order": (record(CSYXZMBH="1", CZLX="I"), "order", "/CZLX", 1),
    "repeated": ("<record><CZLX>I</CZLX><CZLX>U</CZLX></record>", "repeated", "/CZLX", 1),
    "nested": ("<record><CZLX>I<b>U</b></CZLX></record>", "nested", "/CZLX/b", 1),
    "attribute": ('<record a="1"><CZLX>I</CZLX></record>', "attribute", "", 1),
    "field attribute": ('<record><CZLX a="1">I</CZLX></record>', "attribute", "/CZLX", 1),
    "text": ("<record>x<CZLX>I</CZLX></record>", "text", "", 1),
    "namespace": ('<record><CZLX xmlns="">I</CZLX></record>', "namespace", "/CZLX", 1),
    "inner record": ("<record><CZLX>I</CZLX><record/></record>", "unknown", "/record", 1),
}


@pytest.mark.parametrize("name", STRUCTURE)
def test_a_structure_fault_has_its_kind_and_place(name: str, read: Any) -> None:
    """And the record's known values are still judged, the first of each."""
    broken, kind, path, faults = STRUCTURE[name]
    file = read(document(PLAIN, broken, PLAIN))
    assert [row[FIRST] for row in rows(file)] == ["I", "I", "I"]
    assert told(file) == [("structure", f"structure.{kind}", 4, f"/dataset/body/record[2]{path}", 2)] * faults
    assert (file.records, checked(file)["structure"]) == (3, 4)


AROUND = {
    "text between": (document(PLAIN, "x", PLAIN), "text", "/dataset/body"),
    "element between": (document(PLAIN, "<x/>", PLAIN), "unknown", "/dataset/body/x"),
    "second body": (document(PLAIN, "</body><body>", PLAIN), "repeated", "/dataset/body"),
    "after the body": (document(PLAIN).replace("</body>", "</body><x/>"), "unknown", "/dataset/x"),
    "no header": (document(PLAIN, header=""), "missing", "/dataset"),
    "header without count": (
        document(PLAIN, header=HEADER.replace("<records>2</records>", "")),
        "missing",
        "/dataset/header",
    ),
    "header in another order": (
        document(
            PLAIN, header=HEADER.replace("<packageId>p</packageId>", "").replace("</h", "<packageId>p</packageId></h")
        ),
        "order",
        "/dataset/header/packageId",
    ),
    "header behind": (document(PLAIN, header="").replace("</body>", f"</body>{HEADER}"), "order", "/dataset/header"),
}


@pytest.mark.parametrize("name", AROUND)
def test_what_stands_around_the_records_is_judged(name: str, read: Any) -> None:
    text, kind, path = AROUND[name]
    file = read(text)
    assert {row[FIRST] for row in rows(file)} == {"I"}
    assert [(rule, id_, place) for rule, id_, _, place, _ in told(file)] == [("structure", f"structure.{kind}", path)]
    assert file.records is not None


MALFORMED = {
    "truncated": (document(PLAIN, PLAIN)[:-30], "truncated"),
    "in a tag": (document(PLAIN)[: document(PLAIN).index("<CSYX") + 4], "truncated"),
    "tags": (document(PLAIN, PLAIN.replace("</CZLX>", "</XX>")), "tags"),
    "attribute": (document(PLAIN, '<record a="" a=""/>'), "attribute"),
    "entity": (document(PLAIN, record(CZLX="&nbsp;")), "reference"),
    "character": (document(PLAIN, record(CZLX="&#1;")), "reference"),
    "control": (document(PLAIN, record(CZLX="\x01")), "syntax"),
    "noncharacter": (document(PLAIN, record(CZLX="\ufffe")), "syntax"),
    "section end": (document(PLAIN, record(CZLX="]]>")), "syntax"),
    "prefix": (document(PLAIN, "<p:record/>"), "prefix"),
    "after": (document(PLAIN) + "<x/>", "after"),
    "empty": ("", "empty"),
    "late declaration": ("\n" + document(PLAIN), "declaration"),
    "version": (document(PLAIN).replace('"1.0"', '"2.0"'), "declaration"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_well_formed_is_read_up_to_there(name: str, read: Any) -> None:
    text, kind = MALFORMED[name]
    file = read(text)
    assert {row[FIRST] for row in rows(file)} <= {"I"}
    assert [(rule, id_) for rule, id_, *_ in told(file)] == [("well-formed", f"malformed.{kind}")]
    assert file.records is None
    assert (checked(file)["namespace"], checked(file)["structure"]) == (0, 0)


def test_a_broken_record_does_not_hide_those_before_it(read: Any) -> None:
    file = read(document(PLAIN, PLAIN.replace("I<", "&amp;<"), PLAIN.replace("</CZLX>", ""), PLAIN))
    assert [row[FIRST] for row in rows(file)] == ["I", "&"]
    assert told(file) == [("well-formed", "malformed.tags", 5, "/dataset/body/record[3]", 0)]


ENCODINGS = {
    "bytes": (document(PLAIN).encode().replace("号".encode(), b"\xb0\xa1"), "UTF-8", "bytes", 3),
    "cut": (
        document(PLAIN, "号").encode()[: document(PLAIN, "号").encode().index("\n号".encode()) + 2],
        "UTF-8",
        "bytes",
        4,
    ),
    "surrogate": (document(PLAIN).encode().replace("号".encode(), b"\xed\xa0\x80"), "UTF-8", "bytes", 3),
    "nul": (document(PLAIN).replace("号", "\0").encode(), "UTF-8", "nul", 3),
    "bom": (document(PLAIN).replace("号", "\ufeff").encode(), "UTF-8", "bom", 3),
    "utf-16": (document(PLAIN).encode("utf-16"), "UTF-8", "bytes", 1),
    "declared": (document(PLAIN).replace("UTF-8", "GBK").encode(), "UTF-8", "declared", 1),
    "undeclared": (document(PLAIN).replace(' encoding="UTF-8"', "").encode("gb18030"), "GB18030", "undeclared", 2),
    "utf-8 for gb18030": (document(PLAIN).encode("utf-8-sig"), "GB18030", "bytes", 1),
    "not gb18030": (
        document(PLAIN).replace("UTF-8", "GB18030").encode().replace("号".encode(), b"\xff"),
        "GB18030",
        "bytes",
        3,
    ),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_encoding_is_the_one_declared(name: str, read: Any) -> None:
    data, encoding, kind, line = ENCODINGS[name]
    file = read(data, encoding=encoding)
    rows(file)
    assert [fault[:3] for fault in told(file)] == [("encoding", f"encoding.{kind}", line)]
    assert checked(file) == {"encoding": 1, "doctype": 0, "well-formed": 0, "namespace": 0, "structure": 0}


@pytest.mark.parametrize("mark", [b"", "\ufeff".encode("gb18030")])
def test_gb18030_with_four_bytes_reads_like_utf_8(mark: bytes, read: Any) -> None:
    text = document(PLAIN, record(CZLX="I", CSYXZMBH="𠮷㐀\ue5e5")).replace("UTF-8", "gb18030")
    file = read(mark + text.encode("gb18030"), encoding="GB18030")
    assert rows(file)[1] == {FIRST: "I", SECOND: "𠮷㐀\ue5e5"}
    assert told(file) == []
    assert file.fragments([1])[1].decode() == PLAIN


def test_a_mark_at_the_beginning_is_none_of_the_text(read: Any) -> None:
    file = read(document(PLAIN).encode("utf-8-sig"))
    assert (len(rows(file)), told(file)) == (1, [])
    assert file.fragments([1])[1].decode() == PLAIN


DOCTYPES = {
    "bomb": '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
    "external": '<!DOCTYPE r SYSTEM "file:///dev/urandom">',
    "unfinished": '<!DOCTYPE r PUBLIC "' + "x" * 100_000,
}


@pytest.mark.parametrize("name", DOCTYPES)
def test_a_document_type_is_not_read(name: str, read: Any) -> None:
    file = read(document(PLAIN).replace("?>\n", "?>\n" + DOCTYPES[name]))
    assert rows(file) == []
    assert told(file) == [("doctype", "doctype", 2, "", 0)]
    assert checked(file) == {"encoding": 1, "doctype": 1, "well-formed": 0, "namespace": 0, "structure": 0}


def test_a_document_type_among_records_is_one_too(read: Any) -> None:
    file = read(document(PLAIN, "<!DOCTYPE x>", PLAIN))
    assert len(rows(file)) == 1
    assert told(file) == [("doctype", "doctype", 4, "/dataset/body", 0)]


@pytest.mark.parametrize(
    ("root", "kind"), [("dataset", "none"), ('dataset xmlns="urn:x"', "uri"), (f'data xmlns="{NAMESPACE}"', "root")]
)
def test_under_another_name_all_is_read_and_no_structure_judged(root: str, kind: str, read: Any) -> None:
    file = read(document(PLAIN, record(XX="1"), root=root))
    assert len(rows(file)) == 2
    assert [fault[:2] for fault in told(file)] == [("namespace", f"namespace.{kind}")]
    assert (file.records, checked(file)["namespace"], checked(file)["structure"]) == (2, 1, 0)


LIMITS = {
    "depth": ({"depth": 8}, record(CZLX="<a>" * 10 + "</a>" * 10)),
    "record": ({"record_bytes": 1000}, record(CZLX="I" * 1000)),
    "value": ({"value_characters": 100}, record(CZLX="号" * 101)),
    "name": ({"name_characters": 20}, f"<record><{'N' * 21}/></record>"),
    "markup": ({"record_bytes": 600_000}, f"<!--{'x' * 1_000_000}-->"),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_beyond_a_limit_nothing_is_read(kind: str, read: Any) -> None:
    limits, broken = LIMITS[kind]
    file = read(document(PLAIN, broken, PLAIN), limited(**limits))
    assert [row[FIRST] for row in rows(file)] == ["I"]
    assert [fault for fault in told(file) if fault[0] == "well-formed"] == [
        ("well-formed", f"limit.{kind}", 4, "/dataset/body" + "/record[2]" * (kind != "markup"), 0)
    ]
    assert file.records is None


def test_what_is_just_within_the_limits_is_good(read: Any) -> None:
    file = read(
        document(record(CZLX="号" * 100, CSYXZMBH="x" * 100)), limited(value_characters=100, record_bytes=1000, depth=4)
    )
    assert len(rows(file)) == 1
    assert told(file) == []


def test_records_are_found_again(monkeypatch: pytest.MonkeyPatch, read: Any) -> None:
    monkeypatch.setattr(xml_chunks, "CHUNK", 700)
    monkeypatch.setattr(xml_reading, "ROWS", 5)
    monkeypatch.setattr(xml_reading, "FEED", 500)
    several = [PLAIN.replace("号1", f"号{number}" + "&amp;" * (number % 7 == 0)) for number in range(1, 101)]
    file = read(document(*several))
    found = file.fragments(range(0, 103, 3))
    assert {row: text.decode() for row, text in found.items()} == {row: several[row - 1] for row in range(3, 100, 3)}
    places = file.locate([100, 7, 500])
    assert {(row, place.line, place.path) for row, place in places.items()} == {
        (7, 9, "/dataset/body/record[7]"),
        (100, 102, "/dataset/body/record[100]"),
    }
    assert file.records == 100


HOSTILE = {
    "no record": b"<record><CZLX>" + b"x" * 30_000_000,
    "no end": b"<record><CZLX>" + b"x\n" * 15_000_000,
    "deep": b"<a>" * 200_000,
    "deep records": b"<record>" * 200_000,
    "attribute": b'<record a="' + b"x" * 30_000_000,
    "name": b"<" + b"x" * 30_000_000,
    "comment": b"<!--" + b"x" * 30_000_000,
    "attributes": b"<record " + b" ".join(b'a%d=""' % number for number in range(1_000_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_a_fault_and_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(document().partition("<body>")[0].encode() + b"<body>" + HOSTILE[name])
    file = xml_file(path)
    tracemalloc.start()
    assert rows(file) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [rule for rule, *_ in told(file) if rule == "well-formed"] == ["well-formed"]
    assert peak < 64 << 20


def test_no_message_repeats_a_value(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    private = "张三370102"
    path.write_text(
        document(f'<record a="{private}">{private}<CZLX><b>{private}</b></CZLX><NEU>{private}</NEU></record>', private)
    )
    file = xml_file(path)
    rows(file)
    tallies = file.faults.tallies(file.rules_judged).values()
    texts = [s.reason.render(lang) for tally in tallies for s in tally.samples if s.reason for lang in LANGUAGES]
    assert len(texts) == 2 * 5
    assert not [text for text in texts if private in text]


def test_the_machine_is_fed_in_any_pieces(monkeypatch: pytest.MonkeyPatch, read: Any) -> None:
    text = document(PLAIN, "<record><CZLX>I</CZLX>x\r\n<CSYXZMBH>号&amp;</CSYXZMBH></record>", PLAIN)
    whole = read(text)
    expected = rows(whole), told(whole)
    monkeypatch.setattr(xml_machine, "FEED", 3)
    monkeypatch.setattr(xml_reading, "FEED", 7)
    piecewise = read(text)
    assert (rows(piecewise), told(piecewise)) == expected
