"""Digests of a file by several algorithms, in one pass."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping


def digests_of(blocks: Iterable[bytes], algorithms: Collection[str]) -> Mapping[str, str]:
    """Lower-case hex by ``hashlib``'s name; a name that this machine's OpenSSL does not offer is left out."""
    hashes = {name: found for name in algorithms if (found := _hash(name)) is not None}
    for block in blocks:
        for each in hashes.values():
            each.update(block)
    return {name: each.hexdigest() for name, each in hashes.items()}


def digest_of_all(contents: Mapping[str, str]) -> str:
    """One SHA-256 for many files: over sorted names, each with its length before it, and their digests in hex."""
    whole = hashlib.sha256()
    for name in sorted(contents):
        encoded = name.encode("utf-8", "surrogatepass")
        whole.update(f"{len(encoded)}:".encode() + encoded + contents[name].encode())
    return whole.hexdigest()


def _hash(name: str) -> hashlib._Hash | None:
    try:
        return hashlib.new(name, usedforsecurity=False)
    except ValueError:
        return None
