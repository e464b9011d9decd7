"""RFC 6962 Merkle trees: hashes, roots, inclusion and consistency proofs, and their verification.

Pure arithmetic over hashes. The tree is never held whole: callers keep the hashes of *complete*
subtrees under ``(level, index)`` (level 0 are leaf hashes; node ``(l, i)`` covers the leaves from
``i * 2**l`` up to ``(i + 1) * 2**l``). A complete subtree never changes once it is there, which is
why the storage can be append-only. Everything else is folded together from a few of them.

Sources: RFC 6962 section 2.1 for the tree and its proofs, RFC 9162 sections 2.1.3.2 and 2.1.4.2 for
the verification algorithms, C2SP tlog-tiles and tlog-witness for the rules on the empty old tree.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

Node = tuple[int, int]
Range = tuple[int, int]

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """A proof does not show what it claims, or asks for what a tree of that size cannot show."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash one leaf; the 0x00 prefix keeps a leaf from ever passing for an inner node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children; the 0x01 prefix keeps an inner node from ever passing for a leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(width: int) -> int:
    """Largest power of two strictly smaller than ``width`` (RFC 6962 section 2.1, ``k``)."""
    return 1 << ((width - 1).bit_length() - 1)


def _is_complete(begin: int, end: int) -> bool:
    width = end - begin
    return width & (width - 1) == 0 and begin % width == 0


def _nodes_of(begin: int, end: int) -> list[Node]:
    """Complete subtrees that cover ``[begin, end)``, left to right."""
    if _is_complete(begin, end):
        level = (end - begin).bit_length() - 1
        return [(level, begin >> level)]
    middle = begin + _split(end - begin)
    return [*_nodes_of(begin, middle), *_nodes_of(middle, end)]


def nodes_needed(ranges: Iterable[Range]) -> list[Node]:
    """Stored nodes from which the hashes of ``ranges`` are folded: one query fetches all."""
    return [node for begin, end in ranges for node in _nodes_of(begin, end)]


def range_hash(begin: int, end: int, stored: Mapping[Node, bytes]) -> bytes:
    """Hash of the leaves ``[begin, end)``, folded from complete subtrees.

    Raises ``KeyError`` when a needed node is not stored.
    """
    nodes = _nodes_of(begin, end)
    folded = stored[nodes[-1]]
    # The right edge is folded from right to left: each complete subtree on the left is the larger.
    for node in reversed(nodes[:-1]):
        folded = node_hash(stored[node], folded)
    return folded


def root_range(size: int) -> list[Range]:
    """The range whose hash is the root of a tree of ``size`` leaves; none for the empty tree."""
    return [(0, size)] if size else []


def root_of(size: int, stored: Mapping[Node, bytes]) -> bytes:
    """Root of the first ``size`` leaves; SHA-256 of nothing for the empty tree."""
    return range_hash(0, size, stored) if size else EMPTY_ROOT


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Ranges whose hashes prove that leaf ``index`` stands in the tree of ``size`` leaves.

    Ordered from the leaf to the root (``PATH`` of RFC 6962 section 2.1.1).
    Raises ``ProofError`` when there is no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    path: list[Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Ranges whose hashes prove that the tree of ``new`` leaves begins with that of ``old`` leaves.

    ``PROOF`` of RFC 6962 section 2.1.2. The proof from the empty tree, and that between equal
    sizes, is empty. Raises ``ProofError`` when the old tree is the larger one.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} cannot extend a tree of {old}")
    if old in (0, new):
        return []
    path: list[Range] = []
    begin, end, old_is_known = 0, new, True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin, old_is_known = middle, False
    if not old_is_known:
        path.append((begin, end))
    return path[::-1]


def peaks(size: int) -> list[Node]:
    """Roots of the complete subtrees at the right edge: what the next leaf is joined to."""
    return _nodes_of(0, size) if size else []


def grow(
    size: int, stored: Mapping[Node, bytes], leaf_hashes: Sequence[bytes]
) -> list[tuple[Node, bytes]]:
    """Nodes that become complete when ``leaf_hashes`` follow a tree of ``size`` leaves.

    ``stored`` needs only the ``peaks(size)``. Level by level, so that each level is one pass.
    """
    made: list[tuple[Node, bytes]] = []
    sha256 = hashlib.sha256  # looked up once: this is the hot loop of the sequencer
    level, first, hashes = 0, size, list(leaf_hashes)
    while hashes:
        made += [((level, index), value) for index, value in enumerate(hashes, first)]
        if first % 2:  # the left sibling of the first is the old tree's peak on this level
            first -= 1
            hashes.insert(0, stored[level, first])
        lefts, rights = hashes[::2], hashes[1::2]
        hashes = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(lefts, rights, strict=False)
        ]
        level, first = level + 1, first >> 1
    return made


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Root over whole leaves, for callers that hold all of them."""
    stored = dict(grow(0, {}, [leaf_hash(leaf) for leaf in leaves]))
    return root_of(len(leaves), stored)


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise ``ProofError`` unless ``proof`` leads from leaf hash to root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    _check_hashes(leaf, root, *proof)
    position, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if position % 2 or position == last:
            current = node_hash(sibling, current)
            while position % 2 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    if current != root:
        raise ProofError("the proof leads to another root")


def check_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise ``ProofError`` unless ``proof`` shows that new extends old (RFC 9162 2.1.4.2).

    Every tree extends the empty one: then the proof must be empty and the old root must be SHA-256
    of nothing. Equal sizes need equal roots and an empty proof.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} cannot extend a tree of {old}")
    _check_hashes(old_root, new_root, *proof)
    if old in (0, new):
        expected = EMPTY_ROOT if old == 0 else new_root
        if proof or old_root != expected or (new == 0 and new_root != EMPTY_ROOT):
            raise ProofError("roots differ, or the proof is not empty")
        return
    steps = list(proof)
    if old & (old - 1) == 0:
        # A complete old tree is itself the first node of the path, so proofs leave it out.
        steps.insert(0, old_root)
    if not steps:
        raise ProofError("the proof is too short")
    seen_old, seen_new = _fold_consistency(old, new, steps)
    if seen_old != old_root or seen_new != new_root:
        raise ProofError("the proof leads to other roots")


def _fold_consistency(old: int, new: int, steps: Sequence[bytes]) -> tuple[bytes, bytes]:
    position, last = old - 1, new - 1
    while position % 2:
        position, last = position >> 1, last >> 1
    seen_old = seen_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if position % 2 or position == last:
            seen_old, seen_new = node_hash(step, seen_old), node_hash(step, seen_new)
            while position % 2 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, step)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    return seen_old, seen_new


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError("every hash is 32 bytes long")
