"""The trees of RFC 6962: root, inclusion and consistency proofs, over SHA-256 or SM3.

A leaf is any bytes; its hash is ``H(00 ‖ leaf)``, a node's ``H(01 ‖ left ‖ right)``; the empty tree's root is ``H()``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.signing.digest import ALGORITHMS, hasher


def leaf_hash(leaf: bytes, algorithm: str = "sha256") -> bytes:
    """The hash of one leaf."""
    return hasher(algorithm)(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes, algorithm: str = "sha256") -> bytes:
    """The hash of two subtrees."""
    return hasher(algorithm)(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows. Complete subtrees are hashed once: a proof costs the logarithm of the size."""

    def __init__(self, leaves: Iterable[bytes] = (), algorithm: str = "sha256") -> None:
        self.algorithm = algorithm
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add a leaf at the end."""
        held, height = leaf_hash(leaf, self.algorithm), 0
        self._levels[0].append(held)
        while len(self._levels[height]) % 2 == 0:
            left, right = self._levels[height][-2:]
            height += 1
            if height == len(self._levels):
                self._levels.append([])
            self._levels[height].append(node_hash(left, right, self.algorithm))

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` leaves (all, where it is left out); ValueError where there are fewer."""
        asked = len(self) if size is None else size
        if not 0 <= asked <= len(self):
            raise ValueError(f"a tree of {len(self)} leaves has no root of size {asked}")
        return self._range(0, asked) if asked else hasher(self.algorithm)(b"").digest()

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof that leaf ``index`` stands in the tree of ``size`` leaves, lowest first."""
        asked = len(self) if size is None else size
        if not 0 <= index < asked <= len(self):
            raise ValueError(f"no leaf {index} in a tree of {asked}")
        return self._inclusion(index, 0, asked)

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """The proof that the tree of ``old`` leaves is the beginning of that of ``size``; empty for 0 and for equal."""
        asked = len(self) if size is None else size
        if not 0 <= old <= asked <= len(self):
            raise ValueError(f"no tree of {old} in a tree of {asked}")
        return self._consistency(old, 0, asked, whole=True) if 0 < old < asked else []

    def _range(self, start: int, end: int) -> bytes:
        """The root over the leaves ``start`` to ``end``; ``start`` is a multiple of the largest complete subtree."""
        count = end - start
        if count & (count - 1) == 0:
            height = count.bit_length() - 1
            return self._levels[height][start >> height]
        middle = start + _split(count)
        return node_hash(self._range(start, middle), self._range(middle, end), self.algorithm)

    def _inclusion(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._inclusion(index, start, middle), self._range(middle, end)]
        return [*self._inclusion(index, middle, end), self._range(start, middle)]

    def _consistency(self, old: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        if old == end - start:
            return [] if whole else [self._range(start, end)]
        middle = start + _split(end - start)
        if old <= middle - start:
            return [*self._consistency(old, start, middle, whole=whole), self._range(middle, end)]
        rest = self._consistency(old - (middle - start), middle, end, whole=False)
        return [*rest, self._range(start, middle)]


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def root_set(leaves: Sequence[bytes]) -> dict[str, str]:
    """The roots over the same leaves as a digest set."""
    return {name: Tree(leaves, name).root().hex() for name in ALGORITHMS}


def holds_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes, *, algorithm: str = "sha256"
) -> bool:
    """Is ``leaf`` the one at ``index`` of the tree of ``size`` leaves with that root? (RFC 9162, 2.1.3.2)"""
    if not 0 <= index < size:
        return False
    place, last, held = index, size - 1, leaf_hash(leaf, algorithm)
    for one in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            held = node_hash(one, held, algorithm)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            held = node_hash(held, one, algorithm)
        place, last = place >> 1, last >> 1
    return last == 0 and held == root


def holds_consistency(
    old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes], *, algorithm: str = "sha256"
) -> bool:
    """Is the tree of ``old`` leaves with its root the beginning of the other? (RFC 9162, 2.1.4.2)

    Nothing is consistent with a tree of no leaves but the true empty root, and no proof is needed for it.
    """
    if old == 0:
        return not proof and old_root == hasher(algorithm)(b"").digest()
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    place, last = old - 1, size - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            before, after = node_hash(one, before, algorithm), node_hash(one, after, algorithm)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, one, algorithm)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == root
