"""Huawei VRP: prefix lists and route policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network

from conformance.judge.access.config import PolicyNode, PrefixEntry, PrefixList, RoutePolicy
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import number, prefix_of
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

POLICIES = Table()
_NODE = "route-policy {policy} {action} node {node}"
POLICIES.view(_NODE, "policy")
POLICIES.topics("policy", "ip ip-prefix", "ip ipv6-prefix", "route-policy", "ip extcommunity-filter")
_SIX = 6


@dataclass
class _Node:
    permit: bool
    where: Location
    matches: list[str] = field(default_factory=list)
    understood: bool = True


@POLICIES.on("", "ip (ip-prefix|ipv6-prefix) {name} description {text...}", "policy")
def _described(draft: Draft, hit: Hit) -> None:
    """A text; the list itself is its entries."""


@POLICIES.on("", "ip (ip-prefix|ipv6-prefix) {name} {rest...}", "policy")
def _entry(draft: Draft, hit: Hit) -> None:
    family = 4 if hit.text.lower().startswith("ip ip-prefix") else _SIX
    lists: dict[tuple[str, int], dict[int, PrefixEntry]] = draft.scratch.setdefault("prefix lists", {})
    held = lists.setdefault((hit["name"], family), {})
    words = Words(hit["rest"])
    index = number(words.take(), 1) if words.skip("index") else max(held, default=0) + 10
    action = words.any_of("permit", "deny")
    address = words.take()
    if not action or "/" in address:
        raise NotUnderstoodError(hit.text)
    length = words.take()
    words.skip("match-network")
    network = ip_network(prefix_of(address, length))
    if network.version != family:
        raise NotUnderstoodError(hit.text)
    least, most = _bounds(words, network.prefixlen, network.max_prefixlen)
    held[index] = PrefixEntry(action == "permit", str(network), least, most, hit.where)


def _bounds(words: Words, length: int, longest: int) -> tuple[int, int]:
    """Lengths that an entry matches: its own only, unless ``greater-equal`` or ``less-equal`` opens them."""
    least, most = length, length
    if words.skip("greater-equal"):
        least, most = number(words.take(), length, longest), longest
    if words.skip("less-equal"):
        most = number(words.take(), least, longest)
    words.end()
    return least, most


@POLICIES.on("", _NODE, "policy")
def _node(draft: Draft, hit: Hit) -> None:
    if hit["action"].lower() not in ("permit", "deny"):
        raise NotUnderstoodError(hit.text)
    nodes: dict[tuple[str, int], _Node] = draft.scratch.setdefault("policy nodes", {})
    key = (hit["policy"], number(hit["node"], 0, 65535))
    nodes.setdefault(key, _Node(hit["action"].lower() == "permit", hit.where))


def _held(draft: Draft, hit: Hit) -> _Node:
    found: _Node = draft.scratch["policy nodes"][hit["policy"], int(hit["node"])]
    return found


@POLICIES.on(_NODE, "if-match ip-prefix {list}", "policy")
@POLICIES.on(_NODE, "if-match ipv6 address prefix-list {list}", "policy")
def _by_prefix(draft: Draft, hit: Hit) -> None:
    _condition(draft, hit, f"prefix:{hit['list']}")


@POLICIES.on(_NODE, "if-match acl {acl}", "policy")
@POLICIES.on(_NODE, "if-match ipv6 address acl {acl}", "policy")
def _by_acl(draft: Draft, hit: Hit) -> None:
    _condition(draft, hit, f"filter:{hit['acl']}")


def _condition(draft: Draft, hit: Hit, name: str) -> None:
    """Of two conditions one may be of the other family, or take the other's place: which holds is unknown."""
    node = _held(draft, hit)
    if node.matches and name not in node.matches:
        node.understood = False
        raise NotUnderstoodError(hit.text)
    node.matches = [name]


# What is done to routes that pass; a text.
POLICIES.ignore(_NODE, "apply {rest...}", "description {text...}")


@POLICIES.on(_NODE, "{anything...}", "policy")
def _other(draft: Draft, hit: Hit) -> None:
    """Any other condition, and jumps to other nodes."""
    _held(draft, hit).understood = False
    raise NotUnderstoodError(hit.text)


def finish(draft: Draft) -> None:
    """Lists in the order of their indices, policies in that of their nodes."""
    lists: dict[tuple[str, int], dict[int, PrefixEntry]] = draft.scratch.get("prefix lists", {})
    for (name, family), entries in lists.items():
        if entries:
            first = next(iter(entries.values()))
            ordered = tuple(entries[index] for index in sorted(entries))
            draft.top.add("prefix_lists", PrefixList(name, family, ordered, first.where))
    policies: dict[str, list[tuple[int, _Node]]] = {}
    nodes: dict[tuple[str, int], _Node] = draft.scratch.get("policy nodes", {})
    for (name, place), node in nodes.items():
        policies.setdefault(name, []).append((place, node))
    for name, found in policies.items():
        made = tuple(
            PolicyNode(node.permit, tuple(node.matches), node.where, node.understood)
            for _, node in sorted(found, key=lambda one: one[0])
        )
        draft.top.add("policies", RoutePolicy(name, made, found[0][1].where))
