"""The wire of the simulated platform: HTTPS whose every octet is under control, and a record of every request.

What is answered, and when, a :class:`Stage` says; it knows no sockets. A client that does not speak HTTP, or breaks
off, leaves no request.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from conformance.dialogue.platform.certificates import HOST

#: Of one body no more is read, of all that come at once not so much, and of connections no more are open.
BODY_BYTES, ROOM_BYTES, CONNECTIONS = 32 << 20, 128 << 20, 128
#: How long connections may take to be gone when the platform ends.
_GRACE_SECONDS = 5.0
#: How long the platform waits for a client that says nothing in the middle of a request.
_IDLE_SECONDS = 30.0
_CHUNK_LINE = 1024


@dataclass(frozen=True)
class Reply:
    """What is sent back. The head promises the whole ``body``; ``sent``, where it is not None, is how much of it comes
    before the connection is cut. ``status`` 0: cut without a word. ``hold_ms``: not before so long; ``until_next``: or
    until another request comes.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    sent: int | None = None
    hold_ms: int = 0
    until_next: bool = False


@dataclass(frozen=True)
class Arrived:
    """A request as it came in: line and headers as Latin-1, our clock (milliseconds, and monotonic seconds)."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    clock_ms: int
    received: float


class Stage(Protocol):
    """What decides on answers."""

    def take(self, arrived: Arrived) -> tuple[int, Reply]:
        """The number of the request in its scene, and what is answered."""

    def wait(self, number: int, reply: Reply) -> None:
        """Wait as long as the reply is to be held; ends early where the scene does."""

    def answered(self, number: int, at: float) -> None:
        """The answer is about to be handed over (to be received, a client must read what comes now)."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int, context: ssl.SSLContext, stage: Stage) -> None:
        self.context, self.stage = context, stage
        #: What went wrong on our own side: no client's fault, and not to be hidden.
        self.failure: Exception | None = None
        self._open: dict[object, socket.socket] = {}
        self._room, self._over = ROOM_BYTES, False
        self._changed = threading.Condition()
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """Serve a connection in a thread of its own; one too many is closed."""
        assert isinstance(request, socket.socket)  # noqa: S101 - this server is a stream's
        with self._changed:
            taken = len(self._open) < CONNECTIONS
            if taken:
                self._open[client_address] = request
        if taken:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Shake hands in the connection's own thread, so that a slow client holds up nobody."""
        assert isinstance(request, socket.socket)  # noqa: S101 - as above
        try:
            request.settimeout(_IDLE_SECONDS)
            with self.context.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as wrapped:
                with self._changed:
                    self._open[client_address] = wrapped
                    if self._over:
                        return
                wrapped.do_handshake()
                _Handler(wrapped, client_address, self)
        except (OSError, ValueError):
            return
        finally:
            with self._changed:
                del self._open[client_address]
                self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is nothing to report."""

    @contextmanager
    def room(self, octets: int) -> Iterator[None]:
        """Room for so much of a body while it is read, once there is; raises ValueError where there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or octets <= self._room, _IDLE_SECONDS)
            if self._over or octets > self._room:
                raise ValueError(octets)
            self._room -= octets
        try:
            yield
        finally:
            with self._changed:
                self._room += octets
                self._changed.notify_all()

    def end_connections(self) -> None:
        """End every connection, and wait (not for long) until their threads have."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
            for one in self._open.values():
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, _GRACE_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        """One request of any method: read whole, recorded, answered as the stage says."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self._body()
        except (OSError, ValueError):
            self.close_connection = True
            return
        stage, headers = self.server.stage, tuple((name, str(value)) for name, value in self.headers.raw_items())
        arrived = Arrived(self.command, self.path, headers, body, time.time_ns() // 1_000_000, time.monotonic())
        try:
            number, reply = stage.take(arrived)
        except Exception as error:  # noqa: BLE001 - told to whoever serves
            self.server.failure, self.close_connection = error, True
            return
        stage.wait(number, reply)
        stage.answered(number, time.monotonic())
        self._send(reply)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            with self.server.room(BODY_BYTES):
                return bytes(self._chunks())
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= BODY_BYTES:
            raise ValueError(length)
        with self.server.room(length):
            body = self.rfile.read(length)
        if len(body) < length:
            raise ValueError(length)
        return body

    def _chunks(self) -> bytearray:
        body = bytearray()
        while size := int(self.rfile.readline(_CHUNK_LINE).partition(b";")[0], 16):
            if not 0 < size <= BODY_BYTES - len(body):
                raise ValueError(size)
            chunk = self.rfile.read(size)
            if len(chunk) < size:
                raise ValueError(size)
            body += chunk
            self.rfile.readline(_CHUNK_LINE)
        while self.rfile.readline(_CHUNK_LINE).strip():
            pass
        return body

    def _send(self, reply: Reply) -> None:
        whole = reply.sent is None
        if not reply.status or not whole:
            self.close_connection = True
        try:
            if reply.status:
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body if whole else reply.body[: reply.sent])
                self.wfile.flush()
        except OSError:
            self.close_connection = True

    def version_string(self) -> str:
        """What the platform says it is."""
        return "lubiao-platform"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing is written: a request may hold what is nobody's to read."""


@contextmanager
def serving(stage: Stage, context: ssl.SSLContext, port: int = 0) -> Iterator[str]:
    """Serve a stage on a local port (a free one where it is 0) as long as the context is open; gives the address.

    Raises in the end what the stage raised meanwhile.
    """
    server = _Server(port, context, stage)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        server.end_connections()
    if server.failure is not None:
        raise server.failure
