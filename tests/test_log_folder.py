"""The log's folder: entries are only added; a published one is never lost or changed unseen, whatever happens."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from log_made import NOW, ORIGIN, office, receipt, signer, unproved, written_log
from signing_made import made

from conformance.office.checkpoint import cosigned, signed_checkpoint
from conformance.office.log import Log, LogError
from conformance.signing.canonical import canonical
from conformance.signing.dsse import IN_TOTO, Envelope, write_envelope
from conformance.signing.merkle import Tree, holds_consistency, holds_inclusion
from conformance.signing.signers import sign_envelope


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of nine entries, published at six and at nine."""
    folder = tmp_path_factory.mktemp("published")
    log = written_log(folder, 6)
    for number in range(6, 9):
        log.append(unproved(number))
    log.publish([signer("log")])
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "log"))


def lines(folder: Path) -> list[bytes]:
    return (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)


def write(folder: Path, held: list[bytes]) -> None:
    (folder / "entries.jsonl").write_bytes(b"".join(held))


def test_a_leaf_is_the_line_of_an_envelope(tmp_path: Path) -> None:
    log = Log.create(tmp_path, ORIGIN)
    envelopes = [receipt(0), receipt(1)]
    assert [log.append(one) for one in envelopes] == [0, 1]
    assert list(log.entries()) == [write_envelope(one) for one in envelopes]
    assert (tmp_path / "entries.jsonl").read_bytes() == b"".join(write_envelope(one) + b"\n" for one in envelopes)
    assert log.root() == Tree(write_envelope(one) for one in envelopes).root()


def test_every_proof_of_every_small_size_holds(tmp_path: Path) -> None:
    log = Log.create(tmp_path, ORIGIN)
    for number in range(20):
        log.append(unproved(number))
    for size in range(21):
        for index in range(size):
            proof = log.inclusion(index, size)
            assert holds_inclusion(log.entry(index), index, size, proof, log.root(size))
            assert not holds_inclusion(log.entry(index), index, size, proof, log.root(20 - size) if size != 10 else b"")
        for old in range(size + 1):
            assert holds_consistency(old, log.root(old), size, log.root(size), log.consistency(old, size))


def test_it_is_the_same_when_it_is_opened_again(folder: Path) -> None:
    log = Log.open(folder)
    assert (log.size, log.origin, log.torn, log.published()) == (9, ORIGIN, 0, (6, 9))
    latest = log.latest()
    assert latest is not None
    assert (latest, latest.size, latest.root) == (log.checkpoint(9), 9, log.root())
    assert log.checkpoint(6).root == log.root(6)
    log.append(unproved(9))
    assert Log.open(folder).size == 10


def test_what_may_only_be_read_is_read(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert Log.open(folder).entry(3) == lines(folder)[3].removesuffix(b"\n")
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


def swapped(held: list[bytes]) -> list[bytes]:
    return [held[1], held[0], *held[2:]]


def forged(held: list[bytes]) -> list[bytes]:
    return [write_envelope(unproved(99)) + b"\n", *held[1:]]


EDITS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "the last entry is gone": (lambda held: held[:-1], "truncated"),
    "all entries are gone": (lambda held: held[:0], "truncated"),
    "the first entry is gone": (lambda held: held[1:], "truncated"),
    "the last byte is gone": (lambda held: [*held[:-1], held[-1][:-1]], "truncated"),
    "half of the last entry is gone": (lambda held: [*held[:-1], held[-1][:100]], "truncated"),
    "a byte is changed": (lambda held: [held[0].replace(b"A", b"B", 1), *held[1:]], "edited"),
    "two entries are swapped": (swapped, "edited"),
    "an entry is forged": (forged, "edited"),
    "an entry stands twice": (lambda held: [held[0], *held], "edited"),
    "an empty line": (lambda held: [b"\n", *held], "edited"),
    "carriage returns": (lambda held: [line.replace(b"\n", b"\r\n") for line in held], "edited"),
    "one long line": (lambda held: [b"x" * (5 << 20), *held], "entry"),
}


@pytest.mark.parametrize(("edit", "found"), EDITS.values(), ids=EDITS)
def test_what_was_done_to_published_entries_is_found(
    folder: Path, edit: Callable[[list[bytes]], list[bytes]], found: str
) -> None:
    write(folder, edit(lines(folder)))
    with pytest.raises(LogError, match=f"office.log.{found}"):
        Log.open(folder)


def test_a_forged_entry_with_a_checkpoint_made_for_it_is_found_by_an_older_one(folder: Path) -> None:
    """Whoever holds the log's key can sign another tree: the checkpoint kept of six entries says it was another."""
    held = forged(lines(folder))
    write(folder, held)
    root = Tree(line.removesuffix(b"\n") for line in held).root()
    text = signed_checkpoint(ORIGIN, 9, root, [signer("log")]).text
    for name in ("checkpoint", "checkpoints/9"):
        (folder / name).write_text(text)
    log = Log.open(folder)
    with pytest.raises(LogError, match="edited"):
        log.checkpoint(6)


