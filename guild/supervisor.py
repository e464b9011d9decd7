"""`guild up`: API, relay and worker as processes under one supervisor.

A process that dies is started again, more slowly each time. SIGTERM and SIGINT stop all of them:
the API first finishes its requests, the worker its jobs; who is not done in time is killed, which
loses nothing, because the queue is in PostgreSQL.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Final

from guild.core.settings import Settings

log = logging.getLogger("guild.up")

STOP_S: Final = 30
RESTART_S: Final = (0.2, 1.0, 5.0, 15.0)
STEADY_S: Final = 30
"""A process that lived this long starts its count of restarts anew."""


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment for child processes, with the servers that were started for them."""
    return {
        **os.environ,
        "GUILD_DATABASE_URL": settings.database_url,
        "GUILD_OWNER_URL": settings.owner_url,
        "GUILD_REDIS_URL": settings.redis_url,
        "GUILD_DATA_DIR": str(settings.data_dir),
        "GUILD_BASE_URL": settings.base_url,
        "GUILD_CLOCK_FILE": settings.clock_file,
        "PYTHONUNBUFFERED": "1",
    }


class Supervisor:
    """Keeps processes running until told to stop."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ: Final = environ
        self._stop: Final = asyncio.Event()
        self.running: Final[dict[str, asyncio.subprocess.Process]] = {}

    def stop(self) -> None:
        """Ask everything to end."""
        self._stop.set()

    async def keep(self, name: str, *arguments: str, fds: tuple[int, ...] = ()) -> None:
        """Run `guild …` for as long as the supervisor lives."""
        failures = 0
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            started = loop.time()
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "guild", *arguments, env=dict(self._environ), pass_fds=fds,
                start_new_session=True,
            )  # fmt: skip
            self.running[name] = process
            ended = asyncio.create_task(process.wait())
            stopping = asyncio.create_task(self._stop.wait())
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if self._stop.is_set():
                await self._end(name, process)
                return
            failures = 0 if loop.time() - started > STEADY_S else failures + 1
            wait = RESTART_S[min(failures, len(RESTART_S)) - 1] if failures else 0
            log.error("%s ended with %s and starts again", name, process.returncode)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)

    async def _end(self, name: str, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            log.warning("%s did not end in %s s and is killed", name, STOP_S)
            process.kill()
            await process.wait()


def listen(host: str, port: int) -> socket.socket:
    """The listening socket that all API processes share."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


async def supervise(
    settings: Settings, listener: socket.socket, *, api_processes: int = 1, workers: int = 1,
    ready: asyncio.Event | None = None, stop: asyncio.Event | None = None,
) -> None:  # fmt: skip
    """Run everything until SIGTERM, SIGINT or `stop`."""
    supervisor = Supervisor(environment_of(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    fd = listener.fileno()
    keepers = [
        supervisor.keep(f"api {i + 1}", "api", "--fd", str(fd), fds=(fd,))
        for i in range(api_processes)
    ]
    keepers += [supervisor.keep(f"worker {i + 1}", "worker") for i in range(workers)]
    keepers.append(supervisor.keep("relay", "relay"))
    tasks = [asyncio.create_task(keeper) for keeper in keepers]
    if ready is not None:
        ready.set()
    if stop is not None:
        await asyncio.wait(
            [asyncio.create_task(stop.wait()), *tasks], return_when=asyncio.FIRST_COMPLETED
        )
        supervisor.stop()
    await asyncio.gather(*tasks)
