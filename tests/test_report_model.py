"""The report model: its order, its arithmetic, its exit codes, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from test_report_sample import (
    CLAIMED,
    STANDARDS,
    SYSTEM,
    requirement,
    run_facts,
    sample_bytes,
    sample_inputs,
    sample_report,
    untested,
    words,
)

from conformance.judge.verdict import Finding, Reproduction, Sample, Verdict
from conformance.report.html import write_html
from conformance.report.json_report import schema, write_json
from conformance.report.junit import write_junit
from conformance.report.model import FindingContext, build_report, exit_code
from conformance.standard.model import Provenance


def report_of(
    *verdicts: Verdict,
    claimed: tuple[str, ...] = (),
    waiver: dict[str, str] | None = None,
    floor: Verdict | None = None,
) -> dict[str, Any]:
    """A small report: one finding for each verdict; a pass on one value."""
    judged = requirement("DE-FORMAT")
    findings = [
        Finding(judged, f"t{index}", verdict, judged.clause, Provenance.TEXT, checked=int(verdict is Verdict.PASS))
        for index, verdict in enumerate(verdicts)
    ]
    contexts = [FindingContext("t", waiver=waiver) for _ in findings]
    return build_report(run_facts(), SYSTEM, STANDARDS, findings, contexts, claimed=claimed, floor=floor)


@pytest.mark.parametrize(
    "pointer", [(), ("run",), ("summary",), ("findings", 0), ("findings", 0, "clause"), ("classes", 0, "counts")]
)
def test_schema_refuses_a_field_that_it_does_not_know(pointer: tuple[str | int, ...]) -> None:
    report = sample_report()
    place: Any = report
    for step in pointer:
        place = place[step]
    place["surprise"] = 1
    assert not jsonschema.Draft202012Validator(schema()).is_valid(report)


def test_schema_refuses_a_fraction() -> None:
    report = sample_report()
    report["summary"]["checked"] = 1.5
    assert not jsonschema.Draft202012Validator(schema()).is_valid(report)


def test_same_input_in_another_order_gives_the_same_bytes() -> None:
    findings, contexts = sample_inputs()
    turned = build_report(
        run_facts(),
        dict(reversed(SYSTEM.items())),
        STANDARDS[::-1],
        findings[::-1],
        contexts[::-1],
        not_tested=untested(),
        claimed=CLAIMED,
    )
    assert write_json(turned) == sample_bytes()


def test_findings_stand_in_the_order_of_target_and_requirement() -> None:
    order = [(finding["target"], finding["requirement"]) for finding in sample_report()["findings"]]
    assert order == sorted(order)


def test_volatile_pointers_lead_to_fields() -> None:
    report = sample_report()
    assert report["volatile"]
    for pointer in report["volatile"]:
        place: Any = report
        for step in pointer.split("/")[1:]:
            place = place[step]


def test_two_runs_differ_in_volatile_fields_only() -> None:
    findings, contexts = sample_inputs()
    again = replace(run_facts(), id="other", started="later", ended="later still", environment={"python": "3.12"})
    one, other = (build_report(run, SYSTEM, STANDARDS, findings, contexts) for run in (run_facts(), again))
    for report in (one, other):
        for pointer in report["volatile"]:
            del report[pointer.split("/")[1]][pointer.split("/")[2]]
    assert one == other


def test_a_sample_tells_how_its_call_is_made_again_and_a_run_what_was_measured() -> None:
    findings, contexts = sample_inputs()
    place = next(index for index, one in enumerate(findings) if one.samples and one.verdict is Verdict.FAIL)
    call = Reproduction("# 一 / one\ncurl 'https://x' <&>", "import os\nprint('<&>')")
    findings[place] = replace(findings[place], samples=(replace(findings[place].samples[0], call=call),))
    run = replace(run_facts(), service=(FIGURES,))
    report = build_report(run, SYSTEM, STANDARDS, findings, contexts)
    jsonschema.validate(report, schema())
    told = [sample["call"] for finding in report["findings"] for sample in finding["samples"] if "call" in sample]
    assert told == [{"curl": call.curl, "python": call.python}]
    assert report["run"]["service"] == [FIGURES]
    assert "/run/service" in report["volatile"]
    plain = build_report(run_facts(), SYSTEM, STANDARDS, findings, contexts)
    assert "service" not in plain["run"]
    assert "/run/service" not in plain["volatile"]
    page, cases = write_html(report).decode(), write_junit(report).decode()
    assert page.count("curl &#39;https://x&#39; &lt;&amp;&gt;</pre>") == 1
    assert '<td class="num">1,234</td>' in page
    assert '<td class="num">–</td>' in page
    assert "curl 'https://x' &lt;&amp;&gt;" in cases


FIGURES = {
    "target": "node",
    "requests": 5678,
    "unanswered": 0,
    "together": 8,
    "ownPerMille": 41,
    "interfaces": [
        {"interface": "a", "requests": 40, "p50": 12, "p95": 30, "p99": 1234},
        {"interface": "b", "requests": 1, "p50": None, "p95": None, "p99": None},
    ],
}


def test_counts_are_sums_of_the_findings() -> None:
    report = sample_report()
    summary, findings = report["summary"], report["findings"]
    assert (
        sum(summary["counts"].values())
        == len(findings)
        == sum(sum(entry["counts"].values()) for entry in report["classes"])
    )
    assert summary["violations"] == 3 + 17 + 1204 + 42 + 5
    assert summary["checked"] == sum(finding["checked"] for finding in findings)
    judged = [finding for finding in findings if finding["verdict"] not in ("not-run", "not-applicable")]
    assert summary["officialShare"] == {"text": sum(f["provenance"] == "text" for f in judged), "total": len(judged)}


@pytest.mark.parametrize(
    ("verdicts", "word", "code"),
    [
        ((Verdict.PASS,), "pass", 0),
        ((Verdict.PASS, Verdict.NOT_APPLICABLE), "pass", 0),
        ((Verdict.PASS, Verdict.FAIL), "fail", 1),
        ((Verdict.PASS, Verdict.INCONCLUSIVE), "inconclusive", 3),
        ((Verdict.PASS, Verdict.WAIVED), "waived", 3),
        ((Verdict.NOT_APPLICABLE,), "not-applicable", 3),
        ((), "not-run", 3),
        ((Verdict.FAIL, Verdict.ERROR), "error", 4),
    ],
)
def test_run_ends_with_the_worst_class_and_its_exit_code(verdicts: tuple[Verdict, ...], word: str, code: int) -> None:
    summary = report_of(*verdicts)["summary"]
    assert (summary["verdict"], summary["exitCode"]) == (word, code)


def test_claimed_class_without_a_finding_is_not_run_and_never_green() -> None:
    report = report_of(Verdict.PASS, claimed=("交换格式",))
    assert [(entry["class"], entry["verdict"]) for entry in report["classes"]] == [
        ("交换格式", "not-run"),
        ("数据元", "pass"),
    ]
    assert report["summary"]["exitCode"] == 3


@pytest.mark.parametrize(("state", "code"), [("active", 0), ("expired", 1), ("stale", 1)])
def test_expired_or_stale_waiver_fails_the_run(state: str, code: int) -> None:
    waiver = {
        "owner": "李工",
        "reason": "清理中",
        "expires": "2027-01-01T00:00:00+08:00",
        "digest": "sha256:00",
        "state": state,
    }
    assert report_of(Verdict.PASS, waiver=waiver)["summary"]["exitCode"] == code


def test_floor_keeps_a_run_from_a_better_verdict() -> None:
    assert report_of(Verdict.PASS, floor=Verdict.INCONCLUSIVE)["summary"]["exitCode"] == 3
    assert report_of(Verdict.FAIL, floor=Verdict.INCONCLUSIVE)["summary"]["exitCode"] == 1


def test_only_a_pass_ends_with_zero() -> None:
    assert [verdict for verdict in Verdict if exit_code(verdict) == 0] == [Verdict.PASS]


def test_one_requirement_judged_twice_on_a_target_is_refused() -> None:
    findings, contexts = sample_inputs()
    with pytest.raises(ValueError, match="DE-MANDATORY"):
        build_report(run_facts(), SYSTEM, STANDARDS, [*findings, findings[0]], [*contexts, contexts[0]])


def test_fraction_in_the_facts_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        build_report(run_facts(), {**SYSTEM, "version": 3.2}, STANDARDS, [], [])


def test_surrogates_and_megabytes_stay_out_of_the_report() -> None:
    long = Sample(1, (("键\ud800", "\udc80"),), (("XM", "长" * 1_000_000),), words("x" * 1_000_000, "x"))
    finding = replace(sample_inputs()[0][0], samples=(long,))
    written = write_json(build_report(run_facts(), SYSTEM, STANDARDS, [finding], [FindingContext("population.person")]))
    sample = json.loads(written)["findings"][0]["samples"][0]
    assert sample["key"] == {"键〔U+D800〕": "〔U+DC80〕"}
    assert sample["values"]["XM"].endswith("长…〔1000000〕")
    assert len(written) < 30_000
