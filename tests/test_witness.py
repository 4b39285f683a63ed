"""A witness vouches for a log that only grew, and for no other: the office's, shown in every wrong way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from log_made import NOW, ORIGIN, office, signer, unproved, written_log

from conformance.office.checkpoint import Checkpoint, cosigned, signed_checkpoint
from conformance.office.log import Log, LogError
from conformance.office.proofs import Consistency, read_consistency, write_consistency
from conformance.office.witness import (
    CODES,
    Observation,
    Prover,
    StateError,
    from_log,
    from_proof,
    observe,
    read_seen,
    write_seen,
)
from conformance.signing.canonical import NotCanonicalError, canonical
from conformance.signing.keys import KeySet

KEYS = office()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Twelve entries, published at five and at twelve."""
    held = written_log(tmp_path_factory.mktemp("log"), 5)
    for number in range(5, 12):
        held.append(unproved(number))
    held.publish([signer("log")])
    return held


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """What the same office shows to somebody else: the fourth entry is another one."""
    held = Log.create(tmp_path_factory.mktemp("other"), ORIGIN)
    for number in range(12):
        held.append(unproved(number if number != 3 else 99))
        if held.size in (5, 12):
            held.publish([signer("log")])
    return held


def shown(
    checkpoint: Checkpoint, seen: Checkpoint | None, prove: Prover | None = None, keys: KeySet = KEYS
) -> Observation:
    return observe(checkpoint.text.encode(), keys, NOW, seen, prove)


def test_growth_is_seen(log: Log) -> None:
    found = shown(log.checkpoint(12), log.checkpoint(5), from_log(lambda: log))
    assert (found.word, found.code, found.checkpoint) == ("consistent", 0, log.checkpoint(12))


def test_the_first_time_is_told_as_such(log: Log) -> None:
    for prove in (None, from_log(lambda: log)):
        found = shown(log.checkpoint(5), None, prove)
        assert (found.word, found.code, found.checkpoint) == ("first-seen", 0, log.checkpoint(5))
        assert "trust" in found.message.render("en")


def test_the_same_again_is_no_news(log: Log) -> None:
    found = shown(cosigned(log.checkpoint(5), signer("witness")), log.checkpoint(5))
    assert (found.word, found.code) == ("unchanged", 0)


def test_a_smaller_log_is_refused(log: Log) -> None:
    assert refused(shown(log.checkpoint(5), log.checkpoint(12), from_log(lambda: log))) == "smaller"


def test_a_split_view_is_found_between_two_witnesses(log: Log, other: Log) -> None:
    """Each saw its own log from the first day; what one saw is the proof against what the other is shown."""
    one, two = log.checkpoint(12), other.checkpoint(12)
    assert shown(one, log.checkpoint(5), from_log(lambda: log)).code == 0
    assert shown(two, other.checkpoint(5), from_log(lambda: other)).code == 0
    for mine, theirs in ((one, two), (two, one)):
        assert refused(shown(theirs, mine)) == "split-view"


def test_a_log_that_did_not_grow_from_what_was_seen_is_inconsistent(log: Log, other: Log) -> None:
    found = shown(other.checkpoint(12), log.checkpoint(5), from_log(lambda: other))
    assert refused(found) == "inconsistent"


def test_entries_that_are_not_the_checkpoints_prove_nothing(log: Log, other: Log, tmp_path: Path) -> None:
    assert refused(shown(log.checkpoint(12), log.checkpoint(5), from_log(lambda: other))) == "unproven"
    assert refused(shown(log.checkpoint(12), None, from_log(lambda: other))) == "unproven"
    small = written_log(tmp_path / "small", 5)
    assert refused(shown(log.checkpoint(12), log.checkpoint(5), from_log(lambda: small))) == "unproven"
    edited = Path(shutil.copytree(log.folder, tmp_path / "edited"))
    (edited / "entries.jsonl").write_bytes((other.folder / "entries.jsonl").read_bytes())
    assert refused(shown(log.checkpoint(12), log.checkpoint(5), from_log(lambda: Log.open(edited)))) == "unproven"


def test_growth_without_a_proof_is_not_vouched_for(log: Log) -> None:
    assert refused(shown(log.checkpoint(12), log.checkpoint(5))) == "unproven"


def proof(log: Log, old: int = 5, size: int = 12) -> Consistency:
    return Consistency(ORIGIN, old, size, tuple(log.consistency(old, size)))


