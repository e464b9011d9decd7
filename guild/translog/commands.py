"""Appending leaves, and giving them their places under a signed checkpoint."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, text

from guild.core.appends import Appender
from guild.core.ids import new_id
from guild.core.jobs import job
from guild.core.work import Work
from guild.translog import merkle
from guild.translog.checkpoint import Checkpoint, sign_note
from guild.translog.models import LogCheckpoint, LogLeaf, LogPending, LogPlace
from guild.translog.queries import leaf_bytes, signer_of, stored_nodes

LEAVES: Final = Appender(
    "translog_leaf", {"id": "uuid", "kind": "text", "leaf": "bytea", "at": "timestamptz"}
)
PENDING: Final = Appender("translog_pending", {"leaf_id": "uuid"})
PLACES: Final = Appender("translog_place", {"idx": "bigint", "leaf_id": "uuid"})
NODES: Final = Appender("translog_node", {"level": "smallint", "idx": "bigint", "hash": "bytea"})
CHECKPOINTS: Final = Appender(
    "translog_checkpoint",
    {"size": "bigint", "root": "bytea", "note": "text", "at": "timestamptz"},
)
BATCH_MAX: Final = 2_000
"""Leaves that one transaction of the sequencer places; more wait for the next."""
TURN: Final = text("SELECT pg_advisory_xact_lock(7521962)")
"""One sequencer at a time, whichever process it runs in."""


def append_leaf(work: Work, kind: str, said: Mapping[str, str | int]) -> UUID:
    """Put one statement on the way into the log; it is there if and only if this Work commits.

    The leaf is canonical JSON with ``v`` 1 and the kind. It is public for ever: it may hold
    hashes and salted commitments, never personal data or anything that links to a person.
    """
    assert not {"v", "kind"} & said.keys(), "v and kind are the log's own members"
    leaf = leaf_bytes(kind, said)
    leaf_id = new_id()
    work.append(LEAVES, id=leaf_id, kind=kind, leaf=leaf, at=work.now)
    work.append(PENDING, leaf_id=leaf_id)
    return leaf_id


async def sequence_leaves(work: Work) -> int:
    """Give waiting leaves their places, write the subtrees that become complete, sign the root.

    Returns how many leaves were placed. A checkpoint is signed for each new size, and for the
    empty log once. Whoever comes second waits, finds nothing left, and changes nothing.
    """
    await work.write()
    await work.session.execute(TURN)
    size = await work.session.scalar(select(func.coalesce(func.max(LogPlace.idx) + 1, 0))) or 0
    waiting = (
        await work.session.execute(
            select(LogLeaf.id, LogLeaf.leaf)
            .join(LogPending, LogPending.leaf_id == LogLeaf.id)
            .order_by(LogLeaf.seq)
            .limit(BATCH_MAX)
        )
    ).all()
    newest = await work.session.scalar(select(func.max(LogCheckpoint.size)))
    if not waiting and newest == size:
        return 0
    stored = await stored_nodes(work.session, merkle.peaks(size))
    made = merkle.grow(size, stored, [merkle.leaf_hash(leaf) for _, leaf in waiting])
    for offset, (leaf_id, _) in enumerate(waiting):
        work.append(PLACES, idx=size + offset, leaf_id=leaf_id)
    for (level, index), value in made:
        work.append(NODES, level=level, idx=index, hash=value)
    if waiting:
        await work.session.execute(
            delete(LogPending).where(LogPending.leaf_id.in_([leaf_id for leaf_id, _ in waiting]))
        )
    _sign(work, size + len(waiting), stored | dict(made))
    await work.write()
    return len(waiting)


@job("translog.sequence_soon")
async def sequence_soon(work: Work) -> None:
    """Place what waits now: queued by whoever wants a leaf in the log before the next minute.

    It stands here and not among the jobs, because packages above queue it. Idempotent, since each
    leaf is placed once; a full batch asks for the next.
    """
    if await sequence_leaves(work) == BATCH_MAX:
        work.later(sequence_soon)


def _sign(work: Work, size: int, stored: dict[merkle.Node, bytes]) -> None:
    root = merkle.root_of(size, stored)
    checkpoint = Checkpoint(work.settings.log_origin, size, root)
    note = sign_note(checkpoint.text(), signer_of(work))
    work.append(CHECKPOINTS, size=size, root=root, note=note, at=work.now)
