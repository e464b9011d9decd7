"""Reading suppliers' files: three syntaxes, arithmetic in words, and files made to do harm."""

import asyncio
import time
import zlib
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guild.core.errors import GuildError
from guild.core.work import System
from guild.exchange.commands.official import ask_official
from guild.exchange.commands.parsing import read_safely
from guild.exchange.errors import InvoiceNotInside, InvoiceTooLarge, InvoiceUnreadable
from guild.exchange.rules.checks import iban_holds
from guild.exchange.rules.reader import read_document
from guild.exchange.rules.received import NotReadable
from tests.features.exchange import papers


def rules_of(content: bytes) -> set[str]:
    return {one.rule for one in read_document(content).findings}


# --- what it says ------------------------------------------------------------------------------


def test_three_syntaxes_say_the_same() -> None:
    by_ubl, by_cii = read_document(papers.ubl()), read_document(papers.cii())
    inside = read_document(papers.pdf_with(("factur-x.xml", papers.cii())))
    assert (by_ubl.syntax, by_cii.syntax, inside.syntax) == ("ubl", "cii", "facturx")
    assert inside.invoice == by_cii.invoice
    for name in (
        "kind", "number", "issued_on", "due_on", "currency", "net", "vat_total", "total", "payable",
        "iban", "order_reference", "buyer_reference", "payment_reference", "line_total",
    ):  # fmt: skip
        assert getattr(by_ubl.invoice, name) == getattr(by_cii.invoice, name), name
    said = by_ubl.invoice
    assert (said.seller.name, said.seller.vat_number) == ("Papier & Fils SA", "BE0403019261")
    assert [f"{line.quantity} {line.price} {line.net}" for line in said.lines] == [
        "100 1.5 150.00", "1 50 50.00",
    ]  # fmt: skip
    assert by_ubl.findings == by_cii.findings == ()


def test_a_credit_note_and_its_invoice() -> None:
    content = papers.ubl(
        type="credit_note", preceding_invoices=[{"number": "F-1", "issue_date": "2026-10-01"}]
    )
    said = read_document(content).invoice
    assert (said.kind, said.preceding, f"{said.payable}") == ("credit_note", ("F-1",), "242.00")


def test_allowances_charges_and_prepaid_add_up() -> None:
    part = {"reason": "Agreed", "vat_category": "S", "vat_rate": "21"}
    content = papers.ubl(
        allowances=[{**part, "amount": "20.00"}],
        charges=[{**part, "amount": "10.00"}],
        prepaid_amount="100.00",
    )
    read = read_document(content)
    assert (f"{read.invoice.net}", f"{read.invoice.payable}") == ("190.00", "129.90")
    assert {one.rule for one in read.findings} == {"GUILD-PREPAID"}


