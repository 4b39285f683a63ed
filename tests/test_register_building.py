"""The public register is built from what verifies, the same from the same, and refuses the rest by the file's name."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from certificate_case import KEYS, key_set, signers
from register_office import LEGS, NOW, Made, Office, every_status, made, numbered, payload, status_list

from conformance.cli import register as command
from conformance.cli.speech import Speech
from conformance.office.verifying import verify_certificate
from conformance.register.building import build
from conformance.register.refusing import RegisterError
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.signing.dsse import IN_TOTO, Envelope
from conformance.signing.making import make_key
from conformance.signing.signers import Signer, open_signer, sign_envelope

WORDS = {45: "valid", 46: "suspended", 47: "revoked", 48: "superseded", 49: "valid", 50: "expired", 51: "not-yet-valid"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Office(tmp_path_factory.mktemp("office")).write(every_status())


@pytest.fixture(scope="module")
def site(office: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site") / "register"
    build(target, office, NOW)
    return target


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_input_gives_the_same_bytes(office: Path, site: Path, tmp_path: Path) -> None:
    build(tmp_path / "again", office, NOW + timedelta(minutes=5))
    assert contents(tmp_path / "again") == contents(site)


def test_certificates_list_and_log_are_published_as_they_are(office: Path, site: Path) -> None:
    published = contents(site)
    for name, content in contents(office).items():
        if name != "log/origin":
            assert published[re.sub("certificates/(.*).json", r"\1.json", name)] == content


@pytest.mark.parametrize(("place", "word"), WORDS.items())
def test_a_page_says_the_word_of_verify(office: Path, site: Path, place: int, word: str) -> None:
    found = verify_certificate(
        Office(office).certificate(place).read_bytes(), key_set(), now=NOW, status=(office / "status.json").read_bytes()
    )
    page = (site / f"{numbered(place)}.html").read_text("utf-8")
    rows = {row[0]: row[5] for row in json.loads((site / "search.json").read_bytes())["rows"]}
    assert found.word == word == rows[numbered(place)]
    assert f'class="verdict w-{word}"' in page


def test_every_certificate_is_in_both_languages_and_in_the_plain_list(site: Path) -> None:
    for folder, title in (("", "符合性测试证书"), ("en/", "Certificate of conformity test")):
        index = (site / folder / "index.html").read_text("utf-8")
        for one in every_status():
            assert f'href="{numbered(one.place)}.html"' in index.replace("../en/", "")
            assert title in (site / folder / f"{numbered(one.place)}.html").read_text("utf-8")


def test_a_page_says_what_is_only_declared_what_it_is_not_and_that_it_is_for_tests(site: Path) -> None:
    page = (site / f"{numbered(47)}.html").read_text("utf-8")
    assert "仅为厂商声明，未以摘要确认" in page
    assert "不构成认证，不代替CMA/CNAS报告" in page
    assert "测试用，无效" in page
    assert "原因：提交的证据不实" in page
    assert ">有效<" not in (site / f"{numbered(45)}.html").read_text("utf-8")


def test_nothing_of_a_vendor_becomes_markup_or_hides(site: Path) -> None:
    for name, content in contents(site).items():
        if name.endswith(".html"):
            text = content.decode()
            assert "<script>alert(1)" not in text, name
            assert not re.search("[\u200b\u202e]", text), name
    hostile = (site / f"{numbered(53)}.html").read_text("utf-8")
    assert "〔U+202E〕〔U+200B〕&amp;{{7*7}}" in hostile


def test_no_page_loads_anything_from_elsewhere_or_runs_anything_inline(site: Path) -> None:
    for name, content in contents(site).items():
        if not name.endswith(".html"):
            continue
        text = content.decode()
        loaded = re.findall(r'(?:<script[^>]*\ssrc|<link[^>]*\shref|<img[^>]*\ssrc)="([^"]*)"', text)
        assert not [one for one in loaded if "//" in one], name
        assert not re.search(r"<[^>]*\son\w+=|javascript:|<[^>]*\sstyle=", text), name
        assert "default-src &#39;none&#39;" in text, name
        assert name == "verify.html" or not re.search("<script>|<style>", text), name


def test_the_verifier_page_holds_the_keys_and_its_digest_is_told(site: Path) -> None:
    content = (site / "verify.html").read_bytes()
    told = digest_set(content)
    for page in ("index.html", "en/index.html", "how.html", "en/how.html"):
        assert all(value in (site / page).read_text("utf-8") for value in told.values())
    assert json.loads((site / "register.json").read_bytes())["verifier"] == told
    assert all(key.id in content.decode() for key in key_set().keys)


def test_what_is_stale_goes_and_what_is_not_ours_stays(office: Path, tmp_path: Path) -> None:
    target = tmp_path / "register"
    build(target, office, NOW)
    (target / "log" / "old.html").write_text("old")
    build(target, office, NOW)
    assert not (target / "log" / "old.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["register"]
    foreign = tmp_path / "home"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("mine")
    with pytest.raises(RegisterError) as refused:
        build(foreign, office, NOW)
    assert refused.value.told.id == "register.refused.target"
    assert (foreign / "letter.txt").read_text() == "mine"


def test_a_register_of_nothing_says_so(tmp_path: Path) -> None:
    office = Office(tmp_path / "office")
    office.write([made(1)])
    lone = tmp_path / "lone"
    built = build(lone, office.folder, NOW)
    assert built.certificates == 1
    with pytest.raises(RegisterError):
        office.certificate(1).unlink()
        build(lone, office.folder, NOW)


def test_long_lists_come_in_pages_of_two_hundred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.register.pages.PAGE", 2)
    office = Office(tmp_path / "office").write([made(place) for place in (1, 2, 3, 4, 5)])
    build(tmp_path / "site", office, NOW)
    pages = [(tmp_path / "site" / name).read_text("utf-8") for name in ("index.html", "list-2.html", "list-3.html")]
    found = [re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)', page) for page in pages]
    assert found == [[numbered(5), numbered(4)], [numbered(3), numbered(2)], [numbered(1)]]


def test_a_register_in_earnest_says_valid_and_nothing_of_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, Signer] = {}
    for name, algorithm, use in KEYS[:5]:
        path = tmp_path / f"{name}.pem"
        key = make_key(path, algorithm, test=False, owner=name, uses=(use,), passphrase=b"a long pass phrase")
        held[name] = open_signer(f"file:{path}", key, lambda _: b"a long pass phrase")
    monkeypatch.setattr("register_office.signers", lambda: held)
    monkeypatch.setattr("register_office.numbered", "LB-2026-{:06d}".format)
    keys = replace(key_set(), kind="production", keys=tuple(signer.key for signer in held.values()))
    build(tmp_path / "site", Office(tmp_path / "office", keys).write([made(1, test=False)]), NOW)
    page = (tmp_path / "site" / "LB-2026-000001.html").read_text("utf-8")
    assert "<strong>有效</strong><p>以 2026-11-21 18:00:00 +08:00 的状态列表为准</p>" in page
    for name in ("LB-2026-000001.html", "en/LB-2026-000001.html", "index.html", "how.html", "verify.html"):
        text = (tmp_path / "site" / name).read_text("utf-8").partition('<script type="application/json"')[0]
        assert 'class="test"' not in text
        assert "本登记册由测试密钥签发" not in text
        assert name == "verify.html" or "noindex" not in text


def test_the_command_tells_the_digest_and_refuses_by_the_file(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    speech = Speech("zh")
    parser = argparse.ArgumentParser()
    command.add(parser, speech)
    given = ["build", str(tmp_path / "site"), "--office", str(office), "--now"]
    assert command.run(parser.parse_args([*given, NOW.isoformat()]), speech) == 0
    assert digest_set((tmp_path / "site" / "verify.html").read_bytes())["sm3"] in capsys.readouterr().out
    assert command.run(parser.parse_args([*given, "2027-01-01T00:00:00+08:00"]), speech) == 2
    assert "status.json：状态列表已于" in capsys.readouterr().err
    assert command.run(parser.parse_args([*given, "2027-01-01T00:00:00"]), speech) == 2


def spoil(change: Callable[[Any], object]) -> Callable[[Office], None]:
    """A change of the first certificate's file that stays canonical."""

    def spoiled(office: Office) -> None:
        path = office.certificate(1)
        value = json.loads(path.read_bytes())
        change(value)
        path.write_bytes(canonical(value))

    return spoiled


