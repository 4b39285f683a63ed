"""Small changes to the reference case, each of one value: what a test of rules breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from access_case import config_of, with_bgp, with_config, with_interface, with_probe, with_site
from access_case_config import at
from access_case_observed import met

from conformance.judge.access import config as c
from conformance.judge.access.case import Case
from conformance.judge.access.config import Announced, FilterRule, Passage, Session, SessionFamily
from conformance.judge.access.observed import Observed

Change = Callable[[Case], Case]


def sessions(number: int, **changes: Any) -> Change:
    """One BGP session otherwise."""

    def change(case: Case) -> Case:
        bgp = config_of(case).bgp
        assert bgp is not None
        made = [replace(one, **changes) if place == number else one for place, one in enumerate(bgp.sessions)]
        return with_bgp(case, sessions=tuple(made))

    return change


def family(number: int, **changes: Any) -> Change:
    """The one family of a session otherwise."""

    def change(case: Case) -> Case:
        bgp = config_of(case).bgp
        assert bgp is not None
        return sessions(number, families=(replace(bgp.sessions[number].families[0], **changes),))(case)

    return change


def session_more(neighbour: str) -> Change:
    """A session with somebody else."""

    def change(case: Case) -> Case:
        bgp = config_of(case).bgp
        assert bgp is not None
        more = Session(neighbour, at(240), families=(SessionFamily("ipv4", True, at(241)),))
        return with_bgp(case, sessions=(*bgp.sessions, more))

    return change


def announced(prefix: str, instance: str = "") -> Change:
    """One prefix more is announced."""

    def change(case: Case) -> Case:
        bgp = config_of(case).bgp
        assert bgp is not None
        kind = "ipv6" if ":" in prefix else "ipv4"
        return with_bgp(case, announced=(*bgp.announced, Announced(prefix, kind, at(239), instance)))

    return change


def passages(edit: Callable[[Passage], Passage | None], *names: str) -> Change:
    """The boundary's passages otherwise (None: gone), those of these families only."""

    def change(case: Case) -> Case:
        made = [
            edit(one) if one.name == "security-policy" and (not names or str(one.family) in names) else one
            for one in config_of(case).passages
        ]
        return with_config(case, passages=tuple(one for one in made if one))

    return change


def rules_more(*rules: FilterRule, first: bool = False, families: tuple[str, ...] = ("4",)) -> Change:
    """More rules at the end, or the beginning, of the boundary's passages."""

    def edit(one: Passage) -> Passage:
        return replace(one, rules=(*rules, *one.rules) if first else (*one.rules, *rules))

    return passages(edit, *families)


def rule_else(id_: str, **changes: Any) -> Change:
    """One rule of the boundary's passages otherwise."""

    def edit(one: Passage) -> Passage:
        return replace(one, rules=tuple(replace(each, **changes) if each.id == id_ else each for each in one.rules))

    return passages(edit)


def part(kind: str, number: int, **changes: Any) -> Change:
    """One of the things of a kind (``instances``, ``routes``, …) in the configuration otherwise."""

    def change(case: Case) -> Case:
        things = list(getattr(config_of(case), kind))
        things[number] = replace(things[number], **changes)
        return with_config(case, **{kind: tuple(things)})

    return change


def more(kind: str, thing: object) -> Change:
    """One thing of a kind more in the configuration."""
    return lambda case: with_config(case, **{kind: (*getattr(config_of(case), kind), thing)})


def claim(kind: str, number: int, **changes: Any) -> Change:
    """One of the declared things of a kind (``lans``, ``uplinks``, ``vpns``, ``flows``) otherwise."""

    def change(case: Case) -> Case:
        things = list(getattr(case.site, kind))
        things[number] = replace(things[number], **changes)
        return with_site(case, **{kind: tuple(things)})

    return change


def section(name: str, **changes: Any) -> Change:
    """A section of the declaration (``routing``, ``nat``) otherwise."""
    return lambda case: with_site(case, **{name: replace(getattr(case.site, name), **changes)})


