"""JUnit XML for continuous integration: gates fail closed.

JUnit has no word for "cannot tell". fail becomes ``failure``; error, inconclusive and not-run become ``error``, so
that a gate never opens on something untested; waived and not-applicable become ``skipped`` with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from conformance.messages import message
from conformance.report.harmless import visible
from conformance.report.place import place

_OUTCOME = {
    "fail": "failure",
    "error": "error",
    "inconclusive": "error",
    "not-run": "error",
    "waived": "skipped",
    "not-applicable": "skipped",
}


def write_junit(report: Mapping[str, Any]) -> bytes:
    """One suite for each conformance class, one for what was not tested; totals as properties of the whole."""
    findings: list[dict[str, Any]] = report["findings"]
    suites = [
        _suite(entry["class"], [_case(finding) for finding in findings if finding["class"] == entry["class"]])
        for entry in report["classes"]
    ]
    known = {(finding["requirement"], finding["target"]) for finding in findings}
    untested = [entry for entry in report["notTested"] if (entry["requirement"], entry["target"]) not in known]
    if untested:
        suites.append(_suite(_words("report.untested"), [_untested(entry) for entry in untested]))
    red = any(suite.get("failures") != "0" or suite.get("errors") != "0" for suite in suites)
    if report["summary"]["exitCode"] != 0 and not red:
        suites.append(_suite("lubiao", [_closed(report)]))
    root = _suite("lubiao", suites, "testsuites")
    root.insert(0, _properties(report))
    ElementTree.indent(root, " ")
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _suite(name: str, children: Sequence[ElementTree.Element], tag: str = "testsuite") -> ElementTree.Element:
    suite = ElementTree.Element(tag, name=visible(name, line=True))
    suite.extend(children)
    suite.set("tests", str(len(suite.findall(".//testcase"))))
    for attribute, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f".//testcase/{outcome}"))))
    suite.set("time", "0")
    return suite


def _properties(report: Mapping[str, Any]) -> ElementTree.Element:
    run, summary = report["run"], report["summary"]
    totals = {
        "lubiao.run": run["id"],
        "lubiao.mode": run["mode"],
        "lubiao.version": run["tool"]["version"],
        "lubiao.product": f"{report['system']['product']} {report['system']['version']}",
        "lubiao.verdict": summary["verdict"],
        "lubiao.exitCode": summary["exitCode"],
        "lubiao.checked": summary["checked"],
        "lubiao.violations": summary["violations"],
        **{f"lubiao.count.{word}": number for word, number in summary["counts"].items()},
    }
    properties = ElementTree.Element("properties")
    for name, value in sorted(totals.items()):
        ElementTree.SubElement(properties, "property", name=name, value=visible(str(value), line=True))
    return properties


def _case(finding: Mapping[str, Any]) -> ElementTree.Element:
    case = _named(finding["id"], finding["class"])
    outcome = _OUTCOME.get(finding["verdict"])
    if outcome is None:
        return case
    detail = ElementTree.SubElement(case, outcome, type=finding["verdict"], message=_headline(finding))
    if outcome != "skipped":
        detail.text = visible("\n".join(_account(finding)))
    return case


def _untested(entry: Mapping[str, Any]) -> ElementTree.Element:
    case = _named(f"{entry['requirement']}[{entry['target']}]", _words("report.untested"))
    ElementTree.SubElement(case, "skipped", type="not-tested", message=_line(entry["reason"]))
    return case


def _closed(report: Mapping[str, Any]) -> ElementTree.Element:
    """A red case for a run that does not conform though none of its cases is red: all waived, or nothing judged."""
    verdict = report["summary"]["verdict"]
    case = _named("verdict", "lubiao")
    ElementTree.SubElement(case, "error", type=verdict, message=_words("report.headline." + verdict))
    return case


def _named(name: str, classname: str) -> ElementTree.Element:
    return ElementTree.Element(
        "testcase", name=visible(name, line=True), classname=visible(classname, line=True), time="0"
    )


def _headline(finding: Mapping[str, Any]) -> str:
    if finding["waiver"] and finding["verdict"] == "waived":
        return visible(f"{finding['waiver']['owner']}: {finding['waiver']['reason']}", line=True)
    if finding["reason"]:
        return _line(finding["reason"])
    return _words("report.count", checked=finding["checked"], violations=finding["violations"])


def _account(finding: Mapping[str, Any]) -> list[str]:
    clause = finding["clause"]
    lines = [
        f"{clause['standard']} {clause['number']} ({_words('report.provenance.' + finding['provenance'])})",
        _line(finding["title"]),
        f"{_words('report.expected')}: {_line(finding['expected'])}",
        f"{_words('report.found')}: "
        + _words("report.count", checked=finding["checked"], violations=finding["violations"]),
        *(line for sample in finding["samples"] for line in _sample(sample)),
        f"{_words('report.remedy')}: {_remedy(finding)}",
    ]
    if finding["attribution"]:
        lines.append(f"{_words('report.fault')}: {_words('report.attribution.' + finding['attribution'])}")
    return lines


def _remedy(finding: Mapping[str, Any]) -> str:
    return _words("report.remedy.error") if finding["verdict"] == "error" else _line(finding["remedy"])


def _sample(sample: Mapping[str, Any]) -> list[str]:
    pairs = " ".join(f"{name}={value}" for name, value in {**sample["key"], **sample["values"]}.items())
    at = f"{place(sample['where'])} " if "where" in sample else ""
    told = [visible(f"{at}#{sample['row']} {pairs}: ", line=True) + _line(sample["reason"])]
    if "call" in sample:
        told.append(sample["call"]["curl"])
    return told


def _line(text: Mapping[str, str]) -> str:
    return visible(text["zh"] if text["zh"] == text["en"] else f"{text['zh']} / {text['en']}", line=True)


def _words(id_: str, **params: str | int) -> str:
    return _line(message(id_, **params).both())
