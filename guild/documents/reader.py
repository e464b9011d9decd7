"""Reading strangers' PDFs: their text, taken by a child process with little time and no secrets.

A crafted file reaches many parsers. Here the worst that it can do is to end a child process, which
counts as unreadable. Encrypted files, files with programs in them and files without text are
refused with a word that says why.
"""

import asyncio
import io
import os
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

CPU_SECONDS: Final = 20
MEMORY_BYTES: Final = 1_000_000_000
TIMEOUT_S: Final = 45.0
BYTES_MAX: Final = 10_000_000
PAGES_MAX: Final = 80
TEXT_MAX: Final = 500_000
TEXT_MIN: Final = 200
"""Less than this on all pages together is a scan, or no contract."""
_ROOT: Final = Path(__file__).parents[2]
_ACTIONS: Final = ("/JS", "/JavaScript", "/Launch", "/XFA", "/RichMedia", "/EmbeddedFiles")

Trouble = Literal["", "unreadable", "encrypted", "too_long", "programs", "no_text"]


class PaperRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was read: pages and text, or why not."""

    pages: int
    text: str
    trouble: Trouble


async def read_pdf(pdf: bytes) -> PaperRead:
    """The text of a PDF of at most `BYTES_MAX`; a file that breaks its reader is unreadable."""
    if len(pdf) > BYTES_MAX or not pdf.startswith(b"%PDF-"):
        return _trouble("unreadable")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-s", "-m", "guild.documents.reader"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd="/",
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(_ROOT)},
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer, _ = await process.communicate(pdf)
    except TimeoutError:
        return _trouble("unreadable")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        return _trouble("unreadable")
    return msgspec.json.decode(answer, type=PaperRead)


def _trouble(why: Trouble, pages: int = 0) -> PaperRead:
    return PaperRead(pages=pages, text="", trouble=why)


def extract(pdf: bytes) -> PaperRead:
    """Read it here and now: only the child process does. Raises what the parser raises."""
    reader = PdfReader(io.BytesIO(pdf), strict=False)
    if reader.is_encrypted:
        return _trouble("encrypted")
    pages = len(reader.pages)
    if not 0 < pages <= PAGES_MAX:
        return _trouble("too_long", pages)
    if _has_programs(reader):
        return _trouble("programs", pages)
    found: list[str] = []
    size = 0
    for page in reader.pages:
        text = page.extract_text() or ""
        size += len(text)
        if size > TEXT_MAX:
            return _trouble("too_long", pages)
        found.append(text)
    whole = "\n".join(found).replace("\x00", "").encode("utf-8", "ignore").decode()
    if len(whole.strip()) < TEXT_MIN:
        return _trouble("no_text", pages)
    return PaperRead(pages=pages, text=whole, trouble="")


def _has_programs(reader: PdfReader) -> bool:
    """Scripts, launched programs, forms with scripts, files in the file: in any object."""
    size: Any = reader.trailer["/Size"]
    for number in range(1, min(int(size), 200_000)):
        try:
            thing: Any = reader.get_object(number)
        except Exception:  # noqa: BLE001, S112 -- a broken object that no page needs says nothing
            continue
        if isinstance(thing, DictionaryObject) and _runs(thing):
            return True
    return False


def _runs(thing: DictionaryObject) -> bool:
    return any(name in thing for name in _ACTIONS) or thing.get("/S") in _ACTIONS


def serve() -> None:
    """Read the one file on standard input; what was read goes to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints does not stand in the answer
    read = extract(sys.stdin.buffer.read(BYTES_MAX + 1))
    answers.write(msgspec.json.encode(read))
    answers.close()


if __name__ == "__main__":
    serve()
