"""NA-NAT: translation as declared, to addresses of the site, for registered services, recorded."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import DeviceConfig, SourceNat
from conformance.judge.access.configured import denied
from conformance.judge.access.configured import place as file_of
from conformance.judge.access.edges import attached, boundary, same
from conformance.judge.access.facts import address, fact, shown, text, whole
from conformance.judge.access.observed import Probe
from conformance.judge.access.opened import opened
from conformance.judge.access.prefixes import PrefixSet, family_of
from conformance.judge.access.rules.addresses import allocated
from conformance.judge.access.site import Lan, StaticMapping
from conformance.messages import message

_IPV4 = 4
SOURCE, STATIC, NONE = "source", "static", "none"


@clause("nat-declared", "declaration")
def mode_fits(case: Case, told: Told) -> None:
    """NA-NAT-01: the mode fits pools, mappings and translated LANs."""
    nat, hidden = case.site.nat, any(one.translated for one in case.site.lans)
    told.checked()
    wrong = ""
    if nat.mode == NONE and (nat.pools or nat.mappings or hidden):
        wrong = "pools" if nat.pools else "static" if nat.mappings else "translated"
    elif nat.mode == SOURCE and not nat.pools:
        wrong = "pools"
    elif nat.mode == STATIC and (nat.pools or not nat.mappings):
        wrong = "pools" if nat.pools else "static"
    if wrong:
        told.fault(nat.at, message("access.nat.mode", mode=shown(nat.mode), what=wrong), subject="nat")


@clause("nat-declared", "configuration", reads=("nat",))
def source_nat_where_declared(case: Case, told: Told) -> None:
    """NA-NAT-01: addresses are translated by the way exactly where it is declared, by whichever device: a LAN of a
    firewall is also translated by the router before it.
    """
    configs = tuple(boundary(case, told))
    told.checked(len(configs))
    if case.site.nat.mode != SOURCE:
        for one in (each for config in configs for each in config.source_nat):
            told.fault(one.where, message("access.nat.undeclared"), subject="nat")
        return
    homes = [(config, {lan.id for lan, _ in attached(case, config)}) for config in configs]
    for lan in case.site.lans if configs else ():
        if family_of(lan.prefix) == _IPV4:
            for here in [config for config, held in homes if lan.id in held] or configs[:1]:
                told.checked()
                _translated(told, lan, here, _met(case, configs, lan, here))


def _translated(told: Told, lan: Lan, here: DeviceConfig, met: SourceNat | None) -> None:
    """Whether what a LAN sends by one of its devices meets a rule where, and only where, that is declared."""
    if lan.translated and met is None and told.method not in told.unruns:
        where = here.source_nat[0].where if here.source_nat else file_of(here)
        told.fault(where, message("access.nat.not-translated", lan=lan.id), subject=f"nat:{lan.id}")
    elif met is not None and not lan.translated:
        told.fault(met.where, message("access.nat.translated", lan=lan.id), subject=f"nat:{lan.id}")


def _met(case: Case, configs: tuple[DeviceConfig, ...], lan: Lan, here: DeviceConfig) -> SourceNat | None:
    """The rule that packets of a LAN meet which leave it by a device: one of its own, or, where that has no uplink of
    theirs, one of any device that has.
    """
    leaves = bool(_uplinks(case, here).get(lan.vpn))
    for config in configs:
        ways = _uplinks(case, config)
        out = ways.get(lan.vpn, set())
        if config is here or (out and not leaves):
            for one in config.source_nat:
                if _meets(one, PrefixSet.of(one.sources), out if ways else set(one.go_out), lan):
                    return one
    return None


def _uplinks(case: Case, config: DeviceConfig) -> dict[str, set[str]]:
    """The uplinks' interfaces of a device by VPN."""
    found: dict[str, set[str]] = {}
    for one in case.site.uplinks:
        if one.device == config.device:
            found.setdefault(one.vpn, set()).add(one.interface)
    return found


def _meets(one: SourceNat, sources: PrefixSet, out: set[str], lan: Lan) -> bool:
    """True where packets of a LAN that leave by an uplink of its VPN are translated."""
    if one.go_out and not out.intersection(one.go_out):
        return False
    return not one.sources or sources.meets(lan.prefix)


def _own(case: Case) -> PrefixSet:
    """What the site may show outside instead of its inner addresses."""
    return allocated(case, "lan", "pool")


