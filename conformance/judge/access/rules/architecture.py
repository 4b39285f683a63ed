"""NA-ARC: the site's class, devices and mode; isolation from the inner network, the Internet and other areas."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.access.aimed import aimed, beyond, dedicated, sentinel
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import UNKNOWN, Address, DeviceConfig, Interface
from conformance.judge.access.configured import configured, denied
from conformance.judge.access.facts import fact, shown, tables, text_in, texts, texts_in
from conformance.judge.access.ground import extranet, in_lans, inner, nobodys, own, planned, private, providers
from conformance.judge.access.observed import Probe
from conformance.judge.access.site import DeviceClaim
from conformance.judge.access.stated import stated
from conformance.judge.rulebook import Location
from conformance.messages import message

_ROUTES = 3
_EVERYTHING = ("0.0.0.0/0", "::/0")
_TRANSITION = ("6to4", "isatap", "teredo", "ipv6-ipv4")


@clause("user-class", "declaration")
def class_fits(case: Case, told: Told) -> None:
    """NA-ARC-01: the kinds of areas are those of the class; a class without Internet use has no exit.

    Which exit a class with Internet use has is judged by NA-ARC-09.
    """
    site = case.site
    told.checked()
    known = case.rules.classes.get(site.user_class)
    if known is None:
        told.fault(site.at, message("access.arc.class-unknown", found=shown(site.user_class)), subject="user-class")
        return
    kinds = {area.kind for area in site.areas}
    if kinds != set(known.areas):
        expected, found = ", ".join(sorted(known.areas)), ", ".join(sorted(kinds)) or "-"
        reason = message("access.arc.areas", name=known.id, expected=expected, found=shown(found))
        told.fault(site.at, reason, subject="areas")
    told.checked()
    if known.exit == "none" and site.internet.exit != "none":
        reason = message("access.arc.class-without-exit", name=known.id, found=shown(site.internet.exit))
        told.fault(site.internet.at, reason, subject="internet")


@clause("devices-declared", "declaration")
def devices_whole(case: Case, told: Told) -> None:
    """NA-ARC-02: each device is declared in full; each of layer 3 has handed in the configuration that it declares.

    A device of a role that must not be (a hub) has nothing of this and is judged by NA-ARC-03.
    """
    unmanaged = case.profile.value("access", "forbidden_roles")
    for device in case.devices:
        claim = device.claim
        if claim.role in unmanaged:
            continue
        told.checked()
        fields = ("role", "vendor", "platform", "version", "serial", "hostname")
        lacks = [name for name in fields if not getattr(claim, name).strip()]
        if lacks:
            reason = message("access.arc.device-lacks", device=claim.id, what=", ".join(lacks))
            told.fault(claim.at, reason, subject=f"{claim.id}.fields")
        if claim.layer >= _ROUTES or claim.file:
            _digest_declared(told, claim, device.digest)


def _digest_declared(told: Told, claim: DeviceClaim, digest: str) -> None:
    told.checked()
    subject, declared = f"{claim.id}.digest", claim.sha256.lower().removeprefix("sha256:")
    if not claim.file or not digest:
        told.fault(claim.at, message("access.arc.device-configuration", device=claim.id), subject=subject)
    elif not declared:
        told.fault(claim.at, message("access.arc.device-digest", device=claim.id), subject=subject)
    elif declared != digest.lower().removeprefix("sha256:"):
        reason = message("access.arc.device-digest-other", device=claim.id, file=shown(claim.file))
        told.fault(claim.at, reason, subject=subject)


@clause("devices-declared", "probe")
def path_declared(case: Case, told: Told) -> None:
    """NA-ARC-02: up to a declared uplink the path shows declared devices only, no more of them than are declared, and
    beyond it addresses of the plan.
    """
    for probe in aimed(case, told, finished(case, told, "path"), beyond):
        hops = fact(told, probe, texts, "hops")
        if hops is None:
            continue
        told.checked()
        far = next((number for number, hop in enumerate(hops) if providers(case, hop)), None)
        near = hops if far is None else hops[:far]
        strangers = list(_strangers(case, hops, far))
        for hop in strangers:
            told.fault(probe.where, message("access.arc.hop-stranger", hop=shown(hop)), subject=hop)
        if strangers:
            continue
        routers = sum(1 for one in case.site.devices if one.layer >= _ROUTES)
        if far is None:
            told.doubt(probe.where, message("access.arc.path-without-uplink"))
        elif len(near) > routers:
            reason = message("access.arc.hops-more", number=len(near), declared=routers)
            told.fault(probe.where, reason, subject="path")
        elif "" in near or not all(own(case, hop) for hop in near) or (not near and case.site.mode == "router"):
            told.doubt(probe.where, message("access.arc.hop-silent"))


def _strangers(case: Case, hops: tuple[str, ...], far: int | None) -> Iterator[str]:
    """Hops of no declared device before the uplink (``far`` its far end), and of no segment of the plan behind it."""
    for number, hop in enumerate(hops):
        if hop and not (own(case, hop) or providers(case, hop)):
            before = far is not None and number < far and (bool(case.boundary) or not in_lans(case, hop))
            if before or not (extranet(case, hop) or in_lans(case, hop)):
                yield hop


@clause("access-mode", "declaration")
def mode_known(case: Case, told: Told) -> None:
    """NA-ARC-03: the mode is switch, router or firewall, the device that makes it is there, and no hub."""
    site = case.site
    told.checked()
    hubs = [one for one in site.devices if one.role in case.profile.value("access", "forbidden_roles")]
    for one in hubs:
        told.fault(one.at, message("access.arc.hub", device=one.id, role=one.role), subject=f"{one.id}.role")
    roles = case.profile.value("access", "mode_roles").get(site.mode, ())
    if site.mode not in case.profile.value("access", "modes"):
        told.fault(site.at, message("access.arc.mode", found=shown(site.mode)), subject="access-mode")
    elif not hubs and not any(one.role in roles for one in site.devices):
        reason = message("access.arc.mode-without-device", mode=site.mode, role=", ".join(roles))
        told.fault(site.at, reason, subject="access-mode")


@clause("access-mode", "configuration", reads=("interface", "snmp"))
def switch_managed(case: Case, told: Told) -> None:
    """NA-ARC-03: in switch mode the switch speaks 802.1Q and SNMP; the other modes ask nothing of a configuration."""
    if case.site.mode != "switch":
        told.idle(message("access.arc.no-switch"))
        return
    switches = {one.id for one in case.site.devices if one.role == "switch"}
    for claim, config in configured(case, told):
        if claim.id not in switches:
            continue
        told.checked(2)
        here = Location(claim.file)
        if not any(one.kind in ("vlan", "subinterface") or one.vlan.value is not None for one in config.interfaces):
            told.fault(here, message("access.arc.switch-vlan", device=claim.id), subject=f"{claim.id}.vlan")
        if not config.snmp.versions and not config.snmp.users and not config.snmp.communities:
            told.fault(here, message("access.arc.switch-snmp", device=claim.id), subject=f"{claim.id}.snmp")


@clause("inner-network", "statement")
def separation_stated(case: Case, told: Told) -> None:
    """NA-ARC-04: nothing is shared with the inner network (政务内网), says a signed statement."""
    stated(case, told, "separate-from-inner-network")


@clause("inner-network", "configuration", reads=("interface", "route", "policy", "bgp", "filter", "nat"))
def nothing_inner(case: Case, told: Told) -> None:
    """NA-ARC-04: no address, route or policy of a segment of the inner network."""
    for claim, config in configured(case, told):
        told.checked()
        for prefix, where in _mentioned(config):
            if inner(case, prefix):
                reason = message("access.arc.inner", device=claim.id, prefix=shown(prefix))
                told.fault(where, reason, subject=prefix)


def _mentioned(config: DeviceConfig) -> Iterator[tuple[str, Location]]:
    """Each prefix that a configuration holds, routes, announces or lets pass; denials are no use of it."""
    for interface in config.interfaces:
        yield from ((one.value, one.where) for one in interface.addresses)
    yield from ((one.prefix, one.where) for one in config.routes if not one.null)
    yield from ((one.prefix, one.where) for one in (config.bgp.announced if config.bgp else ()))
    for listed in config.prefix_lists:
        yield from ((one.prefix, one.where) for one in listed.entries if one.permit)
    for passage in config.passages:
        for rule in passage.rules:
            if rule.permit:
                yield from ((one, rule.where) for one in (*rule.sources, *rule.destinations))
    for mapped in config.mapped:
        yield from ((one, mapped.where) for one in (mapped.outside, mapped.inside))


@clause("internet-unreachable", "probe")
def no_answer(case: Case, told: Told) -> None:
    """NA-ARC-05: no sentinel on the Internet answers, by ICMP, TCP or UDP."""
    _no_answers(case, told, "internet-icmp", "internet-tcp", "internet-udp")


@clause("internet-unreachable-v6", "probe")
def no_answer_v6(case: Case, told: Told) -> None:
    """NA-ARC-06: nor by IPv6."""
    _no_answers(case, told, "internet-v6")


def _no_answers(case: Case, told: Told, *kinds: str) -> None:
    for probe in aimed(case, told, finished(case, told, *kinds), sentinel):
        answers = fact(told, probe, texts, "answers")
        if answers is not None:
            told.checked()
            for one in answers:
                told.fault(probe.where, message("access.arc.internet", kind=probe.kind, address=shown(one)))


@clause("internet-unreachable-v6", "configuration", reads=("interface", "tunnel"))
def no_transition(case: Case, told: Told) -> None:
    """NA-ARC-06: no transition tunnel (6to4, ISATAP, Teredo, IPv6 in IPv4) is configured."""
    for claim, config in configured(case, told):
        told.checked()
        for one in config.interfaces:
            if one.tunnel.value in _TRANSITION:
                reason = message("access.arc.tunnel", device=claim.id, interface=one.name, mode=one.tunnel.value or "")
                told.fault(one.tunnel.where or one.where, reason, subject=f"{claim.id}.{one.name}")
            elif one.kind == "tunnel" and one.tunnel.value is None:
                told.doubt(one.where, message("access.arc.tunnel-mode", device=claim.id, interface=one.name))


@clause("no-default-route", "configuration", reads=("route", "bgp"))
def no_default(case: Case, told: Told) -> None:
    """NA-ARC-07: no default route, and no static route out of the plan's segments but to a declared LAN; what is
    discarded goes nowhere.
    """
    for claim, config in configured(case, told):
        told.checked()
        for route in config.routes:
            if route.null or planned(case, route.prefix) or in_lans(case, route.prefix):
                continue
            if route.prefix in _EVERYTHING:
                reason = message("access.arc.default", device=claim.id, prefix=route.prefix)
            else:
                reason = message("access.arc.route", device=claim.id, prefix=shown(route.prefix))
            told.fault(route.where, reason, subject=route.prefix)
        for one in config.bgp.announced if config.bgp else ():
            if one.prefix in _EVERYTHING:
                reason = message("access.arc.default-announced", device=claim.id, prefix=one.prefix)
                told.fault(one.where, reason, subject=one.prefix)


@clause("no-default-route", "probe")
def no_default_in_table(case: Case, told: Told) -> None:
    """NA-ARC-07: the device's routing table holds no default route and nothing outside the plan and the LANs."""
    for probe in finished(case, told, "rib"):
        defaults, prefixes = fact(told, probe, texts, "defaults"), fact(told, probe, texts, "prefixes")
        if defaults is None or prefixes is None:
            continue
        told.checked()
        known = [one for one in prefixes if planned(case, one) or in_lans(case, one) or nobodys(one)]
        strange = [one for one in prefixes if one not in known and one not in _EVERYTHING]
        found = dict.fromkeys((*defaults, *(one for one in prefixes if one in _EVERYTHING), *strange))
        for one in found:
            reason = message("access.arc.rib", prefix=shown(one))
            told.fault(probe.where, reason, subject=one, contradicts=denied(told))


