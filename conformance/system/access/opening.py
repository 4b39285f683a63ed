"""What was handed in of an access point, read whole before anything is judged.

What is wrong with how it was handed in (no folder, a declaration that its schema refuses, a configuration that is
named and not there, results of probes that were changed) is configuration. What its contents say is judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.judge.access.case import Case, Device
from conformance.judge.access.config import Coverage, DeviceConfig
from conformance.judge.access.site import Site
from conformance.standard.access.model import AccessRules
from conformance.system.access.configs.reading import read_device
from conformance.system.access.configs.shared import interface_name
from conformance.system.access.configs.table import NotUnderstoodError
from conformance.system.access.declaration import declaration_file, read_site
from conformance.system.access.observed import read_observed
from conformance.system.declaration import Target
from conformance.system.problem import ConfigurationError, Place, Problem, problem

#: Where the results of probes lie in an access point's folder.
OBSERVED = "observed"


@dataclass(frozen=True)
class Handed:
    """A file, or the files of a folder as one, that a verdict rests on; ``path`` below the access point's folder."""

    path: str
    format: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class AccessPoint:
    """An access point as a case, the files that it was read from, and how far each configuration was understood."""

    case: Case
    inputs: tuple[Handed, ...]
    coverage: tuple[Mapping[str, str | int], ...]


def open_points(targets: Sequence[Target], rules: AccessRules, today: str) -> dict[str, AccessPoint]:
    """Each access point by target; ``today`` is ``YYYYMMDD``. Raises :class:`ConfigurationError` with every problem."""
    points: dict[str, AccessPoint] = {}
    problems: list[Problem] = []
    for target in targets:
        folder, day = target.source.path, target.as_of or today
        if not folder.is_dir():
            problems.append(problem(target.source.place, "source.no-access-folder", folder=folder.name))
            continue
        try:
            points[target.name] = open_point(folder, rules, f"{day[:4]}-{day[4:6]}-{day[6:]}", target.name)
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return points


def open_point(folder: Path, rules: AccessRules, today: str, name: str = "") -> AccessPoint:
    """The access point in a folder; ``today`` is ``YYYY-MM-DD``, ``name`` the target's.

    Raises :class:`ConfigurationError`.
    """
    site = read_site(folder, rules)
    problems = [
        problem(
            Place(one.at.line, 1, one.at.path, one.at.file),
            "source.no-access-configuration",
            file=one.file,
            device=one.id,
        )
        for one in site.devices
        if one.file and not _there(folder / one.file)
    ]
    try:
        observed = read_observed(folder / OBSERVED)
    except ConfigurationError as error:
        problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    devices = tuple(read_device(claim, folder, rules) for claim in site.devices)
    case = Case(_spelled_out(site, devices), devices, observed, rules, rules.profiles[site.profile], today)
    return AccessPoint(case, tuple(_inputs(folder, devices)), tuple(_coverage(name, devices, rules)))


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def _spelled_out(site: Site, devices: Sequence[Device]) -> Site:
    """The site with its interfaces named as the configurations do: people declare ``GE0/0/3``."""
    configs = {one.claim.id: one.config for one in devices if isinstance(one.config, DeviceConfig)}

    def named(device: str, interface: str) -> str:
        config = configs.get(device)
        if config is None or config.interface(interface):
            return interface
        try:
            whole = interface_name(interface)
        except NotUnderstoodError:
            return interface
        return whole if config.interface(whole) else interface

    return replace(
        site,
        uplinks=tuple(replace(one, interface=named(one.device, one.interface)) for one in site.uplinks),
        lans=tuple(replace(one, interface=named(one.device, one.interface)) for one in site.lans),
    )


def _inputs(folder: Path, devices: Sequence[Device]) -> Iterator[Handed]:
    yield _handed(folder, declaration_file(folder), "access")
    for device in devices:
        if device.digest:
            path = folder / device.claim.file
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            size = sum(one.stat().st_size for one in files if one.is_file())
            yield Handed(device.claim.file, device.claim.platform or "unknown", size, device.digest)
    for path in sorted((folder / OBSERVED).glob("*.json")):
        yield _handed(folder, path, "observed")


def _handed(folder: Path, path: Path, form: str) -> Handed:
    content = path.read_bytes()
    return Handed(path.relative_to(folder).as_posix(), form, len(content), hashlib.sha256(content).hexdigest())


def _coverage(name: str, devices: Sequence[Device], rules: AccessRules) -> Iterator[Mapping[str, str | int]]:
    for device in devices:
        found = device.config.coverage if isinstance(device.config, DeviceConfig) else ()
        platform = rules.platforms.get(device.claim.platform)
        for one in found or ((Coverage(device.claim.file, 0, 0, 0),) if device.claim.file else ()):
            yield {
                "target": name,
                "device": device.claim.id,
                "platform": device.claim.platform,
                "level": platform.level if platform and found else "none",
                "file": one.file,
                "recognised": one.recognised,
                "ignored": one.ignored,
                "unread": one.unread,
                "complete": "yes" if one.complete else "no",
            }
