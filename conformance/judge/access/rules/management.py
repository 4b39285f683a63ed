"""NA-MGT: time, SNMP, who may reach the device and how, what it reports, whose accounts it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.judge.access.aimed import aimed, of_a_device, unaimed
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import ABSENT, DeviceConfig, Line, Listed, Read, Service, Snmp
from conformance.judge.access.configured import amount, configured, denied, place, switched
from conformance.judge.access.facts import (
    address,
    fact,
    finite,
    flag,
    mapping,
    number,
    shown,
    text,
    texts_in,
    whole,
    wholes,
)
from conformance.judge.access.observed import Met, Probe
from conformance.judge.access.prefixes import PrefixSet
from conformance.judge.access.stated import stated
from conformance.judge.rulebook import Location
from conformance.messages import Message, message

#: The kind of a secret that was blanked so that its kind cannot be seen.
_HIDDEN = "masked"
#: Longer numbers are told by their size.
_LONG = 1e9
_CENTRAL, _LOCAL = ("radius", "tacacs", "hwtacacs"), "local"
_SSH_LISTS = ("kex", "ciphers", "macs", "host_keys")


@clause("time", "configuration", reads=("ntp",))
def time_sources(case: Case, told: Told) -> None:
    """NA-MGT-01: each device has at least so many time sources, all of them declared."""
    least = case.profile.value("ntp", "sources")
    for claim, config in configured(case, told):
        told.checked()
        strange = _undeclared(config.ntp, case.site.services.ntp)
        for one in strange:
            reason = message("access.mgt.time-source", device=claim.id, address=shown(one.address))
            told.fault(one.where, reason, subject=f"{claim.id}.ntp")
        known = {one.address for one in config.ntp}
        if len(known) < least:
            reason = message("access.mgt.time-few", device=claim.id, number=len(known), least=least)
            told.fault(_first(config, config.ntp), reason, subject=f"{claim.id}.ntp")


def _undeclared(listed: Sequence[Listed], declared: Sequence[str]) -> list[Listed]:
    """Entries of a list whose address is none of the declared."""
    known = {address(one) for one in declared}
    return [one for one in listed if address(one.address) is None or address(one.address) not in known]


def _first(config: DeviceConfig, listed: Sequence[Listed]) -> Location:
    return listed[0].where if listed else place(config)


@clause("time", "probe")
def time_right(case: Case, told: Told) -> None:
    """NA-MGT-01: each declared source is synchronised and within the offset."""
    asked = set()
    for probe in finished(case, told, "ntp"):
        server, offset = fact(told, probe, text, "server"), fact(told, probe, number, "offset_ms")
        stratum, leap = fact(told, probe, whole, "stratum"), fact(told, probe, whole, "leap")
        if server is None or offset is None or stratum is None or leap is None:
            continue
        told.checked()
        asked.add(address(server))
        value = case.profile.value
        lowest, highest = value("ntp", "stratum_lowest"), value("ntp", "stratum_highest")
        if not lowest <= stratum <= highest or leap == value("ntp", "leap_alarm"):
            reason = message("access.mgt.time-unsynchronised", server=shown(server), stratum=stratum, leap=leap)
            told.fault(probe.where, reason, subject=server)
        elif abs(offset) > value("ntp", "offset_ms"):
            reason = message("access.mgt.time-offset", server=shown(server), offset=_rounded(offset))
            told.fault(probe.where, reason, subject=server)
    if case.observed is not None and case.observed.of("ntp"):
        for one in case.site.services.ntp:
            if address(one) not in asked and not _spoken(case, told, one):
                told.doubt(case.site.services.at, message("access.mgt.time-unasked", server=shown(one)))


def _spoken(case: Case, told: Told, server: str) -> bool:
    """Was it already told why a probe of this server decides nothing?"""
    probes = case.observed.of("ntp") if case.observed else ()
    told_at = {one.where for one in told.doubts}
    return bool(told.unruns) or any(one.where in told_at and one.target == server for one in probes)


def _rounded(value: float) -> str:
    return f"{value:.1f}" if abs(value) < _LONG else f"{value:.3g}"


@clause("snmp", "configuration", reads=("snmp",))
def snmp_private(case: Case, told: Told) -> None:
    """NA-MGT-02: SNMP is version 3 with privacy only; no community stands in the file."""
    for claim, config in configured(case, told):
        told.checked()
        for where, reason in _snmp_faults(case, claim.id, config.snmp):
            told.fault(where, reason, subject=f"{claim.id}.snmp")
        for user in config.snmp.users:
            if user.level in case.profile.value("snmp", "levels") and not (user.auth and user.priv):
                told.doubt(user.where, message("access.unsure", device=claim.id, what="SNMP algorithms"))


def _snmp_faults(case: Case, device: str, snmp: Snmp) -> Iterator[tuple[Location, Message]]:
    for version, where in snmp.versions:
        if version != "v3":
            yield where, message("access.mgt.snmp-version", device=device, version=shown(version))
    for where in snmp.communities:
        if where not in snmp.default_names:
            yield where, message("access.mgt.snmp-community", device=device)
    for where in snmp.default_names:
        yield where, message("access.mgt.snmp-default", device=device)
    for user in snmp.users:
        if user.level not in case.profile.value("snmp", "levels"):
            yield user.where, message("access.mgt.snmp-level", device=device, level=shown(user.level))
        for name, value in (("auth", user.auth), ("priv", user.priv)):
            if value and value not in case.profile.value("snmp", name):
                yield user.where, message("access.mgt.snmp-algorithm", device=device, value=shown(value))


@clause("snmp", "probe")
def snmp_silent(case: Case, told: Told) -> None:
    """NA-MGT-02: versions 1 and 2c with the default names get no answer.

    Silence proves something only where version 3 answers, or where the configuration lets managers in only.
    """
    for probe in aimed(case, told, finished(case, told, "snmp"), of_a_device):
        found = {name: fact(told, probe, flag, name) for name in ("v1", "v2c", "v3")}
        if None in found.values():
            continue
        told.checked()
        for name in ("v1", "v2c"):
            if found[name]:
                reason = message("access.mgt.snmp-answers", version=name, place=shown(probe.target))
                told.fault(probe.where, reason, subject=f"{probe.target}.snmp.{name}", contradicts=denied(told))
        if not any(found.values()) and not _limited(case, "snmp"):
            told.doubt(probe.where, message("access.mgt.snmp-mute"))
    unaimed(case, told, "snmp")


def _limited(case: Case, kind: str) -> bool:
    """Does each configuration that runs a service limit who reaches it, or not run it?"""
    found = [config.service(kind) for config in case.configs]
    return bool(found) and all(one is not None and (one.sources.value or one.enabled.value is False) for one in found)


@clause("management-sources", "configuration", reads=("line", "snmp", "filter"))
def sources_limited(case: Case, told: Told) -> None:
    """NA-MGT-03: each management service that runs is limited to the declared management prefixes.

    Services that must be off at all are NA-MGT-04's. What neither the file nor the pack's defaults of the platform know
    is no service of that platform.
    """
    services = case.site.services
    allowed = PrefixSet.of((*(one.prefix for one in services.management), *services.snmp_managers))
    forbidden = case.profile.value("services", "forbidden")
    kinds = [one for one in case.profile.value("services", "limited") if one not in forbidden]
    for claim, config in configured(case, told):
        told.checked()
        for kind in kinds:
            service = config.service(kind)
            if service is None and f"{kind}-server" not in config.defaults:
                continue
            service = service or Service(kind, None)
            runs = switched(config, service.enabled, f"{kind}-server")
            where, subject = service.where or place(config), f"{claim.id}.{kind}"
            limits = service.sources.known(())
            if runs is False:
                continue
            if runs is None or limits is None:
                told.doubt(where, message("access.unsure", device=claim.id, what=kind))
            elif service.sources.state == ABSENT:
                told.fault(where, message("access.mgt.sources-any", device=claim.id, kind=kind), subject=subject)
            for one in limits or ():
                if not allowed.holds(one):
                    reason = message("access.mgt.sources", device=claim.id, kind=kind, prefix=shown(one))
                    told.fault(service.sources.where or where, reason, subject=subject)


@clause("management-sources", "probe")
def outside_silent(case: Case, told: Told) -> None:
    """NA-MGT-03: no management service answers from the side of the uplink."""
    for probe in aimed(case, told, finished(case, told, "management-outside"), of_a_device):
        ports = fact(told, probe, wholes, "open")
        if ports is not None:
            told.checked()
            for one in ports:
                reason = message("access.mgt.outside", place=shown(probe.target), port=one)
                told.fault(probe.where, reason, subject=f"{probe.target}:{one}")
    unaimed(case, told, "management-outside")


@clause("management-protocols", "configuration", reads=("line",))
def protocols_good(case: Case, told: Told) -> None:
    """NA-MGT-04: Telnet, HTTP, FTP and TFTP are off; SSH is of version 2 with allowed algorithms."""
    for claim, config in configured(case, told):
        told.checked()
        for kind in case.profile.value("services", "forbidden"):
            service = config.service(kind) or Service(kind, None)
            runs = switched(config, service.enabled, f"{kind}-server")
            where = service.enabled.where or service.where or place(config)
            if runs is None:
                told.doubt(where, message("access.unsure", device=claim.id, what=kind))
            elif runs:
                reason = message("access.mgt.protocol", device=claim.id, kind=kind)
                told.fault(where, reason, subject=f"{claim.id}.{kind}")
        _ssh(case, told, config)


def _ssh(case: Case, told: Told, config: DeviceConfig) -> None:
    """SSH where it runs. Algorithms that the file leaves to the device are judged where they are seen, by the probe."""
    service = config.service("ssh") or Service("ssh", None)
    if switched(config, service.enabled, "ssh-server") is False:
        return
    where, device = service.where or place(config), config.device
    version = service.version.known(config.defaults.get("ssh-version", "unknown"))
    if version in (None, "unknown"):
        told.doubt(where, message("access.unsure", device=device, what="SSH"))
    elif version not in case.profile.value("ssh", "versions"):
        reason = message("access.mgt.ssh-version", device=device, version=shown(version or ""))
        told.fault(service.version.where or where, reason, subject=f"{device}.ssh.version")
    allowed = {one for name in _SSH_LISTS for one in case.profile.value("ssh", name)}
    for one in service.algorithms:
        if one.lower() not in allowed:
            reason = message("access.mgt.ssh-algorithm", device=device, value=shown(one))
            told.fault(where, reason, subject=f"{device}.ssh.algorithms")


@clause("management-protocols", "probe")
def protocols_observed(case: Case, told: Told) -> None:
    """NA-MGT-04: none of these protocols answers from the LAN, and SSH offers allowed algorithms only."""
    ports = case.profile.value("ports", "management")
    forbidden = {ports[kind]: kind for kind in case.profile.value("services", "forbidden") if kind in ports}
    for probe in aimed(case, told, finished(case, told, "management-ports"), of_a_device):
        found, ssh = fact(told, probe, wholes, "open"), fact(told, probe, mapping, "ssh")
        if found is None or ssh is None:
            continue
        told.checked()
        for port in found:
            if port in forbidden:
                reason = message("access.mgt.port", place=shown(probe.target), port=port, kind=forbidden[port])
                told.fault(probe.where, reason, subject=f"{probe.target}:{port}", contradicts=denied(told))
        for name in _SSH_LISTS if ports["ssh"] in found else ():
            _offered(case, told, probe, name, texts_in(ssh, name))
    unaimed(case, told, "management-ports")


def _offered(case: Case, told: Told, probe: Probe, name: str, offered: tuple[str, ...] | None) -> None:
    if not offered:
        told.doubt(probe.where, message("access.mgt.ssh-unseen", name=name))
    for one in offered or ():
        if one.lower() not in case.profile.value("ssh", name):
            reason = message("access.mgt.ssh-offers", place=shown(probe.target), value=shown(one))
            told.fault(probe.where, reason, subject=f"{probe.target}.ssh")


@clause("syslog", "configuration", reads=("syslog",))
def collectors_set(case: Case, told: Told) -> None:
    """NA-MGT-05: each device reports to each declared collector, and to no other."""
    declared = case.site.services.collectors
    for claim, config in configured(case, told):
        told.checked()
        known = {address(one.address) for one in config.collectors}
        missing = [one for one in declared if address(one) not in known]
        if not declared and not config.collectors:
            reason = message("access.mgt.no-collector", device=claim.id)
            told.fault(place(config), reason, subject=f"{claim.id}.syslog")
        for one in missing:
            reason = message("access.mgt.collector", device=claim.id, address=shown(one))
            told.fault(place(config), reason, subject=f"{claim.id}.syslog")
        for listed in _undeclared(config.collectors, declared):
            reason = message("access.mgt.collector-other", device=claim.id, address=shown(listed.address))
            told.fault(listed.where, reason, subject=f"{claim.id}.syslog")


@clause("syslog", "probe")
def events_arrive(case: Case, told: Told) -> None:
    """NA-MGT-05: the event that the probe caused reached the collector in time, under the name of a declared device."""
    names: set[str] = set()
    for probe in finished(case, told, "syslog"):
        met = case.observed.met("syslog", probe.id) if case.observed else None
        if met is None:
            told.doubt(probe.where, message("access.no-responder", kind="syslog"))
            continue
        told.checked()
        if not met:
            told.fault(probe.where, message("access.mgt.event-lost"), subject=probe.id)
        else:
            _arrived(case, told, met)
            names.add(str(met[0].facts.get("hostname")))
    if told.count.get(told.method) and not (told.unruns or told.faults):
        for one in case.site.devices:
            if one.routes and one.hostname not in names:
                told.unrun(message("access.unprobed", kind="syslog", what=one.id))


def _arrived(case: Case, told: Told, met: Sequence[Met]) -> None:
    """The first record of the event decides; later ones are copies of it."""
    first = met[0]
    name, delay = first.facts.get("hostname"), finite(first.facts.get("delay_ms"))
    if not isinstance(name, str) or delay is None:
        told.doubt(first.where, message("access.probe.broken", kind="syslog", reason="facts"))
        return
    if name not in {one.hostname for one in case.site.devices}:
        told.fault(first.where, message("access.mgt.event-name", name=shown(name)), subject="syslog.hostname")
    limit = case.profile.value("logs", "arrival_ms")
    if abs(delay) > limit:
        told.fault(first.where, message("access.mgt.event-late", limit=limit), subject="syslog.delay")


@clause("log-retention", "declaration")
def logs_kept(case: Case, told: Told) -> None:
    """NA-MGT-06: logs are kept at least so many days."""
    told.checked()
    days, least = case.site.services.retention_days, case.profile.value("logs", "retention_days")
    if days is None or days < least:
        reason = message("access.mgt.retention", days=days if days is not None else "-", least=least)
        told.fault(case.site.services.at, reason, subject="retention")


@clause("log-retention", "statement")
def logs_protected(case: Case, told: Told) -> None:
    """NA-MGT-06: nobody can change the logs, says a signed statement."""
    stated(case, told, "log-protection")


@clause("accounts", "configuration", reads=("aaa", "line"))
def accounts_good(case: Case, told: Told) -> None:
    """NA-MGT-07: central authentication with local fall-back, lock-out, idle time-out, own accounts, hashed secrets."""
    for claim, config in configured(case, told):
        told.checked()
        _schemes(told, claim.id, config)
        _users(case, told, config)
        _lines(case, told, config)
        tries, locked = case.profile.value("accounts", "tries"), case.profile.value("accounts", "locked_seconds")
        _bounded(told, config, config.accounts.tries, "lock-out-tries", (1, tries))
        _bounded(told, config, config.accounts.locked, "lock-out-seconds", (locked, None))


def _schemes(told: Told, device: str, config: DeviceConfig) -> None:
    """Someone central is asked first, the device itself only after."""
    schemes = config.accounts.schemes
    found = schemes.known(())
    if found is None:
        told.doubt(place(config, schemes), message("access.unsure", device=device, what="AAA"))
    elif not found or found[0] not in _CENTRAL or _LOCAL not in found[1:]:
        reason = message("access.mgt.schemes", device=device, found=shown(", ".join(found)) or "-")
        told.fault(place(config, schemes), reason, subject=f"{device}.aaa")


def _users(case: Case, told: Told, config: DeviceConfig) -> None:
    device, names = config.device, case.profile.value("accounts", "default_names")
    for user in config.accounts.users:
        if user.name.lower() in names:
            reason = message("access.mgt.default-account", device=device)
            told.fault(user.where, reason, subject=f"{device}.users")
        if user.secret == _HIDDEN:
            told.doubt(user.where, message("access.mgt.secret-masked", device=device))
        elif user.secret not in case.profile.value("accounts", "secrets"):
            reason = message("access.mgt.secret", device=device, kind=shown(user.secret))
            told.fault(user.where, reason, subject=f"{device}.users")


def _lines(case: Case, told: Told, config: DeviceConfig) -> None:
    lines = config.accounts.lines or (Line("-", place(config)),)
    for line in lines:
        _bounded(told, config, line.idle, "line-idle", (1, case.profile.value("accounts", "idle_seconds")))
        way = line.authentication.known("")
        if not way:
            what = f"line {shown(line.name)}"
            told.doubt(line.where, message("access.unsure", device=config.device, what=what))
        elif way in ("none", "password"):
            reason = message("access.mgt.line", device=config.device, name=shown(line.name), way=way)
            told.fault(line.authentication.where or line.where, reason, subject=f"{config.device}.{line.name}")


def _bounded(told: Told, config: DeviceConfig, setting: Read[int], what: str, bounds: tuple[int, int | None]) -> None:
    """Tell a number that is outside its bounds, or of which nobody knows what it is; ``what`` names its default."""
    value = amount(config, setting, what)
    least, most = bounds
    if value is None:
        told.doubt(place(config, setting), message("access.unsure", device=config.device, what=what))
    elif value < least or (most is not None and value > most):
        reason = message("access.mgt.number", device=config.device, what=what, found=value)
        told.fault(place(config, setting), reason, subject=f"{config.device}.{what}")
