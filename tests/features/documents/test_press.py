"""The PDFs: PDF/A-3b, tags, fonts, attachments, byte equality, golden text."""

# ruff: noqa: S314 -- tests read and start what they made

import hashlib
import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pikepdf
import pytest
from pikepdf.pdfa import validate_written
from weasyprint.urls import FatalURLFetchingError

from guild.documents.press import ClosedFetcher, Flawed
from tests.features.documents import samples

GOLDEN = Path(__file__).parents[2] / "golden" / "documents"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
# WeasyPrint leaves the file of its colour profile for the collector to close.
pytestmark = pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is absent")


@pytest.fixture(scope="module")
def printed(press, tmp_path_factory):
    """Each sample sheet as a file."""
    folder = tmp_path_factory.mktemp("printed")
    made = {}
    for name in samples.SHEETS:
        made[name] = folder / f"{name}.pdf"
        made[name].write_bytes(press.pdf(samples.order(name)))
    return made


def poppler(tool, *args):
    return subprocess.run([tool, *args], check=True, capture_output=True, text=True).stdout


def findings(path):
    """What pikepdf's checker objects to, less what the packet's own extension schema declares."""
    with pikepdf.open(path) as pdf:
        packet = pdf.Root.Metadata.read_bytes()
    root = ET.fromstring(packet[packet.index(b"<x:xmpmeta") : packet.rindex(b"<?xpacket")])
    schema = "{http://www.aiim.org/pdfa/ns/schema#}"
    names = {e.text for e in root.iter("{http://www.aiim.org/pdfa/ns/property#}name")}
    prefixes = {e.text for e in root.iter(f"{schema}prefix")} | {
        "pdfaExtension",
        "pdfaSchema",
        "pdfaProperty",
    }

    def declared(message):
        if found := re.match(r"XMP namespace (\w+)=", message):
            return found[1] in prefixes
        if found := re.match(r"XMP property (\w+):(\w+) ", message):
            return found[2] in names or found[1].startswith("pdfa")
        return False

    return [f for f in validate_written(path, "3b").findings if not declared(f.message)]


@pytest.mark.parametrize("name", samples.SHEETS)
def test_each_sheet_is_pdfa_3b(printed, name):
    assert findings(printed[name]) == []


def test_the_checker_sees_a_file_that_is_not(printed, tmp_path):
    with pikepdf.open(printed["payout"]) as pdf:
        del pdf.Root.OutputIntents
        pdf.save(tmp_path / "broken.pdf")
    assert findings(tmp_path / "broken.pdf")


@pytest.mark.parametrize("name", ["invoice", "invoice-long", "credit-note"])
def test_the_invoice_carries_its_data(printed, name):
    with pikepdf.open(printed[name]) as pdf:
        assert list(pdf.attachments) == ["factur-x.xml"]
        assert pdf.attachments["factur-x.xml"].get_file().read_bytes() == samples.FACTURX_XML
        assert len(pdf.Root.AF) == 1
        spec = pdf.Root.AF[0]
        assert spec.AFRelationship == "/Alternative"
        assert spec.EF.F.Subtype == "/text/xml"
        assert str(spec.EF.F.Params.ModDate) == "D:20261122103000Z"


@needs_poppler
def test_poppler_extracts_the_same_data(printed, tmp_path):
    poppler("pdfdetach", "-saveall", "-o", str(tmp_path), str(printed["invoice"]))
    assert (tmp_path / "factur-x.xml").read_bytes() == samples.FACTURX_XML


def test_the_packet_names_the_data_in_one_rdf(printed):
    with pikepdf.open(printed["invoice"]) as pdf:
        packet = pdf.Root.Metadata.read_bytes()
    root = ET.fromstring(packet[packet.index(b"<x:xmpmeta") : packet.rindex(b"<?xpacket")])
    assert len(list(root.iter(f"{RDF}RDF"))) == 1
    values = {e.tag: e.text for e in root.iter() if e.tag.startswith(f"{{{FX}}}")}
    assert values == {
        f"{{{FX}}}DocumentType": "INVOICE",
        f"{{{FX}}}DocumentFileName": "factur-x.xml",
        f"{{{FX}}}Version": "1.0",
        f"{{{FX}}}ConformanceLevel": "EN 16931",
    }
    described = [e.text for e in root.iter("{http://www.aiim.org/pdfa/ns/property#}name")]
    assert sorted(described) == ["ConformanceLevel", "DocumentFileName", "DocumentType", "Version"]


def test_sheets_without_data_claim_none(printed):
    with pikepdf.open(printed["contract"]) as pdf:
        assert b"factur" not in pdf.Root.Metadata.read_bytes()
        assert "/AF" not in pdf.Root
        assert not list(pdf.attachments)


def test_equal_orders_give_equal_bytes_and_others_do_not(press):
    order = samples.order("invoice")
    first, second = press.pdf(order), press.pdf(order)
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    later = msgspec.structs.replace(order, created=samples.CREATED.replace(minute=31))
    assert press.pdf(later) != first


