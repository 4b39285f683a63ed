"""The declaration: read whole or refused with every problem at its place; names resolved against the packs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.judge.model import Dataset, DivisionUse
from conformance.system.declaration import (
    ConfigurationError,
    Declaration,
    Problem,
    declaration_schema,
    read_declaration,
)
from conformance.system.resolve import columns_read, load_standards, resolve
from conformance.system.yaml_text import MAX_BYTES, read_document

WHOLE = """\
lubiao: 1
system: {product: 人口库, vendor: 某公司, version: "1.10", build: {kind: image, id: "sha256:00"}}
claims:
  standards: [{id: db37-4223.1, edition: "2020"}]
  classes: [数据元, 区划代码]
targets:
  population.person:
    source: {path: data/person.csv, format: csv, encoding: utf-8, delimiter: ",", quote: '"'}
    where: {NO: ["1", "2"], XBDM: "1"}
    date: GXRQ
    key: [RYBH]
    columns:
      RYBH: {element: 人员编号, mandatory: true, unique: true}
      GMSFHM: {element: GMSFHM, also: [gb-11643-15]}
      CSRQ: 4223.1-05-010
      XBDM: 性别代码
      XBMC: 性别名称
      CSD: {element: 出生地行政区划代码, division: {levels: [county]}, date: CSRQ}
      HJD: 户籍地行政区划代码
      XM: 姓名
      YXM: 姓名
    relations:
      - {kind: birth, number: GMSFHM, birth: CSRQ}
      - {kind: reference, columns: [RYBH, XM], to: population.household, to_columns: [HZ, HZXM]}
  population.household:
    source: {path: household.parquet}
    as_of: "20200630"
    columns: {HZXM: 户主姓名}
  divisions.table:
    kind: division-table
    source: {path: divisions.csv}
    table: {system: gbt-2260, scope: "37", levels: [prefecture, county]}
    columns: {code: DM, name: MC, parent: SJDM}
waivers:
  - requirement: DE-LENGTH
    target: population.person.姓名[XM]
    owner: 张工
    reason: 待升级
    digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"
    expires: "2027-01-01T00:00:00+08:00"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "system.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as caught:
        read_declaration(written(folder, text))
    return caught.value.problems


@pytest.fixture
def declaration(tmp_path: Path) -> Declaration:
    return read_declaration(written(tmp_path, WHOLE))


@pytest.fixture
def datasets(declaration: Declaration) -> tuple[Dataset, ...]:
    return resolve(declaration, load_standards(declaration), "20261121")


def test_every_part_of_a_declaration_is_read(declaration: Declaration, tmp_path: Path) -> None:
    person, household, table = declaration.targets
    assert (declaration.product, declaration.version, declaration.build.id) == ("人口库", "1.10", "sha256:00")
    assert declaration.sha256 == hashlib.sha256(WHOLE.encode()).hexdigest()
    assert declaration.standards == (("db37-4223.1", "2020"),)
    assert person.source.path == tmp_path / "data" / "person.csv"
    assert person.where == {"NO": ("1", "2"), "XBDM": ("1",)}
    assert [column.name for column in person.columns if column.mandatory] == ["RYBH"]
    assert household.source.format == ""
    assert household.as_of == "20200630"
    assert table.table is not None
    assert table.table.roles == {"code": "DM", "name": "MC", "parent": "SJDM"}
    assert declaration.waivers[0].owner == "张工"
    place = declaration.place("targets", "population.person", "key", 0)
    assert (place.line, place.column, place.path) == (11, 11, "targets.population.person.key[0]")


def test_the_published_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(declaration_schema())


def test_plain_words_that_yaml_1_1_would_turn_into_something_else_stay_texts() -> None:
    document = read_document(b"NO: [yes, 0123, 12:30, 1_000, 2020-01-01]\nn: [1, true, null, 1.5]\n")
    assert document.value == {"NO": ["yes", "0123", "12:30", "1_000", "2020-01-01"], "n": [1, True, None, 1.5]}


def test_all_problems_come_at_once_each_at_its_place(tmp_path: Path) -> None:
    text = (
        WHOLE.replace("vendor: 某公司, ", "")
        .replace("      XM: 姓名\n", "      XM: 3\n")
        .replace("owner: 张工", "ower: 张工")
    )
    found = [(p.message.id, p.line, p.column, p.path) for p in problems_of(tmp_path, text)]
    assert found == [
        ("declaration.missing", 2, 1, "system.vendor"),
        ("declaration.type-quote", 20, 7, "targets.population.person.columns.XM"),
        ("declaration.missing", 35, 5, "waivers[0].owner"),
        ("declaration.unknown-key", 37, 5, "waivers[0].ower"),
    ]


