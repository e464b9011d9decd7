"""A seeded walk through an invoice's whole life, in commands, held against the plain books.

Draft with random lines, issue, pay in parts, overpay, pay from what is on account, credit, object,
remind, give up, take that back, the bank takes a payment back, pay out. After each step every
account of the ledger and what each invoice says are the model's.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import select

from guild import features
from guild.core.errors import GuildError
from guild.core.ids import BankEntryId, InvoiceId, OrganisationId, WriteOffId
from guild.core.money import Money
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, Work, begin_work
from guild.invoicing import commands as invoicing
from guild.invoicing.models import Invoice as InvoiceRow
from guild.invoicing.schemas.drafts import AdjustmentIn, DraftTerms, LineIn
from guild.ledger import queries as ledger
from guild.members.models import Member
from guild.receivables import commands as receivables
from guild.receivables.errors import CreditTooSmall
from guild.receivables.schemas import ApplyCreditIn, ObjectionIn, WriteOffIn
from guild.treasury import commands as treasury
from guild.treasury.models import BankEntry
from guild.treasury.schemas import TakesBackIn
from tests.camt import Move
from tests.factories import Factories
from tests.features.treasury.conftest import OPENING, Desk
from tests.stateful.books import Books, Invoice, Payout

RATES = {"": Fraction(21, 100), "6": Fraction(6, 100), "12": Fraction(12, 100)}
CENT = Decimal("0.01")
IBANS = ("BE68 5390 0754 7034", "BE71 0961 2345 6769")


def cents(value: Decimal) -> int:
    """To the nearest cent, halves away from zero (EN 16931)."""
    return int(value.quantize(CENT, ROUND_HALF_UP).scaleb(2))


def amount(minor: int) -> str:
    """Cents as they are typed."""
    return f"{Decimal(minor).scaleb(-2):.2f}"


@dataclass
class Paid:
    """A payment that a bank entry made, as the model knows it."""

    entry_id: BankEntryId
    invoice: Invoice
    cents: int
    net: int
    """What it released."""


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
        left = invoice.net + invoice.vat - invoice.credited
        if invoice.refundable or not left:
            return False
        self.at_bank -= payment.cents
        self.add(bank=-payment.cents, receivable=payment.cents)
        invoice.paid -= payment.cents
        invoice.pending += payment.net
        self._release(invoice, -payment.net)
        self.payments.remove(payment)
        return True


class Course:
    """One walk: people, model, steps."""

    def __init__(self, system: System, seed: int) -> None:
        self.system, self.seed = system, seed
        self.chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.make = Factories(system)
        self.books = Life(at_bank=OPENING)
        self.people: list[tuple[Member, OrganisationId, Any]] = []
        self.given_up: list[tuple[Invoice, int, WriteOffId]] = []
        self.disputed: dict[str, Any] = {}
        self.trace: list[str] = []
        self.refused = 0

    async def open(self) -> "Course":
        """Three treasurers, a representative, two members with a client and a contract each."""
        self.desk = await Desk(self.system, self.make).open()
        self.rep = await self.make.member(roles=[Role.REP])
        for iban in IBANS:
            member = await self.make.member()
            await self.make.bank_account(member, approver=self.desk.treasurers[0], iban=iban)
            client = await self.make.organisation(
                member, vat_number="BE0403019261", enterprise_number="0403019261"
            )
            contract = await self.make.signed_contract(member, client)
            self.people.append((member, OrganisationId(client.id), contract.id))
        self.system.clock.advance(hours=73)  # type: ignore[attr-defined]  # accounts cool off
        return self

    def by(self, who: Member | None = None) -> Any:
        """A Work of a member, or of the house."""
        return begin_work(self.system, SYSTEM if who is None else self.make.actor(who))

    def treasurer(self, which: int = 0) -> Any:
        """A Work of one of the treasurers."""
        return begin_work(self.system, self.desk.treasurer(which))

    def agree(self, refused: GuildError | None, allowed: bool) -> None:  # noqa: FBT001
        """The product refuses exactly what the model refuses."""
        self.refused += refused is not None
        assert allowed is (refused is None), refused or "allowed, and the model refuses it"

    def an_invoice(self, *, wants: Callable[[Invoice], bool]) -> Invoice | None:
        """One of those that will do."""
        found = [one for one in self.books.invoices.values() if wants(one)]
        return self.chance.choice(found) if found else None

    # --- steps -------------------------------------------------------------------------------

    def _lines(self) -> tuple[list[LineIn], int]:
        """One to five random lines, the first large, and their net in cents."""
        lines, net = [], 0
        for number in range(self.chance.randint(1, 5)):
            low = 1 if number == 0 else -5
            quantity = Decimal(self.chance.randint(low * 10_000, 90_000) or 1).scaleb(-4)
            price = Decimal(self.chance.randint(500_000 if number == 0 else 1, 900_000)).scaleb(-4)
            base = Decimal(self.chance.choice([1, 1, 1, 10])) if number else Decimal(1)
            gross = cents(quantity * price / base)
            given: list[AdjustmentIn] = []
            if number and gross > 0 and self.chance.random() < 0.3:
                percent = self.chance.randint(1, 40_000)
                given = [AdjustmentIn(reason="Agreed", percent=f"{Decimal(percent) / 1000}")]
                off = Decimal(gross) * percent / 100_000
                gross -= int(off.quantize(Decimal(1), ROUND_HALF_UP))
            net += gross
            lines.append(LineIn(
                text=f"Work {number}", unit_price=f"{price}", quantity=f"{quantity}",
                base_quantity=f"{base}", adjustments=tuple(given),
            ))  # fmt: skip
        return lines, net

    async def issue(self) -> None:
        """Draft random lines at one rate and issue them."""
        number = self.chance.randrange(len(self.people))
        member, _, contract = self.people[number]
        lines, net = self._lines()
        if net <= 0:
            return
        percent = self.chance.choice(list(RATES))
        taxed = {"treatment": "reduced", "reduced_percent": percent} if percent else {}
        terms = DraftTerms(lines=tuple(lines), **taxed)  # type: ignore[arg-type]
        async with self.by(member) as work:
            draft = await invoicing.draft_invoice_from_milestones(work, contract, terms=terms)
        async with self.by(member) as work:
            issued = await invoicing.issue_invoice(work, draft)
        invoice = Invoice(str(draft), number, net, rate=RATES[percent])
        self.books.issue(invoice)
        assert issued.net == amount(net), "the lines add up to another net"
        assert issued.total == amount(net + invoice.vat)

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
            told = await treasury.confirm_match(work, entry_id, InvoiceId(_id(invoice)))
        released = invoice.released
        paid, surplus = self.books.pay(invoice, minor)
        assert (told.paid, told.surplus) == (amount(paid), amount(surplus))
        if paid and not surplus:
            self.books.payments.append(Paid(entry_id, invoice, paid, invoice.released - released))

    async def _arrives(self, minor: int) -> BankEntryId:
        move = Move(cents=minor, reference=f"L{len(self.trace)}", name="Client")
        async with self.treasurer() as work:
            before = await _open_entries(work)
            came = await treasury.import_statements(work, self.desk.statement(move))
        assert came.new_entries == 1
        async with self.treasurer() as work:
            (entry_id,) = await _open_entries(work) - before
        self.books.at_bank += minor
        self.books.add(bank=minor, suspense=minor)
        return entry_id

    async def chargeback(self) -> None:
        """The bank takes back a payment that it has brought."""
        if not self.books.payments:
            return
        payment = self.chance.choice(self.books.payments)
        at, refused = self.desk.at_bank, None
        statement = self.desk.statement(
            Move(cents=-payment.cents, reference=f"B{len(self.trace)}", return_reason="MD06")
        )
        try:
            async with self.treasurer() as work:
                before = await _open_entries(work)
                await treasury.import_statements(work, statement)
                await work.session.flush()
                (entry_id,) = await _open_entries(work) - before
                await treasury.takes_back(work, entry_id, TakesBackIn(entry_id=payment.entry_id))
        except GuildError as refusal:
            self.desk.at_bank, refused = at, refusal
        self.agree(refused, self.books.take_back(payment))

    async def from_account(self) -> None:
        """What a client has on account pays another of its invoices."""
        invoice = self.an_invoice(wants=lambda one: one.open > 0)
        if invoice is None:
            return
        wanted = ApplyCreditIn(invoice_id=InvoiceId(_id(invoice)))
        try:
            async with self.treasurer() as work:
                told = await receivables.apply_credit(work, wanted)
        except CreditTooSmall:
            self.refused += 1
            return
        self.books.from_account(invoice, cents(Decimal(told.applied)))

    async def credit(self) -> None:
        """All that is left, a part, or more than is left."""
        invoice = self.an_invoice(wants=lambda one: True)
        if invoice is None or invoice.id in self.disputed:
            return
        net = self.chance.choice([None, self.chance.randint(1, invoice.net), invoice.net])
        member = self.people[invoice.member][0]
        money = None if net is None else Money(net, "EUR")
        refused = None
        try:
            async with self.by(member) as work:
                await invoicing.credit_invoice(work, InvoiceId(_id(invoice)), "Agreed", net=money)
        except GuildError as refusal:
            refused = refusal
        self.agree(refused, self.books.credit(invoice, net))

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
                work, InvoiceId(_id(invoice)), said
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
            asked = await receivables.ask_write_off(work, InvoiceId(_id(invoice)), wanted)
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

    # --- the walk ----------------------------------------------------------------------------

    async def walk(self, steps: int) -> None:
        """So many steps, each compared; the invariants are asked now and then and at the end."""
        choices: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (5, self.issue), (8, self.pay), (3, self.chargeback), (3, self.from_account),
            (4, self.credit), (2, self.object), (1, self.withdraw), (2, self.remind),
            (2, self.give_up), (1, self.owed_again), (3, self.pay_out),
        ]  # fmt: skip
        weights = [weight for weight, _ in choices]
        for number in range(steps):
            _, step = (0, self.issue) if number < 3 else self.chance.choices(choices, weights)[0]
            self.trace.append(step.__name__)
            await step()
            await self.compare()
            if number % 20 == 19:
                await self.sound()
        await self.sound()

    async def compare(self) -> None:
        """The ledger's accounts and each invoice are the model's."""
        async with self.by() as work:
            trial = await ledger.trial_balance(work)
            found = {line.code: cents(Decimal(line.balance)) for line in trial.lines}
            rows = await work.session.scalars(
                select(InvoiceRow).execution_options(populate_existing=True)
            )
            kept = {str(row.id): row for row in rows}
        shown = {code: minor for code, minor in found.items() if minor}
        assert shown == self.books.shown(), f"after {self.trace[-5:]}"
        for invoice in self.books.invoices.values():
            row = kept[invoice.id]
            assert (row.open_minor, row.paid_minor) == (invoice.open, invoice.paid), row.number

    async def sound(self) -> None:
        """Every invariant of the house holds."""
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            found = await features.broken_invariants(work, hashed=False)
        assert {name: lines for name, lines in found.items() if lines} == {}


def _id(invoice: Invoice) -> UUID:
    return UUID(invoice.id)


async def _open_entries(work: Work) -> set[BankEntryId]:
    found = await work.session.scalars(
        select(BankEntry.id).where(BankEntry.state.in_(("unmatched", "suggested")))
    )
    return set(found)
