"""``office.yaml``: every problem at once, with its line; production and tests are never mixed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from office_made import edited, office

from conformance.office.plain_yaml import PlainYamlError, read_plain
from conformance.office.settings import SettingsError, read_office
from conformance.signing.canonical import canonical
from conformance.signing.keys import KeySet, write_key_set
from conformance.signing.making import make_key


def problems(folder: Path) -> list[tuple[int, str]]:
    """Line and message id of each problem; every message renders."""
    with pytest.raises(SettingsError) as error:
        read_office(folder)
    assert all(one.message.both() for one in error.value.problems)
    return [(one.line, one.message.id) for one in error.value.problems]


def line_of(folder: Path, text: str) -> int:
    lines = (folder / "office.yaml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_office_that_init_makes_can_be_read(tmp_path: Path) -> None:
    held = read_office(office(tmp_path))
    assert held.test
    assert {use: len(keys) for use, keys in held.signers.items()} == dict.fromkeys(
        ("certificate", "log", "status", "receipt"), 2
    )
    assert (held.months, held.status_days, held.sample, held.levels) == (24, 7, 52, ("L2", "L3"))
    assert all(one.reference.startswith(f"file:{held.folder}") for one in held.signers["log"])


def test_every_problem_at_once_with_its_line(tmp_path: Path) -> None:
    folder = office(tmp_path)
    edited(
        folder,
        {
            "months: 24": "months: 0",
            "roles: [tester]": "roles: [boss]",
            "sample:": "sampel:",
            "register: https": "register: http",
        },
    )
    found = problems(folder)
    assert (line_of(folder, "months"), "settings.form") in found
    assert (line_of(folder, "[boss]"), "settings.allowed") in found
    assert (line_of(folder, "sampel"), "settings.unknown") in found
    assert (line_of(folder, "http://"), "settings.form") in found
    assert "settings.missing" in [id_ for _, id_ in found]
    assert len(found) == 5


def test_a_production_office_refuses_test_keys(tmp_path: Path) -> None:
    folder = office(tmp_path)
    edited(folder, {"kind: test": "kind: production"})
    assert problems(folder) == [(line_of(folder, "kind:"), "settings.test-keys")]


def test_a_test_office_refuses_production_keys(tmp_path: Path) -> None:
    folder = office(tmp_path)
    key = make_key(
        tmp_path / "k.pem", "ES256", test=False, owner="x", uses=("certificate",), passphrase=b"long enough, yes"
    )
    before = read_office(folder).keys
    keys = KeySet("production", before.name, before.origin, before.register, (key,), {})
    (folder / "keys.json").write_bytes(write_key_set(keys))
    assert problems(folder) == [(line_of(folder, "kind:"), "settings.real-keys")]


def test_a_test_key_in_a_production_set_is_refused(tmp_path: Path) -> None:
    folder = office(tmp_path)
    value = json.loads((folder / "keys.json").read_bytes())
    (folder / "keys.json").write_bytes(canonical({**value, "kind": "production"}))
    edited(folder, {"kind: test": "kind: production"})
    assert problems(folder) == [(line_of(folder, "keys: keys.json"), "signing.keys.test")]


def test_what_contradicts_the_key_set_is_told_together(tmp_path: Path) -> None:
    folder = office(tmp_path)
    held = read_office(folder)
    log, status = held.signers["log"][0].key, held.signers["status"][0].key
    edited(
        folder,
        {
            "origin: register.example/log": "origin: other.example/log",
            f"key: {log}": f"key: {status}",
            f"key: {held.signers['receipt'][1].key}": f"key: TEST-{'0' * 32}",
            "{id: tester,": "{id: clerk,",
            "roles: [approver]": "roles: [clerk]",
        },
    )
    assert {id_ for _, id_ in problems(folder)} == {
        *("settings.other-set", "settings.key-use", "settings.key-unknown", "settings.person-twice", "settings.nobody"),
    }


@pytest.mark.parametrize(
    ("text", "id_", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "settings.key-twice", 3),
        ("a: &x 1\nb: *x\n", "settings.fancy", 2),
        ("a: !!python/name:os.system ''\n", "settings.fancy", 1),
        ("a: !thing x\n", "settings.fancy", 1),
        ("? [a]\n: b\n", "settings.fancy", 1),
        ("a: 1\nb: [\n", "settings.syntax", 3),
        ("a: \x01\n", "settings.syntax", 1),
        ("[" * 20 + "]" * 20, "settings.fancy", 1),
        ("a: '" + "x" * (1 << 20) + "'", "settings.large", 1),
    ],
)
def test_yaml_is_read_strictly(text: str, id_: str, line: int) -> None:
    with pytest.raises(PlainYamlError) as error:
        read_plain(text.encode())
    assert (error.value.id, error.value.line) == (id_, line)


def test_scalars_are_what_they_look_like() -> None:
    value, lines = read_plain(b"a: 0012\nb: 12\nc: NO\nd: 1.5\ne: true\nf:\ng: '7'\n")
    assert value == {"a": "0012", "b": 12, "c": "NO", "d": "1.5", "e": True, "f": None, "g": "7"}
    assert lines[("e",)] == 5
    with pytest.raises(PlainYamlError) as error:
        read_plain(b"a: 1\nb: \xff\n")
    assert (error.value.id, error.value.line) == ("settings.encoding", 2)


def test_an_absent_or_empty_file_is_told(tmp_path: Path) -> None:
    folder = office(tmp_path)
    (folder / "office.yaml").write_bytes(b"")
    assert problems(folder) == [(1, "settings.form")]
    (folder / "office.yaml").unlink()
    assert problems(folder) == [(1, "settings.unreadable")]


def test_in_an_office_with_force_each_person_has_an_account(tmp_path: Path) -> None:
    """Else one person could be two."""
    folder = office(tmp_path)
    before = read_office(folder).keys
    uses = ("certificate", "log", "status", "receipt")
    key = make_key(folder / "k.pem", "ES256", test=False, owner="x", uses=uses, passphrase=b"long enough, yes")
    keys = KeySet("production", before.name, before.origin, before.register, (key,), {})
    (folder / "keys.json").write_bytes(write_key_set(keys))
    settings = yaml.safe_load((folder / "office.yaml").read_text("utf-8"))
    settings |= {"kind": "production", "signers": {use: [{"key": key.id, "use": "file:k.pem"}] for use in uses}}
    for number, person in enumerate(settings["people"][:-1]):
        person["login"] = f"account{number}"
    (folder / "office.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), "utf-8")
    assert [id_ for _, id_ in problems(folder)] == ["settings.login-missing"]
    settings["people"][-1]["login"] = "another"
    (folder / "office.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), "utf-8")
    assert read_office(folder).kind == "production"
