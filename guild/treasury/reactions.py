"""What follows from payouts that moved: the member is told."""

from guild.core.events import reacts_to
from guild.core.money import Money
from guild.core.work import Work
from guild.exchange.events import SupplierInvoicePayable
from guild.governance.queries import charter_at
from guild.receivables import commands as receivables
from guild.receivables.events import RefundApproved
from guild.treasury import commands, jobs, queries
from guild.treasury.commands import ordering
from guild.treasury.events import (
    ClientCharged,
    DirectDebitAnnounced,
    EntryAllocated,
    EntryDivided,
    IncomeStatementAsked,
    MatchConfirmed,
    MatchUndone,
    PayoutApproved,
    PayoutRejected,
    PayoutReturned,
    PayoutRunApproved,
    PayoutRunStarted,
    PayoutSettled,
    SelfBillingDue,
    StatementImported,
)


@reacts_to(PayoutSettled)
async def print_statement(work: Work, fact: PayoutSettled) -> None:
    """The member gets a statement of what she was paid."""
    if fact.member_id is not None:
        work.later(jobs.make_payout_statement, payout_id=fact.payout_id)


@reacts_to(PayoutRejected)
async def tell_of_refusal(work: Work, fact: PayoutRejected) -> None:
    """The member reads why she is not paid now."""
    if fact.member_id is not None:
        work.later(jobs.tell_of_payout, payout_id=fact.payout_id)


@reacts_to(PayoutReturned)
async def tell_of_return(work: Work, fact: PayoutReturned) -> None:
    """The member checks her account number."""
    if fact.member_id is not None:
        work.later(jobs.tell_of_payout, payout_id=fact.payout_id)


@reacts_to(PayoutRunStarted)
async def go_on_with_run(work: Work, fact: PayoutRunStarted) -> None:
    """Everyone beyond the first slice has her turn in the background."""
    work.later(jobs.advance_run, run_id=fact.run_id)


@reacts_to(PayoutRunApproved)
async def set_run_aside(work: Work, fact: PayoutRunApproved) -> None:
    """What is fully approved is set aside in slices."""
    work.later(jobs.set_run_aside, run_id=fact.run_id)


@reacts_to(DirectDebitAnnounced)
async def announce_to_client(work: Work, fact: DirectDebitAnnounced) -> None:
    """The client reads what will be collected and when."""
    work.later(jobs.announce_collection, direct_debit_id=fact.direct_debit_id)


@reacts_to(MatchConfirmed)
async def note_collected(work: Work, fact: MatchConfirmed) -> None:
    """A collection is collected when its entry was matched with its invoice."""
    await commands.note_collected(work, fact.entry_id, fact.invoice_id)


@reacts_to(MatchConfirmed)
async def note_overpaid(work: Work, fact: MatchConfirmed) -> None:
    """What an entry brought beyond what was open: the client is told, a second payment proposed
    for refund.
    """
    if fact.surplus_minor > 0:
        surplus = Money(fact.surplus_minor, fact.currency)
        paid = Money(fact.amount_minor, fact.currency)
        await receivables.note_overpayment(
            work, fact.invoice_id, fact.entry_id, surplus, paid, confirmed_by=fact.confirmed_by
        )


@reacts_to(PayoutSettled)
async def self_billing_is_due(work: Work, fact: PayoutSettled) -> None:
    """What a self-employed member was paid can become a document of hers to the co-operative."""
    if fact.purpose == "earnings" and fact.member_id is not None:
        due = await queries.self_billed(work, fact.payout_id, fact.member_id)
        if due is not None:
            await work.emit(due)


@reacts_to(SelfBillingDue)
async def self_bill(work: Work, fact: SelfBillingDue) -> None:
    """Under her mandate the document is made in the background."""
    work.later(jobs.self_bill, payout_id=fact.payout_id, member_id=fact.member_id)


@reacts_to(RefundApproved)
async def order_refund(work: Work, fact: RefundApproved) -> None:
    """A refund is ordered in the background: what cannot be paid so must not undo the decision."""
    work.later(jobs.order_refund, refund_id=fact.refund_id)


