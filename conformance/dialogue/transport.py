"""The transport of a node: looked at once, before anything is asked, and judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from conformance.dialogue.talk import NodeSpec, Talk
from conformance.judge.service.transport import certificate_faults, plain_faults, version_faults, versions_untold
from conformance.messages import message
from conformance.system.service.client import LineDown
from conformance.system.service.reach import NotAllowed, Reach, address_of
from conformance.system.service.tls import (
    CertificateFacts,
    PlainFacts,
    certificate_facts,
    offered_versions,
    plain_answer,
)
from conformance.system.service.wire import NotReached

_PLAIN_PORT = 80


@dataclass(frozen=True)
class TransportFacts:
    """What a node's transport is like. ``plain``: what each address without TLS answered; None: it may not be asked."""

    offered: Mapping[str, bool | None]
    certificate: CertificateFacts
    plain: Mapping[str, PlainFacts | None]


def gather_transport(reach: Reach, node: NodeSpec) -> TransportFacts:
    """Look at a node: its own port with and without TLS, and the plain addresses that it declares.

    Raises :class:`LineDown` where the node is gone.
    """
    address = address_of(reach)
    path = address.base + next((one.path for one in node.interfaces.values()), "/")
    addresses = dict.fromkeys((f"http://{address.authority}", *node.plain))
    try:
        return TransportFacts(
            offered_versions(reach),
            certificate_facts(reach),
            {one: _plain(reach, one, address.port, path) for one in addresses},
        )
    except NotReached as error:
        raise LineDown(error) from error


def _plain(reach: Reach, address: str, own_port: int, path: str) -> PlainFacts | None:
    parts = urlsplit(address)
    own = parts.netloc == address_of(reach).authority
    try:
        return plain_answer(reach, parts.hostname or "", parts.port or (own_port if own else _PLAIN_PORT), path)
    except NotAllowed:
        return None


def judge_transport(
    talk: Talk, facts: TransportFacts, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Judge ``tls``, ``certificate`` and ``plain-http`` of the node."""
    least = str(talk.profile.duty("tls"))
    talk.checked("", *("tls" for _ in facts.offered))
    talk.tell("", *version_faults(facts.offered, least))
    if untold := versions_untold(facts.offered, least):
        talk.unasked("", ("tls",), message("service.tls-untold", versions="、".join(untold)))
    shown = facts.certificate
    talk.checked("", "certificate")
    talk.tell(
        "",
        *certificate_faults(
            host_matches=shown.host_matches,
            time_ok=shown.time_ok,
            not_after=shown.not_after,
            key_kind=shown.key_kind,
            key_bits=shown.key_bits,
            signature_hash=shown.signature_hash,
            now=now(),
            profile=talk.profile,
        ),
    )
    for address, answer in facts.plain.items():
        if answer is None:
            talk.unasked("", ("plain-http",), message("service.plain-untold"))
            continue
        talk.checked("", "plain-http")
        talk.tell("", *plain_faults(address, status=answer.status, location=answer.location))
