"""Edits of packages, series and exchange tables: each does what it says and no more; one without effect is loud."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import killmatrix
from conformance.sample.errors import SampleError
from conformance.sample.overlay import apply, read_changes, read_mutant
from conformance.sample.package_changes import PackageEdit, TableEdit, edit_package, edit_table, read_package_edit
from conformance.sample.pointers import remove_at, set_at
from conformance.sample.recipe import write_sample
from conformance.standard.exchange import ExchangeRules
from conformance.standard.standards import Standards

ROOT = Path(__file__).parents[1]
DATA = "data/甲_001.xml"
NOTES = "attachments/notes.txt"
CONTENT = {DATA: "<a>甲乙</a>\n<a>丙</a>\n", NOTES: "说明"}

Edit = Callable[..., Path]


@pytest.fixture(scope="module")
def rules() -> ExchangeRules:
    return Standards.load([("exchange", "2019")]).exchange


def entry(name: str, algorithm: str = "SHA-256") -> dict[str, Any]:
    raw = CONTENT[name].encode()
    digest = hashlib.new({"SHA-256": "sha256", "SM3": "sm3"}[algorithm], raw).hexdigest()
    return {"name": name, "role": "data", "bytes": len(raw), "digest": {"algorithm": algorithm, "value": digest}}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "series" / "one"
    for name, text in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    manifest = {"batch": "000001", "files": [entry(DATA), entry(NOTES, "SM3")]}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.fixture
def archive(package: Path) -> Path:
    """The same as a ZIP whose entries are in no order of names."""
    path = package.with_name("one.zip")
    with zipfile.ZipFile(path, "w") as packed:
        for name in (NOTES, "manifest.json", DATA):
            packed.write(package / name, name)
    shutil.rmtree(package)
    return path


@pytest.fixture
def edit(rules: ExchangeRules) -> Edit:
    def edited(path: Path, **words: Any) -> Path:
        change = read_package_edit({"package": "p", **words}, "test")
        assert isinstance(change, PackageEdit)
        return edit_package(path, change, rules)

    return edited


def contents(folder: Path) -> dict[str, bytes]:
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return found


def sealed(folder: Path) -> bool:
    """Whether sizes and digests are those of the files."""
    hashed = {"SHA-256": "sha256", "SM3": "sm3"}
    for one in manifest_of(folder)["files"]:
        raw = (folder / one["name"]).read_bytes()
        digest = hashlib.new(hashed[one["digest"]["algorithm"]], raw).hexdigest()
        if (one["bytes"], one["digest"]["value"]) != (len(raw), digest):
            return False
    return True


# Texts of files


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"find": "a>", "text": "b>"}, "<b>甲乙</a>\n<a>丙</a>\n"),
        ({"find": "a>", "text": "b>", "times": 0}, "<b>甲乙</b>\n<b>丙</b>\n"),
        ({"find": "a>", "text": "b>", "times": 3}, "<b>甲乙</b>\n<b>丙</a>\n"),
        ({"pattern": "^<a>(.*)</a>$", "text": r"<b>\1</b>"}, "<b>甲乙</b>\n<a>丙</a>\n"),
        ({"pattern": "^<a>(.*)</a>$", "text": r"<b>\1</b>", "times": 0}, "<b>甲乙</b>\n<b>丙</b>\n"),
        ({"pattern": r"\n\Z", "text": ""}, "<a>甲乙</a>\n<a>丙</a>"),
    ],
)
def test_a_text_is_replaced_and_the_manifest_sealed(
    package: Path, edit: Edit, words: dict[str, Any], text: str
) -> None:
    assert edit(package, replace=[{"file": DATA, **words}]) == package
    assert (package / DATA).read_text("utf-8") == text
    assert sealed(package)
    assert manifest_of(package)["files"][1] == entry(NOTES, "SM3")


def test_bytes_are_replaced_in_latin_1_and_a_file_is_recoded(package: Path, edit: Edit) -> None:
    edit(package, replace=[{"file": NOTES, "pattern": r"\A", "text": "\xff", "encoding": "latin-1"}])
    assert (package / NOTES).read_bytes() == b"\xff" + "说明".encode()
    edit(package, recode={DATA: ["utf-8", "gb18030"]})
    assert (package / DATA).read_bytes() == CONTENT[DATA].encode("gb18030")
    assert sealed(package)


def test_without_a_seal_the_manifest_keeps_its_bytes(package: Path, edit: Edit) -> None:
    before = (package / "manifest.json").read_bytes()
    edit(package, replace=[{"file": NOTES, "find": "说", "text": "注"}], seal=False)
    assert (package / "manifest.json").read_bytes() == before
    assert not sealed(package)


def test_a_manifest_that_a_replacement_touched_keeps_its_writing(package: Path, edit: Edit) -> None:
    edit(package, replace=[{"file": "manifest.json", "find": '"batch"', "text": '"batch": "000009", "batch"'}])
    assert (package / "manifest.json").read_text("utf-8").count('"batch"') == 2
    edit(package, replace=[{"file": "manifest.json", "find": "{", "text": ""}])
    assert (package / "manifest.json").read_text("utf-8").startswith('"batch"')


# The manifest and the files that it lists


def test_manifest_values_are_set_then_sealed_then_removed(package: Path, edit: Edit) -> None:
    edit(
        package,
        add={"attachments/more.txt": "更多"},
        manifest={
            "/batch": "000002",
            "/files/-": {"name": "attachments/more.txt", "role": "attachment"},
            "/files/0/digest/algorithm": "SM3",
        },
        manifest_remove=["/files/1"],
    )
    found = manifest_of(package)
    assert found["batch"] == "000002"
    assert [one["name"] for one in found["files"]] == [DATA, "attachments/more.txt"]
    assert found["files"][0] == entry(DATA, "SM3")
    assert sealed(package)


def test_files_are_moved_removed_added_and_linked(package: Path, edit: Edit) -> None:
    edit(package, move={NOTES: "other/notes.txt"}, remove=[DATA], add={"new/.hidden": ""}, link={"a/b": "../../x"})
    assert contents(package).keys() == {"manifest.json", "other/notes.txt", "new/.hidden"}
    assert (package / "a/b").is_symlink()
    assert (package / "a/b").readlink() == Path("../../x")


def test_a_package_is_renamed(package: Path, edit: Edit) -> None:
    assert edit(package, name="two") == package.with_name("two")
    assert not package.exists()


# Archives


def test_an_archive_keeps_its_order_and_is_sealed(archive: Path, edit: Edit) -> None:
    edit(archive, replace=[{"file": NOTES, "find": "说", "text": "注"}], add={"attachments/more.txt": "更多"})
    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist() == [NOTES, "manifest.json", DATA, "attachments/more.txt"]
        assert packed.read(NOTES) == "注明".encode()
        listed = json.loads(packed.read("manifest.json"))["files"]
    assert listed[0] == entry(DATA)
    assert listed[1]["digest"]["value"] == hashlib.new("sm3", "注明".encode()).hexdigest()


def test_entries_that_no_file_can_be_and_the_reverse(archive: Path, edit: Edit) -> None:
    edit(archive, entries={"../out.txt": "外"}, reverse=True)
    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist() == ["../out.txt", DATA, "manifest.json", NOTES]
    assert not (archive.parent.parent / "out.txt").exists()
    assert not (archive.parent / "out.txt").exists()


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
def test_a_folder_packed_by_copying_is_read_back_alike(package: Path, edit: Edit, suffix: str) -> None:
    edit(package, copy=f"one{suffix}")
    path = package.with_name(f"one{suffix}")
    first = path.read_bytes()
    edit(path, remove=[NOTES], seal=False)
    out = package.with_name("out")
    shutil.unpack_archive(path, out, filter=None if suffix == ".zip" else "data")
    assert contents(out) == {name: raw for name, raw in contents(package).items() if name != NOTES}
    edit(package, copy=f"again{suffix}")
    assert package.with_name(f"again{suffix}").read_bytes() == first, "the same folder, the same bytes"


# Series


def test_a_package_of_a_series_is_found_copied_dropped(package: Path, edit: Edit) -> None:
    series = package.parent
    assert edit(series, of="one", copy="one.again") == series
    assert contents(series / "one.again") == contents(package)
    edit(series, of="one.again", remove=[NOTES])
    assert contents(series / "one.again").keys() != contents(package).keys(), "the exact name comes first"
    edit(series, of="one", drop=True)
    assert [path.name for path in series.iterdir()] == ["one.again"]
    edit(series, of="one", name="one.last")
    assert [path.name for path in series.iterdir()] == ["one.last"], "found by what stands before the suffix"
    with pytest.raises(SampleError):
        edit(series, of="two", drop=True)


def test_an_archive_of_a_series_is_copied_and_dropped(archive: Path, edit: Edit) -> None:
    edit(archive.parent, of="one", copy="two.zip")
    edit(archive.parent, of="one", drop=True)
    assert [path.name for path in archive.parent.iterdir()] == ["two.zip"]


# What does nothing, or makes no sense


@pytest.mark.parametrize(
    "words",
    [
        {"replace": [{"file": DATA, "find": "丁", "text": "戊"}]},
        {"replace": [{"file": DATA, "pattern": "丁+", "text": "戊"}]},
        {"replace": [{"file": DATA, "find": "甲", "text": "甲"}]},
        {"replace": [{"file": "data/none.xml", "find": "甲", "text": "乙"}]},
        {"remove": ["data/none.xml"]},
        {"move": {"data/none.xml": "data/some.xml"}},
        {"recode": {"data/none.xml": ["utf-8", "gb18030"]}},
        {"manifest": {"/batch": "000001"}},
        {"manifest": {"/nowhere/batch": "000001"}},
        {"manifest_remove": ["/nothing"]},
        {"entries": {"../out.txt": ""}},
        {"reverse": True},
    ],
)
def test_an_edit_that_finds_nothing_to_change_is_an_error(package: Path, edit: Edit, words: dict[str, Any]) -> None:
    before = contents(package)
    with pytest.raises(SampleError):
        edit(package, **words)
    assert contents(package) == before


def test_a_link_is_for_folders(archive: Path, edit: Edit) -> None:
    with pytest.raises(SampleError):
        edit(archive, link={"a": "b"})


@pytest.mark.parametrize(
    "raw",
    [
        {"package": "p", "remvoe": [DATA]},
        {"package": "p", "drop": True, "remove": [DATA]},
        {"package": "p", "copy": "two", "manifest": {"/batch": "2"}},
        {"package": "p", "replace": [{"file": DATA, "find": "a"}]},
        {"package": "p", "replace": [{"file": DATA, "text": "a"}]},
        {"package": "p", "replace": [{"file": DATA, "find": "a", "pattern": "a", "text": "b"}]},
        {"table": "t", "sql": ["DELETE FROM a"], "remove": [DATA]},
    ],
)
def test_unknown_words_and_words_that_do_not_go_together_are_errors(raw: dict[str, Any]) -> None:
    with pytest.raises(SampleError):
        read_package_edit(raw, "test")


# Exchange tables


def test_statements_run_and_one_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE a (b TEXT)")
        made.execute("INSERT INTO a VALUES ('1'), ('2')")
    edit_table(path, TableEdit("t", ("DELETE FROM a WHERE b = '1'", "ALTER TABLE a ADD COLUMN c TEXT")))
    with sqlite3.connect(path) as read:
        assert read.execute("SELECT * FROM a").fetchall() == [("2", None)]
    with pytest.raises(SampleError):
        edit_table(path, TableEdit("t", ("DELETE FROM a", "DELETE FROM a WHERE b = '1'")))
    with sqlite3.connect(path) as read:
        assert read.execute("SELECT count(*) FROM a").fetchone() == (1,), "all of an edit or nothing"


# The whole reference


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exchange")
    write_sample(ROOT / "fixtures" / "exchange" / "recipe.yaml", out, scale=0.005)
    return out


@pytest.fixture(scope="module")
def scaled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the kill matrix judges it."""
    return killmatrix.write_reference(tmp_path_factory.mktemp("scaled"), "exchange")


