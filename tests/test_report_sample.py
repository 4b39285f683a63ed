"""A realistic report, about 60 findings with every verdict: what the other report tests read; and its schema."""

# ruff: noqa: E501 - the tables of the sample read better one row a line

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema

from conformance.judge.verdict import Attribution, Finding, Sample, Verdict
from conformance.messages import Message
from conformance.report.json_report import schema, write_json
from conformance.report.model import (
    FindingContext,
    InputFacts,
    NotTested,
    RunFacts,
    build_report,
)
from conformance.standard.model import Clause, Element, Provenance, Requirement, Text
from conformance.standard.notation import parse

NATIONAL, POPULATION, DIVISIONS = "GB/T 39046—2020", "DB37/T 4223.1—2020", "GB/T 2260—2007"
REQUIREMENTS = {
    "DE-MANDATORY": (
        "必填", "Mandatory", "必填的数据元应有值。", "A mandatory data element shall hold a value.",
        "补录缺失的值，或在声明中改为选填。", "Enter the missing values, or declare the column optional.", "column",
    ),
    "DE-LENGTH": (
        "长度", "Length", "值的字符数应在表示格式规定的范围之内。", "The number of characters shall lie within the format.",
        "按字符数（不是字节数）核对字段长度。", "Check the field's length in characters, not in bytes.", "value",
    ),
    "DE-FORMAT": (
        "表示格式", "Format", "值应符合数据元的表示格式。", "A value shall agree with the data element's representation format.",
        "按表示格式改正值；日期应写为 YYYYMMDD，不加分隔符。", "Write the value in its format; dates as YYYYMMDD, unseparated.", "value",
    ),
    "DE-DOMAIN": (
        "值域", "Domain", "代码应在数据元值域所列的代码之中。", "A code shall be one of the element's value domain.",
        "改用值域中的代码；不要自造代码。", "Use a code of the list; do not invent codes.", "value",
    ),
    "DE-CHECK": (
        "校验码", "Check character", "公民身份号码的末位应与校验码算法的结果相同。", "The last character shall equal the computed check character.",
        "向登记来源核对整个号码，不要只改末位。", "Verify the whole number at its source; do not patch the last character.", "value",
    ),
    "AD-EXISTS": (
        "区划代码存在", "Division code exists", "区划代码应是标准中的代码。", "A division code shall exist in the standard.",
        "核对代码；统计用区代码不是行政区划代码。", "Verify the code; a statistics-only zone is no division.", "value",
    ),
    "AD-VALID": (
        "区划代码有效", "Division code valid", "区划代码在记录日期应有效。", "A division code shall be valid at the record's date.",
        "改用承继代码：370181 章丘市已于 2016 年撤销，承继代码为 370114 章丘区。", "Use the successor: 370181 was abolished in 2016, its successor is 370114.", "value",
    ),
}  # fmt: skip
COLUMNS = {
    "population.person": [
        ("GMSFHM", "公民身份号码", "c18"), ("XM", "姓名", "c..50"), ("XBDM", "性别代码", "c1"), ("CSRQ", "出生日期", "d8"),
        ("MZDM", "民族代码", "c2"), ("HJDXZQH", "户籍地行政区划代码", "c6"), ("LXDH", "联系电话", "c..18"),
        ("HYZKDM", "婚姻状况代码", "c2"), ("SWRQ", "死亡日期", "d8"), ("ZZ", "住址", "c..100"),
    ],
    "legal.entity": [
        ("TYSHXYDM", "统一社会信用代码", "an18"), ("DWMC", "单位名称", "a..100"), ("ZCDXZQH", "注册地行政区划代码", "n6"),
        ("CLRQ", "成立日期", "YYYYMMDD"), ("FDDBR", "法定代表人姓名", "a..50"), ("HYDM", "行业代码", "an..5"), ("ZZJGDM", "组织机构代码", "an9"),
    ],
}  # fmt: skip


class Words(Message):
    """A message that brings its own words, so that the sample needs no other room's catalogue."""

    def render(self, language: str = "zh") -> str:
        return str(self.params[language])


def words(zh: str, en: str) -> Message:
    """A message in these words."""
    return Words("sample", {"zh": zh, "en": en})


def requirement(id_: str) -> Requirement:
    """A requirement of the sample, with its clause."""
    title_zh, title_en, zh, en, remedy_zh, remedy_en, level = REQUIREMENTS[id_]
    division = id_.startswith("AD-")
    standard = DIVISIONS if division else NATIONAL
    return Requirement(
        id_, Text(title_zh, title_en), Text(zh, en), Text(remedy_zh, remedy_en), level, "rule",
        "区划代码" if division else "数据元", "should" if id_ == "DE-LENGTH" else "shall", "automated",
        (Clause(standard, "5.3", Provenance.TEXT),),
    )  # fmt: skip


def element(name: str, format_: str) -> Element:
    """A data element of the sample."""
    return Element(
        f"db37.{name}", name, "", "", "", "", "", "字符型", parse(format_), "", "", "", "", (), "1.0", "标准", "通用",
        Clause(POPULATION, "5", Provenance.RECONSTRUCTED), "", False, "", "", None,
    )  # fmt: skip


def run_facts() -> RunFacts:
    """A self-test run at a fixed time."""
    return RunFacts(
        "20261121-094112-7f3a", "lubiao", "0.1.0", "self-test", "polars", 20261121,
        "2026-11-21T09:41:12+08:00", "2026-11-21T09:41:19+08:00", 20,
        inputs=(
            InputFacts("population.person", "data/person.csv", "csv", "gb18030", ",", 20000, 2914311, "ab" * 32),
            InputFacts("legal.entity", "data/legal.tsv", "csv", "utf-8", "\t", 5000, 918273, "cd" * 32),
        ),
        environment={"python": "3.11.7", "platform": "Linux"},
    )  # fmt: skip


