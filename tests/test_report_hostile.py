"""Strings of a hostile system under test are harmless in every format: markup, bidi, control characters, megabytes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from test_report_sample import STANDARDS, SYSTEM, requirement, run_facts, sample_inputs, sample_report, words

from conformance.judge.verdict import Finding, Sample, Verdict
from conformance.messages import message
from conformance.report.harmless import shortened, visible
from conformance.report.html import write_html
from conformance.report.json_report import schema, write_json
from conformance.report.junit import write_junit
from conformance.report.model import FindingContext, InputFacts, NotTested, build_report
from conformance.report.terminal import summary
from conformance.signing.canonical import storable

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "\"><img src=x onerror=alert(3)><a href='https://example.invalid'>",
    "{{ 7 * 7 }}{% raw %}{name}%s",
    "]]><failure/>&lol;",
    "\x1b[31mred\x1b]0;title\x07\x9b31m",
    "a\x00b\x0bc\x7f\ufffe\ue000",
    "\ud800 lone \udfff",
    "\u202e317\u2066reversed\u2069\u200b\u2028",
    "two\nlines\r\nand\ttab",
    "长" * 1_000_000,
    "𠮷\U000e0041é",
)
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def hostile_inputs(text: str) -> tuple[list[Finding], list[FindingContext]]:
    """Findings that hold the string wherever a system under test can put one."""
    sample = Sample(1, ((text, text),), ((text, text),), words(text, text))
    one = sample_inputs()[0][0]
    findings = [
        replace(
            one, target=f"{index}{text}", verdict=verdict, violations=1, samples=(sample,), expected=words(text, text),
            reason=words(text, text),
        )
        for index, verdict in enumerate(Verdict)
    ]  # fmt: skip
    waiver = dict.fromkeys(("owner", "reason", "expires", "digest"), text)
    return findings, [FindingContext(text, text, waiver=waiver) for _ in findings]


@cache
def hostile_report(text: str) -> dict[str, Any]:
    """A report that is hostile in each place."""
    findings, contexts = hostile_inputs(text)
    run = replace(
        run_facts(), id=text, engine=text, narrowed=(words(text, text),), environment={text: text},
        inputs=(InputFacts(text, text, text, text, text, 1, 1, "ab" * 32),),
    )  # fmt: skip
    system = {**SYSTEM, "product": text, "vendor": text, "version": text, "build": {"kind": "declared", "id": text}}
    untested = [NotTested(requirement("DE-CHECK"), text, words(text, text))]
    report = build_report(run, system, STANDARDS, findings, contexts, not_tested=untested, claimed=(text,))
    jsonschema.Draft202012Validator(schema()).validate(report)
    return report


class Page(HTMLParser):
    """What a browser would make of a page: its tags, attributes, scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside = ""
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the base class names it
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style"):
            self.raw.append((*self.tags[-1], data))

    def scripts(self) -> list[str]:
        return [data for tag, attrs, data in self.raw if tag == "script" and "type" not in attrs]


pytestmark = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def test_html_holds_the_tags_of_an_honest_report_and_no_other(text: str) -> None:
    honest = {tag for tag, _ in Page(write_html(sample_report()).decode("utf-8")).tags}
    page = Page(write_html(hostile_report(text)).decode("utf-8"))
    assert {tag for tag, _ in page.tags} <= honest
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "href")]
    assert [tag for tag, _ in page.tags].count("script") == 2


def test_html_runs_only_the_script_that_its_policy_names(text: str) -> None:
    page = Page(write_html(hostile_report(text)).decode("utf-8"))
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none';")
    (script,) = page.scripts()
    (style,) = (data for tag, _, data in page.raw if tag == "style")
    for part in (script, style):
        assert base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() in policy


def test_html_carries_the_whole_report(text: str) -> None:
    page = Page(write_html(hostile_report(text)).decode("utf-8"))
    (data,) = (data for tag, attributes, data in page.raw if attributes.get("type") == "application/json")
    assert json.loads(data) == hostile_report(text)
    assert not set("<>&") & set(data)


@pytest.mark.parametrize("write", [write_html, write_junit, write_json])
def test_files_hold_no_character_that_hides_or_reorders(write: Any, text: str) -> None:
    written = write(hostile_report(text)).decode("utf-8")
    assert not FORBIDDEN.search(written)
    assert len(written) < 1_500_000


def test_junit_stays_well_formed_and_names_each_case(text: str) -> None:
    root = ElementTree.fromstring(write_junit(hostile_report(text)))  # noqa: S314 - our own output
    report = hostile_report(text)
    assert len(root.findall(".//testcase")) == len(report["findings"]) + len(report["notTested"])
    names = {case.get("name") for case in root.iter("testcase")}
    assert {visible(finding["id"], line=True) for finding in report["findings"]} <= names


@pytest.mark.parametrize("language", ["zh", "en"])
def test_terminal_shows_no_escape_sequence_of_the_vendor(language: str, text: str) -> None:
    plain = summary(hostile_report(text), language)
    assert not FORBIDDEN.search(plain.replace("\n", ""))
    painted = summary(hostile_report(text), language, colour=True)
    assert re.sub("\x1b\\[(?:0|1;\\d\\d)m", "", painted) == plain


def test_harmless_functions_keep_their_contracts(text: str) -> None:
    storable(text).encode("utf-8")
    assert visible(visible(text)) == visible(text)
    assert "\n" not in visible(text, line=True)
    assert len(shortened(text, 100)) <= 100 + len("…〔1000000〕")


def test_message_with_hostile_parameters_renders_them_as_they_are(text: str) -> None:
    assert text in message("report.waiver-line", owner=text, reason="r", expires="e").render("zh")
