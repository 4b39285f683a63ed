"""Division codes in time: the changes everybody knows, the published counts, and the codes that are neither."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from conformance.standard.divisions import DivisionRegistry, Standing, level_by_form

ROOT = Path(__file__).parents[1]
PACK = ROOT / "standards" / "divisions" / "2026"
REAL = sorted(path.parent for path in (ROOT / "fixtures" / "real").glob("*/expected.yaml"))
COUNTY, CIVIL, STATISTICS = "gbt-2260", "gbt-10114", "stat-9"

# old code, its successors today, year, approval date and document
CHANGES = [
    ("371200", ("370100",), 2018, ("2018-12-26", "国函〔2018〕163号")),
    ("371202", ("370116",), 2018, ("2018-12-26", "国函〔2018〕163号")),
    ("371203", ("370117",), 2018, ("2018-12-26", "国函〔2018〕163号")),
    ("370125", ("370115",), 2018, ("2018-06-19", "国函〔2018〕86号")),
    ("370181", ("370114",), 2016, ("2016-09-14", "国函〔2016〕155号")),
    ("370282", ("370215",), 2017, ("2017-07-18", "国函〔2017〕105号")),
    ("370284", ("370211",), 2012, ("2012-09-30", "国函〔2012〕153号")),
    ("370205", ("370203",), 2012, ("2012-09-30", "国函〔2012〕153号")),
    ("370802", ("370811",), 2013, ("2013-10-18", "国函〔2013〕115号")),
    ("370882", ("370812",), 2013, ("2013-10-18", "国函〔2013〕115号")),
    ("370684", ("370614",), 2020, ("2020-06-05", "国函〔2020〕81号")),
    ("370634", ("370614",), 2020, ("2020-06-05", "国函〔2020〕81号")),
    ("371626", ("371681",), 2018, ("2018-07-02", "民函〔2018〕105号")),
    ("371523", ("371503",), 2019, ("2019-06-27", "国函〔2019〕60号")),
    ("371081", ("371003", "371002"), 2014, ("2014-01-25", "国函〔2014〕13号")),
    ("371727", ("371703",), 2016, ("2016-01-07", "国函〔2016〕7号")),
    ("370521", ("370505",), 2016, ("2016-06-08", "国函〔2016〕105号")),
    ("371421", ("371403",), 2014, ("2014-10-20", "国函〔2014〕139号")),
    ("371624", ("371603",), 2014, ("2014-09-09", "国函〔2014〕119号")),
]

# the county-like codes of the statistics list of 2023, one of 2017 to 2022, one of vendors' tables
STATISTICS_ONLY = [f"3701{nn}" for nn in ("71", "76", "90")] + [f"3705{nn}" for nn in ("71", "72")]
STATISTICS_ONLY += ["370671", "370676", "370772", "370871", "371071", "371072", "371073", "371171", "371371", "371471"]
STATISTICS_ONLY += ["371771", "371772"]


@pytest.fixture(scope="module")
def registry() -> DivisionRegistry:
    return DivisionRegistry.load(PACK)


@pytest.mark.parametrize(("old", "new", "year", "approval"), CHANGES, ids=[row[0] for row in CHANGES])
def test_the_year_of_change_knows_both_codes(
    registry: DivisionRegistry, old: str, new: tuple[str, ...], year: int, approval: tuple[str, str]
) -> None:
    for good in (old, new[0]):
        assert registry.standing(COUNTY, good, year) is Standing.IN_FORCE
    assert registry.standing(COUNTY, old, year + 1) is Standing.OTHER_TIME
    assert registry.successors(COUNTY, old, 2026) == new
    assert registry.successors(COUNTY, old, year - 1) == ()
    change = registry.change(old, 2026)
    assert change is not None
    assert (change.year, (change.approved_on, change.document)) == (year, approval)


def test_the_code_that_changed_its_name_only(registry: DivisionRegistry) -> None:
    assert [row.name for row in registry.valid(COUNTY, "371324", 2013)] == ["苍山县"]
    assert [row.name for row in registry.valid(COUNTY, "371324", 2014)] == ["苍山县", "兰陵县"]
    assert [row.name for row in registry.valid(COUNTY, "371324", 2015)] == ["兰陵县"]
    assert registry.successors(COUNTY, "371324", 2026) == ()
    change = registry.change("371324", 2026)
    assert change is not None
    assert (change.document, change.approved_on) == ("民函〔2014〕6号", "2014-01-06")


def test_a_new_code_is_not_good_before_its_year(registry: DivisionRegistry) -> None:
    assert registry.standing(COUNTY, "370115", 2017) is Standing.OTHER_TIME
    assert registry.successors(COUNTY, "370115", 2017) == ()


def test_successors_are_followed_through_to_the_year_asked(registry: DivisionRegistry) -> None:
    """曲阜 bore four codes: 370823, 370819, 379003 and, since 1990, 370881."""
    assert registry.successors(COUNTY, "370823", 1988) == ("379003",)
    assert registry.successors(COUNTY, "370823", 2026) == ("370881",)
    assert registry.successors(CIVIL, "370125102", 2017) == ("370125003",)
    assert registry.successors(CIVIL, "370125102", 2026) == ("370115003",)


def test_every_ended_county_of_shandong_leads_to_codes_in_force(registry: DivisionRegistry) -> None:
    ended = [
        code
        for code, rows in registry.assignments(COUNTY).items()
        if code.startswith("37") and not any(row.in_force_at_end_of(2026) for row in rows)
    ]
    assert len(ended) > 150
    in_force = {row.code for row in registry.in_force(COUNTY, "37", (), 2026)}
    for code in ended:
        heirs = registry.successors(COUNTY, code, 2026)
        assert heirs, code
        assert set(heirs) <= in_force, code


@pytest.mark.parametrize(
    ("year", "prefectures", "counties"),
    [
        (1998, 17, 139),
        (2003, 17, 139),
        (2004, 17, 140),
        (2011, 17, 140),
        (2019, 16, 137),
        (2023, 16, 136),
        (2026, 16, 136),
    ],
)
def test_shandong_counts_at_the_end_of_the_year(
    registry: DivisionRegistry, year: int, prefectures: int, counties: int
) -> None:
    assert len(registry.in_force(COUNTY, "37", ("prefecture",), year)) == prefectures
    assert len(registry.in_force(COUNTY, "37", ("county",), year)) == counties
    assert len(registry.in_force(COUNTY, "37", (), year)) == prefectures + counties + 1


@pytest.mark.parametrize(("year", "counties"), [(2000, 2861), (2020, 2844), (2021, 2843), (2022, 2843), (2023, 2844)])
def test_national_counts_equal_the_published_ones(registry: DivisionRegistry, year: int, counties: int) -> None:
    islands = 3 if year == 2000 else 0
    assert len(registry.in_force(COUNTY, "", ("county",), year)) == counties + islands


def test_township_counts_of_both_systems(registry: DivisionRegistry) -> None:
    rows = registry.in_force(CIVIL, "37", (), 2026)
    assert len(rows) == 1826
    assert Counter(row.code[6] for row in rows) == {"0": 699, "1": 1076, "2": 51}
    assert len(registry.in_force(STATISTICS, "37", ("township",), 2023)) == 1853


def test_281_codes_denote_different_places_in_the_two_systems(registry: DivisionRegistry) -> None:
    """Counted by the name match of the data: a statistics code whose civil-affairs code is another, yet is taken."""
    taken = {row.code for row in registry.in_force(CIVIL, "37", (), 2026)}
    with (PACK / "divisions" / "shandong-nbs-townships.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["last_vintage"] == "2023" and row["level"] == "township"]
    other = [row["code"] for row in rows if row["mca_code"] != row["code"] and row["code"] in taken]
    assert len(other) == 281
    assert registry.valid(CIVIL, "370102011", 2023)[0].name == "燕山街道"
    assert registry.valid(STATISTICS, "370102011", 2023)[0].name == "姚家街道"


def test_a_code_of_the_other_nine_digit_system_is_told(registry: DivisionRegistry) -> None:
    assert registry.standing(CIVIL, "370505402", 2023) is Standing.OTHER_SYSTEM
    assert registry.standing(STATISTICS, "370505402", 2023) is Standing.IN_FORCE
    assert registry.standing(CIVIL, "370505999", 2023) is Standing.UNKNOWN
    assert (registry.other_system(CIVIL), registry.other_system(COUNTY)) == (STATISTICS, None)


def test_heading_codes_are_collective_and_districts_are_not(registry: DivisionRegistry) -> None:
    for code in ("370101", "371701", "370120", "379000", "130101", "110100", "469000"):
        assert registry.standing(COUNTY, code, 2026) is Standing.COLLECTIVE, code
    for code in ("110101", "120101", "659001"):
        assert registry.standing(COUNTY, code, 2026) is Standing.IN_FORCE, code
    assert registry.standing(COUNTY, "379900", 2026) is Standing.UNKNOWN
    assert registry.standing(COUNTY, "379901", 2026) is Standing.UNKNOWN


def test_no_code_is_two_things(registry: DivisionRegistry) -> None:
    assigned = registry.assignments(COUNTY).keys()
    assert not registry.collective & assigned
    assert not registry.zones & assigned
    assert not registry.zones & registry.collective
    assert not registry.zones & registry.disputes.keys()


def test_zones_are_told_in_the_county_system_only(registry: DivisionRegistry) -> None:
    for code in STATISTICS_ONLY:
        assert registry.standing(COUNTY, code, 2026) is Standing.ZONE, code
    assert registry.standing(CIVIL, "370171", 2026) is Standing.UNKNOWN


def test_disputed_codes_are_disputed_when_a_source_asserts_them(registry: DivisionRegistry) -> None:
    assert registry.standing(COUNTY, "379015", 1992) is Standing.DISPUTED
    assert registry.standing(COUNTY, "379015", 2015) is Standing.UNKNOWN
    assert registry.standing(COUNTY, "379001", 1986) is Standing.DISPUTED  # asserted for 1986 and for 1990 to 1994
    assert registry.standing(COUNTY, "379001", 1988) is Standing.IN_FORCE
    assert registry.standing(COUNTY, "370102", 1982) is Standing.DISPUTED
    assert registry.standing(COUNTY, "370903", 2004) is Standing.DISPUTED
    assert registry.standing(COUNTY, "370208", 2026) is Standing.DISPUTED  # a source without years


def test_years_before_the_first_table_are_judged_as_its_own(registry: DivisionRegistry) -> None:
    for code in ("370100", "370102", "370115"):
        assert registry.standing(COUNTY, code, 1955) is registry.standing(COUNTY, code, 1981), code
    assert registry.standing(COUNTY, "370100", 1955) is Standing.IN_FORCE


def test_townships_before_their_county_code_changed_are_left_undecided(registry: DivisionRegistry) -> None:
    assert registry.standing(CIVIL, "370181102", 2015) is Standing.DISPUTED
    assert registry.standing(CIVIL, "370181102", 2017) is Standing.UNKNOWN
    assert registry.standing(CIVIL, "371324101", 2013) is Standing.DISPUTED


def test_a_township_change_names_its_document(registry: DivisionRegistry) -> None:
    for code in ("370402201", "370402104"):
        change = registry.change(code, 2026)
        assert change is not None
        assert (change.year, change.document, change.approved_on) == (2014, "鲁政函民字〔2014〕24号", "")
    assert registry.change("370102001", 2026) is None


def test_holders_of_a_code_follow_each_other(registry: DivisionRegistry) -> None:
    """Oldest first and never two at a year's end; the twelve-digit system is read here, and only here."""
    for system in (COUNTY, CIVIL, STATISTICS, "stat-12"):
        for code, rows in registry.assignments(system).items():
            for before, after in pairwise(rows):
                assert before.valid_to is not None, code
                if after.valid_from is None:  # townships of today whose beginning is not recorded
                    assert system == CIVIL, code
                else:
                    assert before.valid_to <= after.valid_from, code


