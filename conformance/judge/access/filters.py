"""What filters let through, exactly: first match wins, a packet must get through every passage, flows are taken away.

A set of packets is a block over source, destination, protocol, source port and destination port; packets without ports
have all of them. Rules that were not understood may match any part of what is known of them: what is let through
whatever they do is *certain*, what may be let through is *possible*. Every question has a budget: ExhaustedError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from conformance.judge.access.blocks import Block, Budget, Ranges, covered, meet, merged, remainder
from conformance.judge.access.config import FilterRule, Passage
from conformance.judge.access.prefixes import BITS, PrefixSet, ranged, span

#: Enough for thousands of rules, and less than two seconds of work.
BUDGET = 1_500_000
PORTS: Ranges = ((0, 65535),)
PROTOCOLS: Ranges = ((0, 255),)
_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}
_ICMP = {4: "icmp", 6: "icmpv6"}
#: Protocols whose packets have ports.
_PORTED: Ranges = ((6, 6), (17, 17), (33, 33), (132, 132), (136, 136))
_SHOWN = 60
_DIGITS = 3
_SOURCE, _DESTINATION, _PROTOCOL, _SOURCE_PORT, _PORT = range(5)


@dataclass(frozen=True)
class Crossing:
    """A way through a device: by which interface packets come in and go out, which sources are on the one side, which
    destinations on the other. ``direction`` is ``out`` or ``in``, as of flows.
    """

    come_in: str
    go_out: str
    direction: str
    family: int
    sources: Ranges
    destinations: Ranges

    @property
    def universe(self) -> Block:
        """Every packet that can take this way."""
        return (self.sources, self.destinations, PROTOCOLS, PORTS, PORTS)


@dataclass(frozen=True)
class Step:
    """One rule, or the default (``rule`` None), as a set. ``sure``: it matches all of its block."""

    passage: Passage
    rule: FilterRule | None
    permit: bool
    block: Block
    sure: bool = True


@dataclass(frozen=True)
class Leak:
    """Packets that are let through and that no flow declares: ``by`` the step of each passage that lets them."""

    by: tuple[Step, ...]
    block: Block
    certain: bool

    @property
    def rule(self) -> FilterRule | None:
        """The first rule that lets them through; None where only defaults do."""
        return next((step.rule for step in self.by if step.rule), None)


def everything(family: int) -> Ranges:
    """Every address of a family."""
    return ((0, (1 << BITS[family]) - 1),)


def applied(passages: Iterable[Passage], crossing: Crossing) -> tuple[Passage, ...]:
    """The passages that packets on this way meet."""
    return tuple(
        one
        for one in passages
        if one.family == crossing.family
        and (not one.come_in or crossing.come_in in one.come_in)
        and (not one.go_out or crossing.go_out in one.go_out)
    )


def steps(passage: Passage, crossing: Crossing) -> tuple[Step, ...]:
    """What a passage does to new flows on this way, in order, its default last."""
    found, universe = [], crossing.universe
    for rule in passage.rules:
        if (rule.come_in and crossing.come_in not in rule.come_in) or (
            rule.go_out and crossing.go_out not in rule.go_out
        ):
            continue
        known = _block(rule, passage.family)
        if known is not None and meet(known[0], universe):
            found.append(Step(passage, rule, rule.permit, *known))
    sure = passage.default != "unknown"
    return (*found, Step(passage, None, passage.default != "deny", crossing.universe, sure))


@lru_cache(maxsize=20_000)
def _block(rule: FilterRule, family: int) -> tuple[Block, bool] | None:
    """What a rule matches, and whether surely all of that; None for a rule that no new flow of the family meets."""
    if rule.established:
        return None
    sources, understood = _addresses(rule.sources, family)
    destinations, also = _addresses(rule.destinations, family)
    protocols, known = _protocols(rule.protocol, family, ported=bool(rule.ports or rule.source_ports))
    if not (sources and destinations and protocols):
        return None
    ported = all(any(low <= one <= high for low, high in _PORTED) for one, _ in protocols)
    source_ports = merged(rule.source_ports) if rule.source_ports and ported else PORTS
    ports = merged(rule.ports) if rule.ports and ported else PORTS
    block = (sources, destinations, protocols, source_ports, ports)
    return (block, rule.understood and understood and also and known) if source_ports and ports else None


def _addresses(texts: tuple[str, ...], family: int) -> tuple[Ranges, bool]:
    """The addresses of a family that texts name (none: all), and whether all of them were read."""
    if not texts:
        return everything(family), True
    if any(span(text) is None for text in texts):
        return everything(family), False
    return PrefixSet.of(texts).ranges(family), True


def _protocols(protocol: str, family: int, *, ported: bool) -> tuple[Ranges, bool]:
    """The protocol numbers of a rule, and whether its word was read."""
    if protocol == "any":
        return (_PORTED if ported else PROTOCOLS), True
    if protocol in _ICMP.values() and protocol != _ICMP[family]:
        return ((), True) if protocol == "icmpv6" else (((58, 58),), True)
    spelled = protocol.isascii() and protocol.isdigit() and len(protocol) <= _DIGITS
    number = _NUMBERS.get(protocol, int(protocol) if spelled else -1)
    return (((number, number),), True) if 0 <= number <= PROTOCOLS[0][1] else (PROTOCOLS, False)


def declared(
    family: int,
    sources: Iterable[str],
    destinations: Iterable[str],
    protocol: str,
    ports: Iterable[tuple[int, int]] = (),
) -> Block | None:
    """The packets of one family that a declared flow names; None where it has none of them."""
    wanted = tuple(ports)
    froms, tos = PrefixSet.of(sources).ranges(family), PrefixSet.of(destinations).ranges(family)
    protocols, known = _protocols(protocol, family, ported=bool(wanted))
    ranges = merged(wanted) if wanted and protocol not in _ICMP.values() else PORTS
    return (froms, tos, protocols, PORTS, ranges) if froms and tos and protocols and known and ranges else None


def sourced(family: int, sources: Ranges) -> Block:
    """Every packet of a family from these sources."""
    return (sources, everything(family), PROTOCOLS, PORTS, PORTS)


def permitted(tables: Sequence[Sequence[Step]], crossing: Crossing, budget: Budget) -> Iterator[Block]:
    """What gets through all passages whatever unknown rules do, as blocks that do not overlap."""
    for chain in _chains([_world(table, certain=True) for table in tables], crossing, (), budget):
        yield from chain.blocks


def leaks(
    tables: Sequence[Sequence[Step]],
    crossing: Crossing,
    flows: Sequence[Block],
    budget: Budget,
    *,
    each: int = 1,
) -> tuple[Leak, ...]:
    """What gets through all passages and is in no flow; of each rule (of each passage) the first ``each`` blocks.

    Without any passage nothing is asked here and nothing leaks.
    """
    found: list[Leak] = []
    seen: set[tuple[int, ...]] = set()
    unsure = any(not step.sure for table in tables for step in table)
    for certain in (True, False) if unsure else (True,):
        for chain in _chains([_world(table, certain=certain) for table in tables], crossing, flows, budget):
            key = tuple(id(step.rule) for step in chain.by)
            if key in seen:
                continue
            for block in islice(chain.blocks, each):
                seen.add(key)
                found.append(Leak(chain.by, block, certain))
    return tuple(found)


@dataclass(frozen=True)
class _Chain:
    by: tuple[Step, ...]
    blocks: Iterator[Block]


def _world(table: Sequence[Step], *, certain: bool) -> tuple[Step, ...]:
    """The steps as they permit least (``certain``), or most: a step that is not sure then matches nothing or all."""
    return tuple(step for step in table if step.sure or step.permit != certain)


def _chains(
    tables: Sequence[Sequence[Step]], crossing: Crossing, flows: Sequence[Block], budget: Budget
) -> Iterator[_Chain]:
    """Each choice of one permitting step of every passage, with what is left of it outside flows and earlier steps."""
    if not tables:
        return

    def go(at: int, block: Block, by: tuple[Step, ...], earlier: tuple[Block, ...]) -> Iterator[_Chain]:
        if at == len(tables):
            yield _Chain(by, remainder(block, (*flows, *earlier), budget))
            return
        blocks = tuple(step.block for step in tables[at])
        for number, step in enumerate(tables[at]):
            budget.spend()
            both = meet(block, step.block) if step.permit else None
            if both is not None and not (flows and covered(both, flows, budget)):
                yield from go(at + 1, both, (*by, step), (*earlier, *blocks[:number]))

    yield from go(0, crossing.universe, (), ())


def falls_through(table: Sequence[Step], crossing: Crossing, budget: Budget) -> bool:
    """True where some packet may get past all rules of a passage to its default."""
    return not covered(crossing.universe, [step.block for step in table if step.rule and step.sure], budget)


def shadowed(passage: Passage, budget: Budget) -> tuple[FilterRule, ...]:
    """The rules that match nothing because earlier ones, alone or together, matched all of theirs."""
    come, go = _alike([rule.come_in for rule in passage.rules]), _alike([rule.go_out for rule in passage.rules])
    earlier: list[tuple[FilterRule, Block]] = []
    found = []
    for rule in passage.rules:
        known = _block(rule, passage.family)
        if known is None or not known[1]:
            continue
        ways = product(_among(rule.come_in, come), _among(rule.go_out, go))
        if all(covered(known[0], _covers(earlier, way, budget), budget) for way in ways):
            found.append(rule)
        earlier.append((rule, known[0]))
    return tuple(found)


def matchable(rule: FilterRule, family: int) -> bool:
    """True where new flows of a family can meet a rule at all."""
    return _block(rule, family) is not None


def _covers(earlier: Sequence[tuple[FilterRule, Block]], way: tuple[str, str], budget: Budget) -> list[Block]:
    budget.spend(len(earlier))
    come, go = way
    return [
        block
        for rule, block in earlier
        if (not rule.come_in or come in rule.come_in) and (not rule.go_out or go in rule.go_out)
    ]


def _alike(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """One name for each kind of interface that the lists tell apart; the empty one for those that none names."""
    kinds: dict[str, list[int]] = {}
    for number, names in enumerate(lists):
        for name in names:
            kinds.setdefault(name, []).append(number)
    first: dict[tuple[int, ...], str] = {}
    for name, places in kinds.items():
        first.setdefault(tuple(places), name)
    return ("", *first.values())


def _among(names: tuple[str, ...], kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in kinds if kind in names) if names else kinds


def described(block: Block, family: int) -> dict[str, str]:
    """A set of packets for a message: ``source``, ``destination`` and ``service``."""
    number = block[_PROTOCOL][0][0]
    word = next((word for word, one in _NUMBERS.items() if one == number), str(number))
    protocol = "any" if block[_PROTOCOL] == PROTOCOLS else word
    ports = "" if block[_PORT] == PORTS else " " + ",".join(_run(*ends) for ends in block[_PORT])
    return {
        "source": _listed(family, block[_SOURCE]),
        "destination": _listed(family, block[_DESTINATION]),
        "service": (protocol + ports)[:_SHOWN],
    }


def _listed(family: int, ranges: Ranges) -> str:
    return ",".join(ranged(family, *ends) for ends in ranges[:4])[:_SHOWN]


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
