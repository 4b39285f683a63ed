"""Identifiers (公民身份号码, 统一社会信用代码, 组织机构代码): a foreign check, and the vectors of the facts file.

python-stdnum is a witness for check characters only. It wants a number's county code to have existed in the year of
birth, which GB 11643 does not (a number keeps the code of first registration), and its table of places crashes on some
codes: so it is asked for the check character, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_11_10

from conformance.judge.engine_polars import judge
from conformance.judge.engine_polars.compiler import Compiler
from conformance.judge.engine_polars.counting import ROW
from conformance.judge.expression import CheckHolds, Col
from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.rulebook import Tally
from conformance.judge.rules import compile_rules
from conformance.standard.notation import parse
from conformance.standard.standards import Standards

STANDARDS = Standards.load([("db37-4223.1", "2020"), ("db37-4223.2", "2020")], Path(__file__).parents[1] / "standards")
CITIZEN, PLACE = "4223.1-05-001", "4223.1-05-038"
CREDIT, COMPACT, HYPHEN, REGISTER = (f"4223.2-05-00{number}" for number in (1, 2, 3, 4))
SEED = 20261121

DIGITS = "0123456789"
CITIZEN_CHECKS = "0123456789X"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def generated(number: int, alphabet: str, length: int, checks: str, right: Callable[[str], str]) -> Iterator[str]:
    """Identifiers in an endless order of right and wrong: every second one ends in a symbol that is not ``right``."""
    random = np.random.default_rng([SEED, length, len(checks)])
    bodies = random.integers(0, len(alphabet), (number, length - 1))
    shifts = random.integers(1, len(checks), number)
    for place, (row, shift) in enumerate(zip(bodies, shifts, strict=True)):
        body = "".join(alphabet[symbol] for symbol in row)
        check = right(body + "0")
        yield body + (check if place % 2 else checks[(checks.index(check) + int(shift)) % len(checks)])


def held_by_ours(scheme_id: str, numbers: Sequence[str]) -> list[bool]:
    """What the engine's kernel says of each number, all in one batch."""
    scheme = STANDARDS.schemes[scheme_id]
    assert scheme.check is not None
    condition = Compiler().condition(CheckHolds(Col("c"), scheme.length, scheme.check))
    return pl.DataFrame({"c": numbers}).select(condition.alias("holds"))["holds"].to_list()


@pytest.mark.parametrize(
    ("scheme", "number", "alphabet", "checks", "right"),
    [
        ("gb-11643", 50_000, DIGITS, CITIZEN_CHECKS, ric.calc_check_digit),
        ("gb-32100", 50_000, CREDIT_ALPHABET, CREDIT_ALPHABET, uscc.calc_check_digit),
        ("gs-15-2006", 10_000, DIGITS, DIGITS, lambda whole: mod_11_10.calc_check_digit(whole[:-1])),
    ],
)
def test_the_kernels_agree_with_stdnum(
    scheme: str, number: int, alphabet: str, checks: str, right: Callable[[str], str]
) -> None:
    numbers = list(generated(number, alphabet, STANDARDS.schemes[scheme].length, checks, right))
    theirs = [right(one) == one[-1] for one in numbers]
    assert sum(theirs) == number // 2
    disagreed = [
        one for one, ours, held in zip(numbers, held_by_ours(scheme, numbers), theirs, strict=True) if ours != held
    ]
    assert disagreed == []


@pytest.mark.parametrize(("scheme", "checks"), [("gb-11643", CITIZEN_CHECKS), ("gb-32100", CREDIT_ALPHABET)])
def test_every_check_symbol_came_up_right(scheme: str, checks: str) -> None:
    """The comparison above is worth something only if no symbol was left out, 0 and X among them."""
    right = ric.calc_check_digit if scheme == "gb-11643" else uscc.calc_check_digit
    alphabet = DIGITS if scheme == "gb-11643" else CREDIT_ALPHABET
    numbers = list(generated(5_000, alphabet, 18, checks, right))
    assert {one[-1] for one, held in zip(numbers, held_by_ours(scheme, numbers), strict=True) if held} == set(checks)


