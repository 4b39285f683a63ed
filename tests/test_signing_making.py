"""Keys are made once and never over another file; sets of keys can be read back; ``lubiao keys`` does both."""

from __future__ import annotations

import argparse
import stat
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from signing_made import PASSPHRASE, key_set, made

from conformance.cli import keys as command
from conformance.cli.speech import Speech
from conformance.messages import LANGUAGES
from conformance.signing.canonical import canonical, parse
from conformance.signing.digest import digest_set
from conformance.signing.keys import (
    TEST_NAME,
    USES,
    KeySetError,
    PublicKey,
    key_id,
    missing_legs,
    read_key_set,
    write_key_set,
)
from conformance.signing.making import KeyMakingError, make_key, requiring, with_key, write_keys
from conformance.signing.signers import open_signer

ALGORITHMS = ("ES256", "SM2")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_made_with_its_file_for_its_owner_alone(algorithm: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    key = make_key(path, algorithm, test=True, owner="办公室", uses=("log",), passphrase=b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert key.id == key_id(key.spki, test=True)
    assert key.id.startswith("TEST-")
    assert TEST_NAME in key.owner
    assert bool(key.distid) == (algorithm == "SM2")
    assert open_signer(f"file:{path}", key, lambda _: b"x").key == key
    assert read_key_set(write_key_set(key_set(key))).keys == (key,)


def test_a_key_with_force_looks_like_one(tmp_path: Path) -> None:
    key = make_key(tmp_path / "k", "SM2", test=False, owner="标准化办公室", uses=USES, passphrase=PASSPHRASE)
    assert (key.test, key.owner, len(key.id)) == (False, "标准化办公室", 32)
    assert read_key_set(write_key_set(key_set(key, kind="production"))).keys == (key,)


def test_a_key_is_never_made_over_another_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(b"a key of last year")
    with pytest.raises(KeyMakingError) as raised:
        make_key(path, "ES256", test=True, owner="x", uses=("log",), passphrase=b"x")
    assert raised.value.id == "signing.making.exists"
    assert path.read_bytes() == b"a key of last year"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"algorithm": "RSA"}, "algorithm"),
        ({"owner": "  "}, "uses"),
        ({"uses": ()}, "uses"),
        ({"uses": ("everything",)}, "uses"),
        ({"passphrase": b""}, "passphrase"),
        ({"test": False, "passphrase": b"11 of these"}, "passphrase"),
        ({"test": False, "owner": f"办公室{TEST_NAME}"}, "test-owner"),
        ({"valid_from": "2026-01-01"}, "instant"),
        ({"valid_to": "soon"}, "instant"),
        ({"valid_from": "2026-01-01T00:00:00+08:00", "valid_to": "2025-12-31T16:00:00Z"}, "order"),
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_no_file(
    changed: dict[str, object], why: str, tmp_path: Path
) -> None:
    given: dict[str, object] = {"algorithm": "ES256", "test": True, "owner": "x", "uses": ("log",), **changed}
    given = {"passphrase": PASSPHRASE, **given}
    algorithm = str(given.pop("algorithm"))
    with pytest.raises(KeyMakingError) as raised:
        make_key(tmp_path / "k", algorithm, **given)  # type: ignore[arg-type]
    assert raised.value.id == f"signing.making.{why}"
    assert all(raised.value.message.render(language) for language in LANGUAGES)
    assert not (tmp_path / "k").exists()


def test_a_set_grows_and_says_what_it_requires(tmp_path: Path) -> None:
    one, other = made("ES256").key, made("SM2").key
    keys = requiring(with_key(with_key(key_set(), one), other), "certificate", "2026", ("ES256",))
    keys = requiring(keys, "certificate", "2028", ("ES256", "SM2"))
    write_keys(tmp_path / "keys.json", keys)
    read = read_key_set((tmp_path / "keys.json").read_bytes())
    assert read == keys
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]
    asked = {
        year: read.required_for("certificate", datetime.fromisoformat(f"{year}-06-01T00:00:00Z"))
        for year in (2025, 2027, 2029)
    }
    assert asked == {2025: (), 2027: ("ES256",), 2029: ("ES256", "SM2")}
    assert missing_legs(asked[2029], [one]) == ("SM2",)


