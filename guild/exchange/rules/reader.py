"""Reads one file of a supplier, in a process of its own: `python -m guild.exchange.rules.reader`.

The file comes on standard input, the answer goes out on standard output as msgpack. The process has
no secrets, no connections and no right to write files; memory and processor time are limited before
a byte is read, so a bomb ends this process and nothing else.
"""

import resource
import sys
from typing import Final

import msgspec

from guild.exchange.rules.checks import findings_of
from guild.exchange.rules.read_cii import ROOT as CII_ROOT
from guild.exchange.rules.read_cii import read_cii
from guild.exchange.rules.read_pdf import xml_in_pdf
from guild.exchange.rules.read_ubl import ROOTS as UBL_ROOTS
from guild.exchange.rules.read_ubl import read_ubl
from guild.exchange.rules.received import NotReadable, ReadDocument, Syntax
from guild.exchange.rules.safe_xml import parse

MEMORY_MAX: Final = 768 * 1024 * 1024
CPU_SECONDS_MAX: Final = 8
PDF_MARK: Final = b"%PDF-"
READ: Final = b"R"
REFUSED: Final = b"X"
KINDS: Final = "Send a UBL Invoice or CreditNote, a CII invoice, or a Factur-X PDF."


def read_document(content: bytes) -> ReadDocument:
    """What a file says and what is wrong with it; raises NotReadable."""
    if content[:1024].lstrip().startswith(PDF_MARK):
        name, xml = xml_in_pdf(content)
        return _read(xml, "facturx", name)
    return _read(content, None, "")


def _read(xml: bytes, syntax: Syntax | None, name: str) -> ReadDocument:
    root = parse(xml)
    if root.tag == CII_ROOT:
        invoice = read_cii(root)
        found: Syntax = syntax or "cii"
    elif root.tag in UBL_ROOTS and syntax is None:
        invoice = read_ubl(root)
        found = "ubl"
    else:
        raise NotReadable(
            "invoice_unreadable", f"The file is no invoice that Guild reads ({root.tag[:120]}).",
            KINDS,
        )  # fmt: skip
    return ReadDocument(
        syntax=found, invoice=invoice, xml=xml, xml_name=name, findings=findings_of(invoice)
    )


def main() -> None:
    """Read standard input under limits and answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        answer = READ + msgspec.msgpack.encode(read_document(content))
    except NotReadable as wrong:
        answer = REFUSED + msgspec.msgpack.encode(wrong.refusal)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
