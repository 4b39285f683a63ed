"""EX-STATE: what a receiver holds while the packages of a series are applied, one after another.

Where the state cannot be known (after a gap, a package that cannot be read whole, contents that differ under one id) no
record is judged until the next full package: the fault behind it turns its own rule red.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.judge.exchange.live_keys import LiveKeys, key_hash
from conformance.judge.exchange.model import PackageFacts
from conformance.judge.exchange.series import Turn, whole
from conformance.judge.faults import Fault, FaultCounter
from conformance.messages import Message, message
from conformance.standard.exchange import ExchangeRules

#: A record: its row in the series, its operation as written (empty: none), the values of its key.
Record = tuple[int, str, tuple[str | None, ...]]


class StateReplay:
    """Applies packages in the order of :func:`order_of` to an empty receiver and tells the faults of rule ``state``.

    An update of what the receiver does not hold is told once, and the record is held from then on, for it was handed
    over whole. Records without a whole key are passed over; an operation that its package may not have leaves the
    record's state open until the next operation on it. ``checked``: records judged. Memory: :class:`LiveKeys`.
    """

    def __init__(self, rules: ExchangeRules, key_fields: tuple[str, ...], faults: FaultCounter) -> None:
        self._faults = faults
        self._full = rules.modes["full"]
        words = rules.operations
        self._insert, self._update, self._delete = words["insert"], words["update"], words["delete"]
        self._key = "、".join(key_fields)
        self._held, self._open = LiveKeys(), LiveKeys()
        self._known = bool(key_fields)
        self._turn: Turn | None = None

    def take(self, turn: Turn, records: Iterable[Record]) -> None:
        """Apply a package that was read to its end: :meth:`begin`, :meth:`apply`, :meth:`end` in one call."""
        if self.begin(turn):
            self.apply(records)
        self.end(turn.package)

    def begin(self, turn: Turn) -> bool:
        """Open a package; whether its records are wanted."""
        self._turn = turn
        if turn.again:
            return False
        if turn.mode == self._full:
            self._held, self._open = LiveKeys(), LiveKeys()
        self._known = bool(self._key) and (
            turn.mode == self._full or (self._known and turn.follows and bool(turn.mode))
        )
        return self._known

    def apply(self, records: Iterable[Record]) -> None:
        """Apply some of the records of the open package, in their order."""
        turn = self._turn
        if turn is None or turn.again or not self._known:
            return
        full = turn.mode == self._full
        held, open_ = self._held, self._open
        judged = 0
        for row, word, values in records:
            key = key_hash(values)
            if key is None:
                continue
            operation = word or (self._insert if full else "")
            settled = not (len(open_) and open_.remove(key))
            judged += settled
            if operation == self._insert:
                if not held.add(key) and settled:
                    self._tell(row, "full" if full else "insert")
            elif full or operation not in (self._update, self._delete):
                judged -= settled
                open_.add(key)
            elif operation == self._update:
                if held.add(key) and settled:
                    self._tell(row, "update")
            elif not held.remove(key) and settled:
                self._tell(row, "delete")
        self._faults.checked("state", judged)

    def end(self, package: PackageFacts) -> None:
        """Close the package, with what is known of it now that it was read."""
        turn, self._turn = self._turn, None
        if turn is not None and not turn.again and not whole(package):
            self._known = False

    def _tell(self, row: int, kind: str) -> None:
        self._faults.add(Fault("state", None, self._reason(kind), row))

    def _reason(self, kind: str) -> Message:
        if kind == "insert":
            return message("series.state-insert", key=self._key)
        if kind == "full":
            return message("series.state-full", key=self._key)
        if kind == "update":
            return message("series.state-update", key=self._key)
        return message("series.state-delete", key=self._key)