@pytest.mark.parametrize(
    ("use", "year", "algorithms"),
    [
        ("all", "2026", ("ES256",)),
        ("log", "26", ("ES256",)),
        ("log", "２０２６", ("ES256",)),
        ("log", "2026", ()),
        ("log", "2026", ("RSA",)),
    ],
)
def test_a_rule_that_is_none(use: str, year: str, algorithms: tuple[str, ...]) -> None:
    with pytest.raises(KeyMakingError):
        requiring(key_set(), use, year, algorithms)


def test_a_set_that_cannot_be_read_back_is_not_written(tmp_path: Path) -> None:
    key = made("ES256").key
    for wrong in (
        key_set(key, key),
        key_set(key, kind="production"),
        key_set(replace(key, uses=("x",))),
        key_set(replace(key, owner="办公室")),
        key_set(replace(key, distid="x")),
        key_set(replace(key, valid_to="2026-01-01")),
        key_set(replace(made("SM2").key, distid="")),
        key_set(replace(key, id=key.id[:-1] + ("0" if key.id[-1] != "0" else "1"))),
    ):
        with pytest.raises(KeySetError) as raised:
            write_keys(tmp_path / "keys.json", wrong)
        assert all(raised.value.id.startswith("signing.keys.") for _ in LANGUAGES)
    assert list(tmp_path.iterdir()) == []


def real(key: PublicKey) -> PublicKey:
    return replace(key, id=key_id(key.spki, test=False), owner="办公室")


def test_test_keys_and_keys_with_force_are_never_in_one_set() -> None:
    test = made("ES256").key
    for keys, why in (
        (key_set(real(test), made("SM2").key, kind="production"), "test"),
        (key_set(real(test), made("SM2").key, kind="test"), "real"),
        (key_set(replace(test, id=key_id(test.spki, test=False)), kind="test"), "real"),
        (key_set(replace(real(test), id=test.id), kind="production"), "test"),
    ):
        with pytest.raises(KeySetError) as raised:
            read_key_set(write_key_set(keys))
        assert raised.value.id == f"signing.keys.{why}"


def test_no_byte_of_a_set_can_change_without_the_set_changing() -> None:
    content = write_key_set(requiring(key_set(made("ES256").key, made("SM2").key), "log", "2026", ("ES256",)))
    keys, refused = read_key_set(content), 0
    for place, byte in enumerate(content):
        for value in (byte ^ 1, byte ^ 0x20, byte ^ 0x80):
            try:
                assert read_key_set(content[:place] + bytes([value]) + content[place + 1 :]) != keys, place
            except KeySetError:
                refused += 1
    assert refused > len(content)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"1", b'{"schema":"lubiao-keys/1"}', b"[" * 100_000, b"\xff"]
)
def test_a_set_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(KeySetError):
        read_key_set(content)


@pytest.mark.parametrize("member", ["schema", "kind", "name", "origin", "register", "keys", "required"])
@pytest.mark.parametrize("value", [None, 7, "x", [], [7], {"log": 7}, {"log": {"x": []}}])
def test_a_member_of_another_shape_is_refused_or_read(member: str, value: object) -> None:
    held = parse(write_key_set(key_set(made("ES256").key)), limit=1 << 20)
    del held[member]
    with pytest.raises(KeySetError):
        read_key_set(canonical(held))
    try:
        read_key_set(canonical({**held, member: value}))
    except KeySetError as error:
        assert error.id.startswith("signing.keys.")


def run(*words: str) -> int:
    """The command as the command line runs it."""
    speech = Speech("en")
    parser = argparse.ArgumentParser()
    command.add(parser, speech)
    return command.run(parser.parse_args(list(words)), speech)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUBIAO_KEY_PASSPHRASE", PASSPHRASE.decode())
    return tmp_path


