"""``lubiao witness`` and ``lubiao log``, as an office and its witnesses run them over days."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from log_made import ORIGIN, office, receipt, signer, unproved, written_log
from signing_made import PASSPHRASE, made

from conformance.cli.speech import Speech
from conformance.office.checkpoint import read_checkpoint, signed_checkpoint
from conformance.office.log import Log
from conformance.signing.dsse import write_envelope
from conformance.signing.keys import write_key_set
from conformance.signing.merkle import Tree, holds_inclusion
from conformance.signing.signers import sign_envelope


@dataclass
class Place:
    """Where the office's log, its keys and a witness's own file are."""

    folder: Path
    log: Path
    keys: Path
    state: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, command: str, *words: object) -> tuple[int, str, str]:
        """Exit code, output, errors."""
        speech, parser = Speech("en"), argparse.ArgumentParser()
        module = import_module(f"conformance.cli.{command}")
        module.add(parser, speech)
        code = module.run(parser.parse_args([str(word) for word in words]), speech)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def witness(self, *words: object, log: Path | None = None) -> tuple[int, str, str]:
        return self.run("witness", "--keys", self.keys, "--log", log or self.log, "--state", self.state, *words)

    def grow(self, number: int) -> Log:
        log = Log.open(self.log)
        for place in range(number):
            log.append(receipt(log.size + place))
        log.publish([signer("log")])
        return log


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("LUBIAO_KEY_PASSPHRASE", PASSPHRASE.decode())
    keys = tmp_path / "keys.json"
    keys.write_bytes(write_key_set(office()))
    log = Log.create(tmp_path / "log", ORIGIN)
    for number in range(3):
        log.append(receipt(number))
    log.publish([signer("log")])
    return Place(tmp_path, tmp_path / "log", keys, tmp_path / "seen.json", capsys)


def own_key() -> list[str]:
    return ["--key", f"file:{made('ES256', 'a', ('witness',)).path}"]


def test_day_after_day_a_log_that_grows_is_signed_and_taken_back(place: Place) -> None:
    for size, word in ((3, "first-seen"), (5, "consistent"), (6, "consistent"), (6, "unchanged")):
        if size > Log.open(place.log).size:
            place.grow(size - Log.open(place.log).size)
        code, out, err = place.witness(*own_key())
        assert (code, err.split(":")[0]) == (0, word)
        signed = read_checkpoint(out)
        assert (signed.size, signed.lines[-1].name) == (size, signer("witness").key.id)
        (place.folder / "back").write_bytes(out.encode())
        code, out, _ = place.run("log", "cosign", place.log, place.folder / "back", "--keys", place.keys)
        assert code == 0
    code, out, _ = place.run("log", "verify", place.log, "--keys", place.keys)
    assert (code, "6 entries, 1 witnesses" in out) == (0, True)


def test_a_key_is_named_by_its_id_or_found(place: Place) -> None:
    by_id = [*own_key(), "--id", signer("witness").key.id, "--output", str(place.folder / "out")]
    assert place.witness(*by_id)[0] == 0
    assert len(read_checkpoint((place.folder / "out").read_bytes()).lines) == 2
    assert place.witness(*own_key(), "--id", "0" * 32)[0] == 2
    assert place.witness("--key", f"file:{made('ES256', 'stranger', ('witness',)).path}")[0] == 2


def test_a_signature_that_fails_leaves_the_state_as_it_was(place: Place) -> None:
    assert place.witness()[0] == 0
    before = place.state.read_bytes()
    place.grow(1)
    code, out, _ = place.witness("--key", "file:/nowhere")
    assert (code, out, place.state.read_bytes()) == (2, "", before)
    assert place.witness()[0] == 0
    assert place.state.read_bytes() != before


def shorter(place: Place) -> Path:
    """The whole log of an earlier day."""
    return Path(shutil.copytree(place.folder / "old", place.folder / "shown"))


def another(place: Place) -> Path:
    """Of the same size, with another entry in it."""
    log = Log.create(place.folder / "shown", ORIGIN)
    for number in (0, 1, 99, 3):
        log.append(receipt(number))
    log.publish([signer("log")])
    return log.folder


def rewritten(place: Place) -> Path:
    """Larger, with another entry where one was seen."""
    folder = another(place)
    log = Log.open(folder)
    log.append(receipt(7))
    log.publish([signer("log")])
    return folder


def unsigned(place: Place) -> Path:
    folder = Path(shutil.copytree(place.log, place.folder / "shown"))
    text = signed_checkpoint(ORIGIN, 4, Log.open(folder).root(), [made("ES256", "thief", ("log",)).signer()]).text
    (folder / "checkpoint").write_text(text)
    return folder


def alone(place: Place) -> Path:
    """A checkpoint of a larger log, and nothing with it."""
    place.grow(1)
    return Path(shutil.copy(place.log / "checkpoint", place.folder / "alone"))


def garbage(place: Place) -> Path:
    (place.folder / "garbage").write_bytes(b"\xff" * 40)
    return place.folder / "garbage"


@pytest.mark.parametrize(
    ("show", "word", "code"),
    [
        (shorter, "smaller", 32),
        (another, "split-view", 33),
        (rewritten, "inconsistent", 34),
        (unsigned, "unsigned", 31),
        (alone, "unproven", 36),
        (garbage, "malformed", 30),
    ],
)
def test_each_refusal_has_its_word_signs_nothing_and_keeps_what_was_seen(
    place: Place, show: Callable[[Place], Path], word: str, code: int
) -> None:
    shutil.copytree(place.log, place.folder / "old")
    place.grow(1)
    assert place.witness()[0] == 0
    before = place.state.read_bytes()
    found = place.witness(*own_key(), log=show(place))
    assert (found[0], found[1], found[2].split(":")[0]) == (code, "", word)
    assert place.state.read_bytes() == before


def test_a_proof_from_one_command_is_read_by_the_other(place: Place) -> None:
    assert place.witness()[0] == 0
    checkpoint = alone(place)
    path = place.folder / "proof.json"
    assert place.run("log", "consistency", place.log, 3, 4, "--output", path)[0] == 0
    assert place.witness("--proof", path, log=checkpoint)[0] == 0
    path.write_bytes(path.read_bytes() + b"\n")
    assert place.witness("--proof", path, log=checkpoint)[0] == 2


def test_an_entry_is_proved(place: Place) -> None:
    place.grow(2)
    code, out, _ = place.run("log", "prove", place.log, 1)
    proof = json.loads(out)
    held, hashes = read_checkpoint(proof["checkpoint"]), [bytes.fromhex(one) for one in proof["hashes"]]
    assert (code, proof["index"], proof["schema"]) == (0, 1, "lubiao-inclusion/1")
    assert holds_inclusion(Log.open(place.log).entry(1), 1, held.size, hashes, held.root)
    for index in (5, -1):
        assert place.run("log", "prove", place.log, index)[0] == 1


def forged_signature(log: Path) -> None:
    """An entry whose signature is of another one, in a tree that the office signed."""
    good, other = receipt(3), receipt(4)
    Log.open(log).append(type(good)(good.payload_type, good.payload, other.signatures))
    Log.open(log).publish([signer("log")])


def edited(log: Path) -> None:
    path = log / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b"A", b"B", 1))


def checkpoint_of_a_thief(log: Path) -> None:
    text = signed_checkpoint(ORIGIN, 3, Log.open(log).root(), [made("ES256", "thief", ("log",)).signer()]).text
    for name in ("checkpoint", "checkpoints/3"):
        (log / name).write_text(text)


def older_checkpoint_of_another_tree(log: Path) -> None:
    (log / "checkpoints" / "2").write_text(signed_checkpoint(ORIGIN, 2, Tree([b"x"]).root(), [signer("log")]).text)


def older_checkpoint_of_a_thief(log: Path) -> None:
    thief = made("ES256", "thief", ("log",)).signer()
    (log / "checkpoints" / "2").write_text(signed_checkpoint(ORIGIN, 2, Log.open(log).root(2), [thief]).text)


def no_checkpoint(log: Path) -> None:
    (log / "checkpoint").unlink()
    shutil.rmtree(log / "checkpoints")


def not_an_entry(log: Path) -> None:
    """A line that is none, published: the tree says that it was so from the first."""
    lines = [*(log / "entries.jsonl").read_bytes().splitlines(), b"not an entry"]
    (log / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    (log / "checkpoint").write_text(signed_checkpoint(ORIGIN, 4, Tree(lines).root(), [signer("log")]).text)


@pytest.mark.parametrize(
    "harm",
    [
        forged_signature,
        edited,
        checkpoint_of_a_thief,
        older_checkpoint_of_another_tree,
        older_checkpoint_of_a_thief,
        no_checkpoint,
        not_an_entry,
    ],
)
def test_a_log_that_cannot_be_relied_on_does_not_verify(place: Place, harm: Callable[[Path], None]) -> None:
    assert place.run("log", "verify", place.log, "--keys", place.keys)[0] == 0
    harm(place.log)
    code, out, err = place.run("log", "verify", place.log, "--keys", place.keys)
    assert (code, bool(err)) == (1, True)
    assert "holds:" not in out


def test_without_witnesses_it_says_so_and_names_what_it_did_not_verify(place: Place) -> None:
    Log.open(place.log).append(unproved(9))
    code, out, _ = place.run("log", "verify", place.folder, "--keys", place.keys)
    assert code == 0
    assert "no witness" in out
    assert "1 entries not published" in out
    assert "1 of them are signed by keys" in out


def test_a_signature_of_a_key_for_something_else_does_not_count(place: Place) -> None:
    """A receipt that the status key signed: it holds, and is nobody's receipt."""
    good = receipt(9)
    Log.open(place.log).append(sign_envelope(good.payload_type, good.payload, [signer("status")]))
    code, out, _ = place.run("log", "verify", place.log, "--keys", place.keys)
    assert (code, "1 of them are signed by keys" in out) == (0, True)


