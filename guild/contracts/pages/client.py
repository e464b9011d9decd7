"""Pages of contracts, for the client and for the member.

The client reads an offer, signs, asks for changes, declines, accepts a delivery; the member reads
her contracts. Whoever holds a sealed file asks `web/verify.py`.

Everything works without JavaScript and with a keyboard alone. A GET never changes anything, so a
mail scanner that follows the link neither opens nor uses it: only the button on the first page
does, and it binds the browser by a cookie.
"""

import re
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from markupsafe import Markup

from guild.contracts import commands, queries
from guild.contracts.access import DELIVERY_LINK, OFFER_LINK
from guild.contracts.errors import (
    CodeExpired,
    CodeTriesUsedUp,
    CodeWrong,
    ConsentMissing,
    NameMissing,
    OfferNotFound,
    TooManyCodes,
)
from guild.contracts.routes import NO_STORE, pdf_answer
from guild.contracts.schemas import (
    ChangesIn,
    DeclineIn,
    DeliveryChangesIn,
    OfferIn,
    SignIn,
)
from guild.contracts.schemas.contract import AcceptPartIn
from guild.core.errors import GuildError
from guild.core.ids import ContractId, DeliveryId, MilestoneId
from guild.core.pages import page
from guild.core.permissions import LinkGrant, Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.members import commands as members
from guild.members.schemas.cookies import link_cookie

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
ANSWERS: Final = {"sign": "/offer/sign", "change": "/offer/changes", "decline": "/offer/decline"}
REASONS: Final = [
    ("price", "The price"),
    ("scope", "What would be done"),
    ("dates", "The dates"),
    ("terms", "The conditions"),
    ("other", "Something else"),
]
SIGN_REFUSALS: Final = (CodeExpired, CodeTriesUsedUp, CodeWrong, ConsentMissing, NameMissing)
"""Refusals that the signing form shows beside its fields; none of them has changed anything but
the count of wrong codes, which is meant to stay."""


