"""EX-ARCHIVE: packages are opened safely, whichever form they have, and each danger is named and told once."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import hostile_corpus as corpus
import hostile_packages as packages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.faults import FaultCounter
from conformance.judge.rulebook import Tally
from conformance.standard.exchange import ExchangeRules, read_exchange_rules
from conformance.standard.pack import load_yaml, standards_root
from conformance.system.package.opening import PackageFiles, RefusedError, open_package

RULES = read_exchange_rules(load_yaml(standards_root() / "exchange" / "2019" / "package.yaml"))
SOUND = packages.package({"attachments/a.txt": b"a" * 3000})
FORMS: dict[str, Callable[[Path], Path]] = {
    "folder": lambda folder: packages.as_folder(folder, SOUND),
    "zip": lambda folder: packages.as_zip(folder, dict(reversed(SOUND.items()))),
    "zip with folders": lambda folder: packages.as_zip(folder, {"data/": b"", **SOUND, "attachments/": b""}),
    "tar": lambda folder: packages.as_tar(folder, SOUND),
    "tar of .": lambda folder: packages.as_tar(folder, {f"./{name}": content for name, content in SOUND.items()}),
    "tgz": lambda folder: packages.written(folder / f"{packages.NAME}.TGZ", gzip.compress(packages.tar_bytes(SOUND))),
    "tgz called zip": lambda folder: packages.written(
        folder / f"{packages.NAME}.zip", gzip.compress(packages.tar_bytes(SOUND))
    ),
}
#: What the danger of a case is called, where only that entry is lost.
ONE_ENTRY = {
    "folder_with_link_to_a_file": "package.archive-link",
    "folder_with_link_to_itself": "package.archive-link",
    "folder_with_name_in_no_encoding": "package.archive-name-unreadable",
    "folder_with_pipe": "package.archive-special",
    "tar_absolute_path": "package.archive-path",
    "tar_device": "package.archive-special",
    "tar_hard_link": "package.archive-link",
    "tar_nested": "package.archive-nested",
    "tar_slip": "package.archive-path",
    "zip_absolute_path": "package.archive-path",
    "zip_backslash": "package.archive-path",
    "zip_bomb": "package.archive-expansion",
    "zip_bomb_states_another_size": "package.archive-damaged",
    "zip_compressed_by_lzma": "package.archive-compression",
    "zip_drive": "package.archive-path",
    "zip_encrypted": "package.archive-encrypted",
    "zip_file_is_a_folder_too": "package.archive-twice",
    "zip_name_escapes_the_terminal": "package.archive-name-unreadable",
    "zip_name_of_10000_characters": "package.archive-name-long",
    "zip_name_turned_around": "package.archive-name-unreadable",
    "zip_name_with_nul": "package.archive-name-unreadable",
    "zip_nested": "package.archive-nested",
    "zip_slip": "package.archive-path",
    "zip_symlink": "package.archive-link",
}
#: Where more than one entry is lost, or none can be seen.
SEVERAL = {
    "folder_with_linked_data": ["package.archive-link"],
    "no_archive_at_all": ["package.archive-unknown"],
    "tar_cut_short": ["package.archive-broken", "package.archive-damaged"],
    "tar_member_of_exabytes": ["package.archive-broken", "package.archive-damaged"],
    "tar_member_of_negative_size": ["package.archive-broken"],
    "tar_name_twice": ["package.archive-twice"] * 2,
    "tar_symlink_then_file_below_it": ["package.archive-link", "package.archive-special"],
    "tgz_bomb": ["package.archive-damaged", "package.archive-expansion"],
    "tgz_cut_short": ["package.archive-broken-gzip"],
    "tgz_nested": ["package.archive-unknown"],
    "zip_cut_short": ["package.archive-broken"],
    "zip_encrypted_whole": ["package.archive-encrypted"] * 2,
    "zip_entries_overlap": ["package.archive-overlap"] * 2,
    "zip_name_twice": ["package.archive-twice"] * 2,
    "zip_name_twice_by_case": ["package.archive-twice"] * 2,
}
#: What ends the reading of an archive, so that more may have been in it.
BREAKS = {
    "package.archive-broken",
    "package.archive-broken-gzip",
    "package.archive-expansion",
    "package.archive-unknown",
}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where packages are unpacked to; each test ends with nothing left there."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def told(faults: FaultCounter) -> Tally:
    return faults.tallies(["archive"])["archive", ""]


def reasons(faults: FaultCounter) -> list[str]:
    return sorted(sample.reason.id for sample in told(faults).samples if sample.reason)


def limited(**limits: int) -> ExchangeRules:
    return replace(RULES, limits=replace(RULES.limits, **limits))


def read_whole(files: PackageFiles) -> dict[str, bytes]:
    """Every file that can be read to its end."""
    found = {}
    for name in files.entries:
        with suppress(RefusedError):
            found[name] = files.path(name).read_bytes()
            files.digests(name)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_package_is_the_same_package(form: str, tmp_path: Path) -> None:
    faults = FaultCounter(20)
    with open_package(FORMS[form](tmp_path), RULES, faults) as files:
        assert files.name == packages.NAME
        assert {name: entry.bytes for name, entry in files.entries.items()} == {
            name: len(content) for name, content in sorted(SOUND.items())
        }
        assert read_whole(files) == SOUND
        digest = files.digest
    assert (told(faults).violations, reasons(faults)) == (0, [])
    assert told(faults).checked >= len(SOUND)
    with open_package(packages.as_folder(tmp_path / "other", SOUND), RULES, faults) as files:
        assert files.digest == digest


@pytest.mark.parametrize("changed", [{"attachments/a.txt": b"b" * 3000}, {"attachments/b.txt": b"a"}])
def test_another_content_is_another_digest(changed: dict[str, bytes], tmp_path: Path) -> None:
    digests = set()
    for number, files in enumerate(({}, changed)):
        folder = packages.as_folder(tmp_path / str(number), {**SOUND, **files})
        with open_package(folder, RULES, FaultCounter(20)) as opened:
            digests.add(opened.digest)
    assert len(digests) == 2


def test_files_of_a_folder_stay_where_they_are(tmp_path: Path, work: Path) -> None:
    root = packages.as_folder(tmp_path, SOUND)
    with open_package(root, RULES, FaultCounter(20)) as files:
        assert files.path("manifest.json") == root / "manifest.json"
        assert [item for folder in work.iterdir() for item in folder.iterdir()] == []


@pytest.mark.parametrize("name", ONE_ENTRY)
def test_a_dangerous_entry_is_not_opened_and_the_rest_is_read(name: str, tmp_path: Path) -> None:
    faults = FaultCounter(20)
    with open_package(corpus.make(name, tmp_path), RULES, faults) as files:
        found = read_whole(files)
        assert {"manifest.json", f"data/{packages.DATASET}_001.xml"} == found.keys() & packages.package().keys()
        assert not [one for one in found if one.startswith("attachments/")]
        assert len(files.refused) == 1
        assert not files.broken
        digest = files.digest
    assert reasons(faults) == [ONE_ENTRY[name]]
    assert digest


@pytest.mark.parametrize("name", SEVERAL)
def test_what_is_lost_is_told(name: str, tmp_path: Path) -> None:
    faults = FaultCounter(20)
    with open_package(corpus.make(name, tmp_path), RULES, faults) as files:
        read_whole(files)
        assert files.broken == bool({*SEVERAL[name]} & BREAKS)
    assert reasons(faults) == SEVERAL[name]


def test_a_damaged_entry_is_told_once_and_then_gone(tmp_path: Path) -> None:
    faults = FaultCounter(20)
    archive = bytearray(packages.zip_bytes(SOUND))
    place = archive.index(b"attachments/a.txt") + 17
    archive[place + 5] ^= 0xFF
    with open_package(packages.written(tmp_path / "a.zip", bytes(archive)), RULES, faults) as files:
        assert read_whole(files).keys() == SOUND.keys() - {"attachments/a.txt"}
        with pytest.raises(KeyError):
            files.path("attachments/a.txt")
        assert files.refused == {"attachments/a.txt"}
    assert reasons(faults) == ["package.archive-damaged"]


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
@pytest.mark.parametrize(
    ("limit", "at", "id_"),
    [
        ("entries", len(SOUND), "package.archive-entries"),
        ("package_bytes", sum(map(len, SOUND.values())), "package.archive-size"),
        ("name_characters", max(map(len, SOUND)), "package.archive-name-long"),
    ],
)
def test_limits_are_kept_to_the_one(form: str, limit: str, at: int, id_: str, tmp_path: Path) -> None:
    path = packages.as_folder(tmp_path, SOUND) if form == "folder" else FORMS[form](tmp_path)
    folders = 2 if form == "folder" and limit == "entries" else 0
    for allowed, expected in ((at + folders, []), (at + folders - 1, [id_])):
        faults = FaultCounter(20)
        with open_package(path, limited(**{limit: allowed}), faults):
            assert reasons(faults) == expected


def test_content_that_packs_well_is_no_bomb_below_the_floor_or_the_ratio(tmp_path: Path) -> None:
    size = 1_000_000
    packed = packages.as_zip(tmp_path, {**SOUND, "attachments/zeros.bin": bytes(size)})
    with zipfile.ZipFile(packed) as archive:
        ratio = -(-size // archive.getinfo("attachments/zeros.bin").compress_size)
    for limits, expected in (
        ({"expansion": 1, "expansion_floor": size}, []),
        ({"expansion": 1, "expansion_floor": size - 1}, ["package.archive-expansion"]),
        ({"expansion": ratio, "expansion_floor": 0}, []),
        ({"expansion": ratio - 1, "expansion_floor": 3000}, ["package.archive-expansion"]),
    ):
        faults = FaultCounter(20)
        with open_package(packed, limited(**limits), faults):
            assert reasons(faults) == expected


def test_names_may_be_chinese(tmp_path: Path) -> None:
    """Whether a name is well formed is EX-NAME's matter."""
    faults = FaultCounter(20)
    with open_package(packages.as_zip(tmp_path, {**SOUND, "attachments/附件.txt": b"x"}), RULES, faults) as files:
        assert "attachments/附件.txt" in files.entries
    assert reasons(faults) == []


