"""Signing pages: in each language, with a passkey, with a provider, and without a script."""

import json
import re
import string
from html import unescape

import msgspec
import pytest
from sqlalchemy import select, update

from guild.contracts.models import Contract, ContractEvidence
from guild.contracts.pages.words import page_words
from guild.contracts.rules.evidence import manifest
from guild.core.pages import SCRIPTED, shell_words
from guild.core.settings import Eid
from guild.members.models import Contact, Passkey
from guild.web.security_headers import PAGE_POLICY
from tests.authenticator import Authenticator
from tests.features.contracts.test_pages import client, code_of, hidden, opened
from tests.features.contracts.test_sign_levels import large

__all__ = ["client"]
LANGUAGES = ("en", "fr", "nl", "de")
TITLES = {
    "fr": ("Signer le contrat", "Tapez les six chiffres"),
    "nl": ("Het contract tekenen", "Typ de zes cijfers"),
    "de": ("Den Vertrag unterschreiben", "Geben Sie die sechs"),
}


@pytest.mark.parametrize("words", [page_words(), shell_words()])
def test_every_language_says_everything(words):
    assert set(words) == set(LANGUAGES)
    blanks = {
        lang: {
            name: sorted(field or "" for _, field, _, _ in string.Formatter().parse(said))
            for name, said in words[lang].items()
        }
        for lang in LANGUAGES
    }
    fields = {
        lang: {name: sorted(filter(None, set(found))) for name, found in blanks[lang].items()}
        for lang in LANGUAGES
    }
    assert fields["fr"] == fields["nl"] == fields["de"] == fields["en"]


def test_scripted_pages_differ_by_our_own_script_only():
    policy = SCRIPTED["Content-Security-Policy"]
    assert policy.replace("script-src 'self'; ", "") == PAGE_POLICY


async def speak(as_, language):
    async with as_() as work:
        await work.session.execute(update(Contact).values(language=language))


async def filled(client, make, **more):
    """The signing form with a right code."""
    fields = hidden(await client.get("/offer/sign"))
    await client.post("/offer/code", data=fields)
    typed = {"code": await code_of(make), "typed_name": "Jonas Abelard", "role": "Head"}
    return {**fields, **typed, "consent": "yes", **more}


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
async def test_the_client_signs_in_her_language(make, client, as_, language):
    contract = await make.sent_contract()
    await speak(as_, language)
    await opened(make, client, contract)
    title, digits = TITLES[language]
    for path in ("/offer", "/offer/sign", "/offer/changes", "/offer/decline", "/offer/forward"):
        page = await client.get(path)
        assert page.status_code == 200, page.text
        assert f'<html lang="{language}"' in page.text
        # What is not the contract itself has no English left in it.
        shell = re.sub(r'<article class="contract".*?</article>', "", page.text, flags=re.DOTALL)
        for english in ("Skip to", "Back to the offer", "Your answer", "Sign the", "optional)"):
            assert english not in shell, (path, english)
    page = await client.get("/offer/sign")
    assert title in page.text
    empty = await client.post("/offer/sign", data=hidden(page))
    assert (empty.status_code, digits in empty.text) == (422, True)
    done = await client.post("/offer/sign", data=await filled(client, make))
    assert done.status_code == 303, done.text
    async with as_() as work:
        entry = await work.session.scalar(
            select(ContractEvidence.body).where(ContractEvidence.kind == "signed")
        )
    signature = msgspec.json.decode(entry)["details"]["signature"]
    assert signature["consent_locale"] == language
    ticked = re.search(r'name="consent".*?<span>(.*?)</span>', page.text, re.DOTALL)[1]
    assert signature["consent_text"] == unescape(ticked), "recorded is what was ticked"
    if language == "fr":
        assert unescape(ticked).startswith("J’ai lu le contrat, je l’accepte, et j’ai le droit")
    kept = msgspec.json.decode(manifest([entry]))["entries"][0]["details"]["signature"]
    assert kept == signature, "and so is it in evidence.json"


def options_in(page, kind):
    """The options for the browser in a page's form."""
    found = re.search(rf'data-passkey="{kind}" data-options="([^"]+)"', page.text)
    assert found is not None, page.text
    return json.loads(unescape(found[1]))


async def test_a_passkey_through_the_pages(make, client, as_):
    device = Authenticator()
    contract = await make.sent_contract()
    await opened(make, client, contract)
    page = await client.get("/offer/sign")
    assert 'value="advanced"' in page.text
    assert 'value="eid"' not in page.text, "no provider is connected"
    done = await client.post("/offer/sign", data=await filled(client, make, level="advanced"))
    assert (done.status_code, done.headers["location"]) == (303, "/offer/passkey")
    page = await client.get("/offer/passkey")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "<noscript>" in page.text
    assert "with your name alone" in page.text, "without a script another way is named"
    fields = hidden(page)
    # No script ran: nothing was handed over, and the page says so.
    empty = await client.post("/offer/passkey/register", data={**fields, "credential": ""})
    assert (empty.status_code, "passkey was refused" in empty.text) == (422, True)
    made = json.dumps(device.create(options_in(page, "create")))
    kept = await client.post("/offer/passkey/register", data={**fields, "credential": made})
    assert kept.status_code == 303, kept.text
    page = await client.get("/offer/passkey")
    wrong = device.get(options_in(page, "get"))
    wrong["response"]["signature"] = wrong["response"]["signature"][:-4] + "AAAA"
    refused = await client.post("/offer/passkey", data={**fields, "credential": json.dumps(wrong)})
    assert (refused.status_code, "passkey was refused" in refused.text) == (422, True)
    right = json.dumps(device.get(options_in(page, "get")))
    signed = await client.post("/offer/passkey", data={**fields, "credential": right})
    assert (signed.status_code, signed.headers["location"]) == (303, "/offer"), signed.text
    async with as_() as work:
        assert (await work.session.get_one(Contract, contract.id)).state == "signed"
    late = await client.get("/offer/passkey")
    assert (late.status_code, "You have signed" in late.text) == (200, True)


