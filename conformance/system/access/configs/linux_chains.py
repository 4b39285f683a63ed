"""nftables chains as flat lists: jumps are followed, and what a rule matches is cut to what its callers let by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.system.access.configs.linux_boxes import Box, Known, beside, keyed, matched
from conformance.system.access.configs.table import NotUnderstoodError

#: As deep as the kernel lets chains call each other; and more rules than a boundary has.
_DEEPEST, _MOST = 16, 60_000
_VERDICTS = ("accept", "drop", "reject", "jump", "goto", "return", "continue")
_NARROWER = frozenset(("limit", "quota", "ct count", "meter", "connlimit"))
_HARMLESS = frozenset((
    "counter", "comment", "ct helper", "ct timeout", "ct expectation", "last", "set", "map", "flow", "secmark",
))  # fmt: skip
NAT = ("snat", "masquerade", "dnat", "redirect")
#: What may be changed of a packet without changing where it goes or who sent it.
_CHANGED = ("mark", "priority", "nftrace", "pkttype", "dscp")


@dataclass(frozen=True)
class Flat:
    """One rule as its callers leave it: ``verdict`` is ``accept``, ``drop``, ``log`` (it goes on), ``nat`` or
    ``return`` (to the policy); ``place`` its place among the objects, ``nat`` the statement that translates.
    """

    box: Box
    verdict: str
    place: int
    handle: str
    comment: str = ""
    logged: bool = False
    nat: tuple[str, Any] = ("", None)


@dataclass(frozen=True)
class Rule:
    """A rule as listed."""

    place: int
    expressions: tuple[Mapping[str, Any], ...]
    handle: str
    comment: str


@dataclass
class Chain:
    """A chain: ``hook`` empty for one that is only called."""

    place: int
    table: str
    family: str
    name: str
    kind: str = ""
    hook: str = ""
    policy: str = ""
    rules: list[Rule] = field(default_factory=list)


@dataclass
class Walk:
    """Flattening one base chain. ``strange`` collects the places of rules with a statement that is not known;
    ``cut`` is True where the list became too long.
    """

    chains: Mapping[str, Chain]
    known: Known
    strange: set[int] = field(default_factory=set)
    cut: bool = False
    _made: int = 0

    def flat(self, chain: Chain) -> list[Flat]:
        """The rules of a base chain in the order in which packets meet them."""
        families = {"ip": frozenset((4,)), "ip6": frozenset((6,))}.get(chain.family, frozenset((4, 6)))
        return list(self._chain(chain, Box(families=families), 0))

    def _chain(self, chain: Chain, box: Box, depth: int) -> Iterator[Flat]:
        """``box`` is what still comes to the rule; where what left before is no box, the rest is in doubt."""
        for rule in chain.rules:
            self._made += 1
            if self._made > _MOST:
                self.cut = True
                return
            if box.empty:
                return
            for one in self._rule(rule, [box]):
                self._made += 1
                if one.verdict in ("jump", "goto"):
                    yield from self._called(one, depth)
                elif one.verdict != "return" or not depth:
                    yield one
                if one.verdict in ("return", "goto"):
                    box = self._left(box, one.box)

    def _called(self, one: Flat, depth: int) -> Iterator[Flat]:
        target = self.chains.get(str(one.nat[1]))
        if target is None or depth >= _DEEPEST:
            self.strange.add(one.place)
            yield replace(one, verdict="accept", box=replace(one.box, doubtful=True))
        else:
            yield from self._chain(target, one.box, depth + 1)

    def _left(self, box: Box, gone: Box) -> Box:
        if gone == box:
            return replace(box, families=frozenset())
        left = beside(box, gone, self.known)
        return left if left is not None else replace(box, doubtful=True)

    def _rule(self, rule: Rule, boxes: list[Box]) -> Iterator[Flat]:
        """What a rule does to the boxes: its statements from the left, each condition for what comes after it."""
        logged = False
        for statement in rule.expressions:
            name, value = next(iter(statement.items()), ("", None))
            if name == "match" and isinstance(value, dict):
                boxes = self._match(rule, boxes, value)
            elif name == "log":
                logged = True
            elif name in _NARROWER:
                boxes = [replace(one, limited=True) for one in boxes]
            elif name in _VERDICTS:
                yield from (self._verdict(rule, one, name, value, logged=logged) for one in boxes)
                return
            elif name == "vmap" and isinstance(value, dict):
                yield from self._map(rule, boxes, value, logged=logged)
                boxes = [replace(one, doubtful=True) for one in boxes]
            elif name in NAT:
                for one in boxes:
                    yield Flat(one, "nat", rule.place, rule.handle, rule.comment, logged, (name, value))
                return
            elif name not in _HARMLESS and not (name == "mangle" and _harmless(value)):
                self.strange.add(rule.place)
                boxes = [replace(one, doubtful=True) for one in boxes]
        if logged:
            yield from (Flat(one, "log", rule.place, rule.handle, rule.comment, True) for one in boxes)

    def _match(self, rule: Rule, boxes: list[Box], value: Mapping[str, Any]) -> list[Box]:
        try:
            found = matched(boxes, value, self.known)
            self._made += len(found)
            return found
        except NotUnderstoodError:
            self.strange.add(rule.place)
            return [replace(one, doubtful=True) for one in boxes]

    def _verdict(self, rule: Rule, box: Box, name: str, value: Any, *, logged: bool) -> Flat:
        target = value.get("target") if isinstance(value, dict) else None
        verdict = {"reject": "drop", "continue": "log"}.get(name, name)
        return Flat(box, verdict, rule.place, rule.handle, rule.comment, logged, ("", target))

    def _map(self, rule: Rule, boxes: list[Box], value: Mapping[str, Any], *, logged: bool) -> Iterator[Flat]:
        """A verdict for each key of a verdict map."""
        try:
            pairs = self.known.elements(value.get("data"))
        except NotUnderstoodError:
            pairs = []
            self.strange.add(rule.place)
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != len(("key", "verdict")) or not isinstance(pair[1], dict):
                self.strange.add(rule.place)
                continue
            name, target = next(iter(pair[1].items()), ("", None))
            for box in keyed(boxes, value.get("key"), pair[0], self.known):
                if name in _VERDICTS:
                    yield self._verdict(rule, box, name, target, logged=logged)


def _harmless(value: Any) -> bool:
    key = value.get("key") if isinstance(value, dict) else None
    if not isinstance(key, dict):
        return False
    held = key.get("meta") or key.get("ct") or key.get("payload") or {}
    named = held.get("key") or held.get("field") if isinstance(held, dict) else ""
    return "tcp option" in key or named in _CHANGED
