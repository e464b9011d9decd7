"""Reading the log: checkpoints, leaves, proofs, the public files, and what must always hold."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.work import Work
from guild.translog import merkle
from guild.translog.checkpoint import Checkpoint, NoteError, Signer, encode_base64
from guild.translog.errors import ImpossibleProof, NoCheckpointYet, NoSuchLeaf
from guild.translog.models import LogCheckpoint, LogLeaf, LogNode, LogPending, LogPlace
from guild.translog.schemas import ConsistencyOut, InclusionOut, KeyOut, LeafOut, LeavesOut

LEAVES_MAX = 1_000
"""Leaves that one answer holds at most."""


async def latest_checkpoint(work: Work) -> LogCheckpoint:
    """The newest signed checkpoint; raises NoCheckpointYet before the sequencer first ran."""
    newest = select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)
    found = await work.session.scalar(newest)
    if found is None:
        raise NoCheckpointYet(mend="The sequencer runs once a minute; try again then.")
    return found


async def published_leaves(work: Work, start: int, end: int) -> LeavesOut:
    """Leaves from ``start`` up to but not including ``end``, at most LEAVES_MAX of them."""
    size = (await latest_checkpoint(work)).size
    if not 0 <= start <= end:
        raise ImpossibleProof("The range must run forwards from zero.", field="start")
    leaves = await _leaves(work.session, start, min(end, size, start + LEAVES_MAX))
    return LeavesOut(
        size=size,
        leaves=[
            LeafOut(index=start + offset, leaf=encode_base64(leaf))
            for offset, leaf in enumerate(leaves)
        ],
    )


async def place_of(work: Work, leaf_id: UUID) -> int | None:
    """The place of a leaf, or None while it waits for one."""
    return await work.session.scalar(select(LogPlace.idx).where(LogPlace.leaf_id == leaf_id))


def leaf_bytes(kind: str, said: Mapping[str, str | int]) -> bytes:
    """A statement as the log holds it: canonical JSON."""
    return json.dumps(
        {"v": 1, "kind": kind, **said}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


async def place_of_statement(work: Work, kind: str, said: Mapping[str, str | int]) -> int | None:
    """The first place where the log says exactly this, or None while it says it nowhere."""
    digest = hashlib.sha256(leaf_bytes(kind, said)).digest()
    return await work.session.scalar(
        select(LogPlace.idx)
        .join(LogLeaf, LogLeaf.id == LogPlace.leaf_id)
        .where(func.sha256(LogLeaf.leaf) == digest)
        .order_by(LogPlace.idx)
        .limit(1)
    )


async def inclusion_proof(work: Work, index: int, size: int | None = None) -> InclusionOut:
    """Prove that leaf ``index`` stands in the tree of ``size`` leaves (the newest by default)."""
    size = await _signed_size(work, size)
    if not 0 <= index < size:
        raise NoSuchLeaf(f"There is no leaf {index} in a tree of {size}.", field="index")
    ranges = merkle.inclusion_ranges(index, size)
    asked = [*ranges, (index, index + 1), *merkle.root_range(size)]
    stored = await stored_nodes(work.session, merkle.nodes_needed(asked))
    return InclusionOut(
        index=index,
        size=size,
        leaf_hash=encode_base64(stored[0, index]),
        root=encode_base64(merkle.root_of(size, stored)),
        hashes=[encode_base64(merkle.range_hash(a, b, stored)) for a, b in ranges],
    )


async def consistency_proof(work: Work, old: int, new: int | None = None) -> ConsistencyOut:
    """Prove that the tree of ``new`` leaves (by default all) only added to that of ``old``."""
    new = await _signed_size(work, new)
    if not 0 <= old <= new:
        raise ImpossibleProof(f"A tree of {new} cannot extend a tree of {old}.", field="old")
    ranges = merkle.consistency_ranges(old, new)
    asked = [*ranges, *merkle.root_range(old), *merkle.root_range(new)]
    stored = await stored_nodes(work.session, merkle.nodes_needed(asked))
    return ConsistencyOut(
        old=old,
        new=new,
        old_root=encode_base64(merkle.root_of(old, stored)),
        new_root=encode_base64(merkle.root_of(new, stored)),
        hashes=[encode_base64(merkle.range_hash(a, b, stored)) for a, b in ranges],
    )


def signer_of(work: Work) -> Signer:
    """The log's own key, under the log's name."""
    return Signer(work.settings.log_origin, work.settings.log_signing_seed)


def log_key(work: Work) -> KeyOut:
    """The public key of the log."""
    verifier = signer_of(work).verifier
    return KeyOut(origin=verifier.name, vkey=verifier.vkey())


async def signed_statements(work: Work, *kinds: str) -> list[dict[str, Any]]:
    """What the leaves of these kinds say, in their order, as far as the log is signed."""
    newest = await latest_checkpoint(work)
    rows = await work.session.scalars(
        select(LogLeaf.leaf)
        .join(LogPlace, LogPlace.leaf_id == LogLeaf.id)
        .where(LogLeaf.kind.in_(kinds), LogPlace.idx < newest.size)
        .order_by(LogPlace.idx)
    )
    return [json.loads(leaf) for leaf in rows]


async def public_export(work: Work) -> dict[str, bytes]:
    """The log's share of the public files that `guild.translog.verify` reads, by file name."""
    newest = await latest_checkpoint(work)
    leaves = await _leaves(work.session, 0, newest.size)
    lines = [
        json.dumps({"index": index, "leaf": encode_base64(leaf)}) + "\n"
        for index, leaf in enumerate(leaves)
    ]
    return {
        "checkpoint": newest.note.encode(),
        "key": (log_key(work).vkey + "\n").encode(),
        "leaves.jsonl": "".join(lines).encode(),
    }


