"""Transport, duties, what is observed and the log: the reference node is green, each fault of it turns one rule red."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from conformance.dialogue.calls import first_page, make_call, operated, transfer_call
from conformance.dialogue.duties import accepted_call, figures, judge_availability, judge_duties
from conformance.dialogue.logs import judge_log
from conformance.dialogue.observed import judge_observed, judge_request_ids
from conformance.dialogue.talk import Line, NodeSpec, Talk
from conformance.dialogue.transport import gather_transport, judge_transport
from conformance.judge.rulebook import Tally
from conformance.judge.service.answers import Case
from conformance.judge.service.duties import least_calls, nearest_rank, too_slow
from conformance.judge.service.logs import worth_looking_for
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.rules import NODE_RULES
from conformance.judge.service.transport import certificate_faults, plain_faults, version_faults, versions_untold
from conformance.messages import message
from conformance.standard.pack import editions
from conformance.standard.services.model import TRANSFER, Interface
from conformance.standard.standards import Standards
from conformance.system.service.client import ServiceClient
from conformance.system.service.reach import Credentials, Reach

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "fixtures" / "exchange-node"))
from exchange_node.data import DATABASE, prepare  # noqa: E402 - the node is no package of ours
from exchange_node.definition import definition  # noqa: E402
from exchange_node.serving import Node  # noqa: E402

RULES = definition().rules
MINE = tuple(rule for rule in NODE_RULES if rule != "registration-unique")
OURS = ("response-time", "concurrency")


@cache
def standards() -> Standards:
    return Standards.load([(id_, several[-1]) for id_, several in editions(ROOT / "standards").items()])


def spec(**changes: object) -> NodeSpec:
    defined = definition()
    grants = {role: defined.grants[id_] for role, id_ in defined.clients.items()}
    made = NodeSpec("node", (), defined.interfaces, {}, tuple(grants), grants, RULES.profiles["default"])
    return replace(made, writes=True, **changes)  # type: ignore[arg-type]  # attributes of the spec


def record(interface: Interface, folder: Path) -> Mapping[str, str]:
    """A row that the node holds and the tester may see."""
    with sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        name = definition().resources[interface.id].table
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]  # noqa: S608 - our own table
    mine = (row for row in rows if row.get("HJDXZQHDM", "3701").startswith("3701"))
    return {name: value for name, value in next(mine).items() if value is not None}


def valid_call(talk: Talk, interface: Interface, folder: Path) -> Call:
    """A call that the reference node accepts."""
    row, client = record(interface, folder), talk.caller(interface.id)
    said = {one.name: row[one.name] for one in interface.parameters if one.name in row}
    if interface.interface_class == TRANSFER:
        return transfer_call(interface, RULES, "LB-1", 1, [operated(RULES, "delete", said)], client=client)
    return make_call(interface, RULES, said, client=client, paging=first_page(interface, RULES, 5))


@contextmanager
def talking(folder: Path, *switches: str) -> Iterator[tuple[Talk, Reach]]:
    """A dialogue with the reference node, each interface of it asked once."""
    with Node(folder, switches) as node:
        credentials = {role: Credentials(id_, node.secret(role)) for role, id_ in definition().clients.items()}
        reach = Reach(
            node.url, credentials, node.ca, ("127.0.0.1",), requests=6000, rate=2000, seconds=60, patience_ms=10000,
            answer_bytes=1 << 25, attempts=3, pause_ms=50, forgiven=("host", "time", "version", "strength"),
        )  # fmt: skip
        with ServiceClient(reach, RULES, session="duties") as client:
            talk = Talk(spec(log=node.log, plain=(node.plain_url,)), RULES, standards(), client)
            for id_, interface in talk.node.interfaces.items():
                call = valid_call(talk, interface, folder)
                answered = talk.fetch(call) if talk.is_file(id_) else talk.accept(call)
                assert answered is not None, (id_, talk.counter(id_).tallies(["accept", "claimed", "envelope"]))
            yield talk, reach


def judge_all(talk: Talk, reach: Reach, served: Collection[str]) -> None:
    """The dialogue's parts that are ours, about these interfaces."""
    judge_transport(talk, gather_transport(reach, talk.node))
    judge_duties(talk, served)
    judge_observed(talk, served)
    judge_log(talk, {role: one.id for role, one in reach.credentials.items()})


