"""Whatever a file holds: columns at once and records one by one read the same, however the text is cut into pieces;
and Python's own decoder agrees with both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_records_json import HEADER, PERSON, RULES, SPEC, Case

from conformance.system.records import json_pieces, json_reading, json_text

Changes = list[tuple[int, int, int]]
FIELDS = ["CZLX", "XM", "HH", *SPEC.names[:2], *sorted(SPEC.names, key=len)[-2:]]
TEXTS = st.sampled_from(
    ["", "1", "张三", "𠮷", "},{", '"},\n{"XM":"', "\\", '\\"', "a\tb", "[", "]}", "x" * 40, "\u2028", "\ud800"]
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    TEXTS, TEXTS, TEXTS, st.sampled_from([1, 2.5, None, True, [], {}, [{"a": "b"}, {"c": "d"}], float("nan")])
)
NAMES = st.one_of(
    st.sampled_from(FIELDS), st.sampled_from(FIELDS), st.sampled_from(["X", "", "XMM", "张", "CSYXZMBHCSYXZMBH" * 3])
)
RECORDS = st.one_of(
    st.just(PERSON),
    st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["1", "张", ""]), max_size=5),
    st.dictionaries(NAMES, VALUES, max_size=5),
    st.sampled_from([5, "x", [], None, [PERSON, PERSON]]),
)
LAYOUTS = st.sampled_from(
    [
        {},
        {"separators": (",", ":")},
        {"indent": 1},
        {"indent": 9},
        {"ensure_ascii": True},
        {"separators": (" ,\r\n", "\t:")},
    ]
)
CHANGES = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.integers(0, 2), st.sampled_from(b'"{}[],:\\ \n1aN\0\xff')), max_size=2
)
#: Bytes in a piece, and records at most.
PIECES = st.tuples(st.sampled_from([1 << 20, 200, 64, 7]), st.sampled_from([1 << 16, 3]))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Pieces of any size are tried; each piece may hold few records."""
    monkeypatch.setattr(json_reading, "SMALLEST", 5)
    yield monkeypatch


def dumped(value: Any, layout: dict[str, Any]) -> str:
    return json.dumps(value, **{"ensure_ascii": False, **layout})


def text_of(records: list[Any], layout: dict[str, Any], kind: str) -> bytes:
    if kind == "jsonl":
        layout = {key: value for key, value in layout.items() if key == "ensure_ascii"}
        text = "".join(dumped(record, layout) + "\n" for record in records)
    else:
        text = dumped({"header": HEADER, "body": records}, layout)
    return text.encode("utf-8", "replace" if "\ud800" in text else "strict")


def changed(text: bytes, changes: Changes) -> bytes:
    """Bytes put in, taken out, or the text cut off."""
    for place, what, octet in changes:
        at = place % (len(text) + 1)
        text = (text[:at], text[:at] + bytes([octet]) + text[at:], text[:at] + text[at + 1 :])[what]
    return text


def seen(case: Case) -> Any:
    rows = range(1, 60)
    counts = {rule: (tally.checked, tally.violations) for rule, tally in case.tallies.items()}
    return (
        case.rows, case.faults, counts, case.file.records, case.file.header,
        case.file.locate(rows), case.file.fragments(rows),
    )  # fmt: skip


