"""The bank over HTTP: accounts, statements, entries."""

from datetime import date
from typing import Annotated, Literal

from litestar.params import QueryParameter

from guild.core.errors import Invalid
from guild.core.ids import BankAccountId, BankEntryId, CsvMappingId
from guild.core.permissions import Permission
from guild.core.wire import (
    Amount,
    Cursor,
    OptionalText,
    Page,
    PageSize,
    get,
    post,
    post_once,
)
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.rules.camt053 import MAX_BYTES
from guild.treasury.schemas import (
    BankEntryOut,
    ConfirmIn,
    ConfirmOut,
    CoopAccountIn,
    CoopAccountOut,
    CostSuggestionOut,
    ExplainIn,
    ImportOut,
    ReconciliationOut,
    StatementOut,
    SuggestionOut,
)

EntryState = Literal[
    "open", "unmatched", "suggested", "set_aside", "confirmed", "explained", "divided"
]


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
async def import_statement(
    work: Work,
    body: bytes,
    account_id: BankAccountId | None = None,
    mapping_id: CsvMappingId | None = None,
) -> ImportOut:
    """Send a file as it came from the bank, as the body: camt.053, camt.054, CODA or mapped CSV.

    What it is, is told by its content. The same file, the same statement in another file, and
    what another format has shown already change nothing.
    """
    return await commands.import_statements(
        work, body, account_id=account_id, mapping_id=mapping_id
    )


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
    account_id: BankAccountId | None = None,
    q: OptionalText = "",
    amount_from: Amount | None = None,
    amount_to: Amount | None = None,
    since: date | None = None,
    until: date | None = None,
    cursor: Cursor | None = None,
    limit: PageSize = 50,
) -> Page[BankEntryOut]:
    """Booked entries; `state=open` are those that wait for a person.

    `q` looks in name, text and references; amounts are without sign.
    """
    sieve = queries.EntrySieve(
        state=wanted, account_id=account_id, q=q, amount_from=amount_from, amount_to=amount_to,
        since=since, until=until,
    )  # fmt: skip
    return await queries.entries(work, sieve, cursor=cursor, limit=limit)


@get("/bank-entries/{entry_id:uuid}/suggestions", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="Invoices that an entry may pay")  # fmt: skip
async def suggestions(work: Work, entry_id: BankEntryId) -> list[SuggestionOut]:
    """Candidates with score, verdict and reasons, the best first, as things stand now."""
    return await queries.suggestions(work, entry_id)


@post_once("/bank-entries/{entry_id:uuid}/confirm", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Say what an entry pays")  # fmt: skip
async def confirm(work: Work, entry_id: BankEntryId, data: ConfirmIn) -> ConfirmOut:
    """Match an entry with an invoice, a payout, or a supplier's invoice paid without an order.

    What a client's invoice does not take becomes the client's credit.
    """
    if (
        sum(one is not None for one in (data.invoice_id, data.payout_id, data.supplier_invoice_id))
        > 1
    ):
        raise Invalid("Name one thing that it pays.", field="invoice_id")
    if data.invoice_id is not None:
        return await commands.confirm_match(work, entry_id, data.invoice_id)
    if data.payout_id is not None:
        return await commands.confirm_payout(work, entry_id, data.payout_id)
    if data.supplier_invoice_id is not None:
        return await commands.confirm_supplier_invoice(work, entry_id, data.supplier_invoice_id)
    raise Invalid("Name an invoice, a payout or a supplier's invoice.", field="invoice_id")


@get("/bank-entries/{entry_id:uuid}/supplier-invoices", permission=Permission.TREASURY_READ,
     tags=["treasury"], summary="Suppliers' invoices that an entry may pay")  # fmt: skip
async def cost_suggestions(work: Work, entry_id: BankEntryId) -> list[CostSuggestionOut]:
    """Booked invoices of suppliers of exactly the entry's sum, with what speaks for each."""
    return await queries.cost_suggestions(work, entry_id)


@post_once("/bank-entries/{entry_id:uuid}/explain", permission=Permission.MATCHES_CONFIRM,
           tags=["treasury"], summary="Say what an entry is that pays no invoice")  # fmt: skip
async def explain(work: Work, entry_id: BankEntryId, data: ExplainIn) -> BankEntryOut:
    """A charge of the bank, or money on a client's account."""
    return await commands.explain_entry(work, entry_id, data)


ROUTES = [
    open_coop_account,
    coop_accounts,
    reconciliation,
    import_statement,
    statements,
    bank_entries,
    suggestions,
    cost_suggestions,
    confirm,
    explain,
]
