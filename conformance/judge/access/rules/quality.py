"""NA-QOS: bandwidth, delay, loss, packet size, two uplinks, and how long a lost one is missed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, pairwise
from statistics import median

from conformance.judge.access.aimed import aimed, beyond
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import Session
from conformance.judge.access.configured import configured, meeting, switched
from conformance.judge.access.facts import address, fact, flag, number, numbers, texts, whole
from conformance.judge.access.observed import Probe
from conformance.judge.access.site import Uplink
from conformance.messages import message

#: Longer numbers are told by their size.
_LONG = 1e9


@clause("bandwidth", "declaration")
def bandwidth_declared(case: Case, told: Told) -> None:
    """NA-QOS-01: each uplink has at least the bandwidth of its department's level."""
    least = case.profile.value("bandwidth", case.site.department.level)
    for one in case.site.uplinks:
        told.checked()
        if one.bandwidth < least:
            reason = message("access.qos.bandwidth", uplink=one.id, found=one.bandwidth, least=least)
            told.fault(one.at, reason, subject=f"{one.id}.bandwidth")


@clause("bandwidth", "probe")
def bandwidth_measured(case: Case, told: Told) -> None:
    """NA-QOS-01: so much of the level's bandwidth as the profile asks is measured, in each direction."""
    least = case.profile.value("bandwidth", case.site.department.level)
    least = least * case.profile.value("bandwidth", "measured_percent") / 100
    for probe in aimed(case, told, finished(case, told, "bandwidth"), beyond):
        rates = {name: fact(told, probe, number, name) for name in ("up_mbps", "down_mbps")}
        seconds = fact(told, probe, number, "seconds")
        if seconds is None or None in rates.values():
            continue
        told.checked()
        if seconds < case.profile.value("bandwidth", "seconds"):
            told.doubt(probe.where, message("access.qos.bandwidth-short", seconds=_rounded(seconds)))
            continue
        for name, rate in rates.items():
            if rate is not None and rate < least:
                reason = message("access.qos.measured", what=name, found=_rounded(rate), least=_rounded(least))
                told.fault(probe.where, reason, subject=f"{probe.id}.{name}")


def _rounded(value: float) -> str:
    return f"{value:.1f}" if abs(value) < _LONG else f"{value:.3g}"


@clause("delay", "probe")
def delay_within(case: Case, told: Told) -> None:
    """NA-QOS-02: round trip and jitter to the reference point are within the limits.

    The round trip is the median of all samples, the jitter the mean difference between one sample and the next.
    """
    limits = {name: case.profile.value("delay", name) for name in ("round_trip_ms", "jitter_ms", "samples")}
    for probe in aimed(case, told, finished(case, told, "latency"), beyond):
        samples = fact(told, probe, numbers, "rtt_ms")
        if samples is None:
            continue
        told.checked()
        if len(samples) < max(limits["samples"], 2) or min(samples) < 0:
            reason = message("access.qos.samples", number=len(samples), least=limits["samples"])
            told.doubt(probe.where, reason)
            continue
        trip, steps = median(samples), [abs(one - other) for one, other in pairwise(samples)]
        jitter = sum(steps) / len(steps)
        if trip > limits["round_trip_ms"]:
            reason = message("access.qos.delay", found=_rounded(trip), most=limits["round_trip_ms"])
            told.fault(probe.where, reason, subject="delay")
        if jitter > limits["jitter_ms"]:
            reason = message("access.qos.jitter", found=_rounded(jitter), most=limits["jitter_ms"])
            told.fault(probe.where, reason, subject="jitter")


@clause("loss", "probe")
def loss_within(case: Case, told: Told) -> None:
    """NA-QOS-03: of the test plan's number of packets no more are lost than it allows.

    More losses than allowed are too many in fewer packets, too; as few in fewer packets show nothing.
    """
    packets, allowed = case.profile.value("loss", "packets"), case.profile.value("loss", "allowed")
    for probe in aimed(case, told, finished(case, told, "loss"), beyond):
        sent, received = fact(told, probe, whole, "sent"), fact(told, probe, whole, "received")
        if sent is None or received is None:
            continue
        told.checked()
        if not 0 <= received <= sent:
            told.doubt(probe.where, message("access.probe.broken", kind="loss", reason="received"))
        elif sent - received > allowed:
            reason = message("access.qos.loss", lost=sent - received, sent=sent, allowed=allowed)
            told.fault(probe.where, reason, subject="loss")
        elif sent < packets:
            told.doubt(probe.where, message("access.qos.packets", sent=sent, packets=packets))


@clause("path-mtu", "probe")
def packets_pass(case: Case, told: Told) -> None:
    """NA-QOS-04: packets of full size pass, and one that is too large is told so."""
    least = case.profile.value("mtu", "bytes")
    for probe in aimed(case, told, finished(case, told, "mtu"), beyond):
        size, hole = fact(told, probe, whole, "mtu"), fact(told, probe, flag, "black_hole")
        if size is None or hole is None:
            continue
        told.checked()
        if hole:
            told.fault(probe.where, message("access.qos.black-hole", size=size), subject="mtu")
        elif size < least:
            told.fault(probe.where, message("access.qos.mtu", size=size, least=least), subject="mtu")


