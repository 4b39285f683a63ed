"""Packages, series and exchange tables of the sample room, read back by other libraries than those that wrote them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
import xmlschema
from lxml import etree

from conformance.cli import main
from conformance.sample.errors import SampleError
from conformance.sample.packages import PROVIDER, write_package
from conformance.sample.recipe import write_sample
from conformance.sample.records import records
from conformance.sample.series import write_exchange_table, write_series
from conformance.standard.standards import Standards

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "standards" / "exchange" / "2019" / "schemas"
AS_OF = "20261121"
MADE = "2026-11-20T09:00:00+08:00"
DATASETS = sorted(path.stem for path in SCHEMAS.glob("*.sql"))

Row = dict[str, str]


@cache
def standards() -> Standards:
    return Standards.load([("exchange", "2019")])


def frame_of(id_: str, rows: int = 30) -> pl.DataFrame:
    return records(standards().datasets[id_], standards(), 4, rows, AS_OF)


def rows_of(frame: pl.DataFrame) -> list[Row]:
    return [{name: value for name, value in row.items() if value is not None} for row in frame.to_dicts()]


def files_of(path: Path) -> dict[str, bytes]:
    """The files of a package, whatever it is packed in."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    if path.suffix in (".tar", ".gz"):
        with tarfile.open(path) as tar:
            return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    return {one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()}


def read_rows(content: bytes, form: str, encoding: str) -> Iterator[Row]:
    if form == "xml":
        body = etree.fromstring(content)[1]
        for record in body:
            yield {etree.QName(field).localname: field.text or "" for field in record}
    elif form == "json":
        yield from json.loads(content.decode(encoding))["body"]
    elif form == "jsonl":
        yield from (json.loads(line) for line in content.decode(encoding).splitlines())
    else:
        for row in csv.DictReader(io.StringIO(content.decode(encoding), newline="")):
            yield {name: value for name, value in row.items() if value}


@pytest.mark.parametrize("form", ["xml", "json", "jsonl", "csv"])
@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_every_format_gives_back_the_values(form: str, encoding: str, tmp_path: Path) -> None:
    frame, spec = frame_of("registered-population"), standards().datasets["registered-population"]
    awkward = 'a&b<c>"d",\\e\n行,𬱖\t<![CDATA[x]]>'
    frame = frame.with_columns(pl.when(pl.int_range(pl.len()) == 3).then(pl.lit(awkward)).otherwise("XM").alias("XM"))
    path = write_package(
        tmp_path, spec, frame, standards(), format=form, encoding=encoding, parts=2, digest="SM3", created_at=MADE
    )
    files = files_of(path)
    parts = [content for name, content in sorted(files.items()) if name.startswith("data/")]
    assert [row for part in parts for row in read_rows(part, form, encoding)] == rows_of(frame)
    manifest = json.loads(files["manifest.json"])
    assert [one["records"] for one in manifest["files"]] == [15, 15]
    for one in manifest["files"]:
        assert one["bytes"] == len(files[one["name"]])
        assert one["digest"] == {"algorithm": "SM3", "value": hashlib.new("sm3", files[one["name"]]).hexdigest()}


@pytest.mark.parametrize("id_", DATASETS)
def test_packages_of_every_dataset_are_valid_by_their_schemas(id_: str, tmp_path: Path) -> None:
    spec, frame = standards().datasets[id_], frame_of(id_)
    path = write_package(tmp_path, spec, frame, standards(), format="xml", metadata=True, created_at=MADE)
    xmlschema.XMLSchema(SCHEMAS / f"{id_}.xsd").validate(path / "data" / f"{id_}_001.xml")
    xmlschema.XMLSchema(SCHEMAS / "metadata.xsd").validate(path / "metadata.xml")
    path = write_package(tmp_path, spec, frame, standards(), format="json", mode="I", created_at=MADE)
    valid_json(SCHEMAS / f"{id_}.schema.json", path / "data" / f"{id_}_001.json")
    valid_json(SCHEMAS / "manifest.schema.json", path / "manifest.json")


def valid_json(schema: Path, path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text("utf-8")))
    assert [error.json_path for error in validator.iter_errors(json.loads(path.read_text("utf-8")))] == []


@pytest.mark.parametrize("archive", ["folder", "zip", "tar", "tar.gz"])
def test_the_same_records_give_the_same_bytes(archive: str, tmp_path: Path) -> None:
    spec, frame = standards().datasets["cremation"], frame_of("cremation")
    made: list[Mapping[str, bytes]] = []
    for folder in ("first", "second"):
        path = write_package(
            tmp_path / folder,
            spec,
            frame,
            standards(),
            format="csv",
            archive=archive,
            attachments=[("a.txt", b"x")],
            created_at=MADE,
        )
        made.append(files_of(path) if archive == "folder" else {path.name: path.read_bytes()})
        assert set(files_of(path)) == {"manifest.json", "data/cremation_001.csv", "attachments/a.txt"}
        assert [one.name for one in (tmp_path / folder).iterdir()] == [path.name]
    assert made[0] == made[1]


def test_a_package_handed_over_again_is_the_same_under_another_name(tmp_path: Path) -> None:
    spec, frame = standards().datasets["cremation"], frame_of("cremation")
    first, again = (
        write_package(tmp_path, spec, frame, standards(), format="xml", created_at=MADE, again=twice)
        for twice in (False, True)
    )
    assert again.name == f"{first.name}.again"
    assert files_of(first) == files_of(again)