def test_a_proof_of_a_file_is_enough(log: Log) -> None:
    held = read_consistency(write_consistency(proof(log)))
    assert held == proof(log)
    assert shown(log.checkpoint(12), log.checkpoint(5), from_proof(held)).word == "consistent"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda one: replace(one, hashes=one.hashes[:-1]), "inconsistent"),
        (lambda one: replace(one, hashes=()), "inconsistent"),
        (lambda one: replace(one, hashes=(*one.hashes, bytes(32))), "inconsistent"),
        (lambda one: replace(one, hashes=one.hashes[::-1]), "inconsistent"),
        (lambda one: replace(one, old=4), "unproven"),
        (lambda one: replace(one, size=11), "unproven"),
        (lambda one: replace(one, origin="other.example"), "unproven"),
    ],
)
def test_another_proof_is_none(log: Log, change: Callable[[Consistency], Consistency], word: str) -> None:
    assert refused(shown(log.checkpoint(12), log.checkpoint(5), from_proof(change(proof(log))))) == word


def test_every_growth_of_a_small_log_is_seen_and_no_other(log: Log, other: Log) -> None:
    def at(held: Log, size: int) -> Checkpoint:
        return signed_checkpoint(ORIGIN, size, held.root(size), [signer("log")])

    for size in range(1, 13):
        for old in range(size):
            good = shown(at(log, size), at(log, old), from_log(lambda: log))
            assert good.word == "consistent", (old, size)
            # Up to the third entry both logs are the same.
            mixed = shown(at(other, size), at(log, old), from_log(lambda: other))
            assert (mixed.word == "consistent") == (old <= 3), (old, size)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff", b"x" * 20_000])
def test_what_is_no_checkpoint_is_refused(log: Log, content: bytes) -> None:
    assert refused(observe(content, KEYS, NOW, log.checkpoint(5), None)) == "malformed"


def test_what_the_office_did_not_sign_is_refused_before_any_proof_is_asked(log: Log) -> None:
    def never(_old: int, _shown: Checkpoint) -> list[bytes]:
        raise AssertionError

    body = log.checkpoint(12).body
    witness = cosigned(log.checkpoint(12), signer("witness")).lines[1]
    for text in (
        log.checkpoint(12).text.replace("\n12\n", "\n13\n"),
        f"{body}\n{witness.text}",
        f"{body}\n{replace(log.checkpoint(12).lines[0], signature=bytes(70)).text}",
    ):
        assert refused(observe(text.encode(), KEYS, NOW, log.checkpoint(5), never)) == "unsigned"
    lacking = office(signer("log", "SM2"), required=("ES256", "SM2"))
    assert refused(shown(log.checkpoint(12), None, never, lacking)) == "unsigned"


def test_another_log_is_refused(log: Log) -> None:
    foreign = signed_checkpoint("other.example/log", 12, log.root(), [signer("log")])
    assert refused(shown(foreign, None)) == "other-log"
    assert refused(shown(log.checkpoint(5), foreign)) == "other-log"
    assert refused(shown(foreign, log.checkpoint(5), None, replace(KEYS, origin="other.example/log"))) == "other-log"


def refused(found: Observation) -> str:
    """The word of a refusal: with a code of its own, without a checkpoint to sign, told in both languages."""
    assert found.code >= 30
    assert found.checkpoint is None
    assert all(found.message.both().values())
    return found.word


def test_each_refusal_has_a_code_of_its_own() -> None:
    codes = [code for code in CODES.values() if code]
    assert len(set(codes)) == len(codes)


def test_what_was_seen_is_kept_whole(log: Log) -> None:
    assert read_seen(write_seen(log.checkpoint(12))) == log.checkpoint(12)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"5",
        canonical({"schema": "lubiao-witness/1", "checkpoint": ""}),
        canonical({"schema": "x", "checkpoint": ""}),
        canonical({"schema": "lubiao-witness/1", "checkpoint": 5}),
    ],
)
def test_a_state_that_cannot_be_read_is_no_first_time(content: bytes) -> None:
    with pytest.raises(StateError):
        read_seen(content)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "x"},
        {"more": 1},
        {"old": "5"},
        {"old": True},
        {"size": -1},
        {"origin": 5},
        {"hashes": "ab"},
        {"hashes": ["AB" * 32]},
        {"hashes": ["ab" * 31]},
        {"hashes": [5]},
        {"hashes": ["ab" * 32] * 129},
    ],
)
def test_a_proof_has_one_form(change: dict[str, object]) -> None:
    good = {"schema": "lubiao-consistency/1", "origin": ORIGIN, "old": 5, "size": 12, "hashes": ["ab" * 32]}
    read_consistency(canonical(good))
    with pytest.raises(NotCanonicalError):
        read_consistency(canonical({**good, **change}))
    with pytest.raises(NotCanonicalError):
        read_consistency(canonical(good) + b"\n")


def test_a_log_that_cannot_be_opened_is_unproven(log: Log, tmp_path: Path) -> None:
    def opened() -> Log:
        return Log.open(tmp_path)

    with pytest.raises(LogError):
        opened()
    assert refused(shown(log.checkpoint(12), log.checkpoint(5), from_log(opened))) == "unproven"
