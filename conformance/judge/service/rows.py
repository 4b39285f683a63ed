"""What an accepted call was answered with: rows of a query, the word of a verification, the records of a file.

Rules ``results``, ``criteria``, ``auth-rows``, and of a file ``accept``, ``answer-encoding``, ``download``. A mandatory
result that is absent is no matter of these: rows are judged as a dataset elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.judge.service.answers import Envelope, Reading, at, decoded, enveloped, told
from conformance.judge.service.members import once
from conformance.judge.service.model import Answer, Call
from conformance.standard.services.model import Interface, ServiceRules

Key = tuple[tuple[str, str], ...]
#: No total is as large; a number that is may be anything, even a person's, and is not repeated.
_MOST = 10**10
#: No page is as long; the rows of one that is are not looked at.
LONGEST_PAGE = 50_000


@dataclass(frozen=True)
class GivenRow:
    """One row: the texts of its registered fields, and its place. ``sound``: no mandatory value was of another type, so
    that the row may be judged as a record.
    """

    values: Mapping[str, str]
    where: Location
    sound: bool = True


def rows_of(
    call: Call, envelope: Envelope, interface: Interface, rules: ServiceRules
) -> tuple[Reading, int | None, tuple[GivenRow, ...]]:
    """The total and the rows of a query's answer; a total of None: the data are not of a query's shape (a fault)."""
    names, data = rules.envelope, envelope.data
    wrong = _shape(call, data, {names.total, names.rows}, rules)
    if wrong is None and not _count(data[names.total]):
        wrong = told("results", call, "dialogue.results.member", path=_path(rules, names.total), name=names.total)
    if wrong is None and not isinstance(data[names.rows], list):
        wrong = told("results", call, "dialogue.results.member", path=_path(rules, names.rows), name=names.rows)
    if wrong is None and (number := len(data[names.rows])) > LONGEST_PAGE:
        wrong = told("results", call, "dialogue.results.too-many", path=_path(rules, names.rows), number=number)
    if wrong is not None:
        return Reading(envelope, ("results",), (wrong,)), None, ()
    faults: list[Fault] = []
    rows: list[GivenRow] = []
    for number, item in enumerate(data[names.rows]):
        row, fault = _taken(call, item, f"{_path(rules, names.rows)}[{number}]", interface)
        rows += [row] if row else []
        faults += [fault] if fault else []
    checked = ("results",) * (1 + len(data[names.rows]))
    return Reading(envelope, checked, tuple(faults)), data[names.total], tuple(rows)


def match_of(call: Call, envelope: Envelope, rules: ServiceRules) -> tuple[Reading, bool | None]:
    """What a verification says: the same, or other; None where it says neither (a fault)."""
    names, data = rules.envelope, envelope.data
    wrong = _shape(call, data, {names.match}, rules)
    if wrong is None and data[names.match] not in (names.same, names.other):
        words = f"{names.same}、{names.other}"
        path = _path(rules, names.match)
        wrong = told("results", call, "dialogue.results.word", path=path, name=names.match, words=words)
    if wrong is not None:
        return Reading(envelope, ("results",), (wrong,)), None
    return Reading(envelope, ("results",)), data[names.match] == names.same


def file_of(
    call: Call, answer: Answer, interface: Interface, rules: ServiceRules
) -> tuple[Reading, tuple[GivenRow, ...] | None]:
    """The records of a download that was served; None where they could not be read (a fault).

    The answer is whole: one that was cut at the tester's own bound is nothing to judge.
    """
    text, wrong = decoded(call, answer, rules)
    if wrong:
        return Reading(None, ("answer-encoding",), (wrong,)), None
    checked: tuple[str, ...] = ("answer-encoding", "download")
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    if kind != rules.file.content_type:
        return Reading(None, checked, (_no_file(call, answer, text, rules),)), None
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    items, bad = _parsed(lines)
    if bad:
        return Reading(None, checked, (told("download", call, "dialogue.download.line", path=_line(bad)),)), None
    faults = list(_headers(call, answer, len(items), rules))
    rows: list[GivenRow] = []
    for number, item in enumerate(items, start=1):
        row, fault = _taken(call, item, _line(number), interface)
        rows += [row] if row else []
        faults += [fault] if fault else []
    repeats = len(rows) - len({row_key(row.values, interface) for row in rows})
    if repeats and not faults:
        faults.append(told("download", call, "dialogue.download.repeat", number=repeats))
    return Reading(None, (*checked, *("results",) * len(items)), tuple(faults)), tuple(rows)


def mismatches(call: Call, asked: Mapping[str, str], rows: Sequence[GivenRow], interface: Interface) -> Iterator[Fault]:
    """``criteria``: each row given has the values that were asked for, where a result has the parameter's name."""
    named = {one.name for one in interface.results} & asked.keys()
    for row in rows:
        if other := sorted(name for name in named if row.sound and row.values.get(name) != asked[name]):
            yield told("criteria", call, "dialogue.criteria.other", path=row.where.path, names="、".join(other))


