"""The oracle: each rule on values whose verdict is known by hand, and what must hold of any values at all."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.model import Column, Dataset, DivisionUse, Link, TableUse
from conformance.judge.oracle import OracleResult, divisions_of, judge
from conformance.standard.notation import parse
from conformance.standard.standards import Standards

ROOT = Path(__file__).parents[1]
STANDARDS = Standards.load(
    [("db37-4223.1", "2020"), ("db37-4223.2", "2020"), ("gbt-39046", "2020")], ROOT / "standards"
)
NUMBER, SEX, BIRTH, NAME, PLACE, TOWN = (
    f"4223.1-{n}" for n in ("05-001", "05-006", "05-010", "05-007", "07-007", "07-009")
)
CREDIT, ORGANISATION, HYPHEN, REGISTER, COUNTRY = (f"4223.2-05-0{n}" for n in ("01", "02", "03", "04", "39"))
SUM, CASE, CREDIT18, DONE, KIND = "39046-14-05", "39046-05-20", "39046-12-17", "39046-08-03", "39046-a.1"
AS_OF = "20261121"

Rows = Sequence[Mapping[str, str | None]]
Expected = tuple[int, tuple[int, ...], tuple[int, ...]]


def column(element: str, name: str = "c", **options: Any) -> Column:
    """A column that holds an element of the packs, labelled by its name."""
    return replace(Column(name, STANDARDS.elements[element], name), **options)


def dataset(*columns: Column, **options: Any) -> Dataset:
    """A dataset of those columns, judged at the day of the data."""
    return replace(Dataset("t", columns, AS_OF), **options)


def one(element: Column, *values: str | None) -> dict[str, OracleResult]:
    """The results for one column of values."""
    results = judge(dataset(element), [{"c": value} for value in values], STANDARDS)
    assert {target for _, target in results} <= {"t.c"}
    return {requirement: result for (requirement, _), result in results.items()}


def reds(results: Mapping[str, OracleResult]) -> dict[str, tuple[int, ...]]:
    """The violating rows of each rule that has some."""
    return {requirement: result.violations for requirement, result in results.items() if result.violations}


def opens(results: Mapping[str, OracleResult]) -> dict[str, tuple[int, ...]]:
    """The undecided rows of each rule that has some."""
    return {requirement: result.undecided for requirement, result in results.items() if result.undecided}


def test_the_oracle_shares_nothing_with_the_engines() -> None:
    allowed = {"conformance.judge.model", "conformance.standard.model", "conformance.standard.notation"}
    allowed |= {"conformance.standard.standards", "conformance.standard.repertoire"}
    for path in sorted((ROOT / "conformance" / "judge").glob("oracle*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                assert not module.startswith(("polars", "numpy")), path
                if module.startswith("conformance."):
                    assert module in allowed or module.startswith("conformance.judge.oracle"), (path, module)


# element, options, value, the rule that turns red (None: it passes)
VALUES: list[tuple[str, dict[str, Any], str, str | None]] = [
    (NUMBER, {}, "37010220991231001X", None),
    (NUMBER, {}, "11010519491231002X", None),
    (NUMBER, {}, "440524188001010014", None),
    (NUMBER, {}, "37010220991231001\n", "DE-CHARSET"),
    (NUMBER, {}, "3701022099\ue00031001X", "DE-CHARSET"),
    (NUMBER, {}, " 37010220991231001X", "DE-BLANK"),
    (NUMBER, {}, "37010220991231001X　", "DE-BLANK"),
    (NUMBER, {}, "３7010220991231001X", "DE-HALFWIDTH"),
    (NUMBER, {}, "37010220991231001", "DE-LENGTH"),
    (NUMBER, {}, "37010220991231001x", "DE-SCHEME"),
    (NUMBER, {}, "370102209902290011", "DE-SCHEME"),
    (NUMBER, {}, "370102209912310011", "DE-CHECK"),
    (NUMBER, {}, "370000209912310011", "AD-EMBEDDED"),
    (NUMBER, {}, "370181209912310015", "AD-EMBEDDED"),
    (NUMBER, {}, "830000199912310016", None),
    (CREDIT18, {}, "9" * 17, "DE-LENGTH"),
    (NUMBER, {"also": ("gb-11643-15",)}, "370102991231001", None),
    (NUMBER, {"also": ("gb-11643-15",)}, "370102990229001", "DE-SCHEME"),
    (NUMBER, {"also": ("gb-11643-15",)}, "3701029902290", "DE-LENGTH"),
    (NUMBER, {}, "370102991231001", "DE-LENGTH"),
    (CREDIT, {}, "91370100000000000R", None),
    (CREDIT, {}, "91371200000000000B", None),
    (CREDIT, {}, "913701000000001150", None),
    (CREDIT, {}, "91370100000000000Q", "DE-CHECK"),
    (CREDIT, {}, "91370100000000001N", "DE-CHECK"),
    (CREDIT, {}, "9I370100000000000R", "DE-SCHEME"),
    (ORGANISATION, {}, "D2143569X", None),
    (HYPHEN, {}, "D2143569-X", None),
    (HYPHEN, {}, "00000019-0", None),
    (HYPHEN, {}, "00000019-1", "DE-CHECK"),
    (ORGANISATION, {}, "D2143569-X", "DE-LENGTH"),
    (REGISTER, {}, "370100000000015", None),
    (REGISTER, {}, "370100000000019", "DE-CHECK"),
    (BIRTH, {}, "20000229", None),
    (BIRTH, {}, "19000229", "DE-DATE"),
    (BIRTH, {}, "2000-1-1", "DE-FORMAT"),
    (BIRTH, {}, "2000010", "DE-FORMAT"),
    (BIRTH, {}, "17991231", "DE-RANGE"),
    (SEX, {}, "2", None),
    (SEX, {}, "7", "DE-DOMAIN"),
    (SEX, {}, "12", "DE-LENGTH"),
    (SUM, {}, "12345.67", None),
    (SUM, {}, "12345.678", "DE-FORMAT"),
    (SUM, {}, "12345.", "DE-FORMAT"),
    (SUM, {}, "12345678901234567", "DE-LENGTH"),
    (SUM, {}, "一万", "DE-LENGTH"),
    ("4223.2-05-107", {}, "100.01", "DE-RANGE"),
    ("4223.2-05-107", {}, "0", None),
    ("4223.1-05-048", {}, "1", None),
    ("4223.1-05-048", {}, "Y", "DE-FORMAT"),
    ("4223.1-05-036", {}, "解放路１号", "DE-HALFWIDTH"),
    (COUNTRY, {}, "CHN", None),
    (COUNTRY, {}, "ANT", "DE-CODE-DATE"),
    (PLACE, {}, "370102", None),
    (PLACE, {}, "37010a", "AD-FORM"),
    (PLACE, {}, "370102001", "AD-FORM"),
    (PLACE, {}, "370176", "AD-ZONE"),
    (PLACE, {}, "379999", "AD-EXISTS"),
    (PLACE, {}, "370181", "AD-VALID"),
    (PLACE, {"division": DivisionUse("gbt-2260", ("county",))}, "370100", "AD-LEVEL"),
    (TOWN, {}, "370102001", None),
    (TOWN, {}, "370502400", "AD-SYSTEM"),
    (TOWN, {}, "370102999", "AD-EXISTS"),
]


@pytest.mark.parametrize(("element", "options", "value", "red"), VALUES)
def test_a_value_turns_red_the_first_cause_and_no_other(
    element: str, options: dict[str, Any], value: str, red: str | None
) -> None:
    assert reds(one(column(element, **options), value)) == ({red: (1,)} if red else {})


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [
        (PLACE, "370101", "AD-COLLECTIVE"),
        (TOWN, "110101001", "AD-EXISTS"),
        (CASE, "1" * 21, "DE-LENGTH"),
        (NUMBER, "370208199001019819", "AD-EMBEDDED"),
        (CREDIT, "919999000000000003", "AD-EMBEDDED"),
        (DONE, "20200101101112", "DE-FORMAT"),
        ("4223.1-05-030", "9", "DE-DOMAIN"),
    ],
)
def test_what_nobody_can_decide_is_neither_red_nor_passed(element: str, value: str, rule: str) -> None:
    results = one(column(element), value)
    assert opens(results) == {rule: (1,)}
    assert reds(results) == {}


def test_a_disputed_code_is_undecided_in_its_years_only() -> None:
    judged = dataset(column(PLACE, date="d"))
    rows = [{"c": "370102", "d": day} for day in ("1982", "1983", None)]
    results = {requirement: result for (requirement, _), result in judge(judged, rows, STANDARDS).items()}
    assert opens(results) == {"AD-DISPUTED": (1,)}


def test_absent_values_are_passed_over_by_all_but_the_mandatory_rule() -> None:
    results = one(column(NUMBER, mandatory=True, unique=True), None, "", "37010220991231001X")
    assert results.pop("DE-MANDATORY") == OracleResult(3, (1, 2), ())
    assert {(result.checked, result.violations) for result in results.values()} == {(1, ())}


def test_only_what_applies_appears() -> None:
    assert list(one(column("4223.1-05-002"), "某")) == ["DE-CHARSET", "DE-BLANK", "DE-LENGTH"]
    assert "DE-MANDATORY" not in one(column(NUMBER))
    assert "AD-LEVEL" not in one(column(PLACE))


def test_line_feeds_stand_in_undetermined_text_only() -> None:
    limited, unlimited = column("4223.1-05-002"), column("39046-04-10")
    assert unlimited.element.format.maximum is None
    assert reds(one(limited, "某\n某")) == {"DE-CHARSET": (1,)}
    assert reds(one(unlimited, "一\n二")) == {}
    assert reds(one(unlimited, "一\n")) == {"DE-BLANK": (1,)}


def test_an_extension_of_a_list_is_accepted() -> None:
    element = next(each for each in STANDARDS.elements.values() if each.domain == f"code:{KIND}")
    assert reds(one(column(element.id), "05", "35", "99")) == {}


def test_repeated_values_count_each() -> None:
    results = one(column("4223.1-05-002", unique=True), "甲", "乙", "甲", None, None, "甲")
    assert results["DE-UNIQUE"] == OracleResult(4, (1, 3, 6), ())


@pytest.mark.parametrize(
    ("day", "code", "red"),
    [
        ("20150101", "370181", None),
        ("20161231", "370181", None),
        ("20161231", "370114", None),
        ("20170101", "370181", "AD-VALID"),
        ("20150101", "370114", "AD-VALID"),
        (None, "370181", "AD-VALID"),
        ("", "370114", None),
        ("20159999", "370181", None),
        ("2017-01-01", "370181", "AD-VALID"),
        ("不详", "370114", None),
    ],
)
def test_division_codes_are_judged_in_the_year_of_the_record(day: str | None, code: str, red: str | None) -> None:
    judged = dataset(column(PLACE, date="d"), column(BIRTH, "d"))
    results = judge(judged, [{"c": code, "d": day}], STANDARDS)
    assert {key: result.violations for key, result in results.items() if result.violations and key[1] == "t.c"} == (
        {(red, "t.c"): (1,)} if red else {}
    )


def test_codes_are_judged_at_the_day_of_the_record() -> None:
    judged = dataset(column(COUNTRY, date="d"), column(BIRTH, "d"))
    rows = [{"c": "ANT", "d": day} for day in ("20101215", "20101216", None)]
    assert judge(judged, rows, STANDARDS)["DE-CODE-DATE", "t.c"] == OracleResult(3, (2, 3), ())


def linked(
    kind: str, roles: Mapping[str, tuple[str, str]], *records: tuple[str | None, str | None], **options: Any
) -> OracleResult:
    """The result of one relation between two columns, given as role: (element, column)."""
    columns = [column(element, name, **options) for element, name in roles.values()]
    link = Link(kind, {role: name for role, (_, name) in roles.items()}, "link")
    rows = [dict(zip([name for _, name in roles.values()], record, strict=True)) for record in records]
    results = judge(dataset(*columns, links=(link,)), rows, STANDARDS)
    return next(result for (_, target), result in results.items() if target == "t.link")


def test_birth_and_sex_agree_with_the_number() -> None:
    number = "37010220991231001X"
    dates = {"number": (NUMBER, "n"), "birth": (BIRTH, "b")}
    records = [(number, "20991231"), (number, "20991230"), (number, "20990230"), (number, None), ("370102", "20991231")]
    assert linked("birth", dates, *records) == OracleResult(2, (2,), ())
    old = [("370102991231001", "19991231"), ("370102991231001", "20991231")]
    assert linked("birth", dates, *old, also=("gb-11643-15",)) == OracleResult(2, (2,), ())
    sexes = {"number": (NUMBER, "n"), "sex": (SEX, "s")}
    assert linked("sex", sexes, *((number, sex) for sex in "1290")) == OracleResult(2, (2,), ())


def test_a_name_agrees_with_its_code_or_is_a_synonym() -> None:
    roles = {"code": (SEX, "c"), "name": (NAME, "n")}
    assert linked("name", roles, ("1", "男"), ("1", "女"), ("7", "男"), (None, "男")) == OracleResult(2, (2,), ())
    country = {"code": (COUNTRY, "c"), "name": ("4223.2-05-040", "n")}
    found = linked("name", country, ("ARE", "阿联酋"), ("ARE", "阿拉伯联合酋长国"), ("ARE", "阿拉伯"))
    assert found == OracleResult(3, (3,), ())


def test_the_credit_code_holds_the_organisation_and_the_authority() -> None:
    credit = "91370100000000000R"
    organisation = {"number": (CREDIT, "n"), "organisation": (HYPHEN, "o")}
    assert linked("organisation", organisation, (credit, "00000000-0"), (credit, "00000019-0")) == OracleResult(
        2, (2,), ()
    )
    authority = {"number": (CREDIT, "n"), "division": ("4223.2-05-019", "d")}
    assert linked("authority", authority, (credit, "370100"), (credit, "370200")) == OracleResult(2, (2,), ())


def test_dates_are_in_order_to_the_shorter_picture() -> None:
    roles = {"first": (BIRTH, "a"), "second": ("4223.1-06-002", "b")}
    records = [("20200102", "20200102000000"), ("20200102", "20200103000000"), ("20200102", "20200101235959")]
    assert linked("order", roles, *records) == OracleResult(3, (3,), ())


def test_division_names_and_parents_hold_at_the_record() -> None:
    name = {"code": (PLACE, "c"), "name": ("4223.1-07-008", "n")}
    assert linked(
        "division-name", name, ("370102", "历下区"), ("370102", "历下"), ("370101", "市辖区")
    ) == OracleResult(2, (2,), ())
    parent = {"child": (TOWN, "c"), "parent": (PLACE, "p")}
    assert linked("division-parent", parent, ("370102001", "370102"), ("370102001", "370103")) == OracleResult(
        2, (2,), ()
    )


def test_a_renamed_division_had_its_old_name() -> None:
    judged = dataset(column(PLACE, date="d"), column("4223.1-07-008", "n"), column(BIRTH, "d"))
    judged = replace(judged, links=(Link("division-name", {"code": "c", "name": "n"}, "link"),))
    rows = [
        {"c": "371324", "n": name, "d": day}
        for name, day in (
            ("苍山县", "20130101"),
            ("苍山县", "20140101"),
            ("兰陵县", "20140101"),
            ("苍山县", "20150101"),
        )
    ]
    assert judge(judged, rows, STANDARDS)["AD-NAME", "t.link"] == OracleResult(4, (4,), ())


def test_keys_and_references() -> None:
    judged = dataset(key=("a", "b"), links=(Link("reference", {"0": "a"}, "link", to=("other", ("x",))),))
    rows = [{"a": "1", "b": "2"}, {"a": "1", "b": "2"}, {"a": "12", "b": ""}, {"a": "3", "b": "2"}]
    results = judge(judged, rows, STANDARDS, {"other": [{"x": "1"}, {"x": "3"}]})
    assert results["DS-KEY", "t"] == OracleResult(4, (1, 2, 3), ())
    assert results["DS-REF", "t.link"] == OracleResult(4, (3,), ())


ROLES = {"code": "code", "name": "name", "parent": "parent", "valid_to": "until", "successor": "next"}
TABLE = dataset(table=TableUse("gbt-2260", "3701", ("prefecture", "county"), ROLES))
OFFICIAL = sorted(code for code in divisions_of(STANDARDS).units("gbt-2260") if code.startswith("3701"))


def entry(code: str, name: str = "", parent: str = "", until: str = "", successor: str = "") -> dict[str, str | None]:
    """One row of a vendor's table."""
    return {"code": code, "name": name, "parent": parent, "until": until, "next": successor}