_NEWEST_SIZE = select(func.max(LogCheckpoint.size))


async def _signed_size(work: Work, size: int | None) -> int:
    newest = await work.session.scalar(_NEWEST_SIZE)
    if newest is None:
        raise NoCheckpointYet(mend="The sequencer runs once a minute; try again then.")
    if size is not None and not 0 <= size <= newest:
        raise NoSuchLeaf(f"The signed log has {newest} leaves.", field="size")
    return newest if size is None else size


async def _leaves(session: AsyncSession, start: int, end: int) -> Sequence[bytes]:
    rows = await session.scalars(
        select(LogLeaf.leaf)
        .join(LogPlace, LogPlace.leaf_id == LogLeaf.id)
        .where(LogPlace.idx >= start, LogPlace.idx < end)
        .order_by(LogPlace.idx)
    )
    return rows.all()


# Arrays keep the text of the statement the same for every proof, so it is prepared once.
_NODES = text(
    "SELECT n.level, n.idx, n.hash FROM translog_node n "
    "JOIN unnest(CAST(:levels AS smallint[]), CAST(:indexes AS bigint[])) AS w(level, idx) "
    "USING (level, idx)"
)


async def stored_nodes(
    session: AsyncSession, nodes: Sequence[merkle.Node]
) -> dict[merkle.Node, bytes]:
    """The hashes of these complete subtrees. A proof needs about twice the height of the tree:
    a short list even for billions of leaves.
    """
    wanted = set(nodes)
    if not wanted:
        return {}
    rows = await session.execute(
        _NODES, {"levels": [level for level, _ in wanted], "indexes": [i for _, i in wanted]}
    )
    return {(level, index): value for level, index, value in rows}


async def stored_tree_is_recomputed(session: AsyncSession) -> list[str]:
    """Invariant: nodes are those of the leaves, and each checkpoint signs the root of its size."""
    leaves = await _leaves(session, 0, 2**62)
    expected = dict(merkle.grow(0, {}, [merkle.leaf_hash(leaf) for leaf in leaves]))
    rows = await session.execute(select(LogNode.level, LogNode.idx, LogNode.hash))
    stored = {(level, index): value for level, index, value in rows}
    broken = [
        f"log node {node}: stored hash is not that of its leaves"
        for node in sorted(expected.keys() | stored.keys())
        if expected.get(node) != stored.get(node)
    ]
    for row in await session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size)):
        broken += _broken_checkpoint(row, len(leaves), expected)
    return broken


def _broken_checkpoint(
    row: LogCheckpoint, size: int, expected: dict[merkle.Node, bytes]
) -> list[str]:
    name = f"checkpoint of {row.size} leaves"
    try:
        signed = Checkpoint.parse(row.note.rpartition("\n\n")[0] + "\n")
    except NoteError as problem:
        return [f"{name}: {problem}"]
    if row.size > size:
        return [f"{name}: the log has only {size}"]
    if (signed.size, signed.root) != (row.size, merkle.root_of(row.size, expected)):
        return [f"{name}: its root is not that of the leaves"]
    return []


async def no_leaf_is_lost(session: AsyncSession) -> list[str]:
    """Invariant: every leaf has a place or waits for one, and never both."""
    placed = exists().where(LogPlace.leaf_id == LogLeaf.id)
    waits = exists().where(LogPending.leaf_id == LogLeaf.id)
    lost = select(LogLeaf.id).where(and_(placed, waits) | and_(~placed, ~waits))
    return [f"log leaf {leaf_id}: neither placed nor waiting, or both"
            for leaf_id in await session.scalars(lost)]  # fmt: skip


INVARIANTS = [stored_tree_is_recomputed, no_leaf_is_lost]
