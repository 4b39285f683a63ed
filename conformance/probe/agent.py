"""Lubiao's probe agent 鲁标探测程序: measures at one place what its scope file allows, and judges nothing.

    python3 agent.py --scope scope-lan.json --out lan.json [--place lan]

One file on purpose, longer than the house's others: it is carried to a terminal where nothing of Lubiao is installed,
and must be readable there as one piece. Standard library of Python 3.11 only; runs with ``-I``.

Scope: ``{"schema": 1, "nonce", "place", "until", "limits": {"connects", "packets_per_second", "bandwidth", "seconds"?},
"targets": [address or prefix], "probes": [{"id", "kind", "after": [ids], "deadline_ms", "control", "parameters"}],
"digest"}``. ``control`` is null, or ``{"kind", "address", "port", …}`` with a kind of ``CONTROLS``. In parameters,
whatever is sent to stands under ``address``, ``addresses``, ``sentinels`` or in ``endpoints`` and ``candidates``
(``{"address", "port"}``): one of them outside ``targets``, and the probe is *refused*. So it is where it asks for more
packets a second or more connects than the limits. An expired scope, or one with a wrong digest, is not run at all.

Every kind is a function ``(wire, parameters) -> facts`` entered by :func:`kind`; it says its parameters. A wire
belongs to one probe: everything that is sent passes through it, so targets, rate and deadline hold for all kinds.
Nothing waits without the deadline; where the system has timers, an alarm ends also what should never hang.

States: done, blocked, timeout, error, unsupported, refused. Exit 0: written; 2: scope refused; 3: stopped, what was
measured is written.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import errno
import hashlib
import heapq
import ipaddress
import json
import os
import platform
import re
import secrets
import selectors
import shutil
import signal
import socket
import ssl
import stat
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

try:
    import fcntl
except ImportError:  # not on Windows; what needs it says so
    fcntl = None  # type: ignore[assignment]

VERSION = "1"
SCHEMA = 1
MAX_SCOPE = 4 << 20  # bytes of a scope file
MAX_CONNECTS = 256  # whatever a scope allows
MAX_RATE = 2000  # packets a second, likewise
MAX_ENDPOINTS = 200_000  # that one probe asks
MAX_COUNT = 10**15  # that the far end may tell
RUN_SECONDS = 3600
GRACE = 0.25  # seconds after its deadline until the alarm ends a probe
LINE = 4096  # bytes of a line of the echo service
WAIT_MS = 600
DONE, BLOCKED, TIMEOUT, ERROR, UNSUPPORTED, REFUSED = "done", "blocked", "timeout", "error", "unsupported", "refused"
LINUX = sys.platform == "linux"

Facts = dict[str, Any]
Endpoint = tuple[str, int]


class OutOfTimeError(BaseException):
    """The probe's deadline, or the run's, has passed. No Exception, so that no handler of a probe swallows it."""


class StoppedError(BaseException):
    """Somebody asked the agent to end."""


class RefusedError(Exception):
    """The scope does not allow this."""


class UnsupportedError(Exception):
    """The machine lacks what this needs."""


class ScopeError(Exception):
    """The scope file cannot be used."""


# --- the scope ---


class Parameters(dict[str, Any]):
    """The parameters of one probe, with types."""

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        value = self.get(name, default)
        if not isinstance(value, str):
            raise ValueError(f"{name}: text expected / 应为文本")
        return value

    def number(self, name: str, default: int) -> int:
        """A number from 0."""
        value = self.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 32:
            raise ValueError(f"{name}: number expected / 应为数字")
        return value

    def many(self, name: str) -> list[Any]:
        """A list."""
        value = self.get(name, [])
        if not isinstance(value, list):
            raise ValueError(f"{name}: list expected / 应为列表")
        return value

    def texts(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """A list of texts."""
        return [str(one) for one in self.many(name)] or list(default)

    def ports(self, name: str = "ports") -> list[int]:
        """``ports``, and those of ``ranges`` (pairs of bounds)."""
        ranges = self.many("ranges") if name == "ports" else []
        bounds = [(max(1, int(first)), min(65535, int(last))) for first, last in ranges[:1000]]
        spread = [port for first, last in bounds for port in range(first, last + 1)]
        return [one for one in dict.fromkeys([*map(int, self.many(name)), *spread]) if 0 < one < 1 << 16]

    def endpoints(self, name: str = "endpoints", ports: str = "ports") -> list[Endpoint]:
        """``endpoints``, and every one of ``addresses`` (or ``address``) with every one of ``ports``."""
        pairs = [(str(one["address"]), int(one["port"])) for one in self.many(name)]
        alone = self.texts("addresses") or ([self.text("address")] if self.get("address") else [])
        every = self.ports(ports)
        if len(pairs) + len(alone) * len(every) > MAX_ENDPOINTS:
            raise RefusedError(f"端口过多 / more than {MAX_ENDPOINTS} endpoints")
        return pairs + [(address, port) for address in alone for port in every]


@dataclass(frozen=True)
class Spec:
    """One probe of the scope."""

    id: str
    kind: str
    after: tuple[str, ...]
    deadline_ms: int
    control: Parameters | None
    parameters: Parameters


@dataclass(frozen=True)
class Scope:
    """What may be probed, by whom, until when, and how hard."""

    nonce: str
    place: str
    connects: int
    rate: int
    bandwidth: bool
    seconds: int
    targets: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    probes: tuple[Spec, ...]
    digest: str


def digest(document: Mapping[str, Any]) -> str:
    """``sha256:`` over all but ``digest``: JSON with sorted keys, no blanks, UTF-8."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def read_scope(path: Path, place: str, now: datetime) -> Scope:
    """The scope of a file; raises ScopeError with what is wrong."""
    with path.open("rb") as file:
        raw = file.read(MAX_SCOPE + 1)
    if len(raw) > MAX_SCOPE:
        raise ScopeError("文件过大 / the file is too large")
    try:
        document = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise ScopeError("不是本版本的范围文件 / no scope of this version")
        if document.get("digest") != digest(document):
            raise ScopeError("摘要不符，文件被改动 / wrong digest: the file was changed")
        if _instant(str(document["until"])) < now:
            raise ScopeError(f"已过期 / expired: {document['until']}")
        if place and place != document["place"]:
            raise ScopeError(f"此文件用于 {document['place']} / the scope is for {document['place']}")
        return _scope(document)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ScopeError(f"格式错误 / malformed: {type(error).__name__} {error}"[:200]) from error


def _scope(document: Mapping[str, Any]) -> Scope:
    limits = document["limits"]
    connects, rate = int(limits["connects"]), int(limits["packets_per_second"])
    if not 0 < connects <= MAX_CONNECTS or not 0 < rate <= MAX_RATE:
        raise ScopeError(f"速率超限 / limits beyond {MAX_CONNECTS} connects, {MAX_RATE} packets a second")
    probes = tuple(
        Spec(
            str(one["id"]),
            str(one["kind"]),
            tuple(str(id_) for id_ in one.get("after") or ()),
            int(one["deadline_ms"]),
            Parameters(one["control"]) if one.get("control") else None,
            Parameters(one.get("parameters") or {}),
        )
        for one in document["probes"]
    )
    return Scope(
        nonce=str(document["nonce"]),
        place=str(document["place"]),
        connects=connects,
        rate=rate,
        bandwidth=limits.get("bandwidth") is True,
        seconds=min(int(limits.get("seconds", RUN_SECONDS)), RUN_SECONDS),
        targets=tuple(ipaddress.ip_network(str(one)) for one in document["targets"]),
        probes=ordered(probes),
        digest=str(document["digest"]),
    )


def ordered(probes: Sequence[Spec]) -> tuple[Spec, ...]:
    """The probes so that each comes after what it hangs on; raises ScopeError for ids twice, unknown, in a circle."""
    known = {one.id for one in probes}
    if len(known) != len(probes):
        raise ScopeError("探测编号重复 / a probe id is there twice")
    if unknown := {id_ for one in probes for id_ in one.after} - known:
        raise ScopeError(f"未知的前置探测 / after unknown probes: {sorted(unknown)[:3]}")
    missing = [len(set(one.after)) for one in probes]
    following: dict[str, list[int]] = {}
    for number, one in enumerate(probes):
        for id_ in set(one.after):
            following.setdefault(id_, []).append(number)
    ready, result = [number for number, count in enumerate(missing) if not count], list[Spec]()
    while ready:
        result.append(probes[heapq.heappop(ready)])
        for number in following.get(result[-1].id, ()):
            missing[number] -= 1
            if not missing[number]:
                heapq.heappush(ready, number)
    if len(result) < len(probes):
        raise ScopeError("探测互相依赖 / probes hang on one another in a circle")
    return tuple(result)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _instant(text: str) -> datetime:
    """An ISO time with a zone; a bare day lasts to its end in UTC."""
    day_only = re.fullmatch(r"\d{4}-\d\d-\d\d", text)
    moment = datetime.fromisoformat(f"{text}T23:59:59+00:00" if day_only else text)
    if moment.tzinfo is None:
        raise ValueError("until: no zone")
    return moment


# --- the wire: all that is sent, within targets, rate and deadline ---


@dataclass
class Pace:
    """Lets packets go one by one, never faster than the rate."""

    rate: int
    _next: float = 0.0

    def delay(self) -> float:
        """Take the next place; seconds until it comes."""
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + 1 / self.rate
        return mine - now


