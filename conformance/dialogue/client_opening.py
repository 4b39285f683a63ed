"""From a declared client of the platform to what its jobs came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.dialogue.opening import credentials_of
from conformance.dialogue.platform.session import ClientSpec, Job, judge_client
from conformance.dialogue.talk import Conversation
from conformance.standard.standards import Standards
from conformance.system.declaration import Declaration, Target
from conformance.system.service.registrations import read_registrations
from conformance.system.service_claim import JobClaim
from conformance.system.service_resolving import interfaces_of


def judge_declared_client(
    target: Target,
    declaration: Declaration,
    standards: Standards,
    *,
    as_of: str,
    seed: int,
    environ: Mapping[str, str],
    sample_limit: int = 20,
    progress: Callable[[int], None] = lambda _: None,
) -> Conversation:
    """Let a client do its jobs with the simulated platform, and judge what it asked and what it kept.

    Raises :class:`conformance.system.problem.ConfigurationError` where it cannot be started, or never calls.
    """
    claim = target.client
    assert claim is not None  # noqa: S101 - a target of this kind has one
    registrations = read_registrations(target.source.path, target.source.place)
    credentials = credentials_of(
        claim.credentials, declaration, environ, ("targets", target.name, "client", "credentials")
    )
    spec = ClientSpec(
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
    judged = judge_client(spec, standards.services, standards, sample_limit=sample_limit, progress=progress)
    return Conversation({target.name: judged}, {})


def _job(claim: JobClaim | None) -> Job | None:
    return None if claim is None else Job(claim.interface, claim.command)
