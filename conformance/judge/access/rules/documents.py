"""NA-CMP and NA-DOC: levels of protection, names, whole exports, and whether the sources say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.judge.access.case import Case, Spoken, Told, Unreadable, clause, timely
from conformance.judge.access.config import ABSENT, UNKNOWN, DeviceConfig, Interface
from conformance.judge.access.configured import configured, meeting, place
from conformance.judge.access.dated import age
from conformance.judge.access.facts import address, shown
from conformance.judge.access.prefixes import PrefixSet, network_of
from conformance.judge.access.site import DeviceClaim, Lan, Link, Uplink
from conformance.judge.rulebook import Location
from conformance.messages import Message, message

#: More lines that were not understood are counted by the coverage, not told one by one.
_MOST_LINES = 100
_LONGEST_NAME = 253
#: What the comparison of sources reads of a configuration.
_COMPARED = ("system", "interface")


@clause("protection-level", "declaration")
def level_in_time(case: Case, told: Told) -> None:
    """NA-CMP-01: the level of classified protection is that of the department's level, filed, and assessed in time; the
    use of cryptography is assessed where that level asks for it.
    """
    security, value = case.site.security, case.profile.value
    told.checked(3)
    least, level = value("mlps", case.site.department.level), security.mlps_level
    if level is None or level < least:
        reason = message("access.cmp.level", found=level if level is not None else "-", least=least)
        told.fault(security.at, reason, subject="mlps.level")
    if not security.mlps_filing.strip():
        told.fault(security.at, message("access.cmp.filing"), subject="mlps.filing")
    due = max(level or 0, least)
    allowed = value("mlps", "assessed_days").get(str(due))
    if allowed is not None:
        for reason in _assessment(case, "mlps", security.mlps_assessed, allowed):
            told.fault(security.at, reason, subject="mlps.assessed")
    if due >= value("mlps", "cryptography_level"):
        told.checked()
        days = value("mlps", "cryptography_days")
        for reason in _assessment(case, "cryptography", security.cryptography_assessed, days):
            told.fault(security.at, reason, subject="cryptography.assessed")


def _assessment(case: Case, what: str, day: str, allowed: int) -> Iterator[Message]:
    days = age(day, case.today)
    if days is None or days < 0:
        yield message("access.cmp.assessment-date", what=what)
    elif days > allowed:
        yield message("access.cmp.assessment-old", what=what, days=days, allowed=allowed)


@clause("naming", "declaration")
def names_declared(case: Case, told: Told) -> None:
    """NA-DOC-01: declared host names follow the pattern, with the site's region and department."""
    told.checked()
    for one in case.site.devices:
        if one.hostname and not _hostname(case, one.hostname):
            reason = message("access.doc.hostname", device=one.id, name=shown(one.hostname))
            told.fault(one.at, reason, subject=f"{one.id}.hostname")


@clause("naming", "configuration", reads=("system", "interface"))
def names_configured(case: Case, told: Told) -> None:
    """NA-DOC-01: configured host names follow the pattern, and so do descriptions of uplinks, with peer and circuit."""
    for claim, config in configured(case, told):
        told.checked()
        name = config.hostname.known("")
        if name is None:
            told.doubt(place(config, config.hostname), message("access.unsure", device=claim.id, what="host name"))
        elif not _hostname(case, name):
            reason = message("access.doc.hostname", device=claim.id, name=shown(name) or "-")
            told.fault(place(config, config.hostname), reason, subject=f"{claim.id}.hostname")
        for uplink, interface in _uplinks(case, config):
            if interface is not None:
                told.checked()
                _described(case, told, uplink, interface)


def _uplinks(case: Case, config: DeviceConfig) -> Iterator[tuple[Uplink, Interface | None]]:
    held = meeting(config, case.site.uplinks)
    yield from ((one, held[one.interface]) for one in case.site.uplinks if one.device == config.device)


def _hostname(case: Case, name: str) -> bool:
    """Does a host name follow the pattern? Region and department are the site's, where the plan and it name them."""
    regions, division = case.rules.domains.regions, case.site.division
    region = regions.get(division) or regions.get(f"{division[:4]}00") or ""
    return _follows(case, "hostname", name, {"region": region, "department": case.site.department.abbreviation})


def _described(case: Case, told: Told, uplink: Uplink, interface: Interface) -> None:
    found = interface.description.known("")
    where, subject = interface.description.where or interface.where, f"{uplink.device}.{interface.name}.description"
    if found is None:
        told.doubt(where, message("access.unsure", device=uplink.device, what=f"{interface.name} description"))
    elif not _follows(case, "description", found, {"peer": uplink.peer, "circuit": uplink.route}):
        reason = message("access.doc.description", device=uplink.device, interface=interface.name)
        told.fault(where, reason, subject=subject)


def _follows(case: Case, pattern: str, found: str, parts: dict[str, str]) -> bool:
    """Does a text follow a pattern of the plan, its named parts (where known) being these?"""
    match = re.fullmatch(case.rules.domains.patterns[pattern], found) if len(found) <= _LONGEST_NAME else None
    if match is None:
        return False
    groups = match.groupdict()
    return all(not part or (groups.get(name) or part).lower() == part.lower() for name, part in parts.items())


