"""NA-ADR: prefixes of the plan, canonical, apart from one another, with true sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.judge.access.aimed import aimed, beyond, of_the_site
from conformance.judge.access.blocks import Block, Budget, ExhaustedError
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import UNKNOWN, Address, DeviceConfig, Interface
from conformance.judge.access.configured import denied
from conformance.judge.access.edges import attached, boundary, crossings, links, same
from conformance.judge.access.facts import fact, shown, tables, text, text_in, texts
from conformance.judge.access.filters import BUDGET, Crossing, applied, everything, leaks, sourced, steps
from conformance.judge.access.ground import INNER, nobodys
from conformance.judge.access.prefixes import FAMILIES, PrefixSet, canonical, family_of, length_of, network_of, span
from conformance.judge.rulebook import Location
from conformance.messages import message

_IPV4 = 4
#: What the agent calls its own address among those that it forges.
TRUE = "true"
LOCAL, NATIONAL, OUTSIDE = "local", "national", ("national", "province")


#: Subject, use, prefix and place of something with an address.
_Thing = tuple[str, str, str, Location]


def allocated(case: Case, *uses: str, vpn: str | None = None) -> PrefixSet:
    """What the site was given for these uses (none: for any), of one VPN or of all."""
    return PrefixSet.of(
        one.prefix
        for one in case.rules.addresses.allocations
        if one.site == case.site.id and (not uses or one.use in uses) and vpn in (None, one.vpn)
    )


def scope(case: Case, prefix: str) -> str:
    """The scope of the longest segment of the plan that holds a prefix; empty where none does."""
    held = [one for one in case.rules.addresses.segments if PrefixSet.of((one.prefix,)).holds(prefix)]
    return max(held, key=lambda one: length_of(one.prefix)).scope if held else ""


@clause("in-allocation", "declaration")
def lans_allocated(case: Case, told: Told) -> None:
    """NA-ADR-01: each LAN that is seen from outside lies in what the site was given."""
    for lan in case.site.lans:
        if not lan.translated:
            told.checked()
            if not allocated(case, "lan", "vpn", vpn=lan.vpn).holds(lan.prefix):
                reason = message("access.adr.lan-outside", lan=lan.id, prefix=shown(lan.prefix))
                told.fault(lan.at, reason, subject=f"lan:{lan.id}")


@clause("in-allocation", "configuration", reads=("bgp",))
def announced_allocated(case: Case, told: Told) -> None:
    """NA-ADR-01: each prefix that is announced by name lies in it; a default route is judged by NA-ARC-07."""
    for config in boundary(case, told):
        for one in config.bgp.announced if config.bgp else ():
            told.checked()
            if (
                length_of(one.prefix) != 0
                and not allocated(case).holds(one.prefix)
                and scope(case, one.prefix) != INNER
            ):
                told.fault(
                    one.where, message("access.adr.announced-outside", prefix=shown(one.prefix)), subject=one.prefix
                )


@clause("no-overlap", "declaration")
def declared_apart(case: Case, told: Told) -> None:
    """NA-ADR-02: LANs, links and pools of one VPN do not overlap each other, nor what other sites were given.

    What lies outside the site's own allocation is told by NA-ADR-01 and NA-NAT-02 only.
    """
    things, own = list(_things(case)), allocated(case)
    given = {
        vpn: [one for one in case.rules.addresses.allocations if one.site != case.site.id and one.vpn == vpn]
        for vpn in {vpn for vpn, *_ in things}
    }
    foreign = {vpn: PrefixSet.of(one.prefix for one in several) for vpn, several in given.items()}
    for vpn, subject, prefix, where in things:
        told.checked()
        judged = subject.startswith("uplink:") or own.holds(prefix) or _hidden(case, subject)
        if judged and foreign[vpn].meets(prefix):
            met = next(one for one in given[vpn] if PrefixSet.of((one.prefix,)).meets(prefix))
            reason = message("access.adr.overlap-foreign", prefix=shown(prefix), other=met.prefix, site=met.site)
            told.fault(where, reason, subject=subject)
    for first, (_, subject, prefix, where) in _overlaps(_apart(case, things)):
        told.fault(where, message("access.adr.overlap", prefix=shown(prefix), other=shown(first)), subject=subject)


def _apart(case: Case, things: list[_Thing]) -> list[_Thing]:
    """Things that must not share addresses: a LAN to which two devices lead is one, a link's own addresses are its."""
    at = {f"lan:{one.id}": one.device for one in case.site.lans}
    found: dict[tuple[str, str], list[str]] = {}
    kept = []
    for thing in things:
        vpn, subject, prefix, _ = thing
        devices = found.setdefault((vpn, network_of(prefix)), [])
        again = subject in at and bool(devices) and at[subject] not in devices
        devices += [at[subject]] if subject in at else []
        if not again and not nobodys(prefix):
            kept.append(thing)
    return kept