def tallies(
    element: str, *values: str, as_of: str = "20241231", division: DivisionUse | None = None
) -> dict[str, Tally]:
    """What the engine counts over one column of values, by rule."""
    column = replace(Column("c", STANDARDS.elements[element], "c"), division=division)
    book = compile_rules(Dataset("t", (column,), as_of), STANDARDS)
    frame = pl.DataFrame({ROW: range(1, len(values) + 1), "c": values}, schema_overrides={ROW: pl.UInt32})
    counted = judge(book, lambda: iter((frame,)), {}).tallies
    assert max(tally.checked for tally in counted.values()) == len(values)
    return {rule: tally for (rule, _), tally in counted.items()}


def reds(element: str, *values: str, as_of: str = "20241231", division: DivisionUse | None = None) -> dict[str, int]:
    """The rules that turn red over one column of values, with how many values each; nothing may stay undecided."""
    counted = tallies(element, *values, as_of=as_of, division=division)
    assert not any(tally.undecided for tally in counted.values())
    return {rule: tally.violations for rule, tally in counted.items() if tally.violations}


def other_check(number: str, checks: str) -> str:
    """The number with the check symbol that follows the right one."""
    return number[:-1] + checks[(checks.index(number[-1]) + 1) % len(checks)]


#: Sequence and check symbol behind 37010220991231.
CHECK_ENDS = ("001X", "0060", "0191", "0052", "0183", "0044", "0095", "0036", "0087", "0028", "0079")
#: One number for each check symbol, then other counties, then the two examples that GB 11643 itself prints.
CITIZEN_NUMBERS = (
    *(f"37010220991231{last}" for last in CHECK_ENDS),
    "370202209912310015",
    "371302209912310011",
    "11010519491231002X",
    "440524188001010014",
)
CREDIT_CODES = (
    *("11370000000000000W", "12370100000000000Y", "51370000000000000Q", "91370100000000000R", "91371200000000000B"),
    *("933705020000000005", "N23701020000000006", "Y1370000000000000Y"),
    *("91350100M000100Y43", "91330110MA2CC1X505"),
)
#: The weighted sum is divisible by 31: a formula without its last ``mod 31`` finds no symbol for them.
DIVISIBLE_BY_31 = ("913701000000001150", "123702000000001310", "913701000000003500", "113700000000003690")
ORGANISATION_CODES = ("00000006-X", "D2143569-X", "00000019-0")


@pytest.mark.parametrize("number", CITIZEN_NUMBERS)
def test_citizen_numbers(number: str) -> None:
    assert reds(CITIZEN, number) == {}
    assert reds(CITIZEN, other_check(number, CITIZEN_CHECKS)) == {"check": 1}


def test_the_citizen_numbers_end_in_every_check_symbol() -> None:
    assert {number[-1] for number in CITIZEN_NUMBERS} == set(CITIZEN_CHECKS)


def test_an_address_that_is_a_province_is_red() -> None:
    number = "370000209912310011"
    assert held_by_ours("gb-11643", [number]) == [True]
    assert reds(CITIZEN, number) == {"division-embedded": 1}


def test_an_address_that_ended_before_birth_is_red() -> None:
    """371202 ended in 2018, and no source asserts it for a later year."""
    number = "371202209912310016"
    assert held_by_ours("gb-11643", [number]) == [True]
    assert reds(CITIZEN, number) == {"division-embedded": 1}


@pytest.mark.parametrize("year", range(2009, 2018))
def test_an_address_that_was_abolished_later(year: int) -> None:
    """371202 莱城区 was in force from 2009 to 2017: right as a place then, and for ever inside a number given then."""
    body = f"371202{year}0101981"
    number = body + ric.calc_check_digit(body + "0")
    assert reds(CITIZEN, number) == {}
    assert reds(CITIZEN, number, as_of=f"{year}1231") == {}
    assert reds(PLACE, "371202", as_of=f"{year}1231", division=DivisionUse("gbt-2260")) == {}


