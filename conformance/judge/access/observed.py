"""What was observed of an access point: the results of probes, and the far end's own record of them.

A probe is of a kind of the pack's ``probes.yaml``, which also says which facts it gives. Its facts are what was
measured, never a verdict: rules decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.judge.rulebook import Location

#: It ran to its end; what it hangs on was red; its deadline passed; it broke; the machine lacks what it needs; the
#: scope forbids it.
DONE, BLOCKED, TIMEOUT, ERROR, UNSUPPORTED, REFUSED = "done", "blocked", "timeout", "error", "unsupported", "refused"


@dataclass(frozen=True)
class Probe:
    """One probe: ``id`` is its own in the scope, ``kind`` that of the catalogue. ``control``: True where the positive
    control through the same path, at the same time, succeeded; None where the kind has none. ``reason`` is the
    agent's word for a state that is not DONE.
    """

    id: str
    kind: str
    where: Location
    target: str
    state: str
    control: bool | None = None
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Met:
    """What the far end met: ``kind`` is ``echo``, ``spoof``, ``syslog``, ``tcp``; ``source`` the address it came from;
    ``probe`` the probe's id that the packet named.
    """

    kind: str
    source: str
    probe: str
    where: Location
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Observed:
    """One run of the agent, or of several places with the same nonce. ``ended`` is ``YYYY-MM-DD``. ``responder`` None:
    the far end's record was not handed in; then what rests on both ends is undecided.
    """

    nonce: str
    ended: str
    probes: tuple[Probe, ...]
    responder: tuple[Met, ...] | None

    def of(self, kind: str) -> tuple[Probe, ...]:
        """The probes of a kind, in order."""
        return tuple(one for one in self.probes if one.kind == kind)

    def met(self, kind: str, probe: str) -> tuple[Met, ...] | None:
        """What the far end met of a kind for a probe; None without its record."""
        if self.responder is None:
            return None
        return tuple(one for one in self.responder if one.kind == kind and one.probe == probe)
