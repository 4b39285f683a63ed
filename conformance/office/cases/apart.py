"""A process of its own: reads one bundle under limits, says in canonical JSON what it holds, or why it is none.

``terms.json`` of the current folder holds what the bundle is held to. Whatever a hostile bundle does to this process,
it does to nobody else (:mod:`conformance.office.cases.sandbox`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

#: Limits: bytes of memory, seconds of processor time, bytes of a file written, open files.
MEMORY, SECONDS, WRITTEN, FILES = 3 << 30, 300, 256 << 20, 64
TERMS = "terms.json"


def main(path: str) -> None:
    """Read the bundle at a path; the answer goes to standard output, nothing else does."""
    answer = os.dup(1)
    os.dup2(2, 1)
    _limit()
    from conformance.signing.canonical import canonical  # noqa: PLC0415 - after the limits

    content = canonical(_answer(Path(path)))
    with os.fdopen(answer, "wb") as out:
        out.write(content)


def _answer(path: Path) -> dict[str, Any]:
    from conformance.bundle.model import BundleError  # noqa: PLC0415
    from conformance.bundle.reading import read_bundle  # noqa: PLC0415
    from conformance.evidence.record import message_value, storable_value  # noqa: PLC0415
    from conformance.messages import Message  # noqa: PLC0415
    from conformance.office.cases.facts import FormalTerms, facts_of, facts_value, formal_refusals  # noqa: PLC0415
    from conformance.signing.canonical import parse  # noqa: PLC0415

    held = parse(Path(TERMS).read_bytes(), limit=16 << 20)
    terms = FormalTerms(tuple(map(tuple, held["packs"])), tuple(held["suites"]), tuple(held["challenges"]))
    try:
        bundle = read_bundle(path)
        told: dict[str, Any] = storable_value(facts_value(facts_of(bundle), formal_refusals(bundle, terms)))
    except BundleError as error:
        told = {"refused": storable_value(message_value(Message(error.id, error.params)))}
    return told


def _limit() -> None:
    """Bound what this process may use, where the system can."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415

    bounds = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: WRITTEN,
        resource.RLIMIT_NOFILE: FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, bound in bounds.items():
        hard = resource.getrlimit(kind)[1]
        least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (least, least))
