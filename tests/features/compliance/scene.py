"""What the tests of reviews share: a sent contract, reps, and findings that carry a label."""

from datetime import date
from uuid import UUID

from guild.compliance.rules import PRINCIPLE_CODES
from guild.compliance.schemas import ConclusionIn, FindingIn, FindingsIn
from guild.contracts import commands as contracts
from guild.contracts.models import Contract
from guild.contracts.schemas import ContractIn, MilestoneIn, SendIn
from guild.core.ids import ContractId
from guild.core.permissions import Role
from guild.core.work import begin_work
from guild.members.models import Member
from guild.members.schemas import OrganisationOut
from tests.factories import Factories

MET = ("transparency", "fair_pay", "stability_flexibility", "safety")
GOOD = FindingsIn(
    findings=[
        FindingIn(
            principle=code,  # type: ignore[arg-type]
            threshold="basic",
            verdict="met" if code in MET else "no_evidence",
            evidence="Clause 3" if code in MET else "",
        )
        for code in PRINCIPLE_CODES
    ],
    private_note="She said that she was short of work.",
    note_to_member="Ask for a deposit next time.",
    note_to_all="Thank you both for answering quickly.",
)
GRANT = ConclusionIn(outcome="granted", reasons="Dates, price and acceptance are in writing.")


async def rep(make: Factories) -> Member:
    """A representative."""
    return await make.member(roles=[Role.REP])


async def draft(make: Factories, member: Member, client: OrganisationOut) -> Contract:
    """A contract that is not sent yet."""
    data = ContractIn(
        client_id=client.id,
        contact_id=client.contacts[0].id,
        title="Timetable redesign",
        summary="A timetable for the summer.",
        milestones=[MilestoneIn(title="All of it", net="2150.00", due_on=date(2026, 12, 20))],
    )
    async with begin_work(make.system, make.actor(member)) as work:
        return await contracts.draft_contract(work, data)


async def send(make: Factories, member: Member, contract_id: UUID, version: int = 1) -> None:
    """Send it, so that reps may know of it."""
    async with begin_work(make.system, make.actor(member)) as work:
        await contracts.send_contract(
            work,
            ContractId(contract_id),
            SendIn(typed_name=member.legal_name, consent=True, version=version),
        )


async def sent(make: Factories, member: Member, **client: str) -> Contract:
    """A sent contract with a client of the member's own."""
    made = await draft(make, member, await make.organisation(member, **client))
    await send(make, member, made.id)
    return made
