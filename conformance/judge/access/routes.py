"""What prefix lists and route policies let pass, exactly: routes are blocks over address and length of a prefix.

First match wins, what nothing matches is denied. A condition that was not understood, and a list that is named and is
not in the file, may match anything: then a route passes *certainly*, *possibly* or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from conformance.judge.access.blocks import Block, Budget, covered, meet, merged, remainder
from conformance.judge.access.config import SET, UNKNOWN, DeviceConfig, PrefixList, Read, RoutePolicy
from conformance.judge.access.prefixes import BITS, length_of, span

#: Enough for lists of thousands of entries.
BUDGET = 500_000
FAMILIES = {"ipv4": 4, "vpnv4": 4, "ipv6": 6}
_NETWORK = {4: IPv4Network, 6: IPv6Network}


@dataclass(frozen=True)
class Passing:
    """The routes that pass whatever unknown conditions do, and those that may."""

    certain: tuple[Block, ...]
    possible: tuple[Block, ...]


def routes_of(prefix: str, least: int | None = None, most: int | None = None) -> Block | None:
    """The routes inside a prefix with lengths from ``least`` to ``most`` (both left out: the prefix alone), or None."""
    found, length = span(prefix), length_of(prefix)
    if found is None or length < 0:
        return None
    lengths = merged([(max(length, length if least is None else least), length if most is None else most)])
    return (((found.first, found.last),), lengths) if lengths else None


def within(prefixes: Iterable[str], family: int) -> tuple[Block, ...]:
    """All routes of a family inside any of the prefixes."""
    blocks = []
    for prefix in prefixes:
        found = span(prefix)
        if found and found.family == family and (block := routes_of(prefix, 0, BITS[family])):
            blocks.append(block)
    return tuple(blocks)


def _all(family: int) -> tuple[Block, ...]:
    return ((((0, (1 << BITS[family]) - 1),), ((0, BITS[family]),)),)


def passing(config: DeviceConfig, reference: Read[str], family: int, budget: Budget) -> Passing:
    """What a reference (``prefix:NAME``, ``policy:NAME``, ``filter:NAME``) lets pass; everything without one."""
    if reference.state == SET and reference.value:
        return _named(config, reference.value, family, budget)
    return Passing(() if reference.state == UNKNOWN else _all(family), _all(family))


def defined(config: DeviceConfig, reference: str) -> bool:
    """True where what a reference names stands in the file (of packet filters that is not known: True)."""
    kind, _, name = reference.partition(":")
    if kind == "prefix":
        return any(one.name == name for one in config.prefix_lists)
    return kind != "policy" or any(one.name == name for one in config.policies)


def _named(config: DeviceConfig, reference: str, family: int, budget: Budget) -> Passing:
    kind, _, name = reference.partition(":")
    if kind == "policy":
        policy = next((one for one in config.policies if one.name == name), None)
        return _policy(config, policy, family, budget) if policy else Passing((), _all(family))
    listed = next((one for one in config.prefix_lists if one.name == name and one.family == family), None)
    return _list(listed, budget) if listed else Passing((), _all(family))


def _list(listed: PrefixList, budget: Budget) -> Passing:
    nodes = []
    for entry in listed.entries:
        block = routes_of(entry.prefix, entry.least, entry.most)
        blocks = (block,) if block else ()
        nodes.append((entry.permit, blocks, blocks))
    return _first(nodes, budget)


def _policy(config: DeviceConfig, policy: RoutePolicy, family: int, budget: Budget) -> Passing:
    nodes = []
    for node in policy.nodes:
        certain: tuple[Block, ...] = _all(family) if node.understood else ()
        possible = _all(family)
        for match in node.matches:
            kind = match.partition(":")[0]
            found = Passing((), _all(family)) if kind == "policy" else _named(config, match, family, budget)
            certain = _common(certain, found.certain, budget)
            possible = _common(possible, found.possible, budget)
        nodes.append((node.permit, certain, possible))
    return _first(nodes, budget)


def _common(left: Sequence[Block], right: Sequence[Block], budget: Budget) -> tuple[Block, ...]:
    budget.spend(len(left) * len(right))
    return tuple(both for one in left for other in right if (both := meet(one, other)))


def _first(nodes: Sequence[tuple[bool, tuple[Block, ...], tuple[Block, ...]]], budget: Budget) -> Passing:
    """First match over nodes (permit, what it matches certainly, what possibly)."""
    certain: list[Block] = []
    possible: list[Block] = []
    surely_denied: list[Block] = []
    maybe_denied: list[Block] = []
    for permit, sure, maybe in nodes:
        if permit:
            certain.extend(rest for block in sure for rest in remainder(block, maybe_denied, budget))
            possible.extend(rest for block in maybe for rest in remainder(block, surely_denied, budget))
        else:
            surely_denied.extend(sure)
            maybe_denied.extend(maybe)
    return Passing(tuple(certain), tuple(possible))


def passes(what: Passing, prefix: str, budget: Budget) -> bool | None:
    """True where one route passes, None where it may."""
    found = span(prefix)
    if found is None:
        return None
    route: Block = (((found.first, found.first),), ((length_of(prefix),) * 2,))
    if covered(route, what.certain, budget):
        return True
    return None if covered(route, what.possible, budget) else False


def escape(blocks: Iterable[Block], allowed: Sequence[Block], family: int, budget: Budget) -> str | None:
    """A route in the blocks that lies in no allowed prefix, or None where there is none."""
    for block in blocks:
        for rest in remainder(block, allowed, budget):
            for prefix in _routes(rest, family):
                return prefix
    return None


def _routes(block: Block, family: int) -> Iterator[str]:
    """Routes in a block: an address with so short a length that bits of the host are set is none."""
    for first, last in block[0]:
        for _, length in reversed(block[1]):
            size = 1 << (BITS[family] - length)
            start = -(-first // size) * size
            if start <= last:
                yield str(_NETWORK[family]((start, length)))
