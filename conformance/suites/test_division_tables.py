"""A vendor's own table of division codes; GB/T 2260."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("AT-FORM")
def test_codes_of_the_table_are_well_formed(table: Judged) -> None:
    """GB/T 2260—2007 编码方法：代码表中的代码由数字组成，位数为所声明系统的位数。"""
    table.must_hold()


@requirement("AT-UNIQUE")
def test_codes_of_the_table_do_not_repeat(table: Judged) -> None:
    """DB37/T 4220—2020 6：代码表中有效代码不得重复。"""
    table.must_hold()


@requirement("AT-COLLECTIVE")
def test_heading_codes_in_the_table_wait_for_the_office(table: Judged) -> None:
    """GB/T 2260—2007 代码表：代码表含“市辖区”等汇总码的，判为未定。"""
    table.must_hold()


@requirement("AT-DISPUTED")
def test_disputed_codes_in_the_table_wait_for_the_office(table: Judged) -> None:
    """GB/T 2260—2007 代码表（各年）：代码表含有争议代码的，判为未定。"""
    table.must_hold()


@requirement("AT-ZONE")
def test_no_statistics_only_zones_in_the_table(table: Judged) -> None:
    """GB/T 2260—2007 代码表：声明采用 GB/T 2260 的代码表，不得含统计专用的开发区、功能区代码。"""
    table.must_hold()


@requirement("AT-EXTRA")
def test_the_table_holds_nothing_extra(table: Judged) -> None:
    """GB/T 2260—2007 代码表（1981—2026）：代码表中的代码都应曾被正式赋予。"""
    table.must_hold()


@requirement("AT-CLOSED")
def test_abolished_codes_are_closed(table: Judged) -> None:
    """GB/T 2260—2007 代码表（1981—2026）：在代码表所称日期已停用的代码，不得作为有效代码列出；保留历史的，应注明停用日期。"""
    table.must_hold()


@requirement("AT-SUCCESSOR")
def test_successors_of_closed_codes_are_right(table: Judged) -> None:
    """GB/T 2260—2007 代码表（1981—2026）：列有后继代码的，应与官方变更一致（一分为多的，全部列出）。"""
    table.must_hold()


@requirement("AT-NAME")
def test_names_of_the_table_are_right(table: Judged) -> None:
    """GB/T 2260—2007 代码表（1981—2026）：有效代码的名称应与官方名称一致，使用全称。"""
    table.must_hold()


@requirement("AT-PARENT")
def test_parents_of_the_table_are_right(table: Judged) -> None:
    """GB/T 2260—2007 编码方法：列有上级代码的，应与官方隶属关系一致；地级的上级为省，可省略。"""
    table.must_hold()


@requirement("AT-COMPLETE")
def test_the_table_is_complete(table: Judged) -> None:
    """GB/T 2260—2007 代码表（1981—2026）：代码表应包含所声明范围与层级内在该日期有效的全部代码。"""
    table.must_hold()
