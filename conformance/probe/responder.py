"""The far end of Lubiao's probes 鲁标对端程序: answers the agent, and keeps its own record of what arrived.

    python3 responder.py --scope scope-far.json --out far.responder.json
    python3 responder.py --nonce … --tcp 7000,7005 --udp 7003 --syslog 514 --out far.responder.json

One file on purpose, as the agent: it is carried to a machine where nothing of Lubiao is installed. Standard library
of Python 3.11 only; runs with ``-I``. It heeds packets and lines that hold the run's nonce only, and counts the others.

- TCP: a line ``{"nonce", "probe", "want"?, "ms"?}`` is answered with ``{"seen": address, "nonce"}``; ``want`` is
  ``sink`` or ``source`` (so many milliseconds of bandwidth test, where the scope allows it) or ``translations`` (how
  many records of them came).
- UDP: a datagram ``{"nonce", "probe", "label"?}`` is answered the same, where the answer is no longer than it; one
  with a label is a forged source and is not.
- Where it may, it also listens to every TCP, UDP and ICMP packet for forged sources, whatever their port.
- Syslog by UDP: events of this run, and records of translations.

In the scope, ``responder`` may hold ``{"tcp", "udp", "syslog": [ports], "events": {event: probe id}, "translations":
[patterns]}``.

The record is written at SIGTERM and SIGINT, at SIGUSR1, and when a file ``OUT.now`` appears (which is then removed).
Says ``ready`` on standard output when it listens. Exit 0: written; 2: it could not start.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import re
import selectors
import signal
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

SCHEMA = 1
MAX_SCOPE = 4 << 20
MAX_MET = 5_000  # of one kind; what comes beyond is counted only
MAX_LINES = 64  # connections at once
LINE = 4096
MESSAGE = 2048  # bytes of a message of syslog that are looked at
PATIENCE = 10.0  # seconds for a line
MAX_FLOW_MS = 60_000
TICK = 0.2
_EVENT = re.compile(r"lb[0-9a-f]{16}")
#: Records of translations, as the vendors' readable exports name them, or with both tuples of a flow. A filter that
#: logs what it denies has one tuple, and a login opens a session: neither counts.
TRANSLATIONS = (
    r"(?i)\bnat(?:log\b|[_/:-]|\b)|userlog|translat|session_?log|/session\(",
    r"(?i)\bSRC=\S{1,60} .{0,300}?\bSRC=\S",
)


@dataclass(frozen=True)
class Setting:
    """What to listen to, for which run."""

    nonce: str
    tcp: tuple[int, ...]
    udp: tuple[int, ...]
    syslog: tuple[int, ...]
    events: Mapping[str, str]
    translations: tuple[re.Pattern[str], ...]
    bandwidth: bool = True


@dataclass
class Record:
    """What arrived, kept up to MAX_MET of a kind; the rest, and what was foreign, is counted."""

    setting: Setting
    met: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, source: str, probe: str, **facts: Any) -> None:
        """One thing arrived."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock:
            self.counts[kind] += 1
            if self.counts[kind] <= MAX_MET:
                named = printable(probe, 100)
                self.met.append({"kind": kind, "source": source, "probe": named, "at": at, "facts": facts})

    def count(self, word: str) -> None:
        """One more of what is not kept."""
        with self._lock:
            self.counts[word] += 1

    def number(self, word: str) -> int:
        """How many of a kind came."""
        with self._lock:
            return self.counts[word]

    def ours(self, text: bytes) -> dict[str, Any] | None:
        """The question that a line or a datagram holds, if it is of this run."""
        with contextlib.suppress(ValueError, RecursionError):
            question = json.loads(text)
            if isinstance(question, dict) and question.get("nonce") == self.setting.nonce:
                return question
        self.count("foreign")
        return None

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        with self._lock:
            document: dict[str, Any] = {
                "schema": SCHEMA,
                "nonce": self.setting.nonce,
                "met": list(self.met),
                "counts": dict(self.counts),
                "dropped": max(0, sum(self.counts[one] for one in _KEPT) - len(self.met)),
            }
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        document["digest"] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        partial = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
        try:
            with created(partial) as file:
                file.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def created(path: Path) -> TextIO:
    """A new file for the eyes of who runs this only; under sudo it is that person's."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    caller, group = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if hasattr(os, "geteuid") and os.geteuid() == 0 and caller.isdecimal() and group.isdecimal():
        with contextlib.suppress(OSError):
            os.fchown(file.fileno(), int(caller), int(group))
    return file


_KEPT = ("echo", "tcp", "udp", "spoof", "syslog")


def printable(text: str, most: int) -> str:
    """A text of others, fit for JSON and for who reads it."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:most])