def test_operations_stand_first_and_words_outside_the_rules_are_refused(tmp_path: Path) -> None:
    spec, frame = standards().datasets["cremation"], frame_of("cremation", 3)
    path = write_package(
        tmp_path, spec, frame, standards(), format="jsonl", mode="I", operations="IUD", batch=7, created_at=MADE
    )
    assert path.name == f"{PROVIDER}_cremation_I_000007"
    rows = list(read_rows(files_of(path)["data/cremation_001.jsonl"], "jsonl", "utf-8"))
    assert [next(iter(row.items())) for row in rows] == [("CZLX", "I"), ("CZLX", "U"), ("CZLX", "D")]
    wrong: list[dict[str, Any]] = [
        {"mode": "X"},
        {"encoding": "GBK"},
        {"digest": "MD5"},
        {"format": "yaml"},
        {"archive": "rar"},
    ]
    for words in wrong:
        with pytest.raises(SampleError):
            write_package(tmp_path, spec, frame, standards(), **{"format": "xml", "created_at": MADE, **words})
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("id_", ["migration-in", "state-organ"])
def test_each_operation_of_a_series_fits_the_receiver(id_: str, tmp_path: Path) -> None:
    spec = standards().datasets[id_]
    paths = write_series(tmp_path, spec, frame_of(id_, 60), standards(), format="json", increments=3, created_at=MADE)
    state: dict[tuple[str, ...], Row] = {}
    times, seen = [], set()
    for number, path in enumerate(paths, 1):
        files = files_of(path)
        manifest = json.loads(files["manifest.json"])
        assert (manifest["batch"], manifest["mode"]) == (f"{number:06}", "F" if number == 1 else "I")
        times.append(manifest["createdAt"])
        for row in read_rows(files[f"data/{id_}_001.json"], "json", "utf-8"):
            key, operation = tuple(row[name] for name in spec.key), row.pop("CZLX", "I")
            seen.add(operation)
            assert (key in state) == (operation != "I")
            if operation == "D":
                assert state.pop(key) == row
            else:
                assert operation == "I" or state[key] != row
                state[key] = row
    assert seen == {"I", "U", "D"}
    assert times == sorted(set(times))


def test_an_exchange_table_holds_its_batches(tmp_path: Path) -> None:
    spec, path = standards().datasets["enterprise"], tmp_path / "x.sqlite"
    table = write_exchange_table(path, spec, frame_of("enterprise", 50), standards(), 3, created_at=MADE)
    bytes_before = path.read_bytes()
    database = sqlite3.connect(path)
    ask = database.execute
    stated = dict(ask("SELECT PCH, JLS FROM ENTERPRISE_PC").fetchall())
    held = dict(ask("SELECT PCH, CAST(COUNT(*) AS TEXT) FROM ENTERPRISE GROUP BY PCH").fetchall())
    marks = ask("SELECT DISTINCT PCH, CZLX, CLZT FROM ENTERPRISE ORDER BY 1, 2").fetchall()
    times = [time for (time,) in ask("SELECT MIN(CZSJ) FROM ENTERPRISE GROUP BY PCH ORDER BY PCH")]
    database.close()
    assert table == "ENTERPRISE"
    assert stated == held
    assert [mark[:2] for mark in marks[:2]] == [("000001", "I"), ("000002", "D")]
    assert {mark[2] for mark in marks} == {"0"}
    assert times == sorted(set(times))
    write_exchange_table(path, spec, frame_of("enterprise", 50), standards(), 3, created_at=MADE)
    assert path.read_bytes() == bytes_before


def test_the_reference_system_of_exchange_is_made_by_its_recipe(tmp_path: Path) -> None:
    paths = write_sample(ROOT / "fixtures" / "exchange" / "recipe.yaml", tmp_path, scale=0.01)
    assert all(path.exists() for path in paths)
    assert len(paths) == 6
    archive = next(path for path in paths if path.name.endswith(".tar.gz"))
    assert set(files_of(archive)) == {
        "manifest.json",
        "data/enterprise_001.csv",
        "metadata.xml",
        "attachments/notes.txt",
    }
    only = write_sample(
        ROOT / "fixtures" / "exchange" / "recipe.yaml", tmp_path / "one", scale=0.01, only=["births.xml"]
    )
    assert [path.name for path in only] == [f"{PROVIDER}_birth-registration_F_000001"]


def test_the_command_makes_a_package_whole_or_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = ["sample", "--dataset", "birth-registration", "--as-of", AS_OF, "--format", "csv", "--lang", "en"]
    assert main([*whole, "-o", str(tmp_path / "whole")]) == 0
    assert main([*whole, "-o", str(tmp_path / "broken"), "--broken", "check"]) == 0
    told = capsys.readouterr()
    assert "DE-CHECK" in told.err
    first, second = (
        (tmp_path / name / f"{PROVIDER}_birth-registration_F_000001/data/birth-registration_001.csv").read_text("utf-8")
        for name in ("whole", "broken")
    )
    assert sum(a != b for a, b in zip(first.splitlines(), second.splitlines(), strict=True)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["folder", "--dataset", "enterprise"],
        ["--dataset", "nobody"],
        ["--dataset", "enterprise", "--broken", "colour"],
        ["--dataset", "enterprise", "--rows", "0"],
        ["--dataset", "enterprise", "--as-of", "20261340"],
    ],
)
def test_the_command_says_what_it_cannot_do(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sample", *arguments, "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
