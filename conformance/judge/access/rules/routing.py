"""NA-RTG: autonomous systems, sessions and their secrets, families, IGP, static routes. NA-RTG-04: advertising.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import SET, UNKNOWN, DeviceConfig, Igp, Interface, Session
from conformance.judge.access.configured import denied, place
from conformance.judge.access.edges import Neighbour, attached, boundary, links, neighbours, same
from conformance.judge.access.facts import address, fact, flags, shown, tables, text_in, text_lists
from conformance.judge.access.ground import extranet, planned
from conformance.judge.access.observed import Probe
from conformance.judge.access.prefixes import PrefixSet, length_of, span
from conformance.judge.access.routes import defined
from conformance.judge.access.site import Link
from conformance.messages import message

_UP = "established"


def _in(ranges: tuple[tuple[int, int], ...], number: int) -> bool:
    return any(low <= number <= high for low, high in ranges)


def _numbers(case: Case) -> Iterator[tuple[str, int]]:
    """The declared AS numbers by side, ``customer`` and ``provider``."""
    routing = case.site.routing
    for side, number in (("customer", routing.customer_as), ("provider", routing.provider_as)):
        if number is not None:
            yield side, number


def _bgp(case: Case, told: Told) -> bool:
    """False, and idle told, where no BGP is declared."""
    if case.site.routing.protocol != "bgp":
        told.idle(message("access.rtg.static"))
    return case.site.routing.protocol == "bgp"


@clause("as-pair", "declaration")
def pair_assigned(case: Case, told: Told) -> None:
    """NA-RTG-01: the declared AS numbers are the pair that the plan assigns to the site; one outside the ranges is
    told by NA-RTG-02.
    """
    if not _bgp(case, told):
        return
    routing, plan = case.site.routing, case.rules.autonomous
    pairs = [one for one in plan.pairs if one.site == case.site.id]
    told.checked()
    if routing.customer_as is None or routing.provider_as is None:
        told.fault(routing.at, message("access.rtg.as-absent"), subject="as")
    elif not pairs:
        told.fault(routing.at, message("access.rtg.as-unassigned", site=case.site.id), subject="as")
    elif all(_in(plan.ranges[side], number) for side, number in _numbers(case)):
        found = (routing.customer_as, routing.provider_as)
        if found not in [(one.customer, one.provider) for one in pairs]:
            expected = f"{pairs[0].customer} / {pairs[0].provider}"
            reason = message("access.rtg.as-pair", found=f"{found[0]} / {found[1]}", expected=expected)
            told.fault(routing.at, reason, subject="as")


@clause("as-range", "declaration")
def numbers_in_range(case: Case, told: Told) -> None:
    """NA-RTG-02: both AS numbers lie in the plan's ranges."""
    if not _bgp(case, told):
        return
    for side, number in _numbers(case):
        told.checked()
        if not _in(case.rules.autonomous.ranges[side], number):
            told.fault(case.site.routing.at, message("access.rtg.as-range", number=str(number)), subject="as")


def _expected(case: Case) -> dict[str, int]:
    """The declared AS numbers that lie in their ranges: what is configured and seen is held to these."""
    ranges = case.rules.autonomous.ranges
    return {side: number for side, number in _numbers(case) if _in(ranges[side], number)}


@clause("as-pair", "configuration", reads=("bgp",))
def pair_configured(case: Case, told: Told) -> None:
    """NA-RTG-01: the BGP process and the sessions with the provider have the declared AS numbers."""
    if not _bgp(case, told):
        return
    expected = _expected(case)
    for config in boundary(case, told):
        if config.bgp is None:
            continue
        wanted = [("customer", config.bgp.asn)]
        wanted += [("provider", one.session.remote_as) for one in neighbours(case, config) if one.session]
        for side, setting in wanted:
            if side not in expected:
                continue
            told.checked()
            found = setting.known()
            if setting.state != SET or found is None:
                told.doubt(place(config, setting), message("access.rtg.as-unknown"))
            elif found != expected[side]:
                reason = message("access.rtg.as-configured", found=str(found), expected=str(expected[side]))
                told.fault(place(config, setting), reason, subject="as")


