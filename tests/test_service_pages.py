"""Pages, totals and rows, judged as plain values: each fault by its own rule, and what conforms by none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.faults import Fault
from conformance.judge.service.answers import Envelope
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.pages import Page, Walk, agreement_faults, far_faults, total_faults, walk_faults
from conformance.judge.service.rows import GivenRow, file_of, match_of, mismatches, rows_of, unfound, ungranted
from conformance.standard.pack import standards_root
from conformance.standard.services.model import Interface, Registration, ServiceRules
from conformance.standard.services.reading import interface_of, read_service_rules
from conformance.standard.standards import Standards

CALL = Call("query", "GET", "/1/query")


@cache
def rules() -> ServiceRules:
    return read_service_rules(standards_root() / "services" / "2020")


@cache
def interface() -> Interface:
    elements = Standards.load((("db37-4223.1", "2020"),)).elements
    names = {"GMSFHM": "4223.1-05-001", "XM": "4223.1-05-003", "HYZKDM": "4223.1-05-024"}
    results = [{"name": n, "element": e, "occurs": "0..1" if n == "HYZKDM" else "1"} for n, e in names.items()]
    raw = {"class": "1", "path": "/1/query", "request": "query", "results": results, "key": ["GMSFHM"]}
    found = interface_of(Registration("query", "query.yaml", raw), elements, rules())
    assert found is not None
    return found


def page(before: int, size: int, rows: Sequence[int], total: int = 10) -> Page:
    return Page(CALL, before, size, total, tuple((("GMSFHM", str(row)),) for row in rows))


def walk(size: int, *rows: Sequence[int], total: int = 10) -> Walk:
    return Walk(tuple(page(number * size, size, one, total) for number, one in enumerate(rows)), ended=True)


def ids(faults: object) -> list[str]:
    assert hasattr(faults, "__iter__")
    found: list[Fault] = list(faults)
    for fault in found:
        assert fault.call is not None
        assert fault.reason.both()
    return [fault.reason.id for fault in found]


@given(st.integers(0, 40), st.integers(1, 9), st.integers(1, 9))
def test_right_pages_of_any_size_are_good(total: int, size: int, other: int) -> None:
    rows = list(range(total))
    pages = [rows[at : at + size] for at in range(0, total + size, size)]
    whole = walk(size, *pages, total=total)
    others = [page(at, other, rows[at : at + other], total) for at in range(0, total, other)]
    assert not [*walk_faults(whole), *agreement_faults(whole, others), *total_faults([*whole.pages, *others], total)]


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([[1, 2, 3, 4], [4, 5, 6]], ["dialogue.paging.larger", "dialogue.paging.repeat"]),
        ([[1, 2, 3], [3, 4, 5], []], ["dialogue.paging.repeat"]),
        ([[1, 1, 2], []], ["dialogue.paging.repeat"]),
        ([[1, 2], [3, 4, 5], []], ["dialogue.paging.short"]),
        ([[1, 2, 3], [4], [4]], ["dialogue.paging.beyond"]),
        ([[1, 2, 3], [4], []], []),
    ],
)
def test_a_walk_tells_what_stands_on_its_pages(pages: list[list[int]], expected: list[str]) -> None:
    assert ids(walk_faults(walk(3, *pages))) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (page(2, 2, [2, 3]), []),
        (page(2, 2, [3, 2]), ["dialogue.paging.order"]),
        (page(2, 2, [3, 4]), ["dialogue.paging.gap"]),
        (page(4, 2, []), ["dialogue.paging.gap"]),
        (page(2, 2, [2, 3, 4]), ["dialogue.paging.larger"]),
        (page(4, 2, [4, 9]), ["dialogue.paging.repeat"]),
        (page(6, 2, [4]), ["dialogue.paging.beyond"]),
    ],
)
def test_pages_of_another_size_hold_what_the_walk_gave(other: Page, expected: list[str]) -> None:
    assert ids(agreement_faults(walk(3, [0, 1, 2], [3, 4], []), [other])) == expected


def test_places_that_a_walk_did_not_reach_are_not_judged() -> None:
    part = Walk((page(0, 3, [0, 1, 2]),), ended=False)
    assert not ids(agreement_faults(part, [page(2, 2, [7, 8])]))
    assert ids(agreement_faults(part, [page(1, 2, [7, 8])])) == ["dialogue.paging.gap"]


def test_the_total_is_one_number_and_the_right_one() -> None:
    pages = [page(0, 2, [1, 2], 3), page(2, 2, [3], 3)]
    assert not ids(total_faults(pages, 3))
    assert ids(total_faults(pages, 4)) == ["dialogue.total.wrong"]
    assert not ids(total_faults(pages, None))
    assert ids(total_faults([*pages, page(4, 2, [], 0)], 3)) == ["dialogue.total.changes"]
    assert not ids(total_faults([], 0))


@pytest.mark.parametrize(
    ("total", "last", "behind", "expected"),
    [
        (5, [5], [], []),
        (6, [5, 6], [], []),
        (6, [5], [], ["dialogue.total.last"]),
        (5, [5, 6], [], ["dialogue.total.last"]),
        (6, [5, 6], [7], ["dialogue.total.behind"]),
    ],
)
def test_the_total_of_many_rows_is_seen_at_its_last_page(
    total: int, last: list[int], behind: list[int], expected: list[str]
) -> None:
    assert ids(far_faults(total, page(4, 2, last, total), page(6, 2, behind, total))) == expected


ROW = {"GMSFHM": "1", "XM": "甲"}


@pytest.mark.parametrize(
    ("data", "path", "rows"),
    [
        ([], "$.data", None),
        ({"total": 1}, "$.data", None),
        ({"total": 1, "rows": [], "pages": 1}, "$.data", None),
        ({"total": "1", "rows": [ROW]}, "$.data.total", None),
        ({"total": True, "rows": [ROW]}, "$.data.total", None),
        ({"total": -1, "rows": []}, "$.data.total", None),
        ({"total": 1, "rows": {}}, "$.data.rows", None),
        ({"total": 2, "rows": [ROW, []]}, "$.data.rows[1]", 1),
        ({"total": 2, "rows": [ROW, {**ROW, "NBXH": "1"}]}, "$.data.rows[1]", 2),
        ({"total": 1, "rows": [{**ROW, "XM": 1}]}, "$.data.rows[0]", 1),
        ({"total": 1, "rows": [{**ROW, "HYZKDM": None}]}, "$.data.rows[0]", 1),
    ],
)
def test_data_of_another_shape_are_told_by_their_place(data: object, path: str, rows: int | None) -> None:
    reading, total, given_rows = rows_of(CALL, Envelope("00000", "1", data), interface(), rules())
    assert [(fault.rule, fault.where and fault.where.path) for fault in reading.faults] == [("results", path)]
    assert ids(reading.faults)
    assert (total is None) == (rows is None)
    assert len(given_rows) == (rows or 0)


def test_a_row_without_a_mandatory_result_is_no_matter_of_results_and_one_of_another_type_is_no_record() -> None:
    data = {"total": 3, "rows": [{"GMSFHM": "1"}, {"GMSFHM": "2", "XM": 5}, {**ROW, "HYZKDM": None}]}
    reading, total, (first, second, third) = rows_of(CALL, Envelope("00000", "1", data), interface(), rules())
    assert [fault.where and fault.where.path for fault in reading.faults] == ["$.data.rows[1]", "$.data.rows[2]"]
    assert (total, first.sound, second.sound, third.sound) == (3, True, False, True)
    assert third.values == ROW


@pytest.mark.parametrize(
    ("data", "expected", "faults"),
    [
        ({"result": "1"}, True, 0),
        ({"result": "0"}, False, 0),
        ({"result": 1}, None, 1),
        ({"result": True}, None, 1),
        ({"result": "一致"}, None, 1),
        ({"result": ["1"]}, None, 1),
        ({"result": "1", "score": "0.9"}, None, 1),
        ({}, None, 1),
        (None, None, 1),
    ],
)
def test_a_verification_says_one_of_two_words(data: object, expected: bool | None, faults: int) -> None:
    reading, verdict = match_of(CALL, Envelope("00000", "1", data), rules())
    assert (verdict, len(ids(reading.faults))) == (expected, faults)
    assert reading.checked == ("results",)


def rows(*values: dict[str, str]) -> list[GivenRow]:
    data = {"total": len(values), "rows": list(values)}
    return list(rows_of(CALL, Envelope("00000", "1", data), interface(), rules())[2])


def test_rows_have_what_was_asked_for_and_known_rows_are_found() -> None:
    given_rows = rows(ROW, {"GMSFHM": "2", "XM": "乙"})
    assert ids(mismatches(CALL, {"XM": "甲"}, given_rows, interface())) == ["dialogue.criteria.other"]
    assert not ids(mismatches(CALL, {"NL": "3"}, given_rows, interface()))
    assert unfound(CALL, [ROW], given_rows, interface()) is None
    assert unfound(CALL, [{"GMSFHM": "3", "XM": "丙"}], given_rows, interface()) is not None


def test_rows_of_a_limited_client_have_granted_prefixes() -> None:
    given_rows = rows({"GMSFHM": "3701", "XM": "甲"}, {"GMSFHM": "3702", "XM": "乙"})
    assert ungranted(CALL, given_rows, {"GMSFHM": ("3701", "3702")}, interface()) is None
    fault = ungranted(CALL, given_rows, {"GMSFHM": ("3701",), "QT": ("1",)}, interface())
    assert fault is not None
    assert (fault.rule, fault.where and fault.where.path) == ("auth-rows", "$.data.rows[1]")


def answer(body: bytes, records: int, kind: str = "application/x-ndjson", digest: str = "") -> Answer:
    digest = digest or hashlib.sha256(body).hexdigest()
    headers = (("content-type", kind), ("x-record-count", str(records)), ("x-content-sha256", digest))
    return Answer(200, headers, body)


def lines(*items: Any) -> bytes:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()


OTHER = {"GMSFHM": "2", "XM": "乙"}


@pytest.mark.parametrize(
    ("given_answer", "expected"),
    [
        (answer(lines(ROW, OTHER), 2), []),
        (answer(lines(ROW, OTHER)[:-1], 2), []),
        (answer(b"", 0), []),
        (answer(lines(ROW), 1, "application/x-ndjson; charset=UTF-8"), []),
        (answer(lines(ROW, OTHER), 3), ["download"]),
        (answer(lines(ROW), 1, digest="0" * 64), ["download"]),
        (answer(lines(ROW), 1, digest=hashlib.sha256(lines(ROW)).hexdigest().upper()), ["download"]),
        (answer(lines(ROW), 1, "text/plain"), ["download"]),
        (answer(lines(ROW) + b"\n" + lines(OTHER), 2), ["download"]),
        (answer(json.dumps([ROW], indent=1).encode(), 1), ["download"]),
        (answer(b'{"GMSFHM": "1", "GMSFHM": "2"}\n', 1), ["download"]),
        (answer(lines(ROW, ROW), 2), ["download"]),
        (answer(lines(ROW).decode().encode("gb18030"), 1), ["answer-encoding"]),
        (answer(lines(ROW), 1, "application/x-ndjson; charset=gb18030"), ["answer-encoding"]),
        (answer(b"\xef\xbb\xbf" + lines(ROW), 1), ["answer-encoding"]),
        (answer(lines({**ROW, "NBXH": "1"}), 1), ["results"]),
        (answer(lines(["1"]), 1), ["results"]),
        (answer(b'{"code":"40301","message":"","requestId":"1"}', 0, "application/json"), ["accept"]),
    ],
)
def test_a_file_is_judged_first_cause_first(given_answer: Answer, expected: list[str]) -> None:
    reading, _ = file_of(CALL, given_answer, interface(), rules())
    assert [fault.rule for fault in reading.faults] == expected
    assert len(ids(reading.faults)) == len(expected)
