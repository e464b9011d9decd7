"""Pages of an offer, for the client: open it, read it, sign, ask for changes, decline.

Everything works without JavaScript and with a keyboard alone, save the making of a passkey, which
browsers do by script only; the page then names the other ways. A GET never changes anything, so a
mail scanner that follows the link neither opens nor uses it: only the button on the first page
does, and it binds the browser by a cookie. The words are in the reader's language.
"""

import re
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.access import DELIVERY_LINK, OFFER_LINK
from guild.contracts.errors import (
    CodeExpired,
    CodeTriesUsedUp,
    CodeWrong,
    ConsentMissing,
    EidNotOffered,
    LevelTooLow,
    NameMissing,
    OfferNotFound,
    TooManyCodes,
)
from guild.contracts.pages.answered import answered_page, closed_page, told
from guild.contracts.pages.client import Form, document_markup
from guild.contracts.pages.words import (
    NO_STORE,
    offer_page,
    refusal_text,
    sayer,
    spoken,
)
from guild.contracts.routes import pdf_answer
from guild.contracts.schemas import ChangesIn, DeclineIn, OfferIn, SignIn
from guild.contracts.schemas.signing import PrepareIn
from guild.core.errors import GuildError
from guild.core.pages import browser_language
from guild.core.permissions import LinkGrant, Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands as members
from guild.members.errors import LinkNotFound
from guild.members.queries import passkeys_of
from guild.members.schemas.cookies import link_cookie

ANSWERS: Final = {"sign": "/offer/sign", "change": "/offer/changes", "decline": "/offer/decline"}
REASONS: Final = ("price", "scope", "dates", "terms", "other")
SIGN_REFUSALS: Final = (
    CodeExpired, CodeTriesUsedUp, CodeWrong, ConsentMissing, EidNotOffered, LevelTooLow,
    NameMissing,
)  # fmt: skip
"""Refusals that the signing form shows beside its fields; none of them has changed anything but
the count of wrong codes, which is meant to stay."""
LEVEL_PAGES: Final = {"advanced": "/offer/passkey", "eid": "/offer/eid"}
Errors = list[dict[str, str]]


