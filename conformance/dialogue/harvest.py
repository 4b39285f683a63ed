"""Rows that a node holds: read first, so that what is asked later can be drawn from what is known to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from conformance.dialogue.calls import make_call, paging_of
from conformance.dialogue.talk import Row, Sight, Talk
from conformance.dialogue.valid import faults_of
from conformance.judge.service.answers import Envelope
from conformance.judge.service.model import Call
from conformance.judge.service.rows import GivenRow, Key, row_key, rows_of, ungranted, within
from conformance.standard.model import Field
from conformance.standard.services.model import QUERY, TRANSFER, Interface
from conformance.standard.standards import Standards

#: Records of a page where a registration does not say how many a page may have.
PAGE = 100
#: The style of paging whose position is the number of a record; of all others it is that of a page.
_BY_RECORD = "start"


@dataclass(frozen=True)
class Given:
    """What a query was answered with."""

    total: int
    rows: tuple[GivenRow, ...]


def harvest(talk: Talk, served: Collection[str]) -> None:
    """Read the rows of each query that may be asked without criteria, as far as the profile says, and keep them."""
    for interface in of_class(talk, served, QUERY):
        if any(one.mandatory for one in interface.parameters):
            continue
        for role in limited_others(talk, interface):
            call = query_call(talk, interface, {}, 0, page_size(talk, interface), client=role)
            envelope = talk.accept(call)
            if envelope is not None:
                judge_granted(talk, interface, call, rows_of(call, envelope, interface, talk.rules)[2])
        read, size = 0, page_size(talk, interface)
        while read < talk.profile.effort("harvest"):
            given = ask_rows(talk, interface, query_call(talk, interface, {}, read, size))
            if given is None or not given.rows:
                break
            read += len(given.rows)
            if read >= given.total or len(given.rows) != size or paging_of(interface, talk.rules, 1, 1) == {}:
                break


def ask_rows(talk: Talk, interface: Interface, call: Call) -> Given | None:
    """Make a valid call of a query; None (and a fault told) where it was not answered with rows. The rows are kept."""
    envelope = talk.accept(call)
    return None if envelope is None else take_rows(talk, interface, call, envelope)


def take_rows(talk: Talk, interface: Interface, call: Call, envelope: Envelope) -> Given | None:
    """Judge the data of a query's answer, and keep its rows; None where they are of no query's shape."""
    reading, total, rows = rows_of(call, envelope, interface, talk.rules)
    talk.checked(interface.id, *reading.checked)
    talk.tell(interface.id, *reading.faults)
    if total is None:
        return None
    judge_granted(talk, interface, call, rows)
    keep(talk, interface, call, rows)
    return Given(total, rows)


def judge_granted(talk: Talk, interface: Interface, call: Call, rows: Sequence[GivenRow]) -> None:
    """``auth-rows``, where the client's grant names fields of this interface."""
    granted = talk.node.rows.get(call.client, {})
    if rows and granted.keys() & {one.name for one in interface.results}:
        talk.checked(interface.id, "auth-rows")
        if fault := ungranted(call, rows, granted, interface):
            talk.tell(interface.id, fault)


def limited_others(talk: Talk, interface: Interface) -> list[str]:
    """Clients that may use the interface beside its caller, and are granted some of its rows only."""
    names, caller = {one.name for one in interface.results}, talk.caller(interface.id)
    roles = (role for role in talk.node.clients if role != caller and interface.id in talk.node.grants[role])
    return [role for role in roles if names & talk.node.rows.get(role, {}).keys()]


def keep(talk: Talk, interface: Interface, call: Call, rows: Sequence[GivenRow]) -> None:
    """Keep rows to be judged as records: each once, and no more than the profile says."""
    sights = talk.sights[interface.id]
    room = talk.profile.effort("harvest") - len(sights)
    if room <= 0:
        return
    held: dict[Key, list[Row]] = {}
    for sight in sights:
        held.setdefault(row_key(sight.values, interface), []).append(sight.values)
    for row in rows:
        same = held.setdefault(row_key(row.values, interface), [])
        if room > 0 and row.sound and row.values not in same:
            same.append(row.values)
            talk.saw(interface.id, [Sight(row.values, call, row.where)])
            room -= 1


