"""EX-MANIFEST and EX-METADATA: all errors, each with its place, and never a value."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hostile_corpus as corpus
import hostile_packages as packages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.exchange.model import Manifest
from conformance.judge.faults import FaultCounter
from conformance.judge.rulebook import RawSample
from conformance.standard.exchange import read_exchange_rules
from conformance.standard.pack import load_yaml, standards_root
from conformance.system.package.manifest import read_manifest
from conformance.system.package.metadata import read_metadata
from conformance.system.package.opening import open_package

FOLDER = standards_root() / "exchange" / "2019"
RULES = read_exchange_rules(load_yaml(FOLDER / "package.yaml"))
SCHEMA = json.loads((FOLDER / "schemas" / "manifest.schema.json").read_text("utf-8"))
METADATA = FOLDER / "schemas" / "metadata.xsd"
SOUND: dict[str, Any] = json.loads(packages.package()["manifest.json"])
CASES = {
    "manifest_bom": "package.manifest-bom",
    "manifest_cut_short": "package.manifest-syntax",
    "manifest_deep": "package.manifest-depth",
    "manifest_empty": "package.manifest-syntax",
    "manifest_gbk_in_utf8": "package.manifest-encoding",
    "manifest_hostile_members": "package.manifest-unknown",
    "manifest_infinity_by_exponent": "package.manifest-number",
    "manifest_is_a_list": "package.manifest-type",
    "manifest_key_twice": "package.manifest-twice",
    "manifest_lone_surrogate": "package.manifest-surrogate",
    "manifest_missing": "package.manifest-missing",
    "manifest_nan": "package.manifest-number",
    "manifest_nul": "package.manifest-syntax",
    "manifest_number_of_a_million_digits": "package.manifest-number",
    "manifest_of_five_megabytes": "package.manifest-size",
    "manifest_utf16": "package.manifest-encoding",
}
METADATA_CASES = {
    "metadata_billion_laughs": ["package.metadata-doctype"],
    "metadata_cut_short": ["package.metadata-syntax"],
    "metadata_declares_ebcdic": ["package.metadata-encoding"],
    "metadata_external_dtd": ["package.metadata-doctype"],
    "metadata_external_entity": ["package.metadata-doctype"],
    "metadata_includes_a_file": ["package.metadata-value"],
    "metadata_not_valid": ["package.metadata-content", "package.metadata-value"],
    "metadata_of_another_provider": ["package.metadata-differs"],
    "metadata_points_at_a_schema": [],
    "metadata_utf16": ["package.metadata-encoding"],
}


def judged(path: Path) -> tuple[Manifest | None, list[RawSample], int]:
    """The manifest, what was told of it, and on how many things the rule was judged."""
    faults = FaultCounter(1000)
    with open_package(path, RULES, faults) as files:
        manifest = read_manifest(files, RULES, SCHEMA, faults)
    tally = faults.tallies(["manifest"])["manifest", ""]
    return manifest, list(tally.samples), tally.checked


def of_value(folder: Path, value: Any) -> tuple[Manifest | None, list[RawSample], int]:
    return judged(packages.as_folder(folder, {**packages.package(), "manifest.json": json.dumps(value).encode()}))


def texts(samples: list[RawSample]) -> Iterator[str]:
    for sample in samples:
        assert sample.reason and sample.where
        yield from (*sample.reason.both().values(), sample.where.path)


def test_a_sound_manifest_is_read(tmp_path: Path) -> None:
    manifest, samples, checked = judged(packages.as_folder(tmp_path, packages.package({"attachments/a.txt": b"x"})))
    assert (samples, checked) == ([], 1)
    assert manifest
    assert (manifest.package_id, manifest.batch, manifest.record_count) == (packages.NAME, "000001", 1)
    assert [(one.name, one.role, one.format, one.records) for one in manifest.files] == [
        ("attachments/a.txt", "attachment", "", None),
        (f"data/{packages.DATASET}_001.xml", "data", "xml", 1),
    ]


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_manifest_is_told_once(name: str, tmp_path: Path) -> None:
    manifest, samples, checked = judged(corpus.make(name, tmp_path))
    assert (manifest, checked) == (None, 1)
    assert [sample.reason.id for sample in samples if sample.reason] == [CASES[name]]


def test_every_error_is_told_with_its_path_and_without_values(tmp_path: Path) -> None:
    broken = copy.deepcopy(SOUND)
    broken["contact"] = {"name": 4711, "phone": "00000000000"}
    broken["recordCount"] = "机密"
    broken["mode"] = "机密"
    del broken["batch"]
    broken["files"][0]["digest"]["value"] = "机密"
    broken["files"].append({"name": "x", "role": "机密"})
    manifest, samples, _ = of_value(tmp_path, broken)
    assert manifest is None
    places = {(sample.where.path, sample.reason.id) for sample in samples if sample.where and sample.reason}
    assert places >= {
        ("$", "package.manifest-member"),
        ("$.contact.name", "package.manifest-type"),
        ("$.recordCount", "package.manifest-type"),
        ("$.mode", "package.manifest-value"),
        ("$.files[0].digest.value", "package.manifest-value"),
        ("$.files[1]", "package.manifest-member"),
        ("$.files[1].role", "package.manifest-value"),
    }
    assert len(places) == len(samples), "nothing twice"
    assert not [text for text in texts(samples) if "机密" in text or "4711" in text or "0000000" in text]


def test_brackets_in_texts_are_no_depth(tmp_path: Path) -> None:
    manifest, _, _ = of_value(tmp_path, {**SOUND, "contact": {"name": "[{" * 80 + '\\"', "phone": "]"}})
    assert manifest


def test_what_the_archive_withholds_is_not_missing(tmp_path: Path) -> None:
    """First cause first: the manifest that came twice, or lies behind the break, is EX-ARCHIVE's matter."""
    for name in ("zip_name_twice", "zip_cut_short", "zip_encrypted_whole"):
        (tmp_path / name).mkdir()
        assert judged(corpus.make(name, tmp_path / name)) == (None, [], 0)


