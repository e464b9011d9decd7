"""A person says what a bank entry is; money leaves suspense for where it belongs."""

from sqlalchemy import delete, select

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, InvoiceId, PayoutId, ProviderAccountId
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.ledger.chart import Account, Line
from guild.ledger.commands import draw, post
from guild.treasury.commands.appends import SUGGESTIONS, suggestion_row
from guild.treasury.commands.explaining import (
    client_of,
    keep_for_client,
    locked_entry,
    mark,
)
from guild.treasury.commands.payouts import locked_payout
from guild.treasury.commands.settling import close_batches, send_back, settle
from guild.treasury.errors import MatchTooLarge
from guild.treasury.events import EntryExplained
from guild.treasury.models import BANK_ENTRY, BankEntry, MatchSuggestion, ProviderAccount
from guild.treasury.queries.invoices import incoming_of, invoices_for
from guild.treasury.queries.shapes import entry_out
from guild.treasury.rules.matching import InvoiceIndex, preselected
from guild.treasury.schemas import BankEntryOut, ConfirmOut, ExplainIn, SetAsideIn

RESUGGEST_MAX = 100
"""Entries looked at again after a confirmation: those that point at the same invoice."""


async def confirm_payout(work: Work, entry_id: BankEntryId, payout_id: PayoutId) -> ConfirmOut:
    """This debit is that payout, which the bank reported without our end-to-end id.

    A credit of the same sum is that payout come back, once its debit was on a statement.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await locked_entry(work, entry_id)
    payout = await locked_payout(work, payout_id)
    if (abs(entry.amount_minor), entry.currency) != (payout.amount_minor, payout.currency):
        raise MatchTooLarge(
            f"Payout {payout.number} is {Money(payout.amount_minor, payout.currency)}.",
            field="payout_id",
        )
    if payout.account_id != entry.account_id or payout.batch_id is None:
        raise MatchTooLarge(
            f"Payout {payout.number} was not ordered from this account.", field="payout_id"
        )
    if entry.amount_minor > 0:
        settled = send_back(work, payout, entry.booked_on, entry.return_reason)
    else:
        settled = await settle(work, payout, entry.booked_on)
    await settled.post()
    await close_batches(work, {payout.batch_id})
    mark(work, entry, "confirm", settled.words)
    return ConfirmOut(
        entry_id=entry.id,
        state=entry.state,
        paid=Money(entry.amount_minor, entry.currency).text,
        surplus=Money.zero(entry.currency).text,
        currency=entry.currency,
    )


async def explain_entry(work: Work, entry_id: BankEntryId, data: ExplainIn) -> BankEntryOut:
    """An entry that pays no invoice: a charge, a purchase, other income, a client's money.

    Money that went out for a client is what it had on account, given back. Raises BelowZero when
    that is less.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await locked_entry(work, entry_id)
    amount = Money(entry.amount_minor, entry.currency)
    if data.kind == "client_credit":
        client = await client_of(work, data.client_id)
        if entry.amount_minor < 0:
            await draw(work, Account("client_credit", client), -amount)
        await keep_for_client(work, entry.id, amount, client, data.note)
    elif data.kind == "provider_transfer":
        owner = await _provider_account(work, entry, data)
        await post(
            work,
            kind="bank_entry_booked",
            text=data.note,
            lines=[
                Line(Account("suspense"), amount),
                Line(Account("provider_balance", owner), -amount),
            ],
            subject=entry.id,
        )
    else:
        await post(
            work,
            kind="bank_fee" if data.kind == "bank_fees" else "bank_entry_booked",
            text=data.note,
            lines=[Line(Account("suspense"), amount), Line(Account(data.kind), -amount)],
            subject=entry.id,
        )
    mark(work, entry, "explain", data.note)
    await work.emit(EntryExplained(entry_id=entry.id, kind=data.kind))
    return entry_out(entry)


async def _provider_account(work: Work, entry: BankEntry, data: ExplainIn) -> ProviderAccountId:
    """The provider's account whose money arrived, in the entry's currency."""
    found = await work.session.scalar(
        select(ProviderAccount.id).where(
            ProviderAccount.id == data.provider_account_id,
            ProviderAccount.currency == entry.currency,
        )
    )
    if found is None:
        raise Invalid("Say which provider's account it comes from.", field="provider_account_id")
    return found


async def set_aside_entry(work: Work, entry_id: BankEntryId, data: SetAsideIn) -> BankEntryOut:
    """Leave an entry in suspense for a reason; it no longer asks for attention."""
    work.require(Permission.MATCHES_CONFIRM)
    entry = await locked_entry(work, entry_id)
    mark(work, entry, "set_aside", data.reason)
    return entry_out(entry)


async def suggest_again(work: Work, invoice_id: InvoiceId) -> None:
    """Judge anew the entries that pointed at this invoice: a second payment is one too many.

    Those that somebody is confirming at this moment are skipped: waiting for them crosswise would
    be a deadlock, and whoever looks at an entry has it judged anew anyway.
    """
    pointing = select(MatchSuggestion.entry_id).where(MatchSuggestion.invoice_id == invoice_id)
    rows = await work.session.scalars(
        select(BankEntry)
        .where(BankEntry.id.in_(pointing), BankEntry.state.in_(["unmatched", "suggested"]))
        .order_by(BankEntry.id)
        .limit(RESUGGEST_MAX)
        .with_for_update(skip_locked=True)
    )
    await suggest(work, list(rows))


async def suggest(work: Work, entries: list[BankEntry]) -> None:
    """Replace what is suggested for entries that nobody has explained; the caller locked them."""
    if not entries:
        return
    await work.write()
    index = InvoiceIndex(await invoices_for(work, entries))
    ids = [entry.id for entry in entries]
    await work.session.execute(delete(MatchSuggestion).where(MatchSuggestion.entry_id.in_(ids)))
    for entry in entries:
        candidates = index.candidates(incoming_of(entry)) if entry.amount_minor > 0 else ()
        for candidate in candidates:
            work.append(SUGGESTIONS, **suggestion_row(entry.id, candidate))
        if preselected(candidates):
            BANK_ENTRY.move(entry, "suggest")
        elif entry.state == "suggested":
            BANK_ENTRY.move(entry, "withdraw_suggestion")