@reacts_to(SupplierInvoicePayable)
async def order_supplier_payment(work: Work, fact: SupplierInvoicePayable) -> None:
    """A supplier's invoice is ordered for its due day."""
    work.later(jobs.order_supplier_payment, supplier_invoice_id=fact.supplier_invoice_id)


@reacts_to(PayoutApproved)
async def note_ordered(work: Work, fact: PayoutApproved) -> None:
    """The money of a refund has left the client's credit, or a supplier is owed no more."""
    if fact.purpose == "refund" and fact.for_id is not None:
        await ordering.tell_of_refund(work, fact.for_id, "order")
    elif fact.purpose == "supplier":
        await ordering.tell_of_supplier(work, fact.payout_id, "order")


@reacts_to(PayoutRejected)
async def note_refused(work: Work, fact: PayoutRejected) -> None:
    """What had left a client's credit, or what is owed to a supplier, is there again."""
    if fact.purpose == "refund" and fact.for_id is not None:
        await ordering.tell_of_refund(work, fact.for_id, "fail")
    elif fact.purpose == "supplier":
        await ordering.tell_of_supplier(work, fact.payout_id, "come_back")


@reacts_to(PayoutSettled)
async def note_paid(work: Work, fact: PayoutSettled) -> None:
    """The bank has shown a refund or a supplier's payment."""
    if fact.purpose == "refund" and fact.for_id is not None:
        await ordering.tell_of_refund(work, fact.for_id, "settle")
    elif fact.purpose == "supplier":
        await ordering.tell_of_supplier(work, fact.payout_id, "pay")


@reacts_to(PayoutReturned)
async def note_failed(work: Work, fact: PayoutReturned) -> None:
    """A refund came back: it is the client's credit again; a supplier is owed once more."""
    if fact.purpose == "refund" and fact.for_id is not None:
        await ordering.tell_of_refund(work, fact.for_id, "fail")
    elif fact.purpose == "supplier":
        await ordering.tell_of_supplier(work, fact.payout_id, "come_back")


@reacts_to(StatementImported)
async def confirm_exact(work: Work, fact: StatementImported) -> None:
    """What the charter lets be recorded by itself is recorded in the background."""
    if fact.entries and (await charter_at(work)).bank.auto_confirm_exact:
        work.later(jobs.confirm_exact, statement_id=fact.statement_id)


@reacts_to(EntryDivided)
async def confirm_exact_parts(work: Work, fact: EntryDivided) -> None:
    """The payments inside a batch are like those of any statement."""
    if (await charter_at(work)).bank.auto_confirm_exact:
        work.later(jobs.confirm_exact, statement_id=fact.statement_id)


@reacts_to(EntryAllocated)
async def tell_of_allocation(work: Work, fact: EntryAllocated) -> None:
    """The client reads how its transfer was shared out."""
    work.later(jobs.tell_of_allocation, entry_id=fact.entry_id)


@reacts_to(IncomeStatementAsked)
async def print_year(work: Work, fact: IncomeStatementAsked) -> None:
    """A member's year is printed in the background."""
    work.later(jobs.make_income_statement, member_id=fact.member_id, year=fact.year)


@reacts_to(MatchUndone)
async def follow_undo(work: Work, fact: MatchUndone) -> None:
    """A collection came back, or was not collected after all; no refund of that money is left."""
    if not fact.part:
        await commands.follow_objection(work, fact.entry_id)
    if fact.part and not fact.surplus_minor:
        return
    for invoice_id in () if fact.part else await commands.invoices_of(work, fact.undo_id):
        if fact.cause == "returned":
            await commands.note_collection_returned(work, invoice_id, "")
        else:
            await commands.note_not_collected(work, invoice_id)
    await ordering.withdraw_refunds_of(work, fact.entry_id)


@reacts_to(ClientCharged)
async def tell_of_charge(work: Work, fact: ClientCharged) -> None:
    """What no invoice asks a client for, a person has to ask for."""
    if fact.owed_minor:
        await commands.tell_of_owing(work, fact)
