"""Recording what clients pay: one read, and everything written in the Work's single statement."""

from datetime import date
from types import SimpleNamespace
from typing import Final

import msgspec

from guild.core.appends import Appender
from guild.core.errors import Invalid
from guild.core.ids import (
    BankEntryId,
    ContractId,
    InvoiceId,
    MemberId,
    OrganisationId,
    PaymentId,
    new_id,
)
from guild.core.money import Money
from guild.core.work import Work
from guild.invoicing.commands.appended import note_append, settle_appends
from guild.invoicing.commands.dividing import divide_payment
from guild.invoicing.errors import InvoiceNotFound, PaymentTooLarge
from guild.invoicing.events import PaymentRecorded
from guild.invoicing.models import INVOICE_LIFECYCLE
from guild.invoicing.rules.totals import net_released_by
from guild.ledger import commands as ledger
from guild.ledger.chart import Account, Line, credit

PAYMENTS: Final = Appender(
    "payment",
    {
        "id": "uuid",
        "invoice_id": "uuid",
        "amount_minor": "bigint",
        "net_minor": "bigint",
        "currency": "text",
        "received_on": "date",
        "recorded_at": "timestamptz",
        "source": "text",
        "bank_entry_id": "uuid",
    },
)
PAID: Final = Appender(
    "invoice",
    {
        "id": "uuid",
        "state": "text",
        "amount_minor": "bigint",
        "net_minor": "bigint",
        "settled_on": "date",
    },
    statement="""UPDATE invoice SET state = r.state, paid_minor = paid_minor + r.amount_minor,
        pending_net_minor = pending_net_minor - r.net_minor, settled_on = r.settled_on
        FROM {rows} WHERE invoice.id = r.id""",
)
READ: Final = """
    SELECT id, state, contract_id, member_id, client_id, number, currency, net_minor,
              total_minor + rounding_minor - written_off_minor AS total_minor,
              paid_minor, credited_minor, credited_net_minor, refundable_minor, pending_net_minor,
              written_off_minor, written_off_net_minor, shared
         FROM invoice WHERE id = $1 AND kind = 'invoice' FOR UPDATE"""


class Receivable(msgspec.Struct, frozen=True):
    """What decides about a payment: the invoice as it stands, locked."""

    id: InvoiceId
    state: str
    contract_id: ContractId
    member_id: MemberId
    client_id: OrganisationId
    number: str | None
    currency: str
    net_minor: int
    total_minor: int
    paid_minor: int
    credited_minor: int
    credited_net_minor: int
    refundable_minor: int
    pending_net_minor: int
    written_off_minor: int
    written_off_net_minor: int
    shared: bool

    @property
    def open_minor(self) -> int:
        """What the client still owes."""
        return self.total_minor - self.paid_minor - self.credited_minor + self.refundable_minor

    def released_by(self, amount_minor: int) -> int:
        """The member's net in a payment, on the running sum of what credit notes and write-offs
        left due.
        """
        if amount_minor == self.open_minor:
            return self.pending_net_minor
        gone = self.credited_net_minor + self.written_off_net_minor
        released = max(self.net_minor - gone - self.pending_net_minor, 0)
        return net_released_by(
            # What credit notes gave back pays nothing of what is still open.
            paid_before=self.paid_minor - self.refundable_minor,
            amount=amount_minor,
            total=self.total_minor - self.credited_minor,
            net=released + self.pending_net_minor,
            released_before=released,
        )


async def record_payment(
    work: Work,
    invoice_id: InvoiceId,
    amount: Money,
    source: Account,
    received_on: date,
    *,
    bank_entry_id: BankEntryId | None = None,
) -> PaymentId:
    """Record money for an invoice: debit `source`, credit what the client owes.

    Called by treasury, which has decided that this money is for this invoice and keeps what is
    more than open. Raises InvoiceNotFound, IllegalMove when nothing is open any more, Invalid for
    another currency, PaymentTooLarge for more than is open.
    """
    due = await locked_receivable(work, invoice_id)
    return await record_received(
        work, due, amount, source, received_on, bank_entry_id=bank_entry_id
    )


async def locked_receivable(work: Work, invoice_id: InvoiceId) -> Receivable:
    """The invoice as it stands, locked until the end. Raises InvoiceNotFound."""
    await settle_appends(work, [invoice_id])
    rows = await work.fetch(READ, invoice_id)
    if not rows:
        raise InvoiceNotFound
    return Receivable(*rows[0])


async def record_received(
    work: Work,
    due: Receivable,
    amount: Money,
    source: Account,
    received_on: date,
    *,
    bank_entry_id: BankEntryId | None = None,
) -> PaymentId:
    """As `record_payment`, for an invoice that the caller holds by `locked_receivable`."""
    invoice_id = due.id
    settled = amount.minor == due.open_minor
    course = SimpleNamespace(state=due.state)
    INVOICE_LIFECYCLE.move(course, "settle" if settled else "pay_part")
    _check_amount(amount, due)
    net_minor = due.released_by(amount.minor)
    payment_id = PaymentId(new_id())
    parts = await divide_payment(work, due.id, payment_id, net_minor) if due.shared else ()
    work.append(
        PAYMENTS,
        id=payment_id,
        invoice_id=invoice_id,
        amount_minor=amount.minor,
        net_minor=net_minor,
        currency=amount.currency,
        received_on=received_on,
        recorded_at=work.now,
        source=source.code,
        bank_entry_id=bank_entry_id,
    )
    work.append(
        PAID,
        id=invoice_id,
        state=course.state,
        amount_minor=amount.minor,
        net_minor=net_minor,
        settled_on=received_on if settled else None,
    )
    note_append(work, invoice_id)
    await ledger.post(
        work,
        kind="payment_recorded",
        text=f"Payment for invoice {due.number}",
        lines=[Line(source, amount), credit("receivable", amount, due.client_id)],
        subject=invoice_id,
        occurred_on=received_on,
    )
    await work.emit(
        PaymentRecorded(
            payment_id=payment_id,
            invoice_id=invoice_id,
            contract_id=due.contract_id,
            member_id=due.member_id,
            client_id=due.client_id,
            amount_minor=amount.minor,
            net_minor=net_minor,
            settled=settled,
            currency=amount.currency,
            received_on=received_on,
            parts=parts,
        )
    )
    return payment_id


def _check_amount(amount: Money, due: Receivable) -> None:
    if amount.currency != due.currency:
        raise Invalid(
            f"Invoice {due.number} is in {due.currency}, the payment in {amount.currency}.",
            field="amount",
        )
    if amount.minor <= 0:
        raise Invalid("A payment is more than nothing.", field="amount")
    if amount.minor > due.open_minor:
        still_open = Money(due.open_minor, due.currency)
        raise PaymentTooLarge(
            f"Only {still_open} is open on invoice {due.number}; {amount} is too much.",
            mend="Record what is open; the rest is kept for the client on account.",
            field="amount",
            open=still_open.text,
        )
