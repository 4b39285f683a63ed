"""Huawei VRP: ACLs, time ranges, and whom an ACL lets in where it limits a service of the device.

Rules are asked by number, or narrowest first under ``match-order auto``; never by line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from conformance.judge.access.config import SET, FilterRule, Read
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.limits import everybody, permitted
from conformance.system.access.configs.shared import (
    family_of,
    narrowness,
    number,
    ports,
    prefix_of,
    protocol,
    wildcard_prefix,
)
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

ACLS = Table()
_ACL = "acl {acl...}"
ACLS.view(_ACL, "filter")
ACLS.topics("filter", "acl", "time-range")
_FIRST, _LAST_BASIC, _LAST, _FOUR, _SIX = 2000, 2999, 3999, 4, 6
#: Conditions that narrow a rule in a way the model cannot hold, with how many words follow each.
_NARROWER = {
    "dscp": 1,
    "tos": 1,
    "precedence": 1,
    "fragment-type": 1,
    "igmp-type": 1,
    "ttl": 2,
    "packet-length": 2,
    "fragment": 0,
    "none-first-fragment": 0,
    "first-fragment": 0,
    "ttl-expired": 0,
}
_OPERATORS = {"eq": 1, "gt": 1, "lt": 1, "neq": 1, "range": 2}


@dataclass(frozen=True)
class AclRule:
    """A rule, with its time range and instance, which only the end of the file tells."""

    rule: FilterRule
    when: str = ""
    instance: str = ""


@dataclass
class Acl:
    """An ACL: its rules by number, and the texts that were put to them."""

    family: int
    where: Location
    automatic: bool
    basic: bool
    step: int = 5
    rules: dict[int, AclRule] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)
    highest: int = -1


@dataclass
class TimeRange:
    """When rules hold: up to a day (empty: without an end), and whether only at some hours or days."""

    until: str = ""
    endless: bool = False
    periodic: bool = False


@dataclass(frozen=True)
class _Head:
    family: int
    names: tuple[str, ...]
    automatic: bool
    basic: bool


def acls(draft: Draft) -> dict[tuple[int, str], Acl]:
    """Every ACL by family and name, or number as text."""
    found: dict[tuple[int, str], Acl] = draft.scratch.setdefault("acls", {})
    return found


def _head(text: str) -> _Head:
    """What ``[ipv6] [name X] [number] N [match-order …]`` says."""
    words = Words(text)
    family = _SIX if words.skip("ipv6") else _FOUR
    names: list[str] = []
    automatic = basic = False
    while words:
        if words.skip("name"):
            names.append(words.take())
        elif words.skip("match-order"):
            automatic = words.take().lower() == "auto"
        elif kind := words.any_of("basic", "advance", "advanced"):
            basic = kind == "basic"
        else:
            words.skip("number")
            place = number(words.take(), _FIRST, _LAST)
            basic = place <= _LAST_BASIC
            names.append(str(place))
    if not names:
        raise NotUnderstoodError(text)
    return _Head(family, tuple(names), automatic, basic)


@ACLS.on("", _ACL, "filter")
def _acl(draft: Draft, hit: Hit) -> None:
    head = _head(hit["acl"])
    known = acls(draft)
    made = next((known[head.family, name] for name in head.names if (head.family, name) in known), None)
    made = made or Acl(head.family, hit.where, head.automatic, head.basic)
    for name in head.names:
        known[head.family, name] = made


def _held(draft: Draft, hit: Hit) -> Acl:
    head = _head(hit["acl"])
    return acls(draft)[head.family, head.names[0]]


@ACLS.on(_ACL, "step {step}", "filter")
def _step(draft: Draft, hit: Hit) -> None:
    _held(draft, hit).step = number(hit["step"], 1)


ACLS.ignore(_ACL, "description {text...}")  # a text


@ACLS.on(_ACL, "rule {id} description {text...}", "filter")
def _remark(draft: Draft, hit: Hit) -> None:
    _held(draft, hit).remarks[number(hit["id"])] = hit["text"]


@ACLS.on(_ACL, "rule {rest...}", "filter")
def _rule(draft: Draft, hit: Hit) -> None:
    """A rule whose conditions are not understood is kept as such: what it decides is unknown from there on."""
    acl = _held(draft, hit)
    words = Words(hit["rest"])
    place = number(words.take()) if words.peek().isdigit() else acl.highest - acl.highest % acl.step + acl.step
    if acl.highest < 0 and not hit["rest"].split()[0].isdigit():
        place = acl.step if acl.family == _FOUR else 0
    remark = words.take() if words.skip("name") else ""
    action = words.any_of("permit", "deny")
    if not action:
        raise NotUnderstoodError(hit.text)
    acl.highest = max(acl.highest, place)
    made = AclRule(FilterRule(str(place), action == "permit", hit.where, remark=remark))
    acl.rules[place] = replace(made, rule=replace(made.rule, understood=False))
    if not acl.basic:
        made = replace(made, rule=replace(made.rule, protocol=_protocol(words, acl.family)))
    acl.rules[place] = _with_options(made, words, acl.family)


def _protocol(words: Words, family: int) -> str:
    found = protocol(words.take())
    return "icmpv6" if family == _SIX and found == "icmp" else found


def _with_options(made: AclRule, words: Words, family: int) -> AclRule:
    while words:
        option = words.take().lower()
        rule = made.rule
        if option == "source":
            made = replace(made, rule=replace(rule, sources=_addresses(words, family)))
        elif option == "destination":
            made = replace(made, rule=replace(rule, destinations=_addresses(words, family)))
        elif option == "source-port":
            made = replace(made, rule=replace(rule, source_ports=_ports(words)))
        elif option == "destination-port":
            made = replace(made, rule=replace(rule, ports=_ports(words)))
        elif option == "time-range":
            made = replace(made, when=words.take())
        elif option == "vpn-instance":
            made = replace(made, instance=words.take())
        else:
            made = replace(made, rule=_with_flag(rule, option, words))
    return made


def _with_flag(rule: FilterRule, option: str, words: Words) -> FilterRule:
    if option in ("logging", "log"):
        return replace(rule, logged=True)
    if option == "established" or (option == "tcp-flag" and words.skip("established")):
        return replace(rule, established=True)
    if option == "tcp-flag":
        words.until("source", "destination", "source-port", "destination-port", "logging", "time-range", "vpn-instance")
        return replace(rule, understood=False)
    if option in ("icmp-type", "icmp6-type"):
        if words.take().isdigit() and words.peek().isdigit():
            words.take()
        return replace(rule, understood=False)
    if option not in _NARROWER:
        raise NotUnderstoodError(option)
    for _ in range(_NARROWER[option]):
        words.take()
    return replace(rule, understood=False)


def _addresses(words: Words, family: int) -> tuple[str, ...]:
    if words.skip("any"):
        return ()
    address = words.take()
    if family == _SIX:
        found = prefix_of(address, "" if "/" in address else words.take())
    elif "/" in address:
        raise NotUnderstoodError(address)
    else:
        found = wildcard_prefix(address, words.take())
    if family_of(found) != family:
        raise NotUnderstoodError(address)
    return (found,)


def _ports(words: Words) -> tuple[tuple[int, int], ...]:
    operator = words.take().lower()
    if operator not in _OPERATORS:
        raise NotUnderstoodError(operator)
    return ports([operator, *(words.take() for _ in range(_OPERATORS[operator]))])


def ordered(draft: Draft, acl: Acl) -> tuple[FilterRule, ...]:
    """The rules in the order in which they are asked, with their texts and the last days of their time ranges."""
    places = sorted(acl.rules)
    if acl.automatic:
        places.sort(key=lambda place: _depth(acl.rules[place]))  # stable: equal ones by number
    return tuple(_resolved(draft, acl, place) for place in places)


def _depth(one: AclRule) -> tuple[bool, bool, int, int, int]:
    """Narrowest first: of an instance, with a protocol, by source, by destination, by ports."""
    rule = one.rule
    width = sum(last - first + 1 for first, last in rule.ports or ((0, 65535),))
    return (
        not one.instance,
        rule.protocol == "any",
        -narrowness(rule.sources),
        -narrowness(rule.destinations),
        width,
    )


def _resolved(draft: Draft, acl: Acl, place: int) -> FilterRule:
    one = acl.rules[place]
    rule = replace(one.rule, remark=acl.remarks.get(place, one.rule.remark))
    if one.instance:
        rule = replace(rule, understood=False)  # only packets of that instance
    return timed(draft, rule, one.when)


def timed(draft: Draft, rule: FilterRule, when: str) -> FilterRule:
    """The rule with the last day of its time range. A permit at some hours counts as always; a deny is not known."""
    if not when:
        return rule
    found: TimeRange | None = draft.scratch.get("time ranges", {}).get(when)
    if found is None or (found.periodic and not rule.permit):
        return replace(rule, understood=False)
    return replace(rule, until="" if found.endless else found.until)


#: How an ACL is named where the command says that it is one of IPv6: both families may have the same number.
SIX = "ipv6 "


def acl_said(hit: Hit) -> str:
    """The ACL that a command names, with the family where it says that."""
    return (SIX if "ipv6" in hit.text.lower().split() else "") + hit["acl"]


def acl_sources(draft: Draft, name: str, families: tuple[int, ...] = (4, 6)) -> Read[tuple[str, ...]]:
    """Whom an ACL of this name lets in, in both families where both have one; without any it limits nothing."""
    found: list[str] = []
    where = None
    for family in families:
        acl = acls(draft).get((family, name))
        if acl is None:
            continue
        read = permitted(ordered(draft, acl), family, acl.where)
        if read.state != SET:
            return read
        where = where or read.where
        found += read.value or ()
    if where is None:
        return Read(SET, (everybody(4), everybody(6)), None)
    return Read(SET, tuple(found), where)


_RANGE = "time-range {range}"
ACLS.view(_RANGE, "filter")
_DAYS = re.compile(
    r"(?:\d{1,2}:\d{2}(?::\d{2})? to \d{1,2}:\d{2}(?::\d{2})?) "
    r"(?:(?:daily|working-day|off-day|mon|tue|wed|thu|fri|sat|sun|[0-6])(?: |$))+",
    re.IGNORECASE,
)


def _range(draft: Draft, hit: Hit) -> TimeRange:
    ranges: dict[str, TimeRange] = draft.scratch.setdefault("time ranges", {})
    return ranges.setdefault(hit["range"], TimeRange())


@ACLS.on("", _RANGE, "filter")
def _time_range(draft: Draft, hit: Hit) -> None:
    _range(draft, hit)


@ACLS.on("", "time-range {range} {rest...}", "filter")
@ACLS.on(_RANGE, "(absolute-range|period-range) {rest...}", "filter")
def _times(draft: Draft, hit: Hit) -> None:
    if _DAYS.fullmatch(hit["rest"]):
        _range(draft, hit).periodic = True
        return
    words = Words(hit["rest"])
    if words.skip("from") or words.peek() != "to":
        words.take()
        _day(words.take())
    if not words:
        _range(draft, hit).endless = True
        return
    if not words.skip("to"):
        raise NotUnderstoodError(hit.text)
    words.take()
    until = _day(words.take())
    words.end()
    held = _range(draft, hit)
    held.until = max(held.until, until)


def _day(word: str) -> str:
    match = re.fullmatch(r"(\d{4})/(\d{1,2})/(\d{1,2})", word)
    if match is None:
        raise NotUnderstoodError(word)
    return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
