"""Takes the invoice out of a Factur-X or ZUGFeRD PDF, and nothing else out of any PDF.

Only the file tree of the catalogue is looked at. Encrypted files, many attachments and attachments
that unpack to more than an invoice can have are refused; an attachment that is a PDF is not opened.
"""

import io
import zlib
from typing import Any, Final

import pikepdf

from guild.exchange.rules.received import NotReadable
from guild.exchange.rules.safe_xml import XML_BYTES_MAX

PDF_BYTES_MAX: Final = 10_000_000
ATTACHMENTS_MAX: Final = 20
TREE_DEPTH_MAX: Final = 8
NAMES: Final = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
"""Names under which Factur-X 1.0, ZUGFeRD 1 and 2 and XRechnung carry the invoice."""
NO_XML: Final = "Ask the supplier for the electronic invoice: UBL, CII or Factur-X."


def xml_in_pdf(content: bytes) -> tuple[str, bytes]:
    """Name and bytes of the invoice inside; raises NotReadable."""
    if len(content) > PDF_BYTES_MAX:
        raise NotReadable(
            "invoice_too_large", f"The PDF has {len(content)} bytes; at most {PDF_BYTES_MAX}.", ""
        )
    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise _encrypted()
            return _invoice_of(pdf)
    except pikepdf.PasswordError:
        raise _encrypted() from None
    except (pikepdf.PdfError, RecursionError, ValueError, TypeError, AttributeError, KeyError):
        raise NotReadable(
            "invoice_unreadable", "The PDF is damaged and cannot be read.", NO_XML
        ) from None


def _encrypted() -> NotReadable:
    return NotReadable(
        "invoice_unreadable",
        "The PDF is encrypted.",
        "Ask the supplier for a file without a password; Factur-X files never have one.",
    )


def _invoice_of(pdf: pikepdf.Pdf) -> tuple[str, bytes]:
    found: list[tuple[str, Any]] = []
    names = pdf.Root.get("/Names")
    if names is not None and "/EmbeddedFiles" in names:
        _collect(names["/EmbeddedFiles"], found, 0)
    wanted = [(name, spec) for name, spec in found if name.lower() in NAMES]
    if not wanted:
        raise NotReadable(
            "invoice_not_inside", "The PDF carries no electronic invoice, only a picture of one.",
            NO_XML,
        )  # fmt: skip
    if len(wanted) > 1:
        raise NotReadable(
            "invoice_unreadable", "The PDF carries more than one invoice; which one counts is "
            "not certain.", NO_XML,
        )  # fmt: skip
    name, spec = wanted[0]
    return name, _unpacked(spec["/EF"].get("/F") or spec["/EF"]["/UF"])


def _collect(node: Any, found: list[tuple[str, Any]], depth: int) -> None:
    """Walk the name tree (ISO 32000-2, 7.9.6), refusing one that is deep or wide."""
    pairs = list(node.get("/Names", []))
    for place in range(1, len(pairs), 2):
        spec = pairs[place]
        found.append((str(spec.get("/UF") or spec.get("/F") or pairs[place - 1]), spec))
    kids = list(node.get("/Kids", []))
    if len(found) + len(kids) > ATTACHMENTS_MAX or depth > TREE_DEPTH_MAX:
        raise NotReadable(
            "invoice_too_large", f"The PDF has more than {ATTACHMENTS_MAX} attachments.", NO_XML
        )
    for kid in kids:
        _collect(kid, found, depth + 1)


def _unpacked(stream: pikepdf.Stream) -> bytes:
    """The bytes of an attachment, inflated with a ceiling."""
    filters = stream.get("/Filter")
    chain = [str(one) for one in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    raw = bytes(stream.read_raw_bytes())
    if filters is None or not chain:
        data = raw
    elif chain == ["/FlateDecode"]:
        packed = zlib.decompressobj()
        try:
            data = packed.decompress(raw, XML_BYTES_MAX + 1)
        except zlib.error:
            raise NotReadable(
                "invoice_unreadable", "The invoice inside the PDF is damaged.", NO_XML
            ) from None
    else:
        raise NotReadable(
            "invoice_unreadable", "The invoice inside the PDF is packed in an unusual way.", NO_XML
        )
    if len(data) > XML_BYTES_MAX:
        raise NotReadable(
            "invoice_too_large", "The invoice inside the PDF unpacks to more than 10 MB.", NO_XML
        )
    return data
