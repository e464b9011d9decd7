"""The books of an invoice's whole life: beside `Books`, what is given up and what comes back."""

from dataclasses import dataclass, field
from fractions import Fraction

from guild.core.ids import BankEntryId
from tests.stateful.books import Books, Invoice, by_largest_remainder, half_up


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

    def take_back(self, payment: Paid) -> None:
        """The bank takes a payment back: the invoice is open again by what it still pays, and what
        credit notes gave back of it is the client's to owe.
        """
        invoice, paid = payment.invoice, payment.cents
        cents = min(paid, invoice.paid - invoice.refundable)
        self.at_bank -= paid
        self.add(bank=-paid, receivable=cents, client_credit=cents - paid)
        self.payments.remove(payment)
        if not cents:
            return
        room, net = payment.nets, min(sum(payment.nets), cents)
        if cents < paid:
            net = min(half_up(Fraction(sum(room) * cents, paid)), net)
        if invoice.credited:  # credit notes have taken theirs from what it had released
            room = [min(was, part.released)
                    for was, part in zip(room, invoice.parts, strict=True)]  # fmt: skip
            if cents == invoice.paid - invoice.refundable:
                net = min(sum(payment.nets), cents)
            net = min(net, invoice.let_go)
            net = min(net, sum(room)) if len(room) > 1 else net
        invoice.paid -= cents
        nets = by_largest_remainder(net, room) if len(room) > 1 else [net]
        self.release(invoice, [-one for one in nets])
