"""Random weeks of a treasury: statements, confirmations, undoings, chargebacks, and the books.

Seeded, so a failure is repeated by its number. After each step the treasury's invariants hold,
what is in suspense is what nobody explained, and each invoice owes what its matches left.
"""

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from guild.core.errors import GuildError
from guild.core.work import begin_work
from guild.invoicing.models import Invoice
from guild.invoicing.schemas import IssuedOut
from guild.treasury import commands
from guild.treasury.models import BankEntry, BankMatch, MatchUndo
from guild.treasury.queries import takes_back_candidates
from guild.treasury.schemas import DecideUndoIn, ExplainIn, SetAsideIn, TakesBackIn, UndoIn
from tests.camt import Move
from tests.features.treasury.conftest import Desk
from tests.features.treasury.test_confirming import held, row

STEPS = 16
OPEN = ("unmatched", "suggested", "set_aside")


class Life:
    """One treasury and what happens to it."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance = desk, random.Random(seed)  # noqa: S311 - repeatable, nothing secret
        self.invoices: list[IssuedOut] = []
        self.number = 0
        self.files: list[bytes] = []
        self.refused: list[str] = []

    async def open(self) -> "Life":
        self.invoices.append(await self.desk.invoice("1000.00", "Life bv"))
        self.invoices.append(await self.desk.invoice("300.00", "Life bv", again=True))
        self.invoices.append(await self.desk.invoice("700.00", "Other bv"))
        return self

    async def entry(self, *states: str, money_in: bool | None = None) -> BankEntry | None:
        async with begin_work(self.desk.system, self.desk.treasurer(), read_only=True) as work:
            wanted = select(BankEntry).where(BankEntry.state.in_(states)).order_by(BankEntry.id)
            if money_in is not None:
                wanted = wanted.where((BankEntry.amount_minor > 0) == money_in)
            found = list(await work.session.scalars(wanted))
        return self.chance.choice(found) if found else None

    async def import_one(self) -> None:
        """Payments with and without a reference, fees, and returns of what was paid."""
        self.desk.day += timedelta(days=self.chance.randint(0, 2))
        moves = []
        for _ in range(self.chance.randint(0, 3)):
            self.number += 1
            about = await row(self.desk, self.chance.choice(self.invoices))
            cents = self.chance.choice([about.total_minor, 10_000, about.total_minor + 700, 1])
            named = about.reference if self.chance.random() < 0.7 else ""
            moves.append(Move(cents=cents, reference=f"L{self.number}", name="Life bv",
                              iban="NL91ABNA0417164300", structured=named))  # fmt: skip
        paid = await self.entry("confirmed", money_in=True)
        if paid is not None and self.chance.random() < 0.5:
            self.number += 1
            fee = self.chance.choice([0, 300])
            moves.append(Move(cents=-paid.amount_minor - fee, reference=f"L{self.number}",
                              name=paid.counterparty, iban="NL91ABNA0417164300",
                              return_reason="AC04"))  # fmt: skip
        self.files.append(self.desk.statement(*moves))
        await self.desk.bring_in(self.files[-1])

    async def import_again(self) -> None:
        """A file that was imported before books nothing."""
        if self.files:
            assert (await self.desk.bring_in(self.chance.choice(self.files))).new_entries == 0

    async def confirm(self) -> None:
        entry = await self.entry(*OPEN, money_in=True)
        if entry is not None:
            async with begin_work(self.desk.system, self.desk.treasurer()) as work:
                await commands.confirm_match(work, entry.id, self.chance.choice(self.invoices).id)

    async def explain(self) -> None:
        entry = await self.entry(*OPEN, money_in=self.chance.random() < 0.3)
        if entry is not None:
            said = ExplainIn(kind="bank_fees", note="Charge")
            async with begin_work(self.desk.system, self.desk.treasurer()) as work:
                await commands.explain_entry(work, entry.id, said)

    async def set_aside(self) -> None:
        entry = await self.entry("unmatched", "suggested")
        if entry is not None:
            async with begin_work(self.desk.system, self.desk.treasurer()) as work:
                await commands.set_aside_entry(work, entry.id, SetAsideIn(reason="Ask the client"))

    async def undo(self) -> None:
        entry = await self.entry("confirmed", "explained")
        if entry is None:
            return
        async with begin_work(self.desk.system, self.desk.treasurer()) as work:
            asked = await commands.ask_undo(work, entry.id, UndoIn(reason="A wrong match"))
        try:
            async with begin_work(self.desk.system, self.desk.treasurer(1)) as work:
                yes = DecideUndoIn(approve=self.chance.random() < 0.8)
                await commands.decide_undo(work, asked.id, yes)
        except GuildError as refused:
            self.refused.append(refused.code)
            async with begin_work(self.desk.system, self.desk.treasurer(1)) as work:
                await commands.decide_undo(work, asked.id, DecideUndoIn(approve=False))

    async def charge_back(self) -> None:
        entry = await self.entry(*OPEN, money_in=False)
        if entry is None:
            return
        async with begin_work(self.desk.system, self.desk.treasurer()) as work:
            found = await takes_back_candidates(work, entry.id)
            if found:
                # Now and then a part only; what the entry took beyond it is a fee.
                whole = self.chance.random() < 0.6
                part = f"{self.chance.randint(1, -entry.amount_minor) / 100:.2f}"
                said = TakesBackIn(
                    entry_id=self.chance.choice(found).id, amount=None if whole else part
                )
                await commands.takes_back(work, entry.id, said)

    async def step(self) -> None:
        doing = self.chance.choice([self.import_one, self.import_one, self.import_again,
                                    self.confirm, self.confirm, self.explain, self.set_aside,
                                    self.undo, self.charge_back, self.charge_back])  # fmt: skip
        try:
            await doing()
        except GuildError as refused:
            self.refused.append(refused.code)

    async def holds(self) -> None:
        """The books after a step."""
        assert await self.desk.wrong() == []
        async with begin_work(self.desk.system, self.desk.treasurer(), read_only=True) as work:
            waiting = await work.session.scalar(
                select(func.coalesce(func.sum(BankEntry.amount_minor), 0)).where(
                    BankEntry.state.in_(OPEN)
                )
            )
            gone = select(MatchUndo).where(
                MatchUndo.entry_id == BankMatch.entry_id, MatchUndo.round == BankMatch.round,
                MatchUndo.state == "done",
            )  # fmt: skip
            for issued in self.invoices:
                paid = await work.session.scalar(
                    select(func.coalesce(func.sum(BankMatch.amount_minor), 0)).where(
                        BankMatch.invoice_id == issued.id, ~gone.exists()
                    )
                )
                invoice = await work.session.get_one(Invoice, issued.id, populate_existing=True)
                assert invoice.paid_minor == paid, issued.number
        assert await held(self.desk, "suspense") == waiting
        assert await held(self.desk, "bank", self.desk.account_id) == self.desk.at_bank


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_the_books_agree_with_the_bank(desk: Desk, seed: int) -> None:
    life = await Life(desk, seed).open()
    steps = 0
    while steps < STEPS or not life.number:  # a short walk may have brought nothing in
        steps += 1
        await life.step()
        await life.holds()
