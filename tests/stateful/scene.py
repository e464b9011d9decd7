"""The house in which an invoice's life is walked: its people, the model, the comparison."""

import random
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Self
from uuid import UUID

from sqlalchemy import select

from guild import features
from guild.core.errors import GuildError
from guild.core.ids import BankEntryId, OrganisationId, WriteOffId
from guild.core.permissions import SYSTEM, Role
from guild.core.work import System, Work, begin_work
from guild.invoicing.models import Invoice as InvoiceRow
from guild.invoicing.models import InvoiceShare
from guild.ledger import queries as ledger
from guild.members.models import Member
from guild.treasury.models import BankEntry
from tests.factories import Factories
from tests.features.treasury.conftest import OPENING, Desk
from tests.stateful.books import Invoice, Part
from tests.stateful.books_of_life import Life

IBANS = ("BE68 5390 0754 7034", "BE71 0961 2345 6769")
CENT = Decimal("0.01")


def cents(value: Decimal) -> int:
    """To the nearest cent, halves away from zero (EN 16931)."""
    return int(value.quantize(CENT, ROUND_HALF_UP).scaleb(2))


def amount(minor: int) -> str:
    """Cents as they are typed."""
    return f"{Decimal(minor).scaleb(-2):.2f}"


class Scene:
    """People, model, and what has happened so far."""

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

    async def open(self) -> Self:
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

    async def compare(self) -> None:
        """The ledger's accounts and each invoice are the model's."""
        async with self.by() as work:
            trial = await ledger.trial_balance(work)
            found = {line.code: cents(Decimal(line.balance)) for line in trial.lines}
            rows = await work.session.scalars(
                select(InvoiceRow).execution_options(populate_existing=True)
            )
            kept = {str(row.id): row for row in rows}
            shares = await work.session.scalars(
                select(InvoiceShare)
                .order_by(InvoiceShare.position)
                .execution_options(populate_existing=True)
            )
            parts: dict[str, list[Part]] = {}
            for one in shares:
                number = [member.id for member, _, _ in self.people].index(one.member_id)
                part = Part(number, one.net_minor, one.pending_net_minor, one.released_net_minor)
                parts.setdefault(str(one.invoice_id), []).append(part)
        shown = {code: minor for code, minor in found.items() if minor}
        assert shown == self.books.shown(), f"after {self.trace[-5:]}"
        for invoice in self.books.invoices.values():
            row = kept[invoice.id]
            assert (row.open_minor, row.paid_minor) == (invoice.open, invoice.paid), row.number
            assert row.pending_net_minor == invoice.pending, row.number
            assert parts.get(invoice.id, invoice.parts) == invoice.parts, row.number

    async def sound(self) -> None:
        """Every invariant of the house holds."""
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            found = await features.broken_invariants(work, hashed=False)
        assert {name: lines for name, lines in found.items() if lines} == {}


def id_of(invoice: Invoice) -> UUID:
    return UUID(invoice.id)


async def open_entries(work: Work) -> set[BankEntryId]:
    found = await work.session.scalars(
        select(BankEntry.id).where(BankEntry.state.in_(("unmatched", "suggested")))
    )
    return set(found)