@clause("as-pair", "probe")
def pair_seen(case: Case, told: Told) -> None:
    """NA-RTG-01: the provider sees the declared pair."""
    if not _bgp(case, told):
        return
    expected = _expected(case)
    for probe in finished(case, told, "bgp-session"):
        for row in _declared_rows(case, told, probe):
            told.checked()
            if _refused(row):
                reason = message("access.rtg.as-refused", neighbour=shown(text_in(row, "neighbour") or ""))
                told.fault(probe.where, reason, subject="as", contradicts=denied(told))
                continue
            for side, number in expected.items():
                found = row.get(f"{side}_as")
                if not isinstance(found, int) or isinstance(found, bool):
                    told.doubt(probe.where, message("access.rtg.as-unknown"))
                elif found != number:
                    reason = message("access.rtg.as-configured", found=str(found), expected=str(number))
                    told.fault(probe.where, reason, subject="as", contradicts=denied(told))


def _refused(row: Mapping[str, Any]) -> bool:
    """The session is down for no other reason than the AS: NA-RTG-01's."""
    return row.get("refused_as") is True


def _customers(case: Case) -> list[tuple[str, str, Link]]:
    """Uplink, family and link of each declared neighbour, as the provider knows it."""
    return [(uplink.id, family, link) for uplink in case.site.uplinks for family, link in links(uplink)]


def _declared_rows(case: Case, told: Told, probe: Probe) -> list[Mapping[str, Any]]:
    rows = fact(told, probe, tables, "sessions") or ()
    near = [link.customer for _, _, link in _customers(case)]
    return [row for row in rows if any(same(text_in(row, "neighbour") or "", one) for one in near)]


@clause("sessions", "configuration", reads=("bgp",))
def sessions_configured(case: Case, told: Told) -> None:
    """NA-RTG-03: a session for each uplink and family that is declared, switched on, and no other."""
    bgp = case.site.routing.protocol == "bgp"
    for config in boundary(case, told):
        declared = neighbours(case, config) if bgp else ()
        for one in declared:
            told.checked()
            _session_there(told, config, one)
        known = {one.session.neighbour for one in declared if one.session}
        own = {
            address(each.value.partition("/")[0])
            for one in case.configs
            for inner in one.interfaces
            for each in inner.addresses
        }
        for session in config.bgp.sessions if config.bgp else ():
            if session.neighbour in known or address(session.neighbour) in own or _lacking(case, config, session):
                continue
            told.checked()
            reason = message("access.rtg.session-extra", neighbour=shown(session.neighbour))
            told.fault(session.where, reason, subject=f"session:{session.neighbour}")
        if not bgp and not (config.bgp and config.bgp.sessions):
            told.idle(message("access.rtg.static"))


def _lacking(case: Case, config: DeviceConfig, session: Session) -> bool:
    """True for an IPv6 session over a public uplink that is declared without IPv6: NA-V6-01 tells it."""
    for uplink in case.site.uplinks:
        interface = config.interface(uplink.interface) if uplink.device == config.device else None
        if interface and not uplink.vpn and uplink.ipv6 is None and ":" in session.neighbour:
            subnets = PrefixSet.of(one.value for one in interface.addresses)
            if subnets.holds(session.neighbour):
                return True
    return False


def _session_there(told: Told, config: DeviceConfig, one: Neighbour) -> None:
    neighbour = shown(one.link.provider)
    if one.session is None:
        where = config.bgp.where if config.bgp else place(config)
        reason = message("access.rtg.session-missing", uplink=one.uplink.id, neighbour=neighbour)
        told.fault(where, reason, subject=f"session:{neighbour}")
        return
    down = one.session.shutdown.known(False)
    active = any(each.active for each in one.session.families if each.family in one.meant)
    if down is None:
        told.doubt(one.session.where, message("access.rtg.session-unknown", neighbour=neighbour))
    elif down or not active:
        reason = message("access.rtg.session-off", uplink=one.uplink.id, neighbour=neighbour)
        told.fault(one.session.where, reason, subject=f"session:{neighbour}")


