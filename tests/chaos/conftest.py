"""The house of a module, its people, and processes that end with their test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from guild import features
from guild.core.outbox import drain
from guild.core.work import System
from tests.chaos.house import House, Process, broken, numbers
from tests.chaos.scene import Scene, open_scene
from tests.chaos.waiting import LEASE_S, Start


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House() as built:
        yield built


@pytest.fixture(scope="module")
def scene(house: House) -> Scene:
    async def make() -> Scene:
        system = house.system()
        try:
            opened = await open_scene(system, drafts_each=10)
            await drain(system)  # contracts are sealed now, not in every worker to come
            return opened
        finally:
            await features.close(system)
            await system.engine.dispose()

    made = asyncio.run(make())
    house.advance(hours=73)  # the payee's account has cooled off
    return made


@pytest_asyncio.fixture
async def system(house: House, scene: Scene) -> AsyncIterator[System]:
    made = house.system()
    yield made
    try:
        assert await broken(made) == []
        dead = "SELECT job FROM outbox WHERE dead_at IS NOT NULL"
        assert set(await numbers(made, dead)) <= {"chaos.poison", "chaos.transfer"}
    finally:
        await features.close(made)


@pytest_asyncio.fixture
async def start(house: House) -> AsyncIterator[Start]:
    """Processes of this test, ended after it by their ids."""
    started: list[Process] = []

    def begin(role: str, point: str = "", **more: Any) -> Process:
        started.append(house.start(role, point, lease_s=LEASE_S, **more))
        return started[-1]

    yield begin
    for process in started:
        await process.kill()