def tallies(talk: Talk) -> dict[tuple[str, str], Tally]:
    """What each rule of ours came to, by interface and rule."""
    return {
        (id_, rule): tally
        for id_ in ("", *talk.node.interfaces)
        for (rule, _), tally in talk.counter(id_).tallies(OURS if id_ else MINE).items()
    }


def red(talk: Talk) -> set[tuple[str, str]]:
    return {place for place, tally in tallies(talk).items() if tally.violations}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = prepare(tmp_path_factory.mktemp("node"))
    return made


def test_the_reference_node_is_green_and_every_rule_is_judged(folder: Path) -> None:
    with talking(folder) as (talk, reach):
        judge_all(talk, reach, tuple(talk.node.interfaces))
        judge_availability(talk)
        assert red(talk) == set()
        assert {place for place, tally in tallies(talk).items() if not tally.checked} == set()
        assert not any(talk.not_run(id_) or talk.hindrances(id_) for id_ in ("", *talk.node.interfaces))
        measured = figures(talk)
        assert measured["requests"] == sum(talk.calls.values()) > 200
        assert (measured["unanswered"], measured["together"]) == (0, 8)
        assert all(0 < one["p50"] <= one["p95"] <= one["p99"] for one in measured["interfaces"])
        assert 0 < measured["ownPerMille"] < 1000


FAULTS = {
    "slow_answers": {("population-download", "response-time")},
    "refuses_calls_at_once": {("population-verify", "concurrency")},
    "serialises_calls": {("population-verify", "concurrency")},
    "tls_1_0": {("", "tls")},
    "certificate_expires_soon": {("", "certificate")},
    "expired_certificate": {("", "certificate")},
    "certificate_of_other_host": {("", "certificate")},
    "serves_plain_http": {("", "plain-http")},
    "serves_undeclared_export": {("", "undeclared")},
    "shows_its_documentation": {("", "undeclared")},
    "log_lacks_calls": {("", "logging")},
    "logs_numbers": {("", "logging-personal")},
    "slow_but_within_limit@population-verify": set(),
    "only_tls_1_3": set(),
    "certificate_good_for_31_days": set(),
    "logs_digests_of_requests": set(),
    "returns_200_with_fault": set(),
    "html_error_page": set(),
    "shuffles_rows": set(),
    "closes_each_connection": set(),
}


@pytest.mark.parametrize("switch", FAULTS)
def test_each_fault_turns_its_own_rule_red(switch: str, folder: Path) -> None:
    with talking(folder, switch) as (talk, reach):
        judge_all(talk, reach, {id_ for id_, _ in FAULTS[switch] if id_} or {VERIFY, "enterprise-query"})
        assert red(talk) == FAULTS[switch]
        shown = [sample.reason.both() for tally in tallies(talk).values() for sample in tally.samples if sample.reason]
        assert bool(shown) == bool(FAULTS[switch])


# What one node cannot show: a line that plays every part.


@dataclass
class Script(Line):
    """A node of words: ``answer`` says what comes back, ``together`` what comes back when several come at once."""

    answer: Callable[[Call, int], Answer]
    together: Callable[[Call, int], Answer] | None = None
    asked: list[Call] = field(default_factory=list)

    def send(self, call: Call) -> Answer:
        self.asked.append(call)
        return self.answer(call, len(self.asked))

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        return tuple((self.together or self.answer)(call, place) for place, call in enumerate(calls, 1))


