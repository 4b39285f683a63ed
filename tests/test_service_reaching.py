"""What is wrong with a configuration is told as that, with its mend; what is wrong with a node is left to be judged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hostile_server import HostileServer, Visit, answer, tls_of

from conformance.judge.service.model import Call
from conformance.messages import LANGUAGES
from conformance.standard.services.model import ServiceRules
from conformance.standard.services.reading import read_service_rules
from conformance.system.problem import ConfigurationError, Place, Problem
from conformance.system.service.reach import HOST, STRENGTH, TIME, VERSION, Credentials, NotAllowed, Reach
from conformance.system.service.reaching import reached, secret_of
from conformance.system.service.tls import certificate_facts, offered_versions, plain_answer
from conformance.system.service.wire import NotReached

ROOT = Path(__file__).parents[1]
RULES: ServiceRules = read_service_rules(ROOT / "standards" / "services" / "2020")
PROFILE = RULES.profiles["default"]
SECRETS = {"client-a": b"synthetic-a", "client-b": b"synthetic-b"}
PROBES = (
    Call("query", "GET", "/gateway/query", (("XM", "张三"),)),
    Call("verify", "GET", "/gateway/verify"),
    Call("query", "GET", "/gateway/query", client="second"),
)


@dataclass
class Node:
    """A small node that signs and refuses by the convention. ``answer`` stands in place of its right answer."""

    certificate: trustme.LeafCert
    clock_ms: int = 0
    tells_time: bool = True
    answer: Callable[[str], tuple[int, str, bytes]] | None = None
    everything: bool = False
    only_old: bool = False
    calls: list[str] = field(default_factory=list)

    def __enter__(self) -> Node:
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, kind, body = node.answered(self)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - overridden
                return formatdate(time.time() + node.clock_ms / 1000, usegmt=True) if node.tells_time else ""

            def log_message(self, *_: object) -> None:
                """Tests tell what is wrong."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = tls_of(self.certificate, everything=self.everything)
        if self.only_old:
            context = tls_of(self.certificate, everything=True)
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answered(self, handler: BaseHTTPRequestHandler) -> tuple[int, str, bytes]:
        self.calls.append(handler.path)
        if self.answer:
            return self.answer(handler.path)
        code = self.code(handler)
        body = {"code": code, "message": "", "requestId": str(len(self.calls)), "data": {}}
        error = RULES.error_of(code)
        return error.status if error else 200, "application/json", json.dumps(body).encode()

    def code(self, handler: BaseHTTPRequestHandler) -> str:
        if not handler.path.startswith("/gateway/"):
            return RULES.errors["not-found"].code
        who, sent, nonce, signature = (handler.headers.get(name, "") for name in RULES.signing.headers.values())
        if who not in SECRETS:
            return RULES.errors["unknown-client"].code
        if abs(int(sent) - time.time() * 1000 - self.clock_ms) > RULES.signing.valid_ms:
            return RULES.errors["stale-timestamp"].code
        digest = hmac.new(SECRETS[who], f"{who}{sent}{nonce}".encode(), hashlib.sha256).digest()
        right = base64.b64encode(digest).decode() == signature
        return RULES.success.code if right else RULES.errors["bad-signature"].code


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Anchor of the tests")


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("127.0.0.1")


