"""Acceptance, paging, verification, downloads, URL encoding, against a node in memory and what may be wrong with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import pytest

from conformance.dialogue.accept import judge_acceptance
from conformance.dialogue.downloading import judge_downloads
from conformance.dialogue.harvest import asks, harvest, known
from conformance.dialogue.paging import judge_paging
from conformance.dialogue.talk import NodeSpec, Talk
from conformance.dialogue.unproven import judge_unproven
from conformance.dialogue.url_encoding import judge_url_encoding
from conformance.dialogue.valid import test_records as made_records
from conformance.dialogue.verifying import judge_verification
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.rules import ANSWER_RULES, ERROR_RULES
from conformance.standard.pack import standards_root
from conformance.standard.services.model import Interface, Profile, Registration, ServiceRules
from conformance.standard.services.reading import interface_of, read_service_rules
from conformance.standard.standards import Standards

AS_OF, PEOPLE = "20261121", 60
RULES = ("results", "criteria", "url-encoding", "paging", "total", "verify", "download", "auth-rows")
JUDGED = (*RULES, *ANSWER_RULES, *ERROR_RULES)
FIELDS = ("GMSFHM", "XM", "XBDM", "CSRQ", "HJDXZQHDM")
ELEMENTS = ("4223.1-05-001", "4223.1-05-003", "4223.1-05-006", "4223.1-05-010", "4223.1-07-007")
Row = dict[str, str]
#: What is wrong with the node, by name; see :class:`FakeNode`.
FAULTS = {
    "answers_numbers_as_numbers": "results",
    "adds_an_unregistered_result": "results",
    "gives_rows_as_an_object": "results",
    "says_true_instead_of_the_word": "results",
    "ignores_a_criterion": "criteria",
    "finds_only_the_first_half": "criteria",
    "repeats_last_row_of_page": "paging",
    "skips_a_row_between_pages": "paging",
    "gives_one_row_less_than_asked": "paging",
    "gives_one_row_more_than_asked": "paging",
    "gives_the_last_page_again": "paging",
    "refuses_a_page_beyond_the_end": "paging",
    "orders_differently_each_time": "paging",
    "loses_an_unfilled_last_page": "paging",
    "total_of_the_page": "total",
    "total_counts_deleted": "total",
    "decodes_url_as_gbk": "url-encoding",
    "plus_stays_plus": "url-encoding",
    "reads_upper_case_digits_only": "url-encoding",
    "decodes_url_twice": "url-encoding",
    "verifies_everything": "verify",
    "verifies_nothing": "verify",
    "verifies_only_the_key": "verify",
    "leaks_other_clients_rows": "auth-rows",
    "refuses_women": "accept",
    "sends_a_wrong_digest": "download",
    "counts_a_header_line": "download",
    "downloads_an_array": "download",
    "download_lacks_a_row": "download",
    "download_has_a_row_twice": "download",
    "download_ignores_the_criterion": "download",
    "downloads_in_gb18030": "answer-encoding",
    "downloads_numbers": "results",
    "refuses_a_download_with_status_200": "accept",
}
NEAR_MISSES = ("rows_in_descending_order", "ends_the_file_without_a_line_feed", "gives_members_in_another_order")


@cache
def standards() -> Standards:
    return Standards.load((("exchange", "2019"), ("db37-4223.1", "2020")))


@cache
def rules() -> ServiceRules:
    return read_service_rules(standards_root() / "services" / "2020")


def registration(
    id_: str, digit: str, request: str, paging: str, names: Sequence[str], *, must: Sequence[str]
) -> Registration:
    element = dict(zip(FIELDS, ELEMENTS, strict=True))
    fields = [{"name": name, "element": element[name], "occurs": "1" if name in must else "0..1"} for name in names]
    results = [{"name": name, "element": element[name], "occurs": "1"} for name in FIELDS] if digit in "14" else []
    raw: dict[str, Any] = {
        "class": digit,
        "path": f"/1/{id_}",
        "request": request,
        "paging": paging,
        "parameters": fields,
    }
    raw |= {"results": results, "key": ["GMSFHM"] if results else [], "limits": {"page_size": 50}}
    return Registration(id_, f"{id_}.yaml", {**raw, "resource": {"code": "307001000001000002"}})


REGISTRATIONS = (
    registration("query", "1", "query", "page", FIELDS, must=()),
    registration("asked", "1", "form", "start", ("GMSFHM", "XM", "XBDM"), must=()),
    registration("verify", "2", "form", "none", FIELDS[:4], must=("GMSFHM", "XM")),
    registration("download", "4", "query", "none", ("HJDXZQHDM",), must=()),
)


@cache
def interfaces() -> Mapping[str, Interface]:
    found = {one.id: interface_of(one, standards().elements, rules()) for one in REGISTRATIONS}
    return {id_: one for id_, one in found.items() if one}


@cache
def people() -> tuple[Row, ...]:
    """Synthetic people; one of them has a blank in his name, and one a plus sign."""
    query = interfaces()["query"]
    rows = made_records(replace(query, parameters=query.results), standards(), 3, PEOPLE, AS_OF)
    rows[1]["XM"], rows[2]["XM"], rows[3]["XM"] = "阿不都 拉", "阿不+都", "阿&都=拉"
    places = sorted({row["HJDXZQHDM"] for row in rows[:3]})
    for number, row in enumerate(rows):
        row["HJDXZQHDM"] = places[number % len(places)] if number % 5 else "371702"
    return tuple(rows)


def granted() -> tuple[str, ...]:
    return tuple(sorted({row["HJDXZQHDM"] for row in people()} - {"371702"}))


class FakeNode:
    """A node in memory: conforming, but for the one thing that ``fault`` names."""

    def __init__(self, fault: str = "") -> None:
        self.fault, self.asked = fault, 0
        self.calls: list[Call] = []

    def send(self, call: Call) -> Answer:
        self.asked += 1
        self.calls.append(call)
        interface = interfaces()[call.interface]
        pairs = self._pairs(call)
        if pairs is None or len(dict(pairs)) != len(pairs):
            return self._refused("bad-value")
        style = rules().paging.get(interface.paging)
        names = {one.name for one in interface.parameters} | ({style.position, style.size} if style else set())
        values = dict(pairs)
        if not values.keys() <= names:
            return self._refused("surplus-parameter")
        page = {name: int(values.pop(name)) for name in list(values) if style and name in (style.position, style.size)}
        if self.fault == "refuses_women" and values.get("XBDM") == "2":
            return self._refused("bad-code")
        if self.fault == "decodes_url_as_gbk":
            values = {name: text.encode().decode("gbk", "replace") for name, text in values.items()}
        if interface.interface_class == "verify":
            return self._verified(values)
        rows = self._rows(values, interface)
        if interface.interface_class == "download":
            return self._file(rows)
        assert style is not None
        size = page[style.size]
        before = page[style.position] - 1 if interface.paging == "start" else (page[style.position] - 1) * size
        return self._page(rows, before, size)

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        return tuple(self.send(call) for call in calls)

    def _pairs(self, call: Call) -> list[tuple[str, str]] | None:
        raw = call.raw_query if call.raw_query is not None else (call.body or b"").decode("ascii")
        raw = raw or "&".join(f"{name}={quote_plus(text)}" for name, text in call.query)
        if self.fault == "reads_upper_case_digits_only" and re.search("%[0-9A-F]?[a-f]", raw):
            return None
        if self.fault == "plus_stays_plus":
            raw = raw.replace("+", "%2B")
        try:
            pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
            if self.fault == "decodes_url_twice":
                pairs = parse_qsl("&".join(f"{n}={t.replace('&', '%26')}" for n, t in pairs), errors="strict")
        except ValueError:
            return None
        return pairs

    def _rows(self, values: Row, interface: Interface) -> list[Row]:
        allowed = granted() if self.fault != "leaks_other_clients_rows" else ("37",)
        rows = [row for row in people() if row["HJDXZQHDM"].startswith(allowed)]
        download = interface.interface_class == "download"
        ignored = {"ignores_a_criterion": "XBDM", "download_ignores_the_criterion": "HJDXZQHDM" if download else ""}
        names = values.keys() - {ignored.get(self.fault, "")}
        if self.fault == "finds_only_the_first_half" and values and not download:
            rows = rows[: len(rows) // 2]
        rows = [row for row in rows if all(row.get(name) == values[name] for name in names)]
        return rows[::-1] if self.fault == "rows_in_descending_order" else rows

    def _page(self, rows: list[Row], before: int, size: int) -> Answer:
        fault, total = self.fault, len(rows)
        if fault == "refuses_a_page_beyond_the_end" and before >= total > 0:
            return self._refused("bad-paging")
        if fault == "orders_differently_each_time" and self.asked % 2:
            rows = rows[::-1]
        start = before + {"repeats_last_row_of_page": -1, "skips_a_row_between_pages": 1}.get(fault, 0) * (before > 0)
        length = size + {"gives_one_row_less_than_asked": -(size > 1), "gives_one_row_more_than_asked": 1}.get(fault, 0)
        if fault == "gives_the_last_page_again" and start >= total:
            start = max(total - 1, 0) // size * size
        given: list[Any] = [self._shown(row) for row in rows[start : start + length]]
        if fault == "loses_an_unfilled_last_page" and before and len(given) < size:
            given = []
        total = {"total_of_the_page": len(given), "total_counts_deleted": total + 2}.get(fault, total)
        return self._well({"total": total, "rows": {} if fault == "gives_rows_as_an_object" else given})

    def _shown(self, row: Row) -> dict[str, Any]:
        shown: dict[str, Any] = dict(row)
        if self.fault == "answers_numbers_as_numbers":
            shown["XBDM"] = int(shown["XBDM"])
        if self.fault == "adds_an_unregistered_result":
            shown["NBXH"] = "1"
        return dict(reversed(shown.items())) if self.fault == "gives_members_in_another_order" else shown

    def _verified(self, values: Row) -> Answer:
        names = {"GMSFHM"} if self.fault == "verifies_only_the_key" else values.keys()
        same = any(all(row.get(name) == values[name] for name in names) for row in people())
        same = {"verifies_everything": True, "verifies_nothing": False}.get(self.fault, same)
        if self.fault == "says_true_instead_of_the_word":
            return self._well({"result": same})
        return self._well({"result": "1" if same else "0"})

    def _file(self, rows: list[Row]) -> Answer:
        fault, file = self.fault, rules().file
        if fault == "refuses_a_download_with_status_200":
            return replace(self._refused("not-granted"), status=200)
        rows = rows[:-1] if fault == "download_lacks_a_row" else rows
        rows = [*rows, *rows[:1]] if fault == "download_has_a_row_twice" else rows
        shown = [{**row, "XBDM": 1} for row in rows] if fault == "downloads_numbers" else rows
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in shown)
        text = json.dumps(shown, ensure_ascii=False, indent=1) if fault == "downloads_an_array" else text
        text = text.removesuffix("\n") if fault == "ends_the_file_without_a_line_feed" else text
        body = text.encode("gb18030" if fault == "downloads_in_gb18030" else "utf-8")
        digest = hashlib.sha256(body).hexdigest()
        headers = (
            ("content-type", f"{file.content_type}; charset=utf-8"),
            (file.records.lower(), str(len(rows) + (fault == "counts_a_header_line"))),
            (file.digest.lower(), digest[::-1] if fault == "sends_a_wrong_digest" else digest),
        )
        return Answer(200, headers, body)

    def _refused(self, error: str) -> Answer:
        known_one = rules().errors[error]
        return self._answer(known_one.status, {"code": known_one.code, "message": "no", "requestId": str(self.asked)})

    def _well(self, data: object) -> Answer:
        return self._answer(200, {"code": "00000", "message": "ok", "requestId": str(self.asked), "data": data})

    def _answer(self, status: int, content: object) -> Answer:
        body = json.dumps(content, ensure_ascii=False).encode()
        return Answer(status, (("content-type", "application/json; charset=utf-8"),), body)


def talk_with(node: FakeNode, ids: Sequence[str] = ("query", "asked", "verify", "download")) -> Talk:
    effort = {"examples": 6, "harvest": 500, "page_sizes": [7, 20]}
    profile = Profile("small", {**rules().profiles["default"].groups, "effort": effort})
    spec = NodeSpec(
        target="node",
        registrations=tuple(one for one in REGISTRATIONS if one.id in ids),
        interfaces={id_: one for id_, one in interfaces().items() if id_ in ids},
        datasets={},
        clients=("tester",),
        grants={"tester": tuple(ids)},
        profile=profile,
        rows={"tester": {"HJDXZQHDM": granted()}},
        as_of=AS_OF,
    )
    return Talk(spec, rules(), standards(), node)


def judged(node: FakeNode) -> Talk:
    """The parts in the order of a dialogue."""
    talk = talk_with(node)
    served = tuple(talk.node.interfaces)
    harvest(talk, served)
    judge_url_encoding(talk, served)
    for part in (judge_acceptance, judge_paging, judge_verification, judge_downloads):
        part(talk, served)
    return talk


def red(talk: Talk) -> dict[str, list[str]]:
    tallies = {id_: talk.counter(id_).tallies(JUDGED) for id_ in talk.node.interfaces}
    return {
        id_: names for id_, one in tallies.items() if (names := [rule for (rule, _), t in one.items() if t.violations])
    }


def test_a_conforming_node_is_green_on_all_and_all_is_judged() -> None:
    node = FakeNode()
    talk = judged(node)
    assert red(talk) == {}
    expected: dict[str, Sequence[str]] = {
        "query": ("results", "criteria", "url-encoding", "paging", "total", "auth-rows"),
        "asked": ("results", "criteria", "url-encoding", "paging", "total", "auth-rows"),
        "verify": ("results", "verify", "url-encoding"),
        "download": ("results", "download", "auth-rows"),
    }
    for id_, names in expected.items():
        assert all(tally.checked for tally in talk.counter(id_).tallies((*names, "accept")).values()), id_
    assert len(talk.sights["query"]) == sum(row["HJDXZQHDM"] in granted() for row in people())
    assert node.asked < 330


@pytest.mark.parametrize("near_miss", NEAR_MISSES)
def test_what_the_convention_leaves_open_is_green(near_miss: str) -> None:
    assert red(judged(FakeNode(near_miss))) == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_turns_one_rule_red(fault: str) -> None:
    talk = judged(FakeNode(fault))
    assert {rule for names in red(talk).values() for rule in names} == {FAULTS[fault]}
    samples = [s for id_ in red(talk) for t in talk.counter(id_).tallies(JUDGED).values() for s in t.samples]
    assert samples
    for sample in samples:
        assert sample.call is not None
        assert sample.reason is not None and sample.where is not None
        said = "".join(sample.reason.both().values()) + sample.where.file + sample.where.path
        assert not any(row["XM"] in said or row["GMSFHM"] in said for row in people())


def test_a_refused_valid_call_is_told_by_the_smallest_call() -> None:
    talk = judged(FakeNode("refuses_women"))
    calls = [s.call for s in talk.counter("query").tallies(("accept",))["accept", ""].samples]
    assert calls
    assert min(len([n for n, _ in call.query if n not in ("PAGE", "PAGENUM")]) for call in calls if call) == 1


def test_rows_beyond_the_grant_are_not_known() -> None:
    talk = talk_with(FakeNode("leaks_other_clients_rows"))
    harvest(talk, ("query",))
    assert {row["HJDXZQHDM"] for row in known(talk, interfaces()["query"])} == set(granted())


def test_values_that_are_not_good_today_are_not_asked_for() -> None:
    talk = talk_with(FakeNode())
    good = dict(people()[1])
    examples = {"query": ({**good, "HJDXZQHDM": "370181"}, {**good, "GMSFHM": people()[4]["GMSFHM"]})}
    talk.node = replace(talk.node, examples=examples, rows={})
    first, second = asks(talk, interfaces()["query"], ascii_only=False)[:2]
    assert "HJDXZQHDM" not in first and second["HJDXZQHDM"] == good["HJDXZQHDM"]


def test_a_query_that_must_be_asked_something_is_harvested_by_nobody_and_still_judged_by_examples() -> None:
    node = FakeNode()
    talk = talk_with(node)
    must = replace(interfaces()["query"].parameter("GMSFHM"), mandatory=True)
    query = replace(interfaces()["query"], parameters=(must, *interfaces()["query"].parameters[1:]))
    talk.node = replace(talk.node, interfaces={**interfaces(), "query": query}, examples={"query": people()[1:3]})
    harvest(talk, ("query",))
    assert node.asked == 0
    judge_acceptance(talk, ("query",))
    tallies = talk.counter("query").tallies(("criteria", "accept"))
    assert all(tally.checked and not tally.violations for tally in tallies.values())
    assert all(dict(call.query).get("GMSFHM") for call in node.calls)


@pytest.mark.parametrize("part", [harvest, judge_acceptance, judge_paging, judge_verification, judge_downloads])
def test_an_answer_that_does_not_come_is_a_doubt(part: Callable[[Talk, Sequence[str]], None]) -> None:
    talk = judged(FakeNode())
    before = red(talk)

    class Silent(FakeNode):
        def send(self, call: Call) -> Answer:
            self.calls.append(call)
            return Answer(0, failure="timeout")

    talk.line = Silent()
    part(talk, tuple(interfaces()))
    assert red(talk) == before == {}
    assert any(talk.hindrances(id_) for id_ in interfaces())


def test_the_same_seed_asks_the_same() -> None:
    first, second = FakeNode(), FakeNode()
    judged(first)
    judged(second)
    assert first.calls == second.calls


def not_run(talk: Talk) -> dict[str, set[str]]:
    return {id_: set(talk.not_run(id_)) for id_ in talk.node.interfaces if talk.not_run(id_)}


def of_resource(talk: Talk, id_: str, code: str) -> None:
    """Say that an interface is registered over another information resource."""
    registrations = (
        Registration(one.id, one.file, {**one.raw, "resource": {"code": code}}) if one.id == id_ else one
        for one in talk.node.registrations
    )
    talk.node = replace(talk.node, registrations=tuple(registrations))


class Nobody(FakeNode):
    """Two resources of the same fields: of the people of ``query``, ``asked`` and ``verify`` know nobody."""

    def send(self, call: Call) -> Answer:
        if call.interface == "query":
            return super().send(call)
        self.asked += 1
        return self._well({"result": "0"} if call.interface == "verify" else {"total": 0, "rows": []})


def test_rows_of_another_resource_prove_nothing_and_nothing_proven_is_not_run() -> None:
    talk = talk_with(Nobody(), ("query", "asked", "verify"))
    for id_ in ("asked", "verify"):
        of_resource(talk, id_, "307001000001000003")
    served = tuple(talk.node.interfaces)
    harvest(talk, served)
    judge_url_encoding(talk, served)
    for part in (judge_acceptance, judge_paging, judge_verification, judge_unproven):
        part(talk, served)
    assert red(talk) == {}
    everything = {"criteria", "paging", "total", "url-encoding", "auth-rows", "auth-grant"}
    assert not_run(talk) == {
        "query": {"auth-grant"},
        "asked": everything,
        "verify": {"verify", "url-encoding", "auth-grant"},
    }


def test_with_rows_and_a_client_that_is_not_granted_nothing_is_unproven() -> None:
    talk = judged(FakeNode())
    talk.node = replace(talk.node, clients=("tester", "second"), grants={**talk.node.grants, "second": ()})
    judge_unproven(talk, tuple(talk.node.interfaces))
    assert not_run(talk) == {}


def test_a_verification_that_could_be_asked_only_for_what_agrees_is_not_run() -> None:
    talk = talk_with(FakeNode("verifies_everything"), ("verify",))
    talk.node = replace(talk.node, examples={"verify": people()[:5]})
    judge_verification(talk, ("verify",))
    assert not_run(talk) == {"verify": {"verify"}}


@pytest.mark.parametrize("id_", ["query", "download"])
def test_rows_beyond_the_grant_of_another_client_are_told(id_: str) -> None:
    talk = talk_with(FakeNode())
    grants = {"tester": tuple(interfaces()), "second": tuple(interfaces())}
    rows = {"tester": {}, "second": {"HJDXZQHDM": ("371702",)}}
    talk.node = replace(talk.node, clients=("tester", "second"), grants=grants, rows=rows)
    (harvest if id_ == "query" else judge_downloads)(talk, (id_,))
    assert red(talk) == {id_: ["auth-rows"]}


def test_a_file_longer_than_is_read_decides_nothing_if_another_is_read() -> None:
    class Long(FakeNode):
        def send(self, call: Call) -> Answer:
            answer = super().send(call)
            return replace(answer, truncated=True) if call.interface == "download" and not call.query else answer

    talk = judged(Long())
    assert (red(talk), not_run(talk)) == ({}, {})
    assert not talk.hindrances("download")
    talk = talk_with(Long(), ("download",))
    judge_downloads(talk, ("download",))
    assert not_run(talk) == {"download": {"download"}}


def test_a_field_without_value_is_left_out() -> None:
    class Empty(FakeNode):
        def _shown(self, row: Row) -> dict[str, Any]:
            return {**row, "XBDM": ""}

    talk = talk_with(Empty(), ("query",))
    query = interfaces()["query"]
    results = tuple(replace(one, mandatory=one.name != "XBDM") for one in query.results)
    talk.node = replace(talk.node, interfaces={"query": replace(query, results=results)})
    harvest(talk, ("query",))
    assert red(talk) == {"query": ["results"]}
