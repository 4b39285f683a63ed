"""A client that means harm to the simulated platform: bounded while the scene lasts, and gone when it is over."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from client_system import red, scenes, spec, standards

from conformance.dialogue.platform import play, server
from conformance.dialogue.platform.certificates import Certificates, make_certificates
from conformance.dialogue.platform.running import KEPT_BACK, MARK, start
from conformance.dialogue.platform.server import Arrived, Reply, serving
from conformance.dialogue.platform.session import basis_of, interface_of_job, judge_client, rows_of
from conformance.dialogue.platform.spec import Job
from conformance.evidence.key import VARIABLE
from conformance.judge.service.client_calls import Request, read_request

PATIENCE = 10.0


class Stage:
    """Takes every request, and keeps it."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.taken: list[Arrived] = []
        self._fails = fails

    def take(self, arrived: Arrived) -> tuple[int, Reply]:
        if self._fails:
            raise self._fails
        self.taken.append(arrived)
        return len(self.taken), Reply(200)

    def wait(self, number: int, reply: Reply) -> None:
        """Nothing is held back."""

    def answered(self, number: int, at: float) -> None:
        """Nothing is noted."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def connect(certificates: Certificates) -> Callable[[str], ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=certificates.ca)

    def connected(url: str) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=PATIENCE)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    return connected


def chunks(*parts: str) -> bytes:
    return ("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + "".join(parts)).encode()


@pytest.mark.parametrize(
    "octets",
    [
        chunks("-1\r\n", "x" * 4096),
        chunks(f"{server.BODY_BYTES + 1:x}\r\n", "x" * 4096),
        chunks("1\r\nx\r\n", f"{server.BODY_BYTES:x}\r\n", "x" * 4096),
        chunks("no number\r\n"),
        f"POST /x HTTP/1.1\r\nContent-Length: {server.BODY_BYTES + 1}\r\n\r\n".encode() + b"x" * 4096,
        b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + b"x" * 4096,
    ],
)
def test_a_body_without_an_end_is_cut_and_is_no_request(
    octets: bytes, certificates: Certificates, connect: Callable[[str], ssl.SSLSocket]
) -> None:
    stage = Stage()
    with serving(stage, certificates.context("")) as url, connect(url) as sock:
        sock.sendall(octets)
        with suppress(ssl.SSLError, ConnectionError):
            assert sock.recv(4096) == b""
    assert stage.taken == []


def test_bodies_in_chunks_are_read_whole(certificates: Certificates, connect: Callable[[str], ssl.SSLSocket]) -> None:
    stage = Stage()
    with serving(stage, certificates.context("")) as url, connect(url) as sock:
        sock.sendall(chunks("3\r\nabc\r\n", "2;x=y\r\nde\r\n", "0\r\n\r\n"))
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
    assert [one.body for one in stage.taken] == [b"abcde"]


def test_what_breaks_on_our_side_is_not_hidden(
    certificates: Certificates, connect: Callable[[str], ssl.SSLSocket]
) -> None:
    with (
        pytest.raises(LookupError, match="ours"),
        serving(Stage(LookupError("ours")), certificates.context("")) as url,
        connect(url) as sock,
    ):
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        sock.recv(4096)


def test_many_slow_connections_are_bounded_and_end_with_the_platform(
    certificates: Certificates, connect: Callable[[str], ssl.SSLSocket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 12)
    before = threading.active_count()
    with ExitStack() as held:
        with serving(Stage(), certificates.context("")) as url:
            port = int(url.rpartition(":")[2])
            for _ in range(6):
                sock = held.enter_context(connect(url))
                sock.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
            for _ in range(60):
                held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            assert threading.active_count() - before <= 12 + 1
            begun = time.monotonic()
        assert time.monotonic() - begun < server._GRACE_SECONDS
        while threading.active_count() > before and time.monotonic() - begun < server._GRACE_SECONDS:
            time.sleep(0.001)
        assert threading.active_count() == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def test_a_scene_keeps_no_more_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "_KEPT_BYTES", 10_000)
    declared, rules = spec(), standards().services
    pool = rows_of(declared, rules, standards(), "deliver")
    basis = basis_of(declared, rules, standards(), "deliver", pool)
    (scene,) = scenes(["deliver-well"]).scenes
    played = play.Play(scene, interface_of_job(declared, "deliver"), basis, pool, most=10**9)
    for _ in range(50):
        number, reply = played.take(Arrived("POST", "/x", (), b"x" * 4000, 0, 0.0))
        played.answered(number, 1.0)
    assert (len(played.said), played.bounded, played.ended.is_set(), reply.status) == (3, True, True, 0)


#: A job that leaves its group and its session, lives on, and says under which id.
_SURVIVOR = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], "w").write(f"{os.getpid()} {sorted(os.environ)}")
        time.sleep(600)
    os._exit(0)
while not os.path.exists(sys.argv[1]) or not open(sys.argv[1]).read(): time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process that left its group is not found")
def test_a_process_that_left_its_group_ends_with_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "ab" * 32)
    said, over = tmp_path / "pid", threading.Event()
    running = start((sys.executable, "-S", "-c", _SURVIVOR, str(said)), tmp_path, over.set)
    assert over.wait(PATIENCE)
    assert running.code() == 0
    pid, _, names = said.read_text().partition(" ")
    assert MARK in names
    assert KEPT_BACK == VARIABLE
    assert KEPT_BACK not in names
    assert gone(int(pid))


def gone(pid: int) -> bool:
    """Whether a process has ended, or does so in a moment."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_output_that_cannot_be_read_is_no_crash() -> None:
    """A folder in the output's place, a pipe, and more lines than are read."""
    made = "import os, sys; p = sys.argv[3]; {}"
    for words in ("os.mkdir(p)", "os.mkfifo(p)", "open(p,'w').write('{{}}\\n'*300000)"):
        job = Job(
            "enterprise-query",
            (sys.executable, "-S", "-c", made.format(words) + "; " + _ASKS, "{url}", "{ca}", "{output}"),
        )
        found = judge_client(
            replace(spec(jobs=("fetch",)), fetch=job, seconds=20),
            standards().services,
            standards(),
            scenes=scenes(["fetch-well"]),
        )
        assert "client-paging" in red(found)


