"""The press: HTML in, tagged PDF/A-3b out; also the child process that `pool.DocumentPool` runs.

What is costly is done once per process: the parsed style sheet, the fonts, the imports. Nothing in
the file depends on the clock or on chance, so that two renderings of one order are equal byte for
byte.

Methods and their reasons:
 * Factur-X names its XML in the XMP packet through an extension schema. WeasyPrint's `xmp_metadata`
 option
   would add a second `rdf:RDF`, which Adobe's toolkit does not read, so the packet's own RDF is
   extended.
 * WeasyPrint lists each attachment twice under /AF; `_finish` takes the second away.
 * `ClosedFetcher` serves the faces and small PNG data URIs, nothing else: no file, no network.
"""

import base64
import binascii
import contextlib
import datetime as dt
import gc
import logging
import os
import re
import resource
import struct
import sys
import time
from typing import Any, BinaryIO
from xml.etree import ElementTree as ET

import msgspec
import pydyf
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from guild.documents.fonts import FOLDER, face_css, with_stacks
from guild.documents.schemas import PrintOrder

CPU_SECONDS = 30
"""A sheet of 200 lines takes about two seconds; fifteen times as long is a fault."""

COLLECT_EVERY = 8
"""Orders between two passes of the collector; a sheet leaves some five megabytes behind."""

_VARIANT = "pdf/a-3b"
_ASSETS = "guild://fonts/"
_PNG = "data:image/png;base64,"
_PNG_BYTES_MAX = 64 * 1024
_SHEETS = ("base", "invoice", "contract", "payout")
_CSS_FOLDER = FOLDER.parent / "css"

_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PDFA = "http://www.aiim.org/pdfa/ns"


class ClosedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Answers for the co-operative's own faces and for small PNG data URIs; refuses everything
    else.

    A refusal is fatal on purpose: a sheet with a hole where an image should be must not be issued.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("guild", "data"), allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ARG002
        """The bytes of an own asset. Raises `FatalURLFetchingError` for any other address."""
        if url.startswith(_ASSETS):
            name = url.removeprefix(_ASSETS)
            if "/" not in name and name.endswith(".woff2") and (FOLDER / name).is_file():
                return URLFetcherResponse(url, (FOLDER / name).read_bytes(), status=200)
        elif url.startswith(_PNG):
            try:
                data = base64.b64decode(url.removeprefix(_PNG), validate=True)
            except binascii.Error:
                data = b""
            if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) <= _PNG_BYTES_MAX:
                return URLFetcherResponse(url, data, {"Content-Type": "image/png"}, 200)
        raise FatalURLFetchingError(f"A sheet may not fetch {url[:80]!r}.")


class Flawed(Exception):
    """WeasyPrint went on although something could not be drawn; such a sheet is not issued."""


class _Complaints(logging.Handler):
    """Keeps what WeasyPrint logs as an error: it logs and leaves a hole where we want a refusal."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the sentence."""
        self.heard.append(record.getMessage())


class Press:
    """Keeps what is costly. One per process, used by one thread at a time."""

    def __init__(self) -> None:
        self._complaints = _Complaints()
        logging.getLogger("weasyprint").addHandler(self._complaints)
        self._fonts = FontConfiguration()
        self._fetcher = ClosedFetcher()
        self._styles = [
            CSS(
                string=text,
                font_config=self._fonts,
                url_fetcher=self._fetcher,
            )
            for text in (face_css(_ASSETS), style_sheet())
        ]

    def pdf(self, order: PrintOrder) -> bytes:
        """Makes the file.

        Raises `FatalURLFetchingError` when the HTML wants a foreign address, `Flawed` when
        something in it could not be drawn.
        """
        self._complaints.heard.clear()
        made = self._made(order)
        if self._complaints.heard:
            raise Flawed("; ".join(self._complaints.heard[:3]))
        return made

    def _made(self, order: PrintOrder) -> bytes:
        document = HTML(
            string=order.html, base_url="guild://sheet/", url_fetcher=self._fetcher
        ).render(
            stylesheets=self._styles,
            font_config=self._fonts,
            pdf_variant=_VARIANT,
            pdf_tags=True,
        )
        document.metadata.created = document.metadata.modified = _iso(order.created)
        document.metadata.generator = "Guild"
        document.metadata.lang = order.lang
        if order.facturx_profile:
            _announce_facturx(document.metadata, order.facturx_profile)
        return bytes(
            document.write_pdf(
                finisher=_finish,
                pdf_variant=_VARIANT,
                pdf_tags=True,
                attachments=[
                    Attachment(
                        string=item.data,
                        name=item.name,
                        description=item.description,
                        relationship=item.relationship,
                        created=order.created.astimezone(dt.UTC),
                        modified=order.created.astimezone(dt.UTC),
                        url_fetcher=self._fetcher,
                    )
                    # A PDF name tree is sorted by its keys (ISO 32000-1, 7.9.6).
                    for item in sorted(order.attachments, key=lambda a: a.name)
                ],
            )
        )


