"""The legal-entity packs (DB37/T 4223.2, 4224.2) and the identifier schemes agree with published numbers."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from stdnum.iso7064 import mod_11_10

from conformance.standard.model import CheckRule, CodeList, Element, Pack, Provenance, Scheme
from conformance.standard.pack import read_pack, standards_root
from conformance.standard.standards import Standards

STANDARDS = Standards.load([("db37-4223.2", "2020")])
LEGAL: Pack = STANDARDS.packs["db37-4223.2"]
ELEMENTS = {element.name: element for element in LEGAL.elements.values()}
CODES = STANDARDS.packs["db37-4224.2"].codes
SCHEMES = read_pack(standards_root(), "data-elements", "2020").schemes


# --- identifier schemes ---------------------------------------------------------------------------------------------


def check_holds(value: str, check: CheckRule) -> bool:
    """The check of an identifier, told once more in the plainest way."""
    if check.algorithm == "iso7064-mod-11-10":
        product = 10
        for digit in value[:-1]:
            product = ((product + int(digit)) % 10 or 10) * 2 % 11
        return (product + int(value[-1])) % 10 == 1
    numbers = [*(check.values[character] for character in value[:-1]), check.check_values[value[-1]]]
    return sum(n * w for n, w in zip(numbers, check.weights, strict=True)) % check.modulus == check.remainder


def accepts(id_: str, value: str) -> bool:
    """Pattern, code part, inner identifier and check character of a scheme hold."""
    scheme = SCHEMES[id_]
    if not re.fullmatch(scheme.pattern, value) or len(value) != scheme.length:
        return False
    for part in scheme.parts:
        text = value[part.start - 1 : part.start - 1 + part.length]
        if part.kind == "scheme" and not accepts(part.domain, text):
            return False
        if part.kind == "code" and text not in {code.code for code in STANDARDS.codes[part.domain].codes}:
            return False
    return scheme.check is None or check_holds(value, scheme.check)


CITIZENS = """
37010220991231001X 370102209912310060 370102209912310191 370102209912310052 370102209912310183 370102209912310044
370102209912310095 370102209912310036 370102209912310087 370102209912310028 370102209912310079 370202209912310015
371302209912310011 370000209912310011 371202209912310016 11010519491231002X 440524188001010014
"""
CREDIT_CODES = """
11370000000000000W 12370100000000000Y 51370000000000000Q 91370100000000000R 91371200000000000B 933705020000000005
N23701020000000006 Y1370000000000000Y 91350100M000100Y43 91330110MA2CC1X505
913701000000001150 123702000000001310 913701000000003500 113700000000003690
"""


@pytest.mark.parametrize("number", CITIZENS.split())
def test_published_and_computed_citizen_numbers_hold(number: str) -> None:
    assert accepts("gb-11643", number)


@pytest.mark.parametrize("code", CREDIT_CODES.split())
def test_published_and_computed_credit_codes_hold(code: str) -> None:
    assert accepts("gb-32100", code)


@pytest.mark.parametrize("code", ["00000006-X", "D2143569-X", "00000019-0"])
def test_organisation_codes_hold_with_and_without_the_hyphen(code: str) -> None:
    assert accepts("gb-11714", code)
    assert accepts("gb-11714-compact", code.replace("-", ""))


@pytest.mark.parametrize("body", ["37010010000001", "37000000000002", "37020040000003", "37170060000009"])
def test_registration_numbers_agree_with_an_independent_implementation(body: str) -> None:
    right = mod_11_10.calc_check_digit(body)
    assert [digit for digit in "0123456789" if accepts("gs-15-2006", body + digit)] == [right]


@pytest.mark.parametrize(
    ("id_", "value"),
    [
        ("gb-11643", "37010220991231001X"),
        ("gb-32100", "913701000000001150"),
        ("gb-11714", "D2143569-X"),
        ("gb-11714-compact", "D2143569X"),
        ("gs-15-2006", "370100100000012"),
    ],
)
def test_exactly_one_check_character_holds(id_: str, value: str) -> None:
    check = SCHEMES[id_].check
    assert check is not None
    candidates = [value[:-1] + last for last in check.values]
    assert [candidate for candidate in candidates if accepts(id_, candidate)] == [value]


def test_a_letter_x_in_the_body_of_an_organisation_code_is_33_and_as_check_character_10() -> None:
    check = SCHEMES["gb-11714-compact"].check
    assert check is not None
    assert (check.values["X"], check.check_values["X"]) == (33, 10)


@pytest.mark.parametrize(
    ("id_", "value"),
    [
        ("gb-11643", "37010220991231001x"),  # lower case
        ("gb-11643", "3701022099123100190"),  # one too long
        ("gb-11643-15", "37010299123100X"),  # a letter
        ("gb-32100", "9137010000000000OR"),  # the letter O is not used
        ("gb-32100", "95370100000000000R"),  # 95 is no pair of authority and class
        ("gb-11714", "D2143569X"),  # no hyphen
        ("gs-15-2006", "37010010000001"),  # one too short
    ],
)
def test_a_wrong_structure_is_refused(id_: str, value: str) -> None:
    assert not accepts(id_, value)


def test_the_credit_code_alphabet_leaves_out_five_letters() -> None:
    check = SCHEMES["gb-32100"].check
    assert check is not None
    assert len(check.values) == 31
    assert not set("IOZSV") & set(check.values)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.id)
def test_the_parts_of_a_scheme_cover_it_and_its_check_is_last(scheme: Scheme) -> None:
    covered = {i for part in scheme.parts for i in range(part.start, part.start + part.length)}
    assert covered == set(range(1, scheme.length + 1))
    checks = [part for part in scheme.parts if part.kind == "check"]
    assert bool(checks) == (scheme.check is not None)
    assert all(part.start == scheme.length for part in checks)
    assert scheme.clause.standard.startswith(("GB ", "GS ", "DB37/T "))
    assert scheme.clause.provenance in (Provenance.SECONDARY, Provenance.EXCERPT)


# --- elements -------------------------------------------------------------------------------------------------------


def test_there_are_as_many_elements_as_promised_under_unlike_names() -> None:
    assert len(ELEMENTS) == len(LEGAL.elements) >= 56
    for attribute in ("name", "identifier", "pinyin"):
        counts = Counter(getattr(element, attribute) for element in LEGAL.elements.values())
        assert [value for value, times in counts.items() if times > 1] == []


def test_a_synonym_names_one_element_only() -> None:
    names = Counter(name for element in ELEMENTS.values() for name in (element.name, *element.synonyms))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("element", LEGAL.elements.values(), ids=lambda element: element.name)
def test_the_value_domain_exists_and_fits_the_format(element: Element) -> None:
    kind, _, name = element.domain.partition(":")
    if kind == "code":
        fits_every_code(element, STANDARDS.codes[name])
    elif kind == "scheme":
        assert element.format.fixed
        assert element.format.maximum == STANDARDS.schemes[name].length
    elif kind == "division":
        assert (name, element.format.notation) == ("gbt-2260", "n6")
    else:
        assert element.domain == ""


def fits_every_code(element: Element, codes: CodeList) -> None:
    for code in codes.codes:
        assert element.format.minimum <= len(code.code) <= (element.format.maximum or len(code.code))
        assert element.format.symbol != "n" or code.code.isdigit()
        assert element.format.symbol != "a" or code.code.isalpha()


@pytest.mark.parametrize("element", LEGAL.elements.values(), ids=lambda element: element.name)
def test_an_element_says_what_it_rests_on(element: Element) -> None:
    assert element.clause.number == "5"
    assert element.clause.provenance in (Provenance.ADOPTED, Provenance.RECONSTRUCTED)
    assert "reconstructed" in element.source
    assert element.definition
    initials = "".join(syllable[0] for syllable in element.pinyin.split("-")).upper()
    assert element.identifier == initials


@pytest.mark.parametrize(
    ("name", "personal"),
    [
        ("法定代表人姓名", "name"),
        ("法定代表人公民身份号码", "id-number"),
        ("法定代表人证件号码", "document"),
        ("法定代表人联系电话", "phone"),
        ("法定代表人电子邮箱", "email"),
        ("法定代表人住址", "address"),
        ("股东名称", "name"),
        ("股东证件号码", "document"),
        ("机构联系人姓名", "name"),
        ("统一社会信用代码", ""),
        ("机构名称", ""),
    ],
)
def test_personal_elements_are_marked(name: str, personal: str) -> None:
    assert ELEMENTS[name].personal == personal


def test_every_citizen_number_is_marked_personal() -> None:
    numbers = [element for element in ELEMENTS.values() if element.domain == "scheme:gb-11643"]
    assert numbers
    assert {element.personal for element in numbers} == {"id-number"}


@pytest.mark.parametrize("name", ["注册资本", "实收资本", "开办资金", "认缴出资额", "实缴出资额"])
def test_amounts_have_two_decimals_and_are_not_negative(name: str) -> None:
    element = ELEMENTS[name]
    assert (element.format.notation, element.minimum, element.unit) == ("n..18,2", "0", "元")


# --- relations ------------------------------------------------------------------------------------------------------

ROLES = {
    "organisation": {"number", "organisation"},
    "authority": {"number", "division"},
    "name": {"code", "name"},
    "division-name": {"code", "name"},
    "order": {"first", "second"},
}


def test_relations_join_elements_of_the_right_kind() -> None:
    assert len({relation.id for relation in LEGAL.relations}) == len(LEGAL.relations)
    for relation in LEGAL.relations:
        assert set(relation.roles) == ROLES[relation.kind], relation.id
        joined = {role: LEGAL.elements[id_] for role, id_ in relation.roles.items()}
        if relation.kind in ("organisation", "authority"):
            assert joined["number"].domain == "scheme:gb-32100"
        if relation.kind == "organisation":
            assert joined["organisation"].domain.startswith("scheme:gb-11714")
        if relation.kind == "authority":
            assert joined["division"].domain == "division:gbt-2260"
        if relation.kind == "name":
            assert joined["code"].domain.startswith("code:")
        if relation.kind == "division-name":
            assert joined["code"].domain == "division:gbt-2260"
        if relation.kind == "order":
            assert {element.format.notation for element in joined.values()} == {"d8"}


def test_each_code_with_a_name_beside_it_has_its_relation() -> None:
    paired = {relation.roles["code"] for relation in LEGAL.relations if relation.kind in ("name", "division-name")}
    for element in ELEMENTS.values():
        partner = ELEMENTS.get(f"{element.name.removesuffix('代码')}名称")
        if element.name.endswith("代码") and partner and element.domain.startswith(("code:", "division:")):
            assert element.id in paired, element.name


# --- code lists -----------------------------------------------------------------------------------------------------

SIZES = {"gbt-12402": 34, "gbt-20091": 25, "gbt-4754-section": 20, "gbt-4754-division": 97, "gbt-12404": 12}


@pytest.mark.parametrize(("id_", "size"), SIZES.items())
def test_a_list_has_as_many_codes_as_its_standard(id_: str, size: int) -> None:
    assert len(CODES[id_].codes) == size


@pytest.mark.parametrize("codes", CODES.values(), ids=lambda codes: codes.id)
def test_a_list_is_well_formed(codes: CodeList) -> None:
    known = [code.code for code in codes.codes]
    assert len(set(known)) == len(known)
    for code in codes.codes:
        assert code.name == code.name.strip() != ""
        assert all(re.fullmatch(r"(\d{8})?", day) for day in (code.valid_from, code.valid_to))
        assert not (code.valid_from and code.valid_to) or code.valid_from <= code.valid_to
        assert not code.successor or set(code.successor.split(";")) <= set(known)
    ours = codes.id.startswith("4224.2-")
    assert not (ours and codes.complete), "a list whose official text was not seen decides nothing"


@pytest.mark.parametrize(
    ("id_", "code", "valid_from", "valid_to"),
    [
        ("gbt-2659-alpha3", "CHN", "", ""),
        ("gbt-2659-alpha3", "ANT", "", "20101215"),
        ("gbt-2659-alpha3", "CUW", "20101215", ""),
        ("gbt-2659-alpha3", "SSD", "20110809", ""),
        ("gbt-2659-alpha3", "SCG", "20030723", "20060926"),
        ("gbt-2659-alpha3", "YUG", "", "20030723"),
        ("gbt-2659-alpha3", "TLS", "20020520", ""),
        ("gbt-2659-alpha2", "RS", "20060926", ""),
        ("gbt-2659-numeric", "156", "", ""),
        ("gbt-2659-numeric", "891", "", "20060926"),
        ("gbt-12406", "CNY", "", ""),
        ("gbt-12406", "DEM", "", "20020228"),
        ("gbt-12406-numeric", "156", "", ""),
    ],
)
def test_codes_come_and_go_with_what_they_name(id_: str, code: str, valid_from: str, valid_to: str) -> None:
    found = next(entry for entry in CODES[id_].codes if entry.code == code)
    assert (found.valid_from, found.valid_to) == (valid_from, valid_to)


def test_the_three_country_lists_name_the_same_countries_of_today() -> None:
    names = [
        sorted(code.name for code in CODES[f"gbt-2659-{form}"].codes if not code.valid_to)
        for form in ("alpha2", "alpha3", "numeric")
    ]
    assert len(names[0]) == 249
    assert names[0] == names[1] == names[2]


def test_the_pairs_of_authority_and_class_are_drawn_from_the_credit_code_alphabet() -> None:
    check = SCHEMES["gb-32100"].check
    assert check is not None
    pairs = [code.code for code in CODES["gb-32100-class"].codes]
    assert all(len(pair) == 2 and set(pair) <= set(check.values) for pair in pairs)
    assert {pair[0] for pair in pairs} == set("123456789ANY")