def test_an_older_checkpoint_put_back_does_not_hide_what_was_published(folder: Path) -> None:
    shutil.copy(folder / "checkpoints" / "6", folder / "checkpoint")
    latest = Log.open(folder).latest()
    assert latest is not None
    assert latest.size == 9
    write(folder, lines(folder)[:6])
    with pytest.raises(LogError, match="truncated"):
        Log.open(folder)


def test_the_latest_checkpoint_counts_though_none_are_kept(folder: Path) -> None:
    shutil.rmtree(folder / "checkpoints")
    assert Log.open(folder).latest() is not None
    write(folder, lines(folder)[:6])
    with pytest.raises(LogError, match="truncated"):
        Log.open(folder)


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints/9"])
def test_a_checkpoint_that_cannot_be_read_is_no_checkpoint_less(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"garbage")
    with pytest.raises(LogError, match="bad-checkpoint"):
        Log.open(folder)


def test_a_checkpoint_of_another_log_is_refused(folder: Path) -> None:
    (folder / "origin").write_text("other.example/log\n")
    with pytest.raises(LogError, match="other-origin"):
        Log.open(folder)


def test_a_torn_line_is_told_kept_aside_and_never_an_entry(folder: Path) -> None:
    with (folder / "entries.jsonl").open("ab") as file:
        file.write(write_envelope(unproved(9))[:500])
    log = Log.open(folder)
    assert (log.size, log.torn) == (9, 500)
    for write_ in (lambda: log.append(unproved(9)), lambda: log.publish([signer("log")])):
        with pytest.raises(LogError, match="torn"):
            write_()
    assert log.repair() == 500
    assert (folder / "torn-9").read_bytes() == write_envelope(unproved(9))[:500]
    assert (log.append(unproved(9)), log.repair(), Log.open(folder).size) == (9, 0, 10)


def test_a_crash_at_any_byte_loses_nothing_that_was_added(tmp_path: Path) -> None:
    log = written_log(tmp_path, 2)
    log.append(unproved(2))
    whole = (tmp_path / "entries.jsonl").read_bytes()
    start = len(b"".join(lines(tmp_path)[:2]))
    for end in range(start, len(whole) + 1, 7):
        (tmp_path / "entries.jsonl").write_bytes(whole[:end])
        again = Log.open(tmp_path)
        assert (again.size, again.torn) == (2, end - start) if end < len(whole) else (3, 0)
    (tmp_path / "entries.jsonl").write_bytes(whole[: start - 1])
    with pytest.raises(LogError, match="truncated"):
        Log.open(tmp_path)


def test_a_disc_that_is_full_adds_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, before = Log.open(folder), (folder / "entries.jsonl").read_bytes()
    write_, calls = os.write, list[int]()

    def failing(number: int, content: bytes) -> int:
        calls.append(number)
        if len(calls) > 1:
            raise OSError(28, "no space")
        return write_(number, content[:50])

    with monkeypatch.context() as patched, pytest.raises(LogError, match="unwritten"):
        patched.setattr(os, "write", failing)
        log.append(unproved(9))
    assert (folder / "entries.jsonl").read_bytes() == before
    assert (log.append(unproved(9)), Log.open(folder).size) == (9, 10)


def test_what_stands_after_the_checkpoint_is_at_least_an_entry(folder: Path) -> None:
    for line in (b"\n", b"{}\n", write_envelope(replace(unproved(9), signatures=())) + b"\n", b" " + lines(folder)[0]):
        write(folder, [*lines(folder)[:9], line])
        with pytest.raises(LogError, match=r"office\.log\.entry"):
            Log.open(folder)


@pytest.mark.parametrize(
    ("envelope", "found"),
    [
        (replace(unproved(0), signatures=()), "unsigned"),
        (replace(unproved(0), payload_type="text/plain"), "kind"),
        (replace(unproved(0), payload=b"{}"), "office.event.form"),
        (replace(unproved(0), payload_type=IN_TOTO, payload=b"{} "), "statement"),
    ],
)
def test_only_signed_statements_and_events_are_added(folder: Path, envelope: Envelope, found: str) -> None:
    log, before = Log.open(folder), lines(folder)
    with pytest.raises(LogError, match=found):
        log.append(envelope)
    assert (lines(folder), log.size) == (before, 9)


def test_a_certificate_is_an_entry(folder: Path) -> None:
    statement = sign_envelope(IN_TOTO, canonical({"_type": "x"}), [signer("certificate")])
    assert Log.open(folder).append(statement) == 9


