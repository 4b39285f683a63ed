"""Huawei VRP: security zones, address and service sets, rules of the security policy, as they stand in the file.

:mod:`conformance.system.access.configs.vrp_security` looks up zones and sets at the end and makes passages of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import (
    interface_kind,
    interface_name,
    number,
    port_list,
    prefix_of,
    protocol,
    range_prefixes,
    wildcard_prefix,
)
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

ZONES = Table()
_ZONE = "firewall zone [name] {zone} [id {id}]"
_ADDRESSES = "ip address-set {set} [type (object|group)] [{id}]"
_SERVICES = "ip service-set {set} [type (object|group)] [{id}]"
_POLICY, _RULE = "security-policy", "rule name {rule...}"
ZONES.view(_ZONE, "filter")
ZONES.view(_ADDRESSES, "filter")
ZONES.view(_SERVICES, "filter")
ZONES.view(_POLICY, "filter")
ZONES.view(f"{_POLICY} / {_RULE}", "filter")
ZONES.topics("filter", "firewall", "security-policy", "ip address-set", "ip service-set", "domain-set")


@dataclass(frozen=True)
class Service:
    """One protocol with its ports (empty: all)."""

    protocol: str
    source_ports: tuple[tuple[int, int], ...] = ()
    ports: tuple[tuple[int, int], ...] = ()


@dataclass
class PolicyRule:
    """One rule as it stands in the file. Sets and zones are looked up at the end."""

    name: str
    where: Location
    permit: bool | None = None
    from_zones: list[str] = field(default_factory=list)
    to_zones: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    destinations: list[str] = field(default_factory=list)
    source_sets: list[str] = field(default_factory=list)
    destination_sets: list[str] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    service_sets: list[str] = field(default_factory=list)
    remark: str = ""
    when: str = ""
    logged: bool = False
    enabled: bool = True
    understood: bool = True


@dataclass
class Named:
    """A set of prefixes or services, and the sets inside."""

    items: list[str] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    understood: bool = True


@ZONES.on("", _ZONE, "filter")
def _zone(draft: Draft, hit: Hit) -> None:
    zones(draft).setdefault(hit["zone"].lower(), [])


def zones(draft: Draft) -> dict[str, list[str]]:
    """The interfaces of each zone, as far as the zones' own views tell."""
    found: dict[str, list[str]] = draft.scratch.setdefault("zones", {})
    return found


@ZONES.on(_ZONE, "add interface {interface...}", "filter")
def _member(draft: Draft, hit: Hit) -> None:
    name = interface_name(hit["interface"])
    draft.interface(name, hit.where, interface_kind(name)).put("zone", hit["zone"], hit.where)


