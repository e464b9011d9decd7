"""Reading a stranger's file in a process of its own, within limits of time, memory and size."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Final

import msgspec

from guild.core.errors import GuildError
from guild.core.work import System
from guild.exchange.errors import (
    InvoiceNotInside,
    InvoiceTooLarge,
    InvoiceUnreadable,
    ReaderUnavailable,
)
from guild.exchange.rules.read_pdf import PDF_BYTES_MAX
from guild.exchange.rules.reader import CPU_SECONDS_MAX, KINDS, READ
from guild.exchange.rules.received import ReadDocument, ReadRefusal

SECONDS_MAX: Final = 20.0
AT_ONCE: Final = 2
"""Reading processes beside each other; more wait their turn."""
ANSWER_MAX: Final = 40_000_000
_ROOT: Final = Path(__file__).parents[3]
_REFUSALS: Final[dict[str, type[GuildError]]] = {
    kind.code: kind for kind in (InvoiceUnreadable, InvoiceNotInside, InvoiceTooLarge)
}
_READ: Final = msgspec.msgpack.Decoder(ReadDocument)
_REFUSAL: Final = msgspec.msgpack.Decoder(ReadRefusal)


async def read_safely(system: System, content: bytes) -> ReadDocument:
    """What a file says; raises InvoiceUnreadable, InvoiceNotInside, InvoiceTooLarge.

    A file over which the process dies or runs out of its time is refused as unreadable: whoever
    made it that way shall find no other way in. Raises ReaderUnavailable when no process starts.
    """
    if not content:
        raise InvoiceUnreadable("The file is empty.", mend=KINDS)
    if len(content) > PDF_BYTES_MAX:
        raise InvoiceTooLarge(f"At most {PDF_BYTES_MAX} bytes are read.")
    turns = system.resource("exchange.readers", lambda: asyncio.Semaphore(AT_ONCE))
    async with turns:
        answer = await _ask_child(content)
    if answer[:1] == READ:
        return _READ.decode(answer[1:])
    refusal = _REFUSAL.decode(answer[1:])
    raise _REFUSALS.get(refusal.code, InvoiceUnreadable)(refusal.detail, mend=refusal.mend)


async def _ask_child(content: bytes) -> bytes:
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-s", "-m", "guild.exchange.rules.reader"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd="/",
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(_ROOT)},
        )
    except OSError as broken:
        raise ReaderUnavailable(mend="Try again in a minute.") from broken
    try:
        async with asyncio.timeout(SECONDS_MAX):
            answer, _ = await child.communicate(content)
    except TimeoutError:
        raise InvoiceUnreadable(
            f"The file could not be read within {CPU_SECONDS_MAX} seconds.", mend=KINDS
        ) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0 or not 1 < len(answer) <= ANSWER_MAX:
        raise InvoiceUnreadable(
            "The file asks for more memory or time than any invoice needs.", mend=KINDS
        )
    return answer
