"""The client's page of its payments: ways to pay, and what its transfers have paid."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import BankEntryId
from guild.core.money import Money
from guild.core.pages import money_text, page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.invoicing import queries as invoicing
from guild.invoicing.pages.client import CLOSED, payment_code
from guild.invoicing.routes import linked_invoice
from guild.members.queries import reader_language
from guild.receivables.pages.forms import told_in
from guild.treasury import commands, jobs, queries
from guild.treasury.pages.forms import FORM, Form, or_again
from guild.treasury.schemas import ObjectAllocationIn, PaymentLinkIn

WORDS: Final = Path(__file__).parent.parent / "templates" / "payments.json"


@cache
def _words() -> dict[str, Any]:
    """The words of the page, by language."""
    read: dict[str, Any] = json.loads(WORDS.read_text(encoding="utf-8"))
    return read


async def _shown(work: Work, *, status: int = 200, errors: Any = ()) -> Response[str]:
    invoice_id = linked_invoice(work)
    shown = await queries.client_payments(work, invoice_id)
    invoice = await invoicing.invoice_page(work, invoice_id)
    lang = await reader_language(work)
    # The code is for what is due: what is in dispute is not asked for.
    minor = Money.parse(shown.due, shown.currency).minor
    title = f"EPC: {money_text(minor, shown.currency, lang)}, {invoice.payee}"
    due = msgspec.structs.replace(invoice, open_minor=minor, code_title=title)
    answer = page(
        work, "treasury/payments.html", status=status, lang=lang, errors=list(errors), shown=shown,
        invoice=invoice, code=payment_code(due), t=_words()[lang],
    )  # fmt: skip
    answer.headers.update(CLOSED)
    return answer


@get("/invoice/payments", permission=Permission.LINK, include_in_schema=False)
async def payments_page(work: Work) -> Response[str]:
    """How to pay, what was paid through a provider, and which transfers paid what."""
    return await _shown(work)


async def _doing(work: Work, doing: Any) -> Redirect:
    async def again(**told: Any) -> Response[str]:
        return await _shown(work, **told)

    spoken = told_in(await reader_language(work), doing)
    return await or_again(spoken, "/invoice/payments#links", again)


@post("/invoice/payments/ask/{provider:str}", permission=Permission.LINK, **FORM)
async def ask_by_form(work: Work, provider: Literal["stripe", "gocardless"]) -> Redirect:
    """Ask for a page of the provider; its address shows a moment later."""

    async def doing() -> None:
        wanted = PaymentLinkIn(provider=provider)
        made = await commands.ask_as_client(work, linked_invoice(work), wanted)
        if not made.url:
            work.later(jobs.make_payment_link, payment_id=made.id)

    return await _doing(work, doing())


@post("/invoice/payments/{entry_id:uuid}/object", permission=Permission.LINK, **FORM)
async def object_by_form(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Say that a transfer was meant otherwise."""

    async def doing() -> None:
        said = msgspec.convert({"text": data.get("text", "")}, ObjectAllocationIn)
        await commands.object_to_allocation(work, linked_invoice(work), entry_id, said)

    return await _doing(work, doing())


PAGES = [payments_page, ask_by_form, object_by_form]