@clause("no-internet-interface", "declaration")
def uplinks_planned(case: Case, told: Told) -> None:
    """NA-ARC-08: no uplink has an address outside the plan; one of the link alone leads nowhere."""
    for uplink in case.site.uplinks:
        for link in (uplink.ipv4, uplink.ipv6):
            if link is None:
                continue
            told.checked()
            for one in (link.customer, link.provider):
                if not extranet(case, one) and not nobodys(one):
                    reason = message("access.arc.uplink", uplink=uplink.id, address=shown(one))
                    told.fault(link.at, reason, subject=one)


@clause("no-internet-interface", "configuration", reads=("interface",))
def no_own_exit(case: Case, told: Told) -> None:
    """NA-ARC-08: no interface dials, and none, even one that is down, has an address outside the plan.

    Private addresses on a declared LAN interface are no way to the Internet: other clauses judge them.
    """
    lans = {(lan.device, lan.interface) for lan in case.site.lans}
    for claim, config in configured(case, told):
        told.checked()
        for one in config.interfaces:
            subject, where = f"{claim.id}.{one.name}", one.dials.where or one.where
            if one.dials.value is not None:
                reason = message("access.arc.dials", device=claim.id, interface=one.name, how=one.dials.value)
                told.fault(where, reason, subject=subject)
            elif _may_dial(one):
                told.doubt(where, message("access.arc.may-dial", device=claim.id, interface=one.name))
            for held in _foreign(case, one, (claim.id, one.name) in lans):
                reason = message("access.arc.foreign", device=claim.id, interface=one.name, address=shown(held.value))
                told.fault(held.where, reason, subject=held.value)


