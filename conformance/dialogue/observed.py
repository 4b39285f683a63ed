"""What a node serves without having registered it, looked for where such things usually are.

Methods that are not registered on a registered path are judged when calls are refused.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from conformance.dialogue.talk import Talk
from conformance.judge.faults import Fault
from conformance.judge.service.answers import decoded, enveloped, told
from conformance.judge.service.model import Answer, Call, Twist
from conformance.standard.services.model import ServiceRules

#: Of a document so many octets are read.
DOCUMENT_BYTES = 4 << 20
_SUCCESS, _REDIRECT, _REFUSED, _CREDENTIALS = 200, 300, 400, 401


def judge_observed(talk: Talk, served: Collection[str]) -> None:
    """Judge ``undeclared`` of the node, once for every path that is looked at."""
    registered = {str(one.raw.get("path")) for one in talk.node.registrations}
    registered |= {one.path for one in talk.node.interfaces.values()}
    client = talk.node.clients[0]
    unsigned = Twist(omit=tuple(talk.rules.signing.headers))
    for path in dict.fromkeys(talk.rules.probes.root):
        call = Call("", "GET", path, client=client, twist=unsigned)
        _judge_path(talk, [call, Call("", "GET", path, client=client)], registered)
    for path in sorted(set(_beside(talk, served)) - registered):
        _judge_path(talk, [Call("", "GET", path, client=client)], registered)


def judge_request_ids(talk: Talk) -> None:
    """``envelope``: no two answers have one request id."""
    seen: set[str] = set()
    for call, _, request in talk.logged:
        # Calls that told nothing of an envelope (files, answers without one) have none here.
        if request in seen:
            talk.tell(call.interface, told("envelope", call, "service.same-request"))
        if request:
            seen.add(request)


def _beside(talk: Talk, served: Collection[str]) -> Iterator[str]:
    """Paths beside and below those of interfaces."""
    for id_ in served:
        path = talk.node.interfaces[id_].path.rstrip("/")
        folder = path.rpartition("/")[0]
        for word in talk.rules.probes.beside:
            yield f"{folder}/{word}"
            yield f"{path}/{word}"


def _judge_path(talk: Talk, calls: list[Call], registered: Collection[str]) -> None:
    """One path, asked in one way after the other until something is found there."""
    talk.checked("", "undeclared")
    for call in calls:
        fault = next(_found(talk, call, registered), None)
        if fault is not None:
            talk.tell("", fault)
            return


def _found(talk: Talk, call: Call, registered: Collection[str]) -> Iterator[Fault]:
    answer = talk.ask(call)
    if _REDIRECT <= answer.status < _REFUSED and (place := _redirected(answer)) and place not in registered:
        answer = talk.ask(Call(call.interface, call.method, place, client=call.client, twist=call.twist))
    if not answer.status:
        talk.doubt("", "undeclared")
    elif _refused(call, answer, talk.rules):
        return
    elif _SUCCESS <= answer.status < _REDIRECT:
        operations = _operations(answer, registered)
        if operations:
            yield told("undeclared", call, "service.undeclared-document", status=answer.status, number=operations)
        yield told("undeclared", call, "service.undeclared", status=answer.status)
    elif answer.status == _CREDENTIALS and answer.header("www-authenticate"):
        yield told("undeclared", call, "service.undeclared-door", status=answer.status)


def _redirected(answer: Answer) -> str:
    """The path on the same node that is pointed at; empty where it is none."""
    place = answer.header("location").partition("?")[0].partition("#")[0]
    plain = place.isascii() and place.isprintable() and " " not in place
    return place if place.startswith("/") and not place.startswith("//") and plain else ""


def _refused(call: Call, answer: Answer, rules: ServiceRules) -> bool:
    """True where the answer refuses by the catalogue; whether with the right status is judged elsewhere."""
    text, wrong = decoded(call, answer, rules)
    envelope = None if wrong else enveloped(text, answer, rules)[0]
    return envelope is not None and rules.error_of(envelope.code) is not None


def _operations(answer: Answer, registered: Collection[str]) -> int:
    """How many operations that nobody registered an OpenAPI document lists; 0 for what is no such document."""
    try:
        document = json.loads(answer.body[:DOCUMENT_BYTES])
    except (ValueError, RecursionError):
        return 0
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, dict):
        return 0
    return sum(len(methods) for path, methods in paths.items() if path not in registered and isinstance(methods, dict))
