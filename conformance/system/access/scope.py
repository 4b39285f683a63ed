"""Scope files for the agent: what may be probed from each place, by declaration, plan and the pack's probe kinds.

What is sent to is declared, planned, or named by who asks for the scope; nothing is guessed. A sentinel stands for the
Internet: one that the plan itself owns would make "the Internet is not reached" a question of the extranet, and is a
problem of the configuration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from conformance.judge.access.site import Site
from conformance.standard.access.model import AccessRules, ProbeKind, Profile
from conformance.system.access.scope_far import far_drafts
from conformance.system.access.scope_lan import device_drafts, lan_drafts, office_drafts, provider_drafts
from conformance.system.access.scope_parts import Draft, Sources, Wanted, event_of
from conformance.system.problem import ConfigurationError, Place, problem

SCHEMA = 1
_PLACES = {
    "lan": lan_drafts,
    "office": office_drafts,
    "device": device_drafts,
    "provider": provider_drafts,
    "far": far_drafts,
}
#: RFC 5737 and RFC 3849: no machine has these, so where they stand for the Internet no plan's machine is meant.
_DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
_ADDRESSES = ("addresses", "neighbours")


def scopes(
    site: Site, rules: AccessRules, profile: Profile, *, nonce: str, until: str, wanted: Wanted
) -> dict[str, dict[str, Any]]:
    """The scope of each place that has anything to probe; ``until`` is an ISO time with a zone.

    Raises :class:`ConfigurationError` where a sentinel lies inside the plan.
    """
    check_sentinels(rules)
    sources = Sources(site, rules, profile, wanted)
    made: dict[str, dict[str, Any]] = {}
    for place, drafts in _PLACES.items():
        probes = list(_probes(list(drafts(sources)), rules, wanted))
        if probes:
            made[place] = _scope(place, probes, nonce, until, wanted)
    if "far" in made:
        events = [one["id"] for one in made.get("lan", {"probes": []})["probes"] if one["kind"] == "syslog"]
        made["far"] |= {"responder": _responder(rules, nonce, events, wanted)}
    return {place: scope | {"digest": digest(scope)} for place, scope in made.items()}


def digest(document: Mapping[str, Any]) -> str:
    """``sha256:`` over all but ``digest``, as the agent verifies it."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def check_sentinels(rules: AccessRules) -> None:
    """Raises :class:`ConfigurationError` for each sentinel that lies in the plan."""
    segments = [one.prefix for one in rules.addresses.segments]
    allocated = [one.prefix for one in rules.addresses.allocations]
    wrong = []
    for sentinel in rules.addresses.sentinels:
        owners = allocated if _inside(sentinel, _DOCUMENTATION) else segments + allocated
        if owner := _inside(sentinel, owners):
            place = Place(1, 1, "sentinels")
            wrong.append(problem(place, "source.sentinel-inside", address=sentinel, prefix=owner))
    if wrong:
        raise ConfigurationError(wrong)


def _inside(address: str, prefixes: Iterable[str]) -> str:
    """The first prefix that holds the address, empty where none does."""
    one = ip_address(address)
    return next((text for text in prefixes if one in ip_network(text, strict=False)), "")


def _probes(drafts: list[Draft], rules: AccessRules, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """The drafts as probes: each hangs on all probes, of the same place, of the kinds that its kind hangs on."""
    ids: dict[str, list[str]] = {}
    for draft in drafts:
        ids.setdefault(draft.kind, []).append(draft.id)
    for draft in drafts:
        kind = rules.probes[draft.kind]
        yield {
            "id": draft.id,
            "kind": draft.kind,
            "after": [id_ for after in kind.after for id_ in ids.get(after, [])],
            "deadline_ms": kind.deadline_ms,
            "control": dict(draft.control) if draft.control else None,
            "parameters": _parameters(kind, draft, wanted),
        }


def _parameters(kind: ProbeKind, draft: Draft, wanted: Wanted) -> dict[str, Any]:
    """The kind's own numbers, with what the draft says."""
    own = {name: value for name, value in kind.parameters.items() if name not in draft.without}
    if wanted.wait_ms is not None and "wait_ms" in own:
        own["wait_ms"] = min(own["wait_ms"], wanted.wait_ms)
    if "connects" in own:
        own["connects"] = min(own["connects"], wanted.connects)
    return {**own, **draft.parameters}


def _scope(place: str, probes: list[dict[str, Any]], nonce: str, until: str, wanted: Wanted) -> dict[str, Any]:
    aimed = [address for probe in probes for part in ("parameters", "control") for address in _aims(probe[part])]
    return {
        "schema": SCHEMA,
        "nonce": nonce,
        "place": place,
        "until": until,
        "limits": {
            "connects": wanted.connects,
            "packets_per_second": wanted.packets_per_second,
            "bandwidth": wanted.bandwidth,
        },
        "targets": sorted(set(aimed), key=lambda one: (ip_address(one).version, int(ip_address(one)))),
        "probes": probes,
    }


def _aims(value: object, name: str = "") -> Iterator[str]:
    """Every address in parameters that the agent sends to."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _aims(one, str(key))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from ([str(one)] if name in _ADDRESSES and isinstance(one, str) else _aims(one))
    elif name == "address" and value:
        yield str(value)


def _responder(rules: AccessRules, nonce: str, events: Iterable[str], wanted: Wanted) -> dict[str, Any]:
    """What the far end listens to: the ports of the kinds that speak to it."""
    kinds = rules.probes
    spoken = ("base", "source-seen", "bandwidth") if wanted.bandwidth else ("base", "source-seen")
    tcp = {kinds[one].parameters["port"] for one in spoken if one in kinds}
    udp = {kinds[one].parameters["port"] for one in ("spoof",) if one in kinds}
    return {
        "tcp": sorted(tcp),
        "udp": sorted(udp),
        "syslog": [514],
        "events": {event_of(nonce, one): one for one in events},
    }
