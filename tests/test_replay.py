"""A bundle's evidence judged again: the same to the byte, and what is edited is found, whatever was made anew."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from replay_case import bundle, forged, made, replaced, root_with

from conformance.bundle.model import REPORT, Bundle
from conformance.bundle.reading import read_bundle
from conformance.bundle.records import CENSUS, FINDING, Record
from conformance.cli.replay import add, run
from conformance.cli.speech import Speech
from conformance.replay.rebuilding import ReplayError
from conformance.replay.replaying import EDITED, NOT_KNOWN, SAME, Replayed, replay

DOMAIN = "DE-DOMAIN[legal.entity.机构类型代码]"
Value = dict[str, Any]


def told(replayed: Replayed) -> set[str]:
    """The ids of what is objected to."""
    return {one.id for one in replayed.objections}


def finding(report: Value, id_: str = DOMAIN) -> Value:
    found: Value = next(one for one in report["findings"] if one["id"] == id_)
    return found


def only(id_: str, change: Callable[[Value], None]) -> Callable[[Value], None]:
    """An edit of one finding's record."""

    def edit(body: Value) -> None:
        if f"{body['requirement']}[{body['target']}]" == id_:
            change(body)

    return edit


def test_the_same_packs_give_the_same_report_byte_for_byte() -> None:
    held = bundle()
    replayed = replay(held)
    assert replayed.content == held.contents[REPORT]
    assert (replayed.agrees, replayed.objections, replayed.effects) == (True, (), ())
    assert (replayed.exit_code, replayed.verdict) == (SAME, "fail")


def test_an_archive_is_judged_again_as_its_folder() -> None:
    assert replay(read_bundle(made() / "bundle.zip")).agrees


def test_an_edited_verdict_is_found() -> None:
    def edit(report: Value) -> None:
        finding(report).update(verdict="pass", attribution=None)

    replayed = replay(forged(bundle(), edit))
    assert told(replayed) == {"replay.verdict"}
    assert (replayed.agrees, replayed.exit_code) == (False, EDITED)


@pytest.mark.parametrize(
    ("edit", "objection"),
    [
        (lambda report: finding(report).update(violations=0), "replay.field"),
        (lambda report: finding(report).update(samples=[]), "replay.field"),
        (lambda report: finding(report)["title"].update(zh="另一标题"), "replay.field"),
        (lambda report: report["findings"].remove(finding(report)), "replay.left-out"),
        (lambda report: report["summary"].update(verdict="pass"), "replay.part"),
        (lambda report: report["run"].update(seed=7), "replay.part"),
        (lambda report: report["notTested"].clear(), "replay.part"),
        (lambda report: report["standards"][0]["title"].update(zh="另一标准"), "replay.part"),
    ],
)
def test_whatever_is_edited_in_the_report_is_found(edit: Callable[[Value], None], objection: str) -> None:
    replayed = replay(forged(bundle(), edit))
    assert objection in told(replayed)
    assert replayed.exit_code == EDITED


def cleared(body: Value) -> None:
    body["tally"].update(violations=0)
    body.update(samples=[])


def consistent(held: Bundle, record: Callable[[Value], None]) -> Bundle:
    """A record edited, and the report rebuilt from it: who knows the tool can do as much."""
    told = json.loads(replay(forged(held, record=record)).content)

    def whole(report: Value) -> None:
        report.clear()
        report.update(told)

    return forged(held, whole, record)


def test_an_edited_count_is_found_by_the_oracle_where_the_report_follows_from_it() -> None:
    replayed = replay(consistent(bundle(), only(DOMAIN, cleared)))
    assert replayed.report["summary"]["verdict"] == "pass"
    assert told(replayed) == {"replay.counted"}
    assert replayed.exit_code == EDITED


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        (lambda body: body["tally"].update(violations=0), "replay.samples"),
        (lambda body: body.update(rows=3), "replay.rows"),
        (lambda body: body.update(rule="length"), "replay.not-of-pack"),
        (lambda body: body["clause"].update(number="9.9"), "replay.not-of-pack"),
        (lambda body: body["tally"].update(checked=7), "replay.counted"),
        (lambda body: body["tally"].update(violations=2), "replay.counted"),
    ],
)
def test_records_that_contradict_census_or_pack_are_found(change: Callable[[Value], None], objection: str) -> None:
    replayed = replay(consistent(bundle(), only(DOMAIN, change)))
    assert objection in told(replayed)
    assert replayed.exit_code == EDITED


