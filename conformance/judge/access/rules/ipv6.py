"""NA-V6: IPv6 beside IPv4, and filtered as narrowly."""

from __future__ import annotations

from conformance.judge.access.aimed import aimed, of_the_site
from conformance.judge.access.blocks import Budget, ExhaustedError
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import SET, UNKNOWN, DeviceConfig
from conformance.judge.access.configured import denied, place
from conformance.judge.access.edges import boundary, same
from conformance.judge.access.facts import fact, shown, texts
from conformance.judge.access.filters import BUDGET, leaks
from conformance.judge.access.ground import nobodys
from conformance.judge.access.opened import opened, openings
from conformance.judge.access.passing import NO_PASSAGE, PERMITS, STATELESS, Flows, unlike, ways, weakness
from conformance.judge.access.passing import UNKNOWN as UNSURE
from conformance.judge.access.prefixes import family_of
from conformance.judge.access.rules.boundary import tell_leak
from conformance.judge.rulebook import Location
from conformance.messages import message

_IPV4, _IPV6 = 4, 6


@clause("ipv6", "declaration")
def ipv6_declared(case: Case, told: Told) -> None:
    """NA-V6-01: each public LAN that is not translated, and each public uplink, has IPv6 beside IPv4."""
    public = [one for one in case.site.lans if not one.vpn]
    six = {(one.device, one.interface) for one in public if family_of(one.prefix) == _IPV6}
    for lan in public:
        if family_of(lan.prefix) == _IPV4 and not lan.translated:
            told.checked()
            if (lan.device, lan.interface) not in six:
                told.fault(lan.at, message("access.v6.lan", lan=lan.id), subject=f"lan:{lan.id}")
    for uplink in case.site.uplinks:
        if not uplink.vpn:
            told.checked()
            if uplink.ipv6 is None:
                told.fault(uplink.at, message("access.v6.uplink", uplink=uplink.id), subject=f"uplink:{uplink.id}")


@clause("ipv6", "configuration", reads=("interface",))
def ipv6_configured(case: Case, told: Told) -> None:
    """NA-V6-01: the uplinks' interfaces have IPv6 on, with the declared addresses (their lengths: NA-ADR-03)."""
    for config in boundary(case, told):
        for uplink in case.site.uplinks:
            interface = config.interface(uplink.interface)
            if uplink.device != config.device or uplink.ipv6 is None or interface is None:
                continue
            told.checked()
            subject, names = f"uplink:{uplink.id}", {"interface": interface.name}
            here = [one.value.partition("/")[0] for one in interface.addresses]
            if interface.ipv6.state == SET and interface.ipv6.value is False:
                told.fault(interface.ipv6.where or interface.where, message("access.v6.off", **names), subject=subject)
            elif nobodys(uplink.ipv6.customer):
                told.doubt(interface.where, message("access.v6.link-local", **names))
            elif not any(same(one, uplink.ipv6.customer) for one in here):
                reason = message("access.v6.address", address=shown(uplink.ipv6.customer), **names)
                told.fault(interface.where, reason, subject=subject)
            elif interface.ipv6.state == UNKNOWN:
                told.doubt(interface.where, message("access.v6.unknown", **names))


@clause("ipv6", "probe")
def ipv6_reaches(case: Case, told: Told) -> None:
    """NA-V6-01: the declared services answer over IPv6; a site that is in VPNs only need not have it."""
    if not _probed(case, "ipv6") and _vpn_only(case):
        told.idle(message("access.v6.none"))
        return
    for probe in finished(case, told, "ipv6"):
        reached, failed = fact(told, probe, texts, "reached"), fact(told, probe, texts, "failed")
        if reached is None or failed is None:
            continue
        told.checked()
        for one in failed:
            reason = message("access.v6.failed", name=shown(one))
            told.fault(probe.where, reason, subject=f"ipv6:{shown(one)}", contradicts=denied(told))
        if not reached and not failed:
            told.doubt(probe.where, message("access.v6.nothing"))


