"""NA-SEC-01 to NA-SEC-05: the boundary's filter. Of IPv6 passages NA-V6-02 judges what NA-SEC-01 and -02 do of IPv4."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from conformance.judge.access.aimed import aimed, of_the_site
from conformance.judge.access.blocks import Block, Budget, ExhaustedError, without
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import DeviceConfig, FilterRule, Passage
from conformance.judge.access.configured import denied, place
from conformance.judge.access.dated import age
from conformance.judge.access.edges import attached, boundary
from conformance.judge.access.facts import shown
from conformance.judge.access.filters import (
    BUDGET,
    PORTS,
    PROTOCOLS,
    Leak,
    Step,
    described,
    everything,
    falls_through,
    leaks,
    matchable,
    shadowed,
)
from conformance.judge.access.opened import opened, openings
from conformance.judge.access.passing import NO_PASSAGE, PERMITS, UNKNOWN, Flows, Way, unlike, ways, weakness
from conformance.judge.access.prefixes import PrefixSet
from conformance.judge.access.site import Flow
from conformance.judge.rulebook import Location
from conformance.messages import message

_IPV4, _IPV6 = 4, 6
#: Protocols to whose ports the list of high risk speaks: TCP and UDP.
_LISTED = ((6, 6), (17, 17))
_ANY = ("0.0.0.0/0", "::/0")
Asked = Callable[[DeviceConfig, Budget], None]


def _each(case: Case, told: Told, ask: Asked) -> None:
    """Ask of each boundary device, in bounded time; where nothing was found to judge, it tells so."""
    for config in boundary(case, told):
        try:
            ask(config, Budget(BUDGET))
        except ExhaustedError:
            told.doubt(_here(config), message("access.sec.too-complex", name=config.device))
    if not told.spoke(told.method):
        told.unrun(message("access.sec.no-passage"))


def _here(config: DeviceConfig) -> Location:
    return config.passages[0].where if config.passages else place(config)


@clause("boundary-filter", "configuration", reads=("filter", "interface"))
def ways_filtered(case: Case, told: Told) -> None:
    """NA-SEC-01: each way between a LAN and an uplink, out and in, meets a stateful passage that denies by default."""
    found = False

    def ask(config: DeviceConfig, budget: Budget) -> None:
        nonlocal found
        seen: set[tuple[str, Location]] = set()
        for way in ways(case, config, _IPV4, budget):
            found = True
            told.checked()
            lacks = weakness(way, budget)
            interface = config.interface(way.crossing.come_in)
            where = way.passages[0].where if way.passages else interface.where if interface else _here(config)
            names = {"come": way.crossing.come_in, "go": way.crossing.go_out}
            subject = f"boundary:{names['come']}:{names['go']}"
            if not lacks or (lacks != NO_PASSAGE and (lacks, where) in seen):
                continue
            seen.add((lacks, where))
            if lacks == NO_PASSAGE:
                told.fault(where, message("access.sec.unfiltered", **names), subject=subject)
            elif lacks == UNKNOWN:
                told.doubt(where, message("access.sec.default-unknown", **names))
            elif lacks == PERMITS:
                told.fault(where, message("access.sec.default-permits", **names), subject=subject)
            else:
                told.fault(where, message("access.sec.stateless", **names), subject=subject)

    for config in boundary(case, told):
        try:
            ask(config, Budget(BUDGET))
        except ExhaustedError:
            told.doubt(_here(config), message("access.sec.too-complex", name=config.device))
    if not found and case.boundary:
        told.doubt(_here(case.boundary[0]), message("access.sec.no-crossing"))
    for config in case.boundary if found else ():
        near, every = {one.vpn for one, _ in attached(case, config)}, {one.vpn for one in case.site.lans}
        for uplink in case.site.uplinks:
            if uplink.device == config.device and uplink.vpn in every - near:
                names = {"device": config.device, "uplink": uplink.id}
                told.doubt(_here(config), message("access.sec.uplink-alone", **names))


@clause("boundary-filter", "probe")
def nothing_more_open(case: Case, told: Told) -> None:
    """NA-SEC-01: from outside no port answers that no flow opens; of mapped addresses NA-NAT-03 tells it."""
    flown = openings(case)
    mapped = PrefixSet.of(one.outside for one in case.site.nat.mappings)
    for probe in aimed(case, told, finished(case, told, "inbound"), of_the_site):
        for address, port in opened(told, probe):
            if not flown(address, port) and not mapped.holds(address):
                reason = message("access.sec.open", address=shown(address), port=str(port))
                told.fault(probe.where, reason, subject=f"open:{address}:{port}", contradicts=denied(told))


@clause("flow-matrix", "configuration", reads=("filter", "interface", "nat", "route"))
def permitted_declared(case: Case, told: Told) -> None:
    """NA-SEC-02: what rules let through between LANs and uplinks is within the declared flows, exactly. What a default
    lets through is told by NA-SEC-01.
    """

    def ask(config: DeviceConfig, budget: Budget) -> None:
        seen: set[tuple[str, Location]] = set()
        declared = Flows(case)
        for way in unlike(ways(case, config, _IPV4, budget)):
            if way.tables:
                told.checked()
                for leak in leaks(way.tables, way.crossing, declared.of(way.crossing), budget):
                    tell_leak(told, leak, _IPV4, seen)

    _each(case, told, ask)


def tell_leak(told: Told, leak: Leak, family: int, seen: set[tuple[str, Location]]) -> None:
    """A fault, or a doubt, for the first leak of each rule; nothing for what only defaults let through."""
    rule = leak.rule
    if rule is None or (rule.id, rule.where) in seen:
        return
    seen.add((rule.id, rule.where))
    if leak.certain:
        reason = message("access.sec.leak", rule=shown(rule.id), **described(leak.block, family))
        told.fault(rule.where, reason, subject=f"rule:{rule.id}")
    else:
        told.doubt(rule.where, message("access.sec.leak-unknown", rule=shown(rule.id)))


@clause("high-risk-ports", "configuration", reads=("filter", "interface"))
def high_risk_closed(case: Case, told: Told) -> None:
    """NA-SEC-03: no rule lets a new flow from outside through to a high-risk port, declared or not."""
    ports = tuple((one, one) for one in sorted(set(case.profile.value("ports", "high_risk"))))

    def ask(config: DeviceConfig, budget: Budget) -> None:
        seen: set[tuple[str, Location]] = set()
        for family in (_IPV4, _IPV6):
            every = everything(family)
            beside: list[Block] = [
                (every, every, without(PROTOCOLS, _LISTED), PORTS, PORTS),
                (every, every, PROTOCOLS, PORTS, without(PORTS, ports)),
            ]
            for way in unlike(ways(case, config, family, budget)):
                if way.crossing.direction != "in" or not way.tables:
                    continue
                told.checked()
                for leak in leaks(way.tables, way.crossing, beside, budget):
                    _tell_risk(told, leak, family, seen)

    _each(case, told, ask)


def _tell_risk(told: Told, leak: Leak, family: int, seen: set[tuple[str, Location]]) -> None:
    rule = leak.rule
    if rule is None or (rule.id, rule.where) in seen:
        return
    seen.add((rule.id, rule.where))
    if leak.certain:
        reason = message("access.sec.risk", rule=shown(rule.id), **described(leak.block, family))
        told.fault(rule.where, reason, subject=f"rule:{rule.id}")
    else:
        told.doubt(rule.where, message("access.sec.leak-unknown", rule=shown(rule.id)))


@clause("high-risk-ports", "probe")
def high_risk_silent(case: Case, told: Told) -> None:
    """NA-SEC-03: from outside no high-risk port answers."""
    for probe in aimed(case, told, finished(case, told, "inbound-high-risk"), of_the_site):
        for address, port in opened(told, probe):
            reason = message("access.sec.risk-open", address=shown(address), port=str(port))
            told.fault(probe.where, reason, subject=f"open:{address}:{port}", contradicts=denied(told))


@clause("explicit-deny", "configuration", reads=("filter",))
def ends_denied(case: Case, told: Told) -> None:
    """NA-SEC-04: what a passage of the boundary does not permit is denied by its last rule or a default of the file,
    and recorded. An IPv6 passage that permits by default where IPv4 does not is told by NA-V6-02.
    """

    def ask(config: DeviceConfig, budget: Budget) -> None:
        seen: set[tuple[str, Location]] = set()
        for family in (_IPV4, _IPV6):
            for way in unlike(ways(case, config, family, budget)):
                for passage, table in zip(way.passages, way.tables, strict=True):
                    told.checked()
                    wrong = _ending(passage, table, way, budget)
                    if not wrong or (wrong, passage.where) in seen or (family == _IPV6 and wrong == PERMITS):
                        continue
                    seen.add((wrong, passage.where))
                    _tell_ending(told, passage, wrong)

    _each(case, told, ask)


def _ending(passage: Passage, table: tuple[Step, ...], way: Way, budget: Budget) -> str:
    """What is wrong with how a passage ends on a way: ``permit``, ``unknown``, ``implicit``, ``unlogged``, nothing."""
    last = table[-2] if len(table) > 1 else None
    if last and last.rule and last.sure and not last.permit and not falls_through((last,), way.crossing, budget):
        return "" if last.rule.logged else "unlogged"
    if passage.default != "deny":
        if last and last.permit and not falls_through(table, way.crossing, budget):
            return "implicit"
        return passage.default
    if not passage.explicit:
        return "implicit"
    return "" if passage.default_logged else "unlogged"


def _tell_ending(told: Told, passage: Passage, wrong: str) -> None:
    name, subject = shown(passage.name), f"passage:{passage.name}"
    if wrong == UNKNOWN:
        told.doubt(passage.where, message("access.sec.end-unknown", name=name))
    elif wrong == PERMITS:
        told.fault(passage.where, message("access.sec.end-permits", name=name), subject=subject)
    elif wrong == "implicit":
        told.fault(passage.where, message("access.sec.end-implicit", name=name), subject=subject)
    else:
        told.fault(passage.where, message("access.sec.end-unlogged", name=name), subject=subject)


@clause("rule-hygiene", "configuration", reads=("filter",))
def rules_tidy(case: Case, told: Told) -> None:
    """NA-SEC-05: no rule of the boundary is shadowed or expired or permits any to any, each permit says what for."""

    def ask(config: DeviceConfig, budget: Budget) -> None:
        used: dict[int, Passage] = {}
        for family in (_IPV4, _IPV6):
            for way in ways(case, config, family, budget):
                used.update((id(one), one) for one in way.passages)
        for rule in _rules(used.values()):
            told.checked()
            _tidy(case, told, rule)
        for rule in _dead(list(used.values()), budget):
            told.fault(rule.where, message("access.sec.shadowed", rule=shown(rule.id)), subject=f"rule:{rule.id}")

    _each(case, told, ask)


def _rules(passages: Iterable[Passage]) -> Iterator[FilterRule]:
    """Each rule once, though passages of both families hold it."""
    seen = set()
    for passage in passages:
        for rule in passage.rules:
            if (rule.id, rule.where) not in seen:
                seen.add((rule.id, rule.where))
                yield rule


def _tidy(case: Case, told: Told, rule: FilterRule) -> None:
    name, subject = shown(rule.id), f"rule:{rule.id}"
    if rule.until and (days := age(rule.until, case.today)) is not None and days > 0:
        told.fault(rule.where, message("access.sec.expired", rule=name, until=rule.until), subject=subject)
    if not rule.permit or rule.established:
        return
    if rule.understood and rule.protocol == "any" and not (rule.ports or rule.source_ports):
        ends = (rule.sources, rule.destinations)
        if all(not one or any(each in _ANY for each in one) for one in ends):
            told.fault(rule.where, message("access.sec.any-any", rule=name), subject=subject)
    if not rule.remark.strip():
        told.fault(rule.where, message("access.sec.remark", rule=name), subject=subject)


def _dead(passages: list[Passage], budget: Budget) -> list[FilterRule]:
    """The rules that are shadowed in every passage in which they could match at all."""
    alive: set[tuple[str, Location]] = set()
    dead: dict[tuple[str, Location], FilterRule] = {}
    for passage in passages:
        gone = shadowed(passage, budget)
        for rule in gone:
            dead.setdefault((rule.id, rule.where), rule)
        lost = {id(rule) for rule in gone}
        for rule in passage.rules:
            if id(rule) not in lost and matchable(rule, passage.family):
                alive.add((rule.id, rule.where))
    return [rule for key, rule in dead.items() if key not in alive]


@clause("rule-hygiene", "declaration")
def flows_owned(case: Case, told: Told) -> None:
    """NA-SEC-05: each declared flow has an owner, a purpose, and an end that is not past."""
    for flow in case.site.flows:
        told.checked()
        subject = f"flow:{flow.id}"
        for name in _lacking(flow):
            told.fault(flow.at, message("access.sec.flow-lacks", flow=flow.id, what=name), subject=subject)
        days = age(flow.until, case.today)
        if flow.until and (days is None or days > 0):
            told.fault(flow.at, message("access.sec.flow-past", flow=flow.id, until=shown(flow.until)), subject=subject)


def _lacking(flow: Flow) -> Iterator[str]:
    return (name for name in ("owner", "purpose", "until") if not getattr(flow, name).strip())
