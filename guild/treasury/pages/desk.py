"""The treasurer's desk: books and bank, entries to explain, statements in."""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, InvoiceId, SupplierInvoiceId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.entry import entry_again, shown_entry
from guild.treasury.pages.forms import FORM, Form, Show, Upload, amount, or_again
from guild.treasury.rules.camt053 import MAX_BYTES
from guild.treasury.schemas import CoopAccountIn, ExplainIn

SHOWN: Final = 20


ACCOUNT: Final = ("name", "iban", "bic", "currency", "opening_balance", "opened_on")


async def _desk(
    work: Work, *, status: int = 200, errors: Any = (), entered: dict[str, str] | None = None
) -> Response[str]:
    accounts = await queries.coop_accounts(work)
    return page(
        work, "treasury/desk.html", status=status, errors=list(errors), section="/treasury",
        amount=amount, entered=entered or {},
        accounts=[(one, await queries.reconciliation(work, one.id)) for one in accounts],
        entries=await queries.entries(work, state="open", limit=SHOWN),
        requested=await queries.payouts(work, state="requested", limit=SHOWN),
        approved=await queries.payouts(work, state="approved", limit=SHOWN),
        batches=await queries.batches(work, limit=SHOWN),
        undos=await queries.undos(work),
        objections=await queries.allocation_objections(work),
        owing=await queries.owing_clients(work),
    )  # fmt: skip


@get("/treasury", permission=Permission.TREASURY_READ, include_in_schema=False)
async def desk_page(work: Work) -> Response[str]:
    """Books and bank, entries to explain, payouts to approve, files to send."""
    return await _desk(work)


@post("/treasury/statements", permission=Permission.STATEMENTS_IMPORT,
      request_max_body_size=MAX_BYTES + 100_000, **FORM)  # fmt: skip
async def import_statement(work: Work, data: Upload) -> Redirect:
    """Import an uploaded file as it came from the bank."""
    file = data.get("statement")

    async def bring_in() -> None:
        if not isinstance(file, UploadFile):
            raise Invalid("Choose the file first.", field="statement")
        await commands.import_statements(work, await file.read())

    async def again(**shown: Any) -> Response[str]:
        return await _desk(work, **shown)

    return await or_again(bring_in(), "/treasury#entries", again)


@post("/treasury/accounts", permission=Permission.STATEMENTS_IMPORT, **FORM)
async def keep_account(work: Work, data: Form) -> Redirect:
    """Keep one more bank account of the co-operative."""

    async def keep() -> None:
        told = {name: data[name].strip() for name in ACCOUNT if data.get(name, "").strip()}
        if "opening_balance" in told:
            told["opening_balance"] = told["opening_balance"].replace(" ", "").replace(",", ".")
        await commands.open_coop_account(work, msgspec.convert(told, CoopAccountIn))

    async def again(**shown: Any) -> Response[str]:
        return await _desk(work, entered=data, **shown)

    return await or_again(keep(), "/treasury#accounts", again)


@get("/treasury/entries/{entry_id:uuid}", permission=Permission.TREASURY_READ,
     include_in_schema=False)  # fmt: skip
async def entry_page(work: Work, entry_id: BankEntryId) -> Response[str]:
    """One entry, the invoices that it may pay and why."""
    return await shown_entry(work, entry_id)


@post("/treasury/entries/{entry_id:uuid}/confirm", permission=Permission.MATCHES_CONFIRM, **FORM)
async def confirm_entry(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Match the entry with the chosen invoice, a client's or a supplier's."""

    async def confirm() -> None:
        if data.get("supplier_invoice_id"):
            cost_id = msgspec.convert(data["supplier_invoice_id"], UUID)
            await commands.confirm_supplier_invoice(work, entry_id, SupplierInvoiceId(cost_id))
            return
        if not data.get("invoice_id"):
            raise Invalid("Choose the invoice that it pays.", field="invoice_id")
        invoice_id = msgspec.convert(data["invoice_id"], UUID)
        await commands.confirm_match(work, entry_id, InvoiceId(invoice_id))

    return await or_again(confirm(), "/treasury#entries", entry_again(work, entry_id))


EXPLAINED: Final = ("kind", "client_id", "provider_account_id", "note")


@post("/treasury/entries/{entry_id:uuid}/explain", permission=Permission.MATCHES_CONFIRM, **FORM)
async def explain_entry(work: Work, entry_id: BankEntryId, data: Form) -> Redirect:
    """Say what the entry is that pays no invoice."""

    async def explain() -> None:
        said = {name: data[name] for name in EXPLAINED if data.get(name)}
        await commands.explain_entry(work, entry_id, msgspec.convert(said, ExplainIn))

    return await or_again(explain(), "/treasury#entries", entry_again(work, entry_id))


def desk_again(work: Work) -> Show:
    """The desk, for a form on it that was refused."""

    async def again(**shown: Any) -> Response[str]:
        return await _desk(work, **shown)

    return again


PAGES = [desk_page, import_statement, keep_account, entry_page, confirm_entry, explain_entry]
