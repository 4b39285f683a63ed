"""The probe agent where things go wrong: deadlines, what is blocked or refused, signals, hostile answers; FRR."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import probe_servers as servers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from probe_runs import NONCE, Row, facts, probe, run, scope_of, started

from conformance.probe import agent, responder

# --- deadlines, graph, refusals, ends ---


@pytest.mark.parametrize("kind", ["certificate", "base", "proxy", "management-ports"])
@pytest.mark.parametrize("serve", [servers.hanging, servers.dripping])
def test_a_server_that_hangs_costs_no_more_than_the_deadline(kind: str, serve: servers.Serve, tmp_path: Path) -> None:
    with servers.tcp(serve) as port:
        here: Row = {"address": "127.0.0.1", "port": port, "wait_ms": 60000, "attempts": 1}
        more: Row = {"candidates": [{"address": "127.0.0.1", "port": port}], "ports": [port], "ssh_port": port}
        _, probes, _ = run(tmp_path, scope_of(probe(kind, deadline=300, **here, **more)))
    assert probes[kind]["elapsed_ms"] < 3000, probes[kind]


def test_what_hangs_on_a_red_probe_is_blocked_whatever_the_order(tmp_path: Path) -> None:
    closed = servers.free(socket.SOCK_STREAM)
    code, probes, _ = run(
        tmp_path,
        scope_of(
            probe("dns-internet", after=("dns",), address="127.0.0.1", port=closed, names=["a.test"]),
            probe("dns", after=("base",), address="127.0.0.1", port=closed, names=["a.test"]),
            probe("base", address="127.0.0.1", port=closed),
            probe("rib"),
        ),
    )
    assert code == 0
    assert facts(probes, "base") == {"reached": False}
    assert [probes[one]["state"] for one in ("dns", "dns-internet", "rib")] == ["blocked", "blocked", "done"]
    assert "base" in probes["dns"]["reason"]


def test_what_the_scope_does_not_allow_is_refused_and_nothing_sent(tmp_path: Path) -> None:
    asked: list[bytes] = []

    def listen(line: socket.socket) -> None:
        asked.append(line.recv(10))

    with servers.tcp(listen) as port:
        scope = scope_of(
            probe("internet-tcp", addresses=["127.0.0.1", "203.0.113.1"], ports=[port]),
            probe("tls", address="localhost", port=port),
            probe("inbound", addresses=["127.0.0.1"], ports=[port], connects=51),
            probe("latency", address="127.0.0.1", interval_ms=0, packets_per_second=1001),
            probe("bandwidth", address="127.0.0.1", port=port),
            probe("bgp-session", vtysh=["sh", "-c", "true"]),
            probe("rib", id="rib", vtysh=["vtysh", "-c"]),
            limits={"connects": 50, "packets_per_second": 1000, "bandwidth": False},
        )
        code, probes, _ = run(tmp_path, scope)
    assert code == 0
    assert {one["state"] for one in probes.values()} == {"refused"}, probes
    assert asked == []


LIMITS = {"connects": 50, "packets_per_second": 1000, "bandwidth": False}


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        (scope_of(until="2020-01-01"), "expired"),
        (scope_of(until="2999-01-01T00:00:00"), "malformed"),
        ({**scope_of(), "nonce": "changed"}, "digest"),
        (scope_of(schema=2), "version"),
        (scope_of(limits={**LIMITS, "connects": 5000}), "limits"),
        (scope_of(limits={**LIMITS, "packets_per_second": 0}), "limits"),
        (scope_of(probe("rib", after=("b",)), probe("rib", id="b", after=("rib",))), "circle"),
        (scope_of(probe("rib", after=("none",))), "unknown"),
        (scope_of(probe("rib"), probe("rib")), "twice"),
        (scope_of(probes=[{"id": "a"}]), "malformed"),
        (scope_of(targets=["everything"]), "malformed"),
    ],
)
def test_a_scope_that_is_no_good_is_not_run_at_all(scope: Row, word: str, tmp_path: Path) -> None:
    path = tmp_path / "scope.json"
    path.write_text(json.dumps(scope), "utf-8")
    with pytest.raises(agent.ScopeError, match=word):
        agent.read_scope(path, "", datetime.now(UTC))


@pytest.mark.parametrize("text", ["[", "[" * 100_000, '{"a": 1, "a": 2}', '{"schema": NaN}', "\udcff", "1" * 5000])
def test_a_scope_that_is_no_json_neither(text: str, tmp_path: Path) -> None:
    path = tmp_path / "scope.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert agent.main(["--scope", str(path), "--out", str(tmp_path / "out.json")]) == 2
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_what_was_measured(number: signal.Signals, tmp_path: Path) -> None:
    began: list[int] = []

    def listen(line: socket.socket) -> None:
        began.append(1)
        servers.hanging(line)

    with servers.tcp(listen) as port:
        here: Row = {"address": "127.0.0.1", "port": port, "wait_ms": 50000, "deadline": 60000}
        process, out = started(tmp_path, scope_of(probe("rib"), probe("certificate", **here), probe("rib", id="later")))
        until = time.monotonic() + 10
        while not began and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(number)
        process.communicate(timeout=10)
    document = json.loads(out.read_text("utf-8"))
    assert process.returncode == 3
    assert [one["state"] for one in document["probes"]] == ["done", "error", "error"]
    assert document["digest"] == agent.digest(document)
    assert list(tmp_path.glob(".*")) == [], "no half-written file"


# --- FRR, by a program that gives its words ---

NEIGHBOURS = {
    "127.0.0.2": {
        "remoteAs": 65101,
        "localAs": 64801,
        "bgpState": "Established",
        "authenticationEnabled": 1,
        "neighborCapabilities": {
            "multiprotocolExtensions": {
                "ipv4Unicast": {"advertisedAndReceived": True},
                "ipv6Unicast": {"advertised": True},
            }
        },
        "addressFamilyInfo": {"ipv4Unicast": {"acceptedPrefixCounter": 3}},
    },
    "127.0.0.6": {
        "remoteAs": 65101,
        "localAs": 64801,
        "bgpState": "Active",
        "authenticationEnabled": 1,
        "lastNotificationReason": "OPEN Message Error/Bad Peer AS",
    },
    "10.0.0.1": {"remoteAs": 64801, "localAs": 64801, "bgpState": "Established"},
}
ROUTES: Row = {"receivedRoutes": {"59.240.10.0/24": {}, "59.254.1.0/30": {}}}


def test_what_frr_says(tmp_path: Path) -> None:
    vtysh = tmp_path / "vtysh"
    vtysh.write_text(
        f"#!{sys.executable}\nimport sys\nquestion = sys.argv[-1]\n"
        f"print({json.dumps(NEIGHBOURS)!r} if question.endswith('neighbors json') else "
        f"{json.dumps(ROUTES)!r} if 'ipv4' in question and 'received' in question else '{{}}')\n"
    )
    vtysh.chmod(0o755)
    said: Row = {
        "vtysh": [[str(vtysh), "--vty_socket", "/nowhere"]],
        "neighbours": ["127.0.0.2", "127.0.0.6", "127.0.0.10"],
    }
    uplinks = [{"id": "up1", "neighbour": "127.0.0.2"}, {"id": "up2", "neighbour": "127.0.0.6"}]
    scope = scope_of(
        probe("bgp-session", **said),
        probe("bgp-families", **said),
        probe("advertised", **said),
        probe("paths", vtysh=said["vtysh"], uplinks=uplinks),
        probe("bgp-md5", **said),
        targets=["127.0.0.0/24"],
    )
    _, probes, _ = run(tmp_path, scope)
    sessions = facts(probes, "bgp-session")["sessions"]
    assert [one["state"] for one in sessions] == ["established", "active", "absent"]
    assert sessions[0] == {
        "neighbour": "127.0.0.2",
        "customer_as": 65101,
        "provider_as": 64801,
        "state": "established",
        "refused_as": False,
        "family": "ipv4",
    }
    assert [one["refused_as"] for one in sessions] == [False, True, False]
    assert facts(probes, "bgp-families") == {"families": {"127.0.0.2": ["ipv4"]}}
    assert facts(probes, "advertised") == {
        "prefixes": {
            "127.0.0.2": ["59.240.10.0/24", "59.254.1.0/30"],
            "127.0.0.6": ["59.240.10.0/24", "59.254.1.0/30"],
        }
    }
    assert facts(probes, "paths") == {"carrying": ["up1"]}
    assert facts(probes, "bgp-md5") == {"authenticated": {"127.0.0.2": True}}, "nothing is said of what is down"


# --- lines that are cut, narrow or silent, by a line of our own ---


class Line:
    """Stands for the pinger: what each echo meets is for ``meets`` to say, by its size and when it was sent."""

    meets: Callable[[int, float], str]

    def __init__(self, wire: agent.Wire, address: str, **_: object) -> None:
        self.wire, self.address, self.v6, self.began, self.sent_at = wire, address, False, time.monotonic(), 0.0
        self.heard: deque[agent.Heard] = deque()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def whole(self) -> None:
        pass

    def send(self, sequence: int, size: int = agent.SIZE) -> None:
        self.sent_at = time.monotonic()
        what = self.meets(size, self.sent_at - self.began)
        if what:
            self.heard.append(agent.Heard(what, self.address, sequence, self.sent_at))

    def hear(self, until: float) -> agent.Heard | None:
        if self.heard:
            return self.heard.popleft()
        time.sleep(max(0.0, min(until - time.monotonic(), self.wire.left())))
        return None


def measured(kind: str, meets: Callable[[int, float], str], monkeypatch: pytest.MonkeyPatch, **p: Any) -> Row:
    monkeypatch.setattr(Line, "meets", staticmethod(meets), raising=False)
    monkeypatch.setattr(agent, "Pinger", Line)
    scope = agent._scope(scope_of())
    wire = agent.Wire(scope, agent.Pace(1000), kind, time.monotonic() + 10, {})
    return agent.KINDS[kind](wire, agent.Parameters(address="127.0.0.1", **p))


def test_a_line_that_is_cut_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = {"interval_ms": 10, "watch_ms": 5000, "gap_min_ms": 100, "settle_ms": 100}
    found = measured("failover", lambda _, at: "" if 0.1 < at < 0.4 else "reply", monkeypatch, **watch)
    assert found["switched"] is True
    assert 250 <= found["gap_ms"] <= 450


def test_a_line_that_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = {"interval_ms": 10, "watch_ms": 500, "gap_min_ms": 100}
    found = measured("failover", lambda _, at: "" if at > 0.1 else "reply", monkeypatch, **watch)
    assert found["switched"] is False
    assert found["gap_ms"] >= 300


@pytest.mark.parametrize(("larger", "black_hole"), [("", True), ("too-big", False)])
def test_a_narrow_line(larger: str, black_hole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured("mtu", lambda size, _: "reply" if size <= 1400 else larger, monkeypatch, wait_ms=1)
    assert found == {"mtu": 1400, "black_hole": black_hole}


def test_a_line_without_any_answer_has_no_mtu(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectionError):
        measured("mtu", lambda *_: "", monkeypatch, wait_ms=1)


def test_losses_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = iter(range(1000))
    found = measured(
        "loss", lambda *_: "" if next(lost) % 10 == 0 else "reply", monkeypatch, packets=100, interval_ms=1, wait_ms=20
    )
    assert found == {"sent": 100, "received": 90}


# --- hostile answers ---


@given(st.binary(max_size=600))
def test_no_answer_breaks_the_readers(data: bytes) -> None:
    for header in (b"", (servers.name_answer(agent.dns_question("api.test", 1)) or b"")[:12]):
        try:
            code, values = agent.dns_answer(header + data, 1)
        except ValueError:
            continue
        assert 0 <= code < 16
        assert len(values) <= 256
    agent.ike_says(bytes(28) + data)
    responder.collect(_record(), _Datagram(data))  # type: ignore[arg-type]


def _record() -> responder.Record:
    return responder.Record(responder.Setting(NONCE, (), (), (), {responder.event_of(NONCE, "syslog"): "syslog"}, ()))


class _Datagram:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def recvfrom(self, _: int) -> tuple[bytes, tuple[str, int]]:
        return self.data, ("192.0.2.1", 514)


def test_names_that_point_at_themselves_end() -> None:
    loop = b"\0\0\x81\x80\0\1\0\1\0\0\0\0" + b"\xc0\x0c" + b"\0\1\0\1" + b"\xc0\x0c" + b"\0\1\0\1\0\0\0\0\0\4\x0a\0\0\1"
    assert agent.dns_answer(loop, 1) == (0, ["10.0.0.1"])


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("<190>1 {iso} CE01 app - - - {event}", "CE01"),
        ("<190>{month} {day:2} {clock} CE02 sshd[1]: {event}", "CE02"),
        ("<190>{month} {day:2} {year} {clock} CE03 %%01SSH/4/{event}", "CE03"),
        ("<190>{month} {day:2} {clock}:123 {year} CE04 %%10SSHS/{event}", "CE04"),
        ("no syslog at all {event}", ""),
    ],
)
def test_times_of_messages_in_the_forms_of_the_vendors(line: str, host: str) -> None:
    """A stamp without a zone is taken in China's, the reader's or the universal one, whichever is nearest."""
    china = datetime.now(UTC).astimezone(datetime.fromisoformat("2026-01-01T00:00:00+08:00").tzinfo)
    words = {"iso": china.isoformat(), "month": china.strftime("%b"), "day": china.day, "year": china.year}
    text = line.format(**words, clock=china.strftime("%H:%M:%S"), event=responder.event_of(NONCE, "syslog"))
    record = _record()
    responder.collect(record, _Datagram(text.encode()))  # type: ignore[arg-type]
    (met,) = record.met
    assert met["facts"]["hostname"] == host
    assert met["facts"]["delay_ms"] is None if not host else abs(met["facts"]["delay_ms"]) < 3000


def test_a_record_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(responder, "MAX_MET", 3)
    record = _record()
    for number in range(5):
        record.add("echo", "192.0.2.1", str(number))
    record.write(tmp_path / "x.json")
    document = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert (len(document["met"]), document["dropped"], document["digest"]) == (3, 2, agent.digest(document))
