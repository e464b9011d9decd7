"""The treasurer's payouts: run, watch, write the payment files, read the bank's reports."""

from typing import Any

from litestar import Response
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from guild.core.errors import Invalid
from guild.core.ids import BatchId, PayoutRunId
from guild.core.pages import page
from guild.core.permissions import Permission
from guild.core.wire import get, post
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.pages.desk import desk_again
from guild.treasury.pages.forms import FORM, Upload, amount, or_again
from guild.treasury.routes.downloads import xml_file
from guild.treasury.rules.pain002 import MAX_BYTES
from guild.treasury.schemas import PayoutRunIn


@post("/treasury/payout-runs", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def start_run(work: Work) -> Redirect:
    """Ask for a payout to everyone who has money and an account."""
    doing = commands.start_run(work, PayoutRunIn())
    return await or_again(doing, "/treasury/payout-runs", desk_again(work))


@get("/treasury/payout-runs", permission=Permission.TREASURY_READ, include_in_schema=False)
async def runs_page(work: Work) -> Response[str]:
    """The latest runs and how far each has come."""
    return page(
        work, "treasury/runs.html", section="/treasury", amount=amount,
        runs=await queries.payout_runs(work),
    )  # fmt: skip


@get("/treasury/payout-runs/{run_id:uuid}", permission=Permission.TREASURY_READ,
     include_in_schema=False)  # fmt: skip
async def run_page(work: Work, run_id: PayoutRunId) -> Response[str]:
    """One run: progress, and whom it could not pay."""
    return page(
        work, "treasury/runs.html", section="/treasury", amount=amount,
        runs=[await queries.payout_run(work, run_id)],
    )  # fmt: skip


@post("/treasury/batches", permission=Permission.PAYOUTS_PREPARE, **FORM)
async def make_batches(work: Work) -> Redirect:
    """Write all approved orders that are due into payment files."""
    doing = commands.make_payment_batches(work)
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


@post("/treasury/status-reports", permission=Permission.STATEMENTS_IMPORT,
      request_max_body_size=MAX_BYTES + 100_000, **FORM)  # fmt: skip
async def import_report(work: Work, data: Upload) -> Redirect:
    """Read a status report of the bank (pain.002)."""
    file: Any = data.get("report")

    async def bring_in() -> None:
        if not isinstance(file, UploadFile):
            raise Invalid("Choose the file first.", field="report")
        await commands.import_status_report(work, await file.read())

    return await or_again(bring_in(), "/treasury#files", desk_again(work))


PAGES = [
    start_run,
    runs_page,
    run_page,
    make_batches,
    batch_file,
    batch_sent,
    import_report,
]
