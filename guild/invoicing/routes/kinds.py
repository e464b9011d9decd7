"""Pro-formas, deposits, attachments and notes over HTTP."""

from guild.core.ids import InvoiceId
from guild.core.permissions import Permission
from guild.core.wire import get, post, post_once
from guild.core.work import Work
from guild.invoicing import commands, queries
from guild.invoicing.queries.drafting import sendings_of
from guild.invoicing.queries.internal import notes_on
from guild.invoicing.schemas import InvoiceOut
from guild.invoicing.schemas.kinds import (
    DepositIn,
    FileIn,
    FileNameIn,
    NoteIn,
    NoteOut,
    ProformaIn,
    SendingOut,
    SettleIn,
)


@post("/pro-formas", permission=Permission.INVOICES_ISSUE, tags=["invoices"],
      summary="Draft a pro-forma")  # fmt: skip
async def draft_proforma(work: Work, data: ProformaIn) -> InvoiceOut:
    """What an invoice would say: no number, nothing in the books. Its PDF is made in a moment."""
    return await queries.get_invoice(work, await commands.draft_proforma(work, data))


@post_once("/pro-formas/{invoice_id:uuid}/send", permission=Permission.INVOICES_ISSUE,
           tags=["invoices"], summary="Mail a pro-forma")  # fmt: skip
async def send_proforma(work: Work, invoice_id: InvoiceId) -> list[SendingOut]:
    """Mail the client's contact a personal link to it, as it stands now."""
    await commands.send_proforma(work, invoice_id)
    return await sendings_of(work, invoice_id)


@get("/pro-formas/{invoice_id:uuid}/sendings", permission=Permission.INVOICES_READ,
     tags=["invoices"], summary="When a pro-forma was mailed")  # fmt: skip
async def list_sendings(work: Work, invoice_id: InvoiceId) -> list[SendingOut]:
    """To whom and when, the latest first."""
    return await sendings_of(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/invoice", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Turn a pro-forma into an invoice")  # fmt: skip
async def convert(work: Work, invoice_id: InvoiceId) -> InvoiceOut:
    """The invoice that a pro-forma announced, as a draft; its milestones must be accepted."""
    return await queries.get_invoice(work, await commands.draft_from_proforma(work, invoice_id))


@post("/deposits", permission=Permission.INVOICES_ISSUE, tags=["invoices"],
      summary="Draft a deposit")  # fmt: skip
async def draft_deposit(work: Work, data: DepositIn) -> InvoiceOut:
    """A deposit invoice (386): by the contract's clause, a per cent of its value, or an amount."""
    return await queries.get_invoice(work, await commands.draft_deposit(work, data))


@post("/invoices/{invoice_id:uuid}/deposits", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Settle deposits")  # fmt: skip
async def settle(work: Work, invoice_id: InvoiceId, data: SettleIn) -> InvoiceOut:
    """Deduct deposits from a final draft; issuing it takes them back, so VAT is owed once."""
    await commands.settle_deposits(work, invoice_id, data.deposits)
    return await queries.get_invoice(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/attachments", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Attach a file",
      request_max_body_size=commands.FILE_MAX * 3 // 2)  # fmt: skip
async def attach(work: Work, invoice_id: InvoiceId, data: FileIn) -> InvoiceOut:
    """Attach a time sheet or proof to a draft; the e-invoices carry it, the PDF lists it."""
    await commands.attach_file(work, invoice_id, data.name, data.data, data.description)
    return await queries.get_invoice(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/attachments/remove", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Take a file off")  # fmt: skip
async def remove(work: Work, invoice_id: InvoiceId, data: FileNameIn) -> InvoiceOut:
    """Take an attached file off a draft."""
    await commands.remove_file(work, invoice_id, data.name)
    return await queries.get_invoice(work, invoice_id)


@get("/invoices/{invoice_id:uuid}/notes", permission=Permission.INVOICES_READ,
     tags=["invoices"], summary="Notes on an invoice")  # fmt: skip
async def list_notes(work: Work, invoice_id: InvoiceId) -> list[NoteOut]:
    """What the member and the treasury noted; the client never sees it."""
    return await notes_on(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/notes", permission=Permission.INVOICES_CREDIT,
      tags=["invoices"], summary="Note something")  # fmt: skip
async def note(work: Work, invoice_id: InvoiceId, data: NoteIn) -> list[NoteOut]:
    """Add a note for the member and the treasury."""
    await commands.add_note(work, invoice_id, data.text)
    return await notes_on(work, invoice_id)


ROUTES = [
    draft_proforma, send_proforma, list_sendings, convert, draft_deposit, settle, attach, remove,
    list_notes, note,
]  # fmt: skip
