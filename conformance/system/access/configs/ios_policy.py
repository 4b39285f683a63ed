"""IOS-like prefix lists and route maps (Cisco, Ruijie, FRR)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice, product

from conformance.judge.access.config import PolicyNode, PrefixEntry, PrefixList, RoutePolicy
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import family_of, number, prefix_of
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

POLICY = Table()
_MAP = "route-map {map} [(permit|deny)] [{node}]"
POLICY.view(_MAP, "policy")
POLICY.topics("policy", "ip prefix-list", "ipv6 prefix-list", "route-map", "ip community-list", "ip as-path")
_WIDEST = {4: 32, 6: 128}
#: Alternatives of one node are nodes of their own: no writer has more.
_MOST_NODES = 256


@POLICY.on("", "(ip|ipv6) prefix-list {name} {rest...}", "policy")
def _prefix_list(draft: Draft, hit: Hit) -> None:
    family = 6 if hit.text.lower().startswith("ipv6") else 4
    words = Words(hit["rest"])
    if words.skip("description"):
        return
    lists: dict[tuple[int, str], dict[int, PrefixEntry]] = draft.scratch.setdefault("prefix lists", {})
    draft.scratch.setdefault("prefix list places", {}).setdefault((family, hit["name"]), hit.where)
    entries = lists.setdefault((family, hit["name"]), {})
    highest: dict[tuple[int, str], int] = draft.scratch.setdefault("highest entries", {})
    place = number(words.take()) if words.skip("seq") else highest.get((family, hit["name"]), 0) + 5
    highest[family, hit["name"]] = max(place, highest.get((family, hit["name"]), 0))
    action = words.any_of("permit", "deny")
    if not action:
        raise NotUnderstoodError(hit.text)
    entries[place] = _entry(words, family, action == "permit", hit.where)


def _entry(words: Words, family: int, permit: bool, where: Location) -> PrefixEntry:
    if words.skip("any"):
        words.end()
        return PrefixEntry(permit, "0.0.0.0/0" if family == 4 else "::/0", 0, _WIDEST[family], where)  # noqa: PLR2004
    address = words.take()
    prefix = prefix_of(address)
    if family_of(prefix) != family or "/" not in address:
        raise NotUnderstoodError(address)
    length = int(prefix.rpartition("/")[2])
    bounds: dict[str, int] = {}
    while words:
        bound = words.any_of("ge", "le")
        if not bound or bound in bounds:
            raise NotUnderstoodError(address)
        bounds[bound] = number(words.take(), 0, _WIDEST[family])
    most = bounds.get("le", _WIDEST[family] if "ge" in bounds else length)
    return PrefixEntry(permit, prefix, bounds.get("ge", length), most, where)


@dataclass
class _Node:
    permit: bool
    where: Location
    #: One tuple for each ``match``: its names are alternatives.
    matches: list[tuple[str, ...]] = field(default_factory=list)
    understood: bool = True


def _node(draft: Draft, hit: Hit) -> _Node:
    place = number(hit["node"]) if hit["node"] else 10  # first: a map without any node is none
    nodes: dict[int, _Node] = draft.scratch.setdefault("route maps", {}).setdefault(hit["map"], {})
    words = hit.text.lower().split()
    return nodes.setdefault(place, _Node("deny" not in words[2:3], hit.where))


@POLICY.on("", _MAP, "policy")
def _map(draft: Draft, hit: Hit) -> None:
    if hit["node"] and not hit["node"].isdigit():
        raise NotUnderstoodError(hit.text)
    _node(draft, hit)


@POLICY.on(_MAP, "match (ip|ipv6) address prefix-list {names...}", "policy")
def _match_prefixes(draft: Draft, hit: Hit) -> None:
    _node(draft, hit).matches.append(tuple(f"prefix:{name}" for name in hit["names"].split()))


@POLICY.on(_MAP, "match (ip|ipv6) address {names...}", "policy")
def _match_filters(draft: Draft, hit: Hit) -> None:
    _node(draft, hit).matches.append(tuple(f"filter:{name}" for name in hit["names"].split()))


@POLICY.on(_MAP, "(match|continue|call|on-match) [{rest...}]", "policy")
def _other_match(draft: Draft, hit: Hit) -> None:
    """A condition, or a jump, whose meaning the model does not hold: the node may match anything."""
    _node(draft, hit).understood = False


# What a route map sets filters nothing.
POLICY.ignore(_MAP, "[no] set {rest...}", "description {text...}", "exit", "exit-route-map")
POLICY.ignore("", "ip as-path {rest...}", "(ip|bgp) community-list {rest...}", "bgp as-path {rest...}")
POLICY.ignore("", "bgp (large-community-list|extcommunity-list) {rest...}", "ip extcommunity-list {rest...}")


def finish(draft: Draft) -> None:
    """The lists and policies, in order of their numbers."""
    places = draft.scratch.get("prefix list places", {})
    for (family, name), entries in draft.scratch.get("prefix lists", {}).items():
        ordered = tuple(entries[place] for place in sorted(entries))
        draft.top.add("prefix_lists", PrefixList(name, family, ordered, places[family, name]))
    for policy in made_policies(draft):
        draft.top.add("policies", policy)


def made_policies(draft: Draft) -> tuple[RoutePolicy, ...]:
    """The route maps as read."""
    maps: dict[str, dict[int, _Node]] = draft.scratch.get("route maps", {})
    made = []
    for name, nodes in maps.items():
        ordered = [nodes[place] for place in sorted(nodes)]
        made.append(RoutePolicy(name, tuple(one for node in ordered for one in _alternatives(node)), ordered[0].where))
    return tuple(made)


def _alternatives(node: _Node) -> list[PolicyNode]:
    """One node for each choice of a name from every ``match``."""
    choices = list(islice(product(*node.matches), _MOST_NODES + 1))
    if len(choices) > _MOST_NODES:
        return [PolicyNode(node.permit, (), node.where, understood=False)]
    return [PolicyNode(node.permit, choice, node.where, node.understood) for choice in choices]


def narrowed(policy: RoutePolicy, prefix_list: str, name: str) -> RoutePolicy:
    """The policy under another name, letting pass only what a prefix list lets pass as well."""
    nodes = (
        replace(one, matches=(*one.matches, f"prefix:{prefix_list}")) if one.permit else one for one in policy.nodes
    )
    return replace(policy, name=name, nodes=tuple(nodes))