def places_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places_of(inner, (*path, key))


PERSONAL = "370000190001010000丛一"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 10**17) | st.just(PERSONAL) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(place=st.sampled_from(sorted(places_of(SOUND), key=str)), value=VALUES)
def test_any_value_anywhere_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[Any, ...], value: Any
) -> None:
    changed: Any = {"": copy.deepcopy(SOUND)}
    inside = changed
    for step in ("", *place[:-1]) if place else ():
        inside = inside[step]
    inside[place[-1] if place else ""] = value
    manifest, samples, _ = of_value(tmp_path_factory.mktemp("m"), changed[""])
    assert (manifest is None) == bool(samples)
    assert not [text for text in texts(samples) if PERSONAL in text]


@pytest.mark.parametrize("name", METADATA_CASES)
def test_metadata(name: str, tmp_path: Path) -> None:
    faults = FaultCounter(20)
    with open_package(corpus.make(name, tmp_path), RULES, faults) as files:
        manifest = read_manifest(files, RULES, SCHEMA, faults)
        assert manifest
        read_metadata(files, RULES, METADATA, manifest, faults)
    tally = faults.tallies(["metadata"])["metadata", ""]
    assert sorted(sample.reason.id for sample in tally.samples if sample.reason) == METADATA_CASES[name]
    assert (tally.checked, all(sample.where and sample.where.line for sample in tally.samples)) == (
        max(1, len(tally.samples)),
        True,
    )
    assert not [text for text in texts(list(tally.samples)) if "随便" in text or "root:" in text]


def test_errors_of_metadata_say_where(tmp_path: Path) -> None:
    faults = FaultCounter(20)
    with open_package(corpus.make("metadata_not_valid", tmp_path), RULES, faults) as files:
        read_metadata(files, RULES, METADATA, None, faults)
    places = {one.where for one in faults.tallies(["metadata"])["metadata", ""].samples if one.where}
    assert {(place.line, place.path) for place in places} == {(2, "/metadata/shareType"), (2, "/metadata/x")}


def test_metadata_are_optional(tmp_path: Path) -> None:
    faults = FaultCounter(20)
    with open_package(packages.as_folder(tmp_path, packages.package()), RULES, faults) as files:
        read_metadata(files, RULES, METADATA, None, faults)
    assert faults.tallies(["metadata"])["metadata", ""].checked == 0
