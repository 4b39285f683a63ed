"""Comware: ACLs. Rules are kept as written and made whole where the ACL is used: what they mean hangs on that."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

from conformance.judge.access.config import FilterRule
from conformance.judge.rulebook import Location
from conformance.system.access.configs.comware_objects import addresses, until
from conformance.system.access.configs.comware_words import Words
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import narrowness, number, ports, prefix_of, protocol, wildcard_prefix
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
_ACL = "acl {spec...}"
TABLE.view(_ACL, "filter")
TABLE.topics("filter", "acl")
# A step numbers new rules; those of an export have their numbers.
TABLE.ignore(_ACL, "step {x...}", "description {x...}")

_BASIC, _ADVANCED = "basic", "advanced"
_BASIC_NUMBERS, _ADVANCED_NUMBERS = range(2000, 3000), range(3000, 4000)


@dataclass
class AclRule:
    """A rule as written; ``groups`` are names of object groups by side, to be found when all of them are known."""

    id: int
    permit: bool
    where: Location
    protocol: str = "any"
    sources: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    source_ports: tuple[tuple[int, int], ...] = ()
    ports: tuple[tuple[int, int], ...] = ()
    groups: dict[str, str] = field(default_factory=dict)
    established: bool = False
    logged: bool = False
    vpn: str = ""
    time: str = ""
    narrower: bool = False  # a type of ICMP: the rule matches less than is written here
    understood: bool = True


@dataclass
class Acl:
    """An ACL: ``auto``: the narrowest rule is asked first."""

    family: int
    kind: str
    where: Location
    auto: bool = False
    rules: dict[int, AclRule] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)


def _acls(draft: Draft) -> dict[tuple[int, str], Acl]:
    acls: dict[tuple[int, str], Acl] = draft.scratch.setdefault("acls", {})
    return acls


def _acl(draft: Draft, hit: Hit) -> Acl:
    """``[ipv6] number 3000 [name X] [match-order auto]``, ``[ipv6] advanced 3000``, ``basic name X``."""
    words = Words(hit["spec"])
    family = 6 if words.take("ipv6") else 4
    form = words.one_of("number", _BASIC, _ADVANCED)
    names: list[str] = []
    if words.peek().isdecimal():
        names.append(str(number(words.next())))
    if words.take("name"):
        names.append(words.next().lower())
    auto = words.take("match-order") and words.one_of("auto", "config") == "auto"
    words.done()
    if not names:
        raise NotUnderstoodError(hit.text)
    kind = form
    if names[0].isdecimal():
        kind = _BASIC if int(names[0]) in _BASIC_NUMBERS else _ADVANCED
        if form not in ("number", kind) or (int(names[0]) not in _ADVANCED_NUMBERS and kind == _ADVANCED):
            raise NotUnderstoodError(hit.text)
    elif form == "number":
        raise NotUnderstoodError(hit.text)
    held = next((_acls(draft)[family, one] for one in names if (family, one) in _acls(draft)), None)
    acl = held or Acl(family, kind, hit.where)
    acl.auto = acl.auto or auto
    for one in names:
        _acls(draft)[family, one] = acl
    return acl


@TABLE.on("", _ACL, "filter")
def _begun(draft: Draft, hit: Hit) -> None:
    try:
        _acl(draft, hit)
    except NotUnderstoodError:
        _hidden(draft, hit)
        raise


def _hidden(draft: Draft, hit: Hit) -> None:
    """An ACL that exists and was not understood: whoever uses it must not take it for one that does not exist."""
    for word in hit["spec"].lower().split():
        for family in (4, 6):
            rule = AclRule(0, False, hit.where, understood=False)
            _acls(draft).setdefault((family, word), Acl(family, _BASIC, hit.where, rules={0: rule}))


@TABLE.on(_ACL, "rule {rule...}", "filter")
def _rule(draft: Draft, hit: Hit) -> None:
    acl = _acl(draft, hit)
    words = Words(hit["rule"])
    place = number(words.next()) if words.peek().isdecimal() else (max(acl.rules, default=-5) // 5 + 1) * 5
    if words.peek() in ("comment", "remark"):
        if words.next().lower() == "comment" or place not in acl.comments:
            acl.comments[place] = words.rest()
        return
    permit = words.one_of("permit", "deny") == "permit"
    rule = AclRule(place, permit, hit.where)
    acl.rules[place] = rule
    try:
        if acl.kind == _ADVANCED:
            rule.protocol = protocol(words.next())
        while words:
            _option(acl, rule, words)
    except (NotUnderstoodError, ValueError):
        rule.understood = False
        raise


def _option(acl: Acl, rule: AclRule, words: Words) -> None:
    word = words.next().lower()
    if word in ("source", "destination") and (word == "source" or acl.kind == _ADVANCED):
        _side(acl, rule, word, words)
    elif word in ("source-port", "destination-port") and rule.protocol in ("tcp", "udp"):
        found = _ports(words)
        if word == "source-port":
            rule.source_ports = found
        else:
            rule.ports = found
    elif word == "logging":
        rule.logged = True
    elif word == "time-range":
        rule.time = words.next()
    elif word == "vpn-instance":
        rule.vpn = words.next()
    elif word == "established" and rule.protocol == "tcp":
        rule.established = True
    elif word in ("icmp-type", "icmp6-type") and rule.protocol in ("icmp", "icmpv6"):
        rule.narrower = True
        if words.next().isdecimal() and words.peek().isdecimal():
            words.next()
    elif word not in ("counting", "flow-logging"):
        raise NotUnderstoodError(word)  # marks, fragments, flags: what the rule matches then we cannot say


def _side(acl: Acl, rule: AclRule, side: str, words: Words) -> None:
    if words.take("any"):
        return
    if words.take("object-group"):
        rule.groups[side] = words.next()
        return
    address = words.next()
    if acl.family == 4:  # noqa: PLR2004
        prefix = wildcard_prefix(address, words.next())
    else:
        prefix = prefix_of(address) if "/" in address else prefix_of(address, words.next())
        if ":" not in prefix:
            raise NotUnderstoodError(address)
    if side == "source":
        rule.sources = (prefix,)
    else:
        rule.destinations = (prefix,)


def _ports(words: Words) -> tuple[tuple[int, int], ...]:
    form = words.one_of("eq", "gt", "lt", "neq", "range")
    return ports([form, *(words.next() for _ in range(2 if form == "range" else 1))])


@TABLE.on(_ACL, "{anything...}", "filter")
def _not_known(draft: Draft, hit: Hit) -> None:
    """Whatever it is, it may change what the ACL means."""
    acl = _acl(draft, hit)
    for rule in acl.rules.values():
        rule.understood = False
    raise NotUnderstoodError(hit.text)


def find(draft: Draft, family: int, name: str) -> Acl | None:
    """An ACL by number or name; None where there is none or it has no rules: then it filters nothing."""
    acl = _acls(draft).get((family, name.lower()))
    return acl if acl is not None and acl.rules else None


def rules(draft: Draft, acl: Acl, instance: str | None = None) -> tuple[FilterRule, ...]:
    """The rules in the order in which they are asked. ``instance``: packets are of that VPN instance (empty: none), so
    rules for others never match; None: of which is not known.
    """
    made: dict[tuple[int, str | None], tuple[FilterRule, ...]] = draft.scratch.setdefault("acl-rules", {})
    key = (id(acl), instance)
    if key not in made:  # one ACL may stand on hundreds of interfaces
        order = sorted(acl.rules.values(), key=lambda one: _auto(one) if acl.auto else (one.id,))
        meant = [one for one in order if instance is None or one.vpn in ("", instance)]
        made[key] = tuple(_told(draft, acl, one, instance) for one in meant)
    return made[key]


def _auto(rule: AclRule) -> tuple[int, ...]:
    """Depth first: an instance, a protocol, the longer source, the longer destination, the narrower ports, the id."""
    width = sum(last - first + 1 for first, last in rule.ports) if rule.ports else 65536
    named = rule.protocol != "any"
    return (not rule.vpn, not named, -narrowness(rule.sources), -narrowness(rule.destinations), width, rule.id)


def _told(draft: Draft, acl: Acl, rule: AclRule, instance: str | None) -> FilterRule:
    understood = rule.understood and not (acl.auto and rule.groups)
    sides = {"source": rule.sources, "destination": rule.destinations}
    for side, group in rule.groups.items():
        found = addresses(draft, acl.family, group)
        understood = understood and found is not None
        sides[side] = found or ()
    end = until(draft, rule.time) if rule.time else ""
    # A deny that holds at times only, or against a part of ICMP, denies less than is written here.
    understood = understood and end is not None and (rule.permit or not (rule.time or rule.narrower))
    if rule.vpn and instance is None:
        understood = False
    return FilterRule(
        str(rule.id),
        rule.permit,
        rule.where,
        rule.protocol,
        sides["source"],
        sides["destination"],
        rule.source_ports,
        rule.ports,
        established=rule.established,
        logged=rule.logged,
        remark=acl.comments.get(rule.id, ""),
        until=end or "",
        understood=understood,
    )


def sources(draft: Draft, acl: Acl) -> tuple[str, ...]:
    """Who gets through an ACL that limits a service; raises NotUnderstoodError."""
    anywhere = "::/0" if acl.family == 6 else "0.0.0.0/0"  # noqa: PLR2004
    passed: list[str] = []
    denied: list[IPv4Network | IPv6Network] = []
    for rule in rules(draft, acl, None):
        written = acl.rules[int(rule.id)]
        if not rule.understood and not (written.understood and written.vpn):
            raise NotUnderstoodError(rule.id)
        for one in rule.sources or (anywhere,):
            prefix = ip_network(one)
            if not rule.permit:
                denied.append(prefix)
            elif not any(prefix.version == other.version and prefix.subnet_of(other) for other in denied):  # type: ignore[arg-type]
                passed.append(one)
    return tuple(dict.fromkeys(passed))
