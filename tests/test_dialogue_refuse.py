"""Authorisation and refusal, against the reference node: green where it conforms, one rule red for each fault of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml

from conformance.dialogue.authorise import judge_authorisation
from conformance.dialogue.broken import refusals
from conformance.dialogue.effect import Naming
from conformance.dialogue.refuse import judge_refusals
from conformance.dialogue.talk import Line, NodeSpec, Talk
from conformance.judge.rulebook import Tally
from conformance.judge.service.answers import Case
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.rules import ANSWER_RULES, AUTHORISATION_RULES, ERROR_RULES, REFUSAL_RULES
from conformance.system.service.client import LineSpent, ServiceClient
from conformance.system.service.reach import Credentials, Reach

HERE = Path(__file__).parents[1] / "fixtures" / "exchange-node"
sys.path.insert(0, str(HERE))
SERVING: Any = import_module("exchange_node.serving")
SWITCHES: Any = import_module("exchange_node.switches")
DEFINED: Any = import_module("exchange_node.definition").definition()

QUERY, TRANSFER, FILE = "enterprise-query", "enterprise-transfer", "enterprise-download"
PEOPLE, VERIFY, OTHER_FILE = "population-query", "population-verify", "population-download"
MINE = ("auth-", "refuse-", "error-", "no-effect")
RULES = (
    *AUTHORISATION_RULES,
    *ANSWER_RULES,
    *REFUSAL_RULES,
    *ERROR_RULES,
    *("refuse-paging", "refuse-body", "no-effect"),
)
#: Judged elsewhere: rows that a client may not see.
FAULTS = sorted(
    name
    for name, switch in SWITCHES.SWITCHES.items()
    if switch.kind == SWITCHES.FAULT and switch.rule.startswith(MINE) and switch.rule != "auth-rows"
)
NEAR = (
    "answers_bad_value_for_codes",
    "says_data_null_when_refusing",
    "messages_in_english",
    "escapes_non_ascii_characters",
)
#: Reds of other parts, which these parts meet as well and call by the same name.
OTHERS = ("refuses_valid_codes", "answers_without_request_id", "answers_gb18030_labelled_utf8")
MOST_CALLS = 130


class Altered:
    """A line to a node that answers some calls as if it had accepted or refused them, or not at all."""

    def __init__(self, line: Line, wrong: Callable[[Call], bool], answer: Answer) -> None:
        self.line, self.wrong, self.answer = line, wrong, answer

    def send(self, call: Call) -> Answer:
        return replace(self.answer, nonce="1") if self.wrong(call) else self.line.send(call)

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        return tuple(self.send(call) for call in calls)


class Ending:
    """A line that is spent after so many calls."""

    def __init__(self, line: Line, calls: int) -> None:
        self.line, self.left = line, calls

    def send(self, call: Call) -> Answer:
        if not self.left:
            raise LineSpent(self.left)
        self.left -= 1
        return self.line.send(call)

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        return tuple(self.send(call) for call in calls)


def said(code: str, status: int, data: object = None) -> Answer:
    """An answer in the envelope."""
    body = json.dumps({"code": code, "message": "", "requestId": "1", "data": data}).encode()
    return Answer(status, (("content-type", "application/json"),), body)


ACCEPTED = said("00000", 200, {})


def spec(**changes: Any) -> NodeSpec:
    """The node as its declaration has it."""
    declared = yaml.safe_load((HERE / "system.yaml").read_text("utf-8"))["targets"]["node"]["service"]
    rows = {role: {name: tuple(one) for name, one in each.items()} for role, each in declared["rows"].items()}
    node = NodeSpec(
        target="node",
        registrations=(),
        interfaces=DEFINED.interfaces,
        datasets={},
        clients=tuple(declared["clients"]),
        grants={role: tuple(ids) for role, ids in declared["grants"].items()},
        profile=DEFINED.rules.profiles["default"],
        rows=rows,
        state={id_: tuple(ids) for id_, ids in declared["state"].items()},
        writes=True,
        as_of="20261121",
        seed=7,
    )
    return replace(node, **changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("node")


@contextmanager
def reached(folder: Path, *switches: str) -> Iterator[Line]:
    """A line to a running node."""
    with SERVING.Node(folder, switches) as node:
        ids = {"tester": "client-a", "second": "client-b"}
        credentials = {role: Credentials(id_, node.secret(role)) for role, id_ in ids.items()}
        hosts = ("127.0.0.1",)
        reach = Reach(node.url, credentials, node.ca, hosts, 10**6, 10**6, 600, 10_000, 1 << 25, 3, 10)
        with ServiceClient(reach, DEFINED.rules, session=f"{folder}{node.port}") as client:
            yield client


def talk_over(line: Line, **changes: Any) -> Talk:
    return Talk(spec(**changes), DEFINED.rules, DEFINED.standards, line)


def judged(line: Line, served: Sequence[str], only: str = "", **changes: Any) -> Talk:
    """The dialogue of both parts with these interfaces, or of that part which judges a rule."""
    talk = talk_over(line, **changes)
    if not only or only.startswith("auth-"):
        judge_authorisation(talk, served)
    if not only or not only.startswith("auth-"):
        judge_refusals(talk, served)
    return talk


def tallies(talk: Talk, id_: str) -> Mapping[str, Tally]:
    return {rule: tally for (rule, _), tally in talk.counter(id_).tallies(RULES).items()}


def reds(talk: Talk) -> dict[tuple[str, str], int]:
    found = {(id_, rule): one.violations for id_ in talk.node.interfaces for rule, one in tallies(talk, id_).items()}
    return {key: number for key, number in found.items() if number}


def doubts(talk: Talk) -> set[str]:
    ids = talk.node.interfaces
    return {rule for id_ in ids for rule in (*talk.hindrances(id_), *talk.not_run(id_))}


def test_a_conforming_node_refuses_all_of_it_and_keeps_nothing(folder: Path) -> None:
    with reached(folder) as line:
        count = Call(FILE, "GET", DEFINED.interfaces[FILE].path)
        before = line.send(count)
        talk = judged(line, tuple(DEFINED.interfaces))
        after = line.send(count)
    assert before.status == 200
    assert before.header("X-Content-SHA256") == after.header("X-Content-SHA256")
    assert (reds(talk), doubts(talk)) == ({}, set())
    assert max(talk.calls.values()) < MOST_CALLS
    checked = {id_: {rule for rule, one in tallies(talk, id_).items() if one.checked} for id_ in DEFINED.interfaces}
    own = {*AUTHORISATION_RULES, *REFUSAL_RULES, "refuse-paging"}
    assert own - checked[PEOPLE] == {"refuse-type"}
    assert own - checked[QUERY] == {"refuse-type", "refuse-content-type", "refuse-size", "refuse-domain", "auth-grant"}
    assert own - checked[TRANSFER] == {"refuse-paging", "auth-grant"}
    assert {"refuse-body", "no-effect"} < checked[TRANSFER]
    assert checked[OTHER_FILE] > {"auth-grant", "refuse-division", "refuse-method", "refuse-size"}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_turns_one_rule_red(folder: Path, name: str) -> None:
    switch = SWITCHES.SWITCHES[name]
    with reached(folder, name) as line:
        talk = judged(line, (switch.where,))
    assert set(reds(talk)) == {(switch.where, switch.rule)}
    assert doubts(talk) == set()


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_wrong_with_valid_answers_is_called_nothing_else(folder: Path, name: str) -> None:
    switch = SWITCHES.SWITCHES[name]
    with reached(folder, name) as line:
        talk = judged(line, (switch.where,))
    assert set(reds(talk)) == {(switch.where, switch.rule)}
    assert doubts(talk) == set()


def test_near_misses_stay_green(folder: Path) -> None:
    with reached(folder, *NEAR) as line:
        talk = judged(line, tuple(DEFINED.interfaces))
    assert (reds(talk), doubts(talk)) == ({}, set())


class _Nonces:
    """What a node does wrong about nonces: it has seen one before, by its own count."""

    def __init__(self, wrong: Callable[[Call, int], bool]) -> None:
        self.seen: dict[str, int] = {}
        self.wrong = wrong

    def __call__(self, call: Call) -> bool:
        nonce = call.twist.nonce
        if not nonce:
            return False
        self.seen[nonce] = self.seen.get(nonce, 0) + 1
        return self.wrong(call, self.seen[nonce])


REPLAYED, STALE, CRASHED = said("40104", 401), said("40103", 401), said("50000", 500)
ALTERED: Mapping[str, tuple[str, str, Callable[[], Callable[[Call], bool]], Answer]] = {
    "refuses_clocks_nine_minutes_behind": (
        QUERY, "auth-clock", lambda: lambda call: call.twist.clock_ms == -540_000, STALE,
    ),
    "shares_nonces_between_clients": (
        QUERY, "auth-nonce", lambda: _Nonces(lambda call, _: call.client == "second"), REPLAYED,
    ),
    "remembers_only_the_last_nonce": (QUERY, "auth-nonce", lambda: _Nonces(lambda _, seen: seen > 3), ACCEPTED),
    "takes_an_empty_nonce": (QUERY, "auth-headers", lambda: lambda call: call.headers == (("X-Nonce", ""),), ACCEPTED),
    "takes_a_hexadecimal_signature": (
        VERIFY, "auth-signature", lambda: lambda call: call.twist.signature == "hex", ACCEPTED,
    ),
    "serves_strangers": (PEOPLE, "auth-grant", lambda: lambda call: call.client == "second", ACCEPTED),
    "takes_a_parameter_twice": (
        PEOPLE, "refuse-surplus", lambda: lambda call: (call.body or b"").count(b"GMSFHM=") == 2, ACCEPTED,
    ),
    "takes_any_page_size": (QUERY, "refuse-paging", lambda: lambda call: ("PAGENUM", "101") in call.query, ACCEPTED),
    "takes_no_page": (QUERY, "refuse-missing", lambda: lambda call: "PAGE" not in dict(call.query), ACCEPTED),
    "takes_deletions": (FILE, "refuse-method", lambda: lambda call: call.method == "DELETE", ACCEPTED),
    "takes_xml": (TRANSFER, "refuse-content-type", lambda: lambda call: call.content_type.endswith("xml"), ACCEPTED),
    "takes_long_bodies": (TRANSFER, "refuse-size", lambda: lambda call: len(call.body or b"") > 262_144, ACCEPTED),
    "takes_null": (TRANSFER, "refuse-type", lambda: lambda call: b":null" in (call.body or b""), ACCEPTED),
    "takes_empty_batches": (TRANSFER, "refuse-body", lambda: lambda call: b":[]}" in (call.body or b""), ACCEPTED),
    "crashes_on_empty_bodies": (TRANSFER, "error-server", lambda: lambda call: call.body == b"", CRASHED),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_each_wrong_answer_is_one_rules_own(folder: Path, name: str) -> None:
    id_, rule, wrong, answer = ALTERED[name]
    with reached(folder) as line:
        talk = judged(Altered(line, wrong(), answer), (id_,), only=rule)
    assert set(reds(talk)) == {(id_, rule)}


def test_a_call_that_is_not_answered_decides_nothing(folder: Path) -> None:
    silent = Answer(0, failure="timeout")
    with reached(folder) as line:
        talk = judged(Altered(line, lambda call: call.method == "PATCH", silent), (QUERY,), only="refuse-method")
    assert (reds(talk), doubts(talk)) == ({}, {"refuse-method"})


def test_the_smallest_call_is_told_first_and_says_no_more_than_it_must(folder: Path) -> None:
    with reached(folder, f"ignores_check_digit@{VERIFY}", f"accepts_wrong_format@{VERIFY}") as line:
        talk = judged(line, (VERIFY,))
    assert {rule for _, rule in reds(talk)} == {"refuse-check", "refuse-format"}
    for rule in ("refuse-check", "refuse-format"):
        calls = [sample.call for sample in tallies(talk, VERIFY)[rule].samples]
        sizes = [len(call.body or b"") for call in calls if call]
        assert sizes[1:] == sorted(sizes[1:])
        assert sizes[0] == min(sizes)
    first = tallies(talk, VERIFY)["refuse-check"].samples[0].call
    assert first is not None
    assert [name for name, _ in parse_qsl((first.body or b"").decode())] == ["GMSFHM", "XM"]


def test_a_batch_is_told_without_what_may_be_left_out_and_the_same_in_each_run(folder: Path) -> None:
    told = []
    for _ in range(2):
        with reached(folder, "accepts_numbers_for_text") as line:
            talk = judged(line, (TRANSFER,), only="refuse-type")
        told.append([sample.call for sample in tallies(talk, TRANSFER)["refuse-type"].samples])
    assert told[0] == told[1] != []
    [record] = json.loads((told[0][0].body or b"") if told[0][0] else b"")["records"]
    mandatory = {one.name for one in DEFINED.interfaces[TRANSFER].parameters if one.mandatory}
    assert len(record.keys() - mandatory - {"CZLX"}) <= 1


def test_what_was_found_is_told_though_the_line_ends(folder: Path) -> None:
    with reached(folder, f"ignores_check_digit@{VERIFY}") as line:
        talk = talk_over(Ending(line, 25))
        with pytest.raises(LineSpent):
            judge_refusals(talk, (VERIFY,))
    assert {rule for _, rule in reds(talk)} == {"refuse-check"}


def test_nothing_is_handed_over_where_nothing_may_be_written(folder: Path) -> None:
    with reached(folder) as line:
        talk = judged(line, (TRANSFER,), writes=False)
    assert not talk.calls[TRANSFER]
    assert talk.not_run(TRANSFER).keys() >= {*AUTHORISATION_RULES, *REFUSAL_RULES, "refuse-body", "no-effect"}


def test_interfaces_that_are_not_there_are_asked_nothing(folder: Path) -> None:
    with reached(folder) as line:
        assert not judged(line, ()).calls


def cases(id_: str, seed: int) -> list[Case]:
    """The cases of an interface as reports may show them."""

    class Nobody:
        def send(self, call: Call) -> Answer:
            raise AssertionError(call)

        def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
            raise AssertionError(calls)

    naming = Naming()
    made = refusals(talk_over(Nobody(), seed=seed), DEFINED.interfaces[id_], naming)
    return [replace(case, call=naming.shown(case.call)) for case in made]


@pytest.mark.parametrize("id_", [QUERY, TRANSFER])
def test_the_same_seed_gives_the_same_cases_without_a_call(id_: str) -> None:
    assert cases(id_, 7) == cases(id_, 7)
    assert [case.call for case in cases(id_, 7)] != [case.call for case in cases(id_, 8)]
    assert len({(case.rule, case.call) for case in cases(id_, 7)}) == len(cases(id_, 7))
