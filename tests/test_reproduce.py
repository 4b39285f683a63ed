"""A call is told so that it can be made again: the curl line and the Python snippet do what it did and tell nothing."""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
import trustme
from test_service_duties import folder as folder  # noqa: PLC0414 - a fixture
from test_service_duties import talking

from conformance.evidence.mask import Masker
from conformance.evidence.reproduce import TEXT_LIMIT, reproduction
from conformance.judge.service.model import STRAIGHT, Call, Twist
from conformance.judge.verdict import Reproduction
from conformance.standard.pack import editions, load_yaml
from conformance.standard.services.model import Interface, Registration, ServiceRules
from conformance.standard.services.reading import interface_of, read_service_rules
from conformance.standard.standards import Standards
from conformance.system.service.reach import Credentials, Reach
from conformance.system.service.signature import signed_headers

ROOT = Path(__file__).parents[1]
MASKER = Masker(b"key of a test")
ID, SECRET = "client-a", b"not a secret: $HOME 'of a test'"
HOSTILE = "a'b\"c$(touch pwned)`id`;\n\\ &x=1#%41 *[1-3]{a,b} 张三"
JSON = "application/json"


@cache
def standards() -> Standards:
    return Standards.load([(id_, several[-1]) for id_, several in editions(ROOT / "standards").items()])


@cache
def rules() -> ServiceRules:
    return read_service_rules(ROOT / "standards" / "services" / "2020")


@cache
def interface(id_: str) -> Interface:
    path = ROOT / "fixtures" / "exchange-node" / "registrations" / f"{id_}.yaml"
    found = interface_of(Registration(id_, path.name, load_yaml(path)), standards().elements, rules())
    assert found is not None
    return found


@dataclass
class Ear:
    """A server that keeps what it is asked."""

    url: str = ""
    ca: Path = Path()
    heard: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ear]:
    ear = Ear(ca=tmp_path_factory.mktemp("ca") / "ca.pem")

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            ear.heard.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if len(body) == length:
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            pass

    authority = trustme.CA()
    authority.cert_pem.write_to_path(ear.ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    ear.url = f"https://127.0.0.1:{server.server_address[1]}/base"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield ear
    server.shutdown()
    server.server_close()
    thread.join()


def told(call: Call, url: str = "https://node.invalid", id_: str = "enterprise-query") -> Reproduction:
    return reproduction(call, interface(id_) if id_ else None, rules(), url, MASKER)


def run(text: str, ear: Ear, tmp_path: Path, kind: str) -> list[tuple[str, str, dict[str, str], bytes]]:
    """What the server hears when the text is run."""
    ear.heard.clear()
    executed(text, ear.ca, ID, SECRET.decode(), tmp_path, kind=kind)
    return list(ear.heard)


def executed(text: str, ca: Path, client: str, secret: str, tmp_path: Path, *, kind: str) -> str:
    """What running the text prints."""
    environment = {
        "PATH": os.environ["PATH"], "SSL_CERT_FILE": str(ca), "CURL_CA_BUNDLE": str(ca),
        "LUBIAO_CLIENT": client, "LUBIAO_SECRET": secret,
    }  # fmt: skip
    shell = shutil.which("sh")
    assert shell and shutil.which("curl") and shutil.which("openssl"), "the line needs a shell, curl and openssl"
    command = [shell, "-c", text] if kind == "curl" else [sys.executable, "-I", "-c", text]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, timeout=30, check=False)
    assert not list(tmp_path.iterdir()), "nothing of a value was run"
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.stdout.decode()


CALLS = {
    "plain": Call("enterprise-query", "GET", "/x", query=(("QYMC", "济南 A+B"), ("PAGE", "1"))),
    "hostile": Call("enterprise-query", "GET", "/x", query=((HOSTILE.replace("张三", ""), HOSTILE), ("N", ""))),
    "raw": Call("enterprise-query", "GET", "/x/../y", raw_query="A=%zz&&B=+%20[1-2]{a}"),
    "json": Call("enterprise-transfer", "POST", "/t", body=f"@x{HOSTILE}".encode(), content_type=JSON),
    "octets": Call("enterprise-transfer", "POST", "/t", body=b"\x00\xff\xfe'\n", content_type="text/plain"),
    "no-type": Call("enterprise-transfer", "PUT", "/t", body=b"{}", headers=(("X-Other", "a'b"), ("X-Empty", ""))),
    "empty": Call("enterprise-query", "POST", "/x"),
    "unsigned": Call("", "GET", "/x", twist=Twist(omit=("client", "timestamp", "nonce", "signature"))),
    "no-nonce": Call("", "GET", "/x", twist=Twist(omit=("nonce",))),
    "no-signature": Call("", "GET", "/x", twist=Twist(omit=("signature",))),
    "early": Call("", "GET", "/x", twist=Twist(clock_ms=-660000)),
    "late": Call("", "GET", "/x", twist=Twist(clock_ms=660000)),
    "stranger": Call("", "GET", "/x", twist=Twist(client_id="no'body")),
    "replayed": Call("", "GET", "/x", twist=Twist(nonce="123456789012345678")),
    **{
        way: Call("", "GET", "/x", twist=Twist(signature=way))
        for way in ("blank", "other-secret", "truncated", "hex", "other-timestamp")
    },
}