class Wire:
    """How one probe reaches the network: it may reach ``targets`` only, at the scope's pace, until its deadline."""

    def __init__(self, scope: Scope, pace: Pace, probe: str, until: float, ended: Mapping[str, bool]) -> None:
        self.scope, self.probe, self.ended = scope, probe, ended
        self._pace, self._until = pace, until

    def left(self) -> float:
        """Seconds to the deadline; raises OutOfTimeError when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left

    def within(self, milliseconds: float) -> float:
        """Seconds to wait: so many milliseconds, or to the deadline."""
        return min(milliseconds / 1000, self.left())

    def pace(self) -> None:
        """Wait for the turn to send one packet."""
        delay = self._pace.delay()
        if delay > self.left():
            raise OutOfTimeError
        if delay > 0:
            time.sleep(delay)

    def aim(self, address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        """The address, if it may be sent to; raises RefusedError."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError as error:
            raise RefusedError(f"不是地址 / no address: {address[:60]!r}") from error
        if isinstance(found, ipaddress.IPv6Address) and (found.scope_id or found.ipv4_mapped):
            raise RefusedError(f"不是普通地址 / of one link, or IPv4 in disguise: {address[:60]!r}")
        if not any(found.version == one.version and found in one for one in self.scope.targets):
            raise RefusedError(f"不在范围内 / not among the targets: {found}")
        return found

    def open(self, address: str, type_: int) -> socket.socket:
        """A socket of the address's family that does not block."""
        found = self.aim(address)
        made = socket.socket(socket.AF_INET if found.version == 4 else socket.AF_INET6, type_)  # noqa: PLR2004 IPv4
        made.setblocking(False)
        return made

    def tcp(
        self, address: str, port: int, wait_ms: float = WAIT_MS, *, source: str = "", device: str = ""
    ) -> socket.socket:
        """A TCP connection, with the deadline as the time-out of what follows; raises OSError."""
        made = self.open(address, socket.SOCK_STREAM)
        try:
            if device:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            if source:
                made.bind((own_address(source), 0))
            self.pace()
            made.settimeout(self.within(wait_ms))
            made.connect((address, port))
            made.settimeout(self.within(wait_ms))
        except BaseException:
            made.close()
            raise
        return made

    def receive(self, connection: socket.socket, size: int, wait_ms: float = WAIT_MS) -> bytes:
        """What comes next, at most so many bytes, within the wait; empty at the end."""
        connection.settimeout(self.within(wait_ms))
        return connection.recv(size)

    def exactly(self, connection: socket.socket, size: int, wait_ms: float = WAIT_MS) -> bytes:
        """So many bytes; raises ConnectionError where fewer come."""
        got = b""
        while len(got) < size:
            more = self.receive(connection, size - len(got), wait_ms)
            if not more:
                raise ConnectionError("连接中断 / the connection ended early")
            got += more
        return got

    def line(self, connection: socket.socket, wait_ms: float = WAIT_MS) -> bytes:
        """A line without its end; raises ConnectionError where none comes in LINE bytes."""
        got = b""
        while b"\n" not in got:
            more = self.receive(connection, LINE, wait_ms)
            if not more or len(got) + len(more) > LINE:
                raise ConnectionError("没有应答行 / no line came")
            got += more
        return got.partition(b"\n")[0]

    def ask(
        self,
        address: str,
        port: int,
        question: bytes,
        wait_ms: float,
        good: Callable[[bytes], bool] = bool,
        *,
        source: str = "",
        any_port: bool = False,
    ) -> bytes | None:
        """The first good answer to a UDP question from that very address, None where none comes. ``any_port``: from
        whichever of its ports.
        """
        with self.open(address, socket.SOCK_DGRAM) as asker:
            try:
                if source:
                    asker.bind((own_address(source), 0))
                if not any_port:
                    asker.connect((address, port))
                self.pace()
                asker.sendto(question, (address, port)) if any_port else asker.send(question)
                until = time.monotonic() + self.within(wait_ms)
                while (left := until - time.monotonic()) > 0:
                    asker.settimeout(min(left, self.left()))
                    answer, sender = asker.recvfrom(65535)
                    if str(sender[0]) == str(ipaddress.ip_address(address)) and good(answer):
                        return answer
            except OSError as error:  # refused, unreachable or silent: no answer of the address itself
                if source and error.errno == errno.EADDRNOTAVAIL:
                    raise
                self.left()
        return None

    def scan(self, endpoints: Iterable[Endpoint], wait_ms: float, *, source: str = "") -> list[Endpoint]:
        """Those that take a TCP connection, in order; never more at once than the scope allows."""
        asked = list(endpoints)
        waiting, found = deque(range(len(asked))), set[int]()
        with Flights(self, wait_ms, source) as flights:
            while waiting or flights.until:
                while waiting and len(flights.until) < self.scope.connects and not flights.due():
                    index = waiting.popleft()
                    flights.begin(index, asked[index])
                found.update(flights.landed())
        return [asked[index] for index in sorted(found)]


def own_address(text: str) -> str:
    """An address to send from: a name would be asked for, of whoever. Raises ValueError."""
    return str(ipaddress.ip_address(text))


class Flights:
    """Connects on their way, each with its number and the time when it is given up."""

    def __init__(self, wire: Wire, wait_ms: float, source: str) -> None:
        self.wire, self.wait, self.source = wire, wait_ms / 1000, source
        self.until: dict[socket.socket, tuple[int, float]] = {}
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Flights:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.until:
            one.close()
        self._selector.close()

    def due(self) -> bool:
        """Whether the oldest one's time is over."""
        return next((end <= time.monotonic() for _, end in self.until.values()), False)

    def begin(self, number: int, endpoint: Endpoint) -> None:
        """Send one on its way; raises OSError where the source is not ours."""
        made = self.wire.open(endpoint[0], socket.SOCK_STREAM)
        try:
            if self.source:
                made.bind((own_address(self.source), 0))
            self.wire.pace()
            if made.connect_ex(endpoint) in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                self._selector.register(made, selectors.EVENT_WRITE)
                self.until[made] = number, time.monotonic() + self.wait
        finally:
            if made not in self.until:
                made.close()

    def landed(self) -> set[int]:
        """Wait for the next ones; the numbers of those that were taken."""
        taken = set[int]()
        end = next((end for _, end in self.until.values()), 0.0)
        for key, _ in self._selector.select(max(0.0, min(end - time.monotonic(), self.wire.left()))):
            one = key.fileobj
            if isinstance(one, socket.socket):
                if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    taken.add(self.until[one][0])
                self._drop(one)
        for one in [one for one, (_, end) in self.until.items() if end <= time.monotonic()]:
            self._drop(one)
        return taken

    def _drop(self, one: socket.socket) -> None:
        self._selector.unregister(one)
        del self.until[one]
        one.close()


# --- kinds ---

Kind = Callable[[Wire, Parameters], Facts]
KINDS: dict[str, Kind] = {}
#: Whether a probe's base fact holds; of the other kinds it is enough that they were done.
HOLDS: dict[str, Callable[[Facts], bool]] = {
    "base": lambda facts: facts["reached"] is True,
    "dns": lambda facts: any(one["rcode"] >= 0 for one in facts["answers"].values()),
    "source-seen": lambda facts: bool(facts["seen"]),
}


def kind(*names: str) -> Callable[[Kind], Kind]:
    """Enter a function as what measures these kinds."""

    def entered(function: Kind) -> Kind:
        KINDS.update(dict.fromkeys(names, function))
        return function

    return entered


def spoken(address: str, port: object) -> str:
    """``address:port``, an IPv6 address in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def converse(wire: Wire, connection: socket.socket, wait_ms: float, **more: object) -> Facts:
    """Ask the far end's service a line and give its answer; raises ConnectionError where it is not of this run."""
    question = {"nonce": wire.scope.nonce, "probe": wire.probe, **more}
    connection.sendall(json.dumps(question).encode() + b"\n")
    try:
        answer = json.loads(wire.line(connection, wait_ms))
    except (ValueError, RecursionError) as error:
        raise ConnectionError("应答不是本次检测的 / the answer is not of this run") from error
    if not isinstance(answer, dict) or answer.get("nonce") != wire.scope.nonce:
        raise ConnectionError("应答不是本次检测的 / the answer is not of this run")
    return answer


def echo(wire: Wire, address: str, port: int, wait_ms: float, source: str = "") -> tuple[str, str]:
    """Our own address, and the one that the echo service saw; raises OSError."""
    with wire.tcp(address, port, wait_ms, source=source) as connection:
        own = str(connection.getsockname()[0])
        return own, str(converse(wire, connection, wait_ms).get("seen", ""))[:60]


@kind("base")
def base(wire: Wire, p: Parameters) -> Facts:
    """``address, port, attempts, wait_ms``; ``plain`` true: a connect is enough, else the echo service must answer."""
    address, port, wait = p.text("address"), p.number("port", 7000), p.number("wait_ms", 1000)
    for _ in range(p.number("attempts", 2)):
        try:
            if p.get("plain") is True:
                wire.tcp(address, port, wait).close()
            else:
                echo(wire, address, port, wait)
        except OSError:
            wire.left()
        else:
            return {"reached": True}
    return {"reached": False}


@kind("source-seen")
def source_seen(wire: Wire, p: Parameters) -> Facts:
    """``address, port, wait_ms``, ``source`` (an own address), ``lan`` (an id, told again), its ``prefix``."""
    source, prefix = p.text("source"), p.text("prefix")
    for attempt in range(max(1, p.number("attempts", 1)), 0, -1):
        try:
            sent, seen = echo(wire, p.text("address"), p.number("port", 7000), p.number("wait_ms", 1000), source)
            break
        except OSError as error:
            if source and error.errno in (errno.EADDRNOTAVAIL, errno.EINVAL):
                raise UnsupportedError(f"本机没有地址 / not an address of this machine: {source}") from error
            if attempt == 1:
                raise
    if prefix and ipaddress.ip_address(sent) not in ipaddress.ip_network(prefix, strict=False):
        raise UnsupportedError(f"本机不在该局域网 / this machine is not in that LAN: {prefix}")
    return {"sent": sent, "seen": seen, "lan": p.text("lan")}


@kind("internet-tcp")
def internet_tcp(wire: Wire, p: Parameters) -> Facts:
    """``addresses, ports, wait_ms``. Only a finished handshake counts: a firewall may refuse in the sentinel's name."""
    found = wire.scan(p.endpoints(), p.number("wait_ms", WAIT_MS))
    return {"answers": unique(address for address, _ in found)}


@kind("area-isolation", "vpn-isolation")
def isolation(wire: Wire, p: Parameters) -> Facts:
    """``endpoints``, ``addresses`` x ``ports``, ``wait_ms``; ``icmp`` true: each address is also asked by echo."""
    return {"answers": reachable(wire, p)}


@kind("inbound", "inbound-high-risk", "inbound-v6")
def inbound(wire: Wire, p: Parameters) -> Facts:
    """As for isolation, from the far end."""
    return {"open": reachable(wire, p)}


def reachable(wire: Wire, p: Parameters) -> list[str]:
    """The endpoints that answer, as ``address:port``, and ``address:icmp`` where that is asked for."""
    asked = p.endpoints()
    found = [spoken(*one) for one in wire.scan(asked, p.number("wait_ms", WAIT_MS))]
    if p.get("icmp") is True:
        hosts = unique([*p.texts("addresses"), *(address for address, _ in asked)])
        found += [spoken(host, "icmp") for host in alive_of(wire, hosts, p)]
    return found


@kind("management-outside")
def management_outside(wire: Wire, p: Parameters) -> Facts:
    """``address, ports, wait_ms``. TFTP and SNMP are asked by UDP."""
    return {"address": p.text("address"), "open": managed(wire, p)}


@kind("ipv6")
def ipv6(wire: Wire, p: Parameters) -> Facts:
    """``endpoints`` of ``{name, address, port}``, ``wait_ms``."""
    found = set(wire.scan(p.endpoints(), p.number("wait_ms", WAIT_MS)))
    named = {str(one.get("name", one["address"])): (one["address"], one["port"]) for one in p.many("endpoints")}
    return {
        "reached": [name for name, one in named.items() if one in found],
        "failed": [name for name, one in named.items() if one not in found],
    }


def unique(texts: Iterable[str]) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(texts))


# --- names: a resolver's answers ---

A, TXT, AAAA = 1, 16, 28
_TYPES = {"A": A, "AAAA": AAAA, "TXT": TXT}
_TRUNCATED, _POINTER, _MAX_RECORDS = 0x0200, 0xC0, 256


def dns_question(name: str, type_: int) -> bytes:
    """A question with a random id; raises ValueError for what is no name."""
    labels = [one.encode("idna") for one in name.rstrip(".").split(".")]
    if not all(0 < len(one) < 64 for one in labels):  # noqa: PLR2004 RFC 1035
        raise ValueError(f"不是域名 / no name: {name[:60]}")
    encoded = b"".join(bytes([len(one)]) + one for one in labels) + b"\0"
    return struct.pack("!HHHHHH", secrets.randbits(16), 0x0100, 1, 0, 0, 0) + encoded + struct.pack("!HH", type_, 1)


def dns_answer(message: bytes, type_: int) -> tuple[int, list[str]]:
    """Response code and the answers of a type; raises ValueError for what is no answer."""
    try:
        _, flags, questions, answers = struct.unpack_from("!HHHH", message)
        if questions > 1 or answers > _MAX_RECORDS:
            raise ValueError("too many records")
        at, found = 12, list[str]()
        for _ in range(questions):
            at = _after_name(message, at) + 4
        for _ in range(answers):
            at = _after_name(message, at)
            kind_, _, _, length = struct.unpack_from("!HHIH", message, at)
            data, at = message[at + 10 : at + 10 + length], at + 10 + length
            if kind_ == type_ and len(data) == length:
                found.append(_dns_value(data, type_))
    except (struct.error, IndexError) as error:
        raise ValueError("cut short") from error
    return flags & 15, sorted(found)


