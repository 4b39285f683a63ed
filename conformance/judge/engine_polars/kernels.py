"""Numpy kernels: check characters over fixed-length byte strings, and validity of codes in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.judge.expression import Table
from conformance.standard.model import CheckRule

Bools = npt.NDArray[np.bool_]
Block = npt.NDArray[np.uint8]

#: Rows judged at a time: 16,384 rows of 18 floats stay in the second-level cache.
BLOCK = 16_384


def check_kernel(rule: CheckRule, length: int) -> Callable[[pl.Series], pl.Series]:
    """A function from a series of ``Array(UInt8, length)`` (null: another length) to whether it holds."""
    judge = _weighted(rule) if rule.algorithm == "weighted" else _mod_11_10(rule)

    def kernel(series: pl.Series) -> pl.Series:
        known = series.is_not_null().to_numpy()
        holds = np.zeros(len(series), bool)
        if known.any():
            rows = series.drop_nulls().explode().to_numpy().reshape(-1, length)
            found = np.empty(len(rows), bool)
            for start in range(0, len(rows), BLOCK):
                found[start : start + BLOCK] = judge(rows[start : start + BLOCK])
            holds[known] = found
        return pl.Series(holds)

    return kernel


def _lookup(values: Mapping[str, int]) -> npt.NDArray[np.float32]:
    """Byte to value; a byte outside the alphabet is NaN, so that no sum with it ever equals a remainder."""
    table = np.full(256, np.nan, np.float32)
    for character, value in values.items():
        table[ord(character)] = value
    return table


def _weighted(rule: CheckRule) -> Callable[[Block], Bools]:
    body, last = _lookup(rule.values), _lookup(rule.check_values)
    weights = np.asarray(rule.weights, np.float32)

    def judge(rows: Block) -> Bools:
        # Sums stay below 2**24, where float32 still counts exactly.
        total = body[rows[:, :-1]] @ weights[:-1] + last[rows[:, -1]] * weights[-1]
        holds: Bools = np.mod(total, np.float32(rule.modulus)) == rule.remainder
        return holds

    return judge


def _mod_11_10(rule: CheckRule) -> Callable[[Block], Bools]:
    """ISO 7064 MOD 11,10, the hybrid system: digits only."""
    table = np.full(256, -1, np.int16)
    for character, value in rule.values.items():
        table[ord(character)] = value

    def judge(rows: Block) -> Bools:
        digits = table[rows]
        product = np.full(len(rows), 10, np.int16)
        for column in digits[:, :-1].T:
            total = (product + column) % 10
            product = np.where(total == 0, 10, total).astype(np.int16) * 2 % 11
        holds: Bools = ((product + digits[:, -1]) % 10 == 1) & (digits >= 0).all(axis=1)
        return holds

    return judge


class Validity:
    """A table's texts with their intervals, laid out for gathers: layer k holds each text's k-th interval."""

    def __init__(self, table: Table, separator: str) -> None:
        intervals: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for texts, first, last in table.rows:
            intervals.setdefault(texts, []).append((first, last))
        depth = max((len(several) for several in intervals.values()), default=0)
        self.texts = pl.Series([separator.join(texts) for texts in intervals], dtype=pl.String)
        self.places = pl.Series(range(len(intervals)), dtype=pl.Int64)
        # One row more than texts: the last stands for an unknown text, and is never valid.
        self.first = np.full((depth, len(intervals) + 1), np.iinfo(np.int64).max)
        self.last = np.full((depth, len(intervals) + 1), np.iinfo(np.int64).min)
        for position, several in enumerate(intervals.values()):
            for layer, (first, last) in enumerate(several):
                self.first[layer, position], self.last[layer, position] = first, last

    def holds(self, since: npt.NDArray[np.int64], until: npt.NDArray[np.int64], index: npt.NDArray[np.int64]) -> Bools:
        """Whether some interval of the text begins not after ``until`` and ends not before ``since``."""
        valid = np.zeros(len(index), bool)
        for first, last in zip(self.first, self.last, strict=True):
            valid |= (first[index] <= until) & (last[index] >= since)
        return valid
