"""ZIPs from hostile hands: each kind is refused with its own words, before it costs anything; one form passes."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest
from bundle_made import end_record, made
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.bundle.archive import write_archive
from conformance.bundle.archive_reading import AbsentError, open_archive
from conformance.bundle.limits import LIMITS, Limits
from conformance.bundle.model import OPTIONAL, REQUIRED, BundleError
from conformance.bundle.reading import read_bundle
from conformance.messages import message

ROOT = Path(__file__).parents[1]
SMALL = {"manifest.json": b"{}", "report.json": b"[1,2]", "junit.xml": b"<a/>"}
LOCAL, CENTRAL = 30, 46


def written(folder: Path, content: bytes) -> Path:
    path = folder / "bundle.zip"
    path.write_bytes(content)
    return path


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    """The id of the reason; its words exist in both languages and hold nothing unseen."""
    with pytest.raises(BundleError) as caught:
        open_archive(path, limits)
    told = message(caught.value.id, **caught.value.params).both()
    assert all(text.isprintable() and len(text) < 300 for text in told.values())
    return caught.value.id


def zipped(contents: Mapping[str, bytes], edit: Callable[[zipfile.ZipInfo], object] | None = None) -> bytes:
    """As ``write_archive`` would, but for an edit of each entry."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr, entry.create_system = 0o100644 << 16, 3
            if edit is not None:
                edit(entry)
            archive.writestr(entry, contents[name], entry.compress_type)
    return held.getvalue()


def named(name: str, content: bytes = b"x") -> bytes:
    return zipped({**SMALL, name: content})


def patched(content: bytes, place: int, value: bytes) -> bytes:
    return content[:place] + value + content[place + len(value) :]


def directory(content: bytes) -> int:
    """Where the first entry of the directory stands."""
    return content.index(b"PK\x01\x02")


def mode(bits: int) -> Callable[[zipfile.ZipInfo], object]:
    return lambda entry: setattr(entry, "external_attr", bits << 16)


def in_directory(field: int, value: bytes) -> bytes:
    """One field of the first entry of the directory, changed."""
    plain = write_archive(SMALL)
    return patched(plain, directory(plain) + field, value)


def in_both(central: int, local: int, value: bytes) -> bytes:
    """One field of the first entry, changed in the directory and in its own header."""
    return patched(in_directory(central, value), local, value)


def overlapping() -> bytes:
    """Two entries that share one place: the core of a flat bomb."""
    plain = write_archive({"junit.xml": b"<a/>", "report.pdf": b"<a/>"})
    second = plain.index(b"PK\x01\x02", directory(plain) + 1)
    return patched(plain, second + 42, struct.pack("<I", 0))


def other_order() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in sorted(SMALL, reverse=True):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr, entry.create_system = 0o100644 << 16, 3
            archive.writestr(entry, SMALL[name])
    return held.getvalue()


def twice() -> bytes:
    one = zipped({"junit.xml": b"<a/>", "junit.xmm": b"<b/>"})
    return one.replace(b"junit.xmm", b"junit.xml")


def gap() -> bytes:
    """A byte between the last file and the directory, and all offsets right."""
    plain = write_archive(SMALL)
    start = directory(plain)
    return plain[:start] + b"\0" + plain[start:-22] + end_record(3, len(plain) - start - 22, start + 1)


def prepended(*, adjusted: bool) -> bytes:
    """A program before the archive; ``adjusted``: the offsets know of it."""
    if not adjusted:
        return b"MZ" * 50 + write_archive(SMALL)
    held = io.BytesIO(b"MZ" * 50)
    held.seek(0, io.SEEK_END)
    with zipfile.ZipFile(held, "a") as archive:
        for name in sorted(SMALL):
            archive.writestr(zipfile.ZipInfo(name), SMALL[name])
    return held.getvalue()


def commented() -> bytes:
    held = io.BytesIO(write_archive(SMALL))
    with zipfile.ZipFile(held, "a") as archive:
        archive.comment = b"evil"
    return held.getvalue()


def deflated() -> bytes:
    return zipped(SMALL, lambda entry: setattr(entry, "compress_type", zipfile.ZIP_DEFLATED))


