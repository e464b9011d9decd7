"""The processes that hold the official rules, and asking them.

Plain pipes and threads, so that one process serves whatever event loop asks. A process that dies or
takes too long is replaced, and what it had to judge fails with `RulesUnavailable`: nothing is ever
taken for valid because nobody looked.
"""

import asyncio
import contextlib
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec

from guild.invoicing.einvoice.judge import HEAD, REFUSED, Judgement, Paper, RuleFolder
from guild.invoicing.errors import RulesUnavailable

_ROOT: Final = Path(__file__).parents[3]
START_S: Final = 60.0
MEND: Final = "The operator looks at the log of the validator; no invoice is issued meanwhile."


class _Child:
    """One process and the pipe to it."""

    def __init__(self, folder: RuleFolder) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-m", "guild.invoicing.einvoice.judge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(_ROOT)},
        )
        try:
            self.ask(msgspec.msgpack.encode(folder), timeout_s=START_S)
        except BaseException:
            self.end()
            raise

    def ask(self, content: bytes, *, timeout_s: float) -> bytes:
        """The answer to a frame; raises RulesUnavailable for a refusal, a death, a time-out."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        alarm = threading.Timer(timeout_s, self.process.kill)
        alarm.start()
        try:
            self.process.stdin.write(HEAD.pack(len(content)) + content)
            self.process.stdin.flush()
            head = self.process.stdout.read(HEAD.size)
            frame = self.process.stdout.read(HEAD.unpack(head)[0]) if head else b""
        except (OSError, ValueError):  # it died, or `stop` closed its pipes
            frame = b""
        finally:
            alarm.cancel()
        if not frame:
            raise RulesUnavailable("The validator died or did not answer.", mend=MEND)
        if frame[:1] == REFUSED:
            said = frame[1:].decode(errors="replace")[:300]
            raise RulesUnavailable(f"The rules cannot be asked: {said}", mend=MEND)
        return frame[1:]

    def end(self) -> None:
        """End the process; an idle one by itself, a busy one by force."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.kill()
        self.process.wait()


class Validator:
    """Asks the official rules; one per System, its processes started when first needed."""

    def __init__(
        self, folder: RuleFolder | None = None, size: int = 1, *, timeout_s: float = 30.0
    ) -> None:
        self._folder = folder or RuleFolder()
        self._timeout_s = timeout_s
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._all: set[_Child] = set()
        for _ in range(size):
            self._free.put(None)

    async def judge(self, papers: list[Paper]) -> Judgement:
        """What the rules say of the files; raises RulesUnavailable when they cannot be asked."""
        return await asyncio.to_thread(self.judge_now, papers)

    def judge_now(self, papers: list[Paper]) -> Judgement:
        """The same, waiting in this thread."""
        child = self._free.get()
        try:
            if child is None:
                child = _Child(self._folder)
                self._all.add(child)
            answer = child.ask(msgspec.msgpack.encode(papers), timeout_s=self._timeout_s)
        except BaseException:
            if child is not None:
                self._all.discard(child)
                child.end()
            child = None
            raise
        finally:
            self._free.put(child)
        return msgspec.msgpack.decode(answer, type=Judgement)

    def stop(self) -> None:
        """End all processes; the next question starts one again."""
        children, self._all = self._all, set()
        idle = 0
        with contextlib.suppress(queue.Empty):
            while True:
                self._free.get_nowait()
                idle += 1
        for child in children:
            child.end()
        for _ in range(idle):
            self._free.put(None)
