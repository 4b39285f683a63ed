"""What a node shows of records that were transferred: the oracle that every claim about storing rests on.

Looked at through the interfaces that the declaration names (``state``): a query by key where the key is among its
parameters, else by walking; a download whole. Nothing is judged here: what cannot be seen is :class:`Unseen`, a doubt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from conformance.dialogue.calls import make_call, paging_of
from conformance.dialogue.talk import Row, Talk
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.rows import LONGEST_PAGE
from conformance.judge.service.stored import Key, Record, key_of
from conformance.standard.services.model import DOWNLOAD, QUERY, Interface, ServiceRules

Asked = tuple[tuple[str, str], ...]
#: A part of all that can be seen: an interface, and what it is given.
Part = tuple[str, Asked]
_START = "start"
#: A look by key is cheaper than one at everything beside it, unless it takes that many more calls.
_AT_ONCE = 2


class Unseen(Exception):  # noqa: N818 - what happened
    """No interface shows what was to be looked at."""


def viewers(talk: Talk, transfer: Interface) -> tuple[Interface, ...]:
    """The interfaces that show what this transfer stored: queries by key first, then others, then downloads."""
    named = [talk.node.interfaces[id_] for id_ in talk.node.state.get(transfer.id, ()) if id_ in talk.node.interfaces]
    granted = {id_ for role in talk.node.clients for id_ in talk.node.grants[role]}
    usable = [
        one
        for one in named
        if one.id in granted
        and one.interface_class in (QUERY, DOWNLOAD)
        and set(transfer.key) <= {field.name for field in one.results}
    ]
    return tuple(sorted(usable, key=lambda one: (one.interface_class == DOWNLOAD, not _by_key(one, transfer))))


def seen(
    talk: Talk, transfer: Interface, keys: Mapping[Key, Record], *, lenient: bool = False, cheapest: bool = False
) -> dict[Key, list[Row]]:
    """The rows that are there of each key, by the first interface that answers for it. ``keys`` maps each to a record
    that says what else a query must be given.

    Raises :class:`Unseen` where no interface answers for a key; ``lenient``: such a key is left out. ``cheapest``: the
    interfaces are tried in the order of how many calls they take, which depends on the keys.
    """
    found = dict[Key, list[Row]]()
    usable = list(viewers(talk, transfer))
    if cheapest:
        usable.sort(key=lambda viewer: _cost(viewer, transfer, keys))
    for viewer in usable:
        waiting = {key: record for key, record in keys.items() if key not in found}
        found |= _view(talk, viewer, transfer, waiting)
    if not lenient and keys.keys() - found.keys():
        raise Unseen
    return found


def views(talk: Talk, transfer: Interface, keys: Mapping[Key, Record]) -> list[dict[Key, list[Row]]]:
    """What each interface shows of these keys, as far as it answers: what one shows wrongly, another shows right."""
    return [_view(talk, viewer, transfer, keys) for viewer in viewers(talk, transfer)]


def _view(talk: Talk, viewer: Interface, transfer: Interface, keys: Mapping[Key, Record]) -> dict[Key, list[Row]]:
    found = dict[Key, list[Row]]()
    for asked, those in _asked(viewer, transfer, keys).items():
        with suppress(Unseen):
            rows = _rows(talk, viewer, asked)
            found |= {key: [row for row in rows if key_of(row, transfer.key) == key] for key in those}
    return found


def _cost(viewer: Interface, transfer: Interface, keys: Mapping[Key, Record]) -> float:
    asked = _asked(viewer, transfer, keys)
    return len(asked) * (1 if _by_key(viewer, transfer) else _AT_ONCE) if asked else float("inf")


def snapshot(
    talk: Talk, transfer: Interface, areas: Sequence[Record], *, rows_only: bool = False, without: Collection[Key] = ()
) -> dict[Part, str]:
    """What everything looks like that can be looked at without a key: the total of a query, a digest of a download.

    ``areas`` are records whose values serve where an interface must be given one (a division). What cannot be looked at
    is left out. ``rows_only``: without totals, which tell less than the rows. Rows of the keys ``without`` do not
    count.
    """
    shown: dict[Part, str] = {}
    for viewer in viewers(talk, transfer):
        if _needs_key(viewer, transfer) or (rows_only and viewer.interface_class == QUERY):
            continue
        for asked in dict.fromkeys(_said(viewer, record, ()) for record in areas):
            if asked is None:
                continue
            with suppress(Unseen):
                shown[viewer.id, asked] = _digest(
                    talk, viewer, asked, lambda row: key_of(row, transfer.key) not in without
                )
    return shown


def whole_call(talk: Talk, of: Part) -> Call:
    """The call that shows one part of a snapshot."""
    viewer = talk.node.interfaces[of[0]]
    return make_call(viewer, talk.rules, dict(of[1]), client=talk.caller(viewer.id))


def _digest(talk: Talk, viewer: Interface, asked: Asked, counts: Callable[[Row], bool]) -> str:
    if viewer.interface_class == QUERY:
        style = talk.rules.paging.get(viewer.paging)
        return str(_page(talk, viewer, asked, style.first if style else 0, 1)[1])
    rows = sorted(json.dumps(row, sort_keys=True) for row in _rows(talk, viewer, asked) if counts(row))
    return f"{len(rows)}/{hashlib.sha256(json.dumps(rows).encode()).hexdigest()}"


def _by_key(viewer: Interface, transfer: Interface) -> bool:
    return set(transfer.key) <= {field.name for field in viewer.parameters}


def _needs_key(viewer: Interface, transfer: Interface) -> bool:
    return any(field.mandatory and field.name in transfer.key for field in viewer.parameters)


def _asked(viewer: Interface, transfer: Interface, keys: Mapping[Key, Record]) -> dict[Asked, list[Key]]:
    """What must be asked to see these keys, and which of them each answer shows."""
    by_asked: dict[Asked, list[Key]] = {}
    for key, record in keys.items():
        asked = _said(viewer, record, transfer.key)
        if asked is not None:
            by_asked.setdefault(asked, []).append(key)
    return by_asked


def _said(viewer: Interface, record: Record, key: Sequence[str]) -> Asked | None:
    """What an interface is given to show a record: what it must be given, and the key; None where it is not known."""
    needed = [field for field in viewer.parameters if field.mandatory or field.name in key]
    if any(not isinstance(record.get(field.name), str) or not record[field.name] for field in needed):
        return None
    return tuple((field.name, record[field.name]) for field in needed)


def _rows(talk: Talk, viewer: Interface, asked: Asked) -> list[Row]:
    names = [field.name for field in viewer.results]
    rows = _downloaded(talk, viewer, asked) if viewer.interface_class == DOWNLOAD else _walked(talk, viewer, asked)
    return [{name: _text(row.get(name)) for name in names} for row in rows]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _walked(talk: Talk, viewer: Interface, asked: Asked) -> Iterator[Mapping[str, Any]]:
    style = talk.rules.paging.get(viewer.paging)
    size = viewer.limits.page_size or 1
    if style is None:
        yield from _page(talk, viewer, asked, 0, size)[0]
        return
    passed, pages = 0, 0
    while passed <= talk.profile.effort("harvest"):
        step = passed if viewer.paging == _START else pages
        rows, total = _page(talk, viewer, asked, style.first + step, size)
        yield from rows
        passed, pages = passed + len(rows), pages + 1
        if not rows or len(rows) < size or passed >= total:
            return
    raise Unseen


def _page(talk: Talk, viewer: Interface, asked: Asked, position: int, size: int) -> tuple[list[Mapping[str, Any]], int]:
    """The rows of one page and the total that the answer tells."""
    paging = paging_of(viewer, talk.rules, position, size)
    call = make_call(viewer, talk.rules, dict(asked), client=talk.caller(viewer.id), paging=paging)
    names = talk.rules.envelope
    data = understood(_answer(talk, call), talk.rules)
    rows = data.get(names.rows) if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(rows, list) or len(rows) > LONGEST_PAGE:
        raise Unseen
    if not all(isinstance(row, dict) for row in rows):
        raise Unseen
    total = data.get(names.total)
    return rows, total if isinstance(total, int) else len(rows)


def _downloaded(talk: Talk, viewer: Interface, asked: Asked) -> list[Mapping[str, Any]]:
    call = make_call(viewer, talk.rules, dict(asked), client=talk.caller(viewer.id))
    answer = _answer(talk, call)
    if answer.status != HTTPStatus.OK or answer.truncated:
        raise Unseen
    try:
        rows = [json.loads(line) for line in _decoded(answer).split("\n") if line]
    except (ValueError, RecursionError) as error:
        raise Unseen from error
    if not all(isinstance(row, dict) for row in rows):
        raise Unseen
    return rows


def understood(answer: Answer, rules: ServiceRules) -> Any:
    """What a successful answer says, however badly it is put; None where it says no success, or cannot be understood.

    What is wrong with the answer is judged by others; that it cannot be read well is no reason to see nothing.
    """
    if answer.status != HTTPStatus.OK or answer.truncated:
        return None
    try:
        value = json.loads(_decoded(answer))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.get(rules.envelope.code, rules.success.code) != rules.success.code:
        return None
    return value.get(rules.envelope.data)


def _decoded(answer: Answer) -> str:
    try:
        return answer.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return answer.body.decode("gb18030", "replace")


def _answer(talk: Talk, call: Call) -> Answer:
    answer = talk.ask(call)
    if not answer.status:
        raise Unseen
    return answer
