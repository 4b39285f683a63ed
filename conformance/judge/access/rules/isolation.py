"""NA-ARC-05 to NA-ARC-11: the Internet and the other areas cannot be reached, by any way."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.access.aimed import aimed, dedicated, sentinel
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import UNKNOWN, Address, Interface
from conformance.judge.access.configured import configured, denied
from conformance.judge.access.facts import fact, shown, tables, text_in, texts, texts_in
from conformance.judge.access.ground import extranet, in_lans, nobodys, own, planned, private, providers
from conformance.judge.access.observed import Probe
from conformance.judge.access.stated import stated
from conformance.messages import message

_EVERYTHING = ("0.0.0.0/0", "::/0")
_TRANSITION = ("6to4", "isatap", "teredo", "ipv6-ipv4")


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
