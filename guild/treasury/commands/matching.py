"""A person says what a bank entry is; money leaves suspense for where it belongs."""

from sqlalchemy import delete, select

from guild.core.errors import Invalid
from guild.core.ids import BankEntryId, InvoiceId, OrganisationId, PaymentId, PayoutId
from guild.core.money import Money
from guild.core.permissions import Permission
from guild.core.work import Work
from guild.invoicing.commands import record_payment
from guild.invoicing.errors import InvoiceNotFound
from guild.invoicing.models import Invoice
from guild.ledger.chart import Account, Line, credit, debit
from guild.ledger.commands import draw, post
from guild.members.errors import OrganisationNotFound
from guild.members.models import Organisation
from guild.treasury.commands.appends import SUGGESTIONS, suggestion_row
from guild.treasury.commands.payouts import locked_payout
from guild.treasury.commands.settling import close_batches, send_back, settle
from guild.treasury.errors import BankEntryNotFound, EntryAlreadyExplained, MatchTooLarge
from guild.treasury.events import EntryExplained, MatchConfirmed
from guild.treasury.models import BANK_ENTRY, BankEntry, BankMatch, MatchSuggestion
from guild.treasury.queries.invoices import incoming_of, invoices_for
from guild.treasury.queries.shapes import entry_out
from guild.treasury.rules.matching import InvoiceIndex, preselected
from guild.treasury.schemas import BankEntryOut, ConfirmOut, ExplainIn

RESUGGEST_MAX = 100
"""Entries looked at again after a confirmation: those that point at the same invoice."""


async def confirm_match(work: Work, entry_id: BankEntryId, invoice_id: InvoiceId) -> ConfirmOut:
    """This entry pays that invoice: suspense → receivable, a surplus → the client's credit.

    A double payment has nothing left to pay, so all of it becomes credit. Suggestions are help,
    not a limit: any issued invoice in the same currency may be chosen. Raises BankEntryNotFound,
    EntryAlreadyExplained, MatchTooLarge and InvoiceNotFound.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await _locked_entry(work, entry_id)
    invoice = await _locked_invoice(work, invoice_id)
    if entry.amount_minor <= 0:
        raise MatchTooLarge("Money that went out pays no invoice.", field="invoice_id")
    if invoice.currency != entry.currency:
        raise MatchTooLarge(
            f"The invoice is in {invoice.currency}, the payment in {entry.currency}.",
            field="invoice_id",
        )
    paid = Money(min(entry.amount_minor, invoice.open_minor), entry.currency)
    surplus = Money(entry.amount_minor, entry.currency) - paid
    payment_id: PaymentId | None = None
    if paid:
        payment_id = await record_payment(
            work,
            invoice.id,
            paid,
            source=Account("suspense"),
            received_on=entry.booked_on,
            bank_entry_id=entry.id,
        )
    if surplus:
        await _keep_for_client(work, entry, surplus, invoice.client_id, invoice.number or "")
    work.session.add(
        BankMatch(
            entry_id=entry.id,
            invoice_id=invoice.id,
            amount_minor=paid.minor,
            surplus_minor=surplus.minor,
            payment_id=payment_id,
            confirmed_by=work.actor.member_id,
            confirmed_at=work.now,
        )
    )
    words = f"Invoice {invoice.number}" + (f", {surplus} on account" if surplus else "")
    _explained(work, entry, "confirm", words)
    await _suggest_again(work, invoice.id)
    await work.emit(
        MatchConfirmed(
            entry_id=entry.id,
            invoice_id=invoice.id,
            amount_minor=paid.minor,
            surplus_minor=surplus.minor,
            currency=entry.currency,
        )
    )
    return ConfirmOut(
        entry_id=entry.id,
        state=entry.state,
        paid=paid.text,
        surplus=surplus.text,
        currency=entry.currency,
    )


async def confirm_payout(work: Work, entry_id: BankEntryId, payout_id: PayoutId) -> ConfirmOut:
    """This debit is that payout, which the bank reported without our end-to-end id.

    A credit of the same sum is that payout come back, once its debit was on a statement.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await _locked_entry(work, entry_id)
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
    _explained(work, entry, "confirm", settled.words)
    return ConfirmOut(
        entry_id=entry.id,
        state=entry.state,
        paid=Money(entry.amount_minor, entry.currency).text,
        surplus=Money.zero(entry.currency).text,
        currency=entry.currency,
    )


async def explain_entry(work: Work, entry_id: BankEntryId, data: ExplainIn) -> BankEntryOut:
    """An entry that pays no invoice: a charge of the bank, or a client's money on account.

    Money that went out for a client is what it had on account, given back. Raises BelowZero when
    that is less.
    """
    work.require(Permission.MATCHES_CONFIRM)
    entry = await _locked_entry(work, entry_id)
    amount = Money(entry.amount_minor, entry.currency)
    if data.kind == "client_credit":
        client = await _client(work, data.client_id)
        if entry.amount_minor < 0:
            await draw(work, Account("client_credit", client), -amount)
        await _keep_for_client(work, entry, amount, client, data.note)
    else:
        await post(
            work,
            kind="bank_fee",
            text=data.note,
            lines=[Line(Account("suspense"), amount), Line(Account("bank_fees"), -amount)],
            subject=entry.id,
        )
    _explained(work, entry, "explain", data.note)
    await work.emit(EntryExplained(entry_id=entry.id, kind=data.kind))
    return entry_out(entry)


async def _locked_entry(work: Work, entry_id: BankEntryId) -> BankEntry:
    entry = await work.session.scalar(
        select(BankEntry)
        .where(BankEntry.id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise BankEntryNotFound
    if entry.state in {"confirmed", "explained"}:
        raise EntryAlreadyExplained(f"It is recorded as: {entry.explanation}.")
    return entry


async def _locked_invoice(work: Work, invoice_id: InvoiceId) -> Invoice:
    """The issued invoice, locked so that what is open stays open until it is paid."""
    invoice = await work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id, Invoice.kind == "invoice", Invoice.state != "draft")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if invoice is None:
        raise InvoiceNotFound
    return invoice


async def _client(work: Work, client_id: OrganisationId | None) -> OrganisationId:
    if client_id is None:
        raise Invalid("Say which client the money belongs to.", field="client_id")
    found = await work.session.scalar(select(Organisation.id).where(Organisation.id == client_id))
    if found is None:
        raise OrganisationNotFound
    return client_id


async def _keep_for_client(
    work: Work, entry: BankEntry, amount: Money, client_id: OrganisationId, about: str
) -> None:
    await post(
        work,
        kind="client_credit",
        text=f"On account of the client: {about}"[:500],
        lines=[debit("suspense", amount), credit("client_credit", amount, client_id)],
        subject=entry.id,
    )


def _explained(work: Work, entry: BankEntry, move: str, words: str) -> None:
    BANK_ENTRY.move(entry, move)
    entry.explanation = words[:500]
    entry.explained_by = work.actor.id
    entry.explained_at = work.now


async def _suggest_again(work: Work, invoice_id: InvoiceId) -> None:
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