def _may_dial(one: Interface) -> bool:
    """Something said of dialling that was not understood; a dialler, or an address that another network gives."""
    if one.dials.state == UNKNOWN:
        return True
    up = one.shutdown.value is not True
    return up and (one.kind in ("dialer", "cellular") or one.dhcp.value == "client")


def _foreign(case: Case, one: Interface, lan: bool) -> Iterator[Address]:
    """Addresses of an interface by which it may face the Internet; a loopback faces nothing."""
    for held in one.addresses if one.kind != "loopback" else ():
        if not planned(case, held.value) and not nobodys(held.value) and not (lan and private(held.value)):
            yield held


@clause("unified-exit", "declaration")
def exit_unified(case: Case, told: Told) -> None:
    """NA-ARC-09: a site whose class has the unified exit has none of its own."""
    if not _unified(case, told):
        return
    told.checked()
    if case.site.internet.exit not in ("unified", "none"):
        reason = message("access.arc.own-exit", found=shown(case.site.internet.exit))
        told.fault(case.site.internet.at, reason, subject="internet")


@clause("unified-exit", "probe")
def exit_by_uplink(case: Case, told: Told) -> None:
    """NA-ARC-09: the first hop outside the site, on the way to the Internet, is the far end of a declared uplink.

    A path that ends at the site's own device leaves nowhere, which is no fault; one that shows nothing is a doubt.
    """
    if not _unified(case, told):
        return
    for probe in aimed(case, told, finished(case, told, "internet-path"), sentinel):
        hops = fact(told, probe, texts, "hops")
        if hops is None:
            continue
        told.checked()
        outside = next((hop for hop in hops if hop and not own(case, hop) and not in_lans(case, hop)), None)
        if not any(hops):
            told.doubt(probe.where, message("access.arc.hop-silent"))
        elif outside is not None and not providers(case, outside):
            told.fault(probe.where, message("access.arc.exit", hop=shown(outside)), subject=outside)


