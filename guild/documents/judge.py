"""Judging strangers' PDFs: each is read by a process of its own, with little time and no secrets.

A crafted file reaches many parsers. Here the worst that it can do is to end a child process, which
counts as unreadable. Nothing of it is kept.
"""

import asyncio
import datetime as dt
import os
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Final

import msgspec

from guild.core.errors import Unavailable
from guild.documents.verdict import SealReport, Trusted, unsound, verify_seal

CPU_SECONDS: Final = 15
"""An honest contract takes about two, most of them for the imports."""
MEMORY_BYTES: Final = 1_500_000_000
TIMEOUT_S: Final = 40.0
AT_ONCE: Final = 2
WAITING_MAX: Final = 4
"""Whoever comes after these is asked to come again, so that no queue of strangers builds up."""
_ROOT: Final = Path(__file__).parents[2]


class _Order(msgspec.Struct, frozen=True):
    pdf: bytes
    trusted: Trusted
    at: dt.datetime


class Judge:
    """Verifies seals in child processes, a few at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def judge(self, pdf: bytes, trusted: Trusted, *, at: dt.datetime) -> SealReport:
        """What `seal.verify_seal` says; a file that breaks its reader is unreadable.

        Raises Unavailable when too many wait.
        """
        if self._waiting >= WAITING_MAX:
            raise Unavailable("Many files are being checked.", mend="Try again in a minute.")
        self._waiting += 1
        try:
            async with self._turns:
                answer = await _ask(msgspec.msgpack.encode(_Order(pdf, trusted, at)))
        finally:
            self._waiting -= 1
        return msgspec.json.decode(answer, type=SealReport) if answer else unsound("unreadable")


async def _ask(order: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-s", "-m", "guild.documents.judge"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd="/",
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(_ROOT)},
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer, _ = await process.communicate(order)
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return answer if process.returncode == 0 else b""


def serve() -> None:
    """Judge the one order on standard input; the report goes to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Order)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints does not stand in the report
    report = asyncio.run(verify_seal(order.pdf, order.trusted, at=order.at))
    answers.write(msgspec.json.encode(report))
    answers.close()


if __name__ == "__main__":
    serve()