def test_an_abolished_address_is_red_in_2024() -> None:
    assert reds(PLACE, "371202", "370102", division=DivisionUse("gbt-2260")) == {"division-valid": 1}
    body = "37018120240101981"
    assert reds(CITIZEN, body + ric.calc_check_digit(body + "0")) == {"division-embedded": 1}


@pytest.mark.parametrize("code", [*CREDIT_CODES, *DIVISIBLE_BY_31])
def test_credit_codes(code: str) -> None:
    assert reds(CREDIT, code) == {}
    assert reds(CREDIT, other_check(code, CREDIT_ALPHABET)) == {"check": 1}


@pytest.mark.parametrize("code", DIVISIBLE_BY_31)
def test_a_sum_divisible_by_31_has_the_check_symbol_0(code: str) -> None:
    body = code[:-1]
    sums = [CREDIT_ALPHABET.index(symbol) * pow(3, place, 31) for place, symbol in enumerate(body)]
    assert sum(sums) % 31 == 0
    candidates = [body + check for check in CREDIT_ALPHABET]
    right = [one for one, held in zip(candidates, held_by_ours("gb-32100", candidates), strict=True) if held]
    assert right == [code] == [f"{body}0"]


def test_the_organisation_code_inside_a_credit_code_is_checked_too() -> None:
    """A right outer check character does not excuse a wrong inner one."""
    body = "91370100" + "000000011"
    code = body + uscc.calc_check_digit(body + "0")
    assert held_by_ours("gb-32100", [code]) == [True]
    assert reds(CREDIT, code) == {"check": 1}


@pytest.mark.parametrize("code", ORGANISATION_CODES)
def test_organisation_codes(code: str) -> None:
    assert reds(HYPHEN, code) == {}
    assert reds(HYPHEN, other_check(code, CITIZEN_CHECKS)) == {"check": 1}
    compact = code.replace("-", "")
    assert reds(COMPACT, compact) == {}
    assert reds(COMPACT, other_check(compact, CITIZEN_CHECKS)) == {"check": 1}


@pytest.mark.parametrize("letter", "IOZSV")
def test_a_credit_code_holds_none_of_five_letters(letter: str) -> None:
    assert reds(CREDIT, f"91370100{letter}0000000{letter}R") == {"scheme": 1}


def test_a_registration_number() -> None:
    """GS 15-2006: the check character of ISO 7064 MOD 11,10."""
    body = "37010000000001"
    right = mod_11_10.calc_check_digit(body)
    assert reds(REGISTER, *(body + check for check in DIGITS)) == {"check": 9}
    assert reds(REGISTER, body + right) == {}


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("P000001000001101", None),
        ("T370001000123999", None),
        ("A000001000001101", "scheme"),
        ("P000001000001501", "scheme"),
        ("P000001000000101", "scheme"),
        ("P000000999999101", "scheme"),
        ("P000002000000101", None),
        ("p000001000001101", "scheme"),
        ("P00000100000110", "length"),
    ],
)
def test_interface_codes(code: str, rule: str | None) -> None:
    """DB37/T 3522—2019 5.2.2.3: T or P, twelve digits from 000001000001, a class, a sequence."""
    element = replace(STANDARDS.elements[CREDIT], domain="scheme:db37-3522-interface", format=parse("c16"))
    book = compile_rules(Dataset("t", (Column("c", element, "c"),), "20241231"), STANDARDS)
    frame = pl.DataFrame({ROW: [1], "c": [code]}, schema_overrides={ROW: pl.UInt32})
    counted = judge(book, lambda: iter((frame,)), {}).tallies
    assert {name for (name, _), tally in counted.items() if tally.violations} == ({rule} if rule else set())
