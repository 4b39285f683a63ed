"""A second look at the agent and its far end: hostile servers, changed scopes, floods, programs of others."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import probe_servers as servers
import pytest
from probe_runs import HOME, NONCE, facts, probe, run, scope_of

from conformance.probe import agent, responder
from conformance.system.access.observed import read_observed


def test_the_agent_runs_where_nothing_is_installed(tmp_path: Path) -> None:
    """Without the packages of this machine, from a folder of its own."""
    for name in ("agent.py", "responder.py"):
        shutil.copyfile(HOME / name, tmp_path / name)
    scope = tmp_path / "scope.json"
    scope.write_text(json.dumps(scope_of(probe("rib"), probe("base", address="127.0.0.1", port=9))), "utf-8")
    command = [
        sys.executable,
        "-I",
        "-S",
        str(tmp_path / "agent.py"),
        "--scope",
        str(scope),
        "--out",
        str(tmp_path / "o"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert len(json.loads((tmp_path / "o").read_text("utf-8"))["probes"]) == 2
    assert (tmp_path / "o").stat().st_mode & 0o077 == 0
    help_ = [sys.executable, "-I", "-S", str(tmp_path / "responder.py"), "--help"]
    assert subprocess.run(help_, capture_output=True, check=False, timeout=30).returncode == 0


def trickle(line: socket.socket) -> None:
    """A byte now and then, for ever: a record of TLS, a line, a message of any protocol, as you like it."""
    with contextlib.suppress(OSError):
        line.sendall(b"\x16\x03\x03\x3f\xff")
        while True:
            line.sendall(b"\x02")
            time.sleep(0.02)


def huge_answer(line: socket.socket) -> None:
    """A DNS answer of 65535 bytes that never comes."""
    line.recv(512)
    line.sendall(b"\xff\xff")
    trickle(line)


def truncated(question: bytes) -> bytes:
    return question[:2] + b"\x83\x80" + question[4:12]


@contextlib.contextmanager
def endless() -> Iterator[tuple[int, int]]:
    """A server that never comes to an end; a resolver that sends one to another."""
    with servers.tcp(trickle) as port, servers.udp(truncated) as names, servers.tcp(huge_answer, port=names):
        yield port, names


def test_what_never_ends_is_ended_at_the_deadline(tmp_path: Path) -> None:
    here: dict[str, Any] = {"address": "127.0.0.1", "wait_ms": 60_000, "deadline": 300}
    with endless() as (port, names):
        scope = scope_of(
            probe("base", **here, port=port),
            probe("tls", **here, port=port),
            probe("certificate", **here, port=port),
            probe("dns", **here, port=names, names=["api.test"]),
            probe("management-ports", **here, ports=[port], ssh_port=port),
            probe("proxy", **here, candidates=[{"address": "127.0.0.1", "port": port}]),
            probe("syslog", **here, port=port),
            probe("bandwidth", **here, port=port),
        )
        begun = time.monotonic()
        code, done, _ = run(tmp_path, scope)
        assert time.monotonic() - begun < 12
    assert code == 0
    assert facts(done, "management-ports")["ssh"] == {}
    assert {one["state"] for id_, one in done.items() if id_ != "management-ports"} <= {"timeout", "error"}
    assert max(one["elapsed_ms"] for one in done.values()) < 1500


def test_the_whole_run_has_an_end(tmp_path: Path) -> None:
    with servers.tcp(trickle) as port:
        probes = [
            probe("tls", id=f"t{n}", address="127.0.0.1", port=port, wait_ms=60_000, deadline=60_000) for n in range(9)
        ]
        limits = {"connects": 5, "packets_per_second": 50, "bandwidth": False, "seconds": 1}
        begun = time.monotonic()
        code, done, _ = run(tmp_path, scope_of(*probes, limits=limits))
        assert time.monotonic() - begun < 8
    assert code == 0
    assert {one["state"] for one in done.values()} <= {"timeout", "error"}


def told(answer: dict[str, Any]) -> Callable[[socket.socket], None]:
    """The far end's service by somebody who tells what JSON cannot hold, or what nobody can."""

    def serve(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(json.dumps({"nonce": NONCE, **answer}).replace('"HUGE"', "1e999").encode() + b"\n")

    return serve


def test_what_the_other_end_tells_spoils_no_result(tmp_path: Path) -> None:
    with servers.tcp(told({"seen": "\ud800"})) as odd, servers.tcp(told({"translations": 10**300})) as many:
        scope = scope_of(
            probe("source-seen", address="127.0.0.1", port=odd),
            probe("nat-log", address="127.0.0.1", port=many),
            probe("base", address="127.0.0.1", port=odd),
        )
        code, done, _ = run(tmp_path, scope)
    assert code == 0
    assert done["source-seen"]["state"] == "error"
    assert facts(done, "nat-log") == {"records": agent.MAX_COUNT}
    assert facts(done, "base") == {"reached": True}
    (tmp_path / "observed").mkdir()
    shutil.copyfile(tmp_path / "lan.json", tmp_path / "observed" / "lan.json")
    assert read_observed(tmp_path / "observed") is not None


def test_the_pace_holds_over_all_probes(tmp_path: Path) -> None:
    rate, ports = 60, list(range(2000, 2025))
    limits = {"connects": 50, "packets_per_second": rate, "bandwidth": False}
    probes = [probe("inbound", id=f"p{n}", addresses=["127.0.0.1"], ports=ports) for n in range(2)]
    begun = time.monotonic()
    _, done, _ = run(tmp_path, scope_of(*probes, limits=limits))
    assert all(one["state"] == "done" for one in done.values())
    assert time.monotonic() - begun >= (2 * len(ports) - 2) / rate


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:8.8.8.8",
        "fe80::1%lo",
        "fe80::1%0",
        "localhost",
        "127.1",
        "0x7f000001",
        "127.0.0.1\0",
        "2130706433",
        "::ffff:7f00:1",
    ],
)
def test_addresses_in_disguise_are_refused(address: str, tmp_path: Path) -> None:
    scope = scope_of(probe("base", address=address, port=9), targets=["127.0.0.0/8", "::/0"])
    assert run(tmp_path, scope)[1]["base"]["state"] == "refused"