@clause("sessions", "probe")
def sessions_up(case: Case, told: Told) -> None:
    """NA-RTG-03: the provider sees each declared session up."""
    if not _bgp(case, told):
        return
    for probe in finished(case, told, "bgp-session"):
        rows = fact(told, probe, tables, "sessions")
        for uplink, _, link in _customers(case) if rows is not None else ():
            told.checked()
            met = [one for one in rows or () if same(text_in(one, "neighbour") or "", link.customer)]
            states = [text_in(one, "state") for one in met]
            if any(_refused(one) for one in met):
                continue
            if not any(state and state.lower() == _UP for state in states):
                reason = message("access.rtg.session-down", uplink=uplink, neighbour=shown(link.customer))
                told.fault(probe.where, reason, subject=f"session:{link.provider}", contradicts=denied(told))


def _sessions(case: Case, told: Told) -> Iterator[tuple[DeviceConfig, Neighbour, Session]]:
    """The declared sessions that are configured; without BGP, or without any, it tells why nothing is judged."""
    if not _bgp(case, told):
        return
    found = False
    for config in boundary(case, told):
        for one in neighbours(case, config):
            if one.session:
                found = True
                yield config, one, one.session
    if not found and told.method not in told.unruns:
        told.idle(message("access.rtg.no-sessions"))


@clause("inbound-filter", "configuration", reads=("bgp", "policy"))
def imports_filtered(case: Case, told: Told) -> None:
    """NA-RTG-05: each family of each declared session has a filter for what comes in, and a limit of prefixes."""
    for config, one, session in _sessions(case, told):
        for family in session.families:
            if not family.active or family.family not in one.meant:
                continue
            told.checked()
            subject = f"session:{session.neighbour}"
            names = {"neighbour": shown(session.neighbour), "family": family.family}
            if UNKNOWN in (family.imports.state, family.limit.state):
                told.doubt(family.where, message("access.rtg.import-unknown", **names))
            if family.imports.state != UNKNOWN and not family.imports.known():
                told.fault(family.where, message("access.rtg.import-absent", **names), subject=subject)
            elif family.imports.value and not defined(config, family.imports.value):
                name = shown(family.imports.value)
                told.fault(family.imports.where or family.where, message("access.rtg.import-undefined", name=name))
            if family.limit.state != UNKNOWN and family.limit.known() is None:
                told.fault(family.where, message("access.rtg.limit-absent", **names), subject=subject)


@clause("session-authentication", "configuration", reads=("bgp",))
def secrets_set(case: Case, told: Told) -> None:
    """NA-RTG-06: each declared session has a secret, and the file does not show it in plain."""
    for _, _, session in _sessions(case, told):
        told.checked()
        kind, neighbour = session.password.known(""), shown(session.neighbour)
        where = session.password.where or session.where
        subject = f"session:{session.neighbour}"
        if kind is None:
            told.doubt(where, message("access.rtg.password-unknown", neighbour=neighbour))
        elif not kind:
            told.fault(where, message("access.rtg.password-absent", neighbour=neighbour), subject=subject)
        elif kind == "plain":
            told.fault(where, message("access.rtg.password-plain", neighbour=neighbour), subject=subject)


@clause("session-authentication", "probe")
def secrets_needed(case: Case, told: Told) -> None:
    """NA-RTG-06: as the provider sees it, each declared session is authenticated."""
    if not _bgp(case, told):
        return
    for probe in finished(case, told, "bgp-md5"):
        seen = fact(told, probe, flags, "authenticated")
        for _, _, link in _customers(case) if seen is not None else ():
            told.checked()
            found = [value for key, value in (seen or {}).items() if same(key, link.customer)]
            if not found:
                told.doubt(probe.where, message("access.rtg.not-seen", neighbour=shown(link.customer)))
            elif not all(found):
                reason = message("access.rtg.password-absent", neighbour=shown(link.customer))
                told.fault(probe.where, reason, subject=f"session:{link.provider}", contradicts=denied(told))