@pytest.mark.parametrize(
    ("content", "id_"),
    [
        (b"[" * 100_000, "declaration.too-deep"),
        (b"a: &a [1]\nb: [" + b"*a, " * 500 + b"]", "declaration.too-deep"),
        (b"a: " + b"x" * MAX_BYTES, "declaration.too-large"),
        (b"a: \x07", "declaration.character"),
        (b"a: 1\n---\nb: 2\n", "declaration.syntax"),
        (b"a: *nowhere", "declaration.syntax"),
        (b"\xff\xfe", "declaration.encoding"),
        (b"just words", "declaration.type"),
        (b"? [a, b]\n: 1", "declaration.key"),
    ],
)
def test_hostile_yaml_is_a_problem_and_no_traceback(tmp_path: Path, content: bytes, id_: str) -> None:
    path = tmp_path / "system.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_declaration(path)
    assert id_ in [problem.message.id for problem in caught.value.problems]


def test_a_billion_laughs_are_cut_short() -> None:
    levels = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)]
    with pytest.raises(ConfigurationError, match="too-deep"):
        read_document(b"\n".join(levels))


def test_a_declaration_that_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml", Path("nul\0.yaml")):
        with pytest.raises(ConfigurationError):
            read_declaration(path)


def test_elements_are_found_by_id_identifier_and_name(datasets: tuple[Dataset, ...]) -> None:
    person = datasets[0]
    assert person.column("CSRQ").element.name == "出生日期"
    assert person.column("GMSFHM").element.name == "公民身份号码"
    assert person.column("RYBH").element.id == "4223.1-05-002"
    assert person.personal


def test_an_element_is_found_by_a_synonym(tmp_path: Path) -> None:
    standards = load_standards(read_declaration(written(tmp_path, WHOLE)))
    element, synonym = next(
        (element, element.synonyms[0])
        for element in standards.packs["db37-4223.1"].elements.values()
        if element.synonyms and all(element.synonyms[0] != other.name for other in standards.elements.values())
    )
    asked = read_declaration(
        written(tmp_path, WHOLE.replace("YXM: 姓名", f"YXM: {synonym}").replace("姓名[XM]", "姓名"))
    )
    assert resolve(asked, standards, "20261121")[0].column("YXM").element == element


def test_labels_tell_columns_of_one_element_apart(datasets: tuple[Dataset, ...]) -> None:
    labels = [column.label for column in datasets[0].columns]
    assert labels[-2:] == ["姓名[XM]", "姓名[YXM]"]
    assert len(set(labels)) == len(labels)


def test_codes_are_judged_at_their_own_date_or_at_the_datasets(datasets: tuple[Dataset, ...]) -> None:
    person, household, table = datasets
    dates = {column.name: column.date for column in person.columns}
    assert dates == {
        **dict.fromkeys(("RYBH", "GMSFHM", "CSRQ", "XBMC", "XM", "YXM"), ""),
        **dict.fromkeys(("XBDM", "HJD"), "GXRQ"),
        "CSD": "CSRQ",
    }
    assert (person.as_of, household.as_of, table.as_of) == ("20261121", "20200630", "20261121")


def test_division_use_comes_from_the_element_and_what_is_declared(datasets: tuple[Dataset, ...]) -> None:
    person = datasets[0]
    assert person.column("HJD").division == DivisionUse("gbt-2260")
    assert person.column("CSD").division == DivisionUse("gbt-2260", ("county",))
    assert person.column("XM").division is None
    assert datasets[2].table is not None
    assert datasets[2].table.roles["code"] == "DM"


def test_the_packs_relations_apply_once_between_mapped_elements(datasets: tuple[Dataset, ...]) -> None:
    links = {(link.kind, link.label): link for link in datasets[0].links}
    assert len(links) == len(datasets[0].links)
    assert sorted(kind for kind, _ in links) == ["birth", "name", "reference", "sex"]
    birth = links["birth", "公民身份号码·出生日期"]
    assert birth.roles == {"number": "GMSFHM", "birth": "CSRQ"}
    assert birth.clause is not None
    reference = next(link for link in datasets[0].links if link.kind == "reference")
    assert list(reference.roles.values()) == ["RYBH", "XM"]
    assert reference.to == ("population.household", ("HZ", "HZXM"))


def test_two_columns_of_one_element_leave_the_relation_to_the_declaration(tmp_path: Path) -> None:
    twice = WHOLE.replace("      XBMC: 性别名称\n", "      XBMC: 性别名称\n      CSRQ2: 出生日期\n")
    declaration = read_declaration(written(tmp_path, twice.replace("birth: CSRQ}", "birth: CSRQ2}")))
    links = resolve(declaration, load_standards(declaration), "20261121")[0].links
    birth = [link for link in links if link.kind == "birth"]
    assert [link.roles["birth"] for link in birth] == ["CSRQ2"]
    assert birth[0].clause is not None


def test_columns_that_need_no_mapping_are_read_too(declaration: Declaration, datasets: tuple[Dataset, ...]) -> None:
    person = columns_read(declaration, datasets, "population.person")
    assert "GXRQ" in person
    assert "NO" not in person
    assert columns_read(declaration, datasets, "population.household") == ("HZ", "HZXM")
    assert columns_read(declaration, datasets, "divisions.table") == ("DM", "MC", "SJDM")


def test_the_declaration_is_read_without_polars() -> None:
    code = (
        "import sys, conformance.system.declaration, conformance.system.resolve;"
        "sys.exit(bool({'polars', 'numpy', 'fastexcel'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