@ZONES.on(_ZONE, "[set] priority {priority}", "filter")
def _priority(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("priorities", {})[hit["zone"].lower()] = number(hit["priority"], 0, 100)


ZONES.ignore(_ZONE, "description {text...}", "detect {rest...}")  # no filter
_BETWEEN = "firewall interzone {one} {other}"
ZONES.view(_BETWEEN, "filter")


@dataclass
class Between:
    """What filters between two zones: ACLs and defaults by way."""

    where: Location
    enabled: bool = False
    acls: dict[str, tuple[int, str]] = field(default_factory=dict)
    defaults: dict[str, tuple[str, Location]] = field(default_factory=dict)


@ZONES.on("", _BETWEEN, "filter")
def _interzone(draft: Draft, hit: Hit) -> None:
    _between(draft, hit)


def _between(draft: Draft, hit: Hit) -> Between:
    found: dict[tuple[str, str], Between] = draft.scratch.setdefault("interzones", {})
    return found.setdefault((hit["one"].lower(), hit["other"].lower()), Between(hit.where))


@ZONES.on(_BETWEEN, "[undo] firewall enable", "filter")
def _between_enabled(draft: Draft, hit: Hit) -> None:
    _between(draft, hit).enabled = not hit.text.lower().startswith("undo")


@ZONES.on(_BETWEEN, "packet-filter default {action} {way}", "filter")
def _between_default(draft: Draft, hit: Hit) -> None:
    action, way = hit["action"].lower(), hit["way"].lower()
    if action not in ("permit", "deny") or way not in ("inbound", "outbound"):
        raise NotUnderstoodError(hit.text)
    _between(draft, hit).defaults[way] = (action, hit.where)


@ZONES.on(_BETWEEN, "packet-filter [ipv6] {acl} {way}", "filter")
def _between_acl(draft: Draft, hit: Hit) -> None:
    family = 6 if hit.text.lower().startswith("packet-filter ipv6") else 4
    if hit["way"].lower() not in ("inbound", "outbound"):
        raise NotUnderstoodError(hit.text)
    _between(draft, hit).acls[f"{hit['way'].lower()} {family}"] = (family, hit["acl"])


ZONES.ignore(_BETWEEN, "detect {rest...}", "session-log {rest...}", "description {text...}")  # no filter


def _set(draft: Draft, kind: str, name: str) -> Named:
    sets: dict[tuple[str, str], Named] = draft.scratch.setdefault("sets", {})
    return sets.setdefault((kind, name), Named())


@ZONES.on("", _ADDRESSES, "filter")
def _address_set(draft: Draft, hit: Hit) -> None:
    _set(draft, "address", hit["set"])


@ZONES.on("", _SERVICES, "filter")
def _service_set(draft: Draft, hit: Hit) -> None:
    _set(draft, "service", hit["set"])


ZONES.ignore(_ADDRESSES, "description {text...}")
ZONES.ignore(_SERVICES, "description {text...}")


@ZONES.on(_ADDRESSES, "address [{rest...}]", "filter")
def _in_set(draft: Draft, hit: Hit) -> None:
    held = _set(draft, "address", hit["set"])
    known, held.understood = held.understood, False
    words = Words(hit["rest"])
    if words.peek().isdigit():
        words.take()
    if words.skip("address-set"):
        held.inner.append(words.take())
    else:
        held.items += _prefixes(words)
    if words.skip("description"):
        words.rest()
    words.end()
    held.understood = known


@ZONES.on(_SERVICES, "service [{rest...}]", "filter")
def _in_services(draft: Draft, hit: Hit) -> None:
    held = _set(draft, "service", hit["set"])
    known, held.understood = held.understood, False
    words = Words(hit["rest"])
    if words.peek().isdigit():
        words.take()
    if words.skip("service-set"):
        held.inner.append(words.take())
    else:
        held.services.append(_service(words))
    held.understood = known


@ZONES.on(_ADDRESSES, "{anything...}", "filter")
def _odd_address(draft: Draft, hit: Hit) -> None:
    _set(draft, "address", hit["set"]).understood = False
    raise NotUnderstoodError(hit.text)


@ZONES.on(_SERVICES, "{anything...}", "filter")
def _odd_service(draft: Draft, hit: Hit) -> None:
    _set(draft, "service", hit["set"]).understood = False
    raise NotUnderstoodError(hit.text)


def _prefixes(words: Words) -> tuple[str, ...]:
    """``range A B``, ``A mask M``, ``A L``, ``A wildcard`` (a dotted word without ``mask`` is one), ``A/L``."""
    if words.skip("range"):
        return range_prefixes(words.take(), words.take())
    address = words.take()
    if "/" in address:
        return (prefix_of(address),)
    if words.skip("mask"):
        return (prefix_of(address, words.take()),)
    length = words.take()
    return (wildcard_prefix(address, length) if "." in length else prefix_of(address, length),)


def _service(words: Words) -> Service:
    """``protocol tcp [source-port …] [destination-port …]``."""
    if not words.skip("protocol"):
        raise NotUnderstoodError("service")
    named = protocol(words.take())
    stops = ("source-port", "destination-port", "description")
    bounds: dict[str, tuple[tuple[int, int], ...]] = {}
    while words and words.peek() in stops[:2]:
        which = words.take().lower()
        bounds[which] = _all_or(port_list(words.until(*stops)))
    if words.skip("description"):
        words.rest()
    words.end()
    return Service(named, bounds.get("source-port", ()), bounds.get("destination-port", ()))


def _all_or(bounds: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    return () if bounds == ((0, 65535),) else bounds


@ZONES.on("", _POLICY, "filter")
def _policy(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("security policy", hit.where)


@ZONES.on(_POLICY, "default action (permit|deny)", "filter")
def _default_action(draft: Draft, hit: Hit) -> None:
    draft.scratch["default action"] = (hit.text.split()[2].lower(), hit.where)


@ZONES.on(_POLICY, "default (policy|session) logging", "filter")
def _default_log(draft: Draft, hit: Hit) -> None:
    if hit.text.split()[1].lower() == "policy":
        draft.scratch["default logged"] = True


@ZONES.on(_POLICY, _RULE, "filter")
def _rule(draft: Draft, hit: Hit) -> None:
    _held(draft, hit)


def _held(draft: Draft, hit: Hit) -> PolicyRule:
    return rule_of(draft, "security rules", hit)


def rule_of(draft: Draft, group: str, hit: Hit) -> PolicyRule:
    """The rule of whose view the command is, among those of a policy."""
    rules: dict[str, PolicyRule] = draft.scratch.setdefault(group, {})
    name = hit["rule"].strip('"')
    return rules.setdefault(name, PolicyRule(name, hit.where))


def policy_views(path: str, group: str, table: Table) -> None:
    """The commands that rules of the security policy and of the NAT policy share."""

    def on(command: str, change: Callable[[PolicyRule, Hit], None]) -> None:
        def read(draft: Draft, hit: Hit) -> None:
            rule = rule_of(draft, group, hit)
            known, rule.understood = rule.understood, False
            change(rule, hit)
            rule.understood = known

        table.on(path, command, "filter" if group == "security rules" else "nat")(read)

    on("source-zone {zones...}", lambda rule, hit: rule.from_zones.extend(_named_zones(hit)))
    on("destination-zone {zones...}", lambda rule, hit: rule.to_zones.extend(_named_zones(hit)))
    on("source-address {rest...}", lambda rule, hit: _addressed(hit, rule.sources, rule.source_sets))
    on("destination-address {rest...}", lambda rule, hit: _addressed(hit, rule.destinations, rule.destination_sets))
    on("service {rest...}", _served)
    on("description {text...}", lambda rule, hit: setattr(rule, "remark", hit["text"]))
    on("disable", lambda rule, _: setattr(rule, "enabled", False))
    on("time-range {range}", lambda rule, hit: setattr(rule, "when", hit["range"]))


def _named_zones(hit: Hit) -> list[str]:
    names = hit["zones"].lower().split()
    return [] if names == ["any"] else names


def _addressed(hit: Hit, prefixes: list[str], sets: list[str]) -> None:
    words = Words(hit["rest"])
    if words.skip("any"):
        return words.end()
    if words.skip("address-set"):
        return sets.extend(words.rest())
    prefixes += _prefixes(words)
    return words.end()


def _served(rule: PolicyRule, hit: Hit) -> None:
    words = Words(hit["rest"])
    if words.skip("any"):
        return words.end()
    if words.peek() == "protocol":
        return rule.services.append(_service(words))
    return rule.service_sets.extend(words.rest())


policy_views(f"{_POLICY} / {_RULE}", "security rules", ZONES)


@ZONES.on(f"{_POLICY} / {_RULE}", "action (permit|deny)", "filter")
def _action(draft: Draft, hit: Hit) -> None:
    _held(draft, hit).permit = hit.text.split()[1].lower() == "permit"


@ZONES.on(f"{_POLICY} / {_RULE}", "policy logging [{rest...}]", "filter")
def _logged(draft: Draft, hit: Hit) -> None:
    _held(draft, hit).logged = True


# What is looked for in packets that pass, how long sessions live, counters: none widens a rule.
ZONES.ignore(
    f"{_POLICY} / {_RULE}",
    *(
        "profile {rest...}",
        "session (logging|aging-time) [{rest...}]",
        "traffic logging [{rest...}]",
        "long-link {rest...}",
    ),
    *("undo policy logging", "tcp-mss {rest...}", "parent-group {name}"),
)


@ZONES.on(f"{_POLICY} / {_RULE}", "{anything...}", "filter")
def _other(draft: Draft, hit: Hit) -> None:
    """Users, applications, countries, exceptions: conditions that the model cannot hold."""
    _held(draft, hit).understood = False
    raise NotUnderstoodError(hit.text)
