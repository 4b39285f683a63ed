"""``report.html``: one self-contained file for people, offline, Chinese first with a switch to English.

Findings hold text from the system under test, which is hostile input: everything is escaped by the template engine
and made visible first, the content security policy admits only the script and style of this room by their hashes, and
the embedded report cannot close its element. Without JavaScript everything is readable and the language switch works.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from conformance.judge.verdict import Verdict
from conformance.messages import catalogue, message
from conformance.report.harmless import shortened, visible
from conformance.report.json_report import embeddable
from conformance.report.place import place

#: The bound of any text on the page, whatever a report brought from elsewhere holds.
_LIMIT = 4000
#: Bars are drawn in thousandths of the longest; the smallest that is not zero stays visible.
_BAR, _LEAST_BAR = 1000, 6
_SEVERITY = {verdict.word: int(verdict) for verdict in Verdict}
_UNTESTED = ("not-run", "not-applicable")


def write_html(report: Mapping[str, Any]) -> bytes:
    """The page in UTF-8; equal reports give equal bytes."""
    style, script = _part("report.css"), _part("report.js")
    findings = sorted(report["findings"], key=lambda entry: _SEVERITY[entry["verdict"]])
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            run=report["run"],
            system=report["system"],
            summary=report["summary"],
            findings=findings,
            untested=[*(entry for entry in findings if entry["verdict"] in _UNTESTED), *_only_untested(report)],
            bars=_bars(report["summary"]["counts"]),
            datasets=sorted({entry["dataset"] for entry in findings}),
            shares=_shares(report),
            verdicts=[verdict.word for verdict in Verdict],
            style=Markup(style),  # noqa: S704 - our own file, hashed into the policy
            script=Markup(script),  # noqa: S704 - our own file, hashed into the policy
            policy=_policy(style, script),
            data=Markup(embeddable(report)),  # noqa: S704 - holds no "<", ">" or "&"
        )
    )
    return page.encode("utf-8")


def anchor(finding: Mapping[str, Any]) -> str:
    """The deep link to a finding: ``DE-FORMAT:population.person.公民身份号码``, blanks as underscores."""
    return re.sub(r"\s", "_", f"{finding['requirement']}:{finding['target']}")


def _only_untested(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    known = {(entry["requirement"], entry["target"]) for entry in report["findings"]}
    return [entry for entry in report["notTested"] if (entry["requirement"], entry["target"]) not in known]


def _bars(counts: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """(verdict word, count, length in thousandths) for each verdict that occurs, worst first."""
    longest = max(counts.values(), default=0)
    return [
        (verdict.word, counts[verdict.word], max(_LEAST_BAR, counts[verdict.word] * _BAR // longest))
        for verdict in Verdict
        if counts[verdict.word]
    ]


def _shares(report: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """By standard's number: how many verdicts on its clauses rest on official text, and how many there are."""
    judged = [entry for entry in report["findings"] if entry["verdict"] not in _UNTESTED]
    total = Counter(entry["clause"]["standard"] for entry in judged)
    text = Counter(entry["clause"]["standard"] for entry in judged if entry["provenance"] == "text")
    return {number: {"text": text[number], "total": total[number]} for number in total}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals.update(say=_say, both=_both, word=_word, texts=_texts)
    environment.filters.update(anchor=anchor, grouped=_grouped, moment=_moment, place=place)
    return environment


@cache
def _part(name: str) -> str:
    text = resources.files(__package__).joinpath("templates", name).read_text("utf-8")
    return text.replace("\r\n", "\n").rstrip("\n")


def _shown(value: object) -> object:
    return value if isinstance(value, Markup) else visible(shortened(str(value), _LIMIT))


def _say(id_: str, **params: str | int) -> Markup:
    """A text of the catalogue in both languages; the style sheet shows one."""
    return _both(message(id_, **params).both())


def _word(family: str, word: str) -> Markup:
    """The catalogue's text for a word of the report, or the word itself where the catalogue does not know it."""
    id_ = f"report.{family}.{word}"
    return _say(id_) if id_ in catalogue() else escape(_shown(word))


def _texts(id_: str, otherwise: str = "") -> Mapping[str, str]:
    """Both texts of the catalogue, for attributes; ``otherwise`` in both languages where the id is unknown."""
    return catalogue().get(id_, {"zh": otherwise, "en": otherwise})


def _both(text: Mapping[str, str]) -> Markup:
    zh, en = _shown(text["zh"]), _shown(text["en"])
    if zh == en:
        return escape(zh)
    return Markup('<span class="z">{}</span><span class="e" lang="en">{}</span>').format(zh, en)


def _grouped(number: int) -> str:
    return f"{number:,}"


def _moment(text: str) -> str:
    """An RFC 3339 time as people read it: ``2026-11-21 09:41:12 +08:00``; anything else as it is."""
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(.*)$", r"\1 \2 \3", text).strip()


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
