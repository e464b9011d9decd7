"""Money in and out: bank entries, chargebacks, what is on account, payouts."""

from decimal import Decimal

from guild.core.errors import GuildError
from guild.core.ids import BankEntryId, InvoiceId
from guild.receivables import commands as receivables
from guild.receivables.errors import CreditTooSmall
from guild.receivables.schemas import ApplyCreditIn
from guild.treasury import commands as treasury
from guild.treasury.schemas import TakesBackIn
from tests.camt import Move
from tests.stateful.books import Payout
from tests.stateful.books_of_life import Paid
from tests.stateful.scene import Scene, amount, cents, id_of, open_entries


class Paying(Scene):
    """What the bank and the treasury do."""

    async def pay(self) -> None:
        """In part, exactly, too much or twice, by a bank statement."""
        invoice = self.an_invoice(wants=lambda one: one.open > 0 or not one.written_off)
        if invoice is None:
            return
        gross = invoice.net + invoice.vat
        minor = self.chance.choice(
            [invoice.open or gross, self.chance.randint(1, gross), gross + 333, 1]
        )
        if invoice.written_off:  # more would be refused until that is taken back
            minor = min(minor, invoice.open)
        entry_id = await self._arrives(minor)
        async with self.treasurer() as work:
            told = await treasury.confirm_match(work, entry_id, InvoiceId(id_of(invoice)))
        released = [part.released for part in invoice.parts]
        paid, surplus = self.books.pay(invoice, minor)
        assert (told.paid, told.surplus) == (amount(paid), amount(surplus))
        if paid and not surplus:
            nets = [part.released - was for part, was in zip(invoice.parts, released, strict=True)]
            self.books.payments.append(Paid(entry_id, invoice, paid, nets))

    async def _arrives(self, minor: int) -> BankEntryId:
        move = Move(cents=minor, reference=f"L{len(self.trace)}", name="Client")
        async with self.treasurer() as work:
            before = await open_entries(work)
            came = await treasury.import_statements(work, self.desk.statement(move))
        assert came.new_entries == 1
        async with self.treasurer() as work:
            (entry_id,) = await open_entries(work) - before
        self.books.at_bank += minor
        self.books.add(bank=minor, suspense=minor)
        return entry_id

    async def chargeback(self) -> None:
        """The bank takes back a payment that it has brought."""
        if not self.books.payments:
            return
        payment = self.chance.choice(self.books.payments)
        statement = self.desk.statement(
            Move(cents=-payment.cents, reference=f"B{len(self.trace)}", return_reason="MD06")
        )
        async with self.treasurer() as work:
            before = await open_entries(work)
            await treasury.import_statements(work, statement)
            await work.session.flush()
            (entry_id,) = await open_entries(work) - before
            await treasury.takes_back(work, entry_id, TakesBackIn(entry_id=payment.entry_id))
        self.books.take_back(payment)

    async def from_account(self) -> None:
        """What a client has on account pays another of its invoices."""
        invoice = self.an_invoice(wants=lambda one: one.open > 0)
        if invoice is None:
            return
        wanted = ApplyCreditIn(invoice_id=InvoiceId(id_of(invoice)))
        try:
            async with self.treasurer() as work:
                told = await receivables.apply_credit(work, wanted)
        except CreditTooSmall:
            self.refused += 1
            return
        self.books.from_account(invoice, cents(Decimal(told.applied)))

    async def pay_out(self) -> None:
        """A member asks for what she has, or more; two treasurers approve it."""
        number = self.chance.randrange(len(self.people))
        held = self.books.available[number]
        minor = max(1, self.chance.choice([held, held // 2, held + 1]))
        member, refused = self.people[number][0], None
        try:
            asked = await self.desk.ask(member, amount(minor))
        except GuildError as refusal:
            refused = refusal
        self.agree(refused, self.books.may_ask(number, minor))
        if refused:
            return
        payout = Payout(str(asked.id), number, minor, str(member.id))
        self.books.payouts[payout.id] = payout
        for which in (1, 2):
            async with self.treasurer(which) as work:
                told = await treasury.approve_payout(work, asked.id)
            assert self.books.approve(payout, str(which))
        assert told.state == payout.state
