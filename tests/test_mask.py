"""Personal data does not leave: what masks show, and that no generated number, telephone or name survives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.evidence import mask
from conformance.evidence.mask import Masker, personal_classes
from conformance.evidence.visible import LIMIT, bounded, visible

MASKER = Masker(b"the key of this test")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

FULL = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
TEXT = st.text(alphabet="查询人姓名，。: ()abcXYZ\n", max_size=12)


def digits(first: str, count: int) -> st.SearchStrategy[str]:
    """Digits after a given beginning."""
    return st.text("0123456789", min_size=count, max_size=count).map(lambda rest: first + rest)


@st.composite
def citizen_numbers(draw: st.DrawFn) -> str:
    """Numbers of people who are not born yet: the years 2090 to 2099."""
    body = draw(digits("3701", 2)) + "209" + draw(digits("", 1))
    body += f"{draw(st.integers(1, 12)):02}{draw(st.integers(1, 28)):02}" + draw(digits("", 3))
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


NUMBERS = citizen_numbers()
OLD_NUMBERS = st.builds(lambda number: number[:6] + number[8:17], NUMBERS)
PHONES = st.sampled_from("3456789").flatmap(lambda second: digits("1" + second, 9))
NAMES = st.text("王李张刘陈杨赵黄周吴欧阳诸葛伟芳娜敏静丽强磊军洋勇艳𬭎䶮", min_size=2, max_size=4)


def shown(text: str) -> str:
    """What a reader sees besides the tokens: those are digests, which may hold any digit."""
    parts = text.split("⟦")
    return parts[0] + "".join(part.partition("⟧")[2] for part in parts[1:])


@pytest.mark.parametrize(
    ("value", "personal_class", "expected"),
    [
        ("37010220991231001X", "id-number", "370**************X"),
        ("E12345678", "document", "E12*****8"),
        ("13800001234", "phone", "138******34"),
        ("张三丰", "name", "张**"),
        ("张", "name", "*"),
        ("zhang@example.com", "email", "z****@example.com"),
        ("z@example.com", "email", "*@example.com"),
        ("zhang@张三", "email", "z*******"),
        ("山东省济南市历下区解放路1号", "address", "山东省济南市********"),
        ("历下区解放路1号", "address", "历下区*****"),
        ("张家村3号", "address", "张****"),
        ("历下区", "address", "历**"),
        ("20991231", "birth", "2099****"),
        ("2099", "birth", "****"),
        ("13800001234", "birth", "***********"),
        ("阳性", "health", "**"),
        ("秘密", "a class that nobody knows", "**"),
        ("123456", "account", "1*****"),
    ],
)
def test_a_mask_shows_what_its_class_allows(value: str, personal_class: str, expected: str) -> None:
    assert shown(MASKER.mask(value, personal_class)) == expected


def test_the_empty_value_stays_empty() -> None:
    assert MASKER.mask("", "name") == MASKER.mask_unknown("", True) == MASKER.scrub("") == ""


@settings(max_examples=60, deadline=None)
@given(st.one_of(NUMBERS, OLD_NUMBERS, PHONES, NAMES), st.sampled_from([*personal_classes(), "unheard of"]))
def test_no_value_survives_its_mask_whatever_its_class(value: str, personal_class: str) -> None:
    masked = shown(MASKER.mask(value, personal_class))
    assert value not in masked
    assert sum(character != "*" for character in masked) * 2 <= len(value)


@settings(max_examples=60, deadline=None)
@given(st.one_of(NUMBERS, OLD_NUMBERS, PHONES), TEXT, TEXT, st.booleans())
def test_no_number_survives_in_free_text(value: str, before: str, after: str, full: bool) -> None:
    written = value.translate(FULL) if full else value
    scrubbed = shown(MASKER.scrub(before + written + after))
    assert value not in scrubbed
    assert written not in scrubbed
    assert value[4:-2] not in scrubbed


@settings(max_examples=40, deadline=None)
@given(st.one_of(NUMBERS, PHONES, NAMES))
def test_no_value_of_an_unmapped_column_survives_beside_persons(value: str) -> None:
    assert value not in MASKER.mask_unknown(value, personal_dataset=True)


@settings(max_examples=40, deadline=None)
@given(NUMBERS, st.integers(1, 17), st.sampled_from("\u200b\u00ad\u202e\x00"))
def test_an_invisible_character_does_not_hide_a_number(number: str, place: int, invisible: str) -> None:
    scrubbed = shown(MASKER.scrub(f"号码{number[:place]}{invisible}{number[place:]}。"))
    assert sum(character.isdigit() for character in scrubbed.replace(visible(invisible), "")) <= 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("无 37010220991231001X 此人", "无 370**************X 此人"),
        ("37010220991331001X", "370**************X"),
        ("370102 20991231 001X", "370****************X"),
        ("370102-20991231-001X", "370****************X"),
        ("+86 138 0000 1234", "+86************34"),
        ("(0531)86120000", "(05*********00"),
        ("信箱 a.b@example.com。", "信箱 a**@example.com。"),
        ("6222 0212 3456 7890 123", "622******************23"),
        ("/data/13800001234.csv", "/data/138******34.csv"),
    ],
)
def test_the_second_net_masks_on_suspicion(text: str, expected: str) -> None:
    assert shown(MASKER.scrub(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "91370100000000000R",
        "913701000000001150",
        "统一社会信用代码 12370100MB2860000Y 不在表中",
        "第 20261121 日 10:09:41",
        "370102001001",
        "sha256:" + "1380000123" * 2 + "abcdefab" + "0" * 36,
        "D2143569-X",
    ],
)
def test_what_is_no_persons_number_stays(text: str) -> None:
    assert MASKER.scrub(text) == text


@settings(max_examples=30, deadline=None)
@given(NUMBERS, PHONES, TEXT)
def test_scrubbing_twice_is_scrubbing_once(number: str, phone: str, between: str) -> None:
    once = MASKER.scrub(f"{number} {between} {phone} a@example.com")
    assert MASKER.scrub(once) == once


@pytest.mark.parametrize("code", ["370102", "2020-01-01", "CHN", "20200101", "01", "12:30", "A.1"])
def test_short_codes_beside_persons_are_shown(code: str) -> None:
    assert MASKER.mask_unknown(code, personal_dataset=True) == code


@pytest.mark.parametrize("value", ["Zhang-San", "86120000", "13800001234", "张三", "0531861200", "zhang"])
def test_what_may_be_a_name_or_a_telephone_beside_persons_is_not(value: str) -> None:
    assert shown(MASKER.mask_unknown(value, personal_dataset=True)) == value[0] + "*" * (len(value) - 1)


def test_outside_personal_datasets_values_are_shown_scrubbed() -> None:
    assert MASKER.mask_unknown("济南市某某局", personal_dataset=False) == "济南市某某局"
    assert shown(MASKER.mask_unknown("联系 13800001234", personal_dataset=False)) == "联系 138******34"


def test_tokens_correlate_within_a_key_and_class_only() -> None:
    token = MASKER.mask("13800001234", "phone")[-10:]
    assert MASKER.scrub("电话13800001234")[-10:] == token
    assert MASKER.mask("13800001235", "phone")[-10:] != token
    assert MASKER.mask("13800001234", "account")[-10:] != token
    assert Masker(b"another key").mask("13800001234", "phone")[-10:] != token


def test_the_key_is_not_shown() -> None:
    assert "the key of this test" not in repr(MASKER)


def test_what_cannot_be_seen_is_shown() -> None:
    assert visible("a\x00\n\x7f\u200b\ue000\ud800b") == "a␀␊␡⟨U+200B⟩⟨U+E000⟩⟨U+D800⟩b"
    assert MASKER.scrub("a\x00\ud800b").encode()


def test_long_values_are_cut_and_say_so() -> None:
    assert bounded("x" * LIMIT) == "x" * LIMIT
    assert MASKER.mask_unknown("某" * 200, personal_dataset=False) == "某" * LIMIT + "…⟨200⟩"
    assert shown(MASKER.mask("x" * 200, "name")) == "x" + "*" * (LIMIT - 1) + "…⟨200⟩"


def test_of_a_long_text_no_more_is_looked_at_than_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted are the characters that patterns see: as many of ten megabytes as of one."""
    seen: list[int] = []
    folded = mask._folded

    def counted(text: str) -> tuple[str, list[int]]:
        seen.append(len(text))
        return folded(text)

    monkeypatch.setattr(mask, "_folded", counted)
    for number in (1_000_000, 10_000_000):
        assert MASKER.scrub("a" * number).endswith(f"a…⟨{number}⟩")
        assert MASKER.mask_unknown("a" * number, personal_dataset=False) == "a" * LIMIT + f"…⟨{number}⟩"
    assert seen == [mask._SCRUBBED + mask._AHEAD] * 4


@pytest.mark.parametrize("before", [2, 9, 17])
def test_a_number_at_the_end_of_what_is_shown_is_masked_whole(before: int) -> None:
    text = "某" * (mask._SCRUBBED - before) + "37010220991231001X" + "某" * 100
    assert shown(MASKER.scrub(text)).rpartition("…")[0].endswith("某370**************X")


def test_an_address_of_mail_behind_another_suspect_is_masked() -> None:
    digest = "0" * 30 + "abcdefabcd"
    assert shown(MASKER.scrub(f"{digest}-x@example.com {'x' * 100}@example.com")).startswith(
        f"{digest}-*@example.com x*"
    )
