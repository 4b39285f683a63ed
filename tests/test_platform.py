"""The simulated platform: what it gives, what it sees, how a client's end is told from our patience's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from client_system import FOLDER, judged, red, scenes, spec, standards

from conformance.cli import main
from conformance.dialogue.platform.rows import book_of, delivered, fetched
from conformance.dialogue.platform.running import Running, filled, start
from conformance.dialogue.platform.session import basis_of, judge_client, rows_of
from conformance.dialogue.platform.spec import Job
from conformance.judge.rulebook import Judged
from conformance.judge.service.client_calls import CALL_RULES, Basis, Request, read_request
from conformance.judge.service.client_recovery import Kept, Recording, judge_recording, kept
from conformance.judge.service.client_values import wrong_values
from conformance.judge.service.rules import CLIENT_RULES
from conformance.system.problem import ConfigurationError

NOW = 1_795_000_000_000
QUERY = "/gateway/api/1/enterprise-query"
TRANSFER = "/gateway/api/1/enterprise-transfer"
GOOD = "ZSXZQHDM=370102&PAGE=1&PAGENUM=5"


@pytest.fixture(scope="module")
def basis() -> Basis:
    declared = spec()
    rows = rows_of(declared, standards().services, standards(), "deliver")
    return basis_of(declared, standards().services, standards(), "deliver", rows)


@pytest.fixture(scope="module")
def records() -> tuple[Mapping[str, str], ...]:
    return rows_of(spec(), standards().services, standards(), "deliver")


def signed(basis: Basis, **changes: str | None) -> tuple[tuple[str, str], ...]:
    """Right headers, some replaced or (None) left out."""
    text = f"{basis.client_id}{NOW}n1"
    digest = hmac.digest(basis.secret, text.encode(), hashlib.sha256)
    headers: dict[str, str | None] = {
        "X-Client-Id": basis.client_id,
        "X-Timestamp": str(NOW),
        "X-Nonce": "n1",
        "X-Signature": base64.b64encode(digest).decode(),
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return tuple((name, value) for name, value in headers.items() if value is not None)


def asked(basis: Basis, target: str, body: bytes = b"", *, method: str = "", **changes: str | None) -> set[str]:
    """The rules that one request breaks."""
    content: dict[str, str | None] = {"Content_Type": "application/json"} if body else {}
    headers = signed(basis, **{**content, **changes})
    method = method or ("POST" if body else "GET")
    said = read_request(Request("fetch-well", 1, method, target, headers, body, NOW, 0.0), basis)
    return {fault.rule for fault in (*said.faults, *wrong_values([said], basis))}


def batch(records: Sequence[Mapping[str, Any]], **changes: object) -> bytes:
    return json.dumps({"series": "s-1", "batch": "000001", "records": list(records), **changes}).encode()


# -- the whole client ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> Judged:
    return judged()


def test_the_reference_client_is_green_on_every_rule(whole: Judged) -> None:
    assert {rule for rule, _ in whole.tallies} == set(CLIENT_RULES)
    for (rule, _), tally in whole.tallies.items():
        assert (tally.violations, tally.hindered, tally.unasked) == (0, None, None), rule
        assert tally.checked, rule
    assert whole.asked == whole.tallies["client-headers", ""].checked


def test_a_client_with_one_job_is_not_judged_by_the_others_rules() -> None:
    found = judged(jobs=("deliver",), only=("deliver-well", "deliver-no-receipt"))
    assert red(found) == set()
    unasked = {rule for (rule, _), tally in found.tallies.items() if tally.unasked}
    assert {"client-paging", "client-slow", "client-truncated", "client-duplicate"} <= unasked
    assert not unasked & {"client-order", "client-repeat", *CALL_RULES}


def test_a_command_that_cannot_be_started_is_configuration() -> None:
    broken = replace(spec(), fetch=Job("enterprise-query", ("no-such-client-anywhere", "{url}")))
    with pytest.raises(ConfigurationError) as caught:
        judge_client(broken, standards().services, standards(), scenes=scenes())
    assert [one.message.id for one in caught.value.problems] == ["source.client-not-started"]


def test_a_client_that_never_calls_is_configuration() -> None:
    silent = replace(spec(), fetch=Job("enterprise-query", (sys.executable, "-S", "-c", "raise SystemExit(3)")))
    with pytest.raises(ConfigurationError) as caught:
        judge_client(silent, standards().services, standards(), scenes=scenes())
    (problem,) = caught.value.problems
    assert problem.message.id == "source.client-silent"
    assert problem.path == "targets.client.client"
    assert "{url}" in problem.mend.render("en")


class _Endless:
    """A job that makes one right call and then never ends."""

    def __init__(self, command: Sequence[str]) -> None:
        self.ended = False
        subprocess.run(command, check=False, cwd=FOLDER, timeout=20)

    def code(self) -> int | None:
        return None

    def end(self) -> None:
        self.ended = True


def test_a_job_that_outlasts_our_patience_is_a_doubt_and_no_fault() -> None:
    jobs: list[_Endless] = []

    def begin(command: Sequence[str], folder: Path, over: Callable[[], None]) -> Running:
        jobs.append(_Endless(command))
        return jobs[-1]

    patient = replace(spec(jobs=("fetch",)), seconds=0)
    found = judge_client(patient, standards().services, standards(), scenes=scenes(), starter=begin)
    assert red(found) == set()
    hindered = {rule for (rule, _), tally in found.tallies.items() if tally.hindered}
    assert {"client-paging", "client-slow", "client-retry", "client-truncated", "client-tls"} <= hindered
    assert found.tallies["client-headers", ""].checked == 3
    assert len(jobs) == 1 and jobs[0].ended


def test_a_job_and_what_it_started_are_ended(tmp_path: Path) -> None:
    """The job leaves a child behind that would write a file: it never does."""
    over = threading.Event()
    child = f"import time, pathlib; time.sleep(0.7); pathlib.Path({str(tmp_path / 'left')!r}).touch()"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', {child!r}]); raise SystemExit(4)"
    running = start([sys.executable, "-S", "-c", code], tmp_path, over.set)
    assert over.wait(20)
    running.end()
    assert running.code() == 4
    assert not threading.Event().wait(1.0)
    assert not (tmp_path / "left").exists()


def test_places_are_filled_in_wherever_they_stand() -> None:
    command = ("run", "--to={url}/x", "{ca}", "{}", "{other}")
    assert filled(command, {"url": "https://h:1", "ca": "/c"}) == ("run", "--to=https://h:1/x", "/c", "{}", "{other}")


# -- what is given ---------------------------------------------------------------------------------------------------


def test_rows_are_the_seeds_and_conform() -> None:
    declared = spec()
    query, transfer = declared.interfaces["enterprise-query"], declared.interfaces["enterprise-transfer"]
    rows = fetched(query, standards(), 7, "20261121")
    fetched.__globals__["_made"].cache_clear()
    assert fetched(query, standards(), 7, "20261121") == rows != fetched(query, standards(), 8, "20261121")
    records = delivered(transfer, standards().services, standards(), 7, "20261121")
    assert {row["CZLX"] for row in records} == {"I", "U", "D"}
    assert len({row["TYSHXYDM"] for row in records}) == len(records) > 2 * transfer.limits.records
    assert {chain.column for chain in book_of(transfer, standards(), "20261121").chains} >= {"TYSHXYDM", "FDDBRZJHM"}


# -- single requests -------------------------------------------------------------------------------------------------


def test_a_right_request_breaks_nothing(basis: Basis, records: tuple[Mapping[str, str], ...]) -> None:
    assert asked(basis, f"{QUERY}?{GOOD}") == set()
    assert asked(basis, f"{QUERY}?{GOOD}&JGMC={quote('样本 公司')}+%2B") == set()
    assert asked(basis, TRANSFER, batch(records[:5])) == set()
    assert asked(basis, TRANSFER, batch(records[:5]), Content_Type="application/json;charset=UTF-8") == set()


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("PAGE=1&PAGENUM=5", "client-parameters"),
        ("ZSXZQHDM=&PAGE=1&PAGENUM=5", "client-parameters"),
        ("ZSXZQHDM=370199&PAGE=1&PAGENUM=5", "client-parameters"),
        (f"{GOOD}&CLRQ=20260230", "client-parameters"),
        (f"{GOOD}&DJZTDM=zz", "client-parameters"),
        (f"{GOOD}&PAGE=2", "client-parameters"),
        (f"{GOOD}&SORT=asc", "client-parameters"),
        ("ZSXZQHDM=370102&PAGE=0&PAGENUM=5", "client-parameters"),
        ("ZSXZQHDM=370102&PAGE=1&PAGENUM=21", "client-parameters"),
        ("ZSXZQHDM=370102&PAGE=1", "client-parameters"),
        (f"{GOOD}&JGMC=%D1%F9", "client-encoding"),
        (f"{GOOD}&JGMC=50%", "client-encoding"),
        (f"{GOOD}&JGMC=\xe6\xa0\xb7", "client-encoding"),
        (f"{GOOD}&FDDBRXM={quote('样本甲')}", "client-personal"),
        (f"{GOOD}&JGMC=11010119900307889X", "client-personal"),
    ],
)
def test_what_is_wrong_with_a_query(query: str, rule: str, basis: Basis) -> None:
    assert asked(basis, f"{QUERY}?{query}") == {rule}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"X_Nonce": None}, "client-headers"),
        ({"X_Signature": ""}, "client-headers"),
        ({"X_Client_Id": "somebody"}, "client-headers"),
        ({"X_Signature": "AAAA"}, "client-signature"),
        ({"X_Nonce": "n2"}, "client-signature"),
    ],
)
def test_what_is_wrong_with_headers(changes: dict[str, str | None], rule: str, basis: Basis) -> None:
    assert asked(basis, f"{QUERY}?{GOOD}", b"", method="GET", **changes) == {rule}


@pytest.mark.parametrize(("off", "good"), [(600_000, True), (-600_000, True), (600_001, False), (-600_001, False)])
def test_a_clock_may_be_ten_minutes_off(off: int, good: bool, basis: Basis) -> None:
    request = Request("fetch-well", 1, "GET", f"{QUERY}?{GOOD}", signed(basis), b"", NOW + off, 0.0)
    faults = {fault.rule for fault in read_request(request, basis).faults}
    assert faults == (set() if good else {"client-clock"})


def test_what_is_wrong_with_a_batch(basis: Basis, records: tuple[Mapping[str, str], ...]) -> None:
    one = records[0]
    lacking = {name: value for name, value in one.items() if name != "JGMC"}
    for body in (
        batch(records[:6]),
        batch([]),
        batch([one], batch="1"),
        batch([one], series="a b"),
        batch([one], more=1),
        batch([{**one, "CZLX": "X"}]),
        batch([{**one, "LRR": "x"}]),
        batch([{**one, "ZCZB": 1}]),
        batch([{**one, "TYSHXYDM": "913701000000000000"}]),
        batch([lacking]),
        b"{",
        b'{"series": "a", "series": "b", "batch": "000001", "records": [{}]}',
    ):
        assert asked(basis, TRANSFER, body) == {"client-parameters"}, body[:60]
    assert asked(basis, TRANSFER, batch([one]), method="PUT") == {"client-parameters"}
    assert asked(basis, TRANSFER, batch([one]), Content_Type="text/json") == {"client-parameters"}
    assert asked(basis, TRANSFER, batch([one]), Content_Type="application/json; charset=gbk") == {"client-encoding"}
    assert asked(basis, TRANSFER, b"\xef\xbb\xbf" + batch([one])) == {"client-encoding"}
    assert asked(basis, TRANSFER, json.dumps({"a": "样本"}, ensure_ascii=False).encode("gbk")) == {"client-encoding"}
    assert asked(basis, f"{TRANSFER}?dry=1", batch([one])) == {"client-parameters"}
    assert asked(basis, f"{TRANSFER}?who={quote(one['FDDBRXM'])}", batch([one])) == {"client-personal"}
    assert asked(basis, f"{TRANSFER}/{one['FDDBRZJHM']}", batch([one])) == {"client-personal", "client-parameters"}


def test_no_reason_repeats_what_a_client_sent(basis: Basis) -> None:
    word = "what-somebody-wrote"
    headers = signed(basis, X_Client_Id=word, X_Signature=word)
    target = f"/{word}?{word}={word}&FDDBRXM={word}"
    said = read_request(Request("fetch-well", 1, "GET", target, headers, b"", NOW, 0.0), basis)
    assert len(said.faults) >= 3
    told = [f"{fault.where} {fault.reason.both()}" for fault in said.faults]
    assert not any(word in one for one in told) and word not in repr(said)


@pytest.mark.parametrize(
    ("pauses", "good"),
    [
        ((0.08, 0.16, 0.32), True),
        ((0.40, 0.17, 0.33), True),
        ((0.5, 0.5, 0.5), True),
        ((0.01,), True),
        ((0.004, 0.003, 0.006), False),
        ((0.2, 0.2, 0.2), False),
        ((0.02, 0.04, 0.08), False),
    ],
)
def test_pauses_are_long_or_grow(pauses: tuple[float, ...], good: bool, basis: Basis) -> None:
    """At a platform that stays away: a machine that is busy makes pauses longer, and no fault of the client's."""
    at, said = 100.0, []
    for number, pause in enumerate((0.0, *pauses), 1):
        at += pause
        request = Request("fetch-unavailable", number, "GET", f"{QUERY}?{GOOD}", signed(basis), b"", NOW, at, at)
        said.append(read_request(request, basis))
    interface = basis.interfaces[QUERY]
    limits = {"attempts": 10, "pause_ms": 500, "grown_ms": 120}
    recording = Recording("fetch-unavailable", "fetch", interface, tuple(said), (), exit_code=1, limits=limits)
    faults = judge_recording("client-retry", "gives-up", recording, basis).faults
    assert [fault.reason.id for fault in faults] == ([] if good else ["recovery.no-pause"])