def read_every_way(path: Path, content: bytes, kind: str, size: int, most: int) -> Case:
    """The same by columns in small pieces, and one by one in a big one."""
    with pytest.MonkeyPatch.context() as patch:
        plain = Case(path, content, kind, fast=False)
        expected = seen(plain)
        assert seen(Case(path, content, kind)) == expected
        patch.setattr(json_reading, "PIECE", size)
        patch.setattr(json_text, "BLOCK", max(5, size // 2))
        patch.setattr(json_pieces, "MOST_ROWS", most)
        assert seen(Case(path, content, kind)) == expected
        assert seen(Case(path, content, kind, fast=False)) == expected
    return plain


class _RefusedError(ValueError):
    pass


def strict(text: str) -> Any:
    """Python's own decoder, and what it does not refuse refused."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(members)) < len(members):
            raise _RefusedError
        return dict(members)

    def constant(name: str) -> None:
        raise _RefusedError

    value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_int=str, parse_float=str)
    json.dumps(value, ensure_ascii=False).encode()
    return value


SLOWLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOWLY
@given(st.lists(RECORDS, max_size=12), LAYOUTS, CHANGES, PIECES)
def test_documents(
    tmp_path: Path, records: list[Any], layout: dict[str, Any], changes: Changes, pieces: tuple[int, int]
) -> None:
    content = changed(text_of(records, layout, "json"), changes)
    case = read_every_way(tmp_path / "x", content, "json", *pieces)
    told = {fault[0] for fault in case.faults}
    if "records.json.top" in {fault[3] for fault in case.faults}:
        assert not content.lstrip().startswith((b"{", b"}"))
        return
    try:
        value = strict(content.decode()) if b"\0" not in content else None
    except UnicodeEncodeError:
        assert told & {"well-formed", "encoding"}
    except ValueError:
        assert told & {"well-formed", "encoding"}
    else:
        assert b"\0" in content or not told & {"well-formed", "encoding"}
        body = value.get("body") if isinstance(value, dict) else None
        if isinstance(body, list):
            assert case.file.records == len(body)
            assert [row["row"] for row in case.rows] == [n for n, one in enumerate(body, 1) if isinstance(one, dict)]
            for row in case.rows:
                texts = {name: text for name, text in body[row["row"] - 1].items() if name in case.file.columns}
                assert {name: row.get(name) for name in texts if isinstance(texts[name], str)} == {
                    name: text for name, text in texts.items() if isinstance(text, str)
                }


@SLOWLY
@given(st.lists(RECORDS, max_size=12), LAYOUTS, CHANGES, PIECES)
def test_lines(
    tmp_path: Path, records: list[Any], layout: dict[str, Any], changes: Changes, pieces: tuple[int, int]
) -> None:
    content = changed(text_of(records, layout, "jsonl"), changes)
    case = read_every_way(tmp_path / "x", content, "jsonl", *pieces)
    if "encoding" in {fault[0] for fault in case.faults}:
        return
    lines = [line.strip(" \t\r") for line in content.decode().split("\n")]
    lines = [line for line in lines if line]
    good = {}
    for number, line in enumerate(lines, 1):
        try:
            good[number] = strict(line)
        except ValueError:
            continue
    assert case.tallies["well-formed", ""].violations >= len(lines) - len(good)
    assert {number for number, value in good.items() if isinstance(value, dict)} <= {row["row"] for row in case.rows}
    assert case.file.records in (None, len(lines))


@pytest.mark.parametrize("kind", ["json", "jsonl"])
@pytest.mark.parametrize("size", [7, 64, 300])
def test_many_records_in_small_pieces(tmp_path: Path, kind: str, size: int) -> None:
    records: list[Any] = [{"XM": f"人{number}", "HH": str(number)} for number in range(58)]
    records[20], records[33]["XM"], records[40] = {}, 'a"},{"', {"HH": [{"a": "b"}, {"c": "d"}]}
    case = read_every_way(tmp_path / "x", text_of(records, {}, kind), kind, size, 7)
    assert [row.get("HH") for row in case.rows] == [
        record.get("HH") if n != 40 else None for n, record in enumerate(records)
    ]
    assert case.file.records == 58


LIMITS = RULES.limits
HOSTILE = {
    "depth": b"[" * 3_000_000,
    "objects": b'{"a":' * 1_000_000,
    "string": b'"' + b"a" * 12_000_000,
    "digits": b"1" * 12_000_000,
    "spaces": b" " * 12_000_000,
    "value": b'"' + b"a" * (LIMITS.value_characters + 1) + b'"',
    "record": b'{"XM": "a", ' + b",".join(b'"HH": "%s"' % (b"b" * 900_000) for _ in range(6)) + b"}",
    "escapes": b'"' + b"\\" * 12_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ['{"body": [{"XM": "a"}, %s', '{"header": %s', '{"x%s', "%s", 'line {"XM": %s'])
def test_nothing_grows_without_bound(tmp_path: Path, name: str, place: str) -> None:
    kind = "jsonl" if place.startswith("line ") else "json"
    content = place.removeprefix("line ").encode() % HOSTILE[name]
    case = Case(tmp_path / "x", content, kind)
    assert {fault[0] for fault in case.faults} <= {"well-formed", "structure"}
    assert case.faults
    assert case.file.records is None
    assert len(case.rows) <= 1