def said(
    code: str = "00000", data: object = None, *, status: int = 200, seconds: float = 0.01, **headers: str
) -> Answer:
    body = {"code": code, "message": "", "requestId": "r", "data": data}
    found = (
        ("content-type", "application/json"),
        *((name.replace("_", "-"), value) for name, value in headers.items()),
    )
    return Answer(status, found, json.dumps(body).encode(), seconds=seconds, own_seconds=0.001)


MATCH = {"result": "1"}
VERIFY = "population-verify"


def scripted(line: Script) -> Talk:
    """A dialogue about one interface, which was asked once and answered well."""
    only = {VERIFY: definition().interfaces[VERIFY]}
    talk = Talk(spec(interfaces=only), RULES, standards(), line)
    call = make_call(only[VERIFY], RULES, {"XM": "张三丰"}, client="tester")
    talk.logged.append((call, said(data=MATCH), "r"))
    return talk


def came(talk: Talk, rule: str, id_: str = VERIFY) -> str:
    """What a rule came to: ``red``, ``doubt``, ``not-run``, ``green``."""
    tally = talk.counter(id_).tallies([rule])[rule, ""]
    if tally.violations:
        return "red"
    if rule in talk.hindrances(id_):
        return "doubt"
    return "not-run" if rule in talk.not_run(id_) or not tally.checked else "green"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (Script(lambda *_: said(data=MATCH)), ("green", "green")),
        (Script(lambda *_: said(data=MATCH, seconds=1.2)), ("red", "green")),
        (
            Script(lambda _, n: said(data=MATCH, seconds=1.2 if n == 7 else 0.1), lambda *_: said(data=MATCH)),
            ("green", "green"),
        ),
        (Script(lambda *_: said(data=MATCH), lambda *_: said(data=MATCH, seconds=1.2)), ("green", "red")),
        (Script(lambda *_: said(data=MATCH), lambda *_: said(data={"result": "0"})), ("green", "red")),
        (Script(lambda *_: said(data=MATCH), lambda *_: said("42901", status=429)), ("green", "red")),
        (Script(lambda *_: said(data=MATCH), lambda *_: Answer(0, failure="closed")), ("green", "red")),
        (Script(lambda *_: said(data=MATCH), lambda *_: Answer(0, failure="timeout")), ("green", "doubt")),
        (Script(lambda *_: Answer(0, failure="timeout", seconds=10)), ("doubt", "doubt")),
        (Script(lambda *_: said("42901", status=429)), ("not-run", "not-run")),
        (Script(lambda _, n: said(data={"result": str(n % 2)})), ("green", "green")),
    ],
)
def test_time_and_load_are_told_apart(line: Script, expected: tuple[str, str]) -> None:
    talk = scripted(line)
    judge_duties(talk, [VERIFY])
    assert (came(talk, "response-time"), came(talk, "concurrency")) == expected


def test_what_is_refused_under_load_is_not_held_against_availability() -> None:
    talk = scripted(Script(lambda *_: said(data=MATCH), lambda *_: said("50301", status=503)))
    judge_duties(talk, [VERIFY])
    judge_availability(talk)
    assert came(talk, "concurrency") == "red"
    assert came(talk, "availability", "") == "green"


@pytest.mark.parametrize(("every", "expected"), [(0, "green"), (250, "green"), (40, "red")])
def test_availability_is_of_all_calls_and_of_enough(every: int, expected: str) -> None:
    def answer(_: Call, number: int) -> Answer:
        return Answer(503) if every and number % every == 0 else said(data=MATCH)

    talk = scripted(Script(answer))
    judge_availability(talk)
    assert sum(talk.calls.values()) >= least_calls(995) == 200
    assert came(talk, "availability", "") == expected


def test_without_any_valid_call_availability_is_not_run() -> None:
    talk = scripted(Script(lambda *_: said(data=MATCH)))
    talk.logged.clear()
    judge_availability(talk)
    judge_duties(talk, [VERIFY])
    assert came(talk, "availability", "") == came(talk, "response-time") == "not-run"


