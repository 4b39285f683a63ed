"""The standards-system table: every standard of the facts is there once, and each pack is known to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from conformance.standard.model import Provenance
from conformance.standard.pack import editions, load_yaml, standards_root

KEYS = {
    "number",
    "title",
    "issued",
    "effective",
    "status",
    "part_of",
    "replaces",
    "adopts",
    "seen",
    "provenance",
    "pack",
    "missing",
}

#: The numbers of the facts' overview, series written out; a number without a year names every edition.
OVERVIEW = """
DB37/T 1436, DB37/T 1437, DB37/T 1438, DB37/T 1439, DB37/T 1441, DB37/T 1442, DB37/T 2885, DB37/T 3521.1, DB37/T 3521.2,
DB37/T 3521.3, DB37/T 3522, DB37/T 3523.1, DB37/T 3523.2, DB37/T 3523.3, DB37/T 3523.4, DB37/T 3523.5, DB37/T 4220,
DB37/T 4221.1, DB37/T 4221.2, DB37/T 4221.3, DB37/T 4221.10, DB37/T 4222.1, DB37/T 4222.2, DB37/T 4222.3, DB37/T 4223.1,
DB37/T 4223.2, DB37/T 4223.3, DB37/T 4223.4, DB37/T 4224.1, DB37/T 4224.2, DB37/T 4225, DB37/T 4560.3, DB37/T 4560.4,
DB37/T 4364, DB37/T 4408, DB37/T 3917, DB37/T 3836, DB37/T 4375, DB37/T 2352, DB37/T 2858.1, DB3701/T 52,
GB/T 2260, GB/T 10114, GB/T 39046, GB/T 19488.1, GB/T 19488.2, GB/T 18142, GA/T 541, GA/T 542, GA/T 543.1, GA/T 1053,
GA/T 1054.1, GB 32100, GB 11714, GS 15, GB 11643, GB/T 2261.1, GB/T 2261.2, GB/T 2261.3, GB/T 2261.4, GB/T 3304,
GB/T 4658, GB/T 12402, GB/T 20091, GB/T 6565, GB/T 2659.1, GB/T 4754, GB/T 21061, GB/T 21062.1, GB/T 21062.2,
GB/T 21062.3, GB/T 21062.4, GB/T 21063.1, GB/T 21063.2, GB/T 21063.3, GB/T 21063.4, GB/T 21063.5, GB/T 21063.6,
GB/T 21064, GB/T 36104, GW 0207, DB34/T 3607, DB34/T 4319, DB34/T 4283, DB51/T 3121, DB14/T 2984, DB23/T 2831,
DB65/T 4536.1, DB65/T 4536.8, DB41/T 2306, DB32/T 4617.4, DB3209/T 1257, DB14/T 1933, DB34/T 4629, DB34/T 4085,
DB12/T 1231, DB15/T 1875, DB61/T 1739, DB61/T 1479, DB11/T 448, DB11/T 449.1, DB32/T 4040, DB36/T 1994, DB52/T 1239.2
"""


@cache
def entries() -> tuple[dict[str, Any], ...]:
    return tuple(load_yaml(standards_root() / "catalogue.yaml"))


def without_year(number: str) -> str:
    return re.sub(r"—\d{4}$", "", number)


def test_each_number_stands_once() -> None:
    counts = Counter(entry["number"] for entry in entries())
    assert [number for number, times in counts.items() if times > 1] == []


@pytest.mark.parametrize("number", [number.strip() for number in OVERVIEW.split(",")])
def test_every_standard_of_the_facts_is_there(number: str) -> None:
    assert number in {without_year(entry["number"]) for entry in entries()}


def test_both_parts_of_the_extranet_draft_are_there() -> None:
    drafts = [entry for entry in entries() if entry["status"] == "draft" and entry["part_of"] == "山东省电子政务外网"]
    assert len(drafts) == 2


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["number"])
def test_an_entry_says_all_that_it_must(entry: dict[str, Any]) -> None:
    assert set(entry) == KEYS
    assert entry["title"]["zh"].strip() and entry["title"]["en"].strip()
    assert bool(entry["missing"]["zh"].strip()) == bool(entry["missing"]["en"].strip())
    assert entry["status"] in {"in-force", "superseded", "withdrawn", "draft", "unknown"}
    assert entry["seen"] in {"full text", "part", "contents", "number only"}
    assert entry["provenance"].upper() in Provenance.__members__
    assert (entry["provenance"] == "text") == (entry["seen"] == "full text") == (not entry["missing"]["zh"])
    for date in (entry["issued"], entry["effective"]):
        assert re.fullmatch(r"(\d{4}-\d{2}-\d{2})?", date)
    if entry["issued"] and entry["effective"]:
        assert entry["issued"] <= entry["effective"]


def test_what_an_entry_replaces_has_an_entry_that_is_no_longer_in_force() -> None:
    status = {entry["number"]: entry["status"] for entry in entries()}
    for entry in entries():
        for replaced in entry["replaces"]:
            matches = [number for number in status if replaced in (number, without_year(number))]
            assert matches, f"{entry['number']} replaces {replaced}, which has no entry"
            assert all(status[number] == "superseded" for number in matches)


def packs_on_disc() -> Iterator[str]:
    for id_, names in editions(standards_root()).items():
        yield from (f"{id_}@{edition}" for edition in names)


def test_the_packs_and_the_table_know_each_other() -> None:
    named = {entry["pack"] for entry in entries()} - {""}
    assert named == set(packs_on_disc())


def test_a_pack_of_one_standard_is_named_beside_its_number() -> None:
    by_number = {entry["number"]: entry for entry in entries()}
    for name in packs_on_disc():
        head = load_yaml(standards_root() / name.replace("@", "/") / "standard.yaml")
        entry = by_number.get(head["number"])
        if entry is not None:
            assert entry["pack"] == name
            assert (entry["issued"], entry["effective"]) == (head["issued"], head["effective"])
            assert entry["title"]["zh"] == head["title"]["zh"]
        else:
            assert name.startswith("divisions@"), f"{name}: {head['number']} is not in the table"