def _unified(case: Case, told: Told) -> bool:
    known = case.rules.classes.get(case.site.user_class)
    if known is not None and known.exit == "unified":
        return True
    told.idle(message("access.arc.no-unified-exit"))
    return False


@clause("one-machine-two-nets", "probe")
def one_network(case: Case, told: Told) -> None:
    """NA-ARC-10: the terminal has no other way out than the site's, no other card with an answer from the Internet, and
    nothing in the LAN is an open proxy.
    """
    for probe in finished(case, told, "second-network", "proxy"):
        if probe.kind == "proxy":
            _proxies(told, probe)
        else:
            _other_ways(case, told, probe)


def _proxies(told: Told, probe: Probe) -> None:
    found = fact(told, probe, tables, "open")
    if found is None:
        return
    told.checked()
    for one in found:
        place = f"{text_in(one, 'address') or '?'}:{shown(str(one.get('port', '?')))}"
        told.fault(probe.where, message("access.arc.proxy", place=shown(place)), subject=shown(place))


def _other_ways(case: Case, told: Told, probe: Probe) -> None:
    answers, ways = fact(told, probe, texts, "answers"), fact(told, probe, tables, "default_routes")
    cards = fact(told, probe, tables, "interfaces")
    if answers is None or ways is None or cards is None:
        return
    told.checked()
    for one in answers:
        told.fault(probe.where, message("access.arc.second-answer", address=shown(one)), subject=one)
    inside = {text_in(card, "name") for card in cards if _carries(case, texts_in(card, "addresses") or ())}
    for way in ways:
        gateway, card = text_in(way, "gateway") or "", text_in(way, "interface") or ""
        if own(case, gateway) or in_lans(case, gateway) or ((not gateway or nobodys(gateway)) and card in inside):
            continue
        reason = message("access.arc.second-way", interface=shown(card) or "?", gateway=shown(gateway) or "-")
        told.fault(probe.where, reason, subject=gateway or card)