def test_a_node_that_may_not_be_written_to_is_not_timed_by_transfers() -> None:
    id_ = "enterprise-transfer"
    line = Script(lambda *_: said(data=MATCH))
    talk = Talk(replace(spec(), writes=False), RULES, standards(), line)
    judge_duties(talk, [id_])
    assert set(talk.not_run(id_)) == set(OURS)
    assert line.asked == []


def test_percentiles_are_ranks() -> None:
    assert [nearest_rank(range(1, 21), one) for one in (50, 95, 99, 100)] == [10, 19, 20, 20]
    assert nearest_rank([3.0], 50) == 3.0
    assert too_slow([2.0] * 2, 18, percentile=95, limit_ms=1000)
    assert not too_slow([2.0], 19, percentile=95, limit_ms=1000)


DOCUMENT = {"openapi": "3.1.0", "paths": {"/hidden": {"get": {}, "post": {}}}}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (said("40401", status=404), ""),
        (said("40301", status=403), ""),
        (said("40401", status=200), ""),
        (said("40103", status=401, www_authenticate="Signature"), ""),
        (Answer(404), ""),
        (Answer(500), ""),
        (Answer(200, (("content-type", "text/html"),), b"<h1>swagger</h1>"), "(status 200)"),
        (Answer(204), "(status 204)"),
        (said(data=MATCH), "(status 200)"),
        (Answer(401, (("www-authenticate", "Basic"),)), "of another kind"),
        (Answer(200, (("content-type", "application/json"),), json.dumps(DOCUMENT).encode()), "lists 2 unregistered"),
    ],
)
def test_a_path_that_nobody_registered(answer: Answer, words: str) -> None:
    talk = scripted(Script(lambda call, _: answer if call.path == "/metrics" else said("40401", status=404)))
    judge_observed(talk, [VERIFY])
    tally = talk.counter().tallies(["undeclared"])["undeclared", ""]
    assert [sample.reason.render("en") for sample in tally.samples if sample.reason] == [
        text for text in (sample.reason.render("en") for sample in tally.samples if sample.reason) if words in text
    ]
    assert tally.violations == bool(words)
    assert tally.checked > len(RULES.probes.root)


def test_a_redirect_leads_to_what_is_served_and_patience_decides_nothing() -> None:
    moved = {"/docs": Answer(307, (("location", "/docs/"),)), "/docs/": Answer(200, body=b"x")}
    talk = scripted(Script(lambda call, _: moved.get(call.path, Answer(404))))
    judge_observed(talk, [])
    assert came(talk, "undeclared", "") == "red"
    talk = scripted(Script(lambda *_: Answer(0, failure="timeout")))
    judge_observed(talk, [])
    assert came(talk, "undeclared", "") == "doubt"


# The log.

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
GOOD = {"requestId": "r1", "clientId": "client-a", "interface": VERIFY, "time": "2026-11-21T04:00:00Z", "code": "00000"}


def logged(path: Path, *lines: object, **how: object) -> Talk:
    """A dialogue of one call, judged by a log of these lines."""
    path.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines), "utf-8")
    talk = scripted(Script(lambda *_: said(data=MATCH)))
    talk.node = replace(talk.node, log=path)
    talk.began = NOW - timedelta(minutes=2)
    talk.logged[0] = (talk.logged[0][0], talk.logged[0][1], "r1")
    judge_log(talk, {"tester": "client-a"}, now=lambda: NOW, wait=lambda _: None, monotonic=iter(range(99)).__next__)
    return talk


