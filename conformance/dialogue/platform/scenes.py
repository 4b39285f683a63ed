"""The scenes of ``platform.yaml``: what the simulated platform does, and which rule of a client each one judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.judge.service.client_recovery import JUDGEMENTS
from conformance.standard.model import Text
from conformance.standard.pack import BrokenPack, load_yaml
from conformance.standard.services.model import ServiceRules
from conformance.standard.standards import SERVICES, Standards

FETCH, DELIVER = "fetch", "deliver"
#: What the platform may do; ``platform.yaml`` explains them.
WELL, SLOW, REFUSE, CUT, REPEAT, SILENCE, OTHER_CA, OTHER_HOST, EXPIRED = KINDS = (
    "well",
    "slow",
    "refuse",
    "cut",
    "repeat",
    "silence",
    "other-ca",
    "other-host",
    "expired",
)
#: Kinds in which the platform does nothing wrong once a client trusts its certificate.
HARMLESS = (WELL, OTHER_CA, OTHER_HOST, EXPIRED)
_FILE = "platform.yaml"


@dataclass(frozen=True)
class Scene:
    """One scene: the job it is played for, the rule it judges and how, and what the platform does: ``kind``, from its
    ``at``-th answer on, ``times`` times (0: always), with ``error``, ``delay_ms`` or ``hold_ms``.

    ``basis`` is the rule that must be good with a well-behaved platform first; ``limits`` are what the judgement needs.
    """

    id: str
    job: str
    title: Text
    judges: str
    by: str
    kind: str
    basis: str = ""
    at: int = 1
    times: int = 0
    error: str = ""
    delay_ms: int = 0
    hold_ms: int = 0
    limits: Mapping[str, int] = field(default_factory=dict)

    def misbehaves(self, number: int) -> bool:
        """True where the platform departs from the convention in its answer to the ``number``-th request."""
        return number >= self.at and (self.times == 0 or number < self.at + self.times)


@dataclass(frozen=True)
class Scenes:
    """All scenes, in the order in which they are played; ``requests`` bounds what a client may ask in one."""

    scenes: tuple[Scene, ...]
    requests: int

    def of(self, job: str) -> tuple[Scene, ...]:
        """The scenes of a job, the well-behaved one first."""
        return tuple(sorted((one for one in self.scenes if one.job == job), key=lambda one: one.kind != WELL))


def scenes_of(standards: Standards) -> Scenes:
    """The scenes of the services pack among the standards."""
    return read_scenes(standards.root / SERVICES / standards.packs[SERVICES].edition, standards.services)


def read_scenes(folder: Path, rules: ServiceRules) -> Scenes:
    """The scenes of a pack; raises :class:`BrokenPack` where the file does not say what it must."""
    try:
        raw = load_yaml(folder / _FILE)
        return Scenes(tuple(_scene(item, rules) for item in raw["scenes"]), int(raw["bounds"]["requests"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenPack(f"{folder.parent.name}/{folder.name}", f"{_FILE}: {type(error).__name__}: {error}") from error


def _scene(raw: Mapping[str, Any], rules: ServiceRules) -> Scene:
    plays = dict(raw["plays"])
    scene = Scene(
        id=raw["id"],
        job=raw["job"],
        title=Text(raw["title"]["zh"], raw["title"]["en"]),
        judges=raw["judges"],
        by=raw["by"],
        basis=raw.get("basis", ""),
        limits=raw.get("limits", {}),
        **plays,
    )
    if scene.kind not in KINDS or scene.by not in JUDGEMENTS or scene.job not in (FETCH, DELIVER):
        raise ValueError(scene.id)
    if scene.kind == REFUSE and scene.error not in rules.errors:
        raise ValueError(scene.error)
    return scene