SYSTEM: dict[str, Any] = {
    "product": "齐鲁一体化人口与法人库", "vendor": "山东某某信息技术有限公司", "version": "3.2.1",
    "build": {"kind": "declared", "id": "3.2.1-20261118"}, "declaration": {"sha256": "ef" * 32},
}  # fmt: skip
STANDARDS: list[dict[str, Any]] = [
    {"id": id_, "edition": edition, "number": number, "title": {"zh": zh, "en": en}, "provenance": word, "digest": "sha256:" + pair * 32}
    for id_, edition, number, zh, en, word, pair in (
        ("gbt-39046", "2020", NATIONAL, "政务服务平台基础数据规范", "Government service platform: basic data", "text", "12"),
        ("db37-4223.1", "2020", POPULATION, "政务信息资源 数据元 第1部分：人口", "Government information resources, data elements, part 1: population", "reconstructed", "34"),
        ("gbt-2260", "2007", DIVISIONS, "中华人民共和国行政区划代码", "Codes for the administrative divisions of China", "adopted", "56"),
    )
]  # fmt: skip
_SPECIAL = {
    ("DE-CHECK", "公民身份号码"): (Verdict.FAIL, 3), ("DE-LENGTH", "姓名"): (Verdict.FAIL, 17), ("DE-FORMAT", "出生日期"): (Verdict.FAIL, 1204),
    ("AD-VALID", "户籍地行政区划代码"): (Verdict.FAIL, 42), ("DE-DOMAIN", "民族代码"): (Verdict.WAIVED, 5),
    ("AD-EXISTS", "注册地行政区划代码"): (Verdict.INCONCLUSIVE, 0), ("DE-FORMAT", "单位名称"): (Verdict.ERROR, 0),
    ("DE-MANDATORY", "联系电话"): (Verdict.NOT_RUN, 0), ("DE-CHECK", "联系电话"): (Verdict.NOT_APPLICABLE, 0),
}  # fmt: skip


def samples(column: str, number: int) -> tuple[Sample, ...]:
    """Masked samples, in row order."""
    return tuple(
        Sample(
            37 * index + 12,
            (("RYBH", f"R{100000 + 37 * index}"),),
            ((column, f"3701**********{index:03d}X"),),
            words(f"末位应为 {index % 10}，实为 X", f"the last character should be {index % 10}, and is X"),
        )
        for index in range(min(number, 20))
    )


def sample_inputs(
    verdict_of: dict[tuple[str, str], tuple[Verdict, int]] = _SPECIAL,
) -> tuple[list[Finding], list[FindingContext]]:
    """Findings and contexts: every requirement on every column."""
    findings, contexts = [], []
    for dataset, columns in COLUMNS.items():
        for id_ in REQUIREMENTS:
            for column, name, format_ in columns:
                if id_.startswith("AD-") != ("行政区划" in name) and not id_.startswith("DE-M"):
                    continue
                if id_ == "DE-CHECK" and name not in ("公民身份号码", "统一社会信用代码", "组织机构代码", "联系电话"):
                    continue
                verdict, bad = verdict_of.get((id_, name), (Verdict.PASS, 0))
                judged = verdict not in (Verdict.NOT_RUN, Verdict.NOT_APPLICABLE, Verdict.ERROR)
                provenance = Provenance.RECONSTRUCTED if dataset == "population.person" else Provenance.TEXT
                findings.append(
                    Finding(
                        requirement(id_), f"{dataset}.{name}", verdict, requirement(id_).clause, provenance,
                        checked=20000 if judged else 0, violations=bad, undecided=9 if verdict is Verdict.INCONCLUSIVE else 0,
                        attribution=_attribution(verdict), expected=words(f"{name}应符合格式 {format_}", f"{name} in the format {format_}"),
                        reason=None if verdict in (Verdict.PASS, Verdict.FAIL) else words("声明的列中没有可以核查的值", "the declared column holds no value to check"),
                        samples=samples(column, bad or (9 if verdict is Verdict.INCONCLUSIVE else 0)),
                    )
                )  # fmt: skip
                waiver = (
                    {
                        "owner": "李工",
                        "reason": "历史数据清理中",
                        "expires": "2027-01-01T00:00:00+08:00",
                        "digest": "sha256:" + "9a" * 32,
                    }
                    if verdict is Verdict.WAIVED
                    else None
                )
                contexts.append(FindingContext(dataset, column, element(name, format_), waiver))
    return findings, contexts


def _attribution(verdict: Verdict) -> Attribution | None:
    return {
        Verdict.FAIL: Attribution.PRODUCT,
        Verdict.ERROR: Attribution.HARNESS,
        Verdict.INCONCLUSIVE: Attribution.STANDARD,
    }.get(verdict)


CLAIMED = ("交换格式",)


def untested() -> list[NotTested]:
    """What the sample's plan leaves out."""
    reason = words("该数据元的值没有校验码", "values of this element have no check character")
    return [NotTested(requirement("DE-CHECK"), "legal.entity.经营状态", reason)]


@cache
def sample_bytes() -> bytes:
    """The sample report as written."""
    findings, contexts = sample_inputs()
    return write_json(
        build_report(run_facts(), SYSTEM, STANDARDS, findings, contexts, not_tested=untested(), claimed=CLAIMED)
    )


def sample_report() -> dict[str, Any]:
    """A fresh copy of the sample report, about 60 findings with every verdict."""
    loaded: dict[str, Any] = json.loads(sample_bytes())
    return loaded


def test_sample_report_agrees_with_its_published_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(sample_report())
    assert {finding["verdict"] for finding in sample_report()["findings"]} == {verdict.word for verdict in Verdict}
