"""Merkle trees of every shape: against the definition, against another library, against forgers."""

import hashlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from guild.translog import merkle

leaves_of = st.lists(st.binary(max_size=40), min_size=1, max_size=70)


def stored_tree(leaves: list[bytes]) -> dict[merkle.Node, bytes]:
    return dict(merkle.grow(0, {}, [merkle.leaf_hash(leaf) for leaf in leaves]))


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, written as the RFC writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    halves = defined_root(leaves[:k]) + defined_root(leaves[k:])
    return hashlib.sha256(b"\x01" + halves).digest()


def inclusion(stored: dict[merkle.Node, bytes], index: int, size: int) -> list[bytes]:
    ranges = merkle.inclusion_ranges(index, size)
    return [merkle.range_hash(begin, end, stored) for begin, end in ranges]


def consistency(stored: dict[merkle.Node, bytes], old: int, new: int) -> list[bytes]:
    ranges = merkle.consistency_ranges(old, new)
    return [merkle.range_hash(begin, end, stored) for begin, end in ranges]


@given(leaves_of)
@settings(deadline=None)
def test_the_root_is_that_of_the_definition_and_of_pymerkle(leaves: list[bytes]) -> None:
    other = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        other.append_entry(leaf)
    assert merkle.tree_root(leaves) == defined_root(leaves) == other.get_root()


@given(leaves_of, st.data())
@settings(deadline=None)
def test_growing_in_batches_gives_the_same_nodes(leaves: list[bytes], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    stored = dict(merkle.grow(0, {}, hashes[:cut]))
    stored |= dict(merkle.grow(cut, stored, hashes[cut:]))
    assert stored == stored_tree(leaves)


@given(leaves_of, st.data())
@settings(deadline=None)
def test_inclusion_holds_and_its_twins_do_not(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    stored = stored_tree(leaves)
    root, leaf, proof = (
        merkle.root_of(size, stored),
        stored[0, index],
        inclusion(stored, index, size),
    )
    merkle.check_inclusion(leaf, index, size, proof, root)
    twins = [(leaf, index, size, [*proof, root], root), (root, index, size, proof, leaf)]
    if proof:
        twins += [(leaf, index, size, proof[:-1], root), (leaf, index, size, proof[1:], root)]
        spot, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        flipped = list(proof)
        flipped[spot] = (int.from_bytes(proof[spot]) ^ (1 << bit)).to_bytes(32)
        twins.append((leaf, index, size, flipped, root))
    for twin in twins:
        if size > 1 or twin[3] != []:
            with pytest.raises(merkle.ProofError):
                merkle.check_inclusion(*twin)


@given(leaves_of, st.data())
@settings(deadline=None)
def test_a_leaf_proves_no_other_place(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index, claimed = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    stored = stored_tree(leaves)
    proof, root = inclusion(stored, index, size), merkle.root_of(size, stored)
    # Two equal leaves at mirrored places have honestly interchangeable proofs.
    assume(claimed == size or stored[0, claimed] != stored[0, index])
    with pytest.raises(merkle.ProofError):
        merkle.check_inclusion(stored[0, index], claimed, size, proof, root)


@given(leaves_of, st.data())
@settings(deadline=None)
def test_consistency_holds_and_its_twins_do_not(leaves: list[bytes], data: st.DataObject) -> None:
    new = len(leaves)
    old = data.draw(st.integers(0, new))
    stored = stored_tree(leaves)
    old_root, new_root = merkle.root_of(old, stored), merkle.root_of(new, stored)
    proof = consistency(stored, old, new)
    merkle.check_consistency(old, new, old_root, new_root, proof)
    wrong = hashlib.sha256(b"another history").digest()
    twins = [
        (old, new, wrong, new_root, proof),
        (old, new, old_root, new_root, [*proof, wrong]),
        (old, new, old_root, new_root, [wrong, *proof]),
        (new + 1, new, old_root, new_root, proof),
    ]
    if old:
        twins.append((old, new, old_root, wrong, proof))
    if proof:
        twins += [
            (old, new, old_root, new_root, proof[:-1]),
            (old, new, old_root, new_root, [*proof[:-1], wrong]),
            (old, new, old_root, new_root, [p[:-1] for p in proof]),
        ]
    for twin in twins:
        with pytest.raises(merkle.ProofError):
            merkle.check_consistency(*twin)


def test_every_pair_of_small_trees() -> None:
    leaves = [bytes([number]) for number in range(33)]
    stored = stored_tree(leaves)
    for new in range(1, 34):
        root = merkle.root_of(new, stored)
        for index in range(new):
            proof = inclusion(stored, index, new)
            merkle.check_inclusion(stored[0, index], index, new, proof, root)
            for elsewhere in set(range(new)) - {index}:
                with pytest.raises(merkle.ProofError):
                    merkle.check_inclusion(stored[0, index], elsewhere, new, proof, root)
        for old in range(new + 1):
            proof = consistency(stored, old, new)
            merkle.check_consistency(old, new, merkle.root_of(old, stored), root, proof)
