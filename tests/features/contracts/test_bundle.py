"""The evidence bundle: whole, offline, checked by a program that shares nothing with us."""

import re
import subprocess
import sys
import zipfile
from io import BytesIO

import pytest

from guild.contracts import commands, queries, verify
from guild.contracts.errors import DocumentNotReady
from guild.contracts.queries.printed_evidence import evidence_words
from guild.core.pages import environment
from guild.documents.verdict import SealReport
from guild.invoicing.models import INVOICE_LIFECYCLE
from guild.members.access import CLIENT_LINK
from guild.members.models import Contact
from guild.translog.commands import sequence_leaves
from tests.features.contracts.test_pages import hidden


@pytest.fixture
async def sealed(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    async with as_() as work:
        await commands.seal_contract(work, contract.id)
        await sequence_leaves(work)
    return member, contract


def unpacked(content, folder):
    with zipfile.ZipFile(BytesIO(content)) as archive:
        archive.extractall(folder)
        return folder / archive.namelist()[0].partition("/")[0]


async def test_the_bundle_is_checked_without_us(sealed, make, as_, tmp_path):
    member, contract = sealed
    async with as_(make.actor(member)) as work:
        name, content = await queries.evidence_bundle(work, contract.id)
        again = (await queries.evidence_bundle(work, contract.id))[1]
    assert name == f"{contract.number}-evidence.zip"
    assert again == content
    folder = unpacked(content, tmp_path)
    words = [sys.executable, "-I", "-S", str(folder / "verify.py")]
    said = subprocess.run(words, cwd="/", capture_output=True, text=True, check=False)  # noqa: ASYNC221
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.count("holds") == 3
    html = (folder / "index.html").read_text()
    assert contract.title in html
    assert "src=" not in html
    assert "<script" not in html
    assert "http-equiv" in html
    key = (folder / "log-proof.json").read_text().split('"vkey": "')[1].partition('"')[0]
    assert verify.main([str(folder), "--key", key]) == 0
    assert verify.main([str(folder), "--key", "another+00000000+AAAA"]) == 1


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("contract.pdf", b"endobj", b"endobJ"),
        ("contract.html", b"<h3>", b"<h4>"),
        ("evidence.json", b'"kind":"signed"', b'"kind":"SIGNED"'),
        ("log-proof.json", b'"index": ', b'"index": 1'),
        ("terms.json", b"{", b"{ "),
    ],
)
async def test_a_changed_twin_is_named(sealed, make, as_, tmp_path, capsys, name, old, new):
    member, contract = sealed
    async with as_(make.actor(member)) as work:
        _, content = await queries.evidence_bundle(work, contract.id)
    folder = unpacked(content, tmp_path)
    path = folder / name
    changed = path.read_bytes().replace(old, new, 1)
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    assert verify.main([str(folder)]) == 1
    assert "WRONG" in capsys.readouterr().out


async def test_before_the_log_has_it_there_is_no_bundle(make, as_):
    member = await make.member()
    contract = await make.signed_contract(member)
    async with as_(make.actor(member)) as work:
        with pytest.raises(DocumentNotReady):
            await queries.evidence_bundle(work, contract.id)
    async with as_() as work:
        await commands.seal_contract(work, contract.id)
    async with as_(make.actor(member)) as work:
        with pytest.raises(DocumentNotReady):
            await queries.evidence_bundle(work, contract.id)


async def test_both_sides_download_it_and_nobody_else(sealed, make, as_, signed_in, http):
    member, contract = sealed
    client = await signed_in(member)
    answer = await client.get(f"/contracts/{contract.id}/evidence.zip")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    page = await client.get(f"/contracts/{contract.id}/evidence.html")
    assert "attachment" in page.headers["content-disposition"]
    assert (await client.get(f"/api/v1/contracts/{contract.id}/evidence")).status_code == 200
    state = (await client.get(f"/api/v1/contracts/{contract.id}/sealing")).json()
    assert state["state"] == "sealed"
    shown = await client.get(f"/contracts/{contract.id}")
    assert "All evidence as a ZIP" in shown.text
    stranger = await signed_in(await make.member())
    assert (await stranger.get(f"/contracts/{contract.id}/evidence.zip")).status_code == 404
    files = f"/client/contracts/{contract.id}/files"
    assert (await http.get(f"{files}/pdf")).status_code == 401
    token = await make.link(contract.contact_id, contract.contact_id, purpose=CLIENT_LINK)
    await http.post(f"/client/open/{token}", data=hidden(await http.get(f"/client/open/{token}")))
    assert f'href="{files}/zip"' in (await http.get("/client")).text
    copy = await http.get(f"{files}/pdf")
    assert copy.content.startswith(b"%PDF"), copy.text
    assert f'filename="{contract.number}.pdf"' in copy.headers["content-disposition"]
    async with as_() as work:
        (await work.session.get_one(Contact, contract.contact_id)).language = "fr"
    proof = await http.get(f"{files}/zip")
    packed = zipfile.ZipFile(BytesIO(proof.content))
    html = packed.read(f"{contract.number}/index.html").decode()
    assert '<html lang="fr">' in html
    assert packed.read(f"{contract.number}/README.txt").decode().startswith("Preuves du contrat")
    assert "Qui a signé" in html
    assert "Signé par le client, version 1" in html
    assert "Signed" not in re.sub(
        r'<div lang="en">.*?</div>|<pre.*?</pre>', "", html, flags=re.DOTALL
    )
    foreign = await make.signed_contract(await make.member())
    assert (await http.get(f"/client/contracts/{foreign.id}/files/zip")).status_code == 404


def test_every_step_has_words_on_the_page():
    kinds = environment().get_template("contracts/state.html").module.EVENTS
    assert set(evidence_words()["en"]["kinds"]) == set(kinds) | {"voided"}
    assert set(evidence_words()["en"]["invoice_states"]) == set(INVOICE_LIFECYCLE.states) - {
        "draft", "cancelled",
    }  # fmt: skip


def test_ed25519_is_that_of_the_standard():
    """RFC 8032, 7.1, tests 1 to 3, and each of them spoilt."""
    for public, message, signature in [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ),
    ]:
        key, text, signed = map(bytes.fromhex, (public, message, signature))
        assert verify.signed_by(key, text, signed)
        assert not verify.signed_by(key, text + b"x", signed)
        assert not verify.signed_by(key, text, signed[:32] + bytes([signed[32] ^ 1]) + signed[33:])


def test_the_verdict_needs_seal_and_log():
    whole = SealReport(
        bottom_line=True, fault="", explanation="", coverage=True, modification="NONE",
        sealed_at=None, signer="",
    )  # fmt: skip
    assert queries.judgement_of(whole, None).word == "unknown"
    for standing, valid in [
        ("stands", True), ("amended", True), ("ended", True), ("superseded", False),
        ("suspended", False), ("void", False),
    ]:  # fmt: skip
        known = queries.SealedFile(
            sealed_at=None, log_index=3, standing=standing, standing_said=standing, leaf={}
        )
        assert queries.judgement_of(whole, known).valid is valid
    waiting = queries.SealedFile(
        sealed_at=None, log_index=None, standing="stands", standing_said="", leaf={}
    )
    assert queries.judgement_of(whole, waiting).word == "waiting"