@pytest.fixture(scope="module")
def reach(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Reach:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return Reach(
        url="",
        credentials={
            "tester": Credentials("client-a", SECRETS["client-a"]),
            "second": Credentials("client-b", SECRETS["client-b"]),
        },
        ca=path,
        hosts=("127.0.0.1", "localhost", "no-such-host.invalid"),
        requests=100,
        rate=1000,
        seconds=60,
        patience_ms=1500,
        answer_bytes=1 << 16,
        attempts=2,
        pause_ms=10,
    )


@pytest.fixture
def node(certificate: trustme.LeafCert) -> Iterator[Node]:
    with Node(certificate) as running:
        yield running


def place(*path: str) -> Place:
    return Place(1, 1, ".".join(path))


def at(reach: Reach, port: int, **changes: object) -> Reach:
    return replace(reach, **{"url": f"https://127.0.0.1:{port}", **changes})  # type: ignore[arg-type]


def problems(reach: Reach) -> tuple[Problem, ...]:
    return reached(reach, PROBES, RULES, PROFILE, place)[1]


def only(reach: Reach, id_: str, path: str) -> Problem:
    """The one problem that is found; its texts and its mend can be said."""
    found = problems(reach)
    assert [(one.message.id, one.path) for one in found] == [(id_, path)]
    for language in LANGUAGES:
        assert found[0].message.render(language)
        assert found[0].mend.render(language)
    return found[0]


# All well


def test_a_node_that_is_as_declared_is_reached_and_nothing_is_forgiven(reach: Reach, node: Node) -> None:
    assert reached(at(reach, node.port), PROBES, RULES, PROFILE, place) == (at(reach, node.port), ())
    assert len(node.calls) == len(PROBES)


# Not reached


def test_nobody_listens(reach: Reach, node: Node) -> None:
    with HostileServer(lambda _: None, None) as server:
        port = server.port
    only(at(reach, port), "source.reach-refused", "url")


def test_a_host_that_there_is_not(reach: Reach) -> None:
    only(replace(reach, url="https://no-such-host.invalid:1"), "source.reach-no-host", "url")


def test_a_host_that_is_not_allowed_is_not_called(reach: Reach, node: Node) -> None:
    only(at(reach, node.port, hosts=("localhost",)), "source.reach-not-allowed", "url")
    assert node.calls == []


def test_a_port_without_tls(reach: Reach) -> None:
    with HostileServer(Visit.hold, None) as server:
        only(at(reach, server.port, patience_ms=300), "source.reach-silent", "url")
    for behave in (lambda visit: visit.say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), lambda _: None):
        with HostileServer(behave, None, hears=False) as server:
            only(at(reach, server.port), "source.reach-no-tls", "url")


def test_a_port_that_says_nothing_to_calls(reach: Reach, certificate: trustme.LeafCert) -> None:
    with HostileServer(Visit.hold, tls_of(certificate)) as server:
        only(at(reach, server.port, patience_ms=200), "source.reach-silent", "url")
    with HostileServer(lambda visit: visit.say(b"220 smtp\r\n"), tls_of(certificate)) as server:
        only(at(reach, server.port), "source.reach-no-http", "url")