def _carries(case: Case, addresses: tuple[str, ...]) -> bool:
    """Has a card of the terminal an address of a declared LAN?"""
    return any(in_lans(case, one.partition("/")[0]) for one in addresses)


@clause("one-machine-two-nets", "statement")
def terminals_stated(case: Case, told: Told) -> None:
    """NA-ARC-10: no terminal is used on two networks, says a signed statement."""
    stated(case, told, "terminals-one-network")


@clause("area-separation", "probe")
def areas_silent(case: Case, told: Told) -> None:
    """NA-ARC-11: no host of another area answers; a site without a dedicated area has none to keep apart."""
    if not (case.observed and case.observed.of("area-isolation")) and not _dedicated_area(case):
        told.idle(message("access.arc.one-area"))
        return
    for probe in aimed(case, told, finished(case, told, "area-isolation"), dedicated):
        answers = fact(told, probe, texts, "answers")
        if answers is not None:
            told.checked()
            for one in answers:
                told.fault(probe.where, message("access.arc.area", place=shown(one)), subject=one)


def _dedicated_area(case: Case) -> bool:
    attached = [*(one.vpn for one in case.site.lans), *(one.vpn for one in case.site.uplinks)]
    return bool(case.site.vpns) or any(attached) or any(one.kind == "dedicated" for one in case.site.areas)


@clause("area-separation", "configuration", reads=("vpn", "route"))
def areas_apart(case: Case, told: Told) -> None:
    """NA-ARC-11: the public instance imports no VPN's target, and no static route leads from it into a VPN or back."""
    dedicated = {one.instance for one in case.rules.vpns}
    targets = {target for one in case.rules.vpns for target in one.exports}
    for claim, config in configured(case, told):
        told.checked()
        for one in config.instances:
            for target, where in one.imports if one.name not in dedicated else ():
                if target in targets:
                    reason = message("access.arc.import", device=claim.id, instance=one.name, target=target)
                    told.fault(where, reason, subject=target)
        for route in config.routes:
            if route.into and route.into != route.instance and not {route.into, route.instance} <= dedicated:
                reason = message(
                    "access.arc.crossing", device=claim.id, prefix=shown(route.prefix),
                    instance=route.instance or "public", into=route.into,
                )  # fmt: skip
                told.fault(route.where, reason, subject=route.prefix)
