"""Calls of an interface, built from what is to be said: parameters of a query, a batch of records.

Nothing is signed here, and nothing is judged: whether what is said is right is up to who says it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from conformance.judge.service.model import Call
from conformance.standard.services.model import BatchRules, Interface, ServiceRules

Pairs = Sequence[tuple[str, str]]
_QUERY = "query"
#: The forms of request that carry parameters.
PARAMETERS = ("query", "form")


def make_call(
    interface: Interface,
    rules: ServiceRules,
    values: Mapping[str, str],
    *,
    client: str,
    paging: Mapping[str, str] | None = None,
    **changes: Any,
) -> Call:
    """The call of an interface that takes parameters: the registered ones in their order, then others, then paging.

    ``changes`` replace attributes of the call made (``method``, ``twist``, …).
    """
    registered = [one.name for one in interface.parameters]
    names = [name for name in registered if name in values]
    names += [name for name in values if name not in registered]
    pairs = [(name, values[name]) for name in names]
    return with_pairs(interface, rules, [*pairs, *(paging or {}).items()], client=client, **changes)


def with_pairs(interface: Interface, rules: ServiceRules, pairs: Pairs, *, client: str, **changes: Any) -> Call:
    """The call that says these pairs, in this order: a name may come twice or be nobody's."""
    form = rules.requests[interface.request]
    if interface.request == _QUERY:
        call = Call(interface.id, form.method, interface.path, query=tuple(pairs), client=client)
    else:
        body = urlencode(list(pairs)).encode("ascii")
        call = Call(interface.id, form.method, interface.path, body=body, content_type=form.content_type, client=client)
    return replace(call, **changes)


def paging_of(interface: Interface, rules: ServiceRules, position: int, size: int) -> Mapping[str, str]:
    """The paging parameters of one page, by name; empty where the interface does not page."""
    style = rules.paging.get(interface.paging)
    return {style.position: str(position), style.size: str(size)} if style else {}


def first_page(interface: Interface, rules: ServiceRules, size: int = 0) -> Mapping[str, str]:
    """The paging parameters of the first page, of ``size`` records or of as many as a page may have."""
    style = rules.paging.get(interface.paging)
    largest = interface.limits.page_size or 1
    return paging_of(interface, rules, style.first, min(size, largest) if size else largest) if style else {}


def operated(rules: ServiceRules, operation: str, record: Mapping[str, object]) -> dict[str, object]:
    """A record of a batch: ``operation`` is ``insert``, ``update`` or ``delete``."""
    batch = rules.batch
    return {batch.operation: batch.operations[operation], **record}


def number_text(batch: BatchRules, number: int) -> str:
    """A batch's number as it is written."""
    return str(number).zfill(batch.digits)


def batch_body(rules: ServiceRules, series: str, number: int, records: Sequence[Mapping[str, object]]) -> bytes:
    """The body of a batch: JSON in UTF-8 without blanks, members and fields in the order given, so that the same batch
    is always the same octets. ``records`` name their operation already (:func:`operated`).
    """
    names = rules.batch
    content = {names.series: series, names.number: number_text(names, number), names.records: list(records)}
    return json_body(content)


def json_body(content: object) -> bytes:
    """Any value as JSON, the way that batches are written."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def transfer_call(
    interface: Interface,
    rules: ServiceRules,
    series: str,
    number: int,
    records: Sequence[Mapping[str, object]],
    *,
    client: str,
    **changes: Any,
) -> Call:
    """The call that hands a batch over; ``changes`` replace attributes of the call made."""
    form = rules.requests[interface.request]
    body = batch_body(rules, series, number, records)
    call = Call(interface.id, form.method, interface.path, body=body, content_type=form.content_type, client=client)
    return replace(call, **changes)
