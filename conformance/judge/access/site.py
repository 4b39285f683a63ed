"""The declaration of an access point (``access.yaml``) as frozen values, with the place of each.

Names follow RFC 8299 and RFC 9182 where these have one. Texts are kept as declared, also where they break a rule: that
is what the rules judge. Prefixes are texts such as ``59.240.10.0/24`` (their shape is good, host bits may be set).
Absent texts are empty, absent numbers None, absent dates empty (``YYYY-MM-DD``).
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.judge.rulebook import Location

#: The layer at which a device forwards between networks.
_ROUTES = 3


@dataclass(frozen=True)
class Department:
    """The department that connects: ``level`` is ``province``, ``city``, ``county`` or ``township``."""

    at: Location
    name: str
    code: str
    level: str
    abbreviation: str


@dataclass(frozen=True)
class Area:
    """An area of the extranet that the site is attached to: ``kind`` is ``public``, ``dedicated`` or ``internet``;
    ``vpn`` names the VPN of a dedicated area (empty: none).
    """

    at: Location
    id: str
    kind: str
    vpn: str


@dataclass(frozen=True)
class DeviceClaim:
    """A device between LAN and extranet. ``role`` is ``access-router``, ``firewall``, ``switch``, ``vpn-gateway`` or
    ``hub``; ``platform`` an id of the platforms table (empty: not declared); ``file`` the configuration's path below
    the declaration's folder (a file, or the folder of a bundle; empty: none was handed in).
    """

    at: Location
    id: str
    role: str
    layer: int
    vendor: str
    platform: str
    version: str
    serial: str
    hostname: str
    management: str
    file: str
    sha256: str

    @property
    def routes(self) -> bool:
        """True for a device of layer 3: an access router, a firewall, a gateway."""
        return self.layer >= _ROUTES


@dataclass(frozen=True)
class Link:
    """The two ends of a link in one family: addresses without a length, and the length."""

    at: Location
    provider: str
    customer: str
    length: int


@dataclass(frozen=True)
class Uplink:
    """A site network access: where the site meets the extranet. Bandwidths are Mbit/s."""

    at: Location
    id: str
    device: str
    interface: str
    peer: str
    vpn: str
    carrier: str
    route: str
    ipv4: Link | None
    ipv6: Link | None
    bandwidth: int
    mtu: int
    priority: int
    bfd: bool


@dataclass(frozen=True)
class Lan:
    """A prefix of the site: ``area`` an area's id, ``vpn`` the instance (empty: the public one), ``translated`` True
    where it is seen from outside only by way of NAT. ``dhcp``: terminals get addresses and resolvers from the device.
    """

    at: Location
    id: str
    prefix: str
    area: str
    vpn: str
    device: str
    interface: str
    translated: bool
    dhcp: bool


@dataclass(frozen=True)
class Prefixed:
    """A prefix in a list."""

    at: Location
    prefix: str


@dataclass(frozen=True)
class StaticRoute:
    """A route that is configured towards the provider; ``vpn`` empty: the public instance."""

    at: Location
    prefix: str
    next_hop: str
    vpn: str


@dataclass(frozen=True)
class Routing:
    """How routes are exchanged: ``protocol`` is ``bgp`` or ``static``; AS numbers None where not declared."""

    at: Location
    protocol: str
    customer_as: int | None
    provider_as: int | None
    advertise: tuple[Prefixed, ...]
    accept: tuple[Prefixed, ...]
    static: tuple[StaticRoute, ...]


@dataclass(frozen=True)
class Vpn:
    """A VPN instance of the site, as registered."""

    at: Location
    id: str
    instance: str
    rd: str
    imports: tuple[str, ...]
    exports: tuple[str, ...]


@dataclass(frozen=True)
class StaticMapping:
    """An address (and port) of the site that is shown outside under another."""

    at: Location
    outside: str
    inside: str
    protocol: str
    port: int
    service: str


@dataclass(frozen=True)
class Nat:
    """Translation: ``mode`` is ``none``, ``source`` (dynamic, to pools) or ``static``."""

    at: Location
    mode: str
    pools: tuple[Prefixed, ...]
    mappings: tuple[StaticMapping, ...]
    logged: bool


@dataclass(frozen=True)
class Flow:
    """What may pass the boundary: ``direction`` is ``out`` (begun inside) or ``in``; ``protocol`` ``tcp``, ``udp``,
    ``icmp``, ``icmpv6`` or ``any``; ``ports`` pairs of bounds (empty: all).
    """

    at: Location
    id: str
    direction: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    protocol: str
    ports: tuple[tuple[int, int], ...]
    purpose: str
    owner: str
    until: str


@dataclass(frozen=True)
class Internet:
    """Internet use: ``exit`` is ``none``, ``unified`` or ``own``."""

    at: Location
    exit: str


@dataclass(frozen=True)
class RemoteAccess:
    """Remote access: ``mode`` is ``none``, ``platform`` (the secure access platform) or ``own``; ``portal`` is
    ``host:port`` of the platform's portal, ``gateway`` the address of its IPsec gateway (both may be empty).
    """

    at: Location
    mode: str
    portal: str
    portal_name: str
    gateway: str


@dataclass(frozen=True)
class NamedAddress:
    """A name that the site registered, and the addresses that it must give."""

    at: Location
    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Services:
    """The services of the extranet that the site uses."""

    at: Location
    resolvers: tuple[str, ...]
    names: tuple[NamedAddress, ...]
    ntp: tuple[str, ...]
    collectors: tuple[str, ...]
    retention_days: int | None
    snmp_managers: tuple[str, ...]
    management: tuple[Prefixed, ...]
    aaa: tuple[str, ...]


@dataclass(frozen=True)
class Security:
    """What is declared of security: ``admission`` is ``802.1x``, ``platform`` or ``none``; dates as above."""

    at: Location
    firewall: str
    intrusion: str
    intrusion_signatures: str
    malware: str
    malware_signatures: str
    admission: str
    mlps_level: int | None
    mlps_filing: str
    mlps_assessed: str
    cryptography_assessed: str


@dataclass(frozen=True)
class Statement:
    """A signed statement, for what no machine can see: ``kind`` is an id of the statements that the pack asks for."""

    at: Location
    kind: str
    document: str
    sha256: str
    signer: str
    signed: str


@dataclass(frozen=True)
class Site:
    """One access point as declared: ``user_class`` is ``A`` to ``F``; ``mode`` ``switch``, ``router``, ``firewall`` or
    ``hub``; ``file`` the declaration's own name in locations.
    """

    at: Location
    file: str
    profile: str
    id: str
    division: str
    user_class: str
    mode: str
    department: Department
    areas: tuple[Area, ...]
    devices: tuple[DeviceClaim, ...]
    uplinks: tuple[Uplink, ...]
    lans: tuple[Lan, ...]
    routing: Routing
    vpns: tuple[Vpn, ...]
    nat: Nat
    flows: tuple[Flow, ...]
    internet: Internet
    remote: RemoteAccess
    services: Services
    security: Security
    statements: tuple[Statement, ...]
