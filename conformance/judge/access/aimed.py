"""What probes were aimed at: one that looked elsewhere says nothing, and what none looked at is not judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from conformance.judge.access.case import Case, Told
from conformance.judge.access.edges import same
from conformance.judge.access.facts import address, shown
from conformance.judge.access.ground import extranet, in_lans, own
from conformance.judge.access.observed import Probe
from conformance.judge.access.prefixes import PrefixSet
from conformance.judge.access.site import DeviceClaim
from conformance.messages import message

Aim = Callable[[Case, str], bool]


def aimed(case: Case, told: Told, probes: Iterable[Probe], right: Aim) -> Iterator[Probe]:
    """The probes whose target is what the clause is about; of the others it tells a doubt."""
    for probe in probes:
        if right(case, probe.target):
            yield probe
        else:
            reason = message("access.probe.target", kind=probe.kind, target=shown(probe.target) or "-")
            told.doubt(probe.where, reason)


def sentinel(case: Case, target: str) -> bool:
    """Is it an address that stands for the Internet in the plan?"""
    return any(same(one, target) for one in case.rules.addresses.sentinels)


def dedicated(case: Case, target: str) -> bool:
    """Does it lie in the segment of a VPN?"""
    return PrefixSet.of(one.prefix for one in case.rules.addresses.segments if one.scope == "vpn").holds(target)


def beyond(case: Case, target: str) -> bool:
    """Does it lie in the extranet, beyond the site, as the reference point does?"""
    return extranet(case, target) and not in_lans(case, target) and not own(case, target)


def of_a_device(case: Case, target: str) -> bool:
    """Is it an address of a device of the site?"""
    return own(case, target)


def of_the_site(case: Case, target: str) -> bool:
    """Is it an address that the site has, or shows outside?"""
    shows = any(same(one.outside, target) for one in case.site.nat.mappings)
    return shows or own(case, target) or in_lans(case, target)


def a_resolver(case: Case, target: str) -> bool:
    """Is it a declared resolver?"""
    return any(same(one, target) for one in case.site.services.resolvers)


def gateway(case: Case, target: str) -> bool:
    """Is it the declared gateway of the remote access platform?"""
    return same(case.site.remote.gateway, target)


def portal(case: Case, target: str) -> bool:
    """Is it the declared portal? One that is declared by its name may have any address."""
    host, _, port = case.site.remote.portal.rpartition(":")
    host = host.strip("[]")
    return address(host) is None or same(host, target.removesuffix(f":{port}").strip("[]"))


def unaimed(case: Case, told: Told, *kinds: str) -> None:
    """Tell each device of layer 3 at which no probe of a kind was aimed: of it the clause is not judged."""
    if case.observed is None or told.method in told.unruns:
        return
    for claim in case.site.devices:
        held = {address(one) for one in _addresses(case, claim)} - {None}
        for kind in kinds if claim.routes else ():
            if not any(address(one.target) in held for one in case.observed.of(kind)):
                told.unrun(message("access.unprobed", kind=kind, what=claim.id))


def _addresses(case: Case, claim: DeviceClaim) -> Iterator[str]:
    yield claim.management
    for uplink in case.site.uplinks:
        if uplink.device == claim.id:
            yield from (link.customer for link in (uplink.ipv4, uplink.ipv6) if link)
    for config in case.configs:
        if config.device == claim.id:
            yield from (one.value.partition("/")[0] for each in config.interfaces for one in each.addresses)