# --- TCP: one thread a connection, bounded ---


class Lines:
    """Serves connections, at most MAX_LINES at once."""

    def __init__(self, record: Record) -> None:
        self.record, self._places = record, threading.BoundedSemaphore(MAX_LINES)

    def take(self, listener: socket.socket) -> None:
        """Take a connection; one too many is closed."""
        try:
            line, source = listener.accept()
        except OSError:
            return
        if not self._places.acquire(blocking=False):
            self.record.count("refused")
            line.close()
            return
        threading.Thread(target=self._serve, args=(line, plain(source)), daemon=True).start()

    def _serve(self, line: socket.socket, source: str) -> None:
        try:
            with line, contextlib.suppress(OSError):
                self._talk(line, source)
        finally:
            self._places.release()

    def _talk(self, line: socket.socket, source: str) -> None:
        question = self.record.ours(read_line(line))
        if question is None:
            return
        want, milliseconds = question.get("want"), question.get("ms")
        answer: dict[str, Any] = {"seen": source, "nonce": self.record.setting.nonce}
        if want in ("sink", "source") and not self.record.setting.bandwidth:
            self.record.count("refused")
            return
        if want == "translations":
            answer["translations"] = self.record.number("translations")
        else:
            self.record.add("tcp" if want else "echo", source, str(question.get("probe", "")))
        line.sendall(json.dumps(answer).encode() + b"\n")
        if want in ("sink", "source") and isinstance(milliseconds, int):
            (sink if want == "sink" else flood)(line, min(milliseconds, MAX_FLOW_MS) / 1000)


def read_line(line: socket.socket) -> bytes:
    """A line of at most LINE bytes, in PATIENCE seconds; what came until then."""
    got, until = b"", time.monotonic() + PATIENCE
    while b"\n" not in got and len(got) < LINE and (left := until - time.monotonic()) > 0:
        line.settimeout(left)
        more = line.recv(LINE - len(got))
        if not more:
            break
        got += more
    return got.partition(b"\n")[0]


def sink(line: socket.socket, seconds: float) -> None:
    """Swallow what comes, then say how much that was and how long it took."""
    begun, moved, last = time.monotonic(), 0, time.monotonic()
    while (left := begun + seconds + PATIENCE - time.monotonic()) > 0:
        line.settimeout(left)
        more = line.recv(1 << 18)
        if not more:
            break
        moved, last = moved + len(more), time.monotonic()
    line.settimeout(PATIENCE)
    line.sendall(json.dumps({"bytes": moved, "ms": round((last - begun) * 1000)}).encode() + b"\n")


def flood(line: socket.socket, seconds: float) -> None:
    """Send as fast as it goes."""
    until, block = time.monotonic() + seconds, bytes(1 << 16)
    while (left := until - time.monotonic()) > 0:
        line.settimeout(left)
        line.send(block)


# --- datagrams ---


def plain(source: tuple[Any, ...]) -> str:
    """The address that a packet came from, an IPv4 address as such."""
    return str(source[0]).removeprefix("::ffff:").partition("%")[0]


def answer_datagram(record: Record, listener: socket.socket) -> None:
    """Answer a datagram of this run. Those with a label claim to be of somebody: they are recorded, not answered."""
    with contextlib.suppress(OSError):
        data, source = listener.recvfrom(65535)
        question = record.ours(data)
        if question is None:
            return
        seen, probe = plain(source), str(question.get("probe", ""))
        if "label" in question:
            record.add("spoof", seen, probe, label=printable(str(question["label"]), 40))
            return
        record.add("udp", seen, probe)
        answer = json.dumps({"seen": seen, "nonce": record.setting.nonce}).encode()
        if len(answer) <= len(data):  # never more than came: its source may be forged
            listener.sendto(answer, source)


def overhear(record: Record, listener: socket.socket) -> None:
    """Look into a raw packet for a forged source of this run."""
    with contextlib.suppress(OSError):
        packet, source = listener.recvfrom(65535)
        at = packet.find(b'{"nonce"')
        if at < 0 or record.setting.nonce.encode() not in packet or not asks(packet, listener):
            return
        question = record.ours(packet[at:])
        if question is not None and "label" in question:
            probe, label = str(question.get("probe", "")), printable(str(question["label"]), 40)
            record.add("spoof", plain(source), probe, label=label)


def asks(packet: bytes, listener: socket.socket) -> bool:
    """Whether it was sent to us: replies and errors of ICMP bring back what somebody else sent."""
    if listener.proto == socket.IPPROTO_ICMP:
        return packet[(packet[0] & 15) * 4 :][:1] == b"\x08"
    return listener.proto != socket.IPPROTO_ICMPV6 or packet[:1] == b"\x80"


