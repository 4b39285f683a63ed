"""The probe agent and its far end: real sockets on loopback, a small server for each kind; refusals, deadlines."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import probe_servers as servers
import pytest
from probe_runs import HOME, NONCE, Row, facts, probe, run, scope_of

from conformance.probe import agent, responder
from conformance.system.access.observed import read_observed

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
raw = pytest.mark.skipif(not ROOT, reason="raw sockets need root")


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, int, Path, subprocess.Popen[str]]]:
    """The responder: its TCP, UDP and syslog ports, and its record."""
    out = tmp_path_factory.mktemp("far") / "far.responder.json"
    tcp, udp, log = servers.free(socket.SOCK_STREAM), servers.free(socket.SOCK_DGRAM), servers.free(socket.SOCK_DGRAM)
    command = [sys.executable, "-I", str(HOME / "responder.py"), "--nonce", NONCE, "--out", str(out)]
    command += ["--tcp", str(tcp), "--udp", str(udp), "--syslog", str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "ready" in process.stdout.readline()
    yield tcp, udp, log, out, process
    process.terminate()
    assert process.wait(timeout=10) == 0


@pytest.fixture(scope="module")
def done(far: tuple[int, int, int, Path, Any], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Row]:
    """Every kind that needs no privilege, in one run."""
    folder = tmp_path_factory.mktemp("agent")
    tcp, _, log, _, _ = far
    here: Row = {"address": "127.0.0.1"}
    with ExitStack() as stack:
        pem, der = servers.certificate(folder)
        dns = stack.enter_context(servers.udp(servers.name_answer))
        stack.enter_context(servers.tcp(servers.name_by_tcp, port=dns))
        tls = stack.enter_context(servers.tcp(servers.secure(pem)))
        ssh = stack.enter_context(servers.tcp(servers.ssh))
        six = stack.enter_context(servers.tcp(servers.hanging, host="::1"))
        ntp = stack.enter_context(servers.udp(servers.ntp_answer))
        snmp = stack.enter_context(servers.udp(servers.snmp_answer))
        ike = stack.enter_context(servers.udp(servers.ike_answer))
        proxies = [stack.enter_context(servers.tcp(one)) for one in (servers.proxy, servers.web, servers.socks)]
        shut = servers.free(socket.SOCK_STREAM)
        scope = scope_of(
            probe("base", **here, port=tcp),
            probe("source-seen", after=("base",), **here, port=tcp, lan="lan", prefix="127.0.0.0/8"),
            probe("source-seen", id="elsewhere", **here, port=tcp, prefix="10.0.0.0/8"),
            probe(
                "internet-tcp",
                addresses=["127.0.0.1", "127.0.0.2"],
                ports=[shut, ssh],
                control={"kind": "echo", **here, "port": tcp},
            ),
            probe(
                "internet-udp",
                addresses=["127.0.0.1"],
                ports=[dns, shut],
                control={"kind": "dns", **here, "port": dns, "name": "api.test"},
            ),
            probe(
                "vpn-isolation",
                endpoints=[{**here, "port": ssh}, {"address": "::1", "port": six}],
                control={"kind": "tcp", **here, "port": shut},
            ),
            probe("dns", **here, port=dns, names=["api.test", "big.test", "unknown.test"]),
            probe(
                "dns-internet",
                after=("dns",),
                **here,
                port=dns,
                names=["example.com"],
                control={"kind": "probe", "id": "dns"},
            ),
            probe("dns-tunnel", **here, port=dns, zones=["evil.tunnel"], label_length=48, types=["TXT"]),
            probe("ntp", **here, port=ntp),
            probe("tls", **here, port=tls, name="vpn.test"),
            probe("certificate", **here, port=tls, name="vpn.test"),
            probe(
                "ipv6",
                endpoints=[
                    {"name": "up", "address": "::1", "port": six},
                    {"name": "down", "address": "::1", "port": shut},
                ],
            ),
            probe("proxy", **here, candidates=[{**here, "port": port} for port in proxies]),
            probe("management-ports", **here, ports=[ssh, shut], ssh_port=ssh),
            probe("management-outside", **here, ports=[ssh, shut]),
            probe("inbound", addresses=["127.0.0.1"], ports=[shut], ranges=[[ssh, ssh]]),
            probe("vpn-gateway", addresses=["127.0.0.1"], ports=[f"{ssh}/tcp", f"{snmp}/udp", f"{dns}/udp"]),
            probe("snmp", **here, port=snmp),
            probe(
                "ike",
                **here,
                port=ike,
                accept=["aes256-sha256-ecp256"],
                refuse=["3des-md5-modp1024", "des-md5-modp768"],
            ),
            probe("syslog", via="send", **here, port=log, hostname="JN-DSJ-CE01"),
            probe("bandwidth", **here, port=tcp, seconds=1, streams=2, deadline=9000),
            probe("nat-log", **here, port=tcp),
            probe("rib"),
        )
        code, probes, said = run(folder, scope)
    assert code == 0, said
    return {
        **probes,
        "der": {"facts": base64.b64encode(der).decode()},
        "ports": {"ssh": ssh, "six": six, "dns": dns, "proxies": proxies},
    }


def record_of(out: Path, holds: Callable[[Counter[str]], object], ask: Callable[[], None]) -> Row:
    """The far end's record, asked for until its counts are such."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        out.unlink(missing_ok=True)
        ask()
        while not out.exists() and time.monotonic() < until:
            time.sleep(0.01)
        document: Row = json.loads(out.read_text("utf-8"))
        if holds(Counter(document["counts"])):
            return document
    raise AssertionError(out.read_text("utf-8"))