def test_a_torn_line_is_told_and_put_aside(place: Place) -> None:
    with (place.log / "entries.jsonl").open("ab") as file:
        file.write(write_envelope(receipt(9))[:100])
    assert "100 bytes" in place.run("log", "verify", place.log, "--keys", place.keys)[1]
    assert place.run("log", "repair", place.log)[0] == 0
    assert "nothing to repair, 3 entries" in place.run("log", "repair", place.log)[1]


def test_what_cannot_be_used_ends_with_two(place: Place) -> None:
    good = ["--keys", place.keys]
    bad = place.folder / "bad.json"
    bad.write_bytes(b"{}")
    assert place.run("log", "verify", place.folder / "nowhere", *good)[0] == 2
    assert place.run("log", "verify", place.log, "--keys", bad)[0] == 2
    assert place.run("log", "verify", place.log, "--keys", place.folder / "nowhere")[0] == 2
    assert place.run("log", "cosign", place.log, bad, *good)[0] == 2
    assert place.run("witness", "--keys", bad, "--log", place.log, "--state", place.state)[0] == 2
    assert place.witness(log=place.folder / "nowhere")[0] == 2
    place.state.write_bytes(b"{}")
    assert place.witness()[0] == 2
    assert place.state.read_bytes() == b"{}"


def test_a_stranger_is_no_witness(place: Place) -> None:
    log = Log.open(place.log)
    (place.folder / "back").write_text(log.checkpoint(3).text)
    assert place.run("log", "cosign", place.log, place.folder / "back", "--keys", place.keys)[0] == 1


def test_a_long_log_is_witnessed_from_its_folder(place: Place) -> None:
    big = written_log(place.folder / "big", 300)
    assert place.witness(log=big.folder)[0] == 0
    big.append(unproved(300))
    big.publish([signer("log")])
    assert place.witness(log=big.folder)[0] == 0
    assert read_checkpoint(json.loads(place.state.read_bytes())["checkpoint"]).size == 301
