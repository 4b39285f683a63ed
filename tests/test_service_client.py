"""What carries calls: whatever a server does ends in an answer, within bounds of time and of octets."""

from __future__ import annotations

import gzip
import random
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from hostile_server import Behaviour, HostileServer, Visit, answer, tls_of

from conformance.judge.service.model import Call, Twist
from conformance.standard.services.model import ServiceRules
from conformance.standard.services.reading import read_service_rules
from conformance.system.service import client as client_module
from conformance.system.service.client import LineDown, LineSpent, ServiceClient
from conformance.system.service.encoding import encoded
from conformance.system.service.limits import Bounds
from conformance.system.service.reach import Credentials, NotAllowed, Reach
from conformance.system.service.wire import opened

ROOT = Path(__file__).parents[1]
OK = answer(b"{}")
PATIENCE_MS, LIMIT = 400, 1 << 16
GET = Call("query", "GET", "/api/query")
POST = Call("transfer", "POST", "/api/transfer", body=b'{"a": 1}', content_type="application/json")
Line = Callable[..., ServiceClient]
Serve = Callable[[Behaviour], HostileServer]


@pytest.fixture(scope="module")
def rules() -> ServiceRules:
    return read_service_rules(ROOT / "standards" / "services" / "2020")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def anchor(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("127.0.0.1")


@pytest.fixture
def serve(certificate: trustme.LeafCert) -> Iterator[Serve]:
    servers: list[HostileServer] = []

    def start(behave: Behaviour) -> HostileServer:
        servers.append(HostileServer(behave, tls_of(certificate)).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture
def line(rules: ServiceRules, anchor: Path) -> Iterator[Line]:
    clients: list[ServiceClient] = []

    def connect(port: int, base: str = "", **changes: object) -> ServiceClient:
        reach = Reach(
            url=f"https://127.0.0.1:{port}{base}",
            credentials={"tester": Credentials("client-a", b"synthetic-secret")},
            ca=anchor,
            hosts=("127.0.0.1",),
            requests=1000,
            rate=1000,
            seconds=60,
            patience_ms=PATIENCE_MS,
            answer_bytes=LIMIT,
            attempts=2,
            pause_ms=10,
        )
        clients.append(ServiceClient(replace(reach, **changes), rules, session="test"))  # type: ignore[arg-type]
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def keeps_answering(visit: Visit) -> None:
    """Answers each request on a connection, and keeps it."""
    visit.say(OK)
    while visit.hear():
        visit.say(OK)


# What is sent


def test_parameters_are_encoded_and_raw_ones_sent_as_they_are(serve: Serve, line: Line) -> None:
    server = serve(lambda visit: visit.say(answer(visit.head.split(b"\r\n")[0], "200 OK", "Connection: close")))
    client = line(server.port, "/gateway/")
    query = (("XM", "张 三"), ("A", "a-b._~+/&=%"))
    assert client.send(replace(GET, query=query)).body == (
        b"GET /gateway/api/query?XM=%E5%BC%A0%20%E4%B8%89&A=a-b._~%2B%2F%26%3D%25 HTTP/1.1"
    )
    raw = client.send(replace(GET, query=query, raw_query="XM=张+三&A=%zz&&a=%c4"))
    assert raw.body == "GET /gateway/api/query?XM=张+三&A=%zz&&a=%c4 HTTP/1.1".encode()
    assert encoded([("名", "")]) == "%E5%90%8D="


def test_the_head_says_what_it_must_and_no_more(serve: Serve, line: Line) -> None:
    server = serve(lambda visit: visit.say(answer(visit.head + b"|" + visit.body)))
    call = replace(POST, headers=(("X-Extra", "张"),))
    head, _, body = line(server.port).send(call).body.partition(b"|")
    names = [row.partition(": ")[0] for row in head.decode().split("\r\n")[1:]]
    convention = ["X-Client-Id", "X-Timestamp", "X-Nonce", "X-Signature"]
    assert names == [
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Content-Type",
        "Content-Length",
        *convention,
        "X-Extra",
    ]
    assert b"Accept-Encoding: identity" in head
    assert b"Content-Length: 8" in head
    assert body == POST.body


@pytest.mark.parametrize(
    "call",
    [replace(GET, raw_query="a b"), replace(GET, method="GET /x"), replace(GET, headers=(("X", "a\r\nEvil: 1"),))],
)
def test_nothing_is_smuggled_into_a_request(call: Call, serve: Serve, line: Line) -> None:
    server = serve(keeps_answering)
    with pytest.raises(ValueError, match=r"holds? "):
        line(server.port).send(call)


def test_nonces_are_numbers_and_never_repeat_unless_the_twist_says(serve: Serve, line: Line) -> None:
    server = serve(keeps_answering)
    client = line(server.port)
    answers = [*(client.send(GET) for _ in range(5)), *client.send_together([GET] * 5)]
    assert len({one.nonce for one in answers}) == 10
    assert all(one.nonce.isdigit() and int(one.nonce) < 2**63 for one in answers)
    again = client.send(replace(GET, twist=Twist(nonce=answers[0].nonce)))
    assert again.nonce == answers[0].nonce


def test_a_proxy_of_the_environment_is_not_asked(serve: Serve, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert line(serve(keeps_answering).port).send(GET).status == 200


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://127.0.0.1:1", ("localhost",)),
        ("http://127.0.0.1:1", ("127.0.0.1",)),
        ("https://user:word@127.0.0.1:1", ("127.0.0.1",)),
        ("https://127.0.0.1:port", ("127.0.0.1",)),
    ],
)
def test_only_https_on_an_allowed_host_is_called(url: str, hosts: tuple[str, ...], line: Line) -> None:
    with pytest.raises(NotAllowed):
        line(1, url=url, hosts=hosts)


# What comes back


def drips(visit: Visit) -> None:
    for octet in OK * 100:
        if visit.over.wait(0.05):
            return
        visit.say(bytes([octet]))


def endless_headers(visit: Visit) -> None:
    visit.say(b"HTTP/1.1 200 OK\r\n")
    while not visit.over.is_set():
        visit.say(b"X-A: " + b"a" * 4000 + b"\r\n")


def endless_header_line(visit: Visit) -> None:
    visit.say(b"HTTP/1.1 200 OK\r\nX-A: ")
    while not visit.over.is_set():
        visit.say(b"a" * 65536)


def dripped_head(visit: Visit) -> None:
    visit.say(b"HTTP/1.1 200 OK\r\n")
    while not visit.over.wait(0.05):
        visit.say(b"A: b\r\n")


def continues_for_ever(visit: Visit) -> None:
    while not visit.over.is_set():
        visit.say(b"HTTP/1.1 100 Continue\r\n\r\n")


def dripped_continues(visit: Visit) -> None:
    while not visit.over.wait(0.05):
        visit.say(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def endless_trailer(visit: Visit) -> None:
    visit.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
    while not visit.over.wait(0.02):
        visit.say(b"A: b\r\n")


def bad_chunk(visit: Visit) -> None:
    visit.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    visit.hold()


HOSTILE: list[tuple[Behaviour, str]] = [
    (lambda visit: visit.hold(), "timeout"),
    (drips, "timeout"),
    (dripped_head, "timeout"),
    (dripped_continues, "timeout"),
    (endless_trailer, "timeout"),
    (endless_headers, "protocol"),
    (endless_header_line, "protocol"),
    (continues_for_ever, "protocol"),
    (lambda visit: visit.say(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol"),
    (lambda visit: visit.say(b"HTTP/2 200 OK\r\n\r\n"), "protocol"),
    (lambda visit: visit.say(b"HTTP/1.1 banana\r\n\r\n"), "protocol"),
    (bad_chunk, "protocol"),
    (lambda _: None, "closed"),
    (lambda visit: visit.say(b"HTTP/1.1 20"), "closed"),
    (lambda visit: visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"), "closed"),
    (lambda visit: visit.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}"), "closed"),
]


@pytest.mark.parametrize(("behave", "failure"), HOSTILE)
def test_whatever_is_no_answer_ends_in_time_and_is_named(
    behave: Behaviour, failure: str, serve: Serve, line: Line
) -> None:
    client = line(serve(behave).port)
    begun = time.monotonic()
    came = client.send(POST)
    assert (came.status, came.failure, came.body) == (0, failure, b"")
    assert time.monotonic() - begun < PATIENCE_MS / 1000 + 1
    assert came.nonce


FRAGMENTS = [
    *(
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 204 ",
        b"HTTP/1.1 103 E",
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b": ",
        b";",
        b"\x00\xff\r",
        b" ",
    ),
    *(b"Content-Length: 3\r\n", b"Content-Length: -1\r\n", b"Content-Length: 9e9\r\n", b"Content-Length: \xff\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"-1\r\n", b"3\r\n{}\n\r\n", b"0\r\n\r\n"),
]


def test_no_octets_whatever_raise_anything(serve: Serve, line: Line) -> None:
    chance = random.Random(20261121)  # noqa: S311 - test data
    said = [b"".join(chance.choices(FRAGMENTS, k=chance.randint(1, 9))) for _ in range(150)]
    said += [b"HTTP/1.1 200 OK\r\n" + one for one in said]
    server = serve(lambda visit: visit.say(said[visit.number - 1]))
    client = line(server.port)
    answers = [client.send(POST) for _ in said]
    assert len(server.visits) == len(said)
    assert {one.failure for one in answers} == {"", "closed", "protocol"}
    assert all(bool(one.status) != bool(one.failure) for one in answers)


def test_a_head_is_bounded_too(serve: Serve, line: Line) -> None:
    """Ninety lines of sixty thousand octets: each of them is allowed, all of them are not."""
    head = b"".join(b"X-%d: " % number + b"a" * 60_000 + b"\r\n" for number in range(90))
    client = line(serve(lambda visit: visit.say(OK.replace(b"\r\n", b"\r\n" + head, 1))).port, patience_ms=3000)
    assert client.send(POST).failure == "protocol"


def endless_body(visit: Visit) -> None:
    visit.say(b"HTTP/1.1 200 OK\r\n\r\n")
    while not visit.over.is_set():
        visit.say(b"x" * 65536)


def endless_small_chunks(visit: Visit) -> None:
    visit.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not visit.over.is_set():
        visit.say(b"1;" + b"e" * 1000 + b"\r\nx\r\n")


@pytest.mark.parametrize("behave", [endless_body, endless_small_chunks, endless_headers, endless_header_line])
def test_memory_stays_within_one_answer(behave: Behaviour, serve: Serve, line: Line) -> None:
    client = line(serve(behave).port, patience_ms=3000)
    tracemalloc.start()
    try:
        came = client.send(POST)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert came.truncated or came.failure == "protocol"
    assert len(came.body) <= LIMIT
    assert peak < 8 << 20


@pytest.mark.parametrize(("length", "truncated"), [(LIMIT - 1, False), (LIMIT, False), (LIMIT + 1, True)])
def test_a_body_is_truncated_only_beyond_the_bound(length: int, truncated: bool, serve: Serve, line: Line) -> None:
    came = line(serve(lambda visit: visit.say(answer(b"x" * length))).port).send(GET)
    assert (came.status, came.truncated, len(came.body)) == (200, truncated, min(length, LIMIT))


def test_a_redirection_is_an_answer_and_is_not_followed(serve: Serve, line: Line) -> None:
    other = serve(keeps_answering)
    where = f"Location: https://127.0.0.1:{other.port}/"
    came = line(serve(lambda visit: visit.say(answer(b"", "302 Found", where))).port).send(GET)
    assert (came.status, came.header("LOCATION")) == (302, where.partition(" ")[2])
    assert other.visits == []


def test_nothing_is_decoded(serve: Serve, line: Line) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    came = line(serve(lambda visit: visit.say(answer(bomb, "200 OK", "Content-Encoding: gzip"))).port).send(GET)
    assert came.body == bomb
    assert not came.truncated


def test_a_chunked_answer_after_interim_ones_is_read(serve: Serve, line: Line) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n0\r\nX-T: 1\r\n\r\n"
    before = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    client = line(serve(lambda visit: visit.say(before + chunked)).port)
    assert client.send(GET).body == b"{}\n"


def test_a_refusal_that_comes_before_the_upload_ended_is_heard(serve: Serve, line: Line) -> None:
    """The server reads nothing of the body, and does not close either."""

    def refuse(visit: Visit) -> None:
        visit.say(answer(b"{}", "413 Content Too Large"))
        visit.hold()

    server = serve(refuse)
    came = line(server.port, patience_ms=3000).send(replace(POST, body=b"x" * (32 << 20)))
    assert (came.status, came.body) == (413, b"{}")


def test_times_tell_the_service_from_ourselves(serve: Serve, line: Line) -> None:
    def think(visit: Visit) -> None:
        visit.over.wait(0.2)
        visit.say(OK)

    server = serve(think)
    came = line(server.port).send(GET)
    assert 0.2 <= came.seconds < PATIENCE_MS / 1000
    assert 0 < came.own_seconds < 0.1


# Connections


def test_a_connection_is_kept_and_used_again(serve: Serve, line: Line) -> None:
    server = serve(keeps_answering)
    client = line(server.port)
    assert [client.send(call).status for call in (GET, POST, GET)] == [200] * 3
    assert len(server.visits) == 1


def test_octets_that_nobody_asked_for_are_no_answer(serve: Serve, line: Line) -> None:
    """A body longer than it says: what is too much never is taken for the next answer."""

    def say_too_much(visit: Visit) -> None:
        visit.say(OK + b"HTTP/1.1 500 Evil\r\n\r\n")
        keeps_answering(visit)

    server = serve(say_too_much)
    client = line(server.port)
    assert [client.send(GET).status for _ in range(3)] == [200] * 3


def answers_once(visit: Visit) -> None:
    """Says that it keeps the connection, and closes it when the next request comes."""
    visit.say(OK)
    visit.hear()


def test_a_get_on_a_connection_that_was_closed_meanwhile_goes_out_again(serve: Serve, line: Line) -> None:
    server = serve(answers_once)
    client = line(server.port)
    first, second = client.send(GET), client.send(GET)
    assert (first.status, second.status) == (200, 200)
    nonces = [visit.header("X-Nonce") for visit in server.visits]
    assert len(nonces) == 2
    assert len({first.nonce, *nonces}) == 3, "signed anew: the nonce may be known by now"


def test_a_post_never_goes_out_twice(serve: Serve, line: Line) -> None:
    server = serve(answers_once)
    client = line(server.port)
    assert client.send(POST).status == 200
    assert client.send(POST).failure == "closed"
    assert len(server.visits) == 1


@pytest.mark.parametrize("number", [0, 3, 8])
def test_an_upload_is_broken_off_where_it_is_to_be(number: int, serve: Serve, line: Line) -> None:
    gone = threading.Event()

    def listen(visit: Visit) -> None:
        visit.hear_out()
        gone.set()

    server = serve(listen)
    came = line(server.port).send(replace(POST, cut_after=number))
    assert (came.status, came.failure) == (0, "closed")
    assert gone.is_set(), "the call returns when the server has noticed"
    visit = server.visits[0]
    assert visit.header("Content-Length") == "8"
    assert visit.body == (POST.body or b"")[:number]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_nobody_there_is_told_after_the_attempts(line: Line) -> None:
    client = line(unused_port(), attempts=3, pause_ms=30)
    begun = time.monotonic()
    with pytest.raises(LineDown) as down:
        client.send(GET)
    assert down.value.kind == "refused"
    assert 0.06 <= time.monotonic() - begun < 1
    with pytest.raises(LineDown):
        client.send_together([GET, GET])


def test_a_node_that_comes_back_is_found(certificate: trustme.LeafCert, line: Line) -> None:
    with HostileServer(keeps_answering, tls_of(certificate)) as server:
        client = line(server.port, attempts=100, pause_ms=20)
        assert client.send(GET).status == 200
    port = server.port
    back = threading.Event()

    def come_back() -> None:
        listener = socket.create_server(("127.0.0.1", port))
        late = HostileServer(keeps_answering, tls_of(certificate))
        late._listener.close()
        late._listener = listener
        with late:
            back.wait(5)

    thread = threading.Timer(0.1, come_back)
    thread.start()
    try:
        assert client.send(GET).status == 200
    finally:
        back.set()
        thread.join()


def test_somebody_who_accepts_and_says_nothing_is_waited_for_in_vain(line: Line) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        came = line(listener.getsockname()[1]).send(GET)
    assert (came.status, came.failure) == (0, "timeout")


def test_calls_are_made_together(serve: Serve, line: Line) -> None:
    """No call is answered before all have come."""
    everybody = threading.Barrier(6)

    def wait_for_all(visit: Visit) -> None:
        everybody.wait(5)
        visit.say(answer(visit.head.split(b" ")[1]))

    server = serve(wait_for_all)
    calls = [replace(GET, query=(("n", str(number)),)) for number in range(6)]
    answers = line(server.port, patience_ms=5000).send_together(calls)
    assert [one.body for one in answers] == [f"/api/query?n={number}".encode() for number in range(6)]


def test_no_call_is_sent_before_every_connection_stands(
    serve: Serve, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[int] = []
    stood: list[int] = []
    early: list[int] = []

    def slowly(*arguments: Any) -> socket.socket:
        began.append(1)
        threading.Event().wait(0.05 * len(began))
        sock = opened(*arguments)
        stood.append(1)
        return sock

    def look(visit: Visit) -> None:
        early.append(len(stood))
        visit.say(OK)

    client = line(serve(look).port)
    monkeypatch.setattr(client_module, "opened", slowly)
    assert [one.status for one in client.send_together([POST] * 4)] == [200] * 4
    assert early == [4] * 4


# Bounds


def test_no_more_calls_than_declared(serve: Serve, line: Line) -> None:
    client = line(serve(keeps_answering).port, requests=3)
    client.send(GET)
    with pytest.raises(LineSpent):
        client.send_together([GET] * 3)
    client.send_together([GET] * 2)
    with pytest.raises(LineSpent):
        client.send(GET)


def test_no_longer_than_declared() -> None:
    clock = iter([0.0, 5.0, 10.0])
    bounds = Bounds(100, 100, 10, lambda: next(clock))
    bounds.take()
    bounds.take()
    with pytest.raises(LineSpent):
        bounds.take()


def test_no_faster_than_declared() -> None:
    bounds = Bounds(1000, 50, 60, time.monotonic)
    begun = time.monotonic()
    bounds.take(50)
    assert time.monotonic() - begun < 0.1
    for _ in range(10):
        bounds.take()
    assert 0.19 <= time.monotonic() - begun < 1


def test_a_wait_beyond_the_end_is_not_begun() -> None:
    bounds = Bounds(1000, 1, 5, time.monotonic)
    bounds.take(20)
    begun = time.monotonic()
    with pytest.raises(LineSpent):
        bounds.take()
    assert time.monotonic() - begun < 0.1


@pytest.mark.parametrize(
    ("refused", "nonce", "expected"), [(2, "", (200, 3)), (9, "", (429, 3)), (1, "12345", (429, 1))]
)
def test_a_node_that_is_asked_too_often_is_asked_again_when_it_says(
    refused: int, nonce: str, expected: tuple[int, int], serve: Serve, line: Line
) -> None:
    seen: list[Visit] = []

    def behave(visit: Visit) -> None:
        seen.append(visit)
        often = answer(b"", "429 Too Many Requests", "Retry-After: 0", "Connection: close")
        visit.say(often if len(seen) <= refused else OK)

    call = replace(POST, twist=Twist(nonce=nonce))
    status = line(serve(behave).port).send(call).status
    assert (status, len(seen)) == expected


@pytest.mark.parametrize(("refused", "expected"), [((2,), [200, 200]), ((2, 3), [200, 429])])
def test_calls_at_once_that_come_too_often_are_made_once_more(
    refused: tuple[int, ...], expected: list[int], serve: Serve, line: Line
) -> None:
    seen: list[Visit] = []

    def behave(visit: Visit) -> None:
        seen.append(visit)
        often = answer(b"", "429 Too Many Requests", "Retry-After: 0", "Connection: close")
        visit.say(often if len(seen) in refused else OK)

    answers = line(serve(behave).port).send_together([POST, POST])
    assert sorted(one.status for one in answers) == expected
    assert len(seen) == 4