@pytest.mark.parametrize(
    ("lines", "logging", "personal"),
    [
        ([GOOD], "green", "green"),
        ([{**GOOD, "interface": "T000001000002201", "time": "2026-11-21T12:00:00+08:00"}], "green", "green"),
        ([{**GOOD, "time": "2026-11-21T12:00:00.123"}], "green", "green"),
        ([{**GOOD, "time": int(NOW.timestamp() * 1000), "more": 1}], "green", "green"),
        (["not ours", {**GOOD, "requestId": "other", "said": "张三丰"}, GOOD], "green", "green"),
        ([{**GOOD, "code": "40001"}, GOOD], "green", "green"),
        ([{**GOOD, "requestId": "other"}], "red", "not-run"),
        ([], "red", "not-run"),
        ([{**GOOD, "clientId": ""}], "red", "green"),
        ([{**GOOD, "interface": "other"}], "red", "green"),
        ([{**GOOD, "code": "40001"}], "red", "green"),
        ([{**GOOD, "time": "2026-11-21T12:00:00Z"}], "red", "green"),
        ([{**GOOD, "time": "yesterday"}], "red", "green"),
        ([{**GOOD, "time": None}], "red", "green"),
        ([GOOD, "<14>plain text"], "red", "green"),
        ([{**GOOD, "request": "XM=张三丰"}], "green", "red"),
        ([GOOD, {"requestId": "x", "said": "张三丰"}], "green", "red"),
        ([{**GOOD, "request": "XM=%E5%BC%A0%E4%B8%89%E4%B8%B0"}], "green", "red"),
        ([{**GOOD, "request": "张*丰"}], "green", "green"),
    ],
)  # fmt: skip
def test_the_log_holds_every_call_and_nobody(lines: list[object], logging: str, personal: str, tmp_path: Path) -> None:
    talk = logged(tmp_path / "access.jsonl", *lines)
    assert (came(talk, "logging", ""), came(talk, "logging-personal", "")) == (logging, personal)
    for tally in talk.counter().tallies(["logging", "logging-personal"]).values():
        assert all("张三丰" not in str(sample.reason and sample.reason.both()) for sample in tally.samples)


def test_a_log_that_is_written_a_little_later_is_awaited(tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    talk = logged(path)
    again = scripted(Script(lambda *_: said(data=MATCH)))
    again.node, again.began, again.logged = talk.node, talk.began, talk.logged
    path.write_text(json.dumps(GOOD)[:20], "utf-8")
    judge_log(again, now=lambda: NOW, wait=lambda _: write(path))
    assert came(again, "logging", "") == "green"


def write(path: Path) -> None:
    path.write_text(f"{json.dumps(GOOD)}\n", "utf-8")


def test_no_log_and_no_file_are_not_run(tmp_path: Path) -> None:
    talk = scripted(Script(lambda *_: said(data=MATCH)))
    judge_log(talk)
    assert talk.not_run("")["logging"].id == "service.no-log"
    talk.node = replace(talk.node, log=tmp_path / "nothing")
    judge_log(talk)
    assert talk.not_run("")["logging-personal"].id == "service.log-unreadable"


@pytest.mark.parametrize(
    ("value", "class_", "expected"),
    [
        ("370102199003074512", "id-number", True), ("1", "id-number", False), ("张三", "name", True),
        ("A", "name", False), ("AAAA", "name", False), ("13800138000", "phone", True), ("1", "phone", False),
        ("19900307", "birth", False), ("37", "", False), ("济南市历下区", "address", True),
    ],
)  # fmt: skip
def test_only_what_can_be_told_from_all_else_is_looked_for(value: str, class_: str, expected: bool) -> None:
    assert worth_looking_for(value, class_) == expected


# The transport, as plain facts.


def offered(*answers: bool | None) -> dict[str, bool | None]:
    return dict(zip(("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"), answers, strict=True))


@pytest.mark.parametrize(
    ("versions", "faults", "untold"),
    [
        (offered(False, False, True, True), 0, 0),
        (offered(False, False, False, True), 0, 0),
        (offered(None, False, True, True), 0, 0),
        (offered(False, None, True, True), 0, 1),
        (offered(None, None, True, None), 0, 2),
        (offered(False, False, None, None), 0, 2),
        (offered(False, False, False, False), 1, 0),
        (offered(False, True, True, True), 1, 0),
        (offered(True, True, False, False), 3, 0),
    ],
)
def test_versions_of_tls(versions: dict[str, bool | None], faults: int, untold: int) -> None:
    assert len(list(version_faults(versions, "TLSv1.2"))) == faults
    assert len(versions_untold(versions, "TLSv1.2")) == untold


CERTIFICATE = {
    "host_matches": True, "time_ok": True, "not_after": NOW + timedelta(days=31), "key_kind": "EC", "key_bits": 256,
    "signature_hash": "sha256",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, 0),
        ({"not_after": NOW + timedelta(days=29)}, 1),
        ({"time_ok": False, "not_after": NOW - timedelta(days=1)}, 1),
        ({"host_matches": False}, 1),
        ({"key_kind": "RSA", "key_bits": 1024}, 1),
        ({"key_kind": "RSA", "key_bits": 2048}, 0),
        ({"key_kind": "Ed25519", "key_bits": 256, "signature_hash": ""}, 0),
        ({"signature_hash": "SHA1"}, 1),
        ({"host_matches": False, "signature_hash": "md5"}, 2),
    ],
)
def test_certificates(changes: dict[str, object], faults: int) -> None:
    facts = {**CERTIFICATE, **changes}
    found = list(certificate_faults(**facts, now=NOW, profile=RULES.profiles["default"]))  # type: ignore[arg-type]
    assert len(found) == faults