@pytest.mark.parametrize(
    ("was", "becomes", "rule"),
    [
        (b">200.00</cbc:LineExtensionAmount>", b">201.00</cbc:LineExtensionAmount>", "BR-CO-10"),
        (b">200.00</cbc:TaxExclusiveAmount>", b">199.00</cbc:TaxExclusiveAmount>", "BR-CO-13"),
        (b">242.00</cbc:TaxInclusiveAmount>", b">243.00</cbc:TaxInclusiveAmount>", "BR-CO-15"),
        (b">242.00</cbc:PayableAmount>", b">241.00</cbc:PayableAmount>", "BR-CO-16"),
        (b">150.00</cbc:LineExtensionAmount>", b">15.00</cbc:LineExtensionAmount>",
         "PEPPOL-EN16931-R120"),
        (b"BE68539007547034", b"BE68539007547035", "GUILD-IBAN"),
        (b"<cbc:CompanyID>BE0403019261", b"<cbc:CompanyID>BE0403019262", "GUILD-VAT"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_said_in_words(was: bytes, becomes: bytes, rule: str) -> None:
    content = papers.ubl()
    assert was in content
    found = {one.rule: one for one in read_document(content.replace(was, becomes)).findings}
    assert rule in found
    assert found[rule].text.endswith(".")


def test_reverse_charge_is_pointed_at() -> None:
    lines = [{"name": "Work", "quantity": "1", "unit": "C62", "price": "10.00",
              "vat_category": "AE", "vat_rate": "0"}]  # fmt: skip
    found = rules_of(papers.ubl(lines=lines, vat_exemption_reasons={"AE": "Reverse charge"}))
    assert "GUILD-REVERSE" in found


def test_iban_check_digits() -> None:
    assert iban_holds("BE68539007547034")
    assert not iban_holds("BE68539007547043")
    assert not iban_holds("12345")


async def test_the_official_schemas_are_asked(system: System) -> None:
    fine = await ask_official(system, papers.ubl(), "ubl")
    assert fine.findings == ()
    assert "CEN EN 16931 UBL" in fine.rules
    wrong = papers.ubl().replace(b"cbc:IssueDate", b"cbc:IssueDay")
    found = (await ask_official(system, wrong, "ubl")).findings
    assert found
    assert found[0].rule == "XSD"
    carried = papers.pdf_with(("factur-x.xml", papers.cii()))
    inside = await ask_official(system, carried, "facturx")
    assert "Factur-X 1.09.2" in inside.rules
    assert {one.level for one in inside.findings} <= {"warning"}
    nobody = papers.ubl().replace(b">Guild Example Cooperative<", b"> <")
    assert "BR-07" in {one.rule for one in (await ask_official(system, nobody, "ubl")).findings}
    latin = papers.ubl().decode().replace("Rue Haute", "Rue H\xe2tive")
    latin = latin.replace("UTF-8", "ISO-8859-1").replace("utf-8", "ISO-8859-1")
    assert (await ask_official(system, latin.encode("latin-1"), "ubl")).findings == ()


@pytest.mark.parametrize("profile", ["minimum", "basicwl", "en16931:2017#conformant#x:extended"])
async def test_other_profiles_are_held_against_a_schema_of_theirs(
    profile: str, system: System
) -> None:
    name = f"urn:factur-x.eu:1p0:{profile}" if "#" not in profile else f"urn:cen.eu:{profile}"
    content = papers.cii().replace(b">urn:cen.eu:en16931:2017<", f">{name}<".encode())
    said = await ask_official(system, content, "cii")
    assert "schema of factur-x" in said.rules
    assert bool(said.findings) is ("#" not in profile)  # those profiles have no lines


# --- what is made to do harm -------------------------------------------------------------------

ENTITIES = b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"lol") for n in range(12)
)
UBL_OPEN = (
    b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cbc='
    b'"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">'
)


def encrypted() -> bytes:
    pdf, out = pikepdf.new(), BytesIO()
    pdf.add_blank_page()
    pdf.save(out, encryption=pikepdf.Encryption(owner="o", user=""))
    return out.getvalue()


def bomb_in_pdf() -> bytes:
    """Half a gigabyte of spaces that a PDF carries in half a megabyte."""
    pdf, out = pikepdf.new(), BytesIO()
    pdf.add_blank_page()
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 10**6) for _ in range(500)) + packer.flush()
    stream = pikepdf.Stream(pdf, b"")
    stream.write(packed, filter=pikepdf.Name.FlateDecode)
    spec = pikepdf.Dictionary(
        Type=pikepdf.Name.Filespec, F="factur-x.xml", UF="factur-x.xml",
        EF=pikepdf.Dictionary(F=pdf.make_indirect(stream)),
    )  # fmt: skip
    names = pikepdf.Array(["factur-x.xml", pdf.make_indirect(spec)])
    pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=names))
    pdf.save(out, compress_streams=False)
    return out.getvalue()


def circle_in_pdf() -> bytes:
    """A name tree that is its own child."""
    pdf, out = pikepdf.new(), BytesIO()
    pdf.add_blank_page()
    node = pdf.make_indirect(pikepdf.Dictionary())
    node.Kids = pikepdf.Array([node])
    pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=node)
    pdf.save(out)
    return out.getvalue()


