"""What tried to get round the chain of trust: evidence left out, two names for one person, verifiers that disagree."""

from __future__ import annotations

import argparse
import base64
import dataclasses
import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certificate_case as case
import pytest
from office_made import bundle_zip, edited, office
from playwright.sync_api import sync_playwright
from register_mutants import good, put, rewritten, statement
from replay_case import bundle, forged

import conformance.register
from conformance.bundle.reading import read_bundle
from conformance.bundle.records import FINDING, RUN, Record
from conformance.cli import verify
from conformance.cli.speech import Speech
from conformance.office.cases.comparing import require_comparable
from conformance.office.cases.facts import Facts, facts_of
from conformance.office.cases.failing import CaseError
from conformance.office.certificate import schema
from conformance.office.checkpoint import cosigned, read_checkpoint
from conformance.office.settings import SettingsError, read_office
from conformance.office.status import STATUS, StatusList, status_payload
from conformance.office.verifying import verify_certificate
from conformance.replay.replaying import replay
from conformance.signing.canonical import canonical
from conformance.signing.dsse import write_envelope
from conformance.signing.keys import TEST_NAME, KeySet, KeySetError, read_key_set, write_key_set
from conformance.signing.making import make_key
from conformance.signing.signers import open_signer, sign_envelope

REGISTER = Path(conformance.register.__file__).parent
SCRIPTS = ("vendor/crypto.min.js", "scripts/form.js", "scripts/proof.js", "scripts/verify.js")
UNUSABLE = 2


def facts(path: Path) -> Facts:
    return facts_of(read_bundle(path))


def without(requirement: str) -> Callable[[list[Record]], None]:
    """Leaves out all findings of a requirement."""

    def leave(records: list[Record]) -> None:
        records[:] = [one for one in records if one.kind != FINDING or one.body["requirement"] != requirement]

    return leave


def results_without(requirement: str) -> Callable[[dict[str, Any]], None]:
    """The same, of the report."""

    def leave(report: dict[str, Any]) -> None:
        report["findings"] = [one for one in report["findings"] if one["requirement"] != requirement]

    return leave


@pytest.mark.parametrize("requirement", ["DE-DOMAIN", "DE-MANDATORY", "AD-EXISTS"])
def test_a_requirement_that_was_left_out_of_the_evidence_is_missed(requirement: str) -> None:
    held = forged(bundle(), results_without(requirement), records=without(requirement))
    found = replay(held)
    assert found.agrees is False
    told = [one.both()["en"] for one in found.objections if one.id == "replay.absent"]
    assert told
    assert all(requirement in one for one in told)


def test_an_omission_that_was_left_out_is_missed() -> None:
    def leave(records: list[Record]) -> None:
        run = next(one for one in records if one.kind == RUN)
        run.body["omissions"] = []

    found = replay(forged(bundle(), records=leave))
    assert "replay.absent" in [one.id for one in found.objections]


def test_the_vendors_own_run_under_other_times_is_no_run_of_the_office() -> None:
    vendor = facts(bundle_zip("vendor"))
    own = facts(bundle_zip("own"))
    require_comparable(vendor, own)
    assert vendor.run["id"] != own.run["id"]
    with pytest.raises(CaseError) as error:
        require_comparable(vendor, dataclasses.replace(own, run={**own.run, "id": vendor.run["id"]}))
    assert error.value.id == "case.compare.same-bundle"


def test_two_people_with_one_account_are_one_person(tmp_path: Path) -> None:
    folder = office(tmp_path)
    edited(folder, {"roles: [approver]": "roles: [approver], login: wang"})
    assert read_office(folder).person("approver")
    edited(folder, {"roles: [keyholder]": "roles: [keyholder], login: wang"})
    with pytest.raises(SettingsError) as error:
        read_office(folder)
    assert [one.message.id for one in error.value.problems] == ["settings.login-twice"]
    assert "wang" in error.value.problems[0].message.both()["en"]


@pytest.mark.parametrize("name", ["product", "vendor", "version", "build"])
def test_an_empty_question_about_the_product_is_no_question_left_out(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "certificate.json").write_bytes(good())
    (tmp_path / "keys.json").write_bytes(write_key_set(case.key_set()))
    (tmp_path / "status.json").write_bytes(case.good_status())
    speech = Speech("en")
    parser = argparse.ArgumentParser()
    verify.add(parser, speech)
    plain = [str(tmp_path / "certificate.json"), "--keys", str(tmp_path / "keys.json"), "--at", case.NOW.isoformat()]
    assert verify.run(parser.parse_args(plain), speech) == 0
    capsys.readouterr()
    assert verify.run(parser.parse_args([*plain, f"--{name}", ""]), speech) == UNUSABLE
    assert f"--{name} is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        *("2026-W01-1T00:00:00+08:00", "20260101T000000+0800", "2026-01-01 00:00:00+08:00"),
        *("2026-01-01T00:00:00+08:00:30", "2026-01-01T00:00:00+08:99"),
    ],
)
def test_a_key_set_has_one_writing_of_each_instant(text: str) -> None:
    held = case.key_set()
    changed = dataclasses.replace(held, keys=tuple(dataclasses.replace(key, valid_from=text) for key in held.keys))
    with pytest.raises(KeySetError):
        read_key_set(write_key_set(changed))