def _page(work: Work, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    answer = page(work, template, status=status, **context)
    answer.headers.update(NO_STORE)
    return answer


@get("/offers/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def offer_door(work: Work, token: str) -> Response[str]:
    """What a mail's link shows: one button. Nothing is looked up and nothing is changed."""
    return _page(work, "contracts/door.html", token=token, what="offer", to="/offers")


@post("/offers/{token:str}", permission=Permission.PUBLIC, include_in_schema=False,
      status_code=303)  # fmt: skip
async def open_offer(work: Work, token: str) -> Redirect:
    """Use the link: this browser is bound to it, and the offer counts as opened."""
    return await _open(work, token, OFFER_LINK, "/offer")


@get("/deliveries/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def delivery_door(work: Work, token: str) -> Response[str]:
    """The same for deliveries."""
    return _page(work, "contracts/door.html", token=token, what="delivery", to="/deliveries")


@post("/deliveries/{token:str}", permission=Permission.PUBLIC, include_in_schema=False,
      status_code=303)  # fmt: skip
async def open_deliveries(work: Work, token: str) -> Redirect:
    """Use the link: this browser is bound to it."""
    return await _open(work, token, DELIVERY_LINK, "/deliveries")


async def _open(work: Work, token: str, purpose: str, path: str) -> Redirect:
    opened = await members.open_link(work, token)
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
async def offer_page(work: Work) -> Response[str]:
    """The offer in full, and three answers of equal weight."""
    view, html = await queries.offer_view(work)
    row = await queries.linked_row(work, OFFER_LINK)
    return _page(
        work, "contracts/offer.html", offer=view, document=document_markup(html),
        sealing=await queries.sealing_of(work, row),
    )  # fmt: skip


def document_markup(shown: bytes) -> Markup:
    """The frozen document as it stands inside a page: our own template escaped every value."""
    return Markup(shown.decode())  # noqa: S704


@get("/offer/answer", permission=Permission.LINK, include_in_schema=False)
async def choose_answer(work: Work, answer: str = "") -> Redirect:
    """From the three answers to the page of the chosen one."""
    await queries.linked_row(work, OFFER_LINK)
    return Redirect(ANSWERS.get(answer, "/offer#answer"), status_code=303)


@get("/offer/sign", permission=Permission.LINK, include_in_schema=False)
async def sign_page(work: Work) -> Response[str]:
    """Three steps: code, name, consent."""
    return await _sign_page(work, {}, [])


async def _sign_page(
    work: Work, form: dict[str, str], errors: list[dict[str, str]]
) -> Response[str]:
    view, _ = await queries.offer_view(work)
    return _page(
        work,
        "contracts/sign.html",
        status=422 if errors else 200,
        offer=view,
        email=view.your_email,
        form=form,
        errors=errors,
        waiting=view.code_expires_at is not None and view.code_expires_at > work.now,
    )


@post("/offer/code", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def send_code(work: Work, data: Form) -> Response[str] | Redirect:
    """Mail a code and come back to the form."""
    try:
        await commands.request_code(work, msgspec.convert(_seen(data), OfferIn))
    except (CodeTriesUsedUp, TooManyCodes) as refusal:
        return await _sign_page(work, {}, [_error(refusal, "code")])
    return Redirect("/offer/sign", status_code=303)


@post("/offer/sign", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def sign(work: Work, data: Form) -> Response[str] | Redirect:
    """Sign; a refusal shows the form again with what was typed."""
    errors = _sign_errors(data)
    if errors:
        return await _sign_page(work, data, errors)
    try:
        await commands.sign_contract(work, msgspec.convert(_signature(data), SignIn))
    except SIGN_REFUSALS as refusal:
        return await _sign_page(work, data, [_error(refusal, refusal.field or "code")])
    return Redirect("/offer", status_code=303)


def _sign_errors(data: dict[str, str]) -> list[dict[str, str]]:
    code = "".join(data.get("code", "").split())
    wrong = []
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        wrong.append({"field": "code", "text": "Type the six digits from the mail."})
    if not data.get("typed_name", "").strip():
        wrong.append({"field": "typed_name", "text": "Type your full name."})
    if not data.get("role", "").strip():
        wrong.append({"field": "role", "text": "Say what your role is."})
    if data.get("consent") != "yes":
        wrong.append({"field": "consent", "text": "Tick the box to give your consent."})
    return wrong


def _signature(data: dict[str, str]) -> dict[str, Any]:
    return {
        **_seen(data),
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
    wishes = data.get("wishes", "").strip()
    if not wishes or len(wishes) > 5000:
        text = "Write what should differ, in at most 5000 characters."
        return await _words_page(
            work, "contracts/changes.html", data, [{"field": "wishes", "text": text}]
        )
    asked = msgspec.convert({**_seen(data), "wishes": wishes}, ChangesIn)
    await commands.request_contract_changes(work, asked)
    return Redirect("/offer", status_code=303)


@get("/offer/decline", permission=Permission.LINK, include_in_schema=False)
async def decline_page(work: Work) -> Response[str]:
    """Choose a reason."""
    return await _words_page(work, "contracts/decline.html", {}, [])


@post("/offer/decline", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def decline(work: Work, data: Form) -> Response[str] | Redirect:
    """Say no, with a reason."""
    note = data.get("note", "").strip()
    wrong = []
    if data.get("reason") not in dict(REASONS):
        wrong.append({"field": "reason", "text": "Choose a reason."})
    if len(note) > 5000:
        wrong.append({"field": "note", "text": "Use at most 5000 characters."})
    if wrong:
        return await _words_page(work, "contracts/decline.html", data, wrong)
    said = {**_seen(data), "reason": data["reason"], "note": note}
    await commands.decline_contract(work, msgspec.convert(said, DeclineIn))
    return Redirect("/offer", status_code=303)


async def _words_page(
    work: Work, template: str, form: dict[str, str], errors: list[dict[str, str]]
) -> Response[str]:
    view, _ = await queries.offer_view(work)
    status = 422 if errors else 200
    return _page(
        work, template, status=status, offer=view, form=form, errors=errors, reasons=REASONS
    )


@get("/offer/pdf", permission=Permission.LINK, include_in_schema=False)
async def offer_pdf(work: Work) -> Response[bytes]:
    """The client's copy of the sealed file."""
    contract = await queries.linked_row(work, OFFER_LINK)
    return await pdf_answer(work, contract.id)


@get("/deliveries", permission=Permission.LINK, include_in_schema=False)
async def deliveries_page(work: Work) -> Response[str]:
    """What was delivered, and two answers to what waits."""
    return await _deliveries_page(work, "", [])


async def _deliveries_page(work: Work, wishes: str, errors: list[dict[str, str]]) -> Response[str]:
    view = await queries.deliveries_view(work)
    return _page(
        work, "contracts/deliveries.html", status=422 if errors else 200, view=view,
        items=view.items, wishes=wishes, errors=errors,
    )  # fmt: skip


@post("/deliveries/answer", permission=Permission.LINK, include_in_schema=False, status_code=303)
async def answer_delivery(work: Work, data: Form) -> Response[str] | Redirect:
    """Accept a delivery or ask for changes to it."""
    wishes = data.get("wishes", "").strip()
    milestone_id = MilestoneId(msgspec.convert(data.get("milestone_id", ""), UUID))
    delivery_id = DeliveryId(msgspec.convert(data.get("delivery_id", ""), UUID))
    if data.get("answer") == "accept":
        await commands.accept_milestone(work, milestone_id, delivery_id)
    elif data.get("answer") == "part" and 0 < len(wishes) <= 5000:
        part = {
            "delivery_id": delivery_id, "missing": wishes,
            "accepted_net": data.get("accepted_net", "").strip(),
        }  # fmt: skip
        await commands.accept_part(work, milestone_id, msgspec.convert(part, AcceptPartIn))
    elif data.get("answer") == "change" and 0 < len(wishes) <= 5000:
        asked = msgspec.convert({"delivery_id": delivery_id, "wishes": wishes}, DeliveryChangesIn)
        await commands.request_milestone_changes(work, milestone_id, asked)
    else:
        missing = data.get("answer") not in ("change", "part")
        field, text = (
            ("answer", "Choose an answer.")
            if missing
            else ("wishes", "Write what should be done differently, in at most 5000 characters.")
        )
        return await _deliveries_page(work, wishes, [{"field": field, "text": text}])
    return Redirect("/deliveries", status_code=303)


def _seen(data: dict[str, str]) -> dict[str, Any]:
    """Version and hash of the document that the form was made from."""
    version = data.get("version", "")
    return {
        "version": int(version) if re.fullmatch(r"[0-9]{1,9}", version) else 0,
        "shown_sha256": data.get("shown_sha256", ""),
    }


def _error(refusal: GuildError, field: str) -> dict[str, str]:
    return {"field": field, "text": f"{refusal.detail} {refusal.mend}".strip()}


@get("/contracts/{contract_id:uuid}", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def contract_page(work: Work, contract_id: ContractId) -> Response[str]:
    """A contract in full: how it stands, its deliveries, its text, its chain of evidence."""
    view = await queries.contract_view(work, contract_id)
    row = await queries.contract_row(work, contract_id)
    return _page(
        work,
        "contracts/contract.html",
        section="/contracts",
        contract=view,
        events=await queries.contract_events(work, contract_id),
        sealing=await queries.sealing_of(work, row),
        keeping=await queries.keeping_view(work, row),
        signers=await queries.signer_views(work, contract_id, view.version),
        document=document_markup(await queries.document_html(work, contract_id)),
    )


@get("/contracts/{contract_id:uuid}/pdf", permission=Permission.CONTRACTS_READ,
     include_in_schema=False)  # fmt: skip
async def contract_pdf(work: Work, contract_id: ContractId) -> Response[bytes]:
    """The member's copy of the sealed file."""
    return await pdf_answer(work, contract_id)


PAGES = [
    offer_door, open_offer, delivery_door, open_deliveries, offer_page, choose_answer, sign_page,
    send_code, sign, changes_page, ask_for_changes, decline_page, decline, offer_pdf,
    deliveries_page, answer_delivery, contract_page, contract_pdf,
]  # fmt: skip