def _after_name(message: bytes, at: int) -> int:
    """Where a name ends. Pointers are not followed, so none can lead in a circle."""
    while message[at]:
        if message[at] & _POINTER == _POINTER:
            return at + 2
        if message[at] & _POINTER:
            raise ValueError("no label")
        at += 1 + message[at]
    return at + 1


def _dns_value(data: bytes, type_: int) -> str:
    return str(ipaddress.ip_address(data)) if type_ in (A, AAAA) else data[1:255].decode("ascii", "replace")


@dataclass(frozen=True)
class Resolver:
    """A resolver that is asked."""

    wire: Wire
    address: str
    port: int
    wait_ms: int

    @classmethod
    def of(cls, wire: Wire, p: Parameters) -> Resolver:
        """``address, port, wait_ms``."""
        return cls(wire, p.text("address"), p.number("port", 53), p.number("wait_ms", 1000))

    def answer(self, name: str, type_: int) -> tuple[int, list[str]]:
        """Response code (-1: silence, -2: no sense) and answers; by TCP where UDP cut them off."""
        question = dns_question(name, type_)

        def ours(message: bytes) -> bool:
            return len(message) >= 12 and message[:2] == question[:2] and bool(message[2] & 0x80)  # noqa: PLR2004 header

        for _ in range(2):
            if message := self.wire.ask(self.address, self.port, question, self.wait_ms, ours):
                break
        else:
            return -1, []
        try:
            if int.from_bytes(message[2:4], "big") & _TRUNCATED:
                message = self._by_tcp(question)
            return dns_answer(message, type_) if ours(message) else (-2, [])
        except (OSError, ValueError):
            self.wire.left()
            return -2, []

    def _by_tcp(self, question: bytes) -> bytes:
        with self.wire.tcp(self.address, self.port, self.wait_ms) as connection:
            connection.sendall(struct.pack("!H", len(question)) + question)
            length = int.from_bytes(self.wire.exactly(connection, 2, self.wait_ms), "big")
            return self.wire.exactly(connection, length, self.wait_ms)


@kind("dns")
def dns(wire: Wire, p: Parameters) -> Facts:
    """``address`` (the resolver), ``port``, ``names``, ``wait_ms``. ``rcode`` -1: silence, -2: no sense."""
    resolver, answers = Resolver.of(wire, p), {}
    for name in p.texts("names"):
        code, four = resolver.answer(name, A)
        six_code, six = resolver.answer(name, AAAA)
        worst = min(code, six_code) if min(code, six_code) < 0 else max(code, six_code)
        answers[name] = {"A": four, "AAAA": six, "rcode": worst}
    return {"answers": answers, "resolver": resolver.address}


@kind("dns-internet", "dns-tunnel")
def dns_outside(wire: Wire, p: Parameters) -> Facts:
    """``address, port, wait_ms``; ``names``, or ``zones`` under which long random names (two labels of
    ``label_length``) are asked; ``types``. ``silent``: names without any answer of the resolver, neither yes nor no.
    """
    resolver, length = Resolver.of(wire, p), min(p.number("label_length", 60), 63)
    labels = [f"{secrets.token_hex(32)[:length]}.{secrets.token_hex(32)[:length]}" for _ in p.many("zones")]
    names = p.texts("names") + [f"{label}.{zone}" for label, zone in zip(labels, p.texts("zones"), strict=True)]
    asked = [_TYPES[one] for one in p.texts("types", ("A", "AAAA", "TXT"))]
    found, silent = list[str](), list[str]()
    for name in names:
        answers = [resolver.answer(name, type_) for type_ in asked]
        if any(values for _, values in answers):
            found.append(name)
        if any(code < 0 for code, _ in answers):
            silent.append(name)
    return {"answers": found, "silent": silent, "resolver": resolver.address}


def greeting(port: int) -> bytes:
    """What makes a server at a well-known UDP port answer: NTP, QUIC (of an unknown version), else a name server."""
    if port == _NTP_PORT:
        return b"\x23" + bytes(47)
    if port == _QUIC_PORT:
        return b"\xc0\x1a\x2a\x3a\x4a\x08" + secrets.token_bytes(8) + b"\x08" + secrets.token_bytes(8) + bytes(1178)
    return dns_question("example.com", A)


_NTP_PORT, _QUIC_PORT = 123, 443


def answering(wire: Wire, p: Parameters, endpoints: Iterable[Endpoint]) -> list[str]:
    """The addresses that answer a greeting by UDP, all asked at once, in any of ``attempts`` of ``wait_ms``."""
    found = list[str]()
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        asked: dict[socket.socket, Endpoint] = {}
        for endpoint in endpoints:
            one = stack.enter_context(wire.open(endpoint[0], socket.SOCK_DGRAM))
            with contextlib.suppress(OSError):  # no way there: it will not answer
                one.connect(endpoint)
                selector.register(one, selectors.EVENT_READ)
                asked[one] = endpoint
        for _ in range(max(1, p.number("attempts", 1)) if asked else 0):
            for one, (_, port) in asked.items():
                wire.pace()
                with contextlib.suppress(OSError):
                    one.send(greeting(port))
            until = time.monotonic() + p.number("wait_ms", WAIT_MS) / 1000
            while (left := until - time.monotonic()) > 0:
                for key, _ in selector.select(min(left, wire.left())):
                    one = key.fileobj  # type: ignore[assignment]
                    with contextlib.suppress(OSError):  # "unreachable", by whoever
                        one.recv(65535)
                        found.append(asked[one][0])
    return unique(found)


@kind("internet-udp")
def internet_udp(wire: Wire, p: Parameters) -> Facts:
    """``addresses, ports, attempts, wait_ms``: any datagram of the sentinel is an answer."""
    return {"answers": answering(wire, p, p.endpoints())}


# --- time ---

_NTP_EPOCH = 2208988800
_NTP_ERA = 1 << 32


def _ntp_time(packet: bytes, at: int) -> float:
    whole, part = (int(one) for one in struct.unpack_from("!II", packet, at))
    return float(whole + (0 if whole >> 31 else _NTP_ERA) - _NTP_EPOCH) + part / _NTP_ERA


@kind("ntp")
def ntp(wire: Wire, p: Parameters) -> Facts:
    """``address, port, attempts, wait_ms``. Of several answers that with the shortest way counts."""
    address, port = p.text("address"), p.number("port", 123)
    found: list[tuple[float, float, bytes]] = []
    for _ in range(p.number("attempts", 3)):
        cookie = secrets.token_bytes(8)
        asked = b"\x23" + bytes(39) + cookie

        def ours(answer: bytes, cookie: bytes = cookie) -> bool:
            return len(answer) >= 48 and answer[0] & 7 == 4 and answer[24:32] == cookie  # noqa: PLR2004 RFC 5905

        sent = time.time()
        answer = wire.ask(address, port, asked, p.number("wait_ms", 1000), ours)
        came = time.time()
        if answer:
            received, replied = _ntp_time(answer, 32), _ntp_time(answer, 40)
            found.append((came - sent - (replied - received), ((received - sent) + (replied - came)) / 2, answer))
    if not found:
        raise TimeoutError("没有应答 / no answer")
    _, offset, answer = min(found)
    return {"server": address, "offset_ms": round(offset * 1000, 3), "stratum": answer[1], "leap": answer[0] >> 6}


# --- TLS ---

_TLS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def _tls_context(versions: Sequence[ssl.TLSVersion]) -> ssl.SSLContext:
    """A context that looks at whatever is there: nothing is trusted, nothing secret is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = versions[0], versions[-1]
    return context


def _shake(wire: Wire, p: Parameters, versions: Sequence[ssl.TLSVersion]) -> bytes | None:
    """The server's certificate (DER) where it speaks one of these versions, None where it refuses; raises OSError."""
    wait = p.number("wait_ms", 3000)
    with wire.tcp(p.text("address"), p.number("port", 443), wait) as plain:
        try:
            name = p.text("name") or None
            with _tls_context(versions).wrap_socket(plain, server_hostname=name) as secure:
                return secure.getpeercert(True) or b""
        except TimeoutError:
            raise
        except ssl.SSLError as error:
            asks_for_ours = "CERTIFICATE_REQUIRED" in str(error.reason)
            return b"" if asks_for_ours else None
        except (ConnectionError, EOFError):
            return None


@kind("tls")
def tls(wire: Wire, p: Parameters) -> Facts:
    """``address, port, name, wait_ms``. A version that this machine's library lacks is not in ``versions``."""
    versions, lacking = {}, []
    for word, version in _TLS.items():
        try:
            _tls_context((version,))
            available = bool(getattr(ssl, f"HAS_{version.name}"))
        except (ValueError, ssl.SSLError):
            available = False
        if available:
            versions[word] = _shake(wire, p, (version,)) is not None
        else:
            lacking.append(word)
    if not any(versions.values()):
        raise ConnectionError("各版本均未接受 / no version was accepted")
    if lacking and not any(versions.get(one) for one in ("TLSv1", "TLSv1.1")):
        raise UnsupportedError(f"本机不能试 / this machine cannot try: {', '.join(lacking)}")
    return {"address": p.text("address"), "versions": versions}