def test_a_name_is_no_source(tmp_path: Path) -> None:
    """It would be asked for by way of whatever resolver the machine has."""
    scope = scope_of(probe("source-seen", address="127.0.0.1", port=9, source="localhost"))
    done = run(tmp_path, scope)[1]["source-seen"]
    assert (done["state"], "ValueError" in done["reason"]) == ("error", True)


def test_a_changed_scope_is_not_run(tmp_path: Path) -> None:
    scope = scope_of(probe("base", address="127.0.0.1", port=9))
    code, done, said = run(tmp_path, scope | {"targets": ["0.0.0.0/0"]})
    assert (code, done) == (2, {})
    assert "digest" in said


def test_many_probes_and_ports_are_bounded(tmp_path: Path) -> None:
    chain = [agent.Spec(str(n), "base", (str(n - 1),) if n else (), 1, None, agent.Parameters()) for n in range(50_000)]
    begun = time.perf_counter()
    assert [one.id for one in agent.ordered(chain[::-1])] == [one.id for one in chain]
    assert time.perf_counter() - begun < 5
    wide = agent.Parameters(ranges=[[1, 10**18]], addresses=["127.0.0.1"] * 10)
    assert len(wide.ports()) == 65535
    with pytest.raises(agent.RefusedError):
        wide.endpoints()


def test_programs_are_not_looked_for_where_others_may_put_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("ssh") == str(tmp_path / "ssh")
    assert shutil.which("ssh", path=agent.PROGRAMS) != str(tmp_path / "ssh")
    wire = agent.Wire(agent.Scope("n", "lan", 1, 1, False, 1, (), (), ""), agent.Pace(1), "x", time.monotonic() + 9, {})
    assert agent.run_command(wire, ["/bin/sh", "-c", "echo $PATH"]).strip() == agent.PROGRAMS


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root has something to lose")
def test_root_runs_nothing_that_others_may_change(tmp_path: Path) -> None:
    program = tmp_path / "vtysh"
    program.write_text("#!/bin/sh\necho '{}'\n")
    program.chmod(0o777)
    scope = scope_of(probe("bgp-session", vtysh=[str(program)]))
    assert run(tmp_path, scope)[1]["bgp-session"]["state"] == "refused"
    program.chmod(0o755)
    assert run(tmp_path, scope)[1]["bgp-session"]["state"] == "done"
    os.chown(program, 65534, 0)
    assert run(tmp_path, scope)[1]["bgp-session"]["state"] == "refused"


