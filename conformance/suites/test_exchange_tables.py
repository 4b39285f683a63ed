"""Exchange tables; DB37/T 3522, table mode."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("ET-COLUMNS")
def test_the_table_has_its_columns(table: Judged) -> None:
    """DB37/T 3522—2019 5.1 b)：交换库表应有数据集的全部字段和系统列，且没有其他列。"""
    table.must_hold()


@requirement("ET-TYPES")
def test_types_and_lengths_are_right(table: Judged) -> None:
    """DB37/T 3522—2019 5.1 b)：各列声明的类型、长度和非空约束，应与建表语句一致。"""
    table.must_hold()


@requirement("ET-SYSTEM")
def test_system_columns_hold_valid_values(table: Judged) -> None:
    """DB37/T 3522—2019 5.1 b)：批次号、操作类型、操作时间、处理状态都有值，并符合各自的格式与代码。"""
    table.must_hold()


@requirement("ET-ORDER")
def test_batches_and_times_are_in_order(table: Judged) -> None:
    """DB37/T 3522—2019 5.1 b)：批次号连续，后一批次的操作时间不早于前一批次。"""
    table.must_hold()


@requirement("ET-BATCHES")
def test_the_batch_table_agrees_with_the_rows(table: Judged) -> None:
    """DB37/T 3522—2019 5.1 b)：每个批次都列入批次表，记录数与实际行数一致。"""
    table.must_hold()