def test_a_chain_of_another_authority(reach: Reach, node: Node, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    found = only(at(reach, node.port, ca=other), "source.reach-untrusted", "ca")
    assert "Anchor of the tests" in found.message.render("en"), "it says who issued it"
    assert node.calls == []
    system = only(at(reach, node.port, ca=None), "source.reach-untrusted", "ca")
    assert system.message.id == found.message.id


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_trust_anchor_that_is_none(content: bytes | None, reach: Reach, node: Node, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    only(at(reach, node.port, ca=path), "source.reach-anchor", "ca")


# Reached, but not as declared


def test_a_url_with_the_wrong_path(reach: Reach, node: Node) -> None:
    only(at(reach, node.port, url=f"https://127.0.0.1:{node.port}/elsewhere"), "source.reach-elsewhere", "url")


@pytest.mark.parametrize(
    "answered",
    [
        (404, "text/plain", b"Not Found"),
        (302, "text/html", b""),
        (200, "text/html", b"<h1>It works!</h1>"),
        (401, "text/html", b"<h1>Who are you?</h1>"),
    ],
)
def test_a_url_of_another_server(answered: tuple[int, str, bytes], reach: Reach, certificate: trustme.LeafCert) -> None:
    with Node(certificate, answer=lambda _: answered) as other:
        only(at(reach, other.port), "source.reach-elsewhere", "url")


@pytest.mark.parametrize(
    "answered",
    [
        (500, "text/plain", b"Internal Server Error"),
        (503, "text/html", b"<h1>Service Unavailable</h1>"),
        (200, "text/html", b'{"code": "00000"}'),
        (200, "application/json", b'{"code": "000'),
        (200, "application/json", '{"code": "00000", "message": "成功"}'.encode("gb18030")),
        (200, "application/xml", b"<answer/>"),
        (400, "application/json", b'{"detail": "no"}'),
    ],
)
def test_a_node_that_answers_wrongly_is_left_to_be_judged(
    answered: tuple[int, str, bytes], reach: Reach, certificate: trustme.LeafCert
) -> None:
    with Node(certificate, answer=lambda _: answered) as wrong:
        assert problems(at(reach, wrong.port)) == ()


def test_one_interface_that_is_not_there_is_left_to_be_judged(reach: Reach, certificate: trustme.LeafCert) -> None:
    def one_missing(path: str) -> tuple[int, str, bytes]:
        return (404, "text/plain", b"") if path.startswith("/gateway/query") else (200, "application/json", b"{}")

    with Node(certificate, answer=one_missing) as node:
        assert problems(at(reach, node.port)) == ()


@pytest.mark.parametrize("role", ["tester", "second"])
def test_a_wrong_secret_and_an_unknown_client_are_told_of_whose_they_are(role: str, reach: Reach, node: Node) -> None:
    known = reach.credentials[role]
    wrong = {**reach.credentials, role: Credentials(known.id, b"another")}
    found = only(at(reach, node.port, credentials=wrong), "source.reach-secret", f"clients.{role}.secret")
    assert "another" not in found.message.render("en")
    unknown = {**reach.credentials, role: Credentials("nobody", known.secret)}
    only(at(reach, node.port, credentials=unknown), "source.reach-client", f"clients.{role}.id")


@pytest.mark.parametrize("off_ms", [-61_000 * 2, 61_000 * 2, 11 * 60_000, -400 * 86_400_000])
def test_clocks_that_differ_are_told_with_both_times(off_ms: int, reach: Reach, certificate: trustme.LeafCert) -> None:
    with Node(certificate, clock_ms=off_ms) as node:
        found = only(at(reach, node.port), "source.reach-clock", "url")
    said = found.message.params
    times = [datetime.fromisoformat(str(said[name])) for name in ("theirs", "ours")]
    assert abs((times[0] - times[1]).total_seconds() - off_ms / 1000) <= 2
    assert "NTP" in found.mend.render("en")


def test_the_clock_of_the_tester_is_told_too(reach: Reach, node: Node) -> None:
    ahead = reached(
        at(reach, node.port), PROBES, RULES, PROFILE, place, now_ms=lambda: round(time.time() * 1000) + 3_600_000
    )
    assert [one.message.id for one in ahead[1]] == ["source.reach-clock"]


def test_clocks_that_differ_little_are_none_of_our_business(reach: Reach, certificate: trustme.LeafCert) -> None:
    with Node(certificate, clock_ms=50_000) as node:
        assert problems(at(reach, node.port)) == ()


def test_a_node_that_tells_no_time_and_finds_every_call_stale(reach: Reach, certificate: trustme.LeafCert) -> None:
    with Node(certificate, clock_ms=3_600_000, tells_time=False) as node:
        only(at(reach, node.port), "source.reach-stale", "url")


def test_bounds_that_do_not_even_allow_to_try(reach: Reach, node: Node) -> None:
    only(at(reach, node.port, requests=2), "source.reach-bounds", "limits")


# What is judged stops nothing else


def forgiven(reach: Reach) -> tuple[str, ...]:
    found, wrong = reached(reach, PROBES, RULES, PROFILE, place)
    assert wrong == ()
    assert replace(found, forgiven=()) == reach
    return found.forgiven


def test_a_certificate_that_has_expired_is_forgiven_and_seen(reach: Reach, authority: trustme.CA) -> None:
    ended = datetime.now(UTC) - timedelta(days=1)
    with Node(authority.issue_cert("127.0.0.1", not_after=ended)) as node:
        assert forgiven(at(reach, node.port)) == (TIME,)
        facts = certificate_facts(at(reach, node.port))
    assert (facts.time_ok, facts.host_matches, facts.chain_ok, facts.problem) == (False, True, True, "")
    assert abs(facts.not_after - ended) < timedelta(seconds=1)


def test_a_certificate_of_another_host_is_forgiven_and_seen(reach: Reach, authority: trustme.CA) -> None:
    with Node(authority.issue_cert("node.example", "*.example")) as node:
        assert forgiven(at(reach, node.port)) == (HOST,)
        facts = certificate_facts(at(reach, node.port))
    assert (facts.time_ok, facts.host_matches, facts.chain_ok) == (True, False, True)
    assert facts.names == ("node.example", "*.example")


def test_both_are_forgiven_together(reach: Reach, authority: trustme.CA) -> None:
    ended = datetime.now(UTC) - timedelta(days=1)
    with Node(authority.issue_cert("node.example", not_after=ended)) as node:
        assert set(forgiven(at(reach, node.port))) == {HOST, TIME}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_an_old_tls_is_forgiven_and_seen(reach: Reach, certificate: trustme.LeafCert) -> None:
    with Node(certificate, only_old=True) as node:
        assert forgiven(at(reach, node.port)) == (VERSION,)
        offered = offered_versions(at(reach, node.port))
    assert offered == {"TLSv1": True, "TLSv1.1": True, "TLSv1.2": False, "TLSv1.3": False}


def test_a_weak_key_is_forgiven_and_seen(reach: Reach, tmp_path: Path) -> None:
    weak, anchor = self_signed(tmp_path)
    with Node(weak, everything=True) as node:
        reach = at(reach, node.port, ca=anchor)
        assert forgiven(reach) == (STRENGTH,)
        facts = certificate_facts(reach)
    assert (facts.key_kind, facts.key_bits, facts.signature_hash) == ("RSA", 1024, "sha256")
    assert facts.self_signed
    assert facts.chain_ok


def self_signed(folder: Path) -> tuple[trustme.LeafCert, Path]:
    """A certificate of 1024 bits that vouches for itself, and the file that it is trusted by."""
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - weak on purpose
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "weak")])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, today - timedelta(1), today + timedelta(9))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "weak.pem"
    path.write_bytes(pem)
    return trustme.LeafCert(private, pem, []), path


