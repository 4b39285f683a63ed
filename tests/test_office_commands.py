"""The office's commands from end to end: a real bundle, the real sandbox, the real replay; and what they refuse."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from office_made import CASE, NUMBER, bundle_zip, office
from small_system import SmallSystem

from conformance.bundle.suite import suite_facts
from conformance.cli import main
from conformance.office.cases.paper import PDF
from conformance.office.cases.store import Store
from conformance.office.challenge import commit, commitment_digest, read_challenge
from conformance.office.settings import read_office
from conformance.system.declaration import read_declaration


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUBIAO_KEY_PASSPHRASE", "x")


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_a_bundle_becomes_a_certificate_that_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "made"
    assert run("office", "init", folder, "--test") == 0
    assert read_office(folder).suites == (suite_facts()["digest"],)
    desk, bundle = ("--lang", "en", "--as"), bundle_zip("vendor")
    assert run("office", "intake", folder, bundle, *desk, "clerk") == 0
    assert run("office", "receipt", folder, CASE, *desk, "clerk") == 0
    assert run("office", "draw", folder, CASE, *desk, "tester") == 2
    assert "routine" in capsys.readouterr().err
    assert run("office", "checkpoint", folder, *desk, "keyholder") == 0
    assert run("office", "draw", folder, CASE, *desk, "tester") == 0
    assert run("office", "compare", folder, CASE, bundle_zip("own"), *desk, "tester") == 0
    assert run("certify", bundle, "--office", folder, *desk, "keyholder") == 2
    assert run("office", "approve", folder, CASE, *desk, "approver") == 0
    assert run("certify", bundle, "--office", folder, *desk, "keyholder") == 0
    assert "without force" in capsys.readouterr().out
    certificate, keys, status = folder / "certificates" / f"{NUMBER}.json", folder / "keys.json", folder / "status.json"
    assert certificate.with_suffix(PDF).read_bytes().startswith(b"%PDF-")
    verify = ("verify", certificate, "--keys", keys, "--status", status, "--lang", "en")
    assert run(*verify) == 0
    assert run("suspend", NUMBER, "--office", folder, "--reason", "under-review", *desk, "approver") == 0
    assert run(*verify) == 11
    assert run("reinstate", NUMBER, "--office", folder, "--reason", "resolved", *desk, "approver") == 0
    assert run("revoke", NUMBER, "--office", folder, "--reason", "nonsense", *desk, "approver") == 2
    assert run("revoke", NUMBER, "--office", folder, "--reason", "holder-request", *desk, "approver") == 0
    assert run(*verify) == 12
    assert run("office", "status", folder, *desk, "keyholder") == 0
    capsys.readouterr()
    assert run("office", "show", folder, CASE, *desk, "clerk") == 0
    told = capsys.readouterr().out
    assert [word in told for word in ("take in", "revoke", "approver")] == [True] * 3
    assert run("office", "cases", folder, *desk, "clerk") == 0
    assert capsys.readouterr().out.split()[:3] == [CASE, "revoked", NUMBER]
    for path in folder.joinpath("keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_verdict_edited_is_found_when_the_certificate_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where replay gives another report: the word stands on standard error, and nothing was issued."""
    folder = office(tmp_path, "approved")
    monkeypatch.setattr("conformance.cli.certify.agrees", lambda _: False)
    assert run("certify", CASE, "--office", folder, "--as", "keyholder") == 1
    assert "verdict-edited" in capsys.readouterr().err
    assert not list((folder / "certificates").iterdir())
    assert Store.open(folder).case(CASE).state == "approved"


def test_a_self_test_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = office(tmp_path)
    assert run("office", "intake", folder, bundle_zip("self", official=False), "--as", "clerk", "--lang", "zh") == 1
    told = capsys.readouterr().err
    assert "self-test" in told
    assert "已退回" in told


def test_a_compare_that_disagrees_lists_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = office(tmp_path, "drawn")
    bundle = tmp_path / "faulty"
    system = SmallSystem(rows=({**SmallSystem().rows[0], "XM": "甄无名 "}, SmallSystem().rows[1])).write(bundle)
    assert run("check", system, "--official", "--report", bundle / "out") == 1
    capsys.readouterr()
    assert run("office", "compare", folder, CASE, bundle / "out", "--as", "tester", "--lang", "en") == 1
    told = capsys.readouterr().err
    assert "DE-BLANK[population.person.姓名]: vendor pass/, office fail/product" in told
    assert run("office", "approve", folder, CASE, "--as", "approver") == 2
    assert run("office", "reject", folder, CASE, "--reason", "不一致", "--as", "approver") == 0