def sound_table() -> list[dict[str, str | None]]:
    """The rows of Jinan in force."""
    divisions = divisions_of(STANDARDS)
    units = [unit for code in OFFICIAL for unit in divisions.in_table("gbt-2260", code, 2026)]
    return [entry(unit.code, unit.name, unit.parent) for unit in units]


def table(*rows: Mapping[str, str | None]) -> dict[str, OracleResult]:
    """The results for a vendor's table."""
    return {requirement: result for (requirement, _), result in judge(TABLE, rows, STANDARDS).items()}


def test_a_sound_table_passes_whole() -> None:
    results = table(*sound_table(), entry("370181", until="20160914", successor="370114"))
    assert reds(results) == opens(results) == {}
    assert results["AT-COMPLETE"].checked == len(sound_table()) == 13
    assert results["AT-SUCCESSOR"].checked == 1


@pytest.mark.parametrize(
    ("extra", "red"),
    [
        (entry("37010", "历下区", "370100"), "AT-FORM"),
        (entry("", "历下区", "370100"), "AT-FORM"),
        (entry("370176", "高新区", "370100"), "AT-ZONE"),
        (entry("370199", "无此区", "370100"), "AT-EXTRA"),
        (entry("370181", "章丘市", "370100"), "AT-CLOSED"),
        (entry("370181", "章丘市", "370100", "20991231"), "AT-CLOSED"),
        (entry("370181", "章丘市", "370100", "20160914", "370115"), "AT-SUCCESSOR"),
        (entry("370181", "章丘市", "370100", "20160914"), "AT-SUCCESSOR"),
        (entry("370181", "章丘市", "370100", "2099-12-31"), "AT-CLOSED"),
        (entry("370102", "历下", "370200"), "AT-NAME"),
        (entry("370102", "历下区", "370200"), "AT-PARENT"),
        (entry("370102", "历下区", ""), "AT-PARENT"),
    ],
)
def test_a_row_turns_red_the_first_cause_and_no_other(extra: Mapping[str, str | None], red: str) -> None:
    rows = [*(row for row in sound_table() if row["code"] != extra["code"]), extra]
    assert reds(table(*rows)) == {red: (len(rows),)}


