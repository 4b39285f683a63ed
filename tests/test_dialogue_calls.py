"""Calls as they are built, and the values and records that valid ones are made of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from hypothesis import strategies as st

from conformance.dialogue import valid
from conformance.dialogue.calls import (
    batch_body,
    first_page,
    make_call,
    operated,
    paging_of,
    transfer_call,
    with_pairs,
)
from conformance.dialogue.valid import examples, faults_of, valid_values
from conformance.judge.service.model import Twist
from conformance.standard.services.model import Interface, Registration, ServiceRules
from conformance.standard.services.reading import interface_of
from conformance.standard.standards import Standards

REGISTRATIONS = Path(__file__).parents[1] / "fixtures" / "exchange-node" / "registrations"
AS_OF = "20261121"
QUERY, FORM, TRANSFER = "enterprise-query", "population-query", "enterprise-transfer"


@cache
def standards() -> Standards:
    return Standards.load((("services", "2020"),))


def rules() -> ServiceRules:
    return standards().services


@cache
def interfaces() -> Mapping[str, Interface]:
    found = {}
    for path in sorted(REGISTRATIONS.glob("*.yaml")):
        raw: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        found[raw["id"]] = interface_of(Registration(raw["id"], path.name, raw), standards().elements, rules())
    return {id_: one for id_, one in found.items() if one}


def test_a_query_says_its_parameters_in_the_url_in_the_order_of_the_registration() -> None:
    interface = interfaces()[QUERY]
    page = paging_of(interface, rules(), 2, 30)
    call = make_call(interface, rules(), {"CLRQ": "20200101", "X": "", "JGMC": "甲 乙"}, client="tester", paging=page)
    said = (("JGMC", "甲 乙"), ("CLRQ", "20200101"), ("X", ""), ("PAGE", "2"), ("PAGENUM", "30"))
    assert (call.method, call.path, call.query, call.body) == ("GET", interface.path, said, None)


def test_a_form_says_its_parameters_in_the_body_as_utf8() -> None:
    interface = interfaces()[FORM]
    call = make_call(
        interface, rules(), {"XM": "䶮 &"}, client="tester", paging=first_page(interface, rules()), method="PUT"
    )
    assert (call.method, call.query, call.content_type) == ("PUT", (), "application/x-www-form-urlencoded")
    assert parse_qsl((call.body or b"").decode("ascii")) == [("XM", "䶮 &"), ("STARTNUM", "1"), ("PAGENUM", "100")]


def test_a_parameter_may_be_said_twice() -> None:
    call = with_pairs(interfaces()[QUERY], rules(), [("CLRQ", "1"), ("CLRQ", "2")], client="second")
    assert (call.client, call.query) == ("second", (("CLRQ", "1"), ("CLRQ", "2")))


def test_what_does_not_page_has_no_page() -> None:
    assert paging_of(interfaces()["population-verify"], rules(), 1, 10) == {}
    assert first_page(interfaces()[QUERY], rules(), 500) == {"PAGE": "1", "PAGENUM": "100"}


def test_the_same_batch_is_the_same_octets() -> None:
    record = operated(rules(), "update", {"JGMC": "样本"})
    body = batch_body(rules(), "s-1", 7, [record])
    assert body.decode() == '{"series":"s-1","batch":"000007","records":[{"CZLX":"U","JGMC":"样本"}]}'
    twist = Twist(clock_ms=1)
    call = transfer_call(interfaces()[TRANSFER], rules(), "s-1", 7, [record], client="tester", twist=twist)
    assert (call.body, call.method, call.content_type, call.twist) == (body, "POST", "application/json", twist)


def test_examples_hang_on_their_seed_alone() -> None:
    strategy = st.text(min_size=3)
    first = examples(strategy, "7/x", 8)
    examples(strategy, "other", 3)
    assert (len(first), examples(strategy, "7/x", 8)) == (8, first)
    assert examples(strategy, "8/x", 8) != first
    assert sorted(examples(st.sampled_from("ab"), "7/x", 50))[0] == "a"


@pytest.mark.parametrize("id_", sorted(interfaces()))
def test_records_and_values_are_as_their_elements_say(id_: str) -> None:
    interface, date = interfaces()[id_], interfaces()[id_].date if id_ == TRANSFER else ""
    rows = valid.test_records(interface, standards(), 7, 12, AS_OF)
    drawn = examples(valid_values(interface, rows[:3], standards(), as_of=AS_OF), f"7/{id_}", 12)
    for row, at in [*((row, date) for row in rows), *((row, "") for row in drawn)]:
        for field in interface.parameters:
            assert field.name in row or not field.mandatory
            if field.name in row:
                assert faults_of(field, row[field.name], row, standards(), as_of=AS_OF, date=at) == []


def test_test_records_are_the_same_again_and_no_two_have_one_key() -> None:
    interface = interfaces()[TRANSFER]
    rows = [row for seed in range(3) for row in valid.test_records(interface, standards(), seed, 400, AS_OF)]
    assert len({row["TYSHXYDM"] for row in rows}) == len(rows) == 1200
    assert valid.test_records(interface, standards(), 1, 400, AS_OF) == rows[400:800]
    lacking = [sum(1 for row in rows if field.name not in row) for field in interface.parameters if not field.mandatory]
    assert min(lacking) > 0
    assert max(lacking) < len(rows)


def test_values_come_out_of_one_row_and_never_out_of_a_bad_one() -> None:
    interface = interfaces()[FORM]
    first, second = ("甲" * 12, "20000101"), ("乙" * 12, "20000202")
    known = [dict(zip(("XM", "CSRQ"), one, strict=True)) for one in (first, second)] + [{"XM": "丙\ue000" * 6}]
    drawn = examples(valid_values(interface, known, standards(), as_of=AS_OF), "1", 200)
    both = {(one["XM"], one["CSRQ"]) for one in drawn if one.get("XM", "")[:1] in ("甲", "乙") and "CSRQ" in one}
    assert both == {first, second}
    assert not any("\ue000" in one.get("XM", "") for one in drawn)


def test_values_are_of_the_divisions_that_are_granted() -> None:
    interface = interfaces()[FORM]
    rows = valid.test_records(interface, standards(), 3, 60, AS_OF)
    allowed = {"HJDXZQHDM": ("3701",)}
    drawn = examples(valid_values(interface, rows, standards(), as_of=AS_OF, allowed=allowed), "1", 60)
    codes = {one["HJDXZQHDM"] for one in drawn if "HJDXZQHDM" in one}
    assert len(codes) > 3
    assert all(code.startswith("3701") for code in codes)
