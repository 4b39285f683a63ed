"""Whom a list of rules lets in where it limits a service of the device: the sources, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from conformance.judge.access.config import SET, UNKNOWN, FilterRule, Read
from conformance.judge.rulebook import Location

_Network = IPv4Network | IPv6Network
_ANY = {4: "0.0.0.0/0", 6: "::/0"}
#: More pieces than any list of managers has: beyond, the answer is unknown.
_MOST = 500


def everybody(family: int) -> str:
    """The prefix of all addresses."""
    return _ANY[family]


def permitted(rules: Iterable[FilterRule], family: int, where: Location) -> Read[tuple[str, ...]]:
    """The sources that the rules let in, in order; what no rule matches is kept out."""
    refused: list[_Network] = []
    found: list[_Network] = []
    for rule in rules:
        if not rule.understood:
            return Read(UNKNOWN, None, where)
        sources = [ip_network(one) for one in rule.sources or (_ANY[family],)]
        if not rule.permit:
            if rule.ports or rule.source_ports or rule.destinations or rule.protocol not in ("any", "tcp"):
                continue  # refuses part of what comes from there: the rest may be let in
            refused += sources
        else:
            found += _without(sources, refused)
        if len(refused) > _MOST or len(found) > _MOST:
            return Read(UNKNOWN, None, where)
    return Read(SET, tuple(dict.fromkeys(str(one) for one in found)), where)


def without(prefixes: Iterable[str], refused: Iterable[str]) -> tuple[str, ...]:
    """What remains of prefixes when others are taken out of them."""
    left = _without([ip_network(one) for one in prefixes], [ip_network(one) for one in refused])
    return tuple(dict.fromkeys(str(one) for one in left))


def common(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """What two lists of prefixes share."""
    pairs = [(ip_network(left), ip_network(right)) for right in other for left in one]
    found = [
        left if left.prefixlen >= right.prefixlen else right
        for left, right in pairs
        if left.version == right.version and left.overlaps(right)
    ]
    return tuple(dict.fromkeys(str(network) for network in found))


def _without(sources: list[_Network], refused: list[_Network]) -> list[_Network]:
    left = sources
    for gone in refused:
        kept: list[_Network] = []
        for one in left:
            if one.version != gone.version or not one.overlaps(gone):
                kept.append(one)
            elif gone.prefixlen > one.prefixlen:
                kept += one.address_exclude(gone)  # type: ignore[arg-type]
        left = kept
    return left
