"""Same input, same bundle: two runs, and the two ways in, differ only in what ``volatile`` lists."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from small_system import KEY, SmallSystem, faulty, run_pytest, waiver

from conformance.bundle.archive import write_archive
from conformance.checking import check
from conformance.evidence.key import VARIABLE
from conformance.report.json_report import write_json

BOUND = {"manifest.json", "attestation.dsse.json", "bundle.zip"}
FILES = {"report.json", "report.html", "junit.xml", "evidence/records.jsonl", *BOUND}
WAIVED = SmallSystem(rows=faulty().rows, more={"waivers": [waiver("DE-BLANK", "姓名")]})
SYSTEMS = {"conforming": SmallSystem(), "faulty": faulty(), "empty": SmallSystem(rows=()), "waived": WAIVED}


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def settled(report: dict[str, Any]) -> bytes:
    """The report in the bytes of ``report.json``, with what may differ left empty."""
    for pointer in report["volatile"]:
        *path, last = pointer.removeprefix("/").split("/")
        holder: Any = report
        for key in path:
            holder = holder[key]
        assert last in holder, f"volatile names {pointer}, which is not there"
        holder[last] = None
    return write_json(report)


def read(folder: Path) -> dict[str, Any]:
    content = (folder / "report.json").read_bytes()
    report: dict[str, Any] = json.loads(content)
    assert write_json(report) == content, "what is read is what was written, to the byte"
    return report


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_two_ways_in_give_the_same_report(tmp_path: Path, name: str) -> None:
    system = SYSTEMS[name].write(tmp_path)
    returned = check(system, report=tmp_path / "library").report
    run_pytest(system, "--report", "alone", folder=tmp_path)
    library, alone = read(tmp_path / "library"), read(tmp_path / "alone")
    assert returned == library
    assert files(tmp_path / "library") == FILES
    assert files(tmp_path / "alone") == FILES
    assert settled(library) == settled(alone)


def test_volatile_is_no_more_than_it_must_be(tmp_path: Path) -> None:
    """Neither verdicts nor counts nor inputs may hide behind it."""
    report = check(SmallSystem().write(tmp_path)).report
    assert report["volatile"] == ["/run/ended", "/run/environment", "/run/id", "/run/started"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_two_runs_give_the_same_bundle(tmp_path: Path, name: str) -> None:
    """Every file: what the volatile fields hold is taken out of each wherever it stands, the rest is equal."""
    system = SYSTEMS[name].write(tmp_path)
    texts = []
    for run in ("first", "second"):
        check(system, report=tmp_path / run)
        report = read(tmp_path / run)
        texts.append({name: bare(tmp_path / run / name, report) for name in FILES - {"bundle.zip"}})
        assert report["run"]["id"] not in "".join(texts[-1].values())
    for file in FILES - BOUND:
        assert texts[0][file] == texts[1][file], file
    manifests = [json.loads((tmp_path / run / "manifest.json").read_bytes()) for run in ("first", "second")]
    for same in ("resultsDigest", "suite", "packs", "product"):
        assert manifests[0][same] == manifests[1][same]
    assert set(manifests[0]["files"]) == FILES - {"manifest.json", "bundle.zip"}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_archive_holds_the_folder(tmp_path: Path, name: str) -> None:
    check(SYSTEMS[name].write(tmp_path), report=tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out" / "bundle.zip") as archive:
        held = {one: archive.read(one) for one in archive.namelist()}
    assert held == {one: (tmp_path / "out" / one).read_bytes() for one in FILES - {"bundle.zip"}}
    assert write_archive(held) == (tmp_path / "out" / "bundle.zip").read_bytes()


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def bare(path: Path, report: dict[str, Any]) -> str:
    text = path.read_text("utf-8")
    volatile = [report["run"][key] for key in ("id", "started", "ended")]
    volatile += [re.sub(r"T(.{8})", r" \1 ", moment) for moment in volatile[1:]]
    for value in volatile:
        text = text.replace(value, "…")
    # Each record names the one before it, and the first tells of the run itself.
    return re.sub('"(prev|now)":"[^"]*"', "", text)


def test_the_order_of_records_decides_nothing_but_their_numbers(tmp_path: Path) -> None:
    """The same records in another order: same verdicts and counts, and a sample names the same value."""
    rows = faulty().rows
    reports = [
        check(SmallSystem(rows=order).write(tmp_path / name)).report
        for name, order in (("there", rows), ("back", rows[::-1]))
    ]
    for one, other in zip(reports[0]["findings"], reports[1]["findings"], strict=True):
        assert (one["id"], one["verdict"], one["checked"]) == (other["id"], other["verdict"], other["checked"])
        assert [sample["values"] for sample in one["samples"]] == [sample["values"] for sample in other["samples"]]
