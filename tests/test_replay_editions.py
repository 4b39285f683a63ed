"""Another edition: what changed is named by what it does, and each finding says what becomes of it and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from replay_case import Edit, bundle, made, replaced, root_with, without_line
from test_replay import DOMAIN, command

from conformance.replay.change import Change
from conformance.replay.editions import compare
from conformance.replay.effects import Effect
from conformance.replay.replaying import NOT_KNOWN, SAME, TURNS_RED, Replayed, replay
from conformance.standard.standards import Standards

CLAIMS = [("db37-4223.1", "2020"), ("db37-4223.2", "2020"), ("divisions", "2026")]
REQUIREMENTS = "data-elements/2021/requirements.yaml"
LIST = "db37-4224.2/2021/codes/gbt-20091.csv"
ELEMENTS = "db37-4223.2/2021/elements/05-common.csv"
PEOPLE = "db37-4223.1/2021/elements/05-common.csv"
NAME = "DE-LENGTH[legal.entity.机构名称]"


def under(tmp_path: Path, edits: Mapping[str, Edit], *, whole: bool = True) -> Replayed:
    """The bundle under another edition of each pack that is edited."""
    packs = {name.split("/")[0]: name.split("/")[1] for name in edits}
    return replay(bundle(whole=whole), root_with(tmp_path, edits, packs), packs)


def effect(replayed: Replayed, id_: str) -> Effect:
    return next(one for one in replayed.effects if one.finding == id_)


def kinds(replayed: Replayed) -> list[tuple[str, str]]:
    return [(one.kind, one.detail.id) for one in replayed.changes]


def others(replayed: Replayed, *ids: str) -> set[tuple[str, bool, bool]]:
    """What becomes of all findings but some: (basis, does it change, is it red)."""
    left = [one for one in replayed.effects if one.finding not in ids]
    return {(one.basis, one.changed, one.turns_red) for one in left}


def test_a_code_that_leaves_its_list_turns_the_finding_red_with_the_exact_count(tmp_path: Path) -> None:
    replayed = under(tmp_path, {LIST: without_line("111,")})
    assert kinds(replayed) == [("tightened", "edition.codes")]
    found = effect(replayed, DOMAIN)
    assert (found.before, found.after, found.basis) == ("pass", "fail", "census")
    assert (found.counts_before, found.counts_after, found.at_least) == ((7, 0, 0), (7, 3, 0), False)
    assert [one.detail.params["names"] for one in found.why] == ["111"]
    assert (replayed.agrees, replayed.exit_code) == (True, TURNS_RED)
    assert (replayed.verdict, replayed.verdict_after) == ("pass", "fail")
    assert others(replayed, DOMAIN) == {("census", False, False), ("record", False, False)}
    assert replayed.standards == (("db37-4224.2", "2020", "2021"),)


def test_a_code_that_comes_to_its_list_turns_a_red_finding_green(tmp_path: Path) -> None:
    replayed = under(tmp_path, {LIST: lambda text: text + "999,其他,,,,\n"}, whole=False)
    assert kinds(replayed) == [("relaxed", "edition.codes")]
    found = effect(replayed, DOMAIN)
    assert (found.before, found.after, found.counts_after) == ("fail", "pass", (8, 0, 0))
    assert (replayed.exit_code, replayed.verdict, replayed.verdict_after) == (SAME, "fail", "pass")


def test_a_length_that_shrinks_is_judged_on_shapes(tmp_path: Path) -> None:
    replayed = under(
        tmp_path, {ELEMENTS: replaced("JGMC,机构,名称,名称,字符型,c..100", "JGMC,机构,名称,名称,字符型,c..6")}
    )
    assert kinds(replayed) == [("tightened", "edition.format")]
    found = effect(replayed, NAME)
    assert (found.after, found.basis, found.counts_after) == ("fail", "census", (7, 7, 0))
    assert replayed.exit_code == TURNS_RED


def test_what_the_census_cannot_decide_is_said_to_be_unknown(tmp_path: Path) -> None:
    edit = replaced("JGMC,机构,名称,名称,字符型,c..100", "JGMC,机构,名称,名称,字符型,an5(aannn)")
    replayed = under(tmp_path, {ELEMENTS: edit})
    assert kinds(replayed) == [("changed", "edition.format")]
    found = effect(replayed, "DE-LENGTH[legal.entity.机构名称]")
    assert (found.after, found.basis, found.counts_after) == ("", "not-known", None)
    assert (replayed.exit_code, replayed.verdict_after) == (NOT_KNOWN, "")


def test_a_scheme_of_people_is_never_judged_by_shapes(tmp_path: Path) -> None:
    scheme = "data-elements/2021/schemes/gb-11643.yaml"
    replayed = under(tmp_path, {scheme: lambda text: text.replace("remainder: 1", "remainder: 2")})
    assert kinds(replayed) == [("changed", "edition.scheme")]
    check = effect(replayed, "DE-CHECK[population.person.公民身份号码]")
    assert (check.after, check.basis) == ("", "not-known")
    relation = [one for one in replayed.effects if one.finding.startswith("DR-BIRTH")]
    assert [one.basis for one in relation] == ["not-known"]
    assert effect(replayed, "DE-FORMAT[population.person.出生日期]").known
    assert effect(replayed, "DS-KEY[population.person]").basis == "record"
    assert replayed.exit_code == NOT_KNOWN


def test_an_obligation_decides_what_the_run_comes_to(tmp_path: Path) -> None:
    edit = replaced(
        "  rule: domain\n  class: 数据元\n  obligation: shall", "  rule: domain\n  class: 数据元\n  obligation: may"
    )
    replayed = under(tmp_path, {REQUIREMENTS: edit}, whole=False)
    assert kinds(replayed) == [("relaxed", "edition.obligation")]
    found = effect(replayed, DOMAIN)
    assert (found.before, found.after, found.changed) == ("fail", "fail", False)
    assert (replayed.verdict, replayed.verdict_after, replayed.exit_code) == ("fail", "pass", SAME)


def requirement(id_: str, text: str) -> str:
    """One requirement's lines as they stand."""
    start = text.index(f"- id: {id_}\n")
    end = text.find("\n- id:", start)
    return text[start : end + 1 if end > 0 else len(text)]