@pytest.mark.parametrize("year", ["999", "02026", "-2026", "20260"])
def test_a_year_of_a_key_set_has_four_digits(year: str) -> None:
    held = case.key_set()
    changed = dataclasses.replace(held, required={**held.required, "certificate": {year: ("ES256",)}})
    with pytest.raises(KeySetError):
        read_key_set(write_key_set(changed))


def listed(**changed: Any) -> bytes:
    """A signed list, in which 46 is revoked, of members that no office of ours writes."""
    list_ = StatusList(case.LIST, 7, "2026-11-21T18:00:00+08:00", "2026-11-28T18:00:00+08:00", revoked=frozenset({46}))
    value = json.loads(status_payload(list_))
    value["lists"]["suspension"] = changed.pop("suspension", value["lists"]["suspension"])
    return write_envelope(sign_envelope(STATUS, canonical(value | changed), [case.signers()["status"]]))


def packed(content: bytes, *, crc: int | None = None, size: int | None = None, after: bytes = b"") -> str:
    """A list of bits, with another check sum or size, or with bytes after what is packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = packer.compress(content) + packer.flush()
    checked = zlib.crc32(content) if crc is None else crc
    end = checked.to_bytes(4, "little") + (len(content) if size is None else size).to_bytes(4, "little")
    whole = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + deflated + after + end
    return "u" + base64.urlsafe_b64encode(whole).decode().rstrip("=")


BITS = bytes(16384)


def lists() -> Iterator[tuple[str, bytes]]:
    yield "list-good", listed(suspension=packed(BITS))
    yield "list-crc", listed(suspension=packed(BITS, crc=1))
    yield "list-longer", listed(suspension=packed(bytes(32768), size=16384))
    yield "list-shorter", listed(suspension=packed(BITS, size=16385))
    yield "list-followed", listed(suspension=packed(BITS, after=b"more"))
    yield "reason-round", listed(reasons={str(2**32 + 46): "misuse"})
    yield "reason-none", listed(reasons={"46": None})
    yield "reason-list", listed(reasons={"46": ["misuse"]})
    yield "reason-true", listed(reasons={"46": True})
    yield "issued-offset", listed(issued="2026-11-21T18:00:00+08:60")


def witnessed(folder: Path) -> tuple[bytes, KeySet]:
    """A certificate whose checkpoint holds the line of a pinned witness, and the set that pins it."""
    path = folder / "witness.pem"
    key = make_key(path, "ES256", test=True, owner=f"w {TEST_NAME}", uses=("witness",), passphrase=b"secret")
    signer = open_signer(f"file:{path}", key, lambda _prompt: b"secret")

    def change(held: Any) -> None:
        held["proof"]["checkpoint"] = cosigned(read_checkpoint(held["proof"]["checkpoint"]), signer).text

    return rewritten(change), dataclasses.replace(case.key_set(), keys=(*case.key_set().keys, key))


def handed(folder: Path) -> Iterator[tuple[str, bytes, bytes, KeySet]]:
    """What both verifiers are given: a name, a certificate, a list, the keys."""
    keys = case.key_set()
    for name, list_ in lists():
        yield name, good(), list_, keys
    for text in ("2026-11-21T17:00:00+08:60", "2026-11-21T17:00:00+08:99"):
        yield text, statement(put("predicate", "timeCreated", value=text)), case.good_status(), keys
    content, pinned = witnessed(folder)
    yield "witness", content, case.good_status(), pinned


ASK = """async (all) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const found = {};
  for (const one of all) {
    const given = { keys: one.keys, schema: one.schema, now: LubiaoForm.instant(one.now), status: bytes(one.status) };
    found[one.name] = (await Lubiao.verify(bytes(one.content), given)).word;
  }
  return found;
}"""


def test_both_verifiers_say_the_same_of_what_only_a_faulty_office_signs(tmp_path: Path) -> None:
    all_ = list(handed(tmp_path))
    expected = {
        name: verify_certificate(content, keys, now=case.NOW, status=list_).word for name, content, list_, keys in all_
    }
    assert {name for name, word in expected.items() if word == "valid"} == {"list-good"}
    asked = [
        {
            "name": name,
            "content": base64.b64encode(content).decode(),
            "status": base64.b64encode(list_).decode(),
            "keys": json.loads(write_key_set(keys)),
            "schema": schema(),
            "now": case.NOW.isoformat(),
        }
        for name, content, list_, keys in all_
    ]
    program = shutil.which("chromium")
    assert program, "the browser chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        for name in SCRIPTS:
            page.add_script_tag(content=(REGISTER / name).read_text("utf-8"))
        said = page.evaluate(ASK, asked)
        browser.close()
    assert said == expected
