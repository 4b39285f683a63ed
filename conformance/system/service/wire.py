"""One connection: opened, written to and read from within one deadline and one bound on octets."""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

_PIECE = 65536
#: Beside the body so many octets may come: the head, and the framing of chunks.
_HEAD_BYTES = 1 << 20
_INTERIM = 20
#: How long a server is given to notice that an upload was broken off.
_NOTICED_S = 1.0
#: What a handshake is given at least.
_LEAST_S = 0.05


class NotReached(Exception):  # noqa: N818 - what happened
    """No connection came about, because of ``cause``; ``kind``: ``dns``, ``refused``, ``timeout``, ``reset``,
    ``silent`` (accepted, but no TLS within the patience) or ``tls``.
    """

    def __init__(self, kind: str, cause: Exception) -> None:
        super().__init__(kind)
        self.kind, self.cause = kind, cause


class Flooded(Exception):  # noqa: N818 - what happened
    """More octets came than are read."""


def opened(host: str, port: int, context: ssl.SSLContext | None, seconds: float) -> socket.socket:
    """A connected socket, with TLS where there is a context; raises :class:`NotReached`."""
    begun = time.monotonic()
    plain = _connected(host, port, seconds)
    if context is None:
        return plain
    try:
        plain.settimeout(max(seconds - (time.monotonic() - begun), _LEAST_S))
        return context.wrap_socket(plain, server_hostname=host)
    except TimeoutError as error:
        plain.close()
        raise NotReached("silent", error) from error
    except ssl.SSLError as error:
        plain.close()
        raise NotReached("reset" if isinstance(error, ssl.SSLEOFError) else "tls", error) from error
    except (OSError, ValueError) as error:
        plain.close()
        raise NotReached("reset", error) from error


def _connected(host: str, port: int, seconds: float) -> socket.socket:
    try:
        plain = socket.create_connection((host, port), timeout=seconds)
    except (socket.gaierror, UnicodeError) as error:
        raise NotReached("dns", error) from error
    except TimeoutError as error:
        raise NotReached("timeout", error) from error
    except OSError as error:
        raise NotReached("refused", error) from error
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plain


class Wire:
    """A connection that is used for one exchange after another; ``begin`` starts each.

    ``received`` counts the octets of an exchange, ``ended`` says that the other side closed, ``cut`` that less was sent
    than was asked, because the answer came first.
    """

    def __init__(self, sock: socket.socket, monotonic: Callable[[], float]) -> None:
        self._sock, self._monotonic = sock, monotonic
        self._early = bytearray()
        self._deadline, self._bound = 0.0, 0
        self.received, self.ended, self.cut = 0, False, False
        self.exchanges, self.idle_since = 0, 0.0

    def begin(self, deadline: float, body_bytes: int) -> None:
        """A new exchange: everything ends at the deadline, and no more is read than a body of that length needs."""
        self._deadline, self._bound = deadline, body_bytes + _HEAD_BYTES
        self.received, self.cut = 0, False
        self.exchanges += 1
        self._early.clear()

    def rest(self) -> None:
        """The exchange is over."""
        self.idle_since = self._monotonic()

    def fresh(self, seconds: float) -> bool:
        """True where the connection rested no longer, and nothing came meanwhile: neither an end nor octets unasked."""
        return self._monotonic() - self.idle_since <= seconds and not self._readable()

    def send(self, octets: bytes) -> None:
        """Write; stops early where the answer comes before everything is written."""
        view = memoryview(octets)
        while view and not self.cut:
            self._sock.settimeout(0)
            if self._readable() and self._hear():
                self.cut = True
                return
            try:
                view = view[self._sock.send(view[:_PIECE]) :]
            except (ssl.SSLWantWriteError, BlockingIOError):
                self._await(write=True)
            except ssl.SSLWantReadError:
                self._await(write=False)

    def _hear(self) -> bool:
        """Read what is there without waiting; False where it was TLS's own business. An end is read again later."""
        try:
            piece = self._sock.recv(_PIECE)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return False
        self._early += piece
        return True

    def _await(self, *, write: bool) -> None:
        """Until something can be read, or written."""
        ready = select.select([self._sock], [self._sock] if write else [], [], self._left())
        if not any(ready):
            raise TimeoutError

    def _readable(self) -> bool:
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        return bool(select.select([self._sock], [], [], 0)[0])

    def _left(self) -> float:
        left = self._deadline - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def makefile(self, *_: Any) -> io.BufferedReader:
        """What :class:`http.client.HTTPResponse` reads from."""
        return io.BufferedReader(_Octets(self), _PIECE)

    def read_into(self, buffer: memoryview) -> int:
        """Some octets; zero at the end. Raises TimeoutError at the deadline, :class:`Flooded` beyond the bound."""
        if self._early:
            number = min(len(buffer), len(self._early))
            buffer[:number] = self._early[:number]
            del self._early[:number]
        else:
            self._sock.settimeout(self._left())
            number = self._sock.recv_into(buffer)
            self.ended = not number
        self.received += number
        if self.received > self._bound:
            raise Flooded
        return number

    def break_off(self) -> None:
        """End what is sent, and wait (not for long) until the other side has noticed and closed; its answer is lost."""
        self._deadline = min(self._deadline, self._monotonic() + _NOTICED_S)
        try:
            self._sock.shutdown(socket.SHUT_WR)
            while self.read_into(memoryview(bytearray(_PIECE))):
                pass
        except (OSError, Flooded):
            pass
        self.close()

    def close(self) -> None:
        """Close; nothing that goes wrong then matters."""
        self.ended = True
        self._sock.close()


class _Octets(io.RawIOBase):
    """The reading side of a wire as a file. Closing it leaves the wire open."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.read_into(memoryview(buffer))


class Response(http.client.HTTPResponse):
    """A response that skips interim ones (1xx) of every kind, but only so many."""

    def __init__(self, wire: Wire, method: str) -> None:
        super().__init__(wire, method=method)  # type: ignore[arg-type]  # it asks for makefile only

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status >= http.client.OK or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("too many interim responses")


def body_of(response: Response, limit: int) -> tuple[bytes, bool]:
    """The body, and whether it was cut at the limit; raises IncompleteRead where the connection ended before it."""
    body = bytearray()
    try:
        while len(body) <= limit and (piece := response.read(min(_PIECE, limit + 1 - len(body)))):
            body += piece
    except Flooded:
        return bytes(body[:limit]), True
    if len(body) <= limit and response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(body[:limit]), len(body) > limit
