"""The whole question and the short one: what each of them finds, and when."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from guild import features
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.translog import queries
from guild.translog.commands import append_leaf, sequence_leaves


async def grow(system: System, number: int) -> None:
    async with begin_work(system, SYSTEM) as work:
        for n in range(number):
            append_leaf(work, "test", {"number": n})
    async with begin_work(system, SYSTEM) as work:
        await sequence_leaves(work)


@asynccontextmanager
async def forging(system: System) -> AsyncIterator[AsyncConnection]:
    """The owner's connection, past the triggers."""
    owner = create_async_engine(system.settings.owner_url)
    async with owner.begin() as forger:
        await forger.execute(text("SET session_replication_role = replica"))
        yield forger
    await owner.dispose()


async def short(system: System) -> list[str]:
    async with begin_work(system, SYSTEM, read_only=True, snapshot=True) as work:
        return [
            *await queries.grown_tree_is_recomputed(work),
            *await queries.no_new_leaf_is_lost(work),
        ]


async def whole(system: System) -> list[str]:
    async with begin_work(system, SYSTEM, read_only=True, snapshot=True) as work:
        return [line for one in queries.INVARIANTS for line in await one(work.session)]


async def test_the_short_question_sees_what_was_added(committing: System) -> None:
    assert await short(committing) == []
    await grow(committing, 5)
    assert await short(committing) == []
    await grow(committing, 8)
    async with forging(committing) as forger:
        await forger.execute(
            text("UPDATE translog_node SET hash = sha256('x') WHERE level = 1 AND idx = 4")
        )
    for _ in range(2):  # what was found wrong is not taken for verified
        (line,) = await short(committing)
        assert "log node (1, 4)" in line


async def test_an_old_forgery_is_left_to_the_nightly_question(committing: System) -> None:
    await grow(committing, 6)
    assert await short(committing) == []
    async with forging(committing) as forger:
        await forger.execute(
            text("UPDATE translog_node SET hash = sha256('x') WHERE level = 0 AND idx = 1")
        )
    assert await short(committing) == []
    (line,) = await whole(committing)
    assert "log node (0, 1)" in line
    async with begin_work(committing, SYSTEM) as work:
        with pytest.raises(features.InvariantBroken, match="log node"):
            await features.check_log.job.run(work)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("INSERT INTO translog_node VALUES (0, 9, sha256('x'))", "no leaves under it"),
        ("UPDATE translog_node SET hash = sha256('x') WHERE level = 2", "log node (2, 0)"),
        (
            "INSERT INTO translog_checkpoint SELECT 9, root, note, at FROM translog_checkpoint",
            "the log has only 6",
        ),
        (
            "INSERT INTO translog_leaf VALUES (gen_random_uuid(), 'lost', 'x', now())",
            "neither placed nor waiting",
        ),
    ],
)
async def test_both_see_what_does_not_fit_the_edge(
    committing: System, change: str, said: str
) -> None:
    await grow(committing, 6)
    assert await short(committing) == []
    async with forging(committing) as forger:
        await forger.execute(text(change))
    assert any(said in line for line in await short(committing))
    assert any(said in line for line in await whole(committing))


async def test_a_proof_is_the_same_cold_and_warm(committing: System) -> None:
    await grow(committing, 11)
    proofs = []
    for _ in range(2):
        async with begin_work(committing, SYSTEM, read_only=True) as work:
            proofs.append([await queries.inclusion_proof(work, n) for n in range(11)])
    assert proofs[0] == proofs[1]
    assert len(committing.resources["translog.nodes"]) >= 11
    await grow(committing, 3)
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        assert (await queries.inclusion_proof(work, 12)).size == 14
        assert (await queries.consistency_proof(work, 11)).old_root == proofs[0][0].root