@pytest.mark.parametrize("code", ["370202", "110101", "990101"])
def test_rows_outside_the_scope_are_not_judged(code: str) -> None:
    results = table(*sound_table(), entry(code, "无此区", "000000"))
    assert reds(results) == {}
    assert results["AT-FORM"].checked == len(sound_table())


def test_a_table_need_not_hold_what_began_in_its_year() -> None:
    """370114 章丘 began in 2016, and 370181 ended in it: either may stand in a table of that year."""
    judged = replace(TABLE, as_of="20161231")
    units = [divisions_of(STANDARDS).in_table("gbt-2260", code, 2016) for code in OFFICIAL]
    rows = [entry(unit.code, unit.name, unit.parent) for held in units for unit in held]
    old = [entry("370181", "章丘市", "370100") if row["code"] == "370114" else row for row in rows]
    for table_rows in (rows, old):
        results = judge(judged, table_rows, STANDARDS).values()
        assert {result.violations for result in results} == {()}


def test_the_province_may_be_left_out_as_parent() -> None:
    rows = [row | {"parent": ""} if row["code"] == "370100" else row for row in sound_table()]
    assert reds(table(*rows)) == {}


def test_each_of_a_repeated_row_is_counted_and_goes_no_further() -> None:
    results = table(*sound_table(), entry("370102", "历下", "370100"))
    place = [row["code"] for row in sound_table()].index("370102") + 1
    assert reds(results) == {"AT-UNIQUE": (place, len(sound_table()) + 1)}


