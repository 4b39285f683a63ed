"""Division codes (行政区划代码) in records; GB/T 2260, GB/T 10114."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("AD-FORM")
def test_division_codes_are_well_formed(values: Judged) -> None:
    """GB/T 2260—2007 编码方法：行政区划代码由数字组成，位数为所声明代码系统的位数（县级以上 6 位，乡级 9 位，村级 12 位）。"""
    values.must_hold()


@requirement("AD-COLLECTIVE")
def test_heading_codes_name_no_unit(values: Judged) -> None:
    """GB/T 2260—2007 代码表：“市辖区”“县”等汇总码（如 370101）在 GB/T 2260 表中出现，在民政部门代码表中不出现，是否可用于记录未有定论：判为未定。"""
    values.must_hold()


@requirement("AD-DISPUTED")
def test_disputed_codes_wait_for_the_office(values: Judged) -> None:
    """GB/T 2260—2007 代码表（各年）：官方年末代码表未收、而其他资料在该年主张存在的代码，判为未定，并说明理由。"""
    values.must_hold()


@requirement("AD-ZONE")
def test_no_statistics_only_zone_codes(values: Judged) -> None:
    """GB/T 2260—2007 代码表：声明采用 GB/T 2260 的，不得使用仅见于统计用区划代码的开发区、功能区代码（如 370176）。"""
    values.must_hold()


@requirement("AD-SYSTEM")
def test_codes_belong_to_the_declared_system(values: Judged) -> None:
    """GB/T 10114—2003 编码规则：九位代码有民政（GB/T 10114）与统计两套，值应属于所声明的一套。"""
    values.must_hold()


@requirement("AD-EXISTS")
def test_division_codes_exist(values: Judged) -> None:
    """GB/T 2260—2007 代码表（1981—2026）：行政区划代码应曾被正式赋予某一行政区划；所附代码表不覆盖的省份判为未定。"""
    values.must_hold()


@requirement("AD-VALID")
def test_division_codes_are_in_force_at_the_records_date(values: Judged) -> None:
    """GB/T 2260—2007 代码表（1981—2026）：行政区划代码应在记录所述日期有效；变更当年新旧代码均可。"""
    values.must_hold()


@requirement("AD-LEVEL")
def test_division_codes_have_the_declared_level(values: Judged) -> None:
    """GB/T 2260—2007 编码方法：行政区划代码的层级（省、地、县、乡、村）应为声明的层级之一。"""
    values.must_hold()


@requirement("AD-EMBEDDED")
def test_divisions_inside_identifiers_were_assigned(values: Judged) -> None:
    """GB 11643—1999 地址码：公民身份号码前六位应为县级区划代码，且在出生当年或其后曾有效（号码终身不变，保留首次登记时的代码）；统一社会信用代码、注册号中的登记机关区划代码应曾被赋予。"""
    values.must_hold()


@requirement("AD-NAME")
def test_division_name_agrees_with_the_code(records: Judged) -> None:
    """GB/T 2260—2007 代码表（1981—2026）：行政区划名称应为该代码在记录所述日期的名称；更名当年新旧名称均可。"""
    records.must_hold()


@requirement("AD-PARENT")
def test_a_unit_lies_in_its_parent(records: Judged) -> None:
    """GB/T 2260—2007 编码方法：下级行政区划代码应隶属于同一记录中的上级代码（按记录所述日期）。"""
    records.must_hold()
