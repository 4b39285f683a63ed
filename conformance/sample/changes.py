"""The vocabulary of faults: small edits of cells, rows and columns, each written as data (``docs/sample.md``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from conformance.sample.errors import SampleError

Cell = str | None
#: Gives an identifier of one column its right check character (``check``) or a wrong one (``wrong-check``).
Recompute = Callable[[str, str, str], str]
CellOperation = Callable[[Cell, Any], Cell]

_ROW_KEYS = {"dataset", "rows", "column", "set_row", "drop_rows", "duplicate_row", "add_row", "remove_column"}
_ROW_ACTIONS = ("set_row", "drop_rows", "duplicate_row", "add_row", "remove_column")
_SELECTOR_KEYS = {"where", "first", "last", "every"}
_FULLWIDTH_OFFSET = 0xFEE0
_ASCII = {"digits": range(0x30, 0x3A), "all": range(0x21, 0x7F)}


@dataclass(frozen=True)
class Change:
    """One edit of one dataset: ``steps`` are cell operations in the order written, or one action on rows or columns."""

    dataset: str
    rows: Any
    column: str
    steps: tuple[tuple[str, Any], ...]
    action: str = ""
    argument: Any = None


def read_change(raw: Mapping[str, Any], place: str) -> Change:
    """One change of a mutant file; raises :class:`SampleError` for a key that is no word of the vocabulary."""
    steps = tuple((key, value) for key, value in raw.items() if key in CELL_OPERATIONS or key in _TABLE_OPERATIONS)
    actions = [key for key in _ROW_ACTIONS if key in raw]
    allowed = _ROW_KEYS | CELL_OPERATIONS.keys() | _TABLE_OPERATIONS
    if unknown := sorted(set(raw) - allowed):
        raise SampleError(
            "sample.key.unknown", place=place, keys=", ".join(unknown), allowed=", ".join(sorted(allowed))
        )
    lone_action = len(actions) == 1 and not steps and "column" not in raw
    cells = not actions and bool(steps) and "column" in raw
    if "dataset" not in raw or not (lone_action or cells):
        raise SampleError("sample.change.shape", place=place)
    action = actions[0] if actions else ""
    return Change(
        dataset=str(raw["dataset"]),
        rows=raw.get("rows", "all"),
        column=str(raw.get("column", "")),
        steps=steps,
        action=action,
        argument=raw.get(action),
    )


def apply_change(frame: pl.DataFrame, change: Change, recompute: Recompute) -> pl.DataFrame:
    """The rows with one change made; raises :class:`SampleError` where it touches nothing (a fault without effect)."""
    if change.action == "remove_column":
        return frame.drop(_existing(frame, str(change.argument)))
    if change.action == "add_row":
        return pl.concat([frame, _row(frame, change.argument)])
    rows = selected(frame, change.rows)
    if not rows:
        raise SampleError("sample.change.nothing", dataset=change.dataset)
    if change.action == "drop_rows":
        dropped = set(rows)
        return frame.filter(pl.Series([row not in dropped for row in range(frame.height)], dtype=pl.Boolean))
    if change.action == "duplicate_row":
        return pl.concat([frame, frame[rows]])
    if change.action == "set_row":
        for column, value in change.argument.items():
            frame = _with_cells(frame, _existing(frame, column), rows, _with(_set, value))
        return frame
    return _edit(frame, change, rows, recompute)


def selected(frame: pl.DataFrame, rows: Any) -> list[int]:
    """The positions (from 0) of the rows that a selector names (rows count from 1, as in reports)."""
    if rows == "all":
        return list(range(frame.height))
    if isinstance(rows, list):
        if outside := [row for row in rows if not 1 <= row <= frame.height]:
            raise SampleError("sample.change.row", row=outside[0], rows=frame.height)
        return [row - 1 for row in rows]
    if not isinstance(rows, dict) or set(rows) - _SELECTOR_KEYS:
        raise SampleError("sample.change.selector", selector=str(rows))
    found = list(range(frame.height))
    for column, wanted in (rows.get("where") or {}).items():
        values = frame[_existing(frame, column)].to_list()
        found = [row for row in found if _matches(values[row], wanted)]
    if "every" in rows:
        found = found[:: int(rows["every"])]
    if "last" in rows:
        found = found[-int(rows["last"]) :]
    return found[: int(rows["first"])] if "first" in rows else found


def _matches(value: Cell, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        if set(wanted) == {"not"}:
            return not _matches(value, wanted["not"])
        if set(wanted) != {"matches"}:
            raise SampleError("sample.change.selector", selector=str(wanted))
        return value is not None and re.fullmatch(str(wanted["matches"]), value) is not None
    if isinstance(wanted, list):
        return any(_matches(value, one) for one in wanted)
    return value == _cell(wanted)


def _edit(frame: pl.DataFrame, change: Change, rows: Sequence[int], recompute: Recompute) -> pl.DataFrame:
    column = _existing(frame, change.column)
    before = frame[column]
    for name, argument in change.steps:
        if name == "copy_from":
            value = before[selected(frame, [argument])[0]]
            frame = _with_cells(frame, column, rows, _with(_set, value))
        elif name == "copy_column":
            other = frame[_existing(frame, str(argument))].to_list()
            frame = frame.with_columns(pl.Series(column, _replaced(frame[column], rows, other), dtype=pl.String))
        elif name == "recompute":
            frame = _with_cells(frame, column, rows, _with(partial(_recompute, recompute, column), argument))
        else:
            frame = _with_cells(frame, column, rows, _with(CELL_OPERATIONS[name], argument))
    if before.equals(frame[column], null_equal=True):
        raise SampleError("sample.change.nothing", dataset=change.dataset)
    return frame


def _with(operation: CellOperation, argument: Any) -> Callable[[Cell], Cell]:
    def change(cell: Cell) -> Cell:
        return operation(cell, argument)

    return change


def _replaced(old: pl.Series, rows: Sequence[int], new: Sequence[Cell]) -> list[Cell]:
    cells: list[Cell] = old.to_list()
    for row in rows:
        cells[row] = new[row]
    return cells


def _with_cells(
    frame: pl.DataFrame, column: str, rows: Sequence[int], operation: Callable[[Cell], Cell]
) -> pl.DataFrame:
    cells: list[Cell] = frame[column].to_list()
    for row in rows:
        cells[row] = operation(cells[row])
    return frame.with_columns(pl.Series(column, cells, dtype=pl.String))


def _row(frame: pl.DataFrame, values: Mapping[str, Any]) -> pl.DataFrame:
    for column in values:
        _existing(frame, column)
    cells = {column: [_cell(values.get(column))] for column in frame.columns}
    return pl.DataFrame(cells, schema=frame.schema)


def _existing(frame: pl.DataFrame, column: str) -> str:
    if column not in frame.columns:
        raise SampleError("sample.change.column", column=column, columns=", ".join(frame.columns))
    return column


def _cell(value: Any) -> Cell:
    """A literal as the data hold it; numbers must be quoted, so that 0101 stays 0101."""
    if value is None or isinstance(value, str):
        return value
    raise SampleError("sample.change.literal", value=str(value))


def _set(_: Cell, value: Any) -> Cell:
    return _cell(value)


def _replace(cell: Cell, argument: Any) -> Cell:
    return cell and cell.replace(str(argument["from"]), str(argument["to"]))


def _substring(cell: Cell, argument: Any) -> Cell:
    """Overwrite characters from ``start`` (from 1) with ``value``."""
    if not cell:
        return cell
    start, value = int(argument["start"]) - 1, str(_cell(argument["value"]))
    return cell[:start] + value + cell[start + len(value) :]


def _recompute(recompute: Recompute, column: str, cell: Cell, how: Any) -> Cell:
    return cell and recompute(column, cell, str(how))


def _truncate_bytes(cell: Cell, size: Any) -> Cell:
    """Keep the first bytes of UTF-8; a character cut in two becomes U+FFFD, as readers show it."""
    return cell and cell.encode()[: int(size)].decode(errors="replace")


def _fullwidth(cell: Cell, which: Any) -> Cell:
    wide = {code: code + _FULLWIDTH_OFFSET for code in _ASCII[str(which)]}
    return cell and cell.translate(wide)


CELL_OPERATIONS: Mapping[str, CellOperation] = {
    "set": _set,
    "replace": _replace,
    "prefix": lambda cell, text: cell and str(_cell(text)) + cell,
    "suffix": lambda cell, text: cell and cell + str(_cell(text)),
    "truncate": lambda cell, length: cell and cell[: int(length)],
    "truncate_bytes": _truncate_bytes,
    "upper": lambda cell, _: cell and cell.upper(),
    "lower": lambda cell, _: cell and cell.lower(),
    "fullwidth": _fullwidth,
    "substring": _substring,
}
#: Operations that look at more than the cell.
_TABLE_OPERATIONS = {"copy_from", "copy_column", "recompute"}
