"""One world per test module: building it takes seconds, asking it milliseconds."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from guild.core.settings import Settings
from tests.security.world import World, open_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory, resources: dict[str, Any]
) -> AsyncIterator[World]:
    """The cooperative of `world.py`."""
    async with open_world(settings, tmp_path_factory.mktemp("world"), resources) as made:
        yield made
