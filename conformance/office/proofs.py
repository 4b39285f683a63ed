"""Proofs on disc: that an entry stands in the log, and that one checkpoint's log is the beginning of another's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conformance.signing.canonical import LARGEST, NotCanonicalError, canonical, parse

INCLUSION, CONSISTENCY = "lubiao-inclusion/1", "lubiao-consistency/1"
#: The bound of a proof's file, and of its hashes: a tree of 2^63 leaves needs no more.
LIMIT, HASHES = 1 << 16, 128
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Consistency:
    """That the tree of ``old`` entries of the log of that origin is the beginning of that of ``size``."""

    origin: str
    old: int
    size: int
    hashes: tuple[bytes, ...]


def write_inclusion(index: int, checkpoint_text: str, hashes: Sequence[bytes]) -> bytes:
    """That an entry stands in a checkpoint's tree: the members of a certificate's ``proof``, and ``schema``."""
    told = [one.hex() for one in hashes]
    return canonical({"schema": INCLUSION, "index": index, "checkpoint": checkpoint_text, "hashes": told})


def write_consistency(proof: Consistency) -> bytes:
    """The canonical bytes of a proof of consistency."""
    told = [one.hex() for one in proof.hashes]
    value = {"schema": CONSISTENCY, "origin": proof.origin, "old": proof.old, "size": proof.size, "hashes": told}
    return canonical(value)


def read_consistency(content: bytes) -> Consistency:
    """A proof from its canonical bytes; raises :class:`~conformance.signing.canonical.NotCanonicalError`."""
    value = parse(content, limit=LIMIT)
    if not isinstance(value, dict) or set(value) != {"schema", "origin", "old", "size", "hashes"}:
        raise NotCanonicalError("not a proof")
    sized = all(type(value[name]) is int and 0 <= value[name] <= LARGEST for name in ("old", "size"))
    if value["schema"] != CONSISTENCY or not isinstance(value["origin"], str) or not sized:
        raise NotCanonicalError("not a proof")
    return Consistency(value["origin"], value["old"], value["size"], _hashes(value["hashes"]))


def _hashes(told: Any) -> tuple[bytes, ...]:
    if not isinstance(told, list) or len(told) > HASHES:
        raise NotCanonicalError("not a proof")
    if not all(isinstance(one, str) and _HASH.fullmatch(one) for one in told):
        raise NotCanonicalError("not a proof")
    return tuple(bytes.fromhex(one) for one in told)
