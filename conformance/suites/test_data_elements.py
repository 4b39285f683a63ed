"""Data elements (数据元): values, columns, records and keys of datasets; DB37/T 4220—2020, GB/T 39046—2020 5.3."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("DE-MANDATORY")
def test_mandatory_items_hold_a_value(values: Judged) -> None:
    """DB37/T 4220—2020 7：声明为必填的数据项，每条记录都应有值；空值与空串均视为无值。"""
    values.must_hold()


@requirement("DE-UNIQUE")
def test_unique_items_do_not_repeat(values: Judged) -> None:
    """DB37/T 4220—2020 7：声明为唯一的数据项，任何两条记录的值不得相同。"""
    values.must_hold()


@requirement("DE-CHARSET")
def test_characters_are_readable(values: Judged) -> None:
    """DB37/T 4220—2020 5：值中不得含控制字符、私用区字符、替换字符（U+FFFD）、非字符与不可见格式字符；长度不定的文本可含换行与制表符。"""
    values.must_hold()


@requirement("DE-BLANK")
def test_no_blanks_at_the_edges(values: Judged) -> None:
    """DB37/T 4220—2020 5：值的首尾不得有空格、全角空格或其他空白字符。"""
    values.must_hold()


@requirement("DE-HALFWIDTH")
def test_codes_and_digits_are_half_width(values: Judged) -> None:
    """DB37/T 4364—2021 9.1.4：代码、号码、数字、日期以及规定半角的文本，不得用全角字符书写。"""
    values.must_hold()


@requirement("DE-LENGTH")
def test_length_fits_the_format(values: Judged) -> None:
    """GB/T 39046—2020 5.3 表3：值的字符数应在表示格式给出的最小与最大长度之内；长度按字符计，不按字节计；带小数的数值按数字个数计。"""
    values.must_hold()


@requirement("DE-FORMAT")
def test_characters_and_picture_fit_the_format(values: Judged) -> None:
    """GB/T 39046—2020 5.3 表3：值只含表示格式允许的字符；日期时间按规定的形式书写；小数位数不超过规定。"""
    values.must_hold()


@requirement("DE-DATE")
def test_dates_and_times_exist(values: Judged) -> None:
    """GB/T 39046—2020 5.3 表2（GB/T 7408）：日期应是历法中存在的日期，时间应是存在的时刻（时 00—23，分、秒 00—59）。"""
    values.must_hold()


@requirement("DE-DOMAIN")
def test_codes_belong_to_their_list(values: Judged) -> None:
    """DB37/T 4220—2020 6：有值域代码的数据元，其值应是该代码表中的代码，或代码表声明的扩展段内的代码。"""
    values.must_hold()


@requirement("DE-CODE-DATE")
def test_codes_are_valid_at_the_records_date(values: Judged) -> None:
    """DB37/T 4220—2020 6：代码应在记录所述日期有效；已停用或尚未启用的代码不得使用。"""
    values.must_hold()


@requirement("DE-SCHEME")
def test_identifiers_have_their_structure(values: Judged) -> None:
    """DB37/T 4220—2020 5：公民身份号码、统一社会信用代码、组织机构代码、注册号等应符合其编码结构：长度、字符集、各段取值（如出生日期存在、登记管理部门与机构类别成对）。"""
    values.must_hold()


@requirement("DE-CHECK")
def test_check_characters_hold(values: Judged) -> None:
    """DB37/T 4220—2020 5：带校验码的号码，其校验码应按编码规则计算正确；统一社会信用代码中的组织机构代码校验码亦应正确。"""
    values.must_hold()


@requirement("DE-RANGE")
def test_numbers_and_dates_lie_within_bounds(values: Judged) -> None:
    """DB37/T 4220—2020 5：数据元规定了上下限的，其值应在限内。"""
    values.must_hold()


@requirement("DR-BIRTH")
def test_birth_date_agrees_with_the_number(records: Judged) -> None:
    """GB 11643—1999 出生日期码：出生日期应与公民身份号码第 7 至 14 位一致。"""
    records.must_hold()


@requirement("DR-SEX")
def test_sex_agrees_with_the_number(records: Judged) -> None:
    """GB 11643—1999 顺序码：公民身份号码顺序码奇数为男、偶数为女，应与性别代码一致；性别代码为未知或未说明的不判。"""
    records.must_hold()


@requirement("DR-NAME")
def test_code_and_name_agree(records: Judged) -> None:
    """DB37/T 4220—2020 6：同一记录中代码与其名称应为代码表中的同一项。"""
    records.must_hold()


@requirement("DR-ORGANISATION")
def test_organisation_code_agrees_with_the_credit_code(records: Judged) -> None:
    """GB 32100—2015 主体标识码：组织机构代码应等于统一社会信用代码第 9 至 17 位。"""
    records.must_hold()


@requirement("DR-AUTHORITY")
def test_registration_authority_agrees_with_the_credit_code(records: Judged) -> None:
    """GB 32100—2015 登记管理机关行政区划码：登记管理机关行政区划代码应等于统一社会信用代码第 3 至 8 位。"""
    records.must_hold()


@requirement("DR-ORDER")
def test_dates_are_in_order(records: Judged) -> None:
    """DB37/T 4220—2020 7：有先后关系的两个日期，在前者不得晚于在后者。"""
    records.must_hold()


@requirement("DS-KEY")
def test_key_is_complete_and_unique(records: Judged) -> None:
    """DB37/T 4220—2020 7：数据集的主键各列均应有值，且不得重复。"""
    records.must_hold()


@requirement("DS-REF")
def test_references_resolve(records: Judged) -> None:
    """DB37/T 4220—2020 7：引用其他数据集的值，应存在于被引用的数据集中。"""
    records.must_hold()
