"""What a certificate states of a bundle: nothing that is not so, nothing of persons, and what it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from certificate_case import BUILD, ISSUE, LIVE, NUMBER, RERUN, bundle, certificate, finding, report, signed
from jsonschema import Draft202012Validator

from conformance.bundle.model import Bundle
from conformance.office.certificate import Issue, certificate_payload, read_certificate, schema, write_certificate
from conformance.office.share import executed_share, official_share, scope
from conformance.report.json_report import schema as report_schema
from conformance.signing.canonical import NotCanonicalError, parse
from conformance.signing.digest import digest_set

LIMIT = 1 << 20
DISCLAIMER = "不构成认证，不代替CMA/CNAS报告"


def predicate(held: Bundle | None = None, issue: Issue = ISSUE) -> dict[str, Any]:
    value = parse(certificate_payload(held or bundle(), issue), limit=LIMIT)
    assert isinstance(value, dict)
    told: dict[str, Any] = value["predicate"]
    return told


def test_the_reports_of_these_tests_are_reports() -> None:
    Draft202012Validator(report_schema()).validate(report())


def test_the_schema_is_one_and_closed_everywhere() -> None:
    Draft202012Validator.check_schema(dict(schema()))
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    open_ = [place for place, part in objects(schema()) if part.get("additionalProperties") is not False]
    assert open_ == []


def objects(value: Any, place: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every part of a schema that describes an object."""
    found = [(place, value)] if isinstance(value, dict) and value.get("type") == "object" else []
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [one for name, part in parts for one in objects(part, f"{place}/{name}")]


def test_everything_is_named_by_the_bundles_digests() -> None:
    held = bundle()
    told = predicate(held)
    assert told["report"] == {
        "digest": digest_set(held.contents["report.json"]),
        "results": held.report["resultsDigest"],
        "bundle": digest_set(held.contents["manifest.json"]),
        "evidence": held.chain.facts,
    }
    assert told["suite"] == held.manifest["suite"]
    assert told["standards"] == [
        {"id": "divisions", "edition": "2026", "number": "GB/T 2260", "digest": f"sha256:{'ef' * 32}"}
    ]
    assert told["certificateNo"] == NUMBER
    assert told["status"] == {"list": ISSUE.status_list, "index": ISSUE.status_index}
    assert told["rerun"]["n"] == RERUN.n


def test_nothing_of_the_evidence_or_of_persons_is_in_it() -> None:
    value = report([finding("AT-FORM", "a.table", samples=[{"key": {"姓名": "张某"}, "row": 7}])])
    payload = certificate_payload(bundle(value), ISSUE).decode()
    assert "张某" not in payload
    assert "a.table" not in payload


@pytest.mark.parametrize(
    ("build", "kind", "digest"),
    [
        ({"kind": "image", "id": BUILD}, "image", "ab" * 32),
        ({"kind": "package", "id": f"sha256:{'12' * 32}"}, "package", "12" * 32),
        ({"kind": "package", "id": "pypi:app@1.0"}, "declared", "cd" * 32),
        ({"kind": "image", "id": "registry.example/app:latest"}, "declared", "cd" * 32),
        ({"kind": "image", "id": f"registry.example/app@sha256:{'AB' * 32}"}, "declared", "cd" * 32),
        ({"kind": "declared", "id": f"sha256:{'12' * 32}"}, "declared", "cd" * 32),
    ],
)
def test_the_subject_is_the_build_or_else_the_declaration(build: dict[str, str], kind: str, digest: str) -> None:
    statement = json.loads(certificate_payload(bundle(report(build=build)), ISSUE))
    assert statement["subject"] == [{"name": "一网通办平台 3.2.1", "digest": {"sha256": digest}}]
    assert statement["predicate"]["product"]["build"] == {"kind": kind, "id": build["id"]}
    sentence = statement["predicate"]["statement"]
    assert digest in sentence["zh"] and digest in sentence["en"]
    assert ("未以摘要确认" in sentence["zh"]) == (kind == "declared")


@pytest.mark.parametrize(
    ("assurance", "rerun", "zh", "en"),
    [
        ("L1", None, "厂商自我声明符合", "declares conformity itself"),
        (
            "L2",
            RERUN,
            "共 2 项，办公室于提交之后随机抽取其中 1 项复测",
            "Of 2 cases the office repeated 1, drawn at random",
        ),
        ("L3", replace(RERUN, n=2), "全部复测", "repeated all of 2 cases"),
    ],
)
def test_the_honest_sentence(assurance: str, rerun: Any, zh: str, en: str) -> None:
    told = predicate(issue=replace(ISSUE, assurance=assurance, rerun=rerun))
    sentence = told["statement"]
    assert zh in sentence["zh"] and en in sentence["en"]
    for text in sentence.values():
        assert "2026-11-20" in text
        assert "divisions@2026" in text and "lubiao 0.1.0" in text
        assert "认证证书" not in text
    assert DISCLAIMER in sentence["zh"]
    assert "安全" in sentence["zh"] and "security" in sentence["en"]
    assert "其他构建" in sentence["zh"] and "other builds" in sentence["en"]


