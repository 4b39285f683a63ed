"""The sample room: the same recipe gives the same bytes, and what it makes is right by arithmetic written here."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml

from conformance.messages import LANGUAGES, Message
from conformance.sample.bulk import write_bulk
from conformance.sample.errors import SampleError
from conformance.sample.recipe import read_recipe, write_sample

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "fixtures" / "reference"
RECIPE = REFERENCE / "recipe.yaml"
POPULATION_CODES = ROOT / "standards" / "db37-4224.1" / "2020" / "codes"
DIVISIONS = ROOT / "standards" / "divisions" / "2026" / "divisions"
SCALE = 0.1

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("reference")
    write_sample(RECIPE, out, scale=SCALE)
    return out


@pytest.fixture(scope="module")
def people(folder: Path) -> Rows:
    with (folder / "data" / "person.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def households(folder: Path) -> Rows:
    with (folder / "data" / "household.csv").open(encoding="gb18030", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def entities(folder: Path) -> list[dict[str, str]]:
    return pl.read_parquet(folder / "data" / "entity.parquet").to_dicts()


@pytest.fixture(scope="module")
def cases(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "data" / "case.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def counties() -> list[dict[str, str]]:
    """Every county and prefecture row of the division tables, Shandong's townships too."""
    rows = []
    for name in ("national-counties.csv", "shandong-divisions.csv"):
        with (DIVISIONS / name).open(encoding="utf-8", newline="") as file:
            rows += [row for row in csv.DictReader(file) if name != "national-counties.csv" or row["code"][:2] != "37"]
    return rows


def good(rows: list[dict[str, str]], code: str, year: int, level: str) -> list[dict[str, str]]:
    """The holders of a code in a year; the first table is that of 1981 and holds for all years before."""
    return [
        row
        for row in rows
        if row["code"] == code
        and row["level"] == level
        and int(row["valid_from"] or 0) <= max(year, 1981)
        and year <= int(row["valid_to"] or 9999)
    ]


def citizen_check(number: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11]


def organisation_check(body: str) -> str:
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = 11 - sum(int(character, 36) * weight for character, weight in zip(body, weights, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def credit_sum(code: str) -> int:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    return sum(alphabet.index(character) * 3**place for place, character in enumerate(code[:17]))


def credit_check(code: str) -> str:
    return "0123456789ABCDEFGHJKLMNPQRTUWXY"[(31 - credit_sum(code) % 31) % 31]


def registration_check(body: str) -> str:
    product = 10
    for digit in body:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def real_day(text: str) -> bool:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).strftime("%Y%m%d") == text


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((folder / "data").iterdir())}


def test_same_recipe_same_bytes(folder: Path, tmp_path: Path) -> None:
    written = write_sample(RECIPE, tmp_path, scale=SCALE)
    assert digests(tmp_path) == digests(folder)
    assert [path.name for path in written] == [
        "household.csv",
        "person.csv",
        "entity.parquet",
        "case.jsonl",
        "divisions.sqlite",
    ]
    assert (tmp_path / "system.yaml").read_bytes() == (REFERENCE / "system.yaml").read_bytes()


def test_another_seed_gives_other_people_and_the_same_division_table(folder: Path, tmp_path: Path) -> None:
    write_sample(RECIPE, tmp_path, scale=SCALE, seed=7)
    ours, theirs = digests(folder), digests(tmp_path)
    assert {name for name in ours if ours[name] == theirs[name]} == {"divisions.sqlite"}


def test_only_some_targets(folder: Path, tmp_path: Path) -> None:
    (path,) = write_sample(RECIPE, tmp_path, scale=SCALE, only=["population.person"])
    assert path.read_bytes() == (folder / "data" / "person.csv").read_bytes()
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["person.csv"]


def test_the_recipe_promises_its_full_size() -> None:
    rows = {sheet.target: sheet.rows for sheet in read_recipe(RECIPE).sheets}
    assert rows["population.person"] == 20_000
    assert rows["legal.entity"] == 5_000
    assert rows["service.case"] == 8_000


def test_columns_are_those_declared_and_none_is_empty(
    people: Rows, households: Rows, entities: Rows, cases: Rows
) -> None:
    declared = yaml.safe_load((REFERENCE / "system.yaml").read_text("utf-8"))["targets"]
    found = {
        "population.person": people,
        "population.household": households,
        "legal.entity": entities,
        "service.case": cases,
    }
    for target, rows in found.items():
        assert set(rows[0]) == set(declared[target]["columns"])
        for column, claim in declared[target]["columns"].items():
            held = [row[column] for row in rows if row[column]]
            assert held, (target, column)
            if isinstance(claim, dict) and claim.get("mandatory"):
                assert len(held) == len(rows), (target, column)
            if isinstance(claim, dict) and claim.get("unique"):
                assert len(set(held)) == len(held), (target, column)


