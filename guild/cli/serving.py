"""The processes of an installation, and the database that they stand on."""

import argparse
import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn

from guild import __version__, features
from guild.cli.faults import CannotRun
from guild.cli.house import console, make_system, served
from guild.core.permissions import SYSTEM
from guild.core.settings import Settings
from guild.core.work import System, begin_work
from guild.migrations.run import create_database, ensure_schema, migrate
from guild.supervisor import listen, supervise
from guild.web.app import create_app
from guild.worker import Ringer, run_relay, run_worker


async def prepare(settings: Settings) -> None:
    """Create and upgrade the database, and found the cooperative if it is not founded."""
    await create_database(settings.owner_url)
    await migrate(settings.owner_url)
    system = make_system(settings)
    async with begin_work(system, SYSTEM) as work:
        await features.found(work)
    await features.close(system)


def free_listener(host: str, port: int) -> socket.socket:
    """The socket to be heard on; raises CannotRun when it is taken or is none of ours."""
    try:
        return listen(host, port)
    except OSError as wrong:
        raise CannotRun(
            f"{host}:{port} cannot be listened on: {wrong.strerror or wrong}. Stop what runs "
            "there, or choose others with --port and --host."
        ) from wrong


def up(settings: Settings, options: argparse.Namespace) -> int:
    """Run everything until it is told to stop."""
    with free_listener(options.host, options.port) as listener, served(settings) as ready:
        if ready.owner_url:  # without it, the owner runs `guild migrate` before the start
            asyncio.run(prepare(ready))
        else:  # told here once, instead of by each child that starts and ends
            asyncio.run(ensure_schema(ready.database_url))
        if not options.quiet:
            console.print(f"Guild {__version__} answers at [bold]{ready.base_url}[/bold]")
        asyncio.run(supervise(ready, listener, api_processes=options.api, workers=options.workers))
    return 0


def api(settings: Settings, options: argparse.Namespace) -> int:
    """One API process, on a socket that the supervisor listens on."""
    try:
        listener = socket.socket(fileno=options.fd)
    except OSError as wrong:
        raise CannotRun(
            f"{options.fd} is no socket that was handed on: {wrong.strerror}. `guild up` starts "
            "API processes; nobody else has to."
        ) from wrong

    async def serve() -> None:
        await ensure_schema(settings.database_url)
        system = make_system(settings)
        system.asked = Ringer(system)
        app = create_app(system)
        gc.collect()
        gc.freeze()  # what the start made is never garbage: a tenth of a request went on it
        gc.set_threshold(50_000, 20, 100)
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", access_log=False,
            log_level="warning", proxy_headers=True, forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=20, server_header=False, date_header=True,
        )  # fmt: skip
        await uvicorn.Server(config).serve(sockets=[listener])

    asyncio.run(serve())
    return 0


async def _until_told(run: Callable[[System, asyncio.Event], Coroutine[Any, Any, None]],
                      settings: Settings) -> None:  # fmt: skip
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await ensure_schema(settings.database_url)
    system = make_system(settings)
    try:
        await run(system, stop)
    finally:
        await features.close(system)


def relay(settings: Settings, _: argparse.Namespace) -> int:
    """The relay: from the outbox to arq's doorbell."""
    asyncio.run(_until_told(run_relay, named(settings)))
    return 0


def worker(settings: Settings, _: argparse.Namespace) -> int:
    """The worker: from the doorbell to the job's end."""
    asyncio.run(_until_told(run_worker, named(settings)))
    return 0


def named(settings: Settings) -> Settings:
    """The same settings; raises CannotRun unless they name the servers that others share."""
    if not (settings.database_url and settings.redis_url):
        raise CannotRun(
            "A worker or relay of its own works for servers that others reach too. Set "
            "GUILD_DATABASE_URL and GUILD_REDIS_URL, or run `guild up`."
        )
    return settings


def migrate_command(settings: Settings, _: argparse.Namespace) -> int:
    """Create and upgrade the database."""
    if settings.database_url and not settings.owner_url:
        raise CannotRun(
            "GUILD_OWNER_URL is missing: only the database's owner may change its tables. Set it "
            "for this command alone."
        )
    if settings.owner_url and not settings.database_url:
        raise CannotRun(
            "GUILD_DATABASE_URL is missing: it names the same database as GUILD_OWNER_URL, as the "
            "role guild_app."
        )
    with served(settings) as ready:
        asyncio.run(prepare(ready))
        asyncio.run(ensure_schema(ready.database_url))
    console.print("The database is up to date and as this version expects it.")
    return 0