def _probed(case: Case, kind: str) -> bool:
    return case.observed is not None and bool(case.observed.of(kind))


def _vpn_only(case: Case) -> bool:
    """Is the site attached to VPNs and to nothing else?"""
    public = [one.vpn for one in case.site.lans] + [one.vpn for one in case.site.uplinks]
    return bool(public) and all(public)


@clause("ipv6-filter-parity", "configuration", reads=("filter", "interface", "route"))
def ipv6_as_narrow(case: Case, told: Told) -> None:
    """NA-V6-02: IPv6, too, meets a stateful passage that denies by default, and only declared flows get through. The
    same weakness or the same rule in IPv4 is told by NA-SEC-01 and NA-SEC-02 alone.
    """
    for config in boundary(case, told):
        try:
            _parity(case, told, config, Budget(BUDGET))
        except ExhaustedError:
            where = config.passages[0].where if config.passages else place(config)
            told.doubt(where, message("access.sec.too-complex", name=config.device))
    if not told.spoke(told.method):
        if any(family_of(one.prefix) == _IPV6 for one in case.site.lans):
            told.unrun(message("access.sec.no-passage"))
        else:
            told.idle(message("access.v6.none"))


def _parity(case: Case, told: Told, config: DeviceConfig, budget: Budget) -> None:
    declared = Flows(case)
    older: dict[tuple[str, str], str] = {}
    seen: set[tuple[str, Location]] = set()
    for way in ways(case, config, _IPV4, budget):
        older[way.crossing.come_in, way.crossing.go_out] = weakness(way, budget)
    for way in unlike(ways(case, config, _IPV4, budget)):
        for leak in leaks(way.tables, way.crossing, declared.of(way.crossing), budget):
            if leak.rule and leak.certain:
                seen.add((leak.rule.id, leak.rule.where))
    for way in ways(case, config, _IPV6, budget):
        told.checked()
        ends = (way.crossing.come_in, way.crossing.go_out)
        lacks = weakness(way, budget)
        if lacks and lacks != older.get(ends):
            interface = config.interface(ends[0])
            where = way.passages[0].where if way.passages else interface.where if interface else Location(config.device)
            _tell_weakness(told, lacks, where, ends)
    for way in unlike(ways(case, config, _IPV6, budget)):
        for leak in leaks(way.tables, way.crossing, declared.of(way.crossing), budget):
            tell_leak(told, leak, _IPV6, seen)


def _tell_weakness(told: Told, lacks: str, where: Location, ends: tuple[str, str]) -> None:
    names, subject = {"come": ends[0], "go": ends[1]}, f"boundary6:{ends[0]}:{ends[1]}"
    if lacks == UNSURE:
        told.doubt(where, message("access.sec.default-unknown", **names))
    elif lacks == NO_PASSAGE:
        told.fault(where, message("access.v6.unfiltered", **names), subject=subject)
    elif lacks == PERMITS:
        told.fault(where, message("access.v6.default-permits", **names), subject=subject)
    elif lacks == STATELESS:
        told.fault(where, message("access.v6.stateless", **names), subject=subject)


@clause("ipv6-filter-parity", "probe")
def ipv6_no_more_open(case: Case, told: Told) -> None:
    """NA-V6-02: over IPv6 no port answers from outside that no flow opens; without an IPv6 LAN there is none to ask."""
    six = any(family_of(one.prefix) == _IPV6 for one in case.site.lans if not one.vpn)
    if not _probed(case, "inbound-v6") and not six:
        told.idle(message("access.v6.none"))
        return
    flown = openings(case)
    for probe in aimed(case, told, finished(case, told, "inbound-v6"), of_the_site):
        for address, port in opened(told, probe):
            if not flown(address, port):
                reason = message("access.sec.open", address=shown(address), port=str(port))
                told.fault(probe.where, reason, subject=f"open:{address}:{port}", contradicts=denied(told))
