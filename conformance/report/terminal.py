"""The summary of a run for a terminal: worst first, within one screen, plain text where colour is not wanted.

Everything that came from the system under test is put on one line and made visible: no escape sequence and no bidi
override of a vendor reaches the terminal. Chinese characters count as two columns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, TextIO

from conformance.judge.verdict import Verdict
from conformance.messages import catalogue, message
from conformance.report.harmless import visible

_COLOUR = {"error": 35, "fail": 31, "inconclusive": 33, "not-run": 33, "waived": 33, "pass": 32, "not-applicable": 90}
_SEVERITY = {verdict.word: int(verdict) for verdict in Verdict}
_QUIET = ("pass", "not-applicable")
#: Lines beside classes and findings: product, banner, narrowing, verdict, counts, three blanks, foot, prompt.
_FRAME = 11
_LEAST_FINDINGS = 3


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """True for a terminal, unless NO_COLOR holds anything or TERM is ``dumb``."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def summary(
    report: Mapping[str, Any], language: str = "zh", *, width: int = 80, height: int = 24, colour: bool = False
) -> str:
    """The report on at most ``height`` lines (where it has few classes) of at most ``width`` columns; ends in LF."""
    screen = _Screen(language, width, colour)
    classes, findings = report["classes"], report["findings"]
    red = sorted((f for f in findings if f["verdict"] not in _QUIET), key=_order)
    room = max(_LEAST_FINDINGS, height - _FRAME - len(classes))
    lines = [*_head(screen, report), ""]
    lines += [_class(screen, entry) for entry in sorted(classes, key=lambda entry: _SEVERITY[entry["verdict"]])]
    if red:
        lines += ["", *(_finding(screen, finding) for finding in red[:room])]
    if len(red) > room:
        lines.append(screen.line("  " + screen.say("report.terminal.more", number=len(red) - room)))
    lines += ["", *_foot(screen, report)]
    return "\n".join(lines) + "\n"


def display_width(text: str) -> int:
    """The columns that a text takes on a terminal."""
    return sum(_columns(character) for character in text)


class _Screen:
    """How to say, cut and paint lines for one terminal."""

    def __init__(self, language: str, width: int, colour: bool) -> None:
        self.language, self.width, self.colour = language, width, colour

    def say(self, id_: str, **params: str | int) -> str:
        return message(id_, **params).render(self.language)

    def line(self, text: str) -> str:
        """The text on one line, harmless, cut to the width."""
        return _cut(visible(text, line=True), self.width)

    def painted(self, mark: str, verdict: str, rest: str) -> str:
        """A line that begins with a mark in the verdict's colour; the rest is cut so that both fit."""
        rest = _cut(visible(rest, line=True), self.width - display_width(mark))
        return f"\x1b[1;{_COLOUR[verdict]}m{mark}\x1b[0m{rest}" if self.colour else mark + rest


def _head(screen: _Screen, report: Mapping[str, Any]) -> list[str]:
    system, result = report["system"], report["summary"]
    verdict = result["verdict"]
    product = f"{system['product']} {system['version']}"
    lines = [screen.line(f"{screen.say('report.brand')} · {product} · {system['vendor']}")]
    if report["run"]["mode"] == "self-test":
        lines.append(screen.line(screen.say("report.self-test")))
    if report["run"]["narrowed"]:
        narrowed = " ".join(text[screen.language] for text in report["run"]["narrowed"])
        lines.append(screen.line(f"{screen.say('report.narrowed')}: {narrowed}"))
    headline = "  " + screen.say("report.headline." + verdict)
    lines.append(screen.painted(screen.say("report.verdict." + verdict), verdict, headline))
    counts = "  ".join(
        f"{screen.say('report.verdict.' + word.word)} {result['counts'][word.word]}"
        for word in Verdict
        if result["counts"][word.word]
    )
    lines.append(screen.line(counts))
    return lines


def _class(screen: _Screen, entry: Mapping[str, Any]) -> str:
    mark = _padded(screen.say("report.verdict." + entry["verdict"]), _mark_width(screen))
    number = screen.say("report.requirements", number=entry["requirements"])
    id_ = "report.class." + entry["class"]
    name = screen.say(id_) if id_ in catalogue() else entry["class"]
    return screen.painted(mark, entry["verdict"], f"{name}  {number}")


def _finding(screen: _Screen, finding: Mapping[str, Any]) -> str:
    mark = _padded(screen.say("report.verdict." + finding["verdict"]), _mark_width(screen))
    if finding["violations"]:
        count = screen.say("report.brief.violations", number=finding["violations"])
    elif finding["undecided"]:
        count = screen.say("report.brief.undecided", number=finding["undecided"])
    else:
        count = finding["reason"][screen.language] if finding["reason"] else ""
    return screen.painted(mark, finding["verdict"], f"{finding['id']}  {count}")


def _foot(screen: _Screen, report: Mapping[str, Any]) -> list[str]:
    lines = []
    reconstructed = sum(finding["provenance"] == "reconstructed" for finding in report["findings"])
    if reconstructed:
        lines.append(screen.line(screen.say("report.terminal.reconstructed", number=reconstructed)))
    declared = sum(finding.get("standing") == "declared" for finding in report["findings"])
    if declared:
        lines.append(screen.line(screen.say("report.terminal.declared", number=declared)))
    if report["notTested"]:
        lines.append(screen.line(screen.say("report.terminal.untested", number=len(report["notTested"]))))
    lines.append(screen.line(f"{screen.say('report.terminal.exit')} {report['summary']['exitCode']}"))
    return lines


#: How much hangs on a requirement, most first; most packs do not say.
_GRADES = ("blocker", "major", "", "minor")


def _mark_width(screen: _Screen) -> int:
    return max(display_width(screen.say("report.verdict." + verdict.word)) for verdict in Verdict) + 2


def _order(finding: Mapping[str, Any]) -> tuple[int, int, int, str, str]:
    severity = _SEVERITY[finding["verdict"]]
    return (
        severity,
        _GRADES.index(finding.get("severity", "")),
        -finding["violations"],
        finding["target"],
        finding["requirement"],
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _cut(text: str, width: int) -> str:
    if display_width(text) <= width:
        return text
    taken: list[str] = []
    used = 0
    for character in text:
        used += _columns(character)
        if used > width - 1:
            return "".join(taken) + "…"
        taken.append(character)
    return text


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
