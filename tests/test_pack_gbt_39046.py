"""The pack of GB/T 39046—2020 says what the standard says: tables 4 to 16, annex A, and its contradictions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.standard.model import Element, Pack, Provenance
from conformance.standard.notation import parse
from conformance.standard.pack import load_yaml, pack_folder, read_pack, standards_root
from conformance.standard.standards import Standards

ITEMS = {4: 64, 5: 26, 6: 13, 7: 21, 8: 11, 9: 9, 10: 30, 11: 11, 12: 21, 13: 7, 14: 7, 15: 13, 16: 9}

SECTIONS = {4: "6.1", 5: "6.2", 6: "6.3", 7: "6.4", 8: "6.5", 9: "6.6", 10: "6.7", 11: "6.8"} | {
    12: "6.9.1",
    13: "6.9.2",
    14: "6.9.4",
    15: "6.9.5",
    16: "6.9.6",
}

#: Each table's formats in row order, as the standard's text gives them.
FORMATS = {
    4: "an..200 an..10 an..24 an..30 n2 a..1000 an..200 n1 a..1000 ..ul an..100 an..18 an..100 n1 an..20 an..20 ..ul "
    "an..20 an..20 ..ul ..ul ..ul an..100 an..18 an..100 an..18 an..2000 an..200 an..100 二进制 n1 ..ul n1 an..200 "
    "an..10 an..200 an..10 an..10 an..20 an..10 ..ul an..20 an..10 n1 n1 n1 n1 an..50 an..20 an..100 an..150 an..20 "
    "an..18 an..18 an..1000 an..200 an..100 an..150 an..500 an..400 an..500 n..2 n..2 n1",
    5: "an..50 an..24 an..200 an..20 n1 an..100 n3 an..18 a..30 n3 an..18 an..18 n6 an..100 a..30 n1 YYYYMMDDThhmmss "
    "an..24 n..9 an..20 an..200 n1 an..20 n..2 YYYYMMDDThhmmss 二进制",
    6: "an..50 an..10 an..24 an..200 an..100 an..18 an..30 YYYYMMDDThhmmss an..30 an..20 an..20 n1 n..9",
    7: "an..50 an..20 an..100 a..30 an..1000 YYYYMMDDThhmmss YYYYMMDDThhmmss an..100 an..18 n1 an..100 n1 "
    "YYYYMMDDThhmmss ..ul a..30 YYYYMMDDThhmmss ..ul ..ul an..100 an..18 a..30",
    8: "an..50 a..30 YYYYMMDDhh:mm:ss an..200 an..50 an..1000 an..30 an..100 n..9 n1 n1",
    9: "an..50 an..50 a..30 YYYYMMDDThhmmss n..2 an..20 n1 ..ul n..9",
    10: "an..50 a..30 an..200 ..ul YYYYMMDDThhmmss YYYYMMDDThhmmss a..30 ..ul an..20 ..ul n..3 n..9 an..200 a..30 "
    "an..100 a..30 an..1000 an..50 YYYYMMDDThhmmss an..18 an..100 a..30 YYYYMMDDThhmmss an..500 YYYYMMDDThhmmss an..20 "
    "an..20 ..ul n..3 n..9",
    11: "an..50 an..1000 an..100 n2 YYYYMMDDhhmmss an..20 an..20 n1 YYYYMMDDhhmmss an..1000 an..100",
    12: "an..20 a..30 an..50 an..18 a..10 a..12 an..50 an..60 an..18 an..50 n1 n1 an..100 an..400 an..100 a..30 an18 "
    "n1 an..100 YYYYMMDD a..1000",
    13: "an..10 a..30 YYYYMMDDhhmmss an..20 an..200 YYYYMMDD YYYYMMDD",
    14: "an..50 an..50 an..100 a..30 n..16,2 YYYYMMDDhhmmss a..30",
    15: "an..50 an..50 an..100 YYYYMMDD a..30 an..100 a..30 YYYYMMDD an..20 an..200 YYYYMMDD an..20 an..100",
    16: "an..50 an..100 n1 an..100 an..100 an..50 an..50 an..50 an..20",
}

#: Annex A: code=name of each set.
ANNEX_A = {
    "39046-a.1": "00=行政权力事项 01=行政许可 02=行政处罚 03=行政强制 04=行政征收 05=行政给付 06=行政检查 "
    "07=行政确认 08=行政奖励 09=行政裁决 10=其他类别事项 20=公共服务事项",
    "39046-a.2": "1=国家级/局(署、会) 2=省级/直属 3=市级/隶属 4=县级 5=镇(乡、街道)级 6=村(社区)级 7=分级管理",
    "39046-a.3": "1=法定机关 2=授权组织 3=受委托组织 9=其他",
    "39046-a.4": "1=自然人 2=企业法人 3=事业法人 4=社会组织法人 5=行政机关 6=其他组织",
    "39046-a.5": "1=窗口办理 2=电脑端网上办理 3=移动端网上申请 4=快递申请 9=其他",
    "39046-a.6": "1=即办件 2=承诺件 9=其他",
    "39046-a.7": "1=延长审批 2=除延长审批之外的情况",
    "39046-a.8": "1=非常满意 2=满意 3=基本满意 4=不满意 5=非常不满意",
}

REMARKS = {
    "39046-yes-no": "1=是 0=否",
    "39046-verified": "1=已认证 0=未认证",
    "39046-step-state": "1=待办 2=已办",
    "39046-action": "通过=通过 退回=退回 其他=其他",
}

#: What the standard leaves to other packs.
FOREIGN = {"scheme:gb-32100", "code:gbt-2261.1", "code:ga-2000.156", "division:gbt-2260"}

PLACE = re.compile(r"表(?P<table>\d+) 第(?P<item>\d+)项")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(standards_root(), "gbt-39046", "2020")


@pytest.fixture(scope="module")
def head() -> Mapping[str, Any]:
    raw: Mapping[str, Any] = load_yaml(pack_folder(standards_root(), "gbt-39046", "2020") / "standard.yaml")
    return raw


def table_of(element: Element) -> int:
    return int(element.id.split("-")[1])


def item(table: int, row: int) -> str:
    return f"39046-{table:02d}-{row:02d}"


def test_each_table_has_the_items_of_the_standard(pack: Pack) -> None:
    assert Counter(map(table_of, pack.elements.values())) == ITEMS
    assert len(pack.elements) == 242
    assert set(pack.elements) == {item(table, row) for table, count in ITEMS.items() for row in range(1, count + 1)}


@pytest.mark.parametrize("table", ITEMS)
def test_each_table_has_the_formats_of_the_standard(pack: Pack, table: int) -> None:
    found = [pack.elements[item(table, row)].format for row in range(1, ITEMS[table] + 1)]
    assert found == [parse(notation) for notation in FORMATS[table].split()]


def test_each_clause_names_table_and_row(pack: Pack) -> None:
    for element in pack.elements.values():
        table, row = table_of(element), int(element.id[-2:])
        assert element.clause.number == f"{SECTIONS[table]} 表{table} 第{row}项"
        assert element.clause.provenance is Provenance.TEXT


def test_the_type_agrees_with_the_format(pack: Pack) -> None:
    kinds = {
        "字符型": {"text"},
        "数字型": {"text", "number"},
        "日期型": {"picture"},
        "日期时间型": {"picture"},
        "二进制": {"binary"},
    }
    for element in pack.elements.values():
        assert element.format.kind in kinds[element.type], element.id
        assert ("hh" in element.format.picture) == (element.type == "日期时间型"), element.id
        assert element.type != "数字型" or element.format.symbol == "n", element.id


def test_pinyin_and_identifier_spell_the_name(pack: Pack) -> None:
    for element in pack.elements.values():
        syllables = element.pinyin.split("-")
        assert len(syllables) == len(element.name.replace("/", "")), element.id
        assert all(re.fullmatch("[a-z]{1,6}", syllable) for syllable in syllables), element.id
        assert element.identifier == "".join(syllable[0] for syllable in syllables).upper(), element.id
    assert pack.elements["39046-04-07"].pinyin == "xing-shi-ceng-ji"


def test_each_attribute_of_an_element_is_given(pack: Pack) -> None:
    for element in pack.elements.values():
        assert element.object_class, element.id
        assert element.property, element.id
        assert element.representation, element.id
        assert element.element_class, element.id
        assert element.source, element.id


@pytest.mark.parametrize(("id_", "listed"), [*ANNEX_A.items(), *REMARKS.items()])
def test_codes_are_those_of_the_text(pack: Pack, id_: str, listed: str) -> None:
    assert [f"{code.code}={code.name}" for code in pack.codes[id_].codes] == listed.split()
    assert pack.codes[id_].complete


def test_lists_of_examples_decide_nothing(pack: Pack) -> None:
    """Table 9 item 2 and table 4 item 49 list values without saying that there are no others."""
    open_lists = {codes.id for codes in pack.codes.values() if not codes.complete}
    assert open_lists == {"39046-channel", "39046-system-level"}
    assert set(pack.codes) == {*ANNEX_A, *REMARKS, *open_lists}
    assert [code.code for code in pack.codes["39046-system-level"].codes] == ["国家级", "省级", "市级"]
    assert len(pack.codes["39046-channel"].codes) == 7


def test_only_matter_types_may_be_extended(pack: Pack) -> None:
    """Annex A table A.1: the rows 11…… and 21……; two digits, and 20 lies between them."""
    extension = pack.codes["39046-a.1"].extension
    extended = {code for code in (f"{n:02d}" for n in range(100)) if re.fullmatch(extension, code)}
    assert extended == {f"{n}" for n in [*range(11, 20), *range(21, 100)]}
    assert not any(re.fullmatch(extension, wrong) for wrong in ("1", "110", "1a", "１１"))
    assert not extended & {code.code for code in pack.codes["39046-a.1"].codes}
    assert [codes.id for codes in pack.codes.values() if codes.extension] == ["39046-a.1"]


def test_every_code_of_a_list_fits_the_elements_that_use_it(pack: Pack) -> None:
    used = set()
    for element in pack.elements.values():
        kind, _, id_ = element.domain.partition(":")
        if kind != "code" or element.domain in FOREIGN:
            assert element.domain in FOREIGN | {""}, element.id
            continue
        used.add(id_)
        for code in pack.codes[id_].codes:
            assert element.format.minimum <= len(code.code) <= (element.format.maximum or 0), element.id
    assert used == set(pack.codes)


def test_domains_of_other_packs_exist() -> None:
    standards = Standards.load([("gbt-39046", "2020")])
    for domain in sorted(FOREIGN):
        kind, _, id_ = domain.partition(":")
        assert kind == "division" or id_ in {"code": standards.codes, "scheme": standards.schemes}[kind], domain


def test_credit_codes_follow_gb_32100(pack: Pack) -> None:
    found = {element.id for element in pack.elements.values() if element.domain == "scheme:gb-32100"}
    named = [(4, 12), (4, 24), (4, 26), (6, 6), (7, 9), (7, 20), (12, 17)]
    assert found == {item(*place) for place in named}


def test_certificate_numbers_have_no_scheme(pack: Pack) -> None:
    """Which structure a certificate number has depends on the certificate's type."""
    numbers = [element for element in pack.elements.values() if element.name.endswith("证件号码")]
    assert len(numbers) == 3
    assert {(element.domain, element.personal) for element in numbers} == {("", "document")}


