"""Proofs, from the stored hashes of complete subtrees.

A complete subtree never changes, so a hash that was read once is kept in the process and the next
proof reads only what it has not seen. What is not signed is not proved: the size of the newest
checkpoint is asked for each proof.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.work import Work
from guild.translog import merkle
from guild.translog.checkpoint import encode_base64
from guild.translog.errors import ImpossibleProof, NoCheckpointYet, NoSuchLeaf
from guild.translog.schemas import ConsistencyOut, InclusionOut

KEPT_MAX: Final = 100_000
"""Hashes that a process keeps, about 15 MB; when they are more it begins anew."""


async def inclusion_proof(work: Work, index: int, size: int | None = None) -> InclusionOut:
    """Prove that leaf ``index`` stands in the tree of ``size`` leaves (the newest by default)."""
    size, kept = await _signed_size(work, size)
    if not 0 <= index < size:
        raise NoSuchLeaf(f"There is no leaf {index} in a tree of {size}.", field="index")
    path = merkle.inclusion_ranges(index, size)
    leaf, root, *hashes = await _hashes(work, kept, [(index, index + 1), (0, size), *path])
    return InclusionOut(index=index, size=size, leaf_hash=leaf, root=root, hashes=hashes)


async def consistency_proof(work: Work, old: int, new: int | None = None) -> ConsistencyOut:
    """Prove that the tree of ``new`` leaves (by default all) only added to that of ``old``."""
    new, kept = await _signed_size(work, new)
    if not 0 <= old <= new:
        raise ImpossibleProof(f"A tree of {new} cannot extend a tree of {old}.", field="old")
    path = merkle.consistency_ranges(old, new)
    old_root, new_root, *hashes = await _hashes(work, kept, [(0, old), (0, new), *path])
    return ConsistencyOut(old=old, new=new, old_root=old_root, new_root=new_root, hashes=hashes)


Hashes = dict[merkle.Node, bytes]


async def _hashes(work: Work, kept: Hashes, ranges: Sequence[merkle.Range]) -> list[str]:
    """The hash of each range of leaves, in base64: from what is kept, else from storage."""
    try:
        return [_hash(one, kept) for one in ranges]
    except KeyError:
        needed = {*merkle.nodes_needed(one for one in ranges if one[1])}
    fresh = await stored_nodes(work.session, [*(needed - kept.keys())])
    if len(kept) + len(fresh) > KEPT_MAX:
        fresh |= {node: kept[node] for node in needed & kept.keys()}
        kept.clear()
    kept |= fresh
    return [_hash(one, kept) for one in ranges]


def _hash(one: merkle.Range, stored: Hashes) -> str:
    return encode_base64(merkle.range_hash(*one, stored) if one[1] else merkle.EMPTY_ROOT)


_NEWEST: Final = """
    SELECT max(size), current_setting('transaction_read_only') = 'on' FROM translog_checkpoint"""


async def _signed_size(work: Work, size: int | None) -> tuple[int, Hashes]:
    """The size that is asked about, and what this process remembers of the tree.

    A Work that may write sees rows that may yet be rolled back, so nothing of it is kept; nor of
    Works that are savepoints of one transaction.
    """
    ((newest, reading),) = await work.fetch(_NEWEST)
    if newest is None:
        raise NoCheckpointYet(mend="The sequencer runs once a minute; try again then.")
    if size is not None and not 0 <= size <= newest:
        raise NoSuchLeaf(f"The signed log has {newest} leaves.", field="size")
    keeps = reading and not work.system.nested
    kept = work.system.resource("translog.nodes", Hashes) if keeps else {}
    return newest if size is None else size, kept


# Arrays keep the text of the statement the same for every proof, so it is prepared once.
_NODES: Final = text(
    "SELECT n.level, n.idx, n.hash FROM translog_node n "
    "JOIN unnest(CAST(:levels AS smallint[]), CAST(:indexes AS bigint[])) AS w(level, idx) "
    "USING (level, idx)"
)


async def stored_nodes(
    session: AsyncSession, nodes: Sequence[merkle.Node]
) -> dict[merkle.Node, bytes]:
    """The hashes of these complete subtrees, as far as they are stored.

    A proof needs about twice the height of the tree: a short list even for billions of leaves.
    """
    wanted = set(nodes)
    if not wanted:
        return {}
    rows = await session.execute(
        _NODES, {"levels": [level for level, _ in wanted], "indexes": [i for _, i in wanted]}
    )
    return {(level, index): value for level, index, value in rows}
