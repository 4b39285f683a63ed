"""A server of raw octets over TLS: what it does with a request is the test's to say, and need not be HTTP."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

import trustme

#: What is done with a connection once the head of a request came: the socket, the head and what was read beyond it.
Behaviour = Callable[["Visit"], None]


class Visit:
    """One connection, and the request that came on it."""

    def __init__(self, sock: socket.socket, number: int, over: threading.Event) -> None:
        self.sock, self.number, self.over = sock, number, over
        self.head, self.body = b"", b""

    def hear(self) -> bool:
        """Read the next head; False where the other side has gone."""
        octets = b""
        while b"\r\n\r\n" not in octets:
            piece = self.sock.recv(65536)
            if not piece:
                return False
            octets += piece
        self.head, _, self.body = octets.partition(b"\r\n\r\n")
        return True

    def hear_out(self) -> None:
        """Read on until the other side ends."""
        with contextlib.suppress(OSError):
            while piece := self.sock.recv(65536):
                self.body += piece

    def say(self, octets: bytes) -> None:
        self.sock.sendall(octets)

    def header(self, name: str) -> str:
        """A header of the request; empty where there is none."""
        lines = self.head.decode().split("\r\n")[1:]
        return next((line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name.lower()}: ")), "")

    def hold(self) -> None:
        """Keep the connection open until the test is over."""
        self.over.wait(10)


class HostileServer:
    """Listens on a free port of this machine as long as it is open; ``visits`` are the connections so far.

    ``hears`` False: it begins without waiting for a request.
    """

    def __init__(self, behave: Behaviour, context: ssl.SSLContext | None, *, hears: bool = True) -> None:
        self._behave, self._context, self._hears = behave, context, hears
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.visits: list[Visit] = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    def __enter__(self) -> HostileServer:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for visit in self.visits:
            with contextlib.suppress(OSError):
                visit.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._receive, args=(plain,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _receive(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            plain.settimeout(10)
            with plain, self._context.wrap_socket(plain, server_side=True) if self._context else plain as sock:
                visit = Visit(sock, len(self.visits) + 1, self._over)
                self.visits.append(visit)
                if not self._hears or visit.hear():
                    self._behave(visit)


def tls_of(certificate: trustme.LeafCert, *, everything: bool = False) -> ssl.SSLContext:
    """A server's TLS with a certificate of the test's own authority; ``everything``: old versions and weak keys too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if everything:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    certificate.configure_cert(context)
    return context


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A well-formed answer in JSON that keeps the connection."""
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
