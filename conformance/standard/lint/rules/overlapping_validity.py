"""At any day a code of a list means one thing: the validity of its rows does not overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.messages import message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import RawPack, Row

RULE, LEVEL = "overlapping-validity", ERROR
_FIRST, _LAST = "00000000", "99999999"


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each row that overlaps an earlier one of its code, and for each that ends before it begins."""
    for rows in pack.codes.values():
        by_code: dict[str, list[Row]] = {}
        for row in rows:
            by_code.setdefault(row.get("code"), []).append(row)
            if not _dates(row) or _from(row) > _to(row):
                text = message("lint.bad-validity", first=row.get("valid_from"), last=row.get("valid_to"))
                yield LintFinding(RULE, LEVEL, row.path, row.line, row.get("code"), text)
        for same in by_code.values():
            yield from _overlaps(same)


def _overlaps(rows: Sequence[Row]) -> Iterator[LintFinding]:
    for place, row in enumerate(rows):
        for earlier in rows[:place]:
            if _from(row) <= _to(earlier) and _from(earlier) <= _to(row):
                text = message("lint.overlapping-validity", code=row.get("code"), line=earlier.line)
                yield LintFinding(RULE, LEVEL, row.path, row.line, row.get("code"), text)
                break


def _dates(row: Row) -> bool:
    given = [row.get("valid_from"), row.get("valid_to")]
    return all(not date or (len(date) == len(_FIRST) and date.isdigit()) for date in given)


def _from(row: Row) -> str:
    return row.get("valid_from") or _FIRST


def _to(row: Row) -> str:
    return row.get("valid_to") or _LAST
