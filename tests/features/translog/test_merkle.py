"""The published vectors of Certificate Transparency, and each proof with corrupted twins.

Source of leaves, roots and proofs: transparency-dev/merkle (Apache-2.0), `testonly/constants.go`
and `cmd/proofgen/main.go`, the vectors that go back to the reference implementation of RFC 6962;
the mutations are those of its `testdata/` folders. Leaf numbers there count from one, here from
zero.
"""

import pytest

from guild.translog import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
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
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
NODE_2_4 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
NODE_4_8 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODE_6_8 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODE_4_6 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = [
    (0, 1, []),
    (0, 8, [LEAF_1, NODE_2_4, NODE_4_8]),
    (5, 8, [LEAF_4, NODE_6_8, ROOTS[4]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], NODE_2_4, LEAF_4]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [LEAF_1, NODE_2_4, NODE_4_8]),
    (6, 8, [NODE_4_6, NODE_6_8, ROOTS[4]]),
    (2, 5, [NODE_2_4, LEAF_4]),
]
NOISE = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


def unhex(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


STORED = dict(merkle.grow(0, {}, [merkle.leaf_hash(leaf) for leaf in LEAVES]))


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert merkle.tree_root(LEAVES[:size]).hex() == ROOTS[size]
    assert merkle.root_of(size, STORED).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_published_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    made = [merkle.range_hash(b, e, STORED) for b, e in merkle.inclusion_ranges(index, size)]
    assert made == unhex(proof)
    leaf, root = merkle.leaf_hash(LEAVES[index]), bytes.fromhex(ROOTS[size])
    merkle.check_inclusion(leaf, index, size, made, root)
    for twin in _inclusion_twins(leaf, index, size, made, root):
        with pytest.raises(merkle.ProofError):
            merkle.check_inclusion(*twin)


def _inclusion_twins(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes):  # type: ignore[no-untyped-def]
    for wrong_index in {index - 1, index + 1, index ^ 2} - {index}:
        yield leaf, wrong_index, size, proof, root
    for wrong_size in {size // 2, size * 2} - {size}:
        yield leaf, index, wrong_size, proof, root
    yield NOISE, index, size, proof, root
    yield leaf, index, size, proof, NOISE
    yield leaf, index, size, proof, b""
    yield leaf, index, size, [*proof, b""], root
    for extra in (root, NOISE, leaf):
        yield leaf, index, size, [*proof, extra], root
        yield leaf, index, size, [extra, *proof], root
    for spot in range(len(proof)):
        flipped = bytes([proof[spot][0] ^ 16]) + proof[spot][1:]
        yield leaf, index, size, [*proof[:spot], flipped, *proof[spot + 1 :]], root
        yield leaf, index, size, proof[:spot], root


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int, proof: list[str]) -> None:
    made = [merkle.range_hash(b, e, STORED) for b, e in merkle.consistency_ranges(old, new)]
    assert made == unhex(proof)
    first, second = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    merkle.check_consistency(old, new, first, second, made)
    for twin in _consistency_twins(old, new, first, second, made):
        with pytest.raises(merkle.ProofError):
            merkle.check_consistency(*twin)


def _consistency_twins(old: int, new: int, first: bytes, second: bytes, proof: list[bytes]):  # type: ignore[no-untyped-def]
    if old != new:
        for wrong_old in {old - 1, old + 1, old ^ 2} - {old, 0}:
            yield wrong_old, new, first, second, proof
        for wrong_new in {new // 2, new * 2} - {new}:
            yield old, wrong_new, first, second, proof
        yield old, new, second, first, proof
    yield old, new, NOISE, second, proof
    yield old, new, first, NOISE, proof
    for extra in (first, second, NOISE, b""):
        yield old, new, first, second, [*proof, extra]
        yield old, new, first, second, [extra, *proof]
    for spot in range(len(proof)):
        flipped = bytes([proof[spot][0] ^ 16]) + proof[spot][1:]
        yield old, new, first, second, [*proof[:spot], flipped, *proof[spot + 1 :]]
        yield old, new, first, second, proof[:spot]


def test_every_tree_extends_the_empty_one_with_an_empty_proof() -> None:
    root = bytes.fromhex(ROOTS[5])
    assert merkle.consistency_ranges(0, 5) == []
    merkle.check_consistency(0, 5, merkle.EMPTY_ROOT, root, [])
    merkle.check_consistency(0, 0, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [])
    for twin in [
        (0, 5, root, root, []),
        (0, 5, merkle.EMPTY_ROOT, root, [root]),
        (0, 0, merkle.EMPTY_ROOT, root, []),
        (0, 0, root, root, []),
    ]:
        with pytest.raises(merkle.ProofError):
            merkle.check_consistency(*twin)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (9, 3)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(merkle.ProofError, match="no leaf"):
        merkle.inclusion_ranges(index, size)
    with pytest.raises(merkle.ProofError, match="no leaf"):
        merkle.check_inclusion(NOISE, index, size, [], NOISE)


def test_a_smaller_tree_never_extends_a_larger_one() -> None:
    with pytest.raises(merkle.ProofError, match="cannot extend"):
        merkle.consistency_ranges(4, 3)