def bomb() -> bytes:
    """As 42.zip: an archive of archives that would unpack to gigabytes; made small."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.dll", bytes(20 << 20))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(16):
            archive.writestr(f"lib {number}.zip", inner.getvalue())
    return outer.getvalue()


def flat_bomb() -> bytes:
    """Zeros, packed a thousandfold, under the name of the report."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.json", bytes(50 << 20))
    return held.getvalue()


def many(number: int) -> bytes:
    """A directory of so many entries, as ZIP64 where the plain form cannot say it."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    entries = entry * number
    if number < 0xFFFF:
        return entries + end_record(number, len(entries), 0)
    whole = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, number, number, len(entries), 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(entries), 1)
    return entries + whole + locator + end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def hidden_locator() -> bytes:
    """Plain numbers that a ZIP64 record before them contradicts: which ones count, readers disagree."""
    plain = write_archive(SMALL)
    return plain[:-22] + struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1) + plain[-22:]


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "bundle.archive-not-zip"),
    "text": (lambda: b"{}" * 100, "bundle.archive-not-zip"),
    "a rar": (lambda: b"Rar!\x1a\x07\x01\x00" + bytes(100), "bundle.archive-not-zip"),
    "cut short": (lambda: write_archive(SMALL)[:-30], "bundle.archive-not-zip"),
    "only an end": (lambda: end_record(0, 0, 0)[:-1], "bundle.archive-not-zip"),
    "a million entries": (lambda: many(1_000_000), "bundle.archive-zip64"),
    "sixty thousand entries": (lambda: many(60_000), "bundle.archive-many"),
    "a directory larger than it says": (lambda: patched(many(60_000), -14, b"\3\0\3\0"), "bundle.archive-many"),
    "zip64 beside plain numbers": (hidden_locator, "bundle.archive-zip64"),
    "zip64 sizes": (lambda: in_directory(24, b"\xff\xff\xff\xff"), "bundle.archive-zip64"),
    "directory out of the file": (lambda: patched(write_archive(SMALL), -6, b"\0\0\1\0"), "bundle.archive-broken"),
    "more entries than it has": (lambda: patched(write_archive(SMALL), -14, b"\4\0\4\0"), "bundle.archive-broken"),
    "fewer entries than it has": (lambda: patched(write_archive(SMALL), -14, b"\2\0\2\0"), "bundle.archive-broken"),
    "two discs": (lambda: patched(write_archive(SMALL), -18, b"\1\0"), "bundle.archive-broken"),
    "says 4 GB": (lambda: in_both(20, 18, b"\xfe\xff\xff\xff" * 2), "bundle.file-large"),
    "says more than there is": (lambda: in_both(20, 18, b"\x00\x10\x00\x00" * 2), "bundle.archive-overlap"),
    "sizes that differ": (lambda: in_directory(24, b"\x05\0\0\0"), "bundle.archive-lies"),
    "bomb of archives": (bomb, "bundle.archive-nested"),
    "bomb of zeros": (flat_bomb, "bundle.archive-compressed"),
    "deflated": (deflated, "bundle.archive-compressed"),
    "another method": (lambda: in_both(10, 8, b"\x0e\0"), "bundle.archive-compressed"),
    "encrypted": (lambda: in_both(8, 6, b"\1\0"), "bundle.archive-encrypted"),
    "sizes behind the data": (lambda: in_both(8, 6, b"\x08\0"), "bundle.archive-form"),
    "slip": (lambda: named("../../escaped.txt"), "bundle.name-escapes"),
    "slip inside": (lambda: named("evidence/../../x"), "bundle.name-escapes"),
    "absolute": (lambda: named("/etc/passwd"), "bundle.name-escapes"),
    "backslash": (lambda: named("..\\x.txt"), "bundle.name-escapes"),
    "drive": (lambda: named("C:x.txt"), "bundle.name-escapes"),
    "dot": (lambda: named("./report.pdf"), "bundle.name-escapes"),
    "double slash": (lambda: named("evidence//records.jsonl"), "bundle.name-escapes"),
    "nul": (lambda: named("reportXpdf").replace(b"reportXpdf", b"report\0pdf"), "bundle.name-unseen"),
    "control": (lambda: named("a\x1b[2J.txt"), "bundle.name-unseen"),
    "bidi": (lambda: named("a\u202egnp.exe"), "bundle.name-unseen"),
    "zero width": (lambda: named("report\u200b.json"), "bundle.name-unseen"),
    "not utf-8": (lambda: named("é.txt").replace("é".encode(), b"\xff\xfe"), "bundle.name-bytes"),
    "no name": (lambda: in_both(28, 26, b"\0\0"), "bundle.name-escapes"),
    "endless name": (lambda: named("a" * 5000), "bundle.archive-many"),
    "folder": (lambda: named("evidence/", b""), "bundle.archive-folder"),
    "folder by mode": (lambda: zipped(SMALL, mode(0o040755)), "bundle.archive-folder"),
    "folder by dos": (lambda: in_directory(38, b"\x10"), "bundle.archive-folder"),
    "link": (lambda: zipped(SMALL, mode(0o120777)), "bundle.archive-link"),
    "device": (lambda: zipped(SMALL, mode(0o020666)), "bundle.archive-special"),
    "pipe": (lambda: zipped(SMALL, mode(0o010666)), "bundle.archive-special"),
    "program": (lambda: zipped(SMALL, mode(0o100755)), "bundle.archive-form"),
    "twice": (twice, "bundle.name-twice"),
    "overlap": (overlapping, "bundle.archive-overlap"),
    "unknown": (lambda: named("notes.txt"), "bundle.file-unknown"),
    "other case": (lambda: named("REPORT.JSON"), "bundle.file-unknown"),
    "itself": (lambda: named("bundle.zip"), "bundle.archive-nested"),
    "prepended": (lambda: prepended(adjusted=False), "bundle.archive-around"),
    "prepended, offsets right": (lambda: prepended(adjusted=True), "bundle.archive-around"),
    "appended": (lambda: write_archive(SMALL) + b"x", "bundle.archive-around"),
    "appended much": (lambda: write_archive(SMALL) + bytes(60_000), "bundle.archive-around"),
    "comment": (commented, "bundle.archive-around"),
    "between": (gap, "bundle.archive-around"),
    "extra field": (
        lambda: zipped(SMALL, lambda entry: setattr(entry, "extra", b"\xfe\xca\0\0")),
        "bundle.archive-around",
    ),
    "comment of an entry": (
        lambda: zipped(SMALL, lambda entry: setattr(entry, "comment", b"evil")),
        "bundle.archive-around",
    ),
    "another day": (
        lambda: zipped(SMALL, lambda entry: setattr(entry, "date_time", (2026, 1, 1, 0, 0, 0))),
        "bundle.archive-form",
    ),
    "another maker": (lambda: zipped(SMALL, lambda entry: setattr(entry, "create_system", 0)), "bundle.archive-form"),
    "other order": (other_order, "bundle.archive-form"),
    "own header differs": (lambda: patched(write_archive(SMALL), 10, b"\1\0"), "bundle.archive-differs"),
    "own header names another": (
        lambda: patched(write_archive(SMALL), LOCAL, b"j"[:0] + b"J"),
        "bundle.archive-differs",
    ),
    "damaged": (lambda: write_archive(SMALL).replace(b"<a/>", b"<b/>"), "bundle.archive-damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_quickly_and_in_its_own_words(tmp_path: Path, name: str) -> None:
    make, id_ = HOSTILE[name]
    path = written(tmp_path, make())
    tracemalloc.start()
    begun = time.monotonic()
    try:
        assert refusal(path) == id_
        assert time.monotonic() - begun < 2
        assert tracemalloc.get_traced_memory()[1] < 4 << 20, "nothing was unpacked, no directory held"
    finally:
        tracemalloc.stop()
    assert sorted(tmp_path.iterdir()) == [path], "nothing is written anywhere"


def test_every_refusal_of_an_archive_has_a_case() -> None:
    source = (ROOT / "conformance/bundle/archive_reading.py").read_text("utf-8")
    ids = {word for word in source.split('"') if word.startswith("bundle.")}
    assert ids - {id_ for _, id_ in HOSTILE.values()} == {"bundle.absent", "bundle.archive-large"}


def test_ten_gigabytes_are_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, write_archive(SMALL))
    os.truncate(path, 10 << 30)
    begun = time.monotonic()
    assert refusal(path) == "bundle.archive-large"
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("name", ["a million entries", "bomb of archives", "bomb of zeros"])
def test_a_bomb_costs_a_process_no_memory(tmp_path: Path, name: str) -> None:
    """Peak memory of a process that reads it, against one that reads a small archive."""
    peaks = []
    for content in (write_archive(SMALL), HOSTILE[name][0]()):
        path = written(tmp_path, content)
        done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, check=True, cwd=ROOT)
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 16 << 10, "KiB"


PEAK = """
import resource, sys
from pathlib import Path
from conformance.bundle.archive_reading import open_archive
from conformance.bundle.model import BundleError
try:
    open_archive(Path(sys.argv[1]))
