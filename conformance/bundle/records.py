"""The evidence of a bundle: records in a chain, one canonical line each, with a tree over the lines.

A chain proves nothing by itself, for who changes one record can write the rest anew: what counts is that its head and
root were committed to, outside the reach of whoever holds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.signing.canonical import NotCanonicalError, canonical, parse
from conformance.signing.merkle import root_set

#: Kinds of records, in their order: the run, what was read of columns, what was judged.
RUN, CENSUS, FINDING = "run", "census", "finding"
KINDS = (RUN, CENSUS, FINDING)
#: What the first record names as the one before it.
NONE = "0" * 64
#: Bounds: of one line, and of the number of lines.
LINE_LIMIT, LINES_LIMIT = 8 << 20, 200_000


class BrokenChainError(ValueError):
    """A record that does not follow from the one before it; ``number`` counts from 0."""

    def __init__(self, number: int) -> None:
        super().__init__(f"record {number} breaks the chain")
        self.number = number


@dataclass(frozen=True)
class Record:
    """One piece of evidence: ``kind`` of :data:`KINDS`, and its body."""

    kind: str
    body: Any


@dataclass(frozen=True)
class Chain:
    """Records as they are kept: ``lines`` without line ends."""

    records: tuple[Record, ...]
    lines: tuple[bytes, ...] = field(repr=False)

    @property
    def content(self) -> bytes:
        """``evidence/records.jsonl``."""
        return b"".join(line + b"\n" for line in self.lines)

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says: ``count``, ``head`` (SHA-256 of the last line), ``root`` (RFC 6962, both digests)."""
        return {"count": len(self.lines), "head": _link(self.lines), "root": root_set(self.lines)}

    def of(self, kind: str) -> list[Any]:
        """The bodies of one kind, in order."""
        return [record.body for record in self.records if record.kind == kind]


def chained(records: Iterable[Record]) -> Chain:
    """The records as a chain; raises :class:`conformance.signing.canonical.NotCanonicalError`."""
    held, lines, before = tuple(records), list[bytes](), NONE
    for number, record in enumerate(held):
        line = canonical({"seq": number, "prev": before, "kind": record.kind, "body": record.body})
        lines.append(line)
        before = hashlib.sha256(line).hexdigest()
    return Chain(held, tuple(lines))


def read_chain(content: bytes) -> Chain:
    """The chain of ``evidence/records.jsonl``.

    Raises :class:`BrokenChainError` at the first record that is malformed or does not follow from the one before it.
    """
    if content and not content.endswith(b"\n"):
        raise BrokenChainError(content.count(b"\n"))
    lines = tuple(content.split(b"\n")[:-1])
    if len(lines) > LINES_LIMIT:
        raise BrokenChainError(LINES_LIMIT)
    records, before = list[Record](), NONE
    for number, line in enumerate(lines):
        try:
            value = parse(line, limit=LINE_LIMIT)
            follows = (
                value["seq"] == number and value["prev"] == before and set(value) == {"seq", "prev", "kind", "body"}
            )
        except (NotCanonicalError, KeyError, TypeError) as error:
            raise BrokenChainError(number) from error
        if not follows or value["kind"] not in KINDS:
            raise BrokenChainError(number)
        records.append(Record(value["kind"], value["body"]))
        before = hashlib.sha256(line).hexdigest()
    return Chain(tuple(records), lines)


def _link(lines: Sequence[bytes]) -> str:
    return hashlib.sha256(lines[-1]).hexdigest() if lines else NONE
