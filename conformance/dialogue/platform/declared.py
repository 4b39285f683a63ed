"""From a declaration to a client that the platform can be played for."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.dialogue.opening import credentials_of
from conformance.dialogue.platform.spec import ClientSpec, Job
from conformance.standard.standards import Standards
from conformance.system.declaration import Declaration, Target
from conformance.system.service.registrations import read_registrations
from conformance.system.service_claim import JobClaim
from conformance.system.service_resolving import interfaces_of


def client_spec(
    target: Target,
    declaration: Declaration,
    standards: Standards,
    *,
    as_of: str,
    seed: int,
    environ: Mapping[str, str],
) -> ClientSpec:
    """The client of a target of kind ``service-client``, its secret fetched from where it lies.

    Raises :class:`conformance.system.problem.ConfigurationError` where registrations or the secret cannot be read.
    """
    claim = target.client
    assert claim is not None  # noqa: S101 - a target of this kind has one
    registrations = read_registrations(target.source.path, target.source.place)
    path = ("targets", target.name, "client", "credentials")
    credentials = credentials_of(claim.credentials, declaration, environ, path)
    return ClientSpec(
        target=target.name,
        registrations=registrations,
        interfaces=interfaces_of(registrations, standards),
        fetch=_job(claim.fetch),
        deliver=_job(claim.deliver),
        client_id=credentials.id,
        secret=credentials.secret,
        seconds=claim.seconds,
        folder=declaration.path.parent,
        profile=standards.services.profiles[claim.profile],
        as_of=as_of,
        seed=seed,
        place=declaration.place("targets", target.name, "client"),
    )


def _job(claim: JobClaim | None) -> Job | None:
    return None if claim is None else Job(claim.interface, claim.command)