def test_a_requirement_that_is_gone_takes_its_findings_along(tmp_path: Path) -> None:
    replayed = under(
        tmp_path, {REQUIREMENTS: lambda text: text.replace(requirement("DE-DOMAIN", text), "")}, whole=False
    )
    assert kinds(replayed) == [("removed", "edition.requirement-removed")]
    found = effect(replayed, DOMAIN)
    assert (found.removed, found.after, found.changed, found.known) == (True, "", True, True)
    assert (replayed.verdict_after, replayed.exit_code) == ("pass", SAME)


@pytest.mark.parametrize(("obligation", "verdict"), [("shall", ""), ("may", "pass")])
def test_a_requirement_that_is_new_needs_the_system(tmp_path: Path, obligation: str, verdict: str) -> None:
    def edit(text: str) -> str:
        new = requirement("DE-RANGE", text).replace("DE-RANGE", "DE-NEW").replace("在", "应在")
        new = new.replace("obligation: shall", f"obligation: {obligation}")
        return text + ("" if text.endswith("\n") else "\n") + new

    replayed = under(tmp_path, {REQUIREMENTS: edit})
    assert kinds(replayed) == [("added", "edition.requirement-added")]
    found = effect(replayed, "DE-NEW")
    assert (found.before, found.after, found.basis) == ("", "", "not-known")
    assert (replayed.verdict_after, replayed.exit_code) == (verdict, NOT_KNOWN)


def test_a_requirement_under_another_number_or_in_other_words_keeps_its_verdict(tmp_path: Path) -> None:
    def edit(text: str) -> str:
        return text.replace("- id: DE-DOMAIN\n", "- id: DE-CODE\n").replace(
            "title: {zh: 长度符合", "title: {zh: 长短符合"
        )

    replayed = under(tmp_path, {REQUIREMENTS: edit}, whole=False)
    assert kinds(replayed) == [("renumbered", "edition.requirement-renumbered"), ("reworded", "edition.reworded")]
    found = effect(replayed, DOMAIN)
    assert (found.requirement, found.before, found.after, found.changed) == ("DE-CODE", "fail", "fail", False)
    assert [one.kind for one in effect(replayed, NAME).why] == ["reworded"]
    assert (replayed.exit_code, replayed.verdict_after) == (SAME, "fail")


def test_a_division_that_ends_is_judged_on_the_codes(tmp_path: Path) -> None:
    """370102 was 历下区 all along; without it every organisation has a code that never was."""
    replayed = under(tmp_path, {"divisions/2027/divisions/shandong-divisions.csv": without_line("370102,")})
    assert ("changed", "edition.divisions") in kinds(replayed) or ("tightened", "edition.divisions") in kinds(replayed)
    found = effect(replayed, "AD-EXISTS[legal.entity.登记机关行政区划代码]")
    assert (found.after, found.basis, found.counts_after) == ("fail", "census", (7, 7, 0))
    person = [one for one in replayed.effects if one.finding.startswith("AD-EMBEDDED[population.person.公民身份号码]")]
    assert [one.basis for one in person] == ["not-known"]


