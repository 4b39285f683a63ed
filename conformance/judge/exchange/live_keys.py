"""The keys that a receiver holds, in twelve to twenty-four bytes each: a table of 64-bit hashes, open addressing."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import blake2b

_FIRST_SIZE = 1 << 10


def key_hash(values: Sequence[str | None]) -> int | None:
    """64 bits that stand for a key, the same in every run; None where a part of it is absent.

    Lengths before texts keep ("a,b", "c") and ("a", "b,c") apart. Two keys with one hash are taken for one: among ten
    million live keys the chance that any two collide is three in a million, and then an operation on one of them
    may be judged by the other's state.
    """
    parts = []
    for value in values:
        if not value:
            return None
        raw = value.encode("utf-8", "surrogatepass")
        parts.append(b"%d:" % len(raw) + raw)
    return int.from_bytes(blake2b(b"".join(parts), digest_size=8).digest(), "little") or 1


class LiveKeys:
    """A set of hashes, none of which is 0. A Python set would take seventy bytes for each."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_SIZE))
        self._mask = _FIRST_SIZE - 1
        self._held = 0

    def __len__(self) -> int:
        return self._held

    def __contains__(self, key: int) -> bool:
        return self._slots[self._place(key)] != 0

    def add(self, key: int) -> bool:
        """Hold the hash; whether it was not held before."""
        place = self._place(key)
        if self._slots[place]:
            return False
        self._slots[place] = key
        self._held += 1
        if self._held * 3 > len(self._slots) * 2:
            self._grow()
        return True

    def remove(self, key: int) -> bool:
        """Hold the hash no longer; whether it was held. What was pushed aside by it moves back."""
        place = self._place(key)
        slots, mask = self._slots, self._mask
        if not slots[place]:
            return False
        slots[place] = 0
        self._held -= 1
        after = (place + 1) & mask
        while held := slots[after]:
            if (after - (held & mask)) & mask >= (after - place) & mask:
                slots[place], slots[after] = held, 0
                place = after
            after = (after + 1) & mask
        return True

    def _place(self, key: int) -> int:
        """Where the hash is held, or the free slot where it would be."""
        slots, mask = self._slots, self._mask
        place = key & mask
        while (held := slots[place]) and held != key:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(16 * len(old)))
        self._mask = len(self._slots) - 1
        for key in old:
            if key:
                self._slots[self._place(key)] = key