HOSTILE: dict[str, Any] = {
    "empty": lambda: b"",
    "noise": lambda: bytes(range(256)) * 40,
    "words": lambda: b"Dear treasurer, please pay 1,000.",
    "external entity": lambda: b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    + UBL_OPEN + b"<cbc:ID>&x;</cbc:ID></Invoice>",
    "remote document type": lambda: b'<!DOCTYPE d SYSTEM "http://evil.test/x.dtd">' + UBL_OPEN
    + b"</Invoice>",
    "billion laughs": lambda: b"<!DOCTYPE d [" + ENTITIES + b"]>" + UBL_OPEN
    + b"<cbc:ID>&l11;</cbc:ID></Invoice>",
    "hidden document type": lambda: (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY a "b">]>'
        + (UBL_OPEN + b"</Invoice>").decode()
    ).encode("utf-16"),
    "deep": lambda: UBL_OPEN + b"<a>" * 200 + b"</a>" * 200 + b"</Invoice>",
    "very deep": lambda: b"<a>" * 300_000,
    "wide": lambda: UBL_OPEN + b"<cbc:ID/>" * 250_000 + b"</Invoice>",
    "many attributes": lambda: b"<Invoice " + b" ".join(b'a%d="1"' % n for n in range(50_000))
    + b"/>",
    "cut off": lambda: papers.ubl()[:-40],
    "order": lambda: papers.ubl().replace(b"Invoice-2", b"Order-2").replace(b"<Invoice", b"<Order")
    .replace(b"</Invoice", b"</Order"),
    "number that is none": lambda: papers.ubl().replace(b">242.00<", b">1E999999<"),
    "not a number": lambda: papers.ubl().replace(b">242.00<", b">NaN<"),
    "no day": lambda: papers.ubl().replace(b"2026-11-20", b"2026-13-40"),
    "no currency": lambda: papers.ubl().replace(
        b"<cbc:DocumentCurrencyCode>EUR", b"<cbc:DocumentCurrencyCode>eurodollar"),
    "xslt": lambda: b'<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>',
    "include": lambda: UBL_OPEN + b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
    b'href="file:///etc/passwd"/></Invoice>',
    "pdf without invoice": lambda: papers.pdf_with(("photo.jpg", b"\xff\xd8")),
    "pdf with a pdf": lambda: papers.pdf_with(
        ("factur-x.xml", papers.pdf_with(("factur-x.xml", papers.cii())))),
    "pdf with two invoices": lambda: papers.pdf_with(
        ("factur-x.xml", papers.cii()), ("xrechnung.xml", papers.cii())),
    "pdf with many files": lambda: papers.pdf_with(
        *((f"{n}.txt", b"x") for n in range(60)), ("factur-x.xml", papers.cii())),
    "pdf with ubl": lambda: papers.pdf_with(("factur-x.xml", papers.ubl())),
    "encrypted pdf": encrypted,
    "bomb in a pdf": bomb_in_pdf,
    "circle in a pdf": circle_in_pdf,
    "cut off pdf": lambda: papers.pdf_with(("factur-x.xml", papers.cii()))[:900],
    "a pdf's head only": lambda: b"%PDF-1.7\n" + b"0" * 5_000,
    "fifty megabytes": lambda: b"<a>" + b" " * 50_000_000 + b"</a>",
}  # fmt: skip


@pytest.mark.parametrize("which", list(HOSTILE))
async def test_hostile_files_are_refused_quickly(which: str, system: System) -> None:
    content = HOSTILE[which]()
    begun = time.monotonic()
    with pytest.raises((InvoiceUnreadable, InvoiceNotInside, InvoiceTooLarge)) as refused:
        await read_safely(system, content)
    assert time.monotonic() - begun < 15
    assert "root:" not in str(refused.value)
    assert "/etc" not in str(refused.value)


async def test_a_file_over_which_the_process_hangs_is_given_up(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guild.exchange.commands.parsing.SECONDS_MAX", 0.01)
    with pytest.raises(InvoiceUnreadable, match="could not be read within"):
        await read_safely(system, papers.ubl())
    monkeypatch.undo()
    both = await asyncio.gather(*(read_safely(system, papers.ubl()) for _ in range(3)))
    assert {one.invoice.number for one in both} == {"F-2026-118"}


def test_the_child_has_limits_and_no_secrets() -> None:
    """Checked by asking it: memory beyond the limit ends the process, and nothing else."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    words = (
        "import resource; from guild.exchange.rules import reader\n"
        "resource.setrlimit(resource.RLIMIT_AS, (reader.MEMORY_MAX, reader.MEMORY_MAX))\n"
        "b = bytearray(reader.MEMORY_MAX)"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, check=False)
    assert b"MemoryError" in done.stderr


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_broken_papers_never_end_in_an_error_of_ours(data: st.DataObject) -> None:
    """Bytes of a right invoice, changed anywhere: read, or refused with a sentence."""
    content = bytearray(papers.ubl() if data.draw(st.booleans()) else papers.cii())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        read_document(bytes(content))
    except NotReadable as wrong:
        assert wrong.refusal.detail  # noqa: PT017
    assert issubclass(InvoiceUnreadable, GuildError)
