"""The presses: prewarmed child processes that make PDFs, one per core.

A child gets no secrets (a bare environment) and no open connections: it reads orders from standard
input and answers on standard output. When it dies or takes too long it is replaced, and the order
that it had fails with `PressUnavailable`; a job may simply be tried again, for making a PDF has no
effect.
"""

import asyncio
import contextlib
import os
import shutil
import struct
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from guild.documents.errors import PressUnavailable, SheetRefused
from guild.documents.schemas import PrintOrder

_REFUSED = b"X"
_HEAD = struct.Struct(">I")
_ROOT = Path(__file__).parents[2]
_ORDER_BYTES_MAX = 32_000_000


class _Child:
    """One process and the pipe to it."""

    def __init__(self, process: Process, folder: str) -> None:
        self.process = process
        self._folder = folder

    @classmethod
    async def start(cls) -> Self:
        # WeasyPrint unpacks the faces into a temporary folder, and a killed child leaves it behind.
        folder = tempfile.mkdtemp(prefix="guild-press-")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-s", "-m", "guild.documents.press"),
            stdin=PIPE,
            stdout=PIPE,
            cwd="/",
            env={
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "HOME": folder,
                "PYTHONPATH": str(_ROOT),
                "TMPDIR": folder,
            },
        )
        child = cls(process, folder)
        try:
            await child._receive()
        except BaseException:
            await child.end(at_once=True)
            raise
        return child

    async def ask(self, content: bytes) -> bytes:
        assert self.process.stdin is not None
        self.process.stdin.write(_HEAD.pack(len(content)) + content)
        await self.process.stdin.drain()
        status, answer = await self._receive()
        if status == _REFUSED:
            raise SheetRefused(answer.decode(errors="replace")[:500])
        return answer

    async def _receive(self) -> tuple[bytes, bytes]:
        assert self.process.stdout is not None
        size = _HEAD.unpack(await self.process.stdout.readexactly(_HEAD.size))[0]
        frame = await self.process.stdout.readexactly(size)
        return frame[:1], frame[1:]

    async def end(self, *, at_once: bool) -> None:
        """Ends the process: an idle or dead one by itself, a busy one by force."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        if not at_once:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await self.process.wait()
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


class DocumentPool:
    """Makes PDFs in child processes; use it as `async with DocumentPool() as pool`, or start it
    lazily.

    `size` presses, by default one per core that this process may use. `timeout_s` is the longest
    that one order may wait for its press to answer, start of the press included.
    """

    def __init__(self, size: int | None = None, *, timeout_s: float = 60.0) -> None:
        self.size = size or len(os.sched_getaffinity(0))
        self.timeout_s = timeout_s
        self._free: asyncio.Queue[_Child | None] | None = None
        self._all: set[_Child] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Starts all presses now, so that the first order finds one warm. Harmless when started."""
        if self._free is not None:
            return
        free = self._open()
        seats = [free.get_nowait() for _ in range(self.size)]
        started = await asyncio.gather(*(self._started() for _ in seats), return_exceptions=True)
        for child in started:
            free.put_nowait(child if isinstance(child, _Child) else None)
        failed = [e for e in started if isinstance(e, BaseException)]
        if failed:
            await self.stop()
            raise failed[0]

    async def stop(self) -> None:
        """Ends all presses. Orders under way fail with `PressUnavailable`."""
        self._free = None
        children, self._all = self._all, set()
        await asyncio.gather(*(child.end(at_once=False) for child in children))

    async def render(self, order: PrintOrder) -> bytes:
        """The PDF of an order. Orders beyond `size` wait their turn.

        Raises `SheetRefused` when the HTML cannot be set (a foreign address, a broken image), and
        `PressUnavailable` when the press died, ran out of CPU time or did not answer in time.
        """
        content = msgspec.msgpack.encode(order)
        if len(content) > _ORDER_BYTES_MAX:
            raise SheetRefused("The sheet and its attachments are larger than 32 MB.")
        free = self._free or self._open()
        child = await free.get()
        try:
            async with asyncio.timeout(self.timeout_s):
                child = child or await self._started()
                return await child.ask(content)
        except TimeoutError as error:
            await self._discard(child, at_once=True)
            child = None
            raise PressUnavailable(f"No answer within {self.timeout_s:.0f} seconds.") from error
        except (OSError, EOFError) as error:
            await self._discard(child, at_once=False)
            child = None
            raise PressUnavailable("A press died over this order; it has been replaced.") from error
        except asyncio.CancelledError:
            # The press would answer an order that nobody awaits, and the next one would read it.
            await self._discard(child, at_once=True)
            child = None
            raise
        finally:
            free.put_nowait(child)

    def _open(self) -> asyncio.Queue[_Child | None]:
        free: asyncio.Queue[_Child | None] = asyncio.Queue()
        self._free = free
        for _ in range(self.size):
            free.put_nowait(None)
        return free

    async def _started(self) -> _Child:
        child = await _Child.start()
        self._all.add(child)
        return child

    async def _discard(self, child: _Child | None, *, at_once: bool) -> None:
        if child is not None:
            self._all.discard(child)
            await child.end(at_once=at_once)
