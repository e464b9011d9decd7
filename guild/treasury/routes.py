"""The treasury over HTTP: accounts, statements, entries, payouts, payment files."""

from typing import Annotated, Literal

from litestar import Response
from litestar.params import QueryParameter

from guild.core.errors import Invalid
from guild.core.ids import BankAccountId, BankEntryId, BatchId, PayoutId
from guild.core.permissions import Permission
from guild.core.wire import Cursor, Page, PageSize, get, post, post_once
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.rules.camt053 import MAX_BYTES
from guild.treasury.schemas import (
    BankEntryOut,
    BatchIn,
    BatchOut,
    ConfirmIn,
    ConfirmOut,
    CoopAccountIn,
    CoopAccountOut,
    ExplainIn,
    ImportOut,
    PayoutIn,
    PayoutOut,
    PayoutRunIn,
    PayoutRunOut,
    ReconciliationOut,
    RejectIn,
    StatementOut,
    SuggestionOut,
)

EntryState = Literal["open", "unmatched", "suggested", "confirmed", "explained"]
PayoutState = Literal["requested", "approved", "ordered", "settled", "rejected", "returned"]


@post("/bank-accounts", permission=Permission.STATEMENTS_IMPORT, tags=["treasury"],
      summary="Keep a bank account")  # fmt: skip
async def open_coop_account(work: Work, data: CoopAccountIn) -> CoopAccountOut:
    """Add an account of the co-operative, with what it holds already."""
    return await commands.open_coop_account(work, data)


@get("/bank-accounts", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="Bank accounts of the co-operative")  # fmt: skip
async def coop_accounts(work: Work) -> list[CoopAccountOut]:
    """The accounts of the co-operative as their last statements left them."""
    return await queries.coop_accounts(work)


@get("/bank-accounts/{account_id:uuid}/reconciliation", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="The books beside the bank")  # fmt: skip
async def reconciliation(work: Work, account_id: BankAccountId) -> ReconciliationOut:
    """Ledger balance, closing balance of the last statement, and what still waits."""
    return await queries.reconciliation(work, account_id)


@post_once("/bank-statements", permission=Permission.STATEMENTS_IMPORT, tags=["treasury"],
           summary="Import a bank statement", request_max_body_size=MAX_BYTES + 1)  # fmt: skip
async def import_statement(work: Work, body: bytes) -> ImportOut:
    """Send a camt.053 file as it came from the bank, as the body of the request.

    The same file, or the same statement in another file, changes nothing and answers with
    `new_entries` 0.
    """
    return await commands.import_statements(work, body)


@get("/bank-statements", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="Imported statements")  # fmt: skip
async def statements(
    work: Work,
    account_id: BankAccountId | None = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[StatementOut]:
    """Imported statements, the latest first."""
    return await queries.statements(work, account_id=account_id, cursor=cursor, limit=limit)


@get("/bank-entries", permission=Permission.TREASURY_READ, tags=["treasury"],
     summary="Movements at the bank")  # fmt: skip
async def bank_entries(
    work: Work,
    wanted: Annotated[EntryState | None, QueryParameter(name="state")] = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[BankEntryOut]:
    """Booked entries; `state=open` are those that wait for a person."""
    return await queries.entries(work, state=wanted, cursor=cursor, limit=limit)


@get("/bank-entries/{entry_id:uuid}/suggestions", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="Invoices that an entry may pay")  # fmt: skip
async def suggestions(work: Work, entry_id: BankEntryId) -> list[SuggestionOut]:
    """Candidates with score, verdict and reasons, the best first, as things stand now."""
    return await queries.suggestions(work, entry_id)


@post_once("/bank-entries/{entry_id:uuid}/confirm", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Say what an entry pays")  # fmt: skip
async def confirm(work: Work, entry_id: BankEntryId, data: ConfirmIn) -> ConfirmOut:
    """Match an entry with an invoice, or with a payout. A surplus becomes the client's credit."""
    if data.invoice_id is not None and data.payout_id is None:
        return await commands.confirm_match(work, entry_id, data.invoice_id)
    if data.payout_id is not None and data.invoice_id is None:
        return await commands.confirm_payout(work, entry_id, data.payout_id)
    raise Invalid("Name either an invoice or a payout.", field="invoice_id")


@post_once("/bank-entries/{entry_id:uuid}/explain", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Say what an entry is that pays no invoice")  # fmt: skip
async def explain(work: Work, entry_id: BankEntryId, data: ExplainIn) -> BankEntryOut:
    """A charge of the bank, or money on a client's account."""
    return await commands.explain_entry(work, entry_id, data)


@post_once("/payouts", permission=Permission.PAYOUTS_REQUEST, tags=["payouts"],
           summary="Ask for a payout")  # fmt: skip
async def request_payout(work: Work, data: PayoutIn) -> PayoutOut:
    """Ask for money that is available. Treasurers may ask for another member."""
    return await commands.request_payout(work, data)


@post_once("/payouts/run", permission=Permission.PAYOUTS_PREPARE, tags=["payouts"],
           summary="Ask for a payout to everyone")  # fmt: skip
async def payout_run(work: Work, data: PayoutRunIn) -> PayoutRunOut:
    """One request for each member with money available and a usable account."""
    return await commands.prepare_payout_run(work, data)


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
     tags=["payouts"], summary="Statement of a payout")  # fmt: skip
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


@post_once("/payment-batches", permission=Permission.PAYOUTS_PREPARE, tags=["payouts"],
           summary="Make a payment file")  # fmt: skip
async def make_batch(work: Work, data: BatchIn) -> BatchOut:
    """Write all approved payouts into one pain.001 file for the next business day."""
    return await commands.make_payment_batch(work, data)


@get("/payment-batches", permission=Permission.TREASURY_READ, tags=["payouts"],
     summary="Payment files")  # fmt: skip
async def batches(work: Work) -> list[BatchOut]:
    """The latest payment files."""
    return await queries.batches(work)


@get("/payment-batches/{batch_id:uuid}/file", permission=Permission.PAYOUTS_PREPARE,
     tags=["payouts"], summary="Download a payment file")  # fmt: skip
async def batch_file(work: Work, batch_id: BatchId) -> Response[bytes]:
    """The pain.001.001.09 XML, the same bytes each time."""
    return xml_file(await queries.batch_file(work, batch_id), batch_id)


@post_once("/payment-batches/{batch_id:uuid}/sent", permission=Permission.PAYOUTS_PREPARE,
           tags=["payouts"], summary="The bank has the file")  # fmt: skip
async def batch_sent(work: Work, batch_id: BatchId) -> BatchOut:
    """Mark the file as handed to the bank; its payouts are ordered and never sent again."""
    return await commands.mark_batch_sent(work, batch_id)


def xml_file(content: bytes, batch_id: BatchId) -> Response[bytes]:
    """A payment file as a download."""
    return _download(content, "application/xml", f"pain001-{batch_id.hex}.xml")


def pdf_file(name: str, content: bytes) -> Response[bytes]:
    """A payout statement as a download."""
    return _download(content, "application/pdf", name)


def _download(content: bytes, media_type: str, name: str) -> Response[bytes]:
    """A file that no browser shows inline and no cache keeps."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


ROUTES = [
    open_coop_account,
    coop_accounts,
    reconciliation,
    import_statement,
    statements,
    bank_entries,
    suggestions,
    confirm,
    explain,
    request_payout,
    payout_run,
    payouts,
    payout,
    payout_statement,
    my_payouts,
    approve_payout,
    reject_payout,
    make_batch,
    batches,
    batch_file,
    batch_sent,
]