# Facts


def test_the_versions_of_a_modern_node(reach: Reach, node: Node) -> None:
    offered = offered_versions(at(reach, node.port))
    assert offered == {"TLSv1": False, "TLSv1.1": False, "TLSv1.2": True, "TLSv1.3": True}


def test_a_node_that_is_gone_offers_nothing_that_can_be_told(reach: Reach, certificate: trustme.LeafCert) -> None:
    with Node(certificate) as node:
        gone = at(reach, node.port)
    assert set(offered_versions(gone).values()) == {None}
    with pytest.raises(NotReached):
        certificate_facts(gone)


def test_the_certificate_of_a_good_node(reach: Reach, node: Node, authority: trustme.CA) -> None:
    facts = certificate_facts(at(reach, node.port))
    assert (facts.time_ok, facts.host_matches, facts.chain_ok, facts.self_signed) == (True, True, True, False)
    assert facts.names == ("127.0.0.1",)
    assert (facts.key_kind, facts.key_bits, facts.signature_hash) == ("EC", 256, "sha256")
    later = certificate_facts(at(reach, node.port), now_ms=lambda: round(facts.not_after.timestamp() * 1000) + 1000)
    assert not later.time_ok


def test_a_chain_that_does_not_verify_is_a_fact_too(reach: Reach, node: Node, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    facts = certificate_facts(at(reach, node.port, ca=other))
    assert not facts.chain_ok
    assert "issuer" in facts.problem


def test_what_is_answered_without_tls(reach: Reach, node: Node) -> None:
    moved = answer(b"moved", "301 Moved Permanently", "Location: https://127.0.0.1/")
    with HostileServer(lambda visit: visit.say(moved), None) as server:
        facts = plain_answer(reach, "127.0.0.1", server.port, "/gateway/query")
        assert (facts.open, facts.status, facts.location, facts.body_bytes) == (True, 301, "https://127.0.0.1/", 5)
        visit = server.visits[0]
        assert visit.head.startswith(b"GET /gateway/query HTTP/1.1")
        assert visit.header("X-Client-Id") == visit.header("X-Signature") == ""
    assert not plain_answer(reach, "127.0.0.1", server.port, "/").open
    with HostileServer(Visit.hold, None) as server:
        facts = plain_answer(replace(reach, patience_ms=200), "127.0.0.1", server.port, "/")
        assert (facts.open, facts.status) == (True, 0)
    tls_port = plain_answer(reach, "127.0.0.1", node.port, "/")
    assert (tls_port.open, tls_port.status) == (True, 0)
    with pytest.raises(NotAllowed):
        plain_answer(reach, "192.0.2.1", 80, "/")


# Secrets


def test_a_secret_comes_from_a_file_or_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a.secret").write_bytes("密 钥 \r\n".encode())
    assert secret_of({"file": "a.secret"}, tmp_path, {}, place("secret")) == "密 钥 ".encode()
    assert secret_of({"env": "A"}, tmp_path, {"A": "密钥"}, place("secret")) == "密钥".encode()


@pytest.mark.parametrize(
    ("spec", "id_"),
    [
        ({"file": "none.secret"}, "source.reach-no-secret"),
        ({"file": "."}, "source.reach-no-secret"),
        ({"file": "empty.secret"}, "source.reach-empty-secret"),
        ({"file": "long.secret"}, "source.reach-empty-secret"),
        ({"env": "UNSET"}, "source.reach-no-variable"),
        ({"env": "EMPTY"}, "source.reach-no-variable"),
    ],
)
def test_a_secret_that_is_none(spec: dict[str, str], id_: str, tmp_path: Path) -> None:
    (tmp_path / "empty.secret").write_bytes(b"\n")
    (tmp_path / "long.secret").write_bytes(b"s" * 100_000)
    with pytest.raises(ConfigurationError) as error:
        secret_of(spec, tmp_path, {"EMPTY": ""}, place("secret"))
    (found,) = error.value.problems
    assert found.message.id == id_
    assert found.mend.render("zh")
    assert found.message.render("zh")
