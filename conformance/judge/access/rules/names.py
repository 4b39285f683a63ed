"""NA-DNS: which resolvers, what they answer, and what names look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.judge.access.aimed import a_resolver, aimed
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.config import DeviceConfig
from conformance.judge.access.configured import configured, meeting, place
from conformance.judge.access.facts import address, fact, mapping, shown, text, texts, texts_in
from conformance.judge.access.ground import extranet
from conformance.judge.access.observed import Probe
from conformance.judge.access.site import NamedAddress
from conformance.messages import message

_LONGEST_NAME = 253


@clause("resolvers", "declaration")
def names_have_addresses(case: Case, told: Told) -> None:
    """NA-DNS-01: resolvers of the extranet are declared, and each registered name has an address."""
    services = case.site.services
    told.checked()
    if not services.resolvers:
        told.fault(services.at, message("access.dns.no-resolver"), subject="resolvers")
    for resolver in services.resolvers:
        if not extranet(case, resolver):
            told.fault(services.at, message("access.dns.resolver-outside", address=shown(resolver)), subject=resolver)
    for one in services.names:
        told.checked()
        if not one.addresses or any(address(value) is None for value in one.addresses):
            told.fault(one.at, message("access.dns.name-address", name=shown(one.name)), subject=one.name)


@clause("resolvers", "configuration", reads=("dns", "dhcp"))
def resolvers_set(case: Case, told: Told) -> None:
    """NA-DNS-01: the device asks, and offers to terminals by DHCP, the declared resolvers only."""
    declared = {address(one) for one in case.site.services.resolvers}
    for claim, config in configured(case, told):
        told.checked()
        for one in (*config.resolvers, *config.offered_resolvers):
            if address(one.address) not in declared:
                reason = message("access.dns.resolver-other", device=claim.id, address=shown(one.address))
                told.fault(one.where, reason, subject=one.address)
        if _serves(case, config) and not config.offered_resolvers:
            told.fault(place(config), message("access.dns.offers-none", device=claim.id), subject=f"{claim.id}.dhcp")


def _serves(case: Case, config: DeviceConfig) -> bool:
    """Does the device itself give addresses to the terminals of a LAN that is declared so?"""
    held = meeting(config, tuple(one for one in case.site.lans if one.dhcp)).values()
    return any(one is not None and one.dhcp.value == "server" for one in held)


@clause("resolvers", "probe")
def answers_registered(case: Case, told: Told) -> None:
    """NA-DNS-01: each registered name gets its registered addresses, of both families, from a declared resolver."""
    if not case.site.services.names:
        told.idle(message("access.dns.no-names"))
        return
    for probe in finished(case, told, "dns"):
        answers, resolver = fact(told, probe, mapping, "answers"), fact(told, probe, text, "resolver")
        if answers is None or resolver is None:
            continue
        told.checked()
        if address(resolver) not in {address(one) for one in case.site.services.resolvers}:
            told.fault(probe.where, message("access.dns.asked-other", address=shown(resolver)), subject=resolver)
        given = {name.lower().rstrip("."): value for name, value in answers.items()}
        for one in case.site.services.names:
            _answer(told, probe, one, given.get(one.name.lower().rstrip(".")))


def _answer(told: Told, probe: Probe, one: NamedAddress, given: object) -> None:
    found = _addresses(given) if isinstance(given, Mapping) else None
    expected = {address(value) for value in one.addresses}
    if found is None:
        told.doubt(probe.where, message("access.dns.unasked", name=shown(one.name)))
    elif {address(value) for value in found} != expected:
        reason = message(
            "access.dns.answer", name=shown(one.name),
            found=shown(", ".join(sorted(found))) or "-", expected=shown(", ".join(sorted(one.addresses))),
        )  # fmt: skip
        told.fault(probe.where, reason, subject=one.name)


def _addresses(given: Mapping[str, Any]) -> set[str] | None:
    """The addresses of both families in one answer; None where one was not asked for."""
    four, six = texts_in(given, "A"), texts_in(given, "AAAA")
    return None if four is None or six is None else {*four, *six}


@clause("no-internet-names", "probe")
def internet_names_refused(case: Case, told: Told) -> None:
    """NA-DNS-02: neither an Internet name nor a long random one below an outside zone gets an answer."""
    for probe in aimed(case, told, finished(case, told, "dns-internet", "dns-tunnel"), a_resolver):
        answers = fact(told, probe, texts, "answers")
        if answers is not None:
            told.checked()
            for one in answers:
                if probe.kind == "dns-tunnel":
                    told.fault(probe.where, message("access.dns.tunnel", name=shown(one)), subject=one)
                else:
                    told.fault(probe.where, message("access.dns.internet", name=shown(one)), subject=one)


@clause("name-plan", "declaration")
def names_planned(case: Case, told: Told) -> None:
    """NA-DNS-03: registered names follow the pattern and lie in a zone of the plan."""
    if not case.site.services.names:
        told.idle(message("access.dns.no-names"))
    pattern = re.compile(case.rules.domains.patterns["name"])
    for one in case.site.services.names:
        told.checked()
        name = one.name.lower().rstrip(".")
        if not any(name.endswith(f".{zone}") for zone in case.rules.domains.zones):
            told.fault(one.at, message("access.dns.zone", name=shown(one.name)), subject=one.name)
        elif len(name) > _LONGEST_NAME or not pattern.fullmatch(name):
            told.fault(one.at, message("access.dns.pattern", name=shown(one.name)), subject=one.name)