def test_an_output_is_compared_as_records(basis: Basis) -> None:
    rows = ({"A": "1"}, {"A": "2", "B": "x"}, {"A": "3"})
    output: tuple[Any, ...] = ({"A": "1", "B": None}, {"B": "x", "A": "2"}, {"A": "2", "B": "x"}, {"A": "9"}, None)
    interface = next(iter(basis.interfaces.values()))
    assert kept(Recording("s", "fetch", interface, (), rows, output)) == Kept(missing=1, strange=2, twice=1)


# -- the command -----------------------------------------------------------------------------------------------------


def test_scenes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["platform", str(FOLDER / "system.yaml"), "--list", "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(scenes().scenes)
    assert lines[0] == "fetch-well  a well-behaved platform, several pages  [client-paging]"


@pytest.mark.parametrize("extra", [["--target", "nobody"], ["--scene", "none"]])
def test_a_scene_or_target_that_is_not_there_is_configuration(extra: list[str]) -> None:
    assert main(["platform", str(FOLDER / "system.yaml"), *extra]) == 2


def test_a_developer_sees_what_is_wrong_with_each_request() -> None:
    command = [sys.executable, "-m", "conformance", "platform", str(FOLDER / "system.yaml"), "--lang", "en"]
    platform = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert platform.stdout is not None
        first, second = platform.stdout.readline(), platform.stdout.readline()
        assert first.startswith("scene fetch-well (a well-behaved platform")
        started = second.partition(": ")[2].split()
        assert started[1:3] == ["client.py", "fetch"]
        client = [sys.executable, "client.py", *started[2:], "--break=reuses_nonce"]
        assert subprocess.run(client, check=False, cwd=FOLDER, timeout=20).returncode == 0
        shown = [platform.stdout.readline() for _ in range(4)]
        assert shown[0].split() == ["fetch-well", "#1", "GET", QUERY, "→", "given"]
        assert "✓" in shown[1]
        assert "client-nonce" in shown[3]
        platform.send_signal(signal.SIGINT)
        rest, _ = platform.communicate(timeout=20)
        assert rest.endswith("over; 3 requests were received\n")
        assert platform.returncode == 0
    finally:
        platform.kill()
        platform.wait()
