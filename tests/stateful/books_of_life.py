"""The books of an invoice's whole life: beside `Books`, what is given up and what comes back."""

from dataclasses import dataclass, field

from guild.core.ids import BankEntryId
from tests.stateful.books import Books, Invoice, by_largest_remainder


@dataclass
class Paid:
    """A payment that a bank entry made, as the model knows it."""

    entry_id: BankEntryId
    invoice: Invoice
    cents: int
    nets: list[int]
    """What it released to each member."""


@dataclass
class Life(Books):
    """The books of the whole life: beside `Books`, what is given up and what comes back."""

    payments: list[Paid] = field(default_factory=list)

    def from_account(self, invoice: Invoice, cents: int) -> None:
        """The client's own money on account pays an invoice."""
        self.pay(invoice, cents)
        self.add(suspense=cents, client_credit=-cents)

    def take_back(self, payment: Paid) -> bool:
        """The bank takes a payment back. False when it has become something else meanwhile."""
        invoice = payment.invoice
        if payment.cents > invoice.paid - invoice.refundable:
            return False
        room = payment.nets
        net = sum(room)
        if invoice.credited:  # credit notes have taken theirs from what it had released
            room = [min(was, part.released)
                    for was, part in zip(room, invoice.parts, strict=True)]  # fmt: skip
            net = min(net, payment.cents, invoice.let_go)
            net = min(net, sum(room)) if len(room) > 1 else net
        self.at_bank -= payment.cents
        self.add(bank=-payment.cents, receivable=payment.cents)
        invoice.paid -= payment.cents
        nets = by_largest_remainder(net, room) if len(room) > 1 else [net]
        self.release(invoice, [-one for one in nets])
        self.payments.remove(payment)
        return True
