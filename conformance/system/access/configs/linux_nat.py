"""Linux: translations of ``nft -j list ruleset``, whether they are logged, and who reaches the device's services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.judge.access.blocks import Ranges, common, merged, without
from conformance.judge.access.config import MappedAddress, Read, SourceNat
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.linux_boxes import NEW, Box
from conformance.system.access.configs.linux_chains import Flat
from conformance.system.access.configs.linux_host import PORTS
from conformance.system.access.configs.linux_nft import Based, at, texts
from conformance.system.access.configs.linux_part import Part
from conformance.system.access.configs.shared import host_of, prefix_of
from conformance.system.access.configs.table import NotUnderstoodError

#: More outside addresses or ports than this one mapping has not.
_MOST = 16
#: More pieces than any list of sources has: beyond, what is let in is not known.
_MOST_SOURCES = 2_000
_EVERYTHING: dict[int, Ranges] = {4: ((0, 2**32 - 1),), 6: ((0, 2**128 - 1),)}
_NUMBERS = {"tcp": 6, "udp": 17}
_ITSELF = frozenset(("lo",))


def translations(part: Part, based: tuple[Based, ...]) -> None:
    """Source translations and mappings, and whether each is logged: by its own rule, or by one before it."""
    unlogged: Location | None = None
    first: Location | None = None
    passing = _passing_logged(based)
    for one in based:
        if one.chain.kind != "nat":
            continue
        logs = False
        excluded: dict[int, Ranges] = {4: (), 6: ()}
        for flat in one.rules:
            where = at(part, flat.place)
            logs = logs or flat.verdict == "log"
            if flat.verdict in ("accept", "return"):
                _excluded(flat.box, excluded)
            if flat.verdict != "nat":
                continue
            first = first or where
            if not (flat.logged or logs or passing):
                unlogged = unlogged or where
            try:
                _translated(part.draft, flat, where, excluded)
            except (NotUnderstoodError, ValueError):
                part.unread(where, "nat")
    if first is not None:
        part.draft.top.put("nat_log", unlogged is None, unlogged or first)


def _passing_logged(based: tuple[Based, ...]) -> bool:
    """Is every new flow through the device logged as it is let by?"""
    return any(
        one.chain.hook == "forward" and flat.logged and NEW in flat.box.states and len(flat.box.states) == 1
        and flat.box.anywhere and flat.verdict != "drop"
        for one in based
        for flat in one.rules
    )  # fmt: skip


def _excluded(box: Box, excluded: dict[int, Ranges]) -> None:
    """Sources that leave the chain before they are translated, wherever they go."""
    if box.destinations or box.protocols or box.ports or box.source_ports or box.go_out or box.doubtful or box.limited:
        return
    for family in box.families if max(map(len, excluded.values())) < _MOST_SOURCES else ():
        excluded[family] = merged([*excluded[family], *(box.sources or _EVERYTHING[family])])


def _translated(draft: Draft, flat: Flat, where: Location, excluded: dict[int, Ranges]) -> None:
    name, value = flat.nat
    held = value if isinstance(value, dict) else {}
    if flat.box.doubtful:
        raise NotUnderstoodError(name)
    if name in ("snat", "masquerade"):
        family = min(flat.box.families)
        sources = flat.box.sources
        if excluded[family]:
            sources = without(sources or _EVERYTHING[family], excluded[family])
        if sources != ():
            pools = () if name == "masquerade" else (_pool(held.get("addr")),)
            outward = tuple(sorted(flat.box.go_out or ()))
            draft.top.add("source_nat", SourceNat(where, pools, not pools, outward, texts(sources, family)))
        return
    if name != "dnat":
        raise NotUnderstoodError(name)
    inside = held.get("addr")
    if not isinstance(inside, str):
        raise NotUnderstoodError(name)
    for outside, protocol, port in _outside(flat.box):
        draft.top.add("mapped", MappedAddress(where, outside, host_of(inside), protocol, port))


def _pool(value: Any) -> str:
    """The addresses to which sources are translated."""
    if isinstance(value, str):
        return prefix_of(host_of(value))
    if isinstance(value, dict):
        held, ends = value.get("prefix"), value.get("range")
        if isinstance(held, dict):
            return prefix_of(f"{held.get('addr')}/{held.get('len')}")
        if isinstance(ends, list) and len(ends) == 2:  # noqa: PLR2004
            return f"{host_of(str(ends[0]))}-{host_of(str(ends[1]))}"
    raise NotUnderstoodError("pool")


def _outside(box: Box) -> Iterator[tuple[str, str, int]]:
    """Address, protocol and port of each mapping of one rule; without an address nobody knows which are mapped."""
    addresses = list(_few(box.destinations))
    ports = list(_few(box.ports)) if box.ports else [0]
    protocols = [word for word, number in _NUMBERS.items() if box.protocols and common(box.protocols, ((number,) * 2,))]
    family = min(box.families)
    for address in addresses:
        for protocol in protocols or ["any"]:
            for port in ports:
                yield texts(((address, address),), family)[0].partition("/")[0], protocol, port


def _few(ranges: Ranges | None) -> Iterator[int]:
    if ranges is None or sum(last - first + 1 for first, last in ranges) > _MOST:
        raise NotUnderstoodError("ranges")
    for first, last in ranges:
        yield from range(first, last + 1)


def reached(part: Part, based: tuple[Based, ...]) -> None:
    """Who reaches each management service, by the chains on the way to the device."""
    draft = part.draft
    inputs = [one for one in based if one.chain.kind == "filter" and one.chain.hook == "input"]
    if not inputs:
        return
    addresses = (entry.held("addresses") or () for entry in draft.entries("interfaces").values())
    six = any(":" in one.value for held in addresses for one in held)
    for (protocol, port), kind in PORTS.items():
        entry = draft.entries("services").get(kind)
        if entry is None or (isinstance(state := entry.held("enabled"), Read) and state.value is False):
            continue
        found = [_sources(inputs, family, _NUMBERS[protocol], port) for family in ((4, 6) if six else (4,))]
        where = at(part, inputs[0].chain.place)
        if None in found:
            entry.unknown("sources", where)
        elif found != [_EVERYTHING[4], _EVERYTHING[6]][: len(found)]:
            listed = zip((4, 6), found, strict=False)
            entry.put("sources", tuple(text for family, one in listed for text in texts(one, family)), where)


def _sources(inputs: list[Based], family: int, protocol: int, port: int) -> Ranges | None:
    """The sources from which a port is reached; None where a condition is not known."""
    through = _EVERYTHING[family]
    sure = True
    for one in inputs:
        if family not in ({"ip": (4,), "ip6": (6,)}.get(one.chain.family, (4, 6))):
            continue
        certain, possible = _let_in(one, family, protocol, port)
        sure = sure and certain == possible
        through = common(through, possible)
    return through if sure else None


def _let_in(based: Based, family: int, protocol: int, port: int) -> tuple[Ranges, Ranges]:
    """What one chain lets in for certain, and what it may let in."""
    everything = _EVERYTHING[family]
    left = everything
    certain: list[tuple[int, int]] = []
    possible: list[tuple[int, int]] = []
    for flat in based.rules:
        box = flat.box
        hit = family in box.families and NEW in box.states and _meets(box, protocol, port)
        if not hit or flat.verdict not in ("accept", "drop", "return") or box.come_in == _ITSELF or box.fib:
            continue
        sources = common(left, box.sources if box.sources is not None else everything)
        permit = flat.verdict == "accept" or (flat.verdict == "return" and based.chain.policy != "drop")
        if len(possible) > _MOST_SOURCES:
            return (), everything
        if permit:
            possible += sources
            certain += () if box.doubtful else sources
        elif not (box.doubtful or box.limited or box.destinations or box.come_in or box.source_ports):
            left = without(left, box.sources if box.sources is not None else everything)
    if based.chain.policy != "drop":
        certain += left
        possible += left
    return merged(certain), merged(possible)


def _meets(box: Box, protocol: int, port: int) -> bool:
    mine = box.protocols is None or bool(common(box.protocols, ((protocol, protocol),)))
    return mine and (box.ports is None or bool(common(box.ports, ((port, port),))))
