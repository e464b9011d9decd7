"""Sharing an invoice among members, over HTTP."""

from guild.core.ids import InvoiceId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.invoicing import commands
from guild.invoicing.queries.shares import shares_on
from guild.invoicing.schemas.shares import ShareDeclineIn, SharesIn, SharesOut


@get("/invoices/{invoice_id:uuid}/shares", permission=Permission.INVOICES_READ,
     tags=["invoices"], summary="Who shares an invoice")  # fmt: skip
async def read_shares(work: Work, invoice_id: InvoiceId) -> SharesOut:
    """Each member's share, whether she agreed, and what of it is pending, paid or taken back."""
    return await shares_on(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/shares", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Share a draft")  # fmt: skip
async def state_shares(work: Work, invoice_id: InvoiceId, data: SharesIn) -> SharesOut:
    """Name the co-workers of a draft and all shares; each is asked, and agrees before issue."""
    await commands.share_draft(work, invoice_id, data)
    return await shares_on(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/shares/agree", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Agree to a share")  # fmt: skip
async def agree_to_share(work: Work, invoice_id: InvoiceId) -> SharesOut:
    """Agree to one's own share of a draft as it is now; a change of the sums asks again."""
    await commands.agree_to_share(work, invoice_id)
    return await shares_on(work, invoice_id)


@post("/invoices/{invoice_id:uuid}/shares/decline", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Decline a share")  # fmt: skip
async def decline_share(work: Work, invoice_id: InvoiceId, data: ShareDeclineIn) -> SharesOut:
    """Say why one's share is wrong; the drafter is told, and states the shares again."""
    await commands.decline_share(work, invoice_id, data.reason)
    return await shares_on(work, invoice_id)


ROUTES = [read_shares, state_shares, agree_to_share, decline_share]
