"""Where the site meets the extranet: boundary devices, the ways across them, the neighbours that are declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from conformance.judge.access.blocks import Budget, Ranges, common, merged, without
from conformance.judge.access.case import Case, Told
from conformance.judge.access.config import DeviceConfig, Interface, Session
from conformance.judge.access.configured import configured
from conformance.judge.access.facts import address
from conformance.judge.access.filters import Crossing, everything
from conformance.judge.access.prefixes import PrefixSet, network_of
from conformance.judge.access.site import Lan, Link, Site, Uplink

#: What looking at one LAN, route or way costs, in comparisons.
_COST = 4
#: Packets to these never leave their link (RFC 919, RFC 5771, RFC 4291).
_LINK = ("255.255.255.255/32", "224.0.0.0/24", "fe80::/10", "ff02::/16")


def boundary(case: Case, told: Told) -> Iterator[DeviceConfig]:
    """The configurations of devices of layer 3; what is missing of them is told."""
    for claim, config in configured(case, told):
        if claim.routes:
            yield config


def instance_of(site: Site, vpn: str) -> str:
    """The name of a declared VPN's instance; empty for the public one."""
    return next((one.instance for one in site.vpns if one.id == vpn), vpn) if vpn else ""


def same(one: str, other: str) -> bool:
    """True for two texts of one address."""
    found = address(one)
    return found is not None and found == address(other)


@dataclass(frozen=True)
class Neighbour:
    """A declared neighbour: an uplink in one family, and the session that the configuration has for it."""

    uplink: Uplink
    link: Link
    family: str
    session: Session | None

    @property
    def meant(self) -> tuple[str, ...]:
        """The address families that may run over the session."""
        return ("ipv6",) if self.family == "ipv6" else ("ipv4", "vpnv4")


def links(uplink: Uplink) -> Iterator[tuple[str, Link]]:
    """The families of an uplink."""
    if uplink.ipv4:
        yield "ipv4", uplink.ipv4
    if uplink.ipv6:
        yield "ipv6", uplink.ipv6


def neighbours(case: Case, config: DeviceConfig) -> tuple[Neighbour, ...]:
    """The declared neighbours of a device, in order of the uplinks; of two sessions with one neighbour the first."""
    sessions = {address(one.neighbour): one for one in reversed(config.bgp.sessions if config.bgp else ())}
    sessions.pop(None, None)
    return tuple(
        Neighbour(uplink, link, family, sessions.get(address(link.provider)))
        for uplink in case.site.uplinks
        if uplink.device == config.device
        for family, link in links(uplink)
    )


def attached(case: Case, config: DeviceConfig) -> tuple[tuple[Lan, str], ...]:
    """The LANs at a device with their interfaces: those declared there, and those declared at another device whose very
    prefix is on an interface here (the second of two access routers, the router beside an access switch).
    """
    here = [(one, one.interface) for one in case.site.lans if one.device == config.device]
    others = {one.id for one in case.site.devices} - {config.device}
    away = [one for one in case.site.lans if one.device in others]
    if away:
        uplinks = {one.interface for one in case.site.uplinks if one.device == config.device}
        held = {
            (one.instance.known(""), _subnet(each.value)): one.name
            for one in config.interfaces
            for each in one.addresses
            if one.name not in uplinks
        }
        places = ((one, held.get((instance_of(case.site, one.vpn), _subnet(one.prefix)))) for one in away)
        here += [(one, name) for one, name in places if name]
    return tuple(here)


@lru_cache(maxsize=20_000)
def _subnet(text: str) -> str:
    return network_of(text)


def inside(case: Case, config: DeviceConfig, interface: Interface, budget: Budget) -> PrefixSet:
    """What is reached by a LAN interface: its subnets, declared LANs, static routes, mapped addresses."""
    budget.spend(_COST * (len(case.site.lans) + len(config.routes) + len(config.mapped)))
    name, instance = interface.name, interface.instance.known("")
    own = [one.value for one in interface.addresses]
    own += [one.prefix for one in case.site.lans if (one.device, one.interface) == (config.device, name)]
    reach = PrefixSet.of(own)
    for one in config.routes:
        if one.instance == instance and not one.prefix.endswith("/0"):
            own += [one.prefix] if one.interface == name or reach.holds(one.next_hop) else []
    reach = PrefixSet.of(own)
    return PrefixSet.of([*own, *(one.outside for one in config.mapped if reach.holds(one.inside))])


def _pools(case: Case, config: DeviceConfig, family: int) -> tuple[Ranges, Ranges]:
    """The addresses that are translated, and those to which they are."""
    hidden = PrefixSet.of(one.prefix for one in case.site.lans if one.translated)
    pools = [one.prefix for one in case.site.nat.pools] + [each for one in config.source_nat for each in one.pools]
    return hidden.ranges(family), PrefixSet.of(pools).ranges(family)


@cache
def _link(family: int) -> Ranges:
    return PrefixSet.of(_LINK).ranges(family)


def _itself(config: DeviceConfig, interfaces: Iterable[Interface], family: int) -> Ranges:
    """Where no packet goes that crosses a device: its own addresses at interfaces (but for those that show a service of
    the inside), and what never leaves a link. A filter at an interface meets packets to these, too.
    """
    held = [one.value.partition("/")[0] for interface in interfaces for one in interface.addresses]
    shown = {address(one.outside) for one in config.mapped} if held else set()
    own = PrefixSet.of(one for one in held if address(one) not in shown).ranges(family)
    return merged([*_link(family), *own])


def _speaks(found: Interface, family: int) -> bool:
    """True where packets of the family can come to an interface."""
    six = found.ipv6.known(any(":" in one.value for one in found.addresses))
    return family == 4 or six is not False  # noqa: PLR2004


def crossings(case: Case, config: DeviceConfig, family: int, budget: Budget) -> Iterator[Crossing]:
    """Each way between a LAN interface and an uplink interface of the same VPN, in both directions.

    Sources and destinations are those that belong to the two sides: forged ones are NA-ADR-06's. Raises ExhaustedError.
    """
    interfaces = {one.name: one for one in reversed(config.interfaces) if _speaks(one, family)}
    uplinks = {(one.vpn, one.interface) for one in case.site.uplinks if one.device == config.device}
    lans = {(one.vpn, name) for one, name in attached(case, config)}
    hidden, pools = _pools(case, config, family)
    for vpn in sorted({vpn for vpn, _ in uplinks}):
        near = sorted(name for other, name in lans if other == vpn and name in interfaces)
        reach = {name: inside(case, config, interfaces[name], budget).ranges(family) for name in near}
        behind = {name: without(reach[name], _itself(config, (interfaces[name],), family)) for name in near}
        itself = _itself(config, (one for one in config.interfaces if one.name not in reach), family)
        far = without(everything(family), merged([*itself, *(each for ranges in reach.values() for each in ranges)]))
        for out in sorted(name for other, name in uplinks if other == vpn and name in interfaces):
            for name in near:
                budget.spend(_COST)
                own = merged([*reach[name], *(pools if common(reach[name], hidden) else ())])
                if far and own:
                    yield Crossing(name, out, "out", family, own, far)
                if far and behind[name]:
                    yield Crossing(out, name, "in", family, far, behind[name])
