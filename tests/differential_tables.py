"""Division tables such as vendors keep, made from one seed: official rows, and rows wrong in every way."""

from __future__ import annotations

from random import Random

from differential import Case, Row
from differential_values import DIVISIONS, ODD, STRANGE_POOLS, SYSTEMS, mutated

from conformance.judge.model import Dataset, TableUse
from conformance.judge.oracle_divisions import Unit

ROLES = {"code": "c", "name": "n", "parent": "p", "valid_to": "t", "successor": "s"}
SCOPES = ("", "37", "3701", "3713", "370102", "11", "46", "99")
LEVELS = ("province", "prefecture", "county", "township")
YEARS = ("20261121", "20181231", "20160101", "20140601", "19900101", "20200101")
ENDS = ("20160914", "2016-09-14", "2016", "20991231", "2099-12-31", "20261121", "20261122", "不详", "9999", "是", "0")


class TableMaker:
    """Makes one table from one seed."""

    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, Random(seed)  # noqa: S311 - test data

    def case(self, rows: int) -> Case:
        """A table of one system: some official rows or all of them, and strange ones."""
        rng = self.rng
        optional = [role for role in ROLES if role not in ("code", "name") and rng.random() < 0.7]
        roles = {role: ROLES[role] for role in ("code", "name", *optional)}
        system, scope = rng.choice([*SYSTEMS, "gbt-2260"]), rng.choice(SCOPES)
        levels = tuple(rng.sample(LEVELS, rng.randint(0, 2)))
        dataset = Dataset("t", (), rng.choice(YEARS), table=TableUse(system, scope, levels, roles))
        year = int(dataset.as_of[:4])
        within = [unit for code, units in DIVISIONS.units(system).items() if code.startswith(scope) for unit in units]
        held = [unit for unit in within if unit.good(year)]
        chosen = held if len(held) <= 4 * rows and rng.random() < 0.5 else rng.sample(held, min(rows, len(held)))
        ended = [unit for unit in within if unit.last <= year]
        table = [self.official(unit, system, year) for unit in chosen]
        table += [self.official(unit, system, year) for unit in rng.sample(ended, min(rows // 3, len(ended)))]
        table += [self.strange(system) for _ in range(rows // 2)]
        table += [dict(rng.choice(table)) for _ in range(3)]
        rng.shuffle(table)
        return Case(self.seed, dataset, [self.spoilt(row) if rng.random() < 0.3 else row for row in table])

    def official(self, unit: Unit, system: str, year: int) -> Row:
        """The row of a unit: open while its code is good, else closed with its successors."""
        closed = not unit.good(year) or (not unit.in_table(year) and self.rng.random() < 0.5)
        heirs = ";".join(sorted(DIVISIONS.successors(system, unit.code, year)))
        end = f"{min(unit.last, 2026)}0601" if closed else self.rng.choice(["", None])
        return {"c": unit.code, "n": unit.name, "p": unit.parent, "t": end, "s": heirs if closed else ""}

    def strange(self, system: str) -> Row:
        """A row that no official table holds."""
        code = self.rng.choice([*STRANGE_POOLS[system], self.rng.choice(ODD)])
        end = self.rng.choice(ENDS) if self.rng.random() < 0.3 else ""
        return {"c": code, "n": self.rng.choice(["市辖区", "历下区", ""]), "p": code[:4] + "00", "t": end, "s": None}

    def spoilt(self, row: Row) -> Row:
        """The row with one cell changed."""
        cell = self.rng.choice("cnpts")
        text = row[cell] or "x"
        if cell == "t":
            return {**row, cell: self.rng.choice(ENDS)}
        return {
            **row,
            cell: self.rng.choice([mutated(self.rng, text), None, "", f" {text};", "370100", "370102;370103"]),
        }
