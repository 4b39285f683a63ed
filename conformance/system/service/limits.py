"""What bounds the calls of a run: how many, how many a second, for how long."""

from __future__ import annotations

import threading
from collections.abc import Callable


class LineSpent(Exception):  # noqa: N818 - what happened
    """As many calls were made, or as much time was taken, as is allowed."""


class Bounds:
    """A token bucket of one second's worth, and two ends: after ``requests`` calls, and ``seconds`` after the first."""

    def __init__(self, requests: int, rate: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._left, self._rate, self._seconds = requests, rate, seconds
        self._monotonic = monotonic
        self._tokens, self._filled = float(rate), 0.0
        self._end: float | None = None
        self._changed = threading.Condition()

    def take(self, number: int = 1) -> None:
        """Wait until so many calls may begin; raises :class:`LineSpent` where they never may."""
        with self._changed:
            now = self._monotonic()
            if self._end is None:
                self._end, self._filled = now + self._seconds, now
            if number > self._left:
                raise LineSpent("requests")
            while (wait := self._wait(number, now)) > 0:
                if now + wait > self._end:
                    raise LineSpent("seconds")
                self._changed.wait(wait)
                now = self._monotonic()
            if now >= self._end or number > self._left:
                raise LineSpent("seconds" if now >= self._end else "requests")
            self._tokens -= number
            self._left -= number

    def _wait(self, number: int, now: float) -> float:
        """How long until the bucket is full enough; more calls at once than it holds put it into debt."""
        self._tokens = min(self._rate, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        return (min(number, self._rate) - self._tokens) / self._rate
