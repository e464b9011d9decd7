"""The client's page of all that was sent to it: what waits, what is to pay and paid, its account.

Whoever holds any personal link sees the list for its contact. To open what the link is not for, she
has a link to all of it mailed to her address (`members.commands.client_links` says why). That one
sees what every member has sent to the address, and opens each thing by a button: an invoice to pay,
deliveries to answer. An offer goes by mail once more, for a signature needs its own link.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from guild.contracts import commands as contract_commands
from guild.contracts import queries as contracts
from guild.contracts.access import DELIVERY_LINK
from guild.contracts.errors import TooManyLinks
from guild.core.ids import ContractId, InvoiceId, OrganisationId
from guild.core.money import Money
from guild.core.pages import browser_language, page
from guild.core.permissions import Permission
from guild.core.wire import CurrencyCode, Cursor, Email, get, post
from guild.core.work import Work
from guild.invoicing import queries as invoicing
from guild.invoicing.access import INVOICE_LINK
from guild.members import commands as members
from guild.members.access import CLIENT_LINK
from guild.members.errors import LinkNotFound, OrganisationNotFound, TooManyTries
from guild.members.queries import KnownAs, known_as
from guild.members.schemas.cookies import client_cookie, link_cookie
from guild.receivables import queries
from guild.receivables.pages.forms import CLOSED, Form
from guild.receivables.routes.files import csv_file, pdf_file, plain_file

WORDS: Final = Path(__file__).parent.parent / "templates" / "everything.json"
ANSWERS: Final = {"delivery": "/deliveries", "time_sheet": "/time-sheets", "ending": "/ending"}
Said = Literal["mailed", "offer_mailed", "too_often"]
LINES_SHOWN: Final = 12
PAGE: Final[dict[str, Any]] = {"include_in_schema": False, "everything": True}
STEP: Final[dict[str, Any]] = {**PAGE, "status_code": 303}


@cache
def _words() -> dict[str, Any]:
    """The words of these pages, by language."""
    read: dict[str, Any] = json.loads(WORDS.read_text(encoding="utf-8"))
    return read


def _lang(known: list[KnownAs]) -> str:
    lang = known[0].language[:2]
    return lang if lang in _words() else "en"


def _spoken(work: Work, template: str, lang: str, *, status: int = 200, **more: Any) -> Any:
    answer = page(work, template, status=status, lang=lang, t=_words()[lang], **more)
    answer.headers.update(CLOSED)
    return answer


@get("/client", permission=Permission.LINK, **PAGE)
async def everything(
    work: Work, cursor: Cursor | None = None, said: Said | None = None
) -> Response[str]:
    """What waits for an answer, invoices, contracts, and the account with each member."""
    known = await known_as(work)
    lang = _lang(known)
    to_pay = await invoicing.invoices_to_pay(work, known, lang)
    assert work.actor.link is not None
    answer: Response[str] = _spoken(
        work, "receivables/everything.html", lang, said=said, sums=_sums(to_pay),
        known=known, link=work.actor.link, wide=work.actor.link.purpose == CLIENT_LINK,
        awaited=await contracts.awaited_by(work, known), to_pay=to_pay,
        agreed=await contracts.agreed_with(work, known),
        settled=await invoicing.invoices_settled(work, known, lang, cursor),
        accounts=await queries.accounts_of(work, known), lines=LINES_SHOWN,
        kinds=json.loads((WORDS.parent / "statement_print.json").read_text(encoding="utf-8"))[lang],
    )  # fmt: skip
    return answer


def _sums(to_pay: list[invoicing.SentInvoice]) -> list[Money]:
    """What is to pay together, by currency: currencies are never added."""
    sums: dict[str, Money] = {}
    for one in to_pay:
        known = sums.get(one.open.currency)
        sums[one.open.currency] = one.open if known is None else known + one.open
    return [sums[currency] for currency in sorted(sums)]


@post("/client/link", permission=Permission.LINK, **STEP)
async def mail_link(work: Work) -> Redirect:
    """Mail the link to all to the contact's own address."""
    try:
        await members.mail_client_link(work)
    except TooManyTries as refusal:
        if not work.refused(refusal):
            raise
        return _said("too_often")
    return _said("mailed")


def _said(what: Said) -> Redirect:
    return Redirect(f"/client?said={what}", status_code=303, headers=CLOSED)


@get("/client/ask", permission=Permission.PUBLIC, include_in_schema=False)
async def ask_page(work: Work, request: Request[Any, Any, Any]) -> Response[str]:
    """For a client without a mail at hand: type the address, get the link there."""
    answer: Response[str] = _spoken(
        work, "receivables/everything_ask.html", browser_language(request), errors=[], email="",
        sent=False,
    )  # fmt: skip
    return answer


@post("/client/ask", permission=Permission.PUBLIC, include_in_schema=False, status_code=200)
async def ask_by_form(work: Work, data: Form, request: Request[Any, Any, Any]) -> Response[str]:
    """The same answer whether or not anybody has the address."""
    lang, typed = browser_language(request), data.get("email", "").strip()[:254]
    errors, status = [], 200
    try:
        await members.ask_client_link(work, msgspec.convert(typed, Email))
    except msgspec.ValidationError:
        errors, status = [{"field": "email", "text": _words()[lang]["e_email"]}], 422
    except TooManyTries as refusal:
        if not work.refused(refusal):
            raise
        errors, status = [{"field": "email", "text": _words()[lang]["too_often"]}], 429
    answer: Response[str] = _spoken(
        work, "receivables/everything_ask.html", lang, status=status, errors=errors, email=typed,
        sent=not errors,
    )  # fmt: skip
    return answer


