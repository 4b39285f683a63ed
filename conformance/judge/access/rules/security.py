"""NA-SEC-06 to 08: who is let into the LAN, protection against intrusion, and what a device need not do.

The rules over filters (NA-SEC-01 to 05) are in :mod:`conformance.judge.access.rules.boundary`.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.access.case import Case, Told, clause
from conformance.judge.access.config import ABSENT, UNKNOWN, DeviceConfig, Interface, Read
from conformance.judge.access.configured import configured, meeting, place, switched
from conformance.judge.access.dated import age
from conformance.judge.access.facts import shown
from conformance.judge.access.site import DeviceClaim
from conformance.messages import message


@clause("admission", "declaration")
def admission_declared(case: Case, told: Told) -> None:
    """NA-SEC-06: terminals are admitted by 802.1X or by a platform."""
    told.checked()
    found, allowed = case.site.security.admission, case.profile.value("access", "admission")
    if found not in allowed:
        reason = message("access.sec.admission", found=shown(found) or "-", allowed=", ".join(allowed))
        told.fault(case.site.security.at, reason, subject="admission")


@clause("admission", "configuration", reads=("admission",))
def admission_configured(case: Case, told: Told) -> None:
    """NA-SEC-06: where 802.1X is declared it is on, for the device and at each interface to a LAN.

    A VLAN interface has it at the ports of its VLAN. A device to which no LAN is attached has nothing to do with it.
    """
    if case.site.security.admission != "802.1x":
        told.idle(message("access.sec.no-802.1x"))
        return
    for claim, config in configured(case, told):
        held = meeting(config, case.site.lans)
        if not held:
            continue
        told.checked()
        whole = switched(config, config.dot1x, "dot1x")
        if whole is False or (whole is None and config.dot1x.state != UNKNOWN):
            reason = message("access.sec.802.1x-off", device=claim.id)
            told.fault(place(config, config.dot1x), reason, subject=f"{claim.id}.dot1x")
            continue
        if whole is None:
            told.doubt(place(config, config.dot1x), message("access.unsure", device=claim.id, what="802.1X"))
        _ports_admit(told, claim, config, held)


def _ports_admit(told: Told, claim: DeviceClaim, config: DeviceConfig, held: dict[str, Interface | None]) -> None:
    for name, interface in held.items():
        told.checked()
        ports = tuple(_ports(config, interface))
        if not ports:
            told.doubt(place(config), message("access.sec.no-port", device=claim.id, interface=shown(name)))
        for port in ports:
            on = switched(config, port.dot1x, "dot1x")
            if port.dot1x.state == UNKNOWN:
                told.doubt(port.where, message("access.unsure", device=claim.id, what=f"802.1X ({port.name})"))
            elif not on:
                reason = message("access.sec.802.1x-port", device=claim.id, interface=port.name)
                told.fault(port.dot1x.where or port.where, reason, subject=f"{claim.id}.{port.name}.dot1x")


def _ports(config: DeviceConfig, interface: Interface | None) -> Iterator[Interface]:
    """Where terminals meet the device: the interface itself, or the ports of its VLAN where it has any."""
    if interface is None:
        return
    if interface.kind != "vlan" or interface.dot1x.value:
        yield interface
        return
    number = interface.vlan.value
    if number is None:
        digits = interface.name.lower().removeprefix("vlan").lstrip("-if")
        number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < len("00000") else None
    for one in config.interfaces:
        if number is not None and one.kind == "physical" and one.vlan.value == number:
            yield one


@clause("intrusion-protection", "declaration")
def protection_recent(case: Case, told: Told) -> None:
    """NA-SEC-07: firewall, intrusion and malware protection are named, and the signatures are recent."""
    security = case.site.security
    told.checked()
    if not security.firewall.strip():
        told.fault(security.at, message("access.sec.product", what="firewall"), subject="security.firewall")
    for what, product, day in (
        ("intrusion", security.intrusion, security.intrusion_signatures),
        ("malware", security.malware, security.malware_signatures),
    ):
        told.checked()
        days, allowed = age(day, case.today), case.profile.value("security", "signature_days")
        if not product.strip():
            told.fault(security.at, message("access.sec.product", what=what), subject=f"security.{what}")
        elif days is None or days < 0:
            told.fault(security.at, message("access.sec.signature-date", what=what), subject=f"security.{what}")
        elif days > allowed:
            reason = message("access.sec.signature-old", what=what, days=days, allowed=allowed)
            told.fault(security.at, reason, subject=f"security.{what}")


@clause("hardening", "configuration", reads=("hardening", "interface"))
def hardened(case: Case, told: Told) -> None:
    """NA-SEC-08: no redirects, no source routing, no directed broadcast, no service that nobody needs.

    What an interface does not say of redirects the device says for it, and what neither says the platform does.
    """
    for claim, config in configured(case, told):
        told.checked(2)
        _off(told, config, config.hardening.source_route, "source-route")
        for name, where in config.hardening.unused:
            told.fault(where, message("access.sec.unused", device=claim.id, what=shown(name)), subject=name)
        facing = [one for one in config.interfaces if one.addresses and one.kind != "loopback"]
        unsaid = [one for one in facing if one.redirects.state == ABSENT]
        if unsaid or not facing:
            _off(told, config, config.hardening.redirects, "icmp-redirects")
        for one in facing:
            told.checked()
            if one.redirects.state != ABSENT:
                _off(told, config, one.redirects, "icmp-redirects", one.name)
            _off(told, config, one.directed_broadcast, "directed-broadcast", one.name)


def _off(told: Told, config: DeviceConfig, setting: Read[bool], what: str, interface: str = "") -> None:
    """Tell a switch that is on, or of which nobody knows whether it is; ``interface`` empty: of the whole device."""
    on = switched(config, setting, what)
    device, shown_as = config.device, f"{interface} {what}".strip()
    if on is None:
        told.doubt(place(config, setting), message("access.unsure", device=device, what=shown_as))
    elif on:
        reason = message("access.sec.on", device=device, what=shown_as)
        told.fault(place(config, setting), reason, subject=f"{device}.{shown_as}")