@clause("nat-pools", "declaration")
def declared_pools(case: Case, told: Told) -> None:
    """NA-NAT-02: pools and the outside addresses of mappings lie in what the site was given."""
    nat = case.site.nat
    listed = [(one.prefix, one.at) for one in nat.pools] + [(one.outside, one.at) for one in nat.mappings]
    if not listed:
        told.idle(message("access.nat.none"))
    for prefix, where in listed:
        told.checked()
        if not _own(case).holds(prefix):
            told.fault(where, message("access.nat.pool-outside", prefix=shown(prefix)), subject=f"pool:{prefix}")


@clause("nat-pools", "configuration", reads=("nat",))
def configured_pools(case: Case, told: Told) -> None:
    """NA-NAT-02: so configured; only to declared pools, not to the address of an interface. Whether anything is to be
    translated is judged by NA-NAT-01, mappings that are not declared by NA-NAT-03.
    """
    declared, own = PrefixSet.of(one.prefix for one in case.site.nat.pools), _own(case)
    known = {address(one.outside) for one in case.site.nat.mappings} - {None}
    for config in boundary(case, told):
        for one in config.source_nat if case.site.nat.mode == SOURCE else ():
            told.checked()
            if one.easy or not one.pools:
                told.fault(one.where, message("access.nat.easy"), subject="pool")
            for pool in one.pools:
                subject = f"pool:{pool}"
                if not own.holds(pool):
                    told.fault(one.where, message("access.nat.pool-outside", prefix=shown(pool)), subject=subject)
                elif not declared.holds(pool):
                    told.fault(one.where, message("access.nat.pool-undeclared", prefix=shown(pool)), subject=subject)
        for mapped in config.mapped:
            if address(mapped.outside) in known:
                told.checked()
                if not own.holds(mapped.outside):
                    reason = message("access.nat.pool-outside", prefix=shown(mapped.outside))
                    told.fault(mapped.where, reason, subject=f"pool:{mapped.outside}")
    if not told.spoke(told.method):
        told.idle(message("access.nat.none"))


def _seen(case: Case, told: Told) -> Iterator[tuple[Probe, Lan, str, str]]:
    """Each probe of how a LAN is seen, with its LAN, the address that it sent from and the one that was seen."""
    for probe in finished(case, told, "source-seen"):
        sent, seen = fact(told, probe, text, "sent"), fact(told, probe, text, "seen")
        if sent is None or seen is None:
            continue
        # The longest id that the probe's ends with: of `lan` and `office-lan` the second.
        named = [one for one in case.site.lans if probe.id == one.id or probe.id.endswith((f"-{one.id}", f":{one.id}"))]
        lans = sorted(named, key=lambda one: len(one.id)) or [
            one for one in case.site.lans if PrefixSet.of((one.prefix,)).holds(sent)
        ]
        if lans and family_of(seen):
            yield probe, lans[-1], sent, seen
        else:
            told.doubt(probe.where, message("access.nat.no-lan", probe=shown(probe.id)))


@clause("nat-declared", "probe")
def seen_as_declared(case: Case, told: Told) -> None:
    """NA-NAT-01: LANs that are not translated are seen as they are, translated ones from a pool. What is seen from
    beyond the site's allocation is told by NA-NAT-02. Of each interface to public LANs one must have been looked at.
    """
    pools = PrefixSet.of(
        [*(one.prefix for one in case.site.nat.pools), *(one.outside for one in case.site.nat.mappings)]
    )
    judged: set[str | tuple[str, str]] = set()
    for probe, lan, sent, seen in _seen(case, told):
        told.checked()
        judged |= {lan.prefix, (lan.device, lan.interface)}
        subject = f"seen:{lan.id}"
        if not lan.translated and not same(sent, seen):
            reason = message("access.nat.seen-other", lan=lan.id, seen=shown(seen))
            told.fault(probe.where, reason, subject=subject, contradicts=denied(told))
        elif lan.translated and not pools.holds(seen) and (same(sent, seen) or allocated(case).holds(seen)):
            reason = message("access.nat.seen-no-pool", lan=lan.id, seen=shown(seen))
            told.fault(probe.where, reason, subject=subject, contradicts=denied(told))
    told_before = told.method in told.unruns or any(one.method == told.method for one in told.doubts)
    for lan in case.site.lans if not told_before else ():
        seen_too = {lan.prefix, (lan.device, lan.interface)} & judged
        if family_of(lan.prefix) == _IPV4 and not lan.vpn and not seen_too:
            told.unrun(message("access.unprobed", kind="source-seen", what=lan.id))