def _overlaps(things: list[tuple[str, str, str, Location]]) -> Iterator[tuple[str, tuple[str, str, str, Location]]]:
    """Each thing that overlaps one before it (in order of addresses), with the prefix of that one."""
    spans = [
        (vpn, found.family, found.first, -found.last, n)
        for n, (vpn, _, text, _) in enumerate(things)
        if (found := span(text))
    ]
    reached: tuple[str, int, int, int] | None = None
    for vpn, family, first, last, number in sorted(spans):
        if reached and reached[:2] == (vpn, family) and first <= reached[2]:
            yield things[reached[3]][2], things[number]
        if not reached or reached[:2] != (vpn, family) or -last > reached[2]:
            reached = (vpn, family, -last, number)


def _hidden(case: Case, subject: str) -> bool:
    return any(one.translated and f"lan:{one.id}" == subject for one in case.site.lans)


def _things(case: Case) -> Iterator[tuple[str, str, str, Location]]:
    for lan in case.site.lans:
        yield lan.vpn, f"lan:{lan.id}", lan.prefix, lan.at
    for uplink in case.site.uplinks:
        for _, link in links(uplink):
            yield uplink.vpn, f"uplink:{uplink.id}", network_of(f"{link.customer}/{link.length}"), link.at
    for pool in case.site.nat.pools:
        yield "", f"pool:{pool.prefix}", pool.prefix, pool.at


@clause("no-overlap", "probe")
def address_once(case: Case, told: Told) -> None:
    """NA-ADR-02: no second machine answers for an address of the site."""
    for probe in aimed(case, told, finished(case, told, "duplicate"), of_the_site):
        machines, asked = fact(told, probe, texts, "machines"), text(probe, "address") or probe.target
        if machines is None:
            continue
        told.checked()
        if len({one.lower() for one in machines}) > 1:
            reason = message("access.adr.duplicate", address=shown(asked), number=len(machines))
            told.fault(probe.where, reason, subject=f"duplicate:{shown(asked)}", contradicts=denied(told))
        elif not machines:
            told.doubt(probe.where, message("access.adr.duplicate-silent", address=shown(asked)))


@clause("canonical-prefix", "declaration")
def written_canonically(case: Case, told: Told) -> None:
    """NA-ADR-03: no bit of the host is set, and lengths are those of the use."""
    for subject, use, prefix, where in _written(case):
        told.checked()
        if not canonical(prefix) and ("/" in prefix or use):
            told.fault(where, message("access.adr.host-bits", prefix=shown(prefix)), subject=subject)
        elif use:
            _length(case, told, (subject, use, prefix, where))


def _written(case: Case) -> Iterator[_Thing]:
    """Subject, use (empty: any length), prefix and place of each declared prefix."""
    site = case.site
    for lan in site.lans:
        yield f"lan:{lan.id}", "vpn" if lan.vpn else "lan", lan.prefix, lan.at
    for uplink in site.uplinks:
        for _, link in links(uplink):
            if not nobodys(link.customer):
                yield f"uplink:{uplink.id}", "link", network_of(f"{link.customer}/{link.length}"), link.at
    for pool in site.nat.pools:
        yield f"pool:{pool.prefix}", "pool", pool.prefix, pool.at
    for one in (*site.routing.advertise, *site.routing.accept, *site.services.management):
        yield f"prefix:{one.prefix}", "", one.prefix, one.at
    for route in site.routing.static:
        yield f"static:{route.prefix}", "", route.prefix, route.at
    for flow in site.flows:
        for prefix in (*flow.sources, *flow.destinations):
            yield f"flow:{flow.id}", "", prefix, flow.at


