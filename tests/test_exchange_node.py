"""The reference node of exchange services: what it answers, what it refuses and how, and its switches."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import urllib3

ROOT = Path(__file__).parents[1]
HERE = ROOT / "fixtures" / "exchange-node"
sys.path.insert(0, str(HERE))

from exchange_node.data import DATABASE, prepare  # noqa: E402 - found by the path above
from exchange_node.definition import definition  # noqa: E402
from exchange_node.serving import Node  # noqa: E402
from exchange_node.switches import FAULT, NEAR, SWITCHES  # noqa: E402
from exchange_node.values import TODAY, Checks  # noqa: E402

from conformance.judge.service import rules  # noqa: E402
from conformance.sample.records import records  # noqa: E402

QUERY, TRANSFER, FILE = "enterprise-query", "enterprise-transfer", "enterprise-download"
PEOPLE, VERIFY, OTHER_FILE = "population-query", "population-verify", "population-download"
ROLES = {"tester": "client-a", "second": "client-b"}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
DEFINED = definition()
ASKED = {id_: Checks(DEFINED.interfaces[id_], DEFINED.standards, DEFINED.as_of) for id_ in (QUERY, PEOPLE)}
Row = dict[str, str]
Pairs = Sequence[tuple[str, str]]


class Client:
    """Calls one node as the convention says, but for what a test changes."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.pool = urllib3.PoolManager(ca_certs=str(node.ca), retries=False, maxsize=8)

    def headers(self, role: str, shift_ms: int = 0, nonce: str = "") -> dict[str, str]:
        """The four headers."""
        id_, stamp, nonce = ROLES[role], str(time.time_ns() // 1_000_000 + shift_ms), nonce or uuid.uuid4().hex
        made = hmac.digest(self.node.secret(role), f"{id_}{stamp}{nonce}".encode(), hashlib.sha256)
        signature = base64.b64encode(made).decode()
        return {"X-Client-Id": id_, "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature}

    def send(
        self,
        id_: str,
        pairs: Pairs = (),
        *,
        role: str = "tester",
        method: str = "",
        body: bytes | None = None,
        kind: str = "",
        headers: Mapping[str, str | None] | None = None,
        query: str = "",
        **signing: Any,
    ) -> urllib3.BaseHTTPResponse:
        """One call; ``headers`` replace (or, None, leave out) those of the convention."""
        interface = DEFINED.interfaces[id_]
        form = DEFINED.rules.requests[interface.request]
        url = f"{self.node.url}{interface.path}"
        if form.content_type == FORM and body is None:
            body = urlencode(list(pairs)).encode()
        elif body is None:
            query = query or urlencode(list(pairs))
        sent: dict[str, str | None] = {**self.headers(role, **signing), "Content-Type": kind or form.content_type}
        sent |= headers or {}
        kept = {name: value for name, value in sent.items() if value is not None}
        url = f"{url}?{query}" if query else url
        return self.pool.request(method or form.method, url, body=body, headers=kept)

    def data(self, id_: str, pairs: Pairs = (), **changes: Any) -> Any:
        """The data of a call that must be accepted."""
        answer = self.send(id_, pairs, **changes)
        said = json.loads(answer.data)
        assert (answer.status, said["code"]) == (200, "00000"), said
        return said["data"]

    def error(self, id_: str, pairs: Pairs = (), **changes: Any) -> str:
        """The id of the error that a call is refused with, its status that of the catalogue."""
        answer = self.send(id_, pairs, **changes)
        return told(answer)

    def batch(self, series: str, number: int, *changes: tuple[str, Mapping[str, Any]], role: str = "tester") -> str:
        """Hand a batch over: its receipt, or the error that it is refused with."""
        answer = self.send(TRANSFER, body=batch_body(series, number, *changes), role=role)
        return str(json.loads(answer.data)["data"]["receipt"]) if answer.status == 200 else told(answer)

    def there(self, record: Row) -> list[Row]:
        """What the query shows of a record's key."""
        rows: list[Row] = self.data(QUERY, asking(QUERY, record, "TYSHXYDM", size=100))["rows"]
        return [row for row in rows if row["TYSHXYDM"] == record["TYSHXYDM"]]


def told(answer: urllib3.BaseHTTPResponse) -> str:
    """The error of a refusal."""
    said = json.loads(answer.data)
    error = DEFINED.rules.error_of(said["code"])
    assert error is not None, said
    assert answer.status == error.status
    assert said["message"] == error.title.zh
    return error.id


def asking(id_: str, row: Row, *names: str, position: int = 1, size: int = 20, **changes: str) -> list[tuple[str, str]]:
    """The pairs of a call: every mandatory parameter and these, with the row's values, and the page."""
    interface = DEFINED.interfaces[id_]
    said = {one.name: row[one.name] for one in interface.parameters if one.mandatory or one.name in names}
    style = DEFINED.rules.paging.get(interface.paging)
    paging = {style.position: str(position), style.size: str(size)} if style else {}
    return list((said | paging | changes).items())


def batch_body(series: str, number: int, *changes: tuple[str, Mapping[str, Any]]) -> bytes:
    """The body of a batch."""
    records = [{"CZLX": operation, **record} for operation, record in changes]
    return json.dumps({"series": series, "batch": f"{number:06}", "records": records}).encode()


def new_series() -> str:
    """A series that nobody began."""
    return f"test-{uuid.uuid4().hex[:20]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("node") / "run")


@pytest.fixture(scope="module")
def node(folder: Path) -> Iterator[Node]:
    with Node(folder) as running:
        yield running


@pytest.fixture(scope="module")
def client(node: Node) -> Client:
    return Client(node)


def stored(folder: Path, id_: str) -> list[Row]:
    """The records that the node begins with, in the order of their keys."""
    resource = DEFINED.resources[id_]
    with sqlite3.connect(folder / DATABASE) as connection:
        names = ", ".join(resource.columns)
        found = connection.execute(f"SELECT {names} FROM {resource.table} WHERE deleted_ = 0 ORDER BY 1").fetchall()  # noqa: S608
    return [{n: v for n, v in zip(resource.columns, row, strict=True) if v is not None} for row in found]


@pytest.fixture(scope="module")
def firms(folder: Path) -> list[Row]:
    return stored(folder, QUERY)


@pytest.fixture(scope="module")
def current(firms: list[Row]) -> list[Row]:
    """Records whose codes are good today, so that they can be asked for."""
    return [row for row in firms if askable(row)]


@pytest.fixture(scope="module")
def asked(current: list[Row], people: list[Row]) -> Mapping[str, Row]:
    """A record that can be asked for at each interface."""
    person = next(one for one in people if askable(one, PEOPLE))
    return {QUERY: current[0], FILE: current[0], PEOPLE: person, VERIFY: person}


def askable(row: Row, id_: str = QUERY) -> bool:
    """Is each of the query's parameters good on the day of the call?"""
    names = [one.name for one in DEFINED.interfaces[id_].parameters]
    return not any(ASKED[id_].first_broken(name, row[name], {TODAY: DEFINED.as_of}) for name in names)


@pytest.fixture(scope="module")
def people(folder: Path) -> list[Row]:
    return stored(folder, PEOPLE)


@pytest.fixture(scope="module")
def spare(firms: list[Row]) -> Iterator[Row]:
    """Conforming records that the node does not have."""
    frame = records(DEFINED.standards.datasets["enterprise"], DEFINED.standards, 77, 200, DEFINED.as_of)
    held = {row["TYSHXYDM"] for row in firms}
    rows = ({n: v for n, v in row.items() if v is not None} for row in frame.iter_rows(named=True))
    return (row for row in rows if row["TYSHXYDM"] not in held and askable(row))


def test_prepared_records_are_sound_and_partly_granted(firms: list[Row], people: list[Row]) -> None:
    checks = Checks(DEFINED.interfaces[TRANSFER], DEFINED.standards, DEFINED.as_of)
    wrong = [checks.first_broken(name, value, row) for row in firms for name, value in row.items()]
    assert len(firms) == 240
    assert set(wrong) == {""}
    assert {"+", "&", "%", " "} <= {sign for row in firms for sign in row["JGMC"]}
    granted = [row for row in people if row["HJDXZQHDM"].startswith("3701")]
    assert len(people) == 300
    assert 150 < len(granted) < 250


def test_a_query_gives_the_rows_that_agree_page_by_page(client: Client, firms: list[Row], people: list[Row]) -> None:
    seen = [row for row in people if row["HJDXZQHDM"].startswith("3701")]
    for id_, rows, key, step in ((QUERY, firms, "TYSHXYDM", 1), (PEOPLE, seen, "GMSFHM", 7)):
        row = next(one for one in rows if askable(one, id_))
        asked = asking(id_, row)[:-2]
        agreeing = [row for row in rows if all(row.get(name) == value for name, value in asked)]
        got: list[Row] = []
        for position in range(1, 60):
            paging = asking(id_, row, position=1 + (position - 1) * step, size=7)[-2:]
            data = client.data(id_, [*asked, *paging])
            assert data["total"] == len(agreeing)
            if not data["rows"]:
                break
            got += data["rows"]
        names = [one.name for one in DEFINED.interfaces[id_].results]
        assert [row[key] for row in got] == [row[key] for row in agreeing]
        assert got[0] == {name: agreeing[0][name] for name in names if name in agreeing[0]}


def test_text_in_a_url_is_utf_8_and_a_blank_is_a_plus_or_not(client: Client, current: list[Row]) -> None:
    for row in (one for one in current if set(one["JGMC"]) & set("+&% =#?")):
        pairs = asking(QUERY, row, "JGMC", "TYSHXYDM")
        for query in (urlencode(pairs), urlencode(pairs, quote_via=quote)):
            assert client.data(QUERY, query=query)["total"] == 1


def test_a_person_is_verified_by_all_that_is_said(client: Client, people: list[Row]) -> None:
    mine, other = (next(r for r in people if r["HJDXZQHDM"].startswith("3701") is one) for one in (True, False))
    assert client.data(VERIFY, asking(VERIFY, mine, "XBDM", "CSRQ")) == {"result": "1"}
    assert client.data(VERIFY, asking(VERIFY, mine, XM="鲁标")) == {"result": "0"}
    assert client.data(VERIFY, asking(VERIFY, other)) == {"result": "0"}


def test_a_download_says_how_many_records_and_their_digest(client: Client, people: list[Row]) -> None:
    asked = next(row["HJDXZQHDM"] for row in people if askable(row, PEOPLE))
    answer = client.send(OTHER_FILE, [("HJDXZQHDM", asked)], role="second")
    rows = [json.loads(line) for line in answer.data.decode().splitlines()]
    assert rows == [row for row in people if row["HJDXZQHDM"] == asked]
    assert answer.headers["X-Record-Count"] == str(len(rows))
    assert answer.headers["X-Content-SHA256"] == hashlib.sha256(answer.data).hexdigest()
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")


def refused_calls(row: Row, person: Row) -> Iterator[tuple[str, str, Pairs, dict[str, Any]]]:
    """An error of the catalogue, the interface, the parameters, what else is said."""
    pairs, known = asking(QUERY, row, "TYSHXYDM", "JGMC", "ZSXZQHDM", "DJZTDM", "CLRQ"), asking(VERIFY, person)
    for name in ("X-Client-Id", "X-Timestamp", "X-Nonce", "X-Signature"):
        for value in (None, ""):
            yield "missing-header", QUERY, pairs, {"headers": {name: value}}
    yield "unknown-client", QUERY, pairs, {"headers": {"X-Client-Id": "client-z"}}
    for shift in (-660_000, 660_000):
        yield "stale-timestamp", QUERY, pairs, {"shift_ms": shift}
    yield "bad-signature", QUERY, pairs, {"headers": {"X-Signature": "AAAA"}}
    yield "stale-timestamp", QUERY, pairs, {"headers": {"X-Timestamp": "now"}}
    yield "not-granted", OTHER_FILE, [("HJDXZQHDM", person["HJDXZQHDM"])], {}
    yield "wrong-method", QUERY, pairs, {"method": "POST"}
    yield "wrong-method", VERIFY, known, {"method": "DELETE"}
    yield "wrong-content-type", VERIFY, known, {"kind": "text/plain"}
    yield "too-large", VERIFY, (), {"body": b"XM=" + b"a" * 2_000_000}
    yield "missing-parameter", VERIFY, known[1:], {}
    yield "bad-code", VERIFY, [*known, ("XBDM", "5")], {}
    yield "missing-parameter", VERIFY, [("GMSFHM", ""), *known[1:]], {}
    yield "missing-parameter", QUERY, pairs[:-1], {}
    yield "surplus-parameter", QUERY, [*pairs, ("ZCH", "1")], {}
    yield "surplus-parameter", QUERY, [*pairs, pairs[0]], {}
    yield "surplus-parameter", VERIFY, known, {"query": "XBDM=1"}
    yield "bad-value", QUERY, (), {"query": urlencode(pairs) + "%FF"}
    changes = [("bad-value", "TYSHXYDM", row["TYSHXYDM"][:-1]), ("bad-value", "CLRQ", "20200230")]
    changes += [("bad-value", "JGMC", "长" * 101), ("bad-value", "CLRQ", "2020-02-03")]
    changes += [("bad-code", "ZSXZQHDM", "379999"), ("bad-code", "ZSXZQHDM", "371202")]
    changes += [("bad-paging", "PAGE", "0"), ("bad-paging", "PAGENUM", "101"), ("bad-paging", "PAGENUM", "x")]
    for error, name, value in changes:
        yield error, QUERY, list((dict(pairs) | {name: value}).items()), {}
    wrong = "X" if row["TYSHXYDM"][-1] != "X" else "0"
    yield "bad-value", QUERY, list((dict(pairs) | {"TYSHXYDM": row["TYSHXYDM"][:-1] + wrong}).items()), {}
    for body in (
        b"{",
        b"[]",
        b"\xff",
        b'{"series":"a","series":"a","batch":"000001","records":[{}]}',
        batch_body("a", 1),
    ):
        yield "bad-body", TRANSFER, (), {"body": body}
    yield "bad-body", TRANSFER, (), {"body": batch_body("a", 1, *[("I", row)] * 101)}
    faults: list[tuple[str, dict[str, Any]]]
    faults = [("bad-value", {"ZCZB": 12}), ("missing-parameter", {"JGMC": ""}), ("surplus-parameter", {"NBXH": "1"})]
    faults += [("bad-code", {"CZLX": "X"}), ("bad-value", {"HZRQ": "20200230"}), ("bad-code", {"ZSXZQHDM": "379999"})]
    for error, change in faults:
        yield error, TRANSFER, (), {"body": batch_body("a", 1, ("I", {**row, **change}))}


def test_whatever_is_wrong_is_refused_with_the_code_and_status_of_the_catalogue(
    client: Client, current: list[Row], people: list[Row]
) -> None:
    for expected, id_, pairs, changes in refused_calls(current[0], people[0]):
        assert client.error(id_, pairs, **changes) == expected, (id_, expected, sorted(changes))


def test_a_nonce_is_good_once_and_a_clock_nine_minutes_off(client: Client, current: list[Row]) -> None:
    pairs, nonce = asking(QUERY, current[0]), uuid.uuid4().hex
    for shift in (-540_000, 540_000):
        client.data(QUERY, pairs, shift_ms=shift)
    client.data(QUERY, pairs, nonce=nonce)
    assert client.error(QUERY, pairs, nonce=nonce) == "replayed-nonce"


def test_what_nobody_registered_is_not_found(client: Client) -> None:
    for path in ("/", "/docs", "/gateway/api/1/export", "/gateway/api/1/enterprise-query/"):
        assert told(client.pool.request("GET", f"{client.node.url}{path}")) == "not-found"


def judge_transfer(client: Client, spare: Iterator[Row]) -> None:
    """What the convention says of batches."""
    one, two, three = (next(spare) for _ in range(3))
    series = new_series()
    assert client.batch(series, 2, ("I", one)) == "batch-order"
    receipt = client.batch(series, 1, ("I", one), ("I", two))
    assert client.batch(series, 1, ("I", one), ("I", two)) == receipt
    assert client.there(one) == [one]
    assert client.batch(series, 1, ("I", one)) == "batch-conflict"
    assert client.batch(series, 3, ("I", three)) == "batch-order"
    assert client.batch(series, 2, ("I", three), ("I", one)) == "record-conflict"
    assert client.batch(series, 2, ("I", three), ("I", three)) == "record-conflict"
    assert client.batch(series, 2, ("U", three)) == "record-conflict"
    assert client.batch(series, 2, ("D", three)) == "record-conflict"
    assert client.there(three) == []
    changed = {name: value for name, value in one.items() if name != "ZCH"} | {"JYFW": "改过的经营范围"}
    assert len(client.batch(series, 2, ("U", changed), ("D", {"TYSHXYDM": two["TYSHXYDM"]}))) == 32
    assert (client.there(one), client.there(two)) == ([changed], [])
    assert len(client.batch(series, 3, ("I", two), ("D", changed))) == 32
    assert (client.there(one), client.there(two)) == ([], [two])
    assert len(client.batch(series, 1, ("D", two), role="second")) == 32


def test_batches_are_taken_whole_in_order_and_once(client: Client, spare: Iterator[Row]) -> None:
    judge_transfer(client, spare)


def test_senders_at_once_lose_nothing(client: Client, spare: Iterator[Row]) -> None:
    rows = [next(spare) for _ in range(12)]
    series = [new_series() for _ in rows]
    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(lambda pair: client.batch(pair[0], 1, ("I", pair[1])), zip(series, rows, strict=True)))
    assert len(set(receipts)) == len(rows)
    assert all(client.there(row) == [row] for row in rows)


def cut_off(client: Client, body: bytes, after: int) -> None:
    """Begin an upload and break it off; return when the node has noticed."""
    path = DEFINED.interfaces[TRANSFER].path
    headers = {**client.headers("tester"), "Content-Type": JSON, "Content-Length": str(len(body)), "Host": "x"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    context = ssl.create_default_context(cafile=str(client.node.ca))
    with (
        socket.create_connection(("127.0.0.1", client.node.port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as line,
    ):
        line.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body[:after])
        line.unwrap()


def test_an_upload_that_breaks_off_leaves_nothing_and_is_taken_whole(client: Client, spare: Iterator[Row]) -> None:
    series = new_series()
    for number in (1, 2, 3):
        record = next(spare)
        body = batch_body(series, number, ("I", record))
        cut_off(client, body, (1, len(body) // 2, len(body) - 1)[number - 1])
        assert client.there(record) == []
        assert len(client.batch(series, number, ("I", record))) == 32
        assert client.there(record) == [record]


def test_the_plain_port_only_points_to_the_node(client: Client) -> None:
    answer = urllib3.request("GET", f"{client.node.plain_url}/gateway/api/1/x?A=1", redirect=False, retries=False)
    assert (answer.status, answer.data) == (308, b"")
    assert answer.headers["Location"] == f"{client.node.url}/gateway/api/1/x?A=1"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_older_tls_is_refused(node: Node) -> None:
    context = ssl.create_default_context(cafile=str(node.ca))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", node.port)) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="127.0.0.1")


def test_every_call_is_logged_without_what_was_said(client: Client, people: list[Row]) -> None:
    before = len(client.node.log.read_text("utf-8").splitlines())
    answers = [client.send(VERIFY, asking(VERIFY, row)) for row in people[:5]] + [client.send(VERIFY)]
    text = client.node.log.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()[before:]]
    said = [json.loads(answer.data) for answer in answers]
    assert [(line["requestId"], line["code"]) for line in lines] == [(one["requestId"], one["code"]) for one in said]
    assert {(line["clientId"], line["interface"]) for line in lines} == {("client-a", VERIFY)}
    assert len({one["requestId"] for one in said}) == len(said)
    assert not any(row["GMSFHM"] in text or row["XM"] in text for row in people)


def test_two_nodes_at_once_know_nothing_of_each_other(folder: Path, spare: Iterator[Row]) -> None:
    record = next(spare)
    with Node(folder) as first, Node(folder) as second:
        one, two = Client(first), Client(second)
        one.batch(new_series(), 1, ("I", record))
        assert (one.there(record), two.there(record)) == ([record], [])
        assert first.log != second.log


def test_every_rule_that_a_node_can_break_has_a_switch_and_every_switch_is_used() -> None:
    judged = {*rules.NODE_RULES, *rules.COMMON_RULES}
    judged |= {rule for class_rules in rules._OF_CLASS.values() for rule in class_rules}
    broken = {switch.rule for switch in SWITCHES.values() if switch.kind == FAULT}
    assert {rule for rule in judged if not rule.startswith("registration-")} == broken - {"DE-FORMAT"}
    assert {switch.rule for switch in SWITCHES.values() if switch.kind == NEAR} <= judged
    sources = [path for path in (HERE / "exchange_node").glob("*.py") if path.name != "switches.py"]
    text = "".join(path.read_text("utf-8") for path in sources)
    assert [name for name in SWITCHES if f'"{name}"' not in text] == []


def test_near_misses_answer_as_the_convention_says(folder: Path, current: list[Row], spare: Iterator[Row]) -> None:
    near = [name for name, switch in SWITCHES.items() if switch.kind == NEAR]
    quiet = [name for name in near if name not in ("messages_in_english", "answers_bad_value_for_codes")]
    with Node(folder, quiet) as node:
        client = Client(node)
        assert (
            client.data(QUERY, asking(QUERY, current[0], "TYSHXYDM"))["rows"][0]["TYSHXYDM"] == current[0]["TYSHXYDM"]
        )
        assert client.error(VERIFY) == "missing-parameter"
        record = next(spare)
        series = new_series()
        assert client.batch(series, 1, ("I", record)) == client.batch(series, 1, ("I", record))


@pytest.mark.parametrize(
    ("switch", "id_", "changes"),
    [
        ("ignores_missing_header", QUERY, {"headers": {"X-Signature": None}}),
        ("serves_unknown_clients", QUERY, {"headers": {"X-Client-Id": "client-z"}}),
        ("accepts_any_signature", QUERY, {"headers": {"X-Signature": "AAAA"}}),
        ("accepts_clock_skew_of_an_hour", QUERY, {"shift_ms": -660_000}),
        ("accepts_clocks_ahead", FILE, {"shift_ms": 660_000}),
        ("ignores_grants", PEOPLE, {"role": "second"}),
        ("accepts_any_method", QUERY, {"method": "POST"}),
        ("accepts_any_content_type", VERIFY, {"kind": "text/plain"}),
        ("accepts_huge_body", VERIFY, {"body": b"XM=" + b"a" * 100_000}),
        ("ignores_surplus_parameter", QUERY, {"more": {"ZCH": "1"}}),
        ("accepts_too_long", QUERY, {"more": {"JGMC": "长" * 101}}),
        ("accepts_30_february", QUERY, {"more": {"CLRQ": "20200230"}}),
        ("accepts_unknown_code", VERIFY, {"more": {"XBDM": "5"}}),
        ("accepts_abolished_division", QUERY, {"more": {"ZSXZQHDM": "371202"}}),
        ("accepts_page_zero", QUERY, {"more": {"PAGE": "0"}}),
    ],
)
def test_a_switch_lets_in_what_is_refused_without_it(
    client: Client, asked: Mapping[str, Row], switch: str, id_: str, changes: dict[str, Any]
) -> None:
    row = asked[id_]
    more = dict(changes).pop("more", {})
    said = {name: value for name, value in changes.items() if name != "more"}
    pairs = list((dict(asking(id_, row)) | more).items())
    assert client.send(id_, pairs, **said).status >= 400
    with Node(client.node.folder, [f"{switch}@{id_}"]) as broken:
        assert Client(broken).send(id_, pairs, **said).status == 200


@pytest.mark.parametrize(
    "switch",
    [
        "acknowledges_without_storing",
        "truncates_name_at_30_bytes",
        "doubles_repeated_batch",
        "loses_batch_when_interrupted",
        "stores_before_refusing",
        "keeps_good_half",
        "keeps_an_interrupted_batch",
        "drops_the_first_batch_at_the_third",
    ],
)
def test_a_switch_loses_or_doubles_records(folder: Path, spare: Iterator[Row], switch: str) -> None:
    def stays(client: Client) -> list[list[Row]]:
        record, lost, half = (next(spare) for _ in range(3))
        name = "某某某某某某某某某某某某"
        record, series = {**record, "JGMC": name}, new_series()
        body = batch_body(series, 1, ("I", record))
        cut_off(client, body, len(body) - 1)
        seen = [client.there(record)]
        for _ in range(2):
            client.batch(series, 1, ("I", record))
            seen.append([{**row, "JGMC": row["JGMC"].removeprefix(name)} for row in client.there(record)])
        client.batch(series, 2, ("I", half), ("U", lost))
        client.batch(series, 2, ("I", {**lost, "JYFW": ""}))
        seen += [client.there(half), client.there(lost)]
        for number, row in ((2, half), (3, lost)):
            client.batch(series, number, ("I", row))
        seen.append(client.there(record))
        return [[{"JGMC": row["JGMC"]} for row in rows] for rows in seen]

    with Node(folder) as sound, Node(folder, [switch]) as broken:
        assert stays(Client(broken)) != stays(Client(sound))


def test_the_documented_command_starts_a_node_that_stops_when_told(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "start.py"), "--folder", str(tmp_path / "run"), "--rows", "30"]
    with subprocess.Popen([*command, "--port", "0", "--plain-port", "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            assert words[0] == "ready:"
            pool = urllib3.PoolManager(ca_certs=str(tmp_path / "run" / "ca.pem"), retries=False)
            assert told(pool.request("GET", words[1])) == "not-found"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "run").iterdir()}
    assert {modes[name] for name in ("tester.secret", "second.secret", "ca.key", "node.pem")} == {0o600}
    assert "access.jsonl" in modes
    assert json.loads((tmp_path / "run" / "made.json").read_text("utf-8"))["rows"] == 30


def binary(name: str) -> str:
    """A program of PostgreSQL; the test fails with the reason where there is none."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(versions[-1]) if versions else "")
    if not found:
        pytest.fail(f"PostgreSQL is not installed: no {name} in PATH or /usr/lib/postgresql/*/bin")
    return found


@pytest.fixture
def postgres() -> Iterator[str]:
    """A throw-away cluster on a port of its own, run by somebody who is not root."""
    home = Path(tempfile.mkdtemp(prefix="node-postgres-"))
    user = next((n for n in ("postgres", "nobody") if n in {one.pw_name for one in pwd.getpwall()}), "nobody")
    as_user = {"user": user} if os.geteuid() == 0 else {}
    if as_user:
        shutil.chown(home, user)
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories="
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def run(*command: str) -> None:
        done = subprocess.run(
            command,
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            **as_user,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, done.stderr or done.stdout

    run(binary("initdb"), "-D", f"{home}/data", "-U", "node", "-A", "trust", "-E", "UTF8", "--no-sync")
    run(binary("pg_ctl"), "-D", f"{home}/data", "-w", "-l", f"{home}/log", "-o", options, "start")
    try:
        yield f"postgresql://node@127.0.0.1:{port}/postgres"
    finally:
        run(binary("pg_ctl"), "-D", f"{home}/data", "-w", "-m", "immediate", "stop")
        shutil.rmtree(home)


def test_postgresql_keeps_the_same_promises(
    postgres: str, folder: Path, current: list[Row], people: list[Row], spare: Iterator[Row]
) -> None:
    with Node(folder, postgres=postgres) as node, Node(folder) as plain:
        client, other = Client(node), Client(plain)
        for row in current[:3]:
            pairs = asking(QUERY, row, size=100)
            assert client.data(QUERY, pairs) == other.data(QUERY, pairs)
        assert client.data(VERIFY, asking(VERIFY, next(r for r in people if r["HJDXZQHDM"].startswith("3701"))))
        judge_transfer(client, spare)
