"""Documents on disk and in the table: same bytes same id, nothing changes, damage is noticed."""

import hashlib
import os

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guild.core.errors import GuildError
from guild.core.ids import new_id
from guild.documents.commands import erase, remove_bytes, store, write_durably
from guild.documents.errors import DocumentDamaged, DocumentErased, DocumentNotFound
from guild.documents.queries import about, damaged_documents, read
from guild.documents.rules import download_headers, place, safe_name

DATA = b"%PDF-1.7 fictional"


async def test_stored_bytes_come_back_under_their_hash(as_):
    subject = new_id()
    async with as_() as work:
        document_id = await store(work, DATA, "application/pdf", "Facture n° 7/2026.pdf", subject)
        found = await about(work, document_id)
        assert await read(work, document_id) == DATA
        path = place(work.settings.data_dir, hashlib.sha256(DATA).digest(), found.name)
        assert path.read_bytes() == DATA
        assert found.sha256 == hashlib.sha256(DATA).hexdigest()
        assert (found.size, found.media_type, found.subject_id, found.created_at) == (
            len(DATA),
            "application/pdf",
            subject,
            work.now,
        )
        assert found.name == "Facture_n_7_2026.pdf"
        assert path.parts[-4:-1] == ("documents", found.sha256[:2], found.sha256)
        assert await damaged_documents(work) == []
        assert await damaged_documents(work, hashed=False) == []


async def test_the_same_bytes_have_the_same_id(as_):
    async with as_() as work:
        first = await store(work, b"twice", "text/plain", "a.txt")
        assert await store(work, b"twice", "text/plain", "b.txt") == first
        assert await store(work, b"other", "text/plain", "a.txt") != first


async def test_damage_is_noticed(as_):
    async with as_() as work:
        document_id = await store(work, b"to be damaged", "text/plain", "a.txt")
        found = await about(work, document_id)
        path = place(work.settings.data_dir, bytes.fromhex(found.sha256), found.name)
        path.write_bytes(b"was damaged!!")
        with pytest.raises(DocumentDamaged) as error:
            await read(work, document_id)
        assert "changed" in error.value.detail
        assert found.sha256 in (await damaged_documents(work))[0]
        path.unlink()
        with pytest.raises(DocumentDamaged, match="missing"):
            await read(work, document_id)
        assert "missing" in (await damaged_documents(work, hashed=False))[0]


async def test_an_absent_document_is_not_found(as_):
    async with as_() as work:
        with pytest.raises(DocumentNotFound):
            await read(work, new_id())
    assert issubclass(DocumentDamaged, GuildError)


@pytest.mark.parametrize(
    "statement", ["UPDATE document SET name = 'x'", "DELETE FROM document", "TRUNCATE document"]
)
async def test_rows_are_never_changed(as_, statement):
    async with as_() as work:
        await store(work, b"kept", "text/plain", "a.txt")
        with pytest.raises(DBAPIError):
            async with work.session.begin_nested():
                await work.session.execute(text(statement))


async def test_what_is_erased_leaves_its_hash_and_comes_back_under_its_id(as_):
    async with as_() as work:
        document_id = await store(work, b"about a person", "text/plain", "anna.txt")
        path = place(work.settings.data_dir, hashlib.sha256(b"about a person").digest(), "anna.txt")
        assert await erase(work, document_id)
        assert not await erase(work, document_id)
        assert path.exists()  # until the transaction has committed
        await remove_bytes(work, document_id)
        await remove_bytes(work, document_id)
        assert not path.parent.exists()
        with pytest.raises(DocumentErased):
            await read(work, document_id)
        assert await damaged_documents(work) == []
    async with as_() as work:
        assert await store(work, b"about a person", "text/plain", "again.txt") == document_id
        await remove_bytes(work, document_id)  # a job that comes late takes nothing away
        assert await read(work, document_id) == b"about a person"
        assert (await about(work, document_id)).name == "again.txt"


async def test_what_is_referred_to_is_not_erased(as_, make):
    await make.issued_invoice()
    async with as_() as work:
        paper = await store(work, b"a receipt", "text/plain", "r.txt")
        await work.session.execute(
            text("UPDATE invoice SET report_document_id = :id"), {"id": paper}
        )
        assert not await erase(work, paper)
        assert await read(work, paper) == b"a receipt"
        with pytest.raises(DBAPIError, match="referred"):
            async with work.session.begin_nested():
                await work.session.execute(
                    text("UPDATE document SET erased_at = now(), name = 'erased' WHERE id = :id"),
                    {"id": paper},
                )


def test_a_draft_is_whole_or_absent(tmp_path, monkeypatch):
    target = tmp_path / "a" / "b" / "c" / "file.txt"

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_durably(target, b"data")
    assert list(target.parent.iterdir()) == []
    monkeypatch.undo()
    write_durably(target, b"data")
    assert target.read_bytes() == b"data"
    assert [path.name for path in target.parent.iterdir()] == ["file.txt"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("invoice 2026-0417.pdf", "invoice_2026-0417.pdf"),
        ("../../etc/passwd", "etc_passwd"),
        ("Übersetzung.PDF", "Ubersetzung.PDF"),
        (".hidden", "hidden"),
        ("漢字", "document"),
        ("", "document"),
        ("a\r\nSet-Cookie: x.txt", "a_Set-Cookie_x.txt"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_stay_in_their_folder(name, safe):
    assert safe_name(name) == safe


def test_downloads_are_saved_and_not_guessed():
    headers = download_headers("Übersetzung ‘1’.pdf")
    assert headers["Content-Disposition"] == (
        'attachment; filename="Ubersetzung_1.pdf"; '
        "filename*=UTF-8''%C3%9Cbersetzung%20%E2%80%981%E2%80%99.pdf"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in headers["Cache-Control"]
