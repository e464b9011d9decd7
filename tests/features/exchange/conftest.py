"""A co-operative with a loopback gateway, and suppliers who write to it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from guild import features
from guild.core.ids import InvoiceId
from guild.core.outbox import drain
from guild.core.permissions import SYSTEM
from guild.core.settings import Peppol, Settings
from guild.core.work import System, begin_work
from guild.exchange.models import Transmission
from guild.exchange.queries import INVARIANTS
from guild.governance.commands import install_founding_charter
from tests.conftest import Clock
from tests.factories import Factories

SECRET = "a shared secret of more than 32 letters"
MAIL_SECRET = "another shared secret of over 32 letters"
CLIENT = "0208:0403019261"
"""The client of `make.issued_invoice`, and the partner of the loopback gateway."""
COOP = "0208:0123456749"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With the secrets of both hooks; no gateway."""
    return msgspec.structs.replace(
        settings, peppol=Peppol(hook_secret=SECRET), mail_hook_secret=MAIL_SECRET
    )


Looping = Callable[..., AbstractAsyncContextManager[System]]


@pytest.fixture
def looping(
    engine: AsyncEngine, settings: Settings, clock: Clock, resources: dict[str, Any]
) -> Looping:
    """A System like `system`, with the loopback gateway and other settings of it if wanted."""

    @asynccontextmanager
    async def loop(**peppol: Any) -> AsyncIterator[System]:
        chosen = {"gateway": "loopback", "hook_secret": SECRET, "partner": CLIENT, **peppol}
        own = msgspec.structs.replace(settings, peppol=Peppol(**chosen))
        async with engine.connect() as connection:
            outer = await connection.begin()
            maker = async_sessionmaker(
                connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
            )
            made = features.system_on(own, engine, maker, maker, clock=clock, nested=True)
            async with begin_work(made, SYSTEM) as work:
                await install_founding_charter(work)
            made.resources.update(resources)
            yield made
            await outer.rollback()

    return loop


@pytest_asyncio.fixture
async def looped(looping: Looping) -> AsyncIterator[System]:
    """A System with the loopback gateway."""
    async with looping() as made:
        yield made


@pytest.fixture
def looped_make(looped: System) -> Factories:
    """Factories on the looped system."""
    return Factories(looped)


async def run(system: System, clock: Clock, *, minutes: int = 0) -> None:
    """Let time pass and run all that is due."""
    clock.advance(minutes=minutes)
    await drain(system)


async def transmission(system: System, invoice_id: InvoiceId) -> Transmission:
    """The present attempt of a document."""
    async with begin_work(system, SYSTEM, read_only=True) as work:
        row = await work.session.scalar(
            select(Transmission).where(
                Transmission.invoice_id == invoice_id, Transmission.superseded_at.is_(None)
            )
        )
    assert row is not None, "nobody began to deliver it"
    return row


async def invariants_hold(system: System) -> None:
    """Everything that must be true of exchange, now."""
    async with begin_work(system, SYSTEM, read_only=True) as work:
        for invariant in INVARIANTS:
            assert await invariant(work.session) == [], invariant.__name__
