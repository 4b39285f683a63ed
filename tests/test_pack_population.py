"""The population packs, DB37/T 4223.1 and 4224.1: whole, consistent, and equal to the facts behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from conformance.standard.model import CodeList, Element, Pack, Provenance
from conformance.standard.pack import load_rows, read_pack, standards_root
from conformance.standard.standards import Standards

CHAPTERS = {"5": 40, "6": 8, "7": 12, "8": 6, "9": 6, "10": 6}
ROLES = {
    "birth": {"number", "birth"},
    "sex": {"number", "sex"},
    "name": {"code", "name"},
    "division-name": {"code", "name"},
    "division-parent": {"child", "parent"},
    "order": {"first", "second"},
}
MASKS = {"", "id-number", "name", "phone", "email", "address", "account", "birth", "document", "health", "other"}
COMPLETE = {
    "gbt-2261.1": 4,
    "gbt-2261.2": 8,
    "gbt-2261.3": 27,
    "gbt-2261.4": 13,
    "gbt-3304": 56,
    "gbt-4658": 40,
    "gbt-4761": 84,
    "gbt-4761-1": 9,
    "gbt-4762": 13,
}


@pytest.fixture(scope="module")
def elements_pack() -> Pack:
    return read_pack(standards_root(), "db37-4223.1", "2020")


@pytest.fixture(scope="module")
def codes_pack() -> Pack:
    return read_pack(standards_root(), "db37-4224.1", "2020")


@pytest.fixture(scope="module")
def standards() -> Standards:
    return Standards.load([("db37-4223.1", "2020")])


def codes(pack: Pack, list_id: str) -> dict[str, str]:
    return {code.code: code.name for code in pack.codes[list_id].codes}


def by_name(pack: Pack) -> Mapping[str, Element]:
    return {element.name: element for element in pack.elements.values()}


def test_the_pack_holds_at_least_66_elements_over_all_chapters(elements_pack: Pack) -> None:
    counts = dict.fromkeys(CHAPTERS, 0)
    for element in elements_pack.elements.values():
        counts[element.clause.number] += 1
    assert sum(counts.values()) >= 66
    assert all(counts[clause] >= least for clause, least in CHAPTERS.items()), counts


def test_ids_names_and_identifiers_are_unique_and_no_row_is_lost(elements_pack: Pack) -> None:
    folder = standards_root() / "db37-4223.1" / "2020" / "elements"
    rows = [row for path in sorted(folder.glob("*.csv")) for row in load_rows(path)]
    assert len(rows) == len(elements_pack.elements)
    for column in ("id", "name", "identifier"):
        values = [row[column] for row in rows]
        assert len(set(values)) == len(values), column


def test_identifiers_are_the_initials_of_the_pinyin(elements_pack: Pack) -> None:
    for element in elements_pack.elements.values():
        syllables = element.pinyin.split("-")
        assert element.identifier == "".join(syllable[0] for syllable in syllables).upper(), element.name
        assert len(syllables) == len(re.sub("[（）]", "", element.name)), element.name


def test_every_element_has_its_attributes_and_a_known_mask(elements_pack: Pack) -> None:
    for element in elements_pack.elements.values():
        filled = (element.object_class, element.property, element.representation, element.type, element.version)
        assert all((*filled, element.status, element.element_class, element.definition, element.source)), element.id
        assert element.personal in MASKS, element.id
        assert element.halfwidth == (element.name in {"通信地址", "现住址", "出生地址", "户籍地址"}), element.id


def test_no_element_claims_the_text_of_a_standard_that_was_not_seen(elements_pack: Pack) -> None:
    provenances = {element.clause.provenance for element in elements_pack.elements.values()}
    assert provenances == {Provenance.ADOPTED, Provenance.RECONSTRUCTED}


def test_the_first_element_is_the_citizen_number_as_ga_t_543_1_has_it(elements_pack: Pack) -> None:
    number = elements_pack.elements["4223.1-05-001"]
    assert (number.name, number.identifier, number.format.notation) == ("公民身份号码", "GMSFHM", "c18")
    assert (number.object_class, number.property, number.representation) == ("公民", "身份", "号码")
    assert number.domain == "scheme:gb-11643"
    assert number.synonyms == ("身份证号", "居民身份证号")
    assert number.personal == "id-number"


@pytest.mark.parametrize(
    ("name", "notation", "domain"),
    [
        ("性别代码", "c1", "code:gbt-2261.1"),
        ("民族代码", "c2", "code:gbt-3304"),
        ("出生日期", "d8", ""),
        ("出生时间", "d14", ""),
        ("国籍代码", "c3", "code:gbt-2659-alpha3"),
        ("常用证件类型代码", "c3", "code:ga-2000.156"),
        ("文化程度代码", "c2", "code:gbt-4658"),
        ("政治面貌代码", "c2", "code:gbt-4762"),
        ("与户主关系代码", "c2", "code:gbt-4761"),
        ("户籍地行政区划代码", "n6", "division:gbt-2260"),
        ("户籍地乡镇街道代码", "n9", "division:gbt-10114"),
        ("户籍地居（村）委会代码", "n12", "division:stat-12"),
        ("社会保障号码", "c18", "scheme:gb-11643"),
        ("缴费基数", "n..10,2", ""),
        ("备注", "ul", ""),
        ("有效标志", "bl", ""),
    ],
)
def test_formats_and_domains(elements_pack: Pack, name: str, notation: str, domain: str) -> None:
    element = by_name(elements_pack)[name]
    assert (element.format.notation, element.domain) == (notation, domain)


def test_numbers_have_a_unit_and_bounds_within_their_digits(elements_pack: Pack) -> None:
    numbers = [element for element in elements_pack.elements.values() if element.format.kind == "number"]
    assert {element.name for element in numbers} >= {"身高", "体重", "缴费基数", "出生体重"}
    for element in numbers:
        digits, decimals = element.format.maximum or 0, element.format.decimals or 0
        assert element.unit, element.name
        assert 0 <= float(element.minimum) < float(element.maximum) < 10 ** (digits - decimals), element.name


def test_date_bounds_stand_in_the_elements_own_picture(elements_pack: Pack) -> None:
    bounded = [e for e in elements_pack.elements.values() if e.format.kind == "picture" and e.minimum]
    assert bounded
    for element in bounded:
        assert element.minimum.isdigit(), element.name
        assert len(element.minimum) == len(element.format.picture), element.name


def test_every_domain_exists(standards: Standards, elements_pack: Pack) -> None:
    systems = {"gbt-2260", "gbt-10114", "stat-9", "stat-12"}
    known: dict[str, object] = {"code": standards.codes, "scheme": standards.schemes, "division": systems}
    for element in elements_pack.elements.values():
        if element.domain:
            kind, _, id_ = element.domain.partition(":")
            assert id_ in known[kind], element.id  # type: ignore[operator]


def test_a_code_fits_the_format_of_each_element_that_uses_its_list(standards: Standards, elements_pack: Pack) -> None:
    for element in elements_pack.elements.values():
        kind, _, id_ = element.domain.partition(":")
        if kind == "code":
            least, most = element.format.minimum, element.format.maximum or 0
            assert all(least <= len(code.code) <= most for code in standards.codes[id_].codes), element.id


def test_relations_have_their_roles_and_the_elements_exist(elements_pack: Pack) -> None:
    assert {relation.kind for relation in elements_pack.relations} == set(ROLES)
    ids = [relation.id for relation in elements_pack.relations]
    assert len(set(ids)) == len(ids)
    for relation in elements_pack.relations:
        assert set(relation.roles) == ROLES[relation.kind], relation.id
        assert all(element in elements_pack.elements for element in relation.roles.values()), relation.id


def test_each_relation_joins_elements_of_the_right_kind(elements_pack: Pack) -> None:
    for relation in elements_pack.relations:
        roles = {role: elements_pack.elements[id_] for role, id_ in relation.roles.items()}
        if relation.kind in ("birth", "sex"):
            assert roles["number"].domain == "scheme:gb-11643"
        if relation.kind in ("name", "division-name"):
            domain = "code:" if relation.kind == "name" else "division:"
            assert roles["code"].domain.startswith(domain), relation.id
            assert roles["code"].name.removesuffix("代码") == roles["name"].name.removesuffix("名称"), relation.id
        if relation.kind == "division-parent":
            assert (roles["child"].domain, roles["parent"].domain) == ("division:gbt-10114", "division:gbt-2260")
        if relation.kind == "order":
            assert roles["first"].format.picture == roles["second"].format.picture == "YYYYMMDD", relation.id


@pytest.mark.parametrize(("list_id", "size"), COMPLETE.items())
def test_complete_lists_have_their_size(codes_pack: Pack, list_id: str, size: int) -> None:
    assert codes_pack.codes[list_id].complete
    assert len(codes(codes_pack, list_id)) == len(codes_pack.codes[list_id].codes) == size


def test_reconstructed_lists_are_never_complete(codes_pack: Pack) -> None:
    ours = [listed for id_, listed in codes_pack.codes.items() if id_.startswith("4224.1-")]
    assert ours
    for listed in (*ours, *(codes_pack.codes[id_] for id_ in ("ga-2000.156", "gbt-6864", "gbt-8561"))):
        assert not listed.complete, listed.id
    assert {listed.clause.provenance for listed in ours} == {Provenance.RECONSTRUCTED}


def test_sex_and_marriage_codes(codes_pack: Pack) -> None:
    assert codes(codes_pack, "gbt-2261.1") == {"0": "未知", "1": "男", "2": "女", "9": "未说明"}
    assert "".join(sorted(codes(codes_pack, "gbt-2261.2"))) == "1020212223304090"
    assert codes(codes_pack, "gbt-2261.2")["23"] == "复婚"


def test_health_and_status_codes(codes_pack: Pack) -> None:
    health = codes(codes_pack, "gbt-2261.3")
    assert {code for code in health if len(code) == 1} == set("1236")
    two = "10 20 30 31 32 33 34 35 36 37 38 40 41 49 60 61 62 63 64 65 66 67 69"
    assert {code for code in health if len(code) > 1} == set(two.split())
    status = "11 13 17 21 24 27 31 37 51 54 70 80 90"
    assert " ".join(codes(codes_pack, "gbt-2261.4")) == status


def test_the_56_ethnic_groups(codes_pack: Pack) -> None:
    groups = codes(codes_pack, "gbt-3304")
    assert list(groups) == [f"{number:02d}" for number in range(1, 57)]
    assert (groups["01"], groups["17"], groups["42"], groups["56"]) == ("汉族", "哈萨克族", "怒族", "基诺族")
    letters = {code.note.removeprefix("字母代码 ") for code in codes_pack.codes["gbt-3304"].codes}
    assert len(letters) == 56
    assert all(re.fullmatch("[A-Z]{2}", letter) for letter in letters)


def test_education_has_no_completion_short_of_graduation_below_senior_school(codes_pack: Pack) -> None:
    education = codes(codes_pack, "gbt-4658")
    assert not {"72", "82", "50", "99"} & education.keys()
    assert education["11"] == "博士研究生毕业"
    assert (education["28"], education["49"], education["83"]) == ("大学普通班毕业", "技工学校肄业", "小学肄业")


def test_family_relations_and_political_affiliation(codes_pack: Pack) -> None:
    family = codes(codes_pack, "gbt-4761")
    assert not {"00", "13", "98"} & family.keys()
    assert (family["02"], family["12"], family["55"], family["99"]) == ("户主", "妻", "岳父", "非亲属")
    assert list(codes(codes_pack, "gbt-4761-1")) == list("012345678")
    assert list(codes(codes_pack, "gbt-4762")) == [f"{number:02d}" for number in range(1, 14)]


def test_certificates_degrees_and_posts(codes_pack: Pack) -> None:
    certificates = codes(codes_pack, "ga-2000.156")
    assert {"111", "113", "114", "335", "414", "511", "513", "516", "990"} <= certificates.keys()
    degrees = codes(codes_pack, "gbt-6864")
    assert len(degrees) == 56
    assert (degrees["2"], degrees["201"], degrees["412"]) == ("博士", "哲学博士学位", "管理学学士学位")
    posts = codes(codes_pack, "gbt-8561")
    assert (posts["011"], posts["014"], posts["082"]) == ("教授", "助教（高校）", "高级工程师")


def no_control_characters(listed: CodeList) -> bool:
    return all(code.name == code.name.strip() and code.name.isprintable() and code.name for code in listed.codes)


def test_names_of_codes_are_clean(codes_pack: Pack) -> None:
    assert all(no_control_characters(listed) for listed in codes_pack.codes.values())
