"""Trees: RFC 6962's published roots, a plain second implementation, every proof to 70 leaves, and what is none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import pytest

from conformance.signing.merkle import Tree, holds_consistency, holds_inclusion, leaf_hash, root_set

#: The leaves and roots of the reference implementation of RFC 6962 (Certificate Transparency).
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 70
SIZES = range(1, MOST + 1)
MANY = [b"leaf %d" % number for number in range(MOST)]
TREE = Tree(MANY)


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_published_roots(size: int) -> None:
    assert Tree(LEAVES[:size]).root().hex() == ROOTS[size]
    assert Tree(LEAVES).root(size).hex() == ROOTS[size]


def test_every_root_is_the_plain_one() -> None:
    assert [TREE.root(size) for size in SIZES] == [plain_root(MANY[:size]) for size in SIZES]


def test_the_published_proofs() -> None:
    """The inclusion of leaf 5 and the consistency of 6, in the tree of eight."""
    tree = Tree(LEAVES)
    assert [one.hex()[:16] for one in tree.inclusion(5)] == ["bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957"]
    assert [one.hex()[:16] for one in tree.consistency(6)] == [
        "0ebc5d3437fbe2db",
        "ca854ea128ed050b",
        "d37ee418976dd957",
    ]


def test_a_tree_that_grew_is_a_tree_that_was_made_whole() -> None:
    tree = Tree()
    for number, leaf in enumerate(MANY):
        assert len(tree) == number
        tree.append(leaf)
        assert tree.root() == TREE.root(number + 1)


def changed(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Proofs that are not this one: each hash changed, each left out, each twice, one more, turned round."""
    for place, one in enumerate(proof):
        yield [*proof[:place], bytes([one[0] ^ 1]) + one[1:], *proof[place + 1 :]]
        yield [*proof[:place], *proof[place + 1 :]]
        yield [*proof[:place], one, *proof[place:]]
    yield [*proof, bytes(32)]
    yield [bytes(32), *proof]
    if len(proof) > 1:
        yield proof[::-1]


def test_every_leaf_of_every_tree_is_in_it_and_nowhere_else() -> None:
    refused = 0
    for size in SIZES:
        root = TREE.root(size)
        for index in range(size):
            leaf, proof = MANY[index], TREE.inclusion(index, size)
            assert holds_inclusion(leaf, index, size, proof, root)
            wrong = [
                (b"another", index, size, root),
                (leaf, index, size, TREE.root(size - 1)),
                (leaf, index, index, root),
            ]
            wrong += [
                (leaf, other, size, root)
                for other in (-1, index - 1, index + 1, size, (index + 7) % size)
                if other != index
            ]
            assert not any(holds_inclusion(one, at, of, proof, to) for one, at, of, to in wrong), (index, size)
            assert not any(holds_inclusion(leaf, index, size, one, root) for one in changed(proof)), (index, size)
            refused += len(wrong)
    assert refused > 10_000


def test_every_tree_is_the_beginning_of_every_larger_one() -> None:
    for size in SIZES:
        root = TREE.root(size)
        for old in range(1, size + 1):
            before, proof = TREE.root(old), TREE.consistency(old, size)
            assert holds_consistency(old, before, size, root, proof)
            assert bool(proof) == (old < size)
            for wrong in (bytes(32), TREE.root(old - 1), *([root] if old != size else [])):
                assert not holds_consistency(old, wrong, size, root, proof), (old, size)
            assert not holds_consistency(old, before, size, bytes(32), proof)
            others = {old - 1, old + 1, old // 2, 2 * old, size} - {old}
            assert not any(holds_consistency(other, before, size, root, proof) for other in others), (old, size)
            assert not any(holds_consistency(old, before, size, root, one) for one in changed(proof)), (old, size)


def test_another_history_is_not_consistent() -> None:
    """One leaf of the past changed: no proof that the forged tree can give leads from the old root."""
    for size in (8, 13, 64, 70):
        for old in range(1, size):
            forged = Tree([*MANY[: old - 1], b"forged", *MANY[old:size]])
            proof = forged.consistency(old, size)
            assert not holds_consistency(old, TREE.root(old), size, forged.root(), proof)
            assert not holds_consistency(old, TREE.root(old), size, forged.root(), TREE.consistency(old, size))


def test_nothing_proves_the_impossible() -> None:
    root, empty = TREE.root(), TREE.root(0)
    assert holds_consistency(0, empty, 5, TREE.root(5), [])
    assert not holds_consistency(0, bytes(32), 5, TREE.root(5), [])
    assert not holds_consistency(0, empty, 5, TREE.root(5), [bytes(32)])
    assert not holds_consistency(-1, empty, 5, TREE.root(5), [])
    assert not holds_consistency(6, TREE.root(6), 5, TREE.root(5), [])
    for old, size in ((-1, 5), (6, 5), (9, 5), (5, -1)):
        for proof in ([bytes(32)], TREE.consistency(5, 6), TREE.consistency(3, 5), [root]):
            assert not holds_consistency(old, root, size, root, proof)
    five = TREE.root(5)
    assert not holds_consistency(6, five, 5, five, [leaf_hash(MANY[4]), TREE.root(4)]), "six leaves before five"
    assert not holds_consistency(5, TREE.root(5), MOST, root, [])
    assert not holds_consistency(5, TREE.root(5), 5, TREE.root(5), [bytes(32)])
    assert not holds_consistency(5, bytes(32), 5, TREE.root(5), [])
    for index, size in ((0, 0), (-1, 5), (5, 5), (6, 5)):
        assert not holds_inclusion(b"", index, size, [], empty)
        with pytest.raises(ValueError, match="leaf"):
            TREE.inclusion(index, size)
    for old, size in ((-1, 5), (6, 5), (1, MOST + 1)):
        with pytest.raises(ValueError, match="tree"):
            TREE.consistency(old, size)
    for size in (-1, MOST + 1):
        with pytest.raises(ValueError, match="root"):
            TREE.root(size)


def test_a_node_is_no_leaf() -> None:
    """The prefixes 00 and 01: else two leaves' hashes could be shown as one leaf of a smaller tree."""
    node = b"".join(hashlib.sha256(b"\x00" + leaf).digest() for leaf in MANY[:2])
    assert not holds_inclusion(node, 0, 1, [], TREE.root(2))
    assert Tree([node]).root() != TREE.root(2)


def test_both_algorithms_have_trees_of_their_own() -> None:
    roots = root_set(MANY[:9])
    assert roots["sha256"] == TREE.root(9).hex()
    sm3 = Tree(MANY[:9], "sm3")
    assert roots["sm3"] == sm3.root().hex() != roots["sha256"]
    proof = sm3.inclusion(4)
    assert holds_inclusion(MANY[4], 4, 9, proof, sm3.root(), algorithm="sm3")
    assert not holds_inclusion(MANY[4], 4, 9, proof, sm3.root())
    assert holds_consistency(5, sm3.root(5), 9, sm3.root(), sm3.consistency(5), algorithm="sm3")
    assert not holds_consistency(5, sm3.root(5), 9, sm3.root(), sm3.consistency(5))
    assert root_set([])["sha256"] == ROOTS[0]
