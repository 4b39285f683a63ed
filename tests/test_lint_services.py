"""The linter over the services pack: the pack is silent, each fault is found and named, any YAML is outlived."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.messages import catalogue
from conformance.standard.lint import LintFinding, lint
from conformance.standard.pack import standards_root

FILES = ("convention.yaml", "errors.yaml", "registration.yaml", "probes.yaml", "profiles/default.yaml")
PACK = standards_root() / "services" / "2020"
Change = Callable[[Any], object]


@pytest.fixture
def linted(tmp_path: Path) -> Callable[[str, str], tuple[LintFinding, ...]]:
    """Lints the pack's own files, alone in a root with a scheme, one of them with another text (empty: left out)."""
    folder = tmp_path / "services" / "2020"
    (folder / "profiles").mkdir(parents=True)
    (folder / "schemes").mkdir()
    for name in FILES:
        shutil.copy(PACK / name, folder / name)
    shutil.copy(standards_root() / "data-elements" / "2020" / "schemes" / "gb-32100.yaml", folder / "schemes")
    head = yaml.safe_load((PACK / "standard.yaml").read_text("utf-8"))
    (folder / "standard.yaml").write_text(yaml.safe_dump({**head, "depends": []}), "utf-8")

    def write(name: str, text: str) -> tuple[LintFinding, ...]:
        (folder / name).write_text(text, "utf-8")
        if not text:
            (folder / name).unlink()
        found = lint(folder)
        return tuple(each for each in found if each.path == name or each.rule == "bad-service")

    return write