NAMED = (
    "--name-zh",
    "标准化办公室",
    "--name-en",
    "Office",
    "--origin",
    "log.example",
    "--register",
    "https://r.example",
)


def new(folder: Path, name: str, algorithm: str, *more: str) -> int:
    given = ("--algorithm", algorithm, "--use", "certificate", "--owner", "办公室")
    return run("new", str(folder / name), "--set", str(folder / "keys.json"), *given, *more)


def test_the_command_makes_keys_and_a_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(folder, "a.pem", "ES256", "--test", "--valid-from", "2026-01-01T00:00:00+08:00", *NAMED) == 0
    assert new(folder, "b.pem", "SM2", "--test", "--use", "log", "--require", "certificate:2027=ES256,SM2") == 0
    content = (folder / "keys.json").read_bytes()
    keys = read_key_set(content)
    assert [(key.algorithm, key.uses) for key in keys.keys] == [
        ("ES256", ("certificate",)),
        ("SM2", ("certificate", "log")),
    ]
    assert keys.required["certificate"] == {"2026": ("ES256",), "2027": ("ES256", "SM2")}
    assert tuple(keys.required["log"].values()) == (("SM2",),)
    for key, name in zip(keys.keys, ("a.pem", "b.pem"), strict=True):
        assert open_signer(f"file:{folder / name}", key, lambda _: PASSPHRASE).sign(b"x")
    capsys.readouterr()
    assert run("show", str(folder / "keys.json"), "--lang", "en") == 0
    shown = capsys.readouterr().out
    assert all(key.id in shown and key.owner in shown for key in keys.keys)
    told = shown.replace(" ", "")
    assert all(digest in told for digest in digest_set(content).values())


@pytest.mark.parametrize(
    ("words", "kind"),
    [((), "test"), (("--test",), "production"), (("--test", "--kind", "production"), "test")],
)
def test_kinds_are_never_mixed_and_no_key_is_left_over(words: tuple[str, ...], kind: str, folder: Path) -> None:
    one = made("ES256").key
    write_keys(folder / "keys.json", key_set(one if kind == "test" else real(one), kind=kind))
    before = (folder / "keys.json").read_bytes()
    assert new(folder, "b.pem", "SM2", *words) == 2
    assert not (folder / "b.pem").exists()
    assert (folder / "keys.json").read_bytes() == before


def test_what_the_command_cannot_use_ends_with_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(folder, "a.pem", "ES256", "--test") == 2
    assert new(folder, "a.pem", "ES256", "--test", "--require", "nonsense", *NAMED) == 2
    assert new(folder, "a.pem", "ES256", "--test", "--valid-to", "never", *NAMED) == 2
    assert run("show", str(folder / "none.json")) == 2
    (folder / "bad.json").write_bytes(b"{}")
    assert run("show", str(folder / "bad.json")) == 2
    assert list(folder.glob("*.pem")) == []
    assert len(capsys.readouterr().err.strip().splitlines()) >= 5
    assert new(folder, "a.pem", "ES256", "--test", *NAMED) == 0
    assert new(folder, "b.pem", "ES256", "--test", *NAMED) == 2
    assert new(folder, "a.pem", "ES256", "--test") == 2


def test_pass_phrases_that_differ_make_no_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([b"one pass phrase", b"another"])
    monkeypatch.setattr("conformance.cli.secrets.secret", lambda _: next(given))
    assert new(folder, "a.pem", "ES256", "--test", *NAMED) == 2
    assert not (folder / "a.pem").exists()


def test_an_owner_cannot_drive_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = replace(made("ES256").key, owner=f"{TEST_NAME}\x1b[2J\n\u202eeciffo " + "x" * 9000)
    write_keys(folder / "keys.json", key_set(key))
    assert run("show", str(folder / "keys.json")) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown) < 2000
