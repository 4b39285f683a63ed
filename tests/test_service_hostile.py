"""A node that means harm: whatever it answers, logs or registers is judged or refused, within bounds."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from client_system import spec, standards

from conformance.conversing import Conversations
from conformance.dialogue import logs, talk
from conformance.dialogue.talk import NodeSpec, Talk
from conformance.judge.service.answers import Case, Reading, read_accepted, read_refused
from conformance.judge.service.members import once
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.rows import LONGEST_PAGE, rows_of
from conformance.messages import message
from conformance.standard.services.model import Interface
from conformance.system.problem import Place
from conformance.system.service import reaching, tls
from conformance.system.service.reach import Credentials, Reach
from conformance.system.service.registrations import read_registrations, registration_files

RULES = standards().services
QUERY: Interface = spec().interfaces["enterprise-query"]
CALL = Call("enterprise-query", "GET", QUERY.path)
HEADERS = (("content-type", "application/json; charset=utf-8"),)
REACH = Reach("https://127.0.0.1:1", {"tester": Credentials("a", b"s")}, None, ("127.0.0.1",), 1, 1, 1, 100, 100, 1, 1)


def answered(data: str, code: str = "00000", *, said: str = "", status: int = 200) -> Answer:
    body = f'{{"code": "{code}", "message": "{said}", "requestId": "r", "data": {data}}}'
    return Answer(status, HEADERS, body.encode())


def rules_broken(answer: Answer) -> list[str]:
    reading = read_accepted(CALL, answer, RULES)
    if reading.envelope and reading.good:
        reading = rows_of(CALL, reading.envelope, QUERY, RULES)[0]
    for fault in reading.faults:
        assert max(len(text) for text in fault.reason.both().values()) < 200
    return [fault.rule for fault in reading.faults]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ('{"total": 1, "rows": [{"JGMC": "\\ud800"}]}', "envelope"),
        ('{"total": 1, "rows": [{"\\udfff": "x"}]}', "envelope"),
        ("[" * 100_000 + "]" * 100_000, "envelope"),
        ('{"total": ' + "9" * 5000 + ', "rows": []}', "envelope"),
        ('{"total": ' + "9" * 4300 + ', "rows": []}', "results"),
        ('{"total": 370102198706309810, "rows": []}', "results"),
        ('{"total": 13800001234, "rows": []}', "results"),
        ('{"total": NaN, "rows": []}', "results"),
        ('{"total": 1e999, "rows": []}', "results"),
        ('{"total": 1, "rows": [' + ",".join(["{}"] * (LONGEST_PAGE + 1)) + "]}", "results"),
    ],
)
def test_any_answer_ends_in_one_fault_that_repeats_nothing(data: str, rule: str) -> None:
    assert rules_broken(answered(data)) == [rule]


def test_whole_pairs_of_surrogates_are_text() -> None:
    assert json.loads('{"JGMC": "\\ud840\\udc0b"}', object_pairs_hook=once) == {"JGMC": "𠀋"}


def test_of_a_refusal_no_more_is_searched_than_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns take long over what almost matches. Counted are the characters that are searched."""
    searched: list[int] = []

    def counted(_pattern: str, text: str, *_flags: int) -> None:
        searched.append(len(text))

    monkeypatch.setattr(re, "search", counted)
    case = Case("refuse-length", CALL, message("service.no-json"), ("bad-value",))
    answer = answered("null", RULES.errors["bad-value"].code, said="/usr" * 1_000_000, status=400)
    assert read_refused(CALL, answer, RULES, case).good
    assert searched
    assert max(searched) <= 1 << 14
    path = next(pattern for pattern in RULES.leaks if "usr" in pattern)
    assert "+\\." not in path, "a repeat without a bound in it makes the search quadratic"


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999999999",
        "Mon, 01 Jan 99999 00:00:00 GMT",
        "x" * 60_000,
    ],
)
def test_a_date_that_no_clock_shows_is_none(date: str) -> None:
    assert reaching._date(Answer(200, (("date", date),))) is None


def test_a_certificate_that_cannot_be_read_has_no_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_look", lambda *_: b"no certificate")
    assert tls.shown_issuer(REACH) == ""


# -- what lies in files ------------------------------------------------------------------------------------------------


def test_registrations_are_the_files_of_a_folder_and_nothing_else_in_it(tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "fixtures" / "exchange-client" / "registrations" / "enterprise-query.yaml"
    (tmp_path / "enterprise-query.yaml").write_bytes(source.read_bytes())
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    assert [one.file for one in read_registrations(tmp_path, Place(1, 1, ""))] == ["enterprise-query.yaml"]
    assert [path.name for path in registration_files(tmp_path)] == ["enterprise-query.yaml"]
    held: Any = Conversations(_Declared(tmp_path), standards(), {}, {}, 0, "", 1, {"node": object()})  # type: ignore[arg-type, dict-item]
    (told,) = held.inputs()
    assert (told.files, told.bytes) == (1, source.stat().st_size)


class _Declared:
    """A declaration whose only target has its registrations in a folder."""

    def __init__(self, folder: Path) -> None:
        self.path, self.source = folder, self

    def target(self, _: str) -> _Declared:
        return self


def conversation(log: Path | None = None) -> Talk:
    node = NodeSpec(
        "node", (), {QUERY.id: QUERY}, {}, ("tester",), {"tester": (QUERY.id,)}, RULES.profiles["default"], log=log
    )
    return Talk(node, RULES, standards(), _Silent())


class _Silent:
    def send(self, call: Call) -> Answer:
        raise NotImplementedError

    def send_together(self, calls: Any) -> Any:
        raise NotImplementedError


def told(log: Path) -> Talk:
    """A dialogue of one answered call, judged by a log."""
    spoken = conversation(log)
    answer = answered("{}")
    spoken.settle(CALL, answer, read_accepted(CALL, answer, RULES))
    clock = iter(range(99))
    logs.judge_log(spoken, wait=lambda _: None, monotonic=lambda: float(next(clock)))
    return spoken


def test_a_log_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for log in (tmp_path / "pipe", tmp_path / "folder", Path("/dev/zero"), tmp_path / "nothing"):
        assert told(log).not_run("")["logging"].id == "service.log-unreadable", log


def test_of_a_log_the_end_is_read_in_octets_and_in_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "access.jsonl"
    with log.open("wb") as file:
        file.truncate(10 << 30)  # no octet of which is on the disk
        file.seek(0, 2)
        file.write(b"\nno entry\n")
    monkeypatch.setattr(logs, "LOG_BYTES", 1 << 20)
    assert len(logs._read(log)[0]) == len("no entry\n")
    monkeypatch.setattr(logs, "LOG_LINES", 1000)
    log.write_bytes(b"x\n" * 50_000)
    text, whole = logs._read(log)
    assert (text.count("\n"), whole) == (999, False)
    tally = told(log).counter().tallies(["logging"])["logging", ""]
    assert tally.violations


def test_of_answers_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "LOGGED_BYTES", 10_000)
    spoken = conversation()
    large = replace(answered("{}"), body=b"x" * 4000)
    for _ in range(100):
        assert spoken.settle(CALL, large, Reading(None, ("accept",))).good
    assert sum(len(answer.body) for _, answer, _ in spoken.logged) <= 10_000
    assert spoken.counter(QUERY.id).tallies(["accept"])["accept", ""].checked == 100
