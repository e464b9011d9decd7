"""The stored log: places without gaps, signed roots, proofs that outsiders can check."""

import asyncio
import base64

import pytest
from pymerkle import InmemoryTree
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from guild.core.permissions import SYSTEM
from guild.core.work import System, Work, begin_work
from guild.translog import merkle, queries
from guild.translog.checkpoint import Checkpoint, Verifier, open_note
from guild.translog.commands import append_leaf, sequence_leaves
from guild.translog.errors import ImpossibleProof, NoCheckpointYet, NoSuchLeaf
from guild.translog.models import LogCheckpoint, LogLeaf, LogNode, LogPending, LogPlace


async def fill(work: Work, *batches: int) -> list[Checkpoint]:
    """Append and sequence leaves in batches; the checkpoint after each."""
    found = []
    for batch in batches:
        for number in range(batch):
            append_leaf(work, "test", {"batch": len(found), "number": number})
        assert await sequence_leaves(work) == batch
        row = await queries.latest_checkpoint(work)
        verifier = Verifier.parse(queries.log_key(work).vkey)
        found.append(Checkpoint.parse(open_note(row.note.encode(), [verifier]).text))
    return found


async def clean(work: Work) -> None:
    for invariant in queries.INVARIANTS:
        assert await invariant(work.session) == []


def raw(hashes) -> list[bytes]:
    return [base64.b64decode(one) for one in hashes]


async def test_nothing_is_signed_before_the_sequencer_ran(as_) -> None:
    async with as_() as work:
        with pytest.raises(NoCheckpointYet):
            await queries.latest_checkpoint(work)
        assert await sequence_leaves(work) == 0
        assert (await queries.latest_checkpoint(work)).root == merkle.EMPTY_ROOT
        assert await sequence_leaves(work) == 0
        await clean(work)


async def test_checkpoints_sign_the_root_over_the_leaves(as_) -> None:
    async with as_() as work:
        checkpoints = await fill(work, 1, 2, 5, 8, 1)
        leaves = await queries.published_leaves(work, 0, 100)
        stored = [base64.b64decode(leaf.leaf) for leaf in leaves.leaves]
        other = InmemoryTree(algorithm="sha256")
        for leaf in stored:
            other.append_entry(leaf)
        assert [one.size for one in checkpoints] == [1, 3, 8, 16, 17]
        assert checkpoints[-1].root == merkle.tree_root(stored) == other.get_root()
        assert all(one.root == merkle.tree_root(stored[: one.size]) for one in checkpoints)
        assert stored[0] == b'{"batch":0,"kind":"test","number":0,"v":1}'
        await clean(work)


async def test_every_proof_that_is_given_out_holds(as_) -> None:
    async with as_() as work:
        checkpoints = await fill(work, 3, 4, 6)
        for size in (3, 7, 13):
            for index in range(size):
                proof = await queries.inclusion_proof(work, index, size)
                leaf, root = base64.b64decode(proof.leaf_hash), base64.b64decode(proof.root)
                merkle.check_inclusion(leaf, index, size, raw(proof.hashes), root)
        for earlier in [Checkpoint("", 0, merkle.EMPTY_ROOT), *checkpoints]:
            grown = await queries.consistency_proof(work, earlier.size)
            newest = checkpoints[-1]
            assert grown.new == newest.size
            merkle.check_consistency(
                earlier.size, grown.new, earlier.root, newest.root, raw(grown.hashes)
            )


async def test_what_is_not_signed_is_not_proved(as_) -> None:
    async with as_() as work:
        await fill(work, 4)
        append_leaf(work, "test", {"number": 5})
        await work.write()
        with pytest.raises(NoSuchLeaf):
            await queries.inclusion_proof(work, 4)
        with pytest.raises(NoSuchLeaf):
            await queries.inclusion_proof(work, 0, 5)
        with pytest.raises(NoSuchLeaf):
            await queries.consistency_proof(work, 1, 5)
        with pytest.raises(ImpossibleProof):
            await queries.consistency_proof(work, 3, 2)
        with pytest.raises(ImpossibleProof):
            await queries.published_leaves(work, 3, 2)
        assert (await queries.published_leaves(work, 3, 9)).size == 4


