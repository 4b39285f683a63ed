"""The pages of a query, walked through: rules ``paging`` and ``total``.

They are kept apart: which rows stand on which page is ``paging``; what the answers say of their number is ``total``,
judged against the rows only where paging is right. No walk is steered by the total that it judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.faults import Fault
from conformance.judge.service.answers import told
from conformance.judge.service.model import Call
from conformance.judge.service.rows import Key


@dataclass(frozen=True)
class Page:
    """One page: the call that asked for it, how many records stand before it, how many were asked for, the total that
    the answer tells, and what tells its rows apart, in order.
    """

    call: Call
    before: int
    size: int
    total: int
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Walk:
    """Pages of one size in their order. ``ended``: the walk reached a page without rows, so it is whole."""

    pages: tuple[Page, ...]
    ended: bool

    @property
    def keys(self) -> tuple[Key, ...]:
        """The rows of all pages, in order."""
        return tuple(key for page in self.pages for key in page.keys)


def walk_faults(walk: Walk) -> Iterator[Fault]:
    """``paging`` in one walk from the first page on: no page larger than asked, no row twice, no rows behind a page
    that was not full.
    """
    seen: set[Key] = set()
    short: Page | None = None
    for page in walk.pages:
        new = set(page.keys) - seen
        if len(page.keys) > page.size:
            yield told("paging", page.call, "dialogue.paging.larger", number=len(page.keys), size=page.size)
        elif short is not None and page.keys and not new:
            yield told("paging", page.call, "dialogue.paging.beyond", number=len(page.keys))
        elif len(new) < len(page.keys):
            yield told("paging", page.call, "dialogue.paging.repeat", number=len(page.keys) - len(new))
        elif short is not None and page.keys:
            yield told("paging", short.call, "dialogue.paging.short", number=len(short.keys), size=short.size)
        short = page if len(page.keys) < page.size else None
        seen |= new


def agreement_faults(reference: Walk, pages: Sequence[Page]) -> Iterator[Fault]:
    """``paging`` of other pages over the same rows: each holds what stands in its place in the walk ``reference``, in
    the same order. Places that the reference did not reach are not judged.
    """
    order = reference.keys
    known = set(order)
    for page in pages:
        end = page.before + page.size
        if end > len(order) and not reference.ended:
            continue
        expected = order[page.before : end]
        if page.keys == expected:
            continue
        if len(page.keys) > page.size:
            yield told("paging", page.call, "dialogue.paging.larger", number=len(page.keys), size=page.size)
        elif not expected:
            yield told("paging", page.call, "dialogue.paging.beyond", number=len(page.keys))
        elif set(page.keys) == set(expected):
            yield told("paging", page.call, "dialogue.paging.order")
        elif lost := len(set(expected) - set(page.keys)):
            yield told("paging", page.call, "dialogue.paging.gap", number=lost)
        else:
            extra = len(set(page.keys) - known) or len(page.keys) - len(set(page.keys))
            yield told("paging", page.call, "dialogue.paging.repeat", number=extra)


def total_faults(pages: Sequence[Page], distinct: int | None) -> Iterator[Fault]:
    """``total``: the same on every page of one question, and the number of its rows, where that is known."""
    first = next(iter(pages), None)
    if first is None:
        return
    for page in pages:
        if page.total != first.total:
            yield told("total", page.call, "dialogue.total.changes", number=page.total, first=first.total)
            return
    if distinct is not None and first.total != distinct:
        yield told("total", first.call, "dialogue.total.wrong", number=first.total, expected=distinct)


def far_faults(total: int, last: Page, behind: Page) -> Iterator[Fault]:
    """``total`` of rows too many to walk: the page that it says is the last has the rows left, and none follow."""
    left = max(total - last.before, 0)
    if len(last.keys) != min(left, last.size):
        yield told("total", last.call, "dialogue.total.last", number=len(last.keys), expected=left)
    elif behind.keys:
        yield told("total", behind.call, "dialogue.total.behind", number=len(behind.keys))