def unfound(
    call: Call, expected: Sequence[Mapping[str, str]], rows: Sequence[GivenRow], interface: Interface
) -> Fault | None:
    """``criteria``: rows that are known to be there and have the values asked for are given."""
    given = {row_key(row.values, interface) for row in rows}
    lost = sum(row_key(values, interface) not in given for values in expected)
    return told("criteria", call, "dialogue.criteria.unfound", number=lost) if lost else None


def ungranted(
    call: Call, rows: Sequence[GivenRow], granted: Mapping[str, Collection[str]], interface: Interface
) -> Fault | None:
    """``auth-rows``: each row has one of the granted prefixes in each field that the grant names and the row has."""
    names = granted.keys() & {one.name for one in interface.results}
    others = [row for row in rows if not within(row.values, {name: granted[name] for name in names})]
    if not others:
        return None
    path, shown = others[0].where.path, "、".join(sorted(names))
    return told("auth-rows", call, "dialogue.auth-rows", path=path, number=len(others), names=shown)


def within(values: Mapping[str, str], granted: Mapping[str, Collection[str]]) -> bool:
    """Is a row one of those granted, as far as its fields tell?"""
    return all(values[name].startswith(tuple(granted[name])) for name in granted if name in values)


def row_key(values: Mapping[str, str], interface: Interface) -> Key:
    """What tells a row from others: the values of the registered key, or of all fields where there is none."""
    names = interface.key if interface.key and all(name in values for name in interface.key) else sorted(values)
    return tuple((name, values[name]) for name in names)


def _shape(call: Call, data: Any, members: set[str], rules: ServiceRules) -> Fault | None:
    """Whether the data are an object of these members and no others."""
    if not isinstance(data, dict):
        return told("results", call, "dialogue.results.object", path=f"$.{rules.envelope.data}")
    if lacking := sorted(members - data.keys()):
        return told("results", call, "dialogue.results.member", path=f"$.{rules.envelope.data}", name=lacking[0])
    if extra := data.keys() - members:
        return told("results", call, "dialogue.results.extra", path=f"$.{rules.envelope.data}", number=len(extra))
    return None


def _taken(call: Call, item: Any, path: str, interface: Interface) -> tuple[GivenRow | None, Fault | None]:
    """One row, and what is wrong with it."""
    if not isinstance(item, dict):
        return None, told("results", call, "dialogue.results.row", path=path)
    registered = {one.name for one in interface.results}
    texts = {name: text for name, text in item.items() if name in registered and isinstance(text, str)}
    typed = sorted(name for name in registered & item.keys() if name not in texts)
    row = GivenRow(texts, at(call, path), sound=not any(interface.result(name).mandatory for name in typed))
    if typed:
        return row, told("results", call, "dialogue.results.type", path=path, names="、".join(typed))
    # An empty text in a mandatory field is a value that is missing: the record's own fault.
    if empty := sorted(name for name, text in texts.items() if not text and not interface.result(name).mandatory):
        return row, told("results", call, "dialogue.results.empty", path=path, names="、".join(empty))
    if extra := item.keys() - registered:
        return row, told("results", call, "dialogue.results.extra", path=path, number=len(extra))
    return row, None


def _no_file(call: Call, answer: Answer, text: str, rules: ServiceRules) -> Fault:
    """An answer of another content type: a refusal of a valid call with the status of success, or no file at all."""
    envelope, _ = enveloped(text, answer, rules)
    if envelope and (refused := rules.error_of(envelope.code)):
        return told("accept", call, "service.valid-refused", status=answer.status, code=refused.code)
    return told("download", call, "dialogue.download.content-type", expected=rules.file.content_type)


def _headers(call: Call, answer: Answer, records: int, rules: ServiceRules) -> Iterator[Fault]:
    if answer.header(rules.file.records) != str(records):
        yield told("download", call, "dialogue.download.records", name=rules.file.records, number=records)
    if answer.header(rules.file.digest) != hashlib.sha256(answer.body).hexdigest():
        yield told("download", call, "dialogue.download.digest", name=rules.file.digest)


def _parsed(lines: Sequence[str]) -> tuple[list[Any], int]:
    """The values of JSON Lines, and the number of the first line that is none (0: each is one)."""
    items: list[Any] = []
    for number, line in enumerate(lines, start=1):
        try:
            items.append(json.loads(line, object_pairs_hook=once))
        except (ValueError, RecursionError):
            return [], number
    return items, 0


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST


def _path(rules: ServiceRules, member: str) -> str:
    return f"$.{rules.envelope.data}.{member}"


def _line(number: int) -> str:
    return f"line {number}"
