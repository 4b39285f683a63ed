"""Cisco IOS, Ruijie RGOS: access lists, and what they are where they are applied to interfaces.

A list denies what no entry matches; a remark is of the entry after it. ``ip inspect`` opens a list for answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from conformance.judge.access.config import UNKNOWN, FilterRule, Passage, Read
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.limits import permitted
from conformance.system.access.configs.shared import (
    family_of,
    host_of,
    number,
    ports,
    prefix_of,
    protocol,
    wildcard_prefix,
)
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

ACL = Table()
_STANDARD = "ip access-list standard {acl}"
_EXTENDED = "ip access-list extended {acl}"
_SIX_LIST = "ipv6 access-list {acl}"
for _view in (_STANDARD, _EXTENDED, _SIX_LIST):
    ACL.view(_view, "filter")
ACL.topics("filter", "access-list", "ip access-list", "ipv6 access-list", "object-group", "zone", "zone-pair")
ACL.topics("filter", "time-range", "ip inspect", "ipv6 inspect", "parameter-map", "ip reflexive-list", "expert")
_MOST_PORTS, _SIX = {"eq": 10, "neq": 1, "gt": 1, "lt": 1, "range": 2}, 6
#: Numbers of standard lists; all others of IPv4 are extended.
_STANDARD_NUMBERS = ((1, 99), (1300, 1999))
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


@dataclass
class Entry:
    """One entry: its rule, and the time range on which it hangs."""

    rule: FilterRule
    when: str = ""


@dataclass
class Acl:
    """A list: its entries by their number, and the remark that waits for the next of them."""

    family: int
    standard: bool
    where: Location
    entries: dict[int, Entry] = field(default_factory=dict)
    remark: str = ""
    highest: int = 0


def lists(draft: Draft) -> dict[tuple[int, str], Acl]:
    """Every list that was read so far."""
    found: dict[tuple[int, str], Acl] = draft.scratch.setdefault("access lists", {})
    return found


def _list(draft: Draft, hit: Hit, family: int, *, standard: bool) -> Acl:
    return lists(draft).setdefault((family, hit["acl"]), Acl(family, standard, hit.where))


@ACL.on("", "access-list {acl} {rest...}", "filter")
def _numbered(draft: Draft, hit: Hit) -> None:
    place = number(hit["acl"]) if hit["acl"].isdigit() else 0
    standard = any(low <= place <= high for low, high in _STANDARD_NUMBERS)
    read_entry(draft, _list(draft, hit, 4, standard=standard), Words(hit["rest"]), hit)


@ACL.on("", _STANDARD, "filter")
def _standard(draft: Draft, hit: Hit) -> None:
    _list(draft, hit, 4, standard=True)


@ACL.on("", _EXTENDED, "filter")
def _extended(draft: Draft, hit: Hit) -> None:
    _list(draft, hit, 4, standard=False)


@ACL.on("", _SIX_LIST, "filter")
def _six(draft: Draft, hit: Hit) -> None:
    _list(draft, hit, 6, standard=False)


def _entered(family: int, *, standard: bool) -> Callable[[Draft, Hit], None]:
    def handler(draft: Draft, hit: Hit) -> None:
        read_entry(draft, _list(draft, hit, family, standard=standard), Words(hit["rest"]), hit)

    return handler


ACL.ignore(_STANDARD, "exit")
ACL.ignore(_EXTENDED, "exit")
ACL.ignore(_SIX_LIST, "exit")
ACL.on(_STANDARD, "{rest...}", "filter")(_entered(4, standard=True))
ACL.on(_EXTENDED, "{rest...}", "filter")(_entered(4, standard=False))
ACL.on(_SIX_LIST, "{rest...}", "filter")(_entered(6, standard=False))


def read_entry(draft: Draft, acl: Acl, words: Words, hit: Hit) -> None:
    """One entry or remark. Of an entry that is not understood a rule stays that may match anything."""
    del draft
    place = acl.highest + 10
    if words.skip("sequence") or words.peek().isdigit():
        place = number(words.take(), 1)
    if words.skip("remark"):
        acl.remark = " ".join(words.rest())
        return
    action = words.any_of("permit", "deny")
    if not action:
        if words.skip("evaluate"):  # what a reflexive list let through before
            return
        raise NotUnderstoodError(hit.text)
    made = FilterRule(str(place), action == "permit", hit.where, remark=acl.remark, understood=False)
    acl.entries[place], acl.remark, acl.highest = Entry(made), "", max(acl.highest, place)
    entry = Entry(replace(made, understood=True))
    if acl.standard:
        entry.rule = replace(entry.rule, sources=_plain(words))
    else:
        entry.rule = _five(entry.rule, words, acl.family)
    _options(entry, words)
    if entry.rule.id != str(place):
        acl.entries[int(entry.rule.id)] = acl.entries.pop(place)
    acl.entries[int(entry.rule.id)] = entry
    acl.highest = max(acl.highest, int(entry.rule.id))


def _plain(words: Words) -> tuple[str, ...]:
    """The source of a standard entry: one word alone is a host."""
    if words.skip("any"):
        return ()
    if words.skip("host"):
        return (prefix_of(host_of(words.take())),)
    address = words.take()
    return (wildcard_prefix(address, words.take() if words.peek()[:1].isdigit() else "0"),)


def _five(rule: FilterRule, words: Words, family: int) -> FilterRule:
    """Protocol, source, destination and ports of an extended entry."""
    found = protocol(words.take())
    if family == _SIX and found == "icmp":
        found = "icmpv6"
    sources, source_ports = _address(words, family), _ports(words)
    destinations, target_ports = _address(words, family), _ports(words)
    return replace(
        rule, protocol=found, sources=sources, source_ports=source_ports, destinations=destinations, ports=target_ports
    )


def _address(words: Words, family: int) -> tuple[str, ...]:
    if words.skip("any") or words.skip("any4") or words.skip("any6"):
        return ()
    if words.skip("host"):
        made = prefix_of(host_of(words.take()))
    elif family == _SIX or "/" in words.peek():
        made = prefix_of(words.take())
    else:
        made = wildcard_prefix(words.take(), words.take())
    if family_of(made) != family:
        raise NotUnderstoodError(made)
    return (made,)


def _ports(words: Words) -> tuple[tuple[int, int], ...]:
    operator = words.any_of(*_MOST_PORTS)
    if not operator:
        return ()
    taken = [operator, words.take()]
    while len(taken) <= _MOST_PORTS[operator] and words and _is_port(words.peek()):
        taken.append(words.take())
    return ports(taken)


def _is_port(word: str) -> bool:
    try:
        ports(["eq", word])
    except NotUnderstoodError:
        return False
    return word not in ("echo", "time")  # types of ICMP, too


#: What narrows an entry in ways the model does not hold, with the count of words that follow.
_NARROWER = {
    "dscp": 1, "precedence": 1, "tos": 1, "fragments": 0, "ttl": 2, "option": 1, "flow-label": 1, "routing": 0,
    "dest-option": 0, "hbh": 0, "auth": 0, "mobility": 0, "undetermined-transport": 0,
}  # fmt: skip
_FLAGS = re.compile(r"[+-]?(?:syn|ack|fin|rst|psh|urg)|match-(?:any|all)")


def _options(entry: Entry, words: Words) -> None:
    """What stands after the addresses; a type of ICMP narrows the entry."""
    while words:
        option = words.take().lower()
        if option in ("log", "log-input"):
            entry.rule = replace(entry.rule, logged=True)
        elif option == "established":
            entry.rule = replace(entry.rule, established=True)
        elif option == "time-range":
            entry.when = words.take()
        elif option == "sequence":
            entry.rule = replace(entry.rule, id=str(number(words.take(), 1)))
        elif option in ("reflect", "timeout"):
            words.take()
        else:
            if option in _NARROWER:
                for _ in range(_NARROWER[option]):
                    words.take()
            elif not (_FLAGS.fullmatch(option) or entry.rule.protocol in ("icmp", "icmpv6")):
                raise NotUnderstoodError(option)
            entry.rule = replace(entry.rule, understood=False)


_RANGE = "time-range {range}"
ACL.view(_RANGE, "filter")


@ACL.on("", _RANGE, "filter")
def _range(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("time ranges", {}).setdefault(hit["range"], "")


@ACL.on(_RANGE, "absolute {rest...}", "filter")
def _absolute(draft: Draft, hit: Hit) -> None:
    """``absolute start 00:00 01 January 2026 end 23:59 31 December 2026``: the last day counts."""
    words = Words(hit["rest"])
    words.until("end")
    if words.skip("end"):
        words.take()
        day, month, year = number(words.take(), 1, 31), words.take().lower(), number(words.take(), 1993, 9999)
        if month not in _MONTHS:
            raise NotUnderstoodError(hit.text)
        last = date(year, _MONTHS.index(month) + 1, day)
        draft.scratch.setdefault("time ranges", {})[hit["range"]] = last.isoformat()
    words.end()


@ACL.on(_RANGE, "periodic {rest...}", "filter")
def _periodic(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("periodic", set()).add(hit["range"])


@ACL.on("", "(ip|ipv6) inspect name {name} {rest...}", "filter")
def _inspection(draft: Draft, hit: Hit) -> None:
    family = 6 if hit.text.lower().startswith("ipv6") else 4
    kinds = draft.scratch.setdefault("inspections", {}).setdefault((family, hit["name"]), set())
    kinds.add(Words(hit["rest"]).take().lower())


ACL.ignore("", "ip inspect (log|audit-trail|alert-off|tcp|udp|dns-timeout|max-incomplete|one-minute) [{rest...}]")


def rules_of(draft: Draft, acl: Acl) -> tuple[FilterRule, ...]:
    """The rules in the order in which they are asked, with the last days of their time ranges; when all is read."""
    made: dict[int, tuple[FilterRule, ...]] = draft.scratch.setdefault("rules", {})
    if id(acl) not in made:
        made[id(acl)] = tuple(_dated(draft, acl.entries[place]) for place in sorted(acl.entries))
    return made[id(acl)]


def _dated(draft: Draft, entry: Entry) -> FilterRule:
    if not entry.when:
        return entry.rule
    until = draft.scratch.get("time ranges", {}).get(entry.when)
    unsure = until is None or entry.when in draft.scratch.get("periodic", ())
    return replace(entry.rule, until=until or "", understood=entry.rule.understood and not unsure)


def limited(draft: Draft, family: int, name: str, where: Location) -> Read[tuple[str, ...]]:
    """Whom a list lets in that limits a service; unknown where the list is not in the file."""
    acl = lists(draft).get((family, name))
    if acl is None:
        return Read(UNKNOWN, None, where)
    known: dict[tuple[int, str], Read[tuple[str, ...]]] = draft.scratch.setdefault("limited", {})
    if (family, name) not in known:
        known[family, name] = permitted(rules_of(draft, acl), family, where)
    return replace(known[family, name], where=where)


def finish(draft: Draft) -> None:
    """A passage for each list that is applied to an interface."""
    opened = _opened(draft)
    for name, family, acl, way, where in draft.scratch.get("applied", ()):
        found = lists(draft).get((family, acl))
        rules = rules_of(draft, found) if found else ()
        # IOS lets everything pass where the list is not there, or has no entry.
        empty = "unknown" if draft.platform.startswith("ruijie") else "permit"
        default = "deny" if rules else empty
        come, go = ((name,), ()) if way == "in" else ((), (name,))
        other = "out" if way == "in" else "in"
        stateful = (name, other, family) in opened["at"] or bool(opened["by"].get((way, family), set()) - {name})
        draft.top.add("passages", Passage(acl, family, where, rules, default, False, False, stateful, come, go))


def _opened(draft: Draft) -> dict[str, Any]:
    """Where answers are let through: those that come in by an interface answer what went out by it."""
    kinds = draft.scratch.get("inspections", {})
    whole = [(place, way, of) for place, of, way, what in draft.scratch.get("inspected", ()) if kinds.get((of, what))]
    by: dict[tuple[str, int], set[str]] = {}
    for place, way, of in whole:
        if len(by.setdefault((way, of), set())) < len(("one", "another")):  # two are enough to know of another
            by[way, of].add(place)
    return {"at": set(whole), "by": by}