#: One request, so that the client is not one that never calls.
_ASKS = (
    "import ssl,http.client,urllib.parse; u=urllib.parse.urlsplit(sys.argv[1]); "
    "c=http.client.HTTPSConnection(u.netloc,context=ssl.create_default_context(cafile=sys.argv[2])); "
    "c.request('GET','/'); c.getresponse().read()"
)


@pytest.fixture(scope="module")
def refused() -> Iterator[Callable[[str, bytes], set[str]]]:
    declared, rules = spec(), standards().services
    rows = rows_of(declared, rules, standards(), "deliver")
    basis = basis_of(declared, rules, standards(), "deliver", rows)

    def broken(target: str, body: bytes) -> set[str]:
        headers = (("Content-Type", "application/json"),) if body else ()
        said = read_request(Request("s", 1, "POST" if body else "GET", target, headers, body, 0, 0.0), basis)
        return {fault.rule for fault in said.faults}

    yield broken


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("http://[/x", b""),
        ("/gateway/api/1/enterprise-query?" + "ab&" * 20_000, b""),
        *(
            ("/gateway/api/1/enterprise-transfer", json.dumps(body).encode())
            for body in (
                {"series": "s", "batch": "000001", "records": [{"CZLX": []}]},
                {"series": "s", "batch": "000001", "records": [{"CZLX": {}}]},
                {"series": "s", "batch": "000001", "records": [{"CZLX": "I", "JGMC": "\ud800"}]},
            )
        ),
        ("/gateway/api/1/enterprise-transfer", b'{"series": ' + b"1" * 5000 + b"}"),
        ("/gateway/api/1/enterprise-transfer", b"[" * 100_000),
    ],
)
def test_a_request_of_any_shape_is_a_fault_of_the_client(
    target: str, body: bytes, refused: Callable[[str, bytes], set[str]]
) -> None:
    assert "client-parameters" in refused(target, body)