@clause("igp-silent", "configuration", reads=("igp", "interface"))
def lans_silent(case: Case, told: Told) -> None:
    """NA-RTG-07: no interior protocol speaks on the interface of a LAN."""
    for config in boundary(case, told):
        networks = {id(igp): PrefixSet.of(prefix for prefix, _ in igp.networks) for igp in config.igps}
        for name in sorted({name for _, name in attached(case, config)}):
            interface = config.interface(name)
            told.checked()
            for igp in config.igps if interface else ():
                if interface and _speaks(igp, networks[id(igp)], interface):
                    reason = message("access.rtg.igp", protocol=shown(igp.protocol), interface=interface.name)
                    told.fault(igp.where, reason, subject=f"igp:{interface.name}")


def _speaks(igp: Igp, networks: PrefixSet, interface: Interface) -> bool:
    named = any(name == interface.name for name, _ in igp.interfaces)
    same_instance = interface.instance.known("") in (None, igp.instance)
    covered = same_instance and any(networks.holds(one.value.partition("/")[0]) for one in interface.addresses)
    quiet = interface.name in igp.silent or (igp.all_silent and interface.name not in igp.spoken)
    return (named or covered) and not quiet


@clause("static-aggregates", "declaration")
def statics_planned(case: Case, told: Told) -> None:
    """NA-RTG-08: each static route that is declared is of the plan."""
    for one in case.site.routing.static:
        told.checked()
        if length_of(one.prefix) != 0 and not planned(case, one.prefix):
            reason = message("access.rtg.static-outside", prefix=shown(one.prefix))
            told.fault(one.at, reason, subject=f"static:{one.prefix}")


@clause("static-aggregates", "configuration", reads=("route",))
def statics_declared(case: Case, told: Told) -> None:
    """NA-RTG-08: each static route to the provider is declared. What is a default route or not the extranet's is told
    by NA-ARC-04 and NA-ARC-07.
    """
    known = {span(one.prefix) for one in case.site.routing.static}
    for config in boundary(case, told):
        uplinks = [one for one in case.site.uplinks if one.device == config.device]
        interfaces = {one.interface for one in uplinks}
        providers = {address(link.provider) for one in uplinks for _, link in links(one)} - {None}
        told.checked()
        for route in config.routes:
            toward = route.interface in interfaces or address(route.next_hop) in providers
            if toward and not route.null and span(route.prefix) not in known and extranet(case, route.prefix):
                reason = message("access.rtg.static-undeclared", prefix=shown(route.prefix))
                told.fault(route.where, reason, subject=f"static:{route.prefix}")


@clause("address-families", "configuration", reads=("bgp",))
def families_apart(case: Case, told: Told) -> None:
    """NA-RTG-09: over a session runs only the family of its own addresses."""
    for config, one, session in _sessions(case, told):
        told.checked()
        for family in session.families:
            if family.active and family.family not in one.meant:
                _family_fault(told, family.family, session, family.where)
        implicit = config.defaults.get("bgp-ipv4-unicast") == "unknown"
        if one.family == "ipv6" and implicit and not any(each.family == "ipv4" for each in session.families):
            told.doubt(session.where, message("access.rtg.family-unknown", neighbour=shown(session.neighbour)))


def _family_fault(told: Told, family: str, session: Session, where: Any) -> None:
    reason = message("access.rtg.family", family=shown(family), neighbour=shown(session.neighbour))
    told.fault(where, reason, subject=f"session:{session.neighbour}")


@clause("address-families", "probe")
def families_seen(case: Case, told: Told) -> None:
    """NA-RTG-09: so at the provider."""
    if not _bgp(case, told):
        return
    for probe in finished(case, told, "bgp-families"):
        seen = fact(told, probe, text_lists, "families")
        for _, family, link in _customers(case) if seen is not None else ():
            told.checked()
            found = [value for key, value in (seen or {}).items() if same(key, link.customer)]
            if not found:
                told.doubt(probe.where, message("access.rtg.not-seen", neighbour=shown(link.customer)))
            meant = ("ipv6",) if family == "ipv6" else ("ipv4", "vpnv4")
            for each in (each for values in found for each in values if each not in meant):
                reason = message("access.rtg.family", family=shown(each), neighbour=shown(link.customer))
                told.fault(probe.where, reason, subject=f"session:{link.provider}", contradicts=denied(told))
