"""Rule ``download``: a file is what its headers say, and holds what the query interface of the same resource gives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from conformance.dialogue.calls import make_call
from conformance.dialogue.harvest import (
    asks,
    judge_granted,
    keep,
    limited_others,
    mandatory,
    of_class,
    page_size,
    query_call,
    same_resource,
)
from conformance.dialogue.talk import Talk
from conformance.dialogue.url_encoding import garbles
from conformance.judge.service.answers import Reading, told
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.rows import GivenRow, Key, file_of, mismatches, row_key, rows_of
from conformance.messages import message
from conformance.standard.services.model import DOWNLOAD, QUERY, Interface

#: Rules of a query that must hold before a file is compared with it.
_QUERY_RULES = ("accept", "results", "criteria", "paging", "total", "auth-rows")
#: Files fetched by what is known to be there.
_FILES = 3


def judge_downloads(talk: Talk, served: Collection[str]) -> None:
    """Fetch some files of each download by criteria that known rows meet, and judge and compare them."""
    for interface in of_class(talk, served, DOWNLOAD):
        query = _query_of(talk, served, interface)
        for role in () if mandatory(interface) else limited_others(talk, interface):
            take_file(talk, interface, make_call(interface, talk.rules, {}, client=role), {})
        for asked in _questions(talk, interface):
            call = make_call(interface, talk.rules, asked, client=talk.caller(interface.id))
            rows = take_file(talk, interface, call, asked)
            if rows is not None and query is not None:
                _compare(talk, call, query, asked, rows)
        if not talk.counter(interface.id).tallies(["download"])["download", ""].checked:
            talk.unasked(interface.id, ["download"], message("dialogue.download.unread"), follows=True)


def take_file(talk: Talk, interface: Interface, call: Call, asked: Mapping[str, str]) -> tuple[GivenRow, ...] | None:
    """Make a valid download, judge the file and keep its rows; None (and a fault told) where anything was wrong."""
    answer = talk.fetch(call)
    return None if answer is None else judge_file(talk, interface, call, answer, asked)


def judge_file(
    talk: Talk, interface: Interface, call: Call, answer: Answer, asked: Mapping[str, str]
) -> tuple[GivenRow, ...] | None:
    """Judge a file that was served; its rows, where nothing was wrong. One longer than is read is not judged."""
    if answer.truncated:
        return None
    reading, rows = file_of(call, answer, interface, talk.rules)
    if rows is not None and reading.good:
        reading = _with_others(call, asked, rows, interface, reading)
    talk.checked(interface.id, *reading.checked)
    talk.tell(interface.id, *reading.faults)
    if rows is not None:
        judge_granted(talk, interface, call, rows)
        keep(talk, interface, call, rows)
    return rows if reading.good else None


def _with_others(
    call: Call, asked: Mapping[str, str], rows: Sequence[GivenRow], interface: Interface, reading: Reading
) -> Reading:
    """The reading, and a fault of ``download`` where rows of other criteria stand in the file."""
    others = sum(1 for _ in mismatches(call, asked, rows, interface))
    if not others:
        return reading
    return Reading(None, reading.checked, (told("download", call, "dialogue.download.others", number=others),))


def _questions(talk: Talk, interface: Interface) -> Iterator[dict[str, str]]:
    """What is asked: nothing, where nothing must be; and values of known rows, each once."""
    must = mandatory(interface)
    if not must:
        yield {}
    texts = asks(talk, interface, ascii_only=garbles(talk, interface))
    said = {tuple((name, row[name]) for name in row if name in must or not must): row for row in texts}
    known_ones = sorted(one for one in said if one)
    chosen = talk.chance("download", interface.id).sample(known_ones, min(len(known_ones), _FILES))
    yield from (dict(one) for one in chosen)


def _query_of(talk: Talk, served: Collection[str], interface: Interface) -> Interface | None:
    """The query over the same resource that the same client is granted, if nothing was wrong with it."""
    same, client = same_resource(talk, interface), talk.caller(interface.id)
    for query in of_class(talk, served, QUERY):
        if query not in same or query.id not in talk.node.grants[client]:
            continue
        if not any(talk.counter(query.id).count(rule) for rule in _QUERY_RULES):
            return query
    return None


def _compare(talk: Talk, call: Call, query: Interface, asked: Mapping[str, str], rows: Sequence[GivenRow]) -> None:
    """``download``: the file and the query hold the same rows, told by their key. Rows that the query cannot be asked
    for by these parameters, and files longer than is read, are not compared.
    """
    interface = talk.node.interfaces[call.interface]
    if not mandatory(query) <= asked.keys() or not asked.keys() <= {one.name for one in query.parameters}:
        return
    if len(rows) > talk.profile.effort("harvest") or set(interface.key) != set(query.key) or not interface.key:
        return
    expected = _queried(talk, query, asked, call.client, len(rows))
    if expected is None:
        return
    given = {row_key(row.values, interface) for row in rows}
    talk.checked(interface.id, "download")
    if lost := len(expected - given):
        talk.tell(interface.id, told("download", call, "dialogue.download.lost", number=lost))
    elif more := len(given - expected):
        talk.tell(interface.id, told("download", call, "dialogue.download.more", number=more))


def _queried(talk: Talk, query: Interface, asked: Mapping[str, str], client: str, enough: int) -> set[Key] | None:
    """The keys of all rows that the query gives; None where it was not answered to its end."""
    found: set[Key] = set()
    size = page_size(talk, query)
    for before in range(0, max(enough, 1) + 2 * size, size):
        call = query_call(talk, query, asked, before, size, client=client)
        envelope = talk.accept(call)
        if envelope is None:
            return None
        reading, total, rows = rows_of(call, envelope, query, talk.rules)
        if total is None or not reading.good:
            return None
        found |= {row_key(row.values, query) for row in rows}
        if len(rows) < size or len(found) >= total:
            return found
    return found