def test_what_is_handed_over_is_copied_and_edited_where_it_is_declared(reference: Path, tmp_path: Path) -> None:
    declared = yaml.safe_load((reference / "system.yaml").read_text("utf-8"))["targets"]
    births, table = declared["births.xml"]["source"]["path"], declared["organisations.table"]["source"]["path"]
    changes = read_changes(
        [
            {"package": "births.xml", "name": "births"},
            {"table": "organisations.table", "sql": ["DELETE FROM SOCIAL_ORGANISATION_PC"]},
            {"package": "births.xml", "remove": ["manifest.json"]},
        ],
        "test",
    )
    written = apply(changes, reference, tmp_path / "out")
    moved = yaml.safe_load(written.read_text("utf-8"))["targets"]["births.xml"]["source"]["path"]
    assert moved == (Path(births).parent / "births").as_posix()
    before, after = contents(reference), contents(tmp_path / "out")
    kept = {name for name in before if not name.startswith(births) and name not in (table, "system.yaml")}
    assert kept
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert not any(name.endswith("births/manifest.json") for name in after)
    assert after[table] != before[table]


def test_a_target_that_is_not_declared_is_an_error(reference: Path, tmp_path: Path) -> None:
    with pytest.raises(SampleError):
        apply(read_changes([{"package": "nobody", "name": "x"}], "test"), reference, tmp_path / "out")


