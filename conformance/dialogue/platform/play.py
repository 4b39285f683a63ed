"""One scene as it is played: each request read, recorded, and answered; leniently, so that one fault hides no other.

A request that can be understood is answered as if nothing were wrong with it: what is wrong is judged afterwards. Only
what the platform could not do in earnest (no such interface, no page, no batch, a batch out of turn) is refused.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from conformance.dialogue.platform.scenes import CUT, FETCH, REFUSE, REPEAT, SILENCE, SLOW, Scene
from conformance.dialogue.platform.server import Arrived, Reply
from conformance.judge.service.client_calls import Basis, Batch, Request, Row, Said, read_request
from conformance.judge.service.client_recovery import AGAIN, GIVEN, PAGES, REPEATED, STORED
from conformance.judge.service.client_recovery import CUT as BROKEN_OFF
from conformance.standard.services.model import ErrorCode, Interface

#: Of all that is asked in one scene so much is kept; whoever sends more is stopped.
_KEPT_BYTES = 256 << 20


@dataclass
class _Series:
    """The batches of one series that the platform took: content and receipt by number."""

    taken: dict[str, tuple[str, str]] = field(default_factory=dict)


class Play:
    """The platform in one scene. ``pool`` are rows enough for three pages of any size that the registration admits."""

    def __init__(
        self,
        scene: Scene,
        interface: Interface,
        basis: Basis,
        pool: Sequence[Row],
        *,
        most: int,
        told: Callable[[Said], None] = lambda _: None,
    ) -> None:
        self.scene, self.interface, self.basis = scene, interface, basis
        self.said: list[Said] = []
        self.rows: Sequence[Row] = pool
        self.ended = threading.Event()
        self.bounded = False
        self.played = False
        self._pool, self._most, self._told = pool, most, told
        self._sized = scene.job != FETCH
        self._series: dict[str, _Series] = {}
        self._last: Reply | None = None
        self._octets = 0
        self._stirred = threading.Condition()

    # -- the stage ---------------------------------------------------------------------------------------------------

    def take(self, arrived: Arrived) -> tuple[int, Reply]:
        """Record a request and decide on its answer; beyond the bound of the scene it is number 0, and is cut."""
        with self._stirred:
            if self.bounded:
                return 0, Reply(0)
            number = len(self.said) + 1
            request = Request(
                self.scene.id,
                number,
                arrived.method,
                arrived.target,
                arrived.headers,
                arrived.body,
                arrived.clock_ms,
                arrived.received,
            )
            said = read_request(request, self.basis)
            reply, outcome = self._answer(said, number)
            said = replace(said, request=replace(request, outcome=outcome))
            self.said.append(said)
            self._stirred.notify_all()
            self._octets += len(arrived.body) + len(arrived.target) + sum(map(len, chain(*arrived.headers)))
            if number >= self._most or self._octets > _KEPT_BYTES:
                self.bounded = True
                self.ended.set()
        self._told(said)
        return number, reply

    def wait(self, number: int, reply: Reply) -> None:
        """Hold an answer back, until the time is over, the scene is, or (where that is asked) another request came."""
        if not reply.hold_ms:
            return
        with self._stirred:
            self._stirred.wait_for(
                lambda: self.ended.is_set() or (reply.until_next and len(self.said) > number), reply.hold_ms / 1000
            )

    def answered(self, number: int, at: float) -> None:
        """Note when an answer was handed over."""
        if not number:
            return
        with self._stirred:
            one = self.said[number - 1]
            self.said[number - 1] = replace(one, request=replace(one.request, answered=at))

    def finished(self) -> None:
        """The client has ended."""
        self.end()

    def end(self) -> tuple[Said, ...]:
        """End the scene, let go of whatever is held back; gives what was asked."""
        with self._stirred:
            self.ended.set()
            self._stirred.notify_all()
            return tuple(self.said)

    # -- what is answered --------------------------------------------------------------------------------------------

    def _answer(self, said: Said, number: int) -> tuple[Reply, str]:
        scene = self.scene
        turn = scene.misbehaves(number)
        if turn and scene.kind == REFUSE:
            self.played = True
            return self._refused(scene.error, number)
        if turn and scene.kind == REPEAT and self._last is not None:
            self.played = True
            return self._last, REPEATED
        reply, outcome = self._good(said, number)
        if outcome not in (GIVEN, AGAIN):
            return reply, outcome
        self._last = reply
        return self._spoiled(reply, outcome) if turn else (reply, outcome)

    def _spoiled(self, reply: Reply, outcome: str) -> tuple[Reply, str]:
        """A good answer as this scene gives it when it is its turn."""
        scene = self.scene
        self.played = True
        if scene.kind == CUT:
            return replace(reply, sent=len(reply.body) // 2), BROKEN_OFF
        if scene.kind == SILENCE:
            return Reply(0), STORED
        if scene.kind == SLOW:
            return replace(reply, hold_ms=scene.delay_ms), outcome
        return replace(reply, hold_ms=scene.hold_ms, until_next=True), outcome

    def _good(self, said: Said, number: int) -> tuple[Reply, str]:
        if said.interface is None or said.interface.id != self.interface.id:
            return self._refused("not-found", number)
        if said.batch is not None:
            return self._batch(said.batch, number)
        if self.scene.job != FETCH:
            return self._refused("bad-body", number)
        return self._page(said, number)

    def _page(self, said: Said, number: int) -> tuple[Reply, str]:
        style = self.basis.rules.paging[self.interface.paging]
        position, size = said.number(style.position), said.number(style.size)
        if position is None or size is None or position < style.first or size < 1:
            return self._refused("bad-paging", number)
        if not self._sized:
            # So many rows that the pages of this client are three, whatever size it chose.
            self.rows, self._sized = self._pool[: 2 * size + (size + 1) // 2], True
        start = (position - style.first) * (size if self.interface.paging == PAGES else 1)
        names = self.basis.rules.envelope
        rows = list(self.rows[start : start + size])
        return self._reply(number, {names.total: len(self.rows), names.rows: rows}), GIVEN

    def _batch(self, batch: Batch, number: int) -> tuple[Reply, str]:
        rules = self.basis.rules.batch
        series = self._series.setdefault(batch.series, _Series())
        content = json.dumps(batch.records, sort_keys=True)
        known = series.taken.get(batch.number)
        if known is not None and known[0] != content:
            return self._refused("batch-conflict", number)
        if known is None and int(batch.number) != rules.first + len(series.taken):
            return self._refused("batch-order", number)
        receipt = known[1] if known else f"{self.scene.id}-{number:04d}"
        series.taken[batch.number] = content, receipt
        data = {
            rules.series: batch.series,
            rules.number: batch.number,
            rules.records: len(batch.records),
            rules.receipt: receipt,
        }
        return self._reply(number, data), AGAIN if known else GIVEN

    def _reply(self, number: int, data: Mapping[str, object]) -> Reply:
        return self._enveloped(number, self.basis.rules.success, {self.basis.rules.envelope.data: data})

    def _refused(self, error: str, number: int) -> tuple[Reply, str]:
        return self._enveloped(number, self.basis.rules.errors[error], {}), error

    def _enveloped(self, number: int, said: ErrorCode, data: Mapping[str, object]) -> Reply:
        names = self.basis.rules.envelope
        head = {names.code: said.code, names.message: said.title.zh, names.request: f"{self.scene.id}-{number:04d}"}
        body = json.dumps({**head, **data}, ensure_ascii=False, separators=(",", ":")).encode(names.charset)
        return Reply(said.status, (("Content-Type", f"{names.content_type}; charset={names.charset}"),), body)
