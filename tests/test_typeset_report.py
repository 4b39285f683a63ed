"""The report on paper: what it says is what report.json says; nothing that a vendor wrote can do more than be read."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from test_report_sample import sample_report
from typeset_seen import FONTS, archival, fonts, opened, pages, reach, reddish, text, widest

from conformance.messages import message
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.typeset.fonts import TypesetError
from conformance.typeset.report import report_pdf
from conformance.typeset.report_data import SignOff, number

ROOT = Path(__file__).parents[1]
MANIFEST = {
    "schema": "lubiao-bundle/1",
    "reportDigest": digest_set(canonical(sample_report())),
    "suite": {"digest": {"sha256": "ab" * 32, "sm3": "cd" * 32}},
}


@cache
def sample_pdf(language: str = "zh") -> bytes:
    return report_pdf(sample_report(), language=language)


@cache
def admtp() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "reports/sample/report.json").read_bytes())
    return loaded


def official() -> dict[str, Any]:
    report = sample_report()
    report["run"]["mode"] = "official"
    return report


def changed(**values: Any) -> dict[str, Any]:
    """The sample with its first fail changed."""
    report = sample_report()
    finding = next(one for one in report["findings"] if one["verdict"] == "fail")
    finding.update(values)
    return report


def squeezed(said: str) -> str:
    return "".join(said.split())


def test_the_chapters_of_a_test_report_are_there_in_order() -> None:
    seen = text(sample_pdf())
    chapters = ["1测试结论", "2测试依据", "3测试样品", "4测试环境与工具", "5结果汇总", "6不符合项", "7未决与豁免"]
    chapters += ["8未测内容与原因", "9逐项结果", "10说明"]
    places = [seen.index(chapter) for chapter in chapters]
    assert places == sorted(places)
    for said in (
        "标准符合性测试报告",
        "齐鲁一体化人口与法人库",
        "山东某某信息技术有限公司",
        "主检",
        "审核",
        "批准",
        "电子签章处",
    ):
        assert said in seen
    assert "不构成认证，不代替CMA/CNAS报告" in seen
    assert "3.2.1-20261118（厂商声明，未经摘要核实）" in seen


def test_each_page_bears_its_number_the_report_s_and_the_digest_of_what_it_was_set_from() -> None:
    seen = pages(sample_pdf())
    digest = hashlib.sha256(canonical(sample_report())).hexdigest()
    for place, page in enumerate(seen, 1):
        assert squeezed(f"第{place}页共{len(seen)}页") in squeezed(page)
        assert "20261121-094112-7f3a" in page and digest in page


def test_with_a_manifest_each_page_bears_the_bundle_s_digest() -> None:
    digest = hashlib.sha256(canonical(MANIFEST)).hexdigest()
    seen = pages(report_pdf(sample_report(), manifest=MANIFEST))
    assert all(digest in page and "测试包摘要" in page for page in seen)
    assert "ab" * 32 in squeezed("".join(seen)) and "cd" * 32 in squeezed("".join(seen))


def test_a_manifest_of_another_report_is_refused() -> None:
    for manifest in (MANIFEST, {}, {"reportDigest": None}):
        with pytest.raises(TypesetError) as caught:
            report_pdf(official(), manifest=manifest)
        assert caught.value.message.id == "typeset.report-manifest"


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"run": {}},
        sample_report() | {"findings": [{}]},
        sample_report() | {"classes": None},
        sample_report() | {"summary": 7},
        sample_report() | {"more": 1.5},
        sample_report() | {"run": None},
    ],
)
def test_what_is_no_report_is_refused(report: dict[str, Any]) -> None:
    with pytest.raises(TypesetError) as caught:
        report_pdf(report)
    assert caught.value.message.id == "typeset.report-malformed"


def test_a_challenge_is_named() -> None:
    report = official()
    report["run"]["challenge"] = {"commitment": "12" * 32, "nonce": "34" * 32}
    seen = text(report_pdf(report))
    assert "commitment" + "12" * 32 in seen and "nonce" + "34" * 32 in seen


def test_a_self_test_is_marked_on_every_page_and_an_official_run_on_none() -> None:
    mark = "自测结果，不作证书依据"
    assert all(mark in squeezed(page) for page in pages(sample_pdf()))
    assert all("Self-test: no basis for a certificate" in page for page in pages(sample_pdf("en")))
    assert mark not in text(report_pdf(official()))
    assert min(reddish(sample_pdf())) > 1500 and reddish(report_pdf(official()))[0] == 0
    other = official() | {"run": {**official()["run"], "mode": "something else"}}
    assert all(mark in squeezed(page) for page in pages(report_pdf(other)))


def test_its_counts_are_those_of_report_json() -> None:
    report, seen = sample_report(), text(sample_pdf())
    failed = [one for one in report["findings"] if one["verdict"] == "fail"]
    assert f"共{len(failed)}项不符合" in seen
    assert len(re.findall(r"不符合项\d+", seen)) == len(failed) == report["summary"]["counts"]["fail"]
    for one in failed:
        assert squeezed(f"核查{one['checked']:,}，不符{one['violations']:,}") in seen
    order = ("error", "fail", "inconclusive", "not-run", "waived", "pass", "not-applicable")
    requirements = sum(entry["requirements"] for entry in report["classes"])
    total = "".join(str(report["summary"]["counts"][word]) for word in order)
    assert f"合计工具出错{requirements}{total}" in seen
    for entry in report["standards"]:
        assert squeezed(entry["number"]) in seen and entry["digest"].removeprefix("sha256:") in seen
    for entry in report["run"]["inputs"]:
        assert entry["path"] in seen and entry["sha256"] in seen
    results = seen[seen.index("9逐项结果") : seen.index("10说明")]
    assert sum(results.count(one) for one in {one["requirement"] for one in report["findings"]}) == len(
        report["findings"]
    )


def test_samples_are_bounded_and_the_others_are_pointed_to() -> None:
    seen = text(sample_pdf())
    assert "R100148" in seen and "R100185" not in seen
    assert "报告中另有15条样例，见所附report.json" in seen


def test_a_real_report_in_english() -> None:
    seen = text(report_pdf(admtp(), language="en"))
    for said in ("Standardsconformancetestreport", "Non-conformity2", "Waves_Man", "Thesystemundertestdoesnotconform"):
        assert said in seen
    assert "Page1of" in seen and "不符合项" not in seen


def test_each_language_speaks_only_itself_where_the_catalogue_speaks() -> None:
    for said in ("Non-conformity", "Conclusion", "Remedy", "Reviewedby"):
        assert said in text(sample_pdf("en")) and said not in text(sample_pdf())


def test_a_report_of_which_nothing_failed_does_not_claim_more_than_it_may() -> None:
    report = sample_report()
    report["findings"] = [one | {"verdict": "not-run"} for one in report["findings"][:3]]
    seen = text(report_pdf(report))
    assert squeezed(message("typeset.none.failed-untested").render()) in seen
    report["findings"] = []
    assert squeezed(message("typeset.none.failed-untested").render()) in text(report_pdf(report))
    report["findings"] = [one for one in sample_report()["findings"] if one["verdict"] == "pass"]
    assert squeezed(message("typeset.none.failed").render()) in text(report_pdf(report))


def test_who_signs_is_named_and_no_seal_is_drawn() -> None:
    signed = report_pdf(official(), sign_off=SignOff("山东省标准化办公室", "李工", "王工", "赵工"))
    seen = text(signed)
    assert all(name in seen for name in ("山东省标准化办公室", "李工", "王工", "赵工"))
    with opened(signed) as held:
        streams = [one for one in held.objects if isinstance(one, pikepdf.Stream)]
        assert streams and not [one for one in streams if one.get("/Subtype") == "/Image"]


def test_the_same_report_gives_the_same_bytes_and_its_own_time() -> None:
    assert report_pdf(sample_report()) == sample_pdf()
    assert report_pdf(sample_report(), language="en") != sample_pdf()
    with opened(sample_pdf()) as held:
        assert str(held.docinfo.CreationDate).startswith("D:20261121014119Z")


@pytest.mark.parametrize(
    "ended", ["", "yesterday", "2026-11-21T09:41:19", "9999-99-99T00:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_a_time_that_is_none_is_not_the_machine_s(ended: str) -> None:
    report = sample_report()
    report["run"]["ended"] = ended
    assert report_pdf(report) == report_pdf(copy.deepcopy(report))


def test_it_is_pdf_a_with_structure_our_fonts_and_report_json_byte_for_byte() -> None:
    seen = archival(sample_pdf())
    assert seen == {
        "level": "3A",
        "intent": "/GTS_PDFA1",
        "profile": True,
        "tagged": True,
        "language": "zh-CN",
        "attached": [("report.json", "/Data")],
        "encrypted": False,
        "scripts": False,
    }
    assert archival(sample_pdf("en"))["language"].startswith("en")
    assert fonts(sample_pdf()) == FONTS
    with opened(sample_pdf()) as held:
        assert held.attachments["report.json"].get_file().read_bytes() == canonical(sample_report())


INJECTIONS = [
    '#panic("x")',
    '#import "@preview/a:1.0.0": *',
    '#read("/etc/passwd")',
    "$x^2$ ``` // /* */",
    "@ref <label> *bold* _italic_ = head",
    "\\u{41} \\ #{1+1}",
    "</w> <script>alert(1)</script> & {{ 7*7 }} {page}",
    "]#panic()[ ) } \"' % \\",
]


@pytest.mark.parametrize("said", INJECTIONS)
def test_whatever_a_vendor_writes_is_text(said: str) -> None:
    both = {"zh": said, "en": said}
    report = changed(reason=both, target=said[:40], remedy=both)
    report["system"].update(product=said, vendor=said, version=said)
    report["run"]["environment"] = {"python": said}
    report["run"]["narrowed"] = [both]
    seen = text(report_pdf(report))
    assert seen.count(squeezed(said)) >= 6


def test_what_cannot_be_seen_or_printed_is_shown_as_code_points_and_listed() -> None:
    report = changed(target="人口.𠀀", reason={"zh": "a\u202eb\x07", "en": "-"})
    report["system"]["vendor"] = "王😀𬭎\ue000科技"
    seen = text(report_pdf(report))
    assert "人口.〔U+20000〕" in seen and "王〔U+1F600〕𬭎〔U+E000〕科技" in seen and "a〔U+202E〕b〔U+0007〕" in seen
    assert "本文件以码位代替：U+1F600U+20000。" in seen
    assert "以码位代替" not in text(sample_pdf())


def test_masked_values_stay_legible() -> None:
    report = changed(reason={"zh": "370***********1234⟦0123456789abcdef⟧", "en": "-"})
    assert "370***********1234〚0123456789abcdef〛" in text(report_pdf(report))


@pytest.mark.parametrize("letter", ["x", "长", "é", "〔", "0 ", "\n", "𠀀", "-", "/"])
def test_a_text_of_a_hundred_thousand_letters_is_cut_and_stays_on_the_page(letter: str) -> None:
    said = letter * (100_000 // len(letter))
    both = {"zh": said, "en": said}
    report = changed(reason=both, remedy=both, title=both, target=said, requirement=said)
    report["system"].update(product=said, vendor=said)
    report["findings"][0]["samples"] = [{"row": 1, "key": {said: said}, "values": {said: said}, "reason": both}]
    begun = time.process_time()
    pdf = report_pdf(report)
    assert time.process_time() - begun < 10
    left, right = reach(pdf)
    assert left > 50 and right < 595 - 50
    with opened(pdf) as held:
        assert len(held.pages) < 40


def test_a_word_without_an_end_breaks_and_gains_no_letter() -> None:
    word = "".join(f"{place:04d}x" for place in range(30))
    pdf = report_pdf(changed(target=word))
    assert word in text(pdf) and "\u200b" not in text(pdf)
    assert reach(pdf)[1] < 595 - 50


def test_a_word_in_a_narrow_column_stays_in_it() -> None:
    report = sample_report()
    sample = next(one for one in report["findings"] if one["verdict"] == "fail")["samples"][0]
    sample["where"] = {"file": "W" * 24, "line": 0, "path": ""}
    assert widest(report_pdf(report), "W") < 85


def many(count: int) -> dict[str, Any]:
    report = sample_report()
    failed = next(one for one in report["findings"] if one["verdict"] == "fail")
    report["findings"] = [{**failed, "target": f"t{place:05d}", "id": f"{place}"} for place in range(count)]
    report["notTested"] = [{**report["notTested"][0], "target": f"u{place:05d}"} for place in range(count)]
    return report


def test_thousands_of_findings_take_seconds_and_the_rest_is_counted() -> None:
    begun = time.process_time()
    pdf = report_pdf(many(2400))
    assert time.process_time() - begun < 10
    seen = text(pdf)
    assert "共2,400项不符合" in seen and "以上详列100项" in seen
    assert seen.count("另有1,700项，见所附report.json") == 1
    assert seen.count("另有1,800项，见所附report.json") == 2
    assert "t00099" in seen and "t00699" in seen and "t00700" not in seen
    assert "u00599" in seen and "u00600" not in seen


def test_a_table_across_pages_repeats_its_head() -> None:
    seen = [squeezed(page) for page in pages(sample_pdf())]
    results = [page for page in seen if "判定要求对象条款不符次数" in page]
    assert len(results) >= 3


def test_a_standard_s_number_never_breaks() -> None:
    """Whatever stands before it: thirty places along the line, so that it meets the margin somewhere."""
    said, report = "DB37/T 4223.1—2020", many(30)
    for place, finding in enumerate(report["findings"]):
        finding["remedy"] = {"zh": "依" * (25 + place) + said + "改正", "en": "-"}
    assert "\n".join(pages(report_pdf(report))).count(said) >= 30


@pytest.mark.parametrize(
    ("id_", "shown"),
    [
        ("20261121-094112-7f3a", "20261121-094112-7f3a"),
        ("84bcff33064c4c0e83a8fd01adfd4a2e", "84bcff33064c"),
        ("../../#panic() 山", "panic"),
        ("", ""),
    ],
)
def test_the_report_s_number_is_its_run_s_id_shortened(id_: str, shown: str) -> None:
    assert number({"run": {"id": id_}}) == shown
