"""Judging one dataset: a pass for the gate and the counts, exact rules on suspects, a second pass for repeats.

The *gate* is one condition that holds only for records clean under every rule; it may be too strict, never too lax.
Only the others, the suspects, meet the exact rules. Memory is bounded by a batch, plus eight bytes a record for each
group rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import polars as pl

from conformance.judge.engine_polars.compiler import Compiler
from conformance.judge.engine_polars.counting import (
    ChainCount,
    GroupCount,
    RecordCount,
    ReferenceCount,
    all_present,
    key_text,
)
from conformance.judge.engine_polars.gate import Gate, Unit
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Judged, Rulebook, Tally

#: Gives the batches of a dataset from the beginning, each call anew: String columns in file order, and the row number.
Batches = Callable[[], Iterator[pl.DataFrame]]

#: Suspects that are judged together.
SUSPECTS = 10_000

#: Key values by (dataset, columns).
Keys = Mapping[tuple[str, tuple[str, ...]], pl.Series]


def judge(
    book: Rulebook,
    batches: Batches,
    keys: Keys,
    *,
    sample_limit: int = 20,
    progress: Callable[[int], None] = lambda _: None,
) -> Judged:
    """Judge every rule of a book over a dataset.

    ``keys`` holds for each reference rule the values that it may refer to, as :func:`key_values` gives them.
    ``progress`` is told the records read so far.
    """
    run = _Run(book, keys, sample_limit)
    rows = 0
    for batch in batches():
        run.take(batch)
        rows += batch.height
        progress(rows)
    return Judged(rows, run.tallies(batches))


def key_values(batches: Batches, columns: tuple[str, ...]) -> pl.Series:
    """The distinct texts of a key over a dataset, where each of its columns is present."""
    parts = [
        batch.filter(all_present(columns)).select(key=key_text(columns)).to_series().unique() for batch in batches()
    ]
    return pl.concat(parts).unique() if parts else pl.Series("key", [], pl.String)


def _compiler_of(book: Rulebook) -> Compiler:
    """One compiler for all runs over a dataset's rules: thousands of small packages are judged by the same."""
    dataset = book.dataset
    known = _COMPILERS.get(id(dataset))
    if known is None or known[0] is not dataset:
        if len(_COMPILERS) >= MOST_COMPILERS:
            _COMPILERS.pop(next(iter(_COMPILERS)))
        known = _COMPILERS[id(dataset)] = (dataset, Compiler())
    return known[1]


#: The compilers of the datasets judged last, by identity; how many are kept.
_COMPILERS: dict[int, tuple[Dataset, Compiler]] = {}
MOST_COMPILERS = 16


class _Run:
    """The state of one pass over one dataset."""

    def __init__(self, book: Rulebook, keys: Keys, limit: int) -> None:
        compiler = _compiler_of(book)
        self.chains = {chain.column: ChainCount(chain, compiler, book, limit) for chain in book.chains}
        self.records = [RecordCount(rule, compiler, book, limit) for rule in book.records]
        self.references = [
            ReferenceCount(rule, keys[rule.to, rule.to_columns], book, limit) for rule in book.references
        ]
        self.groups = [GroupCount(rule, book, limit) for rule in book.groups]
        self._gate = Gate(list(self._units()), compiler)
        self._waiting: list[pl.DataFrame] = []
        self._suspicious: set[int] = set()
        self._hashes = [group.hash().alias(f"hash {i}") for i, group in enumerate(self.groups)]

    def _units(self) -> Iterator[Unit]:
        yield from (chain.unit() for chain in self.chains.values())
        yield from (record.unit() for record in self.records)
        yield from (reference.unit() for reference in self.references)
        yield from (group.unit() for group in self.groups if group.rule.complete)

    def take(self, batch: pl.DataFrame) -> None:
        """Gate one batch, count what is present, and keep its suspects for the exact rules."""
        clean, suspicious = self._gate.clean(batch)
        self._suspicious |= suspicious
        hashes = batch.select(self._hashes)
        present = self._present(batch)
        for name, chain in self.chains.items():
            chain.count_present(present[name], batch.height)
        for record in self.records:
            complete = all(present[name] == batch.height for name in record.rule.columns)
            record.count_clean(record.count(batch, clean, complete))
        for reference in self.references:
            reference.count_applying(batch.select(all_present(reference.rule.columns).sum()).item())
        for i, group in enumerate(self.groups):
            group.take(hashes[f"hash {i}"], batch)
        self._suspect(batch.filter(~clean))

    def _suspect(self, suspects: pl.DataFrame) -> None:
        """Exact rules cost as much for one record as for a thousand: suspects wait until they are many."""
        if suspects.height:
            # Copies: a text of a frame holds on to the memory of its whole batch.
            self._waiting.append(suspects.with_columns(pl.col(pl.String) + pl.lit("")))
        if sum(frame.height for frame in self._waiting) >= SUSPECTS:
            self._judge_suspects()

    def _judge_suspects(self) -> None:
        """Judge the suspects that wait, exactly."""
        if not self._waiting:
            return
        suspects = pl.concat(self._waiting)
        self._waiting = []
        # A chain that suspects no record is the gate's first units' matter: its values have all passed.
        passed = {
            name: chain.take(suspects, exact=place in self._suspicious)
            for place, (name, chain) in enumerate(self.chains.items())
        }
        self._suspicious = set()
        for record in self.records:
            record.take(suspects, passed)
        for reference in self.references:
            reference.take(suspects)
        for group in self.groups:
            group.take_suspects(suspects)

    def _present(self, batch: pl.DataFrame) -> dict[str, int]:
        """How many records hold a value, by column."""
        counts = batch.select(chain.count().alias(name) for name, chain in self.chains.items())
        return counts.row(0, named=True) if counts.width else {}

    def tallies(self, batches: Batches) -> dict[tuple[str, str], Tally]:
        """Everything counted, by (rule, label); reads the data again where the hash of a key came twice."""
        self._judge_suspects()
        found: dict[tuple[str, str], Tally] = {}
        for chain in self.chains.values():
            found.update(chain.tallies())
        for record in self.records:
            found[record.rule.rule, record.rule.label] = record.tally()
        for reference in self.references:
            found[reference.rule.rule, reference.rule.label] = reference.tally()
        for group in self.groups:
            found[group.rule.rule, group.rule.label] = group.tally(batches)
        return found
