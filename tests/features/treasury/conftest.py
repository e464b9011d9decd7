"""A co-operative with three treasurers and a bank that sends consistent statements."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count

import pytest_asyncio

from guild.contracts.schemas import MilestoneIn
from guild.core.ids import BankAccountId
from guild.core.money import Money
from guild.core.permissions import Actor, Role
from guild.core.work import System, begin_work
from guild.invoicing.commands import draft_invoice_from_milestones, issue_invoice
from guild.invoicing.schemas import IssuedOut
from guild.ledger.chart import credit, debit
from guild.ledger.commands import post
from guild.members.models import BankAccount, Member
from guild.members.schemas import OrganisationOut
from guild.treasury import commands, queries
from guild.treasury.schemas import CoopAccountIn, ImportOut, PayoutIn, PayoutOut
from tests.camt import Move, camt053
from tests.factories import Factories

COOP_IBAN = "BE71096123456769"
OPENING = 1_000_000


class Desk:
    """The treasury of one test: its people, its account, and the bank's side of it."""

    def __init__(self, system: System, make: Factories) -> None:
        self.system = system
        self.make = make
        self.treasurers: list[Member] = []
        self.account_id: BankAccountId
        self.at_bank = OPENING
        self.day = date(2026, 11, 20)
        self._numbers = count(1)
        self.last: tuple[Member, OrganisationOut]

    async def open(self) -> "Desk":
        """Three treasurers and one account that holds 10,000.00."""
        for _ in range(3):
            self.treasurers.append(await self.make.member(roles=[Role.TREASURER]))
        async with begin_work(self.system, self.treasurer()) as work:
            opened = await commands.open_coop_account(
                work,
                CoopAccountIn(
                    name="Current account",
                    iban=COOP_IBAN,
                    opening_balance=str(Decimal(OPENING).scaleb(-2)),
                    opened_on=date(2026, 11, 1),
                ),
            )
        self.account_id = opened.id
        return self

    def treasurer(self, which: int = 0) -> Actor:
        """One of the treasurers as an actor."""
        return self.make.actor(self.treasurers[which])

    def statement(self, *moves: Move) -> bytes:
        """The bank's next statement with these movements."""
        content = camt053(
            iban=COOP_IBAN,
            number=next(self._numbers),
            opening_cents=self.at_bank,
            moves=moves,
            day=self.day,
        )
        self.at_bank += sum(move.cents for move in moves if move.status == "BOOK")
        return content

    async def bring_in(self, content: bytes, which: int = 0) -> ImportOut:
        """A treasurer imports a file."""
        async with begin_work(self.system, self.treasurer(which)) as work:
            return await commands.import_statements(work, content)

    async def paid_in(self, member: Member, minor: int) -> None:
        """Give a member money to be paid out, as a payment and its release would have."""
        async with begin_work(self.system, self.treasurer()) as work:
            amount = Money(minor, "EUR")
            await post(
                work,
                kind="test_release",
                text="Work done",
                lines=[debit("opening", amount), credit("member_available", amount, member.id)],
            )

    async def payee(self, minor: int = 100_000, **account: str) -> tuple[Member, BankAccount]:
        """A member with money and an account that may be used."""
        member = await self.make.member()
        used = await self.make.bank_account(member, approver=self.treasurers[0], **account)
        await self.paid_in(member, minor)
        return member, used

    async def ask(self, member: Member, amount: str, *, by: Actor | None = None) -> PayoutOut:
        """Ask for a payout, oneself or as a treasurer."""
        async with begin_work(self.system, by or self.make.actor(member)) as work:
            return await commands.request_payout(
                work, PayoutIn(amount=amount, member_id=member.id if by else None)
            )

    async def approve(self, asked: PayoutOut, approvers: Sequence[int] = (1, 2)) -> PayoutOut:
        """Approvals by these treasurers."""
        seen = asked
        for which in approvers:
            async with begin_work(self.system, self.treasurer(which)) as work:
                seen = await commands.approve_payout(work, asked.id)
        return seen

    async def invoice(
        self,
        net: str,
        client_name: str,
        member: Member | None = None,
        *,
        again: bool = False,
    ) -> IssuedOut:
        """An issued invoice over one accepted milestone of that net sum, Belgian VAT on top.

        `again` is to the client of the last one, by the same member.
        """
        if again:
            member, client = self.last
        else:
            member = member or await self.make.member()
            client = await self.make.organisation(
                member, name=client_name, vat_number="BE0403019261", enterprise_number="0403019261"
            )
        self.last = member, client
        milestone = MilestoneIn(title="All of it", net=net, due_on=date(2026, 12, 18))
        contract = await self.make.signed_contract(
            member, client, milestones=[milestone], hours_estimate=1
        )
        await self.make.accept(contract, member)
        async with begin_work(self.system, self.make.actor(member)) as work:
            draft = await draft_invoice_from_milestones(work, contract.id)
            return await issue_invoice(work, draft)

    async def wrong(self) -> list[str]:
        """What the treasury's invariants say."""
        async with begin_work(self.system, self.treasurer(), read_only=True) as work:
            return [one for check in queries.INVARIANTS for one in await check(work.session)]


@pytest_asyncio.fixture
async def desk(system: System, make: Factories) -> Desk:
    """A treasury inside the transaction that is rolled back."""
    return await Desk(system, make).open()


@pytest_asyncio.fixture
async def real_desk(committing: System) -> Desk:
    """A treasury on a database of its own, where Works commit and run at once."""
    return await Desk(committing, Factories(committing)).open()
