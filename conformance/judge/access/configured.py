"""The configurations that a clause reads, and what holds of a setting where a file says nothing of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.judge.access.case import Case, Device, Told, Unreadable
from conformance.judge.access.config import DeviceConfig, Interface, Read
from conformance.judge.access.site import DeviceClaim, Lan, Uplink
from conformance.judge.rulebook import Location
from conformance.messages import message

_SWITCHES: Mapping[str, bool] = {"on": True, "off": False, "permit": True, "deny": False}


def configured(case: Case, told: Told) -> Iterator[tuple[DeviceClaim, DeviceConfig]]:
    """Each device with its configuration. Of one of layer 3 without a configuration that we read it tells that the
    method could not be carried out; also where no device at all has one.
    """
    for device in case.devices:
        if isinstance(device.config, DeviceConfig):
            yield device.claim, device.config
        elif isinstance(device.config, Unreadable):
            told.unrun(message("access.unreadable", device=device.claim.id))
        elif device.claim.routes or not _any(case.devices):
            told.unrun(message("access.no-configuration", device=device.claim.id))
    if not case.devices:
        told.unrun(message("access.no-configuration", device=case.site.id))


def _any(devices: tuple[Device, ...]) -> bool:
    return any(device.config is not None for device in devices)


def switched(config: DeviceConfig, setting: Read[bool], name: str) -> bool | None:
    """Does a switch hold? As the file sets it, else by the platform's default of that name; None: nobody knows."""
    return setting.known(_SWITCHES.get(config.defaults.get(name, "")))


def amount(config: DeviceConfig, setting: Read[int], name: str) -> int | None:
    """A number, as :func:`switched`."""
    default = config.defaults.get(name, "")
    return setting.known(int(default) if default.isascii() and default.isdecimal() else None)


def place(config: DeviceConfig, *settings: Read[bool] | Read[int] | Read[str] | Read[tuple[str, ...]]) -> Location:
    """Where a setting stands, else the file that does not speak of it."""
    for setting in settings:
        if setting.where is not None:
            return setting.where
    return Location(config.coverage[0].file if config.coverage else config.device)


def meeting(config: DeviceConfig, claims: tuple[Lan, ...] | tuple[Uplink, ...]) -> dict[str, Interface | None]:
    """The interfaces of a device at which declared LANs or uplinks meet it, by name; None: the file has none such."""
    return {one.interface: config.interface(one.interface) for one in claims if one.device == config.device}


def denied(told: Told) -> str:
    """``configuration`` where the clause's configurations were judged before and show nothing wrong: what is observed
    otherwise contradicts them. Else empty.
    """
    method = "configuration"
    return method if told.count.get(method) and not any(one.method == method for one in told.faults) else ""