# --- syslog ---

_STAMP = re.compile(
    r"<\d{1,3}>(?:"
    r"1 (?P<iso>\S+)|"
    r"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?"
    r"(?P<clock>\d\d:\d\d:\d\d)(?:[.:]\d+)?(?: (?P<year2>\d{4}))?"
    r") (?P<host>\S+)"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZONES = (0, 8)  # hours; a stamp without a zone is taken for that which is nearest


def collect(record: Record, listener: socket.socket) -> None:
    """Record an event of this run, or that a translation was logged; other messages are counted."""
    with contextlib.suppress(OSError):
        data, source = listener.recvfrom(65535)
        came, text = datetime.now(UTC), data[:MESSAGE].decode("utf-8", "replace")
        found = _EVENT.search(text)
        event = found[0] if found else ""
        if event and event not in record.setting.events:
            record.count("foreign")
            event = ""
        if not event and any(one.search(text) for one in record.setting.translations):
            record.count("translations")
        if not event:
            record.count("messages")
            return
        stamp = _STAMP.match(text)
        moment = stamped(stamp, came) if stamp else None
        record.add(
            "syslog",
            plain(source),
            record.setting.events[event],
            event=event,
            hostname=printable(stamp["host"], 80) if stamp else "",
            time=moment.isoformat() if moment else "",
            delay_ms=round((came - moment).total_seconds() * 1000) if moment else None,
        )


def stamped(stamp: re.Match[str], came: datetime) -> datetime | None:
    """The time that a message gives; a missing year or zone is that which makes it nearest to its arrival."""
    try:
        if stamp["iso"]:
            moment = datetime.fromisoformat(stamp["iso"])
            return moment if moment.tzinfo else _nearest([moment], came)
        hour, minute, second = (int(one) for one in stamp["clock"].split(":"))
        given = stamp["year"] or stamp["year2"]
        years = [int(given)] if given else [came.year - 1, came.year, came.year + 1]
        month, day = _MONTHS.index(stamp["month"]) + 1, int(stamp["day"])
        moments = []
        for year in years:
            with contextlib.suppress(ValueError):  # 29 February of another year
                moments.append(datetime(year, month, day, hour, minute, second))  # the zone follows
        return _nearest(moments, came)
    except (ValueError, OverflowError):
        return None


def _nearest(moments: Sequence[datetime], came: datetime) -> datetime | None:
    local = came.astimezone().utcoffset() or timedelta()
    zones = {local, *(timedelta(hours=one) for one in _ZONES)}
    zoned = [one.replace(tzinfo=UTC) - zone for one in moments for zone in zones]
    return min(zoned, key=lambda one: abs(one - came), default=None)


# --- listening ---

Hear = Callable[[Record, socket.socket], None]


def bound(type_: int, port: int) -> list[socket.socket]:
    """Sockets that listen on a port, one for each family that the machine has; raises OSError where there is none."""
    found, wrong = [], OSError(f"port {port}")
    for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104 that is its job
        made = None
        try:
            made = socket.socket(family, type_)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind((any_address, port))
            if type_ == socket.SOCK_STREAM:
                made.listen(MAX_LINES)
            made.setblocking(False)
            found.append(made)
        except OSError as error:
            wrong = error
            if made:
                made.close()
            if family == socket.AF_INET:
                break
    if not found:
        raise wrong
    return found


def raw_sockets() -> list[socket.socket]:
    """Sockets that overhear TCP, UDP and ICMP, where we may have them."""
    found = []
    six = ((socket.AF_INET6, one) for one in (socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMPV6))
    four = ((socket.AF_INET, one) for one in (socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMP))
    for family, protocol in (*four, *six):
        with contextlib.suppress(OSError):
            made = socket.socket(family, socket.SOCK_RAW, protocol)
            made.setblocking(False)
            if protocol == socket.IPPROTO_TCP:
                only_syns(made, family)
            found.append(made)
    return found


def only_syns(overheard: socket.socket, family: int) -> None:
    """Let the kernel pass on only beginnings of TCP connections: forged packets are such, a bandwidth test is not."""
    head = [(0xB1, 0, 0, 0), (0x50, 0, 0, 13)] if family == socket.AF_INET else [(0x30, 0, 0, 13)]
    program = b"".join(
        struct.pack("HBBI", *one) for one in [*head, (0x45, 0, 1, 2), (0x06, 0, 0, 65535), (0x06, 0, 0, 0)]
    )
    kept = ctypes.create_string_buffer(program)
    overheard.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(program) // 8, ctypes.addressof(kept))
    )


_SO_ATTACH_FILTER = 26  # Linux


