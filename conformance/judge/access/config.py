"""A device's configuration, whatever the vendor: what every reader makes and every rule reads.

Interface names are whole and as the vendor spells them (``GigabitEthernet0/0/1``). Each setting is a :class:`Read`: set
with a value, absent (nothing in the file speaks of it: the platform's default holds, see ``Platform.defaults`` in the
pack) or unknown (something does, but it was not understood). Objects carry the place where they begin. Prefixes and
addresses are texts in canonical form (``59.240.10.0/24``, ``59.254.1.2/30`` for an interface address).
What no reader understood stands in ``unread`` with its topic: a rule that reads the topic may not pass then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from conformance.judge.rulebook import Location

T = TypeVar("T")

SET, ABSENT, UNKNOWN = "set", "absent", "unknown"

#: What lines of a configuration speak of; ``unread`` lines and rules name these.
TOPICS = (
    "system",  # host name, banner, licence, users of the file system
    "interface",  # interfaces, their addresses, state, zone, instance, bandwidth
    "vpn",  # VPN instances, RD, RT
    "route",  # static routes, policy routing
    "bgp",
    "igp",
    "policy",  # prefix lists, route policies
    "filter",  # packet filters, security policies, zones
    "nat",
    "tunnel",  # transition tunnels, GRE
    "ike",  # IKE, IPsec
    "remote",  # L2TP, SSL VPN, PPTP: gateways for people outside
    "ntp",
    "syslog",
    "snmp",
    "aaa",  # users, lock-out, authentication schemes
    "line",  # consoles, VTYs, SSH, Telnet, HTTP, FTP
    "dns",
    "dhcp",
    "admission",  # 802.1X, MAC authentication, portal
    "qos",
    "hardening",  # redirects, source routing, unused services
    "other",  # as far as we know nothing that a clause asks for: only NA-DOC-02 reads it
)


@dataclass(frozen=True)
class Read(Generic[T]):
    """One setting as the file has it. ``state`` is SET (``value`` holds), ABSENT or UNKNOWN."""

    state: str = ABSENT
    value: T | None = None
    where: Location | None = None

    def known(self, default: T | None = None) -> T | None:
        """The value where it is set, ``default`` where it is absent, None where it is unknown."""
        return self.value if self.state == SET else default if self.state == ABSENT else None


@dataclass(frozen=True)
class Unread:
    """A line of a stanza that matters and that was not understood."""

    topic: str
    where: Location


@dataclass(frozen=True)
class Coverage:
    """What a reader made of one file: counts of effective lines (no blanks, no separators, no comments)."""

    file: str
    recognised: int
    ignored: int
    unread: int
    complete: bool = True  # False: the export is cut short


@dataclass(frozen=True)
class Address:
    """An address of an interface with its length; link-local ones are not listed."""

    value: str
    where: Location
    secondary: bool = False


@dataclass(frozen=True)
class Interface:
    """An interface: ``kind`` is ``physical``, ``subinterface``, ``vlan``, ``loopback``, ``tunnel``, ``dialer``,
    ``cellular`` or ``other``; ``tunnel`` the mode (``6to4``, ``isatap``, ``teredo``, ``ipv6-ipv4``, ``gre``, ``ipsec``,
    ``other``); ``dials`` what makes it dial (``pppoe``, ``ppp``, ``cellular``); ``urpf`` is ``strict`` or ``loose``;
    ``limit`` the bandwidth limit in Mbit/s; ``dhcp`` ``server``, ``relay`` or ``client``.
    """

    name: str
    where: Location
    kind: str
    addresses: tuple[Address, ...] = ()
    description: Read[str] = field(default_factory=Read)
    shutdown: Read[bool] = field(default_factory=Read)
    instance: Read[str] = field(default_factory=Read)
    zone: Read[str] = field(default_factory=Read)
    vlan: Read[int] = field(default_factory=Read)
    mtu: Read[int] = field(default_factory=Read)
    limit: Read[int] = field(default_factory=Read)
    ipv6: Read[bool] = field(default_factory=Read)
    tunnel: Read[str] = field(default_factory=Read)
    dials: Read[str] = field(default_factory=Read)
    urpf: Read[str] = field(default_factory=Read)
    urpf6: Read[str] = field(default_factory=Read)
    dot1x: Read[bool] = field(default_factory=Read)
    dhcp: Read[str] = field(default_factory=Read)
    redirects: Read[bool] = field(default_factory=Read)
    directed_broadcast: Read[bool] = field(default_factory=Read)


@dataclass(frozen=True)
class Instance:
    """A VPN instance (VRF)."""

    name: str
    where: Location
    rd: Read[str] = field(default_factory=Read)
    imports: tuple[tuple[str, Location], ...] = ()
    exports: tuple[tuple[str, Location], ...] = ()


@dataclass(frozen=True)
class Route:
    """A static route: ``next_hop`` an address (empty: none), ``interface`` a name (empty: none); ``null`` discards;
    ``into`` the instance in which the next hop lies, where it is another.
    """

    prefix: str
    where: Location
    next_hop: str = ""
    interface: str = ""
    instance: str = ""
    into: str = ""
    null: bool = False


@dataclass(frozen=True)
class SessionFamily:
    """One address family (``ipv4``, ``ipv6``, ``vpnv4``) over a session, with the names of what filters it: a prefix
    list (``prefix:NAME``), a route policy (``policy:NAME``) or an ACL (``filter:NAME``).
    """

    family: str
    active: bool
    where: Location
    imports: Read[str] = field(default_factory=Read)
    exports: Read[str] = field(default_factory=Read)
    limit: Read[int] = field(default_factory=Read)


@dataclass(frozen=True)
class Session:
    """A BGP neighbour. ``password`` is the kind of its secret: ``plain``, ``reversible``, ``hash`` or ``masked``.
    ``families`` says for each family whether it runs over the session, implicit activation included.
    """

    neighbour: str
    where: Location
    instance: str = ""
    remote_as: Read[int] = field(default_factory=Read)
    password: Read[str] = field(default_factory=Read)
    ttl_security: Read[bool] = field(default_factory=Read)
    bfd: Read[bool] = field(default_factory=Read)
    shutdown: Read[bool] = field(default_factory=Read)
    families: tuple[SessionFamily, ...] = ()


@dataclass(frozen=True)
class Announced:
    """A prefix that is announced by name (``network``)."""

    prefix: str
    family: str
    where: Location
    instance: str = ""
    policy: Read[str] = field(default_factory=Read)


@dataclass(frozen=True)
class Redistribution:
    """Routes of another protocol taken into BGP: ``protocol`` is ``direct``, ``static``, ``ospf``, ``isis``, … ."""

    protocol: str
    family: str
    where: Location
    instance: str = ""
    policy: Read[str] = field(default_factory=Read)


@dataclass(frozen=True)
class Bgp:
    """The BGP process."""

    where: Location
    asn: Read[int] = field(default_factory=Read)
    sessions: tuple[Session, ...] = ()
    announced: tuple[Announced, ...] = ()
    redistributed: tuple[Redistribution, ...] = ()


@dataclass(frozen=True)
class Igp:
    """An OSPF or IS-IS process: the prefixes of its ``network`` lines, the interfaces on which it was enabled by name,
    those that are silent, and whether all are silent but ``spoken``.
    """

    protocol: str
    where: Location
    instance: str = ""
    networks: tuple[tuple[str, Location], ...] = ()
    interfaces: tuple[tuple[str, Location], ...] = ()
    silent: tuple[str, ...] = ()
    all_silent: bool = False
    spoken: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrefixEntry:
    """One line of a prefix list, in order; ``least`` and ``most`` bound the length of what it matches."""

    permit: bool
    prefix: str
    least: int
    most: int
    where: Location


@dataclass(frozen=True)
class PrefixList:
    """A prefix list; what no entry matches is denied."""

    name: str
    family: int
    entries: tuple[PrefixEntry, ...]
    where: Location


@dataclass(frozen=True)
class PolicyNode:
    """One node of a route policy: all ``matches`` (as in :class:`SessionFamily`) must hold; ``understood`` False: it
    has a condition that was not.
    """

    permit: bool
    matches: tuple[str, ...]
    where: Location
    understood: bool = True


@dataclass(frozen=True)
class RoutePolicy:
    """A route policy, nodes in order; what no node matches is denied."""

    name: str
    nodes: tuple[PolicyNode, ...]
    where: Location


@dataclass(frozen=True)
class FilterRule:
    """One rule of a filter. Empty tuples match everything. ``protocol`` is ``any``, ``tcp``, ``udp``, ``icmp``,
    ``icmpv6`` or a number as text. ``come_in`` and ``go_out`` are names of interfaces, by zone or by name (empty: any).
    ``established``: only packets of flows that were let through before. ``remark`` is the rule's own name or text;
    ``until`` the last day of its validity (``YYYY-MM-DD``, empty: none). ``understood`` False: a condition was not.
    """

    id: str
    permit: bool
    where: Location
    protocol: str = "any"
    sources: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    source_ports: tuple[tuple[int, int], ...] = ()
    ports: tuple[tuple[int, int], ...] = ()
    come_in: tuple[str, ...] = ()
    go_out: tuple[str, ...] = ()
    established: bool = False
    logged: bool = False
    remark: str = ""
    until: str = ""
    understood: bool = True


#: ``go_out`` of what is meant for the device itself.
SELF = "self"


@dataclass(frozen=True)
class Passage:
    """A filter where it is applied: packets of ``family`` that come in by one of ``come_in`` and go out by one of
    ``go_out`` (empty: any; SELF: to the device) meet ``rules`` in this order, the first that matches decides, else
    ``default`` (``permit``, ``deny`` or ``unknown``). ``explicit``: the default stands in the file. ``stateful``:
    answers to what was let through pass without a rule. Packets must get through every passage that covers them.
    """

    name: str
    family: int
    where: Location
    rules: tuple[FilterRule, ...]
    default: str
    explicit: bool = False
    default_logged: bool = False
    stateful: bool = False
    come_in: tuple[str, ...] = ()
    go_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceNat:
    """Dynamic translation: to ``pools`` (prefixes or ``first-last``), or to the address of the interface (``easy``)."""

    where: Location
    pools: tuple[str, ...] = ()
    easy: bool = False
    go_out: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class MappedAddress:
    """A static mapping (``nat server``); ``port`` 0: all."""

    where: Location
    outside: str
    inside: str
    protocol: str = "any"
    port: int = 0


@dataclass(frozen=True)
class Service:
    """A service of the device for managers: ``kind`` is ``ssh``, ``telnet``, ``http``, ``https``, ``ftp``, ``tftp``,
    ``snmp`` or ``netconf``. ``sources``: who may reach it, as far as the configuration limits it (ABSENT: no limit);
    ``version`` of SSH; ``algorithms`` those that are named.
    """

    kind: str
    where: Location | None
    enabled: Read[bool] = field(default_factory=Read)
    sources: Read[tuple[str, ...]] = field(default_factory=Read)
    version: Read[str] = field(default_factory=Read)
    algorithms: tuple[str, ...] = ()


@dataclass(frozen=True)
class User:
    """A local account: ``secret`` is the kind: ``plain``, ``reversible``, ``hash``, ``masked`` or ``none``."""

    name: str
    where: Location
    secret: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A console or VTY: ``idle`` in seconds (0: never), ``authentication`` is ``aaa``, ``local``, ``password``,
    ``none``.
    """

    name: str
    where: Location
    idle: Read[int] = field(default_factory=Read)
    authentication: Read[str] = field(default_factory=Read)


