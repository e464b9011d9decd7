"""Finished and paid contracts, for the tests of reputation."""

from typing import Any

from guild.contracts.models import Contract
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.core.permissions import SYSTEM, Actor
from guild.core.work import System, begin_work
from guild.invoicing import commands as invoicing
from guild.invoicing.models import Invoice
from guild.ledger.chart import Account
from guild.members.models import Member
from guild.reputation import commands
from guild.reputation.models import Attestation
from guild.reputation.schemas import AnswersIn, AttestationIn
from tests.factories import Factories

GOOD = {"quality": True, "on_time": True, "communication": True}
POOR = {"quality": False, "on_time": False, "communication": False}
FAIR = {"payment_on_time": True, "brief_clear": True, "scope_respected": True}


def firm(number: int) -> dict[str, str]:
    """Belgian company numbers that are well formed; a different one for each number."""
    first = 4_030_000 + number
    enterprise = f"0{first:07d}{97 - first % 97:02d}"
    return {"vat_number": f"BE{enterprise}", "enterprise_number": enterprise}


class Story:
    """Members and clients who have finished something together."""

    def __init__(self, system: System, make: Factories) -> None:
        self.system = system
        self.make = make

    async def completed(self, member: Member, client: Any = None) -> Contract:
        """Both milestones accepted and invoiced; nothing paid."""
        client = client or await self.make.organisation(member, **firm(self.make.number()))
        contract = await self.make.signed_contract(member, client)
        for position in (1, 2):
            await self.make.accept(contract, member, position)
        return contract

    async def finished(self, member: Member, client: Any = None, *, paid: bool = True) -> Contract:
        """A completed contract with one issued invoice, paid in full."""
        contract = await self.completed(member, client)
        async with begin_work(self.system, self.make.actor(member)) as work:
            invoice_id = await invoicing.draft_invoice_from_milestones(work, contract.id)
        async with begin_work(self.system, SYSTEM) as work:
            await invoicing.issue_invoice(work, invoice_id)
        if paid:
            await self.pay(invoice_id)
        return contract

    async def pay(self, invoice_id: InvoiceId) -> None:
        """The client's money arrives."""
        async with begin_work(self.system, SYSTEM) as work:
            invoice = await work.session.get_one(Invoice, invoice_id, populate_existing=True)
            due = Money(invoice.total_minor, invoice.currency)
            await invoicing.record_payment(work, invoice_id, due, Account("suspense"), work.today)

    async def client(self, contract: Contract) -> Actor:
        """The client's contact, come through the link in the invitation."""
        return await self.make.client_of(contract, "attestation")

    async def client_says(self, contract: Contract, answers: dict[str, bool]) -> Attestation:
        """The client speaks about the freelancer."""
        async with begin_work(self.system, await self.client(contract)) as work:
            return await commands.attest_as_client(work, AnswersIn(answers=answers))

    async def member_says(
        self, member: Member, contract: Contract, answers: dict[str, bool] = FAIR
    ) -> Attestation:
        """The member speaks about the client."""
        async with begin_work(self.system, self.make.actor(member)) as work:
            return await commands.attest(
                work, AttestationIn(contract_id=contract.id, answers=answers)
            )

    async def both_say(
        self, member: Member, answers: dict[str, bool] = GOOD, client: Any = None
    ) -> tuple[Contract, Attestation]:
        """A finished contract about which both sides have spoken; the entry about the member."""
        contract = await self.finished(member, client)
        await self.member_says(member, contract)
        return contract, await self.client_says(contract, answers)


__all__ = ["FAIR", "GOOD", "POOR", "Story", "firm"]
