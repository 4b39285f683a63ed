"""Comware: rules of security policies and object policies. They hold in the order of the file: whoever moves a rule
moves its line, its number stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from conformance.judge.access.config import FilterRule
from conformance.judge.rulebook import Location
from conformance.system.access.configs.comware_objects import Service, addresses, service_of, services, until
from conformance.system.access.configs.comware_words import Words
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import number, prefix_of, range_prefixes
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.topics("filter", "security-policy", "object-policy")
_POLICY = "security-policy {family}"
_RULE = f"{_POLICY} / rule {{id}} name {{name...}}"
_OBJECT = "object-policy {family} {policy}"
for _path in (_POLICY, _RULE, _OBJECT):
    TABLE.view(_path, "filter")
_FAMILIES = {"ip": 4, "ipv6": 6}

# Speed and counting of a policy; what it inspects in flows that it lets pass.
TABLE.ignore(_POLICY, "accelerate {x...}", "description {x...}", "default rule-acceleration {x...}", "group {x...}")
TABLE.ignore(
    _RULE, "counting enable [{x...}]", "profile {x}", "session {x...}", "undo session {x...}", "parent-group {x}"
)
TABLE.ignore(_OBJECT, "accelerate", "description {x...}")


@dataclass
class PolicyRule:
    """A rule as written. Zones, services and groups are names until all of them are known."""

    id: str
    name: str
    where: Location
    permit: bool = False
    come_in: list[str] = field(default_factory=list)
    go_out: list[str] = field(default_factory=list)
    addresses: dict[str, list[str]] = field(default_factory=lambda: {"source": [], "destination": []})
    groups: dict[str, list[str]] = field(default_factory=lambda: {"source": [], "destination": []})
    services: list[Service] = field(default_factory=list)
    service_names: list[str] = field(default_factory=list)
    logged: bool = False
    remark: str = ""
    time: str = ""
    vrf: str = ""
    disabled: bool = False
    understood: bool = True


@dataclass
class Policy:
    """A policy of a family, rules by number in the order of the file; ``disabled`` where it is switched off."""

    where: Location
    rules: dict[str, PolicyRule] = field(default_factory=dict)
    understood: bool = True


def policies(draft: Draft) -> dict[tuple[int, str], Policy]:
    """Every policy by family and name; a security policy has none."""
    found: dict[tuple[int, str], Policy] = draft.scratch.setdefault("object-policies", {})
    return found


def _family(hit: Hit) -> int:
    try:
        return _FAMILIES[hit["family"].lower()]
    except KeyError as error:
        raise NotUnderstoodError(hit.text) from error


def _policy(draft: Draft, hit: Hit) -> Policy:
    return policies(draft).setdefault((_family(hit), hit["policy"].lower()), Policy(hit.where))


def _rule(draft: Draft, hit: Hit) -> PolicyRule:
    held = _policy(draft, hit).rules
    return held.setdefault(str(number(hit["id"])), PolicyRule(hit["id"], hit["name"], hit.where))


@TABLE.on("", "security-policy disable", "filter")
def _disabled(draft: Draft, hit: Hit) -> None:
    draft.scratch["security-policy-disabled"] = hit.where


@TABLE.on("", _POLICY, "filter")
@TABLE.on("", _OBJECT, "filter")
def _begun(draft: Draft, hit: Hit) -> None:
    _policy(draft, hit)


@TABLE.on(_POLICY, "rule {id} name {name...}", "filter")
def _rule_begun(draft: Draft, hit: Hit) -> None:
    _rule(draft, hit)


@TABLE.on(_POLICY, "{anything...}", "filter")
@TABLE.on(_OBJECT, "{anything...}", "filter")
def _unknown_line(draft: Draft, hit: Hit) -> None:
    _policy(draft, hit).understood = False
    raise NotUnderstoodError(hit.text)


@TABLE.on(_RULE, "action {action}", "filter")
def _action(draft: Draft, hit: Hit) -> None:
    rule = _rule(draft, hit)
    if hit["action"].lower() not in ("pass", "drop"):
        rule.understood = False
        raise NotUnderstoodError(hit.text)
    rule.permit = hit["action"].lower() == "pass"


@TABLE.on(_RULE, "(logging|undo logging) enable", "filter")
def _logging(draft: Draft, hit: Hit) -> None:
    _rule(draft, hit).logged = not hit.text.lower().startswith("undo ")


@TABLE.on(_RULE, "disable", "filter")
def _rule_off(draft: Draft, hit: Hit) -> None:
    _rule(draft, hit).disabled = True


@TABLE.on(_RULE, "description {text...}", "filter")
def _description(draft: Draft, hit: Hit) -> None:
    _rule(draft, hit).remark = hit["text"]


@TABLE.on(_RULE, "time-range {range}", "filter")
def _time(draft: Draft, hit: Hit) -> None:
    _rule(draft, hit).time = hit["range"]


@TABLE.on(_RULE, "vrf {vrf}", "filter")
def _vrf(draft: Draft, hit: Hit) -> None:
    _rule(draft, hit).vrf = hit["vrf"]


@TABLE.on(_RULE, "source-zone {zone...}", "filter")
def _source_zone(draft: Draft, hit: Hit) -> None:
    _rule(draft, hit).come_in.append(hit["zone"])


@TABLE.on(_RULE, "destination-zone {zone...}", "filter")
def _destination_zone(draft: Draft, hit: Hit) -> None:
    _rule(draft, hit).go_out.append(hit["zone"])


@TABLE.on(_RULE, "service {name...}", "filter")
def _service(draft: Draft, hit: Hit) -> None:
    if hit["name"].lower() != "any":
        _rule(draft, hit).service_names.append(hit["name"])


@TABLE.on(_RULE, "service-port {service...}", "filter")
def _service_port(draft: Draft, hit: Hit) -> None:
    rule, words = _rule(draft, hit), Words(hit["service"])
    try:
        rule.services.append(service_of(words))
        words.done()
    except (NotUnderstoodError, ValueError):
        rule.understood = False
        raise


def _end(side: str, form: str) -> Callable[[Draft, Hit], None]:
    def handler(draft: Draft, hit: Hit) -> None:
        rule, words = _rule(draft, hit), Words(hit["value"])
        try:
            rule.addresses[side] += _written(form, words)
            words.done()
        except (NotUnderstoodError, ValueError):
            rule.understood = False
            raise

    return handler


def _written(form: str, words: Words) -> tuple[str, ...]:
    if form == "range":
        return range_prefixes(words.next(), words.next())
    address = words.next()
    if form == "host" or "/" in address:
        return (prefix_of(address),)
    return (prefix_of(address, words.next()),)


def _grouped(side: str) -> Callable[[Draft, Hit], None]:
    def handler(draft: Draft, hit: Hit) -> None:
        if hit["group"].lower() != "any":
            _rule(draft, hit).groups[side].append(hit["group"])

    return handler


for _side in ("source", "destination"):
    TABLE.on(_RULE, f"{_side}-ip {{group...}}", "filter")(_grouped(_side))
    for _form in ("subnet", "host", "range"):
        TABLE.on(_RULE, f"{_side}-ip-{_form} {{value...}}", "filter")(_end(_side, _form))


@TABLE.on(_RULE, "{anything...}", "filter")
def _unknown_condition(draft: Draft, hit: Hit) -> None:
    """An application, a user, a terminal: what the rule matches then we cannot say."""
    _rule(draft, hit).understood = False
    raise NotUnderstoodError(hit.text)


@TABLE.on(_OBJECT, "rule {id} {rest...}", "filter")
def _object_rule(draft: Draft, hit: Hit) -> None:
    held = _policy(draft, hit).rules
    rule = held.setdefault(str(number(hit["id"])), PolicyRule(hit["id"], "", hit.where))
    words = Words(hit["rest"])
    try:
        if words.take("comment") or words.take("description"):
            rule.remark = words.rest()
            return
        if words.take("append"):
            _object_option(rule, words)
        else:
            rule.permit = words.one_of("pass", "drop", "inspect") != "drop"
            if "inspect" in hit.text.lower().split()[2:3]:
                words.next()
        while words:
            _object_option(rule, words)
    except (NotUnderstoodError, ValueError):
        rule.understood = False
        raise


def _object_option(rule: PolicyRule, words: Words) -> None:
    word = words.one_of(
        "source-ip", "destination-ip", "service", "vrf", "time-range", "logging", "counting", "disable", "track"
    )
    if word in ("source-ip", "destination-ip"):
        side = word.removesuffix("-ip")
        group = words.next()
        if group.lower() != "any":
            rule.groups[side].append(group)
    elif word == "service":
        name = words.next()
        if name.lower() != "any":
            rule.service_names.append(name)
    elif word == "vrf":
        rule.vrf = words.next()
    elif word == "time-range":
        rule.time = words.next()
    elif word == "track":
        raise NotUnderstoodError(word)
    else:
        rule.logged = rule.logged or word == "logging"
        rule.disabled = rule.disabled or word == "disable"


Ends = Callable[[list[str], str], tuple[str, ...]]


def made(draft: Draft, family: int, policy: Policy, come_in: Ends, go_out: Ends) -> tuple[FilterRule, ...]:
    """The rules in effect, in order. ``come_in`` and ``go_out`` give the interfaces of zones (and an instance)."""
    found: list[FilterRule] = []
    for rule in policy.rules.values():
        if not rule.disabled:
            ends = come_in(rule.come_in, rule.vrf), go_out(rule.go_out, "")
            found += _rules(draft, family, rule, ends, policy.understood)
    return tuple(found)


def _rules(
    draft: Draft, family: int, rule: PolicyRule, ends: tuple[tuple[str, ...], tuple[str, ...]], understood: bool
) -> Iterator[FilterRule]:
    """One rule for each protocol (and set of source ports) that its services name."""
    understood = understood and rule.understood
    sides: dict[str, tuple[str, ...]] = {}
    for side, written in rule.addresses.items():
        held = list(written)
        for group in rule.groups[side]:
            inside = addresses(draft, family, group)
            understood = understood and inside is not None
            held += inside or ()
        sides[side] = tuple(dict.fromkeys(held))
    wanted = list(rule.services)
    for name in rule.service_names:
        known = services(draft, name)
        understood = understood and known is not None
        wanted += known or ()
    end = until(draft, rule.time) if rule.time else ""
    narrower = bool(rule.time) or not all(one.exact for one in wanted)
    understood = understood and end is not None and (rule.permit or not narrower)
    for service in _merged(wanted) if wanted else (Service("any"),):
        yield FilterRule(
            rule.id,
            rule.permit,
            rule.where,
            service.protocol,
            sides["source"],
            sides["destination"],
            service.source_ports,
            service.ports,
            ends[0],
            ends[1],
            logged=rule.logged,
            remark=rule.remark,
            until=end or "",
            understood=understood,
        )


def _merged(wanted: list[Service]) -> Iterator[Service]:
    ports: dict[tuple[str, tuple[tuple[int, int], ...]], list[tuple[int, int]]] = {}
    whole: set[tuple[str, tuple[tuple[int, int], ...]]] = set()
    for one in wanted:
        key = (one.protocol, one.source_ports)
        ports.setdefault(key, []).extend(one.ports)
        if not one.ports:
            whole.add(key)
    for key, held in ports.items():
        yield Service(key[0], key[1], () if key in whole else tuple(dict.fromkeys(held)))