def test_two_processes_add_one_after_the_other(folder: Path) -> None:
    """Each log is opened on its own, as two processes do; each entry stands once, and both see all."""
    logs = [Log.open(folder), Log.open(folder)]
    indices: list[int] = []

    def add(log: Log, first: int) -> None:
        indices.extend(log.append(unproved(first + number)) for number in range(15))

    threads = [Thread(target=add, args=(log, 100 * place)) for place, log in enumerate(logs, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(indices) == list(range(9, 39))
    assert len(set(lines(folder))) == 39
    assert Log.open(folder).size == 39


def test_a_checkpoint_never_goes_back_and_is_signed_once(folder: Path) -> None:
    old, new = Log.open(folder), Log.open(folder)
    new.append(unproved(9))
    later = new.publish([signer("log")])
    assert old.publish([signer("log")]) == later
    assert new.publish([signer("log")]).text == later.text == (folder / "checkpoint").read_text()
    assert Log.open(folder).published() == (6, 9, 10)


def test_a_crash_between_both_files_of_a_checkpoint_is_mended(folder: Path) -> None:
    """Kept, but not yet the latest: it may have been seen, so it is not signed another time."""
    (folder / "checkpoint").unlink()
    shutil.copy(folder / "checkpoints" / "6", folder / "checkpoint")
    kept = (folder / "checkpoints" / "9").read_text()
    assert Log.open(folder).publish([signer("log")]).text == kept == (folder / "checkpoint").read_text()


def test_nothing_is_signed_that_the_disc_does_not_hold(folder: Path) -> None:
    log = Log.open(folder)
    log.append(unproved(9))
    held = lines(folder)
    write(folder, [*held[:9], held[9].replace(b"A", b"B", 1)])
    with pytest.raises(LogError, match=r"edited|entry"):
        log.publish([signer("log")])
    write(folder, held[:5])
    with pytest.raises(LogError, match="truncated"):
        log.append(unproved(10))


def test_an_entry_edited_while_the_log_is_open_is_not_given_out(folder: Path) -> None:
    log = Log.open(folder)
    write(folder, forged(lines(folder)))
    with pytest.raises(LogError, match="edited"):
        log.entry(0)


def test_a_new_log_is_empty_and_is_not_made_twice(tmp_path: Path) -> None:
    log = Log.create(tmp_path / "log", ORIGIN)
    assert (log.size, log.latest(), log.origin, log.published()) == (0, None, ORIGIN, ())
    assert log.publish([signer("log")]).size == 0
    with pytest.raises(LogError, match="exists"):
        Log.create(tmp_path / "log", ORIGIN)
    for origin in ("", "a b", "a+b", "a\nb", "\u202ea"):
        with pytest.raises(LogError, match="origin"):
            Log.create(tmp_path / "other", origin)


def test_what_is_no_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="unreadable"):
        Log.open(tmp_path)
    (tmp_path / "entries.jsonl").write_bytes(b"")
    with pytest.raises(LogError, match="no-origin"):
        Log.open(tmp_path)


def test_what_is_not_there_is_not_given(folder: Path) -> None:
    log = Log.open(folder)
    for asked in (
        lambda: log.entry(9),
        lambda: log.entry(-1),
        lambda: log.inclusion(9, 9),
        lambda: log.inclusion(0, 10),
        lambda: log.consistency(9, 6),
        lambda: log.consistency(1, 10),
        lambda: log.consistency(-1, 3),
        lambda: log.checkpoint(7),
        lambda: log.root(10),
        lambda: log.root(-1),
    ):
        with pytest.raises(LogError):
            asked()


def test_a_witness_is_taken_into_the_published_checkpoint(folder: Path) -> None:
    log = Log.open(folder)
    back = cosigned(log.checkpoint(9), signer("witness"))
    assert log.cosign(back, office(), NOW).text == back.text == (folder / "checkpoint").read_text()
    assert log.cosign(cosigned(log.checkpoint(6), signer("witness")), office(), NOW).size == 6
    assert (folder / "checkpoint").read_text() == back.text
    stranger = cosigned(log.checkpoint(9), made("ES256", "stranger", ("witness",)).signer())
    assert log.cosign(stranger, office(), NOW).text == back.text
    other = cosigned(signed_checkpoint(ORIGIN, 9, log.root(8), [signer("log")]), signer("witness"))
    with pytest.raises(LogError, match=r"office\.checkpoint\.other"):
        log.cosign(other, office(), NOW)


def test_twenty_thousand_entries_open_at_once(tmp_path: Path) -> None:
    """Measured at 0.09 s, with entries of 2 KB too, on two shared cores; the bound is far above."""
    log = Log.create(tmp_path, ORIGIN)
    entries = [write_envelope(unproved(number, 100)) for number in range(20_000)]
    (tmp_path / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in entries))
    text = signed_checkpoint(ORIGIN, len(entries), Tree(entries).root(), [signer("log")]).text
    (tmp_path / "checkpoint").write_text(text)
    begun = time.process_time()
    log = Log.open(tmp_path)
    taken = time.process_time() - begun
    assert (log.size, log.entry(12_345)) == (20_000, entries[12_345])
    assert taken < 1, taken