@pytest.mark.parametrize("kind", ["curl", "python"])
@pytest.mark.parametrize("name", CALLS)
def test_what_is_told_does_what_the_call_did(name: str, kind: str, listening: Ear, tmp_path: Path) -> None:
    call = CALLS[name]
    text = getattr(told(call, listening.url, id_=""), kind)
    heard = run(text, listening, tmp_path, kind)
    assert len(heard) == (2 if call.twist.nonce else 1)
    for method, path, headers, body in heard:
        assert (method, body) == (call.method, call.body or b"")
        assert path.partition("?")[0] == f"/base{call.path}"
        if call.raw_query is not None:
            assert path.partition("?")[2] == call.raw_query
        else:
            pairs = [part.partition("=") for part in path.partition("?")[2].split("&") if part]
            assert tuple((unquote(one), unquote(other)) for one, _, other in pairs) == call.query
        assert headers.get("content-type", "") == call.content_type
        assert {one: headers.get(one.lower()) for one, _ in call.headers} == dict(call.headers)
        assert_signed(call, headers)
    assert len({headers.get("x-nonce") for _, _, headers, _ in heard}) == 1


def assert_signed(call: Call, headers: dict[str, str]) -> None:
    """The headers are those that our own client sends for the call, at the time and with the nonce that were sent."""
    names = {name.lower(): role for role, name in rules().signing.headers.items()}
    sent = {role: headers[name] for name, role in names.items() if name in headers}
    now = int(sent.get("timestamp", "0")) - call.twist.clock_ms
    assert "timestamp" not in sent or abs(now - time.time() * 1000) < 20_000
    assert "nonce" not in sent or (len(sent["nonce"]) == 18 and sent["nonce"].isdigit())
    twist = replace(call.twist, nonce="")
    ours = signed_headers(rules().signing, Credentials(ID, SECRET), twist, now_ms=now, nonce=sent.get("nonce", ""))
    assert dict(ours) == {name: headers[name.lower()] for name, _ in ours}
    assert len(ours) == len(sent)


@pytest.mark.parametrize("kind", ["curl", "python"])
def test_a_broken_upload_is_broken_off_again(kind: str, listening: Ear, tmp_path: Path) -> None:
    call = Call("enterprise-transfer", "POST", "/t", body=b'{"a": "0123456789"}', content_type=JSON, cut_after=8)
    heard = run(getattr(told(call, listening.url, id_=""), kind), listening, tmp_path, kind)
    limit = time.monotonic() + 10
    while not (heard := list(listening.heard)) and time.monotonic() < limit:
        threading.Event().wait(0.02)
    assert [(body, headers["content-length"]) for _, _, headers, body in heard] == [(b'{"a": "0', "19")]


@pytest.mark.parametrize("kind", ["curl", "python"])
@pytest.mark.parametrize(
    ("twist", "code"),
    [
        (STRAIGHT, "00000"),
        (Twist(clock_ms=-660000), "40103"),
        (Twist(signature="other-timestamp"), "40105"),
        (Twist(omit=("nonce",)), "40101"),
        (Twist(client_id="nobody"), "40102"),
        (Twist(nonce="1"), "40104"),
    ],
)
def test_the_reference_node_answers_it_as_it_answers_the_call(
    twist: Twist, code: str, kind: str, reference: tuple[Call, Reach], tmp_path: Path
) -> None:
    call, reach = reference
    made = reproduction(replace(call, twist=twist), interface(call.interface), rules(), reach.url, MASKER)
    assert "遮蔽" not in made.curl
    tester = reach.credentials["tester"]
    text = getattr(made, kind)
    assert reach.ca is not None
    answered = executed(text, reach.ca, tester.id, tester.secret.decode(), tmp_path, kind=kind)
    assert answered.count(f'"{code}"') == 1
    assert answered.count("requestId") == 1 + bool(twist.nonce)


