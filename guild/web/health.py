"""Health and readiness, for whoever watches the machine."""

from typing import Any

from litestar import Request, Response
from litestar.enums import MediaType
from redis.asyncio import Redis
from sqlalchemy import text

from guild import __version__
from guild.core.permissions import Permission
from guild.core.wire import Out, get
from guild.core.work import System


class Health(Out, frozen=True):
    """The process is up."""

    status: str
    version: str


class Readiness(Out, frozen=True):
    """What the process needs, and whether it answers."""

    status: str
    database: bool
    valkey: bool


@get("/health", permission=Permission.PUBLIC, tags=["operations"], summary="Is the process up",
     sync_to_thread=False)  # fmt: skip
def health() -> Health:
    """Answers as long as the process runs; asks nobody else."""
    return Health(status="ok", version=__version__)


@get("/ready", permission=Permission.PUBLIC, tags=["operations"], summary="Can it do its work")
async def ready(request: Request[Any, Any, Any]) -> Response[Readiness]:
    """Ask the database and Valkey; 503 when one is silent, so that nobody is sent here."""
    system: System = request.app.state.system
    database = await _answers(_ask_database(system))
    valkey = await _answers(_ask_valkey(system))
    well = database and valkey
    return Response(
        Readiness(status="ready" if well else "not ready", database=database, valkey=valkey),
        status_code=200 if well else 503,
        media_type=MediaType.JSON,
    )


async def _ask_database(system: System) -> None:
    async with system.readers() as session:
        await session.execute(text("SELECT 1"))


async def _ask_valkey(system: System) -> None:

    client = Redis.from_url(system.settings.redis_url, socket_timeout=2)
    try:
        await client.ping()
    finally:
        await client.aclose()


async def _answers(question: Any) -> bool:
    try:
        await question
    except Exception:  # noqa: BLE001 - any failure means that it does not answer
        return False
    return True


ROUTES = [health, ready]
