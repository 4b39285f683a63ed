"""A vendor's client as declared: its jobs, who it is, what it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.standard.services.model import Interface, Profile, Registration
from conformance.system.problem import Place


@dataclass(frozen=True)
class Job:
    """A job of the client: the interface (by id) that it uses, and the command that starts it, with ``{url}``, ``{ca}``
    and ``{output}`` or ``{input}`` where the address, the trust anchor and the file go.
    """

    interface: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class ClientSpec:
    """A client as declared. ``folder`` is where its commands are started, ``seconds`` how long a job may take,
    ``place`` where the declaration speaks of it.
    """

    target: str
    registrations: tuple[Registration, ...]
    interfaces: Mapping[str, Interface]
    fetch: Job | None
    deliver: Job | None
    client_id: str
    secret: bytes = field(repr=False)
    seconds: int
    folder: Path
    profile: Profile
    as_of: str
    seed: int
    place: Place

    def job(self, kind: str) -> Job | None:
        """The job of a kind: ``fetch`` or ``deliver``."""
        return {"fetch": self.fetch, "deliver": self.deliver}[kind]
