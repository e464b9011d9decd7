"""What must always hold of the log: asked of all of it, or of what came since the last time.

Both walk the same way, from a verified tree to the present one. The whole question starts from the
empty tree. The short one starts where this process last found everything in order; it trusts its
own memory for that and nothing that is stored, so it cannot be told that it has looked already.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import and_, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.work import Work
from guild.translog import merkle
from guild.translog.checkpoint import Checkpoint, NoteError
from guild.translog.models import LogCheckpoint, LogLeaf, LogPending, LogPlace
from guild.translog.queries.proving import stored_nodes
from guild.translog.queries.reading import leaves_of

LEAVES_AT_ONCE: Final = 10_000
SEQ_MARGIN: Final = 10_000
"""Leaves before the last verified one that are looked at again: one of them may belong to a
transaction that had taken its number and was not committed then."""
SURPLUS: Final = text("""
    SELECT level, top FROM generate_series(0, 62) AS level,
           LATERAL (SELECT max(idx) AS top FROM translog_node n WHERE n.level = level.level) AS t
     WHERE top >= (CAST(:size AS bigint) >> level)""")
"""Nodes to the right of every leaf; one look into the index per level."""


@dataclass
class Verified:
    """A tree whose every node and checkpoint was recomputed: its size and its right edge."""

    size: int = 0
    peaks: dict[merkle.Node, bytes] = field(default_factory=dict)
    signed: int = -1
    """Size of the last checkpoint that was verified."""
    seq: int = 0
    """Number of the last leaf that was found to be placed or waiting."""


async def stored_tree_is_recomputed(session: AsyncSession) -> list[str]:
    """Invariant: nodes are those of the leaves, and each checkpoint signs the root of its size."""
    broken, _ = await _walked(session, Verified())
    return broken


async def no_leaf_is_lost(session: AsyncSession) -> list[str]:
    """Invariant: every leaf has a place or waits for one, and never both."""
    return await _lost(session, 0)


async def grown_tree_is_recomputed(work: Work) -> list[str]:
    """The first invariant for what was added since this process last found it whole."""
    verified = _memory(work)
    broken, now = await _walked(work.session, verified)
    if not broken:
        verified.size, verified.peaks, verified.signed = now.size, now.peaks, now.signed
    return broken


async def no_new_leaf_is_lost(work: Work) -> list[str]:
    """The second invariant for the newest leaves."""
    verified = _memory(work)
    newest = await work.session.scalar(select(func.max(LogLeaf.seq))) or 0
    broken = await _lost(work.session, verified.seq - SEQ_MARGIN)
    if not broken:
        verified.seq = newest
    return broken


def _memory(work: Work) -> Verified:
    return work.system.resource("translog.verified", Verified)


async def _walked(session: AsyncSession, start: Verified) -> tuple[list[str], Verified]:
    """What is wrong from `start` to the present, and the tree that should be there."""
    known = await stored_nodes(session, [*start.peaks])
    broken = _differ(start.peaks, known)
    now = Verified(start.size, start.peaks, start.signed)
    while True:
        leaves = await leaves_of(session, now.size, now.size + LEAVES_AT_ONCE)
        grown = dict(merkle.grow(now.size, now.peaks, [merkle.leaf_hash(one) for one in leaves]))
        broken += _differ(grown, await stored_nodes(session, [*grown]))
        size, nodes = now.size + len(leaves), now.peaks | grown
        broken += await _broken_checkpoints(session, now.signed, size, nodes)
        now = Verified(size, {node: nodes[node] for node in merkle.peaks(size)}, size)
        if len(leaves) < LEAVES_AT_ONCE:
            break
    rows = await session.execute(SURPLUS, {"size": now.size})
    broken += [f"log node {(level, top)}: there are no leaves under it" for level, top in rows]
    beyond = select(LogCheckpoint.size).where(LogCheckpoint.size > now.size)
    broken += [f"checkpoint of {size} leaves: the log has only {now.size}"
               for size in await session.scalars(beyond)]  # fmt: skip
    return broken, now


def _differ(expected: dict[merkle.Node, bytes], stored: dict[merkle.Node, bytes]) -> list[str]:
    return [
        f"log node {node}: stored hash is not that of its leaves"
        for node, value in sorted(expected.items())
        if stored.get(node) != value
    ]


async def _broken_checkpoints(
    session: AsyncSession, after: int, size: int, nodes: dict[merkle.Node, bytes]
) -> list[str]:
    rows = await session.scalars(
        select(LogCheckpoint)
        .where(LogCheckpoint.size > after, LogCheckpoint.size <= size)
        .order_by(LogCheckpoint.size)
    )
    return [line for row in rows for line in _broken_checkpoint(row, nodes)]


def _broken_checkpoint(row: LogCheckpoint, nodes: dict[merkle.Node, bytes]) -> Sequence[str]:
    name = f"checkpoint of {row.size} leaves"
    try:
        signed = Checkpoint.parse(row.note.rpartition("\n\n")[0] + "\n")
    except NoteError as problem:
        return [f"{name}: {problem}"]
    if (signed.size, signed.root) != (row.size, merkle.root_of(row.size, nodes)):
        return [f"{name}: its root is not that of the leaves"]
    return []


async def _lost(session: AsyncSession, after: int) -> list[str]:
    placed = exists().where(LogPlace.leaf_id == LogLeaf.id)
    waits = exists().where(LogPending.leaf_id == LogLeaf.id)
    lost = select(LogLeaf.id).where(
        LogLeaf.seq > after, and_(placed, waits) | and_(~placed, ~waits)
    )
    return [f"log leaf {leaf_id}: neither placed nor waiting, or both"
            for leaf_id in await session.scalars(lost)]  # fmt: skip


INVARIANTS = [stored_tree_is_recomputed, no_leaf_is_lost]
SINCE_LAST_TIME: Final[dict[object, Callable[[Work], Awaitable[list[str]]]]] = {
    stored_tree_is_recomputed: grown_tree_is_recomputed,
    no_leaf_is_lost: no_new_leaf_is_lost,
}
"""Which short question stands for which whole one."""
