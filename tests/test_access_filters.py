"""Filters as sets: what they let through is what a packet-by-packet reading of the same rules lets through."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.access.blocks import Block, Budget, ExhaustedError, Ranges, common, merged, without
from conformance.judge.access.config import FilterRule, Passage
from conformance.judge.access.filters import (
    BUDGET,
    PORTS,
    Crossing,
    applied,
    declared,
    everything,
    falls_through,
    leaks,
    permitted,
    shadowed,
    steps,
)
from conformance.judge.rulebook import Location

HERE = Location("configs/a.cfg", 1)
WAY = Crossing("lan", "up", "out", 4, everything(4), everything(4))
Packet = tuple[int, int, str, int, int]


def rule(id_: str = "1", permit: bool = True, **said: object) -> FilterRule:
    return FilterRule(id_, permit, HERE, **said)  # type: ignore[arg-type]


def passage(*rules: FilterRule, default: str = "deny", **said: object) -> Passage:
    return Passage("p", 4, HERE, tuple(rules), default, **said)  # type: ignore[arg-type]


# --- the oracle: one packet at a time, over four hosts and four ports, with nothing of the judge's own code

HOSTS = [int(ip_address(f"10.0.0.{number}")) for number in range(4)]
PREFIXES = ["10.0.0.0/30", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.1/32", "10.0.0.3", "10.0.0.1-10.0.0.2"]
UNIVERSE: list[Packet] = [
    (source, destination, protocol, from_port, to_port)
    for source in HOSTS
    for destination in HOSTS
    for protocol, pairs in (("tcp", [(1, 1), (1, 2), (2, 1), (2, 3)]), ("udp", [(1, 1), (2, 2)]), ("icmp", [(0, 0)]))
    for from_port, to_port in pairs
]


def names(text: str, address: int) -> bool:
    if "-" in text:
        low, high = text.split("-")
        return int(ip_address(low)) <= address <= int(ip_address(high))
    return ip_address(address) in ip_network(text)


def matches(one: FilterRule, packet: Packet, come: str, go: str) -> bool:  # noqa: PLR0911
    source, destination, protocol, from_port, to_port = packet
    if one.established or (one.come_in and come not in one.come_in) or (one.go_out and go not in one.go_out):
        return False
    if one.sources and not any(names(text, source) for text in one.sources):
        return False
    if one.destinations and not any(names(text, destination) for text in one.destinations):
        return False
    if one.protocol not in ("any", protocol):
        return False
    if protocol == "icmp":
        return one.protocol == "icmp" or not (one.ports or one.source_ports)
    if one.source_ports and not any(low <= from_port <= high for low, high in one.source_ports):
        return False
    return not one.ports or any(low <= to_port <= high for low, high in one.ports)


def decides(one: Passage, packet: Packet, come: str, go: str) -> bool:
    for each in one.rules:
        if matches(each, packet, come, go):
            return each.permit
    return one.default == "permit"


def holds(block: Block, packet: Packet) -> bool:
    values = (packet[0], packet[1], {"icmp": 1, "tcp": 6, "udp": 17}[packet[2]], packet[3], packet[4])
    return all(any(low <= value <= high for low, high in part) for part, value in zip(block, values, strict=True))


ADDRESSES = st.lists(st.sampled_from(PREFIXES), max_size=2).map(tuple)
SOME = st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=2).map(tuple)
PORT_LISTS = st.lists(st.sampled_from([(1, 1), (2, 2), (1, 2), (2, 3)]), max_size=2).map(tuple)
SIDES = st.sampled_from([(), ("lan",), ("up",), ("lan", "other")])
RULES = st.builds(
    FilterRule,
    id=st.just("r"), permit=st.booleans(), where=st.just(HERE), protocol=st.sampled_from(["any", "tcp", "udp", "icmp"]),
    sources=ADDRESSES, destinations=ADDRESSES, source_ports=PORT_LISTS, ports=PORT_LISTS, come_in=SIDES, go_out=SIDES,
    established=st.sampled_from([False, False, False, True]), understood=st.just(True),
)  # fmt: skip
PASSAGES = st.builds(
    Passage, name=st.just("p"), family=st.just(4), where=st.just(HERE), default=st.sampled_from(["permit", "deny"]),
    rules=st.lists(RULES, max_size=7).map(tuple),
)  # fmt: skip
FLOWS = st.lists(
    st.tuples(SOME, SOME, st.sampled_from(["any", "tcp", "icmp"]), PORT_LISTS),
    max_size=3,
)


def blocks_of(
    flows: Sequence[tuple[tuple[str, ...], tuple[str, ...], str, tuple[tuple[int, int], ...]]],
) -> list[Block]:
    return [block for one in flows if (block := declared(4, *one)) is not None]


@settings(max_examples=150, deadline=None)
@given(st.lists(PASSAGES, min_size=1, max_size=2))
def test_what_is_permitted_is_what_each_packet_says(passages: list[Passage]) -> None:
    tables = [steps(one, WAY) for one in passages]
    blocks = list(permitted(tables, WAY, Budget(BUDGET)))
    for packet in UNIVERSE:
        through = all(decides(one, packet, "lan", "up") for one in passages)
        assert sum(holds(block, packet) for block in blocks) == through  # in one block exactly: they do not overlap


@settings(max_examples=150, deadline=None)
@given(st.lists(PASSAGES, min_size=1, max_size=2), FLOWS)
def test_leaks_are_what_is_permitted_and_not_declared(passages: list[Passage], flows: list[object]) -> None:
    allowed = blocks_of(flows)  # type: ignore[arg-type]
    found = leaks([steps(one, WAY) for one in passages], WAY, allowed, Budget(BUDGET), each=10_000)
    for packet in UNIVERSE:
        through = all(decides(one, packet, "lan", "up") for one in passages)
        leaked = through and not any(holds(block, packet) for block in allowed)
        assert any(holds(leak.block, packet) for leak in found) == leaked
    for leak in found:
        assert leak.certain and all(step.permit for step in leak.by)


@settings(max_examples=100, deadline=None)
@given(PASSAGES)
def test_a_shadowed_rule_decides_no_packet_and_its_absence_changes_nothing(one: Passage) -> None:
    for gone in shadowed(one, Budget(BUDGET)):
        place = next(number for number, each in enumerate(one.rules) if each is gone)
        for packet in UNIVERSE:
            for come in ("lan", "up", "other", "none"):
                for go in ("lan", "up", "other", "none"):
                    if matches(gone, packet, come, go):
                        assert any(matches(each, packet, come, go) for each in one.rules[:place])


@settings(max_examples=100, deadline=None)
@given(st.lists(RULES, max_size=6), st.data())
def test_what_unknown_rules_may_do_lies_between_certain_and_possible(
    rules: list[FilterRule], data: st.DataObject
) -> None:
    """A packet may or may not meet an unknown rule: leaks are certain where it gets through either way."""
    rules = [replace(one, understood=data.draw(st.booleans())) for one in rules]
    found = leaks([steps(passage(*rules), WAY)], WAY, [], Budget(BUDGET), each=10_000)
    certain = [leak.block for leak in found if leak.certain]
    for packet in UNIVERSE:
        outcomes = {True} if _must(rules, packet) else set()
        if outcomes:
            assert any(holds(block, packet) for block in certain)
        else:
            assert not any(holds(block, packet) for block in certain)


def _must(rules: Sequence[FilterRule], packet: Packet) -> bool:
    """True where the packet is let through in every world."""
    for one in rules:
        if matches(one, packet, "lan", "up"):
            if one.understood:
                return one.permit
            if not one.permit:
                return False
    return False


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))),
)
def test_ranges_are_sets(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    one, other = merged(left), merged(right)
    mine = {number for low, high in left for number in range(low, high + 1)}
    theirs = {number for low, high in right for number in range(low, high + 1)}
    assert members(one) == mine and members(common(one, other)) == mine & theirs
    assert members(without(one, other)) == mine - theirs
    for found in (one, common(one, other), without(one, other)):
        assert found == merged(found)


def members(ranges: Ranges) -> set[int]:
    return {number for low, high in ranges for number in range(low, high + 1)}


# --- what the reference and its mutants are about


def test_a_destination_mask_one_bit_too_short_leaks_exactly_the_other_half() -> None:
    table = steps(passage(rule(sources=("10.64.20.0/24",), destinations=("59.195.0.0/23",), protocol="tcp")), WAY)
    allowed = declared(4, ["10.64.20.0/24"], ["59.195.0.0/24"], "tcp")
    assert allowed is not None
    (leak,) = leaks([table], WAY, [allowed], Budget(BUDGET))
    (low, high) = leak.block[1][0]
    assert (str(ip_address(low)), str(ip_address(high))) == ("59.195.1.0", "59.195.1.255")


def test_a_deny_before_a_permit_takes_away_what_it_meets() -> None:
    denied = rule("1", False, destinations=("59.195.1.0/24",))
    table = steps(passage(denied, rule("2", destinations=("59.195.0.0/23",))), WAY)
    allowed = declared(4, ["0.0.0.0/0"], ["59.195.0.0/24"], "any")
    assert allowed is not None and leaks([table], WAY, [allowed], Budget(BUDGET)) == ()


def test_two_passages_let_through_only_what_both_do() -> None:
    first = passage(rule(destinations=("59.195.0.0/24",)))
    second = passage(rule(destinations=("59.195.0.128/25",)), rule("2", destinations=("59.196.0.0/24",)))
    found = list(permitted([steps(one, WAY) for one in (first, second)], WAY, Budget(BUDGET)))
    assert [block[1] for block in found] == [declared(4, ["0.0.0.0/0"], ["59.195.0.128/25"], "any")[1]]  # type: ignore[index]


def test_established_packets_are_no_new_flow() -> None:
    assert leaks([steps(passage(rule(established=True)), WAY)], WAY, [], Budget(BUDGET)) == ()


def test_what_an_unknown_permit_could_match_is_in_doubt_and_no_fault() -> None:
    (leak,) = leaks([steps(passage(rule(understood=False)), WAY)], WAY, [], Budget(BUDGET))
    assert not leak.certain


def test_an_unknown_deny_puts_a_later_permit_in_doubt() -> None:
    (leak,) = leaks([steps(passage(rule("1", False, understood=False), rule("2")), WAY)], WAY, [], Budget(BUDGET))
    assert not leak.certain and leak.rule is not None and leak.rule.id == "2"


def test_an_unknown_default_is_in_doubt() -> None:
    (leak,) = leaks([steps(passage(default="unknown"), WAY)], WAY, [], Budget(BUDGET))
    assert not leak.certain and leak.rule is None


def test_an_address_that_is_none_makes_the_rule_unknown() -> None:
    (leak,) = leaks([steps(passage(rule(sources=("nowhere",))), WAY)], WAY, [], Budget(BUDGET))
    assert not leak.certain


def test_icmp_has_no_ports_and_a_rule_with_ports_matches_no_icmp() -> None:
    table = steps(passage(rule(ports=((53, 53),))), WAY)
    (leak,) = leaks([table], WAY, [], Budget(BUDGET))
    assert (1, 1) not in leak.block[2] and (17, 17) in leak.block[2]
    (icmp,) = leaks([steps(passage(rule(protocol="icmp", ports=((8, 8),))), WAY)], WAY, [], Budget(BUDGET))
    assert icmp.block[4] == PORTS


def test_rules_and_passages_are_chosen_by_interface() -> None:
    here, there = passage(rule(), come_in=("lan",)), passage(rule(), go_out=("other",))
    assert applied((here, there), WAY) == (here,)
    elsewhere = passage(rule(come_in=("wan",)), rule("2", go_out=("self",)))
    assert leaks([steps(elsewhere, WAY)], WAY, [], Budget(BUDGET)) == ()


def test_shadowed_by_one_by_several_and_not_at_all() -> None:
    low, high = rule("1", destinations=("59.195.0.0/25",)), rule("2", destinations=("59.195.0.128/25",))
    both, more = rule("3", False, destinations=("59.195.0.0/24",)), rule("4", destinations=("59.195.0.0/23",))
    assert shadowed(passage(low, low, more), Budget(BUDGET)) == (low,)
    assert shadowed(passage(low, high, both, more), Budget(BUDGET)) == (both,)
    assert shadowed(passage(rule("1", come_in=("lan",)), rule("2")), Budget(BUDGET)) == ()
    narrow = rule("2", come_in=("lan",))
    assert shadowed(passage(rule("1"), narrow), Budget(BUDGET)) == (narrow,)
    assert shadowed(passage(rule("1", understood=False), rule("2")), Budget(BUDGET)) == ()


def test_a_last_rule_that_denies_everything_leaves_nothing_to_the_default() -> None:
    assert not falls_through(steps(passage(rule("9", False), default="permit"), WAY), WAY, Budget(BUDGET))
    assert falls_through(steps(passage(rule("1", destinations=("10.0.0.0/8",))), WAY), WAY, Budget(BUDGET))


# --- time


def random_rules(number: int, seed: int) -> list[FilterRule]:
    chance = random.Random(seed)  # noqa: S311

    def prefix() -> str:
        length = chance.choice([8, 12, 16, 20, 24, 28, 32])
        return str(ip_network((chance.getrandbits(32), length), strict=False))

    def one(count: int) -> FilterRule:
        low = chance.randrange(65536)
        return rule(
            str(count), chance.random() < 0.7, protocol=chance.choice(["any", "tcp", "udp", "icmp"]),
            sources=(prefix(),), destinations=(prefix(),) if chance.random() < 0.6 else (),
            ports=((low, min(65535, low + chance.choice([0, 10, 1000]))),) if chance.random() < 0.7 else (),
        )  # fmt: skip

    return [one(count) for count in range(number)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_random_rules_take_less_than_two_seconds(seed: int) -> None:
    long = passage(*random_rules(1000, seed))
    allowed = blocks_of([((f"10.{number}.0.0/16",), ("59.195.0.0/24",), "tcp", ((443, 443),)) for number in range(30)])
    started = time.process_time()
    found = leaks([steps(long, WAY)], WAY, allowed, Budget(BUDGET))
    gone = shadowed(long, Budget(BUDGET))
    assert time.process_time() - started < 2
    assert len(found) > 300 and len(gone) < 100


def test_the_worst_case_ends_in_doubt_and_not_never() -> None:
    """Large boxes across one another in four dimensions: what they leave has more pieces than anybody can count."""
    chance = random.Random(7)  # noqa: S311

    def slab(count: int) -> FilterRule:
        def run() -> str:
            low, high = sorted(chance.getrandbits(32) for _ in range(2))
            return f"{ip_address(low)}-{ip_address(high)}"

        ports, others = (tuple(sorted(chance.sample(range(65536), 2))) for _ in range(2))
        said = {"sources": (run(),), "destinations": (run(),), "ports": (ports,), "source_ports": (others,)}
        return rule(str(count), False, protocol="tcp", **said)

    walls = [slab(count) for count in range(1000)]
    started = time.process_time()
    with pytest.raises(ExhaustedError):
        list(permitted([steps(passage(*walls, rule("last")), WAY)], WAY, Budget(BUDGET)))
    assert time.process_time() - started < 6
