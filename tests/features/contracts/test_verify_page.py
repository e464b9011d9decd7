"""The public check of a sealed file: what is true is said, nothing is kept, no name is told."""

import hashlib

import pytest
from sqlalchemy import func, select

from guild.contracts import commands, queries
from guild.documents.models import Document
from guild.translog.commands import sequence_leaves
from guild.web.verify import FILE_BYTES_MAX


async def ask(http, *, pdf: bytes | None = None, sha256: str = ""):
    fields = {"sha256": (None, sha256)}
    if pdf is not None:
        fields["file"] = ("contract.pdf", pdf, "application/pdf")
    return await http.post("/verify", files=fields)


async def test_a_sealed_file_and_what_became_of_it(make, as_, http):
    member = await make.member(legal_name="Zelda Quartermain")
    contract = await make.signed_contract(member)
    async with as_() as work:
        await commands.seal_contract(work, contract.id)
    async with as_(make.actor(member)) as work:
        _, pdf = await queries.sealed_pdf(work, contract.id)
    digest = hashlib.sha256(pdf).hexdigest()
    assert (await http.get("/verify")).status_code == 200

    whole = await ask(http, pdf=pdf)
    assert whole.status_code == 200, whole.text
    assert "Whole and unchanged." in whole.text
    assert "the very bytes of a contract" in whole.text
    assert "waits for its place" in whole.text
    assert digest in whole.text
    for private in ("Zelda", member.email, contract.number, str(contract.id)):
        assert private not in whole.text

    async with as_() as work:
        await sequence_leaves(work)
        stored = await work.session.scalar(select(func.count()).select_from(Document))
    known = await ask(http, sha256=digest.upper())
    assert "Not checked" in known.text
    assert "/api/v1/log/proof/inclusion?index=" in known.text

    for other in (pdf + b"\n% 9999 EUR\n%%EOF\n", pdf.replace(b"/Count 1", b"/Count 2", 1)[:-9]):
        changed = await ask(http, pdf=other)
        assert "Do not rely on this file." in changed.text
        assert "no contract with these bytes" in changed.text
    async with as_() as work:
        assert await work.session.scalar(select(func.count()).select_from(Document)) == stored


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64, "0" * 65, "\x00" * 64])
async def test_what_is_neither_file_nor_fingerprint(http, sha256):
    answer = await ask(http, sha256=sha256)
    assert answer.status_code == 422
    assert "at most 5 MB" in answer.text


async def test_strangers_bytes_are_only_unreadable(http):
    for junk in (b"%PDF-1.7 \x00\xff" * 100 + b"%%EOF", b"no pdf at all"):
        answer = await ask(http, pdf=junk)
        assert answer.status_code == 200, answer.text
        assert "Do not rely on this file." in answer.text
    assert "no contract with these bytes" in (await ask(http, sha256="0" * 64)).text
    large = await ask(http, pdf=b"%PDF-" + b"0" * (FILE_BYTES_MAX + 100_000))
    assert large.status_code == 413
