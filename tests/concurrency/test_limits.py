"""Limits under sixteen writers at once: what the charter caps is reached exactly, never passed.

Beside the packages' own races (statements, matches, approvals, advances, numbers) this holds the
limit per client across members, and the series of numbers under rollbacks of every fourth writer.
"""

import asyncio
from datetime import date

from sqlalchemy import select

from guild.contracts import commands as contracts
from guild.contracts.models import Contract
from guild.contracts.schemas import MilestoneIn, SendIn
from guild.core.errors import Forbidden
from guild.core.ids import InvoiceId
from guild.core.permissions import SYSTEM
from guild.core.work import System, begin_work
from guild.invoicing.commands import draft_invoice_from_milestones, issue_invoice
from guild.invoicing.queries import INVARIANTS as INVOICE_INVARIANTS
from guild.members.models import Member
from guild.mutual_fund.models import GuaranteeReservation
from guild.treasury.errors import AlreadyApproved
from tests.conftest import Clock
from tests.factories import Factories
from tests.features.mutual_fund.court import endow
from tests.features.treasury.conftest import Desk

MANY = 16
CLIENT_CAP = 2_500_000
PROMISED = 300_000


async def test_a_clients_limit_is_reached_exactly(committing: System) -> None:
    """Sixteen offers of 3,000.00 from four members to one client, whose limit is 25,000.00."""
    make = Factories(committing)
    async with begin_work(committing, SYSTEM) as work:
        await endow(work, "fund_guarantee", 10**9)
    members = [await make.member() for _ in range(4)]
    same = {"vat_number": "BE0403019261", "enterprise_number": "0403019261"}
    clients = [await make.organisation(member, **same) for member in members]
    offers: list[tuple[Member, Contract]] = []
    for number in range(MANY):
        milestone = MilestoneIn(title="All", net="3000.00", due_on=date(2026, 12, 18))
        member, client = members[number % 4], clients[number % 4]
        offers.append((member, await make.contract(member, client, milestones=[milestone])))

    async def send(member: Member, contract: Contract) -> None:
        said = SendIn(typed_name=member.legal_name, consent=True, version=1)
        async with begin_work(committing, make.actor(member)) as work:
            await contracts.send_contract(work, contract.id, said)

    await asyncio.gather(*(send(*offer) for offer in offers))
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        held = select(GuaranteeReservation.up_to_minor).where(GuaranteeReservation.state == "held")
        promised = list(await work.session.scalars(held))
    assert sum(promised) == CLIENT_CAP
    assert sorted(promised)[1:] == [PROMISED] * 8


async def test_the_series_has_no_gaps_when_every_fourth_writer_fails(committing: System) -> None:
    make = Factories(committing)
    member = await make.member()
    client = await make.organisation(
        member, vat_number="BE0403019261", enterprise_number="0403019261"
    )
    milestones = [
        MilestoneIn(title=f"Part {n}", net="100.00", due_on=date(2026, 12, 18)) for n in range(MANY)
    ]
    contract = await make.signed_contract(member, client, milestones=milestones, hours_estimate=1)
    drafts: list[InvoiceId] = []
    for position in range(1, MANY + 1):
        accepted = await make.accept(contract, member, position)
        async with begin_work(committing, make.actor(member)) as work:
            drafts.append(await draft_invoice_from_milestones(work, contract.id, [accepted.id]))

    async def issue(number: int, draft: InvoiceId) -> str | None:
        try:
            async with begin_work(committing, SYSTEM) as work:
                issued = await issue_invoice(work, draft)
                if number % 4 == 0:
                    await work.write()
                    work.require(right=False)
        except Forbidden:
            return None
        return issued.number

    told = await asyncio.gather(*(issue(n, one) for n, one in enumerate(drafts)))
    numbers = sorted(number for number in told if number)
    assert numbers == [f"2026-{n:04d}" for n in range(1, 13)]
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        for invariant in INVOICE_INVARIANTS:
            assert await invariant(work.session) == [], invariant.__name__


async def test_sixteen_approvals_by_one_person_are_one(committing: System, clock: Clock) -> None:
    """Whoever presses the button sixteen times has approved once; it takes another person."""
    desk = await Desk(committing, Factories(committing)).open()
    member, _ = await desk.payee(100_000)
    clock.advance(hours=73)
    asked = await desk.ask(member, "1000.00")
    answers = await asyncio.gather(
        *(desk.approve(asked, [1]) for _ in range(MANY)), return_exceptions=True
    )
    assert sum(isinstance(answer, AlreadyApproved) for answer in answers) == MANY - 1
    assert (await desk.approve(asked, [2])).state == "approved"
    assert await desk.wrong() == []
