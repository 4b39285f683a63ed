"""The gate looks up what repeats and evaluates what does not; how it was found out changes no count and no sample."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from conformance.judge.engine_polars import gate, judge
from conformance.judge.model import Column, Dataset, DivisionUse, Link
from conformance.judge.rulebook import Judged
from conformance.judge.rules import compile_rules
from conformance.standard.standards import Standards
from conformance.system.source import ROW

STANDARDS = Standards.load([("db37-4223.1", "2020")])
ROWS, BATCH = 4_000, 500


def column(name: str, element: str, date: str = "", division: DivisionUse | None = None) -> Column:
    return Column(name, STANDARDS.elements[element], name, date=date, division=division)


PLACE = column("place", "4223.1-05-011", "day", DivisionUse("gbt-2260", ("county",)))
DATASET = Dataset(
    "t",
    (PLACE, column("named", "4223.1-05-012"), column("day", "4223.1-05-010"), column("text", "4223.1-05-003")),
    "20261121",
    links=(Link("division-name", {"code": "place", "name": "named"}, "place·named"),),
)


def batches() -> Iterator[pl.DataFrame]:
    """Few texts at first, ever more later; some wrong in each batch."""
    for start in range(0, ROWS, BATCH):
        rows = range(start, start + BATCH)
        yield pl.DataFrame(
            {
                ROW: [row + 1 for row in rows],
                "place": [("371324", "370102", "370684", "379999", None)[row % 5] for row in rows],
                "named": [("苍山县", "历下区", "蓬莱市", "无", "兰陵县")[(row // (1 + start)) % 5] for row in rows],
                "day": [f"{1990 + row % (1 + start // 20):04}{1 + row % 13:02}15" for row in rows],
                "text": [f"人{row % (1 + start)}" + " " * (row % 97 == 0) for row in rows],
            }
        )


def judged() -> Judged:
    return judge(compile_rules(DATASET, STANDARDS), batches, {}, sample_limit=50)


@pytest.mark.parametrize(
    ("few_rows", "most_numbers", "most_cells"),
    [(1, 1 << 21, 1 << 26), (1, 40, 1 << 26), (1, 1 << 21, 300), (1, 40, 300)],
)
def test_how_the_gate_finds_out_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, few_rows: int, most_numbers: int, most_cells: int
) -> None:
    plain = judged()
    assert sum(tally.violations for tally in plain.tallies.values()) > 100
    monkeypatch.setattr(gate, "FEW_ROWS", few_rows)
    monkeypatch.setattr(gate, "MOST_NUMBERS", most_numbers)
    monkeypatch.setattr(gate, "MOST_CELLS", most_cells)
    assert judged() == plain