@pytest.fixture(scope="module")
def reference(folder: Path) -> Iterator[tuple[Call, Reach]]:
    """A call that the reference node accepts, and says nothing of anybody."""
    with talking(folder) as (talk, reach):
        yield next(call for call, _, _ in talk.logged if call.interface == "enterprise-query"), reach


PERSON = {
    "GMSFHM": "370102199003074512",
    "XM": "张三丰",
    "HJDZ": "山东省济南市历下区文化东路1号",
    "YDDH": "13800138000",
}
SERIES = {"series": "LB1f2e-7", "batch": "000002", "records": [{"CZLX": "I", **PERSON, "YXBZ": "1"}]}


@pytest.mark.parametrize(
    "call",
    [
        Call("population-query", "GET", "/p", query=tuple(PERSON.items())),
        Call("population-query", "GET", "/p", raw_query="&".join(f"{k}={v}" for k, v in PERSON.items())),
        Call(
            "population-query", "POST", "/p", content_type="application/x-www-form-urlencoded",
            body="&".join(f"{name}={value}" for name, value in PERSON.items()).encode(),
        ),
        Call("population-query", "POST", "/p", body=json.dumps(SERIES).encode(), content_type=JSON),
        Call("population-query", "POST", "/p", body=json.dumps(SERIES, ensure_ascii=False).encode(), content_type=JSON),
        Call("population-query", "POST", "/p", body=json.dumps({"XM": [{"张三丰": "13800138000"}]}).encode()),
        Call("population-query", "POST", "/p", body='{"XM": "张三丰", "XM": "张三丰", "YDDH": 13800138000'.encode()),
        Call("population-query", "POST", "/p", body='{"XM": "张三丰'.encode()),
        Call("population-query", "GET", "/p", query=(("NOBODYS", "张三丰"), ("13800138000", "x"))),
        Call("population-query", "POST", "/p", body="张三丰".encode("gb18030")),
        Call("population-query", "GET", "/p", headers=(("X-Who", "13800138000"),)),
    ],
)  # fmt: skip
def test_nothing_of_a_person_is_told_and_the_text_says_so(call: Call) -> None:
    for text in (told(call, id_="population-query").curl, told(call, id_="population-query").python):
        readable = unquote(text) + text.encode().decode("unicode_escape", "replace") + octets(text)
        for value in PERSON.values():
            assert value not in readable, value
        assert "个人信息已遮蔽" in text


def octets(text: str) -> str:
    """What stands in a text as Base64, read."""
    found = ""
    for word in text.replace("'", " ").split():
        try:
            found += base64.b64decode(word, validate=True).decode("gb18030")
        except ValueError:
            continue
    return found


def test_values_that_are_nobodys_stay() -> None:
    call = Call("population-query", "POST", "/p", body=json.dumps(SERIES).encode(), content_type=JSON)
    text = told(call, id_="population-query").curl
    assert '"YXBZ": "1"' in text
    assert '"batch": "000002"' in text
    assert '"series": "LB-SERIES"' in text
    assert "LB-SERIES" in text.splitlines()[2]


def test_two_runs_tell_the_same() -> None:
    one, other = (
        Call("enterprise-transfer", "POST", "/t", body=json.dumps({**SERIES, "series": series}).encode())
        for series in ("LB1111-1", "LB2222-1")
    )
    assert told(one) == told(other)
    first, second = (Call("", "GET", "/x", twist=Twist(nonce=nonce)) for nonce in ("1" * 18, "2" * 18))
    assert told(first) == told(second)


@pytest.mark.parametrize(
    "call",
    [
        Call("enterprise-transfer", "POST", "/t", body=b'{"a": "' + b"x" * 100_000 + b'"}', content_type=JSON),
        Call("enterprise-query", "GET", "/t", query=(("QYMC", "济" * 20_000),)),
        Call("enterprise-query", "GET", "/t", raw_query="QYMC=" + "%E6" * 20_000),
        Call("enterprise-transfer", "POST", "/t", body=b"\xff" * 100_000),
    ],
)
def test_what_is_too_long_is_cut_and_says_so(call: Call) -> None:
    made = told(call, id_="")
    for text in (made.curl, made.python):
        assert len(text) <= TEXT_LIMIT
        assert "已截短" in text


def test_no_secret_and_no_value_of_the_environment_stands_in_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUBIAO_SECRET", "seventeen-and-four")
    made = told(CALLS["plain"])
    assert "seventeen-and-four" not in made.curl + made.python
    assert "LUBIAO_SECRET" in made.curl
    assert "LUBIAO_SECRET" in made.python