def test_people_are_marked_and_matters_are_not(pack: Pack) -> None:
    for element in pack.elements.values():
        if element.format.notation == "a..30":
            assert element.personal == "name", element.id
        if table_of(element) in {4, 11, 16}:
            assert element.personal == "", element.id
    marks = {row: pack.elements[item(12, row)].personal for row in (1, 4, 7, 8, 9, 10, 14, 17)}
    expected = ["account", "document", "account", "account", "phone", "email", "", ""]
    assert list(marks.values()) == expected


def test_one_name_with_two_formats_is_a_contradiction_kept_as_data(pack: Pack) -> None:
    by_name: dict[str, list[Element]] = defaultdict(list)
    for element in pack.elements.values():
        by_name[element.name].append(element)
    torn = {name for name, rows in by_name.items() if len({row.format for row in rows}) > 1}
    assert torn == {"办件编号", "事项名称"}
    for name in torn:
        usual = Counter(row.format for row in by_name[name]).most_common(1)[0][0]
        assert all(row.conflict is not None for row in by_name[name] if row.format != usual), name


def test_the_case_number_has_two_lengths_in_table_5(pack: Pack) -> None:
    first, second = pack.elements["39046-05-01"], pack.elements["39046-05-20"]
    assert first.name == second.name == "办件编号"
    assert first.conflict == (second.format, "6.2 表5 第20项")
    assert second.conflict == (first.format, "6.2 表5 第1项")
    assert pack.elements["39046-12-17"].conflict == (parse("an..18"), "6.3 表6 第6项")