def test_citizen_numbers(people: Rows) -> None:
    lengths = set()
    for person in people:
        number, birth = person["GMSFHM"], person["CSRQ"]
        lengths.add(len(number))
        assert real_day(birth)
        if len(number) == 15:
            assert number[6:12] == birth[2:]
            assert birth < "19840101"
            sex = number[14]
        else:
            assert number[6:14] == birth
            assert number[17] == citizen_check(number)
            sex = number[16]
        assert person["XBDM"] == ("1" if int(sex) % 2 else "2")
    assert lengths == {15, 18}
    assert {person["GMSFHM"][-1] for person in people} >= set("0123456789X")


def test_addresses_inside_numbers_were_counties_at_birth_and_later(people: Rows, counties: Rows) -> None:
    for person in people[::7]:
        code, year = person["GMSFHM"][:6], int(person["CSRQ"][:4])
        assert good(counties, code, year, "county"), person["GMSFHM"]
        assert good(counties, code, max(year, 1984), "county"), person["GMSFHM"]


def test_divisions_at_the_date_of_the_record(people: Rows, counties: Rows) -> None:
    old = 0
    for person in people[::5]:
        for code, name, date in (
            ("CSDXZQHDM", "CSDXZQHMC", "CSRQ"),
            ("HJDXZQHDM", "HJDXZQHMC", "HJDJRQ"),
            ("XZDXZQHDM", "XZDXZQHMC", "DJRQ"),
        ):
            if not person[code]:
                assert not person[name]
                continue
            holders = good(counties, person[code], int(person[date][:4]), "county")
            assert person[name] in [row["name"] for row in holders], (person[code], person[date])
            old += all(row["valid_to"] for row in holders)
    assert old > 20, "abolished codes belong among the historic ones"


def test_townships_lie_in_their_county(people: Rows, counties: Rows) -> None:
    parents = {row["code"]: row["parent"] for row in counties if row["level"] == "township"}
    held = [person for person in people if person["HJDXZJDDM"]]
    assert len(held) > len(people) // 3
    assert all(parents[person["HJDXZJDDM"]] == person["HJDXZQHDM"] for person in held)


def test_codes_and_their_names(people: Rows) -> None:
    for list_id, code, name in (
        ("gbt-3304", "MZDM", "MZMC"),
        ("gbt-2261.1", "XBDM", "XBMC"),
        ("gbt-4658", "WHCDDM", "WHCDMC"),
        ("gbt-2261.2", "HYZKDM", "HYZKMC"),
    ):
        with (POPULATION_CODES / f"{list_id}.csv").open(encoding="utf-8", newline="") as file:
            names = {row["code"]: row["name"] for row in csv.DictReader(file)}
        assert {(person[code], person[name]) for person in people if person[code]} <= set(names.items())


def test_dates_in_order_and_numbers_in_bounds(people: Rows) -> None:
    for person in people:
        assert person["CSRQ"] <= person["HJDJRQ"] <= person["DJRQ"] <= person["SJGXSJ"][:8] <= "20261121"
        assert datetime.strptime(person["SJGXSJ"], "%Y%m%d%H%M%S")
        assert re.fullmatch(r"1000\d{7}", person["YDDH"] or "10000000000"), "no subscriber has such a number"
        if person["SG"]:
            assert re.fullmatch(r"\d{2,3}\.\d", person["SG"])
            assert 45 <= float(person["SG"]) <= 210


def test_rare_characters_and_lines_survive(people: Rows, households: Rows) -> None:
    names = "".join(person["XM"] for person in people)
    assert "䶮" in names
    assert "𬱖" in names
    assert "·" in names
    assert any("䶮" in household["HZXM"] for household in households), "GB 18030 holds them too"
    assert any("\n" in person["BZ"] for person in people)
    assert max(len(person["XM"]) for person in people) <= 30
    assert any(len(person["XM"].encode()) > 30 for person in people)


def test_references(people: Rows, households: Rows, entities: Rows, cases: Rows) -> None:
    assert {person["HH"] for person in people} <= {household["HH"] for household in households}
    names = {entity["TYSHXYDM"]: entity["JGMC"] for entity in entities}
    for case in cases:
        assert names[case["申请者证件号码"]] == case["申请者名称"]
        assert names[case["受理单位统一社会信用代码"]] == case["受理单位名称"]


