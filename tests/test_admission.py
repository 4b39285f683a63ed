"""Why no certificate is issued: each word for its cause, all reasons at once, in one order; a good bundle has none."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from certificate_case import (
    ISSUE,
    LIVE,
    NONCE,
    NOW,
    bundle,
    finding,
    key,
    key_set,
    records,
    report,
    summed,
    terms,
)

from conformance.bundle.model import RECORDS, Bundle
from conformance.bundle.records import FINDING, RUN, Record
from conformance.messages import LANGUAGES
from conformance.office.admission import FORMAL, OFFICE, REFUSALS, Comparison, Signing, admit, admit_formally
from conformance.office.certificate import certificate_payload
from conformance.signing.digest import digest_set

#: The contract's list.
WORDS = (
    "self-test",
    "narrowed",
    "not-conforming",
    "nothing-tested",
    "chain-broken",
    "evidence-swapped",
    "verdict-edited",
    "pack-unknown",
    "suite-unknown",
    "challenge-missing",
    "challenge-wrong",
    "not-receipted",
    "sample-disagrees",
    "not-approved",
    "same-person",
    "key-refused",
)


def words(held: Bundle, **other: Any) -> list[str]:
    """The words, and that each says something in both languages."""
    found = admit(held, terms(held, **other))
    assert all(one.message.render(language) for one in found for language in LANGUAGES)
    assert [one.word for one in found] == sorted((one.word for one in found), key=REFUSALS.index)
    return [one.word for one in found]


def ids(held: Bundle, **other: Any) -> list[str]:
    return [one.message.id.removeprefix("admission.") for one in admit(held, terms(held, **other))]


def edited(change: Callable[[Any], object]) -> dict[str, Any]:
    """The good report, changed."""
    value = copy.deepcopy(report())
    change(value)
    return value


def run_with(**other: Any) -> dict[str, Any]:
    return edited(lambda value: value["run"].update(other))


def test_a_good_bundle_is_admitted_and_certified() -> None:
    held = bundle()
    assert words(held) == []
    assert admit_formally(held, terms(held)) == ()


def test_the_words_are_the_contracts() -> None:
    assert REFUSALS == WORDS
    assert (*FORMAL, *OFFICE) == WORDS


# --- what lies in the bundle -----------------------------------------------------------------------------------------


def test_self_test() -> None:
    assert words(bundle(run_with(mode="self-test"))) == ["self-test"]
    assert "self-test" in words(bundle(run_with(mode="self-test"), mode="official"))
    assert ids(bundle(mode="self-test")) == ["self-test", "manifest-differs"]


def test_narrowed() -> None:
    assert words(bundle(run_with(narrowed=[{"zh": "只查一类", "en": "one class"}]))) == ["narrowed"]
    waived = {"owner": "o", "reason": "r", "expires": "e", "digest": "d", "state": "active"}
    value = report([finding("AT-FORM", "a.table"), finding("AT-PARENT", "a.table", waiver=waived)])
    assert words(bundle(value)) == ["narrowed"]
    value = report([finding("AT-FORM", "a.table"), finding("B", "a.table", verdict="waived", waiver=waived)])
    assert words(bundle(value)) == ["narrowed", "not-conforming", "not-conforming"]
    value["findings"][1]["waiver"] = None
    assert words(bundle(value)) == ["narrowed", "not-conforming", "not-conforming"]


@pytest.mark.parametrize("verdict", ["error", "fail", "inconclusive", "not-run"])
def test_not_conforming(verdict: str) -> None:
    value = report([finding("AT-FORM", "a.table"), finding("AT-PARENT", "a.table", verdict=verdict)])
    assert words(bundle(value)) == ["not-conforming", "not-conforming"]


def test_a_class_that_the_run_does_not_hold() -> None:
    assert words(bundle(), classes=("数据元",)) == ["not-conforming", "nothing-tested"]


def test_nothing_tested() -> None:
    value = report([finding("AT-FORM", "a.table", checked=0)])
    assert words(bundle(value)) == ["not-conforming", "not-conforming", "nothing-tested", "nothing-tested"]
    assert words(bundle(), classes=()) == ["nothing-tested"]
    assert "nothing-tested" in words(bundle(report([])))


def test_chain_broken() -> None:
    held = bundle()
    lines = held.contents[RECORDS].splitlines(keepends=True)
    for content in (b"".join(lines[1:]), b"".join(reversed(lines)), lines[0], b"", b"nothing\n", lines[0][:-1]):
        broken = replace(held, contents={**held.contents, RECORDS: content})
        found = words(broken)
        assert set(found) <= {"chain-broken", "evidence-swapped"}
        assert "evidence-swapped" in found
        assert ("chain-broken" in found) == (content != lines[0])


def test_a_chain_that_is_not_one_runs() -> None:
    run, *findings = records(report())
    for kept in ([*findings], [*findings, run], [run, run, *findings], []):
        assert words(bundle(evidence=tuple(kept)))[0] == "chain-broken"


def test_evidence_swapped() -> None:
    held, other = bundle(), bundle(evidence=(Record(RUN, {"facts": {"seed": 1}}), *records(report())[1:]))
    assert words(replace(held, chain=other.chain, contents={**held.contents, RECORDS: other.contents[RECORDS]})) == [
        "evidence-swapped"
    ]
    facts = copy.deepcopy(held.chain.facts)
    for change in (
        {"head": "00" * 32},
        {"count": 4},
        {"root": {**facts["root"], "sm3": "00" * 32}},
        {"root": {**facts["root"], "sha256": "00" * 32}},
    ):
        assert words(_rebound(held, evidence={**facts, **change})) == ["evidence-swapped"]


def _rebound(held: Bundle, **bound: Any) -> Bundle:
    """The bundle with other members in its manifest."""
    return replace(held, manifest={**held.manifest, **bound})


def test_evidence_of_other_findings() -> None:
    run, *findings = records(report())
    assert words(bundle(evidence=(run, findings[0]))) == ["evidence-swapped"]
    assert words(bundle(evidence=(run, *findings, findings[0]))) == ["evidence-swapped"]
    stray = Record(FINDING, {**findings[0].body, "target": "b.table"})
    assert ids(bundle(evidence=(run, stray, findings[1]))) == ["evidence-other-findings"]
    assert ids(bundle(evidence=(run, Record(FINDING, None), findings[1]))) == ["evidence-other-findings"]


def test_verdict_edited_as_the_replay_tells() -> None:
    assert ids(bundle(), replayed=False) == ["replay-differs"]
    assert ids(bundle(), replayed=None) == ["not-replayed"]
    assert words(bundle(), replayed=False) == words(bundle(), replayed=None) == ["verdict-edited"]


def test_verdict_edited_in_the_file() -> None:
    """A fail became a pass in report.json; the manifest is the old one, or was made anew."""
    red = report([finding("AT-FORM", "a.table"), finding("AT-PARENT", "a.table", verdict="fail")])
    green = copy.deepcopy(red)
    green["findings"][1]["verdict"] = "pass"
    held, forged = bundle(red), bundle(summed(green))
    swapped = replace(
        held, report=forged.report, contents={**held.contents, "report.json": forged.contents["report.json"]}
    )
    assert ids(swapped) == ["report-digest", "results-digest"]
    assert ids(forged, replayed=False) == ["replay-differs"]


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["findings"][1].update(verdict="fail"),
        lambda value: value["findings"][1].update(attribution="product"),
        lambda value: value.update(resultsDigest=digest_set(b"")),
    ],
)
def test_the_results_digest_is_computed_again(change: Callable[[Any], object]) -> None:
    assert "results-digest" in ids(bundle(edited(change)))
    assert "results-digest" in ids(bundle(edited(change), resultsDigest=report()["resultsDigest"]))


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["findings"][1].update(checked=0),
        lambda value: value["findings"][1].update(violations=3),
        lambda value: value["findings"][1].update(provenance="text"),
        lambda value: value["summary"]["counts"].update({"pass": 1}),
        lambda value: value["summary"]["officialShare"].update(text=2),
        lambda value: value["summary"]["officialShare"].update(total=3),
        lambda value: value["classes"].append({**value["classes"][0]}),
        lambda value: value["classes"][0].update({"class": "数据元"}),
        lambda value: value["classes"].append({**value["classes"][0], "class": "数据元", "verdict": "fail"}),
        lambda value: value["classes"].append({**value["classes"][0], "class": "数据元"}),
        lambda value: value["findings"][1].update({"class": "数据元"}),
    ],
)
def test_a_summary_that_its_findings_do_not_bear(change: Callable[[Any], object]) -> None:
    assert "summary-differs" in ids(bundle(edited(change)))


def test_a_pass_over_a_fail_is_an_edit() -> None:
    """All digests are made anew, only the class still says pass."""
    red = report([finding("AT-FORM", "a.table"), finding("AT-PARENT", "a.table", verdict="fail")])
    red["classes"][0]["verdict"] = red["summary"]["verdict"] = "pass"
    assert ids(bundle(red)) == ["summary-differs"]


def test_a_finding_twice_or_under_another_name() -> None:
    twice = report([finding("AT-FORM", "a.table"), finding("AT-FORM", "a.table")])
    assert "summary-differs" in ids(bundle(twice))
    renamed = report([finding("AT-FORM", "a.table"), finding("AT-PARENT", "a.table", id="AT-OTHER[a.table]")])
    assert "summary-differs" in ids(bundle(renamed))


def test_a_manifest_of_another_run() -> None:
    assert ids(_rebound(bundle(), product={"product": "another"})) == ["manifest-differs"]
    held = bundle(run_with(challenge={"commitment": "00" * 32, "nonce": NONCE}))
    told = bundle().manifest["challenge"]
    assert ids(_rebound(held, challenge=told)) == ["manifest-differs"]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-20", "2026-11-20T10:00:00"])
def test_a_run_without_its_instants(text: str) -> None:
    assert ids(bundle(run_with(ended=text))) == ["instants"]
    assert ids(bundle(run_with(started=text))) == ["instants"]


def test_pack_unknown() -> None:
    held = bundle()
    assert words(held, packs={}) == ["pack-unknown"]
    assert words(held, packs={("divisions", "2026"): f"sha256:{'00' * 32}"}) == ["pack-unknown"]
    assert words(held, packs={("divisions", "2025"): f"sha256:{'ef' * 32}"}) == ["pack-unknown"]
    assert ids(_rebound(held, packs=[])) == ["packs-differ"]
    other = [{**held.manifest["packs"][0], "digest": f"sha256:{'00' * 32}"}]
    assert ids(_rebound(held, packs=other)) == ["packs-differ", "pack-unknown"]
    assert words(bundle(edited(lambda value: value.update(standards=[])))) == ["pack-unknown"]


def test_suite_unknown() -> None:
    held = bundle()
    good = held.manifest["suite"]
    assert words(held, suites=()) == ["suite-unknown"]
    for digest in ({**good["digest"], "sm3": "00" * 32}, {**good["digest"], "sha256": "00" * 32}, {}):
        assert words(_rebound(held, suite={**good, "digest": digest})) == ["suite-unknown"]
    assert words(held, suites=({},)) == ["suite-unknown"]
    assert ids(_rebound(held, suite={**good, "version": "0.2.0"})) == ["suite-differs"]


def test_challenge_missing() -> None:
    value = edited(lambda one: one["run"].pop("challenge"))
    assert words(bundle(value)) == ["challenge-missing"]
    assert words(bundle(value), challenge=None) == []


def test_challenge_wrong() -> None:
    good = terms(bundle()).challenge
    assert good is not None
    assert words(bundle(), challenge=replace(good, nonce="00" * 32)) == ["challenge-wrong"]
    assert words(bundle(), challenge=replace(good, commitment="00" * 32)) == ["challenge-wrong"]
    assert ids(bundle(), challenge=replace(good, seed=7)) == ["challenge-seed"]
    assert ids(bundle(), challenge=None) == ["challenge-never-given"]


# --- what the office did ---------------------------------------------------------------------------------------------


def test_not_receipted() -> None:
    held = bundle()
    assert words(held, receipt=None) == ["not-receipted"]
    bodies: list[Mapping[str, Any]] = [
        {},
        {"bundle": {}},
        {"bundle": "none"},
        {"bundle": {"sha256": held.digest["sha256"]}},
        {"bundle": {**held.digest, "sm3": "00" * 32}},
        {"bundle": {**held.digest, "sha256": "00" * 32}},
        {"bundle": dict(held.digest), "results": digest_set(b"")},
        {"bundle": dict(held.digest), "evidence": {"count": 1}},
        {"bundle": dict(held.digest), "challenge": None},
    ]
    for body in bodies:
        assert words(held, receipt=body) == ["not-receipted"], body
    whole = {
        "case": "1",
        "bundle": dict(held.digest),
        "report": held.manifest["reportDigest"],
        "results": held.manifest["resultsDigest"],
        "evidence": held.manifest["evidence"],
        "challenge": held.manifest["challenge"],
    }
    assert words(held, receipt=whole) == []


def test_sample_disagrees() -> None:
    held = bundle()
    assert ids(held, comparison=Comparison(2, 2, 1)) == ["sample-disagrees"]
    assert ids(held, comparison=None) == ["not-compared"]
    assert ids(held, comparison=Comparison(0, 2, 0)) == ["not-compared"]
    assert ids(held, tester="") == ["not-compared"]
    assert ids(held, assurance="L3") == ["not-all-compared"]
    assert words(held, assurance="L3", comparison=Comparison(2, 2, 0)) == []
    assert words(held, assurance="L1", comparison=None, tester="") == []
    assert words(held, assurance="L1", comparison=Comparison(1, 2, 1)) == ["sample-disagrees"]
    assert words(held, assurance="L2", comparison=None) == ["sample-disagrees"]


def test_not_approved() -> None:
    assert words(bundle(), approver="") == ["not-approved"]


def test_same_person() -> None:
    held = bundle()
    assert ids(held, tester="approver") == ["tester-approves"]
    assert ids(held, issuer="approver") == ["approver-issues"]
    assert words(held, tester="one", approver="one", issuer="one") == ["same-person", "same-person"]
    assert words(held, tester="one", issuer="one") == []


def test_key_refused() -> None:
    held = bundle()
    both = (key("certificate"), key("certificate-sm2"))
    good = Signing(key_set(), both, NOW, test=True)
    assert words(held, signing=None) == ["key-refused"]
    swapped = replace(key("certificate"), spki=key("other").spki)
    cases = [
        (["key-not-pinned"], replace(good, signers=(swapped, both[1]))),
        (["key-not-pinned"], replace(good, signers=(*both, key("other")))),
        (["key-not-pinned", "key-leg"], replace(good, signers=(key("other"),))),
        (["key-use"], replace(good, signers=(*both, key("log")))),
        (["key-time"], replace(good, signers=(*both, key("ended")))),
        (["key-leg"], replace(good, signers=both[:1])),
        (["key-kind", "key-kind"], replace(good, test=False)),
    ]
    for expected, signing in cases:
        assert ids(held, signing=signing) == expected
        assert set(words(held, signing=signing)) == {"key-refused"}
    nothing_required = replace(good, signers=(), keys=replace(key_set(), required={}))
    assert ids(held, signing=nothing_required) == ["key-leg"]


def test_all_reasons_are_told_at_once() -> None:
    """Nothing is done and everything is wrong: one word after the other, in the contract's order."""
    value = run_with(mode="self-test", narrowed=[{"zh": "一", "en": "one"}], challenge=None)
    value["findings"][0]["verdict"] = "fail"
    held = bundle(value)
    held = replace(held, contents={**held.contents, RECORDS: b"none\n"})
    found = words(
        held,
        classes=(LIVE, "数据元"),
        packs={},
        suites=(),
        replayed=None,
        receipt=None,
        comparison=None,
        tester="one",
        approver="",
        issuer="",
        signing=None,
    )
    others = ("challenge-wrong", "same-person")
    assert list(dict.fromkeys(found)) == [word for word in WORDS if word not in others]


def test_whoever_is_refused_formally_is_refused() -> None:
    held = bundle(run_with(mode="self-test"))
    asked = terms(held, receipt=None, signing=None)
    assert [one.word for one in admit_formally(held, asked)] == ["self-test"]
    assert [one.word for one in admit(held, asked)] == ["self-test", "not-receipted", "key-refused"]


def test_what_is_admitted_can_be_certified() -> None:
    held = bundle()
    assert admit(held, terms(held)) == ()
    assert certificate_payload(held, ISSUE)