def test_evidence_without_its_form_is_refused() -> None:
    def drop_run(records: list[Record]) -> None:
        body = records[0].body
        body["facts"].pop("seed")

    def drop_sum(records: list[Record]) -> None:
        next(one for one in records if one.kind == CENSUS).body["rows"] = 1

    def drop_reason(records: list[Record]) -> None:
        next(one for one in records if one.kind == FINDING and one.body["samples"]).body["samples"][0]["reason"] = {
            "id": "no.such",
            "params": {},
        }

    def twice(records: list[Record]) -> None:
        records.append(records[-1])

    def negative(records: list[Record]) -> None:
        records[-1].body["tally"]["violations"] = -1

    for edit in (drop_run, drop_sum, drop_reason, twice, negative):
        with pytest.raises(ReplayError) as caught:
            replay(forged(bundle(), records=edit))
        assert caught.value.malformed, edit


def test_packs_of_the_same_name_with_other_contents_are_another_edition(tmp_path: Path) -> None:
    root = root_with(
        tmp_path, {"data-elements/2020/requirements.yaml": replaced("title: {zh: 长度符合", "title: {zh: 长短符合")}
    )
    replayed = replay(bundle(), root)
    assert replayed.standards == (("data-elements", "2020", "2020"),)
    assert not replayed.same_packs
    assert replayed.agrees  # the installed packs are the bundle's own, so that its report could be held against it
    assert {one.kind for one in replayed.changes} == {"reworded"}
    assert (replayed.exit_code, replayed.verdict_after) == (SAME, "fail")


def test_packs_that_nobody_has_leave_all_unknown_that_the_census_does_not_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = root_with(
        tmp_path, {"data-elements/2020/requirements.yaml": replaced("title: {zh: 长度符合", "title: {zh: 长短符合")}
    )
    monkeypatch.setattr("conformance.replay.replaying._installed", lambda: root)
    replayed = replay(bundle())
    assert (replayed.agrees, replayed.changes) == (None, ())
    bases = {one.basis for one in replayed.effects}
    assert bases == {"census", "not-known"}
    assert next(one for one in replayed.effects if one.finding == DOMAIN).after == "fail"
    assert replayed.exit_code == NOT_KNOWN


def test_another_suite_is_no_forgery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.replay.replaying.suite_facts", lambda: {"name": "lubiao"})
    replayed = replay(bundle())
    assert (replayed.same_suite, replayed.agrees, replayed.exit_code) == (False, True, SAME)
    assert len(replayed.effects) == len(replayed.report["findings"])
    corrected = replay(forged(bundle(), record=only(DOMAIN, cleared)))  # what a faulty checker left
    effect = next(one for one in corrected.effects if one.finding == DOMAIN)
    assert (effect.basis, effect.counts_before, effect.counts_after) == ("census", (8, 0, 0), (8, 1, 0))


def test_an_edition_that_is_not_there_or_was_not_judged_by_is_refused() -> None:
    for asked, id_ in (({"gbt-39046": "2020"}, "replay.not-judged-by"), ({"data-elements": "1999"}, "replay.packs")):
        with pytest.raises(ReplayError) as caught:
            replay(bundle(), editions=asked)
        assert caught.value.id == id_


def command(*words: str, language: str = "en") -> int:
    parser, speech = ArgumentParser(), Speech(language)
    add(parser, speech)
    return run(parser.parse_args(words), speech)


def test_the_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(str(made())) == SAME
    assert "byte for byte" in capsys.readouterr().out
    assert command(str(made()), "--json") == SAME
    assert json.loads(capsys.readouterr().out)["agrees"] is True
    assert command(str(made()), "--standard", "data-elements") == 2
    assert command(str(made()), "--standard", "data-elements@1999") == 2
    assert command(str(tmp_path / "nothing")) == 2
    (tmp_path / "bundle.zip").write_bytes(b"PK no archive")
    assert command(str(tmp_path / "bundle.zip")) == EDITED
    assert "Traceback" not in capsys.readouterr().err
