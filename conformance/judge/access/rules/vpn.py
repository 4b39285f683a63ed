"""NA-VPN: instances, distinguishers and targets as registered; interfaces in their instances; nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.access.aimed import aimed, dedicated
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import UNKNOWN, DeviceConfig, Instance
from conformance.judge.access.configured import denied, place
from conformance.judge.access.edges import boundary, instance_of
from conformance.judge.access.facts import fact, shown, texts
from conformance.judge.access.site import Lan, Uplink
from conformance.messages import message
from conformance.standard.access.model import RegisteredVpn


def _registered(case: Case, vpn: str) -> RegisteredVpn | None:
    return next((one for one in case.rules.vpns if one.id == vpn), None)


def _instance(case: Case, vpn: str) -> str:
    """The registered name of a VPN's instance; the declared one where it is not registered."""
    found = _registered(case, vpn)
    return found.instance if found else instance_of(case.site, vpn)


@clause("vpn-registered", "declaration")
def vpns_registered(case: Case, told: Told) -> None:
    """NA-VPN-01: each VPN is registered for the site with this instance and this RD, and no RD is there twice."""
    if not case.site.vpns:
        told.idle(message("access.vpn.none"))
    known: set[str] = set()
    for vpn in case.site.vpns:
        told.checked()
        found = _registered(case, vpn.id)
        if vpn.rd in known:
            told.fault(vpn.at, message("access.vpn.rd-twice", rd=shown(vpn.rd)), subject=f"rd:{vpn.id}")
        elif found is None or case.site.id not in found.sites:
            told.fault(vpn.at, message("access.vpn.unregistered", vpn=shown(vpn.id)), subject=f"vpn:{vpn.id}")
        elif vpn.instance != found.instance:
            reason = message("access.vpn.instance", vpn=vpn.id, found=shown(vpn.instance), expected=found.instance)
            told.fault(vpn.at, reason, subject=f"vpn:{vpn.id}")
        elif vpn.rd != found.rd:
            reason = message("access.vpn.rd", vpn=vpn.id, found=shown(vpn.rd), expected=found.rd)
            told.fault(vpn.at, reason, subject=f"rd:{vpn.id}")
        known.add(vpn.rd)


def _present(case: Case, config: DeviceConfig) -> Iterator[tuple[RegisteredVpn, Instance | None]]:
    """The registered VPNs that the site declares on a device, or elsewhere while the device has the instance, too (as
    the second of two access routers may), with their instances there.
    """
    attached: list[Lan | Uplink] = [*case.site.lans, *case.site.uplinks]
    here = {one.vpn for one in attached if one.vpn and one.device == config.device}
    names = {one.name for one in config.instances}
    here |= {one.id for one in case.site.vpns if instance_of(case.site, one.id) in names}
    for vpn in sorted(here):
        found = _registered(case, vpn)
        if found is not None:
            name = instance_of(case.site, vpn)
            yield found, next((one for one in config.instances if one.name in (name, found.instance)), None)


@clause("vpn-registered", "configuration", reads=("vpn",))
def instances_registered(case: Case, told: Told) -> None:
    """NA-VPN-01: each declared VPN has its instance with the registered RD, and no other instance has one."""
    for config in boundary(case, told):
        present = list(_present(case, config))
        for vpn, instance in present:
            told.checked()
            if instance is None:
                reason = message("access.vpn.no-instance", vpn=vpn.id, instance=vpn.instance)
                told.fault(place(config), reason, subject=f"vpn:{vpn.id}")
            elif instance.rd.state == UNKNOWN:
                told.doubt(instance.where, message("access.vpn.rd-unknown", instance=instance.name))
            elif instance.rd.known("") != vpn.rd:
                found = shown(instance.rd.known("") or "-")
                reason = message("access.vpn.rd", vpn=vpn.id, found=found, expected=vpn.rd)
                told.fault(instance.rd.where or instance.where, reason, subject=f"rd:{vpn.id}")
        mine = [instance for _, instance in present]
        for other in config.instances:
            if other not in mine and other.rd.known(""):
                told.checked()
                reason = message(
                    "access.vpn.instance-extra", instance=shown(other.name), rd=shown(other.rd.value or "")
                )
                told.fault(other.where, reason, subject=f"vpn:{other.name}")
        if not present and not told.count.get(told.method):
            told.idle(message("access.vpn.none"))


