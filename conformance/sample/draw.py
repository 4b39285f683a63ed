"""Seeded choices: the same words give the same numbers, on every machine and in every order of columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]

_FRACTION = float(2**53)


class Draw:
    """A stream of choices named by words (seed, dataset, column, chunk); one column never disturbs another.

    It takes the raw words of PCG64, whose stream numpy keeps for ever; the methods of numpy's Generator may
    change between releases, and with them each sample file.
    """

    def __init__(self, *words: object) -> None:
        digest = hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()
        self._bits = np.random.PCG64(int.from_bytes(digest[:16], "big"))

    def shares(self, size: int) -> npt.NDArray[np.float64]:
        """Numbers from 0 (inclusive) to 1 (exclusive)."""
        raw = self._bits.random_raw(size)
        shares: npt.NDArray[np.float64] = (raw >> np.uint64(11)).astype(np.float64) / _FRACTION
        return shares

    def below(self, limit: int | Ints, size: int) -> Ints:
        """Whole numbers from 0 to ``limit - 1``; ``limit`` may hold one bound for each number."""
        whole: Ints = np.floor(self.shares(size) * limit).astype(np.int64)
        return whole

    def weighted(self, weights: Sequence[float], size: int) -> Ints:
        """Positions in ``weights``, each as often as its weight says."""
        bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
        found: Ints = np.searchsorted(bounds, self.shares(size) * bounds[-1], side="right").astype(np.int64)
        return found

    def one_of(self, values: Sequence[str] | pl.Series, size: int) -> pl.Series:
        """Members of ``values``, all equally likely."""
        pool = values if isinstance(values, pl.Series) else pl.Series(list(values), dtype=pl.String)
        return pool.gather(self.below(len(pool), size))


def spread(start: int, size: int, modulus: int) -> Ints:
    """A different number below ``modulus`` for each row from ``start`` on, by one fixed permutation.

    Neighbouring rows lie far apart (a golden-ratio step). Raises ValueError where there are more rows than numbers.
    """
    if start + size > modulus:
        raise ValueError(f"{start + size} rows, {modulus} numbers")
    step = _coprime_step(modulus)
    rows = np.arange(start, start + size, dtype=np.int64)
    numbers: Ints = (rows % modulus * step + modulus // 3) % modulus
    return numbers


def _coprime_step(modulus: int) -> int:
    step = max(1, int(modulus * 0.6180339887498949))
    while np.gcd(step, modulus) != 1:
        step += 1
    return step
