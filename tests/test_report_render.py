"""The formats: what JUnit makes of each verdict, what HTML tells, what fits a terminal, and the registry."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from test_report_hostile import Page
from test_report_sample import sample_bytes, sample_report

from conformance.bundle.rendering import RENDERINGS, UnknownFormatError, render
from conformance.judge.verdict import Attribution, Verdict
from conformance.messages import LANGUAGES, catalogue, message
from conformance.report.html import write_html
from conformance.report.json_report import schema
from conformance.report.junit import write_junit
from conformance.report.terminal import display_width, summary, wants_colour
from conformance.standard.model import Provenance

OUTCOMES = {
    "pass": None, "fail": "failure", "error": "error", "inconclusive": "error", "not-run": "error",
    "waived": "skipped", "not-applicable": "skipped",
}  # fmt: skip


def junit(report: dict[str, Any]) -> ElementTree.Element:
    """The report as parsed JUnit XML."""
    return ElementTree.fromstring(write_junit(report))  # noqa: S314 - our own output


def text_of(report: dict[str, Any]) -> str:
    """The page's source."""
    return write_html(report).decode("utf-8")


def only(report: dict[str, Any], *verdicts: str) -> dict[str, Any]:
    """The report with these verdicts' findings only."""
    return {**report, "findings": [finding for finding in report["findings"] if finding["verdict"] in verdicts]}


def test_junit_maps_each_verdict_so_that_gates_fail_closed() -> None:
    report = sample_report()
    cases = {case.get("name"): case for case in junit(report).iter("testcase")}
    for finding in report["findings"]:
        case = cases[finding["id"]]
        assert [child.tag for child in case] == [OUTCOMES[finding["verdict"]]] * bool(OUTCOMES[finding["verdict"]])
        assert case.get("classname") == finding["class"]


def test_junit_names_a_case_as_pytest_does_and_totals_agree() -> None:
    report = sample_report()
    root = junit(report)
    assert root.find(".//testcase[@name='DE-FORMAT[population.person.公民身份号码]']") is not None
    counts = report["summary"]["counts"]
    assert int(root.get("failures", "")) == counts["fail"]
    assert int(root.get("errors", "")) == counts["error"] + counts["inconclusive"] + counts["not-run"]
    assert int(root.get("tests", "")) == len(report["findings"]) + len(report["notTested"])
    properties = {entry.get("name"): entry.get("value") for entry in root.iter("property")}
    assert properties["lubiao.violations"] == str(report["summary"]["violations"])
    assert properties["lubiao.verdict"] == "error"


def test_junit_tells_a_failure_with_its_clause_samples_and_remedy() -> None:
    failure = junit(sample_report()).find(".//testcase[@name='DE-CHECK[population.person.公民身份号码]']/failure")
    assert failure is not None
    for words in ("GB/T 39046—2020 5.3", "重构条文", "#12 RYBH=R100000", "末位应为 0", "向登记来源核对"):
        assert words in (failure.text or "")


def test_junit_of_a_waived_case_says_who_and_why() -> None:
    skipped = junit(sample_report()).find(".//testcase[@name='DE-DOMAIN[population.person.民族代码]']/skipped")
    assert skipped is not None
    assert skipped.get("message") == "李工: 历史数据清理中"


@pytest.mark.parametrize("verdicts", [("waived",), ("not-applicable",), ()])
def test_junit_is_red_for_a_run_that_does_not_conform_though_no_case_is(verdicts: tuple[str, ...]) -> None:
    assert junit(only(sample_report(), *verdicts)).get("errors") == "1"


def test_junit_of_a_conforming_run_is_green() -> None:
    report = only(sample_report(), "pass")
    report["summary"]["exitCode"] = 0
    root = junit(report)
    assert (root.get("errors"), root.get("failures")) == ("0", "0")


def test_html_is_chinese_first_and_says_everything_in_english_too() -> None:
    page = text_of(sample_report())
    assert page.startswith("<!DOCTYPE html>\n")
    assert '<html lang="zh-CN">' in page
    assert page.count('<span class="z">') == page.count('<span class="e" lang="en">')
    assert re.search(r'id="lang-zh" class="off" checked', page)
    for id_ in ("report.self-test", "report.untested", "report.basis.reconstructed"):
        for language in LANGUAGES:
            assert message(id_).render(language) in unescape(page)


def test_html_anchors_are_unique_and_lead_to_each_finding() -> None:
    report = sample_report()
    ids = [attributes["id"] for _, attributes in Page(text_of(report)).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"{finding['requirement']}:{finding['target']}" for finding in report["findings"]} <= set(ids)