@dataclass
class Asked:
    """What signals ask for: set by handlers, done by the loop."""

    ended: bool = False
    write: bool = False

    def handle(self, number: int, _: FrameType | None) -> None:
        """A signal came."""
        if number in (signal.SIGTERM, signal.SIGINT):
            self.ended = True
        else:
            self.write = True


def serve(setting: Setting, out: Path, asked: Asked) -> None:
    """Listen until somebody asks to end; the record is written then. Raises OSError where a port is taken."""
    record = Record(setting)
    lines, overheard = Lines(record), raw_sockets()
    hears: dict[socket.socket, Hear] = {}
    for port in setting.tcp:
        hears.update(dict.fromkeys(bound(socket.SOCK_STREAM, port), lambda _, listener: lines.take(listener)))
    for port in setting.udp:
        # Where every packet is overheard, forged ones would be recorded twice.
        hears.update(dict.fromkeys(bound(socket.SOCK_DGRAM, port), quiet if overheard else answer_datagram))
    for port in setting.syslog:
        hears.update(dict.fromkeys(bound(socket.SOCK_DGRAM, port), collect))
    hears.update(dict.fromkeys(overheard, overhear))
    flag = out.with_name(out.name + ".now")
    with selectors.DefaultSelector() as selector:
        for listener in hears:
            selector.register(listener, selectors.EVENT_READ)
        sys.stdout.write("ready / 就绪\n")
        sys.stdout.flush()
        while not asked.ended:
            for key, _ in selector.select(TICK):
                if isinstance(key.fileobj, socket.socket):
                    hears[key.fileobj](record, key.fileobj)
            if asked.write or flag.exists():
                asked.write = False
                record.write(out)
                flag.unlink(missing_ok=True)
    for listener in hears:
        listener.close()
    record.write(out)


def quiet(record: Record, listener: socket.socket) -> None:
    """As answer_datagram, but what claims to be of somebody is left to who overhears it."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        peeked = json.loads(listener.recv(65535, socket.MSG_PEEK))
        if isinstance(peeked, dict) and "label" in peeked:
            listener.recv(65535)
            return
    answer_datagram(record, listener)


# --- starting ---


def event_of(nonce: str, probe: str) -> str:
    """The word that names an event of this run, as the agent makes it."""
    return "lb" + hashlib.sha256(f"{nonce}:{probe}".encode()).hexdigest()[:16]


def setting_of(given: argparse.Namespace) -> Setting:
    """From the command line, and the scope where one is named; raises ValueError, OSError."""
    scope: dict[str, Any] = {}
    if given.scope:
        with given.scope.open("rb") as file:
            scope = json.loads(file.read(MAX_SCOPE))
        rest = {key: value for key, value in scope.items() if key != "digest"}
        text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if scope.get("digest") != "sha256:" + hashlib.sha256(text.encode()).hexdigest():
            raise ValueError("摘要不符，文件被改动 / wrong digest: the file was changed")
    told = scope.get("responder") or {}
    nonce = str(given.nonce or scope.get("nonce") or "")
    if not nonce:
        raise ValueError("缺少 nonce / a nonce is needed")
    events = {str(key): str(value) for key, value in (told.get("events") or {}).items()}
    return Setting(
        nonce=nonce,
        tcp=given.tcp if given.tcp is not None else tuple(told.get("tcp", (7000,))),
        udp=given.udp if given.udp is not None else tuple(told.get("udp", ())),
        syslog=given.syslog if given.syslog is not None else tuple(told.get("syslog", ())),
        events=events or {event_of(nonce, "syslog"): "syslog"},
        bandwidth=not scope or (scope.get("limits") or {}).get("bandwidth") is True,
        translations=tuple(re.compile(str(one)) for one in told.get("translations") or TRANSLATIONS),
    )


def _ports(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split(",") if one)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one run; see the module's text for exit codes."""
    parser = argparse.ArgumentParser(description="鲁标对端程序 / the far end of Lubiao's probes")
    parser.add_argument("--out", type=Path, required=True, help="记录文件 / where the record goes (*.responder.json)")
    parser.add_argument("--scope", type=Path, help="对端的范围文件 / the far end's scope file")
    parser.add_argument("--nonce", default="", help="本次检测的随机串 / the run's nonce")
    for word in ("tcp", "udp", "syslog"):
        parser.add_argument(f"--{word}", type=_ports, help="端口，逗号分隔 / ports, joined by commas")
    given = parser.parse_args(arguments)
    asked = Asked()
    for name in ("SIGTERM", "SIGINT", "SIGUSR1"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), asked.handle)
    try:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        serve(setting_of(given), given.out, asked)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, struct.error) as error:
        sys.stderr.write(f"不能启动 / cannot start: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
