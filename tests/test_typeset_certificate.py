"""The certificate's page: what it says is what certificate.json says, which it carries; a test's is marked as one."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from certificate_case import certificate
from typeset_seen import FONTS, archival, codes, fonts, opened, pages, reddish, run, text

from conformance.signing.canonical import canonical
from conformance.typeset.certificate import certificate_pdf
from conformance.typeset.fonts import TypesetError
from conformance.typeset.qr import qr_code, qr_text

ADDRESS = "https://register.example/standards"
MARK = "测试用，无效"


@cache
def content() -> bytes:
    return certificate().content


@cache
def page() -> bytes:
    return certificate_pdf(content(), address=ADDRESS)


def altered(change: Callable[[dict[str, Any]], object], *, force: bool = True) -> bytes:
    """The certificate with its predicate changed, unverifiable; with ``force``, as if no test key had signed it."""
    value = json.loads(content())
    envelope = value["envelope"]
    statement = json.loads(base64.b64decode(envelope["payload"]))
    if force:
        statement["predicate"].update(test=False, certificateNo="LB-2026-000045")
        statement["predicate"]["issuer"]["name"] = {"zh": "山东省标准化办公室", "en": "Standards office"}
        for one in envelope["signatures"]:
            one["keyid"] = one["keyid"].removeprefix("TEST-")
    change(statement["predicate"])
    envelope["payload"] = base64.b64encode(canonical(statement)).decode()
    return canonical(value)


def with_force(change: Callable[[dict[str, Any]], object] = lambda _: None) -> bytes:
    return certificate_pdf(altered(change), address=ADDRESS)


def predicate() -> dict[str, Any]:
    envelope = json.loads(content())["envelope"]
    found: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))["predicate"]
    return found


def squeezed(said: str) -> str:
    return "".join(said.split())


def test_it_says_what_the_certificate_says_in_both_languages() -> None:
    told, seen = predicate(), text(page())
    product, executed, official = told["product"], told["share"]["executed"], told["share"]["officialText"]
    (one,) = told["classes"]
    expected = {
        *("符合性测试证书", "Certificate of Conformity Test", "电子签章处", "Place of the electronic seal"),
        *(told["certificateNo"], product["product"], product["vendor"], product["version"], product["build"]["id"]),
        f"{one['class']}（要求 {one['requirements']} 项，执行 {one['executed']} 项）",
        f"Division codes ({one['executed']} of {one['requirements']} requirements executed)",
        *("L2 经抽样复测", "a random sample was re-run by the office"),
        f"适用要求 {executed['of']} 项中执行 {executed['n']} 项",
        f"{official['of']} 项判定中 {official['n']} 项依据标准原文",
        "2026-11-21 17:00:00 +08:00 至 2028-11-21 00:00:00 +08:00",
        *(told["report"]["digest"]["sha256"], told["report"]["bundle"]["sha256"], told["suite"]["digest"]["sha256"]),
        *(hashlib.sha256(content()).hexdigest(), told["issuer"]["name"]["zh"], told["issuer"]["name"]["en"]),
        *(f"{entry['number']}（{entry['edition']} 版）" for entry in told["standards"]),
        *("lubiao verify TEST-LB-2026-000045.pdf --keys keys.json", "登记簿 register.example（请核对域名）"),
    }
    assert sorted(said for said in expected if squeezed(said) not in seen) == []


def test_it_is_no_certification_and_says_what_the_honest_sentence_says() -> None:
    seen = text(page())
    assert "不构成认证，不代替CMA/CNAS报告" in seen and "认证证书" not in seen
    assert "测试只覆盖所列条款；对安全、运行性能、其他构建以及标明未测试的条款不作任何说明" in seen
    assert "Thisisnostatementonsecurity" in seen


def test_a_build_that_was_only_declared_says_so() -> None:
    def declared(told: dict[str, Any]) -> None:
        told["product"]["build"] = {"kind": "declared", "id": "3.2.1-20261118"}

    seen = text(with_force(declared))
    assert "3.2.1-20261118厂商声明，未经摘要核实" in seen and "声明文件摘要SHA-256" in seen
    assert "厂商声明" not in text(page()) and "构建摘要SHA-256" in text(page())


def test_one_page_holds_it_and_holds_many_classes_and_standards_too() -> None:
    def many(told: dict[str, Any]) -> None:
        one = told["standards"][0]
        told["standards"] = [{**one, "number": f"DB37/T 4223.{place}—2020"} for place in range(11)]
        told["classes"] = [
            {**told["classes"][0], "class": name}
            for name in ("数据元", "区划代码", "交换格式", "交换服务", "网络接入", "运维")
        ]

    assert len(pages(page())) == 1
    seen = pages(with_force(many))
    assert len(seen) == 1 and all(f"DB37/T 4223.{place}—2020" in seen[0] for place in range(11))


def test_more_than_a_page_can_name_is_counted_and_pointed_to() -> None:
    def many(told: dict[str, Any]) -> None:
        one = told["standards"][0]
        told["standards"] = [{**one, "number": f"DB37/T 4223.{place}—2020"} for place in range(200)]
        told["classes"] = [{**told["classes"][0], "class": f"类{place}"} for place in range(100)]

    pdf = with_force(many)
    seen = text(pdf)
    assert "等共200项，全部见登记簿与所附文件" in seen and "等共100项" in seen and "类11" in seen and "类12" not in seen
    assert len(pages(pdf)) <= 2


def test_a_test_certificate_is_marked_whoever_says_so() -> None:
    assert text(page()).count(MARK) >= 2
    assert MARK not in text(with_force())
    assert MARK in text(certificate_pdf(altered(lambda _: None), address=ADDRESS, test=True))
    for change in (
        lambda told: told.update(test=True),
        lambda told: told.update(test="no"),
        lambda told: told.update(test=0),
    ):
        assert MARK in text(with_force(change))
    signed_by_test_keys = altered(lambda told: told.update(test=False, certificateNo="LB-2026-000045"), force=False)
    assert "FORTESTSONLY" in text(certificate_pdf(signed_by_test_keys, address=ADDRESS))


def test_the_mark_lies_across_the_page_and_in_no_one_s_way() -> None:
    """Its outlines are drawn, and the code is still read through it."""
    assert codes(page())
    assert reddish(page())[0] > 5000 and reddish(with_force()) == [0]


def test_the_code_names_register_number_and_half_of_the_digest() -> None:
    digest = hashlib.sha256(content()).hexdigest()
    (code,) = codes(page())
    assert code == qr_text(ADDRESS, "TEST-LB-2026-000045", digest)
    assert code == f"https://register.example/standards/TEST-LB-2026-000045.html#{digest[:32]}"
    assert len(digest[:32]) * 4 == 128


@pytest.mark.parametrize("length", [10, 90, 200])
def test_a_code_is_at_least_25_mm_wide_without_its_quiet_zone(length: int) -> None:
    code = qr_code("h" * length)
    side = int(code.svg.partition('width="')[2].partition('"')[0])
    assert (side - 8 - 17) % 4 == 0 and code.width * (side - 8) / side >= 250


def test_it_is_pdf_a_with_our_fonts_and_certificate_json_byte_for_byte() -> None:
    seen = archival(page())
    assert seen["level"] == "3A" and seen["tagged"] and seen["profile"] and not seen["scripts"]
    assert seen["attached"] == [("certificate.json", "/Data")] and seen["language"] == "zh-CN"
    assert fonts(page()) == FONTS
    with opened(page()) as held:
        assert held.attachments["certificate.json"].get_file().read_bytes() == content()
    assert "595.276 x 841.89" in run(["pdfinfo", "PDF"], page())


def test_the_same_certificate_gives_the_same_bytes() -> None:
    assert certificate_pdf(content(), address=ADDRESS) == page()
    assert certificate_pdf(content(), address="https://other.example") != page()


@pytest.mark.parametrize("said", ['#panic("x")', "$x$ *b* _i_ @ref <l>", "\\u{41} ]#read()", "</svg><script>"])
def test_whatever_stands_in_a_name_is_text(said: str) -> None:
    def named(told: dict[str, Any]) -> None:
        told["product"].update(product=said, vendor=said)
        told["issuer"]["name"] = {"zh": said, "en": said}

    assert text(with_force(named)).count(squeezed(said)) >= 4


def test_a_name_that_the_fonts_lack_is_never_a_blank() -> None:
    def named(told: dict[str, Any]) -> None:
        told["product"]["vendor"] = "𠀀𬭎公司"

    seen = text(with_force(named))
    assert "〔U+20000〕𬭎公司" in seen and "以码位代替：U+20000" in seen


def test_texts_without_end_are_bounded() -> None:
    def named(told: dict[str, Any]) -> None:
        told["product"].update(product="产" * 4000, vendor="v" * 4000, version="1" * 4000)
        told["statement"] = {"zh": "句" * 30000, "en": "s" * 30000}

    assert len(pages(with_force(named))) <= 3


@pytest.mark.parametrize(
    "content_",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b'{"envelope":{}}',
        b'{"envelope":{"payload":"e30=","payloadType":"a","signatures":[]},"proof":{"index":0}}',
        b"\xff",
        b" " * (2 << 20),
    ],
)
def test_what_is_no_certificate_is_refused(content_: bytes) -> None:
    with pytest.raises(TypesetError) as caught:
        certificate_pdf(content_, address=ADDRESS)
    assert caught.value.message.id == "typeset.cert.malformed"


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("share"),
        lambda told: told.update(share={"executed": {}, "officialText": {}}),
        lambda told: told.update(assurance="L9"),
        lambda told: told.update(product="x"),
        lambda told: told.update(certificateNo="../a"),
        lambda told: told.update(classes=7),
        lambda told: told.update(timeCreated=7),
        lambda told: told.update(issuer={"name": None}),
    ],
)
def test_a_certificate_that_lacks_something_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(TypesetError) as caught:
        with_force(change)
    assert caught.value.message.id == "typeset.cert.malformed"


def test_one_byte_more_or_less_is_refused() -> None:
    for changed in (content() + b"\n", content()[:-1], b" " + content()):
        with pytest.raises(TypesetError):
            certificate_pdf(changed, address=ADDRESS)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "register.example",
        "javascript:alert(1)",
        "ftp://a.example",
        "https://",
        "http://[",
        "https://a b",
        "https://" + "a" * 300,
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(TypesetError) as caught:
        certificate_pdf(content(), address=address)
    assert caught.value.message.id == "typeset.cert.address"
