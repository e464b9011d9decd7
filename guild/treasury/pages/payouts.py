"""The treasurer's payouts: ask, approve, refuse, write the payment file."""

import msgspec
from litestar import Response
from litestar.response import Redirect

from guild.core.ids import BatchId, PayoutId
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.desk import desk_again
from guild.treasury.pages.forms import FORM, Form, or_again
from guild.treasury.routes.downloads import xml_file
from guild.treasury.schemas import BatchIn, PayoutRunIn, RejectIn


@post("/treasury/payout-runs", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def payout_run(work: Work) -> Redirect:
    """Ask for a payout to everyone who has money and an account."""
    doing = commands.start_run(work, PayoutRunIn())
    return await or_again(doing, "/treasury#payouts", desk_again(work))


@post("/treasury/payouts/{payout_id:uuid}/approve", permission=Permission.PAYOUTS_APPROVE, **FORM)
async def approve_payout(work: Work, payout_id: PayoutId) -> Redirect:
    """Approve as one of the persons that the charter asks for."""
    doing = commands.approve_payout(work, payout_id)
    return await or_again(doing, "/treasury#payouts", desk_again(work))


@post("/treasury/payouts/{payout_id:uuid}/reject", permission=Permission.PAYOUTS_APPROVE, **FORM)
async def reject_payout(work: Work, payout_id: PayoutId, data: Form) -> Redirect:
    """Refuse with a reason that the member reads."""

    async def reject() -> None:
        said = msgspec.convert({"reason": data.get("reason", "")}, RejectIn)
        await commands.reject_payout(work, payout_id, said)

    return await or_again(reject(), "/treasury#payouts", desk_again(work))


@post("/treasury/batches", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def make_batch(work: Work) -> Redirect:
    """Write the approved payouts into a payment file."""
    doing = commands.make_payment_batch(work, BatchIn())
    return await or_again(doing, "/treasury#files", desk_again(work))


@get("/treasury/batches/{batch_id:uuid}", permission=Permission.PAYOUTS_PREPARE,
     include_in_schema=False)  # fmt: skip
async def batch_file(work: Work, batch_id: BatchId) -> Response[bytes]:
    """The payment file."""
    return xml_file(await queries.batch_file(work, batch_id), batch_id)


@post("/treasury/batches/{batch_id:uuid}/sent", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def batch_sent(work: Work, batch_id: BatchId) -> Redirect:
    """Say that the bank has the file."""
    doing = commands.mark_batch_sent(work, batch_id)
    return await or_again(doing, "/treasury#files", desk_again(work))


PAGES = [payout_run, approve_payout, reject_payout, make_batch, batch_file, batch_sent]
