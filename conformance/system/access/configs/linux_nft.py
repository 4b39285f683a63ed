"""Linux: packet filters of ``nft -j list ruleset``: passages, source checks, and who reaches the device's services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from typing import Any

from conformance.judge.access.blocks import Ranges
from conformance.judge.access.config import SELF, FilterRule, Passage
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.linux_boxes import ESTABLISHED, NEW, RELATED, Box, Known
from conformance.system.access.configs.linux_chains import Chain, Flat, Rule, Walk
from conformance.system.access.configs.linux_part import Part, loaded, objects, text_of
from conformance.system.access.configs.table import NotUnderstoodError

_WORDS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
#: A rule of more protocols than this is one of any protocol that matches only a part.
_MOST_PROTOCOLS = 8
_HOOKS = ("forward", "input")
_TABLES = ("ip", "ip6", "inet")
_UNJUDGED = ("chain", "rule", "table", "set", "map", "metainfo", "counter", "quota", "limit", "ct helper", "ct timeout",
             "flowtable", "element", "ct expectation", "secmark", "synproxy")  # fmt: skip
#: A check of sources stands at the begin of its chain.
_MOST_BEFORE = 64
_CHECKED = {4: "urpf", 6: "urpf6"}


@dataclass(frozen=True)
class Based:
    """A base chain, flat."""

    chain: Chain
    rules: tuple[Flat, ...]


def ruleset(part: Part) -> tuple[Based, ...]:
    """Read the rule set; the base chains, flat, in the order of the file. Other hooks only narrow what passes."""
    listed = loaded(part)
    found = objects(listed.get("nftables") if isinstance(listed, dict) else None)
    sets: dict[tuple[str, str], dict[str, list[Any]]] = {}
    chains: dict[tuple[str, str], dict[str, Chain]] = {}
    for place, one in found:
        kind, held = next(iter(one.items()), ("", None))
        if kind not in _UNJUDGED or not isinstance(held, dict):
            part.unread(part.at(path=f"nftables[{place}]"))
            continue
        table = (text_of(held, "family"), text_of(held, "table"))
        if table[0] not in _TABLES:
            part.ignored()  # bridges, devices and ARP: they only narrow what comes here
        elif kind in ("set", "map"):
            elements = held.get("elem", [])
            sets.setdefault(table, {})[text_of(held, "name")] = elements if isinstance(elements, list) else []
        elif kind == "chain":
            chains.setdefault(table, {})[text_of(held, "name")] = _chain(held, place)
        elif kind == "rule":
            _rule(part, chains.get(table, {}), held, place)
    interfaces = _interfaces(part.draft)
    made = []
    for table, named in chains.items():
        walk = Walk(named, Known(sets.get(table, {}), interfaces))
        for chain in named.values():
            part.known(1 + len(chain.rules))
            if chain.hook:
                made.append(Based(chain, tuple(walk.flat(chain))))
        for place in sorted(walk.strange):
            part.unread(at(part, place))
        if walk.cut:
            part.unread(part.at())
    return tuple(made)


def at(part: Part, place: int) -> Location:
    """Where an object of the rule set stands."""
    return part.at(path=f"nftables[{place}]")


def _interfaces(draft: Draft) -> tuple[str, ...]:
    """Every interface of the device, where the bundle tells them all."""
    known = draft.scratch.get("interfaces known")
    return tuple(one for one in draft.entries("interfaces") if isinstance(one, str)) if known else ()


def _chain(held: dict[str, Any], place: int) -> Chain:
    family, name = text_of(held, "family"), text_of(held, "name")
    kind, hook = text_of(held, "type"), text_of(held, "hook")
    return Chain(place, text_of(held, "table"), family, name, kind, hook, text_of(held, "policy"))


def _rule(part: Part, chains: dict[str, Chain], held: dict[str, Any], place: int) -> None:
    chain, expressions = chains.get(text_of(held, "chain")), held.get("expr")
    if chain is None or not isinstance(expressions, list) or not all(isinstance(one, dict) for one in expressions):
        part.unread(at(part, place))
        if chain is not None:  # something is decided here, nobody knows what of
            chain.rules.append(Rule(place, ({"match": {}}, {"accept": None}), str(place), ""))
        return
    handle = held.get("handle")
    comment = " ".join(text_of(held, "comment").split())
    chain.rules.append(Rule(place, tuple(expressions), str(handle if isinstance(handle, int) else place)[:20], comment))


def passages(part: Part, based: tuple[Based, ...]) -> None:
    """A passage for each family of each filter chain on the way through the device or to it."""
    filters = [one for one in based if one.chain.kind == "filter" and one.chain.hook in _HOOKS]
    count = Counter((one.chain.hook, family) for one in filters for family in _families(one.chain))
    beyond = _interfaces(part.draft)  # what is forwarded never ends in the device
    for one in filters:
        for family in _families(one.chain):
            rules = tuple(_rules(part, one, family))
            idle = one.chain.policy != "drop" and all(flat.verdict == "log" for flat in one.rules)
            if idle and count[one.chain.hook, family] > 1:
                continue  # it decides nothing, and another does
            logged = any(flat.verdict == "log" and _all(flat.box, family) for flat in one.rules)
            outward = (SELF,) if one.chain.hook == "input" else beyond
            part.draft.top.add(
                "passages",
                Passage(
                    f"{one.chain.table} {one.chain.name}"[:60], family, at(part, one.chain.place), rules,
                    "deny" if one.chain.policy == "drop" else "permit", bool(one.chain.policy), logged,
                    any(_answers(flat, family) for flat in one.rules), (), outward,
                ),
            )  # fmt: skip
    for one in based:
        if one.chain.hook == "prerouting" and one.chain.kind == "filter" and one.chain.policy == "drop":
            part.unread(at(part, one.chain.place))  # what it lets pass, no passage tells
        _source_checks(part, one)


def _families(chain: Chain) -> tuple[int, ...]:
    return {"ip": (4,), "ip6": (6,)}.get(chain.family, (4, 6))


def _all(box: Box, family: int) -> bool:
    """Is it all new packets of a family, wherever they go?"""
    unbound = box.anywhere and box.come_in is None and box.go_out is None and not (box.fib or box.doubtful)
    return unbound and family in box.families and NEW in box.states


def _answers(flat: Flat, family: int) -> bool:
    accepts = flat.verdict == "accept" and not flat.box.doubtful and not flat.box.limited
    return accepts and ESTABLISHED in flat.box.states and flat.box.anywhere and family in flat.box.families


def _rules(part: Part, based: Based, family: int) -> Iterator[FilterRule]:
    """The rules that decide of packets of a family; a log that goes on marks the decision on the same packets."""
    seen: set[Box] = set()
    for flat in based.rules:
        box = flat.box
        if family not in box.families:
            continue
        alike = replace(box, limited=False, states=frozenset())
        if flat.verdict == "log":
            seen.add(alike)
            continue
        if flat.verdict == "return" and not box.empty:
            permit = based.chain.policy != "drop"
        elif flat.verdict in ("accept", "drop"):
            permit = flat.verdict == "accept"
        else:
            continue
        if box.fib and not permit:
            continue  # a check of sources: it only takes away
        if NEW not in box.states and (not permit or not box.states & {ESTABLISHED, RELATED}):
            if not permit:
                continue
            box = replace(box, doubtful=True)
        logged = flat.logged or alike in seen
        yield from _made(replace(flat, box=box, logged=logged), family, at(part, flat.place), permit=permit)


def _made(flat: Flat, family: int, where: Location, *, permit: bool) -> Iterator[FilterRule]:
    """One rule for each protocol."""
    box = flat.box
    understood = not (box.doubtful or box.limited or box.fib)
    for word, sure in _protocols(box.protocols, family):
        yield FilterRule(
            flat.handle, permit, where, word, texts(box.sources, family), texts(box.destinations, family),
            box.source_ports or (), box.ports or (), tuple(sorted(box.come_in or ())), tuple(sorted(box.go_out or ())),
            NEW not in box.states and bool(box.states & {ESTABLISHED, RELATED}), flat.logged, flat.comment, "",
            understood and sure,
        )  # fmt: skip


def _protocols(ranges: Ranges | None, family: int) -> Iterator[tuple[str, bool]]:
    """The protocols in the model's words; ICMP of the other family is none here."""
    if ranges is None:
        yield "any", True
        return
    if sum(last - first + 1 for first, last in ranges) > _MOST_PROTOCOLS:
        yield "any", False
        return
    for first, last in ranges:
        for number in range(first, last + 1):
            word = _WORDS.get(number, str(number))
            if word != ("icmpv6" if family == 4 else "icmp"):  # noqa: PLR2004
                yield word, True


