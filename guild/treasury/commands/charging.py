"""What the bank or a provider took back of a client, when no invoice can be opened by it.

They have the money already, so that refusing to book it would only make the books wrong. It is
taken from the client's account, below zero if need be: that is what the client owes outside of any
invoice, and a treasurer is told and sees it on the desk.
"""

from guild.core.ids import OrganisationId, PaymentId
from guild.core.money import Money
from guild.core.pages import money_text
from guild.core.work import Work
from guild.invoicing.commands import reverse_payment
from guild.invoicing.commands.reversals import left_of_payment
from guild.invoicing.commands.self_bills import tell_office
from guild.invoicing.models import Invoice, Payment
from guild.ledger.chart import Account, credit, debit
from guild.ledger.commands import lock_account, post
from guild.members.models import Organisation
from guild.treasury.commands.explaining import locked_invoice
from guild.treasury.commands.ordering import withdraw_unfunded_refunds
from guild.treasury.events import ClientCharged
from guild.treasury.models import BankEntry


async def reverse_for_bank(
    work: Work, payment_id: PaymentId, amount: Money | None, reason: str, by: BankEntry
) -> int:
    """The bank's entry `by` took a payment back, or `amount` of it: open its invoice by what it
    still pays, and take the rest from the client's account. Says how much that was.
    """
    payment = await work.session.get_one(Payment, payment_id)
    invoice = await locked_invoice(work, payment.invoice_id)
    wanted = amount or Money((await left_of_payment(work, payment))[0], payment.currency)
    opens = max(min(wanted.minor, invoice.paid_minor - invoice.refundable_minor), 0)
    if opens:
        await reverse_payment(
            work, payment_id, to=Account("suspense"), cause="returned", reason=reason,
            on=by.booked_on, amount=Money(opens, payment.currency), bank_entry_id=by.id,
        )  # fmt: skip
    rest = wanted - Money(opens, payment.currency)
    if rest:
        await post(
            work,
            kind="client_credit",
            text=f"The bank took back what had paid invoice {invoice.number}, credited since",
            lines=[debit("client_credit", rest, invoice.client_id), credit("suspense", rest)],
            subject=by.id,
            occurred_on=by.booked_on,
        )
    return rest.minor


async def note_charged(work: Work, invoice: Invoice, taken: Money, by: str) -> None:
    """So much was taken from the client's account: refunds that it no longer covers are
    withdrawn, and the fact is stated.
    """
    if not taken:
        return
    why = "The payment behind it was taken back."
    await withdraw_unfunded_refunds(work, invoice.client_id, taken.currency, why)
    held = await lock_account(work, Account("client_credit", invoice.client_id), taken.currency)
    await work.emit(
        ClientCharged(
            invoice_id=invoice.id,
            client_id=invoice.client_id,
            by=by,
            amount_minor=taken.minor,
            owed_minor=max(-held.minor, 0),
            currency=taken.currency,
        )
    )


async def tell_of_owing(work: Work, fact: ClientCharged) -> None:
    """Tell the treasurers what a client owes now and that somebody has to ask for it."""
    client = await work.session.get_one(Organisation, OrganisationId(fact.client_id))
    owed = money_text(fact.owed_minor, fact.currency)
    taken = money_text(fact.amount_minor, fact.currency)
    who = "The bank" if fact.by == "bank" else fact.by.title()
    await tell_office(
        work,
        f"{client.name} owes {owed} that no invoice asks for",
        f"{who} took back {taken} that a credit note had given back "
        "to the client, or that it had used otherwise. Its account is "
        f"{owed} below zero.\n\nAsk the client for it, with its statement of account; when it "
        "is paid, explain the bank entry as the client’s money:\n"
        f"{work.settings.base_url}/receivables/clients/{client.id}",
    )