@clause("two-uplinks", "declaration")
def uplinks_diverse(case: Case, told: Told) -> None:
    """NA-QOS-05: a level that needs it has two uplinks, to two PEs over different routes or carriers."""
    if _one_suffices(case, told):
        return
    told.checked()
    if not diverse(case.site.uplinks):
        told.fault(case.site.at, message("access.qos.uplinks", number=len(case.site.uplinks)), subject="uplinks")


def diverse(uplinks: Iterable[Uplink]) -> bool:
    """Are there two uplinks of one instance that nothing single breaks?

    They end at two PEs; on one route they are one line, whoever the carriers are; where a route is not declared the
    carriers must differ.
    """
    for one, other in combinations(uplinks, 2):
        if one.vpn == other.vpn and one.peer != other.peer:
            routes, carriers = (one.route, other.route), (one.carrier, other.carrier)
            pair = routes if all(routes) else carriers
            if all(pair) and len(set(pair)) > 1:
                return True
    return False


def _one_suffices(case: Case, told: Told) -> bool:
    if case.site.department.level in case.profile.value("uplinks", "two_for_levels"):
        return False
    told.idle(message("access.qos.one-uplink"))
    return True


@clause("two-uplinks", "configuration", reads=("interface",))
def uplinks_configured(case: Case, told: Told) -> None:
    """NA-QOS-05: the interfaces of both uplinks are there, have addresses and are not shut down.

    That each has its session is judged by NA-RTG-03, that the addresses are the declared by NA-DOC-03.
    """
    if _one_suffices(case, told):
        return
    alive: list[Uplink] = []
    seen = False
    for claim, config in configured(case, told):
        held = meeting(config, case.site.uplinks)
        for one in (uplink for uplink in case.site.uplinks if uplink.device == claim.id):
            seen = True
            interface = held[one.interface]
            if interface is not None and interface.addresses and interface.shutdown.value is not True:
                alive.append(one)
                if interface.shutdown.state == "unknown":
                    told.doubt(interface.where, message("access.qos.shutdown-unsure", interface=one.interface))
    if not seen:
        if "configuration" not in told.unruns:
            told.unrun(message("access.no-configuration", device=case.site.id))
        return
    told.checked()
    if "configuration" not in told.unruns and diverse(case.site.uplinks) and not diverse(alive):
        number = len(case.site.uplinks) - len(alive)
        told.fault(case.site.at, message("access.qos.uplinks-down", number=number), subject="uplinks")


@clause("two-uplinks", "probe")
def uplinks_carry(case: Case, told: Told) -> None:
    """NA-QOS-05: two such uplinks carry traffic."""
    if _one_suffices(case, told):
        return
    for probe in finished(case, told, "paths"):
        carrying = fact(told, probe, texts, "carrying")
        if carrying is not None:
            told.checked()
            if not diverse(one for one in case.site.uplinks if one.id in carrying):
                told.fault(probe.where, message("access.qos.carrying"), subject="uplinks")


@clause("fail-over", "configuration", reads=("bgp",))
def bfd_configured(case: Case, told: Told) -> None:
    """NA-QOS-06: the sessions of an uplink that declares BFD have it.

    A session that is missing is NA-RTG-03's.
    """
    watched = {
        (one.device, address(link.provider)): one
        for one in case.site.uplinks
        for link in (one.ipv4, one.ipv6)
        if one.bfd and link
    }
    if not watched:
        told.idle(message("access.qos.no-bfd"))
        return
    for claim, config in configured(case, told):
        for session in config.bgp.sessions if config.bgp else ():
            uplink = watched.get((claim.id, address(session.neighbour)))
            if uplink is not None:
                told.checked()
                on = switched(config, session.bfd, "bfd")
                _bfd(told, claim.id, session, on)


def _bfd(told: Told, device: str, session: Session, on: bool | None) -> None:
    """A session of which the file says nothing of BFD has none: no platform watches unasked."""
    where = session.bfd.where or session.where
    if session.bfd.state == "unknown":
        told.doubt(where, message("access.qos.bfd-unsure", device=device, neighbour=session.neighbour))
    elif not on:
        reason = message("access.qos.bfd", device=device, neighbour=session.neighbour)
        told.fault(where, reason, subject=f"{device}.{session.neighbour}.bfd")


@clause("fail-over", "probe")
def gap_short(case: Case, told: Told) -> None:
    """NA-QOS-06: after the first uplink is lost traffic flows again within the limit, which is shorter with BFD."""
    if _one_suffices(case, told):
        return
    watched = any(one.bfd for one in case.site.uplinks)
    limit = case.profile.value("failover", "with_bfd_ms" if watched else "without_bfd_ms")
    for probe in aimed(case, told, finished(case, told, "failover"), beyond):
        gap, switched_over = fact(told, probe, number, "gap_ms"), fact(told, probe, flag, "switched")
        if gap is None or switched_over is None:
            continue
        told.checked()
        _gap(told, probe, gap, limit if switched_over else -1)


def _gap(told: Told, probe: Probe, gap: float, limit: int) -> None:
    """``limit`` below 0: traffic never flowed again while the probe watched."""
    if limit < 0:
        told.fault(probe.where, message("access.qos.no-switch"), subject="failover")
    elif gap < 0:
        told.doubt(probe.where, message("access.probe.broken", kind="failover", reason="gap_ms"))
    elif gap > limit:
        reason = message("access.qos.gap", found=_rounded(gap), most=limit)
        told.fault(probe.where, reason, subject="failover")
