"""Payouts and payment files over HTTP."""

from typing import Annotated, Literal

from litestar import Response
from litestar.params import QueryParameter

from guild.core.ids import BatchId, PayoutId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post_once
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.routes.downloads import pdf_file, xml_file
from guild.treasury.schemas import (
    BatchIn,
    BatchOut,
    PayoutIn,
    PayoutOut,
    RejectIn,
)

PayoutState = Literal["requested", "approved", "ordered", "settled", "rejected", "returned"]


@post_once("/payouts", permission=Permission.PAYOUTS_REQUEST, tags=["payouts"],
           summary="Ask for a payout")  # fmt: skip
async def request_payout(work: Work, data: PayoutIn) -> PayoutOut:
    """Ask for money that is available. Treasurers may ask for another member."""
    return await commands.request_payout(work, data)


@get("/payouts", permission=Permission.PAYOUTS_READ, tags=["payouts"], summary="Payouts")
async def payouts(
    work: Work,
    wanted: Annotated[PayoutState | None, QueryParameter(name="state")] = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[PayoutOut]:
    """All payouts for treasurer and auditor, a member's own for her; the latest first."""
    return await queries.payouts(work, state=wanted, cursor=cursor, limit=limit)


@get("/payouts/{payout_id:uuid}", permission=Permission.PAYOUTS_READ, tags=["payouts"],
     summary="A payout")  # fmt: skip
async def payout(work: Work, payout_id: PayoutId) -> PayoutOut:
    """One payout and how far it has come."""
    return await queries.payout(work, payout_id)


@get("/payouts/{payout_id:uuid}/statement", permission=Permission.PAYOUTS_READ,
     tags=["payouts"], summary="Statement of a payout", media_type="application/pdf")  # fmt: skip
async def payout_statement(work: Work, payout_id: PayoutId) -> Response[bytes]:
    """The PDF that shows where each cent went; made once the bank has shown the payout."""
    return pdf_file(*await queries.payout_document(work, payout_id))


@get("/me/payouts", permission=Permission.PAYOUTS_READ, tags=["payouts"], summary="My payouts")
async def my_payouts(
    work: Work, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[PayoutOut]:
    """What was paid, or is being paid, to the signed-in member."""
    return await queries.payouts(work, own=True, cursor=cursor, limit=limit)


@post_once("/payouts/{payout_id:uuid}/approve", permission=Permission.PAYOUTS_APPROVE,
           tags=["payouts"], summary="Approve a payout")  # fmt: skip
async def approve_payout(work: Work, payout_id: PayoutId) -> PayoutOut:
    """One of the approvals that the charter asks for, by neither payee nor requester."""
    return await commands.approve_payout(work, payout_id)


@post_once("/payouts/{payout_id:uuid}/reject", permission=Permission.PAYOUTS_APPROVE,
           tags=["payouts"], summary="Refuse a payout")  # fmt: skip
async def reject_payout(work: Work, payout_id: PayoutId, data: RejectIn) -> PayoutOut:
    """Refuse with a reason, as long as no payment file holds the payout."""
    return await commands.reject_payout(work, payout_id, data)


@post_once("/payouts/{payout_id:uuid}/again", permission=Permission.PAYOUTS_REQUEST,
           tags=["payouts"], summary="Pay a returned payout again")  # fmt: skip
async def pay_again(work: Work, payout_id: PayoutId) -> PayoutOut:
    """To the account that is approved by now; once."""
    return await commands.pay_again(work, payout_id)


@post_once("/payment-batches", permission=Permission.PAYOUTS_PREPARE, tags=["payouts"],
           summary="Make a payment file")  # fmt: skip
async def make_batch(work: Work, data: BatchIn) -> BatchOut:
    """Write all approved payouts into one pain.001 file for the next business day."""
    return await commands.make_payment_batch(work, data)


@post_once("/payment-batches/all", permission=Permission.PAYOUTS_PREPARE, tags=["payouts"],
           summary="Make all payment files")  # fmt: skip
async def make_batches(work: Work) -> list[BatchOut]:
    """Write all that is due: a file per account, currency and day, a thousand payments in each."""
    return await commands.make_payment_batches(work)


@get("/payment-batches", permission=Permission.TREASURY_READ, tags=["payouts"],
     summary="Payment files")  # fmt: skip
async def batches(work: Work) -> list[BatchOut]:
    """The latest payment files."""
    return await queries.batches(work)


@get("/payment-batches/{batch_id:uuid}/file", permission=Permission.PAYOUTS_PREPARE,
     tags=["payouts"], summary="Download a payment file", media_type="application/xml")  # fmt: skip
async def batch_file(work: Work, batch_id: BatchId) -> Response[bytes]:
    """The pain.001.001.09 XML, the same bytes each time."""
    return xml_file(await queries.batch_file(work, batch_id), batch_id)


@post_once("/payment-batches/{batch_id:uuid}/sent", permission=Permission.PAYOUTS_PREPARE,
           tags=["payouts"], summary="The bank has the file")  # fmt: skip
async def batch_sent(work: Work, batch_id: BatchId) -> BatchOut:
    """Mark the file as handed to the bank; its payouts are ordered and never sent again."""
    return await commands.mark_batch_sent(work, batch_id)


ROUTES = [
    request_payout,
    payouts,
    payout,
    payout_statement,
    my_payouts,
    approve_payout,
    reject_payout,
    pay_again,
    make_batch,
    make_batches,
    batches,
    batch_file,
    batch_sent,
]