@pytest.mark.parametrize(
    ("assurance", "rerun"),
    [
        ("L0", None),
        ("L1", RERUN),
        ("L2", None),
        ("L3", None),
        ("L3", RERUN),
        ("L2", replace(RERUN, n=0)),
        ("L2", replace(RERUN, n=3)),
        ("L2", replace(RERUN, disagreements=1)),
    ],
)
def test_an_assurance_needs_its_rerun(assurance: str, rerun: Any) -> None:
    with pytest.raises(ValueError):
        certificate_payload(bundle(), replace(ISSUE, assurance=assurance, rerun=rerun))


@pytest.mark.parametrize(
    "other",
    [
        {"classes": ()},
        {"classes": ("数据元",)},
        {"classes": (LIVE, "数据元")},
        {"number": "LB-2026-000045"},
        {"number": "TEST-LB-2026-45"},
        {"number": NUMBER, "test": False},
        {"valid_until": ISSUE.valid_from},
        {"valid_until": "2028-11-21"},
        {"valid_until": "2028-11-21T00:00:00"},
        {"time_created": "2026-02-30T00:00:00Z"},
        {"status_index": 131_072},
        {"status_index": -1},
        {"issuer_name": {"zh": "办公室"}},
        {"supersedes": ("TEST-LB-2026-000001", "TEST-LB-2026-000001")},
    ],
    ids=str,
)
def test_what_would_be_no_certificate_is_not_made(other: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        certificate_payload(bundle(), replace(ISSUE, **other))


def test_a_class_that_did_not_pass_is_not_certified() -> None:
    red = report([finding("AT-FORM", "a.table"), finding("AT-PARENT", "a.table", verdict="fail", violations=1)])
    with pytest.raises(ValueError, match=LIVE):
        certificate_payload(bundle(red), ISSUE)


def test_what_counts_as_executed() -> None:
    """A verdict of pass or fail on a target where something was there to be judged."""
    value = report(
        [
            finding("A", "one"),
            finding("A", "two", verdict="not-applicable", checked=0),
            finding("B", "one", verdict="pass", checked=0),
            finding("C", "one", verdict="inconclusive"),
            finding("D", "one", verdict="fail", obligation="should"),
            finding("E", "one", **{"class": "数据元"}),
        ]
    )
    assert scope(value, LIVE).value() == {"class": LIVE, "requirements": 5, "executed": 2}
    assert executed_share(value, (LIVE,)).value() == {"n": 2, "of": 5}
    assert executed_share(value, (LIVE, "数据元")).value() == {"n": 3, "of": 7}
    assert official_share(value).value() == {"n": 5, "of": 5}


def test_a_requirement_not_tested_on_one_target_counts_once() -> None:
    value = report()
    told = {"requirement": "AT-FORM", "class": LIVE, "target": "b.table", "title": {}, "reason": {}}
    assert executed_share({**value, "notTested": [told]}, (LIVE,)).value() == {"n": 2, "of": 2}


def test_a_class_of_which_nothing_was_executed_has_no_certificate() -> None:
    value = report([finding("AT-FORM", "a.table", checked=0)])
    value["classes"][0]["verdict"] = "pass"
    with pytest.raises(NotCanonicalError):
        certificate_payload(bundle(value), ISSUE)


def test_the_same_bundle_and_terms_give_the_same_bytes() -> None:
    assert certificate_payload(bundle(), ISSUE) == certificate_payload(bundle(), ISSUE)


def test_a_file_is_read_back_as_it_was_written() -> None:
    good = certificate()
    held = read_certificate(good.content)
    assert held.number == NUMBER
    assert held.envelope == good.envelope
    assert (held.index, list(held.hashes)) == (2, good.tree.inclusion(2))
    assert held.instant("validFrom").isoformat() == ISSUE.valid_from
    again = write_certificate(held.envelope, held.index, held.checkpoint_text, held.hashes)
    assert again == good.content


def test_what_would_not_be_read_is_not_written() -> None:
    text = read_certificate(certificate().content).checkpoint_text
    with pytest.raises(NotCanonicalError):
        write_certificate(signed(b"{}"), 2, text, [])
    with pytest.raises(NotCanonicalError):
        write_certificate(certificate().envelope, -1, text, [])
    with pytest.raises(NotCanonicalError):
        write_certificate(certificate().envelope, 2, "none", [])


@pytest.mark.parametrize("text", ["{", "{x}", "%s", "\u202e", "\x1b[31m", "<b>", "#set", "汉" * 4000])
def test_a_vendors_words_are_only_words(text: str) -> None:
    told = predicate(bundle(report(product=text, build={"kind": "declared", "id": text})))
    assert told["product"]["product"] == text
    assert text in told["statement"]["zh"]
    assert DISCLAIMER in told["statement"]["zh"]