def style_sheet() -> str:
    """The styles of all sheets, without variables: resolving them costs time on every sheet."""
    css = with_stacks("\n".join((_CSS_FOLDER / f"{name}.css").read_text() for name in _SHEETS))
    for name, value in re.findall(r"(--[a-z]+): (#[0-9A-Fa-f]{6});", css):
        css = css.replace(f"var({name})", value)
    return css


def _iso(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _finish(_document: object, pdf: pydyf.PDF) -> None:
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    for item in pdf.objects:
        # Empty dictionaries of patterns and shadings: harmless, but checkers know no empty ones.
        if isinstance(item, dict) and "ExtGState" in item:
            for key in ("Pattern", "Shading"):
                if item.get(key) == {}:
                    del item[key]


def _announce_facturx(metadata: Any, profile: str) -> None:
    base = metadata.generate_rdf_metadata

    def with_facturx(variant: str, version: int, conformance: str) -> bytes:
        root = ET.fromstring(base(variant, version, conformance))  # noqa: S314 -- our own text
        root.extend(ET.fromstring(_facturx_rdf(profile)))  # noqa: S314
        return ET.tostring(root)

    metadata.generate_rdf_metadata = with_facturx


def _facturx_rdf(profile: str) -> str:
    """The four properties of Factur-X 1.0 and the extension schema that PDF/A asks for them."""
    properties = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{text}</pdfaProperty:description></rdf:li>"
        for name, text in (
            ("DocumentFileName", "name of the embedded XML invoice file"),
            ("DocumentType", "INVOICE"),
            ("Version", "The actual version of the Factur-X XML schema"),
            ("ConformanceLevel", "The conformance level of the embedded Factur-X data"),
        )
    )
    return (
        f'<rdf:RDF xmlns:rdf="{_RDF}" xmlns:fx="{_FX}" '
        f'xmlns:pdfaExtension="{_PDFA}/extension/" xmlns:pdfaSchema="{_PDFA}/schema#" '
        f'xmlns:pdfaProperty="{_PDFA}/property#">'
        '<rdf:Description rdf:about=""><fx:DocumentType>INVOICE</fx:DocumentType>'
        "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName><fx:Version>1.0</fx:Version>"
        f"<fx:ConformanceLevel>{profile}</fx:ConformanceLevel></rdf:Description>"
        '<rdf:Description rdf:about=""><pdfaExtension:schemas><rdf:Bag>'
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_FX}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"
    )


for _prefix, _uri in (
    ("fx", _FX),
    ("pdfaExtension", f"{_PDFA}/extension/"),
    ("pdfaSchema", f"{_PDFA}/schema#"),
    ("pdfaProperty", f"{_PDFA}/property#"),
):
    ET.register_namespace(_prefix, _uri)


# --- the child process: frames of four bytes of length, one of status, and the content ---

READY, DONE, REFUSED = b"R", b"D", b"X"


def _send(out: BinaryIO, status: bytes, content: bytes) -> None:
    out.write(struct.pack(">I", len(content) + 1) + status + content)
    out.flush()


def _limit_cpu() -> None:
    """The limit counts the whole life of the process, so it is moved before each order.

    There is no limit on address space: libraries that reserve much and use little would die of it.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + CPU_SECONDS, hard))


def serve() -> None:
    """Reads orders from standard input until it ends; answers on standard output."""
    orders = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes to the log, not between the frames
    press = Press()
    decoder = msgspec.msgpack.Decoder(PrintOrder)
    warm = (
        '<html lang="en"><title>.</title><body><p>Warm <strong>up</strong> <code>0</code><h1>A</h1>'
    )
    press.pdf(
        PrintOrder(
            html=warm,
            lang="en",
            created=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            attachments=(),
            facturx_profile="",
        )
    )
    # What start-up made stays for ever: the collector need not look at it again. It runs between
    # orders, never within one, where its full passes cost half as much as a sheet.
    gc.collect()
    gc.freeze()
    gc.disable()
    _send(answers, READY, b"")
    done = 0
    while len(head := orders.read(4)) == struct.calcsize(">I"):
        content = orders.read(struct.unpack(">I", head)[0])
        try:
            _limit_cpu()
            answer = press.pdf(decoder.decode(content))
        except BaseException as error:  # noqa: BLE001 -- FatalURLFetchingError is no Exception
            _send(answers, REFUSED, f"{type(error).__name__}: {error}".encode())
        else:
            _send(answers, DONE, answer)
        done += 1
        if done % COLLECT_EVERY == 0:
            gc.collect()


if __name__ == "__main__":
    # Whoever gave the orders may have died; then there is nobody to answer.
    with contextlib.suppress(BrokenPipeError):
        serve()