def test_a_repertoire_that_changes_leaves_shapes_undecided(tmp_path: Path) -> None:
    edit = replaced("  - U+00AD\n", "  - U+00AD\n  - U+2010\n")
    replayed = under(tmp_path, {"data-elements/2021/notation/repertoire.yaml": edit})
    assert kinds(replayed) == [("tightened", "edition.repertoire")]
    assert effect(replayed, "DE-CHARSET[legal.entity.机构名称]").basis == "not-known"
    assert effect(replayed, "DE-CHARSET[legal.entity.机构类型代码]").basis == "census"


def test_files_that_nobody_knows_to_read_are_told(tmp_path: Path) -> None:
    root = root_with(tmp_path, {})
    (root / "data-elements" / "2020" / "extra.bin").write_bytes(b"1")
    replayed = replay(bundle(whole=True), root)
    assert kinds(replayed) == [("changed", "edition.files")]
    assert effect(replayed, DOMAIN).basis == "census"
    assert effect(replayed, "DS-KEY[population.person]").basis == "not-known"
    assert replayed.exit_code == NOT_KNOWN


def changed(tmp_path: Path, file: str, edit: Edit) -> list[Change]:
    """The changes that an edit of one file makes."""
    root = root_with(tmp_path, {file.replace("2021", "2020"): edit})
    return list(compare(Standards.load(CLAIMS), Standards.load(CLAIMS, root)))


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (ELEMENTS, "数字型,n..8,,人,0,", "数字型,n..8,,人,1,", ("tightened", "edition.bounds", ("range",))),
        (ELEMENTS, "数字型,n..8,,人,0,", "数字型,n..8,,人,,", ("relaxed", "edition.bounds", ("range",))),
        (ELEMENTS, "数字型,n..8,,人,0,", "数字型,n..8,,人,1,9", ("tightened", "edition.bounds", ("range",))),
        (ELEMENTS, "数字型,n..8,,人,0,", "数字型,n..9,,人,0,", ("relaxed", "edition.format", ("length", "charset"))),
        (ELEMENTS, "数字型,n..8,,人,0,", "数字型,n2..9,,人,0,", ("changed", "edition.format", ("length", "charset"))),
        (LIST, "1,法人,,,,", "1,法人,,20241231,,", ("tightened", "edition.validity", ("code-date",))),
        (LIST, "1,法人,,,,", "1,另名,,,,", ("changed", "edition.names", ("name",))),
        (LIST, "\n1,法人,,,,", "\nQ,法人,,,,", ("changed", "edition.codes", ("domain", "code-date", "scheme", "name"))),
    ],
)
def test_what_became_stricter_is_decided_by_data(
    tmp_path: Path, file: str, old: str, new: str, expected: tuple[str, str, tuple[str, ...]]
) -> None:
    (change,) = changed(tmp_path, file, replaced(old, new))
    assert (change.kind, change.detail.id, change.rules) == expected
    for language in ("zh", "en"):
        assert change.detail.render(language)


def test_a_list_that_need_not_be_whole_any_more_is_laxer(tmp_path: Path) -> None:
    def edit(text: str) -> str:
        start = text.index("id: gbt-20091")
        return text[:start] + text[start:].replace("complete: true", "complete: false", 1)

    (change,) = changed(tmp_path, "db37-4224.2/2021/codes/lists.yaml", edit)
    assert (change.kind, change.detail.id, change.domain) == ("relaxed", "edition.complete", "code:gbt-20091")


def test_equal_packs_differ_in_nothing(tmp_path: Path) -> None:
    root = root_with(tmp_path, {})
    assert compare(Standards.load(CLAIMS), Standards.load(CLAIMS, root)) == ()


def test_the_command_tells_what_would_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = root_with(tmp_path, {LIST: without_line("111,")}, {"db37-4224.2": "2021"})
    asked = (str(made(whole=True)), "--standard", "db37-4224.2@2021", "--standards", str(root))
    assert command(*asked, language="zh") == TURNS_RED
    said = capsys.readouterr().out
    assert DOMAIN in said
    assert "违反 3" in said
    assert "〔收紧〕代码表 gbt-20091：删除 1 个" in said
    assert command(*asked, "--json") == TURNS_RED
    value = json.loads(capsys.readouterr().out)
    found = next(one for one in value["findings"] if one["finding"] == DOMAIN)
    assert (found["before"], found["after"], found["countsAfter"]) == ("pass", "fail", [7, 3, 0])
    assert [one["kind"] for one in value["changes"]] == ["tightened"]
