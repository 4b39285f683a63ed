"""NA-ARC-01 to NA-ARC-04: the site's class, devices and mode of access; separation from the inner network."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.access.aimed import aimed, beyond
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import DeviceConfig
from conformance.judge.access.configured import configured
from conformance.judge.access.facts import fact, shown, texts
from conformance.judge.access.ground import extranet, in_lans, inner, own, providers
from conformance.judge.access.site import DeviceClaim
from conformance.judge.access.stated import stated
from conformance.judge.rulebook import Location
from conformance.messages import message


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
        if claim.routes or claim.file:
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
        routers = sum(1 for one in case.site.devices if one.routes)
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