@lru_cache(maxsize=2048)
def texts(ranges: Ranges | None, family: int) -> tuple[str, ...]:
    """Ranges of addresses as prefixes; none for all."""
    if ranges is None:
        return ()
    found: list[str] = []
    for first, last in ranges:
        if family == 4:  # noqa: PLR2004
            found += [str(one) for one in summarize_address_range(IPv4Address(first), IPv4Address(last))]
        else:
            found += [str(one) for one in summarize_address_range(IPv6Address(first), IPv6Address(last))]
    return tuple(found)


def _source_checks(part: Part, based: Based) -> None:
    """Sources without a way back are dropped, on the interfaces that the rule names, unless they were let by before."""
    if based.chain.hook not in ("prerouting", "forward"):
        return
    opened: list[Box] = []
    checks = 0
    for flat in based.rules:
        box = flat.box
        if flat.verdict in ("accept", "return") and NEW in box.states:
            opened.append(box)
        checks += bool(box.fib)
        if len(opened) > _MOST_BEFORE or checks > _MOST_BEFORE:
            return  # what is checked still, nobody asks
        if flat.verdict != "drop" or not box.fib or not box.anywhere or box.doubtful or box.limited or box.go_out:
            continue
        for name, entry in part.draft.entries("interfaces").items():
            if box.come_in is not None and name not in box.come_in:
                continue
            for family in box.families:
                held = entry.held(_CHECKED[family])
                passed = any(family in one.families and (not one.come_in or name in one.come_in) for one in opened)
                if not passed and (held is None or held.value != "strict"):
                    entry.put(_CHECKED[family], box.fib, at(part, flat.place))


def broken(part: Part) -> None:
    """What is no rule set: nothing of it is known."""
    part.unread(part.at())
    part.unread(part.at(), "nat")
    part.closed(complete=False)


def read(part: Part) -> tuple[Based, ...]:
    """Read the file; empty, and told, where it is none."""
    try:
        based = ruleset(part)
    except NotUnderstoodError:
        broken(part)
        return ()
    passages(part, based)
    return based