def _length(case: Case, told: Told, thing: _Thing) -> None:
    subject, use, prefix, where = thing
    allowed = case.rules.addresses.lengths.get(f"{use}{family_of(prefix)}")
    if allowed is not None and length_of(prefix) not in allowed:
        listed = ", ".join(f"/{one}" for one in allowed)
        told.fault(where, message("access.adr.length", prefix=shown(prefix), allowed=listed), subject=subject)


@clause("canonical-prefix", "configuration", reads=("interface",))
def configured_lengths(case: Case, told: Told) -> None:
    """NA-ADR-03: links and loopbacks have the lengths of their use, as configured."""
    for config in boundary(case, told):
        uplinks = {one.interface: one.id for one in case.site.uplinks if one.device == config.device}
        for interface in config.interfaces:
            use = "link" if interface.name in uplinks else "loopback" if interface.kind == "loopback" else ""
            for one in interface.addresses if use else ():
                told.checked()
                subject = f"uplink:{uplinks[interface.name]}" if use == "link" else f"address:{interface.name}"
                _length(case, told, (subject, use, one.value, one.where))


@clause("national-addresses", "declaration")
def flows_national(case: Case, told: Told) -> None:
    """NA-ADR-04: what is sent to national addresses does not come from local ones, or is translated. A prefix that is
    wider than a segment is of each scope that it meets.
    """
    hidden = PrefixSet.of(one.prefix for one in case.site.lans if one.translated)
    national, local = _of_scope(case, NATIONAL), _of_scope(case, LOCAL).difference(hidden)
    for flow in case.site.flows:
        if flow.direction != "out" or not any(national.meets(one) for one in flow.destinations):
            continue
        told.checked()
        for source in flow.sources:
            if local.meets(source):
                reason = message("access.adr.flow-local", flow=flow.id, prefix=shown(source))
                told.fault(flow.at, reason, subject=f"flow:{flow.id}")


def _of_scope(case: Case, wanted: str) -> PrefixSet:
    """The addresses whose longest segment is of a scope."""
    found = PrefixSet()
    for one in sorted(case.rules.addresses.segments, key=lambda one: length_of(one.prefix)):
        mine = PrefixSet.of((one.prefix,))
        found = PrefixSet.of([*found.texts(), one.prefix]) if one.scope == wanted else found.difference(mine)
    return found


@clause("national-addresses", "configuration", reads=("bgp",))
def announced_national(case: Case, told: Told) -> None:
    """NA-ADR-04: what the public instance announces is of the nation or the province; what is not the site's at all is
    told by NA-ADR-01.
    """
    own = allocated(case)
    for config in boundary(case, told):
        for one in config.bgp.announced if config.bgp else ():
            if one.instance or length_of(one.prefix) == 0:
                continue
            told.checked()
            found = scope(case, one.prefix) if own.holds(one.prefix) else INNER
            if found not in (*OUTSIDE, INNER):
                reason = message("access.adr.announced-local", prefix=shown(one.prefix), scope=found or "-")
                told.fault(one.where, reason, subject=one.prefix)


@clause("no-secondary", "configuration", reads=("interface",))
def only_declared_subnets(case: Case, told: Told) -> None:
    """NA-ADR-05: an address beside the first of an interface is in a LAN that is declared there."""
    for config in boundary(case, told):
        for interface in config.interfaces:
            if interface.kind == "loopback":
                continue
            told.checked()
            if len(interface.addresses) == 1 and not interface.addresses[0].secondary:
                continue
            for one in _beside(case, config, interface):
                reason = message("access.adr.secondary", interface=interface.name, address=shown(one.value))
                told.fault(one.where, reason, subject=f"address:{interface.name}:{one.value}")


def _beside(case: Case, config: DeviceConfig, interface: Interface) -> Iterator[Address]:
    """The addresses that are neither declared nor, where none is declared, the first of their family."""
    declared = PrefixSet.of(_declared(case, config, interface.name))
    for family in FAMILIES:
        mine = [one for one in interface.addresses if family_of(one.value) == family]
        known = [one for one in mine if declared.holds(network_of(one.value))]
        first = known[:1] or [one for one in mine if not one.secondary][:1]
        yield from (one for one in mine if one not in known and (one.secondary or one not in first))


