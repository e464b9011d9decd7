"""The scene that most tests of receivables play on."""

import pytest_asyncio

from guild.core.work import System
from tests.factories import Factories
from tests.features.receivables.scene import Scene


@pytest_asyncio.fixture
async def scene(system: System, make: Factories) -> Scene:
    """A member, her client, an invoice, two treasurers and a representative."""
    return await Scene(system, make).open()
