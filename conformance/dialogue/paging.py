"""Rules ``paging`` and ``total``: the pages of a query, walked through with as few calls as tell.

The largest size walks the whole (as far as the profile reads), twice; each other size looks at the first pages, at one
in the middle and at the last, which hold what the walk gave there. A page beyond the end is asked for, and has no rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from conformance.dialogue.harvest import asks, mandatory, of_class, page_size, query_call
from conformance.dialogue.talk import Talk
from conformance.dialogue.url_encoding import garbles
from conformance.judge.faults import Fault
from conformance.judge.service.answers import Reading, at, read_accepted
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.pages import Page, Walk, agreement_faults, far_faults, total_faults, walk_faults
from conformance.judge.service.rows import row_key, rows_of
from conformance.messages import message
from conformance.standard.services.model import QUERY, Interface

#: Pages of a smaller size looked at from the first on.
_FIRST = 3
#: Pages that the rows of a criterion are to make, where one can be chosen.
_PAGES = 2


def judge_paging(talk: Talk, served: Collection[str]) -> None:
    """Walk through each query that pages: without criteria where it may be, and with one that several rows meet."""
    for interface in of_class(talk, served, QUERY):
        if interface.paging not in talk.rules.paging:
            continue
        if not mandatory(interface):
            _Walker(talk, interface, {}).judge(twice=True)
        if criterion := _criterion(talk, interface, max(talk.profile.page_sizes)):
            _Walker(talk, interface, criterion).judge(twice=False)


class _Walker:
    """One question, asked page by page."""

    def __init__(self, talk: Talk, interface: Interface, asked: Mapping[str, str]) -> None:
        self.talk, self.interface, self.asked = talk, interface, asked
        largest = page_size(talk, interface)
        sizes = {min(size, largest) for size in talk.profile.page_sizes}
        self.sizes = sorted(sizes, reverse=True)

    def judge(self, *, twice: bool) -> None:
        """Walk, and tell what is wrong with pages; with the total, where nothing is wrong with pages."""
        walk = self._walk(self.sizes[0])
        if walk is None:
            return
        right = self._told_paging(walk_faults(walk), walk.pages)
        pages = list(walk.pages)
        if right and twice and (again := self._again(walk)):
            right = self._told_paging(agreement_faults(walk, again), again)
            pages += again
        for size in self._other_sizes(len(walk.keys)):
            others = list(self._looked_at(walk, size))
            right = right and self._told_paging(agreement_faults(walk, others), others)
            pages += others
        self.talk.checked(self.interface.id, "total")
        distinct = len(set(walk.keys)) if right and walk.ended else None
        faults = tuple(total_faults(pages, distinct))
        self.talk.tell(self.interface.id, *faults)
        if right and not walk.ended and not faults:
            self._judge_far(walk)

    def _other_sizes(self, rows: int) -> list[int]:
        """The sizes besides the largest; and where none of them makes a second page, one that does."""
        others = self.sizes[1:]
        return others if rows < _PAGES or min(self.sizes) < rows else [*others, (rows + 1) // _PAGES]

    def _told_paging(self, faults: Iterable[Fault], pages: Collection[Page]) -> bool:
        found = tuple(faults)
        for _ in pages:
            self.talk.checked(self.interface.id, "paging")
        self.talk.tell(self.interface.id, *found)
        return not found

    def _walk(self, size: int) -> Walk | None:
        """From the first page to one without rows, or as far as is read; None where a page was not answered."""
        pages: list[Page] = []
        seen: set[object] = set()
        while len(seen) < self.talk.profile.effort("harvest"):
            before = len(pages) * size
            over = bool(pages) and (len(pages[-1].keys) < size or len(seen) >= pages[-1].total)
            page = self._page(before, size, beyond=over)
            if page is None:
                return Walk(tuple(pages), ended=True) if over else None
            pages.append(page)
            if not set(page.keys) - seen:
                return Walk(tuple(pages), ended=True)
            seen.update(page.keys)
        return Walk(tuple(pages), ended=False)

    def _again(self, walk: Walk) -> list[Page]:
        """The pages of a walk that had rows, a second time."""
        again = (self._page(page.before, page.size) for page in walk.pages if page.keys)
        return [page for page in again if page is not None]

    def _looked_at(self, walk: Walk, size: int) -> Iterator[Page]:
        """The first pages of another size, one in the middle, and the last of the walk."""
        rows = len(walk.keys)
        if not rows:
            return
        last = (rows - 1) // size
        for number in sorted({*range(min(_FIRST, last + 1)), last // 2, last}):
            if page := self._page(number * size, size):
                yield page

    def _judge_far(self, walk: Walk) -> None:
        """``total`` of more rows than are read: by the last page that it tells of, and the one behind it."""
        size, total = walk.pages[0].size, walk.pages[0].total
        number = max(total - 1, 0) // size
        last = self._page(number * size, size)
        behind = self._page((number + 1) * size, size, beyond=True)
        if last and behind:
            self.talk.tell(self.interface.id, *far_faults(total, last, behind))

    def _page(self, before: int, size: int, *, beyond: bool = False) -> Page | None:
        """One page; None (and a fault or a doubt told) where it was not answered with rows. ``beyond``: it lies behind
        the last, and a refusal of it is a matter of paging.
        """
        talk, interface = self.talk, self.interface
        call = query_call(talk, interface, self.asked, before, size)
        answer = talk.ask(call)
        reading = read_accepted(call, answer, talk.rules)
        if beyond:
            reading = _beyond(call, answer, reading)
        reading = talk.settle(call, answer, reading)
        if not reading.good or reading.envelope is None:
            return None
        found, total, rows = rows_of(call, reading.envelope, interface, talk.rules)
        talk.checked(interface.id, *found.checked)
        talk.tell(interface.id, *found.faults)
        if total is None:
            return None
        return Page(call, before, size, total, tuple(row_key(row.values, interface) for row in rows))


def _beyond(call: Call, answer: Answer, reading: Reading) -> Reading:
    """The reading of an answer to a page beyond the end: refused, it is a fault of paging and of nothing else."""
    if not any(fault.rule == "accept" for fault in reading.faults):
        return reading
    why = message("dialogue.paging.refused", status=answer.status)
    fault = replace(reading.faults[0], rule="paging", where=at(call), reason=why)
    return Reading(reading.envelope, ("paging",), (fault,))


def _criterion(talk: Talk, interface: Interface, size: int) -> dict[str, str]:
    """Values of one parameter, and of those that must be said, that several known rows have, though not all: as many as
    make some pages of this size; empty where there are none.
    """
    rows = asks(talk, interface, ascii_only=garbles(talk, interface))
    found: list[tuple[int, dict[str, str]]] = []
    for field in interface.parameters:
        names = mandatory(interface) | {field.name}
        asked = [{name: row[name] for name in sorted(names)} for row in rows if names <= row.keys()]
        counted = Counter(tuple(values.items()) for values in asked)
        found += [(number, dict(values)) for values, number in sorted(counted.items()) if 1 < number < len(rows)]
    return min(found, key=lambda one: abs(one[0] - _PAGES * size), default=(0, {}))[1]
