"""The short way to a draft, an issued invoice and the books, for the tests of this package."""

from typing import Any

import pytest

from guild.contracts.models import Contract
from guild.core.ids import InvoiceId
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.invoicing import commands
from guild.invoicing.queries import INVARIANTS
from guild.ledger import queries as ledger
from guild.ledger.chart import Account
from guild.members.models import Member
from tests.factories import Factories

BELGIAN = {"vat_number": "BE0403019261", "enterprise_number": "0403019261"}
FRENCH = {"country": "FR", "vat_number": "FR83404833048", "city": "Paris", "postcode": "75002"}


class Bench:
    """What a test of invoicing works with."""

    def __init__(self, system: System, make: Factories) -> None:
        self.system = system
        self.make = make

    async def accepted(
        self, member: Member | None = None, client: Any = None, *, both: bool = False, **fields: Any
    ) -> tuple[Contract, Member]:
        """A signed contract whose first milestone (400.00), or both (1,000.00), is accepted."""
        member = member or await self.make.member()
        client = client or await self.make.organisation(member, **BELGIAN)
        contract = await self.make.signed_contract(member, client, **fields)
        await self.make.accept(contract, member, 1)
        if both:
            await self.make.accept(contract, member, 2)
        return contract, member

    async def draft(
        self, contract: Contract | None = None, member: Member | None = None, **given: Any
    ) -> InvoiceId:
        if contract is None:
            contract, member = await self.accepted(member, both=True)
        assert member is not None
        async with begin_work(self.system, self.make.actor(member)) as work:
            return await commands.draft_invoice_from_milestones(work, contract.id, **given)

    async def issued(self, member: Member | None = None, client: Any = None) -> InvoiceId:
        contract, member = await self.accepted(member, client, both=True)
        invoice_id = await self.draft(contract, member)
        async with begin_work(self.system, SYSTEM) as work:
            await commands.issue_invoice(work, invoice_id)
        return invoice_id

    async def balance(self, code: str, owner: Any = None) -> int:
        """The balance of an account in cents, in its natural direction."""
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            return (await ledger.balance_of(work, Account(code, owner), "EUR")).minor

    async def broken(self) -> list[str]:
        """What the invariants of invoicing find wrong."""
        async with begin_work(self.system, SYSTEM, read_only=True) as work:
            return [line for check in INVARIANTS for line in await check(work.session)]


@pytest.fixture
def bench(system: System, make: Factories) -> Bench:
    return Bench(system, make)


@pytest.fixture
def committed_bench(committing: System) -> Bench:
    """The same on a database of its own, where Works commit for real."""
    return Bench(committing, Factories(committing))