def test_init_makes_nothing_where_something_is_and_no_office_with_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("x")
    assert run("office", "init", tmp_path, "--test") == 2
    assert run("office", "init", tmp_path / "new") == 2
    monkeypatch.setenv("LUBIAO_KEY_PASSPHRASE", "")
    assert run("office", "init", tmp_path / "new", "--test") == 2
    assert not (tmp_path / "new").exists()
    assert capsys.readouterr().err.count("\n") == 3


def test_settings_are_told_with_their_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = office(tmp_path)
    path = folder / "office.yaml"
    path.write_text(path.read_text("utf-8").replace("kind: test", "kind: production"), "utf-8")
    assert run("office", "cases", folder, "--as", "clerk") == 2
    assert "office.yaml:3" in capsys.readouterr().err
    assert run("office", "cases", tmp_path / "absent", "--as", "clerk") == 2


def test_a_wrong_pass_phrase_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = office(tmp_path, "received")
    monkeypatch.setenv("LUBIAO_KEY_PASSPHRASE", "wrong")
    assert run("office", "receipt", folder, CASE, "--as", "clerk", "--lang", "en") == 2
    assert "pass phrase" in capsys.readouterr().err
    assert Store.open(folder).case(CASE).state == "formally-checked"


def test_who_acts_is_the_account_that_the_system_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the environment makes somebody else of who sits there."""
    folder = office(tmp_path)
    path = folder / "office.yaml"
    path.write_text(path.read_text("utf-8").replace("roles: [clerk]", "roles: [clerk], login: somebody-else"), "utf-8")
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")
    assert run("office", "cases", folder, "--as", "clerk") == 2
    assert run("office", "cases", folder, "--as", "tester") == 0


def test_commit_challenge_check_and_intake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The vendor commits, the office answers, the run is seeded by both, and the bundle opens the commitment."""
    folder, vendor = office(tmp_path), tmp_path / "vendor"
    system = SmallSystem().write(vendor)
    commitment, challenge = vendor / "commitment.json", vendor / "challenge.json"
    assert run("commit", system, "-o", commitment) == 0
    assert run("commit", system, "-o", commitment) == 2
    opening = vendor / "commitment.secret.json"
    if os.name == "posix":
        assert stat.S_IMODE(opening.stat().st_mode) == 0o600
    public, secret = json.loads(commitment.read_bytes()), json.loads(opening.read_bytes())
    assert "salt" not in public
    assert read_declaration(system).sha256 not in commitment.read_text("utf-8")
    digest = commitment_digest(secret["declaration"], secret["product"], secret["version"], secret["salt"])
    assert public["commitment"] == digest
    assert run("office", "challenge", folder, commitment, "-o", challenge, "--as", "clerk") == 0
    given = read_challenge(challenge.read_bytes(), read_office(folder).keys)
    out = vendor / "out"
    assert run("check", system, "--official", "--challenge", challenge, "--report", out) == 0
    report = json.loads((out / "report.json").read_bytes())
    assert report["run"]["seed"] == given.seed
    intake = ("office", "intake", folder, out / "bundle.zip", "--as", "clerk")
    assert run(*intake) == 2
    _, other = commit(read_declaration(system).sha256, "无", "样例", "1.0", "5c" * 32)
    (vendor / "other.json").write_bytes(other)
    assert run(*intake, "--opening", vendor / "other.json") == 2
    capsys.readouterr()
    assert run(*intake, "--opening", opening) == 0
    assert Store.open(folder).case(CASE).state == "formally-checked"


def test_a_vendors_text_drives_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = office(tmp_path, "drawn")
    assert run("office", "reject", folder, CASE, "--reason", "x\x1b[31m\u202e", "--as", "tester") == 0
    capsys.readouterr()
    assert run("office", "show", folder, CASE, "--as", "clerk") == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "\u202e" not in told
