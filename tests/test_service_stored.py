"""What a transfer stored, compared with what was acknowledged: records by key, nothing asked."""

from __future__ import annotations

import pytest

from conformance.judge.service.model import Call
from conformance.judge.service.stored import (
    MISSING,
    PRESENT,
    STALE,
    TWICE,
    VALUES,
    Difference,
    alike,
    differences,
    kept_fault,
    key_of,
    least,
    named,
    receipt_of,
    stored_faults,
    wrong_receipt,
)
from conformance.standard.services.model import BatchRules

FIELDS = ("ID", "NAME", "NOTE")
KEY = ("1",)
RECORD = {"ID": "1", "NAME": "甲"}
CALL = Call("t", "POST", "/t")
OPERATIONS = {"insert": "I", "update": "U", "delete": "D"}
NAMES = BatchRules("series", "[a-z]+", "batch", 1, 6, "records", "receipt", "CZLX", OPERATIONS)


def test_a_record_that_is_there_once_with_its_values_differs_in_nothing() -> None:
    assert differences({KEY: RECORD}, {KEY: [{"ID": "1", "NAME": "甲", "NOTE": ""}]}, FIELDS) == ()


@pytest.mark.parametrize(
    ("wanted", "rows", "kind"),
    [
        (RECORD, [], MISSING),
        (RECORD, [RECORD, RECORD], TWICE),
        (None, [RECORD], PRESENT),
    ],
)
def test_what_is_missing_doubled_or_still_there_differs(
    wanted: dict[str, str] | None, rows: list[dict[str, str]], kind: str
) -> None:
    assert differences({KEY: wanted}, {KEY: rows}, FIELDS) == (Difference(KEY, kind),)


def test_other_values_are_named_by_their_fields() -> None:
    row = {"ID": "1", "NAME": "乙", "NOTE": "x", "MORE": "not handed over"}
    assert differences({KEY: RECORD}, {KEY: [row]}, FIELDS) == (Difference(KEY, VALUES, ("NAME", "NOTE")),)


def test_a_field_that_the_row_does_not_have_is_not_compared() -> None:
    assert differences({KEY: RECORD}, {KEY: [{"ID": "1"}]}, FIELDS) == ()


def test_an_optional_field_that_was_lost_is_another_value() -> None:
    found = differences({KEY: {**RECORD, "NOTE": "x"}}, {KEY: [{**RECORD, "NOTE": ""}]}, FIELDS)
    assert found == (Difference(KEY, VALUES, ("NOTE",)),)


def test_one_interface_that_shows_all_is_enough() -> None:
    assert least([Difference(KEY, MISSING), None]) is None


def test_of_values_counts_what_all_interfaces_agree_in() -> None:
    one, other = Difference(KEY, VALUES, ("NAME", "NOTE")), Difference(KEY, VALUES, ("NAME",))
    assert least([one, other]) == Difference(KEY, VALUES, ("NAME",))
    assert least([Difference(KEY, VALUES, ("NOTE",)), other]) is None


def test_the_interface_that_shows_the_record_best_tells() -> None:
    assert least([Difference(KEY, MISSING), Difference(KEY, VALUES, ("NAME",))]) == Difference(KEY, VALUES, ("NAME",))
    assert least([Difference(KEY, MISSING), Difference(KEY, MISSING)]) == Difference(KEY, MISSING)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (MISSING, "transfer-stored"),
        (TWICE, "transfer-stored"),
        (PRESENT, "transfer-stored"),
        (STALE, "transfer-stored"),
        (VALUES, "transfer-values"),
    ],
)
def test_each_difference_is_told_under_one_rule(kind: str, rule: str) -> None:
    faults = stored_faults([Difference(KEY, kind, ("NAME",))], CALL, sequence=1, step=2)
    assert [one.rule for one in faults] == [rule]
    assert faults[0].call is CALL
    for language in ("zh", "en"):
        assert "2" in faults[0].reason.render(language)


def test_a_record_that_an_update_made_vanish_was_not_kept() -> None:
    faults = stored_faults([Difference(KEY, MISSING)], CALL, sequence=1, step=2, kept=[KEY])
    assert [one.rule for one in faults] == ["transfer-kept"]


def test_what_is_not_as_it_was_is_told_once() -> None:
    assert kept_fault([], CALL, sequence=1, step=3) == ()
    found = kept_fault([Difference(KEY, MISSING), Difference(("2",), TWICE)], CALL, sequence=1, step=3)
    assert [one.rule for one in found] == ["transfer-kept"]
    assert "2 " in found[0].reason.render("en")


def test_many_fields_are_named_by_the_first_few() -> None:
    assert named([Difference(KEY, VALUES, tuple("FEDCBA"))]) == "A、B、C、D、E…"


def test_a_key_is_whole_or_none() -> None:
    assert key_of({"A": "1", "B": "2"}, ("B", "A")) == ("2", "1")
    assert key_of({"A": "1"}, ("A", "B")) is None
    assert key_of({"A": 1}, ("A",)) is None
    assert key_of({"A": ""}, ("A",)) is None


GOOD = {"series": "s", "batch": "000001", "records": 2, "receipt": "r"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, ""),
        ({"series": "x"}, "series"),
        ({"batch": 1}, "batch"),
        ({"records": "2"}, "records"),
        ({"records": 3}, "records"),
        ({"receipt": ""}, "receipt"),
        ({"receipt": None}, "receipt"),
    ],
)
def test_a_receipt_says_what_was_sent(change: dict[str, object], wrong: str) -> None:
    assert wrong_receipt({**GOOD, **change}, "s", "000001", 2, NAMES) == wrong


def test_one_record_is_not_true() -> None:
    assert wrong_receipt({**GOOD, "records": True}, "s", "000001", 1, NAMES) == "records"


def test_what_is_no_receipt_has_none() -> None:
    assert wrong_receipt(["r"], "s", "000001", 2, NAMES) == "receipt"
    assert receipt_of(["r"], NAMES) == ""
    assert receipt_of({"receipt": 3}, NAMES) == ""


def test_rows_are_alike_in_whatever_order() -> None:
    assert alike([{"A": "1"}, {"A": "2"}], [{"A": "2"}, {"A": "1"}])
    assert not alike([{"A": "1"}], [{"A": "1"}, {"A": "1"}])
