"""The line to a node: calls made as declared, within what is allowed, and whatever comes of them told as answers."""

from __future__ import annotations

import hashlib
import http.client
import itertools
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from conformance.judge.service.model import Answer, Call
from conformance.standard.services.model import ServiceRules
from conformance.system.service.encoding import request_of
from conformance.system.service.limits import Bounds, LineSpent
from conformance.system.service.reach import Reach, address_of
from conformance.system.service.signature import signed_headers
from conformance.system.service.tls import context_of
from conformance.system.service.wire import Flooded, NotReached, Response, Wire, body_of, opened

__all__ = ["LineDown", "LineSpent", "ServiceClient"]

#: A connection that rested longer is not used again: the node may be closing it at this very moment.
_RESTED_S = 1.0
_MS = 1000
_TOO_MANY = 429


class LineDown(Exception):  # noqa: N818 - what happened
    """No connection came about after several attempts; ``kind`` is that of the last :class:`NotReached`."""

    def __init__(self, cause: NotReached) -> None:
        super().__init__(cause.kind)
        self.kind, self.cause = cause.kind, cause


def now_in_ms() -> int:
    """The time of day, as timestamps tell it."""
    return time.time_ns() // 1_000_000


class ServiceClient:
    """A ``Line`` of ``conformance.dialogue.talk``; raises :class:`NotAllowed` where the URL is none that may be called.

    Follows nothing, decodes nothing, asks no proxy, and repeats a call by itself only where a GET went out on a
    connection that the node had closed meanwhile. ``session`` is what nonces are made of: another one each run.
    """

    def __init__(
        self,
        reach: Reach,
        rules: ServiceRules,
        *,
        now_ms: Callable[[], int] = now_in_ms,
        monotonic: Callable[[], float] = time.monotonic,
        session: str,
    ) -> None:
        self._address = address_of(reach)
        self._reach, self._rules, self._now_ms, self._monotonic = reach, rules.signing, now_ms, monotonic
        self._context: ssl.SSLContext = context_of(reach)
        self._bounds = Bounds(reach.requests, reach.rate, reach.seconds, monotonic)
        self._run, self._count = _number(session), itertools.count(1)
        self._idle: list[Wire] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def __enter__(self) -> ServiceClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection that rests."""
        self._closed.set()
        with self._lock:
            wires, self._idle = self._idle, []
        for wire in wires:
            wire.close()

    def send(self, call: Call) -> Answer:
        """Make one call and wait for its answer; raises :class:`LineDown` and :class:`LineSpent`.

        A node that says it is asked too often is asked again after the pause that it names, unless the nonce is given:
        whether it was used up then nobody knows.
        """
        answer = self._sent(call)
        for _ in range(self._reach.attempts):
            if answer.status != _TOO_MANY or call.twist.nonce:
                break
            self._closed.wait(self._pause(answer))
            answer = self._sent(call)
        return answer

    def _pause(self, answer: Answer) -> float:
        """Seconds to wait before a call is made again: what the node says, else one; no longer than our patience."""
        said = answer.header("retry-after").strip()
        seconds = float(said) if said.isascii() and said.isdigit() else 1.0
        return min(seconds, self._reach.patience_ms / _MS)

    def _sent(self, call: Call) -> Answer:
        self._bounds.take()
        deadline = self._deadline()
        try:
            wire = self._wire(deadline)
            stale = wire.exchanges > 0 and call.method == "GET" and call.cut_after is None
            answer = self._exchange(wire, call, deadline)
            if stale and answer.failure == "closed" and not wire.received:
                self._bounds.take()
                answer = self._exchange(self._opened(deadline), call, deadline)
        except LineDown as down:
            if down.kind != "silent":
                raise
            return Answer(0, failure="timeout")
        return answer

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        """Make several calls at once, each on a connection of its own that stands before the first is sent.

        A call that finds nobody listening while others do is answered ``refused``. Where one comes too often, which
        those before it may have brought about, all are made once more after a pause.
        """
        answers = self._sent_together(calls)
        often = [answer for answer in answers if answer.status == _TOO_MANY]
        if often:
            self._closed.wait(max(self._pause(answer) for answer in often))
            answers = self._sent_together(calls)
        return answers

    def _sent_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        if not calls:
            return ()
        self._bounds.take(len(calls))
        barrier = threading.Barrier(len(calls))
        with ThreadPoolExecutor(len(calls)) as threads:
            pending = [threads.submit(self._together, call, barrier) for call in calls]
        answers = tuple(one.result() for one in pending)
        if any(one.failure in ("refused", "closed") for one in answers):
            self._still_there()
        return answers

    def _together(self, call: Call, barrier: threading.Barrier) -> Answer:
        wire: Wire | None = None
        failure = "refused"
        try:
            wire = self._opened(self._deadline())
        except LineDown as down:
            failure = "timeout" if down.kind in ("silent", "timeout") else "refused"
        finally:
            barrier.wait()
        return self._exchange(wire, call, self._deadline()) if wire else Answer(0, failure=failure)

    def _still_there(self) -> None:
        """Raise :class:`LineDown` where the node is gone."""
        try:
            self._opened(self._deadline()).close()
        except LineDown as down:
            if down.kind != "silent":
                raise

    def _deadline(self) -> float:
        return self._monotonic() + self._reach.patience_ms / _MS

    def _wire(self, deadline: float) -> Wire:
        """A connection that rested but shortly, or a new one."""
        while True:
            with self._lock:
                wire = self._idle.pop() if self._idle else None
            if wire is None:
                return self._opened(deadline)
            if wire.fresh(_RESTED_S):
                return wire
            wire.close()

    def _opened(self, deadline: float) -> Wire:
        """A new connection, tried for several times; raises :class:`LineDown`."""
        for attempt in itertools.count(1):
            try:
                seconds = max(deadline - self._monotonic(), self._reach.patience_ms / _MS / 10)
                return Wire(opened(self._address.host, self._address.port, self._context, seconds), self._monotonic)
            except NotReached as cause:
                if cause.kind in ("silent", "tls") or attempt >= self._reach.attempts:
                    raise LineDown(cause) from cause
            self._closed.wait(self._reach.pause_ms / _MS)
        raise AssertionError

    def _exchange(self, wire: Wire, call: Call, deadline: float) -> Answer:
        """One request and its answer, signed at the last moment."""
        begun = self._monotonic()
        nonce = call.twist.nonce or f"{self._run}{next(self._count):09d}"
        try:
            head, body = self._request(call, nonce)
        except Exception:
            wire.close()
            raise
        wire.begin(deadline, self._reach.answer_bytes)
        sent = self._monotonic()
        if call.cut_after is not None:
            failure = _broken_off(wire, head + body[: call.cut_after])
            return Answer(0, seconds=self._monotonic() - sent, own_seconds=sent - begun, failure=failure, nonce=nonce)
        try:
            response, octets, truncated = self._heard(wire, call, head + body)
        except (OSError, http.client.HTTPException, Flooded, ValueError) as error:
            seconds, failure = self._monotonic() - sent, _failure(error, wire)
            wire.close()
            return Answer(0, seconds=seconds, own_seconds=sent - begun, failure=failure, nonce=nonce)
        done = self._monotonic()
        if response.will_close or truncated or wire.cut or wire.ended:
            wire.close()
        else:
            self._rest(wire)
        headers = tuple((name.lower(), value) for name, value in response.getheaders())
        own = sent - begun + self._monotonic() - done
        return Answer(response.status, headers, octets, truncated, done - sent, own, nonce=nonce)

    def _request(self, call: Call, nonce: str) -> tuple[bytes, bytes]:
        credentials = self._reach.credentials[call.client]
        signed = signed_headers(self._rules, credentials, call.twist, now_ms=self._now_ms(), nonce=nonce)
        return request_of(call, self._address, signed)

    def _heard(self, wire: Wire, call: Call, octets: bytes) -> tuple[Response, bytes, bool]:
        """Send and read. A node that answers and closes before the upload's end is heard, not blamed."""
        broken: OSError | None = None
        try:
            wire.send(octets)
        except TimeoutError:
            raise
        except OSError as error:
            broken, wire.cut = error, True
        response = Response(wire, call.method)
        try:
            response.begin()
            return response, *body_of(response, self._reach.answer_bytes)
        except OSError as error:
            raise broken or error from error
        finally:
            response.close()

    def _rest(self, wire: Wire) -> None:
        wire.rest()
        with self._lock:
            if not self._closed.is_set():
                self._idle.append(wire)
                return
        wire.close()


def _number(session: str) -> int:
    """Nine digits that stand for a run: by the convention a nonce is a number, and with nine more it fits 64 bits."""
    return int(10**8 + int.from_bytes(hashlib.sha256(session.encode()).digest()[:8], "big") % (9 * 10**8))


def _broken_off(wire: Wire, octets: bytes) -> str:
    """Send so much and no more; what is told is that the connection was cut, or that not even so much could be sent."""
    try:
        wire.send(octets)
    except TimeoutError:
        wire.close()
        return "timeout"
    except OSError:
        wire.close()
        return "closed"
    wire.break_off()
    return "closed"


def _failure(error: Exception, wire: Wire) -> str:
    """Why there is no answer."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, Flooded) or not (wire.ended or isinstance(error, OSError)):
        return "protocol"
    return "protocol" if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError) else "closed"
