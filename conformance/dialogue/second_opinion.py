"""A second opinion on a service: Schemathesis, with the OpenAPI document that is generated from the registration.

It generates calls of its own, and judges every answer by the document alone. The calls go out through the same line as
all others (allow-list, rate, signature). Where it complains of an answer that was found good here, one of the two
judges is wrong: that is the harness's own, and never the vendor's fail. Values of rows are left to the judge of values,
which has a second opinion of its own. Transfers are never asked. Schemathesis is an extra, loaded only when asked.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from conformance.dialogue.duties import accepted_call
from conformance.dialogue.talk import Talk
from conformance.judge.service.answers import decoded, enveloped, read_accepted, read_file, told
from conformance.judge.service.model import Answer, Call
from conformance.standard.services.model import DOWNLOAD, QUERY, VERIFY, Interface, ServiceRules
from conformance.standard.services.openapi import openapi_document

ASKED = (QUERY, VERIFY, DOWNLOAD)
_EXTRA = "schemathesis"
_SERVER = 500


@dataclass(frozen=True)
class Complaint:
    """What Schemathesis has against an answer: the name of its check, and where in the answer, member by member."""

    call: Call
    answer: Answer
    check: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class SecondOpinion:
    """``ran``: False where Schemathesis is not installed; ``version`` is its own."""

    ran: bool
    version: str = ""
    calls: int = 0
    complaints: tuple[Complaint, ...] = ()


def available() -> bool:
    """True where Schemathesis is installed."""
    return importlib.util.find_spec(_EXTRA) is not None


def second_opinion(
    document: Mapping[str, Any],
    interface: Interface,
    ask: Callable[[Call], Answer],
    known: Sequence[Call],
    *,
    client: str,
    seed_text: str,
    examples: int,
) -> SecondOpinion:
    """What Schemathesis says of the answers to ``known`` calls and to calls that it generates from the document."""
    if not available():
        return SecondOpinion(False)
    import schemathesis  # noqa: PLC0415 - an extra

    operation = _operation(document)
    calls = [*known, *_generated(operation, interface, client, seed_text, examples)]
    found: list[Complaint] = []
    for call in calls:
        answer = ask(call)
        if answer.status:
            found.extend(_complaints(operation, call, answer))
    return SecondOpinion(True, schemathesis.__version__, len(calls), tuple(found))


def _operation(document: Mapping[str, Any]) -> Any:
    """The document's only operation."""
    from schemathesis import openapi  # noqa: PLC0415 - an extra

    schema = openapi.from_dict(dict(document))
    schema.config.update(base_url="https://service.invalid")
    (path, methods), *_ = document["paths"].items()
    return schema[path][next(iter(methods)).upper()]


def _generated(operation: Any, interface: Interface, client: str, seed_text: str, number: int) -> Iterator[Call]:
    """Calls that the document allows: what they say is Schemathesis' own, how they are signed is ours."""
    from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings  # noqa: PLC0415 - only with the extra

    cases: list[Any] = []

    @seed(int.from_bytes(hashlib.sha256(seed_text.encode()).digest()[:8], "big"))
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def draw(case: Any) -> None:
        cases.append(case)

    draw()
    for case in cases[:number]:
        pairs = tuple((str(name), str(value)) for name, value in (case.query or {}).items())
        call = Call(interface.id, case.method, interface.path, query=pairs, client=client)
        if isinstance(case.body, dict):
            body = urlencode({name: str(value) for name, value in case.body.items()}).encode()
            call = Call(
                interface.id, case.method, interface.path, body=body, content_type=case.media_type or "", client=client
            )
        yield call


def _complaints(operation: Any, call: Call, answer: Answer) -> Iterator[Complaint]:
    from schemathesis import Response  # noqa: PLC0415 - an extra
    from schemathesis.checks import not_a_server_error  # noqa: PLC0415
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name, []).append(value)
    request: Any = SimpleNamespace(method=call.method, url=operation.path, headers={}, body=None)
    response = Response(answer.status, headers, answer.body, request, answer.seconds, verify=True)
    said = dict(call.query) if call.body is None else None
    body = dict(parse_qsl(call.body.decode())) if call.body is not None else {}
    case = operation.Case(query=said or {}, **({"body": body, "media_type": call.content_type} if body else {}))
    for check in (
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ):
        try:
            case.validate_response(response, checks=[check])
        except BaseExceptionGroup as group:
            for failure in group.exceptions:
                path = tuple(str(step) for step in getattr(failure, "instance_path", None) or ())
                yield Complaint(call, answer, str(check.__name__), path)


def judge_second_opinion(talk: Talk) -> Collection[SecondOpinion]:
    """Ask for a second opinion on each interface that can be asked without effect, and tell where it differs: undecided
    under ``envelope``, and the harness's own.
    """
    found = []
    for registration in talk.node.registrations:
        interface = talk.node.interfaces.get(registration.id)
        if interface is None or interface.interface_class not in ASKED:
            continue
        known = accepted_call(talk, interface.id)
        if known is None:
            continue
        document = openapi_document(registration, interface, talk.rules, talk.standards)
        opinion = second_opinion(
            document,
            interface,
            talk.ask,
            [known],
            client=known.client,
            seed_text=f"{talk.node.seed}/second-opinion/{interface.id}",
            examples=talk.profile.effort("examples"),
        )
        found.append(opinion)
        for complaint in opinion.complaints:
            if _good(talk, complaint) and not _of_values(complaint, talk.rules):
                fault = told(
                    "envelope", complaint.call, "service.second-opinion", undecided=True, check=complaint.check
                )
                talk.tell(interface.id, fault)
    return tuple(found)


def _good(talk: Talk, complaint: Complaint) -> bool:
    """True where we found nothing wrong with the answer: accepted well, or refused as the catalogue says."""
    call, answer, rules = complaint.call, complaint.answer, talk.rules
    reading = read_file(call, answer, rules) if talk.is_file(call.interface) else read_accepted(call, answer, rules)
    if reading.good:
        return True
    text, wrong = decoded(call, answer, rules)
    envelope = None if wrong else enveloped(text, answer, rules)[0]
    known = rules.error_of(envelope.code) if envelope else None
    return known is not None and known.status == answer.status < _SERVER


def _of_values(complaint: Complaint, rules: ServiceRules) -> bool:
    """True where the complaint is about what stands in a row."""
    names = rules.envelope
    return complaint.path[:2] == (names.data, names.rows) and len(complaint.path) > len((names.data, names.rows))