def test_each_conflict_is_where_it_says(pack: Pack) -> None:
    for element in pack.elements.values():
        if element.conflict is None:
            continue
        other, place = element.conflict
        assert other != element.format, element.id
        if place == "5.3 表2":
            assert other.picture == "YYYYMMDDhhmmss"
            assert element.type == "日期时间型"
        else:
            match = PLACE.search(place)
            assert match is not None
            there = pack.elements[item(int(match["table"]), int(match["item"]))]
            assert there.format == other, element.id
            assert place == there.clause.number


def test_every_conflict_is_told_in_both_languages(pack: Pack, head: Mapping[str, Any]) -> None:
    told = head["contradictions"]
    assert len({entry["id"] for entry in told}) == len(told)
    for entry in told:
        assert entry["kind"] in {"format", "type", "code", "wording"}
        assert entry["what"]["zh"].strip()
        assert entry["what"]["en"].isascii() or "—" in entry["what"]["en"]
        assert entry["where"]
        assert all(isinstance(place, str) for place in entry["where"])
        assert set(entry["elements"]) <= set(pack.elements), entry["id"]
    formats = {id_ for entry in told if entry["kind"] == "format" for id_ in entry["elements"]}
    assert formats == {element.id for element in pack.elements.values() if element.conflict}


def test_every_date_time_that_departs_from_table_2_says_so(pack: Pack) -> None:
    """5.3 table 2 has YYYYMMDDhhmmss; tables 5, 6, 7, 9, 10 have a T, table 8 has colons."""
    times = [element for element in pack.elements.values() if element.type == "日期时间型"]
    departing = {element.id for element in times if element.format.picture != "YYYYMMDDhhmmss"}
    assert departing == {element.id for element in times if element.conflict}
    assert Counter(int(id_.split("-")[1]) for id_ in departing) == {5: 2, 6: 1, 7: 4, 8: 1, 9: 1, 10: 5}


def test_flags_read_one_of_two_ways(pack: Pack) -> None:
    flags = {element.id: element.domain for element in pack.elements.values() if element.name.startswith("是否")}
    assert flags.pop("39046-12-11") == "code:39046-verified"
    assert set(flags.values()) == {"code:39046-yes-no"}
    assert len(flags) == 11
