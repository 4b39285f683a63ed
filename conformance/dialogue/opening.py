"""From a declared service to a dialogue that can begin: secrets, examples, and is it the configuration?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.dialogue.first import first_call
from conformance.dialogue.second_opinion import available
from conformance.dialogue.talk import NodeSpec, Row
from conformance.judge.model import Dataset
from conformance.judge.service.members import once
from conformance.judge.service.model import Call
from conformance.standard.services.model import Interface, Profile
from conformance.standard.standards import Standards
from conformance.system.declaration import Declaration, Target
from conformance.system.problem import ConfigurationError, Place, failure
from conformance.system.service.reach import Credentials, Reach
from conformance.system.service.reaching import reached, secret_of
from conformance.system.service_claim import CredentialClaim, ServiceClaim

#: How much of a file of examples is read, and how many rows of it.
EXAMPLE_BYTES, EXAMPLE_ROWS = 4 << 20, 1000


@dataclass(frozen=True)
class OpenNode:
    """A node that can be talked with."""

    spec: NodeSpec
    reach: Reach


def open_node(
    target: Target,
    datasets: Sequence[Dataset],
    declaration: Declaration,
    standards: Standards,
    *,
    today: str,
    seed: int,
    environ: Mapping[str, str],
    ask: bool = True,
) -> OpenNode:
    """The dialogue's two sides, the node asked whether it can be reached as declared (unless ``ask`` is False).

    Raises :class:`ConfigurationError` with every problem found; nothing has been judged then.
    """
    claim = _claim(target)
    profile = standards.services.profiles[claim.profile]
    mine = [one for one in datasets if one.service is not None and one.service.node == target.name]
    spec = NodeSpec(
        target=target.name,
        registrations=tuple(one.service.registration for one in mine if one.service and one.service.registration),
        interfaces=_interfaces(mine),
        datasets={one.service.registration.id: one for one in mine if one.service and one.service.registration},
        clients=tuple(claim.clients),
        grants=_grants(target, mine),
        profile=profile,
        rows=claim.rows,
        state=claim.state,
        examples=dict(_examples(target, declaration)),
        writes=claim.writes,
        log=claim.log,
        plain=claim.plain,
        # Rows are judged at the day declared; what is asked must be good when the node is asked.
        as_of=max(mine[0].as_of, today),
        seed=seed,
    )
    if claim.second_opinion and not available():
        place = declaration.place("targets", target.name, "service", "second_opinion")
        raise failure(place, "source.no-second-opinion")
    reach = _reach(target, declaration, profile, environ, spec.interfaces)
    if ask:
        reach, problems = reached(
            reach,
            tuple(_probes(spec, standards)),
            standards.services,
            profile,
            lambda *path: declaration.place("targets", target.name, "service", *path),
        )
        if problems:
            raise ConfigurationError(problems)
    return OpenNode(spec, reach)


def _claim(target: Target) -> ServiceClaim:
    assert target.service is not None  # noqa: S101 - a target of this kind has one
    return target.service


def _interfaces(datasets: Sequence[Dataset]) -> dict[str, Interface]:
    return {
        one.service.interface.id: one.service.interface for one in datasets if one.service and one.service.interface
    }


def _grants(target: Target, datasets: Sequence[Dataset]) -> dict[str, tuple[str, ...]]:
    claim = _claim(target)
    if claim.grants:
        return {role: claim.grants.get(role, ()) for role in claim.clients}
    return dict.fromkeys(claim.clients, tuple(_interfaces(datasets)))


def _probes(spec: NodeSpec, standards: Standards) -> Iterator[Call]:
    """One valid call of each interface by each client that may make it; none that would store anything."""
    for role in spec.clients:
        for id_ in spec.grants[role]:
            call = first_call(spec, spec.interfaces[id_], standards, client=role)
            if call is not None:
                yield call


def _reach(
    target: Target,
    declaration: Declaration,
    profile: Profile,
    environ: Mapping[str, str],
    interfaces: Mapping[str, Interface],
) -> Reach:
    """The reach as declared, but no more calls a second than every interface is registered to bear."""
    claim = _claim(target)
    if claim.ca is not None and not claim.ca.is_file():
        place = declaration.place("targets", target.name, "service", "ca")
        raise failure(place, "source.no-service-file", file=str(claim.ca))
    return Reach(
        url=claim.url,
        credentials={
            role: credentials_of(item, declaration, environ, ("targets", target.name, "service", "clients", role))
            for role, item in claim.clients.items()
        },
        ca=claim.ca,
        hosts=claim.hosts,
        requests=claim.requests,
        rate=min([claim.rate, *(one.limits.rate for one in interfaces.values() if one.limits.rate)]),
        seconds=claim.seconds,
        patience_ms=profile.tester("patience_ms"),
        answer_bytes=profile.tester("answer_bytes"),
        attempts=profile.tester("attempts"),
        pause_ms=profile.tester("pause_ms"),
    )


def credentials_of(
    claim: CredentialClaim, declaration: Declaration, environ: Mapping[str, str], path: tuple[str, ...]
) -> Credentials:
    """A client's id and its secret, fetched from where it lies; raises :class:`ConfigurationError`."""
    where = {"file": claim.file} if claim.file else {"env": claim.env}
    place = declaration.place(*path, "secret")
    return Credentials(claim.id, secret_of(where, declaration.path.parent, environ, place))


def _examples(target: Target, declaration: Declaration) -> Iterator[tuple[str, tuple[Row, ...]]]:
    claim = _claim(target)
    for id_, path in claim.examples.items():
        yield id_, tuple(_rows(path, declaration.place("targets", target.name, "service", "examples", id_)))


def _rows(path: Path, place: Place) -> Iterator[Row]:
    """The rows of a file of JSON Lines: objects whose values are text."""
    if not path.is_file():
        raise failure(place, "source.no-service-file", file=str(path))
    with path.open("rb") as file:
        lines = file.read(EXAMPLE_BYTES).splitlines()
    for number, line in enumerate(lines[:EXAMPLE_ROWS], 1):
        try:
            row = json.loads(line, object_pairs_hook=once)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
            raise failure(place, "source.bad-example", file=path.name, line=number)
        yield row
