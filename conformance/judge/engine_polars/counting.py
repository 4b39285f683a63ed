"""Exact counts and bounded samples of each kind of rule, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.judge import expression as ex
from conformance.judge.engine_polars.compiler import Compiler
from conformance.judge.engine_polars.gate import Unit
from conformance.judge.rulebook import Chain, GroupRule, RawSample, RecordRule, ReferenceRule, Rulebook, Tally

Bools = npt.NDArray[np.bool_]

#: The column that numbers data rows from 1; sources add it.
ROW = "\x00row"


def present(column: str) -> pl.Expr:
    """The column holds a value: neither null nor the empty string."""
    return (pl.col(column) != "").fill_null(False)


def all_present(columns: tuple[str, ...]) -> pl.Expr:
    """Each of the columns holds a value."""
    return pl.all_horizontal([present(name) for name in columns])


def key_text(columns: tuple[str, ...]) -> pl.Expr:
    """One text for a composite key, injective: lengths before texts keep ("a,b","c") and ("a","b,c") apart."""
    if len(columns) == 1:
        return pl.col(columns[0])
    parts = [(pl.col(name).str.len_bytes().cast(pl.String), pl.lit(":"), pl.col(name)) for name in columns]
    return pl.concat_str([piece for part in parts for piece in part])


class Samples:
    """The first ``limit`` records of one kind, in row order."""

    def __init__(self, columns: tuple[str, ...], limit: int) -> None:
        self.columns = tuple(dict.fromkeys(columns))
        self.limit = limit
        self.kept: list[RawSample] = []

    def take(self, records: pl.DataFrame, mask: Bools, step: int = -1) -> None:
        """Keep what is still wanted of the records under the mask."""
        wanted = self.limit - len(self.kept)
        if wanted <= 0 or not mask.any():
            return
        positions = np.flatnonzero(mask)[:wanted]
        for record in records.select(ROW, *self.columns)[positions].iter_rows():
            self.kept.append(RawSample(record[0], tuple(zip(self.columns, record[1:], strict=True)), step))

    def merged(self, *others: Samples) -> tuple[RawSample, ...]:
        """These and others in row order, still bounded."""
        every = [sample for samples in (self, *others) for sample in samples.kept]
        return tuple(sorted(every, key=lambda sample: sample.row)[: self.limit])


class ChainCount:
    """One chain: each suspect fails at its first step that does not hold, and no other."""

    def __init__(self, chain: Chain, compiler: Compiler, book: Rulebook, limit: int) -> None:
        self.chain = chain
        self._steps = [compiler.condition(step.holds) for step in chain.steps]
        shown = _shown(book, chain)
        self._missing = Samples(shown, limit)
        self._samples = [Samples(shown, limit) for _ in chain.steps]
        self._failed = np.zeros(len(chain.steps), np.int64)
        self._present = self._rows = 0

    def unit(self) -> Unit:
        """What the gate asks: a value that every step accepts, or none where none is asked for."""
        has = present(self.chain.column)
        holds = pl.all_horizontal([pl.lit(True), *(step.fill_null(False) for step in self._steps)])
        mandatory = self.chain.mandatory is not None
        exact = (has & holds) if mandatory else (~has | holds)
        # Only a present value may pass the quick form, so that nothing but the exact form speaks for absent ones.
        direct = [has] if mandatory else []
        whole = ex.AllOf(tuple(step.holds for step in self.chain.steps))
        return Unit((self.chain.column,), whole, self.chain.quick, exact, mandatory, direct=direct)

    def count(self) -> pl.Expr:
        """How many records of a batch hold a value."""
        return present(self.chain.column).sum()

    def count_present(self, with_value: int, rows: int) -> None:
        """Count one batch: its records, and those that hold a value."""
        self._present += with_value
        self._rows += rows

    def take(self, suspects: pl.DataFrame, *, exact: bool = True) -> Bools:
        """Judge suspects, and say which hold a value that passed the chain; not ``exact``: the gate found none bad."""
        has = suspects.select(present(self.chain.column)).to_series().to_numpy()
        if self.chain.mandatory:
            self._missing.take(suspects, ~has)
        if not exact:
            return has
        judged = suspects.select([step.fill_null(False).alias(str(i)) for i, step in enumerate(self._steps)])
        alive = has.copy()
        for position, column in enumerate(judged.iter_columns()):
            holds = column.to_numpy() if len(column) == len(alive) else np.full(len(alive), column[0])
            fails = alive & ~holds
            self._failed[position] += int(fails.sum())
            self._samples[position].take(suspects, fails, position)
            alive &= holds
        return alive

    def tallies(self) -> Iterator[tuple[tuple[str, str], Tally]]:
        """The tally of each rule of the chain."""
        if self.chain.mandatory:
            absent = self._rows - self._present
            yield ("mandatory", self.chain.label), Tally(self._rows, absent, 0, tuple(self._missing.kept))
        reached = self._present - np.concatenate(([0], np.cumsum(self._failed)))
        for rule in dict.fromkeys(step.rule for step in self.chain.steps):
            own = [i for i, step in enumerate(self.chain.steps) if step.rule == rule]
            red = [i for i in own if not self.chain.steps[i].undecided]
            open_ = [i for i in own if self.chain.steps[i].undecided]
            yield (
                (rule, self.chain.label),
                Tally(
                    checked=int(reached[own[0]]),
                    violations=int(self._failed[red].sum()),
                    undecided=int(self._failed[open_].sum()),
                    samples=_merge([self._samples[i] for i in red]),
                    undecided_samples=_merge([self._samples[i] for i in open_]),
                ),
            )


def _merge(several: list[Samples]) -> tuple[RawSample, ...]:
    return several[0].merged(*several[1:]) if several else ()


def _shown(book: Rulebook, chain: Chain) -> tuple[str, ...]:
    """The columns that a sample of a chain holds: the value, what it is judged at, the record's key."""
    date = book.dataset.column(chain.column).date
    return (chain.column, *((date,) if date else ()), *book.dataset.key)