async def test_a_leaf_waits_until_it_has_its_place(as_) -> None:
    async with as_() as work:
        leaf_id = append_leaf(work, "test", {"number": 1})
        await work.write()
        assert await queries.place_of(work, leaf_id) is None
        await sequence_leaves(work)
        assert await queries.place_of(work, leaf_id) == 0


@pytest.mark.parametrize(
    "change",
    [
        update(LogLeaf).values(leaf=b"another"),
        update(LogNode).values(hash=bytes(32)),
        update(LogPlace).values(idx=LogPlace.idx + 1),
        update(LogCheckpoint).values(note="another"),
        delete(LogLeaf),
        delete(LogNode),
        delete(LogPlace),
        delete(LogCheckpoint),
        text("TRUNCATE translog_node"),
        text("INSERT INTO translog_node VALUES (0, 0, decode(repeat('00', 32), 'hex'))"),
    ],
)
async def test_the_database_refuses_to_change_history(as_, change) -> None:
    async with as_() as work:
        await fill(work, 3)
        with pytest.raises(DBAPIError):
            async with work.session.begin_nested():
                await work.session.execute(change)
        await clean(work)


@pytest.mark.parametrize("idx", [0, 4, 9])
async def test_places_have_no_gaps(as_, idx: int) -> None:
    async with as_() as work:
        await fill(work, 3)
        leaf_id = append_leaf(work, "test", {"number": 9})
        await work.write()
        place = insert(LogPlace).values(idx=idx, leaf_id=leaf_id)
        with pytest.raises(DBAPIError):
            async with work.session.begin_nested():
                await work.session.execute(place)


async def test_no_leaf_leaves_the_queue_without_its_place(as_) -> None:
    async with as_() as work:
        append_leaf(work, "test", {"number": 9})
        await work.write()
        await work.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        with pytest.raises(DBAPIError, match="would be lost"):
            async with work.session.begin_nested():
                await work.session.execute(delete(LogPending))


async def test_invariants_name_a_forged_node(committing: System) -> None:
    async with begin_work(committing, SYSTEM) as work:
        await fill(work, 3)
    owner = create_async_engine(committing.settings.owner_url)
    for table in ("leaf", "place", "node", "checkpoint"):
        for change in ("UPDATE translog_{} SET {} = {}", "DELETE FROM translog_{}"):
            column = {"leaf": "kind", "place": "idx", "node": "hash", "checkpoint": "note"}[table]
            with pytest.raises(DBAPIError, match="append-only"):
                async with owner.begin() as forger:
                    await forger.execute(text(change.format(table, column, column)))
    async with owner.begin() as forger:
        await forger.execute(text("ALTER TABLE translog_node DISABLE TRIGGER ALL"))
        await forger.execute(text("UPDATE translog_node SET hash = sha256('x') WHERE level = 1"))
        await forger.execute(text("ALTER TABLE translog_pending DISABLE TRIGGER ALL"))
        await forger.execute(text("ALTER TABLE translog_leaf DISABLE TRIGGER ALL"))
        await forger.execute(
            text("INSERT INTO translog_leaf VALUES (gen_random_uuid(), 'lost', 'x', now())")
        )
    await owner.dispose()
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        (node,) = await queries.stored_tree_is_recomputed(work.session)
        assert "log node (1, 0)" in node
        (lost,) = await queries.no_leaf_is_lost(work.session)
        assert "neither placed nor waiting" in lost


async def test_many_writers_and_sequencers_at_once(committing: System) -> None:
    async def write(number: int) -> None:
        async with begin_work(committing, SYSTEM) as work:
            append_leaf(work, "test", {"number": number})
        async with begin_work(committing, SYSTEM) as work:
            await sequence_leaves(work)

    await asyncio.gather(*(write(number) for number in range(40)))
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        assert (await queries.latest_checkpoint(work)).size == 40
        assert await work.session.scalar(select(func.count()).select_from(LogPending)) == 0
        await clean(work)


async def test_a_rolled_back_work_leaves_no_leaf(committing: System) -> None:
    async def fail() -> None:
        async with begin_work(committing, SYSTEM) as work:
            append_leaf(work, "test", {"number": 1})
            await work.write()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with begin_work(committing, SYSTEM) as work:
        assert await sequence_leaves(work) == 0
