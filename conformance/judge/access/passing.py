"""What the filters of a boundary device do on each way between LANs and uplinks, beside the flows that are declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.judge.access.blocks import Block, Budget
from conformance.judge.access.case import Case
from conformance.judge.access.config import DeviceConfig, Passage
from conformance.judge.access.edges import crossings
from conformance.judge.access.filters import Crossing, Step, applied, declared, falls_through, steps
from conformance.judge.access.prefixes import PrefixSet

#: What one rule on one way costs, in comparisons.
_COST = 8
NO_PASSAGE, STATELESS, PERMITS, UNKNOWN = "none", "stateless", "permit", "unknown"


@dataclass(frozen=True)
class Way:
    """A crossing with the passages on it and what each does to new flows."""

    crossing: Crossing
    passages: tuple[Passage, ...]
    tables: tuple[tuple[Step, ...], ...]


def ways(case: Case, config: DeviceConfig, family: int, budget: Budget) -> Iterator[Way]:
    """Every way across a device in one family; raises ExhaustedError."""
    for crossing in crossings(case, config, family, budget):
        passages = applied(config.passages, crossing)
        budget.spend(_COST * (1 + sum(len(one.rules) for one in passages)))
        yield Way(crossing, passages, tuple(steps(one, crossing) for one in passages))


def unlike(found: Iterator[Way]) -> Iterator[Way]:
    """The ways on which the same rules meet the same packets only once."""
    seen = set()
    for way in found:
        crossing = way.crossing
        key = (crossing.universe, crossing.direction, *(tuple(map(_mark, table)) for table in way.tables))
        if key not in seen:
            seen.add(key)
            yield way


def _mark(step: Step) -> int:
    return id(step.rule or step.passage)


def weakness(way: Way, budget: Budget) -> str:
    """What a way lacks of one stateful passage that denies by default, first cause first; empty where there is one."""
    if not way.passages:
        return NO_PASSAGE
    found = []
    for passage, table in zip(way.passages, way.tables, strict=True):
        opens = passage.default if passage.default != "deny" and falls_through(table, way.crossing, budget) else ""
        if passage.stateful and not opens:
            return ""
        found.append(opens or STATELESS)
    return next(one for one in (UNKNOWN, PERMITS, STATELESS) if one in found)


class Flows:
    """The declared flows as sets. Filters stand before or after translation: inner and shown addresses both count."""

    def __init__(self, case: Case) -> None:
        self._site = case.site
        self._made: dict[tuple[str, int], list[Block]] = {}

    def of(self, crossing: Crossing) -> list[Block]:
        """The flows that a way has in its direction."""
        key = (crossing.direction, crossing.family)
        if key not in self._made:
            self._made[key] = list(self._blocks(*key))
        return self._made[key]

    def _blocks(self, direction: str, family: int) -> Iterator[Block]:
        nat = self._site.nat
        hidden = PrefixSet.of(one.prefix for one in self._site.lans if one.translated)
        for flow in self._site.flows:
            sources, destinations = list(flow.sources), list(flow.destinations)
            if direction == "out" and any(hidden.meets(one) for one in sources):
                sources += [one.prefix for one in nat.pools]
            if direction == "in":
                reached = PrefixSet.of(destinations)
                destinations += [one.outside for one in nat.mappings if reached.holds(one.inside)]
            block = declared(family, sources, destinations, flow.protocol, flow.ports)
            if flow.direction == direction and block is not None:
                yield block
