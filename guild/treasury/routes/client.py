"""The client's doors, through the link of its invoice: ways to pay, and what transfers paid."""

from guild.core.ids import BankEntryId
from guild.core.permissions import Permission
from guild.core.wire import get, post, post_once
from guild.core.work import Work
from guild.invoicing.routes import linked_invoice
from guild.treasury import commands, jobs, queries
from guild.treasury.schemas import (
    AllocationObjectionOut,
    AnswerAllocationIn,
    ClientPaymentsOut,
    ObjectAllocationIn,
    PaymentLinkIn,
    PaymentLinkOut,
)

LINK = Permission.LINK


@get("/invoice/transfers", permission=LINK, tags=["client"], summary="Payments of your invoice")
async def linked_payments(work: Work) -> ClientPaymentsOut:
    """What is due, the providers that can be asked, and which transfers paid what."""
    return await queries.client_payments(work, linked_invoice(work))


@post_once("/invoice/payment-links", permission=LINK, tags=["client"],
           summary="Ask for a page to pay on")  # fmt: skip
async def linked_payment_link(work: Work, data: PaymentLinkIn) -> PaymentLinkOut:
    """A page of a provider, for what is due; `url` follows a moment later."""
    made = await commands.ask_as_client(work, linked_invoice(work), data)
    if not made.url:
        work.later(jobs.make_payment_link, payment_id=made.id)
    return made


@post("/invoice/transfers/{entry_id:uuid}/objection", permission=LINK, tags=["client"],
      summary="Your transfer was meant otherwise")  # fmt: skip
async def object_linked(
    work: Work, entry_id: BankEntryId, data: ObjectAllocationIn
) -> ClientPaymentsOut:
    """Say so within the charter's days; a treasurer who did not record it looks at it."""
    invoice_id = linked_invoice(work)
    await commands.object_to_allocation(work, invoice_id, entry_id, data)
    return await queries.client_payments(work, invoice_id)


@get("/allocation-objections", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="Transfers that were meant otherwise")  # fmt: skip
async def objections(
    work: Work, entry_id: BankEntryId | None = None
) -> list[AllocationObjectionOut]:
    """What clients said and nobody has answered, or all about one entry."""
    return await queries.allocation_objections(work, entry_id)


@post("/bank-entries/{entry_id:uuid}/objection/answer", permission=Permission.MATCHES_CONFIRM,
      tags=["treasury"], status_code=200, summary="Answer such an objection")  # fmt: skip
async def answer(
    work: Work, entry_id: BankEntryId, data: AnswerAllocationIn
) -> list[AllocationObjectionOut]:
    """The match stays; the client reads why. If the client is right, ask to undo the match."""
    await commands.answer_allocation(work, entry_id, data)
    return await queries.allocation_objections(work, entry_id)


ROUTES = [linked_payments, linked_payment_link, object_linked, objections, answer]
