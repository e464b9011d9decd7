"""What follows from facts: the sealed file after signing, and no offers by former members."""

from guild.contracts import commands, jobs
from guild.contracts.events import (
    ContractCompleted,
    ContractSigned,
    ContractTerminated,
    ContractVoided,
    PaperAdded,
)
from guild.core.events import reacts_to
from guild.core.work import Work
from guild.members.events import MembershipEnded


@reacts_to(ContractSigned)
async def seal_when_signed(work: Work, fact: ContractSigned) -> None:
    """Queue the sealed file in the transaction of the signature."""
    work.later(jobs.seal, contract_id=fact.contract_id)


@reacts_to(ContractSigned)
async def amend_when_signed(work: Work, fact: ContractSigned) -> None:
    """An amendment that all have signed is in force at once."""
    await commands.apply_amendment(work, fact.contract_id)


@reacts_to(ContractCompleted)
async def nothing_left_to_amend(work: Work, fact: ContractCompleted) -> None:
    """Take back an amendment of what is finished."""
    await commands.withdraw_amendments(work, fact.contract_id)


@reacts_to(ContractTerminated)
async def ended_is_not_amended(work: Work, fact: ContractTerminated) -> None:
    """Take back an amendment of what has ended."""
    await commands.withdraw_amendments(work, fact.contract_id)


@reacts_to(ContractVoided)
async def void_is_not_amended(work: Work, fact: ContractVoided) -> None:
    """Take back an amendment of what counts as never made."""
    await commands.withdraw_amendments(work, fact.contract_id)


@reacts_to(MembershipEnded)
async def withdraw_when_she_leaves(work: Work, fact: MembershipEnded) -> None:
    """Take back what a former member still offers, and the address of her calendar."""
    await commands.withdraw_all_of(work, fact.member_id)
    await commands.revoke_calendar_feed(work, fact.member_id)


@reacts_to(PaperAdded)
async def read_when_uploaded(work: Work, fact: PaperAdded) -> None:
    """Read the client's document in the background."""
    work.later(jobs.read_paper, paper_id=fact.paper_id)