@pytest.mark.parametrize(
    ("status", "location", "faults"),
    [
        (0, "", 0), (308, "https://x/y", 0), (301, "HTTPS://x", 0), (301, "http://x", 1), (302, "/login", 1),
        (400, "", 0), (403, "", 0), (404, "", 0), (426, "", 0), (200, "", 1), (204, "", 1), (401, "", 1), (405, "", 1),
    ],
)  # fmt: skip
def test_plain_addresses(status: int, location: str, faults: int) -> None:
    assert len(list(plain_faults("http://x", status=status, location=location))) == faults


def test_calls_that_nobody_waited_for_leave_availability_open() -> None:
    talk = scripted(Script(lambda _, n: Answer(0, failure="timeout") if n % 40 == 0 else said(data=MATCH)))
    judge_availability(talk)
    assert came(talk, "availability", "") == "doubt"


def test_that_calls_come_too_often_decides_nothing() -> None:
    talk = scripted(Script(lambda *_: said("42901", status=429)))
    call = talk.logged[0][0]
    assert talk.accept(call) is None
    assert came(talk, "accept") == "doubt"
    assert talk.refuse(Case("refuse-missing", call, message("service.lost"), ("missing-parameter",))).good
    assert came(talk, "refuse-missing") == "doubt"


def test_of_files_the_shortest_one_that_was_read_whole_is_timed() -> None:
    talk = Talk(spec(), RULES, standards(), Script(lambda *_: said()))
    call = Call("enterprise-download", "GET", "/")
    answers = [(b"", False), (b"{}\n" * 9, False), (b"{}\n", True), (b"{}\n" * 2, False)]
    talk.logged += [(replace(call, query=(("N", str(n)),)), Answer(200, (), *one), "") for n, one in enumerate(answers)]
    found = accepted_call(talk, "enterprise-download")
    assert found is not None and found.query == (("N", "3"),)


@pytest.mark.parametrize(("ids", "expected"), [(["a", "b", "", ""], 0), (["a", "b", "a", "a"], 2)])
def test_every_answer_has_another_request_id(ids: list[str], expected: int) -> None:
    talk = scripted(Script(lambda *_: said(data=MATCH)))
    call = talk.logged.pop()[0]
    talk.logged += [(call, said(), one) for one in ids]
    judge_request_ids(talk)
    assert talk.counter(VERIFY).count("envelope") == expected
