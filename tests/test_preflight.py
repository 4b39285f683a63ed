"""Preflight: each misconfigured system is told exactly what is wrong with it, and no verdict is given."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import conformance.system
from conformance.messages import LANGUAGES, catalogue
from conformance.system.access.opening import open_points
from conformance.system.declaration import ACCESS, ConfigurationError, Problem, read_declaration
from conformance.system.preflight import preflight
from conformance.system.resolve import load_standards, resolve

MISCONFIGURED = Path(__file__).resolve().parents[1] / "fixtures" / "misconfigured"
EXPECTED: dict[str, list[dict[str, Any]]] = yaml.safe_load((MISCONFIGURED / "expected.yaml").read_text("utf-8"))

SOUND = """\
lubiao: 1
system: {product: 示例人口库, vendor: 示例公司, version: "1.0", build: {kind: declared, id: demo}}
claims:
  standards: [{id: db37-4223.1, edition: "2020"}]
targets:
  population.person:
    source: {path: person.csv}
    key: [RYBH]
    columns:
      RYBH: 人员编号
      XM: 姓名
"""


def problems_of(path: Path) -> tuple[Problem, ...]:
    try:
        declaration = read_declaration(path)
        standards = load_standards(declaration)
        datasets = resolve(declaration, standards, "20261121")
        points = [target for target in declaration.targets if target.kind == ACCESS]
        if points:
            open_points(points, standards.access, "20261121")
    except ConfigurationError as error:
        return error.problems
    return preflight(declaration, datasets, standards)


def with_source(folder: Path, text: str = SOUND) -> tuple[str, ...]:
    (folder / "system.yaml").write_text(text, encoding="utf-8")
    return tuple(problem.message.id for problem in problems_of(folder / "system.yaml"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_misconfigured_system_is_told_exactly_what_is_wrong(name: str) -> None:
    problems = problems_of(MISCONFIGURED / name / "system.yaml")
    found = sorted((problem.message.id, problem.line) for problem in problems)
    assert found == sorted((expected["id"], expected["line"]) for expected in EXPECTED[name])
    for problem in problems:
        assert problem.mend.id == f"{problem.message.id}.mend"
        for message in (problem.message, problem.mend):
            assert all(message.render(language) for language in LANGUAGES)


def test_every_misconfigured_system_is_expected() -> None:
    assert {path.name for path in MISCONFIGURED.iterdir() if path.is_dir()} == EXPECTED.keys()


def test_a_sound_system_has_no_problem(tmp_path: Path) -> None:
    (tmp_path / "person.csv").write_text("RYBH,XM\nA1,张三\n", encoding="utf-8")
    assert with_source(tmp_path) == ()


@pytest.mark.parametrize("content", ["RYBH,XM\n", "RYBH,XM"])
def test_a_header_without_records_is_no_matter_of_configuration(tmp_path: Path, content: str) -> None:
    (tmp_path / "person.csv").write_text(content, encoding="utf-8")
    assert with_source(tmp_path) == ()


def test_every_message_of_this_room_has_its_mend_and_is_used() -> None:
    folder = Path(conformance.system.__file__).parent
    code = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    raised = set(re.findall(r'"((?:declaration|resolve|source)\.[a-z0-9.-]+)"', code)) - {"declaration.schema.json"}
    texts = yaml.safe_load((folder.parent / "messages" / "system.yaml").read_text("utf-8"))
    assert raised <= texts.keys()
    for id_ in texts:
        assert id_.removesuffix(".mend") in texts
        assert f"{id_.removesuffix('.mend')}.mend" in catalogue()
    built = r"declaration\.(?:shape|bound)\.\w+|resolve\.role\.\w+"
    built += r"|source\.(?:not-regular-\w+|width|blank|nul|\w+-quote)"
    unused = {id_ for id_ in texts if not id_.endswith(".mend")} - raised
    assert all(re.fullmatch(built, id_) for id_ in unused)


def test_every_problem_of_all_targets_comes_at_once(tmp_path: Path) -> None:
    (tmp_path / "person.csv").write_text("RYBH;XM\n", encoding="utf-8")
    second = (
        SOUND.partition("targets:\n")[2]
        .replace("population.person", "population.other")
        .replace("person.csv", "none.csv")
    )
    text = (SOUND + second).replace("source: {path: person.csv}", 'source: {path: person.csv, delimiter: ","}')
    assert with_source(tmp_path, text) == ("source.delimiter", "source.no-file")


def test_columns_named_anywhere_are_looked_for_at_their_place(tmp_path: Path) -> None:
    (tmp_path / "person.csv").write_text("RYBH,XM\n", encoding="utf-8")
    text = SOUND.replace("    key: [RYBH]\n", "    key: [RYBH, K]\n    date: D\n    where: {W: x}\n")
    text += "    relations:\n      - {kind: reference, columns: [C], to: population.person, to_columns: [T]}\n"
    (tmp_path / "system.yaml").write_text(text, encoding="utf-8")
    problems = problems_of(tmp_path / "system.yaml")
    assert {problem.message.id for problem in problems} == {"source.no-column"}
    assert {(problem.message.params["column"], problem.line) for problem in problems} == {
        ("K", 8),
        ("D", 9),
        ("W", 10),
        ("C", 15),
        ("T", 15),
    }


def test_no_message_repeats_what_the_data_holds(tmp_path: Path) -> None:
    citizen = "370102199001010000"
    (tmp_path / "person.csv").write_text(f'RYBH,XM\nA1,"{citizen}"x\n', encoding="utf-8")
    (tmp_path / "system.yaml").write_text(SOUND, encoding="utf-8")
    problems = problems_of(tmp_path / "system.yaml")
    assert [problem.message.id for problem in problems] == ["source.stray-quote"]
    assert all(citizen not in text for problem in problems for text in problem.message.both().values())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a matter of POSIX")
def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "person.csv")
    assert with_source(tmp_path) == ("source.not-regular-special",)
    (tmp_path / "person.csv").unlink()
    (tmp_path / "person.csv").symlink_to("person.csv")
    assert with_source(tmp_path) == ("source.unreadable",)
    (tmp_path / "person.csv").unlink()
    (tmp_path / "person.csv").symlink_to("/dev/zero")
    assert with_source(tmp_path) == ("source.not-regular-special",)
