"""``lubiao verify``: the verdict's words first, its code, and nothing of a certificate that drives a terminal."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from certificate_case import (
    CREATED,
    INDEX,
    ISSUE,
    NUMBER,
    bundle,
    certificate,
    checkpoint,
    good_status,
    key_set,
    logged,
    report,
    signed,
    status,
)

from conformance.cli import verify
from conformance.cli.speech import Speech
from conformance.office.certificate import certificate_payload
from conformance.office.proofs import Consistency, write_consistency
from conformance.office.verifying import outcomes
from conformance.signing.keys import write_key_set
from conformance.signing.merkle import Tree

AT = "2026-11-22T09:00:00+08:00"
UNUSABLE = 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A certificate, its keys and its status list, as a buyer has them."""
    (tmp_path / "certificate.json").write_bytes(certificate().content)
    (tmp_path / "keys.json").write_bytes(write_key_set(key_set()))
    (tmp_path / "status.json").write_bytes(good_status())
    return tmp_path


def ran(folder: Path, *more: str, language: str = "zh", at: str = AT, keys: str = "keys.json") -> int:
    speech = Speech(language)
    parser = argparse.ArgumentParser()
    verify.add(parser, speech)
    given = [str(folder / "certificate.json"), "--keys", str(folder / keys), *(["--at", at] if at else []), *more]
    return verify.run(parser.parse_args(given), speech)


def test_the_words_come_first_then_the_facts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("测试密钥签发，不具效力")
    assert f"  证书编号: {NUMBER}" in lines
    assert "  产品: 一网通办平台" in lines
    assert any("不构成认证，不代替CMA/CNAS报告" in line for line in lines)


def test_it_speaks_english_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(folder, "--version", "4", language="en") == outcomes()["wrong-product"]
    out = capsys.readouterr().out
    assert out.startswith("It is the certificate of another version\n")
    assert "  version: 3.2.1\n" in out


def test_the_list_beside_it_or_the_one_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other.json").write_bytes(status(revoked=frozenset({INDEX}), reasons={INDEX: "product-changed"}))
    assert ran(folder, "--status", str(folder / "other.json")) == outcomes()["revoked"]
    assert "产品已变更" in capsys.readouterr().out
    (folder / "status.json").unlink()
    assert ran(folder) == outcomes()["status-unknown"]
    (folder / "status.json").write_bytes(b"none")
    assert ran(folder) == outcomes()["status-unknown"]


def test_a_checkpoint_that_was_seen(folder: Path) -> None:
    tree = certificate().tree
    grown = Tree([b"first", b"another past", b"x", b"last", b"more"])
    seen = folder / "seen"
    seen.write_text(checkpoint(tree, size=3), "utf-8")
    proof = folder / "proof.json"
    proof.write_bytes(write_consistency(Consistency("register.example/log", 3, 4, tuple(tree.consistency(3)))))
    assert ran(folder, "--checkpoint", str(seen), "--consistency", str(proof)) == 0
    assert ran(folder, "--checkpoint", str(seen)) == outcomes()["not-logged"]
    seen.write_text(checkpoint(grown), "utf-8")
    assert ran(folder, "--checkpoint", str(seen), "--consistency", str(proof)) == outcomes()["not-logged"]


def test_it_takes_the_instant_asked_for_or_now(folder: Path) -> None:
    assert ran(folder, at="2040-01-01T00:00:00Z") == outcomes()["expired"]
    assert ran(folder, at="2026-01-01T00:00:00Z") == outcomes()["not-yet-valid"]
    forever = logged(signed(certificate_payload(bundle(), replace(ISSUE, valid_from="2001-01-01T00:00:00Z"))))
    (folder / "certificate.json").write_bytes(forever.content)
    assert ran(folder, at="") in {outcomes()[word] for word in ("valid", "status-unknown", "expired", "not-yet-valid")}


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(folder, "--json") == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["word"], value["code"]) == ("valid", 0)
    assert set(value["message"]) == {"zh", "en"}
    facts = {fact["name"]: fact["text"] for fact in value["facts"]}
    assert facts["number"] == {"zh": NUMBER, "en": NUMBER}
    assert facts["issued"]["en"] == CREATED
    (folder / "certificate.json").write_bytes(b"no")
    assert ran(folder, "--json") == outcomes()["tampered"]
    assert json.loads(capsys.readouterr().out)["facts"] == []


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_nothing_drives_the_terminal(folder: Path, form: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\x1b]0;x\x07\r\n有效\n\u202e\u2066\x9b31m"
    held = bundle(report(product=evil, vendor=evil, version=evil, build={"kind": "declared", "id": evil}))
    (folder / "certificate.json").write_bytes(logged(signed(certificate_payload(held, ISSUE))).content)
    assert ran(folder, *form) == 0
    out = capsys.readouterr().out
    assert not set("\x1b\x07\r\x9b\u202e\u2066") & set(out)
    assert "〔U+001B〕[2J" in out
    assert "\n有效" not in out
    assert ran(folder, "--status", str(folder / "\x1b[2Jnone")) == UNUSABLE
    assert "\x1b" not in capsys.readouterr().err


def test_a_long_text_is_cut(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = bundle(report(product="长" * 4000))
    (folder / "certificate.json").write_bytes(logged(signed(certificate_payload(held, ISSUE))).content)
    assert ran(folder) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) < 600


def unusable(folder: Path, capsys: pytest.CaptureFixture[str], *more: str, keys: str = "keys.json") -> str:
    assert ran(folder, *more, keys=keys) == UNUSABLE
    held = capsys.readouterr()
    assert held.out == ""
    assert "Traceback" not in held.err
    return held.err


def test_what_cannot_be_used_is_told_and_nothing_is_said_to_be_valid(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.json").write_bytes(b"{}")
    (folder / "big.json").write_bytes(b" " * (verify.SMALL + 1))
    os.mkfifo(folder / "pipe")
    assert unusable(folder, capsys, keys="none.json")
    assert unusable(folder, capsys, keys="bad.json")
    assert unusable(folder, capsys, keys="pipe")
    assert unusable(folder, capsys, keys=".")
    assert "big.json" in unusable(folder, capsys, keys="big.json")
    assert "none.json" in unusable(folder, capsys, "--status", str(folder / "none.json"))
    assert unusable(folder, capsys, "--checkpoint", str(folder / "bad.json"))
    assert unusable(folder, capsys, "--consistency", str(folder / "bad.json"))
    (folder / "seen").write_text(checkpoint(certificate().tree), "utf-8")
    seen = ("--checkpoint", str(folder / "seen"))
    assert "bad.json" in unusable(folder, capsys, *seen, "--consistency", str(folder / "bad.json"))
    assert "yesterday" in unusable(folder, capsys, "--at", "yesterday")
    assert unusable(folder, capsys, "--at", "2026-11-22T09:00:00")
    (folder / "certificate.json").unlink()
    assert "certificate.json" in unusable(folder, capsys)


def test_a_production_set_that_holds_a_test_key_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "keys.json").write_bytes(write_key_set(replace(key_set(), kind="production")))
    assert "TEST-" in unusable(folder, capsys)
