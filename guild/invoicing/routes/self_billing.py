"""Self-billing over HTTP: the mandate, and the documents made in a member's name."""

from typing import Annotated

from litestar.params import QueryParameter

from guild.core.ids import InvoiceId, PayoutId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post, post_once
from guild.core.work import Work
from guild.invoicing import commands, queries
from guild.invoicing.queries.self_billing import (
    list_self_bills,
    list_unbilled,
    mandate_of,
    tried,
)
from guild.invoicing.schemas import InvoiceOut
from guild.invoicing.schemas.self_billing import (
    MandateIn,
    MandateOut,
    ObjectionIn,
    RevokeIn,
    SelfBillDueOut,
    SelfBillOut,
    SelfBillState,
    SelfBillTriedOut,
)

State = Annotated[SelfBillState | None, QueryParameter(name="state")]


@get("/me/self-billing", permission=Permission.INVOICES_ISSUE, tags=["self-billing"],
     summary="Your mandate for self-billing")  # fmt: skip
async def read_mandate(work: Work) -> MandateOut:
    """The words of the mandate as they stand today, and whether you have signed."""
    return await mandate_of(work)


@post("/me/self-billing", permission=Permission.INVOICES_ISSUE, tags=["self-billing"],
      summary="Agree to self-billing")  # fmt: skip
async def sign(work: Work, data: MandateIn) -> MandateOut:
    """Sign by typing your legal name under the words you read."""
    await commands.sign_mandate(
        work, data.typed_name, terms_version=data.terms_version, period=data.period
    )
    return await mandate_of(work)


@post("/me/self-billing/revoke", permission=Permission.INVOICES_ISSUE, tags=["self-billing"],
      summary="End self-billing")  # fmt: skip
async def revoke(work: Work, data: RevokeIn) -> MandateOut:
    """Nothing is billed in your name from now on; what was issued stays."""
    await commands.revoke_mandate(work, data.reason)
    return await mandate_of(work)


@get("/self-bills", permission=Permission.INVOICES_READ, tags=["self-billing"],
     summary="Documents made in members' names")  # fmt: skip
async def list_bills(
    work: Work, bill_state: State = None, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[SelfBillOut]:
    """Your own, newest first; the treasury sees all and what members object to."""
    return await list_self_bills(work, state=bill_state, cursor=cursor, limit=limit)


@get("/self-bills/due", permission=Permission.INVOICES_READ, tags=["self-billing"],
     summary="Payouts without their document")  # fmt: skip
async def list_unbilled_payouts(work: Work) -> list[SelfBillDueOut]:
    """What waits for the end of its month, and what the rules refused, with the reason."""
    return await list_unbilled(work)


@post_once("/self-bills/due/{payout_id:uuid}/retry", permission=Permission.INVOICES_CREDIT,
           tags=["self-billing"], summary="Try a refused document again")  # fmt: skip
async def retry_self_bill(work: Work, payout_id: PayoutId) -> SelfBillTriedOut:
    """After what was wrong is mended: write it now, or learn what is still wrong."""
    await commands.retry_self_bill(work, payout_id)
    return await tried(work, payout_id)


@post_once("/self-bills/{invoice_id:uuid}/object", permission=Permission.INVOICES_ISSUE,
      tags=["self-billing"], summary="Object to a self-billed document")  # fmt: skip
async def object_to(work: Work, invoice_id: InvoiceId, data: ObjectionIn) -> InvoiceOut:
    """Say what is wrong: the document is taken back by a credit note, and the office is told."""
    note_id = await commands.object_to_self_bill(work, invoice_id, data.reason)
    await work.write()
    return await queries.get_invoice(work, note_id)


@post("/self-bills/{invoice_id:uuid}/accept", permission=Permission.INVOICES_ISSUE,
      tags=["self-billing"], summary="Accept a self-billed document")  # fmt: skip
async def accept(work: Work, invoice_id: InvoiceId) -> InvoiceOut:
    """Accept it now; otherwise the end of the period does."""
    await commands.accept_self_bill(work, invoice_id)
    return await queries.get_invoice(work, invoice_id)


ROUTES = [
    read_mandate, sign, revoke, list_bills, list_unbilled_payouts, retry_self_bill, object_to,
    accept,
]  # fmt: skip