def test_html_puts_the_worst_first_and_writes_each_verdict_out() -> None:
    report = sample_report()
    rows = [attributes for tag, attributes in Page(text_of(report)).tags if tag == "details"]
    order = [Verdict[str(row["data-v"]).upper().replace("-", "_")] for row in rows]
    assert order == sorted(order)
    assert len(rows) == len(report["findings"])
    heads = re.findall(r'<details class="f v-([a-z-]+)".*?<summary>(.*?)</summary>', text_of(report), re.DOTALL)
    assert len(heads) == len(rows)
    for word, head in heads:
        assert all(message("report.verdict." + word).render(language) in head for language in LANGUAGES)


def test_html_notes_reconstructed_text_only_where_a_verdict_rests_on_it() -> None:
    note = message("report.basis.reconstructed").render("zh")
    report = sample_report()
    expected = sum(finding["provenance"] == "reconstructed" for finding in report["findings"])
    assert 0 < expected < len(report["findings"])
    assert text_of(report).count(note) == expected


def test_html_lists_what_was_not_tested_with_the_reason() -> None:
    section = text_of(sample_report()).split('<section id="untested">')[1].split("</section>")[0]
    for words in ("legal.entity.经营状态", "该数据元的值没有校验码", "population.person.联系电话", "未执行", "不适用"):
        assert words in section


def test_html_of_an_official_run_has_no_self_test_banner() -> None:
    report = sample_report()
    report["run"]["mode"] = "official"
    assert message("report.self-test").render("zh") not in text_of(report)


def test_html_asks_the_network_for_nothing() -> None:
    page = text_of(sample_report())
    assert not re.search(r"https?:|url\(|@import|<link|<iframe", page)


def test_html_of_2400_findings_stays_lean() -> None:
    report = sample_report()
    passed = only(report, "pass")["findings"]
    many = [{**passed[index % len(passed)], "target": f"t{index}", "id": f"x[t{index}]"} for index in range(2400)]
    assert len(write_html({**report, "findings": many})) < 9_000_000


def test_terminal_fits_the_screen_worst_first() -> None:
    for language in LANGUAGES:
        lines = summary(sample_report(), language, width=60, height=24).splitlines()
        assert len(lines) < 24
        assert max(map(display_width, lines)) <= 60
        marks = [line for line in lines if "[" in line]
        assert "DE-FORMAT[legal.entity.单位名称]" in marks[0]
        assert "出生日期" in marks[1]


def test_terminal_says_how_much_it_leaves_out() -> None:
    lines = summary(sample_report(), "zh", height=18).splitlines()
    assert any(line.strip() == message("report.terminal.more", number=4).render("zh") for line in lines)


def test_terminal_colours_only_where_wanted() -> None:
    assert "\x1b" not in summary(sample_report())
    assert "\x1b[1;31m不通过" in summary(sample_report(), colour=True)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "wanted"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_terminals_without_no_color(stream: io.StringIO, environ: dict[str, str], wanted: bool) -> None:
    assert wants_colour(stream, environ) is wanted


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("公民a", 5), ("e\u0301", 1), ("（）", 4), ("ａ", 2)])
def test_chinese_characters_take_two_columns(text: str, width: int) -> None:
    assert display_width(text) == width


def test_render_writes_each_format_and_json_comes_back(tmp_path: Path) -> None:
    paths = render(sample_report(), ["json", "html", "junit", "json"], tmp_path / "new")
    assert [path.name for path in paths] == ["report.json", "report.html", "junit.xml"]
    assert paths[0].read_bytes() == sample_bytes()
    assert b"\r" not in paths[0].read_bytes()
    assert json.loads(paths[0].read_bytes()) == sample_report()


def test_render_is_deterministic() -> None:
    for rendering in RENDERINGS.values():
        assert rendering.write(sample_report()) == rendering.write(sample_report())


def test_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError) as refusal:
        render(sample_report(), ["json", "papyrus"], tmp_path / "new")
    assert refusal.value.known == ("html", "json", "junit", "pdf")
    assert not (tmp_path / "new").exists()


def test_catalogue_knows_each_word_that_a_report_may_hold() -> None:
    definitions = schema()["$defs"]
    families = {
        "verdict": [verdict.word for verdict in Verdict],
        "meaning": definitions["verdict"]["enum"],
        "headline": definitions["verdict"]["enum"],
        "provenance": [provenance.word for provenance in Provenance],
        "basis": definitions["provenance"]["enum"],
        "attribution": [attribution.value for attribution in Attribution],
        "obligation": definitions["finding"]["properties"]["obligation"]["enum"],
        "waiver": definitions["waiver"]["properties"]["state"]["enum"],
        "build": definitions["system"]["properties"]["build"]["properties"]["kind"]["enum"],
    }
    ids = {f"report.{family}.{word}" for family, words in families.items() for word in words}
    assert ids <= catalogue().keys()
