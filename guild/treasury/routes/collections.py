"""Direct debits and the bank's status reports over HTTP."""

from typing import Annotated, Literal

from litestar.params import QueryParameter

from guild.core.ids import DirectDebitId, MandateId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post_once
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.rules.pain002 import MAX_BYTES
from guild.treasury.schemas import (
    BatchIn,
    BatchOut,
    DirectDebitOut,
    MandateIn,
    MandateOut,
    RejectIn,
    StatusReportOut,
)

DebitState = Literal["announced", "filed", "stopped", "collected", "refused", "returned"]


@post_once("/payment-status-reports", permission=Permission.STATEMENTS_IMPORT, tags=["payouts"],
           summary="Import a status report of the bank",
           request_max_body_size=MAX_BYTES + 1)  # fmt: skip
async def import_status_report(work: Work, body: bytes) -> StatusReportOut:
    """Send a pain.002 file as it came, as the body. What the bank refused goes back to its payee.

    The same file twice changes nothing.
    """
    return await commands.import_status_report(work, body)


@post_once("/mandates", permission=Permission.PAYOUTS_PREPARE, tags=["direct debits"],
           summary="Enter a direct debit mandate")  # fmt: skip
async def enter_mandate(work: Work, data: MandateIn) -> MandateOut:
    """As the client signed it; another person confirms it."""
    return await commands.enter_mandate(work, data)


@get("/mandates", permission=Permission.TREASURY_READ, tags=["direct debits"],
     summary="Direct debit mandates")  # fmt: skip
async def mandates(
    work: Work, cursor: Cursor | None = None, limit: PageSize = 50
) -> Page[MandateOut]:
    """The register, newest first."""
    return await queries.mandates(work, cursor=cursor, limit=limit)


@post_once("/mandates/{mandate_id:uuid}/confirm", permission=Permission.PAYOUTS_PREPARE,
           tags=["direct debits"], summary="Confirm a mandate")  # fmt: skip
async def confirm_mandate(work: Work, mandate_id: MandateId) -> MandateOut:
    """A second person has seen the signed paper."""
    return await commands.confirm_mandate(work, mandate_id)


@post_once("/mandates/{mandate_id:uuid}/cancel", permission=Permission.PAYOUTS_PREPARE,
           tags=["direct debits"], summary="Cancel a mandate")  # fmt: skip
async def cancel_mandate(work: Work, mandate_id: MandateId, data: RejectIn) -> MandateOut:
    """Collect nothing more under it."""
    return await commands.cancel_mandate(work, mandate_id, data)


@get("/direct-debits", permission=Permission.TREASURY_READ, tags=["direct debits"],
     summary="Direct debits")  # fmt: skip
async def direct_debits(
    work: Work,
    wanted: Annotated[DebitState | None, QueryParameter(name="state")] = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[DirectDebitOut]:
    """What was announced, filed, collected, and what came back."""
    return await queries.direct_debits(work, state=wanted, cursor=cursor, limit=limit)


@post_once("/direct-debits/{direct_debit_id:uuid}/stop", permission=Permission.PAYOUTS_PREPARE,
           tags=["direct debits"], summary="Stop a direct debit")  # fmt: skip
async def stop_collection(
    work: Work, direct_debit_id: DirectDebitId, data: RejectIn
) -> DirectDebitOut:
    """Do not collect what was announced, as long as it is in no file."""
    return await commands.stop_collection(work, direct_debit_id, data)


@post_once("/collection-batches", permission=Permission.PAYOUTS_PREPARE, tags=["direct debits"],
           summary="Make a direct debit file")  # fmt: skip
async def make_collection_file(work: Work, data: BatchIn) -> BatchOut:
    """Write the announced collections of the next due day into one pain.008 file."""
    return await commands.make_collection_file(work, data)


ROUTES = [
    import_status_report,
    enter_mandate,
    mandates,
    confirm_mandate,
    cancel_mandate,
    direct_debits,
    stop_collection,
    make_collection_file,
]
