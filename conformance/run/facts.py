"""What a report says of its run: how it was narrowed, what was read, what was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.messages import Message, message
from conformance.report.model import InputFacts, RunFacts
from conformance.run.outcome import TargetOutcome
from conformance.system.declaration import Declaration

if TYPE_CHECKING:
    from conformance.run.running import Run


def run_facts(run: Run, outcomes: Sequence[TargetOutcome], ended: datetime) -> RunFacts:
    """The facts of a run as its report holds them."""
    challenge = run.options.challenge
    return RunFacts(
        id=run.identity.id,
        tool="lubiao",
        version=version("lubiao"),
        mode="official" if run.options.official else "self-test",
        engine="polars",
        seed=run.options.seed,
        started=run.identity.started.isoformat(timespec="seconds"),
        ended=ended.isoformat(timespec="seconds"),
        sample_limit=run.options.sample_limit,
        narrowed=tuple(_narrowed(run)),
        inputs=_inputs(outcomes),
        service=_figures(outcomes),
        configurations=tuple(figures for point in run.points.values() for figures in point.coverage),
        environment={"python": platform.python_version(), "platform": platform.platform()},
        challenge=None if challenge is None else {"commitment": challenge.commitment, "nonce": challenge.nonce},
    )


def system_facts(declared: Declaration) -> dict[str, Any]:
    """The system under test as the report holds it."""
    return {
        "product": declared.product,
        "vendor": declared.vendor,
        "version": declared.version,
        "build": {"kind": declared.build.kind, "id": declared.build.id},
        "declaration": {"sha256": declared.sha256},
    }


def declared_path(declaration: Declaration, target: str) -> str:
    """The path of a target's source as declared, never one of the machine."""
    return Path(os.path.relpath(declaration.target(target).source.path, declaration.path.parent)).as_posix()


def _narrowed(run: Run) -> Iterator[Message]:
    chosen = run.options.selection
    for name, values in (("class", chosen.classes), ("requirement", chosen.requirements), ("target", chosen.targets)):
        if values:
            yield message(f"run.narrowed-{name}", names="、".join(sorted(values)))
    for target in run.declaration.targets:
        if target.where:
            yield message("run.narrowed-where", target=target.name)
    if run.points and run.standards.access.addresses.synthetic:
        yield message("run.synthetic-plan")


def _inputs(outcomes: Sequence[TargetOutcome]) -> tuple[InputFacts, ...]:
    """Each input once: a dataset that was judged, and referred to by others, as it was judged."""
    held: dict[tuple[str, str], InputFacts] = {}
    for facts in (one for outcome in outcomes for one in outcome.inputs):
        known = held.get((facts.target, facts.path))
        if known is None or known.rows < facts.rows:
            held[facts.target, facts.path] = facts
    return tuple(held[place] for place in sorted(held))


def _figures(outcomes: Sequence[TargetOutcome]) -> tuple[Mapping[str, Any], ...]:
    held = {str(figures["target"]): figures for outcome in outcomes for figures in outcome.figures}
    return tuple(held[target] for target in sorted(held))