def known(talk: Talk, interface: Interface) -> list[Row]:
    """Rows known to be there for whoever calls the interface: those of the declaration, then those that it gave, then
    those of a query over the same resource whose results have the names of all its parameters. What was seen without a
    grant is not known.
    """
    if interface.interface_class == TRANSFER:
        return []
    granted = talk.node.rows.get(talk.caller(interface.id), {})
    found: dict[tuple[tuple[str, str], ...], Row] = {}
    for row in _candidates(talk, interface):
        if within(row, granted):
            found.setdefault(row_key(row, interface), row)
    return list(found.values())


def of_class(talk: Talk, served: Collection[str], *classes: str) -> list[Interface]:
    """The served interfaces of these classes that somebody is granted, in the order of the declaration."""
    granted = {id_ for ids in talk.node.grants.values() for id_ in ids}
    interfaces = talk.node.interfaces.items()
    return [one for id_, one in interfaces if id_ in served and id_ in granted and one.interface_class in classes]


def same_resource(talk: Talk, interface: Interface) -> list[Interface]:
    """The interfaces registered over the same information resource, this one among them; none where it names none."""
    codes = {one.id: _resource(one.raw) for one in talk.node.registrations}
    mine = codes.get(interface.id)
    return [one for id_, one in talk.node.interfaces.items() if mine and codes.get(id_) == mine]


def page_size(talk: Talk, interface: Interface) -> int:
    """How many records are asked for where a page is to hold as many as it may."""
    return min(interface.limits.page_size or PAGE, talk.profile.effort("harvest"))


def query_call(
    talk: Talk, interface: Interface, asked: Mapping[str, str], before: int, size: int, *, client: str = ""
) -> Call:
    """The call for the page of ``size`` records that ``before`` records stand before; a multiple of ``size``."""
    style = talk.rules.paging.get(interface.paging)
    step = before if interface.paging == _BY_RECORD else before // size
    paging = paging_of(interface, talk.rules, style.first + step, size) if style else {}
    return make_call(interface, talk.rules, asked, client=client or talk.caller(interface.id), paging=paging)


def asks(talk: Talk, interface: Interface, *, ascii_only: bool) -> list[dict[str, str]]:
    """What the interface's parameters may be given to ask for each known row: values that are good on the day of the
    call (a code of an old record need not be), in ASCII where it is said so. Rows without a mandatory one are left out.
    """
    texts = [
        {
            one.name: row[one.name]
            for one in interface.parameters
            if row.get(one.name)
            and (row[one.name].isascii() or not ascii_only)
            and _is_good(one, row[one.name], talk.standards, talk.node.as_of)
        }
        for row in known(talk, interface)
    ]
    return [one for one in texts if one and mandatory(interface) <= one.keys()]


@lru_cache(maxsize=1 << 15)
def _is_good(field: Field, text: str, standards: Standards, as_of: str) -> bool:
    return not faults_of(field, text, {}, standards, as_of=as_of)


def mandatory(interface: Interface) -> set[str]:
    """The names of the parameters that each call has."""
    return {one.name for one in interface.parameters if one.mandatory}


def _resource(raw: Mapping[str, object]) -> str:
    resource = raw.get("resource")
    return str(resource.get("code") or "") if isinstance(resource, dict) else ""


def _candidates(talk: Talk, interface: Interface) -> Iterator[Row]:
    yield from talk.node.examples.get(interface.id, ())
    yield from (sight.values for sight in talk.sights[interface.id])
    names = {one.name for one in interface.parameters}
    caller = talk.caller(interface.id)
    others = [one for one in same_resource(talk, interface) if one.interface_class == QUERY and one.id != interface.id]
    granted = [one for one in others if any(one.id in ids for ids in talk.node.grants.values())]
    for other in sorted(granted, key=lambda one: talk.caller(one.id) != caller):
        if names <= {one.name for one in other.results}:
            yield from (sight.values for sight in talk.sights[other.id])