async def test_a_provider_through_the_pages_without_a_script(
    make, client, as_, system, monkeypatch
):
    settings = msgspec.structs.replace(system.settings, eid=Eid(provider="loopback", label="itsme"))
    monkeypatch.setattr(system, "settings", settings)
    contract = await make.sent_contract()
    await opened(make, client, contract)
    page = await client.get("/offer/sign")
    assert "With itsme" in page.text
    done = await client.post("/offer/sign", data=await filled(client, make, level="eid"))
    assert (done.status_code, done.headers["location"]) == (303, "/offer/eid")
    page = await client.get("/offer/eid")
    assert "<script" not in page.text
    url = unescape(re.search(r'href="(http://guild.test/eid/loopback[^"]+)"', page.text)[1])
    there = await client.get(url)
    assert contract.number in there.text
    forged = await client.get(url.replace("signature=v1%3D", "signature=v1%3Daa"))
    assert forged.status_code == 422
    done = await client.post("/eid/loopback", data={**hidden(there), "name": "J.", "answer": "yes"})
    assert (done.status_code, done.headers["location"]) == (303, "/offer"), done.text
    async with as_() as work:
        assert (await work.session.get_one(Contract, contract.id)).state == "signed"


async def test_the_loopback_provider_does_not_exist_by_default(http):
    assert (await http.get("/eid/loopback")).status_code == 404


async def test_a_member_makes_a_passkey_and_sends_with_it(make, as_, signed_in):
    device = Authenticator()
    member = await make.member()
    browser = await signed_in(member)
    browser.headers["Accept"] = "text/html"
    fields = hidden(await browser.get("/me/passkeys"))
    wrong = await browser.post("/me/passkeys/ask", data={
        **fields, "label": "laptop", "password": "not it"
    })  # fmt: skip
    assert (wrong.status_code, "not right" in wrong.text) == (401, True)
    page = await browser.post("/me/passkeys/ask", data={
        **fields, "label": "laptop", "password": make.PASSWORD
    })  # fmt: skip
    made = json.dumps(device.create(options_in(page, "create")))
    kept = await browser.post("/me/passkeys", data={**fields, "credential": made})
    assert kept.status_code == 303, kept.text
    assert "laptop" in (await browser.get("/me/passkeys")).text
    draft = await make.contract(member, **large())
    page = await browser.get(f"/contracts/{draft.id}/draft")
    assert "asks for your passkey" in page.text
    said = {**hidden(page), "typed_name": member.legal_name, "consent": "yes", "version": "1"}
    weak = await browser.post(f"/contracts/{draft.id}/send", data=said)
    assert weak.status_code in {409, 422}
    begun = await browser.post(f"/contracts/{draft.id}/send", data={**said, "way": "passkey"})
    path = f"/contracts/{draft.id}/send-with-passkey"
    assert (begun.status_code, begun.headers["location"]) == (303, path)
    page = await browser.get(path)
    none = await browser.post(path, data={**fields, "credential": ""})
    assert "no passkey" in none.text
    answer = json.dumps(device.get(options_in(page, "get")))
    sent = await browser.post(path, data={**fields, "credential": answer})
    assert sent.status_code == 303, sent.text
    async with as_() as work:
        assert (await work.session.get_one(Contract, draft.id)).state == "sent"
        key = (await work.session.scalars(select(Passkey))).one()
    removed = await browser.post(f"/me/passkeys/{key.id}/remove", data=fields)
    assert removed.status_code == 303
    assert "No passkey yet" in (await browser.get("/me/passkeys")).text
    other = await signed_in(await make.member())
    gone = await other.delete(f"/api/v1/me/passkeys/{key.id}")
    assert gone.status_code == 404


async def test_objecting_and_undoing_through_the_pages(make, client, as_):
    member = await make.member()
    contract = await make.sent_contract(member)
    await opened(make, client, contract)
    await client.post("/offer/sign", data=await filled(client, make))
    page = await client.get("/offer")
    assert "/offer/objection" in page.text
    fields = hidden(await client.get("/offer/objection"))
    assert (await client.post("/offer/objection", data=fields)).status_code == 422
    said = {**fields, "kind": "not_authorised", "text": "Only the director signs."}
    assert (await client.post("/offer/objection", data=said)).status_code == 303
    assert "suspended" in (await client.get("/offer")).text
    asked = await client.post("/offer/void", data={**fields, "reason": "It was an error."})
    assert asked.status_code == 303, asked.text
    assert "You asked to make it void" in (await client.get("/offer")).text