@clause("route-targets", "configuration", reads=("vpn",))
def targets_registered(case: Case, told: Told) -> None:
    """NA-VPN-02: the targets that an instance imports and exports are those of the registry, all and no other."""
    for config in boundary(case, told):
        for vpn, instance in _present(case, config):
            if instance is None:
                continue  # told by NA-VPN-01
            for word, found, expected in (
                ("import", instance.imports, vpn.imports),
                ("export", instance.exports, vpn.exports),
            ):
                told.checked()
                names = {"instance": instance.name, "word": word}
                for target, where in found:
                    if target not in expected:
                        reason = message("access.vpn.target-foreign", target=shown(target), **names)
                        told.fault(where, reason, subject=f"target:{vpn.id}:{target}")
                for target in expected:
                    if target not in [one for one, _ in found]:
                        reason = message("access.vpn.target-missing", target=target, **names)
                        told.fault(instance.where, reason, subject=f"target:{vpn.id}:{target}")
    if not told.spoke(told.method):
        told.idle(message("access.vpn.none"))


@clause("interface-instance", "configuration", reads=("interface", "vpn"))
def interfaces_bound(case: Case, told: Told) -> None:
    """NA-VPN-03: each interface of a declared LAN or uplink is there, and in the instance of its declared VPN. A name
    that is not the registered one is told by NA-VPN-01.
    """
    for config in boundary(case, told):
        attached: list[tuple[str, Lan | Uplink]] = [(f"lan:{one.id}", one) for one in case.site.lans]
        attached += [(f"uplink:{one.id}", one) for one in case.site.uplinks]
        done: set[tuple[str, str]] = set()
        for subject, one in attached:
            if one.device != config.device or (one.interface, one.vpn) in done:
                continue
            done.add((one.interface, one.vpn))
            told.checked()
            interface = config.interface(one.interface)
            expected = instance_of(case.site, one.vpn)
            if interface is None:
                reason = message("access.vpn.no-interface", interface=shown(one.interface))
                told.fault(place(config), reason, subject=subject)
            elif interface.instance.state == UNKNOWN:
                told.doubt(interface.where, message("access.vpn.interface-unknown", interface=interface.name))
            elif (found := interface.instance.known("")) not in (expected, _instance(case, one.vpn)):
                reason = message(
                    "access.vpn.interface",
                    interface=interface.name,
                    found=shown(found or "-"),
                    expected=expected or "-",
                )
                told.fault(interface.instance.where or interface.where, reason, subject=subject)


@clause("no-leaking", "probe")
def other_vpns_silent(case: Case, told: Told) -> None:
    """NA-VPN-04: no host of another VPN answers."""
    for probe in aimed(case, told, finished(case, told, "vpn-isolation"), dedicated):
        answers = fact(told, probe, texts, "answers")
        if answers is None:
            continue
        told.checked()
        for one in answers:
            reason = message("access.vpn.answers", place=shown(one))
            told.fault(probe.where, reason, subject=f"vpn-isolation:{shown(one)}", contradicts=denied(told))


@clause("no-leaking", "configuration", reads=("vpn", "route"))
def no_way_between(case: Case, told: Told) -> None:
    """NA-VPN-04: no static route leads from one VPN's instance into another's without a registered exchange. A foreign
    target is told by NA-VPN-02, the public instance by NA-ARC-11.
    """
    by_instance = {one.instance: one for one in case.rules.vpns}
    for config in boundary(case, told):
        told.checked()
        for route in config.routes:
            near, far = by_instance.get(route.instance), by_instance.get(route.into)
            if near and far and near is not far and far.id not in near.exchanges and near.id not in far.exchanges:
                reason = message(
                    "access.vpn.between", prefix=shown(route.prefix), instance=near.instance, into=far.instance
                )
                told.fault(route.where, reason, subject=f"route:{route.prefix}")
