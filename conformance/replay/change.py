"""One difference between two editions of packs."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.messages import Message

#: Kinds of changes, in the order in which they are told.
REMOVED, ADDED, RENUMBERED, REWORDED = "removed", "added", "renumbered", "reworded"
TIGHTENED, RELAXED, CHANGED = "tightened", "relaxed", "changed"
KINDS = (REMOVED, ADDED, RENUMBERED, REWORDED, TIGHTENED, RELAXED, CHANGED)


@dataclass(frozen=True)
class Change:
    """One difference. ``requirement`` is the id in the older edition (that of the newer, of an added one).

    What it can alter: ``rules`` over columns of one of ``elements``, or of a value domain (``domain``:
    ``code:gbt-3304``, ``scheme:gb-32100``, ``division:gbt-2260``, ``*`` for all); ``pack``: all that the pack requires.
    ``to``: the id of a requirement in the newer edition.
    """

    kind: str
    detail: Message
    requirement: str = ""
    to: str = ""
    elements: tuple[str, ...] = ()
    domain: str = ""
    rules: tuple[str, ...] = ()
    pack: str = ""
