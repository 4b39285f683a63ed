"""The gate: which records are clean under every rule, said as cheaply as possible and never laxly.

Most columns of a register hold few distinct texts: codes, names of codes, dates. A rule is a function of the texts that
it reads, so its answer is worked out once for each combination of texts and then looked up: terms with few texts are
numbered (a Polars categorical), and a :class:`Memo` holds one byte for each combination. What is left (identity
numbers, addresses, amounts) is evaluated over whole columns, in a stricter, quicker form first; only records that fail
it meet the exact form.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.judge import expression as ex
from conformance.judge.engine_polars.compiler import Compiler

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.integer]

#: A term is numbered if a first batch of at least FEW_ROWS holds at most MOST_TEXTS texts, and each WIDTH times.
FEW_ROWS, MOST_TEXTS, WIDTH = 20_000, 65_536, 5

#: The most texts that are numbered; a term that turns out to have more is evaluated over whole columns from then on.
MOST_NUMBERS = 1 << 21

#: The most combinations that one memo holds; beyond, its rule is evaluated over whole columns.
MOST_CELLS = 1 << 26

UNKNOWN, DIRTY, CLEAN = 0, 1, 2


@dataclass
class Unit:
    """One thing that must hold for a record to be clean.

    Where ``columns`` are present ``holds`` must; ``quick`` is stricter and cheaper; ``exact`` says the whole for any
    record, present or not, and decides about those that the others leave.
    """

    columns: tuple[str, ...]
    holds: ex.Condition
    quick: ex.Condition
    exact: pl.Expr
    mandatory: bool = False
    memos: list[Memo] = field(default_factory=list)
    direct: list[pl.Expr] = field(default_factory=list)


class Numbering:
    """Numbers the texts of one term, in the order in which they are first seen; null is 0."""

    def __init__(self, name: str, text: pl.Expr) -> None:
        self.name = name
        category = pl.Categorical(pl.Categories.random())
        self.expression: pl.Expr | None = (text.cast(category).to_physical() + 1).fill_null(0).alias(name)

    def numbers(self, numbers: dict[str, Numbers], _batch: pl.DataFrame) -> Numbers | None:
        """The numbers of a batch's texts, which the gate has evaluated; None where they cannot be told."""
        return numbers[self.name]


class Years(Numbering):
    """Numbers the years (or days) that a date column's texts stand for: few, where dates are many."""

    def __init__(self, name: str, at: ex.At, dates: Numbering, compiler: Compiler) -> None:
        self.name, self._dates, self.expression = name, dates, None
        self._time = compiler.at(at)
        self._known = np.zeros(0, np.int64)
        self._places: dict[int, int] = {}

    def numbers(self, numbers: dict[str, Numbers], batch: pl.DataFrame) -> Numbers | None:
        """The numbers of a batch's times; None where its dates are no longer numbered."""
        dates = numbers.get(self._dates.name)
        if dates is None:
            return None
        beyond = int(dates.max(initial=0)) + 1 - len(self._known)
        if beyond > 0:
            self._known = np.concatenate([self._known, np.full(beyond, -1, np.int64)])
        places = self._known[dates]
        fresh = np.flatnonzero(places < 0)
        if len(fresh):
            texts, first = np.unique(dates[fresh], return_index=True)
            times = evaluated(batch, fresh[first], self._time).to_list()
            for text, time in zip(texts, times, strict=True):
                self._known[text] = self._places.setdefault(time, len(self._places))
            places = self._known[dates]
        return places


class Pairs(Numbering):
    """Numbers the pairs of two numberings that really occur: far fewer than all combinations."""

    def __init__(self, name: str, left: Numbering, right: Numbering) -> None:
        self.name, self._left, self._right, self.expression = name, left, right, None
        self._sizes: tuple[int, ...] = (0, 0)
        self._known, self._count = np.zeros(0, np.int32), 0

    def numbers(self, numbers: dict[str, Numbers], _batch: pl.DataFrame) -> Numbers | None:
        """The numbers of a batch's pairs; None where the two have too many texts to tabulate."""
        left, right = numbers.get(self._left.name), numbers.get(self._right.name)
        if left is None or right is None:
            return None
        sizes = room(self._sizes, (int(left.max(initial=0)) + 1, int(right.max(initial=0)) + 1))
        if sizes is None:
            return None
        if sizes != self._sizes:
            # The count goes on: what is remembered of a number must stay true when pairs are numbered anew.
            self._sizes, self._known = sizes, np.full(sizes[0] * sizes[1], -1, np.int32)
        cell = left.astype(np.int64) * self._sizes[1] + right
        places: Numbers = self._known[cell]
        fresh = np.flatnonzero(places < 0)
        if len(fresh):
            cells = np.unique(cell[fresh])
            self._known[cells] = np.arange(self._count, self._count + len(cells))
            self._count += len(cells)
            places = self._known[cell]
        return places


