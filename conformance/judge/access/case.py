"""One access point as a case: everything that was handed in, and how a clause's rules speak of it.

A clause is judged by one function for each of its methods (``declaration``, ``configuration``, ``probe``,
``statement``)::

    @clause("as-pair", "configuration", reads=("bgp",))
    def configured_pair(case: Case, told: Told) -> None:
        '''NA-RTG-01: …'''

A function only tells: what it judged (``checked``), what is wrong (``fault``), what cannot be decided (``doubt``), that
the clause does not apply here (``idle``), that a method could not be carried out (``unrun``). It raises nothing for
what was handed in. :mod:`conformance.judge.access.judging` makes verdicts of what all methods told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from conformance.judge.access.config import DeviceConfig
from conformance.judge.access.dated import age
from conformance.judge.access.facts import shown
from conformance.judge.access.observed import BLOCKED, DONE, REFUSED, UNSUPPORTED, Observed, Probe
from conformance.judge.access.site import DeviceClaim, Site
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.access.model import AccessRules, Profile

METHODS = ("declaration", "configuration", "probe", "statement")


@dataclass(frozen=True)
class Unreadable:
    """A configuration that was handed in and is not judged: another platform than declared, none that is supported,
    too large, no text. ``ours``: the platform is one that we do not support (nobody's fault).
    """

    where: Location
    reason: Message
    ours: bool = False


@dataclass(frozen=True)
class Device:
    """A declared device with its configuration: None where none was handed in. ``digest`` is the SHA-256 of what was
    (of a bundle: over its files), empty where none was.
    """

    claim: DeviceClaim
    config: DeviceConfig | Unreadable | None
    digest: str = ""


@dataclass(frozen=True)
class Case:
    """An access point, whole. ``today`` is ``YYYY-MM-DD``. ``observed`` None: no results of probes were handed in."""

    site: Site
    devices: tuple[Device, ...]
    observed: Observed | None
    rules: AccessRules
    profile: Profile
    today: str

    @property
    def configs(self) -> tuple[DeviceConfig, ...]:
        """The configurations that were read, in order of the declaration."""
        return tuple(one.config for one in self.devices if isinstance(one.config, DeviceConfig))

    @property
    def boundary(self) -> tuple[DeviceConfig, ...]:
        """Those of devices of layer 3: access routers, firewalls, gateways."""
        return tuple(one.config for one in self.devices if isinstance(one.config, DeviceConfig) and one.claim.routes)

    def claim(self, device: str) -> DeviceClaim | None:
        """The declared device of that id."""
        return next((one.claim for one in self.devices if one.claim.id == device), None)


@dataclass
class Told:
    """What the functions of one clause told, method by method. ``method`` is set by who calls them."""

    method: str = ""
    count: dict[str, int] = field(default_factory=dict)
    faults: list[Spoken] = field(default_factory=list)
    doubts: list[Spoken] = field(default_factory=list)
    idles: dict[str, Message] = field(default_factory=dict)
    unruns: dict[str, Message] = field(default_factory=dict)

    def checked(self, number: int = 1) -> None:
        """So many more things were judged, faulty ones among them."""
        self.count[self.method] = self.count.get(self.method, 0) + number

    def fault(self, where: Location, reason: Message, *, subject: str = "", contradicts: str = "") -> None:
        """One thing is wrong. ``subject`` names what (an address, a device's setting): what one clause told of a
        subject, the comparison of sources does not tell again. ``contradicts``: the method whose evidence says the
        opposite.
        """
        self.faults.append(Spoken(self.method, where, reason, subject, contradicts))

    def doubt(self, where: Location, reason: Message) -> None:
        """One thing cannot be decided."""
        self.doubts.append(Spoken(self.method, where, reason))

    def idle(self, reason: Message) -> None:
        """By this method the clause has nothing to judge here."""
        self.idles[self.method] = reason

    def spoke(self, method: str) -> bool:
        """Was anything told by this method?"""
        told = any(one.method == method for one in (*self.faults, *self.doubts))
        return told or bool(self.count.get(method)) or method in self.idles or method in self.unruns

    def unrun(self, reason: Message) -> None:
        """This method could not be carried out (no configuration, no probe of a kind)."""
        self.unruns[self.method] = reason


@dataclass(frozen=True)
class Spoken:
    """A fault or a doubt as it was told."""

    method: str
    where: Location
    reason: Message
    subject: str = ""
    contradicts: str = ""


Judge = Callable[[Case, Told], None]
#: The control that is not the agent's: what of it arrived stands in the far end's record.
_FAR = "source"
#: Why a probe was not run, by its state.
_NOT_RUN = {
    BLOCKED: "access.probe.blocked",
    UNSUPPORTED: "access.probe.unsupported",
    REFUSED: "access.probe.refused",
}


@dataclass(frozen=True)
class Part:
    """One method of one clause: its function and the topics of configurations that it reads."""

    rule: str
    method: str
    judge: Judge
    reads: tuple[str, ...] = ()


_PARTS: dict[tuple[str, str], Part] = {}


def clause(rule: str, method: str, *, reads: tuple[str, ...] = ()) -> Callable[[Judge], Judge]:
    """Enter a function as the judge of one method of a rule; each pair once."""

    def entered(judge: Judge) -> Judge:
        if (rule, method) in _PARTS or method not in METHODS:
            raise ValueError(f"{rule} {method}")
        _PARTS[rule, method] = Part(rule, method, judge, reads)
        return judge

    return entered


def parts() -> Mapping[tuple[str, str], Part]:
    """Every part that the loaded modules entered, by rule and method."""
    return _PARTS


def finished(case: Case, told: Told, *kinds: str) -> Iterator[Probe]:
    """The probes of these kinds that ran to their end, with a control that succeeded where there is one.

    Of the others it tells: no results, results that are too old, or none of a kind: not run. Blocked, unsupported,
    refused: not run, with why. A time-out or an error of the agent, a control that failed, results of a day to come: in
    doubt. So a rule that only looks at what this yields can never be green by accident.
    """
    if not timely(case, told) or case.observed is None:
        return
    for kind in kinds:
        found = case.observed.of(kind)
        if not found:
            told.unrun(message("access.no-probe", kind=kind))
        for probe in found:
            if probe.state in _NOT_RUN:
                told.unrun(message(_NOT_RUN[probe.state], kind=kind, reason=shown(probe.reason)))
            elif probe.state != DONE:
                told.doubt(probe.where, message("access.probe.broken", kind=kind, reason=shown(probe.reason)))
            elif probe.control is False or (probe.control is None and _controlled(case, kind)):
                told.doubt(probe.where, message("access.probe.control", kind=kind))
            else:
                yield probe


def timely(case: Case, told: Told) -> bool:
    """Are there results of probes, of so late a day that they say something of today? If not, it is told."""
    if case.observed is None:
        told.unrun(message("access.no-observation"))
        return False
    days, allowed = age(case.observed.ended, case.today), case.profile.value("observation", "days")
    if days is None or days < 0:
        where = case.observed.probes[0].where if case.observed.probes else case.site.at
        told.doubt(where, message("access.observation.future", ended=shown(case.observed.ended)))
    elif days > allowed:
        told.unrun(message("access.observation.old", days=days, allowed=allowed))
    return days is not None and 0 <= days <= allowed


def _controlled(case: Case, kind: str) -> bool:
    """Must the agent have run a control? Where it is ``source``, the far end's record is, and the rule reads that."""
    known = case.rules.probes.get(kind)
    return known is not None and known.control not in ("", _FAR)