def test_the_reference_point_and_the_source_that_it_sees(done: Mapping[str, Row]) -> None:
    assert facts(done, "base") == {"reached": True}
    assert facts(done, "source-seen") == {"sent": "127.0.0.1", "seen": "127.0.0.1", "lan": "lan"}
    assert done["elsewhere"]["state"] == "unsupported"


def test_what_answers_a_connect_or_a_datagram(done: Mapping[str, Row]) -> None:
    ssh, six = done["ports"]["ssh"], done["ports"]["six"]
    assert facts(done, "internet-tcp") == {"answers": ["127.0.0.1"]}
    assert facts(done, "internet-udp") == {"answers": ["127.0.0.1"]}
    assert facts(done, "vpn-isolation") == {"answers": [f"127.0.0.1:{ssh}", f"[::1]:{six}"]}
    assert facts(done, "inbound") == {"open": [f"127.0.0.1:{ssh}"]}
    assert facts(done, "management-outside") == {"address": "127.0.0.1", "open": [ssh]}
    assert facts(done, "ipv6") == {"reached": ["up"], "failed": ["down"]}


def test_controls_say_whether_the_path_was_there(done: Mapping[str, Row]) -> None:
    assert [done[one]["control"] for one in ("internet-tcp", "internet-udp", "dns-internet")] == [True, True, True]
    assert done["vpn-isolation"]["control"] is False
    assert done["dns"]["control"] is None


def test_names(done: Mapping[str, Row]) -> None:
    answers = facts(done, "dns")["answers"]
    assert answers["api.test"] == {"A": ["10.0.0.1"], "AAAA": ["2001:db8::1"], "rcode": 0}
    assert answers["big.test"] == {"A": ["10.0.0.2"], "AAAA": [], "rcode": 0}, "cut off by UDP, whole by TCP"
    assert answers["unknown.test"]["rcode"] == 5
    assert facts(done, "dns-internet")["answers"] == []
    (tunnel,) = facts(done, "dns-tunnel")["answers"]
    assert tunnel.endswith(".evil.tunnel")
    assert [len(label) for label in tunnel.split(".")[:2]] == [48, 48]


def test_time(done: Mapping[str, Row]) -> None:
    told = facts(done, "ntp")
    assert told["offset_ms"] == pytest.approx(servers.NTP_OFFSET * 1000, abs=100)
    assert (told["stratum"], told["leap"]) == (2, 0)


def test_tls_and_certificate(done: Mapping[str, Row]) -> None:
    versions = facts(done, "tls")["versions"]
    assert versions["TLSv1.2"] is versions["TLSv1.3"] is True
    assert not versions.get("TLSv1")
    assert not versions.get("TLSv1.1")
    assert facts(done, "certificate") == {"der": done["der"]["facts"], "name": "vpn.test"}


def test_proxies_are_told_from_web_servers(done: Mapping[str, Row]) -> None:
    http, web, socks = done["ports"]["proxies"]
    found = {(one["port"], one["kind"]) for one in facts(done, "proxy")["open"]}
    assert found == {(http, "connect"), (http, "get"), (socks, "socks5")}
    assert web not in {port for port, _ in found}


def test_management(done: Mapping[str, Row]) -> None:
    told, ssh = facts(done, "management-ports"), done["ports"]["ssh"]
    assert told["open"] == [ssh]
    expected = {"kex": ["curve25519-sha256"], "host_keys": ["ssh-ed25519"], "ciphers": ["aes256-ctr", "aes128-cbc"]}
    assert told["ssh"] == {**expected, "macs": ["hmac-sha2-256", "hmac-md5"], "version": "2.0"}
    assert facts(done, "snmp") == {"v1": False, "v2c": True, "v3": True}


def test_gateways(done: Mapping[str, Row]) -> None:
    ssh = done["ports"]["ssh"]
    assert facts(done, "vpn-gateway")["open"][0] == f"127.0.0.1:{ssh}/tcp"
    told = facts(done, "ike")
    assert told == {
        "accepted": ["aes256-sha256-ecp256"],
        "refused": ["3des-md5-modp1024", "des-md5-modp768"],
        "silent": False,
    }


def test_load_and_logs(done: Mapping[str, Row], far: tuple[int, int, int, Path, Any]) -> None:
    told = facts(done, "bandwidth")
    assert told["up_mbps"] > 1
    assert told["down_mbps"] > 1
    assert facts(done, "nat-log") == {"records": 0}
    assert isinstance(facts(done, "rib")["prefixes"], list)
    assert facts(done, "syslog")["event"] == responder.event_of(NONCE, "syslog")