@get("/client/open/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def door(work: Work, token: str, request: Request[Any, Any, Any]) -> Response[str]:
    """What the mail's link shows: one button. Nothing is looked up and nothing is changed."""
    answer: Response[str] = _spoken(
        work, "receivables/everything_door.html", browser_language(request), token=token, dead=False
    )
    return answer


@post("/client/open/{token:str}", permission=Permission.PUBLIC, include_in_schema=False,
      status_code=303)  # fmt: skip
async def open_all(
    work: Work, token: str, request: Request[Any, Any, Any]
) -> Response[str] | Redirect:
    """Use the link: this browser is bound to it."""
    try:
        opened = await members.open_link(work, token)
    except LinkNotFound as refusal:
        if not work.refused(refusal):
            raise
        dead: Response[str] = _spoken(
            work, "receivables/everything_door.html", browser_language(request), status=404,
            token=token, dead=True,
        )  # fmt: skip
        return dead
    if opened.purpose != CLIENT_LINK:
        raise LinkNotFound(mend="Open the link exactly as it stands in the mail.")
    until = opened.expires_at
    cookie = client_cookie(work.settings, opened.session_token, now=work.now, until=until)
    return Redirect("/client", status_code=303, cookies=[cookie], headers=CLOSED)


async def _wide(work: Work) -> list[KnownAs]:
    """Who holds the link to all; raises LinkNotFound for the link of one thing."""
    known = await known_as(work)
    if work.actor.link is None or work.actor.link.purpose != CLIENT_LINK:
        raise LinkNotFound(
            "Your link opens one thing, not this.",
            mend="Have the link to all that was sent to you mailed to you, on your page.",
        )
    return known


def _to(work: Work, opened: members.OpenedLink, path: str) -> Redirect:
    until = opened.expires_at
    cookie = link_cookie(work.settings, opened.session_token, now=work.now, until=until)
    return Redirect(path, status_code=303, cookies=[cookie], headers=CLOSED)


@post("/client/invoices/{invoice_id:uuid}", permission=Permission.LINK, **STEP)
async def open_invoice(work: Work, invoice_id: UUID) -> Redirect:
    """Open an invoice to read it and pay it."""
    found = await invoicing.sent_to(work, await _wide(work), InvoiceId(invoice_id))
    assert found.contact_id is not None, "it was found by its contact"
    opened = await members.open_thing(
        work, found.contact_id, purpose=INVOICE_LINK, subject_id=found.id
    )
    return _to(work, opened, "/invoice")


@post("/client/contracts/{contract_id:uuid}/{what:str}", permission=Permission.LINK, **STEP)
async def open_contract(
    work: Work, contract_id: UUID, what: Literal["offer", "delivery", "time_sheet", "ending"]
) -> Redirect:
    """Open deliveries, months or the closing statement; have an offer's own link mailed."""
    known, mine = await _wide(work), ContractId(contract_id)
    if what == "offer":
        try:
            await contract_commands.mail_awaited_offer(work, known, mine)
        except TooManyLinks:
            return _said("too_often")
        return _said("offer_mailed")
    contact_id = await contracts.contract_to_answer(work, known, mine)
    opened = await members.open_thing(work, contact_id, purpose=DELIVERY_LINK, subject_id=mine)
    return _to(work, opened, ANSWERS[what])


@get("/client/contracts/{contract_id:uuid}/files/{kind:str}",
     permission=Permission.LINK, **PAGE)  # fmt: skip
async def contract_file(
    work: Work, contract_id: ContractId, kind: Literal["pdf", "zip"]
) -> Response[bytes]:
    """Her copy of a signed contract: the sealed PDF, or all that proves it in one ZIP."""
    if kind == "pdf":
        return pdf_file(*await contracts.sealed_pdf(work, contract_id))
    name, content = await contracts.evidence_bundle(work, contract_id)
    return plain_file(name, "application/zip", content)


@get("/client/statements/{client_id:uuid}/{currency:str}/{kind:str}",
     permission=Permission.LINK, **PAGE)  # fmt: skip
async def statement_file(
    work: Work, client_id: UUID, currency: CurrencyCode, kind: Literal["pdf", "csv"]
) -> Response[bytes]:
    """The statement of a year with one member, as PDF or CSV."""
    known = await _wide(work)
    mine = next((one for one in known if one.client_id == client_id), None)
    if mine is None:
        raise OrganisationNotFound
    shown = await queries.statement_of(
        work, OrganisationId(client_id), currency, contact_id=mine.contact_id
    )
    if kind == "csv":
        return csv_file("statement.csv", queries.statement_csv(shown))
    return pdf_file("statement.pdf", await queries.statement_pdf(work, shown, _lang(known)))


PAGES = [
    everything, mail_link, ask_page, ask_by_form, door, open_all, open_invoice, open_contract,
    contract_file, statement_file,
]  # fmt: skip
