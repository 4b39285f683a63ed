"""The rules of network access that are data: frozen values, as the pack's files hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.standard.model import Text


@dataclass(frozen=True)
class Segment:
    """A prefix of the address plan: ``scope`` is ``national``, ``province``, ``local``, ``inner`` (政务内网: never
    to be routed), ``vpn``; ``owner`` the VPN or level it is for.
    """

    prefix: str
    scope: str
    owner: str = ""


@dataclass(frozen=True)
class Allocation:
    """What one site was given: ``prefix`` and its ``use`` (``lan``, ``link``, ``loopback``, ``pool``, ``vpn``)."""

    site: str
    prefix: str
    use: str
    vpn: str = ""


@dataclass(frozen=True)
class AddressPlan:
    """``address-plan.yaml``. ``lengths`` gives, by use and family (``link4``, ``loopback6``), the mask lengths allowed;
    ``sentinels`` are addresses on the Internet. ``synthetic``: a plan for tests, whose sentinels nobody reaches.
    """

    segments: tuple[Segment, ...]
    allocations: tuple[Allocation, ...]
    lengths: Mapping[str, tuple[int, ...]]
    sentinels: tuple[str, ...]
    synthetic: bool = False


@dataclass(frozen=True)
class AsPair:
    """The autonomous systems assigned to a site."""

    site: str
    customer: int
    provider: int


@dataclass(frozen=True)
class AsPlan:
    """``as-plan.yaml``: ``ranges`` of AS numbers by ``customer`` and ``provider``; pairs by site."""

    ranges: Mapping[str, tuple[tuple[int, int], ...]]
    pairs: tuple[AsPair, ...]


@dataclass(frozen=True)
class RegisteredVpn:
    """One VPN of the registry; ``exchanges`` names the VPNs with which exchange is registered."""

    id: str
    instance: str
    rd: str
    imports: tuple[str, ...]
    exports: tuple[str, ...]
    sites: tuple[str, ...]
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True)
class DomainPlan:
    """``domain-plan.yaml``: ``zones`` under which names of the extranet lie, ``extranet_only`` those without Internet
    answers, patterns of names (``hostname`` of devices, ``name`` of services, ``description`` of uplinks),
    abbreviations of regions by division code.
    """

    zones: tuple[str, ...]
    extranet_only: tuple[str, ...]
    patterns: Mapping[str, str]
    regions: Mapping[str, str]


@dataclass(frozen=True)
class UserClass:
    """A class of users: the kinds of area that it has, and its exit to the Internet (``none``, ``unified``,
    ``own``).
    """

    id: str
    title: Text
    areas: tuple[str, ...]
    exit: str


@dataclass(frozen=True)
class Platform:
    """A row of the supported platforms: ``level`` is ``full``, ``partial`` or ``declaration``; ``reader`` the grammar;
    ``commands`` that make the export; ``defaults`` what holds where the file says nothing (``on``, ``off``, ``permit``,
    ``deny``, ``unknown``, a number as text); ``topics`` that are read; ``detect`` patterns of its banner, ``end`` a
    pattern of the last line of a whole export (empty: none).
    """

    id: str
    title: Text
    vendor: str
    level: str
    reader: str
    commands: tuple[str, ...]
    topics: tuple[str, ...]
    detect: tuple[str, ...]
    end: str
    defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StatementKind:
    """A statement that a clause asks for: ``requirement`` says which rule, ``days`` how old the signature may be."""

    id: str
    title: Text
    days: int


@dataclass(frozen=True)
class ProbeKind:
    """A kind of probe: ``place`` where it runs (``lan``, ``office``, ``device``, ``provider``, ``far``), ``after``
    the kinds it hangs on, ``deadline_ms``, ``control`` the kind of its positive control (empty: none),
    ``privileged``: it needs raw sockets, ``asked``: it runs only where the scope says so (load). ``parameters`` are
    the numbers that it works with.
    """

    id: str
    title: Text
    place: str
    after: tuple[str, ...]
    deadline_ms: int
    control: str
    privileged: bool
    asked: bool
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Profile:
    """The thresholds of one profile: groups of named values, each ``{value, provenance}`` in the file."""

    id: str
    groups: Mapping[str, Mapping[str, Any]]

    def value(self, group: str, name: str) -> Any:
        """A value; raises KeyError."""
        return self.groups[group][name]


@dataclass(frozen=True)
class AccessRules:
    """Everything that the network access pack holds beside its requirements. ``methods`` gives, by rule, how a clause
    is judged (``declaration``, ``configuration``, ``probe``, ``statement``), ``severities`` ``blocker``, ``major`` or
    ``minor``.
    """

    addresses: AddressPlan
    autonomous: AsPlan
    vpns: tuple[RegisteredVpn, ...]
    domains: DomainPlan
    classes: Mapping[str, UserClass]
    platforms: Mapping[str, Platform]
    statements: Mapping[str, StatementKind]
    probes: Mapping[str, ProbeKind]
    profiles: Mapping[str, Profile]
    methods: Mapping[str, tuple[str, ...]]
    severities: Mapping[str, str]
    schema: Mapping[str, Any]