def test_the_far_end_keeps_its_own_record(
    done: Mapping[str, Row], far: tuple[int, int, int, Path, Any], tmp_path: Path
) -> None:
    tcp, udp, log, out, process = far
    with socket.create_connection(("127.0.0.1", tcp), 5) as stranger:
        stranger.sendall(b'{"nonce": "another", "probe": "base"}\n')
        assert stranger.recv(100) == b"", "no word to those of another run"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(5)
        one.sendto(json.dumps({"nonce": NONCE, "probe": "by-udp"}).encode() + b" " * 40, ("127.0.0.1", udp))
        assert json.loads(one.recv(1000)) == {"seen": "127.0.0.1", "nonce": NONCE}
        one.sendto(b"<190>Nov 21 2026 20:30:01 CE01 %%01NAT/6/SESSION(l): translated", ("127.0.0.1", log))
    written = record_of(out, lambda counts: counts["translations"], lambda: process.send_signal(signal.SIGUSR1))
    (tmp_path / "observed").mkdir()
    (tmp_path / "observed" / out.name).write_bytes(out.read_bytes())
    document = {"schema": 1, "nonce": NONCE, "place": "lan", "ended": "2026-11-21T10:00:00+00:00", "probes": []}
    (tmp_path / "observed" / "lan.json").write_text(json.dumps(document | {"digest": agent.digest(document)}))
    observed = read_observed(tmp_path / "observed")
    assert observed is not None
    (event,) = observed.met("syslog", "syslog") or ()
    assert event.facts["hostname"] == "JN-DSJ-CE01"
    assert abs(event.facts["delay_ms"]) < 5000
    assert [one.source for one in observed.met("echo", "base") or ()] == ["127.0.0.1"]
    assert written["counts"]["foreign"] >= 1
    assert written["counts"]["translations"] == 1


# --- raw sockets ---


@raw
def test_echoes_paths_and_forged_sources(far: tuple[int, int, int, Path, Any], tmp_path: Path) -> None:
    _, udp, _, out, _ = far
    here: Row = {"address": "127.0.0.1"}
    forged = [{"label": "true", "source": ""}, {"label": "other", "source": "127.9.9.9"}]
    closed = servers.free(socket.SOCK_STREAM)
    code, probes, said = run(
        tmp_path,
        scope_of(
            probe("internet-icmp", addresses=["127.0.0.3"], control={"kind": "icmp", **here}),
            probe("internet-v6", addresses=["::1"], ports=[closed], udp_ports=[closed]),
            probe("area-isolation", addresses=["127.0.0.1"], ports=[closed], icmp=True),
            probe("latency", **here, packets=5, interval_ms=2),
            probe("loss", **here, packets=50, interval_ms=1),
            probe("path", **here),
            probe("mtu", **here, highest=1400),
            probe("mtu", id="mtu6", address="::1"),
            probe("spoof", **here, port=udp, sources=forged, packets=1),
            probe("spoof", id="spoof-tcp", **here, port=closed, protocol="tcp", sources=forged, packets=1),
            probe("spoof", id="spoof-icmp", **here, port=0, protocol="icmp", sources=forged, packets=1),
            probe("duplicate", **here, requests=1),
            probe("failover", **here, interval_ms=10, watch_ms=200),
        ),
    )
    assert code == 0, said
    assert (facts(probes, "internet-icmp"), probes["internet-icmp"]["control"]) == ({"answers": ["127.0.0.3"]}, True)
    assert facts(probes, "internet-v6") == {"answers": ["::1"]}
    assert facts(probes, "area-isolation") == {"answers": ["127.0.0.1:icmp"]}
    assert len(facts(probes, "latency")["rtt_ms"]) == 5
    assert facts(probes, "loss") == {"sent": 50, "received": 50}
    assert facts(probes, "path") == {"hops": ["127.0.0.1"], "reached": True}
    assert facts(probes, "mtu") == {"mtu": 1400, "black_hole": False}
    assert facts(probes, "mtu6") == {"mtu": 1500, "black_hole": False}
    assert len(facts(probes, "duplicate")["machines"]) == 1, "we do not hear ourselves, but are there"
    assert (probes["failover"]["state"], "not cut" in probes["failover"]["reason"]) == ("unsupported", True)
    now = out.parent / f"{out.name}.now"
    written = record_of(out, lambda counts: counts["spoof"] >= 6, now.touch)
    met = [one for one in written["met"] if one["kind"] == "spoof"]
    for id_ in ("spoof", "spoof-tcp", "spoof-icmp"):
        arrived = {(one["source"], one["facts"]["label"]) for one in met if one["probe"] == id_}
        assert arrived == {("127.0.0.1", "true"), ("127.9.9.9", "other")}, id_


def test_without_the_privilege_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_raw(family: int, type_: int = socket.SOCK_STREAM, protocol: int = 0) -> socket.socket:
        raise PermissionError

    monkeypatch.setattr(socket, "socket", without_raw)
    scope = agent._scope(scope_of(probe("path", address="127.0.0.1")))
    found = agent.Run(scope, "")
    found.measure_all()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert found.results[0]["state"] == "unsupported"
    assert "privilege" in found.results[0]["reason"]