@clause("nat-pools", "probe")
def seen_from_allocation(case: Case, told: Told) -> None:
    """NA-NAT-02: translated LANs are seen from addresses of the site; if not at all, NA-NAT-01 tells it."""
    if not any(one.translated for one in case.site.lans):
        told.idle(message("access.nat.none"))
        return
    judged = False
    for probe, lan, sent, seen in _seen(case, told):
        if lan.translated:
            judged = True
            told.checked()
            if not same(sent, seen) and not allocated(case).holds(seen):
                reason = message("access.nat.seen-outside", lan=lan.id, seen=shown(seen))
                told.fault(probe.where, reason, subject=f"seen:{lan.id}", contradicts=denied(told))
    if not judged and not told.unruns.get(told.method):
        told.unrun(message("access.nat.office-unseen"))


@clause("nat-mappings", "configuration", reads=("nat",))
def mappings_declared(case: Case, told: Told) -> None:
    """NA-NAT-03: each static mapping that is configured is declared."""
    declared = {(address(one.outside), address(one.inside), one.protocol, one.port) for one in case.site.nat.mappings}
    for config in boundary(case, told):
        told.checked()
        for one in config.mapped:
            told.checked()
            ends = (address(one.outside), address(one.inside))
            if None in ends or not {(*ends, one.protocol, one.port), (*ends, "any", 0)} & declared:
                reason = message(
                    "access.nat.mapping-undeclared", outside=shown(one.outside), inside=shown(one.inside),
                    service=f"{one.protocol} {one.port or '*'}",
                )  # fmt: skip
                told.fault(one.where, reason, subject=f"mapping:{one.outside}:{one.port}")


@clause("nat-mappings", "probe")
def mapped_ports(case: Case, told: Told) -> None:
    """NA-NAT-03: of an address that is mapped no port answers that is not; each mapped address was scanned."""
    mappings = case.site.nat.mappings
    scanned = list[str]()
    for probe in finished(case, told, "inbound"):
        scanned.append(probe.target)
        for place, port in opened(told, probe):
            mine = [one for one in mappings if same(one.outside, place)]
            if mine and not any(_open(one, port) for one in mine):
                reason = message("access.nat.port", address=shown(place), port=str(port))
                told.fault(probe.where, reason, subject=f"open:{place}:{port}", contradicts=denied(told))
    for one in mappings if scanned else ():
        if not any(same(one.outside, target) for target in scanned):
            told.unrun(message("access.nat.not-scanned", address=shown(one.outside)))


def _open(one: StaticMapping, port: int) -> bool:
    return one.protocol in ("tcp", "any") and one.port in (0, port)


def _translates(case: Case) -> bool:
    return case.site.nat.mode != NONE or any(one.source_nat or one.mapped for one in case.boundary)


@clause("nat-log", "configuration", reads=("nat", "syslog"))
def translations_logged(case: Case, told: Told) -> None:
    """NA-NAT-04: translations are recorded and sent."""
    idle = True
    for config in boundary(case, told):
        if not config.source_nat and not config.mapped:
            continue
        idle = False
        told.checked()
        logged = config.nat_log.known(False)
        places = [*(one.where for one in config.source_nat), *(one.where for one in config.mapped)]
        where = config.nat_log.where or places[0]
        if logged is None:
            told.doubt(where, message("access.nat.log-unknown"))
        elif not logged:
            told.fault(where, message("access.nat.log-off"), subject="nat-log")
    if idle and not told.unruns.get(told.method):
        told.idle(message("access.nat.none"))


@clause("nat-log", "probe")
def translation_arrived(case: Case, told: Told) -> None:
    """NA-NAT-04: the collector got a record of the translation that the probe made."""
    if not _translates(case):
        told.idle(message("access.nat.none"))
        return
    for probe in finished(case, told, "nat-log"):
        arrived = case.observed.met("syslog", probe.id) if case.observed else None
        records = whole(probe, "records")
        if arrived is None:
            told.doubt(probe.where, message("access.no-responder", kind=probe.kind))
            continue
        told.checked()
        if not records and not arrived:
            told.fault(probe.where, message("access.nat.log-none"), subject="nat-log", contradicts=denied(told))