class RecordCount:
    """One record rule, judged where each column that it reads passed its chain."""

    def __init__(self, rule: RecordRule, compiler: Compiler, book: Rulebook, limit: int) -> None:
        self.rule = rule
        self._holds = compiler.condition(rule.holds).fill_null(False)
        self._when = compiler.condition(rule.when).fill_null(False) if rule.when else pl.lit(True)
        extra = tuple(ex.columns_of(rule.holds) - set(rule.columns))
        self._samples = Samples((*rule.columns, *sorted(extra), *book.dataset.key), limit)
        self._checked = self._violations = 0

    def applies(self) -> pl.Expr:
        """Every column is present and the rule's own condition for applying holds."""
        return all_present(self.rule.columns) & self._when

    def unit(self) -> Unit:
        """What the gate asks: that the rule holds, or does not apply."""
        quick = self.rule.quick or self.rule.holds
        return Unit(self.rule.columns, self.rule.holds, quick, ~self.applies() | self._holds)

    def count(self, batch: pl.DataFrame, clean: Bools, complete: bool) -> int:
        """How many clean records the rule applies to; ``complete``: each of its columns is present throughout."""
        if complete and self.rule.when is None:
            return int(clean.sum())
        return int((batch.select(self.applies()).to_series().to_numpy() & clean).sum())

    def count_clean(self, number: int) -> None:
        """Count the clean records of a batch to which the rule applies."""
        self._checked += number

    def take(self, suspects: pl.DataFrame, passed: Mapping[str, Bools]) -> None:
        """Judge suspects; ``passed``: which of them passed the chain of each column."""
        judged = suspects.select(applies=self.applies(), holds=self._holds)
        chained = np.ones(suspects.height, bool)
        for column in self.rule.columns:
            chained &= passed[column]
        applying = chained & judged["applies"].to_numpy()
        violated = applying & ~judged["holds"].to_numpy()
        self._checked += int(applying.sum())
        self._violations += int(violated.sum())
        self._samples.take(suspects, violated)

    def tally(self) -> Tally:
        """What was counted."""
        return Tally(self._checked, self._violations, 0, tuple(self._samples.kept))