# The responder


def setting(**over: Any) -> responder.Setting:
    word = responder.event_of(NONCE, "syslog")
    patterns = tuple(re.compile(one) for one in responder.TRANSLATIONS)
    return responder.Setting(NONCE, (), (), (), {word: "syslog"}, patterns, **over)


class Datagrams:
    """A socket that brings one datagram and keeps what is sent back."""

    def __init__(self, data: bytes) -> None:
        self.data, self.sent = data, list[bytes]()

    def recvfrom(self, _: int) -> tuple[bytes, tuple[str, int]]:
        return self.data, ("198.51.100.7", 53)

    def sendto(self, data: bytes, _: object) -> None:
        self.sent.append(data)


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        (b'{"nonce": "another"}' + b" " * 500, 0),
        (b"\xff" * 500, 0),
        (b"[" * 60_000, 0),
        (json.dumps({"nonce": NONCE}).encode(), 0),
        (json.dumps({"nonce": NONCE, "label": "x"}).encode() + b" " * 500, 0),
        (json.dumps({"nonce": NONCE}).encode() + b" " * 60, 1),
    ],
    ids=["foreign", "noise", "deep", "short", "forged", "padded"],
)
def test_the_responder_is_no_mirror(question: bytes, answers: int) -> None:
    """Only to who knows the nonce, and never more than came."""
    heard = Datagrams(question)
    responder.answer_datagram(responder.Record(setting()), heard)  # type: ignore[arg-type]
    assert len(heard.sent) == answers
    assert all(len(one) <= len(question) for one in heard.sent)


def test_odd_words_do_not_spoil_the_record(tmp_path: Path) -> None:
    record = responder.Record(setting())
    for odd in ("\ud800", "\x1b[31m", "x" * 60_000):
        question = json.dumps({"nonce": NONCE, "probe": odd, "label": odd}).encode()
        responder.answer_datagram(record, Datagrams(question))  # type: ignore[arg-type]
    record.write(tmp_path / "far.responder.json")
    document = json.loads((tmp_path / "far.responder.json").read_text("utf-8"))
    assert len(document["met"]) == 3
    assert all(one["probe"].isprintable() and len(one["probe"]) <= 100 for one in document["met"])
    assert (tmp_path / "far.responder.json").stat().st_mode & 0o077 == 0


def test_a_flood_of_one_kind_leaves_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responder, "MAX_MET", 5)
    record = responder.Record(setting())
    for number in range(50):
        record.add("echo", "192.0.2.1", str(number))
    record.add("spoof", "203.0.113.9", "spoof", label="internet")
    assert [one["kind"] for one in record.met] == ["echo"] * 5 + ["spoof"]


def test_a_message_made_to_stall_is_read_at_once() -> None:
    record = responder.Record(setting())
    begun = time.perf_counter()
    for text in (b"SRC=" * 16_000, b"SRC=a " * 10_000, b"<1>" + b"a " * 30_000):
        responder.collect(record, Datagrams(text))  # type: ignore[arg-type]
    assert time.perf_counter() - begun < 1
    responder.collect(record, Datagrams(b"<4>IN= SRC=10.64.20.20 DST=59.195.0.10 LEN=60"))  # type: ignore[arg-type]
    assert record.number("translations") == 1


@pytest.mark.parametrize("allowed", [True, False])
def test_load_only_where_the_scope_allows_it(allowed: bool, tmp_path: Path) -> None:
    scope = scope_of(limits={"connects": 5, "packets_per_second": 50, "bandwidth": allowed})
    path = tmp_path / "scope.json"
    path.write_text(json.dumps(scope), "utf-8")
    given = argparse.Namespace(scope=path, nonce="", tcp=None, udp=None, syslog=None)
    made = responder.setting_of(given)
    assert made.bandwidth is allowed
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        ours.sendall(json.dumps({"nonce": NONCE, "probe": "b", "want": "source", "ms": 50}).encode() + b"\n")
        lines = responder.Lines(responder.Record(made))

        def serve() -> None:
            with contextlib.suppress(OSError):
                lines._talk(theirs, "127.0.0.1")

        served = threading.Thread(target=serve, daemon=True)
        served.start()
        served.join(10)
        theirs.shutdown(socket.SHUT_WR)
        got = b""
        while more := ours.recv(1 << 20):
            got += more
        assert (len(got) > 10_000) is allowed