def put(*path: str | int, value: Any) -> Change:
    """A change that puts a value at a path."""

    def change(data: Any) -> None:
        for part in path[:-1]:
            data = data[part]
        data[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """A change that takes away what stands at a path."""

    def change(data: Any) -> None:
        for part in path[:-1]:
            data = data[part]
        del data[path[-1]]

    return change


CONVENTION, ERRORS, FORM, PROBES, PROFILE = FILES
BAD: list[tuple[str, str, Change]] = [
    (CONVENTION, "lint.missing-key", drop("batch")),
    (CONVENTION, "lint.missing-key", drop("classes", 0, "answer")),
    (CONVENTION, "lint.missing-translation", drop("classes", 0, "title", "en")),
    (CONVENTION, "lint.bad-pattern", put("code", value="[T")),
    (CONVENTION, "lint.service.group", put("code", value="[TP][0-9]{15}")),
    (CONVENTION, "lint.service.group", put("resource", value="[0-9]{18}")),
    (CONVENTION, "lint.duplicate-id", put("classes", 1, "digit", value="1")),
    (CONVENTION, "lint.duplicate-id", put("classes", 1, "id", value="query")),
    (CONVENTION, "lint.service.text", put("classes", 1, "digit", value=2)),
    (CONVENTION, "lint.unknown-word", put("classes", 0, "requests", value=["soap"])),
    (CONVENTION, "lint.unknown-word", put("classes", 0, "paging", value=["cursor"])),
    (CONVENTION, "lint.unknown-word", put("classes", 0, "answer", value="xml")),
    (CONVENTION, "lint.unknown-word", put("provider", value="gb-1")),
    (CONVENTION, "lint.unknown-word", put("signing", "base", value=["client", "body"])),
    (ERRORS, "lint.missing-key", drop("leaks")),
    (ERRORS, "lint.missing-key", drop("errors", 0, "status")),
    (ERRORS, "lint.duplicate-id", put("errors", 1, "code", value="40001")),
    (ERRORS, "lint.duplicate-id", put("errors", 1, "code", value="00000")),
    (ERRORS, "lint.duplicate-id", put("errors", 1, "id", value="missing-parameter")),
    (ERRORS, "lint.service.status", put("errors", 0, "status", value=200)),
    (ERRORS, "lint.service.status", put("errors", 0, "status", value="400")),
    (ERRORS, "lint.service.text", put("errors", 0, "code", value=40099)),
    (ERRORS, "lint.missing-translation", put("errors", 0, "title", value="缺少必填参数")),
    (ERRORS, "lint.missing-translation", drop("success", "title", "zh")),
    (ERRORS, "lint.bad-pattern", put("leaks", 0, value="(")),
    (FORM, "lint.missing-key", drop("field")),
    (FORM, "lint.missing-key", drop("items", 0, "type")),
    (FORM, "lint.missing-key", drop("items", 6, "items")),
    (FORM, "lint.unknown-word", put("items", 0, "type", value="date")),
    (FORM, "lint.unknown-word", put("items", 6, "items", 0, "occurs", value="n")),
    (FORM, "lint.bad-pattern", put("items", 0, "pattern", value="[a-")),
    (FORM, "lint.duplicate-id", put("items", 1, "id", value="id")),
    (FORM, "lint.missing-translation", drop("field", 0, "title", "en")),
    (PROBES, "lint.missing-key", drop("beside")),
    (PROBES, "lint.service.list", put("methods", value="PUT")),
    (PROBES, "lint.service.list", put("beside", 0, value=7)),
    (PROBES, "lint.service.path", put("root", 0, value="docs")),
    (PROFILE, "lint.missing-key", drop("security")),
    (PROFILE, "lint.service.file-name", put("id", value="strict")),
    (PROFILE, "lint.service.threshold", put("duties", "concurrency", value=0)),
    (PROFILE, "lint.service.threshold", put("duties", "key_bits", "RSA", value=0)),
    (PROFILE, "lint.unknown-word", put("provenance", value="guess")),
]


def of(name: str, change: Change) -> str:
    """The text of a file with a change."""
    data = yaml.safe_load((PACK / name).read_text("utf-8"))
    change(data)
    return yaml.safe_dump(data, allow_unicode=True)


@pytest.mark.parametrize("name", FILES)
def test_the_pack_is_silent(name: str, linted: Callable[[str, str], tuple[LintFinding, ...]]) -> None:
    assert linted(name, of(name, lambda _: None)) == ()


@pytest.mark.parametrize(("name", "id_", "change"), BAD, ids=range(len(BAD)))
def test_each_fault_is_found_and_named(
    name: str, id_: str, change: Change, linted: Callable[[str, str], tuple[LintFinding, ...]]
) -> None:
    found = linted(name, of(name, change))
    assert {(each.path, each.message.id) for each in found} == {(name, id_)}, found
    assert all(all(each.message.both().values()) for each in found)


@pytest.mark.parametrize("name", FILES[1:])
def test_a_file_that_is_missing_is_told(name: str, linted: Callable[[str, str], tuple[LintFinding, ...]]) -> None:
    assert [(each.path, each.message.id) for each in linted(name, "")] == [(name, "lint.file.missing")]


def test_another_profile_has_all_that_the_default_has(
    linted: Callable[[str, str], tuple[LintFinding, ...]],
) -> None:
    def strict(change: Change) -> str:
        return of(PROFILE, lambda data: (data.update(id="strict"), change(data)))

    assert linted("profiles/strict.yaml", strict(put("duties", "concurrency", value=64))) == ()
    (found,) = linted("profiles/strict.yaml", strict(drop("duties", "concurrency")))
    assert (found.message.id, found.subject) == ("lint.missing-key", "strict.duties.concurrency")
    (found,) = linted("profiles/strict.yaml", strict(put("tester", "clock_ms", value="1 min")))
    assert found.message.id == "lint.service.threshold"


def test_every_message_has_a_bad_example() -> None:
    assert {id_ for id_ in catalogue() if id_.startswith("lint.service.")} <= {id_ for _, id_, _ in BAD}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_yaml_breaks_the_linter(data: st.DataObject, linted: Callable[[str, str], tuple[LintFinding, ...]]) -> None:
    name = data.draw(st.sampled_from(FILES))
    whole = yaml.safe_load((PACK / name).read_text("utf-8"))
    key = data.draw(st.sampled_from(sorted(whole)))
    whole[key] = data.draw(JUNK)
    linted(name, yaml.safe_dump(whole, allow_unicode=True))


def test_yaml_that_holds_itself_is_outlived(linted: Callable[[str, str], tuple[LintFinding, ...]]) -> None:
    assert linted(FORM, "items: &a [{id: x, type: group, items: *a}]\n")
