"""Exact sets over several dimensions: blocks (a set of ranges in each), and what is left of one beside others.

A union of blocks is never multiplied out into boxes: taking one block from another leaves at most as many blocks as
there are dimensions. What is left comes one block at a time: whoever asks only whether there is any stops at the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

#: Ranges of whole numbers, both bounds included: sorted, apart, not touching.
Ranges = tuple[tuple[int, int], ...]
#: One set of ranges for each dimension.
Block = tuple[Ranges, ...]


class ExhaustedError(Exception):
    """The work allowed is done and the answer is not known: whoever asked must end in doubt."""


class Budget:
    """How many more comparisons may be made; one budget is shared by everything that one question needs."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, number: int = 1) -> None:
        """Take from what is left; raises ExhaustedError where that is too little."""
        self.left -= number
        if self.left < 0:
            raise ExhaustedError


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same numbers as sorted ranges that neither overlap nor touch; empty ranges vanish."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if first > last:
            continue
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def common(one: Ranges, other: Ranges) -> Ranges:
    """The numbers in both."""
    if one == other:
        return one
    found, left, right = [], 0, 0
    while left < len(one) and right < len(other):
        first, last = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        if first <= last:
            found.append((first, last))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return tuple(found)


def without(one: Ranges, other: Ranges) -> Ranges:
    """The numbers of the first that are not in the second."""
    found, right = [], 0
    for first, last in one:
        while right < len(other) and other[right][1] < first:
            right += 1
        at, start = right, first
        while at < len(other) and other[at][0] <= last:
            if start < other[at][0]:
                found.append((start, other[at][0] - 1))
            start = other[at][1] + 1
            at += 1
        if start <= last:
            found.append((start, last))
    return tuple(found)


def meet(one: Block, other: Block) -> Block | None:
    """What lies in both, or None."""
    found = []
    for mine, theirs in zip(one, other, strict=True):
        both = common(mine, theirs)
        if not both:
            return None
        found.append(both)
    return tuple(found)


def _apart(one: Block, other: Block) -> bool:
    """True where the outer bounds already show that nothing lies in both: cheap, and most pairs are so."""
    for mine, theirs in zip(one, other, strict=True):
        if mine[-1][1] < theirs[0][0] or theirs[-1][1] < mine[0][0]:
            return True
    return False


def remainder(block: Block, covers: Sequence[Block], budget: Budget) -> Iterator[Block]:
    """What of a block lies in none of the covers, as blocks that do not overlap; raises ExhaustedError.

    Covers that hold most of the block come first: they end most branches.
    """
    budget.spend(len(covers) + 1)
    near = [(cover, both) for cover in covers if not _apart(block, cover) and (both := meet(block, cover))]
    near.sort(key=lambda pair: sum(mine != theirs for mine, theirs in zip(block, pair[1], strict=True)))
    stack = [(block, 0)]
    while stack:
        rest, start = stack.pop()
        for number in range(start, len(near)):
            budget.spend(1)
            cover = near[number][0]
            if not _apart(rest, cover) and meet(rest, cover):
                stack.extend((part, number + 1) for part in _outside(rest, cover))
                break
        else:
            yield rest


def covered(block: Block, covers: Sequence[Block], budget: Budget) -> bool:
    """True where the covers together hold all of the block; raises ExhaustedError."""
    return next(remainder(block, covers, budget), None) is None


def _outside(block: Block, cover: Block) -> Iterator[Block]:
    """The parts of a block outside a cover that meets it, apart from one another."""
    rest = list(block)
    for dimension, theirs in enumerate(cover):
        out = without(rest[dimension], theirs)
        if out:
            yield (*rest[:dimension], out, *rest[dimension + 1 :])
            rest[dimension] = common(rest[dimension], theirs)
