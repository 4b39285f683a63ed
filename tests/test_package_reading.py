"""A package read whole: its records are numbered over all files, found again, and its facts are what lies there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import hostile_packages as packages
import polars as pl
import pytest

from conformance.judge.exchange.model import PresentFile
from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.messages import message
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.standard.standards import Standards
from conformance.system.package import reading as reading_module
from conformance.system.package.reading import PackageReading, PackageSchemas, read_package
from conformance.system.records.model import FileClaim, RecordFile
from conformance.system.source import ROW

STANDARDS = Standards.load([("exchange", "2019")])
SPEC, RULES = STANDARDS.datasets["cremation"], STANDARDS.exchange
SCHEMAS = PackageSchemas.of(STANDARDS.exchange_folder())
KEYS = {1: ["a", "b", "c"], 2: [], 3: ["d"], 4: ["e", "f"]}
DATA = {f"data/cremation_00{part}.jsonl": "".join(f"{key}\n" for key in keys).encode() for part, keys in KEYS.items()}


class Lines(RecordFile):
    """A file of keys, a line each, that gives two records at a time and tells one fault when it is first read."""

    rules_judged = ("structure",)

    def batches(self) -> Iterator[pl.DataFrame]:
        lines = self.claim.path.read_text("utf-8").splitlines()
        for start in range(0, len(lines), 2):
            keys = lines[start : start + 2]
            empty = {name: [None] * len(keys) for name in self.columns}
            rows = list(range(start + 1, start + len(keys) + 1))
            yield pl.DataFrame({ROW: rows, **empty, SPEC.names[0]: keys}, schema_overrides={ROW: pl.UInt32})
        if self.records is None:
            self.faults.add(Fault("structure", Location(self.claim.name), message("expected.mandatory")))
        self.records, self.header = len(lines), {"edition": "2020"}

    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        return {row: Location(self.claim.name, row) for row in rows}

    def fragments(self, rows: Collection[int]) -> Mapping[int, bytes]:
        lines = self.claim.path.read_bytes().splitlines()
        return {row: lines[row - 1] for row in rows}


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(claim: FileClaim, spec: DatasetSpec, rules: ExchangeRules, faults: FaultCounter) -> RecordFile:
        return Lines(claim, spec, rules, faults)

    monkeypatch.setattr(reading_module, "open_records", opened)


def packed(files: Mapping[str, bytes], **changed: object) -> packages.Files:
    stated = {**json.loads(packages.manifest(files, 6)), **changed}
    return {"manifest.json": json.dumps(stated).encode(), **files}


def read(path: Path, faults: FaultCounter | None = None) -> PackageReading:
    return read_package(path, SPEC, RULES, SCHEMAS, faults or FaultCounter(20))


def keys_of(opened: PackageReading) -> list[tuple[int, str]]:
    rows: list[tuple[int, str]] = []
    for frame in opened.batches():
        assert tuple(frame.columns) == (ROW, RULES.operation.name, *SPEC.names)
        rows += frame.select(ROW, SPEC.names[0]).rows()
    return rows


@pytest.mark.parametrize("form", [packages.as_folder, packages.as_zip, packages.as_tar])
def test_records_are_numbered_over_the_files_and_found_again(
    form: Callable[[Path, Mapping[str, bytes]], Path], tmp_path: Path
) -> None:
    faults = FaultCounter(20)
    with read(form(tmp_path, packed(DATA)), faults) as opened:
        expected = list(enumerate("abcdef", 1))
        assert keys_of(opened) == expected
        assert keys_of(opened) == expected, "read again, the same"
        places = opened.locate([6, 1, 4])
        assert {row: (place.file, place.line) for row, place in places.items()} == {
            1: ("data/cremation_001.jsonl", 1),
            4: ("data/cremation_003.jsonl", 1),
            6: ("data/cremation_004.jsonl", 2),
        }
        assert opened.fragments({3, 4, 5}) == {3: ("jsonl", b"c"), 4: ("jsonl", b"d"), 5: ("jsonl", b"e")}
        assert (dict(opened.locate([7, 0])), dict(opened.fragments([]))) == ({}, {})
        facts = opened.facts()
    assert [(one.name, one.records) for one in facts.read] == [
        (name, len(KEYS[part])) for part, name in enumerate(DATA, 1)
    ]
    assert facts.read[0].header == {"edition": "2020"}
    assert faults.tallies(["structure"])["structure", ""].violations == len(DATA), "told once each"


def test_facts_are_what_lies_there(tmp_path: Path) -> None:
    files = {**DATA, "attachments/a.txt": b"aaa"}
    with read(packages.as_zip(tmp_path, packed(files))) as opened:
        keys_of(opened)
        facts = opened.facts()
    assert facts.name == packages.NAME
    assert facts.manifest and facts.digest
    expected = [
        PresentFile(name, len(one), {"SHA-256": hashlib.sha256(one).hexdigest()}) for name, one in files.items()
    ]
    assert list(facts.present) == sorted(expected, key=lambda one: one.name)


def test_sm3_is_computed_where_the_manifest_asks_for_it(tmp_path: Path) -> None:
    files = packed({**DATA, "attachments/a.txt": b"abc"})
    files["manifest.json"] = files["manifest.json"].replace(b"SHA-256", b"SM3", 1)
    with read(packages.as_folder(tmp_path, files)) as opened:
        keys_of(opened)
        found = {one.name: one.digests for one in opened.facts().present}
    has_sm3 = "sm3" in hashlib.algorithms_available
    assert ("SM3" in found["attachments/a.txt"]) == has_sm3
    if has_sm3:  # GM/T 0004: the digest of "abc"
        assert found["attachments/a.txt"]["SM3"].startswith(
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        )
    assert set(found["data/cremation_001.jsonl"]) == {"SHA-256"}


@pytest.mark.parametrize(
    "changed", [{"dataset": "execution"}, {"edition": "2019"}, {"mode": "X"}], ids=["dataset", "edition", "manifest"]
)
def test_what_is_not_the_declared_dataset_gives_no_records(changed: dict[str, str], tmp_path: Path) -> None:
    with read(packages.as_folder(tmp_path, packed(DATA, **changed))) as opened:
        assert keys_of(opened) == []
        facts = opened.facts()
    assert (facts.manifest is None) == ("mode" in changed)
    assert facts.read == ()
    assert len(facts.present) == len(DATA)


def test_a_damaged_data_file_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    files = packed({**DATA, "attachments/a.txt": b"a" * 3000})
    archive = bytearray(packages.zip_bytes(files))
    archive[archive.index(b"data/cremation_001.jsonl") + len("data/cremation_001.jsonl")] ^= 0xFF
    faults = FaultCounter(20)
    with read(packages.written(tmp_path / "a.zip", bytes(archive)), faults) as opened:
        assert [key for _, key in keys_of(opened)] == ["d", "e", "f"]
        facts = opened.facts()
    assert [one.name for one in facts.present if not one.digests] == ["data/cremation_001.jsonl"]
    assert faults.tallies(["archive"])["archive", ""].violations == 1


def test_behind_the_break_of_an_archive_nothing_is_missing(tmp_path: Path) -> None:
    """What the manifest lists and nobody can see is there without digests: EX-ARCHIVE has told the cause."""
    archive = packages.tar_bytes(packed({**DATA, "attachments/z.txt": b"z" * 3000}))
    with read(packages.written(tmp_path / "a.tar", archive[: archive.rindex(b"attachments/z.txt")])) as opened:
        assert len(keys_of(opened)) == 6
        facts = opened.facts()
    assert [one.name for one in facts.present if not one.digests] == ["attachments/z.txt"]


def test_facts_wait_for_the_records(tmp_path: Path) -> None:
    with read(packages.as_folder(tmp_path, packed(DATA))) as opened:
        next(opened.batches())
        with pytest.raises(RuntimeError):
            opened.facts()