@clause("export-complete", "configuration")
def exports_whole(case: Case, told: Told) -> None:
    """NA-DOC-02: each export is whole and of the declared platform, and the lines that matter were understood."""
    for device in case.devices:
        if isinstance(device.config, Unreadable) and not device.config.ours:
            told.checked()
            told.fault(device.config.where, device.config.reason, subject=f"{device.claim.id}.export")
    for claim, config in configured(case, told):
        told.checked()
        for one in config.coverage:
            if not one.complete:
                reason = message("access.doc.cut-short", device=claim.id, file=shown(one.file))
                told.fault(Location(one.file), reason, subject=f"{claim.id}.export")
        if not any(one.recognised for one in config.coverage):
            told.doubt(place(config), message("access.doc.nothing-read", device=claim.id))
        for line in config.unread[:_MOST_LINES]:
            told.doubt(line.where, message("access.doc.unread", device=claim.id, topic=line.topic))


def sources_agree(case: Case, told: Told, spoken: Sequence[Spoken]) -> None:
    """NA-DOC-03: what is declared is configured (host names, LANs, uplinks, bandwidth), and what is observed does not
    say the opposite of a configuration.

    Runs last, with all faults that other clauses told: of a subject that stands there it tells nothing, but for those
    that contradict another source.
    """
    told.method = "configuration"
    known = {one.subject for one in spoken if one.subject}
    for claim, config in configured(case, told):
        told.checked()
        _understood(told, config)
        _same_hostname(told, known, claim, config)
        for lan in case.site.lans:
            if lan.device == claim.id:
                _same_lan(told, known, lan, config)
        for uplink, interface in _uplinks(case, config):
            name = f"{claim.id}.{uplink.interface}"
            if interface is not None:
                _same_uplink(told, known, uplink, interface)
            elif not {name, f"uplink:{uplink.id}", "uplinks"} & known:
                reason = message("access.doc.no-interface", device=claim.id, interface=shown(uplink.interface))
                told.fault(place(config), reason, subject=name)
    told.method = "probe"
    if not timely(case, told):
        return
    told.checked()
    for one in spoken:
        if one.contradicts:
            reason = message("access.doc.contradiction", subject=shown(one.subject))
            told.fault(one.where, reason, subject=one.subject)


def _understood(told: Told, config: DeviceConfig) -> None:
    for one in config.coverage:
        if not one.complete:
            told.doubt(Location(one.file), message("access.cut-short"))
    for line in [one for one in config.unread if one.topic in _COMPARED][:_MOST_LINES]:
        told.doubt(line.where, message("access.not-understood"))


def _same_hostname(told: Told, known: set[str], claim: DeviceClaim, config: DeviceConfig) -> None:
    name, subject = config.hostname, f"{claim.id}.hostname"
    if name.state == UNKNOWN:
        told.doubt(place(config, name), message("access.unsure", device=claim.id, what="host name"))
    elif subject not in known and name.state != ABSENT and claim.hostname and name.value != claim.hostname:
        reason = message(
            "access.doc.hostname-differs",
            device=claim.id,
            declared=shown(claim.hostname),
            found=shown(name.value or ""),
        )
        told.fault(place(config, name), reason, subject=subject)


def _same_lan(told: Told, known: set[str], lan: Lan, config: DeviceConfig) -> None:
    """An address of the LAN's prefix is on its interface, or a static route leads there by it (a switch of layer 3 lies
    between). Host bits in the declared prefix are NA-ADR-03's.
    """
    interface, name = config.interface(lan.interface), f"{lan.device}.{lan.interface}"
    if {f"lan:{lan.id}", f"address:{lan.interface}", lan.prefix, network_of(lan.prefix), name} & known:
        return
    if interface is None:
        reason = message("access.doc.no-interface", device=lan.device, interface=shown(lan.interface))
        told.fault(place(config), reason, subject=name)
        return
    held = {network_of(one.value) for one in interface.addresses}
    near = PrefixSet.of(held)
    held |= {one.prefix for one in config.routes if one.interface == interface.name or near.holds(one.next_hop)}
    if network_of(lan.prefix) not in held and not held & known:
        reason = message(
            "access.doc.lan", lan=lan.id, prefix=shown(lan.prefix), device=lan.device, interface=lan.interface
        )
        told.fault(interface.where, reason, subject=lan.prefix)


def _same_uplink(told: Told, known: set[str], uplink: Uplink, interface: Interface) -> None:
    """The uplink's address is on its interface, and no limit there is below the declared bandwidth.

    Addresses of IPv6 are NA-V6-01's.
    """
    name = f"{uplink.device}.{uplink.interface}"
    if {name, f"uplink:{uplink.id}", f"address:{uplink.interface}"} & known:
        return
    link = uplink.ipv4
    if link and link.customer not in known and not _holds(interface, link):
        reason = message("access.doc.uplink", uplink=uplink.id, address=f"{link.customer}/{link.length}")
        told.fault(interface.where, reason, subject=link.customer)
    limit = interface.limit
    if limit.state == UNKNOWN:
        told.doubt(interface.where, message("access.unsure", device=uplink.device, what=f"{interface.name} limit"))
    elif limit.value is not None and limit.value < uplink.bandwidth and f"{uplink.id}.bandwidth" not in known:
        reason = message("access.doc.limit", uplink=uplink.id, found=limit.value, declared=uplink.bandwidth)
        told.fault(limit.where or interface.where, reason, subject=f"{name}.limit")


def _holds(interface: Interface, link: Link) -> bool:
    """Is the link's near end on the interface, with its length?"""
    ends = (one.value.partition("/") for one in interface.addresses)
    return any(address(host) == address(link.customer) and length == str(link.length) for host, _, length in ends)
