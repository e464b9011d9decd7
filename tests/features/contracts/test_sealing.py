"""The sealed file: it verifies, holds the evidence and the shown bytes, and is in the log."""

import hashlib
from io import BytesIO

import msgspec
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from guild.contracts import commands, queries
from guild.contracts.errors import DocumentNotReady
from guild.contracts.rules.canonical import sha256
from guild.contracts.rules.evidence import GENESIS
from guild.core.outbox import OutboxRow
from guild.documents.identity import make_development_identity
from guild.documents.verdict import verify_seal
from guild.translog.models import LogLeaf


async def sealed(make, as_, member=None):
    contract = await make.signed_contract(member)
    async with as_() as work:
        await commands.seal_contract(work, contract.id)
    return contract


@pytest.mark.slow
async def test_the_sealed_file_proves_itself(make, as_, system, clock):
    member = await make.member()
    contract = await make.signed_contract(member)
    async with as_() as work:
        asked = await work.session.scalars(
            select(OutboxRow).where(OutboxRow.job == "contracts.seal")
        )
        assert [row.ids for row in asked] == [{"contract_id": str(contract.id)}]
    async with as_(make.actor(member)) as work:
        with pytest.raises(DocumentNotReady):
            await queries.sealed_pdf(work, contract.id)
    async with as_() as work:
        await commands.seal_contract(work, contract.id)
    async with as_(make.actor(member)) as work:
        name, pdf = await queries.sealed_pdf(work, contract.id)
        view = await queries.contract_view(work, contract.id)
        shown = await queries.document_html(work, contract.id)
    assert name == f"{contract.number}.pdf"
    assert view.sealed_at == clock.moment
    assert view.sealed_sha256 == hashlib.sha256(pdf).hexdigest()

    identity = make_development_identity(system.settings.data_dir)
    report = await verify_seal(pdf, identity.root_pem, at=clock.moment)
    assert report.bottom_line, report.explanation
    broken = bytearray(pdf)
    broken[len(pdf) // 3] ^= 1
    assert not (await verify_seal(bytes(broken), identity.root_pem, at=clock.moment)).bottom_line

    reader = PdfReader(BytesIO(pdf))
    files = {file: content[0] for file, content in reader.attachments.items()}
    assert set(files) == {"evidence.json", "contract.html", "terms.json"}
    assert files["contract.html"] == shown
    entries = msgspec.json.decode(files["evidence.json"])["entries"]
    assert [entry["kind"] for entry in entries][-1] == "signed"
    assert entries[0]["previous_sha256"] == GENESIS
    assert entries[-1]["details"]["shown_sha256"] == sha256(shown)
    text = "\n".join(page.extract_text() for page in reader.pages)
    for word in (contract.number, "Certificate of signature", "Contact Person", "Sketches"):
        assert word in text, word

    async with as_() as work:
        leaf = (
            await work.session.scalars(select(LogLeaf).where(LogLeaf.kind == "contract_sealed"))
        ).one()
    said = msgspec.json.decode(leaf.leaf)
    assert said["pdf_sha256"] == view.sealed_sha256
    assert said["evidence_sha256"] == sha256(files["evidence.json"])
    assert contract.number.encode() not in leaf.leaf
    assert str(contract.id).encode() not in leaf.leaf
    told = (await make.letters())[-2:]
    assert {letter.to for letter in told} == {member.email, view.terms.client.email}
    assert all(view.sealed_sha256 in letter.text for letter in told)


@pytest.mark.slow
async def test_sealing_twice_makes_one_file(make, as_):
    member = await make.member()
    contract = await sealed(make, as_, member)
    count = len(await make.letters())
    async with as_() as work:
        before = (await queries.contract_row(work, contract.id)).sealed_sha256
        await commands.seal_contract(work, contract.id)
        assert (await queries.contract_row(work, contract.id)).sealed_sha256 == before
    assert len(await make.letters()) == count


async def test_an_unsigned_contract_is_not_sealed(make, as_):
    contract = await make.sent_contract()
    async with as_() as work:
        await commands.seal_contract(work, contract.id)
        assert (await queries.contract_row(work, contract.id)).sealed_at is None
