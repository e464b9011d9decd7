"""Bringing a database up to date, and saying whether it is what the program expects."""

import json
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from guild.migrations.schema import ROLES_SQL, differences, fingerprint

HERE: Final = Path(__file__).parent
FINGERPRINT: Final = HERE / "fingerprint.json"
ADVISORY_KEY: Final = 7_203_517


class SchemaWrong(Exception):
    """The database is not the one that this program was written for."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


async def create_database(owner_url: str) -> bool:
    """Create the database if the server has none of that name; True when it did."""
    url = make_url(owner_url)
    engine = create_async_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            known = await connection.scalar(
                text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database}
            )
            if known is None:
                name = str(url.database).replace('"', '""')
                await connection.execute(text(f'CREATE DATABASE "{name}"'))
            return known is None
    finally:
        await engine.dispose()


async def migrate(owner_url: str) -> str:
    """Upgrade to the newest revision and return it; several processes at once wait in turn."""
    engine = create_async_engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_KEY})"))
            await connection.exec_driver_sql(ROLES_SQL)
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))
            return await connection.run_sync(_revision) or ""
    finally:
        await engine.dispose()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def recorded_fingerprint() -> dict[str, str]:
    """The schema as it was when this version was made."""
    recorded: dict[str, str] = json.loads(FINGERPRINT.read_text(encoding="utf-8"))
    return recorded


async def schema_differences(owner_or_app_url: str) -> list[str]:
    """How the real schema departs from the committed fingerprint; empty when it does not."""
    engine = create_async_engine(owner_or_app_url)
    try:
        async with engine.connect() as connection:
            return differences(recorded_fingerprint(), await fingerprint(connection))
    finally:
        await engine.dispose()


async def ensure_schema(url: str) -> None:
    """Refuse to start on a schema that is not ours; raises SchemaWrong with what differs."""
    wrong = await schema_differences(url)
    if wrong:
        shown = "\n  ".join(wrong[:12])
        raise SchemaWrong(
            f"The database is not as this version of Guild left it:\n  {shown}\n"
            "Run `guild migrate`; if that changes nothing, somebody altered the schema by hand."
        )