@pytest.mark.parametrize("name", ["nothing_there", "package_is_a_pipe"])
def test_nothing_to_open_is_no_finding(name: str, tmp_path: Path) -> None:
    faults = FaultCounter(20)
    with pytest.raises(OSError, match="neither a folder nor"):
        open_package(corpus.make(name, tmp_path), RULES, faults)
    assert told(faults).checked == 0


_ARCHIVES = {
    "zip": packages.zip_bytes(SOUND),
    "tar": packages.tar_bytes(SOUND),
    "tgz": gzip.compress(packages.tar_bytes(SOUND), mtime=0),
}


@settings(max_examples=150, deadline=None)
@given(
    form=st.sampled_from(sorted(_ARCHIVES)),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), max_size=6),
    cut=st.floats(0, 1),
    whole=st.booleans(),
)
def test_no_damage_is_more_than_a_finding(
    form: str, changes: list[tuple[float, bytes]], cut: float, whole: bool
) -> None:
    """Whatever bytes are changed, opening raises nothing, and a ZIP gives no content that was not packed into it."""
    archive = bytearray(_ARCHIVES[form])
    for place, value in changes:
        start = int(place * len(archive))
        archive[start : start + len(value)] = value
    faults = FaultCounter(20)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.bin"
        path.write_bytes(bytes(archive) if whole else bytes(archive[: int(cut * len(archive))]))
        with open_package(path, RULES, faults) as files:
            found = read_whole(files)
            assert files.digest
    if form == "zip":
        assert set(found.values()) <= set(SOUND.values())
    if not changes:
        assert found == SOUND or told(faults).violations


def test_a_member_that_reads_longer_than_stated_is_refused(tmp_path: Path) -> None:
    """The container's word is not enough: bytes are counted as they come."""
    faults = FaultCounter(20)
    root = packages.as_folder(tmp_path, SOUND)
    with open_package(root, RULES, faults) as files:
        (root / "attachments" / "a.txt").write_bytes(b"a" * 3001)
        with pytest.raises(RefusedError):
            files.digests("attachments/a.txt")
    assert reasons(faults) == ["package.archive-damaged"]


def test_a_zip_with_other_bytes_before_it_is_none(tmp_path: Path) -> None:
    faults = FaultCounter(20)
    content = io.BytesIO(b"MZ" + _ARCHIVES["zip"]).getvalue()
    with open_package(packages.written(tmp_path / "a.zip", content), RULES, faults) as files:
        assert dict(files.entries) == {}
    assert reasons(faults) == ["package.archive-unknown"]
