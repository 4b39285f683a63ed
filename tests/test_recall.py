"""Recall: which certificates would change, which stay, and of which nobody can tell; none is untouched by default."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest
from replay_case import bundle, forged, made, root_with, without_line
from test_replay import DOMAIN, cleared, finding, only

from conformance.bundle.archive import write_archive
from conformance.bundle.model import Bundle
from conformance.cli.recall import add, run
from conformance.cli.speech import Speech
from conformance.replay.recalling import CHANGES, EDITED, STAYS, UNKNOWN, NoCertificatesError, recall
from conformance.replay.replaying import replay
from conformance.signing.canonical import canonical
from conformance.signing.dsse import IN_TOTO, Envelope, envelope_value

LIST = "db37-4224.2/2021/codes/gbt-20091.csv"


def certificate(number: str, held: Bundle) -> bytes:
    """As much of a certificate as says which bundle it was issued for."""
    predicate = {"certificateNo": number, "report": {"bundle": dict(held.digest)}}
    envelope = envelope_value(Envelope(IN_TOTO, canonical({"predicate": predicate})))
    return canonical({"schema": "lubiao-certificate/1", "envelope": envelope, "proof": {}})


def office(folder: Path, **bundles: Bundle) -> Path:
    """An office's folder: a certificate for each bundle, and the bundle itself, but for those of ``lost_…``."""
    for place, (name, held) in enumerate(bundles.items(), 1):
        number = f"TEST-LB-2026-{place:06}"
        (folder / "certificates").mkdir(parents=True, exist_ok=True)
        (folder / "certificates" / f"{number}.json").write_bytes(certificate(number, held))
        if not name.startswith("lost"):
            (folder / "submissions" / name).mkdir(parents=True)
            (folder / "submissions" / name / "bundle.zip").write_bytes(write_archive(held.contents))
    return folder


def green() -> Bundle:
    return bundle(whole=True)


def red() -> Bundle:
    return bundle()


def another() -> Bundle:
    """A bundle of another run that nothing is wrong with either: only its product's version differs."""

    def edit(report: dict[str, object]) -> None:
        report["system"]["version"] = "2.0"  # type: ignore[index]

    return forged(green(), edit, records=lambda kept: kept[0].body["system"].update(version="2.0"))


def words(folder: Path, root: Path | None = None, **editions: str) -> dict[str, str]:
    asked = {name.replace("_", "-").replace("--", "."): edition for name, edition in editions.items()}
    return {one.number[-1]: one.word for one in recall(folder, root, asked)}


def test_of_three_certificates_one_changes_one_stays_and_one_cannot_be_known(tmp_path: Path) -> None:
    folder = office(tmp_path / "office", a=green(), b=red(), lost=another())
    root = root_with(tmp_path, {LIST: without_line("111,")}, {"db37-4224.2": "2021"})
    found = {one.number[-1]: one for one in recall(folder, root, {"db37-4224.2": "2021"})}
    assert {number: one.word for number, one in found.items()} == {"1": CHANGES, "2": STAYS, "3": UNKNOWN}
    assert [(one.finding, one.before, one.after) for one in found["1"].effects] == [(DOMAIN, "pass", "fail")]
    assert (found["1"].verdict, found["1"].verdict_after) == ("pass", "fail")
    assert (found["2"].verdict, found["2"].effects) == ("fail", ())  # red it was, and red it stays
    assert found["3"].why is not None
    assert found["3"].why.id == "recall.no-bundle"


def test_the_installed_tool_alone_finds_what_was_edited(tmp_path: Path) -> None:
    def whitewash(report: dict[str, object]) -> None:
        finding(report).update(verdict="pass", attribution=None)

    folder = office(tmp_path / "office", a=green(), b=forged(red(), whitewash))
    assert words(folder) == {"1": STAYS, "2": EDITED}


def test_a_corrected_checker_finds_what_a_faulty_one_let_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = forged(red(), record=only(DOMAIN, cleared))
    report = json.loads(replay(faulty).content)
    faulty = forged(red(), lambda value: value.update(report), record=only(DOMAIN, cleared))
    monkeypatch.setattr("conformance.replay.replaying.suite_facts", lambda: {"name": "lubiao", "version": "next"})
    folder = office(tmp_path / "office", a=green(), b=faulty)
    assert words(folder) == {"1": STAYS, "2": CHANGES}


def test_what_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    folder = office(tmp_path / "office", a=green(), b=red())
    (folder / "submissions" / "a" / "bundle.zip").write_bytes(b"PK no archive")
    (folder / "certificates" / "TEST-LB-2026-000009.json").write_bytes(b"{}")
    (folder / "certificates" / "TEST-LB-2026-000008.json").write_bytes(b"\xff")
    found = {one.number[-1]: one for one in recall(folder)}
    assert {number: one.word for number, one in found.items()} == {"1": UNKNOWN, "2": STAYS, "8": UNKNOWN, "9": UNKNOWN}
    assert {one.why.id for one in found.values() if one.why} == {"recall.bundle-broken", "recall.unreadable"}
    for one in found.values():
        assert one.why is None or (one.why.render("zh") and one.why.render("en"))


def test_a_bundle_of_which_no_certificate_speaks_is_passed_over_and_two_may_speak_of_one(tmp_path: Path) -> None:
    folder = office(tmp_path / "office", a=green(), b=red())
    (folder / "certificates" / "TEST-LB-2026-000002.json").write_bytes(certificate("TEST-LB-2026-000002", green()))
    assert words(folder) == {"1": STAYS, "2": STAYS}


def test_a_pack_that_a_certificate_was_not_judged_by_leaves_it_alone(tmp_path: Path) -> None:
    assert words(office(tmp_path / "office", a=green()), None, gbt_39046="2020") == {"1": STAYS}


def test_an_edition_that_is_not_there_is_not_known(tmp_path: Path) -> None:
    assert words(office(tmp_path / "office", a=green()), None, data_elements="1999") == {"1": UNKNOWN}


def test_a_register_holds_no_evidence_so_that_nothing_is_known(tmp_path: Path) -> None:
    folder = office(tmp_path / "register", lost=green(), lost_too=red())
    assert words(folder) == {"1": UNKNOWN, "2": UNKNOWN}
    with pytest.raises(NoCertificatesError):
        list(recall(tmp_path))


def command(*asked: str, language: str = "en") -> int:
    parser, speech = ArgumentParser(), Speech(language)
    add(parser, speech)
    return run(parser.parse_args(asked), speech)


def test_the_command_lists_certificates_and_its_exit_code_is_the_worst(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = office(tmp_path / "office", a=green(), b=red())
    assert command(str(folder)) == 0
    assert "2 stay" in capsys.readouterr().out
    root = root_with(tmp_path, {LIST: without_line("111,")}, {"db37-4224.2": "2021"})
    asked = (str(folder), "--pack", "db37-4224.2@2021", "--standards", str(root))
    assert command(*asked) == 1
    assert "1 would change" in capsys.readouterr().out
    assert command(*asked, "--json", language="zh") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["certificate"][-1]: line["word"] for line in lines} == {"1": CHANGES, "2": STAYS}
    lost = office(tmp_path / "lost", lost=green())
    assert command(str(lost)) == 3
    assert command(str(tmp_path)) == 2
    (tmp_path / "empty" / "certificates").mkdir(parents=True)
    assert command(str(tmp_path / "empty")) == 2
    assert command(str(folder), "--pack", "data-elements") == 2
    assert made()
