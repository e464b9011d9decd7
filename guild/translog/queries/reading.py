"""Reading the log: checkpoints, leaves, and the public files."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from guild.core.work import Work
from guild.translog.checkpoint import Signer, encode_base64
from guild.translog.errors import ImpossibleProof, NoCheckpointYet
from guild.translog.models import LogCheckpoint, LogLeaf, LogPlace
from guild.translog.schemas import KeyOut, LeafOut, LeavesOut

LEAVES_MAX = 1_000
"""Leaves that one answer holds at most."""


async def latest_checkpoint(work: Work) -> LogCheckpoint:
    """The newest signed checkpoint; raises NoCheckpointYet before the sequencer first ran."""
    newest = select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)
    found = await work.session.scalar(newest)
    if found is None:
        raise NoCheckpointYet(mend="The sequencer runs once a minute; try again then.")
    return found


async def first_checkpoint_over(work: Work, index: int) -> LogCheckpoint | None:
    """The first checkpoint that was signed over the leaf at this place; None before that."""
    return await work.session.scalar(
        select(LogCheckpoint)
        .where(LogCheckpoint.size > index)
        .order_by(LogCheckpoint.size)
        .limit(1)
    )


async def published_leaves(work: Work, start: int, end: int) -> LeavesOut:
    """Leaves from ``start`` up to but not including ``end``, at most LEAVES_MAX of them."""
    size = (await latest_checkpoint(work)).size
    if not 0 <= start <= end:
        raise ImpossibleProof("The range must run forwards from zero.", field="start")
    leaves = await leaves_of(work.session, start, min(end, size, start + LEAVES_MAX))
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
    leaves = await leaves_of(work.session, 0, newest.size)
    lines = [
        json.dumps({"index": index, "leaf": encode_base64(leaf)}) + "\n"
        for index, leaf in enumerate(leaves)
    ]
    return {
        "checkpoint": newest.note.encode(),
        "key": (log_key(work).vkey + "\n").encode(),
        "leaves.jsonl": "".join(lines).encode(),
    }


async def leaves_of(session: AsyncSession, start: int, end: int) -> Sequence[bytes]:
    """The leaves from place ``start`` up to but not including ``end``, in their order."""
    rows = await session.scalars(
        select(LogLeaf.leaf)
        .join(LogPlace, LogPlace.leaf_id == LogLeaf.id)
        .where(LogPlace.idx >= start, LogPlace.idx < end)
        .order_by(LogPlace.idx)
    )
    return rows.all()