def _of_exchange() -> list[Path]:
    paths = sorted((ROOT / killmatrix.MUTANTS).glob("*.yaml"))
    return [path for path in paths if "\nof: exchange\n" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", _of_exchange(), ids=lambda path: path.stem)
def test_every_mutant_of_exchange_can_be_made(scaled: Path, tmp_path: Path, path: Path) -> None:
    mutant = read_mutant(path)
    assert any(item.startswith(f"{mutant.requirement}@") for item in mutant.red)
    apply(mutant.changes, scaled, tmp_path / "red")
    apply(mutant.near_miss.changes, scaled, tmp_path / "green")


# Pointers


def test_pointers_set_append_and_remove() -> None:
    document: dict[str, Any] = {"a": [{"b": 1}], "c/d": {"~": 2}}
    set_at(document, "/a/0/b", 3)
    set_at(document, "/a/-", 4)
    set_at(document, "/c~1d/~0", 5)
    assert document == {"a": [{"b": 3}, 4], "c/d": {"~": 5}}
    remove_at(document, "/a/0")
    remove_at(document, "/c~1d")
    assert document == {"a": [4]}


@pytest.mark.parametrize("pointer", ["", "a", "/a/7", "/a/x", "/b/c", "/s/t"])
def test_a_pointer_that_leads_nowhere_is_an_error(pointer: str) -> None:
    document = {"a": [1], "s": "text"}
    with pytest.raises(SampleError):
        set_at(document, pointer, 1)
    with pytest.raises(SampleError):
        remove_at(document, pointer)
    assert document == {"a": [1], "s": "text"}
