"""A declared client of the platform: what its jobs came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.dialogue.platform.declared import client_spec
from conformance.dialogue.platform.session import judge_client
from conformance.dialogue.talk import Conversation
from conformance.standard.standards import Standards
from conformance.system.declaration import Declaration, Target


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
    spec = client_spec(target, declaration, standards, as_of=as_of, seed=seed, environ=environ)
    judged = judge_client(spec, standards.services, standards, sample_limit=sample_limit, progress=progress)
    return Conversation({target.name: judged}, {})
