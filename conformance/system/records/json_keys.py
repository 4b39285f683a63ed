"""Names of fields found in text by a perfect hash of eight-byte words, and then compared whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from conformance.system.records.json_gaps import Array, Words

_BITS = 12


class KeyTable:
    """The names of a dataset's fields, numbered from 0."""

    def __init__(self, names: Sequence[str]) -> None:
        encoded = [name.encode() for name in names]
        self._count = (max(map(len, encoded)) + 7) // 8
        width = self._count * 8
        table = b"".join(name.ljust(width, b"\0") for name in encoded)
        self._words: Words = np.frombuffer(table, "<u8").reshape(-1, self._count).T.copy()
        self._lengths = np.array([len(name) for name in encoded], np.int64)
        lengths = np.arange(width + 2)
        bits = [np.clip(lengths - 8 * word, 0, 8) * 8 for word in range(self._count)]
        self._masks = [np.array([(1 << int(bit)) - 1 for bit in row], np.uint64) for row in bits]
        self._factors, self._slots = self._perfect()

    def identify(self, words: Words, starts: Array, lengths: Array) -> npt.NDArray[np.int16]:
        """The number of the field that each text names; -1 where it names none."""
        clipped = np.minimum(lengths, len(self._masks[0]) - 1)
        parts = []
        for word in range(self._count):
            from_ = words[starts + 8 * word] if word else words[starts]
            parts.append(from_ & self._masks[word][clipped])
        found = self._slots[self._hash(parts)]
        same = self._lengths[found] == lengths
        for mine, part in zip(self._words, parts, strict=True):
            same &= mine[found] == part
        return found if same.all() else np.where(same, found, np.int16(-1))

    def _perfect(self) -> tuple[Words, npt.NDArray[np.int16]]:
        draw = np.random.default_rng(3522)
        while True:
            self._factors = draw.integers(1, 1 << 63, self._count, np.uint64) | np.uint64(1)
            slots = self._hash(list(self._words))
            if len(set(slots.tolist())) == len(slots):
                table = np.zeros(1 << _BITS, np.int16)
                table[slots] = np.arange(len(slots))
                return self._factors, table

    def _hash(self, parts: Sequence[Words]) -> Words:
        total = parts[0] * self._factors[0]
        for part, factor in zip(parts[1:], self._factors[1:], strict=True):
            total = total + part * factor
        return np.asarray(total >> np.uint64(64 - _BITS))