@dataclass(frozen=True)
class Accounts:
    """Who may manage the device: ``schemes`` lists the methods in order (``radius``, ``tacacs``, ``local``); ``tries``
    after which an account is locked, for ``locked`` seconds.
    """

    users: tuple[User, ...] = ()
    lines: tuple[Line, ...] = ()
    schemes: Read[tuple[str, ...]] = field(default_factory=Read)
    tries: Read[int] = field(default_factory=Read)
    locked: Read[int] = field(default_factory=Read)


@dataclass(frozen=True)
class SnmpUser:
    """An SNMPv3 user: ``level`` is ``priv``, ``auth`` or ``none``; algorithms as the vendor calls them, lower case."""

    name: str
    where: Location
    level: str
    auth: str = ""
    priv: str = ""


@dataclass(frozen=True)
class Snmp:
    """SNMP: ``versions`` that answer (``v1``, ``v2c``, ``v3``); ``communities`` are their places only,
    ``default_names`` the places of those called ``public`` or ``private``.
    """

    versions: tuple[tuple[str, Location], ...] = ()
    communities: tuple[Location, ...] = ()
    default_names: tuple[Location, ...] = ()
    users: tuple[SnmpUser, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """An IKE or IPsec proposal: ``kind`` is ``ike`` or ``ipsec``; algorithms lower case without separators (``aes256``,
    ``sha256``, ``3des``, ``md5``, ``sm4``); ``group`` the Diffie-Hellman group's number or name.
    """

    kind: str
    name: str
    where: Location
    encryption: tuple[str, ...] = ()
    integrity: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    version: str = ""
    authentication: str = ""  # ``psk``, ``certificate``, ``sm2`` or empty


@dataclass(frozen=True)
class Peer:
    """An IKE peer and how it is authenticated (``psk``, ``certificate``, ``sm2``, empty: by its proposal)."""

    name: str
    where: Location
    address: str = ""
    authentication: str = ""


@dataclass(frozen=True)
class RemoteGateway:
    """A gateway for people outside: ``kind`` is ``l2tp``, ``pptp``, ``sslvpn`` or ``ipsec-dialin``."""

    kind: str
    where: Location


@dataclass(frozen=True)
class Listed:
    """An address in a list: a time source, a collector, a resolver."""

    address: str
    where: Location
    authenticated: bool = False


@dataclass(frozen=True)
class Hardening:
    """Switches of the whole device."""

    source_route: Read[bool] = field(default_factory=Read)
    redirects: Read[bool] = field(default_factory=Read)
    unused: tuple[tuple[str, Location], ...] = ()  # services that nobody needs (small servers, finger, BOOTP, …)


@dataclass(frozen=True)
class DeviceConfig:
    """One device, whole. ``bgp`` None: none configured. ``nat_log`` says whether translations are recorded and sent."""

    device: str
    platform: str
    hostname: Read[str]
    interfaces: tuple[Interface, ...] = ()
    instances: tuple[Instance, ...] = ()
    routes: tuple[Route, ...] = ()
    bgp: Bgp | None = None
    igps: tuple[Igp, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    policies: tuple[RoutePolicy, ...] = ()
    passages: tuple[Passage, ...] = ()
    source_nat: tuple[SourceNat, ...] = ()
    mapped: tuple[MappedAddress, ...] = ()
    nat_log: Read[bool] = field(default_factory=Read)
    services: tuple[Service, ...] = ()
    accounts: Accounts = field(default_factory=Accounts)
    snmp: Snmp = field(default_factory=Snmp)
    ntp: tuple[Listed, ...] = ()
    collectors: tuple[Listed, ...] = ()
    resolvers: tuple[Listed, ...] = ()
    offered_resolvers: tuple[Listed, ...] = ()  # what DHCP tells terminals
    proposals: tuple[Proposal, ...] = ()
    peers: tuple[Peer, ...] = ()
    gateways: tuple[RemoteGateway, ...] = ()
    dot1x: Read[bool] = field(default_factory=Read)  # of the whole device
    hardening: Hardening = field(default_factory=Hardening)
    unread: tuple[Unread, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)  # of the platform, from the pack

    def interface(self, name: str) -> Interface | None:
        """The interface of that name, or None."""
        return next((one for one in self.interfaces if one.name == name), None)

    def service(self, kind: str) -> Service | None:
        """The service of that kind, where the file speaks of it."""
        return next((one for one in self.services if one.kind == kind), None)
