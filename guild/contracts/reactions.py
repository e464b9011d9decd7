"""What follows from facts: the sealed file after signing, and no offers by former members."""

from guild.contracts import commands, jobs
from guild.contracts.events import ContractSigned
from guild.core.events import reacts_to
from guild.core.work import Work
from guild.members.events import MembershipEnded


@reacts_to(ContractSigned)
async def seal_when_signed(work: Work, fact: ContractSigned) -> None:
    """Queue the sealed file in the transaction of the signature."""
    work.later(jobs.seal, contract_id=fact.contract_id)


@reacts_to(MembershipEnded)
async def withdraw_when_she_leaves(work: Work, fact: MembershipEnded) -> None:
    """Take back what a former member still offers, before a client signs it."""
    await commands.withdraw_all_of(work, fact.member_id)