@pytest.mark.parametrize("name", samples.SHEETS)
def test_each_sheet_is_tagged(printed, name):
    with pikepdf.open(printed[name]) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == samples.SHEETS[name][1]().lang
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        kinds = [str(item.S) for item in pdf.objects if is_structure(item)]
        assert {"/H1", "/H2", "/Table", "/TH", "/TD"} <= set(kinds)
        figures = [i for i in pdf.objects if is_structure(i) and i.S == "/Figure"]
        assert figures
        assert all(str(figure.get("/Alt", "")) for figure in figures)


def is_structure(item):
    return isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/StructElem"


@needs_poppler
@pytest.mark.parametrize("name", samples.SHEETS)
def test_only_own_faces_are_embedded(printed, name):
    rows = poppler("pdffonts", str(printed[name])).splitlines()[2:]
    assert rows
    for row in rows:
        assert re.match(r"[A-Z]{6}\+(source-(sans-3|serif-4)|source-code-pro)-", row), row
        assert row.split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, subset, unicode


@needs_poppler
def test_wide_fallback_without_holes(press, tmp_path):
    sheet = msgspec.structs.replace(samples.invoice(), worker="Жанна Ωμέγα Nguyễn Łukasz → ≤ ₿")
    html = samples.render_html("invoicing/invoice_print.html", {"sheet": sheet})
    path = tmp_path / "wide.pdf"
    path.write_bytes(press.pdf(msgspec.structs.replace(samples.order("invoice"), html=html)))
    assert findings(path) == []
    assert "Жанна Ωμέγα Nguyễn Łukasz → ≤ ₿" in poppler("pdftotext", "-layout", str(path), "-")
    for row in poppler("pdffonts", str(path)).splitlines()[2:]:
        assert re.match(r"[A-Z]{6}\+(source|noto)-", row), row


@needs_poppler
@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("invoice", 1),
        ("invoice-long", 3),
        ("credit-note", 1),
        ("contract-offer", 3),
        ("contract", 4),
        ("payout", 2),
    ],
)
def test_golden_text_and_pages(printed, name, pages):
    info = poppler("pdfinfo", str(printed[name]))
    assert f"Pages:           {pages}\n" in info
    assert "Tagged:          yes" in info
    # The layout mode of poppler depends on its version in spaces only.
    text = poppler("pdftotext", "-layout", str(printed[name]), "-")
    lines = [re.sub(r" {2,}", "  ", line).strip() for line in text.splitlines()]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("GUILD_GOLDEN") == "write":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text(), f"run with GUILD_GOLDEN=write to accept {golden.name}"


@needs_poppler
@pytest.mark.parametrize("lines", [1, 6, 7, 12, 17, 18, 28, 59])
def test_totals_never_stand_alone_and_are_carried(press, tmp_path, lines):
    sheet = samples.long_invoice(lines)
    html = samples.render_html("invoicing/invoice_print.html", {"sheet": sheet})
    path = tmp_path / "long.pdf"
    path.write_bytes(press.pdf(msgspec.structs.replace(samples.order("invoice-long"), html=html)))
    pages = poppler("pdftotext", "-layout", str(path), "-").rstrip("\f\n").split("\f")
    assert "Total hors TVA" in pages[-1]
    assert re.search(rf"^\s*{lines}\s+\S", pages[-1], re.MULTILINE)
    for before, after in pairwise(pages):
        carried = re.search(r"À reporter\s+(\S.*\S)", before)
        brought = re.search(r"Report\s+(\S.*\S)", after)
        assert carried
        assert brought
        assert carried[1] == brought[1]
    assert "reporter" not in pages[-1]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://127.0.0.1/logo.png",
        "https://example.org/x.woff2",
        "ftp://example.org/x",
        "guild://fonts/../press.py",
        "guild://fonts/README.md",
        "data:text/html;base64,PGI+",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,bm90IGEgcG5n",
        "data:image/png;base64,%%%",
        "data:image/png;base64," + "iVBORw0KGgo" + "A" * 100_000,
    ],
)
def test_the_fetcher_is_closed(url):
    with pytest.raises(FatalURLFetchingError):
        ClosedFetcher().fetch(url)


def test_the_fetcher_gives_faces_and_small_pngs():
    fetch = ClosedFetcher().fetch
    assert fetch("guild://fonts/noto-sans-greek-400-normal.woff2").read(4) == b"wOF2"
    assert fetch("data:image/png;base64,iVBORw0KGgo=").read() == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "body",
    [
        '<img alt="x" src="file:///etc/passwd">',
        '<a rel="attachment" href="file:///etc/passwd">x</a>',
        '<div style="background: url(http://127.0.0.1/x.png)">x</div>',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    ],
)
def test_a_sheet_that_asks_for_more_is_not_made(press, body):
    order = msgspec.structs.replace(
        samples.order("payout"), html=f'<html lang="en"><title>x</title><body>{body}'
    )
    with pytest.raises((FatalURLFetchingError, Flawed)):
        press.pdf(order)
