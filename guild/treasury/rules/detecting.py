"""What kind of file the bank gave out, by its content; names of files lie."""

from typing import Literal

from guild.treasury.errors import StatementTooLarge, StatementUnreadable
from guild.treasury.rules.coda import looks_like_coda
from guild.treasury.rules.entries import MAX_BYTES

Format = Literal["camt", "coda", "csv"]
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def kind_of(content: bytes) -> Format:
    """`camt`, `coda` or `csv`. Raises StatementUnreadable for what is none of them."""
    if len(content) > MAX_BYTES:
        raise StatementTooLarge(
            f"The file has {len(content)} bytes; one import takes at most {MAX_BYTES}.",
            mend="Ask the bank for shorter periods.",
        )
    head = content[:4096]
    for mark in _MARKS:
        head = head.removeprefix(mark)
    bare = head.replace(b"\x00", b"").lstrip()
    if not bare:
        raise StatementUnreadable("The file is empty.")
    if bare.startswith(b"<"):
        return "camt"
    if looks_like_coda(content):
        return "coda"
    if bare.startswith((b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"{\\rtf")):
        raise StatementUnreadable(
            "This is a PDF, a spreadsheet or an archive, which cannot be read as a statement.",
            mend="Download camt.053, CODA or CSV; unpack archives first.",
        )
    if bare.startswith((b":20:", b"{1:")):
        raise StatementUnreadable(
            "This is MT940, which banks have replaced.", mend="Download camt.053 instead."
        )
    return "csv"
