"""Correcting and repeating documents: credit and reissue, copies, what belongs together."""

from guild.core.ids import InvoiceId
from guild.core.permissions import Permission
from guild.core.wire import get, post, post_once
from guild.core.work import Work
from guild.invoicing import commands, queries
from guild.invoicing.queries.related import related_to
from guild.invoicing.schemas import InvoiceOut
from guild.invoicing.schemas.credits import ReissuedOut, ReissueIn
from guild.invoicing.schemas.kinds import RelatedOut


@post_once("/invoices/{invoice_id:uuid}/reissue", permission=Permission.INVOICES_ISSUE,
           tags=["invoices"], summary="Credit and reissue")  # fmt: skip
async def reissue(work: Work, invoice_id: InvoiceId, data: ReissueIn) -> ReissuedOut:
    """Credit an invoice whole and draft it anew with corrections; with `issue` issue both."""
    return await commands.credit_and_reissue(work, invoice_id, data)


@post("/invoices/{invoice_id:uuid}/copy", permission=Permission.INVOICES_ISSUE,
      tags=["invoices"], summary="Copy an invoice")  # fmt: skip
async def copy(work: Work, invoice_id: InvoiceId) -> InvoiceOut:
    """A new draft with the same lines and references; milestones are not invoiced twice."""
    return await queries.get_invoice(work, await commands.copy_invoice(work, invoice_id))


@get("/invoices/{invoice_id:uuid}/related", permission=Permission.INVOICES_READ,
     tags=["invoices"], summary="What belongs to an invoice")  # fmt: skip
async def related(work: Work, invoice_id: InvoiceId) -> list[RelatedOut]:
    """Its credit notes, what it was copied, reissued or made from, and the deposits it settles."""
    return await related_to(work, invoice_id)


ROUTES = [reissue, copy, related]