class ReferenceCount:
    """One reference rule: values that the other dataset does not hold."""

    def __init__(self, rule: ReferenceRule, keys: pl.Series, book: Rulebook, limit: int) -> None:
        self.rule = rule
        self._found = key_text(rule.columns).is_in(keys.implode()).fill_null(False)
        self._samples = Samples((*rule.columns, *book.dataset.key), limit)
        self._checked = self._violations = 0

    def unit(self) -> Unit:
        """What the gate asks: that the reference resolves, or that there is none."""
        exact = ~all_present(self.rule.columns) | self._found
        return Unit(self.rule.columns, ex.AllOf(()), ex.AllOf(()), exact, direct=[self._found])

    def count_applying(self, number: int) -> None:
        """Count the records of a batch that refer to something."""
        self._checked += number

    def take(self, suspects: pl.DataFrame) -> None:
        """Judge suspects."""
        dangling = suspects.select(all_present(self.rule.columns) & ~self._found).to_series().to_numpy()
        self._violations += int(dangling.sum())
        self._samples.take(suspects, dangling)

    def tally(self) -> Tally:
        """What was counted."""
        return Tally(self._checked, self._violations, 0, tuple(self._samples.kept))


#: Bytes of keys that are kept beside their hashes, so that a repeated key does not cost a second reading.
KEPT_KEYS = 48 << 20
#: Bytes that a text takes beside its own.
VIEW = 16


class GroupCount:
    """One group rule: hashes first, then an exact comparison of the records whose hash repeats.

    As long as they are few, the keys themselves are kept; beyond that the data are read again.
    """

    def __init__(self, rule: GroupRule, book: Rulebook, limit: int) -> None:
        self.rule = rule
        self._shown = (*rule.columns, *book.dataset.key)
        self._limit = limit
        self._absent = Samples(self._shown, limit)
        self._hashes: list[npt.NDArray[np.uint64]] = []
        self._checked = self._missing = 0
        self._kept: list[pl.DataFrame] | None = []
        self._kept_bytes = 0

    def unit(self) -> Unit:
        """What the gate asks of one record where the rule is ``complete``; repeats are no matter of one record."""
        whole = all_present(self.rule.columns)
        return Unit(self.rule.columns, ex.AllOf(()), ex.AllOf(()), whole, mandatory=True, direct=[whole])

    def hash(self) -> pl.Expr:
        """A 64-bit hash of the key's text; null where a column is absent."""
        return pl.when(all_present(self.rule.columns)).then(key_text(self.rule.columns).hash())

    def take(self, hashes: pl.Series, batch: pl.DataFrame) -> None:
        """Count one batch, and remember its hashes."""
        self._hashes.append(hashes.drop_nulls().to_numpy())
        self._keep(batch)
        self._checked += batch.height if self.rule.complete else len(hashes) - hashes.null_count()

    def take_suspects(self, suspects: pl.DataFrame) -> None:
        """Judge suspects: a key must be there as a whole."""
        if self.rule.complete:
            absent = ~suspects.select(all_present(self.rule.columns)).to_series().to_numpy()
            self._missing += int(absent.sum())
            self._absent.take(suspects, absent)

    def tally(self, batches: Callable[[], Iterator[pl.DataFrame]]) -> Tally:
        """What was counted; reads the data again only if some hash came twice."""
        repeated = Samples(self._shown, self._limit)
        violations = 0
        twice = self._twice()
        if len(twice):
            records = self._candidates(batches, pl.Series(twice))
            again = records.select(key_text(self.rule.columns).is_duplicated()).to_series().to_numpy()
            violations = int(again.sum())
            repeated.take(records, again)
        return Tally(self._checked, violations + self._missing, 0, repeated.merged(self._absent))

    def _keep(self, batch: pl.DataFrame) -> None:
        """Keep the keys of a batch, unless they have become too many; copies let go of the batch's own memory."""
        if self._kept is None:
            return
        names = list(dict.fromkeys(self._shown))
        size = batch.select(pl.sum_horizontal(pl.col(names).str.len_bytes().sum())).item() or 0
        self._kept_bytes += int(size) + VIEW * batch.height * len(names)
        if self._kept_bytes > KEPT_KEYS:
            self._kept = None
        else:
            self._kept.append(batch.select(ROW, *(pl.col(name) + pl.lit("") for name in names)))

    def _twice(self) -> npt.NDArray[np.uint64]:
        if not self._hashes:
            return np.empty(0, np.uint64)
        every = np.concatenate(self._hashes)
        self._hashes = []
        every.sort()
        return np.unique(every[1:][every[1:] == every[:-1]])

    def _candidates(self, batches: Callable[[], Iterator[pl.DataFrame]], twice: pl.Series) -> pl.DataFrame:
        columns = tuple(dict.fromkeys((ROW, *self._shown)))
        known = twice.implode()
        held = batches() if self._kept is None else self._kept
        return pl.concat([batch.filter(self.hash().is_in(known)).select(columns) for batch in held])
