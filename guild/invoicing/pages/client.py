"""The client's page: what is to pay, how, what it is for, and the files to keep.

A GET of the link in the mail shows one button and changes nothing, so a scanner that follows it
uses nothing up; the button binds the browser by a cookie.
"""

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect
from markupsafe import Markup

from guild.core.pages import browser_language, page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.invoicing import queries
from guild.invoicing.access import INVOICE_LINK
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.queries import InvoicePage
from guild.invoicing.queries.page import page_words
from guild.invoicing.routes import FileKind, file_answer, linked_invoice
from guild.invoicing.rules.epc import epc_code, epc_svg
from guild.members import commands as members
from guild.members.schemas.cookies import link_cookie

CLOSED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@get("/i/{token:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def door(work: Work, token: str, request: Request[Any, Any, Any]) -> Response[str]:
    """What the mail's link shows: one button. Nothing is looked up and nothing is changed."""
    lang = browser_language(request)
    words = page_words()[lang]["door"]
    answer = page(work, "invoicing/door.html", lang=lang, t=words, token=token)
    answer.headers.update(CLOSED)
    return answer


@post("/i/{token:str}", permission=Permission.PUBLIC, include_in_schema=False, status_code=303)
async def open_invoice(work: Work, token: str) -> Redirect:
    """Use the link: this browser is bound to it."""
    opened = await members.open_link(work, token)
    if opened.purpose != INVOICE_LINK:
        raise InvoiceNotFound(mend="Open the link exactly as it stands in the mail.")
    cookie = link_cookie(work.settings, opened.session_token, now=work.now, until=opened.expires_at)
    return Redirect("/invoice", status_code=303, cookies=[cookie], headers=CLOSED)


@get("/invoice", permission=Permission.LINK, include_in_schema=False)
async def invoice_page(work: Work) -> Response[str]:
    """The invoice, and the code that pays it."""
    shown = await queries.invoice_page(work, linked_invoice(work))
    answer = page(
        work, "invoicing/invoice.html", lang=shown.lang, shown=shown, code=payment_code(shown),
        providers=work.settings.pay.offered,
        t=page_words()[shown.lang],
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/invoice/{kind:str}", permission=Permission.LINK, include_in_schema=False)
async def download(work: Work, kind: FileKind) -> Response[bytes]:
    """One of the three files."""
    return await file_answer(work, linked_invoice(work), kind)


def payment_code(shown: InvoicePage) -> Markup | None:
    """The EPC code for what is still open; only for euro."""
    if shown.currency != "EUR":
        return None
    code = epc_code(
        name=shown.payee,
        iban=shown.iban,
        bic=shown.bic,
        amount_minor=shown.open_minor,
        reference=shown.reference,
    )
    if code is None:
        return None
    svg = epc_svg(code, title=shown.code_title)  # segno escapes the title
    return Markup(svg)  # noqa: S704


PAGES = [door, open_invoice, invoice_page, download]
