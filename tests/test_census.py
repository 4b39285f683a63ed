"""The census of a column: what it keeps decides as the values did, and names nobody."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import time
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
from random import Random
from urllib.parse import quote

import pytest
from differential import Maker
from differential_values import ELEMENTS, ODD, STANDARDS, mutated
from hypothesis import given, settings
from hypothesis import strategies as st
from small_system import citizen_number

from conformance.evidence import census as census_module
from conformance.evidence.census import Census, CensusTaker, Values, census_of, census_value
from conformance.evidence.census_shape import LONGEST, Alphabets, Shaper, coded, decoded
from conformance.judge import oracle
from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.oracle_chain import OracleResult
from conformance.replay.counting import CHAIN, MANDATORY, STEPS, Counted, recount
from conformance.signing.canonical import canonical, parse
from conformance.standard.model import Element
from conformance.standard.notation import parse as notation

#: What a shape must decide as its value does.
SHAPED = {id_ for id_, rule in STEPS.items() if rule in CHAIN[1:7] or rule == "division-form"}
ALPHABETS = Alphabets(STANDARDS.repertoire)
#: Characters of every class, and of none.
CHARACTERS = st.one_of(
    st.sampled_from(
        "09azAZXTxt-.:/ ,{}|\n\r\t\x00\x1f\x7f\u0085\u00a0\u3000\u2028\u200b\ue000\ufffd\ufeff０ＡａＴ！，。一〇𠀀é"
    ),
    st.sampled_from("\u0301\u2000\u2126\u212b\u0660\ud800\udfff\uffff\U0001fffe\U000e0041\U0010ffff"),
    st.characters(),
    st.integers(0, 0x10FFFF).map(chr),
)


def column_of(element: Element, **use: object) -> Column:
    """A column over an element."""
    kind, _, system = element.domain.partition(":")
    division = DivisionUse(system) if kind == "division" else None
    return replace(Column("c", element, "c", division=division), **use)  # type: ignore[arg-type]


def taken(dataset: Dataset, columns: Mapping[str, Values], size: int = 0) -> tuple[Census, ...]:
    """The census of a dataset, read so many records at a time."""
    taker = CensusTaker(dataset, STANDARDS)
    total = len(next(iter(columns.values())))
    for start in range(0, total, size or max(total, 1)):
        taker.add({name: values[start : start + (size or total)] for name, values in columns.items()})
    return taker.records()


def one(element: Element, values: Values, **use: object) -> Census:
    """The census of a single column."""
    return taken(Dataset("t", (column_of(element, **use),), "20261121"), {"c": values})[0]


def outcomes(column: Column, value: str) -> dict[str, tuple[int, int, int]]:
    """What the oracle says of one value, by step, as far as a shape must say the same."""
    said = oracle.judge(Dataset("t", (column,), "20261121"), [{"c": value}], STANDARDS)
    return {
        step: (told.checked, len(told.violations), len(told.undecided))
        for (step, _), told in said.items()
        if step in SHAPED
    }


def require_alike(element: Element, value: str, **use: object) -> None:
    column = column_of(element, **use)
    shape = Shaper(column, STANDARDS, ALPHABETS).shape(value)
    assert outcomes(column, shape) == outcomes(column, value), (element.id, value, shape)
    assert Shaper(column, STANDARDS, ALPHABETS).shapes([value, value]) == {shape: 2}
    assert decoded(coded(shape)) == shape
    parse(canonical(coded(shape)), limit=1 << 20)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ELEMENTS), st.text(CHARACTERS, min_size=1, max_size=30))
def test_a_shape_decides_as_its_value(element: Element, value: str) -> None:
    require_alike(element, value)


@pytest.mark.parametrize("seed", range(4))
def test_shapes_of_nearly_right_values_decide_as_they_do(seed: int) -> None:
    maker = Maker(seed)
    rng = Random(seed)  # noqa: S311 - test data
    for element in ELEMENTS:
        column = column_of(element)
        good = maker.values.good(column)
        for value in (good, mutated(rng, good) or "0", rng.choice(ODD)):
            require_alike(element, value)


def test_numbers_of_several_schemes_keep_their_lengths() -> None:
    number = STANDARDS.elements["4223.1-05-001"]
    for value in ("1" * 15, "1" * 17 + "X", "1" * 16, "X" * 18, "3701021990010100X"):
        require_alike(number, value, also=("gb-11643-15",))


def test_words_of_a_boolean_stay_words_and_nothing_becomes_one() -> None:
    switch = replace(STANDARDS.elements["39046-14-05"], format=notation("bl"), personal="other")
    for value in ("On", "Off", "True", "False", "1", "0", "7", "x", "No", "on", "Zz", "１", "00"):
        require_alike(switch, value)


def test_each_code_point_has_an_alike_that_canonical_json_holds() -> None:
    for coarse in (False, True):
        alphabet = ALPHABETS.of(coarse=coarse, letters="")
        stands = {alphabet[code] for code in range(0, 0x10FFFF, 23)}
        assert len(stands) < 100
        for code in stands:
            canonical(chr(code))


def test_a_shape_keeps_no_order_of_free_text_and_no_more_than_lengths() -> None:
    name = STANDARDS.elements["4223.1-05-003"]
    assert one(name, ["甄无名", "贾不存", "亓官砚璆", None, ""]).shapes == (("一一一", 2), ("一一一一", 1))
    assert one(name, ["a1" + "一" * (2 * LONGEST)]).shapes[0][0].count("一") == LONGEST - 2
    census = one(name, ["甄无名", None, ""])
    assert (census.rows, census.absent, census.values, census.complete) == (3, 2, (), True)


def test_birthdays_keep_whether_they_exist_and_nothing_else() -> None:
    birth = STANDARDS.elements["4223.1-05-010"]
    census = one(birth, ["19900102", "20001231", "20230230", "1990-01-02"])
    assert census.values == ()
    assert census.shapes == (("0000-00-00", 1), ("00000000", 1), ("20000101", 2))
    assert recount(census, STANDARDS)["date"].violations == 1


def test_values_stay_of_closed_kinds_only_and_only_what_looks_like_them() -> None:
    authority = STANDARDS.elements["4223.2-05-019"]
    codes = ["370102"] * 6 + ["379999", "370102199001010019", "张三", "999999", "37010", "13800138000"]
    census = one(authority, codes)
    assert {text for text, _, _ in census.values} == {"370102", "379999"}
    assert sum(number for _, number in census.shapes) == 5
    status = STANDARDS.elements["4223.2-05-077"]
    census = one(status, ["1"] * 5 + ["Q7", "13800138000", "甄无名", "ZHANG"])
    assert {text for text, _, _ in census.values} == {"1", "Q7"}
    credit = STANDARDS.elements["4223.2-05-001"]
    person = citizen_number("370102", "19900101", "981")
    census = one(credit, ["11370100000NUXCU73"] * 3 + [person])
    assert {text for text, _, _ in census.values} == {"11370100000NUXCU73"}


def test_a_column_that_is_mapped_wrongly_keeps_no_value() -> None:
    status = STANDARDS.elements["4223.2-05-077"]
    census = one(status, ["甄无名", "贾不存", "1"])
    assert census.values == ()
    assert sum(number for _, number in census.shapes) == 3


def test_the_time_of_a_code_stays_where_no_date_of_a_person_is_told() -> None:
    authority, day = STANDARDS.elements["4223.2-05-019"], STANDARDS.elements["4223.2-05-023"]
    birth = STANDARDS.elements["4223.1-05-010"]
    columns: dict[str, Values] = {"c": ["370102", "370102", "370102"], "d": ["20150101", "2016", None]}
    for element, kept in ((day, True), (birth, False)):
        dataset = Dataset("t", (column_of(authority, date="d"), column_of(element, name="d", label="d")), "20261121")
        census = taken(dataset, columns)[0]
        assert census.dated is kept
        times = [time_ for _, time_, _ in census.values]
        assert times == (["", "2015", "2016"] if kept else [""])


def test_too_many_different_values_become_shapes_and_too_many_shapes_are_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(census_module, "DISTINCT", 10)
    day = STANDARDS.elements["4223.2-05-023"]
    many = [f"2015{month:02}01" for month in range(1, 12)]
    assert one(day, many).shapes == (("20000101", 11),)
    assert len(one(day, many[:10]).values) == 10
    name = STANDARDS.elements["4223.1-05-003"]
    census = one(name, ["一" * length for length in range(1, 12)])
    assert not census.complete
    assert len(census.shapes) == 10


def test_records_beyond_the_bound_are_told_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census_module, "ROWS", 5)
    dataset = Dataset("t", (column_of(STANDARDS.elements["4223.1-05-003"]),), "20261121")
    census = taken(dataset, {"c": ["甄"] * 8}, size=3)[0]
    assert (census.rows, census.of, census.complete) == (5, 8, False)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 7]))
def test_batches_make_no_difference_and_the_file_holds_the_census(seed: int, size: int) -> None:
    case = Maker(seed).case(20)
    names = {column.name for column in case.dataset.columns} | {"d"}
    columns: dict[str, Values] = {name: [row.get(name) for row in case.rows] for name in names}
    whole = taken(case.dataset, columns)
    assert whole == taken(case.dataset, columns, size)
    for census in whole:
        assert census_of(parse(canonical(census_value(census)), limit=1 << 22)) == census


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_recounting_agrees_with_the_oracle_on_the_values_wherever_it_is_certain(seed: int) -> None:
    case = Maker(seed).case(25)
    names = {column.name for column in case.dataset.columns} | {"d"}
    columns: dict[str, Values] = {name: [row.get(name) for row in case.rows] for name in names}
    said = oracle.judge(replace(case.dataset, links=(), key=()), case.rows, STANDARDS)
    for column, census in zip(case.dataset.columns, taken(case.dataset, columns), strict=True):
        packs = copy(STANDARDS)
        packs.elements = {**STANDARDS.elements, column.element.id: column.element}
        counted = recount(census, packs)
        for (step, target), told in said.items():
            if target == census.id and step in STEPS:
                require_counts(counted[STEPS[step]], told)


def require_counts(counted: Counted, told: OracleResult) -> None:
    exact = (told.checked, len(told.violations), len(told.undecided))
    if not counted.unknown:
        assert (counted.checked, counted.violations, counted.undecided) == exact
    assert counted.checked <= exact[0] <= counted.checked + counted.unknown
    assert counted.violations <= exact[1] <= counted.violations + counted.unknown
    assert counted.undecided <= exact[2] <= counted.undecided + counted.unknown


def test_an_absent_value_in_a_mandatory_column_is_counted() -> None:
    census = one(STANDARDS.elements["4223.1-05-003"], ["甄", None, ""], mandatory=True)
    assert (recount(census, STANDARDS)[MANDATORY].checked, recount(census, STANDARDS)[MANDATORY].violations) == (3, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows", 1),
        ("of", 99),
        ("absent", -1),
        ("absent", 1),
        ("values", [["1", "", 9]]),
        ("values", [["", "", 1]]),
        ("shapes", [["一{3", 1]]),
        ("shapes", [["一{999999}", 3]]),
        ("shapes", [["{3}", 3]]),
        ("shapes", 7),
        ("use", None),
        ("label", 3),
    ],
)
def test_a_census_that_nobody_took_is_refused(name: str, value: object) -> None:
    good = census_value(one(STANDARDS.elements["4223.1-05-003"], ["甄无名", "贾不存", "赵钱孙"]))
    assert census_of(good).rows == 3
    with pytest.raises((KeyError, TypeError, ValueError)):
        census_of({**good, name: value})


def persons(number: int) -> Iterator[dict[str, str]]:
    """Invented people; the columns they stand in are mapped rightly and wrongly."""
    rng = Random(7)  # noqa: S311 - test data
    for place in range(number):
        born = f"{rng.randint(1940, 2010)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
        division = rng.choice(["370102", "370202", "370303", "371702"])
        yield {
            "number": citizen_number(division, born, f"{rng.randint(0, 999):03}"),
            "name": "".join(rng.choice("亓闾亸璆澹翀㛃奭夆雕弢驷骉") for _ in range(3)),
            "phone": f"1{rng.randint(3000000000, 9999999999)}",
            "birth": born,
            "division": division,
            "address": f"历下区不存路{place}号{rng.randint(1, 9)}单元",
            "mail": f"canary{place}.{born}@invalid.example",
            "passport": f"E{rng.randint(10000000, 99999999)}",
        }


#: Elements that hold each thing, and that are meant for something else altogether.
MAPPED = {
    "number": ("4223.1-05-001", "4223.2-05-001", "4223.2-05-004", "4223.2-05-091", "4223.2-05-019"),
    "name": ("4223.1-05-003", "4223.2-05-077", "39046-05-05"),
    "phone": ("4223.1-05-034", "4223.2-05-027", "4223.2-05-002", "4223.2-05-077"),
    "birth": ("4223.1-05-010",),
    "division": ("4223.1-05-038",),
    "address": ("4223.1-05-036", "4223.2-05-045", "4223.2-05-057"),
    "mail": ("4223.1-05-035", "4223.2-05-003"),
    "passport": ("39046-05-11", "4223.2-05-002", "4223.2-05-077"),
}


def encodings(text: str) -> Iterator[bytes]:
    """A text as it might stand in a file."""
    raw = text.encode()
    yield from (
        raw,
        raw.hex().encode(),
        json.dumps(text)[1:-1].encode(),
        quote(text).encode(),
        text.encode("utf-16-le"),
    )
    yield from (html.escape(text).encode(), base64.b64encode(raw), text[::-1].encode(), text.encode("gb18030"))
    yield from (base64.b64encode(raw).rstrip(b"="), hashlib.sha256(raw).hexdigest().encode())


def test_no_person_stands_in_a_census_in_any_coding() -> None:
    people = list(persons(300))
    columns, data = [], {}
    for what, elements in MAPPED.items():
        for id_ in elements:
            name = f"{what}-{id_}"
            columns.append(column_of(STANDARDS.elements[id_], name=name, label=name))
            data[name] = [person[what] for person in people]
    census = taken(Dataset("t", tuple(columns), "20261121"), data)
    content = b"".join(canonical(census_value(one_)) for one_ in census)
    for person in people:
        for what in ("number", "name", "phone", "birth", "address", "mail", "passport"):
            for coding in encodings(person[what]):
                assert coding not in content, (what, person[what], coding)
        assert person["division"].encode() not in content


def test_a_census_of_a_province_costs_little() -> None:
    people = [*persons(500)] * 40
    columns, data = [], {}
    ids = ["4223.1-05-001", "4223.1-05-003", "4223.1-05-010", "4223.1-05-034", "4223.1-05-036"]
    for place in range(40):
        id_ = ids[place % len(ids)]
        name = f"c{place}"
        columns.append(column_of(STANDARDS.elements[id_], name=name, label=name))
        what = ("number", "name", "birth", "phone", "address")[place % len(ids)]
        data[name] = [person[what] for person in people]
    began = time.perf_counter()
    taken(Dataset("t", tuple(columns), "20261121"), data)
    assert time.perf_counter() - began < 3  # 0.4 s on a free core; others may be working