except BundleError:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_there_is_nothing(tmp_path: Path) -> None:
    for path in (tmp_path / "none.zip", tmp_path / "a\0b"):
        with pytest.raises(AbsentError):
            open_archive(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    assert refusal(tmp_path / "pipe.zip") == "bundle.archive-not-zip"


@pytest.mark.parametrize(
    ("limits", "id_"),
    [
        (Limits(total=100), "bundle.archive-large"),
        (Limits(entries=2), "bundle.archive-many"),
        (Limits(other=3), "bundle.file-large"),
        (Limits(sizes={"report.json": 4}), "bundle.file-large"),
    ],
)
def test_limits_bound_what_is_read(tmp_path: Path, limits: Limits, id_: str) -> None:
    path = written(tmp_path, write_archive(SMALL))
    assert open_archive(path) == SMALL
    assert refusal(path, limits) == id_


@pytest.mark.parametrize("name", ["370102199001011234.txt", "a" * 100, "甄无名.txt", "<script>.txt"])
def test_a_name_that_could_be_a_persons_or_a_trap_is_not_quoted(tmp_path: Path, name: str) -> None:
    with pytest.raises(BundleError) as caught:
        open_archive(written(tmp_path, named(name)))
    assert caught.value.id == "bundle.file-unknown"
    assert name not in message(caught.value.id, **caught.value.params).render("en")
    assert "#" in str(caught.value.params["name"])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from((*REQUIRED, *OPTIONAL)), st.binary(max_size=200), max_size=7))
