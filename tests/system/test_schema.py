"""The migrations make what the models and guards say, and the recorded fingerprint is theirs."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from guild.core.embedded import Embedded
from guild.migrations.run import head, migrate, recorded_fingerprint, schema_differences
from guild.migrations.schema import differences, fingerprint, write_schema


async def _database(embedded: Embedded, name: str) -> str:
    engine = create_async_engine(embedded.url("postgres"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return embedded.url(name)


async def test_the_models_are_what_was_recorded(embedded):
    engine = create_async_engine(await _database(embedded, "guild_models"))
    async with engine.begin() as connection:
        await write_schema(connection)
        found = await fingerprint(connection)
    await engine.dispose()
    assert differences(recorded_fingerprint(), found) == []


async def test_migrations_end_there_too_and_may_run_twice_or_at_once(embedded):
    url = await _database(embedded, "guild_migrated")
    revisions = await asyncio.gather(*(migrate(url) for _ in range(3)))
    assert revisions == [head()] * 3
    assert await schema_differences(url) == []
