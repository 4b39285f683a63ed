"""What scopes are made of: who asks for what, and what the declaration and the plan say of addresses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from conformance.judge.access.site import Flow, Lan, Site
from conformance.standard.access.model import AccessRules, Profile

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Wanted:
    """What the person who makes a scope names: ``reference`` (and ``reference6``) where the responder runs; ``hosts``
    of the site's LANs (gateway, terminals, servers) that are looked at one by one; ``vpn_hosts`` of VPN areas that must
    not be reached; ``manager`` an address of the terminal that management may come from; ``tunnel`` its card while
    remote access is connected; ``vtysh`` the commands by which the provider's routers are asked, one each,
    ``device_vtysh`` the site's. ``wait_ms`` shortens the waits of the kinds. What loads the line is run only where it
    is asked for.
    """

    reference: str
    reference6: str = ""
    hosts: tuple[str, ...] = ()
    vpn_hosts: tuple[str, ...] = ()
    manager: str = ""
    tunnel: str = ""
    vtysh: tuple[tuple[str, ...], ...] = (("vtysh",),)
    device_vtysh: tuple[str, ...] = ("vtysh",)
    bandwidth: bool = False
    failover: bool = False
    wait_ms: int | None = None
    connects: int = 200
    packets_per_second: int = 400


@dataclass(frozen=True)
class Draft:
    """A probe before it is entered in a scope: ``name`` tells it from others of its kind (empty: the only one);
    ``without`` are parameters of the kind that are no business of the agent's.
    """

    kind: str
    name: str
    parameters: Mapping[str, Any]
    control: Mapping[str, Any] | None = None
    without: tuple[str, ...] = ("places",)

    @property
    def id(self) -> str:
        """``kind`` or ``kind.name``."""
        return f"{self.kind}.{self.name}" if self.name else self.kind


@dataclass(frozen=True)
class Sources:
    """Where targets come from."""

    site: Site
    rules: AccessRules
    profile: Profile
    wanted: Wanted

    @property
    def port(self) -> int:
        """The echo service's."""
        return int(self.rules.probes["base"].parameters["port"])

    def sentinels(self, version: int) -> list[str]:
        """Addresses on the Internet."""
        return [one for one in self.rules.addresses.sentinels if ip_address(one).version == version]

    def reference(self, version: int) -> str:
        """The reference point's address in a family, empty where it has none."""
        return self.wanted.reference if version == 4 else self.wanted.reference6  # noqa: PLR2004 IPv4

    def lans(self, *, translated: bool) -> list[Lan]:
        """The LANs of the public instance that are, or are not, translated."""
        return [one for one in self.site.lans if not one.vpn and one.translated is translated]

    def hosts(self, version: int) -> list[str]:
        """Addresses of the site that the extranet may know: named hosts of untranslated LANs, flows' own destinations,
        registered names, mappings.
        """
        lans = [network(one.prefix) for one in self.lans(translated=False)]
        found = [*self.wanted.hosts, *self._declared_hosts()]
        inside = [one for one in found if any(within(one, lan) for lan in lans)]
        mapped = [one.outside for one in self.site.nat.mappings]
        return [one for one in unique([*inside, *mapped]) if ip_address(one).version == version]

    def _declared_hosts(self) -> Iterator[str]:
        for flow in self.inward:
            for text in flow.destinations:
                one = network(text)
                if one.num_addresses == 1:
                    yield str(one.network_address)
        for named in self.site.services.names:
            yield from (one for one in named.addresses if is_address(one))

    @cached_property
    def inward(self) -> tuple[Flow, ...]:
        """Flows that begin outside."""
        return tuple(one for one in self.site.flows if one.direction == "in")

    def own(self) -> list[str]:
        """The devices' own addresses that may be reached from outside."""
        ends = [end.customer for one in self.site.uplinks if not one.vpn for end in (one.ipv4, one.ipv6) if end]
        return unique([*ends, *(one.management for one in self.site.devices if is_address(one.management))])

    def allowed_tcp(self, target: str) -> int:
        """A TCP port that a flow opens to the target from outside, 0 where none does."""
        inside = next((one.inside for one in self.site.nat.mappings if one.outside == target), target)
        for flow in self.inward:
            if flow.protocol == "tcp" and flow.ports and any(within(inside, network(one)) for one in flow.destinations):
                return flow.ports[0][0]
        return 0

    def outward(self, protocol: str, target: str, port: int) -> bool:
        """Whether a flow lets the site's LAN reach the target so."""
        return any(
            flow.direction == "out"
            and flow.protocol in (protocol, "any")
            and (not flow.ports or any(first <= port <= last for first, last in flow.ports))
            and any(within(target, network(one)) for one in flow.destinations)
            for flow in self.site.flows
        )


def event_of(nonce: str, probe: str) -> str:
    """The word that names an event of a run, as agent and responder make it."""
    return "lb" + hashlib.sha256(f"{nonce}:{probe}".encode()).hexdigest()[:16]


def network(text: str) -> Network:
    """The prefix of a text, whatever its host bits."""
    return ip_network(text, strict=False)


def within(address: str, prefix: Network) -> bool:
    """Whether an address lies in a prefix."""
    return ip_address(address) in prefix


def is_address(text: str) -> bool:
    """Whether a text is an address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def unique(texts: Iterable[str]) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(texts))