def test_a_heading_code_in_a_table_is_undecided() -> None:
    results = table(*sound_table(), entry("370101", "市辖区", "370100"))
    assert (reds(results), opens(results)) == ({}, {"AT-COLLECTIVE": (len(sound_table()) + 1,)})


def test_a_missing_code_is_its_place_among_the_official_ones() -> None:
    rows = sound_table()
    closed = rows[2] | {"until": "20200101"}
    assert table(*rows[:2], *rows[3:])["AT-COMPLETE"].violations == (3,)
    assert table(*rows[:2], closed, *rows[3:])["AT-COMPLETE"].violations == (3,)


CHAIN = ["DE-CHARSET", "DE-BLANK", "DE-HALFWIDTH", "DE-LENGTH", "DE-FORMAT", "DE-DATE", "DE-DOMAIN", "DE-CODE-DATE"]
CHAIN += ["DE-SCHEME", "DE-CHECK", "DE-RANGE", "AD-FORM", "AD-COLLECTIVE", "AD-DISPUTED", "AD-ZONE", "AD-SYSTEM"]
CHAIN += ["AD-EXISTS", "AD-VALID", "AD-LEVEL", "AD-EMBEDDED"]
PIECES = st.sampled_from(["3701", "02", "20991231", "001X", "91", "0000000000", "1", "男", "Ａ", " ", "\x00", "-", "."])
ANY = st.one_of(
    st.none(), st.lists(PIECES, max_size=6).map("".join), st.sampled_from([value for _, _, value, _ in VALUES])
)
ELEMENTS = st.sampled_from([NUMBER, CREDIT, HYPHEN, REGISTER, BIRTH, SEX, SUM, COUNTRY, PLACE, TOWN, CASE, DONE])