class Memo:
    """Whether conditions hold, by the numbers of the texts that they read: one byte for each combination."""

    def __init__(self, numberings: Sequence[Numbering], holds: pl.Expr) -> None:
        self.numberings, self._holds = tuple(numberings), holds
        self._sizes = (0,) * len(self.numberings)
        self._cells = np.zeros(0, np.uint8)

    def clean(self, numbers: dict[str, Numbers], batch: pl.DataFrame) -> Bools | None:
        """Which records of a batch hold; None if there are too many combinations to remember."""
        columns = [numbers[numbering.name] for numbering in self.numberings if numbering.name in numbers]
        sizes = room(self._sizes, tuple(int(column.max(initial=0)) + 1 for column in columns))
        if len(columns) < len(self.numberings) or sizes is None:
            return None
        if sizes != self._sizes:
            self._sizes, self._cells = sizes, np.zeros(int(np.prod(sizes, dtype=np.int64)), np.uint8)
        cell = columns[0]
        for size, column in zip(self._sizes[1:], columns[1:], strict=True):
            cell = cell.astype(np.int64) * size + column
        known = self._cells.take(cell)
        if not known.all():
            fresh = np.flatnonzero(known == UNKNOWN)
            cells, first = np.unique(cell[fresh], return_index=True)
            holds = evaluated(batch, fresh[first], self._holds).to_numpy()
            self._cells[cells] = np.where(holds, CLEAN, DIRTY)
            known = self._cells[cell]
        answer: Bools = known == CLEAN
        return answer


