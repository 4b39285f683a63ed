"""The duties of a service: answers in time, answers at once, and being there.

What was measured stands among the figures of a run; a fault tells the threshold only, so that two runs tell the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.judge.service.answers import told
from conformance.judge.service.model import Call
from conformance.messages import message

_MS = 1000


def nearest_rank(values: Sequence[float], percentile: int) -> float:
    """The smallest value that so many in a hundred do not exceed; raises IndexError where there is none."""
    return sorted(values)[max(math.ceil(percentile / 100 * len(values)), 1) - 1]


def in_ms(seconds: float) -> int:
    """Whole milliseconds, a begun one as one."""
    return math.ceil(seconds * _MS)


def too_slow(seconds: Sequence[float], unknown: int, *, percentile: int, limit_ms: int) -> bool:
    """True where the percentile is over the limit even if every answer that nobody waited for had come at once."""
    everything = [*seconds, *[0.0] * unknown]
    return bool(everything) and nearest_rank(everything, percentile) * _MS > limit_ms


def slow_fault(rule: str, call: Call, *, percentile: int, limit_ms: int) -> Fault:
    """Answers come too late: one after another (``response-time``) or many at once (``concurrency``)."""
    if rule == "concurrency":
        return told(rule, call, "service.slow-together", percentile=percentile, limit=limit_ms)
    return told(rule, call, "service.slow", percentile=percentile, limit=limit_ms)


def least_calls(per_mille: int) -> int:
    """So many calls must be made before one that is not answered can be borne."""
    return math.ceil(1000 / max(1000 - per_mille, 1))


def availability_faults(target: str, *, calls: int, unanswered: int, per_mille: int) -> tuple[Fault, ...]:
    """What is wrong where so many of all calls were not answered."""
    if unanswered * 1000 <= (1000 - per_mille) * calls:
        return ()
    return (Fault("availability", Location(target), message("service.unavailable", least=per_mille)),)