@settings(max_examples=80, deadline=None)
@given(ELEMENTS, st.lists(ANY, max_size=12))
def test_of_any_values_each_leaves_the_chain_once(element: str, values: list[str | None]) -> None:
    results = one(column(element), *values)
    order = [requirement for requirement in CHAIN if requirement in results]
    assert set(order) == set(results)
    remaining = [row for row, value in enumerate(values, start=1) if value]
    for requirement in order:
        result = results[requirement]
        assert result.checked == len(remaining)
        left = {*result.violations, *result.undecided}
        assert left <= set(remaining)
        assert len(left) == len(result.violations) + len(result.undecided)
        remaining = [row for row in remaining if row not in left]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 16), st.sampled_from("0123456789"), st.sampled_from(["37010220991231001X", "370202209912310015"]))
def test_one_wrong_digit_of_a_number_is_always_found(place: int, digit: str, number: str) -> None:
    changed = number[:place] + digit + number[place + 1 :]
    found = reds(one(column(NUMBER), changed))
    assert bool(found) == (changed != number)


def test_a_pattern_format_is_judged_place_by_place() -> None:
    element = replace(STANDARDS.elements["39046-04-01"], format=parse("an5(aannn)"))
    judged = replace(column("39046-04-01"), element=element)
    assert reds(one(judged, "AB123", "A1123", "AB12", "甲B123")) == {"DE-FORMAT": (2, 4), "DE-LENGTH": (3,)}