@get("/offers/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def offer_door(work: Work, token: str, request: Request[Any, Any, Any]) -> Response[str]:
    """What a mail's link shows: one button. Nothing is looked up and nothing is changed."""
    return spoken(
        work, "contracts/door.html", browser_language(request), token=token, what="offer",
        to="/offers",
    )  # fmt: skip


@post("/offers/{token:str}", permission=Permission.PUBLIC, include_in_schema=False,
      status_code=303)  # fmt: skip
async def open_offer(
    work: Work, token: str, request: Request[Any, Any, Any]
) -> Response[str] | Redirect:
    """Use the link: this browser is bound to it, and the offer counts as opened."""
    return await _open(work, token, OFFER_LINK, "/offer", request)


@get("/deliveries/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def delivery_door(work: Work, token: str, request: Request[Any, Any, Any]) -> Response[str]:
    """The same for deliveries."""
    return spoken(
        work, "contracts/door.html", browser_language(request), token=token, what="delivery",
        to="/deliveries",
    )  # fmt: skip


@post("/deliveries/{token:str}", permission=Permission.PUBLIC, include_in_schema=False,
      status_code=303)  # fmt: skip
async def open_deliveries(
    work: Work, token: str, request: Request[Any, Any, Any]
) -> Response[str] | Redirect:
    """Use the link: this browser is bound to it."""
    return await _open(work, token, DELIVERY_LINK, "/deliveries", request)


async def _open(
    work: Work, token: str, purpose: str, path: str, request: Request[Any, Any, Any]
) -> Response[str] | Redirect:
    try:
        opened = await members.open_link(work, token)
    except LinkNotFound as refusal:
        # The same page for a link that is used, too old, or was never one of ours.
        if not work.refused(refusal):
            raise
        return spoken(
            work, "contracts/dead.html", browser_language(request), status=404, token=token,
        )  # fmt: skip
    if opened.purpose != purpose:
        raise OfferNotFound(mend="Open the link exactly as it stands in the mail.")
    if purpose == OFFER_LINK:
        grant = LinkGrant(
            link_id=opened.link_id,
            purpose=opened.purpose,
            subject_id=opened.subject_id,
            contact_id=opened.contact_id,
        )
        await commands.note_opened(work, grant)
    cookie = link_cookie(work.settings, opened.session_token, now=work.now, until=opened.expires_at)
    return Redirect(path, status_code=303, cookies=[cookie], headers=NO_STORE)


@get("/offer", permission=Permission.LINK, include_in_schema=False)
async def read_offer(work: Work) -> Response[str]:
    """The offer in full, and three answers of equal weight."""
    view, html = await queries.offer_view(work)
    row = await queries.linked_row(work, OFFER_LINK)
    return offer_page(
        work, "contracts/offer.html", view, errors=[], document=document_markup(html),
        sealing=await queries.sealing_of(work, row), voiding=await queries.voiding_of(work, row),
        objecting=await queries.may_object_until(work, row),
        told=told(view, await queries.answered(work, view)),
    )  # fmt: skip


@get("/offer/answer", permission=Permission.LINK, include_in_schema=False)
async def choose_answer(work: Work, answer: str = "") -> Redirect:
    """From the three answers to the page of the chosen one."""
    await queries.linked_row(work, OFFER_LINK)
    return Redirect(ANSWERS.get(answer, "/offer#answer"), status_code=303)


@get("/offer/sign", permission=Permission.LINK, include_in_schema=False)
async def sign_page(work: Work) -> Response[str]:
    """Three steps: code, name, consent; and the way, where there is a choice."""
    return await _sign_page(work, {}, [])


async def _sign_page(work: Work, form: dict[str, str], errors: Errors) -> Response[str]:
    view, _ = await queries.offer_view(work)
    if done := await answered_page(work, view):
        return done
    return offer_page(
        work, "contracts/sign.html", view, errors=errors, email=view.your_email, form=form,
        label=work.settings.eid.label,
        waiting=view.code_expires_at is not None and view.code_expires_at > work.now,
    )  # fmt: skip


@post("/offer/code", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def send_code(work: Work, data: Form) -> Response[str] | Redirect:
    """Mail a code and come back to the form."""
    if done := await closed_page(work):
        return done
    try:
        await commands.request_code(work, msgspec.convert(seen(data), OfferIn))
    except (CodeTriesUsedUp, TooManyCodes) as refusal:
        return await _sign_page(work, {}, [await fault(work, refusal, "code")])
    return Redirect("/offer/sign", status_code=303)


@post("/offer/sign", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def sign(work: Work, data: Form) -> Response[str] | Redirect:
    """Sign, or prepare what a passkey or provider signs; a refusal shows the form again."""
    if done := await closed_page(work):
        return done
    errors = _sign_errors(data, await language_of(work))
    if errors:
        return await _sign_page(work, data, errors)
    level = data.get("level", "simple")
    try:
        if level not in LEVEL_PAGES:
            await commands.sign_contract(work, msgspec.convert(_signature(data), SignIn))
            return Redirect("/offer", status_code=303)
        said = msgspec.convert({**_signature(data), "level": level}, PrepareIn)
        await commands.prepare_signature(work, said)
    except SIGN_REFUSALS as refusal:
        return await _sign_page(work, data, [await fault(work, refusal, refusal.field or "code")])
    if level == "advanced" and not await passkeys_of(work):
        await commands.ask_contact_passkey(work, "")
    return Redirect(LEVEL_PAGES[level], status_code=303)


async def language_of(work: Work) -> str:
    """The language of the person behind the link."""
    return (await queries.offer_view(work))[0].language


def _sign_errors(data: dict[str, str], language: str) -> Errors:
    say = sayer(language)
    code = "".join(data.get("code", "").split())
    wrong = []
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        wrong.append({"field": "code", "text": say("e_code_digits")})
    if not data.get("typed_name", "").strip():
        wrong.append({"field": "typed_name", "text": say("e_name")})
    if not data.get("role", "").strip():
        wrong.append({"field": "role", "text": say("e_role")})
    if data.get("consent") != "yes":
        wrong.append({"field": "consent", "text": say("e_consent")})
    return wrong


def _signature(data: dict[str, str]) -> dict[str, Any]:
    return {
        **seen(data),
        "code": "".join(data["code"].split()),
        "typed_name": data["typed_name"].strip()[:200],
        "role": data["role"].strip()[:200],
        "consent": True,
    }


@get("/offer/changes", permission=Permission.LINK, include_in_schema=False)
async def changes_page(work: Work) -> Response[str]:
    """Say what should differ."""
    return await _words_page(work, "contracts/changes.html", {}, [])


@post("/offer/changes", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def ask_for_changes(work: Work, data: Form) -> Response[str] | Redirect:
    """Ask for another version."""
    if done := await closed_page(work):
        return done
    wishes = data.get("wishes", "").strip()
    if not wishes or len(wishes) > 5000:
        text = sayer(await language_of(work))("e_wishes")
        return await _words_page(
            work, "contracts/changes.html", data, [{"field": "wishes", "text": text}]
        )
    asked = msgspec.convert({**seen(data), "wishes": wishes}, ChangesIn)
    await commands.request_contract_changes(work, asked)
    return Redirect("/offer", status_code=303)


@get("/offer/decline", permission=Permission.LINK, include_in_schema=False)
async def decline_page(work: Work) -> Response[str]:
    """Choose a reason."""
    return await _words_page(work, "contracts/decline.html", {}, [])


@post("/offer/decline", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def decline(work: Work, data: Form) -> Response[str] | Redirect:
    """Say no, with a reason."""
    if done := await closed_page(work):
        return done
    say = sayer(await language_of(work))
    note = data.get("note", "").strip()
    wrong = []
    if data.get("reason") not in REASONS:
        wrong.append({"field": "reason", "text": say("e_reason")})
    if len(note) > 5000:
        wrong.append({"field": "note", "text": say("e_note")})
    if wrong:
        return await _words_page(work, "contracts/decline.html", data, wrong)
    said = {**seen(data), "reason": data["reason"], "note": note}
    await commands.decline_contract(work, msgspec.convert(said, DeclineIn))
    return Redirect("/offer", status_code=303)


async def _words_page(
    work: Work, template: str, form: dict[str, str], errors: Errors
) -> Response[str]:
    view, _ = await queries.offer_view(work)
    if done := await answered_page(work, view):
        return done
    say = sayer(view.language)
    reasons = [(one, say(f"r_{one}")) for one in REASONS]
    return offer_page(work, template, view, errors=errors, form=form, reasons=reasons)


@get("/offer/pdf", permission=Permission.LINK, include_in_schema=False)
async def offer_pdf(work: Work) -> Response[bytes]:
    """The client's copy of the sealed file."""
    contract = await queries.linked_row(work, OFFER_LINK)
    return await pdf_answer(work, contract.id)


def seen(data: dict[str, str]) -> dict[str, Any]:
    """Version and hash of the document that the form was made from."""
    version = data.get("version", "")
    return {
        "version": int(version) if re.fullmatch(r"[0-9]{1,9}", version) else 0,
        "shown_sha256": data.get("shown_sha256", ""),
    }


async def fault(work: Work, refusal: GuildError, field: str) -> dict[str, str]:
    """A refusal beside its field, in the reader's language."""
    return {"field": field, "text": refusal_text(refusal, await language_of(work))}


PAGES = [
    offer_door, open_offer, delivery_door, open_deliveries, read_offer, choose_answer, sign_page,
    send_code, sign, changes_page, ask_for_changes, decline_page, decline, offer_pdf,
]  # fmt: skip
