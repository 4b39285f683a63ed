"""What nothing was asked or seen to prove: rules that apply and were judged on no row, no caller, no other value.

Nothing tested is never a pass: such a rule is not run, and says what the declaration or the test environment lacks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from conformance.dialogue.harvest import known, of_class
from conformance.dialogue.talk import Talk
from conformance.messages import message
from conformance.standard.services.model import DOWNLOAD, QUERY, TRANSFER, VERIFY, Interface


def judge_unproven(talk: Talk, served: Collection[str]) -> None:
    """Say of each interface that is served which of its rules rest on nothing."""
    for interface in of_class(talk, served, QUERY, VERIFY, DOWNLOAD):
        seen = known(talk, interface) if interface.interface_class == VERIFY else talk.sights[interface.id]
        if not seen:
            talk.unasked(interface.id, _of_rows(talk, interface), message("service.no-rows"), follows=True)
        elif _limited(talk, interface) and not _judged(talk, interface.id, "auth-rows"):
            talk.unasked(interface.id, ("auth-rows",), message("service.no-granted-rows"), follows=True)
    if not any(talk.stranger(id_) for id_ in served):
        for id_ in served:
            storing = talk.node.interfaces[id_].interface_class == TRANSFER
            if talk.node.writes or not storing:
                talk.unasked(id_, ("auth-grant",), message("service.no-stranger"))


def _of_rows(talk: Talk, interface: Interface) -> Iterator[str]:
    """The rules that rows prove."""
    text = any(not one.element.domain and one.element.format.symbol == "c" for one in interface.parameters)
    if interface.interface_class == VERIFY:
        yield "verify"
    elif interface.interface_class == DOWNLOAD:
        yield "download"
    else:
        yield "criteria"
        yield from ("paging", "total") if interface.paging in talk.rules.paging else ()
    if interface.interface_class != DOWNLOAD and text:
        yield "url-encoding"
    if interface.interface_class != VERIFY and _limited(talk, interface):
        yield "auth-rows"


def _limited(talk: Talk, interface: Interface) -> bool:
    """Is any client that may use the interface granted some of its rows only?"""
    names = {one.name for one in interface.results}
    roles = (role for role, ids in talk.node.grants.items() if interface.id in ids)
    return any(names & talk.node.rows.get(role, {}).keys() for role in roles)


def _judged(talk: Talk, id_: str, rule: str) -> bool:
    return talk.counter(id_).tallies([rule])[rule, ""].checked > 0