def test_villages_hang_on_statistics_townships(registry: DivisionRegistry) -> None:
    villages = registry.in_force("stat-12", "37", ("village",), 2023)
    assert len(villages) == 62074
    townships = registry.assignments(STATISTICS)
    assert {row.parent for row in villages} <= townships.keys()


def test_levels(registry: DivisionRegistry) -> None:
    levels = {
        "370000": "province",
        "370100": "prefecture",
        "370102": "county",
        "370102001": "township",
        "370102001002": "village",
        "379003": "county",
        "3701": "",
        "37010A": "",
        "３７０１０２": "",
    }
    assert {code: registry.level_of(code) for code in levels} == levels
    assert {code: level_by_form(code) for code in levels} == levels


def test_reasons_stand_in_both_languages(registry: DivisionRegistry) -> None:
    texts = [*registry.policy.reasons.values(), *registry.policy.disputed_kinds.values()]
    assert all(text.zh and text.en for text in texts)
    kinds = {dispute.kind for rows in registry.disputes.values() for dispute in rows}
    assert kinds == registry.policy.disputed_kinds.keys()


def test_six_published_packages_are_kept() -> None:
    assert len(REAL) == 6


@pytest.mark.parametrize("folder", REAL, ids=[folder.name for folder in REAL])
def test_the_registry_agrees_on_the_faults_of_published_packages(registry: DivisionRegistry, folder: Path) -> None:
    """``expected.yaml`` was found by other means; here each row is asked of the registry."""
    with (folder / "divisions.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    standing = {code: registry.standing(COUNTY, code, 2026) for code in rows}
    table = {row.code: row for row in registry.in_force(COUNTY, "37", (), 2026)}
    held = [row for row in table.values() if row.code in rows]
    found = {
        "AT-COMPLETE": [c for c, row in table.items() if c not in rows and row.level in {"prefecture", "county"}],
        "AT-EXTRA": [c for c in rows if standing[c] is Standing.UNKNOWN],
        "AT-ZONE": [c for c in rows if standing[c] is Standing.ZONE],
        "AT-CLOSED": [c for c in rows if standing[c] is Standing.OTHER_TIME],
        "AT-NAME": [row.code for row in held if row.name != rows[row.code]["name"]],
        "AT-PARENT": [row.code for row in held if row.parent != rows[row.code]["parent"]],
        "AT-COLLECTIVE": [c for c in rows if standing[c] is Standing.COLLECTIVE],
    }
    expected = yaml.safe_load((folder / "expected.yaml").read_text("utf-8"))["requirements"]
    assert {id_: sorted(codes) for id_, codes in found.items()} == {id_: row["codes"] for id_, row in expected.items()}
    red = {"AT-COLLECTIVE": "inconclusive"}
    for id_, row in expected.items():
        assert row["count"] == len(row["codes"])
        assert row["verdict"] == (red.get(id_, "fail") if row["codes"] else "pass"), id_
