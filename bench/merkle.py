"""Row 8: appending to the log against two bare hashes per leaf; proofs against pymerkle.

A tree of n leaves needs a hash for each leaf and one for each inner node, two per leaf: that is the
limit. Each proof of ours asks PostgreSQL for the newest checkpoint, and for the hashes that the
process has not met before: the row is taken warm, as an API that has served for a while, and says
beside it what a cold process gives. pymerkle's comes from a tree of as many leaves in memory.
"""

import asyncio
import hashlib
import os
import time
from typing import Final

import pymerkle

from bench.measure import Row, alternate, servers
from guild import features
from guild.core.permissions import ANONYMOUS, SYSTEM
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.migrations.run import create_database, migrate
from guild.translog import merkle
from guild.translog.commands import append_leaf, sequence_leaves
from guild.translog.queries import inclusion_proof

LEAVES: Final = 30_000
"""In the append race, in memory on both sides."""
STORED: Final = 10_000
"""Leaves in the log that proofs are read from."""
PROOFS: Final = 200
ROUNDS: Final = 5


def appended(leaves: list[bytes]) -> float:
    """Leaves per second, hashed and grown in batches as the sequencer does."""
    began = time.perf_counter()
    size, frontier = 0, dict[merkle.Node, bytes]()
    for start in range(0, len(leaves), 2_000):
        batch = [merkle.leaf_hash(leaf) for leaf in leaves[start : start + 2_000]]
        made = dict(merkle.grow(size, frontier, batch))
        size += len(batch)
        known = frontier | made
        frontier = {node: known[node] for node in merkle.peaks(size)}
    return len(leaves) / (time.perf_counter() - began)


def two_hashes(leaves: list[bytes]) -> float:
    """Leaves per second of nothing but the two hashes that each one costs."""
    began = time.perf_counter()
    node = bytes(32)
    for leaf in leaves:
        node = hashlib.sha256(b"\x01" + node + hashlib.sha256(b"\x00" + leaf).digest()).digest()
    return len(leaves) / (time.perf_counter() - began)


async def filled(settings: Settings) -> System:
    """A log of STORED leaves, sequenced and signed."""
    await create_database(settings.owner_url)
    await migrate(settings.owner_url)
    system = features.make_system(settings)
    for start in range(0, STORED, 1_000):
        async with begin_work(system, SYSTEM) as work:
            for n in range(start, start + 1_000):
                append_leaf(work, "bench", {"n": n})
    placed = 1
    while placed:
        async with begin_work(system, SYSTEM) as work:
            placed = await sequence_leaves(work)
    return system


async def measure(settings: Settings) -> list[Row]:
    """Both rows."""
    leaves = [os.urandom(64) for _ in range(LEAVES)]
    system = await filled(settings)
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for n in range(STORED):
        tree.append_entry(n.to_bytes(8, "big"))

    async def ours() -> float:
        return appended(leaves)

    async def bare() -> float:
        return two_hashes(leaves)

    async def proofs() -> float:
        began = time.perf_counter()
        async with begin_work(system, ANONYMOUS, read_only=True) as work:
            for n in range(PROOFS):
                await inclusion_proof(work, n * 7919 % STORED)
        return PROOFS / (time.perf_counter() - began)

    async def in_memory() -> float:
        began = time.perf_counter()
        for n in range(PROOFS):
            tree.prove_inclusion(n * 7919 % STORED + 1)
        return PROOFS / (time.perf_counter() - began)

    cold = await proofs()
    ratio, fast, limit = await alternate(ROUNDS, ours, bare)
    quick, proven, theirs = await alternate(ROUNDS, proofs, in_memory)
    await system.engine.dispose()
    return [
        Row(number="8", what="Merkle append, of the two-hash limit", value=ratio, target=0.4,
            hope=0.6, how=f"{fast:,.0f} of {limit:,.0f} leaves per second"),
        Row(number="8", what="proof from storage against pymerkle in memory", value=quick,
            target=0.25, hope=1, how=f"{proven:,.0f} against {theirs:,.0f} per second, "
            f"{STORED:,} leaves; {cold:,.0f} cold"),
    ]  # fmt: skip


def rows() -> list[Row]:
    """The rows of the table."""
    with servers() as (_, settings):
        return asyncio.run(measure(settings))