def room(sizes: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...] | None:
    """The sizes, each half as large again as wanted where it must grow; None if the table would be too large.

    What a table knew is worked out anew after it grew, which happens only a few times.
    """
    if len(sizes) != len(wanted):
        return None
    grown = tuple(size if want <= size else want + want // 2 for want, size in zip(wanted, sizes, strict=True))
    return grown if math.prod(grown) <= MOST_CELLS else None


class Gate:
    """The gate of one dataset; what is numbered is decided on its first batch."""

    def __init__(self, units: Sequence[Unit], compiler: Compiler) -> None:
        self._units, self._compiler = units, compiler
        self._numberings: dict[str, Numbering] = {}
        self._few: dict[ex.Term, bool] = {}
        self._terms: dict[ex.Term | ex.At, Numbering] = {}
        self._laid_out = False
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)

    def clean(self, batch: pl.DataFrame) -> tuple[Bools, set[int]]:
        """Which records of a batch are clean under every unit, and the places of the units that suspect any."""
        if not self._laid_out:
            self._lay_out(batch)
        direct = {
            f"direct {i}": pl.all_horizontal(unit.direct).fill_null(False)
            for i, unit in enumerate(self._units)
            if unit.direct
        }
        texts = [one.expression for one in self._numberings.values() if one.expression is not None]
        seen = batch.select(*texts, **direct)
        numbers = self._numbers(seen, batch)

        def decided(place: int) -> Bools:
            unit = self._units[place]
            holds = seen[f"direct {place}"].to_numpy() if unit.direct else np.ones(batch.height, bool)
            return self._decided(unit, holds, numbers, batch)

        # Look-ups are numpy gathers, which leave the interpreter to others; units share nothing that they change.
        clean, suspicious = np.ones(batch.height, bool), set()
        for place, answer in enumerate(self._threads.map(decided, range(len(self._units)))):
            if not answer.all():
                suspicious.add(place)
                clean &= answer
        return clean, suspicious

    def _numbers(self, seen: pl.DataFrame, batch: pl.DataFrame) -> dict[str, Numbers]:
        """The numbers of a batch by numbering; one whose texts have become too many is given up for good."""
        numbers = {column.name: column.to_numpy() for column in seen.iter_columns() if column.name in self._numberings}
        for name in [name for name, texts in numbers.items() if texts.max(initial=0) > MOST_NUMBERS]:
            del numbers[name], self._numberings[name]
        for name, numbering in self._numberings.items():
            if (found := numbering.numbers(numbers, batch)) is not None:
                numbers[name] = found
        return numbers

    def _decided(self, unit: Unit, holds: Bools, numbers: dict[str, Numbers], batch: pl.DataFrame) -> Bools:
        """Where the unit's quick form holds or, failing that, its exact form."""
        for memo in list(unit.memos):
            found = memo.clean(numbers, batch)
            if found is None:
                unit.memos.remove(memo)
                found = np.zeros(batch.height, bool)
                unit.direct.append(self._compiler.condition(unit.quick))
            holds = holds & found
        if holds.all():
            return holds
        if not unit.mandatory:
            present = [(pl.col(name) != "").fill_null(False) for name in unit.columns]
            holds = holds | ~batch.select(pl.all_horizontal(present)).to_series().to_numpy()
        left = np.flatnonzero(~holds)
        if len(left):
            holds = holds.copy()
            holds[left] = evaluated(batch, left, unit.exact.fill_null(False)).to_numpy()
        return holds

    def _all(self, conditions: Sequence[ex.Condition]) -> pl.Expr:
        return pl.all_horizontal([self._compiler.condition(one) for one in conditions]).fill_null(False)

    def _lay_out(self, batch: pl.DataFrame) -> None:
        """Sort the conditions of each unit: looked up where all that they read is few, evaluated otherwise."""
        self._laid_out = True
        for unit in self._units:
            looked_up: dict[frozenset[ex.Term | ex.At], list[ex.Condition]] = {}
            whole = leaves(unit.holds)
            few = all(self._is_few(leaf, batch) for leaf in whole)
            for condition in [unit.holds] if whole and few else ex.conjuncts(unit.quick):
                read = leaves(condition)
                if read and all(self._is_few(leaf, batch) for leaf in read):
                    looked_up.setdefault(read, []).append(condition)
                else:
                    unit.direct.append(self._compiler.condition(condition))
            for read, conditions in looked_up.items():
                unit.memos.append(Memo(self._folded(read), self._all(conditions)))

    def _folded(self, read: frozenset[ex.Term | ex.At]) -> list[Numbering]:
        """The numberings of the texts and times, at most two: texts are folded into pairs, times come last."""
        numberings = [
            self._numbering(leaf) for leaf in sorted(read, key=lambda leaf: (isinstance(leaf, ex.At), repr(leaf)))
        ]
        while len(numberings) > 2:  # noqa: PLR2004 - a table has two sides
            left, right, *others = numberings
            name = f"{left.name}+{right.name}"
            numberings = [self._numberings.setdefault(name, Pairs(name, left, right)), *others]
        return numberings

    def _is_few(self, leaf: ex.Term | ex.At, batch: pl.DataFrame) -> bool:
        term: ex.Term = ex.Col(leaf.column) if isinstance(leaf, ex.At) else leaf
        if isinstance(leaf, ex.At) and not leaf.column:
            return False
        if term not in self._few:
            texts = (
                batch.select(self._compiler.term(term).n_unique()).item() if batch.height >= FEW_ROWS else MOST_TEXTS
            )
            self._few[term] = texts < MOST_TEXTS and texts * WIDTH <= batch.height
        return self._few[term]

    def _repeats(self, term: ex.Term, batch: pl.DataFrame) -> bool:
        texts: int = batch.select(self._compiler.term(term).n_unique()).item()
        return texts < MOST_TEXTS and texts * WIDTH <= batch.height

    def _numbering(self, leaf: ex.Term | ex.At) -> Numbering:
        if leaf not in self._terms:
            dates = self._numbering(ex.Col(leaf.column)) if isinstance(leaf, ex.At) else None
            name = f"number {len(self._terms)}"
            if isinstance(leaf, ex.At):
                assert dates is not None  # noqa: S101 - a time is told by its date column
                made: Numbering = Years(name, leaf, dates, self._compiler)
            else:
                made = Numbering(name, self._compiler.term(leaf))
            self._terms[leaf] = self._numberings[name] = made
        return self._terms[leaf]


def evaluated(batch: pl.DataFrame, rows: Numbers, expression: pl.Expr) -> pl.Series:
    """An expression over some rows of a batch, of which only the columns that it reads are gathered."""
    columns = sorted(set(expression.meta.root_names()))
    return batch.select(columns or pl.first())[rows].select(expression).to_series()


def leaves(node: ex.Term | ex.Condition) -> frozenset[ex.Term | ex.At]:
    """The texts and times that a condition is a function of, each as large as the condition reads it."""
    found: frozenset[ex.Term | ex.At] = frozenset()
    if isinstance(node, ex.Present):
        return frozenset({ex.Col(node.column)})
    for value in vars(node).values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, ex.At):
                found |= {part} if part.column else frozenset()
            elif isinstance(part, ex.Term):
                found |= {part}
            elif isinstance(part, ex.Condition):
                found |= leaves(part)
    return found
