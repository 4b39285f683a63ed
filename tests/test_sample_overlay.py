"""Overlays: each word of the vocabulary does what docs/sample.md says, and nothing else changes."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from conformance.judge.oracle import judge
from conformance.sample.changes import apply_change, read_change, selected
from conformance.sample.errors import SampleError
from conformance.sample.overlay import apply, read_changes, read_mutant
from conformance.sample.recipe import write_sample
from conformance.sample.writing import output_of, read
from conformance.system.declaration import read_declaration
from conformance.system.resolve import load_standards, resolve

ROOT = Path(__file__).parents[1]
MUTANTS = ROOT / "fixtures" / "mutants"
PERSON = "population.person"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("small")
    write_sample(ROOT / "fixtures" / "reference" / "recipe.yaml", out, scale=0.015)
    return out


def rows_of(folder: Path, target: str = PERSON) -> pl.DataFrame:
    declared = yaml.safe_load((folder / "system.yaml").read_text("utf-8"))
    return read(output_of(target, declared["targets"][target]["source"]), folder)


def refuses(_: str, __: str, ___: str) -> str:
    raise AssertionError("nothing to recompute here")


FRAME = pl.DataFrame({"a": ["ab1", "张三", None, ""], "b": ["1", "2", "3", "4"]})


@pytest.mark.parametrize(
    ("change", "cells"),
    [
        ({"set": "x"}, ["x", "x", "x", "x"]),
        ({"set": None}, [None, None, None, None]),
        ({"set": ""}, ["", "", "", ""]),
        ({"rows": [2], "set": "x"}, ["ab1", "x", None, ""]),
        ({"rows": {"where": {"b": ["1", "4"]}}, "set": "x"}, ["x", "张三", None, "x"]),
        ({"rows": {"where": {"a": None}}, "set": "x"}, ["ab1", "张三", "x", ""]),
        ({"rows": {"where": {"a": {"not": None}}, "last": 2}, "set": "x"}, ["ab1", "x", None, "x"]),
        ({"rows": {"every": 2}, "set": "x"}, ["x", "张三", "x", ""]),
        ({"rows": {"first": 1}, "set": "x"}, ["x", "张三", None, ""]),
        ({"replace": {"from": "b", "to": "c"}}, ["ac1", "张三", None, ""]),
        ({"prefix": " "}, [" ab1", " 张三", None, ""]),
        ({"suffix": "　"}, ["ab1　", "张三　", None, ""]),
        ({"truncate": 1}, ["a", "张", None, ""]),
        ({"truncate_bytes": 4}, ["ab1", "张�", None, ""]),
        ({"upper": True}, ["AB1", "张三", None, ""]),
        ({"upper": True, "lower": True, "prefix": "z"}, ["zab1", "z张三", None, ""]),
        ({"fullwidth": "digits"}, ["ab１", "张三", None, ""]),
        ({"fullwidth": "all"}, ["ａｂ１", "张三", None, ""]),
        ({"substring": {"start": 2, "value": "x"}}, ["ax1", "张x", None, ""]),
        ({"copy_from": 1}, ["ab1", "ab1", "ab1", "ab1"]),
        ({"rows": [3, 4], "copy_column": "b"}, ["ab1", "张三", "3", "4"]),
    ],
)
def test_cell_operations(change: dict[str, Any], cells: list[str | None]) -> None:
    after = apply_change(FRAME, read_change({"dataset": "d", "column": "a", **change}, "test"), refuses)
    assert after["a"].to_list() == cells
    assert after["b"].equals(FRAME["b"])


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ({"drop_rows": True, "rows": [1, 2]}, [(None, "3"), ("", "4")]),
        ({"drop_rows": True}, []),
        ({"duplicate_row": True, "rows": [1]}, [*FRAME.rows(), ("ab1", "1")]),
        ({"add_row": {"b": "5"}}, [*FRAME.rows(), (None, "5")]),
        ({"set_row": {"a": "x", "b": None}, "rows": [1]}, [("x", None), *FRAME.rows()[1:]]),
    ],
)
def test_row_actions(change: dict[str, Any], rows: list[tuple[str | None, ...]]) -> None:
    after = apply_change(FRAME, read_change({"dataset": "d", **change}, "test"), refuses)
    assert after.rows() == rows
    assert after.columns == ["a", "b"]


def test_remove_column() -> None:
    after = apply_change(FRAME, read_change({"dataset": "d", "remove_column": "a"}, "test"), refuses)
    assert after.columns == ["b"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dataset": "d", "column": "a", "sett": "x"}, "sample.key.unknown"),
        ({"dataset": "d", "column": "a"}, "sample.change.shape"),
        ({"dataset": "d", "set": "x"}, "sample.change.shape"),
        ({"column": "a", "set": "x"}, "sample.change.shape"),
        ({"dataset": "d", "drop_rows": True, "add_row": {}}, "sample.change.shape"),
        ({"dataset": "d", "column": "c", "set": "x"}, "sample.change.column"),
        ({"dataset": "d", "column": "a", "set": 101}, "sample.change.literal"),
        ({"dataset": "d", "column": "a", "rows": [9], "set": "x"}, "sample.change.row"),
        ({"dataset": "d", "column": "a", "rows": "some", "set": "x"}, "sample.change.selector"),
        ({"dataset": "d", "column": "a", "rows": {"where": {"b": "9"}}, "set": "x"}, "sample.change.nothing"),
        ({"dataset": "d", "column": "a", "replace": {"from": "q", "to": "r"}}, "sample.change.nothing"),
    ],
)
def test_a_wrong_change_says_what_is_wrong(change: dict[str, Any], says: str) -> None:
    with pytest.raises(SampleError) as caught:
        apply_change(FRAME, read_change(change, "test"), refuses)
    assert caught.value.message.id == says


def test_rows_count_from_one() -> None:
    assert selected(FRAME, [1, 4]) == [0, 3]
    assert selected(FRAME, {"where": {"a": {"matches": "ab."}}}) == [0]


def test_no_change_copies_each_byte(reference: Path, tmp_path: Path) -> None:
    apply((), reference, tmp_path)
    for path in reference.rglob("*.*"):
        assert (tmp_path / path.relative_to(reference)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("dataset", "column"),
    [
        ("population.household", "HZXM"),
        ("population.person", "XM"),
        ("legal.entity", "JGMC"),
        ("service.case", "事项名称"),
        ("divisions.table", "MC"),
    ],
)
def test_each_format_is_written_as_it_was_read(reference: Path, tmp_path: Path, dataset: str, column: str) -> None:
    changes = read_changes(
        [
            {"dataset": dataset, "rows": [1], "column": column, "set": "䶮"},
            {"dataset": dataset, "rows": [2], "column": column, "set": ""},
            {"dataset": dataset, "rows": [3], "column": column, "set": None},
        ],
        "test",
    )
    apply(changes, reference, tmp_path)
    before, after = rows_of(reference, dataset), rows_of(tmp_path, dataset)
    assert after[column].to_list()[:3] == ["䶮", "", None]
    assert after[3:].equals(before[3:])
    assert after.drop(column).equals(before.drop(column))


def test_all_rows_dropped_leaves_the_header(reference: Path, tmp_path: Path) -> None:
    apply(read_changes([{"dataset": PERSON, "drop_rows": True}], "test"), reference, tmp_path)
    header = (reference / "data" / "person.csv").read_bytes().partition(b"\n")[0]
    assert (tmp_path / "data" / "person.csv").read_bytes() == header + b"\n"


def test_sqlite_keeps_its_table(reference: Path, tmp_path: Path) -> None:
    apply(read_changes([{"dataset": "divisions.table", "add_row": {"DM": "370176"}}], "test"), reference, tmp_path)
    database = sqlite3.connect(tmp_path / "data" / "divisions.sqlite")
    assert database.execute("SELECT MC FROM divisions WHERE DM = '370176'").fetchall() == [(None,)]
    database.close()


def test_declaration_edits(reference: Path, tmp_path: Path) -> None:
    edit = {
        "declaration": {
            "/targets/population.person/as_of": "20200101",
            "/targets/population.person/relations/-": {"kind": "order", "first": "CSRQ", "second": "DJRQ"},
            "/waivers": [],
        },
        "declaration_remove": ["/targets/legal.entity", "/claims/classes/1"],
    }
    path = apply(read_changes([edit], "test"), reference, tmp_path)
    declared = yaml.safe_load(path.read_text("utf-8"))
    assert declared["targets"]["population.person"]["as_of"] == "20200101"
    assert declared["targets"]["population.person"]["relations"][-1]["second"] == "DJRQ"
    assert "legal.entity" not in declared["targets"]
    assert declared["claims"]["classes"] == ["数据元"]
    assert (tmp_path / "data" / "person.csv").read_bytes() == (reference / "data" / "person.csv").read_bytes()


@pytest.mark.parametrize("pointer", ["targets", "/nowhere/x", "/claims/classes/9", "/claims/classes/0/x"])
def test_a_pointer_that_leads_nowhere(reference: Path, tmp_path: Path, pointer: str) -> None:
    with pytest.raises(SampleError) as caught:
        apply(read_changes([{"declaration": {pointer: "x"}}], "test"), reference, tmp_path)
    assert caught.value.message.id == "sample.change.pointer"


def number_is_right(number: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return number[17] == "10X98765432"[sum(int(d) * w for d, w in zip(number, weights, strict=False)) % 11]


def test_ignores_check_digit(reference: Path, tmp_path: Path) -> None:
    mutant = read_mutant(MUTANTS / "ignores_check_digit.yaml")
    apply(mutant.changes, reference, tmp_path / "red")
    apply(mutant.near_miss.changes, reference, tmp_path / "green")
    before = rows_of(reference)["GMSFHM"].to_list()
    red, green = (rows_of(tmp_path / name)["GMSFHM"].to_list() for name in ("red", "green"))
    changed = [number for number, old in zip(red, before, strict=True) if number != old]
    assert len(changed) == 3
    assert not any(number_is_right(number) for number in changed)
    spared = [number for number, old in zip(green, before, strict=True) if number != old]
    assert len(spared) == 3
    assert all(number_is_right(number) for number in spared)
    assert len(set(green)) == len(green)


def test_truncates_name_at_30_bytes(reference: Path, tmp_path: Path) -> None:
    mutant = read_mutant(MUTANTS / "truncates_name_at_30_bytes.yaml")
    apply(mutant.changes, reference, tmp_path / "red")
    apply(mutant.near_miss.changes, reference, tmp_path / "green")
    before, after = rows_of(reference)["XM"].to_list(), rows_of(tmp_path / "red")["XM"].to_list()
    cut = [new for new, old in zip(after, before, strict=True) if new != old]
    assert cut
    assert all(name.endswith("�") for name in cut)
    assert len(rows_of(tmp_path / "green")["XM"][0]) == 30


def test_accepts_expired_division_code(reference: Path, tmp_path: Path) -> None:
    mutant = read_mutant(MUTANTS / "accepts_expired_division_code.yaml")
    for name, changes, years in (
        ("red", mutant.changes, {"2021", "2022", "2023", "2024", "2025", "2026"}),
        ("green", mutant.near_miss.changes, {"2016"}),
    ):
        apply(changes, reference, tmp_path / name)
        hit = rows_of(tmp_path / name).filter(pl.col("XZDXZQHDM") == "370181", pl.col("DJRQ") > "2017")
        all_of_them = rows_of(tmp_path / name).filter(pl.col("XZDXZQHMC") == "章丘市")
        assert {date[:4] for date in all_of_them["DJRQ"].to_list()} <= years | {"2016"}
        assert hit.height == (2 if name == "red" else 0)


def reds(folder: Path) -> set[str]:
    """What the oracle says of a system: each requirement and target that is not green."""
    declaration = read_declaration(folder / "system.yaml")
    standards = load_standards(declaration)
    datasets = resolve(declaration, standards, "20261121")
    rows = {dataset.target: rows_of(folder, dataset.target).to_dicts() for dataset in datasets}
    return {
        f"{requirement}@{target}"
        for dataset in datasets
        for (requirement, target), result in judge(dataset, rows[dataset.target], standards, rows).items()
        if result.violations or result.undecided or not result.checked
    }


def test_the_reference_conforms_whole(reference: Path) -> None:
    assert reds(reference) == set()


@pytest.mark.parametrize("name", ["accepts_expired_division_code", "ignores_check_digit", "truncates_name_at_30_bytes"])
def test_a_mutant_turns_red_what_it_names_and_nothing_else(reference: Path, tmp_path: Path, name: str) -> None:
    mutant = read_mutant(MUTANTS / f"{name}.yaml")
    apply(mutant.changes, reference, tmp_path / "red")
    apply(mutant.near_miss.changes, reference, tmp_path / "green")
    assert reds(tmp_path / "red") == set(mutant.red)
    assert reds(tmp_path / "green") == set()


OF_REFERENCE = [path for path in sorted(MUTANTS.glob("*.yaml")) if read_mutant(path).of == "reference"]


@pytest.mark.parametrize("path", OF_REFERENCE, ids=lambda path: path.stem)
def test_every_mutant_can_be_made(reference: Path, tmp_path: Path, path: Path) -> None:
    mutant = read_mutant(path)
    assert any(item.startswith(f"{mutant.requirement}@") for item in mutant.red)
    apply(mutant.changes, reference, tmp_path / "red")
    apply(mutant.near_miss.changes, reference, tmp_path / "green")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"name": "other"}, "sample.mutant.name"),
        ({"colour": "red"}, "sample.key.unknown"),
        ({"red": {}}, "sample.mutant.red"),
        ({"red": {"DE-CHECK": "fail"}}, "sample.mutant.red"),
        ({"red": {"DE-CHECK@a.b": "pass"}}, "sample.mutant.red"),
    ],
)
def test_a_wrong_mutant_says_what_is_wrong(tmp_path: Path, edit: dict[str, Any], says: str) -> None:
    raw = yaml.safe_load((MUTANTS / "ignores_check_digit.yaml").read_text("utf-8")) | edit
    path = tmp_path / "ignores_check_digit.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    with pytest.raises(SampleError) as caught:
        read_mutant(path)
    assert caught.value.message.id == says
