"""The base of all tables, and engines."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Numeric, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from guild.core.ids import ID_TYPES

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of all tables: constraint names by rule, aware timestamps, JSONB, distinct ids."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        list[Any]: JSONB,
        bytes: LargeBinary,
        int: BigInteger,
        Decimal: Numeric(18, 6),
        **dict.fromkeys(ID_TYPES, Uuid()),
    }


def make_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """An engine on asyncpg. READ COMMITTED; limits are held by locked rows and constraints.

    Errors and logs never show parameters: they are people's words, hashes and IBANs.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={"timeout": 10, "server_settings": {"jit": "off", "timezone": "UTC"}},
    )


def session_makers(
    engine: AsyncEngine,
) -> tuple[async_sessionmaker[AsyncSession], async_sessionmaker[AsyncSession]]:
    """Makers of writing and of reading sessions; the latter begin READ ONLY at no extra cost."""
    reading = engine.execution_options(postgresql_readonly=True)
    return (
        async_sessionmaker(engine, expire_on_commit=False),
        async_sessionmaker(reading, expire_on_commit=False, autoflush=False),
    )