RULES = (
    *("in-allocation", "no-overlap", "canonical-prefix", "national-addresses", "no-secondary", "source-validation"),
    *("as-pair", "as-range", "sessions", "advertised", "inbound-filter", "session-authentication", "igp-silent"),
    *("static-aggregates", "address-families", "vpn-registered", "route-targets", "interface-instance", "no-leaking"),
    *("nat-declared", "nat-pools", "nat-mappings", "nat-log", "boundary-filter", "flow-matrix", "high-risk-ports"),
    *("explicit-deny", "rule-hygiene", "ipv6", "ipv6-filter-parity"),
)
NODE = c.PolicyNode(True, (), at(259))
PASS_ALL = c.RoutePolicy("ALL", (NODE,), at(258))


def rule(id_: str, permit: bool = True, **said: object) -> c.FilterRule:
    return c.FilterRule(id_, permit, at(390), **{"remark": "测试", **said})  # type: ignore[arg-type]


def interface(name: str, **changes: object) -> Change:
    return lambda one: with_interface(one, name, **changes)


def bgp(**changes: object) -> Change:
    return lambda one: with_bgp(one, **changes)


def config(**changes: object) -> Change:
    return lambda one: with_config(one, **changes)


def probe(kind: str, **facts: object) -> Change:
    return lambda one: with_probe(one, kind, facts)


def both(*changes: Change) -> Change:
    def change(one: Case) -> Case:
        for each in changes:
            one = each(one)
        return one

    return change


def addresses(name: str, *texts: str, secondary: bool = False) -> Change:
    """An interface with these addresses, of which the last is a secondary one or not."""
    made = [c.Address(text, at(131), secondary and text == texts[-1]) for text in texts]
    return interface(name, addresses=tuple(made))


def seen(name: str, address: str) -> Change:
    """The probe of one LAN is seen from another address."""

    def change(one: Case) -> Case:
        assert one.observed is not None
        made = [
            replace(each, facts={**each.facts, "seen": address}) if each.id == f"source-seen-{name}" else each
            for each in one.observed.probes
        ]
        return replace(one, observed=replace(one.observed, probes=tuple(made)))

    return change


def arrived(one: Case) -> Case:
    """A packet with a foreign source arrived at the far end."""
    assert one.observed is not None and one.observed.responder is not None
    more_met = (*one.observed.responder, met("spoof", "59.240.99.10", "spoof", label="province"))
    return replace(one, observed=replace(one.observed, responder=more_met))


def state_of(address: str, state: str) -> Change:
    def change(one: Case) -> Case:
        assert one.observed is not None
        (found,) = one.observed.of("bgp-session")
        rows = [
            {**row, "state": state if row["neighbour"] == address else row["state"]} for row in found.facts["sessions"]
        ]
        return with_probe(one, "bgp-session", {"sessions": rows})

    return change


def numbers(customer: int) -> Change:
    def change(one: Case) -> Case:
        assert one.observed is not None
        (found,) = one.observed.of("bgp-session")
        rows = [{**row, "customer_as": customer} for row in found.facts["sessions"]]
        return with_probe(one, "bgp-session", {"sessions": rows})

    return change


def given(kind: str, key: str, name: str, value: object) -> Change:
    """One neighbour's entry of a provider's fact is another."""

    def change(one: Case) -> Case:
        assert one.observed is not None
        (found,) = one.observed.of(kind)
        return with_probe(one, kind, {key: {**found.facts[key], name: value}})

    return change


def taken_in(protocol: str, policy: c.Read[str]) -> Change:
    return bgp(redistributed=(c.Redistribution(protocol, "ipv4", at(238), "", policy),))


def families_of(one: Case, number: int) -> tuple[c.SessionFamily, ...]:
    process = config_of(one).bgp
    assert process is not None
    return process.sessions[number].families


def rule_of(one: Case, id_: str) -> c.FilterRule:
    return next(each for each in config_of(one).passages[0].rules if each.id == id_)


def unlogged(one: Case) -> Case:
    assert one.observed is not None and one.observed.responder is not None
    kept = tuple(each for each in one.observed.responder if each.probe != "nat-log")
    return replace(
        with_probe(one, "nat-log", {"records": 0}),
        observed=replace(observed_of(with_probe(one, "nat-log", {"records": 0})), responder=kept),
    )


def observed_of(one: Case) -> Observed:
    assert one.observed is not None
    return one.observed