def test_legal_entities(entities: list[dict[str, str]], counties: Rows) -> None:
    sums = set()
    for entity in entities:
        code = entity["TYSHXYDM"]
        sums.add(credit_sum(code) % 31)
        assert code[17] == credit_check(code)
        assert code[2:8] == entity["DJJGXZQHDM"]
        assert code[16] == organisation_check(code[8:16])
        assert entity["ZZJGDM"] == code[8:17]
        assert entity["ZZJGDMHLZF"] in (None, f"{code[8:16]}-{code[16]}")
        if entity["ZCH"]:
            assert entity["ZCH"][14] == registration_check(entity["ZCH"][:14])
            assert entity["ZCH"][:6] == entity["DJJGXZQHDM"]
        year = int(entity["DJRQ"][:4])
        place = code[2:8]
        assert good(counties, place, year, "prefecture" if place.endswith("00") else "county")
        assert entity["CLRQ"] <= entity["DJRQ"] <= entity["HZRQ"]
    assert 0 in sums, "a check of 0 is where wrong implementations fail"


def test_case_numbers_satisfy_both_formats_of_table_5(cases: list[dict[str, str]]) -> None:
    assert all(len(case["办件编号"]) <= 20 for case in cases)
    for case in cases:
        began, taken = (datetime.strptime(case[name], "%Y%m%dT%H%M%S") for name in ("申请时间", "受理时间"))
        ended = datetime.strptime(case["办结时间"], "%Y%m%d%H:%M:%S")
        assert began < taken < ended


def test_division_table_is_whole_and_closes_what_ended(folder: Path, counties: Rows) -> None:
    database = sqlite3.connect(folder / "data" / "divisions.sqlite")
    rows = database.execute("SELECT DM, MC, SJDM, TYRQ, XDM FROM divisions").fetchall()
    database.close()
    now = {
        (row["code"], row["name"], row["parent"])
        for row in counties
        if row["code"].startswith("37") and row["level"] in ("prefecture", "county") and not row["valid_to"]
    }
    assert {row[:3] for row in rows if row[3] is None} == now
    closed = {row[0]: row[3:] for row in rows if row[3] is not None}
    assert closed["370181"] == ("20160914", "370114")
    assert closed["371081"] == ("20140125", "371003;371002")
    assert len({row[0] for row in rows}) == len(rows) == 152 + len(closed)


def test_bulk_has_the_columns_of_the_recipe(people: Rows, tmp_path: Path) -> None:
    parquet = write_bulk(RECIPE, "population.person", tmp_path / "bulk.parquet", 3_000)
    text = write_bulk(RECIPE, "population.person", tmp_path / "bulk.csv", 3_000)
    frame = pl.read_parquet(parquet)
    assert frame.columns == list(people[0])
    assert frame["GMSFHM"].n_unique() == 3_000
    assert frame.equals(pl.read_csv(text, infer_schema=False))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"lubiao-sample": 2}, "sample.recipe.version"),
        ({"colour": "red"}, "sample.key.unknown"),
        ({"datasets": {"nobody": {"rows": 1}}}, "sample.recipe.undeclared"),
        ({"datasets": {"population.person": {"rows": 1, "columns": {"XM": {"make": "magic"}}}}}, "sample.recipe.maker"),
        ({"datasets": {"population.person": {"rows": 1, "columns": {"XM": None}}}}, "sample.recipe.missing"),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong(tmp_path: Path, edit: dict[str, object], says: str) -> None:
    raw = yaml.safe_load(RECIPE.read_text("utf-8")) | edit | {"declaration": str(REFERENCE / "system.yaml")}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    with pytest.raises(SampleError) as caught:
        read_recipe(path)
    assert caught.value.message.id == says


def test_every_message_renders_in_both_languages() -> None:
    texts = yaml.safe_load((ROOT / "conformance" / "messages" / "sample.yaml").read_text("utf-8"))
    used = set()
    for path in (ROOT / "conformance" / "sample").glob("*.py"):
        used |= set(re.findall(r'"(sample\.[a-z.]+)"', path.read_text("utf-8")))
    assert used == set(texts)
    for id_, text in texts.items():
        names = {language: set(re.findall(r"\{(\w+)\}", text[language])) for language in LANGUAGES}
        assert names["zh"] == names["en"], id_
        rendered = Message(id_, dict.fromkeys(names["zh"], "{x} 甲")).both()
        assert all(rendered.values())