def test_what_is_ours_is_read_as_it_was_written(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert open_archive(written(Path(folder), write_archive(contents))) == contents


def test_no_byte_of_an_archive_can_be_another(tmp_path: Path) -> None:
    """Every byte of every header, name and content, each changed in four ways: no other archive passes."""
    plain = write_archive({name: content for name, content in SMALL.items() if name != "report.json"})
    path = tmp_path / "bundle.zip"
    for place in range(len(plain)):
        for change in (1, 0x20, 0x80, 0xFF):
            path.write_bytes(patched(plain, place, bytes([plain[place] ^ change])))
            with pytest.raises(BundleError):
                open_archive(path)
    for place in range(len(plain)):
        path.write_bytes(plain[:place] + plain[place + 1 :])
        with pytest.raises(BundleError):
            open_archive(path)
        path.write_bytes(plain[:place] + b"\0" + plain[place:])
        with pytest.raises(BundleError):
            open_archive(path)


def test_a_thousand_changes_of_a_real_bundle_are_all_refused(tmp_path: Path) -> None:
    """One byte each, anywhere in bundle.zip."""
    random, plain = Random(20261121), write_archive(made())  # noqa: S311
    path = written(tmp_path, plain)
    assert read_bundle(path).contents == made()
    for _ in range(1000):
        place = random.randrange(len(plain))
        path.write_bytes(patched(plain, place, bytes([plain[place] ^ random.randrange(1, 256)])))
        with pytest.raises(BundleError):
            read_bundle(path)


def test_a_thousand_changes_behind_right_checksums_are_all_refused(tmp_path: Path) -> None:
    """One byte each of some file, and the archive made anew by who can: digests and canonical form hold."""
    random, contents = Random(20261122), made()  # noqa: S311
    names = sorted(contents)
    for _ in range(1000):
        name = random.choice(names)
        place = random.randrange(len(contents[name]))
        changed = patched(contents[name], place, bytes([contents[name][place] ^ random.randrange(1, 256)]))
        path = written(tmp_path, write_archive({**contents, name: changed}))
        with pytest.raises(BundleError):
            read_bundle(path)
