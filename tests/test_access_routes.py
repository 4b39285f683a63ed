"""Prefix lists and route policies as sets: what passes is what a route-by-route reading of the same lines lets pass."""

from __future__ import annotations

from ipaddress import IPv4Network

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.access.blocks import Budget
from conformance.judge.access.config import (
    SET,
    UNKNOWN,
    DeviceConfig,
    PolicyNode,
    PrefixEntry,
    PrefixList,
    Read,
    RoutePolicy,
)
from conformance.judge.access.routes import BUDGET, defined, escape, passes, passing, within
from conformance.judge.rulebook import Location

HERE = Location("configs/a.cfg", 1)
#: Every route inside 10.0.0.0/28.
ROUTES = [net for length in range(28, 33) for net in IPv4Network("10.0.0.0/28").subnets(new_prefix=length)]
PREFIXES = st.sampled_from([str(net) for net in ROUTES])


def config(lists: dict[str, list[PrefixEntry]], policies: dict[str, list[PolicyNode]] | None = None) -> DeviceConfig:
    return DeviceConfig(
        "ce01", "huawei-vrp8", Read(),
        prefix_lists=tuple(PrefixList(name, 4, tuple(entries), HERE) for name, entries in lists.items()),
        policies=tuple(RoutePolicy(name, tuple(nodes), HERE) for name, nodes in (policies or {}).items()),
    )  # fmt: skip


def named(reference: str) -> Read[str]:
    return Read(SET, reference, HERE)


def ask(made: DeviceConfig, reference: Read[str], route: str) -> bool | None:
    budget = Budget(BUDGET)
    return passes(passing(made, reference, 4, budget), route, budget)


def entry(prefix: str, permit: bool = True, least: int | None = None, most: int | None = None) -> PrefixEntry:
    length = int(prefix.partition("/")[2])
    return PrefixEntry(permit, prefix, length if least is None else least, length if most is None else most, HERE)


ENTRIES = st.lists(
    st.builds(
        lambda prefix, permit, bounds: entry(prefix, permit, *sorted(bounds)),
        PREFIXES, st.booleans(), st.tuples(st.integers(28, 32), st.integers(28, 32)),
    ),
    max_size=5,
)  # fmt: skip


def listed(entries: list[PrefixEntry], route: IPv4Network) -> bool:
    """The oracle for one route and a prefix list."""
    for one in entries:
        network = IPv4Network(one.prefix)
        if route.subnet_of(network) and max(one.least, network.prefixlen) <= route.prefixlen <= one.most:
            return one.permit
    return False


@settings(max_examples=150, deadline=None)
@given(ENTRIES)
def test_a_prefix_list_lets_pass_what_each_route_meets(entries: list[PrefixEntry]) -> None:
    made = config({"A": entries})
    for route in ROUTES:
        assert ask(made, named("prefix:A"), str(route)) is listed(entries, route)


NODES = st.lists(
    st.tuples(st.booleans(), st.lists(st.sampled_from(["A", "B"]), max_size=2, unique=True), st.booleans()), max_size=4
)


@settings(max_examples=150, deadline=None)
@given(ENTRIES, ENTRIES, NODES)
def test_a_policy_lets_pass_what_each_route_meets(
    first: list[PrefixEntry], second: list[PrefixEntry], nodes: list[tuple[bool, list[str], bool]]
) -> None:
    """Nodes that were not understood match or not: True where a route passes in all worlds, None where in some."""
    lists = {"A": first, "B": second}
    made_nodes = [PolicyNode(permit, tuple(f"prefix:{n}" for n in names), HERE, sure) for permit, names, sure in nodes]
    made = config(lists, {"P": made_nodes})
    for route in ROUTES:
        worlds = {False}
        for permit, names, sure in reversed(nodes):
            if all(listed(lists[name], route) for name in names):
                worlds = {permit} if sure else worlds | {permit}
        expected = next(iter(worlds)) if len(worlds) == 1 else None
        assert ask(made, named("policy:P"), str(route)) is expected


@settings(max_examples=150, deadline=None)
@given(ENTRIES, st.lists(PREFIXES, max_size=2))
def test_an_escape_is_a_route_that_passes_and_is_not_allowed(entries: list[PrefixEntry], allowed: list[str]) -> None:
    budget = Budget(BUDGET)
    found = escape(passing(config({"A": entries}), named("prefix:A"), 4, budget).certain, within(allowed, 4), 4, budget)
    outside = [
        str(route)
        for route in ROUTES
        if listed(entries, route) and not any(route.subnet_of(IPv4Network(one)) for one in allowed)
    ]
    assert found in outside if outside else found is None


def test_without_a_filter_everything_passes_and_an_unknown_one_decides_nothing() -> None:
    made = config({})
    assert ask(made, Read(), "192.0.2.0/24") is True
    assert ask(made, Read(UNKNOWN), "192.0.2.0/24") is None


def test_a_name_that_is_not_in_the_file_decides_nothing() -> None:
    made = config({"A": []}, {"P": [PolicyNode(True, ("filter:3000",), HERE)], "Q": [PolicyNode(True, (), HERE)]})
    for reference in ("prefix:B", "policy:Z", "filter:3000", "policy:P"):
        assert ask(made, named(reference), "192.0.2.0/24") is None
    assert ask(made, named("prefix:A"), "192.0.2.0/24") is False
    assert ask(made, named("policy:Q"), "192.0.2.0/24") is True
    assert [defined(made, one) for one in ("prefix:A", "prefix:B", "policy:P", "policy:Z")] == [
        True,
        False,
        True,
        False,
    ]


def test_a_policy_that_names_itself_ends() -> None:
    made = config({}, {"P": [PolicyNode(True, ("policy:P",), HERE)]})
    assert ask(made, named("policy:P"), "192.0.2.0/24") is None
