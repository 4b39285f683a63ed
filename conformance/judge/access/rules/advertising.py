"""NA-RTG-04: only what is declared goes out to the provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.judge.access.blocks import Budget, ExhaustedError
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import Bgp, DeviceConfig, Read, Redistribution, SessionFamily
from conformance.judge.access.configured import denied
from conformance.judge.access.edges import boundary, links, neighbours, same
from conformance.judge.access.facts import fact, shown, text_lists
from conformance.judge.access.prefixes import PrefixSet, family_of, length_of, network_of
from conformance.judge.access.routes import BUDGET, FAMILIES, Passing, escape, passes, passing, within
from conformance.judge.access.rules.addresses import OUTSIDE, allocated, scope
from conformance.judge.rulebook import Location
from conformance.messages import message

#: What BGP takes in whose prefixes the configuration itself shows.
_SHOWN = ("direct", "static")


@dataclass(frozen=True)
class _Route:
    """A route that could be sent: ``policy`` what it met when it was taken into BGP."""

    prefix: str
    where: Location
    policy: Read[str]


@clause("advertised", "configuration", reads=("bgp", "policy", "route", "interface"))
def exports_declared(case: Case, told: Told) -> None:
    """NA-RTG-04: of the routes that are announced or taken in, none gets out that is not declared; what is taken in
    meets a policy. Announced prefixes that are not the site's, or local, are told by NA-ADR-01 and NA-ADR-04, a default
    route by NA-ARC-07.
    """
    if case.site.routing.protocol != "bgp":
        told.idle(message("access.rtg.static"))
        return
    for config in boundary(case, told):
        if config.bgp is None:
            continue
        told.checked()
        for one in config.bgp.redistributed:
            if one.policy.known("") == "":
                reason = message("access.rtg.redistributed", protocol=shown(one.protocol))
                told.fault(one.where, reason, subject=f"redistributed:{one.protocol}:{one.instance}:{one.family}")
        going = _Going(case, told, config, config.bgp, Budget(BUDGET))
        try:
            for neighbour in neighbours(case, config):
                for family in neighbour.session.families if neighbour.session else ():
                    if neighbour.session and family.active and family.family in neighbour.meant:
                        _session(going, neighbour.session.instance, family)
        except ExhaustedError:
            told.doubt(config.bgp.where, message("access.rtg.too-complex"))


@dataclass(frozen=True)
class _Going:
    """What is judged of one device; ``seen`` the routes that were told of."""

    case: Case
    told: Told
    config: DeviceConfig
    bgp: Bgp
    budget: Budget
    seen: set[tuple[Location, str]] = field(default_factory=set)
    known: dict[tuple[str, str | None, int], Passing] = field(default_factory=dict)

    def passing(self, policy: Read[str], family: int) -> Passing:
        """What a reference lets pass, worked out once."""
        key = (policy.state, policy.value, family)
        if key not in self.known:
            self.known[key] = passing(self.config, policy, family, self.budget)
        return self.known[key]

    def passes(self, policy: Read[str], prefix: str, family: int) -> bool | None:
        """Whether a route passes what a reference names."""
        return passes(self.passing(policy, family), prefix, self.budget)


def _session(going: _Going, instance: str, family: SessionFamily) -> None:
    """Every route that could go out over one session, each told once for all sessions."""
    told, bgp, budget, number = going.told, going.bgp, going.budget, FAMILIES[family.family]
    advertise = [one.prefix for one in going.case.site.routing.advertise]
    declared = PrefixSet.of(advertise)
    for route in _routes(going, instance, family.family):
        if declared.holds(route.prefix) or (route.where, route.prefix) in going.seen:
            continue
        told.checked()
        taken = going.passes(route.policy, route.prefix, number)
        sent = going.passes(family.exports, route.prefix, number) if taken is not False else False
        if sent is not False:
            going.seen.add((route.where, route.prefix))
            prefix = shown(route.prefix)
            if taken and sent:
                subject = f"advertised:{route.prefix}"
                told.fault(route.where, message("access.rtg.advertised", prefix=prefix), subject=subject)
            else:
                told.doubt(route.where, message("access.rtg.advertised-unknown", prefix=prefix))
    allowed = within(advertise, number)
    for one in _unseen(bgp, instance, family.family):
        met = [going.passing(each, number) for each in (one.policy, family.exports)]
        if all(escape(each.possible, allowed, number, budget) for each in met):
            told.doubt(one.where, message("access.rtg.redistributed-unknown", protocol=shown(one.protocol)))


def _unseen(bgp: Bgp, instance: str, family: str) -> Iterator[Redistribution]:
    """What is taken in by a policy from protocols whose routes no configuration shows."""
    for one in bgp.redistributed:
        if (
            (one.instance, one.family) == (instance, family)
            and one.protocol not in _SHOWN
            and one.policy.known("") != ""
        ):
            yield one


def _routes(going: _Going, instance: str, family: str) -> Iterator[_Route]:
    own = allocated(going.case)
    for one in going.bgp.announced:
        mine = (one.instance, one.family) == (instance, family) and own.holds(one.prefix)
        if mine and _ours(going.case, one.prefix, instance):
            yield _Route(one.prefix, one.where, one.policy)
    for taken in going.bgp.redistributed:
        if (taken.instance, taken.family) == (instance, family) and taken.policy.known("") != "":
            for prefix in _taken(going.config, taken.protocol, instance):
                if family_of(prefix) == FAMILIES[family] and length_of(prefix) != 0:
                    yield _Route(prefix, taken.where, taken.policy)


def _ours(case: Case, prefix: str, instance: str) -> bool:
    """False for what other clauses tell of an announced prefix of the site."""
    return length_of(prefix) != 0 and (bool(instance) or scope(case, prefix) in OUTSIDE)


def _taken(config: DeviceConfig, protocol: str, instance: str) -> Iterator[str]:
    if protocol == "direct":
        for interface in config.interfaces:
            if interface.instance.known("") in (None, instance) and interface.shutdown.known(False) is not True:
                yield from (network_of(one.value) for one in interface.addresses)
    elif protocol == "static":
        yield from (one.prefix for one in config.routes if one.instance == instance)


@clause("advertised", "probe")
def advertised_seen(case: Case, told: Told) -> None:
    """NA-RTG-04: the provider gets nothing from the site that is not declared."""
    if case.site.routing.protocol != "bgp":
        told.idle(message("access.rtg.static"))
        return
    declared = PrefixSet.of(one.prefix for one in case.site.routing.advertise)
    customers = [link.customer for uplink in case.site.uplinks for _, link in links(uplink)]
    for probe in finished(case, told, "advertised"):
        seen = fact(told, probe, text_lists, "prefixes")
        for customer in customers if seen is not None else ():
            found = [value for key, value in (seen or {}).items() if same(key, customer)]
            told.checked()
            if not found:
                told.doubt(probe.where, message("access.rtg.not-seen", neighbour=shown(customer)))
            for prefix in (each for values in found for each in values if not declared.holds(each)):
                reason = message("access.rtg.advertised", prefix=shown(prefix))
                told.fault(probe.where, reason, subject=f"advertised:{shown(prefix)}", contradicts=denied(told))