def _declared(case: Case, config: DeviceConfig, interface: str) -> Iterator[str]:
    for lan in case.site.lans:
        if (lan.device, lan.interface) == (config.device, interface):
            yield lan.prefix
    for uplink in case.site.uplinks:
        if (uplink.device, uplink.interface) == (config.device, interface):
            yield from (network_of(f"{link.customer}/{link.length}") for _, link in links(uplink))


@clause("source-validation", "configuration", reads=("interface", "filter"))
def sources_validated(case: Case, told: Told) -> None:
    """NA-ADR-06: each LAN interface checks sources by the route back (strict), or filters let only its own pass.

    Filters of a device without an uplink stand on ways that no declaration names: they leave a doubt.
    """
    for config in boundary(case, told):
        budget = Budget(BUDGET)
        lans = attached(case, config)
        for name in sorted({name for _, name in lans}):
            interface = config.interface(name)
            mine = [one for one, at in lans if at == name]
            own = PrefixSet.of(one.prefix for one in mine)
            if interface is None:
                continue  # that it is missing is told by NA-VPN-03
            for family in sorted({family_of(one.prefix) for one in mine} - {0}):
                told.checked()
                try:
                    ways = _outward(case, config, name, family, budget)
                    _validated(told, config, ways, sourced(family, own.ranges(family)), (interface, family, budget))
                except ExhaustedError:
                    told.doubt(interface.where, message("access.sec.too-complex", name=name))


def _outward(case: Case, config: DeviceConfig, name: str, family: int, budget: Budget) -> list[Crossing]:
    """The ways out by one interface, for packets with any source."""
    every = everything(family)
    return [replace(one, sources=every) for one in crossings(case, config, family, budget) if one.come_in == name]


def _validated(
    told: Told, config: DeviceConfig, ways: list[Crossing], own: Block, asked: tuple[Interface, int, Budget]
) -> None:
    interface, family, budget = asked
    setting = interface.urpf if family == _IPV4 else interface.urpf6
    if setting.known() == "strict":
        return
    mine = any(one.family == family for one in config.passages)
    free, maybe = not ways and not mine, setting.state == UNKNOWN or not ways
    for way in ways:
        tables = [steps(one, way) for one in applied(config.passages, way)]
        budget.spend(sum(map(len, tables)))
        found = leaks(tables, way, [own], budget)
        free = free or not tables or any(one.certain for one in found)
        maybe = maybe or bool(found)
    if free and setting.state != UNKNOWN:
        reason = message("access.adr.sources", interface=interface.name, family=family)
        told.fault(setting.where or interface.where, reason, subject=f"sources:{interface.name}:{family}")
    elif free or maybe:
        told.doubt(setting.where or interface.where, message("access.adr.sources-unknown", interface=interface.name))


@clause("source-validation", "probe")
def only_true_sources(case: Case, told: Told) -> None:
    """NA-ADR-06: of packets with sources of all kinds only those with the sender's true one arrive at the far end."""
    for probe in aimed(case, told, finished(case, told, "spoof"), beyond):
        sent = fact(told, probe, tables, "sent")
        arrived = case.observed.met("spoof", probe.id) if case.observed else None
        if sent is None:
            continue
        if arrived is None:
            told.doubt(probe.where, message("access.no-responder", kind=probe.kind))
            continue
        told.checked()
        true = [text_in(one, "source") or "" for one in sent if text_in(one, "label") == TRUE]
        if len(true) == len(sent):
            told.doubt(probe.where, message("access.adr.spoof-nothing"))
        elif not any(same(one.source, each) for one in arrived for each in true):
            told.doubt(probe.where, message("access.adr.spoof-silent"))
        for one in arrived:
            if one.facts.get("label", TRUE) != TRUE or not any(same(one.source, each) for each in true):
                reason = message("access.adr.spoof", address=shown(one.source))
                told.fault(one.where, reason, subject=f"spoof:{shown(one.source)}", contradicts=denied(told))
