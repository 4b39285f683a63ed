"""Schemathesis has nothing against the reference node; what it has against an answer that we found good is ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from test_service_duties import RULES, Script, said, scripted, spec, standards, talking
from test_service_duties import folder as folder  # noqa: PLC0414 - a fixture

from conformance.dialogue import second_opinion as room
from conformance.dialogue.second_opinion import judge_second_opinion, second_opinion
from conformance.dialogue.talk import Talk
from conformance.judge.service.model import Answer, Call
from conformance.standard.pack import load_yaml
from conformance.standard.services.model import Registration
from conformance.standard.services.openapi import openapi_document

REGISTRATIONS = Path(__file__).parents[1] / "fixtures" / "exchange-node" / "registrations"
ASKED = ("enterprise-download", "enterprise-query", "population-download", "population-query", "population-verify")
VERIFY = "population-verify"


@cache
def registration(id_: str) -> Registration:
    path = REGISTRATIONS / f"{id_}.yaml"
    return Registration(id_, path.name, load_yaml(path))


def undecided(talk: Talk, id_: str) -> list[str]:
    tally = talk.counter(id_).tallies(["envelope"])["envelope", ""]
    assert len(tally.undecided_samples) == tally.undecided
    assert tally.violations == 0
    return [sample.reason.params["check"] for sample in tally.undecided_samples if sample.reason]  # type: ignore[misc]


def test_schemathesis_has_nothing_against_the_reference_node(folder: Path) -> None:
    with talking(folder) as (talk, _):
        talk.node = replace(talk.node, registrations=tuple(registration(id_) for id_ in talk.node.interfaces))
        before = dict(talk.calls)
        opinions = judge_second_opinion(talk)
        assert len(opinions) == len(ASKED)
        assert all(one.ran and one.calls == 11 and one.version for one in opinions)
        assert [one.complaints for one in opinions] == [()] * len(ASKED)
        assert [undecided(talk, id_) for id_ in ASKED] == [[]] * len(ASKED)
        assert {id_ for id_ in talk.calls if talk.calls[id_] != before.get(id_)} == set(ASKED)


def opinion_on(answer: Callable[[Call], Answer]) -> tuple[list[tuple[str, tuple[str, ...]]], list[Call]]:
    """What Schemathesis says of a node that answers so, and what that node was asked."""
    asked: list[Call] = []

    def ask(call: Call) -> Answer:
        asked.append(call)
        return answer(call)

    interface = spec().interfaces[VERIFY]
    document = openapi_document(registration(VERIFY), interface, RULES, standards())
    found = second_opinion(document, interface, ask, [], client="tester", seed_text="1", examples=3)
    assert found.ran
    return [(one.check, one.path) for one in found.complaints], asked


@pytest.mark.parametrize(
    ("answer", "checks"),
    [
        (said(data={"result": "1"}), set()),
        (said("40003", status=400), set()),
        (Answer(0, failure="timeout"), set()),
        (said(data={"result": "2"}), {("response_schema_conformance", ("data", "result"))}),
        (said("50000", status=500), {("not_a_server_error", ())}),
        (said(data={"result": "1"}, status=218), {("status_code_conformance", ())}),
        (Answer(200, (("content-type", "text/html"),), b"{}"), {("content_type_conformance", ())}),
    ],
)
def test_what_it_complains_of(answer: Answer, checks: set[tuple[str, tuple[str, ...]]]) -> None:
    complaints, asked = opinion_on(lambda _: answer)
    assert set(complaints) == checks or (checks and checks <= set(complaints))
    assert len(asked) == 3
    assert all(call.twist.omit == () and call.interface == VERIFY for call in asked)


def test_the_same_seed_asks_the_same() -> None:
    assert opinion_on(lambda _: said(data={"result": "1"})) == opinion_on(lambda _: said(data={"result": "1"}))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (said(data={"result": "1"}), False),
        (said(data={"result": "2"}), True),
        (Answer(200, (("content-type", "text/html"),), b"<p>"), False),
        (said("50000", status=500), False),
        (said("40401", status=404), False),
        (said("40901", status=409), True),
    ],
)
def test_only_what_we_found_good_is_a_disagreement(answer: Answer, told: bool) -> None:
    """The last: a refusal of the catalogue that the document does not know of this interface."""
    talk = scripted(Script(lambda *_: answer))
    talk.node = replace(talk.node, registrations=(registration(VERIFY),))
    judge_second_opinion(talk)
    assert bool(undecided(talk, VERIFY)) == told


def test_values_of_rows_are_left_to_the_judge_of_values() -> None:
    rows: Any = {"total": 1, "rows": [{"NOBODYS": "1"}]}
    answer = Answer(200, (("content-type", "application/json"),), body("00000", rows))
    id_ = "enterprise-query"
    talk = Talk(spec(), RULES, standards(), Script(lambda *_: answer))
    talk.node = replace(talk.node, registrations=(registration(id_),))
    talk.logged.append((Call(id_, "GET", "/x"), answer, "r"))
    (opinion,) = judge_second_opinion(talk)
    assert opinion.complaints
    assert undecided(talk, id_) == []


def body(code: str, data: object) -> bytes:
    return json.dumps({"code": code, "message": "", "requestId": "r", "data": data}).encode()


def test_without_schemathesis_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_EXTRA", "schemathesis_that_nobody_has")
    interface = spec().interfaces[VERIFY]
    found = second_opinion({}, interface, lambda _: Answer(0), [], client="tester", seed_text="1", examples=3)
    assert found == room.SecondOpinion(False)
    assert not room.available()
