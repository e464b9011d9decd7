"""What is in the way of being paid: objections, reminders, what is given up."""

from datetime import timedelta

from guild.core.errors import GuildError
from guild.core.ids import InvoiceId
from guild.receivables import commands as receivables
from guild.receivables.schemas import ObjectionIn, WriteOffIn
from tests.stateful.scene import Scene, amount, id_of


class Trouble(Scene):
    """What clients and treasurers do about it."""

    async def object(self) -> None:
        """The client objects to a part; the books do not move."""
        invoice = self.an_invoice(wants=lambda one: one.open > 0 and one.id not in self.disputed)
        if invoice is None:
            return
        said = ObjectionIn(
            reason_code="defective", text="Not as agreed",
            amount=amount(self.chance.randint(1, invoice.open)),
        )  # fmt: skip
        async with self.treasurer() as work:
            self.disputed[invoice.id] = await receivables.object_to(
                work, InvoiceId(id_of(invoice)), said
            )

    async def withdraw(self) -> None:
        """The client takes an objection back."""
        if not self.disputed:
            return
        invoice_id = self.chance.choice(list(self.disputed))
        async with self.treasurer() as work:
            await receivables.rule_on(work, self.disputed.pop(invoice_id), "withdraw")

    async def remind(self) -> None:
        """Time passes and whoever is due is reminded; the books do not move."""
        self.system.clock.advance(days=self.chance.randint(1, 12))  # type: ignore[attr-defined]
        self.desk.day += timedelta(days=1)
        async with self.by() as work:
            due = await receivables.due_invoices(work)
        for invoice_id in due:
            async with self.by() as work:
                await receivables.remind(work, invoice_id)

    async def give_up(self) -> None:
        """What is open, or a part of it, is written off: asked by one treasurer, decided by
        another.
        """
        invoice = self.an_invoice(wants=lambda one: one.open > 0 and one.id not in self.disputed)
        if invoice is None:
            return
        minor = self.chance.choice([invoice.open, self.chance.randint(1, invoice.open)])
        wanted = WriteOffIn(
            reason_code="uncollectable", reason="Nobody answers", amount=amount(minor)
        )
        async with self.treasurer() as work:
            asked = await receivables.ask_write_off(work, InvoiceId(id_of(invoice)), wanted)
        async with self.treasurer(1) as work:
            await receivables.decide_write_off(work, asked, approve=True)
        self.books.give_up(invoice, minor)
        self.given_up.append((invoice, len(invoice.given_up) - 1, asked))

    async def owed_again(self) -> None:
        """What is left of a write-off is taken back; nothing, once credit notes cover it."""
        if not self.given_up:
            return
        place = self.chance.randrange(len(self.given_up))
        invoice, number, write_off_id = self.given_up.pop(place)
        refused = None
        try:
            async with self.treasurer() as work:
                await receivables.reinstate(work, write_off_id)
        except GuildError as refusal:
            refused = refusal
        self.agree(refused, invoice.given_up[number][0] > 0)
        self.books.owed_again(invoice, number)