@kind("certificate")
def certificate(wire: Wire, p: Parameters) -> Facts:
    """``address, port, name, wait_ms``: what the server shows for the name."""
    der = _shake(wire, p, (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
    der = der or _shake(wire, p, tuple(_TLS.values()))
    if not der:
        raise ConnectionError("没有证书 / no certificate was shown")
    return {"der": base64.b64encode(der).decode(), "name": p.text("name")}


# --- echoes: ICMP with the run's nonce in the payload ---

IPV4_HEADER, IPV6_HEADER, ICMP_HEADER = 20, 40, 8
SIZE = 84  # of an echo, IP header included
_REPLY, _EXCEEDED, _TOO_BIG, _UNREACHABLE = "reply", "exceeded", "too-big", "unreachable"
_ICMP4, _ICMP6 = {0: _REPLY, 11: _EXCEEDED, 3: _UNREACHABLE}, {129: _REPLY, 3: _EXCEEDED, 2: _TOO_BIG, 1: _UNREACHABLE}
_IP_MTU_DISCOVER, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE = 10, 23, 3  # Linux


@dataclass(frozen=True)
class Heard:
    """An ICMP message that answers one of ours: what it says, who sent it, which of ours, when it came."""

    what: str
    source: str
    sequence: int
    at: float


def checksum(data: bytes) -> int:
    """The Internet's checksum."""
    padded = data + b"\0" * (len(data) % 2)
    total = int(sum(struct.unpack(f"!{len(padded) // 2}H", padded)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def raw_socket(family: int, type_: int, protocol: int) -> socket.socket:
    """A socket that needs a privilege; raises UnsupportedError."""
    try:
        made = socket.socket(family, type_, protocol)
    except PermissionError as error:
        raise UnsupportedError("需要管理员权限 / needs the privilege for raw sockets") from error
    except OSError as error:
        raise UnsupportedError(f"系统不支持 / the system lacks it: {error.strerror}") from error
    made.setblocking(False)
    return made


class Pinger:
    """Echo requests to one address. ``raw`` False: the system's unprivileged echo will do, which hears replies only."""

    def __init__(self, wire: Wire, address: str, *, raw: bool = False) -> None:
        self.wire, self.address = wire, str(wire.aim(address))
        self.v6 = ":" in self.address
        self.token = hashlib.sha256(f"{wire.scope.nonce}:{secrets.token_hex(8)}".encode()).digest()[:16]
        self.ident, self.sent_at = secrets.randbits(16), 0.0
        family = socket.AF_INET6 if self.v6 else socket.AF_INET
        protocol = socket.IPPROTO_ICMPV6 if self.v6 else socket.IPPROTO_ICMP
        try:
            self.socket = raw_socket(family, socket.SOCK_RAW, protocol)
            self.raw = True
        except UnsupportedError:
            if raw:
                raise
            self.socket = raw_socket(family, socket.SOCK_DGRAM, protocol)
            self.raw = False

    def __enter__(self) -> Pinger:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def hops(self, number: int) -> None:
        """How far the next ones may go."""
        level, option = (
            (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) if self.v6 else (socket.IPPROTO_IP, socket.IP_TTL)
        )
        self.socket.setsockopt(level, option, number)

    def whole(self) -> None:
        """Never to be cut, whatever the system knows of the path; raises UnsupportedError."""
        if not LINUX:
            raise UnsupportedError("需要 Linux / needs Linux")
        level, option = (socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER) if self.v6 else (socket.IPPROTO_IP, _IP_MTU_DISCOVER)
        self.socket.setsockopt(level, option, _PMTUDISC_PROBE)

    def send(self, sequence: int, size: int = SIZE) -> None:
        """One echo of so many bytes, IP header included; raises OSError."""
        padding = size - (IPV6_HEADER if self.v6 else IPV4_HEADER) - ICMP_HEADER - len(self.token)
        type_ = 128 if self.v6 else 8
        body = self.token + bytes(max(0, padding))
        head = struct.pack("!BBHHH", type_, 0, 0, self.ident, sequence)
        if not self.v6:  # of ICMPv6 the system makes the checksum
            head = struct.pack("!BBHHH", type_, 0, checksum(head + body), self.ident, sequence)
        self.wire.pace()
        self.sent_at = time.monotonic()
        self.socket.sendto(head + body, (self.address, 0))

    def hear(self, until: float) -> Heard | None:
        """The next that answers one of ours, or None when the time is over."""
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(min(left, self.wire.left()))
            try:
                packet, source = self.socket.recvfrom(65535)
            except TimeoutError:
                break
            except OSError:
                continue
            if heard := self._read(packet, str(source[0]).partition("%")[0]):
                return heard
        self.wire.left()
        return None

    def _read(self, packet: bytes, source: str) -> Heard | None:
        if self.raw and not self.v6:
            packet = packet[(packet[0] & 15) * 4 :] if packet else b""
        if len(packet) < ICMP_HEADER:
            return None
        type_, code, _, _, sequence = struct.unpack_from("!BBHHH", packet)
        what = (_ICMP6 if self.v6 else _ICMP4).get(type_, "")
        if what == _REPLY:
            ours = packet[8:24] == self.token and source == self.address
            return Heard(what, source, sequence, time.monotonic()) if ours else None
        if not what:
            return None
        inner = packet[ICMP_HEADER:]
        inner = inner[IPV6_HEADER if self.v6 else (inner[0] & 15) * 4 if inner else 0 :]
        if len(inner) < ICMP_HEADER or struct.unpack_from("!H", inner, 4)[0] != self.ident:
            return None
        if not self.v6 and what == _UNREACHABLE and code == 4:  # noqa: PLR2004 fragmentation needed
            what = _TOO_BIG
        return Heard(what, source, struct.unpack_from("!H", inner, 6)[0], time.monotonic())


def round_trips(wire: Wire, p: Parameters, *, packets: int, interval_ms: int) -> list[float | None]:
    """Of so many echoes the round trips in milliseconds, None where no reply came."""
    size, interval = p.number("size", SIZE), p.number("interval_ms", interval_ms) / 1000
    sent, found = dict[int, float](), dict[int, float]()
    with Pinger(wire, p.text("address")) as pinger:

        def hear(until: float, *, all_of_them: bool) -> None:
            while not all_of_them or len(found) < len(sent):
                heard = pinger.hear(until)
                if heard is None:
                    return
                if heard.what == _REPLY and heard.sequence in sent:
                    found.setdefault(heard.sequence, (heard.at - sent[heard.sequence]) * 1000)

        following = time.monotonic()
        for sequence in range(min(p.number("packets", packets), 1 << 16)):
            hear(following, all_of_them=False)
            following = max(following + interval, time.monotonic())
            sent[sequence] = time.monotonic()
            with contextlib.suppress(OSError):  # what cannot be sent is lost
                pinger.send(sequence, size)
                sent[sequence] = pinger.sent_at
        hear(time.monotonic() + p.number("wait_ms", 1000) / 1000, all_of_them=True)
    return [round(found[one], 3) if one in found else None for one in sent]


def alive_of(wire: Wire, addresses: Sequence[str], p: Parameters) -> list[str]:
    """Those of the addresses that answer any of a few echoes, all asked at once."""
    found = set[str]()
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        pingers = [stack.enter_context(Pinger(wire, one)) for one in addresses]
        for pinger in pingers:
            selector.register(pinger.socket, selectors.EVENT_READ, pinger)
        for sequence in range(p.number("attempts", 2)):
            for pinger in (one for one in pingers if one.address not in found):
                with contextlib.suppress(OSError):
                    pinger.send(sequence)
            until = time.monotonic() + p.number("wait_ms", WAIT_MS) / 1000
            while len(found) < len(pingers) and (left := until - time.monotonic()) > 0:
                for key, _ in selector.select(min(left, wire.left())):
                    heard = key.data.hear(time.monotonic() + _AT_ONCE)
                    if heard and heard.what == _REPLY:
                        found.add(key.data.address)
    return [one for one, pinger in zip(addresses, pingers, strict=True) if pinger.address in found]


_AT_ONCE = 0.001


@kind("internet-icmp")
def internet_icmp(wire: Wire, p: Parameters) -> Facts:
    """``addresses, attempts, wait_ms``."""
    return {"answers": alive_of(wire, p.texts("addresses"), p)}


@kind("internet-v6")
def internet_v6(wire: Wire, p: Parameters) -> Facts:
    """``addresses, ports, udp_ports, attempts, wait_ms``; ``icmp`` false: no echoes. That none answers is said
    only where every way was tried.
    """
    found = unique(address for address, _ in wire.scan(p.endpoints(), p.number("wait_ms", WAIT_MS)))
    if not found:
        found = answering(wire, p, p.endpoints("udp_endpoints", "udp_ports"))
    if p.get("icmp", True) is True and not found:
        found = alive_of(wire, p.texts("addresses"), p)
    return {"answers": found}


@kind("latency")
def latency(wire: Wire, p: Parameters) -> Facts:
    """``address, packets, interval_ms, wait_ms, size``: the round trips of the replies that came."""
    times = round_trips(wire, p, packets=20, interval_ms=50)
    return {"rtt_ms": [one for one in times if one is not None], "sent": len(times)}


@kind("loss")
def loss(wire: Wire, p: Parameters) -> Facts:
    """``address, packets, interval_ms, wait_ms, size``."""
    times = round_trips(wire, p, packets=300, interval_ms=10)
    return {"sent": len(times), "received": sum(one is not None for one in times)}


@kind("path", "internet-path")
def path(wire: Wire, p: Parameters) -> Facts:
    """``address, hops, attempts, wait_ms``: who says that a hop count was used up, empty where nobody does."""
    hops, reached = list[str](), False
    with Pinger(wire, p.text("address"), raw=True) as pinger:
        for number in range(1, p.number("hops", 16) + 1):
            pinger.hops(number)
            heard = None
            for attempt in range(p.number("attempts", 2)):
                sequence = number * 256 + attempt
                with contextlib.suppress(OSError):
                    pinger.send(sequence)
                until = time.monotonic() + p.number("wait_ms", WAIT_MS) / 1000
                while (heard := pinger.hear(until)) and heard.sequence >> 8 != number:
                    continue
                if heard:
                    break
            hops.append(heard.source if heard else "")
            reached = heard is not None and heard.what == _REPLY
            if reached or (heard and heard.what != _EXCEEDED):
                break
    return {"hops": hops, "reached": reached}


@kind("mtu")
def mtu(wire: Wire, p: Parameters) -> Facts:
    """``address, lowest, highest, attempts, wait_ms``: the largest echo that passes whole. ``black_hole``: a larger one
    vanished and nobody said that it was too big.
    """
    told, silent, sequence = list[int](), list[int](), iter(range(1 << 16))
    with Pinger(wire, p.text("address"), raw=True) as pinger:
        pinger.whole()

        def passes(size: int) -> bool:
            for _ in range(p.number("attempts", 2)):
                number = next(sequence)
                try:
                    pinger.send(number, size)
                except OSError as error:
                    if error.errno != errno.EMSGSIZE:
                        raise
                    told.append(size)
                    return False
                until = time.monotonic() + p.number("wait_ms", 500) / 1000
                while heard := pinger.hear(until):
                    if heard.sequence == number:
                        if heard.what == _TOO_BIG:
                            told.append(size)
                        return heard.what == _REPLY
            silent.append(size)
            return False

        low, high = p.number("lowest", 1280 if pinger.v6 else 576), p.number("highest", 1500)
        if not passes(low):
            raise ConnectionError(f"{low} 字节也没有应答 / no answer even to {low} bytes")
        if passes(high):
            low = high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if passes(middle) else (low, middle)
    return {"mtu": low, "black_hole": bool(silent) and not told}


@kind("failover")
def failover(wire: Wire, p: Parameters) -> Facts:
    """``address, interval_ms, watch_ms, gap_min_ms, settle_ms``: the longest silence while somebody cuts the line. Ends
    when a gap of ``gap_min_ms`` is over and traffic has flown for ``settle_ms`` again. Cuts nothing itself: that it is
    time to cut is said on standard error.
    """
    interval = p.number("interval_ms", 20) / 1000
    least, settle = p.number("gap_min_ms", 100) / 1000, p.number("settle_ms", 500) / 1000
    start = time.monotonic()
    end = start + wire.within(p.number("watch_ms", 10000))
    last, longest, resumed, following, sequence = 0.0, 0.0, 0.0, start, 0
    with Pinger(wire, p.text("address")) as pinger:
        while (now := time.monotonic()) < end:
            if now >= following:
                with contextlib.suppress(OSError):  # no route for a while is what is measured
                    pinger.send(sequence & 0xFFFF)
                sequence, following = sequence + 1, following + interval
            heard = pinger.hear(min(following, end))
            if heard is None or heard.what != _REPLY:
                continue
            if not last:
                say(f"{wire.probe}: 正在观察，请切断线路 / watching, cut the line now")
            elif (gap := heard.at - last) - interval >= least and gap > longest:
                longest, resumed = gap, heard.at
            last = heard.at
            if resumed and heard.at - resumed >= settle:
                break
    if not last:
        raise TimeoutError("没有应答 / no answer")
    open_gap = time.monotonic() - last
    if open_gap >= max(least + interval, longest):
        return {"gap_ms": round(open_gap * 1000), "switched": False}
    if not longest:
        raise UnsupportedError("观察期间线路未中断 / the line was not cut while we watched")
    return {"gap_ms": round((longest - interval) * 1000), "switched": True}


def printable(text: str, most: int = 200) -> str:
    """A text of others, fit for a terminal and for JSON."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:most])


def say(text: str) -> None:
    """A line for who runs the agent."""
    with contextlib.suppress(OSError):
        sys.stderr.write(printable(text, 1000) + "\n")
        sys.stderr.flush()


# --- forged sources and doubled addresses ---

_ETH_ARP, _ETH_IP, _ARP_REPLY = 0x0806, 0x0800, 2
_MANY_MACHINES = 64  # more need not be told
_SIOCGIFADDR, _SIOCGIFHWADDR = 0x8915, 0x8927
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}


def forged(source: str, target: str, protocol: str, port: int, body: bytes) -> bytes:
    """A whole IP packet that claims its source: a TCP SYN or a datagram to the port, or an echo, with the body."""
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed
    v6, number = len(ends) > 8, _PROTOCOLS[protocol]  # noqa: PLR2004 two IPv4 addresses
    number = 58 if v6 and protocol == "icmp" else number
    own_port = 49152 + secrets.randbits(13)

    def segment(sum_: int) -> bytes:
        if protocol == "tcp":
            return struct.pack("!HHIIBBHHH", own_port, port, secret, 0, 5 << 4, 2, 65535, sum_, 0) + body
        if protocol == "udp":
            return struct.pack("!HHHH", own_port, port, 8 + len(body), sum_) + body
        return struct.pack("!BBHHH", 128 if v6 else 8, 0, sum_, own_port, 1) + body

    secret = secrets.randbits(32)
    length = len(segment(0))
    pseudo = ends + (struct.pack("!IHBB", length, 0, 0, number) if v6 else struct.pack("!BBH", 0, number, length))
    whole = segment(checksum((b"" if protocol == "icmp" and not v6 else pseudo) + segment(0)) or 0xFFFF)
    if v6:
        return struct.pack("!IHBB", 6 << 28, length, number, 64) + ends + whole
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, secrets.randbits(16), 0, 64, number, 0) + ends + whole


@kind("spoof")
def spoof(wire: Wire, p: Parameters) -> Facts:
    """``address, port, protocol`` (tcp: a SYN, udp, icmp), ``packets``, ``sources`` of ``{source, label}``; a source
    that is empty, or the label ``true``, is our own. What arrived, the far end's record says.
    """
    address, port, sent = p.text("address"), p.number("port", 7003), []
    v6 = ":" in address
    family = socket.AF_INET6 if v6 else socket.AF_INET
    with wire.open(address, socket.SOCK_DGRAM) as asker:
        asker.connect((address, port))
        own = str(asker.getsockname()[0])
    with raw_socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as maker:
        for one in p.many("sources") or [{"label": "true"}]:
            label = str(one["label"])
            source = own if label == "true" else str(one.get("source") or own)
            body = json.dumps({"nonce": wire.scope.nonce, "probe": wire.probe, "label": label}).encode()
            packet = forged(source, address, p.text("protocol", "udp"), port, body)
            for _ in range(p.number("packets", 2)):
                wire.pace()
                maker.sendto(packet, (address, 0))
            sent.append({"source": source, "label": label})
    return {"sent": sent}


def interface_of(wire: Wire, address: str) -> tuple[str, str]:
    """The card by which an IPv4 address is reached, and its own address; raises UnsupportedError."""
    with wire.open(address, socket.SOCK_DGRAM) as asker:
        asker.connect((address, 9))
        own = str(asker.getsockname()[0])
        for _, name in socket.if_nameindex():
            if _ioctl(asker, _SIOCGIFADDR, name)[20:24] == socket.inet_aton(own):
                return name, own
    raise UnsupportedError("找不到网卡 / the card was not found")


def _ioctl(asked: socket.socket, request: int, name: str) -> bytes:
    if fcntl is None:
        raise UnsupportedError("需要 Linux / needs Linux")
    try:
        return fcntl.ioctl(asked.fileno(), request, struct.pack("256s", name.encode()[:15]))
    except OSError:
        return bytes(256)


@kind("duplicate")
def duplicate(wire: Wire, p: Parameters) -> Facts:
    """``address, requests, wait_ms``, ``interface`` (else the one that leads there): who answers for it by ARP."""
    if not LINUX:
        raise UnsupportedError("需要 Linux / needs Linux")
    address, machines = str(wire.aim(p.text("address"))), set[str]()
    name, own = interface_of(wire, address)
    name = p.text("interface") or name
    with raw_socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_ARP)) as listener:
        listener.bind((name, _ETH_ARP))
        hardware = _ioctl(listener, _SIOCGIFHWADDR, name)[18:24]
        if address in own_addresses():
            machines.add(hardware.hex(":"))  # we do not hear ourselves
        asked = struct.pack("!HHBBH", 1, _ETH_IP, 6, 4, 1) + hardware + socket.inet_aton(own)
        frame = b"\xff" * 6 + hardware + struct.pack("!H", _ETH_ARP) + asked + bytes(6) + socket.inet_aton(address)
        requests = max(1, p.number("requests", 3))
        for _ in range(requests):
            wire.pace()
            listener.send(frame)
            until = time.monotonic() + p.number("wait_ms", 2000) / 1000 / requests
            while (left := until - time.monotonic()) > 0:
                listener.settimeout(min(left, wire.left()))
                with contextlib.suppress(TimeoutError):
                    heard = listener.recv(2048)
                    if int.from_bytes(heard[20:22], "big") == _ARP_REPLY and heard[28:32] == socket.inet_aton(address):
                        machines.add(heard[22:28].hex(":"))
                if len(machines) >= _MANY_MACHINES:
                    return {"address": address, "machines": sorted(machines)}
    return {"address": address, "machines": sorted(machines)}


# --- the terminal's other ways ---


def own_addresses() -> set[str]:
    """The machine's IPv4 addresses, by its local routes."""
    local = [words for words in _proc("fib_trie") if len(words) > 1]
    return {before[1] for before, after in pairwise(local) if after[:2] == ["/32", "host"] and after[2:] == ["LOCAL"]}


def _proc(name: str) -> list[list[str]]:
    """The lines of a table of the kernel, in words; none where there is no such table."""
    try:
        with Path("/proc/net", name).open(encoding="ascii", errors="replace") as file:
            return [line.split() for line in file.read(16 << 20).splitlines()]
    except OSError:
        return []


def kernel_routes() -> list[tuple[str, str, str]]:
    """The main routing tables: prefix, gateway (empty: none), interface. Raises UnsupportedError."""
    if not LINUX:
        raise UnsupportedError("需要 Linux / needs Linux")
    found, up, reject = list[tuple[str, str, str]](), 1, 0x200
    for words in _proc("route")[1:]:
        to, by, mask = (ipaddress.IPv4Address(bytes.fromhex(words[at])[::-1]) for at in (1, 2, 7))
        if int(words[3], 16) & up and not int(words[3], 16) & reject:
            found.append((str(ipaddress.ip_network(f"{to}/{mask}")), str(by) if int(by) else "", words[0]))
    for words in _proc("ipv6_route"):
        to6, by6 = (ipaddress.IPv6Address(bytes.fromhex(words[at])) for at in (0, 4))
        flags = int(words[8], 16)
        if flags & up and not flags & reject and words[9] != "lo":
            found.append((f"{to6}/{int(words[1], 16)}", str(by6) if int(by6) else "", words[9]))
    return found


def cards() -> list[dict[str, Any]]:
    """The machine's cards but the loopback: name, addresses, whether it is up."""
    sixes: dict[str, list[str]] = {}
    for words in _proc("if_inet6"):
        sixes.setdefault(words[5], []).append(str(ipaddress.IPv6Address(bytes.fromhex(words[0]))))
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            four = _ioctl(asked, _SIOCGIFADDR, name)[20:24]
            own = [socket.inet_ntoa(four)] if any(four) else []
            state = Path("/sys/class/net", name, "operstate")
            up = state.read_text().strip() != "down" if state.exists() else True
            if name != "lo":
                found.append({"name": name, "addresses": own + sorted(sixes.get(name, [])), "up": up})
    return found


def over(wire: Wire, card: str, endpoints: Iterable[Endpoint], wait_ms: int) -> list[str]:
    """Which addresses take a TCP connection by way of one card; raises UnsupportedError."""
    found = list[str]()
    for address, port in endpoints:
        try:
            wire.tcp(address, port, wait_ms, device=card).close()
            found.append(address)
        except PermissionError as error:
            raise UnsupportedError("不能指定网卡 / a card cannot be chosen here") from error
        except OSError:
            wire.left()
    return unique(found)


@kind("second-network")
def second_network(wire: Wire, p: Parameters) -> Facts:
    """``addresses`` (sentinels), ``ports, wait_ms``; ``reference`` (``{address}``): its card's answers do not count."""
    routes, interfaces = kernel_routes(), cards()
    reference = p.get("reference") or {}
    main = interface_of(wire, str(reference["address"]))[0] if reference else ""
    answers = list[str]()
    for card in interfaces:
        if card["name"] != main and card["up"] and card["addresses"]:
            answers += over(wire, card["name"], p.endpoints(), p.number("wait_ms", WAIT_MS))
    return {
        "interfaces": interfaces,
        "default_routes": [{"interface": by, "gateway": via} for to, via, by in routes if to in _DEFAULTS],
        "answers": unique(answers),
    }


_DEFAULTS = ("0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1", "2000::/3")


@kind("split-tunnel")
def split_tunnel(wire: Wire, p: Parameters) -> Facts:
    """``addresses, ports, wait_ms``, ``interface`` (the tunnel's): which answer by way of another card."""
    tunnel, interfaces = p.text("interface"), cards()
    if not any(one["name"] == tunnel and one["addresses"] for one in interfaces):
        raise UnsupportedError("隧道未建立 / the tunnel is not there")
    around = list[str]()
    for card in interfaces:
        if card["name"] != tunnel and card["up"] and card["addresses"]:
            around += over(wire, card["name"], p.endpoints(), p.number("wait_ms", WAIT_MS))
    return {"around": unique(around)}


@kind("proxy")
def proxy(wire: Wire, p: Parameters) -> Facts:
    """``candidates`` of ``{address, port}``, ``address, target_port`` of a sentinel, ``wait_ms``: who fetches it."""
    sentinel, wait = (p.text("address"), p.number("target_port", 80)), p.number("wait_ms", 1000)
    asked = [(str(one["address"]), int(one["port"])) for one in p.many("candidates")]
    found = []
    for endpoint in wire.scan(asked, wait):
        for word, way in _PROXIES.items():
            try:
                with wire.tcp(*endpoint, wait) as connection:
                    is_open = way(wire, connection, sentinel, wait)
            except OSError:
                wire.left()
                continue
            if is_open:
                found.append({"address": endpoint[0], "port": endpoint[1], "kind": word})
    return {"open": found}


def _status(wire: Wire, connection: socket.socket, request: str, wait_ms: int) -> int:
    connection.sendall(f"{request}\r\nConnection: close\r\n\r\n".encode())
    found = re.match(rb"HTTP/\d\.\d (\d{3})\b", wire.line(connection, wait_ms))
    return int(found[1]) if found else 0


def _by_connect(wire: Wire, connection: socket.socket, to: Endpoint, wait_ms: int) -> bool:
    host = spoken(*to)
    return _status(wire, connection, f"CONNECT {host} HTTP/1.1\r\nHost: {host}", wait_ms) // 100 == 2  # noqa: PLR2004 success


def _by_get(wire: Wire, connection: socket.socket, to: Endpoint, wait_ms: int) -> bool:
    """A web server answers both forms of a request alike, a proxy only that which names the other server."""
    host, peer = spoken(*to), connection.getpeername()
    named = _status(wire, connection, f"GET http://{host}/ HTTP/1.1\r\nHost: {host}", wait_ms)
    with wire.tcp(str(peer[0]), int(peer[1]), wait_ms) as second:
        plain = _status(wire, second, f"GET / HTTP/1.1\r\nHost: {host}", wait_ms)
    return 200 <= named < 400 and named != plain  # noqa: PLR2004 success or another place


def _by_socks(wire: Wire, connection: socket.socket, to: Endpoint, wait_ms: int) -> bool:
    connection.sendall(b"\x05\x01\x00")
    if wire.exactly(connection, 2, wait_ms) != b"\x05\x00":
        return False
    packed = ipaddress.ip_address(to[0]).packed
    family = b"\x01" if len(packed) == 4 else b"\x04"  # noqa: PLR2004 IPv4
    connection.sendall(b"\x05\x01\x00" + family + packed + struct.pack("!H", to[1]))
    return wire.exactly(connection, 2, wait_ms) == b"\x05\x00"


_PROXIES = {"connect": _by_connect, "get": _by_get, "socks5": _by_socks}


# --- management: SNMP, SSH, an event ---


def ber(tag: int, *parts: bytes) -> bytes:
    """A value in BER."""
    body = b"".join(parts)
    length = bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])  # noqa: PLR2004 long form
    return bytes([tag]) + length + body


def _snmp_get(version: int, community: str) -> bytes:
    """A get of the system's description."""
    name = ber(0x06, bytes((0x2B, 6, 1, 2, 1, 1, 1, 0)))
    request = ber(0x02, secrets.token_bytes(3)), ber(0x02, b"\0"), ber(0x02, b"\0")
    pdu = ber(0xA0, *request, ber(0x30, ber(0x30, name, ber(0x05))))
    return ber(0x30, ber(0x02, bytes([version])), ber(0x04, community.encode()), pdu)


def _snmp_discovery() -> bytes:
    """The message of version 3 that every engine answers with its own name."""
    number = ber(0x02, secrets.token_bytes(3))
    head = ber(0x30, number, ber(0x02, b"\0\xff\xe3"), ber(0x04, b"\x04"), ber(0x02, b"\x03"))
    zero = ber(0x02, b"\0")
    user = ber(0x04, ber(0x30, ber(0x04), zero, zero, ber(0x04), ber(0x04), ber(0x04)))
    scoped = ber(0x30, ber(0x04), ber(0x04), ber(0xA0, number, zero, zero, ber(0x30)))
    return ber(0x30, ber(0x02, b"\x03"), head, user, scoped)


@kind("snmp")
def snmp(wire: Wire, p: Parameters) -> Facts:
    """``address, port, communities, attempts, wait_ms``, ``source`` (an own address): which versions answer."""
    port, wait, source = p.number("port", 161), p.number("wait_ms", 1000), p.text("source")
    names = p.texts("communities", ("public", "private"))

    def answers(version: int, questions: Sequence[bytes]) -> bool:
        def good(answer: bytes) -> bool:
            at = 2 + (answer[1] & 0x7F if len(answer) > 1 and answer[1] & 0x80 else 0)
            return answer[:1] == b"\x30" and answer[at : at + 3] == bytes((2, 1, version))

        tries = [one for one in questions for _ in range(p.number("attempts", 2))]
        return any(wire.ask(p.text("address"), port, one, wait, good, source=source) is not None for one in tries)

    return {
        "v1": answers(0, [_snmp_get(0, one) for one in names]),
        "v2c": answers(1, [_snmp_get(1, one) for one in names]),
        "v3": answers(3, [_snmp_discovery()]),
    }


_TFTP = 69
_UDP_SERVICES: dict[int, Callable[[], list[bytes]]] = {
    _TFTP: lambda: [b"\0\x01lubiao\0octet\0"],
    161: lambda: [_snmp_discovery(), _snmp_get(1, "public")],
}


def managed(wire: Wire, p: Parameters) -> list[int]:
    """The management ports that answer, by TCP, or by UDP where the service speaks that."""
    address, wait, source = p.text("address"), p.number("wait_ms", 1000), p.text("source")
    found = {port for _, port in wire.scan(p.endpoints(), wait, source=source)}
    for port in set(p.ports()) & _UDP_SERVICES.keys():
        for question in _UDP_SERVICES[port]():
            if wire.ask(address, port, question, wait, source=source, any_port=port == _TFTP) is not None:
                found.add(port)
    return sorted(found)


_SSH_BANNER_LINES, _SSH_PACKET, _KEXINIT = 20, 35000, 20


def ssh_algorithms(wire: Wire, connection: socket.socket, wait_ms: int) -> Facts:
    """What an SSH server offers, by its KEXINIT; raises ConnectionError where it speaks no SSH."""
    got = b""
    for _ in range(_SSH_BANNER_LINES):
        got = _ssh_line(wire, connection, wait_ms)
        if got.startswith(b"SSH-"):
            break
    else:
        raise ConnectionError("不是 SSH / no SSH")
    connection.sendall(b"SSH-2.0-lubiao\r\n")
    length, padding = struct.unpack("!IB", wire.exactly(connection, 5, wait_ms))
    if not _KEXINIT < length <= _SSH_PACKET:
        raise ConnectionError("不是 SSH 2 / no SSH 2")
    payload = wire.exactly(connection, length - 1, wait_ms)[: -padding or None]
    if payload[:1] != bytes([_KEXINIT]):
        raise ConnectionError("不是 SSH 2 / no SSH 2")
    at, lists = 17, list[list[str]]()
    while len(lists) < 6 and len(payload) >= at + 4:  # noqa: PLR2004 kex, keys, ciphers and MACs of both ways
        size = int.from_bytes(payload[at : at + 4], "big")
        names = payload[at + 4 : at + 4 + size].decode("ascii", "replace")
        lists.append(names.split(",") if names else [])
        at += 4 + size
    kex, keys, there, back, mac_there, mac_back = lists + [[]] * (6 - len(lists))
    ways = {"kex": kex, "host_keys": keys, "ciphers": unique(there + back), "macs": unique(mac_there + mac_back)}
    return ways | {"version": got.split(b"-")[1].decode("ascii", "replace")[:8]}


def _ssh_line(wire: Wire, connection: socket.socket, wait_ms: int) -> bytes:
    """A line, byte by byte: what follows it belongs to the first packet."""
    got = b""
    while not got.endswith(b"\n") and len(got) < 255:  # noqa: PLR2004 RFC 4253
        got += wire.exactly(connection, 1, wait_ms)
    return got.strip()


@kind("management-ports")
def management_ports(wire: Wire, p: Parameters) -> Facts:
    """``address, ports, ssh_port, wait_ms``, ``source`` (an own address). TFTP and SNMP are asked by UDP."""
    address, wait, ssh_port = p.text("address"), p.number("wait_ms", 1000), p.number("ssh_port", 22)
    facts: Facts = {"address": address, "open": managed(wire, p), "ssh": {}}
    if ssh_port in facts["open"]:
        source = p.text("source")
        with contextlib.suppress(OSError, struct.error), wire.tcp(address, ssh_port, wait, source=source) as connection:
            facts["ssh"] = ssh_algorithms(wire, connection, wait)
    return facts


def event_of(nonce: str, probe: str) -> str:
    """The word that names an event of this run, fit for a user's name."""
    return "lb" + hashlib.sha256(f"{nonce}:{probe}".encode()).hexdigest()[:16]


@kind("syslog")
def syslog(wire: Wire, p: Parameters) -> Facts:
    """``via`` login: the device at ``address`` is asked to let in a user whose name is the event, which it refuses and
    logs (by the machine's ``ssh``, where it has one; the greeting's client name is the event, too). ``via`` send: this
    machine itself tells the collector at ``address``, ``port``, as ``hostname``; only where it is the device.
    """
    address, event, via = (
        str(wire.aim(p.text("address"))),
        event_of(wire.scope.nonce, wire.probe),
        p.text("via", "login"),
    )
    sent_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    if via == "send":
        host = p.text("hostname") or platform.node()
        line = f"<86>1 {sent_at} {host} lubiao - - - {event} login refused"
        with wire.open(address, socket.SOCK_DGRAM) as teller:
            wire.pace()
            teller.sendto(line.encode(), (address, p.number("port", 514)))
    elif via == "login":
        _refused_login(wire, p, event)
    else:
        raise ValueError(f"via: {via[:20]}")
    return {"event": event, "sent_at": sent_at, "via": via}


def _refused_login(wire: Wire, p: Parameters, event: str) -> None:
    address, port, wait = p.text("address"), p.number("port", 22), p.number("wait_ms", 5000)
    source = p.text("source")
    with wire.tcp(
        address, port, wait, source=source
    ) as connection:  # also where there is a client: it must answer at all
        connection.sendall(f"SSH-2.0-{event}\r\n".encode())
        with contextlib.suppress(OSError):
            _ssh_line(wire, connection, wait)
    client = shutil.which("ssh", path=PROGRAMS)
    if client is None:
        return
    options = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=5")
    command = [client, "-F", "none", "-p", str(port), "-l", event]
    command += [word for one in options for word in ("-o", one)] + ["-o", "IdentitiesOnly=yes", "-i", "/dev/null"]
    command += ["-b", own_address(source)] if source else []
    command += [str(wire.aim(address)), "exit"]
    run_command(wire, command, heard=False)  # whatever the server says, at whatever length


#: Where programs are looked for: not in PATH, which may name a folder of somebody's, and we may be root.
PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"


def run_command(wire: Wire, command: Sequence[str], *, heard: bool = True) -> str:
    """What a command prints (where it is heard), ended with the deadline; raises OSError where there is no such
    command.
    """
    out = subprocess.PIPE if heard else subprocess.DEVNULL
    try:
        done = subprocess.run(  # noqa: S603 the callers name the program, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
            env={"PATH": PROGRAMS, "LC_ALL": "C"},
            check=False,
            timeout=wire.left(),
        )
    except subprocess.TimeoutExpired:
        raise OutOfTimeError from None
    return (done.stdout or b"")[: 64 << 20].decode("utf-8", "replace")


def trusted(program: str) -> bool:
    """Whether we may run it: as root nothing that others could have put, or could change, there."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return True
    whole = Path(program).resolve()
    states = [(one.stat(), one) for one in (whole, *whole.parents)]
    return all(
        state.st_uid == 0 and (not state.st_mode & 0o022 or (one != whole and state.st_mode & stat.S_ISVTX))
        for state, one in states
    )


# --- gateways: IKE, L2TP and others ---

_IKE_PORT, _NAT_T_PORT, _L2TP_PORT = 500, 4500, 1701
_IKE_SA, _IKE_KE, _IKE_NONCE, _IKE_NOTIFY = 33, 34, 40, 41
_COOKIE, _ERRORS = 16390, 16384
_ENCRYPTION = {
    "des": (2, 0), "3des": (3, 0), "aes128": (12, 128), "aes192": (12, 192), "aes256": (12, 256),
}  # fmt: skip
_HASHES = {"md5": (1, 1), "sha1": (2, 2), "sha256": (5, 12), "sha384": (6, 13), "sha512": (7, 14)}  # PRF, integrity
_GROUPS = {
    "modp768": (1, 96), "modp1024": (2, 128), "modp1536": (5, 192), "modp2048": (14, 256), "modp3072": (15, 384),
    "modp4096": (16, 512), "ecp256": (19, 64), "ecp384": (20, 96), "x25519": (31, 32),
}  # fmt: skip
#: Points that lie on the curves (their generators): gateways refuse others before they look at proposals.
_POINTS = {
    19: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    20: "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7"
    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
}


def _payload(following: int, body: bytes) -> bytes:
    return struct.pack("!BBH", following, 0, 4 + len(body)) + body


def ike_init(proposal: str, cookie: bytes = b"") -> bytes:
    """An IKE_SA_INIT with one proposal such as ``aes256-sha256-ecp256``; raises ValueError for one we do not know."""
    try:
        cipher, hash_, group = proposal.replace(" ", "").split("-")
        (encryption, bits), (prf, integrity), (number, size) = _ENCRYPTION[cipher], _HASHES[hash_], _GROUPS[group]
    except (KeyError, ValueError) as error:
        raise ValueError(f"不认识的提议 / unknown proposal: {proposal[:40]}") from error
    transforms = [(1, encryption, struct.pack("!HH", 0x800E, bits) if bits else b"")]
    transforms += [(2, prf, b""), (3, integrity, b""), (4, number, b"")]
    listed = b"".join(
        struct.pack("!BBHBBH", 3 if kind_ != 4 else 0, 0, 8 + len(extra), kind_, 0, id_) + extra  # noqa: PLR2004 the last
        for kind_, id_, extra in transforms
    )
    share = bytes.fromhex(_POINTS[number]) if number in _POINTS else b"\x2a" + secrets.token_bytes(size - 1)
    body = _payload(_IKE_KE, struct.pack("!BBHBBBB", 0, 0, 8 + len(listed), 1, 1, 0, len(transforms)) + listed)
    body += _payload(_IKE_NONCE, struct.pack("!HH", number, 0) + share) + _payload(0, secrets.token_bytes(32))
    first = _IKE_SA
    if cookie:
        first, body = _IKE_NOTIFY, _payload(_IKE_SA, struct.pack("!BBH", 0, 0, _COOKIE) + cookie) + body
    head = secrets.token_bytes(8) + bytes(8) + struct.pack("!BBBBII", first, 0x20, 34, 0x08, 0, 28 + len(body))
    return head + body


def ike_says(answer: bytes) -> tuple[bool, int, bytes]:
    """Of an answer: whether it holds a chosen proposal, the first notification's number (0: none) and data."""
    following, at = answer[16], 28
    chosen, notified, data = False, 0, b""
    while following and at + 4 <= len(answer):
        after, _, length = struct.unpack_from("!BBH", answer, at)
        if length < 4:  # noqa: PLR2004 a payload's head
            break
        chosen = chosen or following == _IKE_SA
        if following == _IKE_NOTIFY and not notified and length >= 8:  # noqa: PLR2004 with its number
            notified, data = struct.unpack_from("!H", answer, at + 6)[0], answer[at + 8 + answer[at + 5] : at + length]
        following, at = after, at + length
    return chosen, notified, data


def ike_offer(wire: Wire, endpoint: Endpoint, proposal: str, attempts: int, wait_ms: int) -> bool | None:
    """Whether a gateway accepts a proposal; None where it says nothing."""
    cookie = b""
    for _ in range(attempts + 1):
        question = ike_init(proposal, cookie)

        def ours(answer: bytes, mark: bytes = question[:8]) -> bool:
            return len(answer) >= 28 and answer[:8] == mark and answer[18] == 34  # noqa: PLR2004 header, IKE_SA_INIT

        answer = wire.ask(endpoint[0], endpoint[1], question, wait_ms, ours)
        if answer is None:
            continue
        chosen, notified, data = ike_says(answer)
        if notified == _COOKIE and not chosen:
            cookie = data
            continue
        if chosen or 0 < notified < _ERRORS:
            return chosen
    return None


@kind("ike")
def ike(wire: Wire, p: Parameters) -> Facts:
    """``address, port, attempts, wait_ms``, ``accept`` and ``refuse``: proposals, each offered alone. ``silent``: no
    answer to any. A proposal that only meets silence while others are answered counts as refused.
    """
    endpoint = p.text("address"), p.number("port", _IKE_PORT)
    attempts, wait = p.number("attempts", 2), p.number("wait_ms", 1000)
    said = {one: ike_offer(wire, endpoint, one, attempts, wait) for one in p.texts("accept") + p.texts("refuse")}
    return {
        "accepted": [one for one, accepted in said.items() if accepted],
        "refused": [one for one, accepted in said.items() if not accepted],
        "silent": all(one is None for one in said.values()),
    }


def _udp_greeting(port: int) -> bytes:
    """What makes a gateway at a well-known UDP port answer."""
    if port == _IKE_PORT:
        return ike_init("aes256-sha256-ecp256")
    if port == _NAT_T_PORT:
        return bytes(4) + ike_init("aes256-sha256-ecp256")
    if port == _L2TP_PORT:
        words = ((0, b"\0\1"), (2, b"\1\0"), (3, bytes(4)), (7, b"lubiao"), (9, b"\0\1"))
        parts = b"".join(struct.pack("!HHH", 0x8000 | 6 + len(value), 0, name) + value for name, value in words)
        return struct.pack("!HHHHHH", 0xC802, 12 + len(parts), 0, 0, 0, 0) + parts
    return b"\x38" + secrets.token_bytes(8) + bytes(5)  # OpenVPN's first packet


@kind("vpn-gateway")
def vpn_gateway(wire: Wire, p: Parameters) -> Facts:
    """``addresses``, ``ports`` such as ``500/udp``, ``attempts, wait_ms``."""
    wait, found = p.number("wait_ms", 1000), list[str]()
    pairs = [(int(port), word) for port, _, word in (str(one).partition("/") for one in p.many("ports"))]
    for address in p.texts("addresses"):
        found += [
            f"{spoken(*one)}/tcp" for one in wire.scan([(address, port) for port, word in pairs if word != "udp"], wait)
        ]
        for port in (port for port, word in pairs if word == "udp"):
            tries = range(p.number("attempts", 2))
            if any(wire.ask(address, port, _udp_greeting(port), wait) is not None for _ in tries):
                found.append(f"{spoken(address, port)}/udp")
    return {"open": found}


# --- load ---


@kind("bandwidth")
def bandwidth(wire: Wire, p: Parameters) -> Facts:
    """``address, port, seconds, streams``: our own TCP against the far end, first up, then down."""
    seconds, streams = max(1, p.number("seconds", 10)), max(1, min(p.number("streams", 4), wire.scope.connects))
    up = _flow(wire, p, "sink", seconds, streams)
    down = _flow(wire, p, "source", seconds, streams)
    return {"up_mbps": round(up, 2), "down_mbps": round(down, 2), "seconds": seconds}


def _flow(wire: Wire, p: Parameters, want: str, seconds: int, streams: int) -> float:
    """Mbit/s, as the receiving end counts them."""
    address, port = p.text("address"), p.number("port", 7005)
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(wire.tcp(address, port, 3000)) for _ in range(streams)]
        selector = stack.enter_context(selectors.DefaultSelector())
        for one in lines:
            converse(wire, one, 3000, want=want, ms=seconds * 1000)
            one.setblocking(False)
            selector.register(one, selectors.EVENT_WRITE if want == "sink" else selectors.EVENT_READ)
        begun, moved, block = time.monotonic(), 0, bytes(1 << 16)
        while (left := begun + seconds - time.monotonic()) > 0:
            for key, _ in selector.select(min(left, wire.left())):
                line = key.fileobj
                if isinstance(line, socket.socket):
                    with contextlib.suppress(BlockingIOError):
                        moved += line.send(block) if want == "sink" else len(line.recv(1 << 18))
        if want == "source":
            return moved * 8 / 1e6 / (time.monotonic() - begun)
        return sum(_counted(wire, one) for one in lines)


def _counted(wire: Wire, line: socket.socket) -> float:
    """Mbit/s that the far end received over one line."""
    line.settimeout(wire.within(10000))
    line.shutdown(socket.SHUT_WR)
    told = json.loads(wire.line(line, 10000))
    return min(float(told["bytes"]), MAX_COUNT) * 8 / 1000 / max(1.0, float(told["ms"]))


@kind("nat-log")
def nat_log(wire: Wire, p: Parameters) -> Facts:
    """``address, port`` of the far end's service, ``wait_ms``: how many records of translations its collector got."""
    until = time.monotonic() + wire.within(p.number("wait_ms", 5000)) - 0.2
    while True:
        with wire.tcp(p.text("address"), p.number("port", 7000), 1000) as connection:
            told = converse(wire, connection, 2000, want="translations").get("translations", 0)
            records = min(int(told), MAX_COUNT)
        if records or time.monotonic() >= until:
            return {"records": records}
        time.sleep(min(0.2, wire.left()))


# --- routing: FRR's own words ---

_SAFE_OPTIONS = ("--vty_socket", "--config_dir", "-N")
_FAMILIES = {"ipv4Unicast": "ipv4", "ipv6Unicast": "ipv6", "ipv4Vpn": "vpnv4", "ipv6Vpn": "vpnv6"}


def vtysh_commands(p: Parameters) -> list[list[str]]:
    """``vtysh``: the words before ``-c`` (``["vtysh", "--vty_socket", DIR]``), or a list of those, one a router."""
    given = p.many("vtysh") or ["vtysh"]
    commands = [[str(word) for word in one] for one in (given if isinstance(given[0], list) else [given])]
    for command in commands:
        if Path(command[0]).name != "vtysh" or any(one not in _SAFE_OPTIONS for one in command[1::2]):
            raise RefusedError(f"只能运行 vtysh / nothing but vtysh may be run: {' '.join(command)[:60]}")
    return commands


def vtysh(wire: Wire, p: Parameters, question: str) -> list[dict[str, Any]]:
    """Each router's answer to a question that gives JSON; raises UnsupportedError where there is no FRR."""
    answers = []
    for command in vtysh_commands(p):
        program = shutil.which(command[0], path=PROGRAMS)
        if program is None:
            raise UnsupportedError("没有 FRR / there is no FRR here")
        if not trusted(program):
            raise RefusedError(f"他人可改的程序 / others may change this program: {program[:60]}")
        text = run_command(wire, [program, *command[1:], "-c", question])
        try:
            answer = json.loads(text[text.index("{") :])
        except ValueError as error:
            raise UnsupportedError("FRR 没有应答 / FRR gave no answer") from error
        answers.append(answer if isinstance(answer, dict) else {})
    return answers


def neighbours(wire: Wire, p: Parameters) -> dict[str, dict[str, Any]]:
    """FRR's words on each neighbour of another AS; of those that ``neighbours`` names where it does."""
    named = p.texts("neighbours")
    found: dict[str, dict[str, Any]] = {}
    for answer in vtysh(wire, p, "show bgp neighbors json"):
        for address, one in answer.items():
            if isinstance(one, dict) and one.get("remoteAs") != one.get("localAs") and (not named or address in named):
                found[address] = one
    return found


@kind("bgp-session")
def bgp_session(wire: Wire, p: Parameters) -> Facts:
    """``vtysh``, ``neighbours`` (addresses of the site): as the provider sees them; of one not there ``absent``.

    ``refused_as``: the session ended, last, because the other end's AS was not the agreed one.
    """
    found = neighbours(wire, p)
    return {
        "sessions": [
            {
                "neighbour": address,
                "customer_as": found.get(address, {}).get("remoteAs"),
                "provider_as": found.get(address, {}).get("localAs"),
                "state": str(found.get(address, {}).get("bgpState", "absent")).lower(),
                "refused_as": _refused_as(found.get(address, {})),
                "family": "ipv6" if ":" in address else "ipv4",
            }
            for address in p.texts("neighbours") or found
        ]
    }


def _refused_as(neighbour: dict[str, Any]) -> bool:
    """RFC 4271 6.2: OPEN message error 2, subcode 2, sent or received, of a session that is not up."""
    if neighbour.get("bgpState") == "Established":
        return False
    told = " ".join(str(neighbour.get(name, "")) for name in ("lastNotificationReason", "lastErrorCodeSubcode"))
    return "Bad Peer AS" in told or "0202" in told.split()


@kind("bgp-families")
def bgp_families(wire: Wire, p: Parameters) -> Facts:
    """``vtysh``, ``neighbours``: the families that both ends agreed on, of sessions that are up."""
    agreed = {}
    for address, one in neighbours(wire, p).items():
        extensions = (one.get("neighborCapabilities") or {}).get("multiprotocolExtensions") or {}
        if one.get("bgpState") == "Established":
            both = [
                name
                for name, said in extensions.items()
                if isinstance(said, dict) and said.get("advertisedAndReceived")
            ]
            agreed[address] = sorted(_FAMILIES.get(name, name) for name in both)
    return {"families": agreed}


@kind("bgp-md5")
def bgp_md5(wire: Wire, p: Parameters) -> Facts:
    """``vtysh``, ``neighbours, wait_ms``. A session that is up is signed exactly where our router's end signs: the
    kernel drops what is not signed alike. One that takes an unsigned connection from our router's address is not.
    A neighbour whose session is down is left out: its silence says nothing.
    """
    signed = {}
    for address, one in neighbours(wire, p).items():
        if one.get("bgpState") != "Established":
            continue
        signed[address] = bool(one.get("authenticationEnabled"))
        with contextlib.suppress(OSError):
            wire.tcp(address, 179, p.number("wait_ms", 1000), source=str(one.get("hostLocal", ""))).close()
            signed[address] = False
        wire.left()
    return {"authenticated": signed}


@kind("advertised")
def advertised(wire: Wire, p: Parameters) -> Facts:
    """``vtysh``, ``neighbours``, ``prefixes`` (at most so many are told): what each sends, unfiltered where kept."""
    found = neighbours(wire, p)
    prefixes: dict[str, list[str]] = {}
    for address in found:
        sent = set[str]()
        for family in ("ipv4", "ipv6"):
            for words, key in (("received-routes", "receivedRoutes"), ("routes", "routes")):
                answers = vtysh(wire, p, f"show bgp {family} unicast neighbors {address} {words} json")
                routes = [prefix for one in answers if isinstance(one.get(key), dict) for prefix in one[key]]
                sent.update(routes)
                if routes:
                    break
        prefixes[address] = sorted(sent)[: p.number("prefixes", 10000)]
    return {"prefixes": prefixes}


@kind("paths")
def paths(wire: Wire, p: Parameters) -> Facts:
    """``vtysh``, ``uplinks`` of ``{id, neighbour}``: those whose session is up and brings routes."""
    found, carrying = neighbours(wire, p), []
    for one in p.many("uplinks"):
        session = found.get(str(one["neighbour"]), {})
        families = session.get("addressFamilyInfo") or {}
        routes = sum(int(said.get("acceptedPrefixCounter", 0)) for said in families.values() if isinstance(said, dict))
        if session.get("bgpState") == "Established" and routes:
            carrying.append(str(one["id"]))
    return {"carrying": unique(carrying)}


@kind("rib")
def rib(wire: Wire, p: Parameters) -> Facts:
    """``vtysh``, ``prefixes`` (at most so many are told): the device's routes, by FRR, else by the kernel."""
    limit = p.number("prefixes", 10000)
    try:
        answers = vtysh(wire, p, "show ip route json") + vtysh(wire, p, "show ipv6 route json")
        known = [prefix for one in answers for prefix, ways in one.items() if _chosen(ways)]
    except UnsupportedError:
        known = [prefix for prefix, _, _ in kernel_routes()]
    told = sorted(set(known))
    return {"defaults": [one for one in told if one in _DEFAULTS[:2]], "prefixes": told[:limit], "all": len(told)}


def _chosen(ways: object) -> bool:
    return isinstance(ways, list) and any(isinstance(one, dict) and one.get("selected") for one in ways)


# --- the run ---

_AIMED = ("addresses", "sentinels")


def aims(value: object, name: str = "") -> Iterator[str]:
    """Every address in parameters that is sent to."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from aims(one, str(key))
    elif isinstance(value, list):
        for one in value:
            if name in _AIMED and not isinstance(one, Mapping):
                yield str(one)
            else:
                yield from aims(one)
    elif name == "address" and value:
        yield str(value)


def admit(wire: Wire, spec: Spec) -> None:
    """Raises RefusedError where the scope does not allow what the probe asks for, before anything is sent."""
    for address in [*aims(spec.parameters), *aims(spec.control or {})]:
        wire.aim(address)
    p = spec.parameters
    slowest = 1000 / wire.scope.rate
    if p.number("packets_per_second", 0) > wire.scope.rate or 0 < p.number("interval_ms", 1000) < slowest:
        raise RefusedError(f"超过速率上限 / beyond {wire.scope.rate} packets a second")
    if p.number("connects", 0) > wire.scope.connects:
        raise RefusedError(f"超过并发上限 / beyond {wire.scope.connects} connects")
    if spec.kind == "bandwidth" and not wire.scope.bandwidth:
        raise RefusedError("未允许测带宽 / the scope allows no bandwidth test")


#: Positive controls: ``control`` is ``{"kind": one of these, "address", "port", "name", "id", "wait_ms"}``.
CONTROLS: dict[str, Callable[[Wire, Parameters], bool]] = {
    "probe": lambda wire, p: wire.ended.get(p.text("id")) is True,
    "icmp": lambda wire, p: bool(alive_of(wire, [p.text("address")], p)),
    "echo": lambda wire, p: bool(echo(wire, p.text("address"), p.number("port", 7000), p.number("wait_ms", 1000))[1]),
    "tcp": lambda wire, p: bool(
        wire.scan(p.endpoints() or [(p.text("address"), p.number("port", 443))], p.number("wait_ms", 1000))
    ),
    "dns": lambda wire, p: Resolver.of(wire, p).answer(p.text("name"), A)[0] >= 0,
}


def control_holds(wire: Wire, control: Parameters | None) -> bool | None:
    """Whether the positive control succeeds now; None where there is none."""
    if control is None:
        return None
    try:
        return CONTROLS[control.text("kind")](wire, control)
    except OSError:
        wire.left()
        return False


def measure(wire: Wire, spec: Spec, done: dict[str, Any]) -> None:
    """Measure one probe into ``done``, its control before and after it."""
    function = KINDS.get(spec.kind)
    if function is None:
        raise UnsupportedError(f"不认识的类别 / unknown kind: {spec.kind[:40]}")
    admit(wire, spec)
    before = control_holds(wire, spec.control)
    facts = function(wire, spec.parameters)
    digest(facts)  # raises ValueError for what the other end told and JSON cannot hold
    done["control"] = before and control_holds(wire, spec.control)
    done["facts"], done["reason"], done["state"] = facts, "", DONE


class Alarm:
    """Ends what is still running when its time is over, wherever it hangs; where the system has no timers, nothing."""

    def __init__(self) -> None:
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._ring)

    @staticmethod
    def _ring(_: int, __: FrameType | None) -> None:
        raise OutOfTimeError

    @staticmethod
    def set(seconds: float) -> None:
        """Ring in so many seconds; 0: do not."""
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, seconds)


@dataclass
class Run:
    """One run: what was measured so far, and whether it may go on."""

    scope: Scope
    started: str
    results: list[dict[str, Any]] = field(default_factory=list)
    ended: dict[str, bool] = field(default_factory=dict)
    stopped: bool = False

    def measure_all(self) -> None:
        """Measure every probe; when it is stopped, those that remain are told as errors."""
        pace, alarm, until = Pace(self.scope.rate), Alarm(), time.monotonic() + self.scope.seconds
        self.results = [_undone(spec) for spec in self.scope.probes]
        for number, (spec, done) in enumerate(zip(self.scope.probes, self.results, strict=True), 1):
            begun = time.monotonic()
            try:
                self._one(spec, done, pace, alarm, until)
            except StoppedError:
                self.stopped = True
            if self.stopped and done["state"] != DONE:
                done.update(_undone(spec))
            done["elapsed_ms"] = round((time.monotonic() - begun) * 1000)
            holds = HOLDS.get(spec.kind, bool)
            self.ended[spec.id] = done["state"] == DONE and (spec.kind not in HOLDS or holds(done["facts"]))
            say(f"[{number}/{len(self.scope.probes)}] {spec.id}: {done['state']} {done['reason']}".rstrip())

    def _one(self, spec: Spec, done: dict[str, Any], pace: Pace, alarm: Alarm, until: float) -> None:
        if self.stopped:
            return
        if red := [one for one in spec.after if not self.ended.get(one)]:
            done.update(state=BLOCKED, reason=f"前置探测未通过 / rests on {', '.join(red)[:80]}")
            return
        ends = min(time.monotonic() + spec.deadline_ms / 1000, until)
        wire = Wire(self.scope, pace, spec.id, ends, self.ended)
        try:
            try:
                alarm.set(max(0.001, ends - time.monotonic() + GRACE))
                measure(wire, spec, done)
            finally:
                alarm.set(0)
        except OutOfTimeError:
            if done["state"] != DONE:
                done.update(state=TIMEOUT, reason=f"超过时限 / beyond {spec.deadline_ms} ms")
        except RefusedError as error:
            done.update(state=REFUSED, reason=printable(str(error)))
        except UnsupportedError as error:
            done.update(state=UNSUPPORTED, reason=printable(str(error)))
        except Exception as error:  # noqa: BLE001 whatever breaks, the other probes go on
            done.update(state=ERROR, reason=printable(f"{type(error).__name__}: {error}"))

    def document(self) -> dict[str, Any]:
        """The results with their digest."""
        offsets = [one["facts"]["offset_ms"] for one in self.results if one["kind"] == "ntp" and one["state"] == DONE]
        made: dict[str, Any] = {
            "schema": SCHEMA,
            "agent": VERSION,
            "nonce": self.scope.nonce,
            "place": self.scope.place,
            "scope_sha256": self.scope.digest.removeprefix("sha256:"),
            "started": self.started,
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "clock_offset_ms": sorted(offsets)[len(offsets) // 2] if offsets else None,
            "host": {"system": platform.system(), "release": platform.release(), "python": platform.python_version()},
            "probes": self.results,
        }
        return made | {"digest": digest(made)}


def _undone(spec: Spec) -> dict[str, Any]:
    """The result of a probe that was not yet run: so it stays where the run is stopped before it."""
    return {
        "id": spec.id,
        "kind": spec.kind,
        "target": next(iter(aims(spec.parameters)), ""),
        "state": ERROR,
        "reason": "被中止 / stopped",
        "control": None,
        "elapsed_ms": 0,
        "facts": {},
    }


def created(path_: Path) -> TextIO:
    """A new file for the eyes of who runs the agent only; under sudo it is that person's."""
    file = os.fdopen(os.open(path_, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    caller, group = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if hasattr(os, "geteuid") and os.geteuid() == 0 and caller.isdecimal() and group.isdecimal():
        with contextlib.suppress(OSError):
            os.fchown(file.fileno(), int(caller), int(group))
    return file


def write(path_: Path, document: Mapping[str, Any]) -> None:
    """Write whole or not at all."""
    partial = path_.with_name(f".{path_.name}.{secrets.token_hex(8)}")
    try:
        with created(partial) as file:
            json.dump(document, file, ensure_ascii=False, indent=1, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path_)
    finally:
        partial.unlink(missing_ok=True)


def _stop(_: int, __: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # once is enough: the results are being written
    raise StoppedError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the probes of a scope; see the module's text for exit codes."""
    parser = argparse.ArgumentParser(description="鲁标探测程序 / Lubiao probe agent")
    parser.add_argument("--scope", type=Path, required=True, help="范围文件 / the scope file")
    parser.add_argument("--out", type=Path, required=True, help="结果文件 / where results go")
    parser.add_argument("--place", default="", help="地点，应与范围文件相同 / must be the scope's place")
    given = parser.parse_args(arguments)
    try:
        scope = read_scope(given.scope, given.place, datetime.now(UTC))
        given.out.parent.mkdir(parents=True, exist_ok=True)
    except (ScopeError, OSError) as error:
        say(f"范围文件不能用 / the scope cannot be used: {error}")
        return 2
    run = Run(scope, datetime.now(UTC).isoformat(timespec="seconds"))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        run.measure_all()
    except StoppedError:
        run.stopped = True
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        write(given.out, run.document())
    except OSError as error:
        say(f"结果不能写入 / results cannot be written: {error}")
        return 2
    say(f"已写入 / written: {given.out}")
    return 3 if run.stopped else 0


if __name__ == "__main__":
    sys.exit(main())