def _hash(value: Any) -> None:
    value["proof"]["hashes"][0] = "00" * 32


def _index(value: Any) -> None:
    value["proof"]["index"] = 1


def _signature(value: Any) -> None:
    one, other = value["envelope"]["signatures"]
    one["sig"], other["sig"] = other["sig"], one["sig"]


def _line(value: Any) -> None:
    text = value["proof"]["checkpoint"]
    value["proof"]["checkpoint"] = text[: text.index("— ")] + text[text.rindex("— ") :]


def _strange_line(value: Any) -> None:
    value["proof"]["checkpoint"] += "— else.example AAAAAAAA\n"


REFUSALS = {
    "hash": (spoil(_hash), "register.refused.proof"),
    "index": (spoil(_index), "register.refused.proof"),
    "signature": (spoil(_signature), "register.refused.signature"),
    "strange-line": (spoil(_strange_line), "register.refused.checkpoint"),
    "log-leg": (spoil(_line), "register.refused.checkpoint"),
    "form": (lambda office: office.certificate(1).write_bytes(b"{}"), "register.refused.certificate"),
    "bytes": (
        lambda office: office.certificate(1).write_bytes(office.certificate(1).read_bytes() + b"\n"),
        "register.refused.certificate",
    ),
    "name": (lambda office: office.certificate(1).rename(office.certificate(9)), "register.refused.name"),
    "hidden": (lambda office: office.certificate(2).unlink(), "register.refused.missing"),
    "list": (lambda office: (office.folder / "status.json").write_bytes(b"{}"), "office.status.malformed"),
    "undone": (
        lambda office: (office.folder / "status.json").write_bytes(status_list()),
        "register.refused.status-behind",
    ),
    "done-silently": (
        lambda office: (office.folder / "status.json").write_bytes(status_list(revoked=frozenset({1, 2}))),
        "register.refused.status-behind",
    ),
    "foreign-list": (
        lambda office: (office.folder / "status.json").write_bytes(status_list(id="https://else.example/1")),
        "register.refused.list",
    ),
    "log": (lambda office: (office.folder / "log" / "entries.jsonl").write_bytes(b"x\n"), "office.log.truncated"),
    "keys": (lambda office: (office.folder / "keys.json").write_bytes(b"[]"), "signing.keys.malformed"),
    "no-keys": (lambda office: (office.folder / "keys.json").unlink(), "register.refused.unreadable"),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_what_does_not_verify_is_refused_and_the_old_site_stands(tmp_path: Path, fault: str) -> None:
    office = Office(tmp_path / "office")
    office.write([made(1), made(2, ("revoke", {"reason": "falsified"}))])
    target = tmp_path / "site"
    build(target, office.folder, NOW)
    before = contents(target)
    change, id_ = REFUSALS[fault]
    change(office)
    with pytest.raises(RegisterError) as refused:
        build(target, office.folder, NOW)
    assert refused.value.told.id == id_
    assert refused.value.told.render("zh")
    assert refused.value.told.render("en")
    assert contents(target) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["office", "site"]


def test_certificates_that_were_logged_unfit_are_refused(tmp_path: Path) -> None:
    """The log binds what the office wrote; it does not make it right."""
    other = sign_envelope(IN_TOTO, payload(1), [signers()["other"]])
    unsigned = Envelope(IN_TOTO, payload(1))
    unfit = {
        "register.refused.leg": [made(1, legs=LEGS[:1])],
        "register.refused.signature": [Made(1, other)],
        "register.refused.status-index": [
            made(1),
            made(2, status={"list": "https://register.example/status/2026", "index": 1}),
        ],
    }
    for id_, certificates in unfit.items():
        office = Office(tmp_path / id_).write(certificates)
        with pytest.raises(RegisterError) as refused:
            build(tmp_path / "site", office, NOW)
        assert refused.value.told.id == id_
    assert not unsigned.signatures


@pytest.mark.parametrize(
    ("now", "id_"),
    [
        ("2026-11-28T18:00:00+08:00", "register.refused.status-ended"),
        ("2026-11-20T17:59:59+08:00", "register.refused.status-future"),
    ],
)
def test_a_list_that_may_not_be_relied_on_builds_nothing(office: Path, tmp_path: Path, now: str, id_: str) -> None:
    with pytest.raises(RegisterError) as refused:
        build(tmp_path / "site", office, datetime.fromisoformat(now))
    assert (refused.value.file, refused.value.told.id) == ("status.json", id_)
    assert not (tmp_path / "site").exists()
